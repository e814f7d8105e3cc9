"""Workbooks and texts that mean harm, or look as if: read rightly or refused in a sentence; nothing runs or is left."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import re
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.engagement.intake.layouts import as_xlsx, ods_of
from tests.engagement.intake.room import ROOT, Room
from tests.engagement.intake.test_files import HEAD, ROWS, repacked, sheet_of
from tests.engagement.intake.test_questions import bring, column, page_of, rows_of
from workbench.engagement.exports.importing import run_import
from workbench.engagement.intake.importing import run_table_import
from workbench.engagement.trackers.importing import run_tracker_import
from workbench.errors import ClientDataError, UsageError

PLAIN = as_xlsx(page_of(HEAD, *ROWS))
SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
"""A thousand million laughs."""


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Make a client's folder."""
    return Room(tmp_path)


def refused(room: Room, content: bytes | str, file: str = "sheet.xlsx", table: str = "projects", **said: object) -> str:
    """Return the one sentence with which a file is refused; the client's folder stays as it was."""
    before = folder_of(room)
    with pytest.raises(ClientDataError) as caught:
        bring(room, content, table, file=file, **said)
    assert len(caught.value.faults) == 1
    fault = caught.value.faults[0]
    assert fault.file == file
    assert fault.found
    assert fault.remedy
    assert folder_of(room) == before
    return f"{fault.where if hasattr(fault, 'where') else fault.cell} {fault.found}"


def folder_of(room: Room) -> dict[str, bytes]:
    """Return every file below the room but those that are brought."""
    held = room.root / "client_data"
    return {str(path.relative_to(held)): path.read_bytes() for path in sorted(held.rglob("*")) if path.is_file()}


# -- packages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_laughs_never_reach_a_parser(room: Room, part: str, encoding: str) -> None:
    """In whichever part, in whichever encoding a parser of XML knows."""
    xml = f'<?xml version="1.0" encoding="{encoding[:6]}"?>{LAUGHS}<worksheet>&j;</worksheet>'
    assert "document type" in refused(room, repacked(PLAIN, **{named(part): xml.encode(encoding)}))


def named(part: str) -> str:
    """Return a part as `repacked` takes it."""
    return part.replace("/", "__").replace(".", "_dot_")


def test_laughs_behind_a_long_comment_or_under_another_name_are_found(room: Room) -> None:
    """A document type may stand far down, and a sheet in a part that is not called XML."""
    xml = f"<?xml version='1.0'?><!--{'x' * 70_000}-->{LAUGHS}<worksheet>&j;</worksheet>"
    assert "document type" in refused(room, repacked(PLAIN, **{named(SHEET): xml.encode()}))
    relations = zipfile.ZipFile(io.BytesIO(PLAIN)).read("xl/_rels/workbook.xml.rels")
    moved = relations.replace(b"worksheets/sheet1.xml", b"worksheets/sheet1.dat")
    content = repacked(
        PLAIN,
        xl___rels__workbook_dot_xml_dot_rels=moved,
        xl__worksheets__sheet1_dot_dat=f"{LAUGHS}<worksheet>&j;</worksheet>".encode(),
    )
    assert "document type" in refused(room, content)


