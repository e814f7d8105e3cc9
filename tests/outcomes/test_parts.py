"""Emitted SQL: text that can be pasted, keys and literals that cannot break out, the same sums alone and together."""

from __future__ import annotations

import datetime as dt

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest

from workbench.errors import ModelError
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.dialects import DIALECTS, Query, Window
from workbench.outcomes.engines import DuckDB
from workbench.outcomes.parts import emit, emit_together, emit_total
from workbench.outcomes.parts_checks import emit_checks, emit_repeated
from workbench.outcomes.parts_reach import emit_reach

TABLE = FactTable("events", ("id",), "day", "product", columns={"id": "number", "day": "date", "product": "text"})
SNAPSHOT = """select "_product", "_period", "_cut", 'actual' as "_version",
  cast(count(case when "status" = 'paid' then 1 end) as double) as "paid__sum",
  cast(count(case when "status" = 'paid' then 1 end) as double) as "paid__n",
  cast(count(*) as double) as "paid__rows"
from (
  select coalesce(cast("product" as varchar), '') as _product,
    'actual' as _version,
    (cast("day" as date) - cast(day(cast("day" as date)) - 1 as integer)) as _period,
    case when cast("day" as date) < date '2026-03-15' then 0 else 1 end as _cut,
    "status"
  from "events"
  where cast("day" as date) is not null and cast("day" as date) <= date '2026-09-30' and cast("day" as date) not in \
(date '1900-01-01', date '1970-01-01')
) as facts
group by "_product", "_period", "_cut\""""


def test_the_text_of_a_count() -> None:
    """One screen that a reader can check: rows that count, period, epoch, sums; no join, no division."""
    window = Window(dt.date(2026, 9, 30), (dt.date(2026, 3, 15),))
    assert emit(samples.metrics()["paid"], TABLE, window=window).text == SNAPSHOT


@pytest.mark.parametrize("name", list(samples.metrics()))
def test_no_metric_divides_or_joins_in_its_additive_part(name: str) -> None:
    """Ratios are made of sums afterwards; facts are never joined to shares."""
    text = emit(samples.metrics()[name], TABLE).text
    assert "/" not in text
    assert " join " not in text


def test_metrics_together_give_what_each_gives_alone(bench: samples.Bench) -> None:
    """One scan for all metrics of a table equals a scan for each."""
    frame = samples.random_events(np.random.default_rng(2), ["car", "van"])
    additive = [m for m in samples.metrics().values() if m.type not in ("percentile", "distinct", "min", "max")]
    window = Window(dt.date(2026, 9, 30), (dt.date(2026, 2, 10),))
    with bench.engine({"events": frame}) as engine:
        keys = ["_product", "_version", "_period", "_cut"]
        together = engine.fetch(emit_together(additive, TABLE, window=window)).set_index(keys).sort_index()
        for metric in additive:
            alone = engine.fetch(emit(metric, TABLE, window=window)).set_index(keys).sort_index()
            pd.testing.assert_frame_equal(alone, together[list(alone.columns)])
        total = engine.fetch(emit_total(additive, TABLE, window=window)).set_index(["_version", "_period"])
        summed = together.groupby(["_version", "_period"]).sum()
        pd.testing.assert_frame_equal(total.sort_index()[summed.columns], summed, check_exact=False, rtol=1e-12)


def test_segments_are_added_up_apart(bench: samples.Bench) -> None:
    """Grouping sets give each segment column its own rows beside the whole, never their cross product."""
    frame = samples.random_events(np.random.default_rng(2), ["car"], 100)
    with bench.engine({"events": frame}) as engine:
        table = FactTable("events", ("id",), "day", "product", columns=samples.kinds_of(frame))
        got = engine.fetch(emit(samples.metrics()["orders"], table, by=("channel", "status")))
    whole = got[got["_by_0"].isna() & got["_by_1"].isna()]["orders__sum"].sum()
    assert whole == 100
    assert got["_by_0"].dropna().unique().tolist() != []
    assert got[got["_by_0"].notna()]["orders__sum"].sum() == 100
    assert got[got["_by_1"].notna()]["orders__sum"].sum() == 100
    assert "(blank)" in set(got["_by_1"].dropna())
    assert not (got["_by_0"].notna() & got["_by_1"].notna()).any()


HOSTILE = "x'); drop table events; --"


