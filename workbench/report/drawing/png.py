"""A sheet as pixels, painted by the rasteriser that matplotlib brings, without its figures and axes."""

from __future__ import annotations

import struct
import threading
import warnings
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.report.drawing.canvas import Canvas
from workbench.report.drawing.letters import BASELINE, MISSING_GLYPH, face_for
from workbench.report.drawing.marks import CORNERS, Bar, Dot, Line, Words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]

_COLOUR = 0xFFFFFF
"""Red, green and blue of a pixel, without its cover."""

PACKING = 4
"""How hard zlib tries: 6 takes 40 % longer for 1 % less, 3 is 30 % faster for 10 % more (of 22 slides)."""


def paint_png(sheet: Canvas, dpi: float) -> bytes:
    """Return a sheet as PNG.

    Parameters
    ----------
    sheet : Canvas
    dpi : float
        Pixels an inch; 72 is one a point.
    """
    return encode_png(paint(sheet, dpi), dpi)


def paint(sheet: Canvas, dpi: float) -> Pixels:
    """Return a sheet's pixels: rows of red, green, blue and full cover."""
    import numpy as np
    from matplotlib.backends.backend_agg import RendererAgg

    scale = dpi / 72
    # A hundredth more, so that 1600 pixels do not become 1599 by a rounding.
    page = RendererAgg(int(sheet.width * scale + 0.01), int(sheet.height * scale + 0.01), dpi)
    pixels = np.asarray(page.buffer_rgba())
    pixels.view("<u4")[:] = _inks(theme.PAPER, 0)[-1]
    with warnings.catch_warnings():
        # A script that no font here can draw is drawn by the reader's browser, where text stays text.
        warnings.filterwarnings("ignore", message=MISSING_GLYPH)
        for mark in sheet.in_order():
            _PAINTERS[type(mark)](page, mark, scale)
    return pixels


def _pen(page: Any, colour: str, width: float) -> Any:
    pen = page.new_gc()
    pen.set_foreground(colour)
    pen.set_linewidth(width)
    pen.set_capstyle("butt")
    pen.set_joinstyle("round")
    return pen


def _fill(page: Any, corners: list[tuple[float, float]], colour: str, alpha: float = 1.0) -> None:
    from matplotlib.path import Path
    from matplotlib.transforms import IdentityTransform

    pen = _pen(page, colour, 0)
    pen.set_alpha(alpha)
    page.draw_path(pen, Path([*corners, corners[0]], closed=True), IdentityTransform(), _rgba(colour))


def _rgba(colour: str) -> tuple[float, float, float, float]:
    from matplotlib.colors import to_rgba

    return to_rgba(colour)


def _paint_words(page: Any, mark: Words, scale: float) -> None:
    """Lay a text's cover over what is there; letter by letter, as the rasteriser does it, takes five times as long."""
    import numpy as np

    cover, wide, above = _cover(mark.text, mark.size, mark.weight, mark.style, page.dpi)
    left = round(mark.x * scale - {"left": 0.0, "center": wide / 128, "right": wide / 64}[mark.align])
    # The cover's first row is this far above the line that the letters stand on, whichever letters they are.
    top = round((mark.y + BASELINE * mark.size) * scale) - above // 64 - 1
    foot, right = top + cover.shape[0], left + cover.shape[1]
    sheet = np.asarray(page.buffer_rgba()).view("<u4")[:, :, 0]
    shares = cover[max(0, -top) : sheet.shape[0] - top, max(0, -left) : sheet.shape[1] - left]
    under = sheet[max(0, top) : max(0, foot), max(0, left) : max(0, right)]
    if under.size and (under == under[0, 0]).all():  # nearly always
        under[:] = _inks(mark.colour, int(under[0, 0]))[shares]
        return
    for paper in np.unique(under):
        is_here = under == paper
        under[is_here] = _inks(mark.colour, int(paper))[shares[is_here]]


@lru_cache(maxsize=1024)
def _cover(text: str, size: float, weight: str, style: str, dpi: float) -> tuple[Pixels, int, int]:
    """Return how much of each pixel a text covers, and in 64ths how wide it is and how far it stands above its line.

    Kept for a while: an axis' numbers and a chart's groups are on many slides.
    """
    from matplotlib.ft2font import LoadFlags

    font = face_for(text, weight, style)
    font.set_size(size, dpi)
    font.set_text(text, 0.0, flags=LoadFlags.NO_HINTING)
    font.draw_glyphs_to_bitmap(antialiased=True)
    wide, high = font.get_width_height()
    return font.get_image(), wide, high - font.get_descent()


