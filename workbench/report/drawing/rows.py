"""Draw what stands in rows: ranked and diverging bars, spreads of answers, dots with intervals, waterfalls.

Each `draw_…` function takes a sheet and a chart; each `…_height` tells how many points the chart would like.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench import theme
from workbench.report.chart import TOO_FEW, Chart
from workbench.report.drawing.canvas import LINE, Canvas, Scale
from workbench.report.values import Plain

NAME_SHARE = 0.36
"""Share of the sheet's width that names may take."""

NAME_LINES = 4
"""Lines that a name may take before it is cut."""

GAP = 0.75
"""Air between a name and its mark, in sizes."""


@dataclass(frozen=True)
class Row:
    """A row's place and its name, broken into lines."""

    name: str
    lines: tuple[str, ...]
    note: str
    y: float
    height: float


@dataclass(frozen=True)
class Rows:
    """All rows, and where the names end."""

    items: tuple[Row, ...]
    edge: float


def _names(chart: Chart) -> list[str]:
    return [str(name) if name is not None else theme.MISSING for name in dict.fromkeys(chart.role("label"))]


def _number(value: Plain) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)


def _is_lit(chart: Chart, name: str) -> bool:
    return name in chart.highlight


def _accent(chart: Chart, name: str) -> str:
    return theme.BLUE if _is_lit(chart, name) or not chart.highlight else theme.MUTE


def _weight(chart: Chart, name: str) -> str:
    return "bold" if _is_lit(chart, name) else "normal"


def _lay_rows(canvas: Canvas, chart: Chart, names: Sequence[str], notes: Sequence[str], head: float) -> Rows:
    """Share the free height among the rows and break the names, so that none is cut that could be whole."""
    most = canvas.width * NAME_SHARE
    broken = [tuple(canvas.wrap(name, most, weight=_weight(chart, name), lines=NAME_LINES)) for name in names]
    widths = [canvas.measure(line, weight="bold") for lines in broken for line in lines]
    widths += [canvas.measure(note, 0.82) for note in notes if note]
    edge = canvas.left + min(most, max(widths, default=0.0)) + canvas.size * GAP
    free = canvas.bottom - canvas.top - head
    wanted = [_row_height(canvas, len(lines) + bool(note) * 0.85) for lines, note in zip(broken, notes, strict=True)]
    stretch = min(1.7, free / sum(wanted)) if wanted else 1.0
    y = canvas.top + head
    rows = []
    for name, lines, note, height in zip(names, broken, notes, wanted, strict=True):
        rows.append(Row(name, lines, note, y + height * stretch / 2, height * stretch))
        y += height * stretch
    return Rows(tuple(rows), edge)


def _row_height(canvas: Canvas, lines: float) -> float:
    return canvas.size * (LINE * max(1.0, lines) + 0.95)


def _write_name(canvas: Canvas, chart: Chart, row: Row, edge: float) -> None:
    lines = list(row.lines)
    step = canvas.size * LINE
    shift = -0.42 * step if row.note else 0.0
    canvas.text(edge - canvas.size * GAP, row.y + shift, lines, weight=_weight(chart, row.name), align="right")
    if row.note:
        below = row.y + shift + (len(lines) + 1) / 2 * step * 0.95
        canvas.text(edge - canvas.size * GAP, below, row.note, scale=0.82, colour=theme.SLATE, align="right")


def _bar_half(row: Row, canvas: Canvas) -> float:
    return min(row.height * 0.31, canvas.size * 0.95)


def rows_height(chart: Chart, canvas: Canvas) -> float:
    """Return the height that any chart in rows would like, in points."""
    names = _names(chart)
    has_note = chart.name_of("n") is not None and not _has_column(chart, canvas)
    most = canvas.width * NAME_SHARE
    total = 0.0
    for name in names:
        lines = len(canvas.wrap(name, most, weight=_weight(chart, name), lines=NAME_LINES))
        total += _row_height(canvas, lines + has_note * 0.85)
    return total + _head(chart, canvas)


def _has_column(chart: Chart, canvas: Canvas) -> bool:
    """Say whether there is room for a column of n on the right; else it stands below each name."""
    return len(chart.order) < 2 and chart.name_of("n") is not None and canvas.width > 36 * canvas.size


