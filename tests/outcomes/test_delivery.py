"""DORA's measures on cases counted by hand, the faults that dashboards were reported for, and the ready metrics."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from workbench.outcomes.delivery import assign_incidents, deploy_changes, measure_delivery, production_deployments
from workbench.outcomes.flow import LeftOut
from workbench.outcomes.work_tables import WORK_TABLES

SINCE, UNTIL = dt.date(2026, 7, 6), dt.date(2026, 9, 27)
WEEKS = 12
READY = Path(__file__).resolve().parents[2] / "templates" / "metrics" / "dora.yaml"


def frame(table: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Return a table with all its columns."""
    spec = WORK_TABLES[table]
    key = next(name for name in spec.key if name != "source")
    made = []
    for number, row in enumerate(rows, start=1):
        full: dict[str, Any] = {name: "" if kind == "text" else None for name, kind in spec.columns.items()}
        made.append({**full, key: f"{table[0]}{number}", "product": "motor", **row})
    found = pd.DataFrame(made, columns=list(spec.columns))
    for name, kind in spec.columns.items():
        if kind == "date":
            found[name] = pd.to_datetime(found[name])
    return found


def at(day: int, hour: int = 12, month: int = 9) -> dt.datetime:
    """Return a moment of 2026."""
    return dt.datetime(2026, month, day, hour)


