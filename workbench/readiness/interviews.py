"""What interviews say: the middle, the ends and the number of what was heard, and quotes that point at nobody.

Interviewed people are chosen, they are no sample: there is no interval, and nothing of them is averaged into the
survey. The guard counts interviews like sheets. Under ten people the lowest and the highest are not told, as no
distribution is. A quote stands with its dimension, never with its question, line, day or interview; with its role only
where neither that role nor those left without one become few.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from workbench.readiness.anonymity import DECIMALS, DISTRIBUTION_FROM, EDGE, PROTECTED, find_leak
from workbench.readiness.inputs import OPENLY_NAMED, Settings
from workbench.readiness.instrument import Instrument
from workbench.readiness.scores import DIMENSION, ITEM, LINE, ORGANISATION, Key, Part

if TYPE_CHECKING:
    import pandas as pd

NOT_HEARD = "not heard"
"""No interview spoke of it; said in an openly named assessment only, for elsewhere it would be a number of people."""

YES = "yes"

_TIERS = {(DIMENSION, ORGANISATION): 3, (DIMENSION, LINE): 2, (ITEM, ORGANISATION): 1, (ITEM, LINE): 0}
"""What is given up last comes first."""


@dataclass(frozen=True)
class Heard:
    """What interviews say of one question or dimension in one part.

    Attributes
    ----------
    measure : str
        ``dimension`` or ``item``.
    id : str
    part : Part
        The organisation or a line; whoever speaks for the whole organisation enters every line.
    median, lowest, highest : float or None
        Over interviews; one that spoke of several questions, or lines, counts once, with the mean of what it said.
        Unit: level.
    interviews : int or None
        How many spoke of it.
    edge : str
        ``≤`` or ``≥`` where only the end of the scale is told.
    hidden : str
        Why nothing is told; empty where it is.
    """

    measure: str
    id: str
    part: Part
    median: float | None
    lowest: float | None = None
    highest: float | None = None
    interviews: int | None = None
    edge: str = ""
    hidden: str = ""


@dataclass(frozen=True)
class Quote:
    """A sentence that may be printed, its dimension and, where nobody can be found by it, the role of the speaker."""

    dimension: str
    text: str
    role: str = ""


@dataclass(frozen=True, eq=False)
class Interviews:
    """All that may be told of the interviews.

    Attributes
    ----------
    heard : mapping of key to Heard
        Dimensions and items, for the organisation and each line.
    quotes : tuple of Quote
        In the instrument's order, then by their letters: never in the order of the interviews.
    withheld : int
        Quotes that their speakers allow and the guard does not.
    interviews : int
        How many there were.
    """

    heard: Mapping[Key, Heard]
    quotes: tuple[Quote, ...]
    withheld: int
    interviews: int

    def get(self, measure: str, part: Part, name: str) -> Heard:
        """Return what was heard of one question or dimension."""
        return self.heard[(measure, part.kind, part.id, name)]


@dataclass(frozen=True)
class _Said:
    """One row: who said what level of which item, for which line (blank: the whole organisation)."""

    person: int
    role: str
    line: str
    item: str
    level: float
    text: str


def score_interviews(
    interviews: pd.DataFrame, instrument: Instrument, settings: Settings, *, lines: Iterable[tuple[str, str]] = ()
) -> Interviews:
    """Return what interviews say, protected.

    Parameters
    ----------
    interviews : DataFrame
        interview, role, product_line, item, level, quote, may_quote; other columns are never looked at.
    instrument : Instrument
    settings : Settings
        ``minimum_group``; 1 tells everything (an openly named assessment).
    lines : iterable of (key, name)
        The register.
    """
    said = tuple(_rows(interviews))
    people = 1 + max((row.person for row in said), default=-1)
    parts = (Part(ORGANISATION, "", "the organisation"), *(Part(LINE, key, name) for key, name in lines))
    values = _values(said, instrument, parts)
    told = _told(values, instrument, settings.minimum_group, people)
    quotes, withheld = _quotes(said, instrument, settings.minimum_group, parts)
    return Interviews(
        {
            key: _heard(key, part, held, settings, instrument, is_told=key in told)
            for key, (part, held) in values.items()
        },
        quotes,
        withheld,
        people,
    )


def _rows(frame: pd.DataFrame) -> Iterator[_Said]:
    known: dict[str, int] = {}
    columns = ("interview", "role", "product_line", "item", "level", "quote", "may_quote")
    for interview, role, line, item, level, quote, may_quote in frame[list(columns)].itertuples(index=False, name=None):
        person = known.setdefault(str(interview), len(known))
        text = _text(quote) if _text(may_quote).casefold() == YES else ""
        yield _Said(person, _text(role), _text(line), str(item), float(level), text)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def _values(
    said: tuple[_Said, ...], instrument: Instrument, parts: tuple[Part, ...]
) -> dict[Key, tuple[Part, dict[int, float]]]:
    """Return a level a person of each question and dimension in each part."""
    found: dict[Key, tuple[Part, dict[int, float]]] = {}
    for part in parts:
        by_item: dict[str, dict[int, float]] = {}
        for item in instrument.items:
            is_pooled = item.scope == "organisation" or part.kind == ORGANISATION
            rows = [row for row in said if row.item == item.id and (is_pooled or row.line in ("", part.id))]
            by_item[item.id] = _means((row.person, row.level) for row in rows)
            found[(ITEM, part.kind, part.id, item.id)] = part, by_item[item.id]
        for group in instrument.dimensions:
            spoken = _means(
                (person, instrument.on_group(level, item.id, group.id))
                for item in instrument.items_below(group.id)
                for person, level in by_item[item.id].items()
            )
            found[(DIMENSION, part.kind, part.id, group.id)] = part, spoken
    return found


def _means(pairs: Iterable[tuple[int, float]]) -> dict[int, float]:
    held: dict[int, list[float]] = {}
    for person, level in pairs:
        held.setdefault(person, []).append(level)
    return {person: sum(levels) / len(levels) for person, levels in held.items()}


def _told(
    values: Mapping[Key, tuple[Part, Mapping[int, float]]], instrument: Instrument, minimum: int, people: int
) -> set[Key]:
    """Return what may be told: of a dimension, its questions and lines together no difference may leave few people."""
    if minimum == OPENLY_NAMED:
        return set(values)
    owners = np.eye(people, dtype=bool)
    found: set[Key] = set()
    for group in instrument.dimensions:
        names = {group.id, *(item.id for item in instrument.items_below(group.id))}
        keys = [key for key, (_, held) in values.items() if key[3] in names and len(held) >= minimum]
        rows: list[np.ndarray] = []
        for key in sorted(keys, key=lambda key: (-_TIERS[key[:2]], -len(values[key][1]), key)):
            row = np.zeros(people)
            row[list(values[key][1])] = 1.0
            if find_leak(np.array([*rows, row]), owners, minimum) is None:
                rows.append(row)
                found.add(key)
    return found


def _heard(
    key: Key, part: Part, held: Mapping[int, float], settings: Settings, instrument: Instrument, *, is_told: bool
) -> Heard:
    measure, _, _, name = key
    is_open = settings.minimum_group == OPENLY_NAMED
    if not is_told or not held:
        return Heard(measure, name, part, None, hidden=NOT_HEARD if is_open else PROTECTED)
    levels = list(held.values())
    middle, edge = round(float(median(levels)), DECIMALS), ""
    if not is_open and len(levels) < DISTRIBUTION_FROM:
        low, high = instrument.bounds(name)
        reach = EDGE * (high - low)
        if middle <= low + reach:
            middle, edge = low + reach, "≤"
        elif middle >= high - reach:
            middle, edge = high - reach, "≥"
        return Heard(measure, name, part, middle, interviews=len(levels), edge=edge)
    ends = round(min(levels), DECIMALS), round(max(levels), DECIMALS)
    return Heard(measure, name, part, middle, *ends, interviews=len(levels))


def _quotes(
    said: tuple[_Said, ...], instrument: Instrument, minimum: int, parts: tuple[Part, ...]
) -> tuple[tuple[Quote, ...], int]:
    """Return the quotes by which nobody can be found, and how many more were allowed by those who said them."""
    lines = {part: {row.person for row in said if row.line == part.id} for part in parts if part.kind == LINE}
    small = [part for part, people in lines.items() if len(people) < minimum != OPENLY_NAMED]
    found: list[Quote] = []
    allowed = 0
    for group in instrument.dimensions:
        names = {item.id for item in instrument.items_below(group.id)}
        rows = [row for row in said if row.item in names]
        roles = {row.person: instrument.role(row.role).shown_as for row in rows}
        printed = _printed_roles(roles, minimum)
        quoted = {(row.text, roles[row.person]) for row in rows if row.text}
        allowed += len(quoted)
        found += [
            Quote(group.id, text, instrument.role(role).name if role in printed else "")
            for text, role in sorted(quoted, key=lambda one: (one[0].casefold(), one))
            if len(roles) >= minimum and not any(_names(text, part) for part in small)
        ]
    return tuple(found), allowed - len(found)


def _printed_roles(roles: Mapping[int, str], minimum: int) -> frozenset[str]:
    """Return the roles that may stand with a quote: many speak for each, and the others are none or many."""
    counts = {role: sum(held == role for held in roles.values()) for role in sorted(set(roles.values()))}
    left, found = len(roles), set()
    for role, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        if count >= minimum and (left - count >= minimum or left == count):
            found.add(role)
            left -= count
    return frozenset(found)


def _names(text: str, part: Part) -> bool:
    """Whether a text names a line, by its name or its key."""
    return any(re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) for name in (part.id, part.name))
