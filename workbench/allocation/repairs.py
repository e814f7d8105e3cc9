"""The cheapest single way out of a conflict: one rule softened, or one capacity or maximum raised, and no more.

For each member of the conflict the least change that suffices alone, every other row in force, is solved for; it is
rounded outwards to what a person would write, and a plan that holds with it is checked without the solver.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_matrix

from workbench import theme
from workbench.allocation.canonical import Canonical, RowName
from workbench.allocation.highs import LinearModel, relax, search
from workbench.allocation.model import Rule, check_plan, row_off
from workbench.allocation.rule_words import Change, Compare, Count, ParsedRule, Term, describe
from workbench.allocation.rules import RuleRow, compile_rules, parse_rule

PROBE_SECONDS = 5.0
"""Backstop of each search for a repair."""
DIGITS = 3
"""Digits of a change as a person would write it (ours); rounded outwards."""
ROUNDS = 12
"""Steps of the search for a percentage; it ends after a few (Dinkelbach 1967)."""


@dataclass(frozen=True)
class Repair:
    """One change after which a plan exists, all else in force.

    Attributes
    ----------
    kind : str
        ``rule`` softened, ``drop`` of a rule, ``capacity`` or ``maximum`` raised.
    name, owner : str
        Of the rule, resource or activity; the rule's owner.
    was, to : float or None
        The number that changes; None where a rule is dropped. Unit: `unit`.
    unit : str
        ``%`` where a percentage changes.
    share : float
        The change as a share of what it was; 1 where a rule is dropped.
    text : str
        The rule as it would read; empty otherwise.
    is_verified : bool
        A plan was found that holds with it, checked without the solver.
    """

    kind: str
    name: str
    owner: str
    was: float | None
    to: float | None
    unit: str
    share: float
    text: str
    is_verified: bool

    def __str__(self) -> str:
        if self.kind == "drop":
            return f"{self.name} dropped"
        if self.kind == "rule":
            return f'{self.name} softened to "{self.text}"'
        was, to = (
            theme.number(value, 0 if value is None or float(value).is_integer() else 2) for value in (self.was, self.to)
        )
        if self.kind == "maximum":
            return f"the maximum of {self.name} at {to} {self.unit} instead of {was}"
        return f"{to} {self.unit}{'' if self.name == self.unit else f' of {self.name}'} instead of {was}"


Feasible = Callable[..., LinearModel]


def find_repairs(
    form: Canonical, members: Sequence[tuple[str, str]], frees: Sequence[str], feasibility: Feasible
) -> tuple[Repair, ...]:
    """Return the repairs that suffice alone, the smallest share of its own size first, drops last.

    Parameters
    ----------
    form : Canonical
        A portfolio for which no plan holds.
    members : sequence of (kind, name)
        Of a conflict.
    frees : sequence of str
        Rules without which a plan exists: what can be dropped.
    feasibility : callable
        `conflict.feasibility`.
    """
    found: list[Repair] = []
    for kind, name in members:
        if kind == "rule":
            held = _rule_repair(form, name, feasibility) if name in frees else None
            if held is None and name in frees:
                rule = next(rule for rule in form.portfolio.rules if rule.name == name)
                held = Repair("drop", name, rule.owner, None, None, "", 1.0, "", True)
        elif kind == "capacity":
            held = _capacity_repair(form, name, feasibility)
        else:
            held = _maximum_repair(form, name, feasibility) if kind == "maximum" else None
        if held is not None and held.is_verified:
            found.append(held)
    # a rule is dropped only where nothing can be softened; ties by the conflict's own order
    return tuple(sorted(found, key=lambda item: (item.kind == "drop", item.share)))


def _rule_repair(form: Canonical, name: str, feasibility: Feasible) -> Repair | None:
    rule = next(rule for rule in form.portfolio.rules if rule.name == name)
    parsed = parse_rule(rule.text, form.portfolio)
    if not isinstance(parsed, Compare | Change | Count):
        return None
    percent = _percent_term(parsed)
    if percent is not None:
        softened = _percent_repair(form, rule, percent[0], percent[1], feasibility)
        if softened is not None:
            return softened
    rows = [row for row in form.rules if row.name == name]
    found = _least_change(form, name, feasibility)
    if found is None:
        return None
    up, down, point = found
    for amount in _candidates(up if up >= down else -down, rule, form):
        softer, was, to, unit = _softened(parsed, amount, rows[0])
        if softer is None:
            return None
        text = describe(softer)
        if _is_kept(form, replace(rule, text=text), point):
            size = abs(was) or row_off(rows[0], *_plan(form, point))[1]
            share = abs(to - was) / size if size else math.inf
            if isinstance(parsed, Compare) and was * to <= 0 and was:
                return None  # softened to nothing: it might as well be dropped
            return Repair("rule", name, rule.owner, was, to, unit, share, text, True)
    return None


def _least_change(form: Canonical, name: str, feasibility: Feasible) -> tuple[float, float, np.ndarray] | None:
    """Return by how much the rule's right side must rise or fall, in its own unit, and a plan's point."""
    model = feasibility(form, extra=2)
    rows = model.rows.tolil()
    places = [place for place, held in enumerate(form.row_names) if held == RowName("rule", name)]
    for place in places:
        line, size = 3 * len(form.activities) + place, 1.0 / float(form.row_scale[place])
        if np.isfinite(form.row_high[place]):
            rows[line, -2] = -size
        if np.isfinite(form.row_low[place]):
            rows[line, -1] = size
    gain = model.gain.copy()
    gain[-2:] = -1.0 / float(form.row_scale[places[0]])
    found = _solved(replace(model, gain=gain, rows=csr_matrix(rows)))
    if found is None:
        return None
    return float(found[-2]), float(found[-1]), found


def _candidates(amount: float, rule: Rule, form: Canonical) -> list[float]:
    """Return a change rounded outwards: to a whole number where that is near, else to a few digits, else more."""
    size, sign = abs(amount), math.copysign(1.0, amount)
    near = size - 1e-6 * max(size, 1e-9)
    tries = [float(math.ceil(near))] if size >= 1 or _is_whole(rule, form) else []
    for digits in (DIGITS, DIGITS + 3):
        unit = 10.0 ** (math.floor(math.log10(size)) - digits + 1) if size > 0 else 1.0
        tries.append(math.ceil(near / unit) * unit)
    kept = [item for item in tries if item >= near and (item <= 1.02 * size or _is_whole(rule, form))]
    return [sign * item for item in sorted(kept, key=lambda item: len(f"{item:.12g}"))] + [sign * size * (1 + 1e-6)]


def _is_whole(rule: Rule, form: Canonical) -> bool:
    """Return whether the rule's number counts things that come in whole steps."""
    rows = [row for row in form.rules if row.name == rule.name]
    steps = [item for item in form.portfolio.resources if item.step and item.id in rule.text]
    return rows[0].unit == "lines" or (bool(steps) and float(rows[0].limit).is_integer())


