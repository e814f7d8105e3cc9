"""Has the move happened? A class for each line and for the organisation, how probable it is, and what would settle it.

All answers decide, by the rule of `workbench.readiness.classes`; what is published of it passed the guard: a class only
where every gate is shown, a probability or a number of people to ask only where ten people or more stand behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace

import numpy as np

from workbench import theme
from workbench.readiness.anonymity import DISTRIBUTION_FROM, ProtectedScores, nameable_groups
from workbench.readiness.classes import (
    CLASSES,
    NOT_SHOWN,
    PART_PRODUCT_RUN,
    PRODUCT_RUN,
    PROJECT_RUN,
    TOO_CLOSE,
    TRANSITION,
    class_draws,
    class_odds,
    classify,
    combinations,
    combine,
    combined_odds,
)
from workbench.readiness.inputs import OPENLY_NAMED, Settings
from workbench.readiness.instrument import Instrument
from workbench.readiness.next_data import EVERYBODY, SETTLES, Ask, ask_next
from workbench.readiness.scores import DIMENSION, LINE, Part, Score, Scores

MOST_HELD_BACK = 3
"""Gates named after "held back by" (ours)."""

SMALL_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
"""Written as words; larger ones as figures."""


@dataclass(frozen=True)
class Gate:
    """One gate of one part, as published.

    Attributes
    ----------
    dimension, name, kind : str
    score : Score
        Protected.
    sure_moving, sure_standing : float or None
        How sure it is that the level is at least `moving`, and at least `standing` (shares).
    """

    dimension: str
    name: str
    kind: str
    score: Score
    sure_moving: float | None
    sure_standing: float | None


@dataclass(frozen=True)
class LineVerdict:
    """What a line is, and what holds it back.

    Attributes
    ----------
    line, name : str
    verdict : str
        One of `CLASSES`, ``too close to call`` or ``not shown``.
    leaning : str
        The class of the levels themselves, where it is too close to call.
    certainty : float or None
        Probability of the class (share); None where it may not be shown, or where no class is given.
    settled_by : str
        What would settle it, in words.
    held_back_by : tuple of str
        Dimensions, lowest first.
    gates : tuple of Gate
    possible : tuple of str
        Classes that the answers do not rule out.
    odds : tuple of (class, share)
        Probability of each of `CLASSES`, adding up to one; empty where it may not be shown.
    ask : Ask or None
        The same as `settled_by`, as data.
    not_yet_evidenced : tuple of str
        Gates that are passed by what is claimed and not by what an artefact shows.
    """

    line: str
    name: str
    verdict: str
    leaning: str = ""
    certainty: float | None = None
    settled_by: str = ""
    held_back_by: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    possible: tuple[str, ...] = ()
    odds: tuple[tuple[str, float], ...] = ()
    ask: Ask | None = None
    not_yet_evidenced: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The class as it is printed, with what would settle it."""
        return self._words(self.settled_by and f"settled by {self.settled_by}")

    @property
    def short_words(self) -> str:
        """The class as a table prints it, where what would settle it stands elsewhere."""
        return self._words("")

    def _words(self, settled: str) -> str:
        claimed = "claimed, not yet evidenced" if self.not_yet_evidenced else ""
        if self.verdict != TOO_CLOSE:
            return f"{self.verdict} ({claimed})" if claimed else self.verdict
        likely = chance_words(dict(self.odds).get(self.leaning))
        leaning = self.leaning and f"leaning to {self.leaning}{likely and f', {likely}'}"
        inside = ", ".join(part for part in (leaning, settled, claimed) if part)
        return f"{self.verdict} ({inside})" if inside else self.verdict


@dataclass(frozen=True)
class Verdict:
    """What the organisation is.

    Attributes
    ----------
    verdict : str
        One of `CLASSES`, ``product-run in part``, ``too close to call`` or ``not shown``.
    leaning : str
        Where it is too close to call.
    lines : tuple of LineVerdict
    product_lines : tuple of str
        Keys of the lines that are product-run.
    held_back_by : tuple of str
        The organisation's lowest gates.
    gates : tuple of Gate
        Of the organisation.
    open_lines : tuple of str
        Keys of the lines that could change the answer.
    odds : tuple of (class, share)
        Probability of each class of the organisation; empty where that of a line may not be shown.
    """

    verdict: str
    leaning: str
    lines: tuple[LineVerdict, ...]
    product_lines: tuple[str, ...]
    held_back_by: tuple[str, ...]
    gates: tuple[Gate, ...]
    open_lines: tuple[str, ...]
    odds: tuple[tuple[str, float], ...] = ()

    @property
    def words(self) -> str:
        """The class as it is printed, with the lines it holds for."""
        names = [line.name for line in self.lines if line.line in self.product_lines]
        words = f"{PRODUCT_RUN} in {', '.join(names)}" if self.verdict == PART_PRODUCT_RUN else self.verdict
        leaning = f"{PRODUCT_RUN} in some lines" if self.leaning == PART_PRODUCT_RUN else self.leaning
        likely = chance_words(dict(self.odds).get(self.leaning))
        return f"{words} (leaning to {leaning}{likely and f', {likely}'})" if leaning else words

    def line(self, key: str) -> LineVerdict:
        """Return a line's verdict."""
        return next(held for held in self.lines if held.line == key)


