"""The consultant's own words in a report: printed beside what they are about, exhibits put in order or left out.

Words are plain paragraphs, one a row, escaped by whoever prints them; no sign of them is read as markup. No number
changes, and what is left out is listed with who left it out and why. Words may carry a mark of the numbers they were
written on: where these have moved since, the report says so beside them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.engagement.commentary import HEADINGS, NEVER_HIDDEN, NUMBER, ON_EXHIBITS, PLACED, Comment, never_hidden
from workbench.errors import Fault, nearest
from workbench.findings import Figure, Finding
from workbench.report.audience import EVERYTHING, pages_of
from workbench.report.chapter import MOST_EXHIBITS, Chapter
from workbench.report.exhibit import Exhibit, Note
from workbench.report.page import Page

if TYPE_CHECKING:
    from workbench.report.story import Report

MARK_LENGTH = 8
"""Signs of a mark: one in four billion moves goes unseen (ours)."""

PROTECTED = "hidden to protect"
"""How the guard's reason begins where a number is not shown; narrow cells say ``hidden``."""

Spot = tuple[str, str, str]
"""Chapter, page and spot: a heading, a finding as heading and place, an exhibit's key, or blank for the whole."""


@dataclass(frozen=True)
class Remark:
    """Somebody's words beside something.

    Attributes
    ----------
    action : str
        ``add`` or ``reply``.
    text, author : str
    date : str
        ISO date, or blank.
    moved : str
        What the report says where the numbers have moved since the words were written; else blank.
    """

    action: str
    text: str
    author: str = ""
    date: str = ""
    moved: str = ""

    @property
    def signed(self) -> str:
        """Who says so, and when; blank where nobody is named."""
        return ", ".join(part for part in (self.author, day_words(self.date)) if part)

    def __str__(self) -> str:
        lead, end = ("Reply: " if self.action == "reply" else ""), (f" ({self.signed})" if self.signed else "")
        return f"{lead}{self.text}{end}{f' {self.moved}' if self.moved else ''}"


