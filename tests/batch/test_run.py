"""Notebooks run on real kernels; whatever happens in one becomes a sentence, and the last good report stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.batch.results import Event
from workbench.batch.run import run_engagement
from workbench.batch.workers import Workers
from workbench.errors import ClientDataError, Fault, UsageError

ZYGOTE = "workbench.batch.warm.zygote"
Put = Callable[[str, Path], Path]
Replace = Callable[[str, str], Path]
Printed = Callable[[Path], str]


def test_a_run_publishes_everything_and_leaves_no_litter(
    root: Path, client: Path, workers: Workers, put: Put, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four masters, one replaced and one chapter added: all in the report, in the manifest, and told as they finish."""
    put("ok", client / "notebooks" / "20_outcomes.ipynb")
    put("surroundings", client / "notebooks" / "55_pricing.ipynb")
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    monkeypatch.setenv("WORKBENCH_BATCH", "0")
    before = Path.cwd()
    events: list[Event] = []
    result = run_engagement("acme", overrides=["confidence=0.8"], on_event=events.append, workers=workers)
    assert result.is_done, result.message
    assert Path.cwd() == before
    latest = root / "reports" / "acme" / "latest"
    assert Path(result.folder) == latest

    manifest = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "done"
    assert [(held["notebook"], held["status"]) for held in manifest["notebooks"]] == [
        ("10_readiness", "done"),
        ("20_outcomes", "done"),
        ("30_allocation", "done"),
        ("55_pricing", "done"),
        ("40_summary", "done"),
    ]
    by_name = {held["notebook"]: held for held in manifest["notebooks"]}
    assert by_name["10_readiness"]["parameters"]["confidence"] == {"value": 0.8, "origin": "-p"}
    assert by_name["10_readiness"]["parameters"]["sure"] == {"value": 0.8, "origin": "default"}
    assert by_name["20_outcomes"]["file"] == "acme/notebooks/20_outcomes.ipynb"
    assert by_name["20_outcomes"]["master_sha256"]
    assert by_name["55_pricing"]["master_sha256"] is None
    assert str(root) not in (latest / "manifest.json").read_text(encoding="utf-8")

    finished = [event.notebook for event in events if event.kind == "finished"]
    assert sorted(finished[:3]) == ["10_readiness", "20_outcomes", "30_allocation"]
    assert finished[3:] == ["55_pricing", "40_summary"]

    page = (latest / "report.html").read_text(encoding="utf-8")
    for pillar in ("readiness", "outcomes", "allocation", "pricing", "summary"):
        assert f"{pillar} works." in page
    assert json.loads((latest / "results.json").read_text(encoding="utf-8"))["engagement"] == "acme"

    executed = latest / "notebooks" / "10_readiness.ipynb"
    assert printed(executed).startswith("0.8")
    text = executed.read_text(encoding="utf-8")
    assert str(root) not in text
    assert ".staging" not in text
    assert '"papermill"' not in text

    seen = json.loads(printed(latest / "notebooks" / "55_pricing.ipynb").splitlines()[0])
    assert "DATABASE_PASSWORD" not in seen["env"]
    assert seen["env"]["WORKBENCH_BATCH"] == "1"
    assert seen["env"]["WORKBENCH_ONLY"] == "acme"
    assert seen["env"]["OPENBLAS_NUM_THREADS"] == "1"
    assert seen["env"]["PYTHONHASHSEED"] == "0"
    assert Path(seen["cwd"]).name == "work"
    assert seen["transport"] == ("tcp" if os.name == "nt" else "ipc")

    assert not (root / "reports" / "acme" / ".staging").exists()
    assert {path.parts[-4] for path in (root / "reports").rglob("*.chapter.json")} == {".cache"}


