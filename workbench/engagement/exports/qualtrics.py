"""Qualtrics: three header rows (codes, texts, ``{"ImportId":"QID1"}``), two in workbooks and in legacy exports.

www.qualtrics.com/support, "Understanding Your Dataset": the first columns say when, how and by whom a response was
given, among them ``StartDate, EndDate, Status, IPAddress, Progress, Duration (in seconds), Finished, RecordedDate,
ResponseId, RecipientLastName, RecipientFirstName, RecipientEmail, ExternalReference, LocationLatitude,
LocationLongitude, DistributionChannel, UserLanguage``. Legacy exports have ``V1`` to ``V10`` in row 1, these names in
row 2 and an empty last column. A matrix is one column a statement (``Q3_1``, text ``Question - Statement``), the text
of an option is ``Q4_7_TEXT``. ImportIds stay when a survey is renumbered or copied, so they name a column in the
mapping. ``Status`` and ``Finished`` are numbers or words. Recodes need not be 1 to 5, and -99 may stand for "seen,
unanswered".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from workbench.engagement.exports.layout import Export, Grid, lay_out_rows
from workbench.engagement.exports.texts import squash

VENDOR = "qualtrics"
TITLE = "Qualtrics"

_NAMES: dict[str, tuple[str, ...]] = {
    "started": ("StartDate",),
    "completed": ("EndDate",),
    "status": ("Status",),
    "progress": ("Progress",),
    "seconds": ("Duration (in seconds)", "duration"),
    "finished": ("Finished",),
    "response": ("ResponseId", "_recordId"),
    "identity": ("RecipientEmail", "EmailAddress", "ExternalReference", "ExternalDataReference"),
    "channel": ("DistributionChannel",),
    "dropped": (
        *("IPAddress", "RecordedDate", "RecipientLastName", "RecipientFirstName", "Name", "ResponseSet"),
        *("LocationLatitude", "LocationLongitude", "LocationAccuracy", "UserLanguage"),
    ),
}
_USES = {squash(name): use for use, names in _NAMES.items() for name in names}
_NEEDED = ("StartDate", "EndDate", "Finished", "ResponseId")
_BY_THE_WAY = re.compile(r"^Q_|_DO(?:_\d+)?$|_(?:First Click|Last Click|Page Submit|Click Count)$|^RecipientE?mail\d")

HEADERS = frozenset(name for names in _NAMES.values() for name in names)
"""Names of the vendor's own columns, as it writes them."""


def missing_tokens(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the columns of the vendor that the header lacks; empty where it is this vendor's."""
    best: tuple[str, ...] = _NEEDED
    for row in rows[:2]:
        found = {squash(cell) for cell in row}
        best = min(best, tuple(name for name in _NEEDED if squash(name) not in found), key=len)
    if any(_import_id(cell) for row in rows[1:3] for cell in row):
        return ()
    return best


def lay_out(grid: Grid, is_question: Callable[[str], bool]) -> Export:
    """Return the export's columns."""
    rows = grid.rows
    ids = next((place for place in (1, 2) if len(rows) > place and any(map(_import_id, rows[place]))), 0)
    is_legacy = not ids and not {squash(cell) for cell in rows[0]} & {"startdate", "responseid"}
    codes = rows[1] if is_legacy else rows[0]
    if ids:
        texts, first, layout = rows[1] if ids == 2 else rows[0], ids + 1, f"{ids + 1} header rows"
    elif is_legacy:
        texts, first, layout = rows[1], 2, "legacy"
    else:
        has_texts = len(rows) > 1 and _is_header(rows[0], rows[1])
        texts, first = rows[1] if has_texts else rows[0], 2 if has_texts else 1
        layout = f"{first} header row{'s' if has_texts else ''}"

    def names(place: int) -> tuple[str, ...]:
        found = (_import_id(rows[ids][place]) if ids else "", rows[0][place], texts[place])
        return tuple(dict.fromkeys(name for name in found if name))

    uses = {}
    for place, code in enumerate(codes):
        if squash(code) in _USES:
            uses[place] = _USES[squash(code)]
        elif any(_BY_THE_WAY.search(name) for name in names(place)[:2]):
            uses[place] = "dropped"
    return lay_out_rows(grid, VENDOR, layout, first, names, uses, blanks=frozenset({"-99"}))


def _import_id(cell: str) -> str:
    """Return the id in ``{"ImportId":"QID1"}``, empty where there is none."""
    if not cell.startswith("{"):
        return ""
    try:
        found = json.loads(cell)
    except ValueError:
        return ""
    if not isinstance(found, dict) or "ImportId" not in found:
        return ""
    choice = found.get("choiceId")
    return f"{found['ImportId']}_{choice}" if choice else str(found["ImportId"])


def _is_header(codes: Sequence[str], row: Sequence[str]) -> bool:
    """Say whether the second row holds texts of questions: under the columns with times stands no time."""
    dates = [place for place, code in enumerate(codes) if squash(code) in ("startdate", "enddate", "recordeddate")]
    return bool(dates) and not any(re.search(r"\d", row[place]) for place in dates)
