"""Which of our tables each table of a file is: proposed from its headers, its cells and its title, never taken alone.

A proposal is only what a preview begins with. Where two tables of ours fit about as well, it is a question.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.engagement.intake.amounts import is_nothing, read_written
from workbench.engagement.intake.blocks import Block, find_blocks, header_rows
from workbench.engagement.intake.cells_of_sheets import SheetCells
from workbench.engagement.intake.choosing import Place
from workbench.engagement.intake.crosswalk import choice_register, fold_name
from workbench.engagement.intake.headers import IGNORE, PAY, PERSON, SCORES, TOTAL, Heading, header_key, named_across
from workbench.engagement.intake.opening import OpenFile
from workbench.engagement.intake.periods import find_period
from workbench.engagement.intake.plan import bare_words
from workbench.engagement.intake.targets import Target
from workbench.engagement.intake.words import VERSIONS, plain_words, split_words

LOOKED_AT, MOST_ROWS = 2_000, 200
"""Rows of a sheet in which the headers of tables are looked for, and rows that may be one (ours)."""

SAMPLE = 60
"""Rows of a table whose cells are looked at (ours)."""

LEAST_FIT = 0.3
"""How well a table of ours must fit to be proposed: part of the headers that it reads, times what it needs (ours)."""

CLEARLY = 1.15
"""How much better than the next it must fit to be proposed without a question (ours)."""

LEAST_SAID = 3
"""Headers, with the table's name, that must speak for a table before it is proposed without a question (ours)."""

NAMES_OURS = 3
"""What a needed column counts that names things of ours, beside another: rows that name no line are no table of lines
(ours)."""

STAFF = 3
"""Columns of people's data from which a table is a list of staff (ours)."""

NAMED = 1.2
"""What the table's name in a title or in the sheet's name counts (ours)."""

TABLE_WORDS: Mapping[str, tuple[str, ...]] = {
    name: split_words(words)
    for name, words in {
        "products": "products; produkte; produktliste; produktkatalog; produits; producten; productos",
        "lines": "lines; product lines; linien; produktlinien; sparten; lignes; lijnen; líneas",
        "memberships": "memberships; zuordnung; zuordnungen; assignment; belongs to; affectation; toewijzing",
        "aliases": "aliases; schlüssel; schlüsselliste; mapping; umschlüsselung; crosswalk; synonyme",
        "population": "population; personal; mitarbeiter; mitarbeiterliste; staff; staff list; headcount; personnel",
        "projects": "projects; projekte; projektliste; projets; projecten; proyectos",
        "resources": "resources; ressourcen; kapazität; kapazitäten; capacity; capacities; kostenstellen; capacités",
        "needs": "needs; bedarf; grundbedarf; base load; besoins; behoefte",
        "function_plans": "function plans; planung; plan; plans; budget planning",
        "closing": "closing; closing costs; schließung; schließungskosten; fermeture; sluiting",
        "objectives": "objectives; ziele; goals; objectifs; doelen; objetivos",
        "decisions": "decisions; beschlüsse; entscheidungen; décisions; besluiten",
        "events": "events; ereignisse; événements; gebeurtenissen",
        "feedback": "feedback; signals; signale; voices; signaux",
        "control_totals": "control totals; salden; saldenbestätigung; balances; abstimmung",
        "rules": "rules; regeln; règles; regels",
        "activities": "activities; aktivitäten; activités; activiteiten",
    }.items()
}
"""Table of ours → what clients call a list of that kind."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A table of ours that a table of the file may be.

    Attributes
    ----------
    target : Target
    block : Block
        The table as its headers are read for that.
    fit : float
    read, headers : int
        Headers that are columns of ours, and headers that there are but for people's.
    missing : tuple of str
        Columns that our table needs and no header gives.
    says_enough : bool
        Whether it is told by more than two headers that many tables have.
    """

    target: Target
    block: Block
    fit: float
    read: int
    headers: int
    missing: tuple[str, ...] = ()
    says_enough: bool = False

    @property
    def place(self) -> Place:
        """Where the table begins."""
        return Place(self.block.sheet.name, self.block.top, self.block.left)


