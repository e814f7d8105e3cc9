"""What MetricFlow's definitions are made of: semantic models, filters, lengths of time.

A filter comes over where it is a chain of simple tests on a model's own dimensions; anything else would need SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_DIMENSION = re.compile(r"\{\{\s*Dimension\(\s*['\"](?:(\w+)__)?(\w+)['\"]\s*\)\s*\}\}")
_TEST = re.compile(
    r"(\w+)\s*(?:(=|<>|!=|>=|<=|>|<)\s*('(?:[^']|'')*'|-?\d+(?:\.\d+)?|true|false)|(is\s+not\s+null|is\s+null)"
    r"|(not\s+in|in)\s*\(([^)]*)\))",
    re.IGNORECASE,
)
_TESTS = {"=": "is", "<>": "is_not", "!=": "is_not", ">=": "at_least", "<=": "at_most", ">": "above", "<": "below"}


LONGEST_NUMBER = 30
"""Digits of a number in a filter; Python reads no number of thousands (ours)."""


class CannotSay(Exception):
    """A definition that would mean something else here; carries the clause that says why."""


@dataclass(eq=False)
class SemanticModel:
    """A semantic model while it is read.

    Attributes
    ----------
    name : str
    key : list of str
        Column of the primary entity.
    time : str
        Column that it is added up by.
    columns, times : dict of str to str
        Dimension or entity → column; time dimension → column.
    entities : set of str
        Names by which its own dimensions are reached.
    product : str
        Column of an entity called product.
    simple : dict of str to dict
        Measure or simple metric → as written.
    """

    name: str
    key: list[str] = field(default_factory=list)
    time: str = ""
    columns: dict[str, str] = field(default_factory=dict)  # dimension or entity → column
    times: dict[str, str] = field(default_factory=dict)
    entities: set[str] = field(default_factory=set)  # names by which its own dimensions are reached
    product: str = ""
    simple: dict[str, dict[str, Any]] = field(default_factory=dict)  # measure or simple metric → as written


def conditions(model: SemanticModel, text: str) -> Iterator[dict[str, Any]]:
    """Return the conditions of a filter that is a chain of simple tests joined by and."""

    def column(found: re.Match[str]) -> str:
        if found.group(1) and found.group(1) not in model.entities | {model.name}:
            raise CannotSay(f"its filter reads {found.group(2)} through {found.group(1)}, of another model")
        if found.group(2) not in model.columns:
            raise CannotSay(f"its filter reads {found.group(2)}, which is SQL or no dimension of {model.name}")
        return model.columns[found.group(2)]

    plain = _DIMENSION.sub(column, text).strip()
    if "{{" in plain:
        raise CannotSay(f"its filter is more than dimensions: {short(text)}")
    for part in re.split(r"\s+and\s+", plain, flags=re.IGNORECASE):
        found = _TEST.fullmatch(part.strip().strip("()").strip() if "in (" not in part.lower() else part.strip())
        if found is None:
            raise CannotSay(f"its filter is SQL: {short(text)}")
        name, sign, value, null, within, values = found.groups()
        if null:
            yield {"column": name, "present": "not" in null.lower()}
        elif within:
            listed = [_literal(held) for held in re.findall(r"'(?:[^']|'')*'|[^,\s]+", values)]
            yield {"column": name, "not_in" if "not" in within.lower() else "in": listed}
        else:
            yield {"column": name, _TESTS[sign]: _literal(value)}


def _literal(text: str) -> object:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    if len(text) > LONGEST_NUMBER:
        raise CannotSay(f"its filter holds the number {short(text)}")
    return float(text) if "." in text else int(text)


def span(value: object) -> str:
    """Return a length of time as we write it: ``7 days``; MetricFlow also writes ``30d`` or ``1 month``."""
    if isinstance(value, Mapping):
        value = f"{value.get('count')} {value.get('granularity')}"
    found = re.fullmatch(r"\s*(\d+)\s*(d|days?|w|weeks?|months?|quarters?|years?)\s*", str(value), re.IGNORECASE)
    if not found:
        raise CannotSay(f"its length of time {value!r} is unknown")
    unit = {"d": "day", "w": "week"}.get(found.group(2).lower(), found.group(2).lower().removesuffix("s"))
    count = int(found.group(1))
    return f"{3 * count} months" if unit == "quarter" else f"{count} {unit}{'s' if count != 1 else ''}"


def short(text: str) -> str:
    """Return a text on one line, cut to what a sentence holds."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:59] + "…"
