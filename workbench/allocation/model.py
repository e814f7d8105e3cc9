"""What is allocated: resources, activities, lines, objectives and rules; what a plan is worth and what it breaks.

::

    maximise  Σ_a s_l(a) · w_a · f_a(x_a)  −  Σ_l closing_l · (1 − s_l)
    subject   Σ_a recipe_ar · x_a + Σ_l [need_lr · s_l + left_lr · (1 − s_l)] ≤ capacity_r    for each resource r
              x_a = 0 where the line is closed; x_a ∈ {0} ∪ [minimum_a, maximum_a] elsewhere; the named rules

A closed line brings nothing; what it keeps earning is deducted from its closing cost. ``left`` is what closing does
not free. A line without an entry in ``closing`` is not closed: nobody said what that costs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from workbench.allocation.curves import Curve
from workbench.allocation.rules import RuleRow, compile_rules, quoted
from workbench.errors import ModelError, nearest
from workbench.theme import currency_sign

if TYPE_CHECKING:
    from workbench.allocation.curve_fit import CurveFit

TOLERANCE = 1e-7
"""A row may be exceeded by this share of its own size before it counts as broken: solvers work to about this."""
PEOPLE_WORDS = frozenset({
    "people", "person", "persons", "fte", "ftes", "heads", "headcount", "staff", "employees", "personen", "köpfe",
    "mitarbeiter", "mitarbeitende", "vzä", "stellen", "vollzeitstellen", "personnes", "etp", "effectif", "medewerkers",
    "personas", "empleados",
})  # fmt: skip
"""Units that are people, in any spelling of case."""


@dataclass(frozen=True)
class Resource:
    """Something the lines share.

    Attributes
    ----------
    id, function, unit : str
        Key; the function that gives it (HR, Finance, …); what it is counted in.
    capacity : tuple of float
        How much there is, one number a period of the portfolio. Unit: `unit`.
    unit_cost : float
        Cost of one unit per period. Unit: currency.
    step : float or None
        Smallest step (1 for whole people); None where it can be split at will.
    hire_limit, leave_limit, move_limit : float or None
        How many may join, leave, and change lines in a period; None where nothing limits it. With one of the first two,
        `capacity` is who is there in the first period and the most there may be in later ones. Unit: `unit`.
    """

    id: str
    function: str
    unit: str
    capacity: tuple[float, ...]
    unit_cost: float = 0.0
    step: float | None = None
    hire_limit: float | None = None
    leave_limit: float | None = None
    move_limit: float | None = None

    def __post_init__(self) -> None:
        held = (self.capacity,) if isinstance(self.capacity, int | float) else self.capacity
        object.__setattr__(self, "capacity", tuple(float(amount) for amount in held))
        if not all(math.isfinite(amount) and amount >= 0 for amount in (*self.capacity, self.unit_cost)):
            raise ModelError(f"Resource {self.id!r}: capacity and unit cost are numbers of 0 or more.")
        if self.step is not None and not 0 <= self.step < math.inf:
            raise ModelError(f"Resource {self.id!r}: the step is a number of 0 or more; got {self.step:g}.")
        for name in ("hire_limit", "leave_limit", "move_limit"):
            limit = getattr(self, name)
            if limit is not None and not 0 <= limit < math.inf:
                raise ModelError(f"Resource {self.id!r}: the {name} is a number of 0 or more; got {limit:g}.")

    def money_units(self, currency: str) -> float | None:
        """Return how many units of the currency one unit is, by its name; None when the resource is not money.

        Examples
        --------
        >>> Resource("budget", "Finance", "kEUR", (5.0,)).money_units("EUR")
        1000.0
        """
        unit = self.unit.replace(" ", "").lower()
        for name in (currency.lower(), currency_sign(currency).lower()):
            sizes = {"": 1.0, "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6}
            found = next((size for word, size in sizes.items() if unit in (f"{word}{name}", f"{name}{word}")), None)
            if found is not None:
                return found
        return None

    def is_people(self, currency: str = "EUR") -> bool:
        """Return whether this is people: by its unit, or by whole steps of one or more of what is no money."""
        if self.unit.strip().lower() in PEOPLE_WORDS:
            return True
        return self.step is not None and self.step >= 1 and self.money_units(currency) is None


@dataclass(frozen=True)
class Activity:
    """A use of resources for a line.

    Attributes
    ----------
    id, line, use, unit : str
        Key; product line; ``develop``, ``operate`` or ``market``; what its level is counted in.
    curve : Curve
        Outcome at each level.
    recipe : mapping of resource to float
        What one unit of level takes. Unit: the resource's.
    current, minimum, maximum : float
        Level today; smallest level if it is done at all; largest useful level. Unit: `unit`.
    status : str
        ``confirmed``, ``assumed``, ``contested`` or empty: how far the answers are agreed.
    said_by : str
        Who gave them.
    check : float or None
        How far the fifth answer is from the curve, share of its range.
    smallest_move : float
        Smallest change from today that is worth making; 0 where any is. Unit: `unit`.
    fit : CurveFit or None
        How the curve was fitted, where it comes from history.
    later_load : mapping of resource to float
        What one unit of level in a period takes in every later one while the line is supported. Unit: the resource's.
    """

    id: str
    line: str
    use: str
    unit: str
    curve: Curve
    recipe: Mapping[str, float]
    current: float
    minimum: float
    maximum: float
    status: str = ""
    said_by: str = ""
    check: float | None = None
    smallest_move: float = 0.0
    fit: CurveFit | None = field(default=None, compare=False)
    later_load: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recipe", dict(self.recipe))
        object.__setattr__(self, "later_load", dict(self.later_load))
        _need_numbers(self.later_load, f"Activity {self.id!r}: it later loads", is_amount=True)
        if not 0 <= self.minimum <= self.maximum < math.inf:
            raise ModelError(
                f"Activity {self.id!r}: 0 <= minimum {self.minimum:g} <= maximum {self.maximum:g} must hold."
            )
        if not 0 <= self.current < math.inf:
            raise ModelError(f"Activity {self.id!r}: the current level is a number of 0 or more.")
        if not 0 <= self.smallest_move < math.inf:
            raise ModelError(f"Activity {self.id!r}: the smallest move is a number of 0 or more.")
        _need_numbers(self.recipe, f"Activity {self.id!r}: the recipe takes")
        first, last = self.curve.value(0.0), self.curve.value(self.maximum)
        if not (math.isfinite(first) and math.isfinite(last) and first <= last):
            raise ModelError(
                f"Activity {self.id!r}: the outcome falls from {first:g} at level 0 to {last:g} at its maximum; "
                "state harm by a negative worth."
            )


@dataclass(frozen=True)
class Objective:
    """A strategic objective.

    Attributes
    ----------
    id : str
        Key.
    weight : float
        Strategy weight, 0 or more.
    worths : mapping of activity to float
        What one unit of the activity's outcome is worth. Unit: currency where `is_money`, else points.
    is_money, is_confirmed : bool
        The worths are money; all of them are confirmed.
    agreed_on, agreed_by : str
        When and by whom the weight was agreed; empty where nobody said.
    contested : frozenset of str
        Activities whose worth somebody contests.
    """

    id: str
    weight: float
    worths: Mapping[str, float]
    is_money: bool = False
    is_confirmed: bool = False
    agreed_on: str = ""
    agreed_by: str = ""
    contested: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "worths", dict(self.worths))
        if not (math.isfinite(self.weight) and self.weight >= 0):
            raise ModelError(f"Objective {self.id!r}: the weight is a number of 0 or more.")
        _need_numbers(self.worths, f"Objective {self.id!r}: the outcome is worth")


@dataclass(frozen=True)
class Closing:
    """What closing a line costs, once and a year (negative: it keeps earning), and the share of needs it frees."""

    one_off_cost: float = 0.0
    yearly_cost: float = 0.0
    avoidable_share: float = 1.0
    note: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.one_off_cost) and math.isfinite(self.yearly_cost)):
            raise ModelError(f"Closing costs {self.one_off_cost:g} once and {self.yearly_cost:g} a year: no numbers.")
        if not 0 <= self.avoidable_share <= 1:
            raise ModelError(f"The avoidable share of closing is {self.avoidable_share:g}; 0 to 1 is allowed.")


@dataclass(frozen=True)
class Line:
    """A product line: key, name, what it takes while supported, and what closing it means (None: it is not closed)."""

    id: str
    name: str = ""
    needs: Mapping[str, float] = field(default_factory=dict)
    closing: Closing | None = None
    manager: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "needs", dict(self.needs))
        object.__setattr__(self, "name", self.name or self.id)
        _need_numbers(self.needs, f"Line {self.id!r}: it needs", is_amount=True)


@dataclass(frozen=True)
class Rule:
    """A named rule in the words of `workbench.allocation.rules`, and who stands behind it."""

    name: str
    text: str
    owner: str = ""


@dataclass(frozen=True)
class Portfolio:
    """Everything there is to decide.

    Attributes
    ----------
    resources, activities, lines, objectives, rules : tuples of the entities above
        In the client's order; ids are unique within each.
    currency : str
        ISO 4217 code.
    periods : tuple of str
        One by default; each resource has a capacity for each.
    """

    resources: tuple[Resource, ...]
    activities: tuple[Activity, ...]
    lines: tuple[Line, ...]
    objectives: tuple[Objective, ...]
    rules: tuple[Rule, ...] = ()
    currency: str = "EUR"
    periods: tuple[str, ...] = ("the year",)
    _index: Mapping[str, Mapping[str, Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("resources", "activities", "lines", "objectives", "rules", "periods"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        index: dict[str, dict[str, Any]] = {
            "resource": {item.id: item for item in self.resources},
            "activity": {item.id: item for item in self.activities},
            "line": {item.id: item for item in self.lines},
        }
        object.__setattr__(self, "_index", MappingProxyType(index))
        sizes = (len(self.resources), len(self.activities), len(self.lines))
        if tuple(len(held) for held in index.values()) != sizes:
            raise ModelError("Two resources, activities or lines share a key.")
        if len({rule.name for rule in self.rules}) != len(self.rules):
            raise ModelError("Two rules share a name.")
        if len({objective.id for objective in self.objectives}) != len(self.objectives):
            raise ModelError("Two objectives share a key.")
        for activity in self.activities:
            self._need("line", activity.line, f"Activity {activity.id!r}")
            for name in activity.recipe:
                self._need("resource", name, f"The recipe of {activity.id!r}")
            for name in activity.later_load:
                self._need("resource", name, f"The later load of {activity.id!r}")
        for line in self.lines:
            for name in line.needs:
                self._need("resource", name, f"The needs of {line.id!r}")
        for objective in self.objectives:
            for activity_id in objective.worths:
                self._need("activity", activity_id, f"The worths of {objective.id!r}")
        for resource in self.resources:
            if len(resource.capacity) != len(self.periods):
                raise ModelError(
                    f"Resource {resource.id!r} has {len(resource.capacity)} capacities for {len(self.periods)} periods."
                )

    def _need(self, kind: str, name: str, who: str) -> Any:
        held = self._index[kind]
        if name not in held:
            raise ModelError(f"{who} names the unknown {kind} {name!r}. {nearest(name, held)}".strip())
        return held[name]

    def resource(self, name: str) -> Resource:
        """Return a resource by its key."""
        return self._need("resource", name, "The request")

    def activity(self, name: str) -> Activity:
        """Return an activity by its key."""
        return self._need("activity", name, "The request")

    def line(self, name: str) -> Line:
        """Return a line by its key."""
        return self._need("line", name, "The request")

    def activities_of(self, line: str) -> tuple[Activity, ...]:
        """Return the activities of a line, in the client's order."""
        return tuple(activity for activity in self.activities if activity.line == line)

    @cached_property
    def weighted(self) -> tuple[Objective, ...]:
        """Objectives that count."""
        return tuple(objective for objective in self.objectives if objective.weight > 0)

    @cached_property
    def is_money(self) -> bool:
        """Value is money: all objectives that count are, with confirmed worths and equal weights."""
        counted = self.weighted
        same_weight = len({objective.weight for objective in counted}) == 1
        return bool(counted) and same_weight and all(item.is_money and item.is_confirmed for item in counted)

    @property
    def value_unit(self) -> str:
        """``currency`` or ``points``."""
        return "currency" if self.is_money else "points"

    @property
    def value_words(self) -> str:
        """What value is, as a report says it."""
        if self.is_money:
            return f"money, {self.currency}"
        agreed = next((item for item in self.weighted if item.agreed_on or item.agreed_by), None)
        if agreed is None:
            return "value points, weights not yet agreed"
        when = f" on {agreed.agreed_on}" if agreed.agreed_on else ""
        by = f" by {agreed.agreed_by}" if agreed.agreed_by else ""
        return f"value points, weights agreed{when}{by}"

    def worth(self, activity: str) -> float:
        """Return the value of one unit of an activity's outcome, over all objectives."""
        share = 1.0 / self.weighted[0].weight if self.is_money else 1.0
        return math.fsum(item.weight * share * item.worths.get(activity, 0.0) for item in self.weighted)

    @cached_property
    def money_resource(self) -> Resource | None:
        """The resource that is money itself: the largest whose unit is the currency; None where there is none."""
        held = [item for item in self.resources if item.money_units(self.currency) is not None]
        return max(held, key=lambda item: (item.capacity[0] * item.unit_cost, item.id), default=None)

    def closing_value(self, line: str) -> float:
        """Return what closing a line costs in value: its costs where value is money, else nothing (see `left`)."""
        closing = self.line(line).closing
        return closing.one_off_cost + closing.yearly_cost if closing is not None and self.is_money else 0.0

    def left(self, line: str, resource: str) -> float:
        """Return what a closed line still takes of a resource.

        Where value is points, the costs of closing are taken from the money resource.
        """
        held = self.line(line)
        if held.closing is None:
            return held.needs.get(resource, 0.0)
        kept = (1.0 - held.closing.avoidable_share) * held.needs.get(resource, 0.0)
        money = self.money_resource
        if not self.is_money and money is not None and money.id == resource:
            cost = money.unit_cost or money.money_units(self.currency) or 1.0
            kept += (held.closing.one_off_cost + held.closing.yearly_cost) / cost
        return kept

    @property
    def today(self) -> dict[str, float]:
        """The current level of every activity."""
        return {activity.id: activity.current for activity in self.activities}


