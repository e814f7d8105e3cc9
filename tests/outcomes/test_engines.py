"""One catalogue on DuckDB, PostgreSQL and Spark: the same numbers, and each engine's traps."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest
import servers
import test_types as cases

from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.dialects import Window
from workbench.outcomes.engines import DuckDB, Engine
from workbench.outcomes.gather import CLUSTER_PARTS, Parts, fetch_parts
from workbench.outcomes.parts import emit_together
from workbench.outcomes.parts_checks import emit_checks, emit_products, emit_repeated
from workbench.outcomes.parts_reach import emit_reach_total

SERVERS = ["postgresql", "spark"]
ENGINES = ["duckdb", *SERVERS]


class Loader:
    """Puts frames into an engine and opens it."""

    def __init__(self, name: str, bench: samples.Bench) -> None:
        self.name, self.bench = name, bench
        self.schema = f"s_{bench.folder.name}".replace("-", "_").lower()
        self.opened: list[Engine] = []

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened."""
        while self.opened:
            self.opened.pop().close()

    def open(self, frames: Mapping[str, pd.DataFrame], types: Mapping[str, str] | None = None) -> Engine:
        """Return an open engine with these tables; `types` are the server's own, by column."""
        self.close()  # a reader would keep its tables from being made anew
        self.opened.append(self._open(frames, types))
        return self.opened[-1]

    def _open(self, frames: Mapping[str, pd.DataFrame], types: Mapping[str, str] | None) -> Engine:
        if self.name == "duckdb":
            return DuckDB({name: self.bench.write(name, frame) for name, frame in frames.items()})
        if self.name == "postgresql":
            from workbench.engagement.databases import connect_postgresql
            from workbench.engagement.engine_postgresql import PostgreSQL

            servers.fill_postgresql(frames, self.schema, types)
            return PostgreSQL(connect_postgresql(servers.postgresql_address()), is_own=True)
        from workbench.engagement.engine_spark import Spark

        session = servers.spark_session()
        for name, frame in frames.items():
            session.read.parquet(self.bench.write(name, frame)).createOrReplaceTempView(f"{self.schema}_{name}")
        return Spark(session)

    def table(self, engine: Engine, table: FactTable) -> FactTable:
        """Return a table as this engine knows it."""
        if self.name == "duckdb":
            return replace(table, columns=engine.columns(table.name))
        relation = f"{self.schema}.{table.name}" if self.name == "postgresql" else f"{self.schema}_{table.name}"
        return replace(
            table,
            relation=relation,
            columns=engine.columns(relation),
            casts=engine.casts(relation),
            dialect=engine.dialect,
        )


@pytest.fixture
def loader(request: pytest.FixtureRequest, bench: samples.Bench) -> Iterator[Loader]:
    """Give the loader of the engine that the test is asked for, and close what it opened."""
    with Loader(request.param, bench) as held:
        yield held


