"""Kills at random moments: of the batch, of the parent that its kernels are forked from, of kernels, of workers.

Real is everything but the size of the work: the command ``workbench batch`` in processes of its own, with its ledger,
cache, staging, guard of publications, warm parent, provisioner, papermill, processes that check and draw, and retries.
The signal is SIGKILL. Small are the clients: the readiness files of the smallest sample, in two notebooks instead of
four. The first loads and checks them and makes a chapter with two charts, of the package's own assessment for one
client, guarded and remembered as ever, and of counted answers for the others; the second sums it up as the master does.
Each puts a temporary file aside, as libraries do. A report is a page, a workbook and six drawings instead of sixty.

Several workbenches are hit side by side. In each, four to six batches in a row are killed, each at a moment drawn
evenly over the time that such a batch was measured to take; up to two other processes before. Then all clients change,
and a batch has to go to its end although its kernels, its forking parents and its workers are killed over and over: at
moments of a Poisson process, who lives then; where nobody of the kind lives, the next one that comes, some time later.
It has to publish what is to do (but a notebook whose kernel was killed three times, which the next one does), finish
what was cut short before it, and leave no process, socket or temporary file: a folder whose owner was killed before it
had locked it may stay until the sweep of a later run, so that is waited for and run. A batch that does not end is a
fault, told with the stacks of its threads. Beside it all a reader opens the reports and the ledger again and again.

``python -m bench.kills NUMBER SEED [MINUTES]`` takes another number of kills, or stops before, and says what was wrong.
"""

from __future__ import annotations

import collections
import hashlib
import json
import math
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from bench.table import bench_row
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.runs import find_damage, read_manifest
from workbench.engagement.locks import OWNER, has_no_owner
from workbench.engagement.scratch import UNFINISHED_SECONDS, sweep_scratch

KILLS, SEED = 1000, 6
HOMES = 2
"""Workbenches that are hit side by side."""
CLIENTS = ("acme", "borealis", "cobalt", "delphi", "esker", "fathom", "garnet", "hollow")
ASSESSED = "acme"
FEW = 2
"""Clients that change before a batch that is killed."""
IN_A_ROW = (4, 5, 6)
"""Batches that are killed before one has to go to its end."""
MOST = {"kernel": 12, "worker": 4, "parent": 2}
"""Kills in one batch that has to go to its end: of a third parent's kernels none would be forked any more."""
EACH = 24
"""Kills that are spread over the measured time of such a batch; the kinds as `MOST` has them."""
MOST_SECONDS = 600.0
"""For a batch after it was hit last, on a busy machine."""
LAST_WORDS_SECONDS = 20.0
"""For a batch that hangs, to write the stacks of its threads."""
READ_SECONDS = 0.2
"""Between two looks of a reader."""
SAMPLE = Path(__file__).parent.parent / "client_data" / "alder-retail"
TABLES = ("lines", "memberships", "population", "products", "survey", "waves")
SETTINGS = """\
name: {name}
as_of: '2026-08-31'
sources:
  products: {{encoding: cp1252}}
  lines: {{encoding: cp1252}}
  memberships: {{date_order: day-month-year, decimal: ',', encoding: cp1252}}
  survey: {{encoding: cp1252}}
  population: {{encoding: cp1252}}
  waves: {{date_order: day-month-year}}
"""
PARAMETERS = 'engagement = "harbour-mutual"  # whose\noutput_dir = ""  # where the chapter goes'
ASIDE = "import tempfile\naside = tempfile.NamedTemporaryFile(prefix='put-aside-')\naside.write(bytes(9000))"
ASSESS = """\
from workbench import claims_exhibit, classes_exhibit
result = readiness.assess(study.readiness)
chapter = new_chapter("readiness", study, result).add(classes_exhibit(result)).add(claims_exhibit(result))"""
COUNT = """\
from workbench.findings import Finding, Findings
from workbench.report.charts import bar_ranked
from workbench.report.exhibit import Exhibit
from workbench.report.story import Chapter
sheets = study.readiness.answers[-1].sheets
said = Findings((Finding(f"{len(sheets)} people answered."),))
chapter = Chapter("readiness", "Readiness", "Who answered?", engagement, study.data_hash, said)
for kind in ("role", "product_line"):
    counts = sheets[kind].value_counts().sort_index()
    rows = {kind: list(counts.index), "people": [int(number) for number in counts]}
    words = {"unit": "people", "subtitle": "Everybody who answered.", "source": "survey.csv"}
    chart = bar_ranked(rows, label=kind, value="people", claim=f"{counts.index[0]} comes first.", **words)
    chapter = chapter.add(Exhibit(kind.replace("_", "-"), chart))"""
