"""What does not add up (percentiles, distinct customers, extremes) as SQL: facts joined to the list of members.

The list's key (product, epoch, kind, parent) is unique, so that a row counts once a parent. A cumulative metric joins
the list of its windows as well: a row counts once a window.
"""

# ruff: noqa: S608 - names are quoted and literals escaped by the dialect; the text holds nothing else of a client
from __future__ import annotations

from collections.abc import Sequence

from workbench.errors import ModelError
from workbench.outcomes.catalogue import FactTable, Metric
from workbench.outcomes.definitions import Measure
from workbench.outcomes.dialects import DIALECTS, Dialect, Query, Window
from workbench.outcomes.fact_rows import day_of, holds_of, is_number, number_name, rows_of, rows_that_count
from workbench.outcomes.windows import Stretch

SHARE_SLACK = 1e-9
"""How much of the total may be missing where a cumulated share reaches a percentile: three thirds are one."""


def emit_reach(
    metric: Metric,
    table: FactTable,
    members: Sequence[tuple[str, int, str, str]],
    dialect: str = "duckdb",
    window: Window | None = None,
    *,
    shares: Sequence[float] = (),
    spans: Sequence[Stretch] = (),
) -> Query:
    """Return the query for a metric that does not add up: each member's row counts once per parent.

    Parameters
    ----------
    members : sequence of (product, epoch, kind, parent)
        Unique; the shares themselves do not apply but to a share-weighted percentile.
    shares : sequence of float
        One a member, 0 to 1; a share-weighted percentile needs them.
    spans : sequence of Stretch
        Windows of a cumulative metric.

    Raises
    ------
    ModelError
        A member stands twice, which would count its rows twice.
    """
    if len(set(members)) != len(members):
        raise ModelError(f"{metric.metric}: a membership stands twice and would count its rows twice.")
    sql, window = DIALECTS[dialect], window or Window()
    weighed = metric.percentile_form == "share_weighted"
    share = [f", cast({one!r} as {sql.number})" for one in shares] if weighed else [""] * len(members)
    number = {scope: place for place, scope in enumerate(dict.fromkeys(member[2:] for member in members))}
    values = ",\n    ".join(
        f"({sql.literal(product)}, {epoch}, {number[kind, parent]}{held})"
        for (product, epoch, kind, parent), held in zip(members, share, strict=True)
    )
    listed = ",\n    ".join(
        f"({place}, {sql.literal(kind)}, {sql.literal(parent)})" for (kind, parent), place in number.items()
    )
    heads = (
        f"member(_product, _cut, _scope{', _share' if weighed else ''}) as (\n  values\n    {values}\n)",
        f"named(_scope, _kind, _parent) as (\n  values\n    {listed}\n)",
    )
    join = "\njoin member on member._product = facts._product and member._cut = facts._cut"
    return _reach_query(metric, table, sql, window, heads, join, "member._share" if weighed else "", spans)


def emit_reach_total(
    metric: Metric,
    table: FactTable,
    dialect: str = "duckdb",
    window: Window | None = None,
    *,
    spans: Sequence[Stretch] = (),
) -> Query:
    """Return the company's value of a metric that does not add up, by period, over all rows."""
    sql, window = DIALECTS[dialect], window or Window()
    window = Window(window.until, (), window.fiscal_year_starts)
    share = f"cast(1 as {sql.number})" if metric.percentile_form == "share_weighted" else ""
    return _reach_query(metric, table, sql, window, (), "", share, spans)


