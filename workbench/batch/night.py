"""Many engagements in one night: what still holds is left alone, the longest go first, one failure stops no other."""

from __future__ import annotations

import datetime as dt
import math
import secrets
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.batch.keys import Ground, read_ground
from workbench.batch.ledger import LEDGER, Ledger, merge_batches
from workbench.batch.limits import Limits
from workbench.batch.morning import write_morning_page
from workbench.batch.outlook import estimate, say_about
from workbench.batch.results import BatchResult, EngagementResult, Event, Memory, silent
from workbench.batch.run import cause_of, run_engagement
from workbench.batch.runs import recover
from workbench.batch.shards import Shard, hash_list, take_shard
from workbench.batch.status import find_current
from workbench.batch.workers import Workers, count_cores, open_workers
from workbench.engagement.locks import Lock, lock_file
from workbench.engagement.places import (
    clients_folder,
    engagement_folder,
    find_root,
    list_engagements,
    reports_folder,
)
from workbench.errors import FolderError, UsageError, WorkbenchError, writing_to

SETTINGS_FILES = ("engagement.yaml", "engagement.xlsx")
"""A folder that holds one of these is meant as an engagement."""

WORKER_RETRIES = 2
"""How often an engagement is run again whose reading or drawing process died (ours)."""


def run_batch(
    names: Sequence[str] = (),
    *,
    jobs: int | None = None,
    fresh: bool = False,
    shard: str = "",
    cluster: str = "",
    limits: Limits | None = None,
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
    limits : Limits, optional
        How long cells, notebooks and engagements may take.
    root : Path, optional
        The workbench's folder.
    on_event : callable
        Told what happens, from several threads.

    Returns
    -------
    BatchResult
        Also kept in the ledger, notebook by notebook.

    Notes
    -----
    A full disk stops the batch: what runs is finished as far as it can be, and nothing else is begun.

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
    listed = list_all(names, root)
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
                ledger.record(batch, held)
                on_event(Event("unchanged", name))
        # what nobody knows goes first: it may be the longest
        todo = sorted(
            (name for name in chosen if name not in results), key=lambda name: -ledger.seconds_of(name) or -math.inf
        )
        usual = {name: ledger.seconds_of(name) for name in todo}
        on_event(Event("progress", "", text=how_far(usual, {}, slots)))
        took: dict[str, float] = {}
        terms = _Terms(fresh, root, on_event, limits, {name: ledger.remembered(name) for name in todo})
        ran = _run_there(todo, cluster, batch, part, jobs, terms) if cluster else _run_all(todo, slots, terms)
        trouble = ""
        for result in ran if todo else ():
            results[result.engagement] = result
            try:
                ledger.record(batch, result)
            except FolderError as error:
                trouble = str(error)
                terms.stopped.set()
            took[result.engagement] = result.own_seconds
            on_event(Event("progress", "", text=how_far(usual, took, slots), seconds=time.monotonic() - start))
        whole = BatchResult(
            tuple(results[name] for name in chosen),
            time.monotonic() - start,
            id=batch,
            shard=str(part),
            trouble=trouble,
        )
        return finish_batch(whole, ledger, root)


def finish_batch(whole: BatchResult, ledger: Ledger, root: Path | None = None) -> BatchResult:
    """Return a batch once its end is recorded and its page written; what of it cannot be done is told.

    Parameters
    ----------
    whole : BatchResult
    ledger : Ledger
    root : Path, optional
        The workbench's folder.
    """
    reports = reports_folder(root)
    finished = f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M}"
    try:
        ledger.finish(whole.id, whole.seconds)
    except FolderError as error:  # the page needs nothing of it but what was usual
        whole = replace(whole, trouble=whole.trouble or str(error))
    try:
        with writing_to(reports, "WORKBENCH_REPORTS"):
            page = write_morning_page(whole, ledger, reports, finished=finished, known=list_engagements(root=root))
    except FolderError as error:
        return replace(whole, trouble=whole.trouble or str(error))
    return replace(whole, page=str(page))


def merge_shards(ledgers: Sequence[Path] = (), *, root: Path | None = None) -> BatchResult:
    """Put the last batches of all shards together, as though one machine had run them, with one morning page.

    Parameters
    ----------
    ledgers : sequence of Path
        Of all shards of one list; by default those among the reports.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        They do not belong together, or a batch is running.
    """
    paths = list(ledgers) or sorted(reports_folder(root).glob(LEDGER.replace(".", "-*of*.")))
    with open_ledger(Shard(), root) as ledger:
        batch = merge_batches(paths, ledger)
        held = ledger.last_batch() if batch else None
        results = tuple(EngagementResult.from_json(one) for one in held["results"]) if held else ()
        by_name = {result.engagement: result for result in results}
        order = [by_name[name] for name in held["engagements"]] if held else []
        return finish_batch(BatchResult(tuple(order), held["seconds"] if held else 0.0, id=batch), ledger, root)


