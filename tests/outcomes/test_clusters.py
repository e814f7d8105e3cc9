"""Intervals of ratios over customers, approximate counts with their measured error, and what the facts must be told."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest
from scipy.stats import t as student

from workbench import outcomes
from workbench.outcomes import Outcomes
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric, with_columns
from workbench.outcomes.definitions import Condition, Measure, PeriodTable
from workbench.outcomes.dialects import Window
from workbench.outcomes.gather import fetch_parts
from workbench.outcomes.metric_values import interval
from workbench.outcomes.rollup import build_cubes, company_values, product_values, roll_up

PRICE = Metric("price", "Price", "ratio", Measure("events", "sum", "amount"), Measure("events", "sum", "units"))
WAIT = Metric("wait", "Wait", "weighted_mean", Measure("events", "sum", "hours"), weight="units")
CHANGE = dt.date(2026, 2, 15)
SHARES = {"a": {"car": (0.3, 0.3), "van": (1.0, 0.25)}, "b": {"car": (0.7, 0.7), "home": (0.5, 0.5)}}


def spread(rows: pd.DataFrame, weights: pd.Series, top: str, bottom: str) -> tuple[float, float]:
    """Return the 95 % interval of a ratio from its linearised residuals, one a customer: Deng et al. (2018), KDD."""
    amounts = rows[top] if top == "amount" else rows[top] * rows[bottom]
    both = rows[bottom].notna() & amounts.notna() if top != "amount" else rows[bottom].notna() | True
    own = [f"row {i}" if pd.isna(c) else c for i, c in zip(rows["id"], rows["customer"], strict=True)]
    held = (
        pd.DataFrame(
            {
                "who": own,
                "num": (amounts.fillna(0.0) * weights).where(both, 0.0),
                "den": (rows[bottom].fillna(0.0) * weights).where(both, 0.0),
            }
        )
        .groupby("who")
        .sum()
    )
    held = held[(held["num"] != 0) | (held["den"] != 0)]
    ratio, count = held["num"].sum() / held["den"].sum(), len(held)
    residuals = (held["num"] - ratio * held["den"]) / held["den"].mean()
    reach = student.ppf(0.975, count - 1) * residuals.std(ddof=1) / math.sqrt(count)
    return ratio - reach, ratio + reach


@pytest.mark.parametrize("metric", [PRICE, WAIT], ids=lambda metric: metric.metric)
def test_a_ratios_interval_rests_on_customers_across_the_products_of_a_parent(
    bench: samples.Bench, metric: Metric
) -> None:
    """It equals the residual form of the delta method, with each customer's shares added up before they are squared."""
    frame = samples.random_events(np.random.default_rng(4), ["car", "van", "home"], 300)
    frame.loc[frame.index % 11 == 0, "customer"] = None
    rows = [
        row
        for parent, products in SHARES.items()
        for product, (before, after) in products.items()
        for row in ((product, "product_line", parent, before), (product, "product_line", parent, after, CHANGE))
    ]
    held = samples.product_map(["car", "van", "home"], *rows)
    table = FactTable("events", ("id",), "day", "product", customer="customer")
    catalogue = with_columns(Catalogue((table,), (metric,)), {"events": samples.kinds_of(frame)})
    with bench.engine({"events": frame}) as engine:
        parts = fetch_parts(catalogue, engine, held, Window(samples.AS_OF, held.cut_dates()))
    cubes = build_cubes(parts, catalogue, held, 2)
    values = [roll_up(parts, catalogue, held, "product_line", cubes=cubes).values]  # noqa: PD011 - a field of ours
    values += [read(parts, catalogue, cubes, None, 0.95) for read in (product_values, company_values)]
    month = pd.Series([day.replace(day=1) for day in frame["day"]])
    late = pd.Series([day >= CHANGE for day in frame["day"]])
    top, bottom = ("amount", "units") if metric is PRICE else ("hours", "units")
    compared = 0
    for row in pd.concat(values).itertuples():
        share = (
            frame["product"].map(lambda p, row=row: float(p == row.parent)) if row.kind == "product" else late * 0 + 1.0
        )
        if row.kind == "product_line":
            early = frame["product"].map({p: s[0] for p, s in SHARES[row.parent].items()}).fillna(0.0)
            after = frame["product"].map({p: s[1] for p, s in SHARES[row.parent].items()}).fillna(0.0)
            share = after.where(late, early)
        kept = month == row.period
        low, high = spread(frame[kept], share[kept], top, bottom)
        assert (row.low, row.high) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9)), row
        compared += 1
    assert compared >= 25


def test_intervals_over_customers_hold_what_they_promise() -> None:
    """Of 600 simulated months with 300 unlike customers, 95 % intervals hold the truth in 92 to 97 of 100.

    Customers differ in how often they buy and what they pay, so that rows of one customer are alike: the interval that
    takes rows for independent holds it in fewer than 80. With 80 such customers it is 90 of 100.
    """
    generator = np.random.default_rng(8)
    price = generator.lognormal(3, 0.5, 200_000)
    buys = 1 + generator.poisson(4 * price / price.mean())
    truth = float((price * buys).sum() / buys.sum())
    held = held_by_rows = 0
    for _ in range(600):
        chosen = generator.integers(0, len(price), 300)
        den = buys[chosen].astype(float)
        num = price[chosen] * den
        sums = {"num": num.sum(), "den": den.sum(), "n": den.sum(), "clusters": 300.0}
        sums |= {"num2": (num**2).sum(), "den2": (den**2).sum(), "numden": (num * den).sum()}
        parts = {name: np.array([value]) for name, value in sums.items()}
        low, high = interval(PRICE, parts, np.array([den.sum()]), 0.95)
        held += bool(low[0] <= truth <= high[0])
        every = np.repeat(price[chosen], buys[chosen])
        reach = 1.96 * every.std(ddof=1) / math.sqrt(len(every))
        held_by_rows += bool(abs(every.mean() - truth) <= reach)
    assert 0.92 <= held / 600 <= 0.97
    assert held_by_rows / 600 < 0.8


