"""Seasons: found in two full cycles and removed, compared with the same period a year before, or refused by name.

A metric with a season alarms every December, and hides what happens in July. The season is the mean of each phase over
the frozen baseline beside a straight line through it, so that growth is not taken for a season. It is removed only
where it is evident beyond the autocorrelation of what is left: the F test of the phases, values and phases whitened
with the estimated AR(1) first (D. Cochrane and G. H. Orcutt 1949, J. Am. Stat. Assoc. 44, 32-61).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import fdtrc

from workbench.outcomes.limits import LEAST_POINTS, RUN_LENGTH, corrected_rho, lag_one, neighbours

PERIODS = {"day": 7, "week": 52, "month": 12, "quarter": 4}
"""Periods in one cycle: a week of days, a year of weeks, months or quarters. Years have no season."""

CYCLE_NAMES = {"day": "week", "week": "year", "month": "year", "quarter": "year"}
"""What one cycle is called."""

EVIDENT = 0.01
"""A season is removed where chance would show as clear a one less often than this (ours)."""

LEAST_CYCLES = 2
"""Full cycles that a season is learned from."""

Array = np.ndarray


@dataclass(frozen=True)
class Season:
    """What was done about a season.

    Attributes
    ----------
    kind : str
        ``removed``, or ``year_before``: each period is compared with the same one a cycle before.
    period : int
        Periods in a cycle.
    effects : tuple of float
        What each phase adds, on the transformed scale; place p of a series has phase p modulo `period`. They add up
        to 0; none where nothing was learned.
    p : float or None
        Chance of as clear a season in a metric without one; None where nobody asked.
    cycles : float
        Full cycles it was learned from.
    """

    kind: str
    period: int
    effects: tuple[float, ...] = ()
    p: float | None = None
    cycles: float = 0.0

    def at(self, places: Array) -> Array:
        """Return what the season adds at these places, on the transformed scale."""
        if not self.effects:
            return np.zeros(places.size)
        return np.asarray(self.effects)[places % self.period]


def season_baseline(found: int, wanted: int, period: int) -> int:
    """Return how many points a baseline must have to hold two full cycles; 0 where the history is too short.

    Parameters
    ----------
    found, wanted : int
        Periods with a value; points of baseline the metric asks for.
    """
    needed = max(wanted, LEAST_CYCLES * period)
    if found - RUN_LENGTH >= needed:
        return needed
    least = LEAST_CYCLES * period
    return max(least, found - RUN_LENGTH) if found - RUN_LENGTH >= least else 0


def find_season(scaled: Array, places: Array, period: int) -> Season | None:
    """Return the season of a baseline, with the chance of as clear a one where there is none.

    Parameters
    ----------
    scaled : array of float
        The baseline on its scale.
    places : array of int
        Place of each point.
    period : int
        Periods in a cycle.

    Returns
    -------
    Season or None
        None where a phase was never seen twice.
    """
    phases = places % period
    if np.bincount(phases, minlength=period).min() < LEAST_CYCLES or places.size < period + 3:
        return None
    effects = season_projection(places, period) @ scaled
    return Season(
        "removed", period, tuple(float(e) for e in effects), _chance(scaled, places, period), places.size / period
    )


def is_evident(season: Season | None) -> bool:
    """Return whether chance alone would hardly show as clear a season."""
    return season is not None and season.p is not None and season.p <= EVIDENT


def season_projection(places: Array, period: int) -> Array:
    """Return the matrix that takes a baseline to its season: phase means beside a straight line, adding up to 0.

    Returns
    -------
    array, shape (period, n)
    """
    return _projection(tuple(places.tolist()), period)


@lru_cache(maxsize=512)
def _projection(places: tuple[int, ...], period: int) -> Array:
    fit = np.linalg.pinv(_design(places, period))[:period]
    found: Array = fit - fit.mean(axis=0)
    found.setflags(write=False)
    return found


@lru_cache(maxsize=512)
def _design(at: tuple[int, ...], period: int) -> Array:
    places = np.array(at)
    line = (places - places.mean()) / max(float(places.std()), 1.0)
    found = np.column_stack([np.eye(period)[places % period], line])
    found.setflags(write=False)
    return found


def _chance(scaled: Array, places: Array, period: int) -> float:
    """Return the p-value of the phases, after whitening with the autocorrelation of what they leave."""
    full, steps = _design(tuple(places.tolist()), period), neighbours(places)
    rest = scaled - full @ np.linalg.lstsq(full, scaled, rcond=None)[0]
    freedom = places.size - period - 1
    if float(rest @ rest) <= 1e-18 * float(scaled @ scaled):
        return 0.0
    # phases and line take away correlation too: the bias is that of the points which are left
    rho = corrected_rho(lag_one(rest, steps), max(freedom, LEAST_POINTS))
    keep = 1.0 * steps

    def whiten(values: Array) -> Array:
        first, later = values[:1] * np.sqrt(1 - rho**2), values[1:]
        lagged = values[:-1] * (rho * keep if values.ndim == 1 else (rho * keep)[:, None])
        return np.concatenate([first, later - lagged])

    goal, wide = whiten(scaled), whiten(full)
    narrow = whiten(np.column_stack([np.ones(places.size), full[:, -1]]))
    left, more = (_squares(design, goal) for design in (wide, narrow))
    if freedom <= 0 or left <= 0:
        return 1.0
    ratio = max(more - left, 0.0) / (period - 1) / (left / freedom)
    return float(fdtrc(period - 1, freedom, ratio))


def _squares(design: Array, goal: Array) -> float:
    rest = goal - design @ np.linalg.lstsq(design, goal, rcond=None)[0]
    return float(rest @ rest)
