"""Definitions become SQL text: additive parts by product, period and share epoch; no ratio, no join to shares.

A part that adds up (rows, sums, promoters) is summed by product in the engine and multiplied by shares in Python, so
that no join can count a row twice. What does not add up is in `parts_reach`.

`emit` is a pure function of the definition: its text can be read, pasted and run as it is. Several metrics of one
table share one scan through `emit_together`; the expressions are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.errors import ModelError
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Measure
from workbench.outcomes.dialects import DIALECTS, Dialect, Query, Window
from workbench.outcomes.fact_rows import (
    SIGNS,
    SIZE,
    all_of,
    count_of,
    filled_of,
    holds_of,
    number_name,
    rows_of,
    rows_that_count,
    size_of,
    sum_of,
    total_of,
    version_of,
)


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
    keys = ["_product", *_versions(table), "_period", "_cut"]
    segments = [f"_by_{place}" for place in range(len(by))]
    inner = rows_of(metrics, table, sql, window, by)
    names = ", ".join(sql.name_of(name) for name in (*keys, *segments))
    if segments:
        base = ", ".join(sql.name_of(key) for key in keys)
        sets = [f"({base})", *(f"({base}, {sql.name_of(name)})" for name in segments)]
        grouped = f"grouping sets ({', '.join(sets)})"
    else:
        grouped = names
    shown = names if table.version else f"{names}, {version_of(table, sql)} as {sql.name_of('_version')}"
    text = f"select {shown},\n  " + ",\n  ".join(sums) + f"\nfrom (\n{inner}\n) as facts\ngroup by {grouped}"
    return Query(text, tuple(m.metric for m in metrics), dialect, columns)


def emit_total(
    metrics: Sequence[Metric], table: FactTable, dialect: str = "duckdb", window: Window | None = None
) -> Query:
    """Return the query for the company's parts by version and period, which never looks at a product.

    It is the independent side of the law that parents, unallocated and unknown add up to the company. Beside each sum
    of amounts stands the sum of their sizes (`SIZE`): how exact a sum can be, hangs on what was added, not on what is
    left of it.
    """
    sql, window = DIALECTS[dialect], window or Window()
    columns, sums = _part_columns(metrics, table, sql, with_sizes=True)
    inner = rows_of(metrics, table, sql, Window(window.until, (), window.fiscal_year_starts), (), has_product=False)
    keys = ", ".join(sql.name_of(key) for key in (*_versions(table), "_period"))
    shown = keys if table.version else f"{keys}, {version_of(table, sql)} as {sql.name_of('_version')}"
    text = f"select {shown},\n  " + ",\n  ".join(sums) + f"\nfrom (\n{inner}\n) as facts\ngroup by {keys}"
    return Query(text, tuple(m.metric for m in metrics), dialect, columns)


def _versions(table: FactTable) -> tuple[str, ...]:
    """Return the key of versions; a table without any is not grouped by a constant, which costs a tenth."""
    return ("_version",) if table.version else ()


def _part_columns(
    metrics: Sequence[Metric], table: FactTable, sql: Dialect, *, with_sizes: bool = False
) -> tuple[tuple[tuple[str, str, str], ...], list[str]]:
    columns, sums = [], []
    for metric in metrics:
        for part, expression in part_expressions(metric, table, sql):
            size = size_of(expression) if with_sizes else ""
            for label, text in ((part, expression), (SIZE + part, size)):
                if text:
                    name = f"{metric.metric}__{label}"
                    columns.append((name, metric.metric, label))
                    sums.append(f"{text} as {sql.name_of(name)}")
    if not columns:
        raise ModelError(f"None of {', '.join(m.metric for m in metrics)} reads the table {table.name}.")
    return tuple(columns), sums


def part_expressions(metric: Metric, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    """Return the parts that this table gives this metric, as sums."""
    found: list[tuple[str, str]] = []
    for role, measure in metric.measures:
        if table.holds(measure):
            found += _MAKERS[metric.adds_as](metric, measure, role, table, sql)
    return found


def _simple(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    return [
        ("sum", total_of(measure, metric, table, sql)),
        ("n", rows_that_count(measure, metric, sql)),
        ("rows", count_of("true", sql)),
        *filled_of("seen", measure, metric, sql),
    ]


def _ratio(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    if role == "measure":
        parts = [("num", total_of(measure, metric, table, sql)), *filled_of("num_seen", measure, metric, sql)]
        apart = metric.denominator is not None and not table.holds(metric.denominator)
        return [*parts, ("num_rows", count_of("true", sql))] if apart else parts
    return [("den", total_of(measure, metric, table, sql)), ("n", rows_that_count(measure, metric, sql))]


def _weighted(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    value, weight = number_name(measure.column or "", sql), number_name(metric.weight or "", sql)
    holds = holds_of(measure, sql)
    both = all_of(holds, f"{value} is not null", f"{weight} is not null")
    return [("num", sum_of(f"{value} * {weight}", holds)), ("den", sum_of(weight, both)), ("n", count_of(both, sql))]


def _score(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    if metric.score is None:
        raise ModelError(f"{metric.metric} is a score without a rule for its answers.")
    value, holds = number_name(measure.column or "", sql), holds_of(measure, sql)

    def passing(tests: Iterable[tuple[str, float]]) -> str:
        return all_of(holds, *(f"{value} {SIGNS[test]} {sql.literal(limit)}" for test, limit in tests))

    parts = [("plus", count_of(passing(metric.score.plus), sql))]
    if metric.score.minus:
        parts.append(("minus", count_of(passing(metric.score.minus), sql)))
    return [*parts, ("n", count_of(all_of(holds, f"{value} is not null"), sql))]


def _given(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    value, holds = number_name(measure.column or "", sql), holds_of(measure, sql)
    parts = [("sum", sum_of(value, holds)), ("n", count_of(all_of(holds, f"{value} is not null"), sql))]
    if metric.weight:
        weight = number_name(metric.weight, sql)
        both = all_of(holds, f"{value} is not null", f"{weight} is not null")
        parts += [("num", sum_of(f"{value} * {weight}", holds)), ("den", sum_of(weight, both))]
    return parts


def _counted(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    """Return what stands beside the customers themselves, who are spread over their products by `emit_attributed`."""
    return [part for part in _simple(metric, measure, role, table, sql) if part[0] != "sum"]


def _grade(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    """Return how many rows stand at each level, and how many at any."""
    column, holds = sql.name_of(measure.column or ""), holds_of(measure, sql)
    at = [
        (f"level_{place}", count_of(all_of(holds, f"{column} = {sql.literal(level)}"), sql))
        for place, level in enumerate(metric.levels)
    ]
    listed = ", ".join(sql.literal(level) for level in metric.levels)
    return [*at, ("n", count_of(all_of(holds, f"{column} in ({listed})"), sql)), ("rows", count_of("true", sql))]


def _reached(metric: Metric, measure: Measure, role: str, table: FactTable, sql: Dialect) -> list[tuple[str, str]]:
    return [("n", rows_that_count(measure, metric, sql))]


_MAKERS = {
    "sum": _simple,
    "count": _simple,
    "ratio": _ratio,
    "weighted_mean": _weighted,
    "score": _score,
    "given": _given,
    "attributed": _counted,
    "grade": _grade,
    "percentile": _reached,
    "distinct": _reached,
    "min": _reached,
    "max": _reached,
}
