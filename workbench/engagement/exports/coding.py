"""Open answers wait for a consultant's codes in a workbook of their own, without a name, a line or an order.

What people wrote never enters ``survey``. It stands under a key that leads back to its sheet with the salt alone, in
the order of these keys, which is nobody's order, outside the client's folder. Text is written as text, so that an
answer that begins with ``=`` is no formula in Excel.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.engagement.exports.answers import OpenAnswer
from workbench.engagement.read import open_workbook
from workbench.errors import ClientDataError, Fault

COLUMNS = ("row", "item", "text", "codes")
HOW_TO = (
    "Write the codes of each answer into the column codes, joined by ; and the same code for the same thing, then: "
    "workbench import codes FILE NAME"
)


def coding_workbook(answers: Sequence[OpenAnswer], codes: Mapping[tuple[str, str], str]) -> bytes:
    """Return the workbook in which open answers are coded; codes that are known already stand in it."""
    import openpyxl
    from openpyxl.styles import Alignment, Font

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    sheet.title = "coding"
    for answer in (None, *answers):
        held = (
            COLUMNS
            if answer is None
            else (answer.row, answer.item, answer.text, codes.get((answer.row, answer.text), ""))
        )
        sheet.append(["" for _ in held])
        for cell, value in zip(sheet[sheet.max_row], held, strict=True):
            cell.value = _excel_text(value)
            cell.data_type = "s"
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=answer is None)
    for letter, width in zip("ABCD", (16, 10, 80, 50), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    held_bytes = io.BytesIO()
    book.save(held_bytes)
    return held_bytes.getvalue()


def _excel_text(value: str) -> str:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return ILLEGAL_CHARACTERS_RE.sub(" ", value)[:32_000]


def read_coding(path: Path) -> tuple[tuple[str, str, str, str], ...]:
    """Return row key, item, text and codes of each answer of a coding workbook.

    Raises
    ------
    ClientDataError
        It is no such workbook.
    """

    def refuse(found: str) -> ClientDataError:
        allowed = f"the workbook that an import has made, with the columns {', '.join(COLUMNS)}."
        return ClientDataError(
            (Fault(path.name, "", "", found, allowed, "Take that workbook, and fill in its codes."),)
        )

    book, faults = open_workbook(path.read_bytes(), path.name)
    if book is None:
        raise ClientDataError(tuple(faults))
    rows, faults = book.rows(book.sheets[0])
    if faults:
        raise ClientDataError(tuple(faults))
    header = [str(cell or "").strip().lower() for cell in rows[0]] if rows else []
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise refuse(f"its first row lacks {', '.join(missing)}")
    places = [header.index(name) for name in COLUMNS]
    found = []
    for row in rows[1:]:
        key, item, text, codes = (
            str(row[place]).strip() if place < len(row) and row[place] is not None else "" for place in places
        )
        if key:
            found.append((key, item, text, codes))
    return tuple(found)
