"""Facts (events, periods) of CSV files and sheets, column by column.

A cell of a date or number column that cannot be read is counted: a finding of the report, not a fault. What the whole
column leaves open is asked, never guessed.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.engagement.cells import (
    Ask,
    decide_date_order,
    decide_decimal,
    parse_date,
    parse_number,
)
from workbench.engagement.columns import FIRST_YEAR, LAST_YEAR
from workbench.engagement.read import RawTable, decode, detect_delimiter, show, unreadable_csv
from workbench.engagement.settings import Source
from workbench.errors import Fault

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.outcomes.catalogue import Catalogue

Role = Literal["text", "date", "number"]

NUMBER_TYPES = frozenset({"sum", "weighted_mean", "score", "percentile", "min", "max", "given"})
"""Types of metric whose column holds numbers."""

_CLOCK = (
    r"^(?P<day>.*?)"
    r"(?:,?[T ](?P<clock>(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?) ?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?$"
)
_WHOLE = r"^-?(0|[1-9]\d{0,14})$"
_NUMBER = r"^-?((0|[1-9]\d{0,14})(\.\d+)?|\.\d+)$"
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$"
_SAMPLE = 1_000


@dataclass(frozen=True)
class FactsFile:
    """A table of facts that was found in the client's folder.

    Attributes
    ----------
    table : str
        Name in the catalogue.
    file, sheet : str
        Where the client keeps it.
    parquet : Path
        File that DuckDB reads: the client's own, or one in the cache.
    columns : mapping of str to str
        Column → ``text``, ``number``, ``date``, ``timestamp``, ``instant``, ``bool`` or ``other``.
    rows : int
        Rows.
    unreadable : mapping of str to tuple of (int, str)
        Column → cells that are no date or number although the catalogue wants one, and an example; they are blank.
    """

    table: str
    file: str
    sheet: str
    parquet: Path
    columns: Mapping[str, str]
    rows: int
    unreadable: Mapping[str, tuple[int, str]] = field(default_factory=dict)


def roles_of(catalogue: Catalogue, table: str) -> dict[str, Role]:
    """Return what the catalogue wants of the columns of a table: dates, numbers and texts; others are free."""
    roles: dict[str, Role] = {}
    for described in catalogue.tables:
        if described.name == table:
            roles[described.time] = "date"
            for name in (described.product, described.customer, described.version, *described.key):
                if name:
                    roles.setdefault(name, "text")
    for metric in catalogue.metrics:
        for _, measure in metric.measures:
            if measure.table == table:
                for name in (metric.entity, *metric.same):
                    if name:
                        roles.setdefault(name, "text")
                if measure.at:
                    roles[measure.at] = "date"
            if measure.table == table and measure.column:
                if measure.agg in ("sum", "min", "max") or (
                    metric.type in NUMBER_TYPES and measure.agg != "share_true"
                ):
                    roles.setdefault(measure.column, "number")
                if metric.weight:
                    roles.setdefault(metric.weight, "number")
    return roles


def work_roles(table: str) -> dict[str, Role]:
    """Return what the columns of a table of work are, which needs no catalogue; yes and no read themselves."""
    from workbench.outcomes.work_tables import WORK_TABLES

    kinds = WORK_TABLES[table].columns if table in WORK_TABLES else {}
    return {name: kind for name, kind in kinds.items() if kind in ("text", "date", "number")}  # type: ignore[misc]


def read_facts(
    content: bytes, file: str, table: str, roles: Mapping[str, Role], source: Source | None = None
) -> tuple[pa.Table | None, dict[str, tuple[int, str]], list[Fault]]:
    """Return a CSV file of facts as an Arrow table.

    Parameters
    ----------
    content : bytes
        The file.
    file, table : str
        Its path as the client knows it; the table's name.
    roles : mapping of str to str
        Column → ``date``, ``number`` or ``text``, as the catalogue wants it. Other columns are decided by what they
        hold: numbers with a decimal point and ISO dates where every cell is one, else text.
    source : Source, optional
        What ``sources:`` says.

    Returns
    -------
    tuple
        The table or None; column → (cells that could not be read, an example); faults.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    text, faults = decode(content, file, table, source.encoding if source else None) if content else ("", [])
    if faults:
        return None, {}, faults
    if not text.strip(" \t\n,;"):
        return None, {}, [Fault(file, "", "", "the file is empty", "a header and rows.", "Fill it, or delete it.")]
    delimiter, skip = detect_delimiter(text, set(roles))
    lines = io.StringIO(text, newline="")
    try:
        reader = csv.reader(lines, delimiter=delimiter)
        header = [[name.strip() for name in next(reader, [])] for _ in range(skip + 1)][skip]
    except csv.Error as error:
        return None, {}, [unreadable_csv(file, text, error)]
    if not header:
        found, remedy = "the row of the header is blank", "Delete the blank rows above the header."
        return None, {}, [Fault(file, "", f"row {skip + 1}", found, "a header over every column.", remedy)]
    faults = header_faults(header, file)
    if faults:
        return None, {}, faults
    body = text[lines.tell() :]
    if not body.strip("\n"):
        return (
            None,
            {},
            [Fault(file, "", "row 2", "a header and no rows", "rows, or no file.", "Fill it, or delete it.")],
        )
    try:
        found = arrow_csv.read_csv(
            io.BytesIO(body.encode("utf-8")),
            read_options=arrow_csv.ReadOptions(column_names=header),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pa.string() for name in header}, strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid as error:
        return None, {}, [_uneven_fault(text, delimiter, skip, file, str(error).splitlines()[0])]
    cells = {name: _trimmed(found.column(name)) for name in found.column_names}

    def place(column: str, row: int) -> str:
        return f"row {_row_number(text, delimiter, skip, row)}, column {column}"

    return _typed(cells, file, "", table, roles, source, place)


