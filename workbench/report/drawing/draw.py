"""Draw a chart: on a page (wide or narrow), in a notebook, or on a slide; as SVG text or as PNG.

The same bytes come out twice: no date, no name of a program, ids that depend on the exhibit alone.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from typing import Any

from workbench import theme
from workbench.report.charts import Chart
from workbench.report.drawing import axes, panels, rows, ruled, tradeoffs
from workbench.report.drawing.canvas import LINE, Canvas, balance_text, house_style, new_canvas
from workbench.report.tables import Table

PAGE_WIDTH, PHONE_WIDTH = 760.0, 350.0
"""Widths of a chart on the page, in points (one CSS pixel each)."""

SLIDE_WIDTH, SLIDE_HEIGHT, SLIDE_DPI = 1152.0, 648.0, 100
"""A slide: 16 × 9 inches in points; at this resolution 1600 × 900 pixels."""

SLIDE_TEXT = 19.0
"""Ordinary text on a slide, in points; it shrinks where a chart needs more room."""

_FAMILY = "Arial,Helvetica,Liberation Sans,sans-serif"
"""Every machine has one of them; their widths are those the chart was laid out with."""

_DRAWERS: dict[str, Callable[[Canvas, Chart], None]] = {
    "bar_ranked": rows.draw_bar_ranked,
    "bar_diverging": rows.draw_bar_diverging,
    "stacked_diverging": rows.draw_stacked_diverging,
    "dots_intervals": rows.draw_dots_intervals,
    "waterfall": rows.draw_waterfall,
    "slope": axes.draw_slope,
    "response_curves": axes.draw_response_curves,
    "process_behaviour": axes.draw_process_behaviour,
    "lines_over_time": axes.draw_lines_over_time,
    "behaviour_panels": panels.draw_behaviour_panels,
    "funnel": panels.draw_funnel,
    "frontier": tradeoffs.draw_frontier,
}
_HEIGHTS: dict[str, Callable[[Chart, Canvas], float]] = {
    "slope": axes.slope_height,
    "response_curves": axes.response_height,
    "process_behaviour": axes.time_height,
    "lines_over_time": axes.time_height,
    "behaviour_panels": panels.panels_height,
    "funnel": panels.funnel_height,
    "frontier": tradeoffs.frontier_height,
}


def natural_height(chart: Chart | Table, canvas: Canvas) -> float:
    """Return how high the marks of a chart, or a table, would like to be on this sheet, in points."""
    if isinstance(chart, Table):
        return ruled.table_height(chart, canvas)
    return _HEIGHTS.get(chart.kind, rows.rows_height)(chart, canvas)


def draw_chart(
    chart: Chart | Table,
    *,
    width: float = PAGE_WIDTH,
    size: float = 13.0,
    height: float | None = None,
    is_framed: bool = True,
) -> Any:
    """Return the matplotlib figure of a chart or a table; call it and its saving inside `house_style`.

    Parameters
    ----------
    chart : Chart or Table
    width, size : float
        Width of the figure and size of ordinary text, in points.
    height : float or None
        Points; None takes what the chart would like, a given height shrinks the text if it must.
    is_framed : bool
        Write claim, subtitle and source on the figure; a page writes them itself.
    """
    margin = width * 0.035 if is_framed and height is not None else 12.0 if is_framed else 2.0
    trial = new_canvas(width, 100.0, size, margin=margin)
    frame = _frame_height(trial, chart) if is_framed else 0.0
    wanted = natural_height(chart, trial) + frame + 2 * margin
    while height is not None and wanted > height and size > 6:  # smaller text breaks into fewer lines: try again
        size *= max(0.8, min(0.97, height / wanted))
        trial = new_canvas(width, 100.0, size, margin=margin)
        wanted = natural_height(chart, trial) + (_frame_height(trial, chart) if is_framed else 0.0) + 2 * margin
    canvas = new_canvas(width, height if height is not None else wanted, size, margin=margin)
    if is_framed:
        canvas = _frame(canvas, chart)
    if isinstance(chart, Table):
        ruled.draw_table(canvas, chart)
    else:
        _DRAWERS[chart.kind](canvas, chart)
    return canvas.figure


def _frame_lines(canvas: Canvas, chart: Chart | Table) -> tuple[list[str], list[str], list[str]]:
    wide = canvas.right - canvas.left
    claim = balance_text(chart.claim, wide, canvas.size * 1.4, "bold", 3)
    subtitle = canvas.wrap(chart.subtitle, wide, 1.0, lines=3) if chart.subtitle else []
    source = canvas.wrap(f"Source: {chart.source}", wide, 0.8, lines=2)
    return claim, subtitle, source


def _frame_height(canvas: Canvas, chart: Chart | Table) -> float:
    claim, subtitle, source = _frame_lines(canvas, chart)
    return canvas.size * (LINE * (1.4 * len(claim) + len(subtitle) + 0.8 * len(source)) + 2.4)


def _frame(canvas: Canvas, chart: Chart | Table) -> Canvas:
    """Write claim and subtitle on the figure's left edge, the source at its foot; return what is left."""
    claim, subtitle, source = _frame_lines(canvas, chart)
    y = canvas.top
    for lines, scale, colour, weight in ((claim, 1.4, theme.INK, "bold"), (subtitle, 1.0, theme.SLATE, "normal")):
        for line in lines:
            y += canvas.size * scale * LINE / 2
            canvas.text(canvas.left, y, line, scale=scale, colour=colour, weight=weight)
            y += canvas.size * scale * LINE / 2
        y += canvas.size * 0.15
    foot = canvas.bottom
    for line in reversed(source):
        canvas.text(canvas.left, foot - canvas.size * 0.4, line, scale=0.8, colour=theme.SLATE)
        foot -= canvas.size * 0.8 * LINE
    return canvas.inside(top=y + canvas.size * 0.9, bottom=foot - canvas.size * 0.9)


