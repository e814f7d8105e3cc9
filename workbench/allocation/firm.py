"""Which decisions every nearly best plan shares, and what deciding otherwise costs at the least.

Prices first: at any prices of the capacities and rules the best plan is worth no more than what they bring, plus what
each line brings on its own at those prices, kept or closed, whichever is better (weak duality, in our own arithmetic).
Deciding a line the other way takes that difference off the bound. What prices leave open is relaxed with the line held
the other way, rounded to a plan, and only then searched, until the bound falls below the threshold or a plan stands
above it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from workbench.allocation.canonical import Canonical, canonical_form
from workbench.allocation.cover import Cover
from workbench.allocation.highs import relax
from workbench.allocation.model import Rule, check_plan
from workbench.allocation.polish import polish_plan
from workbench.allocation.rules import quoted
from workbench.allocation.solver import OUTWARDS, Limits, Plan, best_plan
from workbench.errors import ModelError

WITHIN = 0.01
"""Plans this share of the value below the best are nearly best."""
HALVINGS = 40
"""Of the level at which an activity is worth most at given prices; every one of them gives a valid bound."""
FINEST = 0.01
"""Share of the plan's own gap that is asked for where the threshold lies within it."""
SECONDS = 30.0
"""Backstop over all lines; what is left then is ``open``, with its cost from the prices."""


@dataclass(frozen=True)
class FirmDecision:
    """Whether every plan that is nearly best decides a line in the same way.

    Attributes
    ----------
    line : str
    supported : bool
        As the plan has it.
    firm : bool or None
        None: not worked out.
    flip_cost_at_least : float or None
        What deciding otherwise loses at the least; None where no plan holds with it. Unit: value.
    proof : str
        ``prices``, ``relaxation`` or ``search`` (what the bound is from); ``plan``: a nearly best plan decides
        otherwise; ``given``: nobody said what closing it costs, or no plan holds with it; ``open``.
    """

    line: str
    supported: bool
    firm: bool | None
    flip_cost_at_least: float | None
    proof: str


def firm_decisions(
    plan: Plan,
    within: float = WITHIN,
    *,
    others: Mapping[str, Plan | None] | None = None,
    seconds: float = SECONDS,
) -> tuple[FirmDecision, ...]:
    """Return for each line, in the client's order, whether all plans within a share of the best decide it alike.

    Parameters
    ----------
    plan : Plan
        The best one.
    within : float
        Share of the value's size.
    others : mapping of line to Plan or None, optional
        The plans with a line decided the other way, where they are at hand (`explain.other_plans`).
    seconds : float
        Together.
    """
    until = time.process_time() + seconds
    least = plan.value - within * abs(plan.value)
    portfolio, others = plan.portfolio, dict(others or {})
    form = _own_form(plan)
    losses = _losses(form, plan)
    probe: _Probe | None = None
    found = []
    for line in portfolio.lines:
        supported = plan.supported[line.id]
        if line.closing is None:
            found.append(FirmDecision(line.id, supported, True, None, "given"))
            continue
        loss, proof = losses[line.id], "prices"
        other = others.get(line.id)
        if line.id in others and other is None:
            found.append(FirmDecision(line.id, supported, True, None, "given"))
            continue
        if other is not None:
            known = plan.value - other.certificate.bound
            loss, proof = (known, "search") if known > loss else (loss, proof)
            if other.value >= least:
                found.append(FirmDecision(line.id, supported, False, max(loss, 0.0), "plan"))
                continue
        if plan.value - loss >= least:
            if time.process_time() >= until:
                found.append(FirmDecision(line.id, supported, None, max(loss, 0.0), "open"))
                continue
            probe = probe or _Probe(plan, form, least)
            found.append(probe.decided(line.id, loss, until))
            continue
        found.append(FirmDecision(line.id, supported, True, max(loss, 0.0), proof))
    return tuple(found)


def _own_form(plan: Plan) -> Canonical:
    """Return the portfolio in canonical form, on the scale of the plan's cover."""
    form = canonical_form(plan.portfolio)
    return form.rescaled(plan.scale / form.scale) if plan.pieces else form


def _losses(form: Canonical, plan: Plan) -> dict[str, float]:
    """Return what deciding each line otherwise loses at the least, at the prices of the relaxed covers."""
    m = len(form.row_names)
    prices = relax(Cover(form, plan.pieces).programme(is_relaxed=True)).prices
    prices = prices[prices.size - m :] if m and prices.size >= m else np.zeros(m)
    bound, kept, closed = price_bound(form, prices)
    losses = {}
    for place, line in enumerate(form.lines):
        if not form.may_close[place]:
            continue
        better, worse = max(kept[place], closed[place]), (closed if plan.supported[line] else kept)[place]
        with_it = bound - better + worse
        losses[line] = plan.value - (form.zero_value + form.scale * (with_it + OUTWARDS * (1.0 + abs(with_it))))
    return losses


