"""Run an engagement's notebooks with papermill, side by side, and publish the report."""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from workbench.batch.admission import Closed, Need, first_need
from workbench.batch.attempts import Attempt, Bounds, run_attempt
from workbench.batch.cache import Cache
from workbench.batch.chapters import Chapters
from workbench.batch.commenting import foretell
from workbench.batch.drawing import Drawings
from workbench.batch.drawn import Kept
from workbench.batch.failures import describe_fault
from workbench.batch.keys import engagement_key, read_ground
from workbench.batch.limits import Limits, Stop, say_duration
from workbench.batch.plan import Job, Plan, make_plan
from workbench.batch.publish import Staging, discard, keep_failed, keep_refused, open_staging, publish_run
from workbench.batch.results import EngagementResult, Event, JobResult, Memory, silent
from workbench.batch.study import Study
from workbench.batch.warm.endings import memory_limit
from workbench.batch.workers import Workers, count_cores, open_workers
from workbench.engagement.places import reports_folder
from workbench.engagement.publications import read_elsewhere
from workbench.errors import (
    DISK_REFUSALS,
    ClientDataError,
    DeadlineError,
    Fault,
    FolderError,
    GoneError,
    LedgerError,
    NotebookError,
    ReportError,
    UsageError,
    WorkbenchError,
    writing_to,
)

RETRIES = {"kernel_start": 2, "kernel_died": 2, "memory": 1}
"""How often a notebook is tried again, by what stopped it: the machine's faults, never the notebook's or the data's."""

PAUSES = (2.0, 10.0)
"""Seconds before a second and a third attempt: what made a kernel fail may pass (ours)."""

ROOM = 1.25
"""A kernel may take this much more than it took when it last ended well (ours)."""


@dataclass(frozen=True)
class Terms:
    """On what terms an engagement's notebooks run.

    Attributes
    ----------
    limits : Limits
    start : float
        `time.monotonic` when the engagement began.
    remembered : mapping of notebook to Memory
        What each took when it last ended well.
    input_bytes : int
        Of the client's files.
    """

    limits: Limits = field(default_factory=Limits)
    start: float = field(default_factory=time.monotonic)
    remembered: Mapping[str, Memory] = field(default_factory=dict)
    input_bytes: int = 0

    @property
    def deadline(self) -> Stop:
        """What is told when the engagement has run too long."""
        return Stop("deadline", f"The engagement ran longer than it may: {say_duration(self.limits.engagement)}.")

    @property
    def left(self) -> float:
        """Seconds until the engagement's deadline; less than 0 after it."""
        return self.start + self.limits.engagement - time.monotonic()

    def need(self, notebook: str) -> Need:
        """Return what a notebook is taken to need."""
        held = self.remembered.get(notebook)
        first = first_need(self.input_bytes)
        return first if held is None else Need(held.peak_mb or first.reserve_mb, held.seconds)

    def memory_limit(self, notebook: str, usual: int | None, *, is_alone: bool) -> int | None:
        """Return what a notebook's kernel may take, in MB: more where it took more before, twice where it is alone."""
        most = None if usual is None else memory_limit(1)
        if usual is None or most is None:
            return usual
        held = self.remembered.get(notebook)
        wanted = max(usual, ROOM * held.peak_mb if held else 0)
        return max(usual, int(min(most, 2 * wanted if is_alone else wanted)))


# -- one engagement ---------------------------------------------------------------------------------------------------


def run_engagement(
    engagement: str,
    *,
    only: str = "",
    overrides: Sequence[str] | Mapping[str, Any] = (),
    fresh: bool = True,
    root: Path | None = None,
    on_event: Callable[[Event], None] = silent,
    workers: Workers | None = None,
    limits: Limits | None = None,
    remembered: Mapping[str, Memory] | None = None,
) -> EngagementResult:
    """Run an engagement's notebooks and publish its report, all files together or none.

    Parameters
    ----------
    engagement : str
    only : str
        One pillar; it runs with the summary and is published beside ``latest``, as ``only-<pillar>``.
    overrides : sequence of ``KEY=VALUE`` or mapping
        Parameters of the notebooks.
    fresh : bool
        Whether every notebook runs, also one whose chapter was made of the same before.
    root : Path, optional
        The workbench's folder.
    on_event : callable
        Told what happens; may be called from several threads.
    workers : Workers, optional
        Shared with other runs; own ones by default.
    limits : Limits, optional
        How long cells, notebooks and the whole may take.
    remembered : mapping of notebook to Memory, optional
        What each took when it last ended well.

    Returns
    -------
    EngagementResult
        A fault in the client's files, a notebook that stopped or a folder that cannot be written is a failed result,
        not an exception.

    Raises
    ------
    UsageError
        The engagement, the pillar or a parameter is unknown; nothing was started.
    """
    start = time.monotonic()
    terms = Terms(limits or Limits(), start, remembered or {})
    try:
        plan = make_plan(engagement, only=only, overrides=overrides, root=root)
        if workers is None:
            cores = count_cores()
            with open_workers(cores, max(cores, len(plan.stages()[0]))) as own:
                return _run_plan(plan, own, on_event, terms, fresh)
        return _run_plan(plan, workers, on_event, terms, fresh)
    except ClientDataError as error:
        faults = _all_faults(engagement, root, error)
        return _refused(engagement, root, faults, terms)
    except DeadlineError as error:
        return _refused(engagement, root, error, terms)
    except (FolderError, GoneError, LedgerError) as error:
        seconds = time.monotonic() - start
        return EngagementResult(engagement, "failed", seconds, message=str(error), cause=cause_of(error))


