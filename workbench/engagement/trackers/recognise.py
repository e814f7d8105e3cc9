"""Whose export a file is: told by the names in its header, never by the name of the file."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from workbench.engagement.trackers import azure_devops, github, jira, servicenow
from workbench.engagement.trackers.source import TrackerFile
from workbench.errors import ClientDataError, Fault, UsageError, nearest

TRACKERS: tuple[ModuleType, ...] = (jira, azure_devops, github, servicenow)
HEADERS: frozenset[str] = frozenset().union(*(tracker.HEADERS for tracker in TRACKERS))
"""Titles of all trackers; they tell the delimiter."""

LEAST_SCORE, LEAST_LEAD = 0.6, 0.2
"""How sure a tracker must be, and by how much surer than the next (ours)."""


def scores(header: Sequence[str]) -> dict[str, float]:
    """Return how surely a header is each tracker's, 0 to 1."""
    return {tracker.VENDOR: tracker.detect(header) for tracker in TRACKERS}


def find_tracker(source: TrackerFile, vendor: str = "") -> ModuleType:
    """Return the module that reads a file.

    Parameters
    ----------
    source : TrackerFile
    vendor : str
        As the consultant said; empty: by the header.

    Raises
    ------
    UsageError
        The tracker that was named is unknown, or two fit about as well.
    ClientDataError
        None fits.
    """
    by_name = {str(tracker.VENDOR): tracker for tracker in TRACKERS}
    if vendor:
        if vendor not in by_name:
            hint = nearest(vendor, by_name)
            raise UsageError(f"--tracker {vendor!r} is unknown. {hint} There are: {', '.join(by_name)}.")
        return by_name[vendor]
    found = sorted(scores(source.header).items(), key=lambda held: -held[1])
    (first, best), (second, next_) = found[:2]
    if best < LEAST_SCORE:
        shown = ", ".join(source.header[:6])
        allowed = (
            "Issue key (Jira), Work Item Type (Azure DevOps), number and createdAt (GitHub), number and opened_at "
            "(ServiceNow)."
        )
        remedy = "Export all columns; the header stands in the first row. Or say --tracker."
        raise ClientDataError(
            (Fault(source.file, "", "row 1", f"the header ({shown} …) is of no tracker that we know", allowed, remedy),)
        )
    if best - next_ < LEAST_LEAD:
        raise UsageError(f"The file may be of {first} or of {second}. Say --tracker {first} or --tracker {second}.")
    return by_name[first]


def tracker_title(vendor: str) -> str:
    """Return a tracker's name as people write it."""
    return next((str(tracker.TITLE) for tracker in TRACKERS if vendor == tracker.VENDOR), vendor)
