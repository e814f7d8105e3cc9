"""What the cells of a column mean: dates, numbers, choices and text, decided by evidence over whole columns.

The order of day and month is decided by the column (some value above 12), the decimal sign by all number columns of
the table, because one program wrote them. What the evidence leaves open is asked for through ``sources:`` of
``engagement.yaml`` and never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic.fields import FieldInfo

from workbench.engagement.columns import FIRST_YEAR, LAST_YEAR
from workbench.engagement.read import ERROR_CELLS, RawTable, show
from workbench.engagement.settings import Source
from workbench.errors import Fault

Spot = TypeVar("Spot")
ColumnKind = Literal["text", "number", "integer", "date", "choice"]

_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_ISO = re.compile(
    rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[T ]{_CLOCK}(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d{{2}}:?\d{{2}})?)?"
)
_YEAR_FIRST = re.compile(rf"(\d{{4}})([/.])(\d{{1,2}})\2(\d{{1,2}})(?: {_CLOCK}(?::[0-5]\d)?)?")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([/.\-])(\d{{1,2}})\2(\d{{4}}|\d{{2}})(?:,? {_CLOCK}(?::[0-5]\d)?)?")
_TIME_OF_DAY = re.compile(r"[T ,](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
_NAMED = re.compile(r"(\d{1,2})[. \-]+([A-Za-z]{3,9})\.?[, \-]+(\d{4})|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[eE][+-]?\d+)?")
_CURRENCY = re.compile(r"[€$£¥₹]|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|JPY)\b", re.IGNORECASE)
_NOTHING = frozenset({"-", "–", "—", "n/a", "na", "n.a.", "null", "none", "nan", "?", "tbd", "unknown"})


@dataclass(frozen=True)
class Ask:
    """What the cells alone cannot tell; becomes one fault, at `spot`, that says what to write."""

    found: str
    allowed: str
    remedy: str
    spot: Any = None


def column_kind(field: FieldInfo) -> ColumnKind:
    """Return what the cells of a schema column are.

    Examples
    --------
    >>> from workbench.engagement.schema import TABLES
    >>> column_kind(TABLES["waves"].columns["date"])
    'date'
    """
    types = {part for part in _parts(field.annotation) if part is not type(None)}
    if dt.date in types:
        return "date"
    choices = _choices(field.annotation)
    if choices:
        return "integer" if all(isinstance(choice, int) for choice in choices) else "choice"
    return "integer" if int in types else "number" if float in types else "text"


def keeps_clock(field: FieldInfo) -> bool:
    """Return whether a column of dates keeps the time of day, where the client's log has one."""
    return dt.datetime in _parts(field.annotation)


def choices_of(field: FieldInfo) -> tuple[str, ...]:
    """Return the words or numbers a choice column allows, as text; empty where it is free."""
    return tuple(str(choice) for choice in _choices(field.annotation))


def is_open_choice(field: FieldInfo) -> bool:
    """Return whether a choice column takes other words too."""
    return bool(_choices(field.annotation)) and str in _parts(field.annotation)


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(choice for part in get_args(annotation) for choice in _choices(part))


def _parts(annotation: Any) -> list[Any]:
    inner = get_args(annotation)
    if get_origin(annotation) is Literal or not inner:
        return [annotation]
    return [part for argument in inner for part in _parts(argument)]


# -- text ------------------------------------------------------------------------------------------------------------


def read_text(raw: RawTable, column: str) -> tuple[list[str | None], list[Fault]]:
    """Return a column as text, verbatim; whole numbers lose Excel's decimals, a date in it is asked about."""
    values = raw.cells[column]
    faults = []
    dates = [row for row, value in enumerate(values) if isinstance(value, dt.date | dt.time | dt.timedelta)]
    if dates:
        first = values[dates[0]]
        shown = f"{first:%Y-%m-%d}" if isinstance(first, dt.date) else str(first)
        faults.append(
            raw.fault(
                dates[0],
                column,
                f"Excel made a date of this text ({shown}){_and_more(len(dates))}",
                "text.",
                "Format the column as Text and type the text again, such as 2026-09.",
            )
        )
    out: list[str | None] = []
    for row, value in enumerate(values):
        if value is None or isinstance(value, str):
            if value in ERROR_CELLS:
                faults.append(_error_cell(raw, row, column, value))
                value = None
            elif value is not None and "\ufffd" in value:
                remedy = "Export the file again as UTF-8."
                faults.append(raw.fault(row, column, f"{show(value)} has lost letters", "readable text.", remedy))
            out.append(value)
        elif isinstance(value, bool):
            out.append("yes" if value else "no")
        elif isinstance(value, float):
            out.append(repr(int(value)) if value.is_integer() else repr(value))
        elif isinstance(value, dt.date | dt.time | dt.timedelta):
            out.append(None)
        else:
            out.append(str(value))
    return out, faults


