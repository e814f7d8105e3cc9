"""What OpenDocument and binary workbooks say beside their values: how far a sheet reaches, and what is hidden in it."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree  # nosec: document types are refused before parsing

from workbench.engagement.intake.formats import CellFormat


@dataclass(frozen=True, eq=False)
class Looks:
    """What the parts of a file say of one sheet."""

    reach: int = 0
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    unseen: Mapping[tuple[int, int], str] = field(default_factory=dict)
    formats: Mapping[tuple[int, int], CellFormat] = field(default_factory=dict)
    percent: frozenset[int] = frozenset()
    currencies: frozenset[tuple[int, str]] = frozenset()


# -- OpenDocument ------------------------------------------------------------------------------------------------------


LARGEST_TEXT = 400_000_000
"""Letters of all cells, repeated ones as often as they are repeated; more would not unpack either (ours)."""

MOST_UNSEEN = 1_000_000
"""Cells without their value that are each noted (ours)."""

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_VALUES = {"float": "value", "currency": "value", "percentage": "value", "date": "date-value", "time": "time-value"}
"""Kind of a cell → the attribute that holds its value (OpenDocument 1.3 part 3, 19.385)."""


def look_at_ods(content: bytes) -> dict[str, Looks]:
    """Return what an OpenDocument file says of each sheet: its reach, and what nobody sees in it.

    A row or a cell may say that it is repeated a million times; the reader would lay all of them out.
    """
    found: dict[str, Looks] = {}
    sheet = _OdsSheet()
    letters = 0
    with zipfile.ZipFile(io.BytesIO(content)) as packed, packed.open("content.xml") as stream:
        for event, element in ElementTree.iterparse(stream, events=("start", "end")):  # noqa: S314 - see package_faults
            tag = element.tag.rpartition("}")[2]
            held = {key.rpartition("}")[2]: value for key, value in element.attrib.items() if not key.startswith(_CALC)}
            if event == "start":
                if tag == "table":
                    sheet = _OdsSheet(held.get("name", ""))
                elif tag == "table-row":
                    sheet.begin_row(held)
                continue
            if tag == "table-column":
                sheet.add_columns(held)
            elif tag in ("table-cell", "covered-table-cell"):
                letters += sheet.add_cell(element, held, is_covered=tag != "table-cell")
                if letters > LARGEST_TEXT:
                    raise ValueError(f"its cells hold more than {LARGEST_TEXT:,} letters")
                element.clear()
            elif tag == "table-row":
                sheet.end_row(held)
                element.clear()
            elif tag == "table":
                found[sheet.name] = sheet.looks()
                element.clear()
    return found


class _OdsSheet:
    """What is said of a sheet, as its XML passes by."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.row = self.column = self.column_at = self.width = self.height = self.times = 0
        self.is_filled = False
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.unseen: dict[tuple[int, int], str] = {}
        self.percent: set[int] = set()
        self.currencies: set[tuple[int, str]] = set()

    def begin_row(self, held: Mapping[str, str]) -> None:
        self.column, self.is_filled = 0, False
        self.unseen_here: dict[int, str] = {}
        self.times = int(held.get("number-rows-repeated", 1))

    def add_columns(self, held: Mapping[str, str]) -> None:
        count = int(held.get("number-columns-repeated", 1))
        if held.get("visibility") in ("collapse", "filter"):
            self.hidden_columns.update(range(self.column_at, min(self.column_at + count, 16_384)))
        self.column_at += count

    def add_cell(self, element: ElementTree.Element, held: Mapping[str, str], *, is_covered: bool) -> int:
        """Note a cell, and return how many letters the reader would make of it."""
        count = int(held.get("number-columns-repeated", 1))
        first, self.column = self.column, self.column + count
        kind = held.get("value-type", "")
        if not kind and not len(element) and "formula" not in held:
            return 0
        self.is_filled, self.width = True, max(self.width, self.column)
        places = range(first, min(self.column, 16_384))
        if (unseen := _unseen(element, held, kind, is_covered=is_covered)) is not None:
            self.unseen_here |= dict.fromkeys(places, unseen)
        if kind in ("percentage", "currency"):
            if kind == "percentage":
                self.percent.update(places)
            elif held.get("currency"):
                self.currencies.update((place, held["currency"]) for place in places)
        if count * self.times == 1 and not any(map(len, element)):
            return 0  # no more than there is in the file
        letters = 0
        for part in element.iter():
            blanks = int(part.get(f"{_TEXT}c", 1)) if part.tag == f"{_TEXT}s" else 0
            letters += max(blanks, 0) + len(part.text or "") + len(part.tail or "")
        return letters * max(count, 0) * max(self.times, 0)

    def end_row(self, held: Mapping[str, str]) -> None:
        if held.get("visibility") in ("collapse", "filter") and self.is_filled:
            self.hidden_rows.update(range(self.row, min(self.row + self.times, 1_048_576)))
        rows = range(self.row, self.row + self.times) if self.unseen_here else ()
        for row in rows:
            if len(self.unseen) > MOST_UNSEEN:
                raise ValueError(f"more than {MOST_UNSEEN:,} cells have no value")
            self.unseen |= {(row, column): text for column, text in self.unseen_here.items()}
        self.row += self.times
        self.height = self.row if self.is_filled else self.height

    def looks(self) -> Looks:
        rows, columns = frozenset(self.hidden_rows), frozenset(self.hidden_columns)
        shown = frozenset(self.percent), frozenset(self.currencies)
        return Looks(self.width * self.height, rows, columns, self.unseen, {}, *shown)


