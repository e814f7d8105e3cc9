"""What things cost: a resource and how far its price holds, an objective in the others, leaving things as they are.

A price is a slope; it holds for as long as the next unit brings the same. Its range is found by solving with other
capacities (supports and branches held), then the best plan is sought with nothing held at both ends and beyond.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.allocation.canonical import Canonical, RowName
from workbench.allocation.model import Activity, Portfolio, Rule
from workbench.allocation.polish import Polished, polish_plan
from workbench.allocation.rules import compile_rules, quoted
from workbench.allocation.solver import Limits, Plan, best_plan, sharp_form
from workbench.errors import ModelError

WITHIN = 0.01
"""A price holds while the next unit brings this share more or less than the price (ours)."""
WIDEST = 1.0
"""Prices are followed up to this share of the capacity either way (ours: beyond it is another business)."""
NEAR = 1e-3
"""The end of a range is found to this share of the capacity; where the price breaks at a corner, exactly."""
LADDER = (-0.2, -0.1, 0.1, 0.2)
"""What larger changes bring is solved for these shares of the capacity (ours)."""
PROBE_SECONDS = 10.0
"""Backstop of each plan sought again."""
STEPS_OF_WORTH = (0.1, 0.25, 0.5, 1.0, 3.0)
"""An objective's worths are raised by these shares until the plan follows (ours)."""


@dataclass(frozen=True)
class Rung:
    """What a change of a capacity brings, the best plan sought again. Units: the resource's; value per unit."""

    amount: float
    worth: float


@dataclass(frozen=True)
class PriceRange:
    """What one more unit of a resource is worth, what one less costs, and how far each holds.

    Attributes
    ----------
    resource, unit : str
    capacity : float
        Unit: `unit`.
    up, down : float or None
        Slope of the best value to either side; None where no plan holds with less. Unit: value per unit.
    high, low : float or None
        The capacity up to which `up`, and down to which `down` holds; None: as far as was looked. Unit: `unit`.
    beyond_high, beyond_low : float or None
        The slope past either end. Unit: value per unit.
    ladder : tuple of Rung
        What larger changes bring a unit, each solved again with nothing held.
    is_verified : bool
        At both ends the best plan, sought again with nothing held, has the value that the price says.
    """

    resource: str
    unit: str
    capacity: float
    up: float
    down: float | None
    high: float | None
    low: float | None
    beyond_high: float | None
    beyond_low: float | None
    ladder: tuple[Rung, ...]
    is_verified: bool

    def rung(self, share: float) -> float | None:
        """Return what a unit is worth on average where the capacity changes by a share of `LADDER`; None: no plan."""
        near = [rung.worth for rung in self.ladder if abs(rung.amount - share * self.capacity) <= 1e-9 * self.capacity]
        return near[0] if near else None


@dataclass(frozen=True)
class ExchangeRate:
    """What more of an objective costs in the others.

    Attributes
    ----------
    objective : str
    raised_by : float
        Share by which its worths were raised until the plan followed.
    gain : float
        What it gains. Unit: the objective's own worths.
    changes : mapping of objective to float
        What the others change by. Unit: their own worths.
    rate : float
        Value of the others given up for one unit more of it. Unit: value per unit.
    is_verified : bool
        Both plans are proved.
    """

    objective: str
    raised_by: float
    gain: float
    changes: Mapping[str, float]
    rate: float
    is_verified: bool


@dataclass(frozen=True)
class WishPrice:
    """What it costs to insist on something.

    Attributes
    ----------
    wish : str
        In plain words.
    kind : str
        ``lines`` (close nothing), ``line`` (leave a whole line that stays as today) or ``activity`` (leave one
        activity of such a line as today).
    key : str
        The line or activity; empty where the wish is of all.
    price : float or None
        0 where it costs less than what can be proved; None where no plan holds with it, or it was not worked out.
        Unit: value.
    is_possible : bool or None
        A plan holds with it; None where that is not known.
    """

    wish: str
    kind: str
    key: str
    price: float | None
    is_possible: bool | None


