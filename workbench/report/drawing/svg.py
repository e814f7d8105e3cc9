"""A sheet as SVG text: what is drawn and nothing else, so that a page holds many, and the same bytes each time.

Words stay words, in a font that every machine has; there are no ids, so drawings can stand side by side on a page.
"""

from __future__ import annotations

from html import escape

from workbench import theme
from workbench.report.drawing.canvas import Canvas
from workbench.report.drawing.letters import BASELINE
from workbench.report.drawing.marks import CORNERS, Bar, Dot, Line, Mark, Words

FAMILY = "Arial,Helvetica,Liberation Sans,sans-serif"
"""Every machine has one of them; their widths are those the chart was laid out with."""

_ANCHORS = {"left": "", "center": ";text-anchor:middle", "right": ";text-anchor:end"}


def write_svg(sheet: Canvas, *, is_file: bool) -> str:
    """Return a sheet as SVG.

    Parameters
    ----------
    sheet : Canvas
    is_file : bool
        Whether it stands alone; inside a page it needs neither width nor height nor a name space.
    """
    wide, high = _number(sheet.width, 2), _number(sheet.height, 2)
    own = f' xmlns="http://www.w3.org/2000/svg" width="{wide}pt" height="{high}pt"' if is_file else ""
    start = f'<svg{own} viewBox="0 0 {wide} {high}" style="stroke-linejoin:round;font-family:{FAMILY}">'
    paper = f'<path d="M0 0H{wide}V{high}H0z" style="fill:{theme.PAPER.lower()}"/>'
    return "".join([start, paper, *map(_written, sheet.in_order()), "</svg>"])


def _written(mark: Mark) -> str:
    match mark:
        case Words():
            return _words(mark)
        case Line():
            return _line(mark)
        case Bar():
            opacity = "" if mark.alpha == 1 else f";opacity:{_number(mark.alpha, 2)}"
            path = f"M{_at(mark.x0, mark.y0)}H{_number(mark.x1)}V{_number(mark.y1)}H{_number(mark.x0)}z"
            return f'<path d="{path}" style="fill:{mark.colour.lower()}{opacity}"/>'
        case Dot():
            return _dot(mark)


def _words(mark: Words) -> str:
    weight = ";font-weight:bold" if mark.weight == "bold" else ""
    style = ";font-style:italic" if mark.style == "italic" else ""
    look = f"font-size:{_number(mark.size, 2)}px{weight}{style}{_ANCHORS[mark.align]};fill:{mark.colour.lower()}"
    x, y = _number(mark.x), _number(mark.y + BASELINE * mark.size)
    return f'<text x="{x}" y="{y}" style="{look}">{escape(mark.text, quote=False)}</text>'


def _line(mark: Line) -> str:
    path, last = [], None
    for point in mark.points:
        if point is None or point[0] != point[0] or point[1] != point[1]:
            last = None
            continue
        here = (_number(point[0]), _number(point[1]))
        if last is None:
            path.append(f"M{_pair(*here)}")
        elif here[1] == last[1]:
            path.append(f"H{here[0]}")
        elif here[0] == last[0]:
            path.append(f"V{here[1]}")
        else:
            path.append(f"L{_pair(*here)}")
        last = here
    dashes = ";stroke-dasharray:" + ",".join(_number(part * mark.width, 2) for part in mark.dashes or ())
    look = (
        f"fill:none;stroke:{mark.colour.lower()};stroke-width:{_number(mark.width, 2)}{dashes if mark.dashes else ''}"
    )
    return f'<path d="{"".join(path)}" style="{look}"/>'


def _dot(mark: Dot) -> str:
    look = f"fill:{mark.heart.lower()};stroke:{mark.colour.lower()};stroke-width:{_number(mark.rim, 2)}"
    if mark.shape == "o":
        return f'<circle cx="{_number(mark.x)}" cy="{_number(mark.y)}" r="{_number(mark.size / 2)}" style="{look}"/>'
    path = "L".join(_at(mark.x + x * mark.size, mark.y + y * mark.size) for x, y in CORNERS[mark.shape])
    return f'<path d="M{path}z" style="{look};stroke-linejoin:miter"/>'


def _at(x: float, y: float) -> str:
    return _pair(_number(x), _number(y))


def _pair(x: str, y: str) -> str:
    return f"{x}{y}" if y.startswith("-") else f"{x} {y}"


def _number(value: float, places: int = 1) -> str:
    """Return a number with at most so many places.

    Examples
    --------
    >>> _number(3.0), _number(-0.04), _number(2.25, 2)
    ('3', '0', '2.25')
    """
    text = f"{value:.{places}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
