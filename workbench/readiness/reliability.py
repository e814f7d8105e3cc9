"""How far people agree, against chance, and how far the questions of one dimension hang together.

Agreement within a group: r_wg(j) of L. R. James, R. G. Demaree and G. Wolf (1984), J. Appl. Psychol. 69, 85-98, and the
average deviation about the mean of M. J. Burke, L. M. Finkelstein and M. S. Dusig (1999), Organ. Res. Methods 2, 49-68.
A fixed .70 is no evidence: people who answer at random pass it often (R. J. Harvey and E. Hollander 2004, SIOP), so the
value is compared with what chance gives for as many people and items (A. Cohen, E. Doveh and U. Eick 2001, Psychol.
Methods 6, 297-310, simulate r_wg(j) likewise). Chance is three nulls: every option alike, a lean to one side, and that
lean as a habit that a person keeps over the items, which passes the first two about twice as often as it should (on
correlated items: A. Cohen, E. Doveh and I. Nahum-Shani 2009, Organ. Res. Methods 12, 148-164).

Alpha: L. J. Cronbach (1951), Psychometrika 16, 297-334, with the interval of L. S. Feldt (1965), Psychometrika 30,
357-370. Omega: `workbench.readiness.factors`.

Nothing here is protected: statistics of people leave `assess` only for groups large enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import fdtri, ndtri

from workbench.errors import ModelError

AGREEMENT_FROM = 5
"""People below which nothing is said about agreement, for a group and for each of its items (ours)."""

YES, NO, TOO_FEW = "yes", "no", "too few"

UNIFORM, SKEWED, HABIT = "uniform", "mild skew", "mild skew, kept by each person"
SKEW = (0.05, 0.15, 0.20, 0.35, 0.25)
"""Shares of the options when people lean to one side by habit (of the shape in James, Demaree and Wolf 1984)."""

CONSISTENCY = 0.5
"""Correlation between one person's answers by habit (ours; about what the questions of one dimension reach)."""

FIVE = (1.0, 2.0, 3.0, 4.0, 5.0)
"""Levels of the usual instrument."""

AHEAD = 50
"""Most answers to an item for which the nulls are drawn before somebody asks (ours)."""

DRAWS = 10_000
"""Groups answered by chance behind each critical value: its 95th percentile then has an error of about .005."""

TURN = 1_009
"""Places by which the draws of one item are turned against those of the next."""

LEVEL_OF_TEST = 0.05
"""Largest share of groups answering by chance that may be said to agree."""

PAIRWISE, LISTWISE = "pairwise", "listwise"


@dataclass(frozen=True)
class Agreement:
    """Whether the people of a group agree, against chance.

    Attributes
    ----------
    rwg : float or None
        r_wg(j) against the uniform null, from 0 (no more alike than by chance) to 1 (all the same).
    critical : float or None
        What 5 % of groups answering by chance exceed: the largest of three nulls.
    null : str
        The null that it comes from: ``uniform``, ``mild skew`` or ``mild skew, kept by each person``.
    ad : float or None
        Typical distance from the mean answer, averaged over items. Unit: level.
    sd : float or None
        Root of the mean variance of the items. Unit: level.
    agrees : str
        ``yes``, ``no`` (no more than chance) or ``too few``.
    people : int
        With a level on at least one of the items used.
    items : int
        Items with at least five levels.
    by_chance : float or None
        What half of the groups exceed that lean to one side by chance: at or below it a group is as far apart as that.
    """

    rwg: float | None
    critical: float | None
    null: str
    ad: float | None
    sd: float | None
    agrees: str
    people: int
    items: int
    by_chance: float | None = None

    @property
    def is_far_apart(self) -> bool:
        """Whether answers lie as far apart as by chance: two opinions, or a question that reads in two ways."""
        return self.rwg is not None and self.by_chance is not None and self.rwg <= self.by_chance


