"""The best plan over several periods: people hired and moved in time, development that must be operated later.

The machinery is that of `solver`: concave covers of the curves give a linear programme that no plan can beat; its
supports are rounded, its levels settled on the true curves, and pieces are split and searched only where a jump of a
curve matters. The bound is HiGHS's own on a relaxation built here; every plan is checked again without the solver.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.allocation.highs import Answer, relax, search
from workbench.allocation.model import Portfolio
from workbench.allocation.polish import AROUND, stretches_at, tangent_at
from workbench.allocation.quarters_check import (
    Levels,
    PeriodBreak,
    PeriodState,
    Staffing,
    Supports,
    check_quarters,
    period_states,
    staff,
    use_and_moves,
)
from workbench.allocation.quarters_conflict import QuarterConflict, find_quarter_conflict
from workbench.allocation.quarters_cover import QuarterCover, Slot
from workbench.allocation.quarters_form import QuarterForm, most_there, period_portfolio, quarter_form
from workbench.allocation.quarters_rows import Programme, quarter_programme
from workbench.allocation.solver import LEAST_LIFT, OUTWARDS, UNSOUND, Certificate
from workbench.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd

QUARTER_GAP = 5e-3
"""Gap asked for over several periods, as a share of the lift: 0.5 %."""
RELAXATIONS = 8
"""Relaxations at most before the first search."""
BENDING = 0.25
"""How fast chords become tangents while levels settle, a linear programme each (ours: closes a little more than 1)."""
SETTLINGS = 16
"""Linear programmes at most in which levels settle on the true curves."""
ROUNDS = 40
"""Searches at most."""


@dataclass(frozen=True)
class QuarterPlan:
    """Levels and supports by period, who is hired and moved for them, what they are worth, and the proof.

    Attributes
    ----------
    portfolio : Portfolio
        What was planned, with its periods.
    levels : mapping of activity to tuple of float
        Level in each period. Unit: the activity's.
    supported : mapping of line to tuple of bool
        A line that closed stays closed.
    states : tuple of PeriodState
        Each period by itself: value by activity and line, what every line takes, loads left behind.
    staffing : mapping of resource to Staffing
        Who is there, joins, leaves and changes lines.
    discount : float
        Share by which a value counts less a year later.
    weights : tuple of float
        What the value of each period counts.
    certificate : Certificate
        Of the value over all periods.
    today : tuple of PeriodState
        Today's levels in every period, every line supported.
    today_breaks : tuple of PeriodBreak
        What today's levels break, the earliest first.
    """

    portfolio: Portfolio
    levels: Levels
    supported: Supports
    states: tuple[PeriodState, ...]
    staffing: Mapping[str, Staffing]
    discount: float
    weights: tuple[float, ...]
    certificate: Certificate
    today: tuple[PeriodState, ...]
    today_breaks: tuple[PeriodBreak, ...]

    @property
    def periods(self) -> tuple[str, ...]:
        """The periods, in order."""
        return self.portfolio.periods

    @property
    def value(self) -> float:
        """Value over all periods. Unit: value."""
        return _total(self.states, self.weights)

    @property
    def today_value(self) -> float:
        """Value over all periods of today's levels, whether or not they hold. Unit: value."""
        return _total(self.today, self.weights)

    @property
    def values(self) -> tuple[float, ...]:
        """Value of each period, before any discount. Unit: value."""
        return tuple(state.found.value for state in self.states)

    def used(self, resource: str) -> tuple[float, ...]:
        """Return what the lines take of a resource in each period. Unit: the resource's."""
        return tuple(state.found.used[resource] for state in self.states)

    def used_by_line(self, line: str, resource: str) -> tuple[float, ...]:
        """Return what a line takes of a resource in each period. Unit: the resource's."""
        return tuple(state.found.used_by_line[line][resource] for state in self.states)

    @property
    def last(self) -> tuple[dict[str, float], dict[str, bool]]:
        """Levels and supports of the last period."""
        levels = {activity: held[-1] for activity, held in self.levels.items()}
        return levels, {line: held[-1] for line, held in self.supported.items()}

    def closes_in(self, line: str) -> str | None:
        """Return the first period in which a line is not supported; None where it always is."""
        return next((name for name, held in zip(self.periods, self.supported[line], strict=True) if not held), None)

    def to_frame(self) -> pd.DataFrame:
        """Return a row per activity and period: line, support, level, outcome, value."""
        import pandas as pd

        return pd.DataFrame(
            {
                "activity": item.id,
                "product_line": item.line,
                "period": period,
                "unit": item.unit,
                "is_supported": state.supported[item.line],
                "today_level": item.current,
                "level": self.levels[item.id][place],
                "outcome": state.found.outcome[item.id],
                "value": state.found.by_activity[item.id],
            }
            for item in self.portfolio.activities
            for place, (period, state) in enumerate(zip(self.periods, self.states, strict=True))
        )

    def __repr__(self) -> str:
        sure = self.certificate
        words = "proved" if sure.proved else "not proved"
        closing = [line.name for line in self.portfolio.lines if self.closes_in(line.id)]
        return (
            f"Plan of {len(self.portfolio.lines)} lines over {len(self.periods)} periods; {words}: at most "
            f"{sure.gap:.2%} of the lift below the best. Proposed to close: {', '.join(closing) or 'none'}."
        )


