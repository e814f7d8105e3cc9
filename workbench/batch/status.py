"""Which engagements there are, when each last ran, what has changed since, and what a batch would do.

From the keys that a batch goes by and the ledger's memory of files and times; without pandas or papermill.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.batch.keys import Ground, engagement_key, is_words, read_ground
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.plan import hash_file, hash_notebook, list_notebooks, make_plan
from workbench.batch.publish import versions
from workbench.batch.results import EngagementResult
from workbench.batch.runs import read_manifest
from workbench.engagement.places import engagement_folder, find_root, list_engagements, reports_folder
from workbench.engagement.publications import published_contents
from workbench.errors import FolderError, WorkbenchError

WHY = {
    "report": "the report",
    "notebook": "notebooks",
    "parameters": "parameters",
    "data": "data",
    "words": "the consultant's words",
    "code": "the workbench's code",
    "environment": "environment",
}
"""What a report hangs on, and how that is said."""


@dataclass(frozen=True)
class Change:
    """Something that is no longer as it was when a report was made.

    Attributes
    ----------
    kind : str
        One of `WHY`.
    words : str
        A phrase: ``survey.csv changed``.
    """

    kind: str
    words: str


@dataclass(frozen=True)
class Status:
    """How one engagement stands.

    Attributes
    ----------
    engagement : str
    report : str
        Path of the last good report; empty where there is none.
    finished : str
        When it was made, ISO, UTC.
    changes : tuple of Change
        What has changed since; empty where the report is up to date.
    failed : str
        When a later run failed, ISO, UTC; empty where none did.
    failure : str
        First sentence of that failure.
    cause : str
        Of that failure, one of `CAUSES`.
    fails_again : bool
        Whether that failure was one of the client's files, and these, the notebooks and the code are as they were.
    seconds : float
        What its notebooks took when they last ran to their end, one after the other; 0 where that is not known.
    """

    engagement: str
    report: str = ""
    finished: str = ""
    changes: tuple[Change, ...] = ()
    failed: str = ""
    failure: str = ""
    cause: str = ""
    fails_again: bool = False
    seconds: float = 0.0

    @property
    def state(self) -> str:
        """What a batch would find: ``done``, ``stale`` or ``to do``."""
        return "to do" if not self.report else "stale" if self.changes else "done"

    @property
    def stale(self) -> tuple[str, ...]:
        """What has changed since the report was made, one phrase each."""
        return tuple(change.words for change in self.changes)

    @property
    def why(self) -> tuple[str, ...]:
        """What of `WHY` has changed, each once."""
        return tuple(kind for kind in WHY if any(change.kind == kind for change in self.changes))

    @property
    def is_words(self) -> bool:
        """Whether the consultant's words alone have changed, so that no notebook runs: only the report is made anew."""
        return self.why == ("words",)

    @property
    def word(self) -> str:
        """``no full run yet``, ``up to date`` or ``stale``, and whether a later run failed."""
        state = {"to do": "no full run yet", "done": "up to date"}.get(self.state, self.state)
        return f"{state}, last run failed" if self.failed else state

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "state": self.state, "why": list(self.why)}


