"""The ledger survives damage, remembers what a notebook needs, and holds no word of a client's."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from workbench.batch import ledger as ledgers
from workbench.batch.ledger import Ledger, Memory, merge_batches
from workbench.batch.plan import hash_file
from workbench.batch.results import EngagementResult, JobResult
from workbench.errors import FolderError, UsageError


def result(name: str, status: str = "done", seconds: float = 4.0, /, **job: object) -> EngagementResult:
    """Return how an engagement of one notebook went."""
    held = {"status": "done", "seconds": seconds, "peak_mb": 210.5, **job}
    return EngagementResult(
        name, status, seconds, (JobResult("10_readiness", **held),), message="Row 3 says 'Berta'.", answers=("Yes.",)
    )  # type: ignore[arg-type]


def test_what_was_recorded_comes_back_without_words(tmp_path: Path) -> None:
    """Statuses, times and causes; neither messages nor answers, which may quote a client's cells."""
    with Ledger(tmp_path / "reports" / "_ledger.sqlite") as ledger:
        ledger.begin("b1", ["acme", "zenith"], list_hash="h", shard="")
        ledger.record("b1", result("acme"))
        ledger.record("b1", result("zenith", "failed", cause="cell_error", cell=3, message="1 / 'Berta'"))
        ledger.finish("b1", 9.0)
        held = ledger.last_batch()
    assert held is not None
    assert (held["engagements"], held["seconds"], held["list_hash"]) == (["acme", "zenith"], 9.0, "h")
    assert held["finished"]
    found = [EngagementResult.from_json(document) for document in held["results"]]
    assert [(one.engagement, one.status, one.jobs[0].cell) for one in found] == [
        ("acme", "done", 0),
        ("zenith", "failed", 3),
    ]
    content = b"".join(path.read_bytes() for path in (tmp_path / "reports").iterdir())
    assert b"Berta" not in content
    assert b"Yes." not in content
    assert (tmp_path / "reports" / "_ledger.sqlite").stat().st_mode & 0o077 == 0


def test_it_remembers_what_a_notebook_needed_when_it_last_ended_well(tmp_path: Path) -> None:
    """A failed run and an unchanged one say nothing about time and memory."""
    with Ledger(tmp_path / "l.sqlite") as ledger:
        assert ledger.remembered("acme") == {}
        assert ledger.seconds_of("acme") == 0.0
        for number, seconds in enumerate((8.0, 2.0, 4.0)):
            ledger.begin(f"b{number}", ["acme"])
            ledger.record(f"b{number}", result("acme", "done", seconds))
        ledger.begin("b8", ["acme"])
        ledger.record("b8", result("acme", "failed", 99.0, status="failed"))
        ledger.begin("b9", ["acme"])
        ledger.record("b9", result("acme", "unchanged", 0.0, status="unchanged"))
        assert ledger.remembered("acme") == {"10_readiness": Memory(4.0, 210.5)}
        assert ledger.seconds_of("acme") == 4.0
        ledger.record("b2", EngagementResult("acme", "done", 90.0, (JobResult("10_readiness", "done", 4.0),)))
        assert ledger.seconds_of("acme") == 4.0, "it waited for the rest"
        ledger.record("b2", result("acme", "done", 4.0))
        assert ledger.usual_seconds("acme", before="b2") == 8.0, "of 8 and 2 the upper one"
        assert ledger.remembered("zenith") == {}


