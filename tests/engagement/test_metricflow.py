"""MetricFlow's two layouts become our catalogue; what would mean something else is left out by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from workbench import cli
from workbench.engagement.catalogue_schema import parse_catalogue
from workbench.engagement.documents import Document
from workbench.engagement.metricflow import FromMetricFlow, from_metricflow, import_metricflow, left_out
from workbench.errors import ClientDataError

# After the two layouts of docs.getdbt.com ("Migrate to the latest YAML spec", "Measures"), and the sample project
# dbt-labs/jaffle-sl-template (models/marts/customer360/orders.yml).
LEGACY = """
semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: ordered_at}
    entities:
      - {name: order_id, type: primary}
      - {name: customer, type: foreign, expr: customer_id}
      - {name: product, type: foreign, expr: product_id}
    dimensions:
      - {name: ordered_at, type: time, expr: cast(ordered_at as datetime), type_params: {time_granularity: day}}
      - {name: paid_at, type: time, type_params: {time_granularity: day}}
      - {name: order_total_dim, type: categorical, expr: order_total}
      - {name: is_food_order, type: categorical}
      - {name: channel, type: categorical}
      - {name: is_bulk, type: categorical, expr: case when quantity > 10 then true else false end}
    measures:
      - {name: order_total, agg: sum}
      - {name: order_count, agg: sum, expr: 1}
      - {name: paid_count, agg: count, expr: order_id, agg_time_dimension: paid_at}
      - {name: customers_with_orders, agg: count_distinct, expr: customer_id}
      - {name: food_revenue, agg: sum, expr: case when is_food_order = true then order_total else 0 end}
      - {name: order_total_avg, agg: average, expr: order_total}
      - name: order_total_p99
        agg: percentile
        expr: order_total
        agg_params: {percentile: .99, use_discrete_percentile: true}
      - {name: order_total_median, agg: median, expr: order_total}
      - {name: quick, agg: sum_boolean, expr: quick_flag, create_metric: true}
      - {name: odd, agg: sum, expr: 'order_total * 1.19'}
  - name: balances
    defaults: {agg_time_dimension: day}
    primary_entity: balance
    entities:
      - {name: account, type: primary, expr: account_id}
      - {name: product, type: foreign}
    dimensions: [{name: day, type: time}]
    measures:
      - {name: balance, agg: sum, non_additive_dimension: {name: day, window_choice: max}}
metrics:
  - {name: order_total, label: Order Total, type: simple, type_params: {measure: order_total}}
  - name: large_orders
    type: simple
    type_params: {measure: order_count}
    filter: >-
      {{ Dimension('order_id__order_total_dim') }} >= 20
      and {{ Dimension('order_id__channel') }} in ('web', 'app')
  - name: orders
    type: simple
    type_params: {measure: {name: order_count, fill_nulls_with: 0, join_to_timespine: true}}
  - {name: paid_orders, type: simple, type_params: {measure: paid_count}}
  - {name: customers, type: simple, type_params: {measure: customers_with_orders}}
  - {name: average_order, type: simple, type_params: {measure: order_total_avg}}
  - {name: p99_order, type: simple, type_params: {measure: order_total_p99}}
  - {name: median_order, type: simple, type_params: {measure: order_total_median}}
  - {name: food_share, type: ratio, type_params: {numerator: food, denominator: order_total}}
  - {name: food, type: simple, type_params: {measure: food_revenue}}
  - {name: odd_one, type: simple, type_params: {measure: odd}}
  - {name: balance, type: simple, type_params: {measure: balance}}
  - {name: orders_last_7_days, type: cumulative, type_params: {measure: order_count, window: 7 days}}
  - name: growth
    type: derived
    type_params:
      expr: (now_total - then_total) / then_total
      metrics:
        - {name: order_total, alias: now_total}
        - {name: order_total, alias: then_total, offset_window: 1 month}
  - name: bulk
    type: simple
    type_params: {measure: order_count}
    filter: "{{ Dimension('order_id__is_bulk') }} = true"
  - name: far
    type: simple
    type_params: {measure: order_count}
    filter: "{{ Dimension('customer__country') }} = 'DE'"
  - {name: needs_odd, type: derived, type_params: {expr: odd_one * 2, metrics: [odd_one]}}
