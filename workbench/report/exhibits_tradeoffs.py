"""What two objectives cost each other, and what scenarios change: the frontier, plans side by side, line by line.

Each function takes the result (a plan, a conflict or `Off`) and returns an exhibit; every number comes from the
result's figures. Where there is nothing to trade off or to compare the exhibit is a note that says so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off, fit_claim
from workbench.report.charts_tradeoffs import INSIDE, ON, PLAN, TODAY, frontier_chart
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Comparison, Conflict, Frontier, Portfolio

SOURCE = "activities, recipes, worths, objectives, rules"
MOST_PLANS = 4
"""Plans whose loss in each scenario has a column of its own (ours: what fits a page)."""
MOST_NAMED = 3
"""Points named because a line is decided otherwise there (ours)."""


def frontier_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the most of one objective for each amount of another, with the plan and today among them."""
    key = "allocation-frontier"
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures
    from workbench.allocation.tradeoff_words import exchange_claim, objective_name, objective_unit

    if isinstance(result, Conflict):
        return _note(
            key,
            "There is no plan, so objectives cannot be traded off.",
            "Rules and capacities cannot hold together; once they do, this page tells what more of one "
            "objective costs of another.",
            ("rules",),
        )
    portfolio, found = result.portfolio, result.frontier
    if found is None and len(portfolio.weighted) < 2:
        return _note(
            key,
            "Only one objective counts, so there is nothing to trade off.",
            "With a second objective in the tables this page shows what more of it costs of the first.",
            ("objectives", "worths"),
        )
    if found is None or not found.points:
        return _note(
            key,
            "What the objectives cost each other was not worked out in this run.",
            "No points of the trade-off were asked for.",
            (),
        )
    claim = exchange_claim(portfolio, found)
    if len(found.points) == 1:
        return _note(key, claim, "The plan with the most of one objective has the most of the other too.", ())
    numbers, names = figures(result), {held: objective_name(held) for held in (found.objective, found.against)}
    goal, other = names.values()
    rows = _frontier_rows(portfolio, found, numbers, goal, other)
    gap = max(point.gap for point in found.points)
    within = max(math.ceil(gap * 1e4 - 1e-9), 1) / 1e4  # rounded up: a proof is not sharper than it is
    proof = f"each within {theme.percent(within, 2)} of its lift" if found.proved else "not all proved"
    more = "" if found.is_complete else "; some were not worked out in time"
    chart = frontier_chart(
        rows,
        label="plan",
        other=found.against,
        goal=found.objective,
        rate="one more costs",
        change="changes",
        mark="kind",
        claim=claim,
        subtitle=f"The most of {goal} for each amount of {other} a period, in {len(found.points)} plans, {proof}{more}",
        source=SOURCE,
        goal_label=theme.upper_start(goal),
        other_label=theme.upper_start(other),
        proof="proved: no plan has more of both" if found.proved else "best found, not all proved",
        highlight=[row["plan"] for row in rows if row["is_named"]][:MOST_NAMED],
        unit=objective_unit(portfolio, found.objective),
        other_unit=objective_unit(portfolio, found.against),
        currency=portfolio.currency,
        decimals=_decimals(rows, found),
    )
    return Exhibit(key, chart)


