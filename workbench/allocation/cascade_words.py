"""The cascade in plain words: who would have to change what, who follows, which line is short, what hangs.

Before a decision the functions' own plans are no fault of anybody: the words then say what would change.
"""

from __future__ import annotations

import math

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.cascade import Amount, Cascade, FunctionReading, ResourceReading, ShortLine
from workbench.allocation.cascade_numbers import PROJECT_WORDS
from workbench.allocation.model import Portfolio
from workbench.allocation.numbers import figures
from workbench.errors import ModelError
from workbench.findings import Figures, Finding, Findings, fit_claim

MOST_MOVES = 3
"""Moves that a sentence names (ours)."""
_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def cascade_findings(result: Allocation) -> Findings:
    """Return what the plan asks of the functions: the largest change, who follows, who is short first, projects.

    Parameters
    ----------
    result : Allocation
        Its cascade; nothing is said where there is none.
    """
    cascade = result.cascade
    if cascade is None:
        return Findings(())
    numbers = figures(result)
    found = [_overview(result, cascade, numbers)]
    if cascade.short:
        found.append(_short_finding(result, cascade.short, numbers))
    if cascade.all_at_stake is not None or cascade.all_fit is False:
        found.append(_stake_finding(result, cascade, numbers))
    found += _project_findings(result, cascade, numbers)
    unheard = [item.function for item in cascade.functions if not item.is_heard]
    if unheard and len(unheard) < len(cascade.functions):
        found.append(
            Finding(
                fit_claim(
                    f"Not heard from: {theme.listing(unheard)}; what they plan is not known.",
                    f"{len(unheard)} functions were not heard from.",
                ),
                "No rows in function_plans. They are held against today, and never counted as following.",
            )
        )
    return Findings(tuple(found))


def cascade_cautions(result: Allocation) -> list[Finding]:
    """Return what cannot be relied on of what was decided: decisions that cannot hold, and those that are words."""
    cascade, decisions = result.cascade, result.inputs.decisions
    if cascade is None:
        return []
    found = []
    if cascade.contradiction:
        found.append(
            Finding(
                "What was decided cannot hold within the rules and capacities.",
                f"Decisions {theme.listing(list(cascade.decided), 6)}. Until they are settled the plan is a proposal.",
            )
        )
    words = [item.id for item in decisions if item.id not in cascade.decided]
    if words:
        n = len(words)
        who = f"Your {_COUNTS.get(n, str(n))} recorded decisions do" if n > 1 else "Your recorded decision does"
        if n < len(decisions):
            who = f"{n} of your {len(decisions)} recorded decisions {'does' if n == 1 else 'do'}"
        found.append(
            Finding(
                f"{who} not change the numbers.",
                f"{theme.listing(words, 6)} {'is' if n == 1 else 'are'} kept as words, and the plan was worked out "
                "without. Only what is decided on the plan or on a rule changes it.",
            )
        )
    return found


def function_findings(result: Allocation, reading: FunctionReading) -> Findings:
    """Return what one function must know: what changes, who gets it, what it costs, what is at stake."""
    cascade, numbers = _cascade(result), figures(result)
    found = [_change_finding(result, cascade, reading, numbers)]
    closing = list(reading.against)
    state = "decided to close" if cascade.is_decided else "proposed to close"
    if closing:
        found.append(
            Finding(
                fit_claim(
                    f"Still planned for {_names(closing)}, {state}: {_amounts_words(result.portfolio, closing)}.",
                    "It still plans amounts for lines that close.",
                ),
                "A proposal on product lines, no decision on persons.",
                _need_ids(numbers, closing, "need_planned"),
            )
        )
    short = [item for item in cascade.short if item.amount.function == reading.function]
    if short:
        found.append(_short_finding(result, tuple(short), numbers))
    if reading.fits is False:
        found.append(
            Finding(
                "No plan holds within what it plans today.",
                "With its amounts as hard limits for each line some rule, need or minimum cannot be met.",
            )
        )
    elif reading.at_stake is not None:
        found.append(
            Finding(
                f"Keeping to its own plan would cost {_value(result.portfolio, reading.at_stake)} a period."
                if reading.at_stake
                else "Keeping to its own plan would cost nothing noticeable.",
                "Its amounts were made hard limits for each line and the best plan was sought again. Not to be added "
                "up with other functions' costs: they overlap.",
                numbers.ids(f"function_at_stake/{reading.function}"),
            )
        )
    costs = _cost_finding(result, reading, numbers)
    return Findings((*found, costs) if costs else tuple(found))


