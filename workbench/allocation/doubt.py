"""How far a plan can be trusted, in one piece: what holds, what to ask again, and what everything costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from workbench.allocation.draws import DRAWS, SPREAD, draw_answers
from workbench.allocation.model import Portfolio
from workbench.allocation.ranges import (
    LADDER,
    ExchangeRate,
    PriceRange,
    WishPrice,
    exchange_rates,
    price_ranges,
    price_wishes,
)
from workbench.allocation.robust import AS_TODAY, Robustness, affordable, lay_field, robustness
from workbench.allocation.solver import Plan
from workbench.allocation.value_of_information import Information, value_of_answers
from workbench.findings import Figure

PRICE_SECONDS = 20.0
"""Backstop of prices and of wishes, each."""
PLAN_WORDS = {
    "today": "Today's levels",
    "plan": "The plan",
    "mean": "Best on average",
    "tail": "Best in the worst tenth",
    "worst": "Best in the worst draw",
}
"""The plans side by side, in words."""
_DRAWS = "draws of activities, worths"
_PLAN = "plan"


@dataclass(frozen=True, eq=False)
class Doubt:
    """What holds of a plan when its answers may be wrong, and what everything in it costs.

    Attributes
    ----------
    robustness : Robustness
    information : Information
    prices : tuple of PriceRange
        In the client's order of resources.
    rates : tuple of ExchangeRate
        Where there are several objectives.
    wishes : tuple of WishPrice
        Dearest first.
    """

    robustness: Robustness
    information: Information
    prices: tuple[PriceRange, ...]
    rates: tuple[ExchangeRate, ...]
    wishes: tuple[WishPrice, ...]


def examine_plan(
    plan: Plan,
    *,
    shown: Plan | None = None,
    n: int = DRAWS,
    spread: float = SPREAD,
    ranges: Mapping[tuple[str, str], tuple[float, float]] | None = None,
    seed: int = 1,
) -> Doubt:
    """Return what holds of a plan over draws of its answers, what to ask again, and what things cost.

    Parameters
    ----------
    plan : Plan
        The best one.
    shown : Plan, optional
        The plan to carry out.
    n, spread, ranges, seed
        As in `draws.draw_answers`; large portfolios get fewer draws (see `robust.affordable`).
    """
    draws = draw_answers(plan.portfolio, n=affordable(plan, n), spread=spread, ranges=ranges, seed=seed)
    field = lay_field(plan, draws)
    return Doubt(
        robustness(plan, n=n, field=field, shown=shown),
        value_of_answers(field),
        price_ranges(plan, seconds=PRICE_SECONDS),
        exchange_rates(plan),
        price_wishes(plan, seconds=PRICE_SECONDS),
    )


def doubt_figures(portfolio: Portfolio, doubt: Doubt | None) -> Iterator[Figure]:
    """Yield every number of it, in an order that depends on the client's tables only; no value where there is none."""
    unit = portfolio.value_unit
    held = doubt.robustness if doubt else None

    def figure(key: str, name: str, value: float | None, kind: str, source: str = _DRAWS) -> Figure:
        return Figure("", key, name, value, kind, source=source)

    yield figure("draws", "Draws of all answers", held.draws if held else None, "count")
    yield figure("draws_asked", "Draws asked for", held.asked if held else None, "count")
    yield figure("spread", "Share by which an answer may be wrong", held.spread if held else None, "share")
    yield figure("as_good", "Draws in which the plan is as good as any", held.as_good if held else None, "count")
    yield figure("regret", "Value given up for not knowing the answers", held.regret if held else None, unit)
    lines = {item.line: item for item in held.lines} if held else {}
    for line in portfolio.lines:
        count = lines[line.id].holds_in if lines else None
        yield figure(f"holds/{line.id}", f"{line.name}: draws in which the decision holds", count, "count")
    moves = {item.activity: item for item in held.moves} if held else {}
    for activity in portfolio.activities:
        move, name = moves.get(activity.id), activity.id
        is_moved = move is not None and move.direction != AS_TODAY
        holds = move.holds_in if move else None
        yield figure(f"move_holds/{name}", f"{name}: draws in which it moves so", holds if is_moved else None, "count")
        words = f"{name}: draws in which it may stay as it is"
        yield figure(f"stay_holds/{name}", words, None if is_moved else holds, "count")
        yield figure(
            f"level_low/{name}", f"{name}: level, 5 % of draws below", move.low if move else None, activity.unit
        )
        yield figure(
            f"level_high/{name}", f"{name}: level, 5 % of draws above", move.high if move else None, activity.unit
        )
    rows = {row.name: row for row in held.plans} if held else {}
    for key, words in PLAN_WORDS.items():
        row = rows.get(key)
        yield figure(f"risk_mean/{key}", f"{words}: mean over the draws", row.mean if row else None, unit)
        yield figure(f"risk_tail/{key}", f"{words}: mean of the worst tenth", row.tail if row else None, unit)
        yield figure(f"risk_worst/{key}", f"{words}: worst draw", row.worst if row else None, unit)
        yield figure(
            f"risk_below/{key}", f"{words}: draws below today's levels", row.below_today if row else None, "share"
        )
    asked = {item.activity: item.value for item in doubt.information.curves} if doubt else {}
    yield figure("question_all", "Value of knowing every answer", doubt.information.everything if doubt else None, unit)
    for activity in portfolio.activities:
        yield figure(
            f"question/{activity.id}", f"{activity.id}: value of knowing its curve", asked.get(activity.id), unit
        )
    yield from _price_figures(portfolio, doubt)


def _price_figures(portfolio: Portfolio, doubt: Doubt | None) -> Iterator[Figure]:
    unit = portfolio.value_unit

    def figure(key: str, name: str, value: float | None, kind: str) -> Figure:
        return Figure("", key, name, value, kind, source=_PLAN)

    prices = {item.resource: item for item in doubt.prices} if doubt else {}
    for item in portfolio.resources:
        price, per = prices.get(item.id), f"{unit} per {item.unit}"
        yield figure(f"slope/{item.id}", f"{item.id}: worth of the next unit", price.up if price else None, per)
        yield figure(
            f"slope_low/{item.id}", f"{item.id}: its price holds down to", price.low if price else None, item.unit
        )
        yield figure(
            f"slope_high/{item.id}", f"{item.id}: its price holds up to", price.high if price else None, item.unit
        )
        for share in LADDER:
            words = f"{abs(share):.0%} {'more' if share > 0 else 'less'}".replace("%", " %")
            yield figure(
                f"rung/{item.id}/{share:g}",
                f"{item.id}: a unit's worth with {words}",
                price.rung(share) if price else None,
                per,
            )
    rates = {item.objective: item for item in doubt.rates} if doubt else {}
    for objective in portfolio.objectives:
        rate, name = rates.get(objective.id), f"{objective.id}: cost of one more in the others"
        yield figure(f"exchange/{objective.id}", name, rate.rate if rate else None, "")
    wishes = {(item.kind, item.key): item.price for item in doubt.wishes} if doubt else {}
    yield figure("wish_lines", "Close nothing: value it costs", wishes.get(("lines", "")), unit)
    for line in portfolio.lines:
        cost = wishes.get(("line", line.id))
        yield figure(f"wish_line/{line.id}", f"{line.name}, left as it is: value it costs in all", cost, unit)
    for activity in portfolio.activities:
        price_of = wishes.get(("activity", activity.id))
        yield figure(f"wish/{activity.id}", f"Leave {activity.id} as it is: value it costs", price_of, unit)
