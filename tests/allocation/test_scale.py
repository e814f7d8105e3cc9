"""Large portfolios: proved quickly, planned again from what is known, honest about a limit, and never worse."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from allocation_cases import seeded

from bench.never_worse import UNITS, differences, trial
from bench.scaling import changes, hard_knapsack, level_choice, portfolio
from workbench.allocation import Activity, Conflict, Limits, Plan, Portfolio, Resource, Rule, check_plan, replan, solve
from workbench.allocation.canonical import canonical_form, difference, rounded, rounded_array
from workbench.allocation.canonical import differences as array_differences
from workbench.allocation.cover import Cover
from workbench.allocation.highs import relax
from workbench.allocation.polish import polish_plan
from workbench.allocation.prices import price_bound
from workbench.errors import ModelError


@pytest.fixture(scope="module")
def large() -> Plan:
    """Return the plan of 500 activities, 3 resources and 50 dependencies."""
    plan = solve(portfolio(1, 500, 3, 50))
    assert isinstance(plan, Plan)
    return plan


def test_five_hundred_activities_are_proved_in_seconds() -> None:
    """500 × 3 resources × 50 dependencies, of all kinds of curves: five seconds of one core are plenty."""
    held = seeded(0, 500, dependencies=50)
    started = time.process_time()
    plan = solve(held)
    assert time.process_time() - started < 5.0
    assert isinstance(plan, Plan)
    assert plan.certificate.proved
    assert check_plan(held, plan.first, plan.supported).holds


def test_a_changed_input_is_planned_again_within_the_gap(large: Plan) -> None:
    """Whatever changed, the plan from the old one and the plan from nothing are both proved, and agree."""
    for what, changed in changes(large).items():
        started = time.process_time()
        again = replan(large, changed)
        assert time.process_time() - started < 2.5, what
        cold = solve(changed)
        assert isinstance(again, Plan)
        assert isinstance(cold, Plan)
        assert again.certificate.proved, what
        assert again.value <= cold.certificate.bound, what
        assert cold.value <= again.certificate.bound, what
        assert check_plan(changed, again.first, again.supported).holds


@pytest.mark.parametrize("seed", range(6))
def test_planning_again_agrees_with_planning_anew_on_small_portfolios(seed: int) -> None:
    """Curves, maximums, capacities, minima and rules change, activities and lines come and go: bounds still hold."""
    held = seeded(seed, 8, resources=2)
    plan = solve(held)
    assert isinstance(plan, Plan)
    other = seeded(seed + 100, 8, resources=2)
    first, last = held.activities[0], held.activities[-1]
    richer = tuple(replace(item, capacity=(item.capacity[0] * 1.7,)) for item in held.resources)
    halved = tuple(replace(item, maximum=0.6 * item.maximum, minimum=0.0) for item in held.activities)
    for changed in (
        replace(held, resources=richer),
        replace(held, activities=halved),
        replace(held, activities=(replace(first, curve=other.activities[0].curve), *held.activities[1:])),
        replace(held, rules=(Rule("floor", f"level of {last.id} >= {0.5 * last.maximum:.6g}"),)),
        _without(held, last),
        replace(held, objectives=other.objectives),
    ):
        again, cold = replan(plan, changed), solve(changed)
        assert isinstance(again, Conflict) == isinstance(cold, Conflict)
        if isinstance(again, Plan) and isinstance(cold, Plan):
            assert again.certificate.proved
            assert again.value <= cold.certificate.bound + 1e-9 * abs(cold.value)
            assert cold.value <= again.certificate.bound + 1e-9 * abs(cold.value)


def _without(held: Portfolio, gone: Activity) -> Portfolio:
    return replace(
        held,
        activities=tuple(item for item in held.activities if item is not gone),
        objectives=tuple(
            replace(item, worths={name: worth for name, worth in item.worths.items() if name != gone.id})
            for item in held.objectives
        ),
    )


def test_a_conflict_found_again_is_said() -> None:
    """Planning again answers with the conflict, as planning does."""
    held = seeded(1, 6)
    plan = solve(held)
    assert isinstance(plan, Plan)
    none = tuple(replace(item, capacity=(0.0,)) for item in held.resources)
    last = held.activities[-1]
    asked = replace(held, resources=none, rules=(Rule("much", f"level of {last.id} >= {last.maximum:.6g}"),))
    assert isinstance(replan(plan, asked), Conflict)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("factor", [0.0, 0.3, 1.0, 4.0])
def test_no_plan_beats_a_bound_by_prices_whatever_they_are(seed: int, factor: float) -> None:
    """Weak duality holds for any prices; those of the relaxation come within a hundredth of its own bound."""
    held = seeded(seed, 24)
    form = canonical_form(held)
    found = relax(Cover(form).programme(is_relaxed=True))
    prices = found.prices[len(found.prices) - len(form.row_low) :]
    plan = solve(held)
    assert isinstance(plan, Plan)
    value = (plan.value - form.zero_value) / form.scale
    priced = price_bound(form, factor * prices)
    assert priced.bound >= value - 1e-12
    if factor == 1.0:
        assert priced.bound <= found.value - form.standing.sum() + 0.01


def test_what_prices_decide_no_better_plan_decides_otherwise() -> None:
    """A line forced the other way is worth no more than the bound less what its decision loses at the prices."""
    held = seeded(3, 12, dependencies=0)
    form = canonical_form(held)
    found = relax(Cover(form).programme(is_relaxed=True))
    priced = price_bound(form, found.prices[len(found.prices) - len(form.row_low) :])
    for number, line in enumerate(form.lines):
        if not form.may_close[number]:
            continue
        forced = "close" if priced.gains[number] > 0 else "keep"
        plan = solve(replace(held, rules=(Rule("forced", f"{forced} line {line}"),)))
        if isinstance(plan, Plan):
            value = (plan.value - form.zero_value) / form.scale
            assert value <= priced.bound - abs(priced.gains[number]) + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_levels_settle_where_slopes_equal_prices(seed: int) -> None:
    """With supports held, what prices promise and what the levels bring is the same to the last digits."""
    held = seeded(seed, 40)
    plan = solve(held)
    assert isinstance(plan, Plan)
    form = canonical_form(held)
    shares, is_open = form.shares(plan.first), form.support_array(plan.supported)
    found = polish_plan(form, shares, is_open)
    assert found is not None
    cost = form.level_rows.T @ found.prices
    places = np.arange(len(shares))
    inside = (found.shares > 1e-6) & (found.shares < form.most - 1e-6) & (found.shares > form.least + 1e-6)
    free = np.flatnonzero(inside & ~form.bundle.is_kinked & (np.abs(found.shares - form.bundle.bend) > 1e-6))
    assert free.size
    assert form.bundle.slopes(places, found.shares)[free] == pytest.approx(cost[free], abs=1e-8)


def test_curves_at_once_are_the_curves_one_by_one() -> None:
    """Values, slopes, bends and lines of the envelope as arrays equal the curves' own."""
    form = canonical_form(seeded(2, 40))
    places, draw = np.arange(40), np.random.default_rng(0)
    for shares in (draw.random(40), np.zeros(40), np.ones(40)):
        own = [form.lift(place, share) for place, share in zip(places, shares, strict=True)]
        assert form.bundle.lifts(places, shares) == pytest.approx(own, abs=1e-15)
    shares = draw.uniform(0.05, 0.95, 40)
    step = 1e-6
    rise = form.bundle.lifts(places, shares + step) - form.bundle.lifts(places, shares - step)
    smooth = ~form.bundle.is_kinked
    assert form.bundle.slopes(places, shares)[smooth] == pytest.approx((rise / (2 * step))[smooth], abs=1e-8)
    cover = Cover(form)
    for piece in cover.pieces:
        for share in np.linspace(piece.low, piece.high, 23):
            assert piece.over(share) >= form.lift(piece.activity, share) - 1e-11
            slope, intercept, _ = form.line(piece.activity, share, piece.low, piece.high)
            assert piece.over(share) <= slope * share + intercept + 0.2


