"""Many engagements in one night: what still holds is left alone, the longest go first, one failure stops no other."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.batch.keys import Ground, engagement_key, folder_files, read_ground
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.locks import Lock, lock_file
from workbench.batch.morning import write_morning_page
from workbench.batch.plan import make_plan
from workbench.batch.publish import read_manifest
from workbench.batch.results import BatchResult, EngagementResult, Event, silent
from workbench.batch.run import cause_of, run_engagement
from workbench.batch.workers import Workers, count_cores, open_workers
from workbench.engagement.places import (
    clients_folder,
    engagement_folder,
    find_root,
    list_engagements,
    reports_folder,
)
from workbench.engagement.publications import published_contents
from workbench.errors import UsageError, WorkbenchError

SETTINGS_FILES = ("engagement.yaml", "engagement.xlsx")
"""A folder that holds one of these is meant as an engagement."""


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of a list; ``2/4`` is the second of four.

    Attributes
    ----------
    number, count : int
        From 1; 1 of 1 is the whole.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that a text names; empty is the whole.

        Raises
        ------
        UsageError
            It is none.
        """
        if not text:
            return cls()
        found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
        if found and 1 <= int(found[1]) <= int(found[2]):
            return cls(int(found[1]), int(found[2]))
        raise UsageError(f"--shard {text}: no shard. Write the part and how many there are, such as 2/4.")

    def __str__(self) -> str:
        return "" if self.count == 1 else f"{self.number}/{self.count}"


def run_batch(
    names: Sequence[str] = (),
    *,
    jobs: int | None = None,
    fresh: bool = False,
    shard: str = "",
    cluster: str = "",
    root: Path | None = None,
    on_event: Callable[[Event], None] = silent,
) -> BatchResult:
    """Run many engagements on all cores; one that fails does not stop the others, one that is unchanged is left alone.

    Parameters
    ----------
    names : sequence of str
        Empty means all; then a folder that holds an engagement but cannot be run is a failed result.
    jobs : int, optional
        Kernels at a time; by default one a core.
    fresh : bool
        Whether everything runs, also what is unchanged.
    shard : str
        Such as ``2/4``: every machine deals the same list alike and takes its own part.
    cluster : str
        Address of a scheduler of dask.distributed whose workers run them; `jobs` is then meant of each worker.
    root : Path, optional
        The workbench's folder.
    on_event : callable
        Told what happens, from several threads.

    Returns
    -------
    BatchResult
        Also kept in the ledger, notebook by notebook.

    Raises
    ------
    UsageError
        There is no engagement, a name that was given is none or comes twice, fewer than one job was asked for, or
        another batch is running.
    ClusterError
        The scheduler or its workers cannot be used, or were lost; what was done by then is recorded.
    """
    start = time.monotonic()
    part = Shard.parse(shard)
    listed = list(names) or [*list_engagements(root=root), *misnamed_engagements(root)]
    if not listed:
        raise UsageError("There is no engagement to run. Make one with: workbench new NAME")
    if len(set(listed)) != len(listed):
        raise UsageError("An engagement is named twice.")
    for name in names:
        engagement_folder(name, root=root)
    slots = count_cores() if jobs is None else jobs
    if slots < 1:
        raise UsageError(f"--jobs {jobs}: at least 1.")
    if cluster:
        from workbench.batch.cluster import check_address, require_dask

        require_dask()
        cluster = check_address(cluster)
    chosen = take_shard(listed, part, root=root)
    batch = f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    with open_ledger(part, root) as ledger:
        ledger.begin(batch, chosen, list_hash=hash_list(listed), shard=str(part))
        ground = read_ground(root)
        results: dict[str, EngagementResult] = {}
        for name in [] if fresh else chosen:
            held = find_unchanged(name, ground, ledger, root)
            if held is not None:
                results[name] = held
                on_event(Event("unchanged", name))
        todo = sorted((name for name in chosen if name not in results), key=lambda name: -ledger.seconds_of(name))
        usual = {name: ledger.seconds_of(name) for name in todo}
        on_event(Event("progress", "", text=how_far(usual, {}, slots)))
        took: dict[str, float] = {}
        ran = (
            _run_there(todo, cluster, batch, jobs, fresh, root, on_event)
            if cluster
            else _run_all(todo, slots, fresh, root, on_event)
        )
        for result in ran if todo else ():
            results[result.engagement] = result
            ledger.record(batch, result)
            took[result.engagement] = result.seconds
            on_event(Event("progress", "", text=how_far(usual, took, slots), seconds=time.monotonic() - start))
        for name in set(chosen) - set(todo):
            ledger.record(batch, results[name])
        seconds = time.monotonic() - start
        ledger.finish(batch, seconds)
        whole = BatchResult(tuple(results[name] for name in chosen), seconds, id=batch, shard=str(part))
        finished = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M}"
        page = write_morning_page(whole, ledger, reports_folder(root), finished=finished)
    return replace(whole, page=str(page))


