"""Is a move of a metric more than its usual wobble? Process-behaviour limits, repaired, and one question a review.

Individuals and moving ranges: W. A. Shewhart; constants as in D. J. Wheeler, *Understanding Variation* (2.66 and 3.27
of the mean moving range), exactly 3/1.128 and 3.268. Plain charts raise alarms on most autocorrelated or skewed
metrics, so limits are repaired for skew, autocorrelation and runs; and whether a metric moved is judged by one
statistic whose null distribution is simulated for the same number of points.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.errors import ModelError
from workbench.outcomes.definitions import SignalRules

D2 = 1.128
"""Mean moving range of two independent normal points, in standard deviations (tables of d2 for n = 2)."""

SIGMAS = 3.0
"""Limits stand three sigma from the centre (Shewhart)."""

RANGE_FACTOR = 3.268
"""Limit of a moving range, in mean moving ranges (D4 for n = 2)."""

RUN_LENGTH = 8
"""Points on one side of the centre that make a run (Western Electric)."""

TREND_LENGTH = 7
"""Points in a row that all rise, or all fall (NHS Making Data Count)."""

CALIBRATED_POINTS = 24
"""Up to so many baseline points limits and runs stand as published; with more, both widen so that a stable metric
raises an alarm no more often (ours: the simulation in the tests holds it)."""

LEAST_POINTS = 12
"""With fewer points nothing is judged: "too early" (ours; the share of false alarms doubles below)."""

SKEW_LIMIT = 0.5
"""Baselines more skewed than this are transformed (ours)."""

SAME = 1e-9
"""Numbers closer than this share of the larger are the same: divisions round."""

LARGEST_RHO = 0.9
"""Autocorrelation is taken to be at most this."""

ALPHA = 0.005
"""A metric has moved when chance would show as much once in 200 reviews (ours, until the portfolio step)."""

STILL_HOLDS = 0.8
"""A change is dated by the newest look when that is at least this share as clear as the clearest look (ours)."""

NEW_POINTS = 12
"""Points after the baseline that one review looks at: a year of months (ours)."""

SIMULATIONS = 20_000
SEED = 20_260_930
FEW_COUNTS = 30.0
"""Whole numbers with a smaller mean are taken for counts and stabilised as sqrt(x + 3/8): F. J. Anscombe (1948),
Biometrika 35, 246-254."""

_BATCH = 2_000
_POWERS = (("none", 1.0), ("sqrt", 0.5), ("fourth_root", 0.25))

Array = np.ndarray


@dataclass(frozen=True)
class Limits:
    """The usual range of a metric, from its frozen baseline.

    Attributes
    ----------
    centre, lower, upper : float
        Unit: the metric's; transformed back where a transform was used.
    range_limit : float
        Largest usual moving range. Unit: of the transformed scale.
    sigma : float
        Unit: of the transformed scale, widened for autocorrelation.
    transform : str
        ``none``, ``sqrt``, ``fourth_root``, ``log`` or ``counts``.
    r1 : float
        Autocorrelation of neighbours in the baseline, as measured, -1 to 1.
    rho : float
        The same with its bias removed, 0 to 0.9: what the repairs use.
    baseline_from, baseline_to : int
        Places of the first and the last point of the baseline.
    n : int
        Points in it.
    run_length : int
        Points on one side that make a run, under this autocorrelation.
    """

    centre: float
    lower: float
    upper: float
    range_limit: float
    sigma: float
    transform: str
    r1: float
    rho: float
    baseline_from: int
    baseline_to: int
    n: int
    run_length: int

    @property
    def is_constant(self) -> bool:
        """Whether the baseline never changed, so that centre and limits are its one value."""
        return self.sigma <= 0


@dataclass(frozen=True)
class Signal:
    """A rule that fired after the baseline.

    Attributes
    ----------
    kind : str
        ``beyond``, ``run``, ``trend`` or ``two_of_three``.
    first, last : int
        Places of the points.
    points : int
        How many.
    """

    kind: str
    first: int
    last: int
    points: int


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
        Means of baseline and new level. Unit: the metric's.
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
    """

    target: float | None
    by: dt.date | None
    verdict: str
    reason: str


@dataclass(frozen=True)
class Watched:
    """A series with its limits, signals and change; `limits` is None where there are too few points.

    Attributes
    ----------
    limits : Limits or None
    signals : tuple of Signal
    change : Change or None
    reason : str
        Why nothing is judged; empty when something is.
    notes : tuple of str
        What was done otherwise than declared; each one clause.
    has_left : bool
        The baseline never changed and later points differ from it.
    """

    limits: Limits | None
    signals: tuple[Signal, ...] = ()
    change: Change | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    has_left: bool = False

    @property
    def has_moved(self) -> bool:
        """Whether chance would show as much less than once in 200 reviews."""
        return self.change is not None and self.change.p <= ALPHA


