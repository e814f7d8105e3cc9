"""The next few things to change, line by line: what brings most of the way to target for its effort, needs first.

Candidates are the items below target that may be shown. A step leads up to the next level that a text describes; its
gain is the rise of the line's way to target (`workbench.readiness.targets`), counted when its turn comes, so that the
gains of a plan add up to the way it goes. Where under half of those asked can see a thing, the step is to make it
visible. How stable a step's rank is comes from draws of all item levels together (`workbench.readiness.draws`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.readiness.anonymity import DISTRIBUTION_FROM, ProtectedScores
from workbench.readiness.composites import way_intervals
from workbench.readiness.inputs import OPENLY_NAMED, Settings, Target
from workbench.readiness.instrument import Instrument, Item
from workbench.readiness.planning import SEEING_EFFORT, Ground, Picks, schedule
from workbench.readiness.scores import DIMENSION, ITEM, Part, Score, Scores
from workbench.readiness.targets import item_target, target_for

SEEN_BY_TOO_FEW = 0.5
"""Visibility below which the finding is the invisibility, not the level (ours)."""

TOP = 5
"""Steps of a line that count as its first ones: their ranks are tried in draws (ours)."""

AT_ONCE = 500
"""Draws that are planned together: their arrays then stay near the processor (ours)."""

YEAR = 4
"""Quarters that a roadmap looks ahead (ours)."""

RAISE, SEE = "raise", "make visible"


@dataclass(frozen=True)
class Step:
    """One thing to change in one line, or in the organisation.

    Attributes
    ----------
    line, name : str
        The line; empty and "the organisation" for what is about all of it.
    item, dimension : str
    kind : str
        ``raise``, or ``make visible`` where too few can see it.
    score : Score
        Where the item stands today (protected).
    level, to, target : float
        Where it stands when its turn comes, where the step leads, and where it is to end. Unit: level.
    quarter : int
        Counted from the line's start.
    rank : int
        Place in the line's plan, counted from one.
    gain : float
        Rise of the line's way to target (share); for the organisation the mean over its lines.
    effort : float
        1 low, 2 medium, 4 high.
    waits_for : tuple of str
        Items that must stand first and do not yet.
    stability : float or None
        Share of draws in which it is among the first `TOP` of the year; None later, or where it may not be shown.
    owner : str
        Empty where nobody is named.
    by : date or None
    """

    line: str
    name: str
    item: str
    dimension: str
    kind: str
    score: Score
    level: float
    to: float
    target: float
    quarter: int
    rank: int
    gain: float
    effort: float
    waits_for: tuple[str, ...] = ()
    stability: float | None = None
    owner: str = ""
    by: dt.date | None = None


@dataclass(frozen=True)
class Way:
    """How much of the way to its targets a part has come.

    Attributes
    ----------
    share : float
        From 0, the bottom of the scale, to 1.
    low, high : float or None
        Interval at the engagement's confidence; None where it may not be shown.
    """

    share: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, eq=False)
class _Held:
    """What is shown, as arrays; place 0 is the organisation."""

    parts: tuple[Part, ...]
    ground: Ground
    levels: np.ndarray
    dimensions: np.ndarray


def plan_steps(
    scores: Scores,
    shown: ProtectedScores,
    settings: Settings,
    lines: tuple[Part, ...],
    goals: Mapping[tuple[str, str], float],
    targets: tuple[Target, ...] = (),
) -> tuple[Step, ...]:
    """Return every step to the targets, the organisation's first, then each line's, in the order they are taken.

    Parameters
    ----------
    scores : Scores
        Unprotected: only how far ranks move is read from them.
    shown : ProtectedScores
        What the steps are planned on.
    settings : Settings
        `steps_per_quarter`, `draws` and `seed`; `target` where the client names none.
    lines : tuple of Part
        Lines that are planned; without any, the organisation is planned as if it were one.
    goals : mapping of (line, dimension) to level
        Targets of the dimensions.
    targets : tuple of Target
        The client's rows.
    """
    held = _hold(scores.instrument, shown, settings, lines, goals, targets)
    picks = schedule(held.ground, held.levels[None], held.dimensions[None], per_quarter=settings.steps_per_quarter)
    stable = _stability(scores, shown, settings, held, _quarters(picks))
    found = [
        step
        for place, part in enumerate(held.parts)
        for step in _steps_of(scores.instrument, shown, held, picks, place, part, stable, targets)
    ]
    return tuple(found)


def ways_to_target(
    scores: Scores,
    shown: ProtectedScores,
    settings: Settings,
    goals: Mapping[tuple[str, str], float],
    shares: Mapping[str, float | None],
) -> dict[str, Way]:
    """Return how much of the way the organisation and its lines have come, with intervals.

    Parameters
    ----------
    scores : Scores
        Unprotected: only the width is read from them.
    shown, settings, goals
        As in `plan_steps`.
    shares : mapping of line to share
        The way of each part, as it is shown; parts without one are left out.
    """
    ends = way_intervals(scores, shown, shares, goals, settings)
    return {line: Way(share, *ends.get(line, (None, None))) for line, share in shares.items() if share is not None}


def _hold(
    instrument: Instrument,
    shown: ProtectedScores,
    settings: Settings,
    lines: tuple[Part, ...],
    goals: Mapping[tuple[str, str], float],
    targets: tuple[Target, ...],
) -> _Held:
    organisation = next(iter(shown.heads))
    parts, items, groups = (organisation, *lines), instrument.items, instrument.dimensions
    pooled = np.array([item.scope == "organisation" for item in items], dtype=bool)
    place = {group.id: number for number, group in enumerate(groups)}
    levels = np.full((len(parts), len(items)), np.nan)
    dimensions = np.full((len(parts), len(groups)), np.nan)
    wanted, efforts, shares = (np.zeros(levels.shape) for _ in range(3))
    unseen = np.zeros(levels.shape, dtype=bool)
    ends = np.full(dimensions.shape, np.nan)
    for row, part in enumerate(parts):
        for column, group in enumerate(groups):
            score = shown.get(DIMENSION, part, group.id)
            if score.level is not None:
                dimensions[row, column] = score.level.value
                ends[row, column] = goals[(part.id, group.id)]
        for column, item in enumerate(items):
            whose = organisation if pooled[column] else part
            score = shown.get(ITEM, whose, item.id)
            levels[row, column] = np.nan if score.level is None else score.level.value
            wanted[row, column] = item_target(targets, settings, instrument, shown, whose, item)
            row_of_client = target_for(targets, item, whose.id)
            efforts[row, column] = (row_of_client.effort if row_of_client else None) or item.effort
            unseen[row, column] = score.visibility is not None and score.visibility < SEEN_BY_TOO_FEW
            used = shown.get(DIMENSION, part, instrument.dimension_of(item).id).items_used
            shares[row, column] = _share(instrument, item, len(used)) if item.id in used else 0.0
    own = np.ones(levels.shape, dtype=bool)
    if lines:
        own[0], own[1:] = pooled, ~pooled
    names = {item.id: number for number, item in enumerate(items)}
    needs = np.zeros((len(items), len(items)), dtype=bool)
    for row, item in enumerate(items):
        needs[row, [names[need] for need in item.needs]] = True
    most = max((len(item.anchors) for item in items), default=0)
    anchors = np.full((len(items), max(1, most)), np.inf)
    for row, item in enumerate(items):
        anchors[row, : len(item.anchors)] = sorted(level for level, _ in item.anchors)
    scale, held = instrument.scale, instrument.gate_levels
    ground = Ground(
        own=own,
        pooled=pooled if lines else np.zeros_like(pooled),
        targets=wanted,
        efforts=efforts,
        unseen=unseen,
        needs=needs,
        anchors=anchors,
        group=np.array([place[instrument.dimension_of(item).id] for item in items], dtype=int),
        shares=shares,
        goals=ends,
        standing=held.standing if held is not None else (scale.lowest + scale.highest) / 2,
        floors=np.array([instrument.bounds(group.id)[0] for group in groups], dtype=float),
    )
    return _Held(parts, ground, levels, dimensions)


def _share(instrument: Instrument, item: Item, used: int) -> float:
    """Return what a level of an item counts in its dimension, of which so many items are used.

    A group that is neither mean nor sum is planned as if it were a mean: what stands lowest still comes first.
    """
    group, top = instrument.group(item.group), instrument.dimension_of(item)
    if group.id == top.id:
        return 1.0 if group.aggregation == "sum" else 1.0 / used
    share = 1.0
    while True:
        share /= 1 if group.aggregation == "sum" else len(instrument.parts(group))
        if group.id == top.id:
            return share
        group = instrument.group(group.parent)


def _steps_of(
    instrument: Instrument,
    shown: ProtectedScores,
    held: _Held,
    picks: Picks,
    place: int,
    part: Part,
    stable: np.ndarray,
    targets: tuple[Target, ...],
) -> list[Step]:
    found: list[Step] = []
    times: dict[int, int] = {}
    organisation = held.parts[0]
    low = held.levels < np.minimum(held.ground.standing, held.ground.targets) - 1e-9
    for quarter, item, gain, level, to in zip(
        picks.quarter, picks.item, picks.gain, picks.level, picks.to, strict=True
    ):
        number = int(item[0, place])
        if number < 0:
            continue
        times[number] = times.get(number, 0) + 1
        one = instrument.items[number]
        row = target_for(targets, one, part.id)
        sees = bool(held.ground.unseen[place, number]) and times[number] == 1
        share = None
        if (stable[:, place] >= 0).all() and quarter <= YEAR:
            share = round(float((stable[:, place, number] >= times[number]).mean()), 2)
        found.append(
            Step(
                line=part.id,
                name=part.name,
                item=one.id,
                dimension=one.group,
                kind=SEE if sees else RAISE,
                score=shown.get(ITEM, organisation if one.scope == "organisation" else part, one.id),
                level=round(float(level[0, place]), 1),
                to=float(to[0, place]),
                target=float(held.ground.targets[place, number]),
                quarter=int(quarter),
                rank=len(found) + 1,
                gain=round(float(gain[0, place]), 9),
                effort=SEEING_EFFORT if sees else float(held.ground.efforts[place, number]),
                waits_for=tuple(need for need in one.needs if low[place, _place(instrument, need)]),
                stability=share,
                owner=row.owner if row is not None else "",
                by=row.by if row is not None else None,
            )
        )
    return found


def _place(instrument: Instrument, name: str) -> int:
    return next(number for number, item in enumerate(instrument.items) if item.id == name)


def _is_many(shown: ProtectedScores, part: Part, settings: Settings) -> bool:
    """Whether what hangs on the spread of a part's answers may be shown."""
    return settings.minimum_group == OPENLY_NAMED or (shown.heads[part].people or 0) >= DISTRIBUTION_FROM


