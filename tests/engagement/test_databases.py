"""Databases of a client: named by a variable, never by an address; one clear sentence where they cannot be opened."""

from __future__ import annotations

import datetime as dt
import os
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "outcomes"))

import outcome_samples as samples
import servers

from workbench import outcomes
from workbench.batch.run import run_engagement
from workbench.batch.study import prepare_study
from workbench.engagement.databases import ClientDatabase
from workbench.engagement.load import load_engagement
from workbench.errors import ClientDataError

SECRET = "hunter2-geheim"  # noqa: S105 - must never be seen again
PLACE = ("engagement.yaml", "", "line 4, databases.crm")
CATALOGUE = """
tables:
  events: {key: [id], time: {column: day}, product: product, database: crm, relation: %s.events}
metrics:
  - {metric: orders, label: Orders, type: count, measure: {from: events}, unit: count, direction: up}
  - {metric: revenue, label: Revenue, type: sum, measure: {from: events, agg: sum, column: amount},
     unit: currency, direction: up, segments: [channel]}
"""


def folder(place: Path, databases: str = "crm: env:CRM_TEST", catalogue: str = CATALOGUE % "shop") -> Path:
    """Return a client's folder whose facts lie in a database."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "engagement.yaml").write_text(
        f"name: Shop\nas_of: 2026-09-30\ndatabases:\n  {databases}\n", encoding="utf-8"
    )
    (place / "metrics.yaml").write_text(catalogue, encoding="utf-8")
    (place / "products.csv").write_text("product,name\ncar,Car\nvan,Van\n", encoding="utf-8")
    (place / "lines.csv").write_text("product_line,name\nmotor,Motor\n", encoding="utf-8")
    (place / "memberships.csv").write_text(
        "product,kind,parent,share\ncar,product_line,motor,1\nvan,product_line,motor,1\n", encoding="utf-8"
    )
    return place


def refusal(database: ClientDatabase) -> str:
    """Return what is said where a database cannot be opened."""
    with pytest.raises(ClientDataError) as caught:
        database.open()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    (fault,) = caught.value.faults
    assert (fault.file, fault.sheet, fault.cell) == PLACE
    return str(fault)


def database(**more: Any) -> ClientDatabase:
    """Return the database as a folder names it."""
    return ClientDatabase("crm", "CRM_TEST", place=PLACE, **more)


def test_a_check_opens_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without server and variable the folder is good, and what was not tested is said."""
    monkeypatch.delenv("CRM_TEST", raising=False)
    place = folder(tmp_path / "shop")
    study = load_engagement(place)
    assert study.outcomes.sources == {"events": "crm: shop.events"}
    assert study.outcomes.databases["crm"].place == PLACE
    monkeypatch.setenv("WORKBENCH_CLIENTS", str(tmp_path))
    held = prepare_study("shop")
    assert held.variables == ("CRM_TEST",)
    assert held.untested == (
        "Not tested before a run, because the database crm holds it: events. "
        "This machine has no variable CRM_TEST, which a run needs.",
    )
    monkeypatch.setenv("CRM_TEST", "postgresql://u@h/d")
    assert prepare_study("shop").untested == ("Not tested before a run, because the database crm holds it: events.",)
    monkeypatch.delenv("CRM_TEST")
    with pytest.raises(ClientDataError, match="no variable CRM_TEST"):
        outcomes.measure(study.outcomes)


@pytest.mark.parametrize(
    ("databases", "catalogue", "said"),
    [
        ("shop: env:SHOP", CATALOGUE % "s", "there is no database 'crm'"),
        ("crm: {address: env:CRM, engine: oracle}", CATALOGUE % "s", "engine"),
        (
            "crm: {address: env:CRM, engine: spark, statement_timeout_seconds: 9}",
            CATALOGUE % "s",
            "the cluster's own limits hold",
        ),
        (f"crm: postgresql://u:{SECRET}@h/d", CATALOGUE % "s", "no env:NAME"),
        (f"crm: {{address: 'postgresql://u:{SECRET}@h/d'}}", CATALOGUE % "s", "no env:NAME"),
        (f"crm: {{address: env:CRM, password: {SECRET}}}", CATALOGUE % "s", "the setting 'password' is unknown"),
        ("crm: env:CRM", CATALOGUE.replace("database: crm, ", "") % "s", "relation"),
    ],
)
def test_what_the_files_may_not_say(tmp_path: Path, databases: str, catalogue: str, said: str) -> None:
    """An unknown database, an address or a password in the file is a fault that names the line, not the secret."""
    with pytest.raises(ClientDataError) as caught:
        load_engagement(folder(tmp_path / "shop", databases, catalogue))
    (fault,) = caught.value.faults
    assert said in str(fault) or said in fault.cell
    assert SECRET not in str(caught.value)


