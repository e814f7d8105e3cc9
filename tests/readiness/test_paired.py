"""Statistics of two answers by one person agree with printed values and with other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import chdtrc
from scipy.stats import binomtest, norm, ttest_rel, wilcoxon

from workbench.errors import ModelError
from workbench.readiness.paired import (
    SPREAD_PRIOR,
    bowker,
    hodges_lehmann,
    mcnemar,
    ordinal_shift,
    paired_error,
    signed_ranks,
)

SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
"""Hours of sleep gained with the second drug over the first, ten patients: Student (1908), Biometrika 6, 1-25."""


# -- the interval ----------------------------------------------------------------------------------------------------


def test_one_item_without_a_population_is_the_paired_t_test() -> None:
    """With one item, and nobody knowing how many were asked, error and df are those of Student's paired t."""
    differences = np.array(SLEEP)[:, None]
    error, df = paired_error(differences, np.ones(1), np.zeros(1))
    expected = ttest_rel(SLEEP, np.zeros(10))
    assert df == pytest.approx(expected.df)
    assert np.mean(SLEEP) / error == pytest.approx(expected.statistic)


def test_several_complete_items_are_the_paired_t_test_of_the_persons_means() -> None:
    """With complete answers to several items, persons are averaged and then tested."""
    rng = np.random.default_rng(1)
    differences = rng.integers(-3, 4, (14, 5)).astype(float)
    error, df = paired_error(differences, np.full(5, 0.2), np.zeros(5))
    expected = ttest_rel(differences.mean(axis=1), np.zeros(14))
    assert differences.mean() / error == pytest.approx(expected.statistic)
    assert df == pytest.approx(expected.df)


def test_with_everybody_paired_what_is_left_is_the_noise_of_ticking() -> None:
    """With all asked paired, persons' changes are known; left is how far one person's items disagree (ANOVA's rest)."""
    rng = np.random.default_rng(2)
    people, items = 20, 4
    differences = rng.normal(0, 1, (people, 1)) + rng.normal(0, 0.8, (people, items))
    error, _ = paired_error(differences, np.full(items, 1 / items), np.ones(items))
    rest = differences - differences.mean(axis=0) - differences.mean(axis=1, keepdims=True) + differences.mean()
    mean_square = (rest**2).sum() / ((people - 1) * (items - 1))
    assert error**2 == pytest.approx(mean_square / items / people)


def test_a_larger_share_of_the_people_asked_never_widens_the_interval() -> None:
    """Between nobody knowing and everybody paired, the error falls."""
    rng = np.random.default_rng(3)
    differences = rng.normal(0.3, 0.7, (30, 1)) + rng.normal(0, 0.5, (30, 5))
    got = [paired_error(differences, np.full(5, 0.2), np.full(5, share))[0] for share in (0.0, 0.3, 0.6, 1.0)]
    assert got == sorted(got, reverse=True)
    assert got[-1] > 0


def test_a_person_with_one_item_keeps_its_whole_spread() -> None:
    """Where nobody answered two items, nothing tells noise from change, and nothing is taken off."""
    differences = np.array(SLEEP)[:, None]
    assert paired_error(differences, np.ones(1), np.ones(1)) == pytest.approx(
        paired_error(differences, np.ones(1), np.zeros(1))
    )


def test_too_few_pairs_have_no_spread() -> None:
    """One pair is refused, not given a spread of nothing."""
    with pytest.raises(ModelError, match="2 pairs"):
        paired_error(np.array([[1.0], [np.nan]]), np.ones(1), np.zeros(1))


# -- ranks -----------------------------------------------------------------------------------------------------------


def test_the_middle_of_differences_is_the_published_one() -> None:
    """R prints −1.400031 as the pseudomedian of the sleep data, its zero left out, found by search: exactly 1.4."""
    assert hodges_lehmann([one for one in SLEEP if one]) == pytest.approx(1.4, abs=1e-4)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=25))
def test_the_middle_lies_between_the_ends_and_turns_with_its_sign(differences: list[int]) -> None:
    """Order does not matter, and a turned scale turns the result."""
    got = hodges_lehmann(differences)
    assert min(differences) <= got <= max(differences)
    assert hodges_lehmann([-one for one in reversed(differences)]) == pytest.approx(-got)


@pytest.mark.parametrize("seed", range(6))
def test_signed_ranks_are_those_of_scipy(seed: int) -> None:
    """With ties and with people who did not change, p is SciPy's by the normal approximation."""
    rng = np.random.default_rng(seed)
    differences = rng.integers(-3, 5, 12 + seed * 7) / 4
    expected = wilcoxon(differences, zero_method="wilcox", correction=False, method="asymptotic").pvalue
    assert signed_ranks(differences) == pytest.approx(expected, rel=1e-9)


def test_nobody_changed_has_no_ranks() -> None:
    """Where all differences are nothing, there is nothing to rank."""
    assert signed_ranks([0.0, 0.0, 0.0]) is None


# -- moves between levels --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "statistic", "p"),
    [
        pytest.param(
            [0, 3, 4, 4, 2, 4, 1, 2, 4, 3, 5, 3, 0, 0, 2, 2, 3, 0, 0, 1, 5, 5, 5, 5, 5], 7.001587, 0.7252951, id="even"
        ),
        pytest.param(
            [2, 2, 3, 6, 2, 3, 4, 3, 6, 6, 6, 7, 1, 9, 6, 7, 1, 1, 9, 8, 0, 1, 8, 9, 4], 18.76432, 0.04336035, id="odd"
        ),
    ],
)
def test_bowker_is_what_r_prints(cells: list[int], statistic: float, p: float) -> None:
    """Values of R's mcnemar.test for 5 × 5 tables, as the tests of statsmodels have them."""
    table = np.array(cells).reshape(5, 5)
    got = bowker(table)
    assert got[0] == pytest.approx(statistic, abs=5e-6)
    # R counts a pair of cells that are both empty as a degree of freedom too; here it tells nothing and is none.
    empty = int(((table + table.T)[np.triu_indices(5, 1)] == 0).sum())
    assert got[1] == 10 - empty
    assert chdtrc(10, got[0]) == pytest.approx(p, rel=1e-6)
    assert got[2] == pytest.approx(chdtrc(10 - empty, got[0]))


