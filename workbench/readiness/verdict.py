"""Has the move happened? Gates that do not compensate, a class for each line and for the organisation.

A line is *still project-run* if some structural gate is surely below the level `moving`; *in transition* if every
structural gate surely stands there and some gate is surely below `standing`; *product-run* if every gate surely stands
at `standing`; otherwise *too close to call*. "Some gate is below" looks at several gates, so it is corrected by Holm
(1979); "every gate stands" needs no correction (R. L. Berger 1982, Technometrics 24, 295-300). All answers decide; what
is published passed the guard.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from workbench.readiness.anonymity import ProtectedScores, nameable_groups
from workbench.readiness.inputs import Layer, Settings
from workbench.readiness.instrument import Group, Instrument, routed
from workbench.readiness.scores import DIMENSION, LINE, Part, Score, Scores
from workbench.stats import holm

PROJECT_RUN, TRANSITION, PRODUCT_RUN = "still project-run", "in transition", "product-run"
PART_PRODUCT_RUN = "product-run in part"
TOO_CLOSE, NOT_SHOWN = "too close to call", "not shown"
CLASSES = (PROJECT_RUN, TRANSITION, PRODUCT_RUN)

MOST_HELD_BACK = 3
"""Gates named after "held back by" (ours)."""

PROCESS, RESEARCH = "process_and_governance", "research_and_data"

NAME_LENGTH = 26
"""Longest name of a client's function that fits a claim; a longer one is called "A coordinating function"."""


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
        How sure the class is (share).
    settled_by : str
        What would settle it, in words.
    held_back_by : tuple of str
        Dimensions, lowest first.
    gates : tuple of Gate
    possible : tuple of str
        Classes that the answers do not rule out.
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

    @property
    def words(self) -> str:
        """The class as it is printed."""
        if self.verdict != TOO_CLOSE:
            return self.verdict
        inside = [self.leaning and f"leaning to {self.leaning}", self.settled_by and f"settled by {self.settled_by}"]
        return f"{self.verdict} ({', '.join(part for part in inside if part)})"


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
    """

    verdict: str
    leaning: str
    lines: tuple[LineVerdict, ...]
    product_lines: tuple[str, ...]
    held_back_by: tuple[str, ...]
    gates: tuple[Gate, ...]
    open_lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """The class as it is printed, with the lines it holds for."""
        names = [line.name for line in self.lines if line.line in self.product_lines]
        words = f"{PRODUCT_RUN} in {', '.join(names)}" if self.verdict == PART_PRODUCT_RUN else self.verdict
        leaning = f"{PRODUCT_RUN} in some lines" if self.leaning == PART_PRODUCT_RUN else self.leaning
        return f"{words} (leaning to {leaning})" if leaning else words

    def line(self, key: str) -> LineVerdict:
        """Return a line's verdict."""
        return next(held for held in self.lines if held.line == key)


@dataclass(frozen=True)
class Coordination:
    """Is a separate coordinating function needed? One sentence, its reasons, and the items that carry it.

    Attributes
    ----------
    claim, detail : str
    items : tuple of str
        Items behind the sentence.
    about : tuple of (claim, detail)
        One for each coordinating function by the client's own name.
    """

    claim: str
    detail: str
    items: tuple[str, ...]
    about: tuple[tuple[str, str], ...] = ()


def judge(scores: Scores, shown: ProtectedScores, settings: Settings) -> Verdict | None:
    """Return the verdict on each line and on the organisation, or None for an instrument without gates.

    Parameters
    ----------
    scores : Scores
        All answers: they decide.
    shown : ProtectedScores
        What may be published of them.
    settings : Settings
        `sure`: certainty from which a gate has passed or failed.
    """
    if not scores.instrument.gates:
        return None
    named = nameable_groups(scores, shown, settings.minimum_group)
    lines = tuple(_judge_line(scores, shown, settings, part, named) for part in scores.parts if part.kind == LINE)
    visible = [line for line in lines if line.verdict != NOT_SHOWN]
    organisation = scores.parts[0]
    gates = _gates(scores, shown, organisation)
    kinds = _outcomes(visible)
    verdict = NOT_SHOWN if not visible else kinds[0] if len(kinds) == 1 else TOO_CLOSE
    likely = _combine([line.leaning or line.verdict for line in visible]) if visible else ""
    return Verdict(
        verdict,
        likely if verdict == TOO_CLOSE else "",
        lines,
        tuple(line.line for line in visible if line.verdict == PRODUCT_RUN),
        _held_back(scores.instrument, gates),
        gates,
        tuple(line.line for line in visible if line.verdict == TOO_CLOSE),
    )


