"""The parent that kernels are forked from: it imports once, stays single-threaded, and never sees a client's file.

It is a child of the process that runs notebooks and speaks with it over one socket without a name, so nobody else can
ask it for anything; when that process is gone, however it went, the socket ends, and so do the kernels and their
parent. Run as ``python -m workbench.batch.warm.zygote NUMBER OWNER``, the numbers of the open socket and
of the process that started it.

Over the socket comes, for each kernel, a packet with three files: a channel of its own, and its stdout and stderr. What
the kernel shall be waits in the channel and is read by the child alone: an environment may hold a client's secrets, and
what the parent has read once, every later kernel inherits. Back go lines: the kernel's number with its pidfd, "bound"
from the kernel itself, and in the end how it ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.batch.warm import surroundings
from workbench.batch.warm.strays import LOOK_SECONDS, clear_strays, end_strays, take_in_strays
from workbench.engagement.scratch import sweep_scratch

KERNELS = (
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.debugger", "IPython.core.completer", "psutil"),
    *("IPython.core.magics", "IPython.core.completerlib", "IPython.core.oinspect", "IPython.core.debugger", "pdb"),
    *("IPython.extensions.storemagic", "tornado.platform.asyncio"),
)
"""What every kernel imports before its first cell."""

LIBRARIES = (
    *("numpy", "pandas", "scipy.optimize", "scipy.special", "pyarrow.parquet", "duckdb", "ipywidgets"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg"),
    *("pydantic", "yaml", "python_calamine", "xlsxwriter", "jinja2"),
)
"""What our notebooks compute and draw with, where it is installed."""

LATE = ("matplotlib_inline.backend_inline", "matplotlib.pyplot")
"""What hooks itself into a kernel when it is imported; imported here, figures would go missing without a word."""

OURS = ("readiness", "outcomes", "allocation", "engagement", "report", "panels")
"""Our own rooms that notebooks use. A change in any is a reason to start cold, and to begin another parent."""

UNUSED = (".exports", ".forms", ".trackers", ".databases", ".scaffold", ".engine_")
"""Parts of their names that no notebook of a run imports; one that does, does so itself."""

INLINE = "module://matplotlib_inline.backend_inline"
"""What ipykernel names as matplotlib's backend before a notebook imports it."""

FORK, ADOPT, LEAVE, CLOSE = "fork", "adopt", "leave", "close"
"""What may be asked: a kernel; to look after one that was started cold; to end with the last kernel, or now."""

OWNER_SECONDS = 30.0
"""How long an owner may take to end once its socket has ended: the system closes its files one by one."""

ONE_ENGAGEMENT = 4
"""Kernels of an engagement's run; more are those of several."""

REQUEST_SECONDS = 5.0
"""How long a request may take to arrive once it was announced."""


@dataclass
class Held:
    """What the parent has imported, and why it might not serve.

    Attributes
    ----------
    doubt : str
        Why no kernel may be forked; blank if it may.
    read : tuple of str
        Variables that were read when importing.
    changed : mapping of str to str
        Variables that libraries set when they were imported; a cold kernel has them too.
    files : mapping
        The files that were imported, with their size, time and number.
    path : tuple of str
        Where modules are searched.
    holders : sequence of (log handler or function, str)
        What shall write to the kernel's streams.
    """

    doubt: str = ""
    read: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    holders: Sequence[surroundings.Holder] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what the owner must know to decide who may be forked."""
        return {"doubt": self.doubt, "read": list(self.read), "modules": surroundings.loaded_libraries()}


@dataclass(frozen=True)
class Request:
    """What a forked kernel shall be; the channel is its lifeline."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str
    umask: int
    limits: Mapping[str, int]
    channel: int
    stdout: int
    stderr: int

    @classmethod
    def read(cls, channel: int, stdout: int, stderr: int) -> Request:
        """Read a request from its channel; in the child, never in the parent.

        Raises
        ------
        OSError, ValueError, KeyError
            It is damaged or late: the child ends, and the kernel starts cold.
        """
        door = socket.socket(fileno=channel)
        door.settimeout(REQUEST_SECONDS)
        text = bytearray()
        while not text.endswith(b"\n"):
            piece = door.recv(65536)
            if not piece:
                raise OSError("the channel ended")
            text += piece
        door.settimeout(None)
        door.detach()
        asked = json.loads(text)
        return cls(
            tuple(asked["argv"]),
            asked["env"],
            asked["cwd"],
            asked["umask"],
            asked["limits"],
            channel,
            stdout,
            stderr,
        )


@dataclass(frozen=True)
class _Order:
    """What the owner asks of the parent, and the files of a kernel."""

    words: str
    files: tuple[int, ...]


@dataclass
class _Child:
    """A kernel; one without a channel was started cold and is the owner's child."""

    pid: int
    channel: int = -1


