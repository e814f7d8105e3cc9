"""What a run keeps of the tables that it read, so that a later run can be told apart from it cell by cell.

Rows of tables and keys of documents are kept as they were read. Of facts, and of tables with more cells than a person
looks through, a summary is kept: rows and sums by month. Of people – answers, interviews, signals, heads by group –
nothing is kept but how many rows there were.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.engagement.schema import SHEET_TABLES, TABLES
from workbench.engagement.tables import records

if TYPE_CHECKING:
    from workbench.engagement.facts import FactsFile
    from workbench.engagement.tables import Tables
    from workbench.outcomes.catalogue import Catalogue

ABOUT_PEOPLE = frozenset({"survey", "interviews", "population", "feedback"})
"""Tables whose rows are answers or groups of people: they are counted, and never kept or shown row by row."""

IN_DOCUMENTS = frozenset({"engagement", "fact_tables", "metrics", "targets", "scenarios"})
"""Sheets that stand in for a document: kept as the document that they make."""

MOST_CELLS = 100_000
"""Cells of a table that are kept (ours: some 2 MB); of a larger one a summary is."""

FEWEST_ROWS = 5
"""A month of facts with fewer rows tells no sums: one row would be somebody's (ours, as the smallest group shown)."""

MOST_ROWS = 20_000_000
"""Rows of facts that are summed (ours: half a second); of more only their number is kept."""

NO_MONTH = "no date"

_NAMING = ("metric", "rule", "scenario", "table", "name", "id", "key", "label")
_BATCH = 1 << 18

Kind = Literal["rows", "summary", "count"]


@dataclass(frozen=True)
class HeldInput:
    """What is kept of a table, a document or a table of facts.

    Attributes
    ----------
    name : str
        Table, ``facts/NAME``, or document: ``engagement``, ``metrics``, ``imports``, ``scenarios/NAME``.
    kind : str
        ``rows``: every cell; ``summary``: rows and sums; ``count``: how many rows, and nothing of them.
    file, sheet : str
        Where it stands in the client's folder.
    rows : int
        How many there are.
    content : str
        SHA-256 of what was read: of two runs it tells whether the table is the same, also where nothing of it is kept.
    text : str
        What is kept, as JSON: ``key`` and ``columns`` (names) and ``rows``, each its place in the file and its cells.
        Empty where nothing is.
    """

    name: str
    kind: Kind
    file: str
    sheet: str
    rows: int
    content: str
    text: str = ""


def hold_inputs(tables: Tables, catalogue: Catalogue | None = None) -> tuple[HeldInput, ...]:
    """Return what is kept of a client's tables, in units as the files have them.

    Parameters
    ----------
    tables : Tables
        Checked, and before `money_scale` is applied.
    catalogue : Catalogue, optional
        Says which columns of facts are dates and numbers; without one, only tables of work are summed.
    """
    found = [_hold_table(name, tables) for name in tables if name not in IN_DOCUMENTS]
    found += [_hold_document(name, tables) for name in _documents(tables)]
    found += [_hold_facts(name, held, catalogue) for name, held in sorted(tables.facts.items())]
    return tuple(found)


# -- tables -----------------------------------------------------------------------------------------------------------


def _hold_table(name: str, tables: Tables) -> HeldInput:
    file, sheet, _ = tables.where(name, None)
    rows = list(records(tables, name))
    columns = [str(column) for column in tables[name].columns if any(row[column] is not None for row in rows)]
    places = [_row_number(tables.where(name, row)[2]) for row in range(len(rows))]
    cells = [[_plain(row[column]) for column in columns] for row in rows]
    spec = TABLES.get(name) or SHEET_TABLES[name]
    text = _text(spec.key, columns, zip(places, cells, strict=True))
    content = _hash(text)
    if name in ABOUT_PEOPLE:
        return HeldInput(name, "count", file, sheet, len(rows), content)
    if len(rows) * len(columns) > MOST_CELLS:
        return HeldInput(name, "summary", file, sheet, len(rows), content, _text(("of",), *_sums(rows, columns)))
    return HeldInput(name, "rows", file, sheet, len(rows), content, text)


