"""Ten thousand trials: never below today or a plan handed in, never less with more room, always within its bound.

And one allocation in whatever units, order and from whatever today. All portfolios are small, of all kinds of curves,
with minima, needs, lines that may close, dependencies and negative worths.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

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
    check_plan,
    exponential_from_answers,
    points_curve,
    replan,
    solve,
)

TRIALS = 10_000
"""Random portfolios, each widened once."""
LOSS = 1e-9
"""What counts as lower, as a share of the value."""
UNITS = ((1.0, 1.0), (1e-3, 1.0), (1e3, 1.0), (0.01, 1.0), (1.0, 1e-3), (1.0, 7.0), (1e6, 1e4), (3.0, 0.1))
"""Factors on the units of resources and of levels: euros, thousands, cents; teams, people."""
SHUFFLES, STARTS, PORTFOLIOS = 20, 20, 2
"""Orders of every table, plans of today, and portfolios that all of them are tried on."""
SAME = 1e-6
"""Levels that differ by less than this share of their maximum are the same."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    found = [trial(seed) for seed in range(TRIALS)]
    worse, lower, above = (sum(held[place] for held in found) for place in range(3))
    differing, tried = 0, 0
    for seed in range(PORTFOLIOS):
        held = [*differences(seed, UNITS, SHUFFLES, STARTS)]
        differing, tried = differing + sum(held), tried + len(held)
    return [
        bench_row(f"{TRIALS:,} portfolios: plans below today's or a plan handed in", worse, "", most=0),
        bench_row(f"{TRIALS:,} widenings of a capacity or maximum: value lower than before", lower, "", most=0),
        bench_row(f"{TRIALS:,} portfolios: a plan above the bound of another plan's proof", above, "", most=0),
        bench_row(f"{tried:,} units × orders × starts: another allocation", differing, "", most=0),
    ]


def trial(seed: int) -> tuple[bool, bool, bool]:
    """Return whether a plan is below today's or one handed in, lower after widening, or beaten above its bound."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    held = portfolio(draw)
    hand = {
        item.id: draw.choice([0.0, item.minimum, draw.uniform(item.minimum, item.maximum)]) for item in held.activities
    }
    plan = solve(held, candidates=[(hand, {})])
    if not isinstance(plan, Plan):
        return False, False, False
    known = [check_plan(held, levels, {}) for levels in (held.today, hand)]
    slack = LOSS * max(abs(plan.value), 1e-12)
    worse = any(check.holds and plan.value < check.value - slack for check in known)
    after = replan(plan, widened(held, draw))
    lower = not isinstance(after, Plan) or after.value < plan.value - slack
    above = any(check.holds and check.value > plan.certificate.bound + slack for check in known)
    return worse, lower, above or not check_plan(held, plan.first, plan.supported).holds


def differences(seed: int, units: Any, shuffles: int, starts: int) -> list[bool]:
    """Return, for each unit case, order and start, whether the allocation is another than the plain one's."""
    draw = random.Random(10_000 + seed)  # noqa: S311 (cases, no secrets)
    plain = replace(portfolio(draw, n=6), rules=())
    # value in points: what closing costs hangs on no currency
    plain = replace(plain, objectives=tuple(replace(item, is_money=False) for item in plain.objectives))
    first = solve(plain)
    if not isinstance(first, Plan):
        return []
    found = []
    for money, level in units:
        for number in range(shuffles):
            for start in range(starts):
                other = in_units(started(shuffled(plain, number), random.Random(start)), money, level)  # noqa: S311
                plan = solve(other)
                found.append(not (isinstance(plan, Plan) and _same(plain, first, plan, level)))
    return found


