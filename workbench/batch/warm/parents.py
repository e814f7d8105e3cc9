"""The owner's side: start parents, ask them for kernels, and hold the kernels that came of it."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from workbench.batch.warm.surroundings import STALE, early_variables, shadowed
from workbench.engagement.scratch import TEMPORARY

LAUNCHER = ("-m", "ipykernel_launcher")
"""How a cold kernel is started; anything else is not ours to imitate."""

START_SECONDS = 30.0
"""How long a kernel waits for its parent to import what the kernel would otherwise import itself."""

BOUND_SECONDS = 30.0
"""How long a forked kernel may take until it listens; then it is ended, and started cold, which takes longer still."""

ENDING_SECONDS = 1.0
"""How long to wait for the parent's word on how a kernel ended, once the kernel is seen to be gone."""

MOST_FAILURES = 2
"""Parents that may die or fall behind their code, for one environment, before kernels stay cold."""

MOST_PARENTS = 3
"""Environments that one process keeps parents for; one more starts cold."""

OFF = "WORKBENCH_COLD"
"""Set to anything, this variable of the owner keeps every kernel cold."""


class ColdStart(Exception):
    """Why a kernel must start cold."""


class ForkedKernel:
    """A forked kernel as `subprocess.Popen` would show it, though it is another process's child.

    Parameters
    ----------
    pid, pidfd : int
        The kernel's number, and the file that stands for it, which no later process can take over.
    channel : socket
        Where its parent tells how it ended; closing it ends the kernel.
    left : bytes
        What was read from the channel already.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, pidfd: int, channel: socket.socket, left: bytes = b"") -> None:
        self.pid, self.pidfd = pid, pidfd
        self.returncode: int | None = None
        self.cpu_seconds: float | None = None
        self.peak_mb: int | None = None
        self._channel, self._left = channel, left
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """Return how it ended, or None while it runs; negative is a signal, as for `subprocess`."""
        with self._lock:
            if self.returncode is None and has_ended(self.pidfd):
                self._learn_the_end()
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises
        ------
        subprocess.TimeoutExpired
            It still runs.
        """
        if self.returncode is None:
            held = select.poll()
            held.register(self.pidfd, select.POLLIN)
            if not held.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("a forked kernel", timeout or 0.0)
        code = self.poll()
        return -signal.SIGKILL if code is None else code

    def send_signal(self, number: int) -> None:
        """Send a signal to it alone, and to nobody if it is gone."""
        with self._lock:
            if self.returncode is None:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self.pidfd, number)

    def send_group(self, number: int) -> None:
        """Send a signal to it and to what it started."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it; its parent ends what it started."""
        self.send_signal(signal.SIGKILL)

    def _learn_the_end(self) -> None:
        code = -int(signal.SIGKILL)  # if its parent died as well, nobody knows
        for words in _lines(self._channel, self._left, time.monotonic() + ENDING_SECONDS):
            if "ended" in words:
                code = int(words["ended"])
                self.cpu_seconds, self.peak_mb = words.get("cpu_seconds"), words.get("peak_mb")
                break
        self.returncode = code
        self._channel.close()
        os.close(self.pidfd)

    def __del__(self) -> None:
        with suppress(OSError, AttributeError):
            if self.returncode is None:
                self._channel.close()
                os.close(self.pidfd)


def has_ended(pidfd: int) -> bool:
    """Return whether the process of a pidfd is gone."""
    held = select.poll()
    held.register(pidfd, select.POLLIN)
    return bool(held.poll(0))


