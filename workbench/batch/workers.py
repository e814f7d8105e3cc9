"""The processes and kernels that runs share, and how they end: with the work, with Ctrl-C, or with their parent."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.batch.admission import Admission
from workbench.batch.kernel import Kernels, kernel_environment
from workbench.batch.scratch import sweep_scratch
from workbench.batch.warm.endings import memory_limit
from workbench.batch.warm.parents import Parents

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ENDINGS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that end a run as Ctrl-C does: a scheduler's, and that of a terminal that was closed."""


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
    _left: list[Future[Any]] = field(default_factory=list)

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

    def leave(self, work: Future[Any]) -> None:
        """Wait no longer for something that a process does and may never end."""
        work.cancel()
        self._left.append(work)

    @property
    def is_stuck(self) -> bool:
        """Whether a process still does what nobody waits for."""
        return not all(work.done() for work in self._left)


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
    processes = RenewedProcesses(
        lambda: QuietProcesses(jobs, mp_context=context, initializer=begin_worker, initargs=(watched,))
    )
    parents = Parents()
    parents.begin(kernel_environment(os.environ))  # imports while the files are checked
    workers = Workers(
        processes,
        Admission(kernels),
        end_processes=held.close,
        parents=parents,
        memory_mb=memory_limit(kernels),
    )
    try:
        with ending_like_ctrl_c():
            try:
                yield workers
            except BaseException:
                workers.stop()
                processes.shutdown(wait=False, cancel_futures=True)
                raise
            if workers.is_stuck:
                held.close()
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

    def __init__(self, make: Callable[[], Executor]) -> None:
        self._make = make
        self._held = make()
        self._lock = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call."""
        with self._lock:
            try:
                return self._held.submit(fn, *args, **kwargs)
            except BrokenExecutor:
                self._held.shutdown(wait=False)
                self._held = self._make()
                return self._held.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes with their work."""
        self._held.shutdown(wait, cancel_futures=cancel_futures)


class QuietProcesses(ProcessPoolExecutor):
    """Worker processes that are born deaf to Ctrl-C, which a terminal sends to all: their parent ends them."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Submit a call; a worker that is started for it inherits this thread's blocked signal."""
        if not hasattr(signal, "pthread_sigmask"):  # Windows; there `begin_worker` must do
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_worker(watched: Connection) -> None:
    """Ignore Ctrl-C, and end as soon as the parent closes its end of the pipe or is gone.

    Parameters
    ----------
    watched : Connection
        The end that is read.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
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
