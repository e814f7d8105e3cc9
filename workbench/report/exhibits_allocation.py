"""What allocation shows: today against the plan with reasons, curves, the next unit, rules, closings, and the proof.

Each function takes the result (a plan, a conflict or `Off`) and returns an exhibit; every number comes from the
result's figures. Where no plan holds the same exhibits show today and the rules in conflict.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off, fit_claim
from workbench.report.charts import bar_ranked, response_curves, slope
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Activity, Allocation, Conflict, Portfolio

POINTS_A_CURVE = 13
"""Points drawn of each curve (ours: smooth to the eye)."""
MOST_CURVES = 6
"""Curves shown: those whose value moves most (ours: as many panels as stay readable)."""
LADDER_COLUMNS = {"more": 0.1, "less": -0.1}
"""Changes of a capacity that are shown beside the next step."""
TABLES = "resources, activities, recipes, needs, worths, closing, rules"


def line_money_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return each line's money, today and in the plan; today alone where no plan holds."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

    numbers, portfolio = figures(result), result.portfolio
    data = {
        "line": [line.name for line in portfolio.lines],
        "today": [numbers[f"today_money/{line.id}"].value for line in portfolio.lines],
        "plan": [numbers[f"money/{line.id}"].value for line in portfolio.lines],
        "today_id": [numbers[f"today_money/{line.id}"].id for line in portfolio.lines],
        "plan_id": [numbers[f"money/{line.id}"].id for line in portfolio.lines],
    }
    total = numbers["today_money"].value
    subtitle = f"Money a period by product line, people at their cost, {portfolio.currency}"
    if isinstance(result, Conflict):
        chart = bar_ranked(
            data,
            label="line",
            value="today",
            claim=f"Today the lines take {_money(portfolio, total)}; there is no plan to compare it with.",
            subtitle=subtitle,
            source=TABLES,
            unit="currency",
            currency=portfolio.currency,
            figures="today_id",
        )
        return Exhibit("allocation-money", chart)
    closed = [row.name for row in result.rows if not row.supported]
    moved = _money(portfolio, numbers["moved_money"].value)
    rising = max(result.rows, key=lambda row: row.money - row.today_money)
    chart = slope(
        data,
        label="line",
        before="today",
        after="plan",
        claim=fit_claim(
            f"{moved} of {_money(portfolio, total)} move, most to {rising.name}.",
            f"{moved} of {_money(portfolio, total)} move between lines.",
        ),
        subtitle=subtitle,
        source=TABLES,
        unit="currency",
        currency=portfolio.currency,
        highlight=[*closed, rising.name],
        figures=["today_id", "plan_id"],
    )
    return Exhibit("allocation-money", chart)


def line_decisions_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return today against the plan, line by line: what it gets, why, and what would change that.

    Where no plan holds, the rules in conflict stand instead.
    """
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures, line_sentence

    if isinstance(result, Conflict):
        return _conflict_table(result)
    numbers, portfolio = figures(result), result.portfolio
    named = ("supported", "today_people", "people", "today_money", "money")
    behind = ("value", "today_value", "next_unit", "last_funded", "other_option", "flip")
    closing = ("closing_frees", "closing_once", "closing_yearly", "closing_payback")
    rows: list[dict[str, Any]] = []
    for reason in result.reasons:
        keys = [f"{name}/{reason.line}" for name in (*named, *behind, *closing)]
        rows.append(
            {
                "line": reason.name,
                **{name: numbers[f"{name}/{reason.line}"].value for name in named},
                "reason": line_sentence(result, reason),
                "is_total": False,
                "ids": numbers.shown_ids(*keys),
            }
        )
    counted = {name: sum(row[name] for row in rows) for name in named[1:]}
    if len(rows) > 1:
        total = numbers.shown_ids("today_money", "money", "moved_money")
        stay = sum(reason.supported for reason in result.reasons)
        words = {"line": "All lines", "supported": f"{stay} of {len(result.reasons)}", "reason": _moves_words(result)}
        rows.append({**words, **counted, "is_total": True, "ids": total})
    has_people = bool(counted["people"] or counted["today_people"])
    has_money = bool(counted["money"] or counted["today_money"])
    closed = [reason for reason in result.reasons if not reason.supported]
    names = theme.listing([item.name for item in closed], 2)
    affected = round(sum(reason.today_people for reason in closed))
    n_lines = len(result.reasons)
    open_lines = f"{n_lines - len(closed)} of {n_lines} lines are supported"
    claim = (
        f"All {n_lines} lines are supported."
        if not closed
        else fit_claim(
            f"{open_lines}; {names} would close, {theme.people(affected)} affected.",
            f"{open_lines}; {theme.people(affected)} are in lines proposed to close.",
        )
    )
    people = {"today_people": "People today", "people": "People in the plan"} if has_people else {}
    money = {"today_money": "Money today", "money": "Money in the plan"} if has_money else {}
    return Exhibit(
        "allocation-lines",
        table(
            rows,
            columns={
                "line": "Product line",
                "supported": "Decision",
                **people,
                **money,
                "reason": "What it gets, why, and what would change that",
            },
            units={**dict.fromkeys(people, "people"), **dict.fromkeys(money, "currency")},
            currency=portfolio.currency,
            claim=claim,
            subtitle="A proposal on product lines, no decision on persons; money a period, people at their cost; "
            f"{_value_is(portfolio)}",
            source=TABLES,
            is_total="is_total",
        ),
    )