def _need_numbers(amounts: Mapping[str, float], words: str, *, is_amount: bool = False) -> None:
    """Refuse amounts that are no numbers, or below zero where they must not be."""
    for name, amount in amounts.items():
        if not math.isfinite(amount) or (is_amount and amount < 0):
            least = " of 0 or more" if is_amount else ""
            raise ModelError(f"{words} {amount:g} of {name!r}; a number{least} is allowed.")


@dataclass(frozen=True)
class Evaluation:
    """What a plan is worth and what it takes.

    Attributes
    ----------
    value : float
        Unit: the portfolio's value unit.
    by_activity, by_line : mapping to float
        Value; a closed line shows minus its closing cost.
    by_objective : mapping to float
        Value in the objective's own worths, before its weight.
    outcome : mapping of activity to float
        Unit: outcome.
    used : mapping of resource to float
        Unit: the resource's.
    used_by_line : mapping of line to mapping of resource to float
        The same, by line: activities, needs, and what closing leaves.
    """

    value: float
    by_activity: Mapping[str, float]
    by_line: Mapping[str, float]
    by_objective: Mapping[str, float]
    outcome: Mapping[str, float]
    used: Mapping[str, float]
    used_by_line: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Break:
    """A rule, capacity or box that a plan breaks: its name, by how much, in which unit, and what it is."""

    name: str
    amount: float
    unit: str
    kind: str

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.amount:,.4g} {self.unit} over"
            if self.kind == "capacity"
            else (f"{self.name}: off by {self.amount:,.4g} {self.unit}")
        )


