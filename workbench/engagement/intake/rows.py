"""Which rows of a table are data: blanks, headings, totals, notes and repeated headers are left out, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.engagement.intake.amounts import is_nothing, read_written
from workbench.engagement.intake.plan import Plan, Reading
from workbench.engagement.intake.targets import Target
from workbench.engagement.intake.words import is_note, is_total, plain_words
from workbench.errors import Answer, Fault
from workbench.theme import counted

BLANK, TOTAL, HEADING, NOTE, HEADER, HIDDEN, SAID, EMPTY = (
    "blank lines",
    "totals",
    "headings",
    "notes",
    "headers printed again",
    "hidden rows",
    "rows left out as you said",
    "rows without any number",
)
"""Why a row is left out."""

HIDDEN_ANSWERS = (Answer("--hidden", "skip", "leave out"), Answer("--hidden", "read", "read"))
"""What may be said of hidden rows and columns."""

LEAST_AGAIN = 10
"""Rows that write what stands right above them, from which a blank cell says blank, and not the same again (ours)."""

MOST_NAMED = 8
"""Rows that are named one by one (ours)."""


@dataclass(frozen=True, eq=False)
class Split:
    """The rows of a table, told apart.

    Attributes
    ----------
    data, totals : tuple of int
        Rows of the sheet, from 0.
    left_out : mapping of str to tuple of int
        Reason → rows, totals among them.
    sections : mapping of int to str
        Row → the heading it stands under.
    filled : mapping of (int, str) to Any
        Row and column of ours → what a blank cell repeats.
    filled_down : mapping of str to int
        Column → blank cells that are read as what stands above.
    remarks, faults : tuple
    """

    data: tuple[int, ...]
    totals: tuple[int, ...]
    left_out: Mapping[str, tuple[int, ...]]
    sections: Mapping[int, str] = field(default_factory=dict, repr=False)
    filled: Mapping[tuple[int, str], Any] = field(default_factory=dict, repr=False)
    filled_down: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


def row_names(row: Sequence[Any], places: Collection[int]) -> list[str]:
    """Return the texts of a row in the columns that we read as words; else those that say that it adds up."""
    own = [row[place] for place in places if place < len(row) and isinstance(row[place], str)]
    return own or [cell for cell in row if isinstance(cell, str) and len(cell) <= 200 and is_total(cell)]


def split_rows(plan: Plan, file: str, target: Target, said: Reading, names: Collection[str]) -> Split:
    """Tell the rows of a table apart.

    Parameters
    ----------
    plan : Plan
    file : str
    target : Target
    said : Reading
    names : collection of str
        Names of ours, as `plain_words` gives them: a product called Total Care is no total.
    """
    return _Splitter(plan, file, target, said, names).split()


class _Header:
    """A line of a header, which may be printed again further down."""

    def __init__(self, cells: Sequence[Any]) -> None:
        self.cells = {place: cell for place, cell in enumerate(cells) if cell is not None}
        places = list(self.cells)
        self.probes = {places[at] for at in (0, len(places) // 2, -1)} if places else set()

    def is_printed(self, row: Sequence[Any]) -> bool:
        """Return whether a row is this line once more; a few cells tell most rows apart."""
        if not any(place < len(row) and row[place] == self.cells[place] for place in self.probes):
            return False
        same = sum(place < len(row) and row[place] == cell for place, cell in self.cells.items())
        return same >= 2 and same >= 0.7 * len(self.cells)


class _Splitter:
    def __init__(self, plan: Plan, file: str, target: Target, said: Reading, names: Collection[str]) -> None:
        self.plan, self.file, self.target, self.said = plan, file, target, said
        self.block, self.sheet = plan.block, plan.block.sheet
        self.names = frozenset(names)
        self.keep = {plain_words(name) for name in said.keep}
        self.drop = {plain_words(name) for name in said.leave_out}
        self.value_places = tuple(held.place for held in plan.values)
        self.word_places = tuple(plan.words.values())
        self.personal = frozenset(held.place for held in plan.personal)
        self.is_total: dict[str, bool] = {}
        self.faults: list[Fault] = []
        self.remarks: list[str] = []

    def split(self) -> Split:
        rows, block = self.sheet.rows, self.block
        headers = [_Header(line[block.left : block.right]) for line in rows[block.top : block.first_row]]
        left: dict[str, list[int]] = {}
        data: list[int] = []
        totals: list[int] = []
        sections: dict[int, str] = {}
        section = ""
        lonely: list[int] = []  # rows of one text: headings above data, notes below the last
        asked: list[int] = []
        for number in range(block.first_row, block.bottom):
            row = rows[number]
            cells = [cell for cell in row[block.left : block.right] if cell is not None]
            if not cells:
                left.setdefault(BLANK, []).append(number)
                continue
            kind = self._kind(number, row, cells, headers)
            if number in self.sheet.hidden_rows and kind not in (HEADER,):
                if self.said.hidden == "skip":
                    left.setdefault(HIDDEN, []).append(number)
                    continue
                if not self.said.hidden:
                    asked.append(number)
            if kind == HEADING:
                lonely.append(number)
                if self.said.section:
                    section = next(str(cell) for cell in cells if isinstance(cell, str))
                continue
            if kind == TOTAL:
                totals.append(number)
            if kind:
                left.setdefault(kind, []).append(number)
                continue
            data.append(number)
            if section:
                sections[number] = section
        last = data[-1] if data else -1
        for number in lonely:
            left.setdefault(HEADING if number < last else NOTE, []).append(number)
        self._hidden(asked)
        filled, down = self._fill(data)
        self._too_long(data)
        order = (BLANK, TOTAL, HEADING, NOTE, HEADER, HIDDEN, SAID, EMPTY)
        return Split(
            tuple(data),
            tuple(totals),
            {reason: tuple(left[reason]) for reason in order if reason in left},
            sections,
            filled,
            down,
            tuple(self.remarks),
            tuple(self.faults),
        )

    def _kind(self, number: int, row: Sequence[Any], cells: Sequence[Any], headers: Sequence[_Header]) -> str:
        """Return why a row is left out; empty for a row of data."""
        body = row[self.block.left : self.block.right] if self.block.left else row
        if any(header.is_printed(body) for header in headers):
            return HEADER
        name = self._name(row) if self.keep or self.drop else ""
        if name and name in self.drop:
            return SAID
        if self._sums(row, name):
            return TOTAL
        filled = sum(place < len(row) and row[place] is not None for place in self.word_places)
        has_value = self._has_value(number, row, is_named=filled > 0)
        if self.value_places:
            if has_value:
                return ""
            texts = sum(isinstance(cell, str) for cell in cells)
            if filled <= 1 and len(cells) <= 2 and texts == len(cells):
                return HEADING
            if not filled:
                return NOTE if isinstance(cells[0], str) and is_note(cells[0]) else EMPTY
            return EMPTY if self.plan.is_across else ""
        if len(cells) == 1 and len(self.word_places) > 1:
            return HEADING
        return "" if filled else EMPTY

    def _name(self, row: Sequence[Any]) -> str:
        names = row_names(row, self.word_places)
        return plain_words(names[0]) if names else ""

    def _sums(self, row: Sequence[Any], name: str) -> bool:
        """Return whether any text of a row says that it adds up; a name of ours says it of nothing."""
        if name in self.keep:
            return False
        for place in range(self.block.left, min(self.block.right, len(row))):
            cell = row[place]
            if isinstance(cell, str) and len(cell) <= 200 and place not in self.value_places:
                if cell not in self.is_total:
                    self.is_total[cell] = is_total(cell) and plain_words(cell) not in self.names
                if self.is_total[cell]:
                    is_free = place not in self.word_places and any(
                        held < len(row) and row[held] is not None for held in self.word_places
                    )
                    if is_free and plain_words(cell) != "total":
                        continue  # "Result: all systems" in a column of remarks, beside a row's own name
                    return True
        return False

    def _has_value(self, number: int, row: Sequence[Any], *, is_named: bool) -> bool:
        """Return whether a row holds a number, or what should be one: a formula without a result, a word."""
        for place in self.value_places:
            cell = row[place] if place < len(row) else None
            if cell is None:
                if self.sheet.unseen and (number, place) in self.sheet.unseen:
                    return True
            elif not isinstance(cell, str) or read_written(cell) is not None or (is_named and not is_nothing(cell)):
                return True
        return False

    def _too_long(self, data: Sequence[int]) -> None:
        """Refuse lines of a text that have more cells than the header: a comma in a number moves all that follows."""
        if self.sheet.name:
            return
        last = max(held.place for held in self.block.headings)
        rows = self.sheet.rows
        long = [n for n in data if len(rows[n]) > last + 1 and any(cell is not None for cell in rows[n][last + 1 :])]
        if long:
            found = f"{len(long)} lines have more cells than the header ({_rows(long)})"
            remedy = "Look for a delimiter inside of a number or a text; export the file again with quotation marks."
            self.faults.append(Fault(self.file, "", _rows(long[:1]), found, "as many cells as headers.", remedy))

    # -- hidden rows and blank cells -----------------------------------------------------------------------------------

    def _hidden(self, rows: Sequence[int]) -> None:
        if not rows:
            return
        found = f"{counted(len(rows), 'row')} of the table {'is' if len(rows) == 1 else 'are'} hidden ({_rows(rows)}), "
        found += "filtered out perhaps"
        remedy = "Say --hidden read to read them, or --hidden skip to leave them out."
        where = (self.file, self.sheet.name, _rows(rows[:1]))
        self.faults.append(Fault(*where, found, "a decision.", remedy, HIDDEN_ANSWERS))

    def _fill(self, data: Sequence[int]) -> tuple[dict[tuple[int, str], Any], dict[str, int]]:
        """Return what blank cells of keys repeat: merged ones surely, others as the consultant confirms."""
        filled: dict[tuple[int, str], Any] = {}
        down: dict[str, int] = {}
        rows = self.sheet.rows
        columns = {place: name for name, place in self.plan.words.items()}
        inside = frozenset(data) if self.sheet.merged else frozenset()
        for (top, left), (bottom, right) in self.sheet.merged:
            for place in range(left, min(right, left + 200) + 1):
                value = rows[top][left] if top < len(rows) and left < len(rows[top]) else None
                if place in columns and value is not None and bottom > top:
                    for number in range(top + 1, bottom + 1):
                        if number in inside:
                            filled[number, columns[place]] = value
        for name, place in self.plan.words.items():
            held = self.target.columns[name]
            if not (held.is_required or held.name in self.target.key):
                continue
            blank = [n for n in data if (place >= len(rows[n]) or rows[n][place] is None) and (n, name) not in filled]
            if not blank:
                continue
            how = self.said.fill.get(name, "")
            others = [p for n, p in self.plan.words.items() if n != name]
            is_group = bool(others) and len(blank) < len(data) and data[0] not in blank
            if how == "blank" or (not is_group and not held.is_required):
                continue
            again = self._written_again(data, place) if is_group and not how and not held.is_required else 0
            if again >= max(LEAST_AGAIN, len(blank)):
                self.remarks.append(
                    f"{counted(len(blank), 'blank cell')} of {name} {'stays' if len(blank) == 1 else 'stay'} blank: "
                    f"below others the same is written again, {again} times."
                )
                continue
            if how == "down" or (is_group and held.is_required):
                above = None
                for number in data:
                    cell = rows[number][place] if place < len(rows[number]) else None
                    above = filled.get((number, name), cell if cell is not None else above)
                    if cell is None and above is not None:
                        filled[number, name] = above
                down[name] = len(blank)
            elif is_group:
                found = f"{len(blank)} cells of {name} are blank ({_rows(blank)}), below others that are filled"
                remedy = f"Say --fill {name}=down if they repeat what stands above, or --fill {name}=blank if not."
                where = self.sheet.address(blank[0], place)
                answers = (
                    Answer("--fill", f"{name}=blank", "stay blank"),
                    Answer("--fill", f"{name}=down", "as above"),
                )
                self.faults.append(Fault(self.file, self.sheet.name, where, found, "a decision.", remedy, answers))
            else:
                found = f"{len(blank)} rows with numbers have no {name} ({_rows(blank)})"
                remedy = "Give them a name, or delete them in a copy; a total without a word says Total."
                where = self.sheet.address(blank[0], place)
                self.faults.append(Fault(self.file, self.sheet.name, where, found, f"a {name} in each row.", remedy))
        return filled, down

    def _written_again(self, data: Sequence[int], place: int) -> int:
        """Return how often a row says once more what the row right above it says; where a blank repeats, none does."""
        rows = self.sheet.rows
        cells = {number: rows[number][place] for number in data if place < len(rows[number])}
        return sum(cells[number] is not None and cells[number] == cells.get(number - 1) for number in cells)


def _rows(rows: Sequence[int]) -> str:
    """Return rows as people name them."""
    shown = ", ".join(str(number + 1) for number in rows[:MOST_NAMED])
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def name_rows(rows: Sequence[int]) -> str:
    """Return rows, counted from 0, as people name them.

    Examples
    --------
    >>> name_rows([3, 8])
    'rows 4, 9'
    """
    return _rows(rows)


def count_of(reason: str, rows: Sequence[int]) -> str:
    """Return how many rows are left out for a reason, with its word in the right number.

    Examples
    --------
    >>> count_of(NOTE, [3]), count_of(BLANK, [3, 8]), count_of(SAID, [3])
    ('1 note', '2 blank lines', '1 row left out as you said')
    """
    one = {HEADER: "header printed again", SAID: "row left out as you said", EMPTY: "row without any number"}
    return counted(len(rows), one.get(reason, reason.removesuffix("s")), reason)


def count_personal(plan: Plan, split: Split) -> int:
    """Return how many cells with people's data were dropped."""
    rows = plan.block.sheet.rows
    places = [held.place for held in plan.personal]
    counts = Counter(
        place
        for number in split.data
        for place in places
        if place < len(rows[number]) and rows[number][place] is not None
    )
    return sum(counts.values())
