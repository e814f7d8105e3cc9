"""A client's Excel workbooks: opened without trusting them, and read as raw tables whose cells know where they stand.

Formula and error cells are looked up in a sheet's XML only where it holds any, because calamine, which reads ten times
faster than openpyxl, shows both as blanks.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from xml.etree import ElementTree  # nosec: document types are refused before parsing

from workbench.engagement.read import HEADER_ROWS, LARGEST_AREA, RawTable, column_letters, raw_table
from workbench.errors import Fault

LARGEST_UNPACKED = 400_000_000
"""Bytes of a workbook once unpacked; more is taken for a trap or for facts that belong into CSV or Parquet (ours)."""

_BEYOND = 1_048_576 * 16_384  # the cells of a whole sheet of Excel
_DEFLATE_RATIO = 1_032  # the most that deflate can pack (zlib, technical details): 1032 to 1
_OPEN_WORKBOOK = "an Excel workbook (.xlsx) that anyone may open."
_ROW_XML = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\br\s*=\s*[\"'](\d+)")
_FILLED_XML = re.compile(rb"<(?:\w+:)?c(?:\s([^<>]*[^/<>]))?\s*>\s*<(?:\w+:)?(?:f|v|is)\b")
_UNSEEN_XML = re.compile(rb"<(?:\w+:)?f\b|\bt\s*=\s*[\"']e[\"']")
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)(\d+)[\"']")


class Workbook:
    """An opened ``engagement.xlsx``; use `open_workbook`.

    Attributes
    ----------
    file : str
        Its path as the client knows it.
    sheets : tuple of str
        Names of all sheets, also of hidden ones.
    hidden : frozenset of str
        Those that are hidden.
    cells_seen : dict of str to str or None
        Sheet → SHA-256 of the cells that were read of it; None where nobody asked for that.
    """

    cells_seen: dict[str, str] | None = None

    def __init__(self, content: bytes, file: str) -> None:
        from python_calamine import CalamineWorkbook, SheetVisibleEnum

        self.file = file
        self._content = content
        self._book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        self.sheets = tuple(self._book.sheet_names)
        self.hidden = frozenset(
            sheet.name for sheet in self._book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible
        )
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            self._parts = sheet_parts(packed)

    def read(self, sheet: str, table: str, known: Iterable[str]) -> tuple[RawTable | None, list[Fault]]:
        """Read one sheet; a sheet without a single filled cell is no table and no fault."""
        rows, merged, xml, faults = self._cells(sheet)
        if faults:
            return None, faults
        faults = [self._merged(sheet, area) for area in merged]
        if any(top == 0 for (top, _), _ in merged):
            return None, faults
        if not any(cell is not None for row in rows for cell in row):
            return None, faults
        raw, header_faults = raw_table(rows, self.file, sheet, table, set(known))
        faults += header_faults
        if raw is not None:
            faults += self._formulas(sheet, xml, raw)
        return raw, faults

    def rows(self, sheet: str) -> tuple[list[list[Any]], list[Fault]]:
        """Return the cells of a sheet as they stand, from A1 on, whatever its header is; or why it cannot be read.

        Cells that calamine shows as blanks are faults: formulas without a result, errors, and what is merged below
        the header, of which the highest exports have `HEADER_ROWS`.
        """
        rows, merged, xml, faults = self._cells(sheet)
        if faults:
            return rows, faults
        hidden = [area for area in merged if area[1][0] >= HEADER_ROWS]
        return rows, [*(self._merged(sheet, area) for area in hidden), *self._formulas(sheet, xml)]

    def _cells(self, sheet: str) -> tuple[list[list[Any]], Sequence[Any], bytes, list[Fault]]:
        """Return the cells, merged areas and XML of a sheet, and what keeps it from being read."""
        try:
            xml = self._xml(sheet)
            reach = _filled_area(xml)
            content = self._book.get_sheet_by_name(sheet) if reach <= LARGEST_AREA else None
            cells = content.to_python(skip_empty_area=False) if content is not None else []
            merged = (content.merged_cell_ranges or []) if content is not None else []
        except workbook_damage() as error:
            found, remedy = _damaged(error)
            return [], [], b"", [Fault(self.file, sheet, "", found, "a sheet that Excel can read.", remedy)]
        if reach > LARGEST_AREA:
            found = f"the sheet reaches over {reach:,} cells; something stands far away from the table"
            remedy = "Press Ctrl+End, delete the rows and columns beyond the table and save; or bring the table as CSV."
            return [], [], b"", [Fault(self.file, sheet, "", found, f"at most {LARGEST_AREA:,} cells.", remedy)]
        if self.cells_seen is not None:
            self.cells_seen[sheet] = hashlib.sha256(repr(cells).encode("utf-8", "surrogatepass")).hexdigest()
        return [[_excel_value(cell) for cell in row] for row in cells], merged, xml, []

    def _merged(self, sheet: str, area: tuple[tuple[int, int], tuple[int, int]]) -> Fault:
        (top, left), (bottom, right) = area
        return Fault(
            self.file,
            sheet,
            f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}",
            "the cells are merged",
            "one cell a value" + (", and one header a column." if top == 0 else "."),
            "Select them, press Merge & Center to undo it, and write the value into each cell that it holds for.",
        )

    def _formulas(self, sheet: str, xml: bytes, raw: RawTable | None = None) -> list[Fault]:
        """Return the faults of error cells and of formulas whose result is not stored, in a table's columns or all."""
        if _UNSEEN_XML.search(xml) is None:
            return []
        inside = {column_letters(position) for position in raw.positions} | {""} if raw is not None else None
        faults = []
        try:
            cells = list(_cells_of(xml))
        except workbook_damage() as error:
            found, remedy = _damaged(error)
            return [Fault(self.file, sheet, "", found, "a sheet that Excel can read.", remedy)]
        for address, kind, parts in cells:
            if inside is not None and address.rstrip("0123456789") not in inside:
                continue
            if kind == "e":
                shown = parts.get("v") or "an error"
                remedy = "Mend the formula, or write the value."
                faults.append(Fault(self.file, sheet, address, f"the cell shows {shown}", "a value.", remedy))
            elif "f" in parts and not parts.get("v") and kind != "str":
                faults.append(
                    Fault(
                        self.file,
                        sheet,
                        address,
                        "a formula whose result is not stored in the file",
                        "a value, or a formula that Excel has calculated.",
                        "Open the workbook in Excel, let it calculate, and save; or paste the values.",
                    )
                )
        return faults

    def _xml(self, sheet: str) -> bytes:
        part = self._parts.get(sheet)
        if part is None:
            return b""
        with zipfile.ZipFile(io.BytesIO(self._content)) as packed:
            return packed.read(part)


