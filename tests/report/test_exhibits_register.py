"""The assumption register: ranked by what an opinion could flip, and honest about what was not tested."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "allocation"))

import report_samples as samples
from allocation_cases import small

from workbench.allocation import AllocationInputs, AnswerValue, allocate, figures
from workbench.engagement.register import STATES, read_register
from workbench.engagement.schema import TABLES
from workbench.engagement.tables import Tables
from workbench.findings import CLAIM_LENGTH, Off
from workbench.report.exhibit import Exhibit
from workbench.report.exhibits_register import MOST, register_appendix
from workbench.report.html import render_html
from workbench.report.sheets import workbook_bytes
from workbench.report.story import Report
from workbench.report.tables import Table

HOSTILE = "=HYPERLINK('x')<script>"
OFF = Off("allocation", "How to spread resources cannot be said.", ("resources",))
RESULT = allocate(AllocationInputs(small(budget=250.0, people=21.0)), draws=50)
IDS = [item.id for item in RESULT.portfolio.activities]
LINE = {item.id: item.line for item in RESULT.portfolio.activities}


def frame(table, *rows):
    """Return a table with these rows; what is missing is blank."""
    columns = list(TABLES[table].columns)
    return pd.DataFrame([{**dict.fromkeys(columns), **row} for row in rows], columns=columns)


def study_with(**tables):
    """Return an engagement with these tables."""
    return SimpleNamespace(
        settings=SimpleNamespace(currency="EUR"),
        tables=Tables({name: frame(name, *rows) for name, rows in tables.items()}),
        products=SimpleNamespace(name=lambda key: str(key).title()),
    )


def curves(*states):
    """Return rows of activities, one a state."""
    return [
        {"activity": name, "product_line": LINE[name], "y0": 1.0, "y1": 2.0, "said_by": HOSTILE, "status": state}
        for name, state in zip(IDS, states, strict=False)
    ]


def result_with(**told):
    """Return the plan with these values and flips of the activities' curves in place of its own."""
    answers = tuple(AnswerValue(name, "y1", 2.0, 1.0, 3.0, value, flips) for name, (value, flips) in told.items())
    known = tuple(AnswerValue(name, "curve", 0.0, 0.0, 0.0, value) for name, (value, _) in told.items())
    information = replace(RESULT.doubt.information, answers=answers, curves=known)
    return replace(RESULT, doubt=replace(RESULT.doubt, information=information))


def test_what_flips_stands_first_then_the_contested_then_what_is_worth_most():
    """A confirmed answer that flips a line stands before a contested one that flips none."""
    study = study_with(
        activities=curves("confirmed", "contested", "assumed"),
        memberships=[
            {"product": "car", "kind": "product_line", "parent": "motor", "share": 0.5, "status": "contested"}
        ],
    )
    first, second = IDS[0], IDS[1]
    result = result_with(**{first: (1.0, ("Cards",)), second: (9.0, ())})
    register = read_register(study, result)
    got = [(item.what, item.flips, item.value) for item in register.items]
    assert got[0] == (f"Curve of {first}", ("Cards",), 1.0)
    assert got[1] == (f"Curve of {second}", (), 9.0)
    assert got[2] == ("Share of Car in Motor", None, None)
    assert len(register.flipping) == 1
    states = [STATES.index(item.status) for item in register.items[1:]]
    assert states == sorted(states)


def test_nothing_tested_and_nothing_found_are_told_apart():
    """In words, in the claim and in the subtitle; without a plan nothing was tested at all."""
    study = study_with(
        activities=curves("confirmed", "contested"),
        closing=[{"product_line": "cards", "one_off_cost": 5.0}],
    )
    result = result_with(**{name: (0.0, ()) for name in IDS})
    (exhibit,) = register_appendix(study, result)
    table = exhibit.content
    assert isinstance(table, Table)
    names = [column.name for column in table.columns]
    said = {row[names.index("what")]: row[names.index("flips")] for row in table.rows}
    assert said[f"Curve of {IDS[1]}"] == "nothing we tested"
    assert said["1 more in closing"] == "not tested"
    assert exhibit.claim == "None of 2 opinions tested could flip a line’s decision alone; 1 is contested."
    assert "1 not tested" in table.subtitle
    known = {item.id: item.value for item in figures(result)}
    assert all(known[name] is not None for name in exhibit.figure_ids())
    (off,) = register_appendix(study, OFF)
    assert off.claim == "3 opinions, none of them tested; 1 is contested."
    assert {row[[column.name for column in off.content.columns].index("flips")] for row in off.content.rows} == {
        "not tested"
    }


