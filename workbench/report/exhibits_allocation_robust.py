"""How sure the plan is, and what things cost: decisions over draws, plans side by side, questions, prices, wishes.

Each function takes the result (a plan, a conflict or `Off`) and returns an exhibit; every number comes from the
result's figures. Where no plan holds, or nothing was drawn, the exhibit is a note that says so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off, fit_claim
from workbench.report.charts import bar_ranked
from workbench.report.exhibit import Exhibit, Note, note_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict, Portfolio
    from workbench.allocation.doubt import Doubt
    from workbench.allocation.ranges import PriceRange

MOST_BARS = 14
"""Bars of a chart (ours: what a page holds at a readable size)."""
FIRM = 0.9
"""Share of draws from which a decision is called firm (ours)."""
NO_SAFER = 0.02
"""A plan whose bad tail is better by less than this share of what the plan adds is not called safer (ours)."""
LEAST_QUESTION = 0.01
"""Questions below this share of what all answers are worth are not shown (ours)."""


def holds_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return in how many draws of the answers each decision and each move of the plan holds."""
    held = _doubt(result, "allocation-holds")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    found, names = doubt.robustness, {line.id: line.name for line in result.portfolio.lines}
    n = found.draws
    rows: list[dict[str, Any]] = []
    for line in found.lines:
        if not line.may_close:
            continue
        words = f"{line.name} {'stays' if line.supported else 'closes'}"
        rows.append({"what": words, "holds": line.holds_in, "id": numbers[f"holds/{line.line}"].id})
    n_lines = len(rows)
    weak_lines = [row for row in rows if row["holds"] < FIRM * n]
    directions = {"more": "more", "less": "less", "as today": "as today"}
    supported = {line.line: line.supported for line in found.lines}
    for move in found.moves:
        if not supported[move.line]:
            continue  # its line's row says it
        words = f"{_activity_name(move.activity, move.line, names)}: {directions[move.direction]}"
        rows.append({"what": words, "holds": move.holds_in, "id": numbers[f"move_holds/{move.activity}"].id})
    moves = rows[n_lines:]
    shown = rows if len(rows) <= MOST_BARS else sorted(rows, key=lambda row: row["holds"])[:MOST_BARS]
    lines = f"{n_lines - len(weak_lines)} of {n_lines}" if weak_lines else f"All {n_lines}"
    firm = sum(row["holds"] >= FIRM * n for row in moves)
    weakest = min(moves or rows, key=lambda row: row["holds"], default=None)
    claim = fit_claim(
        f"{lines} keep-or-close decisions and {firm} of {len(moves)} moves hold in nine of ten draws.",
        f"{firm} of {len(moves)} moves hold in nine of ten draws.",
    )
    if not n_lines:
        claim = f"{firm} of {len(moves)} moves hold in nine of ten draws."
    few = "" if found.draws >= found.asked else f" (of {found.asked:,} asked for; so many fit the time)"
    subtitle = (
        f"Draws in which the plan's decision is the best one, of {n:,}{few}; every answer up to "
        f"{theme.percent(found.spread)} off, contested ones more"
    )
    if len(shown) < len(rows):
        subtitle += f"; the {len(shown)} least sure of {len(rows)}"
    chart = bar_ranked(
        _columns(shown),
        label="what",
        value="holds",
        claim=claim,
        subtitle=subtitle,
        source="activities, curve_points, worths",
        unit="count",
        highlight=[] if weakest is None else [row["what"] for row in shown if row["holds"] < FIRM * n],
        reference=FIRM * n,
        reference_label="nine of ten",
        figures="id",
    )
    return Exhibit("allocation-holds", chart)


