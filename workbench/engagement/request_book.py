"""The data request as a workbook: a sheet for each function, with what, why, a sample, by when, by whom and whereto."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from workbench.engagement.mailing import OPTIONS, add_sheet, columns_of, formats_of, height_of, write_row
from workbench.engagement.request import DataRequest, Item
from workbench.theme import counted

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

TABLES = {
    "Table": 20.0, "What one row is": 34.0, "Why we ask": 36.0, "Needed": 14.0, "Due": 12.0, "Owner": 18.0,
    "Where it goes": 30.0, "How it stands": 22.0,
}  # fmt: skip
COLUMNS = ("Table", "Column", "What goes in", "", "Needed", "A sample", "", "")
FIRST_ROW = 3
"""Title, what to do and an empty row stand above the header."""


def request_bytes(request: DataRequest) -> bytes:
    """Return the workbook."""
    from xlsxwriter import Workbook

    held = io.BytesIO()
    book = Workbook(held, OPTIONS)
    book.set_properties({"title": f"Data request to {request.client}"})
    formats = formats_of(book)
    for function in request.functions:
        items = [item for item in request.items if item.function == function]
        _write_function(add_sheet(book, function, list(TABLES.values())), request, function, items, formats)
    book.close()
    return held.getvalue()


def _write_function(
    sheet: Worksheet, request: DataRequest, function: str, items: list[Item], formats: dict[str, Format]
) -> None:
    heads, widths = columns_of(TABLES)
    missing = [item for item in items if item.rows is None]
    needed = sum(item.is_missing for item in missing)
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, f"{request.client}: what we ask of {function}", formats["title"])
    words = f"{len(missing)} of {counted(len(items), 'table')} {'has' if len(missing) == 1 else 'have'} not arrived; "
    words += f"{needed} of {'it' if len(missing) == 1 else 'them'} {'is' if needed == 1 else 'are'} needed. "
    words += "Send your own files as they are: we read your layout. Dates as 2026-09-30, no names or pay of people."
    sheet.write_string(1, 0, words, formats["quiet"])
    for place, head in enumerate(heads):
        sheet.write_string(FIRST_ROW, place, head, formats["head"])
    row = FIRST_ROW + 1
    for item in sorted(items, key=lambda item: item.rows is not None):
        cells = _cells(item)
        plain = formats["wrap"] if item.rows is None else formats["grey"]
        shapes = [formats["strong"] if item.rows is None else plain, *[plain] * 3, formats["date"], *[plain] * 3]
        write_row(sheet, row, cells, shapes, height_of(cells, widths))
        row += 1
    if missing:
        row = _write_samples(sheet, row + 1, missing, widths, formats)
    sheet.freeze_panes(FIRST_ROW + 1, 1)
    sheet.print_area(0, 0, row - 1, len(heads) - 1)


def _write_samples(
    sheet: Worksheet, row: int, items: list[Item], widths: list[float], formats: dict[str, Format]
) -> int:
    """Write what goes into each column of the tables that have not arrived."""
    sheet.set_row(row, 20)
    for place in range(len(widths)):
        sheet.write_blank(row, place, None, formats["section"])
    sheet.write_string(row, 0, "What each column holds, with a sample row", formats["section"])
    row += 1
    for place, head in enumerate(COLUMNS):
        sheet.write_string(row, place, head, formats["head"])
    sheet.merge_range(row, 2, row, 3, "What goes in", formats["head"])
    sheet.merge_range(row, 5, row, 7, "A sample", formats["head"])
    row += 1
    for item in items:
        for place, column in enumerate(item.columns):
            row = _write_column(sheet, row, item, place, column, widths, formats)
    return row


def _cells(item: Item) -> list[Any]:
    if item.rows is None:
        stands = "not here yet"
    else:
        rows = f", {item.rows:,} row{'' if item.rows == 1 else 's'}" if item.rows else ""
        faults = f"; {item.faults} fault{'' if item.faults == 1 else 's'}" if item.faults else ""
        stands = f"arrived: {item.file}{rows}{faults}"
    stands = f"{stands}. {item.note}" if item.note else stands
    needed = "needed" if item.is_needed else "makes it better"
    due = None if item.rows is not None else item.due if item.due is not None else "to be agreed"
    return [
        item.table,
        item.what,
        item.why,
        needed,
        due,
        item.owner or ("to be named" if item.rows is None else ""),
        item.where,
        stands,
    ]


def _write_column(
    sheet: Worksheet, row: int, item: Item, place: int, column: Any, widths: list[float], formats: dict[str, Format]
) -> int:
    wrap, grey = formats["wrap"], formats["grey"]
    words = column.words or ""
    height = max(height_of([column.name, words], [widths[1], widths[2] + widths[3]]), 18.0)
    cells = [item.table if not place else "", column.name, words, "", "needed" if column.is_needed else "", "", "", ""]
    write_row(sheet, row, cells, [formats["strong"], wrap, wrap, wrap, grey, wrap, wrap, wrap], height)
    sheet.merge_range(row, 2, row, 3, "", wrap)
    sheet.write_string(row, 2, words, wrap)
    sheet.merge_range(row, 5, row, 7, "", grey)
    sheet.write_string(row, 5, column.sample, grey)
    return row + 1
