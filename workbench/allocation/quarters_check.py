"""What a plan over several periods takes, breaks and is worth, in our own arithmetic, no solver asked.

Each period is checked as a portfolio of its own by the one-period arithmetic (`model.check_plan`): loads left behind
by development are needs, the headcount is the capacity. What ties periods together is checked here: a closed line
stays closed, and who joins, leaves and changes lines stays within the limits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from workbench.allocation.model import TOLERANCE, Break, Evaluation, Portfolio, Resource, check_plan, evaluate
from workbench.allocation.quarters_form import is_paced, most_there, period_portfolio

Levels = Mapping[str, tuple[float, ...]]
Supports = Mapping[str, tuple[bool, ...]]


@dataclass(frozen=True)
class PeriodBreak:
    """What a plan breaks, and in which period."""

    period: str
    what: Break

    def __str__(self) -> str:
        return f"{self.period}: {self.what}"


@dataclass(frozen=True)
class PeriodState:
    """One period of a plan.

    Attributes
    ----------
    portfolio : Portfolio
        The period by itself: loads are needs, headcounts are capacities.
    found : Evaluation
        What the plan is worth and takes in it; one-off costs of closing fall into the period in which a line closes.
    load : mapping of line to mapping of resource to float
        What earlier development takes. Unit: the resource's.
    supported : mapping of line to bool
    """

    portfolio: Portfolio
    found: Evaluation
    load: Mapping[str, Mapping[str, float]]
    supported: Mapping[str, bool]


@dataclass(frozen=True)
class Staffing:
    """Who is there of a resource, joins, leaves and changes lines, period by period. Unit: the resource's."""

    headcount: tuple[float, ...]
    hired: tuple[float, ...]
    left: tuple[float, ...]
    moved: tuple[float, ...]


def period_states(portfolio: Portfolio, levels: Levels, supported: Supports) -> tuple[PeriodState, ...]:
    """Return each period of a plan with what it takes and is worth."""
    found = []
    load: dict[str, dict[str, float]] = {}
    was = {line.id: True for line in portfolio.lines}
    for place in range(len(portfolio.periods)):
        is_open = {line.id: bool(supported[line.id][place]) for line in portfolio.lines}
        now = {activity: held[place] for activity, held in levels.items()}
        felt = {line: dict(held) for line, held in load.items() if is_open[line]}
        closing_now = {line for line, held in is_open.items() if was[line] and not held}
        alone = period_portfolio(portfolio, place, load=felt, closing_now=closing_now)
        found.append(PeriodState(alone, evaluate(alone, now, is_open), felt, is_open))
        for activity in portfolio.activities:
            for resource, amount in activity.later_load.items():
                held = load.setdefault(activity.line, {})
                held[resource] = held.get(resource, 0.0) + amount * now[activity.id]
        was = is_open
    return tuple(found)


def moves(portfolio: Portfolio, states: tuple[PeriodState, ...], resource: str) -> tuple[float, ...]:
    """Return how many change lines in each period: half of what lines gain and lose.

    Who goes from one line to another counts once; who comes new, goes for good or waits between lines counts half.
    """
    before = {
        line: held.get(resource, 0.0) for line, held in evaluate(portfolio, portfolio.today, {}).used_by_line.items()
    }
    found = []
    for state in states:
        now = {line: held.get(resource, 0.0) for line, held in state.found.used_by_line.items()}
        once = _paid_once(portfolio, state, resource)
        now = {line: amount - once.get(line, 0.0) for line, amount in now.items()}
        found.append(math.fsum(abs(now[line] - before[line]) for line in now) / 2)
        before = now
    return tuple(found)


