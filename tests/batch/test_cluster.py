"""A batch on a cluster: a real scheduler and two worker processes on this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.batch import cluster, runner, workers
from workbench.batch.cluster import check_address
from workbench.batch.keys import read_ground
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.night import find_unchanged, run_batch
from workbench.batch.results import BatchResult, Event
from workbench.batch.runner import CommonGround
from workbench.errors import ClusterError, MissingToolError, UsageError

has_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None or os.name == "nt", reason="dask.distributed is not installed"
)
PATIENCE = 300.0
"""Longest that anything here is waited for. Unit: seconds."""


@dataclass
class Machines:
    """A scheduler and its workers, each a process of its own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: dict[str, subprocess.Popen[bytes]]

    def add_worker(self, name: str, folder: Path) -> None:
        """Start a worker of one thread."""
        self.workers[name] = begin(
            "worker", self.address, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard", folder=folder
        )


def begin(kind: str, *options: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a scheduler or a worker."""
    folder.mkdir(parents=True, exist_ok=True)
    own = {
        "DASK_TEMPORARY_DIRECTORY": str(folder),
        "DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING": "False",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": f"{PATIENCE:g}s",
    }
    with (folder / f"{kind}.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "dask", kind, *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, **own},
        )


def wait_for(what: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.fixture
def machines(root: Path, tmp_path: Path) -> Iterator[Machines]:
    """Give a scheduler with two workers that are there: a batch waits for one of them, and half a minute at most."""
    with running(tmp_path / "dask", "one", "two") as held:
        yield held


@contextmanager
def running(folder: Path, *names: str) -> Iterator[Machines]:
    """Give a scheduler with workers that are there, and end them."""
    from distributed import Client

    found = folder / "scheduler.json"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(found))
    scheduler = begin("scheduler", *options, folder=folder)
    held = Machines("", scheduler, {})
    try:
        wait_for(lambda: found.is_file() and found.read_text(encoding="utf-8").rstrip().endswith("}"))
        held.address = json.loads(found.read_text(encoding="utf-8"))["address"]
        for name in names:
            held.add_worker(name, folder / name)
        with Client(held.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(len(held.workers), timeout=PATIENCE)
        yield held
    finally:
        for process in (*held.workers.values(), scheduler):
            process.kill()
            process.wait()


WAITING = """import os, pathlib, time
if engagement in ("borealis", "cobalt"):
    pathlib.Path({here!r}).write_text(str(os.getpid()))
    pathlib.Path({here!r}).rename({there!r} + engagement)
    while not pathlib.Path({go!r} + engagement).exists():
        time.sleep(0.05)
if engagement == "acme":
    raise ValueError(study.settings.name)
"""
"""Two clients wait until they may go on; the third one stops with a word of its files."""


@pytest.fixture
def clients(root: Path, put: Callable[[str, Path], Path]) -> Path:
    """Give three clients and two masters that load their files."""
    for path in (root / "notebooks").iterdir():
        path.unlink()
    for name in ("20_outcomes", "40_summary"):
        path = put("assessing", root / "notebooks" / f"{name}.ipynb")
        document = json.loads(path.read_text(encoding="utf-8"))
        source = WAITING.format(here=str(root / "pid"), there=str(root / "in-"), go=str(root / "go-"))
        cell = {"cell_type": "code", "id": "wait", "metadata": {}, "outputs": [], "execution_count": None}
        document["cells"].insert(3, {**cell, "source": source})
        if name == "20_outcomes":
            path.write_text(json.dumps(document), encoding="utf-8")
    for name in ("borealis", "cobalt"):
        shutil.copytree(root / "client_data" / "acme", root / "client_data" / name)
    return root / "client_data"


@has_dask
def test_two_workers_give_what_one_machine_gives_though_one_dies(
    root: Path, clients: Path, machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that lacks something refuses; one that is killed costs an attempt; a lost scheduler costs what was under way.

    And no line of a client ever was in the scheduler or in a worker.
    """
    word = secrets.token_hex(16)
    (clients / "acme" / "engagement.yaml").write_text(f"name: {word}\nas_of: 2026-09-30\n", encoding="utf-8")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        with pytest.raises(ClusterError, match=r"not every worker can take part.*time zone are others"):
            run_batch(["acme"], cluster=machines.address)
    assert not (root / "reports" / "acme").exists()

    events: list[Event] = []
    first = Later(lambda: run_batch(["acme", "borealis"], cluster=machines.address, on_event=events.append))
    wait_for(lambda: (root / "in-borealis").exists() or first.is_over)
    kernel = psutil.Process(int((root / "in-borealis").read_text(encoding="utf-8")))
    parents = {process.pid for process in kernel.parents()}
    (busy,) = (name for name, process in machines.workers.items() if process.pid in parents)
    wait_for(lambda: any(event.kind == "failed" and event.engagement == "acme" for event in events))
    for process in (machines.scheduler, *machines.workers.values()):
        assert word.encode() not in memory_of(process.pid)
    machines.workers[busy].kill()
    wait_for(lambda: not kernel.is_running())
    (root / "go-borealis").touch()
    got = first.result()
    assert [(held.engagement, held.status) for held in got.engagements] == [("acme", "failed"), ("borealis", "done")]
    acme, borealis = got.engagements
    assert word in acme.message, "its words were read from its folder"
    assert acme.cause == "cell_error"
    assert [job.attempts for job in borealis.jobs] == [2, 2]
    assert [job.attempts for job in acme.jobs if job.status == "failed"] == [1]
    assert [event.engagement for event in events if event.kind == "again"] == ["borealis"]
    assert word not in json.dumps([asdict(event) for event in events if event.notebook])
    assert not (root / "reports" / "borealis" / ".staging").exists(), "what the dead one had begun is removed"
    assert not list((root / "reports").glob(".cluster-*"))

    second = Later(lambda: run_batch(["borealis", "cobalt"], cluster=machines.address))
    wait_for(lambda: (root / "in-cobalt").exists() or second.is_over)
    kernel = psutil.Process(int((root / "in-cobalt").read_text(encoding="utf-8")))
    machines.scheduler.kill()
    with pytest.raises(ClusterError, match="the connection was lost; 0 of 1 engagements were done"):
        second.result(60.0)  # not until dask gives up looking for another one: a minute and a half
    wait_for(lambda: not kernel.is_running())  # nobody would record what it does
    assert not list((root / "reports").glob(".cluster-*"))
    with Ledger(root / "reports" / LEDGER) as ledger:
        ground = read_ground(root)
        assert find_unchanged("borealis", ground, ledger) is not None
        assert find_unchanged("cobalt", ground, ledger) is None
        there = rows_of(ledger, got.id)

    for name in ("go-cobalt", "go-borealis"):
        (root / name).touch()
    with running(tmp_path / "again", "three") as other:
        third = run_batch(["borealis", "cobalt"], cluster=other.address)
    assert [held.status for held in third.engagements] == ["unchanged", "done"]
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    monkeypatch.setenv("WORKBENCH_REPORTS", str(root / "one-machine"))
    alone = run_batch(["acme", "borealis"], jobs=2)
    with Ledger(root / "one-machine" / LEDGER) as ledger:
        assert rows_of(ledger, alone.id) == there
    assert contents(root / "reports" / "borealis" / "latest") == contents(root / "one-machine" / "borealis" / "latest")


class Later:
    """What a thread does meanwhile."""

    def __init__(self, call: Callable[[], BatchResult]) -> None:
        self._future: Future[BatchResult] = Future()
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call: Callable[[], BatchResult]) -> None:
        try:
            self._future.set_result(call())
        except BaseException as error:  # noqa: BLE001  (told where the result is asked for)
            self._future.set_exception(error)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self._future.done()

    def result(self, seconds: float = PATIENCE) -> BatchResult:
        """Return what came of it."""
        return self._future.result(timeout=seconds)