def test_a_bomb_in_a_bomb_is_no_workbook(room: Room) -> None:
    """A zip within a zip is never opened; one beside a sound sheet is only bytes."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("0.bin", b"\0" * 30_000_000)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as out:
        for number in range(30):
            out.writestr(f"{number}.zip", inner.getvalue())
    assert "a packed file without a workbook" in refused(room, outer.getvalue())
    beside = repacked(PLAIN, xl__media__more_dot_zip=inner.getvalue())
    assert column(bring(room, beside, "projects"), "budget") == ["10", "20"]


def test_a_part_that_stands_twice_is_refused(room: Room) -> None:
    """Two readers of such a file may see two sheets."""
    stream = io.BytesIO(PLAIN)
    with zipfile.ZipFile(stream, "a") as out, pytest.warns(UserWarning, match="Duplicate name"):
        out.writestr(SHEET, zipfile.ZipFile(io.BytesIO(PLAIN)).read(SHEET).replace(b"<v>10<", b"<v>99<"))
    assert "more than once" in refused(room, stream.getvalue())
    other = repacked(PLAIN, **{named("xl/WORKSHEETS/Sheet1.xml"): b"<worksheet/>"})
    assert "more than once" in refused(room, other)


def test_two_sheets_of_one_name_are_refused(room: Room) -> None:
    """What is hidden in the one would be looked up in the other."""
    book = zipfile.ZipFile(io.BytesIO(PLAIN)).read("xl/workbook.xml")
    start, end = book.index(b"<sheet "), book.index(b"</sheets>")
    twice = book[:end] + book[start:end].replace(b'sheetId="1"', b'sheetId="2"') + book[end:]
    assert "more than once" in refused(room, repacked(PLAIN, xl__workbook_dot_xml=twice))


def test_paths_and_links_in_a_package_lead_nowhere(room: Room) -> None:
    """Nothing of a package is ever unpacked to a place on the disk."""
    stream = io.BytesIO(PLAIN)
    with zipfile.ZipFile(stream, "a") as out:
        out.writestr("../../../evil.txt", b"x")
        out.writestr("/tmp/evil-absolute.txt", b"x")  # noqa: S108 - a name in a zip
        link = zipfile.ZipInfo("xl/link.xml")
        link.external_attr = 0o120777 << 16
        out.writestr(link, "/etc/passwd")
    assert column(bring(room, stream.getvalue(), "projects"), "budget") == ["10", "20"]
    assert not list(room.root.parent.rglob("evil*"))
    assert not Path("/tmp/evil-absolute.txt").exists()  # noqa: S108


def test_a_package_that_breaks_off_is_refused_wherever(room: Room) -> None:
    """A download that was cut, at any byte."""
    for cut in range(10, len(PLAIN) - 1, max(1, len(PLAIN) // 40)):
        assert "damaged" in refused(room, PLAIN[:cut])


def test_all_columns_and_rows_of_excel_are_refused_or_read(room: Room) -> None:
    """16,384 columns are read where few rows have them, and refused where memory would not hold them."""
    wide = [*HEAD, *(f"Spare {at}" for at in range(16_381))]
    outcome = bring(room, page_of(wide, *([*row, *([1] * 16_381)] for row in ROWS)), "projects")
    assert column(outcome, "budget") == ["10", "20"]
    far = "".join(f'<row r="{at}"><c r="XFD{at}"><v>1</v></c></row>' for at in range(1, 1_400))
    assert "reaches over" in refused(room, sheet_of(far))


def test_hostile_files_take_bounded_memory(room: Room, tmp_path: Path) -> None:
    """Each is tried in a process of its own, whose largest size counts: a plain small import, and 250 MB more."""
    cell = 'c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c'
    head = "".join(f'<c r="{x}1" t="inlineStr"><is><t>{text}</t></is></c>' for x, text in zip("ABC", HEAD, strict=True))
    long = f'<row r="1">{head}</row><row r="2"><{cell.format(2, "x" * 10_000_000)}><c r="B2"><v>5</v></c></row>'
    blanks = "".join(f'<row r="{at}" s="1" customFormat="1"/>' for at in range(2, 1_048_577, 3))
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as out:
        with zipfile.ZipFile(io.BytesIO(PLAIN)) as old:
            for name in old.namelist():
                out.writestr(name, old.read(name))
        out.writestr("xl/media/image1.bin", b"\0" * 390_000_000)
    files = {
        "plain": PLAIN,
        "one cell of 10 MB": sheet_of(long),
        "a million rows that are only formatted": sheet_of(f'<row r="1">{head}</row>{blanks}'),
        "390 MB beside the sheet": bomb.getvalue(),
    }
    peaks = {}
    for name, content in files.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(content)
        ran = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", MEASURE, str(room.root), str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        peaks[name] = int(ran.stdout.split()[-1])
    assert max(peaks.values()) < peaks["plain"] + 250_000, peaks


MEASURE = """
import resource, sys
from pathlib import Path
from workbench.engagement.intake.importing import run_table_import
from workbench.errors import ClientDataError
try:
    run_table_import(sys.argv[2], "tiny", "projects", root=Path(sys.argv[1]))
except ClientDataError as error:
    assert len(str(error)) < 3_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


# -- cells -------------------------------------------------------------------------------------------------------------


def text_cells(*texts: str) -> bytes:
    """Return a workbook with projects of these names, written as XML as they are."""
    rows = "".join(f'<c r="{x}1" t="inlineStr"><is><t>{text}</t></is></c>' for x, text in zip("AB", HEAD, strict=False))
    body = f'<row r="1">{rows}</row>'
    for at, text in enumerate(texts, start=2):
        name = f'<c r="A{at}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        body += f'<row r="{at}">{name}<c r="B{at}"><v>{at}</v></c></row>'
    return sheet_of(body)


