"""Adding up through shares, against SQL that an analyst would write by hand; and a whole review of 200,000 rows.

The hand-written query is correct: it joins facts to the share in force on each row's day and sums share × amount, once
for each kind of parent. Ours sums by product once, and multiplies a few thousand sums by shares in Python. Both must
agree to 1e-9, or the bench fails.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.outcomes import OutcomesInputs, Settings, measure
from workbench.outcomes.catalogue import Catalogue, FactTable, Metric, with_columns
from workbench.outcomes.definitions import Condition, Measure, Score
from workbench.outcomes.dialects import Query, Window
from workbench.outcomes.engines import DuckDB
from workbench.outcomes.gather import fetch_parts
from workbench.outcomes.rollup import build_cubes, roll_up
from workbench.products import KINDS, ProductMap, build_product_map

SEED = 20_260_930
AS_OF = dt.date(2026, 9, 30)
MANY, FEW = 60, 18
"""Products of the adding-up, and of the review (as the sample engagement has)."""
LINES = 30
ROWS = 4_000_000
REVIEW_ROWS = 200_000
REPEATS = 3
REVIEW_SECONDS = 2.0
CHANGE = dt.date(2025, 4, 15)

HAND_WRITTEN = """
with share as (select * from (values {values}) as s(product, kind, parent, share, since, until))
select s.kind, s.parent, date_trunc('month', e.day) as period,
  sum(s.share) as orders,
  sum(s.share * coalesce(e.amount, 0)) as revenue,
  sum(case when e.status = 'paid' then s.share else 0 end) / nullif(sum(s.share), 0) as paid_share,
  sum(s.share * e.amount) / nullif(sum(s.share * e.units), 0) as price,
  100 * (sum(case when e.score >= 9 then s.share else 0 end) - sum(case when e.score <= 6 then s.share else 0 end))
    / nullif(sum(s.share), 0) as nps