def price_ranges(plan: Plan, *, seconds: float = math.inf) -> tuple[PriceRange, ...]:
    """Return the price of each resource with its range, in the client's order.

    Parameters
    ----------
    plan : Plan
        The best one.
    seconds : float
        Together; a resource whose turn does not come has its price and range, not verified and without a ladder.
    """
    until = time.process_time() + seconds
    found = []
    for item in plan.portfolio.resources:
        capacity = item.capacity[0]
        held = _Held(plan, item.id)
        if capacity <= 0 or held.at(0.0) is None:
            found.append(PriceRange(item.id, item.unit, capacity, 0.0, None, None, None, None, None, (), False))
            continue
        noise = 1e-7 * max(abs(plan.certificate.lift), 1e-300) / capacity
        step = 1e-5 * capacity
        up, down = held.slope(step) or 0.0, held.slope(-step)
        high, past_high = _end(held, up, 1.0, noise)
        low, past_low = (None, None) if down is None else _end(held, down, -1.0, noise)
        ladder: tuple[Rung, ...] = ()
        verified = False
        if time.process_time() < until:
            ends = [(high, up), (low, down)]
            checks = [
                _agrees(plan, item.id, end, price) for end, price in ends if end is not None and price is not None
            ]
            verified = all(checks)
            ladder = tuple(rung for share in LADDER if (rung := _rung(plan, item.id, share * capacity)) is not None)
        found.append(
            PriceRange(
                item.id,
                item.unit,
                capacity,
                up,
                down,
                None if high is None else capacity + high,
                None if low is None else capacity + low,
                past_high,
                past_low,
                ladder,
                verified,
            )
        )
    return tuple(found)


def exchange_rates(plan: Plan) -> tuple[ExchangeRate, ...]:
    """Return what more of each objective costs in the others: its worths are raised until the plan follows."""
    portfolio, found = plan.portfolio, []
    if len(portfolio.weighted) < 2:
        return ()
    noise = 2.0 * plan.certificate.gap_absolute
    before = plan.found.by_objective
    for item in portfolio.weighted:
        for share in STEPS_OF_WORTH:
            raised = {name: worth * (1.0 + share) for name, worth in item.worths.items()}
            changed = replace(
                portfolio,
                objectives=tuple(
                    replace(other, worths=raised) if other.id == item.id else other for other in portfolio.objectives
                ),
            )
            other = _sought(changed, plan)
            if other is None:
                break
            after = {**other.found.by_objective, item.id: other.found.by_objective[item.id] / (1.0 + share)}
            gain = after[item.id] - before[item.id]
            weight = _weights(portfolio)
            lost = math.fsum(weight[name] * (before[name] - after[name]) for name in weight if name != item.id)
            lost += _closings(other) - _closings(plan)  # what closing costs is lost as well
            if weight[item.id] * gain <= max(noise, 1e-9 * abs(plan.value)) or lost <= 0:
                continue
            found.append(
                ExchangeRate(
                    item.id,
                    share,
                    gain,
                    {name: after[name] - before[name] for name in weight if name != item.id},
                    lost / gain,
                    plan.certificate.proved and other.certificate.proved,
                )
            )
            break
    return tuple(found)


def _closings(plan: Plan) -> float:
    """Return what closing costs in a plan. Unit: value."""
    return math.fsum(plan.portfolio.closing_value(line) for line, is_open in plan.supported.items() if not is_open)


