"""What is particular to a server: columns of its own kinds, reading only, one snapshot, time limits, its settings."""

# ruff: noqa: S608 - statements of our own for a server of our own
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import outcome_samples as samples
import pandas as pd
import pytest
import servers
from test_engines import DAY, events, total

from workbench.engagement.databases import connect_postgresql
from workbench.engagement.engine_postgresql import PostgreSQL
from workbench.engagement.engine_spark import REQUIRED, ZONE, Spark
from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.catalogue_checks import check_catalogue
from workbench.outcomes.definitions import Condition, Length, Measure
from workbench.outcomes.dialects import Query, Window
from workbench.outcomes.engines import DuckDB, Engines, LostError, TooSlowError
from workbench.outcomes.gather import fetch_parts
from workbench.outcomes.parts import emit, emit_total
from workbench.outcomes.parts_reach import emit_reach_total

SCHEMA = "own kinds"
COUNT = Metric("hit", "Hit", "count", Measure("events"))


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[PostgreSQL]:
    """Give an engine on a server with one table of three rows; its patience, in seconds, is the test's to say."""
    servers.fill_postgresql({"events": events(amount=[1.0, 2.0, 4.0])}, SCHEMA, {"id": "integer"})
    engine = PostgreSQL(connect_postgresql(servers.postgresql_address()), getattr(request, "param", 60), is_own=True)
    yield engine
    engine.close()


def known(engine: Any, relation: str = f"{SCHEMA}.events", **more: Any) -> FactTable:
    """Return the table of events as an engine knows it."""
    return FactTable(
        "events",
        ("id",),
        "day",
        "product",
        relation=relation,
        columns=engine.columns(relation),
        casts=engine.casts(relation),
        dialect=engine.dialect,
        **more,
    )


def ask(text: str) -> Query:
    """Return a text as a query of the metric ``hit``."""
    return Query(text, ("hit",), "postgresql")


def test_a_server_is_only_read(server: PostgreSQL) -> None:
    """Nothing is written, whatever a condition in a client's own SQL says."""
    for text in ("create table x (a int)", f'delete from "{SCHEMA}"."events"', f'drop schema "{SCHEMA}" cascade'):
        with pytest.raises(ModelError, match="read-only transaction"):
            server.fetch(ask(text))
    assert server.fetch(ask(f'select count(*) as n from "{SCHEMA}"."events"'))["n"].tolist() == [3]


def test_all_queries_of_a_review_see_one_state(server: PostgreSQL) -> None:
    """The client goes on writing between two queries; parts and totals still belong together, after a refusal too."""
    table = known(server)
    first = server.fetch(emit(COUNT, table, "postgresql"))
    servers.run_postgresql(f"""insert into "{SCHEMA}"."events" values (9, '{DAY}', 'car', 8)""")
    with pytest.raises(ModelError, match="refuses the query for hit: column"):
        server.fetch(ask(f'select nothing from "{SCHEMA}"."events"'))
    company = server.fetch(emit_total([COUNT], table, "postgresql"))
    assert first["hit__sum"].sum() == company["hit__sum"].sum() == 3
    server.close()
    again = PostgreSQL(connect_postgresql(servers.postgresql_address()), is_own=True)
    assert again.fetch(emit_total([COUNT], table, "postgresql"))["hit__sum"].sum() == 4
    again.close()


@pytest.mark.parametrize("server", [3], indirect=True)
def test_a_query_may_not_keep_the_server_busy(server: PostgreSQL) -> None:
    """What runs longer than agreed is stopped, its metrics are named once, and others go on."""
    slow = replace(COUNT, metric="slow", measure=Measure("events", sql={"postgresql": "pg_sleep(600) is not null"}))
    with pytest.raises(TooSlowError, match="longer than 3 s over the query for slow; raise statement_timeout_seconds"):
        server.fetch(emit(slow, known(server), "postgresql"))
    week = replace(COUNT, grain="week")
    catalogue = Catalogue((known(server),), (slow, week))
    parts = fetch_parts(catalogue, server, samples.product_map(["car"]), Window())
    assert [name for name, _ in parts.troubles] == ["slow"]
    assert parts.totals.set_index("part")["value"]["sum"] == 3


def test_a_connection_that_is_gone_says_so(server: PostgreSQL) -> None:
    """A server that goes away in the middle is one sentence, not a traceback of the driver."""
    (pid,) = server.fetch(ask("select pg_backend_pid() as pid"))["pid"]
    servers.run_postgresql(f"select pg_terminate_backend({pid})")
    with pytest.raises(LostError, match="closed the connection"):  # every metric would be off, one after the other
        fetch_parts(
            Catalogue((FactTable("events", ("id",), "day", "product", dialect="postgresql"),), (COUNT,)),
            server,
            samples.product_map(["car"]),
            Window(),
        )