def how_far(usual: Mapping[str, float], took: Mapping[str, float], slots: int) -> str:
    """Return how far a batch is, and about how long the rest takes where anything tells.

    Parameters
    ----------
    usual : mapping of engagement to float
        What each took when it last ran, 0 where that is not known. Unit: seconds.
    took : mapping of engagement to float
        What those took that are done.
    slots : int
        Kernels at a time.

    Examples
    --------
    >>> how_far({"a": 60.0, "b": 120.0, "c": 0.0}, {"a": 60.0}, 2)
    '1 of 3 done, about 2 min left'
    >>> how_far({"a": 0.0}, {}, 2)
    '0 of 1 done'
    """
    left = [usual[name] for name in usual if name not in took]
    known = [*(seconds for seconds in usual.values() if seconds), *took.values()]
    words = f"{len(took)} of {len(usual)} done"
    if not left or not known:
        return words
    mean = sum(known) / len(known)  # of those that nothing is known of
    seconds = max(sum(one or mean for one in left) / slots, max(left))
    return f"{words}, about {seconds / 60:.0f} min left" if seconds >= 90 else f"{words}, about {seconds:.0f} s left"


def take_shard(names: Sequence[str], shard: Shard, *, root: Path | None = None) -> list[str]:
    """Return a shard's part of a list: the largest folders are dealt first, so that all parts weigh alike.

    It hangs on nothing but the client folders, so that every machine deals alike.

    Parameters
    ----------
    names : sequence of str
    shard : Shard
    root : Path, optional
        The workbench's folder.
    """
    if shard.count == 1:
        return list(names)
    clients = clients_folder(root)
    sizes = {name: sum(path.stat().st_size for path in folder_files(clients / name)) for name in names}
    dealt = sorted(names, key=lambda name: (-sizes[name], name))
    return sorted(dealt[shard.number - 1 :: shard.count])


def hash_list(names: Sequence[str]) -> str:
    """Return the SHA-256 of a list of engagements, whatever their order."""
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()


def find_unchanged(name: str, ground: Ground, ledger: Ledger, root: Path | None = None) -> EngagementResult | None:
    """Return the last report of an engagement if it was made of all that there is now; None where it has to run.

    Parameters
    ----------
    name : str
    ground : Ground
    ledger : Ledger
        Remembers hashes of files.
    root : Path, optional
        The workbench's folder.
    """
    start = time.monotonic()
    folder = reports_folder(root) / name / "latest"
    manifest = read_manifest(folder)
    if manifest is None or not manifest.get("key") or not (folder / "report.html").is_file():
        return None
    try:
        if engagement_key(make_plan(name, root=root), ground, ledger.file_hash) != manifest["key"]:
            return None
        if published_contents(name, root) != frozenset(manifest["bound"]):
            return None
    except (WorkbenchError, OSError):  # what is wrong is told by its run
        return None
    answers = tuple(str(answer) for answer in manifest.get("answers", ()))
    return EngagementResult(name, "unchanged", time.monotonic() - start, folder=str(folder), answers=answers)


