"""A folder becomes an engagement, or every fault at once."""

from __future__ import annotations

import copy
import datetime as dt
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engagement.load import Tables, load_engagement
from workbench.errors import ClientDataError, UsageError
from workbench.findings import Off

if TYPE_CHECKING:
    from conftest import Client


def test_a_small_folder_loads(client: Client) -> None:
    """Tables have all columns of the schema, with blanks as None and NaN."""
    study = client.load()
    assert study.name == "tiny"
    assert study.settings.name == "Tiny Insurance"
    assert study.lines == ("motor", "fleet")
    assert study.products.ids == ("car", "van")
    members = study.tables["memberships"]
    assert list(members["share"]) == [1.0, 0.5]
    assert list(members["valid_from"]) == [None, None]
    assert members["share"].dtype == float
    assert list(study.tables["lines"]["product_manager"]) == ["A. Keller", None]
    assert "survey" not in study.tables
    assert {off.pillar for off in study.missing} == {"readiness", "outcomes", "allocation"}
    assert all(isinstance(part, Off) for part in (study.readiness, study.outcomes, study.allocation))
    assert "2 products, 2 product lines" in repr(study)


def test_cells_can_be_found_again(client: Client) -> None:
    """A pillar can say where a value stands."""
    tables = client.load().tables
    assert tables.where("memberships", 1, "share") == ("memberships.csv", "", "row 3, column share")
    assert tables.fault("products", 0, "name", "f", "a", "r").cell == "row 2, column name"
    assert tables.document_fault("engagement", ("as_of",), "f", "a", "r").cell == "line 2, as_of"


def test_tables_can_be_made_of_frames() -> None:
    """Tests and notebooks may bring frames of their own."""
    import pandas as pd

    tables = Tables({"products": pd.DataFrame({"product": ["car"]})})
    assert list(tables) == ["products"]
    assert tables.where("products", 0, "product") == ("products", "", "row 2, column product")


def test_every_fault_is_reported_at_once_in_the_order_of_the_files(client: Client) -> None:
    """Settings, then tables as they are read, each from the top; one wrong cell hides no other."""
    client.write(
        {
            "engagement.yaml": "name: Tiny\nas_of: 30.09.2026\nminimum_group: 3\nlanguge: en\n",
            "products.csv": "product,name,stage\ncar,,sustain\nvan,Van,growing\nvan,Van 2,grow\n",
            "memberships.csv": "product,kind,parent,share\ncar,product_line,motr,1.5\nvam,product_line,fleet,x\n",
            "notes.docx": "x",
        }
    )
    got = [(fault.file, fault.cell) for fault in client.faults()]
    assert got == [
        ("engagement.yaml", "line 2, as_of"),
        ("engagement.yaml", "line 3, minimum_group"),
        ("engagement.yaml", "line 4, languge"),
        ("products.csv", "row 2, column name"),
        ("products.csv", "row 3, column stage"),
        ("products.csv", "row 4, column product"),
        ("memberships.csv", "row 2, column share"),
        ("memberships.csv", "row 2, column parent"),
        ("memberships.csv", "row 3, column share"),
        ("memberships.csv", "row 3, column product"),
        ("notes.docx", ""),
    ]


def test_a_fault_says_where_what_and_what_to_do(client: Client) -> None:
    """The message is the one of the style guide."""
    client.write({"products.csv": "product,name,stage\ncar,Car,sustian\nvan,Van,\n"})
    assert str(client.only_fault()) == (
        "products.csv, row 2, column stage: 'sustian' is not allowed in stage\n"
        "Allowed: explore, grow, sustain or retire. Did you mean 'sustain'?"
    )


def test_faults_survive_pickling(client: Client) -> None:
    """They travel from worker processes."""
    client.write({"engagement.yaml": None})
    with pytest.raises(ClientDataError) as caught:
        client.load()
    assert copy.copy(caught.value).faults == caught.value.faults  # copies as pickling does


def test_missing_settings_say_what_to_write(client: Client) -> None:
    """Neither YAML nor sheet."""
    client.write({"engagement.yaml": None})
    assert "name: Harbour Mutual and as_of" in client.only_fault().remedy


