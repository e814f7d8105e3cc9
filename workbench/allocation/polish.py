"""The best levels near a plan, with supports and branches held, to the last digits.

On a concave stretch tangents lie above the curve and are added until they touch (Kelley 1960, J. SIAM 8, 703-712);
on a convex one the tangent lies below it, so a step that it likes is at least as good as it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from workbench.allocation.canonical import Canonical, difference, rounded
from workbench.allocation.curves import NEAREST_TO_ZERO
from workbench.allocation.highs import LinearModel, relax

ROUNDS = 60
"""Linear programmes at most; a handful usually do."""
CLOSE = 1e-8
"""Stop when the tangents together promise no more than this (scaled value) above the curves."""

AROUND = np.array([-0.5, -0.2, -0.07, -0.02, 0.0, 0.02, 0.07, 0.2, 0.5])
"""First tangents stand this far from where we start, as shares of it (ours: fewer rounds)."""


@dataclass(frozen=True)
class Polished:
    """Scaled levels, their scaled value over doing nothing, and what one more unit of each row is worth (scaled)."""

    shares: np.ndarray
    value: float
    prices: np.ndarray


def polish_plan(
    form: Canonical,
    shares: np.ndarray,
    is_open: np.ndarray,
    *,
    fixed: Mapping[int, float] | None = None,
    close: float = CLOSE,
) -> Polished | None:
    """Return the best levels with these supports, each activity staying on the stretch it is on; None: none hold.

    Parameters
    ----------
    form : Canonical
    shares : array, shape (n,)
        Scaled levels to start from; they need not hold.
    is_open : array, shape (n_lines,)
        Supports, 0 or 1.
    fixed : mapping of activity's place to scaled level, optional
        Levels that stay.
    close : float
        How much more than the curves the tangents may still promise, scaled.
    """
    is_open = np.round(is_open)
    n = len(form.activities)
    low, high, is_concave = stretches_at(form, shares, is_open, dict(fixed or {}))
    limit_high = form.row_high - form.by_support @ is_open
    limit_low = form.row_low - form.by_support @ is_open
    tangents = _first_tangents(form, shares, low, high, is_concave)
    best: Polished | None = None
    here = np.clip(shares, low, high)
    for _ in range(ROUNDS):
        found = relax(_programme(form, here, low, high, is_concave, tangents, limit_low, limit_high))
        if found.point is None:
            return best
        here = np.clip(found.point[:n], low, high)
        lifts = np.array([form.lift(place, share) for place, share in enumerate(here)])
        value = float(lifts.sum() - form.standing @ (1.0 - is_open))
        is_better = best is None or value > best.value + close / 10
        if best is None or value >= best.value:
            best = Polished(here.copy(), value, found.prices[len(tangents) :])
        promised = np.where(is_concave, found.point[n:], lifts)
        is_close = float(np.maximum(promised - lifts, 0.0).sum()) <= close
        if is_close and (is_concave.all() or not is_better):
            break
        new = [
            (int(place), *tangent_at(form, int(place), here[place], low[place], high[place]))
            for place in np.flatnonzero(promised - lifts > close / (10 * n))
            if high[place] > low[place]
        ]
        tangents.extend(new)
        if not new and not is_better:
            break
    return best


def tangent_programme(
    form: Canonical, shares: np.ndarray, is_open: np.ndarray, fixed: Mapping[int, float]
) -> LinearModel:
    """Return the programme under the first tangents: levels, then values, near a plan with supports held."""
    low, high, is_concave = stretches_at(form, shares, is_open, dict(fixed))
    tangents = _first_tangents(form, shares, low, high, is_concave)
    limit_high, limit_low = form.row_high - form.by_support @ is_open, form.row_low - form.by_support @ is_open
    return _programme(form, np.clip(shares, low, high), low, high, is_concave, tangents, limit_low, limit_high)


def _first_tangents(
    form: Canonical, shares: np.ndarray, low: np.ndarray, high: np.ndarray, is_concave: np.ndarray
) -> list[tuple[int, float, float]]:
    tangents: list[tuple[int, float, float]] = []
    for place in np.flatnonzero(is_concave & (high > low)):
        near = np.clip(shares[place] * (1.0 + AROUND), low[place], high[place])
        for share in np.unique(np.concatenate([[low[place], high[place]], near])):
            tangents.append((int(place), *tangent_at(form, int(place), float(share), low[place], high[place])))
    return tangents


def stretches_at(
    form: Canonical, shares: np.ndarray, is_open: np.ndarray, fixed: dict[int, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Interval in which each activity may move, and whether it is concave there."""
    n = len(form.activities)
    low, high, is_concave = np.zeros(n), np.zeros(n), np.ones(n, dtype=bool)
    for place in range(n):
        if place in fixed:
            low[place] = high[place] = fixed[place]
            continue
        least, most = float(form.least[place]), float(form.most[place])
        share = float(shares[place])
        if not is_open[form.line_of[place]] or most == 0 or (least > 0 and share < least / 2):
            continue
        share = min(max(share, least), most)
        size, sign = float(form.size[place]), 1.0 if form.worth[place] >= 0 else -1.0
        stretches = form.activities[place].curve.stretches(least * size, most * size, sign)
        # where two stretches meet, the concave one on the right is the one worth being on
        held = [part for part in stretches if part.low / size - 1e-12 <= share <= part.high / size + 1e-12]
        chosen = next((part for part in reversed(held) if part.is_concave), held[-1] if held else stretches[-1])
        low[place] = max(rounded(chosen.low / size), least)
        high[place] = min(rounded(chosen.high / size), most)
        is_concave[place] = chosen.is_concave
    return low, high, is_concave


