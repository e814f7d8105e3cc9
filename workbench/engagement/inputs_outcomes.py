"""The client's tables → what outcomes are computed from, and the faults that only this pillar understands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.catalogue_schema import parse_catalogue
from workbench.engagement.databases import ClientDatabase
from workbench.engagement.work_facts import import_findings, work_frames
from workbench.errors import Fault, nearest
from workbench.findings import Off
from workbench.outcomes.catalogue import Catalogue
from workbench.outcomes.inputs import ControlTotal, Event, OutcomesInputs, Settings, Signal
from workbench.products import KINDS, build_product_map

if TYPE_CHECKING:
    from workbench.engagement.load import Tables

QUESTION = "Which outcomes moved, and whether they meet their targets, could not be answered."
"""What stands on the page of open questions."""


@dataclass(frozen=True)
class _Metrics:
    """The catalogue's document, whether it came as YAML or as sheets."""

    tables: Tables

    @property
    def content(self) -> Any:
        return self.tables.documents["metrics"]

    def fault(self, path: Sequence[str | int], found: str, allowed: str, remedy: str) -> Fault:
        return self.tables.document_fault("metrics", path, found, allowed, remedy)


def check_outcomes(tables: Tables) -> list[Fault]:
    """Return the faults of the metric catalogue and of what refers to it.

    Parameters
    ----------
    tables : Tables
        As read; nothing else is touched.
    """
    if not isinstance(tables.documents.get("metrics"), dict):
        return []
    catalogue, faults = parse_catalogue(_Metrics(tables), _ready_lists(tables))
    if catalogue is None:
        return faults
    faults = _database_faults(tables, catalogue)
    # where sheets stand in for the file, the rules between tables have checked the scopes, with their cells
    return faults if "targets" in tables else faults + _scope_faults(tables, catalogue)


def build_outcomes(tables: Tables) -> OutcomesInputs | Off:
    """Return the pillar's inputs, or why it is off.

    Parameters
    ----------
    tables : Tables
        Without faults.
    """
    if not isinstance(tables.documents.get("metrics"), dict) or tables.settings is None:
        return Off("outcomes", QUESTION, ("metrics", "facts"))
    catalogue, _ = parse_catalogue(_Metrics(tables), _ready_lists(tables))
    if catalogue is None or "products" not in tables:
        return Off("outcomes", QUESTION, ("metrics", "products"))
    if not any(table.name in tables.facts or table.database for table in catalogue.tables):
        return Off("outcomes", QUESTION, tuple(f"facts/{table.name}" for table in catalogue.tables))
    settings = tables.settings
    databases = client_databases(tables)
    catalogue = replace(
        catalogue,
        tables=tuple(
            replace(table, dialect=databases[table.database].engine) if table.database else table
            for table in catalogue.tables
        ),
    )
    return OutcomesInputs(
        catalogue=catalogue,
        facts={name: str(found.parquet) for name, found in tables.facts.items()},
        columns={name: dict(found.columns) for name, found in tables.facts.items()},
        products=build_product_map(
            tables["products"], tables.get("memberships"), tables.get("lines"), tables.get("parents")
        ),
        settings=Settings(
            as_of=settings.as_of,
            confidence=settings.confidence,
            currency=settings.currency,
            money_scale=settings.money_scale,
            fiscal_year_starts=settings.fiscal_year_starts,
            reviews=settings.reviews,
        ),
        sources={
            **{name: found.file for name, found in tables.facts.items()},
            **{t.name: f"{t.database}: {t.relation or t.name}" for t in catalogue.tables if t.database},
        },
        unreadable={name: dict(found.unreadable) for name, found in tables.facts.items() if found.unreadable},
        events=_events(tables),
        control_totals=_control_totals(tables),
        feedback=_feedback(tables),
        work=work_frames(tables),
        work_findings=import_findings(tables),
        databases={table.database: databases[table.database] for table in catalogue.tables if table.database},
    )


