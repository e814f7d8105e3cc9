"""From ten activities to five thousand: time, proved gap, planning again, the usual methods beside it, hard knapsacks.

Times are of the processor (one thread), so that what else the machine does is not counted; every row names its size.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from bench.allocation import mixed, one_budget, slsqp_value
from bench.table import bench_row
from workbench.allocation import (
    Activity,
    Closing,
    Limits,
    Line,
    Objective,
    Plan,
    Portfolio,
    Resource,
    Rule,
    adbudg_from_answers,
    evaluate,
    exponential_from_answers,
    points_curve,
    replan,
    solve,
)

GAP = 1e-4
"""What is to be proved, as a share of the lift."""
SIZES = (
    *((10, 3, 2, 4.0), (20, 3, 2, 4.0), (50, 3, 5, 4.0), (100, 3, 10, 5.0), (200, 3, 20, 5.0)),
    *((500, 3, 50, 5.0), (1000, 3, 100, 60.0), (2000, 4, 200, 60.0), (5000, 4, 500, 60.0)),
)
"""Activities, resources, dependencies, and the seconds that a plan may take."""
SEEDS = 3
"""Portfolios of each size; the slowest counts."""
AGAIN_SECONDS = {50: 0.2, 500: 1.0}
"""What planning again after one change may take."""
KNAPSACKS, ITEMS, DIMENSIONS, KNAPSACK_SECONDS = 10, 100, 5, 60.0
"""Sample of the knapsacks of P. C. Chu & J. E. Beasley (1998), Journal of Heuristics 4, 63-86, by their recipe."""
SHORT = 0.3
"""A time limit too short for the proof, to see whether it is honoured (seconds, at 500 activities)."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    solve(one_budget(0, 3))  # first use imports the solver
    return [*_sizes(), *_again(), *_slsqp(), *_levels(), *_knapsacks(), *_short()]


