"""Which decisions every nearly best plan shares: held against counting all decisions of small portfolios."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from allocation_cases import seeded, small

from workbench.allocation import Plan, Portfolio, Rule, solve
from workbench.allocation.canonical import canonical_form
from workbench.allocation.explain import other_plans
from workbench.allocation.firm import firm_decisions, price_bound


def planned(portfolio: Portfolio) -> Plan:
    """Return the plan of a portfolio that has one."""
    plan = solve(portfolio, gap=1e-6)
    assert isinstance(plan, Plan)
    return plan


def counted(portfolio: Portfolio) -> dict[tuple[bool, ...], float]:
    """Return the best value of every way to decide the lines, each solved on its own."""
    open_lines = [line.id for line in portfolio.lines if line.closing is not None]
    values = {}
    for ways in itertools.product((True, False), repeat=len(open_lines)):
        locks = tuple(
            Rule(f"lock {line}", f"{'keep' if kept else 'close'} line {line}")
            for line, kept in zip(open_lines, ways, strict=True)
        )
        found = solve(replace(portfolio, rules=(*portfolio.rules, *locks)))
        values[ways] = found.value if isinstance(found, Plan) else -np.inf
    return values


@pytest.mark.parametrize(("seed", "within"), [(1, 0.01), (2, 0.1), (3, 0.3)])
def test_firm_is_what_counting_every_decision_says(seed: int, within: float) -> None:
    """No plan above the threshold decides otherwise, and the cost said is not above the true one."""
    portfolio = seeded(seed, 6, per_line=2, share=0.35, dependencies=1)
    plan, values = planned(portfolio), counted(portfolio)
    open_lines = [line.id for line in portfolio.lines if line.closing is not None]
    least = plan.value - within * abs(plan.value)
    for given in (None, other_plans(plan)):
        found = {item.line: item for item in firm_decisions(plan, within, others=given)}
        for place, line in enumerate(open_lines):
            best = max(value for ways, value in values.items() if ways[place] is not plan.supported[line])
            slack = 2e-4 * plan.certificate.lift
            held = found[line]
            if np.isfinite(best):
                assert held.flip_cost_at_least is not None
                assert held.flip_cost_at_least <= plan.value - best + slack
            if abs(best - least) > slack:
                assert held.firm is (best < least), (line, held, best, least)
        assert all(found[line.id].proof == "given" for line in portfolio.lines if line.closing is None)


def test_prices_bound_every_plan_whatever_they_are() -> None:
    """Weak duality in our own arithmetic: seeded prices, of either sign, never fall below the best plan."""
    portfolio = seeded(4, 6, dependencies=1)
    plan, form = planned(portfolio), canonical_form(portfolio)
    best = (plan.value - form.zero_value) / form.scale
    draw = np.random.default_rng(4)
    for _ in range(10):
        bound, kept, closed = price_bound(form, draw.normal(0.0, 1.0, len(form.row_names)))
        assert bound >= best - 1e-9
        assert kept.shape == closed.shape == (len(form.lines),)


def test_a_rule_that_allows_no_other_way_makes_a_decision_firm() -> None:
    """Kept by a promise: given, without a cost."""
    plan = planned(small(rules=(("Promise", "keep line cards"),)))
    (_, cards) = firm_decisions(plan, others=other_plans(plan))
    assert (cards.line, cards.firm, cards.proof, cards.flip_cost_at_least) == ("cards", True, "given", None)


def test_without_time_the_prices_still_speak() -> None:
    """What prices prove needs no search; the rest is open, with what is known."""
    plan = planned(seeded(2, 9))
    found = firm_decisions(plan, 0.9, seconds=0.0)
    assert {item.proof for item in found} <= {"given", "prices", "open"}
    assert all(item.firm is None for item in found if item.proof == "open")
    assert any(item.proof == "open" for item in found)
