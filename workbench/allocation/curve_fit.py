r"""Curves fitted from history, with a band of the curve, not of its parameters.

Least squares in bounds (`scipy.optimize.curve_fit`) on data scaled to [0, 1], from several starts, the best kept. The
band at a level is the delta method's (D. M. Bates and D. G. Watts 1988, Nonlinear Regression Analysis and Its
Applications, section 2.3): parameters are so strongly correlated that their own intervals mislead. Where it does not
apply (a parameter on its bound, a singular information) the residuals are drawn anew (B. Efron and R. J. Tibshirani
1993, An Introduction to the Bootstrap, chapter 9). History is no experiment: where spending followed demand, a curve
shows more than spending alone would bring.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.special import stdtrit

from workbench.allocation.curve_answers import hill_curve
from workbench.allocation.curves import Curve, Exponential
from workbench.errors import ModelError

COVERAGE = 0.90
"""How often the band should hold the curve at a level (ours: a board's "nine times in ten")."""
SPARE_POINTS = 2
"""Points beyond the number of parameters without which nothing is fitted (ours)."""
DRAWS = 199
"""Times the residuals are drawn anew where the delta method does not apply (ours: 90 % bands settle)."""
ON_BOUND = 1e-4
"""A parameter this near its bound, as a share of the way between the bounds, sits on it."""
AGREED = 1e-3
"""Starts whose sum of squares is within this share of the least ended at the same curve."""
LARGEST_RISE = 20.0
"""The rise without limit, in ranges of the outcomes seen: beyond that history says nothing (ours)."""
_SHAPES = (0.3, 8.0)
_HALVES = (0.01, 20.0)
_RATES = (0.005, 100.0)
_LOWS = (-1.0, 1.0)
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "hill": ("low", "high", "shape", "half_level"),
    "exponential": ("low", "high", "rate"),
}
"""Families that can be fitted, and what is fitted of each."""


@dataclass(frozen=True)
class CurveFit:
    """A curve fitted from history.

    Attributes
    ----------
    curve : Curve
    family : str
        ``hill`` or ``exponential``.
    parameters, standard_errors : mapping of str to float
        In the client's units; the error is None in `standard_errors` where it could not be told.
    levels, low, high : tuple of float
        The `COVERAGE` band of the curve at levels from 0 to the largest seen. Units: activity, outcome.
    residual_sd : float
        Unit: outcome.
    n : int
        Points fitted.
    starts, agreed : int
        Starts tried, and those that ended at the best fit.
    seen : tuple of float
        Smallest and largest level in the history.
    band : str
        ``delta`` or ``bootstrap``.
    """

    curve: Curve
    family: str
    parameters: Mapping[str, float]
    standard_errors: Mapping[str, float | None]
    levels: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    residual_sd: float
    n: int
    starts: int
    agreed: int
    seen: tuple[float, float]
    band: str

    def extrapolates(self, level: float) -> bool:
        """Return whether a level lies outside those seen."""
        slack = 1e-9 * self.seen[1]
        return not self.seen[0] - slack <= level <= self.seen[1] + slack

    @property
    def width(self) -> float:
        """Mean half width of the band over the levels seen, as a share of the rise that was seen."""
        inside = [place for place, level in enumerate(self.levels) if not self.extrapolates(level)]
        rise = self.curve.value(self.seen[1]) - self.curve.value(self.seen[0])
        return float(np.mean([(self.high[place] - self.low[place]) / 2.0 for place in inside])) / rise


