"""Limits are said in words that people use, and what passes one is stopped softly, then ended."""

from __future__ import annotations

import math
import threading
import time

import pytest

from workbench.batch.limits import Limits, Overseer, Stop, parse_duration, say_duration
from workbench.errors import UsageError

PATIENCE = 60.0
DEADLINE = Stop("deadline", "It took too long.")


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("15m", 900.0), ("1.5h", 5400.0), (" 2 h ", 7200.0)], ids=str
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """As people write them."""
    assert parse_duration(text, "--deadline") == seconds


@pytest.mark.parametrize("text", ["90", "", "0s", "-5m", "1d", "1h30m", "٣m", "nan s", "1e9s", "9999999s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """With the option and what to write."""
    with pytest.raises(UsageError, match=r"--cell-limit '.*' is no duration: write 90s, 15m or 2h\."):
        parse_duration(text, "--cell-limit")


def test_what_is_not_said_is_as_usual() -> None:
    """Each limit by itself."""
    assert Limits.parse() == Limits()
    assert Limits.parse(notebook="5m") == Limits(notebook=300.0)
    assert say_duration(Limits().cell) == "15 minutes"


class Kernel:
    """Notes what is done to it."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.changed = threading.Condition()

    def note(self, what: str) -> None:
        """Keep it."""
        with self.changed:
            self.told.append(what)
            self.changed.notify_all()

    def wait_for(self, *told: str) -> None:
        """Wait until it was told these."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.told[: len(told)] == list(told), PATIENCE), self.told


def overseer(kernel: Kernel, limits: Limits, deadline: float = math.inf) -> Overseer:
    """Return one that watches this kernel."""
    return Overseer(limits, {DEADLINE: deadline}, lambda: kernel.note("interrupt"), lambda: kernel.note("end"))


def test_a_cell_that_runs_too_long_is_interrupted_and_then_ended_until_it_is_gone() -> None:
    """The cause and the sentence are there before anything is done."""
    kernel = Kernel()
    with overseer(kernel, Limits(cell=0.01, grace=0.01)) as held:
        assert held.stop is None
        held.begin_cell()
        kernel.wait_for("interrupt", "end", "end")
        assert held.stop is not None
        assert (held.stop.cause, "0.01 seconds" in held.stop.words) == ("cell_timeout", True)


def test_a_soft_stop_that_helps_is_the_last() -> None:
    """The notebook ends within the time of grace; its kernel is not killed."""
    kernel = Kernel()
    with overseer(kernel, Limits(grace=PATIENCE), time.monotonic()) as held:
        kernel.wait_for("interrupt")
    assert kernel.told == ["interrupt"]
    assert held.stop == DEADLINE


def test_a_notebook_in_time_is_left_alone() -> None:
    """Each cell has its time anew; nothing waits for the limits to pass."""
    kernel = Kernel()
    with overseer(kernel, Limits(), time.monotonic() + 1e9) as held:
        for _ in range(100):
            held.begin_cell()
    assert (kernel.told, held.stop) == ([], None)
