"""From the headers of a table to what each column gives: a column of ours, or a measure in one of the months across."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from workbench.engagement.intake.blocks import Block
from workbench.engagement.intake.headers import (
    IGNORE,
    PAY,
    PERSON,
    SCORES,
    TOTAL,
    VALUES,
    Heading,
    last_part,
    name_in,
    named_across,
    named_below,
)
from workbench.engagement.intake.periods import Period, years_in
from workbench.engagement.intake.targets import Target
from workbench.engagement.intake.words import VERSIONS, is_note, plain_words
from workbench.engagement.read import column_letters
from workbench.errors import Fault
from workbench.theme import listing

_FINENESS = {"month": 0, "quarter": 1, "half": 2, "year": 3}
_MONTHS_OF = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True)
class Reading:
    """What was confirmed of a sheet, or is said now; empty leaves it to the sheet.

    Attributes
    ----------
    columns : mapping of str to str
        Header, as `header_key` gives it → column of ours, or ``ignore``.
    fixed : mapping of str to str
        Column of ours → what it holds in every row.
    value, only : str
        Measure that months across hold; which of several (Plan, Actual) is read.
    year : int or None
        Of the first month, where the sheet names none.
    sheet, at : str
        Sheet; where the table begins.
    decimal, date_order, encoding, hidden, section : str
        `hidden` is read or skip; `section` the column that lines above groups of rows give.
    units : mapping of str to str
        Column of ours → unit, such as k€, EUR or 1000.
    fill : mapping of str to str
        Column of ours → ``down`` where a blank cell repeats what stands above, ``blank`` where it is blank.
    keep, leave_out : tuple of str
        Rows by their names: data although they look like totals, and the other way round.
    together, is_whole : bool
        Rows of one key are added up; earlier rows that the sheet does not hold go.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    only: str = ""
    year: int | None = None
    sheet: str = ""
    at: str = ""
    decimal: str = ""
    date_order: str = ""
    encoding: str = ""
    hidden: str = ""
    section: str = ""
    units: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    together: bool = False
    is_whole: bool = False


@dataclass(frozen=True)
class ValueColumn:
    """A column of numbers.

    Attributes
    ----------
    heading : Heading
    measure : str
        Column of ours.
    period : str
        As our tables write it, or the name that the header says where names stand across; empty where the column is
        of neither.
    version : str
    """

    heading: Heading
    measure: str
    period: str = ""
    version: str = ""

    @property
    def place(self) -> int:
        """Column of the sheet, from 0."""
        return self.heading.place


@dataclass(frozen=True, eq=False)
class Plan:
    """What is read of a table.

    Attributes
    ----------
    block : Block
    words : mapping of str to int
        Column of ours that holds text or dates → column of the sheet.
    values : tuple of ValueColumn
    totals : tuple of (int, tuple of int)
        Columns that add up others of their row: place, and the places added up (empty: all values of a measure).
    personal : tuple of Heading
        Columns of people's data, dropped.
    unread : tuple of Heading
    across : str
        Column of ours that headers fill: the period of months across, or what names across name; empty for neither.
    remarks, faults : tuple
        What the consultant should know; what must be said first.
    """

    block: Block
    words: Mapping[str, int]
    values: tuple[ValueColumn, ...]
    totals: tuple[tuple[int, tuple[int, ...]], ...] = ()
    personal: tuple[Heading, ...] = ()
    unread: tuple[Heading, ...] = ()
    across: str = ""
    remarks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def is_across(self) -> bool:
        """Whether one row of the sheet becomes several of ours."""
        return bool(self.across)


