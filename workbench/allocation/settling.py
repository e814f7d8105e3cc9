"""From the best plan to one that people can carry out: small moves left out, whole people in every line.

Both cost a little value; the cost is said. The certificate stays with the best plan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from workbench.allocation.canonical import Canonical
from workbench.allocation.highs import LinearModel, search
from workbench.allocation.model import TOLERANCE, check_plan
from workbench.allocation.moves import count_moves, fewest_moves, too_small, worth_making
from workbench.allocation.polish import polish_plan, tangent_programme
from workbench.allocation.rules import GivenRow, given_rows
from workbench.allocation.solver import Plan, make_plan, sharp_form

NEAR_EQUAL = 0.001
"""Plans within this share of the lift count as equally good (ours: far below what the curves are known to)."""
SMALL_MOVE = 0.1
"""A move below this share of an activity's maximum is a small one, worth leaving out if it costs nothing (ours)."""
_NEARLY = 1e-6
"""A step is not begun for less than this share of it: searches leave that much."""
MANY = 60
"""Above this many activities only whole people are settled, small moves stay."""
MOVE_SECONDS = 3.0
"""Backstop of the search for fewer moves; what it has not proved is not said to be the fewest."""


@dataclass(frozen=True)
class Settled:
    """A plan to carry out, and what it gave up for that.

    Attributes
    ----------
    plan : Plan
        Never below today's plan.
    moves, best_moves : int
        Activities whose level changes from today, in this plan and in the best one.
    near_equal_cost, rounding_cost : float
        Value given up for fewer moves, and for whole steps. Unit: value.
    is_whole : bool
        Every resource with a step comes in whole steps in every line.
    given : mapping of line to mapping of resource to float
        What a line is given of each resource: whole steps where there are steps, else what it uses. Together never
        more than there is.
    broken_rules : tuple of str
        Rules on what lines are given that hold for what is used and not for the whole steps.
    is_fewest : bool
        Before whole steps: no plan with the same lines supported that is nearly as good moves fewer activities.
    small_move_cost : float
        Value given up because moves below an activity's smallest are not worth making. Unit: value.
    small_moves : tuple of activity
        Moves that stayed below the smallest, because nothing else would hold.
    """

    plan: Plan
    moves: int
    best_moves: int
    near_equal_cost: float
    rounding_cost: float
    is_whole: bool
    given: Mapping[str, Mapping[str, float]]
    broken_rules: tuple[str, ...] = ()
    is_fewest: bool = False
    small_move_cost: float = 0.0
    small_moves: tuple[str, ...] = ()


def round_plan(plan: Plan, *, within: float = NEAR_EQUAL, move_seconds: float = MOVE_SECONDS) -> Settled:
    """Return a plan near the best one with fewer small moves and whole steps.

    Parameters
    ----------
    plan : Plan
        The best one.
    within : float
        What fewer moves may cost, as a share of the lift.
    move_seconds : float
        Backstop of the search for fewer moves; 0 leaves it out, for a what-if that must keep up.
    """
    form = sharp_form(plan)
    shares, is_open = form.shares(plan.first), form.support_array(plan.supported)
    best_value = form.value_of(shares, is_open)
    certificate = plan.certificate
    lift = certificate.lift
    calm, fixed, tight, is_fewest, large_value = _calm(
        form, plan, shares, is_open, within * lift / form.scale, move_seconds
    )
    calm_value = form.value_of(calm, is_open)
    stepped = [number for number, name in enumerate(form.row_names) if _step(form, number)]
    # whole steps within the rules on what lines are given; where there are none, whole steps all the same
    tries = [(held, asked) for asked in ((True, False) if stepped else ()) for held in ([fixed, {}] if fixed else [{}])]
    settled: Plan | None = None
    given: dict[str, dict[str, float]] | None = None
    broken: tuple[str, ...] = ()
    for held, asked in tries:
        found = _whole_steps(tight, calm, is_open, stepped, held, within_rules=asked)
        settled = None if found is None else _as_plan(form, plan, found[0], is_open)
        given = None if found is None or settled is None else _whole_given(form, settled, found[1])
        if settled is not None and given is not None and not _is_below(settled, plan.baseline_value):
            broken = _broken_rules(settled, given)
            if not broken or not asked:
                break
        settled, given, broken = None, None, ()
    is_whole = given is not None or not stepped
    if settled is None:
        settled = _as_plan(form, plan, calm, is_open)
    if settled is None or _is_below(settled, plan.baseline_value):
        settled, calm_value, is_whole = plan, best_value, not stepped
        is_fewest, large_value = False, best_value
    return Settled(
        plan=settled,
        moves=count_moves(form, form.shares(settled.first)),
        best_moves=count_moves(form, shares),
        near_equal_cost=max((large_value - calm_value) * form.scale, 0.0),
        rounding_cost=max(calm_value * form.scale + form.zero_value - settled.value, 0.0),
        is_whole=is_whole,
        given=_used(settled) if given is None else given,
        broken_rules=broken,
        is_fewest=is_fewest,
        small_move_cost=max((best_value - large_value) * form.scale, 0.0),
        small_moves=too_small(form, form.shares(settled.first)),
    )


