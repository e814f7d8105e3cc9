"""A chapter answers one question and travels as JSON: saved by a notebook, read by the summary and the renderers."""

from __future__ import annotations

import importlib
import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from workbench.errors import ReportError
from workbench.findings import Figure, Figures, Findings, Off
from workbench.report.exhibit import SLUG, Exhibit, Note
from workbench.report.page import NO_FINDINGS, Page, read_findings
from workbench.report.values import fields_of

CHAPTER_FORMAT = 2
"""Raised when a chapter written earlier can no longer be read."""

NO_FIGURES = Figures(())

MOST_EXHIBITS = 6
"""Exhibits in a chapter's body: more are a catalogue, not a story (ours)."""

PILLARS = {
    "readiness": (
        "workbench.readiness",
        "Readiness",
        "Has the move from project to product happened?",
    ),
    "outcomes": (
        "workbench.outcomes",
        "Outcomes",
        "What do customers, users and the operation tell us, and which of it is signal?",
    ),
    "allocation": (
        "workbench.allocation",
        "Allocation",
        "Given the strategy, where should people, money and marketing go?",
    ),
    "summary": (
        "workbench.report.summary",
        "The board's page",
        "What should the board know, and what should it decide?",
    ),
}
"""Where each pillar's sentences come from, its title and the client's question."""


