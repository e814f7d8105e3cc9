"""Small tables typed as text, and writers whose bytes are the same on every run."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
import yaml

Rows = list[dict[str, Any]]

WRITTEN_ON = dt.datetime(2026, 10, 1, 8, 0)  # fixed, so that bytes repeat


def table(text: str) -> Rows:
    """Read a table typed with ``|`` between cells; the first line names the columns, an empty cell is blank."""
    header, *lines = [line for line in text.strip().splitlines() if line.strip()]
    columns = [cell.strip() for cell in header.split("|")]
    rows = []
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != len(columns):
            raise ValueError(f"{len(columns)} cells wanted: {line}")
        rows.append(dict(zip(columns, cells, strict=True)))
    return rows


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def write_csv(
    path: Path, rows: Rows, columns: list[str] | None = None, *, delimiter: str = ",", encoding: str = "utf-8"
) -> None:
    """Write rows as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = columns or list(rows[0])
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(row.get(column)) for column in columns] for row in rows)


def write_yaml(path: Path, document: Any, *, comment: str = "") -> None:
    """Write a document as YAML, keys in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None)
    path.write_text("".join(f"# {line}\n" for line in comment.splitlines()) + body, encoding="utf-8", newline="\n")


def write_parquet(path: Path, columns: dict[str, pa.Array]) -> None:
    """Write columns as one compressed Parquet file without anything that changes from run to run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    dictionaries = [name for name, column in columns.items() if pa.types.is_string(column.type)]
    pq.write_table(
        pa.table(columns),
        path,
        compression="zstd",
        compression_level=9,
        use_dictionary=dictionaries,
        column_encoding={
            name: "DELTA_BINARY_PACKED" for name, column in columns.items() if pa.types.is_integer(column.type)
        },
        store_schema=False,
    )


def write_workbook(path: Path, sheets: dict[str, Rows], *, readme: list[str]) -> None:
    """Write sheets as one workbook: text as text, numbers as numbers, dates as dates, never a formula."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": "Engagement workbook", "created": WRITTEN_ON})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        words = book.add_worksheet("README")
        words.set_column(0, 0, 110)
        for row, line in enumerate(readme):
            words.write_string(row, 0, line)
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            columns = list(dict.fromkeys(column for row in rows for column in row))
            for place, column in enumerate(columns):
                widest = max([len(column), *(len(_text(row.get(column))) for row in rows[:60])])
                sheet.set_column(place, place, min(46, widest + 2))
                sheet.write_string(0, place, column, bold)
            for number, row in enumerate(rows, start=1):
                for place, column in enumerate(columns):
                    value = row.get(column)
                    if value is None or value == "":
                        continue
                    if isinstance(value, dt.date):
                        sheet.write_datetime(number, place, dt.datetime(value.year, value.month, value.day), day)
                    elif isinstance(value, (int, float)):
                        sheet.write_number(number, place, value)
                    else:
                        sheet.write_string(number, place, str(value))


def truth(name: str) -> dict[str, Any]:
    """Return what was planted in a sample."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
