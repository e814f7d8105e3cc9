"""The kernel provisioner: a kernel from a parent that has imported everything, or a cold one on any doubt.

JupyterLab, nbval, nbconvert and papermill find it through the kernelspec ``workbench``; a run hands it over itself.
"""

from __future__ import annotations

import asyncio
import os
import pathlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from workbench.batch.warm.parents import ColdStart, ForkedKernel, Parents, has_ended, shared_parents

KNOWN_OPTIONS = {"cwd", "env", "stdout", "stderr", "extra_arguments", "kernel_id", "limits"}
"""What a start may ask for and still be forked."""

NOBODYS: Any = object()
"""A manager of Jupyter's own knows no parents; one of ours may have been given none."""

KILL_SECONDS = 0.5
"""How long a killed kernel is waited for before Jupyter's own, slower waiting goes on."""


class WarmProvisioner(LocalProvisioner):
    """Forks kernels where that gives what a cold start would give, and starts them cold elsewhere.

    Attributes
    ----------
    why_cold : str
        Why the kernel was started cold; blank if it was forked.
    """

    why_cold = ""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel."""
        parents: Parents | None = getattr(self.parent, "parents", NOBODYS)
        parents = shared_parents() if parents is NOBODYS else parents
        limits = kwargs.pop("limits", {})
        own: list[int] = []
        try:
            process = await _in_a_thread(lambda: self._fork(parents, cmd, kwargs, limits, own))
        except ColdStart as reason:
            self.why_cold = str(reason)
            return await self._launch_cold(cmd, kwargs, limits, parents)
        finally:
            for number in own:
                os.close(number)
        self.why_cold = ""
        self.process = process
        self.pid = self.pgid = process.pid
        self.cwd = kwargs.get("cwd", pathlib.Path.cwd())
        return self.connection_info

    def _fork(
        self,
        parents: Parents | None,
        cmd: list[str],
        options: dict[str, Any],
        limits: dict[str, int],
        own: list[int],
    ) -> ForkedKernel:
        if parents is None:
            raise ColdStart("not asked for")
        unknown = sorted(set(options) - KNOWN_OPTIONS)
        if unknown:
            raise ColdStart(f"started with {unknown[0]}")
        environment = {**(options.get("env") or os.environ), "JPY_PARENT_PID": str(os.getpid())}
        return parents.fork(
            [os.path.expanduser(text) for text in cmd],  # noqa: PTH111  (as a cold start does)
            env=environment,
            cwd=str(options.get("cwd") or pathlib.Path.cwd()),
            limits=limits,
            stdout=_number_of(options.get("stdout"), 1, own),
            stderr=_number_of(options.get("stderr"), 2, own),
        )

    async def _launch_cold(
        self, cmd: list[str], options: dict[str, Any], limits: dict[str, int], parents: Parents | None
    ) -> KernelConnectionInfo:
        info = await super().launch_kernel(cmd, **options)
        set_limits(int(self.pid or 0), limits)
        if parents is not None and self.pid:
            parents.adopt(self.pid)
        return info

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it started, and never to a process that took over its number."""
        if isinstance(self.process, ForkedKernel):
            self.process.send_group(signum)
            if signum == getattr(signal, "SIGKILL", None):
                await until_ended(self.process.pidfd, KILL_SECONDS, self.process)
            return
        await super().send_signal(signum)

    async def wait(self) -> int | None:
        """Wait for the kernel's end without asking again and again."""
        if isinstance(self.process, ForkedKernel):
            await until_ended(self.process.pidfd, None, self.process)
            code = self.process.poll()
            self.process = None
            return code
        return await super().wait()


def set_limits(pid: int, limits: dict[str, int]) -> None:
    """Limit a cold kernel as a forked one limits itself before it starts; Linux only."""
    if not pid or not limits or not sys.platform.startswith("linux"):
        return
    import resource

    for name, value in limits.items():
        kind = getattr(resource, name)
        _, most = resource.prlimit(pid, kind)
        resource.prlimit(pid, kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))


async def until_ended(pidfd: int, seconds: float | None, process: ForkedKernel) -> None:
    """Wait until a process is gone, or for some seconds, without a poll."""
    if process.returncode is not None or has_ended(pidfd):
        return
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    loop.add_reader(pidfd, gone.set)
    try:
        await asyncio.wait_for(gone.wait(), seconds)
    except TimeoutError:
        return
    finally:
        loop.remove_reader(pidfd)


async def _in_a_thread(work: Callable[[], Any]) -> Any:
    """Return what a call gives that may take seconds; a server serves others meanwhile."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def tell(value: Any, error: BaseException | None) -> None:
        if not done.done():
            done.set_result(value) if error is None else done.set_exception(error)

    def run() -> None:
        try:
            value, error = work(), None
        except BaseException as caught:  # noqa: BLE001  (handed to whoever awaits)
            value, error = None, caught
        try:
            loop.call_soon_threadsafe(tell, value, error)
        except RuntimeError:  # nobody awaits any more
            if isinstance(value, ForkedKernel):
                value.kill()

    threading.Thread(target=run, name="warm start", daemon=True).start()
    return await done


def _number_of(given: Any, usual: int, own: list[int]) -> int:
    """Return the number of the file that a kernel writes to."""
    if given is None:
        return usual
    if given == subprocess.DEVNULL:
        own.append(os.open(os.devnull, os.O_WRONLY))
        return own[-1]
    if isinstance(given, int) and given >= 0:
        return given
    if hasattr(given, "fileno"):
        return int(given.fileno())
    raise ColdStart("its output goes into a pipe")
