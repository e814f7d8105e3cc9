"""The best levels near a plan, with supports and branches held, to the last digits.

On a concave stretch a curve is cut at knots, which leaves a programme with the portfolio's rows alone; its prices say
where the next knots belong, and bound what is left to win (weak duality). Once the prices are near, Newton's steps on
them settle the levels. On a convex stretch the tangent lies below the curve, so a step that it likes is at least as
good as it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from workbench.allocation.canonical import Canonical, difference, rounded
from workbench.allocation.curves import NEAREST_TO_ZERO
from workbench.allocation.highs import FEASIBILITY, LinearModel, relax

ROUNDS = 40
"""Linear programmes at most; one or two usually do."""
CLOSE = 1e-8
"""Stop when no levels can bring more than this (scaled value) above those found."""
SAME = 1e-12
"""Scaled values this close are one."""
NEWTON = 12
"""Newton's steps at most; near the answer each doubles the digits."""
KNOTS = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
"""New knots stand this far around the level that the prices want, as shares of how far it was missed (ours)."""

NEAREST_KNOTS = 1e-9
"""Knots nearer to each other than this, as a share of the stretch, are one."""

AROUND = np.array([-0.5, -0.2, -0.07, -0.02, 0.0, 0.02, 0.07, 0.2, 0.5])
"""First tangents stand this far from where we start, as shares of it (ours: fewer rounds)."""


@dataclass(frozen=True)
class Polished:
    """Scaled levels, their scaled value over doing nothing, and what one more unit of each row is worth (scaled).

    `is_best` where every stretch is concave and no levels on them bring more, to `CLOSE`: wherever one starts.
    """

    shares: np.ndarray
    value: float
    prices: np.ndarray
    is_best: bool