@dataclass(frozen=True)
class PlanCheck:
    """What a plan uses, what it breaks and what it is worth, computed without any solver."""

    used: Mapping[str, float]
    breaks: tuple[Break, ...]
    value: float

    @property
    def holds(self) -> bool:
        """The plan breaks nothing."""
        return not self.breaks


def evaluate(portfolio: Portfolio, levels: Mapping[str, float], supported: Mapping[str, bool]) -> Evaluation:
    """Return what a plan is worth on the exact curves, and what it takes.

    Parameters
    ----------
    portfolio : Portfolio
    levels : mapping of activity to float
        Level of every activity. Unit: the activity's.
    supported : mapping of line to bool
        Whether each line is supported; a line that is not named is.
    """
    is_open = {line.id: bool(supported.get(line.id, True)) for line in portfolio.lines}
    outcome, by_activity = {}, {}
    by_line = {line.id: 0.0 if is_open[line.id] else -portfolio.closing_value(line.id) for line in portfolio.lines}
    by_objective = {objective.id: 0.0 for objective in portfolio.objectives}
    by_line_used = {line.id: {resource.id: 0.0 for resource in portfolio.resources} for line in portfolio.lines}
    for activity in portfolio.activities:
        level = float(levels[activity.id])
        outcome[activity.id] = activity.curve.value(level) if is_open[activity.line] else 0.0
        by_activity[activity.id] = portfolio.worth(activity.id) * outcome[activity.id]
        by_line[activity.line] += by_activity[activity.id]
        for resource, amount in activity.recipe.items():
            by_line_used[activity.line][resource] += amount * level
    for objective in portfolio.objectives:
        by_objective[objective.id] = math.fsum(
            worth * outcome[activity] for activity, worth in objective.worths.items()
        )
    for line in portfolio.lines:
        for resource in by_line_used[line.id]:
            taken = line.needs.get(resource, 0.0) if is_open[line.id] else portfolio.left(line.id, resource)
            by_line_used[line.id][resource] += taken
    used = {item.id: math.fsum(held[item.id] for held in by_line_used.values()) for item in portfolio.resources}
    return Evaluation(math.fsum(by_line.values()), by_activity, by_line, by_objective, outcome, used, by_line_used)


