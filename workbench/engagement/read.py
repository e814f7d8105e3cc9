"""A client's CSV and Parquet files as raw tables whose cells know where they stand (`workbooks` reads Excel's).

Nothing is converted here: `cells` decides types over whole columns. A file is read once, as bytes, so that what is
hashed is what is analysed.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import Fault

LARGEST_AREA = 20_000_000
"""Cells between A1 and the last filled cell of a sheet; a stray cell at the far end would fill the memory (ours)."""

LARGEST_WIDTH = 16_384
"""Columns of a table, as many as Excel has; a longer file of text may have more cells than `LARGEST_AREA`."""

HEADER_ROWS = 3
"""Rows that the header of a survey tool's export has at most (Qualtrics)."""

ERROR_CELLS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)
"""What Excel shows where a formula failed."""

ENCODINGS = frozenset(
    {"ascii", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"}
    | {f"cp{number}" for number in (437, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 865, 866, 874)}
    | {f"cp{number}" for number in (932, 949, 950, *range(1250, 1259))}
    | {f"iso8859-{number}" for number in range(1, 17) if number != 12}
    | {"mac-roman", "mac-latin2", "mac-cyrillic", "mac-greek", "mac-turkish", "mac-iceland", "koi8-r", "koi8-u"}
    | {"gbk", "gb2312", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"}
)
"""Encodings that a table may be written in, as Python calls them; every one of them contains ASCII, or is UTF-16.

Python's further codecs are no encodings of tables: some run escapes, some never decode, and EBCDIC makes letters of
any bytes.
"""
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table as it stands in a file: text or Excel's own values, column by column.

    Attributes
    ----------
    name : str
        Table, such as ``products``.
    file, sheet : str
        Where it stands; `sheet` is empty outside a workbook.
    headers : tuple of str
        Headers as typed.
    columns : tuple of str
        The same in our spelling: small letters, underscores.
    positions : tuple of int
        Place of each column in the file, from 0.
    row_numbers : tuple of int
        Number of each row in the file, as Excel counts them.
    cells : mapping of str to list
        Column → values; None is blank.
    """

    name: str
    file: str
    sheet: str
    headers: tuple[str, ...]
    columns: tuple[str, ...]
    positions: tuple[int, ...]
    row_numbers: tuple[int, ...]
    cells: Mapping[str, list[Any]] = field(repr=False)

    def __len__(self) -> int:
        return len(self.row_numbers)

    def place(self, row: int | None, column: str | None) -> str:
        """Say where a cell stands: ``C10`` in a workbook, ``row 14, column d07_2`` elsewhere.

        Parameters
        ----------
        row : int or None
            Place among the rows that were read, from 0; None means the header.
        column : str or None
            Column in our spelling; None means the whole row.
        """
        number = 1 if row is None else self.row_numbers[row]
        if column is None or column not in self.columns:
            return f"row {number}"
        place = self.columns.index(column)
        if self.sheet:
            return f"{column_letters(self.positions[place])}{number}"
        return f"row {number}, column {self.headers[place]}"

    def fault(self, row: int | None, column: str | None, found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault of this cell."""
        return Fault(self.file, self.sheet, self.place(row, column), found, allowed, remedy)

    def keep(self, rows: Sequence[int]) -> RawTable:
        """Return the table with these rows only, in this order."""
        return RawTable(
            self.name,
            self.file,
            self.sheet,
            self.headers,
            self.columns,
            self.positions,
            tuple(self.row_numbers[row] for row in rows),
            {column: [values[row] for row in rows] for column, values in self.cells.items()},
        )


_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""Signs at the beginning of a cell of CSV by which Excel takes it for a formula."""

_SIGNED = re.compile(r"[+-][\d.,\s%]+")


def column_letters(position: int) -> str:
    """Return Excel's name of a column counted from 0.

    Examples
    --------
    >>> column_letters(0), column_letters(25), column_letters(26), column_letters(16383)
    ('A', 'Z', 'AA', 'XFD')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def our_spelling(header: str) -> str:
    """Return a header as our columns are written.

    Examples
    --------
    >>> our_spelling(" Product Line ")
    'product_line'
    """
    return re.sub(r"[\s\-]+", "_", header.strip().lower())


def show(value: Any) -> str:
    """Return a cell's content as a fault quotes it: as typed, shortened."""
    if value is None:
        return "a blank cell"
    if not isinstance(value, str):
        return str(value)
    return repr(value if len(value) <= 60 else value[:57] + "…")


# -- CSV -------------------------------------------------------------------------------------------------------------


def decode(content: bytes, file: str, table: str, encoding: str | None) -> tuple[str, list[Fault]]:
    """Return the text of a file, its lines ended by a line feed, and what is wrong with its encoding.

    UTF-8 is recognised by itself, UTF-16 by its mark. Any other encoding must be declared, because every sequence of
    bytes is valid in the older ones.
    """
    codec = find_codec(encoding or "utf-8")
    if codec is None:
        remedy = f"Correct sources: {table}: encoding in engagement.yaml."
        found = f"the encoding {show(encoding)} is unknown"
        return "", [Fault(file, "", "", found, "utf-8, utf-16, cp1252, latin-1 …", remedy)]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16"
    elif codec == "utf-8":
        codec = "utf-8-sig"
    without_mark = _utf16_without_mark(content)
    if without_mark and not codec.startswith("utf-16"):
        found = "the file is UTF-16, but its first two bytes do not say so"
        remedy = (
            "Save it in Excel as 'CSV UTF-8', or write in engagement.yaml: "
            f"sources: {{{table}: {{encoding: {without_mark}}}}}."
        )
        return "", [Fault(file, "", "", found, "text in UTF-8.", remedy)]
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        return "", [_undecodable(content, file, table, encoding, codec, error)]
    if not codec.startswith(("utf-", "ascii")) and not content.isascii():
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            found = f"engagement.yaml says {encoding}, but the file is UTF-8"
            return "", [Fault(file, "", "", found, "the file's own encoding.", f"Write utf-8 for {table}.")]
    if "\x00" in text:
        found = "the file holds binary data, not text"
        return "", [Fault(file, "", "", found, "a CSV file.", "Export the table again as CSV.")]
    return _with_line_feeds(text), []


def text_for_reading(content: bytes) -> str:
    """Return the text of a file that a person is to look at: as `decode` would, or nearly so where that fails."""
    text, faults = decode(content, "", "", None)
    if not faults:
        return text
    text = content.decode(_utf16_without_mark(content) or "cp1252", "replace")
    return _with_line_feeds(text.replace("\x00", "\ufffd"))


def find_codec(encoding: str) -> str | None:
    """Return Python's name of an encoding, or None where tables are not written in it."""
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError, UnicodeError):
        return None
    return name if name in ENCODINGS else None


def _undecodable(
    content: bytes, file: str, table: str, encoding: str | None, codec: str, error: UnicodeDecodeError
) -> Fault:
    if codec.startswith("utf-16"):
        found = f"the file is UTF-16, but breaks off or is damaged (byte {error.start + 1})"
        return Fault(file, "", "", found, "text in UTF-8.", "Save it in Excel as 'CSV UTF-8'.")
    line = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
    guess = content[max(0, error.start - 12) : error.start + 12].decode("cp1252", "replace")
    return Fault(
        file,
        "",
        f"row {line}",
        f"the file is not {encoding or 'UTF-8'} (byte {error.start + 1}; read as cp1252 it says {show(guess)})",
        "text in UTF-8.",
        "Save it in Excel as 'CSV UTF-8', or, if that reading is right, write in engagement.yaml: "
        f"sources: {{{table}: {{encoding: cp1252}}}}.",
    )


def _utf16_without_mark(content: bytes) -> str:
    """Return which UTF-16 a file is in that does not say so itself, or nothing: Latin letters leave zeros in it."""
    start = content[:4_000]
    half = len(start) // 2
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or half < 2:
        return ""
    first, second = start[::2].count(0), start[1::2].count(0)
    if second > 0.4 * half and first < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if first > 0.4 * half and second < 0.1 * half else ""


def _with_line_feeds(text: str) -> str:
    """Return a text whose lines end as Unix writes them, whether Windows or an old Mac wrote it."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def guarded(text: str) -> str:
    """Return a text as our CSV files hold it: an apostrophe before what Excel would take for a formula.

    The usual guard against formulas in CSV (OWASP, "CSV Injection"); numbers with a sign need none. `unguarded` takes
    it away, so that what is read is what was written.

    Examples
    --------
    >>> guarded("=1+1"), guarded("-12.5"), guarded("plain"), unguarded(guarded("@cmd"))
    ("'=1+1", '-12.5', 'plain', '@cmd')
    """
    is_read_as_formula = text[:1] in _FORMULA_SIGNS and len(text) > 1 and not _SIGNED.fullmatch(text)
    return f"'{text}" if text and is_read_as_formula else text


def unguarded(text: str) -> str:
    """Return a text of a CSV file without the apostrophe that keeps it from being a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] in _FORMULA_SIGNS and len(text) > 2 else text