def read_choices(raw: RawTable, column: str, allowed: Sequence[str]) -> tuple[list[str | None], list[Fault]]:
    """Return a column of choices in our spelling, however the client writes capitals, blanks and hyphens."""
    values, faults = read_text(raw, column)
    known = {choice.casefold(): choice for choice in allowed}
    spelling = {
        value: known.get(value.casefold()) or known.get(re.sub(r"[\s\-]+", "_", value.casefold())) or value
        for value in set(values)
        if value is not None
    }
    return [None if value is None else spelling[value] for value in values], faults


# -- numbers ---------------------------------------------------------------------------------------------------------


def decide_decimal(
    texts: Iterable[tuple[Any, Spot]], place: Callable[[Spot], str], table: str, source: Source | None
) -> str | Ask:
    """Return the decimal sign of the numbers of a table that are written as text, or ask.

    Parameters
    ----------
    texts : iterable of (cell, spot)
        The cells of all its number columns; only texts count.
    place : callable
        Spot → where it stands, for the question.
    table : str
        Table, for the remedy.
    source : Source, optional
        What ``sources:`` says.
    """
    if source and source.decimal:
        return source.decimal
    votes: dict[str, tuple[str, Spot]] = {}
    open_: tuple[str, Spot] | None = None
    for text, spot in texts:
        if isinstance(text, str):
            vote = _decimal_vote(text)
            if vote in (".", ","):
                votes.setdefault(vote, (text, spot))
            elif vote == "?" and open_ is None:
                open_ = (text, spot)
    if len(votes) == 2:
        (point, point_at), (comma, comma_at) = votes["."], votes[","]
        return Ask(
            f"{show(comma)} has a decimal comma, but {show(point)} in {place(point_at)} has a decimal point",
            "one decimal sign in the whole table.",
            "Write all numbers alike, such as 1234.5.",
            comma_at,
        )
    if votes:
        return next(iter(votes))
    if open_ is not None:
        text, spot = open_
        return Ask(
            f"{show(text)} may be {re.sub(r'[.,]', '', text)} or {text.replace(',', '.')}, "
            "and no other number of the table tells",
            "numbers whose decimal sign is known.",
            f'Write in engagement.yaml: sources: {{{table}: {{decimal: "."}}}} or {{decimal: ","}}; '
            "or write the numbers without thousands separators and with two decimals.",
            spot,
        )
    return "."


def _decimal_vote(text: str) -> str:
    """Return the decimal sign that a number proves; '?' if it has a sign that may be either; '' if it has none."""
    digits = _SPACES.sub("", text).lstrip("+-−")
    signs = [sign for sign in digits if sign in ".,"]
    if not signs or not re.fullmatch(r"[\d.,]+(?:[eE][+-]?\d+)?", digits):
        return ""
    if len(set(signs)) == 2:
        return signs[-1] if signs.count(signs[-1]) == 1 else ""
    if len(signs) > 1:
        return "," if signs[0] == "." else "."  # 1.234.567 has thousands points, so commas are decimal
    whole, part = re.split(r"[.,]", digits)
    thousands = len(part) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return "?" if thousands and not _SPACES.search(text.strip()) else signs[0]