def solve_quarters(
    portfolio: Portfolio,
    *,
    gap: float = QUARTER_GAP,
    seconds: float = 60.0,
    discount: float = 0.0,
    candidates: Sequence[tuple[Levels, Supports]] = (),
) -> QuarterPlan | QuarterConflict:
    """Return the best plan over a portfolio's periods with its certificate, or what is short first.

    Parameters
    ----------
    portfolio : Portfolio
        With a capacity of every resource in every period. Levels, outcomes, needs and capacities are those of one
        period.
    gap : float
        Gap to prove, as a share of the lift over doing nothing.
    seconds : float
        Backstop; a plan stopped by it says so.
    discount : float
        Share by which a value counts less a year later.
    candidates : sequence of (levels, supported)
        Plans to start from; the answer is never below one that holds. Today's levels are always one.

    Raises
    ------
    ModelError
        The portfolio has no activity, a number is out of its range, or no plan was found in time.
    RuleError
        A rule cannot be read.
    """
    if not portfolio.activities:
        raise ModelError("There is no activity to give anything to: the portfolio has none.")
    if not gap >= 0 or not discount >= 0 or not seconds > 0:
        raise ModelError("gap and discount are shares of 0 or more, seconds is above 0.")
    started, count = time.process_time(), len(portfolio.periods)
    held = quarter_form(portfolio, discount=discount)
    hunt = _Hunt(held, gap, seconds, started)
    always = {line.id: (True,) * count for line in portfolio.lines}
    today = {item.id: (item.current,) * count for item in portfolio.activities}
    zero = {item.id: (0.0,) * count for item in portfolio.activities}
    for levels, supported in ((today, always), *candidates):
        hunt.offer(levels, supported)
    hunt.offer(zero, always)
    # a limit on moves ties the way to today; what doing nothing brings is the same whatever the limit
    if all(item.what.kind == "limit" for item in check_quarters(portfolio, zero, always)):
        hunt.floor = 0.0
    if not hunt.relax():
        return find_quarter_conflict(held, hunt.cover.slots, is_relaxed=True)
    hunt.run()
    if hunt.best is None:
        if hunt.is_impossible:
            return find_quarter_conflict(held, hunt.cover.slots, is_relaxed=False)
        raise ModelError(f"No plan was found within {seconds:g} seconds.")
    levels, supported = hunt.best
    states = period_states(portfolio, levels, supported)
    today_states = period_states(portfolio, today, always)
    return QuarterPlan(
        portfolio=portfolio,
        levels=levels,
        supported=supported,
        states=states,
        staffing={item.id: hunt.people[item.id] for item in portfolio.resources},
        discount=discount,
        weights=tuple(float(weight) for weight in held.weight),
        certificate=hunt.certificate(),
        today=today_states,
        today_breaks=check_quarters(portfolio, today, always, states=today_states),
    )


def destination(quarters: QuarterPlan | QuarterConflict) -> Portfolio:
    """Return the last period as a portfolio of its own: where the plan leads, whatever the way there costs.

    People are those the plan has by then, needs include what its development left behind, and the one-off cost of
    closing is spread evenly over the periods. Where no plan holds on the way, people are as many as can be by then,
    and nothing was left behind.
    """
    portfolio = quarters.portfolio
    last = len(portfolio.periods) - 1
    if isinstance(quarters, QuarterPlan):
        load = quarters.states[-1].load
        people = {name: held.headcount[-1] for name, held in quarters.staffing.items()}
    else:
        load, people = {}, {item.id: most_there(item, last) for item in portfolio.resources}
    return period_portfolio(portfolio, last, load=load, capacity=people, once_share=1.0 / (last + 1))


def _total(states: tuple[PeriodState, ...], weights: Sequence[float]) -> float:
    return float(sum(weight * state.found.value for weight, state in zip(weights, states, strict=True)))


