"""A portfolio over several periods as scaled arrays, and the quarter of it that is planned alone.

Levels, values and rows are scaled as in `canonical`, by the most there can ever be of each resource, so that one cover
of each curve serves every period. A period by itself is an ordinary portfolio: what development left behind is a need
of its line, the headcount is the capacity; so every plan is checked with the one-period arithmetic (`check_plan`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.allocation.canonical import Canonical, canonical_form, rounded_array
from workbench.allocation.model import Portfolio, Resource
from workbench.allocation.rule_language import parse_rule
from workbench.allocation.rule_words import Change, Compare
from workbench.allocation.rules import compile_rules

_FORMS = ((re.compile(r"\d{4}-Q[1-4]"), 4.0), (re.compile(r"\d{4}-\d{2}"), 12.0), (re.compile(r"\d{4}"), 1.0))


def periods_a_year(portfolio: Portfolio) -> float:
    """Return how many of a portfolio's periods make a year: by their names; 4 where those do not say; 1 for one period.

    A single period counts as the year, as `solve` has it.
    """
    if len(portfolio.periods) == 1:
        return 1.0
    found = (count for form, count in _FORMS if all(form.fullmatch(name) for name in portfolio.periods))
    return next(found, 4.0)


def is_paced(resource: Resource) -> bool:
    """Return whether people join and leave step by step, rather than being there as `capacity` says."""
    return resource.hire_limit is not None or resource.leave_limit is not None


def most_there(resource: Resource, place: int) -> float:
    """Return the most there can be of a resource in a period, of its capacity and how fast people can join."""
    if not is_paced(resource) or resource.hire_limit is None:
        return resource.capacity[place]
    return min(resource.capacity[place], resource.capacity[0] + place * resource.hire_limit)


def period_portfolio(
    portfolio: Portfolio,
    place: int,
    *,
    load: Mapping[str, Mapping[str, float]] | None = None,
    closing_now: Collection[str] | None = None,
    capacity: Mapping[str, float] | None = None,
    once_share: float = 1.0,
) -> Portfolio:
    """Return one period as a portfolio of its own.

    Parameters
    ----------
    portfolio : Portfolio
    place : int
        Which period, from 0.
    load : mapping of line to mapping of resource to float, optional
        What development of earlier periods takes now; added to the needs of supported lines.
    closing_now : collection of line, optional
        Lines that pay the one-off cost of closing in this period; by default every line that closes does.
    capacity : mapping of resource to float, optional
        Where it is not what the client's table says, such as a headcount.
    once_share : float
        Share of the one-off cost that such a line pays.
    """
    share = 1.0 / periods_a_year(portfolio)
    amounts = capacity or {}
    resources = tuple(
        replace(item, capacity=(float(amounts.get(item.id, item.capacity[place])),)) for item in portfolio.resources
    )
    lines = []
    for line in portfolio.lines:
        more = (load or {}).get(line.id, {})
        needs = {name: line.needs.get(name, 0.0) + more.get(name, 0.0) for name in {**line.needs, **more}}
        closing = line.closing
        if closing is not None:
            pays = once_share if closing_now is None or line.id in closing_now else 0.0
            closing = replace(
                closing, one_off_cost=pays * closing.one_off_cost, yearly_cost=share * closing.yearly_cost
            )
        lines.append(replace(line, needs=needs, closing=closing))
    return replace(portfolio, resources=resources, lines=tuple(lines), periods=(portfolio.periods[place],))


@dataclass(frozen=True)
class PeriodRule:
    """A rule's row in one period: ``low <= Σ level x + Σ support s + Σ load + Σ once · closed now <= high``, scaled."""

    name: str
    place: int
    by_level: np.ndarray
    by_support: np.ndarray
    by_load: tuple[tuple[int, int, float], ...]
    by_once: tuple[tuple[int, float], ...]
    low: float
    high: float
    scale: float
    unit: str


