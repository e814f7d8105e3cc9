"""The crosswalk of one sheet: each column that names something of ours, with the amounts that hang on each name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.engagement.intake.crosswalk import (
    LEAVE_OUT,
    NameMatch,
    Register,
    choice_register,
    fold_name,
    match_names,
)
from workbench.engagement.intake.records import Records
from workbench.engagement.intake.saved import said_names
from workbench.engagement.intake.targets import Target

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables

ROLES = ("executive", "product", "builder", "operations", "support", "finance", "hr")
"""Roles of our questionnaire, where the client's own are not known yet."""

ROLE_WORDS: Mapping[str, tuple[str, ...]] = {
    "executive": ("Leitung", "Geschäftsführung", "Geschäftsleitung", "Vorstand", "Executive management", "Direction"),
    "product": ("Produktmanagement", "Product management", "Produktmanager", "Product manager", "Product owner"),
    "builder": ("Softwareentwicklung", "Software development", "Software engineering", "Softwareentwickler"),
    "operations": ("Sachbearbeitung", "Betrieb", "Kundenservice", "Customer service", "Back office"),
    "support": ("Stabsfunktion", "Stabsfunktionen", "Zentralfunktion", "Support function", "Shared services"),
    "finance": ("Finanzen", "Controlling", "Rechnungswesen", "Accounting"),
    "hr": ("Personalwesen", "Human resources", "Ressources humaines"),
}
"""Our role → what a list of staff calls it; proposed, for a client's job families are its own."""

_SCOPED = frozenset({"control_totals", "events"})

BOOKS: Mapping[str, tuple[str, ...]] = {
    "headcount": ("Mitarbeiter", "Mitarbeitende", "Personalbestand", "Effectif"),
    "cost": ("Costs", "Total cost", "Kosten", "Gesamtkosten", "Coûts"),
    "project_budget": ("Projektbudget", "Projektbudgets", "Budget of projects"),
    "project_spent": ("Projektkosten", "Project spending", "Spent on projects"),
    "project_people": ("People in projects", "Projektmitarbeiter"),
}
"""What the books may speak of besides a client's own names, with what they call it."""


def match_columns(
    records: Records,
    target: Target,
    tables: Tables,
    labels: Mapping[str, Mapping[str, str]],
    aliases: Mapping[str, str],
) -> list[NameMatch]:
    """Return what each name in the records is of ours, but for those that are ours by themselves.

    Parameters
    ----------
    records : Records
    target : Target
    tables : Tables
    labels : mapping of str to mapping of str to str
        Column → their name → ours, as ``imports.yaml`` says.
    aliases : mapping of str to str
        Their name → ours, as said on the command line.
    """
    found: list[NameMatch] = []
    for column in records.columns:
        said = said_names(labels, aliases, column)
        register = (
            _parents(records, column, target, tables, said)
            or _measures(column, target, tables, said)
            or _register(column, target, tables, said)
        )
        if register is None:
            continue
        names, amounts = _counted(records, column, target)
        matches = match_names(names, register, amounts)
        if (target.name, column) == ("control_totals", "measure"):
            matches = [
                one for one in matches if one.how in ("name", "said")
            ]  # an account is only like a metric by chance
        found += [one for one in matches if one.how != "key" and not (one.how == "new" and not register.keys)]
    return found


def with_names(
    target: Target, tables: Tables, labels: Mapping[str, Mapping[str, str]], aliases: Mapping[str, str]
) -> Target:
    """Return a table of ours whose columns know which names they may hold: ours, and those told or confirmed before.

    Parameters
    ----------
    target, tables, labels, aliases
        As in `match_columns`.
    """
    columns = dict(target.columns)
    for column, held in target.columns.items():
        is_named = held.refers or (column == "scope" and target.name in _SCOPED)
        register = _register(column, target, tables, said_names(labels, aliases, column)) if is_named else None
        if register is not None:
            names = {name for key, others in register.keys.items() for name in (key, *others)} | set(aliases)
            columns[column] = replace(held, names=frozenset(map(fold_name, names)) | register.aliases.keys())
    return replace(target, columns=columns)


def _counted(records: Records, column: str, target: Target) -> tuple[dict[str, int], dict[str, dict[str, float]]]:
    names: dict[str, int] = {}
    amounts: dict[str, dict[str, float]] = {}
    measures = [name for name in records.columns if name in target.additive]
    for at, name in enumerate(records.columns[column]):
        if name is None:
            continue
        names[name] = names.get(name, 0) + 1
        for measure in measures:
            value = records.columns[measure][at]
            if value is not None:
                held = amounts.setdefault(name, {})
                held[measure] = held.get(measure, 0.0) + float(value)
    return names, amounts