def fit_curve(
    levels: Sequence[float],
    outcomes: Sequence[float],
    family: str = "hill",
    *,
    known: Mapping[str, float] | None = None,
    reference: float | None = None,
    seed: int = 0,
) -> CurveFit:
    """Return the curve of a family that is nearest to a history, with its band.

    Parameters
    ----------
    levels, outcomes : sequence of float
        One pair a period, in any order. Units: activity, outcome.
    family : str
        ``hill`` (low, high, shape, half_level) or ``exponential`` (low, high, rate).
    known : mapping of str to float, optional
        Parameters that are not fitted, such as ``{"low": 0.0}``. Client's units.
    reference : float, optional
        Level that readers know; by default the median of those seen.
    seed : int
        Of the bootstrap, where there is one.

    Raises
    ------
    ModelError
        The family or a parameter is unknown, a number is missing, there are too few points or levels, or outcomes do
        not rise with the level.
    """
    if family not in PARAMETERS:
        raise ModelError(f"{family!r} cannot be fitted; {' and '.join(PARAMETERS)} can.")
    fixed = dict(known or {})
    names = [name for name in PARAMETERS[family] if name not in fixed]
    for name in fixed:
        if name not in PARAMETERS[family]:
            raise ModelError(f"{family} has no parameter {name!r}; it has {', '.join(PARAMETERS[family])}.")
    x, y = _checked(levels, outcomes, names)
    scale = _Scale(float(x.max()), float(y.min()), float(y.max() - y.min()))
    held = {name: scale.inward(name, value) for name, value in fixed.items()}
    task = _Task(family, names, held)
    best, covariance, starts, agreed = _best_fit(task, x / scale.size, (y - scale.base) / scale.rise)
    residuals = (y - scale.base) / scale.rise - task.values(x / scale.size, best)
    freedom = len(x) - len(names)
    spread = math.sqrt(float(residuals @ residuals) / freedom)
    full = task.full(best)
    if not full["high"] > full["low"] or task.values(np.array([1.0]), best)[0] - full["low"] < 1e-6:
        raise ModelError("The outcomes do not rise with the level: this history is no response curve.")
    grid = np.linspace(0.0, 1.0, 41)
    is_regular = bool(np.all(np.isfinite(covariance))) and not task.on_bound(best)
    if is_regular:
        slopes = task.slopes(grid, best)
        error = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slopes, covariance, slopes), 0.0))
        reach = float(stdtrit(freedom, 0.5 + COVERAGE / 2.0)) * error
        middle = task.values(grid, best)
        low, high = middle - reach, middle + reach
    else:
        low, high = _drawn_band(task, x / scale.size, best, residuals * math.sqrt(len(x) / freedom), grid, seed)
    outward = {name: scale.outward(name, value) for name, value in full.items()}
    outward.update(fixed)
    errors = np.sqrt(np.diag(covariance)) if is_regular else np.full(len(names), np.nan)
    told = {
        name: float(error) * scale.factor(name) if np.isfinite(error) else None
        for name, error in zip(names, errors, strict=True)
    }
    return CurveFit(
        curve=_curve(family, outward, float(np.median(x)) if reference is None else float(reference)),
        family=family,
        parameters={name: float(outward[name]) for name in PARAMETERS[family]},
        standard_errors=told,
        levels=tuple(float(level) for level in grid * scale.size),
        low=tuple(float(value) for value in scale.base + scale.rise * low),
        high=tuple(float(value) for value in scale.base + scale.rise * high),
        residual_sd=spread * scale.rise,
        n=len(x),
        starts=starts,
        agreed=agreed,
        seen=(float(x.min()), float(x.max())),
        band="delta" if is_regular else "bootstrap",
    )


@dataclass(frozen=True)
class _Scale:
    """Levels as shares of the largest, outcomes as shares of their range."""

    size: float
    base: float
    rise: float

    def factor(self, name: str) -> float:
        return {"low": self.rise, "high": self.rise, "half_level": self.size, "rate": 1.0 / self.size}.get(name, 1.0)

    def inward(self, name: str, value: float) -> float:
        return (value - (self.base if name in ("low", "high") else 0.0)) / self.factor(name)

    def outward(self, name: str, value: float) -> float:
        return value * self.factor(name) + (self.base if name in ("low", "high") else 0.0)


@dataclass(frozen=True)
class _Task:
    """A family with some parameters known; everything scaled."""

    family: str
    names: Sequence[str]
    known: Mapping[str, float]

    def full(self, found: np.ndarray) -> dict[str, float]:
        return {**self.known, **{name: float(value) for name, value in zip(self.names, found, strict=True)}}

    def values(self, x: np.ndarray, found: np.ndarray) -> np.ndarray:
        held = self.full(found)
        if self.family == "exponential":
            share = -np.expm1(-held["rate"] * x)
        else:
            with np.errstate(divide="ignore", over="ignore"):
                share = np.where(
                    x > 0, 1.0 / (1.0 + (held["half_level"] / np.maximum(x, 1e-300)) ** held["shape"]), 0.0
                )
        return np.asarray(held["low"] + (held["high"] - held["low"]) * share)

    def slopes(self, x: np.ndarray, found: np.ndarray) -> np.ndarray:
        """Return derivatives of the curve by each parameter, central differences."""
        columns = []
        for place, value in enumerate(found):
            step = 1e-6 * max(abs(value), 1e-3)
            more, less = found.copy(), found.copy()
            more[place] += step
            less[place] -= step
            columns.append((self.values(x, more) - self.values(x, less)) / (2.0 * step))
        return np.array(columns).T

    @property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        of = {
            "low": _LOWS,
            "high": (0.0, LARGEST_RISE),
            "shape": _SHAPES,
            "half_level": _HALVES,
            "rate": _RATES,
        }
        low, high = zip(*(of[name] for name in self.names), strict=True)
        return np.array(low), np.array(high)

    def on_bound(self, found: np.ndarray) -> bool:
        low, high = self.bounds
        near = ON_BOUND * (high - low)
        return bool(np.any((found - low < near) | (high - found < near)))

    def starts(self) -> list[np.ndarray]:
        """Return a small grid: where the half of the rise is reached, and how steep the curve is there."""
        found: list[np.ndarray] = []
        for half in (0.15, 0.5, 1.5):
            for shape in (0.8, 2.5) if self.family == "hill" else (1.0,):
                for high in (1.0, 3.0):
                    at = {"low": 0.0, "high": high, "shape": shape, "half_level": half, "rate": math.log(2) / half}
                    start = np.array([at[name] for name in self.names])
                    if not any(np.array_equal(start, other) for other in found):
                        found.append(start)
        return found


