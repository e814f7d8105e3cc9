"""``metrics.yaml`` (or the sheets that stand in for it) → the metric catalogue, or every fault with its line.

Fields that only later work computes with are validated and kept. A ready list from ``templates/metrics/`` counts only
when it is named under ``use:``; the client's own tables and metrics replace those of the same name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from workbench.engagement.documents import explain, read_yaml
from workbench.errors import Fault, ModelError, nearest
from workbench.outcomes.catalogue import (
    Catalogue,
    Condition,
    FactTable,
    Input,
    Length,
    Loop,
    Measure,
    Metric,
    PeriodTable,
    Score,
    SignalRules,
    Target,
    Worth,
)
from workbench.outcomes.expressions import FUNCTIONS, parse_expression
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
ScopeKind = Literal["product", "product_line", "value_stream", "customer_experience", "company"]
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
_DEFAULT_AGG = {
    "sum": "sum",
    "count": "count",
    "distinct": "distinct",
    "min": "min",
    "max": "max",
    "conversion": "count",
    "stock": "count",
    "cumulative": "count",
}
_NEEDS_COLUMN = ("sum", "weighted_mean", "score", "percentile", "distinct", "min", "max", "given", "grade")
_MADE = ("derived", "period_over_period")
_COMPARED = {"change": "now - then", "growth": "now / then - 1", "ratio": "now / then"}
_ONLY_OF = {
    "percentile": ("percentile", "cumulative"),
    "window": ("cumulative", "conversion"),
    "grain_to_date": ("cumulative",),
    "window_choice": (
        "stock",
        "ratio",
        "weighted_mean",
        "score",
        "percentile",
        "distinct",
        "min",
        "max",
        "given",
        "grade",
    ),
    "conversion": ("conversion",),
    "base": ("conversion",),
    "entity": ("conversion",),
    "same": ("conversion",),
    "expression": ("derived",),
    "inputs": ("derived",),
    "of": ("period_over_period",),
    "offset": ("period_over_period",),
    "shows": ("period_over_period",),
    "levels": ("grade",),
}
"""Fields that only some types have; anywhere else they would be silently without effect."""


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


def _days(value: Any) -> Any:
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


class Written(Protocol):
    """A document that knows where its keys stand."""

    @property
    def content(self) -> Any:
        """What it says."""
        ...

    def fault(self, path: tuple[str | int, ...], found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault at a path of keys."""
        ...


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class _Condition(_Model):
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
    def _one_test(self) -> _Condition:
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


class _Measure(_Model):
    from_: Name = Field(alias="from", description="the fact table")
    agg: Literal["count", "sum", "min", "max", "distinct", "share_true"] | None = None
    column: Name | None = None
    where: Annotated[tuple[_Condition, ...], BeforeValidator(_listed)] = ()
    at: Name | None = None


class _Limits(_Model):
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


class _Score(_Model):
    plus: _Limits
    minus: _Limits | None = None
    times: float = 1.0

    @model_validator(mode="after")
    def _something(self) -> _Score:
        if not self.plus.tests() or (self.minus is not None and not self.minus.tests()):
            raise ValueError("plus (and minus) with a limit such as at_least: 9. | Add the limit.")
        return self


