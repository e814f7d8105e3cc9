"""What people answer, what interviews say, what an artefact shows: three numbers, and the distance between them.

An artefact has three states: seen, looked for and not seen, not looked at (no row). What is *evidenced* of an item is
what people claim, capped at `unseen_cap` where the artefact was looked for and not seen (the upper anchors describe
things that leave traces), and at the assessor's level where there is one. A claim is never raised by an artefact, so
one question's modesty cannot pay for another's optimism. *Claimed, not yet evidenced* is claimed minus evidenced over
the same questions.

All of it is made of levels that the guard has let through already, and of the consultants' own work; it can give
nobody away. A question whose level is hidden in a line is counted as looked at, and enters neither side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.readiness.anonymity import DECIMALS, ProtectedScores
from workbench.readiness.inputs import ReadinessInputs, Settings
from workbench.readiness.instrument import Group, Instrument, Item, on_range
from workbench.readiness.interviews import Heard, Interviews, score_interviews
from workbench.readiness.scores import DIMENSION, ITEM, LINE, Part

if TYPE_CHECKING:
    import pandas as pd

YES = "yes"


@dataclass(frozen=True)
class Look:
    """What came of looking for the artefact of one item, in one line or (blank) in the whole organisation.

    Attributes
    ----------
    item, line : str
    is_seen : bool
        By everybody who looked.
    level : float or None
        The lowest that an assessor gave: where two differ, the careful one counts. Unit: level.
    artefacts, notes : tuple of str
        What was looked for, and what it shows, as the days went.
    assessors : int
        How many looked. Unit: people.
    """

    item: str
    line: str
    is_seen: bool
    level: float | None
    artefacts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    assessors: int = 1

    def cap(self, unseen_cap: float) -> float | None:
        """Return the highest level that it supports; None where it was seen and nobody gave a level."""
        held = [*(() if self.is_seen else (unseen_cap,)), *(() if self.level is None else (self.level,))]
        return min(held, default=None)


@dataclass(frozen=True)
class Checked:
    """One item of one part of which an artefact was looked for.

    Attributes
    ----------
    look : Look
    part : Part
        The line, or the organisation for an item that is about all of it.
    shows : float or None
        The level that the artefact supports; None where it was seen without a level.
    claimed, evidenced : float or None
        As people answer, and as far as evidenced; None where the level is hidden or there is no survey.
    """

    look: Look
    part: Part
    shows: float | None
    claimed: float | None
    evidenced: float | None

    @property
    def not_yet_evidenced(self) -> float | None:
        """Claimed minus evidenced. Unit: level."""
        if self.claimed is None or self.evidenced is None:
            return None
        return round(self.claimed - self.evidenced, DECIMALS)


@dataclass(frozen=True)
class Evidenced:
    """One dimension of one part as far as it was looked at.

    Attributes
    ----------
    dimension : str
    part : Part
    questions, looked_at : int
        Its questions (of the organisation: each in each line), and those of which an artefact was looked for.
    shows : float or None
        Mean of the levels that the artefacts support.
    claimed, evidenced : float or None
        Means over the same questions: those looked at whose level may be shown.
    """

    dimension: str
    part: Part
    questions: int
    looked_at: int
    shows: float | None
    claimed: float | None
    evidenced: float | None

    @property
    def share(self) -> float:
        """Share of the questions looked at."""
        return self.looked_at / self.questions if self.questions else 0.0

    @property
    def not_yet_evidenced(self) -> float | None:
        """Claimed minus evidenced over the same questions. Unit: level."""
        if self.claimed is None or self.evidenced is None:
            return None
        return round(self.claimed - self.evidenced, DECIMALS)


@dataclass(frozen=True, eq=False)
class Sources:
    """The other two sources beside the survey.

    Attributes
    ----------
    interviews : Interviews or None
        None where nobody was interviewed.
    checked : tuple of Checked
        In the instrument's order, the organisation first.
    evidenced : mapping of (line, dimension) to Evidenced
        Line "" is the organisation; empty where no artefact was looked for.
    """

    interviews: Interviews | None = None
    checked: tuple[Checked, ...] = ()
    evidenced: Mapping[tuple[str, str], Evidenced] | None = None

    @property
    def looked_at(self) -> frozenset[tuple[str, str]]:
        """(item, line) of which an artefact was looked for; an item about the organisation has line ""."""
        return frozenset((one.look.item, one.part.id) for one in self.checked)

    @property
    def artefacts(self) -> int:
        """Artefacts looked for; one that speaks for every line is counted once."""
        return len({(one.look.item, one.look.line) for one in self.checked})

    def of(self, part: Part, dimension: str) -> Evidenced | None:
        """Return what is evidenced of a dimension; None where nothing was looked for anywhere."""
        return (self.evidenced or {}).get((part.id, dimension))

    def heard(self, part: Part, dimension: str) -> Heard | None:
        """Return what interviews say of a dimension; None where there were none."""
        return None if self.interviews is None else self.interviews.get(DIMENSION, part, dimension)


def compare_sources(
    inputs: ReadinessInputs, settings: Settings, parts: Iterable[Part], shown: ProtectedScores | None = None
) -> Sources:
    """Return what interviews say and artefacts show beside what people answer.

    Parameters
    ----------
    inputs : ReadinessInputs
        Its interviews and evidence.
    settings : Settings
        ``minimum_group`` for interviews, ``unseen_cap`` for artefacts.
    parts : iterable of Part
        The organisation first, then its lines; others are not looked at.
    shown : ProtectedScores or None
        The survey's published levels; None where there is no survey.
    """
    instrument, evidence, told = inputs.instrument, inputs.evidence, None
    if inputs.interviews is not None and not inputs.interviews.empty:
        told = score_interviews(inputs.interviews, instrument, settings, lines=inputs.lines)
    if evidence is None or evidence.empty:
        return Sources(told)
    organisation, *rest = parts
    lines = tuple(part for part in rest if part.kind == LINE)
    looks = find_looks(evidence, instrument)
    checked = tuple(
        _checked(look, part, instrument, settings, shown)
        for item in instrument.items
        for part in _where(item, organisation, lines)
        for look in [looks.get((part.id, item.id)) or looks.get(("", item.id))]
        if look is not None
    )
    held = {(one.part.id, one.look.item): one for one in checked}
    evidenced = {}
    for part in (organisation, *lines):
        for group in instrument.dimensions:
            cells = _cells(instrument, group, part, organisation, lines)
            found = [held[cell] for cell in cells if cell in held]
            evidenced[(part.id, group.id)] = _evidenced(instrument, group, part, len(cells), found)
    return Sources(told, checked, evidenced)


def find_looks(evidence: pd.DataFrame, instrument: Instrument) -> dict[tuple[str, str], Look]:
    """Return what came of looking, by (line, item); line "" speaks for every line that was not looked at by itself.

    Several assessors of one artefact make one look: seen only if all of them saw it, at the lowest level that one of
    them gave. An item about the organisation has line "", whatever the row says.
    """
    rows: dict[tuple[str, str], list[tuple[bool, float | None, str, str, str]]] = {}
    columns = ("item", "product_line", "seen", "level", "link", "note", "assessor", "date")
    told = sorted(
        evidence[list(columns)].itertuples(index=False, name=None), key=lambda row: [_text(one) for one in row[::-1]]
    )
    for item, line, seen, level, link, note, assessor, _ in told:
        where = "" if instrument.item(item).scope == "organisation" else _text(line)
        given = None if level is None or level != level else float(level)
        row = (_text(seen).casefold() == YES, given, _text(link), _text(note), _text(assessor))
        rows.setdefault((where, str(item)), []).append(row)
    return {
        (line, item): Look(
            item,
            line,
            all(row[0] for row in held),
            min((row[1] for row in held if row[1] is not None), default=None),
            _distinct(row[2] for row in held),
            _distinct(row[3] for row in held),
            max(1, len({row[4] for row in held})),
        )
        for (line, item), held in rows.items()
    }


def unbacked_gates(sources: Sources, instrument: Instrument, part: Part, shown: ProtectedScores) -> tuple[str, ...]:
    """Return the gates that a part passes by what is claimed and not by what is evidenced.

    A gate counts where its level, and the level claimed on the questions looked at, both reach a threshold (`moving`
    for structure, `standing` for all) that the evidenced level does not.

    Parameters
    ----------
    sources : Sources
    instrument : Instrument
    part : Part
        The organisation or a line.
    shown : ProtectedScores
    """
    levels = instrument.gate_levels
    found = []
    for group in instrument.gates:
        held, level = sources.of(part, group.id), shown.get(DIMENSION, part, group.id).level
        if levels is None or held is None or level is None or held.claimed is None or held.evidenced is None:
            continue
        thresholds = (levels.moving, levels.standing) if group.gate == "structure" else (levels.standing,)
        if any(min(level.value, held.claimed) >= one > held.evidenced for one in thresholds):
            found.append(group.id)
    return tuple(found)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _where(item: Item, organisation: Part, lines: tuple[Part, ...]) -> tuple[Part, ...]:
    return (organisation,) if item.scope == "organisation" or not lines else lines


def _cells(
    instrument: Instrument, group: Group, part: Part, organisation: Part, lines: tuple[Part, ...]
) -> list[tuple[str, str]]:
    """List (line, item) of a dimension; an item about the organisation is the same one in every line."""
    return [
        (where.id, item.id)
        for item in instrument.items_below(group.id)
        for where in _where(item, organisation, lines)
        if part == organisation or where in (part, organisation)
    ]


def _checked(
    look: Look, part: Part, instrument: Instrument, settings: Settings, shown: ProtectedScores | None
) -> Checked:
    level = None if shown is None else shown.get(ITEM, part, look.item).level
    claimed = None if level is None else level.value
    scale = instrument.scale
    cap = look.cap(on_range(settings.unseen_cap, (scale.lowest, scale.highest), instrument.bounds(look.item)))
    evidenced = claimed if claimed is None or cap is None else min(claimed, cap)
    return Checked(look, part, cap, claimed, evidenced)


def _evidenced(instrument: Instrument, group: Group, part: Part, questions: int, found: list[Checked]) -> Evidenced:
    def mean(levels: Iterable[tuple[Checked, float | None]]) -> float | None:
        return _mean(instrument.on_group(level, one.look.item, group.id) for one, level in levels if level is not None)

    same = [one for one in found if one.claimed is not None and one.evidenced is not None]
    return Evidenced(
        group.id,
        part,
        questions,
        len(found),
        mean((one, one.shows) for one in found),
        mean((one, one.claimed) for one in same),
        mean((one, one.evidenced) for one in same),
    )


def _mean(values: Iterable[float]) -> float | None:
    held = list(values)
    return round(sum(held) / len(held), DECIMALS) if held else None
