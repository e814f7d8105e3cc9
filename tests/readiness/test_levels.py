"""The arithmetic of levels: missing answers move a level inside its band only; teams, sums and attained levels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.readiness import Settings, build_instrument
from workbench.readiness.inputs import TEAMS
from workbench.readiness.levels import group_error, item_bands, item_levels, overlap_levels, within_absent
from workbench.readiness.scores import DIMENSION, Part, Score, score
from workbench.stats import finite_mean, t_quantile

Make = Callable[..., Any]
NAN = math.nan
WHOLE = Part("organisation", "", "the organisation")
LOW, HIGH = np.full(5, 1.0), np.full(5, 5.0)


def banded(levels: np.ndarray, asked: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return level, band below and band above of many units (units × people × items), as a dimension has them."""
    items = item_levels(levels, np.zeros((*levels.shape[:-2], levels.shape[-1])))
    low, high = item_bands(items.mean, items.count, asked - items.count, LOW, HIGH, 2)
    is_used = items.count >= 2
    with np.errstate(invalid="ignore"):
        level = np.where(is_used, items.mean, 0.0).sum(axis=-1) / is_used.sum(axis=-1)
    return level, low.mean(axis=-1), high.mean(axis=-1)


def test_ten_thousand_random_deletions_move_a_level_only_inside_its_band() -> None:
    """Bands only widen; the old and the new level lie in the wider one; the same band as `score` states (below)."""
    rng = np.random.default_rng(1)
    for people, asked, lots in ((4, 9, 4_000), (12, 14, 4_000), (40, 40, 2_000)):
        full = np.where(rng.random((lots, people, 5)) < 0.1, NAN, rng.integers(1, 6, (lots, people, 5)).astype(float))
        gone = np.where(rng.random(full.shape) < rng.random((lots, 1, 1)), NAN, full)
        (old, old_low, old_high), (new, new_low, new_high) = banded(full, asked), banded(gone, asked)
        assert (new_low <= old_low + 1e-9).all()
        assert (new_high >= old_high - 1e-9).all()
        for level in (old, new):
            told = np.isfinite(level)
            assert ((new_low - 1e-9 <= level) & (level <= new_high + 1e-9))[told].all()
        assert np.isfinite(new).mean() > 0.4
        assert (np.abs(old - new)[np.isfinite(new)] > 0.2).mean() > 0.05  # deletions do move levels


def test_the_band_that_is_deleted_from_is_the_band_that_is_stated(small: Make, answers_of: Make) -> None:
    """`score` gives the same level and the same band for each of twenty thinned units."""
    rng = np.random.default_rng(2)
    instrument = small({"d": ["a", "b", "c", "e", "f"]})
    for _ in range(20):
        levels = np.where(rng.random((8, 5)) < rng.random() * 0.9, NAN, rng.integers(1, 6, (8, 5)).astype(float))
        if np.isnan(levels).all():
            continue
        held = answers_of(instrument, [("builder", None)] * 8, levels, population=[("builder", None, 11)])
        got = score(held, instrument, Settings()).get(DIMENSION, WHOLE, "d")
        level, low, high = (float(one[0]) for one in banded(levels[None], 11))
        assert (got.band_low, got.band_high) == pytest.approx((low, high))
        assert (got.level is None) == math.isnan(level)
        if got.level is not None:
            assert got.level.value == pytest.approx(level)


def test_weights_stand_for_no_more_than_are_absent() -> None:
    """What people stand for beyond themselves is cut by one factor; where everybody answered it is nothing."""
    has_level = np.array([[True, True], [True, True], [False, True]])
    got = within_absent(np.array([3.0, 2.0, 4.0]), has_level, np.array([1.0, 0.0]))
    assert got[:, 0] == pytest.approx([1 + 2 / 3, 1 + 1 / 3, 2.0])
    assert got[:, 1] == pytest.approx([1, 1, 1])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_pseudo_values_are_those_of_leaving_one_out(seed: int) -> None:
    """With equal weights n·M − (n − 1)·M without the person; with others their weighted mean is the level."""
    rng = np.random.default_rng(seed)
    codes = [
        frozenset(rng.choice(list("abcdef"), rng.integers(0, 4), replace=False)) for _ in range(rng.integers(4, 9))
    ]
    level, values = overlap_levels(codes, 3, 1.0, 5.0)
    n = len(codes)
    for place in range(n):
        without = overlap_levels(codes[:place] + codes[place + 1 :], 3, 1.0, 5.0)[0]
        assert values[place] == pytest.approx(n * level - (n - 1) * without)
    weights = rng.uniform(1, 4, n)
    weighted, pseudo = overlap_levels(codes, 3, 1.0, 5.0, weights)
    assert float(weights @ pseudo / weights.sum()) == pytest.approx(weighted)
    assert overlap_levels(codes, 3, 1.0, 5.0, np.full(n, 2.5))[1] == pytest.approx(values)


