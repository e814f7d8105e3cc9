"""Apache Spark as an engine, for facts that outgrow one machine: only parts come back.

Nothing of pyspark is imported here: the engine gets an open session. Frames never cross over (Spark warns of newer
pandas): rows are collected and the frame is built here. How long a query may take is left to the cluster's own limits:
Spark lets tasks run on where a query is stopped from outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.dialects import DIALECTS, Query

OLDEST = 4
"""Spark 4: older ones read quotes inside a text otherwise."""

ZONE = "spark.sql.session.timeZone"
REQUIRED = {
    ZONE: ("UTC", "Etc/UTC", "GMT", "Z", "+00:00"),
    "spark.sql.ansi.enabled": ("true",),
    "spark.sql.parser.escapedStringLiterals": ("false",),
}
"""Settings of a session that the emitted text relies on, and what they may say."""

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
KINDS = {
    **dict.fromkeys(NUMBERS, "number"),
    "string": "text",
    "date": "date",
    "timestamp_ntz": "timestamp",
    "timestamp": "instant",
    "boolean": "bool",
}
CHAR = "__CHAR_VARCHAR_TYPE_STRING"
"""Where Spark keeps that a text is of fixed length."""


class Spark:
    """Spark over an open session; a database of its own that is open already.

    Parameters
    ----------
    session : SparkSession
        With its time zone set to UTC; tables and views of it can be named.
    is_own : bool
        Stop the session with the engine.
    name : str
        What the client calls the database, for sentences.

    Raises
    ------
    ModelError
        The session is too old, or set so that results would differ; says what to set.
    """

    dialect = "spark"

    def __init__(self, session: Any, *, is_own: bool = False, name: str = "") -> None:
        self._session, self._is_own = session, is_own
        self._who = f"The database {name}" if name else "Spark"
        self._known: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
        self.version = f"Spark {session.version}"
        if int(str(session.version).partition(".")[0]) < OLDEST:
            raise ModelError(f"{self.version} is too old; version {OLDEST} or newer is needed.")
        for name, allowed in REQUIRED.items():
            held = str(session.conf.get(name))
            if held.casefold() not in {value.casefold() for value in allowed}:
                wanted = f'session.conf.set("{name}", "{allowed[0]}")'
                raise ModelError(f"The Spark session has {name} = {held}, which would change results. Run {wanted}.")

    def open(self) -> Spark:
        """Return itself: it is open."""
        return self

    def fetch(self, query: Query) -> pd.DataFrame:
        """Return all rows of a query.

        Raises
        ------
        ModelError
            Spark refuses the text, or stumbles over a row; says what it said.
        """
        with self._refusing(query):
            frame = self._session.sql(query.text)
            rows = [tuple(row) for row in frame.collect()]
            return pd.DataFrame(rows, columns=pd.Index(frame.columns), dtype=object)

    def explain(self, query: Query) -> None:
        """Raise ModelError where Spark would refuse a query; it is analysed and not run."""
        with self._refusing(query):
            self._session.sql(query.text)

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table or view and what they hold; none where there is no such table."""
        return dict(self._describe(table)[0])

    def casts(self, table: str) -> dict[str, str]:
        """Return columns that compare otherwise than byte by byte, as texts that do.

        ``char(n)`` comes back with trailing blanks; a collated text takes different texts for the same.
        """
        return dict(self._describe(table)[1])

    def close(self) -> None:
        """Stop the session where it is our own."""
        if self._is_own:
            self._session.stop()

    def _describe(self, table: str) -> tuple[dict[str, str], dict[str, str]]:
        if table not in self._known:
            kinds: dict[str, str] = {}
            casts: dict[str, str] = {}
            sql = DIALECTS[self.dialect]
            name = sql.relation_of(table)
            if self._session.catalog.tableExists(name):
                for field in self._session.table(name).schema.fields:
                    held, _, collation = str(field.dataType.simpleString()).partition(" collate ")
                    kinds[field.name] = KINDS.get(held.partition("(")[0], "other")
                    column = sql.name_of(field.name)
                    if held.startswith(("char", "varchar")):
                        kinds[field.name] = "text"
                    if held.startswith("char") or str(field.metadata.get(CHAR, "")).startswith("char"):
                        casts[field.name] = f"rtrim({column})"
                    elif collation:
                        casts[field.name] = f"collate({column}, 'UTF8_BINARY')"
            self._known[table] = kinds, casts
        return self._known[table]

    @contextmanager
    def _refusing(self, query: Query) -> Iterator[None]:
        """Turn what Spark says of a query into one sentence; its root of errors is known by its package."""
        try:
            yield
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
                raise
            asked = ", ".join(query.metrics) or "checks"
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(f"{self._who} refuses the query for {asked}: {said}") from None
