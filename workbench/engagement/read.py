"""A client's CSV, Parquet and Excel files as raw tables whose cells know where they stand.

Nothing is converted here: `cells` decides types over whole columns. A file is read once, as bytes, so that what is
hashed is what is analysed. Formula and error cells are looked up in a sheet's XML only where it holds any, because
calamine, which reads ten times faster than openpyxl, shows both as blanks.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree  # nosec: document types are refused before parsing

from workbench.errors import Fault

LARGEST_UNPACKED = 400_000_000
"""Bytes of a workbook once unpacked; more is taken for a trap or for facts that belong into CSV or Parquet (ours)."""

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

_BEYOND = 1_048_576 * 16_384  # the cells of a whole sheet of Excel
_DEFLATE_RATIO = 1_032  # the most that deflate can pack (zlib, technical details): 1032 to 1
_DELIMITERS = (",", ";", "\t")
_OPEN_WORKBOOK = "an Excel workbook (.xlsx) that anyone may open."
_ROW_XML = re.compile(rb"<(?:\w+:)?row\s[^<>]*?\br\s*=\s*[\"'](\d+)")
_FILLED_XML = re.compile(rb"<(?:\w+:)?c(?:\s([^<>]*[^/<>]))?\s*>\s*<(?:\w+:)?(?:f|v|is)\b")
_UNSEEN_XML = re.compile(rb"<(?:\w+:)?f\b|\bt\s*=\s*[\"']e[\"']")
_REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)(\d+)[\"']")


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
    return _table(rows[skip:], file, "", table, set(known), first_row=1 + skip)


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


def _table(
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


# -- Excel -----------------------------------------------------------------------------------------------------------


class Workbook:
    """An opened ``engagement.xlsx``; use `open_workbook`.

    Attributes
    ----------
    file : str
        Its path as the client knows it.
    sheets : tuple of str
        Names of all sheets, also of hidden ones.
    hidden : frozenset of str
        Those that are hidden.
    cells_seen : dict of str to str or None
        Sheet → SHA-256 of the cells that were read of it; None where nobody asked for that.
    """

    cells_seen: dict[str, str] | None = None

    def __init__(self, content: bytes, file: str) -> None:
        from python_calamine import CalamineWorkbook, SheetVisibleEnum

        self.file = file
        self._content = content
        self._book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        self.sheets = tuple(self._book.sheet_names)
        self.hidden = frozenset(
            sheet.name for sheet in self._book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible
        )
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            self._parts = sheet_parts(packed)

    def read(self, sheet: str, table: str, known: Iterable[str]) -> tuple[RawTable | None, list[Fault]]:
        """Read one sheet; a sheet without a single filled cell is no table and no fault."""
        rows, merged, xml, faults = self._cells(sheet)
        if faults:
            return None, faults
        faults = [self._merged(sheet, area) for area in merged]
        if any(top == 0 for (top, _), _ in merged):
            return None, faults
        if not any(cell is not None for row in rows for cell in row):
            return None, faults
        raw, header_faults = _table(rows, self.file, sheet, table, set(known))
        faults += header_faults
        if raw is not None:
            faults += self._formulas(sheet, xml, raw)
        return raw, faults

    def rows(self, sheet: str) -> tuple[list[list[Any]], list[Fault]]:
        """Return the cells of a sheet as they stand, from A1 on, whatever its header is; or why it cannot be read.

        Cells that calamine shows as blanks are faults: formulas without a result, errors, and what is merged below
        the header, of which the highest exports have `HEADER_ROWS`.
        """
        rows, merged, xml, faults = self._cells(sheet)
        if faults:
            return rows, faults
        hidden = [area for area in merged if area[1][0] >= HEADER_ROWS]
        return rows, [*(self._merged(sheet, area) for area in hidden), *self._formulas(sheet, xml)]

    def _cells(self, sheet: str) -> tuple[list[list[Any]], Sequence[Any], bytes, list[Fault]]:
        """Return the cells, merged areas and XML of a sheet, and what keeps it from being read."""
        try:
            xml = self._xml(sheet)
            reach = _filled_area(xml)
            content = self._book.get_sheet_by_name(sheet) if reach <= LARGEST_AREA else None
            cells = content.to_python(skip_empty_area=False) if content is not None else []
            merged = (content.merged_cell_ranges or []) if content is not None else []
        except workbook_damage() as error:
            found, remedy = _damaged(error)
            return [], [], b"", [Fault(self.file, sheet, "", found, "a sheet that Excel can read.", remedy)]
        if reach > LARGEST_AREA:
            found = f"the sheet reaches over {reach:,} cells; something stands far away from the table"
            remedy = "Press Ctrl+End, delete the rows and columns beyond the table and save; or bring the table as CSV."
            return [], [], b"", [Fault(self.file, sheet, "", found, f"at most {LARGEST_AREA:,} cells.", remedy)]
        if self.cells_seen is not None:
            self.cells_seen[sheet] = hashlib.sha256(repr(cells).encode("utf-8", "surrogatepass")).hexdigest()
        return [[_excel_value(cell) for cell in row] for row in cells], merged, xml, []

    def _merged(self, sheet: str, area: tuple[tuple[int, int], tuple[int, int]]) -> Fault:
        (top, left), (bottom, right) = area
        return Fault(
            self.file,
            sheet,
            f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}",
            "the cells are merged",
            "one cell a value" + (", and one header a column." if top == 0 else "."),
            "Select them, press Merge & Center to undo it, and write the value into each cell that it holds for.",
        )

    def _formulas(self, sheet: str, xml: bytes, raw: RawTable | None = None) -> list[Fault]:
        """Return the faults of error cells and of formulas whose result is not stored, in a table's columns or all."""
        if _UNSEEN_XML.search(xml) is None:
            return []
        inside = {column_letters(position) for position in raw.positions} | {""} if raw is not None else None
        faults = []
        try:
            cells = list(_cells_of(xml))
        except workbook_damage() as error:
            found, remedy = _damaged(error)
            return [Fault(self.file, sheet, "", found, "a sheet that Excel can read.", remedy)]
        for address, kind, parts in cells:
            if inside is not None and address.rstrip("0123456789") not in inside:
                continue
            if kind == "e":
                shown = parts.get("v") or "an error"
                remedy = "Mend the formula, or write the value."
                faults.append(Fault(self.file, sheet, address, f"the cell shows {shown}", "a value.", remedy))
            elif "f" in parts and not parts.get("v") and kind != "str":
                faults.append(
                    Fault(
                        self.file,
                        sheet,
                        address,
                        "a formula whose result is not stored in the file",
                        "a value, or a formula that Excel has calculated.",
                        "Open the workbook in Excel, let it calculate, and save; or paste the values.",
                    )
                )
        return faults

    def _xml(self, sheet: str) -> bytes:
        part = self._parts.get(sheet)
        if part is None:
            return b""
        with zipfile.ZipFile(io.BytesIO(self._content)) as packed:
            return packed.read(part)