def portfolio(draw: random.Random, n: int | None = None) -> Portfolio:
    """Return a small portfolio of all kinds."""
    n = n or draw.randint(2, 4)
    n_lines, resources = draw.randint(1, n), draw.randint(1, 3)
    activities, worths, taken = [], {}, [0.0] * resources
    for place in range(n):
        reference = draw.uniform(1, 10)
        answers = [0.0]
        for _ in range(4):
            answers.append(answers[-1] + draw.uniform(0.2, 4))
        answers = answers[1:]
        kind: Callable[[], Any] = draw.choice([
            lambda a=answers, r=reference: adbudg_from_answers(*a, reference=r),
            lambda a=answers, r=reference: exponential_from_answers(a[0], a[1], a[3], reference=r),
            lambda a=answers, r=reference: points_curve([0, r / 2, r, 2 * r], a, reference=r),
        ])  # fmt: skip
        recipe = {f"r{k}": draw.uniform(0.2, 1) for k in range(resources) if draw.random() < 0.7} or {"r0": 1.0}
        for k in range(resources):
            taken[k] += recipe.get(f"r{k}", 0.0) * 2 * reference
        least = draw.choice([0.0, 0.0, 0.3 * reference, 2 * reference])
        today = draw.choice([0.0, draw.uniform(least, 2 * reference)])
        line = f"l{place % n_lines}"
        activities.append(Activity(f"a{place}", line, "market", "runs", kind(), recipe, today, least, 2 * reference))
        worths[f"a{place}"] = draw.uniform(0.3, 3) * (-1 if draw.random() < 0.1 else 1)
    lines = tuple(
        Line(
            f"l{place}",
            needs={f"r{draw.randrange(resources)}": draw.uniform(0, 2)},
            closing=Closing(draw.uniform(0, 5), 0.0, draw.choice([0.5, 1.0])) if draw.random() < 0.7 else None,
        )
        for place in range(n_lines)
    )
    rules = ()
    if n_lines > 1 and draw.random() < 0.4:
        rules = (Rule("d", f"line l0 requires line l{draw.randrange(1, n_lines)}"),)
    share = draw.uniform(0.15, 0.9)
    return Portfolio(
        tuple(Resource(f"r{k}", "HR", "units", (taken[k] * share + 2.0,), 1.0) for k in range(resources)),
        tuple(activities),
        lines,
        (Objective("margin", 1.0, worths, True, True),),
        rules,
    )


def widened(held: Portfolio, draw: random.Random) -> Portfolio:
    """Return a portfolio with more of one resource, or a higher maximum of one activity."""
    factor = draw.choice([1.0 + 1e-6, 1.01, 1.5, 10.0])
    if draw.random() < 0.5:
        number = draw.randrange(len(held.resources))
        return replace(
            held,
            resources=tuple(
                replace(item, capacity=(item.capacity[0] * factor,)) if place == number else item
                for place, item in enumerate(held.resources)
            ),
        )
    number = draw.randrange(len(held.activities))
    return replace(
        held,
        activities=tuple(
            replace(item, maximum=item.maximum * factor) if place == number else item
            for place, item in enumerate(held.activities)
        ),
    )


def shuffled(held: Portfolio, seed: int) -> Portfolio:
    """Return the same portfolio with every table in another order."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)

    def order(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(draw.sample(items, len(items)))

    return replace(held, resources=order(held.resources), activities=order(held.activities), lines=order(held.lines))


def started(held: Portfolio, draw: random.Random) -> Portfolio:
    """Return the same portfolio with another plan of today."""
    return replace(
        held,
        activities=tuple(
            replace(item, current=draw.choice([0.0, draw.uniform(item.minimum, item.maximum)]))
            for item in held.activities
        ),
    )


def in_units(held: Portfolio, money: float, level: float) -> Portfolio:
    """Return the same portfolio with resources and levels counted in other units."""
    return replace(
        held,
        resources=tuple(
            replace(item, capacity=(item.capacity[0] * money,), unit_cost=item.unit_cost / money)
            for item in held.resources
        ),
        activities=tuple(
            replace(
                item,
                curve=_stretched(item.curve, level),
                recipe={name: amount * money / level for name, amount in item.recipe.items()},
                current=item.current * level,
                minimum=item.minimum * level,
                maximum=item.maximum * level,
            )
            for item in held.activities
        ),
        lines=tuple(
            replace(item, needs={name: amount * money for name, amount in item.needs.items()}) for item in held.lines
        ),
    )


def _stretched(curve: Any, factor: float) -> Any:
    if curve.family == "points":
        return replace(curve, levels=tuple(level * factor for level in curve.levels))
    if curve.family == "exponential":
        return replace(curve, rate=curve.rate / factor, reference=curve.reference * factor)
    return replace(curve, reference=curve.reference * factor)


def _same(held: Portfolio, first: Plan, other: Plan, level: float) -> bool:
    if first.supported != {line: other.supported[line] for line in first.supported}:
        return False
    return all(
        abs(other.level(item.id) / level - first.level(item.id)) <= SAME * item.maximum for item in held.activities
    )
