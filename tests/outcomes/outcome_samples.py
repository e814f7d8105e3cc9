"""Small facts as Parquet files, metrics of every type and random events, for the tests of outcomes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.outcomes import OutcomesInputs, Settings
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric
from workbench.outcomes.definitions import Condition, Measure, Score
from workbench.outcomes.engines import DuckDB
from workbench.products import Membership, ProductMap, build_product_map

AS_OF = dt.date(2026, 9, 30)
NPS = Score((("at_least", 9.0),), (("at_most", 6.0),), 100.0)
TOP = Score((("at_least", 9.0),))
KINDS = {"f": "number", "i": "number", "u": "number", "b": "bool", "M": "timestamp"}


def kinds_of(frame: pd.DataFrame) -> dict[str, str]:
    """Return what each column of a frame becomes in Parquet."""
    found = {}
    for name in frame.columns:
        held = frame[name].dropna()
        is_date = len(held) > 0 and type(held.iloc[0]) is dt.date
        found[name] = "date" if is_date else KINDS.get(frame[name].dtype.kind, "text")
    return found


class Bench:
    """Writes frames as Parquet files and makes inputs of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, frame: pd.DataFrame) -> str:
        """Return the path of a frame's file."""
        path = self.folder / f"{name}.parquet"
        frame.to_parquet(path)
        return str(path)

    def inputs(
        self,
        frames: Mapping[str, pd.DataFrame],
        metrics: Sequence[Metric],
        products: ProductMap,
        *,
        tables: Sequence[FactTable] | None = None,
        **more: Any,
    ) -> OutcomesInputs:
        """Return the inputs of a review; a table is keyed by ``id`` and dated by ``day`` unless described."""
        described = tables or [FactTable(name, ("id",), "day", "product") for name in frames]
        return OutcomesInputs(
            catalogue=Catalogue(tuple(described), tuple(metrics), {"weekly_review": 7.0}),
            facts={name: self.write(name, frame) for name, frame in frames.items()},
            columns={name: kinds_of(frame) for name, frame in frames.items()},
            products=products,
            settings=more.pop("settings", Settings(AS_OF)),
            sources={name: f"facts/{name}.csv" for name in frames},
            **more,
        )

    def engine(self, frames: Mapping[str, pd.DataFrame]) -> DuckDB:
        """Return an engine over frames."""
        return DuckDB({name: self.write(name, frame) for name, frame in frames.items()})


def product_map(products: Sequence[str], *rows: tuple[Any, ...], lines: pd.DataFrame | None = None) -> ProductMap:
    """Return the map of (product, kind, parent, share, valid_from) rows."""
    names = ["product", "kind", "parent", "share", "valid_from"]
    padded = [(*row, *[None] * (len(names) - len(row))) for row in rows]
    frame = pd.DataFrame({"product": list(products), "name": [p.upper() for p in products]})
    return build_product_map(frame, pd.DataFrame(padded, columns=names).astype({"share": "float64"}), lines)


def nested(member: str, member_kind: str, kind: str, parent: str, share: float | None) -> Membership:
    """Return the statement that a parent belongs to another one."""
    return Membership(member, kind, parent, share, None, share is None, member_kind)


def metrics() -> dict[str, Metric]:
    """Return one metric of every computed type over a table ``events``."""
    paid = (Condition("status", "is", "paid"),)
    made = (
        Metric("orders", "Orders", "count", Measure("events")),
        Metric("paid", "Paid orders", "count", Measure("events", where=paid)),
        Metric("revenue", "Revenue", "sum", Measure("events", "sum", "amount"), unit="currency"),
        Metric("paid_share", "Share paid", "ratio", Measure("events", where=paid), Measure("events"), unit="share"),
        Metric("price", "Price", "ratio", Measure("events", "sum", "amount"), Measure("events", "sum", "units")),
        Metric("wait", "Wait", "weighted_mean", Measure("events", "sum", "hours"), weight="units"),
        Metric("nps", "Recommendation", "score", Measure("events", "sum", "score"), score=NPS, unit="points"),
        Metric("top", "Satisfied", "score", Measure("events", "sum", "score"), score=TOP, unit="share"),
        Metric("p85", "Slowest", "percentile", Measure("events", "sum", "hours"), percentile=0.85),
        Metric("reach", "Customers", "distinct", Measure("events", "distinct", "customer")),
        Metric("least", "Quickest", "min", Measure("events", "min", "hours")),
        Metric("most", "Longest", "max", Measure("events", "max", "hours")),
    )
    return {metric.metric: metric for metric in made}


def random_events(generator: np.random.Generator, products: Sequence[str], rows: int = 300) -> pd.DataFrame:
    """Return random events over five months with blanks, NaN, zeros, ties and unknown products."""
    names = [*products, "unheard-of", None]
    weights = np.array([1.0] * len(products) + [0.1, 0.05])
    start = dt.date(2026, 1, 1)
    frame = pd.DataFrame(
        {
            "id": np.arange(rows),
            "day": [start + dt.timedelta(days=int(d)) for d in generator.integers(0, 150, rows)],
            "product": generator.choice(np.array(names, dtype=object), rows, p=weights / weights.sum()),
            "customer": [f"c{n}" for n in generator.integers(0, max(rows // 4, 1), rows)],
            "status": generator.choice(np.array(["paid", "open", "lost", None], dtype=object), rows),
            "channel": generator.choice(["web", "phone", "it's"], rows),
            "amount": np.round(generator.lognormal(3, 1, rows), 2),
            "units": generator.integers(0, 4, rows).astype(float),
            "hours": np.round(generator.exponential(20, rows)),
            "score": generator.integers(0, 11, rows).astype(float),
        }
    )
    for column in ("amount", "units", "hours", "score"):
        frame.loc[generator.random(rows) < 0.05, column] = np.nan
    return frame
