"""The numbers of a table: read over the whole table, in whole units, each beside the cell it comes from."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any

from workbench.engagement.cells import Ask
from workbench.engagement.columns import POINTS_OR_PERCENT
from workbench.engagement.intake.amounts import Written, amount_of, is_nothing, read_written, settle_decimal
from workbench.engagement.intake.cells_of_sheets import say_unseen
from workbench.engagement.intake.plan import Plan, Reading, ValueColumn
from workbench.engagement.intake.targets import Target, TargetColumn
from workbench.engagement.intake.units import Unit, find_unit, fits_currency, said_factor, scaled
from workbench.engagement.read import ERROR_CELLS, show
from workbench.errors import Answer, Fault
from workbench.theme import listing

MOST_FAULTS = 12
"""Cells of one column that are told one by one (ours)."""

_PLAIN = frozenset({int, float, NoneType})
_MONEY_UNITS = frozenset({"currency"})
_NEVER_SCALED = ("people", "share", "seconds", "days", "level", "points")


@dataclass(frozen=True)
class Scale:
    """What one number of a column counts, and how that is known.

    Attributes
    ----------
    factor : float
    why : str
        Empty where nothing is scaled.
    """

    factor: float = 1.0
    why: str = ""


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numbers of a table.

    Attributes
    ----------
    columns : mapping of int to list
        Column of the sheet → one number a row of `rows`; None is blank.
    rows : tuple of int
        Rows of the sheet, from 0: data and totals.
    decimal : str
    scales : mapping of str to Scale
        Measure → what its numbers count.
    turned : tuple of str
        Measures whose sign is turned around.
    nothing : int
        Cells that say in words that there is no number.
    unit_words : mapping of str to str
        Measure → what its header and the lines around the table say of its unit.
    remarks, faults : tuple
    """

    columns: Mapping[int, list[float | int | None]] = field(repr=False)
    rows: tuple[int, ...] = field(repr=False)
    decimal: str = "."
    scales: Mapping[str, Scale] = field(default_factory=dict)
    turned: tuple[str, ...] = ()
    nothing: int = 0
    unit_words: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


