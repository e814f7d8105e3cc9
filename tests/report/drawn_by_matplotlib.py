"""Our sheets drawn by matplotlib's own figures: a second opinion on where words end and what pixels look like."""

from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from workbench import theme
from workbench.report.drawing.canvas import Canvas
from workbench.report.drawing.letters import BASELINE, installed_fonts
from workbench.report.drawing.marks import Bar, Dot, Line, Words

STYLE = {"text.parse_math": False, "lines.solid_capstyle": "butt", "lines.dash_capstyle": "butt"}


def figure_of(sheet: Canvas, dpi: float = 72) -> Any:
    """Return a figure with an artist for each mark, in points from the upper left corner."""
    with rc_context(STYLE):
        figure = Figure(figsize=(sheet.width / 72, sheet.height / 72), dpi=dpi, facecolor=theme.PAPER)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, sheet.width)
        axes.set_ylim(sheet.height, 0)
        axes.set_autoscale_on(False)
        for mark in sheet.marks:
            _add(axes, mark)
    return figure


def _add(axes: Any, mark: Words | Line | Bar | Dot) -> None:
    match mark:
        case Words():
            axes.text(
                mark.x, mark.y + BASELINE * mark.size, mark.text, fontsize=mark.size, color=mark.colour,
                family=list(installed_fonts()), fontweight=mark.weight, fontstyle=mark.style, ha=mark.align,
                va="baseline", clip_on=False, zorder=mark.order,
            )  # fmt: skip
        case Line():
            xs, ys = zip(*((float("nan"),) * 2 if point is None else point for point in mark.points), strict=True)
            axes.plot(
                xs, ys, color=mark.colour, linewidth=mark.width, zorder=mark.order, clip_on=False,
                linestyle=(0, mark.dashes) if mark.dashes else "solid",
            )  # fmt: skip
        case Bar():
            shape = Rectangle(
                (mark.x0, mark.y0), mark.x1 - mark.x0, mark.y1 - mark.y0, facecolor=mark.colour, alpha=mark.alpha,
                linewidth=0, zorder=mark.order,
            )  # fmt: skip
            axes.add_patch(shape)
            shape.set_clip_on(False)
        case Dot():
            axes.plot(
                [mark.x], [mark.y], marker=mark.shape, markersize=mark.size, markerfacecolor=mark.heart,
                markeredgecolor=mark.colour, markeredgewidth=mark.rim, zorder=mark.order, clip_on=False,
            )  # fmt: skip
