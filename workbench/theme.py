"""How the workbench looks and how it writes numbers: the only place with colours and formats.

Numbers are rounded here and nowhere else, at the very end.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

BLUE = "#0072B2"
"""The accent: contrast 5.2 on white."""
VERMILLION = "#D55E00"
"""Below target or at risk: contrast 3.9, so large text and marks only."""
SLATE = "#595959"
"""Second series and secondary text: contrast 7.0."""
MUTE = "#BFBFBF"
"""Context, always labelled: contrast 1.8."""
INK = "#222222"
"""Text: contrast 15.9."""
GRID = "#E6E6E6"
"""Lines that only guide the eye."""
PAPER = "#FFFFFF"
"""Background."""

MISSING = "–"
"""What stands where there is no number; never a zero."""

_CURRENCY_SIGNS = {
    "EUR": "€",
    "USD": "$",
    "GBP": "£",
    "CHF": "CHF",
    "JPY": "¥",
    "SEK": "SEK",
    "DKK": "DKK",
    "NOK": "NOK",
}


def _is_missing(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


SMALLEST = 1e-9
"""A number without unit below this is noise of arithmetic and printed as 0.0 (ours)."""


def number(value: float | None, decimals: int = 1) -> str:
    """Return a number with thousands separated by a thin comma and a real minus sign.

    Examples
    --------
    >>> number(-1234.56), number(None), number(-0.01)
    ('−1,234.6', '–', '0.0')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        text = text[1:] if float(text.replace(",", "")) == 0 else "−" + text[1:]
    return text


def points(value: float | None) -> str:
    """Return value points: with a decimal, but for amounts so large that nobody weighs it.

    Examples
    --------
    >>> points(1226.08), points(10_593_390.4)
    ('1,226.1', '10,593,390')
    """
    return number(value, 0 if value is not None and abs(value) >= 10_000 else 1)


def signed(value: float | None, decimals: int = 1) -> str:
    """Return a change with its sign.

    Examples
    --------
    >>> signed(0.4), signed(-2.0, 0), signed(0.0)
    ('+0.4', '−2', '0.0')
    """
    text = number(value, decimals)
    is_rise = not _is_missing(value) and text.strip("0.,") != "" and not text.startswith("−")
    return f"+{text}" if is_rise else text


def level(value: float | None) -> str:
    """Return a level of the instrument's scale, one decimal.

    Examples
    --------
    >>> level(3.24)
    '3.2'
    """
    return number(value, 1)


def percent(share: float | None, decimals: int = 0) -> str:
    """Return a share (0 to 1) as a percentage.

    Examples
    --------
    >>> percent(0.4531), percent(0.0317, 1)
    ('45 %', '3.2 %')
    """
    return MISSING if share is None or not math.isfinite(share) else f"{number(100 * share, decimals)} %"


def people(count: float | None) -> str:
    """Return people as whole numbers, with their noun.

    Examples
    --------
    >>> people(1), people(58.0)
    ('1 person', '58 people')
    """
    if count is None or not math.isfinite(count):
        return MISSING
    whole = round(count)
    return f"{number(whole, 0)} {'person' if whole == 1 else 'people'}"


def people_share(hits: int, asked: int) -> str:
    """Return a share of people in people.

    Examples
    --------
    >>> people_share(58, 128)
    '58 of 128 people (45 %)'
    """
    return f"{number(hits, 0)} of {people(asked)} ({percent(hits / asked)})" if asked else MISSING


def currency_sign(currency: str) -> str:
    """Return the sign of an ISO 4217 code, or the code itself.

    Examples
    --------
    >>> currency_sign("EUR"), currency_sign("PLN")
    ('€', 'PLN')
    """
    return _CURRENCY_SIGNS.get(currency, currency)


