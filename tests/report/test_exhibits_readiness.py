"""What readiness shows: claims with numbers, hidden cells marked, every row traced to its figures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from readiness_samples import HOSTILE, INSTRUMENT, company

from workbench import readiness
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Answers, Readiness, ReadinessInputs
from workbench.report.chart import Chart
from workbench.report.drawing import draw
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_readiness import (
    HIDDEN,
    claims_exhibit,
    classes_exhibit,
    gap_exhibit,
    line_levels_exhibit,
    response_exhibit,
    two_jobs_exhibit,
)
from workbench.report.tables import Table

EXHIBITS = (classes_exhibit, gap_exhibit, line_levels_exhibit, two_jobs_exhibit, response_exhibit, claims_exhibit)


@pytest.fixture(scope="module")
def result() -> Readiness:
    """Return a company with one line too small to be shown."""
    found = readiness.assess(company(small_line=True))
    assert isinstance(found, Readiness)
    return found


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_every_exhibit_says_what_it_shows(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """A claim of two lines with a full stop, a subtitle, a source, an alternative text, a key of its own."""
    found = exhibit(result)
    assert found.key.startswith("readiness-")
    assert found.claim.endswith(".")
    assert len(found.claim) <= CLAIM_LENGTH
    assert found.subtitle
    assert "wave 2026-09" in found.source
    assert found.alt


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_every_row_is_traced_to_figures_of_the_chapter(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """Ids of every row exist, and the numbers that are shown are the figures' values."""
    numbers = readiness.figures(result)
    known = {figure.id: figure for figure in numbers}
    found = exhibit(result)
    per_row = found.content.figure_ids() if isinstance(found.content, Chart) else found.data().figures
    assert len(per_row) > 0
    assert all(ids and set(ids) <= set(known) for ids in per_row)
    if isinstance(found.content, Chart):
        for ids, value in zip(per_row, found.content.role("value"), strict=True):
            assert known[ids[0]].value == value


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_a_pillar_that_is_off_shows_a_note(exhibit: Callable[..., Exhibit]) -> None:
    """The same note each time, so that a chapter keeps it once."""
    off = Off("readiness", "Whether the move has happened cannot be said.", ("survey",))
    found = exhibit(off)
    assert isinstance(found.content, Note)
    assert found == classes_exhibit(off)


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_exhibits_travel_as_json(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """What is saved is what is read."""
    found = exhibit(result)
    assert Exhibit.from_dict(found.to_dict()) == found


def test_hidden_cells_are_marked_and_counted(result: Readiness) -> None:
    """The small line and what would give it away stand as "hidden", and the subtitle says how many."""
    found = line_levels_exhibit(result)
    assert isinstance(found.content, Table)
    cells = found.content.cells()
    assert [row[3] for row in cells] == [HIDDEN] * 10
    count = sum(row.count(HIDDEN) for row in cells)
    assert f"{count} hidden" in found.subtitle
    row = next(row for row in classes_exhibit(result).data().cells() if row[0] == "Tiny")
    assert row[1] == "not shown"
    assert HIDDEN in row


def test_a_hidden_count_is_no_blank(result: Readiness) -> None:
    """In the table of who answered a hidden number reads as hidden, not as missing."""
    row = next(row for row in response_exhibit(result).data().cells() if row[0] == "Tiny")
    assert row[2:4] == (HIDDEN, HIDDEN)


def test_targets_stand_beside_levels(result: Readiness) -> None:
    """The client's own target for one dimension, the usual one for the others."""
    found = gap_exhibit(result).content
    assert isinstance(found, Chart)
    targets = dict(zip(found.role("label"), found.role("target"), strict=True))
    assert targets["Funding and standing teams (gate)"] == 4.0
    assert targets["Support functions follow"] == 3.0


def test_every_dimension_shows_its_people_and_interval(result: Readiness) -> None:
    """Small numbers never stand without an interval."""
    found = gap_exhibit(result).content
    assert isinstance(found, Chart)
    for value, low, high, people in zip(*(found.role(name) for name in ("value", "low", "high", "n")), strict=True):
        assert low is not None
        assert low <= value <= high
        assert people >= 5


def test_the_two_jobs_are_two_series(result: Readiness) -> None:
    """Shape and run stand side by side; a dimension that one is not asked says so in the place of its number."""
    found = two_jobs_exhibit(result).content
    assert isinstance(found, Chart)
    assert set(found.order) == {"shape", "run"}
    pairs = list(zip(found.role("label"), found.role("series"), strict=True))
    assert ("Outcomes instead of output", "shape") in pairs
    notes = dict(zip(pairs, found.role("note"), strict=True))
    assert notes["Outcomes instead of output", "run"] == "not asked"
    assert notes["Outcomes instead of output", "shape"] == ""


def test_the_picture_of_the_two_jobs_has_words_for_a_missing_number(result: Readiness) -> None:
    """Where one group has no level the picture says why, once a row and not as a dash."""
    found = two_jobs_exhibit(result).content
    assert isinstance(found, Chart)
    missing = [note for note, value in zip(found.role("note"), found.role("value"), strict=True) if value is None]
    drawn = draw.page_svg(found)
    assert missing
    assert drawn.count("not asked") == missing.count("not asked")
    assert "too few answers" not in drawn


def test_a_hidden_job_is_said_beside_the_other() -> None:
    """With two operators the run side is hidden in every dimension it is asked, in words."""
    held = company()
    answers = held.answers[0]
    runs = answers.sheets["role"].isin(["operations", "support", "finance", "hr"])
    keep = ~runs | (runs.groupby(runs).cumcount() < 2)
    few = Answers(
        answers.wave, None, *(frame[keep] for frame in (answers.sheets, answers.levels, answers.status, answers.codes))
    )
    found = two_jobs_exhibit(readiness.assess(ReadinessInputs(INSTRUMENT, (few,), held.lines)))
    assert isinstance(found.content, Chart)
    assert set(found.content.role("note")) == {"", "hidden", "not asked"}
    assert found.claim == "Shaping and running the business cannot be compared: one is hidden to protect a small group."


@pytest.mark.parametrize(
    ("thesis", "is_appendix", "kind"),
    [("front", False, Table), ("appendix", True, Table), ("off", True, Note)],
)
def test_the_thesis_stands_where_the_client_wants_it(thesis: str, is_appendix: bool, kind: type) -> None:
    """In front, in the appendix, or not at all."""
    found = claims_exhibit(readiness.assess(company(thesis=thesis)))
    assert found.is_appendix == is_appendix
    assert isinstance(found.content, kind)


def test_all_ten_claims_are_there_as_an_opinion(result: Readiness) -> None:
    """A1 to A10, attributed, each with the levels of its items."""
    found = claims_exhibit(result)
    rows = found.data().rows
    assert [str(row[0]).split()[0] for row in rows] == [f"A{place}" for place in range(1, 11)]
    assert "its authors' opinion" in found.subtitle
    assert "9.4:" in str(rows[1][-1])
    assert result.verdict is not None
    assert result.verdict.words in str(rows[9][-1])


def test_a_response_nobody_knows_is_said(result: Readiness) -> None:
    """Without a population the claim and the source say so, and no share is shown."""
    held = company()
    answers = held.answers[0]
    alone = Answers(answers.wave, None, answers.sheets, answers.levels, answers.status, answers.codes)
    found = response_exhibit(readiness.assess(ReadinessInputs(INSTRUMENT, (alone,), held.lines)))
    assert "not known" in found.claim
    assert "response unknown" in found.source
    assert {row[3] for row in found.data().cells()} == {"unknown"}


def test_hostile_names_are_shown_as_typed() -> None:
    """A line called like a script is a line; nothing else happens."""
    named = readiness.assess(company(named=HOSTILE))
    for exhibit in EXHIBITS:
        found = exhibit(named)
        assert len(found.claim) <= CLAIM_LENGTH
    assert any(HOSTILE in str(row[0]) for row in classes_exhibit(named).data().rows)
