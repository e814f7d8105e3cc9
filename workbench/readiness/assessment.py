"""The entry: from checked inputs to the frozen result that exhibits, notebooks and reports accept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from workbench.errors import ModelError
from workbench.findings import Off
from workbench.readiness.anonymity import DISTRIBUTION_FROM, ProtectedScores, protect
from workbench.readiness.attained import attained_levels
from workbench.readiness.coordination import Coordination, judge_coordination
from workbench.readiness.first_look import look_first
from workbench.readiness.gaps import RoleGap, role_gaps
from workbench.readiness.inputs import (
    ANSWERED,
    BLANK,
    NOT_ASKED,
    OPENLY_NAMED,
    Answers,
    Layer,
    ReadinessInputs,
    Settings,
    Target,
)
from workbench.readiness.instrument import Instrument, Item
from workbench.readiness.respondents import Respondents, look_at_respondents
from workbench.readiness.scores import DIMENSION, ITEM, LINE, ORGANISATION, Part, Score, score
from workbench.readiness.sheet_flags import flag_sheets, without_sheets
from workbench.readiness.sources import Sources, compare_sources, unbacked_gates
from workbench.readiness.verdict import NOT_SHOWN, Verdict, judge
from workbench.readiness.weights import Weighting, Weights, publish_weights, rake


@dataclass(frozen=True)
class Step:
    """What holds a line back, and what comes first.

    Attributes
    ----------
    line, name : str
        The line; both empty and "the organisation" where no line can be shown.
    item : str
        The item to start with.
    score : Score
        Its level (protected).
    target : float
        Unit: level.
    for_item : str
        The item that waits for it; the same as `item` where nothing waits.
    dimension : str
        The gate that is held back.
    """

    line: str
    name: str
    item: str
    score: Score
    target: float
    for_item: str
    dimension: str


@dataclass(frozen=True, eq=False)
class Readiness:
    """Has the move happened? Protected scores, the verdict as published, and what they rest on.

    Attributes
    ----------
    instrument : Instrument
    settings : Settings
        As used.
    wave : str
    date : date or None
    parts : tuple of Part
        The organisation, its lines, cuts of roles, and roles.
    scores : ProtectedScores
        The only levels there are: nothing unprotected leaves `assess`.
    verdict : Verdict or None
        None for an instrument without gates.
    coordination : Coordination or None
    targets : mapping of (line, dimension) to level
        Line "" is the organisation.
    percent_to_target : mapping of line to float or None
        Share of the way from the bottom of the scale to the targets; line "" is the organisation.
    steps : tuple of Step
    layers : tuple of Layer
    left_out : mapping of reason to int
    earlier_waves : tuple of str
        Waves that were read and not judged.
    gaps : tuple of RoleGap
        Between jobs, widest sure ones first.
    sources : Sources
        What interviews say and artefacts show.
    weighting : Weighting
        How the weighted levels (measure ``weighted dimension``) were made, or why there are none.
    attained : mapping of line to float or None
        Highest level that every gate reaches for sure; line "" is the organisation.
    respondents : Respondents
        Whether people agree, whether questions hang together, and which sheets were filled in very fast or uniformly.
    """

    instrument: Instrument
    settings: Settings
    wave: str
    date: dt.date | None
    parts: tuple[Part, ...]
    scores: ProtectedScores
    verdict: Verdict | None
    coordination: Coordination | None
    targets: Mapping[tuple[str, str], float]
    percent_to_target: Mapping[str, float | None]
    steps: tuple[Step, ...]
    layers: tuple[Layer, ...]
    left_out: Mapping[str, int]
    earlier_waves: tuple[str, ...] = ()
    gaps: tuple[RoleGap, ...] = ()
    sources: Sources = field(default_factory=Sources)
    weighting: Weighting = field(default=Weighting())
    attained: Mapping[str, float | None] = field(default_factory=dict)
    respondents: Respondents = field(default=Respondents())

    @property
    def organisation(self) -> Part:
        """All of it."""
        return self.parts[0]

    @property
    def lines(self) -> tuple[Part, ...]:
        """Product lines, in the register's order."""
        return tuple(part for part in self.parts if part.kind == LINE)

    @property
    def has_population(self) -> bool:
        """Whether it is known how many people were asked."""
        return self.scores.heads[self.organisation].headcount is not None

    def __repr__(self) -> str:
        head = self.scores.heads[self.organisation]
        asked = f" of {head.headcount}" if head.headcount else ""
        answer = self.verdict.verdict if self.verdict else "no verdict (the instrument has no gates)"
        return f"Readiness, wave {self.wave}: {answer}; {head.people}{asked} people, {len(self.lines)} lines."

    def to_frame(self) -> pd.DataFrame:
        """Return every dimension level that may be shown, one row a part and dimension; hidden ones say why.

        Levels in the scale's units with one decimal; shares from 0 to 1.
        """
        rows = [
            {
                "kind": part.kind,
                "part": part.id,
                "part_name": part.name,
                "dimension": group.id,
                "dimension_name": group.name,
                "gate": group.gate,
                "level": None if held.level is None else held.level.value,
                "low": None if held.level is None else held.level.low,
                "high": None if held.level is None else held.level.high,
                "edge": held.edge,
                "people": held.people,
                "response_share": held.response,
                "visibility_share": held.visibility,
                "band_low": held.band_low,
                "band_high": held.band_high,
                "target": self.targets.get((part.id, group.id)) if part.kind in (LINE, ORGANISATION) else None,
                "hidden": held.hidden,
            }
            for part in self.parts
            for group in self.instrument.groups
            for held in [self.scores.get(DIMENSION, part, group.id)]
        ]
        frame = pd.DataFrame(rows)
        numbers = ["level", "low", "high", "people", "response_share", "visibility_share", "band_low", "band_high"]
        return frame.astype({name: "float64" for name in [*numbers, "target"]})


