"""Two readings of a client's tables side by side: which cells are others, which rows are more or fewer.

Rows are told apart by their table's key, never by their place: a row that was moved is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.batch.kept_inputs import Content, KeptInput, KeptRun, read_content
from workbench.batch.keys import SHARED, WORDS
from workbench.engagement.snapshot import ABOUT_PEOPLE

MOST_CELLS = 6
"""Cells, and rows, of a table that are listed; the rest is counted (ours)."""

LONGEST = 60
"""Characters of a text that are shown (ours)."""


@dataclass(frozen=True)
class CellChange:
    """A cell that is another: the row's key, its place in the later file, the column, both values."""

    key: tuple[Any, ...]
    row: int
    column: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RowChange:
    """A row that is new or gone: its key, its place in its file, and what it says beside its key."""

    key: tuple[Any, ...]
    row: int
    says: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class TableChange:
    """What is other in a table.

    Attributes
    ----------
    name, file, sheet : str
        Table; where it stands, in the later run where it is there.
    how : str
        ``changed``, ``new`` or ``gone``.
    rows : tuple of (int, int)
        How many there were, and are.
    cells : tuple of CellChange
    added, removed : tuple of RowChange
    untold : str
        Why nothing more is told; empty where it is.
    """

    name: str
    file: str
    sheet: str
    how: str
    rows: tuple[int, int]
    cells: tuple[CellChange, ...] = ()
    added: tuple[RowChange, ...] = ()
    removed: tuple[RowChange, ...] = ()
    untold: str = ""


def compare_tables(home: Path, first: KeptRun, second: KeptRun) -> tuple[TableChange, ...]:
    """Return the tables that two runs read and that are not the same in both.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports.
    first, second : KeptRun
        The earlier and the later one.
    """
    found = []
    for name in dict.fromkeys([*second.inputs, *first.inputs]):
        then, now = first.inputs.get(name), second.inputs.get(name)
        if then is None or now is None or then.content != now.content:
            change = _compare(home, name, then, now)
            if change is not None:
                found.append(change)
    return tuple(found)


def _compare(home: Path, name: str, then: KeptInput | None, now: KeptInput | None) -> TableChange | None:
    one = now or then
    if one is None:
        return None
    how = "new" if then is None else "gone" if now is None else "changed"
    counts = (then.rows if then else 0, now.rows if now else 0)
    if name in ABOUT_PEOPLE:
        return TableChange(name, one.file, one.sheet, how, counts, untold="rows about people are counted, never kept")
    if then is None or now is None:
        return TableChange(name, one.file, one.sheet, how, counts)
    before, after = (read_content(home, held) for held in (then, now))
    if before is None or after is None:
        return TableChange(name, one.file, one.sheet, how, counts, untold="its rows are no longer kept")
    if before.key != after.key:
        return TableChange(name, one.file, one.sheet, how, counts, untold="it was too large for its rows to be kept")
    cells, added, removed = _differences(before, after)
    if not (cells or added or removed):
        if one.kind == "summary":
            return TableChange(
                name, one.file, one.sheet, how, counts, untold="its rows are not kept, its sums are equal"
            )
        return None
    return TableChange(name, one.file, one.sheet, how, counts, cells, added, removed)


def _differences(
    before: Content, after: Content
) -> tuple[tuple[CellChange, ...], tuple[RowChange, ...], tuple[RowChange, ...]]:
    then, now = _by_key(before), _by_key(after)
    columns = dict.fromkeys([*after.columns, *before.columns])
    cells = [
        CellChange(_shown_key(key), number, column, then[key][1].get(column), row.get(column))
        for key, (number, row) in now.items()
        if key in then
        for column in columns
        if not _same(then[key][1].get(column), row.get(column))
    ]
    return tuple(cells), tuple(_alone(now, then, after.key)), tuple(_alone(then, now, before.key))


def _alone(mine: Mapping[Any, Any], other: Mapping[Any, Any], names: Sequence[str]) -> Iterator[RowChange]:
    for key, (number, row) in mine.items():
        if key not in other:
            says = tuple((name, value) for name, value in row.items() if value is not None and name not in names)
            yield RowChange(_shown_key(key), number, says)


