"""Why a line got what it got, and what one more of each resource would be worth.

Every price printed was solved again with the changed capacity; supports and branches of the curves are held, so the
prices are local: they speak of small changes.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from workbench.allocation.flips import Flip
from workbench.allocation.model import Activity, Portfolio, Rule, evaluate, line_money, line_people, row_off
from workbench.allocation.polish import polish_plan
from workbench.allocation.rules import compile_rules, quoted
from workbench.allocation.solver import Limits, Plan, best_plan, sharp_form
from workbench.errors import ModelError

PRICE_SHARE = 0.01
"""A price is asked for this share of the capacity where the resource has no step (ours: small, yet beyond noise)."""
MOST_RULES = 20
"""Up to this many rules each is priced (ours: a plan a rule)."""
PROBE_SECONDS = 10.0
"""Backstop of each plan sought again."""
FIRST_STEP = 0.01
"""The first step from nothing is this share of the maximum, or the minimum (ours: the least one would begin with)."""
AVERAGES = 64
"""Levels tried for the best average (ours: within 1 % of it on the curves there are)."""
BINDING = 1e-6
"""A row with less room than this share of its size is binding."""


@dataclass(frozen=True)
class ShadowPrice:
    """What a little more, or a little less, of a resource is worth; local, each side solved again.

    Attributes
    ----------
    resource, unit : str
    amount : float
        How much more or less was asked about. Unit: the resource's.
    up, down : float or None
        Value of one more unit, cost of one less, over that amount; None where no plan holds with less.
        Unit: value per resource unit.
    used, capacity : float
        Unit: the resource's.
    per_currency : float or None
        `up` over the cost of a unit. Unit: value per currency.
    """

    resource: str
    unit: str
    amount: float
    up: float
    down: float | None
    used: float
    capacity: float
    per_currency: float | None


@dataclass(frozen=True)
class LineReason:
    """Why a line got what it got.

    Attributes
    ----------
    line, name : str
    supported : bool
    value, today_value : float
        Unit: value.
    money, today_money : float
        What the line takes, every resource at its unit cost. Unit: currency a period.
    people, today_people : float
        Over all resources that are people. Unit: people.
    next_unit : float or None
        What its next unit of money earns at best; None where it can use no more. Unit: value per currency.
    last_funded : float or None
        What the last unit of money earns elsewhere, in activities that take mainly the same resource, where it earns
        least. Unit: value per currency.
    binding : tuple of str
        Rules that hold this line's amounts where they are.
    other_option : float or None
        Value lost by deciding the other way (closing it, or keeping it), found by solving again; None where the
        other way is not open, breaks a rule, or was not worked out. Unit: value.
    is_verified : bool
        The other option was worked out: both plans proved, or no plan holds with it.
    flip : Flip or None
        What its outcome must be worth for the decision to change; None where that was not asked.
    """

    line: str
    name: str
    supported: bool
    value: float
    today_value: float
    money: float
    today_money: float
    people: float
    today_people: float
    next_unit: float | None
    last_funded: float | None
    binding: tuple[str, ...]
    other_option: float | None
    is_verified: bool
    flip: Flip | None = None


@dataclass(frozen=True)
class RulePrice:
    """What a rule costs: value of the best plan without it, less the best plan with it.

    Attributes
    ----------
    rule, owner : str
    price : float or None
        0 where it costs less than what can be proved; None where that was not worked out: not solved again, or not
        proved. Unit: value.
    is_tight : bool
        It leaves no room in the plan.
    is_verified : bool
        It was worked out.
    """

    rule: str
    owner: str
    price: float | None
    is_tight: bool
    is_verified: bool


def price_rules(plan: Plan, *, seconds: float = np.inf) -> tuple[RulePrice, ...]:
    """Return what each rule costs, in the client's order: each is left out once and the plan is sought again.

    Parameters
    ----------
    plan : Plan
    seconds : float
        Together; a rule whose turn does not come in time, or whose plan is not proved, has no price.

    With more than `MOST_RULES` rules only those that leave no room are left out.
    """
    portfolio, tight, until = plan.portfolio, set(tight_rules(plan)), time.process_time() + seconds
    noise = 2.0 * max(plan.certificate.gap_absolute, 1e-9 * abs(plan.value))
    found = []
    for rule in portfolio.rules:
        left = min(until - time.process_time(), PROBE_SECONDS)
        if left <= 0 or (len(portfolio.rules) > MOST_RULES and rule.name not in tight):
            found.append(RulePrice(rule.name, rule.owner, None, rule.name in tight, False))
            continue
        rest = replace(portfolio, rules=tuple(item for item in portfolio.rules if item is not rule))
        without = _sought(rest, plan, left, [(plan.first, plan.supported)], enough=plan.value + noise)
        price: float | None = None
        if without is not None and without.certificate.bound <= plan.value + noise:
            price = 0.0
        elif without is not None and without.certificate.proved and plan.certificate.proved:
            price = without.value - plan.value if without.value - plan.value > noise else 0.0
        found.append(RulePrice(rule.name, rule.owner, price, rule.name in tight, price is not None))
    return tuple(found)


def shadow_prices(plan: Plan) -> tuple[ShadowPrice, ...]:
    """Return what a little more and a little less of each resource is worth, in the client's order."""
    form = sharp_form(plan)
    shares, is_open = form.shares(plan.first), form.support_array(plan.supported)
    base = polish_plan(form, shares, is_open)
    here = plan.value if base is None else max(form.zero_value + form.scale * base.value, plan.value)
    found = []
    for resource in plan.portfolio.resources:
        capacity = resource.capacity[0]
        amount = resource.step or PRICE_SHARE * capacity or 1.0
        up = _value_with(plan, resource.id, amount)
        down = _value_with(plan, resource.id, -min(amount, capacity)) if capacity > 0 else None
        worth = max((here if up is None else up) - here, 0.0) / amount
        found.append(
            ShadowPrice(
                resource=resource.id,
                unit=resource.unit,
                amount=amount,
                up=_clean(worth, here, amount),
                down=None if down is None else _clean(max(here - down, 0.0) / amount, here, amount),
                used=plan.found.used[resource.id],
                capacity=capacity,
                per_currency=worth / resource.unit_cost if resource.unit_cost > 0 else None,
            )
        )
    return tuple(found)


