"""The kernel that a notebook of a run gets: this interpreter, sockets of its own, and hardly any environment."""

from __future__ import annotations

import os
import signal
import sys
import threading
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.batch.warm.parents import LAUNCHER
from workbench.batch.warm.variables import SAME_BYTES
from workbench.engagement.scratch import files_folder, in_folder, scratch_folder

if TYPE_CHECKING:
    from workbench.batch.limits import Meter
    from workbench.batch.warm.endings import Usage
    from workbench.batch.warm.parents import Parents

LONGEST_SOCKET = 90
"""A socket's path holds 107 bytes at most; ours leaves room for its number (ours)."""

KEPT_VARIABLES = (
    # where programs and libraries are found
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONPATH",
    "PYTHONHOME",
    # who and where the user is
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "MPLCONFIGDIR",
    "FONTCONFIG_PATH",
    "FONTCONFIG_FILE",
    # what Windows cannot start a program without
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
)
"""What a kernel gets from the shell; everything else, a password above all, stays outside."""

FIXED_VARIABLES = {"WORKBENCH_BATCH": "1", **SAME_BYTES}  # panels print text
"""What every kernel of a run has."""

NO_HISTORY = ("--HistoryManager.enabled=False",)
"""What one notebook ran is no other's to recall; and opening that file takes as long as forking a kernel."""


class Process(Protocol):
    """A kernel's process: `subprocess.Popen`, or one that was forked elsewhere."""

    pid: int

    def poll(self) -> int | None:
        """Return how it ended, or None."""

    def kill(self) -> None:
        """End it, and nobody if it is gone."""


class OwnKernelManager(Protocol):
    """What `kernel_manager` gives besides a Jupyter kernel manager."""

    why_cold: str
    meter: Meter | None

    @staticmethod
    def describe_end() -> str:
        """Return how the kernel ended, if not by our will; blank if that is not known."""

    @staticmethod
    def describe_usage() -> Usage:
        """Return the memory and computing time that the kernel used."""

    @staticmethod
    def taken_mb() -> float:
        """Return the memory that the kernel held when last looked at."""

    @staticmethod
    def look() -> None:
        """Look at the memory and computing time of the kernel now."""

    @staticmethod
    def interrupt() -> None:
        """Ask the kernel, and what it started, to stop what it does."""

    @staticmethod
    def end() -> None:
        """End the kernel and what it started."""


class Kernels:
    """The kernels that run, so that Ctrl-C can end them all and let no other start."""

    def __init__(self) -> None:
        self._held: dict[int, Process] = {}
        self._is_stopped = False
        self._lock = threading.Lock()

    def add(self, process: Process) -> None:
        """Note a kernel's process; end it where all were stopped meanwhile."""
        with self._lock:
            self._held[id(process)] = process
        if self._is_stopped:
            self.stop()

    def forget(self, processes: Sequence[Process]) -> None:
        """Note that processes need not be ended any more."""
        with self._lock:
            for process in processes:
                self._held.pop(id(process), None)

    def stop(self) -> None:
        """End every kernel that runs; one that starts later is ended at once."""
        with self._lock:
            self._is_stopped = True
            for process in self._held.values():
                with suppress(OSError):
                    process.kill()


def kernel_environment(given: Mapping[str, str], also: Collection[str] = (), **own: str | Path) -> dict[str, str]:
    """Return the environment of a kernel.

    Parameters
    ----------
    given : mapping
        The shell's environment, of which little is kept.
    also : collection of str
        Variables that this kernel needs besides: addresses of the client's databases.
    **own : str or Path
        The workbench's own variables.

    Examples
    --------
    >>> held = kernel_environment({"PATH": "/bin", "DATABASE_PASSWORD": "x", "LC_ALL": "C"}, WORKBENCH_HOME="/w")
    >>> held["PATH"], held["LC_ALL"], held["WORKBENCH_HOME"], "DATABASE_PASSWORD" in held
    ('/bin', 'C', '/w', False)
    """
    kept = {
        name: text
        for name, text in given.items()
        if name.upper() in KEPT_VARIABLES or name.startswith("LC_") or name in also
    }
    return {**kept, **FIXED_VARIABLES, **{name: str(value) for name, value in own.items()}}


