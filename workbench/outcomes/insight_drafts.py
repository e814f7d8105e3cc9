"""Statements before they are ranked: from a move, a missed target, a product's use, or the wait for decisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from workbench import theme
from workbench.errors import ModelError
from workbench.findings import Off, fit_claim
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.definitions import Loop as Rhythm
from workbench.outcomes.driver_wording import say_carriers
from workbench.outcomes.inputs import OutcomesInputs
from workbench.outcomes.insight_scores import actionability, change_interval, exposure, picked_confidence, sure_part
from workbench.outcomes.insights import (
    DEPENDS,
    NOBODY,
    Insight,
    say_also,
    say_cause,
    say_doubt,
    say_events,
    say_hint,
    say_move,
    say_owner,
    say_rows,
    say_size,
    when,
    where,
)
from workbench.outcomes.loop import Loop
from workbench.outcomes.novelty import NOVELTY, say_known
from workbench.outcomes.signal_log import LoopHealth
from workbench.outcomes.stages import BAND, StageEvidence
from workbench.outcomes.wording import write_change, write_pair, write_rarity

if TYPE_CHECKING:
    from workbench.outcomes.reviewed import Move, Series, TargetCheck

LEAST_SIGNALS = 5
"""Fewer signals carry no statement on the loop (ours, as in the bottom line)."""


class Drafts:
    """Makes statements; their stakes are what is at stake until `score` sets them against the largest."""

    def __init__(
        self,
        series: Sequence[Series],
        inputs: OutcomesInputs,
        texts: Mapping[str, str],
        loop: Loop | Off | None = None,
        *,
        picked: float = 1.0,
        hinted: float = 1.0,
        said: Callable[[Move], int] = lambda _: 0,
    ) -> None:
        self.said = said
        self.confidence = picked_confidence(inputs.settings.confidence, picked)
        self.doubtful = picked_confidence(inputs.settings.confidence, hinted)
        self.series = {one.scope: one for one in series}
        self.inputs, self.texts, self.loop = inputs, texts, loop
        self.products, self.currency = inputs.products, inputs.settings.currency

    def of_move(self, move: Move) -> Insight:
        """Return the statement about a move: size and interval, what is on record, cause, who decides, rows.

        A change that did not stand among all series is a hint: it says so, and names no cause.
        """
        series = self.series[move.metric, move.kind, move.parent]
        is_sure = series.watched.has_moved
        metric, products = series.metric, self.products
        low, high = self._interval(move, series)
        times = self.said(move)
        unit, stake = exposure(metric, series, self._company(metric), abs(move.change), abs(move.before))
        owner = self.owner(metric, move.kind, move.parent)
        rows = round(float(series.frame["n"][series.frame["is_judged"]].sum()))
        files = self._files(metric)
        sentences = [
            say_size(move, low, high, metric, self.currency),
            say_events(move.events) if is_sure else "",
            say_cause(move.split, products, metric.unit, self.currency) if is_sure else "",
            say_carriers(move.carriers, products) if is_sure else "",
            say_also(move, products) if is_sure else "",
            DEPENDS if move.holds_under_other_shares is False else "",
            say_owner(metric, owner) if is_sure else "",
            f"By chance alone, this one series would show as much in {write_rarity(move.p)} reviews."
            if is_sure
            else say_doubt(move.q),
            say_known(times),
            say_rows(rows, files),
        ]
        has_lever = bool(move.events) or (move.split is not None and move.split.cause in ("rate", "shares"))
        return Insight(
            kind="move" if is_sure else "hint",
            metric=metric.metric,
            scope_kind=move.kind,
            parent=move.parent,
            reader=owner or "the board",
            period=move.since,
            claim=(say_move if is_sure else say_hint)(move, metric, products, self.currency),
            detail=" ".join(part for part in sentences if part),
            size=move.change,
            stake=stake,
            evidence=(1.0 - move.q) * sure_part(move.change, low, high),
            actionability=actionability(owner, metric, self.inputs, has_lever=has_lever),
            novelty=NOVELTY[times],
            score=0.0,
            cause=move.split if is_sure else None,
            events=move.events,
            holds_under_other_shares=move.holds_under_other_shares,
            is_favourable=move.is_favourable,
            query=self.texts.get(metric.metric, ""),
            rows=rows,
            low=low,
            high=high,
            until=move.until,
            files=files,
            unit=unit,
            is_over=move.is_over,
        )

    def of_target(self, check: TargetCheck) -> Insight:
        """Return the statement about a target that is missed as long as nothing changes."""
        series = self.series[check.metric, check.kind, check.parent]
        metric, value = series.metric, float(check.value or 0.0)
        distance = value - check.target.value
        unit, stake = exposure(metric, series, self._company(metric), abs(distance), abs(check.target.value))
        owner = self.owner(metric, check.kind, check.parent)
        place = where(check.kind, check.parent, self.products)
        now, goal = write_pair(value, check.target.value, metric.unit, self.currency)
        by = f" due {theme.month(check.target.by)}" if check.target.by else ""
        claim = fit_claim(
            f"{metric.label}{place}: the target of {goal}{by} is missed again and again; the latest is {now}.",
            f"{metric.label}{place}: the target of {goal} is missed again and again; the latest is {now}.",
            f"{metric.label}{place}: {now}, and the target of {goal} is out of reach.",
            f"{metric.label}: {now}, and the target of {goal} is out of reach.",
        )
        rows = round(float(series.frame["n"][series.frame["is_judged"]].sum()))
        files, limits = self._files(metric), series.watched.limits
        period = series.latest["period"] if series.latest is not None else None
        low = high = None
        reach = ""
        if limits is not None and not limits.is_constant:
            low, high = limits.lower - check.target.value, limits.upper - check.target.value
            ends = write_pair(limits.lower, limits.upper, metric.unit, self.currency)
            reach = f" It runs from {ends[0]} to {ends[1]}."
        month = "" if period is None else f" in {when(metric, period)}"
        sentences = [
            f"It was {now}{month}, {write_change(distance, metric.unit, self.currency)} off.{reach}",
            "Left as it is, it will go on missing.",
            say_owner(metric, owner),
            say_rows(rows, files),
        ]
        return Insight(
            kind="target",
            metric=metric.metric,
            scope_kind=check.kind,
            parent=check.parent,
            reader=owner or "the board",
            period=period,
            claim=claim,
            detail=" ".join(sentences),
            size=distance,
            stake=stake,
            evidence=self.inputs.settings.confidence,
            actionability=actionability(owner, metric, self.inputs, has_lever=False),
            novelty=1.0,
            score=0.0,
            cause=None,
            events=(),
            holds_under_other_shares=None,
            is_favourable=False,
            query=self.texts.get(metric.metric, ""),
            rows=rows,
            low=low,
            high=high,
            until=period,
            files=files,
            unit=unit,
        )

    def of_stage(self, held: StageEvidence) -> Insight:
        """Return the statement about a product whose use is not what its declared stage says."""
        series, growth = self.series[held.metric, "product", held.product], held.growth
        if growth is None or series.latest is None:  # a contradiction has both
            raise ModelError(f"{held.product} has no growth to speak of.")
        metric, name = series.metric, self.products.name(held.product)
        edge = {"grow": BAND, "retire": -BAND}.get(held.suggested)
        gap = abs(growth.value - edge) if edge is not None else BAND
        unit, stake = exposure(metric, series, self._company(metric), gap, 1.0)
        owner = self.owner(None, "product", held.product)
        way = "grows" if growth.value > 0 else "falls"
        use = f"its use {way} by {theme.percent(abs(growth.value))} a year"
        if held.suggested == "sustain":
            use = "its use stays where it was"
        ends = " and ".join(theme.signed(100 * end) + " %" for end in (growth.low, growth.high))
        seasonal = "" if growth.is_year_on_year else " The season is still in it."
        latest = series.latest["period"]
        judged = series.frame["is_judged"] & (series.frame["period"] <= latest)
        rows = round(float(series.frame["n"][judged].tail(growth.n).sum()))
        files = self._files(metric)
        sentences = [
            held.meaning,
            f"{metric.label} went by {theme.signed(100 * growth.value)} % in the year to "
            f"{when(metric, latest)}, and likely between {ends}.{seasonal}",
            say_events(held.events) if held.events else "",
            f"To decide: {owner}." if owner else NOBODY,
            say_rows(rows, files),
        ]
        return Insight(
            kind="stage",
            metric=metric.metric,
            scope_kind="product",
            parent=held.product,
            reader=owner or "the board",
            period=latest,
            claim=fit_claim(
                f"{name} is said to be in “{held.declared}”, but {use}.",
                f"One product is said to be in “{held.declared}”, but {use}.",
            ),
            detail=" ".join(part for part in sentences if part),
            size=growth.value,
            stake=stake,
            evidence=self.inputs.settings.confidence,
            actionability=actionability(owner, replace(metric, loop=Rhythm()), self.inputs, has_lever=True),
            novelty=1.0,
            score=0.0,
            cause=None,
            events=held.events,
            holds_under_other_shares=None,
            is_favourable=None,
            query=self.texts.get(metric.metric, ""),
            rows=rows,
            low=growth.low,
            high=growth.high,
            until=latest,
            files=files,
            unit=unit,
        )

    def of_loop(self, health: LoopHealth) -> Insight | None:
        """Return the statement about decisions that come later than promised; None where they do not."""
        loop, decision = self.loop, health.decision
        if loop is None or isinstance(loop, Off) or decision.curve is None or decision.n < LEAST_SIGNALS:
            return None
        half, rate = decision.curve.reached(0.5), decision.within(loop.promise)
        is_late = half.value is None or half.value > loop.promise
        if not is_late or rate.share is None or rate.low is None or rate.high is None:
            return None
        name, late = self.products.name(health.key), 1 - rate.share
        owner = self.owner(None, health.kind, health.key)
        wait = f"longer than {_days(half.longer_than)}" if half.value is None else f"{_days(half.value)} or more"
        asked = f"{_days(loop.promise)} {'is' if loop.promise == 1 else 'are'} the promise"
        goal = asked if loop.is_promised else f"nobody promises how soon, and {_days(loop.promise)} is a usual goal"
        low, high = 1 - rate.high, 1 - rate.low
        ends = " and ".join(theme.percent(end) for end in (low, high))
        sentences = [
            f"After {_days(loop.promise)}, {theme.percent(late)} still wait, and likely between {ends}.",
            f"{_count(decision.open)} of {decision.n} still wait now." if decision.open else "",
            f"The oldest has waited {_days(decision.oldest)}." if decision.oldest is not None else "",
            f"To decide: {owner}." if owner else NOBODY,
            f"It rests on {_count(decision.n)} of feedback.",
        ]
        part = decision.n / max(loop.company.decision.n, 1)
        return Insight(
            kind="loop",
            metric="",
            scope_kind=health.kind,
            parent=health.key,
            reader=owner or "the board",
            period=None,
            claim=fit_claim(
                f"Half of {_count(decision.n)} on {name} wait {wait} for a decision; {goal}.",
                f"Half of {_count(decision.n)} on {name} wait {wait} for a decision.",
                f"Half of {_count(decision.n)} wait {wait} for a decision.",
            ),
            detail=" ".join(part for part in sentences if part),
            size=late,
            stake=late * min(1.0, part),
            evidence=loop.confidence * sure_part(late, low, high),
            actionability=actionability(owner, _NO_METRIC, self.inputs, has_lever=decision.open > 0),
            novelty=1.0,
            score=0.0,
            cause=None,
            events=(),
            holds_under_other_shares=None,
            is_favourable=False,
            query="",
            rows=decision.n,
            low=low,
            high=high,
            until=loop.as_of,
            files=("feedback",),
        )

    def owner(self, metric: Metric | None, kind: str, parent: str) -> str:
        """Return who decides: the metric's owner, else the line's manager, else the product's owner."""
        if metric is not None and metric.loop.owner:
            return metric.loop.owner
        if kind == "product_line":
            return self.products.owners.get(parent, "")
        if kind == "product":
            return next((entry.owner or "" for entry in self.products.products if entry.product == parent), "")
        return ""

    def _company(self, metric: Metric) -> Series | None:
        return self.series.get((metric.metric, "company", ""))

    def _files(self, metric: Metric) -> tuple[str, ...]:
        tables = metric.tables or _tables_below(metric, self.inputs)
        return tuple(dict.fromkeys(self.inputs.sources.get(name, name) for name in tables))

    def _interval(self, move: Move, series: Series) -> tuple[float, float]:
        """Return the interval of a move, from the same periods as its two levels."""
        limits, change = series.watched.limits, series.watched.change
        if limits is None or change is None:  # a move has both
            raise ModelError(f"{move.metric} has not moved.")
        track = series.watched.track  # without its season, where it has one
        values = np.array(track.shown) if track is not None else series.frame["value"].to_numpy(dtype=float)
        judged = series.frame["is_judged"].to_numpy(dtype=bool) & np.isfinite(values)
        places = np.arange(values.size)
        before = values[judged & (places >= limits.baseline_from) & (places <= limits.baseline_to)]
        after = values[judged & (places >= change.first)][: change.points]
        if before.size < 2 or not after.size:
            return move.change, move.change
        confidence = self.confidence if series.watched.has_moved else self.doubtful
        low, high = change_interval(before, after, limits.rho, confidence=confidence)
        reach = (high - low) / 2
        return move.change - reach, move.change + reach


def _tables_below(metric: Metric, inputs: OutcomesInputs) -> tuple[str, ...]:
    """Return the tables of the metrics that a metric is made of."""
    found: list[str] = []
    for held in metric.inputs:
        below = inputs.catalogue.metric(held.metric)
        found += below.tables or _tables_below(below, inputs)
    return tuple(dict.fromkeys(found))


def _days(days: float | None) -> str:
    text = theme.number(days, 0)
    return f"{text} day" if text == "1" else f"{text} days"


def _count(signals: int) -> str:
    return "1 signal" if signals == 1 else f"{signals} signals"


_NO_METRIC = Metric("feedback", "Feedback", "count")
