"""The metric catalogue with every fault at its line, and a client's files as inputs of a review."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from workbench import outcomes
from workbench.engagement.catalogue_schema import parse_catalogue
from workbench.engagement.documents import Document, read_yaml
from workbench.errors import Fault
from workbench.findings import Off
from workbench.outcomes import Outcomes, OutcomesInputs
from workbench.outcomes.catalogue import Catalogue
from workbench.outcomes.definitions import Condition, Measure

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "metrics"
FULL = """
forums: {weekly_review: 7 days}
tables:
  orders: {key: [order_id], kind: event, time: {column: ordered_at, zone: UTC}, product: product, customer: customer_id}
  visits: {key: [visit_id], kind: event, time: ts, product: product, version: version}
metrics:
  - metric: checkout_conversion
    label: Checkout conversion
    type: ratio
    numerator: {from: orders, agg: count, where: [{column: status, in: [paid, shipped]}]}
    denominator: {from: visits, agg: count}
    unit: share
    direction: up
    worth: {value: 61, per: numerator, said_by: cfo, said_on: 2026-09-01, status: confirmed}
    time: {zone: Europe/Berlin, grain: week, week_start: monday}
    rollup: {via: [product_line, value_stream], unallocated: show}
    targets:
      - {scope: {value_stream: buy}, value: 0.032, by: 2027-03-31, kind: committed, baseline: 0.027}
    signal: {chart: xmr, transform: auto, baseline: 36, min_denominator: 200, season: auto}
    segments: [channel, country]
    frame: heart.task_success
    stage: [grow, sustain]
    loop: {owner: pm_checkout, forum: weekly_review, decide_within_days: 14}
    exactness: exact
    empty_period: missing
    checks: [denominator_not_null]
