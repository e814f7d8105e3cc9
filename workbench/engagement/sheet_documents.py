"""Sheets of a workbook that stand in for YAML files.

A sheet becomes exactly the document that the YAML file would have been, so that whoever reads documents need not
know which of the two the client sent.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workbench.engagement.documents import Document
from workbench.engagement.read import show
from workbench.errors import Fault

KeyPath = tuple[str | int, ...]
Cell = tuple[str, int, str]
"""Sheet, row, column."""

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
_WORTH = {
    "value": "worth",
    "per": "worth_per",
    "said_by": "worth_said_by",
    "said_on": "worth_said_on",
    "status": "worth_status",
}
"""What metrics.yaml says below ``worth:`` → column of the sheet."""
_LOOP = ("owner", "forum", "decide_within_days")
_TABLE_COLUMNS = {
    "key": "key_columns",
    "kind": "kind",
    "time": "time_column",
    "product": "product_column",
    "customer": "customer_column",
    "version": "version_column",
    "database": "database",
    "relation": "relation",
}
"""What metrics.yaml says of a table → column of the sheet fact_tables."""
_METRIC_COLUMNS = {
    "numerator": "from_table",
    "measure": "from_table",
    "denominator": "denominator_from",
    "grain_to_date": "window",
}
"""What metrics.yaml says of a metric → the column that says it, where its name is another."""
_PARTS = {
    "weight": "weights",
    "capacity": "capacities",
    "rule": "rules",
    "without_rule": "without_rules",
    "outcome": "outcomes",
    "maximum": "maximums",
    "text": "text",
}
"""What sheet scenarios calls a change → where it stands in scenarios.yaml."""


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
) -> tuple[dict[str, Any], dict[KeyPath, Cell], list[tuple[str, int, str, str]]]:
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
    paths: dict[KeyPath, Cell] = {}
    unread: list[tuple[str, int, str, str]] = []
    for number, row in enumerate(fact_tables):
        paths.update(_table_paths(number, row["table"]))
    listed: list[dict[str, Any]] = []
    for number, row in enumerate(metrics):
        conditions = {column: parse_where(row[column]) for column in ("where", "denominator_where")}
        unread += [("metrics", number, column, bad) for column, (_, bad) in conditions.items() if bad]
        own = [place for place, target in enumerate(targets) if target["metric"] == row["metric"]]
        metric = _metric(row, *(held or None for held, _ in conditions.values()))
        if own:
            metric["targets"] = [_target(targets[place]) for place in own]
        listed.append(metric)
        paths.update(_metric_paths(number, row, metric))
        paths.update({("metrics", number, "targets", n): ("targets", place, "scope") for n, place in enumerate(own)})
    content: dict[str, Any] = {"tables": {row["table"]: _fact_table(row) for row in fact_tables}, "metrics": listed}
    if forums:
        content["forums"] = {row["forum"]: row["every"] for row in forums}
        paths.update({("forums", row["forum"]): ("forums", number, "every") for number, row in enumerate(forums)})
    return content, paths, unread


def _fact_table(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "key": _split(row["key_columns"]),
        "kind": row["kind"],
        "time": _filled({"column": row["time_column"], "zone": row["zone"]}),
        "product": row["product_column"],
        **_filled({"customer": row["customer_column"], "version": row["version_column"]}),
        **_filled({"database": row.get("database"), "relation": row.get("relation")}),
    }


def _table_paths(number: int, name: str) -> Iterator[tuple[KeyPath, Cell]]:
    yield ("tables", name), ("fact_tables", number, "table")
    for key, column in _TABLE_COLUMNS.items():
        yield ("tables", name, key), ("fact_tables", number, column)


def _metric(row: Mapping[str, Any], where: list[Any] | None, denominator_where: list[Any] | None) -> dict[str, Any]:
    """Return a metric as metrics.yaml would say it, without its targets."""
    metric: dict[str, Any] = {
        **{name: row[name] for name in ("metric", "label", "type", "unit", "direction")},
        **_filled({"low": row["low"], "high": row["high"]}),
    }
    measure = _filled({"from": row["from_table"], "agg": row["agg"], "column": row["column"], "where": where})
    if row["type"] == "ratio":
        below = {
            "from": row["denominator_from"] or row["from_table"],
            "agg": row["denominator_agg"],
            "column": row["denominator_column"],
            "where": denominator_where,
        }
        metric |= {"numerator": measure, "denominator": _filled(below)}
    else:
        metric |= {"measure": measure, **_filled({"weight": row["denominator_column"]})}
    metric |= _filled({"percentile": row["percentile"], "score": row["score"]})
    if row.get("window"):
        window = str(row["window"]).strip().lower()
        metric["grain_to_date" if window in ("month", "quarter", "year") else "window"] = window
    metric["time"] = {"grain": row["grain"]}
    baseline = None if row["baseline"] is None else int(row["baseline"])
    nested = {
        "loop": _filled({name: row.get(name) for name in _LOOP}),
        "segments": _split(row["segments"]),
        "signal": _filled({"baseline": baseline, "min_denominator": row.get("min_denominator")}),
        "worth": _filled({name: row.get(column) for name, column in _WORTH.items()}),
        "frame": row.get("frame"),
    }
    return metric | {name: held for name, held in nested.items() if held}


def _target(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "scope": "company" if row["scope_kind"] == "company" else {row["scope_kind"]: row["scope"]},
        **{name: row[name] for name in ("value", "by", "kind")},
        **_filled({"baseline": row["baseline"]}),
    }


def _metric_paths(number: int, row: Mapping[str, Any], metric: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Cell]]:
    """Yield where each part of a metric stands in its row."""
    yield ("metrics", number), ("metrics", number, "metric")
    below: dict[tuple[str, ...], str] = {
        **{(column,): column for column in row if column in metric},
        **{("worth", name): column for name, column in _WORTH.items()},
        **{("loop", column): column for column in _LOOP},
        **{("signal", column): column for column in ("baseline", "min_denominator")},
        **{(name,): column for name, column in _METRIC_COLUMNS.items()},
    }
    for path, column in below.items():
        yield ("metrics", number, *path), ("metrics", number, column)


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
    for number, row in enumerate(rows):
        scenario = scenarios.setdefault(row["scenario"], {})
        part, name, value = _PARTS[row["change"]], row["name"], row["value"]
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
        elif _AMOUNT.fullmatch(value) and math.isfinite(float(value)):
            scenario.setdefault(part, {})[name] = float(value)
        else:
            bad.append((number, f"{show(value)} is no amount", "a weight or capacity, such as 56.", "Write a number."))
    return scenarios, paths, bad


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(";") if part.strip()]


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
