"""The data request: each table with its reason, who brings it and by when; and what can be answered of what came."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest

from workbench.engagement.mailing import height_of, safe_text
from workbench.engagement.queries import find_queries
from workbench.engagement.request import (
    FUNCTIONS,
    OURS,
    DataRequest,
    describe_progress,
    function_of,
    read_request,
)
from workbench.engagement.request_book import request_bytes
from workbench.engagement.schema import SHEET_TABLES, TABLES

TODAY = dt.date(2026, 10, 1)


def asked(client: Any, **more: Any) -> DataRequest:
    """Return what the small client is asked for."""
    return read_request(client.folder, client.root, **more)


def sheets_of(request: DataRequest) -> Any:
    """Return the workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(request_bytes(request)))


def test_every_table_is_somebodys() -> None:
    """A function of the client's has it, or it is ours."""
    ours = {name for name in (*TABLES, *SHEET_TABLES) if function_of(name) == OURS}
    assert set(FUNCTIONS) <= {*TABLES, *SHEET_TABLES}
    made = {"aliases", "requests", "answers", "commentary", "engagement", "scenarios", "fact_tables"}
    assert ours == {"interviews", "evidence", *made}


def test_what_has_arrived_and_which_question_it_answers(client: Any) -> None:
    """Without survey, metrics and resources no question is answered, and each says what it lacks."""
    request = asked(client)
    item = request.item("products")
    assert item is not None
    assert (item.rows, item.file, item.function) == (2, "products.csv", "Product")
    told = describe_progress(request, TODAY)
    assert told[0].startswith("3 of ")
    readiness = next(place for place, line in enumerate(told) if line.startswith("Readiness"))
    assert told[readiness].endswith("Not yet.")
    assert "survey (HR)" in told[readiness + 1]
    assert "metrics (Data), facts (Data)" in told[next(n for n, line in enumerate(told) if line.startswith("Out")) + 1]
    allocation = next(place for place, line in enumerate(told) if line.startswith("Allocation"))
    assert "resources (Finance), activities (Product)" in told[allocation + 1]


def test_a_question_whose_tables_are_there_can_be_answered(client: Any) -> None:
    """Allocation with its five tables; what would make it better is named."""
    from tests.engagement.test_tie_out import PLAN

    request = asked(client.write(PLAN))
    allocation = next(one for one in request.questions if one.pillar == "allocation")
    assert allocation.is_answerable
    assert "rules" in allocation.better
    assert allocation.missing == ()


def test_faults_hold_up_what_would_be_there(client: Any) -> None:
    """The folder is read as far as it goes: which tables are there, and that a fault stops a run."""
    from tests.engagement.test_tie_out import PLAN

    request = asked(client.write({**PLAN, "recipes.csv": "activity,resource,amount\ndev,nobody,1\n"}))
    allocation = next(one for one in request.questions if one.pillar == "allocation")
    assert not allocation.is_answerable
    assert (allocation.missing, allocation.faults) == ((), len(request.faults))
    assert "any fault stops a run: workbench check tiny" in "\n".join(describe_progress(request, TODAY))


def test_who_brings_what_and_by_when_stands_in_requests(client: Any) -> None:
    """The table overrules the usual function and the day of the command; what is late is named."""
    client.write({"requests.csv": "table,function,owner,due\nsurvey,Works council,A. Berg,2026-09-25\n"})
    request = asked(client, due=dt.date(2026, 10, 9))
    survey, population = request.item("survey"), request.item("population")
    assert survey is not None
    assert population is not None
    assert (survey.function, survey.owner, survey.due) == ("Works council", "A. Berg", dt.date(2026, 9, 25))
    assert (population.function, population.due) == ("HR", dt.date(2026, 10, 9))
    assert "  late: survey (A. Berg, due 2026-09-25)" in describe_progress(request, TODAY)


def test_facts_that_the_catalogue_names_are_asked_for(client: Any) -> None:
    """With the columns it knows of; a file that came is counted."""
    from tests.engagement.test_tie_out import METRICS

    missing = asked(client.write({"metrics.yaml": METRICS})).item("facts/sales")
    assert missing is not None
    assert missing.rows is None
    assert [column.name for column in missing.columns] == ["day", "product", "…"]
    came = asked(client.write({"facts/sales.csv": "day,product,amount\n2026-08-01,car,5\n"})).item("facts/sales")
    assert came is not None
    assert came.rows == 1