"""


def parsed(text: str) -> tuple[Catalogue | None, list[Fault]]:
    """Return the catalogue of a text, and the faults."""
    document, faults = read_yaml(text.encode(), "metrics.yaml")
    assert isinstance(document, Document), faults
    return parse_catalogue(document, TEMPLATES)


def test_every_field_of_the_catalogue_arrives() -> None:
    """Fields that are computed with and fields that wait are validated and kept."""
    catalogue, faults = parsed(FULL)
    assert faults == []
    assert catalogue is not None
    metric, orders = catalogue.metric("checkout_conversion"), catalogue.table("orders")
    assert metric.measure == Measure("orders", "count", None, (Condition("status", "in", ("paid", "shipped")),))
    assert metric.denominator == Measure("visits", "count")
    assert (orders.key, orders.time, orders.zone, orders.customer) == (
        ("order_id",),
        "ordered_at",
        "UTC",
        "customer_id",
    )
    assert catalogue.table("visits").version == "version"
    assert (metric.grain, metric.zone, metric.via) == ("week", "Europe/Berlin", ("product_line", "value_stream"))
    assert metric.worth is not None
    assert (metric.worth.per, metric.worth.status, metric.worth.said_on) == (
        "numerator",
        "confirmed",
        dt.date(2026, 9, 1),
    )
    target = metric.targets[0]
    assert (target.kind, target.scope, target.value, target.by) == ("value_stream", "buy", 0.032, dt.date(2027, 3, 31))
    assert (metric.signal.min_denominator, metric.segments, metric.stages) == (
        200,
        ("channel", "country"),
        ("grow", "sustain"),
    )
    assert (metric.loop.owner, metric.loop.decide_within_days, catalogue.forums) == (
        "pm_checkout",
        14,
        {"weekly_review": 7},
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("direction: up", "direction: upp", "line 13", "Did you mean 'up'"),
        ("direction: up", "direktion: up", "line 13", "Did you mean 'direction'"),
        ("min_denominator", "min_denom", "line 19", "Did you mean 'min_denominator'"),
        ("denominator: {from: visits", "denominator: {from: vists", "line 11", "Did you mean 'visits'"),
        ("forum: weekly_review", "forum: weekly", "line 23", "weekly_review"),
        ("value: 0.032, by", "value: 3.2, by", "line 18", "0.032 for 3.2"),
        ("Europe/Berlin", "Mars/One", "line 15", "Europe/Berlin"),
        ("value_stream: buy", "stream: buy", "line 18", "value_stream"),
        ("in: [paid, shipped]", "is: paid, below: 3", "line 10", "one test"),
        ("agg: count, where", "agg: distinct, where", "line 10", "count, sum or share_true"),
        ("    denominator: {from: visits, agg: count}\n", "", "line 7", "Add denominator"),
        ("metric: checkout_conversion", "metric: Checkout", "line 7", "small letters"),
        ("type: ratio", "type: ratoi", "line 9", "Did you mean 'ratio'"),
        ("key: [order_id], ", "", "line 4", "key is missing"),
        ("forums: {weekly_review: 7 days}", "forums: {weekly_review: often}", "line 2", "7 days"),
        ("{column: status, in: [paid, shipped]}", '{sql: {duckdb: "1; drop"}}', "line 10", "without semicolons"),
    ],
)
def test_each_fault_is_found_at_its_line(old: str, new: str, place: str, words: str) -> None:
    """A wrong field, name, value or reference is one fault that says where, what, what is allowed and what to do."""
    assert old in FULL
    catalogue, faults = parsed(FULL.replace(old, new, 1))
    assert catalogue is None
    assert len(faults) == 1, faults
    assert faults[0].cell.startswith(place)
    assert words in str(faults[0])


@pytest.mark.parametrize(("kind", "wanted"), [("ratio", False), ("percentile", True)])
def test_only_what_adds_up_can_declare_an_empty_period_a_zero(kind: str, wanted: bool) -> None:
    """No complaints may be zero per visit; no claims have no slowest claim."""
    text = FULL.replace("empty_period: missing", "empty_period: zero").replace("type: ratio", f"type: {kind}")
    _, faults = parsed(text)
    assert any("Write missing" in str(fault) for fault in faults) is wanted


def test_all_faults_come_at_once() -> None:
    """A spreadsheet is mended in one pass: several metrics, several faults, none hides another."""
    second = (
        FULL.split("metrics:\n")[1].replace("checkout_conversion", "other").replace("direction: up", "direction: left")
    )
    text = FULL.replace("unit: share", "unti: share") + second
    _, faults = parsed(text)
    assert {fault.cell.split(",")[0] for fault in faults} == {"line 12", "line 33"}


SIMPLE = """
tables: {events: {key: [id], time: day, product: product}}
metrics:
  - {metric: one, label: One, type: TYPE, measure: {from: events, column: x}MORE}