saved_queries: [{name: weekly}]
"""
LATEST = """
models:
  - name: orders
    semantic_model: {enabled: true}
    agg_time_dimension: ordered_at
    columns:
      - {name: order_id, entity: {type: primary, name: order}}
      - {name: customer_id, entity: {type: foreign, name: customer}}
      - {name: product_id, entity: {type: foreign, name: product}}
      - {name: ordered_at, granularity: day, dimension: {type: time}}
      - {name: paid_at, granularity: day, dimension: {type: time}}
      - {name: order_total, dimension: {type: categorical, name: order_total_dim}}
      - {name: channel, dimension: {type: categorical}}
      - {name: is_food_order, dimension: {type: categorical}}
    metrics:
      - {name: order_total, label: Order Total, type: simple, agg: sum, expr: order_total}
      - name: large_orders
        type: simple
        agg: count
        expr: 1
        filter: >-
          {{ Dimension('order__order_total_dim') }} >= 20
          and {{ Dimension('order__channel') }} in ('web', 'app')
      - {name: orders, type: simple, agg: count, expr: 1, fill_nulls_with: 0, join_to_timespine: true}
      - {name: paid_orders, type: simple, agg: count, expr: order_id, agg_time_dimension: paid_at}
      - {name: customers, type: simple, agg: count_distinct, expr: customer_id}
      - {name: average_order, type: simple, agg: average, expr: order_total}
      - {name: p99_order, type: simple, agg: percentile, expr: order_total, percentile: 99.0, percentile_type: discrete}
      - {name: median_order, type: simple, agg: median, expr: order_total}
      - {name: food, type: simple, agg: sum, expr: case when is_food_order = true then order_total else 0 end}
  - name: visits
    semantic_model: {enabled: true, name: visits}
    agg_time_dimension: seen_at
    columns:
      - {name: visit_id, entity: {type: primary, name: visit}}
      - {name: customer_id, entity: {type: foreign, name: customer}}
      - {name: product_id, entity: {type: foreign, name: product}}
      - {name: seen_at, granularity: day, dimension: {type: time}}
    metrics:
      - {name: visits, type: simple, agg: count, expr: 1}
  - {name: staging, columns: [{name: a}]}
metrics:
  - {name: food_share, type: ratio, numerator: food, denominator: order_total}
  - {name: orders_last_7_days, type: cumulative, input_metric: orders, window: 7d}
  - {name: orders_per_visit, type: ratio, numerator: {name: orders}, denominator: {name: visits}}
  - name: growth
    type: derived
    expr: (now_total - then_total) / then_total
    input_metrics:
      - {name: order_total, alias: now_total}
      - {name: order_total, alias: then_total, offset_window: 1 month}
  - name: visit_to_order
    type: conversion
    entity: customer
    calculation: conversion_rate
    base_metric: visits
    conversion_metric: orders
    window: 7 days
  - name: conversions
    type: conversion
    entity: customer
    calculation: conversions
    base_metric: visits
    conversion_metric: orders
    window: 7 days
