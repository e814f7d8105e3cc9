"""What each support function would have to change for a plan; once it is decided, who follows and who does not.

A plan implies what each line takes of each resource, and every resource is given by a function. That is held against
what the function itself plans for the line; where it has not said so, against today. A decision is computed with where
it adopts the plan (`ADOPTED`) or reads as a rule of the client's language; other decisions are words.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.allocation.model import TOLERANCE, Portfolio, Rule, evaluate, row_off
from workbench.allocation.project_lines import Project, ProjectReading, judge_projects
from workbench.allocation.rules import RuleError, compile_rules, quoted
from workbench.allocation.settling import round_plan
from workbench.allocation.solver import Limits, Plan, best_plan
from workbench.errors import ModelError

if TYPE_CHECKING:
    from workbench.allocation.answer import Decision, FunctionPlan
    from workbench.allocation.explain import ShadowPrice

RULE_LIKE = re.compile(
    r"(keep|close) line\b|line \S.* (requires|excludes|goes with) line\b"
    r"|change of\b|(at most|at least|exactly) \d|.*[<>]=",
    re.IGNORECASE,
)
"""How a decision begins that is meant as a rule; one that cannot be read is a fault, and no mere words."""
ADOPTED = frozenset({"adopt the plan", "the plan is adopted", "the plan"})
"""What a decision says that adopts the plan as it was proposed, in any case, with or without its full stop."""
FOLLOWS = 0.05
"""A function follows while its plan differs by no more than this share and covers the rest (ours)."""
SHORT = 0.01
"""A line is short where this share of what it takes is not planned for (ours: less is rounding)."""
PROBE_SECONDS = 5.0
"""Backstop of each plan sought within what a function plans."""
LEAST_SECONDS = 1.0
"""The plan within what was decided is sought for at least this long: everything after it hangs on it."""
ANY_PERIOD = ("", "one year")
"""A period that nobody named."""


@dataclass(frozen=True)
class Amount:
    """What one line takes of one resource.

    Attributes
    ----------
    function, resource, unit, line, name : str
    supported : bool
        Whether the plan supports the line.
    today, wanted : float
        Today, and in the plan to carry out. Unit: the resource's.
    planned : float or None
        What the function plans; 0 where it plans the resource and leaves this line out; None where it has not said.
    """

    function: str
    resource: str
    unit: str
    line: str
    name: str
    supported: bool
    today: float
    wanted: float
    planned: float | None

    @property
    def base(self) -> float:
        """What the change is counted from: the function's own plan, else today. Unit: the resource's."""
        return self.today if self.planned is None else self.planned

    @property
    def change(self) -> float:
        """What the function would give more (less: negative). Unit: the resource's."""
        return self.wanted - self.base

    @property
    def short_by(self) -> float:
        """What the line takes and the function does not plan; 0 where it has not said. Unit: the resource's."""
        return 0.0 if self.planned is None else max(self.wanted - self.planned, 0.0)

    @property
    def against(self) -> float:
        """What the function plans for a line that closes, beyond what closing leaves. Unit: the resource's."""
        return 0.0 if self.supported or self.planned is None else max(self.planned - self.wanted, 0.0)


