"""What allocation shows: today and plan by line, decisions with reasons, curves, resources, rules, and the proof.

Each function takes the result (a plan, a conflict or `Off`) and returns an exhibit; every number comes from the
result's figures. Where no plan holds the same exhibits show today and the rules in conflict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off, fit_claim
from workbench.report.charts import bar_ranked, response_curves, slope
from workbench.report.exhibit import Exhibit, Note, note_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Activity, Allocation, Conflict, Portfolio

POINTS_A_CURVE = 24
"""Points drawn of each curve (ours: smooth to the eye)."""
MOST_CURVES = 6
"""Curves shown: those whose value moves most (ours: as many panels as stay readable)."""
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
    """Return the decision on each line with its reason; the rules in conflict where no plan holds."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures, reason_words

    if isinstance(result, Conflict):
        return _conflict_table(result)
    numbers, portfolio = figures(result), result.portfolio
    rows = []
    for reason in result.reasons:
        keys = [f"{name}/{reason.line}" for name in ("supported", "today_people", "people", "today_money", "money")]
        rows.append(
            {
                "line": reason.name,
                "decision": numbers[keys[0]].value,
                "today_people": numbers[keys[1]].value,
                "people": numbers[keys[2]].value,
                "today_money": numbers[keys[3]].value,
                "money": numbers[keys[4]].value,
                "reason": reason_words(result, reason),
                "ids": _ids(
                    numbers,
                    *keys,
                    f"value/{reason.line}",
                    f"today_value/{reason.line}",
                    f"next_unit/{reason.line}",
                    f"last_funded/{reason.line}",
                    f"other_option/{reason.line}",
                ),
            }
        )
    closed = [reason for reason in result.reasons if not reason.supported]
    names = theme.listing([item.name for item in closed], 2)
    affected = round(sum(reason.today_people for reason in closed))
    open_lines = f"{len(rows) - len(closed)} of {len(rows)} lines are supported"
    claim = (
        f"All {len(rows)} lines are supported."
        if not closed
        else fit_claim(
            f"{open_lines}; {names} would close, {theme.people(affected)} affected.",
            f"{open_lines}; {theme.people(affected)} are in lines proposed to close.",
        )
    )
    return Exhibit(
        "allocation-lines",
        table(
            _columns(rows),
            columns={
                "line": "Product line",
                "decision": "Decision",
                "today_people": "People today",
                "people": "People in the plan",
                "today_money": "Money today",
                "money": "Money in the plan",
                "reason": "Why",
            },
            units={"today_people": "people", "people": "people", "today_money": "currency", "money": "currency"},
            currency=portfolio.currency,
            claim=claim,
            subtitle="A proposal on product lines, no decision on persons; money a period, people at their cost",
            source=TABLES,
            figures="ids",
        ),
    )


def curves_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the curves of the activities whose value moves most, today and plan marked."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

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
            f"Most is won in {most.id}: {_value(portfolio, gain)} more a period.",
            f"The largest gain is {_value(portfolio, gain)}.",
        )
    return Exhibit(
        "allocation-curves",
        response_curves(
            _columns(rows),
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
            figures="ids",
        ),
    )