def _checked(levels: Sequence[float], outcomes: Sequence[float], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(levels, dtype=float), np.asarray(outcomes, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ModelError(f"A history is pairs of level and outcome; got {x.size} levels and {y.size} outcomes.")
    if not (np.all(np.isfinite(x)) and np.all(np.isfinite(y)) and np.all(x >= 0)):
        raise ModelError("A history holds numbers only, and levels of 0 or more.")
    need = len(names) + SPARE_POINTS
    if len(x) < need:
        raise ModelError(f"{len(x)} points are too few to fit {len(names)} parameters; bring {need} or more.")
    if len(np.unique(x)) < max(len(names), 2):
        raise ModelError(
            f"The history has {len(np.unique(x))} different levels; {len(names)} parameters need as many or more."
        )
    if not y.max() > y.min():
        raise ModelError("The outcomes do not rise with the level: this history is no response curve.")
    order = np.lexsort((y, x))
    return x[order], y[order]


def _best_fit(task: _Task, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Return the best of several starts, its covariance, the starts and how many agreed."""
    found: list[tuple[float, np.ndarray, np.ndarray]] = []
    starts = task.starts()
    for start in starts:
        fit = _fitted(task, x, y, start)
        if fit is not None:
            residuals = y - task.values(x, fit[0])
            found.append((float(residuals @ residuals), *fit))
    if not found:
        raise ModelError("No curve of this family fits the history: no start led anywhere.")
    least, best, covariance = min(found, key=lambda item: item[0])
    agreed = sum(held <= least * (1.0 + AGREED) + 1e-12 for held, *_ in found)
    best, covariance = _fitted(task, x, y, best, close=1e-12) or (best, covariance)
    return best, covariance, len(starts), agreed


def _fitted(
    task: _Task, x: np.ndarray, y: np.ndarray, start: np.ndarray, *, close: float = 1e-7
) -> tuple[np.ndarray, np.ndarray] | None:
    def model(level: np.ndarray, *found: float) -> np.ndarray:
        return task.values(level, np.array(found))

    low, high = task.bounds
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", OptimizeWarning)  # a singular covariance is looked at, not warned of
        try:
            best, covariance = curve_fit(
                model, x, y, p0=np.clip(start, low, high), bounds=(low, high), max_nfev=400, ftol=close, xtol=close
            )
        except (RuntimeError, ValueError):  # this start led nowhere; others do
            return None
    return best, covariance


def _drawn_band(
    task: _Task, x: np.ndarray, best: np.ndarray, residuals: np.ndarray, grid: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the band of curves fitted to the fit plus residuals drawn anew; seeded."""
    draw, middle = np.random.default_rng(seed), task.values(x, best)
    curves = []
    for _ in range(DRAWS):
        fit = _fitted(task, x, middle + draw.choice(residuals, size=len(x)), best)
        if fit is not None:
            curves.append(task.values(grid, fit[0]))
    tail = (1.0 - COVERAGE) / 2.0
    low, high = np.quantile(np.array(curves), [tail, 1.0 - tail], axis=0)
    centre = task.values(grid, best)
    return np.minimum(low, centre), np.maximum(high, centre)


def _curve(family: str, held: Mapping[str, float], reference: float) -> Curve:
    if family == "exponential":
        return Exponential(held["low"], held["high"], held["rate"], reference)
    return hill_curve(held["low"], held["high"], held["half_level"], held["shape"], reference=reference)