def main(argv: list[str]) -> int:
    """Import, serve, and in every child become a kernel."""
    started, parent = time.time_ns(), os.getpid()
    if sys.path and sys.path[0] == str(Path.cwd()):  # as ipykernel's own launcher does
        del sys.path[0]
    control = int(argv[1])
    os.set_inheritable(control, False)
    owner = os.pidfd_open(int(argv[2])) if os.getppid() == int(argv[2]) else -1  # it may be gone already
    held = preload(started, {0, 1, 2, control, owner})
    _tell(control, held.to_json())
    if held.doubt:
        return 1
    take_in_strays()
    try:
        request = serve(control, held, owner)
    except (OSError, ValueError, KeyError):
        if os.getpid() == parent:
            raise
        os._exit(1)  # a child whose request never came; what it would clear up is the parent's
    if request is None:
        os._exit(0)  # nothing was begun that an orderly end would have to finish
    from workbench.batch.warm.forked import become_kernel, settle

    try:
        settle(request, held)
    except (OSError, ValueError) as error:  # its folder is gone, say: a cold start will tell what is wrong
        _tell(request.channel, {"refused": f"the kernel could not be set up ({error})"})
        os._exit(1)
    return become_kernel(request, held)


def preload(started: int, files: set[int]) -> Held:
    """Import everything and look whether a kernel that is forked now would be like a cold one.

    Parameters
    ----------
    started : int
        When this process began: a file that changed since may be half old, half new.
    files : set of int
        The open files that are known.
    """
    before = dict(os.environ)
    os.environ.setdefault("MPLBACKEND", INLINE)
    gc.disable()  # what imports leave stays; looking for garbage among it takes a tenth of their time
    with surroundings.watching() as watch:
        doubts = _import_all(KERNELS)
        with surroundings.as_in_a_cell(watch):
            doubts += _import_all((*LIBRARIES, *our_modules()))
    importlib.import_module("workbench.batch.warm.forked")
    changed = {name: text for name, text in os.environ.items() if before.get(name) != text and name != "MPLBACKEND"}
    loaded = surroundings.loaded_files()
    doubts += [f"{name} was imported too early" for name in LATE if name in sys.modules]
    others = sorted(watch.asked - set(surroundings.ASKED_BY))
    if others:
        doubts.append(f"{', '.join(others)} asked for the running kernel when imported")
    if watch.kept:
        doubts.append(f"an import kept {watch.kept}")
    if watch.warned:
        doubts.append(f"an import warned: {watch.warned[0]}")
    if surroundings.newest(loaded) >= started:
        doubts.append(f"code {surroundings.STALE}")
    if surroundings.count_threads() != 1:
        doubts.append(f"{surroundings.count_threads()} threads after the imports")
    unknown = surroundings.open_files() - files
    if unknown:
        doubts.append(f"{len(unknown)} open files after the imports")
    gc.collect()
    gc.enable()
    gc.freeze()  # a collection in a child must not touch, and so copy, every page
    read = tuple(sorted(watch.read - set(surroundings.HANDED_OVER)))
    return Held("; ".join(doubts), read, changed, loaded, tuple(sys.path), watch.holders)


def _import_all(names: Iterable[str]) -> list[str]:
    """Import modules and return what stood in the way."""
    doubts = []
    for name in names:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:  # an extra that is not installed; a kernel would not find it either
            if error.name and error.name.partition(".")[0] == "workbench":
                doubts.append(f"{name} cannot be imported")
        except Exception as error:  # noqa: BLE001  (the kernel that imports it will say what is wrong)
            doubts.append(f"{name} cannot be imported: {type(error).__name__}")
    return doubts


def our_modules() -> tuple[str, ...]:
    """Return the names of our modules that a kernel may need."""
    home = Path(importlib.import_module("workbench").__file__ or "").parent
    found = [f"workbench.{room}" for room in OURS]
    for room in OURS:
        for module in pkgutil.walk_packages([str(home / room)], f"workbench.{room}."):
            if not any(part in module.name for part in UNUSED):
                found.append(module.name)
    return tuple(found)


