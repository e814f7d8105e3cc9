"""A tracker's file as rows of text or as JSON records: repeated headers become lists, rows keep their numbers.

Nothing is converted and nothing overwritten here. Columns that hold people are known by their names, looked at for
values that belong elsewhere, and never handed on.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.engagement.read import decode, detect_delimiter, too_wide, unreadable_csv
from workbench.engagement.workbooks import open_workbook
from workbench.errors import ClientDataError, Fault

LARGEST_FILE = 1_000_000_000
"""Bytes of an export (ours)."""

_WANTED = "an export of Jira, Azure DevOps or ServiceNow as CSV, or JSON of GitHub's command gh."


@dataclass(frozen=True, eq=False)
class TrackerFile:
    """A file as it stands.

    Attributes
    ----------
    file : str
        Its name.
    header : tuple of str
        Titles as typed; for JSON the keys of its records.
    places : mapping of str to tuple of int
        Title in small letters → every column that has it.
    rows : list of list of str
        As wide as the header at least; blank is an empty text.
    numbers : list of int
        Number of each row as a spreadsheet counts them.
    records : list of dict
        JSON objects; empty for a table.
    cut : int
        Rows of the file that hold anything.
    """

    file: str
    header: tuple[str, ...]
    places: Mapping[str, tuple[int, ...]] = field(repr=False)
    rows: list[list[str]] = field(repr=False)
    numbers: list[int] = field(repr=False)
    records: list[dict[str, Any]] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        return len(self.records) if self.records else len(self.rows)

    def find(self, names: Iterable[str]) -> str:
        """Return the first of these titles that the file has, empty where it has none."""
        return next((name for name in names if name in self.places), "")

    def column(self, title: str) -> list[str]:
        """Return the cells of a column; of several with one title, the first filled in each row."""
        places = self.places.get(title, ())
        if not places:
            return [""] * len(self.rows)
        if len(places) == 1:
            place = places[0]
            return [row[place] for row in self.rows]
        return [next((row[place] for place in places if row[place]), "") for row in self.rows]

    def lists(self, title: str) -> list[list[str]]:
        """Return all filled cells of a repeated header, row by row."""
        places = self.places.get(title, ())
        return [[row[place] for place in places if row[place]] for row in self.rows]

    def fault(self, row: int | None, title: str, found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault of a cell, a row or the file; `row` counts from 0."""
        number = None if row is None else self.numbers[row]
        places = self.places.get(title, ())
        named = f"column {self.header[places[0]]}" if places else ""
        cell = ", ".join(part for part in (f"row {number}" if number else "", named) if part)
        return Fault(self.file, "", cell, found, allowed, remedy)


def spelled(title: str) -> str:
    """Return a title as columns are looked up: small letters, one blank between words.

    Examples
    --------
    >>> spelled(" Issue  Type ")
    'issue type'
    """
    return " ".join(title.split()).casefold()


def read_source(content: bytes, file: str, known: Iterable[str], *, encoding: str | None = None) -> TrackerFile:
    """Return the file as rows or records.

    Parameters
    ----------
    content : bytes
    file : str
        Its name, for faults.
    known : iterable of str
        Titles of the trackers; the delimiter that yields most of them is taken.
    encoding : str, optional
        Where it is neither UTF-8 nor marked UTF-16.

    Raises
    ------
    ClientDataError
        It is no table and no JSON, or its encoding cannot be told.
    """
    if len(content) > LARGEST_FILE:
        raise _refused(file, f"a file of {len(content) // 1_000_000} MB", "Export a shorter span.")
    if content.startswith(b"PK"):
        return _of_workbook(content, file)
    text, faults = decode(content, file, "tracker", encoding) if content else ("", [])
    if faults:
        fault = faults[0]
        remedy = "Export it again as UTF-8, or say --encoding, such as --encoding cp1252."
        raise ClientDataError((Fault(fault.file, "", fault.cell, fault.found, fault.allowed, remedy),))
    text = text.lstrip("\ufeff")
    if not text.strip(" \t\n,;"):
        raise _refused(file, "the file is empty", "Export it again.")
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype", "<html", "<?xml")):
        raise _refused(file, "it is a web page or XML, perhaps the page of a login", "Choose CSV when exporting.")
    if start[:1] in "[{":
        return _of_json(text, file)
    delimiter, skip = detect_delimiter(text, {_slug(name) for name in known} | set(known))
    lines = io.StringIO(text, newline="")
    try:
        csv.field_size_limit(10_000_000)  # comments and descriptions are longer than the usual 131,072 letters
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error as error:
        raise ClientDataError((unreadable_csv(file, text, error),)) from None
    wide = too_wide(rows, file)
    if wide is not None:
        raise ClientDataError((wide,))
    return _of_rows(rows[skip:], file, 1 + skip)