@dataclass(frozen=True)
class ResourceReading:
    """One resource of a function, line by line.

    Attributes
    ----------
    function, resource, unit : str
    amounts : tuple of Amount
        In the client's order of lines.
    weight : float
        What it counts for among the function's resources: its worth at the plan's prices, else its cost.
    unit_cost : float
        Unit: currency per resource unit.
    is_people, is_money : bool
    """

    function: str
    resource: str
    unit: str
    amounts: tuple[Amount, ...]
    weight: float
    unit_cost: float
    is_people: bool
    is_money: bool

    @property
    def is_heard(self) -> bool:
        """The function said what it plans of this resource."""
        return any(item.planned is not None for item in self.amounts)

    @property
    def today(self) -> float:
        """Today, over all lines. Unit: the resource's."""
        return math.fsum(item.today for item in self.amounts)

    @property
    def wanted(self) -> float:
        """In the plan, over all lines. Unit: the resource's."""
        return math.fsum(item.wanted for item in self.amounts)

    @property
    def planned(self) -> float | None:
        """By the function itself, over all lines; None where it has not said. Unit: the resource's."""
        return math.fsum(item.base for item in self.amounts) if self.is_heard else None

    @property
    def more(self) -> float:
        """What lines would get more, together. Unit: the resource's."""
        return math.fsum(max(item.change, 0.0) for item in self.amounts)

    @property
    def less(self) -> float:
        """What lines would get less, together. Unit: the resource's."""
        return math.fsum(max(-item.change, 0.0) for item in self.amounts)

    @property
    def coverage(self) -> float | None:
        """Share of what the plan takes that the function plans: Σ min(planned, wanted) / Σ wanted."""
        if not self.is_heard or self.wanted <= 0:
            return None
        return math.fsum(min(item.base, item.wanted) for item in self.amounts) / self.wanted

    @property
    def differs_by(self) -> float | None:
        """Half the sum of the differences of shares between plan and base; None where one of them has nothing."""
        base = math.fsum(item.base for item in self.amounts)
        if base <= 0 or self.wanted <= 0:
            return None
        return 0.5 * math.fsum(abs(item.base / base - item.wanted / self.wanted) for item in self.amounts)


@dataclass(frozen=True)
class FunctionReading:
    """One function: what it would have to change, and how far its own plan is from that.

    Attributes
    ----------
    function : str
    resources : tuple of ResourceReading
    at_stake : float or None
        Value lost if its amounts were hard limits per line; None where it has not said what it plans, no plan holds
        within it, or that was not worked out. Unit: value.
    fits : bool or None
        A plan holds within its amounts; None where it has not said or that was not worked out.
    one_off : float
        What closing lines costs it once. Unit: currency.
    foreign : tuple of str
        Resources that it plans and another function gives: told, not counted.
    """

    function: str
    resources: tuple[ResourceReading, ...]
    at_stake: float | None = None
    fits: bool | None = None
    one_off: float = 0.0
    foreign: tuple[str, ...] = ()

    @property
    def is_heard(self) -> bool:
        """It said what it plans of at least one of its resources."""
        return any(item.is_heard for item in self.resources)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Resources of which it has not said what it plans."""
        return tuple(item.resource for item in self.resources if not item.is_heard)

    @property
    def coverage(self) -> float | None:
        """Share of the plan that it covers, resources weighted; None where it has not said."""
        return _weighted([(item.coverage, item.weight) for item in self.resources if item.is_heard])

    @property
    def differs_by(self) -> float | None:
        """How far the shares of its lines are from the plan's, resources weighted; against today where not heard."""
        heard = [item for item in self.resources if item.is_heard] or list(self.resources)
        return _weighted([(item.differs_by, item.weight) for item in heard])

    @property
    def against(self) -> tuple[Amount, ...]:
        """What it plans for lines that close."""
        return tuple(
            amount for item in self.resources for amount in item.amounts if _is_noticed(amount.against, amount)
        )

    @property
    def missing(self) -> tuple[Amount, ...]:
        """What lines take of which it plans nothing at all."""
        held = [amount for item in self.resources for amount in item.amounts if amount.planned == 0.0]
        return tuple(amount for amount in held if amount.supported and _is_noticed(amount.short_by, amount))

    @property
    def follows(self) -> bool | None:
        """Its plan follows: small difference, covered, nothing for closing lines; None where it has not said."""
        if not self.is_heard:
            return None
        near = (self.differs_by or 0.0) <= FOLLOWS and (1.0 if self.coverage is None else self.coverage) >= 1 - FOLLOWS
        return near and not self.against and not self.missing

    @property
    def money(self) -> float:
        """What the change costs a year at the resources' unit costs. Unit: currency."""
        return math.fsum(item.unit_cost * (item.more - item.less) for item in self.resources)

    @property
    def people(self) -> tuple[float, float]:
        """People more and people less, line by line, over all its resources that are people. Unit: people."""
        held = [item for item in self.resources if item.is_people]
        return math.fsum(item.more for item in held), math.fsum(item.less for item in held)


