"""SurveyMonkey: two header rows; questions above, ``Response``, ``Open-Ended Response``, options or row labels below.

Public files and readers of them (a "direct export" quoted in code of a Washington election guide; tools that number the
questions of such files) begin with ``Respondent ID, Collector ID, Start Date, End Date, IP Address, Email Address,
First Name, Last Name, Custom Data 1``, older ones without the blanks; a question's text stands over its first column,
those after it are blank or repeat it. *Condensed*: one column a question, the cell is the answer. *Expanded*: one
column an option, the cell is its text (or number) or empty. The file does not say whether a sheet was finished.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from workbench.engagement.exports.layout import Export, ExportColumn, Grid, lay_out_rows
from workbench.engagement.exports.texts import plain_text, squash

VENDOR = "surveymonkey"
TITLE = "SurveyMonkey"

_NAMES: dict[str, tuple[str, ...]] = {
    "response": ("Respondent ID",),
    "started": ("Start Date", "Date Created"),
    "completed": ("End Date", "Date Modified"),
    "identity": ("Email Address",),
    "dropped": ("Collector ID", "IP Address", "First Name", "Last Name"),
}
_USES = {squash(name): use for use, names in _NAMES.items() for name in names}
_NEEDED = ("Respondent ID", "Collector ID", "Start Date", "End Date")
_PLAIN = frozenset({"", "response", "openendedresponse"})
_CUSTOM = re.compile(r"customdata\d*")
NOT_TOLD = "SurveyMonkey's file does not tell unfinished sheets; export completed responses only."

HEADERS = frozenset(name for names in _NAMES.values() for name in names)
"""Names of the vendor's own columns, as it writes them."""


def missing_tokens(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return the columns of the vendor that the header lacks; empty where it is this vendor's."""
    found = {squash(cell) for cell in rows[0]} if rows else set()
    return tuple(name for name in _NEEDED if squash(name) not in found)


def lay_out(grid: Grid, is_question: Callable[[str], bool]) -> Export:
    """Return the export's columns; the columns of one expanded question become one."""
    top = grid.rows[0]
    own = next(place for place, cell in enumerate(top) if squash(cell) == "respondentid")
    has_second = len(grid.rows) > 1 and not grid.rows[1][own]
    second = grid.rows[1] if has_second else ("",) * len(top)
    uses: dict[int, str] = {}
    questions: list[str] = []
    for place, cell in enumerate(top):
        token = squash(cell)
        if token in _USES or _CUSTOM.fullmatch(token):
            uses[place] = _USES.get(token, "dropped")
            questions.append("")
        else:
            questions.append(plain_text(cell) or (questions[-1] if questions else ""))

    def names(place: int) -> tuple[str, ...]:
        if place in uses:
            return (top[place],)
        question, below = questions[place], plain_text(second[place])
        if not question or squash(below) in _PLAIN:
            return (question,)
        return (f"{question} | {below}", below, question)

    first = 2 if has_second else 1
    export = lay_out_rows(grid, VENDOR, "condensed", first, names, uses, remarks=(NOT_TOLD,))
    columns, is_expanded = _merge_options(export.columns, questions, second, is_question)
    layout = "expanded" if is_expanded else "condensed"
    return Export(VENDOR, layout, grid, export.rows, columns, remarks=export.remarks)


def _merge_options(
    columns: Sequence[ExportColumn],
    questions: Sequence[str],
    second: Sequence[str],
    is_question: Callable[[str], bool],
) -> tuple[tuple[ExportColumn, ...], bool]:
    """Return the columns with those of the options of one question made one, and whether there were any."""
    groups: dict[str, list[ExportColumn]] = {}
    for column in columns:
        if column.use == "answers":
            below = plain_text(second[column.place])
            row, _, option = below.partition(" - ")
            key = questions[column.place]
            if option and is_question(row):  # a matrix, one column a statement and option
                key = row
            elif is_question(below) or squash(below) in _PLAIN:
                continue
            groups.setdefault(key, []).append(column)
    merged: dict[int, ExportColumn] = {}
    gone: set[int] = set()
    for question, held in groups.items():
        labels = {}
        for column in held:
            below = plain_text(second[column.place])
            row, _, option = below.partition(" - ")
            labels[column.place] = option if option and is_question(row) else below
        marks = [column for column in held if _only_marks(column, labels[column.place])]
        if len(marks) < 2 or not any(any(column.cells) for column in marks):
            continue
        most = max(sum(bool(column.cells[row]) for column in marks) for row in range(len(marks[0].cells)))
        if most > 1 and not is_question(question):  # boxes to tick, which are no answer to a question of ours
            continue
        cells = tuple(
            "; ".join(labels[column.place] for column in marks if column.cells[row])
            for row in range(len(marks[0].cells))
        )
        merged[marks[0].place] = ExportColumn(question, (question,), "answers", marks[0].place, cells)
        gone |= {column.place for column in marks}
    kept = tuple(
        merged.get(column.place, column) for column in columns if column.place not in gone or column.place in merged
    )
    return kept, bool(merged)


def _only_marks(column: ExportColumn, label: str) -> bool:
    """Say whether a column does nothing but mark its option: its text, or always the same number."""
    filled = {cell for cell in column.cells if cell}
    return {squash(cell) for cell in filled} <= {squash(label)} or (len(filled) == 1 and next(iter(filled)).isdecimal())
