"""Files that clients really send: encodings, delimiters, damaged and hostile workbooks."""

from __future__ import annotations

import datetime as dt
import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import xlsxwriter

from workbench.engagement.read import (
    RawTable,
    column_letters,
    decode,
    detect_delimiter,
    guarded,
    read_csv,
    read_parquet,
    unguarded,
)
from workbench.engagement.workbooks import LARGEST_UNPACKED, open_workbook

if TYPE_CHECKING:
    from conftest import Client

KNOWN = ("product", "name", "share")


def table(content: bytes | str, **options: Any) -> RawTable:
    """Return a CSV that must be readable."""
    raw, faults = read_csv(content if isinstance(content, bytes) else content.encode(), "t.csv", "t", KNOWN, **options)
    assert not faults, faults
    assert raw is not None
    return raw


def book(rows: list[list[Any]], change: Any = None) -> bytes:
    """Return a workbook with one sheet."""
    made = openpyxl.Workbook()
    made.active.title = "t"
    for row in rows:
        made.active.append(row)
    if change:
        change(made.active)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def sheet_faults(content: bytes) -> list[Any]:
    """Return the faults of the sheet."""
    opened, faults = open_workbook(content, "engagement.xlsx")
    assert opened is not None, faults
    return opened.read("t", "t", KNOWN)[1]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("product,name\ncar,Müller\n".encode(), id="utf-8"),
        pytest.param("product,name\ncar,Müller\n".encode("utf-8-sig"), id="utf-8 with mark"),
        pytest.param("product;name\ncar;Müller\n".encode(), id="semicolons"),
        pytest.param("product\tname\ncar\tMüller\n".encode("utf-16"), id="Excel's Unicode text"),
        pytest.param("sep=;\nproduct;name\ncar;Müller\n".encode(), id="Excel's own line"),
        pytest.param("product,name\r\ncar,  Müller \r\n".encode(), id="Windows ends of line, spaces"),
        pytest.param('"product","name"\n"car","Müller"\n'.encode(), id="all quoted"),
        pytest.param("product,name\rcar,Müller\r".encode(), id="an old Mac's ends of line"),
        pytest.param(" Product ,NAME\ncar,Müller\n\n,\n".encode(), id="capitals, blank rows at the end"),
    ],
)
def test_the_same_table_is_read_however_it_is_written(content: bytes) -> None:
    """Encoding, delimiter and line ends are decided by evidence."""
    raw = table(content)
    assert dict(raw.cells) == {"product": ["car"], "name": ["Müller"]}


def test_cells_know_their_row_as_excel_counts_it() -> None:
    """Blank rows and Excel's own first line do not shift places; quoted line ends count once."""
    raw = table('sep=,\nproduct,Name\n\n"a\nb",x\ncar,y\n')
    assert [raw.place(row, "name") for row in (0, 1)] == ["row 4, column Name", "row 5, column Name"]
    assert raw.place(1, None) == "row 5"


