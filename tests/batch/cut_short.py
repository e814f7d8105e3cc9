"""Publications that are cut short before each of their steps on the disk, each in a process of its own.

Run as ``python -m tests.batch.cut_short FOLDER HOW KIND...``; prints for each kind how many steps there were, and what
was wrong. Python tells an audit hook of every file that it is about to open, make, move or remove: there the process is
killed, or finds the disk full from then on. `os.fsync` is no such event and is watched as well.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbench.batch.publish import appear, discard, keep_refused, open_staging
from workbench.batch.runs import KEEP_RUNS, MANIFEST_FORMAT, find_damage, hash_files, read_manifest, recover
from workbench.engagement.publications import published, published_contents
from workbench.readiness.ledger import Publication, record

STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.chmod", "os.utime", "os.fsync"}
KINDS = ("link", "noted", "only", "folder", "folder for a link", "stopped", "pruned")
"""Ways in which a run may appear: with what is noted of people; where links are missing, or are now; and so on."""


def publish(reports: Path, run: str, kind: str) -> None:
    """Publish a run as an engagement's run does once its notebooks have ended."""
    if kind == "stopped" and run == "b":
        keep_refused("acme", reports, run, "Its files have faults.", cause="data", seconds=1.0)
        return
    staging = open_staging("acme", reports, run)
    try:
        (staging.result / "report.html").write_text(run * 9000, encoding="utf-8")
        (staging.result / "notebooks" / "40.ipynb").write_text(run, encoding="utf-8")
        manifest = {"format": MANIFEST_FORMAT, "run": run, "finished": "2026-11-22T03:04"}
        text = json.dumps({**manifest, "files": hash_files(staging.result)})
        (staging.result / "manifest.json").write_text(text, encoding="utf-8")
        notes = [record(Publication("", "", run, {}, {}), ["a", "b"]).encode()] if kind == "noted" else []
        with published(staging.home, notes, run=run):
            appear(staging, "only-readiness" if kind == "only" else "latest")
    except BaseException:
        discard(staging)
        raise


def have_no_links() -> None:
    """Make this a system without links to folders."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    Path.symlink_to = refuse  # type: ignore[method-assign,assignment]


def cut(at: int, how: str, within: Path) -> None:
    """Kill this process before the step of a number, or let the disk be full from there on."""
    inside, count, plain = os.fspath(within), 0, os.fsync

    def hear(event: str, given: tuple[Any, ...]) -> None:
        nonlocal count
        paths = [os.fspath(one) for one in given if isinstance(one, str | Path)]
        if event not in STEPS or not any(path.startswith(inside) for path in paths):
            return
        count += 1
        if count >= at and how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        flags = given[2] if event == "open" and isinstance(given[2], int) else 0
        if count >= at and (event in ("os.mkdir", "os.symlink", "os.fsync") or flags & (os.O_WRONLY | os.O_RDWR)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), inside)

    def fsync(descriptor: int) -> None:
        hear("os.fsync", (inside,))
        plain(descriptor)

    os.fsync = fsync
    sys.addaudithook(hear)


def in_a_child(work: Callable[[], None]) -> int:
    """Return how a process ended that did something: 0, 2 for a full disk, or minus a signal."""
    with warnings.catch_warnings():  # a library of numbers has threads, and the child calls none of it
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except OSError as error:
            code = 2 if error.errno == errno.ENOSPC else 3
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def torn(home: Path, pointer: str, may_be: str) -> list[str]:
    """Return which runs are not whole, and the pointer if it does not lead to one that it may lead to."""
    shown = read_manifest(home / pointer) or {"run": "nothing"}
    wrong = [] if str(shown["run"]) in may_be.split() else [f"{pointer} leads to {shown['run']}"]
    folders = [home / pointer, *home.glob("runs/*"), *home.glob("failed/*")]
    return wrong + [
        f"{folder.relative_to(home)} is torn: {damage}" for folder in folders if (damage := find_damage(folder))
    ]


def after(reports: Path, kind: str, how: str, at: int) -> tuple[bool, list[str]]:
    """Return whether a publication had a step of this number to be cut short at, and what was wrong then and later."""
    os.environ[KEEP_RUNS] = "1" if kind == "pruned" else ""
    home, pointer = reports / "acme", "only-readiness" if kind == "only" else "latest"
    kept, wrong = reports.with_name("kept"), []

    def run(name: str, *before: Callable[[], None]) -> int:
        return in_a_child(lambda: ([do() for do in before], publish(reports, name, kind))[1])

    system = [have_no_links] if kind.startswith("folder") else []
    shutil.rmtree(reports, ignore_errors=True)
    if at == 1:
        shutil.rmtree(kept, ignore_errors=True)
        if run("a", *(system if kind == "folder" else [])):
            wrong.append("the run before failed")
        shutil.copytree(reports, kept, symlinks=True)
    else:
        shutil.copytree(kept, reports, symlinks=True)
    code = run("b", *system, lambda: cut(at, how, reports))
    if code not in (0, -signal.SIGKILL if how == "kill" else 2):
        wrong.append(f"it ended with {code}")
    if system:  # between two renames there is none: whoever comes next finishes
        in_a_child(lambda: ([do() for do in system], recover(home))[1])
    wrong += torn(home, pointer, "a b")
    if run("c", *system):
        wrong.append("the next run failed")
    wrong += torn(home, pointer, "c")
    runs = {path.name for path in home.glob("runs/*")} | ({"c"} if system else set())
    if not ({"c"} if kind == "pruned" else {"a", "c"}) <= runs <= {"a", "b", "c"} or (
        kind == "pruned" and len(runs) > 1
    ):
        wrong.append(f"there are the runs {sorted(runs)}")
    if kind == "noted" and len(published_contents("acme", reports.parent)) != len(runs):
        wrong.append(f"of the runs {sorted(runs)} {len(published_contents('acme', reports.parent))} bind later ones")
    known = {pointer, "runs", "failed" if kind == "stopped" else "runs", "publications" if kind == "noted" else "runs"}
    left = {path.name for path in home.iterdir()} - known
    left |= {path.name for path in home.glob("publications/**/.*")}
    return code in (-signal.SIGKILL, 2), wrong + ([f"left are {sorted(left)}"] if left else [])


def main() -> None:
    """Cut publications short at each of their steps."""
    folder, how = Path(sys.argv[1]), sys.argv[2]
    os.environ["WORKBENCH_REPORTS"] = str(folder / "reports")
    found = {}
    for kind in sys.argv[3:] or KINDS:
        steps, wrong, is_cut = 0, [], True
        while is_cut:
            is_cut, faults = after(folder / "reports", kind, how, steps + 1)
            wrong += [f"before step {steps + 1}: {fault}" for fault in faults]
            steps += is_cut
        found[kind] = {"steps": steps, "wrong": wrong}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
