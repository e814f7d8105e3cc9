"""Two objectives against each other: the most of the one for each amount of the other, every point with its proof.

The epsilon-constraint method (Y. Y. Haimes, L. S. Lasdon and D. A. Wismer 1971, IEEE Trans. SMC 1(3), 296-297): one
goal is maximised while the other may not fall below a floor, which is raised step by step between the two extremes.
Unlike sums with weights this finds what lies inside the hull, which lines kept or closed leave behind. The other goal
is then raised as far as costs nothing, so that no point shown can be beaten in one goal for free (G. Mavrotas 2009,
Applied Mathematics and Computation 213(2), 455-465).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.allocation.canonical import Canonical, canonical_form, rounded_array
from workbench.allocation.floors import Goals, TwoGoals
from workbench.allocation.model import Evaluation, Portfolio
from workbench.errors import ModelError, nearest

GAP = 5e-4
"""Gap to prove at each point, as a share of the lift: 0.05 %."""
POINTS = 21
"""Points of a frontier, both ends counted."""
SECONDS = 60.0
"""Backstop of a whole frontier."""
EXACT = 60
"""Up to this many activities the other goal is raised by a search of its own, above by levels with supports held."""


ROOM = 0.05
"""The last floor is below the most of the other goal by this share of the gap (ours)."""


NUDGE = 1e-5
"""A floor that leaves a point unproved is lowered by this share of all that the other goal could bring (ours)."""


@dataclass(frozen=True)
class FrontierPoint:
    """One plan on the frontier.

    Attributes
    ----------
    goal, other : float
        What the plan brings of the two objectives, in their own worths; closing costs count with the first.
    least : float
        The floor of the other objective that it was sought under.
    bound : float
        More of the first objective than this no plan above that floor brings.
    gap : float
        Bound over goal, share of the lift over doing nothing.
    proved : bool
        The gap is not above the one asked for.
    levels : mapping of activity to float
    supported : mapping of line to bool
    exchange_rate : float or None
        What one more of the other objective cost of the first, from the point before; None at the first point.
    changed : tuple of str
        Lines kept or closed otherwise than at the point before.
    on_hull : bool
        A sum with weights could have found it; False only where the bound shows that none can.
    """

    goal: float
    other: float
    least: float
    bound: float
    gap: float
    proved: bool
    levels: Mapping[str, float]
    supported: Mapping[str, bool]
    exchange_rate: float | None = None
    changed: tuple[str, ...] = ()
    on_hull: bool = True


@dataclass(frozen=True)
class Frontier:
    """The most of one objective for each amount of another; from most of the first to most of the other.

    Attributes
    ----------
    objective, against : str
    points : tuple of FrontierPoint
        None of them is beaten in both goals by another.
    is_complete : bool
        Every floor was worked out within the time.
    seconds : float
    """

    objective: str
    against: str
    points: tuple[FrontierPoint, ...]
    is_complete: bool
    seconds: float

    def stands_at(self, portfolio: Portfolio, found: Evaluation, supported: Mapping[str, bool]) -> tuple[float, float]:
        """Return what a plan brings of both objectives, as the points are counted."""
        closed = sum(portfolio.closing_value(line) for line, is_kept in supported.items() if not is_kept)
        return found.by_objective[self.objective] - closed, found.by_objective[self.against]

    @property
    def proved(self) -> bool:
        """Every point is proved."""
        return self.is_complete and all(point.proved for point in self.points)


def frontier(
    portfolio: Portfolio,
    objective: str,
    against: str,
    *,
    points: int = POINTS,
    gap: float = GAP,
    seconds: float = SECONDS,
    candidates: Sequence[tuple[Mapping[str, float], Mapping[str, bool]]] = (),
) -> Frontier:
    """Return the most of one objective for each amount of another.

    Parameters
    ----------
    portfolio : Portfolio
        For which a plan holds.
    objective, against : str
        Two objectives; their weights play no part.
    points : int
        Floors of the second, evenly spaced between its value where the first is largest and its own largest.
    gap : float
        To prove at each point, as a share of the lift.
    seconds : float
        Backstop; what was not worked out in time is left out, and said.
    candidates : sequence of (levels, supported)
        Plans at hand: where one of them holds, no point is beaten by it.

    Raises
    ------
    ModelError
        An objective is unknown, both are the same, fewer than two points are asked for, or no plan holds.
    """
    started, known = time.process_time(), {item.id: item for item in portfolio.objectives}
    for name in (objective, against):
        if name not in known:
            raise ModelError(f"There is no objective {name!r}. {nearest(name, known)}".strip())
    if objective == against or points < 2:
        raise ModelError("A frontier has two different objectives and at least two points.")
    until = started + seconds
    base = canonical_form(portfolio)
    first = _goal_form(base, known[objective].worths, with_closing=True)
    second = _goal_form(base, known[against].worths, with_closing=False)
    search = TwoGoals(first, second, gap, until)
    at_hand = [search.plan(base.shares(levels), base.support_array(supported)) for levels, supported in candidates]
    top = search.best(None, candidates=at_hand)
    if top is None:
        raise ModelError("No plan holds within the rules and capacities, so there is nothing to trade off.")
    is_exact = len(base.activities) <= EXACT
    top = search.raised(top, is_exact=is_exact)
    far = search.best(None, candidates=at_hand, swapped=True)
    if far is None:
        return _frontier(objective, against, base, [(top, top.other)], False, started)
    # at the very most of the other goal nothing can move, and no search can tell what holds: leave it a little room
    low, high = top.other, far.other - ROOM * gap * max(far.other - second.zero_value, 0.0)
    found, is_complete, last = [(top, low)], True, top
    if high - low > gap * max(abs(high), abs(low), 1e-300):
        for step in range(1, points):
            least = low + (high - low) * step / (points - 1)
            if least <= last.other:  # the point before is already there
                continue
            held = search.best(least, candidates=[last, far, *at_hand])
            if held is not None and not held.proved:  # a plan may miss this floor by less than a solver can tell
                lower = least - NUDGE * second.scale
                again = search.best(lower, candidates=[held, far, *at_hand])
                held, least = (again, lower) if again is not None and again.gap < held.gap else (held, least)
            if held is None:
                is_complete = time.process_time() < until and is_complete
                continue
            last = search.raised(held, is_exact=is_exact)
            found.append((last, least))
    return _frontier(objective, against, base, found, is_complete, started)


def traded_objectives(portfolio: Portfolio) -> tuple[str, str] | None:
    """Return the two objectives with the largest weights, the larger first; None where fewer than two count."""
    counted = sorted(portfolio.weighted, key=lambda item: -item.weight)  # of equals the client's first comes first
    return (counted[0].id, counted[1].id) if len(counted) > 1 else None


def _goal_form(base: Canonical, worths: Mapping[str, float], *, with_closing: bool) -> Canonical:
    """Return the portfolio with one objective as its value: the same rows, so both goals speak of the same plans."""
    worth = np.array([worths.get(item.id, 0.0) for item in base.activities])
    zero = np.array([value * item.curve.value(0.0) for item, value in zip(base.activities, worth, strict=True)])
    tops = [item.curve.value(size) for item, size in zip(base.activities, base.size, strict=True)]
    scale = float(np.abs(worth * np.array(tops) - zero).sum()) or 1.0
    standing = np.bincount(base.line_of, weights=zero, minlength=len(base.lines)).astype(float)
    zero_value = float(standing.sum())
    if with_closing:
        standing = standing + [base.portfolio.closing_value(line) for line in base.lines]
    return replace(base, worth=worth, scale=scale, standing=rounded_array(standing / scale), zero_value=zero_value)


def _frontier(
    objective: str,
    against: str,
    base: Canonical,
    found: Sequence[tuple[Goals, float]],
    is_complete: bool,
    started: float,
) -> Frontier:
    """Return the points that none beats, each compared with the one before."""
    kept = [
        (item, least)
        for item, least in found
        if not any(
            (other.goal >= item.goal and other.other > item.other)
            or (other.goal > item.goal and other.other >= item.other)
            for other, _ in found
        )
    ]
    points: list[FrontierPoint] = []
    for item, least in kept:
        supported = base.supports(item.is_open)
        before = points[-1] if points else None
        if before is not None and before.goal == item.goal and before.other == item.other:
            continue
        rate = None
        if before is not None and item.other > before.other:
            rate = (before.goal - item.goal) / (item.other - before.other)
        changed = (
            () if before is None else tuple(line for line, kept in supported.items() if before.supported[line] != kept)
        )
        points.append(
            FrontierPoint(
                item.goal, item.other, least, item.bound, item.gap, item.proved, base.levels(item.shares), supported,
                rate, changed,
            )
        )  # fmt: skip
    hull = _hull([(point.other, point.goal) for point in points])
    held = tuple(replace(point, on_hull=not _is_inside(point, hull)) for point in points)
    return Frontier(objective, against, held, is_complete, time.process_time() - started)


def _hull(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points on the upper hull: what a sum with weights finds."""
    hull: list[tuple[float, float]] = []
    for x, y in points:
        while len(hull) >= 2:
            (x1, y1), (x2, y2) = hull[-2], hull[-1]
            if (y2 - y1) * (x - x1) > (y - y1) * (x2 - x1):
                break
            hull.pop()
        hull.append((x, y))
    return hull


def _is_inside(point: FrontierPoint, hull: Sequence[tuple[float, float]]) -> bool:
    """Return whether no plan above the floor comes up to the hull at what the point brings of the other."""
    for (x1, y1), (x2, y2) in itertools.pairwise(hull):
        if x1 <= point.other <= x2 and x2 > x1:
            there = y1 + (y2 - y1) * (point.other - x1) / (x2 - x1)
            return point.bound < there
    return False