def _uneven_fault(text: str, delimiter: str, skip: int, file: str, said: str) -> Fault:
    """Return the fault of a file that Arrow cannot read, with the first row that has other cells than the header."""
    cell, found = "", f"it cannot be read as CSV: {said}"
    try:
        width = 0
        for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            width = len(record) if number == skip + 1 else width
            if number > skip + 1 and record and len(record) != width:
                cell, found = f"row {number}", f"it cannot be read as CSV: {len(record)} cells under {width} headers"
                break
    except csv.Error:
        pass
    remedy = "Look for a delimiter or a quotation mark inside a text, or export the file again."
    return Fault(file, "", cell, found, "one row a fact, as many cells as headers.", remedy)


def _row_number(text: str, delimiter: str, skip: int, row: int) -> int:
    """Return the number of a row as Excel counts: blank lines count, line ends within quotation marks do not.

    Arrow leaves blank lines out and tells no places, so the file is read again; only a fault asks for this.
    """
    filled = -1
    try:
        for number, record in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            filled += bool(record) and number > skip + 1
            if filled == row:
                return number
    except csv.Error:
        pass  # a cell beyond what csv holds; Arrow read it
    return row + skip + 2


def header_faults(header: Sequence[str], file: str, *, row: str = "row 1, ") -> list[Fault]:
    """Return the faults of column names; DuckDB takes two that differ in capitals alone for one."""
    faults = []
    seen: dict[str, int] = {}
    for place, name in enumerate(header):
        where = f"{row}column {place + 1}"
        before = seen.setdefault(name.casefold(), place)
        if not name:
            found, remedy = "a column without a header", "Name the column, or delete it."
            faults.append(Fault(file, "", where, found, "a header over every column.", remedy))
        elif before != place:
            found = f"the header {show(name)} stands twice"
            if header[before] != name:
                found += f", but for capitals: column {before + 1} is called {show(header[before])}"
            faults.append(Fault(file, "", where, found, "each column once.", "Rename or delete one of the two."))
    return faults


def _trimmed(column: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    cells = pc.utf8_trim_whitespace(cells)
    return pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)


