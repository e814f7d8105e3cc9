"""What two objectives cost each other, in numbers and in words: the exchange along the frontier, and the plan on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench import theme
from workbench.allocation.model import Evaluation, Portfolio, evaluate
from workbench.allocation.tradeoffs import Frontier, FrontierPoint
from workbench.findings import Figure, Finding, Findings, fit_claim

SPAN = 0.25
"""Share of the whole range whose price is told at each end (ours: single steps hang on the gap allowed)."""
AT_THE_MOST = 0.995
"""From this share of what is possible on a plan counts as having all of it (ours)."""
_SOURCE = "activities, worths, objectives"


@dataclass(frozen=True)
class Exchange:
    """What some more of the other objective costs of the first, between two points of a frontier.

    Attributes
    ----------
    first, last : int
        Places of the points.
    gained, given : float
        More of the other, less of the first; in their own worths.
    """

    first: int
    last: int
    gained: float
    given: float

    @property
    def rate(self) -> float:
        """Cost of one more of the other."""
        return self.given / self.gained


def exchange_at(frontier: Frontier, *, is_last: bool) -> Exchange | None:
    """Return the exchange over the first or the last quarter of the range; None where there is nothing to exchange."""
    points = frontier.points
    if len(points) < 2:
        return None
    low, high = points[0].other, points[-1].other
    share = [(point.other - low) / (high - low) for point in points]
    if is_last:
        first = max((place for place, part in enumerate(share[:-1]) if part <= 1 - SPAN + 1e-9), default=0)
        return _exchange(points, first, len(points) - 1)
    last = min((place for place, part in enumerate(share) if place and part >= SPAN - 1e-9), default=len(points) - 1)
    return _exchange(points, 0, last)


def objective_name(objective: str) -> str:
    """Return an objective's key as prose."""
    return objective.replace("_", " ")


def amount_words(portfolio: Portfolio, objective: str, amount: float) -> str:
    """Return an amount of an objective: money where it is, else a number."""
    item = next(held for held in portfolio.objectives if held.id == objective)
    if item.is_money and item.is_confirmed:
        return theme.money(amount, portfolio.currency)
    return f"{theme.number(amount, 0 if abs(amount) >= 100 else 1)} points"


def objective_unit(portfolio: Portfolio, objective: str) -> str:
    """Return ``currency`` where an objective is money and all its worths are confirmed, else ``points``."""
    item = next(held for held in portfolio.objectives if held.id == objective)
    return "currency" if item.is_money and item.is_confirmed else "points"


def frontier_figures(
    portfolio: Portfolio, frontier: Frontier | None, found: Evaluation | None, supported: Mapping[str, bool]
) -> Iterator[Figure]:
    """Yield the points of a frontier, and where today and a plan stand; nothing where there is none; without ids."""
    if frontier is None:
        return
    goal, other = frontier.objective, frontier.against
    names = {held: objective_name(held) for held in (goal, other)}
    units = {held: objective_unit(portfolio, held) for held in (goal, other)}

    def figure(key: str, name: str, value: float | None, unit: str) -> Figure:
        return Figure("", key, name, value, unit, source=_SOURCE)

    for place, point in enumerate(frontier.points, start=1):
        who = f"Trade-off, point {place}"
        yield figure(f"frontier_goal/{place}", f"{who}: {names[goal]}", point.goal, units[goal])
        yield figure(f"frontier_other/{place}", f"{who}: {names[other]}", point.other, units[other])
        words = f"{who}: {names[goal]} that one more of {names[other]} cost"
        yield figure(f"frontier_rate/{place}", words, point.exchange_rate, "")
        yield figure(f"frontier_gap/{place}", f"{who}: bound over value, share of the lift", point.gap, "share")
    today = frontier.stands_at(portfolio, evaluate(portfolio, portfolio.today, {}), {})
    plan = (None, None) if found is None else frontier.stands_at(portfolio, found, supported)
    for key, who, held in (("today", "Today", today), ("plan", "The plan", plan)):
        yield figure(f"frontier_{key}_goal", f"{who}: {names[goal]}, closing counted", held[0], units[goal])
        yield figure(f"frontier_{key}_other", f"{who}: {names[other]}", held[1], units[other])
    for key, is_last in (("first", False), ("last", True)):
        held_exchange = exchange_at(frontier, is_last=is_last)
        gained, given = (held_exchange.gained, held_exchange.given) if held_exchange else (None, None)
        words = f"Trade-off, {key} part"
        yield figure(f"frontier_{key}_gained", f"{words}: more of {names[other]}", gained, units[other])
        yield figure(f"frontier_{key}_given", f"{words}: less of {names[goal]}", given, units[goal])


