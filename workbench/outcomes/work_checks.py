"""What is wrong with tables of work before a number is made of them; each with count, share, example and consequence.

Nothing is repaired in silence, and nothing is named in clean data. Thresholds are ours; each constant says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from workbench import theme
from workbench.findings import fit_claim
from workbench.outcomes.data_checks import EXPORT_LIMITS, DataFinding
from workbench.outcomes.work_tables import WORK_TABLES

DEFAULT_DAYS = (dt.date(1900, 1, 1), dt.date(1970, 1, 1))
"""What systems write where they have no date."""

LEAST_ROWS = 20
"""Rows from which the shape of a board is judged."""

BULK_SHARE = 0.5
"""Share of items made, or closed, on one day from which a board was filled or cleared by hand."""

AT_ONCE = dt.timedelta(minutes=10)
"""Done so soon after its creation, an item was written down after the work."""

MARKED_SHARE = 0.05
"""Share of impossible rows from which a measure is marked."""

ALL_ALIKE = 0.98
"""Share of one value from which a column tells nothing."""

WORK_TABLE_NAMES = tuple(WORK_TABLES)


def check_work(tables: Mapping[str, pd.DataFrame], as_of: dt.date) -> tuple[DataFinding, ...]:
    """Return what is wrong with tables of work, table by table.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Some of `WORK_TABLES`; times as datetimes.
    as_of : date
        The day the data speak of.
    """
    found: list[DataFinding] = []
    for name in WORK_TABLE_NAMES:
        frame = tables.get(name)
        if frame is None or frame.empty:
            continue
        found += _key_findings(name, frame)
        found += _date_findings(name, frame, as_of)
        if name == "items":
            found += _item_findings(frame)
        if name == "incidents":
            found += _backward(frame, name, "incident", "raised", "restored", "recovery")
            found += _spelling(frame, name, "priority")
        if name in ("items", "incidents"):
            found += _spelling(frame, name, "status")
        if len(frame) in EXPORT_LIMITS:
            claim = fit_claim(f"{name}: exactly {theme.number(len(frame), 0)} rows; an export was probably cut off.")
            detail = (
                "Trackers end an export at such a number. Export shorter spans and import them one after the other."
            )
            found.append(DataFinding("export_limit", name, "", len(frame), 1.0, "", (), "marked", claim, detail))
    return tuple(found)


def _finding(
    check: str,
    table: str,
    frame: pd.DataFrame,
    rows: pd.Series,
    words: tuple[str, str],
    detail: str,
    consequence: str = "informs",
    column: str = "",
) -> list[DataFinding]:
    count = int(rows.sum())
    if not count:
        return []
    share = count / len(frame)
    key = next(name for name in WORK_TABLES[table].key if name != "source")
    example = str(frame.loc[rows, key].iloc[0])
    size = "under 0.1 %" if share < 0.001 else theme.percent(share, 1)
    noun = table.removesuffix("s") if count == 1 else table
    claim = fit_claim(f"{theme.number(count, 0)} {noun} ({size}) {words[count != 1]}.")
    return [
        DataFinding(
            check, table, column, count, share, example, (), consequence, claim, f"For example {example}. {detail}"
        )
    ]


def _key_findings(name: str, frame: pd.DataFrame) -> list[DataFinding]:
    key = [column for column in WORK_TABLES[name].key if column in frame]
    twice = frame.duplicated(key, keep=False)
    detail = "Nobody can tell which is right, so what is made of this table is off. Export and import it once more."
    words = ("shares its key with others", "share their key with others")
    return _finding("conflict", name, frame, twice, words, detail, "off", ", ".join(key))


def _date_findings(name: str, frame: pd.DataFrame, as_of: dt.date) -> list[DataFinding]:
    kinds = WORK_TABLES[name].columns.items()
    dates = [column for column, kind in kinds if kind == "date" and column != "updated" and column in frame]
    found = []
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    for column in dates:
        moments = pd.to_datetime(frame[column])
        late = moments >= end
        words = (f"is {column} after {theme.day(as_of)}", f"are {column} after {theme.day(as_of)}")
        detail = "The engagement speaks of that day; they do not count."
        found += _finding("future", name, frame, late, words, detail, column=column)
        default = moments.dt.normalize().isin([pd.Timestamp(day) for day in DEFAULT_DAYS])
        words = (f"carries a default date as {column}", f"carry a default date as {column}")
        detail = "1900 and 1970 are what systems write where they have no date; they do not count."
        found += _finding("default_date", name, frame, default, words, detail, column=column)
    return found


def _backward(frame: pd.DataFrame, table: str, noun: str, first: str, second: str, measure: str) -> list[DataFinding]:
    one, two = pd.to_datetime(frame[first]), pd.to_datetime(frame[second])
    rows = two < one
    share = float(rows.mean())
    is_marked = share > MARKED_SHARE
    detail = (
        f"They are left out of the measure of {measure}, and it is marked: more than 5 % of a table run backwards."
        if is_marked
        else f"They are left out of the measure of {measure}; {theme.number(int((~rows).sum()), 0)} remain."
    )
    words = (f"is {second} before it was {first}", f"are {second} before they were {first}")
    consequence = "marked" if is_marked else "informs"
    return _finding(f"{second}_before_{first}", table, frame, rows, words, detail, consequence, second)


def _item_findings(frame: pd.DataFrame) -> list[DataFinding]:
    state = frame["state"].fillna("").astype(str)
    created, done = pd.to_datetime(frame["created"]), pd.to_datetime(frame["done"])
    found = _backward(frame, "items", "item", "started", "done", "time")
    found += _backward(frame, "items", "item", "created", "done", "time since creation")
    detail = "They count as done and fall into no week."
    found += _finding(
        "done_without_date",
        "items",
        frame,
        (state == "done") & done.isna(),
        ("is done without a day", "are done without a day"),
        detail,
        column="done",
    )
    again = pd.to_numeric(frame["reopened"], errors="coerce").fillna(0) > 0
    detail = "The last time it was done counts; until it is done again, it is open."
    found += _finding("reopened", "items", frame, again, ("was opened again", "were opened again"), detail)
    blank = frame["status"].fillna("").astype(str).str.strip() == ""
    found += _finding(
        "no_status",
        "items",
        frame,
        blank,
        ("has no status", "have no status"),
        "Nobody can tell whether they are done.",
        column="status",
    )
    found += _finding(
        "no_state",
        "items",
        frame,
        ~blank & (state == ""),
        ("has a status that nobody explained", "have a status that nobody explained"),
        "Write its state in imports.yaml and import once more.",
        column="status",
    )
    found += _board_findings(frame, created, done)
    kinds = frame["type"].fillna("").astype(str)
    counts = kinds.value_counts(normalize=True)
    if len(frame) >= LEAST_ROWS and ALL_ALIKE <= counts.iloc[0] < 1:
        most = counts.index[0]
        rows = kinds == most
        words = (f"are all of one type, {most!r}",) * 2
        found += _finding(
            "one_value", "items", frame, rows, words, "A split by type tells nothing here.", column="type"
        )
    return found + _spelling(frame, "items", "type")


def _board_findings(frame: pd.DataFrame, created: pd.Series, done: pd.Series) -> list[DataFinding]:
    """Return that a board was filled or cleared by hand, so that its days say nothing of the work."""
    off = "Its days say when somebody kept the board, not when work was done: flow times are not stated."
    found: list[DataFinding] = []
    if created.notna().sum() >= LEAST_ROWS:
        day = created.dt.normalize()
        top = day.value_counts().index[0]
        rows = day == top
        if rows.sum() > BULK_SHARE * created.notna().sum():
            words = (
                f"was created on one day, {theme.day(top.date())}",
                f"were created on one day, {theme.day(top.date())}",
            )
            found += _finding("back_filled", "items", frame, rows, words, off, "off", "created")
    closed = done.notna() & created.notna()
    if closed.sum() >= LEAST_ROWS:
        # a day without a clock is no moment: two midnights on one day say nothing of minutes
        clock = (done != done.dt.normalize()) | (created != created.dt.normalize())
        quick = closed & clock & (done >= created) & (done - created <= pd.Timedelta(AT_ONCE))
        if quick.sum() > BULK_SHARE * closed.sum():
            words = ("was done within 10 minutes of its creation", "were done within 10 minutes of their creation")
            found += _finding("back_filled", "items", frame, quick, words, off, "off", "done")
        day = done.dt.normalize()
        top = day.value_counts().index[0]
        rows = day == top
        if rows.sum() > BULK_SHARE * closed.sum():
            words = (
                f"was closed on one day, {theme.day(top.date())}",
                f"were closed on one day, {theme.day(top.date())}",
            )
            found += _finding("bulk_closed", "items", frame, rows, words, off, "off", "done")
    return found


def _spelling(frame: pd.DataFrame, table: str, column: str) -> list[DataFinding]:
    """Return values of a column that differ in capitals, blanks or one letter alone; proposed, never merged."""
    counts = frame[column].fillna("").astype(str).value_counts()
    values = [str(value) for value in counts.index if value]
    found = []
    seen: dict[str, str] = {}
    for value in values:  # the most frequent first
        folded = "".join(letter for letter in value.casefold() if letter.isalnum())
        other = seen.setdefault(folded, value)
        if other == value:
            other = _near(folded, seen)
        if other and other != value:
            rows = frame[column].astype(str) == value
            words = (
                f"has the {column} {value!r}; {other!r} is meant?",
                f"have the {column} {value!r}; {other!r} is meant?",
            )
            found += _finding("spelling", table, frame, rows, words, "Nothing is merged unasked.", column=column)
    return found


def _near(folded: str, seen: Mapping[str, str]) -> str:
    """Return a longer word that this one is but for a letter; short ones and numbers differ on purpose."""
    if len(folded) < 7 or any(letter.isdigit() for letter in folded):
        return ""
    close = next((other for other in seen if other != folded and _one_edit(folded, other)), "")
    return seen.get(close, "")


def _one_edit(one: str, two: str) -> bool:
    """Say whether one letter more, less, other or two swapped make one word of the other."""
    if len(one) == len(two):
        differing = [place for place, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
        swapped = len(differing) == 2 and differing[1] == differing[0] + 1 and one[differing[0]] == two[differing[1]]
        return len(differing) == 1 or swapped
    short, long = sorted((one, two), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))
