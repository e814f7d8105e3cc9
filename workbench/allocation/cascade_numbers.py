"""The numbers of the cascade: what each line takes of each resource, and how far each function's plan is from it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from workbench.allocation.cascade import Cascade, FunctionReading, ResourceReading
from workbench.allocation.model import Portfolio, Resource
from workbench.findings import Figure

PROJECT_WORDS = {
    "no line": ("fits no line", "fit no line"),
    "closing line": ("feeds a line that closes", "feed a line that closes"),
    "no owner": ("ends without an owner", "end without an owner"),
}
"""Why a project does not fit, in words: of one, and of several."""
_PLANS = "function_plans"
_CASCADE = "plan, function_plans"


def cascade_figures(portfolio: Portfolio, cascade: Cascade | None) -> Iterator[Figure]:
    """Yield the cascade's figures, keyed, in an order that depends on the portfolio alone; no value without one."""
    held = {item.function: item for item in cascade.functions} if cascade else {}
    for name in dict.fromkeys(item.function for item in portfolio.resources):
        yield from _function_figures(portfolio, name, held.get(name))
    readings = {item.resource: item for one in held.values() for item in one.resources}
    for resource in portfolio.resources:
        yield from _resource_figures(portfolio, resource, readings.get(resource.id))
    short = {item.amount.line: item.share for item in cascade.short} if cascade else {}
    for line in portfolio.lines:
        words = f"{line.name}: planned share of its scarcest resource"
        yield _figure(f"line_short/{line.id}", words, short.get(line.id), "share")
    lost, words = cascade.all_at_stake if cascade else None, "Value lost within what all functions plan"
    yield _figure("functions_at_stake", words, lost, portfolio.value_unit)
    for why in PROJECT_WORDS:
        yield from _project_figures(why, cascade)


def _figure(key: str, name: str, value: float | None, unit: str, source: str = _CASCADE) -> Figure:
    return Figure("", key, name, value, unit, source=source)


def _function_figures(portfolio: Portfolio, name: str, one: FunctionReading | None) -> Iterator[Figure]:
    """Yield how far a function's plan is from what the lines need, and what that costs."""
    more, less = one.people if one else (None, None)
    stake, money, one_off = (one.at_stake, one.money, one.one_off) if one else (None, None, None)
    differs, covered = (one.differs_by, one.coverage) if one else (None, None)
    yield _figure(f"function_differs/{name}", f"{name}: its lines' shares differ by", differs, "share")
    yield _figure(f"function_coverage/{name}", f"{name}: share of the plan it covers", covered, "share")
    words = f"{name}: value lost within its own plan"
    yield _figure(f"function_at_stake/{name}", words, stake, portfolio.value_unit)
    yield _figure(f"function_money/{name}", f"{name}: change of money a period", money, "currency")
    yield _figure(f"function_one_off/{name}", f"{name}: one-off cost", one_off, "currency", "closing")
    yield _figure(f"function_people_more/{name}", f"{name}: people that lines get more", more, "people")
    yield _figure(f"function_people_less/{name}", f"{name}: people that lines get less", less, "people")


def _resource_figures(portfolio: Portfolio, resource: Resource, read: ResourceReading | None) -> Iterator[Figure]:
    """Yield what is planned of a resource, and what each line takes of it."""
    name, unit = resource.id, resource.unit
    planned, more, less, differs = (read.planned, read.more, read.less, read.differs_by) if read else [None] * 4
    yield _figure(f"planned/{name}", f"{name}: planned by {resource.function}", planned, unit, _PLANS)
    yield _figure(f"more/{name}", f"{name}: what lines get more", more, unit)
    yield _figure(f"less/{name}", f"{name}: what lines get less", less, unit)
    yield _figure(f"differs/{name}", f"{name}: shares of lines differ by", differs, "share")
    amounts = {item.line: item for item in read.amounts} if read else {}
    for line in portfolio.lines:
        amount, place, words = amounts.get(line.id), f"{name}/{line.id}", f"{name} in {line.name}"
        yield _figure(f"need_today/{place}", f"{words}: today", amount.today if amount else None, unit)
        yield _figure(f"need/{place}", f"{words}: in the plan", amount.wanted if amount else None, unit)
        yield _figure(f"need_planned/{place}", f"{words}: planned", amount.planned if amount else None, unit, _PLANS)
        yield _figure(f"need_change/{place}", f"{words}: change", amount.change if amount else None, unit)


def _project_figures(why: str, cascade: Cascade | None) -> Iterator[Figure]:
    """Yield how many projects do not fit for one reason, with their people and what is left of their budgets."""
    key, words = why.replace(" ", "_"), PROJECT_WORDS[why][1]
    count = people = left = None
    if cascade:
        found = [item.project for item in cascade.projects if why in item.why]
        count, people = len(found), math.fsum(item.people or 0.0 for item in found)
        left = math.fsum(max((item.budget or 0.0) - (item.spent or 0.0), 0.0) for item in found)
    yield _figure(f"projects/{key}", f"Projects that {words}", count, "count", "projects")
    yield _figure(f"projects_people/{key}", f"People in projects that {words}", people, "people", "projects")
    yield _figure(f"projects_left/{key}", f"Budget left in projects that {words}", left, "currency", "projects")