def _calm(
    form: Canonical, plan: Plan, shares: np.ndarray, is_open: np.ndarray, slack: float, seconds: float
) -> tuple[np.ndarray, dict[int, float], Canonical, bool, float]:
    """Return levels with few moves and none too small, and what keeps them so.

    After them: what stays, the rows, whether the moves are the fewest, and the value from which they were saved.
    """
    tight, large, fixed = form, shares, None
    if any(activity.smallest_move > 0 for activity in form.activities):
        found = worth_making(form, plan, is_open, seconds=seconds)
        if found is not None:
            large, fixed, tight = found.shares, dict(found.fixed), found.form
    large_value = form.value_of(large, is_open)
    calm = large
    if fixed is None:
        calm, fixed = _fewer_moves(form, shares, is_open, large_value - slack)
    if (
        seconds <= 0
        or len(shares) > MANY
        or (tight is form and any(item.smallest_move > 0 for item in form.activities))
    ):
        return calm, fixed, tight, False, large_value
    fewer, is_proved = fewest_moves(
        form,
        plan,
        is_open,
        least_value=large_value - slack,
        fewer_than=count_moves(form, calm),
        seconds=seconds,
    )
    if fewer is None:
        return calm, fixed, tight, is_proved, large_value
    return fewer.shares, dict(fewer.fixed), fewer.form, fewer.is_fewest, large_value


def _is_below(settled: Plan, baseline_value: float) -> bool:
    return settled.value < baseline_value - 1e-9 * abs(baseline_value)


def _fewer_moves(
    form: Canonical, shares: np.ndarray, is_open: np.ndarray, least_value: float
) -> tuple[np.ndarray, dict[int, float]]:
    """Put small moves back to today, smallest first, while the value stays above the least."""
    today = form.shares(form.portfolio.today)
    fixed: dict[int, float] = {}
    if len(shares) > MANY:
        return shares, fixed
    distance = np.abs(shares - today)
    is_allowed = ((today >= form.least) | (today == 0)) & (today <= form.most) & (is_open[form.line_of] > 0)
    small = [
        place for place in np.argsort(distance, kind="stable") if is_allowed[place] and distance[place] <= SMALL_MOVE
    ]
    calm = shares
    for place in small:
        trial = {**fixed, int(place): float(today[place])}
        found = polish_plan(form, calm, is_open, fixed=trial, close=1e-8)
        if found is not None and found.value >= least_value and _holds(form, found.shares, is_open):
            calm, fixed = found.shares, trial
    return calm, fixed