@dataclass(frozen=True)
class ShortLine:
    """A line with too little planned: the resource of which the smallest share of its need is planned.

    Attributes
    ----------
    amount : Amount
    share : float
        Of what it takes, what is planned.
    worth : float
        What is missing, at the plan's local price. Unit: value.
    """

    amount: Amount
    share: float
    worth: float


@dataclass(frozen=True)
class Cascade:
    """What a plan asks of the functions.

    Attributes
    ----------
    is_decided : bool
        A decision adopts the plan or reads as a rule, and what was decided can hold.
    functions : tuple of FunctionReading
        In the client's order of resources.
    short : tuple of ShortLine
        Lines with too little planned, the shortest first.
    projects : tuple of ProjectReading
    all_at_stake : float or None
        Value lost if every function that was heard kept to its amounts. Unit: value.
    all_fit : bool or None
        A plan holds within all of them together.
    decided : tuple of str
        Keys of the decisions that were computed with.
    contradiction : bool
        What was decided cannot hold within the rules and what is given; the proposed plan stands in.
    other_periods : int
        Rows of function plans that speak of other periods and were left out.
    supported : mapping of line to bool
        Of the plan that was read: the proposed one, or the best one within what was decided.
    """

    is_decided: bool
    functions: tuple[FunctionReading, ...]
    short: tuple[ShortLine, ...]
    projects: tuple[ProjectReading, ...]
    all_at_stake: float | None
    all_fit: bool | None
    decided: tuple[str, ...]
    contradiction: bool
    other_periods: int
    supported: Mapping[str, bool]

    def function(self, name: str) -> FunctionReading:
        """Return a function by its name."""
        return next(item for item in self.functions if item.function == name)


def read_cascade(
    best: Plan,
    *,
    supported: Mapping[str, bool],
    given: Mapping[str, Mapping[str, float]],
    prices: Sequence[ShadowPrice] = (),
    function_plans: Sequence[FunctionPlan] = (),
    decisions: Sequence[Decision] = (),
    projects: Sequence[Project] = (),
    seconds: float = math.inf,
) -> Cascade:
    """Return what a plan asks of each function, and how far the functions' own plans are from it.

    Parameters
    ----------
    best : Plan
        The best plan, with its cover: plans within what functions plan go on from it.
    supported, given : mapping
        Of the plan to carry out: which lines it supports, and what each line is given of each resource.
    prices : sequence of ShadowPrice
        For the weights of a function's resources.
    function_plans, decisions, projects
        As the client gave them.
    seconds : float
        Backstop of all further solves together.
    """
    portfolio, until = best.portfolio, time.process_time() + seconds
    binding = decided_rules(portfolio, decisions)
    adopted = tuple(item.id for item in decisions if _adopts(item.what))
    contradiction = False
    if binding and not _keeps(best, [rule for _, rule in binding]):
        wider = replace(portfolio, rules=(*portfolio.rules, *(rule for _, rule in binding)))
        found = _sought(wider, best, max(until, time.process_time() + LEAST_SECONDS))
        contradiction = found is None
        if found is not None:
            settled = round_plan(found)
            best, supported, given = found, settled.plan.supported, settled.given
            portfolio = found.portfolio
    heard, other_periods = _heard(portfolio, function_plans)
    worth = {item.resource: item.up for item in prices}
    readings = _resource_readings(portfolio, supported, given, worth, heard)
    functions = tuple(_function(best, name, readings, heard, supported, until) for name in _functions(portfolio, heard))
    limits = [rule for item in functions for rule in _limits(item)]
    together: tuple[float | None, bool | None] = (None, None)
    if sum(item.is_heard for item in functions) == 1:
        together = next((item.at_stake, item.fits) for item in functions if item.is_heard)
    elif limits:
        together = _stake(best, limits, until)
    return Cascade(
        is_decided=bool(binding or adopted) and not contradiction,
        functions=functions,
        short=_short(readings, worth),
        projects=judge_projects(projects, {line.id: line.manager for line in portfolio.lines}, supported),
        all_at_stake=together[0],
        all_fit=together[1],
        decided=tuple(sorted({*adopted, *(key for key, _ in binding)})),
        contradiction=contradiction,
        other_periods=other_periods,
        supported=dict(supported),
    )