def function_steps(result: Allocation, reading: FunctionReading) -> Findings:
    """Return what a function has to do: its largest moves, line by line, then its numbers."""
    cascade, numbers = _cascade(result), figures(result)
    found = []
    for item in reading.resources:
        moves = largest_moves(item)
        if moves:
            words = theme.listing([move_words(result.portfolio, item, amount) for amount in moves], MOST_MOVES)
            verb = "Agree" if cascade.is_decided else "Prepare"
            found.append(
                Finding(
                    fit_claim(f"{verb} {item.resource}: {words}.", f"{verb} the moves of {item.resource}."),
                    f"Against {'what it plans' if item.is_heard else 'today'}; the table has every line.",
                    _need_ids(numbers, moves, "need_change"),
                )
            )
    if reading.unheard:
        found.append(
            Finding(
                fit_claim(
                    f"Say what you plan of {theme.listing(list(reading.unheard), 3)}, line by line.",
                    "Say what you plan, line by line.",
                ),
                "In function_plans: function, product line, resource, planned amount.",
            )
        )
    if cascade.contradiction:
        found.append(
            Finding(
                "Ask what was decided: the decisions cannot hold together.",
                f"Decisions {theme.listing(list(cascade.decided), 6)}. Until then this is the proposed plan.",
            )
        )
    elif not cascade.is_decided:
        found.append(
            Finding("Wait for the decision: this is a proposal.", "What it would take is known before it is decided.")
        )
    return Findings(tuple(found))


def function_cautions(result: Allocation, reading: FunctionReading) -> Findings:
    """Return what is not known on a function's page."""
    found = []
    if not reading.is_heard:
        found.append(
            Finding(
                "This function has not said what it plans, so it is held against today.",
                "Not heard from is not the same as following.",
            )
        )
    if reading.foreign:
        found.append(
            Finding(
                fit_claim(
                    f"It also plans {theme.listing(list(reading.foreign), 3)}, which other functions give.",
                    "It also plans resources that other functions give.",
                ),
                "Those rows are not counted here: the function that gives a resource answers for it.",
            )
        )
    other = _cascade(result).other_periods
    if other:
        found.append(
            Finding(
                "Rows of function plans for other periods were left out.",
                "They speak of a period that is not planned here.",
            )
        )
    if any(item.is_people for item in reading.resources):
        found.append(
            Finding(
                "Amounts are of product lines; nothing here is a decision on persons.", "Who moves is not told here."
            )
        )
    return Findings(tuple(found))


def standing_words(cascade: Cascade, reading: FunctionReading) -> str:
    """Return how a function stands to the plan, for a table's cell."""
    if reading.follows is None:
        return "not heard from"
    if reading.follows:
        return "follows" if cascade.is_decided else "as it plans"
    return "differs" if cascade.is_decided else "would change"


def largest_moves(reading: ResourceReading) -> tuple[Amount, ...]:
    """Return the largest changes of a resource, by line; those within rounding are none."""
    moved = [amount for amount in reading.amounts if abs(amount.change) > 0.01 * max(amount.base, amount.wanted)]
    return tuple(sorted(moved, key=lambda amount: -abs(amount.change))[:MOST_MOVES])


def move_words(portfolio: Portfolio, reading: ResourceReading, amount: Amount) -> str:
    """Return a change of one line in a few words, such as ``Home +6``."""
    return f"{amount.name} {_signed(portfolio, reading, amount.change)}"


def quantity_words(portfolio: Portfolio, resource: str, amount: float) -> str:
    """Return an amount of a resource with its unit: money as money, people as people."""
    item = portfolio.resource(resource)
    size = item.money_units(portfolio.currency)
    if size is not None:
        return theme.money(amount * size, portfolio.currency)
    if item.is_people(portfolio.currency):
        unit = item.id if item.unit.lower() in ("people", "person", "persons") else item.unit
        return f"{theme.number(amount, 0 if abs(amount - round(amount)) < 0.05 else 1)} {unit}"
    return f"{theme.number(amount, 0 if abs(amount) >= 100 else 1)} {item.unit}"


# -- parts of the above ----------------------------------------------------------------------------------------------