def test_the_request_the_questions_and_the_status_miss_the_same(client: Any) -> None:
    """One list of what is needed and has not arrived, with facts; what lies in a database is not asked for."""
    from tests.engagement.test_tie_out import METRICS

    request = asked(client.write({"metrics.yaml": METRICS}))
    names = [item.table for item in request.missing]
    assert {"survey", "facts/sales", "resources"} <= set(names)
    queries = find_queries(client.folder, client.root).queries
    assert sorted(q.target.key["table"] for q in queries if q.kind == "missing") == sorted(names)
    sales = next(q for q in queries if q.target.key.get("table") == "facts/sales")
    assert (sales.to, sales.blocks[:8]) == ("Data", "Outcomes")
    assert f"{len(names)} that are needed have not" in describe_progress(request, TODAY)[0]
    book = sheets_of(request)
    rows = [[cell.value for cell in row] for name in book.sheetnames for row in book[name].iter_rows(min_row=5)]
    assert {row[0] for row in rows if row[3] == "needed" and row[7] == "not here yet"} == set(names)
    inside = METRICS.replace("{key:", "{database: crm, relation: s.sales, key:", 1)
    held = asked(client.write({"metrics.yaml": inside})).item("facts/sales")
    assert held is not None
    assert (held.file, held.is_missing) == ("the database", False)


def test_what_is_ours_to_write_is_asked_of_nobody(client: Any) -> None:
    """What the columns of facts are is for the consultant to say: no sheet and no question goes to the client."""
    request = asked(client)
    assert request.item("fact_tables").is_missing
    assert OURS not in request.functions
    book = sheets_of(request)
    assert "fact_tables" not in {row[0].value for name in book.sheetnames for row in book[name].iter_rows()}
    asked_for = [q.target.key["table"] for q in find_queries(client.folder, client.root).queries if q.kind == "missing"]
    assert "fact_tables" not in asked_for
    assert "survey" in asked_for


def test_the_workbook_has_a_sheet_for_each_function(client: Any) -> None:
    """What, why, by when and whereto; samples of what has not come; frozen header, one page wide."""
    request = asked(client, due=dt.date(2026, 10, 9))
    book = sheets_of(request)
    assert book.sheetnames == list(request.functions)
    sheet = book["Finance"]
    assert [cell.value for cell in sheet[4]][:3] == ["Table", "What one row is", "Why we ask"]
    rows = {row[0].value: row for row in reversed(list(sheet.iter_rows(min_row=5)))}
    assert rows["resources"][4].value == dt.datetime(2026, 10, 9)
    assert rows["resources"][6].value == "resources.csv, or sheet resources of engagement.xlsx"
    assert rows["resources"][7].value == "not here yet"
    samples = [(row[1].value, row[5].value) for row in sheet.iter_rows(min_row=5) if row[5].value]
    assert ("capacity", "62") in samples
    assert (sheet.freeze_panes, sheet.sheet_properties.pageSetUpPr.fitToPage) == ("B5", True)
    assert [row[0].value for row in book["Product"].iter_rows(min_row=5) if row[7].value and "arrived" in row[7].value]


def test_what_a_client_wrote_is_never_a_formula(client: Any) -> None:
    """Nor an address of a person, nor a name that Excel refuses for a sheet."""
    client.write({"requests.csv": 'table,function,owner,note\nsurvey,"=HYPERLINK(1)/[x]",anna@tiny.example,=1+1\n'})
    book = sheets_of(asked(client))
    sheet = next(held for held in book if "HYPERLINK" in held.title)
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]
    assert all(cell.data_type != "f" for cell in cells)
    assert not any("anna@" in str(cell.value) for cell in cells)
    assert any(str(cell.value).endswith("=1+1") for cell in cells)


@pytest.mark.parametrize(
    ("text", "width", "lines"), [("a", 10, 1), ("one two three", 6, 3), ("x" * 40, 10, 5), ("a\nb", 10, 2)]
)
def test_rows_are_as_high_as_their_words(text: str, width: float, lines: int) -> None:
    """Fifteen points a line."""
    assert height_of([text], [width]) == 15 * lines + 3


def test_texts_are_cut_and_cleaned() -> None:
    """What no workbook can hold is marked."""
    assert safe_text("a\x00b") == "a\ufffdb"
    assert len(safe_text("x" * 9_000)) == 4_001
