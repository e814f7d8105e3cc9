"""What the catalogue says about stocks, windows, conversions, grades, calendars and metrics made of others."""

from __future__ import annotations

import datetime as dt

import pytest

from workbench.engagement.catalogue_schema import parse_catalogue
from workbench.engagement.documents import Document, read_yaml
from workbench.engagement.schema_outcomes import MetricRow
from workbench.engagement.sheet_documents import build_metrics
from workbench.errors import Fault
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.definitions import Input, Length

FULL = """
calendars:
  retail: {years: [2025-02-02, 2026-02-01, 2027-01-31], weeks: [4, 5, 4]}
  own:
    ends: 2026-03-02
    periods:
      - {starts: 2026-01-01, quarter: 1, year: 2026}
      - {starts: 2026-02-01, quarter: 1, year: 2026}
tables:
  orders: {key: [order_id], time: ordered_on, product: product, customer: customer}
  visits: {key: [visit_id], time: day, product: product}
  contracts: {key: [contract, day], kind: stock, time: day, product: product}
metrics:
  - metric: sales
    label: Sales
    type: sum
    measure: {from: orders, column: amount, at: paid_on}
    time: {calendar: retail}
  - metric: cost
    label: Cost
    type: sum
    measure: {from: orders, column: cost}
    time: {calendar: retail}
    input_only: true
  - metric: margin
    label: Margin
    type: derived
    expression: (sales - cost) / last_year
    inputs: {last_year: {metric: sales, offset: 1 year}}
    time: {calendar: retail}
  - metric: growth
    label: Growth
    type: period_over_period
    of: sales
    offset: 12 months
    shows: growth
    time: {calendar: retail}
  - metric: live
    label: Live contracts
    type: stock
    measure: {from: contracts, where: {column: status, is: live}}
    window_choice: first
  - metric: to_date
    label: Sales this year
    type: cumulative
    measure: {from: orders, column: amount}
    grain_to_date: year
  - metric: buyers
    label: Buyers of 4 weeks
    type: cumulative
    measure: {from: orders, agg: distinct, column: customer}
    window: 28 days
  - metric: rate
    label: Amount an order over a quarter
    type: cumulative
    numerator: {from: orders, column: amount}
    denominator: {from: orders}
    window: 1 quarter
  - metric: bought
    label: Visits that buy
    type: conversion
    base: {from: visits}
    conversion: {from: orders, where: {column: status, is: paid}}
    entity: customer
    same: product
    window: 1 week
  - metric: maturity
    label: Maturity
    type: grade
    measure: {from: visits, column: level}
    levels: [low, middle, high]
  - metric: p50
    label: Half of the amounts
    type: percentile
    percentile: 0.5
    measure: {from: orders, column: amount}
    rollup: {percentile: share_weighted}
  - metric: people
    label: Customers, each once
    type: distinct
    measure: {from: orders, column: customer}
    rollup: {distinct: attributed}
"""


def parsed(text: str) -> tuple[Catalogue | None, list[Fault]]:
    """Return the catalogue of a text, and the faults."""
    document, faults = read_yaml(text.encode(), "metrics.yaml")
    assert isinstance(document, Document), faults
    return parse_catalogue(document)


@pytest.fixture(scope="module")
def metrics() -> dict[str, Metric]:
    """Return the metrics of the text."""
    catalogue, faults = parsed(FULL)
    assert faults == []
    assert catalogue is not None
    return {metric.metric: metric for metric in catalogue.metrics}


