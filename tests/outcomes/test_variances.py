"""Actual against a plan and the year before: same arithmetic, same periods, and the calendar first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from outcome_samples import Bench, product_map

from workbench.outcomes import Event, Outcomes, Settings, measure
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Measure
from workbench.outcomes.variances import Variance

MONTHS = [dt.date(2024 + (m // 12), m % 12 + 1, 1) for m in range(33)]  # January 2024 to September 2026
PRODUCTS = ("a", "b")
SALES = Metric("sales", "Sales", "sum", Measure("sales", "sum", "amount"), unit="currency", direction="up")
PRICE = Metric("price", "Price", "ratio", Measure("sales", "sum", "amount"), Measure("sales", "sum", "units"))
RATE = Metric("rate", "Rate", "ratio", Measure("sales", "sum", "hits"), Measure("sales", "sum", "units"), unit="share")
TABLE = FactTable("sales", ("id",), "day", "product", kind="period", version="version")
MAP = product_map(PRODUCTS, ("a", "product_line", "l", 1.0), ("b", "product_line", "l", 0.5))


def rows_of(version: str, months: list[dt.date], **how: Any) -> list[dict[str, Any]]:
    """Return a row a month and product: 100 units of a at 10, 50 of b at 40, unless told otherwise."""
    units, prices = how.get("units", {"a": 100.0, "b": 50.0}), how.get("prices", {"a": 10.0, "b": 40.0})
    return [
        {
            "day": month,
            "product": product,
            "version": version,
            "units": units[product],
            "amount": units[product] * prices[product],
            "hits": units[product] * how.get("hit", 0.2),
        }
        for month in months
        for product in units
    ]


def reviewed(bench: Bench, rows: list[dict[str, Any]], *metrics: Metric, **more: Any) -> Outcomes:
    """Return the review of some rows."""
    frame = pd.DataFrame(rows).assign(id=np.arange(len(rows)))
    inputs = bench.inputs({"sales": frame}, metrics or (SALES, PRICE), MAP, tables=[TABLE], **more)
    found = measure(inputs)
    assert isinstance(found, Outcomes)
    return found


def variance(result: Outcomes, metric: str, against: str, kind: str = "company") -> Variance | None:
    """Return one variance, if there is one."""
    return next((v for v in result.variances if (v.metric, v.against, v.kind) == (metric, against, kind)), None)


def wholes(found: Variance | None) -> dict[str, float]:
    """Return the effects of a variance's factors."""
    assert found is not None
    return {e.factor: round(e.effect, 9) for e in found.split.wholes()}


def test_an_amount_with_a_price_is_volume_mix_and_price(bench: Bench) -> None:
    """Prices 10 % above the budget are price, and the total is that of this year's months that have ended."""
    result = reviewed(bench, rows_of("actual", MONTHS, prices={"a": 11.0, "b": 44.0}) + rows_of("budget", MONTHS[24:]))
    found = variance(result, "sales", "budget")
    assert wholes(found) == {"rate": 9 * 300.0, "volume": 0.0, "products": 0.0}
    assert found is not None
    assert (found.split.before, found.split.after, found.periods) == (27_000.0, 29_700.0, 9)
    assert (found.first, found.last) == (dt.date(2026, 1, 1), dt.date(2026, 9, 1))
    assert found.split.base == "price"
    assert found.is_favourable is True
    line = variance(result, "sales", "budget", "product_line")
    assert wholes(line) == {"rate": 9 * (100 + 0.5 * 200.0), "volume": 0.0, "products": 0.0}


def test_without_a_price_the_difference_is_volume_by_product(bench: Bench) -> None:
    """No ratio with the same numerator is in the catalogue, so nothing is guessed."""
    result = reviewed(
        bench, rows_of("actual", MONTHS) + rows_of("budget", MONTHS[24:], units={"a": 90.0, "b": 50.0}), SALES
    )
    found = variance(result, "sales", "budget")
    assert wholes(found) == {"volume": 900.0, "shares": 0.0}
    assert found is not None
    assert [(e.segment, e.effect) for e in found.split.parts("volume")] == [("a", 900.0), ("b", 0.0)]


def test_a_product_that_nobody_planned_is_new(bench: Bench) -> None:
    """A product without a budget is a new member of the plan, not volume or mix of the others."""
    result = reviewed(bench, rows_of("actual", MONTHS) + rows_of("budget", MONTHS[24:], units={"a": 100.0}))
    assert wholes(variance(result, "sales", "budget")) == {"new": 18_000.0, "rate": 0.0, "volume": 0.0}


def test_the_year_before_takes_the_same_months(bench: Bench) -> None:
    """Months of this year stand against the same months of last year; the change of the whole is one of volume."""
    old, new = MONTHS[:24], MONTHS[24:]
    result = reviewed(bench, rows_of("actual", old) + rows_of("actual", new, units={"a": 110.0, "b": 55.0}))
    found = variance(result, "sales", "prior")
    assert wholes(found) == {"volume": 2_700.0, "rate": 0.0, "products": 0.0}
    assert found is not None
    assert (found.split.before, found.periods) == (27_000.0, 9)