def test_one_customer_has_no_interval() -> None:
    """A spread needs two."""
    parts = {name: np.array([value]) for name, value in {"num": 3.0, "den": 2.0, "n": 2.0, "clusters": 1.0}.items()}
    parts |= {"num2": np.array([9.0]), "den2": np.array([4.0]), "numden": np.array([6.0])}
    assert np.isnan(interval(PRICE, parts, np.array([2.0]), 0.95)).all()


def test_an_approximate_count_says_how_far_it_is_off(bench: samples.Bench) -> None:
    """The error is measured where the exact count is known too; the company's own value stays exact."""
    generator = np.random.default_rng(5)
    frame = pd.DataFrame({"id": range(60_000), "day": dt.date(2026, 1, 5), "product": "car"})
    frame["customer"] = [f"c{n}" for n in generator.integers(0, 40_000, len(frame))]
    exact = Metric("reach", "Customers", "distinct", Measure("events", "distinct", "customer"))
    rough = replace(exact, metric="rough", label="Customers, about", exactness="approx")
    held = samples.product_map(["car"], ("car", "product_line", "a", 1.0))
    catalogue = with_columns(
        Catalogue((FactTable("events", ("id",), "day", "product"),), (exact, rough)),
        {"events": samples.kinds_of(frame)},
    )
    with bench.engine({"events": frame}) as engine:
        parts = fetch_parts(catalogue, engine, held, Window(samples.AS_OF))
    rolled = roll_up(parts, catalogue, held, "product_line")
    values = rolled.values.set_index("metric")["value"]  # noqa: PD011 - a field of ours
    company = rolled.company.set_index("metric")["value"]
    assert values["reach"] == company["reach"] == company["rough"] == frame["customer"].nunique()
    off = abs(values["rough"] / values["reach"] - 1)
    assert parts.errors == {"rough": pytest.approx(off)}
    assert 0 < off < 0.2
    assert f"off by up to {off:.1%}" in " ".join(said for name, said in rolled.marks if name == "rough")
    assert {query.exactness for query in parts.queries} == {"exact", "approx"}


def test_rows_that_no_version_calendar_or_condition_takes_are_counted(bench: samples.Bench) -> None:
    """Each is a finding with its number of rows; what is planned for the future is none."""
    days = [dt.date(2026, 1, 10), dt.date(2026, 2, 10), dt.date(2026, 12, 1), dt.date(2027, 3, 1), dt.date(2025, 6, 1)]
    frame = pd.DataFrame({"id": range(5), "day": days, "product": "car"})
    frame["version"] = ["actual", "Plan", "budget", "forecast", None]
    frame["status"] = ["paid", None, "paid", "paid", "open"]
    table = FactTable("events", ("id",), "day", "product", version="version")
    starts = tuple(dt.date(2026, 1, 4) + dt.timedelta(weeks=w) for w in (0, 4, 8, 13, 17, 21, 26, 30, 34, 39, 43, 47))
    retail = PeriodTable("retail", starts, starts[::3], starts[:1], dt.date(2027, 1, 3))
    paid = Metric("paid", "Paid", "count", Measure("events", where=(Condition("status", "is", "paid"),)))
    weeks = Metric("weeks", "Orders", "count", Measure("events"), calendar="retail", periods=retail)
    held = samples.product_map(["car"], ("car", "product_line", "a", 1.0))
    found = outcomes.measure(bench.inputs({"events": frame}, [paid, weeks], held, tables=[table]))
    assert isinstance(found, Outcomes)
    got = {finding.check: finding.rows for finding in found.findings if finding.check not in ("hole", "open_period")}
    assert got == {"version": 1, "calendar": 2, "blank_condition": 1}
    budget = found.versions[(found.versions["version"] == "budget") & (found.versions["kind"] == "company")]
    assert dict(zip(budget["metric"], budget["period"], strict=True)) == {
        "paid": dt.date(2026, 12, 1),
        "weeks": dt.date(2026, 11, 29),
    }


def test_what_is_not_added_up_or_only_approximate_is_said_by_name(bench: samples.Bench) -> None:
    """A client's own KPI without a weight is shown by product; an approximate count prints its error."""
    generator = np.random.default_rng(3)
    days = [dt.date(2025, 1 + m % 12, 3) if m < 12 else dt.date(2026, 1 + m % 12, 3) for m in range(20)]
    frame = pd.DataFrame({"id": range(40), "day": days * 2, "product": ["car"] * 20 + ["van"] * 20})
    frame["amount"] = generator.random(40)
    frame["customer"] = [f"c{n}" for n in generator.integers(0, 30, 40)]
    kpi = Metric("kpi", "Our index", "given", Measure("events", "sum", "amount"))
    about = Metric("about", "Customers", "distinct", Measure("events", "distinct", "customer"), exactness="approx")
    held = samples.product_map(["car", "van"], ("car", "product_line", "a", 1.0), ("van", "value_stream", "b", 1.0))
    found = outcomes.measure(bench.inputs({"events": frame}, [kpi, about], held))
    assert isinstance(found, Outcomes)
    claims = [finding.claim for finding in outcomes.cautions(found)]
    assert any("Our index" in claim and "not added up" in claim for claim in claims)
    assert any(claim.startswith("Customers is approximate: off by up to ") for claim in claims)
    assert "delta method" in outcomes.method(found)
