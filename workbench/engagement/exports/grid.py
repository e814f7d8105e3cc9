"""A vendor's file as rows of text: CSV in whatever encoding and with whatever line ends, or a sheet of a workbook.

Everything is read as text, because a spreadsheet's guesses (dates, numbers, percent) are not what was answered. Old
encodings cannot be told apart by themselves: the one is taken under which the texts that we know (the statements and
options of the instrument) stand in the file, and if none or two fit, the file is refused.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
from collections.abc import Collection, Sequence
from typing import Any

from workbench.engagement.exports.layout import Grid
from workbench.engagement.read import find_codec, show, too_wide, unreadable_csv
from workbench.engagement.workbooks import open_workbook
from workbench.errors import ClientDataError, Fault

ENCODINGS = ("cp1252", "latin-1", "mac-roman")
"""Encodings beside UTF-8 and UTF-16 in which vendors and spreadsheets write CSV files."""

LARGEST_FILE = 100_000_000
"""Bytes of an export; a survey of 500 people has half a million (ours)."""

_DELIMITERS = (",", ";", "\t")
_WANTED = "an export of the survey as CSV or Excel (.xlsx)."


def read_grids(
    content: bytes, file: str, known: Collection[str], tokens: Collection[str], *, encoding: str | None = None
) -> tuple[Grid, ...]:
    """Return the file as rows of text: one grid, or one a visible sheet of a workbook.

    Parameters
    ----------
    content : bytes
        The file.
    file : str
        Its name, for faults.
    known : collection of str
        Texts that the file may hold; those with letters beyond ASCII tell the encoding.
    tokens : collection of str
        Column names of the vendors, as `squash` gives them; they tell the delimiter.
    encoding : str, optional
        As the consultant says.

    Raises
    ------
    ClientDataError
        It is no table, or its encoding cannot be told.
    """
    wrong = _no_table(content, file)
    if wrong is not None:
        raise ClientDataError((wrong,))
    if content.startswith(b"PK"):
        return _workbook(content, file)
    text, used = _decode(content, file, known, encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (_csv(text, file, tokens, used),)


def _no_table(content: bytes, file: str) -> Fault | None:
    kinds = {
        b"%PDF": "a PDF",
        b"\xd0\xcf\x11\xe0": "a workbook in the format of Excel 2003, or one locked with a password",
        b"\x89PNG": "a picture",
        b"\xff\xd8\xff": "a picture",
        b"{\\rtf": "a text document",
        b"$FL2": "an SPSS file",
    }
    found = next((kind for start, kind in kinds.items() if content.startswith(start)), "")
    if not content.removeprefix(codecs.BOM_UTF8).strip(b"\x00 \t\r\n,;"):
        return Fault(file, "", "", "the file is empty", _WANTED, "Export it again.")
    if len(content) > LARGEST_FILE:
        found = f"a file of {len(content) // 1_000_000} MB"
    start = content[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        found = "a web page or XML, perhaps the page of a login"
    if not found:
        return None
    return Fault(file, "", "", f"it is {found}, not a table of answers", _WANTED, "Choose CSV or Excel when exporting.")


# -- workbooks ---------------------------------------------------------------------------------------------------------


def _workbook(content: bytes, file: str) -> tuple[Grid, ...]:
    book, faults = open_workbook(content, file)
    if book is None:
        raise ClientDataError(tuple(faults))
    grids: list[Grid] = []
    wrong: list[Fault] = []
    for sheet in book.sheets:
        if sheet in book.hidden:
            continue
        rows, faults = book.rows(sheet)
        wrong += faults
        texts = [[_text(cell) for cell in row] for row in rows]
        if any(map(any, texts)):
            grids.append(_grid(texts, file, sheet, ""))
    if wrong:
        raise ClientDataError(tuple(wrong))
    if not grids:
        raise ClientDataError((Fault(file, "", "", "the workbook holds nothing", _WANTED, "Export it again."),))
    return tuple(grids)


def _text(cell: Any) -> str:
    """Return Excel's value as text; times as ISO, so that nobody guesses their order again."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


