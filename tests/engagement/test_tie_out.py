"""The ledger beside what we sum: each total once, compared or listed with the reason."""

from __future__ import annotations

import math
from typing import Any

import pytest

from workbench.engagement.tie_out import Tie, months_of, period_end, tie_study

PLAN = {
    "resources.csv": "resource,function,unit,capacity,unit_cost\neng,HR,people,60,100000\nads,Marketing,kEUR,900,\n",
    "activities.csv": "activity,product_line,use,unit,current,maximum,family,y0,y1,y15,ymax\n"
    "dev,motor,develop,people,4,8,adbudg,1,4,5,7\nads-fleet,fleet,market,kEUR,200,800,exponential,1,4,,7\n",
    "recipes.csv": "activity,resource,amount\ndev,eng,1\nads-fleet,ads,1\n",
    "needs.csv": "product_line,resource,amount\nmotor,eng,2\nfleet,eng,3\n",
    "objectives.csv": "objective,weight,is_money\nmargin,1,yes\n",
    "worths.csv": "objective,activity,value\nmargin,dev,180\nmargin,ads-fleet,3\n",
}
PEOPLE = "role,product_line,headcount\nbuilder,motor,24\nbuilder,fleet,10\nexecutive,,6\n"


def ties_of(client: Any, totals: str, more: dict[str, str] | None = None, measured: Any = None) -> list[Tie]:
    """Return the ties of a folder with these totals (without the header)."""
    header = "measure,scope,period,value,source,signed_off_by,tolerance,reason,reason_by,reason_on\n"
    client.write({"control_totals.csv": header + totals, **(more or {})})
    return list(tie_study(client.load(), measured or {}).ties)


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        pytest.param("headcount,,2026-09,40", 40, id="headcount of the company"),
        pytest.param("headcount,motor,2026-08,24", 24, id="headcount of a line"),
        pytest.param("cost,,2025,1100000", 1_100_000, id="what today's levels and needs cost"),
        pytest.param("cost,fleet,2025,500000", 500_000, id="cost of a line"),
        pytest.param("eng,,2025,9", 9, id="people of a resource"),
        pytest.param("ads,fleet,2025,200000", 200_000, id="money in thousands, compared in whole units"),
        pytest.param("dev,,2025,4", 4, id="level of an activity"),
    ],
)
def test_ours_is_summed_from_the_tables(client: Any, total: str, expected: float) -> None:
    """The company's and a line's, in the unit of the ledger."""
    (tie,) = ties_of(client, f"{total},GL,CFO\n", {"population.csv": PEOPLE, **PLAN})
    assert tie.ours == pytest.approx(expected)
    assert tie.difference == pytest.approx(0)
    assert not tie.is_over


@pytest.mark.parametrize(
    ("total", "why"),
    [
        pytest.param("turnover,,2025,5", "no metric, resource or activity", id="unknown"),
        pytest.param("cost,,2025-Q4,5", "the plan speaks of a year, the ledger of a quarter", id="part of a period"),
        pytest.param("cost,,2026,5", "not over yet", id="running year"),
        pytest.param("headcount,,2023-08,5", "too long ago", id="old"),
        pytest.param("project_spent,,2025,5", "no table projects", id="absent table"),
        pytest.param("dev,fleet,2025,4", "belongs to motor", id="another line's activity"),
    ],
)
def test_what_cannot_be_compared_says_why(client: Any, total: str, why: str) -> None:
    """A total is never passed over."""
    (tie,) = ties_of(client, f"{total}\n", {"population.csv": PEOPLE, **PLAN})
    assert tie.ours is None
    assert why in tie.why_not
    assert tie.difference is None
    assert not tie.is_over


def test_quarters_add_up_to_the_year_and_people_do_not(client: Any) -> None:
    """A plan of quarters: four of them cost a year; the people are the same."""
    quarters = "resource,function,unit,capacity,unit_cost,period\n" + "".join(
        f"eng,HR,people,60,25000,2026-Q{n}\nads,Marketing,kEUR,900,,2026-Q{n}\n" for n in (3, 4)
    )
    cost, people = ties_of(client, "cost,,2025,1\neng,,2025,9\n", {**PLAN, "resources.csv": quarters})
    assert cost.ours == pytest.approx(4 * (9 * 25_000 + 200_000))
    assert people.ours == 9