def test_few_people_beside_many_are_as_unsure_as_the_few() -> None:
    """Two questions about the organisation and three of a line of six: nine times in ten the error is the line's.

    The plain harmonic mean took eight degrees of freedom for it, and 92.5 % of intervals held the truth.
    """
    rng = np.random.default_rng(5)
    units, people, line, many, few = 4_000, 150, 9, 100, 6
    full = np.clip(np.rint(rng.normal(3, 0.6, (units, people, 1)) + rng.normal(0, 0.9, (units, people, 5))), 1, 5)
    truth = (full[..., :2].mean(axis=1).sum(axis=1) + full[:, :line, 2:].mean(axis=1).sum(axis=1)) / 5
    levels = full.copy()
    levels[:, few:line] = levels[:, line + many - few :] = NAN
    levels[:, line:, 2:] = NAN
    items = item_levels(levels, np.array([many / people] * 2 + [few / line] * 3))
    _, error, df = group_error(items, np.full(5, 0.2))
    reach = np.array([t_quantile(0.975, one) for one in df]) * error
    held = np.abs(items.mean.mean(axis=1) - truth) <= reach
    assert 4 < df.mean() < 6
    assert held.mean() == pytest.approx(0.95, abs=0.012)


def test_items_alone_are_told_as_groups_of_one() -> None:
    """All items looked at once give, to the last digit, what each gives as a group of its own."""
    rng = np.random.default_rng(8)
    levels = rng.integers(1, 6, (60, 7)).astype(float)
    levels[rng.random(levels.shape) < 0.3] = NAN
    levels[:, 2] = 4.0  # nobody differs
    levels[1:, 3] = NAN  # one answer
    items = item_levels(levels, np.full(7, 0.6))
    for place in range(7):
        expected = group_error(items, (np.arange(7) == place).astype(float))
        got = [held[place] for held in items.alone]
        assert [np.array_equal(*pair) for pair in zip(got, expected, strict=True)] == [True] * 3


def in_teams(answers_of: Make, instrument: Any, teams: list[str], levels: Any, asked: list[tuple[str, int]]) -> Any:
    """Return answers of builders in teams, and a population by team."""
    held = answers_of(
        instrument, [("builder", None)] * len(teams), levels, population=[("builder", None, n) for _, n in asked]
    )
    held.sheets["unit"] = teams
    held.population["unit"] = [unit for unit, _ in asked]
    return held


def level_of(held: Any, instrument: Any, sampled: str = TEAMS) -> Any:
    """Return the level of dimension d, where teams were drawn."""
    return score(held, instrument, Settings(sampled=sampled)).get(DIMENSION, WHOLE, "d").level


def test_teams_of_one_size_are_t_over_team_means(small: Make, answers_of: Make) -> None:
    """With complete teams of one size the interval is the textbook one over the teams' means."""
    rng = np.random.default_rng(3)
    instrument = small({"d": ["a", "b"]})
    levels = rng.integers(1, 6, (20, 2)).astype(float)
    teams = [f"t{place // 4}" for place in range(20)]
    means = levels.mean(axis=1).reshape(5, 4).mean(axis=1)
    listed = [(f"t{place}", 4) for place in range(5)]
    got = level_of(in_teams(answers_of, instrument, teams, levels, listed), instrument)
    expected = finite_mean(means, None)  # only teams that were drawn are listed: nobody knows how many there are
    assert (got.value, got.low, got.high, got.df) == pytest.approx((expected.value, expected.low, expected.high, 4))
    assert got.method == "t, corrected for the finite population, teams drawn"
    more = [*listed, *((f"u{place}", 4) for place in range(5))]
    got = level_of(in_teams(answers_of, instrument, teams, levels, more), instrument)
    expected = finite_mean(means, 10)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high))


def test_one_team_tells_nothing_of_the_others(small: Make, answers_of: Make) -> None:
    """A level without an interval, and nothing that would be sure of it."""
    instrument = small({"d": ["a"]})
    levels = [[1], [2], [3], [4]]
    got = level_of(in_teams(answers_of, instrument, ["t"] * 4, levels, [("t", 4), ("u", 9)]), instrument)
    assert (got.value, got.low, got.high, got.standard_error) == (2.5, None, None, None)
    assert got.certainty_at_least(2) is None
    assert got.method == "too few teams to tell a spread"


def grouped(aggregation: str, met: float | None = None, **scale: Any) -> Any:
    """Return an instrument whose group is made of three items in a declared way."""
    answers = {"id": "s", "options": [{"value": str(v), "label": str(v), "weight": v} for v in range(1, 6)]}
    return build_instrument(
        {
            "name": "steps",
            "version": 1,
            "scale": {"values": [1, 2, 3, 4]},
            "roles": [{"id": "builder", "name": "builders"}],
            "answer_sets": [answers],
            "groups": [{"id": "d", "name": "d", "aggregation": aggregation, **({"met": met} if met else {})}],
            "items": [{"id": name, "group": "d", "statement": name, "roles": ["builder"]} for name in ("a", "b", "c")],
            **scale,
        }
    )


