"""Money by project as money by line: parts that add up, what fits no line apart, hostile words shown as typed."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pandas as pd
import pytest

from workbench.engagement.tables import Tables
from workbench.findings import CLAIM_LENGTH
from workbench.products import build_product_map
from workbench.report.chart import Chart
from workbench.report.exhibits_projects import MOST_BARS, MOST_PARTS, NONE, SEVERAL, project_appendix
from workbench.report.portfolio import running_projects
from workbench.report.summary import Summary
from workbench.report.tables import Table

HOSTILE = "<script>alert('$5m to $3m')</script>"
COLUMNS = ("project", "sponsor", "product_line", "budget", "spent", "people", "ends", "disposition")


def study_with(projects, shares=(), lines=("motor", "home")):
    """Return an engagement of these lines and projects; what is missing is blank."""
    frame = pd.DataFrame([{**dict.fromkeys(COLUMNS), **row} for row in projects], columns=COLUMNS)
    tables = {"projects": frame.astype({"budget": float, "spent": float, "people": float})}
    if shares:
        tables["project_lines"] = pd.DataFrame(shares, columns=["project", "product_line", "share"])
    products = pd.DataFrame({"product": [f"p-{line}" for line in lines], "name": list(lines)})
    parents = pd.DataFrame(
        {"product": products["product"], "kind": "product_line", "parent": list(lines), "share": 1.0}
    )
    register = pd.DataFrame({"product_line": list(lines), "name": [line.title() for line in lines]})
    register["product_manager"] = ["Ann", *[None] * (len(lines) - 1)]
    return SimpleNamespace(
        settings=SimpleNamespace(as_of=dt.date(2026, 9, 30), currency="EUR"),
        lines=tuple(lines),
        products=build_product_map(products, parents, register),
        tables=Tables(tables),
    )


def summary_with(closing=()):
    """Return a summary that proposes to close these lines."""
    lines = tuple(SimpleNamespace(line=line, is_closing=True, change=-1.0) for line in closing)
    return Summary("Tiny", "EUR", (), lines, (), (), (), (), ())


ROWS = (
    {"project": "Portal", "product_line": "motor", "budget": 600.0, "spent": 200.0, "people": 4.0},
    {"project": HOSTILE, "budget": 300.0, "people": 2.0, "ends": dt.date(2027, 1, 31), "disposition": "finish"},
    {"project": "Shared", "budget": 100.0, "people": 1.0},
    {"project": "Torn", "budget": 50.0},
    {"project": "Gone", "product_line": "home", "budget": 999.0, "ends": dt.date(2026, 1, 31)},
)
SHARES = (("Shared", "motor", 0.25), ("Shared", "home", 0.75), ("Torn", "motor", None), ("Torn", "home", None))


def test_bars_add_up_and_what_fits_no_line_is_a_bar_of_its_own():
    """Shares split a project; one without shares stands apart; what ended is left out and counted."""
    picture, listed = project_appendix(study_with(ROWS, SHARES), summary_with(["home"]))
    chart = picture.content
    assert isinstance(chart, Chart)
    assert list(zip(*(chart.role(role) for role in ("label", "part", "value", "open")), strict=True)) == [
        ("Motor", "Portal", 600.0, ""),
        ("Motor", "Shared", 25.0, "feeds a line proposed to close"),
        ("Home", "Shared", 75.0, "feeds a line proposed to close"),
        (SEVERAL, "Torn", 50.0, "feeds a line proposed to close"),
        (NONE, HOSTILE, 300.0, "fits no line and ends without an owner"),
    ]
    assert "1 had ended and is left out" in chart.subtitle
    assert chart.claim.startswith("4 running projects take ")
    assert "(29 %) fits no line" in chart.claim
    assert len(chart.claim) <= CLAIM_LENGTH
    assert isinstance(listed.content, Table)
    named = {row[1] for at, row in enumerate(listed.content.rows) if at not in listed.content.totals}
    assert named == {"Shared", "Torn", HOSTILE}, "on the page what is open, in the workbook all"
    table = listed.sheet()
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows]
    sums = [rows[place]["budget"] for place in table.totals]
    assert sum(sums[:-1]) == pytest.approx(sums[-1]) == pytest.approx(1050.0)
    assert sum(row["budget"] for place, row in enumerate(rows) if place not in table.totals) == pytest.approx(1050.0)
    why = {(row["line"], row["project"]): row["why"] for row in rows}
    assert why[NONE, HOSTILE] == "fits no line and ends without an owner"
    assert why["Home", "Shared"] == "feeds a line proposed to close"
    assert why["Home", "1 project"] == "line proposed to close"
    assert why["Motor", "2 projects together"] == ""
    assert why[SEVERAL, "Torn"].startswith("for Motor and Home")


def test_the_list_says_another_sentence_than_the_chapter_on_allocation():
    """Both find the same projects, in words of their own; a report with one claim twice stops."""
    rows = [{"project": f"p{place}", "product_line": "", "budget": 10.0} for place in range(3)]
    _, listed = project_appendix(study_with(rows), summary_with())
    assert listed.claim == "Of 3 running projects 3 fit no line."
    _, listed = project_appendix(study_with(rows[:1]), summary_with())
    assert listed.claim == "Of 1 running project 1 fits no line."


def test_where_nothing_is_open_nothing_is_announced():
    """No list of what is open is promised, and no line is said to stay where nobody planned."""
    rows = [{"project": "Portal", "product_line": "motor", "budget": 10.0}]
    _, listed = project_appendix(study_with(rows), summary_with())
    assert listed.claim == "Of 1 running project, each serves a line and has an owner when it ends."
    assert "something is open" not in listed.content.subtitle
    _, listed = project_appendix(study_with(rows), summary_with(["home"]))
    assert "serves a line that stays" in listed.claim


def test_a_project_of_several_lines_is_counted_once():
    """The portfolio lists it under each of its lines with its part of the budget, and never under none."""
    held = running_projects(study_with(ROWS, SHARES))
    assert {line: sorted(row["project"] for row in rows) for line, rows in held.items()} == {
        "motor": ["Portal", "Shared", "Torn"],
        "home": ["Shared", "Torn"],
        "": [HOSTILE],
    }
    assert [row["budget"] for row in held["home"]] == [75.0, None]


def test_a_long_list_names_the_largest_and_adds_up():
    """150 projects of 30 lines: a bar for the small lines together, of each line's parts the largest, sums over all."""
    lines = [f"l{place:02}" for place in range(30)]
    many = [
        {"project": f"p{place:03}", "product_line": lines[place % 29], "budget": 1000.0 + place} for place in range(150)
    ]
    picture, listed = project_appendix(study_with(many, lines=lines), summary_with())
    assert len(set(picture.content.role("label"))) == MOST_BARS + 1
    assert len(picture.content) <= (MOST_BARS + 1) * (MOST_PARTS + 1)
    assert "1 line has no project" in picture.content.subtitle
    total = sum(row["budget"] for row in many)
    assert sum(picture.content.role("value")) == pytest.approx(total)
    table = listed.sheet()
    place = [column.name for column in table.columns].index("budget")
    loose = [row[place] for at, row in enumerate(table.rows) if at not in table.totals]
    assert len(loose) == 150
    assert sum(loose) == pytest.approx(total)
    assert len(listed.content) == 30, "a sum a line"
    lost = [{**row, "product_line": None} for row in many]
    _, open_ones = project_appendix(study_with(lost, lines=lines), summary_with())
    assert [row[1] for row in open_ones.content.rows][1:] == ["p149", "p148", "p147", "147 more", "150 projects"]


def test_without_amounts_there_is_no_picture_and_without_projects_nothing():
    """The list stands alone; a client who sent no projects gets no page."""
    (listed,) = project_appendix(study_with([{"project": "Portal", "product_line": "motor"}]), summary_with())
    assert listed.key == "summary-projects-to-lines"
    assert listed.claim.startswith("Of 1 running project, each serves")
    assert project_appendix(study_with([]), summary_with()) == ()
    bare = SimpleNamespace(**{**vars(study_with([])), "tables": Tables({})})
    assert project_appendix(bare, summary_with()) == ()
