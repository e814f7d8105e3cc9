"""The plotted numbers as a workbook: real numbers with formats, text that can never become a formula."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

from workbench import theme
from workbench.report.commentary import Remark
from workbench.report.exhibit import Exhibit, Note
from workbench.report.images import numbered_exhibits
from workbench.report.story import Report
from workbench.report.tables import Column, Table
from workbench.report.values import Plain, written

LONGEST_NAME = 31
"""Characters Excel allows in a sheet's name."""

FIRST_ROW = 3
"""Claim, subtitle and an empty row stand above the header."""


def write_workbook(report: Report, path: str | Path) -> Path:
    """Write the contents and a sheet for each exhibit.

    Parameters
    ----------
    report : Report
    path : str or Path
        The workbook; overwritten.
    """
    place = Path(path)
    place.write_bytes(workbook_bytes(report))
    return place


def workbook_bytes(report: Report) -> bytes:
    """Return the workbook; the same report gives the same bytes."""
    from xlsxwriter import Workbook

    held = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = Workbook(held, options)
    workbook.set_properties({"title": f"Exhibits of {report.meta.client}", "created": _date(report.meta.as_of)})
    exhibits = [(name, exhibit) for name, exhibit in numbered_exhibits(report) if not isinstance(exhibit.content, Note)]
    styles = _Styles(workbook)
    _write_contents(workbook, styles, report, exhibits)
    for name, exhibit in exhibits:
        _write_exhibit(workbook.add_worksheet(name[:LONGEST_NAME]), styles, exhibit, report.words.under(exhibit))
    if report.words.spots or report.words.left_out:
        _write_words(workbook.add_worksheet("Commentary"), styles, report)
    workbook.close()
    return held.getvalue()


def _date(text: str) -> dt.datetime:
    """Return the report's date, for a workbook with the time of its making would differ from run to run."""
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return dt.datetime(2000, 1, 1)


class _Styles:
    """The workbook's formats, each made once."""

    def __init__(self, workbook: Any) -> None:
        self._workbook = workbook
        self._held: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **what: Any) -> Any:
        """Return the format with these properties."""
        key = tuple(sorted(what.items()))
        if key not in self._held:
            self._held[key] = self._workbook.add_format({"font_name": "Arial", "font_size": 10, **what})
        return self._held[key]


def _write_contents(workbook: Any, styles: _Styles, report: Report, exhibits: list[tuple[str, Exhibit]]) -> None:
    sheet = workbook.add_worksheet("Contents")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 92)
    sheet.set_column(2, 2, 60)
    sheet.write_string(0, 0, f"{report.meta.client}: the plotted numbers", styles.get(bold=True, font_size=14))
    words = f"As of {report.meta.as_of}. {report.meta.confidentiality}".strip()
    sheet.write_string(1, 0, words, styles.get(font_color=theme.SLATE))
    for place, head in enumerate(("Sheet", "What it shows", "Source")):
        sheet.write_string(FIRST_ROW, place, head, styles.get(bold=True, bottom=1))
    for row, (name, exhibit) in enumerate(exhibits, start=FIRST_ROW + 1):
        target = name[:LONGEST_NAME]
        link = styles.get(font_color=theme.BLUE, underline=1, valign="top")
        sheet.write_url(row, 0, f"internal:'{target}'!A1", link, target)
        sheet.write_string(row, 1, exhibit.claim, styles.get(text_wrap=True, valign="top"))
        sheet.write_string(row, 2, exhibit.source, styles.get(text_wrap=True, valign="top", font_color=theme.SLATE))