@dataclass(frozen=True)
class QuarterForm:
    """A portfolio of several periods, scaled.

    Attributes
    ----------
    portfolio : Portfolio
    form : Canonical
        Order, scales and curves; its capacities are the most there can ever be, its rows are not used.
    weight : array, shape (n_periods,)
        What a period's value counts.
    unit : array, shape (n_resources,)
        What 1 on a resource's row is. Unit: the resource's.
    capacity : array, shape (n_resources, n_periods)
    hire, leave, move : array, shape (n_resources,)
        Limits a period; infinite where there is none.
    paced : array of bool, shape (n_resources,)
    take, later : array, shape (n_resources, n)
        What a scaled level of 1 takes now, and in every later period.
    need, left : array, shape (n_resources, n_lines)
        What a supported and a closed line takes.
    once : array, shape (n_resources, n_lines)
        What closing takes of the money resource in its period (where value is points).
    current : array, shape (n,)
        Today's scaled levels.
    standing, fee, fee_once : array, shape (n_lines,)
        Scaled value a period of a supported line with nothing done; of what closing costs a period, and once.
    rules : tuple of PeriodRule
    """

    portfolio: Portfolio
    form: Canonical
    weight: np.ndarray
    unit: np.ndarray
    capacity: np.ndarray
    hire: np.ndarray
    leave: np.ndarray
    move: np.ndarray
    paced: np.ndarray
    take: np.ndarray
    later: np.ndarray
    need: np.ndarray
    left: np.ndarray
    once: np.ndarray
    current: np.ndarray
    standing: np.ndarray
    fee: np.ndarray
    fee_once: np.ndarray
    rules: tuple[PeriodRule, ...]

    @property
    def n_periods(self) -> int:
        """How many periods are planned."""
        return len(self.weight)


def quarter_form(portfolio: Portfolio, *, discount: float = 0.0) -> QuarterForm:
    """Return a portfolio of several periods as scaled arrays.

    Parameters
    ----------
    portfolio : Portfolio
    discount : float
        Share by which a value counts less a year later.

    Raises
    ------
    RuleError
        A rule cannot be read.
    """
    count, a_year = len(portfolio.periods), periods_a_year(portfolio)
    form = canonical_form(_widest(portfolio, a_year))
    unit = np.array([_unit_of(portfolio, item, form) for item in portfolio.resources])

    def scaled(values: list[list[float]]) -> np.ndarray:
        held = np.array(values, dtype=float).reshape(len(unit), -1)
        return rounded_array(held / unit[:, None])

    resources = portfolio.resources
    first = period_portfolio(portfolio, 0, closing_now=())
    money = None if portfolio.is_money else portfolio.money_resource
    rate = 1.0 if money is None else money.unit_cost or money.money_units(portfolio.currency) or 1.0
    closings = {line: portfolio.line(line).closing for line in form.lines}
    costs = np.array([0.0 if held is None else held.one_off_cost for held in closings.values()])
    once = [[cost / rate if money is not None and item.id == money.id else 0.0 for cost in costs] for item in resources]
    return QuarterForm(
        portfolio=portfolio,
        form=form,
        weight=(1.0 + discount) ** (-np.arange(count) / a_year),
        unit=unit,
        capacity=scaled([list(item.capacity) for item in resources]),
        hire=_limits([item.hire_limit for item in resources]) / unit,
        leave=_limits([item.leave_limit for item in resources]) / unit,
        move=_limits([item.move_limit for item in resources]) / unit,
        paced=np.array([is_paced(item) for item in resources], dtype=bool),
        take=scaled([[held.recipe.get(item.id, 0.0) * size for held, size in _sized(form)] for item in resources]),
        later=scaled([[held.later_load.get(item.id, 0.0) * size for held, size in _sized(form)] for item in resources]),
        need=scaled([[portfolio.line(line).needs.get(item.id, 0.0) for line in form.lines] for item in resources]),
        left=scaled([[first.left(line, item.id) for line in form.lines] for item in resources]),
        once=scaled(once),
        current=np.array([held.current for held in form.activities]) / form.size,
        standing=_standing(form),
        fee=rounded_array(np.array([first.closing_value(line) for line in form.lines]) / form.scale),
        fee_once=rounded_array(costs / form.scale) if portfolio.is_money else np.zeros(len(form.lines)),
        rules=tuple(_period_rules(portfolio, form, once)),
    )