"""
SHARED = (
    "order_total",
    "large_orders",
    "orders",
    "paid_orders",
    "customers",
    "average_order",
    "p99_order",
    "median_order",
    "food_share",
    "food",
    "orders_last_7_days",
    "growth",
)


def read(*texts: str) -> FromMetricFlow:
    """Read files."""
    return from_metricflow({f"m{place}.yml": text.encode() for place, text in enumerate(texts)})


def by_name(found: FromMetricFlow) -> dict[str, dict[str, Any]]:
    """Return metrics by their name."""
    return {metric["metric"]: metric for metric in found.content["metrics"]}


@pytest.fixture(scope="module")
def legacy() -> FromMetricFlow:
    """Read the form with measures."""
    return read(LEGACY)


@pytest.fixture(scope="module")
def latest() -> FromMetricFlow:
    """Read the form with simple metrics."""
    return read(LATEST)


def test_both_layouts_give_the_same_metrics(legacy: FromMetricFlow, latest: FromMetricFlow) -> None:
    """What both define means the same here."""
    one, two = by_name(legacy), by_name(latest)
    for name in SHARED:
        assert one[name] == two[name], name


def test_what_is_read_parses_and_means_what_it_meant(legacy: FromMetricFlow) -> None:
    """Types, columns, conditions, times and windows, one by one."""
    found = by_name(legacy)
    orders = {"from": "orders"}
    assert legacy.content["tables"]["orders"] == {
        "key": ["order_id"],
        "kind": "event",
        "time": {"column": "ordered_at"},
        "product": "product_id",
    }
    assert legacy.content["tables"]["balances"]["kind"] == "stock"
    assert legacy.content["tables"]["balances"]["key"] == ["account_id", "day"]
    assert found["order_total"]["measure"] == {**orders, "column": "order_total"}
    assert found["large_orders"]["measure"]["where"] == [
        {"column": "order_total", "at_least": 20},
        {"column": "channel", "in": ["web", "app"]},
    ]
    assert (found["orders"]["type"], found["orders"]["empty_period"]) == ("count", "zero")
    assert found["paid_orders"]["measure"] == {
        **orders,
        "at": "paid_at",
        "where": [{"column": "order_id", "present": True}],
    }
    assert found["customers"]["type"] == "distinct"
    assert found["average_order"]["numerator"] == {**orders, "agg": "sum", "column": "order_total"}
    assert found["average_order"]["denominator"]["where"] == [{"column": "order_total", "present": True}]
    assert (found["p99_order"]["percentile"], found["median_order"]["percentile"]) == (0.99, 0.5)
    assert found["food"]["measure"] == {
        **orders,
        "where": [{"column": "is_food_order", "is": True}],
        "column": "order_total",
    }
    assert found["food_share"]["denominator"] == {**orders, "agg": "sum", "column": "order_total"}
    assert found["quick"]["measure"]["where"] == [{"column": "quick_flag", "is": True}]
    assert (found["balance"]["type"], found["balance"]["window_choice"]) == ("stock", "last")
    assert found["orders_last_7_days"]["window"] == "7 days"
    assert found["growth"]["inputs"] == {
        "now_total": {"metric": "order_total"},
        "then_total": {"metric": "order_total", "offset": "1 month"},
    }
    document = Document("metrics.yaml", "", yaml.safe_load(legacy.text()))
    catalogue, faults = parse_catalogue(document)
    assert faults == []
    assert catalogue is not None
    assert {metric.metric for metric in catalogue.metrics} == set(found)


def test_every_loss_is_listed_by_name(legacy: FromMetricFlow, latest: FromMetricFlow) -> None:
    """SQL, dimensions of other models, what hangs on them, what changed; nothing is dropped in silence."""
    losses = {loss.name: loss for loss in legacy.losses if loss.is_left_out}
    assert set(losses) == {"odd_one", "bulk", "far", "needs_odd", "weekly"}
    assert "SQL: order_total * 1.19" in losses["odd_one"].what
    assert "is_bulk, which is SQL" in losses["bulk"].what
    assert "through customer, of another model" in losses["far"].what
    changed = {(loss.name, loss.what.split(";")[0]) for loss in legacy.losses if not loss.is_left_out}
    assert ("p99_order", "a discrete percentile") in changed
    assert any(name == "orders" and "cast(ordered_at as datetime)" in what for name, what in changed)
    assert left_out(latest.losses) == ("conversions",)
    named = {metric["name"] for metric in yaml.safe_load(LEGACY)["metrics"]} | {"quick", "weekly"}
    assert named == set(by_name(legacy)) | set(left_out(legacy.losses))
    for loss in legacy.losses:
        assert f"#   {loss}\n" in legacy.text()


def test_conversion_and_ratios_across_models(latest: FromMetricFlow) -> None:
    """Base, conversion, entity and window; numerator and denominator from two tables."""
    found = by_name(latest)
    assert found["visit_to_order"]["base"] == {"from": "visits"}
    assert found["visit_to_order"]["conversion"] == {"from": "orders"}
    assert found["visit_to_order"]["entity"] == "customer_id"
    assert found["visit_to_order"]["window"] == "7 days"
    assert found["orders_per_visit"]["denominator"]["from"] == "visits"


def test_metrics_may_stand_in_another_file_and_a_product_in_another_column() -> None:
    """Files of one project belong together."""
    content = yaml.safe_load(LEGACY)
    models = yaml.safe_dump({"semantic_models": content["semantic_models"]})
    metrics = yaml.safe_dump({"metrics": content["metrics"]})
    assert set(by_name(read(metrics, models))) == set(by_name(read(LEGACY)))
    bare = LATEST.replace("- {name: product_id, entity: {type: foreign, name: product}}\n", "- {name: sku}\n")
    found = from_metricflow({"a.yml": bare.encode()}, product="sku")
    assert found.content["tables"]["orders"]["product"] == "sku"
    assert any("no entity is called product" in loss.what for loss in found.losses)


def test_a_model_without_a_key_or_time_gives_no_metric() -> None:
    """Each metric on it is named with the reason."""
    text = LATEST.replace("{type: primary, name: order}", "{type: foreign, name: order}")
    found = read(text)
    assert "orders" in left_out(found.losses)
    assert "order_total" in left_out(found.losses)
    assert set(by_name(found)) == {"visits"}


def test_what_is_no_yaml_is_a_fault() -> None:
    """With its file."""
    with pytest.raises(ClientDataError, match=r"m0\.yml"):
        read("a: [")


def test_the_command_writes_a_catalogue_and_never_over_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first becomes metrics.yaml; with one there, the new one lies among the reports."""
    for name in ("WORKBENCH_CLIENTS", "WORKBENCH_REPORTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "client_data" / "tiny"
    folder.mkdir(parents=True)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "templates").mkdir()
    models = tmp_path / "models" / "marts"
    models.mkdir(parents=True)
    (models / "orders.yml").write_text(LATEST)
    for expected in (folder / "metrics.yaml", tmp_path / "reports" / "tiny" / "metricflow" / "metrics.yaml"):
        with pytest.raises(SystemExit) as ended:
            cli.main(["import", "metricflow", str(tmp_path / "models"), "tiny"])
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert "conversions is left out: it counts conversions" in said
        assert yaml.safe_load(expected.read_text())["metrics"][0]["metric"] == "order_total"
    (models / "orders.yml").write_text("models: []")
    with pytest.raises(ClientDataError, match="no metric came over"):
        import_metricflow(tmp_path / "models", "tiny", root=tmp_path)


