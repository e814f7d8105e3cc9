"""Items from a table with one row an item: what Jira and Azure DevOps share once their titles are known."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.engagement.cells import parse_number
from workbench.engagement.trackers.imported import (
    Imported,
    ReadSettings,
    Rows,
    count_finding,
    is_person,
    known,
    limit_finding,
    localise,
    without_repeats,
    zone_finding,
)
from workbench.engagement.trackers.meaning import propose_state
from workbench.engagement.trackers.moments import Moments, read_moments
from workbench.engagement.trackers.source import TrackerFile
from workbench.errors import ClientDataError, Fault
from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.work_tables import WORK_TABLES

NUMBERED = re.compile(r"^(?:(.*\D))?(\d{1,9})$")
DATES = ("created", "started", "done", "updated", "entered")


@dataclass(frozen=True)
class Titles:
    """The titles under which a tracker writes what we read, in small letters; the first that a file has is taken.

    Attributes
    ----------
    key, type, status, category, parent, parent_id, id, points : tuple of str
    created, started, done, updated, entered : tuple of str
        Days; `entered` is when the item came into its status.
    places : mapping of str to tuple of str
        What may name the product → titles.
    people : tuple of str
        Columns that hold people.
    """

    key: tuple[str, ...]
    type: tuple[str, ...]
    status: tuple[str, ...]
    created: tuple[str, ...]
    started: tuple[str, ...]
    done: tuple[str, ...]
    updated: tuple[str, ...]
    entered: tuple[str, ...]
    points: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    people: tuple[str, ...]
    id: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    parent_id: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ItemRows:
    """Rows of items before the tracker's own extras.

    Attributes
    ----------
    kept : list of int
        Rows of the file that became items.
    """

    imported: Imported
    kept: list[int] = field(repr=False)


def read_items(
    source: TrackerFile,
    titles: Titles,
    settings: ReadSettings,
    *,
    vendor: str,
    layout: str,
    key_pattern: str,
    remedy: str,
    limits: Sequence[int] = (),
) -> ItemRows:
    """Return a tracker's rows as items.

    Raises
    ------
    ClientDataError
        The order of day and month must be asked, or a column of dates holds none.
    """
    found = {name: source.find(getattr(titles, name)) for name in ("key", "type", "status", *DATES)}
    missing = [getattr(titles, name)[0] for name in ("key", "status", "created") if not found[name]]
    if missing:
        what = f"the file has no column {' and no column '.join(map(repr, missing))}"
        raise ClientDataError((source.fault(None, "", what, f"{', '.join(missing)} in each file.", remedy),))
    columns = {name: source.column(found[name]) for name in found}
    keys = columns["key"]
    dates = {name: [known(cell) for cell in columns[name]] for name in DATES if found[name]}
    people = tuple(title for title in titles.people if title in source.places)
    rejected, bad = _unfit(source, found, columns, people, key_pattern)
    by_name = read_dated_rows(
        source,
        found,
        dates,
        settings,
        (rejected, bad),
        later=[(found["created"], found[name]) for name in ("updated", "done", "started") if found[name]],
        numbers={found["created"]: [_number(key) for key in keys]} if found["created"] else {},
    )
    kept, repeats = without_repeats(source, keys, "items", [row for row in range(len(keys)) if row not in bad])
    findings = [*limit_finding(source, "items", limits), *repeats, *rejection_finding(rejected, "items", len(keys))]
    clocks = [held.values for held in by_name.values() if held.has_clock]
    naive = sum(any((moment := values[row]) is not None and moment.tzinfo is None for values in clocks) for row in kept)
    if not settings.zone:
        findings += zone_finding("items", naive, len(kept))
    rows = _rows(source, titles, found, columns, dates, by_name, settings, kept)
    findings += _wide_finding(source, keys, kept)
    entered = by_name["entered"].values if "entered" in by_name else [None] * len(keys)
    entered = localise([entered[row] for row in kept], settings.zone)
    places = {name: _place_cells(source, names, kept) for name, names in titles.places.items() if source.find(names)}
    imported = Imported(
        vendor,
        layout,
        "items",
        {"items": rows},
        places,
        _categories(source, titles, columns["status"], kept),
        entered,
        tuple(rejected),
        tuple(findings),
        {found[name]: (held.order, held.by) for name, held in by_name.items()},
        tuple(source.header[source.places[title][0]] for title in people),
        headers=named_headers(
            source,
            {
                **{name: found[name] for name in found},
                **{name: source.find(getattr(titles, name)) for name in ("category", "points", "parent", "parent_id")},
                **{name: source.find(names) for name, names in titles.places.items()},
            },
        ),
    )
    return ItemRows(imported, kept)


def _wide_finding(source: TrackerFile, keys: Sequence[str], kept: Sequence[int]) -> list[DataFinding]:
    """Return how many items have more cells than the header."""
    wide = [row for row in kept if any(source.rows[row][len(source.header) :])]
    if not wide:
        return []
    words = ("is wider than the header; what is read of it stands in place",) * 2
    detail = "A comma in a text without quotation marks does this; cells behind it were not read."
    example = keys[wide[0]]
    return [count_finding("wide_row", "items", len(wide), len(kept), words, detail, example=example)]


def _categories(source: TrackerFile, titles: Titles, statuses: Sequence[str], kept: Sequence[int]) -> dict[str, str]:
    """Return each status with the tracker's own category of it, as the first item has it."""
    title = source.find(titles.category)
    categories: dict[str, str] = {}
    if title:
        cells = source.column(title)
        for row in kept:
            categories.setdefault(statuses[row], cells[row])
    return categories


