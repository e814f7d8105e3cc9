"""Draw many series at once: small charts with their usual range, and a funnel of parts.

Each `draw_…` function takes a sheet and a chart; each `…_height` tells how many points the chart would like.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench import theme
from workbench.report.chart import Chart
from workbench.report.drawing.canvas import LINE, Canvas, Scale, spread_apart, ticks
from workbench.report.values import Plain, written

PANEL_WIDTH, PANEL_HEIGHT, PANEL_GAP = 20.0, 11.5, 2.0
"""Least width, height and air of a small chart, in sizes."""

KEY_LINES = 2
"""Lines under the small charts that say what the marks are."""

WIDE_RANGE = 12.0
"""Where the largest part has so many times the rows of the smallest, rows stand on a logarithmic scale."""


def _number(value: Plain) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


# -- small charts over time ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Strip:
    """One series: its rows in the chart."""

    name: str
    rows: tuple[int, ...]


def _strips(chart: Chart) -> list[Strip]:
    held: dict[str, list[int]] = {}
    for row, name in enumerate(chart.role("label")):
        held.setdefault(str(name), []).append(row)
    return [Strip(name, tuple(rows)) for name, rows in held.items()]


def _grid(chart: Chart, canvas: Canvas) -> tuple[int, int]:
    count = max(1, len(dict.fromkeys(chart.role("label"))))
    gap = canvas.size * PANEL_GAP
    wide = canvas.width - 2 * canvas.left
    columns = max(1, min(count, 3, int((wide + gap) // (canvas.size * PANEL_WIDTH * 0.8 + gap))))
    rows = -(-count // columns)
    return -(-count // rows), rows


def panels_height(chart: Chart, canvas: Canvas) -> float:
    """Return the height of a grid of small charts, in points."""
    _, rows = _grid(chart, canvas)
    return rows * canvas.size * (PANEL_HEIGHT + 1.0) + canvas.size * LINE * KEY_LINES


def draw_behaviour_panels(canvas: Canvas, chart: Chart) -> None:
    """Draw each series in its usual range; gaps stay open, points outside are diamonds, events upright lines."""
    columns, rows = _grid(chart, canvas)
    gap = canvas.size * PANEL_GAP
    wide = (canvas.right - canvas.left - gap * (columns - 1)) / columns
    high = (canvas.bottom - canvas.top - canvas.size * LINE * KEY_LINES) / rows
    for place, strip in enumerate(_strips(chart)):
        x, y = canvas.left + (place % columns) * (wide + gap), canvas.top + (place // columns) * high
        _draw_strip(canvas.inside(left=x, right=x + wide, top=y, bottom=y + high - canvas.size * 1.0), chart, strip)
    _draw_key(canvas, chart, canvas.bottom - canvas.size * LINE * (KEY_LINES - 0.6))


def _draw_key(canvas: Canvas, chart: Chart, y: float) -> None:
    """Say what the marks are, under the panels; on a phone in two lines."""
    x = canvas.left
    has_season = any(v != s for v, s in zip(chart.role("value"), chart.role("shown"), strict=True) if v is not None)
    items = [("range", "usual range")]
    items += [("raw", "as measured"), ("line", "without its season")] if has_season else [("line", "as measured")]
    items += [("signal", "outside")] if any(chart.role("is_signal")) else []
    items += [("event", "on record")] if any(chart.role("mark")) else []
    for what, words in items:
        if x > canvas.left and x + canvas.size * 2.0 + canvas.measure(words, 0.8) > canvas.right:
            x, y = canvas.left, y + canvas.size * LINE
        end = x + canvas.size * 1.6
        if what == "range":
            canvas.bar(x, end, y - canvas.size * 0.35, y + canvas.size * 0.35, colour=theme.GRID, order=1)
        elif what == "signal":
            canvas.dot((x + end) / 2, y, colour=theme.VERMILLION, marker="D", scale=0.5)
        elif what == "event":
            canvas.line([(x + end) / 2] * 2, [y - canvas.size * 0.5, y + canvas.size * 0.5], width=0.9, dashes=(1, 2))
        else:
            colour = theme.MUTE if what == "raw" else theme.BLUE
            canvas.line([x, end], [y, y], colour=colour, width=1.1 if what == "raw" else 1.5)
        canvas.text(end + canvas.size * 0.4, y, words, scale=0.8, colour=theme.SLATE)
        x = end + canvas.measure(words, 0.8) + canvas.size * 1.6


def _draw_strip(canvas: Canvas, chart: Chart, strip: Strip) -> None:
    series = {
        role: [_number(chart.role(role)[row]) for row in strip.rows]
        for role in ("value", "shown", "centre", "low", "high")
    }
    title = canvas.wrap(strip.name, canvas.right - canvas.left, 0.95, weight="bold", lines=1)[0]
    colour = theme.BLUE if strip.name in chart.highlight else theme.INK
    canvas.text(canvas.left, canvas.top + canvas.size * LINE * 0.5, title, scale=0.95, weight="bold", colour=colour)
    top, foot = canvas.top + canvas.size * LINE * 2.1, canvas.bottom - canvas.size * LINE
    held = [value for values in series.values() for value in values if value is not None]
    low, high = min(held, default=0.0), max(held, default=1.0)
    pad = (high - low) * 0.05 or abs(high) * 0.1 or 0.5
    y_of = Scale(low - pad, high + pad, foot, top)
    latest = next((value for value in reversed(series["value"]) if value is not None), None)
    words = "" if latest is None else chart.write(latest)
    right = canvas.right - canvas.measure(words, 0.85, "bold") - canvas.size * 0.7
    x_of = Scale(0.0, max(1.0, len(strip.rows) - 1.0), canvas.left + canvas.size * 0.3, right)
    xs = [x_of(place) for place in range(len(strip.rows))]
    _draw_levels(canvas, xs, y_of, series)
    _draw_marks(canvas, chart, strip, xs, (canvas.top + canvas.size * LINE * 1.1, foot))
    has_season = series["value"] != series["shown"]
    if has_season:
        raw = [None if value is None else y_of(value) for value in series["value"]]
        canvas.line(xs, raw, colour=theme.MUTE, width=1.1, order=2)
    ys = [None if value is None else y_of(value) for value in series["shown"]]
    canvas.line(xs, ys, colour=theme.BLUE, width=1.4, order=3)
    for place, (x, y) in enumerate(zip(xs, ys, strict=True)):
        if y is None:
            continue
        if chart.role("is_signal")[strip.rows[place]]:
            canvas.dot(x, y, colour=theme.VERMILLION, marker="D", scale=0.42)
        elif (place == 0 or ys[place - 1] is None) and (place + 1 == len(ys) or ys[place + 1] is None):
            canvas.dot(x, y, colour=theme.BLUE, scale=0.2)  # alone between gaps: no line would show it
    if latest is not None:
        y = min(max(y_of(latest), top), foot)
        colour = theme.SLATE if has_season else theme.BLUE  # it is what was measured
        canvas.text(right + canvas.size * 0.6, y, words, scale=0.85, weight="bold", colour=colour)
    _draw_dates(canvas, chart, strip, xs, foot)


def _draw_dates(canvas: Canvas, chart: Chart, strip: Strip, xs: list[float], foot: float) -> None:
    canvas.line([xs[0], xs[-1]], [foot, foot], colour=theme.MUTE, width=0.8, order=0)
    y = foot + canvas.size * LINE * 0.55
    for place, align in ((0, "left"), (len(strip.rows) - 1, "right")):
        words = str(chart.role("period")[strip.rows[place]])[:7]
        canvas.text(xs[place], y, words, scale=0.78, colour=theme.SLATE, align=align)


def _draw_levels(canvas: Canvas, xs: list[float], y_of: Scale, series: dict[str, list[float | None]]) -> None:
    """Fill the usual range, stepping where it was calculated anew."""
    half = (xs[1] - xs[0]) / 2 if len(xs) > 1 else 1.0
    start = 0
    for place in range(1, len(xs) + 1):
        levels = tuple(series[role][start] for role in ("low", "centre", "high"))
        if place < len(xs) and tuple(series[role][place] for role in ("low", "centre", "high")) == levels:
            continue
        low, centre, high = levels
        x0 = xs[start] - (half if start else 0)
        x1 = xs[place - 1] + (half if place < len(xs) else 0)
        if low is not None and high is not None:
            canvas.bar(x0, x1, y_of(high), y_of(low), colour=theme.GRID, alpha=0.85, order=0.5)
        if centre is not None:
            canvas.line([x0, x1], [y_of(centre)] * 2, colour=theme.SLATE, width=0.8, order=1)
        start = place


def _draw_marks(canvas: Canvas, chart: Chart, strip: Strip, xs: list[float], ends: tuple[float, float]) -> None:
    """Draw what happened; the newest in words above the panel."""
    found = [
        (x, str(chart.role("mark")[row])) for x, row in zip(xs, strip.rows, strict=True) if chart.role("mark")[row]
    ]
    top, foot = ends
    for x, _ in found:
        canvas.line([x, x], [top + canvas.size * 0.6, foot], colour=theme.SLATE, width=0.9, dashes=(1, 2), order=1)
    if found:
        x, words = found[-1]
        is_right = x > (canvas.left + canvas.right) / 2
        room = (x - canvas.left if is_right else canvas.right - x) - canvas.size * 0.2
        shown = canvas.wrap(words, room, 0.75, lines=1)[0]
        canvas.text(
            x, top + canvas.size * 0.1, shown, scale=0.75, colour=theme.SLATE, align="right" if is_right else "left"
        )


# -- a funnel --------------------------------------------------------------------------------------------------------


def funnel_height(chart: Chart, canvas: Canvas) -> float:
    """Return the height of a funnel, in points."""
    return canvas.size * (24.0 if canvas.width > canvas.size * 40 else 22.0)


def draw_funnel(canvas: Canvas, chart: Chart) -> None:
    """Draw each part by its rows and its value between the limits for so many rows; those outside are named."""
    rows = [_number(value) or 0.0 for value in chart.role("n")]
    order = sorted(range(len(rows)), key=lambda place: rows[place])
    values = [_number(value) for value in chart.role("value")]
    lines = {
        role: [_number(value) for value in chart.role(role)] for role in ("low", "high", "inner_low", "inner_high")
    }
    held = [v for v in (*values, *(v for line in lines.values() for v in line), chart.reference) if v is not None]
    low, high = min(held), max(held)
    is_wide = min(rows) > 0 and max(rows) / min(rows) > WIDE_RANGE
    at = [math.log10(value) if is_wide else value for value in rows]
    is_one_size = min(rows) == max(rows)
    if is_one_size:  # side by side, for rows do not tell them apart
        at = [float(place) for place in range(len(rows))]
    pad = (high - low) * 0.06 or 0.5
    marks = [value for value in ticks(low, high) if low - pad <= value <= high + pad]
    texts = [written(value, chart.unit, chart.currency, chart.decimals) for value in marks]
    left = canvas.left + max((canvas.measure(text, 0.85) for text in texts), default=0.0) + canvas.size * 0.8
    words = f"{chart.reference_label} {chart.write(chart.reference)}"
    right = canvas.right - canvas.measure(words, 0.85) - canvas.size * 1.4
    top, foot = canvas.top + canvas.size * 0.8, canvas.bottom - canvas.size * LINE * 2.4
    y_of = Scale(low - pad, high + pad, foot, top)
    reach = (max(at) - min(at)) * 0.03 or 1.0
    x_of = Scale(min(at) - reach, max(at) + reach, left + canvas.size * 0.4, right)
    for value, text in zip(marks, texts, strict=True):
        canvas.line([left, right], [y_of(value)] * 2, colour=theme.GRID, width=0.8, order=0)
        canvas.text(left - canvas.size * 0.5, y_of(value), text, scale=0.85, colour=theme.SLATE, align="right")
    xs = [x_of(at[place]) for place in order]
    for role, dashes in (("low", None), ("high", None), ("inner_low", (3.0, 3.0)), ("inner_high", (3.0, 3.0))):
        ys = [None if (end := lines[role][place]) is None else y_of(end) for place in order]
        canvas.line(xs, ys, colour=theme.MUTE, width=1.2, dashes=dashes, order=1)
    if chart.reference is not None:
        level = y_of(chart.reference)
        canvas.line([left, right], [level, level], colour=theme.SLATE, width=1.0, order=1)
        canvas.text(right + canvas.size * 0.6, level, words, scale=0.85, colour=theme.SLATE)
    _draw_parts(canvas, chart, [x_of(value) for value in at], values, y_of)
    y = foot + canvas.size * LINE * 0.7
    words = f"rows of each{', logarithmic' if is_wide else ''}"
    if is_one_size:
        words = f"{theme.number(rows[0], 0)} rows each"
    else:
        for place, align in ((order[0], "left"), (order[-1], "right")):
            canvas.text(x_of(at[place]), y, theme.number(rows[place], 0), scale=0.85, colour=theme.SLATE, align=align)
    canvas.text((left + right) / 2, y, words, scale=0.85, colour=theme.SLATE, align="center")
    key = "Lines: what chance allows for so many rows, in 95 (dashed) and 99.8 of 100 parts that are alike"
    shown = canvas.wrap(key, canvas.right - canvas.left, 0.8, lines=2)
    canvas.text(canvas.left, y + canvas.size * LINE * 1.1, shown[0], scale=0.8, colour=theme.SLATE)


def _draw_parts(canvas: Canvas, chart: Chart, xs: list[float], values: list[float | None], y_of: Scale) -> None:
    named: list[tuple[float, float, str]] = []
    for x, value, label in zip(xs, values, chart.role("label"), strict=True):
        if value is None:
            continue
        is_out = str(label) in chart.highlight
        colour = theme.VERMILLION if is_out else theme.BLUE
        canvas.dot(x, y_of(value), colour=colour, marker="D" if is_out else "o", scale=0.62 if is_out else 0.5)
        if is_out:
            named.append((x, y_of(value), f"{label} {chart.write(value)}"))
    named.sort(key=lambda one: one[1])
    places = spread_apart([y for _, y, _ in named], canvas.size * 0.85 * LINE, canvas.top, canvas.bottom)
    for (x, _, words), y in zip(named, places, strict=True):
        is_right = x + canvas.measure(words, 0.85) + canvas.size > canvas.right
        shift = canvas.size * (-0.8 if is_right else 0.8)
        canvas.text(x + shift, y, words, scale=0.85, align="right" if is_right else "left", halo=True)