def risk_plans_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return plans side by side: best on average, in the worst tenth, in the worst draw."""
    held = _doubt(result, "allocation-risk")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    from workbench.allocation.doubt import PLAN_WORDS

    portfolio, found = result.portfolio, doubt.robustness
    names = {line.id: line.name for line in portfolio.lines}
    rows: list[dict[str, Any]] = []
    for row in found.plans:
        keys = [f"risk_{part}/{row.name}" for part in ("mean", "tail", "worst", "below")]
        rows.append(
            {
                "plan": PLAN_WORDS[row.name],
                **dict(zip(("mean", "tail", "worst", "below"), (numbers[key].value for key in keys), strict=True)),
                "closes": theme.listing([names[line] for line in row.closed], 3) or "none",
                "ids": _ids(numbers, *keys),
            }
        )
    plan, tail, today = found.row("plan"), found.row("tail"), found.row("today")
    safer, ahead = max(tail.tail - plan.tail, 0.0), plan.tail - today.tail
    bad = "In the worst tenth of draws the plan brings"
    other = f"the safest adds {_value(portfolio, safer)}"
    if safer < NO_SAFER * abs(ahead):
        other = "no plan is much safer"
    claim = fit_claim(
        f"{bad} {_value(portfolio, ahead)} more than today; {other}."
        if ahead >= 0
        else f"{bad} {_value(portfolio, -ahead)} less than today's levels do.",
        f"{bad} {_value(portfolio, plan.tail)}.",
    )
    return Exhibit(
        "allocation-risk",
        table(
            _columns(rows),
            columns={
                "plan": "Plan",
                "mean": "On average",
                "tail": "Worst tenth",
                "worst": "Worst draw",
                "below": "Draws below today",
                "closes": "Closes",
            },
            units={**{name: portfolio.value_unit for name in ("mean", "tail", "worst")}, "below": "share"},
            currency=portfolio.currency,
            claim=claim,
            subtitle=f"Value a period over {found.draws:,} draws of all answers; the worst tenth is the mean of it",
            source="activities, curve_points, worths",
            figures="ids",
        ),
    )


def questions_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return what it would be worth to know each curve for sure: which answers to ask for again."""
    held = _doubt(result, "allocation-questions")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    portfolio, found = result.portfolio, doubt.information
    names = {line.id: line.name for line in portfolio.lines}
    least = LEAST_QUESTION * found.everything
    asked = [item for item in found.curves if item.value > max(least, 1e-9)][:MOST_BARS]
    if not asked:
        return Exhibit("allocation-questions", Note(
            "No answer is worth asking again: knowing it would change nothing.",
            "Over the draws of all answers the plan's decisions stay the best, whichever answer is known.",
            alt="Note: no answer is worth asking again.",
        ))  # fmt: skip
    activities = {item.id: item for item in portfolio.activities}
    rows: list[dict[str, Any]] = [
        {
            "what": _activity_name(item.activity, activities[item.activity].line, names),
            "value": item.value,
            "id": numbers[f"question/{item.activity}"].id,
        }
        for item in asked
    ]
    who = activities[asked[0].activity].said_by
    claim = fit_claim(
        f"Ask {who or 'its owner'} again about {rows[0]['what']}: to know it is worth "
        f"{_value(portfolio, asked[0].value)} a period.",
        f"To know {rows[0]['what']} for sure is worth {_value(portfolio, asked[0].value)}.",
    )
    chart = bar_ranked(
        _columns(rows),
        label="what",
        value="value",
        claim=claim,
        subtitle=f"Mean gain of the plan if a curve were known for sure, {_worth_words(portfolio)}; all answers "
        f"together: {_value(portfolio, found.everything)}",
        source="activities, curve_points, worths",
        unit=portfolio.value_unit,
        currency=portfolio.currency,
        highlight=[rows[0]["what"]],
        figures="id",
    )
    return Exhibit("allocation-questions", chart)


