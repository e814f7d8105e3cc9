"""Adding up: every type against brute force over rows, the law to 1e-9, and the traps that other tools fall into."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest
from scipy.stats import binomtest

from workbench.errors import ModelError
from workbench.outcomes.balances import LAW_TOLERANCE, broken_laws
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric, with_columns
from workbench.outcomes.cubes import build_cubes
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.dialects import Window
from workbench.outcomes.gather import Parts, fetch_parts
from workbench.outcomes.metric_values import interval
from workbench.outcomes.periods import all_periods, next_period
from workbench.outcomes.rollup import company_values, product_values, roll_up
from workbench.products import KINDS, ProductMap

AS_OF = dt.date(2026, 9, 30)
TABLE = FactTable("events", ("id",), "day", "product")
PRODUCTS = ["car", "van", "home", "life"]
ADDITIVE = ("orders", "paid", "revenue", "paid_share", "price", "wait", "nps", "top")
REACH = ("p85", "reach", "least", "most")


def random_map(generator: np.random.Generator) -> ProductMap:
    """Return random shares of every kind: none, one or several parents, dated or not, blank or not, up to 1 in all."""
    rows: list[tuple[Any, ...]] = []
    for kind in KINDS:
        for product in PRODUCTS:
            parents = [str(p) for p in generator.choice(list("abcd"), generator.integers(0, 4), replace=False)]
            parts = generator.dirichlet(np.ones(len(parents) + 1))[: len(parents)]
            if len(parents) > 1 and generator.random() < 0.2:
                rows += [(product, kind, parent) for parent in parents]
                continue
            for parent, share in zip(parents, parts, strict=True):
                rows.append((product, kind, parent, float(share)))
                if generator.random() < 0.4:
                    later = dt.date(2026, 1, 1) + dt.timedelta(days=int(generator.integers(5, 140)))
                    rows.append((product, kind, parent, float(share * generator.integers(0, 2)), later))
    return samples.product_map(PRODUCTS, *rows)


def fetch(
    bench: samples.Bench, frame: pd.DataFrame, metrics: list[Metric], shares: ProductMap, **kinds: str
) -> tuple[Parts, Catalogue]:
    """Return the parts of metrics over one table, and the catalogue; `kinds` says what a frame cannot."""
    columns = {**samples.kinds_of(frame), **kinds}
    catalogue = with_columns(Catalogue((TABLE,), tuple(metrics)), {"events": columns})
    with bench.engine({"events": frame}) as engine:
        return fetch_parts(catalogue, engine, shares, Window(AS_OF, shares.cut_dates())), catalogue


def brute(metric: Metric, rows: pd.DataFrame, weights: pd.Series) -> float:
    """Return a metric's value over rows with a weight each, written again from its definition, without parts or SQL."""
    held = rows.assign(weight=weights)
    name = metric.metric
    if name == "orders":
        return math.fsum(held["weight"]) if len(held) else math.nan
    if name == "paid":
        return math.fsum(held["weight"][held["status"] == "paid"]) if len(held) else math.nan
    if name == "revenue":
        kept = held.dropna(subset=["amount"])
        return math.fsum(kept["weight"] * kept["amount"]) if len(kept) else math.nan
    if name == "paid_share":
        return _over(math.fsum(held["weight"][held["status"] == "paid"]), math.fsum(held["weight"]))
    if name == "price":
        top, bottom = held.dropna(subset=["amount"]), held.dropna(subset=["units"])
        if not len(top):
            return math.nan
        return _over(math.fsum(top["weight"] * top["amount"]), math.fsum(bottom["weight"] * bottom["units"]))
    if name == "wait":
        kept = held.dropna(subset=["hours", "units"])
        return _over(
            math.fsum(kept["weight"] * kept["hours"] * kept["units"]), math.fsum(kept["weight"] * kept["units"])
        )
    kept = held.dropna(subset=["score"])
    plus = math.fsum(kept["weight"][kept["score"] >= 9])
    minus = math.fsum(kept["weight"][kept["score"] <= 6]) if name == "nps" else 0.0
    return (100 if name == "nps" else 1) * _over(plus - minus, math.fsum(kept["weight"]))


