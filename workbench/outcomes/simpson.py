"""Where a total and its strata say the opposite: Simpson's paradox, looked for in declared dimensions only.

E. H. Simpson (1951), J. R. Stat. Soc. B 13, 238-241. A change (or gap) of a rate is a mix effect and a rate effect
(Kitagawa 1955); the total misleads where the rate effect has the other sign. Its standard error comes from a seeded
bootstrap: of rows (D. B. Rubin 1981, *The Bayesian bootstrap*, Ann. Stat. 9, 130-134), of periods, or the larger of
both. What is sure enough to say is decided by Benjamini and Hochberg (1995) over everything that was asked.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from workbench.errors import ModelError
from workbench.outcomes.drivers import kitagawa
from workbench.stats import benjamini_hochberg

SEED = 1951
DRAWS, FIRST_DRAWS = 8_000, 1_000
"""Bootstrap draws a table, and draws that do where the case is clear; the standard error is known to 0.8 or 2.2 %."""

CLEAR = (1e-5, 0.2)
"""Chances outside these need no closer look."""

LEAST_ROWS = 30
"""Rows a stratum needs, both sides together (ours); smaller strata are put together."""

RARE = 0.04
"""Largest q of a reversal that is sure: a pure change of mix is then mistaken in at most 2 % (one of two tails)."""

OTHERS = "(smaller ones together)"
_MANY = 1e9
_LEAST_PERIODS = 6
"""Periods a side that a bootstrap of periods needs (ours)."""

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Strata:
    """One rate on two sides (before and after, or two groups), by the strata of one dimension.

    Attributes
    ----------
    metric, kind, parent, dimension : str
        What it speaks of.
    segments : tuple of str
        Names of the strata.
    num, den, rows : array, shape (2, strata)
        Numerator, denominator and rows on each side.
    outcomes : array, shape (2, strata, outcomes), or None
        Rows by what came out (say paid, not paid), where a rate is made of rows; those give its chance.
    worths : tuple of float
        What each outcome adds to the numerator, such as ``(1, 0)`` or ``(1, -1, 0)``.
    periods : tuple of two arrays, shape (periods, strata, 2), or None
        Numerator and denominator of each period on each side.
    times : float
        Scale of the metric.
    what : str
        ``change`` (before and after) or ``gap`` (all others, and the parent, in the same periods).
    """

    metric: str
    kind: str
    parent: str
    dimension: str
    segments: tuple[str, ...]
    num: Array
    den: Array
    rows: Array
    outcomes: Array | None = None
    worths: tuple[float, ...] = (1.0, 0.0)
    periods: tuple[Array, Array] | None = None
    times: float = 1.0
    what: str = "change"

    def __post_init__(self) -> None:
        shape = (2, len(self.segments))
        if any(np.shape(array) != shape for array in (self.num, self.den, self.rows)):
            raise ModelError(f"{self.metric} by {self.dimension}: two sides and one column a stratum are wanted.")


@dataclass(frozen=True)
class Stratum:
    """One row of a reversal's table.

    Attributes
    ----------
    segment : str
    before, after : float or None
        Rates. Unit: the metric's. None where the stratum had no rows.
    weight_before, weight_after : float
        Parts of the denominator, 0 to 1.
    rows : int
    """

    segment: str
    before: float | None
    after: float | None
    weight_before: float
    weight_after: float
    rows: int


@dataclass(frozen=True)
class Reversal:
    """A total that goes one way while its strata, like for like, go the other.

    Attributes
    ----------
    metric, kind, parent, dimension : str
    before, after : float
        The totals. Unit: the metric's.
    rate_effect, low, high : float
        What the strata did by themselves, with its interval. Unit: the metric's.
    mix_effect : float
        What moved between strata; with `rate_effect` it is the change.
    p, q : float
        Chance of so large a rate effect where there is none; the same over everything that was asked.
    is_sure : bool
        The interval leaves 0 out and q is at most `RARE`.
    smallest_n : int
        Rows of the smallest stratum.
    moved : str
        The stratum whose weight moved most, among those that push the total the way of the mix.
    strata : tuple of Stratum
    what : str
        ``change`` or ``gap``; of a gap ``before`` are all others and ``after`` is the parent.
    """

    metric: str
    kind: str
    parent: str
    dimension: str
    before: float
    after: float
    rate_effect: float
    low: float
    high: float
    mix_effect: float
    p: float
    q: float
    is_sure: bool
    smallest_n: int
    moved: str
    strata: tuple[Stratum, ...]
    what: str = "change"

    @property
    def overall(self) -> float:
        """Change of the total. Unit: the metric's."""
        return self.after - self.before

    def stratum(self, segment: str) -> Stratum:
        """Return one row by its name."""
        return next(one for one in self.strata if one.segment == segment)


