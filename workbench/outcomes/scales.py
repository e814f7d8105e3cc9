"""The scale on which a metric wobbles evenly: powers, logarithm, counts; chosen by the skewness of its baseline.

Plain charts of skewed metrics cry wolf. The scale is chosen once, from the frozen baseline, and printed.
"""

from __future__ import annotations

import math

import numpy as np

from workbench.errors import ModelError

SKEW_LIMIT = 0.5
"""Baselines more skewed than this are transformed (ours)."""

FEW_COUNTS = 30.0
"""Whole numbers with a smaller mean are taken for counts and stabilised as sqrt(x + 3/8): F. J. Anscombe (1948),
Biometrika 35, 246-254."""

GAP_POWER = 1 / 3.6
"""Times between rare events are near normal on this power: L. S. Nelson (1994), J. Quality Technology 26, 114-115."""

SAME = 1e-9
"""Numbers closer than this share of the larger are the same: divisions round."""

_POWERS = {"none": 1.0, "sqrt": 0.5, "fourth_root": 0.25, "gaps": GAP_POWER}
_CHOICES = ("none", "sqrt", "fourth_root")

Array = np.ndarray


def are_same(first: float, second: float) -> bool:
    """Return whether two numbers differ by rounding only.

    Examples
    --------
    >>> are_same(0.1 + 0.2, 0.3), are_same(-0.0, 0.0), are_same(1.0, 1.000001)
    (True, True, False)
    """
    return math.isclose(first, second, rel_tol=SAME)


def is_at_least(value: float, limit: float) -> bool:
    """Return whether a value reaches a limit, rounding aside."""
    return value >= limit or are_same(value, limit)


def choose_transform(base: Array) -> str:
    """Return the power (or logarithm) that leaves the least skewness, where the shape asks for one at all."""
    if (base >= 0).all() and (base == np.round(base)).all() and base.mean() <= FEW_COUNTS:
        return "counts"
    if abs(_skewness(base)) <= SKEW_LIMIT or (base < 0).any():
        return "none"
    names = [*_CHOICES, *(["log"] if (base > 0).all() else [])]
    return min(names, key=lambda name: abs(_skewness(forward(base, name))))


def misfit(base: Array, transform: str) -> str:
    """Return why a transform does not fit a baseline, as a clause; empty where it does."""
    if transform == "log" and (base <= 0).any():
        return "a logarithm needs values above 0"
    if transform not in ("none", "log") and (base < 0).any():
        return f"the transform {transform} needs values of 0 or more"
    return ""


def forward(values: Array, transform: str, *, clip: bool = False) -> Array:
    """Return values on the scale of a transform.

    Parameters
    ----------
    values : array of float
        NaN stays NaN.
    transform : str
        ``none``, ``sqrt``, ``fourth_root``, ``log``, ``counts`` or ``gaps``.
    clip : bool
        Take what does not fit to the end of the scale, for points after the baseline.

    Raises
    ------
    ModelError
        The transform does not exist, or does not fit the values.
    """
    if transform not in ("log", "counts", *_POWERS):
        raise ModelError(f"There is no transform {transform!r}; there are auto, none, sqrt, fourth_root, log, counts.")
    if not clip and (reason := misfit(values, transform)):
        raise ModelError(f"{reason[0].upper()}{reason[1:]}.")
    if transform == "log":
        if clip:  # a zero after a baseline without one: far below, not minus infinity
            values = np.maximum(values, values[values > 0].min() / 2 if (values > 0).any() else 1.0)
        return np.log(values)
    if transform == "counts":
        return np.sqrt(np.maximum(values, 0.0) + 0.375)
    power = _POWERS[transform]
    return values if power == 1.0 else np.maximum(values, 0.0) ** power


def back(values: Array, transform: str) -> Array:
    """Return values of a transformed scale in the metric's unit."""
    if transform == "log":
        return np.exp(values)
    if transform == "counts":
        return np.maximum(
            np.maximum(values, 0.0) ** 2 - 0.375, 0.0
        )  # the root's own square would leave a trace below 0
    power = _POWERS[transform]
    return values if power == 1.0 else np.maximum(values, 0.0) ** (1 / power)


def back_one(value: float, transform: str) -> float:
    """Return one number of a transformed scale in the metric's unit."""
    return float(back(np.array(value, dtype=float), transform))


def _skewness(values: Array) -> float:
    spread = values.std()
    return 0.0 if spread == 0 else float(((values - values.mean()) ** 3).mean() / spread**3)