def _moves_words(result: Allocation) -> str:
    """Return how much changes lines, and by how many moves; short, for it stands in bold."""
    from workbench.allocation import figures
    from workbench.allocation.moves import STILL

    moved, settled = figures(result)["moved_money"].value, result.settled
    moves = f"{settled.moves} of {len(result.portfolio.activities)} activities change"
    closing = sum(
        not result.plan.supported[item.line] and item.current > STILL * max(item.maximum, 1e-300)
        for item in result.portfolio.activities
    )
    moves += f", {closing} of them by closing" if closing else ""
    fewest = ", no fewer would do" if settled.is_fewest and settled.moves else ""
    return f"{_money(result.portfolio, moved)} change lines; {moves}{fewest}." if moved else f"{moves}{fewest}."


def curves_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the curves of the activities whose value moves most, today and plan marked."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures
    from workbench.allocation.line_words import activity_words

    numbers, portfolio = figures(result), result.portfolio
    plan = None if isinstance(result, Conflict) else result
    chosen = _moving(portfolio, plan)
    rows: list[dict[str, Any]] = []
    for activity in chosen:
        rows.extend(_curve_points(portfolio, activity, plan, numbers))
    if plan is None:
        claim = f"The {len(chosen)} curves with most at stake, as their owners answered."
    else:
        most = max(chosen, key=lambda item: plan.plan.found.by_activity[item.id] - plan.today.by_activity[item.id])
        gain = plan.plan.found.by_activity[most.id] - plan.today.by_activity[most.id]
        claim = fit_claim(
            f"Most is won in {activity_words(portfolio, most.id)}: {_value(portfolio, gain)} more a period.",
            f"The largest gain is {_value(portfolio, gain)}.",
        )
    return Exhibit(
        "allocation-curves",
        response_curves(
            rows,
            curve="activity",
            level="level",
            outcome="value",
            mark="mark",
            claim=claim,
            subtitle=f"Value of what each activity brings at each level, in {_worth_words(portfolio)}; "
            f"the {len(chosen)} of {len(portfolio.activities)} activities that move most in lines that stay",
            source="activities, curve_points, worths",
            unit=portfolio.value_unit,
            currency=portfolio.currency,
            highlight=[_curve_name(chosen[0])] if chosen else None,
        ),
    )


