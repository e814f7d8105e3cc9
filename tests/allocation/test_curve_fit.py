"""Curves fitted from history reproduce certified values, hold the truth nine times in ten, and refuse what is none."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.allocation.curve_answers import hill_curve
from workbench.allocation.curve_fit import COVERAGE, CurveFit, fit_curve
from workbench.allocation.curves import Adbudg, Exponential
from workbench.errors import ModelError

# NIST Statistical Reference Datasets, nonlinear regression, Misra1a and Misra1d: D. Misra (1978), Dental Research
# Monomolecular Adsorption Study; volume by pressure.
PRESSURE = [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0]
VOLUME = [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78]


def band_at(fit: CurveFit, level: float) -> tuple[float, float]:
    """Return the band at a level, between the levels at which it was worked out."""
    return float(np.interp(level, fit.levels, fit.low)), float(np.interp(level, fit.levels, fit.high))


def test_the_exponential_of_misra1a_is_the_certified_one() -> None:
    """The model is b1 (1 - exp(-b2 x)): 238.94212918 and 5.5015643181e-4, as certified."""
    fit = fit_curve(PRESSURE, VOLUME, "exponential", known={"low": 0.0})
    assert fit.parameters["high"] == pytest.approx(238.94212918, rel=1e-6)
    assert fit.parameters["rate"] == pytest.approx(5.5015643181e-4, rel=1e-6)
    assert fit.standard_errors["high"] == pytest.approx(2.7070075241, rel=1e-3)
    assert fit.standard_errors["rate"] == pytest.approx(7.2668688436e-6, rel=1e-3)
    assert fit.residual_sd == pytest.approx(0.10187876330, rel=1e-6)
    assert (fit.n, fit.band, fit.seen) == (14, "delta", (77.6, 760.0))
    assert isinstance(fit.curve, Exponential)


def test_the_hyperbola_of_misra1d_is_the_certified_one() -> None:
    """The model is b1 b2 x/(1 + b2 x), a Hill curve of shape 1 with K = 1/b2: 437.36970754 and 3.0227324449e-4."""
    fit = fit_curve(PRESSURE, VOLUME, "hill", known={"low": 0.0, "shape": 1.0})
    assert fit.parameters["high"] == pytest.approx(437.36970754, rel=1e-6)
    assert 1.0 / fit.parameters["half_level"] == pytest.approx(3.0227324449e-4, rel=1e-6)
    assert fit.residual_sd == pytest.approx(0.068568272111, rel=1e-6)
    assert fit.standard_errors["high"] == pytest.approx(3.6489174345, rel=1e-3)
    assert isinstance(fit.curve, Adbudg)
    assert fit.curve.family == "hill"


def test_an_exact_history_gives_its_curve_back() -> None:
    """Whatever the units, with a band of almost nothing."""
    truth = hill_curve(2.0, 50.0, half_level=400.0, shape=2.2, reference=300.0)
    levels = np.linspace(0, 1200, 12)
    for unit in (1.0, 1e6):
        fit = fit_curve(levels * unit, [truth.value(level) for level in levels])
        assert fit.parameters["half_level"] == pytest.approx(400.0 * unit, rel=1e-4)
        assert fit.parameters["shape"] == pytest.approx(2.2, rel=1e-4)
        assert fit.curve.value(700.0 * unit) == pytest.approx(truth.value(700.0), rel=1e-6)
        assert fit.width < 1e-3
        assert fit.agreed >= 1
        assert fit.extrapolates(1300.0 * unit)
        assert not fit.extrapolates(600.0 * unit)


def test_the_band_holds_the_curve_about_nine_times_in_ten() -> None:
    """At a level that was seen, over seeded histories with known noise."""
    truth, draw = hill_curve(1.0, 9.0, half_level=4.0, shape=1.8, reference=4.0), np.random.default_rng(7)
    levels = np.repeat(np.linspace(0.0, 12.0, 9), 2)
    held = []
    for _ in range(40):
        outcomes = [truth.value(level) + draw.normal(0, 0.4) for level in levels]
        fit = fit_curve(levels, outcomes)
        if fit.band == "bootstrap":
            continue
        for level in (1.5, 6.0, 12.0):
            low, high = band_at(fit, level)
            held.append(low <= truth.value(level) <= high)
    assert len(held) > 80
    assert np.mean(held) == pytest.approx(COVERAGE, abs=0.1)  # 0.89 over 250 histories


def test_a_parameter_on_its_bound_draws_residuals_anew() -> None:
    """A history that never bends leaves the rise open: the band then comes from the bootstrap, and is seeded."""
    levels, draw = np.linspace(0, 10, 10), np.random.default_rng(3)
    outcomes = 2.0 * levels + draw.normal(0, 0.3, 10)
    fit, again = (fit_curve(levels, outcomes, "exponential") for _ in range(2))
    assert fit.band == "bootstrap"
    assert fit.standard_errors["rate"] is None
    assert (fit.low, fit.high) == (again.low, again.high)
    assert all(low <= high for low, high in zip(fit.low, fit.high, strict=True))
    low, high = band_at(fit, 5.0)
    assert low < 10.0 < high
    assert 0.05 < high - low < 2.0


@pytest.mark.parametrize(
    ("levels", "outcomes", "more", "said"),
    [
        pytest.param(
            [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], {}, "5 points are too few to fit 4 parameters; bring 6", id="few"
        ),
        pytest.param([0, 0, 0, 1, 1, 1, 2], [0, 1, 2, 3, 4, 5, 6], {}, "3 different levels; 4 parameters", id="levels"),
        pytest.param(range(8), [3] * 8, {}, "do not rise", id="flat"),
        pytest.param(range(8), range(8, 0, -1), {}, "do not rise", id="falls"),
        pytest.param(range(8), [*range(7), float("nan")], {}, "numbers only", id="a number missing"),
        pytest.param([-1, *range(7)], range(8), {}, "levels of 0 or more", id="a negative level"),
        pytest.param(range(8), range(7), {}, "8 levels and 7 outcomes", id="lengths"),
        pytest.param(range(8), range(8), {"family": "points"}, "hill and exponential can", id="family"),
        pytest.param(range(8), range(8), {"known": {"rate": 1}}, "has no parameter 'rate'", id="parameter"),
    ],
)
def test_what_is_no_history_is_refused(levels: list, outcomes: list, more: dict, said: str) -> None:
    """One clear sentence each."""
    with pytest.raises(ModelError, match=said):
        fit_curve(list(levels), list(outcomes), **more)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        pytest.param((9.0, 1.0, 4.0, 2.0), "9 there and 1 without limit", id="a curve that falls"),
        pytest.param((1.0, 9.0, 0.0, 2.0), "half-way level and a reference above zero", id="no half-way level"),
        pytest.param((1.0, 9.0, 4.0, -1.0), "shape above zero", id="a negative shape"),
        pytest.param((float("nan"), 9.0, 4.0, 1.0), "nan there", id="no number"),
    ],
)
def test_a_hill_curve_that_is_none_is_refused(numbers: tuple[float, ...], said: str) -> None:
    """With what was given."""
    low, high, half_level, shape = numbers
    with pytest.raises(ModelError, match=said):
        hill_curve(low, high, half_level, shape, reference=2.0)
