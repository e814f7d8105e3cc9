"""What several quarters show: every number a figure, and a note where there is one period, no plan, or no table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "allocation"))

from allocation_cases import small

from workbench.allocation import (
    Allocation,
    AllocationInputs,
    Conflict,
    Portfolio,
    QuarterConflict,
    QuarterPlan,
    allocate,
    figures,
    quarter_findings,
)
from workbench.findings import CLAIM_LENGTH, Off
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_quarters import quarter_people_exhibit, quarters_exhibit
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[..., Exhibit], ...] = (quarters_exhibit, quarter_people_exhibit)
PERIODS = ("2026-Q4", "2027-Q1", "2027-Q2")


def over_quarters(portfolio: Portfolio, *, later: float = 1.0, limits: bool = True) -> Portfolio:
    """Return the portfolio over three quarters, with engineers hired and moved, and development to be operated."""
    engineers, budget = portfolio.resources
    people = engineers.capacity[0]
    made = replace(engineers, capacity=(people, people + 4, people + 4))
    if limits:
        made = replace(made, hire_limit=2.0, leave_limit=1.0, move_limit=5.0)
    activities = tuple(
        replace(item, later_load={"engineers": later}) if item.use == "develop" else item
        for item in portfolio.activities
    )
    return replace(
        portfolio, resources=(made, replace(budget, capacity=budget.capacity * 3)), activities=activities,
        periods=PERIODS,
    )  # fmt: skip


TALL = over_quarters(small(people=24.0))
SHORT = over_quarters(small(people=24.0, rules=(("Loans floor", "engineers in line=loans >= 22"),)))
RESULTS = {
    "plan": allocate(AllocationInputs(TALL)),
    "one period": allocate(AllocationInputs(small())),
    "no way there": allocate(AllocationInputs(SHORT)),
    "conflict": allocate(AllocationInputs(small(rules=(("Loans floor", "engineers in line=loans >= 26"),), people=24))),
    "off": Off("allocation", "How to spread resources cannot be said.", ("resources", "activities")),
}


@pytest.mark.parametrize("name", list(RESULTS))
@pytest.mark.parametrize("show", EXHIBITS)
def test_every_state_is_a_sentence_with_figures_that_exist(show: Callable[..., Exhibit], name: str) -> None:
    """One sentence of two lines at most, an alternative text, and ids of figures of the result."""
    result = RESULTS[name]
    exhibit = show(result)
    assert exhibit.claim.endswith(".")
    assert len(exhibit.claim) <= CLAIM_LENGTH
    assert exhibit.alt
    assert repr(exhibit)
    assert isinstance(exhibit.content, Note) == (name != "plan")
    known = {} if isinstance(result, Off) else {item.id: item.value for item in figures(result)}
    for held in exhibit.figure_ids():
        assert known[held] is not None


def test_the_chart_shows_who_is_where_and_the_table_who_is_there() -> None:
    """Lines over the quarters; there are, in lines, hired, change lines."""
    result = RESULTS["plan"]
    assert isinstance(result, Allocation)
    plan = result.quarters
    assert isinstance(plan, QuarterPlan)
    chart, people = quarters_exhibit(result).content, quarter_people_exhibit(result).content
    assert isinstance(chart, Chart)
    assert isinstance(people, Table)
    amounts = dict(
        zip(zip(chart.column("line"), chart.column("period"), strict=True), chart.column("amount"), strict=True)
    )
    for line in plan.portfolio.lines:
        for place, period in enumerate(PERIODS):
            if (line.name, period) in amounts:
                assert amounts[line.name, period] == pytest.approx(plan.used_by_line(line.id, "engineers")[place])
    assert "engineers: there are" in repr(people)


def test_findings_tell_hires_shortfalls_and_what_it_is_worth() -> None:
    """The shortfall of today's levels first, then who is hired by when; each claim is a sentence that fits."""
    result = RESULTS["plan"]
    assert isinstance(result, Allocation)
    found = quarter_findings(result, figures(result))
    claims = [item.claim for item in found]
    assert claims[0].startswith("As things stand, engineers falls short first")
    assert any(claim.startswith("Hire ") and "engineers by 2027-" in claim for claim in claims)
    assert claims[-1].startswith("Over 3 quarters the plan is worth")
    assert not quarter_findings(RESULTS["one period"], figures(RESULTS["one period"]))


def test_where_no_way_leads_there_the_quarter_is_named() -> None:
    """The last quarter is planned all the same, and what is short on the way is the finding."""
    result = RESULTS["no way there"]
    assert isinstance(result, Allocation | Conflict)
    if isinstance(result, Allocation):
        assert isinstance(result.quarters, QuarterConflict)
        assert "2026-Q4" in quarter_findings(result, figures(result))[0].claim


def test_without_limits_people_are_told_all_the_same() -> None:
    """Units that are people are enough for the page."""
    result = allocate(AllocationInputs(over_quarters(small(people=24.0), limits=False)))
    assert isinstance(quarters_exhibit(result).content, Chart)
