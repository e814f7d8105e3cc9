"""Bounds that come close: what a reader can narrow down from everything that is shown, by linear programming.

The rank check finds what follows *exactly*. Answers and counts also have ends: nobody answers below the bottom of the
scale, no count is negative, a mean is what it was rounded from. For each small group the lowest and the highest value
that fit everything shown are found with HiGHS (`scipy.optimize`; the auditing problem of M. Fischetti and
J. J. Salazar 2001, Manage. Sci. 47, 1008-1027); where they come close, whole numbers are taken into account with
`scipy.optimize.milp`. Most groups need no program of their own: two points that fit and differ by enough prove that the
group is wide, and every solution is such a point for all groups at once.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from workbench.errors import ModelError
from workbench.simplex import Whole, keep_programme, load_core, search_whole

CLOSE_PEOPLE, CLOSE_LEVELS = 2.0, 1.0
"""Bounds of a count closer than two people, or of a mean closer than one level, are a leak (ours)."""

MOST_NODES = 1_000
"""Nodes of one question in whole numbers; the bounds reached by then stand (counted, not timed; ours)."""

SLACK = 1e-7
ROUNDS = 12
"""Pairs of programs that look at all open groups at once, before each is asked alone."""


@dataclass(frozen=True)
class Leak:
    """A small group that can be narrowed down.

    Attributes
    ----------
    quantity : str
        Of whom.
    low, high : float
        Bounds. Unit: people, or levels.
    views : tuple of key
        What gives it away, together.
    unit : str
        ``people`` or ``levels``.
    """

    quantity: str
    low: float
    high: float
    views: tuple[tuple[str, ...], ...]
    unit: str

    @property
    def claim(self) -> str:
        """What follows, in a sentence that does not say it."""
        what = "The number of people" if self.unit == "people" else "The mean answer"
        return f"{what} of a small group can be narrowed down."

    @property
    def detail(self) -> str:
        """The group, its bounds and what gives it away; confidential."""
        views = ", ".join("/".join(part for part in key if part) for key in self.views)
        return f"{self.quantity}: {self.low:.2f} to {self.high:.2f} {self.unit}, by {views}."


@dataclass(frozen=True)
class Audit:
    """What was looked at, and what is left.

    Attributes
    ----------
    leaks : tuple of Leak
        None in what `protect` lets out.
    checked : int
        Quantities whose bounds were looked at.
    solved_in : float
        Unit: seconds. Left out of comparisons.
    closed : int
        Numbers that were hidden because of bounds.
    left : int
        Leaks that nothing closes any more, because what opens them was published before.
    """

    leaks: tuple[Leak, ...] = ()
    checked: int = 0
    solved_in: float = field(default=0.0, compare=False)
    closed: int = 0
    left: int = 0


@dataclass(frozen=True, eq=False)
class Table:
    """Published numbers over the same unknowns, and the small groups to protect.

    Attributes
    ----------
    views : tuple of key
        Names of the rows; several may be the same.
    rows : ndarray, shape (views, unknowns)
        How each number hangs on the unknowns.
    low, high : ndarray, shape (views,)
        What each number lies between, as it is shown.
    floor, ceiling : ndarray, shape (unknowns,)
        Ends of the unknowns.
    names : tuple of str
        The groups.
    wanted : ndarray, shape (groups, unknowns)
        The groups' quantities.
    sizes : ndarray, shape (groups,)
        By which a quantity becomes a whole number: a mean times its answers; 1 for a count; 0 where none does.
    whole : ndarray of bool, shape (unknowns,)
        Which unknowns are whole numbers.
    unit : str
        ``people`` or ``levels``.
    """

    views: tuple[tuple[str, ...], ...]
    rows: np.ndarray
    low: np.ndarray
    high: np.ndarray
    floor: np.ndarray
    ceiling: np.ndarray
    names: tuple[str, ...]
    wanted: np.ndarray
    sizes: np.ndarray
    whole: np.ndarray
    unit: str

    @property
    def close(self) -> float:
        """Bounds closer than this are a leak."""
        return CLOSE_PEOPLE if self.unit == "people" else CLOSE_LEVELS

    @property
    def is_tied(self) -> bool:
        """Whether every unknown enters a number that is shown."""
        return bool((np.abs(self.rows) > 0).any(axis=0).all()) if len(self.rows) else not self.rows.shape[1]

    def without(self, views: Collection[tuple[str, ...]]) -> Table:
        """Return the table with some numbers hidden."""
        keep = [place for place, view in enumerate(self.views) if view not in views]
        return replace(
            self,
            views=tuple(self.views[place] for place in keep),
            rows=self.rows[keep],
            low=self.low[keep],
            high=self.high[keep],
        )


@dataclass(frozen=True, eq=False)
class Reach:
    """What the groups of a table were seen to reach; it stays true when a number is hidden, as more fits then.

    Attributes
    ----------
    low, high : ndarray, shape (groups,)
    whole_low, whole_high : ndarray, shape (groups,)
        In whole numbers.
    """

    low: np.ndarray
    high: np.ndarray
    whole_low: np.ndarray
    whole_high: np.ndarray

    @classmethod
    def of(cls, table: Table) -> Reach:
        """Return that nothing was seen yet."""
        low, high = np.full(len(table.names), np.inf), np.full(len(table.names), -np.inf)
        return cls(low, high, low.copy(), high.copy())

    def learn(self, table: Table, point: np.ndarray) -> None:
        """Take in one more case that fits."""
        values = table.wanted @ point
        np.minimum(self.low, values, out=self.low)
        np.maximum(self.high, values, out=self.high)
        if np.abs(point - np.round(point))[table.whole].max(initial=0.0) < SLACK:
            np.minimum(self.whole_low, values, out=self.whole_low)
            np.maximum(self.whole_high, values, out=self.whole_high)

    def open(self, table: Table) -> np.ndarray:
        """Return which groups could still come close: whole numbers may lie almost one further in at each end."""
        size = np.where(table.sizes > 0, table.sizes, np.inf)
        is_far = self.high - self.low >= table.close + 2 / size - SLACK
        return ~(is_far | self.is_wide(table))

    def is_wide(self, table: Table) -> np.ndarray:
        """Return which groups' whole numbers that fit are far enough apart."""
        return self.whole_high - self.whole_low >= table.close - SLACK


