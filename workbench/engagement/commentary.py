"""The consultant's own words as a table gives them, and what is wrong with them before any chapter is there.

Which exhibits, pages and numbers a report has is known when its chapters are; what can be told from the table alone is
told here, with the other faults of the folder, and the rest by `workbench.report.commentary` before anything appears.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.engagement.tables import Tables, records
from workbench.errors import Fault, nearest

if TYPE_CHECKING:
    from workbench.findings import Off

EXHIBITS: dict[str, tuple[str, ...]] = {
    "summary": ("answers", "decisions", "disagreements", "portfolio", "tie-out", "project-money", "projects-to-lines"),
    "readiness": (
        "classes",
        "gaps",
        "lines",
        "two-jobs",
        "response",
        "weights",
        "claims",
        "agreement",
        "reliability",
        "sheets",
        "assessors",
        "role-gaps",
        "sources",
        "sources-lines",
        "evidence",
        "quotes",
        "roadmap",
        "steps",
        "odds",
        "changes",
        "change-parts",
        "changes-lines",
        "waves",
        "progress",
        "tool-scores",
        "disclosure",
    ),
    "outcomes": (
        "all",
        "targets",
        "move",
        "cause",
        "rollup",
        "data",
        "loop",
        "loop-lines",
        "stages",
        "flow",
        "delivery",
        "carriers",
        "reversal",
        "second-view",
        "plan",
        "plan-lines",
        "versions",
        "signals",
        "series",
        "products",
        "chances",
        "rare",
        "shares",
    ),
    "allocation": (
        "money",
        "lines",
        "curves",
        "resources",
        "rules",
        "closings",
        "proof",
        "firm",
        "holds",
        "risk",
        "questions",
        "wishes",
        "functions",
        "short",
        "projects",
        "frontier",
        "scenarios",
        "scenario-lines",
        "quarters",
        "quarter-people",
        "assumptions",
    ),
}
"""Exhibits of the four chapters; a key is chapter and name joined by a hyphen, as ``commentary`` names it."""

NEVER_HIDDEN = frozenset(
    {
        "summary-disagreements",
        "summary-tie-out",
        "readiness-response",
        "readiness-sheets",
        "readiness-disclosure",
        "outcomes-data",
        "outcomes-reversal",
        "allocation-assumptions",
    }
)
"""Exhibits that say what is in doubt, missing or hidden to protect people: nobody leaves them out (ours)."""

HEADINGS = ("headline", "cautions", "next-steps", "method")
"""Headings of a chapter that may have words of their own, as chapter and heading joined by a slash."""

TABLE = "commentary"

PLACED = ("order", "first")
"""Actions that give an exhibit a place."""

ON_EXHIBITS = ("hide", *PLACED)
"""Actions that only an exhibit can undergo."""

NUMBER = re.compile(r"[A-Z]-\d{3,}")
"""A number's id, as the report prints it."""

MARK = re.compile(r"[0-9a-f]{8}(?: \S.*)?")
"""What words were written on: a mark of the numbers, and what was said then."""

_NOTES = frozenset(f"{chapter}-off" for chapter in EXHIBITS)
"""The exhibits of chapters that could not be answered: they say what is missing."""

_ON_PAGES = re.compile(
    r"(?:line|manager|function)-.+|comparison|readiness-(?:line-.+|questions-.+|compare|public-ranges)|"
    r"outcomes-(?:line|manager)-\d+-.+|allocation-function-\d+-.+"
)
"""Pages and their exhibits: which there are hangs on the client's lines, people and functions."""