def price_wishes(plan: Plan, *, seconds: float = math.inf) -> tuple[WishPrice, ...]:
    """Return what it costs to close nothing, and to leave each line and each activity as it is, dearest first.

    Activities of a line that closes are no wishes: whoever wants them wants the line kept.

    Parameters
    ----------
    plan : Plan
        The best one.
    seconds : float
        Together; a wish whose turn does not come in time has no price.
    """
    until, portfolio = time.process_time() + seconds, plan.portfolio
    noise = 2.0 * max(plan.certificate.gap_absolute, 1e-9 * abs(plan.value))
    wishes: list[tuple[str, str, str, list[Rule]]] = []
    closed = [line for line in portfolio.lines if not plan.supported[line.id]]
    if closed:
        keep = [Rule(f"keep {line.id} (what if)", f"keep line {quoted(line.id)}") for line in portfolio.lines]
        wishes.append(("Close nothing", "lines", "", keep))
    moved = [
        item
        for item in portfolio.activities
        if plan.supported[item.line] and abs(plan.level(item.id) - item.current) > 1e-6 * max(item.maximum, 1e-300)
    ]
    for line in portfolio.lines:
        if any(item.line == line.id for item in moved):
            open_line = Rule(f"keep {line.id} (what if)", f"keep line {quoted(line.id)}")
            rules = [open_line, *(_as_today(item) for item in portfolio.activities_of(line.id))]
            wishes.append((f"Leave {line.name} as it is", "line", line.id, rules))
    wishes += [(f"Leave {item.id} as it is", "activity", item.id, [_as_today(item)]) for item in moved]
    found = []
    for wish, kind, key, rules in wishes:
        left = min(until - time.process_time(), PROBE_SECONDS)
        price: float | None = None
        is_possible: bool | None = None
        if left > 0:
            try:
                other = best_plan(
                    replace(portfolio, rules=(*portfolio.rules, *rules)),
                    gap=plan.certificate.asked_gap,
                    limits=Limits(seconds=left),
                    like=plan,
                )
                is_possible = other is not None
                if other is not None and plan.certificate.proved and other.certificate.proved:
                    price = plan.value - other.value if plan.value - other.value > noise else 0.0
            except ModelError:  # no plan in the time there is: not worked out
                is_possible = None
        found.append(WishPrice(wish, kind, key, price, is_possible))
    order = {item.wish: place for place, item in enumerate(found)}
    return tuple(sorted(found, key=lambda item: (-(item.price or 0.0), order[item.wish])))


def _as_today(activity: Activity) -> Rule:
    """Return the rule that an activity stays at its level of today."""
    level = f"{activity.current:.12f}".rstrip("0").rstrip(".")
    return Rule(f"{activity.id} as today (what if)", f"level of {quoted(activity.id)} = {level}")


def _weights(portfolio: Portfolio) -> dict[str, float]:
    """Return what a unit of each objective's own worths counts in the plan's value."""
    share = 1.0 / portfolio.weighted[0].weight if portfolio.is_money else 1.0
    return {item.id: item.weight * share for item in portfolio.weighted}


def _with(portfolio: Portfolio, resource: str, change: float) -> Portfolio:
    return replace(
        portfolio,
        resources=tuple(
            replace(item, capacity=(max(item.capacity[0] + change, 0.0),)) if item.id == resource else item
            for item in portfolio.resources
        ),
    )