def strata_of_rows(
    segments: Sequence[str],
    before: Sequence[tuple[float, float]] | Array,
    after: Sequence[tuple[float, float]] | Array,
    *,
    metric: str = "",
    dimension: str = "",
) -> Strata:
    """Return the strata of a share of rows.

    Parameters
    ----------
    segments : sequence of str
    before, after : sequence of (passed, all)
        Rows of each stratum that pass, and all its rows.
    metric, dimension : str
        What it speaks of.
    """
    pair = np.array([before, after], float)
    num, den = pair[:, :, 0], pair[:, :, 1]
    outcomes = np.stack([num, den - num], axis=2)
    return Strata(metric, "company", "", dimension, tuple(segments), num, den, den, outcomes)


def reversals(
    tables: Sequence[Strata], *, confidence: float = 0.95, draws: int = DRAWS, least_rows: int = LEAST_ROWS
) -> tuple[Reversal, ...]:
    """Return the tables whose total and strata say the opposite, sure ones first.

    A table counts where the total moved, the rate effect has the other sign and two strata have rows enough. It is
    sure where the interval of the rate effect leaves 0 out and its q over all tables asked is at most `RARE`.

    Parameters
    ----------
    tables : sequence of Strata
        Everything that is asked together.
    confidence : float
        Coverage of the interval.
    draws : int
        Bootstrap draws a table.
    least_rows : int
        Rows of the smallest stratum, both sides together.

    Examples
    --------
    >>> stones = strata_of_rows(["small", "large"], [(81, 87), (192, 263)], [(234, 270), (55, 80)])
    >>> found = reversals([stones])[0]
    >>> round(found.overall, 3), round(found.rate_effect, 3), found.is_sure
    (0.046, -0.054, False)
    """
    found: list[Reversal] = []
    asked = 0
    for table in tables:
        fit = _merged(table, least_rows)
        if fit is None:
            continue
        asked += 1
        mix, rate = _effects(fit.num, fit.den, fit.times)
        overall, effect = float(mix.sum() + rate.sum()), float(rate.sum())
        scale = float(np.abs(mix).sum() + np.abs(rate).sum())
        if overall * effect < 0 and min(abs(overall), abs(effect)) > 1e-12 * scale:
            found.append(_reversal(fit, mix, effect, confidence, draws))
    if not found:
        return ()
    # tables that agree with their strata have nothing to claim: they count in the family with p 1
    q = benjamini_hochberg([*(one.p for one in found), *[1.0] * (asked - len(found))])[: len(found)]
    judged = [
        replace(one, q=float(value), is_sure=bool(value <= RARE and one.low * one.high > 0))
        for one, value in zip(found, q, strict=True)
    ]
    return tuple(sorted(judged, key=lambda r: (not r.is_sure, r.q, r.metric, r.kind, r.parent, r.dimension, r.what)))


def _merged(table: Strata, least: int) -> Strata | None:
    """Return the table with small strata put together, or None where fewer than two have rows enough."""
    if (table.den.sum(axis=1) <= 0).any():
        return None
    rows = table.rows.sum(axis=0)
    order = [int(place) for place in np.argsort(rows, kind="stable")]
    small = [place for place in order if rows[place] < least]
    if not small:
        return table if len(order) > 1 else None
    while small and rows[small].sum() < least and len(small) < len(order):
        small.append(order[len(small)])
    kept = [place for place in range(len(order)) if place not in small]
    if not kept:
        return None

    def merge(array: Array, axis: int) -> Array:
        both = np.take(array, kept, axis=axis), np.take(array, small, axis=axis).sum(axis=axis, keepdims=True)
        return np.concatenate(both, axis=axis)

    one, other = table.periods or (None, None)
    return replace(
        table,
        segments=(*(table.segments[place] for place in kept), OTHERS),
        num=merge(table.num, 1),
        den=merge(table.den, 1),
        rows=merge(table.rows, 1),
        outcomes=None if table.outcomes is None else merge(table.outcomes, 1),
        periods=None if one is None or other is None else (merge(one, 1), merge(other, 1)),
    )


def _effects(num: Array, den: Array, times: float) -> tuple[Array, Array]:
    weights = den / den.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = num / np.where(den != 0, den, np.nan)
    mix, rate = kitagawa(weights[0], rates[0], weights[1], rates[1])
    return times * np.nan_to_num(mix), times * np.nan_to_num(rate)


