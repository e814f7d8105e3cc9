"""A page for one reader: what a chapter says about one product line, or one question, as a file that can be sent alone.

Chapters carry pages as they carry exhibits. Pages of the same key, from several chapters, are printed as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from workbench.errors import ReportError
from workbench.findings import Finding, Findings
from workbench.report.exhibit import SLUG, Exhibit
from workbench.report.values import fields_of

Kind = Literal["line", "manager", "comparison", "function"]
"""What a page is about: a line, what a product manager must read, how lines compare, what a function changes."""

NO_FINDINGS = Findings(())


@dataclass(frozen=True)
class Page:
    """What one chapter says on one page.

    Attributes
    ----------
    key : str
        Lower-case slug: the page is printed as ``pages/<key>.html``.
    kind : str
        ``line``, ``manager``, ``comparison`` or ``function``; the audience decides which kinds exist.
    title, question : str
        What the page is about, and what it answers.
    headline, next_steps : Findings
        The bottom line, and what to do next.
    exhibits : tuple of Exhibit
        Of this page alone; their keys are unique in the report.
    cautions : Findings
        What is not known.
    """

    key: str
    kind: Kind
    title: str
    question: str
    headline: Findings
    exhibits: tuple[Exhibit, ...] = ()
    next_steps: Findings = NO_FINDINGS
    cautions: Findings = NO_FINDINGS

    def __post_init__(self) -> None:
        if not SLUG.match(self.key):
            raise ReportError((f"A page's key is a lower-case slug; got {self.key!r}.",))
        if self.kind not in get_args(Kind):
            raise ReportError((f"A page's kind is one of {', '.join(get_args(Kind))}; got {self.kind!r}.",))

    def figure_ids(self) -> tuple[str, ...]:
        """Return the ids of all figures it quotes, each once, in order."""
        told = (*self.headline, *self.next_steps, *self.cautions)
        ids = [name for finding in told for name in finding.figures]
        ids += [name for exhibit in self.exhibits for name in exhibit.figure_ids()]
        return tuple(dict.fromkeys(ids))

    def to_dict(self) -> dict[str, Any]:
        """Return the page as JSON types."""
        return {
            "key": self.key,
            "kind": self.kind,
            "title": self.title,
            "question": self.question,
            "headline": [fields_of(item) for item in self.headline],
            "exhibits": [exhibit.to_dict() for exhibit in self.exhibits],
            "next_steps": [fields_of(item) for item in self.next_steps],
            "cautions": [fields_of(item) for item in self.cautions],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Page:
        """Return the page that `to_dict` wrote."""
        return cls(
            key=document["key"],
            kind=document["kind"],
            title=document["title"],
            question=document["question"],
            headline=read_findings(document["headline"]),
            exhibits=tuple(Exhibit.from_dict(held) for held in document["exhibits"]),
            next_steps=read_findings(document["next_steps"]),
            cautions=read_findings(document.get("cautions", ())),
        )


def page_key(kind: str, name: str, *, length: int = 63) -> str:
    """Return the key of a page; pages of one key, from several chapters, are printed as one.

    Parameters
    ----------
    kind, name : str
        ``line`` and the line's key; ``manager`` and the name.
    length : int
        Longest key.

    Examples
    --------
    >>> page_key("line", "Motor.2"), page_key("manager", "J. Petit"), page_key("manager", "李")
    ('line-motor-2', 'manager-j--petit', 'manager-manager')
    """
    words = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in name.lower()).strip("-")
    return f"{kind}-{words or kind}"[:length].rstrip("-")


def read_findings(items: Iterable[Mapping[str, Any]]) -> Findings:
    """Return the findings that JSON holds."""
    return Findings(tuple(Finding(item["claim"], item["detail"], tuple(item["figures"])) for item in items))