def _overview(result: Allocation, cascade: Cascade, numbers: Figures) -> Finding:
    keys = [f"function_differs/{item.function}" for item in _counted(cascade, numbers)]
    known = [item for item in cascade.functions if item.differs_by is not None]
    details = "; ".join(
        f"{item.function}: {theme.percent(item.differs_by)}{'' if item.is_heard else ' against today'}"
        for item in known
    )
    if not known:
        return Finding("No function gives anything yet, so none has to change.", "", ())
    most = max(known, key=lambda item: item.differs_by or 0.0)
    share = theme.percent(most.differs_by)
    if cascade.is_decided:
        follow = [item.function for item in cascade.functions if item.follows]
        apart = [item for item in known if item.follows is False]
        if not apart:
            claim = (
                f"{theme.listing(follow)} {'follow' if len(follow) > 1 else 'follows'} what was decided."
                if follow
                else "No function has said yet what it plans; what was decided waits for them."
            )
        else:
            most = max(apart, key=lambda item: item.differs_by or 0.0)
            claim = f"{most.function}'s plan differs most from what was decided: by {theme.percent(most.differs_by)}."
            if follow:
                claim = f"{theme.listing(follow, 2)} {'follow' if len(follow) > 1 else 'follows'}; {claim}"
    else:
        claim = f"{most.function} would have to move most: {share} of what it gives."
    return Finding(
        fit_claim(claim, "The functions' plans differ from the plan."),
        f"{details}. Half the sum of the differences between the lines' shares, resources weighted by their worth.",
        numbers.ids(*keys),
    )


def _counted(cascade: Cascade, numbers: Figures) -> list[FunctionReading]:
    return [item for item in cascade.functions if f"function_differs/{item.function}" in numbers and item.differs_by]


def _change_finding(result: Allocation, cascade: Cascade, reading: FunctionReading, numbers: Figures) -> Finding:
    moving = [item for item in reading.resources if largest_moves(item)]
    keys = [f"more/{item.resource}" for item in moving] + [f"less/{item.resource}" for item in moving]
    against = "its own plan" if reading.is_heard else "today"
    if not moving:
        return Finding(f"{reading.function} has nothing to change against {against}.", "", ())
    main = max(moving, key=lambda item: (item.weight, item.unit_cost * (item.more + item.less)))
    up = largest_moves(main)
    to = max(main.amounts, key=lambda amount: amount.change)
    verb = "has to" if cascade.is_decided else "would"
    moved = min(main.more, main.less)
    net, tail = main.more - main.less, ""
    if moved > 0.01 * main.wanted:
        claim = f"{reading.function} {verb} move {quantity_words(result.portfolio, main.resource, moved)}"
        if abs(net) > 0.01 * main.wanted:  # what does not come from other lines, or goes to none
            claim += " between lines"
            amount = quantity_words(result.portfolio, main.resource, abs(net))
            tail = f", and give {amount} {'more' if net > 0 else 'less'} in all"
    elif main.more >= main.less:
        claim = f"{reading.function} {verb} give {quantity_words(result.portfolio, main.resource, main.more)} more"
    else:
        claim = f"{reading.function} {verb} give {quantity_words(result.portfolio, main.resource, main.less)} less"
    most = f"most to {to.name}" if to.change > 0 else f"most of it in {up[0].name}"
    parts = [
        f"{item.resource}: "
        + theme.listing([move_words(result.portfolio, item, amount) for amount in largest_moves(item)], MOST_MOVES)
        for item in moving
    ]
    return Finding(
        fit_claim(f"{claim}, {most}{tail}.", f"{claim}{tail}.", f"{claim}."),
        f"Against {against}. {'; '.join(parts)}.",
        numbers.ids(*keys) + _need_ids(numbers, [a for item in moving for a in largest_moves(item)], "need_change"),
    )


def _short_finding(result: Allocation, short: tuple[ShortLine, ...], numbers: Figures) -> Finding:
    first = short[0].amount
    planned = theme.number(first.planned, 0) if _is_count(result, first) else ""
    of = quantity_words(result.portfolio, first.resource, first.wanted)
    has = f"{planned} of the {of}" if planned else f"{theme.percent(short[0].share)} of the {of}"
    rest = "; ".join(
        f"{item.amount.name}: {theme.percent(item.share)} of its {item.amount.resource} planned" for item in short[:6]
    )
    return Finding(
        fit_claim(
            f"{first.name} is short first: {first.function} plans {has} it takes.",
            f"{first.name} is short first, of {first.resource}.",
        ),
        f"{rest}.",
        _need_ids(numbers, [item.amount for item in short[:6]], "need", "need_planned"),
    )


def _is_count(result: Allocation, amount: Amount) -> bool:
    item = result.portfolio.resource(amount.resource)
    return item.is_people(result.portfolio.currency) and abs(amount.wanted) >= 1


