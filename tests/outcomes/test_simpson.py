"""Every published reversal is found, chance is seldom taken for one, and the alert names what moved."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.drivers import no_reversal
from workbench.errors import ModelError
from workbench.outcomes.simpson import OTHERS, RARE, Strata, reversals, strata_of_rows

# Rows that pass and all rows, by stratum, on two sides; whether the rate effect is beyond chance at 95 %.
PUBLISHED = [
    # Admitted and applied, men and women, six largest departments: P. J. Bickel, E. A. Hammel and J. W. O'Connell
    # (1975), Science 187, 398-404; counts as in R's UCBAdmissions.
    pytest.param(
        [(512, 825), (353, 560), (120, 325), (138, 417), (53, 191), (22, 373)],
        [(89, 108), (17, 25), (202, 593), (131, 375), (94, 393), (24, 341)],
        True,
        id="Berkeley admissions 1973",
    ),
    # Open surgery and percutaneous nephrolithotomy, stones below and above 2 cm: C. R. Charig et al. (1986), BMJ 292,
    # 879-882, as in S. A. Julious and M. A. Mullee (1994), BMJ 309, 1480.
    pytest.param([(81, 87), (192, 263)], [(234, 270), (55, 80)], False, id="kidney stones 1986"),
    # Dead after 20 years, never smoked and smokers, by age: D. R. Appleton, J. M. French and M. P. J. Vanderpump
    # (1996), The American Statistician 50, 340-341.
    pytest.param(
        [(1, 62), (5, 157), (7, 121), (12, 78), (40, 121), (101, 129), (64, 64)],
        [(2, 55), (3, 124), (14, 109), (27, 130), (51, 115), (29, 36), (13, 13)],
        True,
        id="smoking in Whickham 1972-1994",
    ),
    # Delayed flights, Alaska and America West, five airports: D. S. Moore's textbooks (from The New York Times 1991).
    pytest.param(
        [(62, 559), (12, 233), (20, 232), (102, 605), (305, 2146)],
        [(117, 811), (415, 5255), (65, 448), (129, 449), (61, 262)],
        True,
        id="delayed flights 1991",
    ),
    # Deaths from tuberculosis, New York and Richmond 1910: M. R. Cohen and E. Nagel (1934), An Introduction to Logic
    # and Scientific Method, as in the Stanford Encyclopedia of Philosophy, Simpson's Paradox, note 1.
    pytest.param([(8365, 4675174), (513, 91709)], [(131, 80895), (155, 46733)], True, id="tuberculosis 1910"),
    # Death sentences by race of defendant and victim: M. L. Radelet (1981), Am. Sociol. Rev. 46, 918-927.
    pytest.param([(19, 151), (0, 9)], [(11, 63), (6, 103)], False, id="death sentences in Florida 1976-77"),
    # The same, more years: Radelet and Pierce (1991), as in A. Agresti (2002), Categorical Data Analysis, 2.3.2.
    pytest.param([(53, 467), (0, 16)], [(11, 48), (4, 143)], False, id="death sentences in Florida 1976-87"),
    # Votes for the Civil Rights Act, Democrats and Republicans, northern and southern states, House 1964.
    pytest.param([(145, 154), (7, 94)], [(138, 162), (0, 10)], True, id="Civil Rights Act 1964"),
    # Hits of Derek Jeter and David Justice 1995 and 1996: K. Ross (2004), A Mathematician at the Ballpark.
    pytest.param([(12, 48), (183, 582)], [(104, 411), (45, 140)], False, id="batting averages 1995-96"),
    # Late planes, Continental and United, January 2009; and two hitters by the pitcher's hand: J. Witmer (2010), talk.
    pytest.param(
        [(957, 3998), (62, 356), (8, 60), (16, 145)],
        [(100, 399), (113, 573), (17, 119), (16, 139)],
        False,
        id="late planes 2009",
    ),
    pytest.param([(29, 134), (79, 302)], [(8, 39), (84, 329)], False, id="hitters by hand of pitcher"),
]

Rows = list[tuple[int, int]]


def table(before: Rows, after: Rows, metric: str = "m", dimension: str = "d") -> Strata:
    """Return the strata of a published table."""
    return strata_of_rows(
        [str(place) for place in range(len(before))], before, after, metric=metric, dimension=dimension
    )


@pytest.mark.parametrize(("before", "after", "is_sure"), PUBLISHED)
def test_published_reversals_are_found(before: Rows, after: Rows, is_sure: bool) -> None:
    """Total and strata say the opposite; whether chance explains it is said beside it."""
    (found,) = reversals([table(before, after)])
    totals = [sum(x for x, _ in side) / sum(n for _, n in side) for side in (before, after)]
    assert (found.before, found.after) == pytest.approx(totals)
    assert found.overall * found.rate_effect < 0
    assert found.mix_effect + found.rate_effect == pytest.approx(found.overall, abs=1e-15)
    assert found.is_sure is is_sure
    assert (found.low * found.high > 0) or not is_sure
    assert found.smallest_n == min(a[1] + b[1] for a, b in zip(before, after, strict=True))
    (turned,) = reversals([table(after, before)])
    assert turned.rate_effect == pytest.approx(-found.rate_effect, abs=1e-15)
    assert turned.is_sure is is_sure


def test_the_standard_error_is_the_binomial_one() -> None:
    """The bootstrap agrees with sqrt(Σ w²·(p0(1−p0)/n0 + p1(1−p1)/n1)), the error at fixed weights."""
    before, after = [(480, 800), (60, 200)], [(130, 200), (280, 800)]
    (one,) = reversals([table(before, after)])
    weights = [(a[1] / 1000 + b[1] / 1000) / 2 for a, b in zip(before, after, strict=True)]
    variance = sum(
        w**2 * sum(x / n * (1 - x / n) / n for x, n in pair)
        for w, pair in zip(weights, zip(before, after, strict=True), strict=True)
    )
    assert (one.high - one.low) / (2 * 1.959964) == pytest.approx(math.sqrt(variance), rel=0.03)


@pytest.mark.parametrize(("kind", "most"), [("nothing", 0.01), ("mix", 0.03), ("same way", 0.01)])
def test_chance_is_seldom_taken_for_a_reversal(kind: str, most: float) -> None:
    """Of tables without a reversal hardly any raises an alert; a pure change of mix is the worst case.

    bench/outcomes.py counts 1,000 of each: at most 2 % of all.
    """
    generator = np.random.default_rng(11)
    sure = [any(r.is_sure for r in reversals([no_reversal(generator, kind)], draws=300)) for _ in range(400)]
    assert np.mean(sure) <= most


def test_many_questions_raise_the_bar() -> None:
    """The same table that is sure alone is not sure among a hundred that agree with their strata."""
    alone = table(*PUBLISHED[0].values[:2], metric="berkeley")
    quiet = [table([(50, 100), (60, 100)], [(70, 100), (80, 100)], metric=f"m{i}") for i in range(100)]
    assert reversals([alone])[0].is_sure
    among = reversals([*quiet, alone])
    assert len(among) == 1
    assert not among[0].is_sure
    assert among[0].q > RARE
    assert among[0].p == reversals([alone])[0].p


def test_small_strata_are_put_together() -> None:
    """A stratum of a few rows neither stops an alert nor stands in it; with too few rows nothing is said."""
    before, after = PUBLISHED[3].values[:2]
    (found,) = reversals([table([*before, (1, 3), (9, 9)], [*after, (2, 4), (0, 9)])])
    assert found.is_sure
    assert {one.segment for one in found.strata} == {
        "0",
        "1",
        "3",
        "4",
        OTHERS,
    }  # the smallest that has rows enough joins them
    assert found.smallest_n >= 30
    assert sum(one.rows for one in found.strata) == sum(n for _, n in (*before, *after)) + 25
    assert reversals([table([(1, 9), (5, 9)], [(3, 9), (1, 2)])]) == ()


def test_the_stratum_that_moved_is_named() -> None:
    """Of the airports it is Phoenix, where America West flies most and hardly anybody is late."""
    (found,) = reversals([table(*PUBLISHED[3].values[:2])])
    assert found.moved == "1"
    phoenix = found.stratum("1")
    assert (round(phoenix.weight_before, 3), round(phoenix.weight_after, 3)) == (0.062, 0.727)


def test_order_and_names_do_not_matter() -> None:
    """Strata in another order and under other names give the same effect; the error only differs by its draws."""
    before, after, _ = PUBLISHED[2].values
    (one,) = reversals([table(before, after)])
    (other,) = reversals([table(before[::-1], after[::-1], metric="elsewhere")])
    assert other.rate_effect == pytest.approx(one.rate_effect, abs=1e-15)
    assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.1)
    assert reversals([table(before, after)]) == (one,)


def test_periods_that_differ_among_themselves_widen_the_interval() -> None:
    """Months whose rates scatter more than their rows explain make a reversal less sure."""
    generator = np.random.default_rng(3)

    def months(rate: tuple[float, float], weight: float, scatter: float) -> np.ndarray:
        made = []
        for _ in range(12):
            rows = np.array([1000 * weight, 1000 * (1 - weight)]).round()
            chance = np.clip(np.array(rate) + generator.normal(0, scatter), 0.01, 0.99)
            made.append(np.stack([generator.binomial(rows.astype(int), chance), rows], axis=1))
        return np.array(made)

    widths = []
    for scatter in (0.0, 0.12):
        sides = months((0.4, 0.2), 0.7, scatter), months((0.43, 0.23), 0.3, scatter)
        num, den = (np.array([side[:, :, k].sum(axis=0) for side in sides]) for k in (0, 1))
        strata = Strata(
            "m", "company", "", "d", ("a", "b"), num, den, den, np.stack([num, den - num], 2), periods=sides
        )
        found = reversals([strata])
        if found:
            widths.append((found[0].high - found[0].low, found[0].is_sure))
    assert widths[0][1]
    assert len(widths) == 1 or (widths[1][0] > 3 * widths[0][0] and not widths[1][1])


def test_tables_of_the_wrong_shape_are_errors() -> None:
    """Two sides are wanted, and one column a stratum."""
    with pytest.raises(ModelError, match="two sides"):
        Strata("m", "company", "", "d", ("a",), np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2)))
