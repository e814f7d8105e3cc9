"""The processes and kernels that runs share, and how they end: with the work, with Ctrl-C, or with their parent."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, InvalidStateError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from workbench.batch.admission import Admission
from workbench.batch.kernel import Kernels, kernel_environment
from workbench.batch.warm.endings import memory_limit
from workbench.batch.warm.parents import Parents
from workbench.batch.warm.variables import keep_freed_memory
from workbench.engagement.scratch import files_folder, in_folder, sweep_scratch

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ENDINGS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that end a run as Ctrl-C does: a scheduler's, and that of a terminal that was closed."""


BURY_SECONDS = 5.0
"""How long the thread of processes that broke may take to tell those who wait (ours)."""

RARELY = (50_000, 20, 20)
"""When a worker looks for garbage: what it imports stays and what it reads is plain, so that as often as Python does by
itself it would spend a tenth of its time on finding none (ours)."""


LAST = -1_000
"""Where a worker's end stands among what `multiprocessing` does before it: behind all of it."""


@dataclass
class Workers:
    """What the runs of one process share: processes for checking and drawing, and a limit on kernels.

    Attributes
    ----------
    processes : Executor
        For work that would hold the interpreter: reading a folder, drawing exhibits.
    slots : Admission
        Says which kernel may start.
    kernels : Kernels
        Those that run.
    end_processes : callable
        Ends the processes at once, whatever they do.
    parents : Parents, optional
        What kernels are forked from; without, each starts cold.
    memory_mb : int, optional
        What one kernel may take; without, what the machine has.
    """

    processes: Executor
    slots: Admission
    kernels: Kernels = field(default_factory=Kernels)
    end_processes: Callable[[], None] = lambda: None
    parents: Parents | None = None
    memory_mb: int | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def is_stopping(self) -> bool:
        """Whether nothing starts any more."""
        return self._stopping.is_set()

    def drain(self) -> None:
        """Let no kernel start any more; those that run go on."""
        self._stopping.set()
        self.slots.close()

    def stop(self) -> None:
        """End every kernel and process; what waits for one of them gets an error and cleans up."""
        self.drain()
        self.kernels.stop()
        self.end_processes()

    def pause(self, seconds: float) -> bool:
        """Wait, and return whether everything is being stopped meanwhile."""
        return self._stopping.wait(seconds)

    def give_up(self, work: Future[Any]) -> None:
        """Wait no longer for what a process does and may never end: it is ended, and others are there in its place.

        What its fellows did is lost with it, see `ended`.
        """
        if not work.cancel() and not work.done() and isinstance(self.processes, RenewedProcesses):
            self.processes.end(work)

    @property
    def ended(self) -> int:
        """How often processes were ended because one of them hung: who loses work to that is not to blame."""
        return self.processes.ended if isinstance(self.processes, RenewedProcesses) else 0


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_workers(jobs: int, kernels: int) -> Iterator[Workers]:
    """Give worker processes and kernel slots, and end what still runs on Ctrl-C, SIGTERM or SIGHUP.

    Parameters
    ----------
    jobs, kernels : int
        Processes, and kernels, at a time.
    """
    import multiprocessing

    sweep_scratch()  # of runs that were killed
    # spawned, not forked: threads run already, and a fork would copy their locks
    context = multiprocessing.get_context("spawn")
    # Nothing is ever written: the workers see its end closed, by us or because we are gone.
    watched, held = context.Pipe(duplex=False)
    parents = Parents()
    parents.begin(kernel_environment(os.environ))  # imports while the files are checked
    try:
        with files_folder() as aside, ending_like_ctrl_c():
            given = (watched, str(aside))
            processes = RenewedProcesses(
                lambda: QuietProcesses(jobs, mp_context=context, initializer=begin_worker, initargs=given)
            )
            workers = Workers(
                processes,
                Admission(kernels),
                end_processes=processes.kill,
                parents=parents,
                memory_mb=memory_limit(kernels),
            )
            try:
                yield workers
            except BaseException:
                workers.stop()
                processes.shutdown(wait=False, cancel_futures=True)
                raise
            processes.shutdown()
    finally:
        held.close()
        watched.close()
        parents.close()