def test_letters_that_no_text_has_are_refused_at_their_cell(room: Room) -> None:
    """Zero bytes and halves of letters, as Excel writes them or as they are; nothing of them is written."""
    for text in ("a_x0000_b", "a_xD800_b", "a_x001B_[31m", "a_xFFFE_b"):
        with contextlib.suppress(ClientDataError):
            assert column(bring(room, text_cells(text), "projects"), "project") == [text]  # as typed, no such letter
        (room.folder / "projects.csv").unlink(missing_ok=True)
    for text in ("a\x00b", "a\ufffeb"):
        data = text_cells("X").replace(b"X", b"X")
        xml = (
            zipfile.ZipFile(io.BytesIO(data)).read(SHEET).replace(b">X<", f">{text}<".encode("utf-8", "surrogatepass"))
        )
        with pytest.raises(ClientDataError):
            bring(room, repacked(data, **{named(SHEET): xml}), "projects")


def test_a_cell_longer_than_excel_allows_is_refused_at_its_cell(room: Room) -> None:
    """Neither the preview nor a table takes a book in one cell."""
    assert "at most" in refused_words(room, text_cells("x" * 100_000), "A2")


def refused_words(room: Room, content: bytes, cell: str) -> str:
    """Return all that is said of a file that is refused at one cell, which is short."""
    with pytest.raises(ClientDataError) as caught:
        bring(room, content, "projects")
    assert [fault.cell for fault in caught.value.faults] == [cell]
    assert len(str(caught.value)) < 2_000
    return str(caught.value)


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_days_are_those_that_excel_shows_in_both_systems(room: Room, epoch: dt.datetime | None) -> None:
    """Workbooks made on an old Mac count from 1904."""
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    for row in (["Project", "Budget", "End date"], ["a", 1, dt.date(2027, 3, 31)], ["b", 2, dt.datetime(2028, 2, 29)]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    assert column(bring(room, stream.getvalue(), "projects"), "ends") == ["2027-03-31", "2028-02-29"]


def test_names_of_sheets_may_be_anything(room: Room) -> None:
    """Signs of formulas, quotation marks, letters from right to left; the name is told, and found again."""
    for name in ("=cmd|' C'!A0", "'quoted'", "<b>bold</b>", "\u202eabc", "a" * 31, "Ümläut & Söhne"):
        book = openpyxl.Workbook()
        book.active.title = "x"
        for row in (HEAD, *ROWS):
            book.active.append(row)
        stream = io.BytesIO()
        book.save(stream)
        xml = zipfile.ZipFile(io.BytesIO(stream.getvalue())).read("xl/workbook.xml")
        quoted = name.replace("&", "&amp;").replace("<", "&lt;").encode()
        content = repacked(stream.getvalue(), xl__workbook_dot_xml=xml.replace(b'name="x"', b'name="' + quoted + b'"'))
        outcome = bring(room, content, "projects")
        assert outcome.plan.block.sheet.name == name
        assert outcome.is_written


def test_links_by_dde_are_never_followed(room: Room) -> None:
    """A link that starts a program is a part like any other; what Excel stored is read."""
    ns = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    link = f'<externalLink xmlns="{ns}"><ddeLink ddeService="cmd" ddeTopic="/c touch evil"/></externalLink>'
    data = zipfile.ZipFile(io.BytesIO(PLAIN)).read(SHEET)
    formula = data.replace(b"<v>10<", b"<f>cmd|'/c touch evil'!A0</f><v>10<")
    content = repacked(PLAIN, xl__externalLinks__externalLink1_dot_xml=link.encode(), **{named(SHEET): formula})
    outcome = bring(room, content, "projects")
    assert column(outcome, "budget") == ["10", "20"]
    assert any("linked to other workbooks" in remark for remark in outcome.opened.remarks)
    assert not list(room.root.rglob("evil"))


# -- texts -------------------------------------------------------------------------------------------------------------


def test_texts_with_marks_and_mixed_ends_of_lines_are_read(room: Room) -> None:
    """Marks of UTF-8 and UTF-16, ends of Windows, Unix and old Macs in one file, a lone return in quotes."""
    text = 'Project;Budget\r\na;1\nb;2\r"c\rd";3\r\n'
    for encoding in ("utf-8-sig", "utf-16", "utf-8"):
        outcome = bring(room, text.encode(encoding), "projects", file="p.csv")
        assert [(row["project"], row["budget"]) for row in rows_of(outcome)] == [("a", "1"), ("b", "2"), ("c d", "3")]


def test_a_quotation_mark_that_never_closes_is_refused(room: Room) -> None:
    """It would swallow all that follows."""
    assert "cannot be read as CSV" in refused(room, 'Project;Budget\n"a;1\nb;2\n', "p.csv")


def test_binary_data_that_calls_itself_text_is_refused(room: Room) -> None:
    """Programs, pictures, zeros."""
    for content in (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40, b"a;b\n" + b"\x00" * 500, os.urandom(4_000)):
        refused(room, content, "p.csv")


@pytest.mark.parametrize("kind", ["table", "tracker", "survey"])
def test_what_is_no_file_is_wrong_usage(room: Room, kind: str) -> None:
    """A folder, a pipe, a link in a circle or to nothing: nobody waits for a pipe that never ends."""
    places = {name: room.root / name for name in ("folder", "pipe", "circle", "nothing")}
    places["folder"].mkdir()
    os.mkfifo(places["pipe"])
    places["circle"].symlink_to(places["circle"])
    places["nothing"].symlink_to(room.root / "gone")
    room.write("waves.csv", "wave,date\nw1,2026-09-01\n")
    bring_of = {
        "table": lambda path: run_table_import(path, "tiny", "projects", root=room.root),
        "tracker": lambda path: run_tracker_import(path, "tiny", root=room.root),
        "survey": lambda path: run_import(path, "tiny", "w1", b"0" * 40, root=room.root),
    }
    for path in places.values():
        with pytest.raises(UsageError, match="There is no file"):
            bring_of[kind](path)


def test_a_wrong_ending_deceives_nobody(room: Room) -> None:
    """What a file is stands in its first bytes."""
    assert column(bring(room, PLAIN, "projects", file="list.csv"), "budget") == ["10", "20"]
    assert column(bring(room, "Project;Budget\nz;1\n", "projects", file="list.xlsx"), "budget") == ["10", "20", "1"]
    assert "damaged" in refused(room, b"PK\x03\x04" + struct.pack("<H", 20) + b"x" * 400, "list.csv")


def ods_cells(*cells: str, row: str = "") -> bytes:
    """Return an OpenDocument file with a header, a row of projects whose cells are given, and a plain one."""
    texts = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{head}</text:p></table:table-cell>' for head in HEAD
    )
    plain = "<table:table-row>{}</table:table-row>"
    return ods_of(plain.format(texts) + f"<table:table-row{row}>{''.join(cells)}</table:table-row>")