@dataclass(frozen=True)
class LeftOut:
    """An exhibit that the consultant left out.

    Attributes
    ----------
    key, claim, subtitle : str
        Of the exhibit: its subtitle also says what it hid to protect people.
    chapter, page : str
        Title of the chapter; key of the page, blank where it stood in the chapter itself.
    author, date, reason : str
        Who left it out, when (ISO, or blank), why.
    doubts : tuple of str
        What was said to be in doubt about its numbers, and how many it hid to protect people.
    """

    key: str
    claim: str
    subtitle: str
    chapter: str
    page: str
    author: str
    date: str
    reason: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """All words of a report by where they are printed, and what is left out.

    Attributes
    ----------
    spots : mapping of Spot to tuple of Remark
    left_out : tuple of LeftOut
    marks : mapping of str to str
        Of everything that words can be about, the same for all readers.
    """

    spots: Mapping[Spot, tuple[Remark, ...]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def at(self, chapter: str = "", page: str = "", spot: str = "") -> tuple[Remark, ...]:
        """Return the words for a chapter, a page, a heading, a finding (``headline/1``) or an exhibit's key."""
        return self.spots.get((chapter, page, spot), ())

    def under(self, exhibit: Exhibit) -> tuple[Remark, ...]:
        """Return the words under an exhibit."""
        return self.at(spot=exhibit.key)


def day_words(text: str) -> str:
    """Return an ISO date as people read it; other text as it is."""
    try:
        return theme.day(dt.date.fromisoformat(text))
    except ValueError:
        return text


# -- what a row may be about ------------------------------------------------------------------------------------------


class _Places:
    """Everything of a report that words can be about, by its key."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.chapters = {chapter.pillar: chapter for chapter in report.chapters}
        self.pages = pages_of(report.chapters)
        self.exhibits = {exhibit.key: exhibit for _, exhibit in report.exhibits()}
        self.exhibits |= {e.key: e for c in report.chapters for page in c.pages for e in page.exhibits}
        self.headings = {f"{pillar}/{name}": (pillar, name) for pillar in self.chapters for name in HEADINGS}
        figures = [figure for chapter in report.chapters for figure in chapter.figures]
        self.ids = {figure.id: figure for figure in figures}
        self.keys: dict[str, list[Figure]] = {}
        for figure in figures:
            self.keys.setdefault(figure.key, []).append(figure)

    def keys_in_order(self) -> list[tuple[str, str, str]]:
        """Return key, kind and page of everything but numbers, in the order of the report."""
        keys: list[tuple[str, str, str]] = []
        for chapter in self.report.chapters:
            keys.append((chapter.pillar, "chapter", ""))
            keys += [(f"{chapter.pillar}/{name}", "heading", "") for name in HEADINGS]
            keys += [(exhibit.key, "exhibit", "") for exhibit in chapter.exhibits]
        for key, held in self.pages.items():
            keys.append((key, "page", key))
            keys += [(exhibit.key, "exhibit", key) for _, page in held for exhibit in page.exhibits]
        return keys

    def kind(self, about: str) -> str:
        """Return ``exhibit``, ``chapter``, ``heading``, ``page``, ``number``, or blank."""
        kinds: dict[str, Mapping[str, Any]] = {
            "exhibit": self.exhibits,
            "chapter": self.chapters,
            "heading": self.headings,
            "page": self.pages,
        }
        found = next((kind for kind, held in kinds.items() if about in held), "")
        return found or ("number" if self.number(about) is not None else "")

    def number(self, about: str) -> Figure | None:
        """Return a figure by its id, or by a key that no other has."""
        held = self.keys.get(about, [])
        return self.ids.get(about) or (held[0] if len(held) == 1 else None)

    def nearest(self, about: str) -> str:
        """Return what a misspelt name may have meant, in a sentence; of a number's id, those that there are."""
        if NUMBER.fullmatch(about):
            ids = [name for name in self.ids if name.startswith(about[:2])]
            return f"There are {ids[0]} to {ids[-1]}." if ids else ""
        numbers = self.keys if "/" in about else ()
        return nearest(about, [*self.exhibits, *self.chapters, *self.pages, *self.headings, *numbers])

    def findings(self, about: str) -> Sequence[Finding]:
        """Return what a chapter, a heading or a page says."""
        if about in self.pages:
            return [finding for _, page in self.pages[about] for finding in page.headline]
        pillar, name = self.headings.get(about, (about, "headline"))
        return tuple(getattr(self.chapters[pillar], name.replace("-", "_"))) if name != "method" else ()

    def says(self, about: str) -> str:
        """Return in a sentence what stands there now."""
        figure = self.number(about)
        if about in self.exhibits:
            return self.exhibits[about].claim
        if figure is not None:
            return says_number(figure, self.report.meta.currency)
        return next((finding.claim for finding in self.findings(about)), "")

    def mark(self, about: str) -> str:
        """Return the mark of the numbers as printed: it changes when a reader would see another number."""
        exhibit, figure = self.exhibits.get(about), self.number(about)
        seen: list[Any]
        if exhibit is not None:
            seen = [list(row) for row in exhibit.data().cells()] or [exhibit.claim]
        elif figure is not None:
            seen = seen_number(figure, self.report.meta.currency)
        elif about.endswith("/method"):
            seen = [self.chapters[about.partition("/")[0]].method]
        else:
            seen = [finding.claim for finding in self.findings(about)]
        return mark_of(seen)

    def moved(self, comment: Comment, *, is_quoted: bool) -> str:
        """Return what to say where the numbers are others than those that words were written on; else nothing."""
        mark, _, said = comment.written_on.partition(" ")
        if not mark or mark == self.mark(comment.about):
            return ""
        is_quoted = is_quoted and bool(said) and said != self.says(comment.about)
        then = f", when this stood here: “{said}”" if is_quoted else "."
        return f"The numbers have moved since this was written{then}"

    def spots(self, about: str) -> list[Spot]:
        """Return where words about something are printed: a number's once in each chapter and page that quotes it."""
        if about in self.exhibits:
            return [("", "", about)]
        if about in self.pages:
            return [("", about, "")]
        if about in self.chapters or about in self.headings:
            pillar, _, name = about.partition("/")
            return [(pillar, "", name)]
        figure = self.number(about)
        if figure is None:
            return []
        found = [_quoting(chapter, "", figure.id) for chapter in self.report.chapters]
        for key, held in self.pages.items():
            spots = (_quoting(chapter, key, figure.id, page) for chapter, page in held)
            found.append(next((spot for spot in spots if spot is not None), None))
        return list(dict.fromkeys(spot for spot in found if spot is not None))


def seen_number(figure: Figure, currency: str) -> list[str]:
    """Return what a reader sees of a number: what it is, and its value as printed."""
    return [figure.key, theme.formatted(figure.value, figure.unit, currency)]


def says_number(figure: Figure, currency: str) -> str:
    """Return a number in words."""
    return f"{figure.name}: {theme.formatted(figure.value, figure.unit, currency)}"


def mark_of(seen: Sequence[Any]) -> str:
    """Return the mark of what a reader sees."""
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()[:MARK_LENGTH]


def _quoting(chapter: Chapter, key: str, id: str, page: Page | None = None) -> Spot | None:
    """Return the first finding of a chapter or page that quotes a number, else the first exhibit."""
    told: Chapter | Page = chapter if page is None else page
    for name in ("headline", "cautions", "next_steps"):
        for place, finding in enumerate(getattr(told, name)):
            if id in finding.figures:
                return chapter.pillar, key, f"{name.replace('_', '-')}/{place}"
    exhibits = sorted(told.exhibits, key=lambda exhibit: exhibit.is_appendix)
    return next((("", "", exhibit.key) for exhibit in exhibits if id in exhibit.figure_ids()), None)


# -- checking ---------------------------------------------------------------------------------------------------------


def comment_faults(report: Report, comments: Sequence[Comment], *, is_part: bool = False) -> tuple[Fault, ...]:
    """Return every row about something that the report does not have, or that cannot be done to what it names.

    Parameters
    ----------
    report : Report
        Whole, as nobody's readers have been asked for yet.
    comments : sequence of Comment
    is_part : bool
        Whether only some chapters were asked for: rows about others are then no fault.
    """
    places = _Places(report)
    return tuple(fault for one in comments if (fault := _fault(places, one, is_part=is_part)) is not None)


def _fault(places: _Places, one: Comment, *, is_part: bool) -> Fault | None:
    kind, exhibit = places.kind(one.about), places.exhibits.get(one.about)
    if not kind:
        same = places.keys.get(one.about, ())
        if same:
            listed = theme.listing([figure.id for figure in same], 4)
            return one.fault(f"several numbers have the key {one.about!r}", f"one of {listed}.", "Write its id.")
        allowed = "the key of an exhibit, chapter, heading or page of this report, or a number that it prints."
        remedy = places.nearest(one.about) or "See what there is: workbench commentary NAME"
        return None if is_part else one.fault(f"the report has no {one.about!r}", allowed, remedy)
    if kind == "number" and not places.spots(one.about):
        found = f"no finding and no exhibit of this report quotes {one.about}"
        return one.fault(found, "a number that one quotes.", "Write the words under an exhibit or a heading.")
    if one.action in ON_EXHIBITS and exhibit is None:
        found = f"{one.action} speaks of {one.about!r}, which is no exhibit"
        return one.fault(found, "the key of one.", "Name the exhibit, or choose add or reply.")
    return never_hidden(one) if one.action == "hide" and exhibit is not None and _is_doubt(exhibit) else None


def _is_doubt(exhibit: Exhibit) -> bool:
    """Whether an exhibit says what is missing or in doubt, so that nobody leaves it out."""
    return isinstance(exhibit.content, Note) or bool(exhibit.doubts) or exhibit.key in NEVER_HIDDEN


# -- applying ---------------------------------------------------------------------------------------------------------


def with_words(report: Report, comments: Sequence[Comment], whole: Report | None = None) -> Report:
    """Return the report with the words of those rows that speak of what it holds.

    Parameters
    ----------
    report : Report
        Of what its readers get: words about anything else are not printed.
    comments : sequence of Comment
        Checked with `comment_faults`.
    whole : Report, optional
        What there is for all readers: whether numbers have moved hangs on it, not on who reads.
    """
    hidden = {one.about: one for one in comments if one.action == "hide"}
    wanted = {one.about: 1 if one.action == "first" else one.place or 0 for one in comments if one.action in PLACED}
    places = _Places(whole or report)
    is_quoted = report.audience == EVERYTHING  # what stood there then may be a sentence that these readers never got
    shown = replace(report, chapters=tuple(_arranged(chapter, hidden, wanted) for chapter in report.chapters))
    left = _Places(shown)
    spots: dict[Spot, tuple[Remark, ...]] = {}
    for one in comments:
        if one.is_said and left.kind(one.about):
            action, moved = "reply" if one.action == "reply" else "add", places.moved(one, is_quoted=is_quoted)
            remark = Remark(action, one.text, one.author, one.date, moved)
            for spot in left.spots(one.about):
                spots[spot] = (*spots.get(spot, ()), remark)
    marks = {key: places.mark(key) for key, _, _ in left.keys_in_order()}
    return replace(shown, words=Words(spots, tuple(_left_out(report, hidden)), marks))


def _arranged(chapter: Chapter, hidden: Mapping[str, Comment], wanted: Mapping[str, int]) -> Chapter:
    kept = [exhibit for exhibit in chapter.exhibits if exhibit.key not in hidden]
    body = _in_order([e for e in kept if wanted.get(e.key, not e.is_appendix)], wanted)
    behind = [e for e in kept if not wanted.get(e.key, not e.is_appendix)]
    while len(body) > MOST_EXHIBITS:  # who was given no place makes room, the last one first
        last = next((e for e in reversed(body) if e.key not in wanted), body[-1])
        body.remove(last)
        behind.insert(0, last)
    exhibits = [replace(e, is_appendix=False) for e in body] + [replace(e, is_appendix=True) for e in behind]
    pages = []
    for page in chapter.pages:
        left = [exhibit for exhibit in page.exhibits if exhibit.key not in hidden]
        pages.append(replace(page, exhibits=tuple(_in_order(left, wanted))))
    same = {exhibit.key for exhibit in chapter.exhibits}.isdisjoint({*hidden, *wanted})
    return replace(chapter, exhibits=chapter.exhibits if same else tuple(exhibits), pages=tuple(pages))


def _in_order(exhibits: Sequence[Exhibit], wanted: Mapping[str, int]) -> list[Exhibit]:
    """Return exhibits with those that have a place put there; two of one place keep the order of their rows."""
    rows = list(wanted)
    placed = [exhibit for exhibit in exhibits if wanted.get(exhibit.key, 0)]
    last = [exhibit for exhibit in exhibits if wanted.get(exhibit.key) == 0]
    found = [exhibit for exhibit in exhibits if exhibit.key not in wanted]
    before = -1
    for exhibit in sorted(placed, key=lambda held: (wanted[held.key], rows.index(held.key))):
        before = max(wanted[exhibit.key] - 1, before + 1)
        found.insert(before, exhibit)
    return found + last


def _left_out(report: Report, hidden: Mapping[str, Comment]) -> Iterator[LeftOut]:
    for chapter in report.chapters:
        own: Iterable[tuple[str, Exhibit]] = (("", exhibit) for exhibit in chapter.exhibits)
        on_pages = ((page.key, exhibit) for page in chapter.pages for exhibit in page.exhibits)
        for page, exhibit in (*own, *on_pages):
            row = hidden.get(exhibit.key)
            if row is not None:
                said = (exhibit.key, exhibit.claim, exhibit.subtitle, chapter.title, page)
                yield LeftOut(*said, row.author, row.date, row.text, (*exhibit.comments, *_protected(exhibit)))


def _protected(exhibit: Exhibit) -> Iterator[str]:
    """Say how many cells of an exhibit are hidden to protect people: that stays known where the exhibit is left out."""
    cells = (cell for row in exhibit.data().rows for cell in row)
    count = sum(isinstance(cell, str) and (cell == "hidden" or cell.startswith(PROTECTED)) for cell in cells)
    if count:
        yield f"{count} of its numbers {'is' if count == 1 else 'are'} hidden to protect small groups."


# -- what there is to speak about -------------------------------------------------------------------------------------


def places_of(report: Report) -> list[dict[str, Any]]:
    """Return what words can be about, in the order of the report, each with what it says and its mark.

    Of an exhibit that cannot be left out, `stays` is true.
    """
    places, marks = _Places(report), report.words.marks
    held = []
    for key, kind, page in places.keys_in_order():
        mark = marks.get(key) or places.mark(key)
        stays = {"stays": True} if kind == "exhibit" and _is_doubt(places.exhibits[key]) else {}
        held.append({"key": key, "kind": kind, "page": page, "says": places.says(key), "mark": mark, **stays})
    return held
