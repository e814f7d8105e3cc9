"""What a reader of published numbers does not know: each person's answer to each item in each wave.

Every published number hangs on such unknowns: a level of this wave, a change between two waves, a level that an earlier
run showed. Written over the same unknowns they can be put together, which is what the guard must do before a reader
does. A person is the same in another wave by the pseudonymous key; an answer that was changed between two runs is
another unknown of the same person, told by its mark.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from workbench.errors import ModelError
from workbench.readiness.inputs import ANSWERED, Answers
from workbench.readiness.scores import Key, Scores

MARK_BYTES = 4
"""Length of an answer's mark: a changed answer goes unnoticed once in four thousand million (ours)."""


@dataclass(frozen=True, eq=False)
class Term:
    """How a number hangs on the answers of one wave.

    Attributes
    ----------
    wave : str
    keys : tuple of str
        Respondents' pseudonymous keys; rows of `weights`.
    items : tuple of str
        Columns of `weights`.
    weights : ndarray, shape (respondents, items)
        What the number gains when one answer rises by one level.
    answers : Answers or None
        Whose marks tell a changed answer.
    marks : mapping of item to mapping of key to str
        The marks themselves, of what was published before.
    """

    wave: str
    keys: tuple[str, ...]
    items: tuple[str, ...]
    weights: np.ndarray
    answers: Answers | None = field(default=None, repr=False)
    marks: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, eq=False)
class Offer:
    """A number that wants to be shown beside the levels of the wave that is judged.

    Such as the level of an earlier wave, or the change of those who answered twice: ``Term(after, +weights)`` and
    ``Term(before, −weights)``. `protect` decides it together with all levels, kind after kind by `tier`, and says in
    `ProtectedScores.extra` why it is hidden, or nothing where it may be shown. Its number and its rounding stay with
    whoever offers it.

    Attributes
    ----------
    key : tuple of str
        Measure, kind of part, part, and the dimension or item: all its answers are to items of that dimension. The
        measures ``dimension`` and ``item`` are taken by the wave that is judged.
    tier : int
        What gives way first has the lowest; `workbench.readiness.anonymity.tier_of` tells those of the levels.
    people : frozenset of str
        Keys of the respondents whose number stands beside it; empty where no number of people does.
    terms : tuple of Term
    low, high : float or None
        What a reader of the number, rounded as it is shown, knows that it lies between; None leaves it to the rank
        check alone.
    """

    key: Key
    tier: int
    people: frozenset[str]
    terms: tuple[Term, ...]
    low: float | None = None
    high: float | None = None


def term(scores: Scores, items: Iterable[str], weights: np.ndarray) -> Term:
    """Return how a number hangs on the answers of a wave.

    Parameters
    ----------
    scores : Scores
        The wave's.
    items : iterable of str
    weights : ndarray, shape (respondents, items)
        Rows as in ``scores.keys``.
    """
    names = tuple(items)
    if weights.shape != (len(scores.keys), len(names)):
        raise ModelError(f"Weights of {weights.shape} do not fit {len(scores.keys)} people and {len(names)} items.")
    return Term(scores.wave, scores.keys, names, weights, scores.answers)


def answer_marks(answers: Answers, item: str) -> dict[str, str]:
    """Return a mark for each answer to an item that has a level, by respondent.

    The mark hangs on the respondent, the item, the line spoken for and the level, so that equal answers of two people
    differ, and a changed answer of one person does. It is no secret from whoever holds the survey.
    """
    people = [str(key) for key in answers.sheets["respondent"]]
    lines = ["" if line is None or line != line else str(line) for line in answers.sheets["product_line"]]
    values = answers.codes[item] if item in answers.codes else answers.levels[item]
    said: dict[str, list[str]] = {}
    for person, line, value, status in zip(people, lines, values, answers.status[item], strict=True):
        if status == ANSWERED:
            words = sorted(value) if isinstance(value, tuple | list | set | frozenset) else value
            said.setdefault(person, []).append(f"{line}={words}")
    return {
        person: hashlib.blake2b(
            f"{person}|{answers.wave}|{item}|{sorted(words)}".encode(), digest_size=MARK_BYTES
        ).hexdigest()
        for person, words in said.items()
    }