def audit_tables(
    tables: Iterable[Table],
    reach: Sequence[Reach] = (),
    solved: MutableMapping[bytes, tuple[np.ndarray, np.ndarray]] | None = None,
) -> Audit:
    """Return every small group whose bounds come close in one of the tables.

    Parameters
    ----------
    tables : iterable of Table
        Tables that ask the same are solved once.
    reach : sequence of Reach, optional
        One a table: what was seen before of the same groups, and is learnt now.
    solved : mapping, optional
        What earlier calls found of tables that ask the same; filled further.

    Examples
    --------
    Six people answered 1.3 on the average; what is left for three of them is little.

    >>> table = Table(
    ...     views=(("item", "line", "motor", "d01_1"),), rows=np.array([[1 / 6, 1 / 6]]), low=np.array([1.25]),
    ...     high=np.array([1.35]), floor=np.array([3.0, 3.0]), ceiling=np.array([15.0, 15.0]), names=("executives",),
    ...     wanted=np.array([[1 / 3, 0.0]]), sizes=np.array([3.0]),
    ...     whole=np.array([True, True]), unit="levels")
    >>> [(leak.quantity, round(leak.low, 2), round(leak.high, 2)) for leak in audit_tables([table]).leaks]
    [('executives', 1.0, 1.67)]
    """
    start = time.perf_counter()
    leaks: list[Leak] = []
    checked = 0
    solved = {} if solved is None else solved
    for number, table in enumerate(tables):
        if not len(table.names):
            continue
        name = _digest(table)
        if name not in solved:
            solved[name] = _bounds(table, reach[number] if reach else Reach.of(table))
        low, high = solved[name]
        checked += len(table.names)
        leaks += [
            Leak(table.names[place], float(low[place]), float(high[place]), _views(table, place), table.unit)
            for place in np.flatnonzero(high - low < table.close - SLACK).tolist()
        ]
    return Audit(tuple(leaks), checked, time.perf_counter() - start)


