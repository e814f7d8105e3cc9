"""What is shown of how sure a plan is: every number a figure, words for a board, notes where nothing was drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "allocation"))

from allocation_cases import small

from workbench.allocation import Allocation, AllocationInputs, Conflict, Rule, allocate, figures
from workbench.engagement.commentary import EXHIBITS as KEYS
from workbench.findings import CLAIM_LENGTH, Off
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_allocation_robust import (
    firm_exhibit,
    holds_exhibit,
    questions_exhibit,
    risk_plans_exhibit,
    wishes_exhibit,
)
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[..., Exhibit], ...] = (
    firm_exhibit,
    holds_exhibit,
    risk_plans_exhibit,
    questions_exhibit,
    wishes_exhibit,
)
NAMES = ("money", "points", "conflict", "untested")
OFF = Off("allocation", "How to spread resources cannot be said.", ("resources", "activities"))


@cache
def results() -> dict[str, Allocation | Conflict]:
    """Return a plan in money, one in points with a closed line, a conflict, and a plan that was not tested."""
    tight = replace(small(budget=250.0, people=21.0), rules=(Rule("Cap", "level of loans-market <= 1", "CFO"),))
    (margin,) = tight.objectives
    points = replace(small(budget=100.0, people=20.0), objectives=(replace(margin, is_confirmed=False),))
    clash = small(rules=(("Loans floor", "engineers in line=loans >= 26"),), people=24.0)
    found = {
        name: allocate(AllocationInputs(held), draws=40)
        for name, held in (("money", tight), ("points", points), ("conflict", clash))
    }
    return {**found, "untested": allocate(AllocationInputs(tight))}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("show", EXHIBITS)
def test_every_exhibit_is_a_claim_with_figures_that_exist(show: Callable[..., Exhibit], name: str) -> None:
    """One sentence of two lines at most, a source, an alternative text, and ids of figures of the result."""
    result = results()[name]
    exhibit = show(result)
    known = {item.id: item.value for item in figures(result)}
    assert exhibit.claim.endswith(".")
    assert len(exhibit.claim) <= CLAIM_LENGTH
    assert exhibit.alt
    assert exhibit.key.removeprefix("allocation-") in KEYS["allocation"]
    for held in exhibit.figure_ids():
        assert known[held] is not None
    if name in ("money", "points") and not isinstance(exhibit.content, Note):
        assert exhibit.source
        assert exhibit.figure_ids()
    assert repr(exhibit)


@pytest.mark.parametrize("name", ["money", "points"])
def test_no_two_exhibits_say_the_same(name: str) -> None:
    """Keys and claims are each one's own."""
    shown = [show(results()[name]) for show in EXHIBITS]
    assert len({exhibit.key for exhibit in shown}) == len({exhibit.claim for exhibit in shown}) == len(shown)


@pytest.mark.parametrize("show", EXHIBITS)
def test_without_tables_draws_or_a_plan_there_is_a_note(show: Callable[..., Exhibit]) -> None:
    """Each says why."""
    off = show(OFF).content
    assert isinstance(off, Note)
    assert off.tables == OFF.tables
    for name, words in (("conflict", "no plan"), ("untested", "not worked out")):
        if show is wishes_exhibit and name == "untested":
            continue  # rules have prices all the same
        exhibit = show(results()[name])
        assert isinstance(exhibit.content, Note)
        assert words in exhibit.claim
        assert exhibit.is_appendix


def test_a_decision_shows_in_how_many_draws_it_holds() -> None:
    """Lines that may close, and the moves of lines that stay; a closed line's activities do not show."""
    result = results()["points"]
    assert isinstance(result, Allocation)
    chart = holds_exhibit(result).content
    assert isinstance(chart, Chart)
    held = dict(zip(chart.role("label"), chart.role("value"), strict=True))
    (cards,) = [item for item in result.doubt.robustness.lines if item.line == "cards"]
    assert held["Cards closes"] == cards.holds_in
    assert not [name for name in held if name.startswith("Cards,")]
    assert "Consumer loans stays" not in held  # nobody may close it
    assert "of 40" in chart.subtitle


def test_rules_and_wishes_stand_in_one_list() -> None:
    """Dearest first, with the rule that binds and the wish to close nothing."""
    result = results()["money"]
    chart = wishes_exhibit(result).content
    assert isinstance(chart, Chart)
    names, costs = chart.role("label"), chart.role("value")
    assert list(costs) == sorted(costs, reverse=True)
    assert "Rule: Cap" in names
    price = next(item.price for item in result.rule_prices if item.rule == "Cap")
    assert costs[names.index("Rule: Cap")] == price


def test_numbers_of_an_untested_plan_keep_their_ids() -> None:
    """The figures of the same portfolio have the same ids whether it was tested or not."""
    tested, untested = figures(results()["money"]), figures(results()["untested"])
    assert [(item.id, item.key) for item in tested] == [(item.id, item.key) for item in untested]
    assert untested["draws"].value is None
    assert tested["draws"].value == 40


def test_a_decision_shows_whether_every_nearly_best_plan_shares_it() -> None:
    """One row a line: draws, the nearly best plans, and what deciding otherwise loses; all of it figures."""
    result = results()["points"]
    assert isinstance(result, Allocation)
    table = firm_exhibit(result).content
    assert isinstance(table, Table)
    rows = {cells[0]: cells for cells in table.cells()}
    cards = next(item for item in result.firm if item.line == "cards")
    assert cards.firm is not None
    assert rows["Cards"][3] == ("yes" if cards.firm else "no, another is nearly as good")
    assert rows["Consumer loans"][2:5] == ("–", "yes, no other way is open", "–")
    assert figures(result)["flip_cost/cards"].id in table.figures[list(rows).index("Cards")]
    assert table.claim.startswith("The one open decision, on Cards, is the same") is cards.firm


@pytest.mark.parametrize("name", ["money", "points"])
def test_decisions_lead_where_one_is_open_and_moves_where_none_is(name: str) -> None:
    """One of the two stands in the story, the other behind it."""
    kept = Rule("Promise", "keep line cards", "CEO")
    result = results()[name]
    assert (firm_exhibit(result).is_appendix, holds_exhibit(result).is_appendix) == (False, True)
    closed = allocate(AllocationInputs(replace(result.portfolio, rules=(kept,))), draws=10)
    assert (firm_exhibit(closed).is_appendix, holds_exhibit(closed).is_appendix) == (True, False)
    assert firm_exhibit(closed).claim.startswith("No line is open to another decision")


def test_rules_have_prices_without_draws_and_wishes_have_none() -> None:
    """The dear rule stands alone where nothing was drawn; where no rule costs, a note says so."""
    chart = wishes_exhibit(results()["untested"]).content
    assert isinstance(chart, Chart)
    assert chart.role("label") == ("Rule: Cap",)
    assert "wish" not in chart.subtitle
    free = wishes_exhibit(allocate(AllocationInputs(small())))
    assert isinstance(free.content, Note)
    assert "no rule" in free.claim
    assert free.is_appendix
