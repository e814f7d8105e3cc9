"""Draw a table on a sheet: thin horizontal rules, text left, numbers right, long text broken into lines."""

from __future__ import annotations

from collections.abc import Sequence

from workbench import theme
from workbench.report.drawing.canvas import LINE, Canvas
from workbench.report.tables import Table

MOST_LINES = 5
"""Lines of one cell before it ends in "…"; the page and the workbook hold all of it."""


def _columns(canvas: Canvas, table: Table) -> list[float]:
    """Share the width: numbers take what they need, text shares the rest by need."""
    gap = canvas.size * 1.2
    heads, cells = table.headers(), table.cells()
    need, least = [], []
    for place, column in enumerate(table.columns):
        words = [(row[place], _weight(table, number)) for number, row in enumerate(cells)]
        # A header takes two lines, or as much as its longest word needs.
        head = max((canvas.measure(part, 0.88) for part in heads[place].split()), default=0.0)
        head = max(head, canvas.measure(heads[place], 0.88) * 0.62)
        wide = max([head, *(canvas.measure(text, weight=weight) for text, weight in words)])
        longest = max([head, *(canvas.measure(part, weight=weight) for text, weight in words for part in text.split())])
        need.append(wide + gap)
        least.append((wide if column.unit != "text" else min(wide, longest)) + gap)
    free = canvas.right - canvas.left
    if sum(need) <= free:
        return need
    spare = max(0.0, free - sum(least))
    wish = [max(0.0, wanted - floor) for wanted, floor in zip(need, least, strict=True)]
    total = sum(wish) or 1.0
    shrink = min(1.0, free / sum(least)) if sum(least) > 0 else 1.0
    return [floor * shrink + spare * more / total for floor, more in zip(least, wish, strict=True)]


def _weight(table: Table, place: int) -> str:
    return "bold" if place in table.totals else "normal"


def _broken(
    canvas: Canvas, row: Sequence[str], widths: Sequence[float], scale: float = 1.0, weight: str = "normal"
) -> list[list[str]]:
    gap = canvas.size * 1.2
    return [
        canvas.wrap(words, max(wide - gap, canvas.size), scale, weight, lines=MOST_LINES)
        for words, wide in zip(row, widths, strict=True)
    ]


def _height(canvas: Canvas, lines: Sequence[Sequence[str]], scale: float = 1.0) -> float:
    return canvas.size * scale * LINE * max((len(held) for held in lines), default=1) + canvas.size * 0.8


def table_height(table: Table, canvas: Canvas) -> float:
    """Return the height that a table would like, in points."""
    widths = _columns(canvas, table)
    rows = enumerate(table.cells())
    body = sum(_height(canvas, _broken(canvas, row, widths, weight=_weight(table, place))) for place, row in rows)
    return body + _height(canvas, _broken(canvas, table.headers(), widths, 0.88), 0.88)


def draw_table(canvas: Canvas, table: Table) -> None:
    """Draw the header, the rows and the rules between them."""
    widths = _columns(canvas, table)
    head = _broken(canvas, table.headers(), widths, 0.88)
    y = canvas.top + _height(canvas, head, 0.88)
    _write_row(canvas, table, head, widths, canvas.top, 0.88, theme.SLATE, "normal")
    right = canvas.left + sum(widths) - canvas.size * 1.2
    canvas.line([canvas.left, right], [y, y], colour=theme.INK, width=1)
    for place, row in enumerate(table.cells()):
        weight = _weight(table, place)
        lines = _broken(canvas, row, widths, weight=weight)
        if place in table.totals:
            canvas.line([canvas.left, right], [y, y], colour=theme.INK, width=1)
        _write_row(canvas, table, lines, widths, y, 1.0, theme.INK, weight)
        y += _height(canvas, lines)
        canvas.line([canvas.left, right], [y, y], colour=theme.GRID, width=0.9)


def _write_row(
    canvas: Canvas,
    table: Table,
    row: Sequence[Sequence[str]],
    widths: Sequence[float],
    top: float,
    scale: float,
    colour: str,
    weight: str,
) -> None:
    x, step = canvas.left, canvas.size * scale * LINE
    for column, lines, wide in zip(table.columns, row, widths, strict=True):
        is_text = column.unit == "text"
        middle = top + canvas.size * 0.4 + step * len(lines) / 2
        at = x if is_text else x + wide - canvas.size * 1.2
        canvas.text(at, middle, lines, scale=scale, colour=colour, weight=weight, align="left" if is_text else "right")
        x += wide
