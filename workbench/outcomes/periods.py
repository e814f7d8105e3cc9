"""Periods of every grain and calendar: which follow each other, where a day falls, and which had ended by a day."""

from __future__ import annotations

import calendar
import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.definitions import Length, PeriodTable

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Months of a grain that counts in months."""

WEEKS_OF_A_YEAR = 52
"""A year before a day or a week is the same day of the week, 52 weeks before."""


def parts_grain(metric: Metric) -> str:
    """Return the grain at which a metric's parts are fetched: finer than its own where a window cuts its periods."""
    if metric.type != "cumulative":
        return metric.grain
    unit = metric.to_date or (metric.window.unit if metric.window else "year")
    return "month" if metric.grain in MONTHS and unit in MONTHS else "day"


def all_periods(metric: Metric, found: Sequence[dt.date], grain: str | None = None) -> tuple[dt.date, ...]:
    """Return every period from the first to the last found, holes included."""
    if not found:
        return ()
    periods, last = [min(found)], max(found)
    while periods[-1] < last:
        periods.append(next_period(periods[-1], grain or metric.grain, metric.periods))
    return tuple(periods)


def next_period(period: dt.date, grain: str, table: PeriodTable | None = None) -> dt.date:
    """Return the first day of the next period.

    Examples
    --------
    >>> next_period(dt.date(2026, 12, 1), "month"), next_period(dt.date(2026, 2, 23), "week")
    (datetime.date(2027, 1, 1), datetime.date(2026, 3, 2))
    """
    if grain in ("day", "week"):
        return period + dt.timedelta(days=7 if grain == "week" else 1)
    if table is not None:
        starts = table.starts(grain)
        place = bisect_right(starts, period)
        return starts[place] if place < len(starts) else max(table.end, period + dt.timedelta(days=1))
    return add_months(period, MONTHS[grain])


def add_months(day: dt.date, months: int) -> dt.date:
    """Return a day some months later or earlier; the end of a shorter month stands for days it lacks.

    Examples
    --------
    >>> add_months(dt.date(2026, 3, 31), -1)
    datetime.date(2026, 2, 28)
    """
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    last = day.day if day.day <= 28 else min(day.day, calendar.monthrange(year, month)[1])  # every month has 28
    return dt.date(year, month, last)


def start_of(day: dt.date, grain: str, metric: Metric, fiscal_year_starts: int = 1) -> dt.date:
    """Return the first day of the period in which a day falls, by the metric's calendar.

    Raises
    ------
    ModelError
        The metric's table of periods begins later or has ended.
    """
    if grain == "day":
        return day
    if grain == "week":
        first = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday").index(metric.week_start)
        return day - dt.timedelta(days=(day.weekday() - first) % 7)
    if metric.periods is not None:
        starts = metric.periods.starts(grain)
        place = bisect_right(starts, day) - 1
        if place < 0 or day >= metric.periods.end:
            raise ModelError(f"{day.isoformat()} lies outside the calendar {metric.periods.name}.")
        return starts[place]
    shift = fiscal_year_starts - 1 if metric.calendar == "fiscal" else 0
    months = day.year * 12 + day.month - 1 - shift
    months -= months % MONTHS[grain]
    return dt.date((months + shift) // 12, (months + shift) % 12 + 1, 1)


def is_complete(period: dt.date, grain: str, as_of: dt.date, table: PeriodTable | None = None) -> bool:
    """Return whether a period had ended by the end of `as_of`."""
    return next_period(period, grain, table) <= as_of + dt.timedelta(days=1)


def has_ended(metric: Metric, period: dt.date, as_of: dt.date | None) -> bool:
    """Return whether nothing more can happen in a period; a conversion's window must have closed too."""
    if as_of is None:
        return True
    if metric.type == "conversion" and metric.window is not None:
        as_of -= dt.timedelta(days=days_of(metric.window))
    return is_complete(period, metric.grain, as_of, metric.periods)


def days_of(length: Length) -> int:
    """Return a length in days.

    Raises
    ------
    ModelError
        Months and longer have no fixed number of days.
    """
    if length.unit not in ("day", "week"):
        raise ModelError(f"{length} has no fixed number of days; write days or weeks.")
    return length.count * (7 if length.unit == "week" else 1)


def periods_in(length: Length, grain: str) -> int | None:
    """Return how many periods of a grain a length has, or None where they do not fit.

    Examples
    --------
    >>> [periods_in(Length(1, "year"), grain) for grain in ("month", "week")], periods_in(Length(1, "month"), "week")
    ([12, 52], None)
    """
    if length.unit == grain:
        return length.count
    if grain in MONTHS and length.unit in MONTHS:
        months = length.count * MONTHS[length.unit]
        return None if months % MONTHS[grain] else months // MONTHS[grain]
    if grain in ("day", "week"):
        weeks = {"year": WEEKS_OF_A_YEAR * length.count, "week": length.count}.get(length.unit)
        if weeks is not None:
            return weeks * (7 if grain == "day" else 1)
        if grain == "week" and length.unit == "day" and length.count % 7 == 0:
            return length.count // 7
    return None


def earlier(period: dt.date, steps: int, metric: Metric) -> dt.date | None:
    """Return the period of a metric's grain some steps before; None before its table of periods begins."""
    if metric.grain in ("day", "week"):
        return period - dt.timedelta(days=steps * (7 if metric.grain == "week" else 1))
    if metric.periods is not None:
        starts = metric.periods.starts(metric.grain)
        place = bisect_right(starts, period) - 1 - steps
        return starts[place] if 0 <= place < len(starts) else None
    return add_months(period, -steps * MONTHS[metric.grain])