class _Reader:
    def __init__(
        self,
        plan: Plan,
        file: str,
        target: Target,
        said: Reading,
        currency: str,
        money_scale: int,
        notes: Sequence[int],
    ) -> None:
        self.plan, self.file, self.target, self.said = plan, file, target, said
        rows = plan.block.sheet.rows
        self.notes = [(number, " ".join(c for c in rows[number] if isinstance(c, str))) for number in notes]
        self.currency, self.money_scale = currency, money_scale
        self.sheet = plan.block.sheet
        self.faults: list[Fault] = []
        self.remarks: list[str] = []
        self.nothing = 0
        self.unit_words: dict[str, str] = {}
        self.noted: dict[str, tuple[Answer, ...]] = {}
        """Column that a note above may mean → what may be said of it."""

    def fault(
        self, row: int, place: int, found: str, allowed: str, remedy: str, answers: tuple[Answer, ...] = ()
    ) -> None:
        where = self.sheet.address(row, place)
        self.faults.append(Fault(self.file, self.sheet.name, where, found, allowed, remedy, answers))

    def _asked_once(self) -> tuple[Fault, ...]:
        """Return the faults; a question on a header that stands over many months, or on several, is one question."""
        last = self.plan.block.top + self.plan.block.depth - 1
        headers = {self.sheet.address(last, held.place) for held in self.plan.block.headings}
        held: dict[tuple[str, ...], list[Fault]] = {}
        for fault in self.faults:
            held.setdefault((fault.found, fault.remedy, "" if fault.cell in headers else fault.cell), []).append(fault)
        faults = [
            replace(same[0], found=f"{same[0].found} (the same in {len(same) - 1} more)") if len(same) > 1 else same[0]
            for same in held.values()
        ]
        names = list(self.noted)
        if len(names) > 1:
            asked = [fault for fault in faults if any(fault.answers == self.noted[name] for name in names)]
            found = (
                asked[0]
                .found.partition(" (the same")[0]
                .replace(f"that {names[0]} is", f"that {listing(names, len(names))} are")
            )
            answers = tuple(
                replace(same[0], also=tuple(answer.value for answer in same[1:]))
                for same in zip(*(self.noted[name] for name in names), strict=True)
            )
            remedy = f"Say --unit {names[0]}=k€ (or what it is) for each, or --unit {names[0]}=1 if it is not meant."
            one = replace(asked[0], found=found, remedy=remedy, answers=answers)
            faults = [one if fault is asked[0] else fault for fault in faults if fault not in asked[1:]]
        return tuple(faults)

    def read(self, data: Sequence[int], totals: Sequence[int]) -> Numbers:
        rows = tuple(sorted((*data, *totals)))
        is_total = frozenset(totals)
        self._merged(data)
        places = sorted({held.place for held in self.plan.values} | {place for place, _ in self.plan.totals})
        raw = {place: self._cells(rows, place) for place in places}
        written = {place: self._written(rows, cells, place, is_total) for place, cells in raw.items()}
        texts = (
            (held.digits, self.sheet.address(rows[at], place))
            for place, parts in written.items()
            for at, held in parts.items()
        )
        decimal = settle_decimal(texts, self.said.decimal)
        if isinstance(decimal, Ask):
            where = str(decimal.spot)
            self.faults.append(Fault(self.file, self.sheet.name, where, decimal.found, decimal.allowed, decimal.remedy))
            return Numbers({place: [None] * len(rows) for place in places}, rows, faults=tuple(self.faults))
        by_place = {held.place: held for held in self.plan.values}
        scales: dict[str, Scale] = {}
        columns: dict[int, list[float | int | None]] = {}
        for place in places:
            held = by_place.get(place)
            heading = held.heading if held else next(h for h in self.plan.block.headings if h.place == place)
            measure = held.measure if held else next((v.measure for v in self.plan.values if v.period), "")
            scale = self._scale(self.target.columns[measure], ValueColumn(heading, measure), rows)
            self._agree(scales, held or ValueColumn(heading, measure), scale)
            columns[place] = self._column(rows, raw[place], written[place], place, measure, scale, decimal, is_total)
        turned = self._turn(columns, rows, is_total)
        self._shares(columns, scales)
        told = (tuple(self.remarks), self._asked_once())
        return Numbers(columns, rows, decimal, scales, turned, self.nothing, self.unit_words, *told)

    def _merged(self, data: Sequence[int]) -> None:
        """Refuse a number that stands in merged cells: nobody can say how it is shared among them."""
        inside, places = frozenset(data), {held.place for held in self.plan.values}
        for (top, left), (bottom, right) in self.sheet.merged:
            rows = [row for row in range(top, bottom + 1) if row in inside]
            columns = [column for column in range(left, right + 1) if column in places]
            if rows and columns and (len(rows) > 1 or len(columns) > 1):
                found = f"one cell is merged over {len(rows)} rows and {len(columns)} columns of numbers"
                remedy = "Undo the merging in a copy, and write a number into each cell."
                self.fault(rows[0], columns[0], found, "one cell a number.", remedy)

    def _cells(self, rows: Sequence[int], place: int) -> list[Any]:
        held = self.sheet.rows
        return [held[number][place] if place < len(held[number]) else None for number in rows]

    def _written(
        self, rows: Sequence[int], cells: list[Any], place: int, is_total: frozenset[int]
    ) -> dict[int, Written]:
        """Return the numbers of a column that are written as text; what is none becomes a fault, and blank."""
        unseen = {number: text for (number, column), text in self.sheet.unseen.items() if column == place}
        if not unseen and set(map(type, cells)) <= _PLAIN:
            return {}
        found: dict[int, Written] = {}
        wrong: list[tuple[int, str]] = []
        for at, cell in enumerate(cells):
            number = rows[at]
            if number in unseen:
                what = say_unseen(unseen[number])
                if number in is_total:
                    self.remarks.append(f"{self.sheet.address(number, place)}, a total: {what}; it is not compared.")
                else:
                    wrong.append((number, what))
                cells[at] = None
            elif isinstance(cell, str):
                if is_nothing(cell):
                    self.nothing += number not in is_total
                    cells[at] = None
                    continue
                held = read_written(cell)
                if held is not None:
                    found[at] = held
                elif number not in is_total:
                    what = f"the cell shows {cell}" if cell in ERROR_CELLS else f"{show(cell)} is not a number"
                    wrong.append((number, what))
                cells[at] = None
            elif isinstance(cell, bool) or not isinstance(cell, int | float | None):
                what = "a date" if isinstance(cell, dt.date | dt.time | dt.timedelta) else "yes or no"
                if number not in is_total:
                    wrong.append((number, f"{show(cell)} is {what}, not a number; Excel may have made it of one"))
                cells[at] = None
        for number, what in wrong[:MOST_FAULTS]:
            remedy = "Open the workbook in Excel, let it calculate and save it; or write the value."
            if "formula" not in what and "shows" not in what:
                remedy = "Correct the cell in a copy, or leave the column out with --map."
            self.fault(number, place, what, "a number, or a blank cell.", remedy)
        if len(wrong) > MOST_FAULTS:
            more = f"{len(wrong) - MOST_FAULTS} more cells of this column are no numbers"
            self.fault(wrong[MOST_FAULTS][0], place, more, "numbers.", "Correct them, or leave the column out.")
        return found

    def _column(
        self,
        rows: Sequence[int],
        cells: list[Any],
        written: Mapping[int, Written],
        place: int,
        measure: str,
        scale: Scale,
        decimal: str,
        is_total: frozenset[int],
    ) -> list[float | int | None]:
        column = self.target.columns[measure]
        divide = self.money_scale if column.unit in _MONEY_UNITS else 1
        own = [at for at, held in written.items() if held.unit is not None and held.unit.factor != 1]
        if own and scale.factor == 1 and not scale.why:
            bare = [at for at in range(len(rows)) if at not in written and cells[at] is not None]
            bare += [at for at, held in written.items() if held.unit is None or held.unit.factor == 1]
            bare = [at for at in bare if rows[at] not in is_total]
            sizes = {unit.factor for unit in (written[at].unit for at in own) if unit is not None}
            if bare:
                shown = f"{'k' if 1e3 in sizes else 'm'}€ or the like"
                self.fault(
                    rows[bare[0]],
                    place,
                    f"{len(bare)} numbers of this column have no unit, while others say {shown}",
                    "one unit, or a unit in each cell.",
                    f"Say what the others count: --unit {measure}=EUR or --unit {measure}=k€.",
                )
        is_share = column.unit.startswith("share") or column.unit == POINTS_OR_PERCENT
        if place in self.sheet.percent and not is_share and any(c is not None for c in cells):
            self.fault(
                rows[0],
                place,
                f"numbers of this column are shown as percent, and {measure} is no share",
                "numbers.",
                "Map another column with --map.",
            )
        factor = scale.factor / divide
        formats = {number: held for (number, at), held in self.sheet.formats.items() if at == place}
        out: list[float | int | None] = (
            list(cells) if factor == 1 else [None if c is None else scaled(c, factor) for c in cells]
        )
        for at, number in enumerate(rows) if formats else ():
            shown_as = formats.get(number)
            if shown_as is not None and isinstance(cells[at], int | float):
                unit = shown_as.unit
                size = unit.factor if unit is not None and unit.factor != 1 else scale.factor
                if shown_as.divisor == 1:
                    out[at] = scaled(cells[at], size / divide)
                elif size in (1, shown_as.divisor):  # the cell holds the whole amount, whatever it shows
                    out[at] = scaled(cells[at], 1 / divide)
                else:
                    found = f"the cell is shown divided by {shown_as.divisor:,.0f}, and its unit counts {size:,.0f}"
                    remedy = "Look at its number format, and write whole amounts in a copy."
                    self.fault(number, place, found, "a unit that fits to the format.", remedy)
        for at, held in written.items():
            amount = amount_of(held, decimal)
            if amount is None:
                if rows[at] not in is_total:
                    found = f"{show(held.digits)} is no number with the decimal sign {decimal!r}"
                    self.fault(rows[at], place, found, "a number.", "Correct the cell, or say --decimal.")
                continue
            if held.is_percent and not is_share and rows[at] not in is_total:
                found = f"the number has a percent sign, and {measure} is no share"
                self.fault(rows[at], place, found, "a number.", "Map another column, or correct the cell.")
                continue
            if held.unit is not None and not fits_currency(held.unit.currency, self.currency):
                self._foreign(rows[at], place, held.unit.currency)
                continue
            mine = held.unit.factor if held.unit is not None and held.unit.factor != 1 else scale.factor
            out[at] = amount if held.is_percent else scaled(amount, mine / divide)
        if column.unit == POINTS_OR_PERCENT:
            self._points(rows, place, measure, out, frozenset(at for at in written if written[at].is_percent), is_total)
        return out

    def _points(
        self,
        rows: Sequence[int],
        place: int,
        measure: str,
        numbers: Sequence[float | int | None],
        percents: frozenset[int],
        is_total: frozenset[int],
    ) -> None:
        """Refuse points beside percent: 60 % beside 40 would be 0.6 beside 40."""
        own = [at for at, number in enumerate(numbers) if number is not None and rows[at] not in is_total]
        bare = [at for at in own if at not in percents and (percents or (numbers[at] or 0) > 1)]
        if bare and (percents or place in self.sheet.percent):
            found = f"some numbers of {measure} are percent, and {len(bare)} of {len(own)} have no percent sign"
            self.fault(rows[bare[0]], place, found, "all of them in percent, or all in points.", "Correct the cells.")

    # -- units ---------------------------------------------------------------------------------------------------------

    def _scale(self, column: TargetColumn, held: ValueColumn, rows: Sequence[int]) -> Scale:
        """Return what a column's numbers count: as said, as its header says, or as a note above the table says."""
        name = column.name
        place = held.place
        top = self.plan.block.top + self.plan.block.depth - 1
        unit = held.heading.unit
        note = self._note_unit()
        words = [
            f"{one.factor:,.0f} {one.currency}".strip() for one in (unit, note[1] if note else None) if one is not None
        ]
        self.unit_words.setdefault(name, "; ".join(words))
        if name in self.said.units:
            factor = said_factor(self.said.units[name])
            if factor == 0.01 and place in self.sheet.percent:
                return Scale()  # the cell shows percent, and holds the share
            return Scale(factor, "as you said" if factor != 1 else "")
        shown = {currency for at, currency in self.sheet.currencies if at == place}
        if unit is not None and unit.currency:
            shown.add(unit.currency)
        for currency in sorted(shown):
            if not fits_currency(currency, self.currency):
                self._foreign(top, place, currency)
        if unit is not None and math.isnan(unit.factor):
            self.fault(top, place, "the header names two units", "one unit.", f"Say --unit {name}=k€ or the like.")
            return Scale()
        factor = unit.factor if unit is not None else 1.0
        where = "its header says so"
        note = note if factor == 1 else None
        is_scaled = not column.unit.startswith(_NEVER_SCALED)
        if note is not None and note[1].factor != 1 and unit is not None and is_scaled:
            found = f"the header says {unit.currency}, and {self.sheet.address(note[0])} speaks of another unit"
            self.fault(top, place, found, "one unit.", f"Say --unit {name}={unit.currency} or --unit {name}=k€.")
            return Scale()
        if factor == 1 and note is not None and note[1].factor != 1 and is_scaled:
            if column.unit in _MONEY_UNITS and not math.isnan(note[1].factor):
                factor, where = note[1].factor, f"{self.sheet.address(note[0])} says so"
            else:
                found = f"{self.sheet.address(note[0])} speaks of a unit, and it is not certain that {name} is meant"
                remedy = f"Say --unit {name}=k€ (or what it is), or --unit {name}=1 if it is not meant."
                answers = (
                    Answer("--unit", f"{name}=1", "not meant"),
                    *(Answer("--unit", f"{name}={unit}", unit) for unit in ("k€", "m€")),
                )
                self.noted[name] = answers
                self.fault(top, place, found, "a unit for this column.", remedy, answers)
                return Scale()
        if factor == 1:
            return Scale()
        if column.unit.startswith(_NEVER_SCALED):
            found = f"the header speaks of money, and {name} counts {column.unit}"
            self.fault(top, place, found, f"a column of {column.unit}.", "Map another column with --map.")
            return Scale()
        return self._against_unit(column, Scale(factor, where), top, place)

    def _against_unit(self, column: TargetColumn, scale: Scale, top: int, place: int) -> Scale:
        """Return the scale beside the table's own column ``unit``: kEUR there and k€ above say the same thing."""
        if column.unit in _MONEY_UNITS or "unit" not in self.target.columns or column.unit == "":
            return scale
        own = self.said.fixed.get("unit", "")
        if own:
            unit = find_unit(own)
            if unit is not None:
                return Scale(scale.factor / unit.factor, scale.why if scale.factor != unit.factor else "")
        found = f"the header speaks of thousands or millions, and nothing says the unit of {column.name}"
        remedy = "Say --set unit=EUR (amounts become whole) or --set unit=kEUR (they stay as they are)."
        if "unit" in self.plan.words:
            remedy = f"Say --unit {column.name}=1 if the column unit says so already, or what it is, such as k€."
        self.fault(top, place, found, "a unit.", remedy)
        return Scale()

    def _note_unit(self) -> tuple[int, Unit] | None:
        """Return what the lines around the table and the name of its sheet say; NaN where they say two things."""
        lines = [*reversed(self.plan.block.titles), *self.notes, (self.plan.block.top, self.sheet.name)]
        found = [(row, unit) for row, text in lines for unit in [find_unit(text)] if unit is not None]
        for row, unit in found:
            if not fits_currency(unit.currency, self.currency):
                self._foreign(row, self.plan.block.left, unit.currency)
        sizes = {unit.factor for _, unit in found if unit.factor != 1}
        if len(sizes) > 1:
            return found[0][0], Unit(float("nan"))
        return next(((row, unit) for row, unit in found if unit.factor != 1), found[0] if found else None)

    def _foreign(self, row: int, place: int, currency: str) -> None:
        found = f"the amounts are in {currency}, and the engagement's currency is {self.currency}"
        fault = Fault(
            self.file,
            self.sheet.name,
            self.sheet.address(row, place),
            found,
            f"amounts in {self.currency}.",
            "Convert them in a copy and say at which rate; the workbench knows none.",
        )
        if not any(held.found == found for held in self.faults):
            self.faults.append(fault)

    def _agree(self, scales: dict[str, Scale], held: ValueColumn, scale: Scale) -> None:
        before = scales.setdefault(held.measure, scale)
        if before.factor != scale.factor:
            found = (
                f"some columns of {held.measure} count {before.factor:,.0f} and others, or sums, {scale.factor:,.0f}"
            )
            top = self.plan.block.top + self.plan.block.depth - 1
            self.fault(top, held.place, found, "one unit.", f"Say --unit {held.measure}=k€ or the like.")

    # -- signs and shares ----------------------------------------------------------------------------------------------

    def _turn(
        self, columns: dict[int, list[float | int | None]], rows: Sequence[int], is_total: frozenset[int]
    ) -> tuple[str, ...]:
        """Turn measures around that are negative throughout and may not be: a ledger's costs."""
        turned = []
        for measure in dict.fromkeys(held.measure for held in self.plan.values):
            if self.target.columns[measure].lowest != 0:
                continue
            places = [held.place for held in self.plan.values if held.measure == measure]
            signs = {
                value > 0
                for place in places
                for value, number in zip(columns[place], rows, strict=True)
                if value and number not in is_total
            }
            if signs == {False}:
                turned.append(measure)
                for place in [*places, *(place for place, _ in self.plan.totals)]:
                    columns[place] = [None if value is None else -value or 0 for value in columns[place]]
        return tuple(turned)

    def _shares(self, columns: dict[int, list[float | int | None]], scales: dict[str, Scale]) -> None:
        """Read a column of percent without percent signs as shares, where its header and numbers say so."""
        for held in self.plan.values:
            column = self.target.columns[held.measure]
            if not column.unit.startswith("share") or held.place in self.sheet.percent:
                continue
            numbers = [value for value in columns[held.place] if value is not None]
            texts = any(
                isinstance(row[held.place], str)
                for row in self.sheet.rows[self.plan.block.first_row : self.plan.block.bottom]
                if held.place < len(row)
            )
            if texts or not numbers or held.measure in self.said.units:
                continue
            if max(numbers) > 1 and held.heading.is_percent:
                columns[held.place] = [None if value is None else value / 100 for value in columns[held.place]]
                scales[held.measure] = Scale(0.01, "its header says percent")
            elif held.heading.is_percent or max(numbers) > 1:
                top = self.plan.block.top + self.plan.block.depth - 1
                found = f"nothing says whether the numbers of {held.measure} are percent or shares"
                remedy = f"Say --unit {held.measure}=% or --unit {held.measure}=1."
                answers = tuple(
                    Answer("--unit", f"{held.measure}={unit}", words)
                    for unit, words in (("%", "percent"), ("1", "shares"))
                )
                self.fault(top, held.place, found, "shares from 0 to 1, or percent.", remedy, answers)


def read_values(
    plan: Plan,
    file: str,
    target: Target,
    said: Reading,
    data: Sequence[int],
    totals: Sequence[int],
    *,
    currency: str,
    money_scale: int,
    notes: Sequence[int] = (),
) -> Numbers:
    """Return the numbers of a table's data and totals, in whole units (money in the engagement's own scale).

    Parameters
    ----------
    plan : Plan
    file : str
    target : Target
    said : Reading
    data, totals : sequence of int
        Rows of the sheet, from 0.
    currency : str
        Of the engagement.
    money_scale : int
        What one unit of money in the client's tables counts.
    notes : sequence of int
        Rows beside the data that may speak of a unit.
    """
    return _Reader(plan, file, target, said, currency, money_scale, notes).read(data, totals)
