"""Metrics that look across the rows of one customer or entity, as SQL: attributed customers, conversions, clusters.

What comes back for attributed customers and conversions are additive parts by product, period and epoch, like those of
`parts`: their rows are counted before any share applies.
"""

# ruff: noqa: S608 - names are quoted and literals escaped by the dialect; the text holds nothing else of a client
from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import ModelError
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.dialects import DIALECTS, Dialect, Query, Window
from workbench.outcomes.fact_rows import all_of, clock_of, count_of, day_of, holds_of, rows_of
from workbench.outcomes.parts import part_expressions
from workbench.outcomes.periods import days_of

KEYS = "_product, _version, _period, _cut"
TOTAL_KEYS = "_version, _period"


def emit_attributed(metric: Metric, table: FactTable, dialect: str = "duckdb", window: Window | None = None) -> Query:
    """Return the query for customers of whom each counts 1 in a period, in equal parts over the products he used.

    A product's part of a customer takes the share of the last day on which he used it in the period.
    """
    sql, window = DIALECTS[dialect], window or Window()
    customer, holds = _customer(metric, sql)
    inner = rows_of([metric], table, sql, window, ())
    one = f"cast(1 as {sql.number})"
    name = f"{metric.metric}__sum"
    text = (
        f"select {KEYS},\n  sum(_part) as {sql.name_of(name)}\nfrom (\n"
        f"  select {KEYS},\n"
        f"    {one} / cast(count(*) over (partition by _customer, _version, _period) as {sql.number}) as _part\n"
        f"  from (\n  select _product, _version, _period, max(_cut) as _cut, {customer} as _customer\n"
        f"  from (\n{inner}\n  ) as facts\n  where {holds}\n  group by _product, _version, _period, {customer}\n"
        f"  ) as used\n) as spread\ngroup by {KEYS}"
    )
    return Query(text, (metric.metric,), dialect, ((name, metric.metric, "sum"),))


def emit_attributed_total(
    metric: Metric, table: FactTable, dialect: str = "duckdb", window: Window | None = None
) -> Query:
    """Return the number of distinct customers of the company: the independent side of the law."""
    sql, window = DIALECTS[dialect], window or Window()
    customer, holds = _customer(metric, sql)
    inner = rows_of([metric], table, sql, Window(window.until, (), window.fiscal_year_starts), (), has_product=False)
    name = f"{metric.metric}__sum"
    text = (
        f"select {TOTAL_KEYS},\n  cast(count(distinct {customer}) as {sql.number}) as {sql.name_of(name)}\n"
        f"from (\n{inner}\n) as facts\nwhere {holds}\ngroup by {TOTAL_KEYS}"
    )
    return Query(text, (metric.metric,), dialect, ((name, metric.metric, "sum"),))


def _customer(metric: Metric, sql: Dialect) -> tuple[str, str]:
    if metric.measure is None or metric.measure.column is None:
        raise ModelError(f"{metric.metric} names no column.")
    customer = sql.name_of(metric.measure.column)
    return customer, all_of(holds_of(metric.measure, sql), f"{customer} is not null")