def decided_rules(portfolio: Portfolio, decisions: Sequence[Decision]) -> tuple[tuple[str, Rule], ...]:
    """Return the decisions that read as rules of the client's language, each with its key."""
    taken = {rule.name for rule in portfolio.rules}
    found = []
    for item in decisions:
        rule = Rule(f"Decision {item.id}", item.what.strip().rstrip("."), item.by)
        if rule.name in taken or _adopts(item.what):
            continue
        with suppress(RuleError, ModelError):  # words, not a rule
            compile_rules(replace(portfolio, rules=(rule,)))
            found.append((item.id, rule))
    return tuple(found)


def is_meant_as_rule(what: str) -> bool:
    """Return whether a decision's words are meant as a rule of the client's language.

    Examples
    --------
    >>> is_meant_as_rule("close line travle"), is_meant_as_rule("Pension Core 2 goes on.")
    (True, False)
    """
    return RULE_LIKE.match(what.strip()) is not None


def _adopts(what: str) -> bool:
    return what.strip().rstrip(".").casefold() in ADOPTED


def _keeps(plan: Plan, rules: Sequence[Rule]) -> bool:
    rows = compile_rules(replace(plan.portfolio, rules=tuple(rules)))
    offs = [row_off(row, plan.first, plan.supported) for row in rows]
    return all(off <= TOLERANCE * size for off, size in offs)


def _sought(portfolio: Portfolio, best: Plan, until: float) -> Plan | None:
    left = min(until - time.process_time(), PROBE_SECONDS)
    return best_plan(portfolio, gap=best.certificate.asked_gap, limits=Limits(seconds=left), like=best)


def _heard(
    portfolio: Portfolio, function_plans: Sequence[FunctionPlan]
) -> tuple[dict[tuple[str, str], dict[str, float]], int]:
    """Return what each function plans of each resource, by line; and how many rows speak of other periods."""
    known, others = {*portfolio.periods, *ANY_PERIOD}, 0
    heard: dict[tuple[str, str], dict[str, float]] = {}
    for row in function_plans:
        if row.period not in known:
            others += 1
            continue
        held = heard.setdefault((row.function, row.resource), {})
        held[row.line] = held.get(row.line, 0.0) + row.planned
    return heard, others


def _functions(portfolio: Portfolio, heard: Mapping[tuple[str, str], object]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*(item.function for item in portfolio.resources), *(name for name, _ in heard)]))


def _resource_readings(
    portfolio: Portfolio,
    supported: Mapping[str, bool],
    given: Mapping[str, Mapping[str, float]],
    worth: Mapping[str, float],
    heard: Mapping[tuple[str, str], Mapping[str, float]],
) -> tuple[ResourceReading, ...]:
    today = evaluate(portfolio, portfolio.today, {}).used_by_line
    total_worth = math.fsum(worth.values())
    readings = []
    for item in portfolio.resources:
        planned = heard.get((item.function, item.id))
        amounts = tuple(
            Amount(
                item.function,
                item.id,
                item.unit,
                line.id,
                line.name,
                bool(supported[line.id]),
                today[line.id][item.id],
                given[line.id][item.id],
                None if planned is None else planned.get(line.id, 0.0),
            )
            for line in portfolio.lines
        )
        wanted = math.fsum(amount.wanted for amount in amounts)
        price = worth.get(item.id, 0.0) if total_worth > 0 else item.unit_cost
        is_money = item.money_units(portfolio.currency) is not None
        readings.append(
            ResourceReading(
                item.function,
                item.id,
                item.unit,
                amounts,
                price * wanted,
                item.unit_cost,
                item.is_people(portfolio.currency),
                is_money,
            )
        )
    return tuple(readings)


