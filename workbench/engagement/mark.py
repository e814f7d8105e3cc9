"""Copies of a client's tables in which every faulty cell is coloured and says what to do.

The client's own files are never touched. Text that looks like a formula stays text.
"""

from __future__ import annotations

import io
import re
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from workbench.engagement.read import detect_delimiter, parquet_damage, text_for_reading
from workbench.engagement.workbooks import workbook_damage
from workbench.errors import Fault

LIST_SHEET = "README faults"
"""First sheet of a copy; reading skips it, so a corrected copy may take the place of the workbook."""

FAULT_FILL = "FFC9B3"
"""Light vermillion that leaves black text readable (ours)."""

MOST_COMMENTS = 5_000
"""Comments beyond this many make Excel slow; the list has all (ours)."""

_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?")
_ROW = re.compile(r"row (\d+)(?:, column (.+))?", re.DOTALL)
_COPY = "-marked.xlsx"
_LIST = "faults.xlsx"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEADINGS = ("where", "what was found", "what is allowed", "what to do")


def mark_engagement(folder: Path, faults: Sequence[Fault], target: Path) -> tuple[Path, ...]:
    """Write a marked copy of every table file with faults; copies of an earlier check go.

    A link that leads out of the client's folder is never opened: what it points at is another's.

    Parameters
    ----------
    folder : Path
        The client's folder.
    faults : sequence of Fault
        As `ClientDataError` carries them; none takes earlier copies away.
    target : Path
        Folder for the copies; made if it is not there.

    Returns
    -------
    tuple of Path
        ``engagement-marked.xlsx`` and ``<table>-marked.xlsx`` for CSV and Parquet files, ``facts-<table>-marked.xlsx``
        for facts. Where no table has a fault, or a file cannot be opened, ``faults.xlsx`` lists them all.
    """
    if target.is_dir():
        for old in (*target.glob(f"*{_COPY}"), target / _LIST):
            old.unlink(missing_ok=True)
    if not faults:
        return ()
    target.mkdir(parents=True, exist_ok=True)
    by_file: dict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_file[fault.file].append(fault)
    written: dict[str, Path] = {}
    for file, own in by_file.items():
        path = _table_file(folder, file)
        if path is None:
            continue
        copy = target / _copy_name(file, {made.name.lower() for made in written.values()})
        if mark_workbook(path, own, copy):
            written[file] = copy
    lists = () if written.keys() == by_file.keys() else (_write_list(faults, target / _LIST),)
    return (*written.values(), *lists)


def _copy_name(file: str, taken: Collection[str]) -> str:
    """Return the name of a table's copy; a number tells products.csv from products.parquet."""
    stem = re.sub(r"[^\w. ()-]", "_", "-".join(Path(file).with_suffix("").parts))
    names = (f"{stem}{f'-{number}' if number > 1 else ''}{_COPY}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name.lower() not in taken)


def _table_file(folder: Path, file: str) -> Path | None:
    """Return the table that a fault names, whatever its capitals; None for what is none, or lies elsewhere."""
    path = folder / file
    if not path.exists() and path.parent.is_dir():
        path = next((entry for entry in path.parent.iterdir() if entry.name.lower() == path.name.lower()), path)
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a link to itself
        return None
    is_table = is_inside and path.is_file() and path.suffix.lower() in (".xlsx", ".csv", ".parquet")
    return path if is_table else None


def mark_workbook(path: Path, faults: Sequence[Fault], target: Path) -> bool:
    """Write a copy of one file in which the faulty cells are coloured and commented.

    Parameters
    ----------
    path : Path
        The client's workbook, CSV or Parquet file.
    faults : sequence of Fault
        Those of this file.
    target : Path
        The copy, an ``.xlsx`` file.

    Returns
    -------
    bool
        False where the file cannot be opened (damaged, or locked with a password).
    """
    if path.resolve() == target.resolve():
        raise ValueError("The copy would replace the client's file.")  # our own mistake, never the client's
    if path.suffix.lower() == ".xlsx":
        return _mark_xlsx(path, faults, target)
    rows, skip = _csv_rows(path) if path.suffix.lower() == ".csv" else (_parquet_rows(path), 0)
    if rows is None:
        return False
    _mark_rows(rows, skip, path.stem, faults, target)
    return True


# -- workbooks ---------------------------------------------------------------------------------------------------------


def _mark_xlsx(path: Path, faults: Sequence[Fault], target: Path) -> bool:
    import openpyxl
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    from workbench.engagement.workbooks import open_workbook

    content = path.read_bytes()
    opened, _ = open_workbook(content, path.name)
    if opened is None:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells which of Excel's newer ornaments the copy will lack
            book = openpyxl.load_workbook(io.BytesIO(content))
    except workbook_damage():
        return False
    fill = PatternFill("solid", fgColor=FAULT_FILL)
    sheets = {sheet.title for sheet in book.worksheets}
    notes: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.sheet in sheets:
            notes[fault.sheet, _address(fault.cell)].append(fault)
    for number, ((sheet, address), own) in enumerate(notes.items()):
        area = book[sheet][address]
        cells = [cell for row in area for cell in row] if isinstance(area, tuple) else [area]
        plain = [cell for cell in cells if not isinstance(cell, MergedCell)]
        for cell in plain[:1_000]:
            cell.fill = fill
        if plain and number < MOST_COMMENTS:
            told = _comment(own)
            before = plain[0].comment
            text = f"{told}\n\n{before.text}" if before is not None else told
            plain[0].comment = Comment(text, "workbench", width=380, height=_height(text))
    listed = book.create_sheet(LIST_SHEET, 0)
    _fill_list(listed, faults, sheets)
    book.active = 0
    for sheet_ in book.worksheets[1:]:
        sheet_.sheet_view.tabSelected = False
    stream = io.BytesIO()
    try:
        book.save(stream)
    except workbook_damage():  # a picture or a format that openpyxl took in unread
        return False
    target.write_bytes(stream.getvalue())
    return True


def _fill_list(sheet: Any, faults: Iterable[Fault], sheets: set[str]) -> None:
    """Write the list of faults with openpyxl; client text is always a string, never a formula."""
    from openpyxl.styles import Alignment, Font

    for column, (heading, width) in enumerate(zip(_HEADINGS, (40, 60, 50, 60), strict=True), start=1):
        cell = sheet.cell(1, column, heading)
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
    for row, fault in enumerate(faults, start=2):
        for column, text in enumerate(_told(fault), start=1):
            cell = sheet.cell(row, column)
            cell.value = text
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if fault.sheet in sheets:
            place = sheet.cell(row, 1)
            place.hyperlink = f"#'{fault.sheet.replace(chr(39), chr(39) * 2)}'!{_address(fault.cell)}"
            place.font = Font(underline="single", color="0072B2")
    sheet.freeze_panes = "A2"


def _address(cell: str) -> str:
    """Return the cells that a fault's place names: an address, a whole row's first cell, else A1."""
    match = _CELL.match(cell)
    if match:
        return match.group(0)
    row = _ROW.match(cell)
    return f"A{row.group(1)}" if row else "A1"


# -- CSV and Parquet ---------------------------------------------------------------------------------------------------


def _csv_rows(path: Path) -> tuple[list[list[Any]] | None, int]:
    """Return a CSV file's rows as they would stand in Excel, and how many stand above the header.

    However its encoding turns out; None where it cannot be read as CSV.
    """
    import csv

    text = text_for_reading(path.read_bytes())
    delimiter, skip = detect_delimiter(text, set())
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), skip
    except csv.Error:
        return None, 0