def test_a_failed_run_leaves_the_last_good_report_and_keeps_the_notebooks(
    root: Path, workers: Workers, replace_master: Replace, printed: Printed
) -> None:
    """The error is a sentence with notebook, cell and line; the cells that ran are kept with their outputs."""
    good = run_engagement("acme", workers=workers)
    assert good.is_done, good.message
    latest = root / "reports" / "acme" / "latest"
    run = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))["run"]
    replace_master("20_outcomes", "raising")

    got = run_engagement("acme", workers=workers)
    assert not got.is_done
    assert "acme: notebook 20_outcomes stopped in code cell 3." in got.message
    assert "ZeroDivisionError: division by zero\nin the line: 1 / divisor" in got.message
    assert [job.status for job in got.jobs] == ["done", "failed", "done", "not run"]
    assert json.loads((latest / "manifest.json").read_text(encoding="utf-8"))["run"] == run

    kept = Path(got.folder)
    assert kept.parent == root / "reports" / "acme" / "failed"
    assert "so far" in printed(kept / "notebooks" / "20_outcomes.ipynb")
    assert "ZeroDivisionError" in (kept / "notebooks" / "20_outcomes.ipynb").read_text(encoding="utf-8")
    assert "1 / divisor" in (kept / "error.txt").read_text(encoding="utf-8")
    manifest = json.loads((kept / "manifest.json").read_text(encoding="utf-8"))
    assert [held["status"] for held in manifest["notebooks"]] == ["done", "failed", "done", "not run"]
    assert manifest["notebooks"][1]["cause"] == "cell_error"
    assert not (root / "reports" / "acme" / ".staging").exists()


@pytest.mark.parametrize(
    ("kind", "cause", "message"),
    [
        pytest.param("data_fault", "data", "row 14, column d07_2: 6 is outside the scale.", id="data fault"),
        pytest.param("wrong_chapter", "chapter", "a chapter of 'someone-else', not of 'acme'", id="another client"),
        pytest.param("old_chapter", "chapter", "a chapter of other data", id="other data"),
        pytest.param("other_name", "chapter", "without saving the chapter 'readiness'", id="another name"),
        pytest.param("dead_kernel", "kernel_died", "Its kernel died", id="dead kernel"),
    ],
)
def test_whatever_stops_a_notebook_is_told_in_words(
    root: Path,
    workers: Workers,
    replace_master: Replace,
    printed: Printed,
    kind: str,
    cause: str,
    message: str,
) -> None:
    """No traceback reaches the reader; a fault of the client's data comes back as its own sentence."""
    replace_master("10_readiness", kind)
    got = run_engagement("acme", only="readiness", workers=workers)
    assert (got.status, got.jobs[0].cause) == ("failed", cause)
    assert message in got.message
    assert "Traceback" not in got.message
    assert not (root / "reports" / "acme" / "latest").exists()
    kept = Path(got.folder) / "notebooks" / "10_readiness.ipynb"
    if kind == "dead_kernel":
        assert "alive" in printed(kept)
        assert "SIGKILL" in kept.read_text(encoding="utf-8")
        assert got.jobs[0].attempts == 3, "and then it is given up"
    if kind == "data_fault":
        assert "Allowed: 1 to 5. Correct the cell." in got.message


def test_a_notebook_cannot_rewrite_anothers_chapter(root: Path, client: Path, workers: Workers, put: Put) -> None:
    """A client's own notebook reads what the masters found; what it writes over that stops the run and is named."""
    put("meddling", client / "notebooks" / "55_pricing.ipynb")
    got = run_engagement("acme", workers=workers)
    assert not got.is_done
    assert "acme: notebook 55_pricing stopped." in got.message
    assert "It wrote or removed the chapter 'readiness'." in got.message
    assert [job.status for job in got.jobs] == ["done", "done", "done", "failed", "not run"]
    assert not (root / "reports" / "acme" / "latest").exists()


