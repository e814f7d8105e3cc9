"""An instrument written back as a document and as a workbook, to see that reading loses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from workbench.engagement.instruments.workbook import COLUMNS, NEEDED, SETTINGS
from workbench.readiness.instrument import Instrument, Item


def describe_instrument(instrument: Instrument) -> dict[str, Any]:
    """Return the document of an instrument: what `build_instrument` would make the same instrument of."""
    gates = instrument.gate_levels
    document = {
        "name": instrument.name,
        "version": instrument.version,
        "language": instrument.language,
        "title": instrument.title,
        "source": instrument.source,
        "scale": {
            "values": [_plain(value) for value in instrument.scale.values],
            "labels": {
                _plain(value): text
                for value, text in zip(instrument.scale.values, instrument.scale.labels, strict=True)
                if text
            },
        },
        "gates": None
        if gates is None
        else {"moving": _plain(gates.moving), "standing": _plain(gates.standing), "later": _plain(gates.later)},
        "roles": [{"id": held.id, "name": held.name, "counts_as": held.counts_as} for held in instrument.roles],
        "cuts": [{"id": held.id, "name": held.name, "roles": list(held.roles)} for held in instrument.cuts],
        "answer_sets": [
            {
                "id": held.id,
                "blank": held.blank,
                "options": [
                    {
                        "value": option.value,
                        "label": option.label,
                        "weight": None if option.weight is None else _plain(option.weight),
                        "meaning": option.meaning,
                    }
                    for option in held.options
                ],
            }
            for held in instrument.answer_sets
        ],
        "claims": dict(instrument.claims),
        "groups": [
            {
                "id": held.id,
                "parent": held.parent,
                "name": held.name,
                "gate": held.gate,
                "aggregation": held.aggregation,
                "met": held.met,
                "dimension": held.is_dimension,
            }
            for held in instrument.groups
        ],
        "items": [_describe_item(item) for item in instrument.items],
        "public_ranges": [
            {"item": held.item, "found": held.found, "differs": held.differs, "source": held.source}
            for held in instrument.public_ranges
        ],
    }
    return {key: held for key, held in document.items() if held not in (None, "", {}, [])}


def write_instrument_workbook(instrument: Instrument, path: Path) -> None:
    """Write an instrument as a workbook that `read_instrument_workbook` reads back as the same."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(path, options)
    try:
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        cell = book.add_format({"text_wrap": True, "valign": "top"})
        for name, columns, rows in _tables(describe_instrument(instrument)):
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 1)
            for place, column in enumerate(columns):
                is_long = column in ("statement", "criteria", "evidence", "text", "label", "value") or " " in column
                sheet.set_column(place, place, 36 if is_long else 14, cell)
                sheet.write_string(0, place, column, head)
            for number, row in enumerate(rows, start=1):
                for place, column in enumerate(columns):
                    value = row.get(column)
                    if value in (None, "", []):
                        continue
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        sheet.write_number(number, place, value, cell)
                    else:
                        sheet.write_string(number, place, _cell(column, value), cell)
    finally:
        book.close()


def _describe_item(item: Item) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": item.id,
        "printed": item.printed,
        "title": item.title,
        "group": item.group,
        "answers": item.answer_set,
        "statement": item.statement,
        "anchors": {_plain(level): text for level, text in item.anchors},
        "evidence": item.evidence,
        "roles": list(item.roles),
        "claims": list(item.claims),
        "kind": item.kind,
        "names": item.names,
        "scope": item.scope,
        "turned": item.turned,
        "needs": list(item.needs),
        "effort": item.effort,
        "criteria": list(item.criteria),
    }
    usual: dict[str, Any] = {"kind": "scale", "names": 0, "scope": "line", "turned": False}
    return {key: held for key, held in document.items() if held not in ("", [], {}) and held != usual.get(key)}


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def _tables(document: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str], list[dict[str, Any]]]]:
    """Yield sheet, columns and rows; sheets that would be empty are left out unless a reader needs them."""
    pairs = {key: document.get(key) for key in SETTINGS[:5]} | dict(document.get("gates") or {})
    rows = {name: list(document.get(name) or ()) for name in ("groups", "roles", "cuts", "public_ranges")}
    rows["instrument"] = [{"key": key, "value": value} for key, value in pairs.items() if value not in (None, "")]
    labels = document["scale"].get("labels", {})
    rows["scale"] = [{"value": value, "label": labels.get(value, "")} for value in document["scale"]["values"]]
    rows["answers"] = [
        {"set": held["id"], "blank": held["blank"] if number == 0 else None, **option}
        for held in document["answer_sets"]
        for number, option in enumerate(held["options"])
    ]
    rows["claims"] = [{"id": name, "text": text} for name, text in document.get("claims", {}).items()]
    levels = sorted({level for item in document["items"] for level in item.get("anchors", {})})
    rows["items"] = [
        {**item, **{f"level {level:g}": text for level, text in item.get("anchors", {}).items()}}
        for item in document["items"]
    ]
    for name, columns in COLUMNS.items():
        if rows[name] or name in NEEDED:
            more = [f"level {level:g}" for level in levels] if name == "items" else []
            yield name, (*columns, *more), rows[name]


def _cell(column: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list):
        return ("\n" if column == "criteria" else "; ").join(map(str, value))
    return str(value)
