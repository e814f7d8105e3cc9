"""From parts that were added up to a metric's value and its interval: each type's own formula, nothing averaged."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import ndtri, stdtrit

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Metric

PSEUDO_ANSWERS = 3.0
"""Adjusted Wald adds 3/4 promoters, 3/2 passives and 3/4 detractors: B. Rocks (2016), The American Statistician 70."""

LEVEL_SLACK = 1e-9
"""How much of a half may be missing where shares are no binary fractions."""

Array = np.ndarray


def values_of(metric: Metric, parts: Mapping[str, Array]) -> Array:
    """Return the metric's values from parts that were added up; NaN where there is nothing to speak of.

    Raises
    ------
    ModelError
        The metric does not add up from parts.
    """
    if metric.is_amount:
        return _unless_missing(metric, parts["sum"], parts["rows"], parts.get("seen"))
    if metric.type == "conversion":
        return _divide(parts["num"], parts["den"])
    if metric.type == "grade":
        return middle_level(metric, parts)
    if metric.adds_as == "ratio":
        rows = parts.get("num_rows", np.ones_like(parts["num"]))  # one table: rows below the line are rows above it
        top = _unless_missing(metric, parts["num"], rows, parts.get("num_seen"))
        return _divide(top, parts["den"])
    if metric.type == "weighted_mean":
        return _divide(parts["num"], parts["den"])
    if metric.type == "score" and metric.score is not None:
        return metric.score.times * _divide(parts["plus"] - parts.get("minus", 0.0), parts["n"])
    if metric.type == "given" and metric.weight:
        return _divide(parts["num"], parts["den"])
    raise ModelError(f"{metric.metric} ({metric.type}) does not add up from parts.")


def middle_level(metric: Metric, parts: Mapping[str, Array]) -> Array:
    """Return the middle level, counted from 1: the lowest at which half of the rows are reached; NaN without rows.

    Levels have an order and no distances, so they have no mean.
    """
    shares = level_shares(metric, parts)
    reached = np.cumsum(shares, axis=0) >= 0.5 - LEVEL_SLACK
    return np.where(parts["n"] > 0, np.argmax(reached, axis=0) + 1.0, np.nan)


def level_shares(metric: Metric, parts: Mapping[str, Array]) -> Array:
    """Return the share of rows at each level of a grade, lowest first; shape (levels, periods)."""
    return np.array([_divide(parts[f"level_{place}"], parts["n"]) for place in range(len(metric.levels))])


def _unless_missing(metric: Metric, total: Array, rows: Array, seen: Array | None) -> Array:
    """Return totals where a row had a value to be tested, else NaN; a period without rows may be declared a zero."""
    blank = np.where((rows <= 0) & (metric.empty_period == "zero"), 0.0, np.nan)
    return np.where((rows if seen is None else seen) > 0, total, blank)


def _divide(top: Array, bottom: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bottom != 0, top / np.where(bottom != 0, bottom, 1.0), np.nan)


def interval(metric: Metric, parts: Mapping[str, Array], n_eff: Array, confidence: float) -> tuple[Array, Array]:
    r"""Return the interval of each period's value; NaN where the metric's type has none.

    Shares of rows: Wilson, ``(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)``, E. B. Wilson (1927). Net Promoter
    Scores: adjusted Wald, Rocks (2016). Both with the effective number of rows under shares, (Σ s)² / Σ s².

    Other ratios R = Σ y / Σ x, where the rows' customer is known: the delta method with customers as clusters,
    ``var R = m/(m − 1) · (Σ y_c² − 2·R·Σ x_c·y_c + R²·Σ x_c²) / (Σ x)²`` over m customers c, and the t quantile with
    m − 1 degrees of freedom.

    Parameters
    ----------
    metric : Metric
    parts : mapping of part to array
        Added up.
    n_eff : array
        Unit: rows.
    confidence : float
        Coverage, 0 to 1.
    """
    z = float(ndtri(0.5 + confidence / 2))
    if "clusters" in parts:
        return _clustered(parts, confidence)
    shape = np.full(n_eff.shape, np.nan)
    if metric.is_proportion:
        top, bottom = ("plus", "n") if metric.type == "score" else ("num", "den")
        p, n = _divide(parts[top], parts[bottom]), np.where(n_eff > 0, n_eff, np.nan)
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(np.maximum(p * (1 - p), 0) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        return centre - half, centre + half
    if metric.type == "score" and metric.score is not None and metric.score.minus:
        n = np.where(n_eff > 0, n_eff, np.nan)
        plus = (_divide(parts["plus"], parts["n"]) * n + PSEUDO_ANSWERS / 4) / (n + PSEUDO_ANSWERS)
        minus = (_divide(parts["minus"], parts["n"]) * n + PSEUDO_ANSWERS / 4) / (n + PSEUDO_ANSWERS)
        half = z * np.sqrt((plus + minus - (plus - minus) ** 2) / (n + PSEUDO_ANSWERS))
        return metric.score.times * (plus - minus - half), metric.score.times * (plus - minus + half)
    return shape, shape.copy()


def _clustered(parts: Mapping[str, Array], confidence: float) -> tuple[Array, Array]:
    """Return the interval of a ratio whose rows come in clusters; NaN where there are fewer than two."""
    value, clusters = _divide(parts["num"], parts["den"]), parts["clusters"]
    several = clusters > 1
    left = np.where(several, clusters - 1, 1.0)
    squares = parts["num2"] - 2 * value * parts["numden"] + value**2 * parts["den2"]
    variance = clusters / left * np.maximum(squares, 0.0)
    reach = stdtrit(left, 0.5 + confidence / 2) * _divide(np.sqrt(variance), np.abs(parts["den"]))
    reach = np.where(several, reach, np.nan)
    return value - reach, value + reach
