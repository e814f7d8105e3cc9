"""Files that are no workbook, locked, damaged, hostile or far too large: read, or refused in one sentence."""

from __future__ import annotations

import datetime as dt
import io
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from tests.engagement.intake.layouts import Cell, as_xlsx, ods_of
from tests.engagement.intake.room import Room
from tests.engagement.intake.test_questions import bring, column, page_of, rows_of
from workbench.engagement.intake.opening import open_file
from workbench.engagement.intake.preview import describe_table_import
from workbench.errors import ClientDataError

HEAD = ["Project", "Budget", "FTE"]
ROWS = [["a", 10, 1], ["b", 20, 2]]
FIXTURES = Path(__file__).with_name("files")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Make a client's folder."""
    return Room(tmp_path)


def repacked(content: bytes, **parts: bytes | None) -> bytes:
    """Return a package with some parts replaced or added; names have their slashes as two underscores."""
    new = {name.replace("__", "/").replace("_dot_", "."): data for name, data in parts.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        for name in old.namelist():
            if name not in new:
                out.writestr(name, old.read(name))
        for name, data in new.items():
            if data is not None:
                out.writestr(name, data)
    return stream.getvalue()


def sheet_of(xml: str) -> bytes:
    """Return a workbook whose one sheet has this XML as its data."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    data = f'<worksheet xmlns="{space}"><sheetData>{xml}</sheetData></worksheet>'
    return repacked(as_xlsx(page_of(HEAD)), xl__worksheets__sheet1_dot_xml=data.encode())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"%PDF-1.7 ...", "it is a PDF"),
        (b"\x89PNG\r\n", "it is a picture"),
        (b"{\\rtf1 }", "it is a text document"),
        (b"PAR1....", "it is a Parquet file"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"<html><table><tr><td>Project</td></tr></table></html>", "a web page or XML that only calls itself a table"),
        (b'<?xml version="1.0"?><Workbook/>', "a web page or XML"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"\xd0\xcf\x11\xe0" + b"\x00" * 600 + "WordDocument".encode("utf-16-le"), "another program of Office"),
        (b"\x09\x08\x10\x00", "Excel 4 or older"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(room: Room, content: bytes, said: str) -> None:
    """The ending of the name is not believed."""
    with pytest.raises(ClientDataError, match=said) as caught:
        bring(room, content, "projects")
    assert len(caught.value.faults) == 1


def test_a_bomb_is_refused_before_it_opens(room: Room) -> None:
    """A sheet of zeros that unpacks to half a gigabyte costs no memory."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("xl/workbook.xml", "<workbook/>")
        with out.open("xl/worksheets/sheet1.xml", "w") as part:
            for _ in range(450):
                part.write(b"0" * 1_000_000)
    tracemalloc.start()
    with pytest.raises(ClientDataError, match="unpacks to more than 400 MB"):
        bring(room, stream.getvalue(), "projects")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_a_cell_at_the_far_end_is_refused(room: Room) -> None:
    """Two cells at opposite corners are 17 billion for the reader (tafia/calamine#693)."""
    xml = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    with pytest.raises(ClientDataError, match=r"reaches over 17,179,869,184 cells"):
        bring(room, sheet_of(xml), "projects")
    cells = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16000"/>'
    rows = f'<table:table-row table:number-rows-repeated="1000000">{cells}</table:table-row>'
    with pytest.raises(ClientDataError, match="reaches over 16,000,000,000 cells"):
        bring(room, ods_of(rows), "projects", file="a.ods")


def test_a_million_formatted_blank_rows_are_no_table(room: Room) -> None:
    """Rows that are only formatted cost neither memory nor rows."""
    text = ""
    for at, row in enumerate((HEAD, ["a", "10", "1"]), start=1):
        cells = [f'<c r="{x}{at}" t="inlineStr"><is><t>{cell}</t></is></c>' for x, cell in zip("ABC", row, strict=True)]
        text += f'<row r="{at}">{"".join(cells)}</row>'
    blanks = "".join(
        f'<row r="{at}"><c r="A{at}" s="0"/><c r="XFD{at}" s="0"/></row>' for at in range(3, 1_048_577, 40)
    )
    outcome = bring(room, sheet_of(text + blanks), "projects")
    assert column(outcome, "budget") == ["10"]


def test_a_document_type_is_refused(room: Room) -> None:
    """Entities that grow without end never reach a parser."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><styleSheet>&a;</styleSheet>'
    with pytest.raises(ClientDataError, match="document type"):
        bring(room, repacked(as_xlsx(page_of(HEAD, *ROWS)), xl__styles_dot_xml=bomb), "projects")


def test_links_pivots_and_macros_are_named_and_nothing_of_them_runs(room: Room) -> None:
    """What hangs on other files or programs is said; the cells are read as Excel stored them."""
    content = repacked(
        as_xlsx(page_of(HEAD, *ROWS)),
        xl__externalLinks__externalLink1_dot_xml=b"<externalLink/>",
        xl__pivotTables__pivotTable1_dot_xml=b"<pivotTableDefinition/>",
        xl__vbaProject_dot_bin=b"\x00",
    )
    told = describe_table_import(bring(room, content, "projects", file="a.xlsm"))
    assert "linked to other workbooks" in told
    assert "pivot tables" in told
    assert "macros; they are not read, and nothing of them is run" in told


def written(rows: list[list[object]], formulas: dict[tuple[int, int], tuple[str, object]]) -> bytes:
    """Return a workbook with formulas and the results that are stored beside them."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream)
    sheet = book.add_worksheet("A")
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell)
    for (number, place), (formula, value) in formulas.items():
        sheet.write_formula(number, place, formula, None, value)
    book.close()
    return stream.getvalue()


