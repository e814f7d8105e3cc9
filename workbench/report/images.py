"""Each exhibit as files to paste: an SVG and a PNG of a slide's size, 1600 × 900 pixels."""

from __future__ import annotations

import base64
from collections.abc import Collection
from pathlib import Path

from workbench.report.drawing.draw import slide_drawings
from workbench.report.exhibit import Exhibit, Note, Picture
from workbench.report.story import Report


def write_images(report: Report, folder: str | Path, *, keys: Collection[str] | None = None) -> tuple[Path, ...]:
    """Write every exhibit that shows something as ``NN-key.svg`` and ``NN-key.png``.

    Parameters
    ----------
    report : Report
    folder : str or Path
        Made where it is not there.
    keys : collection of str, optional
        Only these exhibits, under the names that all of them would have; so that several processes can share the work.

    Returns
    -------
    tuple of Path
        The files, in the order of the report.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for name, exhibit in numbered_exhibits(report):
        if isinstance(exhibit.content, Note) or (keys is not None and exhibit.key not in keys):
            continue
        svg, png = _drawings(exhibit)
        (place / f"{name}.svg").write_text(svg, encoding="utf-8", newline="\n")
        (place / f"{name}.png").write_bytes(png)
        written += [place / f"{name}.svg", place / f"{name}.png"]
    return tuple(written)


def numbered_exhibits(report: Report) -> list[tuple[str, Exhibit]]:
    """Return the exhibits in the order in which the page numbers them, each with the name of its files."""
    ordered = sorted((exhibit for _, exhibit in report.exhibits()), key=lambda exhibit: exhibit.is_appendix)
    return [(f"{place:02d}-{exhibit.key}", exhibit) for place, exhibit in enumerate(ordered, start=1)]


def _drawings(exhibit: Exhibit) -> tuple[str, bytes]:
    content = exhibit.content
    if isinstance(content, Picture):
        return content.svg, base64.b64decode(content.png)
    if isinstance(content, Note):  # has nothing to draw; the caller leaves it out
        return "", b""
    return slide_drawings(content)
