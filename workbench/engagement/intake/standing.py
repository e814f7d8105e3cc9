"""The table as it stands in the client's folder, with the rows of a sheet put in; nothing half written.

A row with the key of one that stands there changes the columns that the sheet has and leaves the others; rows that the
sheet does not hold stay, and are counted.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.cells import parse_date
from workbench.engagement.columns import tidy_key
from workbench.engagement.documents import explain
from workbench.engagement.intake.records import MOST_FAULTS, Records
from workbench.engagement.intake.targets import OFFICES, Target
from workbench.engagement.read import decode, guarded, show
from workbench.engagement.schema import TABLES
from workbench.engagement.trackers.facts_file import fact_path
from workbench.errors import ClientDataError, Fault
from workbench.theme import counted

if TYPE_CHECKING:
    from workbench.engagement.settings import Source
    from workbench.engagement.tables import Tables

Row = dict[str, Any]

MOST_SHOWN = 28
"""Letters of a value that is shown (ours)."""


@dataclass(frozen=True)
class Placed:
    """How a table changes.

    Attributes
    ----------
    path : Path
    content : bytes
        The whole file.
    added, changed, same, kept, dropped : int
        New rows; rows of which a cell changes; rows that are there already; earlier rows that the sheet does not
        hold; and those of them that go.
    faults : tuple of Fault
    """

    path: Path
    content: bytes = field(repr=False)
    added: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0
    dropped: int = 0
    faults: tuple[Fault, ...] = ()


def put_records(
    folder: Path,
    target: Target,
    records: Records,
    tables: Tables,
    source: Source | None,
    where: tuple[str, str],
    address: Any,
    *,
    is_whole: bool,
    is_written: bool,
) -> Placed:
    """Return the table with these rows in it.

    Parameters
    ----------
    folder : Path
    target : Target
    records : Records
    tables : Tables
        As they stand.
    source : Source, optional
        What ``sources:`` says of this table.
    where : (str, str)
        File and sheet of the records, for faults.
    address : callable
        Row and column of the sheet, from 0 → cell.
    is_whole : bool
        Earlier rows that the sheet does not hold go.
    is_written : bool
        Whether the content is wanted; a preview needs none.

    Raises
    ------
    ClientDataError
        The table stands where an import cannot change it.
    """
    path = _own_file(folder, target, tables, source)
    before, header = _standing_facts(path, target) if target.is_facts else _standing(path, target, tables)
    key = target.key
    if target.is_facts and not before:  # a new table: nothing to compare with
        columns = [name for name in target.columns if any(cell is not None for cell in records.columns.get(name, ()))]
        content = _text_of_columns(columns, records) if is_written else b""
        return Placed(path, content, added=len(records))
    places = {_key(row, key): at for at, row in enumerate(before)}
    out = [dict(row) for row in before]
    touched: set[int] = set()
    counts = {"added": 0, "changed": 0, "same": 0}
    faults: list[Fault] = []
    names = list(records.columns)
    origin: dict[int, int] = {}
    for at, cells in enumerate(zip(*(records.columns[name] for name in names), strict=True)):
        row = {name: _plain(cell) for name, cell in zip(names, cells, strict=True) if cell is not None}
        place = places.get(_key(row, key))
        if place is None:
            origin[len(out)] = at
            places[_key(row, key)] = len(out)
            out.append(row)
            counts["added"] += 1
            continue
        touched.add(place)
        origin[place] = at
        is_same = all(out[place].get(name) == value for name, value in row.items())
        counts["same" if is_same else "changed"] += 1
        out[place].update(row)
    others = [at for at in range(len(before)) if at not in touched]
    gone = frozenset(others if is_whole else ())
    if not target.is_facts:
        faults = _check(out, origin, target, records, where, address)
    kept = [row for at, row in enumerate(out) if at not in gone]
    columns = [name for name in dict.fromkeys((*target.columns, *header, *names)) if name in header or name in names]
    columns = [name for name in columns if name in header or any(row.get(name) is not None for row in kept)]
    return Placed(
        path,
        _text_of(columns, kept, as_it_is=target.is_facts) if is_written else b"",
        counts["added"],
        counts["changed"],
        counts["same"],
        len(others) - len(gone),
        len(gone),
        tuple(faults),
    )


def differences(records: Records, earlier: Records, key: Sequence[str]) -> tuple[str, ...]:
    """Return where rows say something else than rows of the same key that another table gave.

    Parameters
    ----------
    records, earlier : Records
    key : sequence of str
        Columns by which rows are told apart.

    Returns
    -------
    tuple of str
        One text for each such row: its key, the column, and both values.
    """
    names = [name for name in records.columns if name in earlier.columns and name not in key]
    there = {_key(row, key): row for row in _rows(earlier, (*key, *names))}
    found = []
    for row in _rows(records, (*key, *names)):
        before = there.get(_key(row, key), {})
        name = next((name for name in names if name in row and before.get(name, row[name]) != row[name]), "")
        if name:
            shown = " ".join(row[part] for part in key if part in row)
            values = "" if name in OFFICES else f" {row[name][:MOST_SHOWN]}, there {before[name][:MOST_SHOWN]}"
            found.append(f"{shown}: {name}{values}")
    return tuple(found)


def _rows(records: Records, names: Sequence[str]) -> Iterator[Row]:
    held = [name for name in names if name in records.columns]
    for cells in zip(*(records.columns[name] for name in held), strict=True):
        yield {name: _plain(cell) for name, cell in zip(held, cells, strict=True) if cell is not None}


def _own_file(folder: Path, target: Target, tables: Tables, source: Source | None) -> Path:
    """Return where the table stands, or is to stand, as CSV."""
    if target.is_facts:
        return fact_path(folder, target.name)
    path = folder / target.file
    if target.name in tables:
        file, sheet, _ = tables.where(target.name, None)
        if file.lower() != target.file:
            there = f"sheet {sheet} of {file}" if sheet else file
            found = f"the table {target.name} stands in {there}, where an import cannot add to it"
            remedy = f"Save it as {target.file} in the client's folder and take it out of {there}, then import again."
            raise ClientDataError((Fault(file, sheet, "", found, f"{target.file}, or no such table yet.", remedy),))
        path = folder / file
    if path.is_symlink() or (path.exists() and not path.is_file()):
        found = "it is no file of its own"
        raise ClientDataError((Fault(target.file, "", "", found, "a file.", "Put it itself there, or move it away."),))
    if source is not None and (source.decimal == "," or (source.encoding or "utf-8").lower() not in ("utf-8", "utf8")):
        found = f"sources: {target.name} says that the table is written with another decimal sign or encoding than ours"
        remedy = f"Delete decimal and encoding of {target.name} in engagement.yaml; an import writes 1234.5 in UTF-8."
        raise ClientDataError((Fault("engagement.yaml", "", f"sources: {target.name}", found, "neither.", remedy),))
    return path


def _standing(path: Path, target: Target, tables: Tables) -> tuple[list[Row], list[str]]:
    if target.name not in tables or not path.is_file():
        return [], []
    frame = tables[target.name]
    names = [name for name in frame.columns if name in target.columns]
    rows = []
    for cells in zip(*(frame[name].tolist() for name in names), strict=True):
        rows.append({n: _plain(c) for n, c in zip(names, cells, strict=True) if c is not None and c == c})
    text, _ = decode(path.read_bytes(), path.name, target.name, None)
    header = next(csv.reader(io.StringIO(text, newline="")), [])
    there = {name.strip().lower().replace(" ", "_").replace("-", "_") for name in header}
    return rows, [name for name in names if name in there]


def _standing_facts(path: Path, target: Target) -> tuple[list[Row], list[str]]:
    if not path.is_file():
        return [], []
    file = f"facts/{path.name}"
    text, faults = decode(path.read_bytes(), file, target.name, None)
    if faults:
        raise ClientDataError(tuple(faults))
    lines = list(csv.reader(io.StringIO(text, newline="")))
    header = [name.strip() for name in lines[0]] if lines else []
    missing = [name for name in target.key if name not in header]
    if missing:
        found = f"the file that stands there has no column {', '.join(missing)}"
        raise ClientDataError((Fault(file, "", "row 1", found, ", ".join(target.key), "Correct it, or move it away."),))
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(line):
            continue
        row = {name: cell for name, cell in zip(header, line, strict=False) if cell != ""}
        day = row.get(target.period)
        if day is not None and parse_date(day, "iso") is None:
            found = f"{show(day)} is not written year first, so nobody knows whether it is a row of the sheet"
            fault = Fault(file, "", f"row {number}", found, "days such as 2026-09-01.", "Write all of them so.")
            raise ClientDataError((fault,))
        rows.append(row)
    return rows, header


def _key(row: Mapping[str, Any], key: Sequence[str]) -> tuple[str, ...]:
    return tuple(_tidy(str(row.get(name) if row.get(name) is not None else "")) for name in key)


def _tidy(text: str) -> str:
    return text.strip() if text.isascii() else tidy_key(text)


def _plain(cell: Any) -> str:
    """Return a cell as our files write it."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 2**53:
            return str(int(cell))
        text = repr(cell)
        return f"{cell:.20f}".rstrip("0") if "e" in text and abs(cell) < 1 else text
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)