@contextmanager
def kernel_manager(
    folder: Path,
    environment: Mapping[str, str],
    kernels: Kernels,
    *,
    parents: Parents | None = None,
    memory_mb: int | None = None,
) -> Iterator[type[OwnKernelManager]]:
    """Give a class of kernel managers whose kernels start in a folder, with an environment, over sockets of their own.

    papermill's own ways to say this do not serve: its ``cwd`` moves the whole process and so every thread, its
    choice of kernel can be overruled by a kernelspec in the user's home, and kernels on ports race for them.

    Parameters
    ----------
    folder : Path
        The kernel's working folder.
    environment : mapping
        From `kernel_environment`.
    kernels : Kernels
        Told of the process.
    parents : Parents, optional
        Fork the kernel where that gives what a cold start gives; without them it starts cold.
    memory_mb : int, optional
        What it may take; without it, what the machine has.
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    from workbench.batch.warm.client import ReadyClient
    from workbench.batch.warm.endings import (
        MemoryWatch,
        Usage,
        address_limits,
        describe_end,
        killed_for_memory,
        usage_of,
    )
    from workbench.batch.warm.provisioner import WarmProvisioner

    class OwnInterpreter(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, *LAUNCHER, "-f", "{connection_file}", *NO_HISTORY]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    with scratch_folder() as scratch, files_folder(scratch) as aside:
        connection_file = str(scratch / "k.json")
        over_files = os.name != "nt" and len(connection_file) <= LONGEST_SOCKET
        own: list[Process] = []
        watches: list[MemoryWatch] = []
        started = {**environment, **in_folder(aside), "IPYTHONDIR": str(scratch / "ipython")}
        kills = killed_for_memory()

        class WorkbenchKernelManager(AsyncKernelManager):
            why_cold = ""
            meter: Meter | None = None

            def __init__(self, **options: Any) -> None:
                super().__init__(**{**options, "kernel_spec_manager": OwnInterpreter()})
                self.client_factory = ReadyClient
                self.connection_file = connection_file
                self.parents = parents
                if over_files:
                    self.transport = "ipc"

            async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # the parent's too
                self.kernel_id = self.kernel_id or uuid.uuid4().hex
                starter = WarmProvisioner(parent=self, kernel_id=self.kernel_id, kernel_spec=self.kernel_spec)
                self.provisioner = starter
                where = {"cwd": str(folder), "env": dict(started)}
                await super().start_kernel(**{**options, **where, "limits": address_limits(memory_mb)})
                WorkbenchKernelManager.why_cold = starter.why_cold
                process: Any = starter.process
                if process is None:
                    return
                own.append(process)
                kernels.add(process)
                if memory_mb is not None:
                    watches.append(MemoryWatch(process.pid, memory_mb, process.kill).start())

            @staticmethod
            def describe_end() -> str:
                """Return how the last kernel ended, if not by our will."""
                return describe_end(own[-1], watches[-1] if watches else None, kills) if own else ""

            @staticmethod
            def describe_usage() -> Usage:
                """Return what the last kernel used."""
                return usage_of(own[-1], watches[-1] if watches else None) if own else Usage()

            @staticmethod
            def taken_mb() -> float:
                """Return what the last kernel held when last looked at."""
                return float(watches[-1].taken_mb) if watches else 0.0

            @staticmethod
            def look() -> None:
                """Look at the last kernel now."""
                for watch in watches[-1:]:
                    watch.look()

            @staticmethod
            def interrupt() -> None:
                """Ask the last kernel to stop what it does."""
                for process in own[-1:]:
                    send_group(process, signal.SIGINT)

            @staticmethod
            def end() -> None:
                """End the last kernel and what it started."""
                for process in own[-1:]:
                    if hasattr(signal, "SIGKILL"):
                        send_group(process, signal.SIGKILL)
                    process.kill()

        try:
            yield WorkbenchKernelManager
        finally:
            for watch in watches:
                watch.stop()
            kernels.forget(own)
            _close_loop()


def send_group(process: Any, number: int) -> None:
    """Send a signal to a kernel, forked or cold, and to what it started; to nobody if it is gone."""
    with suppress(OSError, ValueError):  # Windows knows few signals
        if hasattr(process, "send_group"):
            process.send_group(number)
        elif process.poll() is None:  # Jupyter starts it in a session of its own
            os.killpg(process.pid, number) if hasattr(os, "killpg") else process.send_signal(number)


def _close_loop() -> None:
    """Close the event loop that Jupyter's libraries opened for this thread and never close."""
    import asyncio

    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    loop.set_exception_handler(lambda *_: None)  # what a dead kernel left unread is told by its notebook's error
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
