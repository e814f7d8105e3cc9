"""The linear programme over several periods: its columns, its rows, and what a point of it means.

Columns are supports s, levels x, optimistic values y, yes/no z of split pieces, headcounts h with those hired and
left, joins j (who comes to a line) and loads (what earlier development takes now); docs/allocation.md has the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from workbench.allocation.highs import LinearModel
from workbench.allocation.quarters_cover import Layers, Slot
from workbench.allocation.quarters_form import QuarterForm


@dataclass(frozen=True)
class Layout:
    """Where each variable stands; -1 where there is none.

    Attributes
    ----------
    support : array of int, shape (n_lines, n_periods)
    level, value, choice : array of int, shape (n_slots,)
    head, hired, left : array of int, shape (n_resources, n_periods)
    join, load : array of int, shape (n_lines, n_resources, n_periods)
    below, above, gain_below, gain_above : array of int, shape (n_layers, n_periods)
    count : int
    """

    support: np.ndarray
    level: np.ndarray
    value: np.ndarray
    choice: np.ndarray
    head: np.ndarray
    hired: np.ndarray
    left: np.ndarray
    join: np.ndarray
    load: np.ndarray
    below: np.ndarray
    above: np.ndarray
    gain_below: np.ndarray
    gain_above: np.ndarray
    count: int


@dataclass(frozen=True)
class Programme:
    """A linear model, where its variables stand, and the constant that its value leaves out."""

    model: LinearModel
    layout: Layout
    constant: float
    rows: tuple[tuple[str, int, int, int], ...]
    """What may be short: ``capacity``, ``people``, ``moves`` or ``rule``; which resource or rule; period; row."""


def quarter_programme(
    held: QuarterForm,
    slots: list[Slot],
    *,
    supports: np.ndarray | None = None,
    is_relaxed: bool = True,
    merged: np.ndarray | None = None,
    layers: Sequence[Layers] = (),
) -> Programme:
    """Return the programme that maximises the optimistic value over all periods.

    Parameters
    ----------
    held : QuarterForm
    slots : list of Slot
    supports : array, shape (n_lines, n_periods), optional
        Supports that are fixed.
    is_relaxed : bool
        Without whole numbers.
    merged : array of bool, shape (n_slots,), optional
        Pieces for which the line's support stands in for a yes/no; by default those that start at 0 and are alone.
    layers : sequence of Layers
        With today's level c, a level is c·below + above, above at most (most − c)·below, its value at most
        (what c brings)·below + the lines above c; what below and above gain counts apart. That holds for every plan,
        since both go the same way, and not for a mixture that stays at c.
    """
    made = _Building(held, slots, merged, len(layers))
    made.add_supports(supports)
    made.add_pieces()
    made.add_headcounts()
    made.add_loads()
    made.add_resources()
    made.add_moves()
    if layers:
        made.add_layers(layers)
    made.add_rules()
    at = made.at
    made.upper[at.join[at.join >= 0]] = np.inf
    is_whole = np.zeros(at.count, dtype=bool)
    if not is_relaxed:
        is_whole[at.support] = held.form.may_close[:, None] if supports is None else False
        is_whole[at.choice[~made.merged]] = True
    model = LinearModel(made.gain, made.lower, made.upper, is_whole, *made.rows.matrix(at.count))
    return Programme(model, at, made.constant, tuple(made.named))


class _Building:
    """A programme on its way: each step adds the rows and bounds of one thing."""

    def __init__(self, held: QuarterForm, slots: list[Slot], merged: np.ndarray | None, n_layers: int) -> None:
        self.held, self.form, self.count, self.slots = held, held.form, held.n_periods, slots
        self.activity = np.array([slot.activity for slot in slots], dtype=int)
        self.period = np.array([slot.period for slot in slots], dtype=int)
        self.line = held.form.line_of[self.activity] if slots else np.zeros(0, dtype=int)
        if merged is None:
            key = self.activity * self.count + self.period
            starts = np.array([slot.low for slot in slots]) == 0.0
            merged = starts & (np.bincount(key, minlength=1)[key] == 1)
        self.merged, self.at = merged, _layout(held, merged, n_layers)
        self.gain, self.lower, self.upper = np.zeros(self.at.count), np.zeros(self.at.count), np.ones(self.at.count)
        self.rows, self.constant = _Rows(), 0.0
        self.named: list[tuple[str, int, int, int]] = []

    def add_supports(self, supports: np.ndarray | None) -> None:
        """Add what stands, and what closing costs a period and once; a closed line stays closed."""
        held, form, at, rows = self.held, self.form, self.at, self.rows
        count = self.count
        gain, lower, upper = self.gain, self.lower, self.upper
        ahead = np.append(held.weight[1:], 0.0)
        gain[at.support] = (
            held.weight * (held.standing + held.fee)[:, None] + (held.weight - ahead) * held.fee_once[:, None]
        )
        self.constant = -float(
            held.weight.sum() * (held.standing + held.fee).sum() + held.weight[0] * held.fee_once.sum()
        )
        lower[at.support] = np.where(form.may_close, 0.0, 1.0)[:, None]
        if supports is not None:
            lower[at.support] = upper[at.support] = supports
        if count > 1:  # a closed line stays closed
            number = rows.new(len(form.lines) * (count - 1), -np.inf, 0.0).reshape(len(form.lines), count - 1)
            rows.add(number, at.support[:, 1:], 1.0)
            rows.add(number, at.support[:, :-1], -1.0)

    def add_pieces(self) -> None:
        """Add the levels and values of the pieces, below the lines over their curves."""
        held, form, slots, at, rows = self.held, self.form, self.slots, self.at, self.rows
        count, activity, period, line, merged = self.count, self.activity, self.period, self.line, self.merged
        gain, lower, upper = self.gain, self.lower, self.upper
        low, high = np.array([slot.low for slot in slots]), np.array([slot.high for slot in slots])
        gain[at.value], lower[at.value], upper[at.value] = held.weight[period], -np.inf, np.inf
        upper[at.level] = high
        on = np.where(merged, at.support[line, period], at.choice)
        number = rows.new(len(slots), -np.inf, 0.0)
        rows.add(number, at.level, 1.0)
        rows.add(number, on, -high)
        least = np.flatnonzero(low > 0)
        number = rows.new(least.size, 0.0, np.inf)
        rows.add(number, at.level[least], 1.0)
        rows.add(number, on[least], -low[least])
        sizes = np.array([len(slot.lines) for slot in slots], dtype=int)
        owner = np.repeat(np.arange(len(slots)), sizes)
        lines = np.array([pair for slot in slots for pair in slot.lines]).reshape(-1, 2)
        number = rows.new(len(owner), -np.inf, 0.0)
        rows.add(number, at.value[owner], 1.0)
        rows.add(number, at.level[owner], -lines[:, 0])
        rows.add(number, on[owner], -lines[:, 1])
        split = np.flatnonzero(~merged)
        if split.size:
            keys, which = np.unique(activity[split] * count + period[split], return_inverse=True)
            number = rows.new(len(keys), -np.inf, 0.0)
            rows.add(number[which], at.choice[split], 1.0)
            rows.add(number, at.support[form.line_of[keys // count], keys % count], -1.0)

    def add_headcounts(self) -> None:
        """Add the people there are, who are hired and who leave."""
        held, count, at, rows, lower, upper = self.held, self.count, self.at, self.rows, self.lower, self.upper
        for r in np.flatnonzero(held.paced).tolist():
            lower[at.head[r, 0]], upper[at.head[r]] = held.capacity[r, 0], np.inf
            upper[at.head[r, 0]] = held.capacity[r, 0]
            upper[at.hired[r]], upper[at.left[r]] = held.hire[r], held.leave[r]
            upper[at.hired[r, 0]] = upper[at.left[r, 0]] = 0.0
            if count > 1:
                number = rows.new(count - 1, 0.0, 0.0)
                rows.add(number, at.head[r, 1:], 1.0)
                rows.add(number, at.head[r, :-1], -1.0)
                rows.add(number, at.hired[r, 1:], -1.0)
                rows.add(number, at.left[r, 1:], 1.0)
                number = rows.new(count - 1, -np.inf, held.capacity[r, 1:])
                rows.add(number, at.head[r, 1:], 1.0)
                self.named += [("people", r, place + 1, int(row)) for place, row in enumerate(number)]

    def add_loads(self) -> None:
        """Tie each load to the development before it, for as long as the line is supported."""
        held, at, rows = self.held, self.at, self.rows
        count, activity, period, line = self.count, self.activity, self.period, self.line
        upper = self.upper
        for r in range(len(held.unit)):
            has = np.flatnonzero(at.load[:, r, 0] >= 0)
            if not has.size:
                continue
            load = at.load[has, r]
            whose = np.full(len(held.form.lines), -1)
            whose[has] = np.arange(has.size)
            upper[load[:, 0]], upper[load[:, 1:]] = 0.0, np.inf
            if count == 1:
                continue
            most = np.bincount(held.form.line_of, held.later[r] * held.form.most, minlength=len(held.form.lines))[has]
            largest = most[:, None] * np.arange(1, count)[None, :]
            takes = (period + 1 < count) & (held.later[r, activity] > 0)
            may_close = held.form.may_close[has]
            grow = rows.new(has.size * (count - 1), -np.inf, 0.0).reshape(has.size, count - 1)
            stay = rows.new(has.size * (count - 1), -np.where(may_close[:, None], largest, 0.0).ravel(), np.inf)
            stay = stay.reshape(has.size, count - 1)
            for number in (grow, stay):
                rows.add(number, load[:, 1:], 1.0)
                rows.add(number, load[:, :-1], -1.0)
                rows.add(number[whose[line[takes]], period[takes]], at.level[takes], -held.later[r, activity[takes]])
            rows.add(stay, at.support[has][:, 1:], np.where(may_close[:, None], -largest, 0.0))
            ends = rows.new(has.size * (count - 1), -np.inf, 0.0).reshape(has.size, count - 1)
            rows.add(ends, load[:, 1:], 1.0)
            rows.add(ends, at.support[has][:, 1:], -largest)

    def add_resources(self) -> None:
        """Add what there is of each resource."""
        held, count, at, rows = self.held, self.count, self.at, self.rows
        number = rows.new(len(held.unit) * count, -np.inf, 0.0).reshape(len(held.unit), count)
        rows.high[-1] = (
            np.where(held.paced[:, None], 0.0, held.capacity)
            - held.left.sum(axis=1)[:, None]
            - np.where(np.arange(count) == 0, held.once.sum(axis=1)[:, None], 0.0)
        ).ravel()
        for r in range(len(held.unit)):
            self._used(r, number[r])
            rows.add(number[r], at.head[r], -1.0)
            rows.add(number[r][None, :], at.support, -held.once[r][:, None])
            rows.add(number[r][None, 1:], at.support[:, :-1], held.once[r][:, None])
            self.named += [("capacity", r, place, int(row)) for place, row in enumerate(number[r])]

    def _used(self, r: int, number: np.ndarray) -> None:
        """Add what lines use of a resource in each period, over what closed ones take anyway."""
        held, activity, period, at, rows = self.held, self.activity, self.period, self.at, self.rows
        rows.add(number[period], at.level, held.take[r, activity])
        rows.add(number[None, :], at.support, (held.need[r] - held.left[r])[:, None])
        rows.add(number[None, :], at.load[:, r], 1.0)

    def add_moves(self) -> None:
        """Add who changes lines: what lines gain and lose, and the limit on it."""
        held, form, at, rows = self.held, self.form, self.at, self.rows
        count, activity, period, line = self.count, self.activity, self.period, self.line
        for r in np.flatnonzero(np.isfinite(held.move)).tolist():
            has = np.flatnonzero(at.join[:, r, 0] >= 0)
            number = rows.new(has.size * count, -np.inf, 0.0).reshape(has.size, count)
            start = np.zeros((has.size, count))
            now = np.bincount(form.line_of, held.take[r] * held.current, minlength=len(form.lines))
            start[:, 0] = (now + held.need[r] - held.left[r])[has]
            rows.high[-1] = start.ravel()
            whose = np.full(len(form.lines), -1)
            whose[has] = np.arange(has.size)
            for shift, sign in ((0, 1.0), (1, -1.0)):
                kept = (period + shift < count) & (held.take[r, activity] != 0.0)
                rows.add(
                    number[whose[line[kept]], period[kept] + shift], at.level[kept], sign * held.take[r, activity[kept]]
                )
                stop = count - shift
                delta = (held.need[r] - held.left[r])[has][:, None]
                rows.add(number[:, shift:], at.support[has][:, :stop], sign * delta)
                rows.add(number[:, shift:], at.load[has, r][:, :stop], sign)
            rows.add(number, at.join[has, r], -1.0)
            # half of what lines gain and lose: what they gain less half of what all of them together gain
            limit = rows.new(count, -np.inf, held.move[r])
            rows.high[-1] = held.move[r] + 0.5 * np.where(
                np.arange(count) == 0, held.left[r].sum() - held.need[r].sum() - now.sum(), 0.0
            )
            rows.add(limit[None, :], at.join[has, r], 1.0)
            for shift, sign in ((0, -0.5), (1, 0.5)):
                kept, stop = period + shift < count, count - shift
                rows.add(limit[period[kept] + shift], at.level[kept], sign * held.take[r, activity[kept]])
                rows.add(limit[None, shift:], at.support[:, :stop], sign * (held.need[r] - held.left[r])[:, None])
                rows.add(limit[None, shift:], at.load[:, r, :stop], sign)
            self.named += [("moves", r, place, int(row)) for place, row in enumerate(limit)]

    def add_layers(self, layers: Sequence[Layers]) -> None:
        """Tie levels and values to what is below and above today's level, and joins to what each of both gains."""
        held, form, at, rows = self.held, self.form, self.at, self.rows
        count, activity, period = self.count, self.activity, self.period
        upper = self.upper
        acts = np.array([item.activity for item in layers], dtype=int)
        today = np.array([item.today for item in layers])
        place = np.full(len(form.activities), -1)
        place[acts] = np.arange(len(layers))
        shape = (len(layers), count)
        upper[at.above] = (form.most[acts] - today)[:, None]
        upper[at.gain_below] = upper[at.gain_above] = np.inf
        kept = np.flatnonzero(place[activity] >= 0) if len(activity) else np.zeros(0, dtype=int)
        where = (place[activity[kept]], period[kept])
        number = rows.new(len(layers) * count, 0.0, 0.0).reshape(shape)
        rows.add(number[where], at.level[kept], 1.0)
        rows.add(number, at.below, -today[:, None])
        rows.add(number, at.above, -1.0)
        number = rows.new(len(layers) * count, -np.inf, 0.0).reshape(shape)
        rows.add(number, at.above, 1.0)
        rows.add(number, at.below, -(form.most[acts] - today)[:, None])
        number = rows.new(len(layers) * count, -np.inf, 0.0).reshape(shape)
        rows.add(number, at.below, 1.0)
        rows.add(number, at.support[form.line_of[acts]], -1.0)
        flat = [
            (k, t, slope, slope * item.today + intercept)
            for k, item in enumerate(layers)
            for t, lines in enumerate(item.lines)
            for slope, intercept in lines
        ]
        which, when = np.array([row[0] for row in flat]), np.array([row[1] for row in flat])
        slopes, starts = np.array([row[2] for row in flat]), np.array([row[3] for row in flat])
        number = rows.new(len(flat), -np.inf, 0.0)
        rows.add(number, at.above[which, when], -slopes)
        rows.add(number, at.below[which, when], -starts)
        of_slot: dict[tuple[int, int], list[int]] = {}
        for slot in kept.tolist():
            of_slot.setdefault((int(place[activity[slot]]), int(period[slot])), []).append(slot)
        pairs = [(row, slot) for row, (k, t, *_) in zip(number, flat, strict=True) for slot in of_slot.get((k, t), ())]
        rows.add(np.array([row for row, _ in pairs]), at.value[[slot for _, slot in pairs]], 1.0)
        for part, gain, before, size in (
            (at.below, at.gain_below, 1.0, today[:, None]),
            (at.above, at.gain_above, 0.0, np.ones((len(layers), 1))),
        ):
            high = np.zeros(shape)
            high[:, 0] = before * size[:, 0]
            number = rows.new(len(layers) * count, -np.inf, high.ravel()).reshape(shape)
            rows.add(number, part, size)
            rows.add(number[:, 1:], part[:, :-1], -size)
            rows.add(number, gain, -1.0)
        for k, item in enumerate(layers):
            for r in item.resources:
                number = rows.new(count, -np.inf, 0.0)
                rows.add(number, at.gain_below[k], held.take[r, item.activity])
                rows.add(number, at.gain_above[k], held.take[r, item.activity])
                rows.add(number, at.join[form.line_of[item.activity], r], -1.0)

    def add_rules(self) -> None:
        """Add the named rules."""
        held, activity, period, at, rows = self.held, self.activity, self.period, self.at, self.rows
        for place, rule in enumerate(held.rules):
            closed = sum(value for _, value in rule.by_once) if rule.place == 0 else 0.0
            number = rows.new(1, rule.low - closed, rule.high - closed)
            here = period == rule.place
            rows.add(number, at.level[here], rule.by_level[activity[here]])
            rows.add(number, at.support[:, rule.place], rule.by_support)
            for whose_line, r, value in rule.by_load:
                rows.add(number, at.load[whose_line, r, rule.place : rule.place + 1], value * held.unit[r])
            for whose_line, value in rule.by_once:
                rows.add(number, at.support[whose_line, rule.place : rule.place + 1], -value)
                if rule.place:
                    rows.add(number, at.support[whose_line, rule.place - 1 : rule.place], value)
            self.named.append(("rule", place, rule.place, int(number[0])))


