"""Which decisions hold when every answer may be wrong, and plans that look to the mean, the bad tail or the worst.

Each draw of the answers has a best plan of its own. A decision of the plan holds in a draw where some plan with that
decision is as good as the draw's best, to within `NEAR_EQUAL` of the lift. Beside the plan stand those that are best on
average, in the worst tenth of the draws (see `tail`) and in the worst draw.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbench.allocation.canonical import Canonical
from workbench.allocation.draws import DRAWS, SPREAD, Draws, draw_answers
from workbench.allocation.grid import GridPlan, Leaf, LevelGrid, Proofs, Relaxed
from workbench.allocation.settling import NEAR_EQUAL, SMALL_MOVE
from workbench.allocation.solver import Plan, sharp_form
from workbench.allocation.tail import best_tail, tail_mean, tail_means, tail_weights
from workbench.errors import ModelError

TAIL = 0.1
"""The bad tail is the worst tenth of the draws."""
LEAST_MOVE = 0.01
"""A level moves when it changes by more than this share of the largest level (ours)."""
WORK = 15_000
"""Draws times activities that are solved anew (ours: some three to ten seconds); larger portfolios get fewer."""
FEWEST = 40
"""No portfolio gets fewer draws."""
EXACT = 0.1
"""Each draw is solved to this share of what counts as equally good: to the gap asked of the plan itself."""
TAIL_BRANCHES = 12
"""Programmes at most for each of the plans of the mean, the tail and the worst draw (ours)."""
AS_TODAY = "as today"
"""Direction of an activity whose level does not change."""
_FIRMLY = 0.9


@dataclass(frozen=True)
class LineHold:
    """In how many draws the decision on a line holds.

    Attributes
    ----------
    line, name : str
    supported : bool
        The plan's decision.
    may_close : bool
        Closing was open at all; where it was not, the decision holds by that.
    holds_in : int
        Draws in which the decision holds.
    """

    line: str
    name: str
    supported: bool
    may_close: bool
    holds_in: int


@dataclass(frozen=True)
class MoveHold:
    """In how many draws an activity moves as the plan says.

    Attributes
    ----------
    activity, line, unit : str
    direction : str
        ``more``, ``less`` or ``as today``.
    today, level : float
        Level today and in the plan. Unit: `unit`.
    holds_in : int
        Draws in which the move goes the same way.
    low, high : float
        Between these the level lies in nine of ten draws' best plans. Unit: `unit`.
    """

    activity: str
    line: str
    unit: str
    direction: str
    today: float
    level: float
    holds_in: int
    low: float
    high: float


@dataclass(frozen=True)
class RiskRow:
    """A plan, and what it brings over the draws. Unit: value.

    Attributes
    ----------
    name : str
        ``today``, ``plan``, ``mean`` (best on average), ``tail`` (best in the worst tenth), ``worst`` (best in the
        worst draw).
    mean, tail, worst : float
        Over all draws, over the worst tenth, in the worst draw.
    below_today : float
        Share of draws in which it brings less than today's levels.
    levels, supported : mapping
    closed : tuple of str
        Lines it closes.
    differs : int
        Activities that move otherwise than in the plan.
    """

    name: str
    mean: float
    tail: float
    worst: float
    below_today: float
    levels: Mapping[str, float]
    supported: Mapping[str, bool]
    closed: tuple[str, ...]
    differs: int


@dataclass(frozen=True, eq=False)
class Robustness:
    """What holds of a plan when the answers are drawn anew.

    Attributes
    ----------
    plan : Plan
    draws : int
        Draws that were solved.
    asked : int
        Draws that were asked for: more than were solved where the portfolio is large.
    spread, seed : float, int
    lines, moves : tuples
        In the client's order.
    as_good : int
        Draws in which the plan as a whole is as good as the draw's best.
    regret : float
        What the plan gives up against each draw's best plan, on average. Unit: value.
    open_gap : float
        Largest gap left in a draw, share of the lift (on the grid).
    open_draws : int
        Draws whose gap is above the tolerance.
    plans : tuple of RiskRow
    seconds : float
    """

    plan: Plan
    draws: int
    asked: int
    spread: float
    seed: int
    lines: tuple[LineHold, ...]
    moves: tuple[MoveHold, ...]
    as_good: int
    regret: float
    open_gap: float
    open_draws: int
    plans: tuple[RiskRow, ...]
    seconds: float

    @property
    def moving(self) -> tuple[MoveHold, ...]:
        """The moves: activities of lines that stay whose level changes; of a line that closes its decision tells."""
        return tuple(move for move in self._staying if move.direction != AS_TODAY)

    @property
    def resting(self) -> tuple[MoveHold, ...]:
        """The activities of lines that stay which the plan leaves as they are."""
        return tuple(move for move in self._staying if move.direction == AS_TODAY)

    @property
    def _staying(self) -> tuple[MoveHold, ...]:
        supported = {line.line for line in self.lines if line.supported}
        return tuple(move for move in self.moves if move.line in supported)

    def row(self, name: str) -> RiskRow:
        """Return a plan by its name."""
        return next(row for row in self.plans if row.name == name)

    def __repr__(self) -> str:
        shaky = [item.name for item in self.lines if item.holds_in < _FIRMLY * self.draws]
        return f"Robustness over {self.draws:,} draws; below 9 of 10: {', '.join(shaky) or 'no decision'}."


@dataclass(frozen=True, eq=False)
class Field:
    """The draws on a grid, and every plan that was found for one of them (all values scaled).

    Attributes
    ----------
    grid : LevelGrid
    draws : Draws
    values : array, shape (n, n_levels)
        Of each grid level in each draw.
    plans : tuple of GridPlan
        The plan first; every plan holds in every draw.
    worth : array, shape (n, n_plans)
        Of each plan in each draw.
    bounds : array, shape (n,)
        What no plan on the grid can beat in each draw.
    relaxed : Relaxed
        Each draw's best mix.
    proofs : Proofs
        What shows the bounds.
    tolerance : float
        Plans this close count as equally good.
    """

    grid: LevelGrid
    draws: Draws
    values: np.ndarray
    plans: tuple[GridPlan, ...]
    worth: np.ndarray
    bounds: np.ndarray
    relaxed: Relaxed
    proofs: Proofs
    tolerance: float

    @property
    def best(self) -> np.ndarray:
        """The best worth found in each draw."""
        return self.worth.max(axis=1)


def lay_field(plan: Plan, draws: Draws) -> Field:
    """Solve every draw anew on one grid; whatever is found for one is a candidate for all.

    Parameters
    ----------
    plan : Plan
    draws : Draws
        Of the plan's portfolio.
    """
    if draws.portfolio is not plan.portfolio and draws.portfolio != plan.portfolio:
        raise ModelError("The draws are of another portfolio than the plan.")
    form = sharp_form(plan)
    grid = LevelGrid(form, form.shares(plan.first), form.support_array(plan.supported))
    values = np.hstack([draws.values(place, levels) for place, levels in enumerate(grid.levels)]) / form.scale
    values = np.round(values, 12)
    tolerance = max(NEAR_EQUAL * plan.certificate.lift / form.scale, 1e-9)
    relaxed = grid.relaxed(values)
    mixes = grid.read(relaxed.points, values)
    rows = np.flatnonzero(mixes.is_plan)
    _, first = np.unique(np.round(np.hstack([mixes.is_open, mixes.shares])[rows], 9), axis=0, return_index=True)
    rows = rows[np.sort(first)]
    plans = [grid.plan, *(mixes.plan(int(row)) for row in rows)]
    worth = np.column_stack([grid.value_of(grid.plan, values), grid.worths(mixes, rows, values)])
    columns, best, bounds = list(np.ascontiguousarray(worth.T)), worth.max(axis=1), relaxed.bounds.copy()
    leaves: dict[int, tuple[Leaf, ...]] = {}
    for number in np.flatnonzero(relaxed.bounds - best > EXACT * tolerance):
        if relaxed.bounds[number] - best[number] <= EXACT * tolerance:
            continue  # a plan found for another draw does
        found = grid.best(
            values[number],
            tolerance=EXACT * tolerance,
            known=float(best[number]),
            start=relaxed.start(int(number)),
        )
        bounds[number], leaves[int(number)] = min(bounds[number], found.bound), found.leaves
        if found.plan is not None:
            plans.append(found.plan)
            columns.append(np.asarray(grid.value_of(found.plan, values)))
            best = np.maximum(best, columns[-1])
    bounds = np.maximum(bounds, best)
    proofs = grid.proofs(relaxed, values, leaves)
    return Field(grid, draws, values, tuple(plans), np.array(columns).T, bounds, relaxed, proofs, tolerance)


def affordable(plan: Plan, n: int = DRAWS) -> int:
    """Return how many of `n` draws are solved anew for a portfolio of this size."""
    return min(n, max(WORK // max(len(plan.portfolio.activities), 1), FEWEST))


def robustness(
    plan: Plan,
    *,
    draws: Draws | None = None,
    n: int = DRAWS,
    spread: float = SPREAD,
    ranges: Mapping[tuple[str, str], tuple[float, float]] | None = None,
    seed: int = 1,
    field: Field | None = None,
    shown: Plan | None = None,
) -> Robustness:
    """Return in how many draws each decision and each move holds, and plans for the mean, the tail and the worst.

    Parameters
    ----------
    plan : Plan
    draws : Draws, optional
        Drawn already; otherwise `n`, `spread`, `ranges` and `seed` are those of `draw_answers`.
    field : Field, optional
        The draws solved already (see `lay_field`).
    shown : Plan, optional
        The plan to carry out, where it is not quite the best one: its levels say which way an activity moves.
    """
    started = time.process_time()
    if field is None:
        held = draws or draw_answers(plan.portfolio, n=affordable(plan, n), spread=spread, ranges=ranges, seed=seed)
        field = lay_field(plan, held)
    field = _with_forced(field, shown or plan)
    held, form = field.draws, field.grid.form
    enough = field.best - field.tolerance
    portfolio, scale = plan.portfolio, form.scale
    gaps = (field.bounds - field.best) / max(plan.certificate.lift / scale, 1e-12)
    return Robustness(
        plan=plan,
        draws=held.n,
        asked=max(n, held.n) if draws is None else held.n,
        spread=held.spread,
        seed=held.seed,
        lines=_line_holds(field, enough),
        moves=_move_holds(field, enough, shown or plan),
        as_good=int(np.sum(field.worth[:, 0] >= enough)),
        regret=float(np.mean(field.best - field.worth[:, 0]) * scale),
        open_gap=float(gaps.max(initial=0.0)),
        open_draws=int(np.sum(field.bounds - field.best > 1.001 * field.tolerance)),
        plans=_risk_rows(field, portfolio.today, shown or plan),
        seconds=time.process_time() - started,
    )


def _with_forced(field: Field, shown: Plan) -> Field:
    """Return the field with plans sought for draws in which no plan found so far decides, or moves, as the plan does.

    A draw's best plan may decide otherwise by a hair: whether one with the decision is nearly as good has to be asked,
    draw by draw. Where leaving the best mix of each part of the draw's proof for any level that the decision allows
    loses more than that, the answer is no (weak duality); else a plan is sought, and one found is looked at in all.
    """
    grid, form, n_lines = field.grid, field.grid.form, field.grid.n_lines
    plans, columns, best = list(field.plans), list(field.worth.T), field.best
    is_open, model = grid.plan.is_open, grid.model

    def seek(has: Callable[[GridPlan], bool], line: int, allowed: np.ndarray, barred: np.ndarray) -> None:
        nonlocal best
        reached = _most([worth for plan, worth in zip(plans, columns, strict=True) if has(plan)], len(best))
        low, high = model.low.copy(), model.high.copy()
        low[line] = high[line] = is_open[line]
        high[n_lines + barred] = 0.0
        most = field.proofs.most(line, bool(is_open[line]), n_lines + allowed)
        is_asked = np.zeros(len(best), dtype=bool)
        while True:
            enough = best - field.tolerance
            is_asked |= (reached >= enough) | (most < enough)
            if is_asked.all():
                return
            number = int(np.where(is_asked, np.inf, enough - reached).argmin())
            is_asked[number] = True
            found = grid.best(
                field.values[number],
                known=float(enough[number]),
                is_first=True,
                start=field.relaxed.start(number),
                low=low,
                high=high,
            )
            if found.plan is None or not has(found.plan):
                continue
            worth = np.asarray(grid.value_of(found.plan, field.values))
            plans.append(found.plan)
            columns.append(worth)
            best, reached = np.maximum(best, worth), np.maximum(reached, worth)

    none = np.zeros(0, dtype=int)
    for number in range(n_lines):
        if form.may_close[number]:
            seek(_decides(number, bool(is_open[number])), number, none, none)
    for place in range(len(form.activities)):
        number = int(form.line_of[place])
        if not is_open[number]:
            continue  # its line's decision says it
        has_moved = _moves_alike(form, shown, place)[1]
        at = np.arange(int(grid.starts[place]), int(grid.starts[place + 1]))
        is_alike = has_moved(grid.flat[at])
        seek(_moves(place, has_moved), number, at[is_alike], at[~is_alike])
    return replace(field, plans=tuple(plans), worth=np.array(columns).T, bounds=np.maximum(field.bounds, best))


def _most(columns: Iterable[np.ndarray], n: int) -> np.ndarray:
    """Return the largest of some plans' worths in each draw, without laying them side by side."""
    found = np.full(n, -np.inf)
    for column in columns:
        np.maximum(found, column, out=found)
    return found


