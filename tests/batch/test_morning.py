"""The morning page: who failed by cause and what to do, and no word of a client's that its settings do not permit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.batch.failures import REMEDIES, describe_fault, failure_page
from workbench.batch.ledger import Ledger
from workbench.batch.limits import Limits
from workbench.batch.morning import forget_pages, morning_page, without_headlines, write_morning_page
from workbench.batch.publish import MANIFEST_FORMAT, keep_refused, write_json
from workbench.batch.results import CAUSES, BatchResult, EngagementResult, JobResult
from workbench.errors import Fault
from workbench.report.html import POLICY

HOSTILE = "<script>alert('acme')</script>"


def job(status: str = "done", seconds: float = 3.0, **more: object) -> JobResult:
    """Return how a notebook went."""
    return JobResult("20_outcomes", status, seconds, **more)  # type: ignore[arg-type]


def night(*engagements: EngagementResult, **more: str) -> BatchResult:
    """Return a night of these."""
    return BatchResult(engagements, 200.0, id="b1", **more)


def published(reports: Path, name: str, answer: str, *, may_show: bool) -> None:
    """Lay out the manifest of a report."""
    (reports / name / "latest").mkdir(parents=True)
    write_json(
        reports / name / "latest" / "manifest.json",
        {
            "format": MANIFEST_FORMAT,
            "finished": "2026-11-22T03:04:05+00:00",
            "morning_headline": may_show,
            "answers": [answer],
        },
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Give an empty ledger."""
    with Ledger(tmp_path / "ledger.sqlite") as held:
        yield held


def test_a_cause_and_a_remedy_belong_together() -> None:
    """Every cause is said and has something to do."""
    assert list(CAUSES) == list(REMEDIES)


def test_the_page_says_how_the_night_went(tmp_path: Path, ledger: Ledger) -> None:
    """Counts first, failures by cause with notebook, cell and page, then times and memory; the JSON says the same."""
    published(tmp_path, "acme", "Two lines close.", may_show=True)
    published(tmp_path, "zenith", "Nobody may read this.", may_show=False)
    stopped = job("failed", cause="cell_error", cell=4, message="Row 3 says 'Berta'.")
    found = night(
        EngagementResult("acme", "done", 9.0, (job(peak_mb=321.0, attempts=2),), answers=("Two lines close.",)),
        EngagementResult("zenith", "unchanged", 0.1, answers=("Nobody may read this.",)),
        EngagementResult("birch", "failed", 4.0, (stopped,), "x/birch/failed/r1", "Row 3 says 'Berta'.", "cell_error"),
        EngagementResult("cedar", "failed", 1.0, (), "x/cedar/failed/r2", "survey.csv: 'Berta'.", "data"),
        EngagementResult("drift", "failed", 1.0, message="Traceback 'Berta'"),
    )
    page = write_morning_page(found, ledger, tmp_path, finished="2026-11-23 05:00").read_text(encoding="utf-8")
    said = json.loads((tmp_path / "batch.json").read_text(encoding="utf-8"))
    assert said["answer"] == "1 of 5 engagements has a new report, 3 failed, 1 unchanged."
    assert said["answer"] in page
    assert [group["cause"] for group in said["failures"]] == ["data", "cell_error", "internal"]
    assert said["failures"][1]["rows"] == [
        {
            "engagement": "birch",
            "notebook": "20_outcomes",
            "cell": 4,
            "attempts": 1,
            "faults": 0,
            "first_fault": "",
            "page": "birch/failed/r1/error.html",
        }
    ]
    assert 'href="birch/failed/r1/error.html"' in page
    assert 'href="acme/latest/report.html"' in page
    assert "code cell 4" in page
    assert "Two lines close." in page
    assert said["largest"][0]["peak_mb"] == 321.0
    for words in ("Berta", "Nobody may read this."):
        assert words not in page
        assert words not in json.dumps(said)
    assert f'content="{POLICY}"' in page
    assert "<script" not in page
    own = (tmp_path / "_batch" / "b1" / "index.html").read_text(encoding="utf-8")
    assert 'href="../../acme/latest/report.html"' in own
    assert json.loads((tmp_path / "_batch" / "b1" / "batch.json").read_text(encoding="utf-8")) == said


