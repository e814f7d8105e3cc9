"""Does a metric stand elsewhere than its baseline? One statistic a review, and its chance in a stable metric.

The statistic is the distance between the mean of the last j new points and the baseline's mean over its standard error
under AR(1), the largest over j and over the looks so far. Its null depends only on how many points there are, on their
autocorrelation and on what was done about a season; so it is simulated once for each, through the very same steps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from workbench.outcomes.limits import LARGEST_RHO, Limits
from workbench.outcomes.scales import SKEW_LIMIT
from workbench.outcomes.seasons import Season, season_projection

NEW_POINTS = 12
"""Points after the baseline that one review looks at: a year of months (ours)."""

STILL_HOLDS = 0.8
"""A change is dated by the newest look when that is at least this share as clear as the clearest look (ours)."""

SIMULATIONS = 20_000
SEED = 20_260_930

TAIL = 400
"""Largest simulated statistics that the tail beyond them is fitted to: portfolios ask for rarer chances than 1 in
20,000 (generalised Pareto, moments: J. R. M. Hosking and J. R. Wallis 1987, Technometrics 29, 339-349)."""

LEAST_CHANCE = 1e-7
"""A fitted tail is not believed further than this (ours)."""

SKEWED = {"log": (0.25, 0.5, 1.0, 2.0), "sqrt": (1.0, 2.0, 4.0), "fourth_root": (1.5, 3.0, 6.0)}
"""Chosen scales, and how skewed simulated series are made for them: sigmas of the logarithm, or means in sigmas of the
root; the nearest one counts (ours)."""

AHEAD = ((36, 12), (24, 12))
"""Points of baseline and new points for which the nulls are made before somebody asks: three years or two, and one."""

AHEAD_RHO = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
AHEAD_STEPS = (("", 0, ("", 0.0)), ("removed", 12, ("", 0.0)), ("", 0, ("log", 0.25)))
"""Season removed, its period, and shape: as they are, with a year's season removed, a little skewed: the commonest."""

_BATCH = 2_000

Array = np.ndarray


@dataclass(frozen=True)
class Change:
    """Whether the points after the baseline stand elsewhere than the baseline, as one answer.

    Attributes
    ----------
    first : int
        Place of the point with which the new level begins, by the largest statistic.
    points : int
        Points at the new level.
    before, after : float
        Means of baseline and new level, without the season where one was removed. Unit: the metric's.
    size_sigma : float
        Distance in sigmas of single points, on the transformed scale.
    statistic : float
        Distance over its standard error, the largest over starts and looks.
    p : float
        Chance of a statistic as large in a stable metric, 0 to 1.
    """

    first: int
    points: int
    before: float
    after: float
    size_sigma: float
    statistic: float
    p: float

    @property
    def size(self) -> float:
        """Change of the mean. Unit: the metric's."""
        return self.after - self.before


def change_between(
    flat: Array, shown: Array, base: Array, new: Array, limits: Limits, season: Season | None = None
) -> Change | None:
    """Return whether the points after the baseline stand elsewhere, with the chance of that in a stable metric.

    Parameters
    ----------
    flat, shown : array of float, one a period
        The series on its scale without season, and in the metric's unit; NaN where a period has none.
    base, new : array of int
        Places of the baseline, and of the points after it; at most the last 12 of these are new.
    limits : Limits
    season : Season or None
        What was removed; the null goes through the same removal.
    """
    every, new = new, new[-NEW_POINTS:]
    if new.size == 0 or limits.is_constant:
        return None
    scaled = flat[np.concatenate([base, new])]
    table = _statistics(scaled, base.size)
    statistic = float(table.max())
    look = int(table.argmax()) // table.shape[1]
    # the level that the reader meets is the one that still holds at the newest point, where that is nearly as clear
    if float(table[-1].max()) >= STILL_HOLDS * statistic:
        look = new.size - 1
    start = _begin(scaled[: base.size], scaled[base.size : base.size + look + 1])
    after = new[start : look + 1]
    if start == 0 and every.size > new.size:  # it stood there before the points that are judged: since when?
        after = _older(flat, base, every[: every.size - new.size + look + 1], after)
    spread = math.sqrt(max(float(scaled[: base.size].var(ddof=1)), 1e-300))
    shift = float(flat[after].mean() - scaled[: base.size].mean())
    p = p_value(statistic, base.size, new.size, limits.rho, season, shape_of(limits.transform, scaled[: base.size]))
    levels = float(shown[base].mean()), float(shown[after].mean())
    return Change(int(after[0]), int(after.size), *levels, shift / spread, statistic, p)


