"""The entry: from the client's tables, as frozen inputs, to the plan with its reasons, or the rules in conflict."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workbench.allocation.cascade import Cascade, read_cascade
from workbench.allocation.closings import LineClosing, closing_effects
from workbench.allocation.conflict import Conflict
from workbench.allocation.doubt import Doubt, examine_plan
from workbench.allocation.explain import (
    LineReason,
    RulePrice,
    ShadowPrice,
    explain_lines,
    other_plans,
    price_rules,
    shadow_prices,
)
from workbench.allocation.firm import FirmDecision, firm_decisions
from workbench.allocation.flips import flip_thresholds
from workbench.allocation.model import Evaluation, Portfolio, change_portfolio, evaluate, line_money, line_people
from workbench.allocation.project_lines import Project
from workbench.allocation.quarters import QuarterPlan, destination, solve_quarters
from workbench.allocation.quarters_conflict import QuarterConflict
from workbench.allocation.scenarios import Comparison, Scenario, compare_scenarios
from workbench.allocation.settling import NEAR_EQUAL, Settled, round_plan
from workbench.allocation.solver import GAP, Limits, Plan, solve
from workbench.allocation.tradeoffs import GAP as TRADE_GAP
from workbench.allocation.tradeoffs import Frontier, frontier, traded_objectives
from workbench.allocation.unplaced import Unplaced, unplaced_resources
from workbench.allocation.weights import Weighting
from workbench.errors import ModelError
from workbench.findings import Off

if TYPE_CHECKING:
    import pandas as pd

SHARP = 30
"""Up to this many activities the points of a frontier are proved as closely as the plan."""
REASON_SECONDS = 20.0
"""Backstop of what is firm, what is left over, and what would change each decision, together and in that order."""


@dataclass(frozen=True)
class Settings:
    """How a plan is sought; checks itself.

    Attributes
    ----------
    gap : float
        Gap to prove, as a share of the lift.
    near_equal : float
        What fewer moves may cost, as a share of the lift.
    seconds : float
        Backstop of the search; a plan stopped by it says so.
    currency : str
        ISO 4217 code.
    """

    gap: float = GAP
    near_equal: float = NEAR_EQUAL
    seconds: float = 60.0
    currency: str = "EUR"

    def __post_init__(self) -> None:
        if not 0 <= self.gap < 1 or not 0 <= self.near_equal < 1 or not self.seconds > 0:
            raise ModelError("gap and near_equal are shares of 0 to 1, seconds is above 0.")


@dataclass(frozen=True)
class FunctionPlan:
    """What a support function plans for a line; see `cascade`. Unit: the resource's."""

    function: str
    line: str
    resource: str
    period: str
    planned: float


@dataclass(frozen=True)
class Decision:
    """A decision that was taken."""

    id: str
    date: str
    by: str
    line: str
    what: str


@dataclass(frozen=True)
class AllocationInputs:
    """All that the pillar needs, checked.

    Attributes
    ----------
    portfolio : Portfolio
    settings : Settings
    scenarios : tuple of Scenario
        Each is planned beside the base.
    function_plans, decisions, projects
        What the functions plan, what was decided, and what runs: for the cascade.
    weighting : Weighting or None
        How the weights came about, where they were not simply given.
    """

    portfolio: Portfolio
    settings: Settings = field(default_factory=Settings)
    scenarios: tuple[Scenario, ...] = ()
    function_plans: tuple[FunctionPlan, ...] = ()
    decisions: tuple[Decision, ...] = ()
    projects: tuple[Project, ...] = ()
    weighting: Weighting | None = None


@dataclass(frozen=True)
class LineRow:
    """A line's row of the portfolio on a page: support, people and money today and in the plan.

    Units: people; currency a period; value.
    """

    line: str
    name: str
    supported: bool
    people: float
    today_people: float
    money: float
    today_money: float
    value: float
    today_value: float