def memory_of(pid: int) -> bytes:
    """Return everything that a process holds in memory of its own."""
    held = []
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in maps:
            place, rights, *_ = line.split()
            if "rw" not in rights:
                continue
            start, end = (int(part, 16) for part in place.split("-"))
            with suppress(OSError, OverflowError, ValueError):
                memory.seek(start)
                held.append(memory.read(end - start))
    assert held
    return b"".join(held)


def rows_of(ledger: Ledger, batch: str) -> list[Any]:
    """Return how a batch went, without what differs from run to run."""
    (found,) = (held for held in ledger.batches() if held["id"] == batch)
    steady = ("notebook", "status", "cause", "cell")
    return [
        (held["engagement"], held["status"], held["cause"], [[job[name] for name in steady] for job in held["jobs"]])
        for held in found["results"]
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a report, the manifest without its times."""
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    manifest = json.loads(found.pop("manifest.json"))
    for name in ("run", "started", "finished", "seconds"):
        del manifest[name]
    manifest["notebooks"] = [[held["notebook"], held["sha256"], held["status"]] for held in manifest["notebooks"]]
    return {**found, "manifest.json": json.dumps(manifest).encode()}


# -- without a cluster ------------------------------------------------------------------------------------------------


def test_a_machine_says_what_it_lacks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another disk, other files of a client, other code, other packages, no such folder: each in a phrase."""
    monkeypatch.setattr(runner, "MARK_TRIES", 1)
    mark = root / "reports" / ".cluster-x"
    mark.parent.mkdir()
    mark.write_text("this very disk", encoding="utf-8")
    ground = CommonGround.here(root, ["acme"], mark.name, "this very disk")
    assert CommonGround.from_text(ground.to_text()) == ground
    assert ground.differences() == []
    (root / "client_data" / "acme" / "survey.csv").write_text("respondent\n", encoding="utf-8")
    (root / "templates" / "new.html").write_text("", encoding="utf-8")
    mark.write_text("another disk", encoding="utf-8")
    monkeypatch.setenv("LANG", "xx_XX")
    assert ground.differences() == [
        f"its {mark.parent} is another disk",
        f"the engagements' files in its {root / 'client_data'} are others",
        "the workbench's code or templates there are others",
        "its Python, installed packages, locale or time zone are others",
    ]
    assert replace(ground, clients="/nowhere").differences() == ["it has no folder /nowhere"]


def test_a_runner_sees_that_its_batch_is_over(root: Path) -> None:
    """By its mark: gone, or another batch's; a disk that does not answer is no end."""
    mark = root / "reports" / ".cluster-1of1"
    mark.parent.mkdir()
    mark.write_text("this batch", encoding="utf-8")
    ground = CommonGround.here(root, ["acme"], mark.name, "this batch")
    assert not ground.is_over()
    mark.write_text("the next one", encoding="utf-8")
    assert ground.is_over()
    mark.unlink()
    assert ground.is_over()
    mark.mkdir()
    assert not ground.is_over()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("cluster", "no address"),
        ("localhost", "no address"),
        ("http://localhost:80", "no address"),
        ("localhost:99999", "no address"),
        ("10.0.0.7:8786", "Write tls://10.0.0.7:8786"),
        ("tcp://scheduler.example:8786", "Write tls://scheduler.example:8786"),
        ("localhost.example:8786", "Write tls://"),
    ],
)
def test_an_address_that_would_be_open_to_others_is_refused(root: Path, address: str, words: str) -> None:
    """Before anything starts, with what to write instead."""
    with pytest.raises(UsageError, match=words):
        check_address(address)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "tcp://[::1]:8786", "tls://scheduler.example:8786"])
def test_an_address_of_this_machine_or_encrypted_is_taken(address: str) -> None:
    """With its scheme."""
    assert check_address(address).endswith(address.rpartition("//")[2])


def test_without_dask_one_sentence_names_the_extra(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing starts."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingToolError, match=r"pip install 'workbench\[cluster\]'"):
        run_batch(["acme"], cluster="localhost:8786")
    assert not (root / "reports").exists()


@has_dask
def test_a_scheduler_that_is_not_there_is_a_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the batch can be begun again."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match="no scheduler answers"):
        run_batch(["acme"], cluster="127.0.0.1:1")
    assert not list((root / "reports").glob(".cluster-*"))


@has_dask
def test_encryption_without_certificates_is_a_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That says where dask looks for them."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with pytest.raises(ClusterError, match="names no certificates for tls"):
        run_batch(["acme"], cluster="tls://127.0.0.1:1")