def _whole_steps(
    form: Canonical,
    shares: np.ndarray,
    is_open: np.ndarray,
    stepped: list[int],
    fixed: dict[int, float],
    *,
    within_rules: bool,
) -> tuple[np.ndarray, dict[tuple[int, int], int]] | None:
    """Give each line whole steps of each stepped resource, then use them as well as the curves allow."""
    steps = _choose_steps(form, shares, is_open, stepped, fixed, within_rules=within_rules)
    if steps is None:
        return None
    n, n_lines = len(shares), len(form.lines)
    levels, limits = [], []
    for number in stepped:
        scale, step = form.row_scale[number], _step(form, number)
        for line in range(n_lines):
            levels.append(np.where(form.line_of == line, form.by_level[number], 0.0))
            held = _held_by_support(form, number, line, bool(is_open[line]))
            limits.append(steps[number, line] * step / scale - held + 1e-12)
    tighter = replace(
        form,
        by_level=np.vstack([form.by_level, np.array(levels).reshape(-1, n)]),
        by_support=np.vstack([form.by_support, np.zeros((len(levels), n_lines))]),
        row_low=np.concatenate([form.row_low, np.full(len(levels), -np.inf)]),
        row_high=np.concatenate([form.row_high, limits]),
    )
    found = polish_plan(tighter, shares, is_open, fixed=fixed, close=1e-9)
    return (found.shares, steps) if found is not None and _holds(form, found.shares, is_open) else None


def _choose_steps(
    form: Canonical,
    shares: np.ndarray,
    is_open: np.ndarray,
    stepped: list[int],
    fixed: dict[int, float],
    *,
    within_rules: bool,
) -> dict[tuple[int, int], int] | None:
    """Choose the steps of each line by a search over the tangents around the plan."""
    model = tangent_programme(form, shares, is_open, fixed)
    n, n_lines = len(shares), len(form.lines)
    columns = [(number, line) for number in stepped for line in range(n_lines)]
    count, extra = model.gain.size, len(columns)
    rows, highs = [], []
    for place, (number, line) in enumerate(columns):
        row = np.zeros(count + extra)
        row[:n] = np.where(form.line_of == line, form.by_level[number], 0.0)
        row[count + place] = -_step(form, number) / form.row_scale[number]
        rows.append(row)
        highs.append(-_held_by_support(form, number, line, bool(is_open[line])))
    for number in stepped:
        row = np.zeros(count + extra)
        for place, (held, _) in enumerate(columns):
            if held == number:
                row[count + place] = _step(form, number) / form.row_scale[number]
        rows.append(row)
        highs.append(form.portfolio.resource(form.row_names[number].name).capacity[0] / form.row_scale[number])
    lows = [-np.inf] * len(rows)
    for rule in given_rows(form.portfolio) if within_rules else ():
        on_steps, limit = _rule_on_steps(form, rule, is_open, columns, count)
        if on_steps is None:
            continue
        rows.append(on_steps)
        lows.append(-np.inf if rule.sense == "<=" else limit)
        highs.append(np.inf if rule.sense == ">=" else limit)
    wide = csr_matrix(hstack([model.rows, csr_matrix((model.rows.shape[0], extra))]))
    found = search(
        LinearModel(
            np.concatenate([model.gain, np.full(extra, -1e-9)]),
            np.concatenate([model.low, np.zeros(extra)]),
            np.concatenate([model.high, np.full(extra, np.inf)]),
            np.concatenate([model.is_whole, np.ones(extra, dtype=bool)]),
            csr_matrix(vstack([wide, csr_matrix(np.array(rows))])),
            np.concatenate([model.row_low, lows]),
            np.concatenate([model.row_high, highs]),
        ),
        gap=1e-7,
        seconds=10.0,
        nodes=50_000,
    )
    if found.point is None:
        return None
    return {key: round(float(found.point[count + place])) for place, key in enumerate(columns)}


def _rule_on_steps(
    form: Canonical, rule: GivenRow, is_open: np.ndarray, columns: list[tuple[int, int]], count: int
) -> tuple[np.ndarray | None, float]:
    """Return a rule on what lines are given as a row over levels and steps, scaled; None: it speaks of no steps."""
    place_of = {activity.id: place for place, activity in enumerate(form.activities)}
    line_of = {line: number for number, line in enumerate(form.lines)}
    step_of = {(form.row_names[number].name, line): place for place, (number, line) in enumerate(columns)}
    row, limit, speaks = np.zeros(count + len(columns)), rule.limit, False
    for name, value in rule.levels.items():
        row[place_of[name]] += value * form.size[place_of[name]]
    for (line, resource), value in rule.given.items():
        number = line_of[line]
        place = step_of.get((resource, number))
        if place is not None:
            row[count + place] += value * float(form.portfolio.resource(resource).step or 0.0)
            speaks = True
            continue
        for activity in form.portfolio.activities_of(line):
            amount = activity.recipe.get(resource, 0.0)
            row[place_of[activity.id]] += value * amount * form.size[place_of[activity.id]]
        needs = form.portfolio.line(line).needs.get(resource, 0.0)
        limit -= value * (needs if is_open[number] else form.portfolio.left(line, resource))
    scale = float(max(np.abs(row).max(), abs(limit))) or 1.0
    return (row / scale if speaks else None), limit / scale


