"""Conflicts planted among hundreds of rules: are they named exactly, is the repair enough, and how long does it take.

Each portfolio has a plan until one to four rules are planted that cannot hold together, among three hundred that can.
"""

from __future__ import annotations

import itertools
import random
import time
from dataclasses import replace
from typing import Any

from bench.allocation import mixed
from bench.table import bench_row
from workbench.allocation import Conflict, Plan, Portfolio, Rule, solve

KINDS = ("floor", "cap", "chain", "keep", "order", "share", "people", "gap", "triangle")
"""What is planted; the last two conflict only because levels have minima and lines are kept or not."""
COUNT, ACTIVITIES, IDLE = 200, 500, 300
SECONDS = 3.0
"""What a conflict at 500 activities may take on two cores."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    named = repaired = proved = 0
    taken = []
    for seed in range(COUNT):
        portfolio, names = planted(seed, ACTIVITIES, IDLE)
        start = time.perf_counter()
        found = solve(portfolio)
        taken.append(time.perf_counter() - start)
        if not isinstance(found, Conflict):
            continue
        named += {rule.name for rule in found.rules} == names and not found.others
        proved += found.minimal
        repaired += bool(found.repairs) and found.repairs[0].is_verified
    what = f"{COUNT} conflicts of 1-4 rules among {IDLE} others, {ACTIVITIES} activities"
    return [
        bench_row(f"{what}: named exactly", named, "of 200", least=COUNT),
        bench_row(f"{what}: minimal", proved, "of 200", least=COUNT),
        bench_row(f"{what}: with a verified single repair", repaired, "of 200", least=COUNT),
        bench_row(f"{what}: slowest", max(taken), "s", most=SECONDS),
        bench_row(f"{what}: median", sorted(taken)[COUNT // 2], "s", most=SECONDS),
    ]


def planted(seed: int, n: int, idle: int) -> tuple[Portfolio, set[str]]:
    """Return a portfolio in which one set of one to four rules cannot hold, and the names of these rules."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    base = mixed(seed, n)
    activities = list(base.activities)
    draw.shuffle(activities)
    free = [item for item in activities if not item.minimum]
    first, second, third = free[:3]
    apart = {item.line for item in (first, second, third)}
    lines = [line.id for line in base.lines if line.id not in apart]
    draw.shuffle(lines)
    a, b, c = lines[:3]
    kind = KINDS[seed % len(KINDS)]
    least = next(item for item in activities if item.minimum and item.line not in {a, b, c, *apart})
    apart.add(least.line)
    top, both = first.maximum, min(first.maximum, second.maximum)
    texts = {
        "floor": [f"level of {first.id} >= {1.5 * top:.4f}"],
        "cap": [f"level of {first.id} >= {0.6 * top:.4f}", f"level of {first.id} <= {0.4 * top:.4f}"],
        "chain": [
            f"level of {first.id} >= {0.8 * top:.4f}",
            f"level of {second.id} >= 2 * level of {first.id}",
            f"level of {second.id} <= {1.1 * top:.4f}",
        ],
        "keep": [f"keep line {a}", f"line {a} requires line {b}", f"line {b} requires line {c}", f"close line {c}"],
        "order": [f"keep line {a}", f"keep line {b}", f"line {a} excludes line {b}"],
        "share": [
            f"level of {second.id} <= 50% of level of {first.id}",
            f"level of {first.id} <= {0.1 * both:.5f}",
            f"level of {second.id} >= {0.2 * both:.5f}",
        ],
        "people": [f"r0 >= {1.3 * base.resources[0].capacity[0]:.4f}"],
        "gap": [
            f"level of {least.id} >= {0.2 * least.minimum:.5f}",
            f"level of {least.id} <= {0.7 * least.minimum:.5f}",
        ],
        "triangle": [
            f"line {a} excludes line {b}",
            f"line {b} excludes line {c}",
            f"line {a} excludes line {c}",
            f"at least 2 of lines {a}, {b}, {c}",
        ],
    }[kind]
    if kind == "chain":
        activities = [
            replace(item, maximum=max(item.maximum, 2.0 * top)) if item.id == second.id else item
            for item in base.activities
        ]
        base = replace(base, activities=tuple(activities))
    wanted = [Rule(f"planted {place}", text, "CFO") for place, text in enumerate(texts)]
    touched = {a, b, c, *apart}
    others: list[Rule] = []
    # what idle rules speak of has nothing to do with the planted ones
    idle_lines = [line.id for line in base.lines if line.id not in touched]
    pairs = list(itertools.pairwise(idle_lines))
    idle_activities = [item for item in base.activities if item.line not in touched]
    while len(others) < idle:
        item, (one, two) = draw.choice(idle_activities), draw.choice(pairs)
        share = draw.uniform(0.0, 0.02)
        text = draw.choice([
            f"level of {item.id} <= {draw.uniform(1.2, 3) * item.maximum:.4f}",
            f"r{draw.randrange(3)} in line={one} <= {draw.uniform(40, 90):.2f}",
            f"r1 in use=develop >= {share * base.resources[1].capacity[0]:.4f}",
            f"r{draw.randrange(3)} in line={one} <= {draw.uniform(60, 90):.1f}% of capacity of r0",
            f"line {one} requires line {two}",
        ])  # fmt: skip
        others.append(Rule(f"idle {len(others)}", text, "COO"))
    dependencies = [rule for rule in base.rules if not any(line in rule.text for line in touched)]
    rules = [*wanted, *others, *dependencies]
    draw.shuffle(rules)
    return replace(base, rules=tuple(rules)), {rule.name for rule in wanted}


def unplanted(portfolio: Portfolio, names: set[str]) -> bool:
    """Return whether the portfolio has a plan without the planted rules."""
    rest = tuple(rule for rule in portfolio.rules if rule.name not in names)
    return isinstance(solve(replace(portfolio, rules=rest), gap=0.5), Plan)