def reached(metric: Metric, rows: pd.DataFrame) -> float:
    """Return a metric that does not add up over the rows of its members."""
    if metric.metric == "reach":
        return float(rows["customer"].nunique()) if rows["customer"].notna().any() else math.nan
    hours = rows["hours"].dropna().to_numpy()
    if not len(hours):
        return math.nan
    return float({"p85": lambda h: np.quantile(h, 0.85), "least": np.min, "most": np.max}[metric.metric](hours))


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan


def weight_of(shares: ProductMap, kind: str, parent: str, rows: pd.DataFrame) -> pd.Series:
    """Return each row's share in a parent on the row's own day."""
    tables: dict[tuple[dt.date | None, str], float] = {}
    starts = [None, *shares.cut_dates()]
    for start in starts:
        frame = shares.shares(kind, start)
        for product, held, share in zip(frame["product"], frame["parent"], frame["share"], strict=True):
            if held == parent:
                tables[start, product] = share
    found = []
    for product, day in zip(rows["product"], rows["day"], strict=True):
        start = max((cut for cut in shares.cut_dates() if cut <= day), default=None)
        found.append(tables.get((start, product), 0.0))
    return pd.Series(found, index=rows.index, dtype=float)


def same(got: float, expected: float) -> bool:
    """Compare two values to 1e-9; nothing equals nothing."""
    return (math.isnan(got) and math.isnan(expected)) or got == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_every_type_agrees_with_brute_force_at_every_parent(bench: samples.Bench, seed: int) -> None:
    """Values of all parents, products and the company equal a plain loop over rows with the share of each row's day."""
    generator = np.random.default_rng([7, seed])
    frame, shares = samples.random_events(generator, PRODUCTS, 220), random_map(generator)
    metrics = samples.metrics()
    parts, catalogue = fetch(bench, frame, list(metrics.values()), shares)
    month = pd.Series([day.replace(day=1) for day in frame["day"]], index=frame.index)
    cubes = build_cubes(parts, catalogue, shares, len(shares.cut_dates()) + 1)
    compared = 0
    for kind in KINDS:
        rolled = roll_up(parts, catalogue, shares, kind, cubes=cubes)
        held = {parent: weight_of(shares, kind, parent, frame) for parent in shares.parents(kind)}
        for row in rolled.values.itertuples():  # noqa: PD011 - a field of ours
            rows = frame[month == row.period]
            weights = held[row.parent][month == row.period]
            members = rows[weights > 0]
            if row.metric in REACH:
                expected = reached(metrics[row.metric], members)
            else:
                expected = brute(metrics[row.metric], members, weights[weights > 0])
            assert same(row.value, expected), (row.metric, kind, row.parent, row.period, row.value, expected)
            compared += 1
    for row in product_values(parts, catalogue, cubes, None, 0.95).itertuples():
        rows = frame[(month == row.period) & (frame["product"] == row.parent)]
        metric = metrics[row.metric]
        ones = pd.Series(1.0, index=rows.index)
        expected = reached(metric, rows) if row.metric in REACH else brute(metric, rows, ones)
        assert same(row.value, expected), (row.metric, row.parent, row.period)
    for row in company_values(parts, catalogue, cubes, None, 0.95).itertuples():
        rows = frame[month == row.period]
        metric = metrics[row.metric]
        ones = pd.Series(1.0, index=rows.index)
        expected = reached(metric, rows) if row.metric in REACH else brute(metric, rows, ones)
        assert same(row.value, expected), (row.metric, row.period)
    assert compared > 200


