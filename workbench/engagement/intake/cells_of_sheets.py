"""What a client's own sheet holds, from A1 on, and what a reader of values alone would not see.

Values come from calamine; what it does not tell is looked up in the file's parts: hidden rows and columns, errors,
formulas whose result was never stored, and number formats that say k€ or % beside a number that does not. calamine
makes room for every cell up to the last one without a bound (tafia/calamine#693), so the reach is measured first.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.engagement.intake.formats import CellFormat, read_formats
from workbench.engagement.intake.old_books import look_at_xls
from workbench.engagement.intake.other_books import Looks, look_at_ods, look_at_xlsb
from workbench.engagement.read import LARGEST_AREA, column_letters
from workbench.engagement.workbooks import sheet_parts, workbook_damage
from workbench.errors import ClientDataError, Fault

_EXACT = 2**53  # whole numbers up to here are exact in a float
_BLOCK = 1 << 21  # bytes of a sheet that are looked at together
_LONGEST_ROW = 64_000_000  # bytes; a row of Excel holds 16,384 cells of 32,767 letters at most, and never does
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb"\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_NARROW = re.compile(rb"\b(?:width|ht)\s*=\s*[\"']0(?:\.0*)?[\"']")
_NUMBER = re.compile(rb"\br\s*=\s*[\"'](\d{1,9})")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_SPAN = re.compile(rb"\b(min|max)\s*=\s*[\"'](\d{1,9})")
_LETTERS = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)\d")
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_AT = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,4})(\d{1,9})[\"']")
_STYLE = re.compile(rb"\bs\s*=\s*[\"'](\d+)[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]*)<")
_FILLED = re.compile(rb"<(?:\w+:)?(?:f|v|is)\b")


@dataclass(frozen=True, eq=False)
class SheetCells:
    """A sheet, or a file of text, as rows of values.

    Attributes
    ----------
    name : str
        Empty for a file of text.
    rows : list of list
        From A1 on; None is blank, text has no outer spaces.
    is_hidden : bool
        The sheet itself is.
    merged : tuple of ((int, int), (int, int))
        First and last row and column of each merged area, from 0.
    hidden_rows, hidden_columns : frozenset of int
        From 0.
    unseen : mapping of (int, int) to str
        Row and column, from 0, of errors and of formulas without a result → what stands there.
    formats : mapping of (int, int) to CellFormat
        Cells whose number format says a unit, or divides by thousands.
    percent : frozenset of int
        Columns with numbers that are shown as percent.
    currencies : frozenset of (int, str)
        Column and a currency that its number formats show.
    """

    name: str
    rows: list[list[Any]] = field(repr=False)
    is_hidden: bool = False
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    unseen: Mapping[tuple[int, int], str] = field(default_factory=dict)
    formats: Mapping[tuple[int, int], CellFormat] = field(default_factory=dict)
    percent: frozenset[int] = frozenset()
    currencies: frozenset[tuple[int, str]] = frozenset()

    def address(self, row: int, column: int | None = None) -> str:
        """Return how a cell or a row is called: ``C7`` in a workbook, ``row 7, column 3`` in a text."""
        if column is None:
            return f"row {row + 1}"
        return f"{column_letters(column)}{row + 1}" if self.name else f"row {row + 1}, column {column + 1}"


def say_unseen(text: str) -> str:
    """Return what is said of an entry of `SheetCells.unseen`."""
    if not text:
        return "a formula whose result is not stored in the file"
    return f"the cell shows {text}" if text.startswith(("#", "Err:", "an error")) else text


def read_book(content: bytes, file: str, kind: str, wanted: Callable[[str, bool], bool]) -> tuple[SheetCells, ...]:
    """Return the sheets of a workbook; of those not wanted the name alone.

    Parameters
    ----------
    content : bytes
    file : str
    kind : str
        ``xlsx``, ``xlsb``, ``ods`` or ``xls``.
    wanted : callable
        Name of a sheet and whether it is hidden → whether to read its cells.

    Raises
    ------
    ClientDataError
        It is damaged, locked, or reaches over more cells than memory should hold.
    """
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        if kind == "xlsx":
            looks = _looks_of_xml(content)
        else:
            told = {"ods": look_at_ods, "xlsb": look_at_xlsb, "xls": look_at_xls}[kind](content)
            reach = max((held.reach for held in told.values()), default=0)
            if reach > LARGEST_AREA:  # the reader may lay all sheets out when it opens
                raise ClientDataError((_too_far(file, "", reach),))
            looks = told.__getitem__  # a sheet of which nothing can be said is damage
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        found: list[SheetCells] = []
        named = [sheet.name.casefold() for sheet in book.sheets_metadata]
        if len(set(named)) < len(named):  # Excel allows none: what is hidden in one would be looked up in the other
            raise ValueError("a name of a sheet stands there more than once")
        for sheet in book.sheets_metadata:
            is_hidden = sheet.visible != SheetVisibleEnum.Visible
            if sheet.typ != SheetTypeEnum.WorkSheet or not wanted(sheet.name, is_hidden):
                found.append(SheetCells(sheet.name, [], is_hidden))
                continue
            seen = looks(sheet.name)
            if seen.reach > LARGEST_AREA:
                raise ClientDataError((_too_far(file, sheet.name, seen.reach),))
            cells = book.get_sheet_by_name(sheet.name)
            merged = tuple(cells.merged_cell_ranges or ()) if kind in ("xlsx", "xls") else ()
            left: list[Any] = [None] * (cells.start[1] if cells.start else 0)
            rows = [left + _plain_row(row) for row in cells.iter_rows()]
            found.append(
                SheetCells(
                    sheet.name,
                    rows,
                    is_hidden,
                    merged,
                    seen.hidden_rows,
                    seen.hidden_columns,
                    seen.unseen,
                    seen.formats,
                    seen.percent,
                    seen.currencies,
                )
            )
    except workbook_damage() as error:
        raise ClientDataError((_damaged(file, error),)) from None
    except BaseException as error:  # the reader is written in Rust; where it gives up, no Exception comes
        if type(error).__name__ != "PanicException":
            raise
        raise ClientDataError((_damaged(file, ValueError("its parts contradict each other")),)) from None
    return tuple(found)


def _plain_row(row: list[Any]) -> list[Any]:
    """Return blank for what Excel uses as blank, text without outer spaces, whole numbers as int."""
    return [
        (cell.strip() or None)
        if (kind := type(cell)) is str
        else int(cell)
        if kind is float and cell.is_integer() and -_EXACT < cell < _EXACT
        else cell
        for cell in row
    ]


def _damaged(file: str, error: Exception) -> Fault:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "assword" in said:
        found, remedy = "the workbook is locked with a password", "Ask for it without the password."
    else:
        found = f"the workbook is damaged, or was still being saved ({said[:120]})"
        remedy = "Open it in Excel, save it again as .xlsx, and import that."
    return Fault(file, "", "", found, "a workbook that anyone may open.", remedy)


def _too_far(file: str, sheet: str, reach: int) -> Fault:
    found = f"the sheet reaches over {reach:,} cells; something stands far away from the table"
    remedy = "Press Ctrl+End, delete the rows and columns beyond the table and save; or save the table as CSV."
    return Fault(file, sheet, "", found, f"at most {LARGEST_AREA:,} cells.", remedy)


def _looks_of_xml(content: bytes) -> Callable[[str], Looks]:
    """Return a function from a sheet's name to what its XML says, which is looked at when it is asked for."""
    packed = zipfile.ZipFile(io.BytesIO(content))
    parts = sheet_parts(packed)
    formats = read_formats(packed)
    return lambda name: look_at_xml(packed, parts[name], formats)  # a sheet without a part is damage


