"""Alder Retail, an invented retailer whose files arrived as they were: small groups, semicolons, missing tables.

Everything is valid once ``sources:`` says how the files are written: cp1252, decimal comma, day before month. Nobody
sent resources or activities, one line has no answers at all, and fourteen months of sales are a short history.
Planted: the share of goods that come back rose in Online from July 2026, in every product (a change of rate).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np

from tests.truth.survey import Beliefs, Group, answer_sheets, survey_columns
from tests.truth.tables import Rows, table, write_csv, write_yaml

SEED = 20_260_832

_WRITTEN = {"encoding": "cp1252", "decimal": ",", "date_order": "day-month-year"}
SETTINGS: dict[str, Any] = {
    "name": "Alder Retail – Möbel & Mode",
    "as_of": "2026-08-31",
    "currency": "EUR",
    "confidentiality": "Confidential",
    "sources": {
        "products": {"encoding": "cp1252"},
        "lines": {"encoding": "cp1252"},
        "memberships": {"date_order": "day-month-year", "decimal": ",", "encoding": "cp1252"},
        "survey": {"encoding": "cp1252"},
        "population": {"encoding": "cp1252"},
        "waves": {"date_order": "day-month-year"},
        "events": {"date_order": "day-month-year", "encoding": "cp1252"},
        "projects": {"date_order": "day-month-year", "decimal": ",", "encoding": "cp1252"},
        "sales": dict(_WRITTEN),
    },
}

PRODUCTS = table("""
Product        | Name                                  | Stage   | Owner
stores-fashion | Fashion in the stores                 | Sustain | Käthe Sørensen
stores-home    | Furniture & living in the stores      | SUSTAIN | Käthe Sørensen
stores-café    | Café “Zur Erle”                       | explore |
online-fashion | Fashion online                        | grow    | J. Petit
online-home    | Furniture & living online             | Grow    | J. Petit
online-outlet  | Outlet (=last season, -50 %)          | retire  | J. Petit
gift-cards     | Gift cards <b>&</b> "vouchers"        | sustain |
""")

LINES = table("""
product_line | name                | product_manager
stores       | Stores              | Käthe Sørensen
online       | Online shop         | J. Petit
cards        | Gift cards          |
""")

MEMBERSHIPS = table("""
product        | kind         | parent | share | valid_from | said_by       | said_on    | status
stores-fashion | Product Line | stores | 1     |            | Käthe Sørensen | 03.06.2026 | Confirmed
stores-home    | Product Line | stores | 1     |            | Käthe Sørensen | 03.06.2026 | confirmed
stores-café    | product_line | stores | 1     |            | Käthe Sørensen | 03.06.2026 | assumed
online-fashion | product line | online | 1     |            | J. Petit      | 04.06.2026 | CONFIRMED
online-home    | product line | online | 1     |            | J. Petit      | 04.06.2026 | confirmed
online-outlet  | product line | online | 0,75  |            | J. Petit      | 04.06.2026 | contested
online-outlet  | product line | stores | 0,25  |            | J. Petit      | 04.06.2026 | contested
gift-cards     | product-line | cards  | 1     |            |               |            |
stores-home    | Value Stream | furnish | 1    |            | Logistics     | 11.06.2026 | assumed
online-home    | Value Stream | furnish | 1    | 01.02.2026 | Logistics     | 11.06.2026 | assumed
""")

GROUPS = [
    Group(row["unit"], row["role"], row["line"], int(row["people"]), (int(row["answered"]),))
    for row in table("""
