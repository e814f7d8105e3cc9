"""Among near-equal plans the fewest moves, as counting every plan shows; and no move below the smallest."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from allocation_cases import seeded, small

from workbench.allocation import Activity, Line, Objective, Plan, Portfolio, Resource, check_plan, points_curve, solve
from workbench.allocation.settling import round_plan


def whole(seed: int) -> Portfolio:
    """Seven activities done whole or not at all, some of them today."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    activities = []
    for place in range(7):
        size = float(draw.randint(1, 4))
        curve = points_curve([0, size], [0, draw.randint(5, 9)])
        recipe = {"people": float(draw.randint(2, 5)), "budget": float(draw.randint(2, 9))}
        today = draw.choice([0.0, size])
        activities.append(Activity(f"a{place}", f"l{place % 3}", "develop", "teams", curve, recipe, today, size, size))
    return Portfolio(
        (Resource("people", "HR", "people", (30.0,)), Resource("budget", "Finance", "EUR", (50.0,), 1.0)),
        tuple(activities),
        tuple(Line(f"l{place}") for place in range(3)),
        (Objective("margin", 1.0, {item.id: float(draw.randint(1, 3)) for item in activities}, True, True),),
    )


def moves_of(portfolio: Portfolio, levels: dict[str, float]) -> int:
    """Count the activities that leave today's level."""
    return sum(abs(levels[item.id] - item.current) > 1e-5 * item.maximum for item in portfolio.activities)


@pytest.mark.parametrize("within", [0.05, 0.2])
def test_no_plan_as_good_moves_less(within: float) -> None:
    """All plans are counted through: the fewest moves of those worth at least so much."""
    saved = 0
    for seed in range(12):
        portfolio = whole(seed)
        best = solve(portfolio)
        assert isinstance(best, Plan)
        settled = round_plan(best, within=within)
        least = best.value - within * best.certificate.lift
        counts = []
        for levels in itertools.product(*((0.0, item.maximum) for item in portfolio.activities)):
            named = {item.id: level for item, level in zip(portfolio.activities, levels, strict=True)}
            check = check_plan(portfolio, named, {})
            if check.holds and check.value >= least - 1e-9:
                counts.append(moves_of(portfolio, named))
        assert settled.is_fewest, seed
        assert settled.moves == min(counts) == moves_of(portfolio, settled.plan.first), seed
        assert settled.plan.value >= least - 1e-6
        saved += settled.moves < settled.best_moves
    assert saved >= 2, "no move was ever saved, so the test says nothing"


def test_continuous_plans_are_proved_to_move_least() -> None:
    """No plan of a fine grid that is nearly as good moves fewer activities."""
    portfolio = small(people=24.0, budget=300.0)
    best = solve(portfolio)
    for within in (0.001, 0.03, 0.1):
        settled = round_plan(best, within=within)
        least = best.value - within * best.certificate.lift
        grids = [
            sorted({0.0, item.current, *np.linspace(item.minimum, item.maximum, 17)}) for item in portfolio.activities
        ]
        if not best.supported["cards"]:
            grids[2] = [0.0]
        counts = []
        for levels in itertools.product(*grids):
            named = {item.id: float(level) for item, level in zip(portfolio.activities, levels, strict=True)}
            check = check_plan(portfolio, named, best.supported)
            if check.holds and check.value >= least:
                counts.append(moves_of(portfolio, named))
        assert settled.is_fewest
        assert settled.moves <= min(counts, default=3)


@pytest.mark.parametrize("seed", range(8))
def test_no_move_is_smaller_than_is_worth_making(seed: int) -> None:
    """Each activity stays as today, moves far enough, or is named; and the cost of that is said."""
    base = seeded(seed, 7, per_line=2, resources=2, share=0.6)
    portfolio = replace(
        base,
        activities=tuple(
            replace(item, current=0.4 * item.maximum, smallest_move=0.25 * item.maximum) for item in base.activities
        ),
    )
    best = solve(portfolio)
    if not isinstance(best, Plan):
        pytest.skip("no plan holds")
    settled = round_plan(best)
    for item in portfolio.activities:
        moved = abs(settled.plan.level(item.id) - item.current)
        gone = settled.plan.level(item.id) == 0
        far = moved >= item.smallest_move * (1 - 1e-5) or moved <= 1e-5 * item.maximum
        assert far or gone or item.id in settled.small_moves
    assert settled.small_moves == () or settled.plan.baseline == "repaired"
    costs = settled.small_move_cost + settled.near_equal_cost + settled.rounding_cost
    assert settled.plan.value >= best.value - costs - 1e-6 * abs(best.value)


def test_the_best_plan_without_small_moves_is_found() -> None:
    """Against a fine grid in which no move is too small."""
    base = small(people=24.0, budget=300.0)
    resources = tuple(replace(item, step=None) for item in base.resources)
    portfolio = replace(
        base,
        resources=resources,
        activities=tuple(replace(item, smallest_move=item.maximum * 7 / 16) for item in base.activities),
    )
    best = solve(portfolio)
    settled = round_plan(best, within=0.0)
    top = -np.inf
    for levels in itertools.product(*(np.linspace(0, item.maximum, 17) for item in portfolio.activities)):
        named = {item.id: float(level) for item, level in zip(portfolio.activities, levels, strict=True)}
        if not best.supported["cards"]:
            named["cards-operate"] = 0.0
        small_ones = [
            item
            for item in portfolio.activities
            if 1e-9 < abs(named[item.id] - item.current) < item.smallest_move - 1e-9 and named[item.id] > 0
        ]
        check = check_plan(portfolio, named, best.supported)
        if check.holds and not small_ones:
            top = max(top, check.value)
    assert settled.small_moves == ()
    assert settled.small_move_cost > 0
    assert settled.plan.value >= top - 1e-3 * best.certificate.lift
