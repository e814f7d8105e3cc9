"""Charts are values: plain, comparable, complete; and their drawings hold to the house's rules."""

import datetime as dt
import itertools
import json
import re
import warnings

import numpy as np
import pandas as pd
import pytest
import report_samples as samples
from drawn_by_matplotlib import figure_of
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import theme
from workbench.errors import ReportError
from workbench.report import charts
from workbench.report.chart import Chart
from workbench.report.drawing import canvas, draw, pictures
from workbench.report.drawing.marks import Bar, Dot, Words
from workbench.report.exhibit import Exhibit
from workbench.report.values import plain

MAKERS = [pytest.param(make, id=make.__name__) for make in samples.ALL]


def texts(sheet) -> list[str]:
    """Return all words on a sheet."""
    return [mark.text for mark in sheet.marks if isinstance(mark, Words)]


def boxes(sheet) -> list[tuple[str, float, float, float, float]]:
    """Return each text with its box in pixels, as matplotlib lays it out."""
    figure = figure_of(sheet)
    renderer = figure.canvas.get_renderer()
    found = []
    for held in figure.axes[0].texts:
        box = held.get_window_extent(renderer)
        found.append((held.get_text(), box.x0, box.y0, box.x1, box.y1))
    return found


def drawn(chart, **how):
    """Return a drawn sheet."""
    return draw.draw_chart(chart, **how)


@pytest.mark.parametrize("make", MAKERS)
def test_a_chart_survives_json(make):
    """A chart that went through JSON equals itself and hashes alike."""
    chart = make()
    got = Chart.from_dict(json.loads(json.dumps(chart.to_dict(), allow_nan=False)))
    assert got == chart
    assert hash(got) == hash(chart)


@pytest.mark.parametrize("make", MAKERS)
def test_the_text_holds_claim_subtitle_source_and_every_number(make):
    """A notebook's text repr prints claim, subtitle, every plotted number as rounded, and the source."""
    chart = make()
    got = repr(Exhibit("one", chart))
    assert got.startswith(f"{chart.claim}\n{chart.subtitle}\n")
    assert got.endswith(f"Source: {chart.source}")
    rows = [line.split() for line in got.splitlines()]
    for cells in Exhibit("one", chart).data().cells():
        wanted = [word for cell in cells for word in cell.split()]
        assert any(row[: len(wanted)] == wanted for row in rows)
    if chart.reference is not None:
        assert f"{chart.reference_label}: {chart.write(chart.reference)}" in got


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "how",
    [
        pytest.param({}, id="notebook"),
        pytest.param({"is_framed": False}, id="page"),
        pytest.param({"is_framed": False, "width": draw.PHONE_WIDTH}, id="phone"),
        pytest.param({"width": draw.SLIDE_WIDTH, "height": draw.SLIDE_HEIGHT, "size": draw.SLIDE_TEXT}, id="slide"),
    ],
)
def test_no_text_leaves_the_sheet(make, how):
    """On page, phone and slide every word lies on the sheet."""
    sheet = drawn(make(), **how)
    wide, high = sheet.width, sheet.height
    outside = [box for box in boxes(sheet) if box[1] < -1 or box[2] < -2 or box[3] > wide + 1 or box[4] > high + 2]
    assert outside == []


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("width", [draw.PAGE_WIDTH, draw.PHONE_WIDTH], ids=["page", "phone"])
def test_no_text_lies_on_another(make, width):
    """No two labels of a chart overlap by more than a hair."""
    held = boxes(drawn(make(), is_framed=False, width=width))
    clashes = [
        (one[0], other[0])
        for place, one in enumerate(held)
        for other in held[place + 1 :]
        if min(one[3], other[3]) - max(one[1], other[1]) > 2 and min(one[4], other[4]) - max(one[2], other[2]) > 4
    ]
    assert clashes == []


