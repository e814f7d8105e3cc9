"""The models of ``metrics.yaml``: which fields there are, and what a value of each may be."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from workbench.outcomes.definitions import Length, PeriodTable
from workbench.products import KINDS

METRIC_KEY = r"^[a-z][a-z0-9_]{0,62}$"
"""How a metric may be called."""

NPS = {"plus": {"at_least": 9}, "minus": {"at_most": 6}, "times": 100}
"""Net Promoter Score: 9 and 10 promote, 0 to 6 detract (F. F. Reichheld, Harvard Business Review, December 2003)."""

CSAT = {"plus": {"at_least": 4}, "times": 1}
"""Top-2-box satisfaction on a scale of 1 to 5: the share of 4 and 5."""

SCORES: dict[str, dict[str, Any]] = {"nps": NPS, "csat": CSAT}
TESTS = ("is", "is_not", "in", "not_in", "at_least", "at_most", "above", "below", "present")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Kind = Literal["product_line", "value_stream", "customer_experience"]
MetricType = Literal[
    "sum",
    "count",
    "ratio",
    "weighted_mean",
    "score",
    "percentile",
    "distinct",
    "min",
    "max",
    "given",
    "stock",
    "cumulative",
    "conversion",
    "grade",
    "derived",
    "period_over_period",
]


def _zone(value: Any) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if value is None:
        return None
    try:
        ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("a time zone such as Europe/Berlin. | Correct the zone.") from None
    return str(value)


def _literal(value: Any) -> Any:
    if isinstance(value, str | int | float | bool | dt.date):
        return value
    raise ValueError("a text, a number, true or false, or a date. | Write one value.")


def days_in(value: Any) -> float:
    """Return a length of time such as ``2 weeks`` in days; a month has 30.

    Raises
    ------
    ValueError
        It is none; what is allowed and what to do, joined by |.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(day|days|week|weeks|month|months)?\s*", str(value))
    if not found:
        raise ValueError("a length of time such as 7 days. | Correct it.")
    per = {"week": 7.0, "weeks": 7.0, "month": 30.0, "months": 30.0}
    return float(found.group(1)) * per.get(found.group(2) or "days", 1.0)


def _length(value: Any) -> Any:
    if value is None or isinstance(value, Length):
        return value
    found = re.fullmatch(r"\s*(\d{1,4})\s*(day|week|month|quarter|year)s?\s*", str(value))
    if not found or int(found.group(1)) < 1:
        raise ValueError("a length of time such as 7 days, 3 months or 1 year. | Correct it.")
    return Length(int(found.group(1)), found.group(2))


Length_ = Annotated[Any, BeforeValidator(_length)]
Zone = Annotated[str | None, BeforeValidator(_zone)]
Literal_ = Annotated[Any, BeforeValidator(_literal)]


