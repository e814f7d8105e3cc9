"""What tells one state of a table in a client's database from another: the hash of the client's files cannot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from workbench import theme
from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue, FactTable
from workbench.outcomes.engines import Engines
from workbench.outcomes.parts_checks import emit_mark


@dataclass(frozen=True)
class TableState:
    """A table in a database, as a review found it.

    Attributes
    ----------
    table, database, relation : str
        In the catalogue, under ``databases:``, and there.
    engine : str
        Name and version of the server.
    rows : int
    mark : str
        First 16 signs of the SHA-256 of the columns that the catalogue reads, what they hold, the rows, and the sum of
        a number that the server makes of each row. Empty where the server does not give it.
    """

    table: str
    database: str
    relation: str
    engine: str
    rows: int
    mark: str


def states_of(catalogue: Catalogue, engines: Engines) -> tuple[TableState, ...]:
    """Return the state of each table in a database; one scan each, in the snapshot of the review."""
    found = []
    for table in catalogue.tables:
        columns = columns_read(catalogue, table)
        if not table.database or not columns:
            continue
        engine, relation = engines.of(table), table.relation or table.name
        try:
            row = engine.fetch(emit_mark(table, columns, engine.dialect)).iloc[0]
        except ModelError:  # the numbers stand without it
            found.append(TableState(table.name, table.database, relation, engine.version, 0, ""))
            continue
        held = [[column, table.columns[column]] for column in columns]
        text = json.dumps([held, int(row["rows"]), str(row["mark"])])
        mark = hashlib.sha256(text.encode()).hexdigest()[:16]
        found.append(TableState(table.name, table.database, relation, engine.version, int(row["rows"]), mark))
    return tuple(found)


def columns_read(catalogue: Catalogue, table: FactTable) -> Sequence[str]:
    """Return the columns of a table that its metrics read, sorted; all of them where one has its own SQL."""
    names = {*table.key, table.time, table.product, table.customer, table.version}
    for metric in catalogue.metrics:
        for _, measure in metric.measures:
            if measure.table != table.name:
                continue
            names |= {measure.column, measure.at, metric.weight, metric.entity, *metric.same, *metric.segments}
            names |= {condition.column for condition in measure.where}
            names |= set(table.columns) if measure.sql else set()
    return sorted(name for name in names if name and table.columns.get(name, "other") != "other")


def state_method(states: Sequence[TableState]) -> list[str]:
    """Return what the method says of tables in databases, one paragraph; nothing where there are none."""
    if not states:
        return []
    listed = "; ".join(
        f"{state.table} ({state.database}: {state.relation}, {state.engine}): {theme.number(state.rows, 0)} rows, "
        f"state {state.mark}"
        if state.mark
        else f"{state.table} ({state.database}: {state.relation}, {state.engine}): state not given by the server"
        for state in states
    )
    return [
        f"Databases: {listed}. The hash of the client's files does not cover them. A state is the SHA-256 of the "
        "columns that the catalogue reads, the number of rows, and the sum of a number that the server makes of each "
        "row: two runs with the same state, on the same version of the server, read the same rows."
    ]