@pytest.mark.parametrize("seed", range(24))
def test_parents_unallocated_and_unknown_add_up_to_the_company(bench: samples.Bench, seed: int) -> None:
    """For every kind, period and part the law holds to 1e-9; the company comes from a query without products."""
    generator = np.random.default_rng([11, seed])
    frame = samples.random_events(generator, PRODUCTS, rows=120)
    frame["amount"] *= 10.0 ** generator.integers(-6, 9)
    shares = random_map(generator)
    found = samples.metrics()
    parts, catalogue = fetch(bench, frame, [found[name] for name in ("revenue", "orders", "nps", "p85")], shares)
    cubes = build_cubes(parts, catalogue, shares, len(shares.cut_dates()) + 1)
    for kind in KINDS:
        rolled = roll_up(parts, catalogue, shares, kind, cubes=cubes)
        assert rolled.residual <= LAW_TOLERANCE
        revenue = [
            table[table["metric"] == "revenue"].groupby("period")["value"].sum()
            for table in (rolled.values, rolled.unallocated, rolled.unknown)  # noqa: PD011 - a field of ours
        ]
        total = pd.concat(revenue, axis=1).fillna(0.0).sum(axis=1)
        company = rolled.company[rolled.company["metric"] == "revenue"].set_index("period")["value"]
        scale = float(company.abs().max()) or 1.0
        assert (total.reindex(company.index) - company).abs().max() <= LAW_TOLERANCE * scale


def test_the_law_sees_a_part_that_went_missing(bench: samples.Bench) -> None:
    """Taking rows of one product away from the parts refuses the metric: no number of it is shown."""
    generator = np.random.default_rng(3)
    shares = samples.product_map(PRODUCTS, *[(p, "product_line", "a", 0.5) for p in PRODUCTS])
    parts, catalogue = fetch(bench, samples.random_events(generator, PRODUCTS), [samples.metrics()["orders"]], shares)
    lost = Parts(
        parts.frame[parts.frame["product"] != "car"],
        parts.totals,
        parts.reach,
        parts.queries,
        parts.troubles,
        parts.engine,
        parts.seconds,
    )
    assert roll_up(parts, catalogue, shares, "product_line").residual <= LAW_TOLERANCE
    refused = roll_up(lost, catalogue, shares, "product_line")
    assert refused.values.empty  # noqa: PD011 - a field of ours
    assert refused.company.empty
    assert "do not add up to the company" in dict(refused.marks)["orders"]
    whole, broken = (build_cubes(one, catalogue, shares, 1) for one in (parts, lost))
    assert broken_laws(whole) == {}
    assert list(broken_laws(broken)) == ["orders"]


def test_a_share_that_changes_in_mid_month_is_right(bench: samples.Bench) -> None:
    """Rows count with the share of their own day, not of the month."""
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "day": [dt.date(2026, 3, 10), dt.date(2026, 3, 20)],
            "product": ["car", "car"],
            "amount": [100.0, 10.0],
        }
    )
    shares = samples.product_map(
        ["car"], ("car", "product_line", "a", 1.0), ("car", "product_line", "a", 0.2, dt.date(2026, 3, 15))
    )
    parts, catalogue = fetch(bench, frame, [samples.metrics()["revenue"]], shares)
    rolled = roll_up(parts, catalogue, shares, "product_line")
    assert rolled.values["value"].tolist() == [102.0]  # noqa: PD011 - a field of ours
    assert rolled.unallocated["value"].tolist() == [8.0]