def named_headers(source: TrackerFile, found: Mapping[str, str]) -> dict[str, str]:
    """Return titles as typed → what they were read as."""
    return {source.header[source.places[title][0]]: name for name, title in found.items() if title}


def _place_cells(source: TrackerFile, names: Sequence[str], kept: Sequence[int]) -> list[str]:
    title = source.find(names)
    if len(source.places[title]) == 1:
        cells = source.column(title)
        return [known(cells[row]) for row in kept]
    lists = source.lists(title)
    return [";".join(dict.fromkeys(cell for cell in lists[row] if known(cell))) for row in kept]


def read_dates(
    source: TrackerFile,
    columns: Mapping[str, Sequence[str]],
    settings: ReadSettings,
    *,
    later: Sequence[tuple[str, str]] = (),
    numbers: Mapping[str, Sequence[tuple[str, int] | None]] | None = None,
) -> dict[str, Moments]:
    """Return the date columns of a file.

    Raises
    ------
    ClientDataError
        With every question at once, and every column in which hardly a cell is a date.
    """
    moments, questions = read_moments(columns, date_order=settings.date_order, later=later, numbers=numbers)
    faults = [source.fault(ask.row, ask.column, ask.found, ask.allowed, ask.remedy) for ask in questions]
    for title, held in moments.items():
        filled = sum(map(bool, columns[title]))
        if filled and len(held.unreadable) > filled / 2:
            row = held.unreadable[0]
            found = f"{columns[title][row]!r} and most cells of the column are no dates"
            remedy = "Export the file again; a column may have slipped under another header."
            faults.append(source.fault(row, title, found, "dates.", remedy))
    if faults:
        raise ClientDataError(tuple(faults))
    return moments


def read_dated_rows(
    source: TrackerFile,
    titles: Mapping[str, str],
    dates: Mapping[str, list[str]],
    settings: ReadSettings,
    unfit: tuple[list[Fault], set[int]],
    *,
    later: Sequence[tuple[str, str]] = (),
    numbers: Mapping[str, Sequence[tuple[str, int] | None]] | None = None,
) -> dict[str, Moments]:
    """Return the dates of the rows that are fit, by name; a row with a date that is none joins those that are not.

    Parameters
    ----------
    titles, dates : mapping of name
        To the title of the column, and to its cells.
    unfit : tuple of list of Fault and set of int
        Rows that are not read, and why; both grow.
    later, numbers
        As in `read_dates`.
    """
    rejected, bad = unfit
    for row in bad:  # what stands elsewhere must not decide how days are written
        for cells in dates.values():
            cells[row] = ""
    columns = {titles[name]: cells for name, cells in dates.items()}
    moments = read_dates(source, columns, settings, later=later, numbers=numbers)
    for name, cells in dates.items():
        for row in moments[titles[name]].unreadable:
            if row not in bad:
                bad.add(row)
                rejected.append(_no_date(source, row, titles[name], cells[row]))
    return {name: moments[titles[name]] for name in dates}


def _no_date(source: TrackerFile, row: int, title: str, cell: str) -> Fault:
    """Return why a row is not read."""
    found = f"{cell[:60]!r} is no date in the way this column writes them"
    return source.fault(row, title, found, "a date.", "Correct it in the tracker and export again.")


def rejection_finding(rejected: Sequence[Fault], table: str, total: int) -> list[DataFinding]:
    """Return how many rows were not read, with the first."""
    if not rejected:
        return []
    first = rejected[0]
    words = ("could not be read and is left out", "could not be read and are left out")
    is_shift = any("wrong header" in fault.found for fault in rejected)
    check = "wrong_header" if is_shift else "unreadable"
    detail = "Nothing that is made of this table counts them."
    example = first.cell  # the place alone: what slipped under it may be a name
    return [count_finding(check, table, len(rejected), total, words, detail, example=example, consequence="marked")]


