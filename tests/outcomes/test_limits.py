"""Constants as printed, gaps that no range crosses, spreads that single outliers do not move."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, poisson

from workbench.errors import ModelError
from workbench.outcomes.limits import (
    D2,
    MEDIAN_D2,
    RANGE_FACTOR,
    lag_one,
    natural_limits,
    neighbours,
    reach_of,
    spread_of,
)


def test_factors_as_printed() -> None:
    """3/d2 = 2.66, D4 = 3.268; in medians 3.145 and 3.865 (Wheeler, Understanding Variation)."""
    assert round(3 / D2, 2) == 2.66
    assert RANGE_FACTOR == 3.268
    assert round(3 / MEDIAN_D2, 3) == 3.145
    generator = np.random.default_rng(1)
    ranges = np.abs(np.diff(generator.standard_normal((400_000, 2)), axis=1))
    assert ranges.mean() == pytest.approx(D2, abs=0.005)
    assert np.median(ranges) == pytest.approx(MEDIAN_D2, abs=0.005)


def test_a_missing_period_is_crossed_by_no_range() -> None:
    """A jump over a gap is no moving range, and shapes no limit; where hardly any neighbours are left, it must be."""
    level = [10.0, 11.0] * 6
    held = [*level, np.nan, *[value + 3 for value in level]]
    limits = natural_limits(held, baseline=24, transform="none")
    assert limits is not None
    assert limits.range_limit == pytest.approx(RANGE_FACTOR)
    places = np.flatnonzero(np.isfinite(held))
    assert (~neighbours(places)).sum() == 1
    joined = np.array([value for value in held if value == value])
    crossing = spread_of(np.abs(np.diff(joined)))[0] * D2
    assert spread_of(np.abs(np.diff(joined))[neighbours(places)])[0] * D2 == pytest.approx(1.0)
    assert crossing > 1.04
    every_other = np.arange(0, 40, 2)
    assert neighbours(every_other).all()  # nothing stands side by side, so ranges reach over


def test_correlation_is_that_of_neighbours() -> None:
    """Without gaps it is the usual estimate; pairs over a gap do not count."""
    values = np.random.default_rng(3).standard_normal(40).cumsum()
    centred = values - values.mean()
    assert lag_one(values) == pytest.approx((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    steps = np.ones(39, dtype=bool)
    steps[19] = False
    products = np.delete(centred[1:] * centred[:-1], 19)
    assert lag_one(values, steps) == pytest.approx(products.mean() * 39 / (centred**2).sum())


def test_an_outlier_in_the_baseline_moves_only_the_mean() -> None:
    """One flood among calm months doubles the plain range; screening and the median keep it as it was."""
    calm = 50 + np.random.default_rng(5).standard_normal(36)
    flood = calm.copy()
    flood[17] += 25
    ranges = {name: np.abs(np.diff(values)) for name, values in (("calm", calm), ("flood", flood))}
    plain = spread_of(ranges["flood"])[0] / spread_of(ranges["calm"])[0]
    assert plain > 2
    for spread in ("screened", "median"):
        assert spread_of(ranges["flood"], spread)[0] / spread_of(ranges["calm"], spread)[0] < 1.15
        limits = natural_limits(flood, spread=spread, transform="none")
        assert limits is not None
        assert limits.sigma < 1.5
    with pytest.raises(ModelError, match="no spread"):
        spread_of(ranges["calm"], "widest")


def test_half_of_the_neighbours_alike_leave_the_mean() -> None:
    """A median of 0 is no spread."""
    assert spread_of(np.array([0.0, 0.0, 0.0, 2.0]), "median") == spread_of(np.array([0.0, 0.0, 0.0, 2.0]))


@pytest.mark.parametrize("mean", [2.0, 4.0, 8.0, 20.0])
def test_limits_of_counts_are_never_closer_than_chance_puts_them(mean: float) -> None:
    """A Poisson count lies outside its limits no more often than the two tails that were asked for, each way."""
    generator = np.random.default_rng(round(mean))
    for _ in range(40):
        held = generator.poisson(mean, 36).astype(float)
        limits = natural_limits(held, baseline=36)
        assert limits is not None
        assert limits.transform == "counts"
        assert limits.sigma >= 0.5  # what chance alone makes on that scale
        tail = norm.sf(reach_of(limits.n))
        own = held[: limits.n].mean()
        assert poisson.cdf(np.ceil(limits.lower) - 1, own) <= tail * 2.001  # half of the last count
        assert poisson.sf(np.floor(limits.upper), own) <= tail * 2.001
