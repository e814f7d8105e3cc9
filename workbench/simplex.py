"""A linear programme that HiGHS keeps: asked again, the simplex method goes on from the last basis.

SciPy makes public only what solves once and from nothing, so this is the one place that reaches for its own HiGHS.
Another SciPy may have none there; who asks then goes the public way, and both ways are tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np


@cache
def load_core() -> Any:
    """Return SciPy's own HiGHS; None where this SciPy has none."""
    try:
        from scipy.optimize._highspy import _core
    except ImportError:  # pragma: no cover
        return None
    return _core


def keep_programme(
    cost: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    rows: Any,
    row_low: np.ndarray,
    row_high: np.ndarray,
    options: Mapping[str, Any],
    is_whole: np.ndarray | None = None,
) -> Any:
    """Hand HiGHS a programme: minimise ``cost @ v`` under ``row_low <= rows @ v <= row_high``, ``low <= v <= high``.

    Parameters
    ----------
    cost, low, high : array, shape (n,)
    rows : sparse matrix by columns or by rows, shape (m, n)
    row_low, row_high : array, shape (m,)
    options : mapping of name to value
        As HiGHS names them.
    is_whole : array of bool, shape (n,), optional
        Which values are whole numbers.

    Returns
    -------
    object
        The solver of `load_core`, which must not be None; ready to be run, and to be given other costs and bounds.
    """
    core = load_core()
    held = core._Highs()
    for name, value in options.items():
        held.setOptionValue(name, value)
    along = core.MatrixFormat.kRowwise if rows.format == "csr" else core.MatrixFormat.kColwise
    (m, n), kinds = rows.shape, (int(along), int(core.ObjSense.kMinimize))
    # as arrays: attributes of a programme are handed over number by number
    whole = np.zeros(n, dtype=np.int32) if is_whole is None else np.asarray(is_whole, dtype=np.int32)
    entries = rows.indptr, rows.indices, rows.data
    held.passModel(n, m, rows.nnz, *kinds, 0.0, cost, low, high, row_low, row_high, *entries, whole)
    return held


def solve_once(
    cost: np.ndarray, low: np.ndarray, high: np.ndarray, rows: Any, row_low: np.ndarray, row_high: np.ndarray
) -> np.ndarray | None:
    """Return where a programme as of `keep_programme` is lowest, or None where it has no such place.

    SciPy's own door asks the same and answers the same; for a small programme what it does beside takes as long again.
    """
    core = load_core()
    if core is None:
        from scipy.optimize import Bounds, LinearConstraint, milp

        held = milp(cost, constraints=LinearConstraint(rows, row_low, row_high), bounds=Bounds(low, high))
        return None if held.x is None else np.asarray(held.x)
    held = keep_programme(cost, low, high, rows, row_low, row_high, {"output_flag": False})
    held.run()
    if held.getModelStatus() != core.HighsModelStatus.kOptimal:
        return None
    return np.array(held.getSolution().col_value)


class Whole(NamedTuple):
    """What a search in whole numbers found: a point (None: none), and what no point is below (None: not known)."""

    point: np.ndarray | None
    bound: float | None


_UNHURRIED = {"output_flag": False, "mip_heuristic_run_feasibility_jump": False}
"""HiGHS guesses a first point for longer than a small programme takes to be solved."""


def search_whole(
    cost: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    rows: Any,
    row_low: np.ndarray,
    row_high: np.ndarray,
    is_whole: np.ndarray,
    *,
    nodes: int,
    gap: float = 1e-4,
    presolve: bool = True,
    target: float = -np.inf,
) -> Whole:
    """Return where a programme as of `keep_programme` is lowest in whole numbers, as far as some nodes lead.

    Parameters
    ----------
    cost, low, high, rows, row_low, row_high, is_whole
        As for `keep_programme`.
    nodes : int
        After so many what was found stands.
    gap : float
        Part of the value that is not worth a longer search.
    presolve : bool
        Whether the programme is made smaller first.
    target : float
        A point as low as this is good enough.
    """
    core = load_core()
    if core is None:
        from scipy.optimize import Bounds, LinearConstraint, milp

        found = milp(
            cost,
            constraints=LinearConstraint(rows, row_low, row_high),
            bounds=Bounds(low, high),
            integrality=is_whole.astype(int),
            options={"node_limit": nodes, "mip_rel_gap": gap, "presolve": presolve},
        )
        return Whole(None if found.x is None else np.asarray(found.x), found.mip_dual_bound)
    options = {**_UNHURRIED, "mip_max_nodes": nodes, "mip_rel_gap": gap, "presolve": "on" if presolve else "off"}
    options |= {"objective_target": target} if target > -np.inf else {}
    held = keep_programme(cost, low, high, rows, row_low, row_high, options, is_whole)
    held.run()
    status, told, info = held.getModelStatus(), core.HighsModelStatus, held.getInfo()
    is_limit = status in (told.kIterationLimit, told.kSolutionLimit, told.kObjectiveTarget)
    if status != told.kOptimal and not (is_limit and info.objective_function_value != core.kHighsInf):
        return Whole(None, None)
    # where nothing is whole there is no search, and HiGHS's bound of one is zero
    bound = info.mip_dual_bound if np.any(is_whole) else info.objective_function_value
    return Whole(np.array(held.getSolution().col_value), float(bound))
