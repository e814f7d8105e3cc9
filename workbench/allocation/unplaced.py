"""What of a resource is left over, and why: each reason found by solving again.

A resource may stay unused because people come whole, because another resource is short, because a rule holds it back,
or because nothing that takes it would bring more. Which of these it is, is asked of the plan: with more of the other
resource, or without the rule, is more of this one used?
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.allocation.explain import RulePrice, ShadowPrice
from workbench.allocation.model import Portfolio, Resource
from workbench.allocation.settling import Settled
from workbench.allocation.solver import Limits, Plan, best_plan
from workbench.errors import ModelError

LEAST = 0.005
"""Less than this share of what there is, is not worth a sentence (ours)."""
MORE = 0.2
"""Another resource is raised by this share to see whether it is what is short (ours: what a budget round can move)."""
PLENTY = 10.0
"""All other resources are raised to this many times to see whether anything at all would take more (ours)."""
TELLS = 0.05
"""A reason counts when at least this share of what is left over is then used (ours)."""
PROBE_SECONDS = 10.0
"""Backstop of each plan sought again."""


@dataclass(frozen=True)
class Unplaced:
    """What of a resource the plan leaves over.

    Attributes
    ----------
    resource, unit : str
    amount, capacity : float
        Left over, and what there is. Unit: `unit`.
    money : float
        What is left over at its unit cost. Unit: currency a period.
    reason : str
        ``other`` (another resource is short), ``rule``, ``together`` (several of these at once), ``saturated``
        (nothing that takes it would bring more), ``steps`` (whole people), or ``open``: not worked out.
    names : tuple of str
        The resources that are short, or the rules.
    used_then : float or None
        How much more is used once the first of them gives way (a resource by `MORE`). Unit: `unit`.
    is_verified : bool
        Every plan sought again for this is proved.
    """

    resource: str
    unit: str
    amount: float
    capacity: float
    money: float
    reason: str
    names: tuple[str, ...] = ()
    used_then: float | None = None
    is_verified: bool = False


def unplaced_resources(
    plan: Plan,
    settled: Settled,
    *,
    prices: Sequence[ShadowPrice] = (),
    rules: Sequence[RulePrice] = (),
    seconds: float = math.inf,
) -> tuple[Unplaced, ...]:
    """Return what is left over of each resource and why, in the client's order; nothing where all is used.

    Parameters
    ----------
    plan : Plan
        The best one.
    settled : Settled
        The plan to carry out: what it gives, in whole steps.
    prices : sequence of ShadowPrice
        Resources that are worth something may be what is short.
    rules : sequence of RulePrice
        Rules that leave no room may be what holds back.
    seconds : float
        Together; a reason that was not looked into in time is ``open``.
    """
    portfolio, until = plan.portfolio, time.process_time() + seconds
    given = {item.id: math.fsum(held[item.id] for held in settled.given.values()) for item in portfolio.resources}
    left = {item.id: item.capacity[0] - given[item.id] for item in portfolio.resources}
    asked = [item for item in portfolio.resources if left[item.id] > max(LEAST * item.capacity[0], 1e-9)]
    by_steps = {item.id for item in asked if item.capacity[0] - plan.found.used[item.id] <= LEAST * item.capacity[0]}
    open_ones = [item for item in asked if item.id not in by_steps]
    probes = _probes(
        plan, [item.resource for item in prices if item.up > 0], [item.rule for item in rules if item.is_tight]
    )
    seen = [(kind, name, _again(changed, plan, until)) for kind, name, changed in (probes if open_ones else [])]
    return tuple(
        _as(item, left[item.id], "steps", verified=plan.certificate.proved)
        if item.id in by_steps
        else _reason(plan, item, left[item.id], seen, until)
        for item in asked
    )


def _probes(plan: Plan, scarce: list[str], tight: list[str]) -> list[tuple[str, str, Portfolio]]:
    portfolio = plan.portfolio
    found = [("other", name, _raised(portfolio, {name}, 1.0 + MORE)) for name in scarce]
    found += [
        ("rule", name, replace(portfolio, rules=tuple(rule for rule in portfolio.rules if rule.name != name)))
        for name in tight
    ]
    return found


def _reason(
    plan: Plan, item: Resource, left: float, seen: list[tuple[str, str, Plan | None]], until: float
) -> Unplaced:
    """Return why a resource is left over, from plans sought with one thing changed; then with all changed."""
    before, found = plan.found.used[item.id], []
    is_sure = plan.certificate.proved
    for kind, name, other in seen:
        if name == item.id:
            continue
        if other is None:
            is_sure = False
            continue
        is_sure = is_sure and other.certificate.proved
        more = other.found.used[item.id] - before
        if more >= TELLS * left:
            found.append((more, kind, name))
    if found:
        found.sort(key=lambda held: (-held[0], held[2]))
        kind = found[0][1]
        names = tuple(name for _, other, name in found if other == kind)
        return _as(item, left, kind, names, found[0][0], is_sure)
    others = {other.id for other in plan.portfolio.resources if other.id != item.id}
    free = replace(_raised(plan.portfolio, others, PLENTY), rules=())
    all_free = _again(free, plan, until)
    if all_free is None:
        return _as(item, left, "open")
    is_sure = is_sure and all_free.certificate.proved
    more = all_free.found.used[item.id] - before
    if more >= TELLS * left:
        return _as(item, left, "together", (), more, is_sure)
    return _as(item, left, "saturated", (), None, is_sure)


def _as(
    item: Resource,
    left: float,
    reason: str,
    names: tuple[str, ...] = (),
    used: float | None = None,
    verified: bool = False,
) -> Unplaced:
    return Unplaced(item.id, item.unit, left, item.capacity[0], left * item.unit_cost, reason, names, used, verified)


def _raised(portfolio: Portfolio, names: set[str], factor: float) -> Portfolio:
    return replace(
        portfolio,
        resources=tuple(
            replace(item, capacity=(item.capacity[0] * factor,)) if item.id in names else item
            for item in portfolio.resources
        ),
    )


def _again(portfolio: Portfolio, plan: Plan, until: float) -> Plan | None:
    """Return the best plan of a portfolio with something given way; None where the time did not suffice."""
    left = min(until - time.process_time(), PROBE_SECONDS)
    if left <= 0:
        return None
    try:
        return best_plan(
            portfolio,
            gap=plan.certificate.asked_gap,
            candidates=[(plan.first, plan.supported)],
            limits=Limits(seconds=left),
        )
    except ModelError:
        return None
