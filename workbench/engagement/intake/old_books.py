"""What a workbook of Excel 97 to 2003 says beside its values: how far a sheet reaches, what is hidden, what failed.

The file is a small file system of sectors (MS-CFB); its stream ``Workbook`` is a row of records (MS-XLS 2.1.4). The
reader makes room for every cell up to the last one, and a record may name column 65,535, so that is looked at first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from workbench.engagement.intake.other_books import Looks

_FREE = 0xFFFFFFFA  # sectors from here on end a chain
_ENTRY = 128
_BOUND_SHEET, _ROW, _COLUMNS, _END = 0x85, 0x208, 0x7D, 0x0A
_FORMULA, _BOOL_OR_ERROR, _MULTIPLE = 0x06, 0x205, 0xBD
_CELLS = frozenset({0xFD, 0x203, 0x27E, _MULTIPLE, 0x204, _BOOL_OR_ERROR, _FORMULA, 0xD6, 0x02, 0x03, 0x04, 0x05})
_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}


def look_at_xls(content: bytes) -> dict[str, Looks]:
    """Return what a workbook of Excel 97 to 2003 says of each sheet.

    Raises
    ------
    ValueError, struct.error
        It is damaged.
    """
    stream = _stream(content)
    found = {}
    for kind, at, size in _records(stream, 0):
        if kind == _BOUND_SHEET and size >= 8:
            start = struct.unpack_from("<I", stream, at)[0]
            found[_name(stream[at + 6 : at + size])] = _look(stream, start)
        elif kind == _END:
            break
    return found


def _stream(content: bytes) -> bytes:
    """Return the stream that holds the workbook."""
    size, small = (1 << shift for shift in struct.unpack_from("<HH", content, 30))
    if size not in (512, 4096) or small != 64:
        raise ValueError("sectors of an unknown size")
    first, cutoff, first_small, _, more = struct.unpack_from("<I4xIIII", content, 48)
    places = list(struct.unpack_from("<109I", content, 76))
    for _ in range(len(content) // size):  # a table of the tables, for files of more than 7 MB
        if more >= _FREE:
            break
        block = struct.unpack_from(f"<{size // 4}I", content, (more + 1) * size)
        places += block[:-1]
        more = block[-1]
    table: list[int] = []
    for place in places:
        if place < _FREE:
            table += struct.unpack_from(f"<{size // 4}I", content, (place + 1) * size)

    def chained(start: int) -> bytes:
        return b"".join(content[(n + 1) * size : (n + 2) * size] for n in _chain(start, table))

    root, wanted, length = 0, _FREE, 0
    folder = chained(first)
    for at in range(0, len(folder) - _ENTRY + 1, _ENTRY):
        letters, kind = struct.unpack_from("<HB", folder, at + 64)
        name = folder[at : at + max(0, min(letters, 64) - 2)].decode("utf-16-le", "replace")
        start, bytes_ = struct.unpack_from("<II", folder, at + 116)
        if kind == 5:
            root = start
        elif name.casefold() in ("workbook", "book") and kind == 2:
            wanted, length = start, bytes_
    if wanted >= _FREE:
        raise ValueError("a file without a workbook")
    if length >= cutoff:
        return chained(wanted)[:length]
    tiny = chained(root)
    held = chained(first_small) if first_small < _FREE else b""
    next_ = list(struct.unpack(f"<{len(held) // 4}I", held[: len(held) // 4 * 4]))
    return b"".join(tiny[n * small : (n + 1) * small] for n in _chain(wanted, next_))[:length]


def _chain(start: int, table: list[int]) -> Iterator[int]:
    """Yield the sectors of a chain; one that runs in a circle is damage."""
    left = len(table) + 1
    while start < _FREE:
        if left == 0 or start >= len(table):
            raise ValueError("a chain of sectors without an end")
        yield start
        start, left = table[start], left - 1


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Yield kind, place and size of each record from here on."""
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, at + 4, size
        at += 4 + size


def _name(data: bytes) -> str:
    """Return the name of a sheet, in one byte a letter or two (MS-XLS 2.5.240)."""
    if len(data) < 2:
        return ""
    length, is_wide = data[0], data[1] & 1
    return (
        data[2 : 2 + 2 * length].decode("utf-16-le", "replace") if is_wide else data[2 : 2 + length].decode("latin-1")
    )


def _look(stream: bytes, start: int) -> Looks:
    """Return what the records of one sheet say."""
    rows: set[int] = set()
    columns: set[int] = set()
    unseen: dict[tuple[int, int], str] = {}
    width = height = 0
    for kind, at, size in _records(stream, start):
        if kind == _END:
            break
        if kind in _CELLS and size >= 6:
            row, column = struct.unpack_from("<HH", stream, at)
            last = struct.unpack_from("<H", stream, at + size - 2)[0] if kind == _MULTIPLE else column
            width, height = max(width, last + 1), max(height, row + 1)
            error = _error(kind, stream[at + 6 : at + size])
            if error:
                unseen[row, column] = error
        elif kind == _ROW and size >= 14 and stream[at + 12] & 0x20:
            rows.add(struct.unpack_from("<H", stream, at)[0])
        elif kind == _COLUMNS and size >= 10 and stream[at + 8] & 1:
            first, end = struct.unpack_from("<HH", stream, at)
            columns.update(range(first, min(end, 255) + 1))
    return Looks(width * height, frozenset(rows), frozenset(columns), unseen)


def _error(kind: int, data: bytes) -> str:
    """Return the error that a cell shows, empty where it shows none."""
    if kind == _BOOL_OR_ERROR and len(data) >= 2 and data[1] == 1:
        return _ERRORS.get(data[0], "an error")
    if kind == _FORMULA and len(data) >= 8 and data[6:8] == b"\xff\xff" and data[0] == 2:
        return _ERRORS.get(data[2], "an error")
    return ""
