"""What is stale is known by hashes, and asking costs neither pandas nor papermill."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.batch.plan import hash_file, make_plan
from workbench.batch.publish import appear, keep_failed, make_manifest, open_staging, write_json
from workbench.batch.results import JobResult
from workbench.batch.status import read_status
from workbench.batch.study import Study
from workbench.engagement.load import InputFile
from workbench.errors import UsageError

Put = Callable[[str, Path], Path]
Studies = Callable[[str], Study]


@pytest.fixture
def published(root: Path, client: Path, study_of: Studies) -> Path:
    """Publish a report of acme as a run does, without running."""
    (client / "survey.csv").write_text("respondent\nr1\n", encoding="utf-8")
    files = tuple(
        InputFile(path.name, path.stat().st_size, hash_file(path))
        for path in sorted(client.iterdir())
        if path.is_file()
    )
    study = dataclasses.replace(study_of("acme"), files=files)
    plan = make_plan("acme")
    staging = open_staging("acme", root / "reports", "run-1")
    done = [JobResult(job.notebook.name, "done", 1.0) for job in plan.jobs]
    write_json(staging.result / "manifest.json", make_manifest(staging, plan, study, done, status="done", seconds=4))
    return appear(staging)


def test_without_a_report_it_was_never_run(root: Path) -> None:
    """Every engagement is listed."""
    assert [(held.engagement, held.word) for held in read_status()] == [("acme", "no full run yet")]


def test_nothing_changed_is_up_to_date(published: Path) -> None:
    """Files, notebooks and code are as they were."""
    assert read_status("acme")[0].word == "up to date"


def test_every_change_is_named(published: Path, root: Path, client: Path, put: Put) -> None:
    """Inputs, notebooks and the workbench itself."""
    (client / "survey.csv").write_text("respondent\nr2\n", encoding="utf-8")
    (client / "engagement.yaml").unlink()
    (client / "facts").mkdir()
    (client / "facts" / "calls.csv").write_text("day\n", encoding="utf-8")
    (client / "~$engagement.xlsx").write_text("", encoding="utf-8")
    put("ok", client / "notebooks" / "55_pricing.ipynb")
    put("raising", client / "notebooks" / "30_allocation.ipynb")
    (root / "templates" / "instrument.yaml").write_text("items: []\n", encoding="utf-8")
    got = read_status("acme")[0]
    assert got.word == "stale"
    assert got.stale == (
        "engagement.yaml is gone",
        "survey.csv changed",
        "facts/calls.csv is new",
        "notebook 30_allocation changed",
        "notebook 55_pricing is new",
        "the workbench itself changed",
    )


def test_a_changed_output_of_a_notebook_is_no_change(published: Path, root: Path) -> None:
    """Only what a notebook does counts."""
    path = root / "notebooks" / "10_readiness.ipynb"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["cells"][1]["execution_count"] = 1
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read_status("acme")[0].word == "up to date"


def test_a_master_that_moved_on_behind_the_clients_own_version_is_told(
    root: Path, client: Path, put: Put, study_of: Studies
) -> None:
    """The analyst's version still runs, but should be looked at."""
    put("ok", client / "notebooks" / "10_readiness.ipynb")
    plan = make_plan("acme")
    staging = open_staging("acme", root / "reports", "run-1")
    manifest = make_manifest(staging, plan, study_of("acme"), [], status="done", seconds=4)
    manifest["inputs"] = [
        {"path": "engagement.yaml", "bytes": 0, "sha256": hash_file(client / "engagement.yaml")},
        {"path": "notebooks/10_readiness.ipynb", "bytes": 0, "sha256": "of the bytes, outputs included"},
    ]
    write_json(staging.result / "manifest.json", manifest)
    appear(staging)
    put("raising", root / "notebooks" / "10_readiness.ipynb")
    assert read_status("acme")[0].stale == ("the master of 10_readiness has moved on; your own version runs",)


def test_a_later_failure_is_told_beside_the_last_good_report(
    published: Path, root: Path, study_of: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the first sentence of what stopped it."""
    latest = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    latest["finished"] = "2026-01-01T00:00:00+00:00"
    write_json(published / "manifest.json", latest)
    staging = open_staging("acme", root / "reports", "run-2")
    keep_failed(staging, make_plan("acme"), study_of("acme"), [], "It stopped.\nAnd why.", 3.0)
    got = read_status("acme")[0]
    assert got.word == "up to date, last run failed"
    assert got.failure == "It stopped."


def test_an_unknown_engagement_is_wrong_usage(root: Path) -> None:
    """It is not silently empty."""
    with pytest.raises(UsageError):
        read_status("nobody")


def test_status_imports_neither_pandas_nor_papermill(published: Path, root: Path) -> None:
    """It answers at once."""
    code = (
        "import sys\nfrom workbench.batch.status import read_status\n"
        "assert read_status('acme')[0].word == 'up to date'\n"
        "print(sorted({'pandas', 'numpy', 'papermill', 'matplotlib', 'duckdb', 'scipy'} & set(sys.modules)))"
    )
    got = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    assert (got.stdout.strip(), got.stderr) == ("[]", "")
