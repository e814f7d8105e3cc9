"""Answers drawn anew: in their ranges, in order, and the same whatever the units, the order or the labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from allocation_cases import seeded, small

from workbench.allocation import Portfolio, Resource
from workbench.allocation.draws import draw_answers, drawn_portfolio
from workbench.errors import ModelError


def test_answers_stay_within_their_range_and_none_overtakes_the_next():
    """No drawn answer is further than 20 % from what was said, and the answers of a curve rise."""
    portfolio = seeded(3, 9)
    draws = draw_answers(portfolio, n=400)
    for place, activity in enumerate(draws.form.activities):
        drawn = draws.drawn(place)
        given = np.array([draws.answers[column].given for column in draws.columns(activity.id, "curve")])
        assert np.all(np.diff(drawn, axis=1) > 0)
        assert np.all(np.abs(drawn - given) <= 0.2 * np.abs(given) + 1e-9)
        np.testing.assert_allclose(drawn.mean(axis=0), given, rtol=3e-3)
        # not the same number a thousand times
        assert np.all(drawn.std(axis=0) > 0.02 * np.abs(given))


def test_every_part_of_a_range_is_drawn_once():
    """A Latin hypercube: each of n equal parts of an answer's range holds exactly one draw."""
    draws = draw_answers(small(), n=50)
    for column in range(len(draws.answers)):
        assert sorted(np.floor(draws.numbers[:, column] * 50).astype(int)) == list(range(50))


@pytest.mark.parametrize("seed", [1, 2])
def test_drawn_curves_go_through_the_drawn_answers(seed):
    """What an activity brings in a draw is what the curve through that draw's answers says."""
    draws = draw_answers(seeded(seed, 9), n=4)
    shares = np.array([0.0, 0.05, 0.3, 0.5, 0.99])
    for number in range(draws.n):
        drawn = drawn_portfolio(draws, number)
        for place, activity in enumerate(draws.form.activities):
            levels = shares * draws.form.size[place]
            curve, worth = drawn.activity(activity.id).curve, drawn.worth(activity.id)
            expected = [worth * curve.value(float(level)) for level in levels]
            np.testing.assert_allclose(draws.values(place, shares)[number], expected, rtol=1e-9)


def test_what_is_contested_is_drawn_wider_and_what_has_a_range_in_that():
    """A contested answer may be twice as wrong; a range of the client's own stands."""
    portfolio = small()
    contested = replace(
        portfolio,
        activities=tuple(
            replace(item, status="contested") if item.id == "loans-develop" else item for item in portfolio.activities
        ),
    )
    ranges = {("loans-market", "y1"): (2.5, 3.1), ("loans-market", "margin"): (50.0, 90.0)}
    draws = draw_answers(contested, n=200, ranges=ranges)
    held = {(item.activity, item.name): item for item in draws.answers}
    assert held["loans-develop", "y1"].high == pytest.approx(4.0 + 0.4 * 4.0)
    assert held["cards-operate", "point 2"].high == pytest.approx(3.0 + 0.2 * 3.0)
    place = next(i for i, item in enumerate(draws.form.activities) if item.id == "loans-market")
    y1, worth = draws.drawn(place)[:, 1], draws.worths(place)
    assert 2.5 <= y1.min() < 2.52
    assert 3.08 < y1.max() <= 3.1
    assert 50.0 <= worth.min() < 51
    assert 89 < worth.max() <= 90.0


def test_ranges_that_cross_are_held_apart():
    """Two own ranges that overlap never give a curve that falls."""
    draws = draw_answers(
        small(), n=300, ranges={("loans-develop", "y1"): (3.0, 7.0), ("loans-develop", "y15"): (3.0, 8.0)}
    )
    place = next(i for i, item in enumerate(draws.form.activities) if item.id == "loans-develop")
    assert np.all(np.diff(draws.drawn(place), axis=1) > 0)