def _text_of_columns(columns: Sequence[str], records: Records) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    held = [records.columns[name] for name in columns]
    for cells in zip(*held, strict=True):
        writer.writerow(["" if cell is None else cell if type(cell) is str else _plain(cell) for cell in cells])
    return stream.getvalue().encode("utf-8")


def _text_of(columns: Sequence[str], rows: Sequence[Row], *, as_it_is: bool) -> bytes:
    """Return a file of our own; facts stay as they are, which other programs read too."""
    safe = str if as_it_is else guarded
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([safe(row.get(name, "")) for name in columns] for row in rows)
    return stream.getvalue().encode("utf-8")


def _check(
    rows: Sequence[Row],
    origin: Mapping[int, int],
    target: Target,
    records: Records,
    where: tuple[str, str],
    address: Any,
) -> list[Fault]:
    """Return what of the new and changed rows breaks a rule of its column, at the cell of the client's sheet."""
    from pydantic import ValidationError

    spec = TABLES[target.name]
    faults: list[Fault] = []
    missing: dict[str, list[int]] = {}
    count = 0
    for place, at in origin.items():
        try:
            spec.model.model_validate(rows[place])
        except ValidationError as error:
            for item in error.errors(include_url=False):
                name = str(item["loc"][0]) if item["loc"] else next(iter(records.columns))
                if item["type"] == "missing":
                    missing.setdefault(name, []).append(at)
                    continue
                count += 1
                if count > MOST_FAULTS:
                    continue
                allowed, remedy = explain(item)
                cell = _cell(records, at, name, address)
                value = item.get("input")
                is_number = name in target.columns and target.columns[name].is_number
                found = f"{value if is_number else show(value)} is not allowed in {name}"
                faults.append(Fault(*where, cell, found, allowed, remedy))
    for name, found_at in missing.items():
        at = found_at[0]
        info = spec.columns[name]
        if name not in records.columns:
            found = f"no column of the sheet is {name}, which {target.name} needs"
            remedy = f'Say --map "HEADER={name}" for the right column, or --set {name}=VALUE where all rows have one.'
        else:
            found = f"{name} is blank in {counted(len(found_at), 'row')}"
            remedy = "Fill the cells in a copy, or leave the rows out with --leave-out."
        faults.append(Fault(*where, _cell(records, at, name, address), found, f"a value: {info.description}", remedy))
    if count > MOST_FAULTS:
        more = counted(count - MOST_FAULTS, "more cell breaks", "more cells break")
        faults.append(Fault(*where, "", f"{more} such rules", "none.", "Correct them."))
    return faults


def _cell(records: Records, at: int, name: str, address: Any) -> str:
    place = records.places[name][at] if name in records.places else -1
    return str(address(records.rows[at], place if place >= 0 else None))
