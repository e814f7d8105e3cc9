"""Open answers wait for a consultant's codes in a workbook of their own, without a name, a line or an order.

What people wrote never enters ``survey``. It stands under a key that leads back to its sheet with the salt alone, in
the order of these keys, which is nobody's order, outside the client's folder. Text is written as text, so that an
answer that begins with ``=`` is no formula in Excel.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.engagement.columns import fits_key
from workbench.engagement.exports.answers import open_row_key
from workbench.engagement.exports.client_folder import alone_in, open_client, write_together
from workbench.engagement.exports.survey_file import SURVEY, SurveyText, write_survey
from workbench.engagement.exports.texts import has_address
from workbench.engagement.places import engagement_folder
from workbench.engagement.workbooks import open_workbook
from workbench.errors import ClientDataError, Fault, UsageError

COLUMNS = ("row", "item", "text", "codes")


@dataclass(frozen=True, order=True)
class CodingRow:
    """An answer in somebody's own words: its key, its item, what was written, and its codes joined by ``;``."""

    row: str
    item: str
    text: str
    codes: str = ""


def coding_path(reports: Path, engagement: str, wave: str) -> Path:
    """Return where the answers of a wave are coded: one workbook for all forms, so that it tells nobody's role."""
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in wave)
    return reports / engagement / "coding" / f"{safe}.xlsx"


def open_rows(survey: SurveyText, items: Iterable[str], engagement: str, salt: bytes) -> dict[str, tuple[int, str]]:
    """Return key of an open answer → place of its sheet in the table, and its item."""
    items = tuple(items)
    return {
        open_row_key(salt, engagement, wave, item, respondent, line): (place, item)
        for place, (respondent, wave, line) in enumerate(map(survey.key, survey.rows))
        for item in items
    }


def coding_workbook(rows: Iterable[CodingRow]) -> bytes:
    """Return the workbook in which open answers are coded, in the order of their keys."""
    import openpyxl
    from openpyxl.styles import Alignment, Font

    book = openpyxl.Workbook()
    sheet = book.active
    if sheet is None:  # never of a new workbook
        sheet = book.create_sheet()
    sheet.title = "coding"
    held = [COLUMNS, *((held.row, held.item, held.text, held.codes) for held in sorted(rows))]
    for number, cells in enumerate(held, start=1):
        for place, value in enumerate(cells, start=1):
            cell = sheet.cell(number, place, _excel_text(value))
            cell.data_type = "s"
            cell.number_format = "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=number == 1)
    for letter, width in zip("ABCD", (16, 10, 80, 50), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _excel_text(value: str) -> str:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return ILLEGAL_CHARACTERS_RE.sub(" ", value)[:32_000]


def read_coding(path: Path) -> tuple[CodingRow, ...]:
    """Return the answers of a coding workbook.

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
            tidy = ";".join(part.strip() for part in codes.split(";") if part.strip())
            found.append(CodingRow(key, item, text, tidy))
    return tuple(found)


def import_codes(path: str | os.PathLike[str], name: str, salt: bytes, *, root: Path | None = None) -> tuple[int, int]:
    """Bring the codes of open answers into ``survey.csv``.

    Parameters
    ----------
    path : str or path
        A workbook that `run_import` has made, with its column ``codes`` filled in.
    name : str
        Name of the engagement.
    salt : bytes
        The one with which the answers were imported.
    root : Path, optional

    Returns
    -------
    tuple of int and int
        Answers coded, and answers that still wait.

    Raises
    ------
    ClientDataError
        With every code that cannot be read, and every row that leads to no sheet.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"There is no file {path}. Name the workbook that an import has made.")
    with alone_in(engagement_folder(name, root=root)):
        return _bring_codes(path, name, salt, root)


def _bring_codes(path: Path, name: str, salt: bytes, root: Path | None) -> tuple[int, int]:
    """Import codes while nobody else imports."""
    held = open_client(name, root)
    survey = held.survey()
    if survey is None:
        found = "there is no survey yet to which these codes could belong"
        raise ClientDataError((Fault(SURVEY, "", "", found, "imported sheets.", "Import the export first."),))
    items = {item.id: item for item in held.instrument.items if item.kind == "open"}
    places = open_rows(survey, items, held.name, salt)
    rows = [list(row) for row in survey.rows]
    header = list(survey.header)
    coded = waiting = 0
    faults: list[Fault] = []
    told: dict[str, str] = {}
    for answer in read_coding(path):
        if not answer.codes:
            waiting += 1
            continue
        if told.setdefault(answer.row, answer.codes) != answer.codes:
            found = f"the answer stands twice, with the codes {told[answer.row]!r} and {answer.codes!r}"
            faults.append(
                Fault(path.name, "", f"row {answer.row}", found, "each answer once.", "Delete one of the two.")
            )
            continue
        odd = next((code for code in answer.codes.split(";") if not fits_key(code) or has_address(code)), "")
        if odd:
            found = f"{odd[:60]!r} is no code"
            allowed = "a short name in at most 120 letters, and nobody's address."
            faults.append(Fault(path.name, "", f"row {answer.row}", found, allowed, "Write another."))
            continue
        number, target = places.get(answer.row, (-1, answer.item))
        if number < 0 or target not in items:
            remedy = "Take the newest workbook of this wave; and check that the salt is that of the import."
            faults.append(
                Fault(path.name, "", f"row {answer.row}", "it leads to no sheet", "rows of this survey.", remedy)
            )
        elif len(answer.codes.split(";")) > items[target].names:
            found = f"{answer.codes!r} are more than {items[target].names} codes"
            allowed = f"up to {items[target].names} codes joined by ;"
            faults.append(Fault(path.name, "", f"row {answer.row}", found, allowed, "Keep the first ones."))
        else:
            if target not in survey.columns:
                header.append(target)
                survey = replace(survey, header=tuple(header))
            row = rows[number]
            row += [""] * (len(header) - len(row))
            row[survey.columns.index(target)] = answer.codes
            coded += 1
    if faults:
        raise ClientDataError(tuple(faults))
    filled = tuple((*row, *[""] * (len(header) - len(row))) for row in rows)
    write_together({held.folder / SURVEY: write_survey(replace(survey, rows=filled))})
    return coded, waiting
