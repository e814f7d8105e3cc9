"""Frontiers of two objectives: are all points proved, and how long do they take."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import Any

from bench.allocation import mixed
from bench.table import bench_row
from workbench.allocation import Objective, Portfolio, frontier

GAP, POINTS, SECONDS = 5e-4, 21, 60.0
"""What each point is to be proved to, how many there are, and what all of them may take on two cores."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    found = []
    for n in (50, 500):
        portfolio, started = two_goals(n), time.process_time()
        held = frontier(portfolio, "margin", "future", points=POINTS, gap=GAP, seconds=5 * SECONDS)
        worked = time.process_time() - started
        what = f"{n} activities, {POINTS} floors of a second objective"
        worst = max(point.gap for point in held.points)
        found += [
            bench_row(f"{what}: largest gap", worst, "share of lift", most=GAP, met=held.is_complete and worst <= GAP),
            bench_row(f"{what}: time of one core", worked, "s"),
            bench_row(
                f"{what}: time", held.seconds, "s", most=SECONDS, met=held.is_complete and held.seconds <= SECONDS
            ),
        ]
    return found


def two_goals(n: int, seed: int = 1) -> Portfolio:
    """Return `n` activities of all kinds with worths for two objectives that have nothing to do with each other."""
    draw, portfolio = random.Random(seed + 6), mixed(seed, n)  # noqa: S311 (cases, no secrets)
    worths = {item.id: draw.uniform(0.5, 3) for item in portfolio.activities}
    return replace(portfolio, objectives=(*portfolio.objectives, Objective("future", 1.0, worths, True, True)))
