"""What closing frees and costs adds up to what the model counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from allocation_cases import seeded, small

from workbench.allocation import Closing, evaluate
from workbench.allocation.closings import closing_effects


def test_closing_frees_what_the_line_takes_and_costs_what_was_said() -> None:
    """Cards: 2 teams of 3 engineers and 10 of budget, 4 engineers and 50 of budget needed, half of them avoidable."""
    base = small()
    held = replace(base.lines[1], closing=Closing(300.0, 40.0, 0.5, "Customers move to loans."))
    (cards,) = closing_effects(replace(base, lines=(base.lines[0], held)))
    assert cards.frees == {"engineers": 8.0, "budget": 45.0}
    assert cards.keeps == {"engineers": 2.0, "budget": 25.0}
    assert (cards.money_freed, cards.people, cards.value_lost) == (845.0, 8.0, 120.0)
    assert cards.yearly_net == 685.0
    assert cards.payback == pytest.approx(300 / 685)
    assert cards.note == "Customers move to loans."


@pytest.mark.parametrize(
    ("closing", "expected"),
    [
        pytest.param(Closing(0.0, 0.0), 0.0, id="nothing to pay back"),
        pytest.param(Closing(100.0, 5000.0), None, id="costs more each year than it frees"),
        pytest.param(Closing(0.0, 5000.0), None, id="no one-off cost and never worth it"),
        pytest.param(Closing(1000.0, -150.0), 1000 / 1100, id="keeps earning"),
    ],
)
def test_payback(closing: Closing, expected: float | None) -> None:
    """Years until what is freed, less the value lost, has paid the one-off cost."""
    base = small()
    (cards,) = closing_effects(replace(base, lines=(base.lines[0], replace(base.lines[1], closing=closing))))
    if expected is None or expected == 0:
        assert cards.payback == expected
    else:
        assert cards.payback == pytest.approx(expected)


def test_points_are_not_held_against_money() -> None:
    """Where worths are not confirmed, what is freed is told and no payback is."""
    base = small()
    unconfirmed = replace(base, objectives=(replace(base.objectives[0], is_confirmed=False),))
    (cards,) = closing_effects(unconfirmed)
    (money,) = closing_effects(base)
    assert (cards.payback, cards.money_freed) == (None, money.money_freed)
    assert cards.yearly_net == money.yearly_net + money.value_lost


@pytest.mark.parametrize("seed", range(4))
def test_what_is_freed_is_what_evaluating_the_closed_line_gives(seed: int) -> None:
    """Used today less used with the line closed and its activities at zero, in money-valued portfolios."""
    portfolio = seeded(seed, 9)
    before = evaluate(portfolio, portfolio.today, {})
    for item in closing_effects(portfolio):
        levels = {a.id: 0.0 if a.line == item.line else a.current for a in portfolio.activities}
        after = evaluate(portfolio, levels, {item.line: False})
        for name, amount in item.frees.items():
            assert before.used[name] - after.used[name] == pytest.approx(amount, abs=1e-9)
        assert before.value - after.value == pytest.approx(
            item.value_lost + item.one_off_cost + item.yearly_cost, abs=1e-9
        )
