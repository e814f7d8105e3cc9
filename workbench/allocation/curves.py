"""Response curves: what an activity brings at a level, and the tightest concave cover of it.

The solver asks a curve for three things only (value, slope, envelope), so a new family is one small class.
ADBUDG is J. D. C. Little (1970), Models and Managers: The Concept of a Decision Calculus, Management Science
16(8), B466-B485: four answers that a manager can give determine the curve, nothing is fitted.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from scipy.optimize import brentq

from workbench.errors import ModelError

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
            touch = high if bend >= high else _touch(self, low, bend, high)
            return (
                _chord(self, low, touch, sign)
                if level < touch or touch >= high
                else _tangent(self, level, touch, high, sign)
            )
        if bend >= high:
            return _tangent(self, level, low, high, sign)
        touch = low if bend <= low else _touch(self, high, low, bend)
        return (
            _chord(self, touch, high, sign)
            if level > touch or touch <= low
            else _tangent(self, level, low, touch, sign)
        )


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


@lru_cache(maxsize=1024)
def _touch(curve: Adbudg, start: float, low: float, high: float) -> float:
    """Level between `low` and `high` whose tangent goes through the curve at `start`; the far end if none does."""
    if start == 0.0 and curve.shape > 1:
        return min(curve.reference * (curve.half * (curve.shape - 1)) ** (1 / curve.shape), high)

    def misses(level: float) -> float:
        return (curve.value(start) - curve.value(level) - curve.slope(level) * (start - level)) / (
            curve.high - curve.low
        )

    far = high if start <= low else low
    near = low if start <= low else high
    # at the inflection the tangent is steepest and misses `start` on one side; where it still does at the far end,
    # the chord to the far end is the envelope
    if misses(near) * misses(far) >= 0:
        return far
    return float(brentq(misses, min(near, far), max(near, far), xtol=1e-14 * max(high, 1e-300), rtol=1e-14))
