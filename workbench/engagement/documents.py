"""YAML files with the line of every key, and the sheets of a workbook that stand in for them.

A sheet becomes exactly the document that the YAML file would have been, so that whoever reads documents need not
know which of the two the client sent.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, get_args, get_origin

from workbench.engagement.read import show
from workbench.errors import Fault, nearest

LARGEST_DOCUMENT = 2_000_000
"""Bytes of a YAML file; more is no settings file (ours)."""

_AMOUNT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

_OPERATORS = (
    (">=", "at_least"),
    ("<=", "at_most"),
    ("!=", "is_not"),
    ("<>", "is_not"),
    (">", "above"),
    ("<", "below"),
    ("=", "is"),
)


@dataclass(frozen=True, eq=False)
class Document:
    """A YAML document, or the sheets that stand in for one.

    Attributes
    ----------
    file, sheet : str
        Where it stands.
    content : mapping
        What it says.
    lines : mapping of tuple to str
        Path of keys and list places → ``line 12``, or the cell in a workbook.
    """

    file: str
    sheet: str
    content: dict[str, Any]
    lines: Mapping[tuple[str | int, ...], tuple[str, str]] = field(default_factory=dict, repr=False)

    def place(self, path: Sequence[str | int]) -> tuple[str, str]:
        """Return the sheet and the place of a key path: ``line 12, metrics[0].type``, or a cell."""
        path = tuple(path)
        shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                sheet, place = self.lines[path[:length]]
                return sheet, f"{place}, {shown}" if shown and not sheet else place
        return self.sheet, shown

    def fault(self, path: Sequence[str | int], found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault at a key path."""
        sheet, place = self.place(path)
        return Fault(self.file, sheet, place, found, allowed, remedy)


def read_yaml(content: bytes, file: str, *, is_ours: bool = False) -> tuple[Document | None, list[Fault]]:
    """Read a YAML file safely: plain values only, no key twice, no anchors.

    Anchors are refused because a few lines of them can unfold into more than any memory holds.

    Parameters
    ----------
    content : bytes
    file : str
        Its name in a fault.
    is_ours : bool
        Whether it came with the workbench: then libyaml reads it, where there is one, ten times as fast. What a client
        sends is read by Python alone, which no nesting can bring down.
    """
    import yaml

    def fault(place: str, found: str, remedy: str) -> tuple[None, list[Fault]]:
        return None, [Fault(file, "", place, found, "YAML, key: value, in UTF-8.", remedy)]

    if len(content) > LARGEST_DOCUMENT:
        return fault("", f"the file has {len(content):,} bytes", "Facts belong into CSV or Parquet files.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return fault(f"line {line}", "the file is not UTF-8", "Save it as UTF-8.")
    try:
        loader = _loader(is_ours)(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}" if mark else ""
        return fault(place, f"it is not YAML: {error.problem or error}", "Mind the indentation and the colons.")
    except yaml.YAMLError as error:
        return fault("", f"it is not YAML: {str(error).splitlines()[0]}", "Save it as plain text in UTF-8.")
    except RecursionError:
        return fault("", "it is nested too deeply", "Write it flat.")
    if node is None:
        return fault("", "the file is empty", "Fill it, or delete it.")
    faults: list[Fault] = []
    lines: dict[tuple[str | int, ...], tuple[str, str]] = {}
    try:
        _walk(node, (), lines, faults, file, set())
    except RecursionError:
        return fault("", "it is nested too deeply", "Write it flat.")
    if faults:
        return None, faults
    try:
        loaded = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        return fault(place, f"it is not YAML that we read: {error.problem}", "Use plain values only.")
    except (yaml.YAMLError, ValueError) as error:
        return fault("", f"it is not YAML that we read: {str(error).splitlines()[0]}", "Use plain values only.")
    if not isinstance(loaded, dict):
        return fault("line 1", "it does not consist of key: value lines", "Start each line with a key and a colon.")
    return Document(file, "", loaded, lines), []


@lru_cache(maxsize=2)
def _loader(is_ours: bool) -> Any:
    """Return the safe loader with the words and numbers of YAML 1.2.

    YAML 1.1 takes the column ``on`` for true, the key ``no`` for false, ``010`` for 8 and ``10:30`` for 630. A day that
    is in no calendar, and a number too large for any, stay text, so that a fault can say where they stand.
    """
    import yaml

    quick: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    parent: Any = quick if is_ours else yaml.SafeLoader

    class Loader(parent):
        """Values as people read them."""

    def day(loader: Any, node: Any) -> Any:
        try:
            return loader.construct_yaml_timestamp(node)
        except (ValueError, OverflowError):
            return node.value

    def number(loader: Any, node: Any) -> Any:
        value = loader.construct_yaml_float(node)
        return value if math.isfinite(value) else node.value

    Loader.add_constructor("tag:yaml.org,2002:timestamp", day)
    Loader.add_constructor("tag:yaml.org,2002:float", number)

    shapes = {
        "tag:yaml.org,2002:bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        "tag:yaml.org,2002:int": (r"^[-+]?(?:0|[1-9][0-9]{0,17})$", "-+0123456789"),
        "tag:yaml.org,2002:float": (
            r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$",
            "-+0123456789.",
        ),
    }
    Loader.yaml_implicit_resolvers = {
        first: [(tag, shape) for tag, shape in held if tag not in shapes]
        for first, held in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    for tag, (shape, first) in shapes.items():
        Loader.add_implicit_resolver(tag, re.compile(shape), list(first))
    return Loader


def _walk(
    node: Any,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], tuple[str, str]],
    faults: list[Fault],
    file: str,
    seen: set[int],
) -> None:
    """Note the line of every key; find keys that stand twice and anchors."""
    import yaml

    place = f"line {node.start_mark.line + 1}"
    if id(node) in seen:
        remedy = "Write the values out where they belong."
        faults.append(Fault(file, "", place, "an anchor (&, *) is used", "plain values.", remedy))
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        known: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            name = str(key.value)
            if name in known:
                found = f"the key {name!r} stands twice, also in line {known[name]}"
                faults.append(Fault(file, "", f"line {line}", found, "each key once.", "Delete one of the two."))
            known[name] = line
            lines[(*path, name)] = ("", f"line {line}")
            _walk(value, (*path, name), lines, faults, file, seen)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[(*path, number)] = ("", f"line {value.start_mark.line + 1}")
            _walk(value, (*path, number), lines, faults, file, seen)


