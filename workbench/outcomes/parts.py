"""Definitions become SQL text: additive parts by product, period and share epoch; no ratio, no join to shares.

A part that adds up (rows, sums, promoters) is summed by product in the engine and multiplied by shares in Python, so
that no join can count a row twice. Only what does not add up (percentiles, distinct customers) is joined to the list
of memberships, whose key (product, epoch, kind, parent) is unique.

`emit` is a pure function of the definition: its text can be read, pasted and run as it is. Several metrics of one
table share one scan through `emit_together`; the expressions are the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Condition, FactTable, Measure, Metric

DEFAULT_DATES = (dt.date(1900, 1, 1), dt.date(1970, 1, 1))
"""Dates that systems write when they have none; such rows are left out and counted."""

BLANK = "(blank)"
"""Segment of rows whose cell is blank."""

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Dialect:
    """How one engine writes what engines write differently; formats take ``x`` (an expression) and more.

    Attributes
    ----------
    name : str
    quote : str
        Sign around identifiers; doubled inside.
    text : str
        Type to cast keys and segments to.
    to_float, local, instant, truncate, percentile, shift_days, shift_months : str
        Formats: number; clock of zone `have` as clock of zone `zone`; instant as clock of `zone`; period start of
        `grain`; percentile `p` that interpolates (R-7); a date moved by days or months.
    """

    name: str
    quote: str
    text: str
    to_float: str
    local: str
    instant: str
    truncate: str
    percentile: str
    shift_days: str
    shift_months: str

    def name_of(self, identifier: str) -> str:
        """Return an identifier, quoted."""
        return f"{self.quote}{identifier.replace(self.quote, self.quote * 2)}{self.quote}"

    def literal(self, value: object) -> str:
        """Return a literal of the catalogue, escaped.

        Raises
        ------
        ModelError
            It is neither text, number, yes/no nor date.
        """
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return repr(value)
        if isinstance(value, dt.datetime):
            return f"timestamp '{value.isoformat(sep=' ')}'"
        if isinstance(value, dt.date):
            return f"date '{value.isoformat()}'"
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
        raise ModelError(f"A condition compares with text, a number, yes/no or a date; got {value!r}.")


DIALECTS = {
    "duckdb": Dialect(
        name="duckdb",
        quote='"',
        text="varchar",
        # NaN and infinity are no numbers: they would swallow a whole sum. Comparing with a literal NaN does not do:
        # DuckDB 2.0 drops such a test where the statistics of a Parquet file, which know no NaN, say it cannot hold
        to_float="(case when isfinite(cast({x} as double)) then cast({x} as double) end)",
        local="(({x} at time zone {have}) at time zone {zone})",
        instant="({x} at time zone {zone})",
        truncate="date_trunc('{grain}', {x})",
        percentile="quantile_cont({x}, {p})",
        shift_days="({x} + {n} * interval 1 day)",
        shift_months="({x} + {n} * interval 1 month)",
    ),
}
"""Engines whose SQL is written; PostgreSQL and Spark fit as further rows."""


@dataclass(frozen=True)
class Query:
    """A query's text, ready to run.

    Attributes
    ----------
    text : str
    metrics : tuple of str
        Metrics it serves.
    dialect : str
    columns : tuple of (str, str, str)
        Result column, metric and part it holds.
    exactness : str
        ``exact``.
    """

    text: str
    metrics: tuple[str, ...]
    dialect: str
    columns: tuple[tuple[str, str, str], ...] = ()
    exactness: str = "exact"


@dataclass(frozen=True)
class Window:
    """Which rows count, and how time is cut.

    Attributes
    ----------
    until : date or None
        Last day that counts (the engagement's ``as_of``); later rows are a finding, not a number.
    cuts : tuple of date
        Days on which a share changes; a part carries how many of them have passed.
    fiscal_year_starts : int
        Month, 1 to 12, for metrics with a fiscal calendar.
    """

    until: dt.date | None = None
    cuts: tuple[dt.date, ...] = ()
    fiscal_year_starts: int = 1


def emit(
    metric: Metric, table: FactTable, dialect: str = "duckdb", window: Window | None = None, by: Sequence[str] = ()
) -> Query:
    """Return the query for one metric's additive parts from one table, by product, version, period and epoch.

    Parameters
    ----------
    metric : Metric
    table : FactTable
        One of the metric's tables, with its columns.
    dialect : str
        One of `DIALECTS`.
    window : Window or None
    by : sequence of str
        Segment columns; each is added up apart from the others (grouping sets), never crossed.

    Raises
    ------
    ModelError
        The table is none of the metric's, or a segment is no column of it.
    """
    return emit_together([metric], table, dialect, window, by)


def emit_together(
    metrics: Sequence[Metric],
    table: FactTable,
    dialect: str = "duckdb",
    window: Window | None = None,
    by: Sequence[str] = (),
) -> Query:
    """Return one query for several metrics with the same calendar; see `emit`."""
    sql, window = DIALECTS[dialect], window or Window()
    columns, sums = _part_columns(metrics, table, sql)
    keys = ["_product", "_version", "_period", "_cut"]
    segments = [f"_by_{place}" for place in range(len(by))]
    inner = _rows(metrics, table, sql, window, by)
    listed = [*keys, *segments]
    names = ", ".join(sql.name_of(name) for name in listed)
    if segments:
        base = ", ".join(sql.name_of(key) for key in keys)
        sets = [f"({base})", *(f"({base}, {sql.name_of(name)})" for name in segments)]
        grouped = f"grouping sets ({', '.join(sets)})"
    else:
        grouped = names
    text = f"select {names},\n  " + ",\n  ".join(sums) + f"\nfrom (\n{inner}\n) as facts\ngroup by {grouped}"
    return Query(text, tuple(m.metric for m in metrics), dialect, columns)


def emit_total(
    metrics: Sequence[Metric], table: FactTable, dialect: str = "duckdb", window: Window | None = None
) -> Query:
    """Return the query for the company's parts by version and period, which never looks at a product.

    It is the independent side of the law that parents, unallocated and unknown add up to the company.
    """
    sql, window = DIALECTS[dialect], window or Window()
    columns, sums = _part_columns(metrics, table, sql)
    inner = _rows(metrics, table, sql, Window(window.until, (), window.fiscal_year_starts), (), has_product=False)
    keys = ", ".join(sql.name_of(key) for key in ("_version", "_period"))
    text = f"select {keys},\n  " + ",\n  ".join(sums) + f"\nfrom (\n{inner}\n) as facts\ngroup by {keys}"
    return Query(text, tuple(m.metric for m in metrics), dialect, columns)


def emit_reach(
    metric: Metric,
    table: FactTable,
    members: Sequence[tuple[str, int, str, str]],
    dialect: str = "duckdb",
    window: Window | None = None,
) -> Query:
    """Return the query for a metric that does not add up: each member's row counts once per parent.

    Parameters
    ----------
    members : sequence of (product, epoch, kind, parent)
        Unique; the shares themselves do not apply.

    Raises
    ------
    ModelError
        A member stands twice, which would count its rows twice.
    """
    if len(set(members)) != len(members):
        raise ModelError(f"{metric.metric}: a membership stands twice and would count its rows twice.")
    sql, window = DIALECTS[dialect], window or Window()
    values = ",\n    ".join(
        f"({sql.literal(product)}, {epoch}, {sql.literal(kind)}, {sql.literal(parent)})"
        for product, epoch, kind, parent in members
    )
    inner = _rows([metric], table, sql, window, ())
    aggregate, counted = _reach_columns(metric, sql)
    text = (
        f'with member("_product", "_cut", "_kind", "_parent") as (\n  values\n    {values}\n)\n'
        f'select member."_kind", member."_parent", facts."_period",\n  {aggregate} as "value",\n  {counted} as "n"\n'
        f"from (\n{inner}\n) as facts\n"
        'join member on member."_product" = facts."_product" and member."_cut" = facts."_cut"\n'
        "where facts.\"_version\" = 'actual'\n"
        'group by member."_kind", member."_parent", facts."_period"'
    )
    return Query(text, (metric.metric,), dialect)


def emit_reach_total(metric: Metric, table: FactTable, dialect: str = "duckdb", window: Window | None = None) -> Query:
    """Return the company's value of a metric that does not add up, by period, over all rows."""
    sql, window = DIALECTS[dialect], window or Window()
    inner = _rows([metric], table, sql, Window(window.until, (), window.fiscal_year_starts), (), has_product=False)
    aggregate, counted = _reach_columns(metric, sql)
    text = (
        f'select facts."_period",\n  {aggregate} as "value",\n  {counted} as "n"\n'
        f'from (\n{inner}\n) as facts\nwhere facts."_version" = \'actual\'\ngroup by facts."_period"'
    )
    return Query(text, (metric.metric,), dialect)


def emit_checks(table: FactTable, dialect: str = "duckdb", until: dt.date | None = None) -> Query:
    """Return the query that counts what could be wrong with a table: one row.

    Columns ``rows``, ``keys`` (distinct), ``no_key``, ``no_product``, ``no_time``, ``future`` and ``default_date``
    (rows each), and ``first`` and ``last`` day among the rows that count.
    """
    sql = DIALECTS[dialect]
    keys = [sql.name_of(column) for column in table.key]
    distinct = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
    no_key = " or ".join(f"{key} is null" for key in keys)
    when = _day(table, None, sql)
    defaults = ", ".join(sql.literal(day) for day in DEFAULT_DATES)
    future = f"{when} > {sql.literal(until)}" if until else "false"
    good = f"{when} is not null and not ({future}) and {when} not in ({defaults})"
    complete = f"not ({no_key})"
    text = (
        'select count(*) as "rows",\n'
        f'  count(distinct case when {complete} then {distinct} end) as "keys",\n'
        f'  {_count(no_key)} as "no_key",\n'
        f'  {_count(f"{sql.name_of(table.product)} is null")} as "no_product",\n'
        f'  {_count(f"{sql.name_of(table.time)} is null")} as "no_time",\n'
        f'  {_count(future)} as "future",\n'
        f'  {_count(f"{when} in ({defaults})")} as "default_date",\n'
        f'  min(case when {good} then {when} end) as "first",\n'
        f'  max(case when {good} then {when} end) as "last"\n'
        f"from {sql.name_of(table.name)}"
    )
    return Query(text, (), dialect)


def emit_repeated(table: FactTable, dialect: str = "duckdb") -> Query:
    """Return the query for keys that stand more than once: how many, the rows in them, and one example."""
    sql = DIALECTS[dialect]
    keys = [sql.name_of(column) for column in table.key]
    listed = ", ".join(keys)
    example = " || ' · ' || ".join(f"cast({key} as {sql.text})" for key in keys)
    selected = f'{listed}, count(*) as "times", min({example}) as "example"'
    repeated = "\n  ".join([f"select {selected}", f"from {sql.name_of(table.name)}", f"group by {listed}"])
    text = (
        'select count(*) as "keys", sum("times") as "rows", min("example") as "example"\n'
        f"from (\n  {repeated}\n  having count(*) > 1\n) as repeated"
    )
    return Query(text, (), dialect)


def emit_products(table: FactTable, dialect: str = "duckdb") -> Query:
    """Return the query for the rows of each product a table names."""
    sql = DIALECTS[dialect]
    product = f"coalesce(cast({sql.name_of(table.product)} as {sql.text}), '')"
    text = f'select {product} as "product", count(*) as "rows"\nfrom {sql.name_of(table.name)}\ngroup by 1\norder by 1'
    return Query(text, (), dialect)


# -- rows ------------------------------------------------------------------------------------------------------------


def _rows(
    metrics: Sequence[Metric],
    table: FactTable,
    sql: Dialect,
    window: Window,
    by: Sequence[str],
    *,
    has_product: bool = True,
) -> str:
    """Return the rows that count, with their product, version, period, epoch and segments."""
    calendars = {(m.grain, m.week_start, m.zone, m.calendar) for m in metrics}
    if len(calendars) != 1:
        raise ModelError("Metrics in one query share one calendar.")
    metric = metrics[0]
    day = _day(table, metric.zone, sql)
    columns = []
    if has_product:
        columns.append(f"coalesce(cast({sql.name_of(table.product)} as {sql.text}), '') as \"_product\"")
    if table.version:
        version = f"cast({sql.name_of(table.version)} as {sql.text})"
        columns.append(f"coalesce({version}, 'actual') as \"_version\"")
    else:
        columns.append("'actual' as \"_version\"")
    columns.append(f'{_period(metric, day, sql, window)} as "_period"')
    if has_product:
        columns.append(f'{_epoch(day, sql, window)} as "_cut"')
    for place, column in enumerate(by):
        if table.columns and column not in table.columns:
            raise ModelError(f"{table.name} has no column {column} to split by.")
        columns.append(f"coalesce(cast({sql.name_of(column)} as {sql.text}), '{BLANK}') as \"_by_{place}\"")
    columns += _needed(metrics, table, sql)
    conditions = [f"{day} is not null"]
    if window.until:
        conditions.append(f"{day} <= {sql.literal(window.until)}")
    conditions.append(f"{day} not in ({', '.join(sql.literal(when) for when in DEFAULT_DATES)})")
    lines = ",\n    ".join(columns)
    table_name = sql.name_of(table.name)  # quoted by the dialect; literals are escaped by it
    return f"  select {lines}\n  from {table_name}\n  where {' and '.join(conditions)}"  # noqa: S608


def _needed(metrics: Sequence[Metric], table: FactTable, sql: Dialect) -> list[str]:
    """Return what the measures read, each once: raw columns, and columns as clean numbers."""
    raw: list[str] = []
    numbers: list[str] = []
    for metric in metrics:
        for role, measure in metric.measures:
            if measure.table != table.name:
                continue
            if measure.sql:  # its own words may name any column
                raw += list(table.columns)
            for condition in measure.where:
                (numbers if _is_size(condition) else raw).append(condition.column)
            if measure.column:
                (numbers if _is_number(metric, measure) else raw).append(measure.column)
            if metric.weight and role == "measure":
                numbers.append(metric.weight)
    cleaned = [f"{sql.to_float.format(x=sql.name_of(name))} as {_number(name, sql)}" for name in dict.fromkeys(numbers)]
    return [sql.name_of(name) for name in dict.fromkeys(raw)] + cleaned


def _is_number(metric: Metric, measure: Measure) -> bool:
    """Return whether the measure adds up (or ranks) numbers, not rows or names."""
    return metric.type in ("score", "percentile", "given", "weighted_mean") or measure.agg in ("sum", "min", "max")


def _is_size(condition: Condition) -> bool:
    """Return whether the condition compares sizes of numbers; a NaN would be larger than every number in DuckDB."""
    value = condition.value
    return condition.test in _SIZES and isinstance(value, int | float) and not isinstance(value, bool)


def _number(column: str, sql: Dialect) -> str:
    """Return the name under which a column's clean numbers stand."""
    return sql.name_of(f"_number_{column}")


def _day(table: FactTable, zone: str | None, sql: Dialect) -> str:
    """Return the local day of a row."""
    column, kind = sql.name_of(table.time), table.columns.get(table.time, "date")
    if kind == "instant":
        column = sql.instant.format(x=column, zone=sql.literal(zone or table.zone or "UTC"))
    elif kind == "timestamp" and zone and table.zone and zone != table.zone:
        column = sql.local.format(x=column, have=sql.literal(table.zone), zone=sql.literal(zone))
    return f"cast({column} as date)"


def _period(metric: Metric, day: str, sql: Dialect, window: Window) -> str:
    """Return the first day of a row's period."""
    if metric.grain == "week" and metric.week_start != "monday":
        shift = WEEK_DAYS.index(metric.week_start)
        moved = sql.truncate.format(grain="week", x=sql.shift_days.format(x=day, n=-shift))
        return f"cast({sql.shift_days.format(x=moved, n=shift)} as date)"
    shift = window.fiscal_year_starts - 1 if metric.calendar == "fiscal" else 0
    if shift and metric.grain in ("quarter", "year"):
        moved = sql.truncate.format(grain=metric.grain, x=sql.shift_months.format(x=day, n=-shift))
        return f"cast({sql.shift_months.format(x=moved, n=shift)} as date)"
    return f"cast({sql.truncate.format(grain=metric.grain, x=day)} as date)"


def _epoch(day: str, sql: Dialect, window: Window) -> str:
    if not window.cuts:
        return "0"
    steps = " ".join(f"when {day} < {sql.literal(cut)} then {place}" for place, cut in enumerate(window.cuts))
    return f"case {steps} else {len(window.cuts)} end"


# -- parts -----------------------------------------------------------------------------------------------------------


def _part_columns(
    metrics: Sequence[Metric], table: FactTable, sql: Dialect
) -> tuple[tuple[tuple[str, str, str], ...], list[str]]:
    columns, sums = [], []
    for metric in metrics:
        for part, expression in _part_expressions(metric, table, sql):
            name = f"{metric.metric}__{part}"
            columns.append((name, metric.metric, part))
            sums.append(f"{expression} as {sql.name_of(name)}")
    if not columns:
        raise ModelError(f"None of {', '.join(m.metric for m in metrics)} reads the table {table.name}.")
    return tuple(columns), sums


def _part_expressions(metric: Metric, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    """Return the parts that this table gives this metric, as sums."""
    found: list[tuple[str, str]] = []
    for role, measure in metric.measures:
        if measure.table == table.name:
            found += _MAKERS[metric.type](metric, measure, role, sql)
    return found


def _simple(metric: Metric, measure: Measure, role: str, sql: Dialect) -> list[tuple[str, str]]:
    return [
        ("sum", _total(measure, metric, sql)),
        ("n", _rows_that_count(measure, metric, sql)),
        ("rows", _count("true")),
        *_filled("seen", measure, metric, sql),
    ]


def _ratio(metric: Metric, measure: Measure, role: str, sql: Dialect) -> list[tuple[str, str]]:
    if role == "measure":
        parts = [("num", _total(measure, metric, sql)), *_filled("num_seen", measure, metric, sql)]
        apart = metric.denominator is not None and metric.denominator.table != measure.table
        return [*parts, ("num_rows", _count("true"))] if apart else parts
    return [("den", _total(measure, metric, sql)), ("n", _rows_that_count(measure, metric, sql))]


def _weighted(metric: Metric, measure: Measure, role: str, sql: Dialect) -> list[tuple[str, str]]:
    value, weight = _number(measure.column or "", sql), _number(metric.weight or "", sql)
    holds = _holds(measure, sql)
    both = _all(holds, f"{value} is not null", f"{weight} is not null")
    return [("num", _sum(f"{value} * {weight}", holds)), ("den", _sum(weight, both)), ("n", _count(both))]


def _score(metric: Metric, measure: Measure, role: str, sql: Dialect) -> list[tuple[str, str]]:
    if metric.score is None:
        raise ModelError(f"{metric.metric} is a score without a rule for its answers.")
    value, holds = _number(measure.column or "", sql), _holds(measure, sql)

    def passing(tests: Iterable[tuple[str, float]]) -> str:
        return _all(holds, *(f"{value} {_SIGNS[test]} {sql.literal(limit)}" for test, limit in tests))

    parts = [("plus", _count(passing(metric.score.plus)))]
    if metric.score.minus:
        parts.append(("minus", _count(passing(metric.score.minus))))
    return [*parts, ("n", _count(_all(holds, f"{value} is not null")))]


def _given(metric: Metric, measure: Measure, role: str, sql: Dialect) -> list[tuple[str, str]]:
    value, holds = _number(measure.column or "", sql), _holds(measure, sql)
    parts = [("sum", _sum(value, holds)), ("n", _count(_all(holds, f"{value} is not null")))]
    if metric.weight:
        weight = _number(metric.weight, sql)
        both = _all(holds, f"{value} is not null", f"{weight} is not null")
        parts += [("num", _sum(f"{value} * {weight}", holds)), ("den", _sum(weight, both))]
    return parts


def _reached(metric: Metric, measure: Measure, role: str, sql: Dialect) -> list[tuple[str, str]]:
    return [("n", _rows_that_count(measure, metric, sql))]


_MAKERS = {
    "sum": _simple,
    "count": _simple,
    "ratio": _ratio,
    "weighted_mean": _weighted,
    "score": _score,
    "given": _given,
    "percentile": _reached,
    "distinct": _reached,
    "min": _reached,
    "max": _reached,
}


def _reach_columns(metric: Metric, sql: Dialect) -> tuple[str, str]:
    measure = metric.measure
    if measure is None or measure.column is None:
        raise ModelError(f"{metric.metric} names no column.")
    value = _number(measure.column, sql) if _is_number(metric, measure) else sql.name_of(measure.column)
    holds = _holds(measure, sql)
    chosen = value if holds == "true" else f"case when {holds} then {value} end"
    if metric.type == "percentile":
        aggregate = sql.percentile.format(x=chosen, p=repr(metric.percentile))
    elif metric.type == "distinct":  # rows without a key cannot say that nobody was there
        aggregate = f"case when count({value}) > 0 then count(distinct {chosen}) end"
    else:
        aggregate = f"{metric.type}({chosen})"
    return f"cast({aggregate} as double)", _rows_that_count(measure, metric, sql)


def _total(measure: Measure, metric: Metric, sql: Dialect) -> str:
    """Return the sum of a measure: of numbers, of rows that are true, or of rows."""
    if measure.column is None or measure.agg in ("count", "distinct"):
        return _rows_that_count(measure, metric, sql)
    if measure.agg == "share_true":
        return _count(_all(_holds(measure, sql), f"cast({sql.name_of(measure.column)} as boolean)"))
    return _sum(_number(measure.column, sql), _holds(measure, sql))


def _rows_that_count(measure: Measure, metric: Metric, sql: Dialect) -> str:
    """Return how many rows a measure rests on: those that hold and are not blank."""
    holds = _holds(measure, sql)
    if measure.column is None:
        return _count(holds)
    column = _number(measure.column, sql) if _is_number(metric, measure) else sql.name_of(measure.column)
    return _count(_all(holds, f"{column} is not null"))


def _filled(part: str, measure: Measure, metric: Metric, sql: Dialect) -> list[tuple[str, str]]:
    """Return the part that counts rows whose measured cell is filled, conditions aside; none where rows are counted.

    A total of 0 is a number where such a row was there to be tested, and missing where every cell is blank.
    """
    if measure.column is None:
        return []
    column = _number(measure.column, sql) if _is_number(metric, measure) else sql.name_of(measure.column)
    return [(part, _count(f"{column} is not null"))]


def _sum(amount: str, holds: str) -> str:
    """Return a sum that is zero without rows; sums pass over blanks by themselves."""
    return f"coalesce(sum({amount if holds == 'true' else f'case when {holds} then {amount} end'}), 0.0)"


def _count(holds: str) -> str:
    if holds == "true":
        return "cast(count(*) as double)"
    blank = _IS_FILLED.fullmatch(holds)
    return f"cast(count({blank[1] if blank else f'case when {holds} then 1 end'}) as double)"


_IS_FILLED = re.compile(r'("(?:[^"]|"")+") is not null')
_SIZES = ("at_least", "at_most", "above", "below")
_SIGNS = {"is": "=", "at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}


def _holds(measure: Measure, sql: Dialect) -> str:
    """Return the conditions of a measure as one expression."""
    tests = [_test(condition, sql) for condition in measure.where]
    if measure.sql:
        if sql.name not in measure.sql:
            raise ModelError(f"The condition in SQL has no wording for {sql.name}.")
        tests.append(f"({measure.sql[sql.name]})")
    return _all(*tests)


def _all(*tests: str) -> str:
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
    if condition.test not in _SIGNS:
        raise ModelError(f"There is no condition {condition.test!r}.")
    if _is_size(condition):
        column = _number(condition.column, sql)
    return f"{column} {_SIGNS[condition.test]} {sql.literal(value)}"