# -- text --------------------------------------------------------------------------------------------------------------


def _decode(content: bytes, file: str, known: Collection[str], encoding: str | None) -> tuple[str, str]:
    """Return the text of a file and its encoding."""

    def refuse(found: str, remedy: str) -> ClientDataError:
        return ClientDataError((Fault(file, "", "", found, "text whose encoding is known.", remedy),))

    marked = content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    sure = find_codec(encoding) if encoding else ""
    if sure is None:
        raise refuse(f"the encoding {show(encoding)} is unknown", f"utf-8, {', '.join(ENCODINGS)} are known.")
    if marked:
        sure = "utf-8-sig" if content.startswith(codecs.BOM_UTF8) else "utf-16"
    elif not encoding:
        half = max(1, len(content[:4_000]) // 2)
        first, second = content[:4_000:2].count(0), content[1:4_000:2].count(0)
        sure = (
            "utf-16-le" if second > 0.4 * half > 4 * first else "utf-16-be" if first > 0.4 * half > 4 * second else ""
        )
    if sure:
        try:
            text = content.decode(sure)
        except UnicodeDecodeError as error:
            by = "its first bytes say" if marked else "was said"
            found = f"the file is not {sure}, as {by} (byte {error.start + 1})"
            raise refuse(found, "Export it again, or leave --encoding out.") from None
        if "\x00" not in text:
            return text, sure
    if b"\x00" in content:
        raise refuse("the file holds binary data, not text", "Choose CSV or Excel when exporting.")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    readings: dict[str, str] = {}
    for name in ENCODINGS:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if not any("\x80" <= letter <= "\x9f" for letter in text) and text not in readings.values():
            readings[name] = text
    wanted = {_fold(text) for text in known if not text.isascii()}
    seen = {name: {text for text in wanted if text in _fold(reading)} for name, reading in readings.items()}
    fitting = [name for name in readings if seen[name] and all(seen[name] >= other for other in seen.values())]
    if len(fitting) == 1:
        return readings[fitting[0]], fitting[0]
    if len(readings) == 1:  # whatever it is called, it reads in one way
        return next((reading, name) for name, reading in readings.items())
    raise refuse(
        "the file is not UTF-8, and no text in it that we know tells which old encoding it is in",
        f"Export it again as UTF-8, or say --encoding with one of {', '.join(readings)}.",
    )


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _csv(text: str, file: str, tokens: Collection[str], encoding: str) -> Grid:
    """Return the rows of a CSV text; the delimiter is the one that yields most names that vendors use."""
    from workbench.engagement.exports.texts import squash

    text = text.lstrip("\ufeff")
    start = 0
    first_line = text.split("\n", 1)[0].strip().strip('"').lower()
    declared = first_line[4:5] or "\t" if first_line.startswith("sep=") else ""
    if declared:
        text, start = text.split("\n", 1)[1] if "\n" in text else "", 1

    def score(delimiter: str) -> tuple[int, int]:
        rows = _first_rows(text, delimiter)
        return len({squash(cell) for row in rows for cell in row} & set(tokens)), max(map(len, rows), default=0)

    delimiter = declared or max(_DELIMITERS, key=score)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ClientDataError((unreadable_csv(file, text, error),)) from None
    wide = too_wide(rows, file)
    if wide is not None:
        raise ClientDataError((wide,))
    return _grid(rows, file, "", encoding, start=start)


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) == 3:
                break
    except csv.Error:  # a cell of hundred thousands of letters; reading it says so
        pass
    return rows


def _grid(rows: Sequence[Sequence[str]], file: str, sheet: str, encoding: str, *, start: int = 0) -> Grid:
    width = max(map(len, rows), default=0)
    full = tuple((*(cell.strip() for cell in row), *[""] * (width - len(row))) for row in rows)
    numbers = tuple(range(1 + start, 1 + start + len(full)))
    kept = [place for place, row in enumerate(full) if any(row)]
    return Grid(
        file, sheet, tuple(full[place] for place in kept), tuple(numbers[place] for place in kept), encoding=encoding
    )
