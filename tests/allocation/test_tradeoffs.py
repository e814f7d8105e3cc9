"""Frontiers: a published one point for point, no plan above the bounds, every point a plan that holds."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from allocation_cases import seeded, small

from workbench.allocation import (
    Activity,
    Closing,
    Line,
    Objective,
    Portfolio,
    Resource,
    Rule,
    adbudg_from_answers,
    check_plan,
    evaluate,
    points_curve,
    solve,
)
from workbench.allocation.canonical import canonical_form
from workbench.allocation.outlines import Outlines, Prices, price_bound
from workbench.allocation.tradeoffs import frontier
from workbench.errors import ModelError

ONE = (77, 94, 71, 63, 96, 82, 85, 75, 72, 91, 99, 63, 84, 87, 79, 94, 90)
TWO = (65, 90, 90, 77, 95, 84, 70, 94, 66, 92, 74, 97, 60, 60, 65, 97, 93)
WEIGHT = (80, 87, 68, 72, 66, 77, 99, 85, 70, 93, 98, 72, 100, 89, 67, 86, 91)


def knapsack() -> Portfolio:
    """Return seventeen items with two profits each, whole or not at all, under one weight of 900."""
    activities = tuple(
        Activity(f"i{place}", "all", "develop", "pieces", points_curve([0, 1], [0, 1]), {"w": float(weight)}, 0, 1, 1)
        for place, weight in enumerate(WEIGHT)
    )
    objectives = tuple(
        Objective(name, 1.0, {f"i{place}": float(value) for place, value in enumerate(values)})
        for name, values in (("one", ONE), ("two", TWO))
    )
    return Portfolio((Resource("w", "Stores", "kg", (900.0,), 1.0),), activities, (Line("all"),), objectives)


def two_goals(seed: int, n: int = 6) -> Portfolio:
    """Return a seeded portfolio with a second objective, which some activities hurt."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    portfolio = seeded(seed, n)
    worths = {item.id: draw.uniform(-0.5, 3) for item in portfolio.activities}
    return replace(portfolio, objectives=(*portfolio.objectives, Objective("future", 1.0, worths, True, True)))


def test_a_published_frontier_comes_out_point_for_point() -> None:
    """The bi-objective knapsack of MultiObjectiveAlgorithms.jl (test/algorithms/EpsilonConstraint.jl): all nine points.

    With a step of one every floor from 906 to 983 is asked for, so none may be missed, and none between is a plan.
    """
    found = frontier(knapsack(), "one", "two", points=78, gap=1e-4)
    expected = [
        (955, 906), (949, 915), (948, 939), (943, 940), (936, 942), (935, 947), (934, 971), (927, 972), (918, 983),
    ]  # fmt: skip
    assert [(round(point.goal, 6), round(point.other, 6)) for point in found.points] == expected
    assert found.proved
    # only those on the upper hull could a sum with weights have found
    assert [point.other for point in found.points if point.on_hull] == pytest.approx([906, 939, 971, 983])


@pytest.mark.parametrize("seed", range(2))
def test_every_point_is_a_plan_that_holds_and_no_plan_beats_its_bound(seed: int) -> None:
    """Checked without the solver, against thousands of random plans; goals fall as the floor rises."""
    portfolio = two_goals(seed)
    found = frontier(portfolio, "margin", "future", points=5, seconds=40)
    assert found.proved
    closing = {line.id: portfolio.closing_value(line.id) for line in portfolio.lines}
    for point in found.points:
        assert check_plan(portfolio, point.levels, point.supported).holds
        held = evaluate(portfolio, point.levels, point.supported)
        cost = sum(closing[line] for line, kept in point.supported.items() if not kept)
        assert point.goal == pytest.approx(held.by_objective["margin"] - cost, rel=1e-6)
        assert point.other == pytest.approx(held.by_objective["future"], rel=1e-6)
        assert point.other >= point.least - 1e-6 * abs(point.least)
        assert point.goal <= point.bound
    goals = [point.goal for point in found.points]
    assert goals == sorted(goals, reverse=True)
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    tried = 0
    for _ in range(3000):
        supported = {line.id: line.closing is None or draw.random() < 0.8 for line in portfolio.lines}
        size = draw.uniform(0.2, 1.0)
        levels = {
            item.id: draw.choice([0.0, draw.uniform(item.minimum, max(item.minimum, size * item.maximum))])
            if supported[item.line]
            else 0.0
            for item in portfolio.activities
        }
        if not check_plan(portfolio, levels, supported).holds:
            continue
        tried += 1
        held = evaluate(portfolio, levels, supported)
        goal = held.by_objective["margin"] - sum(closing[line] for line, kept in supported.items() if not kept)
        for point in found.points:
            assert held.by_objective["future"] < point.least or goal <= point.bound * (1 + 1e-9)
    assert tried > 100


