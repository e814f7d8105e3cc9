"""Engines that run emitted SQL and bring a few thousand rows of parts back; here DuckDB, in process, over Parquet.

An engine is anything with a `dialect` and a `fetch`. DuckDB reads only the Parquet files it is given: external access
is switched off after the views are made, so that a condition written in a catalogue can reach nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.dialects import Query


class Engine(Protocol):
    """What the pillar needs of a database."""

    dialect: str

    def fetch(self, query: Query) -> pd.DataFrame:
        """Return all rows of a query."""
        ...


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
