"""The factors of a score: intervals hold what they say, money counts only where it was confirmed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from workbench.outcomes.insight_scores import change_interval, picked_confidence, sure_part
from workbench.stats import t_quantile


def series(generator: np.random.Generator, rho: float, points: int) -> np.ndarray:
    """Return standard normal noise with first-order autocorrelation."""
    found = generator.standard_normal(points)
    for place in range(1, points):
        found[place] = rho * found[place - 1] + math.sqrt(1 - rho**2) * found[place]
    return found


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("new", [1, 4, 12])
def test_the_interval_of_a_change_holds_the_truth(rho: float, new: int) -> None:
    """In 94 to 98.5 of 100 series the 95 % interval holds the change, whatever the length and the persistence."""
    generator = np.random.default_rng([7, new, round(10 * rho)])
    hits = 0
    for _ in range(1_000):
        values = series(generator, rho, 36 + new)
        values[36:] += 2.0
        low, high = change_interval(values[:36], values[36:], rho)
        hits += low <= 2.0 <= high
    assert 0.935 <= hits / 1_000 <= 0.985


def test_without_autocorrelation_it_is_students_interval() -> None:
    """The pooled two-sample interval of the textbooks."""
    before, after = np.array([1.0, 2.0, 4.0, 5.0, 3.0]), np.array([6.0, 8.0, 7.0])
    pooled = math.sqrt((10.0 + 2.0) / 6)
    reach = t_quantile(0.975, 6) * pooled * math.sqrt(1 / 5 + 1 / 3)
    assert change_interval(before, after, 0.0) == pytest.approx((4.0 - reach, 4.0 + reach), rel=1e-12)


def test_of_the_changes_that_are_picked_as_many_hold_as_is_said() -> None:
    """Of changes picked because they are large the usual interval misses too many; the wider one does not."""
    generator = np.random.default_rng(5)
    plain = wide = picked = 0
    for _ in range(60):  # reviews of 100 series of which ten have really changed
        rows = generator.standard_normal((100, 44))
        truth = np.where(np.arange(100) < 10, 0.8, 0.0)
        rows[:, 36:] += truth[:, None]
        size = rows[:, 36:].mean(axis=1) - rows[:, :36].mean(axis=1)
        chosen = np.flatnonzero(np.abs(size) > 0.9)
        level = picked_confidence(0.95, chosen.size / 100)
        for place in chosen:
            for name, confidence in (("plain", 0.95), ("wide", level)):
                low, high = change_interval(rows[place, :36], rows[place, 36:], 0.0, confidence=confidence)
                hit = low <= truth[place] <= high
                plain, wide = plain + (hit and name == "plain"), wide + (hit and name == "wide")
        picked += chosen.size
    assert picked > 200
    assert plain / picked < 0.90
    assert wide / picked >= 0.95


@pytest.mark.parametrize(
    ("size", "low", "high", "expected"),
    [
        pytest.param(2.0, 1.0, 3.0, 0.5, id="rise"),
        pytest.param(-2.0, -3.0, -1.5, 0.75, id="fall"),
        pytest.param(2.0, 2.0, 2.0, 1.0, id="exact"),
        pytest.param(2.0, -0.1, 4.1, 0.0, id="nothing is sure"),
        pytest.param(0.0, 0.0, 0.0, 0.0, id="nothing"),
    ],
)
def test_the_sure_part_is_what_the_interval_leaves(size: float, low: float, high: float, expected: float) -> None:
    """The end nearer to zero over the size."""
    assert sure_part(size, low, high) == pytest.approx(expected)
