"""Our fonts, and how wide words are: by one table of widths, filled as letters come, for all sizes.

Widths are those of the font's own design, unhinted, as browsers set text: a text has one width, whatever its size.
"""

from __future__ import annotations

import io
import itertools
import re
import threading
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")
"""First found is used; the first three share their widths, the last comes with matplotlib."""

BASELINE = 0.364
"""How far capitals stand below the middle of their line, in sizes: half of the ascent that these fonts name."""

MISSING_GLYPH = r"(?s)Glyph .* missing from"
"""matplotlib's warning; the glyph stands in it as it is, be it the end of a line."""

LINE_BREAKS = re.compile(r"\s*[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]\s*")
"""White space that would break a line or has no width of its own; the spaces of a font stay."""

LETTERS = re.compile(r"[ -~\u00a0-\u024f\u2000-\u22ff]*")
"""Texts whose width is the sum of their letters' and of what pairs of them give or take; others have to be shaped."""

_TRIED_AT = 1000
"""Points at which letters are measured; the larger, the less is rounded."""


@lru_cache(maxsize=1)
def installed_fonts() -> tuple[str, ...]:
    """Return those of `FONTS` that this machine has; naming others would print a warning a glyph."""
    from matplotlib import font_manager

    known = {entry.name for entry in font_manager.fontManager.ttflist}
    return tuple(name for name in FONTS if name in known) or ("DejaVu Sans",)


@lru_cache(maxsize=8)
def _files(weight: str, style: Any) -> tuple[Any, ...]:
    from matplotlib.font_manager import FontProperties, findfont

    families = [FontProperties(family=name, weight=weight, style=style) for name in installed_fonts()]
    return tuple(findfont(family, fallback_to_default=False) for family in families)


def face(weight: str = "normal", style: str = "normal") -> Any:
    """Return matplotlib's FT2Font for a face of ours; its size and its text are whoever's used it last."""
    from matplotlib.font_manager import get_font

    return get_font(_files(weight, style))  # one for each thread


def face_for(words: str, weight: str = "normal", style: str = "normal") -> Any:
    """Return a face that has all letters of some words, as `face` does: our first font wherever it can.

    matplotlib reads each letter from the font's file whenever one is set, in two calls of Python's; of a file that is
    held in memory they take half as long.
    """
    font = _held(weight, style, threading.get_ident())
    return font if LETTERS.fullmatch(words) and all(map(font.get_char_index, map(ord, words))) else face(weight, style)


@lru_cache(maxsize=64)
def _held(weight: str, style: str, _thread: int) -> Any:
    """Return our first font, read once; no thread touches another's."""
    from matplotlib.ft2font import FT2Font

    file = _files(weight, style)[0]
    place = {"face_index": file.face_index} if hasattr(file, "face_index") else {}  # matplotlib 3.11 has collections
    return FT2Font(io.BytesIO(Path(file).read_bytes()), **place)


def font_marks() -> list[list[Any]]:
    """Return what tells a machine's fonts from another's: their files, sizes and times."""
    files = sorted({str(file) for weight in ("normal", "bold") for file in _files(weight, "normal")})
    return [[file, (held := Path(file).stat()).st_size, held.st_mtime_ns] for file in files]


def one_line(words: str) -> str:
    r"""Return words with every break of a line as one space: what is drawn as a line stays one.

    Examples
    --------
    >>> one_line("motor\n  and home")
    'motor and home'
    """
    return LINE_BREAKS.sub(" ", words)


def text_width(words: str, size: float, weight: str = "normal") -> float:
    """Return how wide words are, in points.

    Parameters
    ----------
    words : str
    size : float
        Points.
    weight : str
        ``normal`` or ``bold``.
    """
    return size * _width(words, weight)


@lru_cache(maxsize=16_384)
def _width(words: str, weight: str) -> float:
    """Return the width in sizes."""
    line = one_line(words)
    if not LETTERS.fullmatch(line):
        return _shaped(line, weight)
    letters, kerns = _tables(weight)
    widths = [*map(letters.__getitem__, line)]
    if None in widths:
        return _shaped(line, weight)
    return float(sum(widths) + sum(map(kerns.__getitem__, itertools.pairwise(line))))


@lru_cache(maxsize=2)
def _tables(weight: str) -> tuple[_Letters, _Kerns]:
    return _Letters(weight), _Kerns(weight)


class _Letters(dict[str, Any]):
    """How far each letter moves the pen, in sizes; None where our first font does not have it."""

    def __init__(self, weight: str) -> None:
        self.weight = weight

    def __missing__(self, letter: str) -> float | None:
        from matplotlib.ft2font import LoadFlags

        font, moved = face(self.weight), None
        if font.get_char_index(ord(letter)):
            font.set_size(_TRIED_AT, 72)
            moved = font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / _TRIED_AT
        return self.setdefault(letter, moved)


class _Kerns(dict[tuple[str, str], float]):
    """How much nearer to each other two letters stand, in sizes."""

    def __init__(self, weight: str) -> None:
        self.weight = weight

    def __missing__(self, pair: tuple[str, str]) -> float:
        from matplotlib.ft2font import Kerning

        font = face(self.weight)
        font.set_size(_TRIED_AT, 72)
        numbers = (font.get_char_index(ord(letter)) for letter in pair)
        return self.setdefault(pair, float(font.get_kerning(*numbers, Kerning.UNFITTED)) / 64 / _TRIED_AT)


def _shaped(line: str, weight: str) -> float:
    """Return what a script needs that joins its letters or reads from right to left."""
    from matplotlib.ft2font import LoadFlags

    font = face(weight)
    font.set_size(_TRIED_AT, 72)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=MISSING_GLYPH)
        font.set_text(line, 0.0, flags=LoadFlags.NO_HINTING)
    return float(font.get_width_height()[0]) / 64 / _TRIED_AT
