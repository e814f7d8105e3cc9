"""What a table of ours takes from a client's sheet: its columns, which must be there, and which may be added up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.engagement.cells import choices_of, column_kind, is_open_choice
from workbench.engagement.columns import is_key, refers_of, unit_of
from workbench.engagement.intake.words import KNOWN, plain_words
from workbench.engagement.schema import TABLES
from workbench.errors import UsageError, nearest

if TYPE_CHECKING:
    from workbench.engagement.tables import Tables

ADDITIVE: Mapping[str, frozenset[str]] = {
    "resources": frozenset({"capacity"}),
    "projects": frozenset({"budget", "spent", "people"}),
    "population": frozenset({"headcount"}),
    "control_totals": frozenset({"value"}),
    "function_plans": frozenset({"planned"}),
    "needs": frozenset({"amount"}),
    "layers": frozenset({"headcount"}),
    "closing": frozenset({"one_off_cost", "yearly_cost"}),
    "activities": frozenset({"current"}),
    "curve_history": frozenset({"level", "outcome"}),
}
"""Columns of which a sheet's totals are the sum."""

ELSEWHERE = {"survey": "workbench import survey"}
"""Tables that are brought in another way."""

OFFICES = frozenset({"owner", "product_manager", "sponsor", "by", "said_by", "signed_off_by", "agreed_by", "author"})
"""Columns in which our tables ask who answers for something: names that stay, because they are an office's."""

YES_OR_NO = ("true", "false")
"""How a file of facts says yes and no."""

ALIAS_KINDS = {
    "products.product": "product",
    "lines.product_line": "product_line",
    "resources.resource": "resource",
    "activities.activity": "activity",
}
"""What a reference points to → its kind in the table ``aliases``."""

OWN_KINDS = {
    ("products", "product"): "product",
    ("lines", "product_line"): "product_line",
    ("resources", "resource"): "resource",
    ("activities", "activity"): "activity",
    ("population", "unit"): "unit",
    ("population", "role"): "role",
    ("control_totals", "measure"): "metric",
}
"""Columns that name things themselves → kind in the table ``aliases``."""


@dataclass(frozen=True)
class TargetColumn:
    """A column of ours.

    Attributes
    ----------
    name, kind : str
        `kind` is text, number, integer, date or choice.
    is_required, is_key : bool
    unit : str
        As the schema says it; ``currency`` is money.
    refers : str
        ``table.column`` that must hold the value.
    alias : str
        Kind of name in the table ``aliases``; empty where names are free.
    lowest : float or None
        Smallest value that the column takes.
    choices : tuple of str
    words : tuple of str
        What clients call it.
    names : frozenset of str
        Names of the client's that it may hold, folded: headers may stand for them.
    """

    name: str
    kind: str
    is_required: bool = False
    is_key: bool = False
    unit: str = ""
    refers: str = ""
    alias: str = ""
    lowest: float | None = None
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in ("number", "integer")


@dataclass(frozen=True)
class Target:
    """A table of ours, as a client's sheet fills it.

    Attributes
    ----------
    name : str
        ``resources``; of facts the table's name.
    is_facts : bool
    columns : mapping of str to TargetColumn
    key : tuple of str
    period : str
        Column with the period; empty where the table has none.
    additive : frozenset of str
    version : str
        Column of facts that says actual, budget, forecast or prior.
    """

    name: str
    is_facts: bool
    columns: Mapping[str, TargetColumn]
    key: tuple[str, ...]
    period: str
    additive: frozenset[str]
    version: str = ""

    @property
    def file(self) -> str:
        """Where the table stands in the client's folder."""
        return f"facts/{self.name}.csv" if self.is_facts else f"{self.name}.csv"

    @property
    def table(self) -> str:
        """Its name as ``--as`` takes it."""
        return f"facts/{self.name}" if self.is_facts else self.name

    @cached_property
    def headers_read(self) -> dict[str, tuple[tuple[str, ...], str]]:
        """What headers were found to name, for the next time that one of the same words is met."""
        return {}

    @property
    def measures(self) -> tuple[str, ...]:
        """Columns of numbers that are not part of the key."""
        return tuple(name for name, held in self.columns.items() if held.is_number and name not in self.key)

    @property
    def main_measure(self) -> str:
        """The one column of numbers that months across can mean; empty where several could be."""
        needed = [name for name in self.measures if self.columns[name].is_required]
        found = needed or list(self.measures)
        return found[0] if len(found) == 1 else ""


