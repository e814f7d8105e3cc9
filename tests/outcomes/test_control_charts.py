"""Limits as published, few false alarms on stable metrics of every shape, and real shifts found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.outcomes.changes import p_value
from workbench.outcomes.control_charts import ALPHA, watch
from workbench.outcomes.definitions import SignalRules
from workbench.outcomes.limits import Limits, corrected_rho, natural_limits, spread_of
from workbench.outcomes.run_rules import signals
from workbench.outcomes.target_odds import assurance

FLOW_RATE = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
"""NIST/SEMATECH e-Handbook of Statistical Methods, section 6.3.2.2, individuals control charts."""

SERIES = 200


def autocorrelated(generator: np.random.Generator, length: int, rho: float, series: int = SERIES) -> np.ndarray:
    """Return stable normal series with this correlation of neighbours."""
    noise = generator.standard_normal((series, length))
    for place in range(1, length):
        noise[:, place] = rho * noise[:, place - 1] + np.sqrt(1 - rho**2) * noise[:, place]
    return noise


STABLE: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "white": lambda g, n: 50 + autocorrelated(g, n, 0.0),
    "AR 0.3": lambda g, n: 50 + autocorrelated(g, n, 0.3),
    "AR 0.6": lambda g, n: 50 + autocorrelated(g, n, 0.6),
    "log-normal": lambda g, n: np.exp(autocorrelated(g, n, 0.0)),
    "exponential": lambda g, n: g.exponential(1.0, (SERIES, n)),
    "Poisson, mean 20": lambda g, n: g.poisson(20, (SERIES, n)).astype(float),
}


def plain_limits(values: list[float] | np.ndarray) -> tuple[float, float, float, float]:
    """Return centre, limits and limit of the ranges of an individuals chart without repairs."""
    sigma, range_limit = spread_of(np.abs(np.diff(values)))
    centre = float(np.mean(values))
    return centre, centre - 3 * sigma, centre + 3 * sigma, range_limit


def test_limits_as_published() -> None:
    """Centre, limits and mean moving range of NIST's ten batches, to the digits printed."""
    centre, lower, upper, range_limit = plain_limits(FLOW_RATE)
    assert round(centre, 2) == 50.81
    assert round(lower, 4) == 45.8159
    assert round(upper, 4) == 55.8041
    assert round(range_limit / 3.268, 4) == 1.8778


def test_limits_scale_with_the_published_factor() -> None:
    """Limits stand 2.66 mean moving ranges from the mean (Wheeler, Understanding Variation)."""
    centre, lower, upper, range_limit = plain_limits([1.0, 2.0, 1.0, 2.0])
    assert (upper - centre, centre - lower) == (pytest.approx(2.66, abs=0.001), pytest.approx(2.66, abs=0.001))
    assert range_limit == pytest.approx(3.27, abs=0.003)


@pytest.mark.parametrize("name", STABLE)
@pytest.mark.parametrize("points", [24, 36])
def test_stable_metrics_raise_few_alarms(name: str, points: int) -> None:
    """Over the points of the baseline at most 5 % of stable metrics raise an alarm (two standard errors allowed)."""
    held = STABLE[name](np.random.default_rng([points, len(name)]), points + 8)
    alarms = 0
    for values in held:
        limits = natural_limits(values, baseline=points)
        assert limits is not None
        assert limits.n == points
        alarms += bool(signals(values[:points], limits, since=0))
    assert alarms / SERIES <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / SERIES)


def test_plain_limits_would_raise_many() -> None:
    """Without the repairs most autocorrelated metrics alarm: the simulation above can fail."""
    held = STABLE["AR 0.6"](np.random.default_rng(4), 36)
    alarms = sum(bool(((v < low) | (v > high)).any()) for v in held for _, low, high, _ in [plain_limits(v)])
    assert alarms / SERIES > 0.4


@pytest.mark.parametrize(
    ("name", "most"),
    [("white", 0.02), ("AR 0.3", 0.02), ("AR 0.6", 0.02), ("Poisson, mean 20", 0.02), ("exponential", 0.03)],
)
def test_the_judgement_of_a_review_is_rarely_wrong(name: str, most: float) -> None:
    """Of stable metrics few move by chance, at 5 % and at one in 200; of very skewed ones a little more."""
    held = STABLE[name](np.random.default_rng(len(name)), 48)
    p = np.array([change.p for values in held if (change := watch(values).change) is not None])
    assert (p <= 0.05).mean() <= 0.085
    assert (p <= ALPHA).mean() <= most + 2 * np.sqrt(ALPHA / SERIES)


