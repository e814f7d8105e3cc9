"""One programme for many draws: levels on a grid, so that a draw changes nothing but what is maximised.

Each activity takes a mix of neighbouring levels of its grid; what holds of capacities, minima and rules is written
once, and every draw puts its own values on the levels. So a draw is a few steps of the simplex method away from the
one before. The best mix overrates a curve where it skips over a bend (its concave cover); there levels on one side
are barred, then those on the other, and so with supports that are not whole: branch and bound (A. H. Land and A. G.
Doig 1960, Econometrica 28(3), 497-520) by bounds of variables alone. A plan that holds in one draw holds in all, so
every plan found is a candidate for each draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, hstack, vstack

from workbench.allocation.canonical import Canonical
from workbench.allocation.curves import Adbudg, Points
from workbench.allocation.highs import FEASIBILITY, LinearModel, Repeated, search
from workbench.allocation.model import TOLERANCE
from workbench.errors import ModelError

STEPS = 24
"""Even steps of the grid between minimum and maximum; what the plan uses comes on top (ours: see the bench)."""
NEAR_PLAN = (-0.04, -0.015, 0.0, 0.015, 0.04)
"""Further levels around the plan's, as shares of the largest level (ours)."""
MOST_BRANCHES = 60
"""Plain programmes before a search takes over (ours)."""
_NONE = 1e-9


@dataclass(frozen=True, eq=False)
class GridPlan:
    """A plan on the grid: scaled levels and supports, and the weight of each grid level."""

    shares: np.ndarray
    is_open: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class Leaf:
    """An end of the branches: what no plan within its bounds of variables can beat, and the prices that prove it."""

    bound: float
    prices: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, eq=False)
class GridAnswer:
    """The best plan found (None: none that was looked for), its value, and what no plan can beat (scaled).

    Every plan lies within one of the leaves; there are none where a search took over or the first plan was enough.
    """

    plan: GridPlan | None
    value: float
    bound: float
    leaves: tuple[Leaf, ...] = ()


@dataclass(frozen=True, eq=False)
class Mixes:
    """What points of the programme say, a row a point.

    Attributes
    ----------
    shares, is_open, weights : arrays
        As in `GridPlan`.
    over : array, shape (k, n)
        By how much the value of each activity is overrated, scaled.
    is_between : array of bool, shape (k, n)
        The activity lies between zero and its minimum.
    is_plan : array of bool, shape (k,)
        Supports are whole, nothing is between, and every row holds.
    """

    shares: np.ndarray
    is_open: np.ndarray
    weights: np.ndarray
    over: np.ndarray
    is_between: np.ndarray
    is_plan: np.ndarray

    def plan(self, row: int) -> GridPlan:
        """Return the plan of a point."""
        return GridPlan(self.shares[row], self.is_open[row], self.weights[row])


