"""How long a cell, a notebook and an engagement may take, and who ends what takes longer.

A soft stop first, as Ctrl-C would be, so that the cell says where it was; then the kernel with all that it started.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from workbench.errors import UsageError

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
"""Seconds of what a duration may be given in."""


@dataclass(frozen=True)
class Limits:
    """How long a run may take, by the clock.

    Our notebooks take seconds and a large client's minutes: the limits are there for what would never end, and stand
    well above (ours).

    Attributes
    ----------
    cell, notebook, engagement : float
        For one cell; for one notebook with all its attempts; from the engagement's start to its pictures, waiting for
        a slot included. Unit: seconds.
    grace : float
        What a cell has after the soft stop. Unit: seconds.
    """

    cell: float = 900.0
    notebook: float = 3600.0
    engagement: float = 7200.0
    grace: float = 10.0

    @classmethod
    def parse(cls, cell: str = "", notebook: str = "", engagement: str = "") -> Limits:
        """Return the limits that texts name; an empty one is the usual.

        Raises
        ------
        UsageError
            One is no duration.

        Examples
        --------
        >>> Limits.parse(cell="90s", engagement="1.5h")
        Limits(cell=90.0, notebook=3600.0, engagement=5400.0, grace=10.0)
        """
        given = {"cell": ("--cell-limit", cell), "notebook": ("--notebook-limit", notebook)}
        given["engagement"] = ("--deadline", engagement)
        return cls(**{name: parse_duration(text, option) for name, (option, text) in given.items() if text})


def parse_duration(text: str, option: str) -> float:
    """Return the seconds of a duration such as ``90s``, ``15m`` or ``2h``.

    Parameters
    ----------
    text : str
    option : str
        Whose value it is; named in the error.

    Raises
    ------
    UsageError
        It is none, or none that anything could keep.
    """
    found = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)\s*([smh])", text.strip(), flags=re.ASCII)
    if found and float(found[1]) > 0:
        return float(found[1]) * UNITS[found[2]]
    raise UsageError(f"{option} {text[:40]!r} is no duration: write 90s, 15m or 2h.")


def say_duration(seconds: float) -> str:
    """Return a duration in words.

    Examples
    --------
    >>> say_duration(90), say_duration(3600), say_duration(1)
    ('90 seconds', '60 minutes', '1 second')
    """
    number, unit = (seconds / 60, "minute") if seconds >= 120 else (seconds, "second")
    return f"{number:g} {unit}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Stop:
    """Why a notebook was stopped.

    Attributes
    ----------
    cause : str
        ``cell_timeout``, ``deadline`` or ``cell_error``.
    words : str
        One sentence.
    """

    cause: str
    words: str


@dataclass
class Meter:
    """Counts what a kernel prints and shows; says once that it is too much.

    Attributes
    ----------
    most : int
        Unit: bytes.
    tell : callable
        Told when more has come.
    taken : int
        Unit: bytes.
    """

    most: int
    tell: Callable[[], None]
    taken: int = 0

    def takes(self, count: int) -> bool:
        """Count so many bytes more, and return whether they are kept."""
        was_full = self.taken > self.most
        self.taken += count
        if self.taken > self.most and not was_full:
            self.tell()
        return self.taken <= self.most


@dataclass
class Overseer:
    """Ends a notebook's kernel when its cell, the notebook or the engagement has run longer than it may.

    A context manager: what it watches ends with it.

    Attributes
    ----------
    limits : Limits
    deadlines : mapping of Stop to float
        `time.monotonic` of when each of them would be told.
    interrupt, end : callable
        Ask the kernel to stop its cell; end it with all that it started.
    stop : Stop or None
        Told once, when the first limit is passed.
    was_ended : bool
        Whether the soft stop did not help.
    """

    limits: Limits
    deadlines: Mapping[Stop, float]
    interrupt: Callable[[], None]
    end: Callable[[], None]
    stop: Stop | None = None
    was_ended: bool = False
    _cell_ends: float = math.inf
    _is_over: bool = False
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Overseer:
        self._thread = threading.Thread(target=self._watch, name="overseer", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        self._thread.join()

    def begin_cell(self) -> None:
        """Note that a cell begins."""
        with self._changed:
            self._cell_ends = time.monotonic() + self.limits.cell
            self._changed.notify_all()

    def stop_for(self, stop: Stop) -> None:
        """Stop it for another reason, told by whoever found it."""
        with self._changed:
            self.stop = self.stop or stop
            self._changed.notify_all()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_over and self.stop is None:
                self.stop = self._passed(time.monotonic())
                if self.stop is None:
                    self._changed.wait(self._soonest() - time.monotonic())
            if self._is_over:
                return
        self.interrupt()  # not under the lock: the notebook's thread may be about to begin a cell
        with self._changed:
            self._changed.wait_for(lambda: self._is_over, self.limits.grace)
            while not self._is_over:  # again and again: the kernel may only just be starting
                self.was_ended = True
                self.end()
                self._changed.wait_for(lambda: self._is_over, self.limits.grace)

    def _passed(self, now: float) -> Stop | None:
        if now >= self._cell_ends:
            return Stop("cell_timeout", f"It ran longer than a cell may: {say_duration(self.limits.cell)}.")
        return next((stop for stop, moment in self.deadlines.items() if now >= moment), None)

    def _soonest(self) -> float:
        # a wait of more than a few weeks is more than the system counts
        return min(self._cell_ends, *self.deadlines.values(), time.monotonic() + 3600)
