"""Will the process, as it runs, meet its target: always, never, or by chance, and by how much chance.

Verdicts are those of NHS England's *Making Data Count*. The chance is the share of futures in which the period of the
target's date meets it, over what is not known of the process: mean, season, spread and autocorrelation are drawn from
their posterior under AR(1) with the usual uninformative prior (rho flat between its ends; G. E. P. Box, G. M. Jenkins
and G. C. Reinsel, *Time Series Analysis*, on the likelihood; A. Zellner 1971 on the posterior), and each draw gives an
exact chance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.limits import LEAST_POINTS, Limits
from workbench.outcomes.periods import next_period, start_of
from workbench.outcomes.scales import SAME, forward, is_at_least
from workbench.outcomes.seasons import Season

DRAWS, SEED = 2_000, 20_260_930
"""Draws of what is not known of a process."""

RHOS = np.round(np.arange(-0.45, 0.96, 0.05), 2)
"""Autocorrelations that a process may have (ours)."""

COVERAGE = 0.80
"""Of the interval of a chance."""

SUREST = 0.99
"""No chance is stated that is surer: that a process goes on as it runs is itself not surer (ours)."""

FARTHEST = 5.0
"""A target further ahead than so many lengths of the history is not given a chance (ours)."""

MOST_PERIODS = 5_000
"""Periods that are counted at most."""

Array = np.ndarray


@dataclass(frozen=True)
class Assurance:
    """Whether the process, as it runs, will meet its target.

    Attributes
    ----------
    target : float or None
        Unit: the metric's.
    by : date or None
    verdict : str
        ``passes``, ``fails``, ``hit_and_miss`` or ``not_stated``.
    reason : str
        One clause.
    chance : float or None
        Chance that the period of `by` meets the target if the process goes on as it runs, 0 to 1; None where nothing
        is stated, or the date has passed.
    chance_low, chance_high : float or None
        What the chance may be, given how little is known of the process: an 80 % interval.
    """

    target: float | None
    by: dt.date | None
    verdict: str
    reason: str
    chance: float | None = None
    chance_low: float | None = None
    chance_high: float | None = None


def assurance(
    limits: Limits | None,
    target: float | None,
    direction: str,
    *,
    by: dt.date | None = None,
    edges: tuple[float | None, float | None] = (None, None),
    is_changing: bool = False,
    is_met: bool | None = None,
) -> Assurance:
    """Return whether the process as it runs passes its target, fails it, or hits and misses it.

    As in NHS England's *Making Data Count*: for ``up``, a target above the upper limit is consistently failed, one
    below the lower limit consistently passed. Not stated with too few points or while a change is running. A process
    that never changes passes or fails by its one value.

    Parameters
    ----------
    limits : Limits or None
    target : float or None
        Unit: the metric's. Not needed for ``band``.
    direction : str
        ``up``, ``down``, ``band`` or ``neutral``.
    edges : (float or None, float or None)
        Of a band.
    is_changing : bool
        The metric has moved since its baseline.
    is_met : bool or None
        Whether the latest period meets the target: what says otherwise is not said to be consistent.
    """

    def answer(verdict: str, reason: str) -> Assurance:
        if verdict in ("passes", "fails") and is_met is not None and is_met == (verdict == "fails"):
            verdict, reason = "not_stated", "the latest period lies outside its usual range"
        return Assurance(target, by, verdict, reason)

    if direction == "neutral":
        return answer("not_stated", "no direction is good or bad")
    if direction == "band" and None in edges:
        return answer("not_stated", "the band has no edges")
    if direction != "band" and target is None:
        return answer("not_stated", "there is no target")
    if limits is None:
        return answer("not_stated", f"fewer than {LEAST_POINTS} periods")
    if is_changing:
        return answer("not_stated", "the process is changing")
    lower, upper = limits.lower, limits.upper
    if direction == "band":
        low, high = float(edges[0] or 0.0), float(edges[1] or 0.0)
        if is_at_least(lower, low) and is_at_least(high, upper):
            return answer("passes", "its whole usual range lies in the band")
        if not is_at_least(upper, low) or not is_at_least(high, lower):
            return answer("fails", "its whole usual range lies outside the band")
        return answer("hit_and_miss", "its usual range crosses an edge of the band")
    goal = float(target or 0.0)
    if direction == "down":
        lower, upper, goal = -upper, -lower, -goal
    if not is_at_least(upper, goal):
        return answer("fails", "the target lies beyond its usual range")
    if limits.is_constant:
        return answer("passes", "it never changes and meets the target")
    if not is_at_least(goal, lower):
        return answer("passes", "its whole usual range is better than the target")
    return answer("hit_and_miss", "the target lies inside its usual range")


@dataclass(frozen=True)
class Chance:
    """The chance of meeting a target, and what it may be.

    Attributes
    ----------
    chance, low, high : float
        0 to 1; 80 % interval.
    """

    chance: float
    low: float
    high: float


def chance_of_target(
    values: Sequence[float] | Array,
    ahead: int,
    target: float,
    direction: str,
    *,
    edges: tuple[float | None, float | None] = (None, None),
    season: Season | None = None,
    place: int | None = None,
    draws: int = DRAWS,
) -> Chance:
    """Return the chance that the period `ahead` of the last one meets a target, if the process goes on as it runs.

    Parameters
    ----------
    values : sequence of float
        The signal-free process on its scale, in order of time, at least 12 numbers; NaN where a period has none.
    ahead : int
        Periods from the last one to that of the target's date, at least 1.
    target : float
        On the same scale.
    direction : str
        ``up``, ``down`` or ``band``.
    edges : (float or None, float or None)
        Of a band, on the same scale.
    season : Season or None
        What each phase adds; learned afresh here, so that not knowing it counts.
    place : int or None
        Place of the first of `values` in the phases of the season.
    draws : int
    """
    held = np.asarray(values, dtype=float)
    known = np.flatnonzero(np.isfinite(held))
    own = held[known]
    first = place or 0
    design, goal = _design(known + first, season), _design(np.array([held.size - 1 + ahead + first]), season)[0]
    generator = np.random.default_rng([SEED, known.size, ahead])
    weights, fits = [], []
    for rho in RHOS:
        fit = _fit(own, design, known, float(rho))
        weights.append(fit.weight)
        fits.append(fit)
    odds = np.exp(np.array(weights) - max(weights))
    which = generator.choice(RHOS.size, draws, p=odds / odds.sum())
    means, sigmas = np.empty(draws), np.empty(draws)
    for number in np.unique(which):
        chosen, fit, rho = np.flatnonzero(which == number), fits[number], float(RHOS[number])
        sigma = np.sqrt(fit.squares / generator.chisquare(fit.freedom, chosen.size))
        noise = generator.standard_normal((chosen.size, design.shape[1]))
        beta = fit.beta + (noise @ fit.root.T) * sigma[:, None]
        rest = own[-1] - beta @ design[-1]
        steps = ahead + (held.size - 1 - known[-1])
        means[chosen] = beta @ goal + rho**steps * rest
        sigmas[chosen] = sigma * np.sqrt((1 - rho ** (2 * steps)) / (1 - rho**2))
    hits = _hits(means, sigmas, target, direction, edges)
    ends = np.quantile(hits, [0.5 - COVERAGE / 2, 0.5 + COVERAGE / 2])
    return Chance(float(hits.mean()), float(ends[0]), float(ends[1]))


@dataclass(frozen=True)
class _Fit:
    """A regression with AR(1) errors of one rho."""

    beta: Array
    root: Array
    squares: float
    freedom: int
    weight: float


def _design(places: Array, season: Season | None) -> Array:
    """Return a column of ones, or one of each phase."""
    if season is None or not season.effects:
        return np.ones((places.size, 1))
    return np.eye(season.period)[places % season.period]


def _fit(values: Array, design: Array, places: Array, rho: float) -> _Fit:
    """Return the fit under one rho, and the logarithm of its posterior weight."""
    gaps = np.diff(places)
    # over a gap the tie to the last point is rho^gap, and the noise in between adds up
    tie, noise = np.sign(rho) ** gaps * np.abs(rho) ** gaps, np.sqrt((1 - rho ** (2.0 * gaps)) / (1 - rho**2))

    def whiten(held: Array) -> Array:
        wide = held if held.ndim == 2 else held[:, None]
        found = np.concatenate([wide[:1] * np.sqrt(1 - rho**2), (wide[1:] - tie[:, None] * wide[:-1]) / noise[:, None]])
        return found if held.ndim == 2 else found[:, 0]

    seen, goal = whiten(design), whiten(values)
    inner = np.linalg.pinv(seen.T @ seen)
    beta = inner @ seen.T @ goal
    rest = goal - seen @ beta
    freedom = values.size - design.shape[1]
    squares = max(float(rest @ rest), 1e-300)
    shrink = np.linalg.slogdet(inner)[1] if np.linalg.matrix_rank(inner) == inner.shape[0] else 0.0
    weight = 0.5 * np.log(1 - rho**2) - float(np.log(noise).sum()) + 0.5 * shrink - freedom / 2 * np.log(squares)
    values_, vectors = np.linalg.eigh(inner)
    root = vectors * np.sqrt(np.maximum(values_, 0.0))
    return _Fit(beta, root, squares, max(freedom, 1), float(weight))


def _hits(
    means: Array, sigmas: Array, target: float, direction: str, edges: tuple[float | None, float | None]
) -> Array:
    if direction == "band":
        low, high = float(edges[0] or 0.0), float(edges[1] or 0.0)
        found: Array = ndtr((high - means) / sigmas) - ndtr((low - means) / sigmas)
        return found
    sign = -1.0 if direction == "down" else 1.0
    reached: Array = ndtr(sign * (means - target) / sigmas)
    return reached


def _between_whole(asked: Array, direction: str) -> Array:
    """Return target and edges of whole numbers half a step outside: a count that equals its target meets it."""
    from_above, from_below = np.floor(asked + SAME) + 0.5, np.ceil(asked - SAME) - 0.5
    goal = from_above[0] if direction == "down" else from_below[0]
    return np.array([goal, from_below[1], from_above[2]])


def with_chance(
    stated: Assurance,
    held: Sequence[float] | Array,
    limits: Limits | None,
    season: Season | None,
    *,
    direction: str,
    ahead: int,
    edges: tuple[float | None, float | None] = (None, None),
    since: int = 0,
) -> Assurance:
    """Return a verdict with the chance of its target, where one can be told.

    Parameters
    ----------
    stated : Assurance
    held : sequence of float
        Values by period, as they are judged; NaN where there is none.
    limits : Limits or None
    season : Season or None
    direction : str
    ahead : int
        Periods from the last judged one to that of the target's date.
    edges : (float or None, float or None)
    since : int
        Place from which on the process is one.
    """
    values = np.asarray(held, dtype=float)
    known = np.flatnonzero(np.isfinite(values) & (np.arange(values.size) >= since))
    target = stated.target
    if stated.verdict == "not_stated" or limits is None or limits.is_constant or stated.by is None:
        return stated
    if season is not None and not season.effects:
        return stated
    if known.size < LEAST_POINTS or not 1 <= ahead <= FARTHEST * known.size or (target is None and direction != "band"):
        return stated
    name = "none" if limits.transform == "shares" else limits.transform
    flat = forward(values, name, clip=True)[known[0] : known[-1] + 1]
    asked = np.array([target or 0.0, edges[0] or 0.0, edges[1] or 0.0])
    if (values[known] == np.round(values[known])).all():
        asked = _between_whole(asked, direction)
    goals = forward(asked, name, clip=True)
    found = chance_of_target(
        flat,
        ahead,
        float(goals[0]),
        direction,
        edges=(float(goals[1]), float(goals[2])),
        season=season,
        place=int(known[0]),
    )
    held_in = [min(max(value, 1 - SUREST), SUREST) for value in (found.chance, found.low, found.high)]
    return replace(stated, chance=held_in[0], chance_low=held_in[1], chance_high=held_in[2])


def periods_ahead(metric: Metric, latest: dt.date, by: dt.date, fiscal_year_starts: int = 1) -> int:
    """Return how many periods after the latest one the period of a date comes; 0 where it does not.

    Parameters
    ----------
    metric : Metric
        Whose calendar counts.
    latest : date
        First day of the latest complete period.
    by : date
    fiscal_year_starts : int
        Month, 1 to 12.
    """
    try:
        goal = start_of(by, metric.grain, metric, fiscal_year_starts)
    except ModelError:  # a calendar by table ends before the date
        return 0
    steps = 0
    while latest < goal and steps < MOST_PERIODS:
        latest, steps = next_period(latest, metric.grain, metric.periods), steps + 1
    return steps
