"""Lifecycle stages: growth of use with its interval, beside the word of the owner."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from outcome_samples import Bench, product_map

from workbench import outcomes
from workbench.errors import ModelError
from workbench.findings import Off
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.definitions import Measure
from workbench.outcomes.inputs import Event
from workbench.outcomes.stages import MEANINGS, Growth, StageEvidence, stage_evidence, usage_metric
from workbench.products import ProductEntry, ProductMap


def grown(values: np.ndarray, grain: str = "month") -> Growth:
    """Return the growth of values about which something can be said."""
    found = stage_evidence(values, grain)
    assert isinstance(found, Growth)
    return found


@pytest.mark.parametrize("yearly", [-0.3, 0.0, 0.05, 0.4])
@pytest.mark.parametrize(("grain", "year"), [("month", 12), ("quarter", 4), ("week", 52)])
def test_steady_growth_is_read_exactly(yearly: float, grain: str, year: int) -> None:
    """X per cent a year, without noise, is x per cent; a season of any shape cancels over two years."""
    months = np.arange(2 * year)
    season = 1 + 0.5 * np.sin(2 * math.pi * months / year)
    held = grown(1000 * (1 + yearly) ** (months / year) * season, grain)
    assert held.is_year_on_year
    assert held.n == 2 * year
    for got in (held.value, held.low, held.high):
        assert got == pytest.approx(yearly, abs=1e-9)


def test_within_a_year_the_slope_speaks() -> None:
    """Against ordinary least squares on the logarithm, by numpy; the season stays in it."""
    months = np.arange(12)
    noise = np.random.default_rng(2).normal(0, 0.02, 12)
    values = np.exp(3 + 0.02 * months + noise)
    held = grown(values)
    assert not held.is_year_on_year
    assert held.value == pytest.approx(math.expm1(12 * np.polyfit(months, np.log(values), 1)[0]), rel=1e-9)


def test_the_interval_is_that_of_student_where_periods_are_independent() -> None:
    """Differences that alternate have no positive autocorrelation, so nothing is widened."""
    gaps = np.array([0.1, 0.3] * 6)
    logs = np.concatenate([np.zeros(12), gaps])
    held = grown(np.exp(logs))
    reach = 2.200985160 * gaps.std(ddof=1) / math.sqrt(12)  # Student's t, 11 degrees of freedom, 97.5 %
    assert held.low == pytest.approx(math.expm1(0.2 - reach), rel=1e-6)
    assert held.high == pytest.approx(math.expm1(0.2 + reach), rel=1e-6)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.11, 0.30, "grow"),
        (0.10, 0.30, ""),
        (-0.10, 0.10, "sustain"),
        (-0.11, 0.05, ""),
        (-0.30, -0.11, "retire"),
        (-0.30, -0.05, ""),
        (-0.50, 0.50, ""),
    ],
)
def test_a_stage_needs_the_whole_interval(low: float, high: float, expected: str) -> None:
    """Above 10 % a year grow, inside ± 10 % sustain, below −10 % retire, else nothing."""
    assert Growth((low + high) / 2, low, high, 24, True).stage == expected


@pytest.mark.parametrize(
    ("values", "grain", "reason"),
    [
        ([100.0] * 7, "month", "fewer than 8 periods"),
        ([], "month", "fewer than 8 periods"),
        ([math.nan] * 30, "month", "fewer than 8 periods"),
        ([100.0] * 7, "quarter", "fewer than 8 periods"),
        ([100.0] * 11 + [0.0], "month", "use of zero or less in some period"),
    ],
)
def test_too_little_says_nothing(values: list[float], grain: str, reason: str) -> None:
    """And says why."""
    assert stage_evidence(values, grain) == reason
    with pytest.raises(ModelError, match="day, week, month, quarter"):
        stage_evidence(values, "year")


def test_holes_are_left_out_and_not_filled() -> None:
    """A month without a value has no partner; with too few pairs the slope of the year is read instead."""
    values = 100 * 1.2 ** (np.arange(24) / 12)
    one_hole = values.copy()
    one_hole[3] = math.nan
    assert grown(one_hole).n == 22
    assert grown(one_hole).value == pytest.approx(0.2)
    many = values.copy()
    many[2:8] = math.nan
    held = grown(many)
    assert not held.is_year_on_year
    assert held.value == pytest.approx(0.2)


@given(st.integers(0, 400), st.floats(0.5, 1000.0))
def test_the_unit_of_use_does_not_matter(seed: int, factor: float) -> None:
    """Use in thousands grows as use in pieces does; older years do not count."""
    generator = np.random.default_rng(seed)
    values = np.exp(generator.normal(5, 0.1, 24))
    held, other = grown(values), grown(np.concatenate([generator.uniform(1, 9, 24), factor * values]))
    assert other.value == pytest.approx(held.value, abs=1e-9)
    assert other.low == pytest.approx(held.low, abs=1e-9)


@pytest.mark.parametrize(
    ("months", "rho", "wrong", "covered"),
    [(24, 0.0, 0.01, 0.94), (24, 0.6, 0.02, 0.88), (12, 0.0, 0.01, 0.94), (12, 0.6, 0.06, 0.83)],
)
def test_flat_use_is_rarely_called_otherwise(months: int, rho: float, wrong: float, covered: float) -> None:
    """500 flat products with 10 % noise a month: seldom called grow or retire, even where noise persists."""
    generator = np.random.default_rng(months + int(10 * rho))
    misread = inside = 0
    for _ in range(500):
        shocks = generator.normal(0, 0.1 * math.sqrt(1 - rho**2), months + 50)
        noise = np.zeros(months + 50)
        for place in range(1, noise.size):
            noise[place] = rho * noise[place - 1] + shocks[place]
        held = grown(np.exp(5 + noise[-months:]))
        misread += held.stage in ("grow", "retire")
        inside += held.low <= 0 <= held.high
    assert misread <= wrong * 500
    assert inside >= covered * 500


def test_growth_and_decline_are_found() -> None:
    """With 3 % noise a month, 40 % a year up suggests grow and 30 % down retire, in 9 of 10 products."""
    generator = np.random.default_rng(7)
    months = np.arange(24)
    for yearly, expected in ((0.4, "grow"), (-0.3, "retire"), (0.0, "sustain")):
        series = (100 * (1 + yearly) ** (months / 12) * np.exp(generator.normal(0, 0.03, 24)) for _ in range(200))
        assert sum(grown(values).stage == expected for values in series) >= 180


def test_only_a_difference_is_a_contradiction() -> None:
    """An exploration whose use stays where it was is none; neither is a product without a declared stage."""
    flat, up = Growth(0, -0.01, 0.01, 24, True), Growth(0.3, 0.2, 0.4, 24, True)
    assert not StageEvidence("car", "explore", "use", flat).contradicts
    assert not StageEvidence("car", None, "use", up).contradicts
    assert not StageEvidence("car", "grow", "use", up).contradicts
    assert not StageEvidence("car", "grow", "use", None, "fewer than 8 periods").contradicts
    assert StageEvidence("car", "retire", "use", up).meaning == MEANINGS["retire", "grow"]
    assert {word for word, _ in MEANINGS} == {"explore", "grow", "sustain", "retire"}


def use(key: str, frame: str, type_: str = "sum", grain: str = "month") -> Metric:
    """Return a metric with a frame."""
    return Metric(key, key, type_, Measure("use", "sum", "uses"), frame=frame, grain=grain)


def test_the_metric_of_use_is_declared() -> None:
    """By its frame, the best first; never a rate, never one that is off, never one by year."""
    catalogue = Catalogue(
        (),
        (
            use("rate", "heart.engagement", "ratio"),
            use("yearly", "heart.engagement", grain="year"),
            use("star", "north_star"),
            use("adopted", "heart.adoption"),
            use("other", "heart.happiness"),
        ),
    )
    found = usage_metric(catalogue)
    assert found is not None
    assert found.metric == "adopted"
    again = usage_metric(catalogue, ("adopted",))
    assert again is not None
    assert again.metric == "star"
    assert usage_metric(catalogue, ("adopted", "star")) is None


MONTHS = [dt.date(2024 + place // 12, place % 12 + 1, 1) for place in range(9, 33)]
GROWTHS = {"rising": 0.5, "flat": 0.0, "falling": -0.4, "young": 0.0}


def review(bench: Bench, *, frame: str = "heart.engagement", events: tuple[Event, ...] = ()) -> outcomes.Outcomes:
    """Return a review of four products: use that rises, stays, falls, and one with four months."""
    rows = [
        {"id": f"{product}{place}", "day": month, "product": product, "uses": 1000 * (1 + yearly) ** (place / 12)}
        for product, yearly in GROWTHS.items()
        for place, month in enumerate(MONTHS)
        if product != "young" or place >= 20
    ]
    stages = {"rising": "retire", "flat": "grow", "falling": "sustain", "young": "explore"}
    entries = tuple(ProductEntry(key, key.upper(), stage) for key, stage in stages.items())
    products = ProductMap(entries, product_map(tuple(stages), ("flat", "product_line", "all", 1.0)).memberships)
    inputs = bench.inputs(
        {"use": pd.DataFrame(rows)},
        [use("uses", frame)],
        products,
        tables=[FactTable("use", ("id",), "day", "product", kind="period")],
        events=events,
    )
    result = outcomes.measure(inputs)
    assert not isinstance(result, Off)
    return result


def test_word_and_use_stand_side_by_side(bench: Bench) -> None:
    """The declared stage is kept; what differs is a question with its meaning; too few periods say so."""
    result = review(bench)
    held = {one.product: one for one in result.stages}
    assert {key: one.declared for key, one in held.items()} == {
        "rising": "retire",
        "flat": "grow",
        "falling": "sustain",
        "young": "explore",
    }
    assert {key: one.suggested for key, one in held.items()} == {
        "rising": "grow",
        "flat": "sustain",
        "falling": "retire",
        "young": "",
    }
    assert [one.contradicts for one in result.stages] == [True, True, True, False]
    assert held["young"].reason == "fewer than 8 periods"
    step = outcomes.next_steps(result)[-1]
    assert step.claim == "Ask whether 3 products are still in the stage declared for them."
    assert "RISING (+50 % a year): meant to go, but use grows" in step.detail
    numbers = outcomes.figures(result)
    assert numbers["stage/rising/growth"].value == pytest.approx(0.5)
    assert numbers["stage/young/growth"].value is None
    assert result.products.stage("rising") == "retire"


def test_without_a_metric_of_use_nothing_is_said(bench: Bench) -> None:
    """No frame, no evidence."""
    result = review(bench, frame="")
    assert result.stages == ()
    assert "stage" not in str(outcomes.next_steps(result))
    assert not any(figure.key.startswith("stage/") for figure in outcomes.figures(result))


def test_a_redefinition_begins_again_and_a_price_is_asked_about(bench: Bench) -> None:
    """Use before a new definition is another measure; a price change in the time compared is said first."""
    price = Event(dt.date(2026, 2, 1), "rising", "Dearer", "price")
    result = review(bench, events=(Event(dt.date(2026, 5, 1), "flat", "Counted anew", "definition"), price))
    held = {one.product: one for one in result.stages}
    assert held["flat"].growth is None
    assert held["rising"].events == (price,)
