"""What metrics are described with: conditions, measures, windows, scores, targets, worths, and who decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace


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
    at : str or None
        Column with the date that places a row, where it is not the table's own: items by the day they were done.
    """

    table: str
    agg: str = "count"
    column: str | None = None
    where: tuple[Condition, ...] = ()
    sql: Mapping[str, str] = field(default_factory=dict)
    at: str | None = None


@dataclass(frozen=True)
class Length:
    """A length of time, as a calendar counts it.

    Attributes
    ----------
    count : int
    unit : str
        One of `GRAINS`.
    """

    count: int
    unit: str

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


@dataclass(frozen=True)
class PeriodTable:
    """A calendar by a table, such as 4-4-5 weeks: where each of its periods begins.

    Attributes
    ----------
    name : str
    months, quarters, years : tuple of date
        First days, in order; a fiscal month has four or five weeks.
    end : date
        Day after the last period.
    """

    name: str
    months: tuple[dt.date, ...]
    quarters: tuple[dt.date, ...]
    years: tuple[dt.date, ...]
    end: dt.date

    def starts(self, grain: str) -> tuple[dt.date, ...]:
        """Return the first days of the periods of a grain (month, quarter or year)."""
        return {"month": self.months, "quarter": self.quarters, "year": self.years}[grain]


@dataclass(frozen=True)
class Input:
    """What a name in an expression stands for.

    Attributes
    ----------
    name, metric : str
        Name in the expression; metric it reads.
    offset : Length or None
        How long before the period; None: the period itself.
    """

    name: str
    metric: str
    offset: Length | None = None


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
        ``xmr``; ``p`` for shares of few and unlike numbers of rows; ``time_between`` for rare events, by day.
    transform : str
        ``auto``, ``none``, ``sqrt``, ``fourth_root`` or ``log``.
    baseline : int
        Points of the frozen baseline.
    min_denominator : float
        Periods with fewer rows are drawn and not judged.
    season : str
        ``auto`` removes one that is evident over two full cycles; ``known``: there is one, whether or not it is
        evident; ``none``.
    rules : tuple of str
        Rules, or sets of them, of `run_rules`: ``beyond``, ``run`` and, by choice, others.
    spread : str
        ``mean`` of the moving ranges; ``screened`` leaves large ones out, ``median`` does not feel them.
    """

    chart: str = "xmr"
    transform: str = "auto"
    baseline: int = 36
    min_denominator: float = 0.0
    season: str = "auto"
    rules: tuple[str, ...] = ("beyond", "run")
    spread: str = "mean"


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


def tested_cells(measure: Measure) -> tuple[Condition, ...]:
    """Return that every cell which decides over a row of the numerator is filled."""
    columns = [condition.column for condition in measure.where if condition.test != "present"]
    if measure.agg == "share_true" and measure.column:
        columns.append(measure.column)
    return tuple(Condition(column, "present", True) for column in dict.fromkeys(columns))


def with_conditions(measure: Measure, conditions: tuple[Condition, ...]) -> Measure:
    """Return a measure whose rows must pass further conditions."""
    return replace(measure, where=tuple(dict.fromkeys((*measure.where, *conditions))))