def scenarios_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the plans of the base and of every scenario side by side, and what each loses in the others."""
    held = _compared(result, "allocation-scenarios")
    if isinstance(held, Exhibit):
        return held
    result, comparison, numbers = held
    names = [case.name for case in comparison.cases]
    shown = names[:MOST_PLANS]
    rows: list[dict[str, Any]] = []
    for i, case in enumerate(comparison.cases):
        keys = [f"scenario_{part}/{case.name}" for part in ("value", "gain", "gain_share")]
        losses = {f"loss{j}": numbers[f"scenario_loss/{case.name}/{name}"] for j, name in enumerate(shown)}
        rows.append(
            {
                "scenario": theme.upper_start(case.name),
                "text": case.text or (theme.MISSING if i else "As the tables have it"),
                "value": theme.MISSING if case.plan is None else _amount(case.portfolio, numbers[keys[0]].value),
                "gain": numbers[keys[2]].value,
                "closes": _closes(comparison, i),
                **{name: figure.value for name, figure in losses.items()},
                "ids": numbers.shown_ids(*keys, *(figure.key for figure in losses.values())),
            }
        )
    columns = {
        "scenario": "Scenario",
        "text": "What it changes",
        "value": "Value of its plan",
        "gain": "Gained over today",
    }
    if comparison.depends or any(case.plan is None for case in comparison.cases):
        columns["closes"] = "Closes"
    columns |= {f"loss{j}": f"Lost with the plan of {name}" for j, name in enumerate(shown)}
    return Exhibit(
        "allocation-scenarios",
        table(
            rows,
            columns=columns,
            units={name: "share" for name in ("gain", *(f"loss{j}" for j in range(len(shown))))},
            decimals={f"loss{j}": 1 for j in range(len(shown))},
            currency=result.portfolio.currency,
            claim=_scenarios_claim(comparison),
            subtitle="Each scenario's best plan, a period; lost: share of that gain given up with another's "
            "plan; –: it breaks a rule or a capacity there",
            source="scenarios, activities, worths, rules",
        ),
    )


def scenario_lines_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return each line's money in every scenario, and what never changes."""
    held = _compared(result, "allocation-scenario-lines", is_by_line=True)
    if isinstance(held, Exhibit):
        return held
    result, comparison, numbers = held
    cases = comparison.cases[: MOST_PLANS + 1]
    words = {"more": "more", "less": "less", "same": "the same", "depends": "hangs on it"}
    rows: list[dict[str, Any]] = []
    for line in comparison.lines:
        keys = [f"scenario_money/{line.line}/{case.name}" for case in cases]
        decided = {"supported": "stays", "closed": "closes", "depends": "stays or closes"}[line.decision]
        rows.append(
            {
                "line": line.name,
                "today": numbers[f"today_money/{line.line}"].value,
                **{f"money{place}": numbers[key].value for place, key in enumerate(keys)},
                "decision": decided,
                "moves": words[line.money_moves],
                "ids": numbers.shown_ids(f"today_money/{line.line}", *keys, f"scenario_decision/{line.line}"),
            }
        )
    amounts = ["today", *(f"money{place}" for place in range(len(cases)))]
    most = max((row[name] or 0.0 for row in rows for name in amounts), default=0.0)
    steady = [row for row in rows if row["decision"] != "stays or closes" and row["moves"] != "hangs on it"]
    names = theme.listing([row["line"] for row in steady], 3)
    claim = f"For {names} every scenario says the same." if steady else "No line is told the same in every scenario."
    return Exhibit(
        "allocation-scenario-lines",
        table(
            rows,
            columns={
                "line": "Product line",
                "today": "Today",
                **{f"money{place}": theme.upper_start(case.name) for place, case in enumerate(cases)},
                "decision": "In all of them it",
                "moves": "Money against today",
            },
            units={name: "currency" for name in amounts},
            decimals={name: 1 for name in amounts} if most >= 9_950 else None,
            currency=result.portfolio.currency,
            claim=fit_claim(claim, f"For {len(steady)} of {len(rows)} lines every scenario says the same."),
            subtitle="Money of each line a period, people at their cost, in each scenario's best plan",
            source="scenarios, activities, recipes, needs",
        ),
        is_appendix=True,
    )


def _frontier_rows(
    portfolio: Portfolio, frontier: Frontier, numbers: Figures, goal: str, other: str
) -> list[dict[str, Any]]:
    """Return a row a point, then the plan and today."""
    names, rows, count = {line.id: line.name for line in portfolio.lines}, [], len(frontier.points)
    for place, point in enumerate(frontier.points, start=1):
        keys = [f"frontier_{part}/{place}" for part in ("goal", "other", "rate", "gap")]
        words = [f"{names[line]} {'stays' if point.supported[line] else 'closes'}" for line in point.changed]
        end = f"most {goal}" if place == 1 else f"most {other}" if place == count else ""
        rows.append(
            {
                "plan": f"{place}: {end}" if end else str(place),
                frontier.against: numbers[keys[1]].value,
                frontier.objective: numbers[keys[0]].value,
                "one more costs": numbers[keys[2]].value,
                "changes": theme.listing(words, 3) if words else theme.MISSING,
                "kind": ON if point.on_hull else INSIDE,
                "is_named": bool(words),
                "ids": numbers.shown_ids(*keys),
            }
        )
    for kind, name in ((PLAN, "The plan"), (TODAY, "Today")):
        keys = [f"frontier_{kind}_{part}" for part in ("goal", "other")]
        rows.append(
            {
                "plan": name,
                frontier.against: numbers[keys[1]].value,
                frontier.objective: numbers[keys[0]].value,
                "one more costs": None,
                "changes": theme.MISSING,
                "kind": kind,
                "is_named": False,
                "ids": numbers.shown_ids(*keys),
            }
        )
    return rows


