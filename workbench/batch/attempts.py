"""One attempt at a notebook, on a kernel of its own: papermill, limits on time and memory, and what it used.

Whatever ends it becomes a cause and a sentence. The only caller of papermill.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench import errors
from workbench.batch.admission import Seat
from workbench.batch.kernel import OwnKernelManager, kernel_environment, kernel_manager
from workbench.batch.limits import Limits, Meter, Overseer, Stop
from workbench.batch.plan import Job, Plan
from workbench.batch.publish import Staging, stage_notebook
from workbench.batch.redaction import Secrets
from workbench.batch.results import Event
from workbench.batch.workers import Workers
from workbench.engagement.places import clients_folder
from workbench.errors import DISK_REFUSALS, NotebookError, WorkbenchError

IOPUB_SECONDS = 60
"""How long a busy kernel may stay silent; papermill's own 4 s fail under load (nteract/papermill#426)."""


@dataclass(frozen=True)
class Attempt:
    """How an attempt went.

    Attributes
    ----------
    cause : str
        One of `workbench.batch.results.CAUSES`; empty where it ended well.
    message : str
        In sentences, with notebook and cell.
    cell : int
        Code cell that stopped, from one; 0 where none did.
    peak_mb, cpu_seconds : float
        What its kernel used; 0 where nobody could look.
    why_cold : str
        Why its kernel was not forked; blank where it was.
    """

    cause: str = ""
    message: str = ""
    cell: int = 0
    peak_mb: float = 0.0
    cpu_seconds: float = 0.0
    why_cold: str = ""


@dataclass(frozen=True)
class Bounds:
    """What an attempt may take.

    Attributes
    ----------
    limits : Limits
    deadlines : mapping of Stop to float
        `time.monotonic` of when the notebook and its engagement are stopped, and with which words.
    memory_mb : int, optional
        Of its kernel; without it, what the machine has.
    """

    limits: Limits = field(default_factory=Limits)
    deadlines: Mapping[Stop, float] = field(default_factory=dict)
    memory_mb: int | None = None


MOST_SHOWN_MB = 64
"""What a notebook may print and show: all of it passes through this process and is kept (ours; a master's is 1 MB)."""

MOST_SIGNS = 2_000
"""Of an error's words; it may hold a client's whole table (ours)."""

MOST_OWN_SIGNS = 200_000
"""Of an error's words that this package found: a sentence for each of some thousand faults (ours)."""


TOO_MUCH_SHOWN = Stop("cell_error", f"It printed and showed more than a notebook may: {MOST_SHOWN_MB} MB.")


class _Stopped(Exception):
    """A limit was passed while the kernel was between two cells."""


@dataclass
class _Watch:
    """The cells of a running notebook as they are reached, so that a dead kernel leaves something to read."""

    tell: Callable[[int], None]
    look: Callable[[], None]
    overseer: Overseer
    cells: dict[int, Any] = field(default_factory=dict)

    def __call__(self, cell: Any, cell_index: int) -> None:
        if self.overseer.stop is not None:
            raise _Stopped
        self.look()  # at what the cell before it left: a kernel's end comes at once, and nobody looks then
        self.cells[cell_index] = cell
        self.overseer.begin_cell()
        self.tell(cell_index)

    @property
    def reached(self) -> int:
        """The number of the code cell reached last, as the analyst counts: without the injected one."""
        return sum(
            1
            for cell in self.cells.values()
            if cell.cell_type == "code" and "injected-parameters" not in cell.metadata.get("tags", [])
        )


def run_attempt(
    plan: Plan,
    job: Job,
    staging: Staging,
    output_dir: Path,
    workers: Workers,
    bounds: Bounds,
    seat: Seat,
    on_event: Callable[[Event], None],
) -> Attempt:
    """Execute a notebook into the staging folder.

    Parameters
    ----------
    plan : Plan
    job : Job
    staging : Staging
        Where the executed notebook goes.
    output_dir : Path
        Where its chapter goes.
    workers : Workers
        Whose kernels it is one of.
    bounds : Bounds
    seat : Seat
        Told how much memory it takes.
    on_event : callable
        Told of each cell.

    Raises
    ------
    OSError
        The executed notebook cannot be written.
    """
    environment = kernel_environment(
        os.environ,
        plan.variables if job.asks_databases else (),
        WORKBENCH_HOME=plan.root,
        WORKBENCH_CLIENTS=clients_folder(plan.root),
        WORKBENCH_REPORTS=staging.reports,
        WORKBENCH_ONLY=plan.engagement,
    )
    staging.work.mkdir(exist_ok=True)  # a notebook before may have removed it
    with kernel_manager(
        staging.work, environment, workers.kernels, parents=workers.parents, memory_mb=bounds.memory_mb
    ) as kernel:
        seat.taken_mb = kernel.taken_mb
        secrets = Secrets.known_by(plan.variables, os.environ)
        try:
            ended = _execute(plan, job, staging, output_dir, kernel, bounds, on_event)
        finally:
            for place in (staging.notebook_of(job.notebook), output_dir):
                secrets.hide_in(place)
        used = kernel.describe_usage()
        cause, words, cell = ended or ("", "", 0)
        message = secrets.hide(str(NotebookError(job.notebook.name, plan.engagement, cell, words))) if cause else ""
        return Attempt(cause, message, cell, used.peak_mb, used.cpu_seconds, kernel.why_cold)


