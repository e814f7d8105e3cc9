"""A process that runs engagements for a worker of a cluster: names come in, results go out, a line of JSON each.

A worker starts one for each batch and keeps it: the code is read once, kernels are forked from one parent, and nothing
of a client is ever in the worker's own memory. When the worker is gone, however it went, the pipe ends, and with it
this process and its kernels, as if it had been killed: what was under way is another's to do. So it is when the batch
is over, or has lost the scheduler: then its mark among the reports is gone, or another batch's.

Words that may quote a client's files never go out: they lie in the run's own folder, on the disk that all share.
"""

from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from workbench.batch.keys import folder_files, read_ground
from workbench.batch.limits import Limits
from workbench.batch.night import run_safely
from workbench.batch.publish import keep_refused
from workbench.batch.results import EngagementResult, Event, Memory
from workbench.batch.run import make_run_id
from workbench.batch.runs import read_manifest
from workbench.batch.workers import Workers, open_workers
from workbench.engagement.places import clients_folder, reports_folder
from workbench.errors import WorkbenchError

NOT_SENT = frozenset({"cell", "progress"})
"""Events that stay here: too many, or of the whole batch."""

IDLE_SECONDS = 600.0
"""When nobody asked for anything so long and nothing runs, whoever asked is taken to be gone (ours)."""

LOOK_SECONDS = 2.0
"""Between two looks whether the batch still goes on (ours)."""

MARK_TRIES, MARK_PAUSE = 10, 0.5
"""How often a network's disk is asked for a file that was just written, and the seconds between (ours)."""


