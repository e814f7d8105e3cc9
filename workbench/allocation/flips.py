"""What would change a decision: by how much a line's outcome must be worth more, or less, for it to be decided anew.

With every worth of a line's outcomes times θ, the best value with the line kept, ``V_in(θ)``, is a maximum of
functions that are linear in θ, so it is convex; the best value without it does not depend on θ. Newton's method
therefore passes the point where the two meet at most once and then comes down on it. A plan that keeps the line holds
at every θ, so its own line bounds ``V_in`` from below everywhere; the bound of a plan sought again just below the point
shows that the line is not worth keeping there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.allocation.canonical import canonical_form
from workbench.allocation.conflict import find_conflict
from workbench.allocation.cover import Piece
from workbench.allocation.model import Portfolio, Rule, evaluate
from workbench.allocation.rules import quoted
from workbench.allocation.solver import Limits, Plan, best_plan
from workbench.errors import ModelError

FAR = 100.0
"""Factors up to this are looked at (ours: beyond it the outcome is another one)."""
STEPS = 12
"""Plans sought again on the way to the point, at most; four usually do."""
FINE = 2e-3
"""The two sides of a point are told apart to this share of the line's outcome (ours: tenths of a percent)."""
FINEST = 1e-7
"""No plan is asked for a smaller gap than this."""
NARROW = 0.02
"""A point whose two sides lie further apart than this is not stated (ours: a sentence speaks of whole percents)."""
PROBE_SECONDS = 10.0
"""Backstop of each plan sought again."""


@dataclass(frozen=True)
class Flip:
    """What would change the decision on a line.

    Attributes
    ----------
    line : str
    supported : bool
        As the plan has it.
    state : str
        ``found``; ``never``: no factor from 0 to `FAR` changes it; ``rule``: the other way breaks a rule or a
        capacity, whatever the outcome is worth; ``closing``: nobody said what closing costs; ``open``: not worked out.
    low, high : float or None
        At `low` times today's worth the line is not worth keeping, at `high` it is: both hold for certain.
    factor : float or None
        Where the two decisions are worth the same, between those.
    plans : int
        Plans sought again.
    rules : tuple of str
        Where the state is ``rule``: the named rules that, with what is given, leave no plan the other way.
    """

    line: str
    supported: bool
    state: str
    low: float | None = None
    high: float | None = None
    factor: float | None = None
    plans: int = 0
    rules: tuple[str, ...] = ()

    @property
    def change(self) -> float | None:
        """Share by which the outcome must be worth more (closed line) or less (kept line), to the sure side."""
        if self.low is None or self.high is None:
            return None
        return 1.0 - self.low if self.supported else self.high - 1.0


def flip_thresholds(
    plan: Plan, *, others: Mapping[str, Plan | None] | None = None, seconds: float = math.inf
) -> dict[str, Flip]:
    """Return what would change the decision on each line, in the client's order.

    Parameters
    ----------
    plan : Plan
        The best one.
    others : mapping of line to Plan or None, optional
        The plans with a line decided the other way, where they are at hand (`explain.other_plans`).
    seconds : float
        Together, closed lines first, then those nearest to closing; a line whose turn does not come in time is
        ``open``, unless no plan has to be sought for it.
    """
    until, others = time.process_time() + seconds, dict(others or {})
    closest = {line: plan.value - other.value for line, other in others.items() if other is not None}
    order = sorted(plan.supported, key=lambda line: (plan.supported[line], closest.get(line, math.inf)))
    found = {line: flip_threshold(plan, line, others=others, seconds=until - time.process_time()) for line in order}
    return {line.id: found[line.id] for line in plan.portfolio.lines}


def flip_threshold(
    plan: Plan, line: str, *, others: Mapping[str, Plan | None] | None = None, seconds: float = math.inf
) -> Flip:
    """Return what a line's outcome must be worth for the decision on it to change.

    Parameters
    ----------
    plan : Plan
        The best one.
    line : str
    others : mapping of line to Plan or None, optional
        As in `flip_thresholds`.
    seconds : float
        A line for which they do not suffice is ``open``.
    """
    supported = plan.supported[line]
    if plan.portfolio.line(line).closing is None:
        return Flip(line, supported, "closing")
    try:
        return _Search(plan, line, others, time.process_time() + seconds).flip()
    except (ModelError, TimeoutError):  # the time did not suffice for one of the plans
        return Flip(line, supported, "open")


@dataclass(frozen=True)
class _Kept:
    """The best plan that keeps the line at a factor: value, what no plan beats, and value per unit of factor."""

    factor: float
    value: float
    bound: float
    slope: float
    plan: Plan

    def meets(self, out: float) -> float:
        """Return the factor at which this very plan is worth as much as closing."""
        return self.factor - (self.value - out) / self.slope


