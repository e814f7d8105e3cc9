"""Seasons are found where they are evident, removed without touching what moved, compared or refused by name."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.outcomes.control_charts import watch
from workbench.outcomes.definitions import SignalRules
from workbench.outcomes.seasons import find_season, is_evident, season_baseline, season_projection

MONTHS = np.arange(48)


def seasonal(seed: int, *, shift: float = 0.0, growth: float = 0.0, size: float = 3.0) -> np.ndarray:
    """Return four years of months with a season and noise of 1; the last eight may be shifted."""
    held = 100 + size * np.sin(2 * np.pi * MONTHS / 12) + growth * MONTHS
    held = held + np.random.default_rng(seed).standard_normal(48)
    held[-8:] += shift
    return held


def test_a_season_is_the_mean_of_its_phases_beside_a_line() -> None:
    """Phases without noise come back exactly, growth is not taken for a season, and effects add up to 0."""
    effects = np.array([3.0, -1.0, 2.0, -4.0])
    places = np.arange(16)
    held = 50 + effects[places % 4] + 0.7 * places
    got = season_projection(places, 4) @ held
    assert got == pytest.approx(effects, abs=1e-10)
    holes = places[[0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 13, 15]]
    assert season_projection(holes, 4) @ held[holes] == pytest.approx(effects, abs=1e-10)


def test_a_season_hides_a_move_until_it_is_removed() -> None:
    """A shift of two sigma in a metric with a season is found without it and lost in it."""
    found, lost = [], []
    for seed in range(30):
        values = seasonal(seed, shift=2.5)
        with_removal = watch(values, grain="month")
        without = watch(values, grain="month", rules=SignalRules(season="none"))
        assert with_removal.season is not None
        assert without.season is None
        found.append(with_removal.change is not None and with_removal.change.p <= 0.05)
        lost.append(without.change is not None and without.change.p <= 0.05)
    assert np.mean(found) >= 0.8
    assert np.mean(lost) <= 0.5


def test_a_season_makes_no_alarm_once_it_is_removed() -> None:
    """Stable metrics with a season move by chance no more often than others; without removal charts cry wolf."""
    p = [watch(seasonal(seed, growth=0.0), grain="month").change for seed in range(150)]
    assert np.mean([change is not None and change.p <= 0.05 for change in p]) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 150)


def test_the_size_of_a_move_is_told_without_the_season() -> None:
    """Before and after are levels without their season, so that winter is not compared with summer."""
    change = watch(seasonal(4, shift=6.0, size=10.0), grain="month").change
    assert change is not None
    assert change.size == pytest.approx(6.0, abs=1.0)
    assert change.first == 40


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_noise_has_no_season(rho: float) -> None:
    """Of metrics without a season hardly any loses one, autocorrelation or not."""
    generator, taken = np.random.default_rng(8), 0
    for _ in range(300):
        noise = generator.standard_normal(48)
        for place in range(1, 48):
            noise[place] = rho * noise[place - 1] + np.sqrt(1 - rho**2) * noise[place]
        taken += is_evident(find_season(noise[:36], np.arange(36), 12))
    assert taken / 300 <= 0.04


def test_weeks_of_days_and_years_of_weeks() -> None:
    """Days have a week, weeks a year: then the baseline grows to two full cycles where there is room."""
    generator = np.random.default_rng(2)
    days = 100 + np.tile([5, 1, 0, 0, -1, -9, -8.0], 8) + generator.standard_normal(56)
    assert watch(days, grain="day").season is not None
    weeks = 100 + 5 * np.sin(2 * np.pi * np.arange(130) / 52) + generator.standard_normal(130)
    found = watch(weeks, grain="week")
    assert found.limits is not None
    assert found.season is not None
    assert found.limits.n == 104
    assert (season_baseline(130, 36, 52), season_baseline(111, 36, 52), season_baseline(40, 36, 12)) == (104, 0, 32)


def test_a_known_season_is_compared_with_the_year_before_or_refused() -> None:
    """With less than two years each month stands against the same one before; with less than that nothing is said."""
    rules = SignalRules(season="known")
    values = seasonal(3, size=8.0)[:30]
    values[26:] += 9.0
    found = watch(values, grain="month", rules=rules)
    assert found.season is not None
    assert found.season.kind == "year_before"
    assert found.change is not None
    assert found.change.p <= 0.05
    assert found.change.size == pytest.approx(9.0, abs=2.0)
    assert found.change.after == pytest.approx(values[found.change.first :].mean())
    assert found.track is not None
    assert np.isnan(found.track.shown[:12]).all()
    assert found.widest is None  # a range of differences is no range for a target
    short = watch(seasonal(3)[:20], grain="month", rules=rules)
    assert short.limits is None
    assert short.reason == "its season cannot be told from a change before 24 periods; there are 20"
    free = watch(seasonal(3)[:20], grain="month")
    assert free.limits is not None


def test_targets_see_the_season() -> None:
    """The usual range of a target's verdict has the season back in it."""
    found = watch(seasonal(9, size=6.0), grain="month")
    assert found.limits is not None
    assert found.widest is not None
    assert found.widest.upper - found.limits.upper == pytest.approx(6.0, abs=1.5)
    assert found.widest.lower - found.limits.lower == pytest.approx(-6.0, abs=1.5)


def test_a_season_on_a_skewed_scale_multiplies() -> None:
    """A metric whose season is a percentage is taken apart on the scale of its logarithm."""
    generator = np.random.default_rng(12)
    factor = np.exp(1.2 * np.sin(2 * np.pi * MONTHS / 12))
    values = 40 * factor * np.exp(0.15 * generator.standard_normal(48))
    found = watch(values, grain="month")
    assert found.limits is not None
    assert found.season is not None
    assert found.limits.transform != "none"
    assert found.track is not None
    assert np.std(np.log(found.track.shown)) < 0.5 * np.std(np.log(values))
