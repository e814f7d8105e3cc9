"""Every query of a catalogue asked of an engine, and what came back: a few thousand rows of parts."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.dialects import Query, Window
from workbench.outcomes.engines import Engine, Engines, TooSlowError, engine_for
from workbench.outcomes.fact_rows import scan_of
from workbench.outcomes.parts import emit, emit_together, emit_total
from workbench.outcomes.parts_entities import emit_attributed, emit_attributed_total, emit_clusters, emit_conversion
from workbench.outcomes.parts_reach import emit_reach, emit_reach_total
from workbench.outcomes.windows import Stretch, stretches_of
from workbench.products import KINDS, ProductMap

PART_COLUMNS = ("metric", "product", "period", "version", "cut", "dimension", "segment", "part", "value")
TOTAL_COLUMNS = ("metric", "period", "version", "part", "value")
REACH_COLUMNS = ("metric", "version", "kind", "parent", "period", "value", "n")
CLUSTER_PARTS = ("num2", "den2", "numden", "clusters")


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
    clusters : DataFrame
        metric, version, kind, parent, period and `CLUSTER_PARTS`: what intervals over customers rest on.
    errors : mapping of metric to float
        Largest relative error of approximate metrics, measured at the company, where they are counted exactly too.
    window : Window
        What was asked for.
    """

    frame: pd.DataFrame
    totals: pd.DataFrame
    reach: pd.DataFrame
    queries: tuple[Query, ...]
    troubles: tuple[tuple[str, str], ...]
    engine: str
    seconds: float
    clusters: pd.DataFrame = field(default_factory=pd.DataFrame)
    errors: Mapping[str, float] = field(default_factory=dict)
    window: Window = field(default_factory=Window)


def fetch_parts(catalogue: Catalogue, engine: Engine | Engines, products: ProductMap, window: Window) -> Parts:
    """Return the parts of every metric of the catalogue; one scan a table and calendar, one more for the company.

    A metric whose own query fails is named in `Parts.troubles`; the others of its table are asked again without it.

    Parameters
    ----------
    catalogue : Catalogue
        Metrics that can be computed, tables with their columns.
    engine : Engine or Engines
        One that reads all tables, or the engine of each.
    products : ProductMap
    window : Window
    """
    started = time.perf_counter()
    gathered = _Gathered(engine, window)
    read = [m for m in catalogue.metrics if m.type != "conversion"]
    sources = {(t.name, t.at): t for metric in read for t in metric.sources(catalogue)}
    order = [table.name for table in catalogue.tables]
    for table in sorted(sources.values(), key=lambda one: (order.index(one.name), one.at or "")):
        reading = [m for m in read if any(table.holds(measure) for _, measure in m.measures)]
        for group in _by_scan(reading, table):
            for metrics in _that_run(group, table, gathered):
                _additive(metrics, table, gathered)
    members, shares = _members(products, window)
    for metric in catalogue.metrics:
        if metric.metric in dict(gathered.troubles):
            continue
        tables = metric.sources(catalogue)
        with gathered.naming(metric):
            if metric.type == "conversion":
                _conversion(metric, tables, gathered)
            elif metric.adds_as == "attributed":
                _attributed(metric, tables[0], gathered)
            elif metric.is_reach:
                _reach(metric, tables[0], members, shares, gathered)
            elif has_clusters(metric, tables):
                _clusters(metric, tables[0], members, shares, gathered)
    return Parts(
        _stack(gathered.frames, PART_COLUMNS),
        _stack(gathered.totals, TOTAL_COLUMNS),
        _stack(gathered.reach, REACH_COLUMNS),
        tuple(gathered.queries),
        tuple(gathered.troubles),
        engine.version,
        time.perf_counter() - started,
        _stack(gathered.clusters, ("metric", "version", "kind", "parent", "period", *CLUSTER_PARTS)),
        gathered.errors,
        window,
    )


