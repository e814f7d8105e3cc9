"""Which period and resource is short first, where no plan over several periods holds.

Every capacity, limit on moves and named rule gets a slack; at the least sum of slacks, each as a share of its own row,
what has one is short (the elastic programme; J. W. Chinneck and E. W. Dravnieks 1991, ORSA J. Computing 3(2), 157-168).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, hstack

from workbench.allocation.highs import search
from workbench.allocation.model import Portfolio
from workbench.allocation.quarters_cover import Slot
from workbench.allocation.quarters_form import QuarterForm
from workbench.allocation.quarters_rows import quarter_programme
from workbench.findings import Finding, fit_claim
from workbench.theme import number

LEAST_SHORT = 1e-6
"""A slack below this share of its row is noise of the solver."""
SECONDS = 30.0
"""Backstop of the search for what is short."""


@dataclass(frozen=True)
class Shortage:
    """What no plan can do without more of.

    Attributes
    ----------
    kind : str
        ``capacity``, ``people`` or ``moves`` of a resource, or a ``rule``.
    name : str
        Resource or rule.
    period : str
    amount : float
        Unit: `unit`.
    unit : str
    """

    kind: str
    name: str
    period: str
    amount: float
    unit: str


@dataclass(frozen=True)
class QuarterConflict:
    """What cannot hold together over the periods: an answer, not an error.

    Attributes
    ----------
    portfolio : Portfolio
    short : tuple of Shortage
        The least that is missing, the earliest period first; empty where that was not found in time.
    """

    portfolio: Portfolio
    short: tuple[Shortage, ...]

    @property
    def finding(self) -> Finding:
        """What is short first, as a sentence."""
        if not self.short:
            return Finding("No plan holds in all quarters.", "What is short was not found in time.")
        first, rest = self.short[0], self.short[1:]
        words = _words(first)
        detail = "Least that is missing, each as a share of its own size, all rules in force: " + "; ".join(
            _words(item) for item in self.short[:6]
        )
        more = f"; {len(rest)} further shortage{'s' if len(rest) > 1 else ''}" if rest else ""
        return Finding(
            fit_claim(f"No plan holds in all quarters: {words}{more}.", f"No plan holds in all quarters: {words}.",
                      f"No plan holds in {first.period}."),
            f"{detail}.",
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"QuarterConflict: {self.finding.claim}"


def _words(item: Shortage) -> str:
    amount = f"{number(item.amount, 0 if item.amount >= 100 else 1)} {item.unit}"
    if item.kind == "rule":
        return f"the rule {item.name} is off by {amount} in {item.period}"
    if item.kind == "people":
        return f"{amount} more would have to leave {item.name} by {item.period} than may"
    if item.kind == "moves":
        return f"{item.name}: {amount} more would have to change lines in {item.period} than may"
    return f"{item.name} is short by {amount} in {item.period}"


def find_quarter_conflict(held: QuarterForm, slots: list[Slot], *, is_relaxed: bool) -> QuarterConflict:
    """Return what is short, at the least sum of slacks.

    Parameters
    ----------
    held : QuarterForm
        Of a portfolio for which no plan holds.
    slots : list of Slot
    is_relaxed : bool
        Already the linear programme has no plan; else only whole supports and minima are in the way.
    """
    programme = quarter_programme(held, slots, is_relaxed=is_relaxed)
    model, rows = programme.model, programme.rows
    up, down = [], []
    for place, (*_, row) in enumerate(rows):
        if np.isfinite(model.row_high[row]):
            up.append((row, place))
        if np.isfinite(model.row_low[row]):
            down.append((row, place))
    count = len(up) + len(down)
    sign = np.concatenate([-np.ones(len(up)), np.ones(len(down))])
    extra = coo_matrix((sign, ([row for row, _ in (*up, *down)], np.arange(count))), shape=(model.rows.shape[0], count))
    # the earlier period's shortage is told where the same amount could be missing in either
    price = np.array([1.0 + 1e-3 * rows[place][2] for _, place in (*up, *down)])
    elastic = replace(
        model,
        gain=np.concatenate([np.zeros(model.gain.size), -price]),
        low=np.concatenate([model.low, np.zeros(count)]),
        high=np.concatenate([model.high, np.full(count, np.inf)]),
        is_whole=np.concatenate([model.is_whole, np.zeros(count, dtype=bool)]),
        rows=csr_matrix(hstack([model.rows, extra])),
    )
    found = search(elastic, gap=1e-6, seconds=SECONDS, nodes=200_000)
    if found.point is None:
        return QuarterConflict(held.portfolio, ())
    slack = found.point[model.gain.size :]
    short: dict[int, float] = {}
    for (_, place), amount in zip((*up, *down), slack, strict=True):
        if amount > LEAST_SHORT:
            short[place] = max(short.get(place, 0.0), float(amount))
    named = [_shortage(held, rows[place], amount) for place, amount in short.items()]
    order = {period: place for place, period in enumerate(held.portfolio.periods)}
    return QuarterConflict(held.portfolio, tuple(sorted(named, key=lambda item: (order[item.period], -item.amount))))


def _shortage(held: QuarterForm, row: tuple[str, int, int, int], amount: float) -> Shortage:
    kind, place, period, _ = row
    name = held.portfolio.periods[period]
    if kind == "rule":
        rule = held.rules[place]
        return Shortage(kind, rule.name, name, amount * rule.scale, rule.unit)
    resource = held.portfolio.resources[place]
    return Shortage(kind, resource.id, name, amount * float(held.unit[place]), resource.unit)