@pytest.mark.parametrize("make", MAKERS)
def test_only_colours_of_the_theme_are_drawn(make):
    """Every colour on a chart stands in the theme."""
    known = {theme.BLUE, theme.VERMILLION, theme.SLATE, theme.MUTE, theme.INK, theme.GRID, theme.PAPER}
    got = {colour.upper() for colour in re.findall(r"#[0-9a-fA-F]{6}", draw.page_svg(make()))}
    assert got <= {colour.upper() for colour in known}


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_chart_gives_the_same_bytes(make):
    """Drawing twice gives the same PNG and the same SVG, without date or program."""
    chart = make()
    assert draw.png_bytes(chart) == draw.png_bytes(chart)
    svg = draw.slide_svg(chart)
    assert svg == draw.slide_svg(chart)
    assert "matplotlib" not in svg.lower()
    assert "<metadata" not in svg


def test_bars_stand_sorted_from_zero():
    """Bars are sorted by value, a missing one last, and all start at zero."""
    chart = samples.ranked()
    assert chart.role("value") == (3.4, 3.1, 2.9, 2.2, 1.9, None)
    bars = [mark for mark in drawn(chart).marks if isinstance(mark, Bar) and mark.order == 1]
    assert len({round(bar.x0, 6) for bar in bars}) == 1
    widths = [bar.x1 - bar.x0 for bar in bars]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] / widths[-1] == pytest.approx(3.4 / 1.9)


def test_the_order_of_the_rows_does_not_change_a_ranked_chart():
    """Rows in any order make the same ranked chart."""
    data = pd.DataFrame({"line": list("abcd"), "value": [1.0, 3.0, 3.0, np.nan]})
    said = {"label": "line", "value": "value", "claim": "B leads with 3.", "subtitle": "x", "source": "y"}
    assert charts.bar_ranked(data, **said) == charts.bar_ranked(data.iloc[::-1], **said)


def test_a_highlight_is_bold_and_blue_and_the_rest_is_grey():
    """Colour never speaks alone: what carries the accent is bold as well."""
    bold = {mark.text for mark in drawn(samples.ranked()).marks if isinstance(mark, Words) and mark.weight == "bold"}
    assert {"Travel", "1.9"} <= bold
    assert "Home insurance" not in bold


def test_what_is_worse_than_its_target_stands_left_and_says_so():
    """Direction counts: more days than the target are worse and stand left."""
    chart = samples.diverging()
    got = dict(zip(chart.role("label"), chart.role("better"), strict=True))
    assert got == {"Motor insurance": -2.0, "Home insurance": -10.0, "Life": 4.0}
    assert chart.role("label")[0] == "Life"
    assert "worse than target" in texts(drawn(chart))


def test_a_hidden_group_shows_in_words():
    """A group below the minimum has no dot but the words "too few answers"."""
    got = texts(drawn(samples.dots()))
    assert "too few answers" in got
    assert "Life" in got


def test_eight_slopes_that_end_together_keep_their_names_apart():
    """Names at the end of a slope chart stand at least a line apart."""
    held = [box for box in boxes(drawn(samples.slopes(), is_framed=False)) if box[0].startswith("Activity")]
    middles = sorted((box[2] + box[4]) / 2 for box in held)
    assert len(middles) == 8
    assert min(np.diff(middles)) >= 13


def test_an_open_period_is_hollow_and_a_signal_is_a_diamond():
    """An unfinished period is hollow; a point outside the usual range has another shape and colour."""
    dots = [mark for mark in drawn(samples.behaviour()).marks if isinstance(mark, Dot)]
    hollow = [dot for dot in dots if dot.heart == theme.PAPER]
    diamonds = [dot for dot in dots if dot.shape == "D"]
    assert len(hollow) == 1
    assert len(diamonds) == 2


def test_events_keep_their_words():
    """What happened is written above the chart, dates as ISO text in the value."""
    chart = samples.behaviour()
    assert chart.marks == (("2025-11-01", "new claims system"), ("2025-06-15", "price change"))
    assert {"new claims system", "price change"} <= set(texts(drawn(chart)))


def test_dollars_stay_money():
    """Two dollar signs in a label are text, not mathematics."""
    words = "$5m to $3m"
    chart = charts.bar_ranked({"a": [words], "b": [1.0]}, label="a", value="b", claim="One.", subtitle="", source="s")
    assert words in draw.page_svg(chart)


