"""Run an engagement's notebooks with papermill, side by side, and publish the report."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from workbench import errors
from workbench.batch.cache import Cache
from workbench.batch.chapters import Chapters
from workbench.batch.drawing import Drawings
from workbench.batch.kernel import kernel_environment, kernel_manager
from workbench.batch.keys import engagement_key, read_ground
from workbench.batch.plan import Job, Plan, make_plan
from workbench.batch.publish import (
    Staging,
    discard,
    keep_failed,
    keep_refused,
    open_staging,
    publish_run,
    stage_notebook,
)
from workbench.batch.results import EngagementResult, Event, JobResult, silent
from workbench.batch.study import Study
from workbench.batch.workers import Workers, count_cores, open_workers
from workbench.engagement.places import clients_folder, reports_folder
from workbench.errors import (
    ClientDataError,
    FolderError,
    LedgerError,
    NotebookError,
    ReportError,
    UsageError,
    WorkbenchError,
    writing_to,
)

IOPUB_SECONDS = 60
"""How long a busy kernel may stay silent; papermill's own 4 s fail under load (nteract/papermill#426)."""


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
    try:
        plan = make_plan(engagement, only=only, overrides=overrides, root=root)
        if workers is None:
            cores = count_cores()
            with open_workers(cores, max(cores, len(plan.stages()[0]))) as own:
                return _run_plan(plan, own, on_event, start, fresh)
        return _run_plan(plan, workers, on_event, start, fresh)
    except ClientDataError as error:
        faults = _all_faults(engagement, root, error)
        return _refused(engagement, root, faults, start)
    except (FolderError, LedgerError) as error:
        seconds = time.monotonic() - start
        return EngagementResult(engagement, "failed", seconds, message=str(error), cause=cause_of(error))


def _refused(engagement: str, root: Path | None, error: WorkbenchError, start: float) -> EngagementResult:
    """Return a run that did not start, its reason kept where somebody looks for it."""
    seconds, cause = time.monotonic() - start, cause_of(error)
    reports, kept = reports_folder(root), ""
    with suppress(FolderError), writing_to(reports, "WORKBENCH_REPORTS"):
        kept = str(keep_refused(engagement, reports, make_run_id(), str(error), cause=cause, seconds=seconds))
    return EngagementResult(engagement, "failed", seconds, folder=kept, message=str(error), cause=cause)


def cause_of(error: WorkbenchError) -> str:
    """Return which of `CAUSES` an error is."""
    kinds: tuple[tuple[type[WorkbenchError], str], ...] = (
        (ClientDataError, "data"),
        (UsageError, "parameters"),
        (FolderError, "disk"),
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
    plan: Plan, workers: Workers, on_event: Callable[[Event], None], start: float, fresh: bool
) -> EngagementResult:
    from workbench.batch.study import prepare_study

    ground = read_ground(plan.root)
    key = engagement_key(plan, ground)  # before anything is read: a file that changes meanwhile makes it another
    reading = workers.processes.submit(prepare_study, plan.engagement, plan.root)
    loading = threading.Thread(target=_load_papermill, daemon=True)  # while another process reads the files
    loading.start()
    study = reading.result()
    plan = replace(plan, variables=study.variables)
    loading.join()
    count = len(study.files)
    words = f"{count} file{'' if count == 1 else 's'}"
    on_event(Event("checked", plan.engagement, text=words, seconds=time.monotonic() - start))
    with writing_to(reports_folder(plan.root), "WORKBENCH_REPORTS"):
        staging = open_staging(plan.engagement, reports_folder(plan.root), make_run_id())
        cache = Cache(staging.home, plan, study, ground, is_fresh=fresh)
        try:
            return _run_staged(plan, study, staging, workers, on_event, start, cache, key)
        except BaseException:
            discard(staging)
            raise


def _run_staged(
    plan: Plan,
    study: Study,
    staging: Staging,
    workers: Workers,
    on_event: Callable[[Event], None],
    start: float,
    cache: Cache,
    key: str,
) -> EngagementResult:
    drawings = Drawings(workers.processes, staging.folder / "drawings")
    chapters = Chapters(staging.chapters, study.data_hash)
    jobs: list[JobResult] = []
    try:
        jobs += _run_stages(plan, staging, chapters, drawings, workers, on_event, cache)
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
        message, cause = "\n\n".join(job.message for job in stopped), stopped[0].cause
    except WorkbenchError as error:
        message, cause = str(error), cause_of(error)
    finally:
        drawings.stop()
    seconds = time.monotonic() - start
    kept = keep_failed(staging, plan, study, jobs, message, seconds, cause)
    return EngagementResult(plan.engagement, "failed", seconds, tuple(jobs), str(kept), message, cause)


def _load_papermill() -> None:
    import papermill  # noqa: F401


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
) -> Iterator[JobResult]:
    """Run stage after stage; after a failure the stages behind it are not started."""
    is_good = True
    for stage in plan.stages():
        if not is_good:
            yield from (JobResult(job.notebook.name, "not run") for job in stage)
            continue
        given = chapters.done()
        calls = [
            partial(run_job, plan, job, staging, chapters, given, drawings, workers, on_event, cache) for job in stage
        ]
        with ThreadPoolExecutor(len(stage), thread_name_prefix=f"{staging.run}-{stage[0].stage}") as threads:
            running = [threads.submit(one) for one in calls]
            try:
                results = [future.result() for future in running]
            except BaseException:
                workers.stop()
                raise
        is_good = all(result.status != "failed" for result in results)
        yield from results


