"""Agreement against chance, alpha and omega: published values, closed forms, and what chance may pass."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from workbench.errors import ModelError
from workbench.readiness.factors import fit_one_factor, omega
from workbench.readiness.reliability import (
    AGREEMENT_FROM,
    HABIT,
    LISTWISE,
    NO,
    PAIRWISE,
    SKEWED,
    TOO_FEW,
    UNIFORM,
    YES,
    agreement,
    chance_shares,
    chance_spread,
    cronbach_alpha,
    feldt_interval,
)

NONE = float("nan")
OPTIONS = (1.0, 2.0, 3.0, 4.0, 5.0)


# -- agreement -------------------------------------------------------------------------------------------------------


def test_rwg_of_one_item_is_one_minus_the_share_of_the_uniform_variance() -> None:
    """James, Demaree and Wolf (1984): with five options the uniform variance is (25 - 1)/12 = 2."""
    levels = np.array([[2.0], [3.0], [3.0], [4.0], [4.0], [4.0]])
    assert agreement(levels).rwg == pytest.approx(1 - levels.var(ddof=1) / 2)


def test_rwg_of_several_items_steps_up_as_spearman_and_brown() -> None:
    """James, Demaree and Wolf (1984): J single values of r step up to J r / (1 + (J - 1) r)."""
    rng = np.random.default_rng(3)
    levels = rng.integers(2, 5, size=(12, 4)).astype(float)
    single = 1 - levels.var(axis=0, ddof=1).mean() / 2
    assert agreement(levels).rwg == pytest.approx(4 * single / (1 + 3 * single))


def test_spread_wider_than_chance_counts_as_no_agreement_at_all() -> None:
    """Half at each end spread wider than the uniform null: 0, not a value beyond the scale."""
    found = agreement([[1, 1, 5], [5, 5, 1], [1, 1, 5], [5, 5, 1], [1, 5, 1], [5, 1, 5]])
    assert (found.rwg, found.agrees) == (0.0, NO)
    assert found.ad == pytest.approx(2.0)


def test_typical_distance_is_the_mean_absolute_deviation_averaged_over_items() -> None:
    """Burke, Finkelstein and Dusig (1999); uniform answers on five options lie 1.2 levels from their mean."""
    found = agreement([[1, 3], [2, 3], [3, 3], [4, 3], [5, 3]])
    assert found.ad == pytest.approx((1.2 + 0.0) / 2)
    assert found.sd == pytest.approx(math.sqrt((2.5 + 0.0) / 2))


def test_nothing_is_said_of_four_people_or_of_an_item_with_four_answers() -> None:
    """Below five there is no statement; an item below five does not count."""
    assert agreement(np.full((AGREEMENT_FROM - 1, 3), 4.0)).agrees == TOO_FEW
    levels = np.column_stack([np.full(8, 3.0), [1, 5, 1, 5, NONE, NONE, NONE, NONE]])
    found = agreement(levels)
    assert (found.agrees, found.items, found.people) == (YES, 1, 8)


def test_gaps_change_neither_the_items_nor_their_null() -> None:
    """A skipped answer leaves the others as they are; the null takes the same numbers of answers."""
    rng = np.random.default_rng(8)
    levels = rng.integers(2, 5, size=(14, 4)).astype(float)
    levels[rng.random(levels.shape) < 0.2] = NONE
    found = agreement(levels)
    spread = np.nanvar(levels, axis=0, ddof=1).mean() / 2
    assert found.rwg == pytest.approx(4 * (1 - spread) / (4 * (1 - spread) + spread))
    assert found.critical > agreement(np.where(np.isnan(levels), 3.0, levels)).critical


def _stepped_up(spread: np.ndarray, items: int) -> np.ndarray:
    single = 1 - np.minimum(spread / 2, 1)
    return items * single / (1 + (items - 1) * single)


@pytest.mark.parametrize(("people", "items", "skewed"), [(20, 4, 0.79), (20, 6, 0.83)])
def test_critical_values_are_those_that_chance_passes(people: int, items: int, skewed: float) -> None:
    """The 95th percentile of the mild skew is .79 and .83 for 20 people; a habit over the items lifts it further."""
    found = np.quantile(_stepped_up(chance_spread((people,) * items, OPTIONS, SKEWED), items), 0.95)
    assert found == pytest.approx(skewed, abs=0.01)
    held = agreement(np.full((people, items), 3.0))
    assert held.null == HABIT
    assert skewed - 0.005 < held.critical < skewed + 0.05


def test_seventy_per_cent_is_passed_by_chance_more_often_than_not() -> None:
    """Why .70 is no evidence: 20 people at random with a mild skew pass it in 35 % (4 items) and 76 % (6 items)."""
    for items, share in ((4, 0.35), (6, 0.76)):
        found = _stepped_up(chance_spread((20,) * items, OPTIONS, SKEWED), items)
        assert (found >= 0.7).mean() == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("null", [UNIFORM, SKEWED])
@pytest.mark.parametrize(("people", "items"), [(5, 4), (8, 5), (20, 5), (60, 3)])
@pytest.mark.parametrize("habit", [0.0, 0.4], ids=["independent", "habit"])
def test_people_who_answer_at_random_are_rarely_said_to_agree(null: str, people: int, items: int, habit: float) -> None:
    """False "they agree" in at most 5 % of groups under both nulls, also where a person keeps a habit."""
    rng = np.random.default_rng([people, items, int(10 * habit), int(null == SKEWED)])
    groups = 600
    ends = ndtri(np.cumsum(chance_shares(OPTIONS, null))[:-1])
    drawn = math.sqrt(habit) * rng.normal(size=(groups, people, 1)) + math.sqrt(1 - habit) * rng.normal(
        size=(groups, people, items)
    )
    levels = np.searchsorted(ends, drawn) + 1.0
    levels[rng.random(levels.shape) < 0.1] = NONE
    wrong = np.mean([agreement(group).agrees == YES for group in levels])
    assert wrong <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / groups)


def test_answers_as_far_apart_as_by_chance_are_told_from_those_that_are_only_not_close() -> None:
    """Two camps lie as far apart as chance; a spread of one level does not, though it is no agreement either."""
    camps = np.array([[2.0] * 4] * 8 + [[5.0] * 4] * 8)
    loose = np.random.default_rng(1).choice([2.0, 3.0, 3.0, 4.0, 5.0], size=(16, 4))
    assert (agreement(camps).agrees, agreement(camps).is_far_apart) == (NO, True)
    assert (agreement(loose).agrees, agreement(loose).is_far_apart) == (NO, False)


def test_people_who_do_agree_are_found() -> None:
    """A test that never says yes would be worthless: standard deviation .6 and 15 people are found nearly always."""
    rng = np.random.default_rng(5)
    groups = np.clip(np.rint(rng.normal(3.3, 0.6, size=(200, 15, 5))), 1, 5)
    assert np.mean([agreement(group).agrees == YES for group in groups]) > 0.97


@given(st.integers(0, 10_000))
def test_order_of_people_and_items_does_not_matter(seed: int) -> None:
    """Rows and columns may come in any order."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(1, 6, size=(9, 4)).astype(float)
    levels[rng.random(levels.shape) < 0.1] = NONE
    turned = levels[rng.permutation(9)][:, rng.permutation(4)]
    first, second = agreement(levels), agreement(turned)
    assert (first.agrees, first.critical, first.items) == (second.agrees, second.critical, second.items)
    if first.rwg is not None:
        assert first.rwg == pytest.approx(second.rwg)
        assert 0 <= first.rwg <= 1