@pytest.mark.parametrize(("rho", "size", "wanted"), [(0.0, 3.0, 0.95), (0.0, 2.0, 0.70), (0.3, 4.0, 0.80)])
def test_real_shifts_are_found(rho: float, size: float, wanted: float) -> None:
    """A shift of 3 standard deviations in the last 8 of 48 months is found, and dated within two months."""
    held = autocorrelated(np.random.default_rng(9), 48, rho, 200)
    held[:, -8:] += size
    watched = [watch(values) for values in held]
    assert np.mean([w.has_moved for w in watched]) >= wanted
    dates = [w.change.first for w in watched if w.has_moved and w.change is not None]
    assert np.mean([abs(first - 40) <= 2 for first in dates]) >= 0.9
    assert all(w.change.size > 0 for w in watched if w.has_moved and w.change is not None)


def test_p_values_fall_as_the_statistic_grows() -> None:
    """The chance is monotone, never zero, and one for nothing at all."""
    found = [p_value(statistic, 36, 8, 0.2) for statistic in (0.0, 2.0, 3.0, 5.0, 50.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] == 1.0
    assert 0 < found[-1] < 1e-4


def test_a_run_and_a_trend_and_two_of_three() -> None:
    """Rules fire on the points they name, and only where they reach new points."""
    limits = Limits(10.0, 7.0, 13.0, 3.7, 1.0, "none", 0.0, 0.0, 0, 11, 12, 8)
    base = [10.0, 10.5, 9.5, 10.5, 9.5, 10.5, 9.5, 10.5, 9.5, 10.5, 9.5, 10.5]
    run = signals([*base, *[10.6] * 8], limits, ("run",))
    assert [(s.kind, s.first, s.last, s.points) for s in run] == [("run", 11, 19, 9)]
    assert signals([*base, *[10.6] * 6], limits, ("run",)) == ()
    beyond = signals([*base, 13.0, 13.1], limits, ("beyond",))
    assert [s.first for s in beyond] == [13]  # on the limit is not beyond
    trend = signals([*base, *np.arange(9.6, 11.0, 0.2)], limits, ("trend",))
    assert [s.kind for s in trend] == ["trend"]
    assert [s.kind for s in signals([*base, 12.2, 10.0, 12.3], limits, ("two_of_three",))] == ["two_of_three"]
    assert signals([*base, 12.2, 10.0, 7.7], limits, ("two_of_three",)) == ()
    with pytest.raises(ModelError, match="no rule"):
        signals(base, limits, ("hunch",))


def test_too_few_points_are_too_early() -> None:
    """Under twelve periods nothing is judged, and it says so."""
    watched = watch(np.arange(11.0))
    assert watched.limits is None
    assert watched.reason == "too early to tell: 11 of 12 periods"
    assert not watched.has_moved


def test_a_metric_that_never_changes_has_no_limits_to_break() -> None:
    """A constant baseline gives no signal and no division by zero."""
    watched = watch([5.0] * 20 + [6.0] * 4)
    assert not watched.has_moved
    assert "never changes" in watched.reason


@pytest.mark.parametrize("value", [0.0, -0.0, 0.1, 0.7, 1.0, 3.0, 6.0, 29.0, -4.0, 1e9])
def test_a_constant_metric_is_its_own_usual_range(value: float) -> None:
    """Centre and limits are the value, exactly and never minus zero; its target is met or missed, in each direction."""
    limits = natural_limits([value] * 44)
    assert limits is not None
    assert (limits.centre, limits.lower, limits.upper, limits.sigma) == (value, value, value, 0.0)
    assert not any(str(end) == "-0.0" for end in (limits.centre, limits.lower, limits.upper))
    assert watch([value] * 44).reason.endswith("to compare with")
    for direction in ("up", "down"):
        assert assurance(limits, value, direction).verdict == "passes"
    step = max(1.0, abs(value) / 100)
    assert [assurance(limits, value + step, direction).verdict for direction in ("up", "down")] == ["fails", "passes"]
    assert [assurance(limits, value - step, direction).verdict for direction in ("up", "down")] == ["passes", "fails"]
    assert assurance(limits, None, "band", edges=(value, value + step)).verdict == "passes"
    assert assurance(limits, None, "band", edges=(value + step, value + 2 * step)).verdict == "fails"


def test_limits_of_counts_end_at_zero() -> None:
    """A lower limit of rare counts is 0, not a trace below it that prints as minus zero."""
    limits = natural_limits([0.0, 1.0, 3.0] * 15)
    assert limits is not None
    assert limits.transform == "counts"
    assert str(limits.lower) == "0.0"


def test_rounding_is_no_change() -> None:
    """Divisions that differ in the last digit are one value, on the baseline and on the target."""
    values = [0.1 + 0.2, 0.3] * 22
    limits = natural_limits(values)
    assert limits is not None
    assert limits.is_constant
    assert not watch(values).has_left
    assert assurance(limits, 0.3, "down").verdict == "passes"
    assert assurance(limits, 0.1 + 0.2, "up").verdict == "passes"
    assert assurance(LIMITS, 60.0 * (1 + 1e-12), "up").verdict == "hit_and_miss"
    assert assurance(LIMITS, 40.0 * (1 - 1e-12), "up").verdict == "hit_and_miss"


def test_leaving_a_constant_baseline_is_a_change() -> None:
    """Later points that differ are told; without a usual wobble they are not judged by chance."""
    watched = watch([5.0] * 36 + [9.0] * 8)
    assert watched.has_left
    assert not watched.has_moved
    assert watched.reason.endswith("and later periods differ")


def test_points_that_are_not_judged_do_not_count() -> None:
    """An open or thin period neither shapes limits nor raises a signal."""
    values = [10.0, 11.0] * 12 + [100.0]
    judged = [True] * 24 + [False]
    assert watch(values, judged=judged).signals == ()
    assert watch(values).signals != ()


def test_limits_stay_inside_what_a_share_can_be() -> None:
    """Displayed limits of a share end at 0 and 1."""
    limits = natural_limits([0.9, 1.0, 0.8, 1.0, 0.7, 1.0, 0.9, 0.6, 1.0, 0.9, 1.0, 0.8], within=(0.0, 1.0))
    assert limits is not None
    assert limits.upper == 1.0


def test_a_declared_break_starts_a_new_baseline() -> None:
    """Points before the break are another measure."""
    values = [*[1.0, 2.0] * 12, *[100.0, 101.0] * 10]
    watched = watch(values, start=24)
    assert watched.limits is not None
    assert watched.limits.baseline_from == 24
    assert watched.limits.centre == pytest.approx(100.5)
    assert not watched.has_moved


def test_transforms_are_chosen_by_shape() -> None:
    """Skewed positive data are transformed, symmetric ones and negative ones are not, small counts as counts."""
    generator = np.random.default_rng(8)
    chosen = {
        "lognormal": natural_limits(np.exp(generator.standard_normal(60))),
        "normal": natural_limits(50 + np.sin(np.arange(44.0))),
        "negative": natural_limits(-np.exp(generator.standard_normal(60))),
        "counts": natural_limits(generator.poisson(4, 60).astype(float)),
    }
    names = {key: limits.transform for key, limits in chosen.items() if limits is not None}
    assert names["lognormal"] in ("log", "fourth_root", "sqrt")
    assert names == {"lognormal": names["lognormal"], "normal": "none", "negative": "none", "counts": "counts"}
    assert all(limits is not None and limits.lower < limits.centre < limits.upper for limits in chosen.values())


def test_autocorrelation_widens_limits_and_runs() -> None:
    """Repairs 2 and 3: sigma over sqrt(1 − rho), runs of 8 (1 + rho) / (1 − rho)."""
    slow = natural_limits(50 + autocorrelated(np.random.default_rng(2), 400, 0.6, 1)[0], baseline=24)
    assert slow is not None
    assert slow.rho > 0.2
    assert slow.run_length == int(np.ceil(8 * (1 + slow.rho) / (1 - slow.rho)))
    assert corrected_rho(0.5, 24) == pytest.approx((0.5 + 1 / 24) / (1 - 4 / 24))
    assert corrected_rho(-0.5, 24) == 0.0


LIMITS = Limits(50.0, 40.0, 60.0, 12.0, 3.3, "none", 0.0, 0.0, 0, 35, 36, 9)


@pytest.mark.parametrize(
    ("direction", "target", "verdict"),
    [
        ("up", 65.0, "fails"),
        ("up", 35.0, "passes"),
        ("up", 50.0, "hit_and_miss"),
        ("down", 65.0, "passes"),
        ("down", 35.0, "fails"),
        ("down", 41.0, "hit_and_miss"),
        ("neutral", 65.0, "not_stated"),
    ],
)
def test_assurance_as_in_making_data_count(direction: str, target: float, verdict: str) -> None:
    """Consistently passes or fails when the whole usual range lies on one side, as NHS England defines it."""
    assert assurance(LIMITS, target, direction).verdict == verdict


def test_assurance_of_a_band_and_when_nothing_is_stated() -> None:
    """A band needs both edges; a moving or young process is not judged."""
    assert assurance(LIMITS, None, "band", edges=(30.0, 70.0)).verdict == "passes"
    assert assurance(LIMITS, None, "band", edges=(61.0, 70.0)).verdict == "fails"
    assert assurance(LIMITS, None, "band", edges=(45.0, 70.0)).verdict == "hit_and_miss"
    assert assurance(LIMITS, None, "band", edges=(45.0, None)).verdict == "not_stated"
    changing = assurance(LIMITS, 65.0, "up", by=dt.date(2027, 1, 1), is_changing=True)
    assert (changing.verdict, changing.reason) == ("not_stated", "the process is changing")
    assert assurance(None, 65.0, "up").verdict == "not_stated"
    assert assurance(LIMITS, None, "up").verdict == "not_stated"


def test_wrong_transforms_are_errors() -> None:
    """A transform has to exist and fit."""
    with pytest.raises(ModelError, match="no transform"):
        natural_limits(np.arange(20.0), transform="cube")
    with pytest.raises(ModelError, match="0 or more"):
        natural_limits(np.arange(20.0) - 10, transform="sqrt")
    with pytest.raises(ModelError, match="above 0"):
        natural_limits(np.arange(20.0), transform="log")


@pytest.mark.parametrize(
    ("transform", "least"), [("log", 0.0), ("log", -3.0), ("sqrt", -3.0), ("fourth_root", -3.0), ("counts", -3.0)]
)
def test_a_fixed_transform_that_does_not_fit_gives_way(transform: str, least: float) -> None:
    """Zeros under a logarithm and negative numbers under a root are watched as if nothing were declared, and said."""
    values = np.random.default_rng(1).exponential(4.0, 44) + least
    values[3] = least
    watched = watch(values, rules=SignalRules(transform=transform))
    free = watch(values)
    assert watched.limits == free.limits
    assert watched.change == free.change
    assert len(watched.notes) == 1
    assert "needs values" in watched.notes[0]
    fitting = watch(values - least + 1, rules=SignalRules(transform=transform))
    assert fitting.limits is not None
    assert (fitting.limits.transform, fitting.notes) == (transform, ())
    later = watch([*values[4:] - least + 1, least], rules=SignalRules(transform=transform, baseline=24))
    assert later.notes == ()  # only the baseline has to fit


def test_a_zero_after_a_log_baseline_is_far_below_and_not_minus_infinity() -> None:
    """A transform chosen without zeros meets one later."""
    values = np.concatenate([np.exp(np.random.default_rng(3).standard_normal(36)), [0.0] * 8])
    change = watch(values, rules=SignalRules(transform="log", baseline=36)).change
    assert change is not None
    assert np.isfinite(change.statistic)
    assert change.size < 0


def test_row_order_of_new_points_is_time() -> None:
    """The change is dated by the first point of its level, not by the largest point."""
    values = np.concatenate([[10.0, 11.0] * 18, [10.0, 11.0, 15.0, 16.0, 15.0, 16.0]])
    watched = watch(values, rules=SignalRules())
    assert watched.change is not None
    assert watched.change.first == 38
    assert watched.change.before == pytest.approx(10.5)
    assert watched.change.after == pytest.approx(15.5)
