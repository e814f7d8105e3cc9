"""Marked copies: faulty cells coloured and commented, the client's own files untouched."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from workbench.engagement.mark import FAULT_FILL, LIST_SHEET, mark_engagement, mark_workbook
from workbench.errors import Fault

if TYPE_CHECKING:
    from conftest import Client


def is_marked(cell: Any) -> bool:
    """Say whether a cell has the colour of a fault."""
    return bool(cell.fill.fgColor.rgb == f"00{FAULT_FILL}" or cell.fill.fgColor.rgb == f"FF{FAULT_FILL}")


def marked(sheet: Any) -> set[str]:
    """Return the addresses of the marked cells."""
    return {cell.coordinate for row in sheet.iter_rows() for cell in row if is_marked(cell)}


def test_a_copy_of_the_workbook_is_marked_and_the_original_is_not(
    excel_client: Client, sheets: dict[str, Any], tmp_path: Path
) -> None:
    """Each fault's cell has its colour, and a comment that says what to do."""
    sheets["memberships"][1][3] = 1.5
    sheets["memberships"][2][0] = "vann"
    excel_client.workbook(sheets)
    before = (excel_client.folder / "engagement.xlsx").read_bytes()
    (copy,) = mark_engagement(excel_client.folder, excel_client.faults(), tmp_path / "marked")
    assert copy.name == "engagement-marked.xlsx"
    assert (excel_client.folder / "engagement.xlsx").read_bytes() == before
    book = openpyxl.load_workbook(copy)
    assert marked(book["memberships"]) == {"D2", "A3"}
    assert "Did you mean 'van'?" in book["memberships"]["A3"].comment.text
    assert marked(book["products"]) == set()
    assert [row[0].value for row in book[LIST_SHEET].iter_rows(min_row=2)] == [
        "engagement.xlsx, memberships, D2",
        "engagement.xlsx, memberships, A3",
    ]


def test_a_corrected_copy_can_take_the_place_of_the_workbook(
    excel_client: Client, sheets: dict[str, Any], tmp_path: Path
) -> None:
    """The list of faults is a sheet that reading skips."""
    sheets["memberships"][1][3] = 1.5
    excel_client.workbook(sheets)
    (copy,) = mark_engagement(excel_client.folder, excel_client.faults(), tmp_path / "marked")
    book = openpyxl.load_workbook(copy)
    book["memberships"]["D2"] = 1
    book.save(excel_client.folder / "engagement.xlsx")
    assert excel_client.faults() == ()