# -- alpha -----------------------------------------------------------------------------------------------------------

SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float)


def test_alpha_is_the_consistency_of_the_mean_in_shrout_and_fleiss() -> None:
    """Shrout and Fleiss (1979), table 4: ICC(3,4) = .91, which is Cronbach's alpha of the four judges."""
    assert cronbach_alpha(SHROUT_FLEISS).value == pytest.approx(0.91, abs=0.005)


@pytest.mark.parametrize(
    ("alpha", "people", "items", "low", "high"),
    [
        pytest.param(0.913, 873, 20, 0.9044024, 0.9211588, id="C. Evans, MRC CBU statistics wiki (R)"),
        pytest.param(0.591719, 15, 10, 0.19492168920552821, 0.8398208740258171, id="C. Zaiontz, Real Statistics"),
    ],
)
def test_feldt_intervals_are_as_published(alpha: float, people: int, items: int, low: float, high: float) -> None:
    """Two printed examples of Feldt's interval (1965)."""
    assert feldt_interval(alpha, people, items) == pytest.approx((low, high), abs=5e-8)


def test_alpha_follows_from_the_sum_and_its_items() -> None:
    """By definition: the sum's variance against its items', each item against the sum of the others."""
    rng = np.random.default_rng(2)
    levels = rng.normal(size=(40, 1)) + rng.normal(size=(40, 5))
    found = cronbach_alpha(levels, missing=LISTWISE)
    total = levels.sum(axis=1)
    assert found.value == pytest.approx(5 / 4 * (1 - levels.var(axis=0, ddof=1).sum() / total.var(ddof=1)))
    for place in range(5):
        rest = np.delete(levels, place, axis=1)
        assert found.item_rest[place] == pytest.approx(np.corrcoef(levels[:, place], rest.sum(axis=1))[0, 1])
        assert found.if_deleted[place] == pytest.approx(cronbach_alpha(rest).value)
    assert found.low < found.value < found.high