def _stake_finding(result: Allocation, cascade: Cascade, numbers: Figures) -> Finding:
    parts = [
        f"{item.function}: {'no plan holds' if item.fits is False else _value(result.portfolio, item.at_stake or 0.0)}"
        for item in cascade.functions
        if item.fits is False or item.at_stake is not None
    ]
    keys = [f"function_at_stake/{item.function}" for item in cascade.functions if item.at_stake is not None]
    if cascade.all_fit is False:
        claim = "No plan holds within what the functions plan together."
    elif cascade.all_at_stake:
        claim = (
            f"If the functions kept to their own plans, {_value(result.portfolio, cascade.all_at_stake)} would be lost."
        )
        keys.append("functions_at_stake")
    else:
        claim = "The functions' own plans cost nothing noticeable."
        keys.append("functions_at_stake")
    return Finding(
        fit_claim(claim, "The functions' own plans would cost value."),
        f"One at a time: {'; '.join(parts)}. Not to be added up: they overlap. "
        "Their amounts were made hard limits and the best plan was sought again."
        if parts
        else "",
        numbers.ids(*(key for key in keys if key in numbers)),
    )


def _project_findings(result: Allocation, cascade: Cascade, numbers: Figures) -> list[Finding]:
    found = []
    for why, (one, many) in PROJECT_WORDS.items():
        held = [item.project for item in cascade.projects if why in item.why]
        if not held:
            continue
        people = math.fsum(item.people or 0.0 for item in held)
        left = math.fsum(max((item.budget or 0.0) - (item.spent or 0.0), 0.0) for item in held)
        count = theme.counted(len(held), f"project {one}", f"projects {many}")
        names = theme.listing([item.id for item in held], 8)
        key = why.replace(" ", "_")
        found.append(
            Finding(
                fit_claim(f"{count}: {theme.listing([item.id for item in held], 2)}.", f"{count}."),
                f"{names}. {theme.people(people)}, {theme.money(left, result.portfolio.currency)} of budget left.",
                numbers.ids(f"projects/{key}", f"projects_people/{key}", f"projects_left/{key}"),
            )
        )
    return found


def _cost_finding(result: Allocation, reading: FunctionReading, numbers: Figures) -> Finding | None:
    money, currency = reading.money, result.portfolio.currency
    parts = []
    if abs(money) >= 1:
        parts.append(f"{theme.money(abs(money), currency)} {'more' if money > 0 else 'less'} a period")
    if reading.one_off:
        parts.append(f"{theme.money(reading.one_off, currency)} once for closing")
    if not parts:
        return None
    keys = [f"function_money/{reading.function}"] + [f"function_one_off/{reading.function}"] * bool(reading.one_off)
    return Finding(
        fit_claim(f"What it gives would cost {' and '.join(parts)}."),
        f"At the resources' unit costs, against {'its own plan' if reading.is_heard else 'today'}.",
        numbers.ids(*(key for key in keys if key in numbers)),
    )


def _amounts_words(portfolio: Portfolio, amounts: list[Amount]) -> str:
    totals: dict[str, float] = {}
    for amount in amounts:
        totals[amount.resource] = totals.get(amount.resource, 0.0) + amount.against
    words = [quantity_words(portfolio, name, total) for name, total in totals.items()]
    return theme.listing(words, 3)


def _names(amounts: list[Amount]) -> str:
    return theme.listing(list(dict.fromkeys(amount.name for amount in amounts)), 2)


def _need_ids(numbers: Figures, amounts: list[Amount] | tuple[Amount, ...], *kinds: str) -> tuple[str, ...]:
    return numbers.ids(*(f"{kind}/{amount.resource}/{amount.line}" for amount in amounts for kind in kinds))


def _signed(portfolio: Portfolio, reading: ResourceReading, change: float) -> str:
    size = portfolio.resource(reading.resource).money_units(portfolio.currency)
    if size is not None:
        words = theme.money(abs(change) * size, portfolio.currency)
        return f"+{words}" if change > 0 else f"−{words}"
    return theme.signed(change, 0 if abs(change - round(change)) < 0.05 or abs(change) >= 100 else 1)


def _value(portfolio: Portfolio, value: float) -> str:
    if portfolio.is_money:
        return theme.money(value, portfolio.currency)
    return f"{theme.number(value, 1 if abs(value) < 100 else 0)} value points"


def _cascade(result: Allocation) -> Cascade:
    if result.cascade is None:
        raise ModelError("This allocation has no cascade.")
    return result.cascade