# -- one notebook -----------------------------------------------------------------------------------------------------


@dataclass
class _Watch:
    """The cells of a running notebook as they are reached, so that a dead kernel leaves something to read."""

    tell: Callable[[int], None]
    cells: dict[int, Any] = field(default_factory=dict)

    def __call__(self, cell: Any, cell_index: int) -> None:
        self.cells[cell_index] = cell
        self.tell(cell_index)


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
) -> JobResult:
    """Execute one notebook into the staging folder; the only caller of papermill.

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
        Told of the start, each cell and the end.
    cache : Cache, optional
        Where its chapter may be already, and is kept.
    """
    name, folder, output = job.notebook.name, chapters.prepare(job, given), staging.notebook_of(job.notebook)
    if cache is not None and cache.lay_out(job, given, folder, output):
        drawings.begin(chapters.take(plan, job, given))
        on_event(Event("unchanged", plan.engagement, name))
        return JobResult(name, "unchanged", attempts=0)
    with workers.slots:
        start = time.monotonic()
        on_event(Event("started", plan.engagement, name))
        try:
            _execute(plan, job, staging, folder, workers, on_event)
            drawings.begin(chapters.take(plan, job, given))
            if cache is not None:
                cache.keep(job, given, folder, output)
        except NotebookError as error:
            seconds = time.monotonic() - start
            on_event(Event("failed", plan.engagement, name, error.cause, seconds))
            return JobResult(name, "failed", seconds, _kind_of(error), str(error), error.cell)
        seconds = time.monotonic() - start
        on_event(Event("finished", plan.engagement, name, seconds=seconds))
        return JobResult(name, "done", seconds)


def _execute(
    plan: Plan, job: Job, staging: Staging, output_dir: Path, workers: Workers, on_event: Callable[[Event], None]
) -> None:
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    source, output = stage_notebook(job.notebook, staging), staging.notebook_of(job.notebook)
    count = len(nbformat.read(source, as_version=4).cells) + 1  # papermill adds the cell of injected parameters
    watch = _Watch(
        lambda place: on_event(Event("cell", plan.engagement, job.notebook.name, f"{min(place + 1, count)}/{count}"))
    )
    environment = kernel_environment(
        os.environ,
        plan.variables if job.asks_databases else (),
        WORKBENCH_HOME=plan.root,
        WORKBENCH_CLIENTS=clients_folder(plan.root),
        WORKBENCH_REPORTS=staging.reports,
        WORKBENCH_ONLY=plan.engagement,
    )
    with kernel_manager(
        staging.work, environment, workers.kernels, parents=workers.parents, memory_mb=workers.memory_mb
    ) as manager_class:
        try:
            papermill.execute_notebook(
                _as_written(source),
                _as_written(output),
                parameters=job.bind(plan.engagement, str(output_dir)).to_notebook(),
                kernel_name="python3",
                language="python",
                kernel_manager_class=manager_class,
                shutdown_kernel="immediate",
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                store_widget_state=False,
                record_timing=False,
                iopub_timeout=IOPUB_SECONDS,
                progress_bar=False,
                log_output=False,
                on_cell_start=watch,
            )
        except PapermillExecutionError as error:
            cell = _code_cell_number(watch.cells)
            raise NotebookError(job.notebook.name, plan.engagement, cell, _sentence_of(error)) from None
        except (DeadKernelError, CellTimeoutError, RuntimeError, TimeoutError) as error:
            _keep_cells(source, output, watch.cells)
            known = manager_class.describe_end() or f"{type(error).__name__}: out of memory, or a crash of a library."
            cause = f"Its kernel died. {known}"
            raise NotebookError(job.notebook.name, plan.engagement, _code_cell_number(watch.cells), cause) from error


def _as_written(path: Path) -> str:
    """Return a path that papermill's ``str.format`` leaves as it is."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _code_cell_number(cells: Mapping[int, Any]) -> int:
    """Return the number of the code cell reached last, as the analyst counts: without the injected one."""
    return sum(
        1
        for cell in cells.values()
        if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
    )


def _sentence_of(error: Any) -> str:
    """Return what stopped a cell: an error of ours in its own words, another one with its line."""
    kind = getattr(errors, str(error.ename), None)
    if isinstance(kind, type) and issubclass(kind, WorkbenchError):
        return str(error.evalue)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    line = next((held.group(1).strip() for held in re.finditer(r"^-+> +\d+ (.*)$", plain, flags=re.MULTILINE)), "")
    return f"{error.ename}: {error.evalue}" + (f"\nin the line: {line}" if line else "")


def _keep_cells(source: Path, output: Path, cells: Mapping[int, Any]) -> None:
    """Write the notebook as far as it came, since papermill had no time to."""
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    done = [cells[place] for place in sorted(cells)]
    is_injected = any("injected-parameters" in cell.metadata.get("tags", []) for cell in done)
    notebook.cells = done + notebook.cells[len(done) - is_injected :]
    output.write_text(nbformat.writes(notebook), encoding="utf-8")


def _kind_of(error: NotebookError) -> str:
    if "Its kernel died" in error.cause:
        return "memory" if "memory ran out" in error.cause or "more memory than" in error.cause else "kernel_died"
    if error.cell == 0:
        return "chapter"
    return "data" if re.match(r"\d+ faults? in the client's files", error.cause) else "cell_error"