def plain_limits(values: Sequence[float] | Array) -> tuple[float, float, float, float]:
    """Return centre, lower limit, upper limit and range limit of an individuals chart without repairs.

    Parameters
    ----------
    values : sequence of float
        In order of time, at least two, no gaps.

    Examples
    --------
    >>> flow_rate = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]  # NIST/SEMATECH e-Handbook, 6.3.2.2
    >>> [round(x, 4) for x in plain_limits(flow_rate)[:3]]
    [50.81, 45.8159, 55.8041]
    """
    held = np.asarray(values, dtype=float)
    if held.size < 2 or not np.isfinite(held).all():
        raise ModelError("Limits need at least two numbers without gaps.")
    moving = float(np.abs(np.diff(held)).mean())
    centre, reach = float(held.mean()), SIGMAS * moving / D2
    return centre, centre - reach, centre + reach, RANGE_FACTOR * moving


def natural_limits(
    values: Sequence[float] | Array,
    *,
    baseline: int = 36,
    transform: str = "auto",
    within: tuple[float | None, float | None] = (None, None),
    start: int = 0,
) -> Limits | None:
    """Return the usual range from the first `baseline` points, repaired for skew and autocorrelation.

    Parameters
    ----------
    values : sequence of float
        In order of time; NaN where a period has none.
    baseline : int
        Points wanted; with fewer points than `baseline` + 8 the baseline shrinks, at least to 12.
    transform : str
        ``auto`` chooses by the skewness of the baseline; or one of the transforms.
    within : (float or None, float or None)
        Ends that the metric cannot leave; limits are cut there.
    start : int
        Place of the first point after a declared break.

    Returns
    -------
    Limits or None
        None with fewer than 12 numbers.

    Raises
    ------
    ModelError
        The transform does not exist, or does not fit the baseline.
    """
    held = np.asarray(values, dtype=float)
    places = _baseline_places(held, baseline, start)
    count = places.size
    if not count:
        return None
    base = held[places]
    if are_same(float(base.min()), float(base.max())):
        return _constant_limits(float(base[0]) + 0.0, places)  # no minus zero
    name = _choose(base) if transform == "auto" else transform
    scaled = _forward(base, name)
    centre, _, _, range_limit = plain_limits(scaled)
    r1 = _r1(scaled)
    rho = corrected_rho(r1, count)
    sigma = float(np.abs(np.diff(scaled)).mean()) / D2 / math.sqrt(1 - rho)
    reach = _reach(count) * sigma
    lower, upper = _back(centre - reach, name), _back(centre + reach, name)
    floor, ceiling = within
    return Limits(
        centre=_back(centre, name) + 0.0,
        lower=(lower if floor is None else max(lower, floor)) + 0.0,
        upper=(upper if ceiling is None else min(upper, ceiling)) + 0.0,
        range_limit=range_limit,
        sigma=sigma,
        transform=name,
        r1=r1,
        rho=rho,
        baseline_from=int(places[0]),
        baseline_to=int(places[count - 1]),
        n=count,
        run_length=math.ceil(_run_length(count) * (1 + rho) / (1 - rho)),
    )


def are_same(first: float, second: float) -> bool:
    """Return whether two numbers differ by rounding only.

    Examples
    --------
    >>> are_same(0.1 + 0.2, 0.3), are_same(-0.0, 0.0), are_same(1.0, 1.000001)
    (True, True, False)
    """
    return math.isclose(first, second, rel_tol=SAME)


def is_at_least(value: float, limit: float) -> bool:
    """Return whether a value reaches a limit, rounding aside."""
    return value >= limit or are_same(value, limit)


def corrected_rho(r1: float, n: int) -> float:
    """Return the autocorrelation without its small-sample bias, between 0 and 0.9.

    F. H. C. Marriott and J. A. Pope (1954), Biometrika 41, 390-402: the mean of r1 is about rho − (1 + 4·rho)/n.
    """
    return float(np.clip((r1 + 1 / n) / (1 - 4 / n), 0.0, LARGEST_RHO))


