"""Which cells of a set of tables must stay hidden so that no small group follows from the others.

The shown numbers span a space, and a leak is a vector of that space that lives on fewer than the minimum of people (for
tables: L. H. Cox 1980, J. Am. Stat. Assoc. 75, 377-385). Cells are let in kind after kind, the most important first;
within a kind the cheapest set is hidden that meets every leak: a hitting set, found exactly by `scipy.optimize.milp`
while it is small (E. Moreno-Centeno and R. M. Karp 2013, Oper. Res. 61, 453-468: implicit hitting sets).
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from itertools import combinations

import numpy as np

TOLERANCE = 1e-9
"""Below this a number is rounding noise of the linear algebra, relative to rows of largest entry one."""

MOST_GROUPS = 5_000
"""Small groups tried one by one; beyond that a possible leak is treated as one (the careful side)."""

MOST_ROUNDS = 20
"""Times the cheapest set that meets the leaks so far is tried; after that the best one found stands (ours)."""

MOST_NODES = 2_000
"""Nodes of one such search; counted, not timed, so that the same answers hide the same cells everywhere (ours)."""


@dataclass(frozen=True, eq=False)
class Cell:
    """A number that could be shown.

    Attributes
    ----------
    key : tuple of str
    tier : int
        How important its kind is; the least important gives way first.
    cost : int
        What is lost with it. Unit: people.
    row : ndarray
        Who stands behind it, or how it hangs on each answer.
    """

    key: tuple[str, ...]
    tier: int
    cost: int
    row: np.ndarray


def find_leak(rows: np.ndarray, owners: np.ndarray, minimum: int) -> np.ndarray | None:
    """Return a combination of rows that depends on fewer than `minimum` people, or None if there is none.

    Parameters
    ----------
    rows : ndarray, shape (n_shown, n_answers)
        How each shown number hangs on each unknown answer.
    owners : ndarray of bool, shape (n_answers, n_people)
        Whose answer it is.
    minimum : int
        Unit: people.

    Returns
    -------
    ndarray, shape (n_shown,), or None
        Weights of the shown numbers in the combination.

    Examples
    --------
    Three people hide in the difference of two totals.

    >>> total, part = np.ones(9), np.array([1.0] * 6 + [0.0] * 3)
    >>> find_leak(np.array([total, part]), np.eye(9, dtype=bool), 5).round(2).tolist()
    [0.71, -0.71]
    >>> find_leak(np.array([total, part]), np.eye(9, dtype=bool), 3) is None
    True
    """
    shown, groups = merge_columns(rows, owners)
    is_small = groups.sum(axis=1) < minimum
    if not shown.size or not is_small.any():
        return None
    # Combinations in which every large group cancels; what is left of them lives on small groups only.
    silent = _null_space(shown[:, ~is_small].T) if (~is_small).any() else np.eye(len(shown))
    left = silent.T @ shown[:, is_small]
    basis = _row_space(left)
    reach = basis.T @ basis  # projection on what is left: a vector inside a set of columns has eigenvalue one there
    people = [frozenset(np.flatnonzero(held).tolist()) for held in groups[is_small]]
    for inside in _few_people(people, np.diag(reach), minimum):
        block = reach[inside][:, inside]
        if (block * block).sum() < 1 - 1e-6:
            continue  # the squares of its eigenvalues add up to less than one
        sizes, vectors = np.linalg.eigh(block)
        if sizes[-1] > 1 - 1e-6:
            wanted = np.zeros(left.shape[1])
            wanted[inside] = vectors[:, -1]
            found, *_ = np.linalg.lstsq(left.T, wanted, rcond=None)
            return _signed(silent @ found)
    return None


def _signed(weights: np.ndarray) -> np.ndarray:
    weights = weights / np.linalg.norm(weights)
    lead = weights[np.flatnonzero(np.abs(weights) > 1e-7)[0]]
    return weights if lead > 0 else -weights


def merge_columns(rows: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge answers that enter every shown number alike: nobody can tell them apart, all their people own them.

    Parameters
    ----------
    rows : ndarray, shape (n_shown, n_answers)
    owners : ndarray of bool, shape (n_answers, n_people)

    Returns
    -------
    ndarray, ndarray
        Rows with a largest entry of one over fewer columns, and whose these are.
    """
    scale = np.abs(rows).max(axis=1, keepdims=True) if rows.size else np.ones((len(rows), 1))
    shown = rows / np.where(scale > 0, scale, 1.0)
    if not rows.size:
        return shown[:, :0], owners[:0]
    columns, place = np.unique(np.round(shown, 9), axis=1, return_inverse=True)
    place = np.asarray(place).reshape(-1)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(columns.shape[1]))
    groups = np.logical_or.reduceat(owners[order], starts, axis=0) if len(starts) else owners[:0]
    # People with the same answers are told apart by their place alone: an order of their own makes the rows' order
    # of no consequence for what is hidden.
    groups = groups[:, np.lexsort(groups)] if groups.size else groups
    is_used = np.abs(columns).max(axis=0) > TOLERANCE if columns.size else np.zeros(0, dtype=bool)
    return columns[:, is_used], groups[is_used]