def prices_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the worth of more of each resource, and how far it holds."""
    held = _doubt(result, "allocation-prices")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    portfolio = result.portfolio
    rows: list[dict[str, Any]] = []
    for item, price in zip(portfolio.resources, doubt.prices, strict=True):
        step = result.prices[len(rows)].amount
        shares = (0.1, 0.2, -0.1)
        keys = [f"step_worth/{item.id}", *(f"rung/{item.id}/{share:g}" for share in shares)]
        worth = [result.prices[len(rows)].up, *(price.rung(share) for share in shares)]
        ends = [f"slope/{item.id}", f"slope_low/{item.id}", f"slope_high/{item.id}"]
        rows.append(
            {
                "resource": item.id,
                "there": f"{_amount(price.capacity)} {item.unit}",
                "step": _step_words(step, item.unit),
                **{
                    name: None if value is None else value * step
                    for name, value in zip(("next", "ten", "twenty", "less"), worth, strict=True)
                },
                "range": _range_words(price),
                "ids": _ids(numbers, *keys, *ends, f"step/{item.id}"),
            }
        )
    scarce = [price for price in doubt.prices if price.up > 0]
    if scarce:
        top = max(scarce, key=lambda price: price.up * price.capacity)
        row = next(row for row in rows if row["resource"] == top.resource)
        claim = f"Scarcest is {top.resource}: {row['step']} more is worth {_value(portfolio, row['next'])}"
        further = row["twenty"]
        claim = fit_claim(
            f"{claim}, {_value(portfolio, further)} each for a fifth more." if further is not None else f"{claim}.",
            f"{claim}.",
            f"Scarcest is {top.resource}.",
        )
    else:
        claim = "No resource is short: more of any of them would bring nothing."
    worth_unit = portfolio.value_unit
    return Exhibit(
        "allocation-prices",
        table(
            _columns(rows),
            columns={
                "resource": "Resource",
                "there": "There is",
                "step": "One step",
                "next": "Next step is worth",
                "range": "That holds for",
                "ten": "With 10 % more, a step",
                "twenty": "With 20 % more, a step",
                "less": "With 10 % less, a step",
            },
            units={name: worth_unit for name in ("next", "ten", "twenty", "less")},
            currency=portfolio.currency,
            claim=claim,
            subtitle=f"Worth of a step in {_worth_words(portfolio)}, within 1 %; larger changes: mean a step, "
            "plan sought again; –: no plan holds",
            source="resources, recipes, needs",
            figures="ids",
        ),
    )


def wishes_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the price of every rule and of every wish to leave things as they are, dearest first."""
    held = _doubt(result, "allocation-wishes")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    portfolio = result.portfolio
    names = {line.id: line.name for line in portfolio.lines}
    lines = {item.id: item.line for item in portfolio.activities}
    rows: list[dict[str, Any]] = []
    for rule in result.rule_prices:
        if rule.price:
            rows.append({
                "what": f"Rule: {rule.rule}", "cost": rule.price, "id": numbers[f"rule_price/{rule.rule}"].id
            })  # fmt: skip
    for wish in doubt.wishes:
        if not wish.price:
            continue
        key = "wish_lines" if wish.kind == "lines" else f"wish/{wish.key}"
        words = "Close nothing"
        if wish.kind != "lines":
            words = f"Leave {_activity_name(wish.key, lines[wish.key], names)} as it is"
        rows.append({"what": words, "cost": wish.price, "id": numbers[key].id})
    if not rows:
        return Exhibit("allocation-wishes", Note(
            "No rule and no wish costs value: the plan is what everybody asks for.",
            "Each rule was left out, and each activity left as it is, and the plan sought again.",
            ("rules",),
            alt="Note: no rule and no wish costs value.",
        ))  # fmt: skip
    rows.sort(key=lambda row: -row["cost"])
    shown = rows[:MOST_BARS]
    nothing = next((row for row in rows if row["what"] == "Close nothing"), None)
    first = rows[0]
    dearest = f"{first['what']} costs {_value(portfolio, first['cost'])} a period"
    claim = fit_claim(
        *(
            [f"To close nothing costs {_value(portfolio, nothing['cost'])} a period; dearest: {_lower(first['what'])}."]
            if nothing is not None and nothing is not first
            else []
        ),
        f"{dearest}.",
        f"The dearest of {len(rows)} rules and wishes costs {_value(portfolio, first['cost'])}.",
    )
    more = "" if len(shown) == len(rows) else f"; the {len(shown)} dearest of {len(rows)}"
    chart = bar_ranked(
        _columns(shown),
        label="what",
        value="cost",
        claim=claim,
        subtitle=f"Value lost a period, {_worth_words(portfolio)}: the plan sought again without each rule and with "
        f"each wish{more}",
        source="rules, activities",
        unit=portfolio.value_unit,
        currency=portfolio.currency,
        highlight=["Close nothing"] if nothing is not None and nothing in shown else [first["what"]],
        figures="id",
    )
    return Exhibit("allocation-wishes", chart)


def _doubt(result: Allocation | Conflict | Off, key: str) -> Exhibit | tuple[Allocation, Doubt, Figures]:
    """Return the result with what was drawn and its figures; a note where there is nothing to show."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

    if isinstance(result, Conflict):
        return Exhibit(key, Note(
            "There is no plan, so nothing could be tested.",
            "Rules and capacities cannot hold together; once they do, this page tells how sure the plan is.",
            ("rules",),
            alt="Note: no plan to test.",
        ), is_appendix=True)  # fmt: skip
    if result.doubt is None:
        return Exhibit(key, Note(
            "How sure the plan is was not worked out in this run.",
            "Draws of the answers were switched off.",
            alt="Note: nothing was drawn.",
        ), is_appendix=True)  # fmt: skip
    return result, result.doubt, figures(result)


def _activity_name(activity: str, line: str, names: dict[str, str]) -> str:
    """Return an activity in words a board knows: its line's name and what is done for it."""
    rest = activity.removeprefix(line).strip("-_ .")
    return f"{names[line]}, {rest}" if activity.startswith(line) and rest else activity


def _range_words(price: PriceRange) -> str:
    """Return by how much less or more of a resource there may be while a step is worth the same."""
    low = "any less" if price.low is None else f"{_rough(price.capacity - price.low)} less"
    high = "any more" if price.high is None else f"{_rough(price.high - price.capacity)} more"
    return f"{low} to {high}" + ("" if price.is_verified else " (not verified)")


def _rough(amount: float) -> str:
    """Return an amount with two digits that count."""
    if amount <= 0:
        return "0"
    places = 1 - math.floor(math.log10(amount))
    return theme.number(round(amount, places), max(min(places, 2), 0))


def _step_words(step: float, unit: str) -> str:
    return "1 person" if (step, unit) == (1.0, "people") else f"{_amount(step)} {unit}"


def _amount(value: float) -> str:
    return theme.number(value, 0 if abs(value) >= 1000 or float(value).is_integer() else 1)


def _value(portfolio: Portfolio, amount: float) -> str:
    if portfolio.is_money:
        return theme.money(amount, portfolio.currency)
    return f"{theme.number(amount, 0 if abs(amount) >= 10 else 1)} points"


def _worth_words(portfolio: Portfolio) -> str:
    return portfolio.currency if portfolio.is_money else "value points"


def _ids(numbers: Figures, *keys: str) -> str:
    return " ".join(numbers[key].id for key in keys if numbers[key].value is not None)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}
