"""A file as it really comes: which kind it is whatever its name says, in which encoding, with which delimiter.

Nothing of a file is ever executed, and no link in it is followed. What cannot be read is refused in one sentence.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from workbench.engagement.intake.cells_of_sheets import SheetCells, read_book
from workbench.engagement.intake.periods import find_period
from workbench.engagement.intake.words import HEADS, plain_words
from workbench.engagement.read import LARGEST_AREA, decode, find_codec, too_wide, unreadable_csv
from workbench.engagement.workbooks import package_faults, workbook_damage
from workbench.errors import ClientDataError, Fault

LARGEST_FILE = 250_000_000
"""Bytes of a file; a sheet of Excel that is larger belongs into facts as CSV or Parquet (ours)."""

OLD_ENCODINGS = ("cp1252", "mac-roman", "cp850", "cp1250", "iso8859-2")
"""Encodings beside UTF-8 and UTF-16 in which spreadsheets write CSV files in Europe; the first where all agree."""

DELIMITERS = (";", ",", "\t", "|")

_WANTED = "a table as .xlsx, .xlsm, .xlsb, .xls, .ods or .csv that anyone may open."
_KINDS = {
    b"%PDF": ("a PDF", "Ask for the sheet that it was printed from."),
    b"\x89PNG": ("a picture", "Ask for the sheet itself."),
    b"\xff\xd8\xff": ("a picture", "Ask for the sheet itself."),
    b"{\\rtf": ("a text document", "Ask for the sheet itself."),
    b"\x1f\x8b": ("a packed file", "Unpack it first."),
    b"Rar!": ("a packed file", "Unpack it first."),
    b"7z\xbc\xaf": ("a packed file", "Unpack it first."),
    b"PAR1": ("a Parquet file", "Put it into the folder as it is: a Parquet file needs no import."),
}
_LETTERS = frozenset("äöüßéèêëàâçîïôùûñáíóúœæøå")
_SYMBOLS = frozenset("€£§°–—…„“”‘’‚«»‹›·•²³½¼¾±×÷©®™¿¡ªº´¨\u00a0\u00ad\u202f")


@dataclass(frozen=True, eq=False)
class OpenFile:
    """A client's file, opened.

    Attributes
    ----------
    file, kind : str
        Its name; ``xlsx``, ``xlsb``, ``xls``, ``ods`` or ``csv``.
    sheets : tuple of SheetCells
    encoding, delimiter : str
        Of a text.
    remarks : tuple of str
        What the consultant should know of it.
    must_look : bool
        Whether a remark says that something may be there which cannot be seen.
    """

    file: str
    kind: str
    sheets: tuple[SheetCells, ...] = field(repr=False)
    encoding: str = ""
    delimiter: str = ""
    remarks: tuple[str, ...] = ()
    must_look: bool = False


def open_file(
    content: bytes,
    file: str,
    *,
    encoding: str = "",
    words: Collection[str] = (),
    wanted: Callable[[str, bool], bool] = lambda name, is_hidden: not is_hidden,
) -> OpenFile:
    """Return a client's file as sheets of cells.

    Parameters
    ----------
    content : bytes
    file : str
        Its name, for faults; its ending is not believed.
    encoding : str
        As the consultant says.
    words : collection of str
        Words that may stand in it, in small letters; they tell the encoding of a text.
    wanted : callable
        Name of a sheet and whether it is hidden → whether to read it.

    Raises
    ------
    ClientDataError
        It is no table, locked, damaged, far larger than it looks, or its encoding cannot be told.
    """
    found, remedy = next((held for start, held in _KINDS.items() if content.startswith(start)), ("", ""))
    if len(content) > LARGEST_FILE:
        found, remedy = f"a file of {len(content) // 1_000_000} MB", "Bring it as CSV or Parquet into facts/."
    if found:
        raise _refused(file, f"it is {found}", remedy)
    if not content.removeprefix(codecs.BOM_UTF8).strip(b"\x00 \t\r\n,;"):
        raise _refused(file, "the file is empty", "Copy it again from its source.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _compound(content, file, wanted)
    if content.startswith(b"PK"):
        return _package(content, file, wanted)
    if content.startswith((b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")):
        raise _refused(file, "it is a sheet of Excel 4 or older", "Open it in Excel and save it as .xlsx.")
    start = content[:2_000].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if start.startswith((b"<", b"mime-version:")):
        found = "it is a web page or XML that only calls itself a table, as some systems export it"
        raise _refused(file, found, "Open it in Excel, save it as .xlsx, and import that.")
    return _text(content, file, encoding, words)


def _refused(file: str, found: str, remedy: str) -> ClientDataError:
    return ClientDataError((Fault(file, "", "", found, _WANTED, remedy),))


def _compound(content: bytes, file: str, wanted: Callable[[str, bool], bool]) -> OpenFile:
    """Return a workbook of Excel 97 to 2003; what is locked with a password has the same first bytes."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise _refused(file, "the workbook is locked with a password", "Ask for it without the password.")
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        raise _refused(file, "it is a document of another program of Office, not a workbook", "Ask for the sheet.")
    remarks = [
        "The file is in the format of Excel 2003, whose reader is known to mistake the first two columns of some "
        "files; number formats (k€, divided by thousand) cannot be seen. Compare the totals, or save it as .xlsx."
    ]
    return OpenFile(file, "xls", read_book(content, file, "xls", wanted), remarks=tuple(remarks), must_look=True)