def parts_on(loader: Loader, grain: str, wanted: Callable[[Metric], bool]) -> Parts:
    """Return the parts of generated cases of one calendar."""
    frame, orders, products, catalogue = cases.case(grain)
    engine = loader.open({"events": frame, "orders": orders}, {"id": "integer"})
    tables = tuple(loader.table(engine, table) for table in catalogue.tables)
    window = Window(cases.AS_OF, products.cut_dates(), cases.FISCAL)
    metrics = tuple(metric for metric in catalogue.metrics if wanted(metric))
    return fetch_parts(Catalogue(tables, metrics), engine, products, window)


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Two results hold the same rows, in any order, with numbers equal to 1e-9."""
    numbers = [name for name in ours.columns if name in ("value", "n", *CLUSTER_PARTS)]
    keys = [name for name in ours.columns if name not in numbers]
    left, right = (frame.set_index(keys)[numbers].astype(float).sort_index() for frame in (ours, theirs))
    assert left.index.is_unique
    pd.testing.assert_index_equal(left.index, right.index)
    np.testing.assert_allclose(left.to_numpy(), right.to_numpy(), rtol=1e-9, atol=1e-9)


def few(grain: str) -> Callable[[Metric], bool]:
    """Return which cases Spark is asked: half a second a query, so what one scan gives, and each other type once."""

    def wanted(metric: Metric) -> bool:
        if metric.adds_as in ("sum", "count", "score", "grade") and metric.type != "cumulative":
            return True
        return (
            grain == "month" and metric.metric.endswith("_large") and not metric.metric.startswith(("least", "ytd_m"))
        )

    return wanted


@pytest.mark.parametrize("loader", SERVERS, indirect=True)
@pytest.mark.parametrize("grain", list(cases.GRAINS))
def test_every_generated_case_is_the_same_on_every_engine(loader: Loader, grain: str, bench: samples.Bench) -> None:
    """All types × conditions × calendars that DuckDB is held to by hand give the same parts on a server."""
    wanted = few(grain) if loader.name == "spark" else lambda metric: True
    with Loader("duckdb", bench) as own:
        ours = parts_on(own, grain, wanted)
    theirs = parts_on(loader, grain, wanted)
    assert theirs.troubles == ()
    assert len(ours.queries) == len(theirs.queries)
    for name in ("frame", "totals", "reach", "clusters"):
        same(getattr(ours, name), getattr(theirs, name))


# -- traps -------------------------------------------------------------------------------------------------------------


DAY = dt.date(2026, 5, 13)


def events(**columns: Any) -> pd.DataFrame:
    """Return rows of one day and product unless told otherwise."""
    rows = len(next(iter(columns.values())))
    base = {"id": list(range(rows)), "day": [DAY] * rows, "product": ["car"] * rows}
    return pd.DataFrame({**base, **columns})


def ask(
    loader: Loader,
    frame: pd.DataFrame,
    metrics: Sequence[Metric],
    types: Mapping[str, str] | None = None,
    **table: Any,
) -> tuple[pd.DataFrame, FactTable]:
    """Return the parts of metrics of one table, by product and period; and the table as the engine knows it."""
    engine = loader.open({"events": frame}, types)
    known = loader.table(engine, FactTable("events", table.pop("key", ("id",)), "day", "product", **table))
    return engine.fetch(emit_together(metrics, known, known.dialect)), known


def total(measure: Measure, **more: Any) -> Metric:
    """Return a sum or count."""
    return Metric("hit", "Hit", "sum" if measure.agg == "sum" else "count", measure, **more)


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_numbers_are_numbers_of_one_kind(loader: Loader) -> None:
    """Whole numbers divide as numbers, sums of large ones do not overflow, decimals and counts come back as floats."""
    frame = events(
        units=[7, 0, 2], amount=[0.1, 0.2, 0.3], large=np.array([2**62, 2**62, 2**62]), exact=["0.10", "0.20", "0.30"]
    )
    types = {"units": "integer", "large": "bigint", "exact": "numeric(18, 2)"}
    if loader.name != "postgresql":
        frame["exact"] = [Decimal(cell) for cell in frame["exact"]]
    found = [
        Metric(name, name, "ratio", Measure("events", "sum", name), Measure("events", "sum", "units"))
        for name in ("amount", "large", "exact")
    ]
    got, table = ask(loader, frame, found, types)
    assert {table.columns[name] for name in ("units", "amount", "large", "exact")} == {"number"}
    row = got.iloc[0]
    assert {type(row[f"{name}__{part}"]) for name in ("amount", "large", "exact") for part in ("num", "den", "n")} <= {
        float,
        np.float64,
    }
    assert row["amount__num"] == pytest.approx(0.6, rel=1e-15)
    assert row["exact__num"] == pytest.approx(0.6, rel=1e-15)
    assert row["large__num"] == 3.0 * 2**62
    assert row["large__num"] / row["large__den"] == 2**62 / 3
    levels = events(day=[DAY, DAY.replace(day=20)], level=[1, 2], key=["a", "a"])
    mean = Metric("hit", "Hit", "stock", Measure("events", "sum", "level"), choice="mean")
    got, _ = ask(loader, levels, [mean], {"level": "integer"}, key=("key", "day"), kind="stock")
    assert got["hit__sum"].iloc[0] == 1.5  # 1 / 2 is a half, on every engine


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_what_is_no_number_counts_nowhere(loader: Loader) -> None:
    """NaN and infinity neither enter a sum nor pass a comparison; NaN is the largest number of two engines."""
    import pyarrow as pa

    frame = events(amount=pa.array([5.0, float("nan"), float("inf"), None]).to_pandas(types_mapper=pd.ArrowDtype))
    if loader.name == "postgresql":
        frame["amount"] = ["5", "NaN", "Infinity", None]
    above = Measure("events", where=(Condition("amount", "above", 4.0),))
    below = Measure("events", where=(Condition("amount", "at_most", 1e308),))
    made = [
        total(Measure("events", "sum", "amount")),
        *(replace(total(m), metric=n) for n, m in (("a", above), ("b", below))),
    ]
    got, _ = ask(loader, frame, made, {"amount": "double precision"})
    assert got[["hit__sum", "hit__n", "a__sum", "b__sum"]].iloc[0].tolist() == [5.0, 1.0, 1.0, 1.0]
    most = Metric("hit", "Hit", "percentile", Measure("events", "sum", "amount"), percentile=1.0)
    engine = loader.open({"events": frame}, {"amount": "double precision"})
    table = loader.table(engine, FactTable("events", ("id",), "day", "product"))
    assert engine.fetch(emit_reach_total(most, table, table.dialect))["_value"].tolist() == [5.0]


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_a_sum_of_no_rows_and_a_zero_below_the_line(loader: Loader) -> None:
    """Nothing is divided in the engine: zero stays zero, and no engine raises or says infinity."""
    rate = Metric("hit", "Hit", "ratio", Measure("events", "sum", "amount"), Measure("events", "sum", "units"))
    got, _ = ask(loader, events(amount=[3.0], units=[0.0]), [rate])
    assert (got["hit__num"].iloc[0], got["hit__den"].iloc[0]) == (3.0, 0.0)
    mean = Metric("hit", "Hit", "stock", Measure("events", "sum", "amount"), choice="mean")
    got, _ = ask(
        loader,
        events(amount=[None, 4.0], key=["a", "b"]).astype({"amount": float}),
        [mean],
        key=("key", "day"),
        kind="stock",
    )
    assert got["hit__sum"].iloc[0] == 4.0


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_the_last_level_is_the_last_where_dates_are_blank(loader: Loader) -> None:
    """Engines put blanks first or last; a row without a date is no level at all."""
    frame = events(
        day=[DAY, None, DAY.replace(day=1), DAY.replace(day=20)], level=[3.0, 9.0, 1.0, 4.0], key=["a", "a", "a", "b"]
    )
    for choice, expected in (("last", 3.0 + 4.0), ("first", 1.0 + 4.0)):
        stock = Metric("hit", "Hit", "stock", Measure("events", "sum", "level"), choice=choice)
        got, _ = ask(loader, frame, [stock], key=("key", "day"), kind="stock")
        assert got["hit__sum"].tolist() == [expected]


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_the_order_of_a_sum_does_not_matter(loader: Loader) -> None:
    """Engines add in any order; what is left of large amounts differs by less than 1e-9 of what was added."""
    generator = np.random.default_rng(11)
    amounts = np.concatenate([generator.lognormal(0, 6, 400), -generator.lognormal(0, 6, 400)])
    got, _ = ask(loader, events(amount=amounts), [total(Measure("events", "sum", "amount"))])
    assert abs(got["hit__sum"].iloc[0] - math.fsum(amounts)) <= 1e-9 * math.fsum(abs(amounts))


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_texts_are_the_same_only_byte_by_byte(loader: Loader) -> None:
    """Capitals, blanks and accents make other products, customers and conditions."""
    names = ["car", "Car", "car ", "cär", "ca\u0308r"]
    frame = events(product=names, customer=names)
    hit = total(Measure("events", where=(Condition("customer", "is", "car"),)))
    got, table = ask(loader, frame, [hit])
    assert sorted(got["_product"]) == sorted(names)
    assert got.set_index("_product")["hit__sum"].to_dict() == {name: float(name == "car") for name in names}
    engine = loader.open({"events": frame})
    reach = Metric("hit", "Hit", "distinct", Measure("events", "distinct", "customer"))
    assert engine.fetch(emit_reach_total(reach, table, table.dialect))["_value"].tolist() == [5.0]
    products = engine.fetch(emit_products(table, table.dialect))
    assert products.set_index("product")["rows"].astype(int).to_dict() == dict.fromkeys(names, 1)


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_a_clock_is_read_in_the_reports_zone(loader: Loader) -> None:
    """Clocks and instants fall on their local day, over both changes of the clock, whatever the session's zone."""
    clock = ["2026-03-31 22:30", "2026-03-29 00:30", "2026-10-25 00:30", "2026-10-25 01:30", "2026-10-31 23:30"]
    frame = events(product=[str(n) for n in range(5)]).assign(day=pd.to_datetime(clock))
    berlin = {"0": "2026-04-01", "1": "2026-03-29", "2": "2026-10-25", "3": "2026-10-25", "4": "2026-11-01"}
    lima = {"0": "2026-03-31", "1": "2026-03-28", "2": "2026-10-24", "3": "2026-10-24", "4": "2026-10-31"}
    if loader.name == "postgresql":
        servers.run_postgresql(f"alter role {servers.USER} set timezone = 'America/Sao_Paulo'")
    for moments, kind in ((frame, "timestamp"), (frame.assign(day=frame["day"].dt.tz_localize("UTC")), "instant")):
        for zone, expected in (("Europe/Berlin", berlin), ("America/Lima", lima)):
            metric = total(Measure("events"), zone=zone, grain="day")
            got, table = ask(loader, moments, [metric], zone="UTC")
            assert table.columns["day"] == kind
            days = {p: pd.Timestamp(d).date().isoformat() for p, d in zip(got["_product"], got["_period"], strict=True)}
            assert days == expected


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
@pytest.mark.parametrize("percentile", [0.0, 0.25, 0.5, 0.85, 1.0])
def test_percentiles_interpolate(loader: Loader, percentile: float) -> None:
    """Type 7 of Hyndman and Fan, as numpy's default, with ties, blanks and an even count."""
    amounts = [7.0, 1.0, 3.0, 3.0, 20.0, math.nan]
    frame, hours = events(amount=amounts), Measure("events", "sum", "amount")
    engine = loader.open({"events": frame})
    table = loader.table(engine, FactTable("events", ("id",), "day", "product"))
    metric = Metric("hit", "Hit", "percentile", hours, percentile=percentile)
    for sample in (metric,):
        got = engine.fetch(emit_reach_total(sample, table, table.dialect))
        assert got["_value"].iloc[0] == pytest.approx(np.quantile(amounts[:5], percentile), rel=1e-12)
        assert got["_n"].iloc[0] == 5