def _decimals(rows: list[dict[str, Any]], frontier: Frontier) -> int:
    """Return so many decimals, of the size in which a table writes the amounts, that the points can be told apart."""
    most = 0
    for name in (frontier.objective, frontier.against):
        held = [abs(row[name]) for row in rows]
        points = [row[name] for row in rows if row["kind"] in (ON, INSIDE)]
        largest, spread = max(held), max(points) - min(points)
        size = 1e6 if largest >= 999_500 else 1e3 if largest >= 9_950 else 1.0
        if spread > 0:
            most = max(most, math.ceil(-math.log10(spread / size / 20)))
    return min(max(most, 0), 3)


def _scenarios_claim(comparison: Comparison) -> str:
    """Return what never changes, and what the scenarios decide."""
    planned = [case for case in comparison.cases if case.plan is not None]
    depends = [line.name for line in comparison.depends]
    without = [case.name for case in comparison.cases if case.plan is None]
    if without:
        verb = "has" if len(without) == 1 else "have"
        return fit_claim(
            f"{theme.upper_start(theme.listing(without, 2))} {verb} no plan at all.",
            "Some scenarios have no plan at all.",
        )
    closed = [line.name for line in comparison.always if line.decision == "closed"]
    if not depends:
        all_of = "Both" if len(planned) == 2 else f"All {len(planned)}"
        also = f"; {theme.listing(closed, 2)} would close in each" if closed else ""
        return fit_claim(
            f"{all_of} plans support the same lines{also}.",
            f"{all_of} plans support the same lines.",
        )
    verb = "hangs" if len(depends) == 1 else "hang"
    same = len(comparison.lines) - len(depends)
    return fit_claim(
        f"{theme.listing(depends, 2)} {verb} on the scenario; {same} of {len(comparison.lines)} lines do not.",
        f"{len(depends)} of {len(comparison.lines)} lines hang on the scenario.",
    )


def _closes(comparison: Comparison, place: int) -> str:
    if comparison.cases[place].plan is None:
        return "no plan holds"
    return theme.listing([line.name for line in comparison.lines if line.supported[place] is False], 3) or "none"


def _compared(
    result: Allocation | Conflict | Off, key: str, *, is_by_line: bool = False
) -> Exhibit | tuple[Allocation, Comparison, Figures]:
    """Return the result with its comparison and figures; a note where there is nothing to compare."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

    if isinstance(result, Conflict):
        claim = "There is no plan, so scenarios have nothing to be compared with."
        by_line = "Without a plan no line can be followed through the scenarios."
        detail = "Rules and capacities cannot hold together; once they do, each scenario has its own plan here."
        return _note(key, by_line if is_by_line else claim, detail, ("rules",))
    if result.comparison is None and result.inputs.scenarios:
        claim, by_line = "The scenarios were not compared in this run.", "No line was followed through the scenarios."
        return _note(key, by_line if is_by_line else claim, "Comparing them was switched off.", ())
    if result.comparison is None:
        claim = "No scenarios were given: the plan speaks of one future."
        by_line = "Without scenarios no line can be followed through them."
        detail = "A scenario changes weights, capacities, rules or what outcomes are worth, by name."
        return _note(key, by_line if is_by_line else claim, detail, ("scenarios",))
    return result, result.comparison, figures(result)


def _note(key: str, claim: str, detail: str, tables: tuple[str, ...]) -> Exhibit:
    return words_exhibit(key, claim, detail, tables, is_appendix=True)


def _amount(portfolio: Portfolio, value: Any) -> str:
    """Return a value in the unit of its own scenario, whose weights may make points of money."""
    if portfolio.is_money:
        return theme.money(value, portfolio.currency)
    return f"{theme.number(value / 1e6, 1)} m points" if abs(value) >= 999_500 else f"{theme.number(value, 1)} points"