def test_a_curve_that_was_measured_is_no_opinion():
    """Fitted curves say nothing that a person said; points of a curve do."""
    bare = [{"activity": IDS[0], "product_line": "loans"}, {"activity": IDS[1], "product_line": "cards"}]
    points = [{"activity": IDS[1], "level": level, "outcome": level} for level in (0.0, 1.0, 2.0)]
    register = read_register(study_with(activities=bare, curve_points=points), OFF)
    assert [(item.what, item.says) for item in register.items] == [(f"Curve of {IDS[1]}", "3 points of its curve")]
    assert register_appendix(study_with(), OFF) == ()


def test_who_when_and_where_stand_beside_it():
    """Weights say by whom they were agreed; hostile names are shown as typed."""
    study = study_with(
        activities=curves("assumed"),
        objectives=[{"objective": "margin", "weight": 1.0, "agreed_on": dt.date(2026, 9, 1), "agreed_by": "Board"}],
    )
    items = {item.what: item for item in read_register(study, OFF).items}
    weight = items["Weight of margin"]
    assert (weight.said_by, weight.said_on, weight.status) == ("Board", "2026-09-01", "confirmed")
    assert "row 2" in weight.place
    assert "weight" in weight.place
    assert items[f"Curve of {IDS[0]}"].said_by == HOSTILE


@pytest.mark.parametrize("count", [5, 300])
def test_no_opinion_is_dropped_from_a_long_list(count):
    """What is not listed one by one is counted by table."""
    rows = [
        {"product": f"p{place}", "kind": "product_line", "parent": "motor", "share": 1.0, "status": state}
        for place, state in enumerate(["assumed", "confirmed"] * count)
    ]
    (exhibit,) = register_appendix(study_with(memberships=rows), OFF)
    assert len(exhibit.claim) <= CLAIM_LENGTH
    counted = [row[0] for row in exhibit.content.rows if " more in " in row[0]]
    assert len(exhibit.content) <= MOST + 2
    assert len(exhibit.content) - len(counted) + sum(int(words.split()[0]) for words in counted) == 2 * count


def test_the_workbook_lists_every_opinion_and_none_becomes_a_formula():
    """Ranked as on the page, with the same heads, after a journey through the chapter's file; text stays text."""
    rows = [
        {"product": f"p{place}", "kind": "product_line", "parent": "motor", "share": 1.0, "said_by": HOSTILE}
        for place in range(MOST + 40)
    ]
    study = study_with(memberships=rows, activities=curves("contested"))
    (made,) = register_appendix(study, OFF)
    exhibit = Exhibit.from_dict(json.loads(json.dumps(made.to_dict())))
    assert exhibit == made
    chapter = samples.chapter().add(exhibit)
    report = Report(samples.META, (chapter,))
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(report)))
    (name,) = [name for name in book.sheetnames if name.endswith("allocation-assumptions")]
    cells = [row for row in book[name].iter_rows(min_row=5) if row[1].value]
    assert [row[0].value for row in cells] == [item.what for item in read_register(study, OFF).items]
    assert len(cells) == MOST + 41
    assert {row[2].value for row in cells} == {HOSTILE}
    assert {cell.data_type for row in cells for cell in row} <= {"s", "n"}
    assert not any(cell.hyperlink for row in cells for cell in row)
    assert "p69" not in render_html(report)
    (short,) = register_appendix(study_with(activities=curves("contested")), OFF)
    assert short.whole is None
    assert "whole" not in short.to_dict()
