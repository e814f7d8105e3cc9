"""The exhibits of the loop and the stages: every number from a figure, words where nothing can be said."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "outcomes"))

import outcome_samples as samples
import pandas as pd

from workbench import outcomes
from workbench.findings import CLAIM_LENGTH, Off
from workbench.outcomes import Outcomes
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Measure
from workbench.outcomes.inputs import Signal
from workbench.products import ProductEntry
from workbench.report.chart import Chart
from workbench.report.drawing.draw import slide_svg
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_loop import loop_exhibit, loop_lines_exhibit, stages_exhibit
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[[Outcomes | Off], Exhibit], ...] = (loop_exhibit, loop_lines_exhibit, stages_exhibit)
HOSTILE = "<script>alert('$5m to $3m')</script>"


def sheet(channel: str = "Hotline") -> tuple[Signal, ...]:
    """Return eight signals: cars decided in 5 days, homes not at all."""
    found = []
    for place in range(8):
        product = "car" if place < 4 else "home"
        raised = samples.AS_OF - dt.timedelta(days=60 + place)
        one = Signal(f"s{place}", product, channel, raised, raised + dt.timedelta(days=1))
        if product == "car":
            later = [raised + dt.timedelta(days=days) for days in (5, 25, 40, 26)]
            one = replace(one, decided=later[0], decision="yes", shipped=later[1], checked=later[2], told=later[3])
        found.append(one)
    return tuple(found)


def review(
    folder: Path, feedback: tuple[Signal, ...] | None, *, frame: str = "north_star", name: str = "Car"
) -> Outcomes:
    """Return a review of use that grows by half a year for cars and stays for homes."""
    months = [dt.date(2024 + place // 12, place % 12 + 1, 1) for place in range(9, 33)]
    growth = {"car": 0.5, "home": 0.0}
    rows = [
        {"id": f"{key}{place}", "day": month, "product": key, "uses": 1000 * (1 + yearly) ** (place / 12)}
        for key, yearly in growth.items()
        for place, month in enumerate(months)
    ]
    shares = samples.product_map(
        ["car", "home"], ("car", "product_line", "motor", 1.0), ("home", "product_line", "house", 1.0)
    )
    entries = (ProductEntry("car", name, "retire"), ProductEntry("home", "Home", "sustain"))
    inputs = samples.Bench(folder).inputs(
        {"use": pd.DataFrame(rows)},
        [Metric("uses", "Uses", "sum", Measure("use", "sum", "uses"), frame=frame)],
        replace(shares, products=entries),
        tables=[FactTable("use", ("id",), "day", "product", kind="period")],
        feedback=feedback,
    )
    result = outcomes.measure(inputs)
    assert isinstance(result, Outcomes)
    return result


@pytest.mark.parametrize("make", EXHIBITS)
def test_an_exhibit_says_one_thing_and_names_its_figures(make: Callable[..., Exhibit], tmp_path: Path) -> None:
    """A short claim, a source, and ids of figures that exist."""
    result = review(tmp_path, sheet())
    exhibit = make(result)
    assert len(exhibit.claim) <= CLAIM_LENGTH
    assert exhibit.claim.endswith(".")
    assert isinstance(exhibit.content, Chart | Table)
    assert exhibit.content.source
    known = {figure.id for figure in outcomes.figures(result)}
    used = exhibit.content.figure_ids() if isinstance(exhibit.content, Chart) else exhibit.content.figures
    assert {one for ids in used for one in ids} <= known
    assert all(used)
    assert Exhibit.from_dict(exhibit.to_dict()) == exhibit


def test_the_steps_say_what_is_open_and_what_is_not_reached(tmp_path: Path) -> None:
    """Half of eight are decided, so half is reached and three quarters are not."""
    content = loop_exhibit(review(tmp_path, sheet())).content
    assert isinstance(content, Table)
    row = next(held for held in content.rows if held[0] == "From raised to decided")
    assert row[1:3] == (8, 4)
    assert row[3] == "5"
    assert row[-1] == "longer than 67"
    assert content.claim == "Half of 8 signals are decided within 5 days; 4 of 8 are still open."


def test_lines_stand_with_their_interval_and_count(tmp_path: Path) -> None:
    """All of the cars' and none of the homes', each with the interval of four signals."""
    exhibit = loop_lines_exhibit(review(tmp_path, sheet()))
    assert exhibit.claim == "Motor decides all 4 signals within 30 days, House none of 4."
    assert isinstance(exhibit.content, Chart)
    rows = dict(
        zip(
            exhibit.content.role("label"),
            zip(*(exhibit.content.role(r) for r in ("value", "low", "high", "n")), strict=True),
            strict=True,
        )
    )
    assert rows["Motor"] == pytest.approx((1.0, 0.3976, 1.0, 4), abs=1e-4)  # Clopper and Pearson, 4 of 4
    assert rows["All signals"][0] == pytest.approx(0.5)
    assert "Hotline (channel)" in rows
    assert "Signals" in repr(exhibit)
    assert "Answers" not in repr(exhibit)


def test_stages_that_differ_carry_the_accent(tmp_path: Path) -> None:
    """The declared stage stands in brackets; what contradicts it is highlighted."""
    exhibit = stages_exhibit(review(tmp_path, None))
    assert exhibit.claim == "The use of 1 of 2 products suggests another stage than the one declared."
    assert isinstance(exhibit.content, Chart)
    assert exhibit.content.highlight == ("Car (retire)",)


def test_nothing_to_say_reads_well(tmp_path: Path) -> None:
    """Without signals the table that would answer is named; without a metric of use, the frame that would."""
    result = review(tmp_path, None, frame="")
    for make in (loop_exhibit, loop_lines_exhibit):
        note = make(result).content
        assert isinstance(note, Note)
        assert note.tables == ("feedback",)
        assert note.claim == "How long signals of customers wait for a decision could not be answered."
    note = stages_exhibit(result).content
    assert isinstance(note, Note)
    assert "heart.engagement, heart.adoption or north_star" in note.detail
    off = Off("outcomes", "Nothing could be measured.", ("metrics",))
    assert all(isinstance(make(off).content, Note) for make in EXHIBITS)


@pytest.mark.parametrize("make", EXHIBITS)
def test_words_of_clients_are_drawn_as_they_stand(make: Callable[..., Exhibit], tmp_path: Path) -> None:
    """Markup and money signs of a channel or product neither run nor break the picture."""
    exhibit = make(review(tmp_path, sheet(HOSTILE), name=HOSTILE))
    assert len(exhibit.claim) <= CLAIM_LENGTH
    assert isinstance(exhibit.content, Chart | Table)
    assert "<script>" not in slide_svg(exhibit.content)


def test_few_signals_claim_little(tmp_path: Path) -> None:
    """Below five signals no time is claimed."""
    result = review(tmp_path, sheet()[:3])
    assert loop_exhibit(result).claim == "3 signals: too few to say how long a decision takes."
    assert loop_lines_exhibit(result).claim == "3 signals do not tell the lines apart."