@pytest.mark.parametrize("make", MAKERS)
def test_ids_of_two_drawings_never_meet(make):
    """A drawing inside a page has no ids, refers to nothing and loads nothing."""
    svg = draw.page_svg(make())
    assert not re.search(r"\bid=|href=|url\(", svg)
    assert not re.search(r"<style|<\?xml|<!DOCTYPE|https?://", svg)


def test_a_slide_has_1600_by_900_pixels():
    """A PNG for a slide is 1600 pixels wide and 900 high."""
    _, png = draw.slide_drawings(samples.ranked())
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == (1600, 900)


@pytest.mark.parametrize("missing", ["claim", "subtitle", "source"])
def test_claim_subtitle_and_source_have_no_default(missing):
    """A chart without claim, subtitle or source is not a chart."""
    said = {"claim": "One.", "subtitle": "x", "source": "y"}
    del said[missing]
    with pytest.raises(TypeError, match=missing):
        charts.bar_ranked({"a": ["x"], "b": [1.0]}, label="a", value="b", **said)


def test_an_unknown_column_is_named():
    """A misspelt column stops with its name."""
    with pytest.raises(ReportError, match="levl"):
        charts.dots_intervals(
            {"a": ["x"], "level": [1.0]}, label="a", value="levl", low=None, high=None, keep_order=True,
            claim="One.", subtitle="", source="s",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(np.float64(1.5), 1.5, id="numpy number"),
        pytest.param(np.int64(3), 3, id="numpy whole number"),
        pytest.param(np.bool_(True), True, id="numpy yes"),
        pytest.param(float("inf"), None, id="infinity"),
        pytest.param(pd.NA, None, id="NA"),
        pytest.param(pd.NaT, None, id="NaT"),
        pytest.param(pd.Timestamp("2026-09-30"), "2026-09-30", id="timestamp"),
        pytest.param(np.datetime64("2026-09-30"), "2026-09-30", id="numpy date"),
        pytest.param(dt.datetime(2026, 9, 30, 8, 30), "2026-09-30 08:30:00", id="date with time"),
        pytest.param(pd.Period("2026-09", "M"), "2026-09", id="period"),
    ],
)
def test_values_become_plain(value, expected):
    """What frames hold becomes Python's own plain values."""
    got = plain(value)
    assert got == expected
    assert type(got) is type(expected)


def test_a_list_is_no_value():
    """A list in a cell is refused with its words."""
    with pytest.raises(ReportError, match="list"):
        plain([1, 2])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.floats(0.5, 30))
def test_spreading_keeps_order_gap_and_bounds(wanted, gap):
    """Spread labels keep their order, stay inside, and keep the gap wherever it fits."""
    got = canvas.spread_apart(wanted, gap, 0, 100)
    fits = min(gap, 100 / max(1, len(wanted) - 1))
    placed = sorted(got)
    assert all(b - a >= fits - 1e-6 for a, b in itertools.pairwise(placed))
    assert min(got) >= -1e-6
    assert max(got) <= 100 + 1e-6
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    assert [got[place] for place in order] == placed


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(min_size=1, max_size=80), st.floats(20, 200))
def test_wrapped_text_fits(words, width):
    """No line of wrapped text is wider than asked, whatever the words."""
    lines = canvas.wrap_text(words, width, 12, most_lines=3)
    assert len(lines) <= 3
    assert all(canvas.text_width(line, 12) <= width or line == "…" for line in lines)


def test_a_clients_line_break_is_drawn_as_a_space():
    """No line of text holds two, none is measured as two, and no glyph is missing (a warning with a machine's path)."""
    sheet = canvas.new_canvas(200, 40, 13)
    sheet.text(0, 20, "Motor\n private\u2028cars")
    assert texts(sheet) == ["Motor private cars"]
    assert canvas.text_width("Motor\nprivate", 13) == canvas.text_width("Motor private", 13)
    with pictures.house_style():
        warnings.warn("Glyph 10 (\n) missing from font(s) Arial.", stacklevel=1)  # as matplotlib writes it