def _null_space(matrix: np.ndarray) -> np.ndarray:
    """Orthonormal columns that the matrix sends to nothing."""
    from scipy.linalg import qr  # with pivots it tells the rank too, at a tenth of the price of singular values

    base, triangle, _ = qr(matrix.T, pivoting=True, check_finite=False)
    return base[:, _rank(triangle) :]


def _row_space(matrix: np.ndarray) -> np.ndarray:
    from scipy.linalg import qr

    if not matrix.size:
        return np.zeros((0, matrix.shape[1]))
    base, triangle, _ = qr(matrix.T, pivoting=True, mode="economic", check_finite=False)
    return base[:, : _rank(triangle)].T


def _rank(triangle: np.ndarray) -> int:
    steps = np.abs(np.diagonal(triangle))
    return int((steps > 1e-8 * max(1.0, steps.max(initial=0.0))).sum())


def _few_people(people: list[frozenset[int]], weight: np.ndarray, minimum: int) -> Iterable[list[int]]:
    """Yield the columns of every union of small groups below the minimum that could hold a vector; largest first.

    A column whose `weight` is nothing is in no vector, and the columns of a vector weigh one or more together.
    """
    columns: dict[frozenset[int], list[int]] = {}
    for column, held in enumerate(people):
        if weight[column] > 1e-9:
            columns.setdefault(held, []).append(column)
    columns = _heavy(columns, weight, minimum)
    distinct = sorted(columns, key=lambda held: (len(held), sorted(held)))
    found: set[frozenset[int]] = set(distinct)
    frontier = set(distinct)
    while frontier and len(found) <= MOST_GROUPS:
        frontier = {held | more for held in frontier for more in distinct if len(held | more) < minimum} - found
        found |= frontier
    if len(found) > MOST_GROUPS:
        yield [column for held in distinct for column in columns[held]]
        return
    for union in sorted(found, key=lambda held: (-len(held), sorted(held))):
        inside = [column for part in _parts_of(union) for column in columns.get(part, ())]
        if weight[inside].sum() > 1 - 1e-6:
            yield inside


def _heavy(
    columns: dict[frozenset[int], list[int]], weight: np.ndarray, minimum: int
) -> dict[frozenset[int], list[int]]:
    """Leave out whoever is in no union that weighs enough: no union weighs more than its people, each taken alone."""
    while columns:
        own: dict[int, float] = {}
        for held, inside in columns.items():
            for person in held:
                own[person] = own.get(person, 0.0) + float(weight[inside].sum())
        others = sum(sorted(own.values(), reverse=True)[: minimum - 2])
        light = {person for person, held in own.items() if held + others <= 1 - 1e-6}
        if not light:
            return columns
        columns = {held: inside for held, inside in columns.items() if not held & light}
    return columns


def _parts_of(people: frozenset[int]) -> Iterable[frozenset[int]]:
    for size in range(1, len(people) + 1):
        yield from map(frozenset, combinations(sorted(people), size))


def suppress(
    cells: list[Cell],
    hidden: Set[tuple[str, ...]],
    minimum: int,
    owners: np.ndarray,
    fixed: np.ndarray | None = None,
) -> set[tuple[str, ...]]:
    """Return what must stay hidden: what is already, and what would give a small group away.

    Kind after kind is let in, the most important first; what was let in stays.

    Parameters
    ----------
    cells : list of Cell
    hidden : set of key
        Already decided.
    minimum : int
        Unit: people.
    owners : ndarray of bool, shape (n_answers, n_people)
    fixed : ndarray, optional, shape (n_published, n_answers)
        Rows that were published before and cannot be hidden any more.
    """
    found = set(hidden)
    shown = _without_leak(fixed, minimum, owners)
    for tier in sorted({cell.tier for cell in cells}, reverse=True):
        trying = sorted(
            (cell for cell in cells if cell.tier == tier and cell.key not in found),
            key=lambda cell: (cell.cost, cell.key),
        )
        kept = _let_in(trying, shown, minimum, owners)
        found.update(cell.key for cell in trying if cell.key not in {held.key for held in kept})
        shown = [*shown, *(cell.row for cell in kept)]
    return found


