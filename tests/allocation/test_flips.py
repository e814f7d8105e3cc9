"""What would change a decision: the point is where solving again, with nothing forced, decides anew."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from allocation_cases import planned, seeded, small

from workbench.allocation import Closing, Plan, Portfolio, Rule
from workbench.allocation.flips import NARROW, Flip, flip_threshold, flip_thresholds


def scaled(portfolio: Portfolio, line: str, factor: float) -> Portfolio:
    """Return the portfolio with a line's outcomes worth a factor of what they are, written apart from the package."""
    own = {item.id for item in portfolio.activities if item.line == line}
    (objective,) = portfolio.objectives
    worths = {name: worth * (factor if name in own else 1.0) for name, worth in objective.worths.items()}
    return replace(portfolio, objectives=(replace(objective, worths=worths),))


def contested(seed: int, n: int = 8) -> Portfolio:
    """Return a portfolio in which closing is cheap and frees much, so decisions hang on what outcomes are worth."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    base = seeded(seed, n, per_line=2, share=0.25, dependencies=2)
    lines = tuple(
        replace(
            line,
            needs={name: 4.0 * amount for name, amount in line.needs.items()},
            closing=Closing(draw.uniform(-8, 0)),
        )
        for line in base.lines
    )
    return replace(base, lines=lines)


def check(plan: Plan, flip: Flip) -> None:
    """Solve again, nothing forced, a hair outside either side of a point that was found."""
    assert flip.low is not None
    assert flip.high is not None
    assert flip.factor is not None
    assert flip.low <= flip.factor <= flip.high
    assert flip.high - flip.low <= NARROW * max(flip.factor, 1.0)
    for factor, expected in ((flip.low * 0.998 - 1e-3, False), (flip.high * 1.002 + 1e-3, True)):
        if factor >= 0:
            again = planned(scaled(plan.portfolio, flip.line, factor))
            assert again.supported[flip.line] is expected, (flip, factor)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_point_is_where_solving_again_decides_anew(seed: int) -> None:
    """Just below it the best plan closes the line, just above it keeps it."""
    plan = planned(contested(seed))
    flips = flip_thresholds(plan)
    found = [flip for flip in flips.values() if flip.state == "found"]
    assert len(found) >= 2
    for flip in found:
        assert flip.plans <= 8
        check(plan, flip)
        assert flip.change is not None
        assert flip.change > 0
        assert (flip.factor or 0.0) < 1.0 + NARROW if flip.supported else (flip.factor or 0.0) > 1.0 - NARROW


def test_a_point_that_can_be_worked_out_by_hand() -> None:
    """Cards stays at its full level or closes; what closing frees goes to a line that takes all the money there is."""
    base = small(people=30.0, budget=100.0)
    loans = replace(base.activities[1], maximum=100.0)
    cards = replace(base.activities[2], minimum=4.0, current=4.0, recipe={"budget": 10.0})
    portfolio = replace(
        base,
        activities=(loans, cards),
        lines=(base.lines[0], replace(base.lines[1], needs={"budget": 50.0}, closing=Closing(10.0))),
        objectives=(replace(base.objectives[0], worths={loans.id: 60.0, cards.id: 40.0}),),
    )
    plan = planned(portfolio)
    kept = 60.0 * loans.curve.value(10.0 / 60.0)  # 100 of budget, less 50 and 4 x 10, at 60 a campaign
    closed = 60.0 * loans.curve.value(100.0 / 60.0) - 10.0
    expected = (closed - kept) / (40.0 * 4.0)
    flip = flip_threshold(plan, "cards")
    assert flip.state == "found"
    assert flip.factor == pytest.approx(expected, rel=2e-3)
    check(plan, flip)


def test_what_no_factor_changes_is_said() -> None:
    """A line that is dear to close stays however little it brings; one kept by a rule names it; one nobody priced."""
    base = small()
    dear = replace(base, lines=(base.lines[0], replace(base.lines[1], closing=Closing(1e6))))
    assert flip_threshold(planned(dear), "cards").state == "never"
    kept = flip_threshold(planned(replace(base, rules=(Rule("Promise", "keep line cards", "CEO"),))), "cards")
    assert (kept.state, kept.rules) == ("rule", ("Promise",))
    assert flip_threshold(planned(base), "loans").state == "closing"


def test_an_outcome_that_is_worth_nothing_never_brings_a_line_back() -> None:
    """A closed line whose outcomes have no worth has no factor."""
    base = small(budget=100.0, people=20.0)
    (margin,) = base.objectives
    plan = planned(replace(base, objectives=(replace(margin, worths={**margin.worths, "cards-operate": 0.0}),)))
    assert not plan.supported["cards"]
    assert flip_threshold(plan, "cards").state == "never"


def test_no_time_is_no_answer() -> None:
    """What the seconds do not suffice for is open, not guessed."""
    plan = planned(small(budget=100.0, people=20.0))
    assert flip_threshold(plan, "cards", seconds=0.0).state == "open"
    assert {flip.state for flip in flip_thresholds(plan, seconds=0.0).values()} == {"open", "closing"}
