"""One table of the client's: its header and its rows checked, each fault at its cell, and the right rows as a frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from workbench.engagement.cells import choices_of, column_kind
from workbench.engagement.columns import EXAMPLE_PREFIX, tidy_key
from workbench.engagement.documents import explain
from workbench.engagement.read import RawTable, show
from workbench.engagement.schema import TableSpec
from workbench.errors import Fault, nearest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class CheckedRows:
    """What checking left of a table.

    Attributes
    ----------
    valid : list of int
        Places of the rows that stay.
    rows : list of Row
        Those rows.
    refused : dict of int to dict
        Place → the right cells of a row that cannot be kept.
    """

    valid: list[int]
    rows: list[Any]
    refused: dict[int, dict[str, Any]]


def without_examples(raw: RawTable, spec: TableSpec) -> RawTable:
    """Leave out rows of which a part of the key starts with ``example``."""
    columns = [raw.cells[column] for column in spec.key if column in raw.columns]
    keep = [row for row in range(len(raw)) if not any(_is_example(cells[row]) for cells in columns)]
    return raw if len(keep) == len(raw) else raw.keep(keep)


def _is_example(value: Any) -> bool:
    return isinstance(value, str) and value.lower().startswith(EXAMPLE_PREFIX)


def check_header(raw: RawTable, spec: TableSpec) -> tuple[bool, list[Fault]]:
    """Return whether the rows can be read, and a fault for each unknown or missing column."""
    fields = spec.columns
    faults = []
    if not spec.extra_columns:
        for column in raw.columns:
            if column not in fields:
                remedy = nearest(column, fields) or "Delete the column, or ask what it was meant for."
                found = f"the column {raw.headers[raw.columns.index(column)]!r} is unknown"
                faults.append(raw.fault(None, column, found, f"{', '.join(fields)}.", remedy))
    missing = [name for name, info in fields.items() if info.is_required() and name not in raw.columns]
    for column in missing:
        hint = nearest(column, [name for name in raw.columns if name not in fields])
        found = f"the column {column} is missing"
        remedy = f"Add it: {fields[column].description}" + (f" {hint}" if hint else "")
        faults.append(Fault(raw.file, raw.sheet, "row 1", found, f"{', '.join(fields)}.", remedy))
    return not missing, faults


def check_rows(
    raw: RawTable, spec: TableSpec, values: Mapping[str, list[Any]], bad: set[tuple[str, str]]
) -> tuple[CheckedRows, list[Fault]]:
    """Return the rows that can be kept, and what is wrong with the cells.

    Every cell that breaks a rule of its column is a fault. A row stays when only optional cells are wrong (they
    count as blank), so that one wrong cell hides no other.
    """
    fields = spec.columns
    columns = [column for column in raw.columns if column in fields]
    valid: list[int] = []
    rows: list[Any] = []
    refused: dict[int, dict[str, Any]] = {}
    faults: list[Fault] = []
    for row in range(len(raw)):
        given = {column: values[column][row] for column in columns if values[column][row] is not None}
        wrong: set[str] = set()
        try:
            model = spec.model.model_validate(given)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                column = str(item["loc"][0]) if item["loc"] else columns[0]
                wrong.add(column)
                place = raw.place(row, column)
                if item["type"] == "missing" and column in raw.columns and raw.cells[column][row] is not None:
                    continue  # the cell is filled, but its column could not be read: that was said once
                if (raw.sheet, place) not in bad:
                    faults.append(_row_fault(raw, spec, row, column, item))
            right = {column: value for column, value in given.items() if column not in wrong}
            if any(fields[column].is_required() for column in wrong):
                refused[row] = {k: tidy_key(v) if isinstance(v, str) else v for k, v in right.items()}
                continue
            model = spec.model.model_validate(right)
        valid.append(row)
        rows.append(model)
    return CheckedRows(valid, rows, refused), faults


def _row_fault(raw: RawTable, spec: TableSpec, row: int, column: str, item: Mapping[str, Any]) -> Fault:
    info = spec.columns[column]
    if item["type"] == "missing":
        found, allowed, remedy = f"{column} is blank", f"a value: {info.description}", "Fill the cell."
        if column not in raw.columns:
            return raw.fault(row, None, found, allowed, remedy)
        return raw.fault(row, column, found, allowed, remedy)
    allowed, remedy = explain(item)
    value = item.get("input")
    found = show(value)
    if isinstance(value, float):  # 1e999 is quoted as the client wrote it, and -5 without decimals
        found = f"{value:.15g}" if math.isfinite(value) else show(raw.cells[column][row])
    if item["type"] == "literal_error" and isinstance(value, str):
        remedy = nearest(value, choices_of(info)) or remedy
    return raw.fault(row, column, f"{found} is not allowed in {column}", allowed, remedy)


def frame_of(spec: TableSpec, raw: RawTable, values: Mapping[str, list[Any]], held: CheckedRows) -> pd.DataFrame:
    """Return the valid rows as a frame whose columns have the types that `Tables` promises."""
    import numpy as np
    import pandas as pd

    columns: dict[str, Any] = {}
    names = {(info.alias or name): name for name, info in spec.model.model_fields.items()}
    for column, info in spec.columns.items():
        cells = [getattr(row, names[column]) for row in held.rows]
        kind = column_kind(info)
        if kind == "integer" and info.is_required():
            columns[column] = np.array(cells, dtype="int64")
        elif kind in ("number", "integer"):
            columns[column] = np.array([np.nan if cell is None else cell for cell in cells], dtype="float64")
        else:
            columns[column] = pd.Series(cells, dtype=object)
    for column in raw.columns:
        if column not in columns:
            columns[column] = pd.Series([values[column][row] for row in held.valid], dtype=object)
    return pd.DataFrame(columns)