def parse_number(text: str, decimal: str) -> float | None:
    """Return the number a text writes with this decimal sign, or None.

    Examples
    --------
    >>> [parse_number(text, ".") for text in ("1,234.50", "12 000", "x")], parse_number("1.234,50", ",")
    ([1234.5, 12000.0, None], 1234.5)
    """
    text = text.strip().replace("−", "-")
    if _PLAIN_NUMBER.fullmatch(text):
        return float(text)
    thousands = "," if decimal == "." else "."
    whole, _, part = text.partition(decimal)
    groups = re.fullmatch(rf"([+-]?)(\d{{1,3}}(?:[{re.escape(thousands)}\s\u00a0\u202f'’]\d{{3}})+|\d*)", whole)
    if not groups or not re.fullmatch(r"\d*(?:[eE][+-]?\d+)?", part) or not re.search(r"\d", whole + part):
        return None
    digits = re.sub(r"\D", "", groups.group(2))
    return float(
        f"{groups.group(1)}{digits or '0'}.{part or '0'}"
        if not part.startswith(("e", "E"))
        else groups.group(1) + digits + part
    )


def read_numbers(
    raw: RawTable, column: str, decimal: str | Ask, *, whole: bool = False
) -> tuple[list[float | int | None], list[Fault]]:
    """Return a column of numbers; numbers written as text are read where that is unambiguous."""
    out: list[float | int | None] = []
    faults: list[Fault] = []
    for row, value in enumerate(raw.cells[column]):
        number: float | int | None = None
        if value is None:
            pass
        elif isinstance(value, bool) or not isinstance(value, int | float | str):
            found = f"{show(value)} is {'yes or no' if isinstance(value, bool) else 'a date'}, not a number"
            remedy = "Format the cell as a number and type the number again."
            faults.append(raw.fault(row, column, found, "a number.", remedy))
        elif isinstance(value, int | float):
            number = value
        else:
            sign = decimal if isinstance(decimal, str) else "." if _decimal_vote(value) == "" else ""
            number = parse_number(value, sign) if sign else None
            if number is None and sign:
                faults.append(_no_number(raw, row, column, value, decimal))
        if number is not None and whole:
            if float(number).is_integer():
                number = int(number)
            else:
                remedy = "Write a whole number, or ask what the column should hold."
                faults.append(raw.fault(row, column, f"{show(value)} is not whole", "a whole number.", remedy))
                number = None
        out.append(number)
    return out, faults


def _no_number(raw: RawTable, row: int, column: str, value: str, decimal: str | Ask) -> Fault:
    if value in ERROR_CELLS:
        return _error_cell(raw, row, column, value)
    allowed, remedy = "a number.", "Write the number, or leave the cell blank if nobody knows it."
    bare = value.strip().rstrip("%").strip()
    sign = decimal if isinstance(decimal, str) else "."
    if value.strip().endswith("%") and parse_number(bare, sign) is not None:
        share = f"{(parse_number(bare, sign) or 0) / 100:.10g}"
        return raw.fault(
            row, column, f"{show(value)} has a percent sign", "a number.", f"Write {share} if the column is a share."
        )
    without = _CURRENCY.sub("", value).strip()
    if without != value.strip():
        number = parse_number(without, sign)
        remedy = f"Write {number:.10g}." if number is not None else "Write the number alone."
        return raw.fault(row, column, f"{show(value)} has a currency sign", "a number.", remedy)
    if value.strip().lower() in _NOTHING:
        return raw.fault(row, column, f"{show(value)} is not a number", allowed, "Leave the cell blank.")
    return raw.fault(row, column, f"{show(value)} is not a number", allowed, remedy)


# -- dates -----------------------------------------------------------------------------------------------------------


