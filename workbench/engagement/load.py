"""A client's folder as one `Engagement`, or every fault at once.

Files are read (`read`), their cells typed by evidence (`cells`), each row validated against `schema`, tables compared
with each other (`checks`, and each pillar's own ``check_<pillar>``). Only a folder without a fault becomes inputs.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from workbench.engagement.checks import check_tables
from workbench.engagement.columns import EXAMPLE_PREFIX, unit_of
from workbench.engagement.commentary import Comment, check_commentary, read_comments
from workbench.engagement.folder import FolderReading
from workbench.engagement.places import engagement_folder, find_root
from workbench.engagement.publications import read_published
from workbench.engagement.schema import SHEET_TABLES, TABLES
from workbench.engagement.settings import EngagementSettings
from workbench.engagement.tables import InputFile, Tables
from workbench.errors import ClientDataError, Fault, ModelError
from workbench.findings import Off
from workbench.products import ProductMap, build_product_map

__all__ = ["Engagement", "InputFile", "Tables", "engagement_folder", "find_root", "load_engagement"]

PILLARS = ("readiness", "outcomes", "allocation")


@dataclass(frozen=True, eq=False)
class Engagement:
    """A client's folder, read and checked.

    Attributes
    ----------
    name : str
        Name of the folder.
    folder : Path
    settings : EngagementSettings
    data_hash : str
        SHA-256 over path and content of every input file.
    files : tuple of InputFile
        Sorted by path.
    tables : Tables
    as_read : Tables
        The same with amounts as the files have them, before `money_scale`.
    products : ProductMap
    lines : tuple of str
        Keys of the product lines: the register's order, then lines that only memberships name.
    readiness, outcomes, allocation : inputs of the pillar, or Off
    missing : tuple of Off
        What could not be answered, and which tables would.
    ignored : tuple of (str, int)
        Tables with rows that count as examples, because their key begins with ``example``, and how many.
    asked : mapping of pillar to frozenset of str
        What its inputs were made of, found or not, as in `Tables.watched`: nothing else can change its answer.
    """

    name: str
    folder: Path
    settings: EngagementSettings
    data_hash: str
    files: tuple[InputFile, ...]
    tables: Tables
    as_read: Tables
    products: ProductMap
    lines: tuple[str, ...]
    readiness: Any
    outcomes: Any
    allocation: Any
    missing: tuple[Off, ...] = ()
    ignored: tuple[tuple[str, int], ...] = ()
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def comments(self) -> tuple[Comment, ...]:
        """The consultant's own words, from ``commentary``."""
        return read_comments(self.tables)

    @property
    def remark(self) -> str:
        """What `ignored` says, as a sentence; empty where no row is ignored."""
        count = sum(rows for _, rows in self.ignored)
        listed = ", ".join(f"{table} {rows}" for table, rows in self.ignored)
        rows = "1 row is" if count == 1 else f"{count} rows are"
        return f"{rows} ignored, because the key begins with {EXAMPLE_PREFIX}: {listed}." if count else ""

    def __repr__(self) -> str:
        said = (
            f"{self.settings.name} ({self.name}), as of {self.settings.as_of.isoformat()}: {len(self.files)} files, "
            f"{len(self.tables)} tables, {len(self.products.products)} products, {len(self.lines)} product lines."
        )
        return f"{said} {self.remark}".rstrip()


