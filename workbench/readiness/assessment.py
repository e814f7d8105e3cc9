"""The entry: from checked inputs to the frozen result that exhibits, notebooks and reports accept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from workbench.errors import ModelError
from workbench.findings import Off
from workbench.readiness.anonymity import DISTRIBUTION_FROM, ProtectedScores, publication
from workbench.readiness.attained import attained_levels
from workbench.readiness.coordination import Coordination, judge_coordination
from workbench.readiness.filters import Filters, filter_offers, show_filters
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
)
from workbench.readiness.instrument import Instrument
from workbench.readiness.ledger import record
from workbench.readiness.progress import Progress, measure_progress
from workbench.readiness.respondents import Respondents, look_at_respondents
from workbench.readiness.roadmap import Roadmap, plan_roadmap
from workbench.readiness.scores import DIMENSION, LINE, ORGANISATION, Part, Score, Scores, score
from workbench.readiness.sheet_flags import flag_sheets, without_sheets
from workbench.readiness.sources import Sources, compare_sources, unbacked_gates
from workbench.readiness.steps import plan_steps, ways_to_target
from workbench.readiness.targets import dimension_target, way_to_target
from workbench.readiness.verdict import NOT_SHOWN, Verdict, judge
from workbench.readiness.wave_comparison import EarlierWave, protect_waves
from workbench.readiness.waves import Change
from workbench.readiness.weights import Weighting, Weights, publish_weights, rake


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
    roadmap : Roadmap
        Steps of the lines, initiatives of the organisation, and the way to the targets with its interval.
    layers : tuple of Layer
    left_out : mapping of reason to int
    earlier_waves : tuple of str
        Waves that were read and not judged.
    earlier : tuple of EarlierWave
        Their levels as they may be shown, oldest first.
    changes : tuple of Change
        The last wave against the one before, then against the first.
    progress : tuple of Progress
        From the first wave to the targets.
    filters : mapping of (cut, line, dimension) to Score
        Each line as a cut of roles sees it, for a panel; empty where none was asked for.
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
    record : str
        What becomes public with all this, for the publications ledger alone: JSON text with pseudonymous keys.
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
    roadmap: Roadmap
    layers: tuple[Layer, ...]
    left_out: Mapping[str, int]
    earlier_waves: tuple[str, ...] = ()
    gaps: tuple[RoleGap, ...] = ()
    sources: Sources = field(default_factory=Sources)
    weighting: Weighting = field(default=Weighting())
    attained: Mapping[str, float | None] = field(default_factory=dict)
    respondents: Respondents = field(default=Respondents())
    earlier: tuple[EarlierWave, ...] = ()
    changes: tuple[Change, ...] = ()
    progress: tuple[Progress, ...] = ()
    filters: Mapping[tuple[str, str, str], Score] = field(default_factory=dict, repr=False)
    record: str = field(default="", repr=False)

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
    with_filters: bool = False,
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
    with_filters : bool
        Whether the filters of a panel are decided on with the rest: each line as each cut of roles sees it.

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
    before = [
        score(held, inputs.instrument, settings, lines=inputs.lines, is_whole=False)
        for held in inputs.answers[:-1]
        if _without_levels(held, settings) is None
    ]
    filters = filter_offers(answers, inputs.instrument, settings, inputs.lines) if with_filters else Filters()
    offers = (*unflagged.offers, *filters.offers)
    waves = protect_waves(raw, before, settings, inputs.published, offers)
    shown = waves.shown
    parts = raw.parts
    sources = compare_sources(inputs, settings, parts, shown)
    verdict = _marked(judge(raw, shown, settings, looked_at=sources.looked_at), sources, inputs.instrument, shown)
    targets = {
        (part.id, group.id): dimension_target(inputs.targets, settings, inputs.instrument, shown, part, group.id)
        for part in parts
        if part.kind in (ORGANISATION, LINE)
        for group in inputs.instrument.groups
    }
    organisation = {name: level for (line, name), level in targets.items() if line == ""}
    shares = {
        part.id: way_to_target(inputs.instrument, shown, part, targets)
        for part in parts
        if part.kind in (ORGANISATION, LINE)
    }
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
        else judge_coordination(verdict, shown, inputs.instrument, organisation, inputs.layers, thesis=settings.thesis),
        targets=targets,
        percent_to_target=shares,
        roadmap=_plan(inputs, settings, raw, shown, targets, shares),
        layers=inputs.layers,
        left_out=dict(answers.left_out),
        earlier_waves=tuple(held.wave for held in inputs.answers[:-1]),
        gaps=role_gaps(raw, shown, settings),
        sources=sources,
        weighting=publish_weights(weights, settings.minimum_group),
        attained=attained_levels(raw, shown, settings),
        respondents=look_at_respondents(raw, shown, verdict, unflagged, settings, evidence=inputs.evidence),
        earlier=waves.earlier,
        changes=waves.changes,
        progress=measure_progress(raw, shown, before[0], waves.earlier[0], targets, settings) if before else (),
        filters=show_filters(filters, shown.extra, settings),
        record=record(publication(raw, shown, waves.offers), (held.id for held in inputs.published)),
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


def _plan(
    inputs: ReadinessInputs,
    settings: Settings,
    raw: Scores,
    shown: ProtectedScores,
    targets: Mapping[tuple[str, str], float],
    shares: Mapping[str, float | None],
) -> Roadmap:
    """Plan the lines whose every gate is shown; without any, the organisation as if it were one."""
    lines = tuple(part for part in raw.parts if part.kind == LINE and shares[part.id] is not None)
    steps = plan_steps(raw, shown, settings, lines, targets, inputs.targets)
    ways = ways_to_target(raw, shown, settings, targets, shares)
    return plan_roadmap(steps, inputs.instrument, settings, inputs.targets, inputs.projects, ways)
