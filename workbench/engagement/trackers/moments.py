"""Days and times of an export: the order of day and month by evidence over whole columns, or asked; never by the cell.

Evidence, in this order: what the consultant says; a value over 12; an earlier column of the same file in the same form;
rows whose second date would lie before the first; numbers of items that follow the calendar. Nothing else counts.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from workbench.engagement.columns import FIRST_YEAR, LAST_YEAR
from workbench.engagement.exports.clock import ORDERS

LEAST_PAIRS, LEAST_CONTRARY, LEAST_SHARE = 10, 5, 0.1
"""Rows with two dates, and rows (and their share) that one order puts the wrong way round, before the other is taken.

Ours: boards hold some rows whose dates run backwards, and these must not decide.
"""

LEAST_IDS, MOST_INVERSIONS, LEAST_INVERSIONS = 20, 0.02, 0.2
"""Numbered items, and shares of neighbours out of time order under the right and under the wrong order (ours)."""

MONTHS: dict[str, str] = {
    "en": "january february march april may june july august september october november december",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "pl": "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "cs": "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
    "fi": "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu",
    "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
"""Names of the months; a name may be cut to three letters or more, but for Finnish, which adds an ending instead."""

_SHORT = {"de": {"mrz": 3, "maerz": 3}, "nl": {"mrt": 3}, "cs": {"cvn": 6, "cvc": 7}, "ru": {"май": 5, "мар": 3}}
_TIME = (
    r"(?:[T ,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?\s?m\.?|vorm\.?|nachm\.?)?"
    r"\s*(Z|UTC|GMT|[+\-−]\d{2}:?\d{2})?)?"
)
_NUMERIC = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})\.?" + _TIME, re.IGNORECASE)
_NAMED = re.compile(r"(\d{1,2})\.?[-/ ]([^\W\d_]{3,12}|\d{1,2}月)\.?[-/ ,]+(\d{2,4})" + _TIME, re.IGNORECASE)
_NAME_FIRST = re.compile(r"([^\W\d_]{3,12})\.? (\d{1,2}),? (\d{4})" + _TIME, re.IGNORECASE)

Stamp = tuple[str, str, str, str, Any]
"""Form, then what stands first, second and third, then the match's time parts."""


@dataclass(frozen=True)
class DateQuestion:
    """What the cells of a column leave open, or hold that cannot be one column.

    Attributes
    ----------
    column : str
        Header.
    row : int
        Place of the cell that shows it.
    found, allowed, remedy : str
    """

    column: str
    row: int
    found: str
    allowed: str
    remedy: str


@dataclass(frozen=True, eq=False)
class Moments:
    """A column of dates, read.

    Attributes
    ----------
    values : list of datetime or None
        Naive where the cell had no zone, else aware.
    unreadable : tuple of int
        Rows whose cell is no date.
    order : str
        One of `ORDERS`, ``iso`` or ``named``.
    by : str
        What decided: ``said``, ``value``, ``column``, ``second date``, ``numbers``, or empty where nothing had to.
    has_clock : bool
        Whether any cell has a time of day.
    """

    values: list[dt.datetime | None] = field(repr=False)
    unreadable: tuple[int, ...]
    order: str
    by: str
    has_clock: bool


