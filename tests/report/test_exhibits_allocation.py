"""What allocation shows: every number a figure, today where no plan holds, a note where tables are absent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "allocation"))

from allocation_cases import small
from report_samples import assert_reads_well

from workbench.allocation import Allocation, AllocationInputs, Conflict, Rule, allocate, figures
from workbench.findings import Off
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_allocation import (
    certificate_exhibit,
    closings_exhibit,
    curves_exhibit,
    line_decisions_exhibit,
    line_money_exhibit,
    resources_exhibit,
    rules_exhibit,
)
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[..., Exhibit], ...] = (
    line_money_exhibit,
    line_decisions_exhibit,
    curves_exhibit,
    resources_exhibit,
    rules_exhibit,
    closings_exhibit,
    certificate_exhibit,
)
NAMES = ("money", "points", "conflict", "tested")
OFF = Off("allocation", "How to spread resources cannot be said.", ("resources", "activities"))
DEAR = Rule("Cap on campaigns", "level of loans-market <= 1", "CFO")


@cache
def results() -> dict[str, Allocation | Conflict]:
    """Return a plan in money, one in points with a closed line, a conflict, and a plan that was tested."""
    tight = replace(small(budget=250.0, people=21.0), rules=(DEAR,))
    (margin,) = tight.objectives
    poor = small(budget=100.0, people=20.0)
    points = replace(poor, objectives=(replace(margin, is_confirmed=False),))
    clash = small(rules=(("Loans floor", "engineers in line=loans >= 26"),), people=24.0)
    found = {
        name: allocate(AllocationInputs(held))
        for name, held in (("money", tight), ("points", points), ("conflict", clash))
    }
    return {**found, "tested": allocate(AllocationInputs(small(budget=150.0, people=60.0)), draws=20)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("show", EXHIBITS)
def test_every_exhibit_is_a_claim_with_figures_that_exist(show: Callable[..., Exhibit], name: str) -> None:
    """One sentence of two lines at most, a source, an alternative text, and ids of figures of the result."""
    result = results()[name]
    assert_reads_well(show(result), {item.id: item.value for item in figures(result)})


@pytest.mark.parametrize("name", NAMES)
def test_the_exhibits_of_a_chapter_have_keys_and_claims_of_their_own(name: str) -> None:
    """Nothing is said twice."""
    shown = [show(results()[name]) for show in EXHIBITS]
    assert len({exhibit.key for exhibit in shown}) == len(shown)
    assert len({exhibit.claim for exhibit in shown}) == len(shown)
    assert sum(not exhibit.is_appendix for exhibit in shown) <= 6


@pytest.mark.parametrize("show", EXHIBITS)
def test_off_gives_a_note(show: Callable[..., Exhibit]) -> None:
    """With the tables that would answer."""
    content = show(OFF).content
    assert isinstance(content, Note)
    assert content.tables == OFF.tables


def test_the_money_of_each_line_is_its_figure() -> None:
    """Today and plan, in the client's currency, the closed line at nothing."""
    result = results()["points"]
    chart = line_money_exhibit(result).content
    assert isinstance(chart, Chart)
    assert (chart.kind, chart.unit) == ("slope", "currency")
    plan = dict(zip(chart.role("label"), chart.role("after"), strict=True))
    assert plan["Cards"] == figures(result)["money/cards"].value == pytest.approx(10.0)
    assert "Cards" in chart.highlight


def test_the_decisions_say_people_affected_and_no_decision_on_persons() -> None:
    """Beside every proposal to close."""
    table = line_decisions_exhibit(results()["points"]).content
    assert isinstance(table, Table)
    row = next(cells for cells in table.cells() if cells[0] == "Cards")
    assert row[1] == "proposed to close"
    assert "no decision on persons" in row[-1]
    assert "no decision on persons" in table.subtitle


def test_curves_mark_today_and_plan_of_lines_that_stay() -> None:
    """Each curve has both marks; a closed line has no curve."""
    result = results()["points"]
    chart = curves_exhibit(result).content
    assert isinstance(chart, Chart)
    marks = set(zip(chart.role("label"), chart.role("mark"), strict=True))
    for label in {name for name, _ in marks}:
        assert not str(label).startswith("cards")
        assert any((label, mark) in marks for mark in ("plan", "today and plan"))


def test_a_rule_that_costs_shows_its_price() -> None:
    """The dear rule by name, with what it costs."""
    exhibit = rules_exhibit(results()["money"])
    assert "Cap on campaigns" in exhibit.claim
    assert isinstance(exhibit.content, Table)
    assert figures(results()["money"])["rule_price/Cap on campaigns"].value > 0