class Unknown:
    """A curve of a family that nothing here knows by name."""

    def __init__(self, known: object) -> None:
        self.known = known

    def __getattr__(self, name: str) -> object:
        return getattr(self.known, name)


def test_a_curve_of_a_new_family_is_planned_and_proved() -> None:
    """Value, slope, bends and envelope are all that is asked of a curve; prices promise nothing of one unknown."""
    held = seeded(3, 9)
    other = replace(held, activities=tuple(replace(item, curve=Unknown(item.curve)) for item in held.activities))
    known, plan = solve(held), solve(other)
    assert isinstance(known, Plan)
    assert isinstance(plan, Plan)
    assert plan.certificate.proved
    assert plan.value <= known.certificate.bound
    assert known.value <= plan.certificate.bound
    form = canonical_form(other)
    assert price_bound(form, np.zeros(len(form.row_low))).bound == np.inf


def test_numbers_are_rounded_alike_one_by_one_and_at_once() -> None:
    """Twelve digits, zero and no limit at all included."""
    draw = np.random.default_rng(1)
    values = np.concatenate([draw.standard_normal(500) * 10.0 ** draw.integers(-12, 9, 500), [0.0, np.inf, -np.inf]])
    assert rounded_array(values) == pytest.approx([rounded(float(value)) for value in values], rel=2e-11)
    near = values[:500] * (1 + 1e-6)
    one_by_one = [difference(float(a), float(b)) for a, b in zip(values[:500], near, strict=True)]
    assert array_differences(values[:500], near) == pytest.approx(one_by_one, rel=1e-5)