@pytest.mark.parametrize("size", [2, 3, 4])
def test_small_minimum_groups_are_refused(client: Client, size: int) -> None:
    """Between openly named and anonymous there is nothing honest."""
    client.write({"engagement.yaml": f"name: T\nas_of: 2026-09-30\nminimum_group: {size}\n"})
    fault = client.only_fault()
    assert fault.cell == "line 3, minimum_group"
    assert "5 or more, or 1" in fault.allowed


@pytest.mark.parametrize("size", [1, 5, 12])
def test_honest_minimum_groups_are_taken(client: Client, size: int) -> None:
    """1 is for an openly named assessment."""
    client.write({"engagement.yaml": f"name: T\nas_of: 2026-09-30\nminimum_group: {size}\n"})
    assert client.load().settings.minimum_group == size


@pytest.mark.parametrize(
    ("yaml", "cell", "found"),
    [
        pytest.param("name: T\nname: U\nas_of: 2026-09-30\n", "line 2", "stands twice", id="key twice"),
        pytest.param("name: [T\n", "line 2", "not YAML", id="no YAML"),
        pytest.param("- a\n- b\n", "line 1", "key: value", id="a list"),
        pytest.param("a: &x 1\nb: *x\n", "line 1", "an anchor", id="anchors"),
        pytest.param("", "", "the file is empty", id="empty"),
        pytest.param(b"name: M\xfcller\nas_of: 2026-09-30\n", "line 1", "not UTF-8", id="encoding"),
        pytest.param("name: !!python/object/apply:os.system [ls]\n", "", "not YAML that we read", id="code"),
        pytest.param("name: T\nas_of: 20260930\n", "line 2, as_of", "is not a date", id="day number"),
        pytest.param("name: T\nas_of: 2026-09-30\nminimum_group: true\n", "line 3, minimum_group", "true", id="yes"),
        pytest.param("name: T\nas_of: 2026-09-30\ncurrency: euro\n", "line 3, currency", "'euro'", id="currency"),
        pytest.param(
            "name: T\nas_of: 2026-09-30\nsources:\n  servey: {decimal: '.'}\n",
            "line 4, sources.servey",
            "no table",
            id="table",
        ),
        pytest.param(
            "name: T\nas_of: 2026-09-30\ndatabases:\n  dwh: {address: 'postgresql://u:pw@h/db'}\n",
            "line 4, databases.dwh.address",
            "no env:NAME",
            id="a password in the file",
        ),
    ],
)
def test_settings_that_cannot_be_read_are_faults_with_their_line(
    client: Client, yaml: str | bytes, cell: str, found: str
) -> None:
    """YAML is read safely: plain values only."""
    client.write({"engagement.yaml": yaml})
    faults = [fault for fault in client.faults() if fault.file == "engagement.yaml"]
    assert any(fault.cell.startswith(cell) and found in fault.found for fault in faults), faults


def test_an_anchor_bomb_does_not_unfold(client: Client) -> None:
    """Nine lines would become a thousand million items."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    client.write({"engagement.yaml": "\n".join(lines)})
    assert any("anchor" in fault.found for fault in client.faults())


# -- names and places --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../tiny",
        "tiny/../tiny",
        "/etc",
        "..",
        ".",
        "",
        "Tiny",
        "ti ny",
        "tiny\n",
        "con",
        "lpt1",
        "a" * 64,
        "-x",
        "tiny\x00",
    ],
)
def test_names_that_are_none_never_reach_the_file_system(client: Client, name: str) -> None:
    """Only small letters, digits and hyphens."""
    with pytest.raises(UsageError, match="cannot name an engagement"):
        load_engagement(name, root=client.root)


def test_an_unknown_name_offers_the_nearest(client: Client) -> None:
    """A typing error is named."""
    with pytest.raises(UsageError, match="Did you mean 'tiny'"):
        load_engagement("tinny", root=client.root)


def test_a_linked_folder_is_refused(client: Client, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither to the outside nor to another client."""
    outside = tmp_path_factory.mktemp("outside")
    (client.folder.parent / "linked").symlink_to(outside)
    (client.folder.parent / "other").symlink_to(client.folder)
    for name in ("linked", "other"):
        with pytest.raises(UsageError, match="is a link"):
            load_engagement(name, root=client.root)


