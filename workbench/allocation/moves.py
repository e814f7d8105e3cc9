"""Among plans that are nearly as good, the one with the fewest moves; and no move too small to be worth making.

A move is an activity whose level leaves today's. Whether one is made is a yes/no beside the covers of the curves, so
that a plan with fewer moves is proved not to exist where none is found: the covers lie nowhere below the curves.

::

    d up − t down <= x − t <= (1 − t) up − d down        up + down <= 1        t today's level, d the smallest move
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from workbench.allocation.canonical import Canonical
from workbench.allocation.cover import Cover, Piece
from workbench.allocation.highs import LinearModel, search
from workbench.allocation.model import check_plan
from workbench.allocation.polish import polish_plan
from workbench.allocation.solver import Plan

ROUNDS = 12
"""Searches at most, each on covers that are truer than before."""
STILL = 1e-6
"""A scaled level this near today's has not moved."""
SPENT = 1e-4
"""What the search for the best plan with no small move may leave, as a share of the lift."""


@dataclass(frozen=True)
class Moves:
    """Levels with few moves, none of them too small.

    Attributes
    ----------
    shares : array
        Scaled levels.
    fixed : mapping of activity's place to scaled level
        Activities that stay as today.
    form : Canonical
        The portfolio with a row for each move that must not become too small.
    is_fewest : bool
        No plan as good, with the same lines supported, moves fewer activities.
    """

    shares: np.ndarray
    fixed: Mapping[int, float]
    form: Canonical
    is_fewest: bool


def count_moves(form: Canonical, shares: np.ndarray) -> int:
    """Return how many activities leave today's level."""
    return int(np.sum(np.abs(shares - form.shares(form.portfolio.today)) > STILL))


def too_small(form: Canonical, shares: np.ndarray) -> tuple[str, ...]:
    """Return the activities that move by less than their smallest move, in the client's order."""
    moved = dict(zip((item.id for item in form.activities), np.abs(shares - _today(form)) * form.size, strict=True))
    return tuple(
        item.id
        for item in form.portfolio.activities
        if STILL * item.smallest_move < moved[item.id] < item.smallest_move * (1.0 - 1e-6)
        and moved[item.id] > STILL * max(item.maximum, 1e-300)
    )


def worth_making(form: Canonical, plan: Plan, is_open: np.ndarray, *, seconds: float) -> Moves | None:
    """Return the best plan in which no move is too small, lines supported as they are; None where none was found."""
    hunt = _Hunt(form, plan, is_open, seconds)
    best: Moves | None = None
    value = -np.inf
    for _ in range(ROUNDS):
        found = hunt.search(None, None)
        if found is None:
            return best
        moves, bound = found
        if moves is not None and hunt.value(moves) > value:
            best, value = moves, hunt.value(moves)
        if bound - value <= SPENT * plan.certificate.lift / form.scale or not hunt.refine():
            break
    return best


def fewest_moves(
    form: Canonical, plan: Plan, is_open: np.ndarray, *, least_value: float, fewer_than: int, seconds: float
) -> tuple[Moves | None, bool]:
    """Return a plan worth at least so much with fewer moves, and whether the answer is proved.

    Parameters
    ----------
    form : Canonical
    plan : Plan
        Whose cover is the start.
    is_open : array
        Lines supported, which stay as they are.
    least_value : float
        Scaled value over doing nothing.
    fewer_than : int
        Moves of a plan that is known; the answer has fewer, or is None.
    seconds : float
        Backstop.
    """
    hunt = _Hunt(form, plan, is_open, seconds)
    for _ in range(ROUNDS):
        found = hunt.search(least_value, fewer_than - 1)
        if found is None:
            return None, hunt.is_proved
        moves, bound = found
        if moves is not None and hunt.value(moves) >= least_value:
            count = count_moves(form, moves.shares)
            if count < fewer_than:
                return replace(moves, is_fewest=count <= np.ceil(bound - 1e-6)), True
        if not hunt.refine():
            break
    return None, False