def _step(form: Canonical, number: int) -> float:
    name = form.row_names[number]
    return (form.portfolio.resource(name.name).step or 0.0) if name.kind == "capacity" else 0.0


def _held_by_support(form: Canonical, number: int, line: int, is_open: bool) -> float:
    """Return what a line takes of a resource before any activity, scaled like the row."""
    name, resource = form.lines[line], form.row_names[number].name
    portfolio = form.portfolio
    amount = portfolio.line(name).needs.get(resource, 0.0) if is_open else portfolio.left(name, resource)
    return amount / float(form.row_scale[number])


def _holds(form: Canonical, shares: np.ndarray, is_open: np.ndarray) -> bool:
    return check_plan(form.portfolio, form.levels(shares), form.supports(is_open), rows=form.rules).holds


def _as_plan(form: Canonical, plan: Plan, shares: np.ndarray, is_open: np.ndarray) -> Plan | None:
    if not _holds(form, shares, is_open):
        return None

    def planned(levels: Mapping[str, float]) -> Plan:
        return make_plan(
            form,
            levels,
            form.supports(is_open),
            plan.certificate,
            plan.baseline,
            plan.baseline_value,
            plan.current_breaks,
        )

    exact = planned(form.levels(shares))
    # a search leaves 18.9999999999 where it means 19; a level is made neat only where nobody is counted twice for it
    today = form.portfolio.today
    neat = planned({
        name: level if level == today[name] else float(f"{level:.7g}") for name, level in exact.first.items()
    })  # fmt: skip
    holds = check_plan(form.portfolio, neat.first, form.supports(is_open), rows=form.rules).holds
    return neat if holds and _least_steps(neat) == _least_steps(exact) else exact


def _least_steps(plan: Plan) -> dict[tuple[str, str], int]:
    """Return the fewest whole steps that cover what each line uses."""
    return {
        (line.id, item.id): math.ceil(plan.found.used_by_line[line.id][item.id] / item.step - _NEARLY)
        for line in plan.portfolio.lines
        for item in plan.portfolio.resources
        if item.step
    }


def _whole_given(
    form: Canonical, plan: Plan, steps: Mapping[tuple[int, int], int]
) -> dict[str, dict[str, float]] | None:
    """Return the steps chosen, less those that nothing is done with; None where they are more than there is."""
    given, least = _used(plan), _least_steps(plan)
    for (number, place), count in steps.items():
        line, resource = form.lines[place], form.portfolio.resource(form.row_names[number].name)
        given[line][resource.id] = min(count, least[line, resource.id]) * float(resource.step or 0.0)
    for item in plan.portfolio.resources:
        total = math.fsum(held[item.id] for held in given.values())
        if item.step and total > item.capacity[0] * (1.0 + 1e-12):
            return None
    if any(count < least[form.lines[place], form.row_names[number].name] for (number, place), count in steps.items()):
        return None
    return given


def _used(plan: Plan) -> dict[str, dict[str, float]]:
    return {line: dict(held) for line, held in plan.found.used_by_line.items()}


def _broken_rules(plan: Plan, given: Mapping[str, Mapping[str, float]]) -> tuple[str, ...]:
    """Return the rules on what lines are given that these amounts break, in the client's order."""
    broken = []
    for rule in given_rows(plan.portfolio):
        parts = [value * given[line][resource] for (line, resource), value in rule.given.items()]
        parts += [value * plan.level(activity) for activity, value in rule.levels.items()]
        left, size = math.fsum(parts), max(math.fsum(abs(part) for part in parts), abs(rule.limit), 1e-300)
        off = {"<=": left - rule.limit, ">=": rule.limit - left, "=": abs(left - rule.limit)}[rule.sense]
        if off > 10 * TOLERANCE * size:
            broken.append(rule.name)
    return tuple(broken)