def _package(content: bytes, file: str, wanted: Callable[[str, bool], bool]) -> OpenFile:
    faults = package_faults(content, file)
    if faults:
        raise ClientDataError(tuple(faults))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist())
            manifest = packed.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""
    except workbook_damage():
        raise _refused(file, "the workbook is damaged", "Open it in Excel and save it again.") from None
    if b"encryption-data" in manifest:
        raise _refused(file, "the workbook is locked with a password", "Ask for it without the password.")
    kind = (
        "xlsx"
        if "xl/workbook.xml" in names
        else "xlsb"
        if "xl/workbook.bin" in names
        else "ods"
        if "content.xml" in names
        else ""
    )
    if not kind:
        raise _refused(file, "it is a packed file without a workbook", "Unpack it, and import what it holds.")
    remarks = []
    if any(name.startswith("xl/externalLinks/") for name in names):
        remarks.append("Cells are linked to other workbooks; what is read is what Excel stored last, which may be old.")
    if any(name.startswith("xl/pivotTables/") for name in names):
        remarks.append("The workbook holds pivot tables; what is read is what they showed when it was saved.")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        remarks.append("The workbook holds macros; they are not read, and nothing of them is run.")
    if kind == "xlsb":
        remarks.append(
            "In .xlsb number formats (k€, divided by thousand) and errors cannot be seen. Compare the totals, or save "
            "it as .xlsx."
        )
    if kind == "ods":
        remarks.append("In .ods number formats (k€, divided by thousand) cannot be seen: compare the totals.")
    must_look = kind in ("xlsb", "ods")
    return OpenFile(file, kind, read_book(content, file, kind, wanted), remarks=tuple(remarks), must_look=must_look)


# -- text --------------------------------------------------------------------------------------------------------------


def _text(content: bytes, file: str, encoding: str, words: Collection[str]) -> OpenFile:
    text, used, remark = _decoded(content, file, encoding, words)
    text = text.lstrip("\ufeff")
    first, _, rest = text.partition("\n")
    declared = re.fullmatch(r'"?sep=(.)"?\s*', first)
    delimiter = declared.group(1) if declared else _delimiter((rest and text) or first)
    try:
        rows = [
            [cell.strip() or None for cell in row]
            for row in csv.reader(io.StringIO(rest if declared else text, newline=""), delimiter=delimiter, strict=True)
        ]
    except csv.Error as error:
        raise ClientDataError((unreadable_csv(file, text, error),)) from None
    wide = too_wide(rows, file)
    if wide is not None:
        raise ClientDataError((wide,))
    if max(map(len, rows), default=0) * len(rows) > LARGEST_AREA:
        raise _refused(file, f"it holds more than {LARGEST_AREA:,} cells", "Bring it as CSV or Parquet into facts/.")
    rows = [[], *rows] if declared else rows
    return OpenFile(file, "csv", (SheetCells("", rows),), used, delimiter, (remark,) if remark else ())