def test_a_conflict_shows_its_rules_and_what_is_given() -> None:
    """The table of decisions becomes the table of the conflict; today is shown without a plan."""
    conflict = results()["conflict"]
    table = line_decisions_exhibit(conflict).content
    assert isinstance(table, Table)
    assert table.cells()[0][:2] == ("Loans floor", "rule")
    assert any("2.0 more would do" in cells[2] for cells in table.cells())
    money = line_money_exhibit(conflict).content
    assert isinstance(money, Chart)
    assert money.kind == "bar_ranked"
    assert isinstance(certificate_exhibit(conflict).content, Note)


def test_the_proof_stands_in_the_appendix() -> None:
    """Not on the pages a board reads."""
    assert certificate_exhibit(results()["money"]).is_appendix
    assert certificate_exhibit(results()["money"]).claim.startswith("No plan can bring more than ")


def test_the_proof_is_of_the_plan_that_is_shown() -> None:
    """What the plan to carry out gives up of the best one counts: the best one's gap would promise too much."""
    result = results()["money"]
    assert isinstance(result, Allocation)
    lost = 0.05 * (result.best.value - result.best.baseline_value)
    plan = replace(result.plan, found=replace(result.plan.found, value=result.best.value - lost))
    apart = replace(result, plan=plan)
    shown, numbers = certificate_exhibit(apart), figures(apart)
    most, share = numbers["possible"].value, numbers["possible_share"].value
    assert most == pytest.approx(apart.best.certificate.bound - apart.best.value + lost)
    assert share == pytest.approx(most / (0.95 * lost / 0.05))
    assert f"({100 * share + 0.05:.1f} % of the gain) above this one." in shown.claim
    assert numbers["possible"].id in repr(shown) or numbers["possible"].id in shown.figures
    assert "is given up on purpose for fewer moves and whole steps" in repr(shown)


def test_what_the_search_cannot_tell_apart_is_a_tie() -> None:
    """A plan that seems to beat the best one by less than the search carries shows the same amount, and says so."""
    result = results()["money"]
    assert isinstance(result, Allocation)
    more = result.best.value * (1 + 2e-8)
    tied = replace(result, plan=replace(result.plan, found=replace(result.plan.found, value=more)))
    content = certificate_exhibit(tied).content
    assert isinstance(content, Table)
    shown = {cells[0]: cells[1] for cells in content.cells()}
    assert shown["Value of the plan"] == shown["Value of the best plan"]
    assert "the plan is as good as the best found" in content.subtitle


def test_without_rules_a_note_says_so() -> None:
    """Only capacities, minima and maxima hold then."""
    result = allocate(AllocationInputs(small()))
    assert isinstance(rules_exhibit(result).content, Note)


def test_a_line_says_what_it_gets_and_what_would_change_that() -> None:
    """In one sentence, and the lines' amounts add up in the last row."""
    result = results()["tested"]
    assert isinstance(result, Allocation)
    table = line_decisions_exhibit(result).content
    assert isinstance(table, Table)
    rows = {cells[0]: cells for cells in table.cells()}
    (cards,) = [reason for reason in result.reasons if reason.line == "cards"]
    assert cards.flip is not None
    assert cards.flip.state == "found"
    assert "it stays when its outcome is worth" in rows["Cards"][-1]
    assert "nobody said what closing it costs" in rows["Consumer loans"][-1]
    assert table.totals == (len(rows) - 1,)
    assert table.rows[-1][5] == pytest.approx(sum(row[5] for row in table.rows[:-1]))
    assert figures(result)["flip/cards"].id in table.figures[list(rows).index("Cards")]


def test_the_next_step_shows_what_it_costs_and_what_is_left_over() -> None:
    """Cost beside worth, and why the rest is not used."""
    result = results()["tested"]
    exhibit = resources_exhibit(result)
    assert isinstance(exhibit.content, Table)
    rows = {str(cells[0]): cells for cells in exhibit.content.cells()}
    headers = exhibit.content.headers()
    assert headers[-1] == "Left over, and why"
    assert rows["engineers (people)"][-1].endswith("for want of budget")
    assert rows["budget (EUR)"][-1] == "nothing"
    assert "left over: engineers" in exhibit.claim
    untested = resources_exhibit(results()["money"]).content
    assert isinstance(untested, Table)
    assert "Left over, and why" not in untested.headers()


def test_closings_show_money_once_and_a_year_and_payback_only_where_value_is_money() -> None:
    """Points are not held against money; who agreed the weights stands there instead."""
    money, points = closings_exhibit(results()["money"]), closings_exhibit(results()["points"])
    assert isinstance(money.content, Table)
    assert isinstance(points.content, Table)
    assert any("Pays back" in header for header in money.content.headers())
    assert not any("Pays back" in header for header in points.content.headers())
    assert "weights agreed on 2026-09-01 by Executive board" in points.subtitle
    assert money.is_appendix
    nobody = small()
    lines = tuple(replace(line, closing=None) for line in nobody.lines)
    assert isinstance(closings_exhibit(allocate(AllocationInputs(replace(nobody, lines=lines)))).content, Note)
