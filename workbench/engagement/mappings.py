"""How each import was read, as a person confirmed it: the models of ``imports.yaml``."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from workbench.engagement.columns import Count, Key, Number, Share, Strict, Text


class ImportedWave(Strict):
    """What an import has read for one wave: the raw file's hash, its sheets, those kept, and the roles among them."""

    raw_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    read: Count
    kept: Count
    roles: tuple[Key, ...] = ()


class ImportFinding(Strict):
    """What an import of a tracker's export found wrong, kept for the report."""

    check: Key
    table: Key
    column: str = ""
    rows: Count
    share: Share
    example: str = ""
    consequence: Literal["off", "marked", "informs"]
    claim: Text
    detail: str = ""


class SheetLayout(Strict):
    """How a client's own sheet is laid out: where the table stands, what its numbers count, what is left out.

    `title`, `marks` and `other_sheets` are short hashes of what is not read: it may be names, and is kept nowhere.
    """

    sheet: str = ""
    title: str = ""
    at: str = ""
    header_row: Count | None = None
    value: str = ""
    only: str = ""
    decimal: Literal[".", ",", ""] = ""
    hidden: Literal["read", "skip", ""] = ""
    section: str = ""
    fixed: dict[Key, Text] = Field(default_factory=dict)
    units: dict[Key, str | int | float] = Field(default_factory=dict)
    fill: dict[Key, Literal["down", "blank"]] = Field(default_factory=dict)
    keep: tuple[Text, ...] = ()
    leave_out: tuple[Text, ...] = ()
    together: bool = False
    scales: dict[Key, float] = Field(default_factory=dict)
    unit_words: dict[Key, str] = Field(default_factory=dict)
    turned: tuple[Key, ...] = ()
    filled_down: tuple[Key, ...] = ()
    across: bool = False
    other_sheets: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()


class Behind(Strict):
    """What hangs on a name that nobody knows yet: rows of the sheet, and the sum of each measure in them."""

    rows: Count
    amounts: dict[Key, Number] = Field(default_factory=dict)


class ImportMapping(Strict):
    """One confirmed import: how a vendor's export or a client's own sheet becomes a table of ours.

    `headers` leads from a header to a column, an item or ``ignore``; `labels` from a column or item (``*``: all items)
    and a label to what is stored, `behind` to what hangs on a name that nobody knows; `fixed` says what is the same for
    everybody who gets a form. Of a tracker, `labels` lead from its products, statuses and types to ours, `product_from`
    names what tells the product, `zone` its clock.
    """

    vendor: Text | None = None
    layout: Text | None = None
    table: Key | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    labels: dict[str, dict[str, str | int | float]] = Field(default_factory=dict)
    behind: dict[Key, dict[str, Behind]] = Field(default_factory=dict)
    fixed: dict[Literal["role", "unit", "product_line"], Text] = Field(default_factory=dict)
    codes: Literal["shown", "reversed", "levels"] | None = None
    date_order: Literal["day-month-year", "month-day-year", "year-month-day"] | None = None
    encoding: Text | None = None
    zone: Text | None = None
    product_from: Text | None = None
    raw_sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    salt_mark: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")] | None = None
    waves: dict[Key, ImportedWave] = Field(default_factory=dict)
    findings: tuple[ImportFinding, ...] = ()
    sheet_layout: SheetLayout | None = None
    confirmed_by: Text | None = None
    confirmed_on: dt.date | None = None


class Imports(Strict):
    """``imports.yaml``: the confirmed mapping of each import, by a name of the consultant's choice."""

    imports: dict[Key, ImportMapping] = Field(default_factory=dict)
