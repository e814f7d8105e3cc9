"""Notebooks start longest first, where there is memory, and never wait for one another for ever."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench.batch import admission
from workbench.batch.admission import MOST_PASSED, Admission, Closed, Need, Seat, first_need, memory_left

PATIENCE = 60.0


class Running:
    """Notebooks that run until they are told to end, each in a thread of its own."""

    def __init__(self, slots: Admission) -> None:
        self.slots = slots
        self.begun: list[str] = []
        self._changed = threading.Condition()
        self._ends: dict[str, threading.Event] = {}
        self._threads = ThreadPoolExecutor(64)
        self.seats: dict[str, Seat] = {}

    def ask(self, name: str, need: Need) -> None:
        """Let a notebook ask for a seat, and return when it waits or runs."""
        self._ends[name] = threading.Event()
        self._threads.submit(self._run, name, need)
        self.until(lambda: name in self.begun or any(seat.need is need for seat in self.slots._waiting))

    def _run(self, name: str, need: Need) -> None:
        with self.slots.seat(need) as seat:
            with self._changed:
                self.begun.append(name)
                self.seats[name] = seat
                self._changed.notify_all()
            self._ends[name].wait(PATIENCE)

    def end(self, name: str) -> None:
        """Let a notebook end, and return when its seat is free."""
        seat = self.seats[name]
        self._ends[name].set()
        self.until(lambda: seat not in self.slots._running)

    def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for something that must come."""
        end = time.monotonic() + PATIENCE
        with self._changed:
            while not self._changed.wait_for(is_so, 0.02):
                assert time.monotonic() < end, "it never came"

    def wait_for(self, *names: str) -> None:
        """Wait until exactly these have begun, in this order."""
        self.until(lambda: len(self.begun) >= len(names))
        assert self.begun == list(names)

    def close(self) -> None:
        """End all."""
        self.slots.close()
        for end in self._ends.values():
            end.set()
        self._threads.shutdown()


@pytest.fixture
def running_with(request: pytest.FixtureRequest) -> Callable[..., Running]:
    """Give slots and what runs in them; closed in the end."""

    def make(most: int, left_mb: Callable[[], float | None] = lambda: None) -> Running:
        held = Running(Admission(most, left_mb))
        request.addfinalizer(held.close)
        return held

    return make


def test_the_longest_starts_first_and_what_nobody_knows_before_it(running_with: Callable[..., Running]) -> None:
    """One slot: first come runs, the others follow by remembered seconds, not by when they asked."""
    held = running_with(1)
    for name, need in (
        ("first", Need(100.0, 1.0)),
        ("short", Need(100.0, 2.0)),
        ("long", Need(100.0, 60.0)),
        ("unknown", first_need(0)),
    ):
        held.ask(name, need)
    for order in (["first"], ["unknown"], ["long"], ["short"]):
        held.until(lambda order=order: held.begun[-1:] == order)
        held.end(order[0])
    assert held.begun == ["first", "unknown", "long", "short"]


def test_a_notebook_waits_for_memory_that_is_promised_to_others(running_with: Callable[..., Running]) -> None:
    """1,000 MB are left, 15 % stay free; what runs was promised 600 and holds only 100 of them yet."""
    left = [1000.0]
    held = running_with(4, lambda: left[0])
    held.ask("one", Need(600.0, 9.0))
    held.seats["one"].taken_mb = lambda: 100.0
    held.ask("large", Need(400.0, 8.0))
    assert held.begun == ["one"]
    held.ask("small", Need(340.0, 1.0))
    held.wait_for("one", "small")
    held.end("one")
    held.wait_for("one", "small", "large")


def test_more_memory_than_there_is_starts_when_nothing_else_runs(running_with: Callable[..., Running]) -> None:
    """Never a deadlock: the machine's own limits end it if it really does not fit."""
    held = running_with(4, lambda: 100.0)
    held.ask("huge", Need(10_000.0, 1.0))
    held.ask("huger", Need(20_000.0, 2.0))
    assert held.begun == ["huge"]
    held.end("huge")
    held.wait_for("huge", "huger")


def test_who_must_be_alone_waits_for_all_and_all_for_it(running_with: Callable[..., Running]) -> None:
    """And nobody overtakes it, so that it comes to run."""
    held = running_with(4)
    held.ask("one", Need(1.0, 1.0))
    held.ask("alone", Need(1.0, 1.0, is_alone=True))
    held.ask("late", Need(1.0, 99.0))
    assert held.begun == ["one"]
    held.end("one")
    held.wait_for("one", "alone")
    held.end("alone")
    held.wait_for("one", "alone", "late")


def test_a_large_one_is_overtaken_only_so_often(running_with: Callable[..., Running]) -> None:
    """Many small ones must not keep it waiting to the end of the night."""
    held = running_with(2, lambda: 1000.0)
    held.ask("stays", Need(100.0, 1.0))
    held.ask("large", Need(800.0, 99.0))
    for number in range(MOST_PASSED):
        held.ask(f"s{number}", Need(10.0, 1.0))
        held.until(lambda number=number: held.begun[-1:] == [f"s{number}"])
        held.end(f"s{number}")
    held.ask("late", Need(10.0, 1.0))
    assert "late" not in held.begun
    held.end("stays")
    held.until(lambda: "large" in held.begun)


