"""The exhibits of signals: every number from a figure, words where nothing can be said, drawings that show it."""

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
from workbench.outcomes import Outcomes
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Condition, Measure, SignalRules, Target
from workbench.outcomes.inputs import Event
from workbench.report.chart import Chart
from workbench.report.drawing.draw import page_svg, slide_svg
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_signals import (
    chances_exhibit,
    products_exhibit,
    rare_exhibit,
    series_exhibit,
    signals_exhibit,
)
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[[Outcomes | Off], Exhibit], ...] = (
    signals_exhibit,
    series_exhibit,
    products_exhibit,
    chances_exhibit,
    rare_exhibit,
)
HOSTILE = "<script>alert('$5m to $3m')</script>"
NAMES = ("car", "home", "bike", "pet")
MONTHS = [dt.date(2022 + place // 12, place % 12 + 1, 1) for place in range(9, 57)]


def review(folder: Path, *, months: int = 48, label: str = "Use") -> Outcomes:
    """Return a review of a sum with a season, a share of few rows, and rare outages; cars moved, two months miss."""
    generator = np.random.default_rng(5)
    use, asked = [], []
    for name in NAMES:
        season = 90 * np.sin(2 * np.pi * np.arange(48) / 12)
        values = 1000 + 15 * generator.standard_normal(48) + season
        values[-6:] += 120 if name == "car" else 0
        for place, month in list(enumerate(MONTHS))[-months:]:
            if place not in (14, 15):
                use.append({"id": f"{name}{place}", "day": month, "product": name, "use": values[place]})
            for number in range(40):
                yes = generator.random() < (0.1 if name == "pet" else 0.6)
                key = f"{name}{place}-{number}"
                asked.append({"id": key, "day": month, "product": name, "ok": "yes" if yes else "no"})
    gaps = generator.exponential(14, 50).round().astype(int)
    first = dt.date(2026, 9, 25) - dt.timedelta(days=int(gaps.sum()))
    days = [first + dt.timedelta(days=int(total)) for total in np.cumsum(gaps)]
    outages = pd.DataFrame({"id": range(50), "day": days, "product": [NAMES[n % 4] for n in range(50)]})
    goals = (
        Target("company", "", 4000.0, dt.date(2027, 1, 31)),
        Target("product_line", "home-line", 980.0, dt.date(2027, 6, 30)),
    )
    rare = SignalRules(chart="time_between")
    metrics = [
        Metric("use", label, "sum", Measure("use", "sum", "use"), direction="up", targets=goals),
        Metric(
            "ok",
            "Solved",
            "ratio",
            Measure("asked", where=(Condition("ok", "is", "yes"),)),
            Measure("asked"),
            unit="share",
        ),
        Metric("outages", "Outages", "count", Measure("outages"), grain="day", empty_period="zero", signal=rare),
    ]
    tables = [
        FactTable("use", ("id",), "day", "product", kind="period"),
        FactTable("asked", ("id",), "day", "product"),
        FactTable("outages", ("id",), "day", "product"),
    ]
    lines = [(name, "product_line", f"{name}-line", 1.0) for name in NAMES]
    result = outcomes.measure(
        samples.Bench(folder).inputs(
            {"use": pd.DataFrame(use), "asked": pd.DataFrame(asked), "outages": outages},
            metrics,
            samples.product_map(NAMES, *lines),
            tables=tables,
            events=(Event(dt.date(2026, 4, 2), "car-line", "New app for cars", "campaign"),),
        )
    )
    assert isinstance(result, Outcomes)
    return result


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    """Return one review for all tests that only read it."""
    return review(tmp_path_factory.mktemp("signals"))


@pytest.mark.parametrize("make", EXHIBITS)
def test_an_exhibit_says_one_thing_and_names_its_figures(make: Callable[..., Exhibit], found: Outcomes) -> None:
    """A short claim, a source, and ids of figures that exist; it travels as JSON and draws on page and slide."""
    exhibit = make(found)
    assert len(exhibit.claim) <= CLAIM_LENGTH
    assert exhibit.claim.endswith(".")
    assert isinstance(exhibit.content, Chart | Table)
    assert exhibit.content.source
    known = {figure.id for figure in outcomes.figures(found)}
    used = exhibit.content.figure_ids() if isinstance(exhibit.content, Chart) else exhibit.content.figures
    assert {one for ids in used for one in ids} <= known
    assert any(used)
    assert Exhibit.from_dict(exhibit.to_dict()) == exhibit
    assert "<svg" in slide_svg(exhibit.content)
    if isinstance(exhibit.content, Chart):
        assert "<svg" in page_svg(exhibit.content, is_phone=True)


def test_what_moved_stands_with_how_much_of_it_may_be_chance(found: Outcomes) -> None:
    """The claim counts all series; the row names place, month and levels without the season."""
    content = signals_exhibit(found).content
    assert isinstance(content, Table)
    portfolio = found.signals.portfolio
    assert content.claim.startswith(f"Of {portfolio.tested} series watched, {portfolio.kept} moved")
    row = next(held for held in content.rows if held[0] == "Use")
    assert row[1:3] == ("Car line", "April 2026")
    assert row[-1] == "moved"


def test_small_charts_show_seasons_gaps_and_what_happened(found: Outcomes) -> None:
    """As measured and without its season, two open months, points outside, and the event in its month."""
    chart = series_exhibit(found).content
    assert isinstance(chart, Chart)
    assert chart.claim == "Use: 1 of 4 lines shown left their usual range, the others did not."
    rows = [row for row, label in enumerate(chart.role("label")) if label == "Car line"]
    value, shown = ([chart.role(role)[row] for row in rows] for role in ("value", "shown"))
    assert len(rows) == 36  # the newest of 48 months
    assert [place for place, held in enumerate(value) if held is None] == [2, 3]
    assert [place for place, held in enumerate(shown) if held is None] == [2, 3]
    assert np.std(np.array(shown[4:28], dtype=float)) < 0.5 * np.std(np.array(value[4:28], dtype=float))
    assert sum(bool(chart.role("is_signal")[row]) for row in rows) >= 5
    assert [chart.role("period")[row] for row in rows if chart.role("mark")[row]] == ["2026-04-01"]
    assert "Car line" in chart.highlight
    drawn = slide_svg(chart)
    for words in ("New app for cars", "without its season", "as measured", "outside"):
        assert words in drawn


def test_a_funnel_names_who_is_outside(found: Outcomes) -> None:
    """The product far below is named in the drawing, the others are dots between the lines."""
    chart = products_exhibit(found).content
    assert isinstance(chart, Chart)
    assert "PET" in chart.highlight
    assert chart.claim == f"Solved: {len(chart.highlight)} of 4 products differ by more than chance allows."
    drawn = slide_svg(chart)
    assert "PET" in drawn
    assert all((name in drawn) == (name in chart.highlight) for name in ("CAR", "HOME", "BIKE"))
    place = chart.role("label").index("PET")
    assert float(chart.role("value")[place] or 0) < float(chart.role("low")[place] or 0)


def test_chances_leave_out_what_moves(found: Outcomes) -> None:
    """The company moves with its cars, so only the target of homes has a chance."""
    chart = chances_exhibit(found).content
    assert isinstance(chart, Chart)
    assert len(chart) == 1
    assert "Home line" in str(chart.role("label")[0])
    assert chart.claim.startswith("The one target with a date ahead has a chance of")


def test_rare_events_stand_by_their_days(found: Outcomes) -> None:
    """Each gap is a point; the days since the last are said."""
    chart = rare_exhibit(found).content
    assert isinstance(chart, Chart)
    assert len(chart) == 49
    assert chart.claim == "Outages in the company: the days between two of them are as usual."
    assert "5 days since the last" in chart.subtitle


def test_without_enough_each_says_what_is_missing(tmp_path: Path, found: Outcomes) -> None:
    """Six months judge nothing, and a pillar without its tables gives its own words."""
    young = review(tmp_path, months=6)
    for make in (signals_exhibit, series_exhibit, chances_exhibit):
        if make is signals_exhibit and young.signals.portfolio.tested:
            continue  # the outages are old enough
        assert isinstance(make(young).content, Note)
    empty = replace(young, signals=replace(young.signals, comparisons=(), rare=()))
    for make in (products_exhibit, rare_exhibit):
        assert isinstance(make(empty).content, Note)
    off = Off("outcomes", "No metrics were sent.", ("metrics",))
    for make in EXHIBITS:
        assert isinstance(make(off).content, Note)


def test_a_clients_words_stay_words(tmp_path: Path) -> None:
    """A label that would run as a script is written as typed."""
    chart = series_exhibit(review(tmp_path, label=HOSTILE)).content
    assert isinstance(chart, Chart)
    assert "<script" not in slide_svg(chart)