def test_a_linked_file_is_refused(client: Client, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A table that lies elsewhere may be another client's."""
    outside = tmp_path_factory.mktemp("outside") / "survey.csv"
    outside.write_text("respondent,wave,role\n")
    (client.folder / "survey.csv").symlink_to(outside)
    assert "a link to a place outside" in client.only_fault().found


def test_clients_may_lie_elsewhere(client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """WORKBENCH_CLIENTS points to a client's own share; a Path to any folder."""
    moved = client.folder.rename(tmp_path / "tiny")
    assert load_engagement(moved, root=client.root).name == "tiny"
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(tmp_path))
    assert load_engagement("tiny", root=client.root).name == "tiny"


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found", "remedy"),
    [
        pytest.param("prodcts.csv", "an unknown file", "Did you mean 'products'", id="typing error"),
        pytest.param("survey.xlsx", "an unknown file", "engagement.xlsx", id="another workbook"),
        pytest.param("engagement.yml", "an unknown file", "Rename it to engagement.yaml", id="yml"),
        pytest.param("facts/x.txt", "an unknown file", "Move it away", id="text in facts"),
        pytest.param("25_churn.ipynb", "outside notebooks/", "Move it to notebooks/25_churn.ipynb", id="above"),
        pytest.param("fact/x.csv", "an unknown folder", "Did you mean 'facts'?", id="folder"),
        pytest.param("notebooks/mine.ipynb", "without a number", "Rename it", id="notebook"),
        pytest.param("facts/tickets.csv", "no table of the catalogue is called 'tickets'", "Describe it", id="facts"),
        pytest.param("~$engagement.xlsx", "lock file", "Save and close it", id="open in Excel"),
        pytest.param(".~lock.engagement.xlsx#", "lock file", "Save and close it", id="open in LibreOffice"),
        pytest.param("survey.csv", "the file is empty", "Fill it", id="empty table"),
    ],
)
def test_a_file_that_does_not_belong_is_a_fault(client: Client, name: str, found: str, remedy: str) -> None:
    """Nothing is passed over in silence."""
    client.write({name: "" if name == "survey.csv" else "x"})
    fault = client.only_fault()
    assert found in fault.found
    assert remedy in fault.remedy


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "README.md", "readme.txt", "facts/README.txt", ".gitkeep"])
def test_files_that_every_folder_has_are_passed_over(client: Client, name: str) -> None:
    """They are no input either."""
    before = client.load().data_hash
    client.write({name: "x"})
    assert client.load().data_hash == before


def test_an_analysts_notebook_is_an_input(client: Client) -> None:
    """It may replace or add a chapter."""
    client.write({"notebooks/25_churn.ipynb": "{}"})
    assert "notebooks/25_churn.ipynb" in {file.path for file in client.load().files}


def test_a_file_that_cannot_be_opened_asks_to_close_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows locks an open workbook: the system's refusal becomes a fault like any other."""
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "lines.csv":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    fault = client.only_fault()
    assert fault.file == "lines.csv"
    assert "Close it in Excel" in fault.remedy


def test_the_hash_is_of_every_input_file(client: Client) -> None:
    """It does not depend on the order of writing, and changes with any byte or name."""
    first = client.load()
    assert first.data_hash == client.load().data_hash
    client.write({"lines.csv": (client.folder / "lines.csv").read_bytes() + b"\n"})
    assert client.load().data_hash != first.data_hash
    assert [file.path for file in first.files] == sorted(file.path for file in first.files)
    client.write({"scenarios/a.yaml": "text: one\n"})
    before = client.load().data_hash
    client.write({"scenarios/b.yaml": "text: one\n", "scenarios/a.yaml": None})
    assert client.load().data_hash != before


# -- tables ------------------------------------------------------------------------------------------------------------


def test_unknown_and_missing_columns_are_named_once(client: Client) -> None:
    """Not once a row."""
    client.write({"lines.csv": "product_line,nmae\nmotor,Motor\nfleet,Fleet\n"})
    faults = client.faults()
    assert [fault.found for fault in faults] == ["the column 'nmae' is unknown", "the column name is missing"]
    assert "Did you mean 'nmae'?" in faults[1].remedy