@dataclass(frozen=True)
class CommonGround:
    """What every machine of a batch must have alike.

    Attributes
    ----------
    root, clients, reports : str
        Paths of the workbench's folder, the clients' and the reports'.
    names : tuple of str
        The engagements to run.
    code, environment : str
        Hashes, as in `workbench.batch.keys.Ground`.
    files : str
        Hash of the names and sizes of the engagements' files.
    mark, marked : str
        A file among the reports, and what stands in it: nobody has it who has not this very disk.
    """

    root: str
    clients: str
    reports: str
    names: tuple[str, ...]
    code: str
    environment: str
    files: str
    mark: str
    marked: str

    @classmethod
    def here(cls, root: Path, names: Sequence[str], mark: str, marked: str) -> CommonGround:
        """Return how it is on this machine."""
        ground, clients = read_ground(root), clients_folder(root)
        return cls(
            str(root),
            str(clients),
            str(reports_folder(root)),
            tuple(names),
            ground.code,
            ground.environment,
            hash_listing(clients, names),
            mark,
            marked,
        )

    def to_text(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> CommonGround:
        """Return what `to_text` wrote."""
        held = json.loads(text)
        return cls(**{**held, "names": tuple(held["names"])})

    def differences(self) -> list[str]:
        """Return what is not so on this machine, a phrase each."""
        found = [
            f"it has no folder {path}" for path in (self.root, self.clients, self.reports) if not Path(path).is_dir()
        ]
        if found:
            return found
        if not _has_mark(Path(self.reports) / self.mark, self.marked):
            found.append(f"its {self.reports} is another disk")
        own = CommonGround.here(Path(self.root), self.names, self.mark, self.marked)
        if own.files != self.files:
            found.append(f"the engagements' files in its {self.clients} are others")
        if own.code != self.code:
            found.append("the workbench's code or templates there are others")
        if own.environment != self.environment:
            found.append("its Python, installed packages, locale or time zone are others")
        return found

    def is_over(self) -> bool:
        """Return whether the batch has taken its mark away; a disk that does not answer says nothing."""
        try:
            return (Path(self.reports) / self.mark).read_text(encoding="utf-8") != self.marked
        except FileNotFoundError:
            return True
        except OSError:
            return False


@dataclass(frozen=True)
class Terms:
    """How one engagement is run.

    Attributes
    ----------
    fresh : bool
        Whether every notebook runs, also one whose chapter was made of the same before.
    limits : Limits
    remembered : mapping of notebook to Memory
        What each needed when it last ended well.
    """

    fresh: bool = False
    limits: Limits = field(default_factory=Limits)
    remembered: Mapping[str, Memory] = field(default_factory=dict)

    def to_text(self) -> str:
        """Return them as a line of JSON."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str) -> Terms:
        """Return what `to_text` wrote."""
        held = json.loads(text)
        remembered = {name: Memory(**one) for name, one in held["remembered"].items()}
        return cls(held["fresh"], Limits(**held["limits"]), remembered)


def hash_listing(clients: Path, names: Sequence[str]) -> str:
    """Return one SHA-256 over the names and sizes of engagements' files.

    Parameters
    ----------
    clients : Path
        Folder of all clients.
    names : sequence of str
    """
    import hashlib

    listed = [
        [name, path.relative_to(clients).as_posix(), path.stat().st_size]
        for name in sorted(names)
        for path in folder_files(clients / name)
    ]
    return hashlib.sha256(json.dumps(listed, ensure_ascii=False).encode()).hexdigest()


def _has_mark(path: Path, text: str) -> bool:
    for _ in range(MARK_TRIES):
        with suppress(OSError):
            if path.read_text(encoding="utf-8") == text:
                return True
        time.sleep(MARK_PAUSE)
    return False


def without_words(result: EngagementResult, reports: Path) -> dict[str, Any]:
    """Return a result that may travel, and the run whose folder holds its words.

    Parameters
    ----------
    result : EngagementResult
    reports : Path
        The folder of all reports; the words of a run that left no folder are kept there.
    """
    held = result
    if not held.is_done and not held.folder:
        with suppress(WorkbenchError, OSError):
            kept = keep_refused(
                held.engagement, reports, make_run_id(), held.message, cause=held.cause, seconds=held.seconds
            )
            held = replace(held, folder=str(kept))
    manifest = read_manifest(Path(held.folder)) if held.folder else None
    return {**held.to_json(with_words=False), "run": str(manifest["run"]) if manifest else ""}


def with_words(document: Mapping[str, Any], reports: Path) -> EngagementResult:
    """Return the result that `without_words` sent, with the words of its run's folder."""
    held = EngagementResult.from_json({name: value for name, value in document.items() if name != "run"})
    kind = "runs" if held.is_done else "failed"
    # the run's own folder first: what the link leads to may be remembered for a while by a network's disk
    manifest = read_manifest(reports / held.engagement / kind / str(document["run"])) or read_manifest(
        Path(held.folder or os.devnull)
    )
    if manifest is None or manifest["run"] != document["run"]:
        words = "It failed, and where it ran nothing could be written among the reports to say why."
        return held if held.is_done else replace(held, message=words)
    return replace(held, message=str(manifest.get("message", "")), answers=tuple(manifest.get("answers", ())))


# -- the process ------------------------------------------------------------------------------------------------------


class Lines:
    """Values written as lines of JSON, from several threads."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._lock = file, threading.Lock()

    def say(self, **values: Any) -> None:
        """Write one line."""
        with self._lock:
            print(json.dumps(values, ensure_ascii=False), file=self._file, flush=True)


def main() -> None:
    """Run what the first line describes and the others name, until nobody writes any more."""
    told, lines = _own_streams()
    first = json.loads(told.readline() or "{}")
    if not first:
        return
    ground = CommonGround.from_text(first["ground"])
    differences = ground.differences()
    lines.say(kind="ready", differences=differences)
    if differences:
        return
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_pass_on, args=(told, asked), daemon=True).start()
    with open_workers(first["jobs"], first["jobs"]) as workers, ThreadPoolExecutor(first["jobs"]) as threads:
        running: list[Future[None]] = []
        while line := _next_line(asked, running, ground):
            one = json.loads(line)
            running.append(threads.submit(_run_one, one["run"], one["terms"], ground, workers, lines))
        if not _is_idle(running):  # whoever asked is gone, and what was under way is run again elsewhere:
            workers.kernels.stop()
            os._exit(1)  # end as if killed, so that nothing of it appears


def _pass_on(told: TextIO, asked: queue.SimpleQueue[str]) -> None:
    for line in told:
        asked.put(line)
    asked.put("")


def _next_line(asked: queue.SimpleQueue[str], running: Sequence[Future[None]], ground: CommonGround) -> str:
    """Return what is asked next; empty where nobody asks any more."""
    idle = gone = 0.0
    while True:
        try:
            return asked.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            idle = idle + LOOK_SECONDS if _is_idle(running) else 0.0
            gone = gone + 1 if ground.is_over() else 0
            if idle >= IDLE_SECONDS or gone > 1:
                return ""


def _is_idle(running: Sequence[Future[None]]) -> bool:
    return all(future.done() for future in running)


def _run_one(name: str, terms: str, ground: CommonGround, workers: Workers, lines: Lines) -> None:
    held = Terms.from_text(terms)
    result = run_safely(
        name,
        held.fresh,
        Path(ground.root),
        partial(_tell, lines),
        workers,
        limits=held.limits,
        remembered=held.remembered,
    )
    lines.say(kind="result", engagement=name, result=without_words(result, Path(ground.reports)))


def _tell(lines: Lines, event: Event) -> None:
    """Pass an event on, without words that may be a client's."""
    if event.kind not in NOT_SENT:
        text = event.text if event.kind == "checked" else ""
        lines.say(kind="event", event=asdict(replace(event, text=text)))


def _own_streams() -> tuple[TextIO, Lines]:
    """Keep both pipes to ourselves: what a library prints, and a process that we start, must not reach them."""
    told = os.fdopen(os.dup(0), encoding="utf-8")
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return told, Lines(said)


if __name__ == "__main__":
    main()
