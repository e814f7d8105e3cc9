"""What is shown beside the survey: gaps between jobs, three sources, claims without artefact, quotes, a first look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from readiness_samples import HOSTILE, company

from workbench import readiness
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Readiness
from workbench.readiness.first_look import FirstLook
from workbench.readiness.interviews import score_interviews
from workbench.readiness.sources import Sources
from workbench.report.chart import Chart
from workbench.report.drawing.draw import slide_svg
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_readiness import classes_exhibit, gap_exhibit
from workbench.report.exhibits_sources import (
    HIDDEN,
    MOST_GAPS,
    NOT_LOOKED_AT,
    evidence_exhibit,
    quotes_exhibit,
    role_gaps_exhibit,
    sources_exhibit,
)
from workbench.report.tables import Table


def sources_by_line(result: Readiness | Off) -> Exhibit:
    """Return the sources by line."""
    return sources_exhibit(result, by_line=True)


BESIDE = (sources_exhibit, sources_by_line, evidence_exhibit, quotes_exhibit)
EXHIBITS = (role_gaps_exhibit, *BESIDE)


def _interviews(people: int = 8) -> pd.DataFrame:
    rows = [
        {
            "interview": f"i{place}",
            "role": "builder",
            "product_line": "motor",
            "item": "d03_1",
            "level": 1 + place % 2,
            "quote": HOSTILE if place == 0 else None,
            "may_quote": "yes" if place == 0 else "no",
        }
        for place in range(people)
    ]
    return pd.DataFrame(rows)


def _evidence() -> pd.DataFrame:
    rows: list[dict[str, Any]] = [
        {"item": "d02_1", "product_line": "motor", "seen": "no", "level": None, "note": "Nobody has it."},
        {"item": "d03_1", "product_line": "motor", "seen": "yes", "level": 4.0, "note": "A log."},
        {"item": "d09_4", "product_line": None, "seen": "yes", "level": 1.0, "note": HOSTILE},
    ]
    return pd.DataFrame(rows).assign(link="", assessor="A", date=None)


@pytest.fixture(scope="module")
def result() -> Readiness:
    """Return a company with interviews and evidence."""
    found = readiness.assess(replace(company(draws=50), interviews=_interviews(), evidence=_evidence()))
    assert isinstance(found, Readiness)
    return found


@pytest.fixture(scope="module")
def first() -> FirstLook:
    """Return the same company before its survey."""
    found = readiness.assess(replace(company(), answers=(), interviews=_interviews(12), evidence=_evidence()))
    assert isinstance(found, FirstLook)
    return found


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_every_exhibit_says_what_it_shows(result: Readiness, exhibit: Callable[..., Exhibit]) -> None:
    """A claim with a full stop, subtitle, source, alternative text; every row is traced, and all travels as JSON."""
    found = exhibit(result)
    known = {figure.id for figure in readiness.figures(result)}
    assert found.key.startswith("readiness-")
    assert found.claim.endswith(".")
    assert len(found.claim) <= CLAIM_LENGTH
    assert found.subtitle
    assert found.source
    assert found.alt
    assert not isinstance(found.content, Note)
    per_row = found.content.figure_ids() if isinstance(found.content, Chart) else found.data().figures
    assert per_row
    assert all(ids and set(ids) <= known for ids in per_row)
    assert Exhibit.from_dict(found.to_dict()) == found


@pytest.mark.parametrize("exhibit", [*EXHIBITS, classes_exhibit])
def test_a_pillar_that_is_off_shows_the_one_note(exhibit: Callable[..., Exhibit]) -> None:
    """The same note each time, so that a chapter keeps it once."""
    off = Off("readiness", "Whether the move has happened cannot be said.", ("survey",))
    assert exhibit(off) == gap_exhibit(off)


@pytest.mark.parametrize("exhibit", [*BESIDE, classes_exhibit])
def test_a_first_look_is_shown_without_a_survey(first: FirstLook, exhibit: Callable[..., Exhibit]) -> None:
    """Sources, artefacts, quotes and leanings read well; no column of the survey is there; rows are traced."""
    found = exhibit(first)
    assert isinstance(found.content, Table)
    assert not {"Survey says", "Claimed"} & set(found.content.headers())
    assert "wave" not in found.source
    known = {figure.id for figure in readiness.figures(first)}
    assert all(ids and set(ids) <= known for ids in found.content.figures)


def test_what_needs_a_survey_says_so_in_a_first_look(first: FirstLook) -> None:
    """Gaps between jobs and gaps to target are the same note: the survey would answer."""
    found = role_gaps_exhibit(first)
    assert isinstance(found.content, Note)
    assert found == gap_exhibit(first)
    assert "survey" in found.content.tables


def test_classes_of_a_first_look_lean(first: FirstLook) -> None:
    """A row a line: too close to call, leaning, settled by the survey."""
    found = classes_exhibit(first)
    assert isinstance(found.content, Table)
    assert found.key == "readiness-classes"
    for row in found.content.cells():
        assert row[1].startswith("too close to call (leaning to")
        assert row[1].endswith("settled by the survey)")


def test_gaps_are_the_widest_with_their_intervals(result: Readiness) -> None:
    """At most ten, sure ones first, each with the figure's value and interval, against a line at nothing."""
    chart = role_gaps_exhibit(result).content
    assert isinstance(chart, Chart)
    assert len(chart) == min(MOST_GAPS, len(result.gaps))
    assert chart.reference == 0.0
    known = {figure.id: figure for figure in readiness.figures(result)}
    for ids, value, low in zip(chart.figure_ids(), chart.role("value"), chart.role("low"), strict=True):
        assert (known[ids[0]].value, known[ids[0]].low) == (value, low)
    assert f"{result.gaps[0].compared} gaps looked at" in chart.subtitle
    assert "<svg" in slide_svg(chart)