def test_a_hash_is_remembered_only_of_a_file_that_has_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file written a moment ago may be written again within the same tick of the clock."""
    read = []
    monkeypatch.setattr(ledgers, "hash_file", lambda path: read.append(path) or hash_file(path))
    path = tmp_path / "survey.csv"
    path.write_text("a", encoding="utf-8")
    with Ledger(tmp_path / "l.sqlite") as ledger:
        assert ledger.file_hash(path) == ledger.file_hash(path) == hash_file(path)
        assert len(read) == 2, "too young"
        old = time.time() - 60
        os.utime(path, (old, old))
        assert ledger.file_hash(path) == ledger.file_hash(path) == hash_file(path)
        assert len(read) == 3
        path.write_text("b", encoding="utf-8")
        os.utime(path, (old, old))
        moved = tmp_path / "other.csv"
        moved.write_text("c", encoding="utf-8")
        os.utime(moved, (old, old))
        moved.replace(path)
        assert ledger.file_hash(path) == hash_file(path), "same size and time, another file"
        with pytest.raises(FileNotFoundError):
            ledger.file_hash(tmp_path / "gone.csv")


@pytest.mark.parametrize("damage", ["garbage", "empty", "future", "cut"])
def test_a_damaged_ledger_is_put_aside(tmp_path: Path, damage: str) -> None:
    """A night is not lost to it: a new one is begun, the old one kept beside."""
    path = tmp_path / "l.sqlite"
    with Ledger(path) as ledger:
        ledger.begin("b1", [f"acme-{number}" for number in range(2000)])
    content = path.read_bytes()
    if damage == "future":
        base = sqlite3.connect(path)
        base.execute("PRAGMA user_version = 999")
        base.close()
    else:
        path.write_bytes({"garbage": b"no database " * 1000, "empty": b"", "cut": content[: len(content) // 2]}[damage])
    with Ledger(path) as ledger:
        ledger.begin("b2", ["acme"])
        held = ledger.last_batch()
        assert held is not None
        assert held["id"] == "b2"
        assert len(ledger.batches()) == 1
    assert path.with_name("l.sqlite.damaged").exists() == (damage != "empty")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "reports").write_text("", encoding="utf-8")
    with pytest.raises(FolderError, match="reports"):
        Ledger(tmp_path / "reports" / "l.sqlite")


def test_threads_write_one_after_the_other(tmp_path: Path) -> None:
    """Eight at once, nothing lost; a reader in between sees whole records."""
    with Ledger(tmp_path / "l.sqlite") as ledger, Ledger(tmp_path / "l.sqlite") as reader:
        ledger.begin("b", [])
        threads = [
            threading.Thread(target=lambda n=n: [ledger.record("b", result(f"c{n}-{k}")) for k in range(10)])
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = reader.last_batch()
    assert held is not None
    assert len(held["results"]) == 80


def shard(
    folder: Path, number: int, names: list[str], *, count: int = 2, list_hash: str = "h", ended: bool = True
) -> Path:
    """Return the ledger of a shard that has run."""
    path = folder / f"l-{number}.sqlite"
    with Ledger(path) as ledger:
        ledger.begin(f"b{number}", names, list_hash=list_hash, shard=f"{number}/2")
        for name in names:
            ledger.record(f"b{number}", result(name))
        if ended:
            ledger.finish(f"b{number}", 3.0 * number)
    return path


def test_shards_merge_into_what_one_machine_would_have(tmp_path: Path) -> None:
    """Every engagement once, the longest shard's time; parts that do not belong together are refused."""
    paths = [shard(tmp_path, 1, ["a", "c"]), shard(tmp_path, 2, ["b"])]
    with Ledger(tmp_path / "whole.sqlite") as ledger:
        batch = merge_batches(paths, ledger)
        assert merge_batches(paths[::-1], ledger) == batch, "once more replaces it"
        held = ledger.last_batch()
        assert held is not None
        assert [one["engagement"] for one in held["results"]] == ["a", "b", "c"]
        assert held["seconds"] == 6.0
        for wrong, words in (
            ([], "no ledger of a shard"),
            ([tmp_path / "none.sqlite"], "no ledger of a batch"),
            (paths[:1], "each is needed once"),
            ([paths[0], paths[0]], "each is needed once"),
            ([paths[0], shard(tmp_path / "x", 2, ["b"], list_hash="other")], "different lists"),
            ([paths[0], shard(tmp_path / "y", 2, ["b"], ended=False)], "no finished shard"),
        ):
            with pytest.raises(UsageError, match=words):
                merge_batches(wrong, ledger)
        assert len(ledger.batches()) == 1


def test_a_ledger_of_before_gets_what_it_lacks(tmp_path: Path) -> None:
    """What was remembered stays; new measures are kept from now on."""
    path = tmp_path / "l.sqlite"
    with Ledger(path) as ledger:
        ledger.begin("b1", ["acme"])
        ledger.record("b1", result("acme"))
    base = sqlite3.connect(path)
    for column in ("cpu_seconds", "why_cold", "retried"):
        base.execute(f"ALTER TABLE job DROP COLUMN {column}")
    base.execute("PRAGMA user_version = 1")
    base.close()
    with Ledger(path) as ledger:
        assert ledger.remembered("acme") == {"10_readiness": Memory(4.0, 210.5)}
        ledger.begin("b2", ["acme"])
        measured = {
            "attempts": 3,
            "retried": ("kernel_died", "memory"),
            "cpu_seconds": 1.5,
            "why_cold": "not asked for",
        }
        ledger.record("b2", result("acme", **measured))
        held = ledger.last_batch()
    assert held is not None
    job = EngagementResult.from_json(held["results"][0]).jobs[0]
    assert {name: getattr(job, name) for name in measured} == measured
    base = sqlite3.connect(path)
    row = base.execute("SELECT attempts, retried, cpu_seconds, why_cold FROM job WHERE batch = 'b2'").fetchone()
    base.close()
    assert row == (3, '["kernel_died", "memory"]', 1.5, "not asked for")


def test_a_reader_sees_what_a_batch_has_written_so_far_and_writes_nothing(tmp_path: Path) -> None:
    """Also while the batch holds it; where there is none that can be read, that is said."""
    path, file = tmp_path / "l.sqlite", tmp_path / "survey.csv"
    file.write_text("a", encoding="utf-8")
    os.utime(file, (0, 0))
    with Ledger(path) as ledger:
        ledger.begin("b1", ["acme"])
        with Ledger(path, is_read=True) as reader:
            ledger.record("b1", result("acme"))
            held = reader.last_batch()
            assert held is not None
            assert (held["finished"], len(held["results"])) == (None, 1)
            assert reader.file_hash(file) == hash_file(file)
            with pytest.raises(FolderError):
                reader.finish("b1", 1.0)
        assert b"survey" not in path.read_bytes()
    (tmp_path / "damaged.sqlite").write_bytes(b"no database " * 1000)
    for name in ("none.sqlite", "damaged.sqlite"):
        with pytest.raises(FolderError, match=name):
            Ledger(tmp_path / name, is_read=True)
    assert not (tmp_path / "none.sqlite").exists()
    assert (tmp_path / "damaged.sqlite").exists()