# -- xlsx --------------------------------------------------------------------------------------------------------------


def look_at_xml(packed: zipfile.ZipFile, part: str, formats: Mapping[int, CellFormat]) -> Looks:
    """Return what a sheet's XML says beside its values, without ever holding all of it.

    Parameters
    ----------
    packed : ZipFile
    part : str
        File within it.
    formats : mapping of int to CellFormat
        Style → what its number format says, for those that say something.
    """
    letters: set[bytes] = set()
    hidden_rows: set[int] = set()
    hidden_columns: set[int] = set()
    unseen: dict[tuple[int, int], str] = {}
    styled: dict[tuple[int, int], CellFormat] = {}
    percent: set[int] = set()
    currencies: set[tuple[int, str]] = set()
    last = 0
    styles = re.compile(rb"\bs\s*=\s*[\"'](?:" + b"|".join(b"%d" % key for key in formats) + rb")[\"']")
    for block in _blocks(packed, part):
        if not last:
            for attributes in _COLUMN.findall(block.partition(b"<sheetData")[0]):
                if _HIDDEN.search(attributes) or _NARROW.search(attributes):
                    span = {name: int(number) for name, number in _SPAN.findall(attributes)}
                    if span.get(b"min", 0) and span.get(b"max", 0) <= 16_384:
                        hidden_columns.update(range(span[b"min"] - 1, span.get(b"max", 0)))
        letters.update(_LETTERS.findall(block))
        for attributes in _ROW.findall(block):
            number = _NUMBER.search(attributes)
            last = int(number.group(1)) if number else last + 1
            if (b"hidden" in attributes and _HIDDEN.search(attributes)) or (
                b"ht" in attributes and _NARROW.search(attributes)
            ):
                hidden_rows.add(last - 1)
        is_odd = b"<f" in block or b":f>" in block or b't="e"' in block or b"t='e'" in block
        if is_odd or (formats and styles.search(block)):
            _look_at_cells(block, formats, unseen, styled, percent, currencies)
    width = max((_place(held) + 1 for held in letters), default=0)
    reach = width * last
    if reach > LARGEST_AREA:
        reach = _filled_reach(packed, part)
    shown = (frozenset(hidden_rows), frozenset(hidden_columns), unseen, styled, frozenset(percent))
    return Looks(reach, *shown, frozenset(currencies))


