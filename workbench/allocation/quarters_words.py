"""The way over several quarters in numbers and in words: who is hired and moved, what falls short, what closes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench import theme
from workbench.allocation.model import Resource, evaluate
from workbench.allocation.quarters import QuarterPlan
from workbench.allocation.quarters_conflict import QuarterConflict
from workbench.allocation.quarters_form import is_paced
from workbench.findings import Figure, Figures, Finding, Findings, fit_claim

if TYPE_CHECKING:
    from workbench.allocation.answer import Allocation

NOTICED = 0.005
"""A shortfall below this share of what there is is not told (ours)."""
SOURCE = "resources, recipes, needs, later_loads"


def is_tracked(plan: QuarterPlan, resource: Resource) -> bool:
    """Return whether a plan tells by line who is where: people, and what joins, leaves or moves within limits."""
    limited = is_paced(resource) or resource.move_limit is not None
    return limited or resource.is_people(plan.portfolio.currency)


def quarter_figures(quarters: QuarterPlan | QuarterConflict | None) -> Iterator[Figure]:
    """Return the numbers of the way over several quarters; none where there is one period, or no plan holds."""
    if not isinstance(quarters, QuarterPlan):
        return
    plan, unit = quarters, quarters.portfolio.value_unit
    yield _figure("quarters/value", "Value over all quarters", plan.value, unit)
    yield _figure("quarters/today_value", "Value over all quarters of today's levels", plan.today_value, unit)
    yield _figure("quarters/bound", "Value over all quarters that no plan can beat", plan.certificate.bound, unit)
    yield _figure("quarters/gap", "Bound over value of all quarters, share of the lift", plan.certificate.gap, "share")
    now = evaluate(plan.portfolio, plan.portfolio.today, {})
    for item in plan.portfolio.resources:
        held, used = plan.staffing[item.id], plan.used(item.id)
        parts = [("there", "there are", held.headcount), ("used", "in lines", used)]
        if is_tracked(plan, item):
            parts += [
                ("hired", "hired", held.hired),
                ("left", "leave", held.left),
                ("moved", "change lines", held.moved),
            ]
        for key, words, amounts in parts:
            for period, amount in zip(plan.periods, amounts, strict=True):
                yield _figure(f"quarters/{key}/{item.id}/{period}", f"{item.id}: {words}, {period}", amount, item.unit)
        if not is_tracked(plan, item):
            continue
        yield _figure(f"quarters/hired/{item.id}", f"{item.id}: hired in all quarters", sum(held.hired), item.unit)
        for line in plan.portfolio.lines:
            if not _may_take(plan, item, line.id):
                continue
            today, amounts = now.used_by_line[line.id][item.id], plan.used_by_line(line.id, item.id)
            name = f"{line.name}: {item.id}"
            yield _figure(f"quarters/today/{item.id}/{line.id}", f"{name} today", today, item.unit)
            for period, amount in zip(plan.periods, amounts, strict=True):
                yield _figure(f"quarters/line/{item.id}/{line.id}/{period}", f"{name}, {period}", amount, item.unit)
    for line in plan.portfolio.lines:
        yield _figure(f"quarters/closes/{line.id}", f"{line.name}: closes in", plan.closes_in(line.id), "text")


def _may_take(plan: QuarterPlan, item: Resource, line: str) -> bool:
    """Return whether a line takes a resource in any plan: which figures there are hangs on the tables alone."""
    held = plan.portfolio.activities_of(line)
    takes = any(item.id in activity.recipe or item.id in activity.later_load for activity in held)
    return takes or bool(plan.portfolio.line(line).needs.get(item.id))


def _figure(key: str, name: str, value: float | str | None, unit: str) -> Figure:
    return Figure("", key, name, value, unit, source=SOURCE)


def quarter_findings(result: Allocation, numbers: Figures) -> Findings:
    """Return what the way over several quarters says; nothing where there is one period.

    Parameters
    ----------
    result : Allocation
    numbers : Figures
        Those of the result.
    """
    quarters = result.quarters
    if quarters is None:
        return Findings(())
    if isinstance(quarters, QuarterConflict):
        return Findings((quarters.finding,))
    items = [*_short(quarters), *_hires(quarters, numbers), *_closings(quarters, numbers)]
    return Findings((*items, _worth(quarters, numbers)))


def _short(plan: QuarterPlan) -> Iterator[Finding]:
    """Tell what falls short first where everything stays as it is."""
    found = []
    for place, (period, state) in enumerate(zip(plan.periods, plan.today, strict=True)):
        for item in plan.portfolio.resources:
            there = item.capacity[0] if is_paced(item) else item.capacity[place]  # nobody new, if nothing is decided
            over = state.found.used[item.id] - there
            if over > NOTICED * max(item.capacity[place], 1.0):
                found.append((period, item, over))
    if not found:
        return
    period = found[0][0]
    first = [held for held in found if held[0] == period]
    _, item, over = max(first, key=lambda held: held[2] / max(*held[1].capacity, 1.0))
    yield Finding(
        fit_claim(
            f"As things stand, {item.id} falls short first: by {amount_words(item, over)} in {period}.",
            f"As things stand, a resource falls short in {period}.",
        ),
        "Today's levels in every quarter with what their development adds to be operated later, and nobody hired.",
    )


def _hires(plan: QuarterPlan, numbers: Figures) -> Iterator[Finding]:
    """Tell who is to be hired, and by when."""
    for item in plan.portfolio.resources:
        hired = plan.staffing[item.id].hired
        total = sum(hired)
        if total <= 1e-9:
            continue
        last = max(place for place, amount in enumerate(hired) if amount > 1e-9)
        by = ", ".join(
            f"{theme.number(amount, 0 if float(amount).is_integer() else 1)} in {period}"
            for period, amount in zip(plan.periods, hired, strict=True)
            if amount > 1e-9
        )
        yield Finding(
            fit_claim(f"Hire {amount_words(item, total)} by {plan.periods[last]}.", f"Hire more {item.id}."),
            f"{by}. The fewest the plan can do with, and as late as limits allow.",
            numbers.ids(f"quarters/hired/{item.id}"),
        )


def _closings(plan: QuarterPlan, numbers: Figures) -> Iterator[Finding]:
    for line in plan.portfolio.lines:
        when = plan.closes_in(line.id)
        if when:
            yield Finding(
                fit_claim(f"{line.name} is proposed to close in {when}.", f"A line is proposed to close in {when}."),
                "No decision on persons.",
                numbers.ids(f"quarters/closes/{line.id}"),
            )


def _worth(plan: QuarterPlan, numbers: Figures) -> Finding:
    money = plan.portfolio.is_money
    gain = plan.value - plan.today_value
    words = theme.money(abs(gain), plan.portfolio.currency) if money else f"{theme.number(abs(gain), 0)} points"
    side = "more" if gain >= 0 else "less"
    sure = plan.certificate
    proof = "proved" if sure.proved else "not proved"
    holds = "" if not plan.today_breaks else " Today's levels could not be kept: " + str(plan.today_breaks[0]) + "."
    return Finding(
        fit_claim(
            f"Over {len(plan.periods)} quarters the plan is worth {words} {side} than today's levels.",
            f"Over all quarters the plan is worth {words} {side} than today's levels.",
        ),
        f"At most {theme.percent(sure.gap, 1)} of what the plan adds over doing nothing is missing ({proof}).{holds}",
        numbers.ids("quarters/value", "quarters/today_value", "quarters/gap"),
    )


def amount_words(item: Resource, amount: float) -> str:
    """Return an amount of a resource, people by its name: ``6 engineers``, ``2.5 kEUR of budget``."""
    text = theme.number(amount, 0 if abs(amount) >= 100 or float(amount).is_integer() else 1)
    return f"{text} {item.id}" if item.is_people() else f"{text} {item.unit} of {item.id}"
