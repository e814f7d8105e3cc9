"""``metrics.yaml`` (or the sheets that stand in for it) → the metric catalogue, or every fault with its line.

A ready list from ``templates/metrics/`` counts only when it is named under ``use:``; the client's own tables and
metrics replace those of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from workbench.engagement.catalogue_models import (
    NESTED,
    CalendarModel,
    CatalogueModel,
    MeasureModel,
    MetricModel,
    PeriodModel,
    ScoreModel,
    TableModel,
    TableTimeModel,
    TimeModel,
    days_in,
)
from workbench.engagement.catalogue_needs import check_needs
from workbench.engagement.documents import explain, read_yaml
from workbench.errors import Fault, ModelError, nearest
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.definitions import (
    Condition,
    Input,
    Loop,
    Measure,
    PeriodTable,
    Score,
    SignalRules,
    Target,
    Worth,
)
from workbench.outcomes.expressions import parse_expression

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
_COMPARED = {"change": "now - then", "growth": "now / then - 1", "ratio": "now / then"}

Path_ = tuple[str | int, ...]


class Written(Protocol):
    """A document that knows where its keys stand."""

    @property
    def content(self) -> Any:
        """What it says."""
        ...

    def fault(self, path: tuple[str | int, ...], found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault at a path of keys."""
        ...


def parse_catalogue(document: Written, templates: Path | None = None) -> tuple[Catalogue | None, list[Fault]]:
    """Return the catalogue that a document describes, or None and every fault.

    Parameters
    ----------
    document : Written
        ``metrics.yaml``, or the sheets that stand in for it.
    templates : Path or None
        Folder with the ready lists that ``use:`` may name.
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
            model = self.model(TableModel, content, ("tables", str(name)), {"time": TableTimeModel})
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
                database=model.database or "",
                relation=model.relation or "",
            )
        return found

    def forums(self, value: Any) -> dict[str, float]:
        found = {}
        for name, length in (value or {}).items():
            try:
                found[str(name)] = days_in(length)
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
            model = self.model(CalendarModel, content, path, {"periods": PeriodModel})
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
            model = self.model(MetricModel, content, path, {**NESTED, "time": TimeModel})
            if model is None:
                continue
            if model.metric in found:
                self.add((*path, "metric"), f"{model.metric!r} stands twice", "each metric once.", "Rename one.")
            check_needs(model, path, self.add)
            names = ["calendar", "fiscal", *map(str, self.document.content.get("calendars") or {})]
            if model.time.calendar not in names:
                hint = nearest(model.time.calendar, names) or "Describe it under calendars:."
                said = f"there is no calendar {model.time.calendar!r}"
                self.add((*path, "time", "calendar"), said, f"{', '.join(names)}.", hint)
            if len(self.faults) == before:
                self.places[model.metric] = path
                found[model.metric] = _metric(model, (calendars or {}).get(model.time.calendar))
        return found

    def made(self, metrics: Mapping[str, Metric]) -> None:
        """Check what metrics made of others read: known names, metrics that exist, no circle."""
        content = self.document.content.get("metrics") or []
        declared = {str(one.get("metric")) for one in content if isinstance(one, Mapping)}
        for metric in metrics.values():
            path = self.places.get(metric.metric)
            if not metric.is_made or path is None:
                continue
            field = (
                "of" if metric.type == "period_over_period" else "inputs" if self.has(path, "inputs") else "expression"
            )
            for one in metric.inputs:
                if one.metric not in metrics and one.metric not in declared:
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

    def model(self, kind: type[Any], content: Any, path: Path_, nested: Mapping[str, type[CatalogueModel]]) -> Any:
        """Return the content as its model, or None with every fault at its own line."""
        try:
            return kind.model_validate(content)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                self.faults.append(self._model_fault(kind, path, item, nested))
            return None

    def _model_fault(
        self, kind: type[Any], path: Path_, item: Any, nested: Mapping[str, type[CatalogueModel]]
    ) -> Fault:
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


def _metric(model: MetricModel, periods: PeriodTable | None = None) -> Metric:
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


def _made(model: MetricModel) -> tuple[str, tuple[Input, ...]]:
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


def _measure(model: MeasureModel | None, agg: str) -> Measure | None:
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


def _score_rule(model: ScoreModel | None) -> Score | None:
    if model is None:
        return None
    return Score(model.plus.tests(), model.minus.tests() if model.minus else (), model.times)