class _Hunt:
    """The covers of a plan with a yes/no for every move, supports held."""

    def __init__(self, form: Canonical, plan: Plan, is_open: np.ndarray, seconds: float) -> None:
        self.form, self.is_open, self.until = form, np.round(is_open), time.process_time() + seconds
        # the pieces speak of values on the scale of the search that left them
        self.own = form.rescaled(plan.scale / form.scale)
        self.cover = Cover(self.own, plan.pieces)
        self.today = _today(form)
        self.errors: list[tuple[Piece, float, float]] = []
        self.is_proved = False
        gaps = np.array([activity.smallest_move for activity in form.activities]) / form.size
        self.least = gaps
        self.least_down = np.minimum(gaps, self.today)  # giving up what is left is always a move worth making
        runs = self.is_open[form.line_of] > 0
        fits = ((self.today >= form.least - 1e-9) | (self.today == 0)) & (self.today <= form.most + 1e-9)
        self.may_stay = (fits & runs) | (self.today <= STILL)

    def value(self, moves: Moves) -> float:
        return self.form.value_of(moves.shares, self.is_open)

    def search(self, least_value: float | None, most_moves: int | None) -> tuple[Moves | None, float] | None:
        """Return levels (None: they do not hold on the true curves) and the bound; None where there are none."""
        left = self.until - time.process_time()
        if left <= 0:
            return None
        model, up, down = self._programme(least_value, most_moves)
        found = search(model, gap=1e-6, seconds=left, nodes=50_000)
        self.is_proved = found.status == "infeasible"
        if found.point is None:
            return None
        shares, _, self.errors = self.cover.read(found.point)
        rises, falls = found.point[up] > 0.5, found.point[down] > 0.5
        bound = -found.bound
        if least_value is None:
            bound = (found.bound - float(self.own.standing.sum())) * self.own.scale / self.form.scale
        return self._levels(shares, rises, falls), bound

    def refine(self) -> bool:
        """Make the covers true where they were too optimistic; False where they are true already."""
        most = max((error for *_, error in self.errors), default=0.0)
        if most <= 1e-9:
            return False
        for piece, inside, error in self.errors:
            if error > most / 4:
                self.cover.refine(piece, inside)
        return True

    def _programme(self, least_value: float | None, most_moves: int | None) -> tuple[LinearModel, slice, slice]:
        base, n = self.cover.programme(is_relaxed=False), len(self.form.activities)
        count, n_lines = base.gain.size, len(self.form.lines)
        up, down = slice(count, count + n), slice(count + n, count + 2 * n)
        place = np.array([piece.activity for piece in self.cover.pieces], dtype=int)
        x = n_lines + np.arange(len(place))
        level = csr_matrix((np.ones(len(place)), (place, x)), shape=(n, count))
        each = csr_matrix(np.eye(n))
        room = csr_matrix(np.diag(np.maximum(self.form.most - self.today, 0.0)))
        now = csr_matrix(np.diag(self.today))
        more, less = csr_matrix(np.diag(self.least)), csr_matrix(np.diag(self.least_down))
        forced = (~self.may_stay).astype(float)  # today's level is none of this plan's
        rows = [
            hstack([base.rows, csr_matrix((base.rows.shape[0], 2 * n))]),
            hstack([level, -more, now]),
            hstack([level, -room, less]),
            hstack([csr_matrix((n, count)), each, each]),
        ]
        low = [base.row_low, self.today - 1e-12, np.full(n, -np.inf), forced]
        high = [base.row_high, np.full(n, np.inf), self.today + 1e-12, np.ones(n)]
        if least_value is not None:
            gain = csr_matrix(np.concatenate([base.gain, np.zeros(2 * n)]))
            moved = csr_matrix(np.concatenate([np.zeros(count), np.ones(2 * n)]))
            wanted = least_value * self.form.scale / self.own.scale + float(self.own.standing.sum())
            rows += [gain, moved]
            low += [np.array([wanted]), np.array([-np.inf])]
            high += [np.array([np.inf]), np.array([float(most_moves or 0)])]
        goal = np.concatenate([np.zeros(count), np.full(2 * n, -1.0)])
        if least_value is None:
            goal = np.concatenate([base.gain, np.zeros(2 * n)])
        fixed_low, fixed_high = base.low.copy(), base.high.copy()
        fixed_low[:n_lines] = fixed_high[:n_lines] = self.is_open
        return (
            LinearModel(
                goal,
                np.concatenate([fixed_low, np.zeros(2 * n)]),
                np.concatenate([fixed_high, np.ones(2 * n)]),
                np.concatenate([base.is_whole, np.ones(2 * n, dtype=bool)]),
                csr_matrix(vstack(rows)),
                np.concatenate(low),
                np.concatenate(high),
            ),
            up,
            down,
        )

    def _levels(self, shares: np.ndarray, rises: np.ndarray, falls: np.ndarray) -> Moves | None:
        """Return the best levels on the true curves with these moves, none of them too small."""
        stays = ~(rises | falls)
        fixed = {int(place): float(self.today[place]) for place in np.flatnonzero(stays)}
        least = np.where(rises, self.least, self.least_down)
        bounded = [int(place) for place in np.flatnonzero(~stays) if least[place] > 0]
        tight = _with_rows(self.form, bounded, np.where(rises, 1.0, -1.0), self.today, least)
        found = polish_plan(tight, shares, self.is_open, fixed=fixed, close=1e-8)
        if found is None:
            return None
        form = self.form
        held = check_plan(form.portfolio, form.levels(found.shares), form.supports(self.is_open), rows=form.rules)
        return Moves(found.shares, fixed, tight, False) if held.holds else None


def _today(form: Canonical) -> np.ndarray:
    return form.shares(form.portfolio.today)


def _with_rows(form: Canonical, places: list[int], side: np.ndarray, today: np.ndarray, least: np.ndarray) -> Canonical:
    """Return a form with a row for each of these moves: at least so far up, or down."""
    if not places:
        return form
    levels = np.zeros((len(places), len(form.activities)))
    for number, place in enumerate(places):
        levels[number, place] = side[place]
    far = np.array([side[place] * today[place] + least[place] for place in places])
    return replace(
        form,
        by_level=np.vstack([form.by_level, levels]),
        by_support=np.vstack([form.by_support, np.zeros((len(places), len(form.lines)))]),
        row_low=np.concatenate([form.row_low, far]),
        row_high=np.concatenate([form.row_high, np.full(len(places), np.inf)]),
    )