def other_plans(plan: Plan, *, seconds: float = np.inf) -> dict[str, Plan | None]:
    """Return the best plan with each line decided the other way, None where none holds.

    Parameters
    ----------
    plan : Plan
    seconds : float
        Together. Lines that nobody may close, and those whose turn does not come in time, are left out.
    """
    until, portfolio = time.process_time() + seconds, plan.portfolio
    found: dict[str, Plan | None] = {}
    for line in portfolio.lines:
        left = min(until - time.process_time(), PROBE_SECONDS)
        if line.closing is None or left <= 0:
            continue
        word = "close" if plan.supported[line.id] else "keep"
        wanted = Rule(f"{word} {line.id} (what if)", f"{word} line {quoted(line.id)}")
        supported = {**plan.supported, line.id: not plan.supported[line.id]}
        levels = {item.id: 0.0 if item.line == line.id else plan.level(item.id) for item in portfolio.activities}
        with suppress(ModelError):  # no plan in the time there is: not worked out
            found[line.id] = _sought(
                replace(portfolio, rules=(*portfolio.rules, wanted)), plan, left, [(levels, supported)]
            )
    return found


def _sought(
    portfolio: Portfolio,
    plan: Plan,
    seconds: float,
    candidates: Sequence[tuple[Mapping[str, float], Mapping[str, bool]]],
    *,
    enough: float = -np.inf,
) -> Plan | None:
    """Seek a plan again under other rules, from the cover of one that was found."""
    return best_plan(
        portfolio,
        gap=plan.certificate.asked_gap,
        candidates=candidates,
        limits=Limits(seconds=seconds),
        like=plan,
        enough=enough,
    )


