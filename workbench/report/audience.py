"""Who reads the report decides which chapters, exhibits and pages exist; everything published follows.

The guard of readiness does not know readers: what any of them may see passed it together, since readers talk. What is
kept back here is kept back for another reason: a proposal to close a line, a quote or a gap between named roles belongs
in front of those who decide, not of everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.findings import Figures, Findings
from workbench.report.chapter import Chapter
from workbench.report.page import Kind, Page


@dataclass(frozen=True)
class Audience:
    """What one kind of reader gets.

    Attributes
    ----------
    words : str
        How the front page names them.
    chapters : tuple of str or None
        Pillars whose chapters exist; None for all, the analyst's own included.
    pages : tuple of str
        Kinds of pages.
    withheld : tuple of str
        Keys of exhibits that do not exist.
    untold : tuple of str
        Beginnings of keys of figures: sentences that quote one of these do not exist.
    has_notebooks : bool
        Whether the executed notebooks, which hold everything, are published.
    """

    words: str
    chapters: tuple[str, ...] | None
    pages: tuple[Kind, ...]
    withheld: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    has_notebooks: bool = False


BETWEEN_PEOPLE = ("readiness-role-gaps", "readiness-quotes", "readiness-sheets")
"""What sets named roles against each other, quotes people, or says how sheets were filled in."""

OF_PEOPLE = ("gap/", "gaps/", "sheets/")
"""Figures that speak of the same."""

OF_JOBS = ("layer/", "coordination")
"""Figures about a function whose people read them here first: for those who decide, and then for them."""

AUDIENCES: Mapping[str, Audience] = {
    "board": Audience("For the board", None, ("line", "manager", "comparison", "function"), has_notebooks=True),
    "line_owner": Audience(
        "For line owners", ("readiness", "outcomes"), ("line", "manager", "comparison"), BETWEEN_PEOPLE, OF_PEOPLE
    ),
    "staff": Audience("For staff", ("readiness",), (), BETWEEN_PEOPLE, (*OF_PEOPLE, *OF_JOBS)),
    "works_council": Audience("For the works council", ("readiness",), (), BETWEEN_PEOPLE[:2], OF_PEOPLE[:2]),
}
"""By the name in engagement.yaml (which chapters and pages each gets is ours)."""

EVERYTHING = AUDIENCES["board"]


def chapter_for(chapter: Chapter, audience: Audience) -> Chapter | None:
    """Return what is left of a chapter for a reader, or None.

    Returns
    -------
    Chapter or None
        Its figures are then those that it quotes, so that no file holds what no page shows.
    """
    if audience == EVERYTHING:
        return chapter
    if audience.chapters is not None and chapter.pillar not in audience.chapters:
        return None
    untold = {figure.id for figure in chapter.figures if figure.key.startswith(audience.untold)}
    kept = replace(
        chapter,
        headline=_told(chapter.headline, untold),
        cautions=_told(chapter.cautions, untold),
        next_steps=_told(chapter.next_steps, untold),
        exhibits=tuple(held for held in chapter.exhibits if held.key not in audience.withheld),
        pages=tuple(held for held in chapter.pages if held.kind in audience.pages),
    )
    quoted = quoted_figures(kept)
    return replace(kept, figures=Figures(tuple(figure for figure in kept.figures if figure.id in quoted)))


def _told(findings: Findings, untold: set[str]) -> Findings:
    return Findings(tuple(finding for finding in findings if untold.isdisjoint(finding.figures)))


def quoted_figures(chapter: Chapter) -> set[str]:
    """Return the ids of all figures that a chapter and its pages name."""
    findings = (*chapter.headline, *chapter.cautions, *chapter.next_steps)
    ids = {name for finding in findings for name in finding.figures}
    ids.update(name for exhibit in chapter.exhibits for name in exhibit.figure_ids())
    ids.update(name for page in chapter.pages for name in page.figure_ids())
    return ids


def pages_of(chapters: tuple[Chapter, ...]) -> dict[str, list[tuple[Chapter, Page]]]:
    """Return the pages by key, each with the chapters that speak on it, in the order of the chapters."""
    found: dict[str, list[tuple[Chapter, Page]]] = {}
    for chapter in chapters:
        for page in chapter.pages:
            found.setdefault(page.key, []).append((chapter, page))
    return found
