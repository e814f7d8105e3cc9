"""Where the table stands on a sheet: its header below titles, in one row or more, and where it ends."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from workbench.engagement.intake.amounts import read_written
from workbench.engagement.intake.cells_of_sheets import SheetCells
from workbench.engagement.intake.headers import PAY, PERSON, TOTAL, Heading, header_key, header_score, read_headings
from workbench.engagement.intake.periods import find_period
from workbench.engagement.intake.targets import Target
from workbench.engagement.intake.words import ALL_WORDS, VERSIONS, plain_words
from workbench.engagement.read import column_letters

LEAST_SCORE = 1.5
"""What a header must score to be one: two columns of ours, or one and some months (ours)."""

DEEPEST_HEADER = 3
"""Rows of a header (ours)."""

LOOKED_AT = 50_000
"""Rows in which headers are looked for (ours); below them only repetitions of the header itself are."""


@dataclass(frozen=True, eq=False)
class Block:
    """A table on a sheet.

    Attributes
    ----------
    sheet : SheetCells
    top, depth, bottom : int
        First row of the header, from 0; rows of the header; the row after the last one.
    left, right : int
        First column, from 0, and the one after the last.
    headings : tuple of Heading
    score : float
    titles : tuple of (int, str)
        Lines above the header: row and text.
    """

    sheet: SheetCells = field(repr=False)
    top: int
    depth: int
    bottom: int
    left: int
    right: int
    headings: tuple[Heading, ...]
    score: float
    titles: tuple[tuple[int, str], ...] = ()

    @property
    def first_row(self) -> int:
        """The first row below the header, from 0."""
        return self.top + self.depth

    @property
    def corner(self) -> str:
        """Where the table begins, as ``--at`` takes it."""
        cell = f"{column_letters(self.left)}{self.top + 1}"
        return f"{self.sheet.name}!{cell}" if self.sheet.name else cell

    def key(self) -> tuple[str, ...]:
        """Return what two tables of one layout share."""
        return tuple(sorted(held.target for held in self.headings if held.target))


def find_blocks(
    sheet: SheetCells,
    target: Target,
    said: Mapping[str, str],
    *,
    corner: tuple[int, int] | None = None,
    among: Collection[int] | None = None,
) -> tuple[Block, ...]:
    """Return the tables of a sheet that could be the one wanted, the likeliest first.

    Parameters
    ----------
    sheet : SheetCells
    target : Target
    said : mapping of str to str
        What headers mean, as the consultant said.
    corner : (int, int), optional
        Row and column, from 0, where the table begins.
    among : collection of int, optional
        Rows, from 0, in which alone headers are looked for.
    """
    rows = sheet.rows
    filled = _filled_header_rows(sheet)
    words = frozenset(said) | {entry for column in target.columns.values() for entry in column.words}
    seen: dict[str, bool] = {}
    found: list[Block] = []
    first = corner[0] if corner else 0
    last = min(len(rows), corner[0] + DEEPEST_HEADER if corner else LOOKED_AT)
    row = first
    while row < last:
        best: list[Block] = []
        if (among is None or row in among) and _may_be_header(rows[row], words, seen):
            for left, right in _segments(sheet, filled, row, corner):
                block = _at(sheet, filled, row, left, right, target, said)
                if block is not None:
                    best.append(block)
        if len(best) == 1 and best[0].depth > 1:  # a line of titles right above a header is none of its rows
            later = [
                held
                for step in range(1, best[0].depth)
                for held in [_at(sheet, filled, row + step, best[0].left, best[0].right, target, said)]
                if held is not None and held.score >= best[0].score
            ]
            best = [max((*best, *later), key=lambda held: (held.score, held.top))]
        found += best
        row = max((block.top + block.depth for block in best), default=row + 1)
    kept = _kept(sheet, found)
    if corner is None or not kept:
        return kept
    others = [block for block in find_blocks(sheet, target, said) if block.top >= kept[0].first_row]
    return tuple(_cut(block, others) for block in kept)


def header_rows(sheet: SheetCells, words: frozenset[str], *, last: int, most: int) -> tuple[int, ...]:
    """Return the first rows that hold two words of a header, or months, and so may be one of some table.

    Parameters
    ----------
    sheet : SheetCells
    words : frozenset of str
        Words of headers, beside those that every table may have.
    last, most : int
        Rows of the sheet that are looked at, and rows that are returned.
    """
    heads: dict[Any, bool] = {}

    def is_head(cell: Any) -> bool:
        if cell not in heads:
            is_word = isinstance(cell, str) and _is_header_word(cell, words)
            heads[cell] = is_word or find_period(cell)[0] is not None
        return heads[cell]

    found = []
    for row, cells in enumerate(sheet.rows[:last]):
        if float not in map(type, cells) and sum(cell is not None and is_head(cell) for cell in cells) >= 2:
            found.append(row)
            if len(found) == most:
                break
    return tuple(found)


def _cut(block: Block, others: Sequence[Block]) -> Block:
    """Return a table that ends where another one begins below it."""
    below = [held for held in others if held.left < block.right and block.left < held.right]
    return replace(
        block, bottom=min((_titles_from(block.sheet, held, block.first_row) for held in below), default=block.bottom)
    )


def _kept(sheet: SheetCells, found: list[Block]) -> tuple[Block, ...]:
    """Return the blocks with their ends: a header that only repeats the one above it, on a new page, is no table."""
    kept: list[Block] = []
    for block in found:
        above = [held for held in kept if held.left < block.right and block.left < held.right]
        if above and _repeats(above[-1], block):
            continue
        if above and block.score < 0.5 * above[-1].score and block.top < above[-1].top + 3:
            continue
        kept.append(block)
    out = []
    for block in kept:
        below = [held for held in kept if held.top > block.top and held.left < block.right and block.left < held.right]
        bottom = min((_titles_from(sheet, held, block.first_row) for held in below), default=len(sheet.rows))
        above_rows = [held.first_row for held in kept if held.top < block.top]
        titles = _titles(sheet, block, max((row for row in above_rows), default=0))
        out.append(replace(block, bottom=bottom, titles=titles))
    return tuple(sorted(out, key=lambda held: (-held.score, held.top, held.left)))


def _repeats(above: Block, block: Block) -> bool:
    """Return whether a header is that of the table above it, printed again, with no title between."""
    texts = [[(header_key(held.text), held.period) for held in one.headings] for one in (above, block)]
    if texts[0] != texts[1] and not _is_line_of(above, block):
        return False
    row = block.top - 1
    while row > above.first_row and not _line(block.sheet.rows[row]):
        row -= 1
    cells = _line(block.sheet.rows[row])
    return len(cells) >= 2 or (len(cells) == 1 and bool(re.match(r"(?i)(?:seite|page|blad|página)\b", str(cells[0]))))


def _is_line_of(above: Block, block: Block) -> bool:
    """Return whether a header is, cell by cell, one line of that above: the months without the year over them."""
    rows = block.sheet.rows
    line = rows[block.top]
    filled = [place for place in range(block.left, min(block.right, len(line))) if line[place] is not None]
    for header in rows[above.top : above.first_row] if block.depth == 1 else ():
        same = sum(place < len(header) and header[place] == line[place] for place in filled)
        if same >= 2 and same == len(filled):
            return True
    return False


def _titles_from(sheet: SheetCells, block: Block, after: int) -> int:
    """Return the row in which the titles of a table begin: the lines right above its header, of a cell or two."""
    row = block.top
    blanks = 0
    while row > after:
        cells = _line(sheet.rows[row - 1])
        if len(cells) > 2 or any(isinstance(cell, int | float) for cell in cells):
            break
        blanks += not cells
        if blanks > 2:
            break
        row -= 1
    return row


def _titles(sheet: SheetCells, block: Block, after: int) -> tuple[tuple[int, str], ...]:
    found = []
    for row in range(max(after, block.top - 25), block.top):
        cells = _line(sheet.rows[row])
        if cells and len(cells) <= 6 and not any(isinstance(cell, float) for cell in cells):
            found.append((row, " ".join(str(cell) for cell in cells)))
    return tuple(found)


def _line(row: Sequence[Any]) -> list[Any]:
    return [cell for cell in row if cell is not None]


def _may_be_header(row: Sequence[Any], words: frozenset[str], seen: dict[str, bool]) -> bool:
    """Return quickly whether a row holds any word of a header, or months."""
    periods = 0
    has_day = False
    for cell in row:
        kind = type(cell)
        if kind is float:
            return False  # a header holds no fractions
        if kind is not str:
            has_day = has_day or (kind in (dt.date, dt.datetime) and 1 < cell.day < 28)
            periods += kind is not int or 1990 <= cell <= 210_012 if cell is not None and kind is not bool else 0
            continue
        if cell not in seen:
            if len(seen) > 200_000:
                seen.clear()
            seen[cell] = _is_header_word(cell, words)
        if seen[cell]:
            return True
        periods += cell[:1].isdigit() or len(cell) <= 16
    return periods >= 2 and not has_day and sum(find_period(cell)[0] is not None for cell in row) >= 2


def _is_header_word(text: str, words: frozenset[str]) -> bool:
    if len(text) > 200:
        return False
    plain = plain_words(text)
    return plain in words or any(word in ALL_WORDS for word in plain.split())


def _filled_header_rows(sheet: SheetCells) -> dict[tuple[int, int], Any]:
    """Return what merged cells hold, for each place that they cover."""
    filled = {}
    for (top, left), (bottom, right) in sheet.merged:
        value = sheet.rows[top][left] if top < len(sheet.rows) and left < len(sheet.rows[top]) else None
        if value is None or bottom - top > DEEPEST_HEADER or right - left > 500:
            continue
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                filled[row, column] = value
    return filled


def _segments(
    sheet: SheetCells, filled: Mapping[tuple[int, int], Any], row: int, corner: tuple[int, int] | None
) -> list[tuple[int, int]]:
    """Return the spans of columns of tables that stand side by side: between them a column is blank for many rows."""
    band = sheet.rows[row : row + 30]
    width = max(map(len, band), default=0)
    used = [any(column < len(line) and line[column] is not None for line in band) for column in range(width)]
    spans: list[tuple[int, int]] = []
    start = None
    for column in range(width + 1):
        is_used = column < width and used[column]
        if is_used and start is None:
            start = column
        elif not is_used and start is not None:
            spans.append((start, column))
            start = None
    if corner is not None:
        spans = [(max(left, corner[1]), right) for left, right in spans if right > corner[1]][:1]
        return spans
    if len(spans) < 2:
        return spans
    header = sheet.rows[row]
    texts = [{plain_words(cell) for cell in header[left:right] if isinstance(cell, str)} for left, right in spans]
    is_beside = any(one & other for place, one in enumerate(texts) for other in texts[place + 1 :])
    return spans if is_beside else [(spans[0][0], spans[-1][1])]


def _at(
    sheet: SheetCells,
    filled: Mapping[tuple[int, int], Any],
    row: int,
    left: int,
    right: int,
    target: Target,
    said: Mapping[str, str],
) -> Block | None:
    """Return the table whose header begins in a row: of as many rows as make it clearer."""
    best: Block | None = None
    for depth in range(1, DEEPEST_HEADER + 1):
        if row + depth > len(sheet.rows):
            break
        lines = [_header_line(sheet, filled, row + step, left, right) for step in range(depth)]
        if not _is_header_line(lines[-1], is_first=depth == 1):
            break
        values = {str(cell) for cell in lines[0] if cell is not None}
        if depth > 1 and len(values) == 1 and lines[0][left] is not None:
            break  # one text that begins at the left edge is a title
        lines = _spread(lines)
        headings = read_headings(lines, target, said)
        score = header_score(headings, target)
        numbers = sum(_is_amount(cell) for cell in lines[-1])
        score -= numbers
        needed = best.score + 0.35 if best is not None else LEAST_SCORE if depth == 1 else LEAST_SCORE + 0.01
        is_unit_row = best is not None and _is_unit_row(lines[-1], headings, best.headings)
        is_more = is_unit_row or (best is not None and _is_version_row(lines, best.headings))
        if score >= needed or (is_more and best is not None and score >= best.score - 0.01):
            best = Block(sheet, row, depth, 0, left, right, tuple(headings), score)
    return best


def _is_unit_row(line: Sequence[Any], headings: Sequence[Heading], before: Sequence[Heading]) -> bool:
    """Return whether a row under the header says nothing but units, such as [k€] and [FTE]."""
    cells = [str(cell).strip(" []()") for cell in line if cell is not None]
    known = ("fte", "%", "personen", "people", "eur", "€", "std", "hours", "vzä", "stk", "pt", "anzahl", "days", "tage")
    units = sum(held.unit is not None for held in headings) > sum(held.unit is not None for held in before)
    return (
        bool(cells) and all(len(cell) <= 12 for cell in cells) and (units or all(c.casefold() in known for c in cells))
    )


def _is_version_row(lines: Sequence[Sequence[Any]], before: Sequence[Heading]) -> bool:
    """Return whether the last row, under months, says nothing but which of plan and actual each column is."""
    above, line = lines[-2:]
    there = {place for place, cell in enumerate(line) if cell is not None and cell != above[place]}  # else merged
    words = {plain_words(str(line[place])) for place in there}
    is_below = there <= {held.place for held in before if held.period is not None or held.target == TOTAL}
    return bool(there) and is_below and all(any(word in known for known in VERSIONS.values()) for word in words)


def _header_line(
    sheet: SheetCells, filled: Mapping[tuple[int, int], Any], row: int, left: int, right: int
) -> list[Any]:
    cells = sheet.rows[row]
    line = [None] * left + [cells[column] if column < len(cells) else None for column in range(left, right)]
    if filled:
        line = [filled.get((row, column), cell) if cell is None else cell for column, cell in enumerate(line)]
    return line


def _is_header_line(line: Sequence[Any], *, is_first: bool) -> bool:
    """Return whether a row may belong to a header: words, years and days, and no amounts."""
    cells = [cell for cell in line if cell is not None]
    if not cells:
        return False
    words = sum(_is_word(cell) for cell in cells)
    return words >= 0.6 * len(cells) and (is_first or words == len(cells))


def _is_word(cell: Any) -> bool:
    """Return whether a cell is a text, a period or a day, and no amount that is written as text."""
    if find_period(cell)[0] is not None or isinstance(cell, dt.date):
        return True
    return isinstance(cell, str) and read_written(cell) is None


def _is_amount(cell: Any) -> bool:
    """Return whether a cell is a number, also one typed as text, or a day amid a month; a header has neither."""
    if isinstance(cell, dt.date):
        return 1 < cell.day < 28
    if find_period(cell)[0] is not None:
        return False
    return isinstance(cell, int | float) or (isinstance(cell, str) and read_written(cell) is not None)


def _spread(lines: list[list[Any]]) -> list[list[Any]]:
    """Carry an upper label over the columns to its right that have a lower one and no label of their own.

    Not every sheet merges the cells over which it writes 2026; the label ends where the lower row ends or a total
    begins.
    """
    out = [list(line) for line in lines]
    for upper, lower in pairwise(out):
        held = None
        for column, cell in enumerate(upper):
            below = lower[column] if column < len(lower) else None
            if cell is not None:
                held = cell if find_period(cell)[0] is not None or below is not None else None
            elif below is None:
                held = None
            elif held is not None and not (isinstance(below, str) and plain_words(below) in _ENDS):
                upper[column] = held
    return out


_ENDS = frozenset(("total", "summe", "gesamt", "totaal", "suma", "somme", "bemerkung", "comment", "note", "remark"))


def is_read(heading: Heading) -> bool:
    """Return whether a heading is one that we read: a column of ours, or a period."""
    return heading.target not in ("", TOTAL, PERSON, PAY, "ignore") or (
        heading.period is not None and not heading.target
    )