def _softened(parsed: ParsedRule, amount: float, row: RuleRow) -> tuple[ParsedRule | None, float, float, str]:
    """Return the rule with its right side changed by an amount (up or down), the number that was and is, its unit."""
    if isinstance(parsed, Count):
        to = parsed.number + round(amount)
        return (
            (replace(parsed, number=to), float(parsed.number), float(to), "lines") if to >= 0 else (None, 0.0, 0.0, "")
        )
    if isinstance(parsed, Change):
        today = row.limit / float(1 + parsed.width) if parsed.width else row.limit
        width = parsed.width + _exact(abs(amount) / today, 5)
        return replace(parsed, width=width), 100.0 * float(parsed.width), 100.0 * float(width), "%"
    if not isinstance(parsed, Compare):
        return None, 0.0, 0.0, ""
    left, right = list(parsed.left), list(parsed.right)
    side, sign = right, 1.0
    place = next((place for place, term in enumerate(right) if term.quantity is None), None)
    if place is None:
        place = next((place for place, term in enumerate(left) if term.quantity is None), None)
        side, sign = (left, -1.0) if place is not None else (right, 1.0)
    if place is None:
        place = len(right)
        right.append(Term(Fraction(0)))
    was: Fraction = side[place].factor
    new: Fraction = was + _exact(sign * amount, 9)
    side[place] = Term(new)
    return Compare(tuple(left), parsed.sense, tuple(right)), float(was), float(new), row.unit