def assess(
    inputs: ReadinessInputs | Off,
    *,
    confidence: float | None = None,
    sure: float | None = None,
    target: float | None = None,
) -> Readiness | Off:
    """Return the readiness of the latest wave, protected.

    Parameters
    ----------
    inputs : ReadinessInputs or Off
        Off is returned as it is.
    confidence : float, optional
        Coverage of intervals (share); by default as the client's settings say.
    sure : float, optional
        Certainty from which a gate has passed or failed (share).
    target : float, optional
        Level to aim at where the client names none.

    Returns
    -------
    Readiness or Off
        Off where no answer names a level: that nobody can see the answers is a finding, not an error. Where interviews
        or evidence say something nevertheless, it is a `FirstLook`.

    Raises
    ------
    ModelError
        A setting has no meaning.
    """
    if isinstance(inputs, Off):
        return inputs
    settings = replace(
        inputs.settings,
        confidence=inputs.settings.confidence if confidence is None else confidence,
        sure=inputs.settings.sure if sure is None else sure,
        target=inputs.settings.target if target is None else target,
    )
    scale = inputs.instrument.scale
    if settings.target is not None and not scale.lowest < settings.target <= scale.highest:
        raise ModelError(f"A target lies above {scale.lowest:g}, up to {scale.highest:g}; got {settings.target:g}.")
    if not inputs.answers:
        return look_first(inputs, settings)
    answers = inputs.answers[-1]
    without = _without_levels(answers, settings)
    if without is not None:
        return look_first(inputs, settings, without.reason)
    weights = rake(answers, inputs.instrument)
    weighing = weights if isinstance(weights, Weights) else None
    raw = score(answers, inputs.instrument, settings, lines=inputs.lines, weights=weighing)
    unflagged = without_sheets(raw, flag_sheets(answers, inputs.instrument), settings, lines=inputs.lines)
    shown = protect(raw, settings, inputs.published, unflagged.offers)
    parts = raw.parts
    sources = compare_sources(inputs, settings, parts, shown)
    verdict = _marked(judge(raw, shown, settings, looked_at=sources.looked_at), sources, inputs.instrument, shown)
    targets = {
        (part.id, group.id): _dimension_target(inputs, settings, shown, part, group.id)
        for part in parts
        if part.kind in (ORGANISATION, LINE)
        for group in inputs.instrument.groups
    }
    organisation = {name: level for (line, name), level in targets.items() if line == ""}
    return Readiness(
        instrument=inputs.instrument,
        settings=settings,
        wave=answers.wave,
        date=answers.date,
        parts=parts,
        scores=shown,
        verdict=verdict,
        coordination=None
        if verdict is None
        else judge_coordination(
            verdict, shown, inputs.instrument, organisation, inputs.layers, thesis=settings.thesis
        ),
        targets=targets,
        percent_to_target={
            part.id: _percent(inputs.instrument, shown, part, targets)
            for part in parts
            if part.kind in (ORGANISATION, LINE)
        },
        steps=() if verdict is None else tuple(_steps(inputs, settings, shown, verdict, parts)),
        layers=inputs.layers,
        left_out=dict(answers.left_out),
        earlier_waves=tuple(held.wave for held in inputs.answers[:-1]),
        gaps=role_gaps(raw, shown, settings),
        sources=sources,
        weighting=publish_weights(weights, settings.minimum_group),
        attained=attained_levels(raw, shown, settings),
        respondents=look_at_respondents(raw, shown, verdict, unflagged, settings, evidence=inputs.evidence),
    )


