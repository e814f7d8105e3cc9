"""Kernels end as they should, are told how they ended, and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from tests.batch.warm.conftest import Run, only_parent
from workbench.batch.kernel import Kernels, kernel_environment, kernel_manager
from workbench.batch.warm import zygote
from workbench.batch.warm.endings import describe_end, memory_limit
from workbench.batch.warm.parents import OFF, Parents
from workbench.engagement.scratch import sweep_scratch

pytestmark = pytest.mark.xdist_group("warm")

ENVIRONMENT = kernel_environment(os.environ)


def wait_until(is_so: Callable[[], bool], seconds: float = 120.0) -> bool:
    """Return whether something comes true in time."""
    end = time.monotonic() + seconds
    while not is_so() and time.monotonic() < end:
        time.sleep(0.02)
    return is_so()


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits to be asked after does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a short folder of our own for sockets."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def sleeps(process: psutil.Process) -> bool:
    """Return whether a process waits, each time it is looked at."""
    return all(not time.sleep(0.02) and process.status() == psutil.STATUS_SLEEPING for _ in range(5))


def sockets() -> list[str]:
    """Return the folders of kernels' sockets that there are."""
    return sorted(path.name for path in Path(tempfile.gettempdir()).iterdir())


def run_notebook(kind: Any, *cells: str) -> Any:
    """Run cells as papermill and nbclient do, and return the notebook; it raises when the kernel dies."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    try:
        NotebookClient(notebook, kernel_manager_class=kind, kernel_name="python3", timeout=60).execute()
    except DeadKernelError as error:
        error.notebook = notebook  # type: ignore[attr-defined]
        raise
    return notebook


def test_a_dozen_kernels_leave_nothing(run: Run, parents: Parents) -> None:
    """Traps 18, 22: no process, no zombie, no open file, no folder, no thread, neither here nor in the parent."""
    for _ in range(zygote.ONE_ENGAGEMENT + 1):
        run("pass")
    own, parent = psutil.Process(), only_parent(parents)
    assert wait_until(lambda: sleeps(parent))  # it has made what it makes ahead
    before = (sockets(), own.num_fds(), own.num_threads(), parent.num_fds(), parent.memory_info().rss // 2**20)
    for number in range(12):
        assert run(f"print({number})").text == f"{number}\n"
    assert parent.children() == []
    after = (sockets(), own.num_fds(), own.num_threads(), parent.num_fds(), parent.memory_info().rss // 2**20)
    assert after[:4] == before[:4]
    assert after[0] == []
    assert after[4] - before[4] <= 2


def test_what_the_parent_made_ahead_is_what_a_kernel_would_make(run: Run) -> None:
    """It hangs on numbers in the code alone, so it is every client's."""
    cell = """
from workbench.outcomes import changes
from workbench.readiness import reliability
table, levels = reliability._chance, (1.0, 2.0, 3.0, 4.0, 5.0)
known = table.cache_info().currsize, changes._null.cache_info().currsize
held, made = (one(50, levels, "mild skew", 1).tobytes() for one in (table, table.__wrapped__))
is_same = held == made
for step in changes.AHEAD_STEPS:
    held, made = (one(24, 12, 0.3, *step).tobytes() for one in (changes._null, changes._null.__wrapped__))
    is_same = is_same and held == made
print(*known, table.cache_info().hits, changes._null.cache_info().hits, is_same)
"""
    assert wait_until(lambda: run(cell).text == "92 42 1 3 True\n")
    assert run(cell, cold=True).text == "0 0 0 0 True\n"


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=lambda number: str(number.name))
def test_a_death_is_noticed_at_once_and_told_with_its_cause(
    number: signal.Signals, cold: bool, parents: Parents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 20: by its process alone, nobody has to ask; and what the kernel had started goes with it."""

    async def always(*_: Any) -> bool:
        return True

    cell = "import os, subprocess, time; held = subprocess.Popen(['sleep', '600']); print(held.pid, flush=True)"
    kill = f"os.kill(os.getpid(), {int(number)})"
    given = None if cold else parents
    with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=given) as kind:
        monkeypatch.setattr(kind, "is_alive", always)
        with pytest.raises(DeadKernelError) as caught:
            run_notebook(kind, cell, kill)
        assert kind.describe_end().startswith(f"{number.name}: ")
        assert bool(kind.why_cold) is cold
    child = int(caught.value.notebook.cells[0].outputs[0]["text"])  # type: ignore[attr-defined]
    if not cold:
        assert wait_until(lambda: not is_alive(child))


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
def test_temporary_files_of_a_kernel_go_with_it_however_it_ends(
    cold: bool, parents: Parents, tmp_path: Path, temporary: Path
) -> None:
    """Those of a library that asks for another variable too; a run ends its kernels by a kill."""
    put = "import os, tempfile; held = tempfile.NamedTemporaryFile(); folder = tempfile.mkdtemp(dir=os.environ['TEMP'])"
    for last in ("1", "os.kill(os.getpid(), 9)"):
        with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=None if cold else parents) as kind:
            with nullcontext() if last == "1" else pytest.raises(DeadKernelError) as caught:
                found = run_notebook(kind, put, "print(held.name); print(folder)", last)
            found = found if last == "1" else caught.value.notebook  # type: ignore[union-attr]
            assert bool(kind.why_cold) is cold
            paths = [Path(line) for line in found.cells[1].outputs[0]["text"].split()]
            assert all(path.is_relative_to(temporary) and path.exists() for path in paths) is (last != "1")
        assert sockets() == []


def test_what_a_kernel_started_in_a_session_of_its_own_goes_when_no_kernel_is_left(
    parents: Parents, tmp_path: Path
) -> None:
    """Not before: it may be needed by one that lives. Nothing that has ended stays on the system's list."""
    long = (
        "import time, pathlib\npathlib.Path('begun').touch()\nwhile not pathlib.Path('end').exists(): time.sleep(0.02)"
    )
    begin = "import subprocess\nsubprocess.run(['sh', '-c', 'setsid sleep 600 & setsid sleep 600 & setsid true &'])"

    def run_in_one(cells: str) -> None:
        with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=parents) as kind:
            run_notebook(kind, cells)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(run_in_one, long)
        assert wait_until(lambda: (tmp_path / "begun").exists())
        run_in_one(begin)
        parent = only_parent(parents)
        assert wait_until(lambda: len(parent.children()) == 3)  # two that sleep, and the longer kernel
        strays = [child for child in parent.children() if child.name() == "sleep"]
        assert len(strays) == 2
        assert all(is_alive(stray.pid) for stray in strays)
        (tmp_path / "end").touch()
        waiting.result(60)
    assert wait_until(lambda: parent.children() == [])