def _blocks(packed: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield a sheet's XML in pieces that end where a row ends."""
    rest = b""
    with packed.open(part) as stream:
        while piece := stream.read(_BLOCK):
            rest += piece
            end = rest.rfind(b"</row>")
            end = end if end >= 0 else rest.rfind(b"row>")
            if end < 0:
                if len(rest) > _LONGEST_ROW:
                    raise ValueError("a row without an end")
                continue
            yield rest[:end]
            rest = rest[end:]
    yield rest


def _look_at_cells(
    block: bytes,
    formats: Mapping[int, CellFormat],
    unseen: dict[tuple[int, int], str],
    styled: dict[tuple[int, int], CellFormat],
    percent: set[int],
    currencies: set[tuple[int, str]],
) -> None:
    """Note errors, formulas without a result, and cells whose format says a unit."""
    for attributes, inside in _CELL.findall(block):
        is_error = b't="e"' in attributes or b"t='e'" in attributes
        if inside and (is_error or b"<f" in inside or b":f" in inside):
            value = _VALUE.search(inside)
            at = _AT.search(attributes)
            if at is None:
                continue
            if is_error:
                shown = value.group(1).decode("utf-8", "replace") if value else "an error"
                unseen[int(at.group(2)) - 1, _place(at.group(1))] = shown
            elif (value is None or not value.group(1)) and b"str" not in attributes:
                unseen[int(at.group(2)) - 1, _place(at.group(1))] = ""
        style = _STYLE.search(attributes) if formats else None
        held = formats.get(int(style.group(1))) if style is not None else None
        if held is not None and inside and b't="s"' not in attributes:
            at = _AT.search(attributes)
            if at is None:
                continue
            place = (int(at.group(2)) - 1, _place(at.group(1)))
            if held.is_percent:
                percent.add(place[1])
            elif held.divisor != 1 or (held.unit is not None and held.unit.factor != 1):
                styled[place] = held
            if held.unit is not None and held.unit.currency:
                currencies.add((place[1], held.unit.currency))


def _filled_reach(packed: zipfile.ZipFile, part: str) -> int:
    """Return how many cells lie between A1 and the last one that holds anything; formatted blanks do not count."""
    width = height = row = 0
    for block in _blocks(packed, part):
        for attributes, inside in _CELL.findall(block):
            if inside and _FILLED.search(inside):
                at = _AT.search(attributes)
                row = int(at.group(2)) if at else row + 1
                width, height = max(width, _place(at.group(1)) + 1 if at else 1), max(height, row)
    return width * height


def _place(letters: bytes) -> int:
    number = 0
    for letter in letters[:6].upper():
        number = number * 26 + letter - 64
    return number - 1