def queries_of(metric: Metric, catalogue: Catalogue, window: Window) -> tuple[Query, ...]:
    """Return the queries that give a metric, to print and run; a metric made of others has those of its inputs."""
    if metric.is_made:
        inputs = [catalogue.metric(one.metric) for one in metric.inputs]
        return tuple(dict.fromkeys(q for one in inputs for q in queries_of(one, catalogue, window)))
    tables = metric.sources(catalogue)
    dialect = tables[0].dialect
    if metric.type == "conversion":
        return (emit_conversion(metric, tables[0], tables[-1], dialect, window),)
    found = [emit(metric, table, table.dialect, window) for table in tables]
    if metric.adds_as == "attributed":
        found.append(emit_attributed(metric, tables[0], dialect, window))
    if metric.is_reach and metric.type != "cumulative":  # the windows of a cumulative one hang on the data
        found.append(emit_reach_total(metric, tables[0], dialect, window))
    return tuple(found)


def has_clusters(metric: Metric, tables: Sequence[FactTable]) -> bool:
    """Return whether a ratio's interval can rest on customers: one table that knows them, and no share of rows."""
    is_ratio = metric.type in ("ratio", "weighted_mean") and not metric.is_proportion
    return is_ratio and len(tables) == 1 and tables[0].customer is not None


class _Gathered:
    """What the queries have brought so far."""

    def __init__(self, engine: Engine | Engines, window: Window) -> None:
        self.engine, self.window = engine, window
        self.frames: list[pd.DataFrame] = []
        self.totals: list[pd.DataFrame] = []
        self.reach: list[pd.DataFrame] = []
        self.clusters: list[pd.DataFrame] = []
        self.queries: list[Query] = []
        self.troubles: list[tuple[str, str]] = []
        self.errors: dict[str, float] = {}

    def periods(self, metric: Metric) -> dict[str, list[dt.date]]:
        """Return the periods in which a metric's table has rows, at the grain of its parts, version by version."""
        found: dict[str, set[dt.date]] = {}
        for frame in self.totals:
            own = frame[frame["metric"] == metric.metric]
            if len(own):
                for version, rows in own.groupby("version"):
                    found.setdefault(str(version), set()).update(rows["period"])
        return {version: sorted(periods) for version, periods in found.items()}

    def run(self, query: Query, *tables: FactTable) -> pd.DataFrame:
        frame = engine_for(self.engine, tables).fetch(query)
        self.queries.append(query)
        return frame

    @contextmanager
    def naming(self, metric: Metric) -> Iterator[None]:
        """Name a metric that the engine refuses, and go on with the others."""
        try:
            yield
        except ModelError as error:
            self.troubles.append((metric.metric, str(error)))


def _by_scan(metrics: Sequence[Metric], table: FactTable) -> list[list[Metric]]:
    groups: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        groups.setdefault(scan_of(metric, table), []).append(metric)
    return list(groups.values())


def _that_run(group: list[Metric], table: FactTable, gathered: _Gathered) -> list[list[Metric]]:
    """Return the metrics whose SQL the engine accepts, as one group; name the others.

    Files were read into types that fit, so that DuckDB can refuse only a metric with its own SQL; a server may refuse
    others. Only then is each one asked alone (explain runs nothing).
    """
    if not group:
        return []
    has_own = any(measure.sql for metric in group for _, measure in metric.measures)
    if not has_own and table.dialect == "duckdb":
        return [group]
    engine = engine_for(gathered.engine, [table])
    if not has_own:
        with suppress(ModelError):
            engine.explain(emit_together(group, table, table.dialect, gathered.window, _segments(group, table)))
            return [group]
    good = []
    for metric in group:
        with gathered.naming(metric):
            engine.explain(emit_together([metric], table, table.dialect, gathered.window))
            good.append(metric)
    return [good] if good else []