def find_target(name: str, tables: Tables, catalogue: Any) -> Target:
    """Return the table that a name means: one of the schema, or ``facts/NAME`` of the catalogue.

    Raises
    ------
    UsageError
        There is none, or it is brought in another way.
    """
    wanted = name.strip().lower().removesuffix(".csv")
    wanted = {"people": "population", "unit_sizes": "population", "staff": "population"}.get(wanted, wanted)
    if wanted in ELSEWHERE:
        raise UsageError(f"--as {wanted}: use {ELSEWHERE[wanted]}.")
    facts = [table.name for table in catalogue.tables] if catalogue is not None else []
    short = wanted.removeprefix("facts/").removeprefix("facts_")
    if wanted in TABLES:
        return _of_schema(wanted)
    found = next((table for table in facts if table.lower() == short), "")
    if found:
        return _of_facts(found, catalogue)
    known = [*(table for table in TABLES if table not in ELSEWHERE), *(f"facts/{table}" for table in facts)]
    hint = nearest(wanted, known)
    if not hint and wanted.startswith(("facts/", "facts_")):
        hint = "Describe it first, in the sheet fact_tables or in metrics.yaml: which columns are key, day and product."
    said = f"--as {name[:60]!r} is no table.{f' {hint}' if hint else ''}"
    raise UsageError(f"{said} There are: {', '.join(known)}.")


def _of_schema(table: str) -> Target:
    spec = TABLES[table]
    columns = {}
    for name, info in spec.columns.items():
        lowest = next((float(part.ge) for part in _metadata(info) if getattr(part, "ge", None) is not None), None)
        refers = refers_of(info)
        columns[name] = TargetColumn(
            name,
            column_kind(info),
            info.is_required(),
            is_key(info),
            unit_of(info),
            refers,
            ALIAS_KINDS.get(refers, OWN_KINDS.get((table, name), "")),
            lowest,
            () if is_open_choice(info) else choices_of(info),
            _words(name),
        )
    period = "period" if "period" in columns else ""
    return Target(table, False, columns, spec.key, period, ADDITIVE.get(table, frozenset()))


def _metadata(info: Any) -> list[Any]:
    found = list(info.metadata)
    stack = [info.annotation]
    while stack:
        part = stack.pop()
        found += list(getattr(part, "__metadata__", ()))
        stack += [
            held for held in getattr(part, "__args__", ()) if hasattr(held, "__args__") or hasattr(held, "__metadata__")
        ]
    flat: list[Any] = []
    for held in found:
        flat += list(getattr(held, "metadata", ())) or [held]
    return flat


def _of_facts(table: str, catalogue: Any) -> Target:
    from workbench.engagement.facts import roles_of

    held = next(one for one in catalogue.tables if one.name == table)
    key = tuple(held.key)
    columns = {}
    for name, role in roles_of(catalogue, table).items():
        refers = "products.product" if name == held.product else ""
        columns[name] = TargetColumn(
            name,
            role,
            name in (held.time, held.product, *key),
            name in key,
            "",
            refers,
            ALIAS_KINDS.get(refers, ""),
            None,
            (),
            _fact_words(name, held),
        )
    for metric in catalogue.metrics:  # what the measures split by and ask of a row, beside what they add up
        for _, measure in metric.measures:
            if measure.table != table:
                continue
            is_asked = measure.agg == "share_true" and measure.column not in (None, *columns)
            for name in (measure.column if is_asked else None, *metric.segments, *(c.column for c in measure.where)):
                if name and name not in columns:
                    kind, choices = ("choice", YES_OR_NO) if is_asked and name == measure.column else ("text", ())
                    columns[name] = TargetColumn(name, kind, choices=choices, words=_fact_words(name, held))
    numbers = frozenset(name for name, column in columns.items() if column.is_number)
    return Target(table, True, columns, key, held.time, numbers, held.version or "")


def _fact_words(name: str, held: Any) -> tuple[str, ...]:
    own = _words(name)
    for role in ("product", "version", "customer"):
        if name and name == getattr(held, role, ""):
            return (*own, *KNOWN[role])
    return (*own, *KNOWN["period"], *KNOWN["date"]) if name == held.time else own


def _words(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((plain_words(name.replace("_", " ")), *KNOWN.get(name, ()))))


def check_columns(names: Sequence[str], target: Target, option: str) -> None:
    """Refuse an option that names a column the table does not have.

    Raises
    ------
    UsageError
        With what is near.
    """
    for name in names:
        if name not in target.columns:
            hint = f"{nearest(name, target.columns)} ".lstrip()
            known = ", ".join(target.columns)
            raise UsageError(f"{option}: {target.name} has no column {name[:60]!r}. {hint}There are: {known}.")
