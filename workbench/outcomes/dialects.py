"""What engines write differently (identifiers, literals, clocks, percentiles), one row an engine; what a query is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from workbench.errors import ModelError

DEFAULT_DATES = (dt.date(1900, 1, 1), dt.date(1970, 1, 1))
"""Dates that systems write when they have none; such rows are left out and counted."""

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
    text, number : str
        Types to cast keys and segments, and parts, to.
    to_float, local, instant, truncate, percentile, shift_days, shift_months : str
        Formats: number; clock of zone `have` as clock of zone `zone`; instant as clock of `zone`; period start of
        `grain`; percentile `p` that interpolates (R-7); a date moved by days or months.
    approx_distinct, approx_percentile : str
        Formats of what a metric may ask for with ``exactness: approx``; an engine without one answers exactly.
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

    def name_of(self, identifier: str) -> str:
        """Return an identifier, quoted."""
        return f"{self.quote}{identifier.replace(self.quote, self.quote * 2)}{self.quote}"

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
            return f"timestamp '{value.isoformat(sep=' ')}'"
        if isinstance(value, dt.date):
            return f"date '{value.isoformat()}'"
        if isinstance(value, str):
            return "'" + value.replace("'", "''") + "'"
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
    ),
}
"""Engines whose SQL is written; PostgreSQL and Spark fit as further rows."""


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
