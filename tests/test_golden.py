"""The story of each report, as text that is read in review; renewed by `make golden`."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = ("harbour-mutual", "northgate-transit", "alder-retail")


class Headings(HTMLParser):
    """Collects the headings of a page, each with its depth."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a line for a heading."""
        if tag in ("h1", "h2", "h3", "h4"):
            self._depth = int(tag[1])
            self.lines.append("  " * (self._depth - 1))

    def handle_endtag(self, tag: str) -> None:
        """Close it."""
        if tag in ("h1", "h2", "h3", "h4"):
            self._depth = 0

    def handle_data(self, data: str) -> None:
        """Keep a heading's words."""
        if self._depth:
            self.lines[-1] += " ".join(data.split()) + (" " if data[-1:].isspace() else "")


@pytest.mark.parametrize("name", SAMPLES)
def test_the_headings_read_alone_tell_the_story(reports: Path, name: str) -> None:
    """The page's headings in order are those that were read and accepted last."""
    headings = Headings()
    headings.feed((reports / name / "latest" / "report.html").read_text(encoding="utf-8"))
    got = "\n".join(line.rstrip() for line in headings.lines) + "\n"
    golden = GOLDEN / f"{name}.outline.txt"
    if os.environ.get("WORKBENCH_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(got, encoding="utf-8")
    assert got == golden.read_text(encoding="utf-8")