def test_a_table_of_two_levels_is_mcnemars() -> None:
    """Agresti's approval ratings (1990, p. 350: 794, 150, 86, 570): 34.71 before and after, which R gives corrected."""
    statistic, df, _ = bowker([[794, 150], [86, 570]])
    assert (round((150 - 86) ** 2 / (150 + 86), 2), df) == (round(statistic, 2), 1)
    assert round((abs(150 - 86) - 1) ** 2 / (150 + 86), 3) == 16.818  # with R's correction, as it is printed


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_sign_test(up: int, down: int) -> None:
    """The exact test is SciPy's binomial test of one half."""
    expected = binomtest(up, up + down, 0.5).pvalue if up + down else 1.0
    assert mcnemar(up, down) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("table", [[[1, 2]], [[1, -2], [0, 1]]])
def test_what_is_no_table_of_moves_is_refused(table: list[list[int]]) -> None:
    """A table that is not square, or counts people below nothing, is refused."""
    with pytest.raises(ModelError, match="square table"):
        bowker(table)


# -- the ordinal check -----------------------------------------------------------------------------------------------


def counts_of(places: list[float], spread: float, people: int = 100_000) -> np.ndarray:
    """Return the counts that a latent normal gives on borders −1.5, −0.5, 0.5, 1.5; one row an item."""
    borders = np.array([-np.inf, -1.5, -0.5, 0.5, 1.5, np.inf])
    return np.round([np.diff(norm.cdf((borders - place) / spread)) * people for place in places]).astype(int)


@pytest.mark.parametrize("shift", [-0.8, -0.2, 0.3, 1.1])
@pytest.mark.parametrize("spread", [0.7, 1.0, 1.4])
def test_a_known_shift_is_found(shift: float, spread: float) -> None:
    """Counts made from a shift and a spread give the shift back, over three items of different difficulty."""
    before = counts_of([-0.4, 0.0, 0.6], 1.0)
    after = counts_of([-0.4 + shift, shift, 0.6 + shift], spread)
    assert ordinal_shift(before, after) == pytest.approx(shift, abs=0.01)


def test_the_fit_is_the_maximum_that_another_optimiser_finds() -> None:
    """A plain likelihood, written again and climbed without slopes, ends at the same shift."""
    rng = np.random.default_rng(5)
    before, after = rng.integers(1, 15, (2, 5)), rng.integers(1, 15, (2, 5))

    def misfit(point: np.ndarray) -> float:
        borders = np.concatenate([[-np.inf], np.sort(point[:4]), [np.inf]])
        total = point[6] ** 2 / (2 * SPREAD_PRIOR**2)
        for wave, counts in enumerate((before, after)):
            for item in range(2):
                z = (borders - point[4] * item - point[5] * wave) / np.exp(point[6] * wave)
                total -= float((counts[item] * np.log(np.diff(norm.cdf(z)))).sum())
        return total

    start = np.array([-1.0, -0.3, 0.3, 1.0, 0.0, 0.0, 0.0])
    options = {"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-8, "fatol": 1e-10}
    found = minimize(misfit, start, method="Nelder-Mead", options=options)
    assert ordinal_shift(before, after) == pytest.approx(found.x[5], abs=1e-3)


def test_means_can_point_the_other_way() -> None:
    """A wave that spreads more can have the lower mean of levels and the higher middle behind them."""
    before, after = counts_of([1.0], 0.5), counts_of([1.2], 2.0)
    levels = np.arange(1, 6)
    means = [float((counts * levels).sum() / counts.sum()) for counts in (before, after)]
    assert means[1] < means[0]
    shift = ordinal_shift(before, after)
    assert shift is not None
    assert shift > 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([[0, 9, 0, 0, 0]], [[0, 7, 0, 0, 0]], id="all say the same"),
        pytest.param([[1, 2, 3, 0, 0]], [[0, 0, 0, 0, 0]], id="nobody after"),
    ],
)
def test_nothing_to_order_gives_no_shift(before: list[list[int]], after: list[list[int]]) -> None:
    """Where all answers are one level, or a wave has none, there is no shift."""
    assert ordinal_shift(np.array(before), np.array(after)) is None


@pytest.mark.parametrize("way", [1, -1])
def test_a_complete_move_stays_finite(way: int) -> None:
    """Everybody at the bottom before and at the top after: a large shift, of the right sign, and no overflow."""
    low, high = np.array([[30, 0, 0, 0, 0]]), np.array([[0, 0, 0, 0, 30]])
    shift = ordinal_shift(*((low, high) if way > 0 else (high, low)))
    assert shift is not None
    assert 1 < shift * way < 100


def test_few_pairs_beside_many_have_the_freedom_of_the_few() -> None:
    """Three pairs on one item carry most of the error of a change over four items, and as few degrees of freedom."""
    rng = np.random.default_rng(6)
    found = []
    for _ in range(200):
        differences = rng.normal(size=(30, 4))
        differences[3:, 0] = np.nan
        found.append(paired_error(differences, np.full(4, 0.25), np.zeros(4))[1])
    assert np.mean(found) < 4 < 4 / (1 / 3 + 3 / 30) - 1