def classify(
    instrument: Instrument, scores: Mapping[str, Score], sure: float
) -> tuple[str, str, float | None, tuple[str, ...]]:
    """Return the class of a part from its gates' scores, its leaning, its certainty and the classes not ruled out.

    Parameters
    ----------
    instrument : Instrument
        With gates.
    scores : mapping of dimension to Score
        Unprotected.
    sure : float
        Share.
    """
    levels = instrument.gate_levels
    if levels is None:
        return NOT_SHOWN, "", None, ()
    structure = [group for group in instrument.gates if group.gate == "structure"]
    moving = [_certainty(scores[group.id], levels.moving) for group in structure]
    standing = [_certainty(scores[group.id], levels.standing) for group in instrument.gates]
    below_moving, below_standing = _surely_below(moving), _surely_below(standing)
    stands_moving, stands_standing = _surely_all(moving), _surely_all(standing)
    possible = tuple(
        name
        for name, is_out in (
            (PROJECT_RUN, stands_moving >= sure),
            (TRANSITION, below_moving >= sure or stands_standing >= sure),
            (PRODUCT_RUN, below_standing >= sure or below_moving >= sure),
        )
        if not is_out
    )
    if below_moving >= sure:
        return PROJECT_RUN, "", below_moving, possible
    if stands_standing >= sure:
        return PRODUCT_RUN, "", stands_standing, possible
    if stands_moving >= sure and below_standing >= sure:
        return TRANSITION, "", min(stands_moving, below_standing), possible
    return TOO_CLOSE, _leaning(instrument, scores), None, possible


def coordination(
    verdict: Verdict,
    shown: ProtectedScores,
    instrument: Instrument,
    targets: Mapping[str, float],
    layers: tuple[Layer, ...],
) -> Coordination:
    """Return the answer to "is a separate coordinating function needed?", by rule.

    Parameters
    ----------
    verdict : Verdict
    shown : ProtectedScores
    instrument : Instrument
    targets : mapping of dimension to level
        What the organisation aims at.
    layers : tuple of Layer
        The client's coordinating functions by their own names.
    """
    organisation = next(iter(shown.heads))
    gates = {gate.kind: [held for held in verdict.gates if held.kind == gate.kind] for gate in verdict.gates}
    short = [gate for gate in gates.get("alignment", []) if _is_below(gate.score, targets[gate.dimension])]
    layer_gates = gates.get("layer", [])
    items = tuple(item.id for gate in layer_gates for item in instrument.items_below(gate.dimension))
    held = _named_levels(instrument, verdict.gates, verdict.held_back_by)
    if verdict.verdict == NOT_SHOWN:
        claim = "Whether a separate coordinating function is needed cannot be said: too few answers may be shown."
        detail = "No line has enough answers on every gate."
    elif verdict.verdict == TOO_CLOSE:
        claim = "Whether a separate coordinating function is needed is open until the lines' answers are settled."
        detail = "What is missing first: " + "; ".join(
            f"{line.name}: {line.settled_by}" for line in verdict.lines if line.verdict == TOO_CLOSE
        )
    elif verdict.verdict != PRODUCT_RUN:
        claim = (
            f"{_own_name(layers)} would coordinate around open questions of ownership and money; settle those first."
        )
        detail = f"The organisation is not yet product-run: held back by {held} (A10)."
        if verdict.product_lines:
            names = ", ".join(line.name for line in verdict.lines if line.line in verdict.product_lines)
            detail += f" {names}: product-run, and nothing more is needed there."
    elif not short:
        claim = "No separate function is needed; working together is the chief product officer's job."
        detail = "Every gate stands, and what customers and the operation tell reaches the product managers."
    else:
        claim = "No separate function is needed; research and data access belong in the lines."
        levels = ", ".join(f"{gate.name} {_level(gate.score)}" for gate in short)
        detail = f"What still hurts: {levels}, below target."
    below = [gate for gate in layer_gates if _is_below(gate.score, targets[gate.dimension])]
    if below and not layers:
        detail += f" {below[0].name} stands at {_level(below[0].score)}, below target, but `layers` names no function."
    carried = "; ".join(_item_words(instrument, shown, organisation, name) for name in items)
    return Coordination(
        claim,
        f"{detail} Carried by {carried}." if carried else detail,
        items,
        tuple(_about(layer) for layer in layers) if below else (),
    )