def _digest(table: Table) -> bytes:
    import hashlib

    held = hashlib.blake2b(digest_size=16)
    for part in (table.rows, table.low, table.high, table.floor, table.ceiling, table.wanted, table.sizes, table.whole):
        held.update(str(part.shape).encode())
        held.update(np.ascontiguousarray(np.round(part.astype(float), 9) + 0.0).tobytes())
    held.update(table.unit.encode())
    return held.digest()


FAR = 1e6
"""Beyond any sum of levels or people that a table can hold: `linprog` takes no infinity."""

MORE_ROOM = (0.0, 0.05, 0.1, 0.15)
"""Added to the ends of what is shown where nothing fits: pseudo-values of open questions may lie outside the scale."""


_PLAINLY = {"output_flag": False, "presolve": "off"}


class _Program:
    """One table as a linear program, built once and asked for many quantities."""

    def __init__(self, table: Table) -> None:
        from scipy.sparse import csc_array

        self.table = table
        self.held = csc_array(table.rows)
        self._ready: Any = None
        self._room: float | None = None
        """What is added to the ends of what is shown; None until something was found to fit."""

    def solve(self, towards: np.ndarray) -> np.ndarray | None:
        """Return where a quantity is lowest; where rounding leaves no room at all, in a little more of it.

        The simplex method goes on from where the last quantity was lowest: mostly a few steps from the next one.
        """
        if self._room is not None:
            return self._lowest(towards, self._room)
        for more in MORE_ROOM:  # whether anything fits hangs on no quantity
            self._ready = None
            found = self._lowest(towards, more)
            if found is not None:
                self._room = more
                return found
        return None

    def _lowest(self, towards: np.ndarray, more: float) -> np.ndarray | None:
        from scipy.optimize import Bounds, LinearConstraint, milp

        table, core = self.table, load_core()
        if core is not None:
            if self._ready is None:
                ends = (table.low - more, table.high + more)
                self._ready = keep_programme(
                    np.zeros(len(towards)), table.floor, table.ceiling, self.held, *ends, _PLAINLY
                )
            self._ready.changeColsCost(len(towards), np.arange(len(towards), dtype=np.int32), towards)
            self._ready.run()
            if self._ready.getModelStatus() == core.HighsModelStatus.kOptimal:
                return np.array(self._ready.getSolution().col_value)
            self._ready = None
        rows = LinearConstraint(self.held, table.low - more, table.high + more)
        found = milp(towards, constraints=rows, bounds=Bounds(table.floor, table.ceiling))
        return None if found.x is None else np.asarray(found.x)

    def holding(self, towards: np.ndarray) -> np.ndarray:
        """Tell which shown numbers hold the lowest of a quantity: those whose shadow price is not nothing."""
        from scipy.optimize import linprog
        from scipy.sparse import vstack

        table = self.table
        both, bounds = vstack([self.held, -self.held]), np.column_stack([table.floor, table.ceiling])
        for more in MORE_ROOM:
            limits = np.minimum(np.concatenate([table.high, -table.low]) + more, FAR)
            found = linprog(towards, A_ub=both, b_ub=limits, bounds=bounds, method="highs")
            if found.x is not None:
                return np.asarray(np.abs(found.ineqlin.marginals).reshape(2, -1).max(axis=0) > 1e-9)
        return np.zeros(len(table.views), dtype=bool)

    def whole(self, towards: np.ndarray, target: float) -> Whole:
        """Return the lowest of a quantity whose unknowns are whole numbers, or a point as low as the target."""
        table = self.table
        ends = (table.low, table.high)
        found = search_whole(
            towards,
            table.floor,
            table.ceiling,
            self.held,
            *ends,
            table.whole,
            nodes=MOST_NODES,
            target=target,
        )
        if found.point is None:
            return found
        return found._replace(point=np.where(table.whole, np.round(found.point), found.point))


