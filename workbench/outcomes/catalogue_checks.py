"""Whether metrics can be computed from the tables that are there; one that cannot is off by name, with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from workbench.errors import nearest
from workbench.outcomes.catalogue import WAITING_TYPES, Catalogue, Condition, FactTable, Measure, Metric, Trouble


def check_catalogue(catalogue: Catalogue, columns: Mapping[str, Mapping[str, str]]) -> list[Trouble]:
    """Return why metrics cannot be computed from these tables: one trouble a metric, the first that is found.

    Parameters
    ----------
    catalogue : Catalogue
    columns : mapping of table to mapping of column to kind
        As found in the data; a table that is not in it has no file.
    """
    broken: dict[str, str] = {}
    for table in catalogue.tables:
        if table.name not in columns:
            broken[table.name] = f"there are no facts named {table.name}"
            continue
        reason = _table_trouble(table, columns[table.name])
        if reason:
            broken[table.name] = reason
    troubles = []
    for metric in catalogue.metrics:
        reason = _metric_trouble(metric, columns, broken)
        if reason:
            troubles.append(Trouble(metric.metric, f"{metric.label} is off: {reason}."))
    return troubles


def _table_trouble(table: FactTable, found: Mapping[str, str]) -> str:
    if table.kind == "stock":
        return f"{table.name} holds levels at a time (stock), which are not computed yet"
    roles = [*table.key, table.time, table.product, *(c for c in (table.customer, table.version) if c)]
    for column in roles:
        if column not in found:
            return _absent(table.name, column, found)
    if found[table.time] not in ("date", "timestamp", "instant"):
        return f"column {table.time} of {table.name} holds {found[table.time]}, not dates"
    return ""


def _absent(table: str, column: str, found: Mapping[str, str]) -> str:
    hint = nearest(column, found)
    return f"{table} has no column {column}" + (f" ({hint.rstrip('?')}?)" if hint else "")


def _metric_trouble(metric: Metric, columns: Mapping[str, Mapping[str, str]], broken: Mapping[str, str]) -> str:
    if metric.type in WAITING_TYPES:
        return f"metrics of type {metric.type} are kept and not computed yet"
    if metric.type == "distinct" and metric.distinct != "reach":
        return "customers spread over their products (attributed) are not computed yet; reach is"
    for _, measure in metric.measures:
        if measure.table in broken:
            return broken[measure.table]
        if measure.table not in columns:
            return f"there are no facts named {measure.table}"
        found = columns[measure.table]
        if measure.sql and "duckdb" not in measure.sql:
            return "its own SQL has no wording for duckdb"
        needed = [c.column for c in measure.where] + ([measure.column] if measure.column else [])
        for column in needed:
            if column not in found:
                return _absent(measure.table, column, found)
        reason = _kind_trouble(metric, measure, found)
        if reason:
            return reason
    table = metric.measure.table if metric.measure else ""
    for column in metric.segments:
        if column not in columns.get(table, {}):
            return f"{table} has no column {column} to split by"
    if metric.weight and metric.weight not in columns.get(table, {}):
        return f"{table} has no column {metric.weight} to weigh by"
    return ""


def _kind_trouble(metric: Metric, measure: Measure, found: Mapping[str, str]) -> str:
    is_number_needed = measure.agg in ("sum", "min", "max") or metric.type in ("score", "percentile", "given")
    column = measure.column
    if column and is_number_needed and found[column] != "number":
        return f"column {column} of {measure.table} holds {found[column]}, not numbers"
    if column and measure.agg == "share_true" and found[column] not in ("bool", "number"):
        return f"column {column} of {measure.table} holds {found[column]}, not yes/no"
    for condition in measure.where:
        for value in condition.value if isinstance(condition.value, tuple) else (condition.value,):
            reason = _literal_trouble(condition, value, found[condition.column])
            if reason:
                return reason
    return ""


def _literal_trouble(condition: Condition, value: object, kind: str) -> str:
    if condition.test == "present":
        return ""
    expected: dict[str, type | tuple[type, ...]] = {
        "text": str,
        "number": (int, float),
        "bool": bool,
        "date": dt.date,
        "timestamp": dt.date,
    }
    wanted = expected.get(kind)
    is_yes_no = isinstance(value, bool)
    if wanted is None or (isinstance(value, wanted) and (kind == "bool" or not is_yes_no)):
        return ""
    hint = " (YAML reads yes and no as true and false: put them in quotes)" if is_yes_no and kind == "text" else ""
    return f"condition on {condition.column} compares {kind} with {value!r}{hint}"