@contextmanager
def open_ledger(shard: Shard, root: Path | None = None) -> Iterator[Ledger]:
    """Give the ledger to the one batch that writes it; each shard has its own.

    Raises
    ------
    UsageError
        Another batch is running.
    """
    reports = reports_folder(root)
    name = LEDGER if shard.count == 1 else LEDGER.replace(".", f"-{shard.number}of{shard.count}.")
    path = reports / name
    reports.mkdir(parents=True, exist_ok=True)
    lock: Lock | None = None
    try:
        lock = lock_file(path.with_suffix(".lock"))
    except BlockingIOError:
        raise UsageError(
            f"Another batch is running ({path.with_suffix('.lock').name} is held). Wait for it to end, or stop it."
        ) from None
    try:
        with Ledger(path) as ledger:
            yield ledger
    finally:
        if lock is not None:
            lock.release()


def misnamed_engagements(root: Path | None = None) -> tuple[str, ...]:
    """Return the folders among the clients' that hold an engagement under a name that none can have, sorted."""
    folder, known = clients_folder(root), set(list_engagements(root=root))
    others = (entry for entry in folder.iterdir() if entry.name not in known) if folder.is_dir() else ()
    return tuple(sorted(entry.name for entry in others if any((entry / name).is_file() for name in SETTINGS_FILES)))


def _run_all(
    names: Sequence[str], slots: int, fresh: bool, root: Path | None, on_event: Callable[[Event], None]
) -> Iterator[EngagementResult]:
    with open_workers(slots, slots) as workers, ThreadPoolExecutor(slots, thread_name_prefix="engagement") as threads:
        running: dict[Future[EngagementResult], str] = {
            threads.submit(run_safely, name, fresh, root, on_event, workers): name for name in names
        }
        try:
            for future in as_completed(running):
                yield future.result()
        except BaseException:
            for future in running:
                future.cancel()
            workers.stop()
            raise


def _run_there(
    names: Sequence[str],
    address: str,
    batch: str,
    jobs: int | None,
    fresh: bool,
    root: Path | None,
    on_event: Callable[[Event], None],
) -> Iterator[EngagementResult]:
    from workbench.batch.cluster import open_cluster

    known = set(list_engagements(root=root))
    for name in names:
        if name not in known:  # what is no engagement is told here as ever; nobody else has to look at it
            yield run_safely(name, fresh, root, on_event, None)
    there = [name for name in names if name in known]
    with open_cluster(address, there, batch=batch, root=root or find_root(), jobs=jobs) as cluster:
        for result in cluster.run(there, fresh=fresh, on_event=on_event):
            if not result.is_done:
                on_event(Event("failed", result.engagement, text=result.message, seconds=result.seconds))
            yield result


def run_safely(
    name: str, fresh: bool, root: Path | None, on_event: Callable[[Event], None], workers: Workers | None
) -> EngagementResult:
    """Run an engagement; whatever stops it is a failed result.

    Parameters
    ----------
    name : str
    fresh : bool
    root : Path, optional
    on_event : callable
    workers : Workers, optional
        As in `run_engagement`.
    """
    start = time.monotonic()
    try:
        result = run_engagement(name, fresh=fresh, root=root, on_event=on_event, workers=workers)
    except WorkbenchError as error:
        result = EngagementResult(name, "failed", time.monotonic() - start, message=str(error), cause=cause_of(error))
    except Exception:  # noqa: BLE001  (a fault of ours in one engagement must not stop the others of the night)
        result = EngagementResult(
            name, "failed", time.monotonic() - start, message=traceback.format_exc(), cause="internal"
        )
    if not result.is_done:
        on_event(Event("failed", name, text=result.message, seconds=result.seconds))
    return result