def judge(
    scores: Scores,
    shown: ProtectedScores,
    settings: Settings,
    *,
    looked_at: Set[tuple[str, str]] = frozenset(),
    asks: bool = True,
) -> Verdict | None:
    """Return the verdict on each line and on the organisation, or None for an instrument without gates.

    Parameters
    ----------
    scores : Scores
        All answers: they decide.
    shown : ProtectedScores
        What may be published of them.
    settings : Settings
        `sure`: certainty from which a gate has passed or failed.
    looked_at : set of (item, line)
        Evidence that is in already; line "" is the organisation.
    asks : bool
        Whether what would settle a line that is too close to call is looked for; it takes the scores of items.
    """
    if not scores.instrument.gates:
        return None
    named = nameable_groups(scores, shown, settings.minimum_group) | _public_roles(shown) if asks else None
    held = [_judge_line(scores, shown, settings, part, named, looked_at) for part in scores.parts if part.kind == LINE]
    lines = tuple(line for line, _ in held)
    visible = [line for line in lines if line.verdict != NOT_SHOWN]
    drawn = [places for line, places in held if line.verdict != NOT_SHOWN]
    gates = _gates(scores, shown, settings, scores.parts[0])
    kinds = combinations(
        (line.possible or CLASSES) if line.verdict == TOO_CLOSE else (line.verdict,) for line in visible
    )
    verdict = NOT_SHOWN if not visible else kinds[0] if len(kinds) == 1 else TOO_CLOSE
    likely = combine([line.leaning or line.verdict for line in visible]) if visible else ""
    known = [places for places in drawn if places is not None]
    parts = {part.id: part for part in scores.parts if part.kind == LINE}
    finest = min((_parts_of_one(shown, settings, parts[line.line], line.gates) for line in visible), default=0)
    return Verdict(
        verdict,
        likely if verdict == TOO_CLOSE else "",
        lines,
        tuple(line.line for line in visible if line.verdict == PRODUCT_RUN),
        _held_back(scores.instrument, gates),
        gates,
        tuple(line.line for line in visible if line.verdict == TOO_CLOSE),
        _rounded(combined_odds(known), finest) if known and len(known) == len(visible) else (),
    )


def chance_words(share: float | None) -> str:
    """Return a probability as a board reads it; nothing where it is not known.

    Examples
    --------
    >>> chance_words(0.62), chance_words(0.97), chance_words(0.01), chance_words(None)
    ('about 6 in 10', 'over 9 in 10', 'under 1 in 10', '')
    """
    if share is None:
        return ""
    if share >= 0.95:
        return "over 9 in 10"
    return f"about {max(1, round(10 * share))} in 10" if share >= 0.05 else "under 1 in 10"


def ask_words(instrument: Instrument, ask: Ask, *, is_counted: bool) -> str:
    """Return what would settle a class, as it stands after "settled by".

    Parameters
    ----------
    instrument : Instrument
    ask : Ask
    is_counted : bool
        Whether it is known how many people were asked.
    """
    on = theme.listing([instrument.group(name).name for name in ask.gates[:2]])
    artefacts = "; ".join(f"{instrument.item(name).printed} {_artefact(instrument, name)}" for name in ask.items)
    if ask.people == 0:
        return f"evidence on {on} ({artefacts})" if artefacts else f"evidence on {on}"
    where = "in this line" if ask.line else "in any line"
    of = "" if ask.role == EVERYBODY else f" from {instrument.role(ask.role).name}"
    if not is_counted:
        number = "more" if ask.people is None else f"about {count_words(ask.people)} more"
        return f"{number} answers {where}, on {on} (nobody knows how many were asked)"
    if ask.is_all and not of:
        words = f"the answers still missing {where}, on {on}"
    elif ask.people is None:
        words = f"more answers{of} {where}, on {on}"
    else:
        words = f"{count_words(ask.people)} more answer{'' if ask.people == 1 else 's'}{of} {where}, on {on}"
    return f"{words}, and if that leaves it open, evidence ({artefacts})" if artefacts else words


def count_words(count: int) -> str:
    """Return a small number as a word.

    Examples
    --------
    >>> count_words(4), count_words(16)
    ('four', '16')
    """
    return SMALL_NUMBERS[count] if count < len(SMALL_NUMBERS) else f"{count}"


def _artefact(instrument: Instrument, name: str) -> str:
    text = instrument.item(name).evidence.rstrip(".")
    return theme.lower_start(text)


def _public_roles(shown: ProtectedScores) -> frozenset[tuple[str, str]]:
    """Roles whose people and headcount are published for the whole organisation: so is how many are silent."""
    return frozenset(
        ("", part.id)
        for part, head in shown.heads.items()
        if part.kind == "role" and head.people is not None and head.headcount is not None
    )


