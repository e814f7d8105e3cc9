"""Two hundred lines over eight quarters with five skills: how close to the best, and in which time."""

from __future__ import annotations

import math
import random
import time
from typing import Any

import numpy as np

from bench.table import bench_row
from workbench.allocation import (
    Activity,
    Closing,
    Line,
    Objective,
    Portfolio,
    QuarterPlan,
    Resource,
    Rule,
    adbudg_from_answers,
    exponential_from_answers,
    solve_quarters,
)

LINES, QUARTERS, SKILLS, OTHERS = 200, 8, 5, 3
GAP, SECONDS = 5e-3, 60.0
"""What is to be proved, and in which time on two quiet cores."""
MOVES = (0.2, 0.1, 0.05)
"""Shares of a skill's people that may change lines in a quarter; the fewer, the harder."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    found = []
    for moves in MOVES:
        start, cpu = time.perf_counter(), time.process_time()
        plan = solve_quarters(several_quarters(1, LINES, moves=moves), gap=GAP, seconds=SECONDS)
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        gap = plan.certificate.gap if isinstance(plan, QuarterPlan) else math.inf
        what = f"{LINES} lines, {QUARTERS} quarters, {SKILLS} skills, {moves:.0%} may move a quarter"
        found += [
            bench_row(f"{what}: gap", gap, "share of lift", most=GAP),
            bench_row(f"{what}: time", wall, "s", most=SECONDS),
            bench_row(f"{what}: CPU time", cpu, "s"),
        ]
    return found


def several_quarters(seed: int, n_lines: int, *, moves: float, quarters: int = QUARTERS) -> Portfolio:
    """Return lines that develop, with two of the skills, and operate, with the others, from where they are today.

    Seven of ten curves are S-shaped; a third of the activities has a minimum; four of five lines may close; what is
    developed must be operated in all later quarters. A skill may grow by 1.5 % and shrink by 2 % a quarter.
    """
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    skills, others = [f"s{k}" for k in range(SKILLS)], [f"m{k}" for k in range(OTHERS)]
    today = dict.fromkeys([*skills, *others], 0.0)
    activities, lines, worths = [], [], {}
    for place in range(n_lines):
        line = f"l{place:03}"
        needs = {draw.choice(skills): draw.uniform(0.5, 2), draw.choice(others): draw.uniform(0, 2)}
        closing = Closing(draw.uniform(0, 3), draw.uniform(0, 1), draw.uniform(0.6, 1)) if draw.random() < 0.8 else None
        lines.append(Line(line, needs=needs, closing=closing))
        for use, able in (("develop", skills[:2]), ("operate", skills[2:])):
            reference = draw.uniform(2, 8)
            low, at, more, high = np.cumsum([draw.uniform(0, 2), *(draw.uniform(0.3, 4) for _ in range(3))]).tolist()
            curve: Any = exponential_from_answers(low, at, high, reference=reference)
            if draw.random() < 0.7:
                curve = adbudg_from_answers(low, at, more, high, reference=reference)
            recipe = {draw.choice(able): draw.uniform(0.5, 1.2)}
            recipe |= {name: draw.uniform(0.2, 1) for name in others if draw.random() < 0.6}
            later = {draw.choice(skills[2:]): draw.uniform(0.005, 0.03)} if use == "develop" else {}
            minimum = draw.choice([0.0, 0.0, 0.3 * reference])
            name = f"{line}-{use}"
            activities.append(
                Activity(name, line, use, "teams", curve, recipe, reference, minimum, 2 * reference, later_load=later)
            )
            worths[name] = draw.uniform(0.5, 3)
            for held, factor in ((needs, 0.5), (recipe, reference)):
                for resource, amount in held.items():
                    today[resource] += factor * amount
    resources = []
    for place, (name, taken) in enumerate(today.items()):
        there = taken * draw.uniform(1.0, 1.15)
        if name in skills:
            people = round(there)
            resources.append(
                Resource(
                    name,
                    "HR",
                    "people",
                    (people, *(round(people * (1.05 + 0.03 * t)) for t in range(1, quarters))),
                    10.0,
                    1.0,
                    max(1, round(0.015 * people)),
                    max(1, round(0.02 * people)),
                    max(2, round(moves * people)),
                )
            )
        else:
            amounts = tuple(there * (1 + 0.1 * math.sin(t + place)) for t in range(quarters))
            resources.append(Resource(name, "Finance", "units", amounts, 1.0))
    pairs = [(draw.randrange(n_lines), draw.randrange(n_lines)) for _ in range(n_lines // 10)]
    return Portfolio(
        tuple(resources),
        tuple(activities),
        tuple(lines),
        (Objective("margin", 1.0, worths, True, True),),
        tuple(Rule(f"d{k}", f"line l{a:03} requires line l{b:03}") for k, (a, b) in enumerate(pairs) if a != b),
        periods=tuple(f"{2026 + (3 + t) // 4}-Q{(3 + t) % 4 + 1}" for t in range(quarters)),
    )
