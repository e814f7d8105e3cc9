"""ServiceNow incidents as CSV: a list of cases, or a log with one row an event of a case.

A log has each number several times. A share over log rows is no share over cases, so the last row of each case is
taken (by ``sys_mod_count``, else by the time of its update), and how many rows went is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.engagement.trackers.imported import (
    Imported,
    ReadSettings,
    Rows,
    count_finding,
    is_person,
    known,
    limit_finding,
    localise,
    seconds_between,
    without_repeats,
    zone_finding,
)
from workbench.engagement.trackers.moments import Moments
from workbench.engagement.trackers.source import TrackerFile, spelled
from workbench.engagement.trackers.work_items import named_headers, read_dated_rows, rejection_finding
from workbench.errors import ClientDataError, Fault
from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.work_tables import WORK_TABLES

VENDOR, TITLE = "servicenow", "ServiceNow"
LIMITS = (10_000, 50_000)
KEY = re.compile(r"[A-Z]{2,8}\d{4,}")

NAMES = {
    "incident": ("number",),
    "status": ("incident_state", "state", "incident state"),
    "priority": ("priority",),
    "raised": ("opened_at", "opened", "sys_created_on", "sys_created_at", "created"),
    "resolved": ("resolved_at", "resolved"),
    "closed": ("closed_at", "closed"),
    "updated": ("sys_updated_on", "sys_updated_at", "updated"),
    "order": ("sys_mod_count", "updates"),
    "reopened": ("reopen_count", "reopen count"),
    "deployment": ("caused_by", "caused by change", "rfc", "change request"),
}
PLACES = {
    "service": ("business_service", "service", "service_offering", "service offering"),
    "configuration item": ("cmdb_ci", "configuration item"),
    "category": ("category",),
    "group": ("assignment_group", "assignment group"),
}
PEOPLE = (
    *(
        "caller_id",
        "caller",
        "opened_by",
        "opened by",
        "sys_created_by",
        "sys_updated_by",
        "assigned_to",
        "assigned to",
    ),
    *("resolved_by", "resolved by", "closed_by", "closed by", "work_notes", "comments", "watch_list"),
)
HEADERS = frozenset(name for names in (*NAMES.values(), *PLACES.values(), PEOPLE) for name in names)
_DISPLAY = re.compile(r"^(\d)\s*-\s*\S.*$")


def detect(header: Iterable[str]) -> float:
    """Return how surely a header is that of ServiceNow's incidents, 0 to 1.

    Examples
    --------
    >>> detect(["number", "incident_state", "opened_at", "priority"])
    1.0
    """
    titles = {spelled(title) for title in header}
    if "number" not in titles or "createdat" in titles:
        return 0.0
    return (1 + bool(titles & set(NAMES["status"])) + bool(titles & {"opened_at", "opened"})) / 3


def read(source: TrackerFile, settings: ReadSettings) -> Imported:
    """Return incidents, one row a case.

    Raises
    ------
    ClientDataError
        The order of day and month must be asked, or a log has nothing that orders its rows.
    """
    source = source if not source.records else _of_records(source)
    titles = {name: source.find(names) for name, names in NAMES.items()}
    missing = [NAMES[name][0] for name in ("incident", "status", "raised") if not titles[name]]
    if missing:
        found = f"the file has no column {' and no column '.join(missing)}"
        remedy = "Add the columns to the list in ServiceNow and export again."
        raise ClientDataError((source.fault(None, "", found, "number, state and opened_at.", remedy),))
    cells = {name: [known(cell) for cell in source.column(title)] for name, title in titles.items()}
    dates = {name: cells[name] for name in ("raised", "resolved", "closed", "updated") if titles[name]}
    rejected, bad = _unfit(source, titles, cells)
    pairs = [(titles["raised"], titles[name]) for name in ("resolved", "closed", "updated") if titles[name]]
    by_name = read_dated_rows(source, titles, dates, settings, (rejected, bad), later=pairs)
    fine = [row for row in range(len(source.rows)) if row not in bad]
    findings = limit_finding(source, "incidents", LIMITS)
    kept, more = _cases(source, titles, cells, by_name, fine)
    findings += more + rejection_finding(rejected, "incidents", len(source.rows))
    opened = by_name["raised"].values
    naive = sum((moment := opened[row]) is not None and moment.tzinfo is None for row in kept)
    if not settings.zone:
        findings += zone_finding("incidents", naive, len(kept))
    return Imported(
        VENDOR,
        "log" if len(kept) < len(fine) else "cases",
        "incidents",
        {"incidents": _rows(cells, by_name, settings, kept)},
        _places(source, kept) or {"service": [""] * len(kept)},
        {},
        [None] * len(kept),
        tuple(rejected),
        tuple(findings),
        {titles[name]: (held.order, held.by) for name, held in by_name.items()},
        tuple(source.header[source.places[title][0]] for title in PEOPLE if title in source.places),
        headers=named_headers(source, {**titles, **{name: source.find(names) for name, names in PLACES.items()}}),
    )


def _rows(
    cells: dict[str, list[str]], moments: Mapping[str, Moments], settings: ReadSettings, kept: Sequence[int]
) -> Rows:
    rows: Rows = {name: [""] * len(kept) for name in WORK_TABLES["incidents"].columns}
    for name in ("incident", "status", "deployment"):
        rows[name] = [cells[name][row] for row in kept]
    rows["priority"] = [_DISPLAY.sub(r"\1", cells["priority"][row]) for row in kept]
    values = {name: localise([held.values[row] for row in kept], settings.zone) for name, held in moments.items()}
    blank: list[object] = [None] * len(kept)
    ends = [values[name] for name in ("resolved", "closed") if name in values]
    rows["raised"] = list(values["raised"])
    rows["restored"] = [next((end[at] for end in ends if end[at] is not None), None) for at in range(len(kept))]
    rows["updated"] = list(values["updated"]) if "updated" in values else blank
    rows["raised_raw"] = [cells["raised"][row] for row in kept]
    rows["restored_raw"] = [cells["resolved"][row] or cells["closed"][row] for row in kept]
    rows["hours_to_restore"] = [
        None if (seconds := seconds_between(one, two)) is None else seconds / 3600
        for one, two in zip(rows["raised"], rows["restored"], strict=True)
    ]
    rows["reopened"] = [int(cells["reopened"][row]) if cells["reopened"][row].isdigit() else None for row in kept]
    return rows


def _places(source: TrackerFile, kept: Sequence[int]) -> dict[str, list[str]]:
    """Return what may name the product, where any case says it."""
    titles = {name: source.find(names) for name, names in PLACES.items()}
    columns = {name: source.column(title) for name, title in titles.items() if title}
    cells = {name: [known(column[row]) for row in kept] for name, column in columns.items()}
    return {name: held for name, held in cells.items() if any(held)}


def _of_records(source: TrackerFile) -> TrackerFile:
    """Return JSON records as rows."""

    def text(value: object) -> str:
        if isinstance(value, dict):
            value = value.get("display_value") or value.get("value")
        return "" if value is None else str(value)

    rows = [[text(record.get(key)) for key in source.header] for record in source.records]
    return TrackerFile(source.file, source.header, source.places, rows, source.numbers)


def _unfit(source: TrackerFile, titles: dict[str, str], cells: dict[str, list[str]]) -> tuple[list[Fault], set[int]]:
    rejected: list[Fault] = []
    bad: set[int] = set()
    again = "Export the file again; a comma or quotation mark in a text has moved the cells of this row."
    for row, key in enumerate(cells["incident"]):
        status = cells["status"][row]
        if not KEY.fullmatch(key):
            what = f"{key[:60]!r} is no number of a case" if key else "the row has no number"
            rejected.append(source.fault(row, titles["incident"], what, "a number such as INC0010001.", again))
            bad.add(row)
        elif is_person(status) or ":" in status:
            what = f"{'a person' if is_person(status) else repr(status[:60])} stands under the wrong header"
            rejected.append(source.fault(row, titles["status"], what, "a state.", again))
            bad.add(row)
        elif not cells["raised"][row]:
            rejected.append(source.fault(row, titles["raised"], "the case has no opening time", "a time.", again))
            bad.add(row)
    return rejected, bad


def _cases(
    source: TrackerFile,
    titles: dict[str, str],
    cells: dict[str, list[str]],
    moments: Mapping[str, Moments],
    fine: Sequence[int],
) -> tuple[list[int], list[DataFinding]]:
    """Return the last row of each case, and that the rows were events."""
    numbers = cells["incident"]
    if len({numbers[row] for row in fine}) == len(fine):
        return list(fine), []
    if titles["order"] and any(cells["order"][row].isdigit() for row in fine):
        place: dict[int, tuple[Any, int]] = {
            row: (int(cells["order"][row]) if cells["order"][row].isdigit() else -1, row) for row in fine
        }
        by = titles["order"]
    elif "updated" in moments:
        values = moments["updated"].values
        first = min((value for value in values if value is not None), default=None)
        place = {row: (values[row] or first, row) for row in fine}
        by = titles["updated"]
    else:
        kept, findings = without_repeats(source, numbers, "incidents", fine)
        if any(finding.check == "conflict" for finding in findings):
            found = "a number stands several times, and nothing tells which row of a case is the last"
            remedy = "Export sys_mod_count or sys_updated_on with the file, or a list of cases."
            raise ClientDataError((source.fault(None, "", found, "one row a case, or what orders a log.", remedy),))
        return kept, findings
    last: dict[str, int] = {}
    for row in fine:
        if numbers[row] not in last or place[row] >= place[last[numbers[row]]]:
            last[numbers[row]] = row
    kept = sorted(last.values())
    gone = len(fine) - len(kept)
    words = ("is an earlier event of its case and does not count", "are earlier events of their cases and do not count")
    detail = f"{len(kept)} cases: the last row of each by {by}. A share over events would be no share over cases."
    example = next(numbers[row] for row in fine if last[numbers[row]] != row)
    return kept, [count_finding("events_as_cases", "incidents", gone, len(fine), words, detail, example=example)]
