"""Draw a chart: on a page (wide or narrow), in a notebook, or on a slide; as SVG text or as PNG.

Each form is laid out once, for its own width; what differs between a page and a file is written, not laid out anew. The
same bytes come out twice: no date, no name of a program.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench import theme
from workbench.report.chart import Chart
from workbench.report.drawing import axes, panels, rows, ruled, tradeoffs
from workbench.report.drawing.canvas import LINE, Canvas, balance_text, new_canvas
from workbench.report.drawing.png import paint_png
from workbench.report.drawing.svg import write_svg
from workbench.report.tables import Table

PAGE_WIDTH, PHONE_WIDTH = 760.0, 350.0
"""Widths of a chart on the page, in points (one CSS pixel each)."""

SLIDE_WIDTH, SLIDE_HEIGHT, SLIDE_DPI = 1152.0, 648.0, 100
"""A slide: 16 × 9 inches in points; at this resolution 1600 × 900 pixels."""

SLIDE_TEXT = 19.0
"""Ordinary text on a slide, in points; it shrinks where a chart needs more room."""

_DRAWERS: dict[str, Callable[[Canvas, Chart], None]] = {
    "bar_ranked": rows.draw_bar_ranked,
    "bar_parts": rows.draw_bar_parts,
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
) -> Canvas:
    """Return a chart or a table, drawn on a sheet.

    Parameters
    ----------
    chart : Chart or Table
    width, size : float
        Width of the sheet and size of ordinary text, in points.
    height : float or None
        Points; None takes what the chart would like, a given height shrinks the text if it must.
    is_framed : bool
        Write claim, subtitle and source on it; a page writes them itself.
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
    return canvas


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
    """Write claim and subtitle on the sheet's left edge, the source at its foot; return what is left."""
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
    return paint_png(draw_chart(chart), dpi)


def slide_svg(chart: Chart | Table) -> str:
    """Return a chart or a table at the size of a slide as an SVG file of its own."""
    return write_svg(_slide(chart), is_file=True)


def slide_drawings(chart: Chart | Table) -> tuple[str, bytes]:
    """Return what `slide_svg` returns, and the same sheet as PNG of 1600 × 900 pixels."""
    sheet = _slide(chart)
    return write_svg(sheet, is_file=True), paint_png(sheet, SLIDE_DPI)


def _slide(chart: Chart | Table) -> Canvas:
    return draw_chart(chart, width=SLIDE_WIDTH, height=SLIDE_HEIGHT, size=SLIDE_TEXT)


def page_svg(chart: Chart, *, is_phone: bool = False) -> str:
    """Return a chart without its frame, to stand inside a page.

    Parameters
    ----------
    chart : Chart
    is_phone : bool
        Narrow, for a phone held upright.
    """
    width, size = (PHONE_WIDTH, 13.0) if is_phone else (PAGE_WIDTH, 13.5)
    return write_svg(draw_chart(chart, width=width, size=size, is_framed=False), is_file=False)
