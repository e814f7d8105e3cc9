"""The shared statistics agree with published numbers and behave at the edges."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.stats import (
    Estimate,
    benjamini_hochberg,
    bootstrap_interval,
    finite_mean,
    holm,
    interval,
    resample,
    t_quantile,
    wilson_interval,
)

PETITION = {
    42: 23, 41: 4, 36: 1, 32: 1, 29: 1, 27: 2, 23: 1, 19: 1, 16: 2, 15: 2,
    14: 1, 11: 1, 10: 1, 9: 1, 7: 1, 6: 3, 5: 2, 4: 1, 3: 1,
}  # fmt: skip
"""Signatures on 50 of 676 sheets of a petition: W. G. Cochran (1977), Sampling Techniques, 3rd ed., section 2.8."""

HOSPITAL = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0]  # fmt: skip
"""Fifteen p-values of a trial: Y. Benjamini and Y. Hochberg (1995), J. R. Stat. Soc. B 57, 289-300, section 3.2."""


def signatures() -> list[int]:
    """Return the fifty sheets, one by one."""
    return [value for value, times in PETITION.items() for _ in range(times)]


def test_the_mean_of_a_closed_group_has_the_published_standard_error() -> None:
    """Cochran estimates 19,888 signatures and, at 80 % with z 1.28, a reach of 1,781."""
    estimate = finite_mean(signatures(), 676, confidence=0.8)
    assert round(676 * estimate.value) == 19_888
    assert estimate.standard_error is not None
    # He rounds the standard deviation to 15.13 before multiplying: the reach agrees to the printed unit and a half.
    assert 676 * estimate.standard_error * 1.28 == pytest.approx(1_781, abs=1.5)


def test_without_a_population_nothing_is_corrected() -> None:
    """Nobody knows how many were asked: the plain t interval, which is wider."""
    open_ended, closed = finite_mean([2, 3, 3, 4, 5, 4], None), finite_mean([2, 3, 3, 4, 5, 4], 8)
    spread = np.std([2, 3, 3, 4, 5, 4], ddof=1) / math.sqrt(6)
    assert open_ended.standard_error == pytest.approx(spread)
    assert closed.standard_error == pytest.approx(spread * math.sqrt(1 - 6 / 8))


def test_everybody_has_answered_so_nothing_is_uncertain() -> None:
    """A census has no interval, and certainty is 0 or 1."""
    whole = finite_mean([2, 3, 4], 3)
    assert (whole.low, whole.high) == (3.0, 3.0)
    assert [whole.certainty_at_least(level) for level in (2.9, 3.0, 3.1)] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(("df", "expected"), [(1, 12.706), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)], ids=str)
def test_t_quantiles_are_those_of_every_table(df: int, expected: float) -> None:
    """Two-sided 95 % points of Student's t, as printed in Cochran (1977), table A.2 and elsewhere."""
    assert t_quantile(0.975, df) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0, 0.1611, id="0 of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
    ],
)
def test_wilson_agrees_with_newcombe(hits: int, n: int, low: float, high: float) -> None:
    """R. G. Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."""
    share = wilson_interval(pd.Series({"": hits}), pd.Series({"": n})).loc[""]
    assert share["low"] == pytest.approx(low, abs=5e-5)
    assert share["high"] == pytest.approx(high, abs=5e-5)


def test_wilson_joins_by_label() -> None:
    """The order of the groups changes nothing."""
    asked = pd.Series({"a": 20, "b": 128})
    first = wilson_interval(pd.Series({"a": 9, "b": 58}), asked)
    second = wilson_interval(pd.Series({"b": 58, "a": 9}), asked.iloc[::-1])
    pd.testing.assert_frame_equal(first, second.loc[["a", "b"]])


@pytest.mark.parametrize(
    ("seen", "asked", "match"),
    [
        pytest.param({"a": 3}, {"b": 5}, "how many", id="nobody says how many"),
        pytest.param({"a": 6}, {"a": 5}, "6 of 5", id="more than asked"),
        pytest.param({"a": 0}, {"a": 0}, "0 of 0", id="nobody asked"),
    ],
)
def test_a_share_of_nothing_is_refused(seen: dict[str, int], asked: dict[str, int], match: str) -> None:
    """A share needs people, and no more hits than people."""
    with pytest.raises(ModelError, match=match):
        wilson_interval(pd.Series(seen), pd.Series(asked))


def test_the_published_trial_gives_the_published_rejections() -> None:
    """Benjamini and Hochberg reject four at 5 %, Bonferroni's family (here Holm) three."""
    assert int((benjamini_hochberg(HOSPITAL) <= 0.05).sum()) == 4
    assert int((holm(HOSPITAL) <= 0.05).sum()) == 3
    # 0.0095 is the fourth of fifteen: 0.0095 × 15 / 4.
    assert benjamini_hochberg(HOSPITAL)[3] == pytest.approx(0.035625)


def test_corrected_values_agree_with_an_independent_implementation() -> None:
    """SciPy's false-discovery control gives the same numbers."""
    from scipy.stats import false_discovery_control

    rng = np.random.default_rng(3)
    for size in (1, 2, 7, 40):
        p = rng.random(size)
        np.testing.assert_allclose(benjamini_hochberg(p), false_discovery_control(p), atol=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_corrections_keep_order_and_ignore_position(p: list[float], random: object) -> None:
    """A correction never lowers a p-value, keeps the ranking, and does not care where a value stands."""
    order = list(range(len(p)))
    random.shuffle(order)  # type: ignore[attr-defined]
    for correct in (holm, benjamini_hochberg):
        corrected = correct(p)
        assert (corrected >= np.array(p) - 1e-15).all()
        assert (corrected <= 1).all()
        np.testing.assert_allclose(correct([p[place] for place in order]), corrected[order])
    assert (holm(p) >= benjamini_hochberg(p) - 1e-12).all()


@pytest.mark.parametrize("wrong", [[-0.1], [1.2], [float("nan")]], ids=str)
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    """A p-value lies between 0 and 1."""
    with pytest.raises(ModelError, match="0 to 1"):
        holm(wrong)


@pytest.mark.parametrize(
    ("values", "people", "match"),
    [
        pytest.param([3.0], 5, "two or more", id="one answer"),
        pytest.param([3.0, math.nan], 5, "two or more", id="a gap"),
        pytest.param([3.0, 2.0, 4.0], 2, "3 answers", id="more answers than people"),
    ],
)
def test_a_mean_that_cannot_be_made_is_refused(values: list[float], people: int, match: str) -> None:
    """One answer has no spread, and a group has no more answers than people."""
    with pytest.raises(ModelError, match=match):
        finite_mean(values, people)


def test_certainty_agrees_with_the_interval() -> None:
    """At the lower end of a 95 % interval the certainty is 97.5 %."""
    estimate = interval(3.0, 0.2, 12, answered=13)
    assert estimate.low is not None
    assert estimate.certainty_at_least(estimate.low) == pytest.approx(0.975)
    assert Estimate(3.0, None, None, None, None, 0.95, 4).certainty_at_least(2.0) is None


def test_an_interval_stays_on_the_scale() -> None:
    """No level is below the lowest or above the highest."""
    estimate = interval(1.1, 0.5, 5, answered=6, within=(1.0, 5.0))
    assert estimate.low == 1.0
    assert estimate.high is not None
    assert 1.1 < estimate.high < 5.0


def replicates(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of each draw."""
    return (weights @ values) / weights.sum(axis=1)


def test_resampled_means_have_the_variance_of_the_closed_group() -> None:
    """Σ over strata of (n_h/n)² (1 − f_h) s_h²/n_h, by closed form, to the error of 60,000 draws."""
    rng = np.random.default_rng(1)
    strata = ["a"] * 9 + ["b"] * 5 + ["c"] * 2
    values = rng.normal(size=16) + np.array([0.0] * 9 + [2.0] * 5 + [5.0] * 2)
    response = {"a": 0.6, "b": 0.3, "c": 1.0}
    got = replicates(values, resample(strata, 60_000, 2, response=response))
    expected = sum(
        (len(own) / 16) ** 2 * (1 - response[name]) * own.var(ddof=1) / len(own)
        for name in "abc"
        for own in [values[[label == name for label in strata]]]
    )
    assert got.var() == pytest.approx(expected, rel=0.03)
    assert got.mean() == pytest.approx(values.mean(), abs=0.01)


def test_no_draw_lacks_a_stratum_or_counts_anybody_below_nothing() -> None:
    """Each stratum keeps its size in every draw; a single member joins the smallest other stratum."""
    weights = resample(["a"] * 4 + ["b"] * 3 + ["c"], 500, 3, response={"a": 0.5})
    assert weights.min() >= 0
    assert weights[:, :4].sum(axis=1) == pytest.approx(4)
    assert weights[:, 4:].sum(axis=1) == pytest.approx(4)  # c joined b
    assert weights[:, 7].std() > 0
    assert (weights[:, :4] > 0).all()  # half of them answered: nobody ever drops out


def test_whole_teams_are_drawn_together() -> None:
    """Members of a team count alike in every draw, and the variance of the mean is that of team means."""
    rng = np.random.default_rng(4)
    teams = np.repeat(np.arange(25), 4)
    values = rng.normal(size=25)[teams] + rng.normal(0, 0.5, 100)
    weights = resample([""] * 100, 40_000, 5, clusters=teams)
    assert (weights[:, ::4] == weights[:, 3::4]).all()
    means = values.reshape(25, 4).mean(axis=1)
    assert replicates(values, weights).var() == pytest.approx(means.var(ddof=1) / 25, rel=0.03)


def test_who_cannot_be_resampled_is_refused() -> None:
    """One person, nobody, or a share beyond one."""
    for strata, more in (([], {}), (["a"], {}), (["a", "a"], {"response": {"a": 1.2}}), (["a"], {"clusters": []})):
        with pytest.raises(ModelError):
            resample(strata, 10, 0, **more)  # type: ignore[arg-type]


def test_the_interval_of_a_bootstrap_agrees_with_scipy() -> None:
    """BCa and percentile of one stratum of unknown response, against an implementation of its own."""
    from scipy.stats import bootstrap

    values = np.random.default_rng(6).exponential(size=40)
    without = np.array([np.delete(values, place).mean() for place in range(40)])
    got = replicates(values, resample([""] * 40, 60_000, 7))
    for method, jackknife in (("percentile", None), ("BCa", without)):
        ours = bootstrap_interval(values.mean(), got, leave_one_out=jackknife, answered=40)
        theirs = bootstrap((values,), np.mean, n_resamples=60_000, method=method, rng=np.random.default_rng(8))
        ends = theirs.confidence_interval
        # Ours draws n − 1, so that the variance has n − 1 and not n below: wider by √(40/39).
        wide = math.sqrt(40 / 39)
        assert ours.low == pytest.approx(values.mean() + (ends.low - values.mean()) * wide, abs=0.015)
        assert ours.high == pytest.approx(values.mean() + (ends.high - values.mean()) * wide, abs=0.015)


def test_bias_and_skew_move_the_ends_as_the_formula_says() -> None:
    """Efron (1987): Φ(z + (z + z_α) / (1 − a (z + z_α))), worked out term by term."""
    from scipy.stats import norm

    draws = np.linspace(0, 1, 10_001)
    without = np.array([0.31, 0.30, 0.30, 0.29, 0.20])
    got = bootstrap_interval(0.3, draws, leave_one_out=without, answered=5)
    z = norm.ppf(0.3)
    pull = without.mean() - without
    a = (pull**3).sum() / (6 * (pull**2).sum() ** 1.5)
    expected = [norm.cdf(z + (z + end) / (1 - a * (z + end))) for end in norm.ppf([0.025, 0.975])]
    assert (got.low, got.high) == pytest.approx(expected, abs=1e-3)
    assert abs(a) > 0.1


def test_what_never_moves_has_both_ends_at_its_value() -> None:
    """Constant data are no fault and no nan; too many empty draws give no interval."""
    still = bootstrap_interval(2.0, np.full(100, 2.0), leave_one_out=np.full(9, 2.0), answered=9)
    assert (still.low, still.high) == (2.0, 2.0)
    empty = bootstrap_interval(2.0, np.where(np.arange(100) < 10, np.nan, 2.0), answered=9)
    assert (empty.low, empty.high) == (None, None)