def _typed(
    cells: Mapping[str, Any],
    file: str,
    sheet: str,
    table: str,
    roles: Mapping[str, Role],
    source: Source | None,
    place: Callable[[str, int], str],
) -> tuple[pa.Table | None, dict[str, tuple[int, str]], list[Fault]]:
    """Give each column of texts its type, over the whole column; `place` says where a column's row stands."""
    import pyarrow as pa
    import pyarrow.compute as pc

    roles = roles_as_written(roles, cells)
    columns: dict[str, Any] = {}
    unreadable: dict[str, tuple[int, str]] = {}
    faults: list[Fault] = []
    decimal = _decimal(cells, roles, place, table, source)
    if isinstance(decimal, Ask):
        faults.append(Fault(file, sheet, place(*decimal.spot), decimal.found, decimal.allowed, decimal.remedy))
    for name, texts in cells.items():
        role = roles.get(name)
        if role == "date":
            typed, fault = _dates(texts, lambda row, name=name: place(name, row), table, source)  # type: ignore[misc]
            if fault is not None:
                faults.append(Fault(file, sheet, fault.cell, fault.found, fault.allowed, fault.remedy))
                continue
        elif role == "number":
            if isinstance(decimal, Ask):
                continue
            typed = _numbers(texts, decimal)
        else:
            typed = texts if role == "text" else _free(texts)
        lost = pc.and_(pc.is_null(typed), pc.is_valid(texts))
        count = int(pc.sum(lost).as_py() or 0)
        if count:
            example = str(texts.filter(lost)[0].as_py())[:60]
            unreadable[name] = (count, example)
            if count == len(texts) - texts.null_count:
                wanted = "dates" if role == "date" else "numbers"
                row = int(pc.index(texts, texts.filter(lost)[0]).as_py())
                found = f"{example!r} and all other cells of the column are no {wanted}"
                remedy = f"Correct the column, or name the column with the {wanted} in the catalogue."
                faults.append(Fault(file, sheet, place(name, row), found, f"{wanted}.", remedy))
        columns[name] = typed
    if faults:
        return None, {}, faults
    return pa.table(columns), unreadable, []


def roles_as_written(roles: Mapping[str, Role], columns: Iterable[str]) -> dict[str, Role]:
    """Return roles by the file's own names; capitals make no difference, as DuckDB makes none."""
    folded = {name.casefold(): role for name, role in roles.items()}
    return {name: folded[name.casefold()] for name in columns if name.casefold() in folded}


def _all_match(texts: Any, pattern: str) -> bool:
    """Say whether every filled cell matches; a sample is asked first, because most columns fail early."""
    import pyarrow.compute as pc

    if texts.null_count == len(texts):
        return False
    return all(
        pc.all(pc.match_substring_regex(part, pattern)).as_py() is not False
        for part in (texts.slice(0, _SAMPLE), texts)
    )


def _free(texts: Any) -> Any:
    """Whole numbers, decimal numbers with a point, ISO dates, true and false where every cell is one; else text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _all_match(texts, _WHOLE):
        return pc.cast(texts, pa.int64())
    if _all_match(texts, _NUMBER):
        return pc.cast(texts, pa.float64())
    if _all_match(texts, "^(?i:true|false)$"):
        return pc.equal(pc.utf8_lower(texts), "true")
    if _all_match(texts, _ISO):
        dates, _ = _dates(texts, str, "", None, years=(dt.MINYEAR, dt.MAXYEAR))
        return dates if dates.null_count == texts.null_count else texts
    return texts


def _decimal(
    cells: Mapping[str, Any], roles: Mapping[str, Role], place: Any, table: str, source: Source | None
) -> str | Ask:
    """Decide the decimal sign by every number of the table; one of each shape speaks for all alike."""
    import pyarrow.compute as pc

    signed = []
    for name, texts in cells.items():
        if roles.get(name) == "number":
            distinct = pc.unique(texts.filter(pc.match_substring_regex(texts, "[.,]")).drop_null())
            shapes = _shapes(distinct)
            for shape in pc.unique(shapes).to_pylist():
                text = distinct[pc.index(shapes, shape).as_py()].as_py()
                signed.append((text, (name, int(pc.index(texts, text).as_py()))))
    return decide_decimal(signed, lambda spot: place(*spot), table, source)


def _shapes(texts: Any) -> Any:
    """Return numbers with every digit a 1 and a leading 0 a z: what their signs prove hangs on nothing else."""
    import pyarrow.compute as pc

    return pc.replace_substring_regex(pc.replace_substring_regex(texts, r"^(\D*)0", r"\1z"), r"\d", "1")


def _numbers(texts: Any, decimal: str) -> Any:
    """Return numbers; a cell that is none, or none that a computer can hold, becomes null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if _all_match(texts, _WHOLE):
        return pc.cast(texts, pa.int64())
    if decimal == "." and _all_match(texts, _NUMBER):
        return pc.cast(texts, pa.float64())
    distinct = pc.unique(texts.drop_null())
    parsed = [parse_number(text, decimal) for text in distinct.to_pylist()]
    finite = [number if number is not None and math.isfinite(number) else None for number in parsed]
    values = pa.array(finite, pa.float64())
    return pc.take(values, pc.index_in(texts, distinct))


