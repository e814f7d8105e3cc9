"""Tables as values: text left, numbers right with equal decimals, the unit in the header, totals apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench import theme
from workbench.errors import ReportError
from workbench.report.values import (
    Plain,
    columns_of,
    fields_of,
    figure_columns,
    heading,
    names_of,
    plain_column,
    written,
)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Its name in the data.
    header : str
        What stands above it, without the unit.
    unit : str
        ``text`` stands left; any unit of `workbench.theme.formatted` stands right and is written in the header.
    decimals : int or None
        Overrules the unit's own.
    """

    name: str
    header: str
    unit: str = "text"
    decimals: int | None = None


@dataclass(frozen=True)
class Table:
    """What is listed and what it says; made by `table`.

    Attributes
    ----------
    columns : tuple of Column
        In reading order.
    rows : tuple of tuples of plain values
        Unrounded; one value a column.
    claim, subtitle, source, alt : str
        As in a chart.
    currency : str
        ISO 4217 code for columns of unit ``currency``.
    figures : tuple of tuples of str
        Ids of the figures behind each row; empty tuples where there are none.
    totals : tuple of int
        Places of rows that are totals and stand apart.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Plain, ...], ...]
    claim: str
    subtitle: str
    source: str
    alt: str
    currency: str = "EUR"
    figures: tuple[tuple[str, ...], ...] = ()
    totals: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ReportError(("A row of a table has more or fewer values than the table has columns.",))
        if self.figures and len(self.figures) != len(self.rows):
            raise ReportError(("A table names figures for more or fewer rows than it has.",))

    def __len__(self) -> int:
        return len(self.rows)

    def headers(self) -> tuple[str, ...]:
        """Return the headers, units included."""
        return tuple(self._header(place) for place in range(len(self.columns)))

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """Return every cell as the report rounds it: equal decimals down a column."""
        places = range(len(self.columns))
        ways = [self._way(place) for place in places]  # once a column: they look at every row
        return tuple(tuple(self._written(place, row[place], *ways[place]) for place in places) for row in self.rows)

    def _way(self, place: int) -> tuple[float, int]:
        """Return by what the numbers of a column are divided, and with how many decimals they are written."""
        column = self.columns[place]
        if column.unit in ("currency", "share"):
            factor = 0.01 if column.unit == "share" else self._scale(place)[0]
            return factor, self._decimals(place, factor)
        whole = column.unit in ("count", "people")
        return 1.0, column.decimals if column.decimals is not None else 0 if whole else 1

    def _scale(self, place: int) -> tuple[float, str]:
        """Money is written in the size of the largest amount of its column, so that decimals line up."""
        held = [row[place] for row in self.rows]
        amounts = [abs(value) for value in held if isinstance(value, int | float)]
        sign = theme.currency_sign(self.currency)
        largest = max(amounts, default=0.0)
        return (1e6, f"m{sign}") if largest >= 999_500 else (1e3, f"k{sign}") if largest >= 9_950 else (1.0, sign)

    def _decimals(self, place: int, factor: float) -> int:
        """Return so many decimals that the smallest amount of the column still shows, two at most."""
        column = self.columns[place]
        if column.decimals is not None:
            return column.decimals
        held = [row[place] for row in self.rows]
        smallest = min((abs(value) for value in held if isinstance(value, int | float) and value), default=factor)
        if column.unit == "share":
            return 1 if smallest < 10 * factor else 0
        return 0 if factor == 1 else 1 if smallest >= 0.1 * factor else 2

    def _header(self, place: int) -> str:
        column = self.columns[place]
        if column.unit == "currency":
            return f"{column.header} ({self._scale(place)[1]})"
        if column.unit == "share":
            return f"{column.header} (%)"
        if column.unit in ("text", "count", "people", "level", "score", "points", ""):
            return column.header
        return f"{column.header} ({column.unit})"

    def _written(self, place: int, value: Plain, factor: float, decimals: int) -> str:
        if self.columns[place].unit == "text" or value is None or isinstance(value, str | bool):
            return written(value, "text")
        return theme.number(value / factor, decimals)

    def to_dict(self) -> dict[str, Any]:
        """Return the table as JSON types."""
        return fields_of(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Table:
        """Return the table that `to_dict` wrote."""
        held = dict(document)
        held["columns"] = tuple(Column(**column) for column in held["columns"])
        held["rows"] = tuple(plain_column(row) for row in held["rows"])
        held["figures"] = tuple(tuple(ids) for ids in held["figures"])
        held["totals"] = tuple(held["totals"])
        return cls(**held)


def table(
    data: Any,
    *,
    columns: Mapping[str, str] | Sequence[str | Column],
    claim: str,
    subtitle: str,
    source: str,
    units: Mapping[str, str] | None = None,
    decimals: Mapping[str, int] | None = None,
    currency: str = "EUR",
    figures: str | Sequence[str] | None = None,
    is_total: str | None = None,
    alt: str | None = None,
) -> Table:
    """Return a table of the named columns, rows as they come.

    Parameters
    ----------
    data : DataFrame, mapping of columns or list of rows
        One row a row.
    columns : mapping of name to header, or list of names or `Column`
        In reading order; a bare name becomes a header by itself.
    claim, subtitle, source : str
        The finding; what is listed, for whom, n; where the data come from.
    units, decimals : mapping of name to unit or to number of decimals
        A column without a unit is text if any of its values is text, else a number with one decimal.
    currency : str
        ISO 4217 code for columns of unit ``currency``.
    figures : str or list of str
        Column(s) with the ids of the figures behind each row, by default ``ids``, where there is one; an id cell may
        hold several, split by blanks.
    is_total : str
        Column of yes/no: the row is a total.
    alt : str
        Alternative text; by default "Table" and the claim.

    Examples
    --------
    >>> listed = table({"line": ["Motor"], "cost": [1_250_000.0]}, columns={"line": "Line", "cost": "Cost"},
    ...                units={"cost": "currency"}, claim="Motor costs 1.3 m€.", subtitle="Cost by line", source="needs")
    >>> listed.headers(), listed.cells()
    (('Line', 'Cost (m€)'), (('Motor', '1.2'),))
    """
    specs = _specs(columns)
    data = columns_of(data, [spec.name for spec in specs] + names_of(is_total))
    held = {spec.name: plain_column(data[spec.name]) for spec in specs}
    full = tuple(
        Column(
            spec.name,
            spec.header,
            (units or {}).get(spec.name) or (spec.unit if spec.unit != "text" else _unit_of(held[spec.name])),
            (decimals or {}).get(spec.name, spec.decimals),
        )
        for spec in specs
    )
    names = figure_columns(data, figures)
    ids = [plain_column(data[name]) for name in names]
    count = len(next(iter(held.values()), ()))
    per_row = tuple(tuple(part for column in ids for part in str(column[row] or "").split()) for row in range(count))
    totals = plain_column(data[is_total]) if is_total is not None else ()
    return Table(
        full,
        tuple(tuple(held[spec.name][row] for spec in full) for row in range(count)),
        claim=claim,
        subtitle=subtitle,
        source=source,
        alt=alt if alt is not None else f"Table: {claim}",
        currency=currency,
        figures=per_row if names else (),
        totals=tuple(row for row, value in enumerate(totals) if value),
    )


def _specs(columns: Mapping[str, str] | Sequence[str | Column]) -> list[Column]:
    if isinstance(columns, Mapping):
        return [Column(name, header) for name, header in columns.items()]
    return [spec if isinstance(spec, Column) else Column(spec, heading(spec)) for spec in columns]


def _unit_of(values: Sequence[Plain]) -> str:
    held = [value for value in values if value is not None]
    is_number = all(isinstance(value, int | float) and not isinstance(value, bool) for value in held)
    return "" if held and is_number else "text"