def test_a_ratio_is_no_average_of_ratios_and_reach_is_no_sum(bench: samples.Bench) -> None:
    """A line's rate weighs its products by their rows; a customer of two products counts once."""
    rows = (
        [("car", "paid", "x")] * 90
        + [("car", "open", "y")] * 10
        + [("van", "open", "x")] * 900
        + [("van", "paid", "z")] * 100
    )
    frame = pd.DataFrame(rows, columns=["product", "status", "customer"]).assign(day=dt.date(2026, 1, 5), channel="web")
    frame["id"] = range(len(frame))
    shares = samples.product_map(["car", "van"], *[(p, "product_line", "a", 1.0) for p in ("car", "van")])
    found = samples.metrics()
    parts, catalogue = fetch(bench, frame, [found["paid_share"], found["reach"]], shares)
    rolled = roll_up(parts, catalogue, shares, "product_line").values.set_index("metric")["value"]  # noqa: PD011
    assert rolled["paid_share"] == pytest.approx(190 / 1100)  # the average of the ratios would say 50 %
    assert rolled["reach"] == 3  # the sum would say 4


def test_given_values_are_refused_without_a_weight_and_weighed_with_one(bench: samples.Bench) -> None:
    """A client's own KPI has no parts: it is charted per product, and added up only by a declared weight."""
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "day": [dt.date(2026, 1, 1)] * 2,
            "product": ["car", "van"],
            "amount": [10.0, 40.0],
            "units": [3.0, 1.0],
        }
    )
    shares = samples.product_map(["car", "van"], ("car", "product_line", "a", 1.0), ("van", "product_line", "a", 0.5))
    plain = Metric("kpi", "KPI", "given", Measure("events", "sum", "amount"))
    weighed = Metric("weighed", "Weighed KPI", "given", Measure("events", "sum", "amount"), weight="units")
    parts, catalogue = fetch(bench, frame, [plain, weighed], shares)
    rolled = roll_up(parts, catalogue, shares, "product_line")
    assert rolled.values["metric"].unique().tolist() == ["weighed"]  # noqa: PD011 - a field of ours
    assert rolled.values["value"].tolist() == [pytest.approx((10 * 3 + 40 * 0.5) / 3.5)]  # noqa: PD011
    assert dict(rolled.marks)["kpi"].startswith("not added up")
    cubes = build_cubes(parts, catalogue, shares, 1)
    own = product_values(parts, catalogue, cubes, None, 0.95)
    assert own[own["metric"] == "kpi"]["value"].tolist() == [10.0, 40.0]
    company = company_values(parts, catalogue, cubes, None, 0.95)
    assert company["metric"].tolist() == ["weighed"]


def test_shares_that_leave_something_over_may_be_refused(bench: samples.Bench) -> None:
    """A metric with ``unallocated: refuse`` is not added up where shares do not add to one."""
    generator = np.random.default_rng(5)
    metric = Metric("orders", "Orders", "count", Measure("events"), unallocated="refuse")
    half = samples.product_map(PRODUCTS, *[(p, "product_line", "a", 0.5) for p in PRODUCTS])
    parts, catalogue = fetch(bench, samples.random_events(generator, PRODUCTS), [metric], half)
    rolled = roll_up(parts, catalogue, half, "product_line")
    assert rolled.values.empty  # noqa: PD011 - a field of ours
    assert "refuses" in dict(rolled.marks)["orders"]


def test_budget_stands_beside_actual_and_is_never_added(bench: samples.Bench) -> None:
    """Only actual rows are added up; other versions stay in the parts."""
    frame = pd.DataFrame(
        {
            "id": range(4),
            "day": [dt.date(2026, 1, 3)] * 4,
            "product": ["car"] * 4,
            "version": ["actual", "budget", None, "forecast"],
            "amount": [5.0, 100.0, 6.0, 1000.0],
        }
    )
    shares = samples.product_map(["car"], ("car", "product_line", "a", 1.0))
    table = FactTable("events", ("id",), "day", "product", version="version")
    catalogue = with_columns(Catalogue((table,), (samples.metrics()["revenue"],)), {"events": samples.kinds_of(frame)})
    with bench.engine({"events": frame}) as engine:
        parts = fetch_parts(catalogue, engine, shares, Window(AS_OF))
    assert roll_up(parts, catalogue, shares, "product_line").values["value"].tolist() == [11.0]  # noqa: PD011
    assert set(parts.frame["version"]) == {"actual", "budget", "forecast"}


