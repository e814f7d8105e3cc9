"""The usual range of a metric: individuals and moving ranges over a frozen baseline, with repairs.

W. A. Shewhart; constants as in D. J. Wheeler, *Understanding Variation* (2.66 and 3.27 of the mean moving range),
exactly 3/1.128 and 3.268; 3.145 and 3.865 of the median moving range. Limits are widened for autocorrelation and for
long baselines, so that a stable metric seldom raises an alarm.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from workbench.errors import ModelError
from workbench.outcomes.funnels import share_limits
from workbench.outcomes.scales import are_same, back_one, choose_transform, forward

D2 = 1.128
"""Mean moving range of two independent normal points, in standard deviations (tables of d2 for n = 2)."""

MEDIAN_D2 = 0.954
"""Median moving range of two independent normal points, in standard deviations (tables of d4 for n = 2)."""

SIGMAS = 3.0
"""Limits stand three sigma from the centre (Shewhart)."""

RANGE_FACTOR, MEDIAN_RANGE_FACTOR = 3.268, 3.865
"""Limit of a moving range, in mean (D4 for n = 2) and in median moving ranges."""

RUN_LENGTH = 8
"""Points on one side of the centre that make a run (Western Electric)."""

CALIBRATED_POINTS = 24
"""Up to so many baseline points limits and runs stand as published; with more, both widen so that a stable metric
raises an alarm no more often (ours: the simulation in the tests holds it)."""

LEAST_POINTS = 12
"""With fewer points nothing is judged: "too early" (ours; the share of false alarms doubles below)."""

LARGEST_RHO = 0.9
"""Autocorrelation is taken to be at most this."""

LEAST_PAIRS = 6
"""Neighbours without a gap between them that a spread is taken from; with fewer, ranges reach over gaps (ours)."""

COUNT_SIGMA = 0.5
"""Standard deviation of a Poisson count on the scale sqrt(x + 3/8) (Anscombe 1948)."""

Array = np.ndarray


@dataclass(frozen=True)
class Limits:
    """The usual range of a metric, from its frozen baseline.

    Attributes
    ----------
    centre, lower, upper : float
        Unit: the metric's; transformed back where a transform was used, without its season where one was removed.
    range_limit : float
        Largest usual moving range. Unit: of the transformed scale.
    sigma : float
        Unit: of the transformed scale, widened for autocorrelation.
    transform : str
        ``none``, ``sqrt``, ``fourth_root``, ``log``, ``counts``, ``gaps``, or ``shares`` (normal scores of shares).
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


def spread_of(ranges: Array, spread: str = "mean") -> tuple[float, float]:
    """Return sigma and the limit of moving ranges, from moving ranges.

    Parameters
    ----------
    ranges : array of float
        Moving ranges, at least one.
    spread : str
        ``mean``; ``screened``: the mean without ranges beyond their own limit, once; ``median``.

    Examples
    --------
    >>> [round(x, 3) for x in spread_of(np.array([1.0, 2.0, 1.0, 2.0]))]  # 3 sigma = 2.66 mean ranges
    [1.33, 4.902]
    >>> round(3 * spread_of(np.array([1.0, 1.0, 1.0]), "median")[0], 3)  # 3.145 median ranges
    3.145
    """
    if spread == "median":
        middle = float(np.median(ranges))
        if middle > 0:  # more than half of the neighbours alike: the mean knows more
            return middle / MEDIAN_D2, MEDIAN_RANGE_FACTOR * middle
    mean = float(ranges.mean())
    if spread == "screened":
        mean = float(ranges[ranges <= RANGE_FACTOR * mean].mean())
    elif spread not in ("mean", "median"):
        raise ModelError(f"There is no spread {spread!r}; there are mean, screened and median.")
    return mean / D2, RANGE_FACTOR * mean