def polish_plan(
    form: Canonical,
    shares: np.ndarray,
    is_open: np.ndarray,
    *,
    fixed: Mapping[int, float] | None = None,
    close: float = CLOSE,
    near: Polished | None = None,
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
    near : Polished, optional
        Found with other limits of the rows: where levels settle at once beside it, no programme is called for.
    """
    held = _Held(form, shares, np.round(is_open), dict(fixed or {}))
    if not held.holds:
        return None
    if not held.moves.any():
        return held.only()
    # the stretches stay those of `shares`: levels elsewhere may have come to where two meet
    exact = None
    if near is not None and held.is_smooth:
        exact = held.settled(np.clip(near.shares, held.low, held.high), near.prices)
    if exact is not None:
        value = held.value(exact[0])
        if held.bound(exact[1], exact[0], is_settled=True)[0] - value <= CLOSE:
            return Polished(exact[0], value, exact[1], True)
    best: Polished | None = None
    for _ in range(ROUNDS):
        found = relax(held.programme())
        if found.point is None:
            return best
        here, prices = held.levels(found.point), held.all_prices(found.prices)
        value, exact = held.value(here), held.settled(here, prices)
        is_settled = exact is not None and held.value(exact[0]) >= value - SAME
        if exact is not None and is_settled:
            here, prices = exact
            value = held.value(here)
        bound, wanted = held.bound(prices, here, is_settled=is_settled)
        if is_settled and bound - value > close:  # they settled beside what is best: the prices say where that is
            bound, wanted = held.bound(prices, here, is_settled=False)
        is_better = best is None or value > best.value + close / 10
        if best is None or value >= best.value - SAME:  # of equal levels the later prices are the nearer ones
            best = Polished(here.copy(), value, prices, bool(held.is_concave.all() and bound - value <= CLOSE))
        is_close = bound - value <= close
        if is_close and (held.is_concave.all() or not is_better):
            break
        if not held.refine(here, wanted) and not is_better:
            break
    return best


class _Held:
    """Supports and branches held: what may move, the rows that hold it, and knots on the concave stretches."""

    def __init__(self, form: Canonical, shares: np.ndarray, is_open: np.ndarray, fixed: dict[int, float]) -> None:
        self.form, self.is_open, self.n = form, is_open, len(form.activities)
        self.every = np.arange(self.n)
        self.low, self.high, self.is_concave = stretches_at(form, shares, is_open, fixed)
        self.moves = self.high > self.low
        self.smooth, self.bent = self.moves & self.is_concave, np.flatnonzero(self.moves & ~self.is_concave)
        self.is_smooth = bool(self.is_concave.all() and not form.bundle.is_kinked[self.moves].any())
        stands = form.support_rows @ is_open
        self.row_low, self.row_high = form.row_low - stands, form.row_high - stands
        matrix = form.level_rows
        used = np.diff(matrix.indptr) > 0
        self.rows = np.flatnonzero(used)
        self.matrix = matrix[self.rows]
        empty = ~used
        self.holds = bool(np.all(self.row_low[empty] <= FEASIBILITY) and np.all(self.row_high[empty] >= -FEASIBILITY))
        self.here = np.clip(shares, self.low, self.high)
        own = np.flatnonzero(self.smooth)
        near = self.here[own, None] * (1.0 + AROUND)
        even = self.low[own, None] + (self.high - self.low)[own, None] * np.linspace(0.0, 1.0, 6)
        knots = np.concatenate([near, even], axis=1)
        self.knots = (np.zeros(0, dtype=int), np.zeros(0))
        self._add(np.repeat(own, knots.shape[1]), knots.ravel())

    def _add(self, places: np.ndarray, shares: np.ndarray) -> bool:
        """Add knots; False where they are there already."""
        low, high = self.low[places], self.high[places]
        shares = np.clip(shares, low, high)
        margin = NEAREST_KNOTS * (high - low)
        keep = (shares == low) | (shares == high) | ((shares > low + margin) & (shares < high - margin))
        places = np.concatenate([self.knots[0], places[keep]])
        shares = np.concatenate([self.knots[1], shares[keep]])
        order = np.lexsort((shares, places))
        places, shares = places[order], shares[order]
        apart = (np.diff(places) > 0) | (np.diff(shares) > NEAREST_KNOTS * (self.high - self.low)[places[1:]])
        is_new = np.concatenate([[True], apart])[: len(places)]
        grown = int(is_new.sum()) > len(self.knots[0])
        self.knots = places[is_new], shares[is_new]
        return grown

    def programme(self) -> LinearModel:
        """Return the programme: how much of each piece between knots, then of each convex stretch."""
        places, shares = self.knots
        values = self.form.bundle.lifts(places, shares)
        inner = np.flatnonzero(np.diff(places) == 0)
        width = shares[inner + 1] - shares[inner]
        slope = (values[inner + 1] - values[inner]) / width
        self.pieces = np.concatenate([places[inner], self.bent])
        tilt = self._tilts(self.here)
        held = self.matrix @ self.low
        count = len(self.pieces)
        return LinearModel(
            np.concatenate([slope, tilt]),
            np.zeros(count),
            np.concatenate([width, (self.high - self.low)[self.bent]]),
            np.zeros(count, dtype=bool),
            csr_matrix(self.matrix[:, self.pieces]),
            self.row_low[self.rows] - held,
            self.row_high[self.rows] - held,
        )

    def _tilts(self, here: np.ndarray) -> np.ndarray:
        """Return the slopes of the convex stretches; just above zero where the one at zero has no limit."""
        low, high = self.low[self.bent], self.high[self.bent]
        found = self.form.bundle.slopes(self.bent, here[self.bent])
        if not np.isfinite(found).all():
            found = self.form.bundle.slopes(
                self.bent, np.maximum(here[self.bent], low + NEAREST_TO_ZERO * (high - low))
            )
        return found

    def only(self) -> Polished | None:
        """Return the one plan there is where nothing may move; None where it does not hold."""
        used = self.matrix @ self.low
        if np.any(used > self.row_high[self.rows] + FEASIBILITY) or np.any(
            used < self.row_low[self.rows] - FEASIBILITY
        ):
            return None
        return Polished(self.low.copy(), self.value(self.low), np.zeros(len(self.row_low)), True)

    def levels(self, point: np.ndarray) -> np.ndarray:
        """Return the levels of a programme's point."""
        moved = np.bincount(self.pieces, weights=np.maximum(point, 0.0), minlength=self.n)
        return np.clip(self.low + moved, self.low, self.high)

    def all_prices(self, prices: np.ndarray) -> np.ndarray:
        """Return the prices of every row of the form; those that hold nothing here have none."""
        found = np.zeros(len(self.row_low))
        found[self.rows] = prices
        return found

    def value(self, shares: np.ndarray) -> float:
        """Return the scaled value over doing nothing."""
        return float(self.form.bundle.lifts(self.every, shares).sum() - self.form.standing @ (1.0 - self.is_open))

    def bound(self, prices: np.ndarray, here: np.ndarray, *, is_settled: bool) -> tuple[float, np.ndarray]:
        """Return what no levels on these stretches can beat (convex ones as their tangents have it), and the wanted.

        Where levels are settled at their prices, those are the wanted ones.
        """
        form = self.form
        cost = prices @ form.by_level
        low, high = np.where(self.smooth, self.low, here), np.where(self.smooth, self.high, here)
        wanted, most = form.bundle.answers(cost, low, high, near=here, is_near=is_settled)
        limits = np.where(prices > 0, self.row_high, np.where(prices < 0, self.row_low, 0.0))
        total = float(most.sum() + prices @ limits)
        if self.bent.size:
            tilt = self._tilts(here) - cost[self.bent]
            room = self.high[self.bent] - here[self.bent]
            total += float(np.maximum(np.maximum(tilt * room, tilt * (self.low - here)[self.bent]), 0.0).sum())
        return total - float(form.standing @ (1.0 - self.is_open)), wanted

    def settled(self, here: np.ndarray, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the levels and prices at which slopes equal prices and tight rows are full; None where none are."""
        form, bundle = self.form, self.form.bundle
        tight = np.flatnonzero(prices != 0.0)
        if not tight.size:
            return None
        limits = np.where(prices[tight] > 0, self.row_high[tight], self.row_low[tight])
        matrix, price = form.by_level[tight], prices[tight]
        # inside a straight piece, or on a convex stretch where rows hold it: any price but one would move it
        is_free = ~self.smooth | (bundle.is_kinked & self._between_corners(here))
        is_free &= (here > self.low + 1e-9) & (here < self.high - 1e-9)
        follows = self.smooth & ~bundle.is_kinked
        low, high = np.where(follows, self.low, here), np.where(follows, self.high, here)
        follows = high > low
        shares, k = bundle.answers(price @ matrix, low, high, near=here)[0], tight.size
        last, rises = np.inf, 0
        for _ in range(NEWTON):
            with np.errstate(all="ignore"):  # at zero some curves have no slope or bend that is a number
                slopes, bends = bundle.slopes_and_bends(shares)
                off = slopes - price @ matrix
                to = shares - off / bends
            moves = is_free | (follows & (bends < 0) & (to > low) & (to < high))
            # the rest goes to the end that its price sends it to
            shares = np.where(follows & ~moves, np.where(off > 0, high, low), shares)
            moving = np.flatnonzero(moves)
            over, own = matrix @ shares - limits, matrix[:, moving]
            size = max(float(np.abs(over).max()), float(np.abs(off[moving]).max(initial=0.0)))
            if size <= 1e-14:
                break
            rises += size >= last
            # a first step may miss slopes by more than rows were missed: the second halves the digits
            if rises and size <= 1e-6:
                break
            if rises > 1:
                return None
            last = size
            jacobian = np.block([[np.diag(bends[moving]), -own.T], [own, np.zeros((k, k))]])
            try:
                step = np.linalg.solve(jacobian, -np.concatenate([off[moving], over]))
            except np.linalg.LinAlgError:
                return None
            price = price + step[moving.size :]
            shares[moving] += step[: moving.size]
            if np.any(shares < self.low) or np.any(shares > self.high):
                return None
        if np.any(price * prices[tight] < 0):
            return None
        used = self.matrix @ shares
        slack = np.maximum(used - self.row_high[self.rows], self.row_low[self.rows] - used)
        if not np.all(slack <= FEASIBILITY):
            return None
        found = np.zeros(len(prices))
        found[tight] = price
        return shares, found

    def _between_corners(self, here: np.ndarray) -> np.ndarray:
        bundle, found = self.form.bundle, np.ones(self.n, dtype=bool)
        kinked = np.flatnonzero(bundle.is_kinked)
        corners = bundle.corners[bundle.row[kinked]] / bundle.size[kinked, None]
        found[kinked] = np.abs(corners - here[kinked, None]).min(axis=1, initial=np.inf) > 1e-9
        return found

    def refine(self, here: np.ndarray, wanted: np.ndarray) -> bool:
        """Set knots where the prices want to be, and around; go on from here."""
        self.here = here
        own = np.flatnonzero(self.smooth)
        far = np.abs(wanted - here)[own]
        around = np.concatenate([-KNOTS, [0.0], KNOTS])
        new = wanted[own, None] + far[:, None] * around
        return self._add(np.repeat(own, len(around)), new.ravel())


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