def test_a_column_that_cannot_be_decided_is_one_fault_however_many_rows_it_has(client: Client) -> None:
    """The question stands for the whole column; nothing else is made of it."""
    client.write({"waves.csv": "wave,date\nw1,03/09/2026\nw2,04/09/2026\n"})
    assert client.only_fault().cell == "row 2, column date"
    client.write({"waves.csv": None, "lines.csv": None, "population.csv": "role;headcount\nbuilder;1,234\nhr;2,345\n"})
    assert client.only_fault().cell == "row 2, column headcount"


def test_a_table_that_is_there_twice_is_a_fault(client: Client, sheets: dict[str, Any]) -> None:
    """CSV and sheet, or CSV and Parquet."""
    client.workbook({"lines": sheets["lines"]})
    assert "lines.csv and engagement.xlsx (sheet lines)" in client.only_fault().found
    (client.folder / "engagement.xlsx").unlink()
    stream = io.BytesIO()
    pq.write_table(pa.table({"product_line": ["motor", "fleet"], "name": ["M", "F"]}), stream)
    client.write({"lines.parquet": stream.getvalue()})
    assert "more than once" in client.only_fault().found


def test_a_table_may_be_parquet(client: Client) -> None:
    """Types and places are those of the file."""
    stream = io.BytesIO()
    pq.write_table(pa.table({"wave": ["w1"], "date": pa.array([dt.date(2027, 1, 1)])}), stream)
    client.write({"waves.parquet": stream.getvalue()})
    fault = client.only_fault()
    assert (fault.file, fault.cell) == ("waves.parquet", "row 2, column date")


def test_client_text_is_kept_verbatim(client: Client) -> None:
    """Formulas, scripts, mathematics and other directions of writing are text."""
    hostile = [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://x")',
        "$5m to $3m",
        "\u202eabc",
        "{{ 7*7 }}",
        "O'Neill & Söhne",
    ]
    rows = "".join('p{},"{}"\n'.format(n, text.replace('"', '""')) for n, text in enumerate(hostile))
    client.write(
        {"products.csv": "product,name\n" + rows, "memberships.csv": "product,kind,parent\np0,product_line,motor\n"}
    )
    assert list(client.load().tables["products"]["name"]) == hostile


def test_control_characters_in_text_are_a_fault(client: Client) -> None:
    """They would break terminals and files."""
    client.write({"products.csv": "product,name\ncar,Ca\x1br\nvan,Van\n"})
    assert client.only_fault().cell == "row 2, column name"


def test_what_only_a_pillar_knows_is_reported_with_everything_else(
    excel_client: Client, sheets: dict[str, Any]
) -> None:
    """An answer outside its scale, an item that does not exist, a rule that cannot be read: all in one pass."""
    sheets["memberships"][1][3] = 2
    sheets["waves"] = [["wave", "date"], ["w1", "2026-09-12"]]
    sheets["survey"] = [
        ["respondent", "wave", "role", "product_line", "d01_4", "d99_9"],
        ["p1", "w1", "builder", "motor", 9, None],
    ]
    sheets["resources"] = [["resource", "function", "unit", "capacity"], ["eng", "HR", "people", 60]]
    sheets["activities"] = [
        ["activity", "product_line", "use", "unit", "current", "maximum", "y0", "y1", "y15", "ymax"],
        ["m", "motor", "develop", "teams", 4, 8, 5, 4, 5, 7],
    ]
    got = [(fault.sheet, fault.cell) for fault in excel_client.workbook(sheets).faults()]
    assert got[:3] == [("memberships", "D2"), ("survey", "F1"), ("survey", "E2")]
    assert {sheet for sheet, _ in got[3:]} == {"activities"}


