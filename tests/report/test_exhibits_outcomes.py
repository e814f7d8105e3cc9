"""Every outcome exhibit has a claim, a source and figures behind its numbers; Off and quiet clients get notes."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "outcomes"))

import numpy as np
import outcome_samples as samples
import pandas as pd

from workbench import outcomes
from workbench.findings import CLAIM_LENGTH, Off
from workbench.outcomes import Event, Outcomes
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.definitions import Condition, Loop, Measure, Target
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_outcomes import (
    all_outcomes_exhibit,
    cause_exhibit,
    honesty_exhibit,
    move_exhibit,
    rollup_exhibit,
    targets_exhibit,
)
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[[Outcomes | Off], Exhibit], ...] = (
    all_outcomes_exhibit,
    targets_exhibit,
    move_exhibit,
    cause_exhibit,
    rollup_exhibit,
    honesty_exhibit,
)
HOSTILE = "<script>alert('$5m to $3m')</script>"


def facts(*, is_quiet: bool = False) -> pd.DataFrame:
    """Return four years of orders; since April 2026 fewer of the cars' are paid."""
    generator = np.random.default_rng(6)
    rows = []
    for month in pd.period_range("2022-10", "2026-09", freq="M"):
        for product in ("car", "van", "home"):
            chance = 0.3 if product == "car" and not is_quiet and month >= pd.Period("2026-04") else 0.6
            paid = generator.random(80) < chance
            rows += [(month.start_time.date(), product, "paid" if hit else "open") for hit in paid]
    frame = pd.DataFrame(rows, columns=["day", "product", "status"])
    return frame.assign(id=range(len(frame)))


def review(folder: Path, frame: pd.DataFrame, name: str = "Motor", label: str = "Share paid") -> Outcomes:
    """Return a review of two metrics, two lines and a stream that leaves something over."""
    lines = pd.DataFrame({"product_line": ["motor", "house"], "name": [name, "House"], "product_manager": [None, None]})
    shares = samples.product_map(
        ["car", "van", "home"],
        ("car", "product_line", "motor", 1.0),
        ("van", "product_line", "motor", 1.0),
        ("home", "product_line", "house", 1.0),
        ("van", "value_stream", "buy", 0.5),
        lines=lines,
    )
    targets = (Target("product_line", "motor", 0.5), Target("company", "", 0.6), Target("company", "", 0.7))
    where = (Condition("status", "is", "paid"),)
    paid = Metric(
        "paid", label, "ratio", Measure("events", where=where), Measure("events"), unit="share", direction="up"
    )
    paid = replace(paid, targets=targets, loop=Loop("Head of Sales"))
    orders = Metric("orders", "Orders", "count", Measure("events"))
    events = (Event(pd.Timestamp(2026, 4, 2).date(), "motor", f"New page {name}", "other"),)
    inputs = samples.Bench(folder).inputs({"events": frame}, [orders, paid], shares, events=events)
    found = outcomes.measure(inputs)
    assert isinstance(found, Outcomes)
    return found


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Return a review with a move, targets, a finding and shares that leave something over."""
    frame = facts()
    frame.loc[0:4, "product"] = "unheard-of"
    return review(tmp_path_factory.mktemp("facts"), frame)


@pytest.mark.parametrize("make", EXHIBITS)
def test_an_exhibit_says_what_it_shows_and_where_from(
    result: Outcomes, make: Callable[[Outcomes | Off], Exhibit]
) -> None:
    """Claim within its length, subtitle, source, alternative text; every row names figures that exist."""
    exhibit = make(result)
    assert not isinstance(exhibit.content, Note)
    assert 0 < len(exhibit.claim) <= CLAIM_LENGTH
    assert exhibit.claim.endswith(".")
    assert exhibit.subtitle
    assert exhibit.source
    assert exhibit.claim in exhibit.alt
    known = {figure.id for figure in outcomes.figures(result)}
    assert exhibit.figure_ids()
    assert set(exhibit.figure_ids()) <= known
    assert Exhibit.from_dict(exhibit.to_dict()) == exhibit


@pytest.mark.parametrize("make", EXHIBITS)
def test_off_gets_a_note(make: Callable[[Outcomes | Off], Exhibit]) -> None:
    """Without the pillar's tables there is a note that names them."""
    exhibit = make(Off("outcomes", "Which outcomes moved could not be answered.", ("metrics", "facts")))
    assert isinstance(exhibit.content, Note)
    assert exhibit.content.tables == ("metrics", "facts")


