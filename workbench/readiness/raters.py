"""Whether people may be pooled into groups, and whether those who code the same thing code alike.

Intraclass correlations: P. E. Shrout and J. L. Fleiss (1979), Psychol. Bull. 86, 420-428, in the names of K. O. McGraw
and S. P. Wong (1996), Psychol. Methods 1, 30-46: ICC(A,1) is their ICC(2,1), ICC(C,1) their ICC(3,1). All come from an
analysis of variance; other estimators (REML) differ. Krippendorff's alpha: K. Krippendorff (2011), "Computing
Krippendorff's alpha-reliability", University of Pennsylvania.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc, fdtri

from workbench.errors import ModelError

NOMINAL, ORDINAL, INTERVAL = "nominal", "ordinal", "interval"
METRICS = (NOMINAL, ORDINAL, INTERVAL)
ANOVA = "analysis of variance"

MOST_UNDEFINED = 0.05
"""Share of bootstrap draws without a value beyond which no interval is given (ours)."""


@dataclass(frozen=True)
class Intraclass:
    """One intraclass correlation.

    Attributes
    ----------
    value, low, high : float or None
        None where it is undefined, then `why` says so.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Pooling:
    """Whether people of a group answer alike, more than people of different groups.

    Attributes
    ----------
    single : Intraclass
        ICC(1): the share of one person's answer that the group explains.
    mean : Intraclass
        ICC(2), which is ICC(1,k): how reliable the mean of a group of `size` people is.
    f, p : float or None
        F test of no difference between groups.
    between_df, within_df : int
    size : float
        People a group, the k0 of unequal groups.
    groups, people : int
    why : str
        Why it is undefined.
    estimator : str
    """

    single: Intraclass
    mean: Intraclass
    f: float | None
    p: float | None
    between_df: int
    within_df: int
    size: float
    groups: int
    people: int
    why: str = ""
    estimator: str = ANOVA


@dataclass(frozen=True)
class RaterAgreement:
    """Whether raters who rated the same units rate alike.

    Attributes
    ----------
    agreement, agreement_mean : Intraclass
        ICC(A,1) and ICC(A,k): a rater who is always one higher does not agree.
    consistency, consistency_mean : Intraclass
        ICC(C,1) and ICC(C,k): a rater who is always one higher is consistent.
    f, p : float or None
        F test of no difference between units.
    units, raters : int
        Units that every rater rated.
    why, estimator : str
    """

    agreement: Intraclass
    agreement_mean: Intraclass
    consistency: Intraclass
    consistency_mean: Intraclass
    f: float | None
    p: float | None
    units: int
    raters: int
    why: str = ""
    estimator: str = ANOVA


@dataclass(frozen=True)
class KrippendorffAlpha:
    """Agreement of coders beyond chance; 1 is full agreement, 0 is chance.

    Attributes
    ----------
    value : float or None
        None where the codes do not vary or no unit has two: undefined, neither 0 nor 1.
    low, high : float or None
        Percentile interval over units drawn again.
    metric : str
        ``nominal``, ``ordinal`` or ``interval``.
    units, codes : int
        Units with two codes or more, and their codes.
    why : str
    """

    value: float | None
    low: float | None
    high: float | None
    metric: str
    units: int
    codes: int
    why: str = ""