def test_survey_items_are_text_whatever_they_are_typed_as(client: Client) -> None:
    """4, 4.0 and '4' are the same answer; words stay words."""
    client.write(
        {
            "waves.csv": "wave,date\n2026-09,2026-09-12\n",
            "survey.csv": "respondent,wave,role,product_line,D01_1,d01_1_reason\n"
            "p1,2026-09,builder,motor,4,\np2,2026-09,builder,motor,cannot see,why\n",
        }
    )
    survey = client.load().tables["survey"]
    assert list(survey["d01_1"]) == ["4", "cannot see"]
    assert list(survey["d01_1_reason"]) == [None, "why"]
    assert list(survey["seconds"].isna()) == [True, True]


def test_money_is_in_whole_units_of_the_currency(client: Client) -> None:
    """Columns with the unit currency and the worths of money objectives are multiplied once; nothing else is."""
    client.write(
        {
            "engagement.yaml": "name: T\nas_of: 2026-09-30\nmoney_scale: 1000\n",
            "projects.csv": "project,budget,people\nportal,900,7\n",
            "resources.csv": "resource,function,unit,capacity,unit_cost\neng,HR,people,60,96\n",
            "activities.csv": "activity,product_line,use,unit,current,maximum,y0,y1,y15,ymax\n"
            "m,motor,develop,teams,4,8,1,4,5,7\n",
            "recipes.csv": "activity,resource,amount\nm,eng,6\n",
            "objectives.csv": "objective,weight,is_money\nmargin,1,yes\nsafety,2,no\n",
            "worths.csv": "objective,activity,value\nmargin,m,180\nsafety,m,3\n",
        }
    )
    tables = client.load().tables
    assert tables["projects"].loc[0, ["budget", "people"]].tolist() == [900_000, 7]
    assert tables["resources"].loc[0, ["capacity", "unit_cost"]].tolist() == [60, 96_000]
    assert tables["worths"]["value"].tolist() == [180_000, 3]


# -- workbooks ---------------------------------------------------------------------------------------------------------


def test_an_excel_only_folder_loads(excel_client: Client, sheets: dict[str, Any]) -> None:
    """The sheets stand in for all files; example rows do not count."""
    sheets["products"].insert(1, ["example-x", None])
    sheets["survey"] = [["respondent", "wave", "role"], ["example-p001", "nonsense", "nobody"]]
    study = excel_client.workbook({"README": [["hello"]], **sheets}).load()
    assert study.settings.as_of == dt.date(2026, 9, 30)
    assert study.products.ids == ("car", "van")
    assert "survey" not in study.tables
    assert study.tables.where("products", 0, "name") == ("engagement.xlsx", "products", "B3")


def test_settings_in_a_sheet_may_be_nested_and_real_dates(excel_client: Client, sheets: dict[str, Any]) -> None:
    """sources.survey.date_order is what YAML would nest."""
    sheets["engagement"] = [
        ["key", "value", "note"],
        ["name", "Tiny", "who"],
        ["as_of", dt.date(2026, 9, 30), None],
        ["money_scale", "1000", None],
        ["confidence", 0.9, None],
        ["brand", None, None],
        ["sources.waves.date_order", "month-day-year", None],
    ]
    sheets["waves"] = [["wave", "date"], ["w1", "03/09/2026"]]
    study = excel_client.workbook(sheets).load()
    assert study.settings.money_scale == 1000
    assert study.settings.confidence == 0.9
    assert list(study.tables["waves"]["date"]) == [dt.date(2026, 3, 9)]


def test_faults_of_a_sheet_have_addresses(excel_client: Client, sheets: dict[str, Any]) -> None:
    """Also those of the settings."""
    sheets["engagement"][2][1] = None
    sheets["memberships"][1][3] = 2
    sheets["memberships"][2][0] = "vann"
    got = [(fault.sheet, fault.cell) for fault in excel_client.workbook(sheets).faults()]
    assert got == [("engagement", "B3"), ("memberships", "D2"), ("memberships", "A3")]