def tangent_at(form: Canonical, place: int, share: float, low: float, high: float) -> tuple[float, float]:
    """Slope and intercept of the curve's own tangent, in scaled terms."""
    activity, size, worth = form.activities[place], float(form.size[place]), float(form.worth[place])
    share = min(max(share, low), high)
    slope = activity.curve.slope(share * size)
    if not np.isfinite(slope):
        share = low + NEAREST_TO_ZERO * (high - low)
        slope = activity.curve.slope(share * size)
    elif share >= high > low and activity.curve.family == "points":
        slope = activity.curve.slope((high - 1e-9 * (high - low)) * size)  # the slope to the left of the last corner
    # the digits that every unit gives alike, or programmes of one portfolio in two units part ways at a tie
    slope = rounded(float(slope) * worth * size / form.scale)
    return slope, difference(form.lift(place, share), slope * share)


def _programme(
    form: Canonical,
    here: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    is_concave: np.ndarray,
    tangents: list[tuple[int, float, float]],
    limit_low: np.ndarray,
    limit_high: np.ndarray,
) -> LinearModel:
    """Levels x and, for concave stretches, values y under their tangents; the portfolio's rows come last."""
    n, cuts = len(here), len(tangents)
    gain = np.concatenate([np.zeros(n), np.where(is_concave, 1.0, 0.0)])
    for place in np.flatnonzero(~is_concave):
        gain[place] = tangent_at(form, int(place), float(here[place]), float(low[place]), float(high[place]))[0]
    held = np.array([form.lift(place, share) for place, share in enumerate(low)])
    is_fixed = high <= low
    y_low, y_high = np.where(is_fixed, held, -np.inf), np.where(is_fixed, held, np.inf)
    y_low[~is_concave], y_high[~is_concave] = 0.0, 0.0
    places = np.array([place for place, *_ in tangents], dtype=int)
    slopes = np.array([slope for _, slope, _ in tangents])
    row = np.arange(cuts)
    upper = csr_matrix(
        (np.concatenate([-slopes, np.ones(cuts)]), (np.concatenate([row, row]), np.concatenate([places, n + places]))),
        shape=(cuts, 2 * n),
    )
    lower = csr_matrix(np.hstack([form.by_level, np.zeros_like(form.by_level)]))
    return LinearModel(
        gain,
        np.concatenate([low, y_low]),
        np.concatenate([high, y_high]),
        np.zeros(2 * n, dtype=bool),
        csr_matrix(vstack([upper, lower])),
        np.concatenate([np.full(cuts, -np.inf), limit_low]),
        np.concatenate([np.array([intercept for *_, intercept in tangents]), limit_high]),
    )