def _time_column(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class _TableTime(_Model):
    column: Name
    zone: Zone = None


class _Table(_Model):
    key: tuple[Name, ...] = Field(min_length=1, description="the columns that identify a row")
    kind: Literal["event", "period", "stock"] = "event"
    time: Annotated[_TableTime, BeforeValidator(_time_column)]
    product: Name
    customer: Name | None = None
    version: Name | None = None


class _Time(_Model):
    zone: Zone = None
    grain: Literal["day", "week", "month", "quarter", "year"] = "month"
    week_start: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = "monday"
    calendar: Name = "calendar"


class _Period(_Model):
    starts: dt.date
    quarter: Annotated[int, Field(ge=1, le=4)]
    year: int


class _Calendar(_Model):
    years: tuple[dt.date, ...] = ()
    weeks: tuple[Annotated[int, Field(ge=1, le=8)], ...] = (4, 4, 5)
    periods: tuple[_Period, ...] = ()
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


class _Rollup(_Model):
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


class _Target(_Model):
    scope: Annotated[tuple[str, str], BeforeValidator(_scope)] = ("company", "")
    value: float = Field(allow_inf_nan=False, description="the target, in the metric's own unit")
    by: dt.date | None = None
    kind: Literal["committed", "aspirational"] = "committed"
    baseline: float | None = None


class _Signal(_Model):
    chart: Literal["xmr", "p", "time_between"] = "xmr"
    transform: Literal["auto", "none", "sqrt", "fourth_root", "log"] = "auto"
    baseline: Annotated[int, Field(ge=12)] = 36
    min_denominator: Annotated[float, Field(ge=0)] = 0.0
    season: Literal["auto", "none"] = "auto"
    rules: tuple[Literal["beyond", "run", "trend", "two_of_three"], ...] = ("beyond", "run")


class _Worth(_Model):
    value: float = Field(allow_inf_nan=False)
    per: Literal["unit", "numerator"] = "unit"
    said_by: Name | None = None
    said_on: dt.date | None = None
    status: Literal["assumed", "confirmed", "contested"] | None = None


class _Loop(_Model):
    owner: Name | None = None
    forum: Name | None = None
    decide_within_days: Annotated[float, Field(gt=0)] | None = None


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _input(value: Any) -> Any:
    return {"metric": value} if isinstance(value, str) else value


class _Input(_Model):
    metric: Name
    offset: Length_ = None


class _Metric(_Model):
    metric: Annotated[str, StringConstraints(pattern=METRIC_KEY)]
    label: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    type: MetricType
    numerator: _Measure | None = None
    denominator: _Measure | None = None
    measure: _Measure | None = None
    weight: Name | None = None
    percentile: Annotated[float, Field(gt=0, lt=1)] | None = None
    score: Annotated[_Score | None, BeforeValidator(_score)] = None
    unit: Name = "count"
    direction: Literal["up", "down", "band", "neutral"] = "neutral"
    low: float | None = None
    high: float | None = None
    time: _Time = _Time()
    rollup: _Rollup = _Rollup()
    targets: tuple[_Target, ...] = ()
    signal: _Signal = _Signal()
    segments: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    stage: Annotated[tuple[Literal["explore", "grow", "sustain", "retire"], ...], BeforeValidator(_several)] = ()
    worth: _Worth | None = None
    loop: _Loop = _Loop()
    frame: str = ""
    exactness: Literal["exact", "approx"] = "exact"
    empty_period: Literal["missing", "zero"] = "missing"
    checks: tuple[Name, ...] = ()
    window_choice: Literal["last", "first", "mean"] | None = None
    window: Length_ = None
    grain_to_date: Literal["month", "quarter", "year"] | None = None
    base: _Measure | None = None
    conversion: _Measure | None = None
    entity: Name | None = None
    same: Annotated[tuple[Name, ...], BeforeValidator(_several)] = ()
    expression: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)] | None = None
    inputs: dict[str, Annotated[_Input, BeforeValidator(_input)]] = {}
    of: Name | None = None
    offset: Length_ = None
    shows: Literal["change", "growth", "ratio"] | None = None
    levels: tuple[str | float, ...] = ()
    blanks: Literal["no", "left_out"] = "no"
    input_only: bool = False
    note: str | None = None


_NESTED: dict[str, type[_Model]] = {
    "numerator": _Measure,
    "denominator": _Measure,
    "measure": _Measure,
    "where": _Condition,
    "score": _Score,
    "plus": _Limits,
    "minus": _Limits,
    "rollup": _Rollup,
    "targets": _Target,
    "signal": _Signal,
    "worth": _Worth,
    "loop": _Loop,
    "base": _Measure,
    "conversion": _Measure,
    "inputs": _Input,
}

Path_ = tuple[str | int, ...]


