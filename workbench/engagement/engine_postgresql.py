"""PostgreSQL as an engine: a client's server is only read, in one snapshot, and answers with parts alone.

Any open DB-API connection does (pg8000, psycopg): nothing of a driver is imported here. All queries of a review run in
one read-only transaction that sees the data as they were at its first query, so that parts and totals belong together
while the client goes on writing.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.dialects import DIALECTS, Query
from workbench.outcomes.engines import LostError, TooSlowError

OLDEST = 140_000
"""Server version 14: older ones have no mark of a row, and are no longer kept up by the project."""

SETTINGS = (
    # what a role or a database may have set otherwise, and the emitted text relies on
    "set local standard_conforming_strings = on",
    "set local datestyle = 'ISO, YMD'",
    "set local extra_float_digits = 1",
)

KINDS = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8", "numeric"), "number"),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "citext", "uuid"), "text"),
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "instant",
    "bool": "bool",
}
"""Type of the server → kind of column; anything else is ``other``, but for enumerations, which are texts."""

COLUMNS = """select a.attname, coalesce(b.typname, t.typname), coalesce(b.typtype, t.typtype),
  coalesce(c.collisdeterministic, true)
from pg_attribute as a join pg_type as t on t.oid = a.atttypid
left join pg_type as b on b.oid = t.typbasetype and t.typtype = 'd'
left join pg_collation as c on c.oid = a.attcollation
where a.attrelid = to_regclass({relation}) and a.attnum > 0 and not a.attisdropped
order by a.attnum"""

CANCELLED = "57014"
"""SQLSTATE of a statement that ran into its timeout."""


class PostgreSQL:
    """PostgreSQL over an open connection; a database of its own that is open already.

    Parameters
    ----------
    connection : DB-API connection
        Without an open transaction; its transaction is rolled back on close.
    timeout_seconds : int
        Longest that one query may keep the server busy.
    is_own : bool
        Close the connection with the engine.
    name : str
        What the client calls the database, for sentences.

    Raises
    ------
    ModelError
        The server is older than `OLDEST`.
    LostError
        From any query: the server has gone away.
    """

    dialect = "postgresql"

    def __init__(self, connection: Any, timeout_seconds: int = 60, *, is_own: bool = False, name: str = "") -> None:
        self._connection, self._seconds, self._is_own = connection, timeout_seconds, is_own
        self._who = f"The database {name}" if name else "PostgreSQL"
        self._known: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
        self._run("set transaction isolation level repeatable read, read only")
        for setting in (*SETTINGS, f"set local statement_timeout = {1000 * int(timeout_seconds)}"):
            self._run(setting)
        number, release = self._run(
            "select cast(current_setting('server_version_num') as int), current_setting('server_version')"
        )[1][0]
        self.version = f"PostgreSQL {str(release).split()[0]}"
        if int(number) < OLDEST:
            self.close()
            raise ModelError(f"{self.version} is too old; version {OLDEST // 10_000} or newer is needed.")

    def open(self) -> PostgreSQL:
        """Return itself: it is open."""
        return self

    def fetch(self, query: Query) -> pd.DataFrame:
        """Return all rows of a query.

        Raises
        ------
        ModelError
            The server refuses the text, or it ran too long; says what the server said.
        """
        names, rows = self._asked(query.text, query)
        return pd.DataFrame(rows, columns=pd.Index(names), dtype=object)

    def explain(self, query: Query) -> None:
        """Raise ModelError where the server would refuse a query."""
        self._asked(f"explain {query.text}", query)

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table or view and what they hold; none where there is no such table."""
        return dict(self._describe(table)[0])

    def casts(self, table: str) -> dict[str, str]:
        """Return columns that compare otherwise than byte by byte, as texts that do.

        ``char(n)`` holds trailing blanks and ignores them, ``citext`` and collations that are not deterministic take
        different texts for the same; enumerations and identifiers are no texts.
        """
        return dict(self._describe(table)[1])

    def close(self) -> None:
        """End the transaction, and the connection where it is our own."""
        with suppress(self._error, OSError):  # it may be gone already
            self._connection.rollback()
        if self._is_own:
            with suppress(self._error, OSError):
                self._connection.close()

    def _describe(self, table: str) -> tuple[dict[str, str], dict[str, str]]:
        if table not in self._known:
            sql = DIALECTS[self.dialect]
            text = COLUMNS.format(relation=sql.literal(sql.relation_of(table)))
            kinds, casts = {}, {}
            for name, held, form, is_exact in self._asked(text, Query(text, (), self.dialect))[1]:
                kinds[name] = "text" if form == "e" else KINDS.get(held, "other")
                if kinds[name] == "text" and (form == "e" or held not in ("text", "varchar", "name") or not is_exact):
                    casts[name] = f'(cast({sql.name_of(name)} as text) collate "C")'
            self._known[table] = kinds, casts
        return self._known[table]

    def _asked(self, text: str, query: Query) -> tuple[list[str], list[Any]]:
        try:
            self._run("savepoint asked")  # a refused query must not end the transaction and its snapshot
        except (self._error, OSError):
            raise self._lost() from None
        try:
            found = self._run(text)
        except (self._error, OSError) as error:
            state, said = _said(error)
            try:
                self._run("rollback to savepoint asked")
            except (self._error, OSError):
                raise self._lost() from None
            asked = ", ".join(query.metrics) or "checks"
            if state == CANCELLED:
                raise TooSlowError(
                    f"{self._who} took longer than {self._seconds} s over the query for {asked}; raise "
                    "statement_timeout_seconds in engagement.yaml, or name a view with fewer rows."
                ) from None
            raise ModelError(f"{self._who} refuses the query for {asked}: {said}") from None
        self._run("release savepoint asked")
        return found

    def _lost(self) -> LostError:
        return LostError(f"{self._who} has closed the connection; run again when the server is back.")

    def _run(self, text: str) -> tuple[list[str], list[Any]]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(text)
            if cursor.description is None:
                return [], []
            return [_plain(column[0]) for column in cursor.description], [tuple(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    @property
    def _error(self) -> type[Exception]:
        """The driver's root of errors (PEP 249), which its top package exports."""
        package = sys.modules[type(self._connection).__module__.partition(".")[0]]
        root: type[Exception] = package.Error
        return root


def _plain(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _said(error: Exception) -> tuple[str, str]:
    """Return the SQLSTATE and the sentence of a driver's error."""
    held = error.args[0] if error.args else ""
    if isinstance(held, dict):  # pg8000
        return str(held.get("C", "")), str(held.get("M", ""))
    return str(getattr(error, "sqlstate", "") or getattr(error, "pgcode", "") or ""), str(error).partition("\n")[0]