class _Maker:
    def __init__(self, block: Block, file: str, target: Target, said: Reading, fiscal_start: int) -> None:
        self.block, self.file, self.target, self.said, self.fiscal_start = block, file, target, said, fiscal_start
        self.faults: list[Fault] = []
        self.remarks: list[str] = []

    def fault(self, headings: Sequence[Heading], found: str, allowed: str, remedy: str) -> None:
        row = self.block.top + self.block.depth - 1
        where = self.block.sheet.address(row, headings[0].place) if headings else f"row {row + 1}"
        self.faults.append(Fault(self.file, self.block.sheet.name, where, found, allowed, remedy))

    def make(self) -> Plan:
        headings = [held for held in self.block.headings if held.target != IGNORE]
        headings = self._only(headings)
        hidden = self.block.sheet.hidden_columns if self.said.hidden == "skip" else frozenset()
        spare = [held for held in headings if held.target == IGNORE or held.place in hidden]
        headings = [held for held in headings if held not in spare]
        personal = tuple(held for held in headings if held.target in (PERSON, PAY))
        headings = [held for held in headings if held.target not in (PERSON, PAY)]
        across, scalars, totals, unread = self._split(headings)
        words: dict[str, int] = {}
        values: list[ValueColumn] = []
        for name, held in self._scalars(scalars, unread).items():
            if self.target.columns[name].is_number:
                values.append(ValueColumn(held, name))
            else:
                words[name] = held.place
        across_values, more = self._across(across, unread)
        column = self.target.period if across_values else ""
        if not across:
            column, across_values = self._names_across(words, unread)
        self._named_below(words, {*words, *(held.measure for held in (*values, *across_values)), column}, unread)
        unread += [*spare, *(held for held in self.block.headings if held.target == IGNORE)]
        sums = [(held.place, ()) for held in totals] + more if across_values else []
        unread += [] if across_values else totals
        return Plan(
            self.block,
            words,
            (*values, *across_values),
            tuple(sums),
            personal,
            tuple(sorted(unread, key=lambda held: held.place)),
            column,
            tuple(self.remarks),
            tuple(self.faults),
        )

    def _named_below(self, words: dict[str, int], given: set[str], unread: list[Heading]) -> None:
        """Read a column whose header nobody knows as the one whose names of ours are all that stands in it."""
        given |= {*self.said.fixed, self.said.section}
        rows = self.block.sheet.rows[self.block.first_row : self.block.bottom]
        for held in list(unread):
            place = held.place
            cells = [row[place] for row in rows if place < len(row) and row[place] is not None]
            name = named_below(held, self.target, given, cells)
            if name and held.target != IGNORE:
                words[name] = place
                given.add(name)
                unread.remove(held)
                told = tuple(
                    replace(one, target=name, by=VALUES) if one.place == place else one for one in self.block.headings
                )
                self.block = replace(self.block, headings=told)

    def _only(self, headings: list[Heading]) -> list[Heading]:
        """Leave out the columns of a period whose other words are not those that were asked for."""
        if not self.said.only:
            return headings
        wanted = plain_words(self.said.only)

        def fits(held: Heading) -> bool:
            return held.period is None or wanted in {plain_words(part) for part in (held.qualifier, *held.parts)}

        if not any(held.period is not None and fits(held) for held in headings):
            shown = ", ".join(sorted({held.qualifier for held in headings if held.period and held.qualifier})) or "none"
            self.fault([], f"no column of a period says {self.said.only!r}", f"{shown}.", "Correct --only.")
        return [
            replace(held, target="" if held.target not in self.target.columns else held.target)
            if fits(held)
            else replace(held, target=IGNORE)
            for held in headings
        ]

    def _split(self, headings: list[Heading]) -> tuple[list[Heading], list[Heading], list[Heading], list[Heading]]:
        across, scalars, totals, unread = [], [], [], []
        measures = self.target.measures
        named = Counter(held.target for held in headings if held.period is not None and held.target in measures)
        free = [held for held in headings if held.period is not None and held.target in ("",)]
        has_periods = bool(self.target.period) and self.target.period not in {held.target for held in headings}
        for held in headings:
            if held.target == TOTAL:
                totals.append(held)
            elif held.target in self.target.columns:
                is_value = held.target in measures
                if is_value and held.period is not None and has_periods and (named[held.target] > 1 or not free):
                    across.append(held)
                elif is_value and held.period is not None and has_periods and free:
                    across.append(held)  # Plan Jan, Jan …: the words beside a month are looked at together
                else:
                    scalars.append(held)
            elif held.period is not None and has_periods:
                across.append(held)
            else:
                unread.append(held)
        if len({held.period.label for held in across if held.period}) < 2 and not self.said.value:
            named_here = [held for held in across if held.target in measures]
            unread += [held for held in across if held.target not in measures]
            across = named_here
        return across, scalars, totals, unread

    def _scalars(self, headings: list[Heading], unread: list[Heading]) -> dict[str, Heading]:
        found: dict[str, Heading] = {}
        for name in dict.fromkeys(held.target for held in headings):
            same = sorted((held for held in headings if held.target == name), key=lambda held: -SCORES.get(held.by, 0))
            best = [held for held in same if SCORES.get(held.by, 0) == SCORES.get(same[0].by, 0)]
            if len(best) > 1:
                shown = " and ".join(f"{column_letters(held.place)} ({held.text or held.period})" for held in best[:4])
                self.fault(
                    best,
                    f"columns {shown} could both be {name}",
                    "one column each.",
                    f'Say --map "HEADER={name}" for the right one and --map "HEADER=ignore" for the other'
                    + ("; or --only with the word that sets it apart." if any(held.period for held in best) else "."),
                )
            found[name] = best[0]
            unread += [held for held in same if held is not best[0]]
        return found

    # -- months across -------------------------------------------------------------------------------------------------

    def _across(
        self, headings: list[Heading], unread: list[Heading]
    ) -> tuple[list[ValueColumn], list[tuple[int, tuple[int, ...]]]]:
        if not headings:
            return [], []
        headings = [self._of_year(held) for held in self._with_years(headings)]
        odd = [held for held in headings if held.period is not None and held.period.kind not in _FINENESS]
        if odd:
            kinds = " and ".join(sorted({held.period.kind for held in odd if held.period}))
            self.fault(
                odd,
                f"the columns are by {kinds}, and nothing says which months these are",
                "months, quarters or calendar years.",
                "Rename the headers in a copy, such as 2026-04; or set fiscal_year_starts in engagement.yaml.",
            )
            return [], []
        finest = min(_FINENESS[held.period.kind] for held in headings if held.period)
        data = [held for held in headings if held.period and _FINENESS[held.period.kind] == finest]
        coarse = [held for held in headings if held.period and _FINENESS[held.period.kind] > finest]
        columns = self._measured(data)
        sums: list[tuple[int, tuple[int, ...]]] = []
        for held in coarse:
            parts = tuple(
                one.place
                for one, given in zip(columns, data, strict=True)
                if _is_in(given.period, held.period) and bare_words(given.qualifier) == bare_words(held.qualifier)
            )
            wanted = (
                _MONTHS_OF[held.period.kind] // _MONTHS_OF[data[0].period.kind] if held.period and data[0].period else 0
            )
            if len(parts) == wanted:
                sums.append((held.place, parts))
                continue
            unread.append(held)
            if held.period:
                self.remarks.append(
                    f"Column {column_letters(held.place)} ({held.period.label}) is left out: a {held.period.kind} "
                    f"among {data[0].period.kind if data[0].period else 'other'}s, which do not make it up."
                )
        self._clashes(columns)
        return columns, sums

    # -- names across --------------------------------------------------------------------------------------------------

    def _names_across(self, words: Mapping[str, int], unread: list[Heading]) -> tuple[str, list[ValueColumn]]:
        """Return the column that headers name things of ours for, and the numbers below them; none where they do not.

        Two known names are enough; a header between them that nobody knows is asked about, and not left out. So is
        one between the last name and the total that adds it up.
        """
        given = (*words, *self.said.fixed, self.said.section)
        found = {name: held for name, held in named_across(unread, self.target).items() if name not in given}
        column = max(found, key=lambda name: len(found[name]), default="")
        if not column:
            return "", []
        places = [held.place for held in found[column]]
        rows = self.block.sheet.rows[self.block.first_row : self.block.bottom]
        last = last_part(self.block.headings, unread, rows, max(places))
        mine = [held for held in unread if min(places) <= held.place <= last and held.text and not held.period]
        measure = self.said.value or self.target.main_measure
        if not measure:
            shown = ", ".join(self.target.measures)
            what = f"names of {column} stand across, and nothing says what they measure"
            self.fault(found[column], what, f"{shown}.", "Say --value.")
            return "", []
        unread[:] = [held for held in unread if held not in mine]
        known = self.target.columns[column].names
        return column, [ValueColumn(held, measure, name_in(held, known) or held.text) for held in mine]

    def _measured(self, headings: list[Heading]) -> list[ValueColumn]:
        """Return what each column measures; words beside a month may be a version of facts."""
        mapped = {held.target for held in self.block.headings}
        versions = bool(self.target.version) and self.target.version not in {*self.said.fixed, *mapped}
        measure = self.said.value or self.target.main_measure
        found = []
        for held in headings:
            name = held.target if held.target in self.target.measures else measure
            version = ""
            if versions and held.qualifier:
                words = plain_words(held.qualifier)
                version = next((key for key, names in VERSIONS.items() if words in names), "")
                name = name if not version else (measure or name)
            found.append(ValueColumn(held, name, held.period.label if held.period else "", version))
        if any(not one.measure for one in found):
            shown = ", ".join(self.target.measures)
            self.fault(headings, "months stand across, and nothing says what they measure", f"{shown}.", "Say --value.")
        return found

    def _clashes(self, columns: list[ValueColumn]) -> None:
        """Ask which columns count where one month stands there twice, such as Plan and Actual."""
        counts = Counter((one.measure, one.period, one.version) for one in columns)
        twice = [one for one in columns if counts[one.measure, one.period, one.version] > 1]
        if twice:
            words = list(dict.fromkeys(one.heading.qualifier for one in twice))
            if any(words):
                shown = ", ".join(word or "no further word" for word in words[:6])
                remedy = f'Say which counts, such as --only "{next(word for word in reversed(words) if word)}".'
            else:
                shown = listing([column_letters(one.place) for one in twice if one.period == twice[0].period], 6)
                remedy = (
                    "Write beside each month what sets it apart, such as Plan or Ist, or delete a column, in a copy."
                )
            found = f"{twice[0].period} stands in several columns: {shown}"
            self.fault([one.heading for one in twice], found, "one column a month.", remedy)

    def _of_year(self, held: Heading) -> Heading:
        """Return a heading whose fiscal period is a month, where the fiscal year is the calendar year."""
        period = held.period
        if period is None or self.fiscal_start != 1:
            return held
        if period.kind == "fiscal" and period.number <= 12:
            return replace(held, period=Period("month", period.year, period.number))
        if period.kind == "fiscal year":
            return replace(held, period=Period("year", period.year))
        return held

    def _with_years(self, headings: list[Heading]) -> list[Heading]:
        """Return headings of which each month has its year: from the sheet, or as the consultant said."""
        blank = [held for held in headings if held.period is not None and held.period.year is None]
        if not blank:
            return headings
        months = [held.period.number for held in blank if held.period and held.period.kind == "month"]
        runs = [number for number, _ in groupby(months)]
        wraps = any(after < before and after != runs[0] for before, after in pairwise(runs))
        year, source = self.said.year, "as you said"
        found = "the months have no year"
        if len(blank) < sum(held.period is not None and held.period.kind == "month" for held in headings):
            found = "some of the months have a year and others have none"
        elif wraps:
            found = "the months run over the turn of a year"
        elif year is None and self.fiscal_start == 1:
            year, source = self._year_of_titles()
        if wraps and len(set(runs)) < len(runs):
            year, found = None, "the months run over the turn of a year more than once"
        if year is None:
            remedy = "Say --year with the year of the first month; or write the year into each header in a copy."
            words = f"{found}, and nothing says which year the first one is in"
            self.fault(blank, words, "months whose year is known.", remedy)
            year = 1
        elif self.said.year is None:
            self.remarks.append(f"The months are those of {year}: {source}.")
        out, at, before = [], year, 0
        for held in headings:
            if held.period is not None and held.period.year is None:
                if held.period.kind == "month":
                    at += wraps and held.period.number < before
                    before = held.period.number
                held = replace(held, period=held.period.of(at))
            out.append(held)
        return out

    def _year_of_titles(self) -> tuple[int | None, str]:
        """Return the one year that the lines above the table name, or its sheet; days of a report name none."""
        lines = [text for _, text in self.block.titles if not is_note(text)]
        for texts, what in ((lines, "the lines above the table"), ([self.block.sheet.name], "the name of the sheet")):
            years = tuple(dict.fromkeys(year for text in texts for year in years_in(text)))
            if years:
                is_clear = len(years) == 1 and not any(map(_FISCAL.search, texts))
                return (years[0] if is_clear else None), f"named in {what}"
        return None, ""


