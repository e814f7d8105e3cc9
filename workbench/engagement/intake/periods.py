"""Months, quarters and years as headers and cells name them, in seven languages; a missing year is asked for.

What a client calls period 1 is not always January, and FY26 not always begins in 2026: both are marked as fiscal.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

_NAMES = (
    "january januar janvier januari enero gennaio janeiro jan jän jänner ene gen janv",
    "february februar février fevrier februari febrero febbraio fevereiro feb fév fev févr fevr feber",
    "march märz maerz mars maart marzo março mar mär mrz mrt",
    "april avril abril aprile apr avr abr",
    "may mai mei mayo maggio maio maj mag",
    "june juni juin junio giugno junho jun giu",
    "july juli juillet julio luglio julho jul juil lug",
    "august août aout augustus agosto augusti aug ago aoû",
    "september septembre septiembre settembre setembro sep sept set",
    "october oktober octobre octubre ottobre outubro oct okt ott",
    "november novembre noviembre novembro nov",
    "december dezember décembre decembre diciembre dicembre dezembro dec dez déc dic",
)
MONTHS = {name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()}
"""Name of a month in English, German, French, Dutch, Spanish, Italian, Portuguese and Scandinavian → its number."""

_YEAR = r"(?:19|20)\d{2}"
_SHORT_YEAR = r"['’]?\d{2}"
_WORDS = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_SEP = r"[\s.\-/_'’,]*"
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![^\W_]){form}(?![^\W_])", re.IGNORECASE))
    for kind, form in (
        ("named", rf"(?P<month>{_WORDS})\.?{_SEP}(?P<year>{_YEAR}|{_SHORT_YEAR})"),
        ("named", rf"(?P<year>{_YEAR}){_SEP}(?P<month>{_WORDS})\.?"),
        (
            "quarter",
            rf"(?:q|qu|quartal|quarter|kwartaal|trim|trimestre|kvartal){_SEP}(?P<number>[1-4]){_SEP}(?P<year>{_YEAR}|{_SHORT_YEAR})",
        ),
        (
            "quarter",
            rf"(?P<number>[1-4])\.?\s?(?:q|quartal|kwartaal|trimestre|kvartal){_SEP}(?P<year>{_YEAR}|{_SHORT_YEAR})",
        ),
        ("quarter", rf"(?P<year>{_YEAR}){_SEP}(?:q|qu|quartal|t|k){_SEP}(?P<number>[1-4])"),
        ("half", rf"(?:h|hj|hy|s){_SEP}(?P<number>[12]){_SEP}(?P<year>{_YEAR}|{_SHORT_YEAR})"),
        (
            "week",
            rf"(?:kw|cw|week|wk|sem|semaine){_SEP}(?P<number>\d{{1,2}})(?:{_SEP}(?P<year>{_YEAR}|{_SHORT_YEAR}))?",
        ),
        ("fiscal", rf"(?:p|per|periode|period|périod[eo]){_SEP}(?P<number>0?[1-9]|1[0-6]){_SEP}(?P<year>{_YEAR})"),
        ("fiscal", rf"(?P<year>{_YEAR}){_SEP}(?:p|per|periode|period){_SEP}(?P<number>0?[1-9]|1[0-6])"),
        ("number", rf"(?P<year>{_YEAR})[\-/.]?m?(?P<number>0[1-9]|1[0-2])"),
        ("number", rf"(?P<year>{_YEAR})[\-/.](?P<number>[1-9])"),
        ("number", rf"(?:m\s?)?(?P<number>0?[1-9]|1[0-2])[\-/.\s](?P<year>{_YEAR})"),
        ("fiscal year", rf"(?:fy|gj|ej|ex)\s?(?P<year>{_YEAR}|\d{{2}})(?:\s?/\s?(?:{_YEAR}|\d{{2}}))?"),
        ("named", rf"(?P<month>{_WORDS})\.?"),
        ("quarter", r"(?:q|qu|quartal|quarter|kwartaal|trimestre|kvartal)\s?(?P<number>[1-4])"),
        ("quarter", r"(?P<number>[1-4])\.?\s?(?:q|quartal|kwartaal|trimestre)"),
        ("half", r"(?:h|hj|hy)\s?(?P<number>[12])"),
        ("fiscal", r"(?:p|per|periode|period)\s?(?P<number>0?[1-9]|1[0-6])"),
        ("number", r"(?:m|monat|month|mois|maand|mes)\s?(?P<number>0?[1-9]|1[0-2])"),
        ("year", rf"(?P<year>{_YEAR})"),
    )
)
_DAYS = re.compile(
    rf"\d{{1,2}}[./\-]\s?\d{{1,2}}[./\-]\s?{_YEAR}|{_YEAR}-\d{{2}}-\d{{2}}|\d{{1,2}}\.?\s+(?:{_WORDS})\.?\s+{_YEAR}",
    re.IGNORECASE,
)
_DAY_NAMED = re.compile(
    rf"(?<!\w)(\d{{1,2}})(?:\.|er|st|nd|rd|th|º)?\s*(?:de\s+)?({_WORDS})\.?,?\s*(?:de\s+)?({_YEAR})(?!\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """A stretch of time, perhaps without its year.

    Attributes
    ----------
    kind : str
        ``month``, ``quarter``, ``half``, ``year``, ``week``; ``fiscal`` is a numbered period, ``fiscal year`` a year
        that may begin in another month.
    year : int or None
    number : int
        Which month or quarter; 0 of a year.
    """

    kind: str
    year: int | None = None
    number: int = 0

    @property
    def label(self) -> str:
        """As our tables write it: 2026-08, 2026-Q3, 2026."""
        year = "????" if self.year is None else str(self.year)
        if self.kind == "month":
            return f"{year}-{self.number:02d}"
        if self.kind == "quarter":
            return f"{year}-Q{self.number}"
        return year if self.kind in ("year", "fiscal year") else f"{year}-{self.kind}-{self.number}"

    @property
    def first_day(self) -> dt.date:
        """The day on which it begins; of a month, quarter or year that has its year."""
        month = {"month": self.number, "quarter": 3 * self.number - 2}.get(self.kind, 1)
        return dt.date(self.year or 1, month, 1)

    def of(self, year: int) -> Period:
        """Return the period in a year."""
        return replace(self, year=year)


def find_period(value: Any) -> tuple[Period | None, str]:
    """Return the period that a header or cell names, and the words that are left.

    Examples
    --------
    >>> find_period("Plan Mrz 26 [k€]")
    (Period(kind='month', year=2026, number=3), 'Plan [k€]')
    >>> [find_period(text)[0].label for text in ("2026-08", "août 2026", "Q3/2026", "202608", "08.2026")]
    ['2026-08', '2026-08', '2026-Q3', '2026-08', '2026-08']
    >>> find_period("Cost centre")
    (None, 'Cost centre')
    """
    if isinstance(value, dt.datetime | dt.date):
        return Period("month", value.year, value.month), ""
    if isinstance(value, bool) or value is None:
        return None, ""
    if isinstance(value, int | float):
        is_year = isinstance(value, int) and 1990 <= value <= 2100
        is_month = isinstance(value, int) and 199_001 <= value <= 210_012 and 1 <= value % 100 <= 12
        if is_month:
            return Period("month", int(value) // 100, int(value) % 100), ""
        return (Period("year", int(value)), "") if is_year else (None, str(value))
    return _find_in_words(str(value))


@lru_cache(maxsize=8_192)
def _find_in_words(words: str) -> tuple[Period | None, str]:
    text = " ".join(words.split())
    for kind, form in _FORMS:
        match = form.search(text)
        if match is None:
            continue
        parts = match.groupdict()
        year = _year(parts.get("year"))
        rest = " ".join((text[: match.start()] + " " + text[match.end() :]).split()).strip(" -–/,:;|")
        if kind == "named":
            return Period("month", year, MONTHS[parts["month"].casefold()]), rest
        if kind == "number":
            return Period("month", year, int(parts["number"])), rest
        number = int(parts.get("number") or 0)
        return Period(kind, year, number), rest
    return None, text


def _year(text: str | None) -> int | None:
    if not text:
        return None
    digits = text.strip("'’")
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def years_in(text: str) -> tuple[int, ...]:
    """Return the years that a title names; the years of its days are none of them.

    Examples
    --------
    >>> years_in("Budget 2026 of 15.11.2025"), years_in("Plan 2026, Ist 2025"), years_in("20260101")
    ((2026,), (2026, 2025), ())
    """
    text = _DAYS.sub(" ", text)
    return tuple(dict.fromkeys(int(held) for held in re.findall(rf"(?<!\d)({_YEAR})(?!\d)", text)))


def named_day(text: str) -> str:
    """Return a day with a month's name as 2026-09-30, in whatever language; other texts as they are.

    Examples
    --------
    >>> named_day("30. März 2026"), named_day("1er août 2026"), named_day("3 de mayo de 2026"), named_day("30.09.2026")
    ('2026-03-30', '2026-08-01', '2026-05-03', '30.09.2026')
    """
    match = _DAY_NAMED.fullmatch(text.strip())
    if match is None:
        return text
    return f"{match.group(3)}-{MONTHS[match.group(2).casefold()]:02d}-{int(match.group(1)):02d}"
