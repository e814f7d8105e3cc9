"""What stands on a sheet: words, lines, bars and dots, in points from its upper left corner."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One line of text.

    Attributes
    ----------
    x, y : float
        Its left end, middle or right end, as `align` says; the middle of its capitals.
    text : str
        Without a break of line.
    size : float
        Points.
    colour : str
    weight : str
        ``normal`` or ``bold``.
    style : str
        ``normal`` or ``italic``.
    align : str
        ``left``, ``center`` or ``right``.
    order : float
        What is higher lies on what is lower.
    """

    x: float
    y: float
    text: str
    size: float
    colour: str
    weight: str = "normal"
    style: str = "normal"
    align: str = "left"
    order: float = 3.0


@dataclass(frozen=True)
class Line:
    """A line through points.

    Attributes
    ----------
    points : tuple of (x, y) or None
        None breaks the line.
    colour : str
    width : float
        Points.
    dashes : (on, off) or None
        In widths of the line.
    order : float
    """

    points: tuple[tuple[float, float] | None, ...]
    colour: str
    width: float
    dashes: tuple[float, float] | None = None
    order: float = 2.0


@dataclass(frozen=True)
class Bar:
    """A filled rectangle.

    Attributes
    ----------
    x0, x1, y0, y1 : float
        Its edges; the first of a pair is not the larger one.
    colour : str
    alpha : float
        1 hides what lies under it.
    order : float
    """

    x0: float
    x1: float
    y0: float
    y1: float
    colour: str
    alpha: float = 1.0
    order: float = 1.0


CORNERS = {
    "s": ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)),
    "D": ((0.0, 0.5**0.5), (0.5**0.5, 0.0), (0.0, -(0.5**0.5)), (-(0.5**0.5), 0.0)),
    "^": ((0.0, -0.5), (0.5, 0.5), (-0.5, 0.5)),
}
"""Square, diamond and triangle around their middle, in their sizes."""


@dataclass(frozen=True)
class Dot:
    """A small mark: round, or one of `CORNERS`.

    Attributes
    ----------
    x, y : float
        Its middle.
    shape : str
        ``o`` for round, else ``s``, ``D`` or ``^``.
    size : float
        Diameter of the circle, side of square and diamond, width and height of the triangle; points.
    rim : float
        Width of the line around it.
    colour, heart : str
        Of the rim, and of what it encloses.
    order : float
    """

    x: float
    y: float
    shape: str
    size: float
    rim: float
    colour: str
    heart: str
    order: float = 4.0


Mark = Words | Line | Bar | Dot