def explain_lines(
    plan: Plan,
    *,
    binding: Collection[str] = (),
    given: Mapping[str, Mapping[str, float]] | None = None,
    others: Mapping[str, Plan | None] | None = None,
) -> tuple[LineReason, ...]:
    """Return a reason per line, in the client's order.

    Parameters
    ----------
    plan : Plan
    binding : collection of str
        Rules that cost value (see `price_rules`).
    given : mapping of line to mapping of resource to float, optional
        What each line is given, where that is more than it uses (whole people).
    others : mapping of line to Plan or None, optional
        The plans with a line decided the other way, where they are at hand (see `other_plans`).
    """
    others = other_plans(plan) if others is None else others
    portfolio = plan.portfolio
    today = evaluate(portfolio, portfolio.today, {})
    found = plan.found if given is None else replace(plan.found, used_by_line=given)
    last = _last_funded(plan)
    reasons = []
    for line in portfolio.lines:
        supported = plan.supported[line.id]
        other, verified = _other_option(plan, line.id, others)
        next_unit, last_funded = _next_and_last(plan, line.id, last)
        reasons.append(
            LineReason(
                line=line.id,
                name=line.name,
                supported=supported,
                value=found.by_line[line.id],
                today_value=today.by_line[line.id],
                money=line_money(portfolio, found, line.id),
                today_money=line_money(portfolio, today, line.id),
                people=line_people(portfolio, found, line.id),
                today_people=line_people(portfolio, today, line.id),
                next_unit=next_unit,
                last_funded=last_funded,
                binding=_binding(plan, line.id, binding),
                other_option=other,
                is_verified=verified,
            )
        )
    return tuple(reasons)


def tight_rules(plan: Plan) -> tuple[str, ...]:
    """Return the rules that leave no room in the plan, in the client's order.

    A rule between lines counts only where it keeps one of them closed or open against the others.
    """
    tight = []
    for row in compile_rules(plan.portfolio):
        if len(row.terms) > 1 and row.unit == "lines" and all(plan.supported[key] for _, key, _ in row.terms):
            continue
        off, size = row_off(row, plan.first, plan.supported)
        if row.sense == "=" or off >= -BINDING * size:
            tight.append(row.name)
    return tuple(dict.fromkeys(tight))


def _value_with(plan: Plan, resource: str, change: float) -> float | None:
    """Value with a capacity changed, supports and branches held."""
    changed = replace(
        plan.portfolio,
        resources=tuple(
            replace(item, capacity=(item.capacity[0] + change,)) if item.id == resource else item
            for item in plan.portfolio.resources
        ),
    )
    form = sharp_form(replace(plan, portfolio=changed))
    found = polish_plan(form, form.shares(plan.first), form.support_array(plan.supported))
    return None if found is None else form.zero_value + form.scale * found.value


def _clean(price: float, value: float, amount: float) -> float:
    """Return a price, or none where it is within the noise of two solves."""
    return 0.0 if price * amount <= 1e-8 * max(abs(value), 1e-12) else price


def _cost(portfolio: Portfolio, activity: Activity) -> float:
    """Return the money that one unit of level takes."""
    return sum(portfolio.resource(name).unit_cost * amount for name, amount in activity.recipe.items())


def _main_resource(portfolio: Portfolio, activity: Activity) -> str:
    """Return the resource that most of an activity's money goes to; euros of different resources do not compare."""
    return max(activity.recipe, key=lambda name: (portfolio.resource(name).unit_cost * activity.recipe[name], name))