def _head(chart: Chart, canvas: Canvas) -> float:
    if chart.kind in ("bar_diverging", "stacked_diverging"):
        lines = 1 if chart.kind == "bar_diverging" else len(_key_lines(chart, canvas))
        return canvas.size * (LINE * lines + 0.5)
    if chart.kind == "dots_intervals" and len(chart.order) > 1:
        return canvas.size * (LINE * (2 if chart.reference is not None else 1) + 0.5)
    return canvas.size * (LINE + 0.35) if chart.reference is not None else 0.0


def _reference(canvas: Canvas, chart: Chart, scale: Scale, y: float) -> None:
    if chart.reference is None:
        return
    x = scale(chart.reference)
    canvas.line([x, x], [y + canvas.size * 0.8, canvas.bottom], colour=theme.INK, width=1, dashes=(3, 2), order=3)
    words = f"{chart.reference_label} {chart.write(chart.reference)}".strip()
    half = canvas.measure(words, 0.88) / 2
    canvas.text(
        min(max(x, canvas.left + half), canvas.right - half), y, words, scale=0.88, colour=theme.INK, align="center"
    )


# -- bars ------------------------------------------------------------------------------------------------------------


def draw_bar_ranked(canvas: Canvas, chart: Chart) -> None:
    """Draw bars from zero with their values at the end."""
    values = [_number(value) for value in chart.role("value")]
    held = [value for value in values if value is not None]
    head = _head(chart, canvas)
    rows = _lay_rows(canvas, chart, [str(name) for name in chart.role("label")], [""] * len(values), head)
    room = max((canvas.measure(chart.write(value), weight="bold") for value in held), default=0.0) + canvas.size * 0.6
    low, high = min([0.0, *held]), max([0.0, *held, chart.reference or 0.0])
    start = rows.edge + (room if low < 0 else 0.0)
    scale = Scale(low, high, start, canvas.right - room)
    for row, value in zip(rows.items, values, strict=True):
        _write_name(canvas, chart, row, rows.edge)
        half = _bar_half(row, canvas)
        if value is None:
            canvas.text(scale(0) + canvas.size * 0.4, row.y, theme.MISSING, colour=theme.SLATE)
            continue
        canvas.bar(scale(0), scale(value), row.y - half, row.y + half, colour=_accent(chart, row.name))
        is_left = value < 0
        x = scale(value) + canvas.size * (-0.4 if is_left else 0.4)
        weight = _weight(chart, row.name)
        align = "right" if is_left else "left"
        # A reference line may cross the number, so the number keeps a white rim.
        canvas.text(x, row.y, chart.write(value), weight=weight, align=align, halo=chart.reference is not None)
    canvas.line([scale(0)] * 2, [canvas.top + head, _foot(rows)], colour=theme.SLATE, width=0.8)
    _reference(canvas.inside(bottom=_foot(rows)), chart, scale, canvas.top + canvas.size * LINE / 2)


def draw_bar_parts(canvas: Canvas, chart: Chart) -> None:
    """Draw bars from zero, cut into their parts; a part whose name fits carries it, what is open has the accent."""
    bars: dict[str, list[tuple[str, float, str]]] = {}
    roles = (chart.role(role) for role in ("label", "part", "value", "open"))
    for label, part, value, words in zip(*roles, strict=True):
        held = bars.setdefault(str(label), [])
        if (number := _number(value)) is not None:
            held.append((str(part), number, str(words or "")))
    rows = _lay_rows(canvas, chart, list(bars), [""] * len(bars), 0.0)
    totals = {name: sum(number for _, number, _ in parts) for name, parts in bars.items()}
    notes = {name: _open_words(chart, parts) for name, parts in bars.items()}
    # beside a bar as long as its sheet there is no room for words: then they stand before its end, or not at all
    scale = Scale(0.0, max(totals.values(), default=0.0), rows.edge, canvas.right - _room(canvas, chart, totals, notes))
    for row in rows.items:
        _write_name(canvas, chart, row, rows.edge)
        half, at = _bar_half(row, canvas), 0.0
        beside = [notes[row.name]] if notes[row.name] else []
        if not bars[row.name]:
            canvas.text(scale(0) + canvas.size * 0.4, row.y, theme.MISSING, colour=theme.SLATE)
            continue
        for name, number, words in bars[row.name]:
            x0, x1 = scale(at), scale(at + number)
            cut = min(1.2, (x1 - x0) / 3) if at else 0.0  # air between two parts: a line would be one mark more
            canvas.bar(x0 + cut, x1, row.y - half, row.y + half, colour=theme.BLUE if words else theme.MUTE)
            if canvas.measure(name, 0.82) + canvas.size * 0.7 < x1 - x0:
                ink = theme.PAPER if words else theme.INK
                canvas.text((x0 + x1) / 2, row.y, name, scale=0.82, colour=ink, align="center")
            else:
                beside.append(name)
            at += number
        x = scale(at) + canvas.size * 0.4
        canvas.text(x, row.y, chart.write(totals[row.name]), weight="bold")
        x += canvas.measure(chart.write(totals[row.name]), weight="bold") + canvas.size * 0.5
        shown = next((text for text in _shorter(beside) if x + canvas.measure(text, 0.82) <= canvas.right), "")
        if shown:
            canvas.text(x, row.y, shown, scale=0.82, colour=theme.SLATE)
    canvas.line([scale(0)] * 2, [canvas.top, _foot(rows)], colour=theme.SLATE, width=0.8)


