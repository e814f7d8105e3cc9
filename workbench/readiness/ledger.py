"""What was published before: which numbers, and which respondents stood behind them, as plain values.

No level is kept. A publication holds pseudonymous keys and is as confidential as the survey table itself; it never
enters a report. The doors keep the files (`workbench.engagement.publications`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from workbench.errors import ModelError
from workbench.readiness.scores import ORGANISATION, Key
from workbench.readiness.unknowns import MARK_BYTES, Marks, Term

HEAD, LEVEL, SEEN = "head", "level", "seen"
"""A published number of people: of a part, behind a level, and behind a share that can see."""

FORMAT = 1
"""Raised when a publication written earlier can no longer be read."""

NO_MARK = "-" * 2 * MARK_BYTES
"""Stands for somebody without an answer to an item."""


@dataclass(frozen=True, eq=False)
class Publication:
    """One set of numbers that somebody may have seen.

    Attributes
    ----------
    id : str
        The run's name.
    when : str
        Date and time, ISO.
    wave : str
        The wave that was judged.
    counts : mapping of (what, wave, id, key) to frozenset of str
        Whose number was shown: `HEAD`, `LEVEL` or `SEEN`; the dimension or item, blank for heads; respondents' keys.
    levels : mapping of key to tuple of Term
        How each level hung on answers, with the marks of these.
    bounds : mapping of key to (low, high)
        What each number lay between, as it was shown; missing where nobody said.
    """

    id: str
    when: str
    wave: str
    counts: Mapping[tuple[str, str, str, Key], frozenset[str]] = field(repr=False)
    levels: Mapping[Key, tuple[Term, ...]] = field(repr=False)
    bounds: Mapping[Key, tuple[float, float]] = field(default_factory=dict, repr=False)

    @property
    def people(self) -> int | None:
        """How many people answered, as it was shown; None where it was not."""
        whole = self.counts.get((HEAD, self.wave, "", (HEAD, ORGANISATION, "", "")))
        return None if whole is None else len(whole)

    @property
    def numbers(self) -> int:
        """How many numbers were shown: levels and changes, and numbers of people of a part."""
        return len(self.levels) + sum(what == HEAD for what, *_ in self.counts)

    def to_dict(self) -> dict[str, Any]:
        """Return what was published as JSON types, in an order of its own: the same again is the same text.

        Without `id` and `when`: runs of the same data publish the same.
        """
        return _Writer(self).document()

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], *, id: str = "", when: str = "") -> Publication:
        """Return the publication that `to_dict` wrote.

        Parameters
        ----------
        document : mapping
        id, when : str
            The run's name, and when it was published (ISO).

        Raises
        ------
        ModelError
            It is no publication, or one of another format.
        """
        try:
            if document["format"] != FORMAT:
                raise ModelError(f"A publication of format {document['format']!r} cannot be read here.")
            return _read(document, id, when)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise ModelError(f"This is no publication ({type(error).__name__}).") from None


def record(publication: Publication, after: Iterable[str] = ()) -> str:
    """Return the JSON text that a result carries to whoever publishes it.

    Parameters
    ----------
    publication : Publication
        What becomes public with the result.
    after : iterable of str
        Ids of the publications that the guard knew of when it decided.
    """
    document = {"after": list(after), "publication": publication.to_dict()}
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class _Writer:
    """Numbers people, groups of people, answers' marks and weights, so that each is written once."""

    def __init__(self, held: Publication) -> None:
        self.held = held
        keys = set().union(*held.counts.values(), *(one.keys for terms in held.levels.values() for one in terms))
        self.people = sorted(keys)
        self.places = {key: place for place, key in enumerate(self.people)}
        self.made = Marks()
        self.groups: dict[str, int] = {}
        self.weights: dict[float, int] = {}
        self.marks: dict[str, int] = {}
        self._known_marks: dict[int, tuple[Mapping[str, str], int]] = {}
        self._orders: dict[int, tuple[Sequence[str], np.ndarray, np.ndarray]] = {}

    def document(self) -> dict[str, Any]:
        held = self.held
        levels = [[*key, [self.term(one) for one in terms]] for key, terms in sorted(held.levels.items())]
        counts = [
            [*name[:3], *name[3], self.group([self.places[key] for key in keys])]
            for name, keys in sorted(held.counts.items())
        ]
        return {
            "format": FORMAT,
            "wave": held.wave,
            "people": self.people,
            "groups": list(self.groups),
            "weights": list(self.weights),
            "marks": list(self.marks),
            "counts": counts,
            "levels": levels,
            "bounds": [[*key, *map(_plain, ends)] for key, ends in sorted(held.bounds.items())],
        }

    def group(self, places: Sequence[int] | np.ndarray) -> int:
        row = np.zeros(len(self.people), dtype=bool)
        row[places] = True
        bits = np.packbits(row, bitorder="little").tobytes().hex()
        return self.groups.setdefault(bits, len(self.groups))

    def term(self, one: Term) -> list[Any]:
        order, places = self.order(one.keys)
        columns = []
        for item, column in sorted(zip(one.items, one.weights.T, strict=True), key=lambda pair: pair[0]):
            own = order[column[order] != 0.0]
            if len(own):
                numbers = [self.weights.setdefault(weight, len(self.weights)) for weight in column[own].tolist()]
                group = self.group(places[own])
                weights = numbers[0] if len(set(numbers)) == 1 else numbers
                columns.append([item, self.mark(one, item), group, weights])
        return [one.wave, columns]

    def order(self, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return keys' alphabetical order, and their places among the people; most terms share one list of keys."""
        if id(keys) not in self._orders:
            order = np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=int)
            self._orders[id(keys)] = keys, order, np.array([self.places[key] for key in keys], dtype=int)
        return self._orders[id(keys)][1:]

    def mark(self, one: Term, item: str) -> int:
        marks = self.made.of(one, item)
        if id(marks) not in self._known_marks:
            text = "".join(marks.get(key) or NO_MARK for key in self.people)
            self._known_marks[id(marks)] = marks, self.marks.setdefault(text, len(self.marks))
        return self._known_marks[id(marks)][1]


