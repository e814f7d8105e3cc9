"""How often charts cry wolf, what they find, and what a chance of a target is worth: simulations with known truth.

`false_alarms`, `shifts`, `rule_shares`, `portfolios` and `target_chances` are called with fewer series by the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.outcomes.control_charts import watch
from workbench.outcomes.definitions import SignalRules
from workbench.outcomes.limits import natural_limits
from workbench.outcomes.run_rules import RULE_SETS, signals

SEED = 20_260_930
BASELINE, NEW = 36, 8
SERIES = 2_000
"""Stable metrics a world; the standard error of 5 % is then 0.5 points."""

Array = np.ndarray


def autocorrelated(generator: np.random.Generator, series: int, length: int, rho: float) -> Array:
    """Return stable normal series with this correlation of neighbours and standard deviation 1."""
    noise = generator.standard_normal((series, length))
    for place in range(1, length):
        noise[:, place] = rho * noise[:, place - 1] + np.sqrt(1 - rho**2) * noise[:, place]
    return noise


def _seasonal(generator: np.random.Generator, series: int, length: int, period: int) -> Array:
    """Return series with a season as large as three sigma in its largest phases, and growth in some."""
    pattern = generator.standard_normal((series, period))
    pattern *= 1.5 / pattern.std(axis=1, keepdims=True)
    growth = generator.choice([0.0, 0.02], series)[:, None] * np.arange(length)
    del growth  # a stable metric does not grow
    return 50 + autocorrelated(generator, series, length, 0.0) + pattern[:, np.arange(length) % period]


World = Callable[[np.random.Generator, int, int], Array]
WORLDS: dict[str, tuple[World, str]] = {
    "white noise": (lambda g, s, n: 50 + autocorrelated(g, s, n, 0.0), "month"),
    "AR 0.3": (lambda g, s, n: 50 + autocorrelated(g, s, n, 0.3), "month"),
    "AR 0.6": (lambda g, s, n: 50 + autocorrelated(g, s, n, 0.6), "month"),
    "log-normal": (lambda g, s, n: np.exp(autocorrelated(g, s, n, 0.0)), "month"),
    "exponential": (lambda g, s, n: g.exponential(1.0, (s, n)), "month"),
    "Poisson, mean 20": (lambda g, s, n: g.poisson(20, (s, n)).astype(float), "month"),
    "Poisson, mean 4": (lambda g, s, n: g.poisson(4, (s, n)).astype(float), "month"),
    "season of the week": (lambda g, s, n: _seasonal(g, s, n, 7), "day"),
    "season of the year, by month": (lambda g, s, n: _seasonal(g, s, n, 12), "month"),
}
"""Stable metrics: how a world makes them, and the grain they are watched at."""
