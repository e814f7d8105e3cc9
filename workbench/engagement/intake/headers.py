"""What a header means: a column of ours, a period, a total, or a person's data that must not come in."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from workbench.engagement.intake.amounts import read_written
from workbench.engagement.intake.crosswalk import fold_name
from workbench.engagement.intake.periods import Period, find_period
from workbench.engagement.intake.targets import Target
from workbench.engagement.intake.units import Unit, find_unit, says_percent
from workbench.engagement.intake.words import TOTALS, is_total, personal_kind, plain_words

IGNORE = "ignore"
TOTAL = "total"
PERSON, PAY = "person", "pay"
EXACT, LIKE, NEAR, VALUES = "text", "part", "near", "values"
LEAST_NEAR = 0.87
"""Similarity of two headers (difflib's ratio) from which one is proposed for the other (ours)."""

_NAMES = frozenset({"name", "namen", "nom", "naam", "nombre", "names"})

LEAST_NAMES = 2
"""Headers that must name things of ours before a table is taken to have them across (ours)."""

SCORES = {EXACT: 1.0, "said": 1.2, LIKE: 0.7, NEAR: 0.5, VALUES: 0.5}


@dataclass(frozen=True)
class Heading:
    """A column's header, and what it is read as.

    Attributes
    ----------
    place : int
        Column of the sheet, from 0.
    text : str
        Its lines joined; what the mapping is kept under. Without the period, which changes from month to month.
    target : str
        A column of ours, ``total``, ``person``, ``pay``, ``ignore`` or empty.
    by : str
        ``text``, ``part`` (of a longer header), ``near``, ``values`` (of its cells) or ``said``.
    choices : tuple of str
        Columns of ours that it could be as well.
    period : Period or None
    qualifier : str
        What stands beside the period, such as Plan.
    unit : Unit or None
    is_percent : bool
    """

    place: int
    text: str
    target: str = ""
    by: str = ""
    choices: tuple[str, ...] = ()
    period: Period | None = None
    qualifier: str = ""
    unit: Unit | None = None
    is_percent: bool = False
    parts: tuple[str, ...] = field(default=(), repr=False)


def header_key(text: str) -> str:
    """Return what two headers share that are the same to people: letters and digits, units left out."""
    return plain_words(text)


def read_headings(lines: Sequence[Sequence[Any]], target: Target, said: Mapping[str, str]) -> list[Heading]:
    """Return what each column of a header of one or more rows means; blanks are not returned.

    Parameters
    ----------
    lines : sequence of sequence
        Rows of the header, merged cells filled.
    target : Target
    said : mapping of str to str
        Header, as `header_key` gives it → column of ours, or ``ignore``.
    """
    width = max(map(len, lines), default=0)
    found = []
    for place in range(width):
        cells = [line[place] if place < len(line) else None for line in lines]
        if any(cell is not None for cell in cells):
            found.append(_heading(place, cells, target, said))
    if any(held.target in (PERSON, PAY) for held in found):  # beside a first name or pay, Name is a person's
        found = [
            replace(held, target=PERSON, choices=()) if header_key(held.text) in _NAMES else held for held in found
        ]
    return _settle(found, target)


def _heading(place: int, cells: Sequence[Any], target: Target, said: Mapping[str, str]) -> Heading:
    # a header such as "Q1 result" that the consultant has named is no period
    named = frozenset(cell for cell in cells if said and isinstance(cell, str) and plain_words(cell) in said)
    bare, kind = _bare(tuple(cells), named)
    bare = replace(bare, place=place)
    if kind:
        return replace(bare, target=kind, by=EXACT)
    key = header_key(bare.text)
    if key in said and (key or bare.period is None):
        return replace(bare, target=said[key], by="said")
    for candidate in dict.fromkeys((bare.text, *reversed(bare.parts))):
        if candidate not in target.headers_read:
            target.headers_read[candidate] = _columns_named(candidate, target)
        names, by = target.headers_read[candidate]
        if names:
            return replace(bare, target=names[0], by=by, choices=names[1:])
    if (bare.text and is_total(bare.text)) or key in TOTALS:
        return replace(bare, target=TOTAL, by=EXACT)
    return bare


@lru_cache(maxsize=8_192, typed=True)
def _bare(cells: tuple[Any, ...], named: frozenset[str]) -> tuple[Heading, str]:
    """Return what a header says whatever the table, and whose data stand below it."""
    parts: list[str] = []
    period: Period | None = None
    for cell in cells:
        one, rest = find_period(cell)
        if isinstance(cell, str) and one is not None and cell in named:
            one, rest = None, cell
        if one is not None:
            period = _joined(period, one)
        if rest and (not parts or plain_words(rest) != plain_words(parts[-1])):
            parts.append(rest)
    text = " ".join(parts)
    units = [unit for unit in map(find_unit, parts) if unit is not None]
    unit = units[-1] if units else None
    if len({held.factor for held in units if held.factor != 1}) > 1:
        unit = Unit(float("nan"), units[-1].currency)
    elif len(units) > 1:
        unit = Unit(
            next((held.factor for held in units if held.factor != 1), 1.0),
            next((held.currency for held in reversed(units) if held.currency), ""),
        )
    percent = says_percent(text)
    bare = Heading(-1, text, period=period, qualifier=text, unit=unit, is_percent=percent, parts=tuple(parts))
    return bare, next((kind for kind in map(personal_kind, (text, *parts)) if kind), "")


def _joined(one: Period | None, other: Period) -> Period:
    """Return a period whose year and month stand in two rows of a header."""
    if one is None:
        return other
    if one.kind in ("year", "fiscal year") and other.year is None:
        return other.of(one.year) if one.year else other
    if other.kind in ("year", "fiscal year") and one.year is None:
        return one.of(other.year) if other.year else one
    return other if other.kind != "year" else one


def _columns_named(text: str, target: Target) -> tuple[tuple[str, ...], str]:
    """Return the columns of ours that a header may name, the likeliest first, and how they were told."""
    words = plain_words(text)
    if not words:
        return (), ""
    spelt = {words, plain_words(re.sub(r"[()\[\]{}]", " ", text))}  # "Wait (seconds)" may be wait_seconds
    exact = [name for name, column in target.columns.items() if column.words[0] in spelt]
    if exact:
        return tuple(exact), EXACT
    same = [name for name, column in target.columns.items() if words in column.words]
    if same:
        return tuple(same), EXACT
    tokens = set(words.split())
    parts = [
        (len(entry), name)
        for name, column in target.columns.items()
        for entry in column.words
        if len(entry) >= 4 and set(entry.split()) <= tokens
    ]
    if parts:
        longest = max(length for length, _ in parts)
        return tuple(dict.fromkeys(name for length, name in parts if length == longest)), LIKE
    if len(words) >= 6:
        letters = _letters(words)
        near = [
            (difflib.SequenceMatcher(None, words, entry).ratio(), name)
            for name, column in target.columns.items()
            for entry in column.words
            if abs(len(entry) - len(words)) <= 3
            and len(letters ^ _letters(entry)) <= (1 - LEAST_NEAR) * (len(entry) + len(words))  # else never so alike
        ]
        best = max(near, default=(0.0, ""))
        if best[0] >= LEAST_NEAR:
            return (best[1],), NEAR
    return (), ""


@lru_cache(maxsize=4_096)
def _letters(text: str) -> frozenset[str]:
    return frozenset(text)


def _settle(found: list[Heading], target: Target) -> list[Heading]:
    """Give words that stand for several columns to the one that no other header names; needed columns first."""
    taken = {held.target for held in found if held.by == "said" or (held.by == EXACT and not held.choices)}
    order = [name for name, column in target.columns.items() if column.is_required]
    order += [name for name in target.columns if name not in order]
    out = []
    for held in found:
        if not held.choices:
            out.append(held)
            continue
        names = [held.target, *held.choices]
        free = [name for name in order if name in names and name not in taken]
        name = free[0] if free else names[0]
        taken.add(name)
        out.append(replace(held, target=name, choices=tuple(other for other in names if other != name)))
    return out


def name_in(held: Heading, known: Collection[str]) -> str:
    """Return the name of ours that a header says, without a unit in brackets; empty where it says none."""
    if not known or not held.text:
        return ""
    bare = re.sub(r"\s*[(\[{][^)\]}]*[)\]}]\s*$", "", held.text)
    return next((text for text in (held.text, bare) if text and fold_name(text) in known), "")


def named_across(headings: Sequence[Heading], target: Target) -> dict[str, list[Heading]]:
    """Return the parts of the key for whose names at least two headers stand, with these headers."""
    free = [held for held in headings if not held.target and held.period is None]
    found = {
        name: [held for held in free if name_in(held, one.names)]
        for name, one in target.columns.items()
        if name in target.key and one.refers
    }
    return {name: held for name, held in found.items() if len(held) >= LEAST_NAMES}


def named_below(held: Heading, target: Target, given: Collection[str], cells: Sequence[Any]) -> str:
    """Return the column of ours whose names stand below a header that nobody knows, all of them; empty where none do.

    Parameters
    ----------
    held : Heading
    target : Target
    given : collection of str
        Columns of ours that are given already.
    cells : sequence
        What stands below the header, blanks left out.
    """
    if held.target or held.period is not None or not held.text or not cells:
        return ""
    if not all(isinstance(cell, str) for cell in cells):
        return ""
    names = {fold_name(cell) for cell in set(cells)}
    fitting = [name for name, one in target.columns.items() if one.names and name not in given and names <= one.names]
    return fitting[0] if len(fitting) == 1 and len(names) >= LEAST_NAMES else ""


def last_part(
    headings: Sequence[Heading], unread: Collection[Heading], rows: Sequence[Sequence[Any]], last: int
) -> int:
    """Return the last column before the total to the right of the last known name: Other is a part of it too.

    Parameters
    ----------
    headings : sequence of Heading
    unread : collection of Heading
        Those that nobody has explained.
    rows : sequence of sequence
        What stands below the headers.
    last : int
        Column of the last known name; returned where no total follows, or something else than amounts stands between.
    """
    total = min((held.place for held in headings if held.target == TOTAL and held.place > last), default=last + 1)
    parts = {held.place for held in unread if held.text and not held.period}
    for place in range(last + 1, total):
        cells = [row[place] for row in rows if place < len(row) and row[place] is not None]
        if place not in parts or all(isinstance(cell, str) and read_written(cell) is None for cell in cells):
            return last
    return total - 1


def header_score(headings: Sequence[Heading], target: Target) -> float:
    """Return how much a row looks like the header of this table: columns of ours, periods or names of ours, totals."""
    named = {held.target: SCORES.get(held.by, 0.0) for held in headings if held.target in target.columns}
    read = [held for held in headings if held.target in ("", TOTAL) or held.target in target.columns]
    periods = len({held.period.label for held in read if held.period is not None})
    others = sum(held.target in (TOTAL, PERSON, PAY) for held in headings)
    across = min(periods, 6) * 0.5 if target.period and periods >= 2 else 0.0
    names = max((len(held) for name, held in named_across(headings, target).items() if name not in named), default=0)
    across += min(names, 6) * 0.5
    return sum(named.values()) + across + 0.2 * min(others, 4)
