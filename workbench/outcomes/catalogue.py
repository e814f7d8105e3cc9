"""What is measured: tables of facts and metrics as frozen values, and whether they fit the data.

The catalogue is the client's own (``metrics.yaml``); `workbench.engagement.catalogue_schema` reads and validates it.
Here it is only checked against the columns that the facts really have. A metric that cannot be computed is switched
off by name and with its reason; the others go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from workbench.outcomes.definitions import (
    Input,
    Length,
    Loop,
    Measure,
    PeriodTable,
    Score,
    SignalRules,
    Target,
    Worth,
    tested_cells,
    with_conditions,
)
from workbench.outcomes.scales import is_at_least

REACH_TYPES = ("percentile", "distinct", "min", "max")
"""What is computed from the rows of all members, because it has no parts that add up."""

MADE_TYPES = ("derived", "period_over_period")
"""What is computed from other metrics after those were added up."""

VERSIONS = ("actual", "budget", "forecast", "prior")
"""Versions of a fact; only ``actual`` is watched, the others stand beside it and are never added to it."""

COLUMN_KINDS = ("text", "number", "date", "timestamp", "instant", "bool", "other")
"""What a column of a fact table holds; ``timestamp`` shows a clock, ``instant`` knows its zone."""


@dataclass(frozen=True)
class FactTable:
    """A table of facts.

    Attributes
    ----------
    name : str
        Name in the catalogue; the file in ``facts/`` has it too.
    key : tuple of str
        Columns that identify a row; tested against the data before a number is shown.
    kind : str
        ``event``, ``period`` (already summed) or ``stock``.
    time, product : str
        Columns with the date and with the product.
    zone : str or None
        Time zone that the column's clock shows.
    customer, version : str or None
        Columns with the customer; with ``actual``, ``budget``, ``forecast`` or ``prior``.
    columns : mapping of str to str
        Column → kind (one of `COLUMN_KINDS`), as found in the data; empty before the data were looked at.
    source : str
        File it was read from, as the client knows it.
    at : str or None
        Column that places its rows for the measure at hand, in place of `time`.
    database, relation : str
        Database of the client that holds it (empty: a file), and the table's or view's name there, with its schema.
    dialect : str
        Of the engine that reads it.
    casts : mapping of str to str
        Column → SQL that reads it as other engines would, where the database compares or stores it in its own way.
    """

    name: str
    key: tuple[str, ...]
    time: str
    product: str
    kind: str = "event"
    zone: str | None = None
    customer: str | None = None
    version: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    at: str | None = None
    database: str = ""
    relation: str = ""
    dialect: str = "duckdb"
    casts: Mapping[str, str] = field(default_factory=dict)

    @property
    def moment(self) -> str:
        """The column that places its rows in time."""
        return self.at or self.time

    def holds(self, measure: Measure) -> bool:
        """Return whether a measure reads this table, by this date."""
        return (measure.table, measure.at) == (self.name, self.at)


@dataclass(frozen=True)
class Metric:
    """One metric; which of the fields count depends on `type`.

    Attributes
    ----------
    metric, label : str
        Key, and what people read.
    type : str
        One of ``MetricType`` of the catalogue's models.
    measure : Measure or None
        What is added up; the numerator of a ratio; the opportunities of a conversion.
    denominator : Measure or None
        Denominator of a ratio.
    weight : str or None
        Column that weighs a ``weighted_mean`` or a ``given`` value.
    percentile : float or None
        0 to 1.
    score : Score or None
    unit : str
        ``count``, ``share`` (0 to 1), ``currency``, ``days``, ``hours``, ``points``, ``score`` or the client's own.
    direction : str
        ``up``, ``down``, ``band`` or ``neutral``: which way is good.
    low, high : float or None
        Edges of a band.
    grain, week_start, zone, calendar : str
        Period, its first day of the week, reporting time zone; ``calendar``, ``fiscal`` or a name under ``calendars:``.
    via : tuple of str
        Kinds of parent to add up to.
    unallocated : str
        ``show``, or ``refuse`` to add up where shares leave something over.
    distinct : str
        ``reach`` (each customer once per parent) or ``attributed`` (each customer counts 1, spread over his products,
        times their shares; only this one obeys the law).
    targets : tuple of Target
    signal : SignalRules
    segments : tuple of str
        Columns to split by.
    stages : tuple of str
        Lifecycle stages in which the metric counts; empty means all.
    worth, loop : Worth or None, Loop
    frame, exactness, empty_period : str
        Place in a known frame; ``exact`` or ``approx``; ``missing`` or ``zero``.
    checks : tuple of str
        Extra checks.
    percentile_form : str
        ``reach`` (each row of a member once, interpolated) or ``share_weighted`` (the smallest value at which the
        cumulated share reaches the percentile).
    choice : str
        Which level of a key in a period counts, of a table of stocks: ``last``, ``first`` or ``mean``.
    to_date : str or None
        A cumulative metric begins anew each ``month``, ``quarter`` or ``year``.
    window : Length or None
        How far a cumulative metric looks back; how soon a conversion must follow.
    converted : Measure or None
        Rows that complete a conversion.
    entity : str or None
        Column that tells which rows of a conversion belong together.
    same : tuple of str
        Further columns that both rows of a conversion must share.
    expression : str
        How a derived metric is made of `inputs`.
    inputs : tuple of Input
    levels : tuple of str or number
        Levels of a grade, lowest first.
    periods : PeriodTable or None
        Its calendar, where that is a table.
    blanks : str
        Rows of a ratio whose tested cell is blank: ``no`` (they pass no condition) or ``left_out``.
    is_input : bool
        Only there for others to be made of: computed and added up, neither watched nor reported.
    """

    metric: str
    label: str
    type: str
    measure: Measure | None = None
    denominator: Measure | None = None
    weight: str | None = None
    percentile: float | None = None
    score: Score | None = None
    unit: str = "count"
    direction: str = "neutral"
    low: float | None = None
    high: float | None = None
    grain: str = "month"
    week_start: str = "monday"
    zone: str | None = None
    calendar: str = "calendar"
    via: tuple[str, ...] = ("product_line", "value_stream", "customer_experience")
    unallocated: str = "show"
    distinct: str = "reach"
    targets: tuple[Target, ...] = ()
    signal: SignalRules = field(default_factory=SignalRules)
    segments: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    worth: Worth | None = None
    loop: Loop = field(default_factory=Loop)
    frame: str = ""
    exactness: str = "exact"
    empty_period: str = "missing"
    checks: tuple[str, ...] = ()
    percentile_form: str = "reach"
    choice: str = "last"
    to_date: str | None = None
    window: Length | None = None
    converted: Measure | None = None
    entity: str | None = None
    same: tuple[str, ...] = ()
    expression: str = ""
    inputs: tuple[Input, ...] = ()
    levels: tuple[str | float, ...] = ()
    periods: PeriodTable | None = None
    blanks: str = "no"
    is_input: bool = False

    @property
    def ends(self) -> tuple[float | None, float | None]:
        """The ends that its values cannot leave."""
        if self.is_proportion:
            return 0.0, 1.0
        if self.type == "score" and self.score is not None:
            return -abs(self.score.times) if self.score.minus else 0.0, abs(self.score.times)
        return (0.0, None) if self.adds_as in ("count", "distinct", "attributed") else (None, None)

    def favours(self, before: float, after: float) -> bool | None:
        """Return whether a change is for the better; None where no direction is good."""
        if self.direction in ("up", "down"):
            return after > before if self.direction == "up" else after < before
        if self.direction == "band" and self.low is not None and self.high is not None:
            middle = (self.low + self.high) / 2
            return abs(after - middle) < abs(before - middle)
        return None

    def meets(self, value: float | None, target: float) -> bool | None:
        """Return whether a value meets a target; None where there is no value or no direction is good."""
        if value is None or self.direction == "neutral":
            return None
        if self.direction == "down":
            return is_at_least(target, value)
        if self.direction == "band":
            if self.low is None or self.high is None:
                return False
            return is_at_least(value, self.low) and is_at_least(self.high, value)
        return is_at_least(value, target)

    @property
    def adds_as(self) -> str:
        """The type whose parts and formula it uses; a stock adds up as a sum over the levels that were chosen."""
        if self.type == "cumulative":
            if self.denominator is not None:
                return "ratio"
            if self.percentile is not None:
                return "percentile"
            agg = self.measure.agg if self.measure else "sum"
            return agg if agg in REACH_TYPES else "sum"
        if self.type == "distinct" and self.distinct == "attributed":
            return "attributed"
        return {"stock": "sum", "conversion": "ratio", "period_over_period": "derived"}.get(self.type, self.type)

    @property
    def is_reach(self) -> bool:
        """Whether it is computed from the rows of all members."""
        return self.adds_as in REACH_TYPES

    @property
    def is_amount(self) -> bool:
        """Whether its value is one part that adds up through shares."""
        return self.adds_as in ("sum", "count", "attributed")

    @property
    def has_split(self) -> bool:
        """Whether a change of it can be split into its causes: amounts, and rates of two parts."""
        return self.is_amount or self.adds_as in ("ratio", "weighted_mean", "score")

    @property
    def is_watched(self) -> bool:
        """Whether its periods are looked at for signals; overlapping windows share rows and would alarm together."""
        return self.type != "cumulative" and not self.is_input

    @property
    def has_months(self) -> bool:
        """Whether its periods are months of the calendar, which have names."""
        return self.grain == "month" and self.periods is None

    @property
    def is_made(self) -> bool:
        """Whether it is computed from other metrics."""
        return self.type in MADE_TYPES

    @property
    def measures(self) -> tuple[tuple[str, Measure], ...]:
        """What it reads, each with its role (``measure``, ``denominator`` or ``converted``)."""
        pairs = (("measure", self.measure), ("denominator", self.denominator), ("converted", self.converted))
        if self.blanks == "left_out" and self.measure is not None and self.denominator is not None:
            tested = tested_cells(self.measure)
            pairs = (
                ("measure", with_conditions(self.measure, tested)),
                ("denominator", with_conditions(self.denominator, tested)),
                pairs[2],
            )
        return tuple((role, measure) for role, measure in pairs if measure is not None)

    @property
    def tables(self) -> tuple[str, ...]:
        """Fact tables it reads."""
        return tuple(dict.fromkeys(measure.table for _, measure in self.measures))

    def sources(self, catalogue: Catalogue) -> tuple[FactTable, ...]:
        """Return the fact tables it reads, each by the date that places its rows."""
        read = dict.fromkeys((measure.table, measure.at) for _, measure in self.measures)
        return tuple(replace(catalogue.table(name), at=at) for name, at in read)

    @property
    def is_proportion(self) -> bool:
        """Whether each unit of its numerator is a row of its denominator, so that it is a share of rows."""
        if self.type == "score" and self.score is not None:
            return not self.score.minus and self.score.times == 1
        if self.type == "conversion":
            return True
        if self.adds_as != "ratio" or self.measure is None or self.denominator is None:
            return False
        top, bottom = self.measure, self.denominator
        return (
            (top.table, top.at) == (bottom.table, bottom.at)
            and top.agg in ("count", "share_true")
            and bottom.agg == "count"
            and (bottom.column is None or bottom.column == top.column)
            and set(bottom.where) <= set(top.where)
            and not bottom.sql
        )


@dataclass(frozen=True)
class Catalogue:
    """All tables and metrics of an engagement.

    Attributes
    ----------
    tables : tuple of FactTable
    metrics : tuple of Metric
        In the client's order.
    forums : mapping of str to float
        Where decisions are taken, and how often. Unit: days.
    """

    tables: tuple[FactTable, ...]
    metrics: tuple[Metric, ...]
    forums: Mapping[str, float] = field(default_factory=dict)

    def table(self, name: str) -> FactTable:
        """Return a fact table by its name."""
        return next(table for table in self.tables if table.name == name)

    def metric(self, key: str) -> Metric:
        """Return a metric by its key."""
        return next(metric for metric in self.metrics if metric.metric == key)


@dataclass(frozen=True)
class Trouble:
    """Why a metric cannot be computed.

    Attributes
    ----------
    metric : str
        Its key.
    reason : str
        One sentence.
    """

    metric: str
    reason: str


def with_columns(catalogue: Catalogue, columns: Mapping[str, Mapping[str, str]]) -> Catalogue:
    """Return the catalogue with the columns that its tables really have."""
    return replace(catalogue, tables=tuple(replace(t, columns=dict(columns.get(t.name, {}))) for t in catalogue.tables))