def signals(
    values: Sequence[float] | Array,
    limits: Limits,
    rules: Sequence[str] = ("beyond", "run"),
    *,
    since: int | None = None,
) -> tuple[Signal, ...]:
    """Return the rules that fire on the points from `since` on (by default those after the baseline).

    *Beyond* is strictly beyond. A run or trend may begin inside the baseline.
    """
    held = np.asarray(values, dtype=float)
    begin = limits.baseline_to + 1 if since is None else since
    places = np.flatnonzero(np.isfinite(held) & (np.arange(held.size) >= limits.baseline_from))
    found: list[Signal] = []
    for rule in rules:
        if rule == "beyond":
            out = [int(p) for p in places if p >= begin and not limits.lower <= held[p] <= limits.upper]
            found += [Signal("beyond", p, p, 1) for p in out]
        elif rule == "run":
            side = np.sign(held[places] - limits.centre)
            found += _stretches("run", places, side, limits.run_length, begin)
        elif rule == "trend":
            step = np.sign(np.diff(held[places], prepend=held[places[0]] if places.size else 0.0))
            found += _stretches("trend", places, step, TREND_LENGTH, begin)
        elif rule == "two_of_three":
            found += _two_of_three(places, held, limits, begin)
        else:
            raise ModelError(f"There is no rule {rule!r}; there are beyond, run, trend and two_of_three.")
    return tuple(found)


def watch(
    values: Sequence[float] | Array,
    *,
    rules: SignalRules | None = None,
    judged: Sequence[bool] | Array | None = None,
    within: tuple[float | None, float | None] = (None, None),
    start: int = 0,
) -> Watched:
    """Return the limits, signals and change of one series.

    Parameters
    ----------
    values : sequence of float
        In order of time; NaN where a period has none.
    rules : SignalRules or None
        How the metric is watched.
    judged : sequence of bool or None
        False for points that are drawn and not judged (an open period, too few rows).
    within, start
        As in `natural_limits`.
    """
    rules = rules or SignalRules()
    held = np.asarray(values, dtype=float).copy()
    if judged is not None:
        held[~np.asarray(judged, dtype=bool)] = np.nan
    found = int(np.isfinite(held[start:]).sum())
    base = held[_baseline_places(held, rules.baseline, start)]
    # a transform that the client fixed and the numbers do not allow concerns this series alone
    misfit = "" if rules.transform == "auto" else _misfit(base, rules.transform)
    transform, notes = ("auto", (misfit,)) if misfit else (rules.transform, ())
    limits = natural_limits(held, baseline=rules.baseline, transform=transform, within=within, start=start)
    if limits is None:
        return Watched(None, reason=f"too early to tell: {found} of {LEAST_POINTS} periods")
    if limits.is_constant:
        later = [float(value) for value in held[limits.baseline_to + 1 :] if np.isfinite(value)]
        has_left = not all(are_same(value, limits.centre) for value in later)
        reason = "the baseline never changes, so there is no usual wobble to compare with"
        return Watched(limits, reason=f"{reason}, and later periods differ" if has_left else reason, has_left=has_left)
    return Watched(limits, signals(held, limits, rules.rules), find_change(held, limits), notes=notes)


def find_change(values: Sequence[float] | Array, limits: Limits) -> Change | None:
    """Return whether the points after the baseline stand elsewhere, with the chance of that in a stable metric.

    The statistic is the distance between the mean of the last j new points and the baseline's mean over its standard
    error under AR(1), the largest over j and over the looks so far; at most the last 12 points are new.
    """
    held = np.asarray(values, dtype=float)
    places = np.flatnonzero(np.isfinite(held))
    base = places[(places >= limits.baseline_from) & (places <= limits.baseline_to)]
    new = places[places > limits.baseline_to][-NEW_POINTS:]
    if new.size == 0 or limits.is_constant:
        return None
    scaled = _forward(held[np.concatenate([base, new])], limits.transform, clip=True)
    series = scaled[None, :]
    table = _statistics(series, base.size)[0]
    statistic = float(table.max())
    look = int(table.argmax()) // table.shape[1]
    # the level that the reader meets is the one that still holds at the newest point, where that is nearly as clear
    if float(table[-1].max()) >= STILL_HOLDS * statistic:
        look = new.size - 1
    start = _begin(scaled[: base.size], scaled[base.size : base.size + look + 1])
    after = new[start : look + 1]
    before_mean, after_mean = float(held[base].mean()), float(held[after].mean())
    spread = math.sqrt(max(float(scaled[: base.size].var(ddof=1)), 1e-300))
    shift = float(scaled[base.size + start : base.size + look + 1].mean() - scaled[: base.size].mean())
    p = p_value(statistic, base.size, new.size, limits.rho)
    return Change(int(after[0]), int(after.size), before_mean, after_mean, shift / spread, statistic, p)