class _Held:
    """The best value and its slope with one capacity changed, supports and branches held.

    The form is laid once, with twice the capacity, so that every level within reach of any change is within reach of
    it; only the row's limit moves. Where a rule speaks of the capacity, each change has its own.
    """

    def __init__(self, plan: Plan, resource: str) -> None:
        self.plan, self.resource = plan, plan.portfolio.resource(resource)
        self.capacity = self.resource.capacity[0]
        wide = _with(plan.portfolio, resource, WIDEST * self.capacity)
        self.wide = None if compile_rules(wide) != compile_rules(plan.portfolio) else self._form(wide)
        self.found: dict[float, tuple[float, float] | None] = {}
        self.polished: dict[float, Polished] = {}

    def _form(self, portfolio: Portfolio) -> Canonical:
        return sharp_form(replace(self.plan, portfolio=portfolio))

    def at(self, change: float) -> tuple[float, float] | None:
        """Return value and slope; None where no plan holds."""
        if change not in self.found:
            self.found[change] = self._polished(change)
        return self.found[change]

    def _polished(self, change: float) -> tuple[float, float] | None:
        plan, name = self.plan, RowName("capacity", self.resource.id)
        form = self.wide or self._form(_with(plan.portfolio, self.resource.id, change))
        number = form.row_names.index(name)
        if self.wide is not None:
            high = form.row_high.copy()
            high[number] += (max(change, -self.capacity) - WIDEST * self.capacity) / form.row_scale[number]
            form = form.with_limits(high)
        # the nearest change that was looked at begins it, where nothing but the limit is another
        near = min(self.polished, key=lambda other: abs(other - change), default=None) if self.wide else None
        begun = None if near is None else self.polished[near]
        found = polish_plan(form, form.shares(plan.first), form.support_array(plan.supported), near=begun)
        if found is None:
            return None
        self.polished[change] = found
        slope = float(found.prices[number]) * form.scale / float(form.row_scale[number])
        return form.zero_value + form.scale * found.value, slope

    def slope(self, change: float) -> float | None:
        """Return the slope, none below zero; None where no plan holds."""
        found = self.at(change)
        return None if found is None else max(found[1], 0.0)


def _end(held: _Held, price: float, sign: float, noise: float) -> tuple[float | None, float | None]:
    """Return how far a price holds (None: as far as was looked) and the slope past that."""
    capacity = held.capacity

    def holds(found: tuple[float, float] | None) -> bool:
        return found is not None and abs(max(found[1], 0.0) - price) <= max(WITHIN * price, noise)

    def at(change: float) -> tuple[float, float] | None:
        return held.at(sign * change)

    far = (WIDEST if sign > 0 else 1.0 - NEAR) * capacity
    if holds(at(far)):
        return None, None
    inside, outside = 0.0, capacity / 256.0
    before, past = at(0.0), at(outside)
    while holds(past):
        inside, before = outside, past
        outside = min(4.0 * outside, far)
        past = at(outside)
    while outside - inside > NEAR * capacity:
        middle = (inside + outside) / 2.0
        found = at(middle)
        if holds(found):
            inside, before = middle, found
        else:
            outside, past = middle, found
    if past is None or before is None:
        return sign * inside, None
    bend = price - max(past[1], 0.0)
    if abs(bend) > 5.0 * max(WITHIN * price, noise):
        # a corner, not a curve: it stands where the lines along both slopes cross
        cross = (sign * (past[0] - before[0]) + price * inside - max(past[1], 0.0) * outside) / bend
        inside = float(min(max(cross, inside), outside))
    return sign * inside, max(past[1], 0.0)


def _agrees(plan: Plan, resource: str, change: float, price: float) -> bool:
    """Check an end of a range: the best plan, sought with nothing held, has the value that the price says."""
    if abs(change) <= 1e-9 * plan.portfolio.resource(resource).capacity[0]:
        return True
    other = _sought(_with(plan.portfolio, resource, change), plan)
    if other is None or not other.certificate.proved:
        return False
    said, is_so = price * change, other.value - plan.value
    slack = plan.certificate.gap_absolute + other.certificate.gap_absolute
    return abs(is_so - said) <= WITHIN * abs(said) + slack + 1e-9 * abs(plan.value)


def _rung(plan: Plan, resource: str, change: float) -> Rung | None:
    other = _sought(_with(plan.portfolio, resource, change), plan)
    if other is None or change == 0:
        return None
    return Rung(change, (other.value - plan.value) / change + 0.0)


def _sought(portfolio: Portfolio, plan: Plan) -> Plan | None:
    """Return the best plan of a changed portfolio with nothing held; today's best is where it starts."""
    try:
        return best_plan(
            portfolio,
            gap=plan.certificate.asked_gap,
            candidates=[(plan.first, plan.supported)],
            limits=Limits(seconds=PROBE_SECONDS),
        )
    except ModelError:
        return None
