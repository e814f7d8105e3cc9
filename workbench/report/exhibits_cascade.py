"""What the plan asks of the functions: who changes what, which line is short first, which projects do not fit.

Every number comes from the result's figures. Where no plan holds there is nothing to ask, and a note says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.charts import bar_ranked, slope
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Allocation, Conflict, FunctionReading, Portfolio, ResourceReading

SOURCE = "function_plans, recipes, needs, resources"
MOST_DRAWN = 15
"""Lines that a chart of one resource draws (ours: as many labels as stay apart)."""


def functions_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return what each function would have to change, resource by resource, and how far its own plan is from that."""
    key = "allocation-functions"
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, cascade_findings, figures
    from workbench.allocation.cascade_words import largest_moves, move_words, standing_words

    if isinstance(result, Conflict) or result.cascade is None:
        return _no_plan(key)
    numbers, portfolio, cascade = figures(result), result.portfolio, result.cascade
    rows: list[dict[str, Any]] = []
    for reading in cascade.functions:
        for item in reading.resources:
            moves = [move_words(portfolio, item, amount) for amount in largest_moves(item)]
            keys = [f"{name}/{item.resource}" for name in ("today_used", "planned", "used", "differs")]
            keys += [f"need_change/{item.resource}/{amount.line}" for amount in largest_moves(item)]
            rows.append(
                {
                    "function": reading.function,
                    "resource": item.resource,
                    "today": _amount(portfolio, item, item.today),
                    "planned": theme.MISSING if item.planned is None else _amount(portfolio, item, item.planned),
                    "plan": _amount(portfolio, item, item.wanted),
                    "moves": theme.listing(moves, 3) if moves else "nothing noticeable",
                    "differs": numbers[f"differs/{item.resource}"].value,
                    "stands": standing_words(cascade, reading),
                    "ids": numbers.shown_ids(*keys),
                }
            )
    return Exhibit(
        key,
        table(
            rows,
            columns={
                "function": "Function",
                "resource": "Gives",
                "today": "Today",
                "planned": "It plans",
                "plan": "The plan takes",
                "moves": "Largest changes",
                "differs": "Differs by",
                "stands": "Stands",
            },
            units={"differs": "share"},
            currency=portfolio.currency,
            claim=cascade_findings(result)[0].claim,
            subtitle="Against what each function plans, else against today; differs by: half the differences of "
            "the lines' shares. Product lines, no decision on persons",
            source=SOURCE,
        ),
    )