@pytest.mark.parametrize(
    ("sheet", "found", "remedy"),
    [
        pytest.param("prodcts", "an unknown sheet", "Did you mean 'products'", id="typing error"),
        pytest.param("Sheet1", "an unknown sheet", "Delete the sheet", id="left over"),
        pytest.param("Products", "the same table as sheet products", "Delete one", id="twice but for capitals"),
    ],
)
def test_a_sheet_that_does_not_belong_is_a_fault(
    excel_client: Client, sheets: dict[str, Any], sheet: str, found: str, remedy: str
) -> None:
    """README alone is free."""
    import openpyxl

    excel_client.workbook({**sheets, "x": [["a"]]})
    path = excel_client.folder / "engagement.xlsx"
    book = openpyxl.load_workbook(path)
    book["x"]._WorkbookChild__title = sheet  # openpyxl itself refuses two names that differ in capitals only
    book.save(path)
    fault = excel_client.only_fault()
    assert (fault.sheet, found in fault.found, remedy in fault.remedy) == (sheet, True, True)


def test_a_sheet_of_another_name_can_be_declared(excel_client: Client, sheets: dict[str, Any]) -> None:
    """sources: says which sheet holds a table; it is then no unknown sheet."""
    sheets["engagement"].append(["sources.lines.sheet", "Unsere Linien"])
    sheets["Unsere Linien"] = sheets.pop("lines")
    assert excel_client.workbook(sheets).load().lines == ("motor", "fleet")
    sheets["engagement"][-1][1] = "Unsre Linien"
    faults = excel_client.workbook(sheets).faults()
    assert [(fault.sheet, fault.cell) for fault in faults] == [("engagement", "B4"), ("Unsere Linien", "")]
    assert "Did you mean 'Unsere Linien'" in faults[0].remedy


def test_a_hidden_sheet_is_named_as_hidden(excel_client: Client, sheets: dict[str, Any]) -> None:
    """Otherwise the client would not find it."""

    def hide(book: Any) -> None:
        book["old data"].sheet_state = "hidden"

    assert "hidden" in excel_client.workbook({**sheets, "old data": [["a"]]}, hide).only_fault().found


def test_an_open_workbook_is_read_and_asked_to_be_closed(excel_client: Client, sheets: dict[str, Any]) -> None:
    """All other faults are told too, so that one pass mends everything."""
    sheets["memberships"][1][3] = 2
    excel_client.workbook(sheets).write({"~$engagement.xlsx": b"\x08A. Kell" + bytes(100)})
    assert [fault.cell for fault in excel_client.faults()] == ["", "D2"]


def test_yaml_and_sheet_must_not_both_speak(client: Client, sheets: dict[str, Any]) -> None:
    """One of the two is old."""
    client.workbook({"engagement": sheets["engagement"]})
    assert "say the same things" in client.only_fault().found


def test_dates_in_a_sheet_are_asked_about_where_excel_recognised_only_some(
    excel_client: Client, sheets: dict[str, Any]
) -> None:
    """The classic: a sheet of another country, in which Excel swapped day and month of half the dates."""
    sheets["waves"] = [["wave", "date"], ["w1", dt.date(2026, 3, 9)], ["w2", "14/09/2026"]]
    fault = excel_client.workbook(sheets).only_fault()
    assert (fault.sheet, fault.cell) == ("waves", "B3")
    assert "may have swapped" in fault.remedy


# -- documents ---------------------------------------------------------------------------------------------------------

METRICS = {
    "fact_tables": [
        ["table", "key_columns", "kind", "time_column", "product_column"],
        ["tickets", "id", "event", "raised", "product"],
    ],
    "metrics": [
        ["metric", "label", "type", "unit", "direction", "from_table", "agg", "where", "segments", "owner", "baseline"],
        [
            "calls",
            "Calls",
            "count",
            "count",
            "down",
            "tickets",
            "count",
            "channel = phone",
            "channel; kind",
            "Anna",
            24,
        ],
    ],
    "targets": [
        ["metric", "scope_kind", "scope", "value", "by"],
        ["calls", "company", None, 5, dt.date(2027, 3, 31)],
        ["calls", "product_line", "motor", 3, dt.date(2027, 3, 31)],
    ],
}