def serve(control: int, held: Held, owner: int) -> Request | None:
    """Fork a kernel for each request, and tell how each ended; return in a child with what it shall be.

    Parameters
    ----------
    control : int
        The socket to the owner.
    held : Held
    owner : int
        A pidfd; -1 if it is gone.

    Returns
    -------
    Request or None
        None when the owner is gone or has closed the socket, and every kernel with it.
    """
    poller = select.poll()
    poller.register(control, select.POLLIN)
    children: dict[int, _Child] = {}
    is_leaving = has_strays = False
    forks = 0
    work, has_work = work_ahead(lambda: forks > ONE_ENGAGEMENT), True
    while children or not is_leaving:
        asking = poller.poll(0 if has_work else LOOK_SECONDS * 1000 if has_strays else None)
        if has_work and not asking:
            has_work = next(work, False)
            continue
        for number, _ in asking:
            if number != control:
                poller.unregister(number)
                _bury(number, children.pop(number))
                continue
            order = _receive(control)
            if order is None or order.words == CLOSE:
                _end_all(children)
                end_strays()
                if order is None:
                    _tidy_for(owner)
                return None
            if order.words == ADOPT and len(order.files) == 1:
                (pidfd,) = order.files
                children[pidfd] = _Child(_pid_of(pidfd))
                poller.register(pidfd, select.POLLIN)
                continue
            if order.words != FORK or len(order.files) != 3:
                is_leaving = is_leaving or order.words == LEAVE
                _close(*order.files)
                continue
            channel, stdout, stderr = order.files
            doubt = _doubt_of_now(held)
            if doubt:
                _tell(channel, {"refused": doubt})
                _close(*order.files)
                continue
            pid = os.fork()
            if pid == 0:
                _keep_only({channel, stdout, stderr})
                return Request.read(channel, stdout, stderr)
            forks, has_work = forks + 1, True
            pidfd = os.pidfd_open(pid)
            children[pidfd] = _Child(pid, channel)
            poller.register(pidfd, select.POLLIN)
            _tell(channel, {"pid": pid}, pidfd)
            _close(stdout, stderr)
        forked = [child.pid for child in children.values() if child.channel >= 0]
        has_strays = clear_strays(forked, may_end=not forked)
    end_strays()
    return None


def work_ahead(are_many: Callable[[], bool]) -> Iterator[bool]:
    """Make, in small steps while nobody asks, what kernels would make alike for every client; no step knows of one.

    Parameters
    ----------
    are_many : function
        Whether kernels of several engagements were asked for. What one alone would hardly win back waits for that.

    Yields
    ------
    bool
        False where there is nothing to do for now.
    """
    from workbench.outcomes.changes import simulate_ahead
    from workbench.readiness.reliability import draw_ahead

    for _ in draw_ahead():
        yield True
    while not are_many():
        yield False
    for _ in simulate_ahead():
        yield True


def _doubt_of_now(held: Held) -> str:
    changed = surroundings.changed_file(held.files)
    if changed:
        return f"{changed} {surroundings.STALE}"
    threads = surroundings.count_threads()
    return "" if threads == 1 else f"{threads} threads before the fork"


def _receive(control: int) -> _Order | None:
    """Return the next order; None if there will be no more."""
    door = socket.socket(fileno=control)
    try:
        words, files, _, _ = socket.recv_fds(door, 4096, 3)
    except OSError:
        return None
    finally:
        door.detach()
    for number in files:
        os.set_inheritable(number, False)
    return _Order(words.decode(), tuple(files)) if words else None


def _tell(channel: int, words: Mapping[str, Any], *files: int) -> None:
    """Send a line, and files with it; who no longer listens is not told."""
    door = socket.socket(fileno=channel)
    try:
        with suppress(OSError):
            socket.send_fds(door, [json.dumps(words).encode() + b"\n"], list(files))
    finally:
        door.detach()


def _bury(pidfd: int, child: _Child) -> None:
    """End what a dead kernel had started, take it off the list of processes, and tell how it ended."""
    if child.channel < 0:  # the owner's to wait for
        _close(pidfd)
        return
    # Still a zombie: its number, which is its group's, can belong to nobody else until it is waited for.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    with suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    _, status, used = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    seconds = used.ru_utime + used.ru_stime
    _tell(child.channel, {"ended": code, "cpu_seconds": round(seconds, 3), "peak_mb": used.ru_maxrss // 1024})
    _close(pidfd, child.channel)


def _end_all(children: Mapping[int, _Child]) -> None:
    """End every kernel with what it started."""
    for pidfd, child in children.items():
        with suppress(OSError):
            if child.channel < 0 and child.pid and not _has_ended(pidfd, 0):
                os.killpg(child.pid, signal.SIGKILL)
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            _has_ended(pidfd, OWNER_SECONDS)
        _bury(pidfd, child)


def _tidy_for(owner: int) -> None:
    """Remove the folders that an owner which is gone can no longer remove, those of kernels long dead as well.

    A kernel may have died of its owner's end before this process has heard of it: what tells whose folder it is, is its
    lock alone, and the system lets go of it some time while the owner ends.
    """
    if owner < 0 or _has_ended(owner, OWNER_SECONDS):
        sweep_scratch()


def _has_ended(pidfd: int, seconds: float) -> bool:
    held = select.poll()
    held.register(pidfd, select.POLLIN)
    return bool(held.poll(seconds * 1000))


def _pid_of(pidfd: int) -> int:
    """Return the number of a process; 0 where that is not told, or where it leads no group of its own."""
    with suppress(OSError, ValueError):
        text = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii")
        number = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pid:"))
        return number if number > 1 and os.getpgid(number) == number else 0
    return 0


def _keep_only(files: set[int]) -> None:
    """Close every file above stderr but these: sockets and pidfds of other kernels, and the owner's own."""
    for number in surroundings.open_files() - files - {0, 1, 2}:
        os.close(number)


def _close(*files: int) -> None:
    for number in files:
        with suppress(OSError):
            os.close(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
