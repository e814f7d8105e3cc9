"""Many curves at once, scaled: values, slopes and best answers to prices as arrays, a family at a time.

Levels are shares of each activity's size and values shares of the form's scale, as in `canonical`; a call takes the
places of activities beside their levels, so that an activity may be asked at several levels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.allocation.curves import Adbudg, Curve, Exponential, Points

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
        self.is_kinked = self.kind == 3
        self.row = np.zeros(n, dtype=int)
        width = max((len(curves[place].levels) for place in kinked), default=1)  # type: ignore[attr-defined]
        self.corners, self.outcomes = np.full((len(kinked), width), np.inf), np.zeros((len(kinked), width))
        for row, place in enumerate(kinked):
            curve = curves[place]
            if isinstance(curve, Points):
                self.row[place], count = row, len(curve.levels)
                self.corners[row, :count], self.outcomes[row, :count] = curve.levels, curve.outcomes
                self.outcomes[row, count:] = curve.outcomes[-1]

    def lifts(self, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return the scaled value at scaled levels, over that at zero."""
        level = np.maximum(shares * self.size[places], 0.0)
        found = np.zeros(len(level))
        for kind, held in self._kinds(places):
            at, x = places[held], level[held]
            if kind == 1:
                found[held] = self.rise[at] * self._reached(at, x)[0]
            elif kind == 2:
                found[held] = -self.rise[at] * np.expm1(-self.steep[at] * x)
            elif kind == 3:
                found[held] = self._on_points(at, x)[0] - self.outcomes[self.row[at], 0]
            else:
                found[held] = [self.curves[p].value(float(v)) - self.curves[p].value(0.0) for p, v in zip(at, x)]  # noqa: B905
        return found * self.factor[places]

    def slopes(self, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return the scaled slope at scaled levels; without limit at zero for some curves."""
        level = np.maximum(shares * self.size[places], 0.0)
        found = np.zeros(len(level))
        for kind, held in self._kinds(places):
            at, x = places[held], level[held]
            if kind == 1:
                reached, rest = self._reached(at, x)
                with np.errstate(divide="ignore", invalid="ignore"):
                    inside = self.rise[at] * self.steep[at] * reached * rest / x
                    flat = np.exp(-self.middle[at])  # 1 / (half * reference) where the shape is 1
                at_zero = np.where(self.steep[at] > 1, 0.0, np.where(self.steep[at] < 1, np.inf, self.rise[at] * flat))
                found[held] = np.where(x > 0, inside, at_zero)
            elif kind == 2:
                found[held] = self.rise[at] * self.steep[at] * np.exp(-self.steep[at] * x)
            elif kind == 3:
                found[held] = self._on_points(at, x)[1]
            else:
                found[held] = [self.curves[p].slope(float(v)) for p, v in zip(at, x)]  # noqa: B905
        factor = self.factor[places] * self.size[places]
        return np.where(factor == 0.0, 0.0, found * np.where(factor == 0.0, 1.0, factor))

    def bends(self, places: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Return the scaled second derivative at scaled levels above zero; 0 on straight pieces."""
        return self._bends(places, shares, self.slopes(places, shares))

    def _bends(self, places: np.ndarray, shares: np.ndarray, slope: np.ndarray) -> np.ndarray:
        level, found = np.maximum(shares * self.size[places], 1e-300), np.zeros(len(shares))
        for kind, held in self._kinds(places):
            at, x = places[held], level[held]
            if kind == 1:
                reached, rest = self._reached(at, x)
                found[held] = slope[held] * (self.steep[at] * (rest - reached) - 1.0) / x
            elif kind == 2:
                found[held] = -self.steep[at] * slope[held]
        return found * self.size[places]

    def answers(
        self,
        cost: np.ndarray,
        low: np.ndarray,
        high: np.ndarray,
        places: np.ndarray | None = None,
        near: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the best levels at a cost of each whole size, on intervals where each curve is concave.

        Parameters
        ----------
        cost, low, high : array, shape (k,)
        places : array, shape (k,), optional
            Of the activities; all of them by default.
        near : array, shape (k,), optional
            Levels at which the search starts; the middle of the intervals by default.

        Returns
        -------
        levels, most : arrays
            Scaled levels, and what lift less cost is nowhere above on the interval, in our own arithmetic.
        """
        every = np.arange(len(self.size)) if places is None else places
        best = low.copy()
        is_kinked = self.is_kinked[every]
        smooth = np.flatnonzero(~is_kinked & (high > low))
        if smooth.size:
            best[smooth] = self._where_slopes_are(
                every[smooth], cost[smooth], low[smooth], high[smooth], None if near is None else near[smooth]
            )
        gain = self.lifts(every, best) - cost * best
        slope = self.slopes(every, best)
        slope = np.where(np.isfinite(slope), slope, cost)
        # a concave curve lies nowhere above its tangent
        more, less = (slope - cost) * (high - best), (cost - slope) * (best - low)
        most = gain + np.maximum(np.maximum(more, less), 0.0)
        bent = np.flatnonzero(is_kinked & (high > low))
        if bent.size:
            own = self.corners[self.row[every[bent]]] / self.size[every[bent], None]
            tried = np.column_stack([low[bent], high[bent], np.clip(own, low[bent, None], high[bent, None])])
            values = self.lifts(np.repeat(every[bent], tried.shape[1]), tried.ravel()).reshape(tried.shape)
            values -= cost[bent, None] * tried
            winner, row = values.argmax(axis=1), np.arange(len(bent))
            best[bent], most[bent] = tried[row, winner], values[row, winner]
        return best, most

    def _where_slopes_are(
        self, places: np.ndarray, cost: np.ndarray, low: np.ndarray, high: np.ndarray, near: np.ndarray | None
    ) -> np.ndarray:
        """Return the levels at which falling slopes reach a cost.

        An exponential says so itself; of the others Newton's steps on logarithms, kept in a bracket.
        """
        found = np.where(self.slopes(places, high) >= cost, high, low)
        left = np.flatnonzero((found < high) & (self.slopes(places, low) > cost))
        plain = left[self.kind[places[left]] == 2]
        if plain.size:
            at = places[plain]
            at_zero = self.factor[at] * self.size[at] * self.rise[at] * self.steep[at]
            level = np.log(at_zero / cost[plain]) / (self.steep[at] * self.size[at])
            found[plain] = np.clip(level, low[plain], high[plain])
            left = left[self.kind[places[left]] != 2]
        a, b = low[left], high[left]
        x = 0.5 * (a + b)
        if near is not None:
            x = np.where((near[left] > a) & (near[left] < b), near[left], x)
        for _ in range(HALVINGS):
            if not left.size:
                break
            price = cost[left]
            slope, bend = self._slopes_and_bends(places[left], x)
            pays = slope > price
            a, b = np.where(pays, x, a), np.where(pays, b, x)
            with np.errstate(all="ignore"):
                to = x - np.log(slope / price) * slope / bend
            to = np.where(np.isfinite(to), to, 0.5 * (a + b))
            is_done = (np.abs(to - x) <= 1e-15 * high[left]) | (b - a <= 1e-16 * high[left])
            x = np.where((to > a) & (to < b), to, np.where(is_done, x, 0.5 * (a + b)))
            # where the slope at zero has no limit, this is the first level at which it has been looked at
            found[left] = x
            if is_done.any():
                left, a, b, x = left[~is_done], a[~is_done], b[~is_done], x[~is_done]
        return found

    def _slopes_and_bends(self, places: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return slopes and second derivatives at levels above zero."""
        if not np.all(self.kind[places] == 1):
            slope = self.slopes(places, shares)
            return slope, self._bends(places, shares, slope)
        level, steep = shares * self.size[places], self.steep[places]
        reached, rest = self._reached(places, level)
        slope = self.factor[places] * self.size[places] * self.rise[places] * steep * reached * rest / level
        return slope, slope * (steep * (rest - reached) - 1.0) / level * self.size[places]

    def _kinds(self, places: np.ndarray) -> list[tuple[int, np.ndarray]]:
        kinds = self.kind[places]
        return [(int(kind), np.flatnonzero(kinds == kind)) for kind in np.flatnonzero(np.bincount(kinds))]

    def _reached(self, at: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Share of the rise that is reached, and the rest; as exponentials, which neither end overflows."""
        with np.errstate(divide="ignore"):
            power = self.steep[at] * np.log(level) - self.middle[at]
        small = np.exp(-np.abs(power))
        large, little = 1.0 / (1.0 + small), small / (1.0 + small)
        return np.where(power >= 0, large, little), np.where(power >= 0, little, large)

    def _on_points(self, at: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        corners, outcomes = self.corners[self.row[at]], self.outcomes[self.row[at]]
        last = np.isfinite(corners).sum(axis=1) - 1
        place = np.clip((corners <= level[:, None]).sum(axis=1) - 1, 0, last)
        line, after = np.arange(len(at)), np.minimum(place + 1, last)
        is_last = place >= last
        width = np.where(is_last, 1.0, corners[line, after] - corners[line, place])
        slope = np.where(is_last, 0.0, (outcomes[line, after] - outcomes[line, place]) / width)
        return outcomes[line, place] + slope * np.where(is_last, 0.0, level - corners[line, place]), slope