def _shorter(words: Sequence[str]) -> Iterator[str]:
    """Yield what stands beside a bar: all of it, then less and less, what is left out counted."""
    for most in range(len(words), 0, -1):
        yield " · ".join([*words[:most], *([f"+{len(words) - most}"] if most < len(words) else [])])


def _open_words(chart: Chart, parts: Sequence[tuple[str, float, str]]) -> str:
    """Return how much of a bar is open, and what; nothing where all of it is, for its own name says that."""
    held = [(number, words) for _, number, words in parts if words]
    if not held or len(held) == len(parts):
        return ""
    said = {words for _, words in held}
    return f"{chart.write(sum(number for number, _ in held))} {said.pop() if len(said) == 1 else 'is open'}"


def _room(canvas: Canvas, chart: Chart, totals: Mapping[str, float], notes: Mapping[str, str]) -> float:
    """Return the room that words behind the bars need: what a bar shorter than the longest leaves free counts."""
    longest, free = max(totals.values(), default=0.0) or 1.0, canvas.width * (1 - NAME_SHARE)
    needs = []
    for name, total in totals.items():
        bare = canvas.measure(chart.write(total), weight="bold") + canvas.size * 0.6
        note = canvas.measure(notes[name], 0.82) + canvas.size * 0.5 if notes[name] else 0.0
        needs.append(max(bare, min(bare + note - (1 - total / longest) * free * 0.6, free * 0.35)))
    return max(needs, default=0.0)


def _foot(rows: Rows) -> float:
    return rows.items[-1].y + rows.items[-1].height / 2 if rows.items else 0.0


def draw_bar_diverging(canvas: Canvas, chart: Chart) -> None:
    """Draw the distance from the target: to the right what is better, to the left, in colour, what is worse."""
    values, targets = chart.role("value"), chart.role("target")
    better = [_number(value) for value in chart.role("better")]
    head = _head(chart, canvas)
    rows = _lay_rows(canvas, chart, [str(name) for name in chart.role("label")], [""] * len(better), head)
    # One target for all stands above the line; targets of their own stand beside the values.
    goal = chart.write(targets[0]) if len(set(targets)) == 1 and targets[0] is not None else ""
    words = [
        f"{chart.write(value)} (target {chart.write(target)})"
        if target is not None and not goal
        else chart.write(value)
        for value, target in zip(values, targets, strict=True)
    ]
    room = max((canvas.measure(text, 0.9) for text in words), default=0.0) + canvas.size * 0.6
    held = [value for value in better if value is not None]
    low, high = min([0.0, *held]), max([0.0, *held])
    # Words of short bars stand on the far side of the line, so room is needed on the right alone.
    scale = Scale(low, high if high > low else low + 1, rows.edge, canvas.right - room)
    zero = scale(0)
    for row, gap, text in zip(rows.items, better, words, strict=True):
        _write_name(canvas, chart, row, rows.edge)
        half = _bar_half(row, canvas)
        x = zero if gap is None else max(zero, scale(gap))
        if gap is not None:
            colour = theme.VERMILLION if gap < 0 else theme.BLUE
            canvas.bar(zero, scale(gap), row.y - half, row.y + half, colour=colour)
        canvas.text(x + canvas.size * 0.4, row.y, text, scale=0.9)
    canvas.line([zero, zero], [canvas.top + head, _foot(rows)], colour=theme.INK, width=1)
    y = canvas.top + canvas.size * LINE / 2
    worse, better_words = "worse than target", f"at or better than target{f' ({goal})' if goal else ''}"
    if zero + canvas.size * 0.5 + canvas.measure(better_words, 0.88) > canvas.right:
        worse, better_words = "worse", "better"
    if low < 0:
        canvas.text(zero - canvas.size * 0.5, y, worse, scale=0.88, colour=theme.INK, align="right")
    canvas.text(zero + canvas.size * 0.5, y, better_words, scale=0.88, colour=theme.INK)


