"""Numbers of the plan made once more as the catalogue of numbers says that they are made, from the tables alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from allocation_cases import planned, small

from workbench.allocation import Allocation, AllocationInputs, FunctionPlan, Portfolio, Rule, allocate, figures
from workbench.batch.definitions import find_definition
from workbench.findings import Figures

REPOSITORY = Path(__file__).resolve().parents[2]
PLANNED = {"loans": 20.0, "cards": 4.0}
"""What HR plans of engineers; Finance has not said what it plans of its budget."""


def portfolio() -> Portfolio:
    """Two lines that may both be closed, on a short budget."""
    held = small(rules=(("cap", "budget in use=market <= 40% of capacity of budget"),), budget=250.0)
    closing = replace(held.lines[1].closing, avoidable_share=0.5)
    return replace(held, lines=tuple(replace(line, closing=closing) for line in held.lines))


@pytest.fixture(scope="module")
def held() -> tuple[Allocation, Figures]:
    """Return the plan with its doubt, and its numbers."""
    rows = tuple(FunctionPlan("HR", line, "engineers", "one year", amount) for line, amount in PLANNED.items())
    found = allocate(AllocationInputs(portfolio(), function_plans=rows), draws=40)
    assert isinstance(found, Allocation)
    return found, figures(found)


def best(changed: Portfolio) -> float:
    """Return the best plan's value, closer than the numbers are compared."""
    return planned(changed).value


def test_what_functions_would_change_is_told_from_their_own_plans(held: tuple[Allocation, Figures]) -> None:
    """From the function's plan where it has one, from today where it has not said."""
    _, numbers = held
    people = money = 0.0
    for resource in ("engineers", "budget"):
        changes = {}
        for line in PLANNED:
            base = PLANNED[line] if resource == "engineers" else numbers[f"need_today/{resource}/{line}"].value
            changes[line] = numbers[f"need/{resource}/{line}"].value - base
            assert numbers[f"need_change/{resource}/{line}"].value == pytest.approx(changes[line], abs=1e-9)
        more, less = sum(max(one, 0.0) for one in changes.values()), sum(max(-one, 0.0) for one in changes.values())
        assert numbers[f"more/{resource}"].value == pytest.approx(more, abs=1e-9)
        assert numbers[f"less/{resource}"].value == pytest.approx(less, abs=1e-9)
        cost = (more - less) * numbers[f"unit_cost/{resource}"].value
        function = "HR" if resource == "engineers" else "Finance"
        assert numbers[f"function_money/{function}"].value == pytest.approx(cost, abs=1e-9)
        people, money = people + more * (resource == "engineers"), money + abs(cost)
    assert numbers["function_people_more/HR"].value == pytest.approx(people, abs=1e-9)
    assert money > 1.0
    # counted from today the people would be others: the words have to tell the two apart
    today = [
        numbers[f"need/engineers/{line}"].value - numbers[f"need_today/engineers/{line}"].value for line in PLANNED
    ]
    assert sum(max(one, 0.0) for one in today) != pytest.approx(people, abs=0.5)
    assert "what the function plans" in said("need_change/engineers/loans")


def test_a_rung_is_the_mean_worth_of_a_unit_on_the_way(held: tuple[Allocation, Figures]) -> None:
    """Change of the best value over change of the capacity, everything sought again."""
    result, numbers = held
    here = best(result.portfolio)
    for share in (-0.2, -0.1, 0.1, 0.2):
        for resource in result.portfolio.resources:
            capacity = resource.capacity[0]
            wide = replace(resource, capacity=(capacity * (1 + share),))
            rest = tuple(wide if item is resource else item for item in result.portfolio.resources)
            there = best(replace(result.portfolio, resources=rest))
            slack = 2e-4 * here / abs(share * capacity)
            got = numbers[f"rung/{resource.id}/{share:g}"].value
            assert got == pytest.approx((there - here) / (share * capacity), abs=slack)
    assert "mean worth of a unit" in said("rung/budget/0.1")


def test_a_flip_is_how_far_a_kept_line_may_fall_and_a_closed_one_must_rise(held: tuple[Allocation, Figures]) -> None:
    """At 1 − flip of a kept line, and at 1 + flip of a closed one, both decisions are worth the same."""
    result, numbers = held
    met = 0
    for line in result.portfolio.lines:
        flip = numbers[f"flip/{line.id}"].value
        if flip is None:
            continue
        factor = 1.0 - flip if result.best.supported[line.id] else 1.0 + flip
        own = {item.id for item in result.portfolio.activities_of(line.id)}
        (goal,) = result.portfolio.objectives
        worths = {name: worth * (factor if name in own else 1.0) for name, worth in goal.worths.items()}
        scaled = replace(result.portfolio, objectives=(replace(goal, worths=worths),))
        keep, close = (
            best(replace(scaled, rules=(*scaled.rules, Rule("what if", f"{word} line {line.id}"))))
            for word in ("keep", "close")
        )
        assert keep == pytest.approx(close, rel=2e-3)
        met += 1
    assert met > 0
    assert said("flip/loans").startswith("1 − θ of a line that is kept, θ − 1 of one that is closed")


def test_closing_frees_all_that_activities_take_and_a_share_of_the_needs(held: tuple[Allocation, Figures]) -> None:
    """The share holds for the line's own needs alone."""
    result, numbers = held
    for line in result.portfolio.lines:
        freed = sum(
            item.unit_cost
            * (
                sum(one.recipe.get(item.id, 0.0) * one.current for one in result.portfolio.activities_of(line.id))
                + 0.5 * line.needs.get(item.id, 0.0)
            )
            for item in result.portfolio.resources
        )
        assert numbers[f"closing_frees/{line.id}"].value == pytest.approx(freed)
    assert said("closing_frees/loans").startswith("(What all its activities take today + ")


def said(key: str) -> str:
    """Return the words of a number."""
    found = find_definition("allocation", key, root=REPOSITORY)
    assert found is not None
    return found.words
