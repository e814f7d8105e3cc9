"""Intervals hold what the whole unit would have answered as often as they promise; `make bench` runs it at full."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.coverage import (
    bootstrap_width,
    coverage,
    intervals,
    routed_people,
    simulate_units,
    team_coverage,
    weighted_coverage,
)
from workbench.readiness import Settings
from workbench.readiness.inputs import BLANK, CANNOT_SEE
from workbench.readiness.scores import LINE, score

Make = Callable[..., Any]


@pytest.mark.parametrize(("size", "share", "gaps"), [(7, 0.6, 0.0), (7, 0.6, 0.15), (15, 0.8, 0.1), (5, 1.0, 0.0)])
def test_what_is_simulated_is_what_is_scored(
    small: Make, answers_of: Make, size: int, share: float, gaps: float
) -> None:
    """Many units at once give the levels and intervals that `score` gives line by line."""
    units = simulate_units(np.random.default_rng(size), 12, size, share, skipped=gaps, blind=gaps)
    instrument = small({"d": ["a", "b", "c", "e", "f"]})
    came = units.answered.any(axis=2)
    people = [("builder", f"u{unit:02d}") for unit in range(12) for _ in range(int(came[unit].sum()))]
    levels, answered = units.known[came], units.answered[came]
    blind = np.argwhere(answered & np.isnan(levels))
    status = {(int(row), "abcef"[item]): CANNOT_SEE for row, item in blind}
    population = [("builder", f"u{unit:02d}", size) for unit in range(12)]
    held = answers_of(instrument, people, levels, population=population, status=status)
    assert (held.status == BLANK).to_numpy().sum() == (~answered).sum()
    scores = score(held, instrument, Settings(), lines=[(f"u{unit:02d}", "") for unit in range(12)])
    level, low, high, is_used = intervals(units)
    for unit, part in enumerate(part for part in scores.parts if part.kind == LINE):
        got = scores.get("dimension", part, "d")
        assert got.level is not None
        assert got.items_used == tuple("abcef"[place] for place in np.flatnonzero(is_used[unit]))
        assert (got.level.value, got.level.low, got.level.high) == pytest.approx((level[unit], low[unit], high[unit]))


@pytest.mark.parametrize(("size", "share"), [(6, 0.5), (8, 0.7), (20, 0.7), (60, 0.5), (300, 0.9)])
def test_complete_answers_cover_as_promised(size: int, share: float) -> None:
    """Of thousands of simulated units, 94 to 96 % of the 95 % intervals hold the truth (two errors for chance)."""
    units = 4_000 if size < 100 else 1_000
    chance = 2 * math.sqrt(0.05 * 0.95 / units)
    got, _ = coverage(np.random.default_rng(size), size, share, units=units)
    assert 0.94 - chance <= got <= 0.96 + chance


@pytest.mark.parametrize("size", [6, 12, 40])
def test_routing_and_gaps_never_cover_below_93(size: int) -> None:
    """With the instrument's routing, 8 % skipped and 10 % who cannot see, at least 93 % hold the truth."""
    rng = np.random.default_rng(100 + size)
    for asked in routed_people(size):
        assert coverage(rng, size, 0.7, units=1_200, skipped=0.08, blind=0.10, asked=asked)[0] >= 0.93


def test_the_interval_is_about_half_as_wide_as_the_plain_bootstrap() -> None:
    """At 70 % response the correction takes √.3 of the width; the plain bootstrap knows nothing of it."""
    assert bootstrap_width(units=100) == pytest.approx(math.sqrt(0.3), abs=0.03)


def test_where_teams_were_drawn_people_are_not_counted() -> None:
    """Eight of forty teams of seven, an ICC of .19: the person-level interval fails, the team-level one holds."""
    person, team = team_coverage(units=1_000)
    assert person < 0.86
    assert 0.92 <= team <= 0.97


def test_weights_find_the_truth_that_plain_levels_miss() -> None:
    """Where those who say more answer more often, the weighted interval holds the truth."""
    plain, weighted, shift = weighted_coverage(units=60)
    assert plain < 0.5
    assert weighted >= 0.9
    assert shift > 0.1
