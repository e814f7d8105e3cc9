"""A move of the what-if panel at fifty activities: from the slider to the outputs, against solving from nothing."""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

from bench.allocation import mixed
from bench.table import bench_row
from workbench.allocation import Conflict, Plan, change_portfolio, solve
from workbench.panels.what_if import LOCKS, answer, displays

MOVES, SECONDS = 40, 0.2
"""Moves of a budget, a weight or a lock; what one may take until it is shown."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    start = solve(mixed(1, 50))
    if isinstance(start, Conflict):
        raise TypeError("The portfolio of the bench has a plan.")
    draw = random.Random(7)  # noqa: S311 (cases, no secrets)
    displays(start, start)  # first use imports the exhibit
    took, cold = [], []
    for _ in range(MOVES):
        settings = _move(draw, start)
        began = time.perf_counter()
        displays(start, answer(start, **settings))
        took.append(time.perf_counter() - began)
    for _ in range(5):
        settings = _move(draw, start)
        began = time.perf_counter()
        solve(change_portfolio(start.portfolio, capacity_percent=settings["capacity_percent"]))
        cold.append(time.perf_counter() - began)
    slow = sorted(took)[int(0.95 * MOVES)]
    return [
        bench_row(
            "A move of the panel, 50 activities: median",
            statistics.median(took),
            "s",
            against="solving from nothing",
            other=statistics.median(cold),
            most=SECONDS,
        ),
        bench_row("A move of the panel, 50 activities: 95 of 100", slow, "s", most=SECONDS),
    ]


def _move(draw: random.Random, start: Plan) -> dict[str, dict[str, Any]]:
    """Return the panel's settings after one of its controls was moved."""
    portfolio = start.portfolio
    settings: dict[str, dict[str, Any]] = {"capacity_percent": {}, "locks": {}}
    if draw.random() < 0.7:
        settings["capacity_percent"] = {draw.choice(portfolio.resources).id: draw.randrange(60, 150, 5)}
    else:
        settings["locks"] = {draw.choice(portfolio.lines).id: draw.choice(LOCKS[:2])}
    return settings
