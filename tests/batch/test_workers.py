"""Worker processes end with their parent, by its will or without it, and never by a terminal's Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from workbench.batch.workers import ENDINGS, RenewedProcesses, ending_like_ctrl_c
from workbench.engagement.scratch import sweep_scratch

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")

PARENT = """
import os, sys, tempfile, time
from workbench.batch.workers import open_workers

if __name__ == "__main__":
    with open_workers(1, 1) as workers:
        print(workers.processes.submit(os.getpid).result(), flush=True)
        print(workers.processes.submit(tempfile.mkdtemp).result(), flush=True)
        sys.stdin.readline()
        slow = workers.processes.submit(time.sleep, 0.5)
        time.sleep(0.2)
        os.kill(os.getpid(), 9) if sys.argv[1] == "killed" else print(slow.result(), flush=True)
"""


def is_running(pid: int) -> bool:
    """Return whether a process is there and no mere name of one that has ended."""
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("how", ["killed", "interrupted"])
def test_a_worker_outlives_ctrl_c_and_not_its_parent(tmp_path: Path, how: str) -> None:
    """The terminal's signal leaves its work alone; when the parent is killed, it goes too, with its temporary files."""
    script, temporary = tmp_path / "parent.py", tmp_path / "t"
    script.write_text(PARENT, encoding="utf-8")
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script), how]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603
        command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert Path(parent.stdout.readline().strip()).is_relative_to(temporary)
        if how == "interrupted":
            os.kill(worker, signal.SIGINT)
        out, errors = parent.communicate("go\n", timeout=120)
    if how == "interrupted":
        assert (out, errors, parent.returncode) == ("None\n", "", 0)
    end = time.monotonic() + 120
    while is_running(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_running(worker)
    while list(temporary.iterdir()) and time.monotonic() < end:
        sweep_scratch(temporary)
        time.sleep(0.05)
    assert list(temporary.iterdir()) == []


RENEWED = """
import os, sys, time
from concurrent.futures import BrokenExecutor
from workbench.batch.workers import open_workers

if __name__ == "__main__":
    with open_workers(1, 1) as workers:
        first = workers.processes.submit(os.getpid).result()
        os.kill(first, 9)
        try:
            workers.processes.submit(time.sleep, 600).result()
        except BrokenExecutor:
            print(workers.processes.submit(os.getpid).result() != first, flush=True)
        hung = workers.processes.submit(time.sleep, 600)
        while not hung.running():
            time.sleep(0.01)
        workers.give_up(hung)
        print(workers.ended, workers.processes.submit(os.getpid).result() != first, flush=True)
"""


def test_a_worker_that_was_killed_is_there_again_and_one_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    """What it did is lost and told; what nobody waits for any more is ended, and another one is there."""
    script = tmp_path / "parent.py"
    script.write_text(RENEWED, encoding="utf-8")
    got = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert (got.stdout, got.returncode) == ("True\n1 True\n", 0), got.stderr


@pytest.mark.parametrize(
    "error", [BrokenProcessPool("broken"), OSError("handle is closed")], ids=["before", "just now"]
)
def test_work_that_comes_while_a_worker_is_killed_goes_to_the_next_ones(error: Exception) -> None:
    """Whether they were known to be gone, or their pipes were closed while one more was started for it."""

    class Breaking(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            raise error

        def bury(self) -> None:
            pass

    with Breaking(1) as before, ThreadPoolExecutor(1) as after:
        made = iter((before, after))
        processes = RenewedProcesses(lambda: next(made))  # type: ignore[arg-type,return-value]
        assert processes.submit(int, "7").result() == 7


HANDED_OVER = """
import concurrent.futures.process as standard, multiprocessing, os, signal, time
from workbench.batch.workers import QuietProcesses, RenewedProcesses

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    processes = RenewedProcesses(lambda: QuietProcesses(1, mp_context=context))
    first, made = processes.submit(os.getpid).result(), standard._WorkItem
    slow = processes.submit(time.sleep, 600)

    def make_late(*given):
        standard._WorkItem = made
        os.kill(first, signal.SIGKILL)
        end = time.monotonic() + 20.0  # later Pythons break after it is handed over
        while processes._held._executor_manager_thread.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        return made(*given)

    standard._WorkItem = make_late
    late = processes.submit(int, "7")
    print(type(late.exception(60)).__name__ if late.exception(60) else late.result())
    print(type(slow.exception(60)).__name__)
    processes.shutdown()
"""


def test_work_that_is_handed_over_while_a_worker_is_killed_is_not_waited_for_in_vain(tmp_path: Path) -> None:
    """The pool has told everybody and gone before the work is laid down: nobody would ever take it up.

    Later Pythons let it go only afterwards, so that the work may be told like any other.
    """
    script = tmp_path / "parent.py"
    script.write_text(HANDED_OVER, encoding="utf-8")
    got = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    told = ("7",) if sys.version_info < (3, 12) else ("7", "BrokenProcessPool")
    assert got.stdout in [f"{late}\nBrokenProcessPool\n" for late in told], got.stderr
    assert got.returncode == 0


WITHDRAWN = """
import multiprocessing, os, signal, time
from workbench.batch.workers import QuietProcesses, RenewedProcesses

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    processes = RenewedProcesses(lambda: QuietProcesses(1, mp_context=context))
    worker = processes.submit(os.getpid).result(120)
    slow = processes.submit(time.sleep, 600)
    waiting = [processes.submit(len, b"0" * 2**20) for _ in range(6)]  # more than fits into the pipe
    print(waiting[4].cancel())
    os.kill(worker, signal.SIGKILL)
    print(*(type(work.exception(60)).__name__ for work in (slow, *waiting[:4], waiting[5])))
    print(processes.submit(int, "7").result(120))
    processes.shutdown()
"""


def test_withdrawn_work_keeps_nobody_waiting_when_a_worker_is_killed(tmp_path: Path) -> None:
    """Neither those who wait for other work nor the end of the process: a thousand kills once met both at a time."""
    script = tmp_path / "parent.py"
    script.write_text(WITHDRAWN, encoding="utf-8")
    got = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    told = " ".join(["BrokenProcessPool"] * 6)
    assert (got.stdout, got.stderr, got.returncode) == (f"True\n{told}\n7\n", "", 0)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: str(ending.name))
def test_a_schedulers_signal_is_ctrl_c(ending: signal.Signals) -> None:
    """And afterwards it is what it was."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(ending) is not signal.SIG_DFL:
        pytest.skip("the test runner keeps its signals")
    with pytest.raises(KeyboardInterrupt), ending_like_ctrl_c():
        signal.raise_signal(ending)
    assert signal.getsignal(ending) is signal.SIG_DFL