def resources_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return what the next unit of each resource costs and is worth, how far that holds, and what is left over."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures
    from workbench.allocation.line_words import left_over_words, range_words

    numbers, portfolio = figures(result), result.portfolio
    plan = None if isinstance(result, Conflict) else result
    doubt = {item.resource: item for item in plan.doubt.prices} if plan and plan.doubt else {}
    over = {item.resource: item for item in plan.unplaced} if plan else {}
    rows: list[dict[str, Any]] = []
    names = ("today_used", "used", "capacity", "unit_cost", "step", "step_worth", "step_cost")
    for resource in portfolio.resources:
        keys = [f"{name}/{resource.id}" for name in names]
        held: dict[str, Any] = dict(zip(names, (numbers[key].value for key in keys), strict=True))
        price, left = doubt.get(resource.id), over.get(resource.id)
        worth = {name: price.rung(share) if price else None for name, share in LADDER_COLUMNS.items()}
        keys += [f"rung/{resource.id}/{share:g}" for share in LADDER_COLUMNS.values()]
        keys += [f"{name}/{resource.id}" for name in ("slope_low", "slope_high", "unplaced", "unplaced_money")]
        rows.append(
            {
                **held,
                **{name: None if value is None else value * held["step"] for name, value in worth.items()},
                "name": resource.id,
                "resource": f"{resource.id} ({resource.unit})",
                "costs": resource.unit_cost * held["step"] or None,
                "step": _step_words(held["step"], resource.unit),
                "range": range_words(price, held["step"]) if price else theme.MISSING,
                "left": left_over_words(portfolio, left) if left else "nothing" if plan else theme.MISSING,
                "ids": numbers.shown_ids(*keys),
            }
        )
    shown = {"resource": "Resource", "today_used": "Used today", "used": "In the plan", "capacity": "There is"}
    if plan is None:
        shown = {"resource": "Resource", "today_used": "Used today", "capacity": "There is", "unit_cost": "One costs"}
    else:
        shown |= {"step": "One step", "costs": "Costs", "step_worth": "Is worth"}
        shown |= {} if doubt else {"step_cost": "One less loses"}
        shown |= {"range": "That holds for", "more": "With 10 % more", "less": "With 10 % less"} if doubt else {}
        shown |= {"left": "Left over, and why"} if doubt else {}
        shown = {name: header for name, header in shown.items() if name != "today_used"} if doubt else shown
    scarce = [row["name"] for row in rows if (row["step_worth"] or 0) > 0]
    subtitle = "Today's use, what there is, and what one costs; no plan holds"
    if plan is not None:
        subtitle = f"A period; worth in {_worth_words(portfolio)}, each found by solving again"
        subtitle += ", with supports held" if not doubt else "; with 10 % more or less: mean of a step, nothing held"
        if doubt and any(row[name] is None for row in rows for name in LADDER_COLUMNS):
            subtitle += "; –: no plan holds with that, or none was found in time"
    return Exhibit(
        "allocation-resources",
        table(
            rows,
            columns=shown,
            units={
                **dict.fromkeys(("today_used", "used", "capacity"), "count"),
                **dict.fromkeys(("step_worth", "step_cost", "more", "less"), portfolio.value_unit),
                **dict.fromkeys(("costs", "unit_cost"), "currency"),
            },
            currency=portfolio.currency,
            claim=_resource_claim(result, rows, scarce),
            subtitle=subtitle,
            source="resources, recipes, needs",
        ),
    )


def _step_words(step: float, unit: str) -> str:
    if (step, unit) == (1.0, "people"):
        return "1 person"
    return f"{theme.number(step, 0 if step >= 1 else 2)} {unit}"


def _resource_claim(result: Allocation | Conflict, rows: list[dict[str, Any]], scarce: list[str]) -> str:
    from workbench.allocation import Conflict

    if isinstance(result, Conflict):
        over = [row["resource"] for row in rows if row["today_used"] > row["capacity"]]
        claim = (
            f"Today's use is beyond capacity in {theme.listing(over, 3)}."
            if over
            else "Today's use is within capacity."
        )
    elif not scarce:
        claim = "No resource is short: more of any of them would bring nothing."
    elif result.doubt is not None:
        return _worth_claim(result, rows)
    elif len(scarce) == len(rows):
        claim = f"More of any of the {len(rows)} resources would bring more."
    else:
        claim = f"More of {theme.listing(scarce, 3)} would bring more; of the rest there is enough."
    return fit_claim(claim, "Some resources are short, others are not.")


def _worth_claim(result: Allocation, rows: list[dict[str, Any]]) -> str:
    """Return whether the scarcest resource's next step is worth what it costs, in money; else what it is worth."""
    portfolio = result.portfolio
    top = max(rows, key=lambda row: ((row["step_worth"] or 0.0) / (row["costs"] or math.inf), row["step_worth"] or 0.0))
    worth, what = _value(portfolio, top["step_worth"]), f"{top['step']} more of {top['name']}"
    if top["step"] == "1 person":
        what = f"One person more in {top['name']}"
    over = [row["name"] for row in rows if row["left"] != "nothing"]
    tail = f"; left over: {theme.listing(over, 2)}" if over else ""
    cost = f" and costs {_money(portfolio, top['costs'])}" if top["costs"] else ""
    return fit_claim(
        f"{what} is worth {worth}{cost}{tail}.",
        f"{what} is worth {worth}{cost}.",
        f"The scarcest resource's next step is worth {worth}.",
    )


