"""The most of one goal while another stays above a floor, proved on the continuous curves.

Three bounds and three ways to a plan, the cheap ones first. The plan of the floor before is carried over: its levels
are sought anew under the new floor with supports held (`chords`), and the prices found there bound every plan
(`outlines`). Where the two do not meet, the programme under the covers of both goals gives better prices and
supports. Where that is not enough, a search decides what those prices leave open: whatever would cost more than the
bound is above the plan is settled without it. Plans count only where they hold in our own arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from workbench.allocation.canonical import Canonical
from workbench.allocation.chords import SPREADS, best_levels
from workbench.allocation.cover import LEAST_SPLIT, Piece
from workbench.allocation.highs import LinearModel, relax, search
from workbench.allocation.model import check_plan
from workbench.allocation.outlines import OUTWARDS, Outlines, Priced, Prices, price_bound

ROUNDS, RELAXED, STEPS, POLISHES = 40, 5, 3, 8
"""Searches, relaxations and steps along prices for one floor, and programmes of an improvement, at most."""
MARGIN = 1e-8
"""A floor is missed by no more than this (scaled): the digits that a solver leaves."""
WEIGHT = 1e3
"""A floor's row is written so many times larger: searches may miss a row by 1e-6."""
SLACK = 0.02
"""Share of the gap that raising the second goal may take of the first (ours: at its very end nothing can move)."""
HALF_LINES = 3
"""Lines laid on each half of a piece that is split, besides those of the whole."""
NODES = 100_000


@dataclass(frozen=True)
class Goals:
    """A plan that holds: scaled levels, supports, both goals, and the bound of the one that was maximised."""

    shares: np.ndarray
    is_open: np.ndarray
    goal: float
    other: float
    bound: float
    gap: float
    proved: bool


