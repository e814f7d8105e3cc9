"""The ledger of batches: what ran, how often it was tried, how long it took, how much memory it needed.

``reports/_ledger.sqlite``, in WAL mode, written by one process at a time and read by any. It holds nothing of a
client's files but their names, sizes and hashes: no numbers, no sentences. The folders are the truth: a ledger that is
gone or damaged is begun anew, at the cost of what was remembered. One that cannot be written for a while – another
program holds it – stops no batch: what is to be recorded waits.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.batch.plan import hash_file
from workbench.batch.results import EngagementResult, JobResult, Memory
from workbench.engagement.places import ENGAGEMENT_NAME, RESERVED_NAMES
from workbench.errors import FolderError, UsageError

LEDGER = "_ledger.sqlite"
"""Begins with a sign that no engagement's name begins with."""

VERSION = 2
"""Raised when a table changes; one written earlier gets what it lacks, one of a later version is begun anew."""

_CHANGES = {
    1: "ALTER TABLE job ADD COLUMN cpu_seconds REAL NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN why_cold TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE job ADD COLUMN retried TEXT NOT NULL DEFAULT '[]';",
}
"""What a ledger of each earlier version lacks."""

SETTLED_SECONDS = 2.0
"""A hash is remembered only of a file that had not changed for so long: clocks of file systems are coarse."""

WAIT_SECONDS = 30.0
"""How long another program may hold the file until that is told (ours)."""

_DAMAGED = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_SCHEMA})
"""What SQLite says of a file that is no ledger; whatever else it says is of the disk, or of who else has it open."""

_STOPPING = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
"""What SQLite says of a disk that keeps nothing more: not the reports either."""

_REMEDIES = dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), "Another program holds it: close that.") | {
    code: "It is damaged: the next batch puts it aside and begins another." for code in _DAMAGED
}

_TABLES = """
CREATE TABLE IF NOT EXISTS batch (
    id TEXT PRIMARY KEY, list_hash TEXT NOT NULL, shard TEXT NOT NULL, engagements TEXT NOT NULL,
    started TEXT NOT NULL, finished TEXT, seconds REAL) STRICT;
CREATE TABLE IF NOT EXISTS engagement (
    batch TEXT NOT NULL, engagement TEXT NOT NULL, status TEXT NOT NULL, seconds REAL NOT NULL,
    document TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (batch, engagement)) STRICT;
CREATE TABLE IF NOT EXISTS job (
    batch TEXT NOT NULL, engagement TEXT NOT NULL, notebook TEXT NOT NULL, status TEXT NOT NULL, cause TEXT NOT NULL,
    attempts INTEGER NOT NULL, seconds REAL NOT NULL, peak_mb REAL NOT NULL, at TEXT NOT NULL,
    cpu_seconds REAL NOT NULL DEFAULT 0, why_cold TEXT NOT NULL DEFAULT '', retried TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (batch, engagement, notebook)) STRICT;
CREATE INDEX IF NOT EXISTS job_of ON job (engagement, notebook, at);
CREATE TABLE IF NOT EXISTS seen (
    path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, changed INTEGER NOT NULL, inode INTEGER NOT NULL,
    sha256 TEXT NOT NULL) STRICT;
"""


