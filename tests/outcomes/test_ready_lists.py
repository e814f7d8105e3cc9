"""Ready metrics from ``templates/metrics/`` over small facts, each against values that were worked out by hand."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path
from typing import Any

import outcome_samples as samples
import pandas as pd
import pytest

from workbench import outcomes
from workbench.engagement.catalogue_schema import parse_catalogue
from workbench.engagement.documents import Document, read_yaml
from workbench.outcomes import Outcomes, OutcomesInputs, Settings
from workbench.outcomes.work_tables import WORK_TABLES

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "metrics"
LISTS = ("dora", "flow", "heart", "nps_csat", "retention", "unit_economics")


def review(bench: samples.Bench, name: str, frames: dict[str, pd.DataFrame]) -> Outcomes:
    """Return the review of a ready list over frames: two products, of which a line holds one and half of the other."""
    document, faults = read_yaml(f"use: [{name}]\n".encode(), "metrics.yaml")
    assert isinstance(document, Document), faults
    catalogue, more = parse_catalogue(document, TEMPLATES)
    assert catalogue is not None, more
    held = samples.product_map(["car", "van"], ("car", "product_line", "a", 1.0), ("van", "product_line", "a", 0.5))
    inputs = OutcomesInputs(
        catalogue=catalogue,
        facts={table: bench.write(table, frame) for table, frame in frames.items()},
        columns={table: samples.kinds_of(frame) for table, frame in frames.items()},
        products=held,
        settings=Settings(dt.date(2026, 3, 31)),
    )
    found = outcomes.measure(inputs)
    assert isinstance(found, Outcomes)
    assert found.off == (), found.off
    return found


def value(found: Outcomes, metric: str, month: int, kind: str = "company", parent: str = "") -> float:
    """Return a metric's value in a month of 2026."""
    series = found.find(metric, kind, parent)
    assert series is not None, metric
    return float(dict(zip(series.frame["period"], series.frame["value"], strict=True))[dt.date(2026, month, 1)])


def check(found: Outcomes, expected: dict[tuple[Any, ...], float]) -> None:
    """Compare values by (metric, month[, kind, parent])."""
    for where, right in expected.items():
        got = value(found, *where)
        assert (math.isnan(got) and math.isnan(right)) or got == pytest.approx(right, rel=1e-9), (where, got, right)
    shown = {series.metric.metric for series in found.series}
    assert shown == {metric for metric, *_ in expected}, "every metric of the list is worked out by hand"


def at(day: int, month: int = 1) -> dt.date:
    """Return a day of 2026."""
    return dt.date(2026, month, day)