def parse_catalogue(document: Written, templates: Path | None = None) -> tuple[Catalogue | None, list[Fault]]:
    """Return the catalogue that a document describes, or None and every fault.

    Parameters
    ----------
    document : Written
        ``metrics.yaml``, or the sheets that stand in for it.
    templates : Path or None
        Folder with the ready lists that ``use:`` may name.

    Returns
    -------
    tuple of Catalogue or None, and list of Fault
    """
    reader = _Reader(document)
    content = document.content
    reader.unknown((), content, ("use", "forums", "calendars", "tables", "metrics"))
    tables, metrics = reader.use(content.get("use"), templates)
    own_tables = reader.tables(content.get("tables"))
    tables.update(own_tables)
    forums = reader.forums(content.get("forums"))
    calendars = reader.calendars(content.get("calendars"))
    own = reader.metrics(content.get("metrics"), tables, forums, calendars)
    metrics.update(own)
    reader.made(metrics)
    if not metrics and not reader.faults:
        reader.add(
            (), "the catalogue names no metric", "at least one metric.", "Add one under metrics:, or use a list."
        )
    reader.labels(metrics)
    if reader.faults:
        return None, reader.faults
    used = {name for metric in metrics.values() for name in metric.tables} | set(own_tables)
    return Catalogue(tuple(t for n, t in tables.items() if n in used), tuple(metrics.values()), forums), []