def icc(values: Sequence[float] | np.ndarray, groups: Sequence[Hashable], *, confidence: float = 0.95) -> Pooling:
    r"""Return the one-way intraclass correlations of people in groups.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        One a person; NaN is left out.
    groups : sequence, shape (n,)
        The group of each person.
    confidence : float
        Coverage of the intervals (share).

    Notes
    -----
    .. math:: ICC(1) = (MSB - MSW) / (MSB + (k_0 - 1) MSW), \quad ICC(2) = (MSB - MSW) / MSB

    with :math:`k_0 = (N - \sum n_g^2 / N) / (G - 1)`. Intervals from the F distribution are exact for groups of one
    size, near otherwise. Values below 0 are possible: then people of one group differ more than people of different
    groups.

    Examples
    --------
    >>> found = icc([9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7], [u for u in range(6)
    ...     for _ in range(4)])
    >>> round(found.single.value, 2), round(found.mean.value, 2)
    (0.17, 0.44)
    """
    held = np.array(values, dtype=float)
    if held.ndim != 1 or len(held) != len(groups):
        raise ModelError(f"One group a person: got {held.shape} values and {len(groups)} groups.")
    known = ~np.isnan(held)
    labels = {label: place for place, label in enumerate(dict.fromkeys(groups))}
    place = np.array([labels[label] for label in groups], dtype=int)[known]
    held = held[known]
    sizes = np.bincount(place, minlength=len(labels)) if len(held) else np.zeros(0, dtype=int)
    present = np.flatnonzero(sizes)
    people, count = len(held), len(present)

    def nothing(why: str) -> Pooling:
        none = Intraclass(None)
        return Pooling(none, none, None, None, max(count - 1, 0), max(people - count, 0), 0.0, count, people, why)

    if count < 2 or people <= count:
        return nothing("It takes two groups, one of them with two people: undefined.")
    sums = np.bincount(place, weights=held, minlength=len(labels))
    means = sums[present] / sizes[present]
    between = float((sizes[present] * (means - held.mean()) ** 2).sum()) / (count - 1)
    within = float((held**2).sum() - (sizes[present] * means**2).sum()) / (people - count)
    size = (people - float((sizes**2).sum()) / people) / (count - 1)
    if within <= 1e-12 * max(1.0, between):
        return nothing("Nobody differs within a group: undefined." if between > 1e-12 else "No variation: undefined.")
    f = between / within
    first, second = count - 1, people - count
    half = (1 - confidence) / 2
    ends = (f / fdtri(first, second, 1 - half), f / fdtri(first, second, half))
    return Pooling(
        _intraclass(f, ends, lambda ratio: (ratio - 1) / (ratio + size - 1)),
        _intraclass(f, ends, lambda ratio: 1 - 1 / ratio),
        f,
        float(fdtrc(first, second, f)),
        first,
        second,
        size,
        count,
        people,
    )


def icc_raters(ratings: Sequence[Sequence[float]] | np.ndarray, *, confidence: float = 0.95) -> RaterAgreement:
    """Return the two-way intraclass correlations of raters who rated the same units.

    Parameters
    ----------
    ratings : array-like, shape (units, raters)
        NaN where a rater did not rate; units with a gap are left out.
    confidence : float
        Coverage of the intervals (share).

    Examples
    --------
    >>> found = icc_raters([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> round(found.agreement.value, 2), round(found.consistency.value, 2)
    (0.29, 0.71)
    """
    held = np.array(ratings, dtype=float)
    if held.ndim != 2:
        raise ModelError(f"Ratings stand in a table of units and raters; got {held.ndim} dimensions.")
    held = held[~np.isnan(held).any(axis=1)]
    n, k = held.shape

    def nothing(why: str) -> RaterAgreement:
        none = Intraclass(None)
        return RaterAgreement(none, none, none, none, None, None, n, k, why)

    if n < 2 or k < 2:
        return nothing("It takes two raters and two units that both rated: undefined.")
    rows, columns, middle = held.mean(axis=1), held.mean(axis=0), held.mean()
    units = k * float(((rows - middle) ** 2).sum()) / (n - 1)
    raters = n * float(((columns - middle) ** 2).sum()) / (k - 1)
    rest = held - rows[:, None] - columns + middle
    error = float((rest**2).sum()) / ((n - 1) * (k - 1))
    if units <= 1e-12:
        return nothing("The units were all rated the same: undefined.")
    half = (1 - confidence) / 2
    first, second = n - 1, (n - 1) * (k - 1)
    if error <= 1e-12 * units:
        # Raters who differ by the same step everywhere: consistent to the full, and no interval to give.
        value = units / (units + k * raters / n)
        mean = units / (units + raters / n)
        return RaterAgreement(Intraclass(value), Intraclass(mean), Intraclass(1.0), Intraclass(1.0), None, None, n, k)
    f = units / error
    ends = (f / fdtri(first, second, 1 - half), f / fdtri(first, second, half))
    single = (units - error) / (units + (k - 1) * error + k * (raters - error) / n)
    low, high = _agreement_ends(single, units, raters, error, n, k, half)
    return RaterAgreement(
        Intraclass(single, low, high),
        Intraclass((units - error) / (units + (raters - error) / n), _of_mean(low, k), _of_mean(high, k)),
        _intraclass(f, ends, lambda ratio: (ratio - 1) / (ratio + k - 1)),
        _intraclass(f, ends, lambda ratio: 1 - 1 / ratio),
        f,
        float(fdtrc(first, second, f)),
        n,
        k,
    )


