"""Many curves at once, scaled: values, slopes and best answers to prices as arrays, a family at a time.

Levels are shares of each activity's size and values shares of the form's scale, as in `canonical`; a call takes the
places of activities beside their levels, so that an activity may be asked at several levels. What is asked again and
again of the same activities is asked of those that were taken out once (`Bundle.take`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from workbench.allocation.curves import Adbudg, Curve, Exponential, Points

UPRIGHT = 1e300
"""A slope without limit, as a number that may be multiplied by zero."""
HALVINGS = 60
"""Steps of the search for the level at which a slope equals a price: as far as a double goes."""


class Bundle:
    """The curves of a portfolio, times worth, over what each brings at level zero.

    Parameters
    ----------
    curves : sequence of Curve
    worth, size : array, shape (n,)
        Value of a unit of outcome; level at which the scaled level is 1.
    scale : float
        What the scaled value 1 is.
    """

    def __init__(self, curves: Sequence[Curve], worth: np.ndarray, size: np.ndarray, scale: float) -> None:
        n = len(curves)
        self.size, self.factor = np.asarray(size, dtype=float), np.asarray(worth, dtype=float) / scale
        self.kind = np.zeros(n, dtype=int)  # 0 any other, 1 adbudg, 2 exponential, 3 points
        self.rise, self.steep, self.middle = np.zeros(n), np.ones(n), np.ones(n)
        self.bend = np.zeros(n)
        """Scaled level at which an S turns from convex to concave; 0 where nothing turns."""
        self.curves = tuple(curves)
        kinked = []
        for place, curve in enumerate(curves):
            if isinstance(curve, Adbudg):
                self.kind[place], self.rise[place] = 1, curve.high - curve.low
                self.steep[place] = curve.shape
                self.middle[place] = curve.shape * np.log(curve.reference) + np.log(curve.half)
                self.bend[place] = curve.inflection / size[place]
            elif isinstance(curve, Exponential):
                self.kind[place], self.rise[place], self.steep[place] = 2, curve.high - curve.low, curve.rate
            elif isinstance(curve, Points):
                self.kind[place] = 3
                kinked.append(place)
        self.row = np.zeros(n, dtype=int)
        width = max((len(curves[place].levels) for place in kinked), default=1)  # type: ignore[attr-defined]
        self.corners, self.outcomes = np.full((len(kinked), width), np.inf), np.zeros((len(kinked), width))
        for row, place in enumerate(kinked):
            curve = curves[place]
            if isinstance(curve, Points):
                self.row[place], count = row, len(curve.levels)
                self.corners[row, :count], self.outcomes[row, :count] = curve.levels, curve.outcomes
                self.outcomes[row, count:] = curve.outcomes[-1]
        self.every = np.arange(n)
        self._kept: dict[bytes, Bundle] = {}

    @cached_property
    def is_kinked(self) -> np.ndarray:
        """Which curves are straight between points."""
        return self.kind == 3

    @cached_property
    def _families(self) -> list[tuple[int, np.ndarray, Bundle]]:
        """Return each family with where its curves stand, and those alone; a single one is all of it."""
        kinds = np.flatnonzero(np.bincount(self.kind))
        if len(kinds) == 1:
            return [(int(kinds[0]), self.every, self)]
        places = [(int(kind), np.flatnonzero(self.kind == kind)) for kind in kinds]
        return [(kind, held, self.take(held)) for kind, held in places]

    def take(self, places: np.ndarray) -> Bundle:
        """Return the curves of these activities alone, one as often as it is named."""
        own = object.__new__(Bundle)
        own.size, own.factor, own.kind = self.size[places], self.factor[places], self.kind[places]
        own.rise, own.steep, own.middle = self.rise[places], self.steep[places], self.middle[places]
        own.bend, own.row, own.every = self.bend[places], self.row[places], np.arange(len(places))
        own.corners, own.outcomes, own._kept = self.corners, self.outcomes, {}
        own.curves = tuple(self.curves[place] for place in places) if np.any(own.kind == 0) else ()
        return own

    def _keep(self, places: np.ndarray) -> Bundle:
        """Return `take` of places that will be asked for again."""
        key = places.tobytes()
        if key not in self._kept:
            self._kept[key] = self.take(places)
        return self._kept[key]

    def lifts(self, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return the scaled value at scaled levels, over that at zero."""
        return self._own(places).read(shares)[0]

    def slopes(self, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return the scaled slope at scaled levels; without limit at zero for some curves."""
        return self._own(places).read(shares)[1]

    def bends(self, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return the scaled second derivative at scaled levels above zero; 0 on straight pieces."""
        return self._own(places).slopes_and_bends(shares)[1]

    def _own(self, places: np.ndarray) -> Bundle:
        # single levels of some activities are asked for step after step, many levels of each but once
        return self._keep(places) if len(places) <= len(self.every) else self.take(places)

    def read(self, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return scaled values over those at zero, and scaled slopes, at a scaled level of each."""
        level = np.maximum(shares * self.size, 0.0)
        families = self._families
        if len(families) == 1:
            value, slope = self._read(families[0][0], level)
        else:
            value, slope = np.zeros(len(level)), np.zeros(len(level))
            for kind, held, own in families:
                value[held], slope[held] = own._read(kind, level[held])
        factor = self.factor * self.size
        idle = factor == 0.0
        return value * self.factor, np.where(idle, 0.0, slope * np.where(idle, 1.0, factor))

    def _read(self, kind: int, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return outcomes over those at zero, and their slopes, of curves of one family."""
        if kind == 1:
            with np.errstate(divide="ignore", invalid="ignore"):
                reached, rest = self._reached(level)
                inside = self.rise * self.steep * reached * rest / level
                flat = np.exp(-self.middle)  # 1 / (half * reference) where the shape is 1
            at_zero = np.where(self.steep > 1, 0.0, np.where(self.steep < 1, np.inf, self.rise * flat))
            return self.rise * reached, np.where(level > 0, inside, at_zero)
        if kind == 2:
            fall = np.expm1(-self.steep * level)
            return -self.rise * fall, self.rise * self.steep * (fall + 1.0)
        if kind == 3:
            outcome, slope = self._on_points(level)
            return outcome - self.outcomes[self.row, 0], slope
        at = list(zip(self.curves, level.tolist(), strict=True))
        lifts = [curve.value(here) - curve.value(0.0) for curve, here in at]
        return np.array(lifts), np.array([curve.slope(here) for curve, here in at])

    def slopes_and_bends(self, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return slopes and second derivatives, scaled, at a scaled level above zero of each."""
        level = np.maximum(shares * self.size, 1e-300)
        slope, bend = np.zeros(len(level)), np.zeros(len(level))
        for kind, held, own in self._families:
            x = level[held]
            if kind == 1:
                reached, rest = own._reached(x)
                slope[held] = own.factor * own.size * own.rise * own.steep * reached * rest / x
                bend[held] = slope[held] * (own.steep * (rest - reached) - 1.0) / x * own.size
                continue
            slope[held] = own.read(shares[held])[1]
            if kind == 2:
                bend[held] = -own.steep * slope[held] * own.size
        return slope, bend

    def answers(
        self,
        cost: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        places: np.ndarray | None = None,
        near: np.ndarray | None = None,
        is_near: bool = False,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the best levels at a cost of each whole size, on intervals where each curve is concave.

        Parameters
        ----------
        cost, low, high : array, shape (k,)
        places : array, shape (k,), optional
            Of the activities; all of them by default.
        near : array, shape (k,), optional
            Levels at which the search starts; the middle of the intervals by default.
        is_near : bool
            These are the best levels already, but for the last digits (of curves that are not straight between points).

        Returns
        -------
        levels, most : arrays
            Scaled levels, and what lift less cost is nowhere above on the interval, in our own arithmetic.
        """
        own = self if places is None else self._keep(places)
        best = low.copy()
        is_open = high > low
        smooth = np.flatnonzero(~own.is_kinked & is_open)
        if is_near and near is not None:
            best[smooth] = near[smooth]
        elif smooth.size:
            best[smooth] = own._keep(smooth)._where_slopes_are(
                cost[smooth], low[smooth], high[smooth], None if near is None else near[smooth]
            )
        lift, slope = own.read(best)
        gain = lift - cost * best
        # a concave curve lies nowhere above its tangent; one that is upright says nothing of what lies to its right
        slope = np.where(np.isfinite(slope), slope, np.where(is_near & is_open, UPRIGHT, cost))
        more, less = (slope - cost) * (high - best), (cost - slope) * (best - low)
        most = gain + np.maximum(np.maximum(more, less), 0.0)
        bent = np.flatnonzero(own.is_kinked & is_open)
        if bent.size:
            kinked = own._keep(bent)
            corners = own.corners[kinked.row] / kinked.size[:, None]
            tried = np.column_stack([low[bent], high[bent], np.clip(corners, low[bent, None], high[bent, None])])
            several = own._keep(np.repeat(bent, tried.shape[1]))
            values = several.read(tried.ravel())[0].reshape(tried.shape) - cost[bent, None] * tried
            winner, row = values.argmax(axis=1), np.arange(len(bent))
            best[bent], most[bent] = tried[row, winner], values[row, winner]
        return best, most

    def _where_slopes_are(
        self, cost: np.ndarray, low: np.ndarray, high: np.ndarray, near: np.ndarray | None
    ) -> np.ndarray:
        """Return the levels at which falling slopes reach a cost.

        An exponential says so itself; of the others Newton's steps on logarithms, kept in a bracket.
        """
        found = np.where(self.read(high)[1] >= cost, high, low)
        left = (found < high) & (self.read(low)[1] > cost)
        is_plain = self.kind == 2
        plain = np.flatnonzero(left & is_plain)
        if plain.size:
            at_zero = (self.factor * self.size * self.rise * self.steep)[plain]
            level = np.log(at_zero / cost[plain]) / (self.steep * self.size)[plain]
            found[plain] = np.clip(level, low[plain], high[plain])
        steps = np.flatnonzero(left & ~is_plain)
        if steps.size:
            own = self if steps.size == len(cost) else self._keep(steps)
            a, b = low[steps], high[steps]
            x = 0.5 * (a + b)
            if near is not None:
                x = np.where((near[steps] > a) & (near[steps] < b), near[steps], x)
            found[steps] = own._stepped(cost[steps], a, b, x)
        return found

    def _stepped(self, cost: np.ndarray, a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the levels between two bounds at which slopes are a cost, from where to start."""
        high, is_done = b, np.zeros(len(x), dtype=bool)
        for _ in range(HALVINGS):
            slope, bend = self.slopes_and_bends(x)
            pays = slope > cost
            a, b = np.where(pays, x, a), np.where(pays, b, x)
            with np.errstate(all="ignore"):
                to = x - np.log(slope / cost) * slope / bend
            to = np.where(np.isfinite(to), to, 0.5 * (a + b))
            is_last = (np.abs(to - x) <= 1e-15 * high) | (b - a <= 1e-16 * high)
            # where the slope at zero has no limit, this is the first level at which it has been looked at
            x = np.where(is_done, x, np.where((to > a) & (to < b), to, np.where(is_last, x, 0.5 * (a + b))))
            is_done |= is_last
            if is_done.all():
                break
        return x

    def _reached(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Share of the rise that is reached, and the rest; as exponentials, which neither end overflows."""
        with np.errstate(divide="ignore"):
            power = self.steep * np.log(level) - self.middle
        small = np.exp(-np.abs(power))
        large, little = 1.0 / (1.0 + small), small / (1.0 + small)
        return np.where(power >= 0, large, little), np.where(power >= 0, little, large)

    def _on_points(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        corners, outcomes = self.corners[self.row], self.outcomes[self.row]
        last = np.isfinite(corners).sum(axis=1) - 1
        place = np.minimum(np.maximum((corners <= level[:, None]).sum(axis=1) - 1, 0), last)
        line, after = self.every, np.minimum(place + 1, last)
        is_last = place >= last
        width = np.where(is_last, 1.0, corners[line, after] - corners[line, place])
        slope = np.where(is_last, 0.0, (outcomes[line, after] - outcomes[line, place]) / width)
        return outcomes[line, place] + slope * np.where(is_last, 0.0, level - corners[line, place]), slope