def png_bytes(chart: Chart, *, dpi: int = 144) -> bytes:
    """Return a chart with its frame as a notebook shows it.

    Parameters
    ----------
    chart : Chart
    dpi : int
        Pixels an inch; 72 is one a point.
    """
    with house_style():
        return _png(draw_chart(chart), dpi)


def slide_png(chart: Chart | Table) -> bytes:
    """Return a chart or a table at the size of a slide, 1600 × 900 pixels."""
    with house_style():
        return _png(draw_chart(chart, width=SLIDE_WIDTH, height=SLIDE_HEIGHT, size=SLIDE_TEXT), SLIDE_DPI)


def slide_svg(chart: Chart | Table) -> str:
    """Return a chart or a table at the size of a slide as an SVG file of its own."""
    with house_style():
        figure = draw_chart(chart, width=SLIDE_WIDTH, height=SLIDE_HEIGHT, size=SLIDE_TEXT)
        return tidy_svg(_svg(figure), prefix="", is_file=True)


def slide_drawings(chart: Chart | Table) -> tuple[str, bytes]:
    """Return what `slide_svg` and `slide_png` would, laid out once."""
    with house_style():
        figure = draw_chart(chart, width=SLIDE_WIDTH, height=SLIDE_HEIGHT, size=SLIDE_TEXT)
        return tidy_svg(_svg(figure), prefix="", is_file=True), _png(figure, SLIDE_DPI)


def page_svg(chart: Chart, prefix: str, *, is_phone: bool = False) -> str:
    """Return a chart without its frame, to stand inside a page.

    Parameters
    ----------
    chart : Chart
    prefix : str
        Put before every id, for two charts on a page share some eighty.
    is_phone : bool
        Narrow, for a phone held upright.
    """
    with house_style():
        width, size = (PHONE_WIDTH, 13.0) if is_phone else (PAGE_WIDTH, 13.5)
        figure = draw_chart(chart, width=width, size=size, is_framed=False)
        return tidy_svg(_svg(figure), prefix=prefix, is_file=False)


def picture_of(figure: Any) -> tuple[str, str]:
    """Return an analyst's figure as SVG text and as a slide-size PNG in base 64.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Or anything that has one as its ``figure``.
    """
    from matplotlib.text import Text

    drawn = getattr(figure, "figure", figure)
    for held in drawn.findobj(Text):
        if "\\" not in held.get_text():  # "$5m to $3m" is money; a formula has a backslash somewhere
            held.set_parse_math(False)
    with house_style():
        wide, high = drawn.get_size_inches()
        dpi = min(1600 / wide, 900 / high)
        svg = tidy_svg(_svg(drawn), prefix="", is_file=True)
        return svg, base64.b64encode(_png(drawn, dpi)).decode("ascii")