def _decoded(content: bytes, file: str, encoding: str, words: Collection[str]) -> tuple[str, str, str]:
    """Return the text of a file, its encoding, and a remark where that was concluded from what stands in it."""
    if encoding and find_codec(encoding) is None:
        raise _refused(file, f"the encoding {encoding[:40]!r} is unknown", f"utf-8, {', '.join(OLD_ENCODINGS)} …")
    text, faults = decode(content, file, "table", encoding or None)
    if not faults:
        return text, encoding or "utf-8", ""
    if encoding or b"\x00" in content:
        if content[:4_000].count(0) > 0.2 * len(content[:4_000]):
            for codec in ("utf-16-le", "utf-16-be"):
                text, faults = decode(content, file, "table", codec)
                if not faults and sum(letter.isascii() for letter in text[:4_000]) > 0.5 * len(text[:4_000]):
                    return text, codec, ""
        raise ClientDataError(tuple(faults))
    mixed = _two_encodings(content, file)
    if mixed is not None:
        raise ClientDataError((mixed,))
    readings: dict[str, str] = {}
    for name in OLD_ENCODINGS:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if not _implausible(text) and text not in readings.values():
            readings[name] = text
    known = {name: (-_rare_letters(text), _known_words(text, words)) for name, text in readings.items()}
    best = [name for name in readings if known[name] == max(known.values())]
    if len(best) == 1:
        text = readings[best[0]].replace("\r\n", "\n").replace("\r", "\n")
        return text, best[0], f"The file is not UTF-8; it reads well as {best[0]}."
    shown = ", ".join(best) or ", ".join(OLD_ENCODINGS)
    found = "the file is not UTF-8, and nothing in it tells which old encoding it is in"
    raise _refused(file, found, f"Export it again as UTF-8, or say --encoding with one of {shown}.")


def _two_encodings(content: bytes, file: str) -> Fault | None:
    """Return where a text that is partly UTF-8 stops being so: files of two systems, put below each other."""
    lines = content.removeprefix(codecs.BOM_UTF8).splitlines()
    utf8 = next((at for at, line in enumerate(lines, start=1) if _UTF8.search(line)), 0)
    if not utf8 and not content.startswith(codecs.BOM_UTF8):
        return None
    old = next(at for at, line in enumerate(lines, start=1) if _is_no_utf8(line))
    found = (
        f"its letters are in two encodings: {f'line {utf8}' if utf8 else 'its beginning'} is UTF-8, line {old} is not"
    )
    remedy = "Export it again as UTF-8; of files that were put together, import each by itself."
    return Fault(file, "", f"row {old}", found, "one encoding in a file.", remedy)


_UTF8 = re.compile(rb"[\xc3-\xc5][\x80-\xbf]|\xe2[\x80-\x82][\x80-\xbf]")
"""Letters of Europe, dashes, quotation marks and € in UTF-8; in old encodings a letter and a sign that no word has."""


def _is_no_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _implausible(text: str) -> bool:
    """Return whether a text has letters where no language puts them, as the wrong encoding gives."""
    for match in re.finditer(r"[^\x00-\x7f]", text):
        place, letter = match.start(), match.group()
        before = text[place - 1] if place else " "
        after = text[place + 1] if place + 1 < len(text) else " "
        if letter.isalpha():
            if (letter.isupper() and before.islower()) or (before.isdigit() and after.isdigit()):
                return True
        elif letter not in _SYMBOLS or (before.isalpha() and after.isalpha() and letter not in "’·\u00ad\u00a0\u202f"):
            return True
        if unicodedata.category(letter) in ("Cc", "Cn", "Co"):
            return True
    return False


def _rare_letters(text: str) -> int:
    """Return how many letters beyond ASCII are none of the languages whose headers we know."""
    return sum(letter.isalpha() and letter not in _LETTERS for letter in re.findall(r"[^\x00-\x7f]", text.casefold()))


def _known_words(text: str, words: Collection[str]) -> int:
    found = set(re.findall(r"[^\W\d_]+", text.casefold()))
    return len({word for word in words if not word.isascii()} & found)


def _delimiter(text: str) -> str:
    """Return the delimiter under which a row has most words of headers, and then most lines one width."""
    sample = "\n".join(text.split("\n", 400)[:400])

    def score(delimiter: str) -> tuple[int, int, int]:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            return 0, 0, 0
        named = max((len({cell for cell in row if _is_head(cell)}) for row in rows[:60]), default=0)
        widths = Counter(map(len, rows))
        width, lines = max(
            ((w, n) for w, n in widths.items() if w > 1), key=lambda held: (held[1], held[0]), default=(0, 0)
        )
        return named, lines, width

    return max(DELIMITERS, key=score)


def _is_head(cell: str) -> bool:
    """Return whether a cell is a word of headers, or a period."""
    words = plain_words(cell[:120])
    return words in HEADS or (
        bool(words) and any(c.isalpha() for c in words) and find_period(cell[:120])[0] is not None
    )