from events as e join share as s on s.product = e.product and e.day >= s.since and e.day < s.until
group by all
"""


def rows() -> list[dict[str, Any]]:
    """Return what was measured: name, value, unit, against, ratio, target, met."""
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs, largest = _adding_up(Path(folder))
        review = _review(Path(folder))
    return [
        {
            "name": f"five metrics, {ROWS:,} rows to {LINES} lines, streams and experiences",
            "value": round(ours, 3),
            "unit": "s",
            "against": f"hand-written DuckDB SQL: {theirs:.3f} s, equal to {largest:.0e}",
            "ratio": round(ours / theirs, 2),
            "target": "at most 1",
            "met": ours <= theirs,
        },
        {
            "name": f"whole review, 12 metrics, {REVIEW_ROWS:,} rows, 48 months",
            "value": round(review, 3),
            "unit": "s",
            "against": None,
            "ratio": None,
            "target": f"at most {REVIEW_SECONDS:g} s",
            "met": review <= REVIEW_SECONDS,
        },
    ]


def _adding_up(folder: Path) -> tuple[float, float, float]:
    """Return our seconds, theirs, and the largest relative difference."""
    path, products = _facts(folder, ROWS, 24, MANY), _products(MANY, LINES)
    table = FactTable("events", ("id",), "day", "product")
    catalogue = with_columns(Catalogue((table,), _metrics()[:5]), {"events": _COLUMNS})
    text = HAND_WRITTEN.format(values=",\n".join(_share_rows(products)))
    with DuckDB({"events": path}) as engine:

        def ours() -> pd.DataFrame:
            window = Window(AS_OF, products.cut_dates())
            parts = fetch_parts(catalogue, engine, products, window)
            cubes = build_cubes(parts, catalogue, products, len(window.cuts) + 1)
            found = [roll_up(parts, catalogue, products, kind, cubes=cubes, as_of=AS_OF) for kind in KINDS]
            return pd.concat([held.values for held in found])  # noqa: PD011 - a field of ours

        def theirs() -> pd.DataFrame:
            return engine.fetch(Query(text, (), "duckdb"))

        mine, own = _timed(ours)
        hand, other = _timed(theirs)
    long = hand.melt(["kind", "parent", "period"], var_name="metric").assign(
        period=lambda frame: pd.to_datetime(frame["period"]).dt.date
    )
    keys = ["kind", "parent", "period", "metric"]
    both = mine.merge(long, on=keys, suffixes=("_ours", "_theirs"), how="outer", validate="one_to_one")
    gap = (both["value_ours"] - both["value_theirs"]).abs() / both["value_theirs"].abs().clip(lower=1e-12)
    largest = float(gap.max())
    if not (largest <= 1e-9 and gap.notna().all()):
        raise ValueError(f"The two ways of adding up differ by {largest:.1e}, or one lacks a value.")
    return own, other, largest


def _review(folder: Path) -> float:
    """Return the seconds of a whole review: checks, parts, roll-up, limits, splits, statements."""
    inputs = OutcomesInputs(
        Catalogue((FactTable("events", ("id",), "day", "product"),), _metrics()),
        {"events": _facts(folder, REVIEW_ROWS, 48, FEW)},
        {"events": _COLUMNS},
        _products(FEW, 6),
        Settings(AS_OF),
    )
    return _timed(lambda: measure(inputs), repeats=1)[1]


def _timed(work: Callable[[], Any], repeats: int = REPEATS) -> tuple[Any, float]:
    """Return the result and the best time."""
    best, found = float("inf"), None
    for _ in range(repeats):
        started = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - started)
    return found, best


_BY = ("channel",)
_COLUMNS = {
    "id": "number",
    "day": "date",
    "product": "text",
    "customer": "number",
    "status": "text",
    "channel": "text",
    "amount": "number",
    "units": "number",
    "hours": "number",
    "score": "number",
}


def _facts(folder: Path, count: int, months: int, products: int) -> str:
    """Return the path of random events; written with Arrow, because a frame of millions of dates takes minutes."""
    generator = np.random.default_rng([SEED, count])
    length = int(30.4375 * months)
    first = (np.datetime64(AS_OF) + 1 - np.timedelta64(length, "D")).astype("datetime64[D]")

    def names(values: Sequence[str], places: np.ndarray) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(places.astype(np.int32)), pa.array(values)).cast(pa.string())

    table = pa.table(
        {
            "id": np.arange(count),
            "day": pa.array(first + generator.integers(0, length, count).astype("timedelta64[D]")),
            "product": names(_names(products), generator.integers(0, products, count)),
            "customer": generator.integers(0, count // 5, count),
            "status": names(["paid", "open", "lost"], generator.integers(0, 3, count)),
            "channel": names(["web", "phone", "broker"], generator.integers(0, 3, count)),
            "amount": np.round(generator.lognormal(4, 1, count), 2),
            "units": generator.integers(1, 5, count).astype(float),
            "hours": np.round(generator.exponential(30, count), 1),
            "score": generator.integers(0, 11, count),
        }
    )
    path = folder / f"events_{count}.parquet"
    pq.write_table(table, path)
    return str(path)


def _names(products: int) -> list[str]:
    return [f"p{number:02d}" for number in range(products)]


def _products(products: int, lines: int) -> ProductMap:
    """Return shares of three kinds; those of the lines change on one day in mid-month."""
    rows: list[tuple[Any, ...]] = []
    for number, product in enumerate(_names(products)):
        rows.append((product, "product_line", f"l{number % lines:02d}", 1.0, None))
        rows.append((product, "product_line", f"l{number % lines:02d}", 0.75, CHANGE))
        rows.append((product, "product_line", f"l{(number + 1) % lines:02d}", 0.25, CHANGE))
        rows += [(product, "value_stream", f"v{(number + step) % 6}", 0.5, None) for step in (0, 1)]
        rows.append((product, "customer_experience", f"x{number % 4}", 0.4, None))
    frame = pd.DataFrame(rows, columns=["product", "kind", "parent", "share", "valid_from"])
    return build_product_map(pd.DataFrame({"product": _names(products), "name": _names(products)}), frame)


def _share_rows(products: ProductMap) -> list[str]:
    """Return the shares as rows with the days between which they hold."""
    days = [dt.date(1900, 1, 1), *products.cut_dates(), dt.date(9999, 1, 1)]
    found = []
    for since, until in pairwise(days):
        for kind in KINDS:
            held = products.shares(kind, since)
            for product, parent, share in zip(held["product"], held["parent"], held["share"], strict=True):
                found.append(f"('{product}', '{kind}', '{parent}', {share}, date '{since}', date '{until}')")
    return found


def _metrics() -> tuple[Metric, ...]:
    """Return twelve metrics; the first five are those of the hand-written query."""
    paid = (Condition("status", "is", "paid"),)
    nps = Score((("at_least", 9.0),), (("at_most", 6.0),), 100.0)
    return (
        Metric("orders", "Orders", "count", Measure("events")),
        Metric("revenue", "Revenue", "sum", Measure("events", "sum", "amount")),
        Metric("paid_share", "Paid", "ratio", Measure("events", where=paid), Measure("events")),
        Metric("price", "Price", "ratio", Measure("events", "sum", "amount"), Measure("events", "sum", "units")),
        Metric("nps", "Recommendation", "score", Measure("events", "sum", "score"), score=nps),
        Metric("wait", "Wait", "weighted_mean", Measure("events", "sum", "hours"), weight="units"),
        Metric("top", "Satisfied", "score", Measure("events", "sum", "score"), score=Score((("at_least", 9.0),))),
        Metric("p85", "Slowest", "percentile", Measure("events", "sum", "hours"), percentile=0.85),
        Metric("reach", "Customers", "distinct", Measure("events", "distinct", "customer")),
        Metric("units", "Units", "sum", Measure("events", "sum", "units")),
        Metric("lost", "Lost", "count", Measure("events", where=(Condition("status", "is", "lost"),))),
        Metric("size", "Amount an order", "ratio", Measure("events", "sum", "amount"), Measure("events"), segments=_BY),
    )