def test_an_exit_code_and_a_system_out_of_memory_are_told(parents: Parents, tmp_path: Path) -> None:
    """A cell that ends its own process; and a kernel that the system ended meanwhile."""
    with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=parents) as kind:
        with pytest.raises(DeadKernelError):
            run_notebook(kind, "import os; os._exit(3)")
        assert kind.describe_end() == "It ended itself with exit code 3."
    with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=parents) as kind:
        with pytest.raises(DeadKernelError):
            run_notebook(kind, "import os; os._exit(0)")
        assert kind.describe_end() == "It ended itself with exit code 0."
    killed = subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])
    killed.wait(10)
    assert describe_end(killed, None, -1) == "The system ended it with SIGKILL because memory ran out."


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
def test_a_kernel_takes_no_more_memory_than_its_share(cold: bool, parents: Parents, tmp_path: Path) -> None:
    """Step by step it is ended and told so; in one mad step the cell gets an error and lives on."""
    share = memory_limit(2)
    assert share is not None
    assert share >= 1024
    mad = "import numpy\ntry:\n    numpy.ones(10**12)\nexcept MemoryError:\n    print('refused')"
    slow = "import time\nheld = []\nwhile True:\n    held.append(numpy.ones(5 * 10**6)); time.sleep(0.02)"
    given = None if cold else parents
    with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=given, memory_mb=500) as kind:
        with pytest.raises(DeadKernelError) as caught:
            run_notebook(kind, mad, slow)
        assert kind.describe_end() == "It took more memory than it may: over 500 MB."
    assert caught.value.notebook.cells[0].outputs[0]["text"] == "refused\n"  # type: ignore[attr-defined]


def test_a_parent_that_is_killed_takes_no_kernel_with_it(run: Run, tmp_path: Path) -> None:
    """Trap 19: the kernel goes on, and the next one is forked from a new parent."""
    own = Parents()
    try:
        run("pass", own=own)
        cell = f"import os, time; os.kill({own.pids()[0]}, 9); time.sleep(0.3); print('alive')"
        got = run(cell, own=own)
        assert (got.text, got.why_cold) == ("alive\n", "")
        again = run("print('again')", own=own)
        assert (again.text, again.why_cold) == ("again\n", "")
    finally:
        own.close()
    assert own.pids() == ()


OWNER = """
import asyncio, json, os, sys, time
from contextlib import ExitStack
from pathlib import Path
from workbench.batch.kernel import Kernels, kernel_environment, kernel_manager
from workbench.batch.warm.parents import OFF, Parents

async def start(kind):
    manager = kind(kernel_name="python3")
    await manager.start_kernel()
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=120)
    said = []
    await client.execute_interactive(
        "import os, subprocess; print(os.getpid(), subprocess.Popen(['sleep', '600']).pid)",
        output_hook=lambda one: said.append(one["content"].get("text", "")) if one["msg_type"] == "stream" else 0,
    )
    return kind.why_cold, *(int(word) for word in "".join(said).split())

parents, folder = Parents(), Path(sys.argv[1])
with ExitStack() as stack:
    held = []
    for cold in ("", "", "1"):
        os.environ[OFF] = cold
        managers = kernel_manager(folder, kernel_environment(os.environ), Kernels(), parents=parents)
        held.append(asyncio.run(start(stack.enter_context(managers))))
    Path(folder, "new").write_text(json.dumps([*held, *parents.pids()]))
    os.rename(Path(folder, "new"), Path(folder, "held"))
    time.sleep(600)
"""


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[Any]]]:
    """Give a process with two forked kernels and a cold one, and what they are: why cold, kernel, what it started."""
    held = tmp_path / "held"
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", OWNER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": tempfile.gettempdir()},
    ) as process:
        assert wait_until(lambda: held.exists() or process.poll() is not None)
        found = json.loads(held.read_text(encoding="utf-8"))
        yield process, found
        process.kill()
    sweep_scratch(Path(tempfile.gettempdir()))