# -- spread of answers -----------------------------------------------------------------------------------------------


def _shade(chart: Chart, place: int) -> tuple[str, float, str]:
    """Return colour, strength and ink of an answer: slate for low ones, grey for the middle, blue for high ones."""
    count = len(chart.order)
    middle = (count - 1) / 2
    if place == middle:
        return theme.GRID, 1.0, theme.INK
    far = abs(place - middle) / middle if middle else 1.0
    colour = theme.SLATE if place < middle else theme.BLUE
    strength = 1.0 if far > 0.75 else 0.42
    return colour, strength, theme.PAPER if strength == 1.0 else theme.INK


def _key_lines(chart: Chart, canvas: Canvas) -> list[list[tuple[str, int]]]:
    lines: list[list[tuple[str, int]]] = [[]]
    used = 0.0
    for place, name in enumerate(chart.order):
        wide = canvas.measure(name, 0.88) + canvas.size * 2.6
        if lines[-1] and used + wide > canvas.width - 2 * canvas.left:
            lines.append([])
            used = 0.0
        lines[-1].append((name, place))
        used += wide
    return lines


def draw_stacked_diverging(canvas: Canvas, chart: Chart) -> None:
    """Draw the spread of answers around a centre line."""
    shares: dict[str, dict[str, float]] = {}
    for name, answer, value in zip(chart.role("label"), chart.role("answer"), chart.role("value"), strict=True):
        held = shares.setdefault(str(name), {})
        if (number := _number(value)) is not None:
            held[str(answer)] = number
    count, middle = len(chart.order), (len(chart.order) - 1) / 2
    head = _head(chart, canvas)
    rows = _lay_rows(canvas, chart, list(shares), [""] * len(shares), head)
    left = {
        name: sum(_side(place, middle) * held.get(answer, 0.0) for place, answer in enumerate(chart.order))
        for name, held in shares.items()
    }
    total = {name: sum(held.get(answer, 0.0) for answer in chart.order) for name, held in shares.items()}
    lows = max(left.values(), default=0.5) or 0.01
    highs = max((total[name] - left[name] for name in shares), default=0.5) or 0.01
    scale = Scale(-lows, highs, rows.edge, canvas.right)
    for row in rows.items:
        _write_name(canvas, chart, row, rows.edge)
        held = shares[row.name]
        half = min(row.height * 0.36, canvas.size * 1.1)
        if not held:
            canvas.text(scale(0), row.y, TOO_FEW, scale=0.9, colour=theme.SLATE, style="italic", align="center")
        at = -left[row.name]
        for place in range(count):
            share = held.get(chart.order[place], 0.0)
            colour, strength, ink = _shade(chart, place)
            x0, x1 = scale(at), scale(at + share)
            canvas.bar(x0, x1, row.y - half, row.y + half, colour=colour, alpha=strength)
            words = chart.write(share)
            if x1 - x0 > canvas.measure(words, 0.82) + 4:
                canvas.text((x0 + x1) / 2, row.y, words, scale=0.82, colour=ink, align="center")
            at += share
    canvas.line([scale(0)] * 2, [canvas.top + head - 2, _foot(rows)], colour=theme.INK, width=0.8, order=0.5)
    _draw_key(canvas, chart)


def _side(place: int, middle: float) -> float:
    """Say how much of an answer lies left of the centre: all, half or nothing."""
    return 1.0 if place < middle else 0.5 if place == middle else 0.0


def _draw_key(canvas: Canvas, chart: Chart) -> None:
    y = canvas.top + canvas.size * LINE / 2
    for line in _key_lines(chart, canvas):
        x = canvas.left
        for name, place in line:
            colour, strength, _ = _shade(chart, place)
            half = canvas.size * 0.42
            canvas.bar(x, x + 2 * half, y - half, y + half, colour=colour, alpha=strength)
            canvas.text(x + canvas.size * 1.2, y, name, scale=0.88, colour=theme.INK)
            x += canvas.measure(name, 0.88) + canvas.size * 2.6
        y += canvas.size * LINE


# -- dots ------------------------------------------------------------------------------------------------------------


