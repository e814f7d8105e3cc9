"""Shares and rates with unlike denominators: exact limits that widen where there are few rows, and who lies outside.

Funnel plots after D. J. Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202: exact binomial (or Poisson) limits,
interpolated between whole counts; where the parts differ more than chance for a reason that nobody measured, limits
widen by an additive between-part variance (R. DerSimonian and N. Laird 1986, moments) from winsorised scores
(Spiegelhalter 2005, Quality and Safety in Health Care 14, 347-351). Over time shares are watched as normal scores,
whose own wobble is measured beside the binomial one (D. B. Laney 2002, Quality Engineering 14, 531-537).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, ndtr, ndtri, pdtr

from workbench.errors import ModelError
from workbench.stats import benjamini_hochberg

LIMITS = (0.95, 0.998)
"""Coverage of the two funnels: about two and three sigma (Spiegelhalter 2005)."""

WINSORISED = 0.1
"""Share of the scores at each end that is drawn in before the dispersion is taken (Spiegelhalter 2005)."""

LEAST_PARTS = 5
"""Fewer parts say nothing about how much parts differ (ours)."""

DRAWN_IN = 0.6787
"""Mean square of normal scores that are drawn in so: what chance alone leaves of a mean square of 1."""

HALVINGS = 34
"""Steps by which a limit is found, to less than a billionth of the rows."""

FARTHEST_SCORE = 8.0
"""Normal scores end here: further out a probability is not told from 0."""

Array = np.ndarray


@dataclass(frozen=True)
class Funnel:
    """Parts compared with each other in one span of time.

    Attributes
    ----------
    parts : tuple of str
        In the order given.
    values, rows : tuple of float
        Share or rate, and its denominator (rows, or exposure).
    centre : float
        Of all parts together. Unit: as `values`.
    low, high : tuple of float
        Outer limits (99.8 %) of each part.
    inner_low, inner_high : tuple of float
        Inner limits (95 %).
    p, q : tuple of float
        Chance of as far a value in a part like the others, two-sided; the same corrected for all parts
        (Benjamini and Hochberg).
    dispersion : float
        Mean square of the scores, from winsorised ones; 1 is chance alone.
    between : float
        Standard deviation between parts that the limits allow for. Unit: as `values`; 0 where chance explains it all.
    kind : str
        ``share`` (binomial) or ``rate`` (Poisson).
    """

    parts: tuple[str, ...]
    values: tuple[float, ...]
    rows: tuple[float, ...]
    centre: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    inner_low: tuple[float, ...]
    inner_high: tuple[float, ...]
    p: tuple[float, ...]
    q: tuple[float, ...]
    dispersion: float
    between: float
    kind: str

    def outside(self, share: float = 0.10) -> tuple[str, ...]:
        """Return the parts beyond their outer limits; at most `share` of them are expected to be there by chance."""
        rare = 1 - LIMITS[1]
        return tuple(part for part, p, q in zip(self.parts, self.p, self.q, strict=True) if p <= rare and q <= share)


def compare_parts(
    parts: Sequence[str], counts: Sequence[float], rows: Sequence[float], *, kind: str = "share", allow: bool = True
) -> Funnel:
    """Return parts beside each other, with limits that know how many rows each has.

    Parameters
    ----------
    parts : sequence of str
        At least two, no two alike.
    counts, rows : sequence of float
        Top and bottom of each; rows above 0. Shares of products make them fractions.
    kind : str
        ``share``: counts are among the rows; ``rate``: rows are an exposure.
    allow : bool
        Widen the limits where parts differ more than chance.

    Raises
    ------
    ModelError
        Fewer than two parts, no rows, or more counts than rows of a share.
    """
    top, bottom = np.asarray(counts, dtype=float), np.asarray(rows, dtype=float)
    if len(parts) < 2 or not (bottom > 0).all() or (top < 0).any():
        raise ModelError("A funnel compares at least two parts, each with rows and no negative counts.")
    if kind == "share" and (top > bottom * (1 + 1e-9)).any():
        raise ModelError("A share has at most as many counts as rows.")
    values, centre = top / bottom, float(top.sum() / bottom.sum())
    scores = share_scores(values, bottom, centre, kind=kind)
    dispersion, between = (1.0, 0.0)
    error = np.sqrt(_variance(centre, bottom, kind))
    if allow and len(parts) >= LEAST_PARTS and centre > 0 and (kind == "rate" or centre < 1):
        dispersion, between = _between(scores, error)
    spread = np.sqrt(error**2 + between**2)
    if between:
        scores = (values - centre) / spread
    p = np.minimum(2 * ndtr(-np.abs(scores)), 1.0)
    ends: list[Array] = []
    for cover in LIMITS:
        reach = -float(ndtri((1 - cover) / 2))
        low, high = share_limits(bottom, centre, -reach, reach, kind=kind)
        if between:  # what differs for a reason is no longer binomial: normal limits, never closer than the exact ones
            low = np.minimum(low, np.maximum(centre - reach * spread, 0.0))
            high = np.maximum(high, centre + reach * spread)
        ends += [low, np.minimum(high, 1.0) if kind == "share" else high]
    as_tuple = [tuple(float(value) for value in line) for line in (*ends, p, benjamini_hochberg(p))]
    return Funnel(
        parts=tuple(parts),
        values=tuple(float(value) for value in values),
        rows=tuple(float(value) for value in bottom),
        centre=centre,
        low=as_tuple[2],
        high=as_tuple[3],
        inner_low=as_tuple[0],
        inner_high=as_tuple[1],
        p=as_tuple[4],
        q=as_tuple[5],
        dispersion=dispersion,
        between=between,
        kind=kind,
    )


def share_scores(values: Array, rows: Array, centre: float, *, kind: str = "share") -> Array:
    """Return normal scores of shares: the normal quantile of the exact chance of less, half of the same counted in.

    Parameters
    ----------
    values, rows : array of float
        Shares (or rates) and their denominators; NaN stays NaN.
    centre : float
        The share that all would have by chance.
    kind : str
        ``share`` or ``rate``.
    """
    known = np.isfinite(values) & (rows > 0)
    counts, bottom = np.where(known, values * rows, 0.0), np.where(known, rows, 1.0)
    below = (_below(counts, bottom, centre, kind) + _below(counts - 1, bottom, centre, kind)) / 2
    # the same from above, where a chance near 1 cannot be told from 1
    above = (_above(counts, bottom, centre, kind) + _above(counts - 1, bottom, centre, kind)) / 2
    score = np.where(below <= 0.5, ndtri(np.clip(below, 1e-300, 1)), -ndtri(np.clip(above, 1e-300, 1)))
    return np.where(known, np.clip(score, -FARTHEST_SCORE, FARTHEST_SCORE), np.nan)


def share_limits(
    rows: Array, centre: float, low: float | Array, high: float | Array, *, kind: str = "share"
) -> tuple[Array, Array]:
    """Return the shares (or rates) whose normal scores are `low` and `high`, interpolated between whole counts.

    Parameters
    ----------
    rows : array of float
        Denominators; NaN or 0 gives NaN.
    centre : float
    low, high : float or array
        Normal scores.
    kind : str
    """
    known = np.isfinite(rows) & (rows > 0)
    bottom = np.where(known, rows, 1.0)
    ends = []
    for score in (low, high):
        goal = np.broadcast_to(np.asarray(score, dtype=float), bottom.shape)
        small, large = np.full(bottom.shape, -1.0), np.full(bottom.shape, 0.0)
        large += bottom if kind == "share" else bottom * centre + 12 * np.sqrt(bottom * centre) + 40
        for _ in range(HALVINGS):  # the score rises with the count: halve until it stands
            middle = (small + large) / 2
            is_below = share_scores(middle / bottom, bottom, centre, kind=kind) < goal
            small, large = np.where(is_below, middle, small), np.where(is_below, large, middle)
        share = np.maximum((small + large) / 2, 0.0) / bottom
        ends.append(np.where(known, np.minimum(share, 1.0) if kind == "share" else share, np.nan))
    return ends[0], ends[1]


def _below(counts: Array, rows: Array, centre: float, kind: str) -> Array:
    """Return the chance of at most so many, linear between whole counts."""
    floor = np.floor(counts)
    part = counts - floor
    return (1 - part) * _exact(floor, rows, centre, kind) + part * _exact(floor + 1, rows, centre, kind)


def _above(counts: Array, rows: Array, centre: float, kind: str) -> Array:
    return 1 - _below(counts, rows, centre, kind)


def _exact(counts: Array, rows: Array, centre: float, kind: str) -> Array:
    if kind == "rate":
        return np.where(counts < 0, 0.0, pdtr(np.maximum(counts, 0.0), rows * centre))
    whole = np.maximum(np.round(rows), 1.0)
    counts = np.minimum(counts, whole)
    return np.where(counts < 0, 0.0, bdtr(np.maximum(counts, 0.0), whole.astype(int), centre))


def _variance(centre: float, rows: Array, kind: str) -> Array:
    return centre * (1 - centre) / rows if kind == "share" else centre / rows


def _between(scores: Array, error: Array) -> tuple[float, float]:
    """Return the dispersion of winsorised scores, and the standard deviation between parts."""
    drawn_in = np.clip(scores, *np.quantile(scores, [WINSORISED, 1 - WINSORISED]))
    count = scores.size
    dispersion = float((drawn_in**2).mean()) / DRAWN_IN
    if dispersion <= 1 + 2 * np.sqrt(2 / count):  # as little as that chance does
        return dispersion, 0.0
    weight = 1 / error**2
    spare = count * dispersion - (count - 1)
    return dispersion, float(np.sqrt(max(spare / (weight.sum() - (weight**2).sum() / weight.sum()), 0.0)))
