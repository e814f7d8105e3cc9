"""Queries that count what could be wrong with a table of facts, before any number is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from workbench.outcomes.catalogue import FactTable
from workbench.outcomes.dialects import DEFAULT_DATES, DIALECTS, Query
from workbench.outcomes.fact_rows import count_of, day_of, is_dated, source_of, version_of


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
    good = f"{is_dated(table, when, sql)} and not ({future}) and {when} not in ({defaults})"
    complete = f"not ({no_key})"
    nonsense = f" or not ({is_dated(table, when, sql)})" if table.database else ""
    counts = {
        "rows": "count(*)",
        "keys": f"count(distinct case when {complete} then {distinct} end)",
        "no_key": count_of(no_key, sql),
        "no_product": count_of(f"{sql.name_of(table.product)} is null", sql),
        "no_time": count_of(f"{when} is null{nonsense}", sql),
        "future": count_of(future, sql),
        "default_date": count_of(f"{when} in ({defaults})", sql),
        "first": f"min(case when {good} then {when} end)",
        "last": f"max(case when {good} then {when} end)",
    }
    listed = ",\n  ".join(f"{count} as {sql.name_of(name)}" for name, count in counts.items())
    return Query(f"select {listed}\nfrom {source_of(table, sql)}", (), dialect)


def emit_mark(table: FactTable, columns: Sequence[str], dialect: str) -> Query:
    """Return the query for what tells one state of a table in a database from another: one row, ``rows`` and ``mark``.

    The mark is the sum over all rows of a whole number that the server computes from these columns: any order of rows
    gives the same, and a changed cell another.
    """
    sql = DIALECTS[dialect]
    cells = ", ".join(sql.name_of(column) for column in columns)
    mark = f"cast(sum({sql.row_mark.format(x=cells)}) as {sql.text})"
    text = f"select count(*) as {sql.name_of('rows')}, {mark} as {sql.name_of('mark')}"
    return Query(f"{text}\nfrom {source_of(table, sql)}", (), dialect)


def emit_repeated(table: FactTable, dialect: str = "duckdb") -> Query:
    """Return the query for keys that stand more than once: how many, the rows in them, and one example."""
    sql = DIALECTS[dialect]
    keys = [sql.name_of(column) for column in table.key]
    listed = ", ".join(keys)
    times, example, count = (sql.name_of(name) for name in ("times", "example", "rows"))
    one = " || ' · ' || ".join(f"cast({key} as {sql.text})" for key in keys)
    selected = f"{listed}, count(*) as {times}, min({sql.by_bytes.format(x=f'({one})')}) as {example}"
    repeated = "\n  ".join([f"select {selected}", f"from {source_of(table, sql)}", f"group by {listed}"])
    text = (
        f"select count(*) as {sql.name_of('keys')}, sum({times}) as {count}, "
        f"min({sql.by_bytes.format(x=example)}) as {example}\n"
        f"from (\n  {repeated}\n  having count(*) > 1\n) as repeated"
    )
    return Query(text, (), dialect)


def emit_products(table: FactTable, dialect: str = "duckdb") -> Query:
    """Return the query for the rows of each product a table names."""
    sql = DIALECTS[dialect]
    product = f"coalesce(cast({sql.name_of(table.product)} as {sql.text}), '')"
    text = f"select {product} as {sql.name_of('product')}, count(*) as {sql.name_of('rows')}"
    return Query(f"{text}\nfrom {source_of(table, sql)}\ngroup by 1", (), dialect)


def emit_versions(table: FactTable, dialect: str = "duckdb") -> Query:
    """Return the query for the rows of each version a table names."""
    sql = DIALECTS[dialect]
    text = f"select {version_of(table, sql)} as _version, count(*) as _rows"
    return Query(f"{text}\nfrom {source_of(table, sql)}\ngroup by 1", (), dialect)


def emit_outside(table: FactTable, begins: dt.date, ends: dt.date, dialect: str = "duckdb") -> Query:
    """Return the query for the rows before a calendar begins or after it ends: one row, ``_rows``."""
    sql = DIALECTS[dialect]
    when = day_of(table, None, sql)
    outside = f"({when} < {sql.literal(begins)} or {when} >= {sql.literal(ends)})"
    defaults = ", ".join(sql.literal(day) for day in DEFAULT_DATES)
    text = f"select count(*) as _rows\nfrom {source_of(table, sql)}\nwhere {outside} and {when} not in ({defaults})"
    return Query(text, (), dialect)


def emit_blanks(table: FactTable, columns: Sequence[str], dialect: str = "duckdb") -> Query:
    """Return the query for the blank cells of some columns: one row, ``_blank_0`` and so on."""
    sql = DIALECTS[dialect]
    counts = [
        f"{count_of(f'{sql.name_of(column)} is null', sql)} as _blank_{place}" for place, column in enumerate(columns)
    ]
    when = day_of(table, None, sql)
    where = is_dated(table, when, sql)
    return Query(f"select {', '.join(counts)}\nfrom {source_of(table, sql)}\nwhere {where}", (), dialect)
