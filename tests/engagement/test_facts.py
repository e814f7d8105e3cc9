"""Facts become Parquet: types by evidence, unreadable cells counted, conversions kept."""

from __future__ import annotations

import datetime as dt
import io
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.engagement.facts import facts_of_sheet, read_facts, roles_of
from workbench.engagement.facts_cache import cache_key, find_cached, open_facts, to_parquet_cache
from workbench.engagement.read import RawTable
from workbench.engagement.settings import Source
from workbench.engagement.workbooks import Workbook

if TYPE_CHECKING:
    from conftest import Client

ROLES: dict[str, Any] = {"id": "text", "on": "date", "product": "text", "cost": "number"}
METRICS = """
tables:
  tickets: {key: [id], kind: event, time: {column: on}, product: product}
metrics:
  - {metric: n, label: N, type: count, unit: count, direction: down, measure: {from: tickets, agg: count}}
  - {metric: c, label: C, type: sum, unit: currency, direction: down, measure: {from: tickets, agg: sum, column: cost}}
"""


def read(text: str | bytes, source: Source | None = None) -> dict[str, list[Any]]:
    """Return facts that must be readable."""
    content = text if isinstance(text, bytes) else text.encode()
    table, _, faults = read_facts(content, "facts/t.csv", "t", ROLES, source)
    assert not faults, faults
    assert table is not None
    return table.to_pydict()


def test_columns_get_their_types() -> None:
    """Keys keep leading zeros; free columns are numbers, dates or words, whichever every cell is."""
    text = (
        "id,on,product,cost,n,day,code,open,mixed\n"
        "007,2026-09-01,car,1.5,3,2026-01-02,01,true,1\n8,2026-09-02,van,,4,,02,false,x\n"
    )
    assert read(text) == {
        "id": ["007", "8"],
        "on": [dt.date(2026, 9, 1), dt.date(2026, 9, 2)],
        "product": ["car", "van"],
        "cost": [1.5, None],
        "n": [3, 4],
        "day": [dt.date(2026, 1, 2), None],
        "code": ["01", "02"],
        "open": [True, False],
        "mixed": ["1", "x"],
    }


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(["14.09.2026", "3.9.2026"], [dt.date(2026, 9, 14), dt.date(2026, 9, 3)], id="day first"),
        pytest.param(["9/14/2026", "9/3/2026"], [dt.date(2026, 9, 14), dt.date(2026, 9, 3)], id="month first"),
        pytest.param(
            ["2026-09-14 9:05", "2026-09-03"], [dt.datetime(2026, 9, 14, 9, 5), dt.datetime(2026, 9, 3)], id="times"
        ),
        pytest.param(
            ["14.09.2026 09:05:30", "3.9.2026 10:00"],
            [dt.datetime(2026, 9, 14, 9, 5, 30), dt.datetime(2026, 9, 3, 10)],
            id="day first, times",
        ),
        pytest.param(
            ["2026-09-14T09:05:00+02:00", "2026-09-14T09:05:00Z"],
            [dt.datetime(2026, 9, 14, 7, 5, tzinfo=dt.UTC), dt.datetime(2026, 9, 14, 9, 5, tzinfo=dt.UTC)],
            id="zones",
        ),
    ],
)
def test_dates_and_times_are_read_over_the_whole_column(cells: list[str], expected: list[Any]) -> None:
    """As in tables, but vectorised."""
    got = read("id;on\n" + "".join(f"{n};{cell}\n" for n, cell in enumerate(cells)))["on"]
    assert got == expected


def test_an_undecidable_day_is_a_question_with_its_place() -> None:
    """Facts are no place for guesses either."""
    _, _, faults = read_facts(b"id,on\n1,05/05/2026\n2,03/09/2026\n", "facts/t.csv", "t", ROLES)
    assert [fault.cell for fault in faults] == ["row 3, column on"]
    assert "sources: {t: {date_order" in faults[0].remedy
    assert read("id,on\n2,03/09/2026\n", Source(date_order="month-day-year"))["on"] == [dt.date(2026, 3, 9)]


def test_an_undecidable_decimal_sign_is_a_question() -> None:
    """Thousand or one and a bit: it would be wrong by a factor of 1,000."""
    _, _, faults = read_facts(b"id;cost\n1;1,234\n", "facts/t.csv", "t", ROLES)
    assert [fault.cell for fault in faults] == ["row 2, column cost"]
    assert read("id;cost\n1;1,234\n", Source(decimal=","))["cost"] == [1.234]
    assert read("id;cost\n1;1,234\n2;1.234,5\n")["cost"] == [1.234, 1234.5]