@dataclass(frozen=True, eq=False)
class Start:
    """Where the search for a draw's best plan starts: its best mix, what no plan can beat, prices, and the basis."""

    point: np.ndarray
    bound: float
    prices: np.ndarray
    basis: Any


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The best mix of each draw (scaled, closing paid).

    Attributes
    ----------
    points : array, shape (n, n_variables)
    bounds : array, shape (n,)
        What no plan can beat.
    prices : array, shape (n, n_rows)
        Of the programme's rows.
    bases : tuple
        Where the simplex method stood, as `highs.Repeated` keeps it.
    """

    points: np.ndarray
    bounds: np.ndarray
    prices: np.ndarray
    bases: tuple[Any, ...]

    def start(self, row: int) -> Start:
        """Return where to start for one draw."""
        return Start(self.points[row], float(self.bounds[row]), self.prices[row], self.bases[row])


@dataclass(frozen=True, eq=False)
class Proofs:
    """What no plan of a draw can beat, part by part: every plan of the draw lies within one of its parts.

    Attributes
    ----------
    draws : array of int, shape (k,)
        Whose part it is, in order.
    bounds : array, shape (k,)
        What no plan within the part can beat.
    losses : array, shape (k, n_variables)
        What leaving the part's best mix loses, by variable; without limit where the part has none of it, and below
        zero without limit where a line stands in all of it.
    """

    draws: np.ndarray
    bounds: np.ndarray
    losses: np.ndarray

    def most(self, line: int, is_open: bool, allowed: np.ndarray) -> np.ndarray:
        """Return what no plan of each draw can beat that decides on a line so, with all of an activity at some levels.

        Parameters
        ----------
        line : int
        is_open : bool
        allowed : array of int
            Variables of the levels that the activity may be between; none where any will do.
        """
        stays = self.losses[:, line] if is_open else -self.losses[:, line]
        found = self.bounds - np.maximum(stays, 0.0)
        if allowed.size:
            found = found - np.maximum(self.losses[:, allowed].min(axis=1), 0.0)
        return np.maximum.reduceat(found, np.flatnonzero(np.diff(self.draws, prepend=-1)))


class LevelGrid:
    """Grids of all activities, the rows over them, and the best plan for any values on them."""

    def __init__(self, form: Canonical, shares: np.ndarray, is_open: np.ndarray) -> None:
        """Lay the grids so that the given plan is on them."""
        self.form, self.n_lines = form, len(form.lines)
        self.levels = [_levels(form, place, float(shares[place])) for place in range(len(form.activities))]
        self.counts = np.array([len(levels) for levels in self.levels])
        self.starts = np.cumsum([0, *self.counts])
        self.flat, self.owner = np.concatenate(self.levels), np.repeat(np.arange(len(self.levels)), self.counts)
        self.plan = self.on_grid(shares, is_open)
        self.closing = np.array([form.portfolio.closing_value(line) / form.scale for line in form.lines])
        limits = np.where(np.isfinite(form.row_high), np.abs(form.row_high), np.abs(form.row_low))
        self._sizes = np.abs(form.by_level).T, np.abs(form.by_support).T, limits
        self.model = self._programme()
        self._repeated = Repeated(self.model)

    @property
    def size(self) -> int:
        """Number of grid levels of all activities."""
        return len(self.flat)

    def on_grid(self, shares: np.ndarray, is_open: np.ndarray) -> GridPlan:
        """Return a plan with the weights of the two grid levels around each of its levels."""
        shares, is_open = np.array(shares, dtype=float), np.array(is_open, dtype=float)
        return GridPlan(shares, is_open, self._weights(shares[None], is_open[None])[0])

    def _weights(self, shares: np.ndarray, is_open: np.ndarray) -> np.ndarray:
        first, last = self.starts[:-1], self.starts[1:] - 1
        inside = np.minimum(np.maximum(shares, self.flat[first]), self.flat[last])
        below = np.add.reduceat(self.flat < inside[:, self.owner], first, axis=1)
        right = first + np.minimum(np.maximum(below, 1), np.maximum(self.counts - 1, 1))
        left, right = right - 1, np.minimum(right, last)
        width = self.flat[right] - self.flat[left]
        part = np.where(width > 0, (inside - self.flat[left]) / np.where(width > 0, width, 1.0), 0.0)
        on = is_open[:, self.form.line_of] > 0
        weights, row = np.zeros((len(shares), self.size)), np.arange(len(shares))[:, None]
        weights[row, right] = np.where(on, part, 0.0)
        weights[row, left] += np.where(on, 1.0 - part, 0.0)
        return weights

    def value_of(self, plan: GridPlan, values: np.ndarray) -> np.ndarray | float:
        """Return what a plan is worth for values on the grid (one draw, or a row a draw); scaled, closing paid."""
        used = np.flatnonzero(plan.weights)  # two levels of each activity at most
        return values[..., used] @ plan.weights[used] - float(self.closing @ (1.0 - plan.is_open))

    def worths(self, mixes: Mixes, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return what the plans of some points are worth in each draw, shape (n, k); scaled, closing paid."""
        return values @ mixes.weights[rows].T - (1.0 - mixes.is_open[rows]) @ self.closing

    def relaxed(self, values: np.ndarray) -> Relaxed:
        """Return for each draw the best mix and what no plan can beat."""
        count, model = len(values), self.model
        gains = np.hstack([np.tile(self.closing, (count, 1)), values])
        points, prices = np.empty((count, len(model.gain))), np.empty((count, len(model.row_low)))
        bounds, bases = np.empty(count), []
        # the middle of all draws is nearer to each than one is to another
        self._repeated.solve(gains.mean(axis=0), model.low, model.high)
        middle = self._repeated.basis
        for row in range(count):
            found = self._repeated.solve(gains[row], model.low, model.high, middle)
            if found.point is None:
                raise ModelError("The grid holds the plan, so some mix must hold.")
            points[row], prices[row], bounds[row] = found.point, found.prices, found.bound - self.closing.sum()
            bases.append(self._repeated.basis)
        return Relaxed(points, bounds, prices, tuple(bases))

    def proofs(self, relaxed: Relaxed, values: np.ndarray, leaves: Mapping[int, Sequence[Leaf]]) -> Proofs:
        """Return what shows that no plan beats a draw's bound: of branched draws by leaf, of the others by best mix."""
        whole = zip(relaxed.bounds, relaxed.prices, strict=True)
        held = [leaves.get(n) or (Leaf(*root, self.model.low, self.model.high),) for n, root in enumerate(whole)]
        draws = np.repeat(np.arange(len(held)), [len(parts) for parts in held])
        flat = [leaf for parts in held for leaf in parts]
        gains = np.hstack([np.tile(self.closing, (len(flat), 1)), values[draws]])
        losses = self._repeated.losses(gains, np.array([leaf.prices for leaf in flat]))
        low, high = np.array([leaf.low for leaf in flat]), np.array([leaf.high for leaf in flat])
        losses[high == 0.0] = np.inf
        losses[low == 1.0] = -np.inf
        return Proofs(draws, np.array([leaf.bound for leaf in flat]), losses)

    def best(
        self,
        values: np.ndarray,
        *,
        tolerance: float = 0.0,
        known: float = -np.inf,
        is_first: bool = False,
        start: Start | None = None,
        low: np.ndarray | None = None,
        high: np.ndarray | None = None,
    ) -> GridAnswer:
        """Return the best plan for values on the grid.

        Parameters
        ----------
        values : array, shape (n_levels,)
            Scaled value of each grid level.
        tolerance : float
            Scaled; a plan this close to the bound is good enough.
        known : float
            Only plans worth more are looked for.
        is_first : bool
            The first of them will do.
        start : Start, optional
            The best mix, where it is at hand (see `relaxed`).
        low, high : array, optional
            Other bounds of the supports and of the weights of the levels than the programme's.
        """
        gain, paid = np.concatenate([self.closing, values]), float(self.closing.sum())
        box = self.model.low if low is None else low, self.model.high if high is None else high
        is_own = low is None and high is None
        top: GridPlan | None = None
        value, count = known, 0
        leaves: list[Leaf] = []
        waiting = [(Leaf(np.inf, np.zeros(len(self.model.row_low)), *box), None if start is None else start.basis)]
        while waiting:
            waiting.sort(key=lambda item: item[0].bound)
            leaf, basis = waiting.pop()
            if leaf.bound <= value + tolerance:
                leaves += [leaf, *(item[0] for item in waiting)]
                break
            low, high = leaf.low, leaf.high
            if count >= MOST_BRANCHES:
                return self._searched(gain, box, values, top, value)
            if count or start is None or not is_own:
                found = self._repeated.solve(gain, low, high, basis)
                point, basis = found.point, self._repeated.basis
                leaf = Leaf(min(leaf.bound, found.bound - paid), found.prices, low, high)
            else:
                point, leaf = start.point, Leaf(start.bound, start.prices, low, high)
            count += 1
            if point is None:
                continue
            if leaf.bound <= value + tolerance:
                leaves.append(leaf)
                continue
            mixes = self.read(point[None], values)
            if mixes.is_plan[0] and leaf.bound - float(mixes.over[0].sum()) > value:
                top, value = mixes.plan(0), float(self.value_of(mixes.plan(0), values))
                if is_first:
                    return GridAnswer(top, value, np.inf)
            halves = self.halves(point, mixes, low, high)
            if not halves:
                leaves.append(leaf)
            waiting += [(replace(leaf, low=low, high=high), basis) for low, high in halves]
        return GridAnswer(top, value, max([value, *(leaf.bound for leaf in leaves)]), tuple(leaves))

    def halves(
        self, point: np.ndarray, mixes: Mixes, low: np.ndarray, high: np.ndarray
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return bounds either side of what is not whole, between zero and a minimum, or overrated; empty: nothing."""
        supports = point[: self.n_lines]
        off = np.abs(supports - np.round(supports))
        line = int(off.argmax())
        if off[line] > 1e-6:
            closed, opened = high.copy(), low.copy()
            closed[line], opened[line] = 0.0, 1.0
            return [(low, closed), (opened, high)]
        gaps = np.flatnonzero(mixes.is_between[0])
        place = int(gaps[0]) if gaps.size else int(mixes.over[0].argmax())
        start, end = int(self.starts[place]), int(self.starts[place + 1])
        used = np.flatnonzero(point[self.n_lines + start : self.n_lines + end] > _NONE)
        if gaps.size:
            cut, after = 1, 1
        elif mixes.over[0, place] > _NONE and used.size and used[-1] - used[0] > 1:
            # the level at the cut is on both sides, but nothing lies between zero and a minimum
            share = float(mixes.shares[0, place])
            cut = int(np.clip(np.searchsorted(self.levels[place], share), used[0] + 1, used[-1] - 1))
            after = 1 if cut == 1 and self.form.least[place] > 0 else cut + 1
        else:
            return []
        below, above = high.copy(), high.copy()
        below[self.n_lines + start + after : self.n_lines + end] = 0.0
        above[self.n_lines + start : self.n_lines + start + cut] = 0.0
        return [(low, below), (low, above)]

    def _searched(
        self,
        gain: np.ndarray,
        box: tuple[np.ndarray, np.ndarray],
        values: np.ndarray,
        top: GridPlan | None,
        value: float,
    ) -> GridAnswer:
        """Return what a search over whole supports finds, where branches do not end."""
        model = self.model
        found = search(
            LinearModel(gain, *box, model.is_whole, model.rows, model.row_low, model.row_high),
            gap=1e-5,
            seconds=10.0,
            nodes=20_000,
        )
        if found.point is not None:
            mixes = self.read(found.point[None], values)
            here = float(self.value_of(mixes.plan(0), values))
            if mixes.is_plan[0] and here > value:
                top, value = mixes.plan(0), here
        return GridAnswer(top, value, max(found.bound - float(self.closing.sum()), value))

    def read(self, points: np.ndarray, values: np.ndarray) -> Mixes:
        """Return what points say, for values of one draw or a row a draw."""
        form, first = self.form, self.starts[:-1]
        supports = points[:, : self.n_lines]
        is_open = np.round(supports)
        mix = np.minimum(np.maximum(points[:, self.n_lines : self.n_lines + self.size], 0.0), 1.0)
        shares = np.add.reduceat(mix * self.flat, first, axis=1)
        shares = np.where(is_open[:, form.line_of] > 0, shares, 0.0)
        weights = self._weights(shares, is_open)
        over = np.add.reduceat((mix - weights) * values, first, axis=1)
        is_between = (form.least > 0) & (shares > _NONE) & (shares < form.least * (1.0 - 1e-9))
        is_whole = np.abs(supports - is_open).max(axis=1, initial=0.0) <= 1e-6
        is_plan = is_whole & ~is_between.any(axis=1) & self.holds(shares, is_open)
        return Mixes(shares, is_open, weights, over, is_between, is_plan)

    def holds(self, shares: np.ndarray, is_open: np.ndarray) -> np.ndarray:
        """Check rows of scaled levels and supports in our own arithmetic, as closely as `check_plan`."""
        form, (by_level, by_support, limits) = self.form, self._sizes
        used = shares @ form.by_level.T + is_open @ form.by_support.T
        size = np.maximum(shares @ by_level + is_open @ by_support, limits)
        over, under = used - form.row_high, form.row_low - used
        slack = np.maximum(TOLERANCE * size, 2.0 * FEASIBILITY)
        return np.all(np.maximum(over, under) <= slack, axis=1)

    def _programme(self) -> LinearModel:
        """Return the programme without its gain: supports, then weights of the levels."""
        form, n, every = self.form, len(self.form.activities), np.arange(self.size)
        one = hstack([
            coo_matrix((np.full(n, -1.0), (np.arange(n), form.line_of)), shape=(n, self.n_lines)),
            coo_matrix((np.ones(self.size), (self.owner, every)), shape=(n, self.size)),
        ])  # fmt: skip
        rows = hstack([form.support_rows, form.level_rows[:, self.owner].multiply(self.flat)])
        low, is_whole = np.zeros(self.n_lines + self.size), np.zeros(self.n_lines + self.size, dtype=bool)
        low[: self.n_lines] = np.where(form.may_close, 0.0, 1.0)
        is_whole[: self.n_lines] = form.may_close
        return LinearModel(
            np.zeros(len(low)),
            low,
            np.ones(len(low)),
            is_whole,
            csr_matrix(vstack([one, rows])),
            np.concatenate([np.zeros(n), form.row_low]),
            np.concatenate([np.zeros(n), form.row_high]),
        )


def _levels(form: Canonical, place: int, planned: float) -> np.ndarray:
    """Scaled levels of an activity's grid: zero, from the minimum evenly to the maximum, and what the plan uses."""
    most, least = float(form.most[place]), float(form.least[place])
    if most <= 0:
        return np.zeros(1)
    activity, size = form.activities[place], float(form.size[place])
    held = [0.0, *np.linspace(least, most, STEPS + 1), activity.current / size]
    held += [planned + step for step in NEAR_PLAN]
    if isinstance(activity.curve, Points):
        held += [level / size for level in activity.curve.levels]
    if isinstance(activity.curve, Adbudg) and activity.curve.shape > 1:
        touch = activity.curve.reference * (activity.curve.half * (activity.curve.shape - 1)) ** (
            1 / activity.curve.shape
        )
        held += [touch / size]
    inside = [level for level in held if level == 0.0 or least - 1e-12 <= level <= most + 1e-12]
    found = np.unique(np.round(np.clip(inside, 0.0, most), 10))
    keep = np.concatenate([[True], np.diff(found) > 1e-6])
    levels = found[keep]
    # the plan's own level stands exactly where it is
    nearest = int(np.argmin(np.abs(levels - planned)))
    levels[nearest] = planned if abs(levels[nearest] - planned) < 1e-6 else levels[nearest]
    return levels