def _additive(metrics: Sequence[Metric], table: FactTable, gathered: _Gathered) -> None:
    """Fetch the parts of metrics in one scan; where the engine stumbles over a row, each metric by itself."""
    segments = _segments(metrics, table)
    query = emit_together(metrics, table, table.dialect, gathered.window, segments)
    total = emit_total(metrics, table, table.dialect, gathered.window)
    try:
        frame, company = gathered.run(query, table), gathered.run(total, table)
    except ModelError as error:
        if len(metrics) == 1 or isinstance(error, TooSlowError):
            gathered.troubles += [(metric.metric, str(error)) for metric in metrics]
            return
        for metric in metrics:
            _additive([metric], table, gathered)
        return
    gathered.frames += _long(frame, query, segments)
    gathered.totals += _long_total(company, total)


def _segments(metrics: Sequence[Metric], table: FactTable) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            column
            for metric in metrics
            for column in metric.segments
            if column in table.columns and all(table.holds(m) for _, m in metric.measures)
        )
    )


def _days(values: pd.Series) -> pd.Series:
    """Return periods as dates: what the engine calls a date comes back as a time stamp."""
    days = pd.to_datetime(values).to_numpy().astype("datetime64[D]")
    return pd.Series(days.astype(object), index=values.index, dtype=object)


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
    return _one_a_part(base, frame, query, PART_COLUMNS)


def _long_total(frame: pd.DataFrame, query: Query) -> list[pd.DataFrame]:
    if frame.empty:
        return []
    base = pd.DataFrame({"period": _days(frame["_period"]), "version": frame["_version"].astype(object)})
    return _one_a_part(base, frame, query, TOTAL_COLUMNS)


def _one_a_part(base: pd.DataFrame, frame: pd.DataFrame, query: Query, columns: Sequence[str]) -> list[pd.DataFrame]:
    """Return the parts of a query one below the other: what they share again for each, and each part's own."""
    names, metrics, parts = zip(*query.columns, strict=True)
    held = {name: np.tile(column.to_numpy(), len(names)) for name, column in base.items()}
    for name, texts in (("metric", metrics), ("part", parts)):
        held[name] = np.repeat(np.array(texts, dtype=object), len(frame))
    held["value"] = np.concatenate([frame[name].to_numpy(dtype=float, na_value=np.nan) for name in names])
    return [pd.DataFrame({column: held[column] for column in columns}, copy=False)]


def _members(products: ProductMap, window: Window) -> tuple[list[tuple[str, int, str, str]], list[float]]:
    """Return every (product, epoch, kind, parent) with its share over 0; each product is its own parent too."""
    rows, shares = [], []
    for epoch, on in enumerate([None, *window.cuts]):
        rows += [(product, epoch, "product", product) for product in products.ids]
        shares += [1.0] * len(products.ids)
        for kind in KINDS:
            held = products.shares(kind, on)
            rows += [(p, epoch, kind, parent) for p, parent in zip(held["product"], held["parent"], strict=True)]
            shares += [float(share) for share in held["share"]]
    return rows, shares


def _wanted(
    metric: Metric, members: Sequence[tuple[str, int, str, str]], shares: Sequence[float]
) -> tuple[list[tuple[str, int, str, str]], list[float]]:
    kept = [(row, share) for row, share in zip(members, shares, strict=True) if row[2] in ("product", *metric.via)]
    return [row for row, _ in kept], [share for _, share in kept]


def _attributed(metric: Metric, table: FactTable, gathered: _Gathered) -> None:
    query = emit_attributed(metric, table, table.dialect, gathered.window)
    gathered.frames += _long(gathered.run(query, table), query, ())
    query = emit_attributed_total(metric, table, table.dialect, gathered.window)
    gathered.totals += _long_total(gathered.run(query, table), query)