"""


@pytest.mark.parametrize(
    ("kind", "more", "words"),
    [
        ("percentile", "", "percentile: 0.85"),
        ("score", "", "score: nps"),
        ("weighted_mean", "", "weight: a column"),
        ("sum", ", direction: band", "low and high"),
        ("sum", ", direction: band, low: 5, high: 2", "low and high"),
        ("score", ", score: stars", "nps, csat"),
        ("sum", ", signal: {baseline: 5}", "12 or more"),
        ("sum", ", signal: {rules: [hunch]}", "western_electric"),
        ("sum", ", signal: {season: summer}", "known"),
    ],
)
def test_each_type_says_what_it_needs(kind: str, more: str, words: str) -> None:
    """A metric that lacks what its type needs is a fault before anything is computed."""
    _, faults = parsed(SIMPLE.replace("TYPE", kind).replace("MORE", more))
    assert len(faults) == 1
    assert words in str(faults[0])


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("sum", ""),
        ("sum", ", signal: {season: known, rules: [nhs, four_of_five], spread: median}"),
        ("count", ", signal: {chart: time_between}"),
        ("count", ""),
        ("min", ""),
        ("max", ""),
        ("distinct", ""),
        ("given", ", rollup: {weight: w}"),
        ("percentile", ", percentile: 0.85"),
        ("weighted_mean", ", weight: w"),
        ("score", ", score: {plus: {at_least: 4}}"),
        ("score", ", score: nps"),
        ("distinct", ", rollup: {distinct: attributed}"),
        ("percentile", ", percentile: 0.5, rollup: {percentile: share_weighted}, exactness: exact"),
        ("stock", ", window_choice: mean"),
        ("cumulative", ", window: 28 days"),
        ("cumulative", ", grain_to_date: year"),
        ("grade", ", levels: [low, medium, high]"),
    ],
)
def test_every_type_of_the_catalogue_is_read(kind: str, more: str) -> None:
    """A metric of each type, with the fields that only it has."""
    catalogue, faults = parsed(SIMPLE.replace("TYPE", kind).replace("MORE", more))
    assert faults == []
    assert catalogue is not None
    assert catalogue.metric("one").type == kind


def test_twice_the_same_name_or_label() -> None:
    """Keys and labels are unique."""
    line = "  - {metric: KEY, label: LABEL, type: count, measure: {from: events}}\n"
    base = "tables: {events: {key: [id], time: day, product: product}}\nmetrics:\n"
    _, faults = parsed(
        base + line.replace("KEY", "a").replace("LABEL", "A") + line.replace("KEY", "a").replace("LABEL", "B")
    )
    assert "stands twice" in faults[0].found
    _, faults = parsed(
        base + line.replace("KEY", "a").replace("LABEL", "A") + line.replace("KEY", "b").replace("LABEL", "a")
    )
    assert "both called" in faults[0].found


@pytest.mark.parametrize("name", sorted(path.stem for path in TEMPLATES.glob("*.yaml")))
def test_ready_lists_are_taken_only_when_named(name: str) -> None:
    """A ready list under ``use:`` adds its tables and metrics; an unknown one is a fault with a near match."""
    catalogue, faults = parsed(f"use: [{name}]\n")
    assert faults == []
    assert catalogue is not None
    assert catalogue.metrics
    _, faults = parsed(f"use: [{name[:-1]}x]\nmetrics: []\n")
    assert f"Did you mean '{name}'" in str(faults[0])


def test_the_clients_own_metric_replaces_a_ready_one() -> None:
    """The client's file overrides by name."""
    own = "{metric: recommendation, label: Would recommend, type: score, score: nps, measure: {from: voice, column: r}}"
    catalogue, faults = parsed(f"use: nps_csat\nmetrics:\n  - {own}\n")
    assert faults == []
    assert catalogue is not None
    assert next(metric.label for metric in catalogue.metrics) == "Would recommend"
    assert len(catalogue.metrics) == 2


METRICS = """
tables: {tickets: {key: [ticket], time: raised, product: product}}
metrics:
  - metric: tickets
    label: Tickets
    type: count
    measure: {from: tickets}
    direction: down
    targets: [{scope: {product_line: motor}, value: 2, by: 2027-01-31}]
"""
TICKETS = "ticket,raised,product\n" + "".join(
    f"t{n},2025-{1 + n % 12:02d}-{1 + n % 28:02d},{'car' if n % 3 else 'van'}\n" for n in range(60)
)


def loaded(client: Any, **files: str | None) -> Any:
    """Return the engagement with a metric catalogue and a file of tickets."""
    names = {
        "metrics": "metrics.yaml",
        "tickets": "facts/tickets.csv",
        "events": "events.csv",
        "totals": "control_totals.csv",
    }
    held = {"metrics": METRICS, "tickets": TICKETS, **files}
    return client.write({names[key]: text for key, text in held.items()})


def test_a_folder_becomes_inputs_and_a_review(client: Any) -> None:
    """CSV facts, events and ledger totals arrive; the review counts every ticket."""
    study = loaded(
        client,
        events="date,scope,what,kind\n2025-05-01,motor,New form,other\n2025-04-01,,Price up,price\n",
        totals="measure,scope,period,value,source,signed_off_by\ntickets,,2025,60,Helpdesk,COO\n",
    ).load()
    inputs = study.outcomes
    assert isinstance(inputs, OutcomesInputs)
    assert inputs.settings.as_of == dt.date(2026, 9, 30)
    assert [event.what for event in inputs.events] == ["Price up", "New form"]
    assert inputs.control_totals[0].value == 60
    assert inputs.sources == {"tickets": "facts/tickets.csv"}
    assert inputs.columns["tickets"]["raised"] == "date"
    found = outcomes.measure(inputs)
    assert isinstance(found, Outcomes)
    assert found.to_frame().query("kind == 'company'")["value"].sum() == 60
    assert found.controls[0]["difference"] == 0


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (METRICS.replace("product_line: motor", "product_line: motr"), "Did you mean 'motor'"),
        (METRICS.replace("product_line: motor", "product: bus"), "which does not exist"),
        (METRICS.replace("type: count", "type: kount"), "Did you mean 'count'"),
    ],
)
def test_faults_of_the_catalogue_stop_the_folder(client: Any, metrics: str, words: str) -> None:
    """A wrong type and a target for a line that does not exist are faults of the folder."""
    fault = loaded(client, metrics=metrics).only_fault()
    assert fault.file == "metrics.yaml"
    assert words in str(fault)