def test_gaps_pairwise_and_listwise_are_stated_and_differ() -> None:
    """Pairwise uses whoever answered both and counts the smallest pair; listwise only people without a gap."""
    levels = np.array([[1, 2, 1], [2, 2, 3], [3, 4, NONE], [4, 4, 5], [5, NONE, 4], [2, 3, 2]], float)
    pairs, whole = cronbach_alpha(levels, missing=PAIRWISE), cronbach_alpha(levels, missing=LISTWISE)
    assert (pairs.missing, pairs.people) == (PAIRWISE, 4)
    assert (whole.missing, whole.people) == (LISTWISE, 4)
    assert whole.value == pytest.approx(cronbach_alpha(levels[[0, 1, 3, 5]]).value)
    cov = [
        [np.cov(levels[known][:, [a, b]].T)[0, 1] for b in range(3) for known in [~np.isnan(levels[:, [a, b]]).any(1)]]
        for a in range(3)
    ]
    assert pairs.value == pytest.approx(1.5 * (1 - np.trace(cov) / np.sum(cov)))


def test_a_turned_key_shows_as_a_negative_item_rest_correlation() -> None:
    """An item scored the wrong way round lowers alpha and is the one without which alpha rises."""
    rng = np.random.default_rng(4)
    levels = np.clip(np.rint(3 + rng.normal(size=(80, 1)) + 0.7 * rng.normal(size=(80, 5))), 1, 5)
    levels[:, 2] = 6 - levels[:, 2]
    found = cronbach_alpha(levels)
    assert [r < 0 for r in found.item_rest] == [False, False, True, False, False]
    assert max(range(5), key=lambda place: found.if_deleted[place]) == 2


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        pytest.param([[3, 3], [3, 3], [3, 3]], "does not vary", id="no variation"),
        pytest.param([[1], [2], [3]], "Fewer than 2 items", id="one item"),
        pytest.param([[1, 2], [2, 1]], "Fewer than three people", id="two people"),
        pytest.param([[1, NONE], [2, NONE], [NONE, 2], [NONE, 1]], "Fewer than three people", id="never together"),
    ],
)
def test_undefined_is_a_result_with_a_sentence(levels: list[list[float]], why: str) -> None:
    """No alpha of 0 or 1 is made up."""
    found = cronbach_alpha(levels)
    assert found.value is None
    assert why in found.why


