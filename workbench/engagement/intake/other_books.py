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


def look_at_ods(content: bytes) -> dict[str, Looks]:
    """Return what an OpenDocument file says of each sheet: its reach, and what is hidden or filtered out.

    A row or a cell may say that it is repeated a million times; the reader would lay all of them out.
    """
    found: dict[str, Looks] = {}
    name, row, column, width, height = "", 0, 0, 0, 0
    is_filled = False
    hidden_rows: set[int] = set()
    hidden_columns: set[int] = set()
    column_at = 0
    with zipfile.ZipFile(io.BytesIO(content)) as packed, packed.open("content.xml") as stream:
        for event, element in ElementTree.iterparse(stream, events=("start", "end")):  # noqa: S314 - see package_faults
            tag = element.tag.rpartition("}")[2]
            held = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
            is_hidden = held.get("visibility") in ("collapse", "filter")
            if event == "start":
                if tag == "table":
                    name, row, column_at, width, height = held.get("name", ""), 0, 0, 0, 0
                    hidden_rows, hidden_columns = set(), set()
                elif tag == "table-row":
                    column, is_filled = 0, False
                continue
            if tag == "table-column":
                count = int(held.get("number-columns-repeated", 1))
                if is_hidden:
                    hidden_columns.update(range(column_at, min(column_at + count, 16_384)))
                column_at += count
            elif tag in ("table-cell", "covered-table-cell"):
                column += int(held.get("number-columns-repeated", 1))
                if "value-type" in held or len(element):
                    is_filled, width = True, max(width, column)
                element.clear()
            elif tag == "table-row":
                count = int(held.get("number-rows-repeated", 1))
                if is_hidden and is_filled:
                    hidden_rows.update(range(row, min(row + count, 1_048_576)))
                row += count
                height = row if is_filled else height
                element.clear()
            elif tag == "table":
                found[name] = Looks(width * height, frozenset(hidden_rows), frozenset(hidden_columns))
                element.clear()
    return found


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
