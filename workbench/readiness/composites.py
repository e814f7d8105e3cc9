"""Intervals of what is made of several levels at once and bends, such as the way to target: no credit for passing one.

From thirty people up the interval is a bootstrap of people within lines, roles and units, bias-corrected and
accelerated, with finite correction (`workbench.stats.resample`); where teams were drawn, of whole teams, from twenty
teams up. Below that resampling covers too little, and draws of the levels' own t distributions stand in
(`workbench.readiness.draws`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.readiness.anonymity import DISTRIBUTION_FROM, SHARE_DECIMALS, ProtectedScores
from workbench.readiness.combine import combine_group
from workbench.readiness.draws import level_draws
from workbench.readiness.grid import LINE, WHOLE, Grid, Table, build_grid, build_table
from workbench.readiness.inputs import OPENLY_NAMED, Settings
from workbench.readiness.scores import DIMENSION, ORGANISATION, Part, Scores
from workbench.stats import Estimate, bootstrap_interval, resample

RESAMPLED_FROM = 30
"""People from which resampling holds what it promises (ours, by simulation: docs/readiness.md)."""

TEAMS_FROM = 20
"""Drawn teams from which they are resampled; with eight, 89 % of such intervals hold the truth instead of 95 %."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """Bootstrap draws of everybody: the wave as arrays, the organisation's table, weights (draws × people)."""

    grid: Grid
    whole: Table
    weights: np.ndarray


Statistic = Callable[[np.ndarray], np.ndarray]
"""From levels (draws × dimensions) to one number a draw."""


def composite_interval(
    scores: Scores,
    part: Part,
    names: list[str],
    statistic: Statistic,
    settings: Settings,
    *,
    resampled: Resampled | None = None,
) -> Estimate | None:
    """Return a number made of several dimensions' levels, with its interval.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    part : Part
    names : list of str
        Dimensions, in the order in which `statistic` takes them.
    statistic : callable
        From levels, shape (draws, dimensions), to shape (draws,).
    settings : Settings
        `draws`, `seed` and `confidence`.
    resampled : Resampled, optional
        Of `resample_people`; without it, and below thirty people, levels are drawn.

    Returns
    -------
    Estimate or None
        None where a dimension has no level.
    """
    held = [scores.get(DIMENSION, part, name) for name in names]
    levels = [one.level.value for one in held if one.level is not None]
    if not names or len(levels) < len(names):
        return None
    value = float(statistic(np.array([levels]))[0])
    people, asked = len(scores.members[part]), scores.headcounts[part]
    if resampled is not None and people >= RESAMPLED_FROM:
        found = _resampled(scores, part, names, statistic, settings, resampled)
        if found is not None:
            return found
    drawn = statistic(level_draws(scores, part, settings.draws, settings.seed, names=names))
    known = drawn[np.isfinite(drawn)]
    if known.size < drawn.size:
        return Estimate(value, None, None, None, None, settings.confidence, people, asked, "no spread anywhere")
    low, high = np.quantile(known, [(1 - settings.confidence) / 2, (1 + settings.confidence) / 2])
    low, high = min(float(low), value), max(float(high), value)
    return Estimate(value, low, high, None, None, settings.confidence, people, asked, "draws of t")


def way_intervals(
    scores: Scores,
    shown: ProtectedScores,
    ways: Mapping[str, float | None],
    targets: Mapping[tuple[str, str], float],
    settings: Settings,
) -> dict[str, tuple[float, float]]:
    """Return the interval of each part's share of the way to its targets, rounded outwards.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    shown : ProtectedScores
    ways : mapping of line to float or None
        The shares as they are shown; line "" is the organisation.
    targets : mapping of (line, dimension) to level
    settings : Settings

    Returns
    -------
    mapping of line to (low, high)
        Only parts whose share is shown and whose spread may be: ten people or more.
    """
    instrument, found = scores.instrument, {}
    resampled = resample_people(scores, settings) if any(way is not None for way in ways.values()) else None
    for part in scores.parts:
        way = ways.get(part.id) if part.kind in (ORGANISATION, LINE) else None
        is_large = len(scores.members[part]) >= DISTRIBUTION_FROM or settings.minimum_group == OPENLY_NAMED
        if way is None or not is_large:
            continue
        names = [group.id for group in instrument.dimensions if shown.allows(part, [group.id])]
        aims = np.array([targets[(part.id, name)] for name in names])
        whole = float((aims - np.array([instrument.bounds(name)[0] for name in names])).sum())
        if whole <= 0:
            continue

        def share(levels: np.ndarray, aims: np.ndarray = aims, whole: float = whole) -> np.ndarray:
            return 1 - np.maximum(aims - levels, 0.0).sum(axis=1) / whole

        held = composite_interval(scores, part, names, share, settings, resampled=resampled)
        if held is not None and held.low is not None and held.high is not None:
            size = 10**SHARE_DECIMALS
            low, high = math.floor(held.low * size + 1e-9) / size, math.ceil(held.high * size - 1e-9) / size
            found[part.id] = (min(low, way), max(high, way))
    return found


