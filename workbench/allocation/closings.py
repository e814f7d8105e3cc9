"""What closing a line frees and costs: before any plan, from the client's own tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.allocation.model import Portfolio


@dataclass(frozen=True)
class LineClosing:
    """What closing one line means.

    Attributes
    ----------
    line, name, note : str
    frees : mapping of resource to float
        What its activities take today, and the avoidable share of its needs. Unit: the resource's.
    keeps : mapping of resource to float
        Needs that go on without it. Unit: the resource's.
    money_freed : float
        What is freed, at unit costs. Unit: currency a period.
    one_off_cost, yearly_cost : float
        As the client says; a negative yearly cost keeps earning. Unit: currency.
    people : float
        People among what is freed.
    value_lost : float
        Value of its outcomes today. Unit: value.
    is_money : bool
        Value is money with confirmed worths, so that what is lost can be held against what is freed.
    """

    line: str
    name: str
    frees: Mapping[str, float]
    keeps: Mapping[str, float]
    money_freed: float
    one_off_cost: float
    yearly_cost: float
    people: float
    value_lost: float
    note: str = ""
    is_money: bool = False

    @property
    def yearly_net(self) -> float:
        """Money freed a year, less what closing costs in it and, where value is money, what is lost. Unit: currency."""
        return self.money_freed - self.yearly_cost - (self.value_lost if self.is_money else 0.0)

    @property
    def payback(self) -> float | None:
        """Years until closing has paid its one-off cost; None where it never does, or where value is no money.

        Points cannot be held against money, so where worths are not confirmed there is no payback to speak of.
        """
        if not self.is_money:
            return None
        if self.one_off_cost <= 0:
            return 0.0 if self.yearly_net >= 0 else None
        return self.one_off_cost / self.yearly_net if self.yearly_net > 0 else None


def closing_effects(portfolio: Portfolio) -> tuple[LineClosing, ...]:
    """Return what closing frees and costs, for every line that may be closed, in the client's order.

    Examples
    --------
    A line without an entry in ``closing`` is in no row: nobody said what closing it costs.
    """
    found = []
    for line in portfolio.lines:
        closing = line.closing
        if closing is None:
            continue
        own = portfolio.activities_of(line.id)
        frees, keeps = {}, {}
        for resource in portfolio.resources:
            need = line.needs.get(resource.id, 0.0)
            taken = math.fsum(item.recipe.get(resource.id, 0.0) * item.current for item in own)
            frees[resource.id] = taken + closing.avoidable_share * need
            keeps[resource.id] = (1.0 - closing.avoidable_share) * need
        found.append(
            LineClosing(
                line=line.id,
                name=line.name,
                frees=frees,
                keeps=keeps,
                money_freed=math.fsum(item.unit_cost * frees[item.id] for item in portfolio.resources),
                one_off_cost=closing.one_off_cost,
                yearly_cost=closing.yearly_cost,
                people=math.fsum(frees[item.id] for item in portfolio.resources if item.is_people(portfolio.currency)),
                value_lost=math.fsum(portfolio.worth(item.id) * item.curve.value(item.current) for item in own),
                note=closing.note,
                is_money=portfolio.is_money,
            )
        )
    return tuple(found)
