"""One catalogue on DuckDB, PostgreSQL and Spark: the same numbers, and each engine's traps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest
import servers
import test_types as cases

from workbench.outcomes.catalogue import Catalogue, FactTable
from workbench.outcomes.dialects import Window
from workbench.outcomes.engines import DuckDB, Engine
from workbench.outcomes.gather import Parts, fetch_parts

SERVERS = [
    "postgresql",
    pytest.param("spark", marks=pytest.mark.xdist_group("spark")),
]
ENGINES = ["duckdb", *SERVERS]


class Loader:
    """Puts frames into an engine and opens it."""

    def __init__(self, name: str, bench: samples.Bench) -> None:
        self.name, self.bench = name, bench
        self.schema = f"s_{bench.folder.name}".replace("-", "_").lower()

    def open(self, frames: Mapping[str, pd.DataFrame], types: Mapping[str, str] | None = None) -> Engine:
        """Return an open engine with these tables; `types` are the server's own, by column."""
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
def loader(request: pytest.FixtureRequest, bench: samples.Bench) -> Loader:
    """Return the loader of the engine that the test is asked for."""
    return Loader(request.param, bench)


def parts_on(loader: Loader, grain: str, chosen: str = "") -> Parts:
    """Return the parts of the generated cases of one calendar."""
    frame, orders, products, catalogue = cases.case(grain)
    wanted = [metric for metric in catalogue.metrics if metric.metric.endswith(chosen) or not chosen]
    engine = loader.open({"events": frame, "orders": orders}, {"id": "integer"})
    try:
        tables = tuple(loader.table(engine, table) for table in catalogue.tables)
        window = Window(cases.AS_OF, products.cut_dates(), cases.FISCAL)
        return fetch_parts(Catalogue(tables, tuple(wanted)), engine, products, window)
    finally:
        engine.close()


def same(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Two results hold the same rows, in any order, with numbers equal to 1e-9."""
    numbers = [name for name in ours.columns if name in ("value", "n", *samples.CLUSTER_PARTS)]
    keys = [name for name in ours.columns if name not in numbers]
    left, right = (frame.set_index(keys)[numbers].astype(float).sort_index() for frame in (ours, theirs))
    assert left.index.is_unique
    pd.testing.assert_index_equal(left.index, right.index)
    np.testing.assert_allclose(left.to_numpy(), right.to_numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("loader", SERVERS, indirect=True)
@pytest.mark.parametrize("grain", list(cases.GRAINS))
def test_every_generated_case_is_the_same_on_every_engine(loader: Loader, grain: str, bench: samples.Bench) -> None:
    """All types × conditions × calendars that DuckDB is held to by hand give the same parts on a server."""
    chosen = "" if loader.name == "postgresql" or grain == "month" else "_large"
    ours = parts_on(Loader("duckdb", bench), grain, chosen)
    theirs = parts_on(loader, grain, chosen)
    assert theirs.troubles == ()
    assert len(ours.queries) == len(theirs.queries)
    for name in ("frame", "totals", "reach", "clusters"):
        same(getattr(ours, name), getattr(theirs, name))