class _Hunt:
    """Best plan so far, best bound so far, and the cover between them; values scaled, over doing nothing."""

    def __init__(self, held: QuarterForm, gap: float, seconds: float, started: float) -> None:
        self.held, self.gap, self.seconds, self.started = held, gap, seconds, started
        self.cover = QuarterCover(held)
        self.best: tuple[dict[str, tuple[float, ...]], dict[str, tuple[bool, ...]]] | None = None
        self.people: dict[str, Staffing] = {}
        self.value, self.bound = -np.inf, np.inf
        self.floor: float | None = None
        self.rounds = self.nodes = 0
        self.how, self.stopped_by = "relaxation", "gap"
        self.is_impossible = False
        self.zero = float(held.weight.sum() * held.standing.sum())

    # -- plans -------------------------------------------------------------------------------------------------------

    def offer(self, levels: Levels, supported: Supports) -> float | None:
        """Return a plan's scaled value if it holds in our own arithmetic, and keep it if it is the best."""
        portfolio = self.held.portfolio
        states = period_states(portfolio, levels, supported)
        people = {item.id: staff(item, *use_and_moves(portfolio, states, item.id)) for item in portfolio.resources}
        if any(item is None for item in people.values()):
            return None
        if check_quarters(portfolio, levels, supported, states=states, staffing=people):
            return None
        value = _total(states, self.held.weight.tolist()) / self.held.form.scale - self.zero
        if value > self.value:
            self.best = ({k: tuple(v) for k, v in levels.items()}, {k: tuple(v) for k, v in supported.items()})
            self.people = {name: item for name, item in people.items() if item is not None}
            self.value = value
        return value

    def offer_shares(self, shares: np.ndarray, supports: np.ndarray) -> float | None:
        """Return the value of a plan in scaled levels, shape (n, n_periods), if it holds."""
        form = self.held.form
        by_period = [form.levels(shares[:, place]) for place in range(self.held.n_periods)]
        levels = {item.id: tuple(held[item.id] for held in by_period) for item in form.portfolio.activities}
        found = dict(zip(form.lines, (tuple(bool(value > 0.5) for value in row) for row in supports), strict=True))
        return self.offer(levels, {line.id: found[line.id] for line in form.portfolio.lines})

    # -- proof -------------------------------------------------------------------------------------------------------

    @property
    def lift(self) -> float:
        """What the gap is a share of."""
        return max(self.value - (self.floor or 0.0), LEAST_LIFT * float(self.held.weight.sum()))

    @property
    def is_proved(self) -> bool:
        return self.bound - self.value <= self.gap * self.lift

    @property
    def left(self) -> float:
        """Seconds left."""
        return self.seconds - (time.process_time() - self.started)

    def relax(self) -> bool:
        """Lay tangents where the relaxation wants to be until a plan meets its bound; False where nothing holds."""
        before = np.inf
        for number in range(RELAXATIONS):
            programme = quarter_programme(self.held, self.cover.slots, layers=self.cover.layers)
            found = relax(programme.model)
            if found.point is None:
                return False
            self._bounded(found.value + programme.constant)
            errors = self._errors(programme, found.point)
            total = sum(error for *_, error in errors)
            grown = [self.cover.lay(slot, inside) for slot, inside, error in errors if error > 1e-12]
            grown += self._laid(programme, found.point)
            is_last = not any(grown) or before - found.value < 1e-7 * max(abs(found.value), 1e-12)
            if number == 0 or is_last or total < 0.5 * self.gap * self.lift:
                self._settle(programme, found)
            before = found.value
            if is_last or self.is_proved or self.left <= 0:
                break
        if self.floor is None:
            self.floor = self._cheapest()
        return True

    def run(self) -> None:
        """Close the gap by searches, or stop at a limit."""
        stall = 0
        while not self.is_proved:
            if self.rounds >= ROUNDS or self.left <= 0 or stall >= 6:
                self.stopped_by = "seconds" if self.left <= 0 else "rounds"
                return
            before = self.bound - self.value
            if not self._search():
                return
            stall = stall + 1 if self.bound - self.value >= before - 1e-12 else 0

    def _search(self) -> bool:
        self.rounds += 1
        self.how = "search"
        programme = quarter_programme(self.held, self.cover.slots, is_relaxed=False, layers=self.cover.layers)
        lift = self.lift if np.isfinite(self.value) else 1.0
        size = max(abs((self.value if np.isfinite(self.value) else lift) - programme.constant), lift, 1e-12)
        found = search(programme.model, gap=0.2 * self.gap * lift / size, seconds=self.left, nodes=200_000)
        self.nodes += found.nodes
        if found.status == "infeasible":
            self.is_impossible = True
            return False
        self._bounded(found.bound + programme.constant)
        if found.point is None:
            self.stopped_by = "seconds"
            return False
        errors = self._errors(programme, found.point)
        self._settle(programme, found)
        if self.is_proved or found.status == "limit":
            self.stopped_by = "gap" if self.is_proved else "seconds" if found.nodes < 200_000 else "nodes"
            return False
        self._laid(programme, found.point)
        least = 0.1 * self.gap * lift / max(len(errors), 1)
        most = max((error for *_, error in errors), default=0.0)
        for slot, inside, error in errors:
            if error > min(least, most / 2) and not self.cover.lay(slot, inside):
                self.cover.split(slot, inside)
        return True

    def _bounded(self, bound: float) -> None:
        self.bound = min(self.bound, bound + OUTWARDS * (1.0 + abs(bound)))

    def _cheapest(self) -> float:
        """Return the value of the plan that takes least, where doing nothing breaks a rule."""
        programme = quarter_programme(self.held, self.cover.slots, is_relaxed=False, layers=self.cover.layers)
        model, at = programme.model, programme.layout
        gain = np.zeros(at.count)
        for slot, column in zip(self.cover.slots, at.level, strict=True):
            gain[column] -= float(self.held.take[:, slot.activity].sum())
        gain[at.support] -= (self.held.need - self.held.left).sum(axis=0)[:, None]
        found = search(replace(model, gain=gain), gap=1e-4, seconds=min(10.0, max(self.left, 0.1)), nodes=100_000)
        if found.point is None:
            return 0.0
        shares, supports = self._read(programme, found)
        value = self.offer_shares(shares, np.round(supports))
        return 0.0 if value is None else value

    # -- from a point of the programme to a plan ---------------------------------------------------------------------

    def _read(
        self, programme: Programme, found: Answer, slots: list[Slot] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        point = np.zeros(programme.layout.count) if found.point is None else found.point
        shares = np.zeros((len(self.held.form.activities), self.held.n_periods))
        held = self.cover.slots if slots is None else slots
        places = np.array([[slot.activity, slot.period] for slot in held], dtype=int).reshape(-1, 2)
        np.add.at(shares, (places[:, 0], places[:, 1]), point[programme.layout.level])
        return shares, point[programme.layout.support]

    def _errors(self, programme: Programme, point: np.ndarray) -> list[tuple[Slot, float, float]]:
        """Return each piece in use with its level and by how much its cover is optimistic there."""
        at, form, found = programme.layout, self.held.form, []
        for place, slot in enumerate(self.cover.slots):
            support = at.support[form.line_of[slot.activity], slot.period]
            on = float(point[at.choice[place] if at.choice[place] >= 0 else support])
            if on <= 1e-6:
                continue
            inside = float(np.clip(point[at.level[place]] / on, slot.low, slot.high))
            error = slot.over(inside) - form.lift(slot.activity, inside)
            found.append((slot, inside, float(self.held.weight[slot.period]) * on * error))
        return found

    def _laid(self, programme: Programme, point: np.ndarray) -> list[bool]:
        """Lay lines above today's levels where the relaxation wants to be."""
        at = programme.layout
        return [
            self.cover.lay_layer(layers, period, layers.today + float(point[at.above[place, period]]) / below)
            for place, layers in enumerate(self.cover.layers)
            for period in range(self.held.n_periods)
            if (below := float(point[at.below[place, period]])) > 1e-6 and point[at.above[place, period]] > 1e-9
        ]

    def _settle(self, programme: Programme, found: Answer) -> None:
        """Round the supports, then seek the best levels on the true curves."""
        if found.point is None:
            return
        shares, supports = self._read(programme, found)
        if bool(np.all(np.abs(supports - np.round(supports)) < 1e-6)):
            self._settle_levels(shares, np.round(supports))
            return
        for threshold in (0.5, 1e-6, 1.0 - 1e-6):
            rounded = np.where(supports > threshold, 1.0, 0.0)
            fixed = quarter_programme(self.held, self.cover.slots, supports=rounded, layers=self.cover.layers)
            answer = relax(fixed.model)
            if answer.point is not None:
                self._settle_levels(self._read(fixed, answer)[0], rounded)
                return

    def _settle_levels(self, shares: np.ndarray, supports: np.ndarray) -> None:
        """Offer levels with supports held, and the best near them on the true curves.

        On a concave stretch tangents lie above the curve and are laid where the levels are (Kelley 1960); in a jump
        the curve's own tangent lies below it, so that a step it likes is at least as good as it says (the
        convex-concave procedure, Yuille & Rangarajan 2003). A level below its minimum goes to the nearer of it and 0;
        where that leaves no plan, to 0.
        """
        self.offer_shares(shares, supports)
        least = self.held.form.least[:, None]
        for start in (shares, np.where(shares < least * (1.0 - 1e-7), 0.0, shares)):
            near, before = start, -np.inf
            for number in range(SETTLINGS):
                bent = min((number + 1) * BENDING, 1.0)
                slots = self._stretches(near, supports, bent)
                alone = np.ones(len(slots), dtype=bool)
                programme = quarter_programme(self.held, slots, supports=supports, merged=alone)
                found = relax(programme.model)
                if found.point is None:
                    break
                near, _ = self._read(programme, found, slots)
                value = self._lifts(near)
                is_slow = value - before < 0.02 * self.gap * max(abs(value), LEAST_LIFT)
                before = value
                if (bent == 1.0 and is_slow) or self.left <= 0:
                    break
            if np.isfinite(before) and self.offer_shares(near, supports) is not None:
                return

    def _lifts(self, shares: np.ndarray) -> float:
        form = self.held.form
        return float(
            sum(
                weight * form.lift(place, float(share))
                for place, row in enumerate(shares)
                for weight, share in zip(self.held.weight, row, strict=True)
                if share > 0
            )
        )

    def _stretches(self, shares: np.ndarray, supports: np.ndarray, bent: float) -> list[Slot]:
        """Return for each activity and period where its level may move, with lines under which it does.

        In a jump that line goes from the chord (`bent` 0) to the curve's own tangent (1).
        """
        form, slots = self.held.form, []
        whole = {slot.activity: slot for slot in reversed(self.cover.slots)}
        for period in range(self.held.n_periods):
            low, high, is_concave = stretches_at(form, shares[:, period], supports[:, period], {})
            for activity in whole:
                a, b = float(low[activity]), float(high[activity])
                share = float(np.clip(shares[activity, period], a, b))
                if b <= 0.0 or (not is_concave[activity] and share <= a + 1e-9):
                    slots.append(Slot(activity, period, a, a, [(0.0, form.lift(activity, a))]))
                    continue
                lines: dict[tuple[float, float], None] = {}
                if is_concave[activity]:
                    points = np.unique([a, b, *np.clip(share * (1 + AROUND), a, b)])
                else:
                    top = float(form.most[activity])
                    low_line = tangent_at(form, activity, share, a, b)
                    chord = form.line(activity, share, a, top)[:2]
                    mixed = tuple(bent * one + (1.0 - bent) * two for one, two in zip(low_line, chord, strict=True))
                    lines[mixed[0], mixed[1]] = None
                    jump = form.line(activity, share, a, top)[2]
                    # past the jump the cover's own tangents; those of the bend would cut below the curve on its left
                    for point in np.linspace(jump[1], top, 5) if jump is not None and jump[1] < top else ():
                        lines[form.line(activity, float(point), a, top)[:2]] = None
                    slots.append(Slot(activity, period, a, top, list(lines)))
                    continue
                # the curve's own tangents: an envelope that begins at the bend itself hangs on the last digit
                lines |= dict.fromkeys(tangent_at(form, activity, float(point), a, b) for point in points)
                slots.append(Slot(activity, period, a, b, list(lines)))
        return slots

    def certificate(self) -> Certificate:
        """Return how good the best plan is."""
        scale, weight = self.held.form.scale, float(self.held.weight.sum())
        is_sound = self.bound >= self.value - UNSOUND * (1.0 + abs(self.value))
        if not is_sound:
            form = self.held.form
            lifts = [max(form.lift(place, float(most)), 0.0) for place, most in enumerate(form.most)]
            closes = np.maximum(-(self.held.standing + self.held.fee), 0.0) + np.maximum(-self.held.fee_once, 0.0)
            self.bound, self.stopped_by = max(weight * (sum(lifts) + float(closes.sum())), self.value), "precision"
        value = scale * (self.zero + self.value)
        bound = max(scale * (self.zero + self.bound), value)
        gap = max(self.bound - self.value, 0.0) / self.lift
        proved = bool(is_sound and gap <= self.gap)
        return Certificate(
            value=value,
            bound=bound,
            gap_absolute=bound - value,
            lift=self.lift * scale,
            gap=float(gap),
            asked_gap=self.gap,
            proved=proved,
            how=self.how,
            rounds=self.rounds,
            nodes=self.nodes,
            seconds=time.process_time() - self.started,
            stopped_by="gap" if proved else self.stopped_by,
        )