def _register(column: str, target: Target, tables: Tables, said: Mapping[str, str]) -> Register | None:
    """Return our names that a column may hold, None where it holds no names."""
    held = target.columns.get(column)
    if held is None:
        return None
    if held.choices and held.kind == "choice":
        return choice_register(column, held.choices, said)
    keys: dict[str, tuple[str, ...]] = {}
    is_open = False
    if held.refers:
        keys = _names(tables, *held.refers.split("."))
    elif column == "scope" and target.name in _SCOPED:
        for table, key in (("products", "product"), ("lines", "product_line"), ("memberships", "parent")):
            keys = {**_names(tables, table, key), **keys}
        if target.name == "events":
            held_metrics = (tables.documents.get("metrics") or {}).get("metrics") or ()
            keys |= {str(one["metric"]): () for one in held_metrics if isinstance(one, dict) and "metric" in one}
    elif column == "role" and target.name == "population":
        there = {name for table in ("population", "survey") if table in tables for name in tables[table]["role"]}
        keys = {str(name): () for name in (*ROLES, *sorted(map(str, there)))}
    elif held.alias:
        keys, is_open = _names(tables, target.name, column), True
    else:
        return None
    if not keys and not is_open:
        return None  # the register is not there yet: nothing to compare with
    kind = held.alias or ("product_line" if column == "scope" else "")
    kinds = (kind, "product") if column == "scope" else (kind,)
    known = _known(tables, kinds, {} if is_open else keys) if kind else {}
    usual = ROLE_WORDS if (target.name, column) == ("population", "role") else {}
    return Register(column, keys, known, said, is_open, usual)


def _parents(records: Records, column: str, target: Target, tables: Tables, said: Mapping[str, str]) -> Register | None:
    """Return the lines that a parent may be, where every row speaks of lines: streams and experiences are free."""
    if target.name != "memberships" or column != "parent" or set(records.columns.get("kind", ())) != {"product_line"}:
        return None
    keys = _names(tables, "lines", "product_line")
    return Register(column, keys, _known(tables, ("product_line",), keys), said) if keys else None


def _measures(column: str, target: Target, tables: Tables, said: Mapping[str, str]) -> Register | None:
    """Return what the books may speak of: metrics by what people read, resources, activities; other words stay."""
    if (target.name, column) != ("control_totals", "measure"):
        return None
    metrics = (tables.documents.get("metrics") or {}).get("metrics") or ()
    keys: dict[str, tuple[str, ...]] = {
        str(one["metric"]): (str(one.get("label") or ""),) for one in metrics if "metric" in one
    }
    keys |= dict(BOOKS) | _names(tables, "resources", "resource") | _names(tables, "activities", "activity")
    return Register(column, keys, {}, said, is_open=True)


def _known(tables: Tables, kinds: Sequence[str], keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return their names that ``aliases`` knows of these kinds, folded; only of keys that there are, if any are."""
    if "aliases" not in tables:
        return {}
    frame = tables["aliases"]
    frame = frame[frame["kind"].isin(kinds)]
    return {
        fold_name(str(their)): str(ours)
        for their, ours in zip(frame["their_name"], frame["our_name"], strict=True)
        if not keys or str(ours) in keys
    }


def _names(tables: Tables, table: str, key: str) -> dict[str, tuple[str, ...]]:
    if table not in tables:
        return {}
    frame = tables[table]
    names = frame["name"].tolist() if "name" in frame.columns else [None] * len(frame)
    found: dict[str, tuple[str, ...]] = {}
    for ours, name in zip(frame[key].tolist(), names, strict=True):
        if ours is not None:
            found[str(ours)] = (str(name),) if isinstance(name, str) else ()
    return found


def apply_names(records: Records, names: Sequence[NameMatch]) -> Records:
    """Return the records under our names; those that are to be left out are gone."""
    ours = {(one.column, one.their_name): one.our_name for one in names}
    columns = dict(records.columns)
    gone: set[int] = set()
    for column in {one.column for one in names}:
        cells = [ours.get((column, cell), cell) if cell is not None else None for cell in columns[column]]
        gone.update(at for at, cell in enumerate(cells) if cell == LEAVE_OUT)
        columns[column] = cells
    renamed = Records(
        columns,
        records.rows,
        records.places,
        records.empty,
        records.addresses,
        records.date_order,
        records.remarks,
        records.faults,
    )
    return renamed.keep([at for at in range(len(records)) if at not in gone]) if gone else renamed