def test_unreadable_cells_are_counted_and_not_guessed() -> None:
    """They are a finding; only a column without a single readable cell is a fault."""
    table, unreadable, faults = read_facts(b"id,on,cost\n1,2026-09-01,5\n2,soon,n/a\n3,,n/a\n", "f", "t", ROLES)
    assert not faults
    assert table is not None
    assert unreadable == {"on": (1, "soon"), "cost": (2, "n/a")}
    assert table.column("cost").to_pylist() == [5, None, None]
    _, _, faults = read_facts(b"id,on\n1,soon\n2,later\n", "f", "t", ROLES)
    assert "all other cells of the column are no dates" in faults[0].found


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"id,on\n", "a header and no rows", id="no rows"),
        pytest.param("id,on\nü,2026-09-01\n".encode("cp1252"), "not UTF-8", id="encoding"),
        pytest.param(b"id,on,id\n1,2026-09-01,2\n", "stands twice", id="header twice"),
        pytest.param(b"id,on,cost,Cost\n1,2026-09-01,2,3\n", "column 3 is called 'cost'", id="but for capitals"),
        pytest.param(b"id,on,stra\xc3\x9fe,STRASSE\n1,2026-09-01,2,3\n", "but for capitals", id="folded letters"),
        pytest.param(b"id,,on\n1,x,2026-09-01\n", "without a header", id="no header"),
        pytest.param(b"\n\nid,on\n1,2026-09-01\n", "the row of the header is blank", id="blank rows above"),
        pytest.param(b"id,on\n1,2026-09-01,extra\n", "3 cells under 2 headers", id="ragged"),
        pytest.param(b"id,on," + b"x" * 140_000 + b"\n1,2026-09-01,2\n", "field larger", id="endless header"),
        pytest.param("id,on\n1,2026-09-01\n".encode("utf-16-be"), "is UTF-16", id="UTF-16 that does not say so"),
        pytest.param("\n".encode("utf-16"), "the file is empty", id="nothing but a mark"),
    ],
)
def test_a_file_of_facts_that_cannot_be_read_is_a_fault(content: bytes, found: str) -> None:
    """The file as a whole cannot be trusted."""
    table, _, faults = read_facts(content, "facts/t.csv", "t", ROLES)
    assert table is None
    assert found in faults[0].found


def test_a_conversion_is_kept_and_found_again(tmp_path: Path) -> None:
    """The key is the content and everything that decides how it is read; old conversions go."""
    path, cache = tmp_path / "t.csv", tmp_path / "cache"
    path.write_text("id,on,cost\n1,2026-09-01,x\n2,2026-09-02,5\n")
    first, _ = open_facts("t", path, "facts/t.csv", ROLES, cache)
    assert first is not None
    stamp = first.parquet.stat().st_mtime_ns
    again, _ = open_facts("t", path, "facts/t.csv", ROLES, cache)
    assert again == first
    assert again.parquet.stat().st_mtime_ns == stamp
    assert again.unreadable == {"cost": (1, "x")}
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    path.write_text("id,on,cost\n1,2026-09-01,7\n")
    changed, _ = open_facts("t", path, "facts/t.csv", ROLES, cache)
    assert changed is not None
    assert changed.rows == 1
    assert [held.name for held in cache.iterdir()] == [changed.parquet.name]


def test_another_way_of_reading_is_another_conversion() -> None:
    """A declared decimal sign changes the numbers, so it changes the key."""
    keys = {
        cache_key("t", "abc", ROLES, None),
        cache_key("t", "abc", ROLES, Source(decimal=",")),
        cache_key("t", "abd", ROLES, None),
        cache_key("t", "abc", {**ROLES, "n": "number"}, None),
        cache_key("u", "abc", ROLES, None),
    }
    assert len(keys) == 5


def test_names_of_tables_do_not_leave_the_cache(tmp_path: Path) -> None:
    """A name is never made into a path."""
    path = to_parquet_cache(pa.table({"a": [1]}), tmp_path / "cache", "../../evil", "k" * 24)
    assert path.parent == tmp_path / "cache"
    assert find_cached(tmp_path / "cache", "../../evil", "k" * 24) == path


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    """One temporary folder serves the whole process; a client's facts do not take away another's."""
    (tmp_path / "cache").write_text("a file in the way")
    one, two = (to_parquet_cache(pa.table({"a": [1]}), tmp_path / "cache", "t", key * 24) for key in "kl")
    assert one.parent == two.parent
    assert [pq.read_table(path).num_rows for path in (one, two)] == [1, 1]