@dataclass(frozen=True)
class Alpha:
    """How far the items of one scale hang together.

    Attributes
    ----------
    value : float or None
        Coefficient alpha; None where it is undefined, then `why` says so.
    low, high : float or None
        Feldt's interval; with pairwise data it takes the smallest number of people behind any pair.
    if_deleted : tuple of float or None
        Alpha without each item.
    item_rest : tuple of float or None
        Correlation of each item with the sum of the others; a negative one is often a turned key.
    people, items : int
        With pairwise data the people behind the smallest pair.
    missing : str
        ``pairwise`` or ``listwise``.
    why : str
        Why there is no value.
    """

    value: float | None
    low: float | None
    high: float | None
    if_deleted: tuple[float | None, ...]
    item_rest: tuple[float | None, ...]
    people: int
    items: int
    missing: str
    why: str = ""


def agreement(
    levels: Sequence[Sequence[float]] | np.ndarray, *, values: Sequence[float] = FIVE, seed: int = 1
) -> Agreement:
    r"""Return whether the people of a group agree more than people who answer by chance.

    Parameters
    ----------
    levels : array-like, shape (people, items)
        NaN where there is no level; items with fewer than five levels are not used. Unit: level.
    values : sequence of float
        Levels that can be answered.
    seed : int
        Of the simulated nulls.

    Returns
    -------
    Agreement
        ``too few`` below five people.

    Notes
    -----
    .. math:: r = J (1 - \bar s^2 / \sigma^2) / (J (1 - \bar s^2 / \sigma^2) + \bar s^2 / \sigma^2)

    with J items, their mean variance (n - 1) and the variance of the uniform null; 0 where people spread wider than
    that. Items may have different numbers of answers: the null has the same.

    Examples
    --------
    >>> levels = [[3, 4], [3, 4], [4, 4], [3, 5], [3, 4], [3, 4]]
    >>> found = agreement(levels)
    >>> round(found.rwg, 3), found.agrees, round(found.ad, 2)
    (0.957, 'yes', 0.28)
    """
    held = _matrix(levels)
    counts = (~np.isnan(held)).sum(axis=0)
    held = held[:, counts >= AGREEMENT_FROM]
    people = (
        int((~np.isnan(held)).any(axis=1).sum()) if held.shape[1] else int((~np.isnan(_matrix(levels))).any(1).sum())
    )
    if not held.shape[1]:
        return Agreement(None, None, "", None, None, TOO_FEW, people, 0)
    options = tuple(float(value) for value in values)
    counts = (~np.isnan(held)).sum(axis=0)
    spread = float(np.nanvar(held, axis=0, ddof=1).mean())
    typical = float(np.nanmean(np.abs(held - np.nanmean(held, axis=0)), axis=0).mean())
    found = float(_rwg(np.array(spread), held.shape[1], options))
    critical, null, by_chance = _critical(tuple(sorted(counts.tolist())), options, seed)
    return Agreement(
        found,
        critical,
        null,
        typical,
        math.sqrt(spread),
        YES if found > critical + 1e-12 else NO,
        people,
        int(held.shape[1]),
        by_chance,
    )


def _rwg(spread: np.ndarray, items: int, options: tuple[float, ...]) -> np.ndarray:
    share = np.minimum(spread / np.var(options), 1.0)
    return items * (1 - share) / (items * (1 - share) + share)


@lru_cache(maxsize=4096)
def _critical(counts: tuple[int, ...], options: tuple[float, ...], seed: int) -> tuple[float, str, float]:
    """Return what 5 % of groups answering by chance exceed, the null it comes from, and what half of them exceed."""
    even, skewed = (chance_spread(counts, options, null, seed) for null in (UNIFORM, SKEWED))
    # Items that move together do not average out: the mean variance lies as much further from its middle.
    middle = skewed.mean()
    habit = np.maximum(middle + (skewed - middle) * math.sqrt(1 + (len(counts) - 1) * _shared(options)), 0.0)
    found, by_chance = [], 0.0
    for null, spread in ((UNIFORM, even), (SKEWED, skewed), (HABIT, habit)):
        values = _rwg(spread, len(counts), options)
        # At most 5 % lie above the value that would stand at this place in order, whatever the ties.
        place = math.ceil((1 - LEVEL_OF_TEST) * DRAWS) - 1
        found.append((float(np.partition(values, place)[place]), null))
        by_chance = float(np.median(values)) if null == SKEWED else by_chance
    return (*max(found), by_chance)


