"""Drawing the sample's exhibits: our own SVG and pixels against a figure of matplotlib for each form and each file.

The chapters are those of one run; then everything that the run's workers draw is drawn in one process – the report and
its pages, slides as SVG and PNG, the workbook – and its computing time taken. The other way draws the same sheets as
figures, an artist a mark, laid out for each form and each file, as matplotlib is commonly used.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.table import bench_row
from workbench.batch.drawn import Kept
from workbench.report.chart import Chart
from workbench.report.drawing import draw
from workbench.report.drawing.pictures import house_style, tidy_svg
from workbench.report.exhibit import Exhibit, Note
from workbench.report.html import render_html, render_pages
from workbench.report.images import write_images
from workbench.report.sheets import workbook_bytes
from workbench.report.story import Report, new_report, order_chapters, parse_chapter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "report"))
SAMPLE = "harbour-mutual"
DRAWING_SECONDS, PAGE_BYTES = 5.0, 600_000
"""What drawing one engagement may compute, and what its page may weigh."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    with tempfile.TemporaryDirectory(prefix="wb-bench-") as held:
        folder = Path(held)
        report = _report(folder / "reports")
        write_images(_first_of(report), folder / "first")  # imports and fonts, once a process
        kept = Kept(folder / "home", "bench")
        page: list[str] = []
        pages = _seconds(lambda: page.append(render_html(report)), lambda: render_pages(report))
        slides = _seconds(lambda: write_images(report, folder / "new", drawings=kept.drawings))
        again = _seconds(lambda: write_images(report, folder / "again", drawings=kept.drawings))
        book = _seconds(lambda: workbook_bytes(report))
        old_pages, old_slides, old_bytes = _figures(report)
        new_bytes = sum(path.stat().st_size for path in (folder / "new").glob("*.png"))
        if any(path.read_bytes() != (folder / "new" / path.name).read_bytes() for path in (folder / "again").iterdir()):
            raise RuntimeError("A kept slide is not the one that was drawn.")
    weight = len(page[0].encode())
    said = "a matplotlib figure a form and file"
    total, old = pages + slides + book, old_pages + old_slides + book
    return [
        bench_row(
            "drawing of harbour-mutual, computing time", total, "s", against=said, other=old, most=DRAWING_SECONDS
        ),
        bench_row("of it the report and its pages", pages, "s", against=f"{said}, without the page", other=old_pages),
        bench_row("of it slides as SVG and PNG", slides, "s", against=said, other=old_slides),
        bench_row("the same where no exhibit changed", pages + again + book, "s", against="drawn anew", other=total),
        bench_row("report.html of harbour-mutual", weight, "bytes", most=PAGE_BYTES),
        bench_row("PNG of all slides", new_bytes, "bytes", against="as matplotlib saves them", other=old_bytes),
    ]


def _report(reports: Path) -> Report:
    """Return the sample's report, of the chapters that a run has kept."""
    from workbench.batch.study import prepare_study

    environment = {**os.environ, "WORKBENCH_REPORTS": str(reports), "WORKBENCH_BATCH": "1"}
    command = [sys.executable, "-m", "workbench", "run", SAMPLE]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)  # noqa: S603
    files = sorted((reports / SAMPLE / ".cache").glob("*/*/*.chapter.json"))
    chapters = tuple(parse_chapter(file.read_bytes(), file.name) for file in files)
    return new_report(prepare_study(SAMPLE, ROOT), order_chapters(chapters))


def _first_of(report: Report) -> Report:
    chapter = report.chapters[0]
    return Report(report.meta, (type(chapter)(**{**vars(chapter), "exhibits": chapter.exhibits[:1]}),))


def _figures(report: Report) -> tuple[float, float, int]:
    """Return the seconds for the drawings of pages, and of slides, and the bytes of these."""
    from drawn_by_matplotlib import figure_of  # type: ignore[import-not-found]

    def save(content: Any, kind: str, dpi: float, **form: Any) -> bytes:
        held = io.BytesIO()
        with house_style():
            figure_of(draw.draw_chart(content, **form), dpi).savefig(held, format=kind, dpi=dpi)
        return tidy_svg(held.getvalue().decode()).encode() if kind == "svg" else held.getvalue()

    shown = [exhibit for _, exhibit in report.exhibits() if not isinstance(exhibit.content, Note)]
    paged = [exhibit for held in report.pages().values() for _, page in held for exhibit in page.exhibits]
    charts = [exhibit.content for exhibit in [*shown, *paged] if isinstance(exhibit.content, Chart)]
    wide = {"width": draw.PAGE_WIDTH, "size": 13.5, "is_framed": False}
    narrow = {"width": draw.PHONE_WIDTH, "size": 13.0, "is_framed": False}
    slide = {"width": draw.SLIDE_WIDTH, "height": draw.SLIDE_HEIGHT, "size": draw.SLIDE_TEXT}
    pages = _seconds(lambda: [save(chart, "svg", 72, **form) for chart in charts for form in (wide, narrow)])
    saved: list[bytes] = []

    def save_slide(exhibit: Exhibit) -> None:
        save(exhibit.content, "svg", 72, **slide)
        saved.append(save(exhibit.content, "png", draw.SLIDE_DPI, **slide))

    slides = _seconds(lambda: [save_slide(exhibit) for exhibit in shown])
    return pages, slides, sum(map(len, saved))


def _seconds(*work: Callable[[], Any]) -> float:
    start = time.process_time()
    for one in work:
        one()
    return time.process_time() - start