def check_plan(
    portfolio: Portfolio,
    levels: Mapping[str, float],
    supported: Mapping[str, bool],
    *,
    rows: Sequence[RuleRow] | None = None,
) -> PlanCheck:
    """Return what a plan breaks, in our own arithmetic: every capacity, box, support and rule.

    Parameters
    ----------
    portfolio, levels, supported
        As in `evaluate`.
    rows : sequence of RuleRow, optional
        The compiled rules, where they are at hand already.
    """
    found = evaluate(portfolio, levels, supported)
    breaks: list[Break] = []
    for resource in portfolio.resources:
        over = found.used[resource.id] - resource.capacity[0]
        gross = _gross(portfolio, resource.id, levels, supported)  # of a balance nearly nothing is left, by rounding
        if over > TOLERANCE * max(resource.capacity[0], gross, 1e-300):
            breaks.append(Break(f"capacity of {resource.id}", over, resource.unit, "capacity"))
    for activity in portfolio.activities:
        breaks.extend(_box_break(activity, float(levels[activity.id]), bool(supported.get(activity.line, True))))
    for line in portfolio.lines:
        if not supported.get(line.id, True) and line.closing is None:
            breaks.append(Break(f"{line.name} has no entry in closing", 1.0, "lines", "closing"))
    for row in compile_rules(portfolio) if rows is None else rows:
        amount, size = row_off(row, levels, supported)
        if amount > TOLERANCE * size:
            breaks.append(Break(row.name, amount, row.unit, "rule"))
    return PlanCheck(found.used, tuple(breaks), found.value)