class TwoGoals:
    """Searches one goal above a floor of the other; what it learns of the curves serves every further floor."""

    def __init__(self, first: Canonical, second: Canonical, gap: float, until: float) -> None:
        self.forms, self.gap, self.until = (first, second), gap, until
        self.outlines = Outlines(first)
        self.effects = (self.outlines.effect(first), self.outlines.effect(second))
        self.of_floor = [0.0, 0.0]
        self.splits: dict[int, list[tuple[float, float]]] = {}

    def plan(self, shares: np.ndarray, is_open: np.ndarray) -> Goals:
        """Return a plan at hand with its goals; whether it holds is seen where it is offered."""
        values = [self._value(number, shares, is_open) for number in (0, 1)]
        return Goals(shares, is_open, values[0], values[1], np.inf, np.inf, False)

    def best(
        self, least: float | None, *, candidates: Sequence[Goals] = (), swapped: bool = False, gap: float | None = None
    ) -> Goals | None:
        """Return the most of the first goal with the second at `least` or above; the other way round where swapped.

        None where no plan holds, or none was found in time.
        """
        main, other = (1, 0) if swapped else (0, 1)
        state = _State(main, other, self._scaled(other, least), self.gap if gap is None else gap)
        state.of_floor = self.of_floor[main] if least is not None else 0.0
        for item in candidates:
            self._offer(state, item.shares, item.is_open)
        if candidates:
            self._walk(state, candidates[0].shares, candidates[0].is_open)
        if not self._is_proved(state) and self._relaxed(state):
            self._searched(state)
        if state.plan is None:
            return None
        shares, is_open = state.plan
        values = [self._value(number, shares, is_open) for number in (0, 1)]
        form, missing = self.forms[main], max(state.bound - state.value, 0.0) / self._lift(state)
        bound = max(form.zero_value + form.scale * state.bound, values[main])
        return Goals(shares, is_open, values[0], values[1], bound, float(missing), bool(missing <= state.asked))

    def raised(self, plan: Goals, *, is_exact: bool) -> Goals:
        """Return the plan with more of the second goal where that costs next to nothing of the first."""
        form = self.forms[0]
        lift = max(plan.goal - form.zero_value, 1e-4 * form.scale)
        least = plan.goal - SLACK * min(self.gap, max(self.gap - plan.gap, 0.0)) * lift
        if is_exact:
            found = self.best(least, candidates=[plan], swapped=True)
        else:
            state = _State(1, 0, self._scaled(0, least), self.gap)
            self._offer(state, plan.shares, plan.is_open)
            self._improve(state, plan.shares, plan.is_open)
            found = None if state.plan is None else self.plan(*state.plan)
        if found is None or found.other <= plan.other:
            return plan
        gap = max(plan.bound - found.goal, 0.0) / max(found.goal - form.zero_value, 1e-4 * form.scale)
        bound = max(plan.bound, found.goal)
        return Goals(found.shares, found.is_open, found.goal, found.other, bound, gap, bool(gap <= self.gap))

    # -- values ------------------------------------------------------------------------------------------------------

    def _scaled(self, number: int, least: float | None) -> float | None:
        form = self.forms[number]
        return None if least is None else (least - form.zero_value) / form.scale

    def _value(self, number: int, shares: np.ndarray, is_open: np.ndarray) -> float:
        form = self.forms[number]
        return form.zero_value + form.scale * form.value_of(shares, is_open)

    @staticmethod
    def _lift(state: _State) -> float:
        return max(state.value, 1e-4)

    def _is_proved(self, state: _State) -> bool:
        return state.plan is not None and state.bound - state.value <= state.asked * self._lift(state)

    def _offer(self, state: _State, shares: np.ndarray, is_open: np.ndarray) -> None:
        form = self.forms[state.main]
        # whole numbers come back with dust: what is all but nothing, or all but the minimum, is that
        shares = np.where((is_open[form.line_of] > 0) & (shares > np.maximum(form.least / 2, 1e-9)), shares, 0.0)
        shares = form.shares(form.levels(np.where((shares > 0) & (shares < form.least), form.least, shares)))
        value = form.value_of(shares, is_open)
        if value <= state.value:
            return
        if state.floor is not None and self.forms[state.other].value_of(shares, is_open) < state.floor - MARGIN:
            return
        if check_plan(form.portfolio, form.levels(shares), form.supports(is_open), rows=form.rules).holds:
            state.value, state.plan = value, (shares, is_open)

    def _priced(self, state: _State, prices: Prices) -> Priced:
        """Take what prices bound, and keep the prices that bound best."""
        sides = (state.main, state.other)
        found = price_bound(
            (self.forms[sides[0]], self.forms[sides[1]]),
            self.outlines,
            (self.effects[sides[0]], self.effects[sides[1]]),
            prices,
            state.floor,
            0.02 * state.asked * self._lift(state),
        )
        state.of_floor = self.of_floor[state.main] = prices.floor
        if state.priced is None or found.bound < state.priced.bound:
            state.priced = found
        state.bound = min(state.bound, found.bound)
        return found

    # -- plans -------------------------------------------------------------------------------------------------------

    def _improve(self, state: _State, shares: np.ndarray, is_open: np.ndarray) -> Prices | None:
        """Seek the best levels with these supports, offer what holds, and return the prices there; None: none hold."""
        form, other = self.forms[state.main], self.forms[state.other]
        effects = (self.effects[state.main], self.effects[state.other])
        is_open, prices, shift = np.round(is_open), None, 0.0
        least = None if state.floor is None else state.floor - MARGIN / 2 + float(other.standing @ (1.0 - is_open))
        of_floor = state.of_floor
        for step in range(POLISHES):
            fineness = min(step, len(SPREADS) - 1)
            asked = None if least is None else least + shift
            found = best_levels(form, self.outlines, effects, shares, is_open, asked, of_floor, fineness)
            if found is None and shift > 0:
                shift = 0.0
                continue
            if found is None:
                return prices
            shares, prices, of_floor = found.shares, found.prices, found.prices.floor
            before = state.value
            self._offer(state, shares, is_open)
            # where a curve helps one goal and hurts the other, chords promise more than there is: ask for that more
            short = 0.0 if state.floor is None else state.floor - other.value_of(shares, is_open)
            shift = shift + 1.2 * short if short > MARGIN else shift
            if step > 0 and short <= MARGIN and state.value <= before + 0.02 * state.asked * self._lift(state):
                break
        state.of_floor = of_floor
        return prices

    def _walk(self, state: _State, shares: np.ndarray, is_open: np.ndarray) -> None:
        """Improve a plan, ask its prices what they would rather support, and go on from there."""
        form, seen = self.forms[state.main], set()
        for _ in range(STEPS):
            prices = self._improve(state, shares, is_open)
            if prices is None:
                return
            priced = self._priced(state, prices)
            if self._is_proved(state):
                return
            is_open = np.where(form.may_close, priced.by_line > 0, True).astype(float)
            shares = np.where(is_open[form.line_of] > 0, priced.shares, 0.0)
            face = (is_open.tobytes(), (shares > 0).tobytes())
            if face in seen:
                return
            seen.add(face)

    def _relaxed(self, state: _State) -> bool:
        """Solve the programme under the covers, for prices and supports; False where no plan holds."""
        near = state.priced.shares if state.priced is not None else 0.5 * self.forms[0].most
        state.pieces = self._pieces(state, near)
        m = len(self.forms[0].row_names)
        for _ in range(RELAXED):
            found = relax(self._programme(state, is_relaxed=True))
            if found.point is None:
                return False
            self._bounded(state, found.value)
            # the floor stands before the portfolio's rows
            rows, of_floor = found.prices[found.prices.size - m :], -WEIGHT * float(found.prices[-m - 1])
            priced = self._priced(state, Prices(rows, of_floor))
            shares, is_open, errors = self._read(state, found.point)
            allowed = 0.02 * state.asked * self._lift(state)
            if self._is_proved(state) or found.value - self._base(state) - priced.bound < allowed:
                break
            least = allowed / (10 * max(len(errors), 1))
            if not any([self._lay(state, number, inside) for number, inside, error in errors if error > least]):
                break
        for held in (np.where(is_open > 0.5, 1.0, 0.0), np.where(is_open > 1e-6, 1.0, 0.0)):
            if not self._is_proved(state):
                self._walk(state, shares, held)
        return True

    def _searched(self, state: _State) -> None:
        """Search among all that prices leave open, splitting the covers where they jump over the curves."""
        for _ in range(ROUNDS):
            left = self.until - time.process_time()
            if self._is_proved(state) or left <= 0:
                return
            size = max(abs(state.value + float(self.forms[state.main].standing.sum())), self._lift(state), 1e-12)
            share = 0.2 * state.asked * (self._lift(state) / size if state.plan is not None else 1.0)
            answer = search(self._programme(state, is_relaxed=False), gap=share, seconds=left, nodes=NODES)
            if answer.point is None:
                if answer.status == "infeasible" and state.plan is not None:
                    state.bound = min(state.bound, state.value)  # all that was settled costs more than it could bring
                elif answer.status != "infeasible":
                    self._bounded(state, answer.bound)
                return
            self._bounded(state, answer.bound)
            shares, is_open, errors = self._read(state, answer.point)
            before = state.value
            self._offer(state, shares, np.round(is_open))
            self._improve(state, shares, np.round(is_open))
            worst = max((error for *_, error in errors), default=0.0)
            least = min(0.1 * state.asked * self._lift(state) / max(len(errors), 1), worst / 2)
            wrong = [(state.pieces[number], inside) for number, inside, error in errors if error > least]
            # the same programme would give the same answer: a plan that a solver's tolerance alone lets pass
            if not any([self._refine(state, piece, inside) for piece, inside in wrong]) and state.value <= before:
                return

    def _base(self, state: _State) -> float:
        return float(self.forms[state.main].standing.sum())

    def _bounded(self, state: _State, value: float) -> None:
        """Take a programme's bound, which counts what stands; what was settled is worth no more than the plan."""
        bound = value - self._base(state)
        state.bound = min(state.bound, max(bound + OUTWARDS * (1.0 + abs(bound)), state.settled))

    # -- covers ------------------------------------------------------------------------------------------------------

    def _pieces(self, state: _State, near: np.ndarray) -> list[_Cell]:
        """Return a piece for each activity, those split before in their parts, with lines around where prices lead."""
        form, cells = self.forms[0], []
        signs = self._signs(state)
        for place in np.flatnonzero(form.most > 0):
            parts = self.splits.get(int(place))
            if parts:
                cells += [self._cell(int(place), *part, signs[place]) for part in parts]
                continue
            low, high = float(form.least[place]), float(form.most[place])
            covers = {
                side: Piece(int(place), low, high, self.outlines.near(int(place), side, float(near[place])))
                for side in signs[place]
            }
            cells.append(_Cell(int(place), low, high, covers))
        return cells

    def _signs(self, state: _State) -> list[tuple[int, ...]]:
        """Return for each activity which covers count: of its rise (0), of its fall (1)."""
        held = [self.effects[state.main]] + ([self.effects[state.other]] if state.floor is not None else [])
        return [
            tuple(
                side
                for side, is_used in ((0, any(part > 0 for part in parts)), (1, any(part < 0 for part in parts)))
                if is_used
            )
            for parts in zip(*held, strict=True)
        ]

    def _cell(self, place: int, low: float, high: float, sides: Sequence[int]) -> _Cell:
        cell = _Cell(place, low, high, {side: Piece(place, low, high) for side in sides})
        for side, piece in cell.covers.items():
            for share in np.linspace(low, high, HALF_LINES + 2):
                piece.add(self.outlines.units[side], float(share))
        return cell

    def _lay(self, state: _State, number: int, share: float) -> bool:
        covers = state.pieces[number].covers
        return any([piece.add(self.outlines.units[side], share) for side, piece in covers.items()])

    def _refine(self, state: _State, cell: _Cell, share: float) -> bool:
        """Another line where the curve bends, a split where it is jumped over; False where neither helps."""
        number = next(place for place, held in enumerate(state.pieces) if held is cell)
        if self._lay(state, number, share):
            return True
        for side, piece in cell.covers.items():
            *_, jump = self.outlines.units[side].line(piece.activity, share, piece.low, piece.high)
            if jump is not None and jump[0] < share < jump[1]:
                margin = LEAST_SPLIT * (jump[1] - jump[0])
                cut = float(np.clip(share, jump[0] + margin, jump[1] - margin))
                parts = ((cell.low, cut), (cut, cell.high))
                halves = [self._cell(cell.activity, *part, tuple(cell.covers)) for part in parts]
                for half in halves:
                    for own, cover in half.covers.items():
                        cover.lines.update(cell.covers[own].lines)
                state.pieces[number : number + 1] = halves
                self.splits[cell.activity] = [
                    (held.low, held.high) for held in state.pieces if held.activity == cell.activity
                ]
                return True
        return False

    def _programme(self, state: _State, *, is_relaxed: bool) -> LinearModel:
        """Return the programme: supports, then x, z and y of each piece.

        y is what share of its rise the activity brings, between the covers from above and from below: both goals count
        the same y, so that what helps one and hurts the other cannot be promised to each as it likes it.
        """
        form, cells = self.forms[state.main], state.pieces
        n, n_lines = len(cells), len(form.lines)
        x, z, y = (n_lines + part * n + np.arange(n) for part in range(3))
        count = n_lines + 3 * n
        activity = np.array([cell.activity for cell in cells], dtype=int)
        low, high = np.array([cell.low for cell in cells]), np.array([cell.high for cell in cells])
        is_single = np.bincount(activity, minlength=len(form.activities))[activity] == 1
        settled = self._settled(state) if not is_relaxed else None
        is_merged = (low == 0.0) & is_single
        if settled is not None:  # open with its line: no other way could be worth as much as the plan
            is_merged = is_merged | (is_single & (settled[1][activity] > 0))
        line = form.line_of[activity]
        on = np.where(is_merged, line, z)
        rows = _Rows(count)
        place = np.arange(n)
        rows.add([(place, x, np.ones(n)), (place, on, -high)], n, -np.inf, 0.0)
        has_low = np.flatnonzero(low > 0)
        some = np.arange(has_low.size)
        rows.add(
            [(some, x[has_low], np.ones(has_low.size)), (some, on[has_low], -low[has_low])], has_low.size, 0.0, np.inf
        )
        held = [
            (number, 1.0 - 2.0 * side, *line_of)
            for number, cell in enumerate(cells)
            for side, piece in cell.covers.items()
            for line_of in piece.lines
        ]
        if held:
            owners, signs, slopes, intercepts = (np.array(part) for part in zip(*held, strict=True))
            which, many = owners.astype(int), np.arange(len(held))
            rows.add(
                [(many, y[which], signs), (many, x[which], -slopes), (many, on[which], -intercepts)],
                many.size,
                -np.inf,
                0.0,
            )
        split = np.flatnonzero(~is_merged)
        if split.size:
            names, which = np.unique(activity[split], return_inverse=True)
            own = np.arange(names.size)
            parts = [(which, z[split], np.ones(split.size)), (own, form.line_of[names], -np.ones(names.size))]
            rows.add(parts, names.size, -np.inf, 0.0)
        gains = [np.zeros(count), np.zeros(count)]
        for gain, number in zip(gains, (state.main, state.other), strict=True):
            gain[:n_lines] = self.forms[number].standing
            gain[y] = self.effects[number][activity]
        standing = float(self.forms[state.other].standing.sum())
        all_places = np.zeros(count, dtype=int)
        least = -np.inf if state.floor is None else WEIGHT * (state.floor - MARGIN + standing)
        rows.add([(all_places, np.arange(count), WEIGHT * gains[1])], 1, least, np.inf)
        by_level = np.zeros((len(form.row_names), count))
        by_level[:, x], by_level[:, :n_lines] = form.by_level[:, activity], form.by_support
        floor_of, top = np.zeros(count), np.ones(count)
        floor_of[:n_lines] = np.where(form.may_close, 0.0, 1.0)
        top[x], top[z] = high, np.where(is_merged, 0.0, 1.0)
        is_whole = np.zeros(count, dtype=bool)
        if not is_relaxed:
            is_whole[:n_lines], is_whole[z] = form.may_close, ~is_merged
        if settled is not None:
            floor_of[:n_lines] = np.where(settled[0] > 0, 1.0, floor_of[:n_lines])
            top[:n_lines] = np.where((settled[0] < 0) & form.may_close, 0.0, top[:n_lines])
            top[z] = np.where(settled[1][activity] < 0, 0.0, top[z])
        return rows.model(gains[0], floor_of, top, is_whole, by_level, form.row_low, form.row_high)

    def _settled(self, state: _State) -> tuple[np.ndarray, np.ndarray] | None:
        """Return which lines and activities cannot be decided otherwise at a profit: 1 on, -1 off, 0 open."""
        if state.priced is None or state.plan is None:
            return None
        form, room = self.forms[state.main], state.priced.bound - state.value
        state.settled = max(state.settled, state.value)
        lines, single = state.priced.by_line, state.priced.by_activity
        line = np.where(form.may_close & (np.abs(lines) > room), np.sign(lines), 0.0)
        activity = np.where((form.least > 0) & (np.abs(single) > room), np.sign(single), 0.0)
        return line, activity

    def _read(self, state: _State, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[tuple[int, float, float]]]:
        """Return levels, supports, and of each piece in use its level and by how much its covers promise too much."""
        form, n, n_lines = self.forms[state.main], len(state.pieces), len(self.forms[0].lines)
        shares, errors = np.zeros(len(form.activities)), []
        sides = (state.main,) if state.floor is None else (state.main, state.other)
        single = np.bincount([cell.activity for cell in state.pieces], minlength=len(form.activities))
        for number, cell in enumerate(state.pieces):
            level, is_on = float(point[n_lines + number]), float(point[n_lines + n + number])
            if single[cell.activity] == 1 and is_on < 1e-9:
                is_on = float(point[int(form.line_of[cell.activity])]) if level > 0 or cell.low == 0.0 else 0.0
            shares[cell.activity] += level
            if is_on > 1e-6:
                inside = float(np.clip(level / is_on, cell.low, cell.high))
                missed = float(point[n_lines + 2 * n + number]) / is_on - self.outlines.lift(cell.activity, inside)
                promised = sum(max(float(self.effects[side][cell.activity]) * missed, 0.0) for side in sides)
                errors.append((number, inside, is_on * promised))
        return shares, np.array(point[:n_lines]), errors