HOSTILE = ["x'); drop table events; --", 'a"b', "c`d", "e\\", "f\\'g", "h%s %d 100%", "i\nj", "ü—😀", ":k $1 {l}"]


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_no_text_breaks_out(loader: Loader) -> None:
    """Quotes of every engine, backslashes, percent and colon signs in values and names are only values and names."""
    frame = events(product=HOSTILE, **{'we"i`r%d; --': HOSTILE})
    made = [
        replace(total(Measure("events", where=(Condition('we"i`r%d; --', "is", text),))), metric=f"hit_{place}")
        for place, text in enumerate(HOSTILE)
    ]
    made.append(
        replace(total(Measure("events", where=(Condition('we"i`r%d; --', "in", tuple(HOSTILE)),))), metric="all")
    )
    got, _ = ask(loader, frame, made)
    got = got.set_index("_product")
    assert sorted(got.index) == sorted(HOSTILE)
    assert got["all__sum"].sum() == len(HOSTILE)
    for place, text in enumerate(HOSTILE):
        assert got[f"hit_{place}__sum"].to_dict() == {other: float(other == text) for other in HOSTILE}


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_checks_count_the_same(loader: Loader) -> None:
    """Keys, blanks, default and future dates are counted alike; an example is the first in the order of bytes."""
    days = [dt.date(2026, 1, 1), dt.date(1970, 1, 1), dt.date(2027, 1, 1), None, dt.date(2026, 2, 1)]
    frame = pd.DataFrame({"id": ["ä", "ä", "B", "a", None], "day": days, "product": ["a", None, "b", "c", "d"]})
    frame = pd.concat([frame, frame.iloc[[2]]], ignore_index=True)
    frame["more"] = "x"
    engine = loader.open({"events": frame})
    for key in (("id",), ("id", "more")):
        table = loader.table(engine, FactTable("events", key, "day", "product"))
        got = engine.fetch(emit_checks(table, table.dialect, dt.date(2026, 9, 30))).iloc[0]
        repeated = engine.fetch(emit_repeated(table, table.dialect)).iloc[0]
        names = ("rows", "keys", "no_key", "no_product", "no_time", "future", "default_date")
        assert [int(got[name]) for name in names] == [6, 3, 1, 1, 1, 2, 1]
        assert (pd.Timestamp(got["first"]).date(), pd.Timestamp(got["last"]).date()) == (days[0], days[4])
        assert (int(repeated["keys"]), int(repeated["rows"])) == (2, 4)
        assert repeated["example"].split(" · ")[0] == "B"


