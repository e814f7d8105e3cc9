"""How much memory a kernel may take, and in which words its end is told."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USABLE = 0.85
"""Share of the machine's memory that kernels may take together."""

LEAST_MB = 1024
"""No kernel gets less; ours take 200 to 400 MB with the samples."""

ROOM_MB = 4096
"""What an allocator reserves and does not use; a limit on addresses must leave it."""

LOOK_SECONDS = 0.2
"""How often a kernel's memory is looked at."""


@dataclass
class MemoryWatch:
    """Ends a kernel that takes more memory than it may; what it takes on its own is counted, not what it shares.

    Attributes
    ----------
    pid : int
    most_mb : int
    end : callable
        Ends the kernel.
    peak_mb, taken_mb : int
        The most that it was seen to take, and what it took when last looked at.
    cpu_seconds : float
        Computing time when last looked at, of what it started and has ended as well.
    """

    pid: int
    most_mb: int
    end: Callable[[], None]
    peak_mb: int = 0
    taken_mb: int = 0
    cpu_seconds: float = 0.0
    is_over: bool = False

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory watch", daemon=True)

    def start(self) -> MemoryWatch:
        """Begin to look."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Look no longer."""
        self._stopped.set()
        self._thread.join()

    def look(self) -> bool:
        """Note what the kernel takes now, end it where that is too much, and return whether it goes on."""
        taken = memory_of(self.pid)
        if taken is None or self.is_over:
            return False
        self.taken_mb, self.peak_mb = taken, max(self.peak_mb, taken)
        self.cpu_seconds = cpu_of(self.pid) or self.cpu_seconds
        if taken > self.most_mb:
            self.is_over = True
            self.end()
        return not self.is_over

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS) and self.look():
            pass


def memory_of(pid: int) -> int | None:
    """Return the resident memory of a process that belongs to no file, in MB; None where that cannot be read."""
    try:
        _, resident, files, *_ = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return (int(resident) - int(files)) * os.sysconf("SC_PAGE_SIZE") // 2**20


def cpu_of(pid: int) -> float | None:
    """Return the computing time of a process and of what it had started and waited for; None where not to be read."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return None


@dataclass(frozen=True)
class Usage:
    """What a kernel used; 0 where nobody could look.

    Attributes
    ----------
    peak_mb, cpu_seconds : float
        Most resident memory, and computing time.
    """

    peak_mb: float = 0.0
    cpu_seconds: float = 0.0


def usage_of(process: Any, watch: MemoryWatch | None) -> Usage:
    """Return what a kernel used, to its end where its parent was told, else until it was last looked at."""
    process.poll()  # a forked one learns only now
    peak, seconds = getattr(process, "peak_mb", None), getattr(process, "cpu_seconds", None)
    seen = (watch.peak_mb, watch.cpu_seconds) if watch is not None else (0, 0.0)
    return Usage(float(seen[0] if peak is None else peak), float(seen[1] if seconds is None else seconds))


def memory_limit(kernels: int) -> int | None:
    """Return what each of some kernels may take, in MB; None where the machine does not say what it has.

    Parameters
    ----------
    kernels : int
        At a time.
    """
    held = [size for size in (_machine_mb(), _container_mb()) if size is not None]
    return max(LEAST_MB, int(min(held) * USABLE / max(1, kernels))) if held else None


def address_limits(most_mb: int | None) -> dict[str, int]:
    """Return the limits that a kernel gets itself: one mad allocation is then an error in its cell, and no kill."""
    return {} if most_mb is None else {"RLIMIT_AS": (2 * most_mb + ROOM_MB) * 2**20}


def _machine_mb() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    except (AttributeError, ValueError, OSError):
        return None


def _container_mb() -> int | None:
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            text = Path("/sys/fs/cgroup", name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            return int(text) // 2**20
    return None


def killed_for_memory() -> int | None:
    """Return how often the system itself has ended a process for want of memory; None where it does not say."""
    try:
        text = Path("/proc/vmstat").read_text(encoding="ascii")
    except OSError:
        return None
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("oom_kill ")), None)


def describe_end(process: Any, watch: MemoryWatch | None, kills_before: int | None) -> str:
    """Return how a kernel ended: by whom, as far as it can be known; blank if nothing is known.

    Parameters
    ----------
    process : subprocess.Popen or ForkedKernel
    watch : MemoryWatch, optional
    kills_before : int, optional
        `killed_for_memory` when it started.
    """
    if watch is not None and watch.is_over:
        return f"It took more memory than it may: over {watch.most_mb:,} MB."
    code = process.poll()
    if code is None:
        return ""
    if code >= 0:
        return f"It ended itself with exit code {code}."
    name = _signal_name(-code)
    kills = killed_for_memory()
    if name == "SIGKILL" and kills is not None and kills_before is not None and kills > kills_before:
        return "The system ended it with SIGKILL because memory ran out."
    return f"{name}: {_MEANINGS.get(name, 'a signal ended it')}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


_MEANINGS = {
    "SIGKILL": "somebody or the system ended it",
    "SIGTERM": "somebody asked it to end",
    "SIGSEGV": "a library reached for memory that is not there",
    "SIGBUS": "a library reached for memory that is not there",
    "SIGABRT": "a library gave up",
    "SIGILL": "a library is built for another processor",
    "SIGFPE": "a library divided by zero",
    "SIGXCPU": "it used up its computing time",
}
