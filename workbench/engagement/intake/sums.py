"""Totals against their parts; and rows that add up others without saying so, which would count twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.engagement.intake.plan import Plan, Reading
from workbench.engagement.intake.rows import Split, row_names
from workbench.engagement.intake.targets import Target
from workbench.engagement.intake.values import Numbers
from workbench.engagement.intake.words import is_pure_total, is_total, plain_words
from workbench.errors import Fault

LARGEST_SEARCH = 20_000
"""Rows up to which sums without a word are looked for (ours)."""

LONGEST_GROUP = 400
"""Rows that one row adds up at most, where no word says that it does (ours)."""

TOLD_DIGITS = 3
"""Significant digits of a number, or columns, that must agree before a row is taken for the sum of others (ours)."""


@dataclass(frozen=True)
class TotalCheck:
    """A total of the sheet beside the sum of its parts.

    Attributes
    ----------
    where : str
        Cell.
    theirs, ours : float
    parts : int
        Rows or columns that are added up.
    """

    where: str
    theirs: float
    ours: float
    parts: int

    @property
    def difference(self) -> float:
        """What the sheet has more than its parts."""
        return self.theirs - self.ours

    @property
    def is_tied(self) -> bool:
        """Whether both are one number, but for what computers round."""
        return abs(self.difference) <= 1e-9 * max(1.0, abs(self.theirs), abs(self.ours))


@dataclass(frozen=True, eq=False)
class Sums:
    """What a sheet's totals say.

    Attributes
    ----------
    checks : tuple of TotalCheck
        One a total and column.
    unclear : tuple of Fault
        Rows of which nobody can say whether they are data.
    """

    checks: tuple[TotalCheck, ...]
    unclear: tuple[Fault, ...] = ()

    @property
    def open(self) -> tuple[TotalCheck, ...]:
        """Those that differ from their parts."""
        return tuple(check for check in self.checks if not check.is_tied)


def check_sums(plan: Plan, file: str, target: Target, said: Reading, split: Split, numbers: Numbers) -> Sums:
    """Compare each total with its parts, and look for rows that are totals without a word."""
    held = [one for one in plan.values if one.measure in target.additive]
    checks: list[TotalCheck] = []
    unclear: list[Fault] = []
    sheet = plan.block.sheet
    at = {number: place for place, number in enumerate(numbers.rows)}
    places = [one.place for one in held]
    summed = [*places, *(place for place, _ in plan.totals)]
    if summed:
        frame = np.array([[np.nan if v is None else float(v) for v in numbers.columns[p]] for p in summed]).T
        frame = frame.reshape(len(numbers.rows), len(summed))
        is_total = np.zeros(len(numbers.rows), dtype=bool)
        is_total[[at[number] for number in split.totals]] = True
        for number in split.totals:
            found, is_certain = _of_rows(frame, is_total, at[number])
            pure = _is_pure(sheet.rows[number])
            told = [TotalCheck(sheet.address(number, summed[c]), *pair) for c, pair in found.items()]
            if not pure and not is_certain and told:
                unclear.append(_unclear(plan, file, number, f"{_teller(plan, number)} adds up others, and it does not"))
            checks += told
        data = np.flatnonzero(~is_total)
        for column, (place, parts) in enumerate(plan.totals, start=len(places)):
            used = [places.index(one) for one in parts if one in places] if parts else _across_of(plan, held, place)
            if not used or len(used) < 2:
                continue
            rows = [int(row) for row in data if not np.isnan(frame[row, column])]
            for row in rows:
                ours = float(np.nansum(frame[row, used]))
                check = TotalCheck(sheet.address(numbers.rows[row], place), float(frame[row, column]), ours, len(used))
                checks.append(check)
        if len(data) <= LARGEST_SEARCH and places:
            keep = {plain_words(name) for name in said.keep}
            for row, group in _silent(frame[:, : len(places)], data) or _nested(frame[:, : len(places)], data):
                number = numbers.rows[row]
                names = row_names(sheet.rows[number], plan.words.values())
                if names and plain_words(names[0]) in keep:
                    continue
                span = f"rows {numbers.rows[group[0]] + 1} to {numbers.rows[group[-1]] + 1}"
                unclear.append(_unclear(plan, file, number, f"it is exactly the sum of {span}"))
    else:  # Ergebnis may be an objective: where nothing can be added up, only Total itself is taken at its word
        asked: dict[str, int] = {}  # one question a name, however often it stands there
        for number in split.totals:
            if not _is_pure(sheet.rows[number]) and _is_read(plan, sheet.rows[number]):
                asked.setdefault("".join(row_names(sheet.rows[number], plan.words.values())[:1]), number)
        why = "adds up others, and nothing here can show it"
        unclear += [_unclear(plan, file, number, f"{_teller(plan, number)} {why}") for number in asked.values()]
    return Sums(tuple(checks), tuple(unclear))


def _is_read(plan: Plan, row: Sequence[Any]) -> bool:
    """Whether a row holds anything in a column that we read; of one that does not, nothing is lost."""
    return any(place < len(row) and row[place] is not None for place in plan.words.values())


def _is_pure(row: Sequence[Any]) -> bool:
    return any(is_pure_total(cell) for cell in row if isinstance(cell, str))


def _teller(plan: Plan, number: int) -> str:
    """Return what of a row says that it is a total: its name, or another of its texts."""
    row = plan.block.sheet.rows[number]
    names = row_names(row, plan.words.values())
    others = [cell for cell in row if isinstance(cell, str) and is_total(cell)]
    if not others or (names and is_total(names[0])):
        return "its name says that it"
    return f"its {others[0][:60]!r} says that it"


def _unclear(plan: Plan, file: str, number: int, why: str) -> Fault:
    sheet = plan.block.sheet
    names = row_names(sheet.rows[number], plan.words.values())
    name = names[0] if names else ""
    shown = f"{name[:60]!r}, " if name else ""
    remedy = (
        f'Say --leave-out "{name}" if it is a total, or --keep "{name}" if it is data.'
        if name
        else "Give the row a name in a copy: Total, or what it is."
    )
    return Fault(file, sheet.name, f"row {number + 1}", f"{shown}{why}", "a total that says so, or data.", remedy)


def _across_of(plan: Plan, held: Sequence[Any], place: int) -> list[int]:
    """Return which values a column called Total adds up: those to its left, since the total before it."""
    if not plan.is_across:
        return []
    before = max((other for other, _ in plan.totals if other < place), default=-1)
    left = [column for column, one in enumerate(held) if before < one.place < place and one.period]
    if left:
        return left
    return [column for column, one in enumerate(held) if one.period]


def _of_rows(frame: np.ndarray, is_total: np.ndarray, row: int) -> tuple[dict[int, tuple[float, float, int]], bool]:
    """Return per column the total and the sum of the rows that it most likely adds up; and whether they agree.

    A total may add up the rows since the total before, all rows so far, the totals before it, or the rows below.
    """
    data = ~is_total
    groups = []
    above = np.flatnonzero(is_total[:row])
    start = int(above[-1]) + 1 if len(above) else 0
    for begin in (start, *(int(one) + 1 for one in above[::-1][:12]), 0):
        groups.append(np.flatnonzero(data[begin:row]) + begin)
    if len(above):
        groups += [above, above[above >= (int(above[-2]) if len(above) > 1 else 0)]]
        level = [int(one) for one in above if not np.allclose(frame[one], 0, equal_nan=True)]
        groups.append(np.asarray(_top_level(frame, is_total, level), dtype=above.dtype))
    below = np.flatnonzero(is_total[row + 1 :])
    end = row + 1 + int(below[0]) if len(below) else len(is_total)
    groups += [np.flatnonzero(data[row + 1 : end]) + row + 1, np.flatnonzero(data[row + 1 :]) + row + 1]
    groups = [group for group in groups if len(group)]
    columns = np.flatnonzero(~np.isnan(frame[row]))
    if not len(columns) or not groups:
        return {}, True
    best, found = None, {}
    for group in groups:
        ours = np.nansum(frame[np.ix_(group, columns)], axis=0)
        gap = np.abs(frame[row, columns] - ours)
        relative = float(np.sum(gap / np.maximum(1.0, np.abs(frame[row, columns]))))
        if best is None or relative < best - 1e-12:
            best = relative
            found = {int(c): (float(frame[row, c]), float(o), len(group)) for c, o in zip(columns, ours, strict=True)}
    return found, best is not None and best <= 1e-6 * len(columns)


def _top_level(frame: np.ndarray, is_total: np.ndarray, above: Sequence[int]) -> list[int]:
    """Return the totals above that are not added up by another one of them."""
    kept: list[int] = []
    for one in above:
        held = list(kept)
        while held:
            group = held
            if len(group) > 1 and np.allclose(np.nansum(frame[group], axis=0), np.nan_to_num(frame[one]), rtol=1e-9):
                kept = kept[: len(kept) - len(group)]
                break
            held = held[1:]
        kept.append(int(one))
    return kept


def _nested(frame: np.ndarray, data: np.ndarray) -> list[tuple[int, list[int]]]:
    """Return the heads of groups where the whole table falls into groups, each headed by the sum of its rows.

    That is how a pivot table in its compact form looks; there even small numbers are no chance.
    """
    values = np.nan_to_num(frame[data])
    found: list[tuple[int, list[int]]] = []
    at = 0
    while at < len(values):
        total = np.zeros(values.shape[1])
        place = at + 1
        while place < len(values) and not np.allclose(total, values[at]):
            total = total + values[place]
            place += 1
        if place == at + 1 or not np.allclose(total, values[at]) or not values[at].any():
            return []
        found.append((int(data[at]), [int(data[one]) for one in range(at + 1, place)]))
        at = place
    return found if sum(len(group) > 1 for _, group in found) >= 2 else []


def _silent(frame: np.ndarray, data: np.ndarray) -> list[tuple[int, list[int]]]:
    """Return the rows of data that are the sum of two or more rows right above or below, in all columns.

    Small numbers agree by chance: a row counts where several columns with different numbers agree, or a number of
    enough digits.
    """
    values = np.nan_to_num(frame[data])
    above = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
    size = np.abs(above).max(initial=1.0) * 1e-12
    found = []
    for at, row in enumerate(values):
        filled = {float(f"{abs(v):.12g}") for v in row if v}
        digits = max((len(f"{v:.12g}".replace(".", "").strip("0")) for v in filled), default=0)
        if len(filled) < TOLD_DIGITS and digits < TOLD_DIGITS + (len(filled) == 1):
            continue
        near = 1e-9 * np.abs(row) + size
        last = min(len(values), at + 1 + LONGEST_GROUP)
        below = above[at + 3 : last + 1] - above[at + 1]
        hits = np.flatnonzero((np.abs(below - row) <= near).all(axis=1))
        members = range(at + 1, at + 3 + int(hits[0])) if len(hits) else range(0)
        if not len(hits):
            first = max(0, at - LONGEST_GROUP)
            over = above[at] - above[first : max(first, at - 1)]
            hits = np.flatnonzero((np.abs(over - row) <= near).all(axis=1))
            members = range(first + int(hits[-1]), at) if len(hits) else range(0)
        if sum(bool(values[one].any()) for one in members) >= 2:
            found.append((int(data[at]), [int(data[one]) for one in members]))
    return found
