"""The story as values: an Exhibit shows one thing, a Chapter answers one question, a Report carries the chapters.

All three are frozen and made of plain values, so that they save as JSON; renderers read them and never compute.
Everything that tells the story is found here; exhibits and chapters have a module each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from workbench.errors import ClientDataError, ReportError
from workbench.findings import CLAIM_LENGTH, Figure
from workbench.report.audience import AUDIENCES, EVERYTHING, Audience, chapter_for, pages_of
from workbench.report.chapter import (
    MOST_EXHIBITS,
    PILLARS,
    Chapter,
    Outline,
    find_chapters_folder,
    load_chapter,
    load_chapters,
    new_chapter,
    order_chapters,
    parse_chapter,
    save_chapter,
)
from workbench.report.commentary import Words, comment_faults, places_of, with_words
from workbench.report.exhibit import Exhibit, Note, Picture, exhibit_from_figure, note_exhibit
from workbench.report.page import Page

__all__ = [
    "PILLARS",
    "Chapter",
    "Exhibit",
    "Meta",
    "Note",
    "Outline",
    "Page",
    "Picture",
    "Report",
    "check_report",
    "exhibit_from_figure",
    "find_chapters_folder",
    "load_chapter",
    "load_chapters",
    "mark_doubts",
    "new_chapter",
    "new_report",
    "note_exhibit",
    "order_chapters",
    "parse_chapter",
    "results",
    "save_chapter",
]


@dataclass(frozen=True)
class Meta:
    """What the front page says about the engagement.

    Attributes
    ----------
    engagement, client : str
        The folder's name, and the client's.
    as_of : str
        ISO date the data speak for.
    currency, language, confidentiality, audience, brand : str
        As engagement.yaml says; brand is a name, blank for none.
    sources : tuple of (file, size in bytes, SHA-256)
        The files that were read.
    """

    engagement: str
    client: str
    as_of: str
    currency: str = "EUR"
    language: str = "en"
    confidentiality: str = ""
    audience: str = ""
    brand: str = ""
    sources: tuple[tuple[str, int, str], ...] = ()


@dataclass(frozen=True)
class Report:
    """All chapters of one engagement, in the order in which they are read; the summary's first.

    Attributes
    ----------
    meta : Meta
    chapters : tuple of Chapter
        Of one engagement and one data hash.
    words : Words
        The consultant's own, and what is left out.
    """

    meta: Meta
    chapters: tuple[Chapter, ...]
    words: Words = field(default_factory=Words)
    _figures: Mapping[str, Figure] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        held = {figure.id: figure for chapter in self.chapters for figure in chapter.figures}
        object.__setattr__(self, "_figures", held)

    @property
    def summary(self) -> Chapter | None:
        """The board's page, or None where it was not written."""
        return next((chapter for chapter in self.chapters if chapter.pillar == "summary"), None)

    @property
    def front(self) -> Chapter:
        """The chapter whose bottom line is the report's: the summary, or the first one."""
        return self.summary or self.chapters[0]

    @property
    def audience(self) -> Audience:
        """Who reads it."""
        return AUDIENCES.get(self.meta.audience, EVERYTHING)

    @property
    def body(self) -> tuple[Chapter, ...]:
        """The chapters behind the summary."""
        return tuple(chapter for chapter in self.chapters if chapter.pillar != "summary")

    def figure(self, name: str) -> Figure | None:
        """Return a figure by its id, or None."""
        return self._figures.get(name)

    def exhibits(self) -> tuple[tuple[Chapter, Exhibit], ...]:
        """Return every exhibit of the chapters, each with its chapter, in reading order; pages have their own."""
        return tuple((chapter, exhibit) for chapter in self.chapters for exhibit in chapter.exhibits)

    def pages(self) -> dict[str, list[tuple[Chapter, Page]]]:
        """Return the pages by key, each with the chapters that speak on it."""
        return pages_of(self.chapters)


def new_report(study: Any, chapters: Sequence[Chapter], *, is_part: bool = False) -> Report:
    """Return the report of these chapters, the summary first, with the consultant's words and order.

    Parameters
    ----------
    study : Engagement
        Its settings give the front page and say who reads it; `comments` are the rows of its table ``commentary``.
    chapters : sequence of Chapter
        All of them; what the readers do not get is left out here, with the words about it.
    is_part : bool
        Whether only some chapters were asked for: words about others are then not printed.

    Raises
    ------
    ClientDataError
        Rows of ``commentary`` speak of what the report does not have; all of them are named.
    ReportError
        A chapter belongs to another engagement or other data, or the readers would get none.
    """
    wrong = [held.pillar for held in chapters if (held.engagement, held.data_hash) != (study.name, study.data_hash)]
    if wrong:
        raise ReportError((f"Chapters of another engagement or other data: {', '.join(wrong)}.",))
    settings = study.settings
    meta = Meta(
        engagement=str(study.name),
        client=str(getattr(settings, "name", "") or study.name),
        as_of=str(getattr(settings, "as_of", "") or ""),
        currency=str(getattr(settings, "currency", "") or "EUR"),
        language=str(getattr(settings, "language", "") or "en"),
        confidentiality=str(getattr(settings, "confidentiality", "") or ""),
        audience=str(getattr(settings, "audience", "") or ""),
        brand=str(getattr(settings, "brand", "") or ""),
        sources=tuple((str(held.path), int(held.bytes), str(held.sha256)) for held in getattr(study, "files", ())),
    )
    first = [held for held in chapters if held.pillar == "summary"]
    rest = [held for held in chapters if held.pillar != "summary"]
    whole, comments = mark_doubts(Report(meta, (*first, *rest))), tuple(getattr(study, "comments", ()))
    faults = comment_faults(whole, comments, is_part=is_part)
    if faults:
        raise ClientDataError(faults)
    kept = tuple(held for chapter in whole.chapters if (held := chapter_for(chapter, whole.audience)) is not None)
    if chapters and not kept:
        pillars = ", ".join(chapter.pillar for chapter in chapters)
        raise ReportError((f"audience is {meta.audience}: these readers get none of the chapters {pillars}.",))
    return with_words(replace(whole, chapters=kept), comments, whole)