def of_all(answers_of: Make, instrument: Any, levels: Any, asked: int | None = None) -> Score:
    """Return the score of group d of builders."""
    held = answers_of(
        instrument, [("builder", None)] * len(levels), levels, population=asked and [("builder", None, asked)]
    )
    return score(held, instrument, Settings()).get(DIMENSION, WHOLE, "d")


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        pytest.param((4, 4, 4), 4.0, id="all met"),
        pytest.param((4, 4, 1), 3.0, id="the last is not"),
        pytest.param((4, 1, 5), 2.0, id="part three without part two is worth nothing"),
        pytest.param((1, 5, 5), 1.0, id="nothing attained"),
    ],
)
def test_what_is_attained_needs_all_lower_ones(answers_of: Make, means: tuple[int, int, int], expected: float) -> None:
    """The scale's value up to which every part is met."""
    got = of_all(answers_of, grouped("attained", 3.5), [list(means)] * 3, 3)
    assert got.level is not None
    assert (got.level.value, got.level.low, got.level.high) == (expected, expected, expected)
    assert (got.band_low, got.band_high) == (expected, expected)


def test_what_is_attained_is_as_sure_as_its_parts(answers_of: Make) -> None:
    """The interval is what is attained at the ends of the parts' intervals, the upper ones by Bonferroni."""
    rng = np.random.default_rng(13)  # the third part is met at the end of a Bonferroni interval, and only there
    levels = np.clip(np.rint(np.array([4.4, 3.6, 2.9]) + rng.normal(0, 0.9, (12, 3))), 1, 5)
    instrument = grouped("attained", 3.5)
    got = of_all(answers_of, instrument, levels, 20).level
    assert got is not None

    def steps(ends: list[float]) -> float:
        return float(1 + next((place for place, end in enumerate(ends) if end < 3.5), 3))

    error = [math.sqrt(levels[:, k].var(ddof=1) / 12 * (1 - 12 / 20)) for k in range(3)]
    low = steps([levels[:, k].mean() - t_quantile(0.975, 11) * error[k] for k in range(3)])
    high = steps([levels[:, k].mean() + t_quantile(1 - 0.025 / 3, 11) * error[k] for k in range(3)])
    assert (got.low, got.value, got.high) == (low, steps(list(levels.mean(axis=0))), high)
    assert low < got.value < high
    assert steps([levels[:, k].mean() + t_quantile(0.975, 11) * error[k] for k in range(3)]) < high
    assert got.certainty_at_least(2) is None


def test_what_is_attained_waits_for_a_part_without_answers(answers_of: Make) -> None:
    """A missing part is no unmet one: where it decides there is no level; where another failed before, there is."""
    instrument = grouped("attained", 3.5)
    missing = of_all(answers_of, instrument, [[4, NAN, 4]] * 3)
    assert missing.level is None
    assert (missing.band_low, missing.band_high) == (2.0, 4.0)
    failed = of_all(answers_of, instrument, [[1, NAN, 4]] * 3)
    assert failed.level is not None
    assert failed.level.value == 1.0


def test_a_sum_with_a_missing_part_is_no_lower_sum(answers_of: Make) -> None:
    """Without one of its parts a sum has no level, alone and inside a mean; the band says what it could be."""
    got = of_all(answers_of, grouped("sum"), [[4, NAN, 5]] * 3)
    assert got.level is None
    assert (got.band_low, got.band_high) == (10.0, 14.0)
    whole = of_all(answers_of, grouped("sum"), [[4, 2, 5]] * 3, 3)
    assert whole.level is not None
    assert (whole.level.value, whole.level.low, whole.level.high) == (11.0, 11.0, 11.0)


def test_the_smallest_has_the_band_of_its_parts(answers_of: Make) -> None:
    """The lowest part decides, and any part with silent people could be the lowest."""
    got = of_all(answers_of, grouped("smallest"), [[4, 2, 5], [4, 3, 5], [4, 3, NAN]], 3)
    assert got.level is not None
    assert got.level.value == pytest.approx(8 / 3)
    assert got.items_used == ("b",)
    assert (got.band_low, got.band_high) == pytest.approx((8 / 3, 8 / 3))
    thin = of_all(answers_of, grouped("smallest"), [[4, 2, 5], [4, 3, 5], [NAN, 3, 5]], 4)
    assert (thin.band_low, thin.band_high) == pytest.approx(((2 + 3 + 3 + 1) / 4, (2 + 3 + 3 + 5) / 4))
