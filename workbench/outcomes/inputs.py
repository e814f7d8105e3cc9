"""What outcomes are computed from: catalogue, facts as Parquet files, products, events, ledger totals, settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue
from workbench.products import ProductMap

if TYPE_CHECKING:
    import pandas as pd

    from workbench.outcomes.data_checks import DataFinding
    from workbench.outcomes.engines import Database


@dataclass(frozen=True)
class Settings:
    """What holds for the whole engagement.

    Attributes
    ----------
    as_of : date
        The day the data speak of; rows after it do not count.
    confidence : float
        Coverage of intervals, 0 to 1.
    currency : str
        ISO 4217 code.
    money_scale : int
        How the planning tables are written. Facts, targets and worths of the catalogue are in whole units of the
        currency whatever it says; where it is not 1, a caution reminds the reader.
    fiscal_year_starts : int
        Month, 1 to 12.
    insights_per_reader : int
        Most statements one reader gets.
    false_share : float
        Share of false ones among the moves that are named, at most; 0 to 1.
    reviews : tuple of date
        Days of earlier reviews; those that do not lie before `as_of` do not count.
    """

    as_of: dt.date
    confidence: float = 0.95
    currency: str = "EUR"
    money_scale: int = 1
    fiscal_year_starts: int = 1
    insights_per_reader: int = 5
    false_share: float = 0.10
    reviews: tuple[dt.date, ...] = ()

    def __post_init__(self) -> None:
        if not 0.5 < self.confidence < 1:
            raise ModelError(f"confidence lies between 0.5 and 1; got {self.confidence}.")
        if self.insights_per_reader < 1:
            raise ModelError(f"insights_per_reader is at least 1; got {self.insights_per_reader}.")


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Attributes
    ----------
    date : date
    scope : str
        Product, parent or metric; empty means everywhere.
    what : str
        In the client's words.
    kind : str
        ``price``, ``definition``, ``outage``, ``campaign``, ``regulation``, ``baseline`` (a new level that the client
        accepts: the usual range begins anew) or ``other``.
    """

    date: dt.date
    scope: str
    what: str
    kind: str


@dataclass(frozen=True)
class ControlTotal:
    """A number of the client's ledger, to compare ours with.

    Attributes
    ----------
    measure, scope, period : str
        Metric; parent, or empty for the company; ``2026-08``, ``2026-Q3`` or ``2026``.
    value : float
        Unit: the metric's.
    source, signed_off_by : str or None
    tolerance : float or None
        Difference that is tolerated, as a share of the ledger's number; None means the usual one.
    """

    measure: str
    scope: str
    period: str
    value: float
    source: str | None = None
    signed_off_by: str | None = None
    tolerance: float | None = None


@dataclass(frozen=True)
class Signal:
    """Something that customers or the operation said, and what became of it.

    Attributes
    ----------
    signal, product, channel : str
        Its key, the product it speaks of, where it came from.
    raised : date or datetime
        A datetime where the log has clock times; with an offset, or all on one clock.
    seen, decided, shipped, checked, told : date or datetime or None
        When the product manager saw it, it was decided, reached users, its effect was checked, its sender was told.
    decision : str or None
        ``yes``, ``no``, or None where nobody wrote it down.
    """

    signal: str
    product: str
    channel: str
    raised: dt.date
    seen: dt.date | None = None
    decided: dt.date | None = None
    decision: str | None = None
    shipped: dt.date | None = None
    checked: dt.date | None = None
    told: dt.date | None = None


@dataclass(frozen=True)
class OutcomesInputs:
    """Checked and frozen; made by `workbench.engagement.inputs_outcomes`.

    Attributes
    ----------
    catalogue : Catalogue
    facts : mapping of table to path
        Parquet files.
    columns : mapping of table to mapping of column to kind
        As found in the files.
    sources : mapping of table to str
        The client's own files, as the client knows them.
    products : ProductMap
    settings : Settings
    unreadable : mapping of table to mapping of column to (int, str)
        Cells that are no date or number although the catalogue wants one, and an example.
    events : tuple of Event
        In order of time.
    control_totals : tuple of ControlTotal
    feedback : tuple of Signal or None
        In the client's order; None where nobody sent the table.
    work : mapping of str to DataFrame
        Tables of `work_tables.WORK_TABLES` that the client has, with all their columns.
    work_findings : tuple of DataFinding
        What the imports of trackers found wrong with their files.
    databases : mapping of str to Database
        By the name under which tables of the catalogue name them; opened when the review begins.
    """

    catalogue: Catalogue
    facts: Mapping[str, str]
    columns: Mapping[str, Mapping[str, str]]
    products: ProductMap
    settings: Settings
    sources: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, Mapping[str, tuple[int, str]]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    control_totals: tuple[ControlTotal, ...] = ()
    feedback: tuple[Signal, ...] | None = None
    work: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    work_findings: tuple[DataFinding, ...] = ()
    databases: Mapping[str, Database] = field(default_factory=dict)
