"""From the best plan to one that people can carry out: small moves left out, whole people in every line.

Both cost a little value; the cost is said. The certificate stays with the best plan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from workbench.allocation.canonical import Canonical, canonical_form
from workbench.allocation.highs import LinearModel, search
from workbench.allocation.model import check_plan
from workbench.allocation.polish import polish_plan, tangent_programme
from workbench.allocation.solver import Plan, make_plan

NEAR_EQUAL = 0.001
"""Plans within this share of the lift count as equally good (ours: far below what the curves are known to)."""
SMALL_MOVE = 0.1
"""A move below this share of an activity's maximum is a small one, worth leaving out if it costs nothing (ours)."""
MANY = 60
"""Above this many activities only whole people are settled, small moves stay."""


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
        What a line is given of each resource: whole steps where there are steps, else what it uses.
    """

    plan: Plan
    moves: int
    best_moves: int
    near_equal_cost: float
    rounding_cost: float
    is_whole: bool
    given: Mapping[str, Mapping[str, float]]


def round_plan(plan: Plan, *, within: float = NEAR_EQUAL) -> Settled:
    """Return a plan near the best one with fewer small moves and whole steps.

    Parameters
    ----------
    plan : Plan
        The best one.
    within : float
        What fewer moves may cost, as a share of the lift.
    """
    form = canonical_form(plan.portfolio)
    shares, is_open = form.shares(plan.first), form.support_array(plan.supported)
    best_value = form.value_of(shares, is_open)
    certificate = plan.certificate
    lift = certificate.lift
    calm, fixed = _fewer_moves(form, shares, is_open, best_value - within * lift / form.scale)
    calm_value = form.value_of(calm, is_open)
    stepped = [number for number, name in enumerate(form.row_names) if _step(form, number)]
    whole = _whole_steps(form, calm, is_open, stepped, fixed) if stepped else calm
    if whole is None and fixed:
        whole = _whole_steps(form, calm, is_open, stepped, {})
    chosen = calm if whole is None else whole
    settled = _as_plan(form, plan, chosen, is_open)
    if settled is None or settled.value < plan.baseline_value - 1e-9 * abs(plan.baseline_value):
        settled, chosen, whole = plan, shares, None if stepped else shares
        calm_value = best_value
    return Settled(
        plan=settled,
        moves=_moves(form, form.shares(settled.first)),
        best_moves=_moves(form, shares),
        near_equal_cost=max((best_value - calm_value) * form.scale, 0.0),
        rounding_cost=max(calm_value * form.scale + form.zero_value - settled.value, 0.0),
        is_whole=whole is not None,
        given=_given(settled, is_whole=whole is not None),
    )


def _moves(form: Canonical, shares: np.ndarray) -> int:
    return int(np.sum(np.abs(shares - form.shares(form.portfolio.today)) > 1e-6))


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
    form: Canonical, shares: np.ndarray, is_open: np.ndarray, stepped: list[int], fixed: dict[int, float]
) -> np.ndarray | None:
    """Give each line whole steps of each stepped resource, then use them as well as the curves allow."""
    steps = _choose_steps(form, shares, is_open, stepped, fixed)
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
    return found.shares if found is not None and _holds(form, found.shares, is_open) else None


def _choose_steps(
    form: Canonical, shares: np.ndarray, is_open: np.ndarray, stepped: list[int], fixed: dict[int, float]
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
    wide = csr_matrix(hstack([model.rows, csr_matrix((model.rows.shape[0], extra))]))
    found = search(
        LinearModel(
            np.concatenate([model.gain, np.full(extra, -1e-9)]),
            np.concatenate([model.low, np.zeros(extra)]),
            np.concatenate([model.high, np.full(extra, np.inf)]),
            np.concatenate([model.is_whole, np.ones(extra, dtype=bool)]),
            csr_matrix(vstack([wide, csr_matrix(np.array(rows))])),
            np.concatenate([model.row_low, np.full(len(rows), -np.inf)]),
            np.concatenate([model.row_high, highs]),
        ),
        gap=1e-7,
        seconds=10.0,
        nodes=50_000,
    )
    if found.point is None:
        return None
    return {key: round(float(found.point[count + place])) for place, key in enumerate(columns)}


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
    levels = form.levels(shares)
    # a search leaves 18.9999999999 where it means 19
    neat = {name: float(f"{level:.7g}") for name, level in levels.items()}
    if check_plan(form.portfolio, neat, form.supports(is_open), rows=form.rules).holds:
        levels = neat
    return make_plan(
        form,
        levels,
        form.supports(is_open),
        plan.certificate,
        plan.baseline,
        plan.baseline_value,
        plan.current_breaks,
    )


def _given(plan: Plan, *, is_whole: bool) -> dict[str, dict[str, float]]:
    """Round a line's use up to whole steps; the capacity has room for that where the plan is whole."""
    portfolio = plan.portfolio
    found: dict[str, dict[str, float]] = {}
    for line in portfolio.lines:
        found[line.id] = {}
        for resource in portfolio.resources:
            used = plan.found.used_by_line[line.id][resource.id]
            step = resource.step if is_whole else None
            found[line.id][resource.id] = math.ceil(used / step - 1e-6) * step if step else used
    return found