def test_the_ends_are_the_best_plans_of_each_objective_alone() -> None:
    """The same as `solve` finds with the other's weight at nothing."""
    portfolio = two_goals(1)
    found = frontier(portfolio, "margin", "future", points=2, seconds=40)
    for name, got in (("margin", found.points[0].goal), ("future", found.points[-1].other)):
        alone = replace(
            portfolio,
            objectives=tuple(replace(item, weight=float(item.id == name)) for item in portfolio.objectives),
            lines=portfolio.lines if name == "margin" else tuple(
                line if line.closing is None else replace(line, closing=replace(line.closing, one_off_cost=0.0))
                for line in portfolio.lines
            ),
        )  # fmt: skip
        best = solve(alone)
        assert got == pytest.approx(best.value, rel=1e-3)
    first, last = found.points
    assert last.exchange_rate == pytest.approx((first.goal - last.goal) / (last.other - first.other))


@pytest.mark.parametrize("seed", range(4))
def test_lines_lie_nowhere_below_their_curves_and_prices_bound_every_plan(seed: int) -> None:
    """Whatever the curve, its least level and the prices; both ways, as a curve may hurt a goal."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    held = two_goals(seed, 12)
    thirds = tuple(replace(item, minimum=item.maximum / draw.randrange(3, 9)) for item in held.activities)
    portfolio = replace(held, activities=thirds)
    form = canonical_form(portfolio)
    outlines = Outlines(form)
    costs = np.array([draw.uniform(0, 3) for _ in form.activities])
    signs = np.array([draw.choice([-1.0, 1.0]) for _ in form.activities])
    shares, values = outlines.best(signs, costs, 1e-9)
    for place, (least, most) in enumerate(zip(form.least, form.most, strict=True)):
        levels = np.linspace(least, most, 301)
        lifts = np.array([outlines.units[0].lift(place, level) for level in levels])
        assert outlines.lifts(np.full(301, place), levels) == pytest.approx(lifts, abs=1e-12)
        for side, sign in ((0, 1.0), (1, -1.0)):
            for slope, intercept in outlines.near(place, side, float(least)):
                assert np.all(slope * levels + intercept >= sign * lifts - 1e-9)
        most_by_hand = float(np.max(signs[place] * lifts - costs[place] * levels))
        assert values[place] >= most_by_hand - 1e-9
        assert values[place] == pytest.approx(most_by_hand, abs=1e-3)
        assert least - 1e-12 <= shares[place] <= most + 1e-12
    effects = (outlines.effect(form), 0.0 * outlines.effect(form))
    for _ in range(20):
        prices = Prices(np.array([draw.choice([0.0, draw.uniform(-0.5, 0.5)]) for _ in form.row_names]))
        bound = price_bound((form, form), outlines, effects, prices, None, 1e-6).bound
        for _ in range(60):
            supported = {line.id: line.closing is None or draw.random() < 0.8 for line in portfolio.lines}
            levels_of = {
                item.id: draw.choice([0.0, draw.uniform(item.minimum, item.maximum)]) if supported[item.line] else 0.0
                for item in portfolio.activities
            }
            if check_plan(portfolio, levels_of, supported).holds:
                assert form.value_of(form.shares(levels_of), form.support_array(supported)) <= bound


def whole(seed: int) -> Portfolio:
    """Return nine activities, whole or not at all, some of which help one objective and hurt the other."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    names = [f"a{place}" for place in range(9)]
    activities = tuple(
        Activity(
            name, f"l{place % 3}", "develop", "pieces", points_curve([0, 1], [draw.uniform(0, 2), draw.uniform(3, 9)]),
            {"r0": draw.uniform(1, 5), "r1": draw.uniform(0, 5)}, 0, 1, 1,
        )
        for place, name in enumerate(names)
    )  # fmt: skip
    lines = tuple(
        Line(f"l{place}", needs={"r0": draw.uniform(0, 2)}, closing=Closing(draw.uniform(-5, 5)) if place else None)
        for place in range(3)
    )
    worths = [{name: draw.uniform(least, 3) for name in names} for least in (0.5, -1.5)]
    objectives = tuple(Objective(name, 1.0, held, True, True) for name, held in zip("ab", worths, strict=True))
    resources = tuple(Resource(f"r{k}", "HR", "units", (draw.uniform(9, 16),), 1.0) for k in range(2))
    return Portfolio(resources, activities, lines, objectives, (Rule("d", "line l1 requires line l2"),))


