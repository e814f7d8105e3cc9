"""Real kernels that die, hang and swell: each is told with cause and cell; the machine's faults are tried again."""

from __future__ import annotations

import errno
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from workbench.batch import attempts, run
from workbench.batch.attempts import Attempt
from workbench.batch.limits import Limits, Overseer
from workbench.batch.results import CAUSES, Event, Memory
from workbench.batch.run import RETRIES, Terms, run_engagement
from workbench.batch.warm.endings import memory_limit
from workbench.batch.workers import Workers, open_workers

Write = Callable[[str, str], Path]
Printed = Callable[[Path], str]
PATIENCE = 60.0

COUNTED = """
import os, pathlib, signal, time
mark = pathlib.Path(os.environ["WORKBENCH_HOME"], "tries")
tries = int(mark.read_text()) if mark.exists() else 0
mark.write_text(str(tries + 1))
"""


def tries(root: Path) -> int:
    """Return how often the counting notebook was begun."""
    return int((root / "tries").read_text(encoding="utf-8"))


def test_a_kernel_that_dies_twice_is_no_failure(root: Path, workers: Workers, write_master: Write) -> None:
    """The third attempt counts; attempts, causes, memory and computing time are in the result and in the events."""
    write_master("10_readiness", COUNTED + "if tries < 2: os.kill(os.getpid(), signal.SIGKILL)")
    events: list[Event] = []
    got = run_engagement("acme", only="readiness", workers=workers, on_event=events.append)
    assert got.is_done, got.message
    job = got.jobs[0]
    assert (job.attempts, job.retried, tries(root)) == (3, ("kernel_died", "kernel_died"), 3)
    assert [event.text for event in events if event.kind == "retrying"] == ["kernel_died", "kernel_died"]
    (ended,) = (event for event in events if event.kind == "finished" and event.notebook == "10_readiness")
    assert ended.measured == job.measures()
    assert job.why_cold == "not asked for"
    assert got.jobs[1].attempts == 1


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        pytest.param("raise OSError(28, 'No space left on device')", "disk", id="full disk"),
        pytest.param("1 / 0", "cell_error", id="error"),
    ],
)
def test_what_is_no_fault_of_the_machine_is_not_tried_again(
    root: Path, workers: Workers, write_master: Write, code: str, cause: str
) -> None:
    """It would end the same way; a full disk stops the whole batch."""
    write_master("10_readiness", COUNTED + code)
    got = run_engagement("acme", only="readiness", workers=workers)
    assert (got.cause, got.jobs[0].cause, got.jobs[0].cell) == (cause, cause, 3)
    assert tries(root) == got.jobs[0].attempts == 1
    assert "stopped in code cell 3" in got.message