def _gross(portfolio: Portfolio, resource: str, levels: Mapping[str, float], supported: Mapping[str, bool]) -> float:
    """Return what a plan takes of a resource and what it gives back, both counted up: the size of its row."""
    parts = [item.recipe.get(resource, 0.0) * float(levels[item.id]) for item in portfolio.activities]
    parts += [
        line.needs.get(resource, 0.0) if supported.get(line.id, True) else portfolio.left(line.id, resource)
        for line in portfolio.lines
    ]
    return math.fsum(abs(part) for part in parts)


def row_off(row: RuleRow, levels: Mapping[str, float], supported: Mapping[str, bool]) -> tuple[float, float]:
    """Return by how much a plan misses a rule's row (0 or less: it holds), and the row's own size; unit of the row."""
    parts = [
        value * (float(levels[key]) if kind == "level" else float(supported.get(key, True)))
        for kind, key, value in row.terms
    ]
    left = math.fsum(parts)
    off = {"<=": left - row.limit, ">=": row.limit - left, "=": abs(left - row.limit)}[row.sense]
    return off, max(math.fsum(abs(part) for part in parts), abs(row.limit), 1e-300)


def _box_break(activity: Activity, level: float, is_open: bool) -> list[Break]:
    slack = TOLERANCE * max(activity.maximum, 1e-300)
    if not is_open:
        return (
            [Break(f"{activity.id} runs although its line is closed", level, activity.unit, "box")]
            if level > slack
            else []
        )
    if level > activity.maximum + slack:
        return [Break(f"maximum of {activity.id}", level - activity.maximum, activity.unit, "box")]
    # beside a maximum that means "no limit" a minimum is still one
    if min(slack, activity.minimum / 2) < level < activity.minimum - min(slack, 1e-4 * activity.minimum):
        return [Break(f"minimum of {activity.id}", activity.minimum - level, activity.unit, "box")]
    return [Break(f"level of {activity.id}", -level, activity.unit, "box")] if level < -slack else []


