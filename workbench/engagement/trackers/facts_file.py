"""The tables of work in ``facts/``: what stands there, with the rows of one import put in; nothing half written."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.engagement.trackers.imported import Rows
from workbench.errors import ClientDataError, Fault
from workbench.outcomes.work_tables import WORK_TABLES


@dataclass(frozen=True)
class Placed:
    """How a table changed.

    Attributes
    ----------
    table : str
    content : bytes
        The whole file.
    added, replaced, kept, older : int
        New rows; rows in place of earlier ones; earlier rows of this import that the file does not hold; rows that are
        older than what stands there and were not taken.
    """

    table: str
    content: bytes
    added: int
    replaced: int
    kept: int
    older: int


def fact_path(folder: Path, table: str) -> Path:
    """Return where a table of work stands.

    Raises
    ------
    ClientDataError
        The table is there as Parquet, where an import cannot add to it.
    """
    facts = folder / "facts"
    csv_file = own_path(folder, table)
    for path in facts.glob("*.parquet") if facts.is_dir() else ():
        if path.stem.lower() == table:
            found = f"facts/{path.name} is there, where an import cannot add to it"
            remedy = f"Move it away, or bring it as facts/{table}.csv."
            raise ClientDataError((Fault(f"facts/{path.name}", "", "", found, f"facts/{table}.csv, or none.", remedy),))
    return csv_file


def own_path(folder: Path, table: str) -> Path:
    """Return where a table of work stands as CSV, whoever wrote it.

    Raises
    ------
    ClientDataError
        A link would lead out of the client's folder, or a pipe keep its reader waiting.
    """
    facts = folder / "facts"
    for path, is_right, wanted in ((facts, Path.is_dir, "folder"), (facts / f"{table}.csv", Path.is_file, "file")):
        if path.is_symlink() or (path.exists() and not is_right(path)):
            shown, found = path.relative_to(folder).as_posix(), f"it is no {wanted} of its own"
            remedy = "Put it itself there, or move it away."
            raise ClientDataError((Fault(shown, "", "", found, f"a {wanted}, neither a link nor a pipe.", remedy),))
    return path


def put_rows(path: Path, table: str, rows: Rows, source: str, *, is_whole: bool = False) -> Placed:
    """Return the table with these rows in it; rows of other imports stay as they are.

    A row with the key of an earlier one of this import takes its place, unless the tracker says that it is older.

    Parameters
    ----------
    path : Path
        Where the table stands, or will.
    table : str
    rows : Rows
    source : str
        Name of the import.
    is_whole : bool
        Earlier rows of this import that the file does not hold go.

    Raises
    ------
    ClientDataError
        The file is there and not one of ours.
    """
    columns = list(WORK_TABLES[table].columns)
    key = next(name for name in WORK_TABLES[table].key if name != "source")
    if table == "moves":
        key = "item"  # all moves of an item come together
    before = _read(path, table, columns)
    at = {name: place for place, name in enumerate(columns)}
    new = _texts(rows, table, source)
    theirs = [row for row in before if row[at["source"]] != source]
    ours = [row for row in before if row[at["source"]] == source]
    updated = at.get("updated")
    held = {row[at[key]]: row[updated] for row in ours} if updated is not None else {}
    fresh = [row for row in new if updated is None or not row[updated] or row[updated] >= held.get(row[at[key]], "")]
    keys = {row[at[key]] for row in fresh}
    earlier = {row[at[key]] for row in ours}
    kept = [] if is_whole else [row for row in ours if row[at[key]] not in keys]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(theirs)
    writer.writerows(kept)
    writer.writerows(fresh)
    return Placed(
        table,
        stream.getvalue().encode("utf-8"),
        added=len(keys - earlier),
        replaced=len(keys & earlier),
        kept=len(kept),
        older=len(new) - len(fresh),
    )


def _read(path: Path, table: str, columns: Sequence[str]) -> list[tuple[str, ...]]:
    if not path.is_file():
        return []
    try:
        found = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        found = []
    header = found[0] if found else []
    if "source" not in header or not set(WORK_TABLES[table].needed) <= set(header):
        shown = f"facts/{path.name}"
        what = "a table of this name is there that no import has written"
        remedy = "Rename it in the folder and in metrics.yaml, or move it away."
        raise ClientDataError((Fault(shown, "", "row 1", what, f"columns {', '.join(columns[:6])} …", remedy),))
    places = [header.index(name) if name in header else -1 for name in columns]
    return [tuple(row[place] if 0 <= place < len(row) else "" for place in places) for row in found[1:] if any(row)]


def _texts(rows: Rows, table: str, source: str) -> list[tuple[str, ...]]:
    """Return rows of text; column by column, because a hundred thousand items have millions of cells."""
    count = len(next(iter(rows.values()), []))
    held = []
    for name, kind in WORK_TABLES[table].columns.items():
        cells = rows[name]
        if name == "source":
            held.append([source] * count)
        elif kind == "text":
            held.append(
                ["" if cell is None else cell if "\n" not in cell else " ".join(cell.split()) for cell in cells]
            )
        elif kind == "date":
            held.append(["" if cell is None else cell.isoformat(" ", "seconds")[:19] for cell in cells])
        elif kind == "number":
            held.append(["" if cell is None else _number(cell) for cell in cells])
        else:
            held.append(["" if cell is None else "true" if cell else "false" for cell in cells])
    return list(zip(*held, strict=True))


def _number(cell: float) -> str:
    """Return a number as it is written: whole ones without a point."""
    return str(int(cell)) if cell == int(cell) and abs(cell) < 1e15 else repr(round(cell, 6))
