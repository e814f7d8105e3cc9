"""What a statement is worth saying first for: how much is at stake, how sure it is, whether anybody can act on it.

Each factor is between 0 and 1 and is printed. The form stake × evidence × actionability × novelty and what each factor
stands for are ours: we know of no published scale for them. The interval of a change of level is that of a difference
of means under first-order autocorrelation.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from workbench.outcomes.catalogue import Metric
from workbench.outcomes.inputs import OutcomesInputs
from workbench.stats import t_quantile

if TYPE_CHECKING:
    from workbench.outcomes.reviewed import Series

EXPOSURE_PERIODS = 12
"""Periods whose rows make up the exposure of a parent (a year of months)."""

LEAST_DF = 3.0
"""Fewer degrees of freedom than this would make an interval of no use (ours, as in `stages`)."""

UNSAID = 0.5
"""Part of a third of actionability that stands where nobody has said anything: silence hides no statement (ours)."""

Array = np.ndarray


def change_interval(before: Array, after: Array, rho: float, *, confidence: float = 0.95) -> tuple[float, float]:
    r"""Return the interval of a change of level.

    Parameters
    ----------
    before, after : array of float
        Values of the baseline and of the new level, without gaps; two at least in the baseline.
    rho : float
        Autocorrelation of neighbours, 0 up to less than 1.
    confidence : float
        Coverage wanted, between 0 and 1.

    Returns
    -------
    (float, float)
        Lower and upper end. Unit: the metric's.

    Notes
    -----
    .. math:: \bar a - \bar b \pm t_{\nu}\, s \sqrt{v(n_a)/n_a + v(n_b)/n_b},
              \quad v(n) = 1 + 2 \sum_{k<n} (1 - k/n) \rho^k

    s pooled over both stretches and freed of the bias that autocorrelation brings, :math:`\nu = (n_a + n_b - 2)
    (1 - \rho)/(1 + \rho)`, at least 3. The variance of a mean under autocorrelation: Bayley and Hammersley (1946),
    Supplement to the J. Royal Statistical Society 8, 184-197. Of picked changes see `picked_confidence`.
    """
    sizes = np.array([before.size, after.size], dtype=float)
    inflation = np.array([_inflation(rho, size) for size in sizes])
    squares = sum(float(((held - held.mean()) ** 2).sum()) for held in (before, after))
    free = float(np.maximum(sizes - inflation, 0.0).sum())  # what the means of both stretches leave over
    spread = math.sqrt(squares / max(free, 1.0))
    df = max((float(sizes.sum()) - 2) * (1 - rho) / (1 + rho), LEAST_DF)
    reach = t_quantile(0.5 + confidence / 2, df) * spread * math.sqrt(float((inflation / sizes).sum()))
    change = float(after.mean() - before.mean())
    return change - reach, change + reach


def picked_confidence(confidence: float, picked: float) -> float:
    """Return the coverage that single intervals need, so that of those that were picked as many hold as is said.

    Whoever looks at many series and speaks only of those that moved, picks the largest; intervals at the usual
    confidence then miss too often. At 1 − (1 − confidence) × picked, of all intervals spoken of as many hold as is
    said: Y. Benjamini and D. Yekutieli (2005), J. Am. Stat. Assoc. 100, 71-81.

    Parameters
    ----------
    confidence : float
        Coverage wanted of those that are spoken of, between 0 and 1.
    picked : float
        Share of all series that were looked at which is spoken of, 0 to 1.

    Examples
    --------
    >>> picked_confidence(0.95, 1.0), round(picked_confidence(0.95, 0.02), 4)
    (0.95, 0.999)
    """
    return 1.0 - (1.0 - confidence) * min(1.0, max(picked, 1e-6))


def sure_part(size: float, low: float, high: float) -> float:
    """Return the part of a size that its interval leaves: 1 where it is exact, 0 where the interval holds 0.

    Examples
    --------
    >>> sure_part(-4.0, -5.0, -3.0), sure_part(4.0, -1.0, 9.0)
    (0.75, 0.0)
    """
    if size == 0 or low <= 0 <= high:
        return 0.0
    return min(1.0, min(abs(low), abs(high)) / abs(size))


def exposure(metric: Metric, series: Series, company: Series | None, size: float, base: float) -> tuple[str, float]:
    """Return in what the stake is counted (``money`` or ``part``), and how much is at stake.

    Money a year where a worth is confirmed; else the size relative to where it stood (to the whole scale, of a score)
    times the parent's part of the company's rows, which compares across metrics whose rows are events, months or
    answers.
    """
    rows = series.frame[series.frame["is_judged"]].tail(EXPOSURE_PERIODS)
    count = float(rows["n"].sum())
    if metric.worth is not None and metric.worth.status == "confirmed":
        units = count if metric.worth.per == "numerator" else float(len(rows))
        return "money", abs(metric.worth.value) * size * units
    whole = count
    if company is not None:
        whole = float(company.frame[company.frame["is_judged"]].tail(EXPOSURE_PERIODS)["n"].sum())
    if metric.type == "score" and metric.score is not None and metric.score.minus:
        base = abs(metric.score.times)  # such a score may stand at 0, of which nothing is a part
    return "part", min(1.0, size / base if base else 1.0) * (min(1.0, count / whole) if whole else 1.0)


def actionability(owner: str, metric: Metric, inputs: OutcomesInputs, *, has_lever: bool) -> float:
    """Return thirds: an owner is known; a lever is known; the forum meets within the time to decide."""
    days = metric.loop.decide_within_days
    cadence = inputs.catalogue.forums.get(metric.loop.forum or "")
    forum = UNSAID if days is None or cadence is None else float(cadence <= days)
    return ((1.0 if owner else UNSAID) + (1.0 if has_lever else UNSAID) + forum) / 3


def _inflation(rho: float, n: float) -> float:
    """Return n × variance of the mean of n points, in variances of one point."""
    if rho == 0:
        return 1.0
    rest = 1 - rho
    return 1 + 2 * rho / rest - 2 * rho * (1 - rho**n) / (n * rest**2)
