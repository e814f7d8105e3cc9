"""Concave covers of the curves, cut into pieces only where it matters, and the programmes made of them.

Each activity is covered by pieces [l, u] with a level x, an optimistic value y and, where it is needed, a yes/no z::

    l z <= x <= u z        y <= slope x + intercept z   for each line of the envelope on [l, u]        Σ z <= s

A plan's value is never above its y, so the best y over all plans is an upper bound for the *continuous* curves
(see docs/allocation.md). One piece from zero needs no z: the line's support s stands in for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from workbench.allocation.canonical import Canonical, differences, rounded_array
from workbench.allocation.curves import NEAREST_TO_ZERO
from workbench.allocation.highs import LinearModel

FIRST_TANGENTS = 7
"""Lines laid on each curve before the first solve (ours: fewer rounds, no wider search)."""
SPLIT_TANGENTS = 3
"""Lines laid on each half of a piece that was split, beside those of the whole."""
LEAST_SPLIT = 0.05
"""A split stays this far from the ends of its jump, as a share of it, so that pieces shrink."""


@dataclass
class Piece:
    """An interval of scaled levels of one activity, with the lines over it."""

    activity: int
    low: float
    high: float
    lines: dict[tuple[float, float], None] = field(default_factory=dict)

    def add(self, form: Canonical, share: float) -> bool:
        """Lay the envelope's line at a level; False when it lies there already."""
        slope, intercept, _ = form.line(self.activity, share, self.low, self.high)
        if (slope, intercept) in self.lines:
            return False
        self.lines[slope, intercept] = None
        return True

    def over(self, share: float) -> float:
        """Return the optimistic value at a level: the lowest of the lines."""
        return min(slope * share + intercept for slope, intercept in self.lines)


