"""An answered workbook into the client's tables: each answer with who said it and when; all of them, or none.

What is answered is tried on a copy of the folder first, so that an answer that breaks a rule is named at its cell of
the answered workbook. The answered file and each table as it was are kept under ``reports/NAME/queries/``.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.exports.client_folder import IMPORTS, alone_in, with_import, write_together
from workbench.engagement.intake.crosswalk import LEAVE_OUT
from workbench.engagement.mailing import save_private
from workbench.engagement.places import engagement_folder, reports_folder
from workbench.engagement.queries import cell_mark, cell_text
from workbench.engagement.queries_book import Answer, read_answers
from workbench.engagement.queries_tables import Cell, OpenTables, TableFile
from workbench.engagement.request import read_folder
from workbench.errors import ClientDataError, Fault, UsageError

if TYPE_CHECKING:
    from workbench.engagement.folder import FolderReading

_ROW = re.compile(r"row (\d+)|[A-Z]{1,3}(\d+)")


@dataclass(frozen=True)
class Taken:
    """What came of an answered workbook.

    Attributes
    ----------
    written, same, blank : int
        Answers that are new, that were there already, and questions left open.
    files : tuple of str
        Files of the client's folder that changed.
    kept : Path or None
        Where the answered workbook and the files as they were are kept; None where nothing changed.
    told : tuple of Fault
        What a check finds now that earlier faults had hidden.
    """

    written: int
    same: int
    blank: int
    files: tuple[str, ...]
    kept: Path | None
    told: tuple[Fault, ...] = ()


def take_answers(path: str | os.PathLike[str], name: str, *, root: Path, today: dt.date) -> Taken:
    """Bring the answers of a workbook into the client's tables.

    Parameters
    ----------
    path : str or path
        The answered workbook.
    name : str
        Name of the engagement.
    root : Path
        The workbench's folder.
    today : date
        Nobody answers after it.

    Raises
    ------
    UsageError
        There is no such engagement or file.
    ClientDataError
        With everything that is wrong with the answers; nothing is written then.
    """
    folder = engagement_folder(name, root=root)
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be opened ({error.strerror}). Name the answered workbook.") from error
    with alone_in(folder):
        returned = read_answers(content, file.name, folder.name, today)
        reading, _, before = read_folder(folder, root)
        desk = _Desk(folder, reading, file.name)
        desk.take(returned.answers)
        faults = [*returned.faults, *desk.faults]
        changed = desk.changed()
        told: tuple[Fault, ...] = ()
        if changed:
            wrong, told = _try_out(folder, root, changed, before, desk)
            faults += wrong
        if faults:
            raise ClientDataError(tuple(dict.fromkeys(faults)))
        kept = _keep(reports_folder(root) / folder.name / "queries", file.name, content, folder, changed)
        _write(folder, changed)
    return Taken(desk.written, desk.same, returned.blank, tuple(sorted(changed)), kept, told)


class _Desk:
    """The tables of one folder, with answers put in."""

    def __init__(self, folder: Path, reading: FolderReading, source: str) -> None:
        self.reading, self.source = reading, source
        self.opened = OpenTables(folder, reading)
        held = (reading.documents.get("imports") or {}).get("imports") or {}
        self.mappings: dict[str, Any] = dict(held) if isinstance(held, dict) else {}
        self.labelled = ""
        self.faults: list[Fault] = []
        self.edits: dict[tuple[str, str, int], dict[str, Answer]] = {}
        self.cells: dict[tuple[str, str, str], Answer] = {}
        self.rows: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        self.written = self.same = 0

    def take(self, answers: Sequence[Answer]) -> None:
        """Put every answer where it belongs; those of one row together."""
        opinions: dict[tuple[str, tuple[tuple[str, str], ...]], list[Answer]] = {}
        for answer in answers:
            target = answer.target
            if target.do == "opinion":
                opinions.setdefault((target.table, tuple(target.key.items())), []).append(answer)
                continue
            put = {
                "cell": self._cell,
                "reason": self._reason,
                "request": self._request,
                "alias": self._alias,
                "label": self._label,
                "note": lambda answer: True,
            }[target.do]
            self._note([answer], put(answer))
        for own in opinions.values():
            self._note(own, self._opinion(own))

    def changed(self) -> dict[str, bytes]:
        """Return the files that change, whole."""
        files = self.opened.changed()
        if self.labelled:
            files[IMPORTS] = with_import(self.mappings, self.labelled, self.mappings[self.labelled])
        return files

    # -- one answer each -----------------------------------------------------------------------------------------------

    def _table(self, name: str, answer: Answer) -> TableFile | None:
        held = self.opened.table(name)
        if isinstance(held, Fault):
            place = ", ".join(part for part in (held.file, held.sheet) if part)
            self.faults.append(answer.fault(f"it belongs into {place}: {held.found}", held.allowed, held.remedy))
            return None
        return held

    def _put(self, held: TableFile, row: int, column: str, value: Cell, answer: Answer) -> bool:
        """Write a cell unless it holds that already; return whether it changed."""
        if same(held.get(row, column) or "", value) or (isinstance(value, dt.date) and held.holds(row, column, value)):
            return False
        held.put(row, column, value)
        self.edits.setdefault((held.file, held.sheet, row), {})[column] = answer
        self.cells[held.file, held.sheet, held.place(row, column)] = answer
        return True

    def _signed(self, held: TableFile, row: int, by: str, on: str, answer: Answer) -> bool:
        changed = self._put(held, row, by, answer.said_by, answer)
        return self._put(held, row, on, answer.said_on, answer) or changed

    def _is_as_asked(self, held: TableFile, row: int, answer: Answer, column: str) -> bool:
        """Whether a cell still holds what was asked about, or what was answered; a fault where it does not."""
        now = held.get(row, column)
        if now is not None and (same(now, answer.value) or cell_mark(now) == answer.target.was):
            return True
        gone = "the row it speaks of is gone" if now is None else "the cell has changed since the question was asked"
        place = f"{held.file}, {held.place(row, column)}"
        remedy = "Write new questions and ask again, or correct the cell by hand."
        self.faults.append(answer.fault(f"{gone} ({place})", "an answer to what stands there.", remedy))
        return False

    def _cell(self, answer: Answer) -> bool | None:
        held = self._table(answer.target.table, answer)
        row, column = answer.target.row, answer.target.column
        if held is None or not self._is_as_asked(held, row, answer, column):
            return None
        return self._put(held, row, column, answer.value, answer)  # who typed it anew said no opinion of the row

    def _row(self, held: TableFile, table: str, key: Mapping[str, str], *, is_new: bool = False) -> int:
        """Return the number of the row with this key; where there is none, 0 or that of a new row."""
        known = self.rows.get((table, *key))
        if known is None:
            known = self.rows[table, *key] = self._known_rows(table, list(key))
        row = known.get(tuple(key.values()), 0)
        if not row and is_new:
            row = known[tuple(key.values())] = held.append()
        return row

    def _known_rows(self, table: str, columns: list[str]) -> dict[tuple[str, ...], int]:
        frame, raw = self.reading.frames.get(table), self.reading.raw.get(table)
        if frame is None or raw is None:
            return {}
        cells = [[cell_text(cell) for cell in frame[column].tolist()] for column in columns]
        keys = list(zip(*cells, strict=True))
        return dict(zip(reversed(keys), reversed(raw.row_numbers), strict=True))

    def _opinion(self, answers: Sequence[Answer]) -> bool | None:
        first = answers[-1]
        table, key = first.target.table, first.target.key
        held = self._table(table, first)
        if held is None:
            return None
        row = self._row(held, table, key)
        if not row:
            found = f"{table} has no row {' / '.join(part for part in key.values() if part)} any more"
            self.faults.append(first.fault(found, "a row that is there.", "Write new questions and ask again."))
            return None
        values = [answer for answer in answers if answer.target.column != "status"]
        if not all([self._is_as_asked(held, row, answer, answer.target.column) for answer in values]):
            return None
        changed = [self._put(held, row, answer.target.column, answer.value, answer) for answer in values]
        said = next((answer for answer in answers if answer.target.column == "status"), None)
        status = str(said.value) if said is not None else "confirmed"
        changed.append(self._put(held, row, "status", status, said or first))
        changed.append(self._signed(held, row, "said_by", "said_on", said or first))
        return any(changed)

    def _reason(self, answer: Answer) -> bool | None:
        held = self._table("control_totals", answer)
        if held is None:
            return None
        row = self._row(held, "control_totals", answer.target.key)
        if not row:
            found = (
                f"control_totals has no row {' / '.join(part for part in answer.target.key.values() if part)} any more"
            )
            self.faults.append(answer.fault(found, "a row that is there.", "Write new questions and ask again."))
            return None
        if not self._is_as_asked(held, row, answer, "reason"):
            return None
        changed = self._put(held, row, "reason", answer.value, answer)
        return self._signed(held, row, "reason_by", "reason_on", answer) or changed

    def _request(self, answer: Answer) -> bool | None:
        held = self._table("requests", answer)
        if held is None:
            return None
        table = answer.target.key["table"]
        row = self._row(held, "requests", {"table": table}, is_new=True)
        changed = self._put(held, row, "table", table, answer)
        changed = self._put(held, row, "due", answer.value, answer) or changed
        if not held.get(row, "owner"):
            changed = self._put(held, row, "owner", answer.said_by, answer) or changed
        return self._signed(held, row, "said_by", "said_on", answer) or changed

    def _alias(self, answer: Answer) -> bool | None:
        if answer.value == LEAVE_OUT:
            return self._label(answer)
        held = self._table("aliases", answer)
        if held is None:
            return None
        names = ("source", "their_name", "kind")
        key = {name: answer.target.key[name] for name in names}
        row = self._row(held, "aliases", key, is_new=True)
        changed = False
        for name in names:
            changed = self._put(held, row, name, key[name], answer) or changed
        changed = self._put(held, row, "our_name", answer.value, answer) or changed
        return self._signed(held, row, "said_by", "said_on", answer) or changed

    def _label(self, answer: Answer) -> bool | None:
        key = answer.target.key
        content = self.mappings.get(key["source"])
        labels = (content or {}).get("labels") or {}
        if not isinstance(content, dict) or key["their_name"] not in (labels.get(key["column"]) or {}):
            found = f"imports.yaml does not ask for {key['their_name']!r} any more"
            self.faults.append(answer.fault(found, "a name that is asked for.", "Clear the answer."))
            return None
        if str(labels[key["column"]][key["their_name"]] or "") == str(answer.value):
            return False
        own = {**labels[key["column"]], key["their_name"]: answer.value}
        self.mappings[key["source"]] = {**content, "labels": {**labels, key["column"]: own}}
        self.labelled = key["source"]
        return True

    def _note(self, answers: Sequence[Answer], put: bool | None) -> None:
        """Note in the table answers what was answered, by whom and when."""
        if put is None:
            return
        for answer in answers:
            held = self._table("answers", answer)
            if held is None:
                return
            row = self._row(held, "answers", {"query": answer.query})
            said = (("answer", cell_text(answer.value)), ("said_by", answer.said_by), ("said_on", answer.said_on))
            if row and all(same(held.get(row, column) or "", value) for column, value in said):
                self.same += 1
                continue
            self.written += 1
            row = row or self._row(held, "answers", {"query": answer.query}, is_new=True)
            target = answer.target
            place = ", ".join(part for part in (" / ".join(filter(None, target.key.values())), target.column) if part)
            if target.do == "cell":
                place = f"row {target.row}, {target.column}"
            cells: dict[str, Cell] = {
                "query": answer.query,
                "table": target.table,
                "place": place or target.table,
                "question": answer.question or "–",
                **dict(said),
                "source": self.source,
            }
            for column, value in cells.items():
                held.put(row, column, value[:2_000] if isinstance(value, str) else value)
            self.edits.setdefault((held.file, held.sheet, row), {}).update(dict.fromkeys(cells, answer))


def same(held: str, value: object) -> bool:
    """Return whether a cell already holds a value, however the two are written.

    Examples
    --------
    >>> same("0.70", 0.7), same("2026-10-05", dt.date(2026, 10, 5)), same("", 0.0)
    (True, True, False)
    """
    if isinstance(value, float):
        try:
            return float(held.replace(",", ".")) == value
        except ValueError:
            return False
    return held == cell_text(value)


# -- trying, keeping, writing ------------------------------------------------------------------------------------------


def _try_out(
    folder: Path,
    root: Path,
    changed: Mapping[str, bytes],
    before: Sequence[Fault],
    desk: _Desk,
) -> tuple[list[Fault], tuple[Fault, ...]]:
    """Check a copy of the folder with the answers in it: what they break, and what was hidden until now."""
    with tempfile.TemporaryDirectory(prefix=".answers-", dir=folder.parent) as place:
        copy = Path(place) / folder.name
        _copy(folder, copy, set(changed))
        for file, content in changed.items():
            (copy / file).write_bytes(content)
        _, _, after = read_folder(copy, root)
    known = {(fault.file, fault.sheet, fault.cell, fault.found) for fault in before}
    wrong: list[Fault] = []
    told: list[Fault] = []
    for fault in after:
        is_new = (fault.file, fault.sheet, fault.cell, fault.found) not in known
        row = _ROW.match(fault.cell)
        number, where = int(row[1] or row[2]) if row else 0, (fault.file, fault.sheet)
        own = desk.edits.get((fault.file, fault.sheet, number), {})
        answer = desk.cells.get((fault.file, fault.sheet, fault.cell))
        if answer is not None:
            wrong.append(answer.fault(fault.found, fault.allowed, fault.remedy))
        elif is_new and own:
            wrong.append(next(iter(own.values())).fault(fault.found, fault.allowed, fault.remedy))
        elif is_new and not before:
            near = next((held for (file, sheet, _), held in desk.cells.items() if (file, sheet) == where), None)
            found = f"{fault.found} ({', '.join(part for part in (*where, fault.cell) if part)})"
            wrong.append(fault if near is None else near.fault(found, fault.allowed, fault.remedy))
        elif is_new:
            told.append(fault)
    return wrong, tuple(told)


def _copy(folder: Path, copy: Path, but: set[str]) -> None:
    """Copy a folder by links to the same files, which are only read; real copies where links cannot be."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        target = copy / place
        if path.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(path.readlink())
        elif path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif place.as_posix() not in but:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except OSError:
                shutil.copyfile(path, target)
    copy.mkdir(parents=True, exist_ok=True)


def _keep(home: Path, name: str, content: bytes, folder: Path, changed: Iterable[str]) -> Path | None:
    """Keep the answered workbook, and the files it changes as they were; return where."""
    files = list(changed)
    if not files:
        return None
    kept = home / f"answered-{hashlib.sha256(content).hexdigest()[:12]}"
    save_private(kept / name, content)
    for file in files:
        if (folder / file).is_file() and not (kept / "before" / file).exists():
            save_private(kept / "before" / file, (folder / file).read_bytes())
    return kept


def _write(folder: Path, changed: Mapping[str, bytes]) -> None:
    new = [folder / file for file in changed if not (folder / file).exists()]
    write_together({folder / file: content for file, content in changed.items()})
    for path in new:
        with contextlib.suppress(OSError):  # some network shares cannot
            path.chmod(0o600)
