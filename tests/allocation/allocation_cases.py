"""Portfolios for the tests: small ones by hand, seeded ones of any size."""

from __future__ import annotations

import itertools
import random

from workbench.allocation import (
    Activity,
    Closing,
    Conflict,
    Line,
    Objective,
    Plan,
    Portfolio,
    Resource,
    Rule,
    adbudg_from_answers,
    exponential_from_answers,
    points_curve,
    solve,
)


def small(*, rules: tuple[tuple[str, str], ...] = (), people: float = 30.0, budget: float = 400.0) -> Portfolio:
    """Two lines, three activities, people and money; Cards may be closed."""
    s_curve = adbudg_from_answers(0.0, 4.0, 6.0, 10.0, reference=2.0)
    return Portfolio(
        resources=(
            Resource("engineers", "HR", "people", (people,), 100.0, 1.0),
            Resource("budget", "Finance", "EUR", (budget,), 1.0),
        ),
        activities=(
            Activity("loans-develop", "loans", "develop", "teams", s_curve, {"engineers": 5, "budget": 20}, 2, 1, 5),
            Activity(
                "loans-market",
                "loans",
                "market",
                "campaigns",
                exponential_from_answers(0.0, 3.0, 6.0, reference=2.0),
                {"budget": 60},
                2,
                0,
                6,
                status="confirmed",
            ),
            Activity(
                "cards-operate",
                "cards",
                "operate",
                "teams",
                points_curve([0, 2, 4], [0, 3, 4]),
                {"engineers": 3, "budget": 10},
                2,
                0,
                4,
            ),
        ),
        lines=(
            Line("loans", "Consumer loans", {"engineers": 2}),
            Line("cards", "Cards", {"engineers": 4, "budget": 50}, Closing(10.0, 0.0, 1.0, "Customers move to loans.")),
        ),
        objectives=(
            Objective(
                "margin",
                1.0,
                {"loans-develop": 100.0, "loans-market": 60.0, "cards-operate": 40.0},
                is_money=True,
                is_confirmed=True,
                agreed_on="2026-09-01",
                agreed_by="Executive board",
            ),
        ),
        rules=tuple(Rule(name, text, "CFO") for name, text in rules),
    )


def seeded(
    seed: int, n: int, *, per_line: int = 3, resources: int = 3, dependencies: int = 3, share: float = 0.45
) -> Portfolio:
    """Return a portfolio of S-shaped, concave and pointed curves, minima, needs, closings and dependencies."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    n_lines = max(1, n // per_line)
    activities, taken = [], [0.0] * resources
    for place in range(n):
        answers = sorted(draw.uniform(0, 10) for _ in range(4))
        while min(b - a for a, b in itertools.pairwise(answers)) < 0.2:
            answers = sorted(draw.uniform(0, 10) for _ in range(4))
        reference = draw.uniform(1, 10)
        kind = draw.choice(["adbudg", "adbudg", "adbudg", "exponential", "points"])
        if kind == "exponential":
            curve = exponential_from_answers(answers[0], answers[1], answers[3], reference=reference)
        elif kind == "points":
            curve = points_curve([0, reference / 2, reference, 2 * reference], answers, reference=reference)
        else:
            curve = adbudg_from_answers(*answers, reference=reference)
        recipe = {f"r{k}": draw.uniform(0.2, 1) for k in range(resources) if draw.random() < 0.7} or {"r0": 1.0}
        for k in range(resources):
            taken[k] += recipe.get(f"r{k}", 0.0) * 2 * reference
        minimum = draw.choice([0, 0, 0.3 * reference])
        line = f"l{place % n_lines:03}"
        activities.append(
            Activity(f"a{place:03}", line, "develop", "teams", curve, recipe, reference, minimum, 2 * reference)
        )
    lines = tuple(
        Line(
            f"l{place:03}",
            needs={f"r{draw.randrange(resources)}": draw.uniform(0, 2)},
            closing=Closing(draw.uniform(0, 5)) if draw.random() < 0.8 else None,
        )
        for place in range(n_lines)
    )
    pairs = [(draw.randrange(n_lines), draw.randrange(n_lines)) for _ in range(dependencies)]
    return Portfolio(
        resources=tuple(Resource(f"r{k}", "HR", "units", (taken[k] * share,), 10.0) for k in range(resources)),
        activities=tuple(activities),
        lines=lines,
        objectives=(Objective("margin", 1.0, {item.id: draw.uniform(0.5, 3) for item in activities}, True, True),),
        rules=tuple(Rule(f"d{k}", f"line l{a:03} requires line l{b:03}") for k, (a, b) in enumerate(pairs) if a != b),
    )


def planned(portfolio: Portfolio) -> Plan:
    """Return the best plan of a portfolio that has one."""
    plan = solve(portfolio)
    assert isinstance(plan, Plan)
    return plan


def conflict(portfolio: Portfolio) -> Conflict:
    """Return the conflict of a portfolio without a plan."""
    found = solve(portfolio)
    assert isinstance(found, Conflict)
    return found
