"""How often the interval of a gap between two jobs holds the true gap, and how often chance alone is called a gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.table import bench_row
from workbench.readiness.gaps import difference
from workbench.stats import finite_mean, holm

PAIRS = ((8, 0.75, 24, 0.7), (12, 0.75, 40, 0.65), (6, 0.9, 200, 0.5), (22, 0.6, 80, 0.7), (60, 0.9, 60, 0.5))
"""People and the share who answer, of two groups."""

DRAWS = 10_000
SPREADS = (1.0, 0.8)
"""Of the two groups before answers are rounded to whole levels (as in the sample engagement). Unit: level."""

SURVEYS, GAPS = 1_000, 110
"""Surveys without a true gap, and gaps looked at in each, about as many as in the sample engagement."""


def rows() -> list[dict[str, Any]]:
    """Return the coverage for each pair of groups, and the share of surveys with a false gap."""
    found = []
    for people, share, others, other_share in PAIRS:
        held = coverage(people, share, others, other_share)
        name = (
            f"interval of a gap, {round(people * share)} of {people} against {round(others * other_share)} of {others}"
        )
        found.append(bench_row(name, held, least=0.94, most=0.96))
    false = false_gaps()
    return [*found, bench_row(f"surveys with a false gap among {GAPS}", false, most=0.05)]


def coverage(people: int, share: float, others: int, other_share: float, draws: int = DRAWS) -> float:
    """Return how often the 95 % interval holds the true gap of two closed groups."""
    rng = np.random.default_rng([people, others])
    hits = 0
    for _ in range(draws):
        first, second = (
            np.clip(np.rint(rng.normal(middle, spread, size)), 1, 5)
            for middle, spread, size in ((3.4, SPREADS[0], people), (2.8, SPREADS[1], others))
        )
        told = [
            finite_mean(rng.choice(group, max(2, round(size * part)), replace=False), size)
            for group, size, part in ((first, people, share), (second, others, other_share))
        ]
        gap, _ = difference(told[0], told[1], span=4)
        hits += gap.low is not None and gap.high is not None and gap.low <= first.mean() - second.mean() <= gap.high
    return hits / draws


def false_gaps() -> float:
    """Return the share of surveys in which some gap is called sure although both jobs see all alike."""
    rng = np.random.default_rng(47)
    false = 0
    for _ in range(SURVEYS):
        chances = []
        for _ in range(GAPS):
            first, second = (np.clip(np.rint(rng.normal(2.9, 0.9, size)), 1, 5) for size in (14, 60))
            _, p = difference(finite_mean(first, None), finite_mean(second, None), span=4)
            chances.append(1.0 if p is None else p)
        false += bool((holm(chances) <= 0.05).any())
    return false / SURVEYS
