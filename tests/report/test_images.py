"""Each exhibit as SVG and as slide-size PNG."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest
import report_samples as samples
from matplotlib.figure import Figure as Drawing

from workbench.report.drawing import draw
from workbench.report.drawing.marks import Words
from workbench.report.exhibit import Exhibit, exhibit_from_figure
from workbench.report.images import write_images
from workbench.report.story import Report


def test_each_exhibit_has_two_files_of_the_right_size(tmp_path, report):
    """Charts and tables become an SVG that parses and a PNG of 1600 × 900 pixels; a note becomes nothing."""
    files = write_images(report, tmp_path / "exhibits")
    drawn = [exhibit.key for _, exhibit in report.exhibits() if exhibit.key != "outcomes-off"]
    assert sorted(path.name for path in (tmp_path / "exhibits").iterdir()) == sorted(path.name for path in files)
    assert len(files) == 2 * len(drawn)
    for path in files:
        if path.suffix == ".png":
            held = path.read_bytes()
            assert (int.from_bytes(held[16:20], "big"), int.from_bytes(held[20:24], "big")) == (1600, 900)
        else:
            assert ET.fromstring(path.read_text(encoding="utf-8")).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314


def test_a_slide_carries_claim_subtitle_and_source(tmp_path):
    """A picture pasted elsewhere still says what it shows and where it comes from."""
    svg = draw.slide_svg(samples.ranked())
    for words in ("Travel stands at 1.9", "Level by line, scale 1 to 5", "Source: survey, wave 2026-09"):
        assert words in svg


def test_a_table_is_drawn_with_all_its_cells():
    """Each cell of a table stands on its slide."""
    svg = draw.slide_svg(samples.listed())
    assert all(f">{words}<" in svg for row in samples.listed().cells() for words in row)


def test_a_long_table_shrinks_until_it_fits():
    """Forty rows still lie on the slide."""
    rows = tuple((f"Line {place} of a rather long name", 1e6 + place, 0.5, place) for place in range(40))
    long = replace(samples.listed(), rows=rows, figures=(), totals=())
    sheet = draw.draw_chart(long, width=draw.SLIDE_WIDTH, height=draw.SLIDE_HEIGHT, size=draw.SLIDE_TEXT)
    held = [mark.y for mark in sheet.marks if isinstance(mark, Words)]
    assert max(held) < draw.SLIDE_HEIGHT


def test_an_analysts_picture_is_written_as_it_was(tmp_path):
    """An analyst's figure keeps its drawing and its shape, within a slide."""
    drawing = Drawing(figsize=(4, 4))
    drawing.subplots().plot([1, 2], [3, 4])
    exhibit = exhibit_from_figure(drawing, claim="Up to 4.", alt="Line", source="own", data={"x": [1, 2]})
    files = write_images(Report(samples.META, (samples.chapter().add(exhibit),)), tmp_path)
    held = files[1].read_bytes()
    assert int.from_bytes(held[20:24], "big") == 900
    assert files[0].read_text(encoding="utf-8") == exhibit.content.svg


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "$5m to $3m", "a & b", "日本語"])
def test_hostile_names_stay_text_in_a_file(words):
    """A name that looks like markup is text in the SVG file."""
    exhibit = Exhibit("one", replace(samples.listed(), rows=((words, 1.0, 0.5, 2),), figures=(), totals=()))
    root = ET.fromstring(draw.slide_svg(exhibit.content))  # noqa: S314
    assert words in [held.text for held in root.iter("{http://www.w3.org/2000/svg}text")]
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
