"""The rows of a fact table that count, as SQL: product, version, period and epoch of each, and the tests on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from workbench.errors import ModelError
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Condition, Measure
from workbench.outcomes.dialects import BLANK, DEFAULT_DATES, SENSIBLE, WEEK_DAYS, Dialect, Window
from workbench.outcomes.periods import MONTHS, parts_grain


def rows_of(
    metrics: Sequence[Metric],
    table: FactTable,
    sql: Dialect,
    window: Window,
    by: Sequence[str],
    *,
    has_product: bool = True,
    more: Sequence[str] = (),
) -> str:
    """Return the rows that count, with their product, version, period, epoch, segments and `more` expressions.

    Of a table of stocks these are the last (first) level of each full key in the period: the declared key without the
    time column; a mean keeps all levels, each weighed by 1 / the key's levels in the period.
    """
    if len({scan_of(metric, table) for metric in metrics}) != 1:
        raise ModelError("Metrics in one query share one calendar.")
    metric = metrics[0]
    day = day_of(table, metric.zone, sql)
    version, period = version_of(table, sql), _period(metric, day, sql, window)
    columns = []
    if has_product:
        columns.append(f"coalesce(cast({sql.name_of(table.product)} as {sql.text}), '') as _product")
    columns += [f"{version} as _version", f"{period} as _period"]
    if has_product:
        columns.append(f"{_epoch(day, sql, window)} as _cut")
    for place, column in enumerate(by):
        if table.columns and column not in table.columns:
            raise ModelError(f"{table.name} has no column {column} to split by.")
        columns.append(f"coalesce(cast({sql.name_of(column)} as {sql.text}), '{BLANK}') as _by_{place}")
    columns += [*_needed(metrics, table, sql), *more]
    conditions = [is_dated(table, day, sql)]
    if window.until:  # what is planned may lie in the future
        past = f"{day} <= {sql.literal(window.until)}"
        conditions.append(f"({past} or {version} <> 'actual')" if table.version else past)
    conditions.append(f"{day} not in ({', '.join(sql.literal(when) for when in DEFAULT_DATES)})")
    if metric.periods is not None:
        begins, ends = sql.literal(metric.periods.months[0]), sql.literal(metric.periods.end)
        conditions.append(f"{day} >= {begins} and {day} < {ends}")
    if table.kind == "stock":
        columns += _level_columns(metrics, table, sql, [version, period])
    lines = ",\n    ".join(columns)
    source = source_of(table, sql)  # quoted by the dialect; literals are escaped by it
    text = f"  select {lines}\n  from {source}\n  where {' and '.join(conditions)}"  # noqa: S608
    if table.kind != "stock" or metric.choice == "mean":
        return text
    return f"  select * from (\n  {text}\n  ) as levels\n  where _rank = 1"  # noqa: S608


def is_dated(table: FactTable, day: str, sql: Dialect) -> str:
    """Return the test that a row has a day; in a database, one of a sensible year."""
    if not table.database:
        return f"{day} is not null"
    return f"{day} >= {sql.literal(SENSIBLE[0])} and {day} < {sql.literal(SENSIBLE[1])}"


def source_of(table: FactTable, sql: Dialect) -> str:
    """Return what stands after ``from``: the table, or its columns as other engines would read them."""
    name = sql.relation_of(table.relation) if table.relation else sql.name_of(table.name)
    if not table.casts:
        return name
    columns = [
        f"{table.casts[column]} as {sql.name_of(column)}" if column in table.casts else sql.name_of(column)
        for column in table.columns
    ]
    return f"(select {', '.join(columns)} from {name}) as {sql.name_of(table.name)}"  # noqa: S608 – quoted by the dialect


def scan_of(metric: Metric, table: FactTable) -> tuple[str, ...]:
    """Return what metrics must share to be read in one scan of a table: calendar, and which level counts."""
    choice = metric.choice if table.kind == "stock" else ""
    return (parts_grain(metric), metric.week_start, metric.zone or "", metric.calendar, choice)


def version_of(table: FactTable, sql: Dialect) -> str:
    """Return the version of a row; without a column, and where it is blank, a row is actual."""
    if not table.version:
        return "'actual'"
    return f"coalesce(lower(trim(cast({sql.name_of(table.version)} as {sql.text}))), 'actual')"


def _level_columns(metrics: Sequence[Metric], table: FactTable, sql: Dialect, apart: Sequence[str]) -> list[str]:
    """Return the rank of a level among those of its key in the period, or its weights in their mean."""
    keys = [sql.name_of(column) for column in table.key if column != table.time]
    over = f"(partition by {', '.join([*keys, *apart])}"
    if metrics[0].choice != "mean":
        order = "desc" if metrics[0].choice == "last" else "asc"
        return [f"row_number() over {over} order by {sql.name_of(table.moment)} {order}) as _rank"]
    one = f"cast(1 as {sql.number})"
    counts = {"": "count(*)"}
    for metric in metrics:
        for _, measure in metric.measures:
            if table.holds(measure) and measure.column:
                name = sql.name_of(measure.column)
                counted = sql.to_float.format(x=name) if is_number(metric, measure) else name
                counts[measure.column] = f"count({counted})"
    return [
        f"{one} / nullif(cast({count} over {over}) as {sql.number}), 0) as {weight_name(column, sql)}"
        for column, count in counts.items()
    ]


def weight_name(column: str | None, sql: Dialect) -> str:
    """Return the name of a level's weight in the mean of its key's levels in a period."""
    return sql.name_of(f"_weight_{column or ''}")


def _needed(metrics: Sequence[Metric], table: FactTable, sql: Dialect) -> list[str]:
    """Return what the measures read, each once: raw columns, and columns as clean numbers."""
    raw: list[str] = []
    numbers: list[str] = []
    for metric in metrics:
        for role, measure in metric.measures:
            if not table.holds(measure):
                continue
            if measure.sql:  # its own words may name any column
                raw += list(table.columns)
            for condition in measure.where:
                (numbers if _is_size(condition) else raw).append(condition.column)
            if measure.column:
                (numbers if is_number(metric, measure) else raw).append(measure.column)
            if metric.weight and role == "measure":
                numbers.append(metric.weight)
    cleaned = [
        f"{sql.to_float.format(x=sql.name_of(name))} as {number_name(name, sql)}" for name in dict.fromkeys(numbers)
    ]
    return [sql.name_of(name) for name in dict.fromkeys(raw)] + cleaned


def is_number(metric: Metric, measure: Measure) -> bool:
    """Return whether the measure adds up (or ranks) numbers, not rows or names."""
    return metric.adds_as in ("score", "percentile", "given", "weighted_mean") or measure.agg in ("sum", "min", "max")


def _is_size(condition: Condition) -> bool:
    """Return whether the condition compares sizes of numbers; a NaN would be larger than every number in DuckDB."""
    value = condition.value
    return condition.test in _SIZES and isinstance(value, int | float) and not isinstance(value, bool)


def number_name(column: str, sql: Dialect) -> str:
    """Return the name under which a column's clean numbers stand."""
    return sql.name_of(f"_number_{column}")