def chance_spread(counts: Sequence[int], options: Sequence[float], null: str, seed: int = 1) -> np.ndarray:
    """Return the mean variance of the items of many groups that answer by chance.

    Parameters
    ----------
    counts : sequence of int
        Answers to each item.
    options : sequence of float
    null : str
        ``uniform`` or ``mild skew``.
    seed : int
    """
    values = tuple(float(option) for option in options)
    # Items with as many answers share their draws, turned against each other: a group never meets a draw twice.
    total = np.zeros(DRAWS)
    for place, count in enumerate(counts):
        turned, drawn = TURN * place % DRAWS, _chance(count, values, null, seed)
        total[turned:] += drawn[: DRAWS - turned]
        total[:turned] += drawn[DRAWS - turned :]
    return total / len(counts)


@lru_cache(maxsize=64)
def _shared(options: tuple[float, ...]) -> float:
    """Correlation of the squared deviations of two items answered by habit, for people drawn at random."""
    rng = np.random.default_rng(len(options))
    habit, first, second = rng.normal(size=(3, 100_000))
    ends = ndtri(np.cumsum(chance_shares(options, SKEWED))[:-1])
    kept, own = math.sqrt(CONSISTENCY), math.sqrt(1 - CONSISTENCY)
    values = np.array(options)
    answers = [values[np.searchsorted(ends, kept * habit + own * noise)] for noise in (first, second)]
    return float(np.corrcoef([(one - one.mean()) ** 2 for one in answers])[0, 1])


def draw_ahead() -> Iterator[None]:
    """Draw the nulls that most groups are compared with, one a step: they hang on no answer, so an idle process may."""
    for count in range(AGREEMENT_FROM, AHEAD + 1):
        for null in (UNIFORM, SKEWED):
            _chance(count, FIVE, null, 1)
            yield


@lru_cache(maxsize=1024)
def _chance(count: int, options: tuple[float, ...], null: str, seed: int) -> np.ndarray:
    """Variances of an item answered by chance."""
    rng = np.random.default_rng([seed, count, len(options), int(null == SKEWED)])
    drawn = rng.multinomial(count, chance_shares(options, null), size=DRAWS)
    values = np.array(options)
    mean = drawn @ values / count
    return (drawn @ values**2 - count * mean**2) / (count - 1)


def chance_shares(options: Sequence[float], null: str) -> np.ndarray:
    """Return how often chance picks each option; a scale of other than five options takes the skew in its shape.

    Parameters
    ----------
    options : sequence of float
    null : str
        ``uniform`` or ``mild skew``.

    Examples
    --------
    >>> chance_shares((1, 2, 3, 4, 5), "mild skew").round(2).tolist()
    [0.05, 0.15, 0.2, 0.35, 0.25]
    >>> chance_shares((0, 1), "mild skew").round(2).tolist()
    [0.3, 0.7]
    """
    if null == UNIFORM:
        return np.full(len(options), 1 / len(options))
    ends = np.linspace(0, 1, len(options) + 1)
    return np.diff(np.interp(ends, np.linspace(0, 1, len(SKEW) + 1), np.concatenate([[0.0], np.cumsum(SKEW)])))