class _Reader:
    """Collects faults while the parts of a document are read."""

    def __init__(self, document: Written) -> None:
        self.document = document
        self.faults: list[Fault] = []
        self.places: dict[str, Path_] = {}

    def add(self, path: Path_, found: str, allowed: str, remedy: str) -> None:
        self.faults.append(self.document.fault(path, found, allowed, remedy))

    def unknown(self, path: Path_, content: Mapping[Any, Any], known: Iterable[str]) -> None:
        names = list(known)
        for key in content:
            if key not in names:
                hint = nearest(key, names) or "Delete it."
                self.add((*path, str(key)), f"the field {key!r} is unknown", f"{', '.join(names)}.", hint)

    def use(self, value: Any, templates: Path | None) -> tuple[dict[str, FactTable], dict[str, Metric]]:
        tables: dict[str, FactTable] = {}
        metrics: dict[str, Metric] = {}
        names = [value] if isinstance(value, str) else list(value or [])
        ready = {path.stem: path for path in sorted(templates.glob("*.yaml"))} if templates else {}
        for place, name in enumerate(names):
            if str(name) not in ready:
                hint = nearest(name, ready) or "Delete it, or define the metrics yourself."
                self.add(("use", place), f"there is no ready list {name!r}", f"{', '.join(ready) or 'none'}.", hint)
                continue
            path = ready[str(name)]
            document, faults = read_yaml(path.read_bytes(), path.name)
            found, more = parse_catalogue(document) if document else (None, [])
            if found is None:
                raise ModelError(f"The ready list {path.name} is broken: {(faults + more)[0]}")
            tables.update({table.name: table for table in found.tables})
            metrics.update({metric.metric: metric for metric in found.metrics})
        return tables, metrics

    def tables(self, value: Any) -> dict[str, FactTable]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.add(("tables",), "tables is no list of names", "name: {key, time, product}.", "Correct it.")
            return {}
        found = {}
        for name, content in value.items():
            model = self.model(_Table, content, ("tables", str(name)), {"time": _TableTime})
            if model is None:
                continue
            found[str(name)] = FactTable(
                str(name),
                model.key,
                model.time.column,
                model.product,
                model.kind,
                model.time.zone,
                model.customer,
                model.version,
            )
        return found

    def forums(self, value: Any) -> dict[str, float]:
        found = {}
        for name, length in (value or {}).items():
            try:
                found[str(name)] = _days(length)
            except ValueError as error:
                allowed, _, remedy = str(error).partition(" | ")
                found[str(name)] = 0.0  # it is named; whoever refers to it is not at fault
                self.add(("forums", str(name)), f"{length!r} is no length of time", allowed, remedy)
        return found

    def calendars(self, value: Any) -> dict[str, PeriodTable]:
        """Return the calendars that are tables: years that begin on a day, cut into weeks, or periods one by one."""
        found = {}
        for name, content in (value or {}).items():
            path: Path_ = ("calendars", str(name))
            model = self.model(_Calendar, content, path, {})
            if model is None:
                continue
            try:
                found[str(name)] = model.table(str(name))
            except ValueError as error:
                said, _, remedy = str(error).partition(" | ")
                self.add(path, said, "years: first days of fiscal years; weeks: [4, 4, 5].", remedy)
        return found

    def metrics(
        self,
        value: Any,
        tables: Mapping[str, FactTable],
        forums: Mapping[str, float],
        calendars: Mapping[str, PeriodTable] | None = None,
    ) -> dict[str, Metric]:
        if value is not None and not isinstance(value, list):
            self.add(("metrics",), "metrics is no list", "- metric: … lines.", "Start each metric with a hyphen.")
            return {}
        found: dict[str, Metric] = {}
        for place, content in enumerate(value or []):
            path: Path_ = ("metrics", place)
            before = len(self.faults)
            self.references(content, path, tables, forums)
            model = self.model(_Metric, content, path, {**_NESTED, "time": _Time})
            if model is None:
                continue
            if model.metric in found:
                self.add((*path, "metric"), f"{model.metric!r} stands twice", "each metric once.", "Rename one.")
            self.needs(model, path)
            if model.time.calendar not in ("calendar", "fiscal", *(calendars or {})):
                names = ["calendar", "fiscal", *(calendars or {})]
                hint = nearest(model.time.calendar, names) or "Describe it under calendars:."
                said = f"there is no calendar {model.time.calendar!r}"
                self.add((*path, "time", "calendar"), said, f"{', '.join(names)}.", hint)
            if len(self.faults) == before:
                self.places[model.metric] = path
                found[model.metric] = _metric(model, (calendars or {}).get(model.time.calendar))
        return found

    def made(self, metrics: Mapping[str, Metric]) -> None:
        """Check what metrics made of others read: known names, metrics that exist, no circle."""
        for metric in metrics.values():
            path = self.places.get(metric.metric)
            if not metric.is_made or path is None:
                continue
            field = (
                "of" if metric.type == "period_over_period" else "inputs" if self.has(path, "inputs") else "expression"
            )
            for one in metric.inputs:
                if one.metric not in metrics:
                    hint = nearest(one.metric, metrics) or "Define it under metrics:."
                    known = ", ".join(other for other in metrics if other != metric.metric) or "none yet"
                    self.add((*path, field), f"there is no metric {one.metric!r}", f"{known}.", hint)
            if _reaches(metric.metric, metric.metric, metrics):
                self.add((*path, field), f"{metric.metric} is made of itself", "other metrics.", "Break the circle.")

    def has(self, path: Path_, field: str) -> bool:
        """Return whether a metric's content names a field."""
        content: Any = self.document.content
        for key in path:
            content = content[key]
        return field in content

    def model(self, kind: type[Any], content: Any, path: Path_, nested: Mapping[str, type[_Model]]) -> Any:
        """Return the content as its model, or None with every fault at its own line."""
        try:
            return kind.model_validate(content)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                self.faults.append(self._model_fault(kind, path, item, nested))
            return None

    def _model_fault(self, kind: type[Any], path: Path_, item: Any, nested: Mapping[str, type[_Model]]) -> Fault:
        location = tuple(item["loc"])
        inside = next((nested[part] for part in reversed(location[:-1]) if part in nested), kind)
        known = [field.alias or name for name, field in inside.model_fields.items()]
        name = str(location[-1]) if location else ""
        full = (*path, *location)
        if item["type"] == "extra_forbidden":
            hint = nearest(name, known) or "Delete it."
            return self.document.fault(full, f"the field {name!r} is unknown", f"{', '.join(known)}.", hint)
        if item["type"] == "missing":
            return self.document.fault(full, f"{name} is missing", "a value.", f"Add {name}.")
        if item["type"] in ("model_type", "model_attributes_type", "dict_type", "tuple_type"):
            shape = "a list." if item["type"] == "tuple_type" else f"fields: {', '.join(known)}."
            return self.document.fault(full, f"{item.get('input')!r} stands where fields belong", shape, "Correct it.")
        if item["type"] == "string_pattern_mismatch" and name == "metric":
            allowed = "small letters, digits and underscores, a letter first, at most 63."
            return self.document.fault(full, f"{item['input']!r} cannot name a metric", allowed, "Rename it.")
        allowed, remedy = explain(item)
        shown = str(item.get("input"))
        hint = ""
        if item["type"] == "literal_error":
            hint = nearest(shown, re.findall(r"'([^']+)'", str(item.get("ctx", {}).get("expected", ""))))
        found = f"{shown if len(shown) <= 60 else shown[:57] + '…'!r} is not allowed"
        return self.document.fault(full, found, allowed, hint or remedy)

    def needs(self, model: _Metric, path: Path_) -> None:
        """Check what each type needs and what it cannot have."""
        self.belongs(model, path)
        if model.type in _MADE:
            self.needs_of_made(model, path)
        elif model.type == "conversion":
            for role in ("base", "conversion", "entity", "window"):
                if getattr(model, role) is None:
                    allowed = "base, conversion, entity and window."
                    self.add(path, f"a conversion without {role}", allowed, f"Add {role}.")
            if model.window is not None and model.window.unit not in ("day", "week"):
                self.add(
                    (*path, "window"), f"a window of {model.window}", "days or weeks.", "Write 30 days for a month."
                )
        elif model.type == "ratio" or (model.type == "cumulative" and model.measure is None):
            for role in ("numerator", "denominator"):
                if getattr(model, role) is None:
                    named = "a ratio" if model.type == "ratio" else "a cumulative metric without measure and"
                    self.add(path, f"{named} without {role}", "numerator and denominator.", f"Add {role}.")
            for role in ("numerator", "denominator"):
                side = getattr(model, role)
                if side is not None and side.agg not in (None, "count", "sum", "share_true"):
                    found = f"a ratio of {side.agg} does not add up"
                    self.add((*path, role, "agg"), found, "count, sum or share_true.", "Choose one of them.")
                if side is not None and side.agg in ("sum", "share_true") and side.column is None:
                    self.add((*path, role), f"{side.agg} without a column", "a column.", "Add column.")
        elif model.measure is None:
            self.add(path, f"a {model.type} without measure", "measure: {from, column}.", "Add measure.")
        elif (model.type in _NEEDS_COLUMN or model.measure.agg not in (None, "count")) and model.measure.column is None:
            self.add((*path, "measure"), f"a {model.type} without a column", "a column.", "Add column.")
        if model.type == "stock" and model.measure is not None and model.measure.agg in ("distinct", "min", "max"):
            found = f"a stock of {model.measure.agg}"
            remedy = f"Write type: {model.measure.agg}; of a table of stocks it reads the levels."
            self.add((*path, "measure", "agg"), found, "sum, count or share_true.", remedy)
        if model.type == "cumulative" and model.window is not None and model.grain_to_date is not None:
            self.add((*path, "window"), "a window and grain_to_date", "one of the two.", "Delete one of them.")
        if model.type == "grade" and len(set(model.levels)) < 2:
            self.add(path, "a grade without its levels", "levels: [low, medium, high], lowest first.", "Add levels.")
        if model.type == "percentile" and model.percentile is None:
            self.add(path, "a percentile that does not say which", "percentile: 0.85.", "Add percentile.")
        if model.type == "score" and model.score is None:
            self.add(path, "a score without its rule", "score: nps, csat, or plus and minus.", "Add score.")
        if model.type == "weighted_mean" and not (model.weight or model.rollup.weight):
            self.add(path, "a weighted mean without a weight", "weight: a column.", "Add weight.")
        if model.direction == "band" and (model.low is None or model.high is None or model.low >= model.high):
            self.add((*path, "direction"), "a band without edges", "low and high, low first.", "Add low and high.")
        can_be_zero = (
            model.type in ("sum", "count", "ratio", "stock", "cumulative") or model.rollup.distinct == "attributed"
        )
        if model.empty_period == "zero" and not can_be_zero:
            found = f"an empty period of a {model.type} is no zero"
            self.add(
                (*path, "empty_period"), found, "zero for sums, counts and ratios, else missing.", "Write missing."
            )
        reaches = (model.type == "distinct" and model.rollup.distinct == "reach") or (
            model.type == "percentile" and model.rollup.percentile == "reach"
        )
        if model.exactness == "approx" and not reaches:
            found = f"a {model.type} that is only approximate"
            allowed = "approx for distinct and percentile by reach; all else is exact."
            self.add((*path, "exactness"), found, allowed, "Write exact.")
        if model.unit == "share":
            for place, target in enumerate(model.targets):
                if abs(target.value) > 1 and model.type != "sum":
                    found = f"the target {target.value:g} of a share"
                    remedy = f"Write {target.value / 100:g} for {target.value:g} %."
                    self.add((*path, "targets", place, "value"), found, "0 to 1 (0.032, not 3.2).", remedy)

    def belongs(self, model: _Metric, path: Path_) -> None:
        """Check that no field stands where it would have no effect."""
        for field, types in _ONLY_OF.items():
            if field in model.model_fields_set and model.type not in types:
                found = f"{field} of a {model.type}"
                self.add((*path, field), found, f"{field} for {', '.join(types)}.", "Delete it, or change the type.")

    def needs_of_made(self, model: _Metric, path: Path_) -> None:
        """Check what a metric that is made of others needs."""
        if model.type == "period_over_period":
            for field in ("of", "offset"):
                if getattr(model, field) is None:
                    allowed = "of: a metric, and offset: 1 year."
                    self.add(path, f"a period_over_period without {field}", allowed, f"Add {field}.")
            return
        if model.expression is None:
            self.add(path, "a derived without expression", "expression: revenue - cost.", "Add expression.")
            return
        try:
            names = parse_expression(model.expression).names
        except ModelError as error:
            allowed = f"numbers, names, + - * /, parentheses, {', '.join(FUNCTIONS)}."
            self.add((*path, "expression"), str(error).rstrip("."), allowed, "Correct the expression.")
            return
        if not names:
            self.add((*path, "expression"), "an expression without a metric", "at least one name.", "Name a metric.")
        for name in model.inputs:
            if name not in names:
                hint = nearest(name, names) or "Delete it."
                self.add((*path, "inputs", name), f"the input {name!r} is not used", f"{', '.join(names)}.", hint)

    def references(
        self, content: Any, path: Path_, tables: Mapping[str, FactTable], forums: Mapping[str, float]
    ) -> None:
        """Check the tables and the forum that a metric names, whatever else is wrong with it."""
        if not isinstance(content, Mapping):
            return
        declared = self.document.content.get("tables")
        names = [*tables, *(str(name) for name in declared if name not in tables)] if declared else list(tables)
        for role in ("numerator", "denominator", "measure", "base", "conversion"):
            side = content.get(role)
            name = side.get("from") if isinstance(side, Mapping) else None
            if isinstance(name, str) and name not in names:
                hint = nearest(name, names) or "Describe it under tables:."
                allowed = f"{', '.join(names) or 'none yet'}."
                self.add((*path, role, "from"), f"there is no table {name!r}", allowed, hint)
        loop = content.get("loop")
        forum = loop.get("forum") if isinstance(loop, Mapping) else None
        if isinstance(forum, str) and forum not in forums:
            hint = nearest(forum, forums) or "Describe it under forums:."
            self.add((*path, "loop", "forum"), f"there is no forum {forum!r}", f"{', '.join(forums) or 'none'}.", hint)

    def labels(self, metrics: Mapping[str, Metric]) -> None:
        seen: dict[str, str] = {}
        for place, metric in enumerate(metrics.values()):
            other = seen.setdefault(metric.label.casefold(), metric.metric)
            if other != metric.metric:
                found = f"{metric.metric} and {other} are both called {metric.label!r}"
                self.add(("metrics", place, "label"), found, "each label once.", "Rename one of the two.")


