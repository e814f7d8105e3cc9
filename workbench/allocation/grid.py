"""One programme for many draws: levels on a grid, so that a draw changes nothing but what is maximised.

Each activity takes a mix of neighbouring levels of its grid; what holds of capacities, minima and rules is written
once, and every draw puts its own values on the levels. The best mix overrates a curve where it skips over a bend
(its concave cover); there the activity is told to stay on one side, and the programme is solved again. A plan that
holds in one draw holds in all, so every plan found is a candidate for each draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from workbench.allocation.canonical import Canonical
from workbench.allocation.curves import Adbudg, Points
from workbench.allocation.highs import LinearModel, search
from workbench.allocation.model import check_plan

STEPS = 24
"""Even steps of the grid between minimum and maximum; what the plan uses comes on top (ours: see the bench)."""
NEAR_PLAN = (-0.04, -0.015, 0.0, 0.015, 0.04)
"""Further levels around the plan's, as shares of the largest level (ours)."""
ROUNDS = 6
"""Times a programme is told to stay on one side of a bend before its gap is left as it is."""
MOST_BRANCHES = 24
"""Plain programmes before a search takes over (ours)."""
_NONE = 1e-9


@dataclass(frozen=True, eq=False)
class GridPlan:
    """A plan on the grid: scaled levels and supports, and the weight of each grid level."""

    shares: np.ndarray
    is_open: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True, eq=False)
class GridAnswer:
    """The best plan found for some values, what it is worth, and what no plan on the grid can beat (scaled)."""

    plan: GridPlan
    value: float
    bound: float
    searches: int