def money(value: float | None, currency: str) -> str:
    """Return an amount in the size a board reads: 1.2 m€, 310 k€, 45 €.

    Parameters
    ----------
    value : float or None
        In whole units of the currency.
    currency : str
        ISO 4217 code.

    Examples
    --------
    >>> money(1_234_567, "EUR"), money(-310_000, "EUR"), money(45, "GBP"), money(2.5e9, "USD")
    ('1.2 m€', '−310 k€', '45 £', '2,500.0 m$')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    sign = currency_sign(currency)
    if abs(value) >= 999_500:
        return f"{number(value / 1e6, 1)} m{sign}"
    if abs(value) >= 9_950:
        return f"{number(value / 1e3, 0)} k{sign}"
    if abs(value) >= 995:
        return f"{number(value / 1e3, 1)} k{sign}"
    return f"{number(value, 0)} {sign}"


def day(value: dt.date | None) -> str:
    """Return a date that nobody can read in two ways.

    Examples
    --------
    >>> day(dt.date(2026, 3, 9))
    '9 March 2026'
    """
    return MISSING if value is None else f"{value.day} {value:%B %Y}"


def month(value: dt.date | None) -> str:
    """Return a month.

    Examples
    --------
    >>> month(dt.date(2026, 3, 9))
    'March 2026'
    """
    return MISSING if value is None else f"{value:%B %Y}"


def listing(names: Sequence[str], most: int = 4) -> str:
    """Return names as one reads them aloud.

    Examples
    --------
    >>> listing(["Motor", "Home", "Life"]), listing(list("abcdef"), 3), listing([])
    ('Motor, Home and Life', 'a, b, c and 3 more', 'none')
    """
    names = list(names)
    if not names:
        return "none"
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(count: int, one: str, many: str = "") -> str:
    """Return how many there are, with the word in the right number.

    Examples
    --------
    >>> counted(1, "rule"), counted(0, "rule"), counted(2, "rule costs", "rules cost")
    ('1 rule', '0 rules', '2 rules cost')
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def lower_start(text: str) -> str:
    """Return text as it goes on within a sentence.

    Examples
    --------
    >>> lower_start("No plan can hold")
    'no plan can hold'
    """
    return text[:1].lower() + text[1:]


def lower_label(label: str) -> str:
    """Return a label as it stands within a sentence: initials stay.

    Examples
    --------
    >>> lower_label("Claims paid"), lower_label("NPS of claims")
    ('claims paid', 'NPS of claims')
    """
    return lower_start(label) if label[1:2].islower() else label


def upper_start(text: str) -> str:
    """Return text as it begins a sentence; unlike ``capitalize`` it leaves the rest as it is.

    Examples
    --------
    >>> upper_start("IT and sales in Europe"), upper_start("held by a rule in Europe")
    ('IT and sales in Europe', 'Held by a rule in Europe')
    """
    return text[:1].upper() + text[1:]


def formatted(value: float | str | None, unit: str, currency: str = "EUR") -> str:
    """Return a figure as the report prints it, by its unit.

    Parameters
    ----------
    value : float, str or None
        Unrounded.
    unit : str
        ``level``, ``share``, ``people``, ``currency``, ``count``, ``points``, ``days``, ``hours``, ``score``,
        ``text``, or a client's own unit, which is written behind the number.
    currency : str
        ISO 4217 code for ``currency``.

    Examples
    --------
    >>> formatted(0.031, "share"), formatted(3.14159, "level"), formatted(4.0, "engineer-months")
    ('3.1 %', '3.1', '4.0 engineer-months')
    >>> formatted(0.142, "per 1,000 journeys"), formatted(0.000388, "")
    ('0.14 per 1,000 journeys', '0.00039')
    """
    if value is None or isinstance(value, str):
        return value or MISSING
    if unit == "share":
        return percent(value, 1 if abs(value) < 0.1 else 0)
    if unit == "currency":
        return money(value, currency)
    if unit in ("count", "people"):
        return number(value, 0)
    if unit == "points":
        return points(value)
    if unit == "" and SMALLEST <= abs(value) < 0.05:  # such as points for one more euro: 0.0 would be untrue
        return number(value, 1 - math.floor(math.log10(abs(value))))
    if unit in ("level", "score", "text", ""):
        return number(value, 1)
    return f"{number(value, 2 if 0 < abs(value) < 1 else 1)} {unit}"
