"""An export as every vendor's module hands it on: columns that know what they are for, and cells of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench.engagement.exports.texts import plain_text
from workbench.engagement.read import column_letters
from workbench.errors import ClientDataError, Fault

USES = (
    "answers",
    "identity",
    "response",
    "started",
    "completed",
    "seconds",
    "status",
    "channel",
    "finished",
    "progress",
    "dropped",
)
"""What a column may be for; ``dropped`` are names, addresses and whatever else never leaves the file."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A file as rows of text, as it stands.

    Attributes
    ----------
    file, sheet : str
        `sheet` is empty outside a workbook.
    rows : tuple of tuple of str
        All of one width; a blank cell is an empty text.
    numbers : tuple of int
        Number of each row as a spreadsheet counts them.
    encoding : str
        In which the text was read; empty for a workbook.
    """

    file: str
    sheet: str
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    numbers: tuple[int, ...] = field(repr=False)
    encoding: str = ""

    def fault(self, row: int | None, place: int | None, found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault of a cell, a row or the file; `row` and `place` count from 0."""
        number = None if row is None else self.numbers[row]
        if self.sheet and place is not None:
            cell = f"{column_letters(place)}{number or 1}"
        else:
            parts = [number and f"row {number}", None if place is None else f"column {place + 1}"]
            cell = ", ".join(str(part) for part in parts if part)
        return Fault(self.file, self.sheet, cell, found, allowed, remedy)


@dataclass(frozen=True, eq=False)
class ExportColumn:
    """A column of an export.

    Attributes
    ----------
    header : str
        Its name in the mapping; stays the same from wave to wave.
    names : tuple of str
        Header texts, codes and ids by which its question may be recognised.
    use : str
        One of `USES`.
    place : int
        Where it stands in the file, from 0; the first place where several columns are one question.
    cells : tuple of str
        Its texts, one a row of the export.
    """

    header: str
    names: tuple[str, ...]
    use: str
    place: int
    cells: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Export:
    """An export, its header understood.

    Attributes
    ----------
    vendor, layout : str
        Who wrote it, and in which of their ways.
    grid : Grid
        The file.
    rows : tuple of int
        Place of each row of answers in the grid.
    columns : tuple of ExportColumn
    blanks : frozenset of str
        Texts by which the vendor says "no answer".
    remarks : tuple of str
        Sentences that the consultant should read.
    """

    vendor: str
    layout: str
    grid: Grid = field(repr=False)
    rows: tuple[int, ...] = field(repr=False)
    columns: tuple[ExportColumn, ...] = field(repr=False)
    blanks: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()

    def used_for(self, use: str) -> tuple[ExportColumn, ...]:
        """Return the columns of one use, in the file's order."""
        return tuple(column for column in self.columns if column.use == use)

    def fault(self, row: int | None, column: ExportColumn | None, found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault of a cell; `row` counts the rows of answers from 0."""
        place = None if row is None else self.rows[row]
        fault = self.grid.fault(place, None if column is None else column.place, found, allowed, remedy)
        if column is None or self.grid.sheet:
            return fault
        named = ", ".join(part for part in (fault.cell, f"({_short(column.header)})") if part)
        return replace(fault, cell=named.replace(", (", " ("))


def _short(text: str) -> str:
    text = plain_text(text)
    return text if len(text) <= 50 else text[:49] + "…"


def lay_out_rows(
    grid: Grid,
    vendor: str,
    layout: str,
    first_row: int,
    names: Callable[[int], Sequence[str]],
    uses: Mapping[int, str],
    *,
    blanks: frozenset[str] = frozenset(),
    remarks: tuple[str, ...] = (),
) -> Export:
    """Return an export whose columns stand one question each.

    Parameters
    ----------
    grid : Grid
    vendor, layout : str
    first_row : int
        Place of the first row of answers.
    names : callable
        Place of a column → its names; the first is its header in the mapping, and none means no column.
    uses : mapping of int to str
        Uses of the vendor's own columns by their place; all others hold answers.
    blanks, remarks
        As in `Export`.

    Raises
    ------
    ClientDataError
        A column holds something and has no header.
    """
    rows = tuple(place for place in range(first_row, len(grid.rows)) if any(grid.rows[place]))
    columns, faults = [], []
    width = len(grid.rows[0]) if grid.rows else 0
    for place in range(width):
        cells = tuple(grid.rows[row][place] for row in rows)
        known = tuple(name for name in names(place) if name)
        if known:
            columns.append(ExportColumn(known[0], known, uses.get(place, "answers"), place, cells))
        elif any(cells):
            filled = next(row for row, cell in zip(rows, cells, strict=True) if cell)
            faults.append(
                grid.fault(
                    filled,
                    place,
                    "something stands in a column without a header",
                    "a header over every column that holds something.",
                    "Export the file again; a comma in a text without quotation marks does this, too.",
                )
            )
    if faults:
        raise ClientDataError(tuple(faults))
    return Export(vendor, layout, grid, rows, tuple(columns), blanks, remarks)
