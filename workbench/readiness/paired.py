"""The statistics of two answers by the same person: how far, how sure, and whether other ways of looking agree.

Sources: F. Wilcoxon (1945), Biometrics Bull. 1, 80-83 (signed ranks); J. L. Hodges and E. L. Lehmann (1963), Ann. Math.
Stat. 34, 598-611 (the middle of all pairwise means); Q. McNemar (1947), Psychometrika 12, 153-157, and A. H. Bowker
(1948), J. Am. Stat. Assoc. 43, 572-574 (moves between levels); T. M. Liddell and J. K. Kruschke (2018), J. Exp. Soc.
Psychol. 79, 328-348 (why means of ordered answers can point the wrong way, and the ordered probit that does not).
Everything here takes plain numbers and knows nothing of waves, people or what may be shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import bdtr, chdtrc, log_ndtr, ndtr, ndtri

from workbench.errors import ModelError

LEAST_PAIRS = 2
"""Pairs from which a change has a spread."""

SPREAD_PRIOR = 0.5
"""How far the logarithm of a wave's spread is believed to lie from the other's, before looking (ours). One standard
deviation: ratios from 0.6 to 1.65. It keeps the fit finite where a wave uses two levels only."""

NOTHING = 1e-12
"""Below this a difference is rounding noise."""


def paired_error(differences: np.ndarray, shares: np.ndarray, response: np.ndarray) -> tuple[float, float]:
    r"""Return the standard error and the degrees of freedom of a mean change over several items.

    Parameters
    ----------
    differences : ndarray, shape (people, items)
        After minus before of one person; nan where there is no pair. Every item has two pairs or more. Unit: level.
    shares : ndarray, shape (items,)
        What each item counts in the dimension.
    response : ndarray, shape (items,)
        Pairs as a share of the people asked; 0 where nobody knows how many were asked.

    Notes
    -----
    With :math:`a_{ik} = c_k (d_{ik} - \bar d_k) / n_k \cdot \sqrt{n_k/(n_k-1)}`, which is what person i adds on item k,

    .. math:: s^2 = \sum_i \Big(\sum_k \sqrt{1-r_k}\, a_{ik}\Big)^2
              + \sum_i \frac{K_i}{K_i-1} \sum_k \big(\sqrt{r_k}\, a_{ik} - \overline{\sqrt{r}\,a_i}\big)^2

    The first sum is the interval of a closed group: people who were not asked twice. Where everybody was, it is
    nothing, and yet everybody would tick a little differently on another day. That is the second sum: how far the items
    of one person disagree about the change. Without it noise is called a change: with everybody paired, always.
    A person with one item only keeps its whole spread. df is the harmonic mean of the
    pairs, minus 1: plain, or weighted by what each item adds to the variance, whichever is smaller.
    """
    has_pair = ~np.isnan(differences)
    count = has_pair.sum(axis=0)
    if differences.ndim != 2 or not differences.shape[1] or (count < LEAST_PAIRS).any():
        raise ModelError(f"The spread of a change needs {LEAST_PAIRS} pairs of answers to every item.")
    middle = np.nansum(differences, axis=0) / count
    rest = np.where(has_pair, differences - middle, 0.0) * shares / count * np.sqrt(count / (count - 1))
    drawn = rest * np.sqrt(1 - response)
    people = drawn.sum(axis=1)
    ticks = rest * np.sqrt(response)
    items = has_pair.sum(axis=1)
    several = items > 1
    held = np.where(several, items, 1)
    own = np.where(has_pair, ticks - (ticks.sum(axis=1) / held * several)[:, None], 0.0)
    noise = own**2 * np.where(several, held / np.maximum(held - 1, 1), 1.0)[:, None]
    adds = np.maximum((drawn * people[:, None]).sum(axis=0) + noise.sum(axis=0), 0.0)
    plain = float((1.0 / count).mean())
    weighted = float((adds / count).sum() / adds.sum()) if adds.sum() > 0 else plain
    return float(np.sqrt((people**2).sum() + noise.sum())), 1.0 / max(plain, weighted) - 1


def hodges_lehmann(differences: Sequence[float] | np.ndarray) -> float:
    """Return the median of the means of all pairs of differences, each with itself too.

    Parameters
    ----------
    differences : sequence of float, shape (n,)
        One a person, without gaps. Unit: level.

    Examples
    --------
    >>> hodges_lehmann([0.0, 1.0, 5.0])
    1.75
    """
    held = np.asarray(differences, dtype=float)
    if not held.size or not np.isfinite(held).all():
        raise ModelError("The middle of differences needs at least one, and no gaps.")
    first, second = np.triu_indices(held.size)
    return float(np.median((held[first] + held[second]) / 2))


def signed_ranks(differences: Sequence[float] | np.ndarray) -> float | None:
    """Return the two-sided p of Wilcoxon's signed ranks, by the normal approximation with its correction for ties.

    Parameters
    ----------
    differences : sequence of float, shape (n,)
        One a person, without gaps; those that are nothing are left out, as Wilcoxon did.

    Returns
    -------
    float or None
        None where nobody changed.

    Examples
    --------
    >>> round(signed_ranks([1, 1, 2, 3, -1, 2, 1, 2, 0, 4]), 4)
    0.0164
    """
    held = np.asarray(differences, dtype=float)
    held = held[np.abs(held) > NOTHING]
    if not held.size:
        return None
    _, place, ties = np.unique(np.round(np.abs(held), 9), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[np.asarray(place).reshape(-1)]
    n = held.size
    middle = n * (n + 1) / 4
    variance = n * (n + 1) * (2 * n + 1) / 24 - float((ties**3 - ties).sum()) / 48
    score = (float(ranks[held > 0].sum()) - middle) / math.sqrt(variance)
    return float(2 * ndtr(-abs(score)))


def mcnemar(up: int, down: int) -> float:
    """Return the exact two-sided p that as many rise above a mark as fall below it.

    Parameters
    ----------
    up, down : int
        People who passed the mark in either direction; those who stayed on one side do not count.

    Examples
    --------
    >>> round(mcnemar(1, 6), 4), mcnemar(0, 0)
    (0.125, 1.0)
    """
    if min(up, down) < 0:
        raise ModelError(f"People are counted from nothing; got {up} and {down}.")
    return float(min(1.0, 2 * bdtr(min(up, down), up + down, 0.5)))


def bowker(table: Sequence[Sequence[int]] | np.ndarray) -> tuple[float, int, float]:
    """Return whether moves between levels go both ways alike: Bowker's chi-square, its degrees of freedom and p.

    Parameters
    ----------
    table : array of int, shape (levels, levels)
        People by level before (rows) and after (columns).

    Examples
    --------
    >>> chi_square, df, p = bowker([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
    >>> round(chi_square, 2), df, round(p, 4)
    (13.77, 3, 0.0032)
    """
    held = np.asarray(table, dtype=float)
    if held.ndim != 2 or held.shape[0] != held.shape[1] or (held < 0).any():
        raise ModelError("Moves between levels are a square table of people.")
    upper = np.triu_indices(len(held), 1)
    there, back = held[upper], held.T[upper]
    moved = there + back > 0
    df = int(moved.sum())
    if not df:
        return 0.0, 0, 1.0
    score = float(((there - back)[moved] ** 2 / (there + back)[moved]).sum())
    return score, df, float(chdtrc(df, score))


def ordinal_shift(before: np.ndarray, after: np.ndarray) -> float | None:
    r"""Return how far the answers moved behind the levels: an ordered probit with a spread of its own for each wave.

    Parameters
    ----------
    before, after : ndarray of int, shape (items, levels)
        Answers to each item by level, lowest first.

    Returns
    -------
    float or None
        In standard deviations of the first wave; positive is up. None where all answers are one level, or no item was
        answered in both waves.

    Notes
    -----
    .. math:: P(y \le v \mid \text{item } k, \text{wave } t) = \Phi\big((\tau_v - \alpha_k - \beta t) / \sigma_t\big)

    by maximum likelihood over counts, with :math:`\log \sigma_1` normal around nothing (`SPREAD_PRIOR`). Means of
    levels and :math:`\beta` can differ in sign where the spreads of the two waves differ (Liddell and Kruschke 2018);
    answers of one person are taken as independent, which moves no sign, so no standard error is given.

    Examples
    --------
    >>> before, after = np.array([[10, 20, 30, 20, 10]]), np.array([[5, 10, 25, 30, 20]])
    >>> round(ordinal_shift(before, after), 2)
    0.51
    """
    counts = np.stack([np.asarray(before, dtype=float), np.asarray(after, dtype=float)])
    counts = counts[:, (counts.sum(axis=2) > 0).all(axis=0)]
    counts = counts[:, :, counts.sum(axis=(0, 1)) > 0]  # a level that nobody ticked has no border of its own
    _, items, levels = counts.shape
    if items < 1 or levels < 2:
        return None
    from scipy.optimize import minimize

    shares = np.cumsum(counts.sum(axis=(0, 1)))[:-1] / counts.sum()
    borders = ndtri(np.clip(shares, 0.01, 0.99))
    gaps = np.log(np.maximum(np.diff(borders), 0.05))
    start = np.concatenate([borders[:1], gaps, np.zeros(items - 1), [0.0, 0.0]])
    enough = {"ftol": 1e-6, "gtol": 1e-3}  # the sign and two digits are asked for
    found = minimize(_misfit, start, args=(counts,), jac=True, method="L-BFGS-B", options=enough)
    return float(found.x[-2]) if np.isfinite(found.x).all() else None


def _misfit(point: np.ndarray, counts: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus the log likelihood of an ordered probit, and its slope."""
    _, items, levels = counts.shape
    steps = np.exp(np.clip(point[1 : levels - 1], -20, 5))
    borders = point[0] + np.concatenate([[0.0], np.cumsum(steps)])
    places = np.concatenate([[0.0], point[levels - 1 : levels + items - 2]])
    shift, log_spread = point[-2], point[-1]
    value, slope = log_spread**2 / (2 * SPREAD_PRIOR**2), np.zeros_like(point)
    slope[-1] = log_spread / SPREAD_PRIOR**2
    for wave in (0, 1):
        narrow = math.exp(-log_spread * wave)
        z = (borders[None, :] - places[:, None] - shift * wave) * narrow
        logs = _log_shares(z)
        value -= float((counts[wave] * logs).sum())
        weight = counts[wave] * np.exp(-logs)
        density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        by_z = -density * (weight[:, :-1] - weight[:, 1:])
        by_border = by_z.sum(axis=0) * narrow
        slope[0] += by_border.sum()
        slope[1 : levels - 1] += np.cumsum(by_border[::-1])[::-1][1:] * steps
        by_place = -by_z.sum(axis=1) * narrow
        slope[levels - 1 : levels + items - 2] += by_place[1:]
        slope[-2] += by_place.sum() * wave
        slope[-1] -= float((by_z * z).sum()) * wave
    return value, slope


def _log_shares(z: np.ndarray) -> np.ndarray:
    """Logarithm of each level's probability, without cancelling far out in a tail."""
    ends = np.empty((z.shape[0], z.shape[1] + 2))
    ends[:, 0], ends[:, 1:-1], ends[:, -1] = -np.inf, z, np.inf
    low, high = ends[:, :-1], ends[:, 1:]
    flip = low > 0  # in the upper tail the same share is read from the other side
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    upper, lower = log_ndtr(high), log_ndtr(low)
    return np.maximum(upper + np.log1p(-np.exp(np.minimum(lower - upper, -1e-14))), -700.0)
