"""The best levels of two goals with supports held: on chords between points of the curves, finer where it matters.

A chord lies below a concave curve, so what the programme promises is there; and it has a row only for each row of the
portfolio, however many chords, which makes it quick. On a convex stretch the tangent does the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from workbench.allocation.canonical import Canonical
from workbench.allocation.highs import LinearModel, relax
from workbench.allocation.outlines import Outlines, Prices
from workbench.allocation.polish import stretches_at

SPREADS = (0.3, 0.03, 0.003, 3e-4, 3e-5)
"""How far from the level before chords end, as a share of it, round by round."""
AROUND = np.array([-1.0, -0.4, -0.13, 0.0, 0.13, 0.4, 1.0])
"""Where they end within that."""
ALONG = np.array([0.0, 0.004, 0.02, 0.07, 0.2, 0.4, 0.7, 1.0])
"""Where they end besides, as shares of the stretch: a level may start from nothing, or go far."""


@dataclass(frozen=True)
class Chords:
    """Levels that the chords like best, and what one more unit of each row and one less of the floor is worth."""

    shares: np.ndarray
    prices: Prices


def best_levels(
    form: Canonical,
    outlines: Outlines,
    effects: tuple[np.ndarray, np.ndarray],
    shares: np.ndarray,
    is_open: np.ndarray,
    floor: float | None,
    of_floor: float,
    fineness: int,
) -> Chords | None:
    """Return the best levels near given ones, each activity staying on the stretch it is on; None where none hold.

    Parameters
    ----------
    form : Canonical
        For its rows.
    outlines, effects
        As in `outlines.price_bound`.
    shares, is_open : array
        Scaled levels to start from, which need not hold, and supports, 0 or 1.
    floor : float or None
        Least of the second goal's part that levels decide, scaled.
    of_floor : float
        What one unit of the floor is worth so far: tells which way a curve counts that helps one goal and hurts the
        other.
    fineness : int
        Place in `SPREADS`.
    """
    net = effects[0] + (of_floor * effects[1] if floor is not None else 0.0)
    sign = np.where(net >= 0, 1.0, -1.0)
    low, high, is_concave = stretches_at(replace(outlines.units[0], worth=sign / outlines.rise), shares, is_open, {})
    here = np.clip(shares, low, high)
    # where a curve helps one goal and hurts the other, and nobody knows yet what the other is worth, chords might be
    # taken in the wrong order: the tangent is near enough close by
    is_torn = is_concave & (effects[0] * effects[1] < 0) & (floor is not None and of_floor <= 0)
    reach = SPREADS[fineness] * np.maximum(here, 0.01 * high)
    low, high = (np.where(is_torn, np.clip(here + way * reach, low, high), end) for way, end in ((-1, low), (1, high)))
    is_free = high > low
    is_bent = is_free & is_concave & ~is_torn
    owner, ends = _chord_ends(here, low, high, np.flatnonzero(is_bent), SPREADS[fineness])
    lifts = outlines.lifts(np.repeat(owner, ends.shape[1]), ends.ravel()).reshape(ends.shape)
    widths = np.diff(ends, axis=1)
    is_wide = widths > 1e-9
    straight = np.flatnonzero(is_free & ~is_bent)  # below a convex stretch: what the tangent promises is there
    step = 1e-6 * (high - low)[straight]
    first, last = np.maximum(here[straight] - step, low[straight]), np.minimum(here[straight] + step, high[straight])
    tangents = (outlines.lifts(straight, last) - outlines.lifts(straight, first)) / (last - first)
    places = np.concatenate([np.repeat(owner, is_wide.sum(axis=1)), straight])
    width = np.concatenate([widths[is_wide], (high - low)[straight]])
    slope = np.concatenate([(np.diff(lifts, axis=1)[is_wide]) / widths[is_wide], tangents])
    start = outlines.lifts(np.arange(len(low)), low)
    start[straight] = outlines.lifts(straight, here[straight]) - tangents * (here - low)[straight]
    used = form.by_level @ low + form.by_support @ is_open
    room_low, room_high = form.row_low - used, form.row_high - used
    counts = np.any(form.by_level[:, np.unique(places)] != 0, axis=1)
    idle = ~counts & ((room_low > 1e-9) | (room_high < -1e-9))
    if idle.any():
        return None
    rows, row_low, row_high = form.by_level[np.ix_(counts, places)], room_low[counts], room_high[counts]
    if floor is not None:
        rows = np.vstack([rows, effects[1][places] * slope])
        row_low = np.append(row_low, floor - float(effects[1] @ start))
        row_high = np.append(row_high, np.inf)
    if not places.size:
        return None if floor is not None and row_low[-1] > 1e-9 else Chords(low, Prices(np.zeros(len(used))))
    model = LinearModel(
        effects[0][places] * slope, np.zeros(places.size), width, np.zeros(places.size, dtype=bool),
        csr_matrix(rows), row_low, row_high,
    )  # fmt: skip
    found = relax(model)
    if found.point is None:
        return None
    prices = np.zeros(len(used))
    prices[counts] = found.prices[: int(counts.sum())]
    moved = low + np.bincount(places, weights=np.clip(found.point, 0.0, width), minlength=len(low))
    of_floor = -float(found.prices[-1]) if floor is not None else 0.0
    return Chords(np.clip(moved, low, high), Prices(prices, max(of_floor, 0.0)))


def _chord_ends(
    here: np.ndarray, low: np.ndarray, high: np.ndarray, places: np.ndarray, spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the places, and a row of rising levels for each from one end of its stretch to the other."""
    least, most = low[places][:, None], high[places][:, None]
    near = np.clip(here[places][:, None] * (1.0 + spread * AROUND), least, most)
    ends = np.sort(np.hstack([least + (most - least) * ALONG, near]), axis=1)
    ends[:, -1:] = most
    return places, np.minimum(ends, most)
