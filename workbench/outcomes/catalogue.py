"""What is measured: tables of facts and metrics as frozen values, and whether they fit the data.

The catalogue is the client's own (``metrics.yaml``); `workbench.engagement.catalogue_schema` reads and validates it.
Here it is only checked against the columns that the facts really have. A metric that cannot be computed is switched
off by name and with its reason; the others go on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

TYPES = ("sum", "count", "ratio", "weighted_mean", "score", "percentile", "distinct", "min", "max", "given")
"""Types that are computed."""

WAITING_TYPES = ("stock", "cumulative", "derived", "conversion")
"""Types that a catalogue may hold and that nothing computes yet: kept, checked, named as not answered."""

ADDITIVE_TYPES = ("sum", "count", "ratio", "weighted_mean", "score")
"""Types made of parts that add up through shares."""

REACH_TYPES = ("percentile", "distinct", "min", "max")
"""Types computed from the rows of all members; shares do not apply to them."""

GRAINS = ("day", "week", "month", "quarter", "year")
DIRECTIONS = ("up", "down", "band", "neutral")
COLUMN_KINDS = ("text", "number", "date", "timestamp", "instant", "bool", "other")
"""What a column of a fact table holds; ``timestamp`` shows a clock, ``instant`` knows its zone."""


@dataclass(frozen=True)
class Condition:
    """One condition on a row.

    Attributes
    ----------
    column : str
        Column of the fact table.
    test : str
        ``is``, ``is_not``, ``in``, ``not_in``, ``at_least``, ``at_most``, ``above``, ``below`` or ``present``.
    value : str, number, bool, date or tuple of them
        What it is compared with. A blank cell is no value: it passes ``is_not`` and ``not_in`` only.
    """

    column: str
    test: str
    value: object


@dataclass(frozen=True)
class Measure:
    """What is added up from one table.

    Attributes
    ----------
    table : str
        Fact table.
    agg : str
        ``count``, ``sum``, ``share_true`` (rows that are true), ``distinct``, ``min`` or ``max``.
    column : str or None
        Column that is added up; None counts rows.
    where : tuple of Condition
        All must hold.
    sql : mapping of dialect to str
        The way out: a condition in the engine's own words; a dialect without one refuses the metric.
    """

    table: str
    agg: str = "count"
    column: str | None = None
    where: tuple[Condition, ...] = ()
    sql: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Score:
    """How answers become a score: ``times × (plus − minus) / answers``.

    Attributes
    ----------
    plus, minus : tuple of (test, number)
        Conditions on the answer, such as ``("at_least", 9.0)``; all must hold; no `minus` means a top-box share.
    times : float
        100 for a Net Promoter Score in points, 1 for a share.
    """

    plus: tuple[tuple[str, float], ...]
    minus: tuple[tuple[str, float], ...] = ()
    times: float = 1.0


@dataclass(frozen=True)
class Target:
    """A dated target of a metric.

    Attributes
    ----------
    kind, scope : str
        ``company``, ``product`` or a kind of parent; its key (empty for the company).
    value : float
        In the metric's own unit.
    by : date or None
        When it must be reached.
    commitment : str
        ``committed`` or ``aspirational``.
    baseline : float or None
        Where it started.
    """

    kind: str
    scope: str
    value: float
    by: dt.date | None = None
    commitment: str = "committed"
    baseline: float | None = None


@dataclass(frozen=True)
class SignalRules:
    """How a metric is watched.

    Attributes
    ----------
    chart : str
        ``xmr``; ``p`` and ``time_between`` are kept for later.
    transform : str
        ``auto``, ``none``, ``sqrt``, ``fourth_root`` or ``log``.
    baseline : int
        Points of the frozen baseline.
    min_denominator : float
        Periods with fewer rows are drawn and not judged.
    season : str
        ``auto`` or ``none``.
    rules : tuple of str
        ``beyond``, ``run`` and, by choice, ``trend``, ``two_of_three``.
    """

    chart: str = "xmr"
    transform: str = "auto"
    baseline: int = 36
    min_denominator: float = 0.0
    season: str = "auto"
    rules: tuple[str, ...] = ("beyond", "run")


@dataclass(frozen=True)
class Worth:
    """What one unit is worth, and who said so.

    Attributes
    ----------
    value : float
        Currency per unit of the metric, or of its numerator.
    per : str
        ``unit`` or ``numerator``.
    said_by, status : str or None
        Only ``confirmed`` lets a sentence speak of money.
    said_on : date or None
    """

    value: float
    per: str = "unit"
    said_by: str | None = None
    said_on: dt.date | None = None
    status: str | None = None


@dataclass(frozen=True)
class Loop:
    """Who decides on the metric, where and how soon.

    Attributes
    ----------
    owner, forum : str or None
    decide_within_days : float or None
        Days.
    """

    owner: str | None = None
    forum: str | None = None
    decide_within_days: float | None = None


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


@dataclass(frozen=True)
class Metric:
    """One metric; which of the fields count depends on `type`.

    Attributes
    ----------
    metric, label : str
        Key, and what people read.
    type : str
        One of `TYPES` or `WAITING_TYPES`.
    measure : Measure or None
        What is added up; the numerator of a ratio.
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
        Period, its first day of the week, reporting time zone, ``calendar`` or ``fiscal``.
    via : tuple of str
        Kinds of parent to add up to.
    unallocated : str
        ``show``, or ``refuse`` to add up where shares leave something over.
    distinct : str
        ``reach`` (each customer once per parent); ``attributed`` is kept for later.
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
    signal: SignalRules = SignalRules()
    segments: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    worth: Worth | None = None
    loop: Loop = Loop()
    frame: str = ""
    exactness: str = "exact"
    empty_period: str = "missing"
    checks: tuple[str, ...] = ()

    @property
    def measures(self) -> tuple[tuple[str, Measure], ...]:
        """What it reads, each with its role (``measure`` or ``denominator``)."""
        pairs = (("measure", self.measure), ("denominator", self.denominator))
        return tuple((role, measure) for role, measure in pairs if measure is not None)

    @property
    def tables(self) -> tuple[str, ...]:
        """Fact tables it reads."""
        return tuple(dict.fromkeys(measure.table for _, measure in self.measures))

    @property
    def is_proportion(self) -> bool:
        """Whether each unit of its numerator is a row of its denominator, so that it is a share of rows."""
        if self.type == "score" and self.score is not None:
            return not self.score.minus and self.score.times == 1
        if self.type != "ratio" or self.measure is None or self.denominator is None:
            return False
        top, bottom = self.measure, self.denominator
        return (
            top.table == bottom.table
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


def as_table(catalogue: Catalogue) -> pd.DataFrame:
    """Return the catalogue as a frame for the report: one row a metric."""
    rows = [
        {
            "metric": metric.metric,
            "label": metric.label,
            "type": metric.type,
            "unit": metric.unit,
            "direction": metric.direction,
            "tables": ", ".join(metric.tables),
            "grain": metric.grain,
            "targets": len(metric.targets),
            "owner": metric.loop.owner,
        }
        for metric in catalogue.metrics
    ]
    return pd.DataFrame(rows, columns=[*_TABLE_COLUMNS])


_TABLE_COLUMNS = ("metric", "label", "type", "unit", "direction", "tables", "grain", "targets", "owner")
