"""SciPy's HiGHS, asked quietly, its statuses translated in one place.

HiGHS 1.12 prints a line to the C-level standard output even when told to be silent (ERGO-Code/HiGHS#2783), which
would corrupt anything a machine reads from there; so that output is turned away while `milp` runs.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csc_matrix, csr_matrix, vstack

from workbench.errors import ModelError
from workbench.simplex import keep_programme, load_core

FEASIBILITY = 1e-9
"""How far a linear programme may miss a scaled row; `model.TOLERANCE` leaves room above it."""
SMALL = 2_000
"""Up to this many variables a programme is solved before it is simplified (ours)."""
BRANCHES = 60
"""Plain programmes before a search takes over (ours)."""
SHARPER = 0.1
"""Branches go on to this share of the gap asked for: it costs them little (ours)."""
INTEGRALITY = 1e-7
"""How far a whole number may be off in a linear programme's point."""
_PLAINLY = {
    "output_flag": False,
    "primal_feasibility_tolerance": FEASIBILITY,
    "dual_feasibility_tolerance": FEASIBILITY,
}
_UNBOUNDED = "The plan has no upper limit: an activity without a maximum brings ever more."
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class LinearModel:
    """Maximise ``gain @ v`` under ``row_low <= rows @ v <= row_high`` and ``low <= v <= high``; some v whole.

    Attributes
    ----------
    gain, low, high : array, shape (n,)
    is_whole : array of bool, shape (n,)
    rows : sparse matrix, shape (m, n)
    row_low, row_high : array, shape (m,)
    """

    gain: np.ndarray
    low: np.ndarray
    high: np.ndarray
    is_whole: np.ndarray
    rows: csr_matrix
    row_low: np.ndarray
    row_high: np.ndarray


@dataclass(frozen=True)
class Answer:
    """What HiGHS said: ``optimal``, ``limit`` or ``infeasible``; the point (None: none), its value and the bound.

    Attributes
    ----------
    status : str
        ``limit`` may have a point; ``infeasible`` never has one.
    point : array or None
    value, bound : float
        Of the maximisation; bound is infinite where none is known.
    nodes : int
        Of the search.
    prices : array
        What one more unit of each row's limit is worth (linear programmes only).
    """

    status: str
    point: np.ndarray | None
    value: float = -np.inf
    bound: float = np.inf
    nodes: int = 0
    prices: np.ndarray = field(default_factory=lambda: np.zeros(0))


def search(model: LinearModel, *, gap: float, seconds: float, nodes: int) -> Answer:
    """Solve with whole numbers, to a relative gap, within limits; seconds are of computing.

    Ctrl-C ends it at once.
    """
    if len(model.gain) <= SMALL:
        found = _branched(model, gap)
        if found is not None:
            return found
    ask = _by_scipy_search if load_core() is None else _timed
    until = time.process_time() + max(seconds, 0.01)
    with _quiet():
        # "infeasible or unbounded", or trouble while simplifying: ask again plainly
        found = ask(model, gap, until, nodes, "on") or ask(model, gap, until, nodes, "off")
    if found is None:
        raise ModelError("The solver gave up on a search with whole numbers.")
    return found


def _timed(model: LinearModel, gap: float, until: float, nodes: int, presolve: str) -> Answer | None:
    """Return what HiGHS finds until this process has computed so long; None where it loses its way.

    Its own limit is of the wall's clock: on a machine that others load, the answer would hang on who else is at work.
    """
    core = load_core()
    options = {"output_flag": False, "presolve": presolve, "mip_rel_gap": gap, "mip_max_nodes": nodes}
    rows = (model.rows, model.row_low, model.row_high)
    held = keep_programme(-model.gain, model.low, model.high, *rows, options)
    count = len(model.gain)
    held.changeColsIntegrality(count, np.arange(count, dtype=np.int32), model.is_whole.astype(np.uint8))

    def look(_kind: int, _words: str, _told: Any, answer: Any, _own: Any) -> None:
        answer.user_interrupt = time.process_time() > until

    held.setCallback(look, None)
    for moment in (
        core.cb.HighsCallbackType.kCallbackMipInterrupt,
        core.cb.HighsCallbackType.kCallbackSimplexInterrupt,
    ):
        held.startCallback(moment)
    held.run()
    status, info, kinds = held.getModelStatus(), held.getInfo(), core.HighsModelStatus
    if status == kinds.kInfeasible:
        return Answer("infeasible", None)
    if status == kinds.kUnbounded:
        raise ModelError(_UNBOUNDED)
    if status not in (kinds.kOptimal, kinds.kInterrupt, kinds.kSolutionLimit):
        return None
    is_ended, has_point = status == kinds.kOptimal, info.primal_solution_status == core.kSolutionStatusFeasible
    value = -info.objective_function_value if has_point else -np.inf
    # a programme without whole numbers has no search and so no bound of its own: its value is the bound
    bound = -info.mip_dual_bound if model.is_whole.any() else value if is_ended else np.inf
    point = np.array(held.getSolution().col_value) if has_point else None
    return Answer("optimal" if is_ended else "limit", point, value, bound, max(int(info.mip_node_count), 0))