def test_wilson_as_published_and_against_scipy() -> None:
    """The interval of a share is Wilson's: 15 of 50 (scipy's binomtest gives the same)."""
    metric = samples.metrics()["top"]
    parts = {"plus": np.array([15.0]), "n": np.array([50.0])}
    low, high = interval(metric, parts, np.array([50.0]), 0.95)
    expected = binomtest(15, 50).proportion_ci(0.95, method="wilson")
    assert (low[0], high[0]) == (pytest.approx(expected.low, abs=1e-12), pytest.approx(expected.high, abs=1e-12))


def test_net_promoter_interval_is_adjusted_wald() -> None:
    """3/4 promoters, 3/2 passives and 3/4 detractors are added (Rocks 2016); by hand for 19, 9 and 8 of 36."""
    parts = {"plus": np.array([19.0]), "minus": np.array([8.0]), "n": np.array([36.0])}
    low, high = interval(samples.metrics()["nps"], parts, np.array([36.0]), 0.95)
    p, d, n = 19.75 / 39, 8.75 / 39, 39
    reach = 1.959963984540054 * math.sqrt((p + d - (p - d) ** 2) / n)
    assert low[0] == pytest.approx(100 * (p - d - reach), abs=1e-9)
    assert high[0] == pytest.approx(100 * (p - d + reach), abs=1e-9)


def test_shares_shrink_the_rows_an_interval_rests_on(bench: samples.Bench) -> None:
    """Effective rows are (Σ s)² / Σ s² over rows: two products with shares 1 and 0.5 and 100 rows each."""
    frame = pd.DataFrame(
        {"product": ["car"] * 100 + ["van"] * 100, "score": [9.0, 1.0] * 100, "day": dt.date(2026, 1, 2)}
    )
    frame["id"] = range(200)
    shares = samples.product_map(["car", "van"], ("car", "product_line", "a", 1.0), ("van", "product_line", "a", 0.5))
    parts, catalogue = fetch(bench, frame, [samples.metrics()["top"]], shares)
    row = roll_up(parts, catalogue, shares, "product_line").values.iloc[0]  # noqa: PD011 - a field of ours
    assert row["n_eff"] == pytest.approx(150**2 / 125)
    assert row["low"] < 0.5 < row["high"]


def test_other_ratios_have_no_interval_yet() -> None:
    """A ratio of sums carries none, rather than a wrong one."""
    parts = {"num": np.array([3.0]), "den": np.array([10.0]), "n": np.array([10.0])}
    low, high = interval(samples.metrics()["price"], parts, np.array([10.0]), 0.95)
    assert np.isnan([low[0], high[0]]).all()


def test_an_empty_period_is_no_zero_unless_declared(bench: samples.Bench) -> None:
    """A month without rows stays empty; a count may declare it a zero."""
    days = [dt.date(2026, 1, 5), dt.date(2026, 3, 5)]
    frame = pd.DataFrame({"id": [1, 2], "day": days, "product": ["car", "car"]})
    shares = samples.product_map(["car"], ("car", "product_line", "a", 1.0))
    missing = Metric("orders", "Orders", "count", Measure("events"))
    zero = Metric("zero", "Orders, zero", "count", Measure("events"), empty_period="zero")
    parts, catalogue = fetch(bench, frame, [missing, zero], shares)
    rolled = roll_up(parts, catalogue, shares, "product_line").values  # noqa: PD011 - a field of ours
    by_metric = {name: rows["value"].tolist() for name, rows in rolled.groupby("metric")}
    assert by_metric["zero"] == [1.0, 0.0, 1.0]
    assert by_metric["orders"][::2] == [1.0, 1.0]
    assert math.isnan(by_metric["orders"][1])