def resources_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return how much of each resource is used, and what one more would be worth."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import figures

    numbers, portfolio = figures(result), result.portfolio
    rows = []
    names = ("today_used", "used", "capacity", "step", "step_worth", "step_cost")
    for resource in portfolio.resources:
        keys = [f"{name}/{resource.id}" for name in names]
        held: dict[str, Any] = dict(zip(names, (numbers[key].value for key in keys), strict=True))
        size = theme.number(held["step"], 0 if held["step"] >= 1 else 2)
        step = "1 person" if (size, resource.unit) == ("1", "people") else f"{size} {resource.unit}"
        unit: dict[str, Any] = {"resource": f"{resource.id} ({resource.unit})", "function": resource.function}
        rows.append({**held, **unit, "step": step, "ids": _ids(numbers, *keys)})
    scarce = [item.id for item, row in zip(portfolio.resources, rows, strict=True) if (row["step_worth"] or 0) > 0]
    worth = portfolio.value_unit
    return Exhibit(
        "allocation-resources",
        table(
            _columns(rows),
            columns={
                "resource": "Resource",
                "function": "Function",
                "today_used": "Used today",
                "used": "Given in the plan",
                "capacity": "There is",
                "step": "One step",
                "step_worth": "One step more is worth",
                "step_cost": "One step less costs",
            },
            units={
                **{name: "count" for name in ("today_used", "used", "capacity")},
                **{name: worth for name in ("step_worth", "step_cost")},
            },
            currency=portfolio.currency,
            claim=_resource_claim(result, rows, scarce),
            subtitle=f"A period; worth in {_worth_words(portfolio)}, local: for small changes, each solved again",
            source="resources, recipes, needs",
            figures="ids",
        ),
    )


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
    elif len(scarce) == len(rows):
        claim = f"More of any of the {len(rows)} resources would bring more."
    else:
        claim = f"More of {theme.listing(scarce, 3)} would bring more; of the rest there is enough."
    return fit_claim(claim, "Some resources are short, others are not.")


def rules_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return every named rule, its owner and what it costs, or whether it takes part in the conflict."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

    rules = result.portfolio.rules
    if not rules:
        return Exhibit("allocation-rules", Note(
            "No rules were given: only capacities, minima and maxima hold.",
            "Rules go into the table rules, in plain text.",
            ("rules",),
            alt="Note: no rules were given.",
        ))  # fmt: skip
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
            figures="ids" if "ids" in data else None,
        ),
        is_appendix=len(rules) > 12,
    )


def certificate_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the proof of how good the plan is, for the appendix."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures, ways_out

    if isinstance(result, Conflict):
        return Exhibit("allocation-proof", Note(
            "There is no plan, so there is nothing to prove.",
            f"The conflict itself was checked rule by rule. {ways_out(result)}".strip()
            if result.minimal
            else "A check took too long: the conflict may name one rule too many.",
            alt="Note: no plan, no proof.",
        ), is_appendix=True)  # fmt: skip
    numbers, sure, portfolio = figures(result), result.best.certificate, result.portfolio
    keys = ("value", "best_value", "bound", "gap_absolute", "baseline_value", "near_equal_cost", "rounding_cost")
    claim = (
        f"Proved: no plan can be better by more than {sure.asked_gap:.2%} of what the plan adds.".replace("%", " %")
        if sure.proved
        else f"Not proved: a plan at most {theme.percent(sure.gap, 1)} of the lift better may exist."
    )
    return Exhibit(
        "allocation-proof",
        table(
            {
                "what": [numbers[key].name for key in keys],
                "amount": [numbers[key].value for key in keys],
                "ids": [numbers[key].id for key in keys],
            },
            columns={"what": "What", "amount": f"Amount ({portfolio.currency if portfolio.is_money else 'points'})"},
            units={"amount": "count" if portfolio.is_money else "points"},
            decimals={} if portfolio.is_money else {"amount": 4},
            claim=claim,
            subtitle=f"In {_worth_words(portfolio)}; bound on the continuous curves, by {sure.how}",
            source=TABLES,
            figures="ids",
        ),
        is_appendix=True,
    )


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
            _columns(rows),
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


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _ids(numbers: Figures, *keys: str) -> str:
    return " ".join(numbers[key].id for key in keys if numbers[key].value is not None)


def _money(portfolio: Portfolio, value: Any) -> str:
    return theme.money(value, portfolio.currency)


def _worth_words(portfolio: Portfolio) -> str:
    return portfolio.currency if portfolio.is_money else portfolio.value_words


def _value(portfolio: Portfolio, value: float) -> str:
    return _money(portfolio, value) if portfolio.is_money else f"{theme.number(value, 1)} value points"
