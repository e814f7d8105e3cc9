"""Draws of levels: each agrees with its interval, and together they hang together as the answers do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.readiness import Settings
from workbench.readiness.draws import level_draws
from workbench.readiness.scores import BORROWED, ITEM, LINE, Part, Scores, score

Make = Callable[..., Any]
WHOLE = Part("organisation", "", "the organisation")
MANY = 40_000


def line_of(scores: Scores, name: str) -> Part:
    """Return a line."""
    return next(part for part in scores.parts if (part.kind, part.id) == (LINE, name))


@pytest.fixture
def scores(small: Make, answers_of: Make) -> Scores:
    """Two lines of builders and people who speak for both, with gaps."""
    rng = np.random.default_rng(5)
    instrument = small({"d": ["a", "b", "c"], "e": ["f", "g"]})
    people = [("builder", "x")] * 9 + [("builder", "y")] * 12 + [("support", None)] * 6
    levels = np.clip(np.rint(3 + rng.normal(0, 0.7, (27, 1)) + rng.normal(0, 0.8, (27, 5))), 1, 5)
    levels[rng.random(levels.shape) < 0.1] = math.nan
    population = [("builder", "x", 14), ("builder", "y", 16), ("support", None, 9)]
    held = answers_of(instrument, people, levels, population=population)
    return score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")])


@pytest.mark.parametrize("measure", ["dimension", ITEM])
def test_draws_of_one_level_agree_with_its_interval_and_certainty(scores: Scores, measure: str) -> None:
    """Quantiles are the ends of the t interval; shares above a level are its certainty, to the error of the draws."""
    for part in (WHOLE, line_of(scores, "x"), line_of(scores, "y")):
        held = scores.instrument.groups if measure == "dimension" else scores.instrument.items
        draws = level_draws(scores, part, MANY, seed=3, measure=measure)
        assert draws.shape == (MANY, len(held))
        for place, one in enumerate(held):
            level = scores.get(measure, part, one.id).level
            assert level is not None
            assert level.standard_error is not None
            got = np.quantile(draws[:, place], [0.025, 0.975])
            assert got == pytest.approx([level.low, level.high], abs=0.06 * level.standard_error)
            certainty = level.certainty_at_least(3.0)
            assert (draws[:, place] >= 3.0).mean() == pytest.approx(certainty, abs=4 * 0.5 / math.sqrt(MANY))


def test_draws_hang_together_as_the_answers_do(scores: Scores) -> None:
    """The correlation of two levels' errors is that of the people's influence on them, across parts too."""
    x, y = line_of(scores, "x"), line_of(scores, "y")
    for first, second in (((x, "d"), (x, "e")), ((x, "d"), (y, "d")), ((WHOLE, "d"), (x, "d"))):
        traces = [scores.traces[("dimension", part.kind, part.id, name)] for part, name in (first, second)]
        one, two = (trace.influence for trace in traces)
        expected = float(one @ two / math.sqrt((one @ one) * (two @ two)))
        columns = [level_draws(scores, part, MANY, seed=1, names=[name])[:, 0] for part, name in (first, second)]
        ranks = [np.argsort(np.argsort(column)) for column in columns]  # of a normal copula: 6/π · arcsin(r/2)
        got = float(np.corrcoef(*ranks)[0, 1])
        assert got == pytest.approx(6 / math.pi * math.asin(expected / 2), abs=4 / math.sqrt(MANY))
        assert abs(expected) > 0.1  # people who speak for both lines tie them together


def test_what_everybody_answered_is_drawn_as_it_is(small: Make, answers_of: Make) -> None:
    """With every answer in there is nothing left to doubt; without a spread anywhere nothing can be drawn."""
    instrument = small({"d": ["a"], "e": ["b"]})
    levels = [[2, 3], [3, 3], [4, 3], [3, math.nan], [5, math.nan]]
    held = answers_of(instrument, [("builder", "x")] * 5, levels, population=[("builder", "x", 5)])
    draws = level_draws(score(held, instrument, Settings()), WHOLE, 50)
    assert (draws[:, 0] == 3.4).all()
    assert np.isnan(draws[:, 1]).all()


def test_a_borrowed_spread_is_drawn_too(small: Make, answers_of: Make) -> None:
    """Where all of a line say the same and some are silent, draws have the spread that the interval has."""
    instrument = small({"d": ["a"]})
    rng = np.random.default_rng(2)
    levels = [[3.0]] * 5 + [[float(value)] for value in rng.integers(1, 6, 30)]
    people = [("builder", "x")] * 5 + [("builder", "y")] * 30
    held = answers_of(instrument, people, levels, population=[("builder", "x", 9), ("builder", "y", 40)])
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")])
    level = scores.get("dimension", line_of(scores, "x"), "d").level
    assert level is not None
    assert level.method == BORROWED
    got = np.quantile(level_draws(scores, line_of(scores, "x"), MANY), [0.025, 0.975])
    assert got == pytest.approx([level.low, level.high], abs=0.05)


@pytest.mark.parametrize("is_renamed", [False, True])
def test_draws_depend_on_the_seed_alone(small: Make, answers_of: Make, is_renamed: bool) -> None:
    """The same seed, the same draws, whatever row comes first and whatever pseudonyms people were given."""
    rng = np.random.default_rng(4)
    instrument = small({"d": ["a", "b"]})
    levels = rng.integers(1, 6, (12, 2)).astype(float)
    held = answers_of(instrument, [("builder", "x")] * 12, levels, population=[("builder", "x", 20)])
    order = rng.permutation(12)
    frames = [frame.iloc[order] for frame in (held.sheets, held.levels, held.status, held.codes)]
    if is_renamed:
        frames[0] = frames[0].assign(respondent=[f"q{place:03d}" for place in rng.permutation(12)])
    turned = type(held)("w1", None, *frames, population=held.population)
    first, second = (score(one, instrument, Settings()) for one in (held, turned))
    expected = level_draws(first, WHOLE, 100, seed=9)
    assert level_draws(second, WHOLE, 100, seed=9) == pytest.approx(expected, abs=1e-12)
    assert not np.allclose(level_draws(first, WHOLE, 100, seed=10), expected)


def test_what_cannot_be_drawn_is_named(scores: Scores) -> None:
    """Wrong calls stop with a sentence."""
    with pytest.raises(ModelError, match="no dimension 'z' of the organisation"):
        level_draws(scores, WHOLE, 10, names=["z"])
    with pytest.raises(ModelError, match="counted from one"):
        level_draws(scores, WHOLE, 0)
