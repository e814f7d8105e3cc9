"""From a folder without a survey to the board's page: what two sources carry, said on the way, and nothing more."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench import load_engagement, new_chapter, readiness
from workbench.findings import Off
from workbench.readiness import FirstLook
from workbench.report import exhibits_readiness, exhibits_respondents, exhibits_sources
from workbench.report.chapter import Chapter, load_chapter, save_chapter
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_summary import answers_exhibit, portfolio_exhibit
from workbench.report.story import Report, check_report, new_report
from workbench.report.summary import headline, read_summary

SAMPLE = Path(__file__).resolve().parents[2] / "client_data" / "harbour-mutual"
TABLES = ("engagement.yaml", "lines.csv", "products.csv", "memberships.csv", "interviews.csv", "evidence.csv")


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the sample in its first week: registers, interviews and artefacts."""
    folder = tmp_path / "first-week"
    folder.mkdir()
    for name in TABLES:
        shutil.copy(SAMPLE / name, folder / name)
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(tmp_path))
    return load_engagement("first-week")


def _functions(*modules: Any) -> list[Callable[[Off], Exhibit]]:
    found = [
        held
        for module in modules
        for name, held in vars(module).items()
        if name.endswith("_exhibit") and held.__module__ == module.__name__
    ]
    return found


def test_the_first_week_makes_a_chapter_and_the_boards_page(study: Any, tmp_path: Path) -> None:
    """Every exhibit accepts it, the notes are one, the report keeps the house's rules, and no line has a class."""
    result = readiness.assess(study.readiness)
    assert isinstance(result, FirstLook)
    chapter = new_chapter("readiness", study, result)
    for make in _functions(exhibits_readiness, exhibits_respondents, exhibits_sources):
        exhibit = make(result)
        if exhibit.key not in {held.key for held in chapter.exhibits}:
            chapter = chapter.add(exhibit)
    notes = [held for held in chapter.exhibits if isinstance(held.content, Note)]
    assert len(notes) == 1
    assert {"readiness-classes", "readiness-sources", "readiness-evidence", "readiness-quotes"} <= {
        held.key for held in chapter.exhibits
    }
    assert [type(held) for held in chapter.off] == [Off]  # the chapter keeps why, no more
    save_chapter(chapter, tmp_path / "out")
    read: Chapter = load_chapter(tmp_path / "out" / "readiness.chapter.json")
    assert read == chapter
    report: Report = new_report(study, [read])
    check_report(report)
    summary = read_summary(study, chapters=[read])
    assert summary.answers[0].name == "of 6 product lines have no class yet"
    assert summary.answers[0].value == 6
    assert {line.readiness for line in summary.lines} == {"too close to call"}
    assert headline(summary)[0].claim.startswith("6 of 6 lines have no class yet")
    assert answers_exhibit(summary).claim
    assert portfolio_exhibit(summary).claim.startswith("None of 6 lines has a class yet")


def test_what_the_first_week_says_of_the_sample(study: Any) -> None:
    """Pensions leans to still project-run by its budget, and the survey is the next step."""
    result = readiness.assess(study.readiness)
    assert isinstance(result, FirstLook)
    assert result.verdict is not None
    assert result.verdict.line("pensions").leaning == "still project-run"
    assert result.verdict.line("pensions").held_back_by[0] == "d06"
    assert readiness.next_steps(result)[0].claim.startswith("Send the survey")
    assert readiness.figures(result)["interviews"].value == 19
