"""A sheet of paper measured in points, from its upper left corner: what every chart is drawn on.

Everything is placed by measured text, so that no name is cut and no label lies on another; nothing is solved for. A
sheet holds marks and knows nothing of how they are written: `svg.write_svg` and `png.paint_png` do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from workbench import theme
from workbench.report.drawing.letters import one_line, text_width
from workbench.report.drawing.marks import Bar, Dot, Line, Mark, Words
from workbench.report.values import keep_together

LINE = 1.28
"""Height of a line of text, in sizes."""


def wrap_text(words: str, width: float, size: float, weight: str = "normal", most_lines: int = 2) -> list[str]:
    """Return words in lines of at most `width` points; what does not fit ends in "…".

    Parameters
    ----------
    words : str
    width, size : float
        Points.
    weight : str
        ``normal`` or ``bold``.
    most_lines : int
    """
    lines: list[str] = []
    for word in keep_together(" ".join(words.split())).split(" "):
        trial = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(trial, size, weight) <= width + 0.5:
            lines[-1] = trial
        else:
            lines.append(word)
    if len(lines) > most_lines:
        lines = [*lines[: most_lines - 1], " ".join(lines[most_lines - 1 :])]
    return [_shortened(line, width, size, weight) for line in lines]


def balance_text(words: str, width: float, size: float, weight: str = "normal", most_lines: int = 3) -> list[str]:
    """Return words in as few lines as `wrap_text` needs, but of about equal length: no word stands alone."""
    lines = wrap_text(words, width, size, weight, most_lines)
    low, high = width / 2, width
    while len(lines) > 1 and high - low > 4:
        middle = (low + high) / 2
        trial = wrap_text(words, middle, size, weight, most_lines + 1)
        if len(trial) > len(lines) or any(line.endswith("…") for line in trial):
            low = middle
        else:
            high = middle
    return wrap_text(words, high, size, weight, most_lines)


def _shortened(line: str, width: float, size: float, weight: str) -> str:
    if text_width(line, size, weight) <= width + 0.5:  # a width computed from the words themselves must hold them
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(line[:middle].rstrip() + "…", size, weight) <= width:
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip() + "…"


def spread_apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places near the wanted ones, in the same order, at least `gap` apart, between `low` and `high`.

    Parameters
    ----------
    wanted : sequence of float
        In any order.
    gap, low, high : float
        In the same unit; where they do not fit, the gap shrinks.

    Examples
    --------
    >>> spread_apart([10.0, 11.0, 40.0], 5.0, 0.0, 100.0)
    [8.0, 13.0, 40.0]
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda place: (wanted[place], place))
    gap = min(gap, (high - low) / max(1, len(wanted) - 1)) if len(wanted) > 1 else gap
    # Neighbours that touch become one block, which stands at the mean of what its members want.
    blocks: list[list[float]] = []  # [sum of wanted first places, members]
    for rank, place in enumerate(order):
        blocks.append([wanted[place] - rank * gap, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    firsts = [total / count for total, count in blocks for _ in range(int(count))]
    top = high - (len(wanted) - 1) * gap
    placed = [0.0] * len(wanted)
    for rank, place in enumerate(order):
        placed[place] = min(max(firsts[rank], low), top) + rank * gap
    return placed


@dataclass
class Canvas:
    """What is drawn so far, and the box that is free for marks.

    Attributes
    ----------
    width, height, size : float
        Points; `size` is that of ordinary text.
    left, top, right, bottom : float
        The free box, in points.
    marks : list of Mark
        In the order in which they were drawn; `in_order` is how they lie on each other.
    """

    width: float
    height: float
    size: float
    left: float
    top: float
    right: float
    bottom: float
    marks: list[Mark] = field(default_factory=list, repr=False)

    def measure(self, words: str, scale: float = 1.0, weight: str = "normal") -> float:
        """Return how wide words are at `scale` times the ordinary size, in points."""
        return text_width(words, self.size * scale, weight)

    def wrap(self, words: str, width: float, scale: float = 1.0, weight: str = "normal", lines: int = 2) -> list[str]:
        """Return words in lines that fit."""
        return wrap_text(words, width, self.size * scale, weight, lines)

    def text(
        self,
        x: float,
        y: float,
        words: str | Sequence[str],
        *,
        scale: float = 1.0,
        colour: str = theme.INK,
        weight: str = "normal",
        style: str = "normal",
        align: str = "left",
        halo: bool = False,
    ) -> None:
        """Write one line, or several centred on `y`."""
        lines = [one_line(line) for line in ([words] if isinstance(words, str) else words)]
        size = self.size * scale
        for place, line in enumerate(lines):
            at = y + (place - (len(lines) - 1) / 2) * size * LINE
            if halo:  # a patch of paper, for an outlined text would be written as outlines, not as text
                self._clear(x, at, line, scale, weight, align)
            if line:
                self.marks.append(Words(x, at, line, size, colour, weight, style, align))

    def _clear(self, x: float, y: float, line: str, scale: float, weight: str, align: str) -> None:
        wide, high = self.measure(line, scale, weight) + 3, self.size * scale * 1.05
        start = x - 1.5 - {"left": 0.0, "center": (wide - 3) / 2, "right": wide - 3}[align]
        self.bar(start, start + wide, y - high / 2, y + high / 2, colour=theme.PAPER, alpha=0.85, order=2.9)

    def line(
        self,
        xs: Sequence[float | None],
        ys: Sequence[float | None],
        *,
        colour: str = theme.SLATE,
        width: float = 1.2,
        dashes: tuple[float, float] | None = None,
        order: float = 2,
    ) -> None:
        """Draw a line; None breaks it."""
        points = tuple(None if x is None or y is None else (x, y) for x, y in zip(xs, ys, strict=True))
        self.marks.append(Line(points, colour, width * self.size / 13, dashes, order))

    def bar(
        self, x0: float, x1: float, y0: float, y1: float, *, colour: str, alpha: float = 1.0, order: float = 1
    ) -> None:
        """Fill a rectangle."""
        self.marks.append(Bar(min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1), colour, alpha, order))

    def dot(
        self,
        x: float,
        y: float,
        *,
        colour: str = theme.BLUE,
        is_filled: bool = True,
        marker: str = "o",
        scale: float = 0.62,
        order: float = 4,
    ) -> None:
        """Draw a mark; a hollow one has a white heart."""
        heart = colour if is_filled else theme.PAPER
        self.marks.append(Dot(x, y, marker, self.size * scale, 1.5 * self.size / 13, colour, heart, order))

    def inside(self, **box: Any) -> Canvas:
        """Return the same sheet with another free box; what is drawn there is drawn here."""
        return replace(self, **box)

    def in_order(self) -> list[Mark]:
        """Return the marks as they lie on each other, the lowest first."""
        return sorted(self.marks, key=lambda mark: mark.order)


def new_canvas(width: float, height: float, size: float, *, margin: float = 0.0) -> Canvas:
    """Return an empty sheet.

    Parameters
    ----------
    width, height, size, margin : float
        Points.
    """
    return Canvas(width, height, size, margin, margin, width - margin, height - margin)


@dataclass(frozen=True)
class Scale:
    """A straight map from values to points.

    Attributes
    ----------
    low, high : float
        Values at the two ends.
    start, end : float
        Points there.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return where a value stands, in points."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return about `count` round values from below `low` to above `high`.

    Examples
    --------
    >>> ticks(0, 9.3)
    [0.0, 2.5, 5.0, 7.5, 10.0]
    """
    from matplotlib.ticker import MaxNLocator

    if high <= low:
        high = low + (abs(low) or 1.0)
    return [float(value) for value in MaxNLocator(nbins=count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
