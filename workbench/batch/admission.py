"""Which notebook may start: one for which a slot is free and the machine has memory left, the longest first."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

FIRST_MB, TIMES_INPUT = 400.0, 10.0
"""What a notebook is taken to need before it has ever run: our masters take 200 to 400 MB, and a table in memory is
several times its file (ours)."""

KEPT_FREE = 0.15
"""Share of the memory that is left which stays untouched: what is remembered is last night's (ours)."""

LOOK_SECONDS = 1.0
"""How often the memory is looked at while a notebook waits for it: others may let go of some."""

MOST_PASSED = 20
"""A notebook that so many smaller ones have overtaken is overtaken no more (ours)."""


class Closed(Exception):
    """Nothing starts any more: the batch is being stopped."""


@dataclass(frozen=True)
class Need:
    """What a notebook is taken to need.

    Attributes
    ----------
    reserve_mb : float
        Its peak memory, as remembered or guessed. Unit: megabytes.
    seconds : float
        As remembered; infinite where nobody knows, since it may be the longest.
    is_alone : bool
        Whether nothing else may run beside it.
    """

    reserve_mb: float
    seconds: float = math.inf
    is_alone: bool = False


def first_need(input_bytes: int) -> Need:
    """Return what a notebook is taken to need that has never run.

    Parameters
    ----------
    input_bytes : int
        Of the client's files.

    Examples
    --------
    >>> first_need(20_000_000).reserve_mb
    600.0
    """
    return Need(FIRST_MB + TIMES_INPUT * input_bytes / 1e6)


@dataclass(eq=False)
class Seat:
    """A notebook's place in the machine, from when it asks until it has ended.

    Attributes
    ----------
    need : Need
    taken_mb : callable
        What it holds by now; what it was promised and does not hold yet must stay free for it. Unit: megabytes.
    """

    need: Need
    taken_mb: Callable[[], float] = lambda: 0.0
    passed: int = field(default=0, compare=False)


class Admission:
    """The slots for kernels, given by need.

    Nobody who has a seat waits for another one, and where nothing runs the next always starts: no deadlock.

    Parameters
    ----------
    most : int
        Kernels at a time.
    left_mb : callable, optional
        Memory that is left now, or None where that is not known. Unit: megabytes.
    """

    def __init__(self, most: int, left_mb: Callable[[], float | None] | None = None) -> None:
        self.most = most
        self._left_mb = left_mb or memory_left
        self._running: list[Seat] = []
        self._waiting: list[Seat] = []
        self._is_closed = False
        self._changed = threading.Condition()

    @contextmanager
    def seat(self, need: Need) -> Iterator[Seat]:
        """Wait until a notebook may run, and hold its place meanwhile.

        Raises
        ------
        Closed
            Nothing starts any more.
        """
        seat = Seat(need)
        with self._changed:
            self._waiting.append(seat)
            try:
                self._admit()
                while seat not in self._running:
                    if self._is_closed:
                        raise Closed
                    self._changed.wait(LOOK_SECONDS)
                    self._admit()
            except BaseException:
                self._leave(seat)
                raise
        try:
            yield seat
        finally:
            with self._changed:
                self._leave(seat)

    def close(self) -> None:
        """Let nothing start any more; who waits is told."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _leave(self, seat: Seat) -> None:
        for held in (self._waiting, self._running):
            if seat in held:
                held.remove(seat)
        self._admit()

    def _admit(self) -> None:
        """Give seats to those that wait, in their order, as far as they fit; called under the lock."""
        order = sorted(self._waiting, key=lambda seat: (not seat.need.is_alone, -seat.need.seconds))
        left_out: list[Seat] = []
        for seat in order if not self._is_closed else ():
            if self._fits(seat.need):
                self._waiting.remove(seat)
                self._running.append(seat)
                self._changed.notify_all()  # for this alone: whoever wakes looks here, and must not wake the next
                for other in left_out:
                    other.passed += 1
                continue
            if seat.need.is_alone or seat.passed >= MOST_PASSED or len(self._running) >= self.most:
                break
            left_out.append(seat)

    def _fits(self, need: Need) -> bool:
        if not self._running:
            return True
        if need.is_alone or len(self._running) >= self.most or any(seat.need.is_alone for seat in self._running):
            return False
        left = self._left_mb()
        if left is None:
            return True
        promised = sum(max(0.0, seat.need.reserve_mb - seat.taken_mb()) for seat in self._running)
        return need.reserve_mb <= left * (1 - KEPT_FREE) - promised


def memory_left(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> float | None:
    """Return the memory that this machine and the container's own limit have left; None where neither tells.

    Parameters
    ----------
    proc, groups : Path
        Where the system tells of itself and of its control groups, of either version.
    """
    held = [_available(proc / "meminfo"), *(_left_in(folder) for folder in _own_groups(proc, groups))]
    known = [megabytes for megabytes in held if megabytes is not None]
    return min(known) if known else None


def _available(path: Path) -> float | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable:")), None)
    except (OSError, ValueError):
        return None


def _own_groups(proc: Path, groups: Path) -> list[Path]:
    """Return the folders of this process's control group and of all above it: each may have a limit."""
    try:
        lines = (proc / "self" / "cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    found = [groups, groups / "memory"]
    for line in lines:
        _, kinds, path = line.split(":", 2)
        base = groups / "memory" if "memory" in kinds.split(",") else groups
        if not kinds or "memory" in kinds.split(","):
            parts = [part for part in path.split("/") if part not in ("", "..")]
            found += [base.joinpath(*parts[: count + 1]) for count in range(len(parts))]
    return found


def _left_in(group: Path) -> float | None:
    """Return what a control group's limit leaves, pages counted as free that the system gives up at once."""
    names = (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    )
    for most, used, spare in names:
        try:
            limit = (group / most).read_text(encoding="ascii").strip()
            if not limit.isdigit():  # "max": none
                return None
            taken = int((group / used).read_text(encoding="ascii"))
            told = dict(line.split(" ", 1) for line in (group / "memory.stat").read_text(encoding="ascii").splitlines())
        except (OSError, ValueError):
            continue
        return (int(limit) - taken + int(told.get(spare, 0))) / 2**20
    return None
