"""Kills at random moments: of the batch, its forking parent, a kernel, a process that checks or draws.

Small engagements, real processes. Several batches in a row are hit, then one is let go to its end: that one must find
nothing in its way and leave nothing behind. Beside it all, a reader opens every report again and again.
``python -m bench.kills NUMBER SEED`` takes another number of kills and says what was wrong.
"""

from __future__ import annotations

import collections
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from bench.table import bench_row
from tests.batch.conftest import make_root
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.runs import find_damage, read_manifest

KILLS, SEED = 1000, 6
CLIENTS = ("acme", "borealis", "cobalt")
IN_A_ROW = 4
"""Batches that are hit before one is let go to its end."""
MOST_SECONDS = 300.0
"""For a batch that nobody hits, on a busy machine."""
KINDS = ("batch", "parent", "kernel", "worker")


class Night:
    """A workbench of three clients, its batches, and what was found wrong.

    Parameters
    ----------
    home : Path
        An empty folder with a short path.
    """

    def __init__(self, home: Path) -> None:
        self.root = make_root(home / "w", *CLIENTS)
        for path in (self.root / "notebooks").glob("*.ipynb"):  # these look at the client's files
            text = path.read_text(encoding="utf-8").replace('\\"0\\" * 64', "load_engagement(engagement).data_hash")
            head = "from workbench.engagement.load import load_engagement\\nfrom workbench.findings import"
            path.write_text(text.replace("from workbench.findings import", head), encoding="utf-8")
        self.temporary = home / "t"
        self.temporary.mkdir()
        self.reports = self.root / "reports"
        self.wrong: collections.Counter[str] = collections.Counter()
        self.hit: collections.Counter[str] = collections.Counter()
        self.read = 0
        self.seen: set[int] = set()
        self.usual = 1.0
        self._over = threading.Event()

    def begin(self) -> psutil.Popen:
        """Start a batch."""
        kept = ("PATH", "HOME", "LANG", "PYTHONPATH", "OPENBLAS_NUM_THREADS")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {"WORKBENCH_HOME": str(self.root), "TMPDIR": str(self.temporary)}
        return psutil.Popen(
            [sys.executable, "-m", "workbench", "batch", "--all", "--jobs", "2"],
            env=environment,
            cwd=self.root,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def family(self, batch: psutil.Popen) -> dict[str, list[psutil.Process]]:
        """Return the processes of a batch by what they do."""
        found: dict[str, list[psutil.Process]] = {"batch": [batch], "parent": [], "kernel": [], "worker": []}
        parents = set()
        try:
            for one in batch.children(recursive=True):
                words = " ".join(one.cmdline())
                if "warm.zygote" in words and one.ppid() == batch.pid:
                    found["parent"].append(one)
                    parents.add(one.pid)
                elif "spawn_main" in words:
                    found["worker"].append(one)
                elif one.ppid() in parents or "ipykernel_launcher" in words:
                    found["kernel"].append(one)
        except psutil.Error:
            pass
        self.seen |= {one.pid for held in found.values() for one in held}
        return found

    def watch(self) -> None:
        """Open every report again and again; one that was there once never goes, and is always whole."""
        there = set()
        while not self._over.wait(0.05):
            for name in CLIENTS:
                link = self.reports / name / "latest"
                if not link.is_symlink():
                    self.wrong["a report was gone"] += name in there
                    continue
                there.add(name)
                damage = find_damage(link.resolve())
                self.wrong["a reader saw a torn report"] += bool(damage)
                self.read += 1

    def end(self) -> None:
        """Read no more."""
        self._over.set()

    def strike(self, dice: random.Random) -> None:
        """Change what one client is asked, begin a batch and kill somebody at a random moment of it."""
        self.change(dice.choice(CLIENTS), dice.randrange(1, 10**6))
        batch = self.begin()
        kind, moment = dice.choice(KINDS), time.monotonic() + dice.uniform(0.0, self.usual)
        while batch.poll() is None:
            held = self.family(batch)[kind]
            if time.monotonic() >= moment and held:
                try:
                    dice.choice(held).kill()
                except psutil.Error:
                    continue
                self.hit[kind] += 1
                break
            time.sleep(0.01)
        self.finish(batch, is_hit=True)
        self.look()

    def change(self, client: str, number: int) -> None:
        """Change a client's file, so that there is something to do."""
        path = self.root / "client_data" / client / "engagement.yaml"
        path.write_text(f"name: {client.title()} {number}\nas_of: 2026-09-30\n", encoding="utf-8")

    def finish(self, batch: psutil.Popen, *, is_hit: bool) -> None:
        """Wait for a batch to end; one that was not hit must end well."""
        start = time.monotonic()
        try:
            _, said = batch.communicate(timeout=MOST_SECONDS)
        except subprocess.TimeoutExpired:
            self.wrong["a batch did not end"] += 1
            batch.kill()
            _, said = batch.communicate()
        if b"Another batch is running" in said:
            self.wrong["a stale lock"] += 1
        if not is_hit:
            self.usual = time.monotonic() - start
            if batch.returncode:
                self.wrong["a batch after kills failed"] += 1
                sys.stderr.write(said.decode()[-1500:])

    def look(self) -> None:
        """Look for torn files of every run there is."""
        for run in [*self.reports.glob("*/runs/*"), *self.reports.glob("*/failed/*")]:
            if run.is_dir() and find_damage(run):
                self.wrong["a run is torn"] += 1
                sys.stderr.write(f"{run}: {find_damage(run)}\n")

    def settle(self) -> None:
        """Let a batch go to its end: it must publish what is to do and leave nothing behind."""
        batch = self.begin()
        while batch.poll() is None:
            self.family(batch)
            time.sleep(0.05)
        self.finish(batch, is_hit=False)
        self.look()
        end = time.monotonic() + 60.0  # a parent ends a moment after its owner
        while (alive := [pid for pid in self.seen if _is_alive(pid)]) and time.monotonic() < end:
            time.sleep(0.05)
        self.wrong["a process was left"] += len(alive)
        self.seen.clear()
        known = {"latest", "runs", "failed", "publications", ".cache"}
        left = [path for name in CLIENTS for path in (self.reports / name).iterdir() if path.name not in known]
        left += [*self.reports.glob("*/.cache/*/.part-*"), *self.reports.glob("*/publications/.*.part")]
        left += [*self.temporary.iterdir(), *self.reports.glob("*.part")]
        if left:
            sys.stderr.write(f"left: {[str(path.relative_to(self.root.parent)) for path in left]}\n")
            self.wrong["a file was left"] += len(left)
            for path in self.temporary.iterdir():  # each is counted once
                path.rename(self.root.parent / f"seen-{time.monotonic_ns()}")
        for name in CLIENTS:
            shown = read_manifest(self.reports / name / "latest")
            if shown is None or shown["status"] != "done":
                self.wrong["an engagement was lost"] += 1
        with Ledger(self.reports / LEDGER) as ledger:
            last = ledger.last_batch()
        if last is None or not last["finished"] or {one["status"] for one in last["results"]} - {"done", "unchanged"}:
            self.wrong["the ledger lost a batch"] += 1


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def kill(kills: int, seed: int) -> Night:
    """Kill so often, and return what came of it."""
    dice = random.Random(seed)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        night = Night(Path(folder))
        night.settle()
        reader = threading.Thread(target=night.watch)
        reader.start()
        try:
            while sum(night.hit.values()) < kills:
                for _ in range(IN_A_ROW):
                    night.strike(dice)
                night.settle()
        finally:
            night.end()
            reader.join()
    return night


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    start = time.perf_counter()
    night = kill(KILLS, SEED)
    seconds = time.perf_counter() - start
    count = sum(night.hit.values())
    against = ", ".join(f"{kind} {night.hit[kind]}" for kind in KINDS)
    faults = (
        ("torn files", ("a run is torn", "a reader saw a torn report")),
        ("lost engagements", ("an engagement was lost", "a report was gone", "the ledger lost a batch")),
        ("stale locks", ("a stale lock",)),
        ("batches that hung, or failed after kills", ("a batch did not end", "a batch after kills failed")),
        ("processes left", ("a process was left",)),
        ("folders, sockets and temporary files left", ("a file was left",)),
    )
    found = [bench_row("kills at random moments", count, "kills", against=f"{against}; {seconds:.0f} s")]
    for name, kinds in faults:
        found.append(bench_row(f"{name} after them", sum(night.wrong[kind] for kind in kinds), "", most=0))
    return [*found, bench_row("reports read meanwhile", night.read, "reports")]


if __name__ == "__main__":
    held = kill(int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.write(json.dumps({"hit": held.hit, "wrong": +held.wrong, "read": held.read}) + "\n")