def test_each_type_arrives_with_what_only_it_has(metrics: dict[str, Metric]) -> None:
    """Expressions know their inputs, windows their length, conversions both tables."""
    assert metrics["margin"].inputs == (
        Input("sales", "sales"),
        Input("cost", "cost"),
        Input("last_year", "sales", Length(1, "year")),
    )
    assert metrics["growth"].inputs == (Input("now", "sales"), Input("then", "sales", Length(12, "month")))
    assert metrics["growth"].expression == "now / then - 1"
    assert (metrics["sales"].measure.at, metrics["sales"].measure.agg) == ("paid_on", "sum")  # type: ignore[union-attr]
    assert metrics["cost"].is_input
    assert (metrics["live"].choice, metrics["live"].measure.agg, metrics["live"].adds_as) == ("first", "count", "sum")  # type: ignore[union-attr]
    assert (metrics["to_date"].to_date, metrics["to_date"].adds_as) == ("year", "sum")
    assert (metrics["buyers"].window, metrics["buyers"].adds_as, metrics["buyers"].is_reach) == (
        Length(28, "day"),
        "distinct",
        True,
    )
    assert (metrics["rate"].adds_as, metrics["rate"].window) == ("ratio", Length(1, "quarter"))
    bought = metrics["bought"]
    assert (bought.tables, bought.entity, bought.same, bought.is_proportion) == (
        ("visits", "orders"),
        "customer",
        ("product",),
        True,
    )
    assert metrics["maturity"].levels == ("low", "middle", "high")
    assert (metrics["p50"].percentile_form, metrics["people"].adds_as) == ("share_weighted", "attributed")


def test_a_calendar_of_weeks_gives_the_53rd_week_to_the_last_period() -> None:
    """4-5-4 weeks: the retail year 2023 of the National Retail Federation has 53 and ends on 3 February 2024."""
    text = FULL.replace("[2025-02-02, 2026-02-01, 2027-01-31]", "[2023-01-29, 2024-02-04, 2025-02-02]")
    catalogue, faults = parsed(text)
    assert faults == []
    assert catalogue is not None
    table = catalogue.metric("sales").periods
    assert table is not None
    assert table.months[:3] == (dt.date(2023, 1, 29), dt.date(2023, 2, 26), dt.date(2023, 4, 2))
    assert table.months[11:13] == (dt.date(2023, 12, 31), dt.date(2024, 2, 4))
    assert (table.months[12] - table.months[11]).days == 5 * 7  # four weeks, and the 53rd
    assert table.quarters[:2] == (dt.date(2023, 1, 29), dt.date(2023, 4, 30))
    assert (table.years, table.end) == ((dt.date(2023, 1, 29), dt.date(2024, 2, 4)), dt.date(2025, 2, 2))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("(sales - cost) / last_year", "(sales - cots) / last_year", "Did you mean 'cost'"),
        ("(sales - cost) / last_year", "(sales - cost / last_year", "')' is missing"),
        ("(sales - cost) / last_year", "__import__('os')", "cannot stand in an expression"),
        ("(sales - cost) / last_year", "sales - cost", "'last_year' is not used"),
        ("(sales - cost) / last_year", "margin / last_year", "made of itself"),
        ("of: sales\n", "of: slaes\n", "Did you mean 'sales'"),
        ("    offset: 12 months\n", "", "Add offset"),
        ("offset: 1 year}", "offset: one year}", "7 days, 3 months or 1 year"),
        ("window: 28 days", "window: 28 dais", "7 days, 3 months or 1 year"),
        ("grain_to_date: year", "grain_to_date: yaer", "Did you mean 'year'"),
        ("grain_to_date: year", "grain_to_date: year\n    window: 7 days", "one of the two"),
        ("window: 1 week", "window: 1 month", "Write 30 days for a month"),
        ("    entity: customer\n", "", "Add entity"),
        ("conversion: {from: orders", "conversion: {from: ordres", "Did you mean 'orders'"),
        ("levels: [low, middle, high]", "levels: [low]", "lowest first"),
        ("window_choice: first", "window_choice: frist", "Did you mean 'first'"),
        ("window_choice: first", "percentile: 0.5", "Delete it, or change the type"),
        ("stock\n    measure: {from", "stock\n    measure: {agg: max, column: c, from", "Write type: max"),
        ("calendar: retail}\n    input_only", "calendar: retial}\n    input_only", "Did you mean 'retail'"),
        ("2027-01-31]", "2027-01-30]", "52 or 53 weeks"),
        ("weeks: [4, 5, 4]", "weeks: [4, 4, 4]", "a quarter 13"),
        ("ends: 2026-03-02", "ends: 2026-01-15", "out of order"),
        ("rollup: {distinct: attributed}", "exactness: approx\n    rollup: {distinct: attributed}", "Write exact"),
    ],
)  # fmt: skip
def test_each_fault_is_said_with_what_to_do(old: str, new: str, words: str) -> None:
    """One wrong word is one fault; the remedy names the near match or what is missing."""
    assert old in FULL
    catalogue, faults = parsed(FULL.replace(old, new, 1))
    assert catalogue is None
    assert words in str(faults[0]), faults
    assert len({(fault.cell, fault.found) for fault in faults}) == 1