def _execute(
    plan: Plan,
    job: Job,
    staging: Staging,
    output_dir: Path,
    kernel: type[OwnKernelManager],
    bounds: Bounds,
    on_event: Callable[[Event], None],
) -> tuple[str, str, int] | None:
    """Return why the notebook stopped: cause, sentences and cell; None where it ended well."""
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    source, output = stage_notebook(job.notebook, staging), staging.notebook_of(job.notebook)
    count = len(nbformat.read(source, as_version=4).cells) + 1  # papermill adds the cell of injected parameters

    def tell(place: int) -> None:
        on_event(Event("cell", plan.engagement, job.notebook.name, f"{min(place + 1, count)}/{count}"))

    with Overseer(bounds.limits, bounds.deadlines, kernel.interrupt, kernel.end) as overseer:
        kernel.meter = Meter(MOST_SHOWN_MB * 2**20, lambda: overseer.stop_for(TOO_MUCH_SHOWN))
        watch = _Watch(tell, kernel.look, overseer)
        try:
            papermill.execute_notebook(
                _as_written(source),
                _as_written(output),
                parameters=job.bind(plan.engagement, str(output_dir)).to_notebook(),
                kernel_name="python3",
                language="python",
                kernel_manager_class=kernel,
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
            ended = None
        except PapermillExecutionError as error:
            words = _sentence_of(error)
            ended = (_kind_of(words), words)
        except (DeadKernelError, CellTimeoutError, RuntimeError, TimeoutError, _Stopped) as error:
            _keep_cells(source, output, watch.cells)
            ended = name_end(error, kernel.describe_end(), has_begun=bool(watch.cells))
        except OSError as error:
            if watch.cells or error.errno in DISK_REFUSALS:
                raise
            _keep_cells(source, output, {})
            ended = name_end(error, "", has_begun=False)
    if overseer.stop is not None:  # whatever the stop looked like from inside
        line = ended[1].partition("\nin the line: ")[2] if ended else ""
        where = f"\nin the line: {line}" if line else ""
        if overseer.was_ended:
            where = " It did not heed the stop: its kernel was ended with all that it had started."
        return overseer.stop.cause, overseer.stop.words + where, watch.reached
    return (*ended, watch.reached) if ended else None


def _as_written(path: Path) -> str:
    """Return a path that papermill's ``str.format`` leaves as it is."""
    return str(path).replace("{", "{{").replace("}", "}}")


def name_end(error: Exception, known: str, *, has_begun: bool) -> tuple[str, str]:
    """Return cause and sentences where a kernel went, never came or fell silent.

    Parameters
    ----------
    error : Exception
        What papermill or its client raised.
    known : str
        How the kernel ended, where that is known.
    has_begun : bool
        Whether a cell was reached.
    """
    if not has_begun:
        return "kernel_start", f"Its kernel did not start. {known or _plain(error)}"
    if "IOPub" in str(error):
        return "kernel_died", f"Its kernel died. It sent nothing for {IOPUB_SECONDS} seconds after its cell had ended."
    known = known or f"{type(error).__name__}: out of memory, or a crash of a library."
    is_memory = "memory ran out" in known or "more memory than" in known
    return "memory" if is_memory else "kernel_died", f"Its kernel died. {known}"


def _plain(error: Exception) -> str:
    words = (error.strerror if isinstance(error, OSError) else "") or str(error).strip()
    return f"{type(error).__name__}: {words}." if words else f"{type(error).__name__}."


def _sentence_of(error: Any) -> str:
    """Return what stopped a cell: an error of ours in its own words, another one with its line."""
    kind = getattr(errors, str(error.ename), None)
    if isinstance(kind, type) and issubclass(kind, WorkbenchError):
        return shortened(str(error.evalue), MOST_OWN_SIGNS)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.traceback))
    line = next((held.group(1).strip() for held in re.finditer(r"^-+> +\d+ (.*)$", plain, flags=re.MULTILINE)), "")
    words = shortened(str(error.evalue), MOST_SIGNS)
    return f"{error.ename}: {words}" + (f"\nin the line: {shortened(line, MOST_SIGNS)}" if line else "")


def shortened(text: str, most: int) -> str:
    """Return a text, or its beginning and how long it is.

    Examples
    --------
    >>> shortened("a" * 2000, 3)
    'aaa … (2,000 signs in all)'
    """
    return text if len(text) <= most else f"{text[:most]} … ({len(text):,} signs in all)"


def _kind_of(words: str) -> str:
    """Return the cause of an error in a cell."""
    if re.match(r"\d+ faults? in the client's files", words):
        return "data"
    if re.match(r"\w*MemoryError:", words):  # it asked for more than its addresses, see `endings.address_limits`
        return "memory"
    number = re.match(r"OSError: \[Errno (\d+)\]", words)
    return "disk" if number and int(number[1]) in DISK_REFUSALS else "cell_error"


def _keep_cells(source: Path, output: Path, cells: Mapping[int, Any]) -> None:
    """Write the notebook as far as it came, since papermill had no time to."""
    import nbformat

    notebook = nbformat.read(source, as_version=4)
    done = [cells[place] for place in sorted(cells)]
    is_injected = any("injected-parameters" in cell.metadata.get("tags", []) for cell in done)
    notebook.cells = done + notebook.cells[len(done) - is_injected :]
    output.write_text(nbformat.writes(notebook), encoding="utf-8")
