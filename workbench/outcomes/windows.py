"""Metrics to date and over rolling windows: rebuilt from the parts (or rows) of each window, never from its results.

A window that begins before the facts do is not whole and has no value; neither has one over a period that is missing
from the file. A period in which the table has rows, and none of them a parent's, adds nothing to that parent.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.outcomes.catalogue import Metric
from workbench.outcomes.periods import MONTHS, add_months, days_of, next_period, start_of

Array = np.ndarray


@dataclass(frozen=True)
class Stretch:
    """The days that count for one period of a cumulative metric.

    Attributes
    ----------
    period : date
        First day of the period that is reported.
    starts, ends : date
        First day of the window, and the day after its last, which is the period's.
    is_whole : bool
        Whether the facts begin early enough for it.
    """

    period: dt.date
    starts: dt.date
    ends: dt.date
    is_whole: bool


def stretches_of(
    metric: Metric, found: Sequence[dt.date], fiscal_year_starts: int = 1, until: dt.date | None = None
) -> tuple[Stretch, ...]:
    """Return the window of every reported period from the first to the last day with rows.

    Parameters
    ----------
    metric : Metric
        Of type cumulative.
    found : sequence of date
        First days of the periods of its parts that have rows.
    fiscal_year_starts : int
        Month, 1 to 12.
    until : date or None
        Last day that counts; a metric whose empty periods are zeros goes on to it.
    """
    if not found:
        return ()
    first, last = min(found), max(found)
    if until is not None and metric.empty_period == "zero":
        last = max(last, until)
    begun = start_of(first, metric.grain, metric, fiscal_year_starts)
    if metric.to_date and metric.grain in ("day", "week"):  # a year that begins on a holiday is a whole year
        begun = min(begun, start_of(first, "month", metric, fiscal_year_starts))
    spans, period = [], start_of(first, metric.grain, metric, fiscal_year_starts)
    while period <= last:
        ends = next_period(period, metric.grain, metric.periods)
        starts = _starts(metric, begun, ends, fiscal_year_starts)
        spans.append(Stretch(period, max(starts, begun), ends, starts >= begun))
        period = ends
    return tuple(spans)


def _starts(metric: Metric, begun: dt.date, ends: dt.date, fiscal_year_starts: int) -> dt.date:
    """Return the first day of the window that ends before a day."""
    if metric.to_date is not None:
        return start_of(ends - dt.timedelta(days=1), metric.to_date, metric, fiscal_year_starts)
    if metric.window is None:
        return begun
    if metric.window.unit not in MONTHS:
        return ends - dt.timedelta(days=days_of(metric.window))
    months = metric.window.count * MONTHS[metric.window.unit]
    if metric.periods is None or metric.grain not in MONTHS:
        return add_months(ends, -months)
    place = bisect_right(metric.periods.months, ends - dt.timedelta(days=1)) - months
    return metric.periods.months[place] if place >= 0 else dt.date.min


def sum_windows(
    spans: Sequence[Stretch], periods: Sequence[dt.date], parts: Mapping[str, Array], axis: int
) -> dict[str, Array]:
    """Return each part summed over every window, and beside it what the reported period itself holds.

    Parameters
    ----------
    spans : sequence of Stretch
    periods : sequence of date
        First days of the parts' own periods, in order.
    parts : mapping of part to array
        Time along `axis`.
    axis : int

    Returns
    -------
    dict
        The same names over windows; ``own_rows`` and ``own_seen`` of the reported period.
    """
    starts, ends = _places(periods, [s.starts for s in spans]), _places(periods, [s.ends for s in spans])
    own = _places(periods, [span.period for span in spans])
    found = {part: _summed(array, starts, ends, axis) for part, array in parts.items()}
    for part in ("rows", "seen"):
        if part in parts:
            found[f"own_{part}"] = _summed(parts[part], own, ends, axis)
    return found


def _places(periods: Sequence[dt.date], days: Sequence[dt.date]) -> list[int]:
    return [
        int(place)
        for place in np.searchsorted(np.array(periods, dtype="datetime64[D]"), np.array(days, dtype="datetime64[D]"))
    ]


def _summed(array: Array, starts: Sequence[int], ends: Sequence[int], axis: int) -> Array:
    moved = np.moveaxis(array, axis, 0)
    pieces = [moved[start:end].sum(axis=0) for start, end in zip(starts, ends, strict=True)]
    return np.moveaxis(np.array(pieces), 0, axis)


def whole_windows(
    metric: Metric, spans: Sequence[Stretch], parts: Mapping[str, Array], company: Mapping[str, Array]
) -> Array:
    """Return which windows have a value: early enough, without a period that is missing or whose cells are all blank.

    Parameters
    ----------
    metric : Metric
    spans : sequence of Stretch
    parts, company : mapping of part to array, shape (periods,)
        From `sum_windows`, of one scope and of the company.
    """
    whole = np.array([span.is_whole for span in spans], dtype=bool)
    if "own_rows" not in parts:  # a ratio's parts are added before they are divided: a period without rows adds none
        return whole
    missing = np.zeros(len(spans), dtype=bool)
    if metric.empty_period != "zero":
        missing |= company["own_rows"] <= 0
    if "own_seen" in parts:
        missing |= (parts["own_rows"] > 0) & (parts["own_seen"] <= 0)
    first = [bisect_right([span.period for span in spans], span.starts) - 1 for span in spans]
    holes = np.array([missing[max(place, 0) : at + 1].any() for at, place in enumerate(first)], dtype=bool)
    return whole & ~holes