@lru_cache(maxsize=4_096)
def fold(text: str) -> str:
    """Return a word without accents, capitals and points: what two spellings of a month share."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


_FOLDED = {language: [fold(name) for name in names.split()] for language, names in MONTHS.items()}


def read_moments(
    columns: Mapping[str, Sequence[str]],
    *,
    date_order: str = "",
    later: Sequence[tuple[str, str]] = (),
    numbers: Mapping[str, Sequence[tuple[str, int] | None]] | None = None,
) -> tuple[dict[str, Moments], list[DateQuestion]]:
    """Return every date column of a file, read in one order each, and what must be asked.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        Header → cells; blank is an empty text.
    date_order : str
        One of `ORDERS` as the consultant said, for columns whose cells do not prove another.
    later : sequence of (str, str)
        Pairs of columns of which the second cannot lie before the first.
    numbers : mapping of str to sequence of (str, int) or None, optional
        Column → series and number of each row, that rise with its time (keys of items by project).
    """
    stamps = {name: {cell: _stamp(cell) for cell in dict.fromkeys(cells) if cell} for name, cells in columns.items()}
    languages = _languages(stamps)
    orders: dict[str, tuple[str, str]] = {}
    questions: list[DateQuestion] = []
    open_: dict[str, set[str]] = {}
    broken: set[str] = set()
    for name, cells in columns.items():
        found, question = _by_values(name, cells, stamps[name], languages)
        if question is not None:
            questions.append(question)
            broken.add(name)
        elif len(found) == 1:
            orders[name] = (next(iter(found)), "value" if _is_open_form(stamps[name]) else "")
        elif date_order in found:
            orders[name] = (date_order, "said")
        elif _is_one_day(stamps[name], found):  # 5/5/2026 is one day either way, and proves nothing to others
            orders[name] = (min(found), "")
        else:
            open_[name] = found
    proved = {name: order for name, (order, by) in orders.items() if by in ("value", "said")}
    for name in list(open_):
        told = {order for other, order in proved.items() if _form_of(stamps[other]) == _form_of(stamps[name])}
        if len(told) == 1 and told <= open_[name]:
            orders[name] = (told.pop(), "column")
            del open_[name]
    _by_rows(columns, stamps, open_, orders, later, numbers or {}, languages)
    for name, found in open_.items():
        questions.append(_question(name, columns[name], stamps[name], found))
    read = {
        name: _read(cells, stamps[name], *orders[name], languages)
        for name, cells in columns.items()
        if name in orders and name not in broken
    }
    return read, questions


def _stamp(cell: str) -> Stamp | None:
    text = " ".join(cell.split()) if "\u00a0" in cell or "\u202f" in cell else cell.strip()
    match = _NUMERIC.fullmatch(text)
    if match:
        first, second, third = match.group(1), match.group(3), match.group(4)
        form = "year first" if len(first) == 4 else f"{match.group(2)}{len(third)}"
        return form, first, second, third, match.group(5, 6, 7, 8, 9)
    match = _NAMED.fullmatch(text)
    if match:
        return "named", match.group(1), match.group(2), match.group(3), match.group(4, 5, 6, 7, 8)
    match = _NAME_FIRST.fullmatch(text)
    if match:
        return "named", match.group(2), match.group(1), match.group(3), match.group(4, 5, 6, 7, 8)
    return None


def _is_one_day(stamps: Mapping[str, Stamp | None], orders: set[str]) -> bool:
    return all(stamp is None or len({_day(stamp, order) for order in orders}) == 1 for stamp in stamps.values())


def _is_open_form(stamps: Mapping[str, Stamp | None]) -> bool:
    return any(stamp is not None and stamp[0] not in ("year first", "named") for stamp in stamps.values())


def _form_of(stamps: Mapping[str, Stamp | None]) -> str:
    return next((stamp[0] for stamp in stamps.values() if stamp is not None), "")


def _languages(stamps: Mapping[str, Mapping[str, Stamp | None]]) -> tuple[str, ...]:
    """Return the languages that know every name of a month in the file; all where a file mixes them."""
    words = {
        fold(stamp[2])
        for held in stamps.values()
        for stamp in held.values()
        if stamp is not None and stamp[0] == "named"
    }
    fitting = tuple(language for language in MONTHS if all(_month_in(word, language) for word in words))
    return fitting or tuple(MONTHS)


def _by_values(
    name: str, cells: Sequence[str], stamps: Mapping[str, Stamp | None], languages: Sequence[str]
) -> tuple[set[str], DateQuestion | None]:
    """Return the orders in which every cell of a column can be read; a question where no single one can."""
    forms: dict[str, str] = {}
    for cell, stamp in stamps.items():
        if stamp is not None:
            forms.setdefault(stamp[0] if stamp[0] in ("year first", "named") else "year last", cell)
    if len(forms) > 1:
        one, two = list(forms.values())[:2]
        found = f"{one!r} and {two!r} stand in one column: it mixes two ways of writing dates"
        remedy = "Export the file again and do not open it in a spreadsheet first; it may have swapped day and month."
        return set(), DateQuestion(name, _row_of(cells, two), found, "one way of writing dates in a column.", remedy)
    if not forms or "year first" in forms:
        return {"iso"}, None
    if "named" in forms:
        return _by_names(name, cells, stamps, languages)
    left = set(ORDERS)
    proof: dict[str, str] = {}
    for cell, stamp in stamps.items():
        if stamp is None:
            continue
        fitting = {order for order in ORDERS if _day(stamp, order) is not None}
        if not fitting:
            continue  # no date at all: counted, not asked
        for order in set(ORDERS) - fitting:
            proof.setdefault(order, cell)
        if not left & fitting:
            other = next((held for held in proof.values() if held != cell), cell)
            found = f"{cell!r} and {other!r} cannot be read in one order of day and month"
            remedy = "Export the file again and do not open it in a spreadsheet first."
            question = DateQuestion(name, _row_of(cells, cell), found, "one order of day and month.", remedy)
            return set(), question
        left &= fitting
    return left, None


def _by_names(
    name: str, cells: Sequence[str], stamps: Mapping[str, Stamp | None], languages: Sequence[str]
) -> tuple[set[str], DateQuestion | None]:
    """Return ``named`` where all names of months are of one language, or of several that say the same."""
    words = {fold(stamp[2]) for stamp in stamps.values() if stamp is not None}
    readings = []
    for language in languages:
        months = {word: _month_in(word, language) for word in words}
        if all(months.values()):
            readings.append(months)
    if readings and all(reading == readings[0] for reading in readings):
        return {"named"}, None
    if not readings:
        known = {word for word in words if any(_month_in(word, language) for language in MONTHS)}
        strange = next(
            (cell for cell, stamp in stamps.items() if stamp is not None and fold(stamp[2]) not in known),
            next(cell for cell, stamp in stamps.items() if stamp is not None),
        )
        found = f"the month of {strange!r} is in no language that we know, or the column mixes languages"
    else:
        word = next(word for word in words if len({reading[word] for reading in readings}) > 1)
        strange = next(cell for cell, stamp in stamps.items() if stamp is not None and fold(stamp[2]) == word)
        found = f"the month of {strange!r} means another month in another language"
    remedy = "Set the tracker's language to English, or its date format to yyyy-MM-dd, and export the file again."
    return set(), DateQuestion(name, _row_of(cells, strange), found, "names of months of one language.", remedy)


def _month_in(word: str, language: str) -> int | None:
    """Return the month that a folded word names in a language, or None."""
    if word.endswith("月"):
        number = int(word[:-1])
        return number if 1 <= number <= 12 else None
    if word in _SHORT.get(language, {}):
        return _SHORT[language][word]
    names = _FOLDED[language]
    if word in names:
        return names.index(word) + 1
    if language == "fi":
        return next((place for place, name in enumerate(names, start=1) if word.startswith(name)), None)
    found = [place for place, name in enumerate(names, start=1) if len(word) >= 3 and name.startswith(word)]
    return found[0] if len(found) == 1 else None


def _by_rows(
    columns: Mapping[str, Sequence[str]],
    stamps: Mapping[str, Mapping[str, Stamp | None]],
    open_: dict[str, set[str]],
    orders: dict[str, tuple[str, str]],
    later: Sequence[tuple[str, str]],
    numbers: Mapping[str, Sequence[tuple[str, int] | None]],
    languages: Sequence[str],
) -> None:
    """Decide by rows what values leave open: a second date that cannot be earlier, numbers that rise with time."""
    groups: dict[str, list[str]] = {}
    for name in open_:
        groups.setdefault(_form_of(stamps[name]), []).append(name)
    for names in groups.values():
        common = set.intersection(*(open_[name] for name in names))
        read = {
            (name, order): _read(columns[name], stamps[name], order, "", languages).values
            for name in names
            for order in common
        }
        contrary = {order: _backward(read, names, later, order) for order in common}
        inverted = {
            order: _inversions(read[name, order], numbers[name])
            for name in names
            if name in numbers
            for order in common
        }
        chosen, by = _weigh(contrary, inverted)
        if chosen:
            for name in names:
                orders[name] = (chosen, by)
                del open_[name]


def _weigh(contrary: Mapping[str, tuple[int, int]], inverted: Mapping[str, float | None]) -> tuple[str, str]:
    """Return the order that rows prove, and which proof; nothing where proofs are weak or speak against each other.

    Parameters
    ----------
    contrary : mapping of str to (int, int)
        Order → rows that it puts the wrong way round, of so many.
    inverted : mapping of str to float or None
        Order → share of numbered neighbours that it puts the wrong way round.
    """
    shares = {order: back / rows if rows >= LEAST_PAIRS else None for order, (back, rows) in contrary.items()}
    clean = [order for order, (back, _) in contrary.items() if back == 0 and shares[order] is not None]
    losers = [contrary[order] for order in contrary if order not in clean]
    by_dates = ""
    if len(clean) == 1 and all(back >= max(LEAST_CONTRARY, LEAST_SHARE * rows) for back, rows in losers):
        by_dates = clean[0]
    fine = [order for order, share in inverted.items() if share is not None and share <= MOST_INVERSIONS]
    by_numbers = ""
    if len(fine) == 1 and all(
        share is not None and share >= LEAST_INVERSIONS for order, share in inverted.items() if order not in fine
    ):
        by_numbers = fine[0]
    if by_numbers and by_dates in ("", by_numbers) and (shares[by_numbers] or 0) < LEAST_SHARE:
        return by_numbers, "numbers"
    if by_dates and not by_numbers:
        known = {order: share for order, share in inverted.items() if share is not None}
        if not known or known.get(by_dates) == min(known.values()):
            return by_dates, "second date"
    return "", ""


def _backward(
    read: Mapping[tuple[str, str], Sequence[dt.datetime | None]],
    names: Sequence[str],
    later: Sequence[tuple[str, str]],
    order: str,
) -> tuple[int, int]:
    """Return how many rows an order puts the wrong way round, and of how many."""
    back = rows = 0
    for first, second in later:
        if first in names and second in names:
            for one, two in zip(read[first, order], read[second, order], strict=True):
                if one is not None and two is not None:
                    rows += 1
                    back += two.date() < one.date()
    return back, rows


def _inversions(values: Sequence[dt.datetime | None], numbers: Sequence[tuple[str, int] | None]) -> float | None:
    """Return the share of neighbours by number whose days run backwards; None with too few."""
    series: dict[str, list[tuple[int, dt.date]]] = {}
    for value, number in zip(values, numbers, strict=True):
        if value is not None and number is not None:
            series.setdefault(number[0], []).append((number[1], value.date()))
    steps = back = 0
    for held in series.values():
        held.sort()
        for (_, one), (_, two) in pairwise(held):
            steps += 1
            back += two < one
    return back / steps if steps >= LEAST_IDS else None


def _question(name: str, cells: Sequence[str], stamps: Mapping[str, Stamp | None], left: set[str]) -> DateQuestion:
    cell = next(
        cell
        for cell, stamp in stamps.items()
        if stamp is not None and len({_day(stamp, order) for order in left} - {None}) > 1
    )
    days = {order: _day(stamps[cell], order) for order in sorted(left)}  # type: ignore[arg-type]
    readings = " or ".join(f"{day.isoformat()} ({order})" for order, day in days.items() if day is not None)
    found = f"{cell!r} may be {readings}, and nothing in the file tells"
    remedy = "Say --date-order with one of them; it is asked once and kept in imports.yaml."
    return DateQuestion(name, _row_of(cells, cell), found, "dates whose order is known.", remedy)


def _row_of(cells: Sequence[str], cell: str) -> int:
    return list(cells).index(cell)


def _read(
    cells: Sequence[str], stamps: Mapping[str, Stamp | None], order: str, by: str, languages: Sequence[str]
) -> Moments:
    """Return the column's moments; each distinct text is looked at once."""
    known: dict[str, dt.datetime | None] = {"": None}
    months: dict[str, int | None] = {}
    if order == "named":
        words = {fold(stamp[2]) for stamp in stamps.values() if stamp is not None}
        fitting = [lang for lang in languages if all(_month_in(word, lang) for word in words)]
        months = {word: _month_in(word, fitting[0]) if fitting else None for word in words}
    has_clock = False
    for cell, stamp in stamps.items():
        if stamp is None:
            known[cell] = None
            continue
        day = _day(stamp, order, months)
        if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
            known[cell] = None
            continue
        known[cell] = _with_clock(day, stamp[4])
        has_clock = has_clock or stamp[4][0] is not None
    values = [known[cell] for cell in cells]
    unreadable = tuple(row for row, cell in enumerate(cells) if cell and known[cell] is None)
    return Moments(values, unreadable, order, by, has_clock)


