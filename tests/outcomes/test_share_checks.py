"""Declared shares tested against the rows, and what the exhibit says of what no parent holds."""

from __future__ import annotations

import datetime as dt

import outcome_samples as samples
import pandas as pd
import pytest

from workbench import outcomes
from workbench.outcomes import Outcomes
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.definitions import Measure
from workbench.products import ProductMap
from workbench.report.exhibits_outcomes import rollup_exhibit
from workbench.report.exhibits_shares import shares_exhibit

REVENUE = Metric("revenue", "Revenue", "sum", Measure("events", "sum", "amount"), unit="currency")
MARCH, MAY = dt.date(2026, 3, 17), dt.date(2026, 5, 1)


def measured(bench: samples.Bench, shares: ProductMap, metric: Metric = REVENUE) -> Outcomes:
    """Return a review of one row a day of cars, 10 each, over half a year."""
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(181)]
    frame = pd.DataFrame({"id": range(181), "day": days, "product": "car", "amount": 10.0})
    found = outcomes.measure(bench.inputs({"events": frame}, [metric], shares))
    assert isinstance(found, Outcomes)
    return found


def test_days_without_any_parent_are_counted_and_named(bench: samples.Bench) -> None:
    """A product whose line ended on one day and began again on another has rows that nobody holds in between."""
    shares = samples.product_map(
        ["car"],
        ("car", "product_line", "motor", 1.0),
        ("car", "product_line", "motor", 0.0, MARCH),
        ("car", "product_line", "fleet", 1.0, MAY),
    )
    found = measured(bench, shares)
    (finding,) = (f for f in found.findings if f.check == "share_gap")
    assert finding.rows == (MAY - MARCH).days
    assert "no product line holds them" in finding.claim
    assert "17 March 2026" in finding.detail
    left = found.rolled["product_line"].left["revenue"][0]
    assert left == pytest.approx((MAY - MARCH).days / 181)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([("car", "product_line", "motor", 0.4)], id="a part that is always left over"),
        pytest.param([("van", "product_line", "motor", 1.0)], id="never in any line"),
        pytest.param(
            [
                ("car", "product_line", "motor", 1.0),
                ("car", "product_line", "motor", 0.0, MARCH),
                ("car", "product_line", "fleet", 1.0, MARCH),
            ],
            id="a change of line within a month",
        ),
    ],
)
def test_what_is_left_over_on_purpose_is_no_gap(bench: samples.Bench, rows: list[tuple[object, ...]]) -> None:
    """Shares under 1, products outside a kind and a change from one day to the next are no findings of a gap."""
    found = measured(bench, samples.product_map(["car", "van"], *rows))
    assert [f for f in found.findings if f.check == "share_gap"] == []


def test_a_parent_without_rows_is_named(bench: samples.Bench) -> None:
    """A line whose only product has no facts is said, once."""
    shares = samples.product_map(
        ["car", "van"], ("car", "product_line", "motor", 1.0), ("van", "product_line", "fleet", 1.0)
    )
    (finding,) = (f for f in measured(bench, shares).findings if f.check == "empty_parent")
    assert finding.claim == "The product line Fleet holds no row of any table."


def test_the_exhibit_shows_what_no_parent_holds(bench: samples.Bench) -> None:
    """Its numbers are figures; its claim names the kind that leaves most over, or says that nothing is."""
    part = samples.product_map(["car"], ("car", "product_line", "motor", 0.75), ("car", "value_stream", "buy", 1.0))
    result = measured(bench, part)
    exhibit = shares_exhibit(result)
    assert exhibit.content.claim == "Revenue: 25 % is in no product line; it is shown, not lost."
    numbers = outcomes.figures(result)
    assert numbers["left/revenue/product_line"].value == pytest.approx(0.25)
    assert numbers["left/revenue/value_stream"].value == 0.0
    whole = samples.product_map(["car"], ("car", "product_line", "motor", 1.0))
    assert "in full" in shares_exhibit(measured(bench, whole)).content.claim


def test_a_line_in_a_stream_is_added_up_in_a_review(bench: samples.Bench) -> None:
    """The whole review runs over depth: a stream holds its line's products, and the law is met."""
    shares = ProductMap(
        samples.product_map(["car"]).products,
        (
            *samples.product_map(["car"], ("car", "product_line", "motor", 0.5)).memberships,
            samples.nested("motor", "product_line", "value_stream", "buy", 0.5),
        ),
    )
    found = measured(bench, shares)
    values = found.rolled["value_stream"].values  # noqa: PD011 - a field of ours
    assert values["value"].iloc[0] == pytest.approx(31 * 10 * 0.25)
    assert found.rolled["value_stream"].left["revenue"][0] == pytest.approx(0.75)
    assert found.residual <= 1e-12


def test_a_line_in_a_line_is_shown_in_both_and_said(bench: samples.Bench) -> None:
    """The table names the group a line stands in, and the company is still the sum of what counts once."""
    shares = ProductMap(
        samples.product_map(["car"]).products,
        (
            *samples.product_map(["car"], ("car", "product_line", "motor", 1.0)).memberships,
            samples.nested("motor", "product_line", "product_line", "group", 0.5),
        ),
    )
    found = measured(bench, shares)
    shown = rollup_exhibit(found).content
    assert "Motor, in Group" in [row[1] for row in shown.rows]
    assert "is counted there too" in shown.subtitle
    assert found.rolled["product_line"].left["revenue"][0] == 0.0
