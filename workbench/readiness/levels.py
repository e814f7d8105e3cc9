"""The arithmetic of levels: item means, each person's part in their error, and bands of what missing answers could do.

Plain arrays, with any leading axes, so that one unit and ten thousand simulated ones go through the same lines. The
interval is that of docs/readiness.md, "How sure": with complete answers t with finite population correction (W. G.
Cochran 1977, *Sampling Techniques*, section 2.6); with weights w/Σw stands for 1/n; where teams were drawn, a team's
errors are added up before they are squared (ibid., chapter 9). Open items depend on everybody's answers and enter by
jackknife pseudo-values (R. G. Miller 1974, Biometrika 61, 1-15).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class ItemLevels:
    """Levels of items, and what each person adds to their errors.

    Attributes
    ----------
    mean : ndarray, shape (..., items)
        nan where nobody gave a level.
    count : ndarray of int, shape (..., items)
        People with a level.
    draws : ndarray of int, shape (..., items)
        Independent draws behind the mean: people, or teams where teams were drawn.
    shares : ndarray, shape (..., people, items)
        What one answer counts in the mean: 1/n, or w/Σw.
    influence : ndarray, shape (..., people, items)
        What each person adds to the error. The sum of squares over people is the variance. Unit: level.
    """

    mean: np.ndarray
    count: np.ndarray
    draws: np.ndarray
    shares: np.ndarray
    influence: np.ndarray

    @cached_property
    def alone(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What `group_error` says of each item by itself: influence (items × people), standard error and df."""
        influence = np.ascontiguousarray(self.influence.T) + 0.0
        inverse = 1.0 / np.maximum(self.draws, 1)
        adds = (self.influence * self.influence).sum(axis=0)
        weighted = adds * inverse / np.where(adds > 0, adds, 1.0)
        most = np.where(adds > 0, np.maximum(inverse, weighted), inverse)
        return influence, np.sqrt((influence**2).sum(axis=-1)), 1.0 / np.where(most > 0, most, 1.0) - 1


def item_levels(
    levels: np.ndarray,
    response: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    teams: np.ndarray | None = None,
) -> ItemLevels:
    r"""Return the mean of each item and what each person adds to its error.

    Parameters
    ----------
    levels : ndarray, shape (..., people, items)
        nan where there is none.
    response : ndarray, shape (..., items)
        Share of the people asked who gave any answer; 0 where nobody knows.
    weights : ndarray, shape (..., people, items), optional
        People that each answer stands for.
    teams : ndarray of int, shape (people,), optional
        Place of one member of each person's team, where teams were drawn: that member carries the team's error.

    Notes
    -----
    .. math:: u_{ik} = \frac{w_{ik}}{\sum_j w_{jk}} (y_{ik} - m_k) \sqrt{\frac{n_k}{n_k - 1} (1 - r_k)}

    with n_k people, or teams.
    """
    has_level = ~np.isnan(levels)
    count = has_level.sum(axis=-2)
    held = has_level.astype(float) if weights is None else np.where(has_level, weights, 0.0)
    whole = held.sum(axis=-2, keepdims=True)
    whole = np.where(whole > 0, whole, 1.0)
    shares, values = held / whole, np.where(has_level, levels, 0.0)
    mean = (held * values).sum(axis=-2) / whole[..., 0, :]
    error = shares * (values - mean[..., None, :])
    draws = count
    if teams is not None:
        of_team = (teams == np.arange(len(teams))[:, None]).astype(float)
        error = of_team @ error
        draws = ((of_team @ has_level) > 0).sum(axis=-2)
    widening = np.where(draws > 1, draws / np.maximum(draws - 1, 1) * (1 - response), 0.0)
    return ItemLevels(np.where(count > 0, mean, np.nan), count, draws, shares, error * np.sqrt(widening)[..., None, :])


