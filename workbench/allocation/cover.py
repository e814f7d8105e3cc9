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

from workbench.allocation.canonical import Canonical
from workbench.allocation.highs import LinearModel

FIRST_TANGENTS = 7
"""Lines laid on each curve before the first solve (ours: fewer rounds, no wider search)."""
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
        self.pieces: list[Piece] = [Piece(item.activity, item.low, item.high, dict(item.lines)) for item in pieces]
        if pieces:
            return
        for place in range(len(form.activities)):
            if form.most[place] > 0:
                self.pieces.append(self._piece(place, float(form.least[place]), float(form.most[place])))

    def _piece(self, activity: int, low: float, high: float, parent: Piece | None = None) -> Piece:
        piece = Piece(activity, low, high, dict(parent.lines) if parent else {})
        for share in np.linspace(low, high, FIRST_TANGENTS if parent is None else 3):
            piece.add(self.form, float(share))
        return piece

    def is_merged(self, piece: Piece) -> bool:
        """Return whether the line's support stands in for this piece's yes/no."""
        return piece.low == 0.0 and sum(other.activity == piece.activity for other in self.pieces) == 1

    def refine(self, piece: Piece, share: float) -> None:
        """Make the cover true at a level: another line where the curve bends, a split where it is jumped over."""
        if piece.add(self.form, share):
            return
        *_, jump = self.form.line(piece.activity, share, piece.low, piece.high)
        if jump is None or not jump[0] < share < jump[1]:
            return
        margin = LEAST_SPLIT * (jump[1] - jump[0])
        cut = float(np.clip(share, jump[0] + margin, jump[1] - margin))
        place = self.pieces.index(piece)
        self.pieces[place : place + 1] = [
            self._piece(piece.activity, piece.low, cut, piece),
            self._piece(piece.activity, cut, piece.high, piece),
        ]

    def programme(self, *, is_relaxed: bool) -> LinearModel:
        """Return the programme: supports first, then x, y and z of each piece."""
        form, pieces = self.form, self.pieces
        n_lines, n = len(form.lines), len(pieces)
        x, y, z = n_lines + np.arange(n), n_lines + n + np.arange(n), n_lines + 2 * n + np.arange(n)
        count = n_lines + 3 * n
        merged = [self.is_merged(piece) for piece in pieces]
        gain, low, high = np.zeros(count), np.zeros(count), np.ones(count)
        gain[:n_lines], gain[y] = form.standing, 1.0
        low[:n_lines] = np.where(form.may_close, 0.0, 1.0)
        low[y], high[y] = -np.inf, np.inf
        high[x] = [piece.high for piece in pieces]
        high[z] = [0.0 if is_merged else 1.0 for is_merged in merged]
        rows = _Rows()
        chosen: dict[int, list[int]] = {}
        for place, piece in enumerate(pieces):
            line = int(form.line_of[piece.activity])
            on = line if merged[place] else int(z[place])
            if not merged[place]:
                chosen.setdefault(piece.activity, []).append(place)
            rows.add([(x[place], 1.0), (on, -piece.high)], -np.inf, 0.0)
            if piece.low > 0:
                rows.add([(x[place], 1.0), (on, -piece.low)], 0.0, np.inf)
            for slope, intercept in piece.lines:
                rows.add([(y[place], 1.0), (x[place], -slope), (on, -intercept)], -np.inf, 0.0)
        for activity, places in chosen.items():
            rows.add([*((z[place], 1.0) for place in places), (int(form.line_of[activity]), -1.0)], -np.inf, 0.0)
        for number in range(len(form.row_names)):
            terms = [(x[place], form.by_level[number, piece.activity]) for place, piece in enumerate(pieces)]
            terms += [(line, form.by_support[number, line]) for line in range(n_lines)]
            rows.add(terms, form.row_low[number], form.row_high[number])
        is_whole = np.zeros(count, dtype=bool)
        if not is_relaxed:
            is_whole[:n_lines] = form.may_close
            is_whole[z] = ~np.array(merged, dtype=bool) if n else False
        return LinearModel(gain, low, high, is_whole, *rows.matrix(count))

    def read(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[tuple[Piece, float, float]]]:
        """Return scaled levels, supports, and each piece in use with its level and by how much it is optimistic."""
        form, n_lines, n = self.form, len(self.form.lines), len(self.pieces)
        shares = np.zeros(len(form.activities))
        errors = []
        for place, piece in enumerate(self.pieces):
            line = int(form.line_of[piece.activity])
            on = float(point[line] if self.is_merged(piece) else point[n_lines + 2 * n + place])
            level = float(point[n_lines + place])
            shares[piece.activity] += level
            if on > 1e-6:
                inside = float(np.clip(level / on, piece.low, piece.high))
                errors.append((piece, inside, on * (piece.over(inside) - form.lift(piece.activity, inside))))
        return shares, np.array(point[:n_lines]), errors


class _Rows:
    """A sparse matrix, row by row."""

    def __init__(self) -> None:
        self.data: list[float] = []
        self.columns: list[int] = []
        self.ends: list[int] = [0]
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: list[tuple[int, float]], low: float, high: float) -> None:
        for column, value in terms:
            if value != 0.0:
                self.data.append(float(value))
                self.columns.append(int(column))
        self.ends.append(len(self.data))
        self.low.append(float(low))
        self.high.append(float(high))

    def matrix(self, count: int) -> tuple[csr_matrix, np.ndarray, np.ndarray]:
        shape = (len(self.low), count)
        rows = csr_matrix((np.array(self.data, dtype=float), np.array(self.columns, dtype=int), self.ends), shape=shape)
        return rows, np.array(self.low), np.array(self.high)