def _bounds(table: Table, reach: Reach) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest of every group; of a wide one only that it is wide.

    What fractions tell of one group costs little: it is asked before whole numbers are, of which a search may be long.
    """
    program = _Program(table)
    if not _look_at_all(program, reach):
        return np.zeros(len(reach.low)), np.full(len(reach.low), np.inf)
    ends = {place: _fractions(program, reach, place) for place in np.flatnonzero(reach.open(table)).tolist()}
    low, high = reach.low.copy(), reach.high.copy()
    for place, (least, most) in ends.items():
        low[place], high[place] = least, most
    is_narrow = high - low < table.close - SLACK
    for place in np.flatnonzero(reach.open(table) & ~is_narrow).tolist():
        low[place], high[place] = _whole_ends(program, reach, place, ends[place])
    return low, high


def _look_at_all(program: _Program, reach: Reach) -> bool:
    """Learn from solutions for all open groups at once while they settle many; tell whether there was one each time."""
    table, rng = program.table, np.random.default_rng(0)
    for _ in range(ROUNDS):
        is_open = reach.open(table)
        before = int(is_open.sum())
        if not before:
            break
        towards = rng.choice([-1.0, 1.0], before) @ table.wanted[is_open]
        for side in (towards, -towards):
            point = program.solve(side)
            if point is None:
                return False
            reach.learn(table, point)
        if before - int(reach.open(table).sum()) < 2:
            break
    return True


def _fractions(program: _Program, reach: Reach, place: int) -> tuple[float, float]:
    """Return the ends of one group in fractions, or the whole numbers inside them."""
    table, size = program.table, program.table.sizes[place]
    ends = []
    for side in (1.0, -1.0):
        point = program.solve(side * table.wanted[place])
        if point is None:
            raise ModelError("The guard's solver gave up on what it had solved before.")
        reach.learn(table, point)
        ends.append(float(table.wanted[place] @ point))
    low, high = ends
    if size:
        low, high = np.ceil(low * size - 1e-6) / size, np.floor(high * size + 1e-6) / size
    return float(low), float(high)


def _whole_ends(program: _Program, reach: Reach, place: int, ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of one group by whole numbers alone, as far as they are needed."""
    table, size = program.table, program.table.sizes[place]
    low, high = ends
    for side in (1.0, -1.0) if size else ():
        if high - low < table.close - SLACK or reach.is_wide(table)[place]:
            break
        end, seen = (low, reach.whole_low[place]) if side > 0 else (-high, -reach.whole_high[place])
        if seen - end < SLACK:
            continue  # nothing lies further out
        other = reach.whole_high[place] if side > 0 else -reach.whole_low[place]
        found = program.whole(side * table.wanted[place], other - table.close + SLACK / 2)
        if found.point is not None:
            reach.learn(table, found.point)
        if found.bound is not None and side > 0:
            low = max(low, np.ceil(found.bound * size - 1e-6) / size)
        elif found.bound is not None:
            high = min(high, np.floor(-found.bound * size + 1e-6) / size)
    return float(low), float(high)


def _views(table: Table, place: int) -> tuple[tuple[str, ...], ...]:
    """Name the shown numbers that hold a group's bounds."""
    program = _Program(table)
    holds = program.holding(table.wanted[place]) | program.holding(-table.wanted[place])
    return tuple(dict.fromkeys(view for view, is_held in zip(table.views, holds, strict=True) if is_held))
