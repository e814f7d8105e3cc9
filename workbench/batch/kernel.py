"""The kernel that a notebook of a run gets: this interpreter, sockets of its own, and hardly any environment."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

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

FIXED_VARIABLES = {
    "WORKBENCH_BATCH": "1",  # panels print text
    "PYTHONHASHSEED": "0",  # the same bytes every time
    "OPENBLAS_NUM_THREADS": "1",  # kernels run side by side already
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}
"""What every kernel of a run has."""


class Kernels:
    """The kernels that run, so that Ctrl-C can end them all and let no other start."""

    def __init__(self) -> None:
        self._pids: set[int] = set()
        self._is_stopped = False
        self._lock = threading.Lock()

    def add(self, pid: int) -> None:
        """Note a kernel's process; end it where all were stopped meanwhile."""
        with self._lock:
            self._pids.add(pid)
        if self._is_stopped:
            self.stop()

    def forget(self, pids: set[int]) -> None:
        """Note that processes are gone: their numbers may become a stranger's."""
        with self._lock:
            self._pids -= pids

    def stop(self) -> None:
        """End every kernel that runs; one that starts later is ended at once."""
        with self._lock:
            self._is_stopped = True
            for pid in self._pids:
                with suppress(OSError):
                    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


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
def kernel_manager(folder: Path, environment: Mapping[str, str], kernels: Kernels) -> Iterator[type]:
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
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class OwnInterpreter(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    with tempfile.TemporaryDirectory(prefix="wb-", ignore_cleanup_errors=True) as sockets:
        connection_file = str(Path(sockets) / "k.json")
        over_files = os.name != "nt" and len(connection_file) <= LONGEST_SOCKET
        own: set[int] = set()
        started = {**environment, "IPYTHONDIR": str(Path(sockets) / "ipython")}

        class WorkbenchKernelManager(AsyncKernelManager):
            def __init__(self, **options: Any) -> None:
                super().__init__(**{**options, "kernel_spec_manager": OwnInterpreter()})
                self.connection_file = connection_file
                if over_files:
                    self.transport = "ipc"

            async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # the parent's too
                await super().start_kernel(**{**options, "cwd": str(folder), "env": dict(started)})
                pid = getattr(self.provisioner, "pid", None)
                if pid:
                    own.add(int(pid))
                    kernels.add(int(pid))

        try:
            yield WorkbenchKernelManager
        finally:
            kernels.forget(own)
            _close_loop()


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