def _judge_line(
    scores: Scores, shown: ProtectedScores, settings: Settings, part: Part, named: Set[tuple[str, str]]
) -> LineVerdict:
    instrument = scores.instrument
    dimensions = [group.id for group in instrument.gates]
    raw = {name: scores.get(DIMENSION, part, name) for name in dimensions}
    hidden = [name for name in dimensions if shown.get(DIMENSION, part, name).level is None]
    if hidden:
        names = [instrument.group(name).name for name in hidden]
        what = "every gate" if len(names) == len(dimensions) else " and ".join(names[:2])
        return LineVerdict(part.id, part.name, NOT_SHOWN, settled_by=f"answers from more people on {what}")
    verdict, leaning, certainty, possible = classify(instrument, raw, settings.sure)
    gates = _gates(scores, shown, part)
    return LineVerdict(
        part.id,
        part.name,
        verdict,
        leaning,
        None if certainty is None else round(certainty, 2),
        _settled_by(scores, part, raw, settings.sure, named) if verdict == TOO_CLOSE else "",
        _held_back(instrument, gates),
        gates,
        possible,
    )


def _certainty(score: Score, threshold: float) -> float | None:
    return None if score.level is None else score.level.certainty_at_least(threshold)


def _surely_below(certainties: list[float | None]) -> float:
    """How sure it is that some gate is below, corrected for having looked at all; an unknown gate proves nothing."""
    corrected = holm([1.0 if one is None else min(1.0, max(0.0, one)) for one in certainties])
    return float(1 - corrected.min())


def _surely_all(certainties: list[float | None]) -> float:
    return min(0.0 if one is None else one for one in certainties)


def _leaning(instrument: Instrument, scores: Mapping[str, Score]) -> str:
    levels = instrument.gate_levels
    held = {group: scores[group.id].level for group in instrument.gates}
    known = {group: level.value for group, level in held.items() if level is not None}
    if levels is None or not known:
        return ""
    if any(value < levels.moving for group, value in known.items() if group.gate == "structure"):
        return PROJECT_RUN
    return PRODUCT_RUN if all(value >= levels.standing for value in known.values()) else TRANSITION


def _combine(classes: list[str]) -> str:
    """Return the organisation's class from those of its lines."""
    if all(name == PRODUCT_RUN for name in classes):
        return PRODUCT_RUN
    if any(name == PRODUCT_RUN for name in classes):
        return PART_PRODUCT_RUN
    return PROJECT_RUN if all(name == PROJECT_RUN for name in classes) else TRANSITION


def _outcomes(lines: list[LineVerdict]) -> tuple[str, ...]:
    """Classes the organisation could have, given what each open line could still be."""
    states = {(True, False, True)}  # every line product-run, some line product-run, every line project-run
    for line in lines:
        could = (line.possible or CLASSES) if line.verdict == TOO_CLOSE else (line.verdict,)
        states = {
            (every and name == PRODUCT_RUN, some or name == PRODUCT_RUN, none and name == PROJECT_RUN)
            for every, some, none in states
            for name in could
        }
    found = {
        PRODUCT_RUN if every else PART_PRODUCT_RUN if some else PROJECT_RUN if none else TRANSITION
        for every, some, none in states
    }
    return tuple(sorted(found))


def _gates(scores: Scores, shown: ProtectedScores, part: Part) -> tuple[Gate, ...]:
    levels = scores.instrument.gate_levels
    found = []
    for group in scores.instrument.gates:
        held = shown.get(DIMENSION, part, group.id)
        raw = scores.get(DIMENSION, part, group.id)
        is_shown = held.level is not None and not held.edge
        sure = [_certainty(raw, one) if is_shown and levels else None for one in _thresholds(scores.instrument)]
        rounded = [None if one is None else round(one, 2) for one in sure]
        found.append(Gate(group.id, group.name, group.gate, held, rounded[0], rounded[1]))
    return tuple(found)


def _thresholds(instrument: Instrument) -> tuple[float, float]:
    levels = instrument.gate_levels
    return (levels.moving, levels.standing) if levels is not None else (0.0, 0.0)


def _held_back(instrument: Instrument, gates: tuple[Gate, ...]) -> tuple[str, ...]:
    """List the lowest gates: those below `standing`, or the lowest one where all stand."""
    standing = _thresholds(instrument)[1]
    known = sorted(
        (gate for gate in gates if gate.score.level is not None),
        key=lambda gate: (gate.score.level.value if gate.score.level else 0.0, gate.dimension),
    )
    below = [gate for gate in known if gate.score.level and gate.score.level.value < standing]
    return tuple(gate.dimension for gate in (below or known[:1])[:MOST_HELD_BACK])


