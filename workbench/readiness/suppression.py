"""Which cells of a set of tables must stay hidden so that no small group follows from the others.

The shown numbers span a space, and a leak is a vector of that space that lives on fewer than the minimum of people (for
tables: L. H. Cox 1980, J. Am. Stat. Assoc. 75, 377-385). Cells are let in kind after kind, the most important first;
within a kind the cheapest set is hidden that meets every leak: a hitting set, found exactly by HiGHS
while it is small (E. Moreno-Centeno and R. M. Karp 2013, Oper. Res. 61, 453-468: implicit hitting sets).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from workbench.simplex import search_whole, solve_once

TOLERANCE = 1e-9
"""Below this a number is rounding noise of the linear algebra, relative to rows of largest entry one."""

FLAT = 1e-6
"""A direction shorter than this is none: squares of what the rest of a projection leaves of it."""

MOST_SETS = 200_000
"""Sets of columns of one size that are tried at once (ours)."""

MOST_TRIES = 3_000
"""Steps of one search for a small group; after that a possible leak is treated as one (the careful side; ours)."""

LARGEST_TO_SHARPEN = 50_000
"""Entries of a problem whose leaks are brought to few cells before they are met (ours)."""

MOST_ROUNDS = 8
"""Times the cheapest set that meets the leaks so far is tried; after that the best one found stands (ours)."""

NEAR_ENOUGH = 0.005
"""Part of what is lost that is not worth a longer search (ours)."""

MOST_NODES = 200
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
    return next(find_leaks(rows, owners, minimum), None)


def find_leaks(rows: np.ndarray, owners: np.ndarray, minimum: int) -> Iterator[np.ndarray]:
    """Yield combinations of rows that depend on fewer than `minimum` people each, none of whom two share.

    Parameters
    ----------
    rows, owners, minimum
        As for `find_leak`.
    """
    shown, groups = merge_columns(rows, owners)
    is_small = groups.sum(axis=1) < minimum
    if not shown.size or not is_small.any():
        return
    # Combinations in which every large group cancels; what is left of them lives on small groups only.
    silent = _null_space(shown[:, ~is_small].T) if (~is_small).any() else np.eye(len(shown))
    left = silent.T @ shown[:, is_small]
    basis = _row_space(left)
    people = [frozenset(np.flatnonzero(held).tolist()) for held in groups[is_small]]
    found: list[tuple[np.ndarray, np.ndarray]] = []
    for columns, part in _components(basis):
        found += _leaks_in(part, [people[column] for column in columns], columns, minimum)
    if not found:
        return
    wanted = np.zeros((len(found), left.shape[1]))
    for place, (columns, vector) in enumerate(found):
        wanted[place, columns] = vector
    weights, *_ = np.linalg.lstsq(left.T, wanted.T, rcond=None)
    for column in (silent @ weights).T:
        yield _signed(column)


def _components(basis: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield columns that no vector brings together with others, and the space on them: each can be looked at alone."""
    reach = basis.T @ basis  # the projection on the space has no entry between two that are apart
    touches = np.abs(reach) > TOLERANCE
    left = np.diag(reach) > TOLERANCE
    touches &= left[:, None] & left
    while left.any():
        inside, grown = 0, touches[left.argmax()]
        while grown.sum() > inside:
            inside, grown = grown.sum(), touches[grown].any(axis=0)
        left &= ~grown
        columns = np.flatnonzero(grown)
        yield columns, _row_space(basis[:, columns])