def rules_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return every named rule, its owner and what it costs, or whether it takes part in the conflict."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

    rules = result.portfolio.rules
    if not rules:
        return words_exhibit(
            "allocation-rules",
            "No rules were given: only capacities, minima and maxima hold.",
            "Rules go into the table rules, in plain text.",
            ("rules",),
            alt="Note: no rules were given.",
        )
    numbers = figures(result)
    costs = [numbers[f"rule_price/{rule.name}"] for rule in rules]
    data: dict[str, Any] = {
        "rule": [rule.name for rule in rules],
        "text": [rule.text for rule in rules],
        "owner": [rule.owner or theme.MISSING for rule in rules],
    }
    columns = {"rule": "Rule", "text": "In its own words", "owner": "Owner"}
    how = f"All {len(rules)} named rules; each was left out once and the plan sought again"
    if any(item.value is None for item in costs):
        how = f"All {len(rules)} named rules; where a cost is told, the rule was left out and the plan sought again"
    if isinstance(result, Conflict):
        how = f"All {len(rules)} named rules"
        tight = {rule.name for held in (result, *result.others) for rule in held.rules}
        data["state"] = ["in conflict" if rule.name in tight else "can hold" for rule in rules]
        columns["state"] = "In the conflict"
        part = "takes" if len(tight) == 1 else "take"
        claim = (
            f"{len(tight)} of {len(rules)} rules {part} part in {'a conflict' if result.others else 'the conflict'}."
            if tight
            else "No rule is in the conflict."
        )
    else:
        data["cost"] = [item.value for item in costs]
        data["ids"] = [item.id if item.value is not None else "" for item in costs]
        columns["cost"] = "Value it costs a period"
        dearest = max(result.rule_prices, key=lambda item: item.price or 0.0)
        if not dearest.price:
            known = [item for item in costs if item.value is not None]
            claim = f"None of the {len(rules)} rules costs value."
            if len(known) < len(rules):
                claim = (
                    f"None of the {len(known)} rules that were left out in turn costs value; {len(rules)} are named."
                )
            if not known:
                claim = f"What the {len(rules)} rules cost was not worked out."
        else:
            cost = _value(result.portfolio, dearest.price)
            claim = fit_claim(
                f"{len(result.binding)} of {len(rules)} rules cost value; {dearest.rule} most, {cost}.",
                f"{len(result.binding)} of {len(rules)} rules cost value, the dearest {cost}.",
            )
    return Exhibit(
        "allocation-rules",
        table(
            data,
            columns=columns,
            units={"cost": result.portfolio.value_unit},
            currency=result.portfolio.currency,
            claim=claim,
            subtitle=how,
            source="rules",
        ),
        is_appendix=len(rules) > 12 or (not isinstance(result, Conflict) and result.doubt is not None),
    )


