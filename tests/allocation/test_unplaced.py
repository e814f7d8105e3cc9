"""What is left over, and why: each reason is planted and must be found by solving again."""

from __future__ import annotations

from dataclasses import replace

from allocation_cases import small

from workbench.allocation import Allocation, AllocationInputs, Plan, Portfolio, Resource, Rule, allocate, solve
from workbench.allocation.unplaced import MORE, Unplaced, unplaced_resources


def left_over(portfolio: Portfolio) -> tuple[Allocation, dict[str, Unplaced]]:
    """Return the plan and what it leaves over, by resource."""
    result = allocate(AllocationInputs(portfolio))
    assert isinstance(result, Allocation)
    found = unplaced_resources(result.best, result.settled, prices=result.prices, rules=result.rule_prices)
    return result, {item.resource: item for item in found}


def test_what_waits_for_another_resource_names_it() -> None:
    """People in plenty, money short: more money uses more of them, by as much as is said."""
    result, found = left_over(small(people=60.0, budget=150.0))
    held = found["engineers"]
    assert (held.reason, held.names, held.is_verified) == ("other", ("budget",), True)
    richer = tuple(
        replace(item, capacity=(item.capacity[0] * (1 + MORE),)) if item.id == "budget" else item
        for item in result.portfolio.resources
    )
    again = solve(replace(result.portfolio, resources=richer))
    assert isinstance(again, Plan)
    assert held.used_then is not None
    assert abs(again.found.used["engineers"] - result.best.found.used["engineers"] - held.used_then) < 1e-2
    given = sum(amounts["engineers"] for amounts in result.settled.given.values())
    assert held.amount == 60.0 - given
    assert held.money == held.amount * 100.0


def test_what_a_rule_holds_back_names_the_rule() -> None:
    """A cap on campaigns leaves money over."""
    cap = Rule("Cap", "level of loans-market <= 1", "CFO")
    _, found = left_over(replace(small(people=21.0, budget=400.0), rules=(cap,)))
    assert (found["budget"].reason, found["budget"].names) == ("rule", ("Cap",))


def test_what_nothing_can_use_is_saturated() -> None:
    """Every activity at its largest level, and a resource that none takes."""
    base = small(people=1000.0, budget=100_000.0)
    _, found = left_over(
        replace(base, resources=(*base.resources, Resource("vans", "Operations", "vans", (3.0,), 9.0)))
    )
    assert {item.reason for item in found.values()} == {"saturated"}
    assert set(found) == {"engineers", "budget", "vans"}
    assert found["vans"].amount == 3.0


def test_nothing_is_left_over_where_all_is_used() -> None:
    """A scarce resource has no row."""
    _, found = left_over(small(people=60.0, budget=150.0))
    assert "budget" not in found


def test_without_time_the_reason_is_open() -> None:
    """The amount stands, the reason is not guessed."""
    result, _ = left_over(small(people=60.0, budget=150.0))
    found = unplaced_resources(result.best, result.settled, prices=result.prices, rules=result.rule_prices, seconds=0.0)
    assert [(item.reason, item.is_verified) for item in found] == [("open", False)]
