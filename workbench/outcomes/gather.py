"""Every query of a catalogue asked of an engine, and what came back: a few thousand rows of parts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.dialects import Query, Window
from workbench.outcomes.engines import DuckDB, Engine
from workbench.outcomes.fact_rows import scan_of
from workbench.outcomes.parts import emit, emit_together, emit_total
from workbench.outcomes.parts_reach import emit_reach, emit_reach_total
from workbench.products import KINDS, ProductMap

PART_COLUMNS = ("metric", "product", "period", "version", "cut", "dimension", "segment", "part", "value")


@dataclass(frozen=True, eq=False)
class Parts:
    """What came back from the engine, before any share was applied.

    Attributes
    ----------
    frame : DataFrame
        `PART_COLUMNS`: metric, product ('' where blank), period (date), version, cut (share changes passed),
        dimension and segment ('' where the row is over all segments), part, value (the part's unit).
    totals : DataFrame
        metric, period, version, part, value: the company, from queries without a product.
    reach : DataFrame
        metric, version, kind, parent, period, value, n: metrics that do not add up, over all rows of the members.
    queries : tuple of Query
        Every query that ran.
    troubles : tuple of (str, str)
        Metric and reason, for metrics that the engine could not compute.
    engine : str
        Name and version.
    seconds : float
        Time in the engine.
    """

    frame: pd.DataFrame
    totals: pd.DataFrame
    reach: pd.DataFrame
    queries: tuple[Query, ...]
    troubles: tuple[tuple[str, str], ...]
    engine: str
    seconds: float


def fetch_parts(catalogue: Catalogue, engine: DuckDB, products: ProductMap, window: Window) -> Parts:
    """Return the parts of every metric of the catalogue; one scan a table and calendar, one more for the company.

    A metric whose own query fails is named in `Parts.troubles`; the others of its table are asked again without it.

    Parameters
    ----------
    catalogue : Catalogue
        Metrics that can be computed, tables with their columns.
    engine : DuckDB
    products : ProductMap
    window : Window
    """
    started = time.perf_counter()
    gathered = _Gathered()
    for table in catalogue.tables:
        for group in _by_scan([m for m in catalogue.metrics if table.name in m.tables], table):
            for metrics in _that_run(group, table, engine, window, gathered):
                segments = _segments(metrics, table)
                pieces = gathered.run(emit_together(metrics, table, engine.dialect, window, segments), engine)
                gathered.frames += _long(*pieces, segments)
                gathered.totals += _long_total(
                    *gathered.run(emit_total(metrics, table, engine.dialect, window), engine)
                )
    members = _members(products, window)
    for metric in catalogue.metrics:
        if metric.is_reach and metric.metric not in dict(gathered.troubles) and metric.measure:
            table = catalogue.table(metric.measure.table)
            _reach(metric, table, members, engine, window, gathered)
    return Parts(
        _stack(gathered.frames, PART_COLUMNS),
        _stack(gathered.totals, ("metric", "period", "version", "part", "value")),
        _stack(gathered.reach, ("metric", "version", "kind", "parent", "period", "value", "n")),
        tuple(gathered.queries),
        tuple(gathered.troubles),
        engine.version,
        time.perf_counter() - started,
    )


def queries_of(metric: Metric, catalogue: Catalogue, dialect: str, window: Window) -> tuple[Query, ...]:
    """Return the queries that give a metric, to print, paste and run; a metric made of others has those of its inputs."""
    if metric.is_made:
        inputs = [catalogue.metric(one.metric) for one in metric.inputs]
        return tuple(dict.fromkeys(q for one in inputs for q in queries_of(one, catalogue, dialect, window)))
    found = [emit(metric, catalogue.table(name), dialect, window) for name in metric.tables]
    if metric.is_reach:
        found.append(emit_reach_total(metric, catalogue.table(metric.tables[0]), dialect, window))
    return tuple(found)


class _Gathered:
    """What the queries have brought so far."""

    def __init__(self) -> None:
        self.frames: list[pd.DataFrame] = []
        self.totals: list[pd.DataFrame] = []
        self.reach: list[pd.DataFrame] = []
        self.queries: list[Query] = []
        self.troubles: list[tuple[str, str]] = []

    def run(self, query: Query, engine: Engine) -> tuple[pd.DataFrame, Query]:
        frame = engine.fetch(query)
        self.queries.append(query)
        return frame, query


def _by_scan(metrics: Sequence[Metric], table: FactTable) -> list[list[Metric]]:
    groups: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        groups.setdefault(scan_of(metric, table), []).append(metric)
    return list(groups.values())


def _that_run(
    group: list[Metric], table: FactTable, engine: Engine, window: Window, gathered: _Gathered
) -> list[list[Metric]]:
    """Return the metrics whose SQL the engine accepts, as one group; name the others.

    Only a metric with its own SQL can fail here, so only then is each one asked alone (explain runs nothing).
    """
    if not any(measure.sql for metric in group for _, measure in metric.measures):
        return [group] if group else []
    good = []
    for metric in group:
        try:
            query = emit_together([metric], table, engine.dialect, window)
            engine.fetch(Query(f"explain {query.text}", query.metrics, query.dialect))
            good.append(metric)
        except ModelError as error:
            gathered.troubles.append((metric.metric, str(error)))
    return [good] if good else []


def _segments(metrics: Sequence[Metric], table: FactTable) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            column
            for metric in metrics
            for column in metric.segments
            if column in table.columns and all(m.table == table.name for _, m in metric.measures)
        )
    )


def _days(values: pd.Series) -> pd.Series:
    """Return periods as dates: what the engine calls a date comes back as a time stamp."""
    days = pd.to_datetime(values)
    return pd.Series([None if pd.isna(day) else day.date() for day in days], index=values.index, dtype=object)


def _long(frame: pd.DataFrame, query: Query, segments: Sequence[str]) -> list[pd.DataFrame]:
    """Return one row per part, from one column per part."""
    if frame.empty:
        return []
    dimension = pd.Series("", index=frame.index, dtype=object)
    segment = pd.Series("", index=frame.index, dtype=object)
    for place, column in enumerate(segments):
        is_set = frame[f"_by_{place}"].notna()
        dimension[is_set], segment[is_set] = column, frame.loc[is_set, f"_by_{place}"]
    base = pd.DataFrame(
        {
            "product": frame["_product"].astype(object),
            "period": _days(frame["_period"]),
            "version": frame["_version"].astype(object),
            "cut": frame["_cut"].astype(int),
            "dimension": dimension,
            "segment": segment,
        }
    )
    pieces = []
    for name, metric, part in query.columns:
        piece = base.assign(metric=metric, part=part, value=frame[name].astype(float))
        pieces.append(piece[list(PART_COLUMNS)])
    return pieces


def _long_total(frame: pd.DataFrame, query: Query) -> list[pd.DataFrame]:
    if frame.empty:
        return []
    base = pd.DataFrame({"period": _days(frame["_period"]), "version": frame["_version"].astype(object)})
    return [
        base.assign(metric=metric, part=part, value=frame[name].astype(float))[
            ["metric", "period", "version", "part", "value"]
        ]
        for name, metric, part in query.columns
    ]


def _members(products: ProductMap, window: Window) -> list[tuple[str, int, str, str]]:
    """Return every (product, epoch, kind, parent) with a share; each product is its own parent too."""
    rows = []
    starts = [None, *window.cuts]
    for epoch, on in enumerate(starts):
        rows += [(product, epoch, "product", product) for product in products.ids]
        for kind in KINDS:
            held = products.shares(kind, on)
            rows += [(p, epoch, kind, parent) for p, parent in zip(held["product"], held["parent"], strict=True)]
    return rows


def _reach(
    metric: Metric,
    table: FactTable,
    members: Sequence[tuple[str, int, str, str]],
    engine: Engine,
    window: Window,
    gathered: _Gathered,
) -> None:
    wanted = [row for row in members if row[2] == "product" or row[2] in metric.via]
    if wanted:
        frame, _ = gathered.run(emit_reach(metric, table, wanted, engine.dialect, window), engine)
        gathered.reach.append(_reach_frame(metric, frame, frame["_kind"], frame["_parent"]))
    frame, _ = gathered.run(emit_reach_total(metric, table, engine.dialect, window), engine)
    company = pd.Series("company", index=frame.index, dtype=object)
    gathered.reach.append(_reach_frame(metric, frame, company, pd.Series("", index=frame.index, dtype=object)))


def _reach_frame(metric: Metric, frame: pd.DataFrame, kind: pd.Series, parent: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "metric": metric.metric,
            "version": frame["_version"].astype(object),
            "kind": kind.astype(object),
            "parent": parent.astype(object),
            "period": _days(frame["_period"]),
            "value": frame["value"].astype(float),
            "n": frame["n"].astype(float),
        }
    )


def _stack(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    stacked = pd.concat(filled, ignore_index=True)
    with suppress(KeyError):
        stacked["value"] = stacked["value"].astype(np.float64)
    return stacked