def cronbach_alpha(
    levels: Sequence[Sequence[float]] | np.ndarray, *, missing: str = PAIRWISE, confidence: float = 0.95
) -> Alpha:
    r"""Return coefficient alpha with Feldt's interval, alpha without each item, and item-rest correlations.

    Parameters
    ----------
    levels : array-like, shape (people, items)
        People who were asked the same items; NaN where there is no level. Unit: level.
    missing : str
        ``pairwise`` (covariances over whoever answered both) or ``listwise`` (only people without a gap).
    confidence : float
        Coverage of the interval (share).

    Notes
    -----
    .. math:: \alpha = k/(k-1) \, (1 - \sum_i s_{ii} / \sum_{ij} s_{ij})

    Examples
    --------
    >>> found = cronbach_alpha([[1, 2, 1], [2, 2, 3], [3, 4, 3], [4, 4, 5], [5, 5, 4]])
    >>> round(found.value, 3), [round(r, 2) for r in found.item_rest]
    (0.936, [0.97, 0.86, 0.8])
    """
    cov, people = pair_covariances(levels, missing)
    items = len(cov)
    nothing: tuple[None, ...] = (None,) * items
    why = why_undefined(cov, people, 2)
    if why:
        return Alpha(None, None, None, nothing, nothing, people, items, missing, why)
    value = _alpha(cov)
    if value is None:
        return Alpha(
            None, None, None, nothing, nothing, people, items, missing, "The answers' sum does not vary: undefined."
        )
    low, high = feldt_interval(value, people, items, confidence=confidence)
    others = [[place for place in range(items) if place != own] for own in range(items)]
    return Alpha(
        value,
        low,
        high,
        tuple(_alpha(cov[np.ix_(rest, rest)]) if items > 2 else None for rest in others),
        tuple(_item_rest(cov, own, rest) for own, rest in enumerate(others)),
        people,
        items,
        missing,
    )


def feldt_interval(value: float, people: int, items: int, *, confidence: float = 0.95) -> tuple[float, float]:
    r"""Return the interval of a coefficient alpha.

    Parameters
    ----------
    value : float
        Alpha as found.
    people, items : int
        At least two each.
    confidence : float
        Coverage (share).

    Notes
    -----
    :math:`1 - (1 - \alpha) F_{1 - a/2}` and :math:`1 - (1 - \alpha) F_{a/2}` with n - 1 and (n - 1)(k - 1) degrees of
    freedom: Feldt (1965). Assumes that items have like variances and correlations.

    Examples
    --------
    >>> [round(end, 3) for end in feldt_interval(0.913, 873, 20)]
    [0.904, 0.921]
    """
    first, second = people - 1, (people - 1) * (items - 1)
    half = (1 - confidence) / 2
    return (
        1 - (1 - value) * float(fdtri(first, second, 1 - half)),
        1 - (1 - value) * float(fdtri(first, second, half)),
    )


def _matrix(levels: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    held = np.array(levels, dtype=float)
    if held.ndim != 2:
        raise ModelError(f"Levels stand in a table of people and items; got {held.ndim} dimensions.")
    return held


def pair_covariances(levels: Sequence[Sequence[float]] | np.ndarray, missing: str) -> tuple[np.ndarray, int]:
    """Return the items' covariances and the people behind them, the fewest behind any pair.

    Parameters
    ----------
    levels : array-like, shape (people, items)
    missing : str
        ``pairwise`` or ``listwise``.
    """
    held = _matrix(levels)
    if missing not in (PAIRWISE, LISTWISE):
        raise ModelError(f"Gaps are handled pairwise or listwise; got {missing!r}.")
    if missing == LISTWISE:
        held = held[~np.isnan(held).any(axis=1)]
    known = ~np.isnan(held)
    shared = known.T.astype(float) @ known
    people = int(shared.min()) if shared.size else 0
    if people < 2:
        return np.full(shared.shape, np.nan), people
    filled = np.where(known, held, 0.0)
    # Means over the people who answered both items, as covariances over pairs need.
    means = (filled.T @ known) / shared
    products = filled.T @ filled
    return (products - shared * means * means.T) / (shared - 1), people


def why_undefined(cov: np.ndarray, people: int, items: int) -> str:
    """Return why covariances of too few items or people say nothing, or nothing where they do."""
    if len(cov) < items:
        return f"Fewer than {items} items: undefined."
    if people < 3:
        return "Fewer than three people answered each pair of items: undefined."
    return ""


def _alpha(cov: np.ndarray) -> float | None:
    count, total = len(cov), float(cov.sum())
    if total <= 1e-12 * max(1.0, float(np.abs(cov).sum())):
        return None
    return count / (count - 1) * (1 - float(np.trace(cov)) / total)


def _item_rest(cov: np.ndarray, own: int, rest: list[int]) -> float | None:
    size = float(cov[own, own]) * float(cov[np.ix_(rest, rest)].sum())
    return float(cov[own, rest].sum()) / math.sqrt(size) if size > 1e-12 else None