def _decides(number: int, is_open: bool) -> Callable[[GridPlan], bool]:
    return lambda plan: bool(plan.is_open[number]) == is_open


def _moves(place: int, has_moved: Callable[[Any], Any]) -> Callable[[GridPlan], bool]:
    return lambda plan: bool(has_moved(plan.shares[place]))


def _moves_alike(form: Canonical, shown: Plan, place: int) -> tuple[str, Callable[[Any], Any]]:
    """Return which way an activity moves in the plan, and whether shares of its largest level move the same way."""
    activity = form.activities[place]
    size = float(form.size[place])
    today = activity.current / size
    wanted = shown.level(activity.id) / size - today
    if wanted > LEAST_MOVE:
        return "more", lambda shares: shares - today > LEAST_MOVE
    if wanted < -LEAST_MOVE:
        return "less", lambda shares: shares - today < -LEAST_MOVE
    return AS_TODAY, lambda shares: np.abs(shares - today) <= SMALL_MOVE + 1e-9  # a level at the very edge is within


def _line_holds(field: Field, enough: np.ndarray) -> tuple[LineHold, ...]:
    form = field.grid.form
    is_open = np.array([plan.is_open for plan in field.plans])
    holds = {}
    for number, line in enumerate(form.lines):
        same = is_open[:, number] == is_open[0, number]
        holds[line] = int(np.sum(field.worth.T[same].max(axis=0) >= enough))
    supported = form.supports(field.grid.plan.is_open)
    return tuple(
        LineHold(line.id, line.name, supported[line.id], line.closing is not None, holds[line.id])
        for line in form.portfolio.lines
    )