def group_error(items: ItemLevels, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each person's part in the error of a sum of items, its standard error and its degrees of freedom.

    Parameters
    ----------
    items : ItemLevels
    shares : ndarray, shape (..., items)
        What each item counts; 0 leaves it out.

    Returns
    -------
    influence, standard_error, df : ndarray, shapes (..., people), (...), (...)
        df is the harmonic mean of the draws behind the items, minus 1: plain, or each item weighted by what it adds to
        the variance, whichever is smaller. Where a few people answer beside many, nearly all variance is theirs.
    """
    influence = (items.influence * shares[..., None, :]).sum(axis=-1)
    is_used = shares != 0
    inverse = np.where(is_used, 1.0 / np.maximum(items.draws, 1), 0.0)
    plain = inverse.sum(axis=-1) / np.maximum(is_used.sum(axis=-1), 1)
    adds = np.maximum((items.influence * influence[..., None]).sum(axis=-2) * shares, 0.0)
    whole = adds.sum(axis=-1)
    weighted = (adds * inverse).sum(axis=-1) / np.where(whole > 0, whole, 1.0)
    most = np.where(whole > 0, np.maximum(plain, weighted), plain)
    return influence, np.sqrt((influence**2).sum(axis=-1)), 1.0 / np.where(most > 0, most, 1.0) - 1


def within_absent(weights: np.ndarray, has_level: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """Return weights that together stand for no more people than are absent.

    Weights are fitted to margins; in a cell they may add up to more people than there are. What each stands for
    beyond themselves is then cut by one factor, so that a weighted level never leaves its band and, where everybody
    answered, is the plain mean.

    Parameters
    ----------
    weights : ndarray, shape (..., people)
        At least 1.
    has_level : ndarray of bool, shape (..., people, items)
    absent : ndarray, shape (..., items)
        People who gave no answer.

    Returns
    -------
    ndarray, shape (..., people, items)
        At least 1.
    """
    extra = np.where(has_level, weights[..., None] - 1.0, 0.0)
    whole = extra.sum(axis=-2)
    factor = np.minimum(1.0, absent / np.where(whole > 0, whole, 1.0))
    return 1.0 + (weights[..., None] - 1.0) * factor[..., None, :]


def item_bands(
    mean: np.ndarray, count: np.ndarray, absent: np.ndarray, low: np.ndarray, high: np.ndarray, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each item's level would be if all absent answers stood at the bottom, and at the top.

    Parameters
    ----------
    mean, count, absent : ndarray, shape (..., items)
    low, high : ndarray, shape (items,)
        Ends of the scale.
    least : int
        Answers from which an item is used; with fewer it could stand anywhere.

    Returns
    -------
    low, high : ndarray, shape (..., items)
        nan where an item applies to nobody.
    """
    whole = count + absent
    held = np.where(count > 0, mean, 0.0) * count
    divisor = np.where(whole > 0, whole, 1)
    is_used = count >= least
    lower = np.where(is_used, (held + low * absent) / divisor, low)
    upper = np.where(is_used, (held + high * absent) / divisor, high)
    return np.where(whole > 0, lower, np.nan), np.where(whole > 0, upper, np.nan)


def overlap_band(mean: float, count: int, absent: int, low: float, high: float) -> tuple[float, float]:
    """Return the band of an open item: pairs with somebody absent name nothing, or everything, in common."""
    pairs, known = (count + absent) * (count + absent - 1), count * (count - 1)
    shared = (mean - low) / (high - low) * known
    return low + (high - low) * shared / pairs, low + (high - low) * (shared + pairs - known) / pairs


def overlap_levels(
    codes: list[frozenset[str]], names: int, low: float, high: float, weights: np.ndarray | None = None
) -> tuple[float, np.ndarray]:
    """Return how far people name the same things, and each person's jackknife pseudo-value.

    Parameters
    ----------
    codes : list of set of str
        What each person named; an empty set names nothing.
    names : int
        How many were asked for.
    low, high : float
        Levels for no overlap and for full overlap.
    weights : ndarray, shape (people,), optional
        People that each stands for; a pair counts as often as the product of both.

    Returns
    -------
    float, ndarray
        M = low + (high − low) × the mean share of one person's names that another person names too; and
        n·M − (n − 1)·M without the person, whose mean (with the weights) is M. Unit: level.

    Examples
    --------
    >>> level, values = overlap_levels([frozenset("abc"), frozenset("abd"), frozenset("abe")], 3, 1.0, 5.0)
    >>> round(level, 3), round(float(values.mean()), 3)
    (3.667, 3.667)
    """
    known = sorted(set().union(*codes)) if codes else []
    named = np.array([[code in held for code in known] for held in codes], dtype=float).reshape(len(codes), len(known))
    shared = named @ named.T / names
    np.fill_diagonal(shared, 0.0)
    n = len(codes)
    held = np.ones(n) if weights is None else weights / weights.mean()
    pairs = float(held.sum() ** 2 - (held**2).sum())
    own = shared @ held  # with everybody else
    overlap = float(held @ own) / pairs
    # n·M − (n − 1)·M₋ᵢ, written by the derivative with respect to a person's weight: the same with equal weights.
    pseudo = overlap + n * (n - 1) / (n - 2) * 2 * (own - overlap * (n - held)) / pairs
    return low + (high - low) * overlap, low + (high - low) * pseudo