def shape_of(transform: str, base: Array) -> tuple[str, float]:
    """Return how skewed a transformed baseline was, coarsely, so that a null can be made as skewed.

    A scale that was chosen from a baseline fits it better than what comes after: the null has to choose as well.
    """
    if transform not in SKEWED or base.size < 2:
        return "", 0.0
    spread = float(base.std(ddof=1))
    ratio = spread if transform == "log" else float(base.mean()) / max(spread, 1e-300)
    levels = SKEWED[transform]
    return transform, min(levels, key=lambda level: abs(math.log(max(ratio, 1e-9) / level)))


def p_value(
    statistic: float,
    baseline: int,
    new: int,
    rho: float,
    season: Season | None = None,
    shape: tuple[str, float] = ("", 0.0),
) -> float:
    """Return the chance that a stable series shows a statistic as large, from a seeded simulation.

    20,000 normal AR(1) series of `baseline` + `new` points, each judged exactly as a real one, its rho estimated
    anew; `rho` is rounded to tenths, so that a table serves all metrics of a length. Beyond the largest simulated
    statistics a fitted tail goes on, at most to 1e-7.

    Parameters
    ----------
    statistic : float
    baseline, new : int
        Points.
    rho : float
    season : Season or None
        What was removed; the simulated series go through the same removal.
    shape : (str, float)
        As `shape_of` gives it: simulated series are as skewed, and choose their scale as the real one did.
    """
    removed, period = (season.kind, season.period) if season is not None else ("", 0)
    null = _null(baseline, new, round(rho, 1), removed, period, shape)
    above = null.size - int(np.searchsorted(null, statistic, side="left"))
    if above >= TAIL // 4:
        return (above + 1) / (null.size + 1)
    bend, scale = _tail(null)
    past = statistic - float(null[-TAIL])
    rest = (1 + bend * past / scale) ** (-1 / bend) if bend > 1e-6 else math.exp(-past / scale)
    return max(TAIL / null.size * rest, LEAST_CHANCE)


def simulate_ahead() -> Iterator[None]:
    """Make the nulls that most series are compared with, one a step: they hang on no value, so an idle process may."""
    for baseline, new in AHEAD:
        for rho in AHEAD_RHO:
            for removed, period, shape in AHEAD_STEPS:
                _null(baseline, new, rho, removed, period, shape)
                yield
            _stable_series.cache_clear()  # who waits stays small


