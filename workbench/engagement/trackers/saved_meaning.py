"""What an import of a tracker keeps in ``imports.yaml``: the confirmed meaning, faults in it, and what has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.engagement.exports.client_folder import IMPORTS
from workbench.engagement.exports.clock import ORDERS
from workbench.engagement.trackers.imported import Imported, ReadSettings
from workbench.engagement.trackers.meaning import Meaning, PlaceMatch, is_state
from workbench.errors import Fault, nearest
from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.work_tables import STATES, WORK_KINDS

TABLE = "tracker"
"""What ``imports.yaml`` calls such an import."""


def read_meaning(saved: Mapping[str, Any]) -> Meaning:
    """Return what ``imports.yaml`` says of an import."""
    labels = saved.get("labels") or {}

    def table(name: str) -> dict[str, str]:
        return {str(label): str(value or "") for label, value in (labels.get(name) or {}).items()}

    return Meaning(str(saved.get("product_from") or ""), table("product"), table("status"), table("type"))


def meaning_document(
    key: str,
    imported: Imported,
    meaning: Meaning,
    settings: ReadSettings,
    encoding: str,
    content: bytes,
    saved: Mapping[str, Any],
) -> dict[str, Any]:
    """Return an import as ``imports.yaml`` holds it: plain values, blanks left out."""
    decided = {order for order, _ in imported.orders.values() if order in ORDERS}
    order = settings.date_order or (decided.pop() if len(decided) == 1 else "")
    numbers = {**dict.fromkeys(imported.unnamed, ""), **settings.status_names}
    labels = {
        "product": dict(meaning.products),
        "status": dict(meaning.states),
        "type": dict(meaning.kinds),
        "status_number": numbers,
    }
    found = {
        "vendor": imported.vendor,
        "layout": imported.layout,
        "table": TABLE,
        "confirmed_on": str(saved.get("confirmed_on") or ""),
        "raw_sha256": hashlib.sha256(content).hexdigest(),
        "date_order": order,
        "zone": settings.zone,
        "encoding": encoding,
        "product_from": meaning.product_from,
        "headers": dict(imported.headers),
        "labels": {name: held for name, held in labels.items() if held},
        "findings": [_finding_document(finding) for finding in imported.findings],
    }
    return {name: value for name, value in found.items() if value}


def _finding_document(finding: DataFinding) -> dict[str, Any]:
    names = ("check", "table", "column", "rows", "share", "example", "consequence", "claim", "detail")
    found = {name: getattr(finding, name) for name in names}
    return {
        name: round(value, 6) if isinstance(value, float) else value for name, value in found.items() if value != ""
    }


def meaning_faults(
    key: str, meaning: Meaning, products: Sequence[str], statuses: Mapping[str, str], is_confirming: bool
) -> list[Fault]:
    """Return what ``imports.yaml`` says wrongly, and which statuses nobody has told the meaning of."""
    faults = []

    def fault(label: str, value: str, found: str, known: Sequence[str]) -> None:
        where = f"imports: {key}: labels: {label}: {value}"
        allowed = f"{', '.join(known[:12])}, or blank."
        faults.append(Fault(IMPORTS, "", where, found, allowed, nearest(found.split("'")[1], known) or "Correct it."))

    for place, product in meaning.products.items():
        if product and product not in products:
            fault("product", place, f"'{product}' is no product", products)
    for status, state in meaning.states.items():
        if state and not is_state(state):
            fault("status", status, f"'{state}' is no state", STATES)
    for kind, work in meaning.kinds.items():
        if work and work not in WORK_KINDS:
            fault("type", kind, f"'{work}' is no kind of work", WORK_KINDS)
    untold = [status for status in statuses if not meaning.states.get(status)]
    if untold and is_confirming:
        shown = ", ".join(map(repr, untold[:8]))
        found = f"nothing says what {'this status means' if len(untold) == 1 else 'these statuses mean'}: {shown}"
        remedy = "Write waiting, active or done beside each in imports.yaml, then import again."
        faults.append(Fault(IMPORTS, "", f"imports: {key}: labels: status", found, f"{', '.join(STATES)}.", remedy))
    return faults


def changes_since(
    imported: Imported,
    meaning: Meaning,
    matches: Sequence[PlaceMatch],
    saved: Mapping[str, Any],
    confirmed: Meaning | None,
) -> tuple[str, ...]:
    """Return one sentence for each thing that differs from what was confirmed."""
    if confirmed is None or not saved.get("confirmed_on"):
        return ()
    found = []

    def new(values: Sequence[str], what: tuple[str, str], told: Mapping[str, str]) -> None:
        if values:
            shown = "; ".join(f"{value} → {told.get(value) or 'nothing yet'}" for value in values[:5])
            more = "; …" if len(values) > 5 else ""
            verb = "is" if len(values) == 1 else "are"
            found.append(f"{len(values)} {what[len(values) != 1]} {verb} new ({shown}{more}).")

    new([m.place for m in matches if m.place not in confirmed.products], ("place", "places"), meaning.products)
    new([s for s in meaning.states if s not in confirmed.states], ("status", "statuses"), meaning.states)
    if any(confirmed.kinds.values()):
        new([k for k in meaning.kinds if k not in confirmed.kinds], ("type", "types"), meaning.kinds)
    if confirmed.product_from != meaning.product_from:
        found.append(f"The product is told by {meaning.product_from}, no longer by {confirmed.product_from}.")
    for place, product in confirmed.products.items():
        if product != meaning.products.get(place, product):
            found.append(f"{place} is {meaning.products[place]} now, no longer {product}.")
    gone = [title for title, name in (saved.get("headers") or {}).items() if name not in imported.headers.values()]
    if gone:
        found.append(f"{', '.join(gone[:5])} {'is' if len(gone) == 1 else 'are'} no longer in the file.")
    order = str(saved.get("date_order") or "")
    told = {held for held, _ in imported.orders.values() if held in ORDERS}
    if order and told and order not in told:
        found.append(f"Days are written {told.pop()} now, no longer {order}.")
    return tuple(found)
