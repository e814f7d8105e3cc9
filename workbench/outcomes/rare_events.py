"""Rare events: the days between them are watched, for counts of them are mostly zeros.

The days between events that come at random are exponential, and nearly normal to the power 1/3.6: L. S. Nelson (1994),
"A control chart for parts-per-million nonconforming items", J. Quality Technology 26, 239-240; used so in D. C.
Montgomery, *Introduction to Statistical Quality Control*, section on low defect levels. Longer gaps mean fewer events.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from workbench.outcomes.changes import Change, change_between
from workbench.outcomes.definitions import SignalRules
from workbench.outcomes.limits import LEAST_POINTS, Limits, baseline_places, limits_on_scale
from workbench.outcomes.run_rules import Signal, signals
from workbench.outcomes.scales import are_same, forward

YEAR = 365.25
"""Days."""

SAME_DAY = 1 / 3
"""Days between two events of one day, on average, if they come at any time of it."""


@dataclass(frozen=True)
class RareEvents:
    """The times between the events of one series.

    Attributes
    ----------
    metric, kind, parent : str
        Scope.
    ends : tuple of date
        Day of the event that ends each gap.
    gaps : tuple of float
        Days since the event before.
    open_days : int
        Days without an event up to the last day that was looked at.
    limits : Limits or None
        Usual range of the gaps. Unit: days.
    signals : tuple of Signal
    change : Change or None
        Of the gaps; before and after in days.
    reason : str
        Why nothing is judged.
    is_kept : bool or None
        Whether the change stands among all series.
    q : float or None
        Smallest share of false alarms at which it would.
    """

    metric: str
    kind: str
    parent: str
    ends: tuple[dt.date, ...]
    gaps: tuple[float, ...]
    open_days: int
    limits: Limits | None = None
    signals: tuple[Signal, ...] = ()
    change: Change | None = None
    reason: str = ""
    is_kept: bool | None = None
    q: float | None = None

    @property
    def is_longer_than_ever(self) -> bool:
        """Whether the time since the last event lies beyond the usual range already."""
        return self.limits is not None and self.open_days > self.limits.upper

    def rate(self, days: float) -> float:
        """Return events a year at so many days between them."""
        return YEAR / days if days > 0 else float("inf")


def watch_gaps(
    days: Sequence[dt.date],
    counts: Sequence[float] | np.ndarray,
    *,
    scope: tuple[str, str, str] = ("", "", ""),
    rules: SignalRules | None = None,
    start: int = 0,
    as_of: dt.date | None = None,
) -> RareEvents:
    """Return the times between events, their usual range and whether they changed.

    Parameters
    ----------
    days : sequence of date
        In order, one a period of a day.
    counts : sequence of float
        Events on each; NaN where nobody counted. Several on one day are 0 days apart.
    scope : (str, str, str)
        Metric, kind and parent.
    rules : SignalRules or None
    start : int
        Place of the first day after an acknowledged change.
    as_of : date or None
        Last day that was looked at; by default the last of `days`.
    """
    rules = rules or SignalRules()
    held = np.nan_to_num(np.asarray(counts, dtype=float))
    dates = [day for day, count in zip(days[start:], held[start:], strict=True) for _ in range(round(float(count)))]
    ends = tuple(dates[1:])
    gaps = np.array([(later - sooner).days for sooner, later in pairwise(dates)], dtype=float)
    last = as_of or days[-1]
    since = (last - (dates[-1] if dates else days[min(start, len(days) - 1)])).days
    found = RareEvents(*scope, ends, tuple(float(gap) for gap in gaps), since)
    places = baseline_places(gaps, rules.baseline, 0) if gaps.size else np.empty(0, dtype=int)
    if not places.size:
        reason = f"too early to tell: {gaps.size} of {LEAST_POINTS} times between events"
        return replace(found, reason=reason)
    flat = forward(np.maximum(gaps, SAME_DAY), "gaps")
    if are_same(float(flat[places].min()), float(flat[places].max())):
        return replace(found, reason="the times between events never changed")
    limits = limits_on_scale(flat[places], places, "gaps", within=(0.0, None), spread=rules.spread)
    new = np.arange(limits.baseline_to + 1, gaps.size)
    change = change_between(flat, gaps, places, new, limits)
    return replace(found, limits=limits, signals=signals(gaps, limits, rules.rules), change=change)