def _sums(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> tuple[list[str], list[tuple[int, list[Any]]]]:
    """Return a table as one row: how many rows, and the sum of each column of numbers."""
    numbers = [column for column in columns if any(isinstance(row[column], float) for row in rows)]
    sums = [math.fsum(row[column] for row in rows if row[column] is not None) for column in numbers]
    return ["of", "rows", *(f"sum of {column}" for column in numbers)], [(0, ["all rows", len(rows), *sums])]


def _row_number(place: str) -> int:
    return int("".join(sign for sign in place if sign.isdigit()) or 0)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text(key: Iterable[str], columns: Sequence[str], rows: Iterable[tuple[int, list[Any]]]) -> str:
    content = {"key": list(key), "columns": list(columns), "rows": [[place, *cells] for place, cells in rows]}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


# -- documents --------------------------------------------------------------------------------------------------------


def _documents(tables: Tables) -> list[str]:
    scenarios = tables.documents.get("scenarios") or {}
    names = ["engagement", "metrics", "imports", *(f"scenarios/{name}" for name in scenarios)]
    return [name for name in names if tables.document(name) is not None]


def _hold_document(name: str, tables: Tables) -> HeldInput:
    """Return a document as a table of its keys: ``metrics[claims].direction`` and what it says."""
    document = tables.document(name)
    assert document is not None  # noqa: S101  (asked for by `_documents`)
    held: dict[str, Any] = {}
    for path, value in _leaves(document.content, ""):
        held.setdefault(path, _plain(value))
    rows = [(0, [path, value]) for path, value in held.items()]
    text = _text(("key",), ("key", "value"), rows)
    return HeldInput(name, "rows", document.file, document.sheet, len(rows), _hash(text), text)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            named = (
                next((inner[key] for key in _NAMING if isinstance(inner.get(key), str)), "")
                if isinstance(inner, Mapping)
                else ""
            )
            yield from _leaves(inner, f"{path}[{named or place}]")
    else:
        yield path, value if isinstance(value, str | int | float | dt.date) else json.dumps(value, default=str)


# -- facts ------------------------------------------------------------------------------------------------------------


def _hold_facts(name: str, held: FactsFile, catalogue: Catalogue | None) -> HeldInput:
    """Return rows and sums by month of what the catalogue calls numbers; the rows themselves are not kept."""
    from workbench.engagement.facts import roles_of, work_roles

    roles = roles_of(catalogue, name) if catalogue is not None else {}
    roles = {column.casefold(): role for column, role in (roles or work_roles(name)).items()}
    dates = [column for column in held.columns if held.columns[column] in ("date", "timestamp", "instant")]
    dates.sort(key=lambda column: roles.get(column.casefold()) != "date")
    numbers = [
        column for column, kind in held.columns.items() if kind == "number" and roles.get(column.casefold()) == "number"
    ]
    months = _by_month(held, dates[0] if dates else "", numbers)
    rows = [
        (0, [month, count, *(sums if sums and count >= FEWEST_ROWS else [None] * len(numbers))])
        for month, (count, sums) in sorted(months.items())
    ]
    columns = ["month", "rows", *(f"sum of {column}" for column in numbers)]
    text = _text(("month",), columns, rows)
    return HeldInput(f"facts/{name}", "summary", held.file, held.sheet, held.rows, _hash(text), text)


def _by_month(held: FactsFile, date: str, numbers: Sequence[str]) -> dict[str, tuple[int, list[float]]]:
    """Return rows and sums by month, read in pieces that any memory holds."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found: dict[str, tuple[int, list[float]]] = {}
    if held.rows > MOST_ROWS or not (date or numbers):
        return {"all rows": (held.rows, [])}
    with pq.ParquetFile(held.parquet) as file:
        for batch in file.iter_batches(_BATCH, columns=[*([date] if date else []), *numbers]):
            months = pa.array([0] * len(batch), pa.int64())
            if date:
                days = batch.column(date)
                months = pc.add(pc.multiply(pc.year(days), 100), pc.month(days)).fill_null(0)
            parts = {
                f"n{place}": batch.column(name).cast(pa.float64(), safe=False) for place, name in enumerate(numbers)
            }
            grouped = pa.table({"month": months, **parts}).group_by("month")
            added = grouped.aggregate([([], "count_all"), *((name, "sum") for name in parts)]).to_pylist()
            for row in added:
                month = _month(int(row["month"]), is_dated=bool(date))
                count, sums = found.get(month, (0, [0.0] * len(numbers)))
                more = [float(row[f"{name}_sum"] or 0.0) for name in parts]
                found[month] = count + int(row["count_all"]), [a + b for a, b in zip(sums, more, strict=True)]
    return found


def _month(number: int, *, is_dated: bool) -> str:
    if not is_dated:
        return "all rows"
    return f"{number // 100:04d}-{number % 100:02d}" if number else NO_MONTH