def read_csv(
    content: bytes, file: str, table: str, known: Iterable[str], *, encoding: str | None = None
) -> tuple[RawTable | None, list[Fault]]:
    """Read a CSV file.

    Parameters
    ----------
    content : bytes
        The file.
    file, table : str
        Its path as the client knows it, and the table it holds.
    known : iterable of str
        Columns the table may have; the delimiter that yields most of them is taken.
    encoding : str, optional
        As declared in `sources:`.
    """
    text, faults = decode(content, file, table, encoding) if content else ("", [])
    if faults:
        return None, faults
    if not text.strip(" \t\n,;"):
        remedy = "Fill it, or delete it: absent is allowed."
        return None, [Fault(file, "", "", "the file is empty", "a header and rows.", remedy)]
    delimiter, skip = detect_delimiter(text, set(known))
    try:
        rows: list[list[Any]] = [
            [unguarded(cell.strip()) or None for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        ]
    except csv.Error as error:
        return None, [unreadable_csv(file, text, error)]
    wide = too_wide(rows, file)
    if wide is not None:
        return None, [wide]
    return raw_table(rows[skip:], file, "", table, set(known), first_row=1 + skip)


def unreadable_csv(file: str, text: str, error: csv.Error) -> Fault:
    """Return the fault of a text that is no CSV; an open quotation mark swallows all that follows it."""
    remedy = "Look for a quotation mark that is never closed, or export the file again."
    cell = f"rows up to {text.count(chr(10)) + 1}"
    return Fault(file, "", cell, f"it cannot be read as CSV: {error}", "CSV.", remedy)


def too_wide(rows: Sequence[Sequence[Any]], file: str) -> Fault | None:
    """Return the fault of rows that, made equally long, would fill the memory."""
    place = max(range(len(rows)), key=lambda number: len(rows[number]), default=0)
    width = len(rows[place]) if rows else 0
    if width * len(rows) <= LARGEST_AREA or width <= LARGEST_WIDTH:
        return None
    found = f"{width:,} columns stand in this row of {len(rows):,}"
    remedy = "Look for a row with too many delimiters, or export the file again."
    return Fault(file, "", f"row {place + 1}", found, f"at most {LARGEST_WIDTH:,} columns.", remedy)


def detect_delimiter(text: str, known: set[str]) -> tuple[str, int]:
    """Return the delimiter and how many lines stand before the header.

    The delimiter that yields most known columns is taken, then the one that yields most columns. Excel's own line
    ``sep=;`` is heeded.
    """
    lines = text.split("\n", 2)
    declared = re.fullmatch(r'"?sep=([!#-/:-@\[-`{-~\t])"?\s*', lines[0])
    if declared:
        return declared.group(1), 1
    header = lines[0]

    def score(delimiter: str) -> tuple[int, int]:
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:  # a header of hundred thousands of letters; reading it says so
            return 0, 0
        return len(({our_spelling(name) for name in names} | {name.strip() for name in names}) & known), len(names)

    return max(_DELIMITERS, key=score), 0


def raw_table(
    rows: list[list[Any]], file: str, sheet: str, table: str, known: set[str], *, first_row: int = 1
) -> tuple[RawTable | None, list[Fault]]:
    """Make a raw table of rows of cells, with the faults of its header."""
    faults: list[Fault] = []
    while rows and all(cell is None for cell in rows[-1]):
        rows.pop()
    if not rows:
        return None, []
    header, body = rows[0], rows[1:]
    width = max(map(len, rows))
    header = [*header, *[None] * (width - len(header))]

    def place(column: int, number: int = first_row) -> str:
        return f"{column_letters(column)}{number}" if sheet else f"row {number}, column {column + 1}"

    lower = _later_header(rows, known)
    if lower:
        found = f"the header seems to stand in row {first_row + lower}"
        remedy = "Delete the rows above it."
        return None, [Fault(file, sheet, f"row {first_row}", found, "the header in row 1.", remedy)]
    numbers = [first_row + 1 + place_ for place_, row in enumerate(body) if any(cell is not None for cell in row)]
    body = [row for row in body if any(cell is not None for cell in row)]
    body = [row if len(row) == width else [*row, *[None] * (width - len(row))] for row in body]
    by_column = list(zip(*body, strict=True)) if body else [()] * width
    names: list[str] = []
    positions: list[int] = []
    seen: dict[str, int] = {}
    for column, title in enumerate(header):
        if title is None:
            filled = next(
                (number for number, cell in zip(numbers, by_column[column], strict=True) if cell is not None), 0
            )
            if filled:
                faults.append(
                    Fault(
                        file,
                        sheet,
                        place(column, filled),
                        f"{show(by_column[column][numbers.index(filled)])} stands in a column without a header",
                        "a header over every column that holds something.",
                        "Write the column's name into row 1, or clear the column. "
                        "In a CSV file it may be a comma in a text without quotation marks.",
                    )
                )
            continue
        name = our_spelling(str(title))
        if name in seen:
            faults.append(
                Fault(
                    file,
                    sheet,
                    place(column),
                    f"the header {show(title)} stands twice, also in {place(seen[name])}",
                    "each column once.",
                    "Rename or delete one of the two.",
                )
            )
            continue
        seen[name] = column
        names.append(name)
        positions.append(column)
    raw = RawTable(
        table,
        file,
        sheet,
        tuple(str(header[position]) for position in positions),
        tuple(names),
        tuple(positions),
        tuple(numbers),
        {name: list(by_column[position]) for name, position in zip(names, positions, strict=True)},
    )
    return raw, faults


def _later_header(rows: list[list[Any]], known: set[str]) -> int:
    """Return how far below row 1 the header stands, where row 1 has nothing to do with it."""
    if not known:
        return 0

    def hits(row: list[Any]) -> int:
        return len({our_spelling(cell) for cell in row if isinstance(cell, str)} & known)

    if hits(rows[0]):
        return 0
    return next((place for place, row in enumerate(rows[1:10], start=1) if hits(row) >= 2), 0)


# -- Parquet ---------------------------------------------------------------------------------------------------------


def read_parquet(content: bytes, file: str, table: str) -> tuple[RawTable | None, list[Fault]]:
    """Read a Parquet file into a raw table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.read_table(pa.BufferReader(content))
        values = [column.to_pylist() for column in found.columns]
    except parquet_damage() as error:
        return None, [unreadable_parquet(file, error)]
    faults = [
        Fault(
            file, "", f"column {column.name}", f"its cells are of type {column.type}", "single values.", "Flatten it."
        )
        for column in found.schema
        if pa.types.is_nested(column.type)
    ]
    columns = [our_spelling(name) for name in found.schema.names]
    twice = [name for place, name in enumerate(columns) if name in columns[:place]]
    faults += [
        Fault(file, "", f"column {name}", "the column stands twice", "each column once.", "Rename one of the two.")
        for name in twice
    ]
    if faults:
        return None, faults
    cells = {name: [_plain(value) for value in values[place]] for place, name in enumerate(columns)}
    raw = RawTable(
        table,
        file,
        "",
        tuple(found.schema.names),
        tuple(columns),
        tuple(range(len(columns))),
        tuple(range(2, found.num_rows + 2)),
        cells,
    )
    return raw, []


def parquet_damage() -> tuple[type[Exception], ...]:
    """Return what Arrow raises for a file that is no sound Parquet, or whose values Python cannot hold."""
    import pyarrow as pa

    return (pa.ArrowException, OSError, ValueError, OverflowError, KeyError)  # KeyError: a time zone nobody knows


def unreadable_parquet(file: str, error: Exception) -> Fault:
    """Return the fault of a file that is no sound Parquet."""
    said = str(error).splitlines()[0] if str(error) else "no reason given"
    found = f"it cannot be read as Parquet: {said}"
    return Fault(file, "", "", found, "a Parquet file.", "Export the file again.")


def _plain(value: Any) -> Any:
    """Blank for what Parquet files use as blank; text without outer spaces."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if type(value).__name__ == "Decimal":
        return float(value)
    return value