def every_plan(portfolio: Portfolio) -> list[tuple[float, float]]:
    """Return both goals of every plan of `whole` that holds, each one counted out."""
    found = []
    for kept in itertools.product((True, False), repeat=2):
        supported = dict(zip(("l0", "l1", "l2"), (True, *kept), strict=True))
        cost = sum(portfolio.closing_value(line) for line, is_kept in supported.items() if not is_kept)
        free = [item.id for item in portfolio.activities if supported[item.line]]
        for chosen in itertools.product((0.0, 1.0), repeat=len(free)):
            levels = {item.id: 0.0 for item in portfolio.activities} | dict(zip(free, chosen, strict=True))
            used = [sum(item.recipe[name] * levels[item.id] for item in portfolio.activities) for name in ("r0", "r1")]
            if any(amount > item.capacity[0] for amount, item in zip(used, portfolio.resources, strict=True)):
                continue
            if check_plan(portfolio, levels, supported).holds:
                held = evaluate(portfolio, levels, supported).by_objective
                found.append((held["a"] - cost, held["b"]))
    return found


@pytest.mark.parametrize("seed", range(8))
def test_small_frontiers_equal_counting_every_plan(seed: int) -> None:
    """At each floor no plan has more of the first goal, and of those with as much none more of the second."""
    portfolio = whole(seed)
    plans, found = every_plan(portfolio), frontier(portfolio, "a", "b", points=7, gap=1e-7)
    assert found.proved
    for point in found.points:
        best = max(goal for goal, other in plans if other >= point.least - 1e-7)
        assert point.goal == pytest.approx(best, abs=1e-5)
        assert point.other == pytest.approx(max(other for goal, other in plans if goal >= best - 1e-6), abs=1e-5)
    assert found.points[-1].other == pytest.approx(max(other for _, other in plans))


@pytest.mark.parametrize("seed", [1, 2])
def test_curves_of_two_minds_equal_a_fine_grid(seed: int) -> None:
    """One S-curve helps one goal and hurts the other, two help both, on one budget: no point of a grid is better."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    curves = [
        adbudg_from_answers(0, draw.uniform(1, 3), draw.uniform(4, 6), draw.uniform(7, 9), reference=3) for _ in "abc"
    ]
    activities = tuple(
        Activity(f"a{place}", "all", "market", "EUR", curve, {"budget": 1.0}, 0, 0, 9)
        for place, curve in enumerate(curves)
    )
    signs = ((1, 1, 1), (-0.6, 1, 0.4))
    worths = [{f"a{place}": part * draw.uniform(0.5, 2) for place, part in enumerate(parts)} for parts in signs]
    objectives = tuple(Objective(name, 1.0, held, True, True) for name, held in zip("ab", worths, strict=True))
    portfolio = Portfolio((Resource("budget", "Finance", "EUR", (9.0,), 1.0),), activities, (Line("all"),), objectives)
    found = frontier(portfolio, "a", "b", points=4)
    assert found.proved
    parts = 150
    values = [[curve.value(9 * step / parts) for step in range(parts + 1)] for curve in curves]
    grid = [(i, j, k) for i in range(parts + 1) for j in range(parts + 1 - i) for k in {parts - i - j, 0}]
    goals = [
        tuple(sum(worth[f"a{n}"] * values[n][at] for n, at in enumerate(levels)) for worth in worths) for levels in grid
    ]
    for point in found.points:
        best = max((goal for goal, other in goals if other >= point.least), default=-1.0)
        assert best <= point.bound + 1e-9
        assert best <= point.goal * (1 + 5e-4)


def test_one_objective_that_is_the_other_leaves_one_point() -> None:
    """Nothing to trade off."""
    portfolio = small()
    (margin,) = portfolio.objectives
    twin = replace(portfolio, objectives=(margin, replace(margin, id="twin")))
    assert len(frontier(twin, "margin", "twin", points=5).points) == 1


def test_wrong_questions_are_refused_in_words() -> None:
    """A name that is close, the same objective twice, one point, no plan."""
    portfolio = two_goals(0)
    with pytest.raises(ModelError, match="margin"):
        frontier(portfolio, "margn", "future")
    with pytest.raises(ModelError, match="two different"):
        frontier(portfolio, "margin", "margin")
    with pytest.raises(ModelError, match="two different"):
        frontier(portfolio, "margin", "future", points=1)