def validate(document: Document, model: Any, path: tuple[str | int, ...] = ()) -> tuple[Any, list[Fault]]:
    """Return a document as its pydantic model, or None and every fault with its line."""
    from pydantic import ValidationError

    content: Any = document.content
    for part in path:
        content = content[part]
    try:
        return model.model_validate(content), []
    except ValidationError as error:
        return None, [_model_fault(document, model, path, item) for item in error.errors(include_url=False)]


def _model_fault(document: Document, model: Any, path: tuple[str | int, ...], item: Any) -> Fault:
    location = tuple(part for part in item["loc"] if part != "[key]")
    full = (*path, *location)
    name = str(location[-1]) if location else ""
    inside = _inside(model, location[:-1])
    known = list(inside.model_fields) if inside is not None else []
    if item["type"] == "extra_forbidden":
        allowed = f"{', '.join(known)}." if known else "known settings."
        return document.fault(full, f"the setting {name!r} is unknown", allowed, nearest(name, known) or "Delete it.")
    if item["type"] == "missing":
        described = inside.model_fields[name].description if name in known else ""
        return document.fault(full, f"{name} is missing", described or "a value.", f"Add {name}.")
    if "databases" in location and isinstance(item.get("input"), str):
        found = "what stands here is no env:NAME (it is not shown, because it may hold a password)"
        remedy = "Put the address into a variable on your machine, and write env: and the name of the variable here."
        return document.fault(full, found, "env: and the name of a variable in capitals, such as env:CRM.", remedy)
    if item["type"] in ("dict_type", "model_type", "model_attributes_type"):
        below = _inside(model, location)
        words = f"{', '.join(below.model_fields)}" if below is not None else "names, each with its value"
        found = f"{quote(item.get('input'))} stands where settings belong"
        return document.fault(full, found, f"{words}, one a line below it.", "Write them so, or delete it.")
    allowed, remedy = explain(item)
    return document.fault(full, f"{quote(item.get('input'))} is not allowed", allowed, remedy)


def _inside(model: Any, location: Sequence[str | int]) -> Any:
    """Return the model that stands at a key path; None where none does."""
    held = model
    for part in location:
        if get_origin(held) is dict:
            held = get_args(held)[1]
        elif hasattr(held, "model_fields") and part in held.model_fields:
            held = held.model_fields[part].annotation
        else:
            return None
    return held if hasattr(held, "model_fields") else None