@dataclass(frozen=True, eq=False)
class Proposal:
    """A table of the file, and the tables of ours that it may be.

    Attributes
    ----------
    candidates : tuple of Candidate
        The likeliest first.
    is_certain : bool
        Whether the first fits clearly better than the others.
    """

    candidates: tuple[Candidate, ...]
    is_certain: bool

    @property
    def best(self) -> Candidate:
        """The likeliest."""
        return self.candidates[0]


def propose_tables(
    opened: OpenFile, targets: Sequence[Target], only: str = ""
) -> tuple[tuple[Proposal, ...], tuple[str, ...]]:
    """Return what each table of a file may be, in the order of the file, and the sheets in which none was found.

    Parameters
    ----------
    opened : OpenFile
    targets : sequence of Target
        Tables of ours, with the names that their columns may hold.
    only : str
        The only sheet, in small letters; a hidden one is looked at so.
    """
    words = frozenset(entry for target in targets for column in target.columns.values() for entry in column.words)
    proposals: list[Proposal] = []
    nothing: list[str] = []
    for sheet in opened.sheets:
        if not sheet.rows or (sheet.name.casefold() != only if only else sheet.is_hidden):
            continue
        found = _of_sheet(sheet, targets, words)
        proposals += found
        if not found:
            nothing.append(sheet.name)
    return tuple(proposals), tuple(nothing)


def _of_sheet(sheet: SheetCells, targets: Sequence[Target], words: frozenset[str]) -> list[Proposal]:
    rows = frozenset(header_rows(sheet, words, last=LOOKED_AT, most=MOST_ROWS))
    held = [
        candidate
        for target in targets
        for block in find_blocks(sheet, target, {}, among=rows)
        if (candidate := _candidate(block, target)) is not None
    ]
    groups: list[list[Candidate]] = []
    for one in sorted(held, key=lambda one: -one.fit):
        group = next((group for group in groups if _is_same(group[0].block, one.block)), None)
        if group is None:
            groups.append([one])
        elif all(other.target is not one.target for other in group):
            group.append(one)
    groups = [group for group in groups if not any(_is_within(group[0].block, other[0].block) for other in groups)]
    groups.sort(key=lambda group: (group[0].block.top, group[0].block.left))
    out = []
    for group in groups:
        rivals = [one for one in group[1:] if group[0].fit < CLEARLY * one.fit]
        out.append(Proposal((group[0], *rivals), not rivals and group[0].says_enough))
    return out


def _is_same(one: Block, other: Block) -> bool:
    """Return whether two headers, read for different tables, are those of one table of the file."""
    rows = one.top < other.first_row and other.top < one.first_row
    return rows and one.left < other.right and other.left < one.right


def _is_within(block: Block, other: Block) -> bool:
    """Return whether a header stands among the rows of a table whose header is above and fits as well."""
    is_below = other.first_row <= block.top < other.bottom
    return is_below and block.left < other.right and other.left < block.right


