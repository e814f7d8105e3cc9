"""How sheets are written: pixels beside matplotlib's own, SVG that any program reads, and widths of words."""

import io
import string
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import report_samples as samples
from drawn_by_matplotlib import figure_of
from matplotlib import rc_context
from PIL import Image

from workbench import theme
from workbench.report import tables
from workbench.report.drawing import canvas, draw, letters, png, ruled, svg
from workbench.report.drawing.marks import Bar, Dot, Line, Words

MAKERS = [pytest.param(make, id=make.__name__) for make in samples.ALL]
SVG = "{http://www.w3.org/2000/svg}"


def blurred(pixels: np.ndarray) -> np.ndarray:
    """Return means of 8 × 8 pixels: what is seen, not on which side of a pixel a letter begins."""
    high, wide = (side - side % 8 for side in pixels.shape[:2])
    return pixels[:high, :wide, :3].astype(float).reshape(high // 8, 8, wide // 8, 8, 3).mean(axis=(1, 3))


@pytest.mark.parametrize("make", MAKERS)
def test_pixels_are_those_of_matplotlib(make):
    """A slide looks as it would if matplotlib had drawn every mark as an artist of its own."""
    sheet = draw.draw_chart(make(), width=draw.SLIDE_WIDTH, height=draw.SLIDE_HEIGHT, size=draw.SLIDE_TEXT)
    ours = png.paint(sheet, draw.SLIDE_DPI)
    figure = figure_of(sheet, draw.SLIDE_DPI)
    with rc_context({"text.hinting": "none"}):
        figure.canvas.draw()
    theirs = np.asarray(figure.canvas.buffer_rgba())
    assert ours.shape == theirs.shape
    gap = np.abs(blurred(ours) - blurred(theirs))
    # Letters stand on other parts of a pixel; a mark that is missing or elsewhere is much more.
    assert gap.mean() < 0.6
    assert gap.max() < 75


def test_every_mark_is_painted_where_it_stands():
    """Without letters the pixels are matplotlib's to the last one."""
    sheet = canvas.new_canvas(144, 72, 13)
    sheet.marks += [
        Bar(10, 60, 10, 30, theme.BLUE),
        Bar(40, 90, 20, 50, theme.VERMILLION, 0.5, 2),
        Line(((5.0, 70.0), (60.0, 40.0), None, (70.0, 60.0), (110.0, 60.0)), theme.SLATE, 1.3, None, 2),
        Line(((5.0, 65.0), (110.0, 65.0)), theme.INK, 2.0, (3.0, 2.0), 2),
    ]
    figure = figure_of(sheet, 100)
    figure.canvas.draw()
    theirs = np.asarray(figure.canvas.buffer_rgba())
    np.testing.assert_allclose(png.paint(sheet, 100).astype(int), theirs.astype(int), atol=1)


@pytest.mark.parametrize("shape", ["o", "s", "D", "^"])
def test_each_kind_of_dot_has_its_shape(shape):
    """Series differ by shape as well as by colour: each is matplotlib's, and no other."""
    sheet = canvas.new_canvas(72, 72, 26)
    sheet.dot(36, 36, marker=shape, is_filled=False, scale=1.0)
    figure = figure_of(sheet, 144)
    figure.canvas.draw()
    theirs = blurred(np.asarray(figure.canvas.buffer_rgba()))
    ours = {one: replace(sheet, marks=[replace(sheet.marks[0], shape=one)]) for one in "osD^"}
    gaps = {one: np.abs(blurred(png.paint(held, 144)) - theirs).max() for one, held in ours.items()}
    assert gaps.pop(shape) < 75  # matplotlib moves its marks to whole pixels
    assert min(gaps.values()) > 150
    root = ET.fromstring(svg.write_svg(sheet, is_file=True))  # noqa: S314
    drawn = list(root)[1]
    assert drawn.tag == f"{SVG}{'circle' if shape == 'o' else 'path'}"
    assert drawn.get("d", "").count("L") == {"o": 0, "s": 3, "D": 3, "^": 2}[shape]


@pytest.mark.parametrize("count", [3, 256, 257, 4000])
def test_no_colour_is_lost(count):
    """A PNG holds the very pixels, whether their colours fit a palette or not."""
    numbers = np.arange(60 * 90).reshape(60, 90) % count
    pixels = np.full((60, 90, 4), 255, dtype=np.uint8)
    pixels[:, :, 0], pixels[:, :, 1] = numbers % 256, numbers // 256
    held = Image.open(io.BytesIO(png.encode_png(pixels, 100)))
    assert held.mode == ("P" if count <= 256 else "RGB")
    assert held.info["dpi"] == pytest.approx((100, 100), abs=0.1)
    assert (np.asarray(held.convert("RGB")) == pixels[:, :, :3]).all()


@pytest.mark.parametrize("weight", ["normal", "bold"])
def test_the_table_of_widths_agrees_with_shaped_text(weight):
    """Adding up letters and pairs gives what the font's own shaping gives, to a thousandth."""
    words = ["AVATAR Tools", "To. We, y. 11 %", "Flow and learning between development and operations", "3.5 of 3.4 →"]
    for line in [*words, string.ascii_letters + string.digits + string.punctuation]:
        assert letters.text_width(line, 1.0, weight) == pytest.approx(letters._shaped(line, weight), rel=0.005)


def test_scripts_of_others_are_measured_as_shaped():
    """A text in another script has a width, and wrapping it ends."""
    for words in ("日本語の長い名前", "שלום עולם", "नमस्ते दुनिया"):
        assert letters.text_width(words, 12) > 12
        assert canvas.wrap_text(words * 20, 100, 12, most_lines=2)


@pytest.mark.parametrize("make", MAKERS)
def test_svg_holds_every_mark(make):
    """Each word, line, bar and dot is one element, and any program can read the file."""
    sheet = draw.draw_chart(make(), width=draw.SLIDE_WIDTH, height=draw.SLIDE_HEIGHT, size=draw.SLIDE_TEXT)
    root = ET.fromstring(svg.write_svg(sheet, is_file=True))  # noqa: S314
    found = [held.tag.removeprefix(SVG) for held in root.iter()]
    of_kind = {kind: sum(isinstance(mark, kind) for mark in sheet.marks) for kind in (Words, Line, Bar, Dot)}
    round_ones = sum(isinstance(mark, Dot) and mark.shape == "o" for mark in sheet.marks)
    assert found.count("text") == of_kind[Words]
    assert found.count("circle") == round_ones
    assert found.count("path") == 1 + of_kind[Line] + of_kind[Bar] + of_kind[Dot] - round_ones
    assert [held.text for held in root.iter(f"{SVG}text")] == [
        mark.text for mark in sheet.in_order() if isinstance(mark, Words)
    ]


def test_what_lies_higher_is_written_later():
    """Marks lie on each other by their order, and in the order of drawing where that is the same."""
    sheet = canvas.new_canvas(100, 100, 13)
    sheet.dot(50, 50)
    sheet.text(0, 10, "first")
    sheet.text(0, 20, "second")
    sheet.bar(0, 10, 0, 10, colour=theme.BLUE)
    assert [type(mark).__name__ for mark in sheet.in_order()] == ["Bar", "Words", "Words", "Dot"]
    assert [mark.text for mark in sheet.in_order()[1:3]] == ["first", "second"]


def test_a_line_says_once_that_it_goes_straight():
    """Level and upright pieces name one number, and None begins anew."""
    sheet = canvas.new_canvas(100, 100, 13)
    sheet.line([0, 10, 10, None, 20, 30], [5, 5, 20, None, 1, 2.25])
    assert 'd="M0 5H10V20M20 1L30 2.2"' in svg.write_svg(sheet, is_file=False)


@pytest.mark.parametrize("size", [7.0, 8.5, 9.0, 11.0])
def test_words_of_a_row_stand_on_one_line(size):
    """Whatever letters follow: one that hangs below or stands high moved a whole text by a pixel."""
    feet = set()
    for text in ("H", "Hp", "Hg,", "HÄ", "H(j)", "H’", "H4.91"):
        sheet = replace(canvas.new_canvas(144, 72, 13), marks=[Words(10, 30, text, size, "#000000", "normal")])
        stem = png.paint(sheet, 100)[:, 13:18, 0].min(axis=1)  # of the H: it begins at pixel 14
        feet.add(int(np.flatnonzero(stem < 128)[-1]))
    assert len(feet) == 1


@pytest.mark.parametrize("width", [draw.PHONE_WIDTH, draw.PAGE_WIDTH])
def test_parts_add_up_to_their_bar_and_words_stay_on_the_sheet(width):
    """Bars begin where the one before ended; what is open has the accent; what does not fit is left out or counted."""
    sheet = draw.draw_chart(samples.in_parts(), width=width, is_framed=False)
    bars = [mark for mark in sheet.marks if isinstance(mark, Bar)]
    assert [bar.colour for bar in bars] == [theme.MUTE] * 4 + [theme.BLUE] * 2
    whole = bars[2].x1 - bars[0].x0
    assert (bars[5].x1 - bars[5].x0) / whole == pytest.approx(2_300_000 / 7_700_001, abs=0.01)
    assert all(after.x0 - before.x1 < 1.3 for before, after in pairwise(bars[:3]))
    texts = [mark for mark in sheet.marks if isinstance(mark, Words)]
    ends = [word.x + letters.text_width(word.text, word.size, word.weight) for word in texts]
    assert max(ends) <= sheet.right + 0.5
    words = {word.text for word in texts}
    assert "Portal" in words, "it fits into its part"
    assert {"7.7 m€", "700 k€", "2.3 m€", theme.MISSING} <= words
    assert any(word.startswith("300 k€ ends without an owner") for word in words) == (width > 400)


def test_a_total_has_room_for_its_weight():
    """Words of a total are bold, and so wider: they end before the next column begins."""
    name = "Commercial insurance mmmmmmmmmm"
    data = {"line": ["Home", name], "what": ["1 project", "2 projects"], "is_total": [False, True]}
    said = {"claim": "A claim.", "subtitle": "What.", "source": "Source"}
    listed = tables.table(data, columns={"line": "Line", "what": "What"}, is_total="is_total", **said)
    sheet = canvas.new_canvas(500, 120, 13)
    ruled.draw_table(sheet, listed)
    words = {mark.text: mark for mark in sheet.marks if isinstance(mark, Words)}
    total = words[name]
    assert total.weight == "bold"
    assert total.x + letters.text_width(name, total.size, "bold") + sheet.size <= words["2 projects"].x
