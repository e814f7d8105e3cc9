"""Named changes of the inputs, and the plans that answer them side by side: what changes, and what never does.

Each scenario is a portfolio of its own with its own certificate. Values of two scenarios are compared only within one
of them: what the plan made for another is worth here, and what that loses (the regret of L. J. Savage 1951, The
Theory of Statistical Decision, Journal of the American Statistical Association 46(253), 55-67).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbench import theme
from workbench.allocation.conflict import Conflict
from workbench.allocation.model import (
    Activity,
    Portfolio,
    Rule,
    check_plan,
    evaluate,
    line_money,
)
from workbench.allocation.solver import GAP, Limits, Plan, solve
from workbench.errors import ModelError, nearest
from workbench.findings import Figure, Finding, Findings, fit_claim

BASE = "base"
"""What the case without any change is called."""
NOTICED = 0.01
"""A line's money is the same where it differs by less than this share of the larger (ours)."""


@dataclass(frozen=True)
class Scenario:
    """Named changes relative to the base.

    Attributes
    ----------
    name, text : str
        What it is called, and what it stands for.
    weights : mapping of objective to float
        New strategy weights.
    capacities : mapping of resource to float
        New capacities, the same in every period. Unit: the resource's.
    rules : mapping of rule to text
        New rules, or other texts of rules there are.
    without_rules : tuple of rule
        Rules that do not hold.
    outcomes : mapping of activity or line to float
        What their outcomes are worth, in percent of the base (80: a fifth less).
    maximums : mapping of activity to float
        New largest useful levels. Unit: the activity's.
    """

    name: str
    text: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    capacities: Mapping[str, float] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    without_rules: tuple[str, ...] = ()
    outcomes: Mapping[str, float] = field(default_factory=dict)
    maximums: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A scenario with its answer: a plan with its certificate, or the rules that cannot hold together."""

    name: str
    text: str
    portfolio: Portfolio
    answer: Plan | Conflict

    @property
    def plan(self) -> Plan | None:
        """The plan; None where the rules cannot hold."""
        return self.answer if isinstance(self.answer, Plan) else None


@dataclass(frozen=True)
class LineAcross:
    """A line in every scenario that has a plan.

    Attributes
    ----------
    line, name : str
    supported : tuple of bool or None
        In the order of the scenarios; None where there is no plan.
    money : tuple of float or None
        Unit: currency a period.
    today_money : float
    """

    line: str
    name: str
    supported: tuple[bool | None, ...]
    money: tuple[float | None, ...]
    today_money: float

    @property
    def decision(self) -> str:
        """``supported`` or ``closed`` where every plan agrees, else ``depends``."""
        found = {held for held in self.supported if held is not None}
        return "depends" if len(found) != 1 else "supported" if found == {True} else "closed"

    @property
    def money_moves(self) -> str:
        """``more``, ``less`` or ``same`` as today where every plan agrees, else ``depends``."""
        found = {_direction(held, self.today_money) for held in self.money if held is not None}
        return found.pop() if len(found) == 1 else "depends"


@dataclass(frozen=True)
class Comparison:
    """Plans side by side.

    Attributes
    ----------
    cases : tuple of Case
        The base first, then the scenarios in the client's order.
    lines : tuple of LineAcross
        In the client's order.
    regret : tuple of tuple of float or None
        ``regret[i][j]``: value lost in case i by carrying out the plan of case j; None where that plan breaks something
        there, or there is none. Unit: value of case i.
    """

    cases: tuple[Case, ...]
    lines: tuple[LineAcross, ...]
    regret: tuple[tuple[float | None, ...], ...]

    @property
    def always(self) -> tuple[LineAcross, ...]:
        """Lines on which every plan decides alike."""
        return tuple(line for line in self.lines if line.decision != "depends")

    @property
    def depends(self) -> tuple[LineAcross, ...]:
        """Lines that are supported in one plan and closed in another."""
        return tuple(line for line in self.lines if line.decision == "depends")

    @property
    def holds_everywhere(self) -> tuple[str, ...]:
        """Cases whose plan holds in every case that has one."""
        planned = [place for place, case in enumerate(self.cases) if case.plan is not None]
        return tuple(self.cases[j].name for j in planned if all(self.regret[i][j] is not None for i in planned))


def apply_scenario(portfolio: Portfolio, scenario: Scenario) -> Portfolio:
    """Return the portfolio as a scenario has it; the given one stays as it is.

    Raises
    ------
    ModelError
        A name is unknown (the nearest ones are named), or a number is out of its range.
    """
    who = f"Scenario {scenario.name!r}"
    for part, known, kind in (
        (scenario.weights, [item.id for item in portfolio.objectives], "objective"),
        (scenario.capacities, [item.id for item in portfolio.resources], "resource"),
        (scenario.without_rules, [rule.name for rule in portfolio.rules], "rule"),
        (scenario.maximums, [item.id for item in portfolio.activities], "activity"),
    ):
        for name in part:
            if name not in known:
                raise ModelError(f"{who} names the unknown {kind} {name!r}. {nearest(name, known)}".strip())
    changed = _new_rules(portfolio, scenario)
    percents = _percents(portfolio, scenario, who)
    return replace(
        portfolio,
        resources=tuple(
            replace(item, capacity=tuple(float(scenario.capacities[item.id]) for _ in item.capacity))
            if item.id in scenario.capacities
            else item
            for item in portfolio.resources
        ),
        activities=tuple(_with_maximum(item, scenario, who) for item in portfolio.activities),
        objectives=tuple(
            replace(
                item,
                weight=float(scenario.weights.get(item.id, item.weight)),
                worths={name: worth * percents.get(name, 100.0) / 100.0 for name, worth in item.worths.items()},
            )
            for item in portfolio.objectives
        ),
        rules=changed,
    )


def compare_scenarios(
    portfolio: Portfolio,
    scenarios: Sequence[Scenario],
    *,
    base: Plan | None = None,
    gap: float = GAP,
    seconds: float = 60.0,
) -> Comparison:
    """Return the plans of the base and of every scenario, and what they have in common.

    Parameters
    ----------
    portfolio : Portfolio
        The base.
    scenarios : sequence of Scenario
    base : Plan, optional
        The base's plan, where it is at hand.
    gap : float
        Gap to prove in each, as a share of its lift.
    seconds : float
        Backstop of them together; a plan stopped by it says so in its certificate.

    Raises
    ------
    ModelError
        A scenario names what there is not, two share a name, or time ran out before one of them had any plan.
    """
    names = [BASE, *(scenario.name for scenario in scenarios)]
    if len(set(names)) != len(names):
        raise ModelError(f"Two scenarios share a name, or one is called {BASE!r}: {', '.join(names[1:])}.")
    until = time.process_time() + seconds
    cases: list[Case] = []
    held = [(BASE, "", portfolio), *((item.name, item.text, apply_scenario(portfolio, item)) for item in scenarios)]
    for place, (name, text, changed) in enumerate(held):
        if place == 0 and base is not None:
            cases.append(Case(name, text, portfolio, base))
            continue
        left = max(until - time.process_time(), 1.0) / (len(held) - place)
        candidates = [(case.plan.first, case.plan.supported) for case in cases if case.plan is not None]
        answer = solve(changed, gap=gap, candidates=_within(changed, candidates), limits=Limits(seconds=left))
        cases.append(Case(name, text, changed, answer))
    return Comparison(tuple(cases), tuple(_lines(portfolio, cases)), _regret(cases))


def scenario_figures(
    portfolio: Portfolio, scenarios: Sequence[Scenario], comparison: Comparison | None
) -> Iterator[Figure]:
    """Yield the numbers of a comparison, in an order that depends on the client's tables only; without ids.

    Nothing where there are no scenarios; without values where they were not compared.
    """
    if not scenarios:
        return
    names = [BASE, *(item.name for item in scenarios)]
    cases = {case.name: case for case in comparison.cases} if comparison else {}
    units = {case.name: case.portfolio.value_unit for case in cases.values()}

    def figure(key: str, name: str, value: float | str | None, unit: str) -> Figure:
        return Figure("", key, name, value, unit, source="scenarios, plan")

    for i, name in enumerate(names):
        case, unit = cases.get(name), units.get(name, portfolio.value_unit)
        plan = case.plan if case else None
        yield figure(f"scenario_value/{name}", f"{name}: value of its plan", plan.value if plan else None, unit)
        yield figure(f"scenario_gain/{name}", f"{name}: value gained over today", plan.gain if plan else None, unit)
        share = plan.gain / plan.baseline_value if plan and plan.baseline_value > 0 else None
        yield figure(f"scenario_gain_share/{name}", f"{name}: value gained, share of today's", share, "share")
        for j, other in enumerate(names):
            loss = comparison.regret[i][j] if comparison else None
            yield figure(f"scenario_regret/{name}/{other}", f"{name}: value lost with the plan of {other}", loss, unit)
            lost = None if loss is None or plan is None or plan.gain <= 0 else loss / plan.gain
            yield figure(
                f"scenario_loss/{name}/{other}",
                f"{name}: share of the gain lost with the plan of {other}",
                lost,
                "share",
            )
    lines = {line.line: line for line in comparison.lines} if comparison else {}
    for line in portfolio.lines:
        held = lines.get(line.id)
        yield figure(
            f"scenario_decision/{line.id}",
            f"{line.name}: decision in all plans",
            held.decision if held else None,
            "text",
        )
        for place, name in enumerate(names):
            money = held.money[place] if held else None
            yield figure(f"scenario_money/{line.id}/{name}", f"{line.name}: money in {name}", money, "currency")
    depends = len(comparison.depends) if comparison else None
    yield figure("scenario_depends", "Lines that hang on the scenario", depends, "count")


def scenario_findings(comparison: Comparison) -> Findings:
    """Return what never changes over the scenarios, what hangs on them, and which plan holds everywhere."""
    cases, items = comparison.cases, []
    planned = [case for case in cases if case.plan is not None]
    if len(planned) > 1:
        for decision, words in (("supported", "supported"), ("closed", "closed")):
            held = [line.name for line in comparison.lines if line.decision == decision]
            if held:
                verb = "is" if len(held) == 1 else "are"
                items.append(
                    Finding(
                        fit_claim(
                            f"{theme.listing(held, 3)} {verb} {words} whatever the scenario.",
                            f"{len(held)} lines are {words} whatever the scenario.",
                        ),
                        f"In each of {len(planned)} plans: {theme.listing([case.name for case in planned], 8)}.",
                    )
                )
    items += scenario_cautions(comparison)
    everywhere = comparison.holds_everywhere
    if len(planned) > 1:
        said = (
            Finding(
                fit_claim(
                    f"The plan of {theme.listing(list(everywhere), 2)} can be carried out in every scenario.",
                    "Some plans can be carried out in every scenario.",
                )
            )
            if everywhere
            else Finding("No plan can be carried out in every scenario.", "Each breaks a rule or capacity in another.")
        )
        items.append(said)
    return Findings(tuple(items))


def scenario_cautions(comparison: Comparison) -> Findings:
    """Return what a board must hear of scenarios: lines that hang on them, and those in which no plan holds."""
    items: list[Finding] = []
    for line in comparison.depends:
        closed = [case.name for case, is_open in zip(comparison.cases, line.supported, strict=True) if is_open is False]
        items.append(
            Finding(
                fit_claim(
                    f"{line.name} hangs on the scenario: closed in {theme.listing(closed, 2)}.",
                    f"{line.name} hangs on the scenario.",
                    "A line hangs on the scenario.",
                ),
                f"Closed in {theme.listing(closed, 8)}; supported in the others.",
            )
        )
    for case in comparison.cases:
        if isinstance(case.answer, Conflict):
            named = [rule.name for rule in case.answer.rules]
            verb = "cannot hold together" if len(named) > 1 else "cannot be kept with what is given"
            items.append(
                Finding(
                    fit_claim(f"No plan holds in {case.name}.", "In one scenario no plan holds."),
                    f"{theme.listing(named, 6)} {verb}." if named else "What is given cannot hold.",
                )
            )
    return Findings(tuple(items))


def _new_rules(portfolio: Portfolio, scenario: Scenario) -> tuple[Rule, ...]:
    kept = [rule for rule in portfolio.rules if rule.name not in scenario.without_rules]
    rules = [replace(rule, text=scenario.rules.get(rule.name, rule.text)) for rule in kept]
    there = {rule.name for rule in rules}
    return (*rules, *(Rule(name, text, "") for name, text in scenario.rules.items() if name not in there))


def _percents(portfolio: Portfolio, scenario: Scenario, who: str) -> dict[str, float]:
    """Return the percentage of each activity's worth, from its own name or its line's."""
    activities, lines = {item.id for item in portfolio.activities}, {line.id for line in portfolio.lines}
    found: dict[str, float] = {}
    for name, percent in scenario.outcomes.items():
        if name in activities and name in lines:
            raise ModelError(f"{who}: {name!r} is an activity and a product line; name the activities instead.")
        if name not in activities | lines:
            guess = nearest(name, activities | lines)
            raise ModelError(f"{who} names the unknown activity or product line {name!r}. {guess}".strip())
        if not 0 <= percent < float("inf"):
            raise ModelError(f"{who}: outcomes of {name!r} are {percent:g} % of the base; 0 or more is allowed.")
        held = [name] if name in activities else [item.id for item in portfolio.activities_of(name)]
        for activity in held:
            found[activity] = found.get(activity, 100.0) * percent / 100.0
    return found


def _with_maximum(item: Activity, scenario: Scenario, who: str) -> Activity:
    if item.id not in scenario.maximums:
        return item
    most = float(scenario.maximums[item.id])
    if not item.minimum <= most < float("inf"):
        raise ModelError(f"{who}: the maximum of {item.id!r} is {most:g}, below its minimum {item.minimum:g}.")
    return replace(item, maximum=most)


def _within(
    portfolio: Portfolio, candidates: Sequence[tuple[Mapping[str, float], Mapping[str, bool]]]
) -> list[tuple[Mapping[str, float], Mapping[str, bool]]]:
    """Return those plans of other cases that hold in this one: it is then never worse than they are."""
    return [plan for plan in candidates if check_plan(portfolio, *plan).holds]


def _lines(portfolio: Portfolio, cases: Sequence[Case]) -> Iterator[LineAcross]:
    today = evaluate(portfolio, portfolio.today, {})
    for line in portfolio.lines:
        yield LineAcross(
            line.id,
            line.name,
            tuple(None if case.plan is None else case.plan.supported[line.id] for case in cases),
            tuple(
                None if case.plan is None else line_money(case.portfolio, case.plan.found, line.id) for case in cases
            ),
            line_money(portfolio, today, line.id),
        )


def _regret(cases: Sequence[Case]) -> tuple[tuple[float | None, ...], ...]:
    rows = []
    for case in cases:
        losses: list[float | None] = []
        for other in cases:
            if case.plan is None or other.plan is None:
                losses.append(None)
                continue
            check = check_plan(case.portfolio, other.plan.first, other.plan.supported)
            losses.append(max(case.plan.value - check.value, 0.0) if check.holds else None)
        rows.append(tuple(losses))
    return tuple(rows)


def _direction(money: float, today: float) -> str:
    if abs(money - today) <= NOTICED * max(abs(money), abs(today)):
        return "same"
    return "more" if money > today else "less"