def test_facts_outside_the_cache_go_with_the_process(tmp_path: Path) -> None:
    """What a client sent does not stay behind in a temporary folder."""
    (tmp_path / "cache").write_text("a file in the way")
    program = (
        "import sys, pathlib, pyarrow as pa; from workbench.engagement.facts_cache import to_parquet_cache as write\n"
        "path = write(pa.table({'a': [1]}), pathlib.Path(sys.argv[1]), 't', 'k' * 24)\n"
        "assert path.is_file(); print(path)"
    )
    said = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program, str(tmp_path / "cache")], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip().endswith(".parquet")
    assert not Path(said.stdout.strip()).parent.exists()


def test_parquet_is_used_where_it_lies(client: Client) -> None:
    """With the kinds of its columns."""
    stream = io.BytesIO()
    now = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    columns = {"id": ["1"], "on": [dt.date(2026, 9, 1)], "product": ["car"], "cost": [1], "at": [now], "x": [b"y"]}
    pq.write_table(pa.table(columns), stream)
    client.write({"metrics.yaml": METRICS, "facts/tickets.parquet": stream.getvalue()})
    facts = client.load().tables.facts["tickets"]
    assert facts.parquet == client.folder / "facts" / "tickets.parquet"
    assert dict(facts.columns) == {
        "id": "text", "on": "date", "product": "text", "cost": "number", "at": "instant", "x": "other"
    }  # fmt: skip


def test_csv_facts_are_converted_below_the_reports(client: Client) -> None:
    """The roles come from the catalogue."""
    client.write({"metrics.yaml": METRICS, "facts/tickets.csv": "id;on;product;cost\n01;14.09.2026;car;1.234,5\n"})
    facts = client.load().tables.facts["tickets"]
    assert facts.parquet.parent == client.root / "reports" / "_cache" / "tiny"
    assert pq.read_table(facts.parquet).to_pylist() == [
        {"id": "01", "on": dt.date(2026, 9, 14), "product": "car", "cost": 1234.5}
    ]


def test_facts_of_a_sheet_are_converted_too(excel_client: Client, sheets: dict[str, Any]) -> None:
    """Excel's dates and numbers are used as they are."""
    tables = [
        ["table", "key_columns", "kind", "time_column", "product_column"],
        ["tickets", "id", "event", "on", "product"],
    ]
    metrics = [
        ["metric", "label", "type", "unit", "direction", "from_table", "agg", "column"],
        ["c", "C", "sum", "currency", "down", "tickets", "sum", "Cost in EUR"],
    ]
    facts = [["id", "on", "product", "Cost in EUR"], [1, dt.date(2026, 9, 14), "car", 2.5], [2, None, "van", "3,5"]]
    book = {**sheets, "fact_tables": tables, "metrics": metrics, "facts_tickets": facts}
    found = excel_client.workbook(book).load().tables.facts["tickets"]
    assert (found.file, found.sheet, found.rows) == ("engagement.xlsx", "facts_tickets", 2)
    assert pq.read_table(found.parquet).to_pydict() == {
        "id": ["1", "2"],
        "on": [dt.date(2026, 9, 14), None],
        "product": ["car", "van"],
        "Cost in EUR": [2.5, 3.5],
    }


