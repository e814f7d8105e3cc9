"""Allocation against SciPy's SLSQP with exact gradients from an equal split: value reached, and time.

S-curves and one budget, as most public marketing allocators see it; then fifty activities of all kinds with several
resources, dependencies and lines that may close, which SLSQP cannot state, for the proof and its time.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

import numpy as np
from scipy.optimize import minimize

from bench.table import bench_row
from workbench.allocation import (
    Activity,
    Closing,
    Line,
    Objective,
    Plan,
    Portfolio,
    Resource,
    Rule,
    adbudg_from_answers,
    exponential_from_answers,
    solve,
)

PORTFOLIOS = 30
"""Random portfolios of eight S-curves."""
GAP, SECONDS = 1e-4, 4.0
"""What must be proved for fifty activities, and in which time on two cores."""
NOTICED = 0.01
"""A loss that a board would notice."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    solve(one_budget(0, 3))  # first use imports the solver
    ours, theirs, ratios = [], [], []
    for seed in range(PORTFOLIOS):
        portfolio = one_budget(seed, 8)
        seconds, plan = _timed(lambda portfolio=portfolio: solve(portfolio))
        ours.append(seconds)
        seconds, value = _timed(lambda portfolio=portfolio: slsqp_value(portfolio))
        theirs.append(seconds)
        ratios.append(value / _value(plan))
    lost = sum(ratio < 1 - NOTICED for ratio in ratios) / len(ratios)
    large = [_timed(lambda seed=seed: solve(mixed(seed, 50), gap=GAP)) for seed in range(5)]
    gaps = [plan.certificate.gap for _, plan in large if isinstance(plan, Plan)]
    slowest = max(seconds for seconds, _ in large)
    split = "SLSQP, exact gradients, equal split"
    return [
        bench_row(
            "8 S-curves, one budget: share of our value, mean", statistics.mean(ratios), "", against=split, most=1.0
        ),
        bench_row("8 S-curves, one budget: share of our value, worst", min(ratios), "", against=split, most=1 + GAP),
        bench_row("8 S-curves: portfolios in which SLSQP loses over 1 %", lost, against=split),
        bench_row(
            "8 S-curves, one budget: time to a proved plan",
            statistics.median(ours),
            "s",
            against=f"{split} (no proof)",
            ratio=statistics.median(ours) / statistics.median(theirs),
        ),
        bench_row("50 activities, 3 resources: largest proved gap", max(gaps), "share of lift", most=GAP),
        bench_row("50 activities, 3 resources: slowest of 5", slowest, "s", most=SECONDS),
    ]


def one_budget(seed: int, n: int) -> Portfolio:
    """Return `n` S-curves of one line under a budget that reaches about half of them."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    activities, worths = [], {}
    for place in range(n):
        reference = draw.uniform(5, 15)
        low, rise = draw.uniform(0, 2), draw.uniform(4, 12)
        first = draw.uniform(0.15, 0.35) * rise
        second = draw.uniform(0.55, 0.8) * rise
        curve = adbudg_from_answers(low, low + first, low + second, low + rise, reference=reference)
        activities.append(Activity(f"a{place}", "all", "market", "EUR", curve, {"budget": 1.0}, 0, 0, 10.0 * n))
        worths[f"a{place}"] = draw.uniform(0.5, 2)
    return Portfolio(
        (Resource("budget", "Finance", "EUR", (10.0 * n,), 1.0),),
        tuple(activities),
        (Line("all"),),
        (Objective("margin", 1.0, worths, True, True),),
    )


def mixed(seed: int, n: int) -> Portfolio:
    """Return `n` activities of lines of three, S-shaped and concave, three resources, dependencies, closings."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    taken, activities, worths = [0.0] * 3, [], {}
    n_lines = n // 3
    for place in range(n):
        reference = draw.uniform(1, 10)
        steps = np.cumsum([draw.uniform(0, 2), *(draw.uniform(0.3, 4) for _ in range(3))])
        low, at, more, high = (float(step) for step in steps)
        if draw.random() < 0.7:
            curve: Any = adbudg_from_answers(low, at, more, high, reference=reference)
        else:
            curve = exponential_from_answers(low, at, high, reference=reference)
        recipe = {f"r{k}": draw.uniform(0.2, 1) for k in range(3) if draw.random() < 0.7} or {"r0": 1.0}
        for k in range(3):
            taken[k] += recipe.get(f"r{k}", 0.0) * 2 * reference
        minimum = draw.choice([0.0, 0.0, 0.3 * reference])
        line = f"l{place % n_lines:03}"
        activities.append(Activity(f"a{place:03}", line, "develop", "teams", curve, recipe, 0, minimum, 2 * reference))
        worths[f"a{place:03}"] = draw.uniform(0.5, 3)
    lines = tuple(
        Line(f"l{place:03}", needs={f"r{draw.randrange(3)}": draw.uniform(0, 2)}, closing=Closing(draw.uniform(0, 5)))
        for place in range(n_lines)
    )
    pairs = [(draw.randrange(n_lines), draw.randrange(n_lines)) for _ in range(6)]
    return Portfolio(
        tuple(Resource(f"r{k}", "HR", "units", (taken[k] * 0.45,), 1.0) for k in range(3)),
        tuple(activities),
        lines,
        (Objective("margin", 1.0, worths, True, True),),
        tuple(Rule(f"d{k}", f"line l{a:03} requires line l{b:03}") for k, (a, b) in enumerate(pairs) if a != b),
    )


def slsqp_value(portfolio: Portfolio) -> float:
    """Return what SLSQP reaches from an equal split of the one budget, with exact gradients."""
    curves = [activity.curve for activity in portfolio.activities]
    worths = [portfolio.worth(activity.id) for activity in portfolio.activities]
    budget, n = portfolio.resources[0].capacity[0], len(curves)

    def loss(levels: np.ndarray) -> float:
        return -sum(worth * curve.value(float(x)) for worth, curve, x in zip(worths, curves, levels, strict=True))

    def slope(levels: np.ndarray) -> np.ndarray:
        return np.array(
            [-w * curve.slope(max(float(x), 1e-9)) for w, curve, x in zip(worths, curves, levels, strict=True)]
        )

    found = minimize(
        loss,
        np.full(n, budget / n),
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, budget)] * n,
        constraints={"type": "ineq", "fun": lambda x: budget - x.sum(), "jac": lambda x: -np.ones(n)},
        options={"maxiter": 500, "ftol": 1e-10},
    )
    return -float(found.fun)


def _timed(call: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def _value(plan: Any) -> float:
    return float(plan.value)