def open_workbook(content: bytes, file: str) -> tuple[Workbook | None, list[Fault]]:
    """Open a workbook from its bytes, or say why it cannot be read."""
    faults = package_faults(content, file)
    if faults:
        return None, faults
    try:
        return Workbook(content, file), []
    except workbook_damage() as error:
        found, remedy = _damaged(error)
        return None, [Fault(file, "", "", found, _OPEN_WORKBOOK, remedy)]


def package_faults(content: bytes, file: str) -> list[Fault]:
    """Return why a file is no zip that may be opened: empty, locked, damaged, far larger than it looks, or a trap."""

    def fault(found: str, remedy: str) -> list[Fault]:
        return [Fault(file, "", "", found, _OPEN_WORKBOOK, remedy)]

    if not content:
        return fault("the file is empty", "Copy it again from its source.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return fault(
            "the workbook is locked with a password, or in the format of Excel 2003",
            "Remove the password, and save it as .xlsx.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = _unpacked_size(packed, content)
            if size > LARGEST_UNPACKED:
                return fault(
                    f"the workbook unpacks to more than {LARGEST_UNPACKED // 1_000_000} MB",
                    "Bring its large tables as CSV or Parquet files instead.",
                )
            names = [part.casefold() for part in packed.namelist()]
            if len(set(names)) < len(names):
                return fault(
                    "the workbook holds a part more than once, so that two readers see two sheets", "Save it in Excel."
                )
            if any(_has_document_type(packed, part) for part in packed.namelist()):
                return fault("the workbook holds a document type, which Excel never writes", "Save it in Excel.")
    except workbook_damage() as error:
        return fault(*_damaged(error))
    return []


_PROLOGUE = 64_000  # bytes before a document's first element; Excel writes some hundred
_ROOT = re.compile(rb"<[A-Za-z_]")


def _has_document_type(packed: zipfile.ZipFile, part: str) -> bool:
    """Return whether a part begins as XML with a document type, in any encoding that a parser of XML knows."""
    with packed.open(part) as stream:
        head = stream.read(_PROLOGUE).replace(b"\x00", b"")  # of UTF-16 the Latin letters are left
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return False
    return b"<!DOCTYPE" in head or (len(head) * 2 >= _PROLOGUE and _ROOT.search(head) is None)


def workbook_damage() -> tuple[type[Exception], ...]:
    """Return what zip, XML, calamine and openpyxl raise for a file that is no sound workbook."""
    from python_calamine import CalamineError

    return (
        CalamineError,
        SyntaxError,  # among them XML's ParseError
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,  # a compression that nobody uses
        RuntimeError,  # a password on a part
        struct.error,
        ValueError,
        TypeError,
        AttributeError,  # XML whose parts are not where every writer puts them
        LookupError,
        OSError,
        EOFError,
    )


def _damaged(error: Exception) -> tuple[str, str]:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return (
        f"the workbook is damaged, or was still being saved ({said})",
        "Close it everywhere, open it in Excel, save it again and copy it here.",
    )


def _unpacked_size(packed: zipfile.ZipFile, content: bytes) -> int:
    """Return the unpacked size in bytes; counted, not believed, where a lie could hurt."""
    declared = sum(part.file_size for part in packed.infolist())
    if declared > LARGEST_UNPACKED or len(content) * _DEFLATE_RATIO <= LARGEST_UNPACKED:
        return declared
    total = 0
    for part in packed.infolist():
        start = part.header_offset
        names = int.from_bytes(content[start + 26 : start + 28], "little")
        extra = int.from_bytes(content[start + 28 : start + 30], "little")
        data = memoryview(content)[start + 30 + names + extra :][: part.compress_size]
        if part.compress_type == zipfile.ZIP_STORED:
            total += len(data)
            continue
        unpacker = zlib.decompressobj(-15)
        pending: bytes | memoryview = data
        while pending and not unpacker.eof and total <= LARGEST_UNPACKED:
            total += len(unpacker.decompress(pending, 1_000_000))
            pending = unpacker.unconsumed_tail
    return total


def sheet_parts(packed: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet → file within the workbook."""
    parse = ElementTree.fromstring
    relations = {item.get("Id"): item.get("Target", "") for item in parse(packed.read("xl/_rels/workbook.xml.rels"))}
    parts = {}
    names = set(packed.namelist())
    for item in parse(packed.read("xl/workbook.xml")).iter():
        if item.tag.endswith("}sheet"):
            relation = next((value for key, value in item.attrib.items() if key.endswith("}id")), "")
            target = relations.get(relation, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in names:
                parts[item.get("name", "")] = part
    return parts


def _cells_of(xml: bytes) -> Iterator[tuple[str, str | None, dict[str, str]]]:
    """Yield address, type and parts of the cells that calamine may show as blanks."""
    for _, element in ElementTree.iterparse(io.BytesIO(xml)):  # noqa: S314 - document types are refused before
        name = _local(element.tag)
        if name == "c":
            parts = {_local(part.tag): part.text or "" for part in element}
            if "f" in parts or element.get("t") == "e":
                yield element.get("r", ""), element.get("t"), parts
        elif name == "row":
            element.clear()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _filled_area(xml: bytes) -> int:
    """Return how many cells lie between A1 and the last filled one; 0 where that is surely few."""
    places = set(_REFERENCE.findall(xml))
    if any(len(letters) > 3 or len(number) > 7 for letters, number in places):
        return _BEYOND  # no such cell in Excel; calamine would make room for all before it
    reach = _area(places, (int(number) for number in _ROW_XML.findall(xml) if len(number) <= 7))
    if reach <= LARGEST_AREA:
        return 0
    filled = [_REFERENCE.search(attributes) for attributes in _FILLED_XML.findall(xml)]
    if None in filled:  # a cell without an address stands where its row says
        return reach
    return _area({match.groups() for match in filled if match is not None})


def _area(places: Iterable[tuple[bytes, ...]], rows: Iterable[int] = ()) -> int:
    """Return the cells between A1 and the furthest column and row of these."""
    held = list(places)
    columns = {_column_number(letters.upper()) for letters in {letters for letters, _ in held}}
    return max(columns, default=0) * max((*(int(number) for _, number in held), *rows), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _excel_value(cell: Any) -> Any:
    """Blank for Excel's blanks; text without outer spaces; whole numbers as int."""
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell
