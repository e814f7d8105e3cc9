"""Periods of every grain: which follow each other, and which had ended by a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from workbench.outcomes.catalogue import Metric


def all_periods(metric: Metric, found: Sequence[dt.date]) -> tuple[dt.date, ...]:
    """Return every period from the first to the last found, holes included."""
    if not found:
        return ()
    periods, last = [min(found)], max(found)
    while periods[-1] < last:
        periods.append(next_period(periods[-1], metric.grain))
    return tuple(periods)


def next_period(period: dt.date, grain: str) -> dt.date:
    """Return the first day of the next period.

    Examples
    --------
    >>> next_period(dt.date(2026, 12, 1), "month"), next_period(dt.date(2026, 2, 23), "week")
    (datetime.date(2027, 1, 1), datetime.date(2026, 3, 2))
    """
    if grain in ("day", "week"):
        return period + dt.timedelta(days=7 if grain == "week" else 1)
    months = {"month": 1, "quarter": 3, "year": 12}[grain] + period.month - 1
    return dt.date(period.year + months // 12, months % 12 + 1, 1)


def is_complete(period: dt.date, grain: str, as_of: dt.date) -> bool:
    """Return whether a period had ended by the end of `as_of`."""
    return next_period(period, grain) <= as_of + dt.timedelta(days=1)