def test_text_that_looks_like_a_formula_stays_text(
    excel_client: Client, sheets: dict[str, Any], tmp_path: Path
) -> None:
    """In the copied sheets and in the list of faults."""
    evil = '=HYPERLINK("http://x","y")'

    def as_text(book: Any) -> None:
        for cell in (book["products"]["B2"], book["memberships"]["A2"]):
            cell.value = evil
            cell.data_type = "s"

    excel_client.workbook(sheets, as_text)
    (copy,) = mark_engagement(excel_client.folder, excel_client.faults(), tmp_path / "marked")
    book = openpyxl.load_workbook(copy)
    assert (book["products"]["B2"].value, book["products"]["B2"].data_type) == (evil, "s")
    assert {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_a_csv_becomes_a_marked_workbook(client: Client, tmp_path: Path) -> None:
    """The cells stand where Excel would show them; formulas are text."""
    client.write({"products.csv": "product;name;stage\ncar;=1+1;grow\nvan;;growing\n"})
    (copy,) = mark_engagement(client.folder, client.faults(), tmp_path / "marked")
    assert copy.name == "products-marked.xlsx"
    sheet = openpyxl.load_workbook(copy)["products"]
    assert marked(sheet) == {"B3", "C3"}
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=1+1", "s")
    assert "Fill the cell." in sheet["B3"].comment.text


def test_a_parquet_table_becomes_a_marked_workbook(client: Client, tmp_path: Path) -> None:
    """Nobody can open Parquet in Excel."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(
        pa.table({"wave": ["w1", "w1"], "date": ["2026-09-01", "2026-08-01"]}), client.folder / "waves.parquet"
    )
    (copy,) = mark_engagement(client.folder, client.faults(), tmp_path / "marked")
    assert marked(openpyxl.load_workbook(copy)["waves"]) == {"A3"}


def test_faults_outside_tables_are_listed(client: Client, tmp_path: Path) -> None:
    """Settings, damaged workbooks, files that do not belong."""
    client.write({"engagement.yaml": "name: T\n", "engagement.xlsx": b"PK\x03\x04broken", "notes.txt": "x"})
    (copy,) = mark_engagement(client.folder, client.faults(), tmp_path / "marked")
    assert copy.name == "faults.xlsx"
    rows = [row[0].value for row in openpyxl.load_workbook(copy)[LIST_SHEET].iter_rows(min_row=2)]
    assert rows == ["engagement.yaml, as_of", "notes.txt", "engagement.xlsx"]


def test_a_wrong_encoding_can_still_be_looked_at(client: Client, tmp_path: Path) -> None:
    """The row is marked although the file cannot be read."""
    client.write({"products.csv": "product,name\ncar,Car\nvan,Müller\n".encode("cp1252")})
    (copy, *_) = mark_engagement(client.folder, client.faults(), tmp_path / "marked")
    sheet = openpyxl.load_workbook(copy)["products"]
    assert sheet["B3"].value == "Müller"
    assert marked(sheet) == {"A3"}


def test_merged_areas_and_comments_of_the_client_survive(
    excel_client: Client, sheets: dict[str, Any], tmp_path: Path
) -> None:
    """A merged area is marked at its first cell; the client's comment stays below ours."""
    from openpyxl.comments import Comment

    def change(book: Any) -> None:
        book["products"].merge_cells("A1:B1")
        book["lines"]["A2"].comment = Comment("ours since 2019", "Anna")
        book["lines"]["A2"].value = None

    excel_client.workbook(sheets, change)
    (copy,) = mark_engagement(excel_client.folder, excel_client.faults(), tmp_path / "marked")
    book = openpyxl.load_workbook(copy)
    assert "A1" in marked(book["products"])
    assert book["lines"]["A2"].comment.text.endswith("ours since 2019")


def test_the_original_is_never_the_target(client: Client) -> None:
    """That would be a bug of ours."""
    with pytest.raises(ValueError, match="replace the client's file"):
        mark_workbook(client.folder / "lines.csv", [], client.folder / "lines.csv")


def test_a_fault_that_looks_like_a_formula_is_listed_as_text(client: Client, tmp_path: Path) -> None:
    """Whatever a message quotes, it is never run."""
    client.workbook({"lines": [["product_line"], ["motor"]]})
    fault = Fault("engagement.xlsx", "lines", "A2", "=1+1", "=1+1", "=1+1")
    assert mark_workbook(client.folder / "engagement.xlsx", [fault], tmp_path / "copy.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "copy.xlsx")[LIST_SHEET]
    assert [(cell.value, cell.data_type) for cell in sheet[2]][1:] == [("=1+1", "s")] * 3


def test_places_without_a_cell_mark_the_header(client: Client, tmp_path: Path) -> None:
    """A column that is missing has no cell."""
    fault = Fault("lines.csv", "", "row 1", "the column name is missing", "…", "Add it.")
    assert mark_workbook(client.folder / "lines.csv", [fault], tmp_path / "copy.xlsx")
    assert marked(openpyxl.load_workbook(tmp_path / "copy.xlsx")["lines"]) == {"A1"}


def test_what_a_link_points_at_is_not_copied(client: Client, tmp_path: Path) -> None:
    """It is refused because it belongs to someone else; its content must not reach this client's reports."""
    (tmp_path / "other.csv").write_text("product,name\nsecret,Other client\n")
    (client.folder / "products.csv").unlink()
    (client.folder / "products.csv").symlink_to(tmp_path / "other.csv")
    (copy,) = mark_engagement(client.folder, client.faults(), tmp_path / "marked")
    assert copy.name == "faults.xlsx"
    said = str([[cell.value for cell in row] for sheet in openpyxl.load_workbook(copy) for row in sheet.iter_rows()])
    assert "link to a place outside" in said
    assert "secret" not in said


def test_a_link_to_itself_is_only_listed(client: Client, tmp_path: Path) -> None:
    """There is nothing to copy."""
    (client.folder / "waves.csv").symlink_to("waves.csv")
    assert [copy.name for copy in mark_engagement(client.folder, client.faults(), tmp_path)] == ["faults.xlsx"]


def test_each_table_has_a_copy_of_its_own(client: Client, tmp_path: Path) -> None:
    """Facts may be called as a table is; a table may be there twice."""
    client.write({"facts/lines.csv": "a\n1\n", "lines.parquet": b"x"})
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"product_line": ["x"]}), client.folder / "lines.parquet")
    faults = [Fault(name, "", "row 2", "x", "y", "z") for name in ("lines.csv", "lines.parquet", "facts/lines.csv")]
    copies = mark_engagement(client.folder, faults, tmp_path / "marked")
    assert [copy.name for copy in copies] == [
        "lines-marked.xlsx", "lines-2-marked.xlsx", "facts-lines-marked.xlsx"
    ]  # fmt: skip
    assert [openpyxl.load_workbook(copy)["lines"]["A1"].value for copy in copies] == [
        "product_line", "product_line", "a"
    ]  # fmt: skip