@dataclass(frozen=True)
class Comment:
    """A row of ``commentary``.

    Attributes
    ----------
    about : str
        Key of an exhibit, a chapter, one of its headings or a page; id or key of a number.
    action : str
        ``add``, ``hide``, ``order``, ``first`` or ``reply``.
    text, author : str
        Blank where the row gives none.
    date : str
        ISO date, or blank.
    place : int or None
        Of ``order``.
    written_on : str
        Mark of the numbers it was written on and what was said then, or blank.
    where : tuple of (str, str, str)
        File, sheet and cell of `about`.
    """

    about: str
    action: str = "add"
    text: str = ""
    author: str = ""
    date: str = ""
    place: int | None = None
    written_on: str = ""
    where: tuple[str, str, str] = (TABLE, "", "")

    @property
    def is_said(self) -> bool:
        """Whether it has words to print, and is no reason for leaving something out."""
        return bool(self.text) and self.action != "hide"

    def fault(self, found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault at the cell that says what it is about."""
        return Fault(*self.where, found, allowed, remedy)


def read_comments(tables: Mapping[str, Any]) -> tuple[Comment, ...]:
    """Return the rows of ``commentary`` in their order, each with the cell it stands in."""
    where = tables.where if isinstance(tables, Tables) else None
    return tuple(
        Comment(
            about=str(row["exhibit"]),
            action=str(row.get("action") or "add"),
            text=str(row.get("text") or ""),
            author=str(row.get("author") or ""),
            date=str(row.get("date") or ""),
            place=None if row.get("place") is None else int(row["place"]),
            written_on=str(row.get("written_on") or ""),
            where=where(TABLE, place, "exhibit") if where else (TABLE, "", f"row {place + 2}, column exhibit"),
        )
        for place, row in enumerate(records(tables, TABLE))
    )


def check_commentary(tables: Tables, missing: Sequence[Off] | None = None, *, is_closed: bool = True) -> list[Fault]:
    """Return what is wrong with ``commentary`` as far as the table itself tells.

    Parameters
    ----------
    tables : Tables
    missing : sequence of Off, optional
        Chapters that could not be answered, where that is known: each has one exhibit, ``<chapter>-off``.
    is_closed : bool
        Whether only our own notebooks run; a client's may bring chapters and exhibits of any name.
    """
    if TABLE not in tables:
        return []
    comments = read_comments(tables)
    if missing is None:
        faults = [*_of_rows(tables, comments), *_of_pairs(comments)]
        return faults + (list(_unknown(comments, {})) if is_closed else [])
    reasons = {off.pillar: off.reason for off in missing}
    return list(_unknown(comments, reasons, is_known=True)) if is_closed else []


def _of_rows(tables: Tables, comments: Sequence[Comment]) -> Iterator[Fault]:
    """Say what a row lacks, has too much, or asks of what is no exhibit."""
    needed = {"add": ("text",), "reply": ("text", "author", "date"), "hide": ("text", "author"), "order": ("place",)}
    why = {
        ("hide", "text"): "the reason, which the report prints.",
        ("hide", "author"): "who leaves it out, which the report prints.",
        ("reply", "author"): "who replies.",
        ("reply", "date"): "when.",
        ("order", "place"): "a whole number from 0 on.",
    }
    for row, one in enumerate(comments):
        for name in needed.get(one.action, ()):
            if getattr(one, name) in ("", None):
                allowed = why.get((one.action, name), "the words to print.")
                yield tables.fault(TABLE, row, name, f"{name} is blank", allowed, f"Fill it: {one.action} needs it.")
        if one.place is not None and one.action != "order":
            found = f"a place beside the action {one.action}"
            yield tables.fault(TABLE, row, "place", found, "a place for order alone.", "Clear it, or write order.")
        if one.written_on and not MARK.fullmatch(one.written_on):
            remedy = "Clear it, or let workbench commentary NAME --pin write it."
            found = f"{one.written_on[:40]!r} is no mark of what the words were written on"
            yield tables.fault(TABLE, row, "written_on", found, "a mark of eight signs, as it was printed.", remedy)
        if one.action in ON_EXHIBITS and (one.about in EXHIBITS or "/" in one.about or NUMBER.fullmatch(one.about)):
            remedy = "Name the exhibit, or choose add or reply."
            yield one.fault(f"{one.action} speaks of {one.about!r}, which is no exhibit", "the key of one.", remedy)
        elif one.action == "hide" and (one.about in NEVER_HIDDEN or one.about in _NOTES):
            yield never_hidden(one)


def never_hidden(comment: Comment) -> Fault:
    """Return the fault of a row that would leave out what is in doubt."""
    return comment.fault(
        f"{comment.about!r} says what is in doubt, missing or hidden to protect people, and cannot be left out",
        "an exhibit that says none of this.",
        "Delete the row; order with place 0 puts the exhibit behind the others.",
    )


def _of_pairs(comments: Sequence[Comment]) -> Iterator[Fault]:
    """Find rows that cannot both hold: two places for one exhibit, or words beside what nobody will see."""
    hidden: dict[str, Comment] = {}
    placed: dict[str, Comment] = {}
    for one in comments:
        if one.action == "hide":
            hidden.setdefault(one.about, one)
        elif one.action in PLACED:
            first = placed.setdefault(one.about, one)
            if first is not one:
                found = f"{one.about!r} has a place already, in {first.where[2]}"
                yield one.fault(found, "one place an exhibit.", "Delete one of the two rows.")
    for one in comments:
        left = hidden.get(one.about, one)
        if left is not one:
            found = f"{one.about!r} is left out, in {left.where[2]}"
            yield one.fault(found, "nothing more about what is left out.", "Delete one of the two rows.")


def _unknown(comments: Sequence[Comment], reasons: Mapping[str, str], *, is_known: bool = False) -> Iterator[Fault]:
    """Find rows about an exhibit, chapter or heading that no report has, or that this one will not have."""
    keys = {f"{chapter}-{name}": chapter for chapter, names in EXHIBITS.items() for name in names}
    ends = {f"{chapter}-off" for chapter in (reasons if is_known else EXHIBITS)}
    headings = {f"{chapter}/{name}" for chapter in EXHIBITS for name in HEADINGS}
    for one in comments:
        key, (chapter, _, rest) = one.about, one.about.partition("/")
        if key in ends or key in EXHIBITS or key in headings or NUMBER.fullmatch(key) or _ON_PAGES.fullmatch(key):
            continue
        if key in keys and keys[key] not in reasons:
            continue
        if rest and chapter not in EXHIBITS:  # the key of a number, perhaps: known when the chapters are
            continue
        known = {*keys, *EXHIBITS, *headings}
        found, remedy = f"there is no exhibit {key!r}", nearest(key, known) or "Correct the key."
        if key in keys:
            found = f"the report will not have {key!r}: {reasons[keys[key]]}"
            remedy = f"Delete the row, or write {keys[key]}-off to speak of what is missing."
        elif key.removesuffix("-off") in EXHIBITS:
            found, remedy = f"the report will not have {key!r}, because the chapter is there", "Delete the row."
        allowed = f"{', '.join(held for held, chapter in keys.items() if chapter not in reasons)}."
        yield one.fault(found, allowed, remedy)
