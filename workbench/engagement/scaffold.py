"""A new client's folder: a workbook that explains itself, and a place for facts.

The workbook is made from `schema` and from the instrument, so that what it asks for is what is read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo

from workbench.engagement.cells import choices_of, column_kind, is_open_choice
from workbench.engagement.columns import EXAMPLE_PREFIX, example_of, refers_of, unit_of
from workbench.engagement.places import check_name, clients_folder, find_root
from workbench.engagement.read import column_letters
from workbench.engagement.schema import SHEET_TABLES, TABLES, TableSpec
from workbench.engagement.settings import EngagementSettings
from workbench.errors import UsageError
from workbench.theme import BLUE, GRID, INK, PAPER, SLATE

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from workbench.readiness.instrument import Instrument

WORKBOOK = "engagement.xlsx"
LAST_ROW = 5_000
"""Drop-downs reach this far down; further rows are read all the same (ours)."""

PALE_BLUE = "#D6E6F2"
TAB_COLOURS = {"all": BLUE, "readiness": "#009E73", "outcomes": "#E69F00", "allocation": "#CC79A7", "report": SLATE}
NEED_WORDS = {"required": "needed", "useful": "makes it better"}
SHEET_PURPOSES = {
    "engagement": "The settings: one a row.",
    "fact_tables": "A table of facts, and what its columns are.",
    "metrics": "A measure, and how it is made of facts.",
    "targets": "A dated target of a measure.",
    "forums": "A meeting in which measures are looked at.",
    "scenarios": "A change of a scenario.",
}
_GROUPS = ("all", "readiness", "outcomes", "allocation", "report")
_LONGEST_LIST = 255  # characters that Excel takes for a drop-down


def new_engagement(name: str, *, root: Path | None = None) -> Path:
    """Make a folder for a client, with a workbook to fill in.

    Parameters
    ----------
    name : str
        Small letters, digits and hyphens.
    root : Path, optional
        The workbench's folder; by default what `find_root` finds.

    Returns
    -------
    Path
        The new folder.

    Raises
    ------
    UsageError
        The name is none, or the folder is there already.
    """
    root = root if root is not None else find_root()
    folder = clients_folder(root) / check_name(name)
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{name!r} exists already. Choose another name, or fill in the folder that is there.")
    folder.mkdir(mode=0o700, parents=True)
    readme = (root / "templates" / "engagement" / "README.txt").read_text(encoding="utf-8")
    (folder / "README.txt").write_text(readme.replace("{name}", name), encoding="utf-8")
    (folder / "facts").mkdir(mode=0o700)
    (folder / "facts" / "README.txt").write_text(
        "One CSV or Parquet file for each row of the sheet fact_tables, with the same name: tickets.csv\n",
        encoding="utf-8",
    )
    write_workbook(folder / WORKBOOK, name=name, root=root)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
    return folder


def write_workbook(path: Path, *, name: str, root: Path) -> None:
    """Write the workbook that explains itself.

    Parameters
    ----------
    path : Path
        Where.
    name : str
        Name of the engagement, for the command on the first sheet.
    root : Path
        The workbench's folder.
    """
    import xlsxwriter
    import yaml

    from workbench.engagement.inputs_readiness import read_instrument
    from workbench.engagement.tables import Tables

    words = yaml.safe_load((root / "templates" / "engagement" / "questions.yaml").read_text(encoding="utf-8"))
    instrument = read_instrument(Tables({}, root=root))
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(path, options)
    try:
        formats = _formats(book)
        readme = book.add_worksheet("README")
        specs = [
            SHEET_TABLES["engagement"],
            *TABLES.values(),
            *(s for s in SHEET_TABLES.values() if s.name != "engagement"),
        ]
        in_order = [spec for group in _GROUPS for spec in specs if spec.answers == group]
        _write_readme(readme, words, in_order, name, formats)
        for spec in in_order:
            sheet = book.add_worksheet(spec.name)
            sheet.set_tab_color(TAB_COLOURS[spec.answers])
            if spec.name == "engagement":
                _write_settings(sheet, formats)
            else:
                _write_table(sheet, spec, formats, instrument if spec.name == "survey" else None)
        readme.activate()
    finally:
        book.close()


def _formats(book: Workbook) -> dict[str, Format]:
    """Return every format of the workbook by what it is for."""
    base = {"font_name": "Calibri", "font_size": 11, "font_color": INK}
    head = {**base, "bold": True, "text_wrap": True, "valign": "top", "border": 1, "border_color": GRID}
    grey = {**base, "italic": True, "font_color": SLATE}
    shapes: dict[str, dict[str, Any]] = {
        "required": {**head, "bg_color": BLUE, "font_color": PAPER},
        "optional": {**head, "bg_color": PALE_BLUE},
        "text": {**base, "num_format": "@"},
        "number": {**base, "num_format": "General"},
        "date": {**base, "num_format": "yyyy-mm-dd"},
        "example_text": {**grey, "num_format": "@"},
        "example_number": {**grey, "num_format": "General"},
        "example_date": {**grey, "num_format": "yyyy-mm-dd", "align": "left"},
        "title": {**base, "bold": True, "font_size": 20},
        "question": {**base, "bold": True, "font_size": 13, "top": 1, "top_color": SLATE},
        "line": {**base, "top": 1, "top_color": SLATE},
        "wrap": {**base, "text_wrap": True, "valign": "top"},
        "quiet": {**base, "text_wrap": True, "valign": "top", "font_color": SLATE},
        "strong": {**base, "bold": True, "valign": "top"},
        "link": {**base, "font_color": BLUE, "underline": 1, "valign": "top"},
        "code": {**base, "font_name": "Consolas", "bg_color": GRID},
    }
    return {name: book.add_format(shape) for name, shape in shapes.items()}


# -- the first sheet ---------------------------------------------------------------------------------------------------


def _write_readme(
    sheet: Worksheet, words: Mapping[str, Any], specs: Iterable[TableSpec], name: str, formats: Mapping[str, Format]
) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 2)
    sheet.set_column(1, 1, 24)
    sheet.set_column(2, 2, 30)
    sheet.set_column(3, 3, 76)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 1, words["title"], formats["title"])
    sheet.set_row(0, 30)
    row = 2
    for line in words["how"]:
        sheet.merge_range(row, 1, row, 3, line, formats["wrap"])
        row += 1
    row += 1
    sheet.write_string(row, 1, "needed", formats["required"])
    sheet.write_string(row, 2, "may stay blank", formats["optional"])
    row += 2
    sheet.write_string(row, 1, "When it is filled:", formats["strong"])
    sheet.merge_range(row, 2, row, 3, f"save, close it, and run   workbench check {name}", formats["code"])
    row += 2
    blocks = [
        ("all", words["base"]),
        *((block["answers"], block) for block in words["questions"]),
        ("report", words["other"]),
    ]
    for group, block in blocks:
        sheet.write_string(row, 1, block["title"], formats["question"])
        for column in (2, 3):
            sheet.write_blank(row, column, None, formats["line"])
        sheet.merge_range(row + 1, 1, row + 1, 3, block["text"], formats["quiet"])
        sheet.set_row(row + 1, 32 if len(block["text"]) > 120 else 16)
        row += 2
        listed = [spec for spec in specs if spec.answers == group]
        for spec in sorted(listed, key=lambda spec: list(NEED_WORDS).index(spec.need)):
            sheet.write_url(row, 1, f"internal:'{spec.name}'!A1", formats["link"], string=spec.name)
            sheet.write_string(row, 2, NEED_WORDS[spec.need], formats["strong" if spec.need == "required" else "wrap"])
            sheet.write_string(row, 3, _purpose(spec), formats["wrap"])
            row += 1
        row += 1


def _purpose(spec: TableSpec) -> str:
    purpose = SHEET_PURPOSES.get(spec.name) or f"One row is {spec.purpose[0].lower()}{spec.purpose[1:]}"
    return purpose.partition("; the instrument")[0].rstrip(".") + "."


# -- the tables --------------------------------------------------------------------------------------------------------


def _write_settings(sheet: Worksheet, formats: Mapping[str, Format]) -> None:
    """Write the sheet of settings: all keys, their usual values, and what they mean."""
    for column, (title, width) in enumerate((("key", 24), ("value", 30), ("note", 80))):
        sheet.set_column(column, column, width, formats["text" if column < 2 else "quiet"])
        sheet.write_string(0, column, title, formats["required" if column < 2 else "optional"])
    row = 1
    for key, info in EngagementSettings.model_fields.items():
        if key in ("sources", "databases"):
            continue
        sheet.write_string(row, 0, key, formats["text"])
        note = info.description or ""
        if info.is_required():
            note = f"{note} Must be filled." + (" Such as 2026-09-30." if key == "as_of" else "")
            sheet.write_blank(row, 1, None, formats["text"])
        elif info.default_factory is None and info.default is not None:
            sheet.write_string(row, 1, str(info.default), formats["text"])
        choices = choices_of(info)
        if choices:
            sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": list(choices)})
            note = f"{note} One of: {', '.join(choices)}."
        sheet.write_string(row, 2, note, formats["quiet"])
        row += 1
    for key, note in (
        (
            "sources.survey.date_order",
            "Only if check asks: day-month-year or month-day-year, for the table in the middle.",
        ),
        ("sources.survey.decimal", "Only if check asks: . or ,"),
    ):
        sheet.write_string(row, 0, f"{EXAMPLE_PREFIX}: {key}", formats["example_text"])
        sheet.write_string(row, 2, note, formats["quiet"])
        row += 1
    sheet.freeze_panes(1, 1)


def _write_table(
    sheet: Worksheet, spec: TableSpec, formats: Mapping[str, Format], instrument: Instrument | None
) -> None:
    """Write header, comments, drop-downs and the example row of one table."""
    for place, (column, info) in enumerate(spec.columns.items()):
        kind = column_kind(info)
        shape = "date" if kind == "date" else "number" if kind in ("number", "integer") else "text"
        example = _example(spec, column, info)
        width = max(12, len(column) + 3, min(40, len(str(example or "")) + 3))
        sheet.set_column(place, place, width, formats[shape])
        sheet.write_string(0, place, column, formats["required" if info.is_required() else "optional"])
        _comment(sheet, 0, place, _explain(column, info, kind))
        _drop_down(sheet, place, info)
        _write_example(sheet, 1, place, example, formats[f"example_{shape}"])
        for row, more in enumerate(spec.model.more_examples, start=2):
            _write_example(sheet, row, place, _marked(spec, column, more.get(column)), formats[f"example_{shape}"])
    width = len(spec.columns)
    if instrument is not None:
        _write_items(sheet, width, instrument, formats)
        width += len(instrument.items)
    keys = sum(column in spec.key for column in list(spec.columns)[:2]) or 1
    sheet.freeze_panes(1, keys)
    sheet.set_landscape()
    sheet.repeat_rows(0)


def _write_example(sheet: Worksheet, row: int, place: int, example: Any, cell_format: Format) -> None:
    if example is None:
        sheet.write_blank(row, place, None, cell_format)
    elif isinstance(example, dt.date):
        sheet.write_datetime(row, place, dt.datetime.combine(example, dt.time()), cell_format)
    elif isinstance(example, int | float):
        sheet.write_number(row, place, example, cell_format)
    else:
        sheet.write_string(row, place, str(example), cell_format)


def _write_items(sheet: Worksheet, first: int, instrument: Instrument, formats: Mapping[str, Format]) -> None:
    """Write a column for each item of the instrument, with its statement and levels as a comment."""
    for place, item in enumerate(instrument.items, start=first):
        answers = instrument.answers(item)
        sheet.set_column(place, place, 14, formats["text"])
        sheet.write_string(0, place, item.id, formats["optional"])
        levels = "\n".join(f"{level:g}  {text}" for level, text in item.anchors)
        asked = ", ".join(item.roles)
        values = [option.value for option in answers.options]
        more = " / ".join(option.value for option in answers.options if option.meaning != "level")
        note = f"{item.printed} {item.title}\n\n{item.statement}\n{levels}\n\nAsked: {asked}."
        if item.kind == "open":
            note += f"\nUp to {item.names} codes joined by ; – or: {', '.join(values)}"
        else:
            note += f"\nAlso: {more}. Blank: not answered."
            if len(",".join(values)) <= _LONGEST_LIST:
                sheet.data_validation(1, place, LAST_ROW, place, _list(values, "A level of the question."))
        _comment(sheet, 0, place, note)
        if item.kind != "open":
            sheet.write_string(1, place, values[len(values) // 2 - 1], formats["example_text"])


def _example(spec: TableSpec, column: str, info: FieldInfo) -> Any:
    """Return the example of a cell; the first free text of the key says that the row is one."""
    return _marked(spec, column, example_of(info))


def _marked(spec: TableSpec, column: str, example: Any) -> Any:
    free = next((key for key in spec.key if column_kind(spec.columns[key]) == "text"), "")
    if column == free:
        return f"{EXAMPLE_PREFIX}-{example}" if example else EXAMPLE_PREFIX
    return example


def _explain(column: str, info: FieldInfo, kind: str) -> str:
    """Return the comment of a header: what belongs into the column, in which form, and whether it must be filled."""
    lines = [info.description or column]
    unit = unit_of(info)
    if unit:
        lines.append(f"Unit: {unit}.")
    choices = choices_of(info)
    if choices and not all(choice in lines[0] for choice in choices):
        lines.append(f"One of: {', '.join(choices)}.")
    elif kind == "date":
        lines.append("A date: 2026-09-30.")
    elif kind == "integer":
        lines.append("A whole number.")
    refers = refers_of(info)
    if refers:
        table, _, key = refers.partition(".")
        lines.append(f"Must stand in sheet {table}, column {key}.")
    if info.is_required():
        lines.append("Must be filled.")
    elif info.default not in (None, ""):
        shown = f"{info.default:g}" if isinstance(info.default, float) else str(info.default)
        lines.append(f"May stay blank, which means {shown}.")
    else:
        lines.append("May stay blank.")
    return "\n".join(lines)


def _drop_down(sheet: Worksheet, place: int, info: FieldInfo) -> None:
    """Offer the allowed words, or the keys of the sheet that the column refers to."""
    choices = choices_of(info)
    refers = refers_of(info)
    if choices:
        offered = _list(list(choices), f"One of: {', '.join(choices)}.")
        if is_open_choice(info):  # another questionnaire has words of its own
            offered["error_type"] = "warning"
        sheet.data_validation(1, place, LAST_ROW, place, offered)
    elif refers:
        table, _, key = refers.partition(".")
        spec = TABLES.get(table) or SHEET_TABLES[table]
        letter = column_letters(list(spec.columns).index(key))
        source = f"={table}!${letter}$2:${letter}${LAST_ROW}"
        told = f"Must stand in sheet {table}."
        rule = {"validate": "list", "source": source, "error_type": "warning", "error_message": told}
        sheet.data_validation(1, place, LAST_ROW, place, {**rule, "error_title": "Not in the list"})


def _list(values: list[str], message: str) -> dict[str, Any]:
    """Return a drop-down; Excel allows 255 characters in its message."""
    return {
        "validate": "list",
        "source": values,
        "error_title": "Not in the list",
        "error_message": message[:_LONGEST_LIST],
    }


def _comment(sheet: Worksheet, row: int, place: int, text: str) -> None:
    lines = sum(1 + len(line) // 48 for line in text.splitlines())
    sheet.write_comment(
        row, place, text, {"width": 340, "height": 24 + 17 * lines, "author": "workbench", "font_size": 9}
    )


# -- the reference -----------------------------------------------------------------------------------------------------


def describe_tables() -> str:
    """Return the reference of ``docs/client-files.md``: every table with its columns, in Markdown.

    A test compares the page with this, so that the page is renewed when the schema changes.
    """
    titles = {
        "all": "For every question",
        "readiness": "Readiness",
        "outcomes": "Outcomes",
        "allocation": "Allocation",
        "report": "The report",
    }
    parts = []
    for group, title in titles.items():
        parts.append(f"### {title}")
        for spec in (*TABLES.values(), *SHEET_TABLES.values()):
            if spec.answers == group and spec.name != "engagement":
                parts.append(_describe(spec))
    return "\n\n".join(parts)


def describe_settings() -> str:
    """Return the settings of an engagement as a Markdown table."""
    lines = ["| setting | meaning | usual value |", "|---|---|---|"]
    for key, info in EngagementSettings.model_fields.items():
        is_given = info.default_factory is None and info.default is not None
        usual = "**must be given**" if info.is_required() else f"`{info.default}`" if is_given else ""
        choices = choices_of(info)
        words = info.description or ""
        if choices:
            words = f"{words} One of: {', '.join(choices)}."
        lines.append(f"| `{key}` | {words} | {usual} |")
    return "\n".join(lines)


def _describe(spec: TableSpec) -> str:
    need = NEED_WORDS[spec.need]
    sheet_only = " Only as a sheet; as a file it is YAML." if spec.name in SHEET_TABLES else ""
    lines = [f"**`{spec.name}`** – {need}. {_purpose(spec)}{sheet_only}", "", "| column | what goes in |", "|---|---|"]
    for column, info in spec.columns.items():
        mark = " **(needed)**" if info.is_required() else ""
        told = _explain(column, info, column_kind(info)).replace("\n", " ").replace("|", r"\|")
        told = told.removesuffix(" Must be filled.").removesuffix(" May stay blank.")
        lines.append(f"| `{column}`{mark} | {told} |")
    return "\n".join(lines)
