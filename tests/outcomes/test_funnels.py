"""Exact limits that know how many rows there are, and room for more spread than chance makes, where there is any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, norm, poisson

from workbench.errors import ModelError
from workbench.outcomes.control_charts import watch
from workbench.outcomes.definitions import SignalRules
from workbench.outcomes.funnels import compare_parts, share_limits, share_scores


@pytest.mark.parametrize(("rows", "share"), [(10, 0.1), (40, 0.03), (200, 0.5), (3000, 0.97)])
def test_limits_are_exact_binomial_ones(rows: int, share: float) -> None:
    """The chance of a count beyond a limit is at most what was asked, half of the count on it counted in."""
    low, high = share_limits(np.array([float(rows)]), share, -3.0902, 3.0902)
    tail = norm.sf(3.0902)
    above = np.ceil(high[0] * rows + 1e-6)
    below = np.floor(low[0] * rows - 1e-6)
    assert binom.sf(above - 1, rows, share) - binom.pmf(above, rows, share) / 2 <= tail * 1.001
    assert binom.cdf(below, rows, share) - binom.pmf(max(below, 0), rows, share) / 2 <= tail * 1.001
    inside = np.floor(high[0] * rows - 1e-6)
    if inside > share * rows:
        assert binom.sf(inside - 1, rows, share) - binom.pmf(inside, rows, share) / 2 >= tail * 0.999


def test_scores_are_those_of_the_exact_distribution() -> None:
    """Normal quantiles of the mid-p chance, for binomial and Poisson counts."""
    counts, rows = np.array([0.0, 3.0, 7.0, 20.0]), np.full(4, 20.0)
    expected = norm.ppf(binom.cdf(counts, 20, 0.3) - binom.pmf(counts, 20, 0.3) / 2)
    assert share_scores(counts / rows, rows, 0.3) == pytest.approx(np.clip(expected, -8, 8), abs=1e-6)
    expected = norm.ppf(poisson.cdf(counts, 6.0) - poisson.pmf(counts, 6.0) / 2)
    assert share_scores(counts / rows, rows, 0.3, kind="rate") == pytest.approx(expected, abs=1e-6)


@given(st.integers(3, 400), st.floats(0.02, 0.98), st.floats(-4, 4))
def test_limits_and_scores_are_each_others_inverse(rows: int, share: float, score: float) -> None:
    """What lies inside both ends of what can happen comes back."""
    low, _ = share_limits(np.array([float(rows)]), share, score, score)
    if 0.001 < low[0] < 0.999:
        assert share_scores(low, np.array([float(rows)]), share)[0] == pytest.approx(score, abs=1e-3)


def test_few_rows_are_allowed_more() -> None:
    """The same share is outside with many rows and inside with few, and a funnel narrows."""
    funnel = compare_parts(
        ["few", "many", *"abcd"], [4, 400, 1000, 1020, 980, 1000], [10, 1000, *[5000] * 4], allow=False
    )
    assert funnel.outside() == ("many",)
    width = {part: high - low for part, low, high in zip(funnel.parts, funnel.low, funnel.high, strict=True)}
    assert width["few"] > width["many"] > width["a"]
    assert funnel.centre == pytest.approx(4404 / 21010)
    with pytest.raises(ModelError, match="at most as many"):
        compare_parts(["a", "b"], [3, 1], [2, 2])
    with pytest.raises(ModelError, match="two parts"):
        compare_parts(["a"], [1], [2])


@pytest.mark.parametrize("kind", ["share", "rate"])
def test_parts_that_are_alike_stay_inside(kind: str) -> None:
    """Of parts that differ by chance alone hardly any funnel names one; with unmeasured causes it widens instead."""
    generator = np.random.default_rng(4)
    alike, apart = 0, 0
    for _ in range(60):
        rows = generator.integers(20, 2000, 20).astype(float)
        draw = generator.binomial(rows.astype(int), 0.15) if kind == "share" else generator.poisson(rows * 0.15)
        found = compare_parts([str(n) for n in range(20)], draw, rows, kind=kind)
        alike += bool(found.outside())
        own = np.clip(0.15 + 0.05 * generator.standard_normal(20), 0.01, 0.9)
        draw = generator.binomial(rows.astype(int), own) if kind == "share" else generator.poisson(rows * own)
        wide = compare_parts([str(n) for n in range(20)], draw, rows, kind=kind)
        assert compare_parts([str(n) for n in range(20)], draw, rows, kind=kind, allow=False).between == 0
        apart += bool(wide.outside())
    assert alike / 60 <= 0.10
    assert apart / 60 <= 0.15
    assert wide.between == pytest.approx(0.05, abs=0.025)


def test_shares_over_time_know_their_rows() -> None:
    """A thin month far from the mean is no signal on funnel limits, and is one on plain ones."""
    generator = np.random.default_rng(9)
    rows = np.full(48, 800.0)
    rows[42] = 12
    values = generator.binomial(rows.astype(int), 0.2) / rows
    values[42] = 5 / 12
    funnel = watch(values, rules=SignalRules(chart="p"), rows=rows)
    plain = watch(values)
    assert [s.first for s in plain.signals if s.kind == "beyond"] == [42]
    assert not [s for s in funnel.signals if s.kind == "beyond"]
    assert funnel.track is not None
    assert funnel.limits is not None
    assert funnel.limits.transform == "shares"
    assert funnel.track.upper[42] > 0.5 > funnel.track.upper[41]
    assert funnel.change is not None
    assert funnel.change.before == pytest.approx((values[:36] * rows[:36]).sum() / rows[:36].sum())


def test_a_share_that_moved_is_found_on_funnel_limits() -> None:
    """A fall of a third in small months is found, and told in rows, not in means of shares."""
    generator = np.random.default_rng(5)
    rows = generator.integers(30, 120, 48).astype(float)
    chance = np.where(np.arange(48) < 40, 0.45, 0.25)
    values = generator.binomial(rows.astype(int), chance) / rows
    found = watch(values, rules=SignalRules(chart="p"), rows=rows).change
    assert found is not None
    assert found.p <= 0.005
    assert found.after == pytest.approx((values[found.first :] * rows[found.first :]).sum() / rows[found.first :].sum())


def test_a_share_that_is_always_all_is_constant() -> None:
    """100 % in every month has no wobble to compare with."""
    found = watch(np.ones(40), rules=SignalRules(chart="p"), rows=np.full(40, 50.0))
    assert found.reason.endswith("to compare with")


def test_widened_limits_narrow_with_rows_and_never_undercut_the_exact_ones() -> None:
    """Where parts differ all round, limits still fall with the number of rows, the inner inside the outer ones."""
    rows = np.array([9.0, 20, 60, 200, 300, 500, 900])
    rates = np.array([0.65, 1.1, 0.1, 0.07, 0.45, 0.04, 0.08])
    parts = [str(int(number)) for number in rows]
    found = compare_parts(parts, rates * rows, rows, kind="rate")
    exact = compare_parts(parts, rates * rows, rows, kind="rate", allow=False)
    assert found.between > 0
    assert np.all(np.diff(found.high) < 0)
    assert np.all(np.array(found.inner_high) < np.array(found.high))
    assert np.all(np.array(found.high) >= np.array(exact.high))
    z = 3.0902
    expected = found.centre + z * np.sqrt(found.centre / 900 + found.between**2)
    assert found.high[-1] == pytest.approx(expected, rel=1e-4)