def _marked(
    verdict: Verdict | None, sources: Sources, instrument: Instrument, shown: ProtectedScores
) -> Verdict | None:
    """Mark the lines that pass a gate by what is claimed and not by what is evidenced."""
    if verdict is None:
        return None
    parts = {part.id: part for part in shown.heads if part.kind == LINE}
    lines = tuple(
        line
        if line.verdict == NOT_SHOWN
        else replace(line, not_yet_evidenced=unbacked_gates(sources, instrument, parts[line.line], shown))
        for line in verdict.lines
    )
    return replace(verdict, lines=lines)


def _without_levels(answers: Answers, settings: Settings) -> Off | None:
    """Return why there is no level at all, or None where there is one."""
    given = set(answers.status.to_numpy(dtype=object).ravel().tolist()) - {BLANK, NOT_ASKED}
    if ANSWERED in given:
        return None
    if not given:
        reason = f"Nobody answered anything in wave {answers.wave}."
    elif settings.minimum_group != OPENLY_NAMED and answers.sheets["respondent"].nunique() < DISTRIBUTION_FROM:
        reason = f"Too few answers of wave {answers.wave} name a level."  # that all say the same would expose each
    else:
        reason = f"Nobody can see it: all answers of wave {answers.wave} are “cannot see” or “does not apply”."
    return Off("readiness", reason, ("survey",))


def percent_to_target(levels: Mapping[str, float], targets: Mapping[str, float], floor: float) -> float | None:
    """Return the share of the way from the floor to the targets; nothing is gained by passing one.

    Parameters
    ----------
    levels, targets : mapping of name to level
        Every level has a target.
    floor : float
        Where the way begins: the scale's lowest value.

    Examples
    --------
    >>> percent_to_target({"a": 2.0, "b": 5.0}, {"a": 3.0, "b": 3.0}, 1.0)
    0.75
    """
    whole = sum(targets[name] - floor for name in levels)
    short = sum(max(0.0, targets[name] - level) for name, level in levels.items())
    return 1 - short / whole if levels and whole > 0 else None


