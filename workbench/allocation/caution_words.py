"""What could be wrong with the plan: its proof, its opinions, its way, and what was not computed with."""

from __future__ import annotations

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.cascade_words import cascade_cautions
from workbench.allocation.conflict import Conflict
from workbench.allocation.explain import MOST_RULES
from workbench.allocation.input_words import curve_cautions, fit_cautions, value_cautions, weighting_cautions
from workbench.allocation.line_sentences import CHANGE
from workbench.allocation.line_words import step_words
from workbench.allocation.method_words import possible_words
from workbench.allocation.numbers import figures
from workbench.allocation.quarters import QuarterPlan
from workbench.allocation.scenarios import scenario_cautions
from workbench.findings import Finding, Findings, Off, fit_claim

_STOPPED = {
    "precision": "The solver's bound contradicted the plan beyond its precision; a simple bound stands instead.",
}


def cautions(result: Allocation | Conflict | Off) -> Findings:
    """Return what could be wrong with the plan: opinions, proof, curves, what was not computed with."""
    if isinstance(result, Off):
        return Findings(())
    portfolio = result.portfolio
    items = [*curve_cautions(portfolio), *fit_cautions(portfolio), *value_cautions(portfolio)]
    if isinstance(result, Conflict):
        return Findings((*items, *_conflict_cautions(result)))
    items = [*_plan_cautions(result), *items, *weighting_cautions(result.inputs.weighting), *_unused_cautions(result)]
    if result.comparison is not None:
        items += scenario_cautions(result.comparison)
    items += [*_dear_cautions(result), *cascade_cautions(result), *_quarter_cautions(result)]
    if result.frontier is not None and not result.frontier.proved:
        items.append(
            Finding(
                "What one objective costs of the other is not proved at every point.",
                "Better plans may exist at some of them; more seconds would tell.",
            )
        )
    return Findings(tuple(items))


def _conflict_cautions(conflict: Conflict) -> list[Finding]:
    """Return where the search for conflicts was cut short."""
    items = []
    if not all(item.minimal for item in (conflict, *conflict.others)):
        items.append(
            Finding("The conflict may name one rule too many.", "A check took too long, so its rule was kept.")
        )
    if not conflict.is_complete:
        items.append(
            Finding(
                "There may be further conflicts besides those named.",
                "The search for them was stopped; settle these and run again.",
            )
        )
    return items


def _unused_cautions(result: Allocation) -> list[Finding]:
    """Return which tables were read and not computed with."""
    plans = () if result.cascade is not None else result.inputs.function_plans
    scenarios = () if result.comparison is not None else result.inputs.scenarios
    unused = [name for name, held in (("scenarios", scenarios), ("function plans", plans)) if held]
    if not unused:
        return []
    return [
        Finding(
            f"{' and '.join(unused).capitalize()} were read and checked, and not computed with yet.",
            "The plan speaks of the base case." + " It was not compared with the functions' plans." * bool(plans),
        )
    ]


def _plan_cautions(result: Allocation) -> list[Finding]:
    items, sure = [], result.best.certificate
    if not sure.proved:
        items.append(
            Finding(
                f"The plan is not proved: one that brings up to {possible_words(result)} more may exist.",
                _STOPPED.get(sure.stopped_by, f"The search was stopped by its limit of {sure.stopped_by}."),
                figures(result).ids("possible", "possible_share", "bound"),
            )
        )
    if not result.settled.is_whole:
        items.append(
            Finding(
                "People could not be made whole in every line.",
                "The amounts are shown as solved; round them with the owners.",
            )
        )
    if result.settled.broken_rules:
        count = len(result.settled.broken_rules)
        items.append(
            Finding(
                f"Whole people break {theme.counted(count, 'rule', 'rules')} that the plan itself keeps.",
                f"{theme.listing(list(result.settled.broken_rules), 8)}: no whole amounts within them were found. "
                "Soften the rule, or split a person's time.",
            )
        )
    priced = [item for item in result.rule_prices if item.is_tight or len(result.rule_prices) <= MOST_RULES]
    open_rules = [item.rule for item in priced if item.price is None]
    if open_rules:
        items.append(
            Finding(
                f"What {theme.counted(len(open_rules), 'rule costs', 'rules cost')} was not worked out.",
                f"{theme.listing(open_rules, 8)}: the time or the proof did not suffice; allow more seconds.",
            )
        )
    if result.best.baseline == "repaired":
        items.append(
            Finding(
                "Today's plan breaks its own rules, so the gain is against the nearest plan that holds.",
                "; ".join(str(item) for item in result.best.current_breaks) + ".",
            )
        )
    return items


def _dear_cautions(result: Allocation) -> list[Finding]:
    """Return the resources of which the last unit brings less than it costs: what is given is spent, not saved."""
    portfolio = result.portfolio
    if not portfolio.is_money:
        return []
    cost = {item.id: item.unit_cost for item in portfolio.resources}
    dear = [
        item
        for item in result.prices
        if item.down is not None and item.used >= item.capacity * (1 - CHANGE) and 0 < item.down < cost[item.resource]
    ]
    if not dear:
        return []
    told = ". ".join(
        f"{theme.upper_start(item.resource)}: the last step ({step_words(item)}) brings "
        f"{theme.money(item.down * item.amount, portfolio.currency)} and costs "
        f"{theme.money(cost[item.resource] * item.amount, portfolio.currency)}; one more would bring "
        f"{theme.money(item.up * item.amount, portfolio.currency)}"
        for item in dear
        if item.down is not None
    )
    names = theme.listing([item.resource for item in dear], 3)
    return [
        Finding(
            fit_claim(
                f"The last step of {names} costs more than it brings.", "The last step of a resource costs too much."
            ),
            f"{told}. The plan places what there is and takes no unit costs off its value; where money can be saved, "
            "give less.",
            figures(result).ids(*(f"{key}/{item.resource}" for item in dear for key in ("step_cost", "step_worth"))),
        )
    ]


def _quarter_cautions(result: Allocation) -> list[Finding]:
    """Return where the way over the quarters ends otherwise than at the plan, and where it is not proved."""
    if not isinstance(result.quarters, QuarterPlan):
        return []
    way, items = result.quarters, list[Finding]()
    other = [item.name for item in result.reasons if item.supported != (way.closes_in(item.line) is None)]
    if other:
        items.append(
            Finding(
                fit_claim(
                    f"The way over the quarters decides otherwise on {theme.listing(other, 2)}.",
                    "The way over the quarters decides otherwise on a line.",
                ),
                "The plan speaks of the last period alone; what it costs to get there is counted on the way only.",
            )
        )
    if not way.certificate.proved:
        items.append(
            Finding(
                "The way over the quarters is not proved to be the best.",
                f"At most {theme.percent(way.certificate.gap, 2)} of its lift may be missing.",
            )
        )
    return items
