"""An instrument as an Excel workbook, in the firm's own words, read with the cell of each fault.

One sheet a list of the instrument's document, one row an entry, header in row 1: ``instrument`` (key, value), ``scale``
(value, label), ``answers`` (set, value, label, weight, meaning, blank), ``groups``, ``items``, and where wanted
``roles``, ``cuts``, ``claims``, ``public_ranges``. Several names in one cell are joined by ``;``. The texts of an
item's levels stand in columns ``level 1``, ``level 3`` …, criteria one a line of their cell. A workbook holds exactly
what a YAML file holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.engagement.documents import Document
from workbench.engagement.read import RawTable
from workbench.engagement.workbooks import Workbook, open_workbook
from workbench.errors import ClientDataError, Fault, nearest

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "instrument": ("key", "value"),
    "scale": ("value", "label"),
    "answers": ("set", "value", "label", "weight", "meaning", "blank"),
    "groups": ("id", "parent", "name", "gate", "aggregation", "met", "dimension"),
    "items": (
        "id",
        "printed",
        "title",
        "group",
        "answers",
        "statement",
        "evidence",
        "roles",
        "claims",
        "kind",
        "names",
        "scope",
        "turned",
        "needs",
        "effort",
        "criteria",
    ),
    "roles": ("id", "name", "counts_as"),
    "cuts": ("id", "name", "roles"),
    "claims": ("id", "text"),
    "public_ranges": ("item", "found", "differs", "source"),
}
NEEDED = ("instrument", "scale", "answers", "groups", "items")
LISTED = frozenset({"roles", "claims", "needs"})
"""Columns that hold several names, joined by ``;``."""

YES, NO = frozenset({"yes", "true", "1", "x"}), frozenset({"no", "false", "0"})
SETTINGS = ("name", "version", "language", "title", "source", "moving", "standing", "later")
_LEVEL = re.compile(r"level_(-?\d+(?:[._]\d+)?)")
_ALLOWED = "an instrument's workbook as docs/instruments.md describes it."


def read_instrument_workbook(content: bytes, file: str) -> Document:
    """Return the document of an instrument that stands in a workbook, with the cell of each of its parts.

    Parameters
    ----------
    content : bytes
    file : str
        Its path as the client knows it.

    Raises
    ------
    ClientDataError
        The workbook cannot be read, or a sheet or a column is missing or unknown; all of it at once.
    """
    book, faults = open_workbook(content, file)
    if book is None:
        raise ClientDataError(tuple(faults))
    raws, faults = _sheets(book)
    if faults:
        raise ClientDataError(tuple(faults))
    reading = _Reading(file)
    for name, raw in raws.items():
        getattr(reading, f"read_{name}")(raw)
    if reading.faults:
        raise ClientDataError(tuple(reading.faults))
    return Document(file, "", reading.document, reading.lines)


# -- reading -----------------------------------------------------------------------------------------------------------


def _sheets(book: Workbook) -> tuple[dict[str, RawTable], list[Fault]]:
    raws: dict[str, RawTable] = {}
    faults: list[Fault] = []
    for sheet in book.sheets:
        name = re.sub(r"[\s-]+", "_", sheet.strip().casefold())
        if name.startswith("readme"):
            continue
        if name not in COLUMNS:
            remedy = nearest(name, COLUMNS) or "Delete the sheet, or call it README."
            faults.append(Fault(book.file, sheet, "", "an unknown sheet", f"{', '.join(COLUMNS)}.", remedy))
            continue
        raw, found = book.read(sheet, name, COLUMNS[name])
        faults += found
        if raw is not None:
            faults += _headers(raw, name)
            raws[name] = raw
    missing = [name for name in NEEDED if name not in raws and not any(f.sheet.casefold() == name for f in faults)]
    faults += [Fault(book.file, name, "", "the sheet is missing or empty", _ALLOWED, "Add it.") for name in missing]
    return {name: raws[name] for name in COLUMNS if name in raws}, faults


def _headers(raw: RawTable, name: str) -> Iterator[Fault]:
    known = COLUMNS[name]
    for column in raw.columns:
        if column not in known and not (name == "items" and _LEVEL.fullmatch(column)):
            remedy = nearest(column, known) or "Delete the column, or rename it."
            allowed = f"{', '.join(known)}{', level 1, level 2 …' if name == 'items' else ''}."
            yield Fault(raw.file, raw.sheet, raw.place(None, column), f"an unknown column {column!r}", allowed, remedy)


class _Reading:
    """A workbook on its way to a document: what was read, where it stands, and every fault."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.document: dict[str, Any] = {}
        self.lines: dict[tuple[str | int, ...], tuple[str, str]] = {}
        self.faults: list[Fault] = []

    def read_instrument(self, raw: RawTable) -> None:
        gates: dict[str, Any] = {}
        for row, held in _rows(raw):
            key = str(held.get("key", "")).strip()
            where = raw.place(row, "key")
            if key not in SETTINGS:
                remedy = nearest(key, SETTINGS) or "Delete the row."
                self.faults.append(
                    Fault(self.file, raw.sheet, where, f"{key!r} is no key", f"{', '.join(SETTINGS)}.", remedy)
                )
            elif held.get("value") is None:
                continue
            elif key in ("moving", "standing", "later"):
                gates[key] = held["value"]
                self._note(raw, row, "value", "gates", key)
            else:
                self.document[key] = _text(held["value"])
                self._note(raw, row, "value", key)
        if gates:
            self.document["gates"] = gates
            self.lines[("gates",)] = (raw.sheet, "")

    def read_scale(self, raw: RawTable) -> None:
        values, labels = [], {}
        for row, held in _rows(raw):
            values.append(held.get("value"))
            self._note(raw, row, "value", "scale", "values", row)
            if held.get("label") is not None and _is_number(held.get("value")):
                labels[float(held["value"])] = _text(held["label"])
        self.document["scale"] = {"values": values, "labels": labels}
        self.lines[("scale",)] = self.lines[("scale", "values")] = (raw.sheet, raw.place(None, "value"))

    def read_answers(self, raw: RawTable) -> None:
        sets: dict[str, dict[str, Any]] = {}
        for row, held in _rows(raw):
            name = _text(held.get("set"))
            if not name:
                found = "the row names no set of answers"
                self.faults.append(
                    Fault(self.file, raw.sheet, raw.place(row, "set"), found, "a name in each row.", "Fill it in.")
                )
                continue
            answers = sets.setdefault(name, {"id": name, "options": []})
            place = (list(sets).index(name), len(answers["options"]))
            if held.get("blank") is not None:
                answers["blank"] = held["blank"]
                self._note(raw, row, "blank", "answer_sets", place[0], "blank")
            answers["options"].append(
                {
                    key: _option(key, held[key])
                    for key in ("value", "label", "weight", "meaning")
                    if held.get(key) is not None
                }
            )
            self._note_row(raw, row, ("answer_sets", place[0], "options", place[1]))
            self.lines.setdefault(("answer_sets", place[0]), (raw.sheet, raw.place(row, "set")))
        self.document["answer_sets"] = list(sets.values())

    def read_groups(self, raw: RawTable) -> None:
        self._list(raw, "groups")

    def read_items(self, raw: RawTable) -> None:
        self._list(raw, "items")

    def read_roles(self, raw: RawTable) -> None:
        self._list(raw, "roles")

    def read_cuts(self, raw: RawTable) -> None:
        self._list(raw, "cuts")

    def read_public_ranges(self, raw: RawTable) -> None:
        self._list(raw, "public_ranges")

    def read_claims(self, raw: RawTable) -> None:
        self.document["claims"] = {_text(held.get("id")): _text(held.get("text")) for _, held in _rows(raw)}
        self.lines[("claims",)] = (raw.sheet, "")

    def _list(self, raw: RawTable, name: str) -> None:
        entries: list[dict[str, Any]] = []
        for row, held in _rows(raw):
            entry: dict[str, Any] = {}
            anchors: dict[float, str] = {}
            for column, value in held.items():
                level = _LEVEL.fullmatch(column)
                if value is None:
                    continue
                if level:
                    anchors[float(level.group(1).replace("_", "."))] = _text(value)
                    self._note(raw, row, column, name, len(entries), "anchors")
                else:
                    entry[column] = self._value(raw, row, column, value)
            if anchors:
                entry["anchors"] = anchors
            self._note_row(raw, row, (name, len(entries)))
            entries.append(entry)
        self.document[name] = entries
        self.lines[(name,)] = (raw.sheet, "")

    def _value(self, raw: RawTable, row: int, column: str, value: Any) -> Any:
        if column in LISTED:
            return [part.strip() for part in _text(value).split(";") if part.strip()]
        if column == "criteria":
            return [part.strip() for part in _text(value).splitlines() if part.strip()]
        if column in ("turned", "dimension"):
            word = _text(value).casefold()
            if word not in YES | NO:
                self.faults.append(
                    Fault(self.file, raw.sheet, raw.place(row, column), f"{word!r}", "yes, no or blank.", "Correct it.")
                )
            return word in YES
        return value if column in ("met", "names", "effort") else _text(value)

    def _note(self, raw: RawTable, row: int, column: str, *path: str | int) -> None:
        self.lines[path] = (raw.sheet, raw.place(row, column))

    def _note_row(self, raw: RawTable, row: int, path: tuple[str | int, ...]) -> None:
        self.lines[path] = (raw.sheet, f"row {raw.row_numbers[row]}")
        for column in raw.columns:
            self.lines.setdefault((*path, column), (raw.sheet, raw.place(row, column)))


def _rows(raw: RawTable) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows that are not blank."""
    for row in range(len(raw)):
        held = {column: raw.cells[column][row] for column in raw.columns}
        if any(value is not None and _text(value) for value in held.values()):
            yield row, held


def _option(key: str, value: Any) -> Any:
    return value if key == "weight" else _text(value)


def _text(value: Any) -> str:
    """Return a cell as text; a whole number as people write it."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