def mark_doubts(report: Report) -> Report:
    """Return the report in which each exhibit says what is in doubt about the figures it quotes.

    Parameters
    ----------
    report : Report
        Its exhibits' `doubts` are read; those of the body and of the pages get the sentences beside them.
    """
    doubts = [(exhibit.key, *doubt) for _, exhibit in report.exhibits() for doubt in exhibit.doubts]
    if not doubts:
        return report

    def marked(exhibit: Exhibit) -> Exhibit:
        ids = set(exhibit.figure_ids())
        words = [said for key, said, about in doubts if key != exhibit.key and not ids.isdisjoint(about)]
        new = [said for said in dict.fromkeys(words) if said not in exhibit.comments]
        return replace(exhibit, comments=(*exhibit.comments, *new)) if new else exhibit

    chapters = tuple(
        replace(
            chapter,
            exhibits=tuple(marked(exhibit) for exhibit in chapter.exhibits),
            pages=tuple(replace(page, exhibits=tuple(map(marked, page.exhibits))) for page in chapter.pages),
        )
        for chapter in report.chapters
    )
    return replace(report, chapters=chapters)


def results(report: Report) -> dict[str, Any]:
    """Return the union of the chapters' figures, as results.json holds it, with what words are about and say."""
    return {
        "engagement": report.meta.engagement,
        "as_of": report.meta.as_of,
        "currency": report.meta.currency,
        "figures": [
            {**vars(figure), "pillar": chapter.pillar} for chapter in report.chapters for figure in chapter.figures
        ],
        "places": places_of(report),
        "words": [
            {"chapter": chapter, "page": page, "spot": spot, **asdict(remark)}
            for (chapter, page, spot), remarks in report.words.spots.items()
            for remark in remarks
        ],
        "left_out": [asdict(one) for one in report.words.left_out],
    }


def check_report(report: Report) -> None:
    """Raise every breach of the house's rules at once, or return.

    Raises
    ------
    ReportError
        A claim is empty, repeated, too long or has no full stop; an exhibit has no source or alternative text; a
        body has over six exhibits; a key comes twice; a figure is quoted that no chapter holds.
    """
    breaches: list[str] = []
    seen: dict[tuple[str, str], str] = {}  # a page stands alone: it may say what the body or another page says
    keys: dict[str, str] = {}
    for chapter in report.chapters:
        body = [exhibit for exhibit in chapter.exhibits if not exhibit.is_appendix]
        if len(body) > MOST_EXHIBITS:
            breaches.append(f"{chapter.pillar}: {len(body)} exhibits in the body; {MOST_EXHIBITS} are the most.")
        if not len(chapter.headline):
            breaches.append(f"{chapter.pillar}: the bottom line is empty.")
        own = [(page, exhibit) for page in chapter.pages for exhibit in page.exhibits]
        for page, exhibit in [*((None, exhibit) for exhibit in chapter.exhibits), *own]:
            where = f"{chapter.pillar}, {f'page {page.key}, ' if page else ''}exhibit {exhibit.key}"
            if exhibit.key in keys:
                breaches.append(f"{where}: {keys[exhibit.key]} has an exhibit of the same key.")
            keys.setdefault(exhibit.key, chapter.pillar)
            breaches += _claim_breaches(exhibit.claim, where)
            told = (page.key if page else "", exhibit.claim)
            if exhibit.claim and told in seen:
                breaches.append(f"{where}: its claim repeats that of {seen[told]}.")
            seen.setdefault(told, where)
            breaches += [f"{where}: no {what}." for what in ("source", "alt") if not getattr(exhibit, what).strip()]
            breaches += _unknown_figures(report, exhibit.figure_ids(), where)
        for name in ("headline", "cautions", "next_steps"):
            for place, finding in enumerate(getattr(chapter, name), start=1):
                breaches += _unknown_figures(report, finding.figures, f"{chapter.pillar}, {name} {place}")
        for page in chapter.pages:
            where = f"{chapter.pillar}, page {page.key}"
            breaches += [] if len(page.headline) else [f"{where}: the bottom line is empty."]
            for finding in (*page.headline, *page.next_steps, *page.cautions):
                breaches += _unknown_figures(report, finding.figures, where)
    if breaches:
        raise ReportError(tuple(breaches))


def _claim_breaches(claim: str, where: str) -> list[str]:
    if not claim.strip():
        return [f"{where}: no claim."]
    found = []
    if len(claim) > CLAIM_LENGTH:
        found.append(f"{where}: its claim has {len(claim)} characters; at most {CLAIM_LENGTH} stay in two lines.")
    if not claim.endswith((".", "?", "!")):
        found.append(f"{where}: its claim has no full stop: {claim!r}.")
    return found


def _unknown_figures(report: Report, ids: Iterable[str], where: str) -> list[str]:
    return [f"{where}: figure {name} is in no chapter." for name in ids if report.figure(name) is None]