def _move_holds(field: Field, enough: np.ndarray, shown: Plan) -> tuple[MoveHold, ...]:
    form = field.grid.form
    shares = np.array([plan.shares for plan in field.plans])
    chosen = field.worth.argmax(axis=1)
    chosen[field.worth[:, 0] >= enough] = 0
    held = {}
    for place, activity in enumerate(form.activities):
        first, has_moved = _moves_alike(form, shown, place)
        same = has_moved(shares[:, place])
        low, high = np.quantile(shares[chosen, place], [0.05, 0.95])
        size = float(form.size[place])
        held[activity.id] = MoveHold(
            activity.id,
            activity.line,
            activity.unit,
            first,
            activity.current,
            shown.level(activity.id),
            int(np.sum(field.worth.T[same].max(axis=0) >= enough)),
            float(low) * size,
            float(high) * size,
        )
    return tuple(held[activity.id] for activity in form.portfolio.activities)


def _risk_rows(field: Field, today: Mapping[str, float], shown: Plan) -> tuple[RiskRow, ...]:
    """Today, the plan, and the plans that are best on average, in the tail and in the worst draw."""
    grid, form = field.grid, field.grid.form
    now = grid.on_grid(form.shares(today), np.ones(len(form.lines)))
    found = {"today": now, "plan": grid.on_grid(form.shares(shown.first), form.support_array(shown.supported))}
    for name, share in (("mean", 1.0), ("tail", TAIL), ("worst", 0.0)):
        found[name] = _tail_plan(field, share)
    now_values = np.asarray(grid.value_of(now, field.values))
    rows = []
    for name, plan in found.items():
        values = np.asarray(grid.value_of(plan, field.values))
        supported = form.supports(plan.is_open)
        change = np.abs(plan.shares - grid.plan.shares)
        rows.append(
            RiskRow(
                name,
                float(values.mean() * form.scale),
                tail_mean(values, TAIL) * form.scale,
                float(values.min() * form.scale),
                float(np.mean(values < now_values - 1e-9 * np.abs(now_values))),
                form.levels(plan.shares),
                supported,
                tuple(line for line, is_open in supported.items() if not is_open),
                int(np.sum(change > LEAST_MOVE)),
            )
        )
    return tuple(rows)