class CatalogueModel(BaseModel):
    """What all models share: unknown fields are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class ConditionModel(CatalogueModel):
    """A condition on a row: a column and one test, or a text of SQL for each engine."""

    column: Name | None = None
    is_: Literal_ = Field(None, alias="is")
    is_not: Literal_ = None
    in_: tuple[Literal_, ...] | None = Field(None, alias="in")
    not_in: tuple[Literal_, ...] | None = None
    at_least: Literal_ = None
    at_most: Literal_ = None
    above: Literal_ = None
    below: Literal_ = None
    present: bool | None = None
    sql: dict[str, str] | None = None

    @model_validator(mode="after")
    def _one_test(self) -> ConditionModel:
        tests = self.tests()
        if self.sql is not None:
            if tests or self.column:
                raise ValueError("sql alone, or a column with one test. | Split the condition in two.")
            if any(";" in text or "--" in text or "/*" in text for text in self.sql.values()):
                raise ValueError("one condition in SQL, without semicolons and comments. | Shorten it.")
            return self
        if self.column is None or len(tests) != 1:
            raise ValueError(f"a column and one test of {', '.join(TESTS)}. | Write one test a condition.")
        return self

    def tests(self) -> list[tuple[str, object]]:
        """Return the tests that are set."""
        held = [(test, getattr(self, "is_" if test == "is" else "in_" if test == "in" else test)) for test in TESTS]
        return [(test, value) for test, value in held if value is not None]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class MeasureModel(CatalogueModel):
    """What is added up from a table, and by which date."""

    from_: Name = Field(alias="from", description="the fact table")
    agg: Literal["count", "sum", "min", "max", "distinct", "share_true"] | None = None
    column: Name | None = None
    where: Annotated[tuple[ConditionModel, ...], BeforeValidator(_listed)] = ()
    at: Name | None = None


class LimitsModel(CatalogueModel):
    """Limits on an answer."""

    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    is_: float | None = Field(None, alias="is")

    def tests(self) -> tuple[tuple[str, float], ...]:
        """Return the tests that are set."""
        held = (("at_least", self.at_least), ("at_most", self.at_most), ("above", self.above), ("below", self.below))
        return tuple((test, value) for test, value in (*held, ("is", self.is_)) if value is not None)


def _score(value: Any) -> Any:
    if isinstance(value, str):
        if value not in SCORES:
            raise ValueError(f"{', '.join(SCORES)}, or plus, minus and times. | Choose one.")
        return SCORES[value]
    return value


class ScoreModel(CatalogueModel):
    """How answers become a score."""

    plus: LimitsModel
    minus: LimitsModel | None = None
    times: float = 1.0

    @model_validator(mode="after")
    def _something(self) -> ScoreModel:
        if not self.plus.tests() or (self.minus is not None and not self.minus.tests()):
            raise ValueError("plus (and minus) with a limit such as at_least: 9. | Add the limit.")
        return self


def _time_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class TableTimeModel(CatalogueModel):
    """The column with the date, and the zone that its clock shows."""

    column: Name
    zone: Zone = None


class TableModel(CatalogueModel):
    """A table of facts."""

    key: tuple[Name, ...] = Field(min_length=1, description="the columns that identify a row")
    kind: Literal["event", "period", "stock"] = "event"
    time: Annotated[TableTimeModel, BeforeValidator(_time_column)]
    product: Name
    customer: Name | None = None
    version: Name | None = None
    database: Name | None = Field(None, description="a name under databases: in engagement.yaml")
    relation: Name | None = Field(None, description="the table or view there, such as sales.orders")

    @model_validator(mode="after")
    def _in_a_database(self) -> TableModel:
        if self.relation is not None and self.database is None:
            raise ValueError("a relation of a database. | Name the database beside it: database: crm.")
        return self


class TimeModel(CatalogueModel):
    """The periods of a metric."""

    zone: Zone = None
    grain: Literal["day", "week", "month", "quarter", "year"] = "month"
    week_start: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    calendar: Name = "calendar"


class PeriodModel(CatalogueModel):
    """A period of a calendar that is a table."""

    starts: dt.date
    quarter: Annotated[int, Field(ge=1, le=4)]
    year: int


class CalendarModel(CatalogueModel):
    """A calendar that is a table: years cut into weeks (4-4-5), or periods one by one."""

    years: tuple[dt.date, ...] = ()
    weeks: tuple[Annotated[int, Field(ge=1, le=8)], ...] = (4, 4, 5)
    periods: tuple[PeriodModel, ...] = ()
    ends: dt.date | None = None

    def table(self, name: str) -> PeriodTable:
        """Return where every month, quarter and year begins.

        Raises
        ------
        ValueError
            Days out of order, years of no whole number of weeks; what is wrong and what to do, joined by |.
        """
        if self.periods:
            return self._listed(name)
        if len(self.years) < 2:
            raise ValueError("a calendar needs the first days of two years or more | Add the day after the last year.")
        months: list[dt.date] = []
        quarters: list[dt.date] = []
        for start, after in zip(self.years, self.years[1:], strict=False):
            weeks = (after - start).days / 7
            if weeks not in (52, 53) or sum(self.weeks) != 13 or len(self.weeks) != 3:
                said = f"the year from {start.isoformat()} has {weeks:g} weeks, cut into {list(self.weeks)}"
                raise ValueError(f"{said} | A year has 52 or 53 weeks; a quarter 13 (4, 4 and 5 in some order).")
            day = start
            for _ in range(4):
                quarters.append(day)
                for length in self.weeks:
                    months.append(day)
                    day += dt.timedelta(weeks=length)
        return PeriodTable(name, tuple(months), tuple(quarters), self.years[:-1], self.years[-1])

    def _listed(self, name: str) -> PeriodTable:
        starts = [period.starts for period in self.periods]
        if self.ends is None or sorted(set(starts)) != starts or starts[-1] >= self.ends:
            raise ValueError("its periods are out of order, or it has no ends | Order them; ends: day after the last.")
        quarters: dict[tuple[int, int], dt.date] = {}
        years: dict[int, dt.date] = {}
        for period in self.periods:
            quarters.setdefault((period.year, period.quarter), period.starts)
            years.setdefault(period.year, period.starts)
        return PeriodTable(name, tuple(starts), tuple(quarters.values()), tuple(years.values()), self.ends)


class RollupModel(CatalogueModel):
    """How a metric is added up to its parents."""

    via: tuple[Kind, ...] = KINDS  # type: ignore[assignment]
    unallocated: Literal["show", "refuse"] = "show"
    distinct: Literal["reach", "attributed"] = "reach"
    percentile: Literal["reach", "share_weighted"] = "reach"
    weight: Name | None = None


def _scope(value: Any) -> Any:
    if value is None or value == "company":
        return ("company", "")
    if isinstance(value, Mapping) and len(value) == 1:
        kind, key = next(iter(value.items()))
        if kind in ("product", *KINDS, "company"):
            return (kind, "" if kind == "company" else str(key))
    raise ValueError("company, or one of product, product_line, value_stream, customer_experience: key. | Correct it.")


class TargetModel(CatalogueModel):
    """A dated target."""

    scope: Annotated[tuple[str, str], BeforeValidator(_scope)] = ("company", "")
    value: float = Field(allow_inf_nan=False, description="the target, in the metric's own unit")
    by: dt.date | None = None
    kind: Literal["committed", "aspirational"] = "committed"
    baseline: float | None = None


class SignalModel(CatalogueModel):
    """How a metric is watched."""

    chart: Literal["xmr", "p", "time_between"] = "xmr"
    transform: Literal["auto", "none", "sqrt", "fourth_root", "log"] = "auto"
    baseline: Annotated[int, Field(ge=12)] = 36
    min_denominator: Annotated[float, Field(ge=0)] = 0.0
    season: Literal["auto", "known", "none"] = "auto"
    rules: tuple[
        Literal[
            "beyond",
            "run",
            "two_of_three",
            "three_of_four",
            "four_of_five",
            "run_of_seven",
            "trend",
            "usual",
            "wheeler",
            "western_electric",
            "nhs",
        ],
        ...,
    ] = ("beyond", "run")
    spread: Literal["mean", "screened", "median"] = "mean"


class WorthModel(CatalogueModel):
    """What a unit is worth, and who said so."""

    value: float = Field(allow_inf_nan=False)
    per: Literal["unit", "numerator"] = "unit"
    said_by: Name | None = None
    said_on: dt.date | None = None
    status: Literal["assumed", "confirmed", "contested"] | None = None


class LoopModel(CatalogueModel):
    """Who decides, where and how soon."""

    owner: Name | None = None
    forum: Name | None = None
    decide_within_days: Annotated[float, Field(gt=0)] | None = None


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _input(value: Any) -> Any:
    return {"metric": value} if isinstance(value, str) else value


class InputModel(CatalogueModel):
    """What a name in an expression stands for."""

    metric: Name
    offset: Length_ = None


class MetricModel(CatalogueModel):
    """A metric; which fields count depends on its type."""

    metric: Annotated[str, StringConstraints(pattern=METRIC_KEY)]
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    type: MetricType
    numerator: MeasureModel | None = None
    denominator: MeasureModel | None = None
    measure: MeasureModel | None = None
    weight: Name | None = None
    percentile: Annotated[float, Field(gt=0, lt=1)] | None = None
    score: Annotated[ScoreModel | None, BeforeValidator(_score)] = None
    unit: Name = "count"
    direction: Literal["up", "down", "band", "neutral"] = "neutral"
    low: float | None = None
    high: float | None = None
    time: TimeModel = TimeModel()
    rollup: RollupModel = RollupModel()
    targets: tuple[TargetModel, ...] = ()
    signal: SignalModel = SignalModel()
    segments: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    stage: Annotated[tuple[Literal["explore", "grow", "sustain", "retire"], ...], BeforeValidator(_several)] = ()
    worth: WorthModel | None = None
    loop: LoopModel = LoopModel()
    frame: str = ""
    exactness: Literal["exact", "approx"] = "exact"
    empty_period: Literal["missing", "zero"] = "missing"
    checks: tuple[Name, ...] = ()
    window_choice: Literal["last", "first", "mean"] | None = None
    window: Length_ = None
    grain_to_date: Literal["month", "quarter", "year"] | None = None
    base: MeasureModel | None = None
    conversion: MeasureModel | None = None
    entity: Name | None = None
    same: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    expression: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
    inputs: dict[str, Annotated[InputModel, BeforeValidator(_input)]] = {}
    of: Name | None = None
    offset: Length_ = None
    shows: Literal["change", "growth", "ratio"] | None = None
    levels: tuple[str | float, ...] = ()
    blanks: Literal["no", "left_out"] = "no"
    input_only: bool = False
    note: str | None = None


NESTED: dict[str, type[CatalogueModel]] = {
    "numerator": MeasureModel,
    "denominator": MeasureModel,
    "measure": MeasureModel,
    "where": ConditionModel,
    "score": ScoreModel,
    "plus": LimitsModel,
    "minus": LimitsModel,
    "rollup": RollupModel,
    "targets": TargetModel,
    "signal": SignalModel,
    "worth": WorthModel,
    "loop": LoopModel,
    "base": MeasureModel,
    "conversion": MeasureModel,
    "inputs": InputModel,
}