class Marks:
    """The marks of answers, each made once."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, str], Mapping[str, str]] = {}

    def of(self, held: Term, item: str) -> Mapping[str, str]:
        """Return the marks of a term's answers to an item."""
        if held.answers is None:
            return held.marks.get(item, {})
        name = (id(held.answers), item)
        if name not in self._made:
            self._made[name] = answer_marks(held.answers, item)
        return self._made[name]


class Columns:
    """Numbers the unknowns that some numbers hang on, so that these become rows over the same columns.

    Attributes
    ----------
    names : list of (wave, item)
        Of each column.
    """

    def __init__(self, people: Mapping[str, int], marks: Marks | None = None) -> None:
        self.people = people
        self.marks = marks
        self.owners: list[np.ndarray] = []
        self.names: list[tuple[str, str]] = []
        self.count = 0
        self._first: dict[tuple[str, str], tuple[np.ndarray, Mapping[str, str]]] = {}
        self._changed: dict[tuple[str, str, str, str], int] = {}
        self._places: dict[int, tuple[tuple[str, ...], np.ndarray]] = {}

    def entries(self, held: Term) -> tuple[np.ndarray, np.ndarray]:
        """Return the columns that a term touches, and its weights there; new unknowns get new columns."""
        places = self._places_of(held.keys)
        columns, weights = [], []
        for position, item in enumerate(held.items):
            entry = held.weights[:, position]
            touched = np.flatnonzero(entry)
            if len(touched):
                columns.append(self._of(held, item, places, touched))
                weights.append(entry[touched])
        if not columns:
            return np.zeros(0, dtype=int), np.zeros(0)
        return np.concatenate(columns), np.concatenate(weights)

    def _places_of(self, keys: tuple[str, ...]) -> np.ndarray:
        known = self._places.get(id(keys))  # most terms name the same people: all of a wave
        if known is None or known[0] is not keys:
            known = self._places[id(keys)] = keys, np.array([self.people[key] for key in keys], dtype=int)
        return known[1]

    def _of(self, held: Term, item: str, places: np.ndarray, touched: np.ndarray) -> np.ndarray:
        marks = self.marks.of(held, item) if self.marks is not None else {}
        name = (held.wave, item)
        if name not in self._first:
            self._first[name] = (np.arange(self.count, self.count + len(self.people)), marks)
            self.owners.append(np.arange(len(self.people)))
            self.names += [name] * len(self.people)
            self.count += len(self.people)
        first, known = self._first[name]
        found = first[places[touched]]
        if known is not marks and known != marks:
            for position, place in enumerate(touched):
                person = held.keys[place]
                mark = marks.get(person, "")
                if mark and known.get(person, mark) != mark:
                    found[position] = self._new(name, person, mark)
        return found

    def _new(self, name: tuple[str, str], person: str, mark: str) -> int:
        changed = (*name, person, mark)
        if changed not in self._changed:
            self._changed[changed] = self.count
            self.owners.append(np.array([self.people[person]]))
            self.names.append(name)
            self.count += 1
        return self._changed[changed]

    def matrix(self, rows: Iterable[Iterable[Term]]) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows over all columns, and whose each column is (columns × people)."""
        sparse = [[self.entries(held) for held in terms] for terms in rows]
        table = np.zeros((len(sparse), self.count))
        for place, parts in enumerate(sparse):
            for columns, weights in parts:
                np.add.at(table[place], columns, weights)
        owners = np.zeros((self.count, len(self.people)), dtype=bool)
        if self.owners:
            owners[np.arange(self.count), np.concatenate(self.owners)] = True
        return table, owners
