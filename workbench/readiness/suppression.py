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
    # The square factor on the side of the answers is never wanted, and is by far the larger one.
    _, sizes, right = np.linalg.svd(matrix, full_matrices=matrix.shape[0] < matrix.shape[1])
    rank = int((sizes > 1e-8 * max(1.0, sizes.max(initial=0.0))).sum())
    return right[rank:].T


def _row_space(matrix: np.ndarray) -> np.ndarray:
    if not matrix.size:
        return np.zeros((0, matrix.shape[1]))
    _, sizes, right = np.linalg.svd(matrix, full_matrices=False)
    return right[: int((sizes > 1e-7).sum())]


def _few_people(people: list[frozenset[int]], weight: np.ndarray, minimum: int) -> Iterable[list[int]]:
    """Yield the columns of every union of small groups below the minimum that could hold a vector; largest first.

    A column whose `weight` is nothing is in no vector, and the columns of a vector weigh one or more together.
    """
    columns: dict[frozenset[int], list[int]] = {}
    for column, held in enumerate(people):
        if weight[column] > 1e-9:
            columns.setdefault(held, []).append(column)
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
    """Return what can be shown of one kind beside what is shown."""
    trying = list(trying)
    while trying:
        leak = find_leak(np.array([*shown, *(cell.row for cell in trying)]), owners, minimum)
        if leak is None:
            break
        weights = np.abs(leak[len(shown) :])
        involved = [cell for cell, weight in zip(trying, weights, strict=True) if weight > 1e-7] or trying
        cheapest = min(involved, key=lambda cell: (cell.cost, cell.key))
        trying = [cell for cell in trying if cell is not cheapest]
    return trying
