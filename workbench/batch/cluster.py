"""Engagements on the workers of a cluster: dask.distributed deals, the machines share one disk, one process records.

``workbench batch --cluster ADDRESS``. Each engagement is a task; a worker hands it to a process of its own
(`workbench.batch.runner`). What passes the scheduler is names, paths, hashes, times and results without words: no
line of a client's files. A worker that dies on the way is no failure: dask gives its engagement to another one.

Dask unpickles what it is sent, so who reaches its ports can run code there: any address that is not this machine's own
has to be ``tls://``, with the certificates that dask's configuration names (``distributed.comm.tls``).
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import os
import queue
import re
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from workbench.batch.results import EngagementResult, Event
from workbench.batch.runner import CommonGround, Terms, with_words
from workbench.batch.shards import Shard
from workbench.engagement.places import reports_folder
from workbench.errors import ClusterError, MissingToolError, UsageError

ADDRESS = re.compile(r"(?:(?P<scheme>[a-z]+)://)?(?P<host>\[[0-9a-fA-F:]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})")

MARK = ".cluster-"
"""How a file among the reports begins that shows whether a worker has the same disk."""

CONNECT_SECONDS = 30
"""How long a scheduler may take to answer, and a first worker to be there (ours)."""

LOOK_SECONDS = 0.1
"""Between two looks whether a result is there and the scheduler still is (ours)."""

ANSWER_SECONDS = 2.0
"""For handing over a result that is there; then the scheduler is looked at again (ours)."""

CLOSE_SECONDS = 5.0
"""For leaving a scheduler, which may not answer any more (ours)."""

MOST_STARTS = 4
"""How often an engagement is given to a worker; as often as dask itself by default."""


@dataclass(frozen=True)
class Cluster:
    """The workers that a batch may use.

    Attributes
    ----------
    address : str
        Of the scheduler.
    threads : int
        Notebooks that all its workers together run at a time.
    """

    address: str
    threads: int
    _client: Any = field(repr=False)
    _root: Path = field(repr=False)
    _reports: Path = field(repr=False)
    _first: str = field(repr=False)
    _batch: str = field(repr=False)

    def run(self, terms: Mapping[str, Terms], on_event: Callable[[Event], None]) -> Iterator[EngagementResult]:
        """Run engagements and give each result as it comes.

        Parameters
        ----------
        terms : mapping of engagement to Terms
            The longest first.
        on_event : callable
            Told what happens, from another thread.

        Raises
        ------
        ClusterError
            The scheduler is lost, or a worker does not have what all must have alike.
        """
        import distributed

        names = list(terms)
        starts = dict.fromkeys(names, 0)

        def hear(event: tuple[float, Mapping[str, Any]]) -> None:
            held = event[1]
            if held["kind"] == "begun":
                starts[held["engagement"]] += 1
                if starts[held["engagement"]] > 1:
                    on_event(Event("again", held["engagement"]))
            else:
                on_event(
                    Event(**{one.name: held[one.name] for one in fields(Event) if one.name in held})
                )  # dask adds some

        self._client.subscribe_topic(self._topic, hear)
        order = {name: len(names) - place for place, name in enumerate(names)}
        running = distributed.as_completed(
            [self._submit(name, terms[name], 0, order[name]) for name in names], loop=self._client.loop
        )
        done = 0
        while running.count():
            answer = None
            if self._is_connected and running.has_ready():
                future = next(running)
                name = str(future.key).split("/")[1]
                answer = self._answer_of(future)
            elif self._is_connected:
                time.sleep(LOOK_SECONDS)
                continue
            if answer is None:
                why = f"the connection was lost; {done} of {len(names)} engagements were done and are recorded"
                raise ClusterError(self.address, why, _AGAIN)
            if "refused" in answer:
                raise ClusterError(self.address, f"a worker cannot take part: {answer['refused']}", _HOW)
            if "lost" in answer and starts[name] < MOST_STARTS:
                running.add(self._submit(name, terms[name], starts[name], order[name]))
                continue
            if "lost" in answer:
                words = f"The workers that ran it went away, {starts[name]} times. Look at their memory and logs."
                result = EngagementResult(name, "failed", 0.0, message=words, cause="worker")
            else:
                result = with_words(answer, self._reports)
            done += 1
            yield _with_starts(result, max(starts[name], 1))

    @property
    def _topic(self) -> str:
        return f"workbench-{self._batch}"

    def _submit(self, name: str, terms: Terms, before: int, priority: int) -> Any:
        key = f"{self._topic}/{name}/{before}"
        return self._client.submit(
            run_there, self._first, self._topic, name, terms.to_text(), key=key, pure=False, priority=priority
        )

    @property
    def _is_connected(self) -> bool:
        """Whether the scheduler is there; one that comes back knows nothing of what it was given."""
        return bool(self._client.status == "running")

    def _answer_of(self, future: Any) -> dict[str, Any] | None:
        """Return what a task gave, ``lost`` where dask gave it up; None where the scheduler is lost."""
        from distributed.scheduler import KilledWorker

        try:
            while self._is_connected and future.status != "cancelled":
                with suppress(TimeoutError):  # the scheduler may go while it hands the result over
                    return dict(json.loads(future.result(timeout=ANSWER_SECONDS)))
        except KilledWorker:
            return {"lost": True}
        except (OSError, CancelledError):
            pass
        finally:
            future.release()
        return None


_LOST = "the connection was lost before anything was begun"
_AGAIN = "Start it again, and the same command: what is done is not repeated."
_HOW = (
    "Every worker needs this very folder of the workbench, the clients and the reports, on a shared disk and under the "
    "same path, and the same installation."
)


def check_address(address: str) -> str:
    """Return the address of a scheduler if it may be used.

    Parameters
    ----------
    address : str
        ``HOST:PORT``, ``tcp://HOST:PORT`` or ``tls://HOST:PORT``.

    Raises
    ------
    UsageError
        It is none, or it would send unencrypted to another machine.

    Examples
    --------
    >>> check_address("localhost:8786")
    'tcp://localhost:8786'
    >>> check_address("tls://cluster.firm.example:8786")
    'tls://cluster.firm.example:8786'
    """
    found = ADDRESS.fullmatch(address)
    if not found or found["scheme"] not in (None, "tcp", "tls") or int(found["port"]) > 65535:
        raise UsageError(f"--cluster {address}: no address. Write HOST:PORT, such as tls://cluster.example:8786.")
    if found["scheme"] != "tls" and not _is_own(found["host"]):
        raise UsageError(
            f"--cluster {address}: whoever reaches an open port of dask can run code there, and reads what is sent. "
            f"Write tls://{found['host']}:{found['port']}, and name the certificates in dask's configuration "
            "(distributed.comm.tls), or use a tunnel to this machine's own address."
        )
    return f"{found['scheme'] or 'tcp'}://{found['host']}:{found['port']}"


def _is_own(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    return False


def require_dask() -> None:
    """Check that dask.distributed is installed.

    Raises
    ------
    MissingToolError
        It is not; the extra is named.
    """
    from importlib.util import find_spec

    if find_spec("distributed") is None:
        raise MissingToolError("dask.distributed", "Run: pip install 'workbench[cluster]', on every machine.")


@contextmanager
def open_cluster(
    address: str, names: Sequence[str], *, batch: str, part: Shard, root: Path, jobs: int | None = None
) -> Iterator[Cluster]:
    """Connect to a scheduler and let each worker show that it has what this machine has.

    Parameters
    ----------
    address : str
        From `check_address`.
    names : sequence of str
        The engagements that will run.
    batch : str
        Name of the batch.
    part : Shard
        Of the list; only one batch of it runs at a time.
    root : Path
        The workbench's folder.
    jobs : int, optional
        Notebooks at a time on each worker; by default as many as it has threads.

    Raises
    ------
    ClusterError
        No scheduler answers, it has no worker, or a worker does not have what all must have alike.
    """
    reports = reports_folder(root)
    # of the part alone: runners that a killed batch left find another one's words there
    mark = reports / f"{MARK}{part.number}of{part.count}"
    reports.mkdir(parents=True, exist_ok=True)
    mark.write_text(secrets.token_hex(16), encoding="utf-8")
    mark.chmod(0o600)
    try:
        ground = CommonGround.here(root, names, mark.name, mark.read_text(encoding="utf-8")).to_text()
        first = json.dumps({"ground": ground, "jobs": jobs})
        with _connected(address) as client:
            threads = _check_workers(client, address, first)
            yield Cluster(address, threads, client, root, reports, first, batch)
    finally:
        mark.unlink(missing_ok=True)  # with it the runners end, also where nobody can be told


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    import dask
    import distributed

    named = [dask.config.get(f"distributed.comm.tls.{name}", None) for name in ("ca-file", "client.cert")]
    if address.startswith("tls:") and not all(named):
        why = "dask's configuration names no certificates for tls"
        raise ClusterError(address, why, "Name them there: distributed.comm.tls, ca-file and client (cert, key).")
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False, name="workbench")
    except (OSError, TimeoutError) as error:
        raise ClusterError(address, "no scheduler answers", "Start one with: dask scheduler") from error
    except (TypeError, ValueError, RuntimeError) as error:
        remedy = "Look at dask's configuration, at the certificates above all (distributed.comm.tls)."
        raise ClusterError(address, str(error).rstrip("."), remedy) from error
    try:
        yield client
    finally:
        log = logging.getLogger("distributed.client")
        before = log.level
        log.setLevel(logging.CRITICAL)  # a connection that was lost is told already, in a sentence
        try:
            with suppress(OSError, TimeoutError):
                client.close(timeout=CLOSE_SECONDS)
        finally:
            log.setLevel(before)


def _check_workers(client: Any, address: str, first: str) -> int:
    """Return how many notebooks the workers run at a time."""
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        remedy = f"Start some with: dask worker {address}"
        raise ClusterError(address, "no worker is there", remedy) from None
    except OSError as error:
        raise ClusterError(address, _LOST, _AGAIN) from error
    try:
        found: dict[str, Any] = client.run(check_there, first, on_error="return")
    except OSError as error:
        raise ClusterError(address, _LOST, _AGAIN) from error
    faults = []
    for worker, answer in sorted(found.items()):
        if isinstance(answer, Exception):
            faults.append(f"worker {worker}: {type(answer).__name__}: {answer}")
        else:
            faults += [f"worker {worker}: {words}" for words in answer["differences"]]
    if faults:
        raise ClusterError(address, "not every worker can take part. " + "; ".join(faults), _HOW)
    return sum(answer["jobs"] for answer in found.values())


def _with_starts(result: EngagementResult, starts: int) -> EngagementResult:
    """Count the starts that were lost with their workers as attempts."""
    jobs = tuple(replace(job, attempts=job.attempts + starts - 1) if job.attempts else job for job in result.jobs)
    return replace(result, jobs=jobs)


# -- in a worker ------------------------------------------------------------------------------------------------------


async def check_there(first: str, dask_worker: Any) -> dict[str, Any]:
    """Start a worker's runner and return what it lacks, and how many notebooks it runs at a time.

    Parameters
    ----------
    first : str
        What the runner is told first.
    dask_worker : Worker
        Given by dask.
    """
    runner = await asyncio.to_thread(_runner_for, first, dask_worker.state.nthreads)
    return {"differences": runner.differences, "jobs": runner.jobs}


def run_there(first: str, topic: str, name: str, terms: str) -> str:
    """Run one engagement in a worker's runner and return the result as JSON, without words.

    Parameters
    ----------
    first : str
        What the runner is told first.
    topic : str
        Where events are told.
    name : str
        The engagement.
    terms : str
        From `Terms.to_text`.
    """
    import distributed

    worker = distributed.get_worker()
    worker.log_event(topic, {"kind": "begun", "engagement": name})
    runner = _runner_for(first, worker.state.nthreads)
    if runner.differences:
        return json.dumps({"refused": "; ".join(runner.differences)})
    result = runner.run(name, terms, lambda event: worker.log_event(topic, event))
    return json.dumps({"lost": True} if result is None else result, ensure_ascii=False)


class Runner:
    """A process that runs engagements, seen from the worker that started it.

    Parameters
    ----------
    first : str
        What it is told first.
    jobs : int
        Notebooks at a time, where nobody said how many.
    """

    def __init__(self, first: str, jobs: int) -> None:
        held = json.loads(first)
        self.jobs = int(held["jobs"] or jobs)
        places = json.loads(held["ground"])
        own = {"HOME": places["root"], "CLIENTS": places["clients"], "REPORTS": places["reports"]}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workbench.batch.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=places["root"] if Path(places["root"]).is_dir() else None,
            env={**os.environ, **{f"WORKBENCH_{name}": value for name, value in own.items()}},
            start_new_session=True,  # Ctrl-C at the worker's terminal is the worker's to pass on
        )
        self._waiting: dict[str, tuple[queue.SimpleQueue[Any], Callable[[Any], None]]] = {}
        self._lock, self._writing, self._is_over = threading.Lock(), threading.Lock(), False
        self._write({"ground": held["ground"], "jobs": self.jobs})
        answer = json.loads(self._read() or '{"differences": ["its process for running engagements ended at once"]}')
        self.differences: list[str] = answer["differences"]
        threading.Thread(target=self._hear, daemon=True).start()

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def run(self, name: str, terms: str, tell: Callable[[Any], None]) -> Any:
        """Run an engagement and return its result as plain values; None where the process died on the way.

        Parameters
        ----------
        name, terms : str
        tell : callable
            Given each event as plain values.
        """
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        with self._lock:
            if self._is_over:
                return None
            self._waiting[name] = (answers, tell)
        return answers.get() if self._write({"run": name, "terms": terms}) else None

    def _write(self, values: Mapping[str, Any]) -> bool:
        try:
            with self._writing:
                print(json.dumps(values, ensure_ascii=False), file=self._process.stdin, flush=True)
        except (OSError, ValueError):  # it is gone, or was ended
            return False
        return True

    def _read(self) -> str:
        return self._process.stdout.readline()  # type: ignore[union-attr]  # a pipe

    def _hear(self) -> None:
        while line := self._read():
            said = json.loads(line)
            name = said["event"]["engagement"] if said["kind"] == "event" else said["engagement"]
            with self._lock:
                waiting = self._waiting.get(name)
                if said["kind"] == "result":
                    self._waiting.pop(name, None)
            if waiting and said["kind"] == "event":
                waiting[1](said["event"])
            elif waiting:
                waiting[0].put(said["result"])
        with self._lock:
            self._is_over, left, self._waiting = True, self._waiting, {}
        for answers, _ in left.values():
            answers.put(None)
        self._process.wait()


_RUNNERS: dict[str, Runner] = {}
"""Of this worker: dask calls plain functions in it, so what lasts longer than a call has no other place."""
_RUNNERS_LOCK = threading.Lock()


def _runner_for(first: str, jobs: int) -> Runner:
    """Return the runner of a batch in this worker; started where there is none that can be asked."""
    with _RUNNERS_LOCK:
        for other in [other for other, runner in _RUNNERS.items() if not runner.is_alive]:
            del _RUNNERS[other]
        runner = _RUNNERS.get(first)
        if runner is None:
            runner = _RUNNERS[first] = Runner(first, jobs)
        return runner
