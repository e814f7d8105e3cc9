"""Tables of a client's folder with single cells and rows changed; whatever is not changed stays as it was typed."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.cells import decide_date_order
from workbench.engagement.read import RawTable, decode, detect_delimiter, find_codec, guarded, our_spelling, unguarded
from workbench.engagement.schema import TABLES
from workbench.engagement.workbooks import open_workbook, workbook_damage
from workbench.errors import Fault

if TYPE_CHECKING:
    from workbench.engagement.folder import FolderReading
    from workbench.engagement.settings import Source

Cell = str | float | dt.date
WORKBOOK = "engagement.xlsx"


_YEAR_LAST = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{4}")


def written_day(day: dt.date, others: Sequence[Any], source: Source | None) -> str:
    """Return a day as the other days of its column are written, for one way of writing is allowed in a column.

    Examples
    --------
    >>> written_day(dt.date(2026, 9, 20), ["03.06.2026", "28.06.2026"], None)
    '20.09.2026'
    >>> written_day(dt.date(2026, 9, 20), ["2026-06-03"], None)
    '2026-09-20'
    """
    texts = [text for text in others if isinstance(text, str)]
    found = next(filter(None, map(_YEAR_LAST.fullmatch, texts)), None)
    if found is None:
        return day.isoformat()
    order = decide_date_order(texts, str, "", source)
    form = {"day-month-year": "%d{0}%m{0}%Y", "month-day-year": "%m{0}%d{0}%Y"}.get(str(order), "%Y-%m-%d")
    return day.strftime(form.format(found.group(1)))


class TableFile:
    """One table, as rows of text cells in the order of its file.

    Attributes
    ----------
    table, file, sheet : str
    is_changed : bool
    """

    def __init__(self, table: str, file: str, sheet: str, header: list[str], source: Source | None) -> None:
        """Hold where a table stands, what its columns are called and what was said of it."""
        self.table, self.file, self.sheet, self.header, self.source = table, file, sheet, header, source
        self.is_changed = False

    def get(self, row: int, column: str) -> str | None:
        """Return a cell as text, None where there is no such row."""
        raise NotImplementedError

    def holds(self, row: int, column: str, day: dt.date) -> bool:
        """Return whether a cell holds a day, as the others of its column are written."""
        return self.get(row, column) == written_day(day, self.column(column), self.source)

    def column(self, name: str) -> list[Any]:
        """Return what stands in a column, blanks left out."""
        raise NotImplementedError

    def put(self, row: int, column: str, value: Cell) -> None:
        """Change a cell; a column that is not there is added."""
        raise NotImplementedError

    def append(self) -> int:
        """Return the number of a new row at the end."""
        raise NotImplementedError

    def place(self, row: int, column: str) -> str:
        """Return where a cell stands, as faults name it."""
        raise NotImplementedError

    def content(self) -> bytes:
        """Return the whole file."""
        raise NotImplementedError


class CsvTable(TableFile):
    """A table that stands in a CSV file of its own, or is to stand there."""

    def __init__(self, table: str, file: str, content: bytes | None, source: Source | None) -> None:
        """Read the file as it is; None makes a new one with the table's own columns."""
        self.mark, self.codec, self.delimiter, self.end, self.skip = b"", "utf-8", ",", "\n", 0
        encoding, decimal = (source.encoding, source.decimal) if source else (None, None)
        self.decimal = decimal or "."
        known = list(TABLES[table].columns)
        if content is None:
            self.rows: list[list[str]] = [known]
        else:
            text, faults = decode(content, file, table, encoding)
            if faults:
                raise ValueError(str(faults[0]))
            self.codec = find_codec(encoding or "utf-8") or "utf-8"
            self.mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
            if content.startswith((b"\xff\xfe", b"\xfe\xff")):
                self.codec = "utf-16"
            self.end = "\r\n" if b"\r\n" in content or b"\r\x00\n" in content else "\n"
            self.delimiter, self.skip = detect_delimiter(text, set(known))
            self.rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter))
        super().__init__(table, file, "", self.rows[self.skip], source)
        self._columns = {our_spelling(name): place for place, name in enumerate(self.header)}

    def get(self, row: int, column: str) -> str | None:
        """Return a cell as text, None where there is no such row."""
        if not self.skip + 1 < row <= len(self.rows):
            return None
        cells, place = self.rows[row - 1], self._columns.get(column, -1)
        return unguarded(cells[place].strip()) if 0 <= place < len(cells) else ""

    def put(self, row: int, column: str, value: Cell) -> None:
        """Change a cell; a column that is not there is added."""
        if column not in self._columns:
            self._columns[column] = len(self.header)
            self.header.append(column)
        cells = self.rows[row - 1]
        cells += [""] * (len(self.header) - len(cells))
        if isinstance(value, dt.date):
            text = written_day(value, self.column(column), self.source)
        else:
            text = self._written(value)
        cells[self._columns[column]] = text
        self.is_changed = True

    def column(self, name: str) -> list[Any]:
        """Return what stands in a column, blanks left out."""
        place = self._columns.get(name, -1)
        texts = (line[place].strip() for line in self.rows[self.skip + 1 :] if 0 <= place < len(line))
        return [text for text in texts if text]

    def _written(self, value: str | float) -> str:
        if isinstance(value, float):
            text = str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
            return text.replace(".", self.decimal)
        return guarded(value)

    def append(self) -> int:
        """Return the number of a new row at the end."""
        while len(self.rows) > self.skip + 1 and not any(cell.strip() for cell in self.rows[-1]):
            self.rows.pop()
        self.rows.append([""] * len(self.header))
        self.is_changed = True
        return len(self.rows)

    def place(self, row: int, column: str) -> str:
        """Return where a cell stands, as faults name it."""
        return f"row {row}, column {self.header[self._columns[column]]}" if column in self._columns else f"row {row}"

    def content(self) -> bytes:
        """Return the whole file."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=self.delimiter, lineterminator=self.end)
        for row in self.rows:
            writer.writerow(row)
        return self.mark + stream.getvalue().encode(self.codec)


class Book:
    """``engagement.xlsx``, opened once for all its tables."""

    def __init__(self, content: bytes) -> None:
        """Open it; formulas would lose their results."""
        import openpyxl

        opened, faults = open_workbook(content, WORKBOOK)
        if opened is None:
            raise ValueError(str(faults[0]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells which of Excel's newer ornaments the copy will lack
            try:
                self.book = openpyxl.load_workbook(io.BytesIO(content))
            except workbook_damage() as error:
                raise ValueError(f"{WORKBOOK} cannot be changed by a program ({type(error).__name__}).") from error
        self.has_formulas = any(
            cell.data_type == "f" for sheet in self.book.worksheets for row in sheet.iter_rows() for cell in row
        )

    def content(self) -> bytes:
        """Return the whole workbook."""
        stream = io.BytesIO()
        self.book.save(stream)
        return stream.getvalue()


class SheetTable(TableFile):
    """A table that stands in a sheet of ``engagement.xlsx``."""

    def __init__(self, raw: RawTable, book: Book, source: Source | None) -> None:
        """Hold the sheet; its header stands in row 1."""
        self.book, self._sheet = book, book.book[raw.sheet]
        super().__init__(raw.name, raw.file, raw.sheet, list(raw.headers), source)
        self._columns = {name: place + 1 for name, place in zip(raw.columns, raw.positions, strict=True)}
        self._last = max(
            (cell.row for column in self._columns.values() for cell in self._cells(column) if cell.value is not None),
            default=1,
        )

    def _cells(self, column: int) -> Any:
        return next(self._sheet.iter_cols(min_col=column, max_col=column))

    def get(self, row: int, column: str) -> str | None:
        """Return a cell as text, None where there is no such row."""
        from workbench.engagement.queries import cell_text

        if row > self._last:
            return None
        place = self._columns.get(column)
        return cell_text(self._sheet.cell(row, place).value).strip() if place else ""

    def put(self, row: int, column: str, value: Cell) -> None:
        """Change a cell; a column that is not there is added."""
        if column not in self._columns:
            self._columns[column] = max([*self._columns.values(), self._sheet.max_column]) + 1
            self._sheet.cell(1, self._columns[column]).value = column
        if isinstance(value, dt.date):
            text = written_day(value, self.column(column), self.source)
            value = text if text != value.isoformat() else value
        cell = self._sheet.cell(row, self._columns[column])
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"  # never a formula, whatever it begins with
        self.is_changed = True

    def column(self, name: str) -> list[Any]:
        """Return what stands in a column, blanks left out."""
        if name not in self._columns:
            return []
        return [cell.value for cell in self._cells(self._columns[name]) if cell.value is not None]

    def append(self) -> int:
        """Return the number of a new row at the end."""
        self._last += 1
        self.is_changed = True
        return self._last

    def place(self, row: int, column: str) -> str:
        """Return where a cell stands, as faults name it."""
        place = self._columns.get(column)
        return f"{self._sheet.cell(row, place).coordinate}" if place else f"row {row}"

    def content(self) -> bytes:
        """Return the whole file."""
        return self.book.content()


class OpenTables:
    """The tables of a folder, each opened when it is first asked for."""

    def __init__(self, folder: Path, reading: FolderReading) -> None:
        """Hold where they stand."""
        self.folder, self.reading = folder, reading
        self._open: dict[str, TableFile] = {}
        self._book: Book | None = None

    def table(self, name: str) -> TableFile | Fault:
        """Return a table to change, or why it cannot be changed."""
        if name not in self._open:
            made = self._opened(name)
            if isinstance(made, Fault):
                return made
            self._open[name] = made
        return self._open[name]

    def _opened(self, name: str) -> TableFile | Fault:
        held = self.reading.raw.get(name)
        refused = self.reading.refused.get(name)
        raw = held if held is not None else refused.raw if refused is not None else None
        source = self.reading.sources.get(name)
        remedy = f"Save the table as {name}.csv in the client's folder, then read the answers again."
        path = self.folder / (raw.file if raw is not None else f"{name}.csv")
        try:
            if raw is None:
                if path.exists():
                    found = "its header cannot be read"
                    return Fault(path.name, "", "", found, "a table that can be read.", "Correct the header first.")
                return CsvTable(name, path.name, None, None)
            if raw.sheet:
                if self._book is None:
                    self._book = Book(path.read_bytes())
                if self._book.has_formulas:
                    found = "the workbook holds formulas, whose results a program would lose"
                    return Fault(raw.file, raw.sheet, "", found, "values, or a CSV file.", remedy)
                return SheetTable(raw, self._book, source)
            if path.suffix.lower() != ".csv":
                found = f"{name} stands in a {path.suffix.lower()} file"
                return Fault(raw.file, "", "", found, "a CSV file or a sheet.", remedy)
            return CsvTable(name, raw.file, path.read_bytes(), source)
        except ValueError as error:
            return Fault(path.name, "", "", str(error), "a file that can be read.", remedy)

    def changed(self) -> dict[str, bytes]:
        """Return the changed files by name."""
        return {held.file: held.content() for held in self._open.values() if held.is_changed}