def _exact(value: float, digits: int) -> Fraction:
    """Return a decimal, since numbers of rules are decimals."""
    return Fraction(f"{value:.{digits}f}")


# -- percentages -----------------------------------------------------------------------------------------------------


def _percent_term(parsed: ParsedRule) -> tuple[Compare, Term] | None:
    """Return a comparison of one quantity with a percentage of another that is used too, and that percentage."""
    if not isinstance(parsed, Compare) or parsed.sense == "=" or len(parsed.left) != 1 or len(parsed.right) != 1:
        return None
    left, right = parsed.left[0], parsed.right[0]
    if left.quantity is None or right.quantity is None or not right.is_percent or right.quantity.kind != "used":
        return None
    return (parsed, right) if left.factor > 0 and right.factor > 0 else None


def _percent_repair(form: Canonical, rule: Rule, parsed: Compare, term: Term, feasibility: Feasible) -> Repair | None:
    """Return the rule at the nearest percentage with which a plan holds: a ratio, sought step by step."""
    base = feasibility(form, without=frozenset({("rule", rule.name)}))
    top, top_free = _linear_in(form, base.gain.size, Compare(parsed.left, "<=", (Term(Fraction(0)),)))
    bottom, bottom_free = _linear_in(
        form, base.gain.size, Compare((Term(Fraction(1), term.quantity),), "<=", (Term(Fraction(0)),))
    )
    sign = 1.0 if parsed.sense == "<=" else -1.0
    ratio, point = float(term.factor), None
    for _ in range(ROUNDS):
        found = _solved(replace(base, gain=-sign * (top - ratio * bottom)))
        if found is None:
            return None
        amount = float(bottom @ found) + bottom_free
        if amount <= 1e-12:
            return None
        new, point = (float(top @ found) + top_free) / amount, found
        if abs(new - ratio) <= 1e-9 * max(abs(ratio), 1e-9):
            break
        ratio = new
    if point is None or sign * (ratio - float(term.factor)) <= 0 or ratio < 0:
        return None
    for digits in (1, 2, 4):  # of a percentage, outwards
        step = 10.0**-digits
        rounded = sign * math.ceil(sign * 100.0 * ratio / step - 1e-7) * step
        softer = replace(parsed, right=(replace(term, factor=_exact(rounded / 100.0, digits + 2)),))
        text, was = describe(softer), 100.0 * float(term.factor)
        if rounded >= 0 and _is_kept(form, replace(rule, text=text), point):
            return Repair("rule", rule.name, rule.owner, was, rounded, "%", abs(rounded - was) / was, text, True)
    return None


def _linear_in(form: Canonical, count: int, compare: Compare) -> tuple[np.ndarray, float]:
    """Return the left side of a comparison with nothing as coefficients of the programme's columns, and a constant."""
    probe = replace(form.portfolio, rules=(Rule("probe", describe(compare)),))
    (row,) = compile_rules(probe)
    level = {item.id: place for place, item in enumerate(form.activities)}
    line = {name: place for place, name in enumerate(form.lines)}
    found = np.zeros(count)
    for kind, key, value in row.terms:
        if kind == "level":
            found[len(form.lines) + level[key]] += value * float(form.size[level[key]])
        else:
            found[line[key]] += value
    return found, -row.limit


