"""From answers to levels: means, intervals, bands, who sees and who is silent."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.readiness import Instrument, Settings
from workbench.readiness.inputs import CANNOT_SEE, NOT_APPLICABLE
from workbench.readiness.scores import BORROWED, Part, Score, Scores, overlap_levels, score
from workbench.stats import finite_mean, t_quantile

Make = Callable[..., Any]
NAN = math.nan
WHOLE = Part("organisation", "", "the organisation")


def part_of(scores: Scores, kind: str, name: str) -> Part:
    """Return a part by kind and id."""
    return next(part for part in scores.parts if (part.kind, part.id) == (kind, name))


def of_line(scores: Scores, line: str, name: str, measure: str = "dimension") -> Score:
    """Return a score of a line."""
    return scores.get(measure, part_of(scores, "line", line), name)


def level(found: Score) -> Any:
    """Return the level, which must be there."""
    assert found.level is not None
    return found.level


def test_a_complete_unit_is_t_with_finite_population_correction(small: Make, answers_of: Make) -> None:
    """With every question answered by all who answered, the interval is that of the people's means."""
    rng = np.random.default_rng(1)
    answers = rng.integers(1, 6, size=(9, 4)).astype(float)
    instrument = small({"d": ["a", "b", "c", "e"]})
    held = answers_of(instrument, [("builder", "x")] * 9, answers, population=[("builder", "x", 14)])
    got = level(score(held, instrument, Settings(), lines=[("x", "X")]).get("dimension", WHOLE, "d"))
    expected = finite_mean(answers.mean(axis=1), 14)
    assert (got.value, got.low, got.high) == pytest.approx((expected.value, expected.low, expected.high))
    assert got.df == 8


def test_gaps_follow_the_formula_of_the_method(small: Make, answers_of: Make) -> None:
    """With gaps each person counts by their influence on each item, worked out here term by term."""
    table = [[1, 3, NAN], [2, NAN, 4], [4, 5, 5], [3, 2, NAN], [NAN, 4, 3]]
    instrument = small({"d": ["a", "b", "c"]})
    held = answers_of(
        instrument,
        [("builder", None)] * 5,
        table,
        population=[("builder", None, 8)],
        status={(1, "b"): CANNOT_SEE},
    )
    got = level(score(held, instrument, Settings(confidence=0.9)).get("dimension", WHOLE, "d"))
    columns = [[1, 2, 4, 3], [3, 5, 2, 4], [4, 5, 3]]
    rows = [[0, 1, 2, 3], [0, 2, 3, 4], [1, 2, 4]]
    answered = [4, 5, 3]  # "cannot see" is an answer
    influence, items = [0.0] * 5, []
    for values, people, given_any in zip(columns, rows, answered, strict=True):
        n, mean = len(values), sum(values) / len(values)
        own = {
            person: (value - mean) / n * math.sqrt(n / (n - 1) * (1 - given_any / 8)) / 3
            for person, value in zip(people, values, strict=True)
        }
        items.append(own)
        for person, part in own.items():
            influence[person] += part
    error = math.sqrt(sum(one * one for one in influence))
    adds = [sum(part * influence[person] for person, part in own.items()) / error**2 for own in items]
    assert sum(adds) == pytest.approx(1)
    plain, weighted = (
        1 / sum(share / len(own) for share, own in zip(shares, items, strict=True)) for shares in ([1 / 3] * 3, adds)
    )
    df = min(plain, weighted) - 1
    assert plain - 1 == pytest.approx(2.6)
    assert got.standard_error == pytest.approx(error)
    assert got.df == pytest.approx(df)
    assert got.value == pytest.approx((2.5 + 3.5 + 4) / 3)
    assert got.high == pytest.approx(got.value + t_quantile(0.95, df) * error)