def test_a_kernel_that_does_not_start_is_tried_again_and_told(
    root: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notebook is kept as it would have run."""
    monkeypatch.setattr(sys, "executable", str(root / "no-python"))
    got = run_engagement("acme", only="readiness", workers=workers)
    assert (got.cause, got.jobs[0].attempts, got.jobs[0].cell) == ("kernel_start", 3, 0)
    assert "Its kernel did not start. FileNotFoundError: No such file" in got.message
    assert (Path(got.folder) / "notebooks" / "10_readiness.ipynb").is_file()


@pytest.fixture
def hurried(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Let a limit pass as soon as a notebook has made the file ``now``: nothing hangs on how fast the machine is."""
    ended = threading.Event()
    threads: list[threading.Thread] = []

    def let_pass(kind: str) -> None:
        class Hurried(Overseer):
            def __enter__(self) -> Overseer:
                threads.append(threading.Thread(target=self.hurry))
                threads[-1].start()
                return super().__enter__()

            def hurry(self) -> None:
                while not (root / "now").exists():
                    if ended.wait(0.02):
                        return
                with self._changed:
                    if kind == "cell":
                        self._cell_ends = 0.0
                    self.deadlines = {
                        stop: 0.0 if kind in stop.words else moment for stop, moment in self.deadlines.items()
                    }
                    self._changed.notify_all()

        monkeypatch.setattr(attempts, "Overseer", Hurried)

    yield let_pass
    ended.set()
    for thread in threads:
        thread.join()


def test_a_cell_that_hangs_is_stopped_and_named(
    root: Path, workers: Workers, write_master: Write, printed: Printed, hurried: Callable[[str], None]
) -> None:
    """Softly, so that its line is told and what it printed is kept; it is not tried again."""
    hurried("cell")
    write_master("10_readiness", COUNTED + "print('so far')\nmark.with_name('now').touch(); time.sleep(600)")
    got = run_engagement("acme", only="readiness", workers=workers, limits=Limits(grace=PATIENCE))
    assert (got.cause, got.jobs[0].cell, got.jobs[0].attempts) == ("cell_timeout", 3, 1)
    assert "It ran longer than a cell may: 15 minutes.\nin the line: mark.with_name('now')" in got.message
    assert tries(root) == 1
    kept = Path(got.folder)
    assert "so far" in printed(kept / "notebooks" / "10_readiness.ipynb")
    assert "time.sleep(600)" in (kept / "error.html").read_text(encoding="utf-8")
    assert "--cell-limit" in (kept / "error.html").read_text(encoding="utf-8")


STUBBORN = """
import subprocess, sys
print("alive", flush=True)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
mark.with_name("child").write_text(str(child.pid))
while True:
    try:
        mark.with_name("now").touch()
        time.sleep(600)
    except KeyboardInterrupt:
        pass
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes to signal")
@pytest.mark.parametrize("kind", ["notebook", "engagement"])
def test_what_heeds_no_stop_is_ended_with_all_it_started(
    root: Path, workers: Workers, write_master: Write, printed: Printed, hurried: Callable[[str], None], kind: str
) -> None:
    """At a deadline: the thread is free, the notebook's child is gone, the seat is free."""
    import psutil

    hurried(kind)
    write_master("10_readiness", COUNTED + STUBBORN)
    got = run_engagement("acme", only="readiness", workers=workers, limits=Limits(grace=0.2))
    assert (got.cause, got.jobs[0].cause, got.jobs[0].cell, got.jobs[0].attempts) == ("deadline", "deadline", 3, 1)
    words = {
        "notebook": "It ran longer than a notebook may: 60",
        "engagement": "The engagement ran longer than it may: 120",
    }
    assert f"{words[kind]} minutes. It did not heed the stop" in got.message
    assert "alive" in printed(Path(got.folder) / "notebooks" / "10_readiness.ipynb")
    child = int((root / "child").read_text(encoding="utf-8"))
    end = time.monotonic() + PATIENCE
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end, "a child of a kernel that was ended is still there"
        time.sleep(0.05)
    assert not workers.slots._running


def test_what_waits_past_the_deadline_is_not_begun(
    root: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No kernel is started for it."""
    left = iter([PATIENCE])  # while its files are read
    monkeypatch.setattr(Terms, "left", property(lambda self: next(left, -1.0)))
    got = run_engagement("acme", workers=workers, fresh=True)
    assert [(job.status, job.cause, job.attempts) for job in got.jobs] == [
        *[("failed", "deadline", 0)] * 3,
        ("not run", "", 0),
    ]
    assert "ran longer than it may: 120 minutes. This notebook had not begun." in got.message


def test_files_that_are_read_for_ever_end_at_the_deadline(
    root: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread is free and the reason is kept."""
    release = threading.Event()
    monkeypatch.setattr("workbench.batch.study.prepare_study", lambda *_: release.wait(PATIENCE))
    try:
        got = run_engagement("acme", workers=workers, limits=Limits(engagement=0.2))
    finally:
        release.set()
    assert (got.status, got.cause) == ("failed", "deadline")
    assert "Its files were still being read." in (Path(got.folder) / "error.txt").read_text(encoding="utf-8")


DRAWN = """
from workbench.report.charts import bar_ranked
from workbench.report.exhibit import Exhibit
rows = {"line": ["Home", "Travel"], "level": [3.4, 1.9]}
said = {"unit": "level", "subtitle": "Six lines.", "source": "survey.csv", "highlight": "Travel"}
bars = bar_ranked(rows, label="line", value="level", claim="Travel stands at 1.9, the lower of two lines.", **said)
chapter = chapter.add(Exhibit("bars", bars))
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_drawing_that_hangs_is_ended_at_the_deadline(
    root: Path, workers: Workers, write_master: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its cause on the error page; its process is gone, another one is there, and the last report stays."""
    write_master("10_readiness", DRAWN)
    assert run_engagement("acme", only="readiness", workers=workers).is_done
    shown = (root / "reports" / "acme" / "only-readiness").readlink()
    (slide,) = (root / "reports" / "acme" / ".cache" / "drawings").iterdir()
    slide.unlink()
    os.mkfifo(slide)  # who reads it waits for somebody who writes
    events: list[Event] = []
    held: list[int] = []

    def left(terms: Terms) -> float:
        if not any(event.kind == "rendering" for event in events):
            return PATIENCE
        end = time.monotonic() + PATIENCE
        while not held and time.monotonic() < end:
            try:
                held.append(os.open(slide, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:  # nobody reads it yet
                time.sleep(0.02)
        return 0.0

    monkeypatch.setattr(Terms, "left", property(left))
    with open_workers(1, 1) as own:
        got = run_engagement("acme", only="readiness", fresh=False, workers=own, on_event=events.append)
        end = time.monotonic() + PATIENCE
        with pytest.raises(BrokenPipeError):  # noqa: PT012
            while time.monotonic() < end:  # as soon as nobody reads it any more
                os.write(held[0], b"")
                os.write(held[0], b"0")
                time.sleep(0.02)
        assert own.processes.submit(os.getpid).result() != os.getpid()
        assert own.ended == 1
    os.close(held[0])
    assert (got.status, got.cause, [job.status for job in got.jobs]) == ("failed", "deadline", ["unchanged"] * 2)
    assert got.message == (
        "acme: The engagement ran longer than it may: 120 minutes. "
        "Its report was not drawn in time: the exhibit bars was still under way."
    )
    assert "the exhibit bars" in (Path(got.folder) / "error.html").read_text(encoding="utf-8")
    assert (root / "reports" / "acme" / "only-readiness").readlink() == shown


def test_a_kernel_that_falls_silent_has_died(tmp_path: Path) -> None:
    """Jupyter's own words for it are recognised; a notebook's last cell may have ended long ago."""
    from nbclient.exceptions import CellTimeoutError
    from nbformat.v4 import new_code_cell

    error = CellTimeoutError.error_from_timeout_and_cell("Timeout waiting for IOPub output", 60, new_code_cell("1"))
    cause, words = attempts.name_end(error, "", has_begun=True)
    assert (cause, "sent nothing for 60 seconds" in words) == ("kernel_died", True)
    assert attempts.name_end(RuntimeError("Kernel didn't respond in 60 seconds"), "", has_begun=False) == (
        "kernel_start",
        "Its kernel did not start. RuntimeError: Kernel didn't respond in 60 seconds.",
    )
    known = "The system ended it with SIGKILL because memory ran out."
    assert attempts.name_end(RuntimeError("dead"), known, has_begun=True) == ("memory", f"Its kernel died. {known}")


SWELLING = """
held = bytearray(400 * 2**20)
if tries == 0:
    time.sleep(600)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a kernel's memory is read in procfs")
def test_want_of_memory_is_tried_once_more_alone_with_twice_the_room(
    root: Path, workers: Workers, write_master: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first kernel is ended for taking too much; the second may take twice that, and nothing runs beside it."""
    write_master("10_readiness", COUNTED + SWELLING)
    workers.memory_mb = 400
    seen: list[tuple[int | None, bool, float]] = []
    real = run.run_attempt

    def attempt(*given: Any) -> Attempt:
        bounds, seat = given[5], given[6]
        seen.append((bounds.memory_mb, seat.need.is_alone, seat.need.reserve_mb))
        return real(*given)

    monkeypatch.setattr(run, "run_attempt", attempt)
    got = run_engagement("acme", only="readiness", workers=workers)
    assert got.is_done, got.message
    job = got.jobs[0]
    assert (job.attempts, job.retried) == (2, ("memory",))
    assert job.peak_mb > 400
    assert job.cpu_seconds > 0
    assert seen[:2] == [(400, False, 400.0), (800, True, 800.0)]
    assert seen[2][:2] == (400, False)


@pytest.mark.parametrize(
    ("remembered", "usual", "is_alone", "expected"),
    [
        pytest.param({}, 1024, False, 1024, id="never ran"),
        pytest.param({"a": Memory(1.0, 300.0)}, 1024, False, 1024, id="small"),
        pytest.param({"a": Memory(1.0, 1600.0)}, 1024, False, 2000, id="took more"),
        pytest.param({"a": Memory(1.0, 1600.0)}, 1024, True, 4000, id="took more, alone"),
        pytest.param({"a": Memory(1.0, 1e9)}, 1024, False, 5000, id="never more than there is"),
        pytest.param({"a": Memory(1.0, 1e9)}, None, True, None, id="a machine that does not say"),
    ],
)
def test_what_took_more_memory_before_may_take_it_again(
    monkeypatch: pytest.MonkeyPatch, remembered: Mapping[str, Memory], usual: int | None, is_alone: bool, expected: int
) -> None:
    """So that a notebook that once needed a second attempt does not need one every night."""
    monkeypatch.setattr(run, "memory_limit", lambda kernels: 5000 // kernels)
    assert Terms(remembered=remembered).memory_limit("a", usual, is_alone=is_alone) == expected


def test_a_notebook_is_taken_to_need_what_it_took(workers: Workers) -> None:
    """The first time a guess from the files; where nobody could look at its memory, the guess stays."""
    terms = Terms(remembered={"a": Memory(3.0, 250.0), "b": Memory(4.0, 0.0)}, input_bytes=10_000_000)
    assert (terms.need("a").reserve_mb, terms.need("a").seconds) == (250.0, 3.0)
    assert (terms.need("b").reserve_mb, terms.need("b").seconds) == (500.0, 4.0)
    assert (terms.need("c").reserve_mb, terms.need("c").seconds) == (500.0, math.inf)
    assert memory_limit(1) is None or memory_limit(1) > 0  # type: ignore[operator]
    assert set(RETRIES) <= set(CAUSES)
    assert errno.ENOSPC == 28