def table(columns: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    """Return a frame from its column names and rows."""
    return pd.DataFrame(list(rows), columns=columns.split())


LINE = ("product_line", "a")


def test_dora(bench: samples.Bench) -> None:
    """Four deployments, one failed and restored after 3 hours, one a repair; an even count has its true median."""
    deployments = table(
        "deployment product deployed_at failed hours_to_restore unplanned_fix",
        ("d1", "car", at(2), False, None, False),
        ("d2", "car", at(9), True, 3.0, False),
        ("d3", "van", at(9), False, None, True),
        ("d4", "van", at(20), True, 8.0, False),
    )
    changes = table(
        "change product deployed_at hours_commit_to_deploy",
        ("c1", "car", at(2), 10.0), ("c2", "car", at(9), 20.0), ("c3", "van", at(9), 60.0), ("c4", "van", at(20), 40.0),
        ("c5", "van", None, None),
    )  # fmt: skip
    check(
        review(bench, "dora", {"deployments": deployments, "changes": changes}),
        {
            ("deployment_frequency", 1): 2.0,
            ("deployment_frequency", 1, *LINE): 1.5,
            ("change_fail_rate", 1): 2 / 4,
            ("change_fail_rate", 1, *LINE): 1.5 / 3,
            ("recovery_hours", 1): 5.5,
            ("rework_rate", 1, *LINE): 0.5 / 3,
            ("change_lead_hours_p50", 1): 30.0,
            ("change_lead_hours_p85", 1): 40 + 0.55 * 20,
        },
    )


def test_flow(bench: samples.Bench) -> None:
    """Items count by the day they were done; those without a kind are left out of the distribution."""
    columns = "item source product kind state created started done flow_days active_seconds waiting_seconds"
    items = table(
        columns,
        ("1", "x", "car", "feature", "done", at(1), at(2), at(12), 10.0, 30.0, 70.0),
        ("2", "x", "car", "defect", "done", at(1), at(5), at(9), 4.0, 50.0, 50.0),
        ("3", "x", "van", None, "done", at(1), at(8), at(3, 2), 26.0, 10.0, 90.0),
        ("4", "x", "van", "feature", "done", at(20), at(21), at(4, 2), 14.0, None, None),
        ("5", "x", "van", "risk", "active", at(20), at(25), None, None, None, None),
        ("6", "x", "car", "debt", "waiting", at(2, 2), None, None, None, None, None),
        ("7", "x", "car", "feature", "done", at(2, 2), None, at(5, 2), None, None, None),
    )
    found = review(bench, "flow", {"items": items})
    check(
        found,
        {
            ("flow_velocity", 1): 2.0,
            ("flow_velocity", 2): 3.0,
            ("flow_velocity", 2, *LINE): 2.0,
            ("flow_time_p50", 1): 7.0,
            ("flow_time_p50", 2): 20.0,
            ("flow_time_p85", 2): 14 + 0.85 * 12,
            ("flow_time_p95", 2): 14 + 0.95 * 12,
            ("flow_efficiency", 1): 80 / 200,
            ("flow_efficiency", 2): 0.1,
            ("flow_load", 1): 3.0,  # 3, 4 and 5
            ("flow_load", 2): 1.0,  # 5; 7 was never started
            ("flow_load", 1, *LINE): 1.5,
            ("flow_share_features", 1): 1 / 2,
            ("flow_share_features", 2): 1.0,  # 4 and 7 of those whose kind is known
            ("flow_share_defects", 1): 1 / 2,
            ("flow_share_risks", 1): 0.0,
            ("flow_share_debts", 1): 0.0,
        },
    )
    assert found.find("flow_started_to_date") is None


def test_flow_and_dora_read_what_trackers_write() -> None:
    """Every table and column of the two lists is one that an import writes, under the same key."""
    for name in ("dora", "flow"):
        document, _ = read_yaml(f"use: [{name}]\n".encode(), "metrics.yaml")
        assert isinstance(document, Document)
        catalogue, _ = parse_catalogue(document, TEMPLATES)
        assert catalogue is not None
        for facts in catalogue.tables:
            written = WORK_TABLES[facts.name]
            assert set(facts.key) == set(written.key)
            assert {facts.time, facts.product} <= set(written.columns)
        for metric in catalogue.metrics:
            for _, measure in metric.measures:
                read = {c.column for c in measure.where} | ({measure.column, measure.at} - {None})
                assert read <= set(WORK_TABLES[measure.table].columns), metric.metric


def test_heart(bench: samples.Bench) -> None:
    """A sign-up counts once its 14 days are over; users of 28 days count once; failed tasks have no time."""
    sessions = table(
        "session product customer started_at",
        ("s1", "car", "k", at(3)), ("s2", "car", "k", at(30)), ("s3", "van", "k", at(31)), ("s4", "van", "l", at(2, 2)),
        ("s5", "car", "m", at(20, 2)), ("s6", "car", "m", at(1, 3)),
    )  # fmt: skip
    signups = table(
        "customer product signed_up",
        ("k", "car", at(1)), ("l", "van", at(10)), ("m", "car", at(19, 2)), ("n", "car", at(25, 3)),
    )  # fmt: skip
    tasks = table(
        "task product customer tried_at succeeded seconds errors",
        ("t1", "car", "k", at(3), True, 10.0, 0.0),
        ("t2", "car", "k", at(4), True, 30.0, 1.0),
        ("t3", "van", "l", at(5), False, 99.0, 3.0),
        ("t4", "van", "l", at(6), None, 5.0, None),
    )
    tasks["succeeded"] = tasks["succeeded"].astype("boolean")
    tasks_kinds = samples.kinds_of(tasks)
    assert tasks_kinds["succeeded"] == "bool"
    check(
        review(bench, "heart", {"sessions": sessions, "signups": signups, "tasks": tasks}),
        {
            ("active_users", 1): 1.0,
            ("active_users", 2): 2.0,
            ("sessions_per_user", 1): 3.0,
            ("sessions_per_user", 2): 1.0,
            ("sessions_per_user", 1, *LINE): 2.5,  # 2 sessions and half of one; the one user is theirs all the same
            ("new_users", 3): 1.0,
            ("adoption_14_days", 1): 1 / 2,  # l came after 23 days
            ("adoption_14_days", 2): 1.0,
            ("users_28_days", 2): 2.0,
            ("users_28_days", 1): 1.0,
            ("task_success", 1): 2 / 3,
            ("task_success", 1, *LINE): 2 / 2.5,
            ("task_seconds_p50", 1): 20.0,
            ("task_errors", 1): 4 / 3,
            ("task_errors", 1, *LINE): 2.5 / 2.5,
        },
    )


def test_nps_and_satisfaction(bench: samples.Bench) -> None:
    """Answers are added up, blanks are none: 2 promoters, 1 passive and 1 detractor of 4."""
    voice = table(
        "answer_id product customer answered_on recommend satisfied",
        ("1", "car", "a", at(3), 10.0, 5.0), ("2", "car", "b", at(3), 9.0, 3.0), ("3", "van", "c", at(3), 7.0, 4.0),
        ("4", "van", "d", at(3), 6.0, None), ("5", "van", "e", at(3), None, None),
    )  # fmt: skip
    check(
        review(bench, "nps_csat", {"voice": voice}),
        {
            ("recommendation", 1): 25.0,
            ("recommendation", 1, *LINE): 100 * (2 - 0.5) / 3,
            ("satisfaction", 1): 2 / 3,
            ("satisfaction", 1, *LINE): 1.5 / 2.5,
        },
    )


def test_retention(bench: samples.Bench) -> None:
    """What one customer adds hides nothing that another takes away, but in net retention."""
    renewals = table(
        "customer month product stayed revenue_before revenue_kept revenue_after",
        ("k", at(1), "car", True, 100.0, 100.0, 150.0),
        ("l", at(1), "car", True, 100.0, 80.0, 80.0),
        ("m", at(1), "van", False, 100.0, 0.0, 0.0),
        ("n", at(1), "van", None, 0.0, 0.0, 0.0),
    )
    renewals["stayed"] = renewals["stayed"].astype("boolean")
    check(
        review(bench, "retention", {"renewals": renewals}),
        {
            ("customer_retention", 1): 2 / 3,
            ("customer_retention", 1, *LINE): 2 / 2.5,
            ("customer_churn", 1): 1 / 3,
            ("gross_revenue_retention", 1): 180 / 300,
            ("gross_revenue_retention", 1, *LINE): 180 / 250,
            ("net_revenue_retention", 1): 230 / 300,
        },
    )


def test_unit_economics(bench: samples.Bench) -> None:
    """Quotients of the line's own sums; a month without a loss has no lifetime."""
    economics = table(
        "month product acquisition_spend customers_won customers_at_start customers_lost revenue cost_to_serve",
        (at(1), "car", 600.0, 3.0, 100.0, 5.0, 1000.0, 200.0),
        (at(1), "van", 400.0, 1.0, 50.0, 5.0, 1000.0, 400.0),
        (at(1, 2), "car", 500.0, 5.0, 100.0, 0.0, 1000.0, 500.0),
        (at(1, 2), "van", 500.0, 5.0, 50.0, 0.0, 500.0, 250.0),
    )
    arpa, margin, churn, cost = 2000 / 150, 1400 / 2000, 10 / 150, 1000 / 4
    own = {"arpa": 1500 / 125, "margin": 1100 / 1500, "churn": 7.5 / 125, "cost": 800 / 3.5}
    check(
        review(bench, "unit_economics", {"economics": economics}),
        {
            ("revenue_recurring", 1): 2000.0,
            ("acquisition_cost", 1): cost,
            ("acquisition_cost", 1, *LINE): own["cost"],
            ("revenue_per_account", 1): arpa,
            ("gross_margin", 1): margin,
            ("gross_margin", 1, *LINE): own["margin"],
            ("monthly_churn", 1): churn,
            ("lifetime_value", 1): arpa * margin / churn,
            ("lifetime_value", 1, *LINE): own["arpa"] * own["margin"] / own["churn"],
            ("lifetime_value", 2): float("nan"),
            ("value_to_cost", 1): arpa * margin / churn / cost,
            ("months_to_recover", 1): cost / (arpa * margin),
            ("months_to_recover", 2): 100 / (10 * 0.5),
        },
    )


@pytest.mark.parametrize("name", LISTS)
def test_each_list_says_where_its_definitions_come_from(name: str) -> None:
    """A source stands in the head of the file, before the first table."""
    head = (TEMPLATES / f"{name}.yaml").read_text(encoding="utf-8").split("tables:")[0]
    assert any(word in head for word in ("dora.dev", "Source", "Harvard Business Review"))
    assert sorted(path.stem for path in TEMPLATES.glob("*.yaml")) == sorted(LISTS)