def _by_scipy_search(model: LinearModel, gap: float, until: float, nodes: int, presolve: str) -> Answer | None:
    """Return what `_timed` does by SciPy's public function, which stops by the wall's clock."""
    found = milp(
        -model.gain,
        integrality=model.is_whole.astype(int),
        bounds=Bounds(model.low, model.high),
        constraints=LinearConstraint(model.rows, model.row_low, model.row_high) if model.rows.shape[0] else (),
        options={
            "disp": False,
            "mip_rel_gap": gap,
            "time_limit": max(until - time.process_time(), 0.01),
            "node_limit": nodes,
            "presolve": presolve == "on",
        },
    )
    count = int(found.mip_node_count or 0)
    if found.status == 2:
        return Answer("infeasible", None)
    if found.status == 3:
        raise ModelError(_UNBOUNDED)
    if found.status == 4 and count < nodes:  # SciPy does not know the limit of nodes among the ends of a search
        return None
    bound = -found.mip_dual_bound if found.mip_dual_bound is not None else -found.fun if found.status == 0 else np.inf
    value = -np.inf if found.x is None else -float(found.fun)
    return Answer("optimal" if found.status == 0 else "limit", found.x, value, float(bound), count)


def _branched(model: LinearModel, gap: float) -> Answer | None:
    """Return what `search` does by branch and bound on plain programmes; None where a handful of them do not end it.

    Most relaxations of a portfolio are whole or nearly so, and each branch goes on from the last basis: a fifth of the
    time that a search set up from nothing takes.
    """
    held, best, value, bound = Repeated(model), None, -np.inf, -np.inf
    gap *= SHARPER
    waiting = [(np.inf, model.low, model.high)]
    for count in range(BRANCHES):
        waiting.sort(key=lambda item: item[0])
        if not waiting or waiting[-1][0] <= value + gap * abs(value):
            bound = max(bound, value, *(item[0] for item in waiting))
            return Answer("infeasible" if best is None else "optimal", best, value, bound, count)
        limit, low, high = waiting.pop()
        found = held.solve(model.gain, low, high)
        if found.point is None:
            continue
        limit = min(limit, found.bound)
        off = np.where(model.is_whole, np.abs(found.point - np.round(found.point)), 0.0)
        here = int(off.argmax())
        if limit <= value + gap * abs(value):
            bound = max(bound, limit)
        elif off[here] <= INTEGRALITY:
            best, value = np.where(model.is_whole, np.round(found.point), found.point), limit
        else:
            down, up = high.copy(), low.copy()
            down[here], up[here] = np.floor(found.point[here]), np.ceil(found.point[here])
            waiting += [(limit, low, down), (limit, up, high)]
    return None


def relax(model: LinearModel) -> Answer:
    """Solve without whole numbers, tightly, with prices of the rows."""
    return Repeated(model).solve(model.gain, model.low, model.high)