def emit_conversion(
    metric: Metric,
    base: FactTable,
    converted: FactTable,
    dialect: str = "duckdb",
    window: Window | None = None,
    *,
    has_product: bool = True,
) -> Query:
    """Return the query for opportunities, and those that the same entity followed up within the window.

    Each opportunity counts once, in its own product, period and epoch, and only after its window has closed: a
    younger one could still convert. No join: the next completion after a row is a minimum over the rows that follow.
    Where one of the two tables has days and no clock, days are compared.

    Parameters
    ----------
    metric : Metric
        Of type conversion.
    base, converted : FactTable
        Tables of the opportunities and of the completions; may be the same.
    has_product : bool
        False gives the company's parts, without looking at a product.
    """
    sql, window = DIALECTS[dialect], window or Window()
    if metric.measure is None or metric.converted is None or metric.window is None or metric.entity is None:
        raise ModelError(f"{metric.metric} is a conversion without base, conversion, entity or window.")
    if not has_product:
        window = Window(window.until, (), window.fiscal_year_starts)
    kinds = {table.columns.get(table.moment, "date") for table in (base, converted)}
    zone = metric.zone or base.zone or converted.zone or ("UTC" if "instant" in kinds else None)
    same = [f"_same_{place}" for place in range(len(metric.same))]

    def moments(table: FactTable) -> list[str]:
        at = day_of(table, zone, sql) if "date" in kinds else f"cast({clock_of(table, zone, sql)} as {sql.clock})"
        columns = [
            f"{at} as _at",
            f"{day_of(table, metric.zone, sql)} as _day",
            f"{sql.name_of(metric.entity or '')} as _entity",
        ]
        return columns + [f"{sql.name_of(column)} as {name}" for column, name in zip(metric.same, same, strict=True)]

    keys = KEYS if has_product else TOTAL_KEYS
    who = ", ".join(["_entity", *same])
    never = f"cast(null as {'date' if 'date' in kinds else sql.clock})"
    days = days_of(metric.window)
    closed = f"{sql.shift_days.format(x='_day', n=days)} <= {sql.literal(window.until)}" if window.until else "true"
    blank = "'' as _product, _version, _period, 0 as _cut" if has_product else TOTAL_KEYS
    first = rows_of([metric], base, sql, window, (), has_product=has_product, more=moments(base))
    second = rows_of([metric], converted, sql, window, (), has_product=has_product, more=moments(converted))
    known = " and ".join(f"{name} is not null" for name in ("_entity", *same))
    num, den, n = (f"{metric.metric}__{part}" for part in ("num", "den", "n"))
    done = count_of(f"_next <= {sql.shift_days.format(x='_at', n=days)}", sql)
    text = (
        f"select {keys},\n  {done} as {sql.name_of(num)},\n  {count_of('true', sql)} as {sql.name_of(den)},\n"
        f"  {count_of('true', sql)} as {sql.name_of(n)}\nfrom (\n"
        f"  select {keys}, _at, _step, min(_done) over (partition by {who}, _version order by _at, _step\n"
        f"    rows between current row and unbounded following) as _next\n  from (\n"
        f"  select {keys}, {who}, _at, 0 as _step, {never} as _done\n"
        f"  from (\n{first}\n  ) as opportunities\n  where {all_of(holds_of(metric.measure, sql), known, closed)}\n"
        "  union all\n"
        f"  select {blank}, {who}, _at, 1 as _step, _at as _done\n"
        f"  from (\n{second}\n  ) as completions\n  where {all_of(holds_of(metric.converted, sql), known)}\n"
        f"  ) as steps\n) as followed\nwhere _step = 0\ngroup by {keys}"
    )
    columns = tuple((name, metric.metric, name.rpartition("__")[2]) for name in (num, den, n))
    return Query(text, (metric.metric,), dialect, columns)


def emit_clusters(
    metric: Metric,
    table: FactTable,
    members: Sequence[tuple[str, int, str, str]],
    shares: Sequence[float],
    dialect: str = "duckdb",
    window: Window | None = None,
) -> Query:
    """Return the three sums over customers that the spread of a ratio needs, of every parent and period.

    Each customer's numerator and denominator are weighed by the share of their product and day and added over the
    parent's products before they are squared. A row without a customer is a customer of its own. Without members:
    those of the company.

    Parameters
    ----------
    members : sequence of (product, epoch, kind, parent)
        Unique.
    shares : sequence of float
        One a member, 0 to 1.
    """
    if len(set(members)) != len(members):
        raise ModelError(f"{metric.metric}: a membership stands twice and would count its rows twice.")
    if table.customer is None:
        raise ModelError(f"{table.name} has no column with the customer.")
    sql, window = DIALECTS[dialect], window or Window()
    own_row = " || ' · ' || ".join(f"coalesce(cast({sql.name_of(key)} as {sql.text}), '')" for key in table.key)
    name = sql.name_of(table.customer)
    customer = [f"{name} as _customer", f"case when {name} is null then {own_row} end as _alone"]
    if not members:
        window = Window(window.until, (), window.fiscal_year_starts)
    inner = rows_of([metric], table, sql, window, (), has_product=bool(members), more=customer)
    sums = dict(part_expressions(metric, table, sql))
    keys = "_product, _cut, " if members else ""
    used = (
        f"  select {keys}_version, _period, _customer, _alone, {sums['num']} as _num, {sums['den']} as _den\n"
        f"  from (\n{inner}\n  ) as facts\n  group by {keys}_version, _period, _customer, _alone"
    )
    scope, head = "'company' as _kind, '' as _parent", ""
    if members:
        values = ",\n    ".join(
            f"({sql.literal(product)}, {epoch}, {sql.literal(kind)}, {sql.literal(parent)}, "
            f"cast({share!r} as {sql.number}))"
            for (product, epoch, kind, parent), share in zip(members, shares, strict=True)
        )
        head = f"with member(_product, _cut, _kind, _parent, _share) as (\n  values\n    {values}\n)\n"
        scope = "_kind, _parent"
        used = (
            "  select _kind, _parent, _version, _period, _customer, _alone,\n"
            "    sum(_share * _num) as _num, sum(_share * _den) as _den\n"
            f"  from (\n{used}\n  ) as used\n"
            "  join member on member._product = used._product and member._cut = used._cut\n"
            "  group by _kind, _parent, _version, _period, _customer, _alone"
        )
    text = (
        f"{head}select {scope}, _version, _period,\n  sum(_num * _num) as _num2, sum(_den * _den) as _den2,\n"
        f"  sum(_num * _den) as _numden, cast(count(*) as {sql.number}) as _clusters\n"
        f"from (\n{used}\n) as customers\nwhere _num <> 0 or _den <> 0\n"
        f"group by {'_kind, _parent, ' if members else ''}_version, _period"
    )
    return Query(text, (metric.metric,), dialect)