def _metric(model: _Metric, periods: PeriodTable | None = None) -> Metric:
    measure = {"conversion": model.base}.get(model.type, model.numerator or model.measure)
    has_ratio = model.denominator is not None and model.type in ("ratio", "cumulative")
    expression, inputs = _made(model)
    return Metric(
        metric=model.metric,
        label=model.label,
        type=model.type,
        measure=_measure(measure, _DEFAULT_AGG.get(model.type, "count" if has_ratio else "sum")),
        denominator=_measure(model.denominator, "count") if has_ratio else None,
        weight=model.weight or model.rollup.weight,
        percentile=model.percentile,
        score=_score_rule(model.score),
        unit=model.unit,
        direction=model.direction,
        low=model.low,
        high=model.high,
        grain=model.time.grain,
        week_start=model.time.week_start,
        zone=model.time.zone,
        calendar=model.time.calendar,
        via=model.rollup.via,
        unallocated=model.rollup.unallocated,
        distinct=model.rollup.distinct,
        targets=tuple(Target(t.scope[0], t.scope[1], t.value, t.by, t.kind, t.baseline) for t in model.targets),
        signal=SignalRules(**model.signal.model_dump()),
        segments=model.segments,
        stages=model.stage,
        worth=Worth(**model.worth.model_dump()) if model.worth else None,
        loop=Loop(**model.loop.model_dump()),
        frame=model.frame,
        exactness=model.exactness,
        empty_period=model.empty_period,
        checks=model.checks,
        percentile_form=model.rollup.percentile,
        choice=model.window_choice or "last",
        to_date=model.grain_to_date,
        window=model.window,
        converted=_measure(model.conversion, "count"),
        entity=model.entity,
        same=model.same,
        expression=expression,
        inputs=inputs,
        levels=model.levels,
        periods=periods,
        blanks=model.blanks,
        is_input=model.input_only,
    )