class _Rows:
    """Sparse rows as columns of triplets."""

    def __init__(self) -> None:
        self.row: list[np.ndarray] = []
        self.column: list[np.ndarray] = []
        self.data: list[np.ndarray] = []
        self.low: list[np.ndarray] = []
        self.high: list[np.ndarray] = []
        self.count = 0

    def new(self, count: int, low: float | np.ndarray, high: float | np.ndarray) -> np.ndarray:
        """Open rows and return their numbers."""
        self.low.append(np.broadcast_to(np.asarray(low, dtype=float), (count,)))
        self.high.append(np.broadcast_to(np.asarray(high, dtype=float), (count,)))
        self.count += count
        return np.arange(self.count - count, self.count)

    def add(self, row: np.ndarray, column: np.ndarray, data: float | np.ndarray) -> None:
        """Add coefficients; columns of -1 and zeros are left out."""
        row, column, data = np.broadcast_arrays(row, column, np.asarray(data, dtype=float))
        kept = (column >= 0) & (data != 0.0)
        self.row.append(row[kept].ravel())
        self.column.append(column[kept].ravel())
        self.data.append(data[kept].ravel())

    def matrix(self, columns: int) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
        """Return the rows and their limits."""
        place = (np.concatenate(self.row), np.concatenate(self.column))
        rows = csr_matrix((np.concatenate(self.data), place), shape=(self.count, columns))
        return rows, np.concatenate(self.low), np.concatenate(self.high)