@pytest.mark.parametrize("seconds", [0.02, 0.15])
def test_a_limit_is_kept_and_the_gap_told_is_true(large: Plan, seconds: float) -> None:
    """Stopped early, the plan holds, its bound is above the best plan, and little more time is taken."""
    started = time.process_time()
    plan = solve(large.portfolio, gap=1e-7, limits=Limits(seconds=seconds))
    assert time.process_time() - started < seconds + 2.0
    assert isinstance(plan, Plan)
    sure = plan.certificate
    assert check_plan(large.portfolio, plan.first, plan.supported).holds
    assert sure.bound >= large.value
    assert not sure.proved
    assert sure.stopped_by == "seconds"
    assert sure.gap == pytest.approx((sure.bound - plan.value) / sure.lift, rel=1e-6)


def test_a_grid_of_levels_is_never_above_the_bound() -> None:
    """An independent formulation, one yes/no a level: below our bound, and not above our value by more than the gap."""
    held = portfolio(4, 20, 3, 2)
    plan = solve(held)
    assert isinstance(plan, Plan)
    value, _ = level_choice(held, 21)
    assert value <= plan.certificate.bound
    assert value >= plan.value - 0.02 * plan.certificate.lift


def test_a_hard_knapsack_keeps_its_weights() -> None:
    """By the recipe of Chu & Beasley (1998): what is proved in minutes is at least never wrong in a second."""
    plan = solve(hard_knapsack(0), limits=Limits(seconds=1.0))
    assert isinstance(plan, Plan)
    assert plan.certificate.bound >= plan.value
    assert set(plan.first.values()) <= {0.0, 1.0}


@pytest.mark.parametrize("seed", range(24))
def test_never_worse(seed: int) -> None:
    """Not below today's plan or one handed in; not less with more room. Ten thousand more: ``make bench``."""
    assert trial(20_000 + seed) == (False, False, False)


@pytest.mark.parametrize("seed", [1164, 1472])
def test_an_outcome_that_hurts_most_at_its_first_unit_is_planned(seed: int) -> None:
    """The slope at zero has no limit and the wrong sign: cases from the ten thousand."""
    assert trial(seed) == (False, False, False)


@pytest.mark.parametrize("seed", range(2))
def test_units_order_and_start_change_nothing(seed: int) -> None:
    """Eight unit cases, two orders, two plans of today: one allocation."""
    found = differences(seed, UNITS, 2, 2)
    assert len(found) == 32
    assert not any(found)


@pytest.mark.parametrize(
    ("capacity", "said"), [(float("nan"), "capacity"), (-1.0, "capacity"), (float("inf"), "capacity")]
)
def test_a_capacity_is_a_number_of_nothing_or_more(capacity: float, said: str) -> None:
    """One clear error, before any solver sees it."""
    with pytest.raises(ModelError, match=said):
        Resource("people", "HR", "people", (capacity,))


@pytest.mark.parametrize(
    ("minimum", "maximum"), [(3.0, 2.0), (float("nan"), 2.0), (0.0, float("nan")), (-1.0, 2.0), (0.0, -2.0)]
)
def test_a_minimum_is_not_above_its_maximum(minimum: float, maximum: float) -> None:
    """One clear error, with the activity's name."""
    curve = seeded(0, 3).activities[0].curve
    with pytest.raises(ModelError, match="'ads'"):
        Activity("ads", "loans", "market", "runs", curve, {}, 0.0, minimum, maximum)
