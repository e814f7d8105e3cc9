"""The most of one goal while another stays above a floor, proved on the continuous curves.

Both goals are covered by lines that lie nowhere below their curves, on the same pieces; what the programme with both
promises no plan can beat. Where the covers part from the curves, lines are added or pieces split. Plans are improved
with supports and branches held (Kelley 1960), and count only where they hold in our own arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack

from workbench.allocation.canonical import Canonical
from workbench.allocation.cover import LEAST_SPLIT, Piece
from workbench.allocation.highs import LinearModel, relax, search
from workbench.allocation.model import check_plan
from workbench.allocation.polish import stretches_at, tangent_at

ROUNDS, RELAXED, POLISHES = 40, 6, 30
"""Searches and relaxations a point, and programmes of an improvement, at most."""
OUTWARDS = 1e-9
"""Bounds are rounded outwards by this, times one plus their size."""
MARGIN = 1e-9
"""A floor is missed by no more than this (scaled): the digits that a solver leaves."""
FIRST_LINES = 7
"""Lines laid on each curve before the first programme."""
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
        self.pieces: list[tuple[Piece, Piece]] = []
        for place in range(len(first.activities)):
            if first.most[place] > 0:
                self.pieces.append(self._pair(place, float(first.least[place]), float(first.most[place])))
        self.cuts: dict[tuple[int, int, float, float], dict[tuple[float, float], None]] = {}

    def _pair(self, place: int, low: float, high: float, count: int = FIRST_LINES) -> tuple[Piece, Piece]:
        pair = (Piece(place, low, high), Piece(place, low, high))
        for form, piece in zip(self.forms, pair, strict=True):
            for share in np.linspace(low, high, count):
                piece.add(form, float(share))
        return pair

    def best(
        self, least: float | None, *, candidates: Sequence[Goals] = (), swapped: bool = False, gap: float | None = None
    ) -> Goals | None:
        """Return the most of the first goal with the second at `least` or above; the other way round where swapped.

        None where no plan holds, or none was found in time.
        """
        main, other = (1, 0) if swapped else (0, 1)
        asked, floor = self.gap if gap is None else gap, self._scaled(other, least)
        state = _State(-np.inf, np.inf, None)
        for item in candidates:
            self._offer(state, item.shares, item.is_open, main, other, floor)
        before = np.inf
        for _ in range(RELAXED):
            found = relax(self._programme(main, other, floor, is_relaxed=True))
            if found.point is None:
                return None
            state.bound = min(state.bound, self._bound(main, found.value))
            shares, is_open, errors = self._read(found.point, main, other)
            grown = [self._lay(number, inside) for number, inside, error in errors if error > 1e-9]
            if not any(grown) or before - found.value < 0.05 * asked * max(abs(found.value), 1e-12):
                break
            before = found.value
        tries = [np.where(is_open > 0.5, 1.0, 0.0), np.where(is_open > 1e-6, 1.0, 0.0)]
        tries += [item.is_open for item in candidates]
        for held in tries:
            if not self._is_proved(state, asked):
                self._improve(state, shares, held, main, other, floor, asked)
        for _ in range(ROUNDS):
            left = self.until - time.monotonic()
            if self._is_proved(state, asked) or left <= 0:
                break
            lift = max(state.value, 1e-4)
            size = max(abs(state.value + float(self.forms[main].standing.sum())), lift, 1e-12)
            share = 0.2 * asked * lift / size if state.plan is not None else 0.2 * asked
            answer = search(self._programme(main, other, floor, is_relaxed=False), gap=share, seconds=left, nodes=NODES)
            state.bound = min(state.bound, self._bound(main, answer.bound))
            if answer.point is None:
                if answer.status == "infeasible" and state.plan is None:
                    return None
                break
            shares, is_open, errors = self._read(answer.point, main, other)
            self._offer(state, shares, np.round(is_open), main, other, floor)
            self._improve(state, shares, np.round(is_open), main, other, floor, asked)
            worst = max((error for *_, error in errors), default=0.0)
            least_error = min(0.1 * asked * lift / max(len(errors), 1), worst / 2)
            split = [(self.pieces[number], inside) for number, inside, error in errors if error > least_error]
            for pair, inside in split:
                self._refine(pair, inside)
        if state.plan is None:
            return None
        shares, is_open = state.plan
        values = [self._value(number, shares, is_open) for number in (0, 1)]
        form = self.forms[main]
        lift = max(state.value, 1e-4)
        missing = max(state.bound - state.value, 0.0) / lift
        bound = max(form.zero_value + form.scale * state.bound, values[main])
        return Goals(shares, is_open, values[0], values[1], bound, float(missing), bool(missing <= asked))

    def raised(self, plan: Goals, *, is_exact: bool) -> Goals:
        """Return the plan with more of the second goal where that costs nothing of the first."""
        if is_exact:
            found = self.best(plan.goal, candidates=[plan], swapped=True)
        else:
            state = _State(-np.inf, np.inf, None)
            floor = self._scaled(0, plan.goal)
            self._offer(state, plan.shares, plan.is_open, 1, 0, floor)
            self._improve(state, plan.shares, plan.is_open, 1, 0, floor, self.gap)
            if state.plan is None:
                return plan
            values = [self._value(number, *state.plan) for number in (0, 1)]
            found = Goals(*state.plan, values[0], values[1], plan.bound, plan.gap, plan.proved)
        if found is None or found.other < plan.other or found.goal < plan.goal:
            return plan
        return Goals(found.shares, found.is_open, found.goal, found.other, plan.bound, plan.gap, plan.proved)

    # -- values ------------------------------------------------------------------------------------------------------

    def _scaled(self, number: int, least: float | None) -> float | None:
        form = self.forms[number]
        return None if least is None else (least - form.zero_value) / form.scale

    def _value(self, number: int, shares: np.ndarray, is_open: np.ndarray) -> float:
        form = self.forms[number]
        return form.zero_value + form.scale * form.value_of(shares, is_open)

    def _bound(self, main: int, value: float) -> float:
        bound = value - float(self.forms[main].standing.sum())
        return bound + OUTWARDS * (1.0 + abs(bound))

    @staticmethod
    def _is_proved(state: _State, asked: float) -> bool:
        return state.plan is not None and state.bound - state.value <= asked * max(state.value, 1e-4)

    def _offer(
        self, state: _State, shares: np.ndarray, is_open: np.ndarray, main: int, other: int, floor: float | None
    ) -> None:
        form = self.forms[main]
        # whole numbers come back with dust: what is all but nothing, or all but the minimum, is that
        shares = np.where((is_open[form.line_of] > 0) & (shares > np.maximum(form.least / 2, 1e-9)), shares, 0.0)
        shares = form.shares(form.levels(np.where((shares > 0) & (shares < form.least), form.least, shares)))
        value = form.value_of(shares, is_open)
        if value <= state.value:
            return
        if floor is not None and self.forms[other].value_of(shares, is_open) < floor - MARGIN:
            return
        if check_plan(form.portfolio, form.levels(shares), form.supports(is_open), rows=form.rules).holds:
            state.value, state.plan = value, (shares, is_open)

    # -- covers ------------------------------------------------------------------------------------------------------

    def _lay(self, number: int, share: float) -> bool:
        return any([piece.add(form, share) for form, piece in zip(self.forms, self.pieces[number], strict=True)])

    def _refine(self, pair: tuple[Piece, Piece], share: float) -> None:
        """Another line where the curve bends, a split where it is jumped over."""
        number = self.pieces.index(pair)
        if self._lay(number, share):
            return
        for form, piece in zip(self.forms, pair, strict=True):
            *_, jump = form.line(piece.activity, share, piece.low, piece.high)
            if jump is not None and jump[0] < share < jump[1]:
                margin = LEAST_SPLIT * (jump[1] - jump[0])
                cut = float(np.clip(share, jump[0] + margin, jump[1] - margin))
                halves = [self._pair(piece.activity, *ends, 3) for ends in ((piece.low, cut), (cut, piece.high))]
                for half in halves:
                    for new, old in zip(half, pair, strict=True):
                        new.lines.update(old.lines)
                self.pieces[number : number + 1] = halves
                return

    def _programme(self, main: int, other: int, floor: float | None, *, is_relaxed: bool) -> LinearModel:
        """Return the programme: supports, then x, y of the main goal, y of the other, and z of each piece."""
        form, n, n_lines = self.forms[main], len(self.pieces), len(self.forms[0].lines)
        x, y, t, z = (n_lines + part * n + np.arange(n) for part in range(4))
        count = n_lines + 4 * n
        activity = np.array([pair[0].activity for pair in self.pieces], dtype=int)
        low = np.array([pair[0].low for pair in self.pieces])
        high = np.array([pair[0].high for pair in self.pieces])
        is_merged = (low == 0.0) & (np.bincount(activity, minlength=len(form.activities))[activity] == 1)
        line = form.line_of[activity]
        on = np.where(is_merged, line, z)
        rows, columns, data, row_low, row_high = [], [], [], [], []
        height = 0

        def add(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], size: int, least: float, most: float) -> None:
            nonlocal height
            for row, column, value in parts:
                rows.append(height + row)
                columns.append(column)
                data.append(np.broadcast_to(value, row.shape))
            row_low.append(np.full(size, least))
            row_high.append(np.full(size, most))
            height += size

        place = np.arange(n)
        add([(place, x, np.ones(n)), (place, on, -high)], n, -np.inf, 0.0)
        add([(place, x, np.ones(n)), (place, on, -low)], n, 0.0, np.inf)
        for side, column in ((main, y), (other, t)) if floor is not None else ((main, y),):
            owner, slopes, intercepts = self._lines(side)
            many = np.arange(owner.size)
            parts = [
                (many, column[owner], np.ones(owner.size)),
                (many, x[owner], -slopes),
                (many, on[owner], -intercepts),
            ]
            add(parts, owner.size, -np.inf, 0.0)
        split = np.flatnonzero(~is_merged)
        if split.size:
            names, which = np.unique(activity[split], return_inverse=True)
            own = np.arange(names.size)
            add(
                [(which, z[split], np.ones(split.size)), (own, form.line_of[names], -np.ones(names.size))],
                names.size,
                -np.inf,
                0.0,
            )
        if floor is not None:
            held = self.forms[other]
            parts = [
                (np.zeros(n, dtype=int), t, np.ones(n)),
                (np.zeros(n_lines, dtype=int), np.arange(n_lines), held.standing),
            ]
            add(parts, 1, floor - MARGIN + float(held.standing.sum()), np.inf)
        shape = (height, count)
        upper = csr_matrix((np.concatenate(data), (np.concatenate(rows), np.concatenate(columns))), shape=shape)
        by_level = np.zeros((len(form.row_names), count))
        by_level[:, x], by_level[:, :n_lines] = form.by_level[:, activity], form.by_support
        gain, floor_of, top = np.zeros(count), np.zeros(count), np.ones(count)
        gain[:n_lines], gain[y] = form.standing, 1.0
        floor_of[:n_lines] = np.where(form.may_close, 0.0, 1.0)
        floor_of[y], top[y] = -np.inf, np.inf
        floor_of[t], top[t] = (0.0, 0.0) if floor is None else (-np.inf, np.inf)
        top[x], top[z] = high, np.where(is_merged, 0.0, 1.0)
        is_whole = np.zeros(count, dtype=bool)
        if not is_relaxed:
            is_whole[:n_lines], is_whole[z] = form.may_close, ~is_merged
        return LinearModel(
            gain, floor_of, top, is_whole, csr_matrix(vstack([upper, csr_matrix(by_level)])),
            np.concatenate([*row_low, form.row_low]), np.concatenate([*row_high, form.row_high]),
        )  # fmt: skip

    def _lines(self, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        held = [(number, *line) for number, pair in enumerate(self.pieces) for line in pair[side].lines]
        owner, slopes, intercepts = (np.array(part) for part in zip(*held, strict=True))
        return owner.astype(int), slopes, intercepts

    def _read(
        self, point: np.ndarray, main: int, other: int
    ) -> tuple[np.ndarray, np.ndarray, list[tuple[int, float, float]]]:
        """Return levels, supports, and of each piece in use its level and by how much both covers promise too much."""
        form, n, n_lines = self.forms[main], len(self.pieces), len(self.forms[0].lines)
        shares, errors = np.zeros(len(form.activities)), []
        single = np.bincount([pair[0].activity for pair in self.pieces], minlength=len(form.activities))
        for number, pair in enumerate(self.pieces):
            piece = pair[0]
            is_merged = piece.low == 0.0 and single[piece.activity] == 1
            on = float(point[int(form.line_of[piece.activity])] if is_merged else point[n_lines + 3 * n + number])
            level = float(point[n_lines + number])
            shares[piece.activity] += level
            if on > 1e-6:
                inside = float(np.clip(level / on, piece.low, piece.high))
                missed = sum(
                    held.over(inside) - self.forms[side].lift(piece.activity, inside) for side, held in enumerate(pair)
                )
                errors.append((number, inside, on * missed))
        is_open = np.array(point[:n_lines])
        return shares, is_open, errors

    # -- improving ---------------------------------------------------------------------------------------------------

    def _improve(
        self,
        state: _State,
        shares: np.ndarray,
        is_open: np.ndarray,
        main: int,
        other: int,
        floor: float | None,
        asked: float,
    ) -> None:
        """Seek the best levels with these supports, each activity on its stretch, and offer what holds."""
        form, n = self.forms[main], len(self.forms[main].activities)
        sides = (main, other) if floor is not None else (main,)
        shares = np.where(is_open[form.line_of] > 0, shares, 0.0)
        bounds = [stretches_at(self.forms[side], shares, is_open, {}) for side in sides]
        low = np.maximum.reduce([part[0] for part in bounds])
        high = np.maximum(np.minimum.reduce([part[1] for part in bounds]), low)
        here = np.clip(shares, low, high)
        limit_low = form.row_low - form.by_support @ is_open
        limit_high = form.row_high - form.by_support @ is_open
        for side, (_, _, is_concave) in zip(sides, bounds, strict=True):
            for place in np.flatnonzero(is_concave & (high > low)):
                cuts = self.cuts.setdefault((side, int(place), float(low[place]), float(high[place])), {})
                for share in (low[place], high[place]) if not cuts else ():
                    cuts[tangent_at(self.forms[side], int(place), float(share), low[place], high[place])] = None
                cuts[tangent_at(self.forms[side], int(place), float(here[place]), low[place], high[place])] = None
        close, shift = max(0.02 * asked * max(state.value, 1e-4), 1e-9), 0.0
        for _ in range(POLISHES):
            asked_floor = None if floor is None else floor + shift
            found = relax(self._tangents(sides, bounds, here, low, high, is_open, asked_floor, limit_low, limit_high))
            if found.point is None and shift > 0:
                shift = 0.0
                continue
            if found.point is None:
                return
            here = np.clip(found.point[:n], low, high)
            missed = 0.0
            for number, (side, (_, _, is_concave)) in enumerate(zip(sides, bounds, strict=True)):
                held = self.forms[side]
                lifts = np.array([held.lift(place, share) for place, share in enumerate(here)])
                over = np.where(
                    is_concave & (high > low), found.point[(number + 1) * n : (number + 2) * n] - lifts, 0.0
                )
                missed += float(np.maximum(over, 0.0).sum())
                for place in np.flatnonzero(over > close / (10 * n)):
                    key = (side, int(place), float(low[place]), float(high[place]))
                    self.cuts[key][tangent_at(held, int(place), float(here[place]), low[place], high[place])] = None
            before = state.value
            self._offer(state, here, is_open, main, other, floor)
            # tangents promise more of the other goal than there is: ask for that much more
            short = 0.0 if floor is None else floor - self.forms[other].value_of(here, is_open)
            if missed <= close and short <= MARGIN and state.value <= before + close:
                return
            shift = shift + 1.2 * short if 0 < short <= 10 * close else shift
            if missed <= 1e-12:
                return

    def _tangents(
        self,
        sides: tuple[int, ...],
        bounds: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]],
        here: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        is_open: np.ndarray,
        floor: float | None,
        limit_low: np.ndarray,
        limit_high: np.ndarray,
    ) -> LinearModel:
        """Return levels x and the values of each goal under their tangents, the floor, and the portfolio's rows."""
        n, parts = len(here), len(sides)
        held: list[tuple[int, int, float, float]] = []
        least, most = [low], [high]
        for number, (side, (_, _, is_concave)) in enumerate(zip(sides, bounds, strict=True)):
            form = self.forms[side]
            fixed = high <= low
            value = np.array([form.lift(place, share) if fixed[place] else 0.0 for place, share in enumerate(low)])
            least.append(np.where(fixed, value, -np.inf))
            most.append(np.where(fixed, value, np.inf))
            for place in np.flatnonzero(~fixed):
                if is_concave[place]:
                    lines = list(self.cuts[side, int(place), float(low[place]), float(high[place])])
                else:  # below a convex stretch: what it promises is there
                    lines = [tangent_at(form, int(place), float(here[place]), low[place], high[place])]
                held += [(int(place), number, slope, intercept) for slope, intercept in lines]
        places = np.array([item[0] for item in held], dtype=int)
        numbers = np.array([item[1] for item in held], dtype=int)
        slopes, row = np.array([item[2] for item in held]), np.arange(len(held))
        columns = np.concatenate([places, (numbers + 1) * n + places])
        data = np.concatenate([-slopes, np.ones(len(held))])
        upper = csr_matrix((data, (np.concatenate([row, row]), columns)), shape=(len(held), (parts + 1) * n))
        own = np.hstack([self.forms[0].by_level, np.zeros((len(limit_low), parts * n))])
        blocks, lows, highs = [upper, csr_matrix(own)], [np.full(len(held), -np.inf), limit_low], [
            np.array([item[3] for item in held]), limit_high]  # fmt: skip
        if floor is not None:
            second = np.zeros((1, (parts + 1) * n))
            second[0, 2 * n :] = 1.0
            blocks.append(csr_matrix(second))
            lows.append(np.array([floor + float(self.forms[sides[1]].standing @ (1.0 - is_open))]))
            highs.append(np.array([np.inf]))
        gain = np.zeros((parts + 1) * n)
        gain[n : 2 * n] = 1.0
        return LinearModel(
            gain, np.concatenate(least), np.concatenate(most), np.zeros(gain.size, dtype=bool),
            csr_matrix(vstack(blocks)), np.concatenate(lows), np.concatenate(highs),
        )  # fmt: skip


@dataclass
class _State:
    """Best value so far and bound (scaled, over doing nothing), and the plan."""

    value: float
    bound: float
    plan: tuple[np.ndarray, np.ndarray] | None