def short_lines_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the lines with too little planned, the shortest first, each by the resource it lacks most."""
    key = "allocation-short"
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, cascade_findings, figures

    if isinstance(result, Conflict) or result.cascade is None:
        return _no_plan(key)
    numbers, cascade = figures(result), result.cascade
    if not cascade.short:
        heard = any(item.is_heard for item in cascade.functions)
        claim = (
            "What the functions plan covers every line."
            if heard
            else "No function has said what it plans, so no line can be called short."
        )
        return words_exhibit(
            key, claim, "Rows of function_plans say who plans what for which line.", ("function_plans",)
        )
    rows = [
        {
            "line": f"{item.amount.name} ({item.amount.resource}, {item.amount.function})",
            "share": numbers[f"line_short/{item.amount.line}"].value,
            "ids": numbers.shown_ids(
                f"line_short/{item.amount.line}",
                f"need/{item.amount.resource}/{item.amount.line}",
                f"need_planned/{item.amount.resource}/{item.amount.line}",
            ),
        }
        for item in cascade.short[:MOST_DRAWN]
    ]
    first = cascade.short[0].amount
    claim = next(
        (item.claim for item in cascade_findings(result) if item.claim.startswith(first.name)),
        "Some lines have too little planned.",
    )
    return Exhibit(
        key,
        bar_ranked(
            rows,
            label="line",
            value="share",
            claim=claim,
            subtitle="Planned share of what the line takes in the plan, of the resource of which least is planned; "
            f"{len(cascade.short)} of {len(result.portfolio.lines)} lines",
            source=SOURCE,
            unit="share",
            highlight=[str(rows[0]["line"])],
            keep_order=True,
        ),
    )


def projects_exhibit(result: Allocation | Conflict | Off) -> Exhibit:
    """Return the running projects that fit no line, feed a line that closes, or end with nobody to own them."""
    key = "allocation-projects"
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.allocation import Conflict, figures
    from workbench.allocation.cascade_numbers import PROJECT_WORDS

    if isinstance(result, Conflict) or result.cascade is None:
        return _no_plan(key)
    held, numbers = result.cascade.projects, figures(result)
    if not held:
        words = "Every running project fits a line that stays and has an owner when it ends."
        claim = words if result.inputs.projects else "No running projects were given."
        return words_exhibit(
            key, claim, "The table projects lists what runs.", () if result.inputs.projects else ("projects",)
        )
    names = {line.id: line.name for line in result.portfolio.lines}
    found = {why: sum(why in item.why for item in held) for why in PROJECT_WORDS}
    counts = [theme.counted(count, *PROJECT_WORDS[why]) for why, count in found.items() if count]
    counts[0] = counts[0].replace(" ", f" of {theme.counted(len(result.inputs.projects), 'running project')} ", 1)
    return Exhibit(
        key,
        table(
            {
                "project": [item.project.id for item in held],
                "sponsor": [item.project.sponsor or theme.MISSING for item in held],
                "line": [
                    theme.listing([names[line] for line, _ in item.project.serves if line in names], 4) or theme.MISSING
                    for item in held
                ],
                "people": [item.project.people for item in held],
                "ends": [item.project.ends or theme.MISSING for item in held],
                "why": [theme.listing([PROJECT_WORDS[why][0] for why in item.why]) for item in held],
                "ids": [numbers.shown_ids(*(_key("projects", why) for why in item.why)) for item in held],
            },
            columns={
                "project": "Project",
                "sponsor": "Sponsor",
                "line": "Product line",
                "people": "People",
                "ends": "Ends",
                "why": "What is open",
            },
            units={"people": "people"},
            claim=fit_claim(
                f"Against the plan, {theme.listing(counts)}.",
                f"{len(held)} of {len(result.inputs.projects)} running projects do not fit the plan.",
            ),
            subtitle="Running projects against the plan; the owner of what ends is the line's product manager",
            source="projects, lines",
        ),
    )


def resource_lines(result: Allocation, reading: FunctionReading, item: ResourceReading, key: str) -> Exhibit:
    """Return one resource of a function by line, from what it plans (or today) to the plan; for its own page."""
    from workbench.allocation import figures
    from workbench.allocation.cascade_words import largest_moves, move_words, quantity_words

    numbers, portfolio = figures(result), result.portfolio
    ranked = sorted(item.amounts, key=lambda amount: -abs(amount.change))[:MOST_DRAWN]
    shown = [amount for amount in item.amounts if amount in ranked and max(amount.base, amount.wanted) > 0]
    size = portfolio.resource(item.resource).money_units(portfolio.currency)
    base = "need_planned" if item.is_heard else "need_today"
    factor = 1.0 if size is None else size
    amounts = [each for amount in shown for each in (amount.base, amount.wanted)]
    is_whole = all(abs(each - round(each)) < 0.05 for each in amounts)
    moves = [move_words(portfolio, item, amount) for amount in largest_moves(item)]
    total = quantity_words(portfolio, item.resource, item.wanted)
    words = theme.listing(moves, 3) if moves else "no line changes noticeably"
    claim = f"{reading.function}, {item.resource}: {words}."
    return Exhibit(
        key,
        slope(
            {
                "line": [amount.name for amount in shown],
                "before": [factor * amount.base for amount in shown],
                "after": [factor * amount.wanted for amount in shown],
                "before_id": [numbers[f"{base}/{item.resource}/{amount.line}"].id for amount in shown],
                "after_id": [numbers[f"need/{item.resource}/{amount.line}"].id for amount in shown],
            },
            label="line",
            before="before",
            after="after",
            before_label="it plans" if item.is_heard else "today",
            after_label="the plan",
            claim=fit_claim(claim, f"What each line takes of {item.resource}."),
            subtitle=f"{item.resource} of {reading.function} by product line, a period; {total} in the plan",
            source=SOURCE,
            unit="currency" if size is not None else "people" if item.is_people else item.unit,
            currency=portfolio.currency,
            decimals=1 if item.is_people and not is_whole else None,
            highlight=[amount.name for amount in largest_moves(item)[:2]],
            figures=["before_id", "after_id"],
        ),
    )


def function_table(result: Allocation, reading: FunctionReading, key: str) -> Exhibit:
    """Return every line's amounts of every resource of a function: today, its own plan, the plan, the change."""
    from workbench.allocation import figures

    numbers, portfolio = figures(result), result.portfolio
    rows: list[dict[str, Any]] = []
    for item in reading.resources:
        for amount in item.amounts:
            if max(amount.today, amount.wanted, amount.base) <= 0:
                continue
            place = f"{item.resource}/{amount.line}"
            rows.append(
                {
                    "resource": item.resource,
                    "line": amount.name,
                    "today": _amount(portfolio, item, amount.today),
                    "planned": theme.MISSING if amount.planned is None else _amount(portfolio, item, amount.planned),
                    "plan": _amount(portfolio, item, amount.wanted),
                    "change": _change(portfolio, item, amount.change),
                    "decision": "stays" if amount.supported else "proposed to close",
                    "ids": numbers.shown_ids(
                        *(f"{kind}/{place}" for kind in ("need_today", "need_planned", "need", "need_change"))
                    ),
                }
            )
    if not rows:
        return words_exhibit(key, f"{reading.function} gives nothing to any line.", "")
    lines = len({row["line"] for row in rows})
    is_decided = result.cascade is not None and result.cascade.is_decided
    state = "ready to be agreed" if is_decided else "as proposed, not yet decided"
    return Exhibit(
        key,
        table(
            rows,
            columns={
                "resource": "Gives",
                "line": "Product line",
                "today": "Today",
                "planned": "It plans",
                "plan": "The plan takes",
                "change": "Change",
                "decision": "Line",
            },
            claim=fit_claim(
                f"{reading.function}: every amount of {lines} lines, {state}.",
                f"Every amount of {lines} lines, {state}.",
            ),
            subtitle="A period; change against its own plan, else against today; a proposal on lines, not on persons",
            source=SOURCE,
        ),
    )


def _change(portfolio: Portfolio, item: ResourceReading, change: float) -> str:
    if abs(change) < 1e-9:
        return "none"
    return ("+" if change > 0 else "−") + _amount(portfolio, item, abs(change))


def _amount(portfolio: Portfolio, item: ResourceReading, amount: float) -> str:
    """Return an amount for a cell whose row names the resource: people as a bare number."""
    from workbench.allocation.cascade_words import quantity_words

    if item.is_people:
        return theme.number(amount, 0 if abs(amount - round(amount)) < 0.05 else 1)
    return quantity_words(portfolio, item.resource, amount)


def _no_plan(key: str) -> Exhibit:
    claim = "There is no plan, so there is nothing to ask of the functions yet."
    return words_exhibit(key, claim, "Settle the rules in conflict first.", alt=f"Note: {claim} ({key})")


def _key(kind: str, why: str) -> str:
    return f"{kind}/{why.replace(' ', '_')}"
