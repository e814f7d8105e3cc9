"""Which table of a file is the one wanted; where several could be, the consultant says."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.engagement.intake.blocks import Block, find_blocks
from workbench.engagement.intake.cells_of_sheets import SheetCells
from workbench.engagement.intake.headers import header_key
from workbench.engagement.intake.marks import mark_of
from workbench.engagement.intake.opening import OpenFile
from workbench.engagement.intake.plan import Reading
from workbench.engagement.intake.targets import Target
from workbench.errors import Answer, ClientDataError, Fault, UsageError, nearest

CLEARLY = 1.3
"""How much better than the next the best table must fit, to be taken without asking (ours)."""

_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@dataclass(frozen=True)
class Place:
    """Where a table begins.

    Attributes
    ----------
    sheet : str
    top, left : int
        Row and column, from 0.
    """

    sheet: str
    top: int
    left: int


@dataclass(frozen=True, eq=False)
class Found:
    """A table of a file that was opened and looked through before.

    Attributes
    ----------
    opened : OpenFile
    content : bytes
        What is in the file.
    place : Place
    missing : tuple of str
        Columns that our table needs and no header gives; a title may.
    """

    opened: OpenFile
    content: bytes = field(repr=False)
    place: Place
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Choice:
    """The table to read, and where others stand that are not read.

    Attributes
    ----------
    block : Block
    others : tuple of str
        Where they begin.
    """

    block: Block
    others: tuple[str, ...] = ()


def choose_block(
    opened: OpenFile,
    target: Target,
    said: Reading,
    saved: Mapping[str, Any],
    now: Reading,
    place: Place | None = None,
) -> Choice:
    """Return the table to read.

    Parameters
    ----------
    opened : OpenFile
    target : Target
    said : Reading
        With what was confirmed before.
    saved : mapping of str to Any
        What was confirmed before; its headers find the table again.
    now : Reading
        What is said with this command alone.
    place : Place, optional
        Where it was found to begin; nothing else of the file is looked at then.

    Raises
    ------
    ClientDataError
        No header of this table was found, or several tables fit.
    UsageError
        ``--at`` is no cell, or there is no such sheet.
    """
    if place is not None:
        here = [held for held in opened.sheets if held.name == place.sheet]
        there = [
            block
            for held in here
            for block in find_blocks(held, target, said.columns)
            if block.top <= place.top < block.first_row and block.left <= place.left < block.right
        ]
        if not there:
            raise ClientDataError((_none(opened, target, here),))
        return Choice(there[0])
    sheet, corner = said_place(now)
    names = [held.name for held in opened.sheets]
    places = [held for held in opened.sheets if held.rows and sheet.casefold() in ("", held.name.casefold())]
    if sheet and sheet.casefold() not in [name.casefold() for name in names]:
        raise no_sheet(sheet, names)
    found = [block for held in places for block in find_blocks(held, target, said.columns, corner=corner)]
    if not found:
        raise ClientDataError((_none(opened, target, places),))
    everywhere = tuple(found)
    if saved.get("confirmed_on") and not sheet and corner is None:
        found = _known(found, saved, said)
    found.sort(key=lambda block: -block.score)
    best = found[0]
    rivals = [block for block in found[1:] if best.score < CLEARLY * block.score or _continues(best, block)]
    if rivals and corner is None:
        raise ClientDataError((_several(opened, [best, *rivals]),))
    others = [
        block for block in everywhere if (block.sheet, block.top, block.left) != (best.sheet, best.top, best.left)
    ]
    return Choice(best, tuple(block.corner for block in others))


def _continues(best: Block, block: Block) -> bool:
    """Return whether a table right below shares columns of ours, so that it may be the rest of the one above."""
    if best.sheet is not block.sheet or min(best.right, block.right) <= max(best.left, block.left):
        return False
    above, below = sorted((best, block), key=lambda held: held.top)
    if above.bottom == below.top and any(cell is not None for cell in above.sheet.rows[below.top - 1]):
        return True  # nothing stands between: what looks like a header may be a row of data
    one, other = (
        {held.target for held in block.headings if held.target not in ("", "total")}
        | {f"{held.period.kind} {held.period.number}" for held in block.headings if held.period is not None}
        for block in (best, block)
    )
    return len(one & other) >= 2


def _known(found: list[Block], saved: Mapping[str, Any], said: Reading) -> list[Block]:
    """Return the tables that have all headers that were confirmed: of the sheet of old, unless a new one has them too.

    A workbook to which each month adds a sheet still holds the one that was read before.
    """
    wanted = {header_key(str(h)) for h, c in (saved.get("headers") or {}).items() if c != "ignore"}
    fitting = [block for block in found if wanted <= {header_key(held.text) for held in block.headings}]
    layout = saved.get("sheet_layout") or {}
    sheet, others = str(layout.get("sheet") or ""), set(layout.get("other_sheets") or ())
    old = [block for block in fitting if block.sheet.name == sheet]
    new = {
        block.sheet.name for block in fitting if block.sheet.name != sheet and mark_of(block.sheet.name) not in others
    }
    if not old or new:
        return fitting or found
    _, corner = parse_corner(said.at)
    row = int(layout.get("header_row") or 0)
    same = [block for block in old if corner is not None and (block.top, block.left) == corner]
    same = same or [block for block in old if block.top + block.depth == row]
    return same if len(same) == 1 else old


def is_beside(block: Block, saved: Mapping[str, Any], now: Reading) -> bool:
    """Return whether a table that was named by its cell stands beside the one confirmed before, on the same sheet."""
    layout = saved.get("sheet_layout") or {}
    row = int(layout.get("header_row") or 0)
    if not saved.get("confirmed_on") or not now.at or str(layout.get("sheet") or "") != block.sheet.name:
        return False
    wanted = {header_key(str(header)) for header, column in (saved.get("headers") or {}).items() if column != "ignore"}
    cells = block.sheet.rows[row - 1] if 0 < row <= len(block.sheet.rows) else []
    there = {header_key(cell) for cell in cells if isinstance(cell, str)}
    is_there = bool(wanted) and wanted <= there  # the one of old still stands in its row
    return is_there and not block.top < row <= block.first_row


def said_place(said: Reading) -> tuple[str, tuple[int, int] | None]:
    """Return the sheet and the cell that ``--sheet`` and ``--at`` name.

    Raises
    ------
    UsageError
        They name two sheets, or ``--at`` is no cell.
    """
    named, corner = parse_corner(said.at)
    if named and said.sheet and named.casefold() != said.sheet.casefold():
        raise UsageError(f"--sheet says {said.sheet[:60]!r} and --at {named[:60]!r}. Say one of them.")
    return named or said.sheet, corner


def parse_corner(text: str) -> tuple[str, tuple[int, int] | None]:
    """Return the sheet and the cell, from 0, of ``--at``.

    Examples
    --------
    >>> parse_corner("Costs 2026!B7"), parse_corner("")
    (('Costs 2026', (6, 1)), ('', None))
    >>> parse_corner("'The board''s'!A1"), parse_corner("The 'new'!A1")
    (("The board's", (0, 0)), ("The 'new'", (0, 0)))

    Raises
    ------
    UsageError
        It is no cell.
    """
    if not text:
        return "", None
    sheet, _, cell = text.rpartition("!")
    match = _CELL.fullmatch(cell.strip().upper().replace("$", ""))
    if match is None:
        raise UsageError(f"--at {text[:60]!r} is no cell. Say where the table begins, such as B7 or Costs!B7.")
    column = 0
    for letter in match.group(1):
        column = column * 26 + ord(letter) - 64
    if len(sheet) > 1 and sheet[0] == sheet[-1] == "'":  # as a formula names a sheet
        sheet = sheet[1:-1].replace("''", "'")
    return sheet, (int(match.group(2)) - 1, column - 1)


def no_sheet(wanted: str, names: Sequence[str]) -> UsageError:
    """Return what is said of a sheet that the file has not."""
    hint = f"{nearest(wanted, names)} ".lstrip()
    there = f"There are: {', '.join(names)}." if any(names) else "A text file has none."
    return UsageError(f"There is no sheet {wanted[:60]!r}. {hint}{there}")


def is_blank(sheets: Sequence[SheetCells]) -> bool:
    """Return whether sheets hold no cell at all."""
    return not any(cell is not None for held in sheets for row in held.rows for cell in row)


def _none(opened: OpenFile, target: Target, places: list[Any]) -> Fault:
    hidden = [held.name for held in opened.sheets if held.is_hidden]
    empty = is_blank(places)
    found = "no row looks like a header of this table" if not empty else "the file holds no cell that can be read"
    if hidden:
        found += f"; hidden sheets are not read: {', '.join(hidden[:6])}"
    needed = [name for name, column in target.columns.items() if column.is_required]
    allowed = f"columns for {', '.join(needed)}, called so or as is usual in English, German, French, Dutch, Spanish."
    remedy = f'Say --map "HEADER={needed[0]}" for each needed column; --sheet names a sheet, --at the first cell.'
    return Fault(opened.file, "", "", found, allowed, remedy)


def _several(opened: OpenFile, blocks: list[Block]) -> Fault:
    shown = "; ".join(
        f"{block.corner}{f' (below {block.titles[-1][1][:50]!r})' if block.titles else ''}" for block in blocks[:6]
    )
    remedy = f'Say --at with the cell where the right one begins, such as --at "{blocks[0].corner}".'
    answers = tuple(Answer("--at", block.corner, block.corner) for block in blocks)
    return Fault(opened.file, "", "", f"several tables fit: {shown}", "one table.", remedy, answers)
