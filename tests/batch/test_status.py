"""What is stale is known by hashes, and asking costs neither pandas nor papermill."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.batch.keys import engagement_key, read_ground
from workbench.batch.ledger import LEDGER, Ledger
from workbench.batch.outlook import plan_batch
from workbench.batch.plan import hash_file, make_plan
from workbench.batch.publish import appear, keep_failed, keep_refused, make_manifest, open_staging, write_json
from workbench.batch.results import EngagementResult, JobResult
from workbench.batch.status import Change, read_last_batch, read_status
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
    return publish(root, study)


def publish(root: Path, study: Study, **changed: object) -> Path:
    """Publish a report as a run does, without running; some of its manifest may be otherwise."""
    plan = make_plan("acme")
    staging = open_staging("acme", root / "reports", "run-1")
    done = [JobResult(job.notebook.name, "done", 1.0) for job in plan.jobs]
    key = engagement_key(plan, read_ground(root))
    manifest = make_manifest(staging, plan, study, done, status="done", seconds=4, key=key)
    write_json(staging.result / "manifest.json", {**manifest, **changed})
    (staging.result / "report.html").write_text("A report.", encoding="utf-8")
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
    assert (got.word, got.state, got.why) == ("stale", "stale", ("notebook", "data", "code"))
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
    held = InputFile("engagement.yaml", 0, hash_file(client / "engagement.yaml"))
    own = InputFile("notebooks/10_readiness.ipynb", 0, "of the bytes, outputs included")
    publish(root, dataclasses.replace(study_of("acme"), files=(held, own)))
    assert read_status("acme")[0].stale == ()
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
    keep_failed(staging, make_plan("acme"), study_of("acme"), [], "It stopped.\nAnd why.", 3.0, key=latest["key"])
    got = read_status("acme")[0]
    assert got.word == "up to date, last run failed"
    assert got.failure == "It stopped."


def fail(root: Path, run: str, key: str) -> None:
    """Keep a run that was refused after every report of today."""
    kept = keep_refused("acme", root / "reports", run, "1 fault in it.\nMore.", cause="data", seconds=1.0, key=key)
    manifest = json.loads((kept / "manifest.json").read_text(encoding="utf-8"))
    write_json(kept / "manifest.json", {**manifest, "finished": "2999-01-01T00:00:00+00:00"})


def test_a_failure_of_files_that_were_put_right_is_not_told(published: Path, root: Path, client: Path) -> None:
    """The report is of the files that there are; where they fail as they are, a plan counts them apart."""
    survey, good = client / "survey.csv", (client / "survey.csv").read_bytes()
    survey.write_text("respondent\n\n", encoding="utf-8")
    fail(root, "run-2", engagement_key(make_plan("acme"), read_ground(root)))
    got = read_status("acme")[0]
    assert (got.word, got.cause, got.fails_again) == ("stale, last run failed", "data", True)
    outlook = plan_batch(["acme"], 2, root=root)
    assert (outlook.to_run, [held.refused for held in outlook.to_fail]) == ((), ["1 fault in it."])
    survey.write_text("respondent\nr3\n", encoding="utf-8")
    assert not read_status("acme")[0].fails_again
    (held,) = plan_batch(["acme"], 2, root=root).to_run
    assert not held.is_checked, "nobody has read the file as it is now"
    survey.write_bytes(good)
    assert (read_status("acme")[0].word, read_status("acme")[0].failure) == ("up to date", "")


@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        pytest.param({"versions": {"pandas": "0.1"}, "key": "k"}, "environment", "pandas is ", id="a library"),
        pytest.param({"key": "of another locale"}, "environment", "the locale", id="what cannot be told apart"),
        pytest.param({"key": ""}, "data", "its databases may hold other rows", id="databases"),
        pytest.param({"bound": ["x"]}, "report", "what earlier runs showed", id="withdrawn"),
    ],
)
def test_what_no_file_tells_is_named_as_well(
    root: Path, study_of: Studies, client: Path, changed: dict[str, object], kind: str, words: str
) -> None:
    """Whatever makes a batch run an engagement makes status call it stale."""
    file = InputFile("engagement.yaml", 0, hash_file(client / "engagement.yaml"))
    publish(root, dataclasses.replace(study_of("acme"), files=(file,)), **changed)
    got = read_status("acme")[0]
    assert (got.state, got.why) == ("stale", (kind,))
    assert words in got.stale[0]


def test_a_parameter_from_outside_is_told(root: Path, client: Path, study_of: Studies) -> None:
    """A report that was made with -p is not what a batch would make."""
    file = InputFile("engagement.yaml", 0, hash_file(client / "engagement.yaml"))
    publish(root, dataclasses.replace(study_of("acme"), files=(file,)), key="with -p")
    path = root / "reports" / "acme" / "latest" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["notebooks"][0]["parameters"]["confidence"]["origin"] = "-p"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    got = read_status("acme")[0]
    assert got.changes == (Change("parameters", "10_readiness last ran with confidence set by -p"),)
    (path.parent / "report.html").unlink()
    assert "report.html is gone" in read_status("acme")[0].stale


def test_a_batch_says_what_it_would_do(published: Path, root: Path, client: Path) -> None:
    """Which engagements, why, about how long and which cannot; nothing is run."""
    for name in ("borealis", "cobalt"):
        (root / "client_data" / name).mkdir()
        (root / "client_data" / name / "engagement.yaml").write_text("name: B\n", encoding="utf-8")
    (root / "client_data" / "cobalt" / "notebooks").mkdir()
    (root / "client_data" / "cobalt" / "notebooks" / "55_x.ipynb").write_text("{}", encoding="utf-8")
    with Ledger(root / "reports" / LEDGER) as ledger:
        ledger.begin("b1", ["acme", "borealis"])
        ledger.record("b1", EngagementResult("acme", "done", 60.0))
        ledger.record("b1", EngagementResult("borealis", "failed", 1.0, cause="data"))
    names = ["acme", "borealis", "cobalt"]
    got = plan_batch(names, 2, root=root)
    assert [(held.status.engagement, held.status.state, held.will_run) for held in got.prospects] == [
        ("acme", "done", False),
        ("borealis", "to do", True),
        ("cobalt", "to do", True),
    ]
    assert ["notebooks/55_x.ipynb" in held.refused for held in got.prospects] == [False, False, True]
    assert got.seconds is None, "nothing is known of what would run"
    assert plan_batch(names, 2, fresh=True, root=root).seconds == 60.0
    (client / "survey.csv").write_text("respondent\nr2\n", encoding="utf-8")
    assert [held.status.why for held in plan_batch(names, 2, root=root).to_run] == [("data",), ()]
    assert [held.status.engagement for held in plan_batch(names, 2, root=root).to_fail] == ["cobalt"]
    assert len(plan_batch(names, 2, shard="1/3", root=root).prospects) == 1
    last = read_last_batch(root=root)
    assert last is not None
    assert (last.finished, last.n_engagements, last.count("done"), last.count("failed")) == ("", 2, 1, 1)
    assert last.to_json()["failed"] == [{"engagement": "borealis", "cause": "data"}]


def test_a_damaged_ledger_hinders_nobody_who_asks(published: Path, root: Path) -> None:
    """What it remembered is looked up instead; it is left for the next batch to mend."""
    (root / "reports" / LEDGER).write_bytes(b"no database " * 1000)
    assert read_status("acme")[0].word == "up to date"
    assert read_last_batch() is None
    assert (root / "reports" / LEDGER).read_bytes() == b"no database " * 1000


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
