"""Each exhibit as files to paste: an SVG and a PNG of a slide's size, 1600 × 900 pixels."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from workbench.report.drawing.draw import slide_drawings
from workbench.report.exhibit import Exhibit, Note, Picture
from workbench.report.story import Report


def drawings_of(exhibit: Exhibit) -> tuple[str, bytes]:
    """Return an exhibit at the size of a slide, as SVG and as PNG; an analyst's picture as it was.

    Parameters
    ----------
    exhibit : Exhibit
        One that shows something: no note.
    """
    content = exhibit.content
    if isinstance(content, Picture):
        return content.svg, base64.b64decode(content.png)
    if isinstance(content, Note):  # has nothing to draw
        return "", b""
    return slide_drawings(content)


def write_images(
    report: Report, folder: str | Path, *, drawings: Callable[[Exhibit], tuple[str, bytes]] = drawings_of
) -> tuple[Path, ...]:
    """Write every exhibit that shows something as ``NN-key.svg`` and ``NN-key.png``.

    Parameters
    ----------
    report : Report
    folder : str or Path
        Made where it is not there.
    drawings : callable
        Gives an exhibit's SVG and PNG; by default they are drawn now.

    Returns
    -------
    tuple of Path
        The files, in the order of the report.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, exhibit in numbered_exhibits(report):
        if isinstance(exhibit.content, Note):
            continue
        svg, png = drawings(exhibit)
        (place / f"{name}.svg").write_text(svg, encoding="utf-8", newline="\n")
        (place / f"{name}.png").write_bytes(png)
        written += [place / f"{name}.svg", place / f"{name}.png"]
    return tuple(written)


def numbered_exhibits(report: Report) -> list[tuple[str, Exhibit]]:
    """Return the exhibits in the order in which the page numbers them, each with the name of its files."""
    ordered = sorted((exhibit for _, exhibit in report.exhibits()), key=lambda exhibit: exhibit.is_appendix)
    return [(f"{place:02d}-{exhibit.key}", exhibit) for place, exhibit in enumerate(ordered, start=1)]
