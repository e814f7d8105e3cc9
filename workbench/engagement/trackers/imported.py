"""What a tracker's module hands on: rows in our columns, what is still to be told of them, and what was wrong."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench import theme
from workbench.engagement.trackers.source import TrackerFile
from workbench.errors import Fault
from workbench.findings import fit_claim
from workbench.outcomes.data_checks import EXPORT_LIMITS, DataFinding

MISSING = frozenset({"", "?", "-", "n/a", "none", "null", "(empty)", "(blank)"})
"""What trackers write where nothing is known."""

Rows = dict[str, list[Any]]
"""Column → cells."""


@dataclass(frozen=True)
class ReadSettings:
    """What the consultant says of a file; empty leaves it to the file.

    Attributes
    ----------
    date_order : str
        ``day-month-year``, ``month-day-year`` or ``year-month-day``.
    zone : str
        IANA name of the zone that the tracker's clock shows.
    status_names : mapping of str to str
        Number of a status in Jira's time in status → its name, where the file does not tell.
    """

    date_order: str = ""
    zone: str = ""
    status_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Imported:
    """A file, read.

    Attributes
    ----------
    vendor, layout : str
        Whose, and in which of its ways.
    main : str
        Table that one row of the file is: ``items``, ``changes``, ``deployments`` or ``incidents``.
    tables : mapping of str to Rows
        Tables of `WORK_TABLES`; products, states and kinds are still blank.
    places : mapping of str to list of str
        Columns that may name the product (``project``, ``component`` …) → cells, row by row of `main`; several values
        of one row are joined by ``;``.
    categories : mapping of str to str
        Status → the tracker's own category, where it has one.
    entered : list of datetime or None
        When each row of `main` came into its status, where the tracker tells; stands in for a missing done day.
    rejected : tuple of Fault
        Rows that were not read.
    findings : tuple of DataFinding
        What is wrong with the file as a whole.
    orders : mapping of str to (str, str)
        Date column → order of day and month, and what decided it.
    people : tuple of str
        Titles of columns that hold people; dropped.
    unnamed : tuple of str
        Numbers of statuses whose name nothing tells.
    remarks : tuple of str
    headers : mapping of str to str
        Title → what it was read as.
    """

    vendor: str
    layout: str
    main: str
    tables: Mapping[str, Rows] = field(repr=False)
    places: Mapping[str, list[str]] = field(repr=False)
    categories: Mapping[str, str] = field(default_factory=dict)
    entered: list[dt.datetime | None] = field(default_factory=list, repr=False)
    rejected: tuple[Fault, ...] = ()
    findings: tuple[DataFinding, ...] = ()
    orders: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    people: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows of the main table."""
        return len(next(iter(self.tables[self.main].values()), []))

    def counts(self, column: str) -> Counter[str]:
        """Return how often each filled text of a column of the main table stands there."""
        return Counter(str(cell) for cell in self.tables[self.main].get(column, []) if cell)


def count_finding(
    check: str,
    table: str,
    rows: int,
    total: int,
    words: tuple[str, str],
    detail: str,
    *,
    column: str = "",
    example: str = "",
    consequence: str = "informs",
) -> DataFinding:
    """Return a finding that begins with its count and share.

    Parameters
    ----------
    check, table : str
    rows, total : int
    words : (str, str)
        What one row does, and what several do, without the full stop.
    detail : str
        What follows from it; the example is added.
    """
    share = rows / total if total else 0.0
    size = "under 0.1 %" if 0 < share < 0.001 else theme.percent(share, 1)
    claim = fit_claim(f"{table}: {theme.number(rows, 0)} row{'' if rows == 1 else 's'} ({size}) {words[rows != 1]}.")
    said = f"For example {example}. {detail}" if example else detail
    return DataFinding(check, table, column, rows, share, example, (), consequence, claim, said)


def limit_finding(source: TrackerFile, table: str, limits: Sequence[int] = ()) -> list[DataFinding]:
    """Return that a file ends exactly where exports of its tracker end."""
    rows = len(source)
    if rows not in {*EXPORT_LIMITS, *limits}:
        return []
    claim = fit_claim(f"{table}: exactly {theme.number(rows, 0)} rows came; the export was probably cut off.")
    detail = "Trackers end an export at such a number. Export shorter spans and import them one after the other."
    return [DataFinding("export_limit", table, "", rows, 1.0, source.file, (), "marked", claim, detail)]


def zone_finding(table: str, naive: int, total: int) -> list[DataFinding]:
    """Return that times carry no zone and none was said."""
    if not naive:
        return []
    words = ("has a time without a zone", "have times without a zone")
    detail = "A duration over a change of the clock may be off by 1 hour. Say --zone, such as --zone Europe/Berlin."
    return [count_finding("zone", table, naive, total, words, detail)]


def without_repeats(
    source: TrackerFile, keys: Sequence[str], table: str, kept: Sequence[int]
) -> tuple[list[int], list[DataFinding]]:
    """Return the rows without exact repeats, and what repeated keys there are.

    Same key and same cells count once; the same key with other cells switches the table's metrics off, and both stay.
    """
    first: dict[str, int] = {}
    out: list[int] = []
    same = other = 0
    example_same = example_other = ""
    for row in kept:
        key = keys[row]
        before = first.setdefault(key, row)
        if before == row:
            out.append(row)
        elif _content(source, row) == _content(source, before):
            same, example_same = same + 1, example_same or key
        else:
            out.append(row)
            other, example_other = other + 1, example_other or key
    found = []
    if same:
        words = ("repeats another and counts once", "repeat others and count once")
        detail = "Files that overlap, or one that was glued together, do this."
        found.append(count_finding("duplicate", table, same, len(kept), words, detail, example=example_same))
    if other:
        words = ("has the key of another and other content", "have the key of another and other content")
        detail = "Nobody can tell which is right, so all that is made of this table is off. Export once more."
        found.append(
            count_finding("conflict", table, other, len(kept), words, detail, example=example_other, consequence="off")
        )
    return out, found


def _content(source: TrackerFile, row: int) -> object:
    return source.records[row] if source.records else source.rows[row]


def localise(values: list[dt.datetime | None], zone: str) -> list[dt.datetime | None]:
    """Return moments with the zone that was said; those that carry one are shown in it.

    A time that the clock shows twice counts as the first of the two.
    """
    if not zone:
        return values
    from zoneinfo import ZoneInfo

    known = ZoneInfo(zone)
    return [
        None if value is None else value.replace(tzinfo=known) if value.tzinfo is None else value.astimezone(known)
        for value in values
    ]


def seconds_between(start: dt.datetime | None, end: dt.datetime | None) -> float | None:
    """Return the seconds from one moment to another; in elapsed time where both have a zone."""
    if start is None or end is None:
        return None
    if start.tzinfo is not None and end.tzinfo is not None:
        return (end.astimezone(dt.UTC) - start.astimezone(dt.UTC)).total_seconds()
    return (end.replace(tzinfo=None) - start.replace(tzinfo=None)).total_seconds()


def known(value: str) -> str:
    """Return a cell, blank where the tracker says that nothing is known.

    Examples
    --------
    >>> known("?"), known("Done")
    ('', 'Done')
    """
    return "" if value.casefold() in MISSING else value


def is_person(cell: str) -> bool:
    """Say whether a cell is a person as trackers write them: a name with an address, or an address.

    Examples
    --------
    >>> is_person("Ann Berg <ann@x.example>"), is_person("In Progress")
    (True, False)
    """
    return "@" in cell and ("<" in cell or " " not in cell)