def _judge_line(
    scores: Scores,
    shown: ProtectedScores,
    settings: Settings,
    part: Part,
    named: Set[tuple[str, str]] | None,
    looked_at: Set[tuple[str, str]],
) -> tuple[LineVerdict, np.ndarray | None]:
    """Return a line's verdict, and draws of its class where these may be used for what is shown."""
    instrument = scores.instrument
    dimensions = [group.id for group in instrument.gates]
    raw = {name: scores.get(DIMENSION, part, name) for name in dimensions}
    hidden = [name for name in dimensions if shown.get(DIMENSION, part, name).level is None]
    if hidden:
        names = [instrument.group(name).name for name in hidden]
        what = "every gate" if len(names) == len(dimensions) else " and ".join(names[:2])
        return LineVerdict(part.id, part.name, NOT_SHOWN, settled_by=f"answers from more people on {what}"), None
    verdict, leaning, certainty, possible = classify(instrument, raw, settings.sure)
    gates = _gates(scores, shown, settings, part)
    parts = _parts_of_one(shown, settings, part, gates)
    drawn = class_draws(scores, part, settings.draws, settings.seed) if parts else None
    odds = () if drawn is None else _rounded(class_odds(drawn), parts)
    ask = None
    if verdict == TOO_CLOSE and named is not None:
        ask = ask_next(scores, part, settings, nameable=named, looked_at=looked_at)
    if ask is not None:
        ask = replace(
            ask,
            people=ask.people if parts or not ask.people else None,
            chance=round(parts * (ask.chance or 0.0)) / parts if parts else None,
        )
    sure = None if certainty is None or not parts else round(parts * certainty) / parts
    return LineVerdict(
        part.id,
        part.name,
        verdict,
        leaning,
        dict(odds).get(verdict, sure),
        "" if ask is None else ask_words(instrument, ask, is_counted=bool(scores.silent)),
        _held_back(instrument, gates),
        gates,
        possible,
        odds,
        ask,
    ), drawn


def _parts_of_one(shown: ProtectedScores, settings: Settings, part: Part, gates: tuple[Gate, ...]) -> int:
    """Return into how many parts of one a line's probabilities are rounded: hundredths, tenths, or none (0) at all.

    They hang on how far answers lie apart, which is shown from ten people up. A line of ten in which fewer answered on
    some gate gets tenths: what they tell of that gate is then no more than its level, which is shown, does.
    """
    if _is_many(shown.heads[part].people, settings):
        return 100 if all(_is_many(gate.score.people, settings) for gate in gates) else 10
    return 0


def _is_many(people: int | None, settings: Settings) -> bool:
    """Whether what hangs on the spread of so many people's answers may be shown."""
    return settings.minimum_group == OPENLY_NAMED or (people or 0) >= DISTRIBUTION_FROM


def _rounded(odds: Iterable[tuple[str, float]], parts: int) -> tuple[tuple[str, float], ...]:
    """Return shares in whole parts of one that add up to it: what is cut off goes to the largest remainders."""
    held = [(name, parts * share) for name, share in odds]
    whole = [int(share + 1e-9) for _, share in held]
    order = sorted(range(len(held)), key=lambda place: (whole[place] - held[place][1], place))
    for place in order[: parts - sum(whole)]:
        whole[place] += 1
    return tuple((name, share / parts) for (name, _), share in zip(held, whole, strict=True))


def _gates(scores: Scores, shown: ProtectedScores, settings: Settings, part: Part) -> tuple[Gate, ...]:
    levels = scores.instrument.gate_levels
    found = []
    for group in scores.instrument.gates:
        held = shown.get(DIMENSION, part, group.id)
        level = scores.get(DIMENSION, part, group.id).level
        is_shown = held.level is not None and not held.edge and _is_many(held.people, settings)
        sure = [
            None if level is None else level.certainty_at_least(threshold)
            for threshold in ((levels.moving, levels.standing) if is_shown and levels is not None else ())
        ] or [None, None]
        rounded = [None if one is None else round(one, 2) for one in sure]
        found.append(Gate(group.id, group.name, group.gate, held, rounded[0], rounded[1]))
    return tuple(found)


def _held_back(instrument: Instrument, gates: tuple[Gate, ...]) -> tuple[str, ...]:
    """List the lowest gates: those below `standing`, or the lowest one where all stand."""
    standing = instrument.gate_levels.standing if instrument.gate_levels is not None else 0.0
    known = [(gate.score.level.value, place, gate) for place, gate in enumerate(gates) if gate.score.level is not None]
    known.sort(key=lambda one: one[:2])
    below = [one for one in known if one[0] < standing]
    return tuple(gate.dimension for _, _, gate in (below or known[:1])[:MOST_HELD_BACK])


__all__ = [
    "CLASSES",
    "NOT_SHOWN",
    "PART_PRODUCT_RUN",
    "PRODUCT_RUN",
    "PROJECT_RUN",
    "SETTLES",
    "TOO_CLOSE",
    "TRANSITION",
    "Gate",
    "LineVerdict",
    "Verdict",
    "ask_words",
    "chance_words",
    "classify",
    "count_words",
    "judge",
]