def _sized(form: Canonical) -> list[tuple]:  # type: ignore[type-arg]
    return list(zip(form.activities, form.size, strict=True))


def _limits(values: list[float | None]) -> np.ndarray:
    return np.array([np.inf if value is None else value for value in values])


def _standing(form: Canonical) -> np.ndarray:
    held = np.zeros(len(form.lines))
    np.add.at(held, form.line_of, form.worth * np.array([item.curve.value(0.0) for item in form.activities]))
    return rounded_array(held / form.scale)


def _widest(portfolio: Portfolio, a_year: float) -> Portfolio:
    """Return one period in which there is the most there can ever be, and closing costs the least it can."""
    count = len(portfolio.periods)
    resources = tuple(
        replace(item, capacity=(max(most_there(item, place) for place in range(count)),))
        for item in portfolio.resources
    )
    lines = tuple(
        line
        if line.closing is None
        else replace(
            line,
            closing=replace(
                line.closing,
                one_off_cost=min(line.closing.one_off_cost, 0.0),
                yearly_cost=line.closing.yearly_cost / a_year,
            ),
        )
        for line in portfolio.lines
    )
    return replace(portfolio, resources=resources, lines=lines, rules=(), periods=("widest",))


def _unit_of(portfolio: Portfolio, resource: Resource, form: Canonical) -> float:
    most = form.portfolio.resource(resource.id).capacity[0]
    if most > 0:
        return float(most)
    needs = [line.needs.get(resource.id, 0.0) for line in portfolio.lines]
    takes = [abs(held.recipe.get(resource.id, 0.0)) * size for held, size in _sized(form)]
    return float(max([*needs, *takes, 0.0])) or 1.0


def _period_rules(portfolio: Portfolio, form: Canonical, once: list[list[float]]) -> list[PeriodRule]:
    """Return each rule's rows in each period; what lines use of a resource includes what development left behind."""
    found: list[PeriodRule] = []
    level_place = {item.id: place for place, item in enumerate(form.activities)}
    line_place = {line: place for place, line in enumerate(form.lines)}
    resource_place = {item.id: place for place, item in enumerate(portfolio.resources)}
    for place in range(len(portfolio.periods)) if portfolio.rules else ():
        held = period_portfolio(portfolio, place, closing_now=())
        for rule in portfolio.rules:
            parsed = parse_rule(rule.text, held)
            compares = (
                (parsed,) if isinstance(parsed, Compare) else parsed.compares if isinstance(parsed, Change) else ()
            )
            for number, row in enumerate(compile_rules(replace(held, rules=(rule,)))):
                levels, supports = np.zeros(len(form.activities)), np.zeros(len(form.lines))
                for kind, key, value in row.terms:
                    if kind == "level":
                        levels[level_place[key]] += value * form.size[level_place[key]]
                    else:
                        supports[line_place[key]] += value
                loads = _used_by_lines(compares[number], held) if compares else {}
                scale = float(np.abs(np.concatenate([levels, supports, [row.limit]])).max()) or 1.0
                by_load = tuple(
                    (line_place[line], resource_place[name], value / scale) for (line, name), value in loads.items()
                )
                by_once = tuple(
                    (line, value * once[resource][line]) for line, resource, value in by_load if once[resource][line]
                )
                low = -np.inf if row.sense == "<=" else row.limit / scale
                high = np.inf if row.sense == ">=" else row.limit / scale
                found.append(
                    PeriodRule(
                        row.name, place, rounded_array(levels / scale), rounded_array(supports / scale),
                        by_load, by_once, low, high, scale, row.unit,
                    )
                )  # fmt: skip
    return found


def _used_by_lines(compare: Compare, portfolio: Portfolio) -> dict[tuple[str, str], float]:
    """Return the factor with which a row counts what whole lines use of each resource."""
    found: dict[tuple[str, str], float] = {}
    for side, part in ((1, compare.left), (-1, compare.right)):
        for term in part:
            held = term.quantity
            if held is None or held.kind != "used" or held.scope not in ("", "line"):
                continue
            for line in held.members or tuple(item.id for item in portfolio.lines):
                found[line, held.name] = found.get((line, held.name), 0.0) + float(side * term.factor)
    return found