# -- what is given ---------------------------------------------------------------------------------------------------


def _capacity_repair(form: Canonical, name: str, feasibility: Feasible) -> Repair | None:
    place = form.row_names.index(RowName("capacity", name))
    model = feasibility(form, extra=1, is_wide=True)
    rows = model.rows.tolil()
    rows[3 * len(form.activities) + place, -1] = -1.0
    gain = model.gain.copy()
    gain[-1] = -1.0
    found = _solved(replace(model, gain=gain, rows=csr_matrix(rows)))
    if found is None:
        return None
    resource = form.portfolio.resource(name)
    more, was = float(found[-1] * form.row_scale[place]), resource.capacity[0]
    step = resource.step or 10.0 ** (math.floor(math.log10(more)) - DIGITS + 1) if more > 0 else 1.0
    to = was + math.ceil(more / step - 1e-6) * step
    wider = replace(
        form.portfolio,
        resources=tuple(
            replace(item, capacity=(to,)) if item.id == name else item for item in form.portfolio.resources
        ),
    )
    held = check_plan(wider, *_plan(form, found), rows=form.rules).holds
    return Repair("capacity", name, "", was, to, resource.unit, (to - was) / was if was else math.inf, "", held)


def _maximum_repair(form: Canonical, name: str, feasibility: Feasible) -> Repair | None:
    place = next(place for place, item in enumerate(form.activities) if item.id == name)
    model = feasibility(form, without=frozenset({("maximum", name)}))
    gain = model.gain.copy()
    gain[len(form.lines) + place] = -1.0
    found = _solved(replace(model, gain=gain))
    if found is None:
        return None
    activity = form.portfolio.activity(name)
    level, was = float(found[len(form.lines) + place] * form.size[place]), activity.maximum
    if level <= was:
        return None  # the capacities hold it, not its maximum
    step = 10.0 ** (math.floor(math.log10(level)) - DIGITS)
    to = math.ceil(level / step - 1e-6) * step
    wider = replace(
        form.portfolio,
        activities=tuple(replace(item, maximum=to) if item.id == name else item for item in form.portfolio.activities),
    )
    held = check_plan(wider, *_plan(form, found), rows=form.rules).holds
    return Repair("maximum", name, "", was, to, activity.unit, (to - was) / was if was else math.inf, "", held)


def _solved(model: LinearModel) -> np.ndarray | None:
    """Return the best point, whole numbers exact and rows held to the last digits; None: none, or not in time."""
    found = search(model, gap=1e-9, seconds=PROBE_SECONDS, nodes=100_000)
    if found.point is None or found.status != "optimal":
        return None
    whole = np.round(found.point)
    low, high = (np.where(model.is_whole, whole, side) for side in (model.low, model.high))
    return relax(replace(model, low=low, high=high)).point


def _is_kept(form: Canonical, rule: Rule, point: np.ndarray) -> bool:
    """Return whether a point is a plan with one rule in new words, in our own arithmetic."""
    new = compile_rules(replace(form.portfolio, rules=(rule,)))
    rows = [*(row for row in form.rules if row.name != rule.name), *new]
    return check_plan(form.portfolio, *_plan(form, point), rows=rows).holds


def _plan(form: Canonical, point: np.ndarray) -> tuple[dict[str, float], dict[str, bool]]:
    """Return levels and supports of a point; unlike `Canonical.levels` they may be above what is within reach."""
    n_lines, n = len(form.lines), len(form.activities)
    is_open = np.round(point[:n_lines])
    shares = np.where(
        (is_open[form.line_of] > 0) & (point[n_lines : n_lines + n] > 1e-10), point[n_lines : n_lines + n], 0.0
    )
    levels = {
        item.id: float(share * size) for item, share, size in zip(form.activities, shares, form.size, strict=True)
    }
    return levels, form.supports(is_open)
