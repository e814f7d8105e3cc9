"""The ledger of batches: what ran, how often it was tried, how long it took, how much memory it needed.

``reports/_ledger.sqlite``, in WAL mode, written by one process at a time and read by any. It holds nothing of a
client's files but their names, sizes and hashes: no numbers, no sentences. The folders are the truth: a ledger that is
gone or damaged is begun anew, at the cost of what was remembered.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from workbench.batch.plan import hash_file
from workbench.batch.results import EngagementResult, JobResult, Memory
from workbench.errors import FolderError, UsageError

LEDGER = "_ledger.sqlite"
"""Begins with a sign that no engagement's name begins with."""

VERSION = 1
"""Raised when tables written earlier can no longer be read; such a ledger is begun anew."""

SETTLED_SECONDS = 2.0
"""A hash is remembered only of a file that had not changed for so long: clocks of file systems are coarse."""

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

    Raises
    ------
    FolderError
        It cannot be made or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = _opened(path)
        except (OSError, sqlite3.Error) as error:
            raise FolderError(str(path), str(error), "Make its folder writable, or set WORKBENCH_REPORTS.") from None

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
            Its name, which comes only once.
        engagements : iterable of str
        list_hash : str
            Of the complete list, before a shard was taken of it.
        shard : str
            Such as ``2/4``; empty for all.
        """
        with self._writing():
            self._base.execute(
                "INSERT INTO batch (id, list_hash, shard, engagements, started) VALUES (?, ?, ?, ?, ?)",
                (batch, list_hash, shard, json.dumps(list(engagements)), _now()),
            )

    def record(self, batch: str, result: EngagementResult) -> None:
        """Record how an engagement went, with its notebooks; once more replaces it."""
        with self._writing():
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
                "INSERT OR REPLACE INTO job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_job_row(batch, result.engagement, job) for job in result.jobs],
            )

    def finish(self, batch: str, seconds: float) -> None:
        """Record that a batch has ended."""
        with self._writing():
            self._base.execute("UPDATE batch SET finished = ?, seconds = ? WHERE id = ?", (_now(), seconds, batch))

    def file_hash(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes, remembered as long as size, time and inode stay.

        Parameters
        ----------
        path : Path
        """
        before = path.stat()
        mark = (before.st_size, before.st_mtime_ns, before.st_ino)
        with self._lock:
            held = self._base.execute(
                "SELECT bytes, changed, inode, sha256 FROM seen WHERE path = ?", (os.fspath(path),)
            ).fetchone()
        if held is not None and tuple(held[:3]) == mark:
            return str(held[3])
        found = hash_file(path)
        after = path.stat()
        is_settled = time.time_ns() - after.st_mtime_ns > SETTLED_SECONDS * 1e9
        if is_settled and mark == (after.st_size, after.st_mtime_ns, after.st_ino):
            with self._writing():
                self._base.execute(
                    "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?)", (os.fspath(path), *mark, found)
                )
        return found

    def forget(self, engagement: str, folder: Path) -> None:
        """Remove all that is remembered of an engagement.

        Parameters
        ----------
        engagement : str
        folder : Path
            The client's folder, whose files are forgotten too.
        """
        with self._writing():
            for table in ("engagement", "job"):
                self._base.execute(f"DELETE FROM {table} WHERE engagement = ?", (engagement,))  # noqa: S608
            start = os.fspath(folder) + os.sep
            self._base.execute("DELETE FROM seen WHERE substr(path, 1, ?) = ?", (len(start), start))
            for batch, names in self._base.execute("SELECT id, engagements FROM batch").fetchall():
                left = [name for name in json.loads(names) if name != engagement]
                self._base.execute("UPDATE batch SET engagements = ? WHERE id = ?", (json.dumps(left), batch))

    # -- reading -----------------------------------------------------------------------------------------------------

    def memory_of(self, engagement: str, notebook: str) -> Memory | None:
        """Return what a notebook needed when it last ran to its end; None where that is not known."""
        with self._lock:
            row = self._base.execute(
                "SELECT seconds, peak_mb FROM job WHERE engagement = ? AND notebook = ? AND status = 'done' "
                "ORDER BY at DESC LIMIT 1",
                (engagement, notebook),
            ).fetchone()
        return Memory(*row) if row else None

    def seconds_of(self, engagement: str) -> float:
        """Return what an engagement's last run to the end took, 0 where that is not known. Unit: seconds."""
        with self._lock:
            row = self._base.execute(
                "SELECT seconds FROM engagement WHERE engagement = ? AND status = 'done' ORDER BY at DESC LIMIT 1",
                (engagement,),
            ).fetchone()
        return float(row[0]) if row else 0.0

    def usual_seconds(self, engagement: str, *, before: str) -> float:
        """Return the median time of an engagement's runs in batches before this one; 0 where there is none."""
        with self._lock:
            rows = self._base.execute(
                "SELECT seconds FROM engagement WHERE engagement = ? AND status = 'done' AND batch <> ? "
                "ORDER BY seconds",
                (engagement, before),
            ).fetchall()
        return float(rows[len(rows) // 2][0]) if rows else 0.0

    def last_batch(self) -> dict[str, Any] | None:
        """Return the batch that began last as plain values, with how each engagement went; None before the first."""
        with self._lock:
            row = self._base.execute("SELECT * FROM batch ORDER BY started DESC, id DESC LIMIT 1").fetchone()
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

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")


def merge_batches(ledgers: Iterable[Path], into: Ledger, batch: str) -> tuple[str, ...]:
    """Put the last batch of each shard's ledger together as one batch.

    Parameters
    ----------
    ledgers : iterable of Path
        Of all shards of one list.
    into : Ledger
    batch : str
        Name of the whole.

    Returns
    -------
    tuple of str
        The engagements of the whole.

    Raises
    ------
    UsageError
        Shards disagree on the list, one is missing, there twice or unfinished.
    """
    parts = []
    for path in ledgers:
        with Ledger(path) as ledger:
            held = ledger.last_batch()
        if held is None or not held["finished"] or "/" not in held["shard"]:
            raise UsageError(f"{path}: its last batch is no finished shard.")
        parts.append(held)
    if len({held["list_hash"] for held in parts}) != 1:
        raise UsageError("The shards were dealt from different lists of engagements: run them again from one list.")
    count = int(parts[0]["shard"].split("/")[1])
    shards = sorted(int(held["shard"].split("/")[0]) for held in parts)
    if shards != list(range(1, count + 1)) or any(held["shard"].split("/")[1] != str(count) for held in parts):
        raise UsageError(f"These are shards {shards} of {count}; each is needed once.")
    names = sorted(name for held in parts for name in held["engagements"])
    into.begin(batch, names, list_hash=parts[0]["list_hash"])
    for held in parts:
        for document in held["results"]:
            into.record(batch, EngagementResult.from_json(document))
    into.finish(batch, max(float(held["seconds"] or 0.0) for held in parts))
    return tuple(names)


def _opened(path: Path) -> sqlite3.Connection:
    """Open the file; one that is no ledger of ours is put aside, so that a night is not lost to it."""
    for _ in range(2):
        base = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            path.chmod(0o600)
            version = base.execute("PRAGMA user_version").fetchone()[0]
            if version in (0, VERSION) and base.execute("PRAGMA quick_check").fetchone()[0] == "ok":
                base.execute("PRAGMA journal_mode = WAL")
                base.execute("PRAGMA synchronous = NORMAL")
                base.executescript(_TABLES)
                base.execute(f"PRAGMA user_version = {VERSION}")
                return base
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                base.close()
                raise
        base.close()
        for part in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            if part.exists():
                part.replace(part.with_name(part.name + ".damaged"))
    raise sqlite3.DatabaseError(f"{path.name} cannot be made")


def _job_row(batch: str, engagement: str, job: JobResult) -> tuple[Any, ...]:
    return (batch, engagement, job.notebook, job.status, job.cause, job.attempts, job.seconds, job.peak_mb, _now())


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
