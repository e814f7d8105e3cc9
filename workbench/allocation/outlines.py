"""What no plan can beat at given prices: each activity's best level on lines that lie nowhere below its curve.

For any prices of the rows, and of a second goal's floor, the best of every line and activity by itself bounds all plans
together (weak duality; H. Everett 1963, Operations Research 11(3), 399-417). Lines are laid only where prices lead,
so that the bound is that of the curves themselves, worked out in our own arithmetic whatever a solver said.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace

import numpy as np

from workbench.allocation.canonical import Canonical
from workbench.allocation.curves import Adbudg, Exponential, Points
from workbench.allocation.polish import tangent_at

FIRST_LINES = 7
"""Lines laid on each curve at first."""
ROUNDS = 12
"""Times that lines are laid where prices lead, at most, for one bound."""
NEAR = 1e-9
"""A level so near to the end of a jump counts as on it (scaled)."""
OUTWARDS = 1e-9
"""Bounds are rounded outwards by this, times one plus their size."""


@dataclass(frozen=True)
class Prices:
    """What one more unit of each row is worth, and one unit less of the floor (0 or more)."""

    rows: np.ndarray
    floor: float = 0.0


@dataclass(frozen=True)
class Priced:
    """What prices say: a bound (scaled, over doing nothing), levels and supports they lead to, and what both are worth.

    Attributes
    ----------
    bound : float
        No plan is worth more.
    shares : array, shape (n,)
        Best level of each activity by itself.
    by_activity : array, shape (n,)
        What it brings there, within its minimum and maximum; below 0 where it is better left alone.
    by_line : array, shape (n_lines,)
        What the line brings if it is supported, over what it brings closed: to decide otherwise costs that much.
    """

    bound: float
    shares: np.ndarray
    by_activity: np.ndarray
    by_line: np.ndarray


class Outlines:
    """The curves of all activities, each between 0 and 1, from above by lines; for and against a rise."""

    def __init__(self, form: Canonical) -> None:
        ends = [item.curve.value(float(size)) for item, size in zip(form.activities, form.size, strict=True)]
        starts = [item.curve.value(0.0) for item in form.activities]
        rise = np.array(ends) - np.array(starts)
        self.rise = np.where(rise > 0, rise, 1.0)
        self.form = form
        self.units = tuple(replace(form, worth=sign / self.rise, scale=1.0) for sign in (1.0, -1.0))
        self.kinds, self.numbers = np.zeros(len(rise), dtype=int), np.zeros((3, len(rise)))
        for place, activity in enumerate(form.activities):
            curve, size = activity.curve, self.rise[place]
            if isinstance(curve, Exponential):
                self.kinds[place], self.numbers[:2, place] = 1, ((curve.high - curve.low) / size, curve.rate)
            elif isinstance(curve, Adbudg):
                shift = curve.shape * math.log(curve.reference) + math.log(curve.half)
                self.kinds[place], self.numbers[:, place] = 2, ((curve.high - curve.low) / size, curve.shape, shift)
        self.held: tuple[dict[int, _Outline], dict[int, _Outline]] = ({}, {})

    def effect(self, form: Canonical) -> np.ndarray:
        """Return the scaled value of each activity's whole rise for one goal."""
        return form.worth * self.rise / form.scale

    def lifts(self, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return what share of its rise each activity brings at a level; one activity may be asked often."""
        levels, found = np.maximum(shares, 0.0) * self.form.size[places], np.zeros(len(places))
        kind = self.kinds[places]
        one = kind == 1
        low, rate = (self.numbers[k][places[one]] for k in (0, 1))
        found[one] = low * -np.expm1(-rate * levels[one])
        some = (kind == 2) & (levels > 0)
        size, shape, shift = (self.numbers[k][places[some]] for k in (0, 1, 2))
        power = shape * np.log(levels[some]) - shift
        small = np.exp(-np.abs(power))
        found[some] = size * np.where(power >= 0, 1.0, small) / (1.0 + small)
        for at in np.flatnonzero(kind == 0):
            found[at] = self.units[0].lift(int(places[at]), float(shares[at]))
        return found

    def lift(self, place: int, share: float) -> float:
        """Return what share of its rise an activity brings at a level."""
        return self.units[0].lift(place, share)

    def near(self, place: int, side: int, share: float) -> dict[tuple[float, float], None]:
        """Return the lines around a level, and the outermost ones."""
        return self._outline(place, side).near(share)

    def best(self, worth: np.ndarray, cost: np.ndarray, close: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the level at which ``worth * curve - cost * level`` is largest, and no less than it is there.

        Parameters
        ----------
        worth, cost : array, shape (n,)
            Of the whole rise, and of the level 1.
        close : float
            How much more than the curves the lines may still promise, together.
        """
        places = np.flatnonzero(self.form.most > 0)
        outlines = [self._outline(int(place), 0 if worth[place] >= 0 else 1) for place in places]
        size, price, sign = np.abs(worth[places]), cost[places], np.where(worth[places] >= 0, 1.0, -1.0)
        shares, values = np.zeros(len(worth)), np.zeros(len(worth))
        if not outlines:
            return shares, values
        for _ in range(ROUNDS):
            sizes = [item.xs.size for item in outlines]
            starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
            xs, ys = np.concatenate([item.xs for item in outlines]), np.concatenate([item.ys for item in outlines])
            brings = np.repeat(size, sizes) * ys - np.repeat(price, sizes) * xs
            most = np.maximum.reduceat(brings, starts)
            # the first vertex that reaches it
            owner = np.repeat(np.arange(len(sizes)), sizes)
            hits = np.flatnonzero(brings >= most[owner])
            first = hits[np.unique(owner[hits], return_index=True)[1]]
            shares[places], values[places] = xs[first], most
            over = size * (ys[first] - sign * self.lifts(places, xs[first]))
            if over.sum() <= close:
                break
            grown = [
                outlines[number].lay(float(xs[first[number]]))
                for number in np.flatnonzero(over > close / (10 * len(size)))
            ]
            if not any(grown):
                break
        return shares, values

    def _outline(self, place: int, side: int) -> _Outline:
        held = self.held[side]
        if place not in held:
            held[place] = _Outline(self.units[side], place)
        return held[place]


class _Outline:
    """Lines nowhere below one curve, steepest first, and the corners at which they meet."""

    def __init__(self, unit: Canonical, place: int) -> None:
        self.unit, self.place = unit, place
        self.low, self.high = float(unit.least[place]), float(unit.most[place])
        self.is_smooth = not isinstance(unit.activities[place].curve, Points)
        jumps = [unit.line(place, end, self.low, self.high)[2] for end in (self.low, self.high)]
        start, end = next((jump for jump in jumps if jump is not None), (math.inf, -math.inf))
        # ends come back with fewer digits, and a tangent just inside a jump would lie below the curve
        self.jump = (start - NEAR, end + NEAR)
        self.lines: list[tuple[float, float]] = []  # (minus slope, intercept)
        for share in np.linspace(self.low, self.high, FIRST_LINES):
            self._insert(float(share))
        self._meet()

    def lay(self, share: float) -> bool:
        """Lay the line at a level; False where it lies there already."""
        grown = self._insert(share)
        if grown:
            self._meet()
        return grown

    def near(self, share: float) -> dict[tuple[float, float], None]:
        """Return the lines around a level, and the outermost ones."""
        at = int(np.searchsorted(self.xs, share))
        chosen = {0, len(self.lines) - 1, *range(max(at - 3, 0), min(at + 3, len(self.lines)))}
        return {(-self.lines[number][0], self.lines[number][1]): None for number in sorted(chosen)}

    def _insert(self, share: float) -> bool:
        if self.is_smooth and not self.jump[0] <= share <= self.jump[1]:
            slope, intercept = tangent_at(self.unit, self.place, share, self.low, self.high)
        else:
            slope, intercept, _ = self.unit.line(self.place, share, self.low, self.high)
        line = (-slope, intercept)
        at = bisect_left(self.lines, line)
        if at < len(self.lines) and self.lines[at] == line:
            return False
        self.lines.insert(at, line)
        return True

    def _meet(self) -> None:
        # of lines as steep as each other the lowest counts, and it comes first
        self.lines = [
            line for number, line in enumerate(self.lines) if number == 0 or line[0] > self.lines[number - 1][0]
        ]
        steep, intercepts = (np.array(part) for part in zip(*self.lines, strict=True))
        inner = (intercepts[1:] - intercepts[:-1]) / (steep[1:] - steep[:-1]) if len(self.lines) > 1 else np.zeros(0)
        # lines of one concave cover meet in order; what the last digits say otherwise stays a bound if it is clipped
        inner = np.maximum.accumulate(np.minimum(np.maximum(inner, self.low), self.high))
        self.xs = np.concatenate([[self.low], inner, [self.high]])
        self.ys = np.min(-np.outer(steep, self.xs) + intercepts[:, None], axis=0)


def price_bound(
    forms: tuple[Canonical, Canonical],
    outlines: Outlines,
    effects: tuple[np.ndarray, np.ndarray],
    prices: Prices,
    floor: float | None,
    close: float,
) -> Priced:
    """Return what no plan with the second goal at `floor` or above can beat in the first, at given prices.

    Parameters
    ----------
    forms, effects : pairs
        The goal that is maximised and the one with the floor; what each activity's whole rise is worth in each.
    outlines : Outlines
    prices : Prices
        Of the portfolio's rows and the floor; any will do, good ones bound tightly.
    floor : float or None
        Scaled, over doing nothing.
    close : float
        How much more than the curves the lines may still promise, together, scaled.
    """
    first, second = forms
    upper, lower = np.isfinite(first.row_high), np.isfinite(first.row_low)
    rows = np.where(upper, prices.rows, np.minimum(prices.rows, 0.0))
    rows = np.where(lower, rows, np.maximum(rows, 0.0))
    limits = np.where(rows > 0, np.where(upper, first.row_high, 0.0), np.where(lower, first.row_low, 0.0))
    of_floor = 0.0 if floor is None else max(prices.floor, 0.0)
    worth, standing = effects[0] + of_floor * effects[1], first.standing + of_floor * second.standing
    shares, values = outlines.best(worth, rows @ first.by_level, close)
    line = standing - rows @ first.by_support
    line = line + np.bincount(first.line_of, weights=np.maximum(values, 0.0), minlength=len(first.lines))
    bound = float(rows @ limits) - of_floor * (floor or 0.0) - float(standing.sum())
    bound += float(np.where(first.may_close, np.maximum(line, 0.0), line).sum())
    return Priced(bound + OUTWARDS * (1.0 + abs(bound)), np.where(values > 0, shares, 0.0), values, line)
