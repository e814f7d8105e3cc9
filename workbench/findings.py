"""What every pillar says in the same words: a finding, a numbered figure, a headline, or why it is off.

Analysis returns these; exhibits, chapters and reports print them and never compute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from textwrap import fill
from typing import Any
from weakref import WeakKeyDictionary

from workbench.errors import ModelError

CLAIM_LENGTH = 110
"""Longest claim that stays within two lines above a chart (ours)."""

LINE, INDENT = 110, "    "
"""How a detail is set as plain text, so that no notebook breaks it in the middle of a word (ours)."""


@dataclass(frozen=True)
class Finding:
    """One thing the numbers say.

    Attributes
    ----------
    claim : str
        One plain sentence of at most 110 characters that ends in a full stop.
    detail : str
        As long as it needs: intervals, sample sizes, causes, what would change it.
    figures : tuple of str
        Ids of the figures that the claim and its detail quote, such as ``R-017``.
    """

    claim: str
    detail: str = ""
    figures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.claim.endswith((".", "?", "!")) or len(self.claim) > CLAIM_LENGTH:
            raise ModelError(
                f"A claim is one sentence of at most {CLAIM_LENGTH} characters with a full stop; "
                f"got {len(self.claim)} characters: {self.claim!r}"
            )

    def __str__(self) -> str:
        if not self.detail:
            return self.claim
        return f"{self.claim}\n{fill(self.detail, width=LINE, initial_indent=INDENT, subsequent_indent=INDENT)}"


def fit_claim(*claims: str) -> str:
    """Return the first claim that is a short enough sentence; the last is cut at a word if none is.

    Examples
    --------
    >>> fit_claim("x" * 200 + ".", "Motor and 3 more are product-run.")
    'Motor and 3 more are product-run.'
    >>> len(fit_claim("word " * 60 + "end.")) <= CLAIM_LENGTH
    True
    """
    for claim in claims:
        if len(claim) <= CLAIM_LENGTH and claim.endswith((".", "?", "!")):
            return claim
    return claims[-1][: CLAIM_LENGTH - 2].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…."


@dataclass(frozen=True)
class Findings:
    """Findings in the order in which they should be read; the first carries the most.

    In a notebook they print as plain paragraphs.
    """

    items: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, place: int) -> Finding:
        return self.items[place]

    def __repr__(self) -> str:
        return "\n\n".join(str(item) for item in self.items) or "Nothing to report."


@dataclass(frozen=True)
class Figure:
    """One number of the report, with all that is needed to argue about it.

    Attributes
    ----------
    id : str
        Stable within an engagement, such as ``R-017``.
    key : str
        What it is, for programs: ``level/motor/d03``.
    name : str
        What it is, for people.
    value : float or str or None
        The number, unrounded; a word where the answer is a word; None where it is not shown.
    unit : str
        ``level``, ``share``, ``people``, ``currency``, ``points``, ``count``, ``days``, ``text``, or the client's own.
    low, high : float or None
        Interval at the engagement's confidence, in the unit of `value`; None where there is none.
    n : int or None
        People, rows or draws behind it.
    source : str
        Files or tables it comes from, or why it is not shown.
    """

    id: str
    key: str
    name: str
    value: float | str | None
    unit: str
    low: float | None = None
    high: float | None = None
    n: int | None = None
    source: str = ""


@dataclass(frozen=True)
class Figures:
    """All figures of one pillar, numbered in a fixed order, found by key.

    Attributes
    ----------
    items : tuple of Figure
        In the order of their ids. Build one with `number_figures`.
    """

    items: tuple[Figure, ...]
    _by_key: Mapping[str, Figure] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key = {figure.key: figure for figure in self.items}
        if len(by_key) != len(self.items):
            raise ModelError("Two figures share a key.")
        object.__setattr__(self, "_by_key", by_key)

    def __iter__(self) -> Iterator[Figure]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __getitem__(self, key: str) -> Figure:
        return self._by_key[key]

    def ids(self, *keys: str) -> tuple[str, ...]:
        """Return the ids of these keys, in this order.

        Raises
        ------
        KeyError
            A key is not the key of any figure.
        """
        return tuple(self._by_key[key].id for key in keys)

    def known_ids(self, *keys: str) -> str:
        """Return the ids of those keys that there are, each once, as a row of an exhibit holds them."""
        return " ".join(dict.fromkeys(self._by_key[key].id for key in keys if key in self._by_key))

    def shown_ids(self, *keys: str) -> str:
        """Return the ids of those keys whose figure has a value, as a row of an exhibit holds them."""
        found = (self._by_key[key] for key in keys if key in self._by_key)
        return " ".join(figure.id for figure in found if figure.value is not None)


def number_figures(prefix: str, figures: Iterable[Figure]) -> Figures:
    """Give each figure its id: the pillar's letter and its place in the pillar's fixed order.

    A hidden figure keeps its place (value None), so that hiding one never renumbers the others.

    Parameters
    ----------
    prefix : str
        ``R`` readiness, ``O`` outcomes, ``A`` allocation, ``S`` summary.
    figures : iterable of Figure
        With empty ids, in an order that depends on the client's tables only.

    Examples
    --------
    >>> number_figures("R", [Figure("", "level/motor", "Level of Motor", 3.2, "level")])["level/motor"].id
    'R-001'
    """
    from dataclasses import replace

    return Figures(tuple(replace(figure, id=f"{prefix}-{place:03d}") for place, figure in enumerate(figures, start=1)))


def figure_once(figures: Callable[[Any], Figures]) -> Callable[[Any], Figures]:
    """Return a pillar's `figures` that makes them once for each result: headline, exhibits and pages all cite them.

    Parameters
    ----------
    figures : function of a result
        The result is frozen; its figures are forgotten with it.
    """
    held: WeakKeyDictionary[Any, Figures] = WeakKeyDictionary()

    @wraps(figures)
    def look_up(result: Any) -> Figures:
        if result not in held:
            held[result] = figures(result)
        return held[result]

    return look_up


@dataclass(frozen=True)
class Off:
    """A pillar (or a part of one) that cannot answer because tables are absent: a result, not an error.

    Attributes
    ----------
    pillar : str
        ``readiness``, ``outcomes`` or ``allocation``.
    reason : str
        One sentence for the page "what we could not answer".
    tables : tuple of str
        The tables that would answer it.
    """

    pillar: str
    reason: str
    tables: tuple[str, ...]

    def __repr__(self) -> str:
        return f"{self.reason} Needed: {', '.join(self.tables)}."