def line_money(portfolio: Portfolio, found: Evaluation, line: str) -> float:
    """Return the money a line takes in a plan: every resource it uses times its unit cost. Unit: currency a period."""
    return math.fsum(item.unit_cost * found.used_by_line[line][item.id] for item in portfolio.resources)


def line_people(portfolio: Portfolio, found: Evaluation, line: str) -> float:
    """Return the people a line takes in a plan, over all resources that are people. Unit: people."""
    people = [item.id for item in portfolio.resources if item.is_people(portfolio.currency)]
    return math.fsum(found.used_by_line[line][resource] for resource in people)


def change_portfolio(
    portfolio: Portfolio,
    *,
    capacity_percent: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    keep: Sequence[str] = (),
    close: Sequence[str] = (),
    as_today: Sequence[str] = (),
) -> Portfolio:
    """Return a portfolio with a few things changed, for a what-if; the given one stays as it is.

    Parameters
    ----------
    portfolio : Portfolio
    capacity_percent : mapping of resource to float
        Capacity in percent of today's (100 changes nothing).
    weights : mapping of objective to float
        New strategy weights.
    keep, close : sequence of line
        Lines locked in or out.
    as_today : sequence of line
        Lines that keep exactly what they have today.

    Raises
    ------
    ModelError
        A name is unknown, or a line is locked in two ways.
    """
    percents, new_weights = dict(capacity_percent or {}), dict(weights or {})
    known = [item.id for item in portfolio.objectives]
    for name in percents:
        portfolio.resource(name)
    for name in new_weights:
        if name not in known:
            raise ModelError(f"There is no objective {name!r}. {nearest(name, known)}".strip())
    locked = [portfolio.line(name).id for name in (*keep, *close, *as_today)]
    if len(set(locked)) != len(locked):
        raise ModelError("A line is locked in one way only: kept, closed or as today.")
    resources = tuple(
        replace(item, capacity=tuple(amount * percents.get(item.id, 100.0) / 100.0 for amount in item.capacity))
        for item in portfolio.resources
    )
    activities = tuple(
        replace(item, minimum=item.current, maximum=item.current) if item.line in as_today else item
        for item in portfolio.activities
    )
    taken = {rule.name for rule in portfolio.rules}
    locks = [("keep", name) for name in (*keep, *as_today)] + [("close", name) for name in close]
    wanted = [
        Rule(f"Lock: {word} {portfolio.line(name).name}", f"{word} line {quoted(name)}", "what-if")
        for word, name in locks
    ]
    wanted += [
        Rule(
            f"Lock: {item.id} as today",
            f"level of {quoted(item.id)} = {item.current:.17f}".rstrip("0").rstrip("."),
            "what-if",
        )
        for item in activities
        if item.line in as_today
    ]
    return replace(
        portfolio,
        resources=resources,
        activities=activities,
        objectives=tuple(replace(item, weight=new_weights.get(item.id, item.weight)) for item in portfolio.objectives),
        rules=(*portfolio.rules, *(rule for rule in wanted if rule.name not in taken)),
    )
