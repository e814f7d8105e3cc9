"""The client's tables as the pillars see them: typed frames that know where each cell stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.engagement.documents import Document
from workbench.engagement.read import RawTable
from workbench.engagement.settings import EngagementSettings
from workbench.errors import Fault

if TYPE_CHECKING:
    import pandas as pd

    from workbench.engagement.facts import FactsFile


@dataclass(frozen=True)
class InputFile:
    """A file of the client's folder.

    Attributes
    ----------
    path : str
        Relative to the folder, with forward slashes.
    bytes : int
        Size.
    sha256 : str
        Hash of its content.
    read : str
        SHA-256 of what notebooks can read of it, where it also holds words that none reads; else blank.
    """

    path: str
    bytes: int
    sha256: str
    read: str = ""


@dataclass(frozen=True, eq=False)
class RefusedRows:
    """Rows of a table that could not be kept, because a cell that must be filled is wrong.

    Attributes
    ----------
    raw : RawTable
        Where their cells stand.
    cells : tuple of mapping
        Per row, the cells that are right: column → value.
    """

    raw: RawTable
    cells: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, eq=False)
class Tables(Mapping[str, "pd.DataFrame"]):
    """The client's tables, checked; a mapping from name to frame in which an absent table is absent.

    Each frame has all columns of the schema: text as objects with None for blank; numbers as float64 with NaN (int64
    where a whole number is required); dates as `datetime.date`; further columns (the survey's items) as text. Rows
    stand in the order of the file under labels 0, 1, 2 … When inputs are built, money is in whole units of the
    currency (`money_scale` is applied once, by `load_engagement`): columns with the unit ``currency`` and the worths of
    money objectives.

    Attributes
    ----------
    frames : mapping of str to DataFrame
    settings : EngagementSettings or None
        None only while a folder with faulty settings is checked.
    documents : mapping of str to Any
        ``metrics``: what metrics.yaml says, also where sheets stand in for it; ``scenarios``: name → content;
        ``imports``.
    facts : mapping of str to FactsFile
        Tables of facts that were found; each has `parquet`, a path that DuckDB can read.
    root : Path or None
        The workbench's folder, which holds ``templates/``.
    refused : mapping of str to RefusedRows
        Rows that are in no frame, for a wrong cell; their other cells still say which names there are.
    """

    frames: Mapping[str, pd.DataFrame]
    settings: EngagementSettings | None = None
    documents: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, FactsFile] = field(default_factory=dict)
    root: Path | None = None
    _raw: Mapping[str, RawTable] = field(default_factory=dict, repr=False)
    _sources: Mapping[str, Document] = field(default_factory=dict, repr=False)
    refused: Mapping[str, RefusedRows] = field(default_factory=dict, repr=False)

    def __getitem__(self, table: str) -> pd.DataFrame:
        return self.frames[table]

    def __iter__(self) -> Iterator[str]:
        return iter(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def watched(self, asked: set[str]) -> Tables:
        """Return the same tables; what is asked of them, found or not, is put into `asked`.

        Parameters
        ----------
        asked : set of str
            Filled with names of tables, ``document:NAME`` and ``facts:NAME``; ``*`` where all were gone through.
        """
        return replace(
            self,
            frames=_Watched(self.frames, asked),
            documents=_Watched(self.documents, asked, "document:"),
            facts=_Watched(self.facts, asked, "facts:"),
        )

    def where(self, table: str, row_index: int | None, column: str | None = None) -> tuple[str, str, str]:
        """Return file, sheet and cell of a value.

        Parameters
        ----------
        table : str
            Table.
        row_index : int or None
            Label of the row; None means the header.
        column : str or None
            Column; None means the whole row.
        """
        raw = self._raw.get(table)
        if raw is None:
            place = "" if row_index is None else f"row {int(row_index) + 2}"
            return table, "", ", ".join(part for part in (place, column and f"column {column}") if part)
        return raw.file, raw.sheet, raw.place(None if row_index is None else int(row_index), column)

    def names_of(self, target: str) -> dict[str, str]:
        """Return what people call each key of a register.

        Parameters
        ----------
        target : str
            ``table.column``, such as ``products.product``.
        """
        table, _, column = target.partition(".")
        if table not in self or "name" not in self[table] or column not in self[table]:
            return {}
        return dict(zip(self[table][column].tolist(), self[table]["name"].tolist(), strict=True))

    def fault(
        self, table: str, row_index: int | None, column: str | None, found: str, allowed: str, remedy: str
    ) -> Fault:
        """Return a fault of one cell of a table."""
        return Fault(*self.where(table, row_index, column), found, allowed, remedy)

    def document(self, name: str) -> Document | None:
        """Return a document with the places of its keys: ``metrics``, ``engagement``, ``scenarios/<name>``."""
        return self._sources.get(name)

    def document_fault(self, document: str, path: Sequence[str | int], found: str, allowed: str, remedy: str) -> Fault:
        """Return a fault of a document at a path of keys, such as ``("metrics", 0, "type")``, with its line or cell."""
        if document == "scenarios" and path:  # one file, or one group of rows, a scenario
            document, path = f"scenarios/{path[0]}", path[1:]
        source = self._sources.get(document) or Document(f"{document}.yaml", "", {})
        return source.fault(path, found, allowed, remedy)


def records(tables: Mapping[str, pd.DataFrame], name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table with None for blank cells; none where there is no such table."""
    if name not in tables:
        return
    for row in tables[name].to_dict("records"):
        yield {str(column): None if cell != cell else cell for column, cell in row.items()}


@dataclass(frozen=True, eq=False)
class _Watched(Mapping[str, Any]):
    """A mapping that notes what is asked of it."""

    held: Mapping[str, Any]
    asked: set[str]
    prefix: str = ""

    def __getitem__(self, name: str) -> Any:
        self.asked.add(f"{self.prefix}{name}")
        return self.held[name]

    def __iter__(self) -> Iterator[str]:
        self.asked.add(f"{self.prefix}*")
        return iter(self.held)

    def __len__(self) -> int:
        self.asked.add(f"{self.prefix}*")
        return len(self.held)