def _made(model: _Metric) -> tuple[str, tuple[Input, ...]]:
    """Return the expression of a metric made of others, and what its names stand for."""
    if model.type == "period_over_period":
        return _COMPARED[model.shows or "growth"], (
            Input("now", model.of or ""),
            Input("then", model.of or "", model.offset),
        )
    if model.type != "derived" or model.expression is None:
        return "", ()
    names = parse_expression(model.expression).names
    return model.expression, tuple(
        Input(name, model.inputs[name].metric, model.inputs[name].offset) if name in model.inputs else Input(name, name)
        for name in names
    )


def _reaches(start: str, wanted: str, metrics: Mapping[str, Metric]) -> bool:
    """Return whether a metric is made, through any number of steps, of one."""
    waiting, seen = [start], set()
    while waiting:
        held = metrics.get(waiting.pop())
        for one in held.inputs if held else ():
            if one.metric == wanted:
                return True
            if one.metric not in seen:
                seen.add(one.metric)
                waiting.append(one.metric)
    return False


def _measure(model: _Measure | None, agg: str) -> Measure | None:
    if model is None:
        return None
    conditions = tuple(
        Condition(condition.column or "", test, value) for condition in model.where for test, value in condition.tests()
    )
    sql: dict[str, str] = {}
    for condition in model.where:
        for dialect, text in (condition.sql or {}).items():
            sql[dialect] = f"({sql[dialect]}) and ({text})" if dialect in sql else text
    # a ratio that names a column and no way of adding it up means its sum
    default = "sum" if agg == "count" and model.column is not None and model.agg is None else agg
    return Measure(model.from_, model.agg or default, model.column, conditions, sql, model.at)


def _score_rule(model: _Score | None) -> Score | None:
    if model is None:
        return None
    return Score(model.plus.tests(), model.minus.tests() if model.minus else (), model.times)