def day_of(table: FactTable, zone: str | None, sql: Dialect) -> str:
    """Return the local day of a row."""
    return f"cast({clock_of(table, zone, sql)} as date)"


def clock_of(table: FactTable, zone: str | None, sql: Dialect) -> str:
    """Return the local clock of a row, or its day where it has no clock."""
    column, kind = sql.name_of(table.moment), table.columns.get(table.moment, "date")
    if kind == "instant":
        column = sql.instant.format(x=column, zone=sql.literal(zone or table.zone or "UTC"))
    elif kind == "timestamp" and zone and table.zone and zone != table.zone:
        column = sql.local.format(x=column, have=sql.literal(table.zone), zone=sql.literal(zone))
    return column


def _period(metric: Metric, day: str, sql: Dialect, window: Window) -> str:
    """Return the first day of a row's period; of a finer one where a window cuts the metric's periods."""
    grain = parts_grain(metric)
    if metric.periods is not None and grain in MONTHS:
        starts = metric.periods.starts(grain)
        steps = [f"when {day} < {sql.literal(after)} then {sql.literal(start)}" for start, after in pairwise(starts)]
        if not steps:
            return sql.literal(starts[0])
        return f"case {' '.join(steps)} else {sql.literal(starts[-1])} end"
    if grain == "day":
        return day
    if grain == "week" and metric.week_start != "monday":
        shift = WEEK_DAYS.index(metric.week_start)
        moved = sql.truncate.format(grain="week", x=sql.shift_days.format(x=day, n=-shift))
        return f"cast({sql.shift_days.format(x=moved, n=shift)} as date)"
    if grain == "month" and sql.month:
        return sql.month.format(x=day)
    shift = window.fiscal_year_starts - 1 if metric.calendar == "fiscal" else 0
    if shift and grain in ("quarter", "year"):
        moved = sql.truncate.format(grain=grain, x=sql.shift_months.format(x=day, n=-shift))
        return f"cast({sql.shift_months.format(x=moved, n=shift)} as date)"
    return f"cast({sql.truncate.format(grain=grain, x=day)} as date)"


def _epoch(day: str, sql: Dialect, window: Window) -> str:
    if not window.cuts:
        return "0"
    steps = " ".join(f"when {day} < {sql.literal(cut)} then {place}" for place, cut in enumerate(window.cuts))
    return f"case {steps} else {len(window.cuts)} end"


