"""What explaining a plan takes, and whether what it says comes true: flip points of 100 lines, firm decisions of 200.

A flip point is told with two sides: a hair below the one and above the other the whole plan is sought again, with
nothing forced, and must decide the line the other way.
"""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
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
    adbudg_from_answers,
    exponential_from_answers,
    firm_decisions,
    flip_thresholds,
    solve,
)
from workbench.allocation.explain import other_plans

SAMPLE, AT_A_TIME = 100, 12
"""Lines whose points are checked, so many in a portfolio."""
FIRM_LINES, FIRM_SECONDS = 200, 30.0
"""Lines of the portfolio whose firm decisions are proved, and what that may take."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    made = _flips()
    made += _firm()
    return made


def contested(seed: int, n_lines: int, *, share: float, dear: float = 0.0) -> Portfolio:
    """Return lines of two activities and a need, cheap to close, so that decisions hang on what outcomes are worth."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    activities, taken = [], [0.0, 0.0]
    for place, use in itertools.product(range(n_lines), ("develop", "operate")):
        answers = sorted(draw.uniform(0, 10) for _ in range(4))
        while min(b - a for a, b in itertools.pairwise(answers)) < 0.2:
            answers = sorted(draw.uniform(0, 10) for _ in range(4))
        reference = draw.uniform(1, 10)
        curve = (
            adbudg_from_answers(*answers, reference=reference)
            if draw.random() < 0.7
            else exponential_from_answers(answers[0], answers[1], answers[3], reference=reference)
        )
        recipe = {"people": draw.uniform(0.2, 1), "money": draw.uniform(0.2, 1)}
        for kind, name in enumerate(recipe):
            taken[kind] += 2 * reference * recipe[name]
        line = f"l{place:03}"
        activities.append(Activity(f"{line}-{use}", line, use, "teams", curve, recipe, reference, 0.0, 2 * reference))
    lines = tuple(
        Line(
            f"l{place:03}",
            needs={"people": draw.uniform(0, 6), "money": draw.uniform(0, 3)},
            closing=Closing(draw.uniform(-8, dear)),
        )
        for place in range(n_lines)
    )
    worths = {item.id: draw.uniform(0.5, 3) for item in activities}
    return Portfolio(
        resources=tuple(
            Resource(name, "HR", "units", (amount * share,))
            for name, amount in zip(("people", "money"), taken, strict=True)
        ),
        activities=tuple(activities),
        lines=lines,
        objectives=(Objective("margin", 1.0, worths, True, True),),
    )


def _flips() -> list[dict[str, Any]]:
    states: Counter[str] = Counter()
    right = wrong = plans = most = told = 0
    spent, seed = 0.0, 0
    while sum(states.values()) < SAMPLE:
        seed += 1
        portfolio = contested(seed, AT_A_TIME, share=0.3)
        plan = _planned(portfolio)
        others = other_plans(plan)
        start = time.process_time()
        found = flip_thresholds(plan, others=others)
        spent += time.process_time() - start
        for flip in list(found.values())[: SAMPLE - sum(states.values())]:
            states[flip.state] += 1
            plans, most = plans + flip.plans, max(most, flip.plans)
            if flip.low is None or flip.high is None:
                continue
            told += 1
            sides = [(flip.low * 0.998 - 1e-3, False), (flip.high * 1.002 + 1e-3, True)]
            held = [_supported(portfolio, flip.line, factor) is expected for factor, expected in sides if factor >= 0]
            right, wrong = right + all(held), wrong + (not all(held))
    return [
        bench_row(f"flip points of {SAMPLE} lines: found", told, "lines"),
        bench_row("no factor from 0 to 100 flips it", states["never"], "lines"),
        bench_row("not worked out", states["open"], "lines", most=0),
        bench_row(
            "found points that solving again, nothing forced, confirms on both sides", right, "lines", least=told
        ),
        bench_row("plans sought again a line, mean", plans / SAMPLE, "plans"),
        bench_row("plans sought again a line, most", most, "plans"),
        bench_row("time a line", spent / SAMPLE, "s of one core"),
    ]


def _firm() -> list[dict[str, Any]]:
    plan = _planned(contested(1, FIRM_LINES, share=0.4, dear=40.0))
    start, clock = time.process_time(), time.monotonic()
    found = firm_decisions(plan)
    taken, wall = time.process_time() - start, time.monotonic() - clock
    proofs = Counter(item.proof for item in found)
    words = f"firm decisions of {FIRM_LINES} lines within 1 %"
    return [
        bench_row(f"{words}: time", taken, "s of one core", most=FIRM_SECONDS),
        bench_row(f"{words}: wall clock", wall, "s", most=FIRM_SECONDS),
        bench_row(f"{words}: open", proofs["open"], "lines", most=0),
        bench_row(f"{words}: firm", sum(item.firm is True for item in found), "lines"),
        bench_row(f"{words}: a nearly best plan decides otherwise", proofs["plan"], "lines"),
    ]


def _supported(portfolio: Portfolio, line: str, factor: float) -> bool:
    """Return whether the best plan keeps a line whose outcomes are worth a factor of what they are."""
    (objective,) = portfolio.objectives
    own = {item.id for item in portfolio.activities_of(line)}
    worths = {name: worth * (factor if name in own else 1.0) for name, worth in objective.worths.items()}
    return _planned(replace(portfolio, objectives=(replace(objective, worths=worths),))).supported[line]


def _planned(portfolio: Portfolio) -> Plan:
    plan = solve(portfolio)
    if not isinstance(plan, Plan):
        raise TypeError("these portfolios have plans")
    return plan