def _day(stamp: Stamp, order: str, months: Mapping[str, int | None] | None = None) -> dt.date | None:
    form, first, second, third, _ = stamp
    if form == "named":
        month = (months or {}).get(fold(second))
        parts = (third, month, first)
    elif form == "year first" or order == "year-month-day":
        if (len(first) != 4 and len(first) != 2) or len(third) > 2:
            return None
        parts = (first, int(second), third)
    elif len(third) not in (2, 4) or len(first) > 2:
        return None
    else:
        parts = (third, int(second), first) if order != "month-day-year" else (third, int(first), second)
    year, month, day = parts
    if month is None:
        return None
    try:
        return dt.date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
    except ValueError:
        return None


def _with_clock(day: dt.date, clock: Sequence[str | None]) -> dt.datetime | None:
    hour, minute, second, half, zone = clock
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower().startswith(("p", "n")) else 0)
    try:
        moment = dt.datetime(day.year, day.month, day.day, hours, int(minute or 0), int(second or 0))
    except ValueError:
        return None
    if not zone:
        return moment
    if zone.upper() in ("Z", "UTC", "GMT"):
        return moment.replace(tzinfo=dt.UTC)
    sign = -1 if zone[0] in "-−" else 1
    digits = re.sub(r"\D", "", zone)
    offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return moment.replace(tzinfo=dt.timezone(sign * offset)) if offset < dt.timedelta(hours=15) else None