def every_type() -> list[Metric]:
    """Return metrics of every type, so that each kind of part is made: with conditions, shares of true, two tables."""
    open_ = (Condition("status", "is", "open"),)
    made = samples.metrics()
    return [
        *made.values(),
        Metric("open_sum", "Open", "sum", Measure("events", "sum", "amount", open_)),
        Metric("filled", "Filled", "count", Measure("events", "count", "customer")),
        Metric("true", "True", "ratio", Measure("events", "share_true", "flag"), Measure("events"), unit="share"),
        Metric("named", "Named", "ratio", Measure("events", "count", "customer"), Measure("events"), unit="share"),
        Metric("open_reach", "Open customers", "distinct", Measure("events", "distinct", "customer", open_)),
        Metric("weighed", "Weighed", "given", Measure("events", "sum", "amount"), weight="units"),
    ]


READS = {
    "revenue": ("amount",),
    "open_sum": ("amount",),
    "price": ("amount", "units"),
    "wait": ("hours", "units"),
    "nps": ("score",),
    "top": ("score",),
    "p85": ("hours",),
    "least": ("hours",),
    "most": ("hours",),
    "reach": ("customer",),
    "open_reach": ("customer",),
    "filled": ("customer",),
    "named": ("customer",),
    "true": ("flag",),
    "weighed": ("amount", "units"),
}
"""Columns without which a metric has nothing to say; the others count rows."""


@pytest.mark.parametrize("blank", ["amount", "units", "hours", "score", "customer", "flag"])
def test_missing_is_never_a_zero(bench: samples.Bench, blank: str) -> None:
    """A month whose cells are all blank has no value in any metric that reads them, of any type, at any parent.

    Metrics that do not read the column keep their values, and so do the other months.
    """
    generator = np.random.default_rng([13, len(blank), ord(blank[0])])
    month = int(generator.integers(1, 6))
    shares = samples.product_map(["car", "van"], ("car", "product_line", "a", 0.4), ("van", "product_line", "a", 1.0))
    frame = samples.random_events(generator, ["car", "van"], 150).assign(flag=generator.random(150) < 0.5)
    frame["flag"] = frame["flag"].astype("boolean")
    metrics = every_type()
    whole = values_everywhere(bench, frame, metrics, shares)
    frame.loc[[day.month == month for day in frame["day"]], blank] = None
    held = values_everywhere(bench, frame, metrics, shares)
    for (metric, kind, parent, period), value in held.items():
        if blank in READS.get(metric, ()) and period.month == month:
            assert math.isnan(value), (metric, kind, parent, period, value)
        elif metric != "weighed" or not math.isnan(value):
            assert same(value, whole[metric, kind, parent, period]), (metric, kind, parent, period)


def values_everywhere(
    bench: samples.Bench, frame: pd.DataFrame, metrics: list[Metric], shares: ProductMap
) -> dict[tuple[str, str, str, dt.date], float]:
    """Return every value of every parent, product and the company, by metric, kind, parent and period."""
    parts, catalogue = fetch(bench, frame, metrics, shares, flag="bool")
    cubes = build_cubes(parts, catalogue, shares, len(shares.cut_dates()) + 1)
    rolled = roll_up(parts, catalogue, shares, "product_line", cubes=cubes)
    frames = [
        rolled.values,  # noqa: PD011 - a field of ours
        product_values(parts, catalogue, cubes, None, 0.95),
        company_values(parts, catalogue, cubes, None, 0.95),
    ]
    rows = pd.concat(frames, ignore_index=True)
    assert rows["low"][rows["value"].isna()].isna().all()
    names = ("metric", "kind", "parent", "period")
    return dict(zip(zip(*(rows[name] for name in names), strict=True), rows["value"].tolist(), strict=True))


