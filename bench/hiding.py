"""What hiding costs beside the least it could cost, on tables of lines by roles, and how long bounds take.

The least is approached from below: whatever is hidden must meet every combination of shown numbers that speaks of too
few people, so the cheapest set that meets the combinations found so far (`scipy.optimize.milp`) is never dearer than
the optimum. Combinations are added until that set leaves none, and then it is the optimum.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from bench.table import bench_row
from workbench.readiness.suppression import Cell, find_leaks, suppress

MINIMUM = 5
SHAPES = ((3, 3), (4, 5), (6, 5), (8, 6), (10, 8), (12, 10))
MOST_ROUNDS = 400


def random_table(seed: int, shape: tuple[int, int]) -> np.ndarray:
    """Return people by line and role: many small groups, some empty."""
    rng = np.random.default_rng([seed, *shape])
    sizes = rng.choice([0, 1, 2, 3, 5, 6, 8, 12, 20], size=shape, p=[0.05, 0.08, 0.1, 0.1, 0.12, 0.15, 0.15, 0.15, 0.1])
    sizes[:, 0] += 5  # margins large enough to be shown
    sizes[0, :] += 5
    return sizes


def cells_of(table: np.ndarray) -> list[Cell]:
    """Return the table's cells and margins as numbers that want to be shown; margins are more important."""
    owner = np.repeat(np.arange(table.size), table.reshape(-1))
    line, role = owner // table.shape[1], owner % table.shape[1]
    found = [Cell(("total",), 3, len(owner), np.ones(len(owner)))]
    found += [Cell(("line", str(i)), 2, int((line == i).sum()), (line == i).astype(float)) for i in range(len(table))]
    found += [
        Cell(("role", str(j)), 1, int((role == j).sum()), (role == j).astype(float)) for j in range(table.shape[1])
    ]
    found += [
        Cell(("cell", str(i), str(j)), 0, int(table[i, j]), (owner == i * table.shape[1] + j).astype(float))
        for i in range(len(table))
        for j in range(table.shape[1])
        if table[i, j]
    ]
    return found


def hidden_people(table: np.ndarray) -> tuple[int, set[tuple[str, ...]]]:
    """Return how many people's numbers the package hides, and which cells these are."""
    cells = cells_of(table)
    small = {cell.key for cell in cells if cell.cost < MINIMUM}
    hidden = suppress(cells, small, MINIMUM, np.eye(int(table.sum()), dtype=bool))
    return sum(cell.cost for cell in cells if cell.key in hidden), hidden


def least_people(table: np.ndarray, hidden: set[tuple[str, ...]]) -> tuple[float, bool]:
    """Return what must be hidden at least beside the margins that stay, and whether so little is enough.

    Parameters
    ----------
    table : ndarray
    hidden : set of key
        What the package hides: margins in it are hidden here too.
    """
    cells = cells_of(table)
    owners = np.eye(int(table.sum()), dtype=bool)
    fixed = [cell for cell in cells if cell.tier and cell.key not in hidden]
    free = [cell for cell in cells if not cell.tier]
    costs = np.array([cell.cost for cell in free], dtype=float)
    must = np.array([cell.cost < MINIMUM for cell in free], dtype=float)
    leaks: list[np.ndarray] = []
    wanted, least = must > 0.5, float(costs @ must)
    for _ in range(MOST_ROUNDS):
        shown = [place for place in range(len(free)) if not wanted[place]]
        rows = np.array([cell.row for cell in fixed] + [free[place].row for place in shown])
        new = []
        for weights in find_leaks(rows, owners, MINIMUM):
            few = _few_rows(rows, weights @ rows, len(fixed))
            row = np.zeros(len(free))
            row[[place for place, weight in zip(shown, few[len(fixed) :], strict=True) if abs(weight) > 1e-7]] = 1.0
            new.append(row)
        if not new:
            return least, True
        leaks += new
        solved = milp(
            costs,
            constraints=LinearConstraint(np.array(leaks), 1.0, np.inf),
            bounds=Bounds(must, 1.0),
            integrality=np.ones(len(free)),
        )
        wanted, least = solved.x > 0.5, float(costs @ np.round(solved.x))
    return least, False


def _few_rows(rows: np.ndarray, wanted: np.ndarray, fixed: int) -> np.ndarray:
    """Return weights that give the same combination with as little of the cells as possible: a sharper condition."""
    columns = np.unique(np.vstack([rows, wanted]), axis=1)
    price = np.where(np.arange(len(rows)) < fixed, 1e-3, 1.0)
    found = linprog(
        np.concatenate([price, price]),
        A_eq=np.hstack([columns[:-1].T, -columns[:-1].T]),
        b_eq=columns[-1],
        bounds=(0, None),
        method="highs",
    )
    return found.x[: len(rows)] - found.x[len(rows) :]


def rows(tables: int = 20) -> list[dict[str, Any]]:
    """Return how much more than the least is hidden, over random tables of every shape."""
    ratios, proved, seconds = [], 0, 0.0
    for shape in SHAPES:
        for seed in range(tables):
            table = random_table(seed, shape)
            start = time.perf_counter()
            lost, hidden = hidden_people(table)
            seconds = max(seconds, time.perf_counter() - start)
            margins = sum(cell.cost for cell in cells_of(table) if cell.tier and cell.key in hidden)
            least, is_optimum = least_people(table, hidden)
            proved += is_optimum
            ratios.append((lost - margins) / least if least else 1.0)
    against = f"the least, proved in {proved} of {len(ratios)} tables up to 12 × 10"
    return [
        *(
            bench_row(f"information lost, {name} table", float(value), "ratio", against=against, most=1.3)
            for name, value in (("mean", np.mean(ratios)), ("worst", np.max(ratios)))
        ),
        bench_row("hiding in a 12 × 10 table, slowest", seconds, "s"),
    ]