def closings_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return what closing each line frees and costs, once and a year, and when that is paid back."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, closing_effects, figures
    from workbench.allocation.line_words import payback_time, payback_words

    portfolio, effects = result.portfolio, closing_effects(result.portfolio)
    if not effects:
        return words_exhibit(
            "allocation-closings",
            "What closing a line costs was not said, so none was considered.",
            "A row in the table closing says what closing a line costs once and a year, and what it frees.",
            ("closing",),
            alt="Note: no line was considered for closing.",
            is_appendix=True,
        )
    numbers = figures(result)
    decided = {} if isinstance(result, Conflict) else {item.line: item.supported for item in result.reasons}
    words = {True: "stays", False: "would close"}
    names = ("closing_people", "closing_frees", "closing_lost", "closing_once", "closing_yearly")
    rows: list[dict[str, Any]] = []
    for item in effects:
        keys = [*(f"{name}/{item.line}" for name in names), f"closing_payback/{item.line}"]
        rows.append(
            {
                "line": item.name,
                "plan": words.get(decided.get(item.line), theme.MISSING),  # type: ignore[arg-type]
                **{name: numbers[f"{name}/{item.line}"].value for name in names},
                "pays": payback_time(item),
                "note": item.note or theme.MISSING,
                "ids": numbers.shown_ids(*keys),
            }
        )
    paying = [item for item in effects if item.payback is not None]
    chosen = [item for item in effects if decided.get(item.line) is False]
    pays = f"{len(paying)} of {len(effects)} closings would pay back what they cost."
    if chosen:
        first = chosen[0]
        told = payback_words(first)
        frees = _money(portfolio, first.money_freed)
        pays = fit_claim(
            f"Closing {first.name} frees {frees} a year{f' and {told}' if told else ''}.",
            f"The closing that is proposed frees {frees} a year.",
        )
    elif not portfolio.is_money:
        most = max(effects, key=lambda item: item.money_freed)
        pays = fit_claim(f"Closing {most.name} would free most, {_money(portfolio, most.money_freed)} a year.")
    count = "" if len(effects) == len(portfolio.lines) else f"; {len(effects)} of {len(portfolio.lines)} lines"
    columns = {"line": "Product line"} | ({"plan": "In the plan"} if decided else {})
    columns |= {"closing_people": "People freed"}
    columns |= {"closing_frees": "Frees a year", "closing_lost": "Value lost a year", "closing_once": "Costs once"}
    columns |= {"closing_yearly": "Costs a year"} | ({"pays": "Pays back"} if portfolio.is_money else {})
    return Exhibit(
        "allocation-closings",
        table(
            rows,
            columns={**columns, "note": "What is known"},
            units={
                "closing_people": "people",
                **dict.fromkeys(("closing_frees", "closing_once", "closing_yearly"), "currency"),
                "closing_lost": portfolio.value_unit,
            },
            currency=portfolio.currency,
            claim=pays,
            subtitle=f"From today's use, before other lines get what is freed; {_value_is(portfolio)}"
            f"{count}; no decision on persons",
            source="closing, needs, activities, recipes, worths",
        ),
        is_appendix=True,
    )


def certificate_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the proof of how good the plan is, for the appendix."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures, ways_out
    from workbench.allocation.method_words import given_up_words, possible_words, proved_step

    if isinstance(result, Conflict):
        return words_exhibit(
            "allocation-proof",
            "There is no plan, so there is nothing to prove.",
            f"The conflict itself was checked rule by rule. {ways_out(result)}".strip()
            if result.minimal
            else "A check took too long: the conflict may name one rule too many.",
            alt="Note: no plan, no proof.",
            is_appendix=True,
        )
    numbers, sure, portfolio = figures(result), result.best.certificate, result.portfolio
    keys = ["value", "best_value", "bound", "possible", "gap_absolute", "baseline_value"]
    keys += ["near_equal_cost", "rounding_cost"]
    keys += ["small_move_cost"] if result.settled.small_move_cost else []
    given_up = given_up_words(result)
    size = proved_step(result)
    digits = max(-round(math.log10(size)), 0)
    claim = (
        f"No plan can bring more than {possible_words(result)} above this one."
        if sure.proved
        else f"Not proved: a plan that brings up to {possible_words(result)} more may exist."
    )
    return Exhibit(
        "allocation-proof",
        table(
            {
                "what": [numbers[key].name for key in keys],
                "amount": [_to_step(numbers[key].value, size) for key in keys],
                "ids": [numbers[key].id for key in keys],
            },
            columns={"what": "What", "amount": f"Amount ({portfolio.currency if portfolio.is_money else 'points'})"},
            units={"amount": "count" if portfolio.is_money else "points"},
            decimals={"amount": digits} if digits or not portfolio.is_money else {},
            claim=claim,
            subtitle=f"In {_worth_words(portfolio)}, to the nearest {theme.number(size, digits)}, as far as the "
            f"search tells plans apart; {given_up or 'the plan is as good as the best found'}; "
            f"bound on the continuous curves, by {sure.how}; "
            + ("no plan nearly as good has fewer moves" if result.settled.is_fewest else "fewer moves may be possible"),
            source=TABLES,
        ),
        is_appendix=True,
    )


def _to_step(value: Any, size: float) -> float | None:
    """Return an amount without the digits that the search does not carry."""
    return None if value is None else round(float(value) / size) * size