def open_workbook(content: bytes, file: str) -> tuple[Workbook | None, list[Fault]]:
    """Open a workbook from its bytes, or say why it cannot be read."""
    faults = package_faults(content, file)
    if faults:
        return None, faults
    try:
        return Workbook(content, file), []
    except workbook_damage() as error:
        found, remedy = _damaged(error)
        return None, [Fault(file, "", "", found, _OPEN_WORKBOOK, remedy)]


def package_faults(content: bytes, file: str) -> list[Fault]:
    """Return why a file is no zip that may be opened: empty, locked, damaged, far larger than it looks, or a trap."""

    def fault(found: str, remedy: str) -> list[Fault]:
        return [Fault(file, "", "", found, _OPEN_WORKBOOK, remedy)]

    if not content:
        return fault("the file is empty", "Copy it again from its source.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return fault(
            "the workbook is locked with a password, or in the format of Excel 2003",
            "Remove the password, and save it as .xlsx.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = _unpacked_size(packed, content)
            if size > LARGEST_UNPACKED:
                return fault(
                    f"the workbook unpacks to more than {LARGEST_UNPACKED // 1_000_000} MB",
                    "Bring its large tables as CSV or Parquet files instead.",
                )
            names = [part.casefold() for part in packed.namelist()]
            if len(set(names)) < len(names):
                return fault(
                    "the workbook holds a part more than once, so that two readers see two sheets", "Save it in Excel."
                )
            if any(_has_document_type(packed, part) for part in packed.namelist()):
                return fault("the workbook holds a document type, which Excel never writes", "Save it in Excel.")
    except workbook_damage() as error:
        return fault(*_damaged(error))
    return []


_PROLOGUE = 64_000  # bytes before a document's first element; Excel writes some hundred
_ROOT = re.compile(rb"<[A-Za-z_]")


def _has_document_type(packed: zipfile.ZipFile, part: str) -> bool:
    """Return whether a part begins as XML with a document type, in any encoding that a parser of XML knows."""
    with packed.open(part) as stream:
        head = stream.read(_PROLOGUE).replace(b"\x00", b"")  # of UTF-16 the Latin letters are left
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<"):
        return False
    return b"<!DOCTYPE" in head or (len(head) * 2 >= _PROLOGUE and _ROOT.search(head) is None)


def workbook_damage() -> tuple[type[Exception], ...]:
    """Return what zip, XML, calamine and openpyxl raise for a file that is no sound workbook."""
    from python_calamine import CalamineError

    return (
        CalamineError,
        SyntaxError,  # among them XML's ParseError
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,  # a compression that nobody uses
        RuntimeError,  # a password on a part
        struct.error,
        ValueError,
        TypeError,
        AttributeError,  # XML whose parts are not where every writer puts them
        LookupError,
        OSError,
        EOFError,
    )


def _damaged(error: Exception) -> tuple[str, str]:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    return (
        f"the workbook is damaged, or was still being saved ({said})",
        "Close it everywhere, open it in Excel, save it again and copy it here.",
    )


def _unpacked_size(packed: zipfile.ZipFile, content: bytes) -> int:
    """Return the unpacked size in bytes; counted, not believed, where a lie could hurt."""
    declared = sum(part.file_size for part in packed.infolist())
    if declared > LARGEST_UNPACKED or len(content) * _DEFLATE_RATIO <= LARGEST_UNPACKED:
        return declared
    total = 0
    for part in packed.infolist():
        start = part.header_offset
        names = int.from_bytes(content[start + 26 : start + 28], "little")
        extra = int.from_bytes(content[start + 28 : start + 30], "little")
        data = memoryview(content)[start + 30 + names + extra :][: part.compress_size]
        if part.compress_type == zipfile.ZIP_STORED:
            total += len(data)
            continue
        unpacker = zlib.decompressobj(-15)
        pending: bytes | memoryview = data
        while pending and not unpacker.eof and total <= LARGEST_UNPACKED:
            total += len(unpacker.decompress(pending, 1_000_000))
            pending = unpacker.unconsumed_tail
    return total


def sheet_parts(packed: zipfile.ZipFile) -> dict[str, str]:
    """Return sheet → file within the workbook."""
    parse = ElementTree.fromstring
    relations = {item.get("Id"): item.get("Target", "") for item in parse(packed.read("xl/_rels/workbook.xml.rels"))}
    parts = {}
    names = set(packed.namelist())
    for item in parse(packed.read("xl/workbook.xml")).iter():
        if item.tag.endswith("}sheet"):
            relation = next((value for key, value in item.attrib.items() if key.endswith("}id")), "")
            target = relations.get(relation, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if part in names:
                parts[item.get("name", "")] = part
    return parts


def _cells_of(xml: bytes) -> Iterator[tuple[str, str | None, dict[str, str]]]:
    """Yield address, type and parts of the cells that calamine may show as blanks."""
    for _, element in ElementTree.iterparse(io.BytesIO(xml)):  # noqa: S314 - document types are refused before
        name = _local(element.tag)
        if name == "c":
            parts = {_local(part.tag): part.text or "" for part in element}
            if "f" in parts or element.get("t") == "e":
                yield element.get("r", ""), element.get("t"), parts
        elif name == "row":
            element.clear()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _filled_area(xml: bytes) -> int:
    """Return how many cells lie between A1 and the last filled one; 0 where that is surely few."""
    places = set(_REFERENCE.findall(xml))
    if any(len(letters) > 3 or len(number) > 7 for letters, number in places):
        return _BEYOND  # no such cell in Excel; calamine would make room for all before it
    reach = _area(places, (int(number) for number in _ROW_XML.findall(xml) if len(number) <= 7))
    if reach <= LARGEST_AREA:
        return 0
    filled = [_REFERENCE.search(attributes) for attributes in _FILLED_XML.findall(xml)]
    if None in filled:  # a cell without an address stands where its row says
        return reach
    return _area({match.groups() for match in filled if match is not None})


def _area(places: Iterable[tuple[bytes, ...]], rows: Iterable[int] = ()) -> int:
    """Return the cells between A1 and the furthest column and row of these."""
    held = list(places)
    columns = {_column_number(letters.upper()) for letters in {letters for letters, _ in held}}
    return max(columns, default=0) * max((*(int(number) for _, number in held), *rows), default=0)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _excel_value(cell: Any) -> Any:
    """Blank for Excel's blanks; text without outer spaces; whole numbers as int."""
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell
