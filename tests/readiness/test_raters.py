"""Intraclass correlations and Krippendorff's alpha: published tables, identities, undefined values."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.readiness.raters import INTERVAL, METRICS, NOMINAL, ORDINAL, icc, icc_raters, krippendorff_alpha
from workbench.readiness.reliability import cronbach_alpha

NONE = float("nan")
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)

FOUR_CODERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]
"""Krippendorff (2011), section D: four observers, twelve units, missing data."""


# -- intraclass correlations -----------------------------------------------------------------------------------------


def test_the_six_forms_are_those_of_shrout_and_fleiss() -> None:
    """Shrout and Fleiss (1979), table 4: six targets, four judges."""
    one = icc(JUDGES.ravel(), np.repeat(np.arange(6), 4).tolist())
    two = icc_raters(JUDGES)
    got = [
        one.single.value,
        two.agreement.value,
        two.consistency.value,
        one.mean.value,
        two.agreement_mean.value,
        two.consistency_mean.value,
    ]
    assert got == pytest.approx([0.17, 0.29, 0.71, 0.44, 0.62, 0.91], abs=0.005)


def test_their_intervals_and_tests_are_those_of_the_r_package_psych() -> None:
    """Printed by psych::ICC for the same table: lower and upper bounds, F and p."""
    one = icc(JUDGES.ravel(), np.repeat(np.arange(6), 4).tolist())
    two = icc_raters(JUDGES)
    got = [(held.low, held.high) for held in (one.single, two.agreement, two.consistency)]
    got += [(held.low, held.high) for held in (one.mean, two.agreement_mean, two.consistency_mean)]
    lows, highs = zip(*got, strict=True)
    assert lows == pytest.approx([-0.133, 0.019, 0.342, -0.884, 0.071, 0.676], abs=0.0005)
    assert highs[:4] == pytest.approx([0.72, 0.76, 0.95, 0.91], abs=0.005)
    assert (one.f, two.f) == (pytest.approx(1.8, abs=0.05), pytest.approx(11.0, abs=0.05))
    assert one.p == pytest.approx(0.16477, abs=5e-6)
    assert two.p == pytest.approx(0.00013, abs=5e-6)


def test_consistency_from_mean_squares_is_as_printed_by_statpsych() -> None:
    """D. G. Bonett, statpsych, ci.icc(.05, 48.2, 11.3, 5, 30): .3951 (.2311 to .5853) and .7656 (.6005 to .8759)."""
    rng = np.random.default_rng(7)
    rows, rest = rng.normal(size=(30, 1)), rng.normal(size=(30, 5))
    rows -= rows.mean()
    rest -= rest.mean(axis=0) + rest.mean(axis=1, keepdims=True) - rest.mean()
    rows *= np.sqrt(48.2 * 29 / 5 / (rows**2).sum())
    rest *= np.sqrt(11.3 * 29 * 4 / (rest**2).sum())
    found = icc_raters(rows + rest)
    single, mean = found.consistency, found.consistency_mean
    assert (single.value, single.low, single.high) == pytest.approx((0.3951, 0.2311, 0.5853), abs=5e-5)
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.7656, 0.6005, 0.8759), abs=5e-5)
    assert mean.value == pytest.approx(cronbach_alpha(rows + rest).value)


def test_unequal_groups_take_the_right_size() -> None:
    """k0 = (N - sum n^2/N)/(G - 1); ICC(2) steps ICC(1) up by it, as Spearman and Brown."""
    rng = np.random.default_rng(11)
    sizes = [3, 7, 12, 4]
    groups = [f"line {place}" for place, size in enumerate(sizes) for _ in range(size)]
    values = np.concatenate([rng.normal(place, 1.5, size) for place, size in enumerate(sizes)])
    found = icc(values, groups)
    size = (26 - sum(one**2 for one in sizes) / 26) / 3
    assert found.size == pytest.approx(size)
    single = found.single.value
    assert found.mean.value == pytest.approx(size * single / (1 + (size - 1) * single))
    assert (found.groups, found.people, found.between_df, found.within_df) == (4, 26, 3, 22)


def test_group_effect_that_was_planted_is_found() -> None:
    """Lines with a variance of 1 in a total of 4: ICC(1) near .25, ICC(2) of 10 people near .77."""
    rng = np.random.default_rng(12)
    groups = np.repeat(np.arange(2_000), 10)
    values = rng.normal(size=2_000)[groups] + np.sqrt(3) * rng.normal(size=20_000)
    found = icc(values, groups.tolist())
    assert found.single.value == pytest.approx(0.25, abs=0.02)
    assert found.mean.value == pytest.approx(10 * 0.25 / (1 + 9 * 0.25), abs=0.02)


def test_one_who_is_always_a_level_higher_is_consistent_and_does_not_agree() -> None:
    """What tells ICC(A,1) from ICC(C,1)."""
    first = np.array([1.0, 2, 3, 4, 2, 3])
    found = icc_raters(np.column_stack([first, first + 1]))
    assert found.consistency.value == pytest.approx(1.0)
    assert found.agreement.value < 0.8


@pytest.mark.parametrize(
    ("values", "groups", "why"),
    [
        pytest.param([1, 2, 3], ["a", "a", "a"], "two groups", id="one group"),
        pytest.param([1, 2], ["a", "b"], "two groups", id="one person each"),
        pytest.param([1, 1, 2, 2], ["a", "a", "b", "b"], "Nobody differs", id="no spread within"),
        pytest.param([2, 2, 2, 2], ["a", "a", "b", "b"], "No variation", id="no spread"),
        pytest.param([NONE, NONE], ["a", "b"], "two groups", id="no values"),
    ],
)
def test_pooling_says_why_it_is_undefined(values: list[float], groups: list[str], why: str) -> None:
    """Undefined is a result with a sentence."""
    found = icc(values, groups)
    assert found.single.value is None
    assert why in found.why


def test_units_that_one_rater_left_out_are_left_out() -> None:
    """Two-way forms take units that all rated; a table without any is undefined."""
    gaps = np.vstack([JUDGES, [5, NONE, 3, 4]])
    assert icc_raters(gaps) == icc_raters(JUDGES)
    assert "two raters" in icc_raters([[1, NONE], [NONE, 2]]).why


# -- Krippendorff's alpha --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("metric", "value"), [(NOMINAL, 0.743), (ORDINAL, 0.815), (INTERVAL, 0.849)])
def test_krippendorffs_own_example(metric: str, value: float) -> None:
    """Krippendorff (2011), "Computing Krippendorff's alpha-reliability", sections D and E."""
    found = krippendorff_alpha(FOUR_CODERS, metric=metric)
    assert found.value == pytest.approx(value, abs=0.0005)
    assert (found.units, found.codes) == (11, 40)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(("metric", "value"), [(NOMINAL, 0.691), (INTERVAL, 0.811)])
def test_three_coders_with_most_codes_missing(metric: str, value: float) -> None:
    """The example of the article "Krippendorff's alpha" in Wikipedia: three coders, fifteen units, 26 codes."""
    codes = [
        [NONE, NONE, NONE, NONE, NONE, 3, 4, 1, 2, 1, 1, 3, 3, NONE, 3],
        [1, NONE, 2, 1, 3, 3, 4, 3, NONE, NONE, NONE, NONE, NONE, NONE, NONE],
        [NONE, NONE, 2, 1, 3, 4, 4, NONE, 2, 1, 1, 3, 3, NONE, 4],
    ]
    assert krippendorff_alpha(codes, metric=metric).value == pytest.approx(value, abs=0.0005)


def test_ordinal_distances_hang_on_ranks_alone() -> None:
    """Stretching the scale changes the interval form and leaves the ordinal one."""
    stretched = np.array(FOUR_CODERS) ** 3
    same, other = (krippendorff_alpha(codes, metric=ORDINAL, draws=50).value for codes in (FOUR_CODERS, stretched))
    assert same == pytest.approx(other)
    assert krippendorff_alpha(stretched, metric=INTERVAL, draws=50).value != pytest.approx(0.849, abs=0.01)


def test_pairs_counted_one_by_one_give_the_same() -> None:
    """An independent count: squared distances of pairs within units against pairs of all codes."""
    rng = np.random.default_rng(5)
    codes = rng.integers(1, 6, size=(2, 15)).astype(float)
    pool = codes.ravel()
    within = np.mean((codes[0] - codes[1]) ** 2)
    across = np.mean([(a - b) ** 2 for i, a in enumerate(pool) for j, b in enumerate(pool) if i != j])
    assert krippendorff_alpha(codes, metric=INTERVAL, draws=20).value == pytest.approx(1 - within / across)


def test_no_variation_is_undefined() -> None:
    """All codes the same is neither full agreement nor none."""
    found = krippendorff_alpha([[2, 2, 2], [2, 2, 2]])
    assert (found.value, found.low) == (None, None)
    assert "variation" in found.why
    assert "Nobody" in krippendorff_alpha([[1, NONE], [NONE, 2]]).why


def test_one_dissent_among_equal_codes_can_give_nothing() -> None:
    """By design (Krippendorff 2011): with nearly no variation one dissent takes it all, and no interval is given."""
    found = krippendorff_alpha([[1, 1, 1], [1, 1, 2]])
    assert found.value == pytest.approx(0.0)
    assert found.low is None
    assert found.why


def test_unknown_distances_are_refused() -> None:
    """A misspelt metric is an error."""
    with pytest.raises(ModelError, match="nominal, ordinal, interval"):
        krippendorff_alpha(FOUR_CODERS, metric="ratio")
    assert METRICS == (NOMINAL, ORDINAL, INTERVAL)