def _tail(null: Array) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto distribution of the largest statistics, never bounded."""
    excess = null[-TAIL:] - null[-TAIL]
    mean, variance = float(excess.mean()), float(excess.var(ddof=1))
    shape = 0.5 * (1 - mean**2 / variance)
    return (shape, 0.5 * mean * (mean**2 / variance + 1)) if shape > 0 else (0.0, mean)


def _statistics(series: Array, baseline: int) -> Array:
    """Return |mean of new points start..look − mean of baseline| / its standard error, looks × starts."""
    count = series.size - baseline
    table = np.zeros((count, count))
    means, errors, sums = _moments(series[:, None], baseline)
    for points in range(1, count + 1):
        shift = (sums[points:, 0] - sums[:-points, 0]) / points - means
        starts = np.arange(count - points + 1)
        table[starts + points - 1, starts] = np.abs(shift) / errors[points - 1]
    return table


def _largest(series: Array, baseline: int) -> Array:
    """Return the largest statistic of each series (a column each), over starts and looks.

    Of all stretches of a length only the highest and the lowest can be it.
    """
    means, errors, sums = _moments(series, baseline)
    largest = np.zeros(series.shape[1])
    for points in range(1, len(errors) + 1):
        gaps = sums[points:] - sums[:-points]
        shift = np.maximum(gaps.max(axis=0) / points - means, means - gaps.min(axis=0) / points)
        np.maximum(largest, shift / errors[points - 1], out=largest)
    return largest


def _begin(base: Array, new: Array) -> int:
    """Return the place at which the new level begins: the split of baseline and new points that leaves least squares.

    Dating is a question of its own: the judgement's standard error would favour short stretches.
    """
    gains = []
    for start in range(new.size):
        before, after = np.concatenate([base, new[:start]]), new[start:]
        gap = float(after.mean() - before.mean())
        gains.append(gap * gap * before.size * after.size / (before.size + after.size))
    return int(np.argmax(gains))


def _older(flat: Array, base: Array, every: Array, after: Array) -> Array:
    """Return the places of a new level that began before `after`, the first points of which are all at it."""
    begun = every[_begin(flat[base], flat[every]) :]
    sooner = begun[begun < after[0]]
    middle = float(flat[base].mean())
    if not sooner.size or (flat[sooner].mean() - middle) * (flat[after].mean() - middle) <= 0:
        return after
    return begun


def _moments(series: Array, baseline: int) -> tuple[Array, Array, Array]:
    """Return each series' baseline mean, the standard error of the distance of so many new points, and their sums.

    Series are columns; errors have a row for each number of points, sums one more than there are points.
    """
    centred, new = np.array(series[:baseline].T, order="C"), series[baseline:]
    means = centred.mean(axis=1)
    centred -= means[:, None]
    power = np.einsum("ij,ij->i", centred, centred)
    r1 = np.einsum("ij,ij->i", centred[:, 1:], centred[:, :-1]) / np.where(power > 0, power, 1.0)
    rho = np.clip((r1 + 1 / baseline) / (1 - 4 / baseline), 0.0, LARGEST_RHO)
    # the sample variance of a short autocorrelated series is too small by the variance of its mean
    inflation = _inflation(rho, baseline)
    spread = power / (baseline - 1) / np.maximum(1 - inflation / baseline, 0.1)
    floor = spread * inflation / baseline
    points = np.arange(1, len(new) + 1)[:, None]
    errors = np.sqrt(np.maximum(spread * _inflations(rho, len(new)) / points + floor, 1e-300))
    sums = np.zeros((len(new) + 1, series.shape[1]))
    np.cumsum(new, axis=0, out=sums[1:])
    return means, errors, sums


def _inflation(rho: Array, n: int) -> Array:
    """Return n × variance of the mean of n points of AR(1), in variances of one point: 1 + 2 Σ (1 − k/n) rho^k."""
    rest = 1 - rho
    return 1 + 2 * rho / rest - 2 * rho * (1 - rho**n) / (n * rest**2)


def _inflations(rho: Array, most: int) -> Array:
    """Return `_inflation` for every number of points up to the most, a row each."""
    rest, twice = 1 - rho, 2 * rho
    powers = np.cumprod(np.broadcast_to(rho, (most, rho.size)), axis=0)
    return 1 + twice / rest - twice * (1 - powers) / (np.arange(1, most + 1)[:, None] * rest**2)


def _rescaled(series: Array, baseline: int, transform: str, level: float) -> Array:
    """Return normal series (a column each) made skewed, then put on the scale that each of them would choose."""
    if transform == "log":
        skewed = np.exp(level * series)
    else:
        skewed = np.square(np.maximum(level + series, 0.0))
        if transform == "fourth_root":  # a power of 4 would take ten times as long
            skewed *= skewed
    least = np.abs(_skewness(skewed[:baseline]))
    open_to_choice = np.flatnonzero(least > SKEW_LIMIT)
    held, least = skewed[:, open_to_choice], least[open_to_choice]
    root = np.sqrt(held)
    scales = (root, np.sqrt(root), np.log(np.maximum(held, 1e-12)))
    chosen = np.full(len(open_to_choice), len(scales))
    for number, scaled in enumerate(scales):
        skew = np.abs(_skewness(scaled[:baseline]))
        if scaled is scales[-1]:
            skew = np.where(held[:baseline].min(axis=0) > 0, skew, np.inf)
        chosen[skew < least] = number
        least = np.minimum(least, skew)
    for number, scaled in enumerate(scales):
        is_own = chosen == number
        skewed[:, open_to_choice[is_own]] = scaled[:, is_own]
    return skewed


def _skewness(series: Array) -> Array:
    centred = series - series.mean(axis=0)
    squares = centred * centred  # a power of 3 would take ten times as long
    spread = np.sqrt(squares.mean(axis=0))
    squares *= centred
    return squares.mean(axis=0) / np.where(spread > 0, spread, 1.0) ** 3


@lru_cache(maxsize=10)
def _stable_series(before: int, baseline: int, new: int, rho: float) -> tuple[Array, ...]:
    """Return stable series (a column each) in small batches, which stay in the processor's cache.

    Kept for a while: the same ones are put through each removal and each choice of a scale, and drawing takes longest.
    """
    step, total = math.sqrt(1 - rho**2), before + baseline + new
    made = []
    for batch in range(SIMULATIONS // _BATCH):
        series = np.random.default_rng([SEED, baseline, new, round(rho * 10), batch]).standard_normal((total, _BATCH))
        series[1:] *= step
        for place in range(1, total) if rho else ():
            series[place] += rho * series[place - 1]
        series.setflags(write=False)
        made.append(series)
    return tuple(made)


@lru_cache(maxsize=256)
def _null(
    baseline: int, new: int, rho: float, removed: str = "", period: int = 0, shape: tuple[str, float] = ("", 0.0)
) -> Array:
    """Return the sorted statistics of stable series, put through the choice of a scale and the removal of a season."""
    before = period if removed == "year_before" else 0
    total = before + baseline + new
    found = []
    for series in (half for batch in _stable_series(before, baseline, new, rho) for half in np.split(batch, 2, axis=1)):
        if shape[0] and removed != "year_before":
            series = _rescaled(series, baseline, *shape)
        if removed == "year_before":
            series = series[period:] - series[:-period]
        elif removed:
            effects = season_projection(np.arange(baseline), period) @ series[:baseline]
            series = series - effects[np.arange(total) % period]
        found.append(_largest(series, baseline))
    table = np.sort(np.concatenate(found))
    table.setflags(write=False)
    return table