@pytest.mark.parametrize("test", ["is", "is_not", "in", "not_in"])
def test_literals_and_names_cannot_break_out(bench: samples.Bench, test: str) -> None:
    """Quotes, semicolons and comments in values and column names are only values and names."""
    column = 'we"ird; --'
    frame = pd.DataFrame(
        {"id": [1, 2], "day": [dt.date(2026, 1, 1)] * 2, "product": ["a", HOSTILE], column: ["b", HOSTILE]}
    )
    value = (HOSTILE,) if test in ("in", "not_in") else HOSTILE
    metric = Metric("hit", "Hit", "count", Measure("events", where=(Condition(column, test, value),)))
    with bench.engine({"events": frame}) as engine:
        got = engine.fetch(emit(metric, TABLE))
        assert got["hit__sum"].sum() == 1
        assert engine.fetch(Query('select count(*) as n from "events"', (), "duckdb"))["n"].iloc[0] == 2


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("x", "is", 2.0), [2]),
        (Condition("x", "is_not", 2.0), [1, 3, 4]),
        (Condition("x", "in", (1.0, 3.0)), [1, 3]),
        (Condition("x", "not_in", (1.0, 3.0)), [2, 4]),
        (Condition("x", "at_least", 2.0), [2, 3]),
        (Condition("x", "at_most", 2.0), [1, 2]),
        (Condition("x", "above", 2.0), [3]),
        (Condition("x", "below", 2.0), [1]),
        (Condition("x", "present", True), [1, 2, 3]),
        (Condition("x", "present", False), [4]),
    ],
    ids=lambda value: value.test if isinstance(value, Condition) else "",
)
def test_every_condition_and_blanks(bench: samples.Bench, condition: Condition, expected: list[int]) -> None:
    """A blank passes "is not" and "not in" only."""
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "day": [dt.date(2026, 1, 1)] * 4, "x": [1.0, 2.0, 3.0, None]})
    frame["product"] = [str(n) for n in frame["id"]]
    metric = Metric("hit", "Hit", "count", Measure("events", where=(condition,)))
    with bench.engine({"events": frame}) as engine:
        got = engine.fetch(emit(metric, TABLE))
    assert sorted(int(p) for p in got["_product"][got["hit__sum"] > 0]) == expected


@pytest.mark.parametrize(
    ("grain", "more", "expected"),
    [
        ("day", {}, dt.date(2026, 5, 13)),
        ("week", {}, dt.date(2026, 5, 11)),
        ("week", {"week_start": "sunday"}, dt.date(2026, 5, 10)),
        ("week", {"week_start": "wednesday"}, dt.date(2026, 5, 13)),
        ("week", {"week_start": "thursday"}, dt.date(2026, 5, 7)),
        ("month", {}, dt.date(2026, 5, 1)),
        ("quarter", {}, dt.date(2026, 4, 1)),
        ("quarter", {"calendar": "fiscal"}, dt.date(2026, 5, 1)),
        ("year", {}, dt.date(2026, 1, 1)),
        ("year", {"calendar": "fiscal"}, dt.date(2026, 2, 1)),
    ],
)
def test_periods_begin_where_the_calendar_says(
    bench: samples.Bench, grain: str, more: dict[str, str], expected: dt.date
) -> None:
    """A Wednesday in May falls into its period of every grain; the fiscal year starts in February."""
    frame = pd.DataFrame({"id": [1], "day": [dt.date(2026, 5, 13)], "product": ["a"]})
    metric = Metric("hit", "Hit", "count", Measure("events"), grain=grain, **more)
    with bench.engine({"events": frame}) as engine:
        got = engine.fetch(emit(metric, TABLE, window=Window(None, (), 2)))
    assert pd.Timestamp(got["_period"].iloc[0]).date() == expected


@pytest.mark.parametrize(
    ("zone", "own", "month"),
    [("Europe/Berlin", "UTC", 4), ("UTC", "UTC", 3), (None, "UTC", 3), ("America/New_York", "UTC", 3)],
)
def test_a_clock_in_another_zone_falls_on_its_local_day(
    bench: samples.Bench, zone: str | None, own: str, month: int
) -> None:
    """23:30 UTC on 31 March is 1 April in Berlin, where the clock has changed to summer time."""
    frame = pd.DataFrame({"id": [1], "day": pd.to_datetime(["2026-03-31 23:30:00"]), "product": ["a"]})
    metric = Metric("hit", "Hit", "count", Measure("events"), zone=zone)
    for moment, kind in ((frame, "timestamp"), (frame.assign(day=frame["day"].dt.tz_localize("UTC")), "instant")):
        table = FactTable("events", ("id",), "day", "product", zone=own, columns={"day": kind})
        with bench.engine({"events": moment}) as engine:
            got = engine.fetch(emit(metric, table))
        assert pd.Timestamp(got["_period"].iloc[0]).month == month