@pytest.mark.parametrize(("position", "expected"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_lettered_as_in_excel(position: int, expected: str) -> None:
    """After Z comes AA."""
    assert column_letters(position) == expected


def test_an_old_encoding_is_named_and_never_guessed() -> None:
    """The fault shows what cp1252 would say and where to declare it."""
    raw, faults = read_csv("product,name\ncar,Müller\n".encode("cp1252"), "products.csv", "products", KNOWN)
    assert raw is None
    assert faults[0].cell == "row 2"
    assert "Müller" in faults[0].found
    assert "sources: {products: {encoding: cp1252}}" in faults[0].remedy


def test_a_declared_encoding_is_used() -> None:
    """What sources: says is heeded."""
    assert table("product,name\ncar,Müller\n".encode("cp1252"), encoding="cp1252").cells["name"] == ["Müller"]
    assert table("product,name\ncar,Müller\n".encode("utf-16-le"), encoding="utf-16-le").cells["name"] == ["Müller"]
    assert table("product,name\ncar,Müller\n".encode("utf-8-sig"), encoding="UTF-8").cells["name"] == ["Müller"]


def test_utf16_without_its_mark_is_not_taken_for_cp1252() -> None:
    """The remedy names the encoding that it is in."""
    _, faults = read_csv("product,name\ncar,Müller\n".encode("utf-16-be"), "products.csv", "products", KNOWN)
    assert "sources: {products: {encoding: utf-16-be}}" in faults[0].remedy


@pytest.mark.parametrize(
    ("content", "encoding", "found"),
    [
        pytest.param("product\nMüller\n".encode(), "cp1252", "but the file is UTF-8", id="declared wrongly"),
        pytest.param(b"product\nx\n", "klingon", "is unknown", id="unknown encoding"),
        pytest.param(b"product\nx\n", "undefined", "is unknown", id="a codec that never decodes"),
        pytest.param(b"product\nx\n", "a\0b", "is unknown", id="no name of an encoding"),
        pytest.param(b"product\nx\\u0041\n", "unicode_escape", "is unknown", id="a codec that runs escapes"),
        pytest.param(b"\x97\x99\x96\x84\x15", "cp037", "is unknown", id="EBCDIC"),
        pytest.param("product\nx\n".encode("utf-16-le"), None, "is UTF-16", id="UTF-16 that does not say so"),
        pytest.param("product\nMüller\n".encode("utf-16")[:-1], None, "breaks off", id="UTF-16 cut off"),
        pytest.param("".encode("utf-16"), None, "the file is empty", id="nothing but a mark"),
        pytest.param(b"product," + b"x" * 140_000 + b"\ncar,y\n", None, "field larger", id="endless header"),
        pytest.param(b"product,name\na\x00b,c\n", None, "binary data", id="binary"),
        pytest.param(b"", None, "the file is empty", id="no byte"),
        pytest.param(b"\xef\xbb\xbf \r\n,,\r\n", None, "the file is empty", id="blank cells only"),
        pytest.param(b'product,name\n"car,x\ny,z\n', None, "cannot be read as CSV", id="open quotation mark"),
        pytest.param(b"product,name\ncar,a,b\n", None, "without a header", id="comma inside a text"),
        pytest.param(b"product,name,product\ncar,x,y\n", None, "stands twice", id="header twice"),
        pytest.param(b"product,Product \ncar,x\n", None, "stands twice", id="header twice but for its spelling"),
        pytest.param(b"Our list\n\nproduct,name\ncar,x\n", None, "header seems to stand in row 3", id="title above"),
    ],
)
def test_a_csv_that_cannot_be_trusted_is_a_fault(content: bytes, encoding: str | None, found: str) -> None:
    """Each says what was found."""
    _, faults = read_csv(content, "t.csv", "t", KNOWN, encoding=encoding)
    assert len(faults) == 1
    assert found in faults[0].found
    assert faults[0].remedy


def test_formulas_and_scripts_in_text_are_text() -> None:
    """Nothing is taken off and nothing is run."""
    hostile = ["=HYPERLINK(1)", "<script>alert(1)</script>", "@SUM(A1)", "\u202eevil", "$5m to $3m"]
    raw = table("product,name\n" + "".join(f'k{n},"{text}"\n' for n, text in enumerate(hostile)))
    assert raw.cells["name"] == hostile


@pytest.mark.parametrize("text", ["=1+1", "+49 x", "-cmd|' /C calc'!A0", "@SUM(A1)"])
def test_what_excel_would_run_is_guarded_and_read_as_it_was(text: str) -> None:
    """An apostrophe stands before it in our files, once however often it is written; numbers need none."""
    assert guarded(text) == guarded(guarded(text)) == f"'{text}"
    assert table(f'product,name\nk,"{guarded(text)}"\n').cells["name"] == [text]
    assert [guarded(number) for number in ("-12.5", "+3", "-", "'quoted'")] == ["-12.5", "+3", "-", "'quoted'"]
    assert unguarded("'quoted'") == "'quoted'"


def test_the_delimiter_that_yields_known_columns_wins() -> None:
    """A semicolon in a header text does not split a comma file."""
    assert detect_delimiter('product,name,"a;b;c;d"\n', {"product", "name"}) == (",", 0)


def test_a_quotation_mark_is_no_delimiter() -> None:
    """Excel's own first line is heeded where it can be."""
    assert detect_delimiter('sep="\nproduct;name\n', {"product", "name"})[1] == 0
    assert detect_delimiter("sep=|\nproduct|name\n", {"product", "name"}) == ("|", 1)


def test_excel_cells_keep_their_address_and_type() -> None:
    """A table that starts in A1 with blank rows and columns keeps its places; dates and numbers stay what they are."""
    content = book(
        [["product", None, "name", "share"], [], ["car", None, "Car", 0.5], ["van", None, 101, dt.date(2026, 9, 1)]]
    )
    opened, _ = open_workbook(content, "engagement.xlsx")
    assert opened is not None
    raw, faults = opened.read("t", "t", KNOWN)
    assert not faults
    assert raw is not None
    assert [raw.place(row, "share") for row in (0, 1)] == ["D3", "D4"]
    assert raw.cells["share"] == [0.5, dt.date(2026, 9, 1)]
    assert raw.cells["name"] == ["Car", 101]


def test_a_table_that_does_not_start_in_column_a_keeps_its_addresses() -> None:
    """Calamine would shift cells if the empty area were skipped."""
    opened, _ = open_workbook(book([[None, "product"], [None, "car"]]), "engagement.xlsx")
    assert opened is not None
    raw, _ = opened.read("t", "t", KNOWN)
    assert raw is not None
    assert raw.place(0, "product") == "B2"


def test_a_formula_without_a_stored_result_is_found_by_its_address() -> None:
    """Openpyxl stores none, as do many export tools."""
    faults = sheet_faults(book([["product", "share"], ["car", "=1/2"], ["van", 0.5]]))
    assert [(fault.cell, "not stored" in fault.found) for fault in faults] == [("B2", True)]


def test_a_row_of_nothing_but_formulas_without_results_is_not_lost() -> None:
    """It would look like a blank row."""
    faults = sheet_faults(book([["product", "share"], ["car", 0.5], ["=A2", "=B2"], [None, None, "=A1"]]))
    assert [fault.cell for fault in faults] == ["A3", "B3"]


def test_a_damaged_sheet_is_a_fault_of_that_sheet() -> None:
    """Other sheets are still read."""
    content, stream = book([["product"], ["car"]]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, data.replace(b"</is>", b"</it>") if "sheet1" in part else data)
    faults = sheet_faults(stream.getvalue())
    assert [(fault.sheet, "damaged" in fault.found) for fault in faults] == [("t", True)]


def test_a_formula_with_its_result_is_a_value() -> None:
    """What Excel has calculated is read; an empty text is blank."""
    stream = io.BytesIO()
    made = xlsxwriter.Workbook(stream)
    sheet = made.add_worksheet("t")
    sheet.write_row(0, 0, ["product", "share", "name"])
    sheet.write_formula(1, 1, "=1/2", None, 0.5)
    sheet.write_formula(1, 0, '="c"&"ar"', None, "car")
    made.close()
    opened, _ = open_workbook(stream.getvalue(), "engagement.xlsx")
    assert opened is not None
    raw, faults = opened.read("t", "t", KNOWN)
    assert not faults
    assert raw is not None
    assert {name: cells[0] for name, cells in raw.cells.items()} == {"product": "car", "share": 0.5, "name": None}


@pytest.mark.parametrize(
    ("cell", "is_fault"),
    [
        pytest.param('<c r="B2" t="str"><f>""</f><v></v></c>', False, id="Excel: an empty text"),
        pytest.param('<c r="B2"><f>1/2</f><v></v></c>', True, id="nothing stored"),
        pytest.param('<c r="B2"><f>1/2</f><v/></c>', True, id="nothing stored, written shortly"),
        pytest.param('<c r="B2"><f>1/2</f></c>', True, id="no value at all"),
        pytest.param('<x:c r="B2"><x:f>1/2</x:f><x:v>0.5</x:v></x:c>', False, id="another program's spelling"),
    ],
)
def test_what_is_stored_beside_a_formula_decides(cell: str, is_fault: bool) -> None:
    """An empty text is a result; an empty cell is none."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book([["product", "share"], ["car", 123456]]))) as old,
        zipfile.ZipFile(stream, "w") as new,
    ):
        for part in old.namelist():
            data = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                data = data.replace(b'<c r="B2" t="n"><v>123456</v></c>', cell.encode())
                data = data.replace(
                    b"<worksheet ", b'<worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
                )
                assert cell.encode() in data
            new.writestr(part, data)
    assert [fault.cell for fault in sheet_faults(stream.getvalue())] == (["B2"] if is_fault else [])


def test_an_error_cell_is_a_fault() -> None:
    """#REF! is no blank, although calamine shows it as one."""

    def spoil(sheet: Any) -> None:
        sheet["B2"] = "#REF!"
        sheet["B2"].data_type = "e"

    faults = sheet_faults(book([["product", "share"], ["car", None]], spoil))
    assert [(fault.cell, fault.found) for fault in faults] == [("B2", "the cell shows #REF!")]


def test_merged_cells_are_faults_with_their_area() -> None:
    """A merged cell holds a value for one of its cells only."""
    header = sheet_faults(book([["product", "name"], ["car", "x"]], lambda sheet: sheet.merge_cells("A1:B1")))
    body = sheet_faults(book([["product", "name"], ["car", "x"], ["", "y"]], lambda sheet: sheet.merge_cells("A2:A3")))
    assert [fault.cell for fault in header] == ["A1:B1"]
    assert [fault.cell for fault in body] == ["A2:A3"]


def test_a_filled_column_without_a_header_is_a_fault() -> None:
    """Stray notes beside a table are not lost silently."""
    faults = sheet_faults(book([["product", "name"], ["car", "x"], ["van", "y", None, "ask Anna"]]))
    assert [(fault.cell, "'ask Anna'" in fault.found) for fault in faults] == [("D3", True)]


def test_a_stray_cell_far_away_does_not_fill_the_memory() -> None:
    """17 thousand million cells would lie between A1 and the last one."""

    def stray(sheet: Any) -> None:
        sheet["XFD1048576"] = "x"

    faults = sheet_faults(book([["product"], ["car"]], stray))
    assert len(faults) == 1
    assert "stands far away" in faults[0].found


def test_formats_far_away_are_no_table() -> None:
    """Coloured cells without a value do not count."""
    from openpyxl.styles import PatternFill

    def colour(sheet: Any) -> None:
        sheet["XFD1048576"].fill = PatternFill("solid", fgColor="FF0000")

    assert not sheet_faults(book([["product"], ["car"]], colour))


def with_sheet(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a workbook whose first sheet's XML is changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            held = before.read(part)
            after.writestr(part, held.replace(old, new) if part == "xl/worksheets/sheet1.xml" else held)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'r="A2"', b'r="ZZZZ99999999"', id="no such cell in Excel"),
        pytest.param(b'r="A2"', b"r = 'XFD1048576'", id="other quotation marks"),
        pytest.param(
            b"</sheetData>", b'<row r="1048576"><c r="A1048576"/><c><v>1</v></c></row></sheetData>', id="none"
        ),
    ],
)
def test_an_address_far_away_is_a_fault_however_it_is_written(old: bytes, new: bytes) -> None:
    """Room for every cell before it would end the process, which nothing can catch."""
    content = with_sheet(book([["product"] + [None] * 40 + ["x"], ["car"]]), old, new)
    assert "stands far away" in sheet_faults(content)[0].found