def exchange_claim(portfolio: Portfolio, frontier: Frontier) -> str:
    """Return what the first and the last part of the way cost, as one sentence."""
    first, last = (exchange_at(frontier, is_last=is_last) for is_last in (False, True))
    goal, other = objective_name(frontier.objective), objective_name(frontier.against)
    if first is None or last is None:
        return fit_claim(
            f"One plan has the most of {goal} and of {other}: there is nothing to trade off.",
            "One plan has the most of both objectives: there is nothing to trade off.",
        )
    gained, given = (amount_words(portfolio, frontier.against, first.gained), _cost(portfolio, frontier, first))
    if (first.first, first.last) == (last.first, last.last):
        return fit_claim(
            f"{theme.upper_start(gained)} more of {other} cost {given} of {goal}.",
            f"{theme.upper_start(gained)} more of the other objective cost {given}.",
        )
    later = f"the last {amount_words(portfolio, frontier.against, last.gained)} cost {_cost(portfolio, frontier, last)}"
    return fit_claim(
        f"The first {gained} of {other} cost {given} of {goal}; {later}.",
        f"The first {gained} of {other} cost {given}; {later}.",
        f"The first {gained} more cost {given}; {later}.",
    )


def frontier_findings(
    portfolio: Portfolio, frontier: Frontier | None, found: Evaluation, supported: Mapping[str, bool]
) -> Findings:
    """Return what two objectives cost each other, where the plan stands, which lines hang on it, what is not proved."""
    if frontier is None or not frontier.points:
        return Findings(())
    goal, other = objective_name(frontier.objective), objective_name(frontier.against)
    items = [Finding(exchange_claim(portfolio, frontier), _range_words(portfolio, frontier))]
    if len(frontier.points) > 1:
        items.append(_plan_finding(portfolio, frontier, found, supported))
        hang = changing_lines(frontier)
        if hang:
            names = {line.id: line.name for line in portfolio.lines}
            named = [names[line] for line in hang]
            verb = "hangs" if len(named) == 1 else "hang"
            items.append(
                Finding(
                    fit_claim(
                        f"{theme.listing(named, 3)} {verb} on how much {other} is wanted.",
                        f"{len(named)} lines hang on how much {other} is wanted.",
                        f"{len(named)} lines hang on how much of each objective is wanted.",
                    ),
                    f"Supported at some points between the most of {goal} and the most of {other}, closed at others.",
                )
            )
        inside = sum(not point.on_hull for point in frontier.points)
        if inside:
            items.append(
                Finding(
                    f"{inside} of {len(frontier.points)} trade-offs no weights would have found.",
                    "Lines kept or closed, and activities done or not, leave gaps that a sum with weights jumps over.",
                )
            )
    if not frontier.proved:
        items.append(
            Finding(
                "The trade-offs are not all proved.",
                "Some were not worked out in time." if not frontier.is_complete else "A better one may exist at some.",
            )
        )
    return Findings(tuple(items))


def changing_lines(frontier: Frontier) -> tuple[str, ...]:
    """Return the lines that are supported at some points and closed at others, in the client's order."""
    kept = [point.supported for point in frontier.points]
    return tuple(line for line in kept[0] if len({held[line] for held in kept}) > 1) if kept else ()


def _plan_finding(
    portfolio: Portfolio, frontier: Frontier, found: Evaluation, supported: Mapping[str, bool]
) -> Finding:
    """Return how much of the most of each objective the plan has."""
    ends = (frontier.points[0].goal, frontier.points[-1].other)
    names = (objective_name(frontier.objective), objective_name(frontier.against))
    stands = frontier.stands_at(portfolio, found, supported)
    parts = [
        f"nearly all of {name}" if amount >= AT_THE_MOST * end else f"{theme.percent(amount / end)} of {name}"
        for amount, end, name in zip(stands, ends, names, strict=True)
        if end > 0
    ]
    words = " and ".join(parts) or "neither objective in full"
    amounts = " and ".join(
        f"{amount_words(portfolio, key, amount)} of {name}"
        for key, amount, name in zip((frontier.objective, frontier.against), stands, names, strict=True)
    )
    return Finding(
        fit_claim(f"Of the most there could be the plan has {words}.", "The plan stands between the two objectives."),
        f"It brings {amounts}; the weights decide where it stands.",
    )


def _range_words(portfolio: Portfolio, frontier: Frontier) -> str:
    first, last = frontier.points[0], frontier.points[-1]

    def both(point: FrontierPoint) -> str:
        goal = amount_words(portfolio, frontier.objective, point.goal)
        return f"{goal} with {amount_words(portfolio, frontier.against, point.other)}"

    names = f"{objective_name(frontier.objective)} and {objective_name(frontier.against)}"
    if first is last:
        return f"{theme.upper_start(names)}: {both(first)}."
    return f"{theme.upper_start(names)}: from {both(first)} to {both(last)}, {len(frontier.points)} plans."


def _exchange(points: tuple[FrontierPoint, ...], first: int, last: int) -> Exchange:
    before, after = points[first], points[last]
    return Exchange(first, last, after.other - before.other, before.goal - after.goal)


def _cost(portfolio: Portfolio, frontier: Frontier, exchange: Exchange) -> str:
    """Return what was given up; nothing noticeable where the points' gaps could hide it."""
    span = abs(frontier.points[0].goal)
    return (
        "next to nothing"
        if exchange.given <= 1e-4 * span
        else amount_words(portfolio, frontier.objective, exchange.given)
    )
