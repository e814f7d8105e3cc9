"""The rows of a sheet as rows of our table: months across go below each other, words and days are written as ours."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.engagement.cells import Ask, decide_date_order, parse_date
from workbench.engagement.exports.clock import ORDERS
from workbench.engagement.exports.texts import has_address, without_addresses
from workbench.engagement.intake.cells_of_sheets import say_unseen
from workbench.engagement.intake.periods import Period, find_period, named_day
from workbench.engagement.intake.plan import Plan, Reading
from workbench.engagement.intake.rows import Split
from workbench.engagement.intake.targets import Target
from workbench.engagement.intake.values import Numbers
from workbench.engagement.read import show
from workbench.engagement.settings import Source
from workbench.errors import Answer, Fault

MOST_FAULTS = 12

LONGEST_TEXT = 32_767
"""Letters of a cell, as many as Excel takes."""

_NO_LETTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

PIVOT_BLANKS = frozenset({"(blank)", "(leer)", "(vide)", "(leeg)", "(en blanco)", "(vuoto)"})
"""What pivot tables write where there is nothing."""


@dataclass(frozen=True, eq=False)
class Records:
    """Rows of our table, by column, each with the cell it comes from.

    Attributes
    ----------
    columns : mapping of str to list
    rows : list of int
        Row of the sheet, from 0.
    places : mapping of str to list of int
        Column of ours → column of the sheet; -1 where it is of no cell.
    empty : int
        Cells of months across that hold nothing.
    addresses : int
        E-mail addresses that were taken out of texts.
    remarks, faults : tuple
    """

    columns: dict[str, list[Any]] = field(repr=False)
    rows: list[int] = field(repr=False)
    places: Mapping[str, list[int]] = field(repr=False)
    empty: int = 0
    addresses: int = 0
    date_order: str = ""
    remarks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def keep(self, which: Sequence[int]) -> Records:
        """Return these rows only."""
        return Records(
            {name: [cells[at] for at in which] for name, cells in self.columns.items()},
            [self.rows[at] for at in which],
            {name: [places[at] for at in which] for name, places in self.places.items()},
            self.empty,
            self.addresses,
            self.date_order,
            self.remarks,
            self.faults,
        )


_SIGNS = re.compile(r"\d+")
"""What is taken out of a day to see with which signs it is written."""


class _Builder:
    def __init__(self, plan: Plan, file: str, target: Target, said: Reading, split: Split, numbers: Numbers) -> None:
        self.plan, self.file, self.target, self.said = plan, file, target, said
        self.split, self.numbers = split, numbers
        self.sheet = plan.block.sheet
        self.faults: list[Fault] = []
        self.remarks: list[str] = []
        self.addresses = 0
        self.date_order = ""

    def build(self) -> Records:
        data = list(self.split.data)
        words = {name: self._words(name, data) for name in self.plan.words}
        at = {number: place for place, number in enumerate(self.numbers.rows)}
        scalars = [held for held in self.plan.values if not held.period]
        across: dict[tuple[str, str], list[Any]] = {}
        for held in self.plan.values:
            if held.period:
                across.setdefault((held.period, held.version), []).append(held)
        columns: dict[str, list[Any]] = {}
        places: dict[str, list[int]] = {}
        rows: list[int] = []
        empty = 0
        if not across:
            rows = data
            columns = dict(words)
            places = {name: [place] * len(data) for name, place in self.plan.words.items()}
            for held in scalars:
                cells = self.numbers.columns[held.place]
                columns[held.measure] = [cells[at[number]] for number in data]
                places[held.measure] = [held.place] * len(data)
        else:
            column = self.plan.across
            names = [*words, *(held.measure for held in scalars), column]
            names += [name for name in dict.fromkeys(held.measure for held in self.plan.values) if name not in names]
            has_version = any(version for _, version in across)
            names += [self.target.version] if has_version else []
            columns = {name: [] for name in names}
            places = {name: [] for name in names}
            groups = [
                (
                    self._label(period),
                    version,
                    [(held.measure, held.place, self.numbers.columns[held.place]) for held in group],
                )
                for (period, version), group in across.items()
            ]
            fixed = [(held.measure, held.place, self.numbers.columns[held.place]) for held in scalars]
            measures = [name for name in names if name not in words and name not in (column, self.target.version)]
            for place, number in enumerate(data):
                line = at[number]
                for label, version, group in groups:
                    here = {name: (cell[line], origin) for name, origin, cell in group if cell[line] is not None}
                    if not here:
                        empty += len(group)
                        continue
                    rows.append(number)
                    here.update({name: (cell[line], origin) for name, origin, cell in fixed})
                    for name, texts in words.items():
                        columns[name].append(texts[place])
                        places[name].append(self.plan.words[name])
                    for name in measures:
                        value, origin = here.get(name, (None, -1))
                        columns[name].append(value)
                        places[name].append(origin)
                    columns[column].append(label)
                    places[column].append(group[0][1])
                    if has_version:
                        columns[self.target.version].append(version or None)
                        places[self.target.version].append(group[0][1])
        for name, text in self.said.fixed.items():
            columns[name] = [text] * len(rows)
            places[name] = [-1] * len(rows)
        if self.said.section:
            columns[self.said.section] = [self.split.sections.get(number) for number in rows]
            places[self.said.section] = [-1] * len(rows)
        if self.target.name == "population" and "headcount" not in columns:
            columns["headcount"], places["headcount"] = [1] * len(rows), [-1] * len(rows)
            self.remarks.append("Each row counts as one person.")
        return Records(
            columns, rows, places, empty, self.addresses, self.date_order, tuple(self.remarks), tuple(self.faults)
        )

    def _label(self, period: str) -> Any:
        """Return a period as the table holds it: a text, or the first day of facts."""
        if not self.target.is_facts or self.plan.across != self.target.period:
            return period
        found = find_period(period)[0]
        return found.first_day if found is not None else period

    def fault(
        self, row: int, name: str, found: str, allowed: str, remedy: str, answers: tuple[Answer, ...] = ()
    ) -> None:
        place = self.plan.words.get(name, -1)
        where = self.sheet.address(row, place) if place >= 0 else self.sheet.address(row)
        self.faults.append(Fault(self.file, self.sheet.name, where, found, allowed, remedy, answers))

    def _words(self, name: str, data: Sequence[int]) -> list[Any]:
        """Return a column of words or days."""
        place = self.plan.words[name]
        rows = self.sheet.rows
        cells = [rows[number][place] if place < len(rows[number]) else None for number in data]
        cells = [None if isinstance(cell, str) and cell.casefold() in PIVOT_BLANKS else cell for cell in cells]
        if self.split.filled:
            cells = [
                self.split.filled.get((number, name)) if cell is None else cell
                for cell, number in zip(cells, data, strict=True)
            ]
        unseen = {number for number, column in self.sheet.unseen if column == place}
        wrong = [number for number in data if number in unseen] if unseen else []
        for number in wrong[:MOST_FAULTS]:
            text = say_unseen(self.sheet.unseen[number, place])
            remedy = "Open the workbook in Excel, let it calculate and save it; or write the value."
            self.fault(number, name, text, "a value.", remedy)
        for cell, number in zip(cells, data, strict=True):
            if isinstance(cell, str) and (len(cell) > LONGEST_TEXT or _NO_LETTERS.search(cell)):
                found = f"a text of {len(cell):,} letters" if len(cell) > LONGEST_TEXT else "letters that no text has"
                allowed = f"at most {LONGEST_TEXT:,} letters that can be printed."
                self.fault(number, name, found, allowed, "Shorten or retype the cell in a copy.")
                return [None] * len(cells)
        if name == self.target.period:
            return self._periods(name, cells, data)
        if self.target.columns[name].kind == "date":
            return self._days(name, cells, data)
        return [self._text(cell) for cell in cells]

    def _text(self, cell: Any) -> str | None:
        if cell is None:
            return None
        if isinstance(cell, str):
            text = " ".join(cell.split())
            if has_address(text):
                self.addresses += 1
                text = without_addresses(text)
            return text
        if isinstance(cell, bool):
            return "yes" if cell else "no"
        if isinstance(cell, dt.datetime):
            return f"{cell:%Y-%m-%d}"
        return str(cell)

    def _days(self, name: str, cells: list[Any], data: Sequence[int]) -> list[Any]:
        spelled = {cell: named_day(cell) if isinstance(cell, str) else cell for cell in set(cells)}
        cells = [spelled[cell] for cell in cells]
        # what Excel recognised as a date says nothing of the order in which the others were typed
        source = Source(date_order=self.said.date_order) if self.said.date_order else None  # type: ignore[arg-type]
        order = decide_date_order(
            cells, lambda row: self.sheet.address(data[row], self.plan.words[name]), self.target.name, source
        )
        if isinstance(order, Ask):
            order = self._order_beside(name, cells) or order
        if isinstance(order, Ask):
            remedy = "Say --date-order day-month-year or --date-order month-day-year."
            answers = tuple(Answer("--date-order", one, one) for one in ORDERS[:2])
            self.fault(data[order.spot], name, order.found, order.allowed, remedy, answers)
            return [None] * len(cells)
        if order != "iso":
            self.date_order = order
        out: list[Any] = []
        wrong = 0
        parsed = {cell: parse_date(cell, order) for cell in set(cells) if isinstance(cell, str)}
        for cell, number in zip(cells, data, strict=True):
            day: Any = None
            if isinstance(cell, dt.datetime):
                day = cell.date()
            elif isinstance(cell, dt.date):
                day = cell
            elif isinstance(cell, str):
                day = parsed[cell]
            if cell is not None and day is None:
                wrong += 1
                if wrong <= MOST_FAULTS:
                    self.fault(number, name, f"{show(cell)} is not a date", "a date such as 2026-09-30.", "Correct it.")
            out.append(day)
        return out

    def _order_beside(self, name: str, cells: Sequence[Any]) -> Any:
        """Return the order of days that other columns of the sheet prove, all that are written with the same signs."""
        texts = [cell for cell in cells if cell is not None]
        if not all(isinstance(cell, str) and all(parse_date(cell, one) for one in ORDERS[:2]) for cell in texts):
            return None  # it is not only the order that is open
        signs = {_SIGNS.sub("", cell) for cell in texts}
        orders: dict[str, str] = {}
        for other, place in self.plan.words.items():
            if other == name or self.target.columns[other].kind != "date" or len(signs) != 1:
                continue
            rows = self.sheet.rows
            beside = [rows[number][place] if place < len(rows[number]) else None for number in self.split.data]
            if {_SIGNS.sub("", cell) if isinstance(cell, str) else "" for cell in beside if cell is not None} == signs:
                found = decide_date_order(beside, str, self.target.name, None)
                if not isinstance(found, Ask) and found in ORDERS[:2]:
                    orders.setdefault(found, other)
        if len(orders) != 1:
            return None
        ((order, other),) = orders.items()
        self.remarks.append(f"Days of {name} are read {order}, as those of {other}, which can be read no other way.")
        return order

    def _periods(self, name: str, cells: list[Any], data: Sequence[int]) -> list[Any]:
        """Return periods as we write them; facts take days as well."""
        is_day = self.target.columns[name].kind == "date"
        found: list[Period | None] = []
        seen = {cell: find_period(cell) for cell in set(cells)}
        for cell in cells:
            period, rest = seen[cell]
            if period is None and self.said.year and isinstance(cell, int) and 1 <= cell <= 12:
                period, rest = Period("month", None, cell), ""
            found.append(period if period is not None and not rest else None)
        days = [cell for cell in cells if isinstance(cell, dt.datetime | dt.date)]
        ends = {(day + dt.timedelta(days=1)).day == 1 for day in days}
        if days and is_day and not (all(day.day == 1 for day in days) or ends == {True}):
            return self._days(name, cells, data)
        if days and not is_day and not (all(day.day == 1 for day in days) or ends == {True}):
            self.fault(
                data[0], name, "the days are not those on which months begin or end", "months.", "Map another column."
            )
            return [None] * len(cells)
        known = [period for period, cell in zip(found, cells, strict=True) if cell is not None]
        if not known:
            return [None] * len(cells)
        if any(period is None for period in known):
            if is_day:
                return self._days(name, cells, data)
            if any(period is not None for period in known):
                odd = next(
                    number
                    for number, period, cell in zip(data, found, cells, strict=True)
                    if period is None and cell is not None
                )
                self.fault(
                    odd, name, "this cell names no period, and others do", "periods such as 2026-08.", "Correct it."
                )
            return [self._text(cell) for cell in cells]
        out: list[Any] = []
        for period, number in zip(found, data, strict=True):
            if period is not None and period.year is None and self.said.year:
                period = period.of(self.said.year)
            if period is None:
                out.append(None)
                continue
            if period.year is None or period.kind not in ("month", "quarter", "year"):
                told, remedy = f"nothing says which calendar months {period.label} is", "Write 2026-08."
                if period.year is None:
                    told = f"nothing says of which year {period.label.removeprefix('????-')} is"
                    remedy = "Say --year, or write periods such as 2026-08."
                self.fault(number, name, told, "a period.", remedy)
                return [None] * len(cells)
            out.append(period.first_day if is_day else period.label)
        return out


def build_records(plan: Plan, file: str, target: Target, said: Reading, split: Split, numbers: Numbers) -> Records:
    """Return the rows of a sheet as rows of our table."""
    return _Builder(plan, file, target, said, split, numbers).build()
