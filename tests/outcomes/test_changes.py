"""The judgement: rarely wrong on stable metrics of any shape, and the shifts that matter are found."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.signals import SHIFTS, WORLDS, false_alarms, found_shifts
from workbench.outcomes import changes
from workbench.outcomes.changes import LEAST_CHANCE, p_value, shape_of
from workbench.outcomes.control_charts import watch
from workbench.outcomes.definitions import SignalRules

SERIES = 120
FEW = 2 * np.sqrt(0.05 * 0.95 / SERIES)
"""Two standard errors of a share of 5 % among so many series."""


@pytest.mark.parametrize("name", WORLDS)
def test_stable_metrics_seldom_alarm(name: str) -> None:
    """By the chart over its baseline, and by the judgement of eight new points, at most 5 % (6 % where AR) alarm."""
    by_chart, by_judgement = false_alarms(name, SERIES)
    most = 0.06 if name.startswith("AR") else 0.05
    assert by_chart <= most + FEW
    assert by_judgement <= most + FEW


@pytest.mark.parametrize(("rho", "least"), SHIFTS)
def test_shifts_of_two_sigma_are_found(rho: float, least: float) -> None:
    """Within eight new points: 80 % in white noise, 60 % at AR 0.3, 35 % at AR 0.6."""
    assert found_shifts(rho, 2.0, SERIES) >= least


def test_the_null_chooses_a_scale_as_the_series_did() -> None:
    """What is rare among normal series is less rare where a skewed baseline chose its scale."""
    plain, skewed = p_value(3.6, 36, 8, 0.0), p_value(3.6, 36, 8, 0.0, shape=("log", 1.0))
    assert plain < skewed < 3 * plain
    assert shape_of("none", np.arange(9.0)) == ("", 0.0)
    assert shape_of("log", np.array([0.0, 1.0, 2.0]))[1] == 1.0
    assert shape_of("sqrt", np.array([3.0, 4.0, 5.0]))[1] == 4.0


def test_rarer_chances_than_were_simulated_are_fitted() -> None:
    """Beyond 1 in 20,000 chances go on falling, join the simulated ones, and end at a floor."""
    chances = [p_value(statistic, 36, 8, 0.0) for statistic in np.arange(3.0, 9.0, 0.25)]
    assert all(later <= sooner for sooner, later in pairwise(chances))
    assert max(sooner / later for sooner, later in pairwise(chances)) < 8
    assert chances[-1] < 1 / 20_001
    assert p_value(60.0, 36, 8, 0.0) >= LEAST_CHANCE


def test_gaps_neither_shape_nor_date_a_change() -> None:
    """A missing month is no zero: the change is dated by the months that are there."""
    values = 50 + np.random.default_rng(7).standard_normal(48)
    values[40:] += 5
    whole = watch(values)
    values[[10, 41]] = np.nan
    holed = watch(values)
    assert whole.change is not None
    assert holed.change is not None
    assert (whole.change.first, holed.change.first) == (40, 40)
    assert holed.change.points == 7
    assert holed.change.p <= 0.005


def test_a_change_is_dated_by_all_points_after_the_baseline() -> None:
    """A level that has stood for two years did not begin a year ago, because a year is what is judged."""
    values = 50 + np.random.default_rng(5).standard_normal(60)
    values[40:] += 5
    change = watch(values).change
    assert change is not None
    assert (change.first, change.points) == (40, 20)
    assert change.after == pytest.approx(values[40:].mean())
    values[44:] -= 10  # above for four months, below for sixteen
    later = watch(values).change
    assert later is not None
    assert later.first == 44
    assert later.size < 0


def test_missing_periods_are_no_points_of_a_new_level() -> None:
    """Of shares, and of what is compared with the year before, the level is that of as many periods as are named."""
    generator = np.random.default_rng(3)
    rows = np.full(48, 400.0)
    values = generator.binomial(400, 0.2, 48) / 400
    values[40:] = generator.binomial(400, np.linspace(0.32, 0.4, 8)) / 400
    values[42] = np.nan
    share = watch(values, rules=SignalRules(chart="p"), rows=rows).change
    assert share is not None
    assert share.points == 7
    assert share.after == pytest.approx(np.nanmean(values[40:]))
    levels = 50 + generator.standard_normal(30)
    levels[24:] += np.arange(10, 16)
    levels[26] = np.nan
    year = watch(levels, rules=SignalRules(season="known"), grain="month")
    assert year.season is not None
    assert year.season.kind == "year_before"
    assert year.change is not None
    assert year.change.after == pytest.approx(np.nanmean(levels[24:]))


def test_the_largest_statistic_is_that_of_all_stretches() -> None:
    """The highest and the lowest stretch of each length are enough: all starts and looks give the same digits."""
    series = np.random.default_rng(4).standard_normal((36, 50))
    got = changes._largest(series, 24)
    assert got.tolist() == [changes._statistics(column, 24).max() for column in series.T]