def price_bound(form: Canonical, prices: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Return what no plan beats at given prices of the rows, and what each line brings kept and closed.

    Scaled values over doing nothing. Weak duality: it holds whatever the prices are; a price on a side of a row that
    has no limit counts as none.
    """
    upper = np.where(np.isfinite(form.row_high), form.row_high, 0.0)
    lower = np.where(np.isfinite(form.row_low), form.row_low, 0.0)
    up = np.where(np.isfinite(form.row_high), np.maximum(prices, 0.0), 0.0)
    down = np.where(np.isfinite(form.row_low), np.minimum(prices, 0.0), 0.0)
    price = up + down
    costs, needs = price @ form.by_level, price @ form.by_support
    kept = -needs
    for place in range(len(form.activities)):
        kept[form.line_of[place]] += _most(form, place, float(costs[place]))
    closed = np.where(form.may_close, -form.standing, -np.inf)
    bound = float(up @ upper + down @ lower + np.maximum(kept, closed).sum())
    return bound, kept, closed


def _most(form: Canonical, place: int, cost: float) -> float:
    """Return a bound, close from above, on what an activity brings at a cost of each level."""
    low, high = float(form.least[place]), float(form.most[place])
    if high <= 0:
        return 0.0
    best, left, right = math.inf, low, high
    for _ in range(HALVINGS):
        middle = (left + right) / 2.0
        slope, intercept, _ = form.line(place, middle, low, high)
        best = min(best, intercept + max((slope - cost) * low, (slope - cost) * high))
        if slope == cost:
            break
        left, right = (middle, right) if slope > cost else (left, middle)
    return max(best, 0.0)


class _Probe:
    """Holds one line at a time the other way: relaxed, rounded, searched."""

    def __init__(self, plan: Plan, form: Canonical, least: float) -> None:
        self.plan, self.form, self.least = plan, form, least
        self.cover = Cover(form, plan.pieces)
        self.model = self.cover.programme(is_relaxed=True)
        self.standing = float(form.standing.sum())

    def decided(self, line: str, loss: float, until: float) -> FirmDecision:
        """Return the decision on a line that prices leave open."""
        plan, form = self.plan, self.form
        supported, place = plan.supported[line], form.lines.index(line)
        is_open = form.support_array({**plan.supported, line: not supported})
        shares = np.where(is_open[form.line_of] > 0, form.shares(plan.first), 0.0)
        if self._value(shares, is_open) >= self.least:  # the plan itself without the line, or with it at nothing
            return FirmDecision(line, supported, False, max(loss, 0.0), "plan")
        low, high = self.model.low.copy(), self.model.high.copy()
        low[place] = high[place] = is_open[place]
        found = relax(replace(self.model, low=low, high=high))
        if found.point is None:
            return FirmDecision(line, supported, True, None, "given")
        bound = found.value - self.standing
        bound = form.zero_value + form.scale * (bound + OUTWARDS * (1.0 + abs(bound)))
        proof = "prices"
        if plan.value - bound > loss:
            loss, proof = plan.value - bound, "relaxation"
        if plan.value - loss < self.least:
            return FirmDecision(line, supported, True, max(loss, 0.0), proof)
        shares, relaxed, _ = self.cover.read(found.point)
        rounded = np.where(relaxed > 0.5, 1.0, 0.0)
        better = polish_plan(form, shares, rounded)
        if better is not None and self._value(better.shares, rounded) >= self.least:
            return FirmDecision(line, supported, False, max(loss, 0.0), "plan")
        return self._searched(line, supported, loss, until)

    def _value(self, shares: np.ndarray, is_open: np.ndarray) -> float:
        form = self.form
        held = check_plan(form.portfolio, form.levels(shares), form.supports(is_open), rows=form.rules)
        return held.value if held.holds else -math.inf

    def _searched(self, line: str, supported: bool, loss: float, until: float) -> FirmDecision:
        plan, left = self.plan, until - time.process_time()
        word = "close" if supported else "keep"
        rule = Rule(f"{word} {line} (what if)", f"{word} line {quoted(line)}")
        room = abs(plan.value - self.least) / max(plan.certificate.lift, 1e-300)
        is_open = {**plan.supported, line: not supported}
        levels = {item.id: plan.level(item.id) if is_open[item.line] else 0.0 for item in plan.portfolio.activities}
        asked = plan.certificate.asked_gap
        for gap in (max(0.2 * room, asked), asked, FINEST * asked):  # the last for a decision on a knife's edge
            try:
                other = best_plan(
                    replace(plan.portfolio, rules=(*plan.portfolio.rules, rule)),
                    gap=gap,
                    candidates=[(levels, is_open)],
                    limits=Limits(seconds=max(left, 0.01)),
                    like=plan,
                    enough=self.least,
                )
            except ModelError:  # no plan in the time there is
                break
            if other is None:
                return FirmDecision(line, supported, True, None, "given")
            loss = max(loss, plan.value - other.certificate.bound)
            if plan.value - loss <= self.least:
                return FirmDecision(line, supported, True, max(loss, 0.0), "search")
            if other.value >= self.least:
                return FirmDecision(line, supported, False, max(loss, 0.0), "plan")
            left = until - time.process_time()
            if left <= 0:
                break
        return FirmDecision(line, supported, None, max(loss, 0.0), "open")
