"""Where a product stands in its life by its use, beside the stage that its owner declares.

Use is a metric that the catalogue places in the frame of use (`USAGE_FRAMES`). Its growth a year is read from the last
four quarters: against the same periods of the year before where there are two years, so that a season cancels; else
as the slope of its logarithm. The declared stage stands whatever the evidence says; a contradiction is a question.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.inputs import Event
from workbench.outcomes.limits import corrected_rho
from workbench.stats import t_quantile

USAGE_FRAMES = ("heart.engagement", "heart.adoption", "north_star")
"""Frames of a metric that shows use, best first."""

USAGE_TYPES = ("sum", "count", "distinct", "stock")
"""Types whose size is use; a rate or a score is not."""

BAND = 0.10
"""Growth a year above it suggests grow, below its negative retire, between them sustain."""

LEAST_PERIODS = 8
"""Fewer periods say nothing."""

LEAST_DF = 3.0
"""Fewer degrees of freedom than this would say nothing of any series (ours; see the simulation in the tests)."""

LEAST_PAIRS = 0.75
"""Share of a year's periods that must have a partner the year before."""

PERIODS_A_YEAR = {"day": 364, "week": 52, "month": 12, "quarter": 4}
"""Periods of four quarters; 364 days keep the weekday."""

MEANINGS: Mapping[tuple[str, str], str] = {
    ("explore", "grow"): "Still called an exploration, but use grows: decide whether to scale it.",
    ("explore", "retire"): "Still explored while use falls: decide whether to change it or to stop.",
    ("grow", "sustain"): "Meant to grow, but use stays where it was: ask what the effort to grow has bought.",
    ("grow", "retire"): "Meant to grow, but use falls: ask why before more goes into growth.",
    ("sustain", "grow"): "Kept as it is while use grows: ask whether it deserves more.",
    ("sustain", "retire"): "Kept as it is while use falls: decide whether to renew it or to wind it down.",
    ("retire", "grow"): "Meant to go, but use grows: customers were not told, or they disagree.",
    ("retire", "sustain"): "Meant to go, but use stays where it was: nobody is being moved away from it.",
}
"""What a difference between word and use means; an exploration whose use stays where it was is none."""


@dataclass(frozen=True)
class Growth:
    """How fast use grows.

    Attributes
    ----------
    value, low, high : float
        Growth a year; 0.1 is 10 %.
    n : int
        Periods behind it.
    is_year_on_year : bool
        Compared with the same periods of the year before; else the slope within a year, with the season in it.
    """

    value: float
    low: float
    high: float
    n: int
    is_year_on_year: bool

    @property
    def stage(self) -> str:
        """What it suggests: ``grow``, ``sustain``, ``retire``, or '' where the interval allows more than one."""
        if self.low > BAND:
            return "grow"
        if self.high < -BAND:
            return "retire"
        return "sustain" if self.low >= -BAND and self.high <= BAND else ""


@dataclass(frozen=True)
class StageEvidence:
    """A product's declared stage and what its use suggests.

    Attributes
    ----------
    product : str
    declared : str or None
        The owner's word; None where nobody gave one.
    metric : str
        Metric that shows use.
    growth : Growth or None
        None where nothing can be said (`reason`).
    reason : str
    events : tuple of Event
        Price changes in the time compared; they may move use that is counted in money, and customers.
    """

    product: str
    declared: str | None
    metric: str
    growth: Growth | None
    reason: str = ""
    events: tuple[Event, ...] = ()

    @property
    def suggested(self) -> str:
        """Stage that the use suggests, or ''."""
        return self.growth.stage if self.growth is not None else ""

    @property
    def meaning(self) -> str:
        """What the difference between word and use means; '' where there is none."""
        return MEANINGS.get((self.declared or "", self.suggested), "")

    @property
    def contradicts(self) -> bool:
        """Whether the use suggests another stage than the declared one."""
        return bool(self.meaning)