def client_databases(tables: Tables) -> dict[str, ClientDatabase]:
    """Return the databases that engagement.yaml names; none is opened."""
    found = {}
    for name, held in (tables.settings.databases if tables.settings else {}).items():
        place = tables.document_fault("engagement", ("databases", name), "", "", "")
        variable = held.address.removeprefix("env:")
        where = (place.file, place.sheet, place.cell)
        found[name] = ClientDatabase(name, variable, held.engine, held.statement_timeout_seconds, where)
    return found


def _database_faults(tables: Tables, catalogue: Catalogue) -> list[Fault]:
    """Find tables in databases that engagement.yaml does not name."""
    document = tables.document("engagement")  # also those with faults of their own, which are told already
    held = document.content.get("databases") if document is not None else None
    known = [str(name) for name in held] if isinstance(held, dict) else []
    return [
        tables.document_fault(
            "metrics",
            ("tables", table.name, "database"),
            f"there is no database {table.database!r}",
            f"{', '.join(known) or 'none: engagement.yaml has no databases'}.",
            nearest(table.database, known) or f"Name it in engagement.yaml: databases: {{{table.database}: env:NAME}}.",
        )
        for table in catalogue.tables
        if table.database and table.database not in known
    ]


def _ready_lists(tables: Tables) -> Path | None:
    return tables.root / "templates" / "metrics" if tables.root is not None else None


def _known_scopes(tables: Tables) -> dict[str, list[str]]:
    scopes: dict[str, list[str]] = {kind: [] for kind in ("product", *KINDS)}
    if "products" in tables:
        scopes["product"] = [str(key) for key in tables["products"]["product"]]
    for name in ("memberships", "parents"):
        frame = tables.get(name)
        for kind, parent in zip(frame["kind"], frame["parent"], strict=True) if frame is not None else ():
            if kind in scopes and parent not in scopes[kind]:
                scopes[kind].append(str(parent))
    if "lines" in tables:
        scopes["product_line"] += [k for k in tables["lines"]["product_line"] if k not in scopes["product_line"]]
    return scopes


def _scope_faults(tables: Tables, catalogue: Catalogue) -> list[Fault]:
    """Find targets of parents and products that do not exist."""
    scopes = _known_scopes(tables)
    content = tables.documents["metrics"].get("metrics") or []
    places = {str(metric.get("metric")): place for place, metric in enumerate(content) if isinstance(metric, dict)}
    faults = []
    for metric in catalogue.metrics:
        for number, target in enumerate(metric.targets):
            known = scopes.get(target.kind)
            if known is None or target.scope in known or metric.metric not in places:
                continue
            faults.append(
                tables.document_fault(
                    "metrics",
                    ("metrics", places[metric.metric], "targets", number),
                    f"a target for the {target.kind.replace('_', ' ')} {target.scope!r}, which does not exist",
                    f"{', '.join(known) or 'none: memberships name none'}.",
                    nearest(target.scope, known) or "Correct the scope.",
                )
            )
    return faults


def _events(tables: Tables) -> tuple[Event, ...]:
    if "events" not in tables:
        return ()
    rows = tables["events"].to_dict("records")
    found = [Event(row["date"], row["scope"] or "", row["what"], row["kind"]) for row in rows]
    return tuple(sorted(found, key=lambda event: (event.date, event.scope, event.what)))


def _control_totals(tables: Tables) -> tuple[ControlTotal, ...]:
    if "control_totals" not in tables:
        return ()
    return tuple(
        ControlTotal(
            row["measure"],
            row["scope"] or "",
            row["period"],
            float(row["value"]),
            row["source"],
            row["signed_off_by"],
            None if row["tolerance"] != row["tolerance"] else float(row["tolerance"]),
        )
        for row in tables["control_totals"].to_dict("records")
    )


def _feedback(tables: Tables) -> tuple[Signal, ...] | None:
    if "feedback" not in tables:
        return None
    names = [field.name for field in fields(Signal)]
    return tuple(Signal(**{name: row[name] for name in names}) for row in tables["feedback"].to_dict("records"))