def test_metrics_made_of_each_other_are_a_circle() -> None:
    """Two metrics that read each other are found at both."""
    first = "{metric: a, label: A, type: derived, expression: b + 1}"
    second = "{metric: b, label: B, type: period_over_period, of: a, offset: 1 month}"
    _, faults = parsed(f"metrics:\n  - {first}\n  - {second}\n")
    assert [fault.found for fault in faults] == ["a is made of itself", "b is made of itself"]


@pytest.mark.parametrize(
    ("window", "expected"), [("Year", ("year", None)), ("28 days", (None, Length(28, "day"))), (None, (None, None))]
)
def test_a_sheet_says_in_one_cell_what_a_cumulative_measure_covers(
    window: str | None, expected: tuple[str | None, Length | None]
) -> None:
    """To date, a length of time, or all there is."""
    blank = dict.fromkeys(MetricRow.model_fields)
    row = {**blank, "metric": "m", "label": "M", "type": "cumulative", "unit": "count", "direction": "up"}
    row |= {"from_table": "orders", "column": "amount", "agg": "sum", "grain": "month", "window": window}
    facts = {"table": "orders", "key_columns": "id", "kind": "event", "time_column": "day", "product_column": "product"}
    content, paths, unread = build_metrics(
        [{**facts, "zone": None, "customer_column": None, "version_column": None}], [row], []
    )
    assert unread == []
    catalogue, faults = parse_catalogue(Document("book.xlsx", "metrics", content, {}))
    assert faults == []
    assert catalogue is not None
    metric = catalogue.metric("m")
    assert (metric.to_date, metric.window) == expected
    assert paths["metrics", 0, "grain_to_date"] == ("metrics", 0, "window")


def test_sheets_say_what_metrics_yaml_says_of_loops_worths_and_forums() -> None:
    """Who decides where and how soon, what one more is worth and who said so: no YAML is needed for it."""
    blank = dict.fromkeys(MetricRow.model_fields)
    row = {**blank, "metric": "m", "label": "M", "type": "sum", "unit": "count", "direction": "up", "grain": "month"}
    row |= {"from_table": "orders", "column": "amount", "owner": "Head of Sales", "forum": "weekly"}
    row |= {"decide_within_days": 14.0, "min_denominator": 50.0, "frame": "heart.engagement"}
    row |= {"worth": 118.0, "worth_per": "unit", "worth_said_by": "CFO", "worth_status": "confirmed"}
    facts = {"table": "orders", "key_columns": "id", "kind": "event", "time_column": "day", "product_column": "product"}
    facts |= {"zone": None, "customer_column": None, "version_column": None}
    content, paths, _ = build_metrics([facts], [row], [], [{"forum": "weekly", "every": "7 days"}])
    catalogue, faults = parse_catalogue(Document("book.xlsx", "metrics", content, {}))
    assert faults == []
    assert catalogue is not None
    metric = catalogue.metric("m")
    assert (metric.loop.owner, metric.loop.forum, metric.loop.decide_within_days) == ("Head of Sales", "weekly", 14)
    assert (metric.worth.value, metric.worth.said_by, metric.worth.status) == (118, "CFO", "confirmed")
    assert (metric.signal.min_denominator, metric.frame) == (50, "heart.engagement")
    assert catalogue.forums == {"weekly": 7.0}
    assert paths["metrics", 0, "worth", "value"] == ("metrics", 0, "worth")
    assert paths["forums", "weekly"] == ("forums", 0, "every")