class RenewedProcesses(Executor):
    """Worker processes that are there again after one of them was killed: only what they did then is lost.

    Parameters
    ----------
    make : callable
        Gives the processes.
    """

    def __init__(self, make: Callable[[], QuietProcesses]) -> None:
        self._make = make
        self._held = make()
        self._with: WeakKeyDictionary[Future[Any], QuietProcesses] = WeakKeyDictionary()
        self._lock = threading.Lock()
        self.ended = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call."""
        with self._lock:
            try:
                work = self._held.submit(fn, *args, **kwargs)
            except (BrokenExecutor, OSError):  # it breaks just now, and its pipes are closed where another would start
                before, self._held = self._held, self._make()
                self._forget(before)
                work = self._held.submit(fn, *args, **kwargs)
            self._with[work] = self._held
        return work

    def end(self, work: Future[Any]) -> None:
        """End the processes that a work is with, whatever they do, and have others from now on; counted in `ended`."""
        with self._lock:
            if self._with.get(work) is not self._held:
                return  # they are gone already
            before, self._held = self._held, self._make()
            self.ended += 1
        before.kill()
        before.shutdown(wait=False)

    def _forget(self, broken: QuietProcesses) -> None:
        """Tell all who still wait for processes that broke: their own thread may have stumbled over a newcomer."""
        broken.bury()
        for work in [work for work, held in self._with.items() if held is broken]:
            work.set_exception(BrokenProcessPool("The processes it was given to have ended."))

    def kill(self) -> None:
        """End every process, whatever it does."""
        with self._lock:
            self._held.kill()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes with their work."""
        self._held.shutdown(wait, cancel_futures=cancel_futures)


class QuietProcesses(ProcessPoolExecutor):
    """Worker processes that are born deaf to Ctrl-C, which a terminal sends to all: their parent ends them."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call; a worker that is started for it inherits this thread's blocked signal.

        Raises
        ------
        BrokenProcessPool
            One was killed, before or while the call was handed over: up to Python 3.12 nobody looks at such a call
            again, and whoever waited for it would wait for ever.
        """
        if hasattr(signal, "pthread_sigmask"):
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            try:
                work = super().submit(fn, *args, **kwargs)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        else:  # Windows; there `begin_worker` must do
            work = super().submit(fn, *args, **kwargs)
        if self._broken:
            raise BrokenProcessPool("A process was killed while work was handed over.")
        work.__class__ = _Withdrawable
        return work

    def bury(self) -> None:
        """End what is left after one broke: a process that was started just then has nobody else to end it."""
        left, manager = list((self._processes or {}).values()), getattr(self, "_executor_manager_thread", None)
        self.shutdown(wait=False)
        if manager is not None:
            manager.join(BURY_SECONDS)
        for process in left:
            process.kill()

    def kill(self) -> None:
        """End its processes; the one that cannot be asked to end is the one that hangs (public from Python 3.14 on)."""
        for process in list((self._processes or {}).values()):
            process.kill()


class _Withdrawable(Future[Any]):
    """Work that may have been cancelled when its processes break.

    Up to Python 3.12 the pool's thread stumbles over such work as it tells all that they broke: whoever comes after it
    would wait for ever, and so would the end of this process for a pipe that nobody reads.
    """

    def set_exception(self, exception: BaseException | None) -> None:
        """Tell those who wait; of cancelled work they know already."""
        with suppress(InvalidStateError):
            super().set_exception(exception)


def begin_worker(watched: Connection, aside: str) -> None:
    """Ignore Ctrl-C, and end as soon as the parent closes its end of the pipe or is gone.

    Parameters
    ----------
    watched : Connection
        The end that is read.
    aside : str
        The folder for its temporary files, which its parent removes.
    """
    from multiprocessing.util import Finalize

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*RARELY)
    keep_freed_memory()
    # It ends as soon as nobody asks any more: an interpreter takes its modules apart for a third of a second.
    Finalize(None, os._exit, args=(0,), exitpriority=LAST)
    os.environ.update(in_folder(Path(aside)))
    tempfile.tempdir = None  # whatever was found before
    threading.Thread(target=_end_with, args=(watched,), daemon=True).start()


def _end_with(watched: Connection) -> None:
    try:
        watched.poll(None)
    finally:
        os._exit(1)


@contextmanager
def ending_like_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP, so that they leave as little behind; main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: Any) -> None:
        for ending in ENDINGS:  # a second one must not disturb the tidying
            signal.signal(ending, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {ending: signal.getsignal(ending) for ending in ENDINGS}
    for ending, handler in before.items():
        if handler is signal.SIG_DFL:  # nohup wants the hang-up ignored; another program's own handler is its own
            signal.signal(ending, interrupt)
    try:
        yield
    finally:
        for ending, handler in before.items():
            if handler is not None:
                signal.signal(ending, handler)
