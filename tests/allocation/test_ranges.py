"""Prices with the range in which they hold, exchange rates, and what wishes cost."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from allocation_cases import seeded, small
from scipy.optimize import brentq
from test_robust import planned

from workbench.allocation import (
    Activity,
    Closing,
    Line,
    Objective,
    Portfolio,
    Resource,
    Rule,
    exponential_from_answers,
    points_curve,
    solve,
)
from workbench.allocation.curves import Adbudg
from workbench.allocation.line_words import range_words
from workbench.allocation.ranges import PriceRange, exchange_rates, price_ranges, price_wishes


def linear(products: dict[str, tuple[float, dict[str, float]]], limits: dict[str, float]) -> Portfolio:
    """Return a linear programme as a portfolio: profit and recipe of each product, limit of each resource."""
    return Portfolio(
        resources=tuple(Resource(name, "Plant", "hours", (limit,)) for name, limit in limits.items()),
        activities=tuple(
            Activity(name, "plant", "operate", "units", points_curve([0, 1e4], [0, 1e4]), recipe, 0.0, 0.0, 1e4)
            for name, (_, recipe) in products.items()
        ),
        lines=(Line("plant"),),
        objectives=(Objective("profit", 1.0, {name: profit for name, (profit, _) in products.items()}, True, True),),
    )


def test_giapetto_toys():
    """W. L. Winston, Operations Research, the Giapetto problem: prices 1, 1, 0; finishing from 80 to 120 hours.

    The optimal tableau has 1 under both slacks and 0 under that of demand, which may fall to 20.
    """
    plan = planned(
        linear(
            {
                "soldiers": (3.0, {"finishing": 2.0, "carpentry": 1.0, "demand": 1.0}),
                "trains": (2.0, {"finishing": 1.0, "carpentry": 1.0}),
            },
            {"finishing": 100.0, "carpentry": 80.0, "demand": 40.0},
        )
    )
    assert plan.value == pytest.approx(180.0)
    finishing, carpentry, demand = price_ranges(plan)
    assert (finishing.up, finishing.down) == pytest.approx((1.0, 1.0))
    assert (finishing.low, finishing.high) == pytest.approx((80.0, 120.0), abs=1e-3)
    assert (carpentry.up, carpentry.down) == pytest.approx((1.0, 1.0))
    assert (demand.up, demand.down) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert demand.high is None
    assert demand.low == pytest.approx(20.0, abs=1e-3)
    assert all(item.is_verified for item in (finishing, carpentry, demand))
    # past the end the price is another one: 120 hours of finishing are all that 40 soldiers and 40 trains take
    assert finishing.beyond_high == pytest.approx(0.0, abs=1e-9)


def test_ames_dishwashers():
    """The Ames Manufacturing exercise with its sensitivity report: labor 100 an hour, +6 and -64; others slack."""
    plan = planned(
        linear(
            {
                "part-x": (45.0, {"machining": 1 / 40, "labor": 0.5, "painting": 1 / 40}),
                "part-y": (40.0, {"machining": 1 / 25, "labor": 0.4, "painting": 1 / 40}),
            },
            {"machining": 7.0, "labor": 64.0, "painting": 6.0},
        )
    )
    assert plan.value == pytest.approx(6400.0)
    machining, labor, painting = price_ranges(plan)
    assert (labor.up, labor.down) == pytest.approx((100.0, 100.0))
    assert labor.high == pytest.approx(64.0 + 6.0, abs=1e-3)
    assert labor.low is None or labor.low == pytest.approx(0.0, abs=1e-6)
    assert machining.up == pytest.approx(0.0, abs=1e-9)
    assert machining.low == pytest.approx(7.0 - 0.6, abs=1e-3)
    assert painting.low == pytest.approx(6.0 - 2.0, abs=1e-3)


def concave(seed: int) -> Portfolio:
    """Return activities of concave curves for one budget: some without limit of the slope at zero."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    activities = []
    for number in range(draw.randrange(3, 8)):
        reference, low, top = draw.uniform(1, 10), draw.uniform(1, 6), draw.uniform(7, 12)
        curve = exponential_from_answers(0.0, low, top, reference=reference)
        if draw.random() < 0.5:
            curve = Adbudg(reference, 0.0, top, draw.uniform(0.4, 0.95), draw.uniform(0.5, 3))
        recipe = {"budget": draw.uniform(0.2, 1.0)}
        activities.append(Activity(f"a{number}", "l", "develop", "teams", curve, recipe, 0.0, 0.0, 2 * reference))
    whole = sum(item.recipe["budget"] * item.maximum for item in activities)
    worths = {item.id: 10 ** draw.uniform(-3, 0) for item in activities}
    resources = (Resource("budget", "Finance", "EUR", (whole * draw.uniform(0.05, 0.7),)),)
    return Portfolio(resources, tuple(activities), (Line("l"),), (Objective("margin", 1.0, worths, True, True),))