def _refused(
    engagement: str, root: Path | None, error: WorkbenchError, terms: Terms, key: str = ""
) -> EngagementResult:
    """Return a run that did not start, its reason kept where somebody looks for it."""
    seconds, cause = time.monotonic() - terms.start, cause_of(error)
    reports, kept = reports_folder(root), ""
    with suppress(FolderError), writing_to(reports, "WORKBENCH_REPORTS"):
        run, limits = make_run_id(), terms.limits
        kept = str(
            keep_refused(engagement, reports, run, str(error), cause=cause, seconds=seconds, key=key, limits=limits)
        )
    result = EngagementResult(engagement, "failed", seconds, folder=kept, message=str(error), cause=cause)
    return _with_faults(result, error.faults if isinstance(error, ClientDataError) else ())


def cause_of(error: WorkbenchError) -> str:
    """Return which of `CAUSES` an error is."""
    if isinstance(error, FolderError):
        why = error.__cause__
        return "disk" if isinstance(why, OSError) and why.errno in DISK_REFUSALS else "folder"
    kinds: tuple[tuple[type[WorkbenchError], str], ...] = (
        (ClientDataError, "data"),
        (UsageError, "parameters"),
        (DeadlineError, "deadline"),
        (GoneError, "folder"),
        (LedgerError, "publications"),
        (ReportError, "report"),
    )
    return next((cause for kind, cause in kinds if isinstance(error, kind)), "internal")


def _all_faults(engagement: str, root: Path | None, first: ClientDataError) -> ClientDataError:
    """Return the faults of the files and of the notebooks together, so that they are mended in one pass."""
    from workbench.batch.study import check_engagement

    try:
        check_engagement(engagement, root)
    except ClientDataError as error:
        return error
    return first


def _run_plan(
    plan: Plan, workers: Workers, on_event: Callable[[Event], None], terms: Terms, fresh: bool
) -> EngagementResult:
    from workbench.batch.study import prepare_study

    ground = read_ground(plan.root)
    key = engagement_key(plan, ground)  # before anything is read: a file that changes meanwhile makes it another
    reading = workers.processes.submit(prepare_study, plan.engagement, plan.root)
    loading = threading.Thread(target=_load_papermill, daemon=True)  # while another process reads the files
    loading.start()
    try:
        study = reading.result(max(0.0, terms.left))
    except TimeoutError:
        if reading.done():  # a client's database may time out too
            raise
        workers.give_up(reading)
        raise DeadlineError(f"{plan.engagement}: {terms.deadline.words} Its files were still being read.") from None
    except FileNotFoundError as error:  # a purge, or somebody who tidies up
        sentence = "files were moved or removed while they were read. If it is still there, run it again."
        raise GoneError(f"{plan.engagement}: {sentence}") from error
    except ClientDataError as error:  # the same files fail the same way: who asks later is told without a run
        return _refused(plan.engagement, plan.root, error, terms, key)
    terms = replace(terms, input_bytes=sum(int(file.bytes) for file in study.files))
    plan = replace(plan, variables=study.variables)
    loading.join()
    count = len(study.files)
    words = f"{count} file{'' if count == 1 else 's'}"
    on_event(Event("checked", plan.engagement, text=words, seconds=time.monotonic() - terms.start))
    for sentence in foretell(plan.engagement, study.comments, root=plan.root):
        on_event(Event("warned", plan.engagement, text=sentence))
    with writing_to(reports_folder(plan.root), "WORKBENCH_REPORTS"):
        staging = open_staging(plan.engagement, reports_folder(plan.root), make_run_id())
        cache = Cache(staging.home, plan, study, ground, is_fresh=fresh)
        try:
            return _run_staged(plan, study, staging, workers, on_event, terms, cache, key)
        except BaseException as error:
            gone = _find_gone(plan, staging) if isinstance(error, OSError) else None
            discard(staging)
            if gone is not None:
                raise gone from error
            raise