def test_copies_of_an_earlier_check_go(client: Client, tmp_path: Path) -> None:
    """What is mended is no longer shown as faulty; other files stay."""
    target = tmp_path / "marked"
    client.write({"products.csv": "product,name\ncar,\nvan,Van\n", "notes.txt": "x"})
    mark_engagement(client.folder, client.faults(), target)
    (target / "own.xlsx").write_text("x")
    assert {path.name for path in target.iterdir()} == {"products-marked.xlsx", "faults.xlsx", "own.xlsx"}
    client.write({"products.csv": "product,name\ncar,Car\nvan,Van\n", "lines.csv": "product_line,name\nmotor,\n"})
    (client.folder / "notes.txt").unlink()
    mark_engagement(client.folder, [f for f in client.faults() if f.file == "lines.csv"], target)
    assert {path.name for path in target.iterdir()} == {"lines-marked.xlsx", "own.xlsx"}
    assert mark_engagement(client.folder, (), target) == ()
    assert {path.name for path in target.iterdir()} == {"own.xlsx"}


def test_a_workbook_is_found_whatever_its_capitals(
    excel_client: Client, sheets: dict[str, Any], tmp_path: Path
) -> None:
    """Reading takes no account of them, so marking takes none."""
    sheets["memberships"][1][3] = 1.5
    excel_client.workbook(sheets)
    (excel_client.folder / "engagement.xlsx").rename(excel_client.folder / "Engagement.XLSX")
    (copy,) = mark_engagement(excel_client.folder, excel_client.faults(), tmp_path / "marked")
    assert marked(openpyxl.load_workbook(copy)["memberships"]) == {"D2"}


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        pytest.param("docProps/core.xml", b"<dc:creator>", b"<dc:creator", id="XML that breaks off"),
        pytest.param("xl/worksheets/sheet1.xml", b'<c r="A2"', b'<c r="A2" s="999"', id="a format that is not there"),
    ],
)
def test_a_workbook_that_cannot_be_copied_is_only_listed(
    client: Client, tmp_path: Path, part: str, old: bytes, new: bytes
) -> None:
    """Reading it needs less than copying it does."""
    client.workbook({"waves": [["wave", "date"], ["w1", "soon"]]})
    path, stream = client.folder / "engagement.xlsx", io.BytesIO()
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(stream, "w") as damaged:
        for name in packed.namelist():
            content = packed.read(name)
            assert name != part or old in content
            damaged.writestr(name, content.replace(old, new, 1) if name == part else content)
    path.write_bytes(stream.getvalue())
    assert [fault.cell for fault in client.faults()] == ["B2"]
    (copy,) = mark_engagement(client.folder, client.faults(), tmp_path / "marked")
    assert copy.name == "faults.xlsx"


def test_letters_that_no_workbook_holds_are_replaced(client: Client, tmp_path: Path) -> None:
    """Control characters of a header, and halves of letters in a file's name."""
    client.workbook({"waves": [["wave"], ["w1"]]})
    (client.folder / "bad\udcff.csv").write_text("a\n")
    faults = [
        Fault("engagement.xlsx", "waves", "A2", "\x1b[31m", "\x00", "\udcff"),
        Fault("bad\udcff.csv", "", "", "\x1b[31m", "x", "y"),
    ]
    copies = mark_engagement(client.folder, faults, tmp_path / "marked")
    assert [copy.name for copy in copies] == ["engagement-marked.xlsx", "bad_-marked.xlsx"]
    assert openpyxl.load_workbook(copies[0])[LIST_SHEET]["B2"].value == "\ufffd[31m"


def test_a_table_with_the_line_ends_of_an_old_mac_is_marked(client: Client, tmp_path: Path) -> None:
    """And one in UTF-16 that does not say so can be looked at."""
    client.write({
        "products.csv": b"product,name\rcar,\rvan,Van\r",
        "lines.csv": "product_line,name\nmotor,M\u00fcller\n".encode("utf-16-le"),
    })  # fmt: skip
    faults = [Fault("products.csv", "", "row 2, column name", "x", "y", "z"), Fault("lines.csv", "", "", "x", "y", "z")]
    copies = mark_engagement(client.folder, faults, tmp_path / "marked")
    products, lines = (openpyxl.load_workbook(copy).worksheets[1] for copy in copies)
    assert marked(products) == {"B2"}
    assert lines["B2"].value == "Müller"