def test_a_zero_stands_where_a_value_was_tested(bench: samples.Bench) -> None:
    """Amounts that fail the condition, and customers who are none of those asked for, are a zero that was found."""
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "day": [dt.date(2026, 1, 5), dt.date(2026, 2, 5)],
            "product": ["car", "car"],
            "amount": [5.0, None],
            "customer": ["k", None],
            "status": ["paid", "paid"],
        }
    )
    shares = samples.product_map(["car"], ("car", "product_line", "a", 1.0))
    wanted = [m for m in every_type() if m.metric in ("open_sum", "open_reach")]
    zero = Metric("zero", "Zero", "sum", Measure("events", "sum", "amount"), empty_period="zero")
    held = values_everywhere(bench, frame, [*wanted, zero], shares)
    by_month = {(metric, period.month): value for (metric, kind, _, period), value in held.items() if kind == "company"}
    assert (by_month["open_sum", 1], by_month["open_reach", 1]) == (0.0, 0.0)
    assert math.isnan(by_month["open_sum", 2])
    assert math.isnan(by_month["open_reach", 2])
    assert math.isnan(by_month["zero", 2])  # the month has rows, so it is not empty: its amounts are missing


@pytest.mark.parametrize(("declared", "quiet"), [("missing", math.nan), ("zero", 0.0)])
def test_a_rate_over_two_tables_needs_rows_above_the_line(bench: samples.Bench, declared: str, quiet: float) -> None:
    """A month without complaints is a lost file or a quiet month: only the client can say that it is a zero."""
    first = [dt.date(2026, 1, 5), dt.date(2026, 2, 5), dt.date(2026, 3, 5)]
    visits = pd.DataFrame({"id": range(3), "day": first, "product": "car"})
    complaints = pd.DataFrame({"id": [1, 2], "day": first[::2], "product": "car", "cost": [4.0, None]})
    rate = Metric("rate", "Rate", "ratio", Measure("complaints"), Measure("visits"), empty_period=declared)
    cost = Metric(
        "cost", "Cost", "ratio", Measure("complaints", "sum", "cost"), Measure("visits"), empty_period=declared
    )
    shares = samples.product_map(["car"], ("car", "product_line", "a", 1.0))
    frames = {"visits": visits, "complaints": complaints}
    tables = tuple(FactTable(name, ("id",), "day", "product") for name in frames)
    columns = {name: samples.kinds_of(frame) for name, frame in frames.items()}
    catalogue = with_columns(Catalogue(tables, (rate, cost)), columns)
    with bench.engine(frames) as engine:
        parts = fetch_parts(catalogue, engine, shares, Window(AS_OF))
    rows = roll_up(parts, catalogue, shares, "product_line").values  # noqa: PD011 - a field of ours
    held = {name: piece["value"].tolist() for name, piece in rows.groupby("metric")}
    assert all(same(got, wanted) for got, wanted in zip(held["rate"], [1.0, quiet, 1.0], strict=True))
    assert all(same(got, wanted) for got, wanted in zip(held["cost"], [4.0, quiet, math.nan], strict=True))


def test_periods_have_no_holes() -> None:
    """Every period between the first and the last stands in a series, in each grain."""
    metric = samples.metrics()["orders"]
    found = all_periods(metric, [dt.date(2025, 11, 1), dt.date(2026, 2, 1)])
    assert [p.month for p in found] == [11, 12, 1, 2]
    assert next_period(dt.date(2026, 10, 1), "quarter") == dt.date(2027, 1, 1)
    assert next_period(dt.date(2024, 2, 29), "day") == dt.date(2024, 3, 1)
    assert next_period(dt.date(2026, 1, 1), "year") == dt.date(2027, 1, 1)


def test_an_unknown_kind_is_an_error(bench: samples.Bench) -> None:
    """Adding up to departments is asked for by no table."""
    parts, catalogue = fetch(
        bench,
        samples.random_events(np.random.default_rng(1), PRODUCTS, 20),
        [samples.metrics()["orders"]],
        samples.product_map(PRODUCTS),
    )
    with pytest.raises(ModelError, match="no kind of parent"):
        roll_up(parts, catalogue, samples.product_map(PRODUCTS), "department")
