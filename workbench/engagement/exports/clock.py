"""Times in an export: when a sheet was begun and sent; an order of day and month that nobody knows is asked for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

ORDERS = ("day-month-year", "month-day-year", "year-month-day")

NO_TIME = dt.datetime(1980, 1, 1)
"""What LimeSurvey writes where a survey takes no times."""

_MOMENT = re.compile(
    r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})"
    r"(?:[T ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?\s*([ap]\.?\s?m\.?|vorm\.?|nachm\.?)?"
    r"\s*(?:(?:GMT|UTC)?[+\-−]\d{1,2}(?::?\d{2})?|Z|[A-Z]{2,5}(?:[+\-−]\d{1,2})?)?)?",
    re.IGNORECASE,
)


def date_orders(cells: Iterable[str]) -> tuple[set[str], str]:
    """Return the orders in which all times can be read, and a time that more than one order fits (or none).

    Examples
    --------
    >>> date_orders(["9/14/26 10:00:00", "9/3/26 11:00:00"])
    ({'month-day-year'}, '')
    >>> sorted(date_orders(["3/9/2026 11:00"])[0])
    ['day-month-year', 'month-day-year']
    """
    left, example = set(ORDERS), ""
    for cell in cells:
        match = _MOMENT.fullmatch(cell)
        if not match:
            continue
        fitting = {order for order in ORDERS if _fits(match, order)}
        if len(fitting) > 1 and len({read_moment(cell, order) for order in fitting}) == 1:
            continue  # 5/5/2026 is one day either way
        if not left & fitting:
            return set(), cell
        example = example or (cell if len(fitting) > 1 else "")
        left &= fitting
    return left, example if len(left) > 1 else ""


def _fits(match: re.Match[str], order: str) -> bool:
    first, second, third = match.group(1), match.group(3), match.group(4)
    if len(first) == 4 or order == "year-month-day":
        is_year_first = len(first) == 4 and len(third) <= 2
        return is_year_first and order == "year-month-day" and _day(first, second, third) is not None
    if len(third) not in (2, 4) or len(first) > 2:
        return False
    day, month = (first, second) if order == "day-month-year" else (second, first)
    return _day(third, month, day) is not None


def _day(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def read_moment(text: str, order: str) -> dt.datetime | None:
    """Return the time that a text writes, as the vendor's clock showed it, or None.

    Examples
    --------
    >>> read_moment("2026/09/14 2:05:09 PM GMT+2", "year-month-day")
    datetime.datetime(2026, 9, 14, 14, 5, 9)
    """
    match = _MOMENT.fullmatch(text)
    if not match or not _fits(match, order):
        return None
    first, second, third = match.group(1), match.group(3), match.group(4)
    if order == "year-month-day":
        day = _day(first, second, third)
    else:
        day = _day(third, second, first) if order == "day-month-year" else _day(third, first, second)
    hour, minute, second_ = (int(match.group(place) or 0) for place in (5, 6, 7))
    half = (match.group(8) or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith(("p", "n")) else 0)
    if day is None or hour > 23 or minute > 59 or second_ > 59:
        return None
    found = dt.datetime(day.year, day.month, day.day, hour, minute, second_)
    return None if found.date() == NO_TIME.date() else found
