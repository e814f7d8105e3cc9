"""Metrics made of others, and versions that stand beside: by hand, and against plain arithmetic on the inputs."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import outcome_samples as samples
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import outcomes
from workbench.errors import ModelError
from workbench.outcomes import Outcomes
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.catalogue_checks import check_catalogue
from workbench.outcomes.definitions import Input, Length, Measure, PeriodTable, Target
from workbench.outcomes.expressions import parse_expression

SALES = Metric("sales", "Sales", "sum", Measure("events", "sum", "amount"))
COST = Metric("cost", "Cost", "sum", Measure("events", "sum", "cost"))
MARGIN = Metric(
    "margin",
    "Margin",
    "derived",
    expression="(sales - cost) / sales",
    inputs=(Input("sales", "sales"), Input("cost", "cost")),
)
GROWTH = Metric(
    "growth",
    "Growth",
    "period_over_period",
    expression="now / then - 1",
    inputs=(Input("now", "sales"), Input("then", "sales", Length(1, "year"))),
)
TWICE = Metric("twice", "Margin, twice", "derived", expression="margin * 2", inputs=(Input("margin", "margin"),))


def review(bench: samples.Bench, frame: pd.DataFrame, metrics: list[Metric]) -> Outcomes:
    """Return the review of two products in a line, one with half a share."""
    held = samples.product_map(["car", "van"], ("car", "product_line", "a", 1.0), ("van", "product_line", "a", 0.5))
    version = "version" if "version" in frame else None
    table = FactTable("events", ("id",), "day", "product", version=version)
    found = outcomes.measure(bench.inputs({"events": frame}, metrics, held, tables=[table]))
    assert isinstance(found, Outcomes)
    return found


def facts(seed: int = 1, months: int = 30) -> pd.DataFrame:
    """Return sales and cost of two products, a month apart, with a month that has no rows and one that sold nothing."""
    generator = np.random.default_rng(seed)
    rows = [
        (
            dt.date(2024 + m // 12, m % 12 + 1, 5),
            product,
            float(generator.integers(50, 99)),
            float(generator.integers(9, 40)),
        )
        for m in range(months)
        for product in ("car", "van")
        if m != 7
    ]
    frame = pd.DataFrame(rows, columns=["day", "product", "amount", "cost"])
    frame.loc[frame["day"] == dt.date(2024, 4, 5), "amount"] = 0.0
    frame["id"] = range(len(frame))
    return frame


def values(found: Outcomes, metric: str, kind: str, parent: str) -> dict[dt.date, float]:
    """Return a series by period."""
    series = found.find(metric, kind, parent)
    assert series is not None
    return dict(zip(series.frame["period"], series.frame["value"], strict=True))


def test_an_expression_is_computed_on_what_was_added_up(bench: samples.Bench) -> None:
    """Margin and growth at a line follow its own sums: no mean of the products' margins, no sum of growths."""
    frame = facts()
    found = review(bench, frame, [GROWTH, TWICE, MARGIN, SALES, COST])
    weight = frame["product"].map({"car": 1.0, "van": 0.5})
    month = pd.Series([day.replace(day=1) for day in frame["day"]])
    for kind, parent, weights in (
        ("product_line", "a", weight),
        ("company", "", weight * 0 + 1),
        ("product", "van", (frame["product"] == "van").astype(float)),
    ):
        sales = (frame["amount"] * weights).groupby(month).sum()
        cost = (frame["cost"] * weights).groupby(month).sum()
        margin, twice, growth = (values(found, m, kind, parent) for m in ("margin", "twice", "growth"))
        assert dt.date(2024, 8, 1) not in sales.index
        assert math.isnan(margin[dt.date(2024, 8, 1)])
        assert math.isnan(margin[dt.date(2024, 4, 1)])  # nothing was sold, so there is no margin
        for period in sales.index:
            if sales[period]:
                expected = (sales[period] - cost[period]) / sales[period]
                assert margin[period] == pytest.approx(expected, rel=1e-12)
                assert twice[period] == pytest.approx(2 * expected, rel=1e-12)
        assert min(growth) == dt.date(2025, 1, 1)
        for period, value in growth.items():
            before = sales.get(period.replace(year=period.year - 1), 0.0)
            assert math.isnan(value) if not before else value == pytest.approx(sales[period] / before - 1, rel=1e-12)


