r"""Azure DevOps work items as CSV: a flat list, or a tree whose titles stand in ``Title 1``, ``Title 2`` and so on.

Only the columns that somebody chose are in the file: without dates there is nothing to measure, and the fault says
which to add. Area and iteration are paths with ``\``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from workbench.engagement.trackers.imported import Imported, ReadSettings
from workbench.engagement.trackers.source import TrackerFile, spelled
from workbench.engagement.trackers.work_items import Titles, read_items

VENDOR, TITLE = "azure_devops", "Azure DevOps"
LIMITS = (1_000, 10_000, 20_000)
"""A query shows at most 20,000 work items."""

REMEDY = "Add Created Date, Activated Date, Closed Date and Area Path to the query (Column options) and export again."

TITLES = Titles(
    key=("id", "work item id"),
    type=("work item type",),
    status=("state",),
    created=("created date",),
    started=("activated date", "start date", "in progress date"),
    done=("closed date", "completed date", "done date", "resolved date"),
    updated=("changed date",),
    entered=("state change date",),
    points=("story points", "effort", "size", "original estimate"),
    parent=("parent", "parent id"),
    places={
        "area": ("area path", "area", "area level 2"),
        "team": ("node name", "team"),
        "project": ("team project", "project"),
        "tag": ("tags",),
    },
    people=(
        *("assigned to", "created by", "changed by", "activated by", "closed by", "resolved by", "authorized as"),
        *("discussion", "history"),
    ),
)
HEADERS = frozenset(
    {"title", *(f"title {level}" for level in range(1, 7)), *TITLES.people}
    | {n for names in (TITLES.key, TITLES.type, TITLES.status, TITLES.created, TITLES.done) for n in names}
    | {n for names in TITLES.places.values() for n in names}
)
_LEVEL = re.compile(r"title (\d{1,2})")


def detect(header: Iterable[str]) -> float:
    """Return how surely a header is that of Azure DevOps, 0 to 1.

    Examples
    --------
    >>> detect(["ID", "Work Item Type", "Title 1", "Title 2", "State"])
    1.0
    """
    titles = {spelled(title) for title in header}
    if "work item type" not in titles or titles & {"issue key", "work item key"}:
        return 0.0
    has_title = "title" in titles or any(_LEVEL.fullmatch(title) for title in titles)
    return (1 + bool(titles & {"id", "work item id"}) + has_title + ("state" in titles)) / 4


def read(source: TrackerFile, settings: ReadSettings) -> Imported:
    """Return items; the levels of a tree become parents.

    Raises
    ------
    ClientDataError
        The query shows no dates, or no state.
    """
    source = replace(source, rows=[_tags(source, row) for row in source.rows])
    held = read_items(
        source, TITLES, settings, vendor=VENDOR, layout="list", key_pattern=r"\d+", remedy=REMEDY, limits=LIMITS
    )
    levels = sorted((int(level.group(1)), title) for title in source.places if (level := _LEVEL.fullmatch(title)))
    if len(levels) < 2:
        return held.imported
    parents = _parents(source, [title for _, title in levels])
    rows = dict(held.imported.tables["items"])
    rows["parent"] = [own or parents[row] for own, row in zip(rows["parent"], held.kept, strict=True)]
    return replace(held.imported, layout="tree", tables={**held.imported.tables, "items": rows})


def _tags(source: TrackerFile, row: list[str]) -> list[str]:
    """Return a row whose tags are joined by ``;`` without blanks, as everything with several values is here."""
    places = source.places.get("tags", ())
    if not places or "; " not in row[places[0]]:
        return row
    out = list(row)
    out[places[0]] = ";".join(part.strip() for part in row[places[0]].split(";") if part.strip())
    return out


def _parents(source: TrackerFile, levels: list[str]) -> list[str]:
    """Return the key of each row's parent: the last row above whose title stands one level or more to the left."""
    keys = source.column(source.find(TITLES.key))
    columns = [source.column(title) for title in levels]
    path: list[tuple[int, str]] = []
    out = []
    for row, key in enumerate(keys):
        level = next((place for place, cells in enumerate(columns) if cells[row]), 0)
        while path and path[-1][0] >= level:
            path.pop()
        out.append(path[-1][1] if path else "")
        path.append((level, key))
    return out