@dataclass(frozen=True)
class Allocation:
    """The plan, how good it is, and why each line got what it got.

    Attributes
    ----------
    inputs : AllocationInputs
    plan : Plan
        The plan to carry out: small moves left out, whole people.
    best : Plan
        The best plan, of which the certificate speaks.
    settled : Settled
        What the difference between the two costs.
    today : Evaluation
        Today's levels, every line supported.
    reasons : tuple of LineReason
        In the client's order of lines.
    prices : tuple of ShadowPrice
        In the client's order of resources.
    rule_prices : tuple of RulePrice
        What each rule costs, in the client's order.
    cascade : Cascade or None
        What the plan asks of the functions; None where it was not read.
    doubt : Doubt or None
        What holds of the plan where answers are wrong, and what things cost; None where nothing was drawn.
    comparison : Comparison or None
        The plans of all scenarios beside the base's; None where there are no scenarios.
    frontier : Frontier or None
        What two objectives cost each other; None where no points were asked for, or fewer than two objectives count.
    firm : tuple of FirmDecision
        Which decisions every nearly best plan shares, in the client's order of lines; empty where nothing was drawn.
    unplaced : tuple of Unplaced
        What is left over of resources, and why; empty where all is used, or nothing was drawn.
    quarters : QuarterPlan or QuarterConflict or None
        The way there where resources have several periods, or what is short on it; the plan itself is then that of the
        last period (see `quarters.destination`). None where there is one period.
    """

    inputs: AllocationInputs
    plan: Plan
    best: Plan
    settled: Settled
    today: Evaluation
    reasons: tuple[LineReason, ...]
    prices: tuple[ShadowPrice, ...]
    rule_prices: tuple[RulePrice, ...]
    cascade: Cascade | None = None
    doubt: Doubt | None = None
    comparison: Comparison | None = None
    frontier: Frontier | None = None
    firm: tuple[FirmDecision, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    quarters: QuarterPlan | QuarterConflict | None = None

    @property
    def portfolio(self) -> Portfolio:
        """What was allocated."""
        return self.inputs.portfolio

    @property
    def binding(self) -> tuple[str, ...]:
        """Rules that cost value, in the client's order."""
        return tuple(item.rule for item in self.rule_prices if item.price)

    @property
    def closings(self) -> tuple[LineClosing, ...]:
        """What closing each line that may be closed frees and costs, in the client's order."""
        return closing_effects(self.portfolio)

    @property
    def rows(self) -> tuple[LineRow, ...]:
        """A row per line: people and money, today and in the plan."""
        return tuple(
            LineRow(
                item.line,
                item.name,
                item.supported,
                item.people,
                item.today_people,
                item.money,
                item.today_money,
                item.value,
                item.today_value,
            )
            for item in self.reasons
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a row per activity: line, unit, today's and planned level, outcome and value."""
        import pandas as pd

        return pd.DataFrame(
            {
                "activity": item.id,
                "product_line": item.line,
                "unit": item.unit,
                "is_supported": self.plan.supported[item.line],
                "today_level": item.current,
                "level": self.plan.level(item.id),
                "today_outcome": self.today.outcome[item.id],
                "outcome": self.plan.found.outcome[item.id],
                "today_value": self.today.by_activity[item.id],
                "value": self.plan.found.by_activity[item.id],
            }
            for item in self.portfolio.activities
        )

    def __repr__(self) -> str:
        sure = self.best.certificate
        closed = [item.name for item in self.reasons if not item.supported]
        words = "proved" if sure.proved else f"not proved: at most {sure.gap:.2%} of the lift below the best"
        return (
            f"Allocation of {len(self.portfolio.resources)} resources to {len(self.portfolio.activities)} activities "
            f"of {len(self.reasons)} lines; {words}. Proposed to close: {', '.join(closed) or 'none'}."
        )


def allocate(
    inputs: AllocationInputs | Off,
    *,
    gap: float | None = None,
    near_equal: float | None = None,
    seconds: float | None = None,
    draws: int = 0,
    points: int = 0,
    trade: tuple[str, str] | None = None,
    compare: bool = True,
) -> Allocation | Conflict | Off:
    """Return the plan with its reasons; the rules in conflict where no plan holds; `Off` where tables are absent.

    Parameters
    ----------
    inputs : AllocationInputs or Off
    gap, near_equal, seconds : float, optional
        Overrule the inputs' settings.
    draws : int
        Draws of all answers with which the plan is tested (see `doubt`), with what would change each decision, what
        every nearly best plan shares and why anything is left over; 0: none of it, which saves some five seconds.
    points : int
        Points of the frontier of two objectives (see `tradeoffs`), 11 for a page; 0: none. They have the same backstop
        again as the plan.
    trade : pair of str, optional
        The two objectives; by default the two with the largest weights.
    compare : bool
        Plan each of the inputs' scenarios too (see `scenarios`): about as long again as the base's plan for each.

    Raises
    ------
    ModelError
        A rule cannot be read, or an objective or a scenario names what there is not.
    """
    if isinstance(inputs, Off):
        return inputs
    held = inputs.settings
    settings = replace(
        held,
        gap=held.gap if gap is None else gap,
        near_equal=held.near_equal if near_equal is None else near_equal,
        seconds=held.seconds if seconds is None else seconds,
    )
    inputs = replace(inputs, settings=settings)
    portfolio = inputs.portfolio
    if not portfolio.activities:
        return Off("allocation", "There is no activity to give people, money or marketing to.", ("activities",))
    if not portfolio.objectives:
        return Off("allocation", "Nobody said what any outcome is worth.", ("objectives", "worths"))
    quarters, start = None, []
    if len(portfolio.periods) > 1:
        quarters = solve_quarters(portfolio, seconds=settings.seconds)
        inputs = replace(inputs, portfolio=destination(quarters))
        portfolio = inputs.portfolio
        start = [quarters.last] if isinstance(quarters, QuarterPlan) else []
    left = _countdown(settings.seconds)
    best = solve(portfolio, gap=settings.gap, candidates=start, limits=Limits(seconds=settings.seconds))
    if isinstance(best, Conflict):
        return best
    others = other_plans(best, seconds=left())
    better = max((item for item in others.values() if item is not None), key=lambda item: item.value, default=best)
    if better.value > best.value:  # a plan with a further rule is a plan: go on from the better one
        again = solve(
            portfolio, gap=settings.gap, candidates=[(better.first, better.supported)], limits=Limits(seconds=left())
        )
        if isinstance(again, Plan) and again.value > best.value:
            best, others = again, other_plans(again, seconds=left())
    rule_prices = price_rules(best, seconds=left())
    reasons = explain_lines(best, binding={item.rule for item in rule_prices if item.price}, others=others)
    settled = round_plan(best, within=settings.near_equal)
    prices = shadow_prices(best)
    firm: tuple[FirmDecision, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    if draws:
        more = _countdown(REASON_SECONDS)
        firm = firm_decisions(best, others=others, seconds=more())
        unplaced = unplaced_resources(best, settled, prices=prices, rules=rule_prices, seconds=more())
        flips = flip_thresholds(best, others=others, seconds=more())
        reasons = tuple(replace(item, flip=flips[item.line]) for item in reasons)
    return Allocation(
        inputs=inputs,
        plan=settled.plan,
        best=best,
        settled=settled,
        today=evaluate(portfolio, portfolio.today, {}),
        reasons=tuple(_carried_out(item, settled) for item in reasons),
        prices=prices,
        rule_prices=rule_prices,
        cascade=read_cascade(
            best,
            supported=settled.plan.supported,
            given=settled.given,
            prices=prices,
            function_plans=inputs.function_plans,
            decisions=inputs.decisions,
            projects=inputs.projects,
            seconds=left(),
        ),
        doubt=examine_plan(best, shown=settled.plan, n=draws) if draws else None,
        comparison=compare_scenarios(portfolio, inputs.scenarios, base=best, gap=settings.gap, seconds=settings.seconds)
        if compare and inputs.scenarios
        else None,
        frontier=_traded(best, settled.plan, trade, points, settings.seconds),
        firm=firm,
        unplaced=unplaced,
        quarters=quarters,
    )


def _traded(best: Plan, shown: Plan, trade: tuple[str, str] | None, points: int, seconds: float) -> Frontier | None:
    """Return the frontier of two objectives; None where none was asked for or fewer than two count."""
    pair = trade or traded_objectives(best.portfolio)
    if not points or pair is None:
        return None
    at_hand = [(plan.first, plan.supported) for plan in (best, shown)]
    # what single steps cost shows only where points are sharp, which is cheap where there are few activities
    gap = min(best.certificate.asked_gap, TRADE_GAP) if len(best.portfolio.activities) <= SHARP else TRADE_GAP
    return frontier(best.portfolio, *pair, points=points, gap=gap, seconds=seconds, candidates=at_hand)


def change_inputs(
    inputs: AllocationInputs | Off,
    *,
    capacity_percent: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    keep: Sequence[str] = (),
    close: Sequence[str] = (),
    as_today: Sequence[str] = (),
) -> AllocationInputs | Off:
    """Return inputs with a few things changed, for a what-if; see `model.change_portfolio`."""
    if isinstance(inputs, Off):
        return inputs
    changed = change_portfolio(
        inputs.portfolio,
        capacity_percent=capacity_percent,
        weights=weights,
        keep=keep,
        close=close,
        as_today=as_today,
    )
    return replace(inputs, portfolio=changed)


def _countdown(seconds: float) -> Callable[[], float]:
    """Return what tells how many of these seconds of computing are left."""
    until = time.process_time() + seconds
    return lambda: max(until - time.process_time(), 0.0)


def _carried_out(reason: LineReason, settled: Settled) -> LineReason:
    """Return a reason of the best plan with the amounts of the plan to carry out."""
    plan = settled.plan
    found = replace(plan.found, used_by_line=settled.given)
    return replace(
        reason,
        value=found.by_line[reason.line],
        money=line_money(plan.portfolio, found, reason.line),
        people=line_people(plan.portfolio, found, reason.line),
    )