def decide_date_order(
    values: Sequence[Any], place: Callable[[int], str], table: str, source: Source | None
) -> str | Ask:
    """Return the order of day, month and year of a column's texts, or ask.

    Parameters
    ----------
    values : sequence
        The column: texts, Excel's dates, None.
    place : callable
        Row → where it stands, for the question.
    table : str
        Table, for the remedy.
    source : Source, optional
        What ``sources:`` says.

    Returns
    -------
    str or Ask
        ``iso``, ``day-month-year`` or ``month-day-year``.
    """
    first: dict[str, int] = {}  # what was seen → the first row that shows it
    for row, value in enumerate(values):
        if isinstance(value, dt.date | str):
            first.setdefault(_date_form(value), row)
    declared = source.date_order if source and source.date_order != "year-month-day" else None
    year_last = [first[form] for form in ("day-month-year", "month-day-year", "open", "either") if form in first]
    other = first.get("iso", first.get("real"))
    ask = f"write in engagement.yaml: sources: {{{table}: {{date_order: day-month-year}}}} or month-day-year"
    if year_last and other is not None:
        kind = "has the year first" if "iso" in first else "is a date that Excel recognised"
        swapped = (
            ""
            if "iso" in first
            else (" Compare with the source: Excel may have swapped day and month in those it recognised.")
        )
        return Ask(
            f"{show(values[year_last[0]])} has the year last, but {place(other)} {kind}: the column mixes formats",
            "one way of writing dates in a column.",
            f"Write all dates as 2026-09-30.{swapped}",
            year_last[0],
        )
    if declared:
        return declared
    if "day-month-year" in first and "month-day-year" in first:
        day, month = first["day-month-year"], first["month-day-year"]
        return Ask(
            f"{show(values[month])} has the month first, but {show(values[day])} in {place(day)} has the day first",
            "one order of day and month in a column.",
            "Write all dates as 2026-09-30.",
            month,
        )
    if "short" in first:
        found = f"{show(values[first['short']])} writes the year with two digits"
        remedy = f"Write all dates as 2026-09-30, or {ask}."
        return Ask(found, "a year of four digits.", remedy, first["short"])
    for order in ("day-month-year", "month-day-year"):
        if order in first:
            return order
    if "open" in first:
        match = _YEAR_LAST.fullmatch(values[first["open"]])
        one, two = (int(match.group(1)), int(match.group(3))) if match else (0, 0)
        return Ask(
            f"{show(values[first['open']])} may be day {one} of month {two} or day {two} of month {one}, "
            "and no date of the column tells",
            "dates whose order is known.",
            f"{ask[0].upper()}{ask[1:]}; or write the dates as 2026-09-30.",
            first["open"],
        )
    return "iso"


def _date_form(value: dt.date | str) -> str:
    """Return what one cell tells about the order of its column; ``open`` if it may be read in two ways."""
    if isinstance(value, dt.date):
        return "real"
    match = _YEAR_LAST.fullmatch(value)
    if not match:
        return "iso" if _ISO.fullmatch(value) else ""
    one, two = int(match.group(1)), int(match.group(3))
    if len(match.group(4)) == 2:
        return "short"
    if one > 12 or two > 12:
        return "day-month-year" if two <= 12 else "month-day-year" if one <= 12 else ""
    return "either" if one == two else "open"


def parse_date(text: str, order: str) -> dt.date | None:
    """Return the day a text writes, with this order where the year stands last, or None.

    Examples
    --------
    >>> parse_date("30.09.2026", "day-month-year"), parse_date("2026-09-30", "iso"), parse_date("31.09.2026", "iso")
    (datetime.date(2026, 9, 30), datetime.date(2026, 9, 30), None)
    """
    match = _ISO.fullmatch(text)
    if match:
        return _day(*match.groups())
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _day(match.group(1), match.group(3), match.group(4))
    match = _YEAR_LAST.fullmatch(text)
    if match:
        one, _, two, year = match.groups()
        year = f"20{year}" if len(year) == 2 else year
        if order == "iso" and one != two:  # nothing but 05/05/2026 may be read without an order
            return None
        return _day(year, one, two) if order == "month-day-year" else _day(year, two, one)
    match = _NAMED.fullmatch(text)
    if match:
        day, month, year = match.group(1, 2, 3) if match.group(1) else (match.group(5), match.group(4), match.group(6))
        numbers = [number for number, name in enumerate(_MONTHS, start=1) if name.startswith(month.lower())]
        return _day(year, str(numbers[0]), day) if numbers else None  # three letters or more name one month
    return None


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_dates(
    raw: RawTable, column: str, source: Source | None, *, keep_clock: bool = False
) -> tuple[list[dt.date | None], list[Fault]]:
    """Return a column of dates, decided over the whole column.

    With `keep_clock` a cell that shows a time of day becomes a datetime, with its offset if it shows one; midnight is
    what programs write where they know no time, and stays a date.
    """
    values = raw.cells[column]
    order = decide_date_order(values, lambda row: raw.place(row, column), raw.name, source)
    faults: list[Fault] = []
    if isinstance(order, Ask):
        faults.append(raw.fault(order.spot, column, order.found, order.allowed, order.remedy))
    out: list[dt.date | None] = []
    for row, value in enumerate(values):
        day: dt.date | None = None
        if isinstance(value, dt.datetime):
            day = value.date()
        elif isinstance(value, dt.date):
            day = value
        elif isinstance(value, str):
            day = parse_date(value, "iso" if isinstance(order, Ask) else order)
            if day is None and not (isinstance(order, Ask) and _YEAR_LAST.fullmatch(value)):
                faults.append(_no_date(raw, row, column, value, order))
        elif value is not None:
            found = f"{show(value)} is a number, not a date"
            remedy = "Format the cell as a date, or write it as 2026-09-30."
            faults.append(raw.fault(row, column, found, "a date.", remedy))
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            found = f"the year {day.year} is no year of this work"
            faults.append(raw.fault(row, column, found, "a date such as 2026-09-30.", "Correct the date."))
            day = None
        out.append(_with_clock(day, value) if keep_clock and day is not None else day)
    return out, faults