def total_of(measure: Measure, metric: Metric, table: FactTable, sql: Dialect) -> str:
    """Return the sum of a measure: of numbers, of rows that are true, or of rows; of levels, their mean."""
    holds, is_mean = holds_of(measure, sql), table.kind == "stock" and metric.choice == "mean"
    if measure.agg == "share_true" and measure.column:
        holds = all_of(holds, f"cast({sql.name_of(measure.column)} as boolean)")
    elif measure.column is not None and measure.agg != "sum":
        holds = all_of(holds, f"{sql.name_of(measure.column)} is not null")
    adds = measure.column is not None and measure.agg == "sum"
    if is_mean:
        weight = weight_name(measure.column, sql)
        return sum_of(f"{number_name(measure.column or '', sql)} * {weight}" if adds else weight, holds)
    return sum_of(number_name(measure.column or "", sql), holds) if adds else count_of(holds, sql)


def rows_that_count(measure: Measure, metric: Metric, sql: Dialect) -> str:
    """Return how many rows a measure rests on: those that hold and are not blank."""
    holds = holds_of(measure, sql)
    if measure.column is None:
        return count_of(holds, sql)
    column = number_name(measure.column, sql) if is_number(metric, measure) else sql.name_of(measure.column)
    return count_of(all_of(holds, f"{column} is not null"), sql)


def filled_of(part: str, measure: Measure, metric: Metric, sql: Dialect) -> list[tuple[str, str]]:
    """Return the part that counts rows whose measured cell is filled, conditions aside; none where rows are counted.

    A total of 0 is a number where such a row was there to be tested, and missing where every cell is blank.
    """
    if measure.column is None:
        return []
    column = number_name(measure.column, sql) if is_number(metric, measure) else sql.name_of(measure.column)
    return [(part, count_of(f"{column} is not null", sql))]


def sum_of(amount: str, holds: str) -> str:
    """Return a sum that is zero without rows; sums pass over blanks by themselves."""
    return f"coalesce(sum({amount if holds == 'true' else f'case when {holds} then {amount} end'}), 0.0)"


def size_of(total: str) -> str:
    """Return the sum of the sizes of what a sum adds; nothing for counts, which are never below zero.

    Examples
    --------
    >>> size_of(sum_of("amount", "true"))
    'coalesce(sum(abs(amount)), 0.0)'
    """
    found = _IS_SUM.fullmatch(total)
    return f"coalesce(sum(abs({found[1]})), 0.0)" if found else ""


def count_of(holds: str, sql: Dialect) -> str:
    """Return how many rows hold."""
    blank = _IS_FILLED.fullmatch(holds)
    counted = "*" if holds == "true" else blank[1] if blank else f"case when {holds} then 1 end"
    return f"cast(count({counted}) as {sql.number})"


_IS_FILLED = re.compile(r'("(?:[^"]|"")+"|`(?:[^`]|``)+`) is not null')
_IS_SUM = re.compile(r"coalesce\(sum\((.*)\), 0\.0\)", re.DOTALL)
SIZE = "size_"
"""Before the name of a part: the sum of the sizes of what it adds."""
_SIZES = ("at_least", "at_most", "above", "below")
SIGNS = {"is": "=", "at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}


def holds_of(measure: Measure, sql: Dialect) -> str:
    """Return the conditions of a measure as one expression."""
    tests = [_test(condition, sql) for condition in measure.where]
    if measure.sql:
        if sql.name not in measure.sql:
            raise ModelError(f"The condition in SQL has no wording for {sql.name}.")
        tests.append(f"({measure.sql[sql.name]})")
    return all_of(*tests)


def all_of(*tests: str) -> str:
    """Return tests that must all hold as one expression."""
    return " and ".join(test for test in tests if test and test != "true") or "true"


def _test(condition: Condition, sql: Dialect) -> str:
    column, value = sql.name_of(condition.column), condition.value
    if condition.test == "present":
        return f"{column} is not null" if value else f"{column} is null"
    if condition.test == "is_not":
        return f"({column} is null or {column} <> {sql.literal(value)})"
    if condition.test in ("in", "not_in"):
        values = value if isinstance(value, tuple) else (value,)
        listed = ", ".join(sql.literal(item) for item in values)
        if condition.test == "in":
            return f"{column} in ({listed})"
        return f"({column} is null or {column} not in ({listed}))"
    if condition.test not in SIGNS:
        raise ModelError(f"There is no condition {condition.test!r}.")
    if _is_size(condition):
        column = number_name(condition.column, sql)
    return f"{column} {SIGNS[condition.test]} {sql.literal(value)}"
