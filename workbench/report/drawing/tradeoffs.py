"""Draw two goals against each other: a stair of what is possible, where today and the plan stand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench import theme
from workbench.report.chart import Chart
from workbench.report.charts_tradeoffs import INSIDE, ON, PLAN, TODAY
from workbench.report.drawing.canvas import LINE, Canvas, Scale, ticks
from workbench.report.values import Plain

AIR, FOOT = 0.1, 0.16
"""Air around what is drawn, and below it, as shares of its range."""
FAR = 0.6
"""Today is drawn where it widens the range by less than this share of it; else only its direction is."""


def _number(value: Plain) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def frontier_height(chart: Chart, canvas: Canvas) -> float:
    """Return the height of a frontier, in points."""
    return canvas.size * (22.0 + LINE * _key_lines(canvas))


def _key_lines(canvas: Canvas) -> int:
    """Return how many lines under the axis say what the marks are."""
    return 1 if canvas.width > canvas.size * 40 else 3


@dataclass(frozen=True)
class _Mark:
    """A point: its name, place and kind."""

    name: str
    x: float
    y: float
    kind: str


def draw_frontier(canvas: Canvas, chart: Chart) -> None:
    """Draw the points and the stair between them, the plan and today; ends and points in `highlight` are named."""
    marks = [
        _Mark(str(name), _number(x), _number(y), str(kind))
        for name, x, y, kind in zip(
            chart.role("label"), chart.role("level"), chart.role("value"), chart.role("mark"), strict=True
        )
    ]
    points = [mark for mark in marks if mark.kind in (ON, INSIDE)]
    near = [mark for mark in marks if mark.kind == PLAN]
    today = next((mark for mark in marks if mark.kind == TODAY), None)
    is_far = today is not None and _is_far(today, [*points, *near])
    if today is not None and not is_far:
        near.append(today)
    shown = [*points, *near]
    goal, other = chart.order
    xs, ys = _ends([mark.x for mark in shown], AIR), _ends([mark.y for mark in shown], FOOT)
    down = [value for value in ticks(*ys) if ys[0] <= value <= ys[1]]
    across = [value for value in ticks(*xs, 4 if canvas.width > canvas.size * 40 else 3) if xs[0] <= value <= xs[1]]
    words = _written(down, chart.unit, chart.currency)
    left = canvas.left + max((canvas.measure(text, 0.85) for text in words), default=0.0) + canvas.size * 0.8
    top = canvas.top + canvas.size * LINE * 1.6
    foot = canvas.bottom - canvas.size * LINE * (2.4 + _key_lines(canvas))
    x_of, y_of = Scale(*xs, left + canvas.size * 0.4, canvas.right - canvas.size * 0.4), Scale(*ys, foot, top)
    canvas.text(canvas.left, canvas.top + canvas.size * 0.6, goal, scale=0.85, colour=theme.SLATE, weight="bold")
    for value, text in zip(down, words, strict=True):
        canvas.line([left, canvas.right], [y_of(value)] * 2, colour=theme.GRID, width=0.8, order=0)
        canvas.text(left - canvas.size * 0.5, y_of(value), text, scale=0.85, colour=theme.SLATE, align="right")
    canvas.line([left, canvas.right], [foot, foot], colour=theme.MUTE, width=0.8, order=0)
    below = foot + canvas.size * LINE * 0.75
    for value, text in zip(across, _written(across, chart.level_unit, chart.currency), strict=True):
        canvas.line([x_of(value)] * 2, [foot, foot + canvas.size * 0.3], colour=theme.MUTE, width=0.8, order=0)
        canvas.text(x_of(value), below, text, scale=0.85, colour=theme.SLATE, align="center")
    below += canvas.size * LINE
    canvas.text(canvas.right, below, other, scale=0.85, colour=theme.SLATE, weight="bold", align="right")
    _draw_stair(canvas, points, x_of, y_of)
    _draw_names(canvas, chart, points, near, x_of, y_of)
    far = today if is_far else None
    _draw_key(canvas, chart, points, far, below + canvas.size * LINE * 1.1)


def _is_far(today: _Mark, others: Sequence[_Mark]) -> bool:
    """Return whether showing today would leave the rest little room."""
    for held, value in (([mark.x for mark in others], today.x), ([mark.y for mark in others], today.y)):
        low, high = min(held), max(held)
        if max(low - value, value - high, 0.0) > FAR * (high - low):
            return True
    return False


def _ends(values: Sequence[float], below: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    span = high - low or 0.5 * abs(high) or 5.0
    return low - below * span, high + AIR * span


def _written(values: Sequence[float], unit: str, currency: str) -> list[str]:
    """Return the ends of grid lines with as many digits as tell them apart."""
    if not values:
        return []
    sign, largest = "", max(abs(value) for value in values)
    factor = 1.0
    if unit == "currency":
        factor = 1e6 if largest >= 999_500 else 1e3 if largest >= 9_950 else 1.0
        sign = f" {({1e6: 'm', 1e3: 'k'}).get(factor, '')}{theme.currency_sign(currency)}"
    step = min((after - before for before, after in itertools.pairwise(values)), default=largest or 1.0)
    places = min(max(math.ceil(-math.log10(step / factor) - 1e-9), 0), 6) if step > 0 else 1
    if places and abs(step / factor * 10**places - round(step / factor * 10**places)) > 1e-6:
        places += 1  # a step of 2.5
    return [f"{theme.number(value / factor, places)}{sign}" for value in values]


def _draw_stair(canvas: Canvas, points: Sequence[_Mark], x_of: Scale, y_of: Scale) -> None:
    """Draw what is had for certain between two points: the later one."""
    xs, ys = [x_of.start], [y_of(points[0].y)]
    for before, point in zip([points[0], *points], points, strict=False):
        xs += [x_of(before.x), x_of(before.x), x_of(point.x)]
        ys += [y_of(before.y), y_of(point.y), y_of(point.y)]
    xs.append(x_of(points[-1].x))
    ys.append(y_of.start)
    canvas.line(xs, ys, colour=theme.MUTE, width=1.3, order=1)
    for point in points:
        canvas.dot(x_of(point.x), y_of(point.y), colour=theme.BLUE, is_filled=point.kind == ON, scale=0.5)


def _draw_names(
    canvas: Canvas, chart: Chart, points: Sequence[_Mark], near: Sequence[_Mark], x_of: Scale, y_of: Scale
) -> None:
    """Name the ends, the highlighted points, the plan and today, where a falling stair leaves room."""
    step = canvas.size * 0.9
    taken: list[tuple[float, float, float]] = []  # left, right, height of what is written

    def write(x: float, y: float, words: str, *, colour: str, weight: str, align: str) -> None:
        wide = canvas.measure(words, 0.85, weight)
        start = x if align == "left" else x - wide
        if start + wide > canvas.right:  # no room beside the mark: above it
            start, y = canvas.right - wide, y - step * 0.8
        start = max(start, x_of.start)
        while any(
            start < right and start + wide > left and abs(y - at) < canvas.size * LINE for left, right, at in taken
        ):
            y += canvas.size * LINE * (1.0 if align == "right" else -1.0)
        taken.append((start, start + wide, y))
        canvas.text(start, y, words, scale=0.85, colour=colour, weight=weight, halo=True)

    first, last = points[0], points[-1]
    write(x_of(first.x), y_of(first.y) - step * 1.1, first.name, colour=theme.BLUE, weight="normal", align="left")
    for mark in near:
        is_plan = mark.kind == PLAN
        colour = theme.VERMILLION if is_plan else theme.INK
        canvas.dot(x_of(mark.x), y_of(mark.y), colour=colour, marker="D", is_filled=is_plan, scale=0.62)
        if is_plan:  # nothing stands to the upper right of a falling stair
            x, y, align = x_of(mark.x) + step, y_of(mark.y) - step * 0.5, "left"
        else:
            x, y, align = x_of(mark.x) - step, y_of(mark.y) + step, "right"
        write(x, y, mark.name, colour=theme.INK, weight="bold" if is_plan else "normal", align=align)
    if last is not first:
        write(
            x_of(last.x) - step * 0.5, y_of(last.y) + step, last.name, colour=theme.BLUE, weight="normal", align="right"
        )
    changes = dict(zip((str(name) for name in chart.role("label")), chart.role("change"), strict=True))
    for point in points[1:]:
        if point.name in chart.highlight and point is not last:
            words = str(changes[point.name])
            write(x_of(point.x) + step, y_of(point.y) - step, words, colour=theme.SLATE, weight="normal", align="left")


def _draw_key(canvas: Canvas, chart: Chart, points: Sequence[_Mark], far: _Mark | None, y: float) -> None:
    """Say what the marks are, and where today is if it lies far off; on a phone in several lines."""
    x = canvas.left
    items = [("filled", chart.reference_label)]
    items += [("hollow", "no weights find it")] if any(point.kind == INSIDE for point in points) else []
    if far is not None:
        goal = theme.formatted(far.y, chart.unit, chart.currency)
        other = theme.formatted(far.x, chart.level_unit, chart.currency)
        items.append(("far", f"{far.name}, beyond the picture: {goal} and {other}"))
    for kind, words in items:
        end = x + canvas.size * 1.0
        if x > canvas.left and end + canvas.measure(words, 0.8) > canvas.right:
            x, y = canvas.left, y + canvas.size * LINE
            end = x + canvas.size * 1.0
        is_far, colour = kind == "far", theme.INK if kind == "far" else theme.BLUE
        canvas.dot(
            (x + end) / 2, y, colour=colour, is_filled=kind == "filled", marker="D" if is_far else "o", scale=0.5
        )
        canvas.text(end + canvas.size * 0.3, y, words, scale=0.8, colour=theme.SLATE)
        x = end + canvas.measure(words, 0.8) + canvas.size * 1.6