def test_without_a_population_response_is_unknown_and_nothing_is_corrected(small: Make, answers_of: Make) -> None:
    """Nobody knows how many were asked: no correction, no response, a wider interval."""
    table = [[1, 3], [2, 4], [4, 5], [3, 2]]
    instrument = small({"d": ["a", "b"]})
    people = [("builder", None)] * 4
    open_ended = score(answers_of(instrument, people, table), instrument, Settings()).get("dimension", WHOLE, "d")
    known = answers_of(instrument, people, table, population=[("builder", None, 6)])
    closed = score(known, instrument, Settings()).get("dimension", WHOLE, "d")
    assert open_ended.response is None
    assert "unknown" in level(open_ended).method
    assert level(closed).standard_error == pytest.approx(level(open_ended).standard_error * math.sqrt(1 - 4 / 6))
    assert closed.response == pytest.approx(4 / 6)


def test_whoever_speaks_for_the_whole_organisation_enters_every_line(small: Make, answers_of: Make) -> None:
    """A sheet without a line counts in each line, and once in the organisation."""
    instrument = small({"d": ["a"]})
    people = [("builder", "x"), ("builder", "x"), ("builder", "y"), ("builder", "y"), ("executive", None)]
    held = answers_of(instrument, people, [[1], [2], [4], [5], [3]])
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")])
    assert level(of_line(scores, "x", "d")).value == pytest.approx(2)
    assert level(of_line(scores, "y", "d")).value == pytest.approx(4)
    assert of_line(scores, "x", "d").people == 3
    assert level(scores.get("dimension", WHOLE, "d")).value == pytest.approx(3)
    assert scores.get("dimension", WHOLE, "d").people == 5


def test_items_about_the_organisation_are_pooled_into_every_line(small: Make, answers_of: Make) -> None:
    """Everybody's answer to such an item enters each line; the others stay with their line."""
    instrument = small({"d": ["a", "b*"]})
    people = [("builder", "x"), ("builder", "x"), ("builder", "y"), ("builder", "y")]
    held = answers_of(instrument, people, [[1, 1], [1, 2], [5, 4], [5, 5]])
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")])
    assert level(of_line(scores, "x", "b", "item")).value == pytest.approx(3)
    assert level(of_line(scores, "x", "d")).value == pytest.approx((1 + 3) / 2)
    assert level(of_line(scores, "y", "d")).value == pytest.approx((5 + 3) / 2)
    assert of_line(scores, "x", "d").people == 2


def test_somebody_who_answered_for_two_lines_is_one_person(small: Make, answers_of: Make) -> None:
    """In the organisation their two sheets count as one answer, their mean."""
    instrument = small({"d": ["a"]})
    held = answers_of(instrument, [("builder", "x"), ("builder", "y"), ("builder", "x")], [[1], [5], [4]])
    held.sheets["respondent"] = ["p1", "p1", "p2"]
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")])
    whole = scores.get("dimension", WHOLE, "d")
    assert whole.people == 2
    assert level(whole).value == pytest.approx((3 + 4) / 2)


def test_cannot_see_and_not_applicable_are_no_low_level(small: Make, answers_of: Make) -> None:
    """They change visibility and shares, never the level."""
    instrument = small({"d": ["a"]})
    people = [("builder", "x")] * 6
    status = {(3, "a"): CANNOT_SEE, (4, "a"): NOT_APPLICABLE}
    held = answers_of(instrument, people, [[4], [5], [3], [1], [1], [NAN]], status=status)
    found = score(held, instrument, Settings()).get("item", WHOLE, "a")
    assert level(found).value == pytest.approx(4)
    assert found.visibility == pytest.approx(3 / 4)
    assert found.not_applicable == pytest.approx(1 / 5)
    # One blank: at the bottom 13/4, at the top 17/4; "not applicable" leaves both sides.
    assert (found.band_low, found.band_high) == pytest.approx((13 / 4, 17 / 4))


def test_items_with_one_answer_leave_the_dimension_and_are_listed(small: Make, answers_of: Make) -> None:
    """One answer has no spread: the item leaves the level, not the band."""
    instrument = small({"d": ["a", "b"]})
    held = answers_of(instrument, [("builder", "x")] * 3, [[4, NAN], [2, 5], [3, NAN]])
    found = score(held, instrument, Settings()).get("dimension", WHOLE, "d")
    assert found.items_used == ("a",)
    assert found.items_left_out == ("b",)
    assert level(found).value == pytest.approx(3)
    assert (found.band_low, found.band_high) == pytest.approx(((3 + 1) / 2, (3 + 5) / 2))