def portfolio(seed: int, n: int, resources: int, dependencies: int) -> Portfolio:
    """Return `n` activities, two a line: seven in ten S-shaped or steep, recipes, needs, minima, dependencies."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    n_lines = max(1, n // 2)
    taken, activities, worths = [0.0] * resources, [], {}
    for place in range(n):
        reference = draw.uniform(1, 10)
        low, at, more, high = map(float, np.cumsum([draw.uniform(0, 2), *(draw.uniform(0.3, 4) for _ in range(3))]))
        is_adbudg = draw.random() < 0.7
        curve: Any = (
            adbudg_from_answers(low, at, more, high, reference=reference)
            if is_adbudg
            else exponential_from_answers(low, at, high, reference=reference)
        )
        recipe = {f"r{k}": draw.uniform(0.2, 1) for k in range(resources) if draw.random() < 0.7} or {"r0": 1.0}
        for k in range(resources):
            taken[k] += recipe.get(f"r{k}", 0.0) * 2 * reference
        least = draw.choice([0.0, 0.0, 0.3 * reference])
        line = f"l{place % n_lines:04}"
        activities.append(Activity(f"a{place:04}", line, "develop", "teams", curve, recipe, 0, least, 2 * reference))
        worths[f"a{place:04}"] = draw.uniform(0.5, 3)
    lines = tuple(
        Line(
            f"l{place:04}",
            needs={f"r{draw.randrange(resources)}": draw.uniform(0, 2)},
            closing=Closing(draw.uniform(0, 5)),
        )
        for place in range(n_lines)
    )
    pairs = [(draw.randrange(n_lines), draw.randrange(n_lines)) for _ in range(dependencies)]
    return Portfolio(
        tuple(Resource(f"r{k}", "HR", "units", (taken[k] * 0.45,), 1.0) for k in range(resources)),
        tuple(activities),
        lines,
        (Objective("margin", 1.0, worths, True, True),),
        tuple(Rule(f"d{k}", f"line l{a:04} requires line l{b:04}") for k, (a, b) in enumerate(pairs) if a != b),
    )


def changes(plan: Plan) -> dict[str, Portfolio]:
    """Return a plan's portfolio with one thing changed: a budget, a worth, a floor, a maximum, a line closed."""
    held = plan.portfolio
    worths = {name: worth * (1.3 if number % 7 == 0 else 1.0) for number, (name, worth) in enumerate(_worths(held))}
    first, second = held.resources[0].id, held.resources[-1].id
    of_lines = ",".join(line.id for line in held.lines[: max(len(held.lines) // 25, 1)])
    used = sum(plan.found.used_by_line[line][first] for line in of_lines.split(","))
    open_line = next(line for line, supported in plan.supported.items() if supported)
    wider = tuple(replace(a, maximum=1.2 * a.maximum) if k == 5 else a for k, a in enumerate(held.activities))
    return {
        "a tenth more of a resource": _with_capacity(held, first, 1.1),
        "a fifth less of another": _with_capacity(held, second, 0.8),
        "every seventh worth raised": replace(held, objectives=(replace(held.objectives[0], worths=worths),)),
        "a floor": replace(held, rules=(*held.rules, Rule("floor", f"{first} in line={of_lines} >= {1.1 * used:.6g}"))),
        "a wider maximum": replace(held, activities=wider),
        "a line closed": replace(held, rules=(*held.rules, Rule("closed", f"close line {open_line}"))),
    }


def level_choice(held: Portfolio, levels: int, gap: float = GAP) -> tuple[float, float]:
    """Return the value on the true curves and the seconds of one yes/no a level: what a grid of levels alone gives.

    Its bound is one for the grid; of what lies between the levels it says nothing.
    """
    started = time.process_time()
    n, lines = len(held.activities), {line.id: number for number, line in enumerate(held.lines)}
    grid = [np.concatenate([[0.0], np.linspace(a.minimum, a.maximum, levels - 1)]) for a in held.activities]
    count = n * levels + len(lines)
    gain, cells = np.zeros(count), []
    bounds_low, bounds_high = [], []
    row = 0
    for place, activity in enumerate(held.activities):
        worth, x = held.worth(activity.id), n * levels + lines[activity.line]
        for number, level in enumerate(grid[place]):
            gain[place * levels + number] = worth * activity.curve.value(float(level))
            cells.append((row, place * levels + number, 1.0))
        cells.append((row, x, -1.0))
        bounds_low.append(0.0)
        bounds_high.append(0.0)
        row += 1
    for line, number in lines.items():
        gain[n * levels + number] = held.closing_value(line)
    for item in held.resources:
        left = sum(held.left(line, item.id) for line in lines)
        for place, activity in enumerate(held.activities):
            amount = activity.recipe.get(item.id, 0.0)
            cells += [
                (row, place * levels + k, amount * level) for k, level in enumerate(grid[place]) if amount * level
            ]
        for line, number in lines.items():
            cells.append((row, n * levels + number, held.line(line).needs.get(item.id, 0.0) - held.left(line, item.id)))
        bounds_low.append(-np.inf)
        bounds_high.append(item.capacity[0] - left)
        row += 1
    for rule in held.rules:
        one, other = rule.text.removeprefix("line ").split(" requires line ")
        cells += [(row, n * levels + lines[one], 1.0), (row, n * levels + lines[other], -1.0)]
        bounds_low.append(-np.inf)
        bounds_high.append(0.0)
        row += 1
    at, columns, values = (np.array(part) for part in zip(*cells, strict=True))
    matrix = coo_matrix((values, (at.astype(int), columns.astype(int))), shape=(row, count)).tocsr()
    found = milp(
        -gain,
        integrality=np.ones(count),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, bounds_low, bounds_high),
        options={"mip_rel_gap": gap, "time_limit": 300.0},
    )
    picked = found.x[: n * levels].reshape(n, levels).argmax(axis=1)
    chosen = {a.id: float(grid[place][picked[place]]) for place, a in enumerate(held.activities)}
    supported = {line: bool(found.x[n * levels + number] > 0.5) for line, number in lines.items()}
    return evaluate(held, chosen, supported).value, time.process_time() - started


def hard_knapsack(seed: int) -> Portfolio:
    """Return a knapsack by the recipe of Chu & Beasley (1998), of a quarter, half or three quarters of all weights.

    Weights are whole from 0 to 1,000, profits the mean weight of an item plus up to 500.
    """
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    weights = [[draw.randint(0, 1000) for _ in range(ITEMS)] for _ in range(DIMENSIONS)]
    profits = {
        f"i{item}": sum(held[item] for held in weights) / DIMENSIONS + 500 * draw.random() for item in range(ITEMS)
    }
    share, taken = (0.25, 0.5, 0.75)[seed % 3], points_curve([0, 1], [0, 1])
    return Portfolio(
        tuple(Resource(f"r{k}", "Finance", "units", (share * sum(held),), 1.0) for k, held in enumerate(weights)),
        tuple(
            Activity(
                name,
                "all",
                "develop",
                "items",
                taken,
                {f"r{k}": float(held[item]) for k, held in enumerate(weights) if held[item]},
                0,
                1,
                1,
            )
            for item, name in enumerate(profits)
        ),
        (Line("all"),),
        (Objective("profit", 1.0, profits, True, True),),
    )


def _sizes() -> list[dict[str, Any]]:
    found = []
    for n, resources, dependencies, most in SIZES:
        tried = [portfolio(seed, n, resources, dependencies) for seed in range(SEEDS)]
        held = [_timed(lambda one=one: solve(one)) for one in tried]
        gaps = [plan.certificate.gap for _, plan in held if isinstance(plan, Plan)]
        slowest = max(seconds for seconds, _ in held)
        what = f"{n:,} activities × {resources} × {dependencies}"
        found += [
            bench_row(f"{what}: slowest of {SEEDS}", slowest, "s", most=most),
            bench_row(f"{what}: largest proved gap", max(gaps), "share of lift", most=GAP),
        ]
    return found


def _again() -> list[dict[str, Any]]:
    found = []
    for n, most in AGAIN_SECONDS.items():
        plan = solve(portfolio(1, n, 3, n // 10))
        if not isinstance(plan, Plan):
            continue
        for what, changed in changes(plan).items():
            again, other = _timed(lambda plan=plan, changed=changed: replan(plan, changed))
            cold, _ = _timed(lambda changed=changed: solve(changed))
            ok = isinstance(other, Plan) and other.certificate.proved and again <= most
            found.append(
                bench_row(
                    f"{n} activities, planned again: {what}",
                    again,
                    "s",
                    against="from nothing",
                    ratio=again / cold,
                    most=most,
                    met=ok,
                )
            )
    return found


def _slsqp() -> list[dict[str, Any]]:
    found, split = [], "SLSQP, exact gradients, equal split (no proof)"
    for n in (50, 500):
        held = one_budget(1, n)
        ours, plan = _timed(lambda held=held: solve(held))
        theirs, value = _timed(lambda held=held: slsqp_value(held))
        if isinstance(plan, Plan):
            what = f"{n} S-curves, one budget"
            share = value / plan.value
            found += [
                bench_row(f"{what}: SLSQP's share of our value", share, "", against=split, most=1 + GAP),
                bench_row(f"{what}: time to a proved plan", ours, "s", against=split, ratio=ours / theirs),
            ]
    return found


def _levels() -> list[dict[str, Any]]:
    found = []
    for n, levels in ((50, 41), (500, 21)):
        held = portfolio(1, n, 3, n // 10)
        ours, plan = _timed(lambda held=held: solve(held))
        value, theirs = level_choice(held, levels)
        if isinstance(plan, Plan):
            what = f"{n} activities"
            against = f"a yes/no for each of {levels} levels (no bound between them)"
            share = (value - plan.value) / plan.certificate.lift
            found += [
                bench_row(f"{what}: level choice over our value", share, "", against=against, most=GAP),
                bench_row(f"{what}: time to a proved plan", ours, "s", against=against, ratio=ours / theirs),
            ]
    return found


def _knapsacks() -> list[dict[str, Any]]:
    held = [
        _timed(lambda seed=seed: solve(hard_knapsack(seed), limits=Limits(seconds=10 * KNAPSACK_SECONDS)))
        for seed in range(KNAPSACKS)
    ]
    slowest = max(seconds for seconds, _ in held)
    proved = sum(isinstance(plan, Plan) and plan.certificate.proved for _, plan in held)
    what = f"knapsacks {ITEMS} × {DIMENSIONS}, tight, {KNAPSACKS} of them"
    return [
        bench_row(f"{what}: proved", proved, "", least=KNAPSACKS),
        bench_row(f"{what}: slowest", slowest, "s", most=KNAPSACK_SECONDS),
    ]


def _short() -> list[dict[str, Any]]:
    """Return how a limit too short for the proof is kept, and whether what is left is told truly."""
    held = mixed(1, 500)
    best = solve(held)
    started = time.monotonic()
    plan = solve(held, limits=Limits(seconds=SHORT))
    over = time.monotonic() - started - SHORT
    true = isinstance(plan, Plan) and isinstance(best, Plan) and plan.certificate.bound >= best.value
    return [bench_row(f"500 activities in {SHORT:g} s: seconds over the limit", over, "s", met=true)]


def _worths(held: Portfolio) -> list[tuple[str, float]]:
    return sorted(held.objectives[0].worths.items())


def _with_capacity(held: Portfolio, resource: str, factor: float) -> Portfolio:
    return replace(
        held,
        resources=tuple(
            replace(item, capacity=(item.capacity[0] * (factor if item.id == resource else 1.0),))
            for item in held.resources
        ),
    )


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = call()
    return time.process_time() - start, result