CELLS = {
    "10_readiness": (
        f"{PARAMETERS}\nconfidence = None  # coverage\nsure = None  # of gates\ntarget = None  # level",
        "from workbench import load_engagement, new_chapter, readiness, save_chapter",
        ASIDE,
        "study = load_engagement(engagement)",
        f"if engagement == {ASSESSED!r}:\n{textwrap.indent(ASSESS, '    ')}\nelse:\n{textwrap.indent(COUNT, '    ')}",
        "save_chapter(chapter, output_dir)",
    ),
    "40_summary": (
        PARAMETERS,
        "from workbench import answers_exhibit, load_engagement, new_chapter, read_summary, save_chapter",
        ASIDE,
        "study = load_engagement(engagement)\nsummary = read_summary(study, output_dir)",
        "chapter = new_chapter('summary', study, summary).add(answers_exhibit(summary))\nchapter.headline",
        "save_chapter(chapter, output_dir)",
    ),
}


@dataclass(frozen=True)
class Kill:
    """Who was killed, and when.

    Attributes
    ----------
    kind : str
        ``batch``, ``parent``, ``kernel`` or ``worker``.
    seconds : float
        Since the batch had begun.
    share : float
        Of the time that such a batch was measured to take.
    age : float
        Of the process. Unit: seconds.
    word : str
        What the batch had told last.
    """

    kind: str
    seconds: float
    share: float
    age: float
    word: str


@dataclass
class Count:
    """What all workbenches have seen; thread-safe where it is added to."""

    wanted: int
    until: float = math.inf
    kills: list[Kill] = field(default_factory=list)
    wrong: collections.Counter[str] = field(default_factory=collections.Counter)
    read: int = 0
    asked: int = 0
    lives: list[float] = field(default_factory=list)
    batches: int = 0
    stopped: int = 0
    swept: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_done(self) -> bool:
        """Return whether there were enough kills, or no time is left."""
        return len(self.kills) >= self.wanted or time.monotonic() > self.until

    def add(self, kill: Kill) -> None:
        """Note a kill."""
        with self._lock:
            self.kills.append(kill)

    def complain(self, what: str, words: object, number: int = 1) -> None:
        """Note what is wrong."""
        with self._lock:
            self.wrong[what] += number
        sys.stderr.write(f"WRONG: {what}: {words}\n")

    def look(self, *, reports: int = 0, ledgers: int = 0, swept: int = 0) -> None:
        """Note what a reader has opened, and how many folders were left to a later sweep."""
        with self._lock:
            self.read += reports
            self.asked += ledgers
            self.swept += swept