@pytest.mark.parametrize("seed", range(6))
def test_prices_are_those_at_which_all_together_take_what_there_is(seed):
    """Concave curves and one budget: each takes to where its slope is the price, so one equation gives the price."""
    portfolio = concave(seed)

    def taken(item, price):
        over = item.recipe["budget"] * price / portfolio.worth(item.id)
        ends = 1e-12 * item.maximum, item.maximum
        if item.curve.slope(ends[0]) <= over:
            return 0.0
        if item.curve.slope(ends[1]) >= over:
            return item.maximum
        return brentq(lambda level: item.curve.slope(level) - over, *ends, xtol=1e-14, rtol=1e-13)

    def all_at(price):
        return sum(item.recipe["budget"] * taken(item, price) for item in portfolio.activities)

    def price_at(capacity):
        return brentq(lambda price: all_at(price) - capacity, 1e-9, 1e4, xtol=1e-13, rtol=1e-12)

    (found,) = price_ranges(planned(portfolio), seconds=-1.0)
    capacity, step = found.capacity, 1e-5 * found.capacity
    assert (found.up, found.down) == pytest.approx((price_at(capacity + step), price_at(capacity - step)), rel=2e-4)
    ends = [(found.high, 0.99 * found.up), (found.low, 1.01 * found.down)]
    assert any(end is not None for end, _ in ends)
    for end, price in ends:
        assert end is None or end == pytest.approx(all_at(price), abs=2e-3 * capacity)


@pytest.mark.parametrize("seed", [1, 2])
def test_inside_the_range_the_price_says_what_solving_again_finds(seed):
    """At a third, two thirds and the end of a verified range the new best value is the one predicted, within 1 %."""
    plan = planned(seeded(seed, 6, resources=2))
    checked = 0
    for item in price_ranges(plan):
        if not item.is_verified or item.up <= 0 or item.high is None or item.high - item.capacity < 1e-3:
            continue
        for share in (1 / 3, 2 / 3, 1.0):
            change = share * (item.high - item.capacity)
            wider = replace(
                plan.portfolio,
                resources=tuple(
                    replace(held, capacity=(held.capacity[0] + change,)) if held.id == item.resource else held
                    for held in plan.portfolio.resources
                ),
            )
            other = solve(wider)
            slack = plan.certificate.gap_absolute + other.certificate.gap_absolute
            assert other.value - plan.value == pytest.approx(item.up * change, rel=0.0101, abs=slack + 1e-9)
            checked += 1
    assert checked


def test_larger_changes_are_solved_again():
    """Each rung of the ladder is the difference of two best plans."""
    plan = planned(small(budget=300.0))
    (_, budget) = price_ranges(plan)
    assert len(budget.ladder) == 4
    for rung in budget.ladder:
        other = planned(small(budget=300.0 + rung.amount))
        assert rung.worth == pytest.approx((other.value - plan.value) / rung.amount, rel=1e-3)
    # more of the same is worth less and less here
    assert [rung.worth for rung in budget.ladder] == sorted((rung.worth for rung in budget.ladder), reverse=True)


def test_units_do_not_change_a_price():
    """In cents a unit is worth a hundredth, up to a hundred times as many."""
    plan = planned(small(budget=300.0))
    cents = replace(
        plan.portfolio,
        resources=tuple(
            replace(item, capacity=(30000.0,), unit="cent") if item.id == "budget" else item
            for item in plan.portfolio.resources
        ),
        activities=tuple(
            replace(item, recipe={k: v * (100 if k == "budget" else 1) for k, v in item.recipe.items()})
            for item in plan.portfolio.activities
        ),
        lines=tuple(
            replace(line, needs={k: v * (100 if k == "budget" else 1) for k, v in line.needs.items()})
            for line in plan.portfolio.lines
        ),
    )
    first, second = price_ranges(plan)[1], price_ranges(planned(cents))[1]
    assert second.up == pytest.approx(first.up / 100, rel=1e-4)
    assert second.high == pytest.approx(first.high * 100, rel=1e-3)


def test_an_objective_is_paid_for_by_the_others():
    """More of one objective costs of the other at least what the weights say it is worth, and solving again agrees."""
    portfolio = replace(
        small(budget=300.0),
        objectives=(
            Objective("margin", 1.0, {"loans-develop": 100.0, "loans-market": 60.0}, agreed_by="board"),
            Objective("service", 2.0, {"cards-operate": 40.0}, agreed_by="board"),
        ),
    )
    plan = planned(portfolio)
    rates = exchange_rates(plan)
    assert rates
    weight = {"margin": 1.0, "service": 2.0}
    for rate in rates:
        # in an optimum a unit more cannot cost less than it counts
        assert rate.rate >= weight[rate.objective] * (1 - 1e-3)
        assert rate.gain > 0
        (other,) = rate.changes
        assert rate.changes[other] < 0
        assert rate.rate == pytest.approx(-rate.changes[other] * weight[other] / rate.gain)


