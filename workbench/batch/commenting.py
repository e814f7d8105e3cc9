"""What a report's words can be about, as its last run keeps it, and what those of a client's folder were written on.

Nothing is computed again. Words are pinned in the table ``commentary`` itself: the mark of the numbers as they are
printed now, and what they say, so that a later report tells where its numbers have moved since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.batch.tracing import Run, read_run
from workbench.engagement.places import engagement_folder, find_root
from workbench.errors import ClientDataError, Fault, UsageError, printable

if TYPE_CHECKING:
    from workbench.engagement.commentary import Comment

COLUMN = "written_on"


@dataclass(frozen=True)
class Commented:
    """What words can be about in a run, and what was said there.

    Attributes
    ----------
    run : Run
    places : tuple of mapping
        ``key``, ``kind``, ``page``, ``says`` and ``mark``, in the order of the report.
    words, left_out : tuple of mapping
        As results.json has them.
    """

    run: Run
    places: tuple[Mapping[str, Any], ...]
    words: tuple[Mapping[str, Any], ...]
    left_out: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Pinned:
    """What came of pinning.

    Attributes
    ----------
    run : str
        Whose numbers.
    file : str
        What was written; blank where nothing was.
    written, kept : int
        Rows that have a mark now, and rows that had one before.
    unknown : tuple of str
        What rows are about that the run does not print.
    """

    run: str
    file: str
    written: int
    kept: int
    unknown: tuple[str, ...] = ()


def read_commented(engagement: str, *, root: Path | None = None) -> Commented:
    """Return what words can be about in the last run.

    Parameters
    ----------
    engagement : str
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement, no run, or one that is too old to tell.
    """
    held = read_run(engagement, root=root)
    document = json.loads((held.folder / "results.json").read_text(encoding="utf-8"))
    if "places" not in document:
        raise UsageError(f"{held.run} does not tell what words can be about. Run again: workbench run {engagement}")
    return Commented(held, *(tuple(document[name]) for name in ("places", "words", "left_out")))


def foretell(engagement: str, comments: Sequence[Comment], *, root: Path | None = None) -> tuple[str, ...]:
    """Return what would stop a report if it came out as the last one did, a sentence a row of ``commentary``.

    Which exhibits there are, and which are notes of what is missing, is known for sure when the notebooks have run.

    Parameters
    ----------
    engagement : str
    comments : sequence of Comment
    root : Path, optional
        The workbench's folder.
    """
    if not any(one.action == "hide" for one in comments):
        return ()
    try:
        places = read_commented(engagement, root=root).places
    except (UsageError, OSError, ValueError):
        return ()
    stays = {str(one["key"]) for one in places if one.get("stays")}
    return tuple(
        f"{', '.join(part for part in one.where if part)}: in the last report {one.about} was a note of what is "
        "missing or in doubt, which cannot be left out. If it is so again, the run stops and no report appears. "
        "Delete the row."
        for one in comments
        if one.action == "hide" and one.about in stays
    )


def count_moved(folder: str | Path) -> int:
    """Return how many comments of a published run were written on other numbers than it prints; 0 where none tells."""
    try:
        words = json.loads(Path(folder, "results.json").read_text(encoding="utf-8")).get("words", ())
    except OSError:
        return 0
    return len({(one["action"], one["text"], one["author"]) for one in words if one["moved"]})


def describe_commented(held: Commented) -> list[str]:
    """Return what words can be about, and what was said, as lines of text."""
    said: dict[str, list[Mapping[str, Any]]] = {}
    for one in held.words:
        spot = str(one["spot"]).partition("/")[0] if one["chapter"] else str(one["spot"])
        about = "/".join(part for part in (str(one["chapter"]), spot) if part) or str(one["page"])
        said.setdefault(about if not (one["chapter"] and one["page"]) else str(one["page"]), []).append(one)
    width = max((len(str(one["key"])) for one in held.places), default=0)
    lines = [f"What words can be about in {held.run.run}, with what stands there:"]
    for one in held.places:
        if one["kind"] in ("chapter", "page"):
            lines.append("")
        stays = "  (cannot be left out)" if one.get("stays") else ""
        lines.append(printable(f"{one['key']:{width}}  {one['says']}".rstrip() + stays))
        for word in said.get(str(one["key"]), ()):
            lead = "Reply: " if word["action"] == "reply" else ""
            lines.append(printable(f"{'':{width}}    {lead}{word['text']}"))
            if word["moved"]:
                lines.append(printable(f"{'':{width}}    {word['moved']}"))
    lines += [""] if held.left_out else []
    lines += [printable(f"Left out: {one['key']}, by {one['author']}: {one['reason']}") for one in held.left_out]
    example = next((str(one["id"]) for one in held.run.figures), "R-001")
    lines += ["", f"And each number that a finding or an exhibit quotes, such as {example}: its words stand beside it."]
    return lines


def pin_commentary(engagement: str, *, root: Path | None = None) -> Pinned:
    """Write beside each row of ``commentary`` that has words and no mark what it is written on: the last run's numbers.

    Parameters
    ----------
    engagement : str
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement, no run, or no table ``commentary``.
    ClientDataError
        The table cannot be changed by a program.
    """
    from workbench.engagement.commentary import TABLE, read_comments
    from workbench.engagement.exports.client_folder import alone_in, write_together
    from workbench.engagement.folder import FolderReading
    from workbench.engagement.queries_tables import OpenTables

    root = root or find_root()
    folder, marks = engagement_folder(engagement, root=root), _marks(read_commented(engagement, root=root))
    with alone_in(folder):
        reading = FolderReading(folder, root)
        reading.read()
        if TABLE not in reading.raw:
            raise UsageError(f"{folder.name} has no row in {TABLE} yet. Write one, then pin it.")
        comments, rows = read_comments(reading.tables()), reading.raw[TABLE].row_numbers
        opened = OpenTables(folder, reading)
        table = opened.table(TABLE)
        if isinstance(table, Fault):
            raise ClientDataError((table,))
        new = _unpinned(comments, rows)
        for row, one in new:
            if one.about in marks:
                table.put(row, COLUMN, marks[one.about])
        changed = opened.changed()
        write_together({folder / file: content for file, content in changed.items()})
    unknown = tuple(dict.fromkeys(one.about for _, one in new if one.about not in marks))
    written = sum(one.about in marks for _, one in new)
    kept = sum(one.is_said and bool(one.written_on) for one in comments)
    return Pinned(read_run(engagement, root=root).run, next(iter(changed), ""), written, kept, unknown)


def _unpinned(comments: Sequence[Comment], rows: Sequence[int]) -> list[tuple[int, Comment]]:
    held = zip(rows, comments, strict=True)
    return [(row, one) for row, one in held if one.is_said and not one.written_on]


def _marks(held: Commented) -> dict[str, str]:
    """Return what may be written on: of numbers by their id, and by a key that no other has."""
    from workbench.findings import Figure
    from workbench.report.commentary import mark_of, says_number, seen_number

    found = {str(one["key"]): f"{one['mark']} {one['says']}".strip() for one in held.places}
    numbers: dict[str, list[str]] = {}
    for one in held.run.figures:
        figure = Figure(**{name: value for name, value in one.items() if name != "pillar"})
        mark = mark_of(seen_number(figure, held.run.currency))
        for name in (figure.id, figure.key):
            numbers.setdefault(name, []).append(f"{mark} {says_number(figure, held.run.currency)}")
    return {name: marks[0] for name, marks in numbers.items() if len(marks) == 1} | found
