"""Draw a run's exhibits on all cores, each as soon as its chapter is there, and write the report from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.batch.drawn import Kept
from workbench.errors import DeadlineError

if TYPE_CHECKING:
    from workbench.report.story import Chapter, Report

T = TypeVar("T")


@dataclass
class Drawings:
    """The exhibits of a run that are drawn or under way.

    Attributes
    ----------
    processes : Executor
        Where they are drawn.
    folder : Path
        Where they wait until the report says how they are numbered.
    kept : Kept
        Those of earlier runs.
    left : callable
        Says how long it may still take. Unit: seconds.
    give_up : callable
        Ends what takes longer.
    """

    processes: Executor
    folder: Path
    kept: Kept
    left: Callable[[], float] = lambda: math.inf
    give_up: Callable[[Future[Any]], object] = lambda work: work.cancel()
    _work: dict[str, Chapter] = field(default_factory=dict)
    _running: dict[str, Future[tuple[Path, ...]]] = field(default_factory=dict)
    _pages: dict[str, Future[None]] = field(default_factory=dict)

    def begin(self, chapter: Chapter) -> None:
        """Start to draw a chapter's exhibits."""
        from workbench.findings import Figures

        for exhibit in chapter.exhibits:
            alone = replace(chapter, exhibits=(exhibit,), figures=Figures(()))  # little to send to another process
            self._work[exhibit.key] = alone
            self._running[exhibit.key] = self.processes.submit(_draw, alone, self.folder, self.kept)

    def finish(self, report: Report, folder: Path) -> None:
        """Write report.html, pages/, exhibits.xlsx and exhibits/; what the readers do not get is not drawn.

        Parameters
        ----------
        report : Report
            Of the chapters that were begun.
        folder : Path
            Of the result.

        Raises
        ------
        DeadlineError
            One took longer than there was time.
        """
        from workbench.report.images import numbered_exhibits

        wanted = {exhibit.key for _, exhibit in report.exhibits()}
        waiting = [key for key, task in self._running.items() if task.cancel() and key in wanted]
        # the longest task first, then what is left
        self._pages["report.html"] = self.processes.submit(_write_page, report, folder)
        self._pages["exhibits.xlsx"] = self.processes.submit(_write_workbook, report, folder)
        for key in waiting:
            self._running[key] = self.processes.submit(_draw, self._work[key], self.folder, self.kept)
        (folder / "exhibits").mkdir()
        for name, exhibit in numbered_exhibits(report):
            for drawn in self._wait_for(f"the exhibit {exhibit.key}", self._running[exhibit.key]):
                drawn.rename(folder / "exhibits" / f"{name}{drawn.suffix}")
        for file, task in self._pages.items():
            self._wait_for(file, task)
        self.kept.prune(len(wanted))

    def stop(self) -> None:
        """Draw nothing more, and wait for what is under way, so that nothing writes into a folder that is gone."""
        begun: list[Future[Any]] = [*self._running.values(), *self._pages.values()]
        under_way = [task for task in begun if not task.cancel()]
        for task in wait(under_way, _seconds(self.left())).not_done:
            self.give_up(task)
        wait(under_way)

    def _wait_for(self, what: str, task: Future[T]) -> T:
        try:
            return task.result(_seconds(self.left()))
        except TimeoutError:
            if task.done():  # its own
                raise
            self.give_up(task)
            raise DeadlineError(f"Its report was not drawn in time: {what} was still under way.") from None


def _seconds(left: float) -> float | None:
    return None if left == math.inf else max(0.0, left)


def _draw(chapter: Chapter, folder: Path, kept: Kept) -> tuple[Path, ...]:
    from workbench.report.images import write_images
    from workbench.report.story import Meta, Report

    report = Report(Meta(chapter.engagement, "", ""), (chapter,))
    return write_images(report, folder / chapter.exhibits[0].key, drawings=kept.drawings)


def _write_page(report: Report, folder: Path) -> None:
    from workbench.report.html import render_html, render_pages

    (folder / "report.html").write_text(render_html(report), encoding="utf-8", newline="\n")
    pages = render_pages(report)
    if pages:
        (folder / "pages").mkdir()
    for key, text in pages.items():
        (folder / "pages" / f"{key}.html").write_text(text, encoding="utf-8", newline="\n")


def _write_workbook(report: Report, folder: Path) -> None:
    from workbench.report.sheets import write_workbook

    write_workbook(report, folder / "exhibits.xlsx")
