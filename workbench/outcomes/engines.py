"""Engines that run emitted SQL and bring a few thousand rows of parts back; here DuckDB, in process, over Parquet.

DuckDB reads only the Parquet files it is given: external access is switched off after the views are made, so that a
condition written in a catalogue can reach nothing else. Engines of a client's own servers come from outside
(`workbench.engagement.databases`), or are handed over open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Protocol

import pandas as pd

from workbench.errors import ModelError, WorkbenchError
from workbench.outcomes.catalogue import Catalogue, FactTable
from workbench.outcomes.dialects import Query


class LostError(WorkbenchError):
    """The server went away in the middle of a review: no metric is off for that, the review ends."""


class TooSlowError(ModelError):
    """A query ran longer than the engagement allows a client's server to be kept busy."""


class Engine(Protocol):
    """What the pillar needs of a database.

    Attributes
    ----------
    dialect : str
        One of `dialects.DIALECTS`.
    version : str
        Name and version, as the report prints them.
    """

    dialect: str
    version: str

    def fetch(self, query: Query) -> pd.DataFrame:
        """Return all rows of a query; ModelError where the engine refuses it."""
        ...

    def explain(self, query: Query) -> None:
        """Raise ModelError where the engine would refuse a query, and run nothing."""
        ...

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table or view and what they hold, as `catalogue.COLUMN_KINDS`."""
        ...

    def casts(self, table: str) -> dict[str, str]:
        """Return column → SQL for columns that the engine compares or stores in its own way."""
        ...

    def close(self) -> None:
        """Let go of what the engine holds."""
        ...


class Database(Protocol):
    """Where an engine comes from: opened once a review, and closed after it."""

    def open(self) -> Engine:
        """Return an open engine."""
        ...


class Engines:
    """The engine of each table: DuckDB for files, one open engine for each database that a table names.

    Parameters
    ----------
    catalogue : Catalogue
    facts : mapping of table to path
        Parquet files.
    databases : mapping of str to Database
        By the name under which tables name them.

    Raises
    ------
    ModelError
        A table names a database that was not handed over.
    """

    def __init__(self, catalogue: Catalogue, facts: Mapping[str, str], databases: Mapping[str, Database]) -> None:
        named = dict.fromkeys(table.database for table in catalogue.tables if table.database)
        missing = [name for name in named if name not in databases]
        if missing:
            raise ModelError(f"There is no database {missing[0]!r}; known: {', '.join(databases) or 'none'}.")
        self._stack = ExitStack()
        self._open: dict[str, Engine] = {}
        with ExitStack() as stack:  # what was opened is closed again where a later one cannot be
            if facts or not named:
                self._open[""] = stack.enter_context(DuckDB(facts))
            for name in named:
                engine = databases[name].open()
                stack.callback(engine.close)
                self._open[name] = engine
            self._stack = stack.pop_all()

    def of(self, *tables: FactTable) -> Engine:
        """Return the one engine that reads these tables.

        Raises
        ------
        ModelError
            They lie in several.
        """
        names = dict.fromkeys(table.database for table in tables)
        if len(names) > 1:
            where = " and ".join(f"{table.name} in {table.database or 'files'}" for table in tables)
            raise ModelError(f"One query cannot read {where}; bring both tables into one place.")
        return self._open[next(iter(names))]

    def describe(self, catalogue: Catalogue, columns: Mapping[str, Mapping[str, str]]) -> Catalogue:
        """Return the catalogue with the columns that its tables really have, asked of the databases."""
        tables = []
        for table in catalogue.tables:
            held, casts, dialect = dict(columns.get(table.name, {})), dict(table.casts), table.dialect
            if table.database:
                engine, relation = self.of(table), table.relation or table.name
                held, casts, dialect = engine.columns(relation), engine.casts(relation), engine.dialect
            tables.append(replace(table, columns=held, casts=casts, dialect=dialect))
        return replace(catalogue, tables=tuple(tables))

    @property
    def version(self) -> str:
        """Names and versions of all engines."""
        return ", ".join(dict.fromkeys(engine.version for engine in self._open.values()))

    def __enter__(self) -> Engines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def engine_for(engine: Engine | Engines, tables: Iterable[FactTable]) -> Engine:
    """Return the engine that reads these tables; a single engine reads all."""
    return engine.of(*tables) if isinstance(engine, Engines) else engine


class DuckDB:
    """DuckDB in process over Parquet files; a context manager that closes itself.

    Parameters
    ----------
    tables : mapping of table to path
        Parquet files.
    memory_limit : str
        As DuckDB writes it.
    threads : int or None
        None: as many as there are cores.
    """

    dialect = "duckdb"

    def __init__(self, tables: Mapping[str, str], memory_limit: str = "2GB", threads: int | None = None) -> None:
        import duckdb

        paths = {name: str(path) for name, path in tables.items()}
        config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory_limit}
        if threads is not None:
            config["threads"] = threads
        self.version = f"duckdb {duckdb.__version__}"
        self._connection = duckdb.connect(":memory:", config=config)
        listed = ", ".join(_text(path) for path in paths.values())
        self._connection.execute(f"set allowed_paths = [{listed}]").fetchall()
        self._connection.execute("set enable_external_access = false").fetchall()
        for name, path in paths.items():
            quoted = '"' + name.replace('"', '""') + '"'
            self._connection.execute(
                f"create view {quoted} as select * from read_parquet({_text(path)})"  # noqa: S608 – our own paths
            ).fetchall()
        self._connection.execute("set lock_configuration = true").fetchall()

    def fetch(self, query: Query) -> pd.DataFrame:
        """Return all rows of a query.

        Raises
        ------
        ModelError
            The engine refuses the text; says what it said.
        """
        import duckdb

        cursor = self._connection.cursor()  # one cursor a query, read to its end: DuckDB 2 keeps half-read ones open
        try:
            return cursor.execute(query.text).df()
        except duckdb.Error as error:
            raise ModelError(f"DuckDB refuses the query for {', '.join(query.metrics) or 'checks'}: {error}") from error
        finally:
            cursor.close()

    def explain(self, query: Query) -> None:
        """Raise ModelError where DuckDB would refuse a query."""
        self.fetch(Query(f"explain {query.text}", query.metrics, query.dialect))

    def casts(self, table: str) -> dict[str, str]:
        """Return nothing: files were cleaned when they were read, and texts compare byte by byte."""
        return {}

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a table and what they hold, as `catalogue.COLUMN_KINDS`."""
        quoted = '"' + table.replace('"', '""') + '"'
        frame = self.fetch(Query(f"describe {quoted}", (), self.dialect))
        return {
            str(name): _kind(str(held)) for name, held in zip(frame["column_name"], frame["column_type"], strict=True)
        }

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> DuckDB:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def _kind(held: str) -> str:
    if held in _NUMBERS or held in ("FLOAT", "DOUBLE") or held.startswith("DECIMAL"):
        return "number"
    if held == "VARCHAR" or held.startswith("ENUM"):
        return "text"
    if held == "DATE":
        return "date"
    if held.startswith("TIMESTAMP"):
        return "instant" if "TIME ZONE" in held else "timestamp"
    return "bool" if held == "BOOLEAN" else "other"
