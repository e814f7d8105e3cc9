"""What a consultant brings to Harbour Mutual: settings typed into the new workbook, what was agreed before pasted.

No file of the client's holds any of it: whom to tell, how a measure is made, what interviews and workshops said.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import yaml

from tests.truth.harbour_mutual_messy import read_clean

TYPED = ("engagement", "waves")
"""Sheets that are typed, cell by cell."""

PASTED = (
    *("fact_tables", "metrics", "targets", "forums"),  # the measures, as the data request's sheets came back
    *("layers", "readiness_targets", "interviews", "evidence"),
    *("activities", "curve_points", "recipes", "worths", "rules", "scenarios", "commentary"),
)
"""Sheets into which a block is pasted: what was agreed in workshops, in interviews, and on how to measure."""

USUAL = ("currency", "money_scale", "language", "fiscal_year_starts", "audience", "instrument", "minimum_group")
"""Settings that the new workbook already holds as they are wanted."""

_PARTS = {"weights": "weight", "capacities": "capacity", "rules": "rule"}


def own_sheets(clean: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of every sheet that is the consultant's own."""
    found: dict[str, list[dict[str, Any]]] = {}
    settings = yaml.safe_load((clean / "engagement.yaml").read_text(encoding="utf-8"))
    found["engagement"] = [{"key": key, "value": value} for key, value in settings.items() if key not in USUAL]
    for table in ("waves", *(name for name in PASTED if (clean / f"{name}.csv").is_file())):
        rows = read_clean(clean, table)
        is_text = table == "waves"
        found[table] = [{name: text if is_text else _cell(text) for name, text in row.items()} for row in rows]
    found |= _measures(yaml.safe_load((clean / "metrics.yaml").read_text(encoding="utf-8")))
    found["scenarios"] = _scenarios(clean)
    return found


def _cell(text: str) -> Any:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _measures(document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    tables = [
        {
            **{"table": name, "key_columns": "; ".join(held["key"]), "kind": held["kind"]},
            **{"time_column": held["time"]["column"], "product_column": held["product"]},
            **{"customer_column": held.get("customer"), "version_column": held.get("version")},
        }
        for name, held in document["tables"].items()
    ]
    metrics, targets = [], []
    for held in document["metrics"]:
        one, other = held.get("numerator") or held["measure"], held.get("denominator") or {}
        loop, worth = held.get("loop") or {}, held.get("worth") or {}
        same = ("metric", "label", "type", "unit", "direction", "low", "high", "percentile", "score", "frame")
        row = {name: held.get(name) for name in same}
        row |= {"from_table": one["from"], "agg": one.get("agg"), "column": one.get("column")}
        row |= {f"denominator_{name}": other.get(name) for name in ("from", "agg")}
        row |= {"denominator_column": other.get("column") or held.get("weight")}
        row |= {name: loop.get(name) for name in ("owner", "forum", "decide_within_days")}
        row |= {"segments": "; ".join(held.get("segments", ())), "worth": worth.get("value")}
        row |= {f"worth_{name}": worth.get(name) for name in ("per", "said_by", "said_on", "status")}
        metrics.append({**row, "min_denominator": (held.get("signal") or {}).get("min_denominator")})
        for target in held.get("targets", ()):
            scope = target["scope"]
            kind, where = ("company", None) if scope == "company" else next(iter(scope.items()))
            more = {name: target.get(name) for name in ("value", "by", "kind", "baseline")}
            targets.append({"metric": held["metric"], "scope_kind": kind, "scope": where, **more})
    forums = [{"forum": name, "every": every} for name, every in document["forums"].items()]
    return {"fact_tables": tables, "metrics": metrics, "targets": targets, "forums": forums}


def _scenarios(clean: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for path in sorted((clean / "scenarios").glob("*.yaml")):
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
        for part, value in held.items():
            if part == "text":
                changes = [("text", "text", value)]
            elif part == "without_rules":
                changes = [("without_rule", name, "yes") for name in value]
            else:
                changes = [(_PARTS[part], name, str(new)) for name, new in value.items()]
            rows += [{"scenario": path.stem, "change": c, "name": n, "value": v} for c, n, v in changes]
    return rows


def fill_in(workbook: Path, sheets: Mapping[str, list[dict[str, Any]]]) -> None:
    """Write rows into the workbook of `workbench new`, below its headers, as somebody does in Excel."""
    book = openpyxl.load_workbook(workbook)
    for name, rows in sheets.items():
        sheet = book[name]
        if name == "engagement":
            cells = {row[0].value: row[1] for row in sheet.iter_rows(min_row=2)}
            for row in rows:
                cells[row["key"]].value = row["value"]
            continue
        header = [cell.value for cell in sheet[1]]
        sheet.delete_rows(2, sheet.max_row)
        for number, row in enumerate(rows, start=2):
            for column, value in row.items():
                if value is not None and value != "":
                    sheet.cell(number, header.index(column) + 1, value)
    book.save(workbook)