def test_three_sources_stand_side_by_side(result: Readiness) -> None:
    """Feedback: interviews, survey and artefact; a dimension nobody looked at says so; a hidden one says hidden."""
    found = sources_exhibit(result).content
    assert isinstance(found, Table)
    rows = {row[0]: row for row in found.cells()}
    feedback = rows["Customer and user voice (gate)"]
    level = result.scores.get("dimension", result.organisation, "d03").level
    assert level is not None
    assert feedback == (feedback[0], "1.5", "–", "8", f"{level.value:.1f}", "4.0", "1 of 10")
    assert rows["Outcomes instead of output"][1] == HIDDEN
    assert rows["Outcomes instead of output"][-1] == NOT_LOOKED_AT


def test_what_is_only_claimed_stands_with_its_artefact(result: Readiness) -> None:
    """Not seen, and supporting less than claimed; what carries its claim is left out; all lines are one row."""
    found = evidence_exhibit(result)
    assert isinstance(found.content, Table)
    rows = {row[0].split(" ")[0]: row for row in found.content.cells()}
    assert set(rows) == {"2.1", "9.4"}
    assert rows["2.1"][3].startswith("Not seen. Nobody has it.")
    assert rows["9.4"][1] == "All lines"
    assert found.claim == "1 of 3 artefacts looked for were not seen; 2 support less than is claimed."


def test_quotes_show_hostile_text_as_typed(result: Readiness) -> None:
    """The words stand as they were said, with the dimension and nothing that points at a person."""
    found = quotes_exhibit(result).content
    assert isinstance(found, Table)
    (row,) = found.cells()
    assert row == ("Customer and user voice", f"“{HOSTILE}”", "builders")
    assert "motor" not in repr(found.rows).casefold()


def test_empty_states_read_well(result: Readiness) -> None:
    """No interviews, no evidence, too few people: notes that say what would show it."""
    bare = replace(result, sources=Sources())
    for exhibit in BESIDE:
        found = exhibit(bare)
        assert isinstance(found.content, Note)
        assert found.claim.endswith(".")
        assert found.source
    lonely = role_gaps_exhibit(replace(bare, gaps=()))
    assert isinstance(lonely.content, Note)
    assert lonely.claim.startswith("No two jobs can be compared")
    told = score_interviews(_interviews(4), result.instrument, result.settings)
    quiet = quotes_exhibit(replace(result, sources=Sources(told)))
    assert isinstance(quiet.content, Note)
    assert "none may be" in quiet.claim