@dataclass(frozen=True)
class Chapter:
    """One question answered: the bottom line, what shows it, what could be wrong, what to do next.

    Attributes
    ----------
    pillar : str
        ``readiness``, ``outcomes``, ``allocation``, ``summary``, or an analyst's own slug.
    title, question : str
        The chapter's name and the client's question.
    engagement, data_hash : str
        Whose chapter it is, and the hash of the files it was computed from.
    headline, cautions, next_steps : Findings
        The bottom line (the answer first); what could be wrong; what to do next.
    exhibits : tuple of Exhibit
        In reading order.
    method : str
        A few plain paragraphs for the appendix.
    figures : Figures
        Every number the chapter states.
    off : tuple of Off
        What it could not answer, and which tables would.
    pages : tuple of Page
        For one reader each, such as the owner of a product line.
    record : str
        What becomes public with it, for the publications ledger alone: no part of the chapter's JSON.
    """

    pillar: str
    title: str
    question: str
    engagement: str
    data_hash: str
    headline: Findings
    exhibits: tuple[Exhibit, ...] = ()
    cautions: Findings = NO_FINDINGS
    next_steps: Findings = NO_FINDINGS
    method: str = ""
    figures: Figures = NO_FIGURES
    off: tuple[Off, ...] = ()
    pages: tuple[Page, ...] = ()
    record: str = field(default="", repr=False, compare=False)

    def add(self, exhibit: Exhibit, *, is_appendix: bool = False) -> Chapter:
        """Return the chapter with one more exhibit at its end; a second note of the same words changes nothing.

        The body holds `MOST_EXHIBITS`: what comes after stands behind it. So does a note that there is nothing to
        show, unless the whole chapter is one.

        Raises
        ------
        ReportError
            Another exhibit of this chapter has the same key.
        """
        is_note = isinstance(exhibit.content, Note)
        if is_note and any(held.content == exhibit.content for held in self.exhibits):
            return self
        if any(held.key == exhibit.key for held in self.exhibits):
            raise ReportError((f"The chapter {self.pillar} has two exhibits of key {exhibit.key!r}.",))
        body = sum(not held.is_appendix for held in self.exhibits)
        is_behind = is_appendix or exhibit.is_appendix or body >= MOST_EXHIBITS or (is_note and not self.off)
        return replace(self, exhibits=(*self.exhibits, replace(exhibit, is_appendix=is_behind)))

    def add_appendix(self, *exhibits: Exhibit) -> Chapter:
        """Return the chapter with further exhibits behind its body."""
        chapter = self
        for exhibit in exhibits:
            chapter = chapter.add(exhibit, is_appendix=True)
        return chapter

    def add_pages(self, *pages: Page) -> Chapter:
        """Return the chapter with further pages.

        Raises
        ------
        ReportError
            Another page of this chapter has the same key.
        """
        keys = [page.key for page in (*self.pages, *pages)]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ReportError(tuple(f"The chapter {self.pillar} has two pages of key {key!r}." for key in twice))
        return replace(self, pages=(*self.pages, *pages))

    def __repr__(self) -> str:
        return repr(Outline(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the chapter as JSON types."""
        return {
            "format": CHAPTER_FORMAT,
            "pillar": self.pillar,
            "title": self.title,
            "question": self.question,
            "engagement": self.engagement,
            "data_hash": self.data_hash,
            "headline": [fields_of(item) for item in self.headline],
            "exhibits": [exhibit.to_dict() for exhibit in self.exhibits],
            "cautions": [fields_of(item) for item in self.cautions],
            "next_steps": [fields_of(item) for item in self.next_steps],
            "method": self.method,
            "figures": [fields_of(figure) for figure in self.figures],
            "off": [fields_of(off) for off in self.off],
            "pages": [page.to_dict() for page in self.pages],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Chapter:
        """Return the chapter that `to_dict` wrote.

        Raises
        ------
        ReportError
            It was written in another format.
        """
        found = document.get("format") if isinstance(document, Mapping) else None
        if found != CHAPTER_FORMAT:
            raise ReportError((f"A chapter of format {found!r} was found; run its notebook again.",))
        return cls(
            pillar=document["pillar"],
            title=document["title"],
            question=document["question"],
            engagement=document["engagement"],
            data_hash=document["data_hash"],
            headline=read_findings(document["headline"]),
            exhibits=tuple(Exhibit.from_dict(held) for held in document["exhibits"]),
            cautions=read_findings(document["cautions"]),
            next_steps=read_findings(document["next_steps"]),
            method=document["method"],
            figures=Figures(tuple(Figure(**held) for held in document["figures"])),
            off=tuple(Off(held["pillar"], held["reason"], tuple(held["tables"])) for held in document["off"]),
            pages=tuple(Page.from_dict(held) for held in document["pages"]),
        )


@dataclass(frozen=True)
class Outline:
    """What a saved chapter says, claim by claim; prints without a path or a time."""

    chapter: Chapter

    def __repr__(self) -> str:
        held = self.chapter
        lines = [held.title, held.question, ""]
        lines += [f"  {finding.claim}" for finding in held.headline]
        lines += ["", "Exhibits" if held.exhibits else "No exhibits"]
        lines += [f"  {place}. {exhibit.claim}" for place, exhibit in enumerate(held.exhibits, start=1)]
        lines += ["", "Pages: " + "; ".join(page.title for page in held.pages)] if held.pages else []
        lines += ["", f"{len(held.figures)} figures, {len(held.off)} questions open"]
        return "\n".join(lines)


def new_chapter(
    pillar: str,
    study: Any,
    result: Any = None,
    *,
    title: str = "",
    question: str = "",
    headline: Findings | None = None,
    cautions: Findings | None = None,
    next_steps: Findings | None = None,
    figures: Figures | None = None,
    method: str = "",
) -> Chapter:
    """Return a chapter with its bottom line, cautions, next steps, figures and method, but no exhibits yet.

    Parameters
    ----------
    pillar : str
        ``readiness``, ``outcomes``, ``allocation`` or ``summary``; for an analyst's own chapter any slug, with
        `title`, `question` and `headline` given.
    study : Engagement
        Gives the engagement's name, the hash of its files and what is missing.
    result : the pillar's result, or Off
        The sentences and figures come from it.
    title, question, headline, cautions, next_steps, figures, method
        Overrule what the pillar would say.

    Raises
    ------
    ReportError
        The pillar is none of ours and a title, question or headline is missing.
    """
    if pillar not in PILLARS and not (title and question and headline is not None and SLUG.match(pillar)):
        raise ReportError((f"The chapter {pillar!r} of your own needs a slug, title, question and headline.",))
    module_name, own_title, own_question = PILLARS.get(pillar, ("", title, question))
    says = importlib.import_module(module_name) if module_name else None
    if headline is None and says is not None:
        headline = says.headline(result)
    off = tuple(held for held in getattr(study, "missing", ()) if held.pillar == pillar)
    if isinstance(result, Off):
        why = Off(result.pillar, result.reason, result.tables)  # it may know more; the chapter keeps why
        off = off if why in off else (*off, why)
    return Chapter(
        pillar=pillar,
        title=title or own_title,
        question=question or own_question,
        engagement=str(study.name),
        data_hash=str(study.data_hash),
        headline=headline or NO_FINDINGS,
        cautions=cautions if cautions is not None else says.cautions(result) if says else NO_FINDINGS,
        next_steps=next_steps if next_steps is not None else says.next_steps(result) if says else NO_FINDINGS,
        method=method or (says.method(result) if says else ""),
        figures=figures if figures is not None else says.figures(result) if says else NO_FIGURES,
        off=off,
        record=str(getattr(result, "record", "")),
    )


def find_chapters_folder(engagement: str, output_dir: str | Path = "") -> Path:
    """Return where chapters go: `output_dir`, or ``reports/_draft/<engagement>`` where it is blank."""
    if str(output_dir):
        return Path(output_dir)
    from workbench.engagement.places import reports_folder

    return reports_folder() / "_draft" / engagement


def save_chapter(chapter: Chapter, output_dir: str | Path = "") -> Outline:
    """Write the chapter as ``<pillar>.chapter.json``, whole or not at all, and return its outline.

    In a run, what becomes public with it goes beside it, for the publications ledger; a draft publishes nothing.

    Parameters
    ----------
    chapter : Chapter
    output_dir : str or Path
        Blank means ``reports/_draft/<engagement>``.
    """
    folder = find_chapters_folder(chapter.engagement, output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(chapter.to_dict(), ensure_ascii=False, allow_nan=False)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, suffix=".part", delete=False) as file:
        file.write(text + "\n")
    Path(file.name).chmod(0o644)
    if chapter.record and str(output_dir):
        from workbench.engagement.publications import SUFFIX, write_note

        write_note(folder / f"{chapter.pillar}{SUFFIX}", chapter.record)
    Path(file.name).replace(folder / f"{chapter.pillar}.chapter.json")
    return Outline(chapter)


def load_chapter(path: str | Path) -> Chapter:
    """Return a chapter from its file.

    Raises
    ------
    ReportError
        The file is no chapter, or one of another format.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise _no_chapter(Path(path).name, error) from None
    return parse_chapter(content, Path(path).name)


def parse_chapter(content: bytes, name: str) -> Chapter:
    """Return a chapter from the bytes of its file.

    Parameters
    ----------
    content : bytes
    name : str
        Of the file, for the sentence of an error.

    Raises
    ------
    ReportError
        The bytes are no chapter, or one of another format.
    """
    try:
        return Chapter.from_dict(json.loads(content.decode("utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _no_chapter(name, error) from None


def _no_chapter(name: str, error: Exception) -> ReportError:
    return ReportError((f"{name} is no chapter ({type(error).__name__}); run its notebook again.",))


def load_chapters(
    folder: str | Path, engagement: str, data_hash: str, *, but: Iterable[str] = ()
) -> tuple[Chapter, ...]:
    """Return all chapters of a folder, ours first in their order, then the analyst's by name.

    Parameters
    ----------
    folder : str or Path
        Blank means ``reports/_draft/<engagement>``.
    engagement, data_hash : str
        Whose they must be, and of which files.
    but : iterable of str
        Chapters to leave out, such as the summary that is about to be written again.

    Raises
    ------
    ReportError
        A chapter belongs to another engagement or to other data; all such chapters are named.
    """
    place = find_chapters_folder(engagement, folder)
    left_out = {f"{pillar}.chapter.json" for pillar in but}
    paths = [path for path in sorted(place.glob("*.chapter.json")) if path.name not in left_out]
    chapters = [load_chapter(path) for path in paths]
    breaches = [
        f"The chapter {held.pillar} belongs to {held.engagement}, not to {engagement}."
        for held in chapters
        if held.engagement != engagement
    ]
    breaches += [
        f"The chapter {held.pillar} was made from other data; run its notebook again."
        for held in chapters
        if held.engagement == engagement and held.data_hash != data_hash
    ]
    if breaches:
        raise ReportError(tuple(breaches))
    return order_chapters(chapters)


def order_chapters(chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
    """Return chapters as a report has them: ours first in their order, then the analyst's by name."""
    ours = list(PILLARS)
    return tuple(
        sorted(chapters, key=lambda held: (ours.index(held.pillar) if held.pillar in ours else len(ours), held.pillar))
    )