class LevelGrid:
    """Grids of all activities, the rows over them, and the best plan for any values on them."""

    def __init__(self, form: Canonical, shares: np.ndarray, is_open: np.ndarray) -> None:
        """Lay the grids so that the given plan is on them."""
        self.form = form
        self.levels = [_levels(form, place, float(shares[place])) for place in range(len(form.activities))]
        self.starts = np.cumsum([0, *(len(levels) for levels in self.levels)])
        self.flat = np.concatenate(self.levels) if self.levels else np.zeros(0)
        self.owner = np.repeat(np.arange(len(self.levels)), [len(levels) for levels in self.levels])
        self.plan = self.on_grid(shares, is_open)
        self._closing = np.array([form.portfolio.closing_value(line) / form.scale for line in form.lines])
        self._bases: dict[tuple[tuple[int, int], ...], LinearModel] = {}

    @property
    def size(self) -> int:
        """Number of grid levels of all activities."""
        return len(self.flat)

    def on_grid(self, shares: np.ndarray, is_open: np.ndarray) -> GridPlan:
        """Return a plan with the weights of the two grid levels around each of its levels."""
        weights = np.zeros(self.size)
        for place, levels in enumerate(self.levels):
            if not is_open[self.form.line_of[place]]:
                continue
            share, start = float(np.clip(shares[place], levels[0], levels[-1])), int(self.starts[place])
            right = int(np.clip(np.searchsorted(levels, share), 1, max(len(levels) - 1, 1)))
            if len(levels) == 1:
                weights[start] = 1.0
                continue
            part = (share - levels[right - 1]) / (levels[right] - levels[right - 1])
            weights[start + right - 1], weights[start + right] = 1.0 - part, part
        return GridPlan(np.array(shares, dtype=float), np.array(is_open, dtype=float), weights)

    def value_of(self, plan: GridPlan, values: np.ndarray) -> np.ndarray | float:
        """Return what a plan is worth for values on the grid (one draw, or a row a draw); scaled, closing paid."""
        return values @ plan.weights - float(self._closing @ (1.0 - plan.is_open))

    def best(
        self, values: np.ndarray, *, tolerance: float, pool: Sequence[GridPlan] = (), known: float = -np.inf
    ) -> GridAnswer:
        """Return the best plan for values on the grid, to a tolerance.

        Parameters
        ----------
        values : array, shape (n_levels,)
            Scaled value of each grid level.
        tolerance : float
            Scaled; a plan this close to the bound is good enough.
        pool : sequence of GridPlan
            Plans to start from.
        known : float
            Value of the best of them, where it is at hand.
        """
        top = max(pool, key=lambda plan: float(self.value_of(plan, values)), default=self.plan)
        value, bound, count = float(self.value_of(top, values)), np.inf, 0
        splits: list[tuple[int, int]] = []
        value = max(value, known)
        for _ in range(ROUNDS):
            model = self.programme(values, tuple(splits))
            point, limit, solved = _branched(model, tolerance / 4)
            count += solved
            bound = min(bound, limit - float(self._closing.sum()))
            if point is None:
                break
            plan, jumps = self.read(point, values)
            if plan is not None and float(self.value_of(plan, values)) > value:
                top, value = plan, float(self.value_of(plan, values))
            if bound - value <= tolerance or not jumps:
                break
            fresh = [split for split in jumps if split not in splits]
            if not fresh:
                break
            splits.extend(fresh[:3])
        return GridAnswer(top, value, max(bound, value), count)

    def best_with(
        self, values: np.ndarray, *, line: int, is_open: bool, barred: np.ndarray | None = None, tolerance: float
    ) -> GridPlan | None:
        """Return the best plan found with a line decided so, and without some levels; None where there is none.

        Parameters
        ----------
        values : array, shape (n_levels,)
            Scaled; of each grid level.
        line : int
            Place of the line.
        is_open : bool
            Whether it is supported.
        barred : array of int, optional
            Places of grid levels, over all activities, that no activity may take.
        tolerance : float
            As in `best`.
        """
        n_lines = len(self.form.lines)
        splits: list[tuple[int, int]] = []
        top: GridPlan | None = None
        value = -np.inf
        for _ in range(ROUNDS):
            model = self.programme(values, tuple(splits))
            low, high = model.low.copy(), model.high.copy()
            low[line] = high[line] = float(is_open)
            if barred is not None:
                high[n_lines + barred] = 0.0
            point, limit, _ = _branched(replace(model, low=low, high=high), tolerance / 4)
            if point is None:
                break
            plan, jumps = self.read(point, values)
            if plan is not None and float(self.value_of(plan, values)) > value:
                top, value = plan, float(self.value_of(plan, values))
            fresh = [split for split in jumps if split not in splits]
            if limit - float(self._closing.sum()) - value <= tolerance or not fresh:
                break
            splits.extend(fresh[:3])
        return top

    def programme(self, values: np.ndarray, splits: tuple[tuple[int, int], ...] = ()) -> LinearModel:
        """Return the programme for values on the grid: supports, weights of the levels, a yes/no a split."""
        base = self._base(splits)
        gain = np.concatenate([self._closing, values, np.zeros(len(splits))])
        return LinearModel(gain, base.low, base.high, base.is_whole, base.rows, base.row_low, base.row_high)

    def _base(self, splits: tuple[tuple[int, int], ...]) -> LinearModel:
        held = self._bases.get(splits)
        if held is not None:
            return held
        form, n_lines, n = self.form, len(self.form.lines), len(self.form.activities)
        count = n_lines + self.size + len(splits)
        one = np.zeros((n, count))
        one[self.owner, n_lines + np.arange(self.size)] = 1.0
        one[np.arange(n), form.line_of] = -1.0
        rows = np.zeros((len(form.row_names), count))
        rows[:, :n_lines] = form.by_support
        rows[:, n_lines : n_lines + self.size] = form.by_level[:, self.owner] * self.flat
        parts, low, high = [one, rows], [np.zeros(n), form.row_low], [np.zeros(n), form.row_high]
        for number, (place, cut) in enumerate(splits):
            # left of the cut where the yes/no is 1, right of it where it is 0; the level at the cut is on both sides,
            # but nothing lies between zero and a minimum
            start, end, z = int(self.starts[place]), int(self.starts[place + 1]), n_lines + self.size + number
            is_gap = cut == 1 and form.least[place] > 0
            sides = np.zeros((2, count))
            sides[0, n_lines + start : n_lines + start + cut] = 1.0
            sides[0, z] = -1.0
            sides[1, n_lines + start + cut + (0 if is_gap else 1) : n_lines + end] = 1.0
            sides[1, z] = 1.0
            parts.append(sides)
            low.append(np.full(2, -np.inf))
            high.append(np.array([0.0, 1.0]))
        column_low = np.zeros(count)
        column_low[:n_lines] = np.where(form.may_close, 0.0, 1.0)
        is_whole = np.zeros(count, dtype=bool)
        is_whole[:n_lines] = form.may_close
        is_whole[n_lines + self.size :] = True
        made = LinearModel(
            np.zeros(count),
            column_low,
            np.ones(count),
            is_whole,
            csr_matrix(np.vstack(parts)),
            np.concatenate(low),
            np.concatenate(high),
        )
        self._bases[splits] = made
        return made

    def read(self, point: np.ndarray, values: np.ndarray) -> tuple[GridPlan | None, list[tuple[int, int]]]:
        """Return the plan of a point (None where an activity is between zero and its minimum), and where it jumps."""
        form, n_lines = self.form, len(self.form.lines)
        is_open = np.round(point[:n_lines])
        mix = np.clip(point[n_lines : n_lines + self.size], 0.0, 1.0)
        shares = np.add.reduceat(mix * self.flat, self.starts[:-1]) if self.size else np.zeros(0)
        shares = np.where(is_open[form.line_of] > 0, shares, 0.0)
        plan = self.on_grid(shares, is_open)
        over = np.add.reduceat((mix - plan.weights) * values, self.starts[:-1]) if self.size else np.zeros(0)
        jumps: list[tuple[int, int]] = []
        is_between = False
        for place in np.argsort(-over, kind="stable"):
            least, share = float(form.least[place]), float(shares[place])
            if least > 0 and _NONE < share < least * (1.0 - 1e-9):
                is_between = True
                jumps.insert(0, (int(place), 1))
            elif over[place] > _NONE:
                levels = self.levels[place]
                cut = int(np.clip(np.searchsorted(levels, share), 1, len(levels) - 2)) if len(levels) > 2 else 0
                if cut > 0:
                    jumps.append((int(place), cut))
        return (None if is_between else plan), jumps

    def holds(self, plan: GridPlan) -> bool:
        """Check a plan without the solver."""
        form = self.form
        found = check_plan(form.portfolio, form.levels(plan.shares), form.supports(plan.is_open), rows=form.rules)
        return found.holds


