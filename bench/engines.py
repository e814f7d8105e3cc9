"""One catalogue on DuckDB, PostgreSQL and Spark: what a review costs on each, against SQL written there by hand.

All three get the same rows and must give the same numbers to 1e-9, or the bench fails. The hand-written query is one
scan by product and month; ours is that scan and a second one for the company, and with the marks a third.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.table import bench_row
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.dialects import Query, Window
from workbench.outcomes.engines import DuckDB, Engine
from workbench.outcomes.gather import fetch_parts
from workbench.outcomes.parts_checks import emit_mark
from workbench.products import build_product_map

ROWS, PRODUCTS, REPEATS = 1_000_000, 60, 3
AS_OF = dt.date(2026, 9, 30)
MOST = {"duckdb": 4.0, "postgresql": 4.0, "spark": 4.0}
"""Most that ours may take, as a multiple of the hand-written query: two scans, with the rows that each sum rests on."""

HAND_WRITTEN = """
select product, {month} as period, count(*) as orders, sum(amount) as revenue,
  sum(case when status = 'paid' then 1 else 0 end) as paid, sum(units) as units
from {table} group by product, {month}
"""
MONTH = {"duckdb": "date_trunc('month', day)", "postgresql": "date_trunc('month', day)", "spark": "trunc(day, 'month')"}


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row an engine and measure; engines that this machine lacks are left out."""
    frame = _facts()
    products = build_product_map(pd.DataFrame({"product": _names(), "name": _names()}), None)
    found, first = [], None
    with tempfile.TemporaryDirectory() as folder:
        for name, engine, table in _engines(frame, Path(folder)):
            catalogue = Catalogue((table,), _metrics())

            def ours(catalogue: Catalogue = catalogue, engine: Engine = engine) -> pd.DataFrame:
                return fetch_parts(catalogue, engine, products, Window(AS_OF)).frame

            source = f'"{table.relation}"'.replace(".", '"."') if name == "postgresql" else table.relation or table.name
            text = HAND_WRITTEN.format(month=MONTH[name], table=source)
            parts, mine = _timed(ours)
            _, hand = _timed(lambda text=text, engine=engine, name=name: engine.fetch(Query(text, (), name)))
            keys = ["metric", "product", "period", "part"]
            held = parts.set_index(keys)["value"].astype(float).sort_index()
            if first is not None:
                pd.testing.assert_index_equal(first.index, held.index)
                np.testing.assert_allclose(held.to_numpy(), first.to_numpy(), rtol=1e-9)
            first = held if first is None else first
            against = "hand-written there, one scan"
            found.append(
                bench_row(
                    f"{engine.version}: four metrics, {ROWS:,} rows to {len(held):,} parts, and the company",
                    mine,
                    "s",
                    against=against,
                    other=hand,
                    target=f"at most {MOST[name]:g} ×",
                    met=mine <= MOST[name] * hand,
                )
            )
            if name != "duckdb":
                mark = emit_mark(table, sorted(table.columns), name)
                _, seconds = _timed(lambda mark=mark, engine=engine: engine.fetch(mark))
                found.append(
                    bench_row(f"{engine.version}: the state of the table", seconds, "s", against=against, other=hand)
                )
            engine.close()
    return found


def _engines(frame: pd.DataFrame, folder: Path) -> Iterator[tuple[str, Engine, FactTable]]:
    """Give each engine that this machine has, filled, with the table as it knows it."""
    import pytest

    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "outcomes"))
    import servers

    from workbench.engagement.databases import connect_postgresql
    from workbench.engagement.engine_postgresql import PostgreSQL
    from workbench.engagement.engine_spark import Spark

    path = folder / "events.parquet"
    frame.to_parquet(path)
    table = FactTable("events", ("id",), "day", "product")
    duckdb = DuckDB({"events": str(path)})
    yield "duckdb", duckdb, replace(table, columns=duckdb.columns("events"))
    try:
        servers.fill_postgresql({"events": frame}, "bench", {"id": "integer"})
        servers.run_postgresql("analyze bench.events")
        server = PostgreSQL(connect_postgresql(servers.postgresql_address()), is_own=True)
        held = replace(table, relation="bench.events", dialect="postgresql", columns=server.columns("bench.events"))
        yield "postgresql", server, held
    except pytest.skip.Exception as error:
        sys.stderr.write(f"{error}\n")
    try:
        session = servers.spark_session()
        for name in ("spark.sql.codegen.wholeStage", "spark.sql.adaptive.enabled"):  # off for the tests' tiny queries
            session.conf.set(name, "true")
        session.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")
        session.read.parquet(str(path)).createOrReplaceTempView("events")
        yield "spark", (spark := Spark(session)), replace(table, dialect="spark", columns=spark.columns("events"))
    except pytest.skip.Exception as error:
        sys.stderr.write(f"{error}\n")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return the result and the best time."""
    best, found = float("inf"), None
    for _ in range(REPEATS):
        started = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - started)
    return found, best


def _metrics() -> tuple[Metric, ...]:
    paid = Measure("events", where=(Condition("status", "is", "paid"),))
    return (
        Metric("orders", "Orders", "count", Measure("events")),
        Metric("revenue", "Revenue", "sum", Measure("events", "sum", "amount")),
        Metric("paid", "Paid", "count", paid),
        Metric("units", "Units", "sum", Measure("events", "sum", "units")),
    )


def _names() -> list[str]:
    return [f"p{number:02d}" for number in range(PRODUCTS)]


def _facts() -> pd.DataFrame:
    generator = np.random.default_rng(20_260_930)
    days = np.array([AS_OF - dt.timedelta(days=n) for n in range(730)], dtype=object)
    return pd.DataFrame(
        {
            "id": np.arange(ROWS),
            "day": days[generator.integers(0, len(days), ROWS)],
            "product": np.array(_names(), dtype=object)[generator.integers(0, PRODUCTS, ROWS)],
            "status": np.array(["paid", "open", "lost"], dtype=object)[generator.integers(0, 3, ROWS)],
            "amount": np.round(generator.lognormal(4, 1, ROWS), 2),
            "units": generator.integers(1, 5, ROWS),
        }
    )
