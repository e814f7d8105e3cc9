"""Every number the chapter states, keyed and numbered in an order that depends on the client's tables only."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.allocation.answer import Allocation
from workbench.allocation.cascade_numbers import cascade_figures
from workbench.allocation.closings import closing_effects
from workbench.allocation.conflict import Conflict
from workbench.allocation.doubt import doubt_figures
from workbench.allocation.explain import PRICE_SHARE
from workbench.allocation.model import Portfolio, evaluate, line_money, line_people
from workbench.allocation.quarters_words import quarter_figures
from workbench.allocation.scenarios import scenario_figures
from workbench.allocation.tradeoff_words import frontier_figures
from workbench.findings import Figure, Figures, Off, number_figures

_PLAN = "plan"
_TABLES = "activities, recipes, needs"
_VALUE = "activities, worths, objectives"


def figures(result: Allocation | Conflict | Off) -> Figures:
    """Return the numbers of the pillar, ``A-001`` onwards.

    A conflict has the same figures in the same places, those of the plan without a value, so that ids stay.
    """
    if isinstance(result, Off):
        return Figures(())
    held = vars(result)  # results are frozen, and every exhibit asks for their numbers
    if "_figures" not in held:
        held["_figures"] = _numbered(result)
    return held["_figures"]


def _numbered(result: Allocation | Conflict) -> Figures:
    plan = result if isinstance(result, Allocation) else None
    portfolio = result.portfolio
    parts = [*_whole(portfolio, plan), *_lines(portfolio, plan), *_activities(portfolio, plan)]
    parts += [*_resources(portfolio, plan), *_objectives(portfolio, plan), *_rules(portfolio, plan)]
    parts += cascade_figures(portfolio, plan.cascade if plan else None)
    parts += doubt_figures(portfolio, plan.doubt if plan else None)
    parts += [*_decided(portfolio, plan), *_closings(portfolio), *_left_over(portfolio, plan)]
    parts += _possible(portfolio, plan)
    if plan is not None:
        parts += scenario_figures(portfolio, plan.inputs.scenarios, plan.comparison)
        parts += frontier_figures(portfolio, plan.frontier, plan.plan.found, plan.plan.supported)
        parts += quarter_figures(plan.quarters)
    return number_figures("A", parts)


def _figure(key: str, name: str, value: float | str | None, unit: str, source: str) -> Figure:
    return Figure("", key, name, None if value is None else value, unit, source=source)


def _whole(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    unit, today = portfolio.value_unit, evaluate(portfolio, portfolio.today, {})
    sure = plan.best.certificate if plan else None
    base = plan.best.baseline_value if plan else None
    gain = plan.plan.value - plan.best.baseline_value if plan else None
    yield _figure("value", "Value of the plan", plan.plan.value if plan else None, unit, _VALUE)
    yield _figure("today_value", "Value of today's levels", today.value, unit, _VALUE)
    yield _figure("baseline_value", "Value that the plan is compared with", base, unit, _VALUE)
    yield _figure("gain", "Value gained", gain, unit, _VALUE)
    yield _figure("gain_share", "Value gained, share of the value compared with", _share(gain, base), "share", _VALUE)
    yield _figure("best_value", "Value of the best plan", plan.best.value if plan else None, unit, _PLAN)
    yield _figure("bound", "Value that no plan can beat", sure.bound if sure else None, unit, _PLAN)
    yield _figure("gap", "Bound over the best plan, share of its lift", sure.gap if sure else None, "share", _PLAN)
    yield _figure("gap_absolute", "Bound over the best plan", sure.gap_absolute if sure else None, unit, _PLAN)
    yield _figure(
        "near_equal_cost", "Value given up for fewer moves", plan.settled.near_equal_cost if plan else None, unit, _PLAN
    )
    yield _figure(
        "rounding_cost", "Value given up for whole steps", plan.settled.rounding_cost if plan else None, unit, _PLAN
    )
    yield _figure("moves", "Activities whose level changes", plan.settled.moves if plan else None, "count", _PLAN)
    yield _figure("closed", "Lines proposed to close", _closed(plan), "count", _PLAN)
    yield _figure("moved_money", "Money that changes lines", _moved(plan), "currency", _TABLES)
    total = sum(line_money(portfolio, today, line.id) for line in portfolio.lines)
    yield _figure("today_money", "Money taken today", total, "currency", _TABLES)
    yield _figure(
        "money", "Money taken in the plan", sum(row.money for row in plan.rows) if plan else None, "currency", _TABLES
    )


def _lines(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    today = evaluate(portfolio, portfolio.today, {})
    rows = {row.line: row for row in plan.rows} if plan else {}
    why = {item.line: item for item in plan.reasons} if plan else {}
    unit = portfolio.value_unit
    has_people = any(item.is_people(portfolio.currency) for item in portfolio.resources)  # else nobody counted them
    for line in portfolio.lines:
        row, reason, name = rows.get(line.id), why.get(line.id), line.name
        word = None if row is None else "supported" if row.supported else "proposed to close"
        yield _figure(f"supported/{line.id}", f"{name}: decision", word, "text", _PLAN)
        yield _figure(f"money/{line.id}", f"{name}: money in the plan", row.money if row else None, "currency", _TABLES)
        yield _figure(
            f"today_money/{line.id}", f"{name}: money today", line_money(portfolio, today, line.id), "currency", _TABLES
        )
        yield _figure(
            f"people/{line.id}",
            f"{name}: people in the plan",
            row.people if row and has_people else None,
            "people",
            _TABLES,
        )
        yield _figure(
            f"today_people/{line.id}",
            f"{name}: people today",
            line_people(portfolio, today, line.id) if has_people else None,
            "people",
            _TABLES,
        )
        yield _figure(f"value/{line.id}", f"{name}: value in the plan", row.value if row else None, unit, _VALUE)
        yield _figure(f"today_value/{line.id}", f"{name}: value today", today.by_line[line.id], unit, _VALUE)
        yield _figure(
            f"next_unit/{line.id}",
            f"{name}: what its next unit of money earns",
            reason.next_unit if reason else None,
            "",
            _PLAN,
        )
        yield _figure(
            f"last_funded/{line.id}",
            f"{name}: what the last unit of money earns elsewhere",
            reason.last_funded if reason else None,
            "",
            _PLAN,
        )
        yield _figure(
            f"other_option/{line.id}",
            f"{name}: value lost by deciding the other way",
            reason.other_option if reason else None,
            unit,
            _PLAN,
        )


def _activities(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    today = evaluate(portfolio, portfolio.today, {})
    for item in portfolio.activities:
        yield _figure(
            f"level/{item.id}",
            f"{item.id}: level in the plan",
            plan.plan.level(item.id) if plan else None,
            item.unit,
            _PLAN,
        )
        yield _figure(f"today_level/{item.id}", f"{item.id}: level today", item.current, item.unit, "activities")
        yield _figure(
            f"outcome/{item.id}",
            f"{item.id}: outcome in the plan",
            plan.plan.found.outcome[item.id] if plan else None,
            "outcome",
            _VALUE,
        )
        yield _figure(
            f"today_outcome/{item.id}", f"{item.id}: outcome today", today.outcome[item.id], "outcome", _VALUE
        )


def _resources(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    today = evaluate(portfolio, portfolio.today, {})
    prices = {item.resource: item for item in plan.prices} if plan else {}
    for item in portfolio.resources:
        price = prices.get(item.id)
        given = sum(held[item.id] for held in plan.settled.given.values()) if plan else None
        per = f"{'currency' if portfolio.is_money else 'points'} per {item.unit}"
        yield _figure(f"used/{item.id}", f"{item.id}: given in the plan", given, item.unit, _TABLES)
        yield _figure(f"today_used/{item.id}", f"{item.id}: used today", today.used[item.id], item.unit, _TABLES)
        yield _figure(f"capacity/{item.id}", f"{item.id}: there is", item.capacity[0], item.unit, "resources")
        yield _figure(f"price/{item.id}", f"{item.id}: worth of one more", price.up if price else None, per, _PLAN)
        yield _figure(
            f"price_down/{item.id}", f"{item.id}: cost of one less", price.down if price else None, per, _PLAN
        )
        step = price.amount if price else item.step or PRICE_SHARE * item.capacity[0]
        worth = price.up * price.amount if price else None
        cost = price.down * price.amount if price and price.down is not None else None
        unit = portfolio.value_unit
        yield _figure(f"step/{item.id}", f"{item.id}: the step asked about", step, item.unit, "resources")
        yield _figure(f"step_worth/{item.id}", f"{item.id}: worth of one step more", worth, unit, _PLAN)
        yield _figure(f"step_cost/{item.id}", f"{item.id}: cost of one step less", cost, unit, _PLAN)


def _rules(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    prices = {item.rule: item.price for item in plan.rule_prices} if plan else {}
    for rule in portfolio.rules:
        name = f"{rule.name}: value it costs"
        yield _figure(f"rule_price/{rule.name}", name, prices.get(rule.name), portfolio.value_unit, "rules")


def _decided(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    """Yield what would change each decision, and what deciding otherwise loses at the least."""
    flips = {item.line: item.flip for item in plan.reasons} if plan else {}
    firm = {item.line: item for item in plan.firm} if plan else {}
    words = {True: "yes", False: "no", None: None}
    for line in portfolio.lines:
        flip, held, name = flips.get(line.id), firm.get(line.id), line.name
        change = None if flip is None else flip.change
        yield _figure(
            f"flip/{line.id}", f"{name}: change of its outcome's worth that decides it anew", change, "share", _PLAN
        )
        word = words[held.firm] if held else None
        yield _figure(f"firm/{line.id}", f"{name}: decided alike in every nearly best plan", word, "text", _PLAN)
        cost = held.flip_cost_at_least if held else None
        name = f"{name}: value lost at the least by deciding otherwise"
        yield _figure(f"flip_cost/{line.id}", name, cost, portfolio.value_unit, _PLAN)


def _closings(portfolio: Portfolio) -> Iterator[Figure]:
    """Yield what closing a line frees and costs; without a value where nobody said what it costs."""
    effects = {item.line: item for item in closing_effects(portfolio)}
    source = "closing, activities, recipes, needs"
    for line in portfolio.lines:
        held, key, name = effects.get(line.id), line.id, f"{line.name}, closing"
        frees, once = (held.money_freed, held.one_off_cost) if held else (None, None)
        yearly, lost = (held.yearly_cost, held.value_lost) if held else (None, None)
        yield _figure(f"closing_frees/{key}", f"{name}: money freed a year", frees, "currency", source)
        yield _figure(f"closing_people/{key}", f"{name}: people freed", held.people if held else None, "people", source)
        yield _figure(f"closing_once/{key}", f"{name}: one-off cost", once, "currency", "closing")
        yield _figure(f"closing_yearly/{key}", f"{name}: cost a year", yearly, "currency", "closing")
        yield _figure(f"closing_lost/{key}", f"{name}: value lost a year", lost, portfolio.value_unit, _VALUE)
        yield _figure(
            f"closing_payback/{key}", f"{name}: years to pay back", held.payback if held else None, "years", source
        )


def _left_over(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    """Yield unit costs, what is left over of each resource, and what too small moves cost."""
    left = {item.resource: item for item in plan.unplaced} if plan else {}
    for item in portfolio.resources:
        over = left.get(item.id)
        yield _figure(f"unit_cost/{item.id}", f"{item.id}: cost of one", item.unit_cost, "currency", "resources")
        yield _figure(f"unplaced/{item.id}", f"{item.id}: left over", over.amount if over else None, item.unit, _PLAN)
        money = over.money if over else None
        yield _figure(f"unplaced_money/{item.id}", f"{item.id}: money left over", money, "currency", _PLAN)
    cost = plan.settled.small_move_cost if plan else None
    yield _figure(
        "small_move_cost", "Value given up for moves too small to be worth making", cost, portfolio.value_unit, _PLAN
    )


def _possible(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    """Yield how much more than the plan to carry out any plan could bring: the certificate is the best plan's."""
    most = plan.best.certificate.bound - plan.plan.value if plan else None
    gain = plan.plan.value - plan.best.baseline_value if plan else None
    unit = portfolio.value_unit
    yield _figure("possible", "Value that a plan could bring above this one, at most", most, unit, _PLAN)
    share = most / gain if most is not None and gain is not None and gain > 0 else None
    yield _figure("possible_share", "Of the value gained", share, "share", _PLAN)


def _objectives(portfolio: Portfolio, plan: Allocation | None) -> Iterator[Figure]:
    today = evaluate(portfolio, portfolio.today, {})
    for item in portfolio.objectives:
        unit = "currency" if item.is_money and item.is_confirmed else "points"
        yield _figure(
            f"objective/{item.id}",
            f"{item.id}: in the plan",
            plan.plan.found.by_objective[item.id] if plan else None,
            unit,
            _VALUE,
        )
        yield _figure(f"today_objective/{item.id}", f"{item.id}: today", today.by_objective[item.id], unit, _VALUE)


def _share(gain: float | None, base: float | None) -> float | None:
    return gain / base if gain is not None and base else None


def _closed(plan: Allocation | None) -> int | None:
    return None if plan is None else sum(not row.supported for row in plan.rows)


def _moved(plan: Allocation | None) -> float | None:
    """Return what lines lose, or what they win, whichever is less: money that changes hands."""
    if plan is None:
        return None
    changes = [row.money - row.today_money for row in plan.rows]
    return min(sum(change for change in changes if change > 0), -sum(change for change in changes if change < 0))
