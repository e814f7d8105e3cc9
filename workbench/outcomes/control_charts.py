"""Is a move of a metric more than its usual wobble? Its usual range, repaired, and one question a review.

Plain charts raise alarms on most autocorrelated, skewed or seasonal metrics, so the range is repaired for all three;
and whether a metric moved is judged by one statistic whose null distribution is simulated for the same number of
points, through the same steps. The chart is for the eye; `signal_portfolio` judges all series together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.outcomes.changes import Change, change_between
from workbench.outcomes.definitions import SignalRules
from workbench.outcomes.funnels import share_limits, share_scores
from workbench.outcomes.limits import (
    LEAST_POINTS,
    Limits,
    baseline_places,
    constant_limits,
    limits_on_scale,
    natural_limits,
)
from workbench.outcomes.run_rules import Signal, signals
from workbench.outcomes.scales import are_same, back, choose_transform, forward, misfit
from workbench.outcomes.seasons import CYCLE_NAMES, PERIODS, Season, find_season, is_evident, season_baseline

ALPHA = 0.005
"""Where no portfolio judges, a metric has moved when chance would show as much once in 200 reviews (ours)."""

SPREAD_NOTES = {
    "screened": "moving ranges beyond their own limit were left out of the usual range",
    "median": "the usual range is taken from the median moving range",
}

Array = np.ndarray


@dataclass(frozen=True)
class Track:
    """What a chart draws, one number a period; NaN where there is none.

    Attributes
    ----------
    shown : tuple of float
        The values that are judged: without their season, or changes on the year before, where one was found.
    centre, lower, upper : tuple of float
        The usual range; it steps at an acknowledged change, and with the denominator of a share.
    """

    shown: tuple[float, ...]
    centre: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]


@dataclass(frozen=True)
class Watched:
    """A series with its limits, signals and change; `limits` is None where there are too few points.

    Attributes
    ----------
    limits : Limits or None
    signals : tuple of Signal
    change : Change or None
    reason : str
        Why nothing is judged; empty when something is.
    notes : tuple of str
        What was done otherwise than declared; each one clause.
    has_left : bool
        The baseline never changed and later points differ from it.
    season : Season or None
        What was done about a season; None where none was found.
    track : Track or None
        What a chart draws; None where there are no limits.
    is_kept : bool or None
        Whether the change stands among all series that were looked at; None where nobody asked.
    q : float or None
        Smallest share of false alarms at which it would stand among them, 0 to 1.
    """

    limits: Limits | None
    signals: tuple[Signal, ...] = ()
    change: Change | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    has_left: bool = False
    season: Season | None = None
    track: Track | None = None
    is_kept: bool | None = None
    q: float | None = None

    @property
    def has_moved(self) -> bool:
        """Whether the change stands: among all series, or by itself where chance shows as much once in 200 reviews."""
        if self.is_kept is not None:
            return self.is_kept
        return self.change is not None and self.change.p <= ALPHA

    @property
    def widest(self) -> Limits | None:
        """The usual range with the season back in it; None where it cannot be told."""
        if self.limits is None or self.season is None:
            return self.limits
        if not self.season.effects:
            return None
        name = self.limits.transform
        ends = forward(np.array([self.limits.lower, self.limits.upper]), name, clip=True)
        low, high = back(ends + np.array([min(self.season.effects), max(self.season.effects)]), name)
        return replace(self.limits, lower=float(low), upper=float(high))


def watch(
    values: Sequence[float] | Array,
    *,
    rules: SignalRules | None = None,
    judged: Sequence[bool] | Array | None = None,
    within: tuple[float | None, float | None] = (None, None),
    start: int = 0,
    grain: str = "",
    rows: Sequence[float] | Array | None = None,
) -> Watched:
    """Return the limits, signals and change of one series.

    Parameters
    ----------
    values : sequence of float
        In order of time, one a period; NaN where a period has none.
    rules : SignalRules or None
        How the metric is watched.
    judged : sequence of bool or None
        False for points that are drawn and not judged (an open period, too few rows).
    within, start
        As in `natural_limits`.
    grain : str
        Length of a period, which tells the cycle of a season; empty for none.
    rows : sequence of float or None
        Denominators of a share, for ``chart: p``. Unit: rows.
    """
    rules = rules or SignalRules()
    held = np.asarray(values, dtype=float).copy()
    if judged is not None:
        held[~np.asarray(judged, dtype=bool)] = np.nan
    found = int(np.isfinite(held[start:]).sum())
    notes = (SPREAD_NOTES[rules.spread],) if rules.spread in SPREAD_NOTES else ()
    if found < LEAST_POINTS:
        track = _earlier(held, start, rules, within)
        return Watched(None, reason=f"too early to tell: {found} of {LEAST_POINTS} periods", track=track)
    if rules.chart == "p" and rows is not None:
        return _watch_shares(held, np.asarray(rows, dtype=float), rules, start, notes)
    return _Reading(held, rules, within, start, PERIODS.get(grain, 0), CYCLE_NAMES.get(grain, ""), notes).watch()


class _Reading:
    """One series on its way from values to a judgement; each step leaves what the next needs."""

    def __init__(
        self,
        held: Array,
        rules: SignalRules,
        within: tuple[float | None, float | None],
        start: int,
        period: int,
        cycle: str,
        notes: tuple[str, ...],
    ) -> None:
        self.held, self.rules, self.within, self.start, self.notes = held, rules, within, start, notes
        self.period, self.cycle = period, cycle

    def watch(self) -> Watched:
        season, places = self.season()
        if isinstance(season, str):
            return Watched(None, reason=season, notes=self.notes, track=self.earlier())
        if season is not None and season.kind == "year_before":
            return self.against_year_before(season)
        base = self.held[places]
        if are_same(float(base.min()), float(base.max())):
            return self.constant(constant_limits(float(base[0]) + 0.0, places))
        name = self.transform(base)
        flat = forward(self.held, name, clip=True) - self.effects(season)
        flat[places] = forward(base, name) - self.effects(season)[places]
        return self.judge(flat, name, places, season)

    def judge(self, flat: Array, name: str, places: Array, season: Season | None) -> Watched:
        limits = limits_on_scale(flat[places], places, name, within=self.within, spread=self.rules.spread)
        shown = self.held if season is None else back(flat, name)
        known = np.flatnonzero(np.isfinite(flat))
        change = change_between(flat, shown, places, known[known > limits.baseline_to], limits, season)
        fired = signals(shown, limits, self.rules.rules)
        return Watched(limits, fired, change, notes=self.notes, season=season, track=self.track(limits, shown))

    def against_year_before(self, season: Season) -> Watched:
        """Watch what each period differs from the same one a cycle before."""
        apart = np.full(self.held.size, np.nan)
        apart[self.start + season.period :] = (
            self.held[self.start + season.period :] - self.held[self.start : -season.period]
        )
        places = baseline_places(apart, self.rules.baseline, self.start)
        base = apart[places]
        if are_same(float(base.min()), float(base.max())):
            return replace(self.constant(constant_limits(float(base[0]) + 0.0, places)), season=season)
        self.within = (None, None)
        found = self.judge(apart, "none", places, season)
        if found.change is not None:  # say levels, not changes of changes: what was to be expected, and what came
            known = np.flatnonzero(np.isfinite(apart))
            at = known[known >= found.change.first][: found.change.points]  # a missing period is none of its points
            after = float(self.held[at].mean())
            found = replace(found, change=replace(found.change, before=after - found.change.size, after=after))
        return found

    def constant(self, limits: Limits) -> Watched:
        later = [float(value) for value in self.held[limits.baseline_to + 1 :] if np.isfinite(value)]
        has_left = not all(are_same(value, limits.centre) for value in later)
        reason = "the baseline never changes, so there is no usual wobble to compare with"
        reason = f"{reason}, and later periods differ" if has_left else reason
        return Watched(limits, reason=reason, notes=self.notes, has_left=has_left, track=self.track(limits, self.held))

    def transform(self, base: Array) -> str:
        """Return the scale; one that the client fixed and the numbers do not allow concerns this series alone."""
        if self.rules.transform == "auto":
            return choose_transform(base)
        if reason := misfit(base, self.rules.transform):
            self.notes = (*self.notes, reason)
            return choose_transform(base)
        return self.rules.transform

    def season(self) -> tuple[Season | str | None, Array]:
        """Return what is done about a season, and the places of the baseline; a clause where it must be refused."""
        usual = baseline_places(self.held, self.rules.baseline, self.start)
        if not self.period or self.rules.season == "none":
            return None, usual
        known = np.flatnonzero(np.isfinite(self.held) & (np.arange(self.held.size) >= self.start))
        wanted = season_baseline(known.size, self.rules.baseline, self.period)
        base = self.held[known[:wanted]]
        found = None
        if wanted and not are_same(float(base.min()), float(base.max())):
            name = (
                choose_transform(base) if self.rules.transform == "auto" or misfit(base, self.rules.transform) else ""
            )
            found = find_season(forward(base, name or self.rules.transform), known[:wanted], self.period)
        if is_evident(found) or (found is not None and self.rules.season == "known"):
            return found, known[:wanted]
        if self.rules.season != "known" or found is not None:
            return None, usual
        ahead = self.held[self.start + self.period :]
        pairs = int(np.isfinite(ahead - self.held[self.start : self.start + ahead.size]).sum()) if ahead.size else 0
        if pairs >= LEAST_POINTS:
            return Season("year_before", self.period), usual
        needed = self.period + LEAST_POINTS
        reason = f"its season cannot be told from a change before {needed} periods; there are {known.size}"
        return reason, usual

    def effects(self, season: Season | None) -> Array:
        return np.zeros(self.held.size) if season is None else season.at(np.arange(self.held.size))

    def track(self, limits: Limits, shown: Array) -> Track:
        size = self.held.size
        lines = [np.full(size, level) for level in (limits.centre, limits.lower, limits.upper)]
        if self.start:
            drawn = shown.copy()
            drawn[: self.start] = self.held[: self.start]
            shown = drawn
            before = self.earlier()
            for line, old in zip(lines, (before.centre, before.lower, before.upper), strict=True):
                line[: self.start] = old[: self.start]
        return Track(*(tuple(float(value) for value in line) for line in (shown, *lines)))

    def earlier(self) -> Track:
        return _earlier(self.held, self.start, self.rules, self.within)


def _earlier(held: Array, start: int, rules: SignalRules, within: tuple[float | None, float | None]) -> Track:
    """Return the range that stood before an acknowledged change; nothing after it."""
    lines = [np.full(held.size, np.nan) for _ in range(3)]
    base = held[:start][np.isfinite(held[:start])]
    name = "auto" if rules.transform == "auto" or (base.size and misfit(base, rules.transform)) else rules.transform
    limits = natural_limits(held[:start], baseline=rules.baseline, transform=name, within=within, spread=rules.spread)
    if limits is not None:
        for line, level in zip(lines, (limits.centre, limits.lower, limits.upper), strict=True):
            line[:start] = level
    return Track(*(tuple(float(value) for value in line) for line in (held, *lines)))


def _watch_shares(held: Array, rows: Array, rules: SignalRules, start: int, notes: tuple[str, ...]) -> Watched:
    """Watch shares of unlike denominators as normal scores, so that a thin period is not taken for a signal."""
    held = np.where(rows > 0, held, np.nan)
    places = baseline_places(held, rules.baseline, start)
    if places.size == 0:
        return Watched(None, reason=f"too early to tell: fewer than {LEAST_POINTS} periods with rows", notes=notes)
    weight = rows[places]
    middle = float((held[places] * weight).sum() / weight.sum())
    if middle in (0.0, 1.0):
        return _Reading(held, rules, (0.0, 1.0), start, 0, "", notes).watch()
    scores = share_scores(held, rows, middle)
    on_scores = limits_on_scale(scores[places], places, "none", spread=rules.spread)
    known = np.flatnonzero(np.isfinite(scores))
    change = change_between(scores, held, places, known[known > on_scores.baseline_to], on_scores)
    if change is not None:
        new = known[known >= change.first][: change.points]  # a missing period is none of its points
        change = replace(change, before=middle, after=float((held[new] * rows[new]).sum() / rows[new].sum()))
    fired = signals(scores, on_scores, rules.rules)
    low, high = share_limits(rows, middle, on_scores.lower, on_scores.upper)
    typical = float(np.median(weight))
    ends = share_limits(np.array([typical]), middle, on_scores.lower, on_scores.upper)
    limits = replace(on_scores, centre=middle, lower=float(ends[0][0]), upper=float(ends[1][0]), transform="shares")
    lines = (held, np.full(held.size, middle), low, high)
    track = Track(*(tuple(float(value) for value in line) for line in lines))
    return Watched(limits, fired, change, notes=notes, track=track)