def load_engagement(name_or_path: str | os.PathLike[str], *, root: Path | None = None) -> Engagement:
    """Read and check a client's folder.

    Parameters
    ----------
    name_or_path : str or path
        Name of the engagement; or a folder anywhere, as a `pathlib.Path`.
    root : Path, optional
        The workbench's folder; by default what `find_root` finds.

    Raises
    ------
    UsageError
        There is no such engagement, or the name is none.
    ClientDataError
        With every fault of the folder.
    """
    root = Path(root) if root is not None else find_root()
    folder = engagement_folder(name_or_path, root=root)
    reading = FolderReading(folder, root)
    reading.read()
    tables, faults = reading.tables(), reading.faults
    faults += check_tables(tables, reading.known, reading.refused)
    told = {(fault.file, fault.sheet, fault.cell) for fault in faults if fault.cell}
    checks = [_pillar_function(pillar, f"check_{pillar}") for pillar in PILLARS]
    for check in (partial(check_commentary, is_closed=not reading.has_notebooks), *checks):
        if check is not None:  # what is wrong with a cell is said once, by whoever looked first
            faults += [fault for fault in check(tables) if (fault.file, fault.sheet, fault.cell) not in told]
    products = None
    if not faults:
        products, faults = _product_map(tables)
    if faults or products is None or tables.settings is None:
        raise ClientDataError(_in_order(faults, reading.order))
    settings, as_read, tables = tables.settings, tables, _in_currency(tables)
    asked: dict[str, set[str]] = {pillar: set() for pillar in PILLARS}
    inputs = {pillar: _build(pillar, tables.watched(asked[pillar])) for pillar in PILLARS}
    if hasattr(inputs["readiness"], "published"):
        inputs["readiness"] = replace(inputs["readiness"], published=read_published(folder.name, root))
    missing = tuple(value for value in inputs.values() if isinstance(value, Off))
    faults = check_commentary(tables, missing, is_closed=not reading.has_notebooks)
    if faults:
        raise ClientDataError(_in_order(faults, reading.order))
    files = tuple(sorted(reading.files, key=lambda file: file.path))
    return Engagement(
        name=folder.name,
        folder=folder,
        settings=settings,
        data_hash=_data_hash(files),
        files=files,
        tables=tables,
        as_read=as_read,
        products=products,
        lines=_lines(tables, products),
        **inputs,
        missing=missing,
        ignored=tuple(reading.ignored.items()),
        asked={pillar: frozenset(names) for pillar, names in asked.items()},
    )


def _in_currency(tables: Tables) -> Tables:
    """Return the tables with amounts of money in whole units of the currency; the one place that heeds money_scale.

    It scales the columns whose unit is ``currency`` and the worths of money objectives. Amounts of a resource stay in
    the resource's unit; facts are left to the metrics that read them.
    """
    scale = tables.settings.money_scale if tables.settings else 1
    if scale == 1:
        return tables
    frames = dict(tables.frames)
    for name, frame in tables.frames.items():
        spec = TABLES.get(name) or SHEET_TABLES[name]
        money = [column for column, info in spec.columns.items() if unit_of(info) == "currency"]
        frames[name] = frame.assign(**{column: frame[column] * scale for column in money}) if money else frame
    if {"worths", "objectives"} <= set(frames):
        objectives = frames["objectives"]
        is_money = frames["worths"]["objective"].isin(objectives.loc[objectives["is_money"] == "yes", "objective"])
        worths = frames["worths"]
        frames["worths"] = worths.assign(value=worths["value"].where(~is_money, worths["value"] * scale))
    return replace(tables, frames=frames)


def _data_hash(files: Sequence[InputFile]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.path}\0{file.bytes}\0{file.sha256}\n".encode())
    return total.hexdigest()


def _lines(tables: Tables, products: ProductMap) -> tuple[str, ...]:
    register = list(tables["lines"]["product_line"]) if "lines" in tables else []
    return tuple(dict.fromkeys([*register, *products.parents("product_line")]))


def _product_map(tables: Tables) -> tuple[ProductMap | None, list[Fault]]:
    import pandas as pd

    products = tables.get("products", pd.DataFrame({"product": [], "name": []}))
    try:
        return build_product_map(products, tables.get("memberships"), tables.get("lines"), tables.get("parents")), []
    except ModelError as error:  # checks.py finds these with their cells; this keeps a gap from being a traceback
        return None, [Fault("memberships", "", "", str(error), "products and shares that fit.", "Correct memberships.")]


def _pillar_function(pillar: str, function: str) -> Any:
    module = f"workbench.engagement.inputs_{pillar}"
    try:
        return getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None


def _build(pillar: str, tables: Tables) -> Any:
    build = _pillar_function(pillar, f"build_{pillar}")
    if build is None:
        return Off(pillar, f"This installation does not answer questions of {pillar}.", ())
    return build(tables)


def _in_order(faults: Sequence[Fault], order: Sequence[tuple[str, str]]) -> tuple[Fault, ...]:
    """Sort by file and sheet as they were read, then by row and column; each fault once."""
    places = {place: number for number, place in enumerate(order)}
    files = {file: number for number, (file, _) in reversed(list(enumerate(order)))}

    def key(fault: Fault) -> tuple[int, int, int, int]:
        letters = re.match(r"([A-Z]{1,3})(\d+)", fault.cell)
        row = re.match(r"(?:row|line) (\d+)", fault.cell)
        number = int(letters.group(2)) if letters else int(row.group(1)) if row else 0
        column = sum((ord(c) - 64) * 26**i for i, c in enumerate(reversed(letters.group(1)))) if letters else 0
        file = files.get(fault.file, len(order))
        return file, places.get((fault.file, fault.sheet), file), number, column

    return tuple(sorted(dict.fromkeys(faults), key=key))
