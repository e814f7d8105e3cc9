"""What the plan asks of the functions, as exhibits and as a page each: every number a figure, readers kept apart."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "allocation"))

from allocation_cases import small

from workbench.allocation import (
    Allocation,
    AllocationInputs,
    Conflict,
    FunctionPlan,
    Project,
    allocate,
    figures,
)
from workbench.findings import CLAIM_LENGTH, Off
from workbench.report.audience import AUDIENCES, chapter_for
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_cascade import functions_exhibit, projects_exhibit, short_lines_exhibit
from workbench.report.html import render_pages
from workbench.report.pages_allocation import function_pages
from workbench.report.story import Meta, Report, check_report, new_chapter
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[..., Exhibit], ...] = (functions_exhibit, short_lines_exhibit, projects_exhibit)
HOSTILE = "<script>alert('$5m to $3m')</script>"
ROWS = (
    FunctionPlan("HR", "loans", "engineers", "one year", 12.0),
    FunctionPlan("HR", "cards", "engineers", "one year", 6.0),
)
PROJECTS = (Project("Portal", "CFO", "", 100, 40, 3, "2027-01-01", "finish"),)


def told(name: str = "HR") -> Allocation | Conflict | Off:
    """Return a plan with plans of one function, which may have any name, and a project that fits no line."""
    portfolio = small(budget=250.0, people=21.0)
    people, money = portfolio.resources
    portfolio = replace(portfolio, resources=(replace(people, function=name), money))
    plans = tuple(replace(row, function=name) for row in ROWS)
    return allocate(AllocationInputs(portfolio, function_plans=plans, projects=PROJECTS))


TOLD = told()
SILENT = allocate(AllocationInputs(small(budget=250.0, people=21.0)))
CLASH = allocate(AllocationInputs(small(rules=(("floor", "engineers in line=loans >= 90"),))))


@pytest.mark.parametrize("result", [TOLD, SILENT, CLASH], ids=["told", "silent", "conflict"])
def test_every_exhibit_is_a_claim_with_figures_that_exist(result: Allocation | Conflict) -> None:
    """One sentence of two lines at most, ids of figures with a value; a note where there is nothing to show."""
    known = {item.id: item.value for item in figures(result)}
    shown = [show(result) for show in EXHIBITS]
    assert len({exhibit.key for exhibit in shown}) == len(shown)
    for exhibit in shown:
        assert exhibit.claim.endswith(".")
        assert len(exhibit.claim) <= CLAIM_LENGTH
        assert all(known[name] is not None for name in exhibit.figure_ids())
        assert isinstance(exhibit.content, Note) == (result is CLASH or (result is SILENT and exhibit is not shown[0]))
        assert repr(exhibit)


@pytest.mark.parametrize("show", EXHIBITS)
def test_off_gives_a_note(show: Callable[..., Exhibit]) -> None:
    """With the tables that would answer; and no pages."""
    off = Off("allocation", "How to spread resources cannot be said.", ("resources",))
    assert isinstance(show(off).content, Note)
    assert function_pages(off) == ()
    assert function_pages(CLASH) == ()


def test_the_functions_table_holds_plan_and_own_plan() -> None:
    """A row a resource; what nobody said is a dash, never a zero."""
    assert isinstance(TOLD, Allocation)
    content = functions_exhibit(TOLD).content
    assert isinstance(content, Table)
    rows = {cells[0]: cells for cells in content.cells()}
    assert rows["HR"][3] == "18"
    assert rows["Finance"][3] == "–"
    assert rows["Finance"][-1] == "not heard from"


def test_the_short_line_is_its_figure() -> None:
    """Loans: 12 of what the plan gives it."""
    assert isinstance(TOLD, Allocation)
    chart = short_lines_exhibit(TOLD).content
    assert isinstance(chart, Chart)
    share = 12.0 / TOLD.settled.given["loans"]["engineers"]
    assert chart.role("value")[0] == pytest.approx(share) == figures(TOLD)["line_short/loans"].value


def test_a_page_each_to_hand_over() -> None:
    """Key, kind, question, at most five statements, a chart a moving resource and a table of every amount."""
    pages = function_pages(TOLD)
    assert [(page.key, page.kind) for page in pages] == [("function-hr", "function"), ("function-finance", "function")]
    known = {item.id: item.value for item in figures(TOLD)}
    for page in pages:
        assert 1 <= len(page.headline) <= 5
        assert page.next_steps
        assert isinstance(page.exhibits[-1].content, Table)
        assert all(known[name] is not None for name in page.figure_ids())
    assert "own plan" in pages[0].headline[0].detail
    assert "today" in pages[1].headline[0].detail


def report(result: Allocation | Conflict | Off, audience: str = "board") -> Report:
    """Return a report of one chapter with its pages, for some readers."""
    study = SimpleNamespace(name="probe", data_hash="00", settings=SimpleNamespace(name="Probe", as_of="2026-09-30"))
    chapter = new_chapter("allocation", study, result).add_pages(*function_pages(result))
    kept = chapter_for(chapter, AUDIENCES[audience])
    return Report(Meta("probe", "Probe", "2026-09-30", "2026-09-30", "0.1.0", "00"), (kept,) if kept else ())


def test_hostile_names_are_text() -> None:
    """A function's name is the client's own: escaped where it enters the page, no part of a path."""
    found = report(told(HOSTILE))
    check_report(found)
    texts = render_pages(found)
    assert len(texts) == 2
    for key, text in texts.items():
        assert "/" not in key
        assert "<script" not in text


@pytest.mark.parametrize(("audience", "count"), [("board", 2), ("line_owner", 0), ("staff", 0), ("works_council", 0)])
def test_only_the_board_gets_what_functions_would_change(audience: str, count: int) -> None:
    """A proposal belongs in front of those who decide; they hand the pages over."""
    found = report(TOLD, audience)
    assert len(found.pages()) == count


def test_functions_that_look_alike_in_a_key_get_numbers() -> None:
    """No page overwrites another."""
    portfolio = small(budget=250.0, people=21.0)
    alike = tuple(replace(item, function=name) for item, name in zip(portfolio.resources, ("A/B", "A B"), strict=True))
    pages = function_pages(allocate(AllocationInputs(replace(portfolio, resources=alike))))
    assert [page.key for page in pages] == ["function-a-b", "function-a-b-2"]


def test_a_function_that_gives_nothing_to_any_line_has_a_page_without_chart() -> None:
    """Nothing to draw is said in words."""
    portfolio = small(budget=250.0, people=21.0)
    idle = replace(portfolio.resources[1], id="idle", function="Legal")

    result = allocate(AllocationInputs(replace(portfolio, resources=(*portfolio.resources, idle))))
    page = function_pages(result)[-1]
    assert page.title == "Legal"
    assert isinstance(page.exhibits[-1].content, Note)


def test_projects_are_counted_in_the_right_number() -> None:
    """One fits no line, two fit none; and never the sentence by which the summary lists the same projects."""
    assert (
        projects_exhibit(TOLD).claim
        == "Against the plan, 1 of 1 running project fits no line and 1 ends without an owner."
    )
    two = tuple(Project(name, "CFO", "", 100, 40, 3, "2027-01-01", "stop") for name in ("Portal", "Shop"))
    several = allocate(AllocationInputs(small(budget=250.0, people=21.0), function_plans=ROWS[:0], projects=two))
    assert "2 of 2 running projects fit no line" in projects_exhibit(several).claim
