"""What does not add up (percentiles, distinct customers, extremes) as SQL: facts joined to the list of members.

The list's key (product, epoch, kind, parent) is unique, so that a row counts once a parent.
"""

from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import ModelError
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.dialects import DIALECTS, Dialect, Query, Window
from workbench.outcomes.fact_rows import holds_of, is_number, number_name, rows_of, rows_that_count


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
    inner = rows_of([metric], table, sql, window, ())
    aggregate, counted = _reach_columns(metric, sql)
    text = (
        f'with member("_product", "_cut", "_kind", "_parent") as (\n  values\n    {values}\n)\n'
        'select member."_kind", member."_parent", facts."_version", facts."_period",\n'
        f'  {aggregate} as "value",\n  {counted} as "n"\n'
        f"from (\n{inner}\n) as facts\n"
        'join member on member."_product" = facts."_product" and member."_cut" = facts."_cut"\n'
        'group by member."_kind", member."_parent", facts."_version", facts."_period"'
    )
    return Query(text, (metric.metric,), dialect)


def emit_reach_total(metric: Metric, table: FactTable, dialect: str = "duckdb", window: Window | None = None) -> Query:
    """Return the company's value of a metric that does not add up, by period, over all rows."""
    sql, window = DIALECTS[dialect], window or Window()
    inner = rows_of([metric], table, sql, Window(window.until, (), window.fiscal_year_starts), (), has_product=False)
    aggregate, counted = _reach_columns(metric, sql)
    text = (
        f'select facts."_version", facts."_period",\n  {aggregate} as "value",\n  {counted} as "n"\n'
        f'from (\n{inner}\n) as facts\ngroup by facts."_version", facts."_period"'
    )
    return Query(text, (metric.metric,), dialect)


def _reach_columns(metric: Metric, sql: Dialect) -> tuple[str, str]:
    measure = metric.measure
    if measure is None or measure.column is None:
        raise ModelError(f"{metric.metric} names no column.")
    value = number_name(measure.column, sql) if is_number(metric, measure) else sql.name_of(measure.column)
    holds = holds_of(measure, sql)
    chosen = value if holds == "true" else f"case when {holds} then {value} end"
    if metric.type == "percentile":
        aggregate = sql.percentile.format(x=chosen, p=repr(metric.percentile))
    elif metric.type == "distinct":  # rows without a key cannot say that nobody was there
        aggregate = f"case when count({value}) > 0 then count(distinct {chosen}) end"
    else:
        aggregate = f"{metric.type}({chosen})"
    return f"cast({aggregate} as double)", rows_that_count(measure, metric, sql)
