"""A night: what still holds is left alone, the rest runs, and every machine deals the same list alike."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.batch import night, workers
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.limits import Limits
from workbench.batch.night import merge_shards, open_ledger, run_batch
from workbench.batch.outlook import plan_batch
from workbench.batch.plan import hash_file
from workbench.batch.publish import MANIFEST_FORMAT, write_json
from workbench.batch.results import EngagementResult, Event, JobResult, Memory
from workbench.batch.shards import Shard, hash_list, take_shard
from workbench.batch.study import Study
from workbench.engagement.commentary import Comment
from workbench.engagement.tables import InputFile
from workbench.errors import ClientDataError, Fault, FolderError, UsageError


@pytest.fixture
def many(root: Path, monkeypatch: pytest.MonkeyPatch, study_of: Callable[[str], Study]) -> tuple[Path, set[str]]:
    """Give a workbench with three clients, read in threads; and the set of those whose files have faults."""
    for name in ("borealis", "cobalt"):
        shutil.copytree(root / "client_data" / "acme", root / "client_data" / name)
    faulty: set[str] = set()

    def prepare(name: str, root: Path | None = None) -> Study:
        if name in faulty:
            raise ClientDataError((Fault("survey.csv", "", "row 2", "a fault.", "none.", "Mend it."),))
        return study_of(name)

    monkeypatch.setattr("workbench.batch.study.prepare_study", prepare)
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    monkeypatch.setattr(night, "read_ground", lambda root: night.Ground("code", "environment"))
    monkeypatch.setattr("workbench.batch.run.read_ground", lambda root: night.Ground("code", "environment"))
    return root, faulty


def statuses(found: night.BatchResult) -> dict[str, str]:
    """Return how each engagement went."""
    return {held.engagement: held.status for held in found.engagements}


def test_the_second_night_runs_only_what_changed_or_failed(many: tuple[Path, set[str]]) -> None:
    """Unchanged ones keep their report and start nothing; a failed one is tried again; the ledger has it all."""
    root, faulty = many
    faulty.add("cobalt")
    first = run_batch(jobs=2)
    assert statuses(first) == {"acme": "done", "borealis": "done", "cobalt": "failed"}
    assert first.failed[0].cause == "data"
    assert (first.failed[0].n_faults, first.failed[0].first_fault) == (1, "survey.csv, row 2: a fault")
    manifest = json.loads((Path(first.failed[0].folder) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["key"], "a plan compares it"
    pages = {name: (root / "reports" / name / "latest").readlink() for name in ("acme", "borealis")}

    faulty.clear()
    (root / "client_data" / "borealis" / "rules.csv").write_text("rule,text\n", encoding="utf-8")
    events: list[Event] = []
    second = run_batch(jobs=2, on_event=events.append)
    assert statuses(second) == {"acme": "unchanged", "borealis": "done", "cobalt": "done"}
    assert second.exit_code == 0
    assert (root / "reports" / "acme" / "latest").readlink() == pages["acme"]
    assert (root / "reports" / "borealis" / "latest").readlink() != pages["borealis"]
    assert {event.engagement for event in events if event.kind in ("checked", "started")} == {"borealis", "cobalt"}
    (acme,) = second.unchanged
    assert acme.answers == tuple(
        json.loads((root / "reports" / "acme" / "latest" / "manifest.json").read_text(encoding="utf-8"))["answers"]
    )

    assert set(statuses(run_batch(jobs=2)).values()) == {"unchanged"}
    with Ledger(root / "reports" / LEDGER) as ledger:
        held = ledger.batches()
        assert [len(one["results"]) for one in held] == [3, 3, 3]
        assert all(one["finished"] for one in held)
        assert ledger.seconds_of("borealis") > 0
    assert set(statuses(run_batch(["acme"], fresh=True)).values()) == {"done"}


def test_a_changed_sentence_runs_no_notebook(
    root: Path,
    client: Path,
    monkeypatch: pytest.MonkeyPatch,
    many: tuple[Path, set[str]],
    study_of: Callable[[str], Study],
) -> None:
    """The plan says so, the ledger keeps it, the report has it; one about nothing publishes nothing and is told."""

    def prepare(name: str, root: Path | None = None) -> Study:
        path = client.parent / name / "commentary.csv"
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []
        comments = tuple(Comment(row["exhibit"], text=row["text"]) for row in rows)
        files = tuple(
            InputFile(path.name, 1, hash_file(path))
            for path in sorted((client.parent / name).iterdir())
            if path.is_file()
        )
        return replace(study_of(name), files=files, comments=comments)

    def latest() -> Path:
        return root / "reports" / "acme" / "latest"

    monkeypatch.setattr("workbench.batch.study.prepare_study", prepare)
    run_batch(["acme"], jobs=2)
    (client / "commentary.csv").write_text("exhibit,text\nreadiness,Seen by the board.\n", encoding="utf-8")
    outlook = plan_batch(["acme"], 2, root=root)
    (prospect,) = outlook.prospects
    assert (prospect.status.why, prospect.status.stale) == (("words",), ("commentary.csv is new",))
    assert (prospect.will_run, prospect.is_words, outlook.seconds) == (True, True, 0.0)
    assert not plan_batch(["acme"], 2, fresh=True, root=root).prospects[0].is_words

    events: list[Event] = []
    found = run_batch(["acme"], jobs=2, on_event=events.append)
    assert statuses(found) == {"acme": "done"}
    assert {job.status for job in found.engagements[0].jobs} == {"unchanged"}
    assert "started" not in {event.kind for event in events}
    assert "Seen by the board." in (latest() / "report.html").read_text(encoding="utf-8")
    assert (
        json.loads((latest() / "results.json").read_text(encoding="utf-8"))["words"][0]["text"] == "Seen by the board."
    )
    with Ledger(root / "reports" / LEDGER) as ledger:
        told = ledger.batches()[-1]["results"][0]
        assert {job["status"] for job in told["jobs"]} == {"unchanged"}
        assert "board" not in json.dumps(told)

    good = latest().resolve()
    (client / "commentary.csv").write_text("exhibit,text\nreadines,Seen.\noutcome,Seen.\n", encoding="utf-8")
    failed = run_batch(["acme"], jobs=2)
    assert failed.failed[0].cause == "data"
    assert failed.failed[0].n_faults == 2
    assert "Did you mean 'readiness'" in failed.failed[0].message
    assert "Did you mean 'outcomes'" in failed.failed[0].message
    assert latest().resolve() == good


def test_without_its_ledger_a_night_still_knows_what_is_unchanged(many: tuple[Path, set[str]]) -> None:
    """The folders are the truth: only times are forgotten."""
    root, _ = many
    run_batch(["acme"])
    for path in (root / "reports").glob(f"{LEDGER}*"):
        path.unlink()
    assert statuses(run_batch(["acme"])) == {"acme": "unchanged"}


def test_a_report_that_lost_its_page_or_key_is_made_again(many: tuple[Path, set[str]]) -> None:
    """Whoever deletes part of it gets it back."""
    root, _ = many
    latest = root / "reports" / "acme" / "latest"
    run_batch(["acme"])
    (latest / "report.html").unlink()
    assert statuses(run_batch(["acme"])) == {"acme": "done"}
    manifest = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    (latest / "manifest.json").write_text(json.dumps({**manifest, "bound": ["a"]}), encoding="utf-8")
    assert statuses(run_batch(["acme"])) == {"acme": "done"}, "somebody withdrew what it was guarded against"


@pytest.mark.skipif(os.name == "nt", reason="files cannot be locked so on Windows")
def test_two_batches_do_not_write_one_ledger(many: tuple[Path, set[str]]) -> None:
    """The second one says so and starts nothing; shards have ledgers of their own."""
    root, _ = many
    with open_ledger(Shard(), root):
        with pytest.raises(UsageError, match="Another batch is running"):
            run_batch(["acme"])
        with open_ledger(Shard(1, 2), root), open_ledger(Shard(2, 2), root):
            pass
    assert sorted(path.name for path in (root / "reports").glob("*.sqlite")) == [
        "_ledger-1of2.sqlite",
        "_ledger-2of2.sqlite",
        LEDGER,
    ]


def test_every_machine_deals_alike(many: tuple[Path, set[str]]) -> None:
    """All parts together are the list, none twice; the two largest lie in different parts; order says nothing."""
    root, _ = many
    for name, size in (("acme", 10_000), ("cobalt", 9_000)):
        (root / "client_data" / name / "survey.csv").write_text("x" * size, encoding="utf-8")
    names = ["acme", "borealis", "cobalt"]
    parts = [take_shard(names, Shard(number, 2)) for number in (1, 2)]
    assert sorted(name for part in parts for name in part) == names
    assert [take_shard(names[::-1], Shard(number, 2)) for number in (1, 2)] == parts
    assert sum("acme" in part and "cobalt" in part for part in parts) == 0
    assert hash_list(names) == hash_list(names[::-1]) != hash_list(names[1:])
    result = run_batch(names, shard="2/2", jobs=2)
    assert [held.engagement for held in result.engagements] == parts[1]
    assert result.shard == "2/2"


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "1-4", "a/b", "1/", "²/4", "1/4/2"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """With what to write instead."""
    with pytest.raises(UsageError, match="such as 2/4"):
        Shard.parse(text)
    assert str(Shard.parse("2/4")) == "2/4"
    assert str(Shard.parse("")) == ""


def test_one_bad_client_stops_no_other_and_is_named(
    root: Path, study_of: Callable[[str], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one batch one folder is faulty, one breaks in a way nobody foresaw, two are none, one has its report."""
    for name in ("bad", "odd", "Acme Two"):
        (root / "client_data" / name).mkdir()
    (root / "client_data" / "Acme Two" / "engagement.yaml").write_text("name: Two\n", encoding="utf-8")
    (root / "client_data" / "linked").symlink_to(root, target_is_directory=True)

    def prepare(name: str, root: Path | None = None) -> object:
        if name == "bad":
            raise ClientDataError((Fault("survey.csv", "", "row 2", "a fault.", "none.", "Mend it."),))
        if name == "odd":
            raise ZeroDivisionError("nobody foresaw this")
        return study_of(name)

    monkeypatch.setattr("workbench.batch.study.prepare_study", prepare)
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    got = run_batch(jobs=2)
    assert [(held.engagement, held.status) for held in got.engagements] == [
        ("acme", "done"),
        ("bad", "failed"),
        ("linked", "failed"),
        ("odd", "failed"),
        ("Acme Two", "failed"),
    ]
    assert got.exit_code == 1
    messages = {held.engagement: held.message for held in got.failed}
    assert "leads out of the clients' folder" in messages["linked"]
    assert "cannot name an engagement" in messages["Acme Two"]
    assert "a fault." in messages["bad"]
    assert "nobody foresaw this" in messages["odd"]
    assert (root / "reports" / "acme" / "latest" / "report.html").is_file()