def test_the_move_is_drawn_with_limits_target_and_event(result: Outcomes) -> None:
    """The chart holds every period, the usual range, the target of that line, and what happened."""
    chart = move_exhibit(result).content
    assert isinstance(chart, Chart)
    assert len(chart) == 48
    assert chart.reference == 0.5
    assert chart.marks[0][1].startswith("New page")
    outside = [place for place, flag in enumerate(chart.role("is_signal")) if flag]
    assert outside
    assert min(outside) >= 36
    series = result.find("paid", "product_line", "motor")
    assert series is not None
    assert list(chart.role("value")) == pytest.approx(series.frame["value"].tolist())


def test_the_waterfall_adds_up(result: Outcomes) -> None:
    """Before plus all effects is after; the rate of cars carries it."""
    chart = cause_exhibit(result).content
    assert isinstance(chart, Chart)
    values, totals = chart.role("value"), chart.role("is_total")
    effects = sum(float(v or 0) for v, flag in zip(values, totals, strict=True) if not flag)
    assert float(values[0] or 0) + effects == pytest.approx(float(values[-1] or 0), abs=1e-12)
    labels = [str(name) for name in chart.role("label")]
    assert any(label.startswith("Rate: CAR") for label in labels)


def test_the_table_of_adding_up_shows_what_no_parent_holds(result: Outcomes) -> None:
    """Parents, unallocated and unknown products of each kind add up to the company."""
    listed = rollup_exhibit(result).content
    assert isinstance(listed, Table)
    rows = [dict(zip([c.name for c in listed.columns], row, strict=True)) for row in listed.rows]
    total = next(row["value"] for row in rows if row["kind"] == "company")
    for kind in ("product line", "value stream"):
        assert sum(float(row["value"]) for row in rows if row["kind"] == kind) == pytest.approx(float(total))
        assert "unallocated" in [row["name"] for row in rows if row["kind"] == kind]
    assert "belongs to no parent" in listed.claim


def test_targets_are_compared_once_a_scope(result: Outcomes) -> None:
    """Two targets of one scope are one bar; bars are values in shares of their targets."""
    chart = targets_exhibit(result).content
    assert isinstance(chart, Chart)
    assert len(chart) == 2
    numbers = outcomes.figures(result)
    expected = {numbers["reached/paid/product_line/motor"].value, numbers["reached/paid/company/all"].value}
    assert set(chart.role("value")) == expected


def test_a_quiet_client_gets_words_where_a_move_would_stand(tmp_path: Path) -> None:
    """No move and clean facts: notes, not empty charts."""
    quiet = review(tmp_path, facts(is_quiet=True))
    assert quiet.moves == ()
    for make in (move_exhibit, cause_exhibit, honesty_exhibit):
        assert isinstance(make(quiet).content, Note)
    assert all_outcomes_exhibit(quiet).claim.startswith("None of 2 outcomes")


def test_client_text_is_carried_as_typed(tmp_path: Path) -> None:
    """Scripts and dollar signs in names stay text; claims keep to their length."""
    found = review(tmp_path, facts(), name=HOSTILE, label="Share of <b>orders</b> that are paid = $5")
    for make in EXHIBITS:
        exhibit = make(found)
        assert len(exhibit.claim) <= CLAIM_LENGTH
    assert any(HOSTILE in str(cell) for row in all_outcomes_exhibit(found).data().rows for cell in row)


@pytest.mark.parametrize(("late", "state"), [(5.0, "never changes"), (9.0, "was constant, now differs")])
def test_a_metric_that_never_varied_has_no_ups_and_downs(tmp_path: Path, late: float, state: str) -> None:
    """The table says that it never changes, or that it now differs, and names its one value."""
    months = range(2026 * 12 + 9 - 44, 2026 * 12 + 9)
    days = [dt.date(month // 12, month % 12 + 1, 1) for month in months]
    frame = pd.DataFrame({"id": range(44), "day": days, "product": "car", "amount": [5.0] * 36 + [late] * 8})
    metric = Metric("level", "Level", "sum", Measure("events", "sum", "amount"), direction="up")
    shares = samples.product_map(["car"], ("car", "product_line", "a", 1.0))
    result = outcomes.measure(samples.Bench(tmp_path).inputs({"events": frame}, [metric], shares))
    shown = all_outcomes_exhibit(result).content
    assert isinstance(shown, Table)
    assert [row[3:5] for row in shown.rows] == [("always 5", state)]
