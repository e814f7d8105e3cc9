"""When an engagement is over: nothing of it is left among the reports, and the note names what went."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench import cli
from workbench.batch import night, workers
from workbench.batch.leaving import plan_purge, purge_engagement
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.night import run_batch
from workbench.batch.study import Study
from workbench.engagement.locks import lock_file, own_folder
from workbench.errors import FolderError, UsageError

WORD = "quokka71"


def leave_more(root: Path) -> None:
    """Leave what acme has besides a run: files, caches, drafts, working copies, publications, a damaged ledger."""
    reports, client = root / "reports", root / "client_data" / "acme"
    for path in (
        client / "survey.csv",
        client / "facts" / f"{WORD}.csv",
        reports / "_cache" / "acme" / "sales-1.parquet",
        reports / "_draft" / "acme" / "outcomes.chapter.json",
        reports / "acme" / "lab" / "10_readiness.ipynb",
        reports / "acme" / "publications" / "content" / "0.json",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WORD, encoding="utf-8")
    os.utime(client / "survey.csv", (0, 0))
    with Ledger(reports / LEDGER) as ledger:
        ledger.file_hash(client / "survey.csv")
    (reports / f"{LEDGER}.damaged").write_bytes(b"rows of acme")


@pytest.fixture
def kept(root: Path) -> Path:
    """Give a workbench in which acme has one run by hand, and the rest."""
    leave_more(root)
    run = root / "reports" / "acme" / "runs" / "r1"
    (run / "exhibits").mkdir(parents=True)
    (run / "exhibits" / "a.svg").write_text(WORD, encoding="utf-8")
    (root / "reports" / "acme" / "latest").symlink_to("runs/r1", target_is_directory=True)
    return root


@pytest.fixture
def nights(root: Path, monkeypatch: pytest.MonkeyPatch, study_of: Callable[[str], Study]) -> Path:
    """Give a workbench in which one batch ran acme and borealis, one ran borealis alone, and acme left more behind."""
    shutil.copytree(root / "client_data" / "acme", root / "client_data" / "borealis")
    monkeypatch.setattr("workbench.batch.study.prepare_study", lambda name, root=None: study_of(name))
    monkeypatch.setattr(workers, "QuietProcesses", lambda jobs, **_: ThreadPoolExecutor(1))
    monkeypatch.setattr(night, "read_ground", lambda root: night.Ground("code", "environment"))
    monkeypatch.setattr("workbench.batch.run.read_ground", lambda root: night.Ground("code", "environment"))
    assert run_batch(jobs=2).exit_code == 0
    assert run_batch(["borealis"]).exit_code == 0
    leave_more(root)
    return root


def naming(folder: Path, *words: str) -> list[str]:
    """Return what names a word below a folder, in its path or in its bytes."""
    found = []
    for path in folder.rglob("*"):
        said = path.relative_to(folder).as_posix().encode()
        said += path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found += [path.name for word in words if word.encode() in said]
    return found


def test_after_a_purge_no_byte_below_reports_names_the_client(nights: Path) -> None:
    """Files, caches, drafts, ledger and its free pages, morning pages; the other client keeps all of its own."""
    kept, reports = nights, nights / "reports"
    other = {path: path.read_bytes() for path in (reports / "borealis").rglob("*") if path.is_file()}
    before = {path for name in (kept / "client_data" / "acme", reports) for path in name.rglob("*") if path.is_file()}
    assert naming(reports, WORD)
    planned = plan_purge("acme")
    assert naming(reports, "acme"), "planning removes nothing"
    done, note = purge_engagement(planned)
    assert naming(reports, WORD, "acme") == []
    assert not (kept / "client_data" / "acme").exists()
    assert {path: path.read_bytes() for path in other} == other
    assert done.left == ()
    assert done.rows == 1 + 4 + 1 + 1, "an engagement, four notebooks, a file, a batch's list"
    with Ledger(reports / LEDGER, is_read=True) as ledger:
        assert [held["engagements"] for held in ledger.batches()] == [["borealis"], ["borealis"]]
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    text = note.read_text(encoding="utf-8")
    gone = {path for path in before if not path.exists() and not path.name.startswith(f"{LEDGER}-")}
    assert gone, "files went"
    assert [path for path in gone if str(path) not in text] == []
    assert str(reports / "acme" / "latest") in text, "a link is named as well"
    with pytest.raises(UsageError, match="Nothing is kept"):
        plan_purge("acme")


def test_links_are_not_followed(kept: Path, tmp_path: Path) -> None:
    """What they lead to stays; a client or a folder of reports that is a link is refused or told."""
    outside = tmp_path / "outside"
    (outside / "acme").mkdir(parents=True)
    (outside / "acme" / "theirs.txt").write_text("stays", encoding="utf-8")
    (kept / "client_data" / "acme" / "elsewhere").symlink_to(outside, target_is_directory=True)
    (kept / "reports" / "acme" / "lab" / "one.txt").symlink_to(outside / "acme" / "theirs.txt")
    shutil.rmtree(kept / "reports" / "_draft")
    (kept / "reports" / "_draft").symlink_to(outside, target_is_directory=True)
    done, note = purge_engagement(plan_purge("acme"))
    assert (outside / "acme" / "theirs.txt").read_text(encoding="utf-8") == "stays"
    assert not (kept / "client_data" / "acme").exists()
    assert [sentence for sentence in done.left if "_draft is a link" in sentence]
    assert "_draft is a link" in note.read_text(encoding="utf-8")

    (kept / "client_data" / "cobalt").symlink_to(outside / "acme", target_is_directory=True)
    with pytest.raises(UsageError, match="link"):
        plan_purge("cobalt")
    with pytest.raises(UsageError):
        plan_purge("../outside")


def test_what_is_under_way_is_not_pulled_away(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running batch, a run of this client, a session for another client, a note that cannot be written."""
    reports = kept / "reports"
    lock = lock_file((reports / LEDGER).with_suffix(".lock"))
    assert lock is not None
    with pytest.raises(UsageError, match="batch is running"):
        purge_engagement(plan_purge("acme"))
    lock.release()
    staged = reports / "acme" / ".staging" / "r1"
    staged.mkdir(parents=True)
    owner = own_folder(staged)
    assert owner is not None
    with pytest.raises(UsageError, match="r1 is under way"):
        purge_engagement(plan_purge("acme"))
    owner.release()
    with pytest.raises(FolderError, match="nothing has been removed"):
        purge_engagement(plan_purge("acme"), kept / "nowhere" / "note.txt")
    with pytest.raises(UsageError, match="would lie in what is cleared"):
        purge_engagement(plan_purge("acme"), kept / "client_data" / "acme" / "note.txt")
    monkeypatch.setenv("WORKBENCH_ONLY", "borealis")
    with pytest.raises(UsageError, match="borealis"):
        plan_purge("acme")
    assert (kept / "client_data" / "acme" / "survey.csv").exists()


def test_the_command_asks_and_says_what_it_did(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody there to ask: nothing goes; with --yes the counts and the note; a read-only run goes as well."""
    run = (kept / "reports" / "acme" / "latest").resolve()
    mine, other = (kept / "client_data" / f"archived-{name}-20261001-060000.zip" for name in ("acme", "acme-two"))
    for path in (mine, other):
        path.touch()
    for path in (*run.rglob("*"), run):
        path.chmod(0o555 if path.is_dir() else 0o444)
    with pytest.raises(SystemExit) as asked:
        cli.main(["purge", "acme"])
    assert asked.value.code == 2
    shown = capsys.readouterr()
    assert "repeat it with --yes" in shown.err
    assert str(kept / "client_data" / "acme") in shown.out
    assert run.exists()
    with pytest.raises(SystemExit) as told:
        cli.main(["purge", "acme", "--yes"])
    shown = capsys.readouterr()
    assert not told.value.code, shown.err
    assert "Removed: " in shown.out
    assert "Deletion note: " in shown.out
    assert not run.exists()
    assert f"to be kept: {mine}\n" in shown.out
    assert other.name not in shown.out
    assert mine.exists()
