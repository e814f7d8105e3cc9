"""Response curves: what an activity brings at a level, and the tightest concave cover of it.

The solver asks a curve for three things only (value, slope, envelope), so a new family is one small class.
ADBUDG is J. D. C. Little (1970), Models and Managers: The Concept of a Decision Calculus, Management Science
16(8), B466-B485: four answers that a manager can give determine the curve, nothing is fitted.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scipy.optimize import brentq

from workbench.errors import ModelError

WARN_CONSISTENCY = 0.05
"""Fifth answer this far from the curve (share of its range): say so (ours)."""
ASK_AGAIN = 0.15
"""Fifth answer this far from the curve: the answers contradict each other, ask again (ours)."""
ANSWER_WOBBLE = 0.02
"""A change of an answer that nobody would notice, to see whether the shape hangs on it (ours)."""
SHAPES = (0.05, 50.0)
"""Shapes of a Hill curve. From 1 % to 99 % of the rise the level grows by 99^(2/c): at 50 by a fifth, which is a step
and no curve; at 0.05 by 10^80, which no level covers (ours)."""
FURTHEST = 1e6
"""How many times the reference a half-way level is at most, or the reverse; to the power of 50 still a float (ours)."""
SMALLEST_LEVEL = 1e-6
"""Smallest level that answers speak of; slopes per unit stay within what a solver tells apart (ours)."""
CLOSEST = 1e-9
"""Two neighbouring answers differ by this share of the rise at least: closer, rounding alone makes the shape (ours)."""
NEAREST_TO_ZERO = 1e-9
"""Where a tangent is drawn instead of at zero when the slope at zero has no limit; share of the interval."""


@dataclass(frozen=True)
class CoverLine:
    """A straight line that lies nowhere below a curve on an interval, and touches its envelope at one level.

    Attributes
    ----------
    slope : float
        Outcome per unit of level.
    intercept : float
        Outcome at level zero.
    jump : tuple of float or None
        Ends of the stretch on which the envelope is this line and the curve lies below it; None where they touch.
    """

    slope: float
    intercept: float
    jump: tuple[float, float] | None = None


@dataclass(frozen=True)
class Stretch:
    """An interval of levels on which a curve bends one way only.

    Attributes
    ----------
    low, high : float
        Levels.
    is_concave : bool
        True where each further unit brings less than the one before, or as much.
    """

    low: float
    high: float
    is_concave: bool


class Curve(Protocol):
    """What every family of curves can do. Levels in activity units, outcomes in outcome units."""

    @property
    def family(self) -> str:
        """Name of the family, as in the column ``family`` of ``activities``."""
        ...

    def value(self, level: float) -> float:
        """Return the outcome at a level."""
        ...

    def slope(self, level: float) -> float:
        """Return what the next unit brings; infinite at zero for some curves."""
        ...

    def stretches(self, low: float, high: float, sign: float) -> tuple[Stretch, ...]:
        """Return the intervals of one bend of ``sign * curve`` between two levels."""
        ...

    def cover(self, level: float, low: float, high: float, sign: float) -> CoverLine:
        """Return the line of the concave envelope of ``sign * curve`` on [low, high] at `level`."""
        ...


@dataclass(frozen=True)
class Adbudg:
    """An S-shaped or concave curve: ``low + (high - low) u^c / (d + u^c)`` with u the level over its reference.

    Attributes
    ----------
    reference : float
        Level of which the answers speak. Unit: activity.
    low, high : float
        Outcome at level zero, and without limit. Unit: outcome.
    shape : float
        c; above 1 the curve is an S.
    half : float
        d = (K/reference)^c, K the level at which half of the rise is reached.
    family : str
        ``adbudg``, or ``hill`` where K and c were given or fitted.
    """

    reference: float
    low: float
    high: float
    shape: float
    half: float
    family: str = "adbudg"

    def __post_init__(self) -> None:
        _need_rise(self.low, self.high, reference=self.reference, shape=self.shape, half=self.half)

    @property
    def inflection(self) -> float:
        """Level at which an S turns from convex to concave: u^c = d (c - 1)/(c + 1); zero for a concave curve."""
        if self.shape <= 1:
            return 0.0
        return self.reference * (self.half * (self.shape - 1) / (self.shape + 1)) ** (1 / self.shape)

    def value(self, level: float) -> float:
        """Return the outcome at a level."""
        return self.low + (self.high - self.low) * self._shares(level)[0]

    def slope(self, level: float) -> float:
        """Return what the next unit brings."""
        if level <= 0:
            if self.shape > 1:
                return 0.0
            return math.inf if self.shape < 1 else (self.high - self.low) / (self.half * self.reference)
        reached, rest = self._shares(level)
        return (self.high - self.low) * self.shape * reached * rest / level

    def _shares(self, level: float) -> tuple[float, float]:
        """Return the share of the rise that is reached, and the rest; as exponentials, which neither end overflows."""
        if level <= 0:
            return 0.0, 1.0
        power = self.shape * (math.log(level) - math.log(self.reference)) - math.log(self.half)
        small = math.exp(-abs(power))
        large, little = 1.0 / (1.0 + small), small / (1.0 + small)
        return (large, little) if power >= 0 else (little, large)

    def stretches(self, low: float, high: float, sign: float) -> tuple[Stretch, ...]:
        """Return the convex stretch up to the inflection, then the concave one."""
        bend = min(max(self.inflection, low), high)
        parts = (Stretch(low, bend, sign < 0), Stretch(bend, high, sign > 0))
        return tuple(part for part in parts if part.high > part.low) or (Stretch(low, high, True),)

    def cover(self, level: float, low: float, high: float, sign: float) -> CoverLine:
        """Return the line of the concave envelope of ``sign * curve`` on [low, high] at `level`."""
        bend = self.inflection
        if high <= low:
            return CoverLine(0.0, sign * self.value(low))
        if sign > 0:
            if bend <= low:
                return _tangent(self, level, low, high, sign)
            touch = high if bend >= high else self._touch(low, bend, high)
            return (
                _chord(self, low, touch, sign)
                if level < touch or touch >= high
                else _tangent(self, level, touch, high, sign)
            )
        if bend >= high:
            return _tangent(self, level, low, high, sign)
        touch = low if bend <= low else self._touch(high, low, bend)
        return (
            _chord(self, touch, high, sign)
            if level > touch or touch <= low
            else _tangent(self, level, low, touch, sign)
        )

    def _touch(self, start: float, low: float, high: float) -> float:
        """Level between `low` and `high` whose tangent goes through the curve at `start`; the far end if none does."""
        if start == 0.0 and self.shape > 1:
            return min(self.reference * (self.half * (self.shape - 1)) ** (1 / self.shape), high)

        def misses(level: float) -> float:
            return (self.value(start) - self.value(level) - self.slope(level) * (start - level)) / (
                self.high - self.low
            )

        far = high if start <= low else low
        near = low if start <= low else high
        # at the inflection the tangent is steepest and misses `start` on one side; where it still does at the far end,
        # the chord to the far end is the envelope
        if misses(near) * misses(far) >= 0:
            return far
        return float(brentq(misses, min(near, far), max(near, far), xtol=1e-14 * max(high, 1e-300), rtol=1e-14))


@dataclass(frozen=True)
class Exponential:
    """A concave curve: ``low + (high - low)(1 - exp(-rate * level))``.

    Attributes
    ----------
    low, high : float
        Outcome at level zero, and without limit. Unit: outcome.
    rate : float
        How fast it saturates. Unit: one over activity unit.
    reference : float
        Level of which the answers speak. Unit: activity.
    """

    low: float
    high: float
    rate: float
    reference: float

    def __post_init__(self) -> None:
        _need_rise(self.low, self.high, reference=self.reference, rate=self.rate)

    @property
    def family(self) -> str:
        """Name of the family."""
        return "exponential"

    def value(self, level: float) -> float:
        """Return the outcome at a level."""
        return self.low - (self.high - self.low) * math.expm1(-self.rate * max(level, 0.0))

    def slope(self, level: float) -> float:
        """Return what the next unit brings."""
        return (self.high - self.low) * self.rate * math.exp(-self.rate * max(level, 0.0))

    def stretches(self, low: float, high: float, sign: float) -> tuple[Stretch, ...]:
        """Return the one stretch."""
        return (Stretch(low, high, sign > 0),)

    def cover(self, level: float, low: float, high: float, sign: float) -> CoverLine:
        """Return the line of the concave envelope of ``sign * curve`` on [low, high] at `level`."""
        if high <= low:
            return CoverLine(0.0, sign * self.value(low))
        return _tangent(self, level, low, high, sign) if sign > 0 else _chord(self, low, high, sign)


@dataclass(frozen=True)
class Points:
    """Straight lines between points, flat after the last one.

    Attributes
    ----------
    levels, outcomes : tuple of float
        Levels rise from 0; outcomes never fall.
    reference : float
        Level today, for readers.
    """

    levels: tuple[float, ...]
    outcomes: tuple[float, ...]
    reference: float

    @property
    def family(self) -> str:
        """Name of the family."""
        return "points"

    @property
    def low(self) -> float:
        """Outcome at level zero."""
        return self.outcomes[0]

    @property
    def high(self) -> float:
        """Outcome at the last point."""
        return self.outcomes[-1]

    def value(self, level: float) -> float:
        """Return the outcome at a level."""
        place = bisect_right(self.levels, level) - 1
        if place < 0:
            return self.outcomes[0]
        if place >= len(self.levels) - 1:
            return self.outcomes[-1]
        share = (level - self.levels[place]) / (self.levels[place + 1] - self.levels[place])
        return self.outcomes[place] + share * (self.outcomes[place + 1] - self.outcomes[place])

    def slope(self, level: float) -> float:
        """Return what the next unit brings (the slope to the right of a corner)."""
        place = bisect_right(self.levels, max(level, 0.0)) - 1
        if place >= len(self.levels) - 1:
            return 0.0
        rise = self.outcomes[place + 1] - self.outcomes[place]
        return rise / (self.levels[place + 1] - self.levels[place])

    def stretches(self, low: float, high: float, sign: float) -> tuple[Stretch, ...]:
        """Return the longest runs on which slopes do not rise; each is concave."""
        if high <= low:
            return (Stretch(low, high, True),)
        ends = self._corners(low, high)
        found: list[Stretch] = []
        last = math.inf
        for left, right in itertools.pairwise(ends):
            slope = sign * (self.value(right) - self.value(left)) / (right - left)
            if found and slope <= last + 1e-12 * abs(last):
                found[-1] = Stretch(found[-1].low, right, True)
            else:
                found.append(Stretch(left, right, True))
            last = slope
        return tuple(found)

    def cover(self, level: float, low: float, high: float, sign: float) -> CoverLine:
        """Return the line of the concave envelope of ``sign * curve`` on [low, high] at `level`."""
        if high <= low:
            return CoverLine(0.0, sign * self.value(low))
        hull: list[float] = []
        for corner in self._corners(low, high):
            while len(hull) >= 2 and _turns_up(self, hull[-2], hull[-1], corner, sign):
                hull.pop()
            hull.append(corner)
        place = min(max(bisect_right(hull, level) - 1, 0), len(hull) - 2)
        return _chord(self, hull[place], hull[place + 1], sign)

    def _corners(self, low: float, high: float) -> list[float]:
        return [low, *(level for level in self.levels if low < level < high), high]


def adbudg_from_answers(y0: float, y1: float, y15: float, ymax: float, *, reference: float) -> Adbudg:
    r"""Return the ADBUDG curve through four answers.

    Parameters
    ----------
    y0, y1, y15, ymax : float
        Outcome at level zero, at the reference level, with half as much again, and without limit; strictly rising.
    reference : float
        Level of which the answers speak, above zero. Unit: activity.

    Raises
    ------
    ModelError
        The answers contradict each other; the sentence says which.

    Notes
    -----
    .. math:: d = (y_{max} - y_1)/(y_1 - y_0), \quad c = \ln[d (y_{15} - y_0)/(y_{max} - y_{15})] / \ln 1.5

    from Little (1970) with the 50 % question he asks; strict order makes c positive.

    Examples
    --------
    >>> curve = adbudg_from_answers(0.0, 4.0, 6.0, 10.0, reference=2.0)
    >>> round(curve.value(2.0), 9), round(curve.value(3.0), 9), round(curve.shape, 6), curve.half
    (4.0, 6.0, 2.0, 1.5)
    """
    problems = check_answers(y0, y1, y15, ymax, reference=reference)
    if problems:
        raise ModelError(problems[0])
    half = (ymax - y1) / (y1 - y0)
    shape = math.log(half * (y15 - y0) / (ymax - y15)) / math.log(1.5)
    return Adbudg(float(reference), float(y0), float(ymax), shape, half)


def check_answers(y0: float, y1: float, y15: float, ymax: float, *, reference: float) -> tuple[str, ...]:
    """Return what is wrong with four answers, in words; nothing when a curve goes through them.

    Examples
    --------
    >>> check_answers(1, 4, 3.5, 7, reference=2)
    ('y15 is 3.5 but y1 is 4: half as much again must bring more than the reference level.',)
    """
    answers = {"y0": y0, "y1": y1, "y15": y15, "ymax": ymax}
    missing = [name for name, value in answers.items() if value is None or not math.isfinite(value)]
    if missing:
        return (f"{', '.join(missing)} is missing: an ADBUDG curve needs y0, y1, y15 and ymax.",)
    problems = []
    if not (math.isfinite(reference) and reference > 0):
        problems.append(f"The reference level is {reference:g}: answers need a level above zero to speak of.")
    if not y0 < y1:
        problems.append(f"y1 is {y1:g} but y0 is {y0:g}: the reference level must bring more than nothing at all.")
    if not y1 < y15:
        problems.append(
            f"y15 is {y15:g} but y1 is {y1:g}: half as much again must bring more than the reference level."
        )
    if not y15 < ymax:
        problems.append(f"ymax is {ymax:g} but y15 is {y15:g}: without limit must bring more than half as much again.")
    return tuple(problems)


def exponential_from_answers(y0: float, y1: float, ymax: float, *, reference: float) -> Exponential:
    """Return the exponential curve through three answers: at zero, at the reference level and without limit.

    Raises
    ------
    ModelError
        The answers are not strictly rising, or the reference level is not above zero.

    Examples
    --------
    >>> curve = exponential_from_answers(1.0, 3.0, 5.0, reference=2.0)
    >>> round(curve.value(2.0), 9), round(curve.value(4.0), 9)
    (3.0, 4.0)
    """
    if not all(math.isfinite(value) for value in (y0, y1, ymax)) or not y0 < y1 < ymax:
        raise ModelError(f"An exponential curve needs y0 < y1 < ymax; got {y0:g}, {y1:g}, {ymax:g}.")
    if not reference > 0:
        raise ModelError(f"The reference level is {reference:g}: answers need a level above zero to speak of.")
    return Exponential(float(y0), float(ymax), math.log((ymax - y0) / (ymax - y1)) / reference, float(reference))


def hill_curve(low: float, high: float, half_level: float, shape: float, *, reference: float) -> Adbudg:
    """Return the Hill curve: ``low + (high - low) x^c / (K^c + x^c)``, which is ADBUDG with d = (K/reference)^c.

    Parameters
    ----------
    low, high : float
        Outcome at level zero, and without limit. Unit: outcome.
    half_level : float
        K, the level at which half of the rise is reached. Unit: activity.
    shape : float
        c; above 1 the curve is an S.
    reference : float
        Level that readers know. Unit: activity.

    Raises
    ------
    ModelError
        A number is missing or out of its range, or the outcome without limit is not above that at zero.

    Notes
    -----
    A. V. Hill (1910), The possible effects of the aggregation of the molecules of haemoglobin on its dissociation
    curves, Journal of Physiology 40, iv-vii.

    Examples
    --------
    >>> curve = hill_curve(1.0, 9.0, half_level=4.0, shape=2.0, reference=2.0)
    >>> round(curve.value(4.0), 9), round(curve.value(2.0), 9), curve.family
    (5.0, 2.6, 'hill')
    """
    if not (math.isfinite(half_level) and half_level > 0 and math.isfinite(reference) and reference > 0):
        raise ModelError(
            f"A Hill curve needs a half-way level and a reference above zero; got {half_level:g} and {reference:g}."
        )
    if not (math.isfinite(shape) and shape > 0):
        raise ModelError(f"A Hill curve needs a shape above zero; got {shape:g}.")
    if not SHAPES[0] <= shape <= SHAPES[1]:
        raise ModelError(f"A Hill curve needs a shape from {SHAPES[0]:g} to {SHAPES[1]:g}; got {shape:g}.")
    try:
        half = (half_level / reference) ** shape
    except OverflowError:
        half = math.inf
    if not 0 < half < math.inf:
        raise ModelError(f"The half-way level {half_level:g} is too far from the reference {reference:g} for a curve.")
    return Adbudg(float(reference), float(low), float(high), float(shape), half, "hill")


def points_curve(levels: Sequence[float], outcomes: Sequence[float], *, reference: float = 0.0) -> Points:
    """Return the curve of straight lines through points.

    Raises
    ------
    ModelError
        Fewer than two points, no point at level zero, levels that do not rise, or an outcome that falls.
    """
    pairs = sorted(zip(map(float, levels), map(float, outcomes), strict=True))
    if not all(math.isfinite(number) for pair in pairs for number in pair):
        raise ModelError("A curve of points holds numbers only; one is missing or without limit.")
    if len(pairs) < 2:
        raise ModelError(f"A curve of points needs at least two; got {len(pairs)}.")
    if pairs[0][0] != 0.0:
        raise ModelError(f"A curve of points starts at level 0; the first point is at {pairs[0][0]:g}.")
    for (left, before), (right, after) in itertools.pairwise(pairs):
        if right <= left:
            raise ModelError(f"Level {right:g} has two points.")
        if after < before:
            raise ModelError(f"The outcome falls from {before:g} at level {left:g} to {after:g} at level {right:g}.")
    return Points(tuple(level for level, _ in pairs), tuple(outcome for _, outcome in pairs), float(reference))


def consistency(curve: Adbudg, y05: float) -> float:
    """Return how far the fifth answer (half the reference level) is from the curve, as a share of its range.

    The fifth answer is never fitted: it is the check of the other four.

    Examples
    --------
    >>> round(consistency(adbudg_from_answers(0.0, 4.0, 6.0, 10.0, reference=2.0), 1.5), 3)
    0.007
    """
    return abs(y05 - curve.value(0.5 * curve.reference)) / (curve.high - curve.low)


def too_close(before: float, after: float, *, low: float, high: float) -> float | None:
    """Return how far apart two neighbouring answers must be at least; None where they are.

    Examples
    --------
    >>> too_close(0.0, 1e-300, low=0.0, high=10.0), too_close(0.0, 4.0, low=0.0, high=10.0)
    (1e-08, None)
    """
    least = CLOSEST * (high - low)
    return least if after - before < least else None


def shape_hangs_on_an_answer(curve: Adbudg) -> bool:
    r"""Return whether a 2 % change of y15 would turn an S into a concave curve, or the reverse.

    Notes
    -----
    .. math:: \partial c/\partial y_{15} = (y_{max} - y_0)/((y_{15} - y_0)(y_{max} - y_{15}) \ln 1.5)
    """
    y15 = curve.value(1.5 * curve.reference)
    steep = (curve.high - curve.low) / ((y15 - curve.low) * (curve.high - y15) * math.log(1.5))
    return abs(curve.shape - 1) <= steep * ANSWER_WOBBLE * abs(y15)


def _need_rise(low: float, high: float, **above_zero: float) -> None:
    """Refuse curves that fall, and numbers that are none."""
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        raise ModelError(f"A curve rises from its outcome at zero; it is {low:g} there and {high:g} without limit.")
    for name, value in above_zero.items():
        if not (math.isfinite(value) and value > 0):
            raise ModelError(f"A curve's {name} is a number above zero; got {value:g}.")


def _tangent(curve: Curve, level: float, low: float, high: float, sign: float) -> CoverLine:
    """Tangent of ``sign * curve`` at a level of a concave stretch."""
    level = min(max(level, low), high)
    if not math.isfinite(curve.slope(level)):
        level = low + NEAREST_TO_ZERO * (high - low)
    slope = sign * curve.slope(level)
    return CoverLine(slope, sign * curve.value(level) - slope * level)


def _chord(curve: Curve, low: float, high: float, sign: float) -> CoverLine:
    """Straight line between two points of ``sign * curve``."""
    slope = sign * (curve.value(high) - curve.value(low)) / (high - low)
    return CoverLine(slope, sign * curve.value(low) - slope * low, (low, high))


def _turns_up(curve: Curve, first: float, middle: float, last: float, sign: float) -> bool:
    """Return whether the middle corner is under the line from the first to the last."""
    before = sign * (curve.value(middle) - curve.value(first)) * (last - middle)
    after = sign * (curve.value(last) - curve.value(middle)) * (middle - first)
    return before <= after