@dataclass(frozen=True)
class _Cell:
    """An interval of scaled levels of one activity, with the covers over it: of its rise (0), of its fall (1)."""

    activity: int
    low: float
    high: float
    covers: dict[int, Piece]


@dataclass
class _State:
    """What is sought, best value so far and bound (scaled, over doing nothing), the plan, and the best prices."""

    main: int
    other: int
    floor: float | None
    asked: float
    value: float = -np.inf
    bound: float = np.inf
    plan: tuple[np.ndarray, np.ndarray] | None = None
    priced: Priced | None = None
    of_floor: float = 0.0
    settled: float = -np.inf
    """Value of the plan beside which something was settled: a bound of what was left open is no less."""
    pieces: list[_Cell] = field(default_factory=list)


class _Rows:
    """A sparse matrix, block by block."""

    def __init__(self, count: int) -> None:
        self.count, self.height = count, 0
        self.parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.low: list[np.ndarray] = []
        self.high: list[np.ndarray] = []

    def add(self, parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], size: int, low: float, high: float) -> None:
        self.parts += [(self.height + row, column, value) for row, column, value in parts]
        self.low.append(np.full(size, low))
        self.high.append(np.full(size, high))
        self.height += size

    def model(
        self,
        gain: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        is_whole: np.ndarray,
        last: np.ndarray,
        last_low: np.ndarray,
        last_high: np.ndarray,
    ) -> LinearModel:
        """Return the programme with the portfolio's rows last."""
        more, columns = np.nonzero(last)
        parts = [*self.parts, (self.height + more, columns, last[more, columns])]
        rows, places, values = (np.concatenate(part) for part in zip(*parts, strict=True))
        shape = (self.height + last.shape[0], self.count)
        return LinearModel(
            gain, low, high, is_whole, csr_matrix((values, (rows, places)), shape=shape),
            np.concatenate([*self.low, last_low]), np.concatenate([*self.high, last_high]),
        )  # fmt: skip