class _Search:
    """Newton's way to the factor at which keeping and closing a line are worth the same."""

    def __init__(self, plan: Plan, line: str, others: Mapping[str, Plan | None] | None, until: float) -> None:
        self.plan, self.line, self.until, self.plans = plan, line, until, 0
        self.supported = plan.supported[line]
        self.own = frozenset(item.id for item in plan.portfolio.activities_of(line))
        self.order: list[str] = []
        self.gap, self.out, self.out_bound = plan.certificate.asked_gap, plan.value, plan.certificate.bound
        self.other = others[line] if others is not None and line in others else self._decided(not self.supported)

    def flip(self) -> Flip:
        """Return where the decision changes, each side sure."""
        if self.other is None:
            return replace(self._as("rule"), rules=self._rules())
        first, out = (self.plan, self.other) if self.supported else (self.other, self.plan)
        if not (first.certificate.proved and out.certificate.proved):
            return self._as("open")
        kept = self._kept(1.0, first)
        if self.supported and kept.value - kept.slope >= out.certificate.bound:
            return self._as("never")  # this very plan beats closing at every factor down to 0
        fine = FINE * abs(kept.slope)
        if fine > 0:
            self.gap = min(self.gap, max(fine / self.plan.certificate.lift, FINEST))
        if out.certificate.gap_absolute > fine > 0:
            out = self._decided(False) or out
        self.out, self.out_bound = out.value, max(out.certificate.bound, out.value)
        if self.supported:
            return self._down(kept)
        reached = FAR if kept.slope <= 0 else min(max(kept.meets(self.out), 1.0), FAR)
        kept = self._at(reached, kept.plan)
        if kept.value < self.out:
            return self._as("never" if reached == FAR and kept.bound < self.out else "open")
        return self._down(kept)

    def _rules(self) -> tuple[str, ...]:
        """Return the named rules that stand against the other way."""
        wanted = self._wanted(self.plan.portfolio, not self.supported)
        held = find_conflict(canonical_form(wanted), seconds=0.0)
        return tuple(rule.name for rule in held.rules if rule != wanted.rules[-1])

    def _down(self, kept: _Kept) -> Flip:
        """Come down on the point from a factor at which the line is worth keeping."""
        margin = 1e-4
        for _ in range(STEPS):
            if kept.slope <= 0 or (meets := kept.meets(self.out)) < 0:
                # the plan's own line lies above closing at every factor down to 0: keeping it is never the worse
                return self._as("never" if self.supported else "open")
            noise = (kept.bound - kept.value) / kept.slope
            below = self._at(max(meets - 1.2 * noise - margin * max(meets, FINE), 0.0), kept.plan)
            if below.bound <= self.out:
                return self._found(below.factor, kept.meets(self.out_bound), meets)
            if below.value > self.out:
                kept = below  # another plan keeps the line at a lower factor still
            else:
                margin *= 4.0
        return self._as("open")

    def _found(self, low: float, high: float, factor: float) -> Flip:
        high = max(high, factor)
        if high - low > NARROW * max(factor, 1.0):
            return self._as("open")
        return Flip(self.line, self.supported, "found", low, high, factor, self.plans)

    def _as(self, state: str) -> Flip:
        return Flip(self.line, self.supported, state, plans=self.plans)

    def _at(self, factor: float, start: Plan) -> _Kept:
        """Return the best plan that keeps the line, its outcomes worth a factor of what they are."""
        found = self._decided(True, factor, start)
        if found is None:
            raise ModelError(f"No plan keeps {self.line}.")
        return self._kept(factor, found)

    def _kept(self, factor: float, plan: Plan) -> _Kept:
        today = evaluate(self.plan.portfolio, plan.first, plan.supported)
        slope = math.fsum(today.by_activity[activity] for activity in self.own)
        return _Kept(factor, plan.value, max(plan.certificate.bound, plan.value), slope, plan)

    def _decided(self, keep: bool, factor: float = 1.0, start: Plan | None = None) -> Plan | None:
        """Seek the best plan with the line kept or closed."""
        left = min(self.until - time.process_time(), PROBE_SECONDS)
        if left <= 0:
            raise TimeoutError
        self.plans += 1
        plan = self.plan
        portfolio = plan.portfolio if factor == 1.0 else _scaled(plan.portfolio, self.own, factor)
        near = start or plan
        supported = {**near.supported, self.line: keep}
        levels = {item.id: near.level(item.id) if supported[item.line] else 0.0 for item in plan.portfolio.activities}
        return best_plan(
            self._wanted(portfolio, keep),
            gap=self.gap,
            candidates=[(levels, supported)],
            limits=Limits(seconds=left),
            like=self._like(portfolio, factor),
        )

    def _wanted(self, portfolio: Portfolio, keep: bool) -> Portfolio:
        word = "keep" if keep else "close"
        rule = Rule(f"{word} {self.line} (what if)", f"{word} line {quoted(self.line)}")
        return replace(portfolio, rules=(*portfolio.rules, rule))

    def _like(self, portfolio: Portfolio, factor: float) -> Plan:
        """Return the plan with its cover as it stands over the changed worths, in their own canonical order."""
        if factor == 1.0 or not self.plan.pieces:
            return self.plan
        now = {item.id: place for place, item in enumerate(canonical_form(portfolio).activities)}
        self.order = self.order or [item.id for item in canonical_form(self.plan.portfolio).activities]
        pieces = []
        for piece in self.plan.pieces:
            activity = self.order[piece.activity]
            share = factor if activity in self.own else 1.0
            lines = {(slope * share, intercept * share): None for slope, intercept in piece.lines}
            pieces.append(Piece(now[activity], piece.low, piece.high, lines))
        return replace(self.plan, pieces=tuple(sorted(pieces, key=lambda piece: (piece.activity, piece.low))))


def _scaled(portfolio: Portfolio, own: frozenset[str], factor: float) -> Portfolio:
    """Return a portfolio in which the outcomes of some activities are worth a factor of what they are."""
    return replace(
        portfolio,
        objectives=tuple(
            replace(
                item,
                worths={name: worth * (factor if name in own else 1.0) for name, worth in item.worths.items()},
            )
            for item in portfolio.objectives
        ),
    )
