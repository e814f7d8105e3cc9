"""Running projects with the lines they serve, from the tables projects and project_lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from workbench.engagement.tables import records
from workbench.errors import Fault

if TYPE_CHECKING:
    import pandas as pd

    from workbench.allocation import Project
    from workbench.engagement.tables import Tables

MOST = 1.0 + 1e-6
"""Shares of a project may add up to this: what is more is no rounding (ours)."""


def read_projects(tables: Mapping[str, pd.DataFrame]) -> tuple[Project, ...]:
    """Return the client's projects, each with the lines it serves; none where there is no such table.

    Parameters
    ----------
    tables : Tables
        Checked.
    """
    from workbench.allocation import Project

    served: dict[str, list[tuple[str, float | None]]] = {}
    for row in records(tables, "project_lines"):
        served.setdefault(row["project"], []).append((row["product_line"], row["share"]))
    return tuple(
        Project(
            id=row["project"],
            sponsor=row["sponsor"] or "",
            line=row["product_line"] or "",
            budget=row["budget"],
            spent=row["spent"],
            people=row["people"],
            ends=row["ends"].isoformat() if row["ends"] else "",
            disposition=row["disposition"] or "",
            lines=tuple(served.get(row["project"], ())),
        )
        for row in records(tables, "projects")
    )


def project_faults(tables: Tables, known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Yield projects whose shares are more than the whole, and those whose line is said twice and not alike."""
    rows = list(records(tables, "project_lines"))
    told: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        told.setdefault(row["project"], []).append(place)
    for project, places in told.items():
        total = math.fsum(rows[place]["share"] or 0.0 for place in places)
        if total > MOST:
            yield tables.fault(
                "project_lines",
                places[-1],
                "share",
                f"The shares of {project!r} add up to {total:.4g}.",
                "shares of one project that add up to at most 1.",
                "Correct them; what nobody claims is shown as a part of its own.",
            )
    for place, row in enumerate(records(tables, "projects")):
        lines = [rows[at]["product_line"] for at in told.get(row["project"], ())]
        if row["product_line"] and lines and lines != [row["product_line"]]:
            yield tables.fault(
                "projects",
                place,
                "product_line",
                f"{row['product_line']!r}, while project_lines names {', '.join(lines)}.",
                "a blank, where project_lines says which lines it serves.",
                "Delete the line here, or the project's rows in project_lines.",
            )