# -- what is no MetricFlow ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("{agg_time_dimension: ordered_at}", "soon", id="defaults are a word"),
        pytest.param(
            "      - {name: customer, type: foreign, expr: customer_id}", "      - customer", id="an entity is a word"
        ),
        pytest.param(
            "{name: balance, agg: sum, non_additive_dimension: {name: day, window_choice: max}}", "7", id="number"
        ),
        pytest.param("agg_params: {percentile: .99,", "agg_params: {percentile: many,", id="no percentile"),
        pytest.param("type_params: {measure: order_total}}", "type_params: order_total}", id="no parameters"),
        pytest.param(
            "metrics:\n",
            "models: 3\nmetrics:\n  - word\n  - null\n  - {name: a, type: derived, metrics: 3}\n",
            id="things",
        ),
        pytest.param(
            "metrics:\n",
            "metrics:\n  - {name: a, type: simple, type_params: {measure: b}}\n"
            "  - {name: b, type: simple, type_params: {measure: a}}\n",
            id="a circle",
        ),
        pytest.param(
            "metrics:\n",
            "metrics:\n  - {name: a, type: simple, type_params: {measure: quick}, "
            "filter: \"{{ Dimension('order_id__channel') }} = " + "9" * 5_000 + '"}\n',
            id="endless number",
        ),
    ],
)
def test_what_is_not_shaped_as_metricflow_is_lost_by_name(old: str, new: str) -> None:
    """A list may hold a word, a word may stand where a group of settings belongs; the rest comes over."""
    assert old in LEGACY
    found = from_metricflow({"m.yml": LEGACY.replace(old, new, 1).encode()})
    assert any(metric["metric"] == "quick" for metric in found.content["metrics"]) or "soon" in new
    assert found.losses


def test_a_name_never_becomes_a_line_of_the_catalogue() -> None:
    """Losses stand as comments, and a line break in a name would end the comment."""
    name = '"x\\nmetrics: []\\u2028evil: 1\\u0085evil: 2\\e[31m"'
    found = from_metricflow({"m.yml": LEGACY.replace("{name: weekly}", f"{{name: {name}}}").encode()})
    assert set(yaml.safe_load(found.text())) == {"tables", "metrics"}
    assert yaml.safe_load(found.text())["metrics"]