@pytest.mark.parametrize("loader", ENGINES, indirect=True)
def test_one_metric_that_stumbles_is_named_and_the_others_go_on(loader: Loader) -> None:
    """Own SQL that an engine refuses, or that stumbles over a row, switches off its own metric alone."""
    frame = events(status=["1", "2", "x"])
    named = ("duckdb", "postgresql", "spark")
    made = (
        total(Measure("events")),
        replace(total(Measure("events", sql=dict.fromkeys(named, "no_such_column > 1"))), metric="unknown"),
        replace(total(Measure("events", sql=dict.fromkeys(named, "cast(status as int) > 1"))), metric="stumbles"),
        replace(total(Measure("events", sql=dict.fromkeys(named, "status > '1'"))), metric="good"),
    )
    engine = loader.open({"events": frame})
    table = loader.table(engine, FactTable("events", ("id",), "day", "product"))
    parts = fetch_parts(Catalogue((table,), made), engine, samples.product_map(["car"]), Window())
    assert {name for name, _ in parts.troubles} == {"unknown", "stumbles"}
    assert all("refuses the query for" in reason for _, reason in parts.troubles)
    sums = parts.frame[parts.frame["part"] == "sum"].set_index("metric")["value"].to_dict()
    assert sums == {"hit": 3.0, "good": 2.0}


@pytest.mark.parametrize("loader", SERVERS, indirect=True)
def test_dates_of_no_sensible_year_count_nowhere(loader: Loader) -> None:
    """The year 1026 of a database would make twelve thousand months; such rows are counted and left out."""
    frame = events(day=[DAY, dt.date(1026, 5, 1), dt.date(9999, 12, 31), None])
    engine = loader.open({"events": frame})
    table = replace(loader.table(engine, FactTable("events", ("id",), "day", "product")), database="crm")
    got = engine.fetch(emit_together([total(Measure("events"))], table, table.dialect))
    assert got["hit__sum"].tolist() == [1.0]
    checks = engine.fetch(emit_checks(table, table.dialect, DAY)).iloc[0]
    assert (int(checks["no_time"]), int(checks["future"]), checks["last"]) == (3, 1, DAY)
