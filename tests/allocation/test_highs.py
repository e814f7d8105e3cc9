"""Programmes solved again from the last basis, and small searches, against SciPy's public functions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix

from workbench.allocation import highs
from workbench.allocation.highs import LinearModel, Repeated, relax, search


def some(seed: int, n: int = 12, m: int = 5) -> LinearModel:
    """Return a programme with limits on both sides and one equality."""
    random = np.random.default_rng(seed)
    rows = random.uniform(0.0, 1.0, (m, n)) * (random.random((m, n)) < 0.7)
    high = rows.sum(axis=1) * random.uniform(0.2, 0.6, m)
    low = np.where(np.arange(m) == 0, high, np.where(np.arange(m) == 1, 0.1 * high, -np.inf))
    gain = random.uniform(-0.2, 1.0, n)
    return LinearModel(gain, np.zeros(n), np.ones(n), np.zeros(n, dtype=bool), csr_matrix(rows), low, high)


def by_linprog(model: LinearModel) -> float | None:
    """Return the best value by SciPy's public function; None where there is no point."""
    dense, finite = model.rows.toarray(), np.isfinite(model.row_low)
    found = linprog(
        -model.gain,
        A_ub=np.vstack([dense, -dense[finite]]),
        b_ub=np.concatenate([model.row_high, -model.row_low[finite]]),
        bounds=np.column_stack([model.low, model.high]),
    )
    return None if found.x is None else -float(found.fun)


@pytest.fixture(params=["from the last basis", "by SciPy's public function"])
def way(request, monkeypatch):
    """Solve as usual, and as with a SciPy that keeps its solver elsewhere."""
    if request.param != "from the last basis":
        monkeypatch.setattr(highs, "load_core", lambda: None)
    return request.param


def test_a_programme_solved_again_is_solved_as_if_anew(way):
    """Other gains, other bounds, none that hold and back again: value, point and what leaving it loses are right."""
    model = some(1)
    held, random, impossible = Repeated(model), np.random.default_rng(2), 0
    for number in range(40):
        gain, high = random.uniform(-0.2, 1.0, 12), np.where(random.random(12) < 0.25, 0.0, 1.0)
        if number % 10 == 9:
            high[:] = 0.0
        now = replace(model, gain=gain, high=high)
        found, expected = held.solve(gain, now.low, high), by_linprog(now)
        if expected is None:
            assert found.status == "infeasible"
            impossible += 1
            continue
        assert found.value == pytest.approx(expected, abs=1e-9)
        assert float(gain @ found.point) == pytest.approx(expected, abs=1e-9)
        used = model.rows @ found.point
        assert np.all(used <= model.row_high + 1e-8)
        assert np.all(used >= model.row_low - 1e-8)
        # weak duality: no point is worth more than this one less what leaving it loses
        other = np.where(random.random(12) < 0.5, 0.0, high)
        step = other - found.point
        moved = model.rows @ step
        losses = held.losses(gain, found.prices)
        assert float(gain @ step) == pytest.approx(float(found.prices @ moved - losses @ step), abs=1e-7)
        assert np.all(losses[(found.point < 1e-9) & (high > 0)] >= -1e-8)
        assert np.all(losses[(found.point > 1 - 1e-9) & (high > 0)] <= 1e-8)
    assert impossible >= 4


def test_a_programme_without_a_limit_says_so(way):
    """What may grow for ever is an error, not an answer."""
    model = replace(some(3), high=np.full(12, np.inf), rows=csr_matrix((5, 12)), row_low=np.full(5, -np.inf))
    with pytest.raises(highs.ModelError, match="no upper limit"):
        relax(model)


@pytest.mark.parametrize("seed", range(8))
def test_a_small_search_finds_what_a_search_finds(seed):
    """Knapsacks with several rows: branches on plain programmes end at SciPy's optimum, and none means none."""
    random = np.random.default_rng(seed)
    n, m = 14, 3
    rows = random.integers(1, 40, (m, n)).astype(float)
    limits = rows.sum(axis=1) * (0.4 if seed else -1.0)
    gain = rows.mean(axis=0) + random.uniform(0, 10, n)
    is_whole = np.arange(n) % 3 > 0
    model = LinearModel(
        gain, np.zeros(n), np.ones(n), is_whole, csr_matrix(rows / 40), np.full(m, -np.inf), limits / 40
    )
    found = search(model, gap=1e-6, seconds=20.0, nodes=100_000)
    expected = milp(
        -gain, integrality=is_whole, bounds=Bounds(0, 1), constraints=LinearConstraint(rows / 40, -np.inf, limits / 40)
    )
    if expected.x is None:
        assert found.status == "infeasible"
        return
    assert found.value == pytest.approx(-expected.fun, rel=1e-6)
    assert found.value <= found.bound <= found.value * (1 + 1e-6)
    assert np.all(found.point[is_whole] == np.round(found.point[is_whole]))
    assert np.all(rows @ found.point <= limits + 1e-6)


def hard() -> LinearModel:
    """Return a programme that takes thousands of nodes."""
    rows = np.random.default_rng(0).integers(1, 100, (20, 60)).astype(float)
    gain = np.random.default_rng(1).integers(1, 100, 60).astype(float)
    limits = rows.sum(axis=1) / 3
    ends = np.zeros(60), np.ones(60)
    return LinearModel(gain, *ends, np.ones(60, dtype=bool), csr_matrix(rows), np.full(20, -np.inf), limits)


def test_a_search_that_ends_at_its_last_node_gives_what_it_has(way):
    """Not an error: the best plan so far, and a bound on what no plan beats."""
    found = search(hard(), gap=1e-9, seconds=600.0, nodes=30)
    assert found.status == "limit"
    assert found.nodes >= 30
    assert found.value < found.bound < np.inf
    assert found.point is not None
    assert hard().gain @ found.point == pytest.approx(found.value)


@pytest.mark.skipif(highs.load_core() is None, reason="SciPy's public function knows only the wall's clock")
def test_seconds_of_a_search_are_of_computing(monkeypatch):
    """A machine that others load ends no search: while this process computes nothing, only its nodes do."""
    clock = iter(range(10**9))
    monkeypatch.setattr(highs.time, "process_time", lambda: 0.0)
    found = search(hard(), gap=1e-9, seconds=0.01, nodes=30)
    assert (found.status, found.nodes) == ("limit", 30)
    monkeypatch.setattr(highs.time, "process_time", lambda: float(next(clock)))
    found = search(hard(), gap=1e-9, seconds=20.0, nodes=30)
    assert found.status == "limit"
    assert found.nodes < 30


@pytest.mark.skipif(highs.load_core() is None, reason="SciPy's public function is deaf until it is done")
def test_ctrl_c_ends_a_search(monkeypatch):
    """What is raised while HiGHS searches comes out of it, as it is."""

    def interrupt() -> float:
        if next(clock) > 20:
            raise KeyboardInterrupt
        return 0.0

    clock = iter(range(10**9))
    monkeypatch.setattr(highs.time, "process_time", interrupt)
    with pytest.raises(KeyboardInterrupt):
        search(hard(), gap=1e-9, seconds=600.0, nodes=10_000)
