"""What a what-if shows: the plan under other budgets, weights and locks beside the plan of the chapter, line by line.

It compares best plans, before whole people are given: that is the chapter's. Nothing here has an id, as nothing here
is in the report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import fit_claim
from workbench.report.exhibit import Exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.allocation import Conflict, Plan, Portfolio


def what_if_exhibit(before: Plan | Conflict, after: Plan | Conflict) -> Exhibit:
    """Return the plan of a what-if beside the one it began with; the conflict where no plan holds.

    Parameters
    ----------
    before : Plan or Conflict
        The chapter's best plan; where it has none, today's levels stand beside.
    after : Plan or Conflict
        The best plan of the changed portfolio.
    """
    from workbench.allocation import Conflict, evaluate, line_money, line_people

    if isinstance(after, Conflict):
        from workbench.report.exhibits_allocation import line_decisions_exhibit

        return line_decisions_exhibit(after)
    portfolio = after.portfolio
    began, held = ("today", evaluate(before.portfolio, before.portfolio.today, {}))
    if not isinstance(before, Conflict):
        began, held = "in the plan", before.found
    words = {True: "supported", False: "closed"}
    data = {
        "line": [line.name for line in portfolio.lines],
        "decision": [words[after.supported[line.id]] for line in portfolio.lines],
        "other_people": [line_people(before.portfolio, held, line.id) for line in portfolio.lines],
        "people": [line_people(portfolio, after.found, line.id) for line in portfolio.lines],
        "other_money": [line_money(before.portfolio, held, line.id) for line in portfolio.lines],
        "money": [line_money(portfolio, after.found, line.id) for line in portfolio.lines],
    }
    sure = after.certificate
    proof = "proved" if sure.proved else f"not proved: at most {theme.percent(sure.gap, 1)} of the lift below the best"
    return Exhibit(
        "what-if",
        table(
            data,
            columns={
                "line": "Product line",
                "decision": "Decision here",
                "other_people": f"People {began}",
                "people": "People here",
                "other_money": f"Money {began}",
                "money": "Money here",
            },
            units={"other_people": "people", "people": "people", "other_money": "currency", "money": "currency"},
            decimals={"other_people": 1, "people": 1},
            currency=portfolio.currency,
            claim="A plan exists here." if isinstance(before, Conflict) else _claim(before, after),
            subtitle=f"Best plans before whole people are given, {proof}; money a period, people at their cost",
            source="the what-if's settings",
        ),
    )


def _claim(before: Plan, after: Plan) -> str:
    """Return what the what-if changes: the value against the plan as it stands, and the lines decided otherwise."""
    from workbench.allocation import check_plan

    portfolio = after.portfolio
    other = [line.name for line in portfolio.lines if before.supported[line.id] != after.supported[line.id]]
    lines = f"decided otherwise: {theme.listing(other, 2)}" if other else "no line is decided otherwise"
    checked = check_plan(portfolio, before.first, before.supported)
    if not checked.holds:
        return fit_claim(f"The plan as it stands does not hold here; {lines}.", "The plan does not hold here.")
    more = after.value - checked.value
    if more <= after.certificate.gap_absolute:
        return "The plan as it stands is the best one here too."
    amount = _amount(portfolio, more)
    return fit_claim(f"Planning again brings {amount}; {lines}.", f"Planning again brings {amount}.")


def _amount(portfolio: Portfolio, more: float) -> str:
    if portfolio.is_money:
        return f"{theme.money(more, portfolio.currency)} more"
    return f"{theme.number(more, 2)} value points more"