def test_the_stated_tolerance_decides_and_the_reason_is_kept(client: Any) -> None:
    """Blank means one per cent; 40 of 41 is over it, but not over five."""
    text = "headcount,,2026-08,41,HR list,CFO\nheadcount,,2026-07,41,,,0.05,two on leave,Head of HR,2026-10-05\n"
    first, second = ties_of(client, text, {"population.csv": PEOPLE})
    assert (first.is_over, second.is_over) == (True, False)
    assert (first.cell, first.signed_off_by) == ("row 2, column value", "CFO")
    assert (second.reason, second.reason_by, second.reason_on) == ("two on leave", "Head of HR", "2026-10-05")


def test_nothing_in_the_ledger_is_no_division_by_zero(client: Any) -> None:
    """Ours something, theirs nothing: over whatever is tolerated."""
    (tie,) = ties_of(client, "headcount,,2026-08,0\n", {"population.csv": PEOPLE})
    assert tie.difference == math.inf
    assert tie.is_over
    assert tie.write("EUR") == ("40", "0")


METRICS = (
    "tables:\n  sales: {key: [day, product], kind: period, time: {column: day}, product: product}\n"
    "metrics:\n  - {metric: revenue, label: Revenue, type: sum, unit: currency, direction: up,"
    " measure: {from: sales, agg: sum, column: amount}}\n"
)


def test_a_metric_is_compared_with_what_outcomes_say(client: Any) -> None:
    """Without a value of ours it says so."""
    sales = "day,product,amount\n2026-08-01,car,100\n2026-08-02,car,50\n"
    files = {"metrics.yaml": METRICS, "facts/sales.csv": sales}
    held, missing = ties_of(
        client, "revenue,,2026-08,150\nrevenue,,2020-01,1\n", files, {("revenue", "", "2026-08"): 150.0}
    )
    assert (held.label, held.unit, held.ours, held.is_over) == ("Revenue", "currency", 150.0, False)
    assert "no one value" in missing.why_not


def test_totals_of_metrics_come_without_a_whole_review(client: Any) -> None:
    """What the review says, and nothing else computed."""
    from workbench import outcomes
    from workbench.engagement.tie_out import measured_of

    sales = "day,product,amount\n2026-08-01,car,100\n2026-08-02,van,50\n"
    client.write({"metrics.yaml": METRICS, "facts/sales.csv": sales})
    client.write(
        {"control_totals.csv": "measure,scope,period,value\nrevenue,,2026-08,151\nrevenue,motor,2026-08,100\n"}
    )
    study = client.load()
    records = outcomes.tie_totals(study.outcomes)
    assert records == outcomes.measure(study.outcomes).controls
    got = {key: round(value, 6) for key, value in measured_of(records).items()}
    assert got == {("revenue", "", "2026-08"): 150.0, ("revenue", "motor", "2026-08"): 100.0}


def test_each_curve_is_held_against_last_year(client: Any) -> None:
    """The mean level of the last twelve months beside today's; older periods do not count."""
    history = "activity,period,level,outcome\nads-fleet,2024,900,9\n" + "".join(
        f"ads-fleet,2025-Q{n},{level},{outcome}\n"
        for n, level, outcome in ((1, 150, 3), (2, 150, 3), (3, 200, 4), (4, 220, 4))
    )
    plan = {**PLAN, "activities.csv": PLAN["activities.csv"].replace("exponential,1,4,,7", "exponential,,,,")}
    _, level = ties_of(
        client, "headcount,,2026-09,40\n", {**plan, "curve_history.csv": history, "population.csv": PEOPLE}
    )
    assert (level.kind, level.ours, level.theirs, level.period) == ("level", 200, 180, "2025-Q1 to 2025-Q4")
    assert level.is_over


def test_what_a_curve_says_of_today_is_held_against_what_came_of_it(client: Any) -> None:
    """4.0 at today's level, as its owner said; last year it was 3.2."""
    (tie,) = ties_of(client, "dev outcome,motor,2025,3.2\n", PLAN)
    assert tie.ours == pytest.approx(4.0)
    assert (tie.unit, tie.is_over) == ("outcome", True)


def test_periods() -> None:
    """Months, quarters and years; the end of each is its last day."""
    assert months_of("2025-12") == (2025 * 12 + 11, 1)
    assert period_end("2025-12").isoformat() == "2025-12-31"  # type: ignore[union-attr]
    assert period_end("2024").isoformat() == "2024-12-31"  # type: ignore[union-attr]
    assert period_end("soon") is None
