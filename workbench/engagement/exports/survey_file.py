"""``survey.csv`` with the rows of one import in it: everything else stays as it was, and nothing is half written."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workbench.engagement.read import decode, detect_delimiter, guarded, our_spelling, unreadable_csv
from workbench.errors import ClientDataError, Fault

SURVEY = "survey.csv"
KEY = ("respondent", "wave", "product_line")


@dataclass(frozen=True, eq=False)
class SurveyText:
    """The table as it stands in the file.

    Attributes
    ----------
    header : tuple of str
        As typed.
    rows : tuple of tuple of str
    delimiter, encoding : str
        As they were.
    has_mark : bool
        The file begins with UTF-8's mark, as Excel writes it.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str = ","
    encoding: str = "utf-8"
    has_mark: bool = False

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Headers in our spelling."""
        return tuple(our_spelling(title) for title in self.header)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {column: place for place, column in reversed(list(enumerate(self.columns)))}

    def value(self, row: Sequence[str], column: str) -> str:
        """Return a cell of one of its rows; blank where there is no such column."""
        place = self._places.get(column, -1)
        return row[place].strip() if 0 <= place < len(row) else ""

    def key(self, row: Sequence[str]) -> tuple[str, ...]:
        """Return respondent, wave and line of a row."""
        return tuple(self.value(row, column) for column in KEY)


def parse_survey(content: bytes, known: Sequence[str], encoding: str | None) -> SurveyText:
    """Return the table of a file.

    Raises
    ------
    ClientDataError
        It cannot be read.
    """
    text, faults = decode(content, SURVEY, "survey", encoding)
    if faults:
        raise ClientDataError(tuple(faults))
    delimiter, skip = detect_delimiter(text, set(known))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))[skip:]
    except csv.Error as error:
        raise ClientDataError((unreadable_csv(SURVEY, text, error),)) from None
    mark = content.startswith(b"\xef\xbb\xbf")
    used = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else encoding or "utf-8"
    body = tuple(tuple(row) for row in rows[1:] if any(cell.strip() for cell in row))
    return SurveyText(tuple(rows[0]) if rows else (), body, delimiter, used, mark)


def put_rows(
    survey: SurveyText,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, str]],
    goes: Callable[[Sequence[str]], bool],
) -> tuple[SurveyText, int]:
    """Return the table without the rows that go and with new ones, and how many went.

    Parameters
    ----------
    survey : SurveyText
    columns : sequence of str
        Columns of the new rows; those the table lacks are added at its end.
    rows : sequence of mapping of str to str
    goes : callable
        Says of a row of the table whether it goes.
    """
    header = [*survey.header, *(name for name in columns if name not in survey.columns)]
    spelled = [our_spelling(title) for title in header]
    kept = [(*row, *[""] * (len(header) - len(row))) for row in survey.rows if not goes(row)]
    new = [tuple(row.get(column, "") for column in spelled) for row in rows]
    changed = SurveyText(tuple(header), (*kept, *new), survey.delimiter, survey.encoding, survey.has_mark)
    return changed, len(survey.rows) - len(kept)


def write_survey(survey: SurveyText) -> bytes:
    """Return the file of a table.

    Raises
    ------
    ClientDataError
        A letter does not exist in the encoding that the file was declared to have.
    """
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=survey.delimiter, lineterminator="\n")
    writer.writerow(survey.header)
    writer.writerows([guarded(cell) for cell in row] for row in survey.rows)  # anybody may have answered =HYPERLINK
    codec = "utf-8-sig" if survey.has_mark else survey.encoding
    try:
        return held.getvalue().encode(codec)
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        found = f"the letter {letter!r} of an answer does not exist in {survey.encoding}, the encoding of the file"
        remedy = "Save survey.csv as UTF-8 and take its encoding out of sources: in engagement.yaml."
        raise ClientDataError((Fault(SURVEY, "", "", found, "UTF-8.", remedy),)) from None