def test_what_is_made_of_a_metric_that_is_off_is_off_too(bench: samples.Bench) -> None:
    """The reason names the metric that is missing, through any number of steps."""
    found = review(bench, facts().drop(columns="cost"), [TWICE, MARGIN, SALES, COST])
    assert [key for key, _ in found.off] == ["twice", "margin", "cost"]
    assert "made of margin" in dict(found.off)["twice"]
    assert "made of cost" in dict(found.off)["margin"]


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (Metric("m", "M", "derived", expression="x", inputs=(Input("x", "gone"),)), "no metric gone"),
        (Metric("m", "M", "derived", grain="week", expression="x", inputs=(Input("x", "sales"),)), "other periods"),
        (
            Metric("m", "M", "derived", expression="x", inputs=(Input("x", "sales", Length(10, "day")),)),
            "no whole number",
        ),
        (Metric("m", "M", "derived", expression="x", inputs=(Input("x", "kpi"),)), "no parts that add up"),
    ],
)
def test_what_cannot_be_made_is_refused_by_name(metric: Metric, words: str) -> None:
    """An unknown input, other periods, an offset that is no whole period and a value without parts."""
    kpi = Metric("kpi", "KPI", "given", Measure("events", "sum", "amount"))
    catalogue = Catalogue((FactTable("events", ("id",), "day", "product"),), (SALES, kpi, metric))
    troubles = check_catalogue(catalogue, {"events": samples.kinds_of(facts())})
    assert [t.metric for t in troubles] == ["m"]
    assert words in troubles[0].reason


def test_versions_stand_side_by_side_and_are_never_added(bench: samples.Bench) -> None:
    """Budget and forecast are added up by themselves; prior is the year before unless the facts hold one."""
    actual = facts().assign(version="actual")
    budget = facts(2, 33).assign(version=" Budget")
    frame = pd.concat([actual, budget], ignore_index=True)
    frame["id"] = range(len(frame))
    found = review(bench, frame, [SALES, MARGIN, COST])
    alone = review(bench, actual, [SALES, MARGIN, COST])
    planned = review(bench, budget.assign(version="actual"), [SALES, MARGIN, COST])
    for metric in ("sales", "margin"):
        for kind, parent in (("company", ""), ("product_line", "a"), ("product", "van")):
            assert _same(values(found, metric, kind, parent), values(alone, metric, kind, parent))
            rows = found.versions[(found.versions["metric"] == metric) & (found.versions["kind"] == kind)]
            rows = rows[rows["parent"] == parent]
            held = {
                name: dict(zip(piece["period"], piece["value"], strict=True)) for name, piece in rows.groupby("version")
            }
            assert _same(held["budget"], values(planned, metric, kind, parent))
            own = values(alone, metric, kind, parent)
            year_before = {p.replace(year=p.year + 1): v for p, v in own.items() if p.replace(year=p.year + 1) in own}
            assert _same(held["prior"], year_before)
            assert set(held) == {"budget", "prior"}


def test_a_prior_year_that_the_client_brings_is_taken_as_it_is(bench: samples.Bench) -> None:
    """Restated last years are the client's word; nothing is shifted beside them."""
    frame = facts()
    prior = frame.assign(version="prior", amount=1.0)
    both = pd.concat([frame.assign(version="actual"), prior], ignore_index=True)
    both["id"] = range(len(both))
    found = review(bench, both, [SALES])
    rows = found.versions[(found.versions["kind"] == "company") & found.versions["value"].notna()]
    assert set(rows["version"]) == {"prior"}
    assert set(rows["value"]) == {2.0}


