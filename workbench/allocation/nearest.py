"""Plans that hold where today's, or doing nothing, does not: the nearest one, and the one that takes least."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix, vstack

from workbench.allocation.canonical import Canonical
from workbench.allocation.conflict import feasibility
from workbench.allocation.highs import LinearModel, search


def nearest_plan(form: Canonical, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the plan nearest to given levels (sum of scaled moves; closing a line counts one); None: none holds."""
    n_lines, n = len(form.lines), len(form.activities)
    base = feasibility(form, extra=n)
    count = base.gain.size
    moved, x = count - n + np.arange(n), n_lines + np.arange(n)
    place = np.arange(n)
    data = np.concatenate([np.ones(n), np.ones(n), np.ones(n), -np.ones(n)])
    rows = np.concatenate([place, place, n + place, n + place])
    columns = np.concatenate([moved, x, moved, x])
    moves = csr_matrix((data, (rows, columns)), shape=(2 * n, count))
    gain = base.gain.copy()
    gain[moved], gain[:n_lines] = -1.0, 1.0
    found = _extended(base, gain, moves, np.concatenate([shares, -shares]))
    return None if found is None else _held(form, found)


def cheapest_value(form: Canonical) -> float:
    """Scaled value of the plan that takes least of everything, for portfolios in which doing nothing breaks a rule."""
    n_lines = len(form.lines)
    base = feasibility(form)
    gain = base.gain.copy()
    for number, name in enumerate(form.row_names):
        if name.kind == "capacity":
            gain[n_lines : n_lines + len(form.activities)] -= form.by_level[number]
            gain[:n_lines] -= form.by_support[number]
    found = search(replace(base, gain=gain), gap=1e-6, seconds=10.0, nodes=100_000)
    if found.point is None:
        return 0.0
    shares, is_open = _held(form, found.point)
    return form.value_of(shares, is_open)


def _extended(base: LinearModel, gain: np.ndarray, rows: csr_matrix, low: np.ndarray) -> np.ndarray | None:
    model = replace(
        base,
        gain=gain,
        rows=csr_matrix(vstack([base.rows, rows])),
        row_low=np.concatenate([base.row_low, low]),
        row_high=np.concatenate([base.row_high, np.full(rows.shape[0], np.inf)]),
    )
    return search(model, gap=1e-6, seconds=30.0, nodes=200_000).point


def _held(form: Canonical, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Supports and levels of a point, moved the last digits so that rows hold tightly."""
    n_lines, n = len(form.lines), len(form.activities)
    is_open = np.round(point[:n_lines])
    shares = np.clip(point[n_lines : n_lines + n], 0.0, form.most)
    return np.where(is_open[form.line_of] > 0, shares, 0.0), is_open