def _unseen(element: ElementTree.Element, held: Mapping[str, str], kind: str, *, is_covered: bool) -> str | None:
    """Return what stands in a cell that would be read as blank, or that nobody sees; None where all is seen."""
    if element.get(f"{_CALC}value-type") == "error":
        return "".join(element.itertext())[:20] or "#ERROR"
    wanted = _VALUES.get(kind, "")
    is_there = wanted in held if wanted else bool(kind)
    if is_covered:
        return "a value that a merged cell covers" if wanted or "".join(element.itertext()).strip() else None
    if "formula" in held and not is_there:
        return ""
    return f"a {'number' if kind == 'float' else kind} without its value" if wanted and not is_there else None


# -- binary workbooks of Excel -----------------------------------------------------------------------------------------

_ROW, _COLUMN, _SHEET = 0, 60, 156
_CELLS = frozenset(range(2, 12))  # MS-XLSB 2.3.1: BrtCellRk to BrtFmlaError; 1 is a formatted blank


def look_at_xlsb(content: bytes) -> dict[str, Looks]:
    """Return what a binary workbook says of each sheet: its reach, hidden rows and hidden columns (MS-XLSB)."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        targets = {
            item.get("Id", ""): item.get("Target", "")
            for item in ElementTree.fromstring(packed.read("xl/_rels/workbook.bin.rels"))  # noqa: S314 - checked before
        }
        for kind, data in _records(packed.read("xl/workbook.bin")):
            if kind == _SHEET:
                relation, at = _text(data, 8)
                name, _ = _text(data, at)
                part = f"xl/{targets.get(relation, '')}".replace("xl//xl/", "xl/")
                if part in packed.namelist():
                    found[name] = _look_at_records(packed.read(part))
    return found


def _look_at_records(data: bytes) -> Looks:
    rows: set[int] = set()
    columns: set[int] = set()
    row = width = height = 0
    for kind, held in _records(data):
        if kind == _ROW:
            row = struct.unpack_from("<I", held)[0]
            if len(held) > 11 and held[11] & 0x10:
                rows.add(row)
        elif kind in _CELLS:
            width = max(width, struct.unpack_from("<I", held)[0] + 1)
            height = max(height, row + 1)
        elif kind == _COLUMN and len(held) >= 18 and held[16] & 1:
            first, last = struct.unpack_from("<II", held)
            columns.update(range(first, min(last, 16_383) + 1))
    return Looks(width * height, frozenset(rows), frozenset(columns))


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind and content of each record: both numbers in seven bits a byte (MS-XLSB 2.1.4)."""
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80 and at < end:
            kind, at = (kind & 0x7F) | (data[at] << 7), at + 1
        size = shift = 0
        while at < end:
            part = data[at]
            at += 1
            size |= (part & 0x7F) << shift
            shift += 7
            if not part & 0x80 or shift > 21:
                break
        yield kind, data[at : at + size]
        at += size


def _text(data: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", data, at)[0]
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le"), end