def _function(
    best: Plan,
    name: str,
    readings: Sequence[ResourceReading],
    heard: Mapping[tuple[str, str], object],
    supported: Mapping[str, bool],
    until: float,
) -> FunctionReading:
    portfolio = best.portfolio
    own = tuple(item for item in readings if item.function == name)
    ids = {item.resource for item in own}
    money = portfolio.money_resource
    closings = [line.closing for line in portfolio.lines if not supported[line.id] and line.closing is not None]
    found = FunctionReading(
        name,
        own,
        one_off=math.fsum(item.one_off_cost for item in closings) if money is not None and money.id in ids else 0.0,
        foreign=tuple(resource for function, resource in heard if function == name and resource not in ids),
    )
    limits = _limits(found)
    if not limits:
        return found
    at_stake, fits = _stake(best, limits, until)
    return replace(found, at_stake=at_stake, fits=fits)


def _limits(reading: FunctionReading) -> list[Rule]:
    """Return the amounts a function plans as rules: no line takes more than that."""
    return [
        Rule(
            f"{reading.function} plans {item.resource} for {amount.line} (what if)",
            f"{quoted(item.resource)} in line={quoted(amount.line)} <= {max(amount.planned, 0.0):.9f}",
        )
        for item in reading.resources
        for amount in item.amounts
        if amount.planned is not None
    ]


def _stake(best: Plan, limits: Sequence[Rule], until: float) -> tuple[float | None, bool | None]:
    """Return what is lost within these limits, and whether any plan holds there; None: not worked out."""
    if until - time.process_time() <= 0:
        return None, None
    try:
        found = _sought(replace(best.portfolio, rules=(*best.portfolio.rules, *limits)), best, until)
    except ModelError:  # no plan in the time there is
        return None, None
    if found is None:
        return None, False
    if not (found.certificate.proved and best.certificate.proved):
        return None, True
    noise = 2.0 * max(best.certificate.gap_absolute, 1e-9 * abs(best.value))
    lost = best.value - found.value
    return (lost if lost > noise else 0.0), True


def _short(readings: Sequence[ResourceReading], worth: Mapping[str, float]) -> tuple[ShortLine, ...]:
    """Return each line's scarcest planned resource where it is short, the shortest line first."""
    first: dict[str, ShortLine] = {}
    for amount in (amount for item in readings for amount in item.amounts):
        if amount.planned is None or not _is_noticed(amount.short_by, amount):
            continue
        found = ShortLine(amount, amount.planned / amount.wanted, amount.short_by * worth.get(amount.resource, 0.0))
        held = first.get(amount.line)
        if held is None or (found.share, -found.worth) < (held.share, -held.worth):
            first[amount.line] = found
    return tuple(sorted(first.values(), key=lambda item: (item.share, -item.worth, item.amount.name)))


def _is_noticed(part: float, amount: Amount) -> bool:
    """Return whether an amount of a line is more than rounding."""
    return part > SHORT * max(amount.wanted, amount.base) and part > 0


def _weighted(parts: Sequence[tuple[float | None, float]]) -> float | None:
    """Return the weighted mean of what is known; plain where no weight counts."""
    held = [(value, weight) for value, weight in parts if value is not None]
    if not held:
        return None
    total = math.fsum(weight for _, weight in held)
    if total <= 0:
        return math.fsum(value for value, _ in held) / len(held)
    return math.fsum(value * weight for value, weight in held) / total