WORD = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
NUMBER = '<table:table-cell office:value-type="float" office:value="7"/>'
FORMULA = 'table:formula="of:=SUM([.C2:.C3])"'


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        pytest.param(
            f"<table:table-cell {FORMULA}/>", "B2: a formula whose result is not stored", id="never calculated"
        ),
        pytest.param(
            f'<table:table-cell {FORMULA} office:value-type="float"/>',
            "B2: a formula whose result is not stored",
            id="kind without value",
        ),
        pytest.param(
            f'<table:table-cell {FORMULA} office:value-type="string" office:string-value="" '
            'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
            'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>',
            "B2: the cell shows #DIV/0!",
            id="error",
        ),
        pytest.param(
            '<table:table-cell office:value-type="float"><text:p>100</text:p></table:table-cell>',
            "B2: a number without its value",
            id="number without value",
        ),
        pytest.param(
            '<table:covered-table-cell office:value-type="float" office:value="7"/>',
            "B2: a value that a merged cell covers",
            id="covered",
        ),
        pytest.param(
            '<table:table-cell office:value-type="currency" office:currency="USD" office:value="7"/>',
            "USD",
            id="another currency",
        ),
    ],
)
def test_what_an_opendocument_cell_does_not_show_is_no_blank(room: Room, cell: str, found: str) -> None:
    """The reader makes a blank, or a plain number, of each."""
    with pytest.raises(ClientDataError, match=re.escape(found)):
        bring(room, ods_cells(WORD.format("a"), cell, NUMBER), "projects", file="a.ods")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(ods_cells(WORD.format('a<text:s text:c="2000000000"/>'), NUMBER), id="blanks"),
        pytest.param(
            ods_cells(WORD.format("a" * 100_000), NUMBER, row=' table:number-rows-repeated="9000"'),
            id="long text, often",
        ),
    ],
)
def test_an_opendocument_file_of_a_few_bytes_takes_no_memory(room: Room, content: bytes) -> None:
    """The reader would lay out what is only said to be repeated."""
    with pytest.raises(ClientDataError, match="its cells hold more than 400,000,000 letters"):
        bring(room, content, "projects", file="a.ods")
