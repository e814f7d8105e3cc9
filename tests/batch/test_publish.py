"""A run's files appear together or not at all, wherever it is interrupted."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.batch import runs
from workbench.batch.plan import NotebookFile, make_plan
from workbench.batch.publish import (
    Staging,
    appear,
    discard,
    effective_parameters,
    keep_refused,
    open_staging,
    seal_notebook,
    stage_notebook,
)
from workbench.batch.runs import MANIFEST_FORMAT, hash_files, read_manifest
from workbench.batch.study import Study
from workbench.engagement.locks import ABANDONED_SECONDS, OWNER, is_abandoned


def staged(reports: Path, run: str) -> Staging:
    """Return a run that is ready to appear."""
    staging = open_staging("acme", reports, run)
    (staging.result / "report.html").write_text(run, encoding="utf-8")
    (staging.result / "exhibits").mkdir()
    (staging.result / "exhibits" / "01-gaps.svg").write_text("<svg/>", encoding="utf-8")
    manifest = {"format": MANIFEST_FORMAT, "run": run, "finished": "2026-11-22T03:04"}
    (staging.result / "manifest.json").write_text(
        json.dumps({**manifest, "files": hash_files(staging.result)}), encoding="utf-8"
    )
    return staging


def shown(reports: Path) -> str:
    """Return the run that a reader of latest sees."""
    latest = reports / "acme" / "latest"
    assert (latest / "exhibits" / "01-gaps.svg").is_file()
    manifest = read_manifest(latest)
    assert manifest is not None
    assert manifest["run"] == (latest / "report.html").read_text(encoding="utf-8")
    return str(manifest["run"])


def test_latest_is_a_relative_link_that_moves_in_one_step(tmp_path: Path) -> None:
    """The folder of reports may be moved or shared; earlier runs stay."""
    for run in ("a", "b"):
        assert appear(staged(tmp_path, run)) == tmp_path / "acme" / "latest"
        assert shown(tmp_path) == run
    assert (tmp_path / "acme" / "latest").readlink() == Path("runs") / "b"
    assert sorted(path.name for path in (tmp_path / "acme" / "runs").iterdir()) == ["a", "b"]
    assert sorted(path.name for path in (tmp_path / "acme").iterdir()) == ["latest", "runs"]


def test_where_links_are_missing_latest_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows without developer mode, some network shares: the folder is swapped, the one before is kept."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no links here")

    with monkeypatch.context() as here:
        here.setattr(Path, "symlink_to", refuse)
        for run in ("a", "b", "c"):
            appear(staged(tmp_path, run))
            assert shown(tmp_path) == run
    assert not (tmp_path / "acme" / "latest").is_symlink()
    assert sorted(path.name for path in (tmp_path / "acme" / "runs").iterdir()) == ["a", "b"]
    appear(staged(tmp_path, "d"))
    assert shown(tmp_path) == "d"


@pytest.mark.parametrize("step", ["make_durable", "_point", "sync_folder"])
def test_an_interruption_shows_the_old_run_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Whatever step is cut short, latest is whole, and the next run publishes."""
    appear(staged(tmp_path, "a"))
    staging = staged(tmp_path, "b")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as here:
        here.setattr(runs, step, stop)
        with pytest.raises(KeyboardInterrupt):
            appear(staging)
    assert shown(tmp_path) in ("a", "b")
    appear(staged(tmp_path, "c"))
    assert shown(tmp_path) == "c"


def test_staging_is_removed_and_so_is_what_a_killed_run_left(tmp_path: Path) -> None:
    """Without a lock to ask, yesterday's run goes and today's stays."""
    old, busy = open_staging("acme", tmp_path, "old"), open_staging("acme", tmp_path, "busy")
    for staging in (old, busy):
        (staging.folder / OWNER).write_text("another-machine", encoding="utf-8")
    then = time.time() - ABANDONED_SECONDS - 60
    os.utime(old.folder, (then, then))
    fresh = open_staging("acme", tmp_path, "fresh")
    assert (old.folder.exists(), busy.folder.exists()) == (False, True)
    discard(fresh)
    assert busy.folder.exists()
    discard(busy)
    assert not (tmp_path / "acme" / ".staging").exists()


def test_the_last_runs_are_kept_and_those_pointed_to_or_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An issued run is held by an empty file beside it; of those that stopped the last few are kept."""
    monkeypatch.setenv(runs.KEEP_RUNS, "2")
    appear(staged(tmp_path, "r0"), "only-outcomes")
    appear(staged(tmp_path, "r1"))
    (tmp_path / "acme" / "runs" / "r1.keep").touch()
    for number in range(2, 7):
        appear(staged(tmp_path, f"r{number}"))
    kept = sorted(path.name for path in (tmp_path / "acme" / "runs").iterdir())
    assert kept == ["r0", "r1", "r1.keep", "r5", "r6"]
    for number in range(runs.MOST_FAILED + 3):
        keep_refused("acme", tmp_path, f"f{number:02}", "Why.", cause="data", seconds=1.0)
    assert min(path.name for path in (tmp_path / "acme" / "failed").iterdir()) == "f03"
    assert sorted(path.name for path in (tmp_path / "acme").iterdir()) == ["failed", "latest", "only-outcomes", "runs"]


def test_a_run_whose_numbers_nobody_confirmed_is_not_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its folder it would bind no later run: the guard would not know what it had shown."""
    monkeypatch.setenv(runs.KEEP_RUNS, "1")
    (tmp_path / "acme" / "publications").mkdir(parents=True)
    for run, is_confirmed in (("a", False), ("b", True)):
        entry = json.dumps({"is_confirmed": is_confirmed})
        (tmp_path / "acme" / "publications" / f"{run}.json").write_text(entry, encoding="utf-8")
    for run in ("a", "b", "c"):
        appear(staged(tmp_path, run))
    assert sorted(path.name for path in (tmp_path / "acme" / "runs").iterdir()) == ["a", "c"]


