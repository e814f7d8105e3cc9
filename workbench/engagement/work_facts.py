"""Tables of work in ``facts/`` → frames with all their columns, and what the imports that wrote them found wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.work_tables import WORK_TABLES

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engagement.facts import FactsFile
    from workbench.engagement.tables import Tables


def work_frames(tables: Tables) -> dict[str, pd.DataFrame]:
    """Return the tables of work that a client has; one without its needed columns is the client's own affair.

    Parameters
    ----------
    tables : Tables
        As read.
    """
    found = {}
    for name in WORK_TABLES:
        held = tables.facts.get(name)
        if held is not None and set(WORK_TABLES[name].needed) <= set(held.columns):
            found[name] = _frame(name, held)
    return found


def _frame(name: str, held: FactsFile) -> pd.DataFrame:
    import pandas as pd
    import pyarrow.parquet as pq

    raw = pq.read_table(held.parquet).to_pandas()
    columns = {}
    for column, kind in WORK_TABLES[name].columns.items():
        cells: Any = raw[column] if column in raw else pd.Series([None] * len(raw), dtype=object)
        if kind == "date":
            cells = pd.to_datetime(cells)
            cells = cells.dt.tz_localize(None) if cells.dt.tz is not None else cells
        elif kind == "number":
            cells = pd.to_numeric(cells, errors="coerce")
        elif kind == "text":
            cells = cells.astype(object).where(cells.notna(), "")
        columns[column] = cells.reset_index(drop=True)
    return pd.DataFrame(columns)


def import_findings(tables: Tables) -> tuple[DataFinding, ...]:
    """Return what confirmed imports of trackers found wrong with their files."""
    imports = (tables.documents.get("imports") or {}).get("imports") or {}
    return tuple(
        DataFinding(
            str(held["check"]),
            str(held["table"]),
            str(held.get("column") or ""),
            int(held["rows"]),
            float(held["share"]),
            str(held.get("example") or ""),
            (),
            str(held["consequence"]),
            str(held["claim"]),
            str(held.get("detail") or ""),
        )
        for saved in imports.values()
        if saved.get("confirmed_on")
        for held in saved.get("findings") or ()
    )