def test_a_sheet_of_facts_is_read_once(
    excel_client: Client, sheets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the cache had no fault; a sheet with one is read, and told, again."""
    tables = [
        ["table", "key_columns", "kind", "time_column", "product_column"],
        ["tickets", "id", "event", "on", "product"],
    ]
    metrics = [
        ["metric", "label", "type", "unit", "direction", "from_table"],
        ["n", "N", "count", "count", "up", "tickets"],
    ]
    read: list[str] = []
    plainly = Workbook.read

    def noting(self: Workbook, sheet: str, *others: Any) -> Any:
        read.append(sheet)
        return plainly(self, sheet, *others)

    monkeypatch.setattr(Workbook, "read", noting)
    book = {**sheets, "fact_tables": tables, "metrics": metrics}
    facts = [["id", "on", "product"], [1, dt.date(2026, 9, 14), "car"]]
    whole = excel_client.workbook({**book, "facts_tickets": facts})
    first, again = (whole.load().tables.facts["tickets"] for _ in range(2))
    assert read.count("facts_tickets") == 1
    assert (again.file, again.sheet, again.rows, again.columns) == (first.file, first.sheet, 1, first.columns)
    spilt = excel_client.workbook(
        {**book, "facts_tickets": [[*row, None] for row in facts] + [[2, None, "car", "a note"]]}
    )
    assert spilt.only_fault() == spilt.only_fault()
    assert read.count("facts_tickets") == 3


def test_an_open_date_in_a_sheet_of_facts_is_asked_with_its_address(
    excel_client: Client, sheets: dict[str, Any]
) -> None:
    """Letters and number, as Excel shows them."""
    tables = [
        ["table", "key_columns", "kind", "time_column", "product_column"],
        ["tickets", "id", "event", "on", "product"],
    ]
    metrics = [
        ["metric", "label", "type", "unit", "direction", "from_table"],
        ["n", "N", "count", "count", "up", "tickets"],
    ]
    facts = [["id", "on", "product"], [1, "03/09/2026", "car"]]
    fault = excel_client.workbook(
        {**sheets, "fact_tables": tables, "metrics": metrics, "facts_tickets": facts}
    ).only_fault()
    assert (fault.sheet, fault.cell) == ("facts_tickets", "B2")


def test_roles_come_from_the_catalogue(client: Client) -> None:
    """Keys and products are text, measures numbers, the time a date."""
    from workbench.engagement.catalogue_schema import parse_catalogue

    client.write({"metrics.yaml": METRICS, "facts/tickets.csv": "id,on,product,cost\n1,2026-09-01,car,1\n"})
    document = client.load().tables.document("metrics")
    assert document is not None
    catalogue, _ = parse_catalogue(document)
    assert catalogue is not None
    assert roles_of(catalogue, "tickets") == ROLES


def test_an_old_mac_ends_its_lines_otherwise() -> None:
    """A line feed alone, both, or a carriage return alone: the same facts."""
    expected = read("id,cost\n1,2\n3,4\n")
    assert read("id,cost\r1,2\r3,4\r") == read("id,cost\r\n1,2\r\n3,4\r\n") == expected
    assert expected["cost"] == [2, 4]


def test_a_header_may_hold_a_line_end() -> None:
    """It stands in quotation marks, so the rows begin where the record ends."""
    assert read('id,"cost\nnet"\n1,2\n') == {"id": ["1"], "cost\nnet": [2]}


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        pytest.param("1,2026-09-01\n\n\n2,03/04/2026\n", 5, id="blank lines"),
        pytest.param('"a\nb\nc",2026-09-01\n2,03/04/2026\n', 3, id="line ends within a cell"),
        pytest.param(",\n1,2026-09-01\n2,03/04/2026\n", 4, id="blank cells"),
    ],
)
def test_a_row_of_facts_is_numbered_as_excel_counts(rows: str, row: int) -> None:
    """Blank lines count, line ends within a cell do not; the same where Excel's own first line says the delimiter."""
    for above in (0, 1):
        text = "sep=,\n" * above + "id,on\n" + rows
        _, _, faults = read_facts(text.encode(), "facts/t.csv", "t", ROLES)
        assert [fault.cell for fault in faults] == [f"row {row + above}, column on"]


def test_a_row_with_other_cells_than_the_header_is_named() -> None:
    """With its number as Excel counts."""
    _, _, faults = read_facts(b'id,on\n"a\nb",2026-09-01\n\n2,2026-09-02,x\n', "facts/t.csv", "t", ROLES)
    assert [fault.cell for fault in faults] == ["row 4"]


def test_a_row_of_a_sheet_keeps_its_number() -> None:
    """Blank rows were left out when the sheet was read."""
    cells = {"id": [1, 2], "on": [dt.date(2026, 9, 1), "03/04/2026"]}
    raw = RawTable("t", "engagement.xlsx", "facts_t", ("id", "on"), ("id", "on"), (0, 1), (2, 7), cells)
    _, _, faults = facts_of_sheet(raw, ROLES)
    assert [fault.cell for fault in faults] == ["B7"]


def test_a_day_of_no_sensible_year_is_unreadable() -> None:
    """The year 1026 would make twelve thousand months; an open end in a column of its own is left alone."""
    text = b"id,on,until\n1,1026-09-01,9999-12-31\n2,2026-09-01,2026-12-31\n3,0001-01-01 10:00,\n4,9999-12-31,\n"
    table, unreadable, faults = read_facts(text, "facts/t.csv", "t", ROLES)
    assert not faults
    assert table is not None
    assert unreadable == {"on": (3, "1026-09-01")}
    assert table.column("on").to_pylist() == [None, dt.datetime(2026, 9, 1), None, None]
    assert table.column("until").to_pylist()[0] == dt.date(9999, 12, 31)


@pytest.mark.parametrize(
    ("kind", "shown"),
    [(pa.date32(), "1026-09-01"), (pa.timestamp("us"), "1026-09-01"), (pa.timestamp("us", "Asia/Tokyo"), "1026-09-01")],
    ids=str,
)
def test_days_of_no_sensible_year_are_taken_out_of_parquet(tmp_path: Path, kind: pa.DataType, shown: str) -> None:
    """A copy without them is read; the client's own file stays as it is, and other columns keep theirs."""
    days = pa.array([dt.date(1026, 9, 1), dt.date(2026, 9, 1), None], pa.date32())
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"ON": days.cast(pa.timestamp("us")).cast(kind), "until": days}), path)
    before = path.read_bytes()
    for _ in range(2):
        facts, faults = open_facts("t", path, "facts/t.parquet", ROLES, tmp_path / "cache")
        assert not faults
        assert facts is not None
        assert facts.parquet.parent == tmp_path / "cache"
        count, example = facts.unreadable["ON"]
        assert (count, example[:10]) == (1, shown)
        found = pq.read_table(facts.parquet)
        assert found.column("ON").null_count == 2
        assert found.column("until").null_count == 1
    assert path.read_bytes() == before


