"""Flow of work: how much is done, how long it takes, how old what is open is, and when what is left may be done.

Definitions: velocity, time, efficiency, load and distribution after M. Kersten, *Project to Product* (2018); age and
forecasts by resampling after D. Vacanti, *Actionable Agile Metrics* (2015) and T. Magennis; Little's law after J. D. C.
Little, Operations Research 9 (1961), 383-387, over a finite window. Percentiles interpolate (Hyndman and Fan's type 7).

Each measure says which rows it could not use and why; a row may count for one and not for another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.control_charts import watch
from workbench.outcomes.work_tables import WORK_KINDS

WINDOW_WEEKS = 12
"""Full weeks that a measure of flow looks back (ours): long enough for percentiles, short enough to be of today."""

LARGEST_GAP = 0.2
"""Relative miss of Little's law up to which a forecast is made (ours)."""

LEAST_WEEKS, RUNS = 8, 10_000
"""Weeks of throughput, at least, and futures of a forecast (ours)."""

LEAST_TIMED = 0.5
"""Share of the items done that must have their time in status before an efficiency is stated (ours)."""


@dataclass(frozen=True)
class LeftOut:
    """Rows that a measure could not use.

    Attributes
    ----------
    rows : int
    reason : str
        A clause.
    examples : tuple of str
        At most three keys.
    """

    rows: int
    reason: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """One measure.

    Attributes
    ----------
    key, label, unit : str
    value : float or None
        None where it is not stated.
    p50, p85, p95 : float or None
        Percentiles, where it is a length of time; `value` is the median then.
    n : int
        Rows behind it.
    open : int
        Rows whose end has not come yet; they are not in `value`.
    left_out : tuple of LeftOut
    reason : str
        Why it is not stated; empty where it is.
    """

    key: str
    label: str
    unit: str
    value: float | None
    p50: float | None = None
    p85: float | None = None
    p95: float | None = None
    n: int = 0
    open: int = 0
    left_out: tuple[LeftOut, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Forecast:
    """When so many items may be done.

    Attributes
    ----------
    items : int
        Items left.
    p50, p85, p95 : int or None
        Weeks within which as many of the futures were through; None where it is not stated.
    weeks : int
        Weeks of throughput that were resampled.
    reason : str
        Why it is not stated; empty where it is.
    """

    items: int
    p50: int | None
    p85: int | None
    p95: int | None
    weeks: int
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Flow:
    """The flow of one product, or of all.

    Attributes
    ----------
    product : str
        Empty for all.
    since, until : date
        First and last day of the window: full weeks.
    throughput : tuple of int
        Items done in each week of the window, oldest first.
    velocity, time, age, load, efficiency : Measured
        Items a week; days from start to done; days since the start of what is in progress; items in progress; share.
    lead : Measured
        Days from creation to done: what is left where nothing says when work began.
    distribution : mapping of str to float
        Kind of work → share of the items done, 0 to 1; empty where types are not told.
    untold : int
        Items done whose type is of no kind.
    littles_law_gap : float or None
        (L − λW) / L: items in progress on average, against throughput times flow time. 0 in a steady flow.
    forecast : Forecast
        Of what is in progress.
    """

    product: str
    since: dt.date
    until: dt.date
    throughput: tuple[int, ...]
    velocity: Measured
    time: Measured
    lead: Measured
    age: Measured
    load: Measured
    efficiency: Measured
    distribution: dict[str, float]
    untold: int
    littles_law_gap: float | None
    forecast: Forecast
    left_out: tuple[LeftOut, ...] = field(default=())


def full_weeks(as_of: dt.date, weeks: int = WINDOW_WEEKS) -> tuple[dt.date, dt.date]:
    """Return the first and last day of the last full weeks, Monday to Sunday, none of which lies after `as_of`.

    Examples
    --------
    >>> full_weeks(dt.date(2026, 9, 30), 2)  # a Wednesday
    (datetime.date(2026, 9, 14), datetime.date(2026, 9, 27))
    """
    if weeks < 1:
        raise ModelError(f"A window has at least one week; got {weeks}.")
    until = as_of - dt.timedelta(days=(as_of.weekday() + 1) % 7)
    return until - dt.timedelta(days=7 * weeks - 1), until


def measure_flow(
    items: pd.DataFrame,
    as_of: dt.date,
    *,
    product: str = "",
    weeks: int = WINDOW_WEEKS,
    whole_days: bool = False,
    seed: int = 0,
) -> Flow:
    """Return the measures of flow of some items.

    Parameters
    ----------
    items : DataFrame
        Columns of `WORK_TABLES` ``items``; times are datetimes or missing.
    as_of : date
    product : str
        Only named in the result: choose the rows before.
    weeks : int
        Length of the window.
    whole_days : bool
        Count days as people do: done on the day it began is 1 day.
    seed : int
        Of the forecast.
    """
    since, until = full_weeks(as_of, weeks)
    frame = items[~(pd.to_datetime(items["created"]) >= pd.Timestamp(as_of) + pd.Timedelta(days=1))]
    state = frame["state"].fillna("").astype(str)
    start, end, made = (pd.to_datetime(frame[name]) for name in ("started", "done", "created"))
    low, high = pd.Timestamp(since), pd.Timestamp(until) + pd.Timedelta(days=1)
    now = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    is_done = ((state == "done") | (end.notna() & (state == ""))) & ~(end >= now)
    in_window = is_done & (end >= low) & (end < high)
    done = frame[in_window]
    throughput = _weekly(end[in_window], low, weeks)
    undated = _left_out(frame[is_done & end.isna()], "are done without a day")
    velocity = Measured(
        "velocity", "Items done a week", "items a week", float(np.mean(throughput)), n=len(done), left_out=undated
    )
    time = _length("time", "Days from start to done", done, start, end, "no start of work", whole_days)
    lead = _length("lead", "Days from creation to done", done, made, end, "no day of creation", whole_days)
    open_ = frame[~is_done & ((state == "active") | start.notna())]
    age = _age(open_, start, as_of)
    load = Measured("load", "Items in progress", "items", float(len(open_)), n=len(frame))
    gap = _littles_law(start, end.where(is_done), low, high)
    kinds = done["kind"].fillna("").astype(str)
    told = kinds[kinds.isin(WORK_KINDS)]
    distribution = {kind: float((told == kind).mean()) for kind in WORK_KINDS} if len(told) else {}
    return Flow(
        product=product,
        since=since,
        until=until,
        throughput=tuple(throughput),
        velocity=velocity,
        time=time,
        lead=lead,
        age=age,
        load=load,
        efficiency=_efficiency(done),
        distribution=distribution,
        untold=len(done) - len(told),
        littles_law_gap=gap,
        forecast=forecast(throughput, len(open_), gap, seed=seed),
        left_out=undated,
    )


def forecast(
    throughput: Sequence[int], items: int, littles_law_gap: float | None, *, runs: int = RUNS, seed: int = 0
) -> Forecast:
    """Return the weeks until so many items are done, by resampling past weeks; or why it is not stated.

    It needs enough weeks, a throughput without a signal of change, and a flow in balance: Little's law within 20 %.

    Parameters
    ----------
    throughput : sequence of int
        Items done in each past week.
    items : int
        Items left.
    littles_law_gap : float or None
        From `measure_flow`.
    runs, seed : int

    Examples
    --------
    >>> forecast([5] * 12, 20, 0.0).p85
    4
    """
    weeks = len(throughput)

    def off(reason: str) -> Forecast:
        return Forecast(items, None, None, None, weeks, reason)

    if items < 1:
        return off("nothing is left to be done")
    if weeks < LEAST_WEEKS:
        return off(f"{weeks} weeks are known, {LEAST_WEEKS} are needed")
    held = np.asarray(throughput, dtype=float)
    if held.sum() < weeks / 2:
        return off("too little was done in these weeks to repeat them")
    watched = watch(held, within=(0.0, None))
    if watched.signals or watched.has_moved or watched.has_left:
        return off("the pace is changing")
    if littles_law_gap is None:
        return off("without starts of work nothing shows whether the flow is in balance")
    if abs(littles_law_gap) > LARGEST_GAP:
        return off("more work is begun than finished, or the other way round")
    generator = np.random.default_rng(seed)
    needed = np.zeros(runs)
    left = np.full(runs, float(items))
    week = 0
    while (left > 0).any() and week < 520:
        week += 1
        left -= generator.choice(held, size=runs)
        needed[(left <= 0) & (needed == 0)] = week
    if (needed == 0).any():
        return off("at this pace it takes more than ten years")
    p50, p85, p95 = (int(np.quantile(needed, share, method="higher")) for share in (0.5, 0.85, 0.95))
    return Forecast(items, p50, p85, p95, weeks)


def percentiles(values: Sequence[float] | np.ndarray) -> tuple[float, float, float]:
    """Return the median, the 85th and the 95th percentile, interpolated (type 7)."""
    p50, p85, p95 = np.percentile(np.asarray(values, dtype=float), [50, 85, 95])
    return float(p50), float(p85), float(p95)


def examples_of(frame: pd.DataFrame, key: str = "item") -> tuple[str, ...]:
    """Return the first three keys of some rows."""
    return tuple(str(cell) for cell in frame[key].head(3))


def _left_out(frame: pd.DataFrame, reason: str) -> tuple[LeftOut, ...]:
    return (LeftOut(len(frame), reason, examples_of(frame)),) if len(frame) else ()


def _weekly(ends: pd.Series, low: pd.Timestamp, weeks: int) -> list[int]:
    places = ((ends - low).dt.days // 7).astype(int)
    counts = np.bincount(places, minlength=weeks) if len(places) else np.zeros(weeks, dtype=int)
    return [int(count) for count in counts[:weeks]]


def _length(
    key: str, label: str, done: pd.DataFrame, starts: pd.Series, ends: pd.Series, missing: str, whole_days: bool
) -> Measured:
    """Return how long the items done took; elapsed days as the import measured them, where it knew the zone."""
    start, end = starts.loc[done.index], ends.loc[done.index]
    absent = done[start.isna()]
    backward = done[start.notna() & (end < start)]
    left = (*_left_out(absent, f"have {missing}"), *_left_out(backward, "end before they begin"))
    fine = start.notna() & (end >= start)
    if not fine.any():
        reason = "nothing was done in these weeks" if done.empty else f"the items done have {missing}"
        return Measured(key, label, "days", None, left_out=left, reason=reason)
    if whole_days:
        days = (end[fine].dt.normalize() - start[fine].dt.normalize()).dt.days + 1.0
    else:
        days = (end[fine] - start[fine]).dt.total_seconds() / 86_400
        if key == "time" and "flow_days" in done:
            exact = pd.to_numeric(done.loc[fine, "flow_days"], errors="coerce")
            days = exact.where(exact.notna() & (exact >= 0), days)
    p50, p85, p95 = percentiles(days.to_numpy())
    return Measured(key, label, "days", p50, p50, p85, p95, n=int(fine.sum()), left_out=left)


def _age(open_: pd.DataFrame, starts: pd.Series, as_of: dt.date) -> Measured:
    start = starts.loc[open_.index]
    left = _left_out(open_[start.isna()], "are in progress without a start")
    label = "Days since work began on what is in progress"
    if not start.notna().any():
        reason = "nothing is in progress" if open_.empty else "what is in progress has no start of work"
        return Measured("age", label, "days", None, left_out=left, reason=reason)
    now = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    p50, p85, p95 = percentiles(((now - start.dropna()).dt.total_seconds() / 86_400).to_numpy())
    return Measured("age", label, "days", p50, p50, p85, p95, n=int(start.notna().sum()), left_out=left)


def _efficiency(done: pd.DataFrame) -> Measured:
    label = "Share of the time in which somebody works on an item"
    active, waiting = (pd.to_numeric(done[f"{name}_seconds"], errors="coerce") for name in ("active", "waiting"))
    timed = active.notna() & waiting.notna() & (active + waiting > 0)
    left = _left_out(done[~timed], "have no time in status")
    if done.empty or timed.mean() < LEAST_TIMED:
        reason = "nothing was done in these weeks" if done.empty else "too few items done have their time in status"
        return Measured("efficiency", label, "share", None, n=int(timed.sum()), left_out=left, reason=reason)
    share = float(active[timed].sum() / (active[timed].sum() + waiting[timed].sum()))
    return Measured("efficiency", label, "share", share, n=int(timed.sum()), left_out=left)


def _littles_law(starts: pd.Series, ends: pd.Series, low: pd.Timestamp, high: pd.Timestamp) -> float | None:
    """Return (L − λW) / L over a window: L time-averaged items in progress, λ departures a day, W their days."""
    begun = starts.notna() & (starts < high) & ~(ends < starts)
    start, end = starts[begun], ends[begun]
    until, since = end.fillna(high), start.where(start > low, low)
    inside = (until.where(until < high, high) - since).dt.total_seconds().clip(lower=0)
    days = (high - low).total_seconds() / 86_400
    load = float(inside.sum()) / 86_400 / days
    left = end.notna() & (end >= low) & (end < high)
    if load <= 0 or not left.any():
        return None
    stay = float((end[left] - start[left]).dt.total_seconds().mean()) / 86_400
    return (load - int(left.sum()) / days * stay) / load