def _by_scipy(model: LinearModel) -> Answer:
    """Return what `relax` does by SciPy's public function, which takes five times as long for a small programme."""
    upper, lower = np.isfinite(model.row_high), np.isfinite(model.row_low)
    is_equal = upper & lower & (model.row_high == model.row_low)
    above, below = np.flatnonzero(upper & ~is_equal), np.flatnonzero(lower & ~is_equal)
    equal = np.flatnonzero(is_equal)
    rows = csr_matrix(model.rows)
    parts = _stacked(rows, above, below)
    problem = {
        "c": -model.gain,
        "A_ub": parts,
        "b_ub": None if parts is None else np.concatenate([model.row_high[above], -model.row_low[below]]),
        "A_eq": rows[equal] if equal.size else None,
        "b_eq": model.row_high[equal] if equal.size else None,
        "bounds": np.column_stack([model.low, model.high]),
        "method": "highs",
    }
    tight = {"primal_feasibility_tolerance": FEASIBILITY, "dual_feasibility_tolerance": FEASIBILITY}
    found = linprog(**problem, options=tight)
    if found.status == 4:  # the tight tolerances were too much: the usual ones still do
        found = linprog(**problem)
    if found.status in (1, 4):
        raise ModelError(f"The solver gave up: {found.message}")
    if found.status == 3:
        raise ModelError(_UNBOUNDED)
    if found.x is None:
        return Answer("infeasible", None)
    prices = np.zeros(rows.shape[0])
    if parts is not None:
        # SciPy reports d(minimum)/d(limit); of a maximisation the price is minus that
        prices[above] -= found.ineqlin.marginals[: above.size]
        prices[below] += found.ineqlin.marginals[above.size :]
    if equal.size:
        prices[equal] = -found.eqlin.marginals
    return Answer("optimal", found.x, -float(found.fun), -float(found.fun), 0, prices)


class Repeated:
    """A programme without whole numbers that is solved many times, with other gains and other bounds of its variables.

    Each time the simplex method goes on from the last basis, which is a few steps from the next one.

    Parameters
    ----------
    model : LinearModel
        Its rows stay.
    """

    def __init__(self, model: LinearModel) -> None:
        self.model = model
        self._places = np.arange(len(model.gain), dtype=np.int32)
        self._gain, self._box = model.gain, (model.low, model.high)
        self._held = None if load_core() is None else self._passed()

    @property
    def basis(self) -> Any:
        """Where the simplex method stands, to go on from there another time; None where it cannot be kept."""
        return None if self._held is None else self._held.getBasis()

    def solve(self, gain: np.ndarray, low: np.ndarray, high: np.ndarray, basis: Any = None) -> Answer:
        """Return the best point for these gains and bounds; arrays are not to change.

        Parameters
        ----------
        gain, low, high : array, shape (n,)
        basis : optional
            Where to go on from (see `basis`); by default from where it stands.
        """
        held = self._held
        if held is not None:
            count = len(gain)
            if gain is not self._gain:
                held.changeColsCost(count, self._places, -gain)
                self._gain = gain
            if low is not self._box[0] or high is not self._box[1]:
                moved = np.flatnonzero((low != self._box[0]) | (high != self._box[1])).astype(np.int32)
                held.changeColsBounds(len(moved), moved, low[moved], high[moved])
                self._box = low, high
            if basis is not None:
                held.setBasis(basis)
            with _quiet():
                held.run()
            status, kinds = held.getModelStatus(), load_core().HighsModelStatus
            if status == kinds.kInfeasible:
                return Answer("infeasible", None)
            if status == kinds.kOptimal:
                found, value = held.getSolution(), -held.getObjectiveValue()
                return Answer("optimal", np.array(found.col_value), value, value, 0, -np.array(found.row_dual))
            self._held = self._passed()  # it lost its way: now by another door, the next time from nothing
        return _by_scipy(replace(self.model, gain=gain, low=low, high=high))

    def losses(self, gains: np.ndarray, prices: np.ndarray) -> np.ndarray:
        """Return what one unit more of each variable than the best point has loses; below zero, one unit less.

        Of one programme, or of a row each.
        """
        return (csc_matrix(self.model.rows).T @ prices.T).T - gains

    def _passed(self) -> Any:
        model = self.model
        self._gain, self._box = model.gain, (model.low, model.high)
        options = {**_PLAINLY, "presolve": "off"} if len(model.gain) <= SMALL else _PLAINLY
        return keep_programme(-model.gain, model.low, model.high, model.rows, model.row_low, model.row_high, options)


def _stacked(rows: csr_matrix, above: np.ndarray, below: np.ndarray) -> csr_matrix | None:
    held = [part for part in (rows[above], -rows[below]) if part.shape[0]]
    return csr_matrix(vstack(held)) if held else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Turn file descriptor 1 away from the reader, and back whatever happens.

    What Python has not yet written stays with it: to flush a notebook's output takes longer than a small programme.
    """
    with _ONE_AT_A_TIME:
        kept = sink = None
        try:
            kept, sink = os.dup(1), os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
        except OSError:  # no standard output to protect (a service, a closed terminal)
            if kept is not None:
                os.close(kept)
            kept = None
        try:
            yield
        finally:
            if kept is not None:
                os.dup2(kept, 1)
                os.close(kept)
            if sink is not None:
                os.close(sink)