def deployed(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return deployments to production that ran to their end."""
    return frame("deployments", *({"environment": "production", "result": "success", **row} for row in rows))


NONE = frame("incidents")
NO_CHANGES = frame("changes")


def test_failure_rate_counts_deployments_not_incidents() -> None:
    """Three incidents of one deployment are one failure (apache/devlake#8890)."""
    deployments = deployed(
        {"deployed_at": at(1)}, {"deployed_at": at(8)}, {"deployed_at": at(15)}, {"deployed_at": at(22)}
    )
    incidents = frame("incidents", *({"raised": at(day)} for day in (2, 3, 4)))
    found = measure_delivery(deployments, NO_CHANGES, incidents, SINCE, UNTIL)
    assert found.fail_rate.value == 0.25
    assert found.fail_rate.n == 4
    assert found.frequency.value == pytest.approx(3 / WEEKS)


def test_other_environments_failed_runs_and_missing_times_stay_out() -> None:
    """A pipeline run is no deployment; each is listed with why."""
    deployments = frame(
        "deployments",
        {"deployed_at": at(1), "environment": "Production", "result": "success"},
        {"deployed_at": at(2), "environment": "staging", "result": "success"},
        {"deployed_at": at(3), "environment": "production", "result": "failure"},
        {"environment": "production", "result": "success"},
    )
    found = measure_delivery(deployments, NO_CHANGES, NONE, SINCE, UNTIL)
    assert found.frequency.n == 1
    assert found.frequency.left_out == (
        LeftOut(1, "are of other environments", ("d2",)),
        LeftOut(1, "did not run to their end", ("d3",)),
        LeftOut(1, "have no time", ("d4",)),
    )
    assert found.fail_rate.value is None
    assert "nothing says which deployments failed" in found.fail_rate.reason


def test_an_incident_keeps_its_deployment_when_the_window_moves() -> None:
    """It belongs to the last before it, even outside the window (apache/devlake#4989)."""
    deployments = deployed(
        {"deployed_at": at(30, month=6)}, {"deployed_at": at(10)}, {"deployed_at": at(20), "product": "home"}
    )
    incidents = frame(
        "incidents",
        {"raised": at(8, month=7)},
        {"raised": at(11)},
        {"raised": at(21), "product": "home"},
        {"raised": at(1, month=6)},
        {"raised": at(12), "deployment": "d1"},
        {"raised": at(10)},  # at the very moment: not finished before it
    )
    valid, _ = production_deployments(deployments)
    assert list(assign_incidents(incidents, valid)) == ["d1", "d2", "d3", "", "d1", "d1"]
    one = measure_delivery(deployments, NO_CHANGES, incidents, SINCE, UNTIL)
    two = measure_delivery(deployments, NO_CHANGES, incidents, SINCE + dt.timedelta(days=1), UNTIL)
    assert one.fail_rate.value == two.fail_rate.value == 1.0
    assert one.fail_rate.left_out[-1] == LeftOut(1, "were raised before any deployment", ("i4",))


def test_lead_time_is_of_deployed_changes_and_says_what_waits() -> None:
    """Changes never deployed are counted, not timed (apache/devlake#4853); an even count has a true median (#7873)."""
    deployments = deployed({"deployed_at": at(10)}, {"deployed_at": at(20)})
    changes = frame(
        "changes",
        {"committed": at(9), "merged": at(9, 18)},  # 24 h
        {"committed": at(8), "merged": at(10, 12)},  # merged as it ran: contained, 48 h
        {"committed": at(18), "merged": at(19)},  # 48 h
        {"committed": at(16), "merged": at(19)},  # 96 h
        {"committed": at(21), "merged": at(22)},
        {"merged": at(19)},
        {"committed": at(25), "merged": at(19)},
    )
    found = measure_delivery(deployments, changes, NONE, SINCE, UNTIL).lead
    assert found.p50 == 48
    assert found.p85 == pytest.approx(48 + 0.55 * 48)
    assert (found.n, found.open) == (4, 1)
    assert found.left_out == (
        LeftOut(1, "have not reached production", ("c5",)),
        LeftOut(1, "have no commit", ("c6",)),
        LeftOut(1, "were deployed before their commit", ("c7",)),
    )


def test_a_change_reaches_production_with_its_own_products_deployment() -> None:
    """Another product's, a failed run and a staging run do not count; a deployment that is named does."""
    deployments = pd.concat(
        [
            deployed({"deployed_at": at(12), "product": "home", "deployment": "h"}),
            frame(
                "deployments", {"deployed_at": at(13), "environment": "staging", "result": "success", "deployment": "s"}
            ),
            frame(
                "deployments",
                {"deployed_at": at(14), "environment": "production", "result": "failed", "deployment": "f"},
            ),
            deployed({"deployed_at": at(15), "deployment": "m"}, {"deployed_at": at(16), "deployment": "n"}),
        ]
    )
    changes = frame("changes", {"merged": at(11)}, {"merged": at(11), "deployment": "n"}, {"merged": at(17)})
    valid, _ = production_deployments(deployments)
    assert list(deploy_changes(changes, valid)["deployment"]) == ["m", "n", ""]


def test_recovery_is_of_failed_deployments_and_keeps_what_is_open_in_view() -> None:
    """The last of several incidents ends it; one still open is censored, so the median with it is longer."""
    deployments = deployed(*({"deployed_at": at(day, 0)} for day in (1, 5, 10, 20)))
    incidents = frame(
        "incidents",
        {"raised": at(1, 2), "restored": at(1, 10)},
        {"raised": at(1, 3), "restored": at(2, 0)},  # 24 h
        {"raised": at(5, 2), "restored": at(5, 4)},  # 4 h
        {"raised": at(20, 2)},  # open
    )
    found = measure_delivery(deployments, NO_CHANGES, incidents, SINCE, UNTIL)
    assert (found.recovery.p50, found.recovery.n, found.recovery.open) == (14, 2, 1)
    assert found.recovery_with_open == 24
    assert found.fail_rate.value == 0.75


def test_rework_needs_its_label() -> None:
    """Absent is not no."""
    bare = deployed({"deployed_at": at(1)}, {"deployed_at": at(2)})
    assert measure_delivery(bare, NO_CHANGES, NONE, SINCE, UNTIL).rework.value is None
    marked = deployed({"deployed_at": at(1), "unplanned_fix": True}, {"deployed_at": at(2), "unplanned_fix": False})
    assert measure_delivery(marked, NO_CHANGES, NONE, SINCE, UNTIL).rework.value == 0.5


def test_products_stand_apart() -> None:
    """One product's incidents never fail another's deployments."""
    deployments = deployed({"deployed_at": at(1)}, {"deployed_at": at(1), "product": "home"})
    incidents = frame("incidents", {"raised": at(2), "product": "home"})
    rates = {
        product: measure_delivery(deployments, NO_CHANGES, incidents, SINCE, UNTIL, product=product).fail_rate.value
        for product in ("motor", "home")
    }
    assert rates == {"motor": 0.0, "home": 1.0}


def test_tables_have_the_columns_of_the_ready_metrics_and_agree_with_them() -> None:
    """`use: [dora]` reads these tables; on deployments marked by hand both say the same."""
    ready = yaml.safe_load(READY.read_text())
    for name, table in ready["tables"].items():
        time = table["time"]["column"] if isinstance(table["time"], dict) else table["time"]
        assert {*table["key"], time, table["product"]} <= set(WORK_TABLES[name].columns), name
    for metric in ready["metrics"]:
        for role in ("measure", "numerator", "denominator"):
            side = metric.get(role)
            if side:
                known = WORK_TABLES[side["from"]].columns
                where = side.get("where") or []
                used = [
                    side.get("column"),
                    *(held.get("column") for held in (where if isinstance(where, list) else [where])),
                ]
                assert {column for column in used if column} <= set(known), metric["metric"]
    rows = [{"deployed_at": at(day), "failed": day in (3, 7), "unplanned_fix": day == 8} for day in (1, 3, 5, 7, 8)]
    rows[1]["hours_to_restore"], rows[3]["hours_to_restore"] = 4.0, 9.0
    found = measure_delivery(deployed(*rows), NO_CHANGES, NONE, SINCE, UNTIL)
    assert found.frequency.value == pytest.approx(sum(not row["failed"] for row in rows) / WEEKS)
    assert found.fail_rate.value == 2 / 5
    assert found.rework.value == 1 / 5
    assert found.recovery.p50 == 6.5
