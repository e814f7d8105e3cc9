"""What a forked child does to become the kernel that a cold start would have given."""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import resource
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING

from workbench.batch.warm import surroundings

if TYPE_CHECKING:
    from workbench.batch.warm.zygote import Held, Request


def become_kernel(request: Request, held: Held) -> int:
    """Start a kernel in a process that has settled, and return when it has been shut down.

    Parameters
    ----------
    request : Request
    held : Held
        What the parent had imported.
    """
    _forget_the_dice()
    _end_with_owner(request.channel)

    from ipykernel.kernelapp import IPKernelApp

    IPKernelApp.clear_instance()
    app = IPKernelApp.instance()
    app.parent_handle = os.getppid()  # as a kernel that a program started, it says nothing on its own …
    app.init_poller = lambda: None  # type: ignore[method-assign]  # … but our lifeline ends it, at once and not within a second
    app.initialize(list(request.argv))  # its sockets are bound here
    surroundings.hand_over(held.holders)
    if "ipywidgets" in sys.modules:  # imported before there was a kernel that its sliders could speak to
        sys.modules["ipywidgets"].register_comm_target()
    os.write(request.channel, b'{"bound": true}\n')
    app.start()
    gc.unfreeze()  # so that the interpreter ends as a cold one's does
    return 0


def settle(request: Request, held: Held) -> None:
    """Give the child a session, environment, folder, files and limits of its own; parameters as in `become_kernel`.

    Raises
    ------
    OSError, ValueError
        The system refuses one of them.
    """
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    stdin, other_end = os.pipe()  # as a cold kernel's: at its end
    os.close(other_end)
    for wanted, given in ((0, stdin), (1, request.stdout), (2, request.stderr)):
        os.dup2(given, wanted)
        os.close(given)
    os.environ.clear()
    os.environ.update(request.environment)
    os.environ.update(held.changed)
    time.tzset()
    os.chdir(request.folder)
    os.umask(request.umask)
    for name, value in request.limits.items():
        kind = getattr(resource, name)
        _, most = resource.getrlimit(kind)
        resource.setrlimit(kind, (value if most == resource.RLIM_INFINITY else min(value, most), most))
    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher.origin) if launcher else "ipykernel_launcher", *request.argv]
    sys.path[:] = held.path
    importlib.invalidate_caches()


def _forget_the_dice() -> None:
    """Seed what the parent's libraries seeded when imported; Python's own ``random`` does so itself after a fork."""
    held = sys.modules.get("numpy.random")
    if held is not None:
        held.seed()


def _end_with_owner(channel: int) -> None:
    """End this kernel and what it started as soon as the process that asked for it is gone."""

    def watch() -> None:
        door = socket.socket(fileno=channel)
        try:
            while door.recv(1):
                pass
        finally:
            os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