def test_formulas_without_a_result_and_errors_are_faults_of_their_cells(room: Room) -> None:
    """The reader shows both as blanks; a blank would be read as not known."""
    content = written(
        [HEAD, *ROWS, ["c", 5, 3]], {(1, 1): ("=1+1", ""), (2, 1): ("=1/0", "#DIV/0!"), (3, 1): ("=2+3", 5)}
    )
    with pytest.raises(ClientDataError) as caught:
        bring(room, content, "projects")
    assert [(fault.cell, fault.found) for fault in caught.value.faults] == [
        ("B2", "a formula whose result is not stored in the file"),
        ("B3", "the cell shows #DIV/0!"),
    ]


def test_a_row_of_formulas_without_results_is_no_blank_row(room: Room) -> None:
    """A row whose numbers were never calculated is not passed over."""
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Resource", "Department", "Unit", "Jan 2026", "Feb 2026"], ["a", "IT", "people", 1, 2]):
        sheet.append(row)
    sheet.append(["b", "IT", "people", "=1+1", "=2+2"])
    book.save(stream)
    with pytest.raises(ClientDataError, match="D3: a formula whose result is not stored"):
        bring(room, stream.getvalue(), "resources")


def test_a_total_without_a_result_is_not_compared_and_told(room: Room) -> None:
    """A sum that was never calculated keeps nobody from reading its parts."""
    content = written([HEAD, *ROWS, ["Total", None, 3]], {(3, 1): ("=SUM(B2:B3)", "")})
    outcome = bring(room, content, "projects")
    assert "B4, a total: a formula whose result is not stored in the file; it is not compared" in describe_table_import(
        outcome
    )
    assert len(outcome.sums.checks) == 1


def test_a_protected_sheet_reads_fine(room: Room) -> None:
    """Protection of a sheet keeps people from changing it, not from reading."""
    stream = io.BytesIO()
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (HEAD, *ROWS):
        sheet.append(row)
    sheet.protection.set_password("secret")
    book.save(stream)
    assert column(bring(room, stream.getvalue(), "projects"), "budget") == ["10", "20"]


def test_numbers_that_excel_made_into_dates_are_faults(room: Room) -> None:
    """1.5 typed in a German Excel is the first of May."""
    with pytest.raises(ClientDataError, match="is a date, not a number; Excel may have made it of one"):
        bring(room, page_of(HEAD, ["a", dt.date(2026, 5, 1), 1]), "projects")


def test_formats_that_show_other_numbers_are_understood(room: Room) -> None:
    """120 shown as 120 k€ counts thousands; 120000 shown as 120 does not."""
    page = page_of(
        ["Project", "Budget k€", "Spent"],
        ["a", Cell(120000, "#,##0,"), Cell(7, '0.0 "k€"')],
        ["b", 35, Cell(9000, '#,##0, "k€"')],
    )
    outcome = bring(room, page, "projects")
    assert (column(outcome, "budget"), column(outcome, "spent")) == (["120000", "35000"], ["7000", "9000"])
    assert "cells show another number than they hold" in describe_table_import(outcome)
    with pytest.raises(ClientDataError, match="shown divided by 1,000, and its unit counts 1,000,000"):
        bring(room, page_of(["Project", "Budget m€"], ["a", Cell(120000, "#,##0,")]), "projects")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "mac-roman", "cp850"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_text_of_any_encoding_and_delimiter_is_read(room: Room, encoding: str, delimiter: str) -> None:
    """Old encodings are told by the letters that they would give."""
    lines = [["Projekt", "Budget", "Köpfe"], ["Überführung", "1000", "3"], ["Groß & Söhne", "2000", "4"]]
    text = "\r\n".join(delimiter.join(row) for row in lines)
    outcome = bring(room, text.encode(encoding), "projects", file="a.csv")
    assert column(outcome, "project") == ["Überführung", "Groß & Söhne"]
    assert column(outcome, "people") == ["3", "4"]