def _unfit(
    source: TrackerFile,
    found: Mapping[str, str],
    columns: Mapping[str, Sequence[str]],
    people: Sequence[str],
    key_pattern: str,
) -> tuple[list[Fault], set[int]]:
    """Return the rows whose cells stand under the wrong header or that have no key."""
    pattern = re.compile(key_pattern)
    rejected: list[Fault] = []
    bad: set[int] = set()
    statuses = {cell for cell in set(columns["status"]) if cell and not is_person(cell)}
    common = {
        cell
        for cell in statuses
        if propose_state(cell) or columns["status"].count(cell) > 0.01 * len(columns["status"])
    }
    width = len(source.header)

    def reject(row: int, title: str, what: str, allowed: str, remedy: str) -> None:
        if row not in bad:
            bad.add(row)
            rejected.append(source.fault(row, title, what, allowed, remedy))

    again = "Export the file again; a comma or quotation mark in a text has moved the cells of this row."
    for row, key in enumerate(columns["key"]):
        if not pattern.fullmatch(key):
            what = f"{key[:60]!r} is no key of an item" if key else "the row has no key"
            reject(row, found["key"], what, "a key in each row.", again)
    for row, cell in enumerate(columns["status"]):
        if is_person(cell) or (cell and cell[0].isdigit() and ":" in cell):
            what = "a person" if is_person(cell) else repr(cell[:60])
            reject(row, found["status"], f"{what} stands under the wrong header", "a status.", again)
    for title in people:
        cells = source.column(title)
        strange = {cell for cell in set(cells) if cell in common and not is_person(cell)}
        if strange:
            for row, cell in enumerate(cells):
                if cell in strange:
                    what = f"{cell!r}, a status, stands under the wrong header"
                    reject(row, title, what, "a person.", again)
    usual: dict[str, set[str]] = {}
    for row, cells in enumerate(source.rows):
        if len(cells) > width and any(cells[width:]) and row not in bad:
            if not usual:
                usual = {
                    name: {columns[name][n] for n, held in enumerate(source.rows) if not any(held[width:])}
                    for name in ("status", "type")
                }
            odd = next((name for name in usual if usual[name] and columns[name][row] not in usual[name]), "")
            if odd:
                what = f"{columns[odd][row][:60]!r} stands under the wrong header: the row is wider than the header"
                reject(row, found[odd], what, f"a {odd} that other rows have.", again)
    return rejected, bad


def _points(cell: str) -> float | None:
    found = parse_number(cell, ".") if cell else None
    return found if found is None or math.isfinite(found) else None


def _number(key: str) -> tuple[str, int] | None:
    match = NUMBERED.match(key)
    return ((match.group(1) or ""), int(match.group(2))) if match else None


def _rows(
    source: TrackerFile,
    titles: Titles,
    found: Mapping[str, str],
    columns: Mapping[str, Sequence[str]],
    dates: Mapping[str, Sequence[str]],
    moments: Mapping[str, Moments],
    settings: ReadSettings,
    kept: Sequence[int],
) -> Rows:
    rows: Rows = {name: [""] * len(kept) for name in WORK_TABLES["items"].columns}
    rows["item"] = [columns["key"][row] for row in kept]
    rows["type"] = [known(columns["type"][row]) for row in kept]
    rows["status"] = [known(columns["status"][row]) for row in kept]
    for name in ("created", "started", "done", "updated"):
        held = localise([moments[name].values[row] for row in kept] if name in moments else [], settings.zone)
        rows[name] = list(held) if held else [None] * len(kept)
    for name in ("created", "started", "done"):
        rows[f"{name}_raw"] = [dates[name][row] if name in dates else "" for row in kept]
    points = source.column(source.find(titles.points)) if source.find(titles.points) else None
    rows["points"] = [_points(points[row]) if points else None for row in kept]
    rows["points_raw"] = [points[row] if points else "" for row in kept]
    rows["parent"] = _parents(source, titles, columns["key"], kept)
    for name in ("flow_days", "active_seconds", "waiting_seconds", "reopened"):
        rows[name] = [None] * len(kept)
    return rows


def _parents(source: TrackerFile, titles: Titles, keys: Sequence[str], kept: Sequence[int]) -> list[object]:
    """Return the key of each item's parent; an id is looked up, where the file has the parent's own row."""
    by_key = source.column(source.find(titles.parent)) if source.find(titles.parent) else [""] * len(keys)
    by_id = source.column(source.find(titles.parent_id)) if source.find(titles.parent_id) else [""] * len(keys)
    ids = dict(zip(source.column(source.find(titles.id)), keys, strict=True)) if source.find(titles.id) else {}
    return [by_key[row] or ids.get(by_id[row], by_id[row]) for row in kept]