class Ledger:
    """The open ledger; a context manager that closes it.

    Parameters
    ----------
    path : Path
        Made where it is not there; its folder too.
    is_read : bool
        Whether it is only read: a batch may be writing it, and nothing is made or mended.

    Raises
    ------
    FolderError
        It cannot be made or written; or it is only to be read, and there is none that can be.
    """

    def __init__(self, path: Path, *, is_read: bool = False) -> None:
        self.path = path
        self._is_read = is_read
        self._lock = threading.RLock()
        self._late: list[tuple[str, EngagementResult]] = []
        try:
            if not is_read:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._base = _reading(path) if is_read else _opened(path)
        except (OSError, sqlite3.Error) as error:
            raise _refused(path, error) from None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it; what was recorded stays."""
        with self._lock:
            self._base.close()

    # -- writing -----------------------------------------------------------------------------------------------------

    def begin(self, batch: str, engagements: Iterable[str], *, list_hash: str = "", shard: str = "") -> None:
        """Record that a batch has begun.

        Parameters
        ----------
        batch : str
            Its name; the same once more begins it anew.
        engagements : iterable of str
        list_hash : str
            Of the complete list, before a shard was taken of it.
        shard : str
            Such as ``2/4``; empty for all.
        """
        with self._writing():
            for table in ("engagement", "job"):
                self._base.execute(f"DELETE FROM {table} WHERE batch = ?", (batch,))  # noqa: S608
            self._base.execute(
                "INSERT OR REPLACE INTO batch (id, list_hash, shard, engagements, started) VALUES (?, ?, ?, ?, ?)",
                (batch, list_hash, shard, json.dumps(list(engagements)), _now()),
            )

    def record(self, batch: str, result: EngagementResult) -> None:
        """Record how an engagement went, with its notebooks; once more replaces it.

        What cannot be recorded now is recorded with what comes next; `finish` tells where nothing could be.

        Raises
        ------
        FolderError
            The disk keeps nothing more.
        """
        with self._lock:
            self._late.append((batch, result))
            try:
                with self._writing():
                    self._record_late()
            except FolderError as error:
                if _code_of(error.__cause__) in _STOPPING:
                    raise
            else:
                self._late.clear()

    def _record_late(self) -> None:
        for batch, result in self._late:
            self._record(batch, result)

    def _record(self, batch: str, result: EngagementResult) -> None:
        self._base.execute(
            "INSERT OR REPLACE INTO engagement VALUES (?, ?, ?, ?, ?, ?)",
            (
                batch,
                result.engagement,
                result.status,
                result.seconds,
                json.dumps(result.to_json(with_words=False), ensure_ascii=False),
                _now(),
            ),
        )
        self._base.executemany(
            "INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_job_row(batch, result.engagement, job) for job in result.jobs],
        )

    def finish(self, batch: str, seconds: float) -> None:
        """Record that a batch has ended.

        Raises
        ------
        FolderError
            The ledger could not be written, or not all that has ended since.
        """
        with self._writing():
            self._record_late()
            self._base.execute("UPDATE batch SET finished = ?, seconds = ? WHERE id = ?", (_now(), seconds, batch))

    def file_hash(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes, remembered as long as size, time and inode stay."""
        before = path.stat()
        mark = (before.st_size, before.st_mtime_ns, before.st_ino)
        held = self._recalled("SELECT bytes, changed, inode, sha256 FROM seen WHERE path = ?", os.fspath(path))
        if held and held[0][:3] == mark:
            return str(held[0][3])
        found = hash_file(path)
        after = path.stat()
        is_settled = time.time_ns() - after.st_mtime_ns > SETTLED_SECONDS * 1e9
        if is_settled and not self._is_read and mark == (after.st_size, after.st_mtime_ns, after.st_ino):
            try:
                with self._writing():
                    self._base.execute(
                        "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", (os.fspath(path), *mark, found)
                    )
            except FolderError:  # nothing but a memory: not waited for with every file
                self._is_read = True
        return found

    def forget(self, engagement: str, folder: Path) -> int:
        """Remove all that is remembered of an engagement, from the file's free pages too; return how many rows.

        Parameters
        ----------
        engagement : str
        folder : Path
            The client's folder, whose files are forgotten too.
        """
        count = self.count_rows(engagement, folder)
        with self._writing():
            for table in ("engagement", "job"):
                self._base.execute(f"DELETE FROM {table} WHERE engagement = ?", (engagement,))  # noqa: S608
            start = os.fspath(folder) + os.sep
            self._base.execute("DELETE FROM seen WHERE substr(path, 1, ?) = ?", (len(start), start))
            for batch, names in self._base.execute("SELECT id, engagements FROM batch").fetchall():
                left = [name for name in json.loads(names) if name != engagement]
                self._base.execute("UPDATE batch SET engagements = ? WHERE id = ?", (json.dumps(left), batch))
        with self._lock:  # a row that is deleted leaves its bytes behind
            self._base.execute("VACUUM")
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return count

    # -- reading -----------------------------------------------------------------------------------------------------

    def count_rows(self, engagement: str, folder: Path) -> int:
        """Return how many rows name an engagement or a file of its folder; parameters as in `forget`."""
        start = os.fspath(folder) + os.sep
        with self._lock:
            rows = self._base.execute(
                "SELECT (SELECT count(*) FROM engagement WHERE engagement = ?) "
                "+ (SELECT count(*) FROM job WHERE engagement = ?) "
                "+ (SELECT count(*) FROM seen WHERE substr(path, 1, ?) = ?)",
                (engagement, engagement, len(start), start),
            ).fetchone()[0]
            lists = self._base.execute("SELECT engagements FROM batch").fetchall()
        return int(rows) + sum(engagement in json.loads(names) for (names,) in lists)

    def remembered(self, engagement: str) -> dict[str, Memory]:
        """Return what each notebook of an engagement needed when it last ran to its end."""
        rows = self._recalled(
            "SELECT notebook, seconds, peak_mb, max(at) FROM job WHERE engagement = ? AND status = 'done' "
            "GROUP BY notebook",
            engagement,
        )
        return {notebook: Memory(seconds, peak) for notebook, seconds, peak, _ in rows}

    def seconds_of(self, engagement: str) -> float:
        """Return what an engagement's notebooks took when each last ran to its end, waiting left out. Unit: seconds.

        Where no notebook's time is known, what the last run took in all; where that is not, 0.
        """
        rows = self._recalled(
            "SELECT seconds FROM engagement WHERE engagement = ? AND status = 'done' ORDER BY at DESC LIMIT 1",
            engagement,
        )
        if not rows:
            return 0.0
        return sum(held.seconds for held in self.remembered(engagement).values()) or float(rows[0][0])

    def usual_seconds(self, engagement: str, *, before: str) -> float:
        """Return the median time of an engagement's runs in batches before this one; 0 where there is none."""
        rows = self._recalled(
            "SELECT seconds FROM engagement WHERE engagement = ? AND status = 'done' AND batch <> ? ORDER BY seconds",
            engagement,
            before,
        )
        return float(rows[len(rows) // 2][0]) if rows else 0.0

    def last_batch(self) -> dict[str, Any] | None:
        """Return the batch that was begun last as plain values, with how each engagement went; None before the first.

        Last by the order of recording: a clock may have been put back.
        """
        with self._lock:
            row = self._base.execute("SELECT * FROM batch ORDER BY rowid DESC LIMIT 1").fetchone()
            return self._batch(row) if row else None

    def batches(self) -> list[dict[str, Any]]:
        """Return every batch as plain values, oldest first."""
        with self._lock:
            return [
                self._batch(row) for row in self._base.execute("SELECT * FROM batch ORDER BY started, id").fetchall()
            ]

    def _batch(self, row: tuple[Any, ...]) -> dict[str, Any]:
        names = ("id", "list_hash", "shard", "engagements", "started", "finished", "seconds")
        held = dict(zip(names, row, strict=True))
        found = self._base.execute(
            "SELECT document FROM engagement WHERE batch = ? ORDER BY engagement", (held["id"],)
        ).fetchall()
        return {
            **held,
            "engagements": json.loads(held["engagements"]),
            "results": [json.loads(document) for (document,) in found],
        }

    def _recalled(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        """Return rows of what is only remembered; none where a damaged file does not give them."""
        try:
            with self._lock:
                return self._base.execute(query, values).fetchall()
        except sqlite3.DatabaseError:
            return []

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            try:
                self._base.execute("BEGIN IMMEDIATE")
                yield
                self._base.execute("COMMIT")
            except (sqlite3.IntegrityError, sqlite3.ProgrammingError):  # a fault of ours
                self._undo()
                raise
            except sqlite3.DatabaseError as error:  # a full disk, above all
                self._undo()
                raise _refused(self.path, error) from error
            except BaseException:
                self._undo()
                raise

    def _undo(self) -> None:
        with suppress(sqlite3.DatabaseError):  # of a damaged file not even that
            if self._base.in_transaction:
                self._base.execute("ROLLBACK")


def merge_batches(ledgers: Iterable[Path], into: Ledger) -> str:
    """Put the last batch of each shard's ledger together as one batch, as one machine would have recorded it.

    Parameters
    ----------
    ledgers : iterable of Path
        Of all shards of one list.
    into : Ledger
        A second time, the same shards take the place of their first.

    Returns
    -------
    str
        Name of the whole.

    Raises
    ------
    UsageError
        Shards disagree on the list, one is missing, there twice, unfinished or no ledger.
    """
    parts = []
    for path in ledgers:
        try:
            with Ledger(path, is_read=True) as ledger:
                held = ledger.last_batch()
        except (FolderError, sqlite3.Error) as error:
            raise UsageError(f"{path}: no ledger of a batch ({error}).") from None
        if held is None or not held["finished"] or "/" not in held["shard"]:
            raise UsageError(f"{path}: its last batch is no finished shard.")
        parts.append(held)
    if not parts:
        raise UsageError("There is no ledger of a shard. Run the shards first: workbench batch --all --shard 1/4")
    if len({held["list_hash"] for held in parts}) != 1:
        raise UsageError("The shards were dealt from different lists of engagements: run them again from one list.")
    count = int(parts[0]["shard"].split("/")[1])
    shards = sorted(int(held["shard"].split("/")[0]) for held in parts)
    if shards != list(range(1, count + 1)) or any(held["shard"].split("/")[1] != str(count) for held in parts):
        raise UsageError(f"These are shards {', '.join(map(str, shards))} of {count}; each is needed once.")
    names = sorted((name for held in parts for name in held["engagements"]), key=listed_order)
    batch = f"{min(held['id'] for held in parts)}-of-{count}"
    into.begin(batch, names, list_hash=parts[0]["list_hash"])
    for held in parts:
        for document in held["results"]:
            into.record(batch, EngagementResult.from_json(document))
    into.finish(batch, max(float(held["seconds"] or 0.0) for held in parts))
    return batch


def listed_order(name: str) -> tuple[bool, str]:
    """Return where a name stands in a list of engagements: those that can be none come last."""
    return not ENGAGEMENT_NAME.fullmatch(name) or name in RESERVED_NAMES, name


def _reading(path: Path) -> sqlite3.Connection:
    """Open a ledger that is there to read it."""
    base = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT_SECONDS, check_same_thread=False
    )
    try:
        if base.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise sqlite3.DatabaseError("written by another version")
    except sqlite3.Error:
        base.close()
        raise
    return base


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file; one that is no ledger of ours is put aside, so that a night is not lost to it."""
    for _ in range(2):
        base = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            path.chmod(0o600)
            version = base.execute("PRAGMA user_version").fetchone()[0]
            if 0 <= version <= VERSION and base.execute("PRAGMA quick_check").fetchone()[0] == "ok":
                base.execute("PRAGMA journal_mode = WAL")
                base.execute("PRAGMA synchronous = NORMAL")
                base.executescript("".join(_CHANGES[step] for step in range(version or VERSION, VERSION)) + _TABLES)
                base.execute(f"PRAGMA user_version = {VERSION}")
                return base
        except sqlite3.DatabaseError as error:
            if _code_of(error) not in _DAMAGED:
                base.close()
                raise
        base.close()
        for part in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            if part.exists():
                part.replace(part.with_name(part.name + ".damaged"))
    raise sqlite3.DatabaseError(f"{path.name} cannot be made")


def _code_of(error: BaseException | None) -> int:
    """Return what SQLite calls an error, without its details; 0 where it is none of SQLite's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _refused(path: Path, error: Exception) -> FolderError:
    usual = "Make room or give leave to write there, or set WORKBENCH_REPORTS to another folder."
    return FolderError(str(path), str(error), _REMEDIES.get(_code_of(error), usual))


def _job_row(batch: str, engagement: str, job: JobResult) -> tuple[Any, ...]:
    return (
        *(batch, engagement, job.notebook, job.status, job.cause, job.attempts, job.seconds, job.peak_mb, _now()),
        *(job.cpu_seconds, job.why_cold, json.dumps(job.retried)),
    )


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