def _by_key(content: Content) -> dict[tuple[Any, ...], tuple[int, dict[str, Any]]]:
    """Return rows by their key; a key that stands twice is told apart by its order."""
    found: dict[tuple[Any, ...], tuple[int, dict[str, Any]]] = {}
    seen: Counter[tuple[Any, ...]] = Counter()
    for number, *cells in content.rows:
        row = dict(zip(content.columns, cells, strict=True))
        key = tuple(row.get(name) for name in content.key)
        seen[key] += 1
        found[(*key, seen[key])] = number, row
    return found


def _shown_key(key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(part for part in key[:-1] if part is not None)


def _same(before: Any, after: Any) -> bool:
    return type(before) is type(after) and before == after


# -- who reads it -----------------------------------------------------------------------------------------------------


def reads(asked: frozenset[str] | None, name: str) -> bool:
    """Return whether something was made of a table.

    Parameters
    ----------
    asked : frozenset of str or None
        What a pillar's inputs were made of, as in `Tables.watched`; None: nobody knows, so all of it.
    name : str
        As in `KeptInput`.

    Examples
    --------
    >>> reads(frozenset({"rules", "facts:*"}), "facts/claims"), reads(frozenset({"rules"}), "survey")
    (True, False)
    """
    if name in WORDS:
        return False
    if asked is None or "*" in asked or name in SHARED:
        return True
    kind, _, rest = name.partition("/")
    if kind == "facts":
        return bool({f"facts:{rest}", "facts:*"} & asked)
    return bool({kind, f"document:{kind}", "document:*"} & asked)


# -- in words ---------------------------------------------------------------------------------------------------------


def describe_change(change: TableChange) -> list[str]:
    """Return a change as lines: what it amounts to, then cells and rows, the rest counted."""
    place = ", ".join(part for part in (change.file, change.sheet) if part)
    own = "" if place.rpartition(".")[0] == change.name or change.sheet == change.name else f" ({change.name})"
    lines = [f"{place}{own}: {_amount(change)}"]
    by_row = f"{change.name}, row" if change.sheet else "row"
    for cell in change.cells[:MOST_CELLS]:
        where = f" ({by_row} {cell.row})" if cell.row else ""
        name = "" if cell.column == "value" and len(cell.key) == 1 else f", {cell.column}"
        lines.append(f"  {_key(cell.key)}{name}: {_shown(cell.before)} → {_shown(cell.after)}{where}")
    if rest := change.cells[MOST_CELLS:]:
        columns = Counter(cell.column for cell in rest)
        told = ", ".join(f"{column} {count}" for column, count in columns.most_common(4))
        lines.append(f"  and {len(rest):,} more cell{'s' if len(rest) != 1 else ''} ({told})")
    for word, rows in (("new", change.added), ("gone", change.removed)):
        for row in rows[:MOST_CELLS]:
            said = "; ".join(f"{name} {_shown(value)}" for name, value in row.says[:4])
            where = f" ({by_row} {row.row})" if row.row and word == "new" else ""
            lines.append(f"  {word}: {_key(row.key)}{where}{f': {said}' if said else ''}")
        if len(rows) > MOST_CELLS:
            lines.append(f"  and {len(rows) - MOST_CELLS:,} more rows {word}")
    return lines


def _amount(change: TableChange) -> str:
    then, now = change.rows
    if change.how != "changed":
        return f"{change.how}, {_rows_words(now or then)}" + (f"; {change.untold}" if change.untold else "")
    if change.untold:
        rows = _rows_words(then) if then == now else f"{then:,} → {_rows_words(now)}"
        return f"changed, {rows}; {change.untold}"
    counts = (
        (len(change.cells), "cell", "moved"),
        (len(change.added), "row", "new"),
        (len(change.removed), "row", "gone"),
    )
    return ", ".join(f"{count:,} {noun}{'s' if count != 1 else ''} {word}" for count, noun, word in counts if count)


def _key(key: Sequence[Any]) -> str:
    return " · ".join(_shown(part) for part in key) or "the row without a key"


def _shown(value: Any) -> str:
    if value is None:
        return "blank"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.12g}"
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _rows_words(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