def _png(figure: Any, dpi: float) -> bytes:
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=dpi, metadata={"Software": None})
    return held.getvalue()


def _svg(figure: Any) -> str:
    held = io.StringIO()
    figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return held.getvalue()


def tidy_svg(svg: str, *, prefix: str, is_file: bool) -> str:
    """Return matplotlib's SVG without head, metadata and comments, smaller, its ids its own.

    Parameters
    ----------
    svg : str
    prefix : str
        Put before every id and every reference to one.
    is_file : bool
        Keep width, height and the name space, which a file of its own needs and a page does not.
    """
    text = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # A style element would speak to the whole page.
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = re.sub(r"(?<= )d=\"([^\"]*)\"", lambda found: f'd="{_short_path(found.group(1))}"', text)
    text = re.sub(r"(\d+\.\d\d)\d+", r"\1", text)
    text = re.sub(r' (x|y)="(-?\d+\.\d)\d+"', r' \1="\2"', text)
    text = re.sub(r' transform="rotate\(-?0(?:\.0+)? [^)]*\)"', "", text)
    text = re.sub(r"font: ([^;\"]*)", _font, text)  # how matplotlib writes it depends on its version
    text = re.sub(r"font-family: [^;\"]*(; )?", "", text)  # the family stands once, at the root
    text = re.sub(r' style="([^"]*)"', lambda found: re.sub(r"([:;]) ", r"\1", found.group(0)), text)
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
    kept = {name for pair in used for name in pair if name}
    text = re.sub(r' id="([^"]+)"', lambda found: found.group(0) if found.group(1) in kept else "", text)
    head = re.search(r'<svg[^>]*viewBox="([^"]*)"[^>]*>', text)
    if head is None:  # matplotlib always writes one
        return text
    box = head.group(1)
    _, _, wide, high = box.split()
    own = f' xmlns="http://www.w3.org/2000/svg" width="{wide}pt" height="{high}pt"' if is_file else ""
    start = f'<svg{own} viewBox="{box}" style="stroke-linejoin:round;stroke-linecap:butt;font-family:{_FAMILY}">'
    text = start + text[head.end() :]
    if prefix:
        text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
        text = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}-\1"', text)
        text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r"<defs>\s*</defs>", "", _without_plain_groups(text))
    return re.sub(r">\s+<", "><", text).strip()


def _short_path(path: str) -> str:
    """Return a path's data to a tenth of a pixel; a line that goes on says so once.

    Examples
    --------
    >>> _short_path("M 0 1.2345 L 10.04 2.96 L 3.5 4 z")
    'M0 1.2 10 3 3.5 4z'
    """
    parts: list[str] = []
    before = ""
    for token in path.split():
        if token[0].isalpha():
            if token != "L" or before not in ("M", "L"):  # noqa: S105 (a letter of a path)
                parts.append(token)
            before = token
        else:
            number = f"{float(token):.1f}".removesuffix(".0")
            parts.append("0" if number == "-0" else number)
    return re.sub(r" ?([A-Za-z]) ?", r"\1", " ".join(parts))


def _without_plain_groups(text: str) -> str:
    """Drop groups that say nothing about what they hold: matplotlib puts one around every line."""
    kept, is_plain = [], []
    for piece in re.split(r"(<g\b[^>]*>|</g>)", text):
        if re.match(r"<g\b", piece):
            is_plain.append(piece == "<g>")
        if not (re.match(r"</?g\b", piece) and is_plain[-1]):
            kept.append(piece)
        if piece == "</g>":
            is_plain.pop()
    return "".join(kept)


def _font(found: re.Match[str]) -> str:
    """Keep weight, slant and size."""
    words = found.group(1).split()
    size = next((word for word in words if word.endswith("px")), "13px")
    parts = [f"font-size:{float(size[:-2]):g}px"]
    parts += ["font-weight:bold"] if {"bold", "700"} & set(words) else []
    parts += ["font-style:italic"] if "italic" in words else []
    return ";".join(parts)