def _parquet_rows(path: Path) -> list[list[Any]] | None:
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        columns = [column.to_pylist() for column in table.columns]
    except parquet_damage():
        return None
    return [list(table.column_names), *map(list, zip(*columns, strict=True))]


def _mark_rows(rows: list[list[Any]], skip: int, table: str, faults: Sequence[Fault], target: Path) -> None:
    """Write the rows as text, with the faulty cells coloured and commented."""
    import xlsxwriter

    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False})
    marked = book.add_format({"bg_color": f"#{FAULT_FILL}", "num_format": "@"})
    bold, plain = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
    _write_list_sheet(book, faults)
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", "_", _UNWRITABLE.sub("_", table))[:31] or "table")
    header = [str(name).strip() for name in rows[skip]] if len(rows) > skip else []
    notes: dict[tuple[int, int], list[Fault]] = defaultdict(list)
    for fault in faults:
        notes[_place_of(fault.cell, header)].append(fault)
    width = max(map(len, rows), default=1)
    for number, row in enumerate(rows):
        for place in range(width):
            value = row[place] if place < len(row) else None
            shape = marked if (number, place) in notes else bold if number == 0 else plain
            if value is None or value == "":
                if (number, place) in notes:
                    sheet.write_blank(number, place, None, shape)
            else:
                sheet.write_string(number, place, str(value)[:32_767], shape)
    for (number, place), own in list(notes.items())[:MOST_COMMENTS]:
        text = _comment(own)
        sheet.write_comment(number, place, text, {"width": 380, "height": _height(text), "author": "workbench"})
    sheet.set_column(0, max(0, width - 1), 18)
    sheet.freeze_panes(1, 0)
    book.close()


def _place_of(cell: str, header: list[str]) -> tuple[int, int]:
    """Return row and column, from 0, of a place such as ``row 14, column d07_2``."""
    match = _ROW.match(cell)
    if not match:
        return 0, 0
    name = match.group(2) or ""
    column = header.index(name) if name in header else int(name) - 1 if name.isdigit() else 0
    return int(match.group(1)) - 1, column


def _write_list(faults: Sequence[Fault], target: Path) -> Path:
    import xlsxwriter

    book = xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False})
    _write_list_sheet(book, faults)
    book.close()
    return target


def _write_list_sheet(book: Any, faults: Iterable[Fault]) -> None:
    sheet = book.add_worksheet(LIST_SHEET)
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for column, (heading, width) in enumerate(zip(_HEADINGS, (40, 60, 50, 60), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, bold)
    for row, fault in enumerate(faults, start=1):
        for column, text in enumerate(_told(fault)):
            sheet.write_string(row, column, text[:32_767], wrap)
    sheet.freeze_panes(1, 0)


def _told(fault: Fault) -> tuple[str, ...]:
    """Return a fault as the list says it, without what no workbook can hold."""
    place = ", ".join(part for part in (fault.file, fault.sheet, fault.cell) if part)
    return tuple(_UNWRITABLE.sub("\ufffd", text) for text in (place, fault.found, fault.allowed, fault.remedy))


def _comment(faults: Iterable[Fault]) -> str:
    told = "\n\n".join(f"{fault.found}.\nAllowed: {fault.allowed}\n{fault.remedy}" for fault in faults)
    return _UNWRITABLE.sub("\ufffd", told)[:8_000]


def _height(text: str) -> int:
    return min(600, 30 + 18 * sum(1 + len(line) // 55 for line in text.splitlines()))