def _tail_plan(field: Field, share: float) -> GridPlan:
    """Return the plan with the best mean over the worst share of draws; one found already where none is better."""
    grid = field.grid
    score = tail_means(field.worth, share)
    # the plan itself where nothing is clearly better
    top = 0 if score[0] >= score.max() - field.tolerance / 10 else int(score.argmax())
    best, value = field.plans[top], float(score[top])
    outcomes = np.hstack([np.tile(grid.closing, (len(field.values), 1)), field.values])
    start: np.ndarray | None = np.concatenate([best.is_open, best.weights])
    waiting = [(np.inf, grid.model.low, grid.model.high)]
    for _ in range(TAIL_BRANCHES):
        waiting.sort(key=lambda item: item[0])
        limit, low, high = waiting.pop()
        if limit - value <= field.tolerance:
            break
        model = replace(grid.model, low=low, high=high)
        point, _, bound = best_tail(model, outcomes, share, tolerance=field.tolerance / 4, start=start)
        start = None
        if point is not None:
            mixes = grid.read(point[None], tail_weights(outcomes @ point, share) @ field.values)
            here = tail_mean(np.asarray(grid.value_of(mixes.plan(0), field.values)), share)
            if mixes.is_plan[0] and here > value + field.tolerance / 10:
                best, value = mixes.plan(0), here
            halves = grid.halves(point, mixes, low, high)
            waiting += [(min(limit, bound - float(grid.closing.sum())), *half) for half in halves]
        if not waiting:
            break
    return best