def test_columns_of_a_servers_own_kinds() -> None:
    """Domains, enumerations, identifiers and blank-padded texts are read as the texts they mean; others are named."""
    servers.fill_postgresql({}, SCHEMA)
    servers.run_postgresql(
        f"create type \"{SCHEMA}\".state as enum ('paid', 'open')",
        f'create domain "{SCHEMA}".euro as numeric(10, 2) check (value >= 0)',
        f'create table "{SCHEMA}".events (id uuid, day timestamptz, product char(6), status "{SCHEMA}".state, '
        f'amount "{SCHEMA}".euro, note json, took interval, small smallint, "real" real, done boolean, plain varchar)',
        f"""insert into "{SCHEMA}".events select gen_random_uuid(), '2026-05-13 23:30+00', product, 'paid', 2.5, '{{}}',
        '1 day', 1, 0.5, true, 'x' from (values ('car'), ('car  '), ('van')) as p(product)""",
    )
    engine = PostgreSQL(connect_postgresql(servers.postgresql_address()), is_own=True)
    table = known(engine)
    kinds = ["text", "instant", "text", "text", "number", "other", "other", "number", "number", "bool", "text"]
    assert list(table.columns.values()) == kinds
    assert set(table.casts) == {"id", "product", "status"}
    paid = Measure("events", "sum", "amount", (Condition("status", "is", "paid"), Condition("product", "is", "car")))
    got = engine.fetch(emit(total(paid), table, "postgresql"))
    assert got.set_index("_product")["hit__sum"].to_dict() == {"car": 5.0, "van": 0.0}
    customers = Metric("hit", "Hit", "distinct", Measure("events", "distinct", "product"))
    assert engine.fetch(emit_reach_total(customers, table, "postgresql"))["_value"].tolist() == [2.0]
    engine.close()


def test_collations_that_take_texts_for_the_same() -> None:
    """Where a column's collation or type ignores capitals, we do not."""
    servers.fill_postgresql({}, SCHEMA)
    try:
        servers.run_postgresql(
            f"create collation \"{SCHEMA}\".loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
        )
    except Exception as error:  # noqa: BLE001 - a driver's own
        pytest.skip(f"this server was built without ICU: {str(error)[:60]}")
    servers.run_postgresql(
        f'create table "{SCHEMA}".events (id int, day date, product text collate "{SCHEMA}".loose)',
        f"insert into \"{SCHEMA}\".events values (1, '2026-05-13', 'car'), (2, '2026-05-13', 'CAR')",
    )
    engine = PostgreSQL(connect_postgresql(servers.postgresql_address()), is_own=True)
    got = engine.fetch(emit(COUNT, known(engine), "postgresql"))
    assert sorted(got["_product"]) == ["CAR", "car"]
    engine.close()


def test_settings_of_a_role_change_nothing() -> None:
    """Dates, digits and backslashes are read the same whatever the role's own settings are."""
    setting = {"datestyle": "'German, DMY'", "extra_float_digits": "-15", "standard_conforming_strings": "off"}
    servers.fill_postgresql({"events": events(amount=[0.1, 0.2, 1 / 3], note=["a\\", "b", "c"])}, SCHEMA)
    servers.run_postgresql(*(f"alter role {servers.USER} set {name} = {value}" for name, value in setting.items()))
    try:
        engine = PostgreSQL(connect_postgresql(servers.postgresql_address()), is_own=True)
        note = Measure("events", "sum", "amount", (Condition("note", "in", ("a\\", "c")),))
        got = engine.fetch(emit(total(note), known(engine), "postgresql"))
        assert (got["hit__sum"].iloc[0], got["_period"].iloc[0]) == (0.1 + 1 / 3, DAY.replace(day=1))
        engine.close()
    finally:
        servers.run_postgresql(f"alter role {servers.USER} reset all")


def test_an_old_server_is_refused() -> None:
    """A version that was never tried is no engine."""
    row = {"version_num": "server_version_num"}

    class Cursor:
        description = (("a",),)

        def execute(self, text: str) -> None:
            self.rows = [(120_005, "12.5 (Debian)")] if row["version_num"] in text else []

        def fetchall(self) -> list[Any]:
            return self.rows

        def close(self) -> None:
            return None

    connection = type("Connection", (), {"__module__": "pg8000.dbapi", "cursor": Cursor, "rollback": print})()
    with pytest.raises(ModelError, match=r"PostgreSQL 12\.5 is too old; version 14 or newer"):
        PostgreSQL(connection)


@pytest.mark.parametrize(("name", "value"), [(ZONE, "Europe/Berlin"), ("spark.sql.ansi.enabled", "false")])
def test_a_spark_session_that_would_change_results_is_refused(name: str, value: str) -> None:
    """The sentence says which setting, and what to run."""
    settings = {key: allowed[0] for key, allowed in REQUIRED.items()}

    def session(version: str, **more: str) -> Any:
        return SimpleNamespace(version=version, conf=SimpleNamespace(get={**settings, **more}.__getitem__))

    assert Spark(session("4.0.1")).version == "Spark 4.0.1"
    with pytest.raises(ModelError, match=f"{name} = {value}"):
        Spark(session("4.0.1", **{name: value}))
    with pytest.raises(ModelError, match=r"Spark 3\.5\.1 is too old"):
        Spark(session("3.5.1"))


