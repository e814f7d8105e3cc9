"""A page a product line and one that compares: only numbers of the chapter, and a small line stays small talk."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from readiness_samples import HOSTILE, company

from workbench import readiness
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Readiness
from workbench.report.html import render_pages
from workbench.report.page import Page
from workbench.report.pages_readiness import comparison_page, line_pages
from workbench.report.story import Meta, Report, check_report, new_chapter


@pytest.fixture(scope="module")
def result() -> Readiness:
    """Return a company with one line too small to be shown."""
    found = readiness.assess(company(small_line=True))
    assert isinstance(found, Readiness)
    return found


def told(result: Readiness | Off, *pages: Page) -> Report:
    """Return a report of one chapter with these pages."""
    study = SimpleNamespace(name="acme", data_hash="abc", missing=())
    return Report(Meta("acme", "Acme", "2026-09-30"), (new_chapter("readiness", study, result).add_pages(*pages),))


def test_each_line_has_a_page_that_stands_up(result: Readiness) -> None:
    """A page a line in the register's order, with a bottom line, its levels and its questions, every number traced."""
    pages = line_pages(result)
    assert [page.key for page in pages] == ["line-motor", "line-home", "line-tiny"]
    check_report(told(result, *pages, comparison_page(result)))
    for page in pages:
        assert all(finding.claim.endswith(".") and len(finding.claim) <= CLAIM_LENGTH for finding in page.headline)
    motor = result.verdict.line("motor") if result.verdict else None
    assert motor is not None
    assert motor.verdict in pages[0].headline[0].claim


def test_a_small_line_gives_no_level_away(result: Readiness) -> None:
    """Its page exists, so that its owner sees why it is empty; it holds no number of its own."""
    numbers = {figure.id: figure for figure in readiness.figures(result)}
    page = line_pages(result)[2]
    own = [numbers[name] for name in page.figure_ids() if "/tiny" in numbers[name].key]
    assert own
    assert all(figure.value is None or not isinstance(figure.value, float) for figure in own if "level/" in figure.key)
    assert "protect" in json.dumps(page.to_dict())


def test_the_comparison_ranks_lines_and_gives_no_peer_number(result: Readiness) -> None:
    """Lines by their way to target; published ranges with their sources and what was measured otherwise."""
    page = comparison_page(result)
    assert any("No peer number" in finding.claim for finding in page.headline)
    shown = [part.name for part in result.lines if result.percent_to_target[part.id] is not None]
    ranked = [held for held in page.exhibits if held.key == "readiness-compare"]
    assert bool(ranked) == (len(shown) > 1)
    ranges = page.exhibits[-1].data()
    assert len(ranges) == len(result.instrument.public_ranges) == 2
    assert all("DORA" in str(row) for row in ranges.rows)


def test_text_of_a_client_is_escaped(result: Readiness) -> None:
    """A line's name is the client's own."""
    hostile = readiness.assess(company(named=HOSTILE))
    pages = render_pages(told(hostile, *line_pages(hostile), comparison_page(hostile)))
    assert all("<script>alert" not in text for text in pages.values())


def test_without_a_survey_there_is_a_comparison_that_says_so() -> None:
    """No pages of lines; the page that compares says what is missing."""
    off = Off("readiness", "Whether the move has happened cannot be said.", ("survey",))
    assert line_pages(off) == ()
    page = comparison_page(off)
    assert "can be compared once" in page.headline[0].claim
    assert page.exhibits == ()  # the chapter has the note already, and no claim comes twice
    check_report(told(off, page))