def _write_words(sheet: Any, styles: _Styles, report: Report) -> None:
    """Write all words in the order of the report's places, then what was left out, by whom and why."""
    sheet.hide_gridlines(2)
    head, cell = styles.get(bold=True, bottom=1), styles.get(text_wrap=True, valign="top")
    for place, width in enumerate((30, 80, 26, 14, 50)):
        sheet.set_column(place, place, width)
    words = [
        (
            spot if not chapter else f"{chapter}/{spot}".rstrip("/"),
            *(("Reply: " if held.action == "reply" else "") + held.text, held.author, held.date, held.moved),
        )
        for (chapter, page, spot), remarks in report.words.spots.items()
        for held in remarks
        for spot in (" ".join(part for part in (page and f"page {page}", spot) if part),)
    ]
    left = [(one.key, one.claim, one.author, one.date, one.reason) for one in report.words.left_out]
    row = 0
    for title, heads, rows in (
        ("Words", ("About", "Words", "Who", "When", "Since then"), words),
        ("Left out", ("Exhibit", "What it said", "Who", "When", "Why"), left),
    ):
        if not rows:
            continue
        sheet.write_string(row, 0, title, styles.get(bold=True, font_size=13))
        for place, name in enumerate(heads):
            sheet.write_string(row + 1, place, name, head)
        for number, cells in enumerate(rows, start=row + 2):
            for place, text in enumerate(cells):
                sheet.write_string(number, place, text, cell)
        row += len(rows) + 3


def _write_exhibit(sheet: Any, styles: _Styles, exhibit: Exhibit, remarks: tuple[Remark, ...]) -> None:
    table = exhibit.sheet()
    shown = table.cells()
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, exhibit.claim, styles.get(bold=True, font_size=13))
    sheet.write_string(1, 0, exhibit.subtitle, styles.get(font_color=theme.SLATE))
    sheet.freeze_panes(FIRST_ROW + 1, 1)
    for place, column in enumerate(table.columns):
        is_text = column.unit == "text"
        side = "left" if is_text else "right"
        head = styles.get(bold=True, bottom=1, text_wrap=True, align=side, valign="bottom")
        sheet.write_string(FIRST_ROW, place, _head(column, table), head)
        longest = max([len(cells[place]) for cells in shown], default=8)
        sheet.set_column(place, place, min(60, max(12, longest * 1.05 + 2)))
        for row, values in enumerate(table.rows):
            _write_cell(sheet, styles, table, (FIRST_ROW + 1 + row, place), column, values[place])
    foot = FIRST_ROW + 2 + len(table)
    if table.figures:
        _write_ids(sheet, styles, table)
    sheet.write_string(foot, 0, f"Source: {exhibit.source}", styles.get(font_color=theme.SLATE))
    for row, words in enumerate((*exhibit.comments, *map(str, remarks)), start=foot + 1):
        sheet.write_string(row, 0, words, styles.get(italic=True))


def _write_ids(sheet: Any, styles: _Styles, table: Table) -> None:
    place = len(table.columns)
    sheet.set_column(place, place, 12)
    sheet.write_string(FIRST_ROW, place, "Figure", styles.get(bold=True, bottom=1))
    for row, ids in enumerate(table.figures):
        sheet.write_string(FIRST_ROW + 1 + row, place, " ".join(ids), styles.get(font_color=theme.SLATE))


def _head(column: Column, table: Table) -> str:
    """Whole money and shares as they are: the cell's format shows the unit."""
    units = {"currency": theme.currency_sign(table.currency), "share": "%"}
    unit = units.get(column.unit, column.unit)
    is_said = column.unit in ("text", "", "count", "people", "level", "score", "points")
    return column.header if is_said else f"{column.header} ({unit})"


def _write_cell(sheet: Any, styles: _Styles, table: Table, cell: tuple[int, int], column: Column, value: Plain) -> None:
    is_total = cell[0] - FIRST_ROW - 1 in table.totals
    more = {"bold": True, "top": 1} if is_total else {}
    if isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(*cell, value, styles.get(num_format=_number_format(column, table), **more))
    elif value is not None:
        words = written(value, "text")
        wrap = {"text_wrap": True} if len(words) > 60 else {}
        sheet.write_string(*cell, words, styles.get(valign="top", **wrap, **more))


def _number_format(column: Column, table: Table) -> str:
    digits = "" if not column.decimals else "." + "0" * column.decimals
    if column.unit == "share":
        return f"0{digits or '.0'}%"
    if column.unit in ("count", "people", "currency"):
        return f"#,##0{digits}"
    return f"#,##0{digits or '.0'}" if column.decimals != 0 else "#,##0"
