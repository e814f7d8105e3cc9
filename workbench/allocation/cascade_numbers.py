"""The numbers of the cascade: what each line takes of each resource, and how far each function's plan is from it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from workbench.allocation.cascade import Cascade, FunctionReading
from workbench.allocation.model import Portfolio
from workbench.findings import Figure

PROJECT_WORDS = {
    "no line": "fit no line",
    "closing line": "feed a line that closes",
    "no owner": "end without an owner",
}
"""Why a project does not fit, in words."""
_PLANS = "function_plans"
_CASCADE = "plan, function_plans"


def cascade_figures(portfolio: Portfolio, cascade: Cascade | None) -> Iterator[Figure]:
    """Yield the cascade's figures, keyed, in an order that depends on the portfolio alone; no value without one."""

    def figure(key: str, name: str, value: float | None, unit: str, source: str = _CASCADE) -> Figure:
        return Figure("", key, name, value, unit, source=source)

    held = {item.function: item for item in cascade.functions} if cascade else {}
    for name in dict.fromkeys(item.function for item in portfolio.resources):
        one: FunctionReading | None = held.get(name)
        more, less = one.people if one else (None, None)
        yield figure(
            f"function_differs/{name}", f"{name}: its lines' shares differ by", one.differs_by if one else None, "share"
        )
        yield figure(
            f"function_coverage/{name}", f"{name}: share of the plan it covers", one.coverage if one else None, "share"
        )
        yield figure(
            f"function_at_stake/{name}",
            f"{name}: value lost within its own plan",
            one.at_stake if one else None,
            portfolio.value_unit,
        )
        yield figure(
            f"function_money/{name}", f"{name}: change of money a period", one.money if one else None, "currency"
        )
        yield figure(
            f"function_one_off/{name}", f"{name}: one-off cost", one.one_off if one else None, "currency", "closing"
        )
        yield figure(f"function_people_more/{name}", f"{name}: people that lines get more", more, "people")
        yield figure(f"function_people_less/{name}", f"{name}: people that lines get less", less, "people")
    readings = {item.resource: item for one in held.values() for item in one.resources}
    for resource in portfolio.resources:
        read, unit = readings.get(resource.id), resource.unit
        name = resource.id
        yield figure(
            f"planned/{name}", f"{name}: planned by {resource.function}", read.planned if read else None, unit, _PLANS
        )
        yield figure(f"more/{name}", f"{name}: what lines get more", read.more if read else None, unit)
        yield figure(f"less/{name}", f"{name}: what lines get less", read.less if read else None, unit)
        yield figure(
            f"differs/{name}", f"{name}: shares of lines differ by", read.differs_by if read else None, "share"
        )
        amounts = {item.line: item for item in read.amounts} if read else {}
        for line in portfolio.lines:
            amount, place = amounts.get(line.id), f"{name}/{line.id}"
            words = f"{name} in {line.name}"
            yield figure(f"need_today/{place}", f"{words}: today", amount.today if amount else None, unit)
            yield figure(f"need/{place}", f"{words}: in the plan", amount.wanted if amount else None, unit)
            yield figure(f"need_planned/{place}", f"{words}: planned", amount.planned if amount else None, unit, _PLANS)
            yield figure(f"need_change/{place}", f"{words}: change", amount.change if amount else None, unit)
    short = {item.amount.line: item.share for item in cascade.short} if cascade else {}
    for line in portfolio.lines:
        words = f"{line.name}: planned share of its scarcest resource"
        yield figure(f"line_short/{line.id}", words, short.get(line.id), "share")
    yield figure(
        "functions_at_stake",
        "Value lost within what all functions plan",
        cascade.all_at_stake if cascade else None,
        portfolio.value_unit,
    )
    for why, words in PROJECT_WORDS.items():
        found = [item.project for item in cascade.projects if why in item.why] if cascade else None
        key = why.replace(" ", "_")
        yield figure(
            f"projects/{key}", f"Projects that {words}", None if found is None else len(found), "count", "projects"
        )
        yield figure(
            f"projects_people/{key}",
            f"People in projects that {words}",
            None if found is None else math.fsum(item.people or 0.0 for item in found),
            "people",
            "projects",
        )
        yield figure(
            f"projects_left/{key}",
            f"Budget left in projects that {words}",
            None if found is None else math.fsum(max((i.budget or 0.0) - (i.spent or 0.0), 0.0) for i in found),
            "currency",
            "projects",
        )