def krippendorff_alpha(
    codes: Sequence[Sequence[float]] | np.ndarray,
    *,
    metric: str = ORDINAL,
    confidence: float = 0.95,
    draws: int = 2000,
    seed: int = 1,
) -> KrippendorffAlpha:
    r"""Return Krippendorff's alpha of coders who coded the same units.

    Parameters
    ----------
    codes : array-like, shape (coders, units)
        NaN where a coder did not code; units with one code do not count.
    metric : str
        ``nominal``, ``ordinal`` or ``interval``: how far apart two codes are.
    confidence : float
        Coverage of the interval (share).
    draws, seed : int
        Of the bootstrap over units.

    Notes
    -----
    .. math:: \alpha = 1 - D_o / D_e

    over the coincidences of codes within units (Krippendorff 2011). One dissent among few codes can give 0 or less:
    that is how chance is counted when nearly all codes are the same.

    Examples
    --------
    >>> found = krippendorff_alpha([[1, 2, 3, 3, 2], [1, 2, 3, 3, 1]], metric="nominal")
    >>> round(found.value, 3), found.units
    (0.727, 5)
    """
    if metric not in METRICS:
        raise ModelError(f"Distances are {', '.join(METRICS)}; got {metric!r}.")
    held = np.array(codes, dtype=float)
    if held.ndim != 2:
        raise ModelError(f"Codes stand in a table of coders and units; got {held.ndim} dimensions.")
    held = held[:, (~np.isnan(held)).sum(axis=0) >= 2]
    units, count = held.shape[1], int((~np.isnan(held)).sum())
    if not units:
        return KrippendorffAlpha(None, None, None, metric, 0, 0, "Nobody coded the same: undefined.")
    known = np.unique(held[~np.isnan(held)])
    if len(known) < 2:
        why = f"All {count} codes are the same: without variation agreement is undefined."
        return KrippendorffAlpha(None, None, None, metric, units, count, why)
    tally = (held[:, :, None] == known).sum(axis=0).astype(float)  # units × values
    sizes = tally.sum(axis=1)
    pairs = (tally[:, :, None] * tally[:, None, :] - tally[:, :, None] * np.eye(len(known))) / (sizes - 1)[
        :, None, None
    ]
    value = float(_alphas(pairs.sum(axis=0)[None], known, metric)[0])
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(units, np.full(units, 1 / units), size=draws)
    found = _alphas(np.tensordot(drawn, pairs, axes=1), known, metric)
    defined = found[~np.isnan(found)]
    if len(defined) < (1 - MOST_UNDEFINED) * draws:
        why = "Too little variation for an interval: many draws of units have only one code."
        return KrippendorffAlpha(value, None, None, metric, units, count, why)
    half = (1 - confidence) / 2
    low, high = np.quantile(defined, [half, 1 - half])
    return KrippendorffAlpha(value, float(low), float(high), metric, units, count)


def _alphas(coincidences: np.ndarray, known: np.ndarray, metric: str) -> np.ndarray:
    """Return alpha of each table of coincidences; NaN where nothing varies."""
    totals = coincidences.sum(axis=2)
    n = totals.sum(axis=1)
    if metric == NOMINAL:
        apart = np.broadcast_to(1.0 - np.eye(len(known)), coincidences.shape)
    elif metric == INTERVAL:
        apart = np.broadcast_to((known[:, None] - known) ** 2, coincidences.shape)
    else:
        # From the middle of one code's ranks to the middle of the other's.
        middle = np.cumsum(totals, axis=1) - totals / 2
        apart = (middle[:, :, None] - middle[:, None, :]) ** 2
    observed = (coincidences * apart).sum(axis=(1, 2))
    by_chance = (totals[:, :, None] * totals[:, None, :] * apart).sum(axis=(1, 2)) / (n - 1)
    safe = by_chance > 1e-12
    return np.where(safe, 1 - observed / np.where(safe, by_chance, 1.0), np.nan)


def _intraclass(f: float, ends: tuple[float, float], shape: Callable[[float], float]) -> Intraclass:
    value, low, high = (float(shape(ratio)) for ratio in (f, *ends))
    return Intraclass(value, low, high)


def _agreement_ends(
    value: float, units: float, raters: float, error: float, n: int, k: int, half: float
) -> tuple[float | None, float | None]:
    """Interval of ICC(A,1) with Satterthwaite's degrees of freedom (Shrout and Fleiss 1979; McGraw and Wong 1996)."""
    if value >= 1:
        return None, None
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    spread = (a * raters) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
    if spread <= 0:
        return None, None
    df = (a * raters + b * error) ** 2 / spread
    if not math.isfinite(df) or df <= 0:
        return None, None
    upper = float(fdtri(n - 1, df, 1 - half))
    lower = float(fdtri(df, n - 1, 1 - half))
    rest = k * raters + (k * n - k - n) * error
    return (
        n * (units - upper * error) / (upper * rest + n * units),
        n * (lower * units - error) / (rest + n * lower * units),
    )


def _of_mean(value: float | None, raters: int) -> float | None:
    """Spearman and Brown: the reliability of a mean from that of one."""
    return None if value is None else raters * value / (1 + (raters - 1) * value)