unit            | role       | line   | people | answered
Sortiment       | product    | stores | 3      | 1
Filialsysteme   | builder    | stores | 4      | 2
Filialen        | operations | stores | 8      | 3
Shop-Team       | product    | online | 2      | 1
Shop-Technik    | builder    | online | 5      | 3
Versand         | operations | online | 4      | 2
Geschäftsführung | executive | 	      | 3      | 1
Einkauf & Recht | support    |        | 4      | 1
""")
]

BELIEFS = Beliefs(
    lines={
        "stores": (2.0, 1.8, 2.2, 1.9, 1.8, 1.7, 2.0, 1.9, 2.4, 1.7),
        "online": (2.9, 2.8, 2.9, 3.0, 2.6, 2.5, 2.1, 2.2, 2.8, 3.2),
        "": (2.4, 2.2, 2.5, 2.3, 2.1, 2.0, 2.2, 2.1, 2.5, 2.3),
    },
    priorities={"returns": 0.8, "new-till": 0.6, "outlet": 0.5, "app": 0.5, "lease": 0.3, "other": 0.3},
    blank=0.10,
    cannot_see=0.12,
)

PROJECTS = table("""
project              | sponsor          | product_line | budget     | spent     | people | ends       | disposition
New till software    | Käthe Sørensen   | stores       | 310.000,00 | 120.000,50 | 3     | 31.03.2027 | Absorb
Shop relaunch        | J. Petit         | online       | 480.000,00 | 455.000,00 | 5     | 30.11.2026 | absorb
Loyalty card 3.0     | Marketing        |              | 95.000,00  |           |        | 28.02.2027 | stop
""")

EVENTS = table("""
date       | scope  | what                                                              | kind
02.01.2026 | stores | Café in Lübeck reopened                                           | Other
30.05.2026 |        | =SALE= signs in all windows, “-30 % on (nearly) everything”         | campaign
06.07.2026 | online | Free returns for all orders – „kostenlos zurück“ on every parcel | Campaign
""")

METRICS: dict[str, Any] = {
    "tables": {
        "sales": {
            "key": ["Month", "Product"],
            "kind": "period",
            "time": {"column": "Month"},
            "product": "Product",
        },
    },
    "metrics": [
        {
            "metric": "net_sales",
            "label": "Net sales",
            "type": "sum",
            "measure": {"from": "sales", "agg": "sum", "column": "Net sales"},
            "unit": "currency",
            "direction": "up",
            "signal": {"baseline": 12},
        },
        {
            "metric": "return_rate",
            "label": "Goods that come back",
            "type": "ratio",
            "numerator": {"from": "sales", "agg": "sum", "column": "Returned"},
            "denominator": {"from": "sales", "agg": "sum", "column": "Gross sales"},
            "unit": "share",
            "direction": "down",
            "signal": {"baseline": 12},
            "targets": [{"scope": {"product_line": "online"}, "value": 0.28, "by": "2026-12-31", "kind": "committed"}],
        },
        {
            "metric": "footfall",
            "label": "Visitors in the stores",
            "type": "sum",
            "measure": {"from": "footfall", "agg": "sum", "column": "visitors"},
            "unit": "count",
            "direction": "up",
        },
    ],
}
METRICS["tables"]["footfall"] = {
    "key": ["day", "product"],
    "kind": "period",
    "time": {"column": "day"},
    "product": "product",
}

MONTHS = [dt.date(2025 + (6 + month) // 12, (6 + month) % 12 + 1, 1) for month in range(14)]
RETURNS_FROM, RETURNS_MORE = dt.date(2026, 7, 1), 0.09

SALES = {
    "stores-fashion": (1_240_000, 0.062),
    "stores-home": (860_000, 0.041),
    "stores-café": (48_000, 0.0),
    "online-fashion": (690_000, 0.412),
    "online-home": (355_000, 0.138),
    "online-outlet": (120_000, 0.365),
    "gift-cards": (77_000, 0.0),
}
"""A usual month: gross sales (EUR) and the share that comes back."""


def _german(value: float) -> str:
    """Write an amount as a German sheet does: 1.234,50."""
    return f"{value:,.2f}".replace(",", "·").replace(".", ",").replace("·", ".")


def _sales(rng: np.random.Generator) -> Rows:
    rows = []
    for month in MONTHS:
        for product, (usual, share) in SALES.items():
            gross = usual * rng.normal(1, 0.03)
            more = RETURNS_MORE if product.startswith("online") and month >= RETURNS_FROM else 0.0
            returned = gross * max(0.0, share + more + rng.normal(0, 0.006)) if share else 0.0
            rows.append(
                {
                    "Month": f"{month:%d.%m.%Y}",
                    "Product": f" {product} " if rng.random() < 0.1 else product,
                    "Gross sales": _german(gross),
                    "Returned": _german(returned) if share else "",
                    "Net sales": _german(gross - returned),
                }
            )
    return rows


def _messy(rng: np.random.Generator, sheets: list[dict[str, str]]) -> list[dict[str, str]]:
    """Write words as people do: capitals here and there, blanks around."""
    out = []
    for sheet in sheets:
        sheet = dict(sheet)
        sheet["role"] = str(rng.choice([sheet["role"], sheet["role"].title(), sheet["role"].upper()]))
        for item, value in sheet.items():
            if value in ("cannot see", "not applicable") and rng.random() < 0.5:
                sheet[item] = f" {value.capitalize()} "
        sheet["seconds"] = "" if rng.random() < 0.5 else sheet["seconds"]
        out.append(sheet)
    return out


def make(folder: Path) -> None:
    """Write the engagement's folder, in the client's own way."""
    rng = np.random.default_rng(SEED)

    def write(name: str, rows: Rows, columns: list[str] | None = None) -> None:
        write_csv(folder / f"{name}.csv", rows, columns, delimiter=";", encoding="cp1252")

    write_yaml(
        folder / "engagement.yaml",
        SETTINGS,
        comment="Files as the client sent them; sources says how they are written.",
    )
    sheets = _messy(rng, answer_sheets(rng, GROUPS, BELIEFS, wave="Juni 2026", place=0))
    write("products", PRODUCTS)
    write("lines", LINES)
    write("memberships", MEMBERSHIPS)
    write("waves", [{"wave": "Juni 2026", "date": "05.06.2026"}])
    write("survey", sheets, survey_columns(sheets))
    write(
        "population",
        [{"Unit": g.unit, "Role": g.role, "Product line": g.line, "Headcount": g.headcount} for g in GROUPS],
    )
    write("projects", [*PROJECTS, {}], list(PROJECTS[0]))  # a row of empty cells, as sheets often end
    write("events", [EVENTS[0], {}, *EVENTS[1:]], list(EVENTS[0]))
    write_yaml(folder / "metrics.yaml", METRICS)
    write("facts/sales", _sales(rng))