def draw_dots_intervals(canvas: Canvas, chart: Chart) -> None:
    """Draw a dot per group and series with its interval, its value in a column on the right."""
    names = _names(chart)
    series = chart.order or ("",)
    cells = _by_row(chart)
    head = _head(chart, canvas)
    notes = [_note_of(cells.get((name, series[0]), {})) for name in names]
    has_column = _has_column(chart, canvas)
    rows = _lay_rows(canvas, chart, names, [""] * len(names) if has_column else notes, head)
    if has_column:
        for row, note in zip(rows.items, notes, strict=True):
            canvas.text(canvas.right, row.y, note, scale=0.82, colour=theme.SLATE, align="right")
        wide = max((canvas.measure(note, 0.82) for note in notes), default=0.0)
        canvas = canvas.inside(right=canvas.right - wide - canvas.size * 1.1)
    # Of two series each has a column of numbers: why one is missing stands there, in the place of its number.
    missing = {key: str(cell["note"]) for key, cell in cells.items() if cell["value"] is None and cell["note"]}
    missing = missing if len(series) > 1 else {}
    written = {key: missing.get(key) or chart.write(cell["value"]) for key, cell in cells.items()}
    widths = [
        max(
            [canvas.measure(written.get((name, one), ""), weight="bold") for name in names]
            + [canvas.measure(one, 0.88) + canvas.size * 1.1 if one else 0.0]
        )
        for one in series
    ]
    room = sum(widths) + canvas.size * (0.9 * len(series) + 0.3)
    scale = _dot_scale(chart, rows.edge + canvas.size * 0.6, canvas.right - room)
    for row in rows.items:
        canvas.line([rows.edge, canvas.right - room + canvas.size * 0.6], [row.y, row.y], colour=theme.GRID, width=0.8)
        _write_name(canvas, chart, row, rows.edge)
        for place, one in enumerate(series):
            cell = cells.get((row.name, one), {})
            y = row.y + (place - (len(series) - 1) / 2) * canvas.size * 0.8
            _draw_dot(canvas, chart, scale, cell, row, y, place)
            x = canvas.right - sum(widths[place + 1 :]) - canvas.size * 0.9 * (len(series) - 1 - place)
            words = written.get((row.name, one), "")
            if (row.name, one) in missing:
                canvas.text(x, row.y, words, scale=0.88, colour=theme.SLATE, style="italic", align="right")
            else:
                canvas.text(x, row.y, words, align="right", weight=_weight(chart, row.name))
    y = canvas.top + canvas.size * LINE / 2
    _reference(canvas.inside(bottom=_foot(rows), right=canvas.right), chart, scale, y)
    if len(series) > 1:
        y += canvas.size * LINE if chart.reference is not None else 0.0
        for place, one in enumerate(series):
            x = canvas.right - sum(widths[place + 1 :]) - canvas.size * 0.9 * (len(series) - 1 - place)
            canvas.text(x, y, one, scale=0.88, align="right")
            colour, marker, is_filled = _series_mark(chart, place)
            wide = canvas.measure(one, 0.88)
            canvas.dot(x - wide - canvas.size * 0.65, y, colour=colour, marker=marker, is_filled=is_filled, scale=0.55)


def _by_row(chart: Chart) -> dict[tuple[str, str], dict[str, Plain]]:
    roles = ("value", "low", "high", "n", "target", "note")
    columns = {role: chart.role(role) for role in roles}
    names, series = chart.role("label"), chart.role("series")
    return {
        (str(names[row]), str(series[row]) if series[row] is not None else ""): {
            role: columns[role][row] for role in roles
        }
        for row in range(len(chart))
    }


def _note_of(cell: dict[str, Plain]) -> str:
    count = _number(cell.get("n"))
    return "" if count is None else f"n {theme.number(count, 0)}"


def _dot_scale(chart: Chart, start: float, end: float) -> Scale:
    roles = ("value", "low", "high", "target")
    held = [number for role in roles for value in chart.role(role) if (number := _number(value)) is not None]
    if chart.reference is not None:
        held.append(chart.reference)
    low, high = min(held, default=0.0), max(held, default=1.0)
    pad = (high - low) * 0.04 or abs(high) * 0.1 or 0.5
    return Scale(low - pad, high + pad, start, end)


def _series_mark(chart: Chart, place: int) -> tuple[str, str, bool]:
    return ((theme.BLUE, "o", True), (theme.SLATE, "s", False), (theme.SLATE, "^", True))[min(place, 2)]