def test_facts_lie_in_one_place(tmp_path: Path) -> None:
    """A file beside a table in a database is a fault."""
    place = folder(tmp_path / "shop")
    (place / "facts").mkdir()
    (place / "facts" / "events.csv").write_text("id,day,product,amount\n1,2026-01-01,car,5\n", encoding="utf-8")
    with pytest.raises(ClientDataError, match="events lies in the database crm"):
        load_engagement(place)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "no variable CRM_TEST"),
        ("mysql://u:{secret}@localhost/d", "no address of PostgreSQL"),
        ("postgresql://localhost/d", "no address of PostgreSQL with a user"),
        ("postgresql://u:{secret}@localhost:port/d", "no address of PostgreSQL"),
        ("postgresql://u:{secret}@127.0.0.1:{closed}/d", "cannot be reached"),
        ("postgresql://u:{secret}@host.invalid/d", "cannot be reached"),
        ("postgresql://u:{secret}@localhost/d?sslmode=maybe", "sslmode is not known"),
        ("postgresql://u:{secret}@localhost/d?options=-csearch_path", "option that is not known"),
    ],
)
def test_an_address_that_does_not_work(address: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One fault names the database and its line; nothing of the address is repeated."""
    pytest.importorskip("pg8000")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
    monkeypatch.setenv("CRM_TEST", address.format(secret=SECRET, closed=closed))
    text = refusal(database())
    assert said in text
    assert SECRET not in text
    assert "host.invalid" not in text


def test_a_server_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong password and a database that does not exist are told apart, and neither is repeated."""
    if os.environ.get("DATABASE_URL"):
        pytest.skip("the server of DATABASE_URL may trust everybody")
    address = servers.postgresql_address()
    monkeypatch.setenv("CRM_TEST", address.replace(quote(servers.PASSWORD, safe=""), SECRET))
    text = refusal(database())
    assert "refuses the user or the password" in text
    assert SECRET not in text
    assert servers.USER not in text
    monkeypatch.setenv("CRM_TEST", address.replace("/postgres?", "/nowhere?"))
    text = refusal(database())
    assert "no database of this name" in text
    assert "nowhere" not in text


def test_a_spark_address_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no master of Spark is refused before Java starts."""
    pytest.importorskip("pyspark")
    monkeypatch.setenv("CRM_TEST", f"sc://host/;token={SECRET}")
    text = refusal(database(engine="spark"))
    assert "no master of Spark" in text
    assert SECRET not in text


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither driver comes with the workbench; what to run is said."""
    for engine, module, extra in (("postgresql", "pg8000.dbapi", "postgres"), ("spark", "pyspark.sql", "spark")):
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.setenv("CRM_TEST", "postgresql://u@localhost/d" if engine == "postgresql" else "local[1]")
        assert f"workbench[{extra}]" in refusal(database(engine=engine))


def test_a_review_of_a_table_in_a_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are those of the same facts as a file; the source, the query and the state of the table are told."""
    frame = samples.random_events(np.random.default_rng(5), ["car", "van"], 400)
    servers.fill_postgresql({"events": frame}, "shop", {"id": "integer"})
    monkeypatch.setenv("CRM_TEST", servers.postgresql_address())
    study = load_engagement(folder(tmp_path / "shop"))
    result = outcomes.measure(study.outcomes)
    place = folder(tmp_path / "filed", catalogue=CATALOGUE.replace(", database: crm, relation: %s.events", ""))
    (place / "facts").mkdir()
    frame.to_csv(place / "facts" / "events.csv", index=False)
    filed = outcomes.measure(load_engagement(place).outcomes)
    ours, theirs = (
        one.to_frame().set_index(["metric", "kind", "parent", "period"])["value"] for one in (result, filed)
    )
    assert ours.index.equals(theirs.index)
    np.testing.assert_allclose(ours.to_numpy(float), theirs.to_numpy(float), rtol=1e-9)
    assert 'from "shop"."events"' in result.texts["revenue"]
    assert "double precision" in result.texts["revenue"]
    (state,) = result.states
    assert (state.table, state.database, state.relation, state.rows) == ("events", "crm", "shop.events", 400)
    assert f"400 rows, state {state.mark}" in outcomes.method(result)
    assert quote(servers.PASSWORD, safe="") not in repr(result) + outcomes.method(result) + repr(study.outcomes)
    servers.run_postgresql("update shop.events set amount = amount + 1 where id = 7")
    (changed,) = outcomes.measure(study.outcomes).states
    assert changed.mark != state.mark
    servers.run_postgresql("update shop.events set amount = amount - 1 where id = 7")  # rows stand in another order now
    assert outcomes.measure(study.outcomes).states == (state,)


def test_a_spark_session_that_is_there_is_used_and_left_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's notebook loses its session to a review."""
    session = servers.spark_session()
    monkeypatch.setenv("CRM_TEST", "local[1]")
    engine = database(engine="spark").open()
    assert engine.version == f"Spark {session.version}"
    engine.close()
    assert session.sql("select 1 as one").collect()[0]["one"] == 1


def test_a_run_leaves_nothing_of_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook that asks gets the variable; report, results, manifest, notebooks and cache hold nothing of it."""
    frame = samples.random_events(np.random.default_rng(5), ["car", "van"], 400)
    servers.fill_postgresql({"events": frame}, "shop", {"id": "integer"})
    folder(tmp_path / "clients" / "shop")
    for name, value in (("CLIENTS", "clients"), ("REPORTS", "reports")):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(tmp_path / value))
    monkeypatch.setenv("CRM_TEST", servers.postgresql_address())
    result = run_engagement("shop", only="outcomes")
    assert result.is_done, result.message
    written = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert any(b"PostgreSQL" in path.read_bytes() for path in written if path.name == "report.html")
    parts = urlsplit(servers.postgresql_address())
    secrets = [part for part in (parts.password, unquote(parts.password or "")) if part]
    assert [path.name for path in written for part in secrets if part.encode() in path.read_bytes()] == []


def test_a_table_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its metrics are off, and the sentence names table and database."""
    servers.fill_postgresql({}, "empty")
    monkeypatch.setenv("CRM_TEST", servers.postgresql_address())
    result = outcomes.measure(load_engagement(folder(tmp_path / "shop", catalogue=CATALOGUE % "empty")).outcomes)
    assert dict(result.off)["orders"] == (
        "Orders is off: the database crm has no table or view empty.events that its user may read."
    )
    assert os.environ["CRM_TEST"] not in str(result.off)
    assert result.settings.as_of == dt.date(2026, 9, 30)
