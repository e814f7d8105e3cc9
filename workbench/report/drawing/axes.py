"""Draw what runs along an axis: slopes, response curves, metrics over time.

Each `draw_…` function takes a sheet and a chart; each `…_height` tells how many points the chart would like.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from workbench import theme
from workbench.report.chart import Chart
from workbench.report.drawing.canvas import LINE, Canvas, Scale, spread_apart, ticks
from workbench.report.values import Plain, written

PANEL_GAP = 1.8
"""Air between two small panels, in sizes."""


def _number(value: Plain) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


# -- before and after ------------------------------------------------------------------------------------------------


def _slope_names(canvas: Canvas, chart: Chart) -> tuple[list[list[str]], float, float]:
    """Return the names in lines, the width of the numbers before them, and the width of both."""
    numbers = [chart.write(value) if value is not None else theme.MISSING for value in chart.role("after")]
    wide = max((canvas.measure(f"{words}  ", weight="bold") for words in numbers), default=0.0)
    most = canvas.width * (0.42 if canvas.width > canvas.size * 40 else 0.56)
    shown = [canvas.wrap(str(name), most - wide, weight="bold", lines=2) for name in chart.role("label")]
    longest = max((canvas.measure(line, weight="bold") for lines in shown for line in lines), default=0.0)
    return shown, wide, longest + wide


def _slope_step(canvas: Canvas, shown: Sequence[Sequence[str]]) -> float:
    return canvas.size * LINE * (1.05 if max((len(lines) for lines in shown), default=1) == 1 else 2.15)


def slope_height(chart: Chart, canvas: Canvas) -> float:
    """Return the height at which no two names of a slope chart touch, in points."""
    shown, _, _ = _slope_names(canvas, chart)
    return canvas.size * LINE * 1.6 + max(canvas.size * 9, 1.25 * _slope_step(canvas, shown) * len(chart))


def draw_slope(canvas: Canvas, chart: Chart) -> None:
    """Draw a line per label from its first value to its second, names at the right in places that do not touch."""
    names = [str(name) for name in chart.role("label")]
    before = [_number(value) for value in chart.role("before")]
    after = [_number(value) for value in chart.role("after")]
    held = [value for value in (*before, *after) if value is not None]
    top, foot = canvas.top + canvas.size * LINE * 1.6, canvas.bottom - canvas.size * 0.7
    scale = Scale(min(held, default=0.0), max(held, default=1.0), foot, top + canvas.size * 0.4)
    room = max((canvas.measure(chart.write(value)) for value in before), default=0.0) + canvas.size * 1.6
    shown, _, taken = _slope_names(canvas, chart)
    x0, x1 = canvas.left + room, canvas.right - taken - canvas.size * 1.6
    for x, words in ((x0, chart.order[0]), (x1, chart.order[1])):
        canvas.text(x, canvas.top + canvas.size * LINE * 0.5, words, scale=0.9, colour=theme.SLATE, align="center")
        canvas.line([x, x], [top - canvas.size * 0.4, foot + canvas.size * 0.4], colour=theme.GRID, width=1, order=1)
    for name, start, end in zip(names, before, after, strict=True):
        _draw_slope(canvas, chart, name, (x0, x1), [None if held is None else scale(held) for held in (start, end)])
    places = _placed([None if value is None else scale(value) for value in before], canvas.size * LINE, top, foot)
    for start, y in zip(before, places, strict=True):
        if start is not None:
            _lead(canvas, x0 - canvas.size * 0.35, scale(start), x0 - canvas.size * 1.1, y)
            canvas.text(x0 - canvas.size * 1.3, y, chart.write(start), align="right")
    ends = [end if end is not None else start for start, end in zip(before, after, strict=True)]
    wanted = [foot if value is None else scale(value) for value in ends]
    _name_slopes(canvas, chart, after, x1, wanted, spread_apart(wanted, _slope_step(canvas, shown), top, foot))


def _draw_slope(canvas: Canvas, chart: Chart, name: str, xs: tuple[float, float], ys: Sequence[float | None]) -> None:
    is_lit = name in chart.highlight or not chart.highlight
    colour = theme.BLUE if is_lit and chart.highlight else theme.SLATE if is_lit else theme.MUTE
    if None not in ys:
        canvas.line(xs, ys, colour=colour, width=2.4 if is_lit else 1.6)
    for x, y in zip(xs, ys, strict=True):
        if y is not None:
            canvas.dot(x, y, colour=colour if colour != theme.MUTE else theme.SLATE, scale=0.5)


def _name_slopes(
    canvas: Canvas,
    chart: Chart,
    after: Sequence[float | None],
    x: float,
    wanted: Sequence[float],
    places: Sequence[float],
) -> None:
    shown, wide, _ = _slope_names(canvas, chart)
    for row, (name, end) in enumerate(zip(chart.role("label"), after, strict=True)):
        ink = theme.BLUE if name in chart.highlight else theme.INK
        y = places[row]
        if end is not None:
            _lead(canvas, x + canvas.size * 0.35, wanted[row], x + canvas.size * 1.1, y)
        number = chart.write(end) if end is not None else theme.MISSING
        canvas.text(x + canvas.size * 1.3, y, number, weight="bold", colour=ink)
        canvas.text(x + canvas.size * 1.3 + wide, y, shown[row], weight=_weight(chart, str(name)), colour=ink)


def _placed(wanted: Sequence[float | None], gap: float, low: float, high: float) -> list[float]:
    """Spread those that are there; the others get a place nobody uses."""
    held = [value for value in wanted if value is not None]
    spread = iter(spread_apart(held, gap, low, high))
    return [next(spread) if value is not None else high for value in wanted]


def _lead(canvas: Canvas, x0: float, y0: float, x1: float, y1: float) -> None:
    """Tie a label to its point where it had to move."""
    if abs(y1 - y0) > canvas.size * 0.3:
        canvas.line([x0, x1], [y0, y1], colour=theme.MUTE, width=0.8, order=1)


def _weight(chart: Chart, name: str) -> str:
    return "bold" if name in chart.highlight else "normal"


# -- what the next unit brings ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Panel:
    """One curve: its points, and those that are marked."""

    name: str
    levels: tuple[float, ...]
    values: tuple[float, ...]
    marks: tuple[tuple[str, float, float], ...]


def _panels(chart: Chart) -> list[Panel]:
    names, marks = chart.role("label"), chart.role("mark")
    levels, values = chart.role("level"), chart.role("value")
    held: dict[str, list[tuple[float, float, str]]] = {}
    for name, level, value, mark in zip(names, levels, values, marks, strict=True):
        x, y = _number(level), _number(value)
        if x is not None and y is not None:
            held.setdefault(str(name), []).append((x, y, str(mark or "")))
    return [
        Panel(
            name,
            tuple(x for x, _, _ in sorted(points)),
            tuple(y for _, y, _ in sorted(points)),
            tuple((mark, x, y) for x, y, mark in points if mark),
        )
        for name, points in held.items()
    ]


def _grid(chart: Chart, canvas: Canvas) -> tuple[int, int]:
    count = max(1, len(dict.fromkeys(chart.role("label"))))
    gap = canvas.size * PANEL_GAP
    most = max(1, int((canvas.width - 2 * canvas.left + gap) // (canvas.size * 12.0 + gap)))
    columns = min(count, most, 4)
    rows = -(-count // columns)
    return -(-count // rows), rows


def response_height(chart: Chart, canvas: Canvas) -> float:
    """Return the height of a grid of small panels, in points."""
    _, rows = _grid(chart, canvas)
    return rows * canvas.size * 13.0


def draw_response_curves(canvas: Canvas, chart: Chart) -> None:
    """Draw a small panel per activity, today hollow and the plan filled, both in words."""
    columns, rows = _grid(chart, canvas)
    gap = canvas.size * PANEL_GAP
    wide = (canvas.right - canvas.left - gap * (columns - 1)) / columns
    high = (canvas.bottom - canvas.top) / rows
    for place, panel in enumerate(_panels(chart)):
        x, y = canvas.left + (place % columns) * (wide + gap), canvas.top + (place // columns) * high
        _draw_panel(canvas.inside(left=x, right=x + wide, top=y, bottom=y + high - canvas.size * 1.2), chart, panel)


def _draw_panel(canvas: Canvas, chart: Chart, panel: Panel) -> None:
    title = canvas.wrap(panel.name, canvas.right - canvas.left, weight="bold", lines=2)
    for place, line in enumerate(title):
        canvas.text(canvas.left, canvas.top + canvas.size * LINE * (place + 0.5), line, weight="bold")
    top = canvas.top + canvas.size * (LINE * 2 + 1.2)
    foot = canvas.bottom - canvas.size * LINE * 1.1
    right = canvas.right - canvas.size * 0.6
    x_of = Scale(min(0.0, *panel.levels), max(panel.levels) or 1.0, canvas.left + canvas.size * 0.6, right)
    y_of = Scale(min(0.0, *panel.values), max([*panel.values, 0.0]) or 1.0, foot, top)
    canvas.line([canvas.left, canvas.right], [y_of(0)] * 2, colour=theme.MUTE, width=0.8, order=1)
    colour = theme.BLUE if panel.name in chart.highlight else theme.SLATE
    xs, ys = [x_of(level) for level in panel.levels], [y_of(value) for value in panel.values]
    canvas.line(xs, ys, colour=colour, width=2.0)
    _mark_panel(canvas, chart, panel, x_of, y_of)
    low, high = min(panel.levels), max(panel.levels)
    y = foot + canvas.size * LINE * 0.65
    for level, align in ((low, "left"), (high, "right")):
        canvas.text(x_of(level), y, _written_level(chart, level), scale=0.8, colour=theme.SLATE, align=align)


def _mark_panel(canvas: Canvas, chart: Chart, panel: Panel, x_of: Scale, y_of: Scale) -> None:
    """Label the marked points where a rising curve leaves room: the higher to its left, the lower to its right."""
    marks = sorted(panel.marks, key=lambda mark: (mark[2], mark[1], mark[0]))
    for place, (mark, level, value) in enumerate(marks):
        is_plan = mark not in ("today", "current")
        colour = theme.BLUE if is_plan else theme.INK
        weight = "bold" if is_plan else "normal"
        canvas.dot(x_of(level), y_of(value), colour=colour, is_filled=is_plan, scale=0.72 if is_plan else 0.62)
        words = f"{mark} {_written_level(chart, level)}: {written(value, chart.unit, chart.currency, chart.decimals)}"
        wide, is_upper = canvas.measure(words, 0.85, weight), place == len(marks) - 1
        x = x_of(level) + canvas.size * (0.2 if is_upper else 0.4) - (wide if is_upper else 0.0)
        x = min(max(x, canvas.left), canvas.right - wide)
        y = y_of(value) + canvas.size * (-1.05 if is_upper else 1.05)
        if not is_upper and y > y_of.start - canvas.size * 0.5:  # would lie on the axis
            x, y = min(x_of(level) + canvas.size * 0.7, canvas.right - wide), y_of(value) - canvas.size * 0.3
        canvas.text(x, y, words, scale=0.85, colour=colour, weight=weight, halo=True)


def _written_level(chart: Chart, level: float) -> str:
    if chart.level_unit in ("share", "currency"):
        return written(level, chart.level_unit, chart.currency)
    return theme.number(level, 0 if level >= 100 or level == int(level) else 1)


# -- over time -------------------------------------------------------------------------------------------------------


def time_height(chart: Chart, canvas: Canvas) -> float:
    """Return the height of a chart over time, in points."""
    return canvas.size * (17.0 if canvas.width > canvas.size * 40 else 15.0) + _events_height(chart, canvas)


def _events_height(chart: Chart, canvas: Canvas) -> float:
    return canvas.size * LINE * min(3, len(chart.marks)) if chart.marks else 0.0


def _when(text: Plain) -> float:
    """Return a period as a day number; ``2026-09`` is its first day, ``2026Q3`` and others keep their rank."""
    words = str(text)
    for cut in (words[:10], f"{words[:7]}-01"):
        try:
            return float(dt.date.fromisoformat(cut).toordinal())
        except ValueError:
            continue
    return float("nan")


def _times(periods: Sequence[Plain]) -> list[float]:
    found = [_when(period) for period in periods]
    if any(value != value for value in found):  # a period we cannot date: keep the order of the rows
        rank = {period: place for place, period in enumerate(dict.fromkeys(periods))}
        return [float(rank[period]) for period in periods]
    return found


def _time_ticks(
    periods: Sequence[Plain], times: Sequence[float], canvas: Canvas, wide: float
) -> list[tuple[float, str]]:
    """Return some dates that do not touch: years where there are several, else months."""
    seen: dict[float, str] = {}
    is_dated = all(_when(period) == _when(period) for period in periods)
    for period, time in zip(periods, times, strict=True):
        seen.setdefault(time, str(period))
    if not is_dated:
        places = sorted(seen)
        words = [(time, seen[time]) for time in places]
    else:
        days = [dt.date.fromordinal(int(time)) for time in sorted(seen)]
        years = [day for day in days if day.month == 1 and day.day <= 7]
        if len(years) >= 2:
            words = [(float(day.toordinal()), str(day.year)) for day in years]
        else:
            words = [(float(day.toordinal()), f"{day:%b} {day.year}") for day in days]
    room = max((canvas.measure(text, 0.85) for _, text in words), default=1.0) + canvas.size * 1.4
    step = max(1, -(-int(len(words) * room) // max(1, int(wide))))
    return words[::step]


@dataclass(frozen=True)
class Plot:
    """The box of a chart over time and its two scales."""

    x: Scale
    y: Scale
    top: float
    foot: float


def _time_plot(canvas: Canvas, chart: Chart, times: Sequence[float], held: Sequence[float], room: float) -> Plot:
    """Draw grid, dates and events; return the scales."""
    low, high = min(held, default=0.0), max(held, default=1.0)
    marks = ticks(low, high)
    inner = [value for value in marks if low <= value <= high] or marks
    words = [written(value, chart.unit, chart.currency, _tick_decimals(chart, marks)) for value in inner]
    left = canvas.left + max(canvas.measure(text, 0.85) for text in words) + canvas.size * 0.8
    top = canvas.top + _events_height(chart, canvas) + canvas.size * 0.8
    foot = canvas.bottom - canvas.size * LINE * 1.5
    pad = (high - low) * 0.06 or abs(high) * 0.1 or 0.5
    y_of = Scale(low - pad, high + pad, foot, top)
    x_of = Scale(min(times, default=0.0), max(times, default=1.0), left + canvas.size * 0.6, canvas.right - room)
    for value, text in zip(inner, words, strict=True):
        canvas.line([left, canvas.right - room], [y_of(value)] * 2, colour=theme.GRID, width=0.8, order=0)
        canvas.text(left - canvas.size * 0.5, y_of(value), text, scale=0.85, colour=theme.SLATE, align="right")
    for time, text in _time_ticks(chart.role("period"), times, canvas, x_of.end - x_of.start):
        half = canvas.measure(text, 0.85) / 2
        x = min(max(x_of(time), left), canvas.right - half)
        align = "left" if x_of(time) - half < left else "center"
        canvas.text(
            x if align == "center" else left, foot + canvas.size, text, scale=0.85, colour=theme.SLATE, align=align
        )
        canvas.line([x_of(time)] * 2, [foot, foot + canvas.size * 0.3], colour=theme.MUTE, width=0.8, order=0)
    canvas.line([left, canvas.right - room], [foot, foot], colour=theme.MUTE, width=0.8, order=0)
    _draw_events(canvas, chart, Plot(x_of, y_of, top, foot))
    return Plot(x_of, y_of, top, foot)


def _tick_decimals(chart: Chart, marks: Sequence[float]) -> int | None:
    if chart.unit == "currency" or len(marks) < 2:
        return chart.decimals
    step = marks[1] - marks[0]
    step = step * 100 if chart.unit == "share" else step
    return 0 if step >= 1 and step == int(step) else 1 if step >= 0.1 else 2


def _draw_events(canvas: Canvas, chart: Chart, plot: Plot) -> None:
    lines = min(3, len(chart.marks))
    for place, (period, words) in enumerate(sorted(chart.marks)):
        time = _when(period)
        if time != time:
            continue
        x = min(max(plot.x(time), plot.x.start), plot.x.end)
        y = canvas.top + canvas.size * LINE * (place % lines + 0.5)
        canvas.line([x, x], [y + canvas.size * 0.5, plot.foot], colour=theme.SLATE, width=0.9, dashes=(1, 2), order=1)
        is_right = x > (plot.x.start + plot.x.end) / 2
        room = (x - canvas.left if is_right else canvas.right - x) - canvas.size * 0.4
        shown = canvas.wrap(words, room, 0.85, lines=1)[0]
        canvas.text(x, y, shown, scale=0.85, colour=theme.SLATE, align="right" if is_right else "left", halo=True)


def draw_process_behaviour(canvas: Canvas, chart: Chart) -> None:
    """Draw a metric over time in its usual range; points outside are large, open periods hollow."""
    times = _times(chart.role("period"))
    series = {role: [_number(value) for value in chart.role(role)] for role in ("value", "centre", "low", "high")}
    held = [value for values in series.values() for value in values if value is not None]
    if chart.reference is not None:
        held.append(chart.reference)
    labels = _range_labels(chart, series)
    room = max((canvas.measure(words, 0.88, weight) for _, words, _, weight in labels), default=0.0) + canvas.size * 1.2
    plot = _time_plot(canvas, chart, times, held, room)
    _draw_range(canvas, plot, times, series)
    if chart.reference is not None:
        y = plot.y(chart.reference)
        canvas.line([plot.x.start, plot.x.end], [y, y], colour=theme.INK, width=1.1, dashes=(4, 3), order=2)
    xs = [plot.x(time) for time in times]
    ys = [None if value is None else plot.y(value) for value in series["value"]]
    canvas.line(xs, ys, colour=theme.BLUE, width=1.3, order=3)
    for x, place, is_out, is_done in zip(xs, ys, chart.role("is_signal"), chart.role("is_complete"), strict=True):
        if place is None:
            continue
        colour, marker, scale = (theme.VERMILLION, "D", 0.62) if is_out else (theme.BLUE, "o", 0.34)
        is_open = is_done is False
        canvas.dot(x, place, colour=colour, marker=marker, scale=0.5 if is_open else scale, is_filled=not is_open)
    wanted = [plot.y(at) for at, _, _, _ in labels]
    places = spread_apart(wanted, canvas.size * 0.88 * LINE, plot.top, plot.foot)
    for (_, words, colour, weight), y in zip(labels, places, strict=True):
        canvas.text(plot.x.end + canvas.size * 0.8, y, words, scale=0.88, colour=colour, weight=weight)


def _range_labels(chart: Chart, series: dict[str, list[float | None]]) -> list[tuple[float, str, str, str]]:
    """Return what is written at the right end: latest value, usual range, target."""
    labels: list[tuple[float, str, str, str]] = []

    def last(role: str) -> float | None:
        return next((value for value in reversed(series[role]) if value is not None), None)

    words = {"high": "up to", "centre": "usual", "low": "down to"}
    for role, said in words.items():
        value = last(role)
        if value is not None:
            labels.append((value, f"{said} {chart.write(value)}", theme.SLATE, "normal"))
    value = last("value")
    if value is not None:
        labels.append((value, f"latest {chart.write(value)}", theme.BLUE, "bold"))
    if chart.reference is not None:
        label = f"{chart.reference_label} {chart.write(chart.reference)}".strip()
        labels.append((chart.reference, label, theme.INK, "normal"))
    return labels


def _draw_range(canvas: Canvas, plot: Plot, times: Sequence[float], series: dict[str, list[float | None]]) -> None:
    """Fill the usual range, stepping where the limits step."""
    start = 0
    for place in range(1, len(times) + 1):
        levels = tuple(series[role][start] for role in ("low", "centre", "high"))
        if place < len(times) and tuple(series[role][place] for role in ("low", "centre", "high")) == levels:
            continue
        x0 = plot.x(times[start]) if start == 0 else (plot.x(times[start - 1]) + plot.x(times[start])) / 2
        x1 = plot.x(times[place - 1]) if place == len(times) else (plot.x(times[place - 1]) + plot.x(times[place])) / 2
        low, centre, high = levels
        if low is not None or high is not None:
            floor = plot.y(low) if low is not None else plot.foot
            roof = plot.y(high) if high is not None else plot.top
            canvas.bar(x0, x1, roof, floor, colour=theme.GRID, alpha=0.75, order=0.5)
        if centre is not None:
            canvas.line([x0, x1], [plot.y(centre)] * 2, colour=theme.SLATE, width=0.9, order=1)
        start = place


def draw_lines_over_time(canvas: Canvas, chart: Chart) -> None:
    """Draw a few lines, each named at its end."""
    times, values = _times(chart.role("period")), [_number(value) for value in chart.role("value")]
    owners = [str(name) for name in chart.role("series")]
    held = [value for value in values if value is not None]
    if chart.reference is not None:
        held.append(chart.reference)
    ends: list[tuple[str, float]] = []
    for name in chart.order:
        drawn = [value for owner, value in zip(owners, values, strict=True) if owner == name and value is not None]
        if drawn:
            ends.append((name, drawn[-1]))
    words = [f"{name} {chart.write(value)}" for name, value in ends]
    places = [value for _, value in ends]
    if chart.reference is not None:
        words.append(f"{chart.reference_label} {chart.write(chart.reference)}".strip())
        places.append(chart.reference)
    most = canvas.width * 0.34
    shown = [canvas.wrap(text, most, 0.88, "bold", 1)[0] for text in words]
    room = max((canvas.measure(text, 0.88, "bold") for text in shown), default=0.0) + canvas.size * 1.2
    plot = _time_plot(canvas, chart, times, held, room)
    for name, _ in ends:
        rows = [row for row, owner in enumerate(owners) if owner == name]
        xs = [plot.x(times[row]) for row in rows]
        ys = [None if (value := values[row]) is None else plot.y(value) for row in rows]
        canvas.line(xs, ys, colour=_line_colour(chart, name), width=2.2 if name in chart.highlight else 1.5, order=3)
    if chart.reference is not None:
        y = plot.y(chart.reference)
        canvas.line([plot.x.start, plot.x.end], [y, y], colour=theme.INK, width=1.1, dashes=(4, 3), order=2)
    spread = spread_apart([plot.y(value) for value in places], canvas.size * 0.88 * LINE, plot.top, plot.foot)
    for place, (text, y) in enumerate(zip(shown, spread, strict=True)):
        name = ends[place][0] if place < len(ends) else ""
        colour = theme.BLUE if name in chart.highlight else theme.INK
        weight = "bold" if name in chart.highlight else "normal"
        canvas.text(plot.x.end + canvas.size * 0.8, y, text, scale=0.88, colour=colour, weight=weight)


def _line_colour(chart: Chart, name: str) -> str:
    if name in chart.highlight:
        return theme.BLUE
    return theme.MUTE if len(chart.order) > 3 else theme.SLATE