@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
def test_what_the_disk_did_not_take_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: int
) -> None:
    """Some disks tell only when they are forced to write."""
    appear(staged(tmp_path, "a"))
    staging = staged(tmp_path, "b")

    def refuse(_: int) -> None:
        raise OSError(trouble, "no")

    with monkeypatch.context() as here:
        here.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="no"):
            appear(staging)
    discard(staging)
    assert shown(tmp_path) == "a"
    assert sorted(path.name for path in (tmp_path / "acme" / "runs").iterdir()) == ["a"]


@pytest.mark.skipif(os.name == "nt", reason="no locks that outlive nothing there; age tells")
def test_a_killed_run_is_removed_by_the_next_and_a_living_one_never(tmp_path: Path) -> None:
    """The system lets go of a dead process's lock; a run that holds its own may be as old as it likes."""
    killed, living = open_staging("acme", tmp_path, "killed"), open_staging("acme", tmp_path, "living")
    assert killed.owner is not None
    killed.owner.release()  # as its process's end does
    then = time.time() - ABANDONED_SECONDS - 60
    os.utime(living.folder, (then, then))
    assert (is_abandoned(killed.folder), is_abandoned(living.folder)) == (True, False)
    discard(open_staging("acme", tmp_path, "next"))
    assert (killed.folder.exists(), living.folder.exists()) == (False, True)
    discard(living)


def test_a_notebook_is_staged_clean(root: Path, tmp_path: Path) -> None:
    """An analyst's executed copy runs without its old outputs and without the cell of an earlier run."""
    path = root / "notebooks" / "10_readiness.ipynb"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["nbformat_minor"] = 4
    document["metadata"]["papermill"] = {"parameters": {"engagement": "other"}}
    for cell in document["cells"]:
        cell.pop("id")
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["other client\n"]}]
    injected = {
        "cell_type": "code",
        "metadata": {"tags": ["injected-parameters"]},
        "source": ['engagement = "other"'],
        "execution_count": 2,
        "outputs": [],
    }
    document["cells"].insert(2, injected)
    path.write_text(json.dumps(document), encoding="utf-8")
    staging = open_staging("acme", tmp_path / "reports", "run")
    got = json.loads(stage_notebook(NotebookFile("10_readiness", path, path), staging).read_text(encoding="utf-8"))
    assert "other" not in json.dumps(got)
    assert all(cell["id"] for cell in got["cells"])
    assert got["nbformat_minor"] == 5


def test_a_sealed_notebook_holds_nothing_of_this_machine(tmp_path: Path) -> None:
    """Times, random ids and paths go; the parameters stay and the chapter's folder is blank again."""
    path = tmp_path / "a.ipynb"
    cell = {
        "cell_type": "code",
        "id": "9f3a",
        "metadata": {"tags": ["injected-parameters"], "papermill": {"duration": 0.1}, "execution": {"x": "time"}},
        "source": '# Parameters\nengagement = "acme"\noutput_dir = "/home/me/reports/acme/.staging/1/chapters"\n',
        "execution_count": 2,
        "outputs": [],
    }
    document = {
        "cells": [cell],
        "metadata": {
            "papermill": {"output_path": "/home/me"},
            "language_info": {"name": "python", "version": "3.11.7"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    seal_notebook(path)
    got = json.loads(path.read_text(encoding="utf-8"))
    assert "".join(got["cells"][0]["source"]) == '# Parameters\nengagement = "acme"\noutput_dir = ""'
    assert got["cells"][0]["id"] == "injected-parameters"
    assert "/home/me" not in path.read_text(encoding="utf-8")
    assert got["metadata"] == {"language_info": {"name": "python"}}
    assert got["cells"][0]["metadata"] == {"tags": ["injected-parameters"]}


def test_each_effective_value_has_its_origin(root: Path, study_of: Callable[[str], Study]) -> None:
    """Default, the client's settings, the notebook's cell, -p: the last one wins and is named."""
    path = root / "notebooks" / "10_readiness.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace("confidence = None", "confidence = 0.99"), encoding="utf-8"
    )
    study = study_of("acme")
    plain, given = (make_plan("acme", overrides=pairs).jobs for pairs in ([], ["confidence=0.8"]))
    assert effective_parameters(given[0], study)["confidence"] == {"value": 0.8, "origin": "-p"}
    assert effective_parameters(plain[0], study)["confidence"] == {"value": 0.99, "origin": "cell of 10_readiness"}
    path.write_text(
        path.read_text(encoding="utf-8").replace("confidence = 0.99", "confidence = None"), encoding="utf-8"
    )
    got = effective_parameters(make_plan("acme").jobs[0], study)
    assert got["confidence"] == {"value": 0.9, "origin": "engagement.yaml"}
    assert got["sure"] == {"value": 0.8, "origin": "default"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 0}'], ids=repr)
def test_a_manifest_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    """A damaged or foreign file is no manifest."""
    assert read_manifest(tmp_path) is None
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert read_manifest(tmp_path) is None