class Parent:
    """One forking parent, for one interpreter, state of the code and environment.

    Parameters
    ----------
    python : str
        The interpreter.
    environment : mapping
        A kernel's; what counts at import is taken from it, and nothing else.
    """

    def __init__(self, python: str, environment: Mapping[str, str]) -> None:
        own = {name: os.environ[name] for name in TEMPORARY if name in os.environ}  # where it tidies up in the end
        self.given = {**early_variables(environment), **own}
        self._lock = threading.Lock()
        self._ready: dict[str, Any] = {}
        self._control, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [python, "-m", "workbench.batch.warm.zygote", str(given.fileno()), str(os.getpid())],
                env=self.given,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(given.fileno(),),
                start_new_session=True,  # a terminal's Ctrl-C is the owner's to deal with
            )
        finally:
            given.close()

    @property
    def pid(self) -> int:
        """Return the number of the parent's process."""
        return self._process.pid

    def is_gone(self) -> bool:
        """Return whether it has ended."""
        return self._process.poll() is not None

    def wait_ready(self, seconds: float = START_SECONDS) -> dict[str, Any]:
        """Wait until it has imported, and return what it says of itself.

        Raises
        ------
        ColdStart
            It doubts that a forked kernel would be like a cold one, it died, or it takes too long.
        """
        with self._lock:
            if not self._ready:
                words = next(iter(_lines(self._control, b"", time.monotonic() + seconds)), None)
                if words is None:
                    raise ColdStart("the parent died while it imported" if self.is_gone() else "the parent is too slow")
                self._ready = words
        if self.doubt:
            raise ColdStart(self.doubt)
        return self._ready

    @property
    def doubt(self) -> str:
        """Return why it does not serve; blank while that is not known."""
        return str(self._ready.get("doubt", ""))

    def fork(self, asked: Mapping[str, Any], stdout: int, stderr: int) -> ForkedKernel:
        """Return a new kernel that listens already.

        Parameters
        ----------
        asked : mapping
            ``argv``, ``env``, ``cwd``, ``umask`` and ``limits``.
        stdout, stderr : int
            Its files.

        Raises
        ------
        ColdStart
            The parent refuses or is gone, or the child does not listen in time.
        """
        channel, given = socket.socketpair()
        try:
            try:
                with self._lock:
                    socket.send_fds(self._control, [b"fork"], [given.fileno(), stdout, stderr])
            finally:
                given.close()
        except OSError:
            channel.close()
            raise ColdStart("the parent is gone") from None
        channel.settimeout(BOUND_SECONDS)
        with suppress(OSError):  # it may have refused and hung up already: why, is waiting to be read
            channel.sendall(json.dumps(asked).encode() + b"\n")
        return _await_bound(channel)

    def retire(self) -> None:
        """Let it end when its last kernel has ended."""
        with suppress(OSError), self._lock:
            self._control.sendall(b"leave")

    def adopt(self, pid: int) -> None:
        """Let it end a kernel that was started cold, and what that started, if this process can no longer."""
        with suppress(OSError):
            pidfd = os.pidfd_open(pid)
            try:
                socket.send_fds(self._control, [b"adopt"], [pidfd])
            finally:
                os.close(pidfd)

    def close(self) -> None:
        """End it, and with it every kernel that still runs."""
        with suppress(OSError):
            self._control.sendall(b"close")  # an end without a word is this process's own
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)


def _await_bound(channel: socket.socket) -> ForkedKernel:
    files: list[int] = []
    reader = _Lines(channel, files)
    pid, is_bound = 0, False
    end = time.monotonic() + BOUND_SECONDS
    reason = "a forked kernel ended before it listened"
    while not (pid and is_bound):
        words = reader.next(end)
        if words is None:
            reason = reason if time.monotonic() < end else "a forked kernel did not listen in time"
            break
        if "refused" in words:
            reason = str(words["refused"])
            break
        pid = int(words.get("pid", pid))
        is_bound = is_bound or "bound" in words
        if "ended" in words:
            break
    if pid and is_bound and files:
        channel.settimeout(None)
        return ForkedKernel(pid, files[0], channel, bytes(reader.held))
    for number in files:
        with suppress(OSError):
            signal.pidfd_send_signal(number, signal.SIGKILL)
        os.close(number)
    channel.close()
    raise ColdStart(reason)


class _Lines:
    """Reads lines of JSON, and the files that come with them, until a moment."""

    def __init__(self, channel: socket.socket, files: list[int] | None = None, held: bytes = b"") -> None:
        self.channel, self.files, self.held = channel, files, bytearray(held)

    def next(self, end: float) -> dict[str, Any] | None:
        """Return the next line; None if the other side ended or the moment has come."""
        while b"\n" not in self.held:
            left = end - time.monotonic()
            if left <= 0:
                return None
            self.channel.settimeout(left)
            try:
                piece, files, _, _ = socket.recv_fds(self.channel, 2**20, 4)
            except OSError:
                return None
            if self.files is not None:
                self.files += files
            if not piece:
                return None
            self.held += piece
        line, _, rest = bytes(self.held).partition(b"\n")
        self.held[:] = rest
        words: dict[str, Any] = json.loads(line)
        return words


def _lines(channel: socket.socket, held: bytes, end: float) -> Any:
    reader = _Lines(channel, held=held)
    while (words := reader.next(end)) is not None:
        yield words