def quote(value: Any) -> str:
    """Return a value of a document as a fault quotes it: shortened, in words, and without a password in an address.

    Examples
    --------
    >>> quote("postgres://reader:secret@host/db"), quote({"a": 1}), quote(True)
    ("'postgres://reader:…@host/db'", 'a group of settings', 'true')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a group of settings"
    if isinstance(value, list | tuple | set):
        return "a list"
    if isinstance(value, str):
        return show(re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:…@", value))
    return str(value)[:60]


def explain(item: Mapping[str, Any]) -> tuple[str, str]:
    """Return what pydantic would allow, and what to do, in plain words."""
    kind, context = item["type"], item.get("ctx", {})
    bounds = {
        "greater_than_equal": ("{ge} or more", "ge"),
        "greater_than": ("more than {gt}", "gt"),
        "less_than_equal": ("{le} or less", "le"),
        "less_than": ("less than {lt}", "lt"),
    }
    if kind in bounds:
        words, name = bounds[kind]
        return f"{words.format(**{name: f'{context[name]:,.16g}'})}.", "Correct the number."
    if kind == "literal_error":
        return f"{str(context['expected']).replace(chr(39), '')}.", "Choose one of them."
    if kind == "string_too_long":
        return f"at most {context['max_length']:,} characters.", "Shorten the text."
    if kind in ("string_too_short", "string_type"):
        return "a text.", "Write something, or put it in quotation marks."
    if kind == "string_pattern_mismatch":
        shapes = {"^[A-Z]{3}$": "three capital letters such as EUR.", "^env:": "env: and the name of a variable."}
        pattern = str(context["pattern"])
        return next((v for k, v in shapes.items() if pattern.startswith(k)), f"a text like {pattern}."), "Correct it."
    if kind in ("finite_number", "float_type", "float_parsing", "int_type", "int_parsing", "int_from_float"):
        return "a whole number." if kind.startswith("int") else "a number.", "Correct the number."
    if kind.startswith("int_parsing"):
        return "a whole number.", "Correct the number."
    if kind.startswith("date"):
        is_day = re.fullmatch(r"\s*\d{4}-\d{2}-\d{2}\s*", str(item.get("input")))
        remedy = "No calendar has this day: correct it." if is_day else "Write it year first."
        return "a date such as 2026-09-30.", remedy
    if kind in ("list_type", "tuple_type"):
        return "a list, such as [one, two].", "Put it in square brackets."
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return "names, each with its value, one a line below it.", "Write them so, or delete it."
    if kind == "invalid_key":
        return "a name.", "Write a name before the colon, in quotation marks if it is a number."
    if kind == "value_error":
        said = str(context.get("error", item["msg"]))
        allowed, _, remedy = said.partition(" | ")
        return allowed, remedy or "Correct it."
    return "a value of another kind.", "Correct it."


# -- sheets that stand in ----------------------------------------------------------------------------------------------


def nest_settings(pairs: Sequence[tuple[str, Any, str]], file: str) -> tuple[Document, list[Fault]]:
    """Return the document of sheet ``engagement``: keys such as ``sources.survey.date_order`` are nested.

    Parameters
    ----------
    pairs : sequence of (key, value, cell)
    file : str
        The workbook.
    """
    content: dict[str, Any] = {}
    lines: dict[tuple[str | int, ...], tuple[str, str]] = {}
    faults: list[Fault] = []
    for key, value, cell in pairs:
        path = tuple(part.strip() for part in key.split("."))
        if value is None:
            lines.setdefault(path, ("engagement", cell))
            continue
        inner = content
        for part in path[:-1]:
            held = inner.setdefault(part, {})
            if not isinstance(held, dict):
                break
            inner = held
        else:
            if path[-1] in inner:
                found = f"the setting {key!r} stands twice"
                faults.append(Fault(file, "engagement", cell, found, "each setting once.", "Delete one of the two."))
            else:
                inner[path[-1]] = _setting(value)
                lines[path] = ("engagement", cell)
            continue
        found = f"{key!r} goes below a setting that has a value"
        faults.append(Fault(file, "engagement", cell, found, "a setting or settings below it.", "Delete one of them."))
    return Document(file, "engagement", content, lines), faults


def _setting(value: Any) -> Any:
    """Return the value of a setting's cell; Excel keeps no difference between 1000 and 1000.0."""
    if isinstance(value, dt.datetime):
        return value.date()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parse_where(text: str | None) -> tuple[list[dict[str, Any]], str]:
    """Return the conditions of a cell as metrics.yaml writes them, and what could not be read.

    Examples
    --------
    >>> parse_where("channel = phone; status in paid|shipped; amount >= 10; closed present")[0]
    [{'column': 'channel', 'is': 'phone'}, {'column': 'status', 'in': ['paid', 'shipped']}, \
{'column': 'amount', 'at_least': 10}, {'column': 'closed', 'present': True}]
    """
    conditions: list[dict[str, Any]] = []
    for part in (part.strip() for part in (text or "").split(";")):
        if not part:
            continue
        listed = re.fullmatch(r"(\S+)\s+(not\s+in|in)\s+(.+)", part, re.IGNORECASE)
        present = re.fullmatch(r"(\S+)\s+(?:is\s+)?present", part, re.IGNORECASE)
        compared = re.fullmatch(r"([^=<>!\s]+)\s*(>=|<=|!=|<>|>|<|=)\s*(.+)", part)
        if present:
            conditions.append({"column": present.group(1), "present": True})
        elif listed:
            test = "in" if listed.group(2).lower() == "in" else "not_in"
            values = [_literal(value) for value in listed.group(3).split("|")]
            conditions.append({"column": listed.group(1), test: values})
        elif compared:
            test = dict(_OPERATORS)[compared.group(2)]
            conditions.append({"column": compared.group(1), test: _literal(compared.group(3))})
        else:
            return conditions, part
    return conditions, ""