def test_sheets_become_the_document_that_metrics_yaml_would_be(excel_client: Client, sheets: dict[str, Any]) -> None:
    """Whoever reads the catalogue need not know which of the two the client sent."""
    facts = [["id", "raised", "product", "channel", "kind"], ["1", dt.date(2026, 9, 1), "car", "phone", "x"]]
    study = excel_client.workbook({**sheets, **METRICS, "facts_tickets": facts}).load()
    assert study.tables.documents["metrics"] == {
        "tables": {"tickets": {"key": ["id"], "kind": "event", "time": {"column": "raised"}, "product": "product"}},
        "metrics": [
            {
                "metric": "calls",
                "label": "Calls",
                "type": "count",
                "unit": "count",
                "direction": "down",
                "measure": {"from": "tickets", "agg": "count", "where": [{"column": "channel", "is": "phone"}]},
                "time": {"grain": "month"},
                "loop": {"owner": "Anna"},
                "segments": ["channel", "kind"],
                "signal": {"baseline": 24},
                "targets": [
                    {"scope": "company", "value": 5, "by": dt.date(2027, 3, 31), "kind": "committed"},
                    {"scope": {"product_line": "motor"}, "value": 3, "by": dt.date(2027, 3, 31), "kind": "committed"},
                ],
            }
        ],
    }
    assert study.tables.facts["tickets"].columns["raised"] == "date"
    place = study.tables.document_fault("metrics", ("metrics", 0, "type"), "f", "a", "r")
    assert (place.file, place.sheet, place.cell) == ("engagement.xlsx", "metrics", "C2")
    place = study.tables.document_fault("metrics", ("metrics", 0, "targets", 1), "f", "a", "r")
    assert (place.sheet, place.cell) == ("targets", "C3")


def test_a_condition_that_cannot_be_read_is_a_fault(excel_client: Client, sheets: dict[str, Any]) -> None:
    """With the cell it stands in."""
    metrics = [list(row) for row in METRICS["metrics"]]
    metrics[1][7] = "only phone calls"
    faults = excel_client.workbook({**sheets, **METRICS, "metrics": metrics}).faults()
    assert ("metrics", "H2") in {(fault.sheet, fault.cell) for fault in faults}


def test_scenarios_come_as_files_or_as_a_sheet(client: Client) -> None:
    """What they change must exist."""
    base = {
        "resources.csv": "resource,function,unit,capacity\neng,HR,people,60\n",
        "objectives.csv": "objective,weight\nmargin,1\n",
    }
    client.write({**base, "scenarios/lean.yaml": "capacities: {eng: 50}\nweights: {margin: 2}\n"})
    assert client.load().tables.documents["scenarios"] == {
        "lean": {"capacities": {"eng": 50}, "weights": {"margin": 2}}
    }
    client.write({"scenarios/lean.yaml": "capacities: {engg: 50}\nweight: {margin: 2}\n"})
    faults = client.faults()
    assert [fault.cell for fault in faults] == ["line 2, weight"]
    client.write({"scenarios/lean.yaml": "capacities: {engg: 50}\n"})
    assert client.only_fault().cell == "line 1, capacities.engg"


def test_scenarios_of_a_sheet_are_checked_too(excel_client: Client, sheets: dict[str, Any]) -> None:
    """A value must be a number, a name must exist."""
    sheets["resources"] = [["resource", "function", "unit", "capacity"], ["eng", "HR", "people", 60]]
    sheets["scenarios"] = [["scenario", "change", "name", "value"], ["lean", "capacity", "eng", 50]]
    assert excel_client.workbook(sheets).load().tables.documents["scenarios"] == {"lean": {"capacities": {"eng": 50}}}
    sheets["scenarios"] += [["lean", "capacity", "enx", 50], ["lean", "weight", "margin", "much"]]
    assert [fault.cell for fault in excel_client.workbook(sheets).faults()] == ["C3", "D4"]


@pytest.mark.parametrize("part", ["capacities", "weights", "outcomes", "maximums"])
def test_a_truth_is_no_amount_of_a_scenario(client: Client, part: str) -> None:
    """Python would count it as 1."""
    client.write({"scenarios/lean.yaml": f"{part}: {{eng: true}}\n"})
    fault = client.only_fault()
    assert (fault.cell, fault.found, fault.allowed) == (f"line 1, {part}.eng", "true is not allowed", "a number.")


