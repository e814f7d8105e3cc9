"""An analyst's own figure, taken into the report: its SVG without what a page must not hold, and a PNG.

The same bytes come out twice: no date, no name of a program.
"""

from __future__ import annotations

import base64
import contextlib
import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.report.drawing.letters import MISSING_GLYPH, installed_fonts
from workbench.report.drawing.svg import FAMILY

STYLE_FILE = Path(__file__).resolve().parents[3] / "templates" / "workbench.mplstyle"
"""Where the style of analysts' figures is written down."""


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Hold the style file while saving: fonts and resolution are looked up then."""
    import matplotlib as mpl

    with mpl.rc_context(fname=str(STYLE_FILE)), warnings.catch_warnings():
        mpl.rcParams["font.family"] = list(installed_fonts())
        # A script that no font here can draw is drawn by the reader's browser, where text stays text.
        warnings.filterwarnings("ignore", message=MISSING_GLYPH)
        yield


def picture_of(figure: Any) -> tuple[str, str]:
    """Return an analyst's figure as SVG text and as a slide-size PNG in base 64.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Or anything that has one as its ``figure``.
    """
    from matplotlib.text import Text

    drawn = getattr(figure, "figure", figure)
    for held in drawn.findobj(Text):
        if "\\" not in held.get_text():  # "$5m to $3m" is money; a formula has a backslash somewhere
            held.set_parse_math(False)
    with house_style():
        wide, high = drawn.get_size_inches()
        dpi = min(1600 / wide, 900 / high)
        return tidy_svg(_svg(drawn)), base64.b64encode(_png(drawn, dpi)).decode("ascii")


def _png(figure: Any, dpi: float) -> bytes:
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=dpi, metadata={"Software": None})
    return held.getvalue()


def _svg(figure: Any) -> str:
    held = io.StringIO()
    figure.savefig(held, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return held.getvalue()


def tidy_svg(svg: str) -> str:
    """Return matplotlib's SVG without head, metadata and comments, smaller, with the ids that are referred to."""
    text = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # A style element would speak to the whole page.
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = text.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = re.sub(r"(?<= )d=\"([^\"]*)\"", lambda found: f'd="{_short_path(found.group(1))}"', text)
    text = re.sub(r"(\d+\.\d\d)\d+", r"\1", text)
    text = re.sub(r' (x|y)="(-?\d+\.\d)\d+"', r' \1="\2"', text)
    text = re.sub(r' transform="rotate\(-?0(?:\.0+)? [^)]*\)"', "", text)
    text = re.sub(r"font: ([^;\"]*)", _font, text)  # how matplotlib writes it depends on its version
    text = re.sub(r"font-family: [^;\"]*(; )?", "", text)  # the family stands once, at the root
    text = re.sub(r' style="([^"]*)"', lambda found: re.sub(r"([:;]) ", r"\1", found.group(0)), text)
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
    kept = {name for pair in used for name in pair if name}
    text = re.sub(r' id="([^"]+)"', lambda found: found.group(0) if found.group(1) in kept else "", text)
    head = re.search(r'<svg[^>]*viewBox="([^"]*)"[^>]*>', text)
    if head is None:  # matplotlib always writes one
        return text
    box = head.group(1)
    _, _, wide, high = box.split()
    own = f' xmlns="http://www.w3.org/2000/svg" width="{wide}pt" height="{high}pt"'
    start = f'<svg{own} viewBox="{box}" style="stroke-linejoin:round;stroke-linecap:butt;font-family:{FAMILY}">'
    text = start + text[head.end() :]
    text = re.sub(r"<defs>\s*</defs>", "", _without_plain_groups(text))
    return re.sub(r">\s+<", "><", text).strip()


def _short_path(path: str) -> str:
    """Return a path's data to a tenth of a pixel; a line that goes on says so once.

    Examples
    --------
    >>> _short_path("M 0 1.2345 L 10.04 2.96 L 3.5 4 z")
    'M0 1.2 10 3 3.5 4z'
    """
    parts: list[str] = []
    before = ""
    for token in path.split():
        if token[0].isalpha():
            if token != "L" or before not in ("M", "L"):  # noqa: S105 (a letter of a path)
                parts.append(token)
            before = token
        else:
            number = f"{float(token):.1f}".removesuffix(".0")
            parts.append("0" if number == "-0" else number)
    return re.sub(r" ?([A-Za-z]) ?", r"\1", " ".join(parts))


def _without_plain_groups(text: str) -> str:
    """Drop groups that say nothing about what they hold: matplotlib puts one around every line."""
    kept, is_plain = [], []
    for piece in re.split(r"(<g\b[^>]*>|</g>)", text):
        if re.match(r"<g\b", piece):
            is_plain.append(piece == "<g>")
        if not (re.match(r"</?g\b", piece) and is_plain[-1]):
            kept.append(piece)
        if piece == "</g>":
            is_plain.pop()
    return "".join(kept)


def _font(found: re.Match[str]) -> str:
    """Keep weight, slant and size."""
    words = found.group(1).split()
    size = next((word for word in words if word.endswith("px")), "13px")
    parts = [f"font-size:{float(size[:-2]):g}px"]
    parts += ["font-weight:bold"] if {"bold", "700"} & set(words) else []
    parts += ["font-style:italic"] if "italic" in words else []
    return ";".join(parts)
