"""The tables that the audit asks: everything shown of a dimension over the smallest groups there are.

The smallest groups are people whom the parts cannot tell apart: a role of a line. Protected are such groups, and those
of one line or of one role taken together, from one person up to the minimum less one. A reader is taken to know who
answered what and how often, so that only the answers are open; the numbers of people have a table of their own, in
which who answered is open and nobody's headcount is used: that everybody of a small team answered is no secret about
what they said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from workbench.readiness.audit import Table
from workbench.readiness.instrument import Instrument
from workbench.readiness.scores import Key, Scores
from workbench.readiness.suppression import find_alike
from workbench.readiness.unknowns import Columns, Marks, Term

MOST_TOGETHER = 4_000
"""Groups of one line or role looked at together; beyond that only the smallest ones are (ours)."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A number as it is shown: how it hangs on answers, and what it lies between."""

    key: tuple[str, ...]
    terms: tuple[Term, ...]
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Atoms:
    """The smallest groups, and those of one line or role taken together.

    Attributes
    ----------
    of_person : ndarray of int, shape (people,)
        The atom of each person; people of other waves alone are in atoms of their own, by no part.
    names : tuple of str
        What a message calls an atom.
    together : tuple of tuple of int
        Atoms that one line, or one role, holds.
    """

    of_person: np.ndarray
    names: tuple[str, ...]
    together: tuple[tuple[int, ...], ...]


def find_atoms(scores: Scores, people: Mapping[str, int]) -> Atoms:
    """Return the smallest groups that the parts of the organisation make.

    Parameters
    ----------
    scores : Scores
    people : mapping of key to int
        Place of everybody, those of this wave first.
    """
    parts = [part for part in scores.parts if part.kind != "organisation"]
    member = np.zeros((len(people), len(parts)), dtype=bool)
    for column, part in enumerate(parts):
        member[sorted(scores.members[part]), column] = True
    patterns, of_person = np.unique(member, axis=0, return_inverse=True)
    named = [(column, part.name) for column, part in enumerate(parts) if part.kind in ("line", "role")]
    names = tuple(
        " of ".join([name for column, name in named if row[column]][::-1]) or "people of no part" for row in patterns
    )
    together = [
        tuple(np.flatnonzero(patterns[:, column]).tolist())
        for column, part in enumerate(parts)
        if part.kind in ("line", "role")
    ]
    lines = [column for column, part in enumerate(parts) if part.kind == "line"]
    roles = np.unique(patterns[:, [c for c in range(len(parts)) if c not in lines]], axis=0, return_inverse=True)[1]
    together += [tuple(np.flatnonzero(np.asarray(roles).reshape(-1) == one).tolist()) for one in np.unique(roles)]
    everywhere = np.flatnonzero(patterns[:, lines].all(axis=1)) if lines else np.zeros(0, dtype=int)
    together.append(tuple(everywhere.tolist()))
    return Atoms(np.asarray(of_person).reshape(-1), names, tuple(dict.fromkeys(together)))


def level_table(
    shown: Sequence[Shown],
    atoms: Atoms,
    people: Mapping[str, int],
    instrument: Instrument,
    wave: str,
    minimum: int,
    marks: Marks | None = None,
) -> Table:
    """Return what is shown of the answers to one dimension, over the answers of the smallest groups.

    Parameters
    ----------
    shown : sequence of Shown
    atoms : Atoms
    people : mapping of key to int
    instrument : Instrument
    wave : str
        The wave whose answers, and whose changes, are protected by name.
    minimum : int
        Unit: people.
    marks : Marks, optional
        Needed where something was published before.
    """
    columns = Columns(people, marks)
    rows, owners = columns.matrix([held.terms for held in shown])
    used = np.flatnonzero(np.abs(rows).max(axis=0, initial=0.0) > 1e-12)
    rows, owner = rows[:, used], owners[used].argmax(axis=1)
    blocks = list(dict.fromkeys(columns.names))
    block = np.array([blocks.index(columns.names[column]) for column in used], dtype=int)
    # Answers of an atom that enter everything alike are one unknown: their sum.
    labels = np.vstack([block, atoms.of_person[owner], np.round(rows, 10)])
    first, kind = find_alike(np.rint(labels * 1e10).astype(np.int64))
    classes, order = np.unique(labels[:, first], axis=1, return_inverse=True)
    place = np.asarray(order).reshape(-1)[kind]
    count = np.bincount(place, minlength=len(first)).astype(float)
    class_block, class_atom = classes[0].astype(int), classes[1].astype(int)
    ends = np.array([_span(instrument, blocks[one][1]) for one in class_block]).reshape(-1, 2)
    is_whole = np.array([_is_whole(instrument, blocks[one][1]) for one in class_block], dtype=bool)
    names, wanted, sizes = [], [], []
    in_block = [class_block == one for one in range(len(blocks))]
    for group in _groups(atoms, owner, class_atom, place, minimum):
        is_member = np.zeros(len(atoms.names), dtype=bool)
        is_member[list(group)] = True
        inside = is_member[class_atom]
        label = " and ".join(atoms.names[one] for one in group)
        own = []  # of the wave whose answers are protected together too
        for (when, item), is_here in zip(blocks, in_block, strict=True):
            take = inside & is_here
            if take.any():
                answers = count[take].sum()
                names.append(f"{label}, {item}, wave {when}")
                wanted.append(np.where(take, 1.0 / answers, 0.0))
                sizes.append(answers if is_whole[take].all() else 0.0)
                own += [(take, answers)] if when == wave else []
        if len(own) > 1:
            row = np.zeros(len(count))
            for take, answers in own:
                row[take] = 1.0 / answers / len(own)
            names.append(f"{label}, all items, wave {wave}")
            wanted.append(row)
            sizes.append(0.0)
    return Table(
        tuple(held.key for held in shown),
        classes[2:],
        np.array([held.low for held in shown]),
        np.array([held.high for held in shown]),
        ends[:, 0] * count,
        ends[:, 1] * count,
        tuple(names),
        np.array(wanted).reshape(len(wanted), len(count)),
        np.array(sizes),
        is_whole,
        "levels",
    )