def natural_limits(
    values: Sequence[float] | Array,
    *,
    baseline: int = 36,
    transform: str = "auto",
    within: tuple[float | None, float | None] = (None, None),
    start: int = 0,
    spread: str = "mean",
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
    spread : str
        As in `spread_of`.

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
    places = baseline_places(held, baseline, start)
    if not places.size:
        return None
    base = held[places]
    if are_same(float(base.min()), float(base.max())):
        return constant_limits(float(base[0]) + 0.0, places)  # no minus zero
    name = choose_transform(base) if transform == "auto" else transform
    return limits_on_scale(forward(base, name), places, name, within=within, spread=spread)


def limits_on_scale(
    scaled: Array,
    places: Array,
    transform: str,
    *,
    within: tuple[float | None, float | None] = (None, None),
    spread: str = "mean",
) -> Limits:
    """Return the usual range from a baseline that is on its scale already.

    Parameters
    ----------
    scaled : array of float
        The baseline, without gaps and not constant.
    places : array of int
        Place of each of its points; moving ranges and autocorrelation are taken between neighbouring places.
    transform : str
        How `scaled` was made.
    within, spread
        As in `natural_limits`.
    """
    count = places.size
    steps = neighbours(places)
    sigma, range_limit = spread_of(np.abs(np.diff(scaled))[steps], spread)
    centre, r1 = float(scaled.mean()), lag_one(scaled, steps)
    rho = corrected_rho(r1, count)
    sigma /= math.sqrt(1 - rho)
    if transform == "counts":  # counts do not vary less than chance makes them
        sigma = max(sigma, COUNT_SIGMA)
    reach = reach_of(count) * sigma
    lower, upper = back_one(centre - reach, transform), back_one(centre + reach, transform)
    if transform == "counts":  # nor are their limits closer than the exact ones, which the root draws in below
        mean = float((scaled**2 - 0.375).mean())
        low, high = share_limits(np.ones(1), mean, -reach_of(count), reach_of(count), kind="rate")
        lower, upper = min(lower, float(low[0])), max(upper, float(high[0]))
    floor, ceiling = within
    return Limits(
        centre=back_one(centre, transform) + 0.0,
        lower=(lower if floor is None else max(lower, floor)) + 0.0,
        upper=(upper if ceiling is None else min(upper, ceiling)) + 0.0,
        range_limit=range_limit,
        sigma=sigma,
        transform=transform,
        r1=r1,
        rho=rho,
        baseline_from=int(places[0]),
        baseline_to=int(places[count - 1]),
        n=count,
        run_length=math.ceil(run_length(count) * (1 + rho) / (1 - rho)),
    )


def constant_limits(value: float, places: Array) -> Limits:
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
        run_length=run_length(places.size),
    )


def baseline_places(held: Array, wanted: int, start: int) -> Array:
    """Return the places of the points that make the baseline: what is wanted, leaving eight new ones where points
    are few; none with fewer than 12 numbers.
    """  # noqa: D205 - one sentence
    places = np.flatnonzero(np.isfinite(held) & (np.arange(held.size) >= start))
    if places.size < LEAST_POINTS:
        return places[:0]
    return places[: min(wanted, max(LEAST_POINTS, places.size - RUN_LENGTH))]


def neighbours(places: Array) -> Array:
    """Return which steps from point to point cross no gap; all of them where hardly any does.

    A missing period is no zero and no point: a difference across it is no moving range.
    """
    beside = np.diff(places) == 1
    return beside if beside.sum() >= max(LEAST_PAIRS, beside.size / 2) else np.ones(beside.size, dtype=bool)


def lag_one(values: Array, steps: Array | None = None) -> float:
    """Return the autocorrelation of neighbours, over steps that cross no gap."""
    centred = values - values.mean()
    total = float((centred**2).sum())
    if total == 0:
        return 0.0
    products = centred[1:] * centred[:-1]
    if steps is None or steps.all():
        return float(products.sum() / total)
    return float(products[steps].sum() / total * products.size / steps.sum())


def corrected_rho(r1: float, n: int) -> float:
    """Return the autocorrelation without its small-sample bias, between 0 and 0.9.

    F. H. C. Marriott and J. A. Pope (1954), Biometrika 41, 390-402: the mean of r1 is about rho − (1 + 4·rho)/n.
    """
    return float(np.clip((r1 + 1 / n) / (1 - 4 / n), 0.0, LARGEST_RHO))


def reach_of(points: int) -> float:
    """Return how many sigmas limits stand off: as many false alarms in all as 24 points have at 3 sigma."""
    if points <= CALIBRATED_POINTS:
        return SIGMAS
    return -float(ndtri(float(ndtr(-SIGMAS)) * CALIBRATED_POINTS / points))


def run_length(points: int) -> int:
    """Return the points that make a run; each further one halves its chance."""
    return RUN_LENGTH + max(0, math.ceil(math.log2(points / CALIBRATED_POINTS)))