def _reversal(table: Strata, mix: Array, effect: float, confidence: float, draws: int) -> Reversal:
    error, freedom = _standard_error(table, min(draws, FIRST_DRAWS))
    p = _chance(effect, error, freedom)
    if CLEAR[0] < p < CLEAR[1] and draws > FIRST_DRAWS:
        error, freedom = _standard_error(table, draws)
        p = _chance(effect, error, freedom)
    reach = float(stdtrit(freedom, 0.5 + confidence / 2)) * error
    weights = table.den / table.den.sum(axis=1, keepdims=True)
    totals = table.times * table.num.sum(axis=1) / table.den.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = table.times * table.num / np.where(table.den != 0, table.den, np.nan)
    strata = tuple(
        Stratum(
            segment=name,
            before=None if np.isnan(rates[0, s]) else float(rates[0, s]),
            after=None if np.isnan(rates[1, s]) else float(rates[1, s]),
            weight_before=float(weights[0, s]),
            weight_after=float(weights[1, s]),
            rows=round(float(table.rows[:, s].sum())),
        )
        for s, name in enumerate(table.segments)
    )
    # the largest move of weight among those that push the total the mix's way; of two equals the one that grew
    middle = np.where(np.isnan(rates), rates[::-1], rates).mean(axis=0)
    moved = weights[1] - weights[0]
    pushes = moved * (middle - totals.mean()) * np.sign(mix.sum()) > 0
    place = int(np.argmax(np.where(pushes, np.abs(moved) * (1 + 1e-9 * (moved > 0)), 0.0)))
    return Reversal(
        table.metric,
        table.kind,
        table.parent,
        table.dimension,
        float(totals[0]),
        float(totals[1]),
        effect,
        effect - reach,
        effect + reach,
        float(mix.sum()),
        p,
        p,
        False,
        min(one.rows for one in strata),
        strata[place].segment,
        strata,
        table.what,
    )


def _chance(effect: float, error: float, freedom: float) -> float:
    return 2 * float(stdtr(freedom, -abs(effect) / error)) if error > 0 else 0.0


def _standard_error(table: Strata, draws: int) -> tuple[float, float]:
    """Return the rate effect's standard error and the degrees of freedom behind it; the larger of two bootstraps."""
    label = "/".join((table.metric, table.kind, table.parent, table.dimension, table.what))
    generator = np.random.default_rng([SEED, zlib.crc32(label.encode())])
    found: list[tuple[float, float]] = []
    if table.outcomes is not None:
        found.append((_of_rows(table, draws, generator), _MANY))
    if table.periods is not None and min(len(side) for side in table.periods) >= _LEAST_PERIODS:
        found.append((_of_periods(table, draws, generator), min(len(side) for side in table.periods) - 1.0))
    return max(found, default=(np.inf, _MANY))


def _of_rows(table: Strata, draws: int, generator: np.random.Generator) -> float:
    """Bayesian bootstrap of rows: an outcome weighs by a gamma number around its count and half a row (Jeffreys)."""
    outcomes = np.asarray(table.outcomes)
    has_rows = outcomes.sum(axis=2, keepdims=True) > 0
    drawn = generator.standard_gamma(np.where(has_rows, outcomes + 0.5, 0.0), (draws, *outcomes.shape))
    den = drawn.sum(axis=3)
    return _spread((drawn * np.array(table.worths)).sum(axis=3), den, table.times)


def _of_periods(table: Strata, draws: int, generator: np.random.Generator) -> float:
    """Bootstrap of whole periods, widened for their small number."""
    sides = []
    for side in table.periods or ():
        times = generator.multinomial(len(side), np.full(len(side), 1 / len(side)), draws)
        sides.append(np.tensordot(times.astype(float), side, axes=(1, 0)))
    both = np.stack(sides, axis=1)
    fewest = min(len(side) for side in table.periods or ())
    return float(_spread(both[..., 0], both[..., 1], table.times) * np.sqrt(fewest / (fewest - 1)))


def _spread(num: Array, den: Array, times: float) -> float:
    """Return the standard deviation of the rate effect over draws; axes draw × side × stratum."""
    total = den.sum(axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = den / np.where(total > 0, total, np.nan)
        rates = num / np.where(den > 0, den, np.nan)
    rates = np.where(np.isnan(rates), rates[:, ::-1], rates)
    effects = np.nan_to_num((rates[:, 1] - rates[:, 0]) * weights.mean(axis=1)).sum(axis=1)
    return float(times * effects.std(ddof=1))