def _last_funded(plan: Plan) -> list[tuple[str, str, float]]:
    """Return line, main resource and what the last unit of money earns, of each funded activity that is free to move.

    An activity that a rule holds where it is, does not count. Funded ones at their minimum or maximum count where
    fewer than two of a resource are free.
    """
    tight = set(tight_rules(plan))
    held_by_rule = {
        key
        for row in compile_rules(plan.portfolio)
        if row.name in tight
        for kind, key, _ in row.terms
        if kind == "level"
    }
    free, funded = [], []
    for activity in plan.portfolio.activities:
        cost, level = _cost(plan.portfolio, activity), plan.level(activity.id)
        if cost <= 0 or level <= 1e-9 * activity.maximum or not plan.supported[activity.line]:
            continue
        earns = plan.portfolio.worth(activity.id) * activity.curve.slope(level) / cost
        held = (activity.line, _main_resource(plan.portfolio, activity), earns)
        if activity.id not in held_by_rule:
            funded.append(held)
        is_inside = activity.minimum * (1 + 1e-6) < level < activity.maximum * (1 - 1e-6)
        if is_inside and activity.id not in held_by_rule:
            free.append(held)
    enough = {name for _, name, _ in free if len({line for line, other, _ in free if other == name}) > 1}
    return [item for item in free if item[1] in enough] + [item for item in funded if item[1] not in enough]


def _next_and_last(plan: Plan, line: str, last: list[tuple[str, str, float]]) -> tuple[float | None, float | None]:
    """Return what a line's next money earns at best, and what the last earns elsewhere on the same resource.

    From here upwards the steepest way counts, so that a slow start of an S does not hide what follows. Of several
    activities the one that comes nearest to what is funded elsewhere speaks for the line.
    """
    best: tuple[float, float, float | None] | None = None
    for activity in plan.portfolio.activities_of(line):
        cost, level, worth = _cost(plan.portfolio, activity), plan.level(activity.id), plan.portfolio.worth(activity.id)
        if cost <= 0 or worth <= 0 or level >= activity.maximum * (1 - 1e-9):
            continue
        earns = worth * _steepest(activity, level) / cost
        main = _main_resource(plan.portfolio, activity)
        elsewhere = min((value for owner, name, value in last if owner != line and name == main), default=None)
        rank = earns / elsewhere if elsewhere else earns
        # at the best plan several earn the same but for the last digits: the first in the client's order then speaks
        if best is None or rank > best[0] * (1 + 1e-3):
            best = (rank, earns, elsewhere)
    return (None, None) if best is None else (best[1], best[2])


def _steepest(activity: Activity, level: float) -> float:
    """Return the best average rise from a level upwards. Unit: outcome per level.

    From nothing at all it is over a step that can be taken, not the slope at zero, which may have no limit.
    """
    curve, top = activity.curve, activity.maximum
    if level > 1e-9 * top:
        return curve.cover(level, level, top, 1.0).slope
    first = max(activity.minimum, FIRST_STEP * top)
    levels = np.concatenate([np.geomspace(first, top, AVERAGES), getattr(curve, "levels", ())])
    return max((curve.value(at) - curve.value(0.0)) / at for at in levels.tolist() if first <= at <= top)


def _binding(plan: Plan, line: str, binding: Collection[str]) -> tuple[str, ...]:
    """Return the binding rules that speak of this line."""
    own = {activity.id for activity in plan.portfolio.activities_of(line)}
    named = {
        row.name
        for row in compile_rules(plan.portfolio)
        if any((kind == "level" and key in own) or (kind == "support" and key == line) for kind, key, _ in row.terms)
    }
    return tuple(rule.name for rule in plan.portfolio.rules if rule.name in named and rule.name in binding)


def _other_option(plan: Plan, line: str, others: Mapping[str, Plan | None]) -> tuple[float | None, bool]:
    """Value lost by closing a line the plan keeps, or keeping one it closes; and whether that is known."""
    if line not in others:
        return None, False
    other = others[line]
    if other is None:
        return None, True
    if not (plan.certificate.proved and other.certificate.proved):
        return None, False
    return max(plan.value - other.value, 0.0), True