def _plain(end: float) -> float | None:
    """Return a bound as JSON knows it: None for one without end."""
    return float(end) if np.isfinite(end) else None


def _read(document: Mapping[str, Any], name: str, when: str) -> Publication:
    people = [_text(key) for key in document["people"]]
    weights = np.array(document["weights"], dtype=float)
    groups = [_members(bits, len(people)) for bits in document["groups"]]
    marks = [_marks(text, people) for text in document["marks"]]
    named = [frozenset(people[place] for place in members) for members in groups]

    def read_term(wave: str, columns: list[Any]) -> Term:
        rows = sorted(set().union(*(groups[group] for _, _, group, _ in columns)))
        places = {place: row for row, place in enumerate(rows)}
        table = np.zeros((len(rows), len(columns)))
        for position, (_, _, group, held) in enumerate(columns):
            table[[places[place] for place in groups[group]], position] = weights[held]
        items = tuple(_text(item) for item, *_ in columns)
        known = {item: marks[place] for item, place, *_ in columns}
        return Term(_text(wave), tuple(people[place] for place in rows), items, table, None, known)

    levels = {_key(key): tuple(read_term(*one) for one in terms) for *key, terms in document["levels"]}
    counts = {
        (_text(what), _text(wave), _text(about), _key(key)): named[group]
        for what, wave, about, *key, group in document["counts"]
    }
    bounds = {
        _key(key): (-np.inf if low is None else float(low), np.inf if high is None else float(high))
        for *key, low, high in document["bounds"]
    }
    return Publication(name, when, _text(document["wave"]), counts, levels, bounds)


def _members(bits: str, count: int) -> list[int]:
    row = np.unpackbits(np.frombuffer(bytes.fromhex(bits), dtype=np.uint8), bitorder="little")
    if len(row) < count or row[count:].any():
        raise ValueError("a group of people who are not there")
    return np.flatnonzero(row[:count]).tolist()


def _marks(text: str, people: list[str]) -> dict[str, str]:
    size = len(NO_MARK)
    if len(text) != size * len(people):
        raise ValueError("marks that do not fit the people")
    found = (text[start : start + size] for start in range(0, len(text), size))
    return {key: mark for key, mark in zip(people, found, strict=True) if mark != NO_MARK}


def _key(parts: list[Any]) -> Key:
    measure, kind, part, name = map(_text, parts)
    return measure, kind, part, name


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value