def test_equal_answers_of_some_borrow_the_spread_of_all(small: Make, answers_of: Make) -> None:
    """Silence about a spread is no proof of none: it is taken from within the other lines, and said."""
    instrument = small({"d": ["a"]})
    people = [("builder", "x")] * 4 + [("builder", "y")] * 4
    population = [("builder", "x", 8), ("builder", "y", 8)]
    held = answers_of(instrument, people, [[3]] * 4 + [[1], [2], [4], [5]], population=population)
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")])
    found = level(of_line(scores, "x", "d"))
    pooled = (10 / 3 * 3 + 0) / 6  # variance within lines, six degrees of freedom
    assert found.standard_error == pytest.approx(math.sqrt(pooled / 4 * 0.5))
    assert found.method == BORROWED


def test_equal_answers_of_everybody_are_certain(small: Make, answers_of: Make) -> None:
    """Everybody asked has answered: there is nothing left to be unsure about."""
    instrument = small({"d": ["a"]})
    held = answers_of(instrument, [("builder", "x")] * 4, [[3]] * 4, population=[("builder", "x", 4)])
    found = level(score(held, instrument, Settings()).get("dimension", WHOLE, "d"))
    assert (found.low, found.high) == (3.0, 3.0)
    assert found.certainty_at_least(3) == 1.0


def test_no_spread_anywhere_gives_no_interval(small: Make, answers_of: Make) -> None:
    """Nobody differs and not everybody answered: how sure that is, nobody can say."""
    instrument = small({"d": ["a"]})
    held = answers_of(instrument, [("builder", "x")] * 4, [[3]] * 4, population=[("builder", "x", 9)])
    found = level(score(held, instrument, Settings()).get("dimension", WHOLE, "d"))
    assert found.low is None
    assert found.certainty_at_least(2) is None


def test_shared_priorities_are_scored_by_overlap() -> None:
    """Two of three names in common with one colleague, one with the other: worked out by hand."""
    named = [frozenset("abc"), frozenset("abd"), frozenset("axy"), frozenset()]
    got, pseudo = overlap_levels(named, 3, 1.0, 5.0)
    shares = [(2 + 1 + 0) / 9, (2 + 1 + 0) / 9, (1 + 1 + 0) / 9, 0.0]
    assert got == pytest.approx(1 + 4 * sum(shares) / 4)
    assert pseudo.mean() == pytest.approx(got)
    without_first = overlap_levels(named[1:], 3, 1.0, 5.0)[0]
    assert pseudo[0] == pytest.approx(4 * got - 3 * without_first)


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        pytest.param([("a", "b", "c")] * 4, 5.0, id="all the same"),
        pytest.param([("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i")], 1.0, id="nothing in common"),
        pytest.param([()] * 4, 1.0, id="nobody can name any"),
    ],
)
def test_the_open_item_enters_every_line(
    instrument: Instrument, answers_of: Make, codes: list[tuple[str, ...]], expected: float
) -> None:
    """Item 7.5 is pooled: its level is the same in each line and for the organisation."""
    people = [("builder", "x" if place % 2 else "y") for place in range(len(codes))]
    blank = np.full((len(codes), 47), NAN)
    held = answers_of(instrument, people, blank, codes=codes)
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")])
    assert level(scores.get("item", WHOLE, "d07_5")).value == pytest.approx(expected)
    assert level(of_line(scores, "x", "d07_5", "item")).value == pytest.approx(expected)


