"""The chapters of a run, each as its own notebook left it: what a notebook does to another's chapter goes nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.batch.plan import Job, Plan
from workbench.engagement import publications
from workbench.errors import NotebookError, WorkbenchError

if TYPE_CHECKING:
    from workbench.report.story import Chapter

SUFFIX = ".chapter.json"


@dataclass
class Chapters:
    """The chapters that are done, held in memory, and a folder for each notebook with copies of them.

    Every notebook has a folder of its own: one client's notebook may read the chapters of the stages before it, but
    what it writes over them is seen, named and never published.

    Attributes
    ----------
    folder : Path
        Where the notebooks' folders are.
    data_hash : str
        Of the files that the chapters must have been made from.
    """

    folder: Path
    data_hash: str
    _saved: dict[str, bytes] = field(default_factory=dict)
    _read: dict[str, Chapter] = field(default_factory=dict)
    _notes: dict[str, bytes] = field(default_factory=dict)

    def done(self) -> Mapping[str, bytes]:
        """Return the chapters' files as they are now, by name; later ones do not come in."""
        return dict(self._saved)

    def in_order(self) -> tuple[Chapter, ...]:
        """Return the chapters as a report has them."""
        from workbench.report.story import order_chapters

        return order_chapters(tuple(self._read.values()))

    def notes(self) -> tuple[bytes, ...]:
        """Return what the chapters make public, for the publications ledger."""
        return tuple(self._notes[name] for name in sorted(self._notes))

    def notes_of(self, job: Job) -> tuple[bytes, ...]:
        """Return what one notebook's chapter makes public."""
        return tuple(note for name, note in sorted(self._notes.items()) if name.startswith(f"{job.notebook.pillar}/"))

    def prepare(self, job: Job, given: Mapping[str, bytes]) -> Path:
        """Return a notebook's own folder with copies of the chapters it may read.

        Parameters
        ----------
        job : Job
        given : mapping of file name to bytes
            From `done`, when its stage began.
        """
        folder = self.folder / job.notebook.name
        folder.mkdir(parents=True)
        for name, content in given.items():
            (folder / name).write_bytes(content)
        return folder

    def take(self, plan: Plan, job: Job, given: Mapping[str, bytes]) -> Chapter:
        """Return the chapter that a notebook left and keep it as it is now.

        Parameters
        ----------
        plan : Plan
        job : Job
            That has ended.
        given : mapping of file name to bytes
            What `prepare` laid out for it.

        Raises
        ------
        NotebookError
            It left no chapter of its name, one of another client or of other data, or one that is not its own.
        """
        from workbench.report.story import parse_chapter

        def stop(cause: str) -> NotebookError:
            return NotebookError(job.notebook.name, plan.engagement, 0, cause)

        wanted = job.notebook.pillar
        found = {path.name: _content(path) for path in sorted((self.folder / job.notebook.name).glob(f"*{SUFFIX}"))}
        content = found.pop(f"{wanted}{SUFFIX}", None)
        touched = sorted(name for name in {*found, *given} if found.get(name) != given.get(name))
        if content is None:
            raise stop(
                f"It ended without saving the chapter {wanted!r}: end it with save_chapter(chapter, output_dir)."
            )
        if touched:
            names = ", ".join(repr(name.removesuffix(SUFFIX)) for name in touched)
            raise stop(
                f"It wrote or removed the chapter {names}. It may read the others' chapters, but its own is {wanted!r}."
            )
        try:
            chapter = parse_chapter(content, f"{wanted}{SUFFIX}")
        except WorkbenchError as error:
            raise stop(str(error)) from error
        if chapter.engagement != plan.engagement:
            raise stop(f"It saved a chapter of {chapter.engagement!r}, not of {plan.engagement!r}.")
        if chapter.data_hash != self.data_hash:
            raise stop("It saved a chapter of other data: the client's files changed while it ran. Run again.")
        if chapter.pillar != wanted:
            raise stop(f"It saved a chapter that calls itself {chapter.pillar!r}, not {wanted!r}.")
        self._saved[f"{wanted}{SUFFIX}"], self._read[wanted] = content, chapter
        for path in (self.folder / job.notebook.name).glob(f"*{publications.SUFFIX}"):
            self._notes[f"{wanted}/{path.name}"] = path.read_bytes()
        return chapter


def _content(path: Path) -> bytes | None:
    """Return a file's bytes; None for a link or a folder, which is no chapter."""
    return path.read_bytes() if path.is_file() and not path.is_symlink() else None