def _without_leak(fixed: np.ndarray | None, minimum: int, owners: np.ndarray) -> list[np.ndarray]:
    """Rows published before, without those that give somebody away already: nothing hides these any more."""
    rows = [] if fixed is None else list(fixed)
    while rows:
        leak = find_leak(np.array(rows), owners, minimum)
        if leak is None:
            break
        rows.pop(int(np.flatnonzero(np.abs(leak) > 1e-7)[-1]))
    return rows


def _let_in(trying: list[Cell], shown: list[np.ndarray], minimum: int, owners: np.ndarray) -> list[Cell]:
    """Return what can be shown of one kind beside what is shown, losing as little as possible.

    Every leak found is a set of cells of which one must be hidden, whatever else is. Hiding the cheapest of each until
    none is left is a start; then cells that turn out not to be needed come back; then the cheapest set that meets all
    leaks found so far is tried, until it leaves no leak or costs as much as what is there: then that is the least.
    """
    search = _Search(trying, shown, minimum, owners)
    best = search.thin_out(frozenset(range(len(trying))))
    for _ in range(MOST_ROUNDS):
        if search.cost(best) <= search.least() + 1e-6:
            break
        wanted = search.cheapest()
        if wanted is None or search.cost(wanted) >= search.cost(best) - 1e-6:
            break
        found = search.thin_out(wanted)
        best = found if search.cost(found) < search.cost(best) else best
    return [cell for place, cell in enumerate(trying) if place in best]


class _Search:
    """One kind of cells beside what is shown already, and the leaks met so far."""

    def __init__(self, trying: list[Cell], shown: list[np.ndarray], minimum: int, owners: np.ndarray) -> None:
        self.trying, self.shown, self.minimum, self.owners = trying, shown, minimum, owners
        # Equal costs are told apart by the order of the cells, so that one set is the cheapest.
        self.costs = np.array([cell.cost + 1e-4 * place / len(trying) for place, cell in enumerate(trying)])
        self.leaks: list[frozenset[int]] = []

    def cost(self, kept: frozenset[int]) -> float:
        """Return what is lost when only these are shown."""
        return float(sum(self.costs[place] for place in range(len(self.trying)) if place not in kept))

    def least(self) -> float:
        """Return what is lost at least: the cheapest cell of each of some leaks that share none."""
        met: set[int] = set()
        least = 0.0
        for leak in sorted(self.leaks, key=lambda leak: (len(leak), sorted(leak))):
            if not met & leak:
                least += min(self.costs[place] for place in leak)
                met |= leak
        return least

    def leak(self, kept: frozenset[int]) -> frozenset[int] | None:
        """Return the cells of a leak, or None; it is kept in mind."""
        order = sorted(kept)
        rows = [*self.shown, *(self.trying[place].row for place in order)]
        if not rows:
            return None
        weights = find_leak(np.array(rows), self.owners, self.minimum)
        if weights is None:
            return None
        pull = np.abs(weights[len(self.shown) :])
        found = frozenset(place for place, weight in zip(order, pull, strict=True) if weight > 1e-7) or kept
        if found not in self.leaks:
            self.leaks.append(found)
        return found

    def thin_out(self, kept: frozenset[int]) -> frozenset[int]:
        """Hide the cheapest cell of each leak until none is left; then let come back what need not be hidden."""
        hidden: list[int] = []
        while kept:
            leak = self.leak(kept)
            if leak is None:
                break
            cheapest = min(leak, key=lambda place: self.costs[place])
            hidden.append(cheapest)
            kept -= {cheapest}
        for place in sorted(set(hidden[:-1]), key=lambda place: -self.costs[place]):
            if not any(leak <= kept | {place} for leak in self.leaks) and self.leak(kept | {place}) is None:
                kept |= {place}
        return kept

    def cheapest(self) -> frozenset[int] | None:
        """Return what is left to show when the cheapest set of cells that meets every leak so far is hidden."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        meets = np.zeros((len(self.leaks), len(self.trying)))
        for row, leak in enumerate(self.leaks):
            meets[row, sorted(leak)] = 1.0
        found = milp(
            self.costs,
            constraints=LinearConstraint(meets, 1.0, np.inf),
            bounds=Bounds(0.0, 1.0),
            integrality=np.ones(len(self.trying)),
            options={"node_limit": MOST_NODES, "mip_rel_gap": 0.0},
        )
        if found.x is None:
            return None
        return frozenset(place for place, value in enumerate(found.x) if value < 0.5)
