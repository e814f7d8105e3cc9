"""Queries that count what could be wrong with a table of facts, before any number is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from workbench.outcomes.catalogue import FactTable
from workbench.outcomes.dialects import DEFAULT_DATES, DIALECTS, Query
from workbench.outcomes.fact_rows import count_of, day_of, version_of


def emit_checks(table: FactTable, dialect: str = "duckdb", until: dt.date | None = None) -> Query:
    """Return the query that counts what could be wrong with a table: one row.

    Columns ``rows``, ``keys`` (distinct), ``no_key``, ``no_product``, ``no_time``, ``future`` and ``default_date``
    (rows each), and ``first`` and ``last`` day among the rows that count.
    """
    sql = DIALECTS[dialect]
    keys = [sql.name_of(column) for column in table.key]
    distinct = keys[0] if len(keys) == 1 else f"({', '.join(keys)})"
    no_key = " or ".join(f"{key} is null" for key in keys)
    when = day_of(table, None, sql)
    defaults = ", ".join(sql.literal(day) for day in DEFAULT_DATES)
    future = f"{when} > {sql.literal(until)}" if until else "false"
    if table.version and until:  # what is planned may lie in the future
        future = f"({future} and {version_of(table, sql)} = 'actual')"
    good = f"{when} is not null and not ({future}) and {when} not in ({defaults})"
    complete = f"not ({no_key})"
    text = (
        'select count(*) as "rows",\n'
        f'  count(distinct case when {complete} then {distinct} end) as "keys",\n'
        f'  {count_of(no_key, sql)} as "no_key",\n'
        f'  {count_of(f"{sql.name_of(table.product)} is null", sql)} as "no_product",\n'
        f'  {count_of(f"{sql.name_of(table.time)} is null", sql)} as "no_time",\n'
        f'  {count_of(future, sql)} as "future",\n'
        f'  {count_of(f"{when} in ({defaults})", sql)} as "default_date",\n'
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


def emit_versions(table: FactTable, dialect: str = "duckdb") -> Query:
    """Return the query for the rows of each version a table names."""
    sql = DIALECTS[dialect]
    name = sql.name_of(table.name)
    text = f"select {version_of(table, sql)} as _version, count(*) as _rows\nfrom {name}\ngroup by 1\norder by 1"
    return Query(text, (), dialect)


def emit_outside(table: FactTable, begins: dt.date, ends: dt.date, dialect: str = "duckdb") -> Query:
    """Return the query for the rows before a calendar begins or after it ends: one row, ``_rows``."""
    sql = DIALECTS[dialect]
    when = day_of(table, None, sql)
    outside = f"({when} < {sql.literal(begins)} or {when} >= {sql.literal(ends)})"
    defaults = ", ".join(sql.literal(day) for day in DEFAULT_DATES)
    name = sql.name_of(table.name)
    text = f"select count(*) as _rows\nfrom {name}\nwhere {outside} and {when} not in ({defaults})"
    return Query(text, (), dialect)


def emit_blanks(table: FactTable, columns: Sequence[str], dialect: str = "duckdb") -> Query:
    """Return the query for the blank cells of some columns: one row, ``_blank_0`` and so on."""
    sql = DIALECTS[dialect]
    counts = [
        f"{count_of(f'{sql.name_of(column)} is null', sql)} as _blank_{place}" for place, column in enumerate(columns)
    ]
    name, when = sql.name_of(table.name), day_of(table, None, sql)
    return Query(f"select {', '.join(counts)}\nfrom {name}\nwhere {when} is not null", (), dialect)
