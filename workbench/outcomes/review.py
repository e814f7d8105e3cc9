"""One review: facts are checked, added up, watched and compared with their targets; moves that matter are split.

A metric or a table with trouble switches off only what depends on it, by name. The result carries every query that
was run, so that each number can be traced.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.findings import Off
from workbench.outcomes.balances import broken_laws
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.catalogue_checks import check_catalogue, depending
from workbench.outcomes.causes import Causes, latest_and_before
from workbench.outcomes.control_charts import Watched, watch
from workbench.outcomes.cubes import Cube, add_up, build_cubes, share_arrays
from workbench.outcomes.data_checks import (
    DataFinding,
    broken_metrics,
    calendar_findings,
    check_data,
    control_findings,
    given_findings,
)
from workbench.outcomes.dialects import Window
from workbench.outcomes.engines import Engines
from workbench.outcomes.gather import Parts, fetch_parts, queries_of
from workbench.outcomes.inputs import Event, OutcomesInputs
from workbench.outcomes.loop import Loop, loop_health
from workbench.outcomes.managers import LINE, Reader, readers_of
from workbench.outcomes.novelty import times_said
from workbench.outcomes.other_shares import OtherShares, Survival
from workbench.outcomes.provenance import TableState, states_of
from workbench.outcomes.rare_events import RareEvents, watch_gaps
from workbench.outcomes.readings import Ranking, is_hint, where_it_belongs
from workbench.outcomes.reviewed import NO_LOOP, SERIES_COLUMNS, Move, Outcomes, Series, TargetCheck
from workbench.outcomes.rollup import RolledUp, company_values, product_values, roll_up
from workbench.outcomes.share_checks import share_findings
from workbench.outcomes.signal_portfolio import Portfolio
from workbench.outcomes.signal_review import compare_products, judge_together, level_of
from workbench.outcomes.simpson import Reversal, Strata, reversals
from workbench.outcomes.stages import PERIODS_A_YEAR, Growth, StageEvidence, stage_evidence, usage_metric
from workbench.outcomes.target_odds import assurance, periods_ahead, with_chance
from workbench.outcomes.variances import Variance, compare_versions
from workbench.outcomes.versions import values_beside
from workbench.outcomes.work import Work, review_work
from workbench.products import KINDS

EVENT_WINDOW_DAYS = 92
"""Events up to a quarter before a change are asked first (ours)."""

GAPS = "its events are rare, so the days between them are watched"
"""Why a metric with `chart: time_between` has no usual range of its own."""

NEW_LEVELS = ("definition", "baseline")
"""Kinds of event after which the usual range begins anew: another measure, or a level that the client accepts."""

OVERLAP = "its windows overlap, so that its periods are not apart"
"""Why a cumulative metric is drawn and compared with its targets, and not watched."""


def measure(
    inputs: OutcomesInputs | Off, *, confidence: float | None = None, insights_per_reader: int | None = None
) -> Outcomes | Off:
    """Return what the client's outcomes say.

    Parameters
    ----------
    inputs : OutcomesInputs or Off
        From `load_engagement(...).outcomes`; Off is returned as it is.
    confidence : float, optional
        Coverage of intervals; by default the engagement's.
    insights_per_reader : int, optional
        Most statements one reader gets; by default 5.

    Raises
    ------
    ModelError
        A setting is out of range.
    """
    if isinstance(inputs, Off):
        return inputs
    settings = inputs.settings
    if confidence is not None:
        settings = replace(settings, confidence=confidence)
    if insights_per_reader is not None:
        settings = replace(settings, insights_per_reader=insights_per_reader)
    inputs = replace(inputs, settings=settings)
    return _Review(inputs).run()


def tie_totals(inputs: OutcomesInputs | Off) -> tuple[Mapping[str, object], ...]:
    """Return the ledger's totals of metrics beside ours, without the rest of a review.

    Returns
    -------
    tuple of mapping
        measure, scope, period, ours, theirs, difference (share), source, signed_off_by; none where a total is of no
        metric, or its period holds no value.
    """
    if isinstance(inputs, Off) or not inputs.control_totals:
        return ()
    review = _Review(inputs)
    _, catalogue, _, _, frames = review.add_up()
    return review.controls(catalogue, pd.concat(frames, ignore_index=True))


class _Review:
    """The steps of one review, in order; each leaves what the next needs."""

    def __init__(self, inputs: OutcomesInputs) -> None:
        self.inputs, self.settings, self.products = inputs, inputs.settings, inputs.products
        self.cuts = inputs.products.cut_dates()
        self.window = Window(inputs.settings.as_of, self.cuts, inputs.settings.fiscal_year_starts)
        self.off: dict[str, str] = {}
        self.states: tuple[TableState, ...] = ()
        self.findings: list[DataFinding] = []
        self.arrays: dict[str, dict[str, np.ndarray]] = {}
        self.others = OtherShares(inputs.products)
        self.rare: list[RareEvents] = []
        self.portfolio = Portfolio()

    def add_up(self) -> tuple[Parts, Catalogue, Mapping[str, Cube], Mapping[str, RolledUp], list[pd.DataFrame]]:
        """Return the parts, what they are added up to, and the values: the company's, the parents', the products'."""
        parts, catalogue = self.fetch()
        cubes = build_cubes(parts, catalogue, self.products, len(self.cuts) + 1)
        catalogue = self.conserved(catalogue, cubes)
        rolled = {
            kind: roll_up(
                parts,
                catalogue,
                self.products,
                kind,
                cubes=cubes,
                as_of=self.settings.as_of,
                confidence=self.settings.confidence,
            )
            for kind in KINDS
            if self.products.parents(kind)
        }
        as_of, confidence = self.settings.as_of, self.settings.confidence
        frames = [company_values(parts, catalogue, cubes, as_of, confidence)]
        frames += [rolled[kind].values for kind in rolled]  # noqa: PD011 - a field of ours
        frames.append(product_values(parts, catalogue, cubes, as_of, confidence))
        return parts, catalogue, cubes, rolled, frames

    def controls(self, catalogue: Catalogue, values: pd.DataFrame) -> tuple[Mapping[str, object], ...]:
        """Note where our numbers differ from the ledger, and return each total beside ours."""
        found, records = control_findings(
            catalogue, self.inputs.control_totals, values, self.products, self.settings.currency
        )
        self.findings += found
        return records

    def run(self) -> Outcomes:
        parts, catalogue, cubes, rolled, frames = self.add_up()
        values = pd.concat(frames, ignore_index=True)
        self.findings += calendar_findings(catalogue, frames[0])
        self.findings += _given_twice(catalogue, cubes)
        records = self.controls(catalogue, values)
        series, signals = judge_together(
            self.watch_all(catalogue, values), self.rare, false_share=self.settings.false_share
        )
        self.portfolio = signals.portfolio
        signals = replace(signals, comparisons=compare_products(catalogue.metrics, cubes, _latest_periods(series)))
        causes = Causes(parts, cubes, catalogue)
        moves = self.find_moves(series, cubes, causes)
        targets = self.check_targets(catalogue, series, cubes)
        texts = self.texts(catalogue)
        work, loop, stages = self.work(), self.loop(), self.stages(series)
        self.findings += share_findings(cubes, self.products)
        own_moves = self.own_moves(series, moves, cubes, causes)
        ranking = Ranking(
            self.inputs,
            series,
            texts,
            moves=moves,
            own=own_moves,
            targets=targets,
            stages=stages,
            loop=loop,
            said=self.said_before(series),
        )
        return Outcomes(
            settings=self.settings,
            products=self.products,
            catalogue=self.inputs.catalogue,
            off=tuple((m.metric, self.off[m.metric]) for m in self.inputs.catalogue.metrics if m.metric in self.off),
            series=tuple(series),
            rolled=rolled,
            moves=tuple(moves),
            targets=tuple(targets),
            insights=ranking.board(),
            findings=tuple(self.findings),
            controls=records,
            queries=parts.queries,
            texts=texts,
            sources=self.inputs.sources,
            engine=parts.engine,
            states=self.states,
            events=self.inputs.events,
            loop=loop,
            beside=partial(
                values_beside,
                parts,
                catalogue,
                self.products,
                tuple(rolled),
                values,
                as_of=self.settings.as_of,
                confidence=self.settings.confidence,
            ),
            stages=stages,
            work=work,
            reversals=self.find_reversals(series, moves, causes),
            variances=self.compare(parts, catalogue, cubes),
            signals=signals,
            own_moves=tuple(dict.fromkeys(move for held in own_moves.values() for move in held)),
            readings=ranking.readings(),
        )

    def work(self) -> Work | None:
        """Review what trackers say of the work; what is wrong with their tables joins the other findings."""
        sources = [self.inputs.sources.get(name, name) for name in self.inputs.work]
        found = review_work(
            self.inputs.work,
            self.settings.as_of,
            products=self.products.ids,
            found_before=self.inputs.work_findings,
            sources=sources,
        )
        self.findings += found.findings if found is not None else ()
        return found

    def loop(self) -> Loop | Off:
        feedback, settings = self.inputs.feedback, self.settings
        if not feedback:
            return NO_LOOP
        found = loop_health(
            feedback,
            self.products,
            settings.as_of,
            catalogue=self.inputs.catalogue,
            confidence=settings.confidence,
        )
        return found or NO_LOOP

    def stages(self, series: Sequence[Series]) -> tuple[StageEvidence, ...]:
        """Set each product's use beside the stage its owner declares; a redefinition begins another measure."""
        metric = usage_metric(self.inputs.catalogue, tuple(self.off))
        if metric is None:
            return ()
        held = {s.parent: s.frame for s in series if s.kind == "product" and s.metric.metric == metric.metric}
        found = []
        for entry in self.products.products:
            frame = held.get(entry.product)
            growth: Growth | str = "no period with use"
            events: tuple[Event, ...] = ()
            if frame is not None:
                start = self.break_place(metric, "product", entry.product, list(frame["period"]))
                frame = frame.iloc[start:][frame["is_complete"].iloc[start:].to_numpy(dtype=bool)]
                growth = stage_evidence(
                    frame["value"].to_numpy(dtype=float), metric.grain, confidence=self.settings.confidence
                )
                since = list(frame["period"])[-2 * PERIODS_A_YEAR[metric.grain] :][:1]
                scope = self.events_in_scope(metric.metric, "product", entry.product)
                events = tuple(e for e in scope if e.kind == "price" and since and e.date >= since[0])
            reason = growth if isinstance(growth, str) else ""
            known = None if isinstance(growth, str) else growth
            found.append(StageEvidence(entry.product, entry.stage, metric.metric, known, reason, events))
        return tuple(found)

    # -- facts -------------------------------------------------------------------------------------------------------

    def fetch(self) -> tuple[Parts, Catalogue]:
        """Check the facts, then fetch the parts of every metric that stands."""
        with Engines(self.inputs.catalogue, self.inputs.facts, self.inputs.databases) as engine:
            catalogue = engine.describe(self.inputs.catalogue, self.inputs.columns)
            found = {t.name: t.columns for t in catalogue.tables if t.columns}
            self.off.update({t.metric: t.reason for t in check_catalogue(catalogue, found)})
            catalogue = self.standing(catalogue)
            self.findings += check_data(self.inputs, catalogue, engine)
            for metric, reason in broken_metrics(self.findings).items():
                self.off.setdefault(metric, reason)
            catalogue = self.standing(catalogue)
            parts = fetch_parts(catalogue, engine, self.products, self.window)
            self.states = states_of(catalogue, engine)
        self.off.update(dict(parts.troubles))
        return parts, self.standing(catalogue)

    def conserved(self, catalogue: Catalogue, cubes: Mapping[str, Cube]) -> Catalogue:
        """Switch off what does not come back in full, before any number of it is shown."""
        for metric, reason in broken_laws(cubes).items():
            self.off.setdefault(metric, reason)
        return self.standing(catalogue)

    def standing(self, catalogue: Catalogue) -> Catalogue:
        for trouble in depending(catalogue, self.off):
            self.off.setdefault(trouble.metric, trouble.reason)
        return replace(catalogue, metrics=tuple(m for m in catalogue.metrics if m.metric not in self.off))

    def texts(self, catalogue: Catalogue) -> dict[str, str]:
        """Return one query a metric that can be pasted and run."""
        return {
            metric.metric: ";\n\n".join(q.text for q in queries_of(metric, catalogue, self.window))
            for metric in catalogue.metrics
        }

    # -- series ------------------------------------------------------------------------------------------------------

    def watch_all(self, catalogue: Catalogue, values: pd.DataFrame) -> list[Series]:
        """Return every series in a fixed order: by metric, then company, parents by kind, products."""
        least = values["metric"].map({m.metric: m.signal.min_denominator for m in catalogue.metrics})
        is_judged = values["is_complete"].astype(bool) & (values["n"] >= least) & values["value"].notna()
        values = values.assign(is_judged=is_judged, is_complete=values["is_complete"].astype(bool))
        scope = [values[column] for column in ("metric", "kind", "parent")]
        groups = dict(list(values[list(SERIES_COLUMNS)].groupby(scope, sort=False)))
        scopes = [("company", "")]
        scopes += [(kind, parent) for kind in KINDS for parent in self.products.parents(kind)]
        scopes += [("product", product) for product in self.products.ids]
        found = []
        for metric in catalogue.metrics:
            if metric.is_input:
                continue
            for kind, parent in scopes:
                rows = groups.get((metric.metric, kind, parent))
                if rows is not None and self.counts(metric, kind, parent):
                    found.append(self.series(metric, kind, parent, rows))
        return found

    def said_before(self, series: Sequence[Series]) -> Callable[[Move], int]:
        """Return what tells at how many of the last two reviews a move could be said already."""
        reviews = [day for day in self.settings.reviews if day < self.settings.as_of]
        held = {one.scope: one for one in series}
        named = [one.watched.change.p for one in series if one.watched.change is not None and one.watched.has_moved]

        def times(move: Move) -> int:
            one = held[move.metric, move.kind, move.parent]
            periods, values = one.frame["period"].tolist(), one.frame["value"].to_numpy(dtype=float)
            start = self.break_place(one.metric, one.kind, one.parent, periods, NEW_LEVELS)

            def watch_first(count: int) -> Watched:
                if count <= start:  # what was measured then was another measure
                    return Watched(None)
                return self.watched(one.metric, one.frame.iloc[:count], values[:count], start)

            return times_said(move, periods, reviews, watch_first, max(named, default=0.0))

        return times

    def counts(self, metric: Metric, kind: str, parent: str) -> bool:
        """Return whether the metric speaks of this product at its stage."""
        return kind != "product" or not metric.stages or self.products.stage(parent) in (None, *metric.stages)

    def series(self, metric: Metric, kind: str, parent: str, rows: pd.DataFrame) -> Series:
        frame = rows.reset_index(drop=True)  # periods stand in order of time
        if not metric.is_watched:
            return Series(metric, kind, parent, frame, Watched(None, reason=OVERLAP))
        start = self.break_place(metric, kind, parent, frame["period"].tolist(), NEW_LEVELS)
        if metric.signal.chart == "time_between" and metric.is_amount and metric.grain == "day":
            counts = frame["value"].where(frame["is_complete"]).to_numpy(dtype=float)
            days, scope = frame["period"].tolist(), (metric.metric, kind, parent)
            as_of = self.settings.as_of
            self.rare.append(watch_gaps(days, counts, scope=scope, rules=metric.signal, start=start, as_of=as_of))
            return Series(metric, kind, parent, frame, Watched(None, reason=GAPS))
        return Series(metric, kind, parent, frame, self.watched(metric, frame, frame["value"].to_numpy(float), start))

    def watched(self, metric: Metric, frame: pd.DataFrame, values: np.ndarray, start: int) -> Watched:
        """Return what the charts say of values; a chart that does not fit the metric gives way, and is said."""
        found = watch(
            values,
            rules=metric.signal,
            judged=frame["is_judged"].to_numpy(dtype=bool),
            within=metric.ends,
            start=start,
            grain=metric.grain,
            rows=frame["n_eff"].to_numpy(dtype=float) if metric.is_proportion else None,
        )
        misfit = _chart_misfit(metric)
        return replace(found, notes=(*found.notes, misfit)) if misfit else found

    def break_place(
        self,
        metric: Metric,
        kind: str,
        parent: str,
        periods: Sequence[dt.date],
        kinds: Sequence[str] = ("definition",),
    ) -> int:
        """Return the place of the first period after the last redefinition: older ones are another measure."""
        if not any(event.kind in kinds for event in self.inputs.events):
            return 0
        breaks = [e.date for e in self.events_in_scope(metric.metric, kind, parent) if e.kind in kinds]
        if not breaks:
            return 0
        return next((place for place, period in enumerate(periods) if period >= max(breaks)), len(periods))

    def events_in_scope(self, metric: str, kind: str, parent: str) -> list[Event]:
        """Return events about everything, the metric, the parent, or a product of it."""
        scopes = {"", metric, parent}
        if kind == "company":
            others = {m.metric for m in self.inputs.catalogue.metrics} - {metric}
            return [event for event in self.inputs.events if event.scope not in others]
        if kind in KINDS:
            scopes |= self.products.members_of(kind, parent)
        elif kind == "product":
            scopes |= self.products.scopes_of(parent)
        return [event for event in self.inputs.events if event.scope in scopes]

    # -- moves -------------------------------------------------------------------------------------------------------

    def find_moves(self, series: Sequence[Series], cubes: Mapping[str, Cube], causes: Causes) -> list[Move]:
        """Return one move a metric, where it is clearest; parents first, products only where no parent moved.

        All series were judged together, so that few of those that moved are chance (`judge_together`).
        """
        found = []
        for metric in {s.metric.metric: s.metric for s in series}.values():
            own = [s for s in series if s.metric.metric == metric.metric and s.watched.has_moved]
            parents = [s for s in own if s.kind != "product"]
            products = [s for s in own if s.kind == "product"]
            moved = parents or products
            if moved:
                found.append(self.move(max(moved, key=_clearness), moved, cubes, causes))
        return sorted(found, key=lambda m: (m.p, -abs(m.size_sigma)))

    def own_moves(
        self, series: Sequence[Series], moves: Sequence[Move], cubes: Mapping[str, Cube], causes: Causes
    ) -> dict[Reader, tuple[Move, ...]]:
        """Return what moved, or may have, for each line and manager: a metric and way once, where it belongs."""
        known = {(move.metric, move.kind, move.parent): move for move in moves}
        offered = [s for s in series if s.kind in (LINE, "product") and (s.watched.has_moved or is_hint(s))]
        found: dict[Reader, tuple[Move, ...]] = {}
        for reader in readers_of(self.products, self.settings.as_of):
            leads = []
            for lead, also in where_it_belongs(offered, reader, self.products):
                if lead.scope not in known:
                    known[lead.scope] = self.move(lead, also, cubes, causes)
                leads.append(known[lead.scope])
            found[reader] = tuple(leads)
        return found

    def move(self, lead: Series, moved: Sequence[Series], cubes: Mapping[str, Cube], causes: Causes) -> Move:
        change = lead.watched.change
        if change is None or lead.watched.limits is None:  # has_moved says both are there
            raise ModelError(f"{lead.metric.metric} has not moved.")
        places = self.spans_of(lead)[1]
        outside = lead.is_outside()
        since, until = lead.period(change.first), lead.period(max(places, default=change.first))
        earliest = since - dt.timedelta(days=EVENT_WINDOW_DAYS)
        events = tuple(e for e in self.events_in_scope(*lead.scope) if earliest <= e.date <= self.settings.as_of)
        also = tuple(
            (s.kind, s.parent)
            for s in moved
            if s is not lead and s.watched.change is not None and s.watched.change.size * change.size > 0
        )
        shares, spans = self.shares_of(lead.kind, lead.parent), self.spans_of(lead)
        survival = self.holds(lead, cubes.get(lead.metric.metric))
        return Move(
            metric=lead.metric.metric,
            kind=lead.kind,
            parent=lead.parent,
            since=since,
            until=until,
            before=change.before,
            after=change.after,
            size_sigma=change.size_sigma,
            p=change.p,
            is_favourable=lead.metric.favours(change.before, change.after),
            is_outside=any(outside[place] for place in places),
            split=causes.split(lead.metric, shares, *spans),
            events=events,
            also=also,
            holds_under_other_shares=None if survival is None else survival.holds,
            breaks=() if survival is None else survival.breaks,
            is_over=lead.latest is not None and until < lead.latest["period"],
            carriers=causes.carriers(lead.metric, shares, *spans, lead.kind, lead.parent),
            q=lead.watched.q or 0.0,
        )

    def spans_of(self, lead: Series) -> tuple[list[int], list[int]]:
        """Return the judged periods of the baseline and of the new level; a period still open is in neither.

        Where the metric has a season, like is compared with like: of the baseline the months of the new level count.
        """
        change, limits, season = lead.watched.change, lead.watched.limits, lead.watched.season
        if change is None or limits is None:
            return [], []
        judged = np.flatnonzero(lead.frame["is_judged"].to_numpy(dtype=bool))
        before = [int(p) for p in judged if limits.baseline_from <= p <= limits.baseline_to]
        after = [int(p) for p in judged if p >= change.first][: change.points]  # thin and missing periods lie between
        if season is not None:
            phases = {p % season.period for p in after}
            before = [p for p in before if p % season.period in phases] or before
        return before, after

    def find_reversals(self, series: Sequence[Series], moves: Sequence[Move], causes: Causes) -> tuple[Reversal, ...]:
        """Return totals of rates that say the opposite of their strata: changes, and gaps to all other parents.

        A move is taken over its own spans; else the latest year stands against the year before, after the last
        redefinition.
        """
        moved = {(move.metric, move.kind, move.parent) for move in moves}
        tables: list[Strata] = []
        for one in series:
            metric = one.metric
            is_rate = metric.has_split and not metric.is_amount and metric.type != "cumulative"
            if not is_rate or one.kind == "product" or metric.metric not in causes.cubes:
                continue
            start = self.break_place(metric, one.kind, one.parent, one.frame["period"].tolist())
            judged = one.frame["is_judged"].to_numpy(dtype=bool)
            spans = self.spans_of(one) if one.scope in moved else latest_and_before(judged, metric.grain, start)
            if all(spans):
                shares = self.shares_of(one.kind, one.parent)
                tables += causes.strata(metric, shares, *spans, one.kind, one.parent)
                if one.kind != "company":
                    tables += causes.gaps(metric, shares, spans[1], one.kind, one.parent)
        return reversals(tables, confidence=self.settings.confidence)

    def compare(self, parts: Parts, catalogue: Catalogue, cubes: Mapping[str, Cube]) -> tuple[Variance, ...]:
        """Return actual against the other versions, with what happened in scope in those periods."""
        parents = [(kind, parent) for kind in KINDS for parent in self.products.parents(kind)]

        def since(metric: Metric, kind: str, parent: str) -> dt.date | None:
            held = [e.date for e in self.events_in_scope(metric.metric, kind, parent) if e.kind == "definition"]
            return max(held, default=None)

        found = compare_versions(
            parts,
            catalogue,
            self.products,
            cubes,
            as_of=self.settings.as_of,
            fiscal_year_starts=self.settings.fiscal_year_starts,
            scopes=[("company", ""), *parents],
            since=since,
            others=self.others,
        )
        asked = []
        for one in found:
            scope = self.events_in_scope(one.metric, one.kind, one.parent)
            earliest = one.first - dt.timedelta(days=EVENT_WINDOW_DAYS)
            events = tuple(e for e in scope if earliest <= e.date <= self.settings.as_of)
            asked.append(replace(one, events=events))
        return tuple(asked)

    def shares_of(self, kind: str, parent: str) -> np.ndarray:
        shape = (len(self.products.ids), len(self.cuts) + 1)
        if kind == "company":
            return np.ones(shape)
        if kind == "product":
            found = np.zeros(shape)
            found[self.products.ids.index(parent)] = 1.0
            return found
        if kind not in self.arrays:
            self.arrays[kind] = share_arrays(self.products, kind, self.cuts)
        return self.arrays[kind][parent]

    def holds(self, lead: Series, cube: Cube | None) -> Survival | None:
        """Return whether the move stands under every split of shares nobody confirmed; None where there are none."""
        change, most = lead.watched.change, self.portfolio.threshold(level_of(lead.kind))
        if cube is None or lead.kind not in KINDS or lead.metric.is_reach or change is None:
            return None
        before, after = self.spans_of(lead)
        start = self.break_place(lead.metric, lead.kind, lead.parent, list(cube.periods), NEW_LEVELS)

        def size(shares: np.ndarray) -> float:
            values = cube.value(add_up(cube, shares))
            return float(np.sign(change.size) * (_mean(values[after]) - _mean(values[before])))

        def stands(shares: np.ndarray) -> bool:
            again = self.watched(lead.metric, lead.frame, cube.value(add_up(cube, shares)), start).change
            return again is not None and again.p <= max(most, change.p) and again.size * change.size > 0

        return self.others.survives(lead.kind, lead.parent, stands, size)

    # -- targets -----------------------------------------------------------------------------------------------------

    def check_targets(
        self, catalogue: Catalogue, series: Sequence[Series], cubes: Mapping[str, Cube]
    ) -> list[TargetCheck]:
        by_scope = {s.scope: s for s in series}
        found = []
        for metric in catalogue.metrics:
            for target in metric.targets:
                held = by_scope.get((metric.metric, target.kind, target.scope))
                latest = held.latest if held is not None else None
                value = None if latest is None else float(latest["value"])
                watched = held.watched if held is not None else Watched(None)
                met = metric.meets(value, target.value)
                verdict = assurance(
                    watched.widest,
                    target.value,
                    metric.direction,
                    by=target.by,
                    edges=(metric.low, metric.high),
                    is_changing=watched.has_moved or watched.has_left,
                    is_met=met,
                )
                if not metric.is_watched:
                    verdict = replace(verdict, reason=OVERLAP)
                elif held is not None and latest is not None and target.by is not None:
                    verdict = with_chance(
                        verdict,
                        held.frame["value"].where(held.frame["is_judged"]).to_numpy(dtype=float),
                        watched.limits,
                        watched.season,
                        direction=metric.direction,
                        ahead=periods_ahead(metric, latest["period"], target.by, self.settings.fiscal_year_starts),
                        edges=(metric.low, metric.high),
                        since=self.break_place(
                            metric, held.kind, held.parent, held.frame["period"].tolist(), NEW_LEVELS
                        ),
                    )
                check = TargetCheck(metric.metric, target.kind, target.scope, target, value, met, verdict)
                survival = None if held is None else self.target_holds(held, check, cubes.get(metric.metric))
                if survival is not None:
                    check = replace(check, holds_under_other_shares=survival.holds, breaks=survival.breaks)
                found.append(check)
        return found

    def target_holds(self, held: Series, check: TargetCheck, cube: Cube | None) -> Survival | None:
        """Return whether what is said of a target stands under every split of shares nobody confirmed."""
        metric, latest = held.metric, held.latest
        if cube is None or held.kind not in KINDS or metric.is_reach or latest is None or check.value is None:
            return None
        place, distance = cube.periods.index(latest["period"]), check.value - check.target.value
        start = self.break_place(metric, held.kind, held.parent, list(cube.periods), NEW_LEVELS)
        most = self.portfolio.threshold(level_of(held.kind))

        def size(shares: np.ndarray) -> float:
            value = float(cube.value(add_up(cube, shares))[place])
            return -np.inf if np.isnan(value) else float(np.sign(distance) * (value - check.target.value))

        def stands(shares: np.ndarray) -> bool:
            values = cube.value(add_up(cube, shares))
            value = None if np.isnan(values[place]) else float(values[place])
            if metric.meets(value, check.target.value) != check.is_met:
                return False
            if not metric.is_watched or check.assurance.verdict == "not_stated":
                return True
            again = self.watched(metric, held.frame, values, start)
            verdict = assurance(
                again.widest,
                check.target.value,
                metric.direction,
                by=check.target.by,
                edges=(metric.low, metric.high),
                is_changing=again.has_left or (again.change is not None and again.change.p <= most),
                is_met=check.is_met,
            ).verdict
            return verdict == check.assurance.verdict

        return self.others.survives(held.kind, held.parent, stands, size)