def _literal(text: str) -> Any:
    text = text.strip()
    quoted = re.fullmatch(r"'(.*)'|\"(.*)\"", text)
    if quoted:
        return quoted.group(1) if quoted.group(1) is not None else quoted.group(2)
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"-?\d+", text) and not re.fullmatch(r"-?0\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text


def build_metrics(
    fact_tables: Sequence[Mapping[str, Any]],
    metrics: Sequence[Mapping[str, Any]],
    targets: Sequence[Mapping[str, Any]],
    forums: Sequence[Mapping[str, Any]] = (),
) -> tuple[dict[str, Any], dict[tuple[str | int, ...], tuple[str, int, str]], list[tuple[str, int, str, str]]]:
    """Return the document that sheets fact_tables, metrics, targets and forums stand for.

    Parameters
    ----------
    fact_tables, metrics, targets, forums : sequence of mappings
        Rows of the sheets; None is blank.

    Returns
    -------
    tuple
        The document as ``metrics.yaml`` would be; key path → (sheet, row, column); and the conditions that could not
        be read: (sheet, row, column, text).
    """
    paths: dict[tuple[str | int, ...], tuple[str, int, str]] = {}
    unread: list[tuple[str, int, str, str]] = []
    tables: dict[str, Any] = {}
    for number, row in enumerate(fact_tables):
        name = row["table"]
        tables[name] = {
            "key": _split(row["key_columns"]),
            "kind": row["kind"],
            "time": _filled({"column": row["time_column"], "zone": row["zone"]}),
            "product": row["product_column"],
            **_filled({"customer": row["customer_column"], "version": row["version_column"]}),
            **_filled({"database": row.get("database"), "relation": row.get("relation")}),
        }
        paths["tables", name] = ("fact_tables", number, "table")
        for key, column in (
            ("key", "key_columns"),
            ("kind", "kind"),
            ("time", "time_column"),
            ("product", "product_column"),
            ("customer", "customer_column"),
            ("version", "version_column"),
            ("database", "database"),
            ("relation", "relation"),
        ):
            paths["tables", name, key] = ("fact_tables", number, column)
    listed: list[dict[str, Any]] = []
    for number, row in enumerate(metrics):
        conditions: dict[str, list[dict[str, Any]]] = {}
        for column in ("where", "denominator_where"):
            conditions[column], bad = parse_where(row[column])
            if bad:
                unread.append(("metrics", number, column, bad))
        measure = _filled(
            {
                "from": row["from_table"],
                "agg": row["agg"],
                "column": row["column"],
                "where": conditions["where"] or None,
            }
        )
        metric: dict[str, Any] = {
            "metric": row["metric"],
            "label": row["label"],
            "type": row["type"],
            "unit": row["unit"],
            "direction": row["direction"],
            **_filled({"low": row["low"], "high": row["high"]}),
        }
        if row["type"] == "ratio":
            metric["numerator"] = measure
            metric["denominator"] = _filled(
                {
                    "from": row["denominator_from"] or row["from_table"],
                    "agg": row["denominator_agg"],
                    "column": row["denominator_column"],
                    "where": conditions["denominator_where"] or None,
                }
            )
        else:
            metric["measure"] = measure
            metric.update(_filled({"weight": row["denominator_column"]}))
        metric.update(_filled({"percentile": row["percentile"], "score": row["score"]}))
        if row.get("window"):
            to_date = str(row["window"]).strip().lower()
            metric["grain_to_date" if to_date in ("month", "quarter", "year") else "window"] = to_date
        metric["time"] = {"grain": row["grain"]}
        loop = _filled({name: row.get(name) for name in ("owner", "forum", "decide_within_days")})
        worth = _filled({name: row.get(column) for name, column in _WORTH.items()})
        baseline = None if row["baseline"] is None else int(row["baseline"])
        signal = _filled({"baseline": baseline, "min_denominator": row.get("min_denominator")})
        segments = _split(row["segments"])
        nested = {"loop": loop, "segments": segments, "signal": signal, "worth": worth, "frame": row.get("frame")}
        metric.update({name: held for name, held in nested.items() if held})
        own_rows = [place for place, target in enumerate(targets) if target["metric"] == row["metric"]]
        own = [
            {
                "scope": "company" if target["scope_kind"] == "company" else {target["scope_kind"]: target["scope"]},
                "value": target["value"],
                "by": target["by"],
                "kind": target["kind"],
                **_filled({"baseline": target["baseline"]}),
            }
            for target in (targets[place] for place in own_rows)
        ]
        for place, target_row in enumerate(own_rows):
            paths["metrics", number, "targets", place] = ("targets", target_row, "scope")
        if own:
            metric["targets"] = own
        listed.append(metric)
        paths["metrics", number] = ("metrics", number, "metric")
        paths.update({("metrics", number, column): ("metrics", number, column) for column in row if column in metric})
        paths.update({("metrics", number, "worth", name): ("metrics", number, c) for name, c in _WORTH.items()})
        for column in ("owner", "forum", "decide_within_days"):
            paths["metrics", number, "loop", column] = ("metrics", number, column)
        for column in ("baseline", "min_denominator"):
            paths["metrics", number, "signal", column] = ("metrics", number, column)
        for key, column in (
            ("numerator", "from_table"),
            ("measure", "from_table"),
            ("denominator", "denominator_from"),
            ("grain_to_date", "window"),
        ):
            paths["metrics", number, key] = ("metrics", number, column)
    content: dict[str, Any] = {"tables": tables, "metrics": listed}
    if forums:
        content["forums"] = {row["forum"]: row["every"] for row in forums}
        paths.update({("forums", row["forum"]): ("forums", number, "every") for number, row in enumerate(forums)})
    return content, paths, unread


_WORTH = {
    "value": "worth",
    "per": "worth_per",
    "said_by": "worth_said_by",
    "said_on": "worth_said_on",
    "status": "worth_status",
}
"""What metrics.yaml says below ``worth:`` → column of the sheet."""


def build_scenarios(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[dict[str, dict[str, Any]], dict[tuple[str, str, str], int], list[tuple[int, str, str, str]]]:
    """Return the documents that sheet scenarios stands for.

    Returns
    -------
    tuple
        Scenario → document; (scenario, part, name) → row; rows whose value does not fit: row, found, allowed, remedy.
    """
    scenarios: dict[str, dict[str, Any]] = {}
    paths: dict[tuple[str, str, str], int] = {}
    bad: list[tuple[int, str, str, str]] = []
    parts = {
        "weight": "weights",
        "capacity": "capacities",
        "rule": "rules",
        "without_rule": "without_rules",
        "outcome": "outcomes",
        "maximum": "maximums",
        "text": "text",
    }
    for number, row in enumerate(rows):
        scenario = scenarios.setdefault(row["scenario"], {})
        part, name, value = parts[row["change"]], row["name"], row["value"]
        paths[row["scenario"], part, name] = number
        if part == "without_rules":
            if value.strip().lower() not in ("yes", "true"):  # no would keep the rule, and whoever writes it means so
                allowed, remedy = "yes: the scenario leaves the rule out.", "Write yes, or delete the row to keep it."
                bad.append((number, f"{show(value)} is no answer to without_rule", allowed, remedy))
            scenario.setdefault(part, []).append(name)
        elif part == "text":
            scenario[part] = value
        elif part == "rules":
            scenario.setdefault(part, {})[name] = value
        else:
            if _AMOUNT.fullmatch(value) and math.isfinite(float(value)):
                scenario.setdefault(part, {})[name] = float(value)
            else:
                found = f"{show(value)} is no amount"
                bad.append((number, found, "a weight or capacity, such as 56.", "Write a number."))
    return scenarios, paths, bad


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(";") if part.strip()]


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