def _dates(
    texts: Any, place: Any, table: str, source: Source | None, *, years: tuple[int, int] = (FIRST_YEAR, LAST_YEAR)
) -> tuple[Any, Fault | None]:
    """Return dates, times or instants; a fault where the order of day and month cannot be decided.

    A day beyond `years` is a typing error and becomes null: one of the year 1026 would make twelve thousand months.
    Only the distinct days are looked at one by one: some thousands, however many rows there are.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, _CLOCK)
    day, clock, zone = (pc.struct_field(parts, name) for name in ("day", "clock", "zone"))
    distinct = pc.unique(day.drop_null())
    listed = distinct.to_pylist()
    order = decide_date_order(listed, lambda row: place(int(pc.index(day, distinct[row]).as_py())), table, source)
    if isinstance(order, Ask):
        where = place(int(pc.index(day, distinct[order.spot]).as_py()))
        return None, Fault("", "", where, order.found, order.allowed, order.remedy)
    parsed = [parse_date(text, order) for text in listed]
    sensible = [when if when is not None and years[0] <= when.year <= years[1] else None for when in parsed]
    days = pc.take(pa.array(sensible, pa.date32()), pc.index_in(day, distinct))
    has_clock = pc.fill_null(pc.not_equal(clock, ""), False)
    if not pc.any(has_clock).as_py():
        return days, None
    hour = pc.replace_substring_regex(pc.if_else(has_clock, clock, "00:00"), r"^(\d):", r"0\1:")
    moment = pc.binary_join_element_wise(pc.cast(days, pa.string()), hour, " ")
    has_zone = pc.fill_null(pc.not_equal(zone, ""), False)
    if not pc.any(has_zone).as_py():
        return pc.cast(moment, pa.timestamp("us")), None
    null = pa.scalar(None, pa.string())
    moment = pc.if_else(has_zone, pc.binary_join_element_wise(moment, zone, ""), null)
    return pc.cast(moment, pa.timestamp("us", tz="UTC")), None


# -- sheets ------------------------------------------------------------------------------------------------------------


def facts_of_sheet(
    raw: RawTable, roles: Mapping[str, Role], source: Source | None = None
) -> tuple[pa.Table | None, dict[str, tuple[int, str]], list[Fault]]:
    """Return a sheet of facts as an Arrow table; as `read_facts` does for a file."""
    import pyarrow as pa

    from workbench.engagement.read import column_letters

    roles = roles_as_written(roles, raw.headers)
    cells = {
        header: pa.array([_as_text(value, roles.get(header)) for value in raw.cells[column]], pa.string())
        for header, column in zip(raw.headers, raw.columns, strict=True)
    }
    letters = {header: column_letters(place) for header, place in zip(raw.headers, raw.positions, strict=True)}

    def place(column: str, row: int) -> str:
        return f"{letters[column]}{raw.row_numbers[row]}"

    texts = {name: _trimmed(column) for name, column in cells.items()}
    return _typed(texts, raw.file, raw.sheet, raw.name, roles, source, place)


def _as_text(value: Any, role: Role | None) -> str | None:
    """Write a cell as a text that reads back as the same value."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return _without_sign(repr(value)) if role == "number" else str(value)


def _without_sign(number: str) -> str:
    """Write a number without a decimal sign, so that Excel's own numbers say nothing about those typed as text.

    >>> _without_sign("2.5"), _without_sign("1.5e-07"), _without_sign("3")
    ('25e-1', '15e-8', '3')
    """
    digits, _, power = number.partition("e")
    whole, _, part = digits.partition(".")
    exponent = int(power or 0) - len(part)
    return f"{whole}{part}e{exponent}" if exponent else f"{whole}{part}"