@lru_cache(maxsize=256)
def _inks(colour: str, paper: int) -> npt.NDArray[np.uint32]:
    """Return a text's colour on a ground, as the sheet holds colours, for each of 256 shares of cover."""
    import numpy as np
    from matplotlib.colors import to_rgb

    inks = np.full((256, 4), 255, dtype=np.uint8)
    for part, (ink, ground) in enumerate(zip(to_rgb(colour), paper.to_bytes(4, "little"), strict=False)):
        inks[:, part] = np.rint(ground + (255 * ink - ground) * np.arange(256) / 255)
    return inks.view("<u4")[:, 0]


def _paint_line(page: Any, mark: Line, scale: float) -> None:
    from matplotlib.path import Path
    from matplotlib.transforms import IdentityTransform

    nothing = (float("nan"), float("nan"))
    points = [nothing if at is None else (at[0] * scale, page.height - at[1] * scale) for at in mark.points]
    pen = _pen(page, mark.colour, mark.width)
    if mark.dashes:
        pen.set_dashes(0, [part * mark.width for part in mark.dashes])
    if points:
        page.draw_path(pen, Path(points), IdentityTransform())


def _paint_bar(page: Any, mark: Bar, scale: float) -> None:
    left, right = mark.x0 * scale, mark.x1 * scale
    top, foot = page.height - mark.y0 * scale, page.height - mark.y1 * scale
    _fill(page, [(left, foot), (right, foot), (right, top), (left, top)], mark.colour, mark.alpha)


def _paint_dot(page: Any, mark: Dot, scale: float) -> None:
    from matplotlib.path import Path
    from matplotlib.transforms import Affine2D

    pen = _pen(page, mark.colour, mark.rim)
    place = Affine2D().scale(mark.size * scale, -mark.size * scale)
    place.translate(mark.x * scale, page.height - mark.y * scale)
    if mark.shape == "o":
        path = Path.circle(radius=0.5)
    else:
        pen.set_joinstyle("miter")
        path = Path([*CORNERS[mark.shape], CORNERS[mark.shape][0]], closed=True)
    page.draw_path(pen, path, place, _rgba(mark.heart))


_PAINTERS: dict[type, Callable[[Any, Any, float], None]] = {
    Words: _paint_words,
    Line: _paint_line,
    Bar: _paint_bar,
    Dot: _paint_dot,
}


def encode_png(pixels: Pixels, dpi: float) -> bytes:
    """Return pixels as PNG: by numbers of colours where there are at most 256, which most charts keep to.

    Parameters
    ----------
    pixels : array of height × width × 4
        Red, green, blue, and a cover that is not kept.
    dpi : float
        Pixels an inch, so that it is pasted at its size.
    """
    import numpy as np

    high, wide = pixels.shape[:2]
    codes = np.ascontiguousarray(pixels).view("<u4")[:, :, 0]
    is_drawn = codes != codes[0, 0]
    inks = codes[is_drawn]
    colours = np.unique(inks)
    kind, depth, palette = (3, 1, b"") if len(colours) < 256 else (2, 3, b"")
    rows = np.zeros((high, 1 + wide * depth), dtype=np.uint8)  # each begins with how it is filtered: not at all
    if kind == 3:
        numbers = _numbers(threading.get_ident())  # of other pictures' colours some are left: nobody asks for them
        numbers[colours & _COLOUR] = np.arange(1, 1 + len(colours))
        rows[:, 1:][is_drawn] = numbers[inks & _COLOUR]
        table = np.concatenate([codes[:1, 0], colours]).astype("<u4").view(np.uint8).reshape(-1, 4)
        palette = _chunk(b"PLTE", table[:, :3].tobytes())
    else:
        for part in range(3):  # by threes, each pixel is a loop of its own and takes three times as long
            rows[:, 1 + part :: 3] = pixels[:, :, part]
    metre = round(dpi / 0.0254)
    head = struct.pack(">IIBBBBB", wide, high, 8, kind, 0, 0, 0)
    parts = [
        _chunk(b"IHDR", head),
        _chunk(b"pHYs", struct.pack(">IIB", metre, metre, 1)),
        palette,
        _chunk(b"IDAT", zlib.compress(rows.data, PACKING)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@lru_cache(maxsize=8)
def _numbers(_thread: int) -> Pixels:
    """Return room for a number for each colour there is, of which the system gives the pages that are used."""
    import numpy as np

    return np.zeros(_COLOUR + 1, dtype=np.uint8)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