def _slug(name: str) -> str:
    return name.replace(" ", "_").replace("-", "_")


def _refused(file: str, found: str, remedy: str) -> ClientDataError:
    return ClientDataError((Fault(file, "", "", found, _WANTED, remedy),))


def _of_rows(rows: list[list[str]], file: str, first: int) -> TrackerFile:
    filled = [(number, row) for number, row in enumerate(rows, start=first) if any(row)]
    if len(filled) < 2:
        raise _refused(file, "there is a header and no row" if filled else "the file is empty", "Export it again.")
    header = tuple(filled[0][1])
    width = len(header)
    places: dict[str, list[int]] = {}
    for place, title in enumerate(header):
        if title:
            places.setdefault(spelled(title), []).append(place)
    body = [row if len(row) >= width else [*row, *[""] * (width - len(row))] for _, row in filled[1:]]
    numbers = [number for number, _ in filled[1:]]
    return TrackerFile(file, header, {title: tuple(held) for title, held in places.items()}, body, numbers)


def _of_workbook(content: bytes, file: str) -> TrackerFile:
    book, faults = open_workbook(content, file)
    if book is None:
        raise ClientDataError(tuple(faults))
    sheet = next((name for name in book.sheets if name not in book.hidden), "")
    cells, faults = book.rows(sheet)
    if faults:
        raise ClientDataError(tuple(faults))
    return _of_rows([[_text(cell) for cell in row] for row in cells], file, 1)


def _text(cell: Any) -> str:
    """Return Excel's value as text; times as ISO, so that nobody guesses their order again."""
    if cell is None:
        return ""
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return cell.isoformat() if isinstance(cell, dt.date | dt.time) else str(cell).strip()


def _of_json(text: str, file: str) -> TrackerFile:
    try:
        held = json.loads(text)
    except json.JSONDecodeError as error:
        found = f"it cannot be read as JSON: {error.msg} (line {error.lineno})"
        raise _refused(file, found, "Write it again: gh issue list --json … > issues.json") from None
    except RecursionError:
        raise _refused(file, "its JSON is nested too deeply", "Export it again.") from None
    except ValueError:  # Python makes no number of thousands of digits
        raise _refused(file, "a number in its JSON has thousands of digits", "Export it again.") from None
    if "\\u" in text and not _is_writable(held):
        raise _refused(file, "a text in its JSON holds half a character (\\ud800 to \\udfff)", "Export it again.")
    if isinstance(held, dict):
        held = next((value for key, value in held.items() if key in ("items", "result", "value")), [held])
    if not isinstance(held, list) or not held or not all(isinstance(record, dict) for record in held):
        raise _refused(file, "it is JSON, but no list of records", "Export a list: gh issue list --json …")
    keys = tuple(dict.fromkeys(str(key) for record in held for key in record))
    places = {spelled(key): (place,) for place, key in enumerate(keys)}
    return TrackerFile(file, keys, places, [], list(range(1, len(held) + 1)), held)


def _is_writable(held: Any) -> bool:
    """Return whether every text can be written: an escape may name half of a character that takes two."""
    try:
        json.dumps(held, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
