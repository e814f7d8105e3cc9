"""A run that a client received stays as it is: nothing of it can change, go, or be said to have reached nobody."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from workbench import cli
from workbench.batch.issue import issue_run
from workbench.batch.publish import appear, open_staging, write_json
from workbench.batch.runs import KEEP_RUNS, MANIFEST_FORMAT, hash_files
from workbench.engagement.publications import list_publications, withdraw
from workbench.errors import UsageError


def publish(root: Path, run: str) -> Path:
    """Publish a run of acme that shows nothing about people, and return its folder."""
    staging = open_staging("acme", root / "reports", run)
    (staging.result / "report.html").write_text(f"<p>{run}</p>", encoding="utf-8")
    said = {"format": MANIFEST_FORMAT, "engagement": "acme", "run": run, "only": "", "status": "done"}
    said["finished"] = "2026-10-01T06:00:00+00:00"
    write_json(staging.result / "manifest.json", {**said, "files": hash_files(staging.result)})
    return appear(staging).resolve()


def test_an_issued_run_outlives_every_pruning_and_cannot_be_written(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run is kept; the issued one stays beside it, whole, read-only and under its label."""
    monkeypatch.setenv(KEEP_RUNS, "1")
    first = publish(root, "r1")
    held = issue_run("acme", "Board, October")
    assert (held.run, held.folder) == ("r1", first)
    publish(root, "r2")
    publish(root, "r3")
    runs = root / "reports" / "acme" / "runs"
    assert sorted(path.name for path in runs.iterdir()) == ["r1", "r1.keep", "r3"]
    writable = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
    assert [path for path in (first, *first.rglob("*")) if path.stat().st_mode & writable] == []
    (entry,) = list_publications("acme")
    assert (entry.run, entry.label, entry.when, entry.contents) == (
        *("r1", "Board, October", "2026-10-01T06:00:00+00:00"),
        (),
    )
    assert entry.issued
    with pytest.raises(UsageError, match="somebody received it"):
        withdraw("acme", ["r1"])
    assert issue_run("acme", "Board, October", run="r1") == held, "once more is no harm"
    assert list_publications("acme") == (entry,)


def test_what_is_not_as_it_was_published_is_not_issued(root: Path) -> None:
    """A changed file, an unknown run, no run at all; a label that is taken, or none."""
    with pytest.raises(UsageError, match="no report yet"):
        issue_run("acme", "Board")
    folder = publish(root, "r1")
    (folder / "report.html").write_text("<p>another number</p>", encoding="utf-8")
    with pytest.raises(UsageError, match=r"report\.html"):
        issue_run("acme", "Board")
    assert not (folder.parent / "r1.keep").exists()
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    write_json(folder / "manifest.json", {key: value for key, value in said.items() if key != "files"})
    with pytest.raises(UsageError, match="no hashes"):
        issue_run("acme", "Board")
    publish(root, "r2")
    publish(root, "r3")
    issue_run("acme", "Board", run="r2")
    for label, run, why in (
        ("Board", "r3", "already"),
        ("Council", "r2", "keeps that name"),
        ("Board", "r22", "Did you mean 'r2'"),
        (" ", "r3", "one line"),
        ("two\nlines", "r3", "one line"),
        ("x" * 81, "r3", "one line"),
    ):
        with pytest.raises(UsageError, match=why):
            issue_run("acme", label, run=run)


def test_the_command_says_where_it_is_and_the_list_shows_the_label(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside when it was published."""
    folder = publish(root, "r1")
    for arguments in (["issue", "acme", "Board, October"], ["publications", "acme"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(arguments)
        assert not ended.value.code
    shown = capsys.readouterr().out
    assert f"Issued as Board, October: {folder}" in shown
    assert "r1  2026-10-01 06:00:00 UTC  nothing about people, issued 20" in shown
    assert "as Board, October\n" in shown