def _reach_query(
    metric: Metric,
    table: FactTable,
    sql: Dialect,
    window: Window,
    heads: Sequence[str],
    join: str,
    share: str,
    spans: Sequence[Stretch],
) -> Query:
    has_members, period, more = bool(heads), "facts._period", []
    if spans:
        days = ",\n    ".join(f"({', '.join(sql.literal(d) for d in (s.period, s.starts, s.ends))})" for s in spans)
        heads = [*heads, f"span(_period, _starts, _ends) as (\n  values\n    {days}\n)"]
        join += "\njoin span on facts._day >= span._starts and facts._day < span._ends"
        period, more = "span._period", [f"{day_of(table, metric.zone, sql)} as _day"]
    inner = rows_of([metric], table, sql, window, (), has_product=has_members, more=more)
    keys = ", ".join([*(["member._scope"] if has_members else []), "facts._version", period])
    source = f"from (\n{inner}\n) as facts{join}"
    head = f"with {', '.join(heads)}\n" if heads else ""
    value, chosen = _chosen(metric, sql)
    counted = rows_that_count(_measure(metric), metric, sql)
    exactness = "exact"
    if share:
        names = ", ".join(key.rpartition(".")[2] for key in keys.split(", "))
        text = (
            f"{head}select {names},\n"
            f"  min(case when _reached >= {_percentile(metric)} * _total then _x end) as _value,\n"
            "  sum(_rows) as _n\nfrom (\n"
            f"  select {names}, _x, _rows, sum(_share) over (partition by {names}) as _total,\n"
            f"    sum(_share) over (partition by {names} order by _x) as _reached\n  from (\n"
            f"  select {keys}, {chosen} as _x, sum({share}) as _share, {counted} as _rows\n{source}\n"
            f"  where {chosen} is not null\n  group by {keys}, {chosen}\n  ) as amounts\n) as ranked\ngroup by {names}"
        )
    else:
        aggregate, exactness = _aggregate(metric, sql, value, chosen)
        text = (
            f"select {keys},\n  cast({aggregate} as {sql.number}) as _value,\n  {counted} as _n\n"
            f"{source}\ngroup by {keys}"
        )
    if has_members:  # numbers stand for names while rows are counted: customers are told apart within each
        text = (
            "select named._kind, named._parent, found._version, found._period, found._value, found._n\n"
            f"from (\n{text}\n) as found\njoin named on named._scope = found._scope"
        )
    return Query(f"{head}{text}", (metric.metric,), sql.name, (), exactness)


def _percentile(metric: Metric) -> str:
    """Return the share that must be reached; a hair less, because shares are no binary fractions."""
    return repr((metric.percentile or 0.0) * (1 - SHARE_SLACK))


def _measure(metric: Metric) -> Measure:
    if metric.measure is None or metric.measure.column is None:
        raise ModelError(f"{metric.metric} names no column.")
    return metric.measure


def _chosen(metric: Metric, sql: Dialect) -> tuple[str, str]:
    """Return a metric's column, and its cells in rows that hold."""
    measure = _measure(metric)
    name = measure.column or ""
    value = number_name(name, sql) if is_number(metric, measure) else sql.name_of(name)
    holds = holds_of(measure, sql)
    return value, value if holds == "true" else f"case when {holds} then {value} end"


def _aggregate(metric: Metric, sql: Dialect, value: str, chosen: str) -> tuple[str, str]:
    """Return the aggregate, and whether it is exact or only approximate, as the catalogue allows."""
    is_rough = metric.exactness == "approx"
    if metric.adds_as == "percentile":
        how = sql.approx_percentile if is_rough and sql.approx_percentile else sql.percentile
        found, rough = how.format(x=chosen, p=repr(metric.percentile)), sql.approx_percentile
    elif metric.adds_as == "distinct":  # rows without a key cannot say that nobody was there
        how = sql.approx_distinct if is_rough and sql.approx_distinct else "count(distinct {x})"
        found, rough = f"case when count({value}) > 0 then {how.format(x=chosen)} end", sql.approx_distinct
    else:
        return f"{metric.adds_as}({chosen})", "exact"
    if not found:
        raise ModelError(f"{metric.metric} is refused: {sql.name} has no exact {metric.adds_as}.")
    return found, "approx" if is_rough and rough else "exact"
