"""Whether metrics can be computed from the tables that are there; one that cannot is off by name, with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from workbench.errors import nearest
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric, Trouble
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.periods import periods_in


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
            place = f"the database {table.database} has no table or view {table.relation or table.name}"
            broken[table.name] = (
                f"{place} that its user may read" if table.database else f"there are no facts named {table.name}"
            )
            continue
        reason = _table_trouble(table, columns[table.name])
        if reason:
            broken[table.name] = reason
    troubles = []
    for metric in catalogue.metrics:
        reason = _metric_trouble(metric, catalogue, columns, broken)
        if reason:
            troubles.append(Trouble(metric.metric, f"{metric.label} is off: {reason}."))
    return troubles + depending(catalogue, {trouble.metric for trouble in troubles})


def depending(catalogue: Catalogue, off: Collection[str]) -> list[Trouble]:
    """Return why metrics that are made of others are off as well, through any number of steps."""
    gone = set(off)
    found: list[Trouble] = []
    while True:
        more = [
            Trouble(metric.metric, f"{metric.label} is off: it is made of {needed}, which is off.")
            for metric in catalogue.metrics
            if metric.metric not in gone
            for needed in [next((i.metric for i in metric.inputs if i.metric in gone), None)]
            if needed is not None
        ]
        if not more:
            return found
        found += more
        gone |= {trouble.metric for trouble in more}


def _table_trouble(table: FactTable, found: Mapping[str, str]) -> str:
    roles = [*table.key, table.time, table.product, *(c for c in (table.customer, table.version) if c)]
    for column in roles:
        if column not in found:
            return _absent(table.name, column, found)
    if found[table.time] not in ("date", "timestamp", "instant"):
        return f"column {table.time} of {table.name} holds {found[table.time]}, not dates"
    if table.kind == "stock" and table.time not in table.key:
        return f"{table.name} holds levels at a time, so {table.time} belongs to its key"
    return ""


def _absent(table: str, column: str, found: Mapping[str, str]) -> str:
    hint = nearest(column, found)
    return f"{table} has no column {column}" + (f" ({hint.rstrip('?')}?)" if hint else "")


def _metric_trouble(
    metric: Metric, catalogue: Catalogue, columns: Mapping[str, Mapping[str, str]], broken: Mapping[str, str]
) -> str:
    reason = _made_trouble(metric, catalogue) if metric.is_made else _form_trouble(metric)
    if reason:
        return reason
    for _, measure in metric.measures:
        if measure.table in broken:
            return broken[measure.table]
        if measure.table not in columns:
            return f"there are no facts named {measure.table}"
        found = columns[measure.table]
        dialect = catalogue.table(measure.table).dialect
        if measure.sql and dialect not in measure.sql:
            return f"its own SQL has no wording for {dialect}"
        needed = [c.column for c in measure.where] + [name for name in (measure.column, measure.at) if name]
        for column in needed:
            if column not in found:
                return _absent(measure.table, column, found)
        if measure.at and found[measure.at] not in ("date", "timestamp", "instant"):
            return f"column {measure.at} of {measure.table} holds {found[measure.at]}, not dates"
        reason = _level_trouble(metric, measure, catalogue.table(measure.table))
        reason = reason or _entity_trouble(metric, measure.table, found) or _kind_trouble(metric, measure, found)
        if reason:
            return reason
    table = metric.measure.table if metric.measure else ""
    if metric.type == "conversion" and len({catalogue.table(name).database for name in metric.tables}) > 1:
        return f"{' and '.join(metric.tables)} lie in different databases, and one query cannot read both"
    for column in metric.segments:
        if column not in columns.get(table, {}):
            return f"{table} has no column {column} to split by"
    if metric.weight and metric.weight not in columns.get(table, {}):
        return f"{table} has no column {metric.weight} to weigh by"
    return ""


def _form_trouble(metric: Metric) -> str:
    """Return why a metric's own fields cannot go together."""
    if metric.calendar not in ("calendar", "fiscal") and metric.periods is None:
        return f"there is no calendar {metric.calendar}"
    if metric.type == "conversion":
        if metric.window is None or metric.window.unit not in ("day", "week"):
            return "a conversion needs a window of days or weeks"
        return ""
    if metric.type == "cumulative" and metric.periods is not None and metric.grain == "week":
        return f"weeks do not follow the calendar {metric.calendar}; choose month or day"
    return ""


def _made_trouble(metric: Metric, catalogue: Catalogue) -> str:
    """Return why a metric cannot be made of its inputs: another calendar, or an offset that is no whole period."""
    known = {other.metric: other for other in catalogue.metrics}
    for one in metric.inputs:
        source = known.get(one.metric)
        if source is None:
            return f"there is no metric {one.metric}"
        if source.type == "given" and not source.weight:
            return f"{source.label} has no parts that add up"
        if (source.grain, source.calendar, source.week_start) != (metric.grain, metric.calendar, metric.week_start):
            return f"{source.label} has other periods ({source.grain}, {source.calendar})"
        if one.offset is not None and periods_in(one.offset, metric.grain) is None:
            return f"{one.offset} is no whole number of {metric.grain}s"
    return ""


def _level_trouble(metric: Metric, measure: Measure, table: FactTable) -> str:
    """Return why a metric cannot be made of levels, or needs them."""
    if table.kind != "stock":
        is_stock = metric.type == "stock" and measure is metric.measure
        return f"{table.name} holds {table.kind}s, and a stock needs levels (kind: stock)" if is_stock else ""
    if metric.type in ("sum", "count", "cumulative", "conversion"):
        return f"{table.name} holds levels, which do not add up over time; type stock takes one level a period"
    if metric.choice == "mean" and metric.adds_as not in ("sum", "ratio"):
        return f"a {metric.type} has no mean level; choose last or first"
    return ""


def _entity_trouble(metric: Metric, table: str, found: Mapping[str, str]) -> str:
    columns = [*((metric.entity,) if metric.entity else ()), *metric.same]
    return next((_absent(table, column, found) for column in columns if column not in found), "")


def _kind_trouble(metric: Metric, measure: Measure, found: Mapping[str, str]) -> str:
    is_number_needed = measure.agg in ("sum", "min", "max") or metric.adds_as in ("score", "percentile", "given")
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
