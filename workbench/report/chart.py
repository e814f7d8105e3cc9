"""A chart as a value: the plotted data, what they say and how they are written; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from workbench.errors import ReportError
from workbench.report.values import Plain, columns_of, fields_of, figure_columns, names_of, plain_column, written

KIND_WORDS = {
    "bar_ranked": "Ranked bar chart",
    "bar_parts": "Bar chart of amounts and their parts",
    "bar_diverging": "Bar chart of the distance from the target",
    "stacked_diverging": "Stacked bars of the spread of answers",
    "dots_intervals": "Dots with intervals",
    "slope": "Slope chart of before and after",
    "waterfall": "Waterfall chart of what changed",
    "response_curves": "Response curves",
    "process_behaviour": "Chart over time with the usual range",
    "lines_over_time": "Line chart over time",
    "behaviour_panels": "Small charts over time with the usual range",
    "funnel": "Funnel plot of parts by their number of rows",
    "frontier": "Stair of what is had of one goal for each amount of another",
}
"""What each kind is called in the alternative text."""

TOO_FEW = "too few answers"
"""What stands where a group is too small to be shown."""


@dataclass(frozen=True)
class Chart:
    """What is shown and what it says; made by the functions of `workbench.report.charts`.

    Attributes
    ----------
    kind : str
        One of `KIND_WORDS`.
    columns : tuple of (name, values)
        The plotted data, a tuple of plain values per column, all of one length.
    roles : tuple of (role, name)
        Which column plays which part (``label``, ``value``, ``low``, …, ``figures``); a role may have two columns.
    claim, subtitle, source, alt : str
        The finding as a sentence; measure, unit, population and n; where the data come from; kind of chart + claim.
    unit, currency : str
        Unit of the values, as in `workbench.theme.formatted`; ISO 4217 code for ``currency``.
    decimals : int or None
        Overrules the unit's own number of decimals.
    highlight : tuple of str
        Labels (or series) that carry the accent.
    reference : float or None
        A line across the chart, in the unit of the values, such as a target.
    reference_label : str
        What that line is.
    order : tuple of str
        Answers of a stacked bar from low to high; names of the two sides of a slope; series of dots and lines.
    marks : tuple of (period, words)
        Things that happened, written above a chart over time.
    level_unit : str
        Unit of the horizontal axis of response curves.
    direction : int
        1 where a rise is good, -1 where a fall is, 0 where nobody says.
    """

    kind: str
    columns: tuple[tuple[str, tuple[Plain, ...]], ...]
    roles: tuple[tuple[str, str], ...]
    claim: str
    subtitle: str
    source: str
    alt: str
    unit: str = ""
    currency: str = "EUR"
    decimals: int | None = None
    highlight: tuple[str, ...] = ()
    reference: float | None = None
    reference_label: str = ""
    order: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    level_unit: str = ""
    direction: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KIND_WORDS:
            raise ReportError((f"There is no chart of kind {self.kind!r}; there are {', '.join(KIND_WORDS)}.",))
        names = [name for name, _ in self.columns]
        unknown = [name for _, name in self.roles if name not in names]
        if unknown or len(set(names)) != len(names) or len({len(values) for _, values in self.columns}) > 1:
            raise ReportError((f"Columns {names} of a {self.kind} chart do not fit its roles {dict(self.roles)}.",))

    def __len__(self) -> int:
        return len(self.columns[0][1]) if self.columns else 0

    def column(self, name: str) -> tuple[Plain, ...]:
        """Return the values of a column by its name."""
        return dict(self.columns)[name]

    def name_of(self, role: str) -> str | None:
        """Return the name of the first column in this role, or None."""
        return next((name for held, name in self.roles if held == role), None)

    def role(self, role: str) -> tuple[Plain, ...]:
        """Return the values of the first column in this role; Nones where nothing plays it."""
        name = self.name_of(role)
        return self.column(name) if name is not None else (None,) * len(self)

    def figure_ids(self) -> tuple[tuple[str, ...], ...]:
        """Return the ids of the figures behind each row, empty where there are none."""
        names = [name for role, name in self.roles if role == "figures"]
        return tuple(
            tuple(part for name in names for part in str(self.column(name)[row] or "").split())
            for row in range(len(self))
        )

    def write(self, value: Plain) -> str:
        """Return a value of this chart as the report rounds it."""
        return written(value, self.unit, self.currency, self.decimals)

    def to_dict(self) -> dict[str, Any]:
        """Return the chart as JSON types."""
        return fields_of(self)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Chart:
        """Return the chart that `to_dict` wrote."""
        held = dict(document)
        held["columns"] = tuple((name, plain_column(values)) for name, values in held["columns"])
        for name in ("roles", "marks"):
            held[name] = tuple((str(first), str(second)) for first, second in held[name])
        for name in ("highlight", "order"):
            held[name] = tuple(held[name])
        return cls(**held)


class Said(TypedDict):
    """What every chart says, and how its values are written; `Chart` tells what each is.

    Attributes
    ----------
    claim, subtitle, source : str
        The finding with its number; measure, unit, population and n; where the data come from.
    unit, currency, decimals
        How values are written.
    figures : str or list of str
        Column(s) with the ids of the figures behind each row; by default ``ids``, where there is one.
    alt : str
        Alternative text; by default the kind of chart and the claim.
    """

    claim: str
    subtitle: str
    source: str
    unit: NotRequired[str]
    currency: NotRequired[str]
    decimals: NotRequired[int | None]
    figures: NotRequired[str | Sequence[str] | None]
    alt: NotRequired[str | None]


def chart_of(
    kind: str,
    data: Any,
    roles: Sequence[tuple[str, str | None]],
    *,
    claim: str,
    alt: str | None = None,
    figures: str | Sequence[str] | None = None,
    highlight: str | Iterable[str] | None = None,
    ranked: str = "",
    **more: Any,
) -> Chart:
    """Take the named columns out of `data` and make the value.

    Parameters
    ----------
    kind : str
        One of `KIND_WORDS`.
    data : DataFrame, mapping of columns or list of rows
        The plotted numbers.
    roles : list of (role, name of the column or None)
        The label first.
    claim, alt, figures
        As in `Said`, of which the rest goes into the chart as it is.
    highlight : str or list of str
        Labels that carry the accent.
    ranked : str
        Role of the column by which rows stand from the largest down, a missing value last, equal ones by label.
    more
        Other attributes of `Chart`.
    """
    named = [(role, name) for role, name in roles if name is not None]
    data = columns_of(data, [name for _, name in named])
    named += [("figures", name) for name in figure_columns(data, figures)]
    missing = [name for _, name in named if name not in data]
    if missing:
        raise ReportError((f"A {kind} chart was asked for columns {missing} that its data do not have.",))
    columns = {name: plain_column(data[name]) for _, name in named}
    if ranked:
        labels, values = columns[named[0][1]], columns[dict(named)[ranked]]

        def rank(row: int) -> tuple[bool, float, str]:
            return (values[row] is None, -float(values[row] or 0), str(labels[row]))

        rows = sorted(range(len(values)), key=rank)
        columns = {name: tuple(held[row] for row in rows) for name, held in columns.items()}
    return Chart(
        kind,
        tuple(columns.items()),
        tuple(named),
        claim=claim,
        alt=alt if alt is not None else f"{KIND_WORDS[kind]}: {claim}",
        highlight=tuple(str(name) for name in names_of(highlight)),
        **more,
    )
