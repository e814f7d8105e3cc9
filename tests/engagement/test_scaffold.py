"""A new folder explains itself, and loads once the needed sheets are filled."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from workbench.engagement.load import load_engagement
from workbench.engagement.scaffold import describe_settings, describe_tables, new_engagement
from workbench.engagement.schema import SHEET_TABLES, TABLES
from workbench.errors import ClientDataError, UsageError
from workbench.findings import Off

if TYPE_CHECKING:
    from conftest import Client

MADE = "brand-new"


@pytest.fixture
def fresh(client: Client) -> Path:
    """Return the folder that `workbench new` makes."""
    return new_engagement(MADE, root=client.root)


def fill(folder: Path, rows: dict[str, list[dict[str, Any]]], settings: dict[str, Any]) -> None:
    """Type rows below the examples, as a client would."""
    path = folder / "engagement.xlsx"
    book = openpyxl.load_workbook(path)
    for row in book["engagement"].iter_rows(min_row=2):
        if row[0].value in settings:
            row[1].value = settings[row[0].value]
    for name, records in rows.items():
        sheet = book[name]
        header = [cell.value for cell in sheet[1]]
        for number, record in enumerate(records, start=3):
            for column, value in record.items():
                sheet.cell(number, header.index(column) + 1, value)
    book.save(path)


SETTINGS = {"name": "Brand New Ltd", "as_of": "2026-09-30"}
REQUIRED: dict[str, list[dict[str, Any]]] = {
    "products": [{"product": "car", "name": "Car"}, {"product": "van", "name": "Van"}],
    "lines": [{"product_line": "motor", "name": "Motor"}, {"product_line": "fleet", "name": "Fleet"}],
    "memberships": [
        {"product": "car", "kind": "product_line", "parent": "motor", "share": 1},
        {"product": "van", "kind": "product_line", "parent": "fleet"},
    ],
    "waves": [{"wave": "2026-09", "date": dt.date(2026, 9, 12)}],
    "survey": [
        {"respondent": f"p{n}", "wave": "2026-09", "role": "builder", "product_line": "motor", "d01_4": 3, "d02_1": "4"}
        for n in range(6)
    ],
    "fact_tables": [
        {"table": "tickets", "key_columns": "id", "kind": "event", "time_column": "raised", "product_column": "product"}
    ],
    "metrics": [
        {
            "metric": "calls",
            "label": "Calls",
            "type": "count",
            "unit": "count",
            "direction": "down",
            "from_table": "tickets",
            "agg": "count",
        }
    ],
    "resources": [{"resource": "eng", "function": "HR", "unit": "people", "capacity": 60}],
    "activities": [
        {
            "activity": "m",
            "product_line": "motor",
            "use": "develop",
            "unit": "teams",
            "current": 4,
            "maximum": 8,
            "y0": 1,
            "y1": 4,
            "y15": 5,
            "ymax": 7,
        }
    ],
    "recipes": [{"activity": "m", "resource": "eng", "amount": 6}],
    "objectives": [{"objective": "margin", "weight": 1}],
    "worths": [{"objective": "margin", "activity": "m", "value": 180}],
}


def test_a_fresh_folder_says_what_is_missing_and_nothing_else(client: Client, fresh: Path) -> None:
    """The examples are no faults."""
    assert sorted(path.name for path in fresh.iterdir()) == ["README.txt", "engagement.xlsx", "facts"]
    with pytest.raises(ClientDataError) as caught:
        load_engagement(MADE, root=client.root)
    assert [(fault.sheet, fault.cell) for fault in caught.value.faults] == [("engagement", "B2"), ("engagement", "B3")]


def test_with_name_and_date_alone_every_question_is_off(client: Client, fresh: Path) -> None:
    """The report then says which tables would answer."""
    fill(fresh, {}, SETTINGS)
    study = load_engagement(MADE, root=client.root)
    assert {off.pillar for off in study.missing} == {"readiness", "outcomes", "allocation"}
    assert all(off.tables for off in study.missing)


def test_the_needed_sheets_are_enough(client: Client, fresh: Path) -> None:
    """Only what is called needed is filled, and all three questions are answered."""
    needed = {spec.name for spec in (*TABLES.values(), *SHEET_TABLES.values()) if spec.need == "required"}
    assert {"engagement", *REQUIRED} == needed
    fill(fresh, REQUIRED, SETTINGS)
    (fresh / "facts" / "tickets.csv").write_text("id,raised,product\n1,2026-09-01,car\n2,2026-08-01,van\n")
    study = load_engagement(MADE, root=client.root)
    assert not any(isinstance(part, Off) for part in (study.readiness, study.outcomes, study.allocation))
    assert study.missing == ()
    assert study.tables["survey"].loc[0, ["d01_4", "d02_1"]].tolist() == ["3", "4"]


def test_every_table_has_its_sheet_with_a_comment_on_every_header(fresh: Path) -> None:
    """Made from the schema, so nothing is forgotten."""
    book = openpyxl.load_workbook(fresh / "engagement.xlsx")
    assert set(book.sheetnames) == {"README", *TABLES, *SHEET_TABLES}
    assert book.sheetnames[0] == "README"
    for spec in (*TABLES.values(), *SHEET_TABLES.values()):
        if spec.name == "engagement":
            continue
        sheet = book[spec.name]
        header = [cell.value for cell in sheet[1]]
        assert header[: len(spec.columns)] == list(spec.columns), spec.name
        for cell, info in zip(sheet[1], spec.columns.values(), strict=False):
            assert info.description in cell.comment.text, (spec.name, cell.value)
        assert str(sheet["A2"].value).startswith("example") or any(
            str(cell.value).startswith("example") for cell in sheet[2]
        ), spec.name
        assert sheet.freeze_panes


def test_the_survey_has_a_column_for_every_item_with_its_statement(client: Client, fresh: Path) -> None:
    """Also the drop-down of its answers."""
    from workbench.engagement.inputs_readiness import read_instrument
    from workbench.engagement.load import Tables

    instrument = read_instrument(Tables({}, root=client.root))
    sheet = openpyxl.load_workbook(fresh / "engagement.xlsx")["survey"]
    comments = {cell.value: cell.comment.text for cell in sheet[1]}
    for item in instrument.items:
        assert item.statement in comments[item.id]
        assert all(text in comments[item.id] for _, text in item.anchors)


def test_choices_and_references_are_drop_downs(fresh: Path) -> None:
    """Words for a choice, the keys of the other sheet for a reference."""
    sheet = openpyxl.load_workbook(fresh / "engagement.xlsx")["memberships"]
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules["B2:B5001"] == '"product_line,value_stream,customer_experience"'
    assert rules["A2:A5001"] == "products!$A$2:$A$5000"


def test_the_first_sheet_says_what_is_needed_for_which_question(fresh: Path) -> None:
    """Each table under its question, with its need; and the command to check."""
    sheet = openpyxl.load_workbook(fresh / "engagement.xlsx")["README"]
    rows = [[cell.value for cell in row[1:4]] for row in sheet.iter_rows()]
    needs = {row[0]: row[1] for row in rows}
    for spec in (*TABLES.values(), *SHEET_TABLES.values()):
        assert needs[spec.name].startswith("needed") == (spec.need == "required")
    assert any("workbench check brand-new" in str(row[1]) for row in rows)


def test_no_cell_of_the_workbook_is_a_formula(fresh: Path) -> None:
    """Text is text."""
    book = openpyxl.load_workbook(fresh / "engagement.xlsx")
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_a_folder_that_is_there_is_never_touched(client: Client) -> None:
    """Not even an empty one."""
    before = sorted(client.folder.iterdir())
    with pytest.raises(UsageError, match="exists already"):
        new_engagement("tiny", root=client.root)
    assert sorted(client.folder.iterdir()) == before


@pytest.mark.parametrize("name", ["../x", "X", "aux", "a b", ""])
def test_a_name_that_is_none_makes_nothing(client: Client, name: str) -> None:
    """Nothing outside the clients' folder is ever written."""
    before = sorted(client.root.rglob("*"))
    with pytest.raises(UsageError):
        new_engagement(name, root=client.root)
    assert sorted(client.root.rglob("*")) == before


def test_the_page_for_clients_is_what_the_schema_says() -> None:
    """Renew docs/client-files.md when a table or a setting changes."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "client-files.md").read_text(encoding="utf-8")
    assert describe_settings() in page
    assert describe_tables() in page
