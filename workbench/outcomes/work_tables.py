"""The tables that exports of trackers become: items, moves, changes, deployments, incidents, and their columns.

One definition for those who write them (`workbench.engagement.trackers`), those who read them back as facts, the ready
metrics in ``templates/metrics/`` and the measures of `flow` and `delivery`. A client may bring such a table, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STATES = ("waiting", "active", "done")
"""What a status may mean: nobody works on it, somebody does, it is finished."""

WORK_KINDS = ("feature", "defect", "risk", "debt")
"""Kinds of work of the flow distribution (M. Kersten, Project to Product, 2018)."""


@dataclass(frozen=True)
class WorkTable:
    """One of the tables.

    Attributes
    ----------
    name : str
    key : tuple of str
        Columns that identify a row.
    time : str
        Column that places a row in a period.
    columns : mapping of str to str
        Column → ``text``, ``number``, ``date`` (day or time) or ``bool``, in the order in which they are written.
    needed : tuple of str
        Columns without which the table says nothing.
    """

    name: str
    key: tuple[str, ...]
    time: str
    columns: Mapping[str, str]
    needed: tuple[str, ...]


_ITEMS = {
    "item": "text",
    "source": "text",  # name of the import, so that numbers of two trackers never meet
    "product": "text",
    "place": "text",  # project, component, area path, label … as the tracker writes it
    "type": "text",
    "kind": "text",  # one of WORK_KINDS
    "status": "text",
    "state": "text",  # one of STATES
    "parent": "text",
    "points": "number",
    "created": "date",
    "started": "date",
    "done": "date",
    "updated": "date",
    "flow_days": "number",  # started to done
    "active_seconds": "number",
    "waiting_seconds": "number",
    "reopened": "number",
    "created_raw": "text",
    "started_raw": "text",
    "done_raw": "text",
    "points_raw": "text",
}
_MOVES = {
    "move": "text",
    "source": "text",
    "item": "text",
    "product": "text",
    "status": "text",
    "state": "text",
    "entered": "date",
    "seconds": "number",
    "visits": "number",
}
_CHANGES = {
    "change": "text",
    "source": "text",
    "product": "text",
    "place": "text",
    "item": "text",  # several are joined by ;
    "committed": "date",
    "merged": "date",
    "deployed_at": "date",
    "deployment": "text",
    "hours_commit_to_deploy": "number",
    "is_bot": "bool",
}
_DEPLOYMENTS = {
    "deployment": "text",
    "source": "text",
    "product": "text",
    "place": "text",
    "environment": "text",
    "deployed_at": "date",
    "result": "text",  # success, or how the run ended
    "failed": "bool",  # needed immediate intervention
    "restored_at": "date",
    "hours_to_restore": "number",
    "unplanned_fix": "bool",
}
_INCIDENTS = {
    "incident": "text",
    "source": "text",
    "product": "text",
    "place": "text",
    "priority": "text",
    "status": "text",
    "state": "text",
    "raised": "date",
    "restored": "date",
    "updated": "date",
    "hours_to_restore": "number",
    "deployment": "text",
    "reopened": "number",
    "raised_raw": "text",
    "restored_raw": "text",
}

WORK_TABLES: dict[str, WorkTable] = {
    table.name: table
    for table in (
        WorkTable("items", ("source", "item"), "created", _ITEMS, ("item", "state", "created")),
        WorkTable("moves", ("source", "move"), "entered", _MOVES, ("item", "status", "seconds")),
        WorkTable("changes", ("change",), "deployed_at", _CHANGES, ("change",)),
        WorkTable("deployments", ("deployment",), "deployed_at", _DEPLOYMENTS, ("deployment", "deployed_at")),
        WorkTable("incidents", ("source", "incident"), "raised", _INCIDENTS, ("incident", "raised")),
    )
}
