"""The questions as a workbook to mail, a sheet for each who can answer; and the answered workbook read back.

What each answer is for stands in a hidden sheet, so that a workbook can be sorted, shortened, and read on another
machine; a mark over that sheet shows whether it is as it was written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from workbench.engagement.cells import parse_date
from workbench.engagement.columns import fits_text
from workbench.engagement.intake.crosswalk import keys_named, near_keys
from workbench.engagement.mailing import OPTIONS, add_sheet, columns_of, formats_of, height_of, safe_text, write_row
from workbench.engagement.queries import KINDS, Queries, Query, Target, cell_text
from workbench.engagement.read import column_letters
from workbench.engagement.workbooks import open_workbook
from workbench.errors import ClientDataError, Fault

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

HEADS = {
    "Question": 16.0, "Where it was seen": 26.0, "What we found": 40.0, "What we ask": 32.0, "What it holds up": 26.0,
    "What may be answered": 26.0, "Your answer": 30.0, "Answered by": 18.0, "On": 12.0,
}  # fmt: skip
ANSWER, BY, ON = 6, 7, 8
FIRST_ROW = 4
"""Title, what to do, who answers and an empty row stand above the header."""

REFERENCE, LISTS = "reference", "lists"
LONGEST_LIST = 255
"""Characters that Excel takes for a drop-down in the rule itself."""

MOST_ROWS = 20_000
"""Rows of a sheet that are looked at for answers (ours)."""


@dataclass(frozen=True)
class Answer:
    """An answer as it came back.

    Attributes
    ----------
    query : str
        Id of the question.
    kind, question : str
    target : Target
    value : str, float or date
        What was answered.
    said_by : str
    said_on : date
    file, sheet, cell : str
        Where it stands in the answered workbook.
    """

    query: str
    kind: str
    question: str
    target: Target
    value: str | float | dt.date
    said_by: str
    said_on: dt.date
    file: str
    sheet: str
    cell: str

    def fault(self, found: str, allowed: str, remedy: str) -> Fault:
        """Return what is wrong with the answer, at its cell."""
        return Fault(self.file, self.sheet, self.cell, found, allowed, remedy)


@dataclass(frozen=True)
class Returned:
    """An answered workbook.

    Attributes
    ----------
    answers : tuple of Answer
        Those that could be read.
    blank : int
        Questions that were left open.
    faults : tuple of Fault
        What is wrong with the others.
    """

    answers: tuple[Answer, ...]
    blank: int
    faults: tuple[Fault, ...]


# -- out ---------------------------------------------------------------------------------------------------------------


def queries_bytes(queries: Queries) -> bytes:
    """Return the workbook.

    Parameters
    ----------
    queries : Queries
        At least one.
    """
    from xlsxwriter import Workbook

    held = io.BytesIO()
    book = Workbook(held, OPTIONS)
    book.set_properties({"title": f"Questions to {queries.client}"})
    formats = formats_of(book)
    lists: dict[tuple[str, ...], str] = {}
    for who in queries.people:
        own = [query for query in queries.queries if query.to == who]
        _write_sheet(add_sheet(book, safe_text(who), list(HEADS.values())), queries, who, own, formats, lists)
    _write_lists(book, lists)
    _write_reference(book, queries)
    book.close()
    return held.getvalue()


def _write_sheet(
    sheet: Worksheet,
    queries: Queries,
    who: str,
    own: Sequence[Query],
    formats: Mapping[str, Format],
    lists: dict[tuple[str, ...], str],
) -> None:
    heads, widths = columns_of(HEADS)
    many = f"{len(own)} question{'' if len(own) == 1 else 's'}"
    sheet.set_row(0, 24)
    sheet.write_string(0, 0, safe_text(f"{queries.client}: {many} to {who}"), formats["title"])
    words = "Write into the yellow cells only; leave blank what you cannot say. Dates as 2026-10-09. Then send it back."
    sheet.write_string(1, 0, words, formats["quiet"])
    sheet.write_string(2, 0, "All answered by", formats["quiet"])
    sheet.write_blank(2, 1, None, formats["answer_text"])
    sheet.write_string(2, 2, "on", formats["quiet"])
    sheet.write_blank(2, 3, None, formats["answer_date"])
    _only_days(sheet, 2, 3)
    for place, head in enumerate(heads):
        sheet.write_string(FIRST_ROW, place, head, formats["head"])
    row = FIRST_ROW + 1
    for kind, title in KINDS.items():
        asked = [query for query in own if query.kind == kind]
        if asked:
            sheet.set_row(row, 20)
            for place in range(len(heads)):
                sheet.write_blank(row, place, None, formats["section"])
            sheet.write_string(row, 0, title, formats["section"])
            row += 1
        for query in asked:
            _write_query(sheet, row, query, widths, formats, lists)
            row += 1
    sheet.freeze_panes(FIRST_ROW + 1, 1)
    sheet.repeat_rows(FIRST_ROW)
    sheet.print_area(0, 0, row - 1, len(heads) - 1)
    sheet.protect("", {"format_columns": True, "format_rows": True, "sort": True, "autofilter": True})


def _write_query(
    sheet: Worksheet,
    row: int,
    query: Query,
    widths: Sequence[float],
    formats: Mapping[str, Format],
    lists: dict[tuple[str, ...], str],
) -> None:
    shown = [query.id, query.where, query.found, query.question, query.blocks, query.allowed]
    wrap = formats["wrap"]
    shapes = [formats["grey"], *[wrap] * 5]
    write_row(sheet, row, shown, shapes, max(33.0, height_of(shown, widths[: len(shown)])))
    kind = {"date": "answer_date", "number": "answer"}.get(query.value, "answer_text")
    sheet.write_blank(row, ANSWER, None, formats[kind])
    sheet.write_blank(row, BY, None, formats["answer_text"])
    sheet.write_blank(row, ON, None, formats["answer_date"])
    _only_days(sheet, row, ON)
    if query.choices:
        sheet.data_validation(row, ANSWER, row, ANSWER, _listed(query, lists))
    elif query.value == "date":
        _only_days(sheet, row, ANSWER)
    elif query.value == "number":
        _only_numbers(sheet, row, query)


def _listed(query: Query, lists: dict[tuple[str, ...], str]) -> dict[str, Any]:
    """Return a drop-down; what is too long for a rule stands in a sheet of its own."""
    rule: dict[str, Any] = {
        "validate": "list",
        "error_title": "Not in the list",
        "error_message": "Take one of the list, or write your own words into a mail.",
    }
    is_short = len(",".join(query.choices)) <= LONGEST_LIST and not any("," in choice for choice in query.choices)
    if not is_short or any(choice.startswith("=") for choice in query.choices):
        letters = column_letters(len(lists))
        rule["source"] = lists.setdefault(query.choices, f"={LISTS}!${letters}$1:${letters}${len(query.choices)}")
    else:
        rule["source"] = list(query.choices)
    if query.value != "choice" or query.names:
        rule["error_type"] = "warning"
    return rule


def _only_days(sheet: Worksheet, row: int, place: int) -> None:
    day = dt.date(2000, 1, 1)
    rule = {"validate": "date", "criteria": ">=", "value": day, "error_message": "A day, such as 2026-10-09."}
    sheet.data_validation(row, place, row, place, rule)


def _only_numbers(sheet: Worksheet, row: int, query: Query) -> None:
    low = -1e15 if query.low is None else query.low
    high = 1e15 if query.high is None else query.high
    rule = {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
    sheet.data_validation(row, ANSWER, row, ANSWER, {**rule, "error_message": f"{query.allowed}"[:LONGEST_LIST]})


def _write_lists(book: Workbook, lists: Mapping[tuple[str, ...], str]) -> None:
    if not lists:
        return
    sheet = book.add_worksheet(LISTS)
    for place, choices in enumerate(lists):
        for row, choice in enumerate(choices):
            sheet.write_string(row, place, choice)
    sheet.very_hidden()


def _write_reference(book: Workbook, queries: Queries) -> None:
    """Write what each answer is for, where nobody changes it by chance."""
    sheet = book.add_worksheet(REFERENCE)
    rows = [_reference(query) for query in queries.queries]
    head = {"engagement": queries.engagement, "questions": len(rows), "mark": _mark(queries.engagement, rows)}
    for row, text in enumerate((json.dumps(head), *rows)):
        sheet.write_string(row, 0, text)
    sheet.very_hidden()


def _reference(query: Query) -> str:
    held = {
        "id": query.id,
        "kind": query.kind,
        "question": safe_text(f"{query.found.rstrip('.')}. {query.question}"),
        "target": asdict(query.target),
        "value": query.value,
        "choices": list(query.choices),
        "names": dict(query.names),
        "low": query.low,
        "high": query.high,
        "allowed": query.allowed,
    }
    text = json.dumps(held, ensure_ascii=True)
    return (
        text
        if len(text) <= 32_000
        else json.dumps({**held, "choices": [], "names": {}, "question": ""}, ensure_ascii=True)
    )


def _mark(engagement: str, rows: Sequence[str]) -> str:
    return hashlib.sha256("\n".join((engagement, *rows)).encode("utf-8")).hexdigest()


# -- back --------------------------------------------------------------------------------------------------------------


def read_answers(content: bytes, file: str, engagement: str, today: dt.date) -> Returned:
    """Read an answered workbook; its formulas are not run, its links not followed.

    Parameters
    ----------
    content : bytes
    file : str
        Its name, for faults.
    engagement : str
        Whose answers they must be.
    today : date
        Nobody answers after it.

    Raises
    ------
    ClientDataError
        It is no workbook of questions, or it is another client's.
    """
    book, faults = open_workbook(content, file)
    if book is None:
        raise ClientDataError(tuple(faults))
    sheet = next((name for name in book.sheets if name.casefold() == REFERENCE), None)
    allowed = "a workbook that workbench queries wrote, with answers in it."
    if sheet is None:
        found = f"there is no sheet {REFERENCE}, which says what each answer is for"
        raise ClientDataError((Fault(file, "", "", found, allowed, "Answer in the workbook as it was sent."),))
    cells, faults = book.rows(sheet)
    texts = [str(row[0]) for row in cells if row and row[0] is not None]
    known = _known(texts, engagement)
    if faults or isinstance(known, str):
        found = str(known) if isinstance(known, str) else faults[0].found
        raise ClientDataError((Fault(file, sheet, "", found, allowed, "Answer in the workbook as it was sent."),))
    reader = _Reader(file, known, today)
    for name in book.sheets:
        if name.casefold() not in (REFERENCE, LISTS):
            rows, faults = book.rows(name)
            reader.faults += [fault for fault in faults if _is_answer(fault)]
            reader.read(name, rows[:MOST_ROWS])
    return reader.returned()


def _is_answer(fault: Fault) -> bool:
    """Whether a fault of a sheet stands where answers stand."""
    return not fault.cell or fault.cell.rstrip("0123456789") in {column_letters(one) for one in (ANSWER, BY, ON)}


def _known(texts: Sequence[str], engagement: str) -> dict[str, dict[str, Any]] | str:
    """Return what each answer is for, by question; or why that cannot be known."""
    try:
        head = json.loads(texts[0])
        rows = [json.loads(text) for text in texts[1:]]
        if head["engagement"] != engagement:
            return f"these are answers of another engagement than {engagement!r}"
        if head["mark"] != _mark(engagement, texts[1:]):
            return "what each answer is for has been changed"
        return {str(row["id"]): row for row in rows}
    except (IndexError, ValueError, KeyError, TypeError):
        return "what each answer is for cannot be read"


class _Reader:
    """One pass over the sheets of an answered workbook."""

    def __init__(self, file: str, known: Mapping[str, Mapping[str, Any]], today: dt.date) -> None:
        self.file, self.known, self.today = file, known, today
        self.faults: list[Fault] = []
        self.found: dict[str, Answer] = {}
        self.seen: set[str] = set()

    def returned(self) -> Returned:
        answered = {name for name in self.known if name in self.found}
        return Returned(tuple(self.found.values()), len(self.known) - len(answered), tuple(self.faults))

    def read(self, sheet: str, rows: Sequence[Sequence[Any]]) -> None:
        by, on = _at(rows, 2, 1), _at(rows, 2, 3)
        for number, _ in enumerate(rows):
            name = str(_at(rows, number, 0) or "").strip()
            value = _at(rows, number, ANSWER)
            if not name.startswith("Q-"):
                continue
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            place = f"{column_letters(ANSWER)}{number + 1}"
            if name not in self.known:
                found = f"{name} is no question of this workbook"
                self._fault(sheet, f"A{number + 1}", found, "the ids as they were sent.", "Restore the id.")
                continue
            own_by, own_on = _at(rows, number, BY), _at(rows, number, ON)
            day = (f"{column_letters(ON)}{number + 1}", own_on)
            if own_on is None and on is not None:
                day = ("D3", on)  # said once for the whole sheet, so what is wrong with it is said once too
            self._answer(sheet, place, number, name, value, own_by or by, day)

    def _fault(self, sheet: str, cell: str, found: str, allowed: str, remedy: str) -> None:
        fault = Fault(self.file, sheet, cell, found, allowed, remedy)
        if fault not in self.faults:
            self.faults.append(fault)

    def _answer(
        self, sheet: str, place: str, number: int, name: str, value: Any, by: Any, dated: tuple[str, Any]
    ) -> None:
        held = self.known[name]
        known = len(self.faults)
        made = self._value(sheet, place, held, value)
        who = cell_text(by).strip()
        if not who:
            cell = f"{column_letters(BY)}{number + 1}"
            self._fault(sheet, cell, "nobody is named", "who answered.", "Fill the cell, or B3 for the whole sheet.")
        elif not fits_text(who):
            cell = f"{column_letters(BY)}{number + 1}"
            self._fault(sheet, cell, "the name cannot be read", "a name or role.", "Type it again by hand.")
        cell, on = dated
        day = _day(on)
        if day is None or day > self.today:
            found, remedy = "no day is given", "Fill the cell, or D3 for the whole sheet."
            if on is not None:
                found = f"{cell_text(on)!r} is no day" if day is None else f"{day} has not come yet"
                remedy = "Write it as 2026-10-09."
            self._fault(sheet, cell, found, "when it was answered.", remedy)
        if made is None or day is None or len(self.faults) > known:
            return
        before = self.found.get(name)
        answer = Answer(
            name, str(held["kind"]), str(held["question"]), Target(**held["target"]), made, who, day,
            self.file, sheet, place,
        )  # fmt: skip
        if before is not None and before.value != made:
            found = f"{name} is answered twice, also in sheet {before.sheet}, {before.cell}"
            self._fault(sheet, place, found, "one answer.", "Clear one of the two.")
            return
        self.found[name] = answer

    def _value(self, sheet: str, place: str, held: Mapping[str, Any], value: Any) -> str | float | dt.date | None:
        """Return an answer as its question wants it, None where it does not fit."""
        kind = held["value"]
        allowed = str(held["allowed"])
        if kind == "date":
            day = _day(value)
            if day is None:
                self._fault(sheet, place, f"{cell_text(value)!r} is no day", allowed, "Write it as 2026-10-09.")
            return day
        if kind == "number":
            number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
            low, high = held["low"], held["high"]
            is_out = number is not None and ((low is not None and number < low) or (high is not None and number > high))
            if number is None or is_out or abs(number) > 1e15:
                remedy = "Write a number without unit or percent sign, as a number of Excel."
                self._fault(sheet, place, f"{cell_text(value)!r} is not allowed", allowed, remedy)
                return None
            return float(number)
        text = cell_text(value).strip()
        if kind == "choice":
            return self._choice(sheet, place, held, text)
        if not fits_text(text):
            found = "the answer is longer than 2,000 characters, or holds characters that cannot be seen"
            self._fault(sheet, place, found, allowed, "Write it shorter, by hand.")
            return None
        return text

    def _choice(self, sheet: str, place: str, held: Mapping[str, Any], text: str) -> str | None:
        """Return the choice that a text is, by itself or by its name; one that is only like it is refused."""
        choices, names = [str(choice) for choice in held["choices"]], held.get("names") or {}
        match = [choice for choice in choices if choice.casefold() == text.casefold()]
        called = {choice: str(names.get(choice) or "") for choice in choices}
        match = match or list(keys_named(text, called))
        if len(match) == 1 or not choices:
            return match[0] if match else text
        near = match or near_keys(text, called)
        shown = " or ".join(f"{key} ({called[key]})" if called[key] else key for key in near)
        found = f"{text[:60]!r} is the name of several" if match else f"{text[:60]!r} is not in the list"
        remedy = f"Did you mean {shown}? Write it so." if shown else "Take one of the list."
        self._fault(sheet, place, found, str(held["allowed"]), remedy)
        return None


def _at(rows: Sequence[Sequence[Any]], row: int, place: int) -> Any:
    return rows[row][place] if row < len(rows) and place < len(rows[row]) else None


def _day(value: Any) -> dt.date | None:
    """Return a cell as a day; text must be written year first."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    day = parse_date(value.strip(), "iso") if isinstance(value, str) else None
    return day.date() if isinstance(day, dt.datetime) else day