def test_a_batch_of_one_keeps_every_engagement_in_sight(tmp_path: Path, ledger: Ledger) -> None:
    """The others with their last known state, the nights before with their pages; and whose report is kept."""
    published(tmp_path, "acme", "Secret.", may_show=False)
    kept = keep_refused("birch", tmp_path, "r1", "A fault of Berta's.", cause="data", seconds=1.0)
    write_morning_page(night(EngagementResult("acme", "done", 1.0)), ledger, tmp_path, finished="2026-11-22 05:00")
    own = tmp_path / "_batch" / "b1" / "index.html"
    assert "The night of all engagements" in own.read_text(encoding="utf-8")
    failed = EngagementResult("cedar", "failed", 4.0, (), "x/cedar/failed/r2", "No.", "cell_error")
    one = BatchResult((failed,), 4.0, id="b2")
    page = write_morning_page(one, ledger, tmp_path, known=["acme", "birch", "cedar"]).read_text(encoding="utf-8")
    for words in (
        "A batch of 1 of 3 engagements",
        'href="acme/latest/report.html"',
        f'href="birch/failed/{kept.name}/error.html"',
        'href="_batch/b1/index.html"',
        "2026-11-22 05:00 UTC",
        "took 4 s",
        "What failed has no report yet.",
        "morning_headline: yes",
    ):
        assert words in page
    for words in ("Secret.", "Berta", "keeps its last good report", ">Bottom line<"):
        assert words not in page
    published(tmp_path, "cedar", "Secret.", may_show=False)
    assert "What failed keeps its last good report." in write_morning_page(one, ledger, tmp_path).read_text("utf-8")
    assert "_batch/b2/index.html" not in (tmp_path / "index.html").read_text(encoding="utf-8"), "it is this one"
    write_morning_page(one, ledger, tmp_path, known=["acme", "cedar"])
    assert tmp_path / "index.html" in forget_pages("acme", tmp_path), "a page that names it, in whichever table"


def test_other_programs_get_no_bottom_line_that_is_not_permitted(tmp_path: Path) -> None:
    """As on the page."""
    found = []
    for name, may_show in (("acme", True), ("zenith", False)):
        published(tmp_path, name, "Two lines close.", may_show=may_show)
        folder = str(tmp_path / name / "latest")
        found.append(EngagementResult(name, "done", 1.0, folder=folder, answers=("Two lines close.",)))
    got = without_headlines(night(*found))
    assert [held.answers for held in got.engagements] == [("Two lines close.",), ()]


def test_what_stopped_is_among_what_took_time(tmp_path: Path, ledger: Ledger) -> None:
    """It took time and memory as well; a table that would say nothing new is left out."""
    stopped = job("failed", 40.0, cause="deadline", peak_mb=900.0)
    waiting = job("failed", 0.0, cause="deadline", attempts=0)
    found = night(EngagementResult("acme", "failed", 41.0, (stopped, waiting), cause="deadline"))
    said = morning_page(found, ledger, tmp_path)
    assert [one["seconds"] for one in said["slowest"]] == [40.0]
    assert [one["peak_mb"] for one in said["largest"]] == [900.0]
    page = write_morning_page(found, ledger, tmp_path).read_text(encoding="utf-8")
    assert "20_outcomes, stopped" in page
    assert "What needed most memory" not in page


def test_what_took_twice_its_usual_time_is_named(tmp_path: Path, ledger: Ledger) -> None:
    """Against the median of earlier nights, and not for a second more."""
    for number, seconds in enumerate((10.0, 11.0, 9.0)):
        ledger.begin(f"n{number}", ["acme"])
        ledger.record(f"n{number}", EngagementResult("acme", "done", seconds))
    for seconds, expected in ((30.0, ["acme"]), (14.0, [])):
        found = morning_page(night(EngagementResult("acme", "done", seconds)), ledger, tmp_path)
        assert [one["engagement"] for one in found["slow"]] == expected


def test_attempts_and_cold_starts_are_told(tmp_path: Path, ledger: Ledger) -> None:
    """What was tried again, how often and why, whether it helped or not; and why kernels did not start warm."""
    lucky = job(attempts=3, retried=("kernel_died", "kernel_died"), why_cold="the parent is too slow")
    unlucky = job("failed", cause="memory", cell=2, attempts=2, retried=("memory",), why_cold="the parent is too slow")
    found = night(
        EngagementResult("acme", "done", 9.0, (lucky, job(attempts=0, why_cold="of before"))),
        EngagementResult("birch", "failed", 4.0, (unlucky,), "x/birch/failed/r1", "No room.", "memory"),
    )
    said = morning_page(found, ledger, tmp_path)
    assert [(one["engagement"], one["attempts"], one["status"]) for one in said["retried"]] == [
        ("acme", 3, "done"),
        ("birch", 2, "failed"),
    ]
    assert said["cold"] == [{"why": "the parent is too slow", "count": 2}]
    page = write_morning_page(found, ledger, tmp_path).read_text(encoding="utf-8")
    for words in (
        "needed 3 attempts",
        "failed after 2 attempts",
        "its kernel died, twice",
        "code cell 2, after 2 attempts",
    ):
        assert words in page
    assert "What needed more than one attempt" not in write_morning_page(
        night(EngagementResult("acme", "done", 9.0, (job(),))), ledger, tmp_path
    ).read_text(encoding="utf-8")


def test_a_shard_has_a_page_of_its_own(tmp_path: Path, ledger: Ledger) -> None:
    """The whole is not known yet, so the latest page stays."""
    path = write_morning_page(night(EngagementResult("acme", "done", 1.0), shard="1/2"), ledger, tmp_path)
    assert path == tmp_path / "_batch" / "b1" / "index.html"
    assert "part 1/2" in path.read_text(encoding="utf-8")
    assert not (tmp_path / "index.html").exists()