_FISCAL = re.compile(
    r"\b(?:FY|GJ|fiscal|gesch[äa]ftsjahr|wirtschaftsjahr|exercice|boekjaar|ejercicio)|20\d\d\s?/\s?(?:20)?\d\d\b", re.I
)
_UNIT_WORDS = frozenset(
    ("k", "t", "m", "in", "eur", "keur", "teur", "meur", "tsd", "mio", "usd", "gbp", "chf", "euro", "euros")
)


def bare_words(qualifier: str) -> str:
    """Return the words beside a period without those of a unit."""
    words = plain_words(re.sub(r"[(\[{][^)\]}]*[)\]}]", " ", qualifier)) if qualifier else ""
    return " ".join(word for word in words.split() if word not in _UNIT_WORDS)


def _is_in(part: Period | None, whole: Period | None) -> bool:
    if part is None or whole is None or part.year != whole.year:
        return False
    size, length = _MONTHS_OF[part.kind], _MONTHS_OF[whole.kind]
    start = (part.number - 1) * size if part.number else 0
    return start // length == (whole.number - 1 if whole.number else 0)


def make_plan(block: Block, file: str, target: Target, said: Reading, *, fiscal_start: int = 1) -> Plan:
    """Return what each column of a table gives, with what must be asked first.

    Parameters
    ----------
    block : Block
    file : str
    target : Target
    said : Reading
    fiscal_start : int
        Month in which the fiscal year begins.
    """
    return _Maker(block, file, target, said, fiscal_start).make()