def resample_people(scores: Scores, settings: Settings) -> Resampled | None:
    """Return bootstrap draws of everybody, once for all parts; None where nobody can be drawn.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    settings : Settings
        `draws` and `seed`.
    """
    if scores.answers is None or scores.respondents < RESAMPLED_FROM:
        return None
    grid = build_grid(scores.answers, scores.instrument, settings)
    whole = build_table(grid, WHOLE)
    if grid.teams is None:
        strata = _strata(grid)
        response = _response(grid, whole, strata)
    else:
        strata = [("", "", "")] * grid.people
        response = {strata[0]: float(whole.response[whole.is_used].mean()) if whole.is_used.any() else 0.0}
    if grid.teams is not None and len(set(grid.teams.tolist())) < TEAMS_FROM:
        return None
    weights = resample(strata, settings.draws, settings.seed, response=response, clusters=grid.teams)
    return Resampled(grid, whole, weights)


def _resampled(
    scores: Scores, part: Part, names: list[str], statistic: Statistic, settings: Settings, held: Resampled
) -> Estimate | None:
    """Return the bootstrap's interval; None where levels bend by themselves or too few teams were drawn."""
    grid, whole = held.grid, held.whole
    table = whole if part.kind == ORGANISATION else build_table(grid, part, whole)
    nodes = [combine_group(grid, table, table.plain, scores.instrument.group(name)) for name in names]
    straight = [node for node in nodes if node is not None and node.is_straight]
    if len(straight) < len(names):
        return None
    # Items about the organisation hang on everybody, whatever the line.
    people = np.flatnonzero(table.has_level.any(axis=1))
    teams = people if grid.teams is None else grid.teams[people]
    units = np.unique(teams)
    if grid.teams is not None and len(set(grid.teams[sorted(scores.members[part])].tolist())) < TEAMS_FROM:
        return None
    shares = np.array([node.shares for node in straight])

    def replicate(weights: np.ndarray) -> np.ndarray:
        return statistic(_levels(table.values[people], weights, shares))

    return bootstrap_interval(
        float(statistic(np.array([[node.value for node in straight]]))[0]),
        replicate(held.weights[:, people]),
        leave_one_out=replicate((units[:, None] != teams[None, :]).astype(float)),
        confidence=settings.confidence,
        answered=len(scores.members[part]),
        asked=scores.headcounts[part],
    )


def _levels(values: np.ndarray, weights: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return dimension levels (draws × dimensions) of weighted people; nan where a draw has nobody for an item."""
    has_level = ~np.isnan(values)
    whole = weights @ has_level
    means = (weights @ np.where(has_level, values, 0.0)) / np.where(whole > 1e-9, whole, np.nan)
    is_used = (shares != 0).any(axis=0)
    return np.asarray(means[:, is_used] @ shares[:, is_used].T)


def _strata(grid: Grid) -> list[tuple[str, str, str]]:
    """Return each person's line, role and unit; the only one of a unit stands with the line's role."""
    first = {int(person): row for row, person in reversed(list(enumerate(grid.person)))}
    rows = [first[person] for person in range(grid.people)]
    cells = [(str(grid.line[row]), str(grid.role[row]), str(grid.unit[row])) for row in rows]
    counts = Counter(cells)
    return [cell if counts[cell] > 1 else (cell[0], cell[1], "") for cell in cells]


def _response(grid: Grid, whole: Table, strata: list[tuple[str, str, str]]) -> dict[tuple[str, str, str], float]:
    """Return how many of each stratum's people answered a question; empty where nobody knows how many there are."""
    held = grid.population
    if held is None or not whole.is_used.any():
        return {}
    # Some who came skipped questions: what is known of a question is less than how many came.
    came = grid.people / max(1.0, float(held.headcount.sum()))
    told = min(1.0, float(whole.response[whole.is_used].mean()) / came)
    found = {}
    for cell, people in Counter(strata).items():
        line, role, unit = cell
        listed = (held.line == line) & (held.role == role) & ((held.unit == unit) if unit else True)
        asked = float(held.headcount[listed].sum())
        found[cell] = min(1.0, people / asked) * told if asked else 0.0
    return found