def test_text_whose_encoding_nothing_tells_is_asked(room: Room) -> None:
    """One letter that is a letter in each encoding."""
    content = b"Project;Budget\nT" + b"\xf8" + b"d;5\n"
    found = open_file(content, "a.csv")
    assert found.encoding == "cp1252"  # ø is a letter of the languages we know; no other reading is
    with pytest.raises(ClientDataError, match="--encoding with one of"):
        open_file(b"Project;Budget\nT" + b"\xd0" + b"d;5\n", "a.csv")


def test_opendocument_hides_rows_and_columns_too(room: Room) -> None:
    """Rows that a filter leaves out are asked about."""

    def line(cells: list[object], more: str = "") -> str:
        held = "".join(
            f'<table:table-cell office:value-type="float" office:value="{cell}"/>'
            if isinstance(cell, int)
            else f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in cells
        )
        return f"<table:table-row{more}>{held}</table:table-row>"

    hidden = ' table:visibility="filter"'
    content = ods_of(line(list(HEAD)) + line(["a", 10, 1]) + line(["old", 99, 9], hidden) + line(["b", 20, 2]))
    with pytest.raises(ClientDataError, match="1 row of the table is hidden"):
        bring(room, content, "projects", file="a.ods")
    outcome = bring(room, content, "projects", file="a.ods", hidden="skip")
    assert column(outcome, "project") == ["a", "b"]
    assert "In .ods number formats" in describe_table_import(outcome)


def test_excel_2003_is_read_and_looked_at_each_time(room: Room) -> None:
    """Its reader is known to mistake columns of some files (dimastbk/python-calamine#161), so nothing goes unseen."""
    content = (FIXTURES / "projects.xls").read_bytes()
    outcome = bring(room, content, "projects", file="projects.xls")
    assert column(outcome, "budget") == ["120.5", "80"]
    assert "known to mistake the first two columns" in describe_table_import(outcome)
    assert not bring(room, content, "projects", file="projects.xls", confirm=False).is_written