class Cover:
    """The pieces of all activities; grows as the search learns where it was too optimistic."""

    def __init__(self, form: Canonical, pieces: Sequence[Piece] = ()) -> None:
        """Start anew, or from the pieces of a form that differs in its rows alone (values on the same scale)."""
        self.form = form
        self.touches: dict[tuple[int, float, float], tuple[float, tuple[float, float]]] = {}
        self.pieces: list[Piece] = [Piece(item.activity, item.low, item.high, dict(item.lines)) for item in pieces]
        held = {piece.activity for piece in self.pieces}
        fresh = [
            Piece(place, float(form.least[place]), float(form.most[place]))
            for place in range(len(form.activities))
            if form.most[place] > 0 and place not in held
        ]
        self._lay_evenly(fresh, FIRST_TANGENTS)
        self.pieces.extend(fresh)
        if pieces and fresh:
            self.pieces.sort(key=lambda piece: (piece.activity, piece.low))

    def _lay_evenly(self, pieces: Sequence[Piece], count: int) -> None:
        """Lay lines at evenly spaced levels of each piece, in their order."""
        if pieces:
            parts = np.arange(count) / (count - 1)
            low, high = np.array([(piece.low, piece.high) for piece in pieces]).T
            shares = low[:, None] + (high - low)[:, None] * parts
            shares[:, -1] = high
            self.lay([piece for piece in pieces for _ in range(count)], shares.ravel())

    def lay(self, pieces: Sequence[Piece], shares: np.ndarray) -> bool:
        """Lay the envelope's line at a level of each piece; False when all lie there already."""
        form, bundle = self.form, self.form.bundle
        places = np.array([piece.activity for piece in pieces], dtype=int)
        is_many = ((bundle.kind[places] == 1) | (bundle.kind[places] == 2)) & (bundle.factor[places] > 0)
        grown = False
        ends = np.array([self._touch(piece)[0] if many else 0.0 for piece, many in zip(pieces, is_many, strict=True)])
        low, high = np.array([(piece.low, piece.high) for piece in pieces]).reshape(-1, 2).T
        at = np.clip(shares, np.maximum(low, ends), high)
        slopes = bundle.slopes(places, at)
        steep = ~np.isfinite(slopes)
        if steep.any():
            at = np.where(steep, low + NEAREST_TO_ZERO * (high - low), at)
            slopes = bundle.slopes(places, at)
        slopes = rounded_array(slopes)
        intercepts = differences(bundle.lifts(places, at), slopes * at)
        is_chord = is_many & ((shares < ends) | (ends >= high))
        found = zip(pieces, shares, slopes, intercepts, is_many, is_chord, strict=True)
        for piece, share, slope, intercept, many, chord in found:
            if not many:
                grown |= piece.add(form, float(share))
                continue
            line = self._touch(piece)[1] if chord else (float(slope), float(intercept))
            if line not in piece.lines:
                piece.lines[line] = None
                grown = True
        return grown

    def lay_at(self, shares: np.ndarray) -> bool:
        """Lay lines at a level of each activity, over the piece that holds it."""
        places, low, high = self.boxes()
        held = np.flatnonzero((low <= shares[places]) & (shares[places] <= high))
        return self.lay([self.pieces[number] for number in held], shares[places[held]])

    def _touch(self, piece: Piece) -> tuple[float, tuple[float, float]]:
        """Return where the line from a piece's left end leaves the curve, and that line; found once for each piece."""
        key = (piece.activity, piece.low, piece.high)
        if key not in self.touches:
            slope, intercept, jump = self.form.line(piece.activity, piece.low, piece.low, piece.high)
            self.touches[key] = (piece.low if jump is None else jump[1], (slope, intercept))
        return self.touches[key]

    def refine(self, piece: Piece, share: float) -> None:
        """Make the cover true at a level: another line where the curve bends, a split where it is jumped over."""
        if self.lay([piece], np.array([share])):
            return
        *_, jump = self.form.line(piece.activity, share, piece.low, piece.high)
        if jump is None or not jump[0] < share < jump[1]:
            return
        margin = LEAST_SPLIT * (jump[1] - jump[0])
        cut = float(np.clip(share, jump[0] + margin, jump[1] - margin))
        place = next(number for number, held in enumerate(self.pieces) if held is piece)
        halves = [
            Piece(piece.activity, piece.low, cut, dict(piece.lines)),
            Piece(piece.activity, cut, piece.high, dict(piece.lines)),
        ]
        self._lay_evenly(halves, SPLIT_TANGENTS)
        self.pieces[place : place + 1] = halves

    def boxes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return activity, lowest and highest scaled level of each piece."""
        return self._arrays()[:3]

    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return activity, low and high of each piece, its line, and whether the line's support is its yes/no."""
        activity = np.array([piece.activity for piece in self.pieces], dtype=int)
        low, high = np.array([(piece.low, piece.high) for piece in self.pieces]).reshape(-1, 2).T
        single = np.bincount(activity, minlength=len(self.form.activities))[activity] == 1
        return activity, low, high, self.form.line_of[activity], (low == 0.0) & single

    def _lines(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return how many lines each piece has, and slope and intercept of all of them, piece after piece."""
        counts = np.array([len(piece.lines) for piece in self.pieces], dtype=int)
        lines = np.array([line for piece in self.pieces for line in piece.lines]).reshape(-1, 2)
        return counts, lines[:, 0], lines[:, 1]

    def programme(self, *, is_relaxed: bool) -> LinearModel:
        """Return the programme: supports first, then x, y and z of each piece."""
        form, n_lines, n = self.form, len(self.form.lines), len(self.pieces)
        activity, least, most, line, is_merged = self._arrays()
        x, y, z = n_lines + np.arange(n), n_lines + n + np.arange(n), n_lines + 2 * n + np.arange(n)
        count = n_lines + 3 * n
        gain, low, high = np.zeros(count), np.zeros(count), np.ones(count)
        gain[:n_lines], gain[y] = form.standing, 1.0
        low[:n_lines] = np.where(form.may_close, 0.0, 1.0)
        low[y], high[y] = -np.inf, np.inf
        high[x] = most
        high[z] = np.where(is_merged, 0.0, 1.0)
        on = np.where(is_merged, line, z)
        # a piece after the other: x <= u z, l z <= x where l > 0, and y under each line
        counts, slopes, intercepts = self._lines()
        begins = np.concatenate([[0], np.cumsum(1 + (least > 0) + counts)])
        from_zero = np.flatnonzero(least > 0)
        owner = np.repeat(np.arange(n), counts)
        first = np.concatenate([[0], np.cumsum(counts)])[:-1]
        under = (begins[:-1] + 1 + (least > 0))[owner] + np.arange(len(owner)) - first[owner]
        entries = [
            (begins[:-1], x, np.ones(n)),
            (begins[:-1], on, -most),
            (begins[from_zero] + 1, x[from_zero], np.ones(len(from_zero))),
            (begins[from_zero] + 1, on[from_zero], -least[from_zero]),
            (under, y[owner], np.ones(len(owner))),
            (under, x[owner], -slopes),
            (under, on[owner], -intercepts),
        ]
        row_low, row_high = np.full(begins[-1], -np.inf), np.zeros(begins[-1])
        row_low[begins[from_zero] + 1], row_high[begins[from_zero] + 1] = 0.0, np.inf
        chosen = np.flatnonzero(~is_merged)
        one_of, number = np.unique(activity[chosen], return_inverse=True)
        entries += [
            (begins[-1] + number, z[chosen], np.ones(len(chosen))),
            (begins[-1] + np.arange(len(one_of)), form.line_of[one_of], np.full(len(one_of), -1.0)),
        ]
        before = int(begins[-1]) + len(one_of)
        # the portfolio's own rows come last
        for places, held in ((np.arange(n_lines), form.by_support), (x, form.by_level[:, activity])):
            row, column = np.nonzero(held)
            entries.append((before + row, places[column], held[row, column]))
        is_whole = np.zeros(count, dtype=bool)
        if not is_relaxed:
            is_whole[:n_lines] = form.may_close
            is_whole[z] = ~is_merged
        return LinearModel(
            gain,
            low,
            high,
            is_whole,
            _matrix(entries, (before + len(form.row_low), count)),
            np.concatenate([row_low, np.full(len(one_of), -np.inf), form.row_low]),
            np.concatenate([row_high, np.zeros(len(one_of)), form.row_high]),
        )

    def read(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[tuple[Piece, float, float]]]:
        """Return scaled levels, supports, and each piece in use with its level and by how much it is optimistic."""
        form, n_lines, n = self.form, len(self.form.lines), len(self.pieces)
        activity, low, high, line, is_merged = self._arrays()
        level = point[n_lines : n_lines + n]
        on = np.where(is_merged, point[line], point[n_lines + 2 * n : n_lines + 3 * n])
        shares = np.bincount(activity, weights=level, minlength=len(form.activities))
        used = on > 1e-6
        inside = np.clip(level / np.where(used, on, 1.0), low, high)
        counts, slopes, intercepts = self._lines()
        lines = slopes * np.repeat(inside, counts) + intercepts
        over = np.minimum.reduceat(lines, np.concatenate([[0], np.cumsum(counts)[:-1]])) if n else np.zeros(0)
        errors = on * (over - form.bundle.lifts(activity, inside))
        return (
            shares,
            np.array(point[:n_lines]),
            [(self.pieces[place], float(inside[place]), float(errors[place])) for place in np.flatnonzero(used)],
        )


def _matrix(entries: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray]], shape: tuple[int, int]) -> csr_matrix:
    """Return a sparse matrix from rows, columns and values, zeros left out."""
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    held = values != 0.0
    return csr_matrix((values[held], (rows[held], columns[held])), shape=shape)