def test_nan_is_no_number(bench: samples.Bench) -> None:
    """A NaN in a Parquet file neither counts nor makes a whole sum NaN."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = bench.folder / "events.parquet"
    columns = {
        "id": [1, 2],
        "day": [dt.date(2026, 1, 1)] * 2,
        "product": ["a", "a"],
        "amount": pa.array([5.0, float("nan")]),
    }
    pq.write_table(pa.table(columns), path)
    with DuckDB({"events": str(path)}) as engine:
        got = engine.fetch(emit(samples.metrics()["revenue"], TABLE))
    assert got["revenue__sum"].tolist() == [5.0]
    assert got["revenue__n"].tolist() == [1.0]


@pytest.mark.parametrize("test", ["at_least", "at_most", "above", "below"])
def test_nan_passes_no_comparison(bench: samples.Bench, test: str) -> None:
    """A NaN is neither small nor large."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = bench.folder / "events.parquet"
    amounts = pa.array([float("nan"), float("inf")])
    pq.write_table(
        pa.table({"id": [1, 2], "day": [dt.date(2026, 1, 1)] * 2, "product": ["a", "a"], "x": amounts}), path
    )
    metric = Metric("hit", "Hit", "count", Measure("events", where=(Condition("x", test, 5.0),)))
    with DuckDB({"events": str(path)}) as engine:
        assert engine.fetch(emit(metric, TABLE))["hit__sum"].tolist() == [0.0]


def test_checks_count_what_is_wrong(bench: samples.Bench) -> None:
    """Keys, blanks, default and future dates are counted in one scan."""
    days = [dt.date(2026, 1, 1), dt.date(1970, 1, 1), dt.date(2027, 1, 1), None, dt.date(2026, 2, 1)]
    frame = pd.DataFrame({"id": [1, 1, 2, 3, None], "day": days, "product": ["a", None, "b", "c", "d"]})
    with bench.engine({"events": frame}) as engine:
        got = engine.fetch(emit_checks(TABLE, until=dt.date(2026, 9, 30))).iloc[0]
        repeated = engine.fetch(emit_repeated(TABLE)).iloc[0]
    names = ("rows", "keys", "no_key", "no_product", "no_time", "future", "default_date")
    assert [int(got[name]) for name in names] == [5, 3, 1, 1, 1, 1, 1]
    assert (pd.Timestamp(got["first"]).date(), pd.Timestamp(got["last"]).date()) == (days[0], days[4])
    assert (int(repeated["keys"]), int(repeated["rows"])) == (1, 2)


def test_a_membership_may_stand_only_once() -> None:
    """A member listed twice would count its rows twice, so the query is not even written."""
    member = ("car", 0, "product_line", "motor")
    with pytest.raises(ModelError, match="twice"):
        emit_reach(samples.metrics()["p85"], TABLE, [member, member])


def test_what_cannot_be_written_is_refused() -> None:
    """Unknown segments, foreign literals and missing dialects raise instead of guessing."""
    with pytest.raises(ModelError, match="no column region"):
        emit(samples.metrics()["orders"], TABLE, by=("region",))
    with pytest.raises(ModelError, match="compares with"):
        DIALECTS["duckdb"].literal(object())
    other = Metric("hit", "Hit", "count", Measure("events", sql={"spark": "x > 1"}))
    with pytest.raises(ModelError, match="no wording for duckdb"):
        emit(other, TABLE)
    with pytest.raises(ModelError, match="reads the table"):
        emit(samples.metrics()["orders"], FactTable("visits", ("id",), "day", "product"))
    weekly = Metric("weekly", "Weekly", "count", Measure("events"), grain="week")
    with pytest.raises(ModelError, match="one calendar"):
        emit_together([samples.metrics()["orders"], weekly], TABLE)


def test_the_engine_reaches_nothing_but_its_files(bench: samples.Bench) -> None:
    """A condition in a client's own SQL cannot read another file or change a setting."""
    other = bench.folder / "secret.csv"
    other.write_text("a\n1\n", encoding="utf-8")
    frame = pd.DataFrame({"id": [1], "day": [dt.date(2026, 1, 1)], "product": ["a"]})
    with bench.engine({"events": frame}) as engine:
        read, write = f"from '{other}'", f"copy events to '{other}'"
        for text in (read, write, "set enable_external_access = true"):
            with pytest.raises(ModelError, match="refuses"):
                engine.fetch(Query(text, (), "duckdb"))
    assert other.read_text(encoding="utf-8") == "a\n1\n"