def xlsb_of(rows: list[list[object]]) -> bytes:
    """Return a binary workbook (MS-XLSB) with these rows."""

    def record(kind: int, data: bytes = b"") -> bytes:
        head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
        size, out = len(data), b""
        while True:
            size, part = size >> 7, size & 0x7F
            out += bytes([part | (0x80 if size else 0)])
            if not size:
                return head + out + data

    def text(words: str) -> bytes:
        return struct.pack("<I", len(words)) + words.encode("utf-16-le")

    width = max(map(len, rows))
    sheet = record(129) + record(148, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)) + record(145)
    for number, row in enumerate(rows):
        sheet += record(0, struct.pack("<IIHHBI", number, 0, 300, 0, 0, 0))
        for place, cell in enumerate(row):
            at = struct.pack("<II", place, 0)
            sheet += record(6, at + text(cell)) if isinstance(cell, str) else record(5, at + struct.pack("<d", cell))
    sheet += record(146) + record(130)
    book = (
        record(131)
        + record(143)
        + record(156, struct.pack("<II", 0, 1) + text("rId1") + text("A"))
        + record(144)
        + record(132)
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as out:
        out.writestr("xl/workbook.bin", book)
        out.writestr("xl/worksheets/sheet1.bin", sheet)
        base = "http://schemas.openxmlformats.org"
        kind = f"{base}/officeDocument/2006/relationships/worksheet"
        held = f'<Relationship Id="rId1" Type="{kind}" Target="worksheets/sheet1.bin"/>'
        held = f'<Relationships xmlns="{base}/package/2006/relationships">{held}</Relationships>'
        out.writestr("xl/_rels/workbook.bin.rels", held)
    return stream.getvalue()


def test_a_binary_workbook_is_read(room: Room) -> None:
    """What cannot be seen in it is said."""
    outcome = bring(room, xlsb_of([list(HEAD), *map(list, ROWS)]), "projects", file="a.xlsb")
    assert column(outcome, "budget") == ["10", "20"]
    assert "In .xlsb number formats" in describe_table_import(outcome)


def test_a_binary_workbook_hides_rows_and_may_reach_far(room: Room) -> None:
    """Its records tell what is hidden, and how much room the reader would make."""
    content = xlsb_of([list(HEAD), *map(list, ROWS)])
    hidden = content_with_row(content, 2, hidden=True)
    with pytest.raises(ClientDataError, match=r"1 row of the table is hidden \(row 3\)"):
        bring(room, hidden, "projects", file="a.xlsb")
    far = content_with_row(content, 2, number=1_048_575, column=16_000)
    with pytest.raises(ClientDataError, match="something stands far away"):
        bring(room, far, "projects", file="a.xlsb")


def content_with_row(content: bytes, row: int, *, number: int = -1, column: int = -1, hidden: bool = False) -> bytes:
    """Return a binary workbook of which one row is hidden, or stands elsewhere."""
    data = bytearray(zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.bin"))
    at = data.index(struct.pack("<IIH", row, 0, 300))
    if hidden:
        data[at + 11] |= 0x10
    if number >= 0:
        data[at : at + 4] = struct.pack("<I", number)
    if column >= 0:
        cell = data.index(struct.pack("<II", 2, 0), at)
        data[cell : cell + 4] = struct.pack("<I", column)
    return repacked(content, xl__worksheets__sheet1_dot_bin=bytes(data))


def test_what_excel_2003_hides_is_seen(room: Room) -> None:
    """Hidden rows, hidden columns and errors stand in its records."""
    content = (FIXTURES / "hidden.xls").read_bytes()
    with pytest.raises(ClientDataError, match=r"1 of the columns that would be read are hidden \(C1\)"):
        bring(room, content, "projects", file="a.xls")
    outcome = bring(room, content, "projects", file="a.xls", hidden="skip")
    assert rows_of(outcome) == [
        {"project": "a", "budget": "10", "spent": "5"},
        {"project": "b", "budget": "20", "spent": "7"},
    ]
    with pytest.raises(ClientDataError, match="D3: the cell shows #DIV/0!"):
        bring(room, content, "projects", file="a.xls", hidden="read")


def test_excel_2003_may_reach_far_too(room: Room) -> None:
    """A record that names the last row and column is refused before the reader makes room for it."""
    content = (FIXTURES / "projects.xls").read_bytes()
    record = struct.pack("<HHHH", 0xFD, 10, 3, 0)  # the text in A4
    assert content.count(record) == 1
    with pytest.raises(ClientDataError, match="reaches over 4,294,967,296 cells"):
        bring(room, content.replace(record, struct.pack("<HHHH", 0xFD, 10, 65_535, 65_535)), "projects")


def test_damage_is_refused_wherever_it_is(room: Room) -> None:
    """Whatever bytes are wrong, the file is read or refused; nothing else comes out, no panic of the reader either."""
    base = {
        "a.xls": (FIXTURES / "projects.xls").read_bytes(),
        "a.xlsb": xlsb_of([list(HEAD), *map(list, ROWS)]),
    }
    rng = random.Random(3)  # noqa: S311 - damage, no secrets
    refused = 0
    for name, content in base.items():
        for _ in range(150):
            data = bytearray(content)
            for _ in range(rng.choice([1, 2, 5, 20])):
                data[rng.randrange(len(data))] = rng.randrange(256)
            try:
                open_file(bytes(data[: rng.choice([len(data), len(data), rng.randrange(1, len(data))])]), name)
            except ClientDataError:
                refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(
            "Project;Budget\nÜber;1\n".encode() + "Größe;2\n".encode("cp1252"),
            "row 3: its letters are in two encodings: line 2 is UTF-8, line 3 is not",
            id="put together",
        ),
        pytest.param(
            b"\xef\xbb\xbf" + "Project;Budget\nGröße;2\n".encode("cp1252"),
            "row 2: its letters are in two encodings: its beginning is UTF-8, line 2 is not",
            id="mark alone",
        ),
    ],
)
def test_a_text_in_two_encodings_is_refused_with_its_line(room: Room, content: bytes, found: str) -> None:
    """Read in either one, half of its names would be others."""
    with pytest.raises(ClientDataError, match=found):
        bring(room, content, "projects", file="a.csv")
