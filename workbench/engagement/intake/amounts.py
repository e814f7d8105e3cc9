"""Numbers as people type them: ``1.234,56``, ``120-``, ``(120)``, ``1,2 m€``, ``12 %``; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from workbench.engagement.cells import Ask, decide_decimal, parse_number
from workbench.engagement.intake.units import Unit, suffix_unit

NOTHING = frozenset(
    {"-", "–", "—", "−", "--", "---", ".", "n/a", "na", "n.a.", "n.a", "k.a.", "k. a.", "keine angabe", "./.", "null"}
    | {
        "none",
        "nan",
        "?",
        "tbd",
        "t.b.d.",
        "offen",
        "unknown",
        "unbekannt",
        "n.v.t.",
        "nvt",
        "s.o.",
        "n.d.",
        "(blank)",
        "(leer)",
    }
)
"""What stands in cells that hold no number; blank is "not known", never zero."""

_NUMBER = re.compile(
    r"(?P<before>[^\d,.]*?)(?P<digits>(?:\d[\d\s\u00a0\u2007\u2009\u202f'’.,]*|[.,])?\d(?:[eE][+\-]?\d{1,3})?)(?P<after>\D*)"
)
_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "‑": "-"})


@dataclass(frozen=True)
class Written:
    """A number as it is written.

    Attributes
    ----------
    digits : str
        Digits and separators alone.
    sign : int
        -1 or 1.
    is_percent : bool
    unit : Unit or None
        What stands beside it.
    """

    digits: str
    sign: int = 1
    is_percent: bool = False
    unit: Unit | None = None


def is_nothing(text: str) -> bool:
    """Return whether a text says that there is no number."""
    return text.casefold() in NOTHING


def read_written(text: str) -> Written | None:
    """Return the parts of a number that is written as text, None where it is none.

    Examples
    --------
    >>> [read_written(text) for text in ("120-", "(1.234,5)", "12 %")]
    [Written(digits='120', sign=-1, is_percent=False, unit=None), \
Written(digits='1.234,5', sign=-1, is_percent=False, unit=None), \
Written(digits='12', sign=1, is_percent=True, unit=None)]
    >>> read_written("1,2 Mio. €").unit.factor, read_written("120 H"), read_written("-(5)")
    (1000000.0, None, None)
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    before, digits, after = match.group("before").strip(), match.group("digits").strip(), match.group("after").strip()
    if not before and not after:
        return Written(digits)
    before, after = before.translate(_MINUS), after.translate(_MINUS)
    minuses = pluses = 0
    if before.count("(") == 1 and after.count(")") == 1:
        minuses, before, after = 1, before.replace("(", "").strip(), after.replace(")", "").strip()
    if before[:1] in ("-", "+") or before[-1:] in ("-", "+"):
        is_minus = "-" in before
        minuses, pluses, before = minuses + is_minus, pluses + (not is_minus), before.strip("-+").strip()
    is_percent = after.startswith("%") or after.endswith("%")
    after = after.strip("%").strip() if is_percent else after
    if after[:1] == "-" or after[-1:] == "-":
        minuses, after = minuses + after.count("-"), after.strip("-").strip()
    if minuses + pluses > 1 or (before and after):
        return None
    words = before or after
    unit = suffix_unit(words) if words else None
    if words and (unit is None or is_percent):
        return None
    return Written(digits, -1 if minuses else 1, is_percent, unit)


def settle_decimal(texts: Iterable[tuple[str, str]], said: str) -> str | Ask:
    """Return the decimal sign of a sheet's numbers that are written as text, or ask.

    Parameters
    ----------
    texts : iterable of (str, str)
        Digits with separators, and where they stand.
    said : str
        As the consultant said; empty where not.
    """
    held = list(texts)
    found: Any = decide_decimal(held, lambda spot: spot, "table", None)
    if said and isinstance(found, str) and found != said:
        at = next((spot for digits, spot in held if "." in digits or "," in digits), "")
        if at:
            what = f"the numbers are written with {found!r} as their decimal sign, and {said!r} was said"
            return Ask(what, "one decimal sign.", f"Say --decimal {found!r}, or look at who exported the file.", at)
    if said:
        return said
    if isinstance(found, Ask):
        return Ask(found.found, found.allowed, 'Say --decimal "," or --decimal ".".', found.spot)
    return str(found)


def amount_of(written: Written, decimal: str) -> float | None:
    """Return the number, without its unit; percent as a share; None where the decimal sign does not fit.

    Examples
    --------
    >>> amount_of(Written("1.234,50", -1), ","), amount_of(Written("1,23,4"), ".")
    (-1234.5, None)
    """
    number = parse_number(written.digits, decimal)
    if number is None:
        return None
    return written.sign * (number / 100 if written.is_percent else number)