def _conflict_table(conflict: Conflict) -> Exhibit:
    """Return the rules, capacities and maxima that cannot hold together, conflict by conflict."""
    from workbench.allocation import headline

    names = {"capacity": "capacity", "maximum": "largest level", "closing": "a line nobody may close"}
    rows: list[dict[str, Any]] = []
    for number, held in enumerate((conflict, *conflict.others), start=1):
        rows += [
            {
                "conflict": number,
                "what": rule.name,
                "kind": "rule",
                "says": rule.text + _alone(conflict, "rule", rule.name),
                "owner": rule.owner or theme.MISSING,
            }
            for rule in held.rules
        ]
        for item in held.given:
            amount = "" if item.amount is None else f"{theme.number(item.amount, 1)} {item.unit}"
            short = "" if not item.short_by else f"; {theme.number(item.short_by, 1)} more would do"
            says = f"{amount}{short}" or theme.MISSING
            rows.append(
                {"conflict": number, "what": item.name, "kind": names[item.kind], "says": says, "owner": "given"}
            )
    if conflict.others:
        claim = f"There are {1 + len(conflict.others)} conflicts; a plan needs a way out of each."
    elif not conflict.rules:
        claim = "What is given cannot hold even without rules."
    elif conflict.any_one_frees and len(conflict.rules) > 1:
        claim = "These cannot hold together; without any one of the rules a plan exists."
    else:
        claim = "These cannot hold together; dropping a rule ends this conflict."
    columns = {"what": "Rule or given", "kind": "Kind", "says": "What it says", "owner": "Owner"}
    if conflict.others:
        columns = {"conflict": "Conflict", **columns}
    else:
        rows = [{name: value for name, value in row.items() if name != "conflict"} for row in rows]
    return Exhibit(
        "allocation-lines",
        table(
            rows,
            columns=columns,
            claim=claim,
            subtitle=headline(conflict)[0].claim,
            source="rules, resources, needs, activities",
        ),
    )


def _alone(conflict: Conflict, kind: str, name: str) -> str:
    """Return the change of one rule that is enough by itself, to stand behind its words."""
    found = next((item for item in conflict.repairs if (item.kind, item.name) == (kind, name)), None)
    return f"; enough alone: {found.text}" if found is not None else ""


def _moving(portfolio: Portfolio, plan: Allocation | None) -> list[Activity]:
    """Return the activities to draw: those whose value moves most, or could, the largest first."""

    def moves(activity: Activity) -> float:
        if plan is not None:
            return abs(plan.plan.found.by_activity[activity.id] - plan.today.by_activity[activity.id])
        rise = activity.curve.value(activity.maximum) - activity.curve.value(0.0)
        return abs(portfolio.worth(activity.id) * rise)

    held = [item for item in portfolio.activities if plan is None or plan.plan.supported[item.line]]
    return sorted(held, key=lambda item: (-moves(item), item.id))[:MOST_CURVES]


def _curve_points(
    portfolio: Portfolio, activity: Activity, plan: Allocation | None, numbers: Figures
) -> list[dict[str, Any]]:
    worth = portfolio.worth(activity.id)
    marks = {activity.current: "today"}
    if plan is not None:
        level = plan.plan.level(activity.id)
        marks[level] = "plan" if level != activity.current else "today and plan"
    top = max(activity.maximum, *marks)
    levels = sorted({*(top * part / (POINTS_A_CURVE - 1) for part in range(POINTS_A_CURVE)), *marks})
    ids = {
        "today": f"today_level/{activity.id}",
        "plan": f"level/{activity.id}",
        "today and plan": f"level/{activity.id}",
    }
    return [
        {
            "activity": _curve_name(activity),
            "level": level,
            "value": worth * activity.curve.value(level),
            "mark": marks.get(level, ""),
            "ids": numbers[ids[marks[level]]].id if level in marks else "",
        }
        for level in levels
    ]


def _curve_name(activity: Activity) -> str:
    return f"{activity.id} ({activity.unit})"


def _money(portfolio: Portfolio, value: Any) -> str:
    return theme.money(value, portfolio.currency)


def _value_is(portfolio: Portfolio) -> str:
    """Return what value is, with who agreed the weights where it is points."""
    return f"value is {portfolio.value_words}" if portfolio.is_money else f"value in {_in_points(portfolio)}"


def _in_points(portfolio: Portfolio) -> str:
    return portfolio.value_words.removeprefix("value ")


def _worth_words(portfolio: Portfolio) -> str:
    return portfolio.currency if portfolio.is_money else portfolio.value_words


def _value(portfolio: Portfolio, value: float) -> str:
    return _money(portfolio, value) if portfolio.is_money else f"{theme.points(value)} value points"