def _latest_periods(series: Sequence[Series]) -> dict[str, dt.date]:
    """Return the latest complete period of each metric."""
    return {s.metric.metric: s.latest["period"] for s in series if s.kind == "company" and s.latest is not None}


def _chart_misfit(metric: Metric) -> str:
    """Return why the declared chart does not fit a metric, as a clause; empty where it does."""
    if metric.signal.chart == "p" and not metric.is_proportion:
        return "funnel limits need a share of rows, so its values are watched one by one"
    if metric.signal.chart == "time_between":
        return "times between events need a count by day, so its values are watched one by one"
    return ""


def _clearness(series: Series) -> tuple[float, float, float]:
    change = series.watched.change
    return (0.0, 0.0, 0.0) if change is None else (-change.p, change.statistic, abs(change.size_sigma))


def _mean(values: np.ndarray) -> float:
    found = values[~np.isnan(values)]
    return float(found.mean()) if found.size else 0.0


def _given_twice(catalogue: Catalogue, cubes: Mapping[str, Cube]) -> list[DataFinding]:
    found = []
    for metric in catalogue.metrics:
        cube = cubes.get(metric.metric)
        if metric.type != "given" or cube is None:
            continue
        counts = cube.parts["n"].sum(axis=2)
        places = np.argwhere(counts > 1)
        if places.size:
            product, period = cube.products[places[0][0]], cube.periods[places[0][1]]
            found.append(given_findings(metric, len(places), f"{product}, {period.isoformat()}"))
    return found