def _find_gone(plan: Plan, staging: Staging) -> GoneError | None:
    """Return which folder was taken away from a run that stumbled; None where all are there."""
    taken = "was moved or removed while the run worked with it."
    if not plan.folder.is_dir():
        return GoneError(f"{plan.engagement}: the client's folder {taken} Put it back, and run again.")
    if not (staging.folder / "source").is_dir():  # a notebook that saves its chapter makes the other folders again
        return GoneError(f"{plan.engagement}: its folder {staging.home} or what is in it {taken} Run it again.")
    return None


def _run_staged(
    plan: Plan,
    study: Study,
    staging: Staging,
    workers: Workers,
    on_event: Callable[[Event], None],
    terms: Terms,
    cache: Cache,
    key: str,
) -> EngagementResult:
    start = terms.start
    faults: tuple[Fault, ...] = ()
    drawings = Drawings(
        workers.processes, staging.folder / "drawings", Kept.beside(cache), lambda: terms.left, workers.give_up
    )
    chapters = Chapters(staging.chapters, study.data_hash)
    jobs: list[JobResult] = []
    try:
        jobs += _run_stages(plan, staging, chapters, drawings, workers, on_event, cache, terms)
        stopped = [job for job in jobs if job.status == "failed"]
        if not stopped:
            on_event(Event("rendering", plan.engagement, seconds=time.monotonic() - start))
            published, answers, others = publish_run(staging, plan, study, jobs, chapters, drawings, start, key=key)
            seconds = time.monotonic() - start
            on_event(Event("published", plan.engagement, text=str(published), seconds=seconds))
            return EngagementResult(
                plan.engagement,
                "done",
                seconds,
                tuple(jobs),
                str(published),
                answers=answers,
                recorded=staging.run if chapters.notes() else "",
                held_to=others,
            )
        stopped.sort(key=lambda job: job.cause == "cancelled")  # what stopped the others says more than that it did
        message, cause = "\n\n".join(job.message for job in stopped), stopped[0].cause
    except DeadlineError as error:
        message, cause = f"{plan.engagement}: {terms.deadline.words} {error}", "deadline"
    except WorkbenchError as error:
        message, cause = str(error), cause_of(error)
        faults = error.faults if isinstance(error, ClientDataError) else ()
    finally:
        drawings.stop()
    seconds = time.monotonic() - start
    kept = keep_failed(staging, plan, study, jobs, message, seconds, cause, key, terms.limits)
    result = EngagementResult(plan.engagement, "failed", seconds, tuple(jobs), str(kept), message, cause)
    return _with_faults(result, faults)


def _with_faults(result: EngagementResult, faults: Sequence[Fault]) -> EngagementResult:
    return replace(result, n_faults=len(faults), first_fault=describe_fault(faults[0])) if faults else result


def _load_papermill() -> None:
    # A parser for one kind of address in schemas, built when imported for 1.0 s; a notebook's schema has none.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # how one says: not to be found
    # For notebooks on the disks of a cluster, and with it numpy: 0.4 s. Others may need it later.
    sys.modules.setdefault("pyarrow.fs", None)  # type: ignore[arg-type]
    import papermill  # noqa: F401

    if sys.modules.get("pyarrow.fs") is None:
        sys.modules.pop("pyarrow.fs", None)


def make_run_id() -> str:
    """Return a name for a run that sorts by time and comes only once."""
    return f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def _run_stages(
    plan: Plan,
    staging: Staging,
    chapters: Chapters,
    drawings: Drawings,
    workers: Workers,
    on_event: Callable[[Event], None],
    cache: Cache,
    terms: Terms,
) -> Iterator[JobResult]:
    """Run stage after stage; after a failure the stages behind it are not started."""
    is_good = True
    for stage in plan.stages():
        if not is_good:
            yield from (JobResult(job.notebook.name, "not run", attempts=0) for job in stage)
            continue
        given = chapters.done()
        calls = [
            partial(run_job, plan, job, staging, chapters, given, drawings, workers, on_event, cache, terms)
            for job in stage
        ]
        with ThreadPoolExecutor(len(stage), thread_name_prefix=f"{staging.run}-{stage[0].stage}") as threads:
            running = [threads.submit(one) for one in calls]
            try:
                results = [future.result() for future in running]
            except (KeyboardInterrupt, SystemExit):
                workers.stop()
                raise
        is_good = all(result.status != "failed" for result in results)
        yield from results


# -- one notebook -----------------------------------------------------------------------------------------------------