def test_whatever_asks_in_whatever_order_all_come_to_run() -> None:
    """Four hundred notebooks of random needs in eight threads: all end, limits kept, memory kept but for one alone."""
    dice = random.Random(20261123)  # noqa: S311  (a test's dice)
    total, most = 1000.0, 3
    lock = threading.Lock()
    inside: list[Need] = []
    taken = 0

    def left() -> float:
        with lock:
            return total - sum(need.reserve_mb for need in inside)

    slots = Admission(most, left)

    def run(need: Need) -> None:
        nonlocal taken
        with slots.seat(need) as seat:
            with lock:
                inside.append(need)
                assert len(inside) <= most
                assert len(inside) == 1 or not any(one.is_alone for one in inside)
                held = sum(one.reserve_mb for one in inside)
                assert len(inside) == 1 or held <= total
            seat.taken_mb = lambda: need.reserve_mb
            with lock:
                taken += 1
                seat.taken_mb = lambda: 0.0
                inside.remove(need)

    needs = [
        Need(dice.uniform(1, 1500), dice.choice([1.0, 5.0, float("inf")]), dice.random() < 0.05) for _ in range(400)
    ]
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(run, need) for need in needs]:
            done.result(PATIENCE)
    assert taken == len(needs)
    assert not slots._running
    assert not slots._waiting


def test_who_waits_does_not_wake_the_others(
    running_with: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that woke each other in turn used up a core for as long as both waited."""
    monkeypatch.setattr(admission, "LOOK_SECONDS", 10 * PATIENCE)
    looked: list[int] = []
    held = running_with(8, lambda: looked.append(1) or 100.0)
    held.ask("runs", Need(90.0))
    for name in ("waits", "waits too", "waits as well"):
        held.ask(name, Need(90.0))
    time.sleep(0.2)  # for those that must not wake; a machine too slow for it lets the fault pass, never the reverse
    assert len(looked) == 1 + 2 + 3, "each looks when it comes, at all that wait"
    held.end("runs")
    held.wait_for("runs", "waits")


def test_once_closed_nothing_starts(running_with: Callable[..., Running]) -> None:
    """Who waits is told, and who asks later too."""
    slots = Admission(1, lambda: None)
    with slots.seat(Need(1.0)), ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(lambda: slots.seat(Need(1.0)).__enter__())
        slots.close()
        with pytest.raises(Closed):
            waiting.result(PATIENCE)
    with pytest.raises(Closed), slots.seat(Need(1.0)):
        pass


def system(
    folder: Path, *, available_kb: int = 8_000_000, own: str = "0::/", files: dict[str, str] | None = None
) -> tuple[Path, Path]:
    """Lay out what a system tells of its memory."""
    proc, groups = folder / "proc", folder / "cgroup"
    (proc / "self").mkdir(parents=True)
    groups.mkdir()
    (proc / "meminfo").write_text(f"MemTotal: 16000000 kB\nMemAvailable: {available_kb} kB\n", encoding="ascii")
    (proc / "self" / "cgroup").write_text(own + "\n", encoding="ascii")
    for name, text in (files or {}).items():
        (groups / name).parent.mkdir(parents=True, exist_ok=True)
        (groups / name).write_text(text, encoding="ascii")
    return proc, groups


V1 = {"memory.limit_in_bytes": 2**31, "memory.usage_in_bytes": 2**30, "memory.stat": f"total_inactive_file {2**28}"}


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        pytest.param("0::/", {}, 8_000_000 / 1024, id="no limit"),
        pytest.param("0::/", {"memory.max": "max"}, 8_000_000 / 1024, id="a group without one"),
        pytest.param(
            "0::/",
            {"memory.max": str(2**30), "memory.current": str(2**29), "memory.stat": f"anon 5\ninactive_file {2**28}"},
            512 + 256,
            id="a container's, pages that are given up counted as free",
        ),
        pytest.param(
            "0::/firm/night",
            {
                "firm/memory.max": str(2**28),
                "firm/memory.current": "0",
                "firm/memory.stat": "",
                "firm/night/memory.max": "max",
            },
            256,
            id="of the group above",
        ),
        pytest.param(
            "4:memory:/docker/x", {f"memory/docker/x/{name}": str(text) for name, text in V1.items()}, 1280, id="v1"
        ),
    ],
)
def test_the_containers_own_limit_counts(tmp_path: Path, own: str, files: dict[str, str], expected: float) -> None:
    """Whichever leaves least."""
    assert memory_left(*system(tmp_path, own=own, files=files)) == pytest.approx(expected)


def test_a_system_that_tells_nothing_limits_nothing(tmp_path: Path) -> None:
    """Slots alone count there."""
    assert memory_left(tmp_path / "none", tmp_path / "none") is None
    assert first_need(20_000_000) == Need(600.0, float("inf"))
    assert admission.memory_left() is None or admission.memory_left() > 0  # type: ignore[operator]