def test_unknown_products_in_facts_are_findings_not_faults(client: Any) -> None:
    """In the folder's tables an unknown product stops; in facts it is counted and shown."""
    study = loaded(client, tickets=TICKETS + "t99,2025-03-03,tram\n").load()
    found = outcomes.measure(study.outcomes)
    assert isinstance(found, Outcomes)
    assert [(f.check, f.rows, f.example) for f in found.findings if f.check == "product"] == [("product", 1, "tram")]


def test_without_metrics_or_facts_the_pillar_is_off(client: Any) -> None:
    """Absent tables switch the pillar off with a sentence and the files that would answer it."""
    assert isinstance(client.load().outcomes, Off)
    off = client.write({"metrics.yaml": METRICS}).load().outcomes
    assert isinstance(off, Off)
    assert off.tables == ("facts/tickets",)
    assert off.reason.endswith("could not be answered.")


def test_a_table_without_its_file_switches_off_only_its_metrics(client: Any) -> None:
    """A catalogue with two tables and one file computes the metrics of that one."""
    more = METRICS.replace("tables: {", "tables: {calls: {key: [call], time: day, product: product}, ")
    more += "  - {metric: calls, label: Calls, type: count, measure: {from: calls}}\n"
    found = outcomes.measure(loaded(client, metrics=more).load().outcomes)
    assert isinstance(found, Outcomes)
    assert found.off == (("calls", "Calls is off: there are no facts named calls."),)


def test_a_ready_list_needs_only_its_facts(client: Any) -> None:
    """``use: [nps_csat]`` and a file of answers are enough."""
    answers = "answer_id,answered_on,product,customer,recommend,satisfied\n" + "".join(
        f"a{n},2026-0{1 + n % 9}-05,car,c{n},{n % 11},{1 + n % 5}\n" for n in range(99)
    )
    study = client.write({"metrics.yaml": "use: [nps_csat]\n", "facts/voice.csv": answers}).load()
    found = outcomes.measure(study.outcomes)
    assert isinstance(found, Outcomes)
    assert [metric.metric for metric in found.metrics_on()] == ["recommendation", "satisfaction"]


def test_a_catalogue_in_a_workbook(client: Any) -> None:
    """Sheets fact_tables, metrics and targets stand in for metrics.yaml; a fault names the cell."""
    columns = ["metric", "label", "type", "unit", "direction", "from_table", "column"]

    def sheets(kind: str) -> dict[str, list[list[Any]]]:
        return {
            "fact_tables": [
                ["table", "key_columns", "kind", "time_column", "product_column"],
                ["tickets", "ticket", "event", "raised", "product"],
            ],
            "metrics": [columns, ["tickets", "Tickets", kind, "count", "down", "tickets", None]],
            "targets": [
                ["metric", "scope_kind", "scope", "value", "by"],
                ["tickets", "company", None, 2, dt.date(2027, 1, 1)],
            ],
        }

    client.write({"facts/tickets.csv": TICKETS}).workbook(sheets("count"))
    inputs = client.load().outcomes
    assert isinstance(inputs, OutcomesInputs)
    assert inputs.catalogue.metric("tickets").targets[0].kind == "company"
    client.workbook(sheets("sum"))
    fault = client.only_fault()
    assert (fault.file, fault.sheet) == ("engagement.xlsx", "metrics")
    assert "without a column" in fault.found