def use_and_moves(
    portfolio: Portfolio, states: tuple[PeriodState, ...], resource: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return what the lines use of a resource in each period, and how much of it changes lines."""
    return tuple(state.found.used[resource] for state in states), moves(portfolio, states, resource)


def _paid_once(portfolio: Portfolio, state: PeriodState, resource: str) -> dict[str, float]:
    """Return the one-off cost that closing lines take of the money resource: money paid, nothing that changes lines."""
    money = portfolio.money_resource
    if portfolio.is_money or money is None or money.id != resource:
        return {}
    rate = money.unit_cost or money.money_units(portfolio.currency) or 1.0
    return {
        line.id: line.closing.one_off_cost / rate
        for line in state.portfolio.lines
        if line.closing is not None and not state.supported[line.id]
    }


def staff(resource: Resource, used: tuple[float, ...], moved: tuple[float, ...]) -> Staffing | None:
    """Return the fewest who must be hired, as late as can be, for what a plan uses; None where limits forbid it.

    Parameters
    ----------
    resource : Resource
    used, moved : tuple of float
        What the lines use of it in each period, and how much changes lines. Unit: the resource's.

    Notes
    -----
    Whole people where the resource has whole steps and limits allow it; in part otherwise.
    """
    count = len(used)
    slack = TOLERANCE * max(*used, *resource.capacity, 1e-300)
    if resource.move_limit is not None and max(moved) > resource.move_limit + slack:
        return None
    if not is_paced(resource):
        return Staffing(resource.capacity, (0.0,) * count, (0.0,) * count, moved)
    least = np.array([max(amount - slack, 0.0) for amount in used])
    found = None
    if resource.step is not None and resource.step >= 1.0:
        found = _fewest(resource, np.ceil(least - 1e-9), whole=True)
    if found is None:
        found = _fewest(resource, least, whole=False)
    if found is None:
        return None
    hired, left = found
    heads = resource.capacity[0] + np.cumsum(hired - left)
    return Staffing(tuple(heads.tolist()), tuple(hired.tolist()), tuple(left.tolist()), moved)


def _fewest(resource: Resource, least: np.ndarray, *, whole: bool) -> tuple[np.ndarray, np.ndarray] | None:
    """Return who is hired and who leaves, as few and as late as can be, so that there are at least so many."""
    count, start = len(least), resource.capacity[0]
    if least[0] > start + 1e-9:
        return None
    limits = [math.inf if limit is None else limit for limit in (resource.hire_limit, resource.leave_limit)]
    upper = np.repeat(limits, count)
    upper[0] = upper[count] = 0.0
    so_far = np.tril(np.ones((count, count)))
    late = 1.0 + 1e-3 * np.arange(count, 0, -1) / count
    answer = milp(
        np.concatenate([late, late]),
        integrality=np.full(2 * count, int(whole)),
        bounds=Bounds(np.zeros(2 * count), upper),
        constraints=LinearConstraint(
            np.hstack([so_far, -so_far]), least - start, np.maximum(np.array(resource.capacity), least) - start
        ),
    )
    if answer.x is None:
        return None
    amounts = np.round(answer.x) if whole else np.where(np.abs(answer.x) < 1e-9 * max(start, 1.0), 0.0, answer.x)
    amounts = np.abs(amounts)  # no minus before a zero
    return amounts[:count], amounts[count:]


def check_quarters(
    portfolio: Portfolio,
    levels: Levels,
    supported: Supports,
    *,
    states: tuple[PeriodState, ...] | None = None,
    staffing: Mapping[str, Staffing | None] | None = None,
) -> tuple[PeriodBreak, ...]:
    """Return what a plan over several periods breaks: rows, boxes, rules, supports, limits on people.

    Parameters
    ----------
    portfolio : Portfolio
    levels : mapping of activity to tuple of float
        A level for each period. Unit: the activity's.
    supported : mapping of line to tuple of bool
    states, staffing : optional
        Where they are at hand already.
    """
    states = states or period_states(portfolio, levels, supported)
    people = staffing or {
        item.id: staff(item, *use_and_moves(portfolio, states, item.id)) for item in portfolio.resources
    }
    breaks: list[PeriodBreak] = []
    for place, (period, state) in enumerate(zip(portfolio.periods, states, strict=True)):
        found = check_plan(
            state.portfolio,
            {activity: held[place] for activity, held in levels.items()},
            state.supported,
        )
        breaks += [PeriodBreak(period, item) for item in found.breaks]
    for line, held in supported.items():
        for place in range(1, len(held)):
            if held[place] and not held[place - 1]:
                breaks.append(
                    PeriodBreak(portfolio.periods[place], Break(f"{line} opens again", 1.0, "lines", "closing"))
                )
    for item in portfolio.resources:
        found_people = people[item.id]
        if found_people is None:
            place, amount = _short_of_people(item, states, moves(portfolio, states, item.id))
            breaks.append(
                PeriodBreak(portfolio.periods[place], Break(f"limits on {item.id}", amount, item.unit, "limit"))
            )
            continue
        breaks += [
            PeriodBreak(portfolio.periods[place], Break(f"limits on {item.id}", over, item.unit, "limit"))
            for place, over in _over_limits(item, found_people, states)
        ]
    return tuple(breaks)


def _over_limits(item: Resource, people: Staffing, states: tuple[PeriodState, ...]) -> list[tuple[int, float]]:
    """Return where a staffing breaks a limit, and by how much: added up again from its own numbers."""
    found = []
    slack = TOLERANCE * max(*item.capacity, 1.0)
    before = item.capacity[0]
    for place, state in enumerate(states):
        if is_paced(item):
            first = place == 0
            overs = [
                people.hired[place] - (0.0 if first else math.inf if item.hire_limit is None else item.hire_limit),
                people.left[place] - (0.0 if first else math.inf if item.leave_limit is None else item.leave_limit),
                abs(people.headcount[place] - before - people.hired[place] + people.left[place]),
                people.headcount[place] - item.capacity[place],
            ]
            before = people.headcount[place]
        else:
            overs = []
        overs.append(state.found.used[item.id] - people.headcount[place])
        overs.append(people.moved[place] - (math.inf if item.move_limit is None else item.move_limit))
        if max(overs) > 4 * max(slack, TOLERANCE * state.found.used[item.id]):
            found.append((place, max(overs)))
    return found


def _short_of_people(item: Resource, states: tuple[PeriodState, ...], moved: tuple[float, ...]) -> tuple[int, float]:
    """Return the first period in which there cannot be as many as a plan uses, and by how many."""
    for place, state in enumerate(states):
        short = state.found.used[item.id] - most_there(item, place)
        if short > TOLERANCE * max(state.found.used[item.id], 1.0):
            return place, short
    over = [amount - (item.move_limit if item.move_limit is not None else math.inf) for amount in moved]
    place = int(np.argmax(over))
    return place, max(float(over[place]), 0.0)