def test_order_units_and_labels_change_no_draw():
    """Shuffled, renamed and in cents the same seed gives the same curves."""
    portfolio = seeded(5, 12)
    first = draw_answers(portfolio, n=30)
    renamed = {item.id: f"z{number:02}" for number, item in enumerate(reversed(portfolio.activities))}
    other = Portfolio(
        resources=tuple(
            replace(item, capacity=(item.capacity[0] * 100,)) if item.id == "r0" else item
            for item in reversed(portfolio.resources)
        ),
        activities=tuple(
            replace(
                item,
                id=renamed[item.id],
                recipe={name: amount * (100 if name == "r0" else 1) for name, amount in item.recipe.items()},
            )
            for item in reversed(portfolio.activities)
        ),
        lines=tuple(
            replace(line, needs={name: amount * (100 if name == "r0" else 1) for name, amount in line.needs.items()})
            for line in reversed(portfolio.lines)
        ),
        objectives=tuple(
            replace(item, worths={renamed[name]: worth for name, worth in item.worths.items()})
            for item in portfolio.objectives
        ),
    )
    second = draw_answers(other, n=30)
    for place, activity in enumerate(first.form.activities):
        assert second.form.activities[place].id == renamed[activity.id]
        np.testing.assert_allclose(first.drawn(place), second.drawn(place), rtol=1e-12)
        np.testing.assert_allclose(first.worths(place), second.worths(place), rtol=1e-12)


def test_another_seed_draws_others():
    """The seed decides."""
    assert np.array_equal(draw_answers(small(), n=9).numbers, draw_answers(small(), n=9).numbers)
    assert not np.array_equal(draw_answers(small(), n=9).numbers, draw_answers(small(), n=9, seed=2).numbers)


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"n": 0}, "At least one draw"),
        ({"spread": 1.0}, "spread of 0 to below 1"),
        ({"ranges": {("loans-market", "y7"): (1, 2)}}, "No answer is called loans-market, y7"),
        ({"ranges": {("loans-market", "y1"): (3, 2)}}, "from a lower to a higher"),
        ({"ranges": {("loans-market", "y1"): (3, float("nan"))}}, "from a lower to a higher"),
    ],
)
def test_what_cannot_be_drawn_is_said(kwargs, words):
    """Counts, spreads and ranges that make no sense are one clear error each."""
    with pytest.raises(ModelError, match=words):
        draw_answers(small(), **kwargs)


def test_a_resource_nobody_has_is_no_obstacle():
    """A capacity of zero leaves its activities at zero; their answers are drawn all the same."""
    portfolio = small()
    none = replace(portfolio, resources=(Resource("engineers", "HR", "people", (6.0,), 1.0), portfolio.resources[1]))
    assert draw_answers(none, n=3).n == 3


def test_one_judgement_is_drawn_once_and_a_contested_one_wider() -> None:
    """Activities of a line with one and the same worth are wrong together; another line's are drawn apart."""
    portfolio = seeded(1, 6, per_line=2)
    line = portfolio.activities[0].line
    mates = [item.id for item in portfolio.activities if item.line == line]
    other = next(item.id for item in portfolio.activities if item.line != line)
    worths = {**portfolio.objectives[0].worths, **dict.fromkeys([*mates, other], 2.0)}
    held = replace(portfolio, objectives=(replace(portfolio.objectives[0], worths=worths),))
    draws = draw_answers(held, n=50)
    columns = {name: draws.columns(name, "worth")[0] for name in (*mates, other)}
    first = draws.numbers[:, columns[mates[0]]]
    assert len(mates) > 1
    assert all(np.array_equal(draws.numbers[:, columns[name]], first) for name in mates)
    assert not np.array_equal(draws.numbers[:, columns[other]], first)

    contested = replace(held, objectives=(replace(held.objectives[0], contested=frozenset({other})),))
    answers = {answer.activity: answer for answer in draw_answers(contested, n=5).answers if answer.kind == "worth"}
    sure = next(answer for answer in draws.answers if answer.kind == "worth" and answer.activity == other)
    assert answers[other].status == "contested"
    assert answers[other].high - answers[other].low == pytest.approx(2.0 * (sure.high - sure.low))