class Parents:
    """The parents of one process, one for each interpreter and environment; thread-safe."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, frozenset[tuple[str, str]]], Parent] = {}
        self._failures: dict[tuple[str, frozenset[tuple[str, str]]], int] = {}
        self._retired: list[Parent] = []
        self._lock = threading.Lock()
        self._owner = os.getpid()
        self._is_closed = False

    def pids(self) -> tuple[int, ...]:
        """Return the numbers of the parents that serve."""
        with self._lock:
            return tuple(one.pid for one in self._held.values() if not one.is_gone())

    def begin(self, environment: Mapping[str, str], python: str = sys.executable) -> None:
        """Start a parent for kernels of this environment, so that it imports while something else is done."""
        if not why_never():
            with suppress(ColdStart, OSError):
                self._parent(python, environment)

    def fork(self, argv: list[str], **asked: Any) -> ForkedKernel:
        """Return a kernel that was forked.

        Parameters
        ----------
        argv : list of str
            The command that would start it cold.
        **asked
            ``env``, ``cwd``, ``limits``, ``stdout`` and ``stderr``.

        Raises
        ------
        ColdStart
            There is any doubt.
        """
        never = why_never()
        if never:
            raise ColdStart(never)
        if tuple(argv[1:3]) != LAUNCHER:
            raise ColdStart("not started as ipykernel starts a kernel")
        environment, folder = dict(asked["env"]), str(asked["cwd"])
        try:
            parent = self._parent(argv[0], environment)
            ready = parent.wait_ready()
        except OSError as error:
            raise ColdStart(f"no parent can be started ({error.strerror})") from None
        different = sorted(name for name in ready["read"] if environment.get(name) != parent.given.get(name))
        if different:
            raise ColdStart(f"the parent imported with another {different[0]}")
        over = shadowed(Path(folder), ready["modules"])
        if over:
            raise ColdStart(f"{over} in the kernel's folder stands before a library")
        request = {
            "argv": argv[3:],
            "env": environment,
            "cwd": folder,
            "umask": _umask(),
            "limits": asked.get("limits") or {},
        }
        try:
            return parent.fork(request, asked["stdout"], asked["stderr"])
        except ColdStart as reason:
            if str(reason).endswith(STALE):
                self._replace(argv[0], environment, parent)
            raise

    def adopt(self, pid: int) -> None:
        """Let a parent end a kernel that was started cold if this process is killed; without one, nobody does.

        Parameters
        ----------
        pid : int
            A process that leads a group of its own.
        """
        with self._lock:
            for parent in self._held.values():
                if not parent.is_gone():
                    parent.adopt(pid)
                    return

    def _parent(self, python: str, environment: Mapping[str, str]) -> Parent:
        key = (python, frozenset(early_variables(environment).items()))
        with self._lock:
            if self._is_closed or self._owner != os.getpid():
                raise ColdStart("this process ends, or is another one's child")
            held = self._held.get(key)
            if held is not None and held.is_gone():
                if held.doubt and not held.doubt.endswith(STALE):
                    raise ColdStart(held.doubt)  # another one would doubt the same
                self._failures[key] = self._failures.get(key, 0) + 1
                del self._held[key]
                held.close()
                held = None
            if self._failures.get(key, 0) > MOST_FAILURES:
                raise ColdStart("its parents died again and again")
            if held is None:
                if len(self._held) >= MOST_PARENTS:
                    raise ColdStart("too many environments in one process")
                held = self._held[key] = Parent(python, environment)
            return held

    def _replace(self, python: str, environment: Mapping[str, str], stale: Parent) -> None:
        """Begin a new parent where the code has changed; the kernels of the old one run on."""
        key = (python, frozenset(early_variables(environment).items()))
        with self._lock:
            if self._held.get(key) is stale and not self._is_closed:
                stale.retire()
                self._retired = [one for one in self._retired if not one.is_gone()] + [stale]
                self._held[key] = Parent(python, environment)

    def close(self) -> None:
        """End every parent and every kernel."""
        with self._lock:
            self._is_closed = True
            held = [*self._held.values(), *self._retired]
            self._held.clear()
            self._retired.clear()
        if self._owner == os.getpid():
            for parent in held:
                parent.close()


def _umask() -> int:
    """Return this process's mask; asking the system for it would change it for a moment, for every thread."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return next((int(line.split()[1], 8) for line in text.splitlines() if line.startswith("Umask:")), 0o022)


_shared: list[Parents] = []


def shared_parents() -> Parents:
    """Return the parents of this process for tools that know no others: JupyterLab, nbval, nbconvert, papermill."""
    if not _shared or _shared[0]._owner != os.getpid():
        _shared[:] = [Parents()]
        atexit.register(_shared[0].close)
    return _shared[0]


def why_never() -> str:
    """Return why this machine or this user has no forked kernels; blank if they may be."""
    if not sys.platform.startswith("linux"):
        return f"forking is not safe on {sys.platform}"
    if not hasattr(os, "pidfd_open") or not Path("/proc/self/task").is_dir():
        return "this system lacks pidfd or procfs"
    return f"{OFF} is set" if os.environ.get(OFF) else ""