def test_a_full_disk_is_told_and_nothing_half_written(tmp_path: Path) -> None:
    """What was recorded before stays."""
    path = tmp_path / "l.sqlite"
    with Ledger(path) as ledger:
        ledger.begin("b1", ["acme"])
        pages = ledger._base.execute("PRAGMA page_count").fetchone()[0]
        ledger._base.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(FolderError, match="full"):
            ledger.begin("b2", [f"acme-{number}" for number in range(5000)])
        held = ledger.last_batch()
    assert held is not None
    assert held["id"] == "b1"


@pytest.mark.skipif(os.name == "nt", reason="no limit for files")
def test_a_disk_that_is_full_is_no_damage(tmp_path: Path) -> None:
    """What was remembered is not put aside for it."""
    path = tmp_path / "l.sqlite"
    with Ledger(path) as ledger:
        ledger.begin("b1", ["acme"])
    held = path.read_bytes()
    code = (
        "import resource, sys; from pathlib import Path; from workbench.batch.ledger import Ledger\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "Ledger(Path(sys.argv[1]))"
    )
    said = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)  # noqa: S603
    assert "FolderError" in said.stderr
    assert "Make room" in said.stderr
    assert path.read_bytes() == held
    assert not list(tmp_path.glob("*.damaged"))


def test_what_another_program_holds_is_recorded_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch stops for it; hashes are not remembered meanwhile, and an end that is not recorded is told."""
    monkeypatch.setattr(ledgers, "WAIT_SECONDS", 0.0)
    path, file = tmp_path / "l.sqlite", tmp_path / "survey.csv"
    file.write_text("a", encoding="utf-8")
    os.utime(file, (0, 0))
    with Ledger(path) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as other:
        ledger.begin("b1", ["acme", "zenith"])
        other.execute("BEGIN IMMEDIATE")
        ledger.record("b1", result("acme"))
        assert ledger.file_hash(file) == hash_file(file)
        with pytest.raises(FolderError, match=r"locked.*Another program holds it"):
            ledger.finish("b1", 1.0)
        other.execute("ROLLBACK")
        ledger.record("b1", result("zenith"))
        ledger.finish("b1", 1.0)
        held = ledger.last_batch()
    assert held is not None
    assert [one["engagement"] for one in held["results"]] == ["acme", "zenith"]
    assert held["finished"]


def test_a_ledger_that_is_damaged_on_the_way_stops_no_batch(tmp_path: Path) -> None:
    """Nothing is remembered of it any more, and the end tells what the next batch does."""
    path, file = tmp_path / "l.sqlite", tmp_path / "survey.csv"
    file.write_text("a", encoding="utf-8")
    with Ledger(path) as ledger:
        ledger.begin("b1", ["acme"])
        ledger.record("b1", result("acme"))
        assert ledger.seconds_of("acme") > 0
        ledger._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        ledger._base.execute("PRAGMA cache_size = 0")
        ledger._base.execute("PRAGMA shrink_memory")
        content = path.read_bytes()
        with path.open("r+b") as damaged:
            damaged.write(content[:100] + b"\xff" * (len(content) - 100))
        assert ledger.seconds_of("acme") == 0
        assert ledger.file_hash(file) == hash_file(file)
        ledger.record("b1", result("acme"))
        with pytest.raises(FolderError, match="the next batch puts it aside"):
            ledger.finish("b1", 1.0)


def test_an_engagement_can_be_forgotten(tmp_path: Path) -> None:
    """No row names it any more, and no byte of the file: what is deleted is not only marked as free."""
    client = tmp_path / "clients" / "acme"
    client.mkdir(parents=True)
    (client / "survey.csv").write_text("a", encoding="utf-8")
    os.utime(client / "survey.csv", (0, 0))
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger._base.execute("PRAGMA secure_delete = OFF")  # as some builds have it
        ledger.begin("b", ["acme", "zenith"])
        ledger.record("b", result("acme"))
        ledger.record("b", result("zenith"))
        ledger.file_hash(client / "survey.csv")
        rows = ledger.count_rows("acme", client)
        assert ledger.forget("acme", client) == rows > 2
        assert ledger.count_rows("acme", client) == 0
        held = ledger.last_batch()
    assert held is not None
    assert held["engagements"] == ["zenith"]
    base = sqlite3.connect(tmp_path / "l.sqlite")
    dump = "\n".join(base.iterdump())
    base.close()
    assert "zenith" in dump
    assert "acme" not in dump
    assert not [path for path in tmp_path.glob("l.sqlite*") if b"acme" in path.read_bytes()]