def _branched(model: LinearModel, tolerance: float) -> tuple[np.ndarray | None, float, int]:
    """Return the best whole point, a bound, and how many linear programmes that took.

    Supports are whole in most relaxations of a portfolio, and splits are few: a handful of plain programmes is
    several times quicker than a search set up anew. Where it is not a handful, the search does it.
    """
    best, value, count = None, -np.inf, 0
    plain = np.zeros(len(model.gain), dtype=bool)
    waiting: list[tuple[float, np.ndarray, np.ndarray]] = [(np.inf, model.low, model.high)]
    while waiting:
        waiting.sort(key=lambda item: item[0])
        limit, low, high = waiting.pop()
        if limit <= value + tolerance:
            return best, max(limit, value), count
        if count >= MOST_BRANCHES:
            found = search(model, gap=1e-5, seconds=10.0, nodes=20_000)
            return found.point, found.bound, count + 1
        count += 1
        found = search(
            replace(model, low=low, high=high, is_whole=plain), gap=0.0, seconds=10.0, nodes=0, presolve=False
        )
        if found.point is None:
            continue
        off = np.where(model.is_whole, np.abs(found.point - np.round(found.point)), 0.0)
        here = int(off.argmax())
        if off[here] <= 1e-6:
            if found.value > value:
                best, value = found.point, found.value
            continue
        down, up = high.copy(), low.copy()
        down[here], up[here] = 0.0, 1.0
        waiting += [(found.value, low, down), (found.value, up, high)]
    return best, value, count


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