def run_job(
    plan: Plan,
    job: Job,
    staging: Staging,
    chapters: Chapters,
    given: Mapping[str, bytes],
    drawings: Drawings,
    workers: Workers,
    on_event: Callable[[Event], None] = silent,
    cache: Cache | None = None,
    terms: Terms | None = None,
) -> JobResult:
    """Execute one notebook into the staging folder, again where it was the machine's fault, and keep its chapter.

    Parameters
    ----------
    plan : Plan
    job : Job
    staging : Staging
        Where the executed notebook goes.
    chapters : Chapters
        Keeps its chapter.
    given : mapping of file name to bytes
        The chapters that it may read: those of the stages before.
    drawings : Drawings
        Begun as soon as the chapter is there.
    workers : Workers
        Gives the kernel's slot.
    on_event : callable
        Told of the start, each cell, each new attempt and the end.
    cache : Cache, optional
        Where its chapter may be already, and is kept.
    terms : Terms, optional
        What it may take, and what is remembered of it.
    """
    name, folder, output = job.notebook.name, chapters.prepare(job, given), staging.notebook_of(job.notebook)
    if cache is not None and cache.lay_out(job, given, folder, output):
        drawings.begin(chapters.take(plan, job, given))
        on_event(Event("unchanged", plan.engagement, name))
        return JobResult(name, "unchanged", attempts=0)
    calls = _Calls(plan, job, staging, folder, workers, on_event, terms or Terms())
    try:
        while (ended := calls.again()).cause in RETRIES and calls.may_retry(ended.cause):
            shutil.rmtree(folder)
            chapters.prepare(job, given)
    except Closed:
        words = "The batch was stopped before it could run."
        return JobResult(name, "failed", cause="cancelled", message=f"{plan.engagement}: {words}", attempts=0)
    if not ended.cause:
        try:
            chapter = chapters.take(plan, job, given)
            read_elsewhere(chapters.notes_of(job), workers.processes)
            drawings.begin(chapter)
            if cache is not None:
                cache.keep(job, given, folder, output)
        except NotebookError as error:
            ended = replace(ended, cause="chapter", message=str(error))
    result = calls.result(ended)
    kind, words = ("failed", ended.message.partition("\n")[2]) if ended.cause else ("finished", "")
    on_event(Event(kind, plan.engagement, name, words, result.seconds, result.measures()))
    return result


@dataclass
class _Calls:
    """The attempts at one notebook."""

    plan: Plan
    job: Job
    staging: Staging
    folder: Path
    workers: Workers
    on_event: Callable[[Event], None]
    terms: Terms
    causes: list[str] = field(default_factory=list)
    begun: int = 0
    seconds: float = 0.0
    _first: float = 0.0

    def again(self) -> Attempt:
        """Wait for a place, and try."""
        name, terms, alone = self.job.notebook.name, self.terms, "memory" in self.causes
        need = terms.need(name)
        with self.workers.slots.seat(
            replace(need, reserve_mb=2 * need.reserve_mb, is_alone=True) if alone else need
        ) as seat:
            if terms.left <= 0:  # it waited that long
                words = f"{terms.deadline.words} This notebook had not begun."
                return Attempt("deadline", str(NotebookError(name, self.plan.engagement, 0, words)))
            start = time.monotonic()
            self._first = self._first or start
            self.begun += 1
            self.on_event(Event("started", self.plan.engagement, name))
            limits = terms.limits
            own = Stop("deadline", f"It ran longer than a notebook may: {say_duration(limits.notebook)}.")
            deadlines = {own: self._first + limits.notebook, terms.deadline: terms.start + limits.engagement}
            bounds = Bounds(limits, deadlines, terms.memory_limit(name, self.workers.memory_mb, is_alone=alone))
            ended = run_attempt(
                self.plan, self.job, self.staging, self.folder, self.workers, bounds, seat, self.on_event
            )
            self.seconds = time.monotonic() - start
        return ended

    def may_retry(self, cause: str) -> bool:
        """Return whether a notebook that was stopped is tried again; pauses before it is."""
        group = [held for held in self.causes if (held == "memory") == (cause == "memory")]
        if len(group) >= RETRIES[cause] or self.workers.is_stopping:
            return False
        self.causes.append(cause)
        name = self.job.notebook.name
        self.on_event(Event("retrying", self.plan.engagement, name, cause, self.seconds))
        return cause == "memory" or not self.workers.pause(PAUSES[min(len(group), len(PAUSES) - 1)])

    def result(self, ended: Attempt) -> JobResult:
        """Return how the notebook went, by its last attempt."""
        return JobResult(
            self.job.notebook.name,
            "failed" if ended.cause else "done",
            self.seconds,
            ended.cause,
            ended.message,
            ended.cell,
            self.begun,
            ended.peak_mb,
            ended.cpu_seconds,
            ended.why_cold,
            tuple(self.causes),
        )