def usage_metric(catalogue: Catalogue, off: Sequence[str] = ()) -> Metric | None:
    """Return the metric that shows use: the best frame first, then the client's order; None where there is none.

    Parameters
    ----------
    catalogue : Catalogue
    off : sequence of str
        Metrics that were not computed.
    """
    held = [metric for metric in catalogue.metrics if metric.metric not in off and metric.type in USAGE_TYPES]
    held = [metric for metric in held if metric.frame in USAGE_FRAMES and metric.grain in PERIODS_A_YEAR]
    return min(held, key=lambda metric: USAGE_FRAMES.index(metric.frame), default=None)


def stage_evidence(values: Sequence[float] | np.ndarray, grain: str, *, confidence: float = 0.95) -> Growth | str:
    r"""Return the growth of use a year over the last four quarters, or why nothing can be said.

    Parameters
    ----------
    values : sequence of float
        Use in each complete period, in order of time; NaN where a period has none.
    grain : str
        ``day``, ``week``, ``month`` or ``quarter``.
    confidence : float
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    ModelError
        Another grain.

    Notes
    -----
    With m periods a year and two years: the mean of :math:`d_t = \log x_t - \log x_{t-m}` over the last m periods.
    Else the least-squares slope of :math:`\log x_t` over the last m periods, times m. Both as if from
    :math:`n (1 - \rho)/(1 + \rho)` periods, rho of the differences or residuals (`corrected_rho`), with Student's t.
    """
    if grain not in PERIODS_A_YEAR:
        raise ModelError(f"Growth a year needs periods of {', '.join(PERIODS_A_YEAR)}; got {grain!r}.")
    held, year = np.asarray(values, dtype=float), PERIODS_A_YEAR[grain]
    held = held[np.flatnonzero(np.isfinite(held))[0] :] if np.isfinite(held).any() else held[:0]
    recent = held[-2 * year :]
    known = recent[np.isfinite(recent)]
    if known.size < LEAST_PERIODS:
        return f"fewer than {LEAST_PERIODS} periods"
    if (known <= 0).any():
        return "use of zero or less in some period"
    logs = np.log(recent)
    if recent.size > year:
        gaps = logs[-min(year, recent.size - year) :]
        gaps = gaps - logs[-min(year, recent.size - year) - year : logs.size - year]
        if np.isfinite(gaps).sum() >= LEAST_PAIRS * year:
            return _year_on_year(gaps[np.isfinite(gaps)], confidence)
    return _slope(logs[-year:], year, confidence)


def _year_on_year(gaps: np.ndarray, confidence: float) -> Growth:
    inflation = _inflation(gaps - gaps.mean())
    spread = float(gaps.std(ddof=1)) * math.sqrt(inflation / gaps.size)
    return _growth(float(gaps.mean()), spread, gaps.size / inflation - 1, 2 * gaps.size, True, confidence)


def _slope(logs: np.ndarray, year: int, confidence: float) -> Growth | str:
    at = np.flatnonzero(np.isfinite(logs))
    if at.size < LEAST_PERIODS:
        return f"fewer than {LEAST_PERIODS} periods"
    x, y = at - at.mean(), logs[at] - logs[at].mean()
    slope = float(x @ y / (x @ x))
    rest = y - slope * x
    inflation = _inflation(rest)
    spread = math.sqrt(float(rest @ rest) / (at.size - 2) / float(x @ x) * inflation)
    return _growth(slope * year, spread * year, at.size / inflation - 2, at.size, False, confidence)


def _inflation(rest: np.ndarray) -> float:
    """Return by how much autocorrelation shortens a series: n / n_eff."""
    whole = float(rest @ rest)
    r1 = float(rest[1:] @ rest[:-1]) / whole if whole > 0 else 0.0
    rho = corrected_rho(r1, rest.size) if rest.size > 4 else 0.0
    return (1 + rho) / (1 - rho)


def _growth(mean: float, spread: float, df: float, n: int, is_year_on_year: bool, confidence: float) -> Growth:
    reach = t_quantile(0.5 + confidence / 2, max(df, LEAST_DF)) * spread
    value, low, high = (math.expm1(min(log, 50.0)) for log in (mean, mean - reach, mean + reach))
    return Growth(value, low, high, n, is_year_on_year)
