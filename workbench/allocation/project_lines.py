"""From projects to product lines: which line each running project serves, and today's money by project by line.

A project that serves several lines is spread by the shares that were given. What nobody gave a share for is a part of
its own, and so is what fits no line: nothing is split in silence, and the parts add up to the whole.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

NO_SHARE = 1e-9
"""A part smaller than this is rounding of the shares (ours)."""

Fit = Literal["line", "several", "none"]


@dataclass(frozen=True)
class Project:
    """A running project: who sponsors it, the lines it serves (none: empty), what it may cost and when it ends.

    Units: currency; people. `lines` holds the lines of a project that serves several, each with its share of the
    project (0 to 1) or None where nobody gave one; it is read instead of `line`. `disposition` is ``absorb``,
    ``finish``, ``stop`` or empty.
    """

    id: str
    sponsor: str = ""
    line: str = ""
    budget: float | None = None
    spent: float | None = None
    people: float | None = None
    ends: str = ""
    disposition: str = ""
    lines: tuple[tuple[str, float | None], ...] = ()

    @property
    def serves(self) -> tuple[tuple[str, float | None], ...]:
        """The lines it serves with their shares; a single line without one is all of it."""
        if len(self.lines) == 1 and self.lines[0][1] is None:
            return ((self.lines[0][0], 1.0),)
        return self.lines or (((self.line, 1.0),) if self.line else ())


@dataclass(frozen=True)
class ProjectReading:
    """A project that does not fit the plan, and why: ``no line``, ``closing line``, ``no owner``."""

    project: Project
    why: tuple[str, ...]


@dataclass(frozen=True)
class ProjectPart:
    """What one project takes for one line.

    Attributes
    ----------
    project : Project
    fit : str
        ``line``; ``several``: it serves several lines and nobody gave the shares of this part; ``none``: no line.
    line : str
        Key; empty unless `fit` is ``line``.
    share : float
        Of the project. Unit: share, 0 to 1.
    among : tuple of str
        Lines that a part of several lines may belong to.
    """

    project: Project
    fit: Fit
    line: str
    share: float
    among: tuple[str, ...] = ()

    def amount(self, column: str) -> float | None:
        """Return its part of the project's budget, spending or people; None where the client gave none."""
        whole: float | None = getattr(self.project, column)
        return None if whole is None or math.isnan(whole) else whole * self.share


@dataclass(frozen=True)
class ProjectMoney:
    """What running projects take, by the lines they serve.

    Attributes
    ----------
    parts : tuple of ProjectPart
        In the client's order of projects, and of lines within one.
    projects : tuple of Project
        Those that run.
    ended : tuple of Project
        Those that had ended before the day of the data; in no part.
    """

    parts: tuple[ProjectPart, ...]
    projects: tuple[Project, ...]
    ended: tuple[Project, ...] = ()

    def total(self, column: str, parts: Iterable[ProjectPart] | None = None) -> float | None:
        """Return the sum over parts (all of them where none are named); None where no amount is known."""
        held = [part.amount(column) for part in (self.parts if parts is None else parts)]
        known = [amount for amount in held if amount is not None]
        return math.fsum(known) if known else None

    def of(self, fit: Fit, line: str = "") -> tuple[ProjectPart, ...]:
        """Return the parts of a line, of several lines, or of none."""
        return tuple(part for part in self.parts if part.fit == fit and part.line == line)

    def without(self, column: str) -> tuple[Project, ...]:
        """Return the running projects of which the client gave no amount."""
        return tuple(item for item in self.projects if ProjectPart(item, "none", "", 1.0).amount(column) is None)


def spread_projects(projects: Sequence[Project], lines: Collection[str], *, as_of: str = "") -> ProjectMoney:
    """Return what running projects take, by the lines they serve.

    Parameters
    ----------
    projects : sequence of Project
    lines : collection of str
        Keys of the product lines; a project that names another serves none.
    as_of : str
        Day of the data (ISO): what ended before it runs no more. Empty: all run.

    Examples
    --------
    >>> spread = spread_projects([Project("Portal", budget=100.0, lines=(("home", 0.6), ("life", None)))],
    ...                          ["home", "life"])
    >>> [(part.fit, part.line, part.amount("budget")) for part in spread.parts]
    [('line', 'home', 60.0), ('several', '', 40.0)]
    """
    ended = tuple(item for item in projects if item.ends and as_of and item.ends < as_of)
    running = tuple(item for item in projects if not (item.ends and as_of and item.ends < as_of))
    return ProjectMoney(tuple(part for item in running for part in _parts(item, lines)), running, ended)


def _parts(project: Project, lines: Collection[str]) -> Iterator[ProjectPart]:
    served = [(line, share) for line, share in project.serves if line in lines]
    given = [(line, share) for line, share in served if share is not None and share > NO_SHARE]
    for line, share in given:
        yield ProjectPart(project, "line", line, share)
    rest = 1.0 - math.fsum(share for _, share in given)
    if rest <= NO_SHARE:
        return
    among = tuple(line for line, share in served if share is None)
    yield ProjectPart(project, "several" if among else "none", "", rest, among)


def judge_projects(
    projects: Iterable[Project], owners: Mapping[str, str | None], supported: Mapping[str, bool]
) -> tuple[ProjectReading, ...]:
    """Return the projects that fit no line, feed a line that closes, or end with nobody who owns what they leave.

    Parameters
    ----------
    projects : iterable of Project
    owners : mapping of line to str or None
        Every line, with who answers for it.
    supported : mapping of line to bool
        Whether the line stays; a line that is not in it does.
    """
    found = []
    for item in projects:
        served = [line for line, share in item.serves if line in owners and share != 0.0]
        why = []
        if not served:
            why.append("no line")
        elif item.disposition != "stop" and not all(supported.get(line, True) for line in served):
            why.append("closing line")
        # what a stopped project leaves needs no owner; what ends or is absorbed does
        if item.disposition != "stop" and item.ends and not any(owners[line] for line in served):
            why.append("no owner")
        if why:
            found.append(ProjectReading(item, tuple(why)))
    return tuple(found)