@pytest.mark.parametrize("place", ["/proc/nope", "a-file/reports"])
def test_reports_that_cannot_be_written_are_a_sentence(
    root: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """With the path and what to do, not a traceback; a batch goes on."""
    (root / "a-file").write_text("", encoding="utf-8")
    monkeypatch.setenv("WORKBENCH_REPORTS", str(root / place))
    got = run_engagement("acme", workers=workers)
    assert not got.is_done
    assert got.message.startswith(f"Nothing can be written to {root / place}")
    assert "set WORKBENCH_REPORTS to another folder" in got.message


def test_one_pillar_alone_never_replaces_the_full_report(root: Path, workers: Workers) -> None:
    """It is published beside it, whole."""
    got = run_engagement("acme", only="readiness", workers=workers)
    assert got.is_done, got.message
    assert Path(got.folder) == root / "reports" / "acme" / "only-readiness"
    assert (Path(got.folder) / "report.html").is_file()
    assert not (root / "reports" / "acme" / "latest").exists()


def test_paths_with_braces_are_paths(
    tmp_path: Path, root: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Papermill formats paths; here a folder may be called {engagement} or {c.__class__}."""
    reports = tmp_path / "{engagement} {c.__class__}"
    monkeypatch.setenv("WORKBENCH_REPORTS", str(reports))
    got = run_engagement("acme", only="readiness", workers=workers)
    assert got.is_done, got.message
    assert (reports / "acme" / "only-readiness" / "report.html").is_file()


def test_a_folder_with_faults_starts_no_kernel(
    root: Path, client: Path, workers: Workers, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Faults of the files and of the notebooks come back together."""
    fault = Fault("survey.csv", "", "row 2", "a fault.", "none.", "Mend it.")

    def refuse(name: str, root: Path | None = None) -> None:
        raise ClientDataError((fault,))

    monkeypatch.setattr("workbench.batch.study.prepare_study", refuse)
    monkeypatch.setattr("workbench.batch.run.run_job", lambda *_: pytest.fail("a kernel was started"))
    put("no_chapter", client / "notebooks" / "50_extra.ipynb")
    got = run_engagement("acme", workers=workers)
    assert got.status == "failed"
    assert "survey.csv, row 2: a fault." in got.message
    assert "notebooks/50_extra.ipynb: no call of save_chapter." in got.message
    assert got.cause == "data"
    assert sorted(path.name for path in (root / "reports" / "acme").iterdir()) == ["failed"], "why, and nothing else"
    page = (Path(got.folder) / "error.html").read_text(encoding="utf-8")
    assert "survey.csv, row 2: a fault." in page


def test_wrong_usage_raises_before_anything_is_read(root: Path, workers: Workers) -> None:
    """An unknown engagement, pillar or parameter is the caller's mistake."""
    for wrong in ({"only": "sales"}, {"overrides": ["confidnce=1"]}, {"overrides": {"confidence": 2}}):
        with pytest.raises(UsageError):
            run_engagement("acme", workers=workers, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no engagement 'nobody'"):
        run_engagement("nobody", workers=workers)


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to a console, not to a process")
@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM"])
def test_ctrl_c_ends_the_kernels_and_leaves_nothing_half_done(root: Path, replace_master: Replace, ending: str) -> None:
    """A real run, interrupted in the middle of a cell: by a terminal, which tells all processes, or by a scheduler."""
    import psutil

    replace_master("20_outcomes", "slow")
    command = [sys.executable, "-m", "workbench", "run", "acme"]
    pipe = subprocess.PIPE
    run = subprocess.Popen(command, cwd=root, stdout=pipe, stderr=pipe, text=True, start_new_session=True)  # noqa: S603
    process = psutil.Process(run.pid)

    def kernels() -> list[psutil.Process]:
        return [child for child in process.children(recursive=True) if is_kernel(child)]

    def is_kernel(child: psutil.Process) -> bool:  # started cold, or forked from a parent
        try:
            parent, command = child.parent(), child.cmdline()
            return "ipykernel_launcher" in command or (
                parent is not None and parent.cmdline() == command and ZYGOTE in command
            )
        except psutil.Error:  # gone between two looks
            return False

    end = time.monotonic() + 180
    while not any((root / "reports").rglob("begun")) and run.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    started, everyone = kernels(), process.children(recursive=True)
    assert started
    if ending == "SIGINT":
        os.killpg(run.pid, signal.SIGINT)
    else:
        run.send_signal(signal.SIGTERM)
    _, errors = run.communicate(timeout=180)  # the cell would take ten minutes
    assert run.returncode not in (0, None)
    assert "Traceback" not in errors, errors
    assert not psutil.wait_procs(everyone, timeout=60)[1]
    reports = root / "reports" / "acme"
    assert not (reports / "latest").exists()
    assert not (reports / ".staging").exists()
