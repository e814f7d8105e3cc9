"""Workbooks that are mailed to a client: one look, text that can never become a formula, sheets that print."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.exports.texts import without_addresses
from workbench.theme import BLUE, GRID, INK, PAPER, SLATE

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_NAME = 31
LONGEST_TEXT = 4_000
"""Characters Excel allows in a sheet's name; letters of a client's text that a cell shows (ours)."""

ANSWER = "#FFF6D6"
"""Ground of the cells to fill in: pale, and dark text stays readable on it (ours)."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""Of XlsxWriter: nothing that a client wrote becomes a formula, a link or a number."""


def formats_of(book: Workbook) -> dict[str, Format]:
    """Return every format of such a workbook by what it is for."""
    base: dict[str, Any] = {"font_name": "Calibri", "font_size": 11, "font_color": INK, "valign": "top"}
    line = {"bottom": 1, "bottom_color": GRID}
    shapes: dict[str, dict[str, Any]] = {
        "title": {**base, "bold": True, "font_size": 16},
        "quiet": {**base, "font_color": SLATE},
        "wrap": {**base, **line, "text_wrap": True},
        "grey": {**base, **line, "text_wrap": True, "font_color": SLATE},
        "strong": {**base, **line, "bold": True, "text_wrap": True},
        "head": {**base, "bold": True, "text_wrap": True, "bg_color": BLUE, "font_color": PAPER, "border": 1,
                 "border_color": GRID},
        "section": {**base, "bold": True, "font_size": 13, "top": 1, "top_color": SLATE},
        "date": {**base, **line, "num_format": "yyyy-mm-dd", "align": "left"},
        "answer": {**base, "text_wrap": True, "bg_color": ANSWER, "border": 1, "border_color": SLATE, "locked": False},
        "answer_text": {**base, "text_wrap": True, "bg_color": ANSWER, "border": 1, "border_color": SLATE,
                        "num_format": "@", "locked": False},
        "answer_date": {**base, "bg_color": ANSWER, "border": 1, "border_color": SLATE, "num_format": "yyyy-mm-dd",
                        "align": "left", "locked": False},
    }  # fmt: skip
    return {name: book.add_format(shape) for name, shape in shapes.items()}


def add_sheet(book: Workbook, name: str, widths: Sequence[float]) -> Worksheet:
    """Return a new sheet: landscape A4, one page wide, a name that Excel takes and that is free.

    Parameters
    ----------
    book : Workbook
    name : str
        Shortened, and numbered where another sheet has it.
    widths : sequence of float
        Of the columns, in characters.
    """
    sheet = book.add_worksheet(_sheet_name(name, {held.get_name().casefold() for held in book.worksheets()}))
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&8&A&R&8Page &P of &N")
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    return sheet


def _sheet_name(name: str, taken: Collection[str]) -> str:
    plain = _FORBIDDEN.sub(" ", _UNWRITABLE.sub(" ", name)).strip() or "Questions"
    plain = plain if plain.casefold() != "history" else "History of events"  # Excel keeps that name for itself
    for number in range(1, len(taken) + 2):
        end = f" {number}" if number > 1 else ""
        made = f"{plain[: LONGEST_NAME - len(end)].strip()}{end}"
        if made.casefold() not in taken:
            return made
    raise AssertionError("There is always a number that is free.")  # pragma: no cover


def safe_text(text: object) -> str:
    """Return a text as a mailed cell holds it: no addresses of people, nothing that no workbook can hold.

    Examples
    --------
    >>> safe_text("ask anna.berg@harbour.example")
    'ask [address]'
    """
    held = without_addresses(_UNWRITABLE.sub("\ufffd", str(text)))
    return held if len(held) <= LONGEST_TEXT else f"{held[:LONGEST_TEXT]}…"


def write_row(sheet: Worksheet, row: int, cells: Sequence[object], formats: Sequence[Format], height: float) -> None:
    """Write a row of texts and days.

    Parameters
    ----------
    sheet : Worksheet
    row : int
        From 0.
    cells : sequence
        Texts, days, or None for a blank cell.
    formats : sequence of Format
        One a cell.
    height : float
        Of the row, in points: wrapped text is cut where a program does not fit rows by itself.
    """
    sheet.set_row(row, height)
    for place, (cell, shape) in enumerate(zip(cells, formats, strict=True)):
        if cell is None or cell == "":
            sheet.write_blank(row, place, None, shape)
        elif isinstance(cell, dt.date):
            sheet.write_datetime(row, place, dt.datetime.combine(cell, dt.time()), shape)
        else:
            sheet.write_string(row, place, safe_text(cell), shape)


def height_of(cells: Sequence[object], widths: Sequence[float]) -> float:
    """Return how high a row must be for its wrapped texts, in points."""
    lines = 1
    for cell, width in zip(cells, widths, strict=True):
        if isinstance(cell, str):
            room = max(4, int(width * 0.95))
            lines = max(lines, sum(_lines(part, room) for part in safe_text(cell).split("\n")))
    return min(400.0, 15.0 * lines + 3)


def _lines(text: str, room: int) -> int:
    """Return how many lines a text takes where words stay whole unless they are too long."""
    lines, left = 1, room
    for word in text.split(" "):
        need = len(word) + (left < room)
        if need <= left:
            left -= need
            continue
        lines += 1 if left < room else 0
        lines += (len(word) - 1) // room if word else 0
        left = room - ((len(word) - 1) % room + 1 if word else 0)
    return lines


def save_private(path: Path, content: bytes) -> Path:
    """Write a file that its owner alone can read, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made where it is not there.
    content : bytes
    """
    import tempfile

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner alone
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def columns_of(heads: Mapping[str, float]) -> tuple[list[str], list[float]]:
    """Return the headers and the widths of a sheet's columns."""
    return list(heads), list(heads.values())