def test_one_objective_has_no_exchange_rate():
    """There is nothing to pay with."""
    assert exchange_rates(planned(small())) == ()


def test_wishes_cost_what_solving_with_them_costs():
    """Each wish's price is the best value less the best value with the wish as a rule."""
    plan = planned(small(people=16.0, budget=200.0))
    wishes = price_wishes(plan)
    assert wishes
    for wish in wishes:
        if wish.kind != "activity":
            continue
        level = plan.portfolio.activity(wish.key).current
        rule = Rule("as today", f"level of {wish.key} = {level:g}")
        other = solve(replace(plan.portfolio, rules=(rule,)))
        assert wish.is_possible == hasattr(other, "certificate")
        if wish.is_possible:
            assert wish.price == pytest.approx(plan.value - other.value, abs=3e-4 * plan.certificate.lift)
    assert [wish.price or 0.0 for wish in wishes] == sorted((wish.price or 0.0 for wish in wishes), reverse=True)


def test_a_whole_line_left_as_it_is_has_its_net_price():
    """What its resources bring in other lines is counted: the price is that of the whole plan sought again."""
    plan = planned(small(people=16.0, budget=200.0))
    lines = {wish.key: wish.price for wish in price_wishes(plan) if wish.kind == "line"}
    assert lines
    for line, price in lines.items():
        held = [Rule("keep", f"keep line {line}")]
        held += [
            Rule(f"{item.id} stays", f"level of {item.id} = {item.current:g}")
            for item in plan.portfolio.activities_of(line)
        ]
        other = solve(replace(plan.portfolio, rules=tuple(held)))
        if price is None:
            assert not hasattr(other, "certificate")
        else:
            assert price == pytest.approx(plan.value - other.value, abs=3e-4 * plan.certificate.lift)


def test_activities_of_a_line_that_closes_are_no_wishes():
    """Whoever wants one of them left as it is wants the line kept, and that has a price of its own."""
    plan = planned(small(people=12.0, budget=150.0))
    closed = {item.id for item in plan.portfolio.activities if not plan.supported[item.line]}
    assert closed
    assert not closed & {wish.key for wish in price_wishes(plan)}
    assert not {line for line, is_open in plan.supported.items() if not is_open} & {w.key for w in price_wishes(plan)}


def test_closing_nothing_has_its_price():
    """Where the plan closes a line, the price of closing nothing is known; where it closes none, it is not asked."""
    tight = small(people=12.0, budget=150.0)
    plan = planned(tight)
    assert not all(plan.supported.values())
    (wish,) = [item for item in price_wishes(plan) if item.kind == "lines"]
    kept = solve(replace(tight, rules=(Rule("keep", "keep line cards"),)))
    assert wish.price == pytest.approx(plan.value - kept.value, rel=1e-3)
    assert not [item for item in price_wishes(planned(small(people=60.0, budget=2000.0))) if item.kind == "lines"]


def test_an_exchange_rate_counts_what_closing_costs() -> None:
    """The plan gains 4 of one objective, loses 8 of the other and pays 5 to close a line: 13 for 4."""
    portfolio = Portfolio(
        (Resource("budget", "Finance", "EUR", (10.0,), 1.0),),
        (
            Activity("a", "one", "operate", "runs", points_curve([0, 10], [0, 10]), {"budget": 1.0}, 5, 0, 10),
            Activity("b", "two", "operate", "runs", points_curve([0, 10], [8, 8]), {}, 0, 0, 10),
        ),
        (Line("one"), Line("two", "", {"budget": 4.0}, Closing(5.0, 0.0, 1.0))),
        (Objective("o", 1.0, {"a": 1.0}, True, True), Objective("o2", 1.0, {"b": 1.0}, True, True)),
    )
    plan = planned(portfolio)
    (rate,) = [item for item in exchange_rates(plan) if item.objective == "o"]
    assert rate.rate == pytest.approx(13 / 4)


def test_a_range_within_a_step_is_not_told_as_one() -> None:
    """Half a person less to half a person more says nothing of a whole one."""
    price = PriceRange("engineers", "people", 90.0, 80.0, 81.0, 90.6, 89.4, None, None, (), True)
    assert range_words(price, 1.0) == "less than one step"
    assert range_words(price, 0.5) == "0.60 less to 0.60 more"
    assert range_words(replace(price, high=None), 1.0) == "0.60 less to any more"