def _with_clock(day: dt.date, value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value if value.time() != dt.time() else day
    match = _TIME_OF_DAY.search(value) if isinstance(value, str) else None
    if match is None:
        return day
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    if not (hour or minute or second):
        return day
    zone = match.group(4)
    offset = dt.datetime.strptime(zone.replace("Z", "+0000"), "%z").tzinfo if zone else None
    return dt.datetime.combine(day, dt.time(hour, minute, second), offset)


def _no_date(raw: RawTable, row: int, column: str, value: str, order: str | Ask) -> Fault:
    if value in ERROR_CELLS:
        return _error_cell(raw, row, column, value)
    if isinstance(order, str) and order != "iso" and _YEAR_LAST.fullmatch(value):
        found = f"{show(value)} is no date in the order {order}"
        return raw.fault(row, column, found, "a date in that order.", "Write all dates as 2026-09-30.")
    return raw.fault(row, column, f"{show(value)} is not a date", "a date such as 2026-09-30.", "Correct the cell.")


def _error_cell(raw: RawTable, row: int, column: str, value: str) -> Fault:
    return raw.fault(row, column, f"the cell shows {value}", "a value.", "Mend the formula, or write the value.")


def _and_more(count: int) -> str:
    return f", and so in {count - 1} more cells of this column" if count > 1 else ""


def convert(
    raw: RawTable, fields: Mapping[str, FieldInfo], source: Source | None
) -> tuple[dict[str, list[Any]], list[Fault]]:
    """Return the columns of a table as typed values, further columns as text, with every fault of a cell's form.

    Parameters
    ----------
    raw : RawTable
        The table, without example rows.
    fields : mapping of str to FieldInfo
        Columns of the schema.
    source : Source, optional
        What ``sources:`` says of this table.
    """
    kinds = {column: column_kind(fields[column]) if column in fields else "text" for column in raw.columns}
    numbers = (
        (value, (row, column))
        for column, kind in kinds.items()
        if kind in ("number", "integer")
        for row, value in enumerate(raw.cells[column])
    )
    decimal = decide_decimal(numbers, lambda spot: raw.place(*spot), raw.name, source)
    out: dict[str, list[Any]] = {}
    faults: list[Fault] = []
    if isinstance(decimal, Ask):
        faults.append(raw.fault(decimal.spot[0], decimal.spot[1], decimal.found, decimal.allowed, decimal.remedy))
    for column, kind in kinds.items():
        if kind == "date":
            has_clock = column in fields and keeps_clock(fields[column])
            out[column], found = read_dates(raw, column, source, keep_clock=has_clock)
        elif kind in ("number", "integer"):
            out[column], found = read_numbers(raw, column, decimal, whole=kind == "integer")
        elif kind == "choice":
            out[column], found = read_choices(raw, column, choices_of(fields[column]))
        else:
            out[column], found = read_text(raw, column)
        faults += found
    return out, faults