def test_damaged_pages_of_parquet_are_a_fault(tmp_path: Path) -> None:
    """The footer alone says nothing of them."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"id": [str(n) for n in range(1_000)], "cost": [n / 7 for n in range(1_000)]}), path)
    content = bytearray(path.read_bytes())
    content[50:900] = b"\xff" * 850
    path.write_bytes(bytes(content))
    assert pq.read_metadata(path).num_rows == 1_000
    facts, faults = open_facts("t", path, "facts/t.parquet", ROLES, tmp_path / "cache")
    assert facts is None
    assert "cannot be read as Parquet" in faults[0].found


def test_a_parquet_file_found_whole_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept holds for these bytes, read in this way, alone."""
    path, cache = tmp_path / "t.parquet", tmp_path / "cache"
    reads: list[Path] = []
    read_pages = pq.ParquetFile.iter_batches

    def count(self: pq.ParquetFile, **more: Any) -> Any:
        reads.append(path)
        return read_pages(self, **more)

    monkeypatch.setattr(pq.ParquetFile, "iter_batches", count)

    def opened(roles: dict[str, Any]) -> Any:
        return open_facts("t", path, "facts/t.parquet", roles, cache)

    pq.write_table(pa.table({"id": ["a", "b"], "cost": [1.0, 2.0]}), path)
    assert opened(ROLES) == opened(ROLES)
    assert len(reads) == 1
    opened({**ROLES, "cost": "text"})
    assert len(reads) == 2
    pq.write_table(pa.table({"id": ["a"], "until": [dt.date(2026, 9, 1)]}), path)
    facts, faults = opened(ROLES)
    assert len(reads) == 3
    assert not faults
    assert facts.columns == {"id": "text", "until": "date"}
    assert facts.rows == 1
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize(
    ("names", "found"), [(["id", "id"], "stands twice"), (["cost", "Cost"], "'cost'")], ids=["twice", "capitals"]
)
def test_two_columns_of_parquet_with_one_name_are_a_fault(tmp_path: Path, names: list[str], found: str) -> None:
    """DuckDB would take one of them, and not say which."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table([[1], [2]], names=names), path)
    facts, faults = open_facts("t", path, "facts/t.parquet", ROLES, tmp_path / "cache")
    assert facts is None
    assert [(fault.cell, found in fault.found) for fault in faults] == [("column 2", True)]


def test_the_catalogue_may_write_a_column_with_other_capitals() -> None:
    """DuckDB finds it, so it is read as what the catalogue wants of it."""
    assert read("ID;Cost\n007;1.234,5\n") == {"ID": ["007"], "Cost": [1234.5]}


def test_every_number_has_a_say_in_the_decimal_sign() -> None:
    """Also the last of many; no sample is asked."""
    rows = "".join(f'{n},"{n},5"\n' for n in range(1_100))
    _, _, faults = read_facts(f'id,cost\n{rows}x,"1,234.50"\n'.encode(), "facts/t.csv", "t", ROLES)
    assert [fault.found for fault in faults] == [
        "'0,5' has a decimal comma, but '1,234.50' in row 1102, column cost has a decimal point"
    ]
    assert read("id;cost\n1;1.234\n2;0.123\n")["cost"] == [1.234, 0.123]  # no thousands begin with a nought


def test_a_number_that_no_computer_holds_is_unreadable() -> None:
    """Infinity would swallow every sum."""
    table, unreadable, _ = read_facts(b"id,cost\n1,1e999\n2,5\n", "facts/t.csv", "t", ROLES)
    assert table is not None
    assert table.column("cost").to_pylist() == [None, 5]
    assert unreadable == {"cost": (1, "1e999")}