def test_a_period_still_open_is_not_compared(bench: Bench) -> None:
    """By the middle of September the month is not over: it is in neither side."""
    rows = rows_of("actual", MONTHS) + rows_of("budget", MONTHS[24:])
    result = reviewed(bench, rows, settings=Settings(dt.date(2026, 9, 15)))
    found = variance(result, "sales", "budget")
    assert found is not None
    assert (found.last, found.periods) == (dt.date(2026, 8, 1), 8)
    assert found.change == 0
    assert found.is_favourable is None


def test_a_redefinition_ends_the_comparison(bench: Bench) -> None:
    """Months before a new definition are another measure: last year is not compared, the budget after it is."""
    event = Event(dt.date(2026, 4, 1), "sales", "Returns are left out from now on", "definition")
    rows = rows_of("actual", MONTHS) + rows_of("budget", MONTHS[24:])
    result = reviewed(bench, rows, events=(event,))
    assert variance(result, "sales", "prior") is None
    assert variance(result, "price", "prior") is not None
    found = variance(result, "sales", "budget")
    assert found is not None
    assert (found.first, found.periods) == (dt.date(2026, 4, 1), 6)
    assert found.events == (event,)


def test_a_price_on_record_is_told_before_the_factors(bench: Bench) -> None:
    """What happened in scope stands in the sentence before what made most of it."""
    from workbench.outcomes.driver_sentences import say_variance

    event = Event(dt.date(2026, 2, 1), "a", "List prices up by 10 %", "price")
    rows = rows_of("actual", MONTHS, prices={"a": 11.0, "b": 40.0}) + rows_of("budget", MONTHS[24:])
    result = reviewed(bench, rows, events=(event,))
    found = variance(result, "sales", "budget")
    assert found is not None
    claim, detail = say_variance(result, found)
    assert claim == "Sales is 28 k€, above the budget of 27 k€."
    assert detail.index("List prices up") < detail.index("Price made most of it")


def test_rates_are_split_into_mix_and_rate(bench: Bench) -> None:
    """A rate against its budget has the same split as a move: here each does better by two points."""
    rows = rows_of("actual", MONTHS, hit=0.22) + rows_of("budget", MONTHS[24:], hit=0.20)
    got = wholes(variance(reviewed(bench, rows, RATE), "rate", "budget"))
    assert got == pytest.approx({"rate": 0.02, "products": 0.0}, abs=1e-12)


def test_shares_that_changed_since_last_year_are_a_cause_of_their_own(bench: Bench) -> None:
    """A product given wholly to the line in 2026 raises the line's sales through the share table alone."""
    moved = product_map(
        PRODUCTS,
        ("a", "product_line", "l", 1.0),
        ("b", "product_line", "l", 0.5),
        ("b", "product_line", "l", 1.0, dt.date(2026, 1, 1)),
    )
    frame = pd.DataFrame(rows_of("actual", MONTHS) + rows_of("budget", MONTHS[24:26])).assign(
        id=lambda f: np.arange(len(f))
    )
    result = measure(bench.inputs({"sales": frame}, (SALES, PRICE), moved, tables=[TABLE]))
    assert isinstance(result, Outcomes)
    got = wholes(variance(result, "sales", "prior", "product_line"))
    assert got == {"shares": 9 * 1_000.0, "volume": 0.0, "products": 0.0, "rate": 0.0}


def test_a_sum_that_moved_names_its_price(bench: Bench) -> None:
    """A move of an amount whose price is in the catalogue is split into volume, mix and price."""
    generator = np.random.default_rng(5)
    rows = []
    for place, month in enumerate(MONTHS):
        price = 10.0 if place < 26 else 12.0
        for product in PRODUCTS:
            units = float(generator.normal(100, 2))
            rows.append(
                {
                    "day": month,
                    "product": product,
                    "version": "actual",
                    "units": units,
                    "amount": units * price,
                    "hits": 0.0,
                }
            )
    result = reviewed(bench, rows)
    move = next(m for m in result.moves if m.metric == "sales")
    assert move.split is not None
    assert (move.split.cause, move.split.base) == ("rate", "price")
    assert move.split.change == pytest.approx(400, rel=0.25)  # the new level is found to begin a little early
    assert move.split.name_of("rate") == "price"


def test_a_product_that_came_from_another_line_is_the_share_tables_doing(bench: Bench) -> None:
    """Product b sold all the time and was given to the line in 2026: it is no new product of the line."""
    moved = product_map(
        PRODUCTS,
        ("a", "product_line", "l", 1.0),
        ("b", "product_line", "other", 1.0),
        ("b", "product_line", "other", 0.0, dt.date(2026, 1, 1)),
        ("b", "product_line", "l", 1.0, dt.date(2026, 1, 1)),
    )
    frame = pd.DataFrame(rows_of("actual", MONTHS) + rows_of("budget", MONTHS[24:26]))
    frame = frame.assign(id=np.arange(len(frame)))
    for metrics in ((SALES, PRICE), (SALES,)):
        result = measure(bench.inputs({"sales": frame}, metrics, moved, tables=[TABLE]))
        assert isinstance(result, Outcomes)
        got = wholes(variance(result, "sales", "prior", "product_line"))
        assert got["shares"] == 9 * 2_000.0
        assert set(got.values()) == {0.0, 9 * 2_000.0}
        assert "new" not in got