def test_a_batch_refuses_wrong_usage_before_anything_starts(root: Path) -> None:
    """Unknown and repeated names, no jobs, a link that was typed."""
    (root / "client_data" / "linked").symlink_to(root, target_is_directory=True)
    with pytest.raises(UsageError, match="leads out of the clients' folder"):
        run_batch(["acme", "linked"])
    with pytest.raises(UsageError, match="no engagement 'nobody'"):
        run_batch(["acme", "nobody"])
    with pytest.raises(UsageError, match="twice"):
        run_batch(["acme", "acme"])
    with pytest.raises(UsageError, match="at least 1"):
        run_batch(["acme"], jobs=0)


def test_a_batch_of_nothing_is_wrong_usage(root: Path, client: Path) -> None:
    """There is nothing to run."""
    (client / "engagement.yaml").unlink()
    client.rmdir()
    with pytest.raises(UsageError, match="no engagement to run"):
        run_batch()


# -- without kernels ---------------------------------------------------------------------------------------------------

Run = Callable[..., EngagementResult]


@pytest.fixture
def played(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Let something else stand for the run of an engagement, and threads for processes."""
    for name in ("borealis", "cobalt", "dune"):
        shutil.copytree(root / "client_data" / "acme", root / "client_data" / name)
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    monkeypatch.setenv("WORKBENCH_COLD", "1")
    return lambda run: monkeypatch.setattr(night, "run_engagement", run)


def job(seconds: float = 2.0, **more: object) -> JobResult:
    """Return how a notebook went."""
    return JobResult("10_readiness", "done", seconds, **more)  # type: ignore[arg-type]


def test_a_full_disk_stops_the_batch(played: Callable[[Run], None]) -> None:
    """What is not begun by then is told as such, and the next night does it."""
    begun: list[str] = []

    def run(name: str, **_: object) -> EngagementResult:
        begun.append(name)
        return EngagementResult(name, "failed", 1.0, message="No space left on device.", cause="disk")

    played(run)
    got = run_batch(jobs=1)
    assert len(begun) == 1
    assert sorted(held.cause for held in got.failed) == ["cancelled", "cancelled", "cancelled", "disk"]
    assert got.exit_code == 1
    said = json.loads(Path(got.page).with_name("batch.json").read_text(encoding="utf-8"))
    assert [group["cause"] for group in said["failures"]] == ["disk", "cancelled"]


def test_a_ledger_that_cannot_be_written_stops_the_batch_and_loses_no_result(
    played: Callable[[Run], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results are returned, with what is wrong, and the page is made of them."""
    played(lambda name, **_: EngagementResult(name, "done", 1.0))

    def full(*_: object) -> None:
        raise FolderError("_ledger.sqlite", "database or disk is full", "Make room.")

    monkeypatch.setattr(Ledger, "record", full)
    monkeypatch.setattr(Ledger, "finish", full)
    got = run_batch(jobs=1)
    assert {(held.status, held.cause) for held in got.engagements} <= {("done", ""), ("failed", "cancelled")}
    assert "done" in statuses(got).values()
    assert "disk is full" in got.trouble
    assert got.exit_code == 1
    assert "acme" in Path(got.page).read_text(encoding="utf-8")


def test_a_worker_that_dies_costs_its_engagements_one_more_run(played: Callable[[Run], None]) -> None:
    """The others do not notice; one whose workers die again and again is given up."""
    calls: list[str] = []

    def run(name: str, **_: object) -> EngagementResult:
        calls.append(name)
        if name == "borealis" or (name == "acme" and calls.count("acme") == 1):
            raise BrokenProcessPool("a process was terminated abruptly")
        return EngagementResult(name, "done", 1.0)

    played(run)
    events: list[Event] = []
    got = run_batch(jobs=2, on_event=events.append)
    assert statuses(got) == {"acme": "done", "borealis": "failed", "cobalt": "done", "dune": "done"}
    assert got.failed[0].cause == "worker"
    assert (calls.count("acme"), calls.count("borealis")) == (2, 1 + night.WORKER_RETRIES)
    assert [event.engagement for event in events if event.kind == "retrying"].count("acme") == 1


def test_who_loses_work_to_a_process_that_hung_is_not_to_blame(
    played: Callable[[Run], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs again however often that happens, and no attempt is counted."""
    calls: list[str] = []
    ended: list[int] = []
    monkeypatch.setattr(workers.Workers, "ended", property(lambda _: len(ended)))

    def run(name: str, **_: object) -> EngagementResult:
        calls.append(name)
        if len(calls) < 6:
            ended.append(1)
            raise BrokenProcessPool("a process was terminated abruptly")
        return EngagementResult(name, "done", 1.0)

    played(run)
    assert statuses(run_batch(["acme"], jobs=1)) == {"acme": "done"}
    assert len(calls) == 6


def test_what_was_measured_is_remembered_the_next_night(played: Callable[[Run], None]) -> None:
    """Each run gets its own notebooks' times and memory, and the limits that were asked for."""
    seen: list[tuple[str, object, object]] = []

    def run(name: str, **given: object) -> EngagementResult:
        seen.append((name, given["remembered"], given["limits"]))
        seconds, waited = (5.0, 0.0) if name == "cobalt" else (2.0, 90.0)
        return EngagementResult(name, "done", seconds + waited, (job(seconds, peak_mb=250.0),))

    played(run)
    run_batch(["acme", "cobalt"], jobs=1)
    run_batch(["acme", "borealis", "cobalt"], jobs=1, limits=Limits(cell=7.0))
    remembered = {name: {"10_readiness": Memory(took, 250.0)} for name, took in (("acme", 2.0), ("cobalt", 5.0))}
    assert seen[:2] == [("acme", {}, None), ("cobalt", {}, None)]
    assert [held[0] for held in seen[2:]] == ["borealis", "cobalt", "acme"], (
        "the unknown, then the longest but for waiting"
    )
    assert seen[2:] == [
        ("borealis", {}, Limits(cell=7.0)),
        ("cobalt", remembered["cobalt"], Limits(cell=7.0)),
        ("acme", remembered["acme"], Limits(cell=7.0)),
    ]


def told(root: Path) -> dict[str, object]:
    """Return the morning page's values, but for names of batches and moments."""
    said = json.loads((root / "reports" / "batch.json").read_text(encoding="utf-8"))
    return {name: value for name, value in said.items() if name not in ("batch", "finished", "seconds")}


def test_merged_shards_are_the_night_of_one_machine(root: Path, played: Callable[[Run], None]) -> None:
    """The same record and the same page: statuses, causes, attempts, measures, bottom lines."""
    failed = JobResult("20_outcomes", "failed", 1.0, "kernel_died", "Row 3 says 'Berta'.", 4, 3)
    results = {
        "acme": EngagementResult("acme", "done", 4.0, (job(attempts=2, retried=("kernel_died",), peak_mb=99.0),)),
        "borealis": EngagementResult("borealis", "failed", 2.0, (job(), failed), "x/r1", "Berta.", "kernel_died"),
        "cobalt": EngagementResult("cobalt", "done", 3.0, (job(3.0, cpu_seconds=1.0, why_cold="no fork"),)),
        "Dune": EngagementResult("Dune", "failed", 1.0, message="no name", cause="parameters"),
    }
    (root / "client_data" / "dune").rename(root / "client_data" / "Dune")
    for name in ("acme", "cobalt"):
        folder = root / "reports" / name / "latest"
        folder.mkdir(parents=True)
        document = {"format": MANIFEST_FORMAT, "finished": "2026-11-22T03:04", "morning_headline": True}
        write_json(folder / "manifest.json", {**document, "answers": [f"{name} closes a line."]})
    played(lambda name, **_: results[name])
    run_batch(jobs=1)
    with Ledger(root / "reports" / LEDGER) as ledger:
        alone = ledger.last_batch()
    page = told(root)
    for path in (root / "reports").glob(f"{LEDGER}*"):
        path.unlink()
    for number in (1, 2):
        run_batch(jobs=1, shard=f"{number}/2")
    for _ in range(2):
        whole = merge_shards()
        with Ledger(root / "reports" / LEDGER) as ledger:
            assert len(ledger.batches()) == 1
            held = ledger.last_batch()
        assert alone is not None
        assert held is not None
        for name in ("engagements", "results", "list_hash", "shard"):
            assert held[name] == alone[name], name
        assert told(root) == page
    assert whole.exit_code == 1
    assert "acme closes a line." in json.dumps(page)
    with pytest.raises(UsageError, match="no ledger of a shard"):
        merge_shards(root=root / "elsewhere")