def test_pages_that_name_an_engagement_can_be_removed(tmp_path: Path, ledger: Ledger) -> None:
    """All of them, and no other's."""
    write_morning_page(night(EngagementResult("zenith", "done", 1.0)), ledger, tmp_path)
    write_morning_page(BatchResult((EngagementResult("acme", "done", 1.0),), 1.0, id="b2"), ledger, tmp_path)
    gone = forget_pages("acme", tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in gone] == [
        "_batch/b2/batch.json",
        "_batch/b2/index.html",
        "batch.json",
        "index.html",
    ]
    assert [path.name for path in (tmp_path / "_batch").iterdir()] == ["b1"]
    assert forget_pages("acme", tmp_path) == []


def test_a_failure_is_explained_with_the_cell_and_its_own_words(tmp_path: Path) -> None:
    """The notebook's cell as the analyst counts, the fault behind it, what to do; everything escaped."""
    cells = [
        {"cell_type": "markdown", "source": ["# Title"], "metadata": {}},
        {"cell_type": "code", "source": ["engagement = 'x'"], "metadata": {"tags": ["parameters"]}},
        {"cell_type": "code", "source": ["engagement = 'acme'"], "metadata": {"tags": ["injected-parameters"]}},
        {"cell_type": "code", "source": ["a = 1\n", "a / 0  # ", HOSTILE], "metadata": {}},
    ]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "20_outcomes.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    stopped = job("failed", cell=2, message=f"acme: it stopped.\n\nsurvey.csv, row 3: {HOSTILE}")
    page = failure_page(
        "acme",
        "r1",
        "2026-11-22 03:04",
        cause="cell_error",
        message="unused",
        jobs=(JobResult("10_readiness", "done", 2.0), stopped),
        folder=tmp_path,
        last_good="2026-11-21 03:04",
        places={"20_outcomes": ("client_data/acme/notebooks/20_outcomes.ipynb", True)},
    )
    assert "a / 0" in page
    assert "The last good report stays as it is; it was made on 2026-11-21 03:04 UTC." in page
    assert "workbench lab acme" in page
    assert "A cell of the notebook 20_outcomes stopped." in page
    assert "The client’s own notebook: client_data/acme/notebooks/20_outcomes.ipynb" in page
    assert 'href="notebooks/20_outcomes.ipynb"' in page
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;") == 2
    before = failure_page("acme", "r1", "now", cause="data", message="survey.csv: a fault.\n\nrules.csv: another.")
    assert "There is no report yet." in before
    assert "rules.csv: another." in before


def test_a_limit_is_named_with_where_it_came_from() -> None:
    """And the notebooks' times; what is proposed is longer than what stopped it."""
    limits = Limits(engagement=1.0)
    jobs = (job(seconds=3.4), job("failed", 40.0, cause="deadline"))
    page = failure_page("acme", "r1", "now", cause="deadline", message="", jobs=jobs, limits=limits)
    for words in (
        "An engagement may take 1 second, as --deadline said",
        "a notebook may take 60 minutes, the usual where --notebook-limit says nothing",
        "with more: leave --deadline out, which gives it 120 minutes.",
        ">40.0<",
    ):
        assert words in re.sub(r"</?span[^>]*>", "", page)
    usual = failure_page("acme", "r1", "now", cause="cell_timeout", message="", limits=Limits())
    assert "with more: --cell-limit 30m." in re.sub(r"</?span[^>]*>", "", usual)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param(
            Fault("engagement.xlsx", "lines", "C10", "'Berta' is not a number", "a number.", "Correct 'Berta'."),
            "engagement.xlsx, sheet lines, C10: no number",
            id="workbook",
        ),
        pytest.param(
            Fault("berta.csv", "", "", "an unknown file", "others.", "Move berta.csv away."),
            "a file: unknown",
            id="a name of the client's",
        ),
        pytest.param(
            Fault("survey.csv", "berta", "row 2, column berta", "berta is missing berta", "", ""),
            "survey.csv, row 2: a fault",
            id="a sheet, a column and a sentence of the client's",
        ),
        pytest.param(
            Fault("scenarios/berta.yaml", "", "berta.effort", "the setting 'berta' is unknown", "", ""),
            "a file in scenarios/: unknown",
            id="a key of the client's",
        ),
    ],
)
def test_a_fault_is_told_to_all_without_the_clients_words(
    fault: Fault, told: str, tmp_path: Path, ledger: Ledger
) -> None:
    """Its place and kind are ours, and so is how many there are."""
    assert describe_fault(fault) == told
    failed = EngagementResult("acme", "failed", 1.0, cause="data", n_faults=2, first_fault=told)
    page = write_morning_page(night(failed), ledger, tmp_path).read_text(encoding="utf-8")
    assert f"{told}, 2 faults" in page