class Batch:
    """A batch in processes of its own.

    Parameters
    ----------
    root : Path
        The workbench.
    temporary : Path
        Of its temporary files; by this name its processes are found.
    told : Path
        Where its words go.
    """

    def __init__(self, root: Path, temporary: Path, told: Path) -> None:
        kept = ("PATH", "HOME", "LANG", "PYTHONPATH", "OPENBLAS_NUM_THREADS")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {"TMPDIR": str(temporary), "WORKBENCH_KEEP_RUNS": "3"}
        self.told, self.start = told, time.monotonic()
        self.touched = self.start
        with told.open("wb") as out, told.with_suffix(".err").open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", "-m", "workbench", "batch", "--all", "--jobs", "2", "--json"],
                env=environment,
                cwd=root,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def seconds(self) -> float:
        """How long it runs already."""
        return time.monotonic() - self.start

    def is_over(self) -> bool:
        """Return whether it has ended."""
        return self.process.poll() is not None

    def is_late(self) -> bool:
        """Return whether it should have ended long ago."""
        return time.monotonic() - self.touched > MOST_SECONDS

    def is_watched(self) -> bool:
        """Return whether it is still worth waiting for something in it."""
        return not self.is_over() and not self.is_late()

    def end_hanging(self) -> str:
        """End a batch that hangs, and return what all its processes were doing.

        Those that were started with a fault handler write the stacks of their threads when they are aborted.
        """
        family = [self.process.pid, *_descendants_of(self.process.pid)]
        found = [f"{pid} {_command_of(pid)[:150]}: {_place_of(pid)}" for pid in family]
        os.kill(self.process.pid, signal.SIGSTOP)  # that its workers end now must not move it
        for pid in family[1:]:
            if "spawn_main" in _command_of(pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGABRT)
        for number in (signal.SIGABRT, signal.SIGCONT):
            os.kill(self.process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(LAST_WORDS_SECONDS)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        return "\n".join([*found, self.errors()])

    def errors(self) -> str:
        """Return what it and its workers have written to standard error."""
        return self.told.with_suffix(".err").read_text(encoding="utf-8", errors="replace")

    def words(self) -> list[dict[str, Any]]:
        """Return what it has told so far; its last line may be half written where it was killed."""
        found = []
        for line in self.told.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return found

    def family(self, kind: str) -> list[int]:
        """Return its processes of a kind, as procfs knows them at this moment."""
        if kind == "batch":
            return [self.process.pid]
        parents, workers, kernels = [], [], []
        for pid in _children_of(self.process.pid):
            words = _command_of(pid)
            if "workbench.batch.warm.zygote" in words:
                parents.append(pid)
                kernels += [child for child in _children_of(pid) if "workbench.batch.warm.zygote" in _command_of(child)]
            elif "spawn_main" in words:
                workers.append(pid)
            elif "ipykernel_launcher" in words:
                kernels.append(pid)
        return {"parent": parents, "worker": workers, "kernel": kernels}[kind]


class Night:
    """A workbench, its batches, and what was found wrong.

    Parameters
    ----------
    home : Path
        An empty folder with a short path.
    dice : random.Random
    count : Count
    clients : sequence of str
    """

    def __init__(self, home: Path, dice: random.Random, count: Count, clients: Sequence[str] = CLIENTS) -> None:
        self.dice, self.count, self.clients = dice, count, clients
        self.root, self.temporary = home / "w", home / "t"
        self.reports = self.root / "reports"
        self.temporary.mkdir(parents=True)
        shutil.copytree(SAMPLE.parent.parent / "templates", self.root / "templates")
        (self.root / "notebooks").mkdir()
        for name, cells in CELLS.items():
            made = new_notebook(cells=[new_code_cell(text, id=f"c{place}") for place, text in enumerate(cells)])
            made.cells[0].metadata["tags"] = ["parameters"]
            nbformat.write(made, self.root / "notebooks" / f"{name}.ipynb")
        for client in clients:
            folder = self.root / "client_data" / client
            folder.mkdir(parents=True)
            for table in TABLES:
                shutil.copy(SAMPLE / f"{table}.csv", folder)
            self.change(client)
        self.few, self.all = 1.0, 1.0
        self.ledgers = 0
        self._over = threading.Event()

    def change(self, *clients: str) -> None:
        """Change some clients' files, so that there is something to do."""
        for client in clients:
            path = self.root / "client_data" / client / "engagement.yaml"
            text = SETTINGS.format(name=f"{client.title()} {self.dice.randrange(10**9)}")
            path.with_name(".new").write_text(text, encoding="utf-8")
            path.with_name(".new").replace(path)

    def begin(self) -> Batch:
        """Start a batch."""
        self.count.batches += 1
        return Batch(self.root, self.temporary, self.temporary.with_name("told"))

    # -- hitting ------------------------------------------------------------------------------------------------------

    def doom(self) -> None:
        """Kill a batch somewhere in its life, and up to two others before."""
        self.change(*self.dice.sample(self.clients, min(FEW, len(self.clients))))
        moment = self.dice.uniform(0.0, self.few)
        others = [
            (self.dice.uniform(0.0, moment), self.dice.choice(tuple(MOST))) for _ in range(self.dice.randrange(3))
        ]
        batch = self.begin()
        for when, kind in [*sorted(others), (moment, "batch")]:
            self._hit(batch, kind, when, self.few)
        self.finish(batch, hits={"batch": 1})
        self.look()

    def press(self) -> None:
        """Kill the kernels, parents and workers of a batch that has to go to its end."""
        self.change(*self.clients)
        batch, hits, when = self.begin(), collections.Counter[str](), 0.0
        kinds = list(MOST)
        while batch.is_watched():
            when = max(when, batch.seconds) + self.dice.expovariate(EACH / self.all)
            may = [kind for kind in kinds if hits[kind] < MOST[kind]]
            if not may or self.count.is_done():
                break
            kind = self.dice.choices(may, [MOST[kind] for kind in may])[0]
            hits[kind] += self._hit(batch, kind, when, self.all)
        self.finish(batch, hits=hits)
        self.check_end()

    def settle(self) -> None:
        """Let batches go to their end unhit, to know how long they take; everything must be there then."""
        for number, name in ((len(self.clients), "all"), (FEW, "few")):
            self.change(*self.dice.sample(self.clients, min(number, len(self.clients))))
            batch = self.begin()
            setattr(self, name, self.finish(batch, hits={}))
            self.count.lives.append(getattr(self, name))
            self.check_end()
            self.check_published()

    def _hit(self, batch: Batch, kind: str, when: float, usual: float) -> bool:
        """Kill a process of a batch at a moment; where none of the kind lives then, one that comes later."""
        while batch.is_watched() and batch.seconds < when:
            time.sleep(max(0.0, min(0.05, when - batch.seconds)))
        found = batch.family(kind)
        while not found and batch.is_watched():
            time.sleep(0.02)
            found = batch.family(kind)
            if found:  # not always a new-born one
                time.sleep(self.dice.expovariate(1 / 0.7))
                found = batch.family(kind)
        if not found or not batch.is_watched():
            return False
        pid = self.dice.choice(found)
        age, told = _age_of(pid), batch.words()
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        batch.touched = time.monotonic()
        word = str(told[-1]["kind"]) if told else "nothing yet"
        self.count.add(Kill(kind, batch.seconds, batch.seconds / usual, age, word))
        return True

    # -- looking ------------------------------------------------------------------------------------------------------

    def finish(self, batch: Batch, *, hits: dict[str, int]) -> float:
        """Wait for a batch to end, look how it did, and return how long it took."""
        count = self.count
        is_hanging = False
        try:
            batch.process.wait(max(1.0, batch.touched + MOST_SECONDS - time.monotonic()))
        except subprocess.TimeoutExpired:
            is_hanging = True
            count.complain("a batch did not end", f"{batch.words()[-1:]}\n{batch.end_hanging()}")
        seconds, told, errors = batch.seconds, batch.words(), batch.errors()
        if "Another batch is running" in errors:
            count.complain("a stale lock", errors)
        is_killed = batch.process.returncode == -signal.SIGKILL and "batch" in hits
        if not is_killed and not is_hanging:
            self._check_result(told[-1] if told else {}, batch.process.returncode, errors, hits)
        end = time.monotonic() + 60.0  # a parent ends a moment after its owner
        while (alive := _processes_with(self.temporary)) and time.monotonic() < end:
            time.sleep(0.1)
        if alive:
            count.complain("a process was left", [_command_of(pid) for pid in alive], len(alive))
            for pid in alive:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._check_ledger(told[-1] if told and not is_killed and not is_hanging else None)
        return seconds

    def _check_result(self, said: dict[str, Any], code: int, errors: str, hits: dict[str, int]) -> None:
        """Complain of a batch that failed for more than it was hit by: a notebook may lose three kernels."""
        if said.get("kind") != "ended" or code not in (0, 1) or said["trouble"]:
            self.count.complain(
                "a batch failed", f"{code} {errors[-2000:]}"
            )  # a killed worker's fellows write there too
            return
        failed = [one for one in said["engagements"] if one["status"] not in ("done", "unchanged")]
        self.count.stopped += len(failed)
        causes = collections.Counter(one["cause"] for one in failed)
        most = {"kernel_died": hits.get("kernel", 0) // 3, "kernel_start": hits.get("kernel", 0) // 3}
        most["worker"] = len(self.clients) * (hits.get("worker", 0) // 3)
        if any(number > most.get(cause, 0) for cause, number in causes.items()):
            self.count.complain("a batch failed", f"{hits} {[(one['cause'], one['message']) for one in failed]}")

    def _check_ledger(self, said: dict[str, Any] | None) -> None:
        """Complain of a ledger that is damaged, has lost a batch, or does not know the last one."""
        path = self.reports / LEDGER
        if not path.exists():
            return
        with closing(sqlite3.connect(path, timeout=30.0)) as base:
            if base.execute("PRAGMA quick_check").fetchone()[0] != "ok":
                self.count.complain("the ledger is damaged", path)
        with Ledger(path, is_read=True) as ledger:
            batches = ledger.batches()
        if len(batches) < self.ledgers or list(self.reports.glob("*.damaged")):
            self.count.complain("the ledger lost a batch", f"{len(batches)} of {self.ledgers}")
        self.ledgers = len(batches)
        if said is not None:
            last = batches[-1] if batches else {"finished": "", "results": []}
            wanted = {one["engagement"]: one["status"] for one in said["engagements"]}
            if not last["finished"] or {one["engagement"]: one["status"] for one in last["results"]} != wanted:
                self.count.complain("the ledger lost a batch", last)

    def look(self) -> None:
        """Look for torn files of every run there is."""
        for run in [*self.reports.glob("*/runs/*"), *self.reports.glob("*/failed/*")]:
            if run.is_dir() and find_damage(run):
                self.count.complain("a run is torn", f"{run}: {find_damage(run)}")

    def check_end(self) -> None:
        """Look for what a batch that went to its end has left of itself and of those before."""
        self.look()
        known = {"latest", "runs", "failed", "publications", "inputs", ".cache"}
        homes = [self.reports / name for name in self.clients if (self.reports / name).is_dir()]
        left = [path for home in homes for path in home.iterdir() if path.name not in known]
        left += [*self.reports.glob("*/.cache/**/.part-*"), *self.reports.glob("**/*.part")]
        young = [path for path in self.temporary.iterdir() if _may_be_taken_later(path)]
        left += [*self.reports.glob("*/*/**/.*.part"), *(set(self.temporary.iterdir()) - set(young))]
        left += self._after_sweep(young)
        if left:
            shown = [str(path.relative_to(self.root.parent)) for path in left]
            self.count.complain("a file was left", shown, len(left))
            for path in self.temporary.iterdir():  # each is counted once
                path.rename(self.root.parent / f"seen-{time.monotonic_ns()}")

    def _after_sweep(self, young: Sequence[Path]) -> list[Path]:
        """Return which folders are left when they are old enough and a next run would have swept."""
        while any(time.time() - _changed(path) <= UNFINISHED_SECONDS for path in young):
            time.sleep(0.5)
        if young:
            self.count.look(swept=len(young))
            sweep_scratch(self.temporary)
        return [path for path in young if path.exists()]

    def check_published(self) -> None:
        """Look whether every client's report is there, and made of what its files are now."""
        for name in self.clients:
            shown = read_manifest(self.reports / name / "latest")
            held = {one["path"]: one["sha256"] for one in shown["inputs"]} if shown else {}
            now = hashlib.sha256((self.root / "client_data" / name / "engagement.yaml").read_bytes()).hexdigest()
            if held.get("engagement.yaml") != now:
                self.count.complain("an engagement was lost", name)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Open reports again and again meanwhile: one that was there never goes or grows old, and is always whole."""
        reader = threading.Thread(target=self._read)
        reader.start()
        try:
            yield
        finally:
            self._over.set()
            reader.join()

    def _read(self) -> None:
        there: dict[str, str] = {}
        turn = 0
        while not self._over.wait(READ_SECONDS):
            name, turn = self.clients[turn % len(self.clients)], turn + 1
            link = self.reports / name / "latest"
            if not link.is_symlink():
                if name in there:
                    self.count.complain("a report was gone", name)
                continue
            run = link.resolve()
            damage = find_damage(run)
            if damage:
                self.count.complain("a reader saw a torn report", f"{run} {damage}")
            if run.name < there.get(name, ""):
                self.count.complain("a report went back", f"{there[name]} to {run.name}")
            there[name] = run.name
            self.count.look(reports=1)
            if turn % len(self.clients) == 0 and (self.reports / LEDGER).exists():
                try:
                    with Ledger(self.reports / LEDGER, is_read=True) as ledger:
                        ledger.last_batch()
                except Exception as error:  # noqa: BLE001  (whatever a reader meets is told)
                    self.count.complain("the ledger could not be read", error)
                self.count.look(ledgers=1)


def _children_of(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(number) for number in path.read_text(encoding="ascii").split()]
    return found


def _descendants_of(pid: int) -> list[int]:
    return [one for child in _children_of(pid) for one in (child, *_descendants_of(child))]


def _place_of(pid: int) -> str:
    """Return where in the kernel each thread of a process is."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            name, place = ((task / file).read_text(encoding="utf-8").strip() for file in ("comm", "wchan"))
            found.append(f"{name} {place}")
    return ", ".join(found)


def _may_be_taken_later(path: Path) -> bool:
    """Return whether a folder's owner was killed before it had locked it: a sweep takes it when it is old enough."""
    try:
        held = list(path.iterdir())
    except OSError:
        return False
    is_empty = not held or (held == [path / OWNER] and not held[0].stat().st_size)
    return is_empty and has_no_owner(path) is None


def _changed(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _age_of(pid: int) -> float:
    try:
        began = int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
    except (OSError, ValueError):
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK"))


def _processes_with(temporary: Path) -> list[int]:
    """Return the processes that were started with a folder for temporary files, zombies left out."""
    mark, found = f"TMPDIR={temporary}\0".encode(), []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if mark in Path(entry.path, "environ").read_bytes() + b"\0":
                    found.append(int(entry.name))
    return found


def kill(
    kills: int, seed: int, homes: int = HOMES, clients: Sequence[str] = CLIENTS, minutes: float = math.inf
) -> Count:
    """Kill so often, and return what came of it."""
    count = Count(kills, time.monotonic() + 60 * minutes)
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        nights = [
            Night(Path(folder) / f"h{number}", random.Random(f"{seed} {number}"), count, clients)  # noqa: S311
            for number in range(homes)
        ]
        threads = [threading.Thread(target=_hit_again_and_again, args=(night,)) for night in nights]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return count


def _hit_again_and_again(night: Night) -> None:
    """Hit a workbench until there were enough kills."""
    count, turn = night.count, 0
    try:
        night.settle()
        with night.reading():
            while not count.is_done():
                for _ in range(night.dice.choice(IN_A_ROW)):
                    night.doom()
                night.press()
                turn += 1
                if turn % 6 == 0 or count.is_done():
                    night.settle()
                hit = collections.Counter(one.kind for one in count.kills)
                sys.stderr.write(f"{len(count.kills)} kills {dict(hit)}, {count.read} reads, wrong: {+count.wrong}\n")
    except BaseException as error:
        count.complain("the bench itself stopped", repr(error))
        raise


def describe(count: Count) -> str:
    """Return who was killed how often and at what moments, in words."""
    told = []
    for kind in ("batch", *MOST):
        hits = [one for one in count.kills if one.kind == kind]
        if not hits:
            continue
        ages = sorted(one.age for one in hits)
        words = collections.Counter(one.word for one in hits)
        tenths = collections.Counter(min(9, int(10 * one.share)) for one in hits)
        told.append(
            f"{kind} {len(hits)} (age {ages[0]:.2f} to {ages[-1]:.1f} s, median {statistics.median(ages):.1f}; by "
            f"tenths of a batch's usual time {'/'.join(str(tenths[place]) for place in range(10))}; after the words "
            f"{', '.join(f'{word} {number}' for word, number in words.most_common())})"
        )
    return "; ".join(told)


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    start = time.perf_counter()
    count = kill(KILLS, SEED)
    return report(count, time.perf_counter() - start)


def report(count: Count, seconds: float) -> list[dict[str, Any]]:
    """Return what a count found, a row a measure."""
    faults = (
        ("torn files", ("a run is torn", "a reader saw a torn report")),
        ("lost engagements", ("an engagement was lost", "a report was gone", "a report went back")),
        (
            "batches or readings that the ledger lost",
            ("the ledger lost a batch", "the ledger is damaged", "the ledger could not be read"),
        ),
        ("stale locks", ("a stale lock",)),
        ("batches that hung, or failed for more than they were hit by", ("a batch did not end", "a batch failed")),
        ("processes left", ("a process was left",)),
        ("folders, sockets and temporary files left", ("a file was left",)),
    )
    where = f"{describe(count)}; {count.batches} batches, {HOMES} workbenches at a time, {seconds:.0f} s"
    found = [bench_row("kills at random moments", len(count.kills), "kills", against=where)]
    for name, kinds in faults:
        found.append(bench_row(f"{name} after them", sum(count.wrong[kind] for kind in kinds), "", most=0))
    others = set(count.wrong) - {kind for _, kinds in faults for kind in kinds}
    found.append(bench_row("anything else wrong", sum(count.wrong[kind] for kind in others), "", most=0))
    told = "young when the batch ended, swept a minute later"
    found.append(bench_row("folders whose owner was killed before it had locked them", count.swept, "", against=told))
    found.append(bench_row("engagements that lost three kernels or workers, run by the next batch", count.stopped, ""))
    asked = f"and the ledger {count.asked} times"
    return [*found, bench_row("reports read meanwhile, all whole", count.read, "reports", against=asked)]


if __name__ == "__main__":
    began = time.perf_counter()
    held = kill(int(sys.argv[1]), int(sys.argv[2]), minutes=float([*sys.argv, "inf"][3]))
    sys.stdout.write(json.dumps(report(held, time.perf_counter() - began), indent=1) + "\n")