def test_markup_without_end_is_read_at_once() -> None:
    """A comment full of opened cells keeps nobody waiting."""
    comment = b"<!--" + b'<c r="A1" ' * 300_000 + b"--></sheetData>"
    assert not sheet_faults(with_sheet(book([["product"], ["car"]]), b"</sheetData>", comment))


def test_what_excel_would_show_and_the_reader_does_not_is_a_fault_of_the_bare_cells() -> None:
    """Formulas without a result, errors, and cells merged below any header."""

    def change(sheet: Any) -> None:
        sheet["A2"], sheet["B3"] = "=1+1", "#REF!"
        sheet["B3"].data_type = "e"
        sheet.merge_cells("A5:A7")
        sheet.merge_cells("C1:D1")

    opened, _ = open_workbook(book([["a", "b", "c"], *([1, 2, 3] for _ in range(7))], change), "export.xlsx")
    assert opened is not None
    _, faults = opened.rows("t")
    assert [fault.cell for fault in faults] == ["A5:A7", "A2", "B3"]


def test_one_row_too_wide_does_not_fill_the_memory() -> None:
    """A single line of delimiters would widen every row."""
    raw, faults = read_csv(b"product,name\n" + b"a\n" * 3_000 + b"," * 20_000 + b"x\n", "t.csv", "t", KNOWN)
    assert raw is None
    assert (faults[0].cell, "20,001 columns" in faults[0].found) == ("row 3002", True)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b"PK\x03\x04" + b"x" * 50, "damaged", id="half written"),
        pytest.param(b"product,name\ncar,x\n", "damaged", id="a CSV called .xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "password", id="locked"),
    ],
)
def test_a_workbook_that_cannot_be_opened_is_a_fault(content: bytes, found: str) -> None:
    """Each says why, as far as it shows."""
    opened, faults = open_workbook(content, "engagement.xlsx")
    assert opened is None
    assert found in faults[0].found