def _layout(held: QuarterForm, merged: np.ndarray, n_layers: int) -> Layout:
    n_lines, n_resources, count = len(held.form.lines), len(held.unit), held.n_periods
    n_slots, taken = len(merged), 0

    def block(mask: np.ndarray) -> np.ndarray:
        nonlocal taken
        found = np.full(mask.shape, -1)
        found[mask] = taken + np.arange(int(mask.sum()))
        taken += int(mask.sum())
        return found

    every = np.ones(n_slots, dtype=bool)
    paced = np.repeat(held.paced[:, None], count, axis=1)
    line_of = held.form.line_of
    has_load = np.zeros((n_lines, n_resources), dtype=bool)
    uses = (held.need - held.left).T != 0.0
    for r in range(n_resources):
        has_load[line_of[held.later[r] > 0], r] = True
        uses[line_of[held.take[r] != 0], r] = True
    joins = (uses | has_load) & np.isfinite(held.move)[None, :]
    periods = np.ones(count, dtype=bool)
    return Layout(
        support=block(np.ones((n_lines, count), dtype=bool)),
        level=block(every),
        value=block(every),
        choice=block(~merged),
        head=block(paced),
        hired=block(paced),
        left=block(paced),
        join=block(joins[:, :, None] & periods),
        load=block(has_load[:, :, None] & periods),
        below=block(np.ones((n_layers, count), dtype=bool)),
        above=block(np.ones((n_layers, count), dtype=bool)),
        gain_below=block(np.ones((n_layers, count), dtype=bool)),
        gain_above=block(np.ones((n_layers, count), dtype=bool)),
        count=taken,
    )
