"""What an answer would be worth to know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from allocation_cases import seeded
from test_robust import planned, two_lines

from workbench.allocation.draws import draw_answers, drawn_portfolio
from workbench.allocation.robust import lay_field
from workbench.allocation.value_of_information import NODES, value_of_answers, value_of_knowing


@pytest.mark.parametrize(
    ("cases", "chances", "published"),
    [
        # what drilling brings, given the oil: 0, 700,000 or 1,200,000 less a mean cost of 310,000
        ([[-310_000, 0], [390_000, 0], [890_000, 0]], [0.5, 0.3, 0.2], 155_000),
        # given the cost, with a mean return of 450,000: 150,000, 300,000 or 500,000
        ([[300_000, 0], [150_000, 0], [-50_000, 0]], [0.2, 0.6, 0.2], 10_000),
    ],
    ids=["oil", "cost"],
)
def test_the_published_oil_wildcatter(cases, chances, published):
    """SAS/OR User's Guide, The DTREE Procedure, value of perfect information: 155,000 for oil, 10,000 for cost."""
    assert value_of_knowing(np.array(cases, dtype=float), np.array(chances)) == pytest.approx(published)


def test_what_two_sums_differ_by_in_their_last_digits_is_no_value():
    """One plan is best in every case: knowing the case gains exactly nothing, however long the sums."""
    random = np.random.default_rng(1)
    for count in (7, 100, 1000):
        for _ in range(20):
            best = random.uniform(1e5, 1e6, count)
            cases = np.column_stack([best - random.uniform(0, 1, (3, count))[place] for place in range(3)] + [best])
            assert value_of_knowing(cases, random.dirichlet(np.ones(count))) == 0.0


def test_nothing_is_worth_asking_where_nothing_can_be_wrong():
    """Without spread no answer has a value."""
    plan = planned(seeded(1, 9))
    got = value_of_answers(lay_field(plan, draw_answers(plan.portfolio, n=3, spread=0.0)))
    assert got.everything == pytest.approx(0.0, abs=1e-9)
    assert got.answers == ()
    assert got.curves == ()


def test_no_answer_is_worth_more_than_all_of_them():
    """0 <= one answer <= its curve and all answers, as information can only add up to everything."""
    plan = planned(seeded(5, 6))
    field = lay_field(plan, draw_answers(plan.portfolio, n=80))
    got = value_of_answers(field)
    close = 2e-3 * plan.certificate.lift
    curves = {item.activity: item.value for item in got.curves}
    assert got.everything > 0
    for item in got.answers:
        assert 0.0 <= item.value <= got.everything + close
        if not item.name.startswith("worth"):
            assert item.value <= curves[item.activity] + close
    assert [item.value for item in got.answers] == sorted((item.value for item in got.answers), reverse=True)


def test_the_value_of_an_answer_as_by_hand():
    """One team, two lines: knowing what the first brings is worth the mean of what it then is better to do."""
    portfolio = two_lines(100.0, 95.0)
    plan = planned(portfolio)
    draws = draw_answers(portfolio, n=400)
    got = value_of_answers(lay_field(plan, draws))
    held = {(item.activity, item.name): item for item in got.answers}
    # the first line's worth is 100 +- 20 in seven equal parts, the second brings 95 on average: below that, switch
    middle = 80.0 + 40.0 * (np.arange(NODES) + 0.5) / NODES
    expected = np.maximum(middle, 95.0).mean() - 100.0
    assert held["a-run", "worth margin"].value == pytest.approx(expected, rel=0.03)
    values = np.array([
        [drawn_portfolio(draws, n).worth(key) * drawn_portfolio(draws, n).activity(key).curve.value(1.0)
         for key in ("a-run", "b-run")]
        for n in range(400)
    ])  # fmt: skip
    assert got.everything == pytest.approx(values.max(axis=1).mean() - values.mean(axis=0).max(), rel=1e-6)
    assert got.mean_value == pytest.approx(values.mean(axis=0).max(), rel=1e-6)


def test_an_answer_that_decides_nothing_is_worth_nothing():
    """Where one line is worth twice the other, whatever is wrong, asking again gains nothing."""
    plan = planned(two_lines(200.0, 60.0))
    got = value_of_answers(lay_field(plan, draw_answers(plan.portfolio, n=60)))
    assert got.everything == pytest.approx(0.0, abs=1e-9)
    assert all(item.value == pytest.approx(0.0, abs=1e-9) for item in (*got.answers, *got.curves))


def test_a_closing_that_hangs_on_an_answer_is_named():
    """Lines decided otherwise at an end of an answer's range are listed by name."""
    from workbench.allocation import Closing, Line

    portfolio = two_lines(100.0, 99.0)
    # each line takes the team by standing, so that only one can stand
    portfolio = replace(
        portfolio,
        lines=(
            Line("a", "Anchors", {"team": 1.0}, Closing()),
            Line("b", "Buoys", {"team": 1.0}, Closing()),
        ),
        activities=tuple(replace(item, recipe={"team": 1e-9}) for item in portfolio.activities),
        resources=(replace(portfolio.resources[0], capacity=(1.000001,)),),
    )
    plan = planned(portfolio)
    got = value_of_answers(lay_field(plan, draw_answers(portfolio, n=100)))
    named = {item.name: item.flips for item in got.answers if item.activity == "a-run"}
    assert named["worth margin"] == ("Anchors", "Buoys")