def test_a_truncated_workbook_is_a_fault() -> None:
    """A copy that was interrupted is damaged."""
    content = book([["product"], ["car"]])
    opened, faults = open_workbook(content[: len(content) // 2], "engagement.xlsx")
    assert opened is None
    assert "damaged" in faults[0].found


def bomb(unpacked: int, declared: int | None = None) -> bytes:
    """Return a workbook with a member of that many zeros, which may lie about its size."""
    stream = io.BytesIO(book([["product"], ["car"]]))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/media/x.bin", "w") as member:
        block = bytes(10_000_000)
        for _ in range(unpacked // len(block)):
            member.write(block)
    content = stream.getvalue()
    if declared is not None:
        content = content.replace(unpacked.to_bytes(4, "little"), declared.to_bytes(4, "little"))
    return content


@pytest.mark.parametrize("declared", [None, 1_000], ids=["honest", "lying"])
def test_a_zip_bomb_is_refused_before_it_unfolds(declared: int | None) -> None:
    """The unpacked size is counted where it matters, not believed."""
    content = bomb(LARGEST_UNPACKED + 20_000_000, declared)
    opened, faults = open_workbook(content, "engagement.xlsx")
    assert opened is None
    assert "unpacks to more than" in faults[0].found


def test_a_document_type_in_a_workbook_is_refused() -> None:
    """Entities could read files or unfold without end."""
    content, stream = book([["product"], ["car"]]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part == "xl/workbook.xml":
                data = b'<!DOCTYPE x [<!ENTITY a "b">]>' + data
            new.writestr(part, data)
    opened, faults = open_workbook(stream.getvalue(), "engagement.xlsx")
    assert opened is None
    assert "document type" in faults[0].found


def test_parquet_is_read_with_its_types() -> None:
    """Numbers, dates and texts need no evidence there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    columns = {"Product": ["car ", ""], "share": [0.5, float("nan")], "when": [dt.date(2026, 9, 1), None]}
    pq.write_table(pa.table(columns), stream)
    raw, faults = read_parquet(stream.getvalue(), "t.parquet", "t")
    assert not faults
    assert raw is not None
    assert dict(raw.cells) == {"product": ["car", None], "share": [0.5, None], "when": [dt.date(2026, 9, 1), None]}
    assert raw.place(0, "share") == "row 2, column share"


def test_parquet_that_is_none_or_nested_is_a_fault() -> None:
    """Lists in cells have no meaning for us."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    assert "cannot be read" in read_parquet(b"PAR1xxxx", "t.parquet", "t")[1][0].found
    stream = io.BytesIO()
    pq.write_table(pa.table({"product": [["a"], ["b"]]}), stream)
    assert "type list" in read_parquet(stream.getvalue(), "t.parquet", "t")[1][0].found


def test_text_decodes_with_or_without_a_mark() -> None:
    """The mark is no part of the first header."""
    assert decode("a".encode("utf-8-sig"), "f", "t", None) == ("a", [])


def test_parquet_whose_days_python_cannot_hold_is_a_fault() -> None:
    """Its calendar ends with the year 9999."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.table({"when": pa.array([10_000_000], pa.int32()).cast(pa.date32())}), stream)
    assert "cannot be read as Parquet" in read_parquet(stream.getvalue(), "t.parquet", "t")[1][0].found


@pytest.mark.parametrize("name", ["lines.csv", "facts/lines.csv"])
def test_a_link_to_itself_is_a_fault(client: Client, name: str) -> None:
    """It leads nowhere; the fault names the folder too."""
    (client.folder / "facts").mkdir()
    (client.folder / "lines.csv").unlink()
    (client.folder / name).symlink_to("lines.csv")
    faults = [fault for fault in client.faults() if "link" in fault.found]
    assert [fault.file for fault in faults] == [name]


def test_a_link_in_a_folder_is_named_with_its_folder(client: Client, tmp_path: Path) -> None:
    """So that it is not taken for the table of the same name."""
    (tmp_path / "other.csv").write_text("product\nsecret\n")
    (client.folder / "facts").mkdir()
    (client.folder / "facts" / "products.csv").symlink_to(tmp_path / "other.csv")
    assert client.only_fault().file == "facts/products.csv"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes in folders")
def test_a_pipe_is_not_waited_for(client: Client) -> None:
    """Nobody writes into it, so that reading would never end."""
    (client.folder / "lines.csv").unlink()
    os.mkfifo(client.folder / "lines.csv")
    assert "a pipe or a device" in [fault.found for fault in client.faults()]