def list_all(names: Sequence[str], root: Path | None = None) -> list[str]:
    """Return the engagements that a batch is asked for; where none is named, all, and what was meant as one.

    Raises
    ------
    UsageError
        There is none, one that is named is none, or comes twice.
    """
    listed = list(names) or [*list_engagements(root=root), *misnamed_engagements(root)]
    if not listed:
        raise UsageError("There is no engagement to run. Make one with: workbench new NAME")
    twice = sorted({name for name in listed if listed.count(name) > 1})
    if twice:
        raise UsageError(f"Named twice: {', '.join(twice)}. Name each engagement once.")
    for name in names:
        engagement_folder(name, root=root)
    return listed


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
    seconds = estimate(usual, took, slots)
    words = f"{len(took)} of {len(usual)} done"
    return words if seconds is None else f"{words}, {say_about(seconds)} left"


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
    with suppress(OSError):  # told by its run
        recover(folder.parent)
    manifest = find_current(name, ground, ledger.file_hash, root)
    if manifest is None:
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


@dataclass(frozen=True)
class _Terms:
    """What all engagements of a batch have in common."""

    fresh: bool
    root: Path | None
    on_event: Callable[[Event], None]
    limits: Limits | None
    remembered: Mapping[str, Mapping[str, Memory]]
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, name: str, workers: Workers | None) -> EngagementResult:
        """Run an engagement, unless a full disk has stopped the batch."""
        if self.stopped.is_set():
            words = f"{name}: the batch was stopped before it could run."
            return EngagementResult(name, "failed", 0.0, message=words, cause="cancelled")
        held = self.remembered.get(name)
        result = run_safely(name, self.fresh, self.root, self.on_event, workers, limits=self.limits, remembered=held)
        if result.cause == "disk":
            self.stopped.set()
            if workers is not None:
                workers.drain()
        return result


def _run_all(names: Sequence[str], slots: int, terms: _Terms) -> Iterator[EngagementResult]:
    with open_workers(slots, slots) as workers, ThreadPoolExecutor(slots, thread_name_prefix="engagement") as threads:
        running = [threads.submit(terms.run, name, workers) for name in names]
        try:
            for future in as_completed(running):
                yield future.result()
        except BaseException:
            for future in running:
                future.cancel()
            workers.stop()
            raise


def _run_there(
    names: Sequence[str], address: str, batch: str, part: Shard, jobs: int | None, terms: _Terms
) -> Iterator[EngagementResult]:
    from workbench.batch.cluster import open_cluster
    from workbench.batch.runner import Terms

    known = set(list_engagements(root=terms.root))
    for name in names:
        if name not in known:  # what is no engagement is told here as ever; nobody else has to look at it
            yield terms.run(name, None)
    there, root = [name for name in names if name in known], terms.root or find_root()
    with open_cluster(address, there, batch=batch, part=part, root=root, jobs=jobs) as cluster:
        limits = terms.limits or Limits()
        runs = {name: Terms(terms.fresh, limits, terms.remembered.get(name, {})) for name in there}
        for result in cluster.run(runs, terms.on_event):
            if not result.is_done:
                terms.on_event(Event("failed", result.engagement, text=result.message, seconds=result.seconds))
            yield result


def run_safely(
    name: str,
    fresh: bool,
    root: Path | None,
    on_event: Callable[[Event], None],
    workers: Workers | None,
    *,
    limits: Limits | None = None,
    remembered: Mapping[str, Memory] | None = None,
) -> EngagementResult:
    """Run an engagement; whatever stops it is a failed result.

    Where a process died that reads files or draws, for whatever reason, it is tried again: its chapters are kept.

    Parameters
    ----------
    name : str
    fresh : bool
    root : Path, optional
    on_event : callable
    workers : Workers, optional
    limits : Limits, optional
    remembered : mapping of notebook to Memory, optional
        As in `run_engagement`.
    """
    start = time.monotonic()

    def failed(message: str, cause: str) -> EngagementResult:
        return EngagementResult(name, "failed", time.monotonic() - start, message=message, cause=cause)

    left = WORKER_RETRIES
    while True:
        ended = workers.ended if workers is not None else 0
        try:
            result = run_engagement(
                name,
                fresh=fresh,
                root=root,
                on_event=on_event,
                workers=workers,
                limits=limits,
                remembered=remembered,
            )
        except BrokenExecutor:
            result = failed(f"{name}: a process that checked its files or drew its exhibits died.", "worker")
            if left and workers is not None and not workers.is_stopping:
                left -= workers.ended == ended  # one that hung, with what another did, was not its fault
                on_event(Event("retrying", name, text="worker"))
                continue
        except WorkbenchError as error:
            result = failed(str(error), cause_of(error))
        except Exception:  # noqa: BLE001  (a fault of ours in one engagement must not stop the others of the night)
            result = failed(traceback.format_exc(), "internal")
        break
    if not result.is_done:
        on_event(Event("failed", name, text=result.message, seconds=result.seconds))
    return result
