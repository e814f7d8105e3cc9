"""Pages for one reader, and what each kind of reader gets."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
import report_samples

from workbench.engagement.settings import EngagementSettings
from workbench.errors import ReportError
from workbench.findings import Figure, Finding, Findings, number_figures
from workbench.report.audience import AUDIENCES, BETWEEN_PEOPLE, chapter_for
from workbench.report.chapter import Chapter
from workbench.report.exhibit import Exhibit
from workbench.report.html import render_html, render_pages
from workbench.report.page import Page
from workbench.report.story import Report, check_report, new_report, results


def page(key: str = "line-motor", claim: str = "Motor is in transition.", title: str = "Motor") -> Page:
    """Return a page of a product line with one chart."""
    return Page(
        key,
        "line",
        title,
        "Does Motor work as a product?",
        Findings((Finding(claim, "Held back by funding.", ("R-001",)), Finding("It has come half way.", ""))),
        (Exhibit(f"{key}-levels", report_samples.ranked(f"{title}: travel is lowest.")),),
        Findings((Finding("Start with the budget.", "", ("R-002",)),)),
    )


def with_pages(report: Report, *pages: Page, pillar: str = "readiness") -> Report:
    """Return the report with pages in one chapter."""
    chapters = tuple(held.add_pages(*pages) if held.pillar == pillar else held for held in report.chapters)
    return replace(report, chapters=chapters)


def study_for(report: Report, audience: str) -> SimpleNamespace:
    """Return an engagement whose report goes to these readers."""
    settings = SimpleNamespace(name="Harbour Mutual", as_of="2026-09-30", audience=audience)
    chapter = report.chapters[0]
    return SimpleNamespace(name=chapter.engagement, data_hash=chapter.data_hash, settings=settings, tables={})


def test_a_chapter_carries_its_pages_through_json(report: Report) -> None:
    """What a notebook saves is what the renderer reads."""
    chapter = report.chapters[1].add_pages(page())
    assert Chapter.from_dict(json.loads(json.dumps(chapter.to_dict()))) == chapter
    with pytest.raises(ReportError, match="two pages of key 'line-motor'"):
        chapter.add_pages(page())


@pytest.mark.parametrize(("change", "said"), [({"key": "../up"}, "slug"), ({"kind": "wall"}, "kind")])
def test_a_page_is_no_path_and_of_a_known_kind(change: dict[str, str], said: str) -> None:
    """Keys become names of files; the kind decides who gets it."""
    with pytest.raises(ReportError, match=said):
        replace(page(), **change)


def test_pages_of_one_key_are_one_file_with_a_section_a_chapter(report: Report) -> None:
    """What readiness and outcomes say about a line stands on one page, each number once."""
    told = with_pages(with_pages(report, page()), page(claim="Motor sells more."), pillar="outcomes")
    told = replace(
        told,
        chapters=tuple(
            replace(c, pages=tuple(replace(p, exhibits=()) for p in c.pages)) if c.pillar == "outcomes" else c
            for c in told.chapters
        ),
    )
    check_report(told)
    pages = render_pages(told)
    assert list(pages) == ["line-motor"]
    text = pages["line-motor"]
    assert (
        text.index("Motor is in transition.") < text.index("Start with the budget.") < text.index("Motor sells more.")
    )
    assert text.count('id="fig-R-001"') == 1
    assert not re.search(r"(?:src|href)=.(?:https?:)?//", text)
    assert 'href="pages/line-motor.html"' in render_html(told)
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links <= set(re.findall(r'id="([^"]+)"', text))


def test_text_of_a_client_is_escaped_on_a_page(report: Report) -> None:
    """A line's name may be anything."""
    text = render_pages(with_pages(report, page(title="<script>alert(1)</script>")))["line-motor"]
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_breaches_on_a_page_are_listed_with_the_others(report: Report) -> None:
    """An unknown figure, an empty bottom line, a key that another exhibit has."""
    bad = replace(
        page(),
        headline=Findings(()),
        next_steps=Findings((Finding("Do it.", "", ("R-999",)),)),
        exhibits=(report.chapters[1].exhibits[0],),
    )
    with pytest.raises(ReportError) as caught:
        check_report(with_pages(report, bad))
    said = str(caught.value)
    for words in ("page line-motor: the bottom line is empty", "figure R-999 is in no chapter", "of the same key"):
        assert words in said


def test_every_audience_of_the_settings_is_known() -> None:
    """The settings and the report agree on who may read."""
    allowed = EngagementSettings.model_fields["audience"].annotation.__args__
    assert set(allowed) == set(AUDIENCES)


def test_the_board_gets_everything_and_staff_what_concerns_them(report: Report) -> None:
    """Pages, chapters, exhibits and numbers go together: what is not shown is in no file."""
    secret = Exhibit(BETWEEN_PEOPLE[0], report_samples.ranked("Executives see it rosier than builders."))
    told = with_pages(report, page())
    told = replace(told, chapters=tuple(c.add(secret) if c.pillar == "readiness" else c for c in told.chapters))
    board = new_report(study_for(told, "board"), told.chapters)
    assert [c.pillar for c in board.chapters] == [c.pillar for c in told.chapters]
    assert list(board.pages()) == ["line-motor"]

    owners = new_report(study_for(told, "line_owner"), told.chapters)
    assert [c.pillar for c in owners.chapters] == ["readiness", "outcomes"]
    assert list(owners.pages()) == ["line-motor"]

    staff = new_report(study_for(told, "staff"), told.chapters)
    assert [c.pillar for c in staff.chapters] == ["readiness"]
    assert not staff.pages()
    check_report(staff)
    everything = render_html(staff) + json.dumps(results(staff))
    for words in ("Executives see it rosier", "pages/line-motor", "A-001"):
        assert words not in everything
        assert words in render_html(board) + json.dumps(results(board))
    quoted = {figure["id"] for figure in results(staff)["figures"]}
    assert quoted < {figure["id"] for figure in results(board)["figures"]}


def test_readers_who_would_get_nothing_are_an_error(report: Report) -> None:
    """A run of allocation alone has nothing for staff."""
    alone = tuple(chapter for chapter in report.chapters if chapter.pillar == "allocation")
    with pytest.raises(ReportError, match="audience is staff"):
        new_report(study_for(report, "staff"), alone)


def test_sentences_that_quote_what_is_kept_back_are_kept_back(report: Report) -> None:
    """A gap between jobs is not told in a sentence where its exhibit does not exist."""
    chapter = report.chapters[1]
    figures = number_figures("R", [*chapter.figures, Figure("", "gap/d01_1/executive/builder", "Gap", 1.2, "level")])
    told = Finding("Executives see it rosier.", "", figures.ids("gap/d01_1/executive/builder"))
    chapter = replace(chapter, figures=figures, headline=Findings((*chapter.headline, told)))
    staff, board = chapter_for(chapter, AUDIENCES["staff"]), chapter_for(chapter, AUDIENCES["board"])
    assert staff is not None
    assert board is not None
    assert told in tuple(board.headline)
    assert told not in tuple(staff.headline)
    assert len(staff.headline) == len(board.headline) - 1