def _leaks_in(
    basis: np.ndarray, people: list[frozenset[int]], columns: np.ndarray, minimum: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield vectors of a space that live on few people, nobody twice."""
    everybody = sorted(frozenset().union(*people))
    owners = np.array([[person in held for person in everybody] for held in people])
    if owners.sum() == owners.any(axis=0).sum():  # nobody owns two columns: sets of columns can be tried at once
        sets = _few_columns(basis, owners.sum(axis=1), minimum)
        if sets is not None:
            yield from ((columns, vector) for vector in sets)
            return
    while len(basis):
        vector = _small_vector(basis, owners, minimum, [MOST_TRIES])
        if vector is None:
            return
        yield columns, vector
        told = owners[np.abs(vector) > 1e-7].any(axis=0)
        basis = _zero_on(basis, np.asarray(owners[:, told].any(axis=1)))


def _few_columns(basis: np.ndarray, sizes: np.ndarray, minimum: int) -> list[np.ndarray] | None:
    """Return vectors on few columns, each of other people, that share none; None where there are too many to try."""
    onto = basis.T @ basis
    rest = np.eye(basis.shape[1]) - onto  # where a vector lives, this sends a direction to nothing
    squares = onto**2
    told: set[int] = set()
    found = []
    for count in range(1, minimum):
        usable = np.flatnonzero(sizes + count - 1 < minimum)  # the others of a set have one person at least
        if math.comb(len(usable), count) > MOST_SETS:
            return None
        sets = usable[_combinations(len(usable), count)]
        sets = sets[sizes[sets].sum(axis=1) < minimum]
        # A vector that lives on a set stays itself there, so the squares of the projection add up to one at least.
        whole = sum(squares[sets[:, one], sets[:, other]] for one in range(count) for other in range(count))
        sets = sets[whole > 1 - 3 * FLAT]
        is_flat = np.linalg.det(rest[sets[:, :, None], sets[:, None, :]]) < FLAT if len(sets) else np.zeros(0, bool)
        for inside in sets[is_flat]:
            values, vectors = np.linalg.eigh(rest[np.ix_(inside, inside)])
            if values[0] < FLAT and told.isdisjoint(inside.tolist()):
                told.update(inside.tolist())
                found.append(np.zeros(basis.shape[1]))
                found[-1][inside] = vectors[:, 0]
    return found


@cache
def _combinations(count: int, size: int) -> np.ndarray:
    return np.array(list(combinations(range(count), size)), dtype=int).reshape(-1, size)


def _small_vector(basis: np.ndarray, owners: np.ndarray, minimum: int, tries: list[int]) -> np.ndarray | None:
    """Return a vector of a space that lives on fewer people than the minimum, or None.

    Of as many parts of all people as the minimum counts, one holds none of the few: the vector is nothing there. Each
    part in turn takes its columns away, and what is left of the space is soon nothing or lives on few people. When that
    takes too long, what is left is treated as a leak (the careful side).
    """
    held = np.flatnonzero(owners[np.abs(basis).max(axis=0) > 1e-8].any(axis=0))
    tries[0] -= 1
    if len(held) < minimum or tries[0] <= 0:
        return basis[0]
    if len(basis) == 1:  # one direction is nothing on no part: each holds somebody on whom it lives
        return None
    if len(basis) == 2 and not _may_live_on_few(basis, owners, minimum):
        return None
    for part in np.array_split(held, minimum):
        left = _zero_on(basis, np.asarray(owners[:, part].any(axis=1)))
        found = _small_vector(left, owners, minimum, tries) if len(left) else None
        if found is not None:
            return found
    return None


def _may_live_on_few(plane: np.ndarray, owners: np.ndarray, minimum: int) -> bool:
    """Tell whether a vector of a plane may live on few people: if any, one that is nothing on some column."""
    sizes = np.hypot(*plane)
    used = sizes > 1e-8
    turned = np.outer(plane[0, used] / sizes[used], plane[1])
    turned -= np.outer(plane[1, used] / sizes[used], plane[0])
    return bool(((np.abs(turned) > 1e-6) @ owners).sum(axis=1).min() < minimum)


def _zero_on(basis: np.ndarray, is_zero: np.ndarray) -> np.ndarray:
    """Return what of a space is nothing on some columns."""
    left = _null_space(basis[:, is_zero].T).T @ basis
    left[:, is_zero] = 0.0
    return left


def _signed(weights: np.ndarray) -> np.ndarray:
    weights = weights / np.linalg.norm(weights)
    lead = weights[np.flatnonzero(np.abs(weights) > 1e-7)[0]]
    return weights if lead > 0 else -weights


def merge_columns(rows: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge answers that enter every shown number alike: nobody can tell them apart, all their people own them.

    Returns
    -------
    ndarray, ndarray
        Rows with a largest entry of one over fewer columns, and whose these are.
    """
    if not rows.size:
        return np.array(rows[:, :0]), owners[:0]
    scale = np.abs(rows).max(axis=1, keepdims=True)
    scale[scale == 0] = 1.0
    shown = rows / scale
    shown *= 1e9
    marks = np.rint(shown, out=shown).astype(np.int64)
    first, place = find_alike(marks)
    columns = marks[:, first] / 1e9
    groups = np.zeros((len(first), owners.shape[1]), dtype=bool)
    answer, person = np.divmod(np.flatnonzero(owners), owners.shape[1])  # `nonzero` takes seven times as long
    groups[place[answer], person] = True
    # People with the same answers are told apart by their place alone: an order of their own makes the rows' order
    # of no consequence for what is hidden.
    groups = groups[:, np.lexsort(np.packbits(groups, axis=0))] if groups.size else groups
    is_used = np.abs(columns).max(axis=0) > TOLERANCE if columns.size else np.zeros(0, dtype=bool)
    return columns[:, is_used], groups[is_used]


def find_alike(marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where each kind of columns stands first, and of which kind each column is.

    Equal columns have equal sums under odd multipliers, and others hardly ever: far quicker than sorting columns.

    Parameters
    ----------
    marks : ndarray of int, shape (n, columns)
    """
    sums = np.einsum("i,ij->j", _factors(len(marks)), marks)
    _, first, place = np.unique(sums, return_index=True, return_inverse=True)
    return first, np.asarray(place).reshape(-1)


@cache
def _factors(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 2**62, count, dtype=np.int64) * 2 + 1


def _null_space(matrix: np.ndarray) -> np.ndarray:
    """Orthonormal columns that the matrix sends to nothing."""
    base, rank = _orthonormal(matrix.T, is_whole=True)
    return base[:, rank:]


def _row_space(matrix: np.ndarray) -> np.ndarray:
    base, rank = _orthonormal(matrix.T, is_whole=False)
    return base[:, :rank].T


def _orthonormal(matrix: np.ndarray, *, is_whole: bool) -> tuple[np.ndarray, int]:
    """Return orthonormal columns, of which the first span a matrix, and how many these are.

    LAPACK's QR with pivots, asked directly: there are thousands of small ones, and it tells the rank at a tenth of the
    price of singular values.
    """
    high, wide = matrix.shape
    if not matrix.size:
        return np.eye(high) if is_whole else np.zeros((high, 0)), 0
    pivoted, span = _lapack()
    held, _, scales, _, _ = pivoted(matrix)
    few = min(high, wide)
    steps = np.abs(held.diagonal())
    rank = int(np.count_nonzero(steps > 1e-8 * max(1.0, steps[0])))  # the pivots come longest first
    columns = np.zeros((high, high if is_whole else few), order="F")
    columns[:, :few] = held[:, :few]
    base, _, _ = span(columns, scales)
    return base, rank


@cache
def _lapack() -> tuple[Callable[..., Any], Callable[..., Any]]:
    from scipy.linalg.lapack import dgeqp3, dorgqr

    return dgeqp3, dorgqr


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
    left = sorted((cell for cell in cells if cell.key not in found), key=lambda cell: (-cell.tier, cell.cost, cell.key))
    is_new = True  # whether less is asked for than when all that is left was last looked at together
    while left:
        # Mostly nothing is given away by everything together, so by no part of it either.
        if is_new and find_leak(np.array([*shown, *(cell.row for cell in left)]), owners, minimum) is None:
            break
        trying = [cell for cell in left if cell.tier == left[0].tier]
        left = left[len(trying) :]
        kept = _let_in(trying, shown, minimum, owners)
        shown = [*shown, *(cell.row for cell in kept)]
        found.update({cell.key for cell in trying} - {cell.key for cell in kept})
        is_new = len(kept) < len(trying)
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
        if wanted is None or search.cost(wanted) >= (1 - NEAR_ENOUGH) * search.cost(best):
            break
        found = search.thin_out(wanted)
        best = found if search.cost(found) < search.cost(best) else best
    return [cell for place, cell in enumerate(trying) if place in best]


def _few_rows(rows: np.ndarray, weights: np.ndarray, free: int) -> np.ndarray:
    """Return weights of the same combination that need as few of the cells that could be hidden as possible.

    The fewer cells a leak needs, the more it says of what must be hidden; the first rows are shown in any case.
    """
    from scipy.sparse import csc_array

    is_in = np.abs(weights[free:]) > 1e-7
    if is_in.sum() <= 2:
        return weights
    table, _ = merge_columns(rows, np.zeros((rows.shape[1], 1), dtype=bool))
    if table.size > LARGEST_TO_SHARPEN or _orthonormal(table.T, is_whole=False)[1] == len(rows):
        return weights  # rows that hang on each other in no way make it by one combination alone
    price = np.where(np.arange(len(rows)) < free, 1e-3, 1.0)
    both = csc_array(np.hstack([table.T, -table.T]))
    wanted = weights @ table
    nothing = np.zeros(2 * len(rows))
    found = solve_once(np.concatenate([price, price]), nothing, nothing + np.inf, both, wanted, wanted)
    return weights if found is None else found[: len(rows)] - found[len(rows) :]


class _Search:
    """One kind of cells beside what is shown already, and the leaks met so far."""

    def __init__(self, trying: list[Cell], shown: list[np.ndarray], minimum: int, owners: np.ndarray) -> None:
        self.trying, self.shown, self.minimum, self.owners = trying, shown, minimum, owners
        # Equal costs are told apart by the order of the cells, so that one set is the cheapest.
        self.costs = np.array([cell.cost + 1e-4 * place / len(trying) for place, cell in enumerate(trying)])
        self.leaks: list[frozenset[int]] = []
        self.known: dict[frozenset[int], list[frozenset[int]]] = {}

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

    def leaks_of(self, kept: frozenset[int]) -> list[frozenset[int]]:
        """Return the cells of each leak found; they are kept in mind."""
        if kept not in self.known:
            self.known[kept] = self._look_for_leaks(kept)
        return self.known[kept]

    def _look_for_leaks(self, kept: frozenset[int]) -> list[frozenset[int]]:
        order = sorted(kept)
        rows = [*self.shown, *(self.trying[place].row for place in order)]
        if not rows:
            return []
        table = np.array(rows)
        found = []
        for weights in find_leaks(table, self.owners, self.minimum):
            pull = np.abs(_few_rows(table, weights, len(self.shown))[len(self.shown) :])
            leak = frozenset(place for place, weight in zip(order, pull, strict=True) if weight > 1e-7) or kept
            found.append(leak)
            if leak not in self.leaks:
                self.leaks.append(leak)
        return found

    def thin_out(self, kept: frozenset[int]) -> frozenset[int]:
        """Hide the cheapest cell of each leak until none is left; then let come back what need not be hidden."""
        hidden: list[int] = []
        while kept:
            leaks = self.leaks_of(kept)
            if not leaks:
                break
            for leak in leaks:
                if leak <= kept:
                    cheapest = min(leak, key=lambda place: self.costs[place])
                    hidden.append(cheapest)
                    kept -= {cheapest}
        for place in sorted(hidden, key=lambda place: -self.costs[place]):
            if not any(leak <= kept | {place} for leak in self.leaks) and not self.leaks_of(kept | {place}):
                kept |= {place}
        return kept

    def cheapest(self) -> frozenset[int] | None:
        """Return what is left to show when the cheapest set of cells that meets every leak so far is hidden."""
        from scipy.sparse import csc_array

        meets = np.zeros((len(self.leaks), len(self.trying)))
        for row, leak in enumerate(self.leaks):
            meets[row, sorted(leak)] = 1.0
        once, ever = np.ones(len(meets)), np.full(len(meets), np.inf)
        every = np.ones(len(self.costs))
        found = search_whole(
            self.costs, 0 * every, every, csc_array(meets), once, ever, every, nodes=MOST_NODES, gap=NEAR_ENOUGH
        )
        if found.point is None:
            return None
        return frozenset(place for place, value in enumerate(found.point) if value < 0.5)
