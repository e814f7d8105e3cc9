"""Thousands, millions, currencies and percent, as sheets write them: ``TEUR``, ``in Tsd. €``, ``(000s)``, ``%``."""

from __future__ import annotations

import re
from dataclasses import dataclass

CODES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "JPY", "CNY", "INR", "CAD", "AUD")
SIGNS = {"€": "EUR", "£": "GBP", "$": "$", "¥": "¥", "₹": "INR"}
"""Signs that stand for one currency; $ and ¥ stand for several, and say no more than that."""

SIGN_OF = {"$": frozenset({"USD", "CAD", "AUD"}), "¥": frozenset({"JPY", "CNY"})}

_MONEY = rf"(?:€|£|\$|¥|₹|EUROS?|[Ee]uros?|EUR|{'|'.join(CODES[1:])})"
_THOUSAND = re.compile(
    rf"(?<![^\W\d_])(?:[kKT]\s?{_MONEY}|{_MONEY}\s?(?:k|K|T|'?000s?|[Tt]sd\.?|[Tt]housands?)(?![^\W\d_])"
    r"|[Tt]sd\.?|TSD\.?|[Tt]ausend|[Tt]housands?|[Mm]illiers|[Dd]uizend(?:en)?|[Mm]iles\s+de|[Mm]igliaia|[Tt]usen)(?![^\W\d_])"
    r"|(?<!\d)[(']\s?'?000s?\s?\)?(?!\d)|[x×*]\s?1[.,' ]?000(?![\d.,' ])",
)
_MILLION = re.compile(
    rf"(?<![^\W\d_])(?:[mM]\s?{_MONEY}|{_MONEY}\s?(?:m|M|MM|mn|mln|mio|Mio\.?|[Mm]illions?)(?![^\W\d_])"
    r"|[Mm]io\.?|MIO\.?|[Mm]ill\.|[Mm]illionen|[Mm]illions?|[Mm]iljoen(?:en)?|[Mm]illones|[Mm]ilioni|mln\.?)(?![^\W\d_])"
)
_BILLION = re.compile(rf"(?<![^\W\d_])(?:[Mm]rd\.?|[Mm]illiarden?|[Mm]illiards?|{_MONEY}\s?bn|bn)(?![^\W\d_])")
_CURRENCY = re.compile(
    rf"(?<![^\W\d_])[kKTmM]?\s?({_MONEY})(?![^\W\d_])|({_MONEY})(?=\s?(?:k|K|T|m|M|MM|mn|bn|0)\b)|([€£$¥₹])"
)
_PERCENT = re.compile(r"%|\b(?:percent|per cent|prozent|pourcent|procent|pct)\b", re.IGNORECASE)
_SHORT = {"k": 1e3, "t": 1e3, "tsd": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mln": 1e6, "mio": 1e6, "mill": 1e6}
_SHORT |= {"bn": 1e9, "mrd": 1e9, "million": 1e6, "millions": 1e6, "thousand": 1e3, "": 1.0}


@dataclass(frozen=True)
class Unit:
    """What one of a sheet's numbers counts.

    Attributes
    ----------
    factor : float
        1000.0 for thousands.
    currency : str
        ISO code, or a sign that stands for several; empty where nothing says.
    """

    factor: float = 1.0
    currency: str = ""


def find_unit(text: str) -> Unit | None:
    """Return the unit that a header, a note or a number format names, None where it names none.

    Examples
    --------
    >>> find_unit("Budget 2026 [TEUR]"), find_unit("alle Angaben in Mio. €")
    (Unit(factor=1000.0, currency='EUR'), Unit(factor=1000000.0, currency='EUR'))
    >>> find_unit("FTE"), find_unit("Kosten (EUR)")
    (None, Unit(factor=1.0, currency='EUR'))
    """
    factors = [factor for factor, form in ((1e9, _BILLION), (1e6, _MILLION), (1e3, _THOUSAND)) if form.search(text)]
    found = _CURRENCY.search(text)
    sign = next((part for part in found.groups() if part), "") if found else ""
    currency = SIGNS.get(sign, "EUR" if sign.upper().startswith("EURO") else sign)
    if len(factors) > 1:  # "in Tsd. (Mio. ab 2027)": nobody can say
        return Unit(float("nan"), currency)
    return Unit(factors[0] if factors else 1.0, currency) if factors or currency else None


def suffix_unit(text: str) -> Unit | None:
    """Return the unit that stands beside a number in its cell, None where the words are no unit.

    Examples
    --------
    >>> suffix_unit("k€"), suffix_unit("M"), suffix_unit("apples")
    (Unit(factor=1000.0, currency='EUR'), Unit(factor=1000000.0, currency=''), None)
    """
    words = text.strip()
    found = _CURRENCY.search(words)
    sign = next((part for part in found.groups() if part), "") if found else ""
    rest = re.sub(r"[\s.()\[\]]", "", words.replace(sign, "", 1) if sign else words).casefold()
    if rest not in _SHORT or (not rest and not sign):
        return None
    return Unit(_SHORT[rest], SIGNS.get(sign, "EUR" if sign.upper().startswith("EURO") else sign))


def says_percent(text: str) -> bool:
    """Return whether a text speaks of percent."""
    return _PERCENT.search(text) is not None


def fits_currency(found: str, ours: str) -> bool:
    """Return whether a currency that a sheet names can be the engagement's; a sign fits all that use it.

    Examples
    --------
    >>> fits_currency("EUR", "EUR"), fits_currency("$", "USD"), fits_currency("$", "EUR"), fits_currency("", "EUR")
    (True, True, False, True)
    """
    return not found or found == ours or ours in SIGN_OF.get(found, ())


def scaled(value: float | int, factor: float) -> float | int:
    """Return a product without the noise of binary fractions: 1.1 thousand is 1100."""
    if factor == 1:
        return value
    product = float(f"{value * factor:.15g}") if factor >= 1 else float(f"{value / (1 / factor):.15g}")
    return int(product) if product.is_integer() and abs(product) < 2**53 else product


def said_factor(text: str) -> float:
    """Return what a unit that the consultant says multiplies by; NaN where it is none.

    Examples
    --------
    >>> said_factor("k€"), said_factor("1000"), said_factor("EUR"), said_factor("%")
    (1000.0, 1000.0, 1.0, 0.01)
    """
    if text.strip() == "%":
        return 0.01
    try:
        return float(text)
    except ValueError:
        pass
    unit = find_unit(text) or suffix_unit(text)
    return unit.factor if unit is not None else float("nan")