def _draw_dot(
    canvas: Canvas, chart: Chart, scale: Scale, cell: dict[str, Plain], row: Row, y: float, place: int
) -> None:
    colour, marker, is_filled = _series_mark(chart, place)
    if len(chart.order) < 2:
        colour = theme.BLUE if _is_lit(chart, row.name) or not chart.highlight else theme.SLATE
    value, low, high, target = (_number(cell.get(role)) for role in ("value", "low", "high", "target"))
    if value is None:
        if place == 0 and not (len(chart.order) > 1 and cell.get("note")):
            words = str(cell.get("note") or TOO_FEW)
            canvas.text(scale.start, row.y, words, scale=0.88, colour=theme.SLATE, style="italic", halo=True)
        return
    if low is not None and high is not None:
        canvas.line([scale(low), scale(high)], [y, y], colour=colour, width=2.4, order=3)
    if target is not None and place == 0:
        half = min(row.height * 0.32, canvas.size * 0.9)
        canvas.line([scale(target)] * 2, [row.y - half, row.y + half], colour=theme.INK, width=1.8, order=3)
    canvas.dot(scale(value), y, colour=colour, marker=marker, is_filled=is_filled, scale=0.72)


# -- what changed ----------------------------------------------------------------------------------------------------


def draw_waterfall(canvas: Canvas, chart: Chart) -> None:
    """Draw totals and the effects between them, each starting where the one before it ended."""
    names = [str(name) for name in chart.role("label")]
    values = [_number(value) or 0.0 for value in chart.role("value")]
    totals = [bool(value) for value in chart.role("is_total")]
    spans: list[tuple[float, float]] = []
    at = 0.0
    for value, is_total in zip(values, totals, strict=True):
        spans.append((0.0, value) if is_total else (at, at + value))
        at = spans[-1][1]
    rows = _lay_rows(canvas, chart, names, [""] * len(names), 0.0)
    words = [chart.write(value) if is_total else _signed(chart, value)
             for value, is_total in zip(values, totals, strict=True)]  # fmt: skip
    room = max((canvas.measure(text, weight="bold") for text in words), default=0.0) + canvas.size
    ends = [edge for span, is_total in zip(spans, totals, strict=True) for edge in (span[1:] if is_total else span)]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    # Where the totals dwarf the effects, bars from zero would hide them: totals become marks on a cut axis.
    is_cut = low > 0 and high - low < 0.3 * high
    start = low - (high - low) * 0.12 if is_cut else min(0.0, low)
    end = high if high > start else start + 1
    scale = Scale(start, end, rows.edge + canvas.size * 0.4, canvas.right - room)
    for place, row in enumerate(rows.items):
        _write_name(canvas, chart, row, rows.edge)
        _draw_step(canvas, chart, row, scale, spans[place], is_total=totals[place], is_cut=is_cut)
        x = scale(max(spans[place]) if not totals[place] else max(spans[place][1], start)) + canvas.size * 0.5
        x += canvas.size * 0.35 if totals[place] and is_cut else 0.0
        canvas.text(x, row.y, words[place], weight="bold" if totals[place] else "normal")
        if place + 1 < len(spans):
            below, x = rows.items[place + 1], scale(spans[place][1])
            ys = [row.y + _bar_half(row, canvas), below.y - _bar_half(below, canvas)]
            canvas.line([x, x], ys, colour=theme.SLATE, width=0.7)
    if not is_cut:
        canvas.line([scale(0)] * 2, [canvas.top, _foot(rows)], colour=theme.SLATE, width=0.8)


def _draw_step(
    canvas: Canvas, chart: Chart, row: Row, scale: Scale, span: tuple[float, float], *, is_total: bool, is_cut: bool
) -> None:
    half, (first, last) = _bar_half(row, canvas), span
    if is_total and is_cut:
        canvas.dot(scale(last), row.y, colour=theme.SLATE, marker="D", scale=0.66)
        return
    is_lit = not chart.highlight or _is_lit(chart, row.name)
    is_worse = chart.direction != 0 and (last - first) * chart.direction < 0
    colour = (theme.VERMILLION if is_worse else theme.BLUE) if is_lit else theme.MUTE
    x0, x1 = scale(first), scale(last)
    canvas.bar(
        x0,
        x1 if abs(x1 - x0) >= 1 else x0 + 1,
        row.y - half,
        row.y + half,
        colour=theme.SLATE if is_total else colour,
    )


def _signed(chart: Chart, value: float) -> str:
    if chart.unit == "share":  # an effect on a share is counted in points
        return f"{theme.signed(100 * value, chart.decimals if chart.decimals is not None else 1)} points"
    words = chart.write(value)
    return words if words.startswith("−") or words.strip("0., %") == "" else f"+{words}"