def test_columns_of_sparks_own_kinds() -> None:
    """Texts of fixed length and with a collation are read byte by byte, without the blanks that were never theirs."""
    session = servers.spark_session()
    session.sql("create database if not exists own")
    session.sql("drop table if exists own.events")
    session.sql(
        "create table own.events (id bigint, day timestamp, product char(6), customer string collate utf8_lcase, "
        "amount decimal(9, 2), clock timestamp_ntz, on date, done boolean, parts array<int>) using parquet"
    )
    session.sql(
        "insert into own.events values (1, timestamp'2026-05-13 23:30:00', 'car', 'Ann', 1.5, null, null, true, null), "
        "(2, timestamp'2026-05-13 23:30:00', 'car', 'ann', 2.5, null, null, true, null)"
    )
    engine = Spark(session)
    table = known(engine, "own.events")
    kinds = ["number", "instant", "text", "text", "number", "timestamp", "date", "bool", "other"]
    assert list(table.columns.values()) == kinds
    assert set(table.casts) == {"product", "customer"}
    got = engine.fetch(emit(total(Measure("events", "sum", "amount")), table, "spark"))
    assert got.set_index("_product")["hit__sum"].to_dict() == {"car": 4.0}
    people = Metric("hit", "Hit", "distinct", Measure("events", "distinct", "customer"))
    assert engine.fetch(emit_reach_total(people, table, "spark"))["_value"].tolist() == [2.0]
    assert engine.columns("own.nothing") == {}


def test_tables_of_several_databases(server: PostgreSQL, bench: samples.Bench) -> None:
    """A ratio may stand over two databases, each asked by itself; what needs both in one query is refused by name."""
    held = known(server, database="crm")
    filed = FactTable("visits", ("id",), "day", "product", columns={"id": "number", "day": "date", "product": "text"})
    rate = Metric("rate", "Rate", "ratio", Measure("events", "sum", "amount"), Measure("visits"))
    bought = Metric(
        "bought",
        "Bought",
        "conversion",
        Measure("visits"),
        converted=Measure("events"),
        entity="id",
        window=Length(7, "day"),
    )
    catalogue = Catalogue((held, filed), (rate, bought))
    visits = events(id=[1, 2])
    with Engines(catalogue, {"visits": bench.write("visits", visits)}, {"crm": server}) as engines:
        catalogue = engines.describe(catalogue, {"visits": samples.kinds_of(visits)})
        (trouble,) = check_catalogue(catalogue, {table.name: table.columns for table in catalogue.tables})
        assert trouble.metric == "bought"
        assert trouble.reason.startswith("Bought is off: visits and events lie in different databases")
        parts = fetch_parts(catalogue, engines, samples.product_map(["car"]), Window())
        assert [name for name, _ in parts.troubles] == ["bought"]
        sums = parts.totals.set_index("part")["value"].to_dict()
        assert (sums["num"], sums["den"]) == (7.0, 2.0)
        assert {query.dialect for query in parts.queries} == {"postgresql", "duckdb"}
        assert engines.version.count(",") == 1
    with pytest.raises(ModelError, match="no database 'crm'; known: none"):
        Engines(catalogue, {}, {})


def test_a_metric_without_wording_for_its_engine_is_off(server: PostgreSQL) -> None:
    """Own SQL is never sent to an engine that it was not written for."""
    own = replace(COUNT, measure=Measure("events", sql={"duckdb": "amount > 1"}))
    table = known(server, database="crm")
    (trouble,) = check_catalogue(Catalogue((table,), (own,)), {"events": table.columns})
    assert trouble.reason == "Hit is off: its own SQL has no wording for postgresql."


def test_any_driver_of_python_does(bench: samples.Bench) -> None:
    """An open connection of psycopg serves as well as one of pg8000, where somebody has it."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is LGPL and comes with nobody's installation of ours")
    frame = events(amount=[1.0, 2.0], note=["100%", "%s"])
    servers.fill_postgresql({"events": frame}, SCHEMA, {"id": "integer"})
    with psycopg.connect(servers.postgresql_address()) as connection:
        engine = PostgreSQL(connection)
        hit = total(Measure("events", where=(Condition("note", "is", "100%"),)))
        got = engine.fetch(emit(hit, known(engine), "postgresql"))
        with DuckDB({"events": bench.write("events", frame)}) as other:
            own = other.fetch(emit(hit, FactTable("events", ("id",), "day", "product")))
        pd.testing.assert_frame_equal(got.astype(object), own.assign(_period=[DAY.replace(day=1)]).astype(object))
        with pytest.raises(ModelError, match="read-only"):
            engine.fetch(ask("create table x (a int)"))