def _conversion(metric: Metric, tables: Sequence[FactTable], gathered: _Gathered) -> None:
    base, converted = tables[0], tables[-1]
    query = emit_conversion(metric, base, converted, base.dialect, gathered.window)
    gathered.frames += _long(gathered.run(query, base, converted), query, ())
    query = emit_conversion(metric, base, converted, base.dialect, gathered.window, has_product=False)
    gathered.totals += _long_total(gathered.run(query, base, converted), query)


def _reach(
    metric: Metric,
    table: FactTable,
    members: Sequence[tuple[str, int, str, str]],
    shares: Sequence[float],
    gathered: _Gathered,
) -> None:
    """Ask for the values of a metric that does not add up; what is only approximate is measured at the company."""
    window, dialect = gathered.window, table.dialect
    spans: tuple[Stretch, ...] = ()
    broken: set[tuple[str, dt.date]] = set()
    if metric.type == "cumulative":
        held_in, year = gathered.periods(metric), window.fiscal_year_starts
        spans = stretches_of(metric, [period for periods in held_in.values() for period in periods], year)
        if not spans:
            return
        for version, periods in held_in.items():  # a budget may begin later than what happened
            broken |= {(version, span.period) for span in stretches_of(metric, periods, year) if not span.is_whole}
    rows, held = _wanted(metric, members, shares)
    if rows:
        frame = gathered.run(emit_reach(metric, table, rows, dialect, window, shares=held, spans=spans), table)
        gathered.reach.append(_reach_frame(metric, frame, frame["_kind"], frame["_parent"], broken))
    total = replace(metric, exactness="exact")
    frame = gathered.run(emit_reach_total(total, table, dialect, window, spans=spans), table)
    nobody = pd.Series("", index=frame.index, dtype=object)
    gathered.reach.append(_reach_frame(metric, frame, nobody + "company", nobody, broken))
    if metric.exactness == "approx":
        rough = gathered.run(emit_reach_total(metric, table, dialect, window, spans=spans), table)
        both = frame.merge(rough, on=["_version", "_period"])
        exact, off = both["_value_x"].abs(), (both["_value_y"] - both["_value_x"]).abs()
        gathered.errors[metric.metric] = float((off / exact.where(exact > 0)).max()) if len(both) else 0.0


def _reach_frame(
    metric: Metric, frame: pd.DataFrame, kind: pd.Series, parent: pd.Series, broken: Collection[tuple[str, dt.date]]
) -> pd.DataFrame:
    periods = _days(frame["_period"])
    versions = frame["_version"].astype(object)
    is_whole = np.array([pair not in broken for pair in zip(versions, periods, strict=True)], dtype=bool)
    return pd.DataFrame(
        {
            "metric": metric.metric,
            "version": versions,
            "kind": kind.astype(object),
            "parent": parent.astype(object),
            "period": periods,
            "value": np.where(is_whole, frame["_value"].astype(float), np.nan),
            "n": frame["_n"].astype(float),
        }
    )


def _clusters(
    metric: Metric,
    table: FactTable,
    members: Sequence[tuple[str, int, str, str]],
    shares: Sequence[float],
    gathered: _Gathered,
) -> None:
    rows, held = _wanted(metric, members, shares)
    for asked, weights in ((rows, held), ([], [])):
        if not asked and weights:
            continue
        frame = gathered.run(emit_clusters(metric, table, asked, weights, table.dialect, gathered.window), table)
        base = {
            "metric": metric.metric,
            "version": frame["_version"].astype(object),
            "kind": frame["_kind"].astype(object),
            "parent": frame["_parent"].astype(object),
            "period": _days(frame["_period"]),
        }
        gathered.clusters.append(pd.DataFrame({**base, **{p: frame[f"_{p}"].astype(float) for p in CLUSTER_PARTS}}))


def _stack(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if not frame.empty]
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
    stacked = pd.concat(filled, ignore_index=True)
    with suppress(KeyError):
        stacked["value"] = stacked["value"].astype(np.float64)
    return stacked