def test_when_the_owner_is_killed_everything_goes(owner: tuple[subprocess.Popen[bytes], list[Any]]) -> None:
    """Trap 19: parent, kernels, what these started, and their folders; also of one that died a moment before."""
    process, ((why, *_), (why_second, second, *_), (why_third, _, _), parent) = owner
    assert (why, why_second, why_third) == ("", "", f"{OFF} is set")
    pids = [parent, *(pid for one in owner[1][:3] for pid in one[1:])]
    assert all(is_alive(pid) for pid in pids)
    assert len(sockets()) == 3
    for name in sockets():
        Path(tempfile.gettempdir(), name, "tmp", "put-aside").touch()
    sweep_scratch()
    assert len(sockets()) == 3  # their owner lives
    os.kill(second, signal.SIGKILL)
    assert wait_until(lambda: not psutil.pid_exists(second))
    process.kill()
    process.wait()
    assert wait_until(lambda: not any(is_alive(pid) for pid in pids))
    assert sockets() == []  # before the parent ended


def test_what_nobody_was_left_to_remove_the_next_run_removes(
    owner: tuple[subprocess.Popen[bytes], list[Any]], temporary: Path
) -> None:
    """The parent is killed together with its owner; a stranger's folder of the like is left alone."""
    process, (*kernels, parent) = owner
    for name in ("wb-bench-x", "wb-notours", "other"):
        (temporary / name).mkdir()
        (temporary / name / "file").touch()
    (temporary / "wb-linked_x").symlink_to(temporary / "other")
    os.kill(parent, signal.SIGKILL)
    process.kill()
    process.wait()
    assert wait_until(lambda: not any(is_alive(kernel) for _, kernel, _ in kernels))
    assert len(sockets()) == 3 + 4
    sweep_scratch()
    assert sockets() == ["other", "wb-bench-x", "wb-linked_x", "wb-notours"]
    assert all((temporary / name / "file").is_file() for name in ("wb-bench-x", "wb-notours", "other"))
    for _, _, sleeper in kernels:
        with suppress(ProcessLookupError):
            os.kill(sleeper, signal.SIGKILL)


def test_an_orderly_end_runs_what_a_notebook_left_for_it(parents: Parents, tmp_path: Path) -> None:
    """Trap 23: ``atexit`` runs, nothing is said on the way out, and the exit code is a good one."""
    left, said = tmp_path / "left", tmp_path / "said"

    async def converse_and_leave(kind: Any) -> int | None:
        manager = kind(kernel_name="python3")
        manager.shutdown_wait_time = 60.0  # on a busy machine an orderly end takes its time
        with said.open("w", encoding="utf-8") as stream:
            await manager.start_kernel(stdout=stream, stderr=stream)
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        cell = f"import atexit, duckdb, pathlib; atexit.register(pathlib.Path({str(left)!r}).touch)"
        await client.execute_interactive(cell, timeout=60)
        process = manager.provisioner.process
        client.stop_channels()
        await manager.shutdown_kernel()
        code: int | None = process.poll()
        return code

    with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=parents) as kind:
        assert asyncio.run(converse_and_leave(kind)) == 0
        assert kind.why_cold == ""
    assert wait_until(left.exists)
    assert said.read_text(encoding="utf-8") == ""


def test_an_interrupt_reaches_the_cell_alone(parents: Parents, tmp_path: Path) -> None:
    """Trap 20: as in a cold kernel; and the kernel lives on."""

    async def interrupt(kind: Any) -> str:
        manager = kind(kernel_name="python3")
        await manager.start_kernel()
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)
        said: list[str] = []
        begun = asyncio.Event()

        def hear(message: dict[str, dict[str, str]]) -> None:
            said.append(message["content"].get("ename") or message["content"].get("text") or "")
            if said[-1].startswith("begun"):
                begun.set()

        asked = asyncio.ensure_future(
            client.execute_interactive(
                "import time; print('begun', flush=True); time.sleep(600)", output_hook=hear, timeout=120
            )
        )
        await begun.wait()
        await manager.interrupt_kernel()
        await asked
        await client.execute_interactive("print('on')", output_hook=hear, timeout=120)
        client.stop_channels()
        await manager.shutdown_kernel(now=True)
        return "".join(said)

    with kernel_manager(tmp_path, ENVIRONMENT, Kernels(), parents=parents) as kind:
        assert asyncio.run(interrupt(kind)) == "begun\nKeyboardInterrupton\n"