@pytest.mark.parametrize(
    ("value", "cells"), [("yes", []), (True, []), ("no", ["D2"]), ("0", ["D2"]), ("perhaps", ["D2"])]
)
def test_a_sheet_says_yes_where_a_scenario_leaves_a_rule_out(
    excel_client: Client, sheets: dict[str, Any], value: object, cells: list[str]
) -> None:
    """No was taken for yes."""
    sheets["scenarios"] = [["scenario", "change", "name", "value"], ["lean", "without_rule", "Keep", value]]
    sheets["rules"] = [["rule", "text"], ["Keep", "eng >= 3"]]
    faults = [fault for fault in excel_client.workbook(sheets).faults() if fault.sheet == "scenarios"]
    assert [fault.cell for fault in faults] == cells
    assert all("delete the row to keep it" in fault.remedy for fault in faults)


def test_imports_are_checked(client: Client) -> None:
    """Lightly: known keys, a real hash."""
    client.write({"imports.yaml": "imports:\n  hr: {table: survey, headers: {Team: unit}, raw_sha256: abc}\n"})
    assert client.only_fault().cell == "line 2, imports.hr.raw_sha256"


def test_the_faults_of_a_run_can_be_written_as_json(client: Client) -> None:
    """The command line and the batch do so."""
    client.write({"engagement.yaml": None})
    assert json.dumps([vars(fault) for fault in client.faults()])


def test_a_folder_of_a_pillar_module_that_breaks_is_our_bug(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error inside a pillar's own reading is not swallowed."""
    import workbench.engagement.inputs_readiness as pillar

    def broken(tables: Tables) -> list[Any]:
        raise KeyError("item")

    monkeypatch.setattr(pillar, "check_readiness", broken)
    with pytest.raises(KeyError):
        client.load()


def test_rows_that_count_as_examples_are_told(client: Client) -> None:
    """A product that is really called so would otherwise vanish."""
    assert client.load().ignored == ()
    assert client.load().remark == ""
    client.write({"products.csv": "product,name\ncar,Car\nvan,Van\nexamples-box,Box\nExample Ltd,x\n"})
    study = client.load()
    assert study.ignored == (("products", 2),)
    assert study.remark == "2 rows are ignored, because the key begins with example: products 2."
    assert study.remark in repr(study)


def test_a_day_that_no_calendar_has_hides_no_other_fault(client: Client) -> None:
    """The rest of the settings is read."""
    client.write({"engagement.yaml": "name: T\nas_of: 2026-02-29\nminimum_group: 3\n"})
    assert [fault.cell for fault in client.faults()] == ["line 2, as_of", "line 3, minimum_group"]


def test_a_day_that_is_refused_makes_no_fault_of_the_tables(client: Client) -> None:
    """What happened is compared with it again when it is right."""
    client.write({"engagement.yaml": "name: T\nas_of: 9999-12-31\n", "waves.csv": "wave,date\nw,2150-01-01\n"})
    assert client.only_fault().cell == "line 2, as_of"


def test_a_scale_in_a_cell_may_have_decimals(excel_client: Client, sheets: dict[str, Any]) -> None:
    """Excel keeps no difference between 1000 and 1000.0."""
    sheets["engagement"].append(["money_scale", 1000.0])
    assert excel_client.workbook(sheets).load().settings.money_scale == 1000


def test_a_number_beyond_all_is_quoted_as_written(client: Client) -> None:
    """Not as the word of a programming language."""
    client.write({"projects.csv": "project,budget\na,1e999\nb,1e308\nc,-5\n"})
    assert [fault.found.partition(" is")[0] for fault in client.faults()] == ["'1e999'", "1e+308", "-5"]


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "1_000", "-5", -5, "1,5", "1e16", 1e16])
def test_amounts_of_a_scenario_in_a_sheet_are_checked_as_in_a_file(
    excel_client: Client, sheets: dict[str, Any], value: object
) -> None:
    """What a programming language takes for a number is not yet a capacity."""
    sheets["scenarios"] = [["scenario", "change", "name", "value"], ["a", "capacity", "engineers", value]]
    fault = excel_client.workbook(sheets).only_fault()
    assert (fault.sheet, fault.cell) == ("scenarios", "D2")