def _quarters(picks: Picks) -> int:
    """Return the quarter in which the last part has taken its first steps, and one more for draws that wait longer."""
    taken, last = np.zeros(picks.item[0].shape[1] if picks.item else 0, dtype=int), 0
    for quarter, item in zip(picks.quarter, picks.item, strict=True):
        is_first = (item[0] >= 0) & (taken < TOP)
        taken += is_first
        last = quarter if is_first.any() else last
    return min(last + 1, YEAR)


def _stability(scores: Scores, shown: ProtectedScores, settings: Settings, held: _Held, quarters: int) -> np.ndarray:
    """Return how often each item is among the first steps of each draw; −1 where that may not be shown."""
    levels, dimensions = _item_draws(scores, settings, held)
    found = np.zeros(levels.shape, dtype=np.int8)
    for start in range(0, len(levels), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        drawn = (levels[some], dimensions[some])
        picks = schedule(held.ground, *drawn, per_quarter=settings.steps_per_quarter, quarters=quarters)
        counts, taken = found[some], np.zeros(found[some].shape[:2], dtype=int)
        for item in picks.item:
            rows, parts = np.nonzero((item >= 0) & (taken < TOP))
            counts[rows, parts, item[rows, parts]] += 1
            taken += item >= 0
    for place, part in enumerate(held.parts):
        if not _is_many(shown, part, settings):
            found[:, place] = -1
    return found


def _item_draws(scores: Scores, settings: Settings, held: _Held) -> tuple[np.ndarray, np.ndarray]:
    """Draws of what is shown of the items, and of the dimensions as they follow from them."""
    drawn = _draws(scores, settings, held, ITEM, [item.id for item in scores.instrument.items], held.levels)
    pooled = np.array([item.scope == "organisation" for item in scores.instrument.items], dtype=bool)
    drawn[:, 1:, pooled] = drawn[:, :1, pooled]
    moved = np.nan_to_num(drawn - held.levels) * held.ground.shares
    groups = held.dimensions.shape[1]
    member = (held.ground.group[:, None] == np.arange(groups)[None, :]).astype(float)
    return drawn, held.dimensions[None] + moved @ member


def _draws(
    scores: Scores, settings: Settings, held: _Held, measure: str, names: list[str], shown: np.ndarray
) -> np.ndarray:
    """Draws of levels around what is shown of them, nan where nothing is.

    As `workbench.readiness.draws` makes them, with t as a normal number over the root of a chi-square one: so much is
    drawn here that quantiles would take longer than all else.
    """
    rng = np.random.default_rng(settings.seed)
    numbers = rng.standard_normal((settings.draws, scores.respondents))
    spare = rng.standard_normal((settings.draws, len(names)))
    drawn = np.repeat(shown[None], settings.draws, axis=0)
    for place, part in enumerate(held.parts):
        levels = [scores.get(measure, part, name).level for name in names]
        known = [
            column
            for column, level in enumerate(levels)
            if not np.isnan(shown[place, column]) and level is not None and level.standard_error and level.df
        ]
        influence = np.array(
            [scores.traces[(measure, part.kind, part.id, names[column])].influence for column in known]
        )
        normal = numbers @ influence.reshape(len(known), -1).T if known else np.zeros((settings.draws, 0))
        for number, column in enumerate(known):
            level = levels[column]
            if level is None or not level.df or not level.standard_error:
                continue
            size = float(np.sqrt((influence[number] ** 2).sum()))
            # Where all said the same the spread is borrowed, and no person's influence is known.
            standard = normal[:, number] / size if size > 0 else spare[:, column]
            half = level.df / 2
            root = np.sqrt(np.random.default_rng([settings.seed, column]).standard_gamma(half, settings.draws) / half)
            drawn[:, place, column] += level.standard_error * standard / root
    low, high = scores.instrument.scale.lowest, scores.instrument.scale.highest
    return np.clip(drawn, low, high)