def _same(one: Mapping[dt.date, float], other: Mapping[dt.date, float]) -> bool:
    return list(one) == list(other) and np.allclose(
        list(one.values()), list(other.values()), rtol=1e-12, atol=0, equal_nan=True
    )


NODES = st.recursive(
    st.one_of(st.sampled_from(["a", "b"]), st.integers(0, 9).map(str), st.just("1.5")),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda one: f"-{one}"),
        st.tuples(inner, inner).map(lambda t: f"min({t[0]}, {t[1]})"),
        inner.map(lambda one: f"abs({one})"),
    ),
    max_leaves=12,
)


@given(text=NODES, a=st.integers(-3, 3), b=st.integers(-3, 3))
def test_expressions_agree_with_python(text: str, a: int, b: int) -> None:
    """The grammar has Python's precedence; a division by zero has no value."""
    try:
        expected = float(eval(text, {"__builtins__": {"min": min, "abs": abs}}, {"a": float(a), "b": float(b)}))  # noqa: S307
    except ZeroDivisionError:
        expected = math.nan
    got = float(parse_expression(text).evaluate({"a": np.array(float(a)), "b": np.array(float(b))}))
    assert (math.isnan(got) and not math.isfinite(expected)) or got == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_precedence_and_missing_values() -> None:
    """Products bind before sums, left to right; coalesce takes the first that has a value."""
    values = {"a": np.array([8.0, np.nan]), "b": np.array([2.0, 3.0])}
    assert parse_expression("a - b - 1 + 2 * b / b * 3").evaluate(values)[0] == 8 - 2 - 1 + 2 * 3
    assert parse_expression("coalesce(a, 0) + b").evaluate(values).tolist() == [10.0, 3.0]
    assert parse_expression("max(a, b, 5)").evaluate(values)[0] == 8.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a +",
        "a b",
        "(a",
        "a)",
        "f(a)",
        "__import__('os')",
        "a.b",
        "a ** 2",
        "a if b else 1",
        "[1]",
        "abs(a, b)",
        "a; b",
        "A",
        "1e9",
        "(" * 60 + "a" + ")" * 60,
        "-" * 80 + "a",
        "a" + " + a" * 200,
        "lambda: 1",
        "a[0]",
        "min(a)",
    ],
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    """No calls, attributes, subscripts or code of any kind; nothing deeper or longer than a formula."""
    with pytest.raises(ModelError):
        parse_expression(text)


def test_periods_of_a_calendar_by_table_are_called_by_their_day() -> None:
    """A fiscal month of four weeks that begins on 31 August is no August."""
    table = PeriodTable(
        "retail", (dt.date(2025, 8, 31),), (dt.date(2025, 8, 31),), (dt.date(2025, 8, 31),), dt.date.max
    )
    assert SALES.has_months
    assert not replace(SALES, periods=table, calendar="retail").has_months
    assert not replace(SALES, grain="week").has_months


def test_a_cumulative_metric_meets_targets_and_is_not_watched(bench: samples.Bench) -> None:
    """Neighbouring windows share rows: a jump is one signal of the metric itself, and none of its windows."""
    frame = facts(months=40)
    frame.loc[[day >= dt.date(2026, 9, 1) for day in frame["day"]], "amount"] += 2000.0
    frame = frame[[day <= dt.date(2026, 9, 30) for day in frame["day"]]]
    rolling = Metric(
        "rolling",
        "Sales of a quarter",
        "cumulative",
        Measure("events", "sum", "amount"),
        window=Length(3, "month"),
        direction="up",
        empty_period="zero",
        targets=(Target("company", "", 100.0),),
    )
    found = review(bench, frame, [SALES, rolling])
    assert {move.metric for move in found.moves} <= {"sales"}
    check = found.targets[0]
    assert check.is_met
    assert check.value == pytest.approx(frame["amount"][[d >= dt.date(2026, 7, 1) for d in frame["day"]]].sum())
    assert (check.assurance.verdict, "overlap" in check.assurance.reason) == ("not_stated", True)
    assert not any("too few periods" in finding.claim for finding in outcomes.cautions(found))