def _settled_by(scores: Scores, part: Part, raw: Mapping[str, Score], sure: float, named: Set[tuple[str, str]]) -> str:
    """Say what would settle a line: its silent people, by role where that exposes nobody, else evidence."""
    instrument = scores.instrument
    is_open = [group for group in instrument.gates if _is_open(instrument, group, raw[group.id], sure)]
    is_open = is_open or list(instrument.gates)
    is_open.sort(key=lambda group: _distance(instrument, group, raw[group.id]))
    names = " and ".join(group.name for group in is_open[:2])
    own = [group for group in is_open if any(i.scope == "line" for i in instrument.items_below(group.id))]
    asked = {
        role.id: any(
            set(routed(instrument, role.id)) & {i.id for i in instrument.items_below(g.id)} for g in own or is_open
        )
        for role in instrument.shown_roles
    }
    if not scores.silent:
        return f"more answers on {names} (nobody knows how many were asked)"
    silent: dict[str, int] = {}
    for (line, role), people in scores.silent.items():
        if line in ("", part.id) and asked.get(role) and (part.id, role) in named:
            silent[role] = silent.get(role, 0) + people
    most = max(silent, key=lambda role: (silent[role], role), default="")
    if most:
        return f"answers from the {instrument.role(most).name} who have not answered, on {names}"
    if (scores.headcounts[part] or 0) > len(scores.members[part]):  # both are published
        return f"the answers still missing in this line, on {names}"
    evidence = "; ".join(item.evidence.rstrip(".") for item in instrument.items_below(is_open[0].id)[:2])
    return f"evidence on {names} ({evidence})"


def _is_open(instrument: Instrument, group: Group, score: Score, sure: float) -> bool:
    moving, standing = _thresholds(instrument)
    for threshold in (moving, standing) if group.gate == "structure" else (standing,):
        certainty = _certainty(score, threshold)
        if certainty is None or 1 - sure < certainty < sure:
            return True
    return False


def _distance(instrument: Instrument, group: Group, score: Score) -> float:
    if score.level is None:
        return 0.0
    value = score.level.value
    return min(abs(value - threshold) for threshold in _thresholds(instrument))


def _is_below(score: Score, target: float) -> bool:
    return score.level is not None and score.level.value < target


def _level(score: Score) -> str:
    return "–" if score.level is None else f"{score.edge} {score.level.value:.1f}".strip()


def _named_levels(instrument: Instrument, gates: tuple[Gate, ...], names: tuple[str, ...]) -> str:
    held = {gate.dimension: gate for gate in gates}
    return ", ".join(f"{held[name].name} ({_level(held[name].score)})" for name in names) or "nothing that is shown"


def _own_name(layers: tuple[Layer, ...]) -> str:
    own = [layer.name for layer in layers if layer.work == PROCESS] or [layer.name for layer in layers]
    fitting = [name for name in dict.fromkeys(own) if len(name) <= NAME_LENGTH]
    return fitting[0] if fitting else "A coordinating function"


def _about(layer: Layer) -> tuple[str, str]:
    name = layer.name if len(layer.name) <= NAME_LENGTH else "One function"
    people = f"{layer.headcount} {'person' if layer.headcount == 1 else 'people'}"
    detail = f"{layer.name}: {people}, {layer.approvals} approvals that a release needs."
    if layer.renamed_from:
        detail += f" Before, it was called {layer.renamed_from}; see item 9.4 on duties that stayed."
    if layer.work == RESEARCH and not layer.approvals:
        return f"{name} is the feedback loop: keep the work, give it to the lines.", detail
    if not layer.approvals:
        return f"{name} coordinates what the lines could settle; hand its work back as they take over.", detail
    return f"{name} approves what the lines could decide; hand the approvals back as they take over.", detail


def _item_words(instrument: Instrument, shown: ProtectedScores, part: Part, name: str) -> str:
    held, item = shown.get("item", part, name), instrument.item(name)
    if held.level is None:
        return f"{item.printed} {held.hidden}"
    level = held.level
    reach = "" if level.low is None or level.high is None else f", {level.low:.1f} to {level.high:.1f}"
    return f"{item.printed} {item.title}: {_level(held)}{reach}, {held.people} people"