@dataclass(frozen=True)
class LastBatch:
    """How the batch went that began last, as far as the ledger knows.

    Attributes
    ----------
    id, shard : str
    started, finished : str
        ISO, UTC; not finished is empty: it is running, or was stopped.
    seconds : float
        0 where it has not ended.
    n_engagements : int
    results : tuple of EngagementResult
        So far.
    """

    id: str
    shard: str
    started: str
    finished: str
    seconds: float
    n_engagements: int
    results: tuple[EngagementResult, ...]

    def count(self, status: str) -> int:
        """Return how many went so: ``done``, ``unchanged`` or ``failed``."""
        return sum(result.status == status for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; the ledger holds no words of a client's."""
        failed = [
            {"engagement": held.engagement, "cause": held.cause} for held in self.results if held.status == "failed"
        ]
        counts = {status: self.count(status) for status in ("done", "unchanged")}
        held = {name: value for name, value in asdict(self).items() if name != "results"}
        return {**held, **counts, "failed": failed}


class Reader:
    """What the ledgers remember, read while a batch may be writing them; without one, everything is looked up.

    A context manager that closes them.

    Parameters
    ----------
    root : Path
        The workbench's folder.
    """

    def __init__(self, root: Path) -> None:
        self._stack = ExitStack()
        self._ledgers: list[Ledger] = []
        for path in sorted(reports_folder(root).glob(LEDGER.replace(".", "*."))):
            try:
                self._ledgers.append(self._stack.enter_context(Ledger(path, is_read=True)))
            except (FolderError, sqlite3.Error):  # the next batch mends it
                continue

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def file_hash(self) -> Callable[[Path], str]:
        """Gives the SHA-256 of a file, remembered where it can be."""
        return self._ledgers[0].file_hash if self._ledgers else hash_file

    def seconds_of(self, engagement: str) -> float:
        """Return what an engagement's notebooks took when they last ran to their end; 0 where that is not known."""
        return max((ledger.seconds_of(engagement) for ledger in self._ledgers), default=0.0)

    def last_batch(self) -> LastBatch | None:
        """Return the batch that began last, of whichever shard; None before the first."""
        found = [held for ledger in self._ledgers if (held := ledger.last_batch()) is not None]
        held = max(found, key=lambda one: str(one["started"]), default=None)
        if held is None:
            return None
        return LastBatch(
            held["id"],
            held["shard"],
            held["started"],
            held["finished"] or "",
            float(held["seconds"] or 0.0),
            len(held["engagements"]),
            tuple(EngagementResult.from_json(one) for one in held["results"]),
        )


def read_status(engagement: str = "", *, root: Path | None = None) -> tuple[Status, ...]:
    """Return how one engagement stands, or all of them.

    Parameters
    ----------
    engagement : str
        Empty for all.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement.
    """
    root = root or find_root()
    names = (engagement_folder(engagement, root=root).name,) if engagement else list_engagements(root=root)
    return stand(names, root)


def stand(names: Sequence[str], root: Path) -> tuple[Status, ...]:
    """Return how engagements stand, in their order.

    Parameters
    ----------
    names : sequence of str
    root : Path
        The workbench's folder.
    """
    if not names:
        return ()
    ground = read_ground(root)
    with Reader(root) as reader:
        return tuple(_status_of(name, root, ground, reader) for name in names)


def read_last_batch(*, root: Path | None = None) -> LastBatch | None:
    """Return how the batch went that began last; None before the first."""
    with Reader(root or find_root()) as reader:
        return reader.last_batch()


def find_current(
    name: str, ground: Ground, file_hash: Callable[[Path], str], root: Path | None = None
) -> dict[str, Any] | None:
    """Return the manifest of an engagement's last report if it was made of all that there is now; None where not.

    Parameters
    ----------
    name : str
    ground : Ground
    file_hash : callable
        SHA-256 of a file; a memory of hashes may stand in.
    root : Path, optional
        The workbench's folder.
    """
    folder = reports_folder(root) / name / "latest"
    manifest = read_manifest(folder)
    if manifest is None or not manifest.get("key") or not (folder / "report.html").is_file():
        return None
    try:
        if _key_now(name, ground, file_hash, root) != manifest["key"]:
            return None
        if published_contents(name, root) != frozenset(manifest["bound"]):
            return None
    except (WorkbenchError, OSError):  # what is wrong is told by its run
        return None
    return manifest


def _key_now(name: str, ground: Ground, file_hash: Callable[[Path], str], root: Path | None) -> str:
    """Return the key of an engagement as it is; empty where it has none."""
    try:
        return engagement_key(make_plan(name, root=root), ground, file_hash)
    except (WorkbenchError, OSError):  # what is wrong is told by its run
        return ""


def _status_of(name: str, root: Path, ground: Ground, reader: Reader) -> Status:
    home = reports_folder(root) / name
    latest = read_manifest(home / "latest")
    failed = last_failure(home)
    finished = latest["finished"] if latest else ""
    changes: tuple[Change, ...] = ()
    if latest and find_current(name, ground, reader.file_hash, root) is None:
        changes = tuple(_changes(name, root, ground.code, latest, reader.file_hash))
    if failed and failed["finished"] <= finished:
        failed = None
    if failed and latest and not changes and failed.get("key", "") != latest.get("key"):
        failed = None  # of files that were put right since: the report is of those that there are
    fails_again = False
    if failed and failed.get("cause") == "data" and failed.get("key"):
        fails_again = failed["key"] == _key_now(name, ground, reader.file_hash, root)
    return Status(
        engagement=name,
        report=str(home / "latest" / "report.html") if latest else "",
        finished=finished,
        changes=changes,
        failed=failed["finished"] if failed else "",
        failure=failed["message"].split("\n")[0] if failed else "",
        cause=failed.get("cause", "") if failed else "",
        fails_again=fails_again,
        seconds=reader.seconds_of(name),
    )


def last_failure(home: Path) -> dict[str, Any] | None:
    """Return the manifest of the last run that stopped, of those that are kept; None where there is none.

    Parameters
    ----------
    home : Path
        The engagement's own folder of reports.
    """
    if not (home / "failed").is_dir():
        return None
    held = [read_manifest(folder) for folder in sorted((home / "failed").iterdir())]
    return max((one for one in held if one), key=lambda one: str(one["finished"]), default=None)


def _changes(
    name: str, root: Path, code: str, manifest: dict[str, Any], file_hash: Callable[[Path], str]
) -> list[Change]:
    """Return what differs from what the last good run was made of; there is something."""
    try:
        folder = engagement_folder(name, root=root)
        changes = [*_changed_files(folder, manifest, file_hash), *_changed_notebooks(name, root, manifest)]
    except WorkbenchError as error:  # a link, or a notebook that cannot run: told in its place
        return [Change("data", str(error).split("\n")[0])]
    if manifest["code_sha256"] != code:
        changes.append(Change("code", "the workbench itself changed"))
    changes += _changed_versions(manifest)
    if not (reports_folder(root) / name / "latest" / "report.html").is_file():
        changes.append(Change("report", "report.html is gone"))
    if manifest["key"] and published_contents(name, root) != frozenset(manifest["bound"]):
        changes.append(Change("report", "what earlier runs showed binds it otherwise"))
    if not manifest["key"]:
        changes.append(Change("data", "its databases may hold other rows; it always runs"))
    if changes:
        return changes
    return [Change("environment", "a file that no table is read from, a library, the locale or the time zone changed")]


def _changed_files(folder: Path, manifest: dict[str, Any], file_hash: Callable[[Path], str]) -> Iterator[Change]:
    files = {held["path"]: held["sha256"] for held in manifest["inputs"]}
    known = {path: digest for path, digest in files.items() if not path.startswith("notebooks/")}  # told apart
    for path, digest in known.items():
        file, kind = folder / path, "words" if is_words(path) else "data"
        if not file.is_file():
            yield Change(kind, f"{path} is gone")
        elif file_hash(file) != digest:
            yield Change(kind, f"{path} changed")
    for path in _new_files(folder, set(known)):
        yield Change("words" if is_words(path) else "data", f"{path} is new")


def _changed_notebooks(name: str, root: Path, manifest: dict[str, Any]) -> Iterator[Change]:
    ran = {held["notebook"]: held for held in manifest["notebooks"]}
    notebooks = {notebook.name: notebook for notebook in list_notebooks(name, root=root)}
    for notebook in notebooks.values():
        held = ran.get(notebook.name)
        if held is None:
            yield Change("notebook", f"notebook {notebook.name} is new")
            continue
        if hash_notebook(notebook.path) != held["sha256"]:
            yield Change("notebook", f"notebook {notebook.name} changed")
        elif notebook.is_own and notebook.master and hash_notebook(notebook.master) != held["master_sha256"]:
            yield Change("notebook", f"the master of {notebook.name} has moved on; your own version runs")
        given = sorted(key for key, one in held.get("parameters", {}).items() if one["origin"] == "-p")
        if given:
            yield Change("parameters", f"{notebook.name} last ran with {', '.join(given)} set by -p")
    for gone in sorted(set(ran) - set(notebooks)):
        yield Change("notebook", f"notebook {gone} is gone")


def _changed_versions(manifest: dict[str, Any]) -> Iterator[Change]:
    before = manifest.get("versions", {})
    for what, version in versions().items():
        if what in before and before[what] != version:
            yield Change("environment", f"{what} is {version}, was {before[what]}")


INPUT_SUFFIXES = frozenset({".csv", ".parquet", ".xlsx", ".yaml", ".yml"})
"""Files that a run would read."""


def _new_files(folder: Path, known: set[str]) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder)
        is_ours = not any(part.startswith((".", "~$")) for part in place.parts) and place.parts[0] != "notebooks"
        if is_ours and path.suffix.lower() in INPUT_SUFFIXES and path.is_file():
            found.append(place.as_posix())
    return [place for place in found if place not in known]