def _groups(
    atoms: Atoms, owner: np.ndarray, class_atom: np.ndarray, place: np.ndarray, minimum: int
) -> Iterable[tuple[int, ...]]:
    """Yield the small groups: atoms below the minimum, and such atoms of one line or role as stay below it together."""
    people = {int(atom): len(set(owner[class_atom[place] == atom].tolist())) for atom in np.unique(class_atom)}
    return _small_unions(atoms, people, minimum)


def _small_unions(atoms: Atoms, people: Mapping[int, int], minimum: int) -> list[tuple[int, ...]]:
    found: dict[tuple[int, ...], None] = {}
    small = [atom for atom in sorted(people) if 0 < people[atom] < minimum]
    for atom in small:
        found[(atom,)] = None
    for size in range(2, minimum):
        for together in atoms.together:
            inside = [atom for atom in together if atom in small]
            for group in combinations(inside, size):
                if sum(people[atom] for atom in group) < minimum:
                    found[group] = None
            if len(found) > MOST_TOGETHER:
                return list(found)
    return list(found)


def _span(instrument: Instrument, item: str) -> tuple[float, float]:
    """Return the ends of one answer; the pseudo-values of an open item reach beyond the scale."""
    held = instrument.item(item)
    low, high = instrument.span(held)
    reach = high - low if held.kind == "open" else 0.0
    return low - reach, high + reach


def _is_whole(instrument: Instrument, item: str) -> bool:
    held = instrument.item(item)
    levels = [option.weight for option in instrument.answers(held).options if option.weight is not None]
    return held.kind != "open" and all(float(level).is_integer() for level in levels)


def people_table(counts: Sequence[tuple[Key, frozenset[int]]], atoms: Atoms, minimum: int) -> Table:
    """Return the numbers of people that are shown with one dimension or item, over the smallest groups' numbers.

    Parameters
    ----------
    counts : sequence of (key, people)
        Each number that is shown, and who they are.
    atoms : Atoms
    minimum : int
        Unit: people.
    """
    everybody = frozenset().union(*(people for _, people in counts)) if counts else frozenset()
    there = atoms.of_person[np.array(sorted(everybody), dtype=int)]
    sizes = np.bincount(there, minlength=len(atoms.names))
    rows, views = [], []
    for key, people in counts:
        row = np.zeros(len(atoms.names))
        row[np.unique(atoms.of_person[sorted(people)])] = 1.0
        # In a line the people of its own questions may be fewer: such a number is of other unknowns.
        if row @ sizes == len(people):
            rows.append(row)
            views.append(key)
    held = np.array(rows).reshape(len(rows), len(atoms.names))
    groups = _small_unions(atoms, dict(enumerate(sizes.tolist())), minimum)
    wanted = np.zeros((len(groups), len(atoms.names)))
    for place, group in enumerate(groups):
        wanted[place, list(group)] = 1.0
    return Table(
        tuple(views),
        held,
        held @ sizes,
        held @ sizes,
        np.zeros(len(atoms.names)),
        np.full(len(atoms.names), float(max(1, len(everybody)))),
        tuple(" and ".join(atoms.names[one] for one in group) for group in groups),
        wanted,
        np.ones(len(groups)),
        np.ones(len(atoms.names), dtype=bool),
        "people",
    )
