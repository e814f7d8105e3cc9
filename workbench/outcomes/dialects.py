"""What engines write differently (identifiers, literals, clocks, percentiles), one row an engine; what a query is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from workbench.errors import ModelError

DEFAULT_DATES = (dt.date(1900, 1, 1), dt.date(1970, 1, 1))
"""Dates that systems write when they have none; such rows are left out and counted."""

SENSIBLE = (dt.date(1900, 1, 1), dt.date(2201, 1, 1))
"""First day, and the day after the last, that a date in a database may be: one of the year 1026 would make twelve
thousand months. Of files the reader sees to it."""

BLANK = "(blank)"
"""Segment of rows whose cell is blank."""

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Dialect:
    """How one engine writes what engines write differently; formats take ``x`` (an expression) and more.

    Attributes
    ----------
    name : str
    quote : str
        Sign around identifiers; doubled inside.
    text, number, clock : str
        Types to cast keys and segments, parts, and local clocks to.
    to_float, local, instant, truncate, percentile, shift_days, shift_months : str
        Formats: number; clock of zone `have` as clock of zone `zone`; instant as clock of `zone`; period start of
        `grain`; percentile `p` that interpolates (R-7); a date moved by days or months.
    approx_distinct, approx_percentile : str
        Formats of what a metric may ask for with ``exactness: approx``; an engine without one answers exactly.
    by_bytes : str
        Format of a text in the order of its bytes; the empty format leaves it as it is.
    escapes : tuple of (str, str)
        Signs inside a text, and how they are written.
    month : str
        Format of the first day of a date's month, where that is quicker than `truncate`.
    row_mark : str
        Format of a whole number that any change of the columns `x` changes; empty where files are hashed instead.
    """

    name: str
    quote: str
    text: str
    number: str
    to_float: str
    local: str
    instant: str
    truncate: str
    percentile: str
    shift_days: str
    shift_months: str
    approx_distinct: str = ""
    approx_percentile: str = ""
    clock: str = "timestamp"
    by_bytes: str = "{x}"
    escapes: tuple[tuple[str, str], ...] = (("'", "''"),)
    row_mark: str = ""
    month: str = ""

    def name_of(self, identifier: str) -> str:
        """Return an identifier, quoted."""
        return f"{self.quote}{identifier.replace(self.quote, self.quote * 2)}{self.quote}"

    def relation_of(self, relation: str) -> str:
        """Return the name of a table or view, quoted part by part: schema and name are joined by a point."""
        return ".".join(self.name_of(part) for part in relation.split("."))

    def literal(self, value: object) -> str:
        """Return a literal of the catalogue, escaped.

        Raises
        ------
        ModelError
            It is neither text, number, yes/no nor date.
        """
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int | float):
            return repr(value)
        if isinstance(value, dt.datetime):
            return f"{self.clock} '{value.isoformat(sep=' ')}'"
        if isinstance(value, dt.date):
            return f"date '{value.isoformat()}'"
        if isinstance(value, str):
            for sign, written in self.escapes:
                value = value.replace(sign, written)
            return f"'{value}'"
        raise ModelError(f"A condition compares with text, a number, yes/no or a date; got {value!r}.")


DIALECTS = {
    "duckdb": Dialect(
        name="duckdb",
        quote='"',
        text="varchar",
        number="double",
        # NaN and infinity are no numbers: they would swallow a whole sum. Comparing with a literal NaN does not do:
        # DuckDB 2.0 drops such a test where the statistics of a Parquet file, which know no NaN, say it cannot hold
        to_float="(case when isfinite(cast({x} as double)) then cast({x} as double) end)",
        local="(({x} at time zone {have}) at time zone {zone})",
        instant="({x} at time zone {zone})",
        truncate="date_trunc('{grain}', {x})",
        percentile="quantile_cont({x}, {p})",
        shift_days="({x} + {n} * interval 1 day)",
        shift_months="({x} + {n} * interval 1 month)",
        approx_distinct="approx_count_distinct({x})",
        approx_percentile="approx_quantile({x}, {p})",
        month="({x} - cast(day({x}) - 1 as integer))",
    ),
    "postgresql": Dialect(
        name="postgresql",
        quote='"',
        text="text",
        number="double precision",
        # NaN is larger than infinity here and in Spark, so that one test keeps both out
        to_float=(
            "(case when abs(cast({x} as double precision)) < cast('Infinity' as double precision)"
            " then cast({x} as double precision) end)"
        ),
        local="(({x} at time zone {have}) at time zone {zone})",
        instant="({x} at time zone {zone})",
        truncate="date_trunc('{grain}', cast({x} as timestamp))",  # a date alone would pass through the session's zone
        percentile="percentile_cont({p}) within group (order by {x})",
        shift_days="({x} + {n} * interval '1 day')",
        shift_months="({x} + {n} * interval '1 month')",
        by_bytes='({x} collate "C")',
        row_mark="cast(hash_record_extended(row({x}), 0) as numeric)",
    ),
    "spark": Dialect(
        name="spark",
        quote="`",
        text="string",
        number="double",
        to_float=("(case when abs(cast({x} as double)) < cast('Infinity' as double) then cast({x} as double) end)"),
        local="convert_timezone({have}, {zone}, {x})",
        instant="convert_timezone('UTC', {zone}, cast({x} as timestamp_ntz))",  # the engine's session runs in UTC
        truncate="trunc({x}, '{grain}')",
        percentile="percentile({x}, {p})",
        shift_days="({x} + {n} * interval '1' day)",
        shift_months="({x} + {n} * interval '1' month)",
        approx_distinct="approx_count_distinct({x})",
        approx_percentile="percentile_approx({x}, {p})",
        clock="timestamp_ntz",
        escapes=(("\\", "\\\\"), ("'", "\\'")),
        row_mark="cast(xxhash64({x}) as decimal(38, 0))",
    ),
}
"""Engines whose SQL is written, one row each."""


@dataclass(frozen=True)
class Query:
    """A query's text, ready to run.

    Attributes
    ----------
    text : str
    metrics : tuple of str
        Metrics it serves.
    dialect : str
    columns : tuple of (str, str, str)
        Result column, metric and part it holds.
    exactness : str
        ``exact`` or ``approx``.
    """

    text: str
    metrics: tuple[str, ...]
    dialect: str
    columns: tuple[tuple[str, str, str], ...] = ()
    exactness: str = "exact"


@dataclass(frozen=True)
class Window:
    """Which rows count, and how time is cut.

    Attributes
    ----------
    until : date or None
        Last day that counts (the engagement's ``as_of``); later rows are a finding, not a number.
    cuts : tuple of date
        Days on which a share changes; a part carries how many of them have passed.
    fiscal_year_starts : int
        Month, 1 to 12, for metrics with a fiscal calendar.
    """

    until: dt.date | None = None
    cuts: tuple[dt.date, ...] = ()
    fiscal_year_starts: int = 1
