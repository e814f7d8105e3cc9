"""Metrics of MetricFlow (dbt Semantic Layer) → our catalogue, with every loss listed by name.

Both published layouts are read: ``semantic_models:`` with ``measures:`` and ``type_params:``, and the newer one with
``semantic_model:`` and simple metrics under ``models:`` (docs.getdbt.com, "Migrate to the latest YAML spec").
Definitions come in, none go out. A metric that would mean something else here is left out, never bent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.engagement.catalogue_models import METRIC_KEY
from workbench.engagement.catalogue_schema import parse_catalogue
from workbench.engagement.documents import Document, read_yaml
from workbench.engagement.metricflow_parts import CannotSay, SemanticModel, conditions, short, span
from workbench.errors import ClientDataError, Fault, UsageError, printable

_NAME = re.compile(r"[A-Za-z_]\w*")
_INSIDE = re.compile(r"(?:cast\(\s*(\w+)\s+as\s+\w+\s*\)|date_trunc\(\s*'\w+'\s*,\s*(\w+)\s*\))", re.IGNORECASE)
_CASE = re.compile(r"case\s+when\s+(.+?)\s+then\s+(\w+)\s+else\s+(?:0|null)\s+end", re.IGNORECASE | re.DOTALL)
_AGGREGATES = {"sum", "count", "min", "max", "average", "median", "percentile", "count_distinct", "sum_boolean"}


@dataclass(frozen=True, order=True)
class Loss:
    """What did not come over as it was.

    Attributes
    ----------
    name : str
        Metric, semantic model or saved query.
    what : str
        A clause.
    is_left_out : bool
        The whole of it; else it came with this change.
    """

    name: str
    what: str
    is_left_out: bool

    def __str__(self) -> str:
        said = f"{self.name}{' is left out' if self.is_left_out else ''}: {self.what}."
        return printable(" ".join(said.split()), kept="")  # one line, since it becomes a comment of a file


@dataclass(frozen=True, eq=False)
class FromMetricFlow:
    """A catalogue that was read from MetricFlow.

    Attributes
    ----------
    content : dict
        As ``metrics.yaml`` holds it; it parses without a fault.
    losses : tuple of Loss
        By name.
    """

    content: dict[str, Any]
    losses: tuple[Loss, ...]

    def text(self) -> str:
        """Return ``metrics.yaml`` with the losses as comments at its head."""
        import yaml

        said = "".join(f"#   {loss}\n" for loss in self.losses)
        head = "# Read from MetricFlow. It knows no direction, target, owner or worth: add them.\n"
        head += f"# What did not come over as it was:\n{said}" if said else ""
        return head + yaml.safe_dump(self.content, sort_keys=False, allow_unicode=True, width=120)


def from_metricflow(files: Mapping[str, bytes], *, product: str = "product") -> FromMetricFlow:
    """Return the catalogue that MetricFlow's files define.

    Parameters
    ----------
    files : mapping of str to bytes
        Name → YAML. Several belong together: metrics may stand in another file than what they are made of.
    product : str
        Column with the product, where no entity of a model is called so.

    Raises
    ------
    ClientDataError
        A file is no YAML, or none defines a metric.
    """
    documents = []
    faults = []
    for name, content in files.items():
        document, found = read_yaml(content, name)
        faults += found
        if document is not None:
            documents.append(document.content)
    if faults:
        raise ClientDataError(tuple(faults))
    reader = _Reader(product)
    for content_ in documents:
        reader.models_of(content_)
    for content_ in documents:
        reader.metrics_of(content_)
    return reader.result()


def import_metricflow(
    path: str | os.PathLike[str], name: str, *, product: str = "product", root: Path | None = None
) -> tuple[FromMetricFlow, Path]:
    """Write a client's catalogue from MetricFlow's files, and return it and where it stands.

    A client who has a ``metrics.yaml`` keeps it; the new one then stands among the reports, to be merged by hand.

    Parameters
    ----------
    path : str or path
        A YAML file, or a folder whose .yml and .yaml files are read, those of folders in it too.
    name : str
        Name of the engagement.
    product : str
        Column with the product, where no entity is called so.
    root : Path, optional
        The workbench's folder.

    Raises
    ------
    UsageError
        There is no such engagement or file.
    ClientDataError
        A file is no YAML, or no metric came over.
    """
    from workbench.engagement.exports.client_folder import alone_in, write_together
    from workbench.engagement.places import engagement_folder, find_root, reports_folder

    root = root or find_root()
    folder, source = engagement_folder(name, root=root), Path(path)
    files = [source] if source.is_file() else sorted(held for held in source.rglob("*.y*ml") if held.is_file())
    if not files:
        raise UsageError(
            f"There is no file {source}. Name a YAML file of MetricFlow, or the folder models/ of a project."
        )
    found = from_metricflow(
        {str(file.relative_to(source.parent)): file.read_bytes() for file in files}, product=product
    )
    if not found.content["metrics"]:
        reasons = "; ".join(map(str, found.losses[:3])) or "no file defines a metric"
        remedy = "Look at what is left out, and write metrics.yaml by hand."
        raise ClientDataError((Fault(source.name, "", "", f"no metric came over: {reasons}", "a metric.", remedy),))
    with alone_in(folder):
        target = folder / "metrics.yaml"
        if target.is_file() or (folder / "engagement.xlsx").is_file():
            target = reports_folder(root) / folder.name / "metricflow" / "metrics.yaml"
        write_together({target: found.text().encode("utf-8")})
    return found, target


class _Reader:
    """Collects models, then metrics, then what could not be said."""

    def __init__(self, product: str) -> None:
        self.product = product
        self.models: dict[str, SemanticModel] = {}
        self.owner: dict[str, str] = {}  # measure or simple metric → model
        self.metrics: dict[str, dict[str, Any]] = {}
        self.measures: set[str] = set()
        self.losses: set[Loss] = set()
        self.stocks: set[str] = set()

    def lose(self, name: str, what: str, is_left_out: bool = True) -> None:
        self.losses.add(Loss(name, what, is_left_out))

    def each(self, key: str, written: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the things listed under a key; what stands there and is none is lost by name."""
        held = written.get(key)
        things = held if isinstance(held, list) else [] if held is None else [held]
        for place, thing in enumerate(things, start=1):
            if not isinstance(thing, Mapping):
                where = f"{key} of {written['name']}" if isinstance(written.get("name"), str) else key
                self.lose(f"{where}, entry {place}", f"{short(str(thing))!r} stands where names with values belong")
        return [dict(thing) for thing in things if isinstance(thing, Mapping)]

    # -- semantic models -----------------------------------------------------------------------------------------------

    def models_of(self, content: Mapping[str, Any]) -> None:
        for written in self.each("semantic_models", content):
            model = SemanticModel(str(written.get("name")))
            model.entities.add(str(written.get("primary_entity") or model.name))
            entities = self.each("entities", written)
            dimensions = self.each("dimensions", written)
            time = _mapping(written.get("defaults")).get("agg_time_dimension")
            self._model(model, entities, dimensions, time)
            for measure in self.each("measures", written):
                name = str(measure.get("name"))
                model.simple[name] = {**measure, **_mapping(measure.get("agg_params"))}
                self.owner[name] = model.name
                self.measures.add(name)
                if measure.get("create_metric"):
                    self.metrics[name] = {"name": name, "type": "simple", "type_params": {"measure": name}}
        for written in self.each("models", content):
            semantic = written.get("semantic_model")
            if not semantic or (isinstance(semantic, Mapping) and semantic.get("enabled") is False):
                continue
            named = semantic.get("name") if isinstance(semantic, Mapping) else None
            model = SemanticModel(str(named or written.get("name")))
            columns = [
                *self.each("columns", written),
                *self.each("dimensions", _mapping(written.get("derived_semantics"))),
            ]
            entities = [
                {**_mapping(column["entity"]), "expr": column.get("expr") or column.get("name")}
                for column in columns
                if column.get("entity")
            ]
            dimensions = [
                {
                    "name": column.get("name"),
                    **_mapping(column["dimension"]),
                    "expr": column.get("expr") or column.get("name"),
                }
                for column in columns
                if column.get("dimension")
            ]
            self._model(model, entities, dimensions, written.get("agg_time_dimension"))
            for metric in self.each("metrics", written):
                name = str(metric.get("name"))
                if metric.get("type", "simple") == "simple":
                    model.simple[name] = dict(metric)
                    self.owner[name] = model.name
                self.metrics[name] = dict(metric)

    def _model(self, model: SemanticModel, entities: Sequence[Any], dimensions: Sequence[Any], time: object) -> None:
        self.models[model.name] = model
        for entity in entities:
            column = str(entity.get("expr") or entity.get("name"))
            name = str(entity.get("name") or column)
            model.columns[name] = column
            if entity.get("type") in ("primary", "unique"):
                model.key = model.key or [column]
                model.entities.add(name)
            if name.removesuffix("_id") == "product":
                model.product = column
        for dimension in dimensions:
            name, column = str(dimension.get("name")), str(dimension.get("expr") or dimension.get("name"))
            if dimension.get("type") == "time":
                model.times[name] = self._time(model, name, column)
            if _NAME.fullmatch(column):
                model.columns[name] = column
        model.time = model.times.get(str(time or ""), "")
        if not model.time and len(model.times) == 1:
            model.time = next(iter(model.times.values()))
        if not model.key:
            self.lose(model.name, "it declares no primary entity, and without a key nothing tells rows apart")
        if not model.time:
            self.lose(model.name, "it declares no time dimension to add up by")
        if not model.product:
            self.lose(model.name, f"no entity is called product; the column {self.product!r} is taken", False)

    def _time(self, model: SemanticModel, name: str, expression: str) -> str:
        if _NAME.fullmatch(expression):
            return expression
        inside = _INSIDE.fullmatch(expression.strip())
        if inside:
            column = inside.group(1) or inside.group(2)
            self.lose(model.name, f"its time {name} is {expression}; the column {column} is read as it is", False)
            return column
        self.lose(model.name, f"its time {name} is SQL: {short(expression)}", False)
        return ""

    # -- metrics -------------------------------------------------------------------------------------------------------

    def metrics_of(self, content: Mapping[str, Any]) -> None:
        for metric in self.each("metrics", content):
            self.metrics[str(metric.get("name"))] = dict(metric)
        for query in self.each("saved_queries", content):
            self.lose(str(query.get("name")), "saved queries have no counterpart; the chapter shows every metric")

    def result(self) -> FromMetricFlow:
        made: list[dict[str, Any]] = []
        labels: set[str] = set()
        for name, written in self.metrics.items():
            try:
                metric = self.metric(name, written)
            except CannotSay as reason:
                self.lose(name, str(reason))
                continue
            label = str(written.get("label") or name.replace("_", " ").capitalize())[:60].strip()
            if label.casefold() in labels:
                label = name[:60]
            labels.add(label.casefold())
            said = {"metric": name, "label": label, **metric}
            if written.get("description"):
                said["note"] = " ".join(str(written["description"]).split())
            made.append(said)
        used = {model.name: model for model in self.models.values() if model.key and model.time}
        tables = {
            model.name: {
                "key": [
                    *model.key,
                    *([model.time] if model.name in self.stocks and model.time not in model.key else []),
                ],
                "kind": "stock" if model.name in self.stocks else "event",
                "time": {"column": model.time},
                "product": model.product or self.product,
            }
            for model in used.values()
        }
        made = self._parsed(tables, made)
        named = {
            side["from"] for metric in made for side in metric.values() if isinstance(side, dict) and "from" in side
        }
        content = {"tables": {name: table for name, table in tables.items() if name in named}, "metrics": made}
        return FromMetricFlow(content, tuple(sorted(self.losses)))

    def _parsed(self, tables: Mapping[str, Any], made: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the metrics that our catalogue takes; what it refuses is lost with its reason."""
        while made:
            lines: dict[tuple[str | int, ...], tuple[str, str]] = {
                ("metrics", place): ("", f"metric {place}") for place in range(len(made))
            }
            document = Document("metrics.yaml", "", {"tables": dict(tables), "metrics": made}, lines)
            _, faults = parse_catalogue(document)
            bad: dict[int, str] = {}
            for fault in faults:
                place = re.match(r"metric (\d+)", fault.cell)
                if place is None:
                    raise ClientDataError((fault,))
                bad.setdefault(int(place.group(1)), fault.found)
            if not bad:
                return made
            for place_, found in bad.items():
                self.lose(str(made[place_]["metric"]), found)
            made = [metric for place_, metric in enumerate(made) if place_ not in bad]
        return made

    def metric(self, name: str, written: Mapping[str, Any]) -> dict[str, Any]:
        if not re.fullmatch(METRIC_KEY, name):
            raise CannotSay("its name is not made of small letters, digits and underscores")
        kind = str(written.get("type") or "simple")
        params = {**written, **_mapping(written.get("type_params"))}
        filters = _listed(written.get("filter"))
        if kind == "simple":
            return self._simple(name, params, filters)
        if kind == "ratio":
            return self._ratio(params, filters)
        if kind == "cumulative":
            return self._cumulative(name, params, filters)
        if kind == "derived":
            return self._derived(params, filters)
        if kind == "conversion":
            return self._conversion(params, filters)
        raise CannotSay(f"its type {kind!r} is unknown")

    def _simple(self, name: str, params: Mapping[str, Any], filters: list[str]) -> dict[str, Any]:
        reference = params.get("measure") if "measure" in params else name
        held, extra = _reference(reference)
        is_own = held == name and name not in self.measures  # a simple metric brings its filter itself
        measure, written = self._base(held, extra if is_own else [*filters, *extra])
        empty = params.get(
            "fill_nulls_with", _mapping(reference).get("fill_nulls_with", written.get("fill_nulls_with"))
        )
        found = self._aggregate(name, measure, written)
        if empty is not None:
            if empty == 0 and found["type"] in ("sum", "count", "ratio", "stock"):
                found["empty_period"] = "zero"
            else:
                self.lose(name, f"fill_nulls_with {empty!r} is not taken: an empty period stays empty", False)
        return found

    def _base(
        self, name: str, filters: Sequence[str], seen: Sequence[str] = ()
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the table, column, time and conditions of a measure or simple metric, and how it is written."""
        if name not in self.owner:
            metric = self.metrics.get(name, {})
            if metric.get("type", "simple") == "simple" and "measure" in _mapping(metric.get("type_params")):
                held, extra = _reference(metric["type_params"]["measure"])
                if name in seen:
                    raise CannotSay(f"it is made of {name!r}, which is made of itself")
                return self._base(held, [*filters, *_listed(metric.get("filter")), *extra], (*seen, name))
            raise CannotSay(f"it is made of {name!r}, which is no simple metric or measure of these files")
        model = self.models[self.owner[name]]
        if not model.key or not model.time:
            raise CannotSay(f"its semantic model {model.name} has no key or no time")
        written = model.simple[name]
        filters = [*_listed(written.get("filter")), *filters] if name not in self.measures else [*filters]
        where = [condition for text in filters for condition in conditions(model, text)]
        measure: dict[str, Any] = {"from": model.name}
        time = written.get("agg_time_dimension")
        if time and model.times.get(str(time), model.time) != model.time:
            measure["at"] = model.times[str(time)]
        expression = str(written.get("expr", name)).strip()
        case = _CASE.fullmatch(expression)
        if case:
            where += conditions(model, case.group(1))
            expression = case.group(2)
        if expression not in ("1", "*"):
            if not _NAME.fullmatch(expression):
                raise CannotSay(f"its expression is SQL: {short(expression)}")
            measure["column"] = model.columns.get(expression, expression)
        measure["where"] = where
        return measure, written

    def _aggregate(self, name: str, measure: dict[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
        """Return type and measure of one aggregation."""
        agg = str(written.get("agg") or "sum")
        if agg not in _AGGREGATES:
            raise CannotSay(f"its aggregation {agg!r} is unknown")
        column = measure.pop("column", None)
        where = measure.pop("where")
        shape = {**measure, **({"where": where} if where else {})}
        if written.get("non_additive_dimension"):
            return self._stock(name, agg, column, shape, _mapping(written["non_additive_dimension"]))
        if column is None or agg == "count":
            if agg not in ("sum", "count"):
                raise CannotSay(f"{agg} of a constant says nothing")
            present = [{"column": column, "present": True}] if column else []
            conditions = [*where, *present]
            return {"type": "count", "measure": {**measure, **({"where": conditions} if conditions else {})}}
        if agg == "sum_boolean":
            return {"type": "count", "measure": {**measure, "where": [*where, {"column": column, "is": True}]}}
        if agg == "average":
            filled = {**measure, "agg": "count", "where": [*where, {"column": column, "present": True}]}
            return {
                "type": "ratio",
                "numerator": {**shape, "agg": "sum", "column": column},
                "denominator": filled,
                "unit": "units",
            }
        if agg in ("median", "percentile"):
            return self._percentile(name, {**shape, "column": column}, written, agg)
        kind = {"count_distinct": "distinct"}.get(agg, agg)
        return {
            "type": kind,
            "measure": {**shape, "column": column},
            "unit": "count" if kind == "distinct" else "units",
        }

    def _percentile(self, name: str, shape: dict[str, Any], written: Mapping[str, Any], agg: str) -> dict[str, Any]:
        said = 0.5 if agg == "median" else written.get("percentile") or 0
        if not isinstance(said, int | float):
            raise CannotSay(f"its percentile {short(str(said))!r} is no number")
        share = float(said)
        share = share / 100 if share > 1 else share  # the newer layout writes 95.0
        if not 0 < share < 1:
            raise CannotSay("it does not say which percentile")
        if written.get("use_discrete_percentile") or written.get("percentile_type") == "discrete":
            self.lose(name, "a discrete percentile; ours interpolates", False)
        if written.get("use_approximate_percentile"):
            self.lose(name, "an approximate percentile; ours is exact", False)
        return {"type": "percentile", "percentile": share, "measure": shape, "unit": "units"}

    def _stock(
        self, name: str, agg: str, column: str | None, shape: dict[str, Any], how: Mapping[str, Any]
    ) -> dict[str, Any]:
        model = self.models[str(shape["from"])]
        others = [held for held in model.simple.values() if not held.get("non_additive_dimension")]
        if others:
            raise CannotSay(
                f"it is a level in a model whose other measures are events; bring {model.name} as two tables"
            )
        if agg not in ("sum", "count", "count_distinct"):
            raise CannotSay(f"a level by {agg} is not taken")
        choice = str(how.get("window_choice") or how.get("window_agg") or "max")
        if how.get("window_groupings") or how.get("group_by"):
            self.lose(name, "its window_groupings: here the level of every full key counts", False)
        self.stocks.add(model.name)
        kind = "distinct" if agg == "count_distinct" else "stock"
        measure = {
            **shape,
            **({"agg": "sum"} if agg == "sum" and column else {}),
            **({"column": column} if column else {}),
        }
        return {
            "type": kind,
            "measure": measure,
            "window_choice": "first" if choice == "min" else "last",
            "unit": "units",
        }

    def _side(self, reference: object, filters: list[str]) -> dict[str, Any]:
        """Return a numerator or denominator: something that adds up."""
        held, extra = _reference(_mapping(reference).get("measure", reference))
        measure, written = self._base(held, [*filters, *extra])
        found = self._aggregate(held, measure, written)
        if found["type"] not in ("sum", "count"):
            raise CannotSay(f"{held} is a {found['type']}, and a ratio is made of sums and counts")
        side: dict[str, Any] = dict(found["measure"])
        return {**side, "agg": found["type"]}

    def _ratio(self, params: Mapping[str, Any], filters: list[str]) -> dict[str, Any]:
        if params.get("numerator") is None or params.get("denominator") is None:
            raise CannotSay("it has no numerator or no denominator")
        top, bottom = self._side(params["numerator"], filters), self._side(params["denominator"], filters)
        return {"type": "ratio", "numerator": top, "denominator": bottom, "unit": "units"}

    def _cumulative(self, name: str, params: Mapping[str, Any], filters: list[str]) -> dict[str, Any]:
        params = {**params, **_mapping(params.get("cumulative_type_params"))}
        measure = self._side(params.get("input_metric") or params.get("measure") or "", filters)
        found: dict[str, Any] = {"type": "cumulative", "measure": measure, "unit": "units"}
        if params.get("window"):
            found["window"] = span(params["window"])
        grain = params.get("grain_to_date")
        if grain:
            if grain not in ("month", "quarter", "year"):
                raise CannotSay(f"its grain_to_date is {grain}; month, quarter and year are known")
            found["grain_to_date"] = str(grain)
        if params.get("period_agg") not in (None, "last"):
            self.lose(name, f"period_agg {params['period_agg']}: here a period shows its last value", False)
        return found

    def _derived(self, params: Mapping[str, Any], filters: list[str]) -> dict[str, Any]:
        if filters:
            raise CannotSay("a filter over a derived metric would have to reach into its inputs")
        inputs: dict[str, Any] = {}
        named = params.get("input_metrics") or params.get("metrics") or ()
        for written in named if isinstance(named, list | tuple) else [named]:
            held = _mapping(written) or {"name": str(written)}
            if "name" not in held:
                raise CannotSay("one of its inputs has no name")
            if held.get("filter"):
                raise CannotSay(f"its input {held['name']} has a filter of its own")
            if held.get("offset_to_grain"):
                raise CannotSay(f"its input {held['name']} goes back to the start of a {held['offset_to_grain']}")
            alias = str(held.get("alias") or held["name"])
            if alias != held["name"] or held.get("offset_window"):
                offset = {"offset": span(held["offset_window"])} if held.get("offset_window") else {}
                inputs[alias] = {"metric": str(held["name"]), **offset}
        expression = str(params.get("expr") or "").strip()
        return {"type": "derived", "expression": expression, **({"inputs": inputs} if inputs else {}), "unit": "units"}

    def _conversion(self, params: Mapping[str, Any], filters: list[str]) -> dict[str, Any]:
        params = {**params, **_mapping(params.get("conversion_type_params"))}
        if str(params.get("calculation") or "conversion_rate") != "conversion_rate":
            raise CannotSay(f"it counts {params['calculation']}; only the rate is computed here")
        if not params.get("window"):
            raise CannotSay("it has no window, and without one every late order would change the past")
        base = self._side(params.get("base_metric") or params.get("base_measure") or "", filters)
        there = self._side(params.get("conversion_metric") or params.get("conversion_measure") or "", filters)
        model = self.models[str(base["from"])]
        entity = str(params.get("entity") or "")
        found = {
            "type": "conversion",
            "base": _counted(base),
            "conversion": _counted(there),
            "entity": model.columns.get(entity, entity),
            "window": span(params["window"]),
            "unit": "share",
        }
        same = []
        listed = params.get("constant_properties") or ()
        for held in listed if isinstance(listed, list | tuple) else [listed]:
            pair = _mapping(held)
            if not pair or pair.get("base_property") != pair.get("conversion_property"):
                raise CannotSay("a property that is to stay the same has two names")
            same.append(model.columns.get(str(pair["base_property"]), str(pair["base_property"])))
        return {**found, **({"same": same} if same else {})}


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _listed(value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, Mapping):
        value = value.get("where") or value.get("where_filters") or []
    return [str(held) for held in (value if isinstance(value, list) else [value])]


def _reference(value: object) -> tuple[str, list[str]]:
    """Return the name that a measure or input is referred to by, and its filters."""
    held = _mapping(value)
    return (str(held["name"]), _listed(held.get("filter"))) if "name" in held else (str(value), [])


def _counted(side: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in side.items() if not (name == "agg" and value == "count")}


def left_out(losses: Iterable[Loss]) -> tuple[str, ...]:
    """Return the names of what did not come over at all."""
    return tuple(loss.name for loss in losses if loss.is_left_out)
