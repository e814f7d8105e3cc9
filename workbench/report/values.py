"""Plain values: what charts, tables and chapters are made of, and how they are written.

Everything that enters a report becomes text, a whole number, a number, yes/no or nothing at this door, so that
it saves as JSON, compares with ``==`` and reads the same on every machine.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from workbench import theme
from workbench.errors import ReportError

Plain = str | int | float | bool | None

IDS = "ids"
"""Column with the ids of the figures behind each row, unless others are named."""


def plain(value: Any) -> Plain:
    """Return `value` as text, whole number, number, yes/no or None.

    Parameters
    ----------
    value : anything a frame holds
        NaN, NaT, NA and infinities become None; dates become ISO text; numpy scalars become Python's own.

    Raises
    ------
    ReportError
        The value is a list, a frame or another thing that has no place in a cell.

    Examples
    --------
    >>> import datetime as dt
    >>> plain(float("nan")), plain(dt.date(2026, 9, 30)), plain(3)
    (None, '2026-09-30', 3)
    """
    if value is None or isinstance(value, bool | str | int):
        return str(value) if type(value) is not str and isinstance(value, str) else value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    if type(value).__name__ == "Period":
        return str(value)
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        return plain(value.item())
    raise ReportError((f"A report holds plain values only; got {type(value).__name__}: {value!r:.60}",))


def fields_of(value: Any) -> Any:
    """Return what `dataclasses.asdict` does of something made of plain values, which need no copy of each."""
    if value is None or type(value) in (str, float, int, bool):
        return value
    if isinstance(value, tuple | list):
        return type(value)([fields_of(one) for one in value])
    if isinstance(value, dict):
        return {name: fields_of(one) for name, one in value.items()}
    names = _field_names(value.__class__)
    return value if names is None else {name: fields_of(getattr(value, name)) for name in names}


@cache
def _field_names(kind: type) -> tuple[str, ...] | None:
    return tuple(one.name for one in fields(kind)) if is_dataclass(kind) else None


def names_of(names: str | Iterable[str] | None) -> list[str]:
    """Return one name, several or none as a list."""
    return [names] if isinstance(names, str) else list(names or ())


def plain_column(values: Iterable[Any]) -> tuple[Plain, ...]:
    """Return a column of a frame, a list or a tuple as plain values."""
    return tuple(plain(value) for value in values)


def written(value: Plain, unit: str, currency: str = "EUR", decimals: int | None = None) -> str:
    """Return a value as the report rounds it.

    Parameters
    ----------
    value : str, int, float, bool or None
        Unrounded.
    unit : str
        As in `workbench.theme.formatted`; ``change`` writes a sign.
    currency : str
        ISO 4217 code, for ``currency``.
    decimals : int or None
        Overrules the unit's own.

    Examples
    --------
    >>> written(0.453, "share"), written(True, "text"), written(None, "level"), written(3.14159, "level", decimals=2)
    ('45 %', 'yes', '–', '3.14')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str):
        return value or theme.MISSING
    if decimals is None:
        return theme.formatted(value, unit, currency)
    if unit == "share":
        return theme.percent(value, decimals)
    if unit in ("", "text", "level", "points", "score", "count", "people"):
        return theme.number(value, decimals)
    if unit == "currency":
        return f"{theme.number(value, decimals)} {theme.currency_sign(currency)}"
    return f"{theme.number(value, decimals)} {unit}"


_BEFORE_UNIT = re.compile(r" (?<=\d )(?=%|points?\b|[mk]?[€$£¥])")


def keep_together(words: str) -> str:
    r"""Return words in which no line may begin with a unit: the space between a number and its unit does not break.

    Examples
    --------
    >>> keep_together("It rose by 45 % to 3.5 m€.") == "It rose by 45\u00a0% to 3.5\u00a0m€."
    True
    """
    return _BEFORE_UNIT.sub("\u00a0", words)


def heading(name: str) -> str:
    """Return a column's name as prose.

    Examples
    --------
    >>> heading("product_line")
    'Product line'
    """
    words = name.replace("_", " ").strip()
    return theme.upper_start(words)


def columns_of(data: Any, names: Iterable[str] = ()) -> Any:
    """Return a list of rows as columns, and what has columns as it is; `names` where there may be no row.

    Examples
    --------
    >>> columns_of([{"line": "Motor", "level": 3.2}, {"line": "Home", "level": 2.1}])
    {'line': ['Motor', 'Home'], 'level': [3.2, 2.1]}
    """
    if not isinstance(data, list | tuple):
        return data
    return {name: [row[name] for row in data] for name in (data[0] if data else (*names, IDS))}


def figure_columns(data: Any, figures: str | Iterable[str] | None) -> list[str]:
    """Return which columns hold the ids of the figures behind each row: those named, else `IDS` where there is one."""
    if figures is None:
        return [IDS] if IDS in data else []
    return names_of(figures)


def shortened(text: str, length: int = 32) -> str:
    """Return text cut at a word, where it is longer than there is room for.

    Examples
    --------
    >>> shortened("Complaints per 1,000 journeys, all channels", 30)
    'Complaints per 1,000…'
    """
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
