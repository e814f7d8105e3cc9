"""Chances of targets: exact where a formula exists, calibrated where none does, not stated where nothing is known."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson
from scipy.stats import t as student

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.signals import target_chances
from workbench.outcomes import target_odds
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.control_charts import watch
from workbench.outcomes.definitions import Measure
from workbench.outcomes.target_odds import SUREST, Assurance, assurance, chance_of_target, periods_ahead, with_chance

BY = dt.date(2027, 3, 31)


def test_without_correlation_it_is_the_predictive_t(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where rho is 0 for certain, the chance is Student's: (mean − target) / (s·√(1 + 1/n)), n − 1 degrees."""
    monkeypatch.setattr(target_odds, "RHOS", np.array([0.0]))
    values = 50 + np.random.default_rng(3).standard_normal(20)
    for target in (49.0, 50.5, 52.0):
        spread = values.std(ddof=1) * np.sqrt(1 + 1 / 20)
        expected = student.sf((target - values.mean()) / spread, 19)
        got = chance_of_target(values, 4, target, "up", draws=20_000)
        assert got.chance == pytest.approx(expected, abs=0.006)
        assert got.low < got.chance < got.high
        assert chance_of_target(values, 4, target, "down", draws=20_000).chance == pytest.approx(
            1 - got.chance, abs=1e-9
        )


def test_the_last_value_counts_where_periods_hang_together() -> None:
    """A slow process that stands high is likelier above the mean next month than next year."""
    generator = np.random.default_rng(11)
    values = np.zeros(80)
    for place in range(1, 80):
        values[place] = 0.8 * values[place - 1] + 0.6 * generator.standard_normal()
    values[-1] = values.mean() + 2.0
    near, far = (chance_of_target(values, ahead, values.mean() + 0.5, "up").chance for ahead in (1, 24))
    assert near > far + 0.15


def test_a_season_moves_the_chance_of_its_month() -> None:
    """A target for the best month is likelier than the same one for the worst."""
    places = np.arange(48)
    values = 100 + 4 * np.sin(2 * np.pi * places / 12) + np.random.default_rng(2).standard_normal(48)
    found = watch(values, grain="month")
    best, worst = (
        chance_of_target(values, ahead, 100.0, "up", season=found.season, place=0).chance for ahead in (4, 10)
    )
    assert best > 0.95
    assert worst < 0.05


def test_chances_are_calibrated() -> None:
    """Of what is stated with 70 %, 70 of 100 come true; intervals hold the true chance; better than climatology."""
    held = target_chances(500)
    stated = np.array([said for said, _, _ in held["reliability"]])
    came = np.array([seen for _, seen, _ in held["reliability"]])
    counts = np.array([number for _, _, number in held["reliability"]])
    errors = np.sqrt(np.maximum(stated * (1 - stated), 0.02) / counts)
    assert (np.abs(stated - came) <= 3 * errors).all()
    assert held["brier"] < 0.75 * held["climatology"]
    assert held["covered"] == pytest.approx(0.80, abs=0.06)


def test_a_gap_is_waited_through() -> None:
    """Missing periods shorten what is known and lengthen the way; they are no zeros."""
    values = 50 + np.random.default_rng(5).standard_normal(40)
    holed = values.copy()
    holed[[7, 20, 39]] = np.nan
    whole, missing = (chance_of_target(held, 3, 50.0, "up") for held in (values, holed))
    assert missing.chance == pytest.approx(whole.chance, abs=0.12)


def stated(values: np.ndarray, verdict: str = "hit_and_miss", target: float | None = 50.0) -> Assurance:
    """Return what is stated of a target half a year ahead."""
    found = watch(values, grain="month")
    held = Assurance(target, BY, verdict, "so")
    return with_chance(held, values, found.limits, found.season, direction="up", ahead=6)


def test_nothing_is_stated_where_nothing_is_known() -> None:
    """No chance while it is changing, without a date, for a date behind or far ahead, or of a constant."""
    values = 50 + np.random.default_rng(1).standard_normal(36)
    assert stated(values).chance is not None
    assert stated(values, "not_stated").chance is None
    assert stated(np.full(36, 5.0)).chance is None
    found, held = watch(values), Assurance(50.0, BY, "hit_and_miss", "so")
    for more in (0, 5 * 36 + 1):
        assert with_chance(held, values, found.limits, None, direction="up", ahead=more).chance is None
    assert with_chance(replace(held, by=None), values, found.limits, None, direction="up", ahead=6).chance is None
    late = with_chance(held, values, found.limits, None, direction="up", ahead=6, since=26)
    assert late.chance is None  # ten periods since the last acknowledged change


def test_no_chance_is_surer_than_the_assumption() -> None:
    """A target far inside or outside is stated with 99 % and 1 %."""
    values = 50 + np.random.default_rng(1).standard_normal(36)
    assert stated(values, "passes", 20.0).chance == SUREST
    assert stated(values, "fails", 90.0).chance == pytest.approx(1 - SUREST)


@pytest.mark.parametrize(
    ("grain", "latest", "by", "expected"),
    [
        ("month", dt.date(2026, 9, 1), dt.date(2027, 3, 31), 6),
        ("month", dt.date(2026, 9, 1), dt.date(2027, 3, 1), 6),
        ("month", dt.date(2026, 9, 1), dt.date(2026, 9, 30), 0),
        ("month", dt.date(2026, 9, 1), dt.date(2026, 1, 1), 0),
        ("quarter", dt.date(2026, 7, 1), dt.date(2026, 12, 31), 1),
        ("week", dt.date(2026, 9, 21), dt.date(2026, 10, 11), 2),
        ("day", dt.date(2026, 9, 21), dt.date(2026, 9, 25), 4),
    ],
)
def test_periods_ahead(grain: str, latest: dt.date, by: dt.date, expected: int) -> None:
    """The period that holds the date counts, in the metric's own calendar."""
    metric = Metric("orders", "Orders", "count", Measure("events"), grain=grain)
    assert periods_ahead(metric, latest, by) == expected


def test_a_count_that_equals_its_target_meets_it() -> None:
    """Among Poisson counts of mean 4 the chances are those of at least 5 and at most 3, not of what lies beyond."""
    generator, held = np.random.default_rng(17), Assurance(5.0, BY, "hit_and_miss", "so")
    up: list[float] = []
    down: list[float] = []
    for _ in range(40):
        values = generator.poisson(4.0, 60).astype(float)
        limits = watch(values).limits
        up.append(with_chance(held, values, limits, None, direction="up", ahead=3).chance or np.nan)
        low = replace(held, target=3.0)
        down.append(with_chance(low, values, limits, None, direction="down", ahead=3).chance or np.nan)
    assert np.mean(up) == pytest.approx(poisson.sf(4, 4.0), abs=0.03)
    assert np.mean(down) == pytest.approx(poisson.cdf(3, 4.0), abs=0.03)


@pytest.mark.parametrize(("target", "is_met", "verdict"), [(60.0, True, "not_stated"), (60.0, False, "fails")])
def test_nothing_is_consistent_that_the_latest_period_contradicts(target: float, is_met: bool, verdict: str) -> None:
    """A target beyond the usual range that the latest period meets is not said to be missed again and again."""
    limits = watch(50 + np.random.default_rng(1).standard_normal(36)).limits
    found = assurance(limits, target, "up", is_met=is_met)
    assert found.verdict == verdict
    other = assurance(limits, target, "down", is_met=is_met)
    assert other.verdict == ("passes" if is_met else "not_stated")