def test_two_people_are_too_few_for_the_open_item(instrument: Instrument, answers_of: Make) -> None:
    """Leaving one of two out leaves no pair, so the item leaves its dimension."""
    held = answers_of(instrument, [("builder", "x")] * 2, np.full((2, 47), NAN), codes=[("a",), ("a",)])
    found = score(held, instrument, Settings()).get("dimension", WHOLE, "d07")
    assert found.level is None
    assert "d07_5" in found.items_left_out


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.floats(0.02, 0.5), st.booleans())
def test_a_missing_answer_is_never_a_zero(small: Make, answers_of: Make, seed: int, share: float, known: bool) -> None:
    """Deleting answers only widens the band; the old and the new level both lie in the wider one."""
    rng = np.random.default_rng(seed)
    instrument = small({"d": ["a", "b", "c"], "e": ["f", "g*"]})
    people = [(str(role), "x") for role in rng.choice(["builder", "product", "support"], rng.integers(2, 12))]
    full = rng.integers(1, 6, size=(len(people), 5)).astype(float)
    marks = {
        (int(row), name): str(rng.choice([CANNOT_SEE, NOT_APPLICABLE]))
        for row in range(len(people))
        for name in "abcfg"
        if rng.random() < 0.1
    }
    population = [(role, "x", sum(one == role for one, _ in people) + 2) for role in sorted({r for r, _ in people})]
    extra = {"population": population} if known else {}
    gone = full.copy()
    gone[rng.random(full.shape) < share] = NAN
    kept = {place: mark for place, mark in marks.items() if not np.isnan(gone[place[0], "abcfg".index(place[1])])}
    if np.isnan(gone).all() or len(kept) == (~np.isnan(gone)).sum() or len(marks) == full.size:
        return
    before = score(answers_of(instrument, people, full, status=marks, **extra), instrument, Settings())
    after = score(answers_of(instrument, people, gone, status=kept, **extra), instrument, Settings())
    for name in ("d", "e"):
        old, new = (held.get("dimension", WHOLE, name) for held in (before, after))
        assert old.band_low is None or new.band_low is not None
        if old.band_low is not None and new.band_low is not None:
            assert new.band_low <= old.band_low + 1e-9
            assert new.band_high >= old.band_high - 1e-9
        for held in (old, new):
            if held.level is not None and new.band_low is not None:
                assert new.band_low - 1e-9 <= held.level.value <= new.band_high + 1e-9


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 1_000))
def test_the_order_of_rows_and_columns_changes_nothing(small: Make, answers_of: Make, seed: int) -> None:
    """Everything is joined by label."""
    rng = np.random.default_rng(seed)
    instrument = small({"d": ["a", "b"], "e": ["c*"]})
    people = [(str(rng.choice(["builder", "support"])), [None, "x", "y"][rng.integers(3)]) for _ in range(12)]
    answers = np.where(rng.random((12, 3)) < 0.2, NAN, rng.integers(1, 6, (12, 3)).astype(float))
    held = answers_of(instrument, people, answers)
    order = rng.permutation(12)
    turned = answers_of(instrument, [people[place] for place in order], answers[order])
    turned.sheets["respondent"] = held.sheets["respondent"].to_numpy()[order]
    columns = list(rng.permutation(["a", "b", "c"]))
    other = type(held)(
        "w1", None, turned.sheets, turned.levels[columns], turned.status[columns], turned.codes, population=None
    )
    lines = [("x", "X"), ("y", "Y")]
    first, second = score(held, instrument, Settings(), lines=lines), score(other, instrument, Settings(), lines=lines)
    for key, one in first.scores.items():
        two = second.scores[key]
        assert (one.level is None) == (two.level is None)
        if one.level is not None and two.level is not None:
            assert one.level.value == pytest.approx(two.level.value)
            assert one.level.standard_error == pytest.approx(two.level.standard_error, abs=1e-9)


def test_nobody_answering_is_an_error_with_a_sentence(small: Make, answers_of: Make) -> None:
    """A wave without one answer cannot be scored."""
    instrument = small({"d": ["a"]})
    with pytest.raises(ModelError, match="Nobody answered"):
        score(answers_of(instrument, [("builder", "x")], [[NAN]]), instrument, Settings())


def test_more_answers_than_people_asked_are_refused(small: Make, answers_of: Make) -> None:
    """A population smaller than those who answered would make every number certain: it is refused by part."""
    instrument = small({"d": ["a"]})
    people = [("executive", "motor")] * 6
    answers = answers_of(instrument, people, [[3]] * 6, population=[("executive", "motor", 5)])
    with pytest.raises(ModelError, match="6 people answered and `population` has only 5"):
        score(answers, instrument, Settings(), lines=[("motor", "Motor")])
