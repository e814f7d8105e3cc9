"""How sure the plan is, and what things cost: decisions over draws, plans side by side, questions, prices, wishes.

Each function takes the result (a plan, a conflict or `Off`) and returns an exhibit; every number comes from the
result's figures. Where no plan holds, or nothing was drawn, the exhibit is a note that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off, fit_claim
from workbench.report.charts import bar_ranked
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict, Portfolio
    from workbench.allocation.doubt import Doubt
    from workbench.allocation.robust import MoveHold

MOST_BARS = 10
"""Bars of a chart (ours: what a page holds at a readable size)."""
MOST_WISHES = 10
"""Rules and wishes drawn, dearest first (ours: what follows costs little)."""
NO_SAFER = 0.02
"""A plan whose bad tail is better by less than this share of what the plan adds is not called safer (ours)."""


def holds_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return in how many draws of the answers each decision and each move of the plan holds."""
    from workbench.allocation.doubt_words import FIRM, as_today_words, firm_moves_words

    held = _doubt(result, "allocation-holds")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    found, names = doubt.robustness, {line.id: line.name for line in result.portfolio.lines}
    n = found.draws
    rows: list[dict[str, Any]] = []
    given = {item.line for item in result.firm if item.proof == "given"}  # no other way is open
    for line in found.lines:
        if not line.may_close or line.line in given:
            continue
        words = f"{line.name} {'stays' if line.supported else 'closes'}"
        rows.append({"what": words, "holds": line.holds_in, "id": numbers[f"holds/{line.line}"].id})
    n_lines = len(rows)
    weak_lines = [row for row in rows if row["holds"] < FIRM * n]
    for move in found.moving:
        words = f"{_activity_name(move.activity, move.line, names)}: {move.direction}"
        rows.append({"what": words, "holds": move.holds_in, "id": numbers[f"move_holds/{move.activity}"].id})
    moves = rows[n_lines:]
    shown = rows if len(rows) <= MOST_BARS else sorted(rows, key=lambda row: row["holds"])[:MOST_BARS]
    whole = {1: "The open keep-or-close decision", 2: "Both open keep-or-close decisions"}
    lines = whole.get(n_lines, f"All {n_lines} open keep-or-close decisions")
    if weak_lines:
        lines = f"{n_lines - len(weak_lines)} of {n_lines} open keep-or-close decisions"
    firm = firm_moves_words(found)
    weakest = min(moves or rows, key=lambda row: row["holds"], default=None)
    claim = fit_claim(
        f"{lines} and {firm} draws." if moves else f"{lines} hold in nine of ten draws.",
        f"{theme.upper_start(firm)} draws.",
    )
    if not n_lines:
        claim = f"{theme.upper_start(firm)} draws." if moves else "No move and no open decision is to be tested."
    few = "" if found.draws >= found.asked else f" (of {found.asked:,} asked for; so many fit the time)"
    subtitle = (
        f"Draws, of {n:,}{few}, in which a plan with that decision is within 0.1 % of the best; every answer up to "
        f"{theme.percent(found.spread)} off, contested ones more"
    )
    rest = as_today_words(found)
    subtitle += f"; {rest}" if rest else ""
    if len(shown) < len(rows):
        subtitle += f"; the {len(shown)} least sure of {len(rows)}"
    chart = bar_ranked(
        shown,
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
    return Exhibit("allocation-holds", chart, is_appendix=_is_any_open(result))


def firm_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return which decisions hold, line by line: over draws of the answers, and in every nearly best plan.

    Where no line could be decided otherwise, it stands behind `holds_exhibit`, whose moves are then the story.
    """
    from workbench.allocation.doubt_words import firm_moves_words

    held = _doubt(result, "allocation-firm")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    from workbench.allocation import firm_finding

    found, names = doubt.robustness, {line.id: line.name for line in result.portfolio.lines}
    holds, firm = {item.line: item for item in found.lines}, {item.line: item for item in result.firm}
    rows: list[dict[str, Any]] = []
    for reason in result.reasons:
        line, decision = holds[reason.line], firm[reason.line]
        own = [move for move in found.moving if move.line == reason.line]
        weakest = min(own, key=lambda move: move.holds_in, default=None)
        keys = [f"{name}/{reason.line}" for name in ("supported", "holds", "firm", "flip_cost")]
        keys += [f"move_holds/{weakest.activity}"] if weakest else []
        rows.append(
            {
                "line": reason.name,
                "decision": "stays" if reason.supported else "would close",
                "holds": None if decision.proof == "given" else line.holds_in,
                "firm": _firm_words(decision.proof, decision.firm),
                "cost": numbers[f"flip_cost/{reason.line}"].value,
                "move": _weakest_words(weakest, names) if weakest else theme.MISSING,
                "ids": numbers.shown_ids(*keys),
            }
        )
    told = firm_finding(result)
    sure = f"{firm_moves_words(found)} draws" if found.moving else "nothing moves"
    claim = f"No line is open to another decision; {sure}."
    claim = told.claim if told else claim
    n, few = found.draws, "" if found.draws >= found.asked else f" (of {found.asked:,} asked for)"
    return Exhibit(
        "allocation-firm",
        table(
            rows,
            columns={
                "line": "Product line",
                "decision": "Decision",
                "holds": f"Best in draws, of {n:,}",
                "firm": "In every plan within 1 % of the best",
                "cost": "Deciding otherwise loses at least",
                "move": "Its least sure move, draws it holds in",
            },
            units={"holds": "count", "cost": result.portfolio.value_unit},
            currency=result.portfolio.currency,
            claim=claim,
            subtitle=f"{n:,} draws{few} of all answers, each up to {theme.percent(found.spread)} off, contested ones "
            f"more; losses proved, in {_worth_words(result.portfolio)}",
            source="activities, curve_points, worths, closing, rules",
        ),
        is_appendix=not _is_any_open(result),
    )


def _is_any_open(result: Allocation) -> bool:
    """Return whether any line could be decided otherwise: then its decisions lead, else the moves do."""
    return any(item.proof != "given" for item in result.firm)


def _firm_words(proof: str, is_firm: bool | None) -> str:
    if proof == "given":
        return "yes, no other way is open"
    return {True: "yes", False: "no, another is nearly as good", None: "not worked out"}[is_firm]


def _weakest_words(move: MoveHold, names: dict[str, str]) -> str:
    name = _activity_name(move.activity, move.line, names).removeprefix(f"{names[move.line]}, ")
    return f"{name} {move.direction}: {move.holds_in:,}"


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
                **({"below": None} if row.name == "today" else {}),
                "closes": theme.listing([names[line] for line in row.closed], 3) or "none",
                "ids": numbers.shown_ids(*keys),
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
            rows,
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
        ),
    )


def questions_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return what it would be worth to know each curve for sure: which answers to ask for again."""
    from workbench.allocation.doubt_words import LEAST_QUESTION

    held = _doubt(result, "allocation-questions")
    if isinstance(held, Exhibit):
        return held
    result, doubt, numbers = held
    portfolio, found = result.portfolio, doubt.information
    names = {line.id: line.name for line in portfolio.lines}
    least = LEAST_QUESTION * found.everything
    asked = [item for item in found.curves if item.value > max(least, 1e-9)][:MOST_BARS]
    if not asked:
        return words_exhibit(
            "allocation-questions",
            "No answer is worth asking again: knowing it would change nothing.",
            "Over the draws of all answers the plan's decisions stay the best, whichever answer is known.",
            alt="Note: no answer is worth asking again.",
        )
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
        rows,
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


def wishes_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the price of every rule and of every wish to leave things as they are, dearest first."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

    if isinstance(result, Conflict):
        return _doubt(result, "allocation-wishes")  # type: ignore[return-value]  # a conflict has no draws
    numbers, portfolio = figures(result), result.portfolio
    wishes = result.doubt.wishes if result.doubt else ()
    names = {line.id: line.name for line in portfolio.lines}
    lines = {item.id: item.line for item in portfolio.activities}
    rows: list[dict[str, Any]] = []
    for rule in result.rule_prices:
        if rule.price:
            rows.append({
                "what": f"Rule: {rule.rule}", "cost": rule.price, "id": numbers[f"rule_price/{rule.rule}"].id
            })  # fmt: skip
    for wish in wishes:
        if not wish.price or wish.kind == "line":  # a line's price stands with the decision on it
            continue
        key = "wish_lines" if wish.kind == "lines" else f"wish/{wish.key}"
        words = "Close nothing"
        if wish.kind != "lines":
            words = f"As today: {_activity_name(wish.key, lines[wish.key], names)}"
        rows.append({"what": words, "cost": wish.price, "id": numbers[key].id})
    if not rows:
        return _nothing_costs(result)
    rows.sort(key=lambda row: -row["cost"])
    shown = rows[:MOST_WISHES]
    nothing = next((row for row in rows if row["what"] == "Close nothing"), None)
    first = rows[0]
    words, costs = _wish_words(first["what"]), _value(portfolio, first["cost"])
    none = f"To close nothing costs {_value(portfolio, nothing['cost'])} a period" if nothing is not None else ""
    claim = fit_claim(
        *([f"{none}, {words} {costs}."] if none and nothing is not first else []),
        *([f"{none}."] if none else []),
        f"{theme.upper_start(words)} costs {costs} a period.",
        f"The dearest of {len(rows)} of these costs {costs} a period.",
    )
    more = "" if len(shown) == len(rows) else f"; the {len(shown)} dearest of {len(rows)}"
    chart = bar_ranked(
        shown,
        label="what",
        value="cost",
        claim=claim,
        subtitle=f"Value lost a period, {_worth_words(portfolio)}, what closing costs once counted in full: the plan "
        f"sought again without each rule{' and with each wish' if wishes else ''}{more}",
        source="rules, activities",
        unit=portfolio.value_unit,
        currency=portfolio.currency,
        highlight=["Close nothing"] if nothing is not None and nothing in shown else [first["what"]],
        figures="id",
    )
    return Exhibit("allocation-wishes", chart)


def _wish_words(what: str) -> str:
    """Return a rule or wish as the subject of a sentence."""
    if what.startswith("As today: "):
        line, _, use = what.removeprefix("As today: ").rpartition(", ")
        return f"to leave {line} ({use}) as today" if line else f"to leave {use} as today"
    return f"the rule {what.removeprefix('Rule: ')}" if what.startswith("Rule: ") else theme.lower_start(what)


def _nothing_costs(result: Allocation) -> Exhibit:
    """Return a note that no rule costs value, or that what they cost is not known."""
    known = [item for item in result.rule_prices if item.price is not None]
    claim = "No rule and no wish costs value: the plan is what everybody asks for."
    detail = "Each rule was left out, and each activity left as it is, and the plan sought again."
    if result.doubt is None:
        claim, detail = (
            "No rule costs value.",
            "Each rule was left out, and the plan sought again; wishes were not tried.",
        )
        if not result.portfolio.rules:
            claim, detail = (
                "There is no rule that could cost value.",
                "What a wish would cost was not asked in this run.",
            )
    if len(known) < len(result.rule_prices):
        claim = (
            f"What {len(result.rule_prices) - len(known)} of {len(result.rule_prices)} rules cost was not worked out."
        )
        detail = "The time or the proof did not suffice; allow more seconds."
    return words_exhibit(
        "allocation-wishes", claim, detail, ("rules",), alt="Note: no rule and no wish costs value.", is_appendix=True
    )


def _doubt(result: Allocation | Conflict | Off, key: str) -> Exhibit | tuple[Allocation, Doubt, Figures]:
    """Return the result with what was drawn and its figures; a note where there is nothing to show."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures

    if isinstance(result, Conflict):
        return words_exhibit(
            key,
            "There is no plan, so nothing could be tested.",
            "Rules and capacities cannot hold together; once they do, this page tells how sure the plan is.",
            ("rules",),
            alt="Note: no plan to test.",
            is_appendix=True,
        )
    if result.doubt is None:
        return words_exhibit(
            key,
            "How sure the plan is was not worked out in this run.",
            "Draws of the answers were switched off.",
            alt="Note: nothing was drawn.",
            is_appendix=True,
        )
    return result, result.doubt, figures(result)


def _activity_name(activity: str, line: str, names: dict[str, str]) -> str:
    """Return an activity in words a board knows: its line's name and what is done for it."""
    rest = activity.removeprefix(line).strip("-_ .")
    return f"{names[line]}, {rest}" if activity.startswith(line) and rest else activity


def _value(portfolio: Portfolio, amount: float) -> str:
    if portfolio.is_money:
        return theme.money(amount, portfolio.currency)
    return f"{theme.number(amount, 0 if abs(amount) >= 10 else 1)} points"


def _worth_words(portfolio: Portfolio) -> str:
    return portfolio.currency if portfolio.is_money else "value points"