def p_value(statistic: float, baseline: int, new: int, rho: float) -> float:
    """Return the chance that a stable series shows a statistic as large, from a seeded simulation.

    20,000 normal AR(1) series of `baseline` + `new` points, each judged exactly as a real one, its rho estimated
    anew; `rho` is rounded to tenths, so that a table serves all metrics of a length.
    """
    null = _null(baseline, new, round(rho, 1))
    above = null.size - int(np.searchsorted(null, statistic, side="left"))
    return (above + 1) / (null.size + 1)


def assurance(
    limits: Limits | None,
    target: float | None,
    direction: str,
    *,
    by: dt.date | None = None,
    edges: tuple[float | None, float | None] = (None, None),
    is_changing: bool = False,
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
    """

    def answer(verdict: str, reason: str) -> Assurance:
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


# -- the scale -------------------------------------------------------------------------------------------------------


def _baseline_points(found: int, wanted: int) -> int:
    """Return how many points make the baseline: what is wanted, leaving eight new ones where points are few."""
    if found < LEAST_POINTS:
        return 0
    return min(wanted, max(LEAST_POINTS, found - RUN_LENGTH))


def _baseline_places(held: Array, wanted: int, start: int) -> Array:
    """Return the places of the points that make the baseline; none with fewer than 12 numbers."""
    places = np.flatnonzero(np.isfinite(held) & (np.arange(held.size) >= start))
    return places[: _baseline_points(places.size, wanted)]


def _constant_limits(value: float, places: Array) -> Limits:
    """Return the limits of a baseline that never changes: its one value, exactly, with no way there and back."""
    return Limits(
        centre=value,
        lower=value,
        upper=value,
        range_limit=0.0,
        sigma=0.0,
        transform="none",
        r1=0.0,
        rho=0.0,
        baseline_from=int(places[0]),
        baseline_to=int(places[-1]),
        n=places.size,
        run_length=_run_length(places.size),
    )


def _misfit(base: Array, transform: str) -> str:
    """Return why a transform does not fit a baseline, as a clause; empty where it does."""
    if transform == "log" and (base <= 0).any():
        return "a logarithm needs values above 0"
    if transform not in ("none", "log") and (base < 0).any():
        return f"the transform {transform} needs values of 0 or more"
    return ""


def _reach(points: int) -> float:
    """Return how many sigmas limits stand off: as many false alarms in all as 24 points have at 3 sigma."""
    if points <= CALIBRATED_POINTS:
        return SIGMAS
    return -float(ndtri(float(ndtr(-SIGMAS)) * CALIBRATED_POINTS / points))


def _run_length(points: int) -> int:
    """Return the points that make a run; each further one halves its chance."""
    return RUN_LENGTH + max(0, math.ceil(math.log2(points / CALIBRATED_POINTS)))


def _skewness(values: Array) -> float:
    spread = values.std()
    return 0.0 if spread == 0 else float(((values - values.mean()) ** 3).mean() / spread**3)


def _choose(base: Array) -> str:
    """Return the power (or logarithm) that leaves the least skewness, where the shape asks for one at all."""
    if (base >= 0).all() and (base == np.round(base)).all() and base.mean() <= FEW_COUNTS:
        return "counts"
    if abs(_skewness(base)) <= SKEW_LIMIT or (base < 0).any():
        return "none"
    names = [name for name, _ in _POWERS] + (["log"] if (base > 0).all() else [])
    return min(names, key=lambda name: abs(_skewness(_forward(base, name))))


def _forward(values: Array, transform: str, *, clip: bool = False) -> Array:
    if transform not in ("log", "counts", *dict(_POWERS)):
        raise ModelError(f"There is no transform {transform!r}; there are auto, none, sqrt, fourth_root, log, counts.")
    if not clip and (misfit := _misfit(values, transform)):
        raise ModelError(f"{misfit[0].upper()}{misfit[1:]}.")
    if transform == "log":
        if clip:  # a zero after a baseline without one: far below, not minus infinity
            values = np.maximum(values, values[values > 0].min() / 2 if (values > 0).any() else 1.0)
        return np.log(values)
    if transform == "counts":
        return np.sqrt(np.maximum(values, 0.0) + 0.375)
    power = dict(_POWERS)[transform]
    if power == 1.0:
        return values
    return np.maximum(values, 0.0) ** power


def _back(value: float, transform: str) -> float:
    if transform == "log":
        return math.exp(value)
    if transform == "counts":
        return max(max(value, 0.0) ** 2 - 0.375, 0.0)  # the root's own square would leave a trace below zero
    return value if transform == "none" else max(value, 0.0) ** (1 / dict(_POWERS)[transform])


def _r1(values: Array) -> float:
    centred = values - values.mean()
    total = float((centred**2).sum())
    return 0.0 if total == 0 else float((centred[1:] * centred[:-1]).sum() / total)


# -- rules -----------------------------------------------------------------------------------------------------------


def _stretches(kind: str, places: Array, side: Array, length: int, begin: int) -> list[Signal]:
    """Return the stretches of one sign that are long enough and reach the new points."""
    found, first = [], 0
    for place in range(1, places.size + 1):
        if place < places.size and side[place] == side[first] and side[place] != 0:
            continue
        if place - first >= length and side[first] != 0 and places[place - 1] >= begin:
            found.append(Signal(kind, int(places[first]), int(places[place - 1]), place - first))
        first = place
    return found


def _two_of_three(places: Array, held: Array, limits: Limits, begin: int) -> list[Signal]:
    scaled = _forward(held[places], limits.transform, clip=True)
    centre = float(_forward(np.array([limits.centre]), limits.transform, clip=True)[0])
    far = np.where(np.abs(scaled - centre) > 2 * limits.sigma, np.sign(scaled - centre), 0)
    return [
        Signal("two_of_three", int(places[end - 2]), int(places[end]), 2)
        for end in range(2, places.size)
        if places[end] >= begin and abs(far[end - 2 : end + 1].sum()) >= 2
    ]


# -- one question a review -------------------------------------------------------------------------------------------


def _statistics(series: Array, baseline: int) -> Array:
    """Return |mean of new points start..look − mean of baseline| / its standard error, series × looks × starts."""
    count = series.shape[1] - baseline
    table = np.zeros((series.shape[0], count, count))
    for points, scores in _by_length(series, baseline):
        for place in range(count - points + 1):
            table[:, place + points - 1, place] = scores[:, place]
    return table


def _largest(series: Array, baseline: int) -> Array:
    """Return the largest statistic of each series, over starts and looks."""
    largest = np.zeros(series.shape[0])
    for _, scores in _by_length(series, baseline):
        np.maximum(largest, scores.max(axis=1), out=largest)
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


def _by_length(series: Array, baseline: int) -> Iterator[tuple[int, Array]]:
    """Yield, for each number of new points, the statistic of every stretch of so many, in order of its start."""
    base, new = series[:, :baseline], series[:, baseline:]
    means = base.mean(axis=1)
    centred = base - means[:, None]
    power = np.einsum("ij,ij->i", centred, centred)
    r1 = np.einsum("ij,ij->i", centred[:, 1:], centred[:, :-1]) / np.where(power > 0, power, 1.0)
    rho = np.clip((r1 + 1 / baseline) / (1 - 4 / baseline), 0.0, LARGEST_RHO)
    # the sample variance of a short autocorrelated series is too small by the variance of its mean
    spread = power / (baseline - 1) / np.maximum(1 - _inflation(rho, baseline) / baseline, 0.1)
    floor = spread * _inflation(rho, baseline) / baseline
    sums = np.cumsum(np.concatenate([np.zeros((series.shape[0], 1)), new], axis=1), axis=1)
    for points in range(1, new.shape[1] + 1):
        error = np.sqrt(np.maximum(spread * _inflation(rho, points) / points + floor, 1e-300))
        shift = (sums[:, points:] - sums[:, :-points]) / points - means[:, None]
        yield points, np.abs(shift) / error[:, None]


def _inflation(rho: Array, n: int) -> Array:
    """Return n × variance of the mean of n points of AR(1), in variances of one point: 1 + 2 Σ (1 − k/n) rho^k."""
    rest = 1 - rho
    return 1 + 2 * rho / rest - 2 * rho * (1 - rho**n) / (n * rest**2)


@lru_cache(maxsize=256)
def _null(baseline: int, new: int, rho: float) -> Array:
    """Return the sorted statistics of stable series."""
    step = math.sqrt(1 - rho**2)
    found = []
    for batch in range(SIMULATIONS // _BATCH):  # small batches stay in the processor's cache
        generator = np.random.default_rng([SEED, baseline, new, round(rho * 10), batch])
        series = generator.standard_normal((baseline + new, _BATCH))
        for place in range(1, baseline + new):
            series[place] = rho * series[place - 1] + step * series[place]
        found.append(_largest(np.ascontiguousarray(series.T), baseline))
    table = np.sort(np.concatenate(found))
    table.setflags(write=False)
    return table