def _candidate(block: Block, target: Target) -> Candidate | None:
    heads = [held for held in block.headings if held.target not in (IGNORE, PERSON, PAY, TOTAL)]
    names = {name: held for name, held in named_across(heads, target).items()}
    across = {held.place for group in names.values() for held in group}
    kinds: dict[str, float] = {}
    given: set[str] = set(names)
    loose = [held for held in heads if held.target not in target.columns and _is_period(held)]
    months = {held.period.label for held in loose if held.period is not None}
    for held in heads:
        if held.place in across:
            continue
        score = 0.0
        if held.target in target.columns:
            score = SCORES.get(held.by, 0.0) * _agreement(block, held.place, target, held.target)
            if score > 0:
                given |= {held.target, target.period if held.period is not None else ""}
        if held.target in target.columns or not _is_period(held):
            text = header_key(held.text)
            kinds[text] = max(kinds.get(text, 0.0), score)
    read = sum(score > 0 for score in kinds.values())
    headers = len(kinds) + bool(across) + (len(months) > 1)
    for is_there, is_taken in ((bool(across), True), (len(months) > 1, bool(target.period))):
        if is_there:  # most of the table, whatever a header of it says
            kinds |= {f"{is_taken} one": float(is_taken), f"{is_taken} other": float(is_taken)}
            read += is_taken
            given |= {target.main_measure, target.period} if is_taken else set()
    is_staff = sum(held.target in (PERSON, PAY) for held in block.headings) >= STAFF
    if is_staff and kinds:  # most of the table too, and no column of any table
        is_ours = target.name == "population"
        kinds |= dict.fromkeys(("people one", "people other"), float(is_ours))
        read += is_ours
        given |= {"headcount"} if is_ours else set()
    if not kinds:
        return None
    needed = [name for name, column in target.columns.items() if column.is_required]
    if target.name == "population":
        needed = [name for name in needed if name != "headcount"]  # each row may be a person
    missing = tuple(name for name in needed if name not in given)
    if len(given - {""}) < 2:
        return None
    weights = {name: NAMES_OURS if target.columns[name].refers else 1 for name in needed}
    held_weight = sum(weights.values()) - sum(weights[name] for name in missing)
    fit = sum(kinds.values()) / len(kinds) * (held_weight + 1) / (sum(weights.values()) + 1)
    is_named = _is_named(block, target)
    fit *= NAMED if is_named else 1.0
    says_enough = (
        (is_staff and target.name == "population") or read + is_named >= LEAST_SAID or (len(needed) > 1 and not missing)
    )
    found = Candidate(target, block, fit, read, headers, missing, says_enough)
    return found if fit >= LEAST_FIT else None


def _is_period(held: Heading) -> bool:
    """Return whether a header names a period alone, beside a unit or a version."""
    words = bare_words(held.qualifier)
    return held.period is not None and (not words or any(words in known for known in VERSIONS.values()))


def _is_named(block: Block, target: Target) -> bool:
    """Return whether the sheet's name or the line above the table calls it as ours is called."""
    known = {plain_words(target.name.replace("_", " ")), *TABLE_WORDS.get(target.name, ())}
    texts = [block.sheet.name, *(text for _, text in block.titles[-1:])]
    return any(f" {word} " in f" {plain_words(text)} " for text in texts for word in known)


def _agreement(block: Block, place: int, target: Target, name: str) -> float:
    """Return how far the cells below a header are what the column holds: 1 where nothing speaks against it."""
    column = target.columns[name]
    rows = block.sheet.rows[block.first_row : min(block.bottom, block.first_row + SAMPLE)]
    cells = [row[place] for row in rows if place < len(row) and row[place] is not None]
    cells = [cell for cell in cells if not (isinstance(cell, str) and is_nothing(cell))]
    if not cells:
        return 1.0 if block.bottom - block.first_row <= 1 else 0.5
    if column.is_number:
        good = sum(_is_number(cell) for cell in cells)
    elif column.kind == "date":
        good = sum(isinstance(cell, dt.date) or _is_day(cell) for cell in cells)
    elif column.choices:
        register = choice_register(name, column.choices, {})
        words = {fold_name(word) for key, others in register.keys.items() for word in (key, *others)}
        good = sum(fold_name(str(cell)) in words for cell in cells)
    elif column.names and not column.alias:
        good = sum(fold_name(str(cell)) in column.names for cell in cells)
    elif name == target.period:
        good = sum(isinstance(cell, dt.date) or find_period(cell)[0] is not None for cell in cells)
    else:
        numbers = sum(isinstance(cell, float) for cell in cells)  # a whole number may be a key
        good = len(cells) - numbers
    share = good / len(cells)
    return share if share >= 0.5 else 0.0


def _is_number(cell: Any) -> bool:
    if isinstance(cell, str):
        return read_written(cell) is not None
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _is_day(cell: Any) -> bool:
    return isinstance(cell, str) and cell[:1].isdigit() and sum(sign in "./-" for sign in cell) >= 2