def _percent(
    instrument: Instrument, shown: ProtectedScores, part: Part, targets: Mapping[tuple[str, str], float]
) -> float | None:
    """Return the share of the way, from what is shown; none where a gate is hidden."""
    if not shown.allows(part, [group.id for group in instrument.gates]):
        return None
    held = {group.id: shown.get(DIMENSION, part, group.id).level for group in instrument.dimensions}
    levels = {name: level.value for name, level in held.items() if level is not None}
    share = percent_to_target(levels, {name: targets[(part.id, name)] for name in levels}, instrument.scale.lowest)
    return None if share is None else round(share, 2)


def _usual_target(instrument: Instrument, settings: Settings, shown: ProtectedScores, part: Part) -> float:
    """`standing` until every gate stands there, then `later`."""
    if settings.target is not None:
        return settings.target
    levels = instrument.gate_levels
    if levels is None:
        return instrument.scale.highest
    gates = [shown.get(DIMENSION, part, group.id).level for group in instrument.gates]
    stand = all(level is not None and level.value >= levels.standing for level in gates)
    return levels.later if stand else levels.standing


def _named_target(targets: Iterable[Target], name: str, line: str) -> float | None:
    own = {held.product_line: held.target for held in targets if held.item == name}
    return own.get(line, own.get(""))


def _item_target(inputs: ReadinessInputs, settings: Settings, shown: ProtectedScores, part: Part, item: Item) -> float:
    for name in (item.id, item.group):
        named = _named_target(inputs.targets, name, part.id)
        if named is not None:
            return named
    return _usual_target(inputs.instrument, settings, shown, part)


def _dimension_target(
    inputs: ReadinessInputs, settings: Settings, shown: ProtectedScores, part: Part, name: str
) -> float:
    named = _named_target(inputs.targets, name, part.id)
    if named is not None:
        return named
    items = inputs.instrument.items_below(name)
    held = [_item_target(inputs, settings, shown, part, item) for item in items]
    return sum(held) / len(held) if held else _usual_target(inputs.instrument, settings, shown, part)


def _steps(
    inputs: ReadinessInputs, settings: Settings, shown: ProtectedScores, verdict: Verdict, parts: tuple[Part, ...]
) -> Iterable[Step]:
    """Find the lowest item of each gate that holds a line back, led back to what must stand before it."""
    instrument = inputs.instrument
    levels = instrument.gate_levels
    standing = levels.standing if levels else instrument.scale.highest
    lines = [part for part in parts if part.kind == LINE and verdict.line(part.id).verdict != NOT_SHOWN]
    for part in lines or [parts[0]]:
        held_back = verdict.line(part.id).held_back_by if part.kind == LINE else verdict.held_back_by
        found: set[str] = set()
        for dimension in held_back:
            for item in _below_target(inputs, settings, shown, part, dimension):
                first = _first_needed(instrument, shown, part, item, standing)
                if first not in found:
                    found.add(first)
                    yield Step(
                        part.id,
                        part.name,
                        first,
                        shown.get(ITEM, part, first),
                        _item_target(inputs, settings, shown, part, instrument.item(first)),
                        item.id,
                        dimension,
                    )
                    break  # one step a gate, so that the lowest gate does not take them all


def _below_target(
    inputs: ReadinessInputs, settings: Settings, shown: ProtectedScores, part: Part, dimension: str
) -> list[Item]:
    held = []
    for item in inputs.instrument.items_below(dimension):
        level = shown.get(ITEM, part, item.id).level
        if level is not None and level.value < _item_target(inputs, settings, shown, part, item):
            held.append((level.value, item.id, item))
    return [item for _, _, item in sorted(held, key=lambda one: one[:2])]


def _first_needed(instrument: Instrument, shown: ProtectedScores, part: Part, item: Item, standing: float) -> str:
    """Return the item itself, or the lowest of what it needs that does not stand yet, and so on down."""
    name = item.id
    while True:
        known = {need: shown.get(ITEM, part, need).level for need in instrument.item(name).needs}
        low = {need: level.value for need, level in known.items() if level is not None and level.value < standing}
        if not low:
            return name
        name = min(low, key=lambda need: (low[need], need))