def test_other_ways_with_gaps_are_refused() -> None:
    """A misspelt way is an error, not a silent default."""
    with pytest.raises(ModelError, match="pairwise or listwise"):
        cronbach_alpha([[1, 2], [2, 3], [3, 4]], missing="pairs")


# -- omega -----------------------------------------------------------------------------------------------------------


def test_one_factor_fit_of_the_open_and_closed_book_examinations() -> None:
    """K. V. Mardia, J. T. Kent and J. M. Bibby (1979), *Multivariate Analysis*, chapter 9: five marks, one factor."""
    correlations = np.eye(5)
    upper = [0.553, 0.547, 0.410, 0.389, 0.610, 0.485, 0.437, 0.711, 0.665, 0.607]
    correlations[np.triu_indices(5, 1)] = upper
    correlations = np.maximum(correlations, correlations.T)
    loadings, unique = fit_one_factor(correlations)
    assert loadings == pytest.approx([0.600, 0.667, 0.917, 0.772, 0.724], abs=0.0015)  # from correlations of 3 digits
    assert unique == pytest.approx(1 - loadings**2, abs=1e-6)


def test_three_items_have_a_closed_form() -> None:
    """With three items the model fits exactly: the first loading squared is r12 r13 / r23 (Spearman's triad)."""
    r12, r13, r23 = 0.42, 0.36, 0.3
    loadings, _ = fit_one_factor(np.array([[1, r12, r13], [r12, 1, r23], [r13, r23, 1]]))
    expected = [math.sqrt(r12 * r13 / r23), math.sqrt(r12 * r23 / r13), math.sqrt(r13 * r23 / r12)]
    assert loadings == pytest.approx(expected, abs=1e-5)


def test_omega_of_answers_made_of_one_factor_is_the_true_share() -> None:
    """The model's own loadings give the truth: (sum of loadings) squared over the sum's variance."""
    loadings, unique = np.array([0.9, 0.7, 0.6, 0.5]), np.array([0.4, 0.6, 0.5, 0.8])
    rng = np.random.default_rng(9)
    levels = rng.normal(size=(60_000, 1)) * loadings + rng.normal(size=(60_000, 4)) * np.sqrt(unique)
    found = omega(levels)
    assert found.value == pytest.approx(loadings.sum() ** 2 / (loadings.sum() ** 2 + unique.sum()), abs=0.005)
    assert found.estimator == "maximum likelihood, one factor"
    # Unequal loadings: alpha is the lower bound, and lies below.
    assert cronbach_alpha(levels).value < found.value


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        pytest.param(np.column_stack([np.arange(9) % 5 + 1.0] * 3), "no fit", id="the same item three times"),
        pytest.param([[1, 2], [2, 3], [3, 5]], "Fewer than 3 items", id="two items"),
        pytest.param([[3, 1, 2], [3, 2, 3], [3, 4, 4], [3, 2, 1]], "does not vary", id="an item without variation"),
    ],
)
def test_omega_says_why_it_is_undefined(levels: list[list[float]], why: str) -> None:
    """Omega exists only where the model can be fitted."""
    found = omega(levels)
    assert found.value is None
    assert why in found.why


def test_a_factor_that_takes_all_of_an_item_gives_no_omega() -> None:
    """A Heywood case: r12 r13 / r23 above one cannot be a share."""
    correlations = np.array([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    rng = np.random.default_rng(1)
    draw = rng.normal(size=(30, 3))
    draw = (draw - draw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(draw.T))).T
    found = omega(draw @ np.linalg.cholesky(correlations).T)
    assert found.value is None
    assert "Heywood" in found.why
