"""Budget, forecast and prior year beside the actual values: each added up by itself, never with another version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from workbench.outcomes.catalogue import VERSIONS, Catalogue, Metric
from workbench.outcomes.definitions import Length
from workbench.outcomes.gather import Parts
from workbench.outcomes.periods import earlier, periods_in
from workbench.outcomes.rollup import VALUE_COLUMNS, build_cubes, company_values, product_values, roll_up
from workbench.products import ProductMap

COLUMNS = ("version", *VALUE_COLUMNS)
YEAR = Length(1, "year")


def values_beside(
    parts: Parts,
    catalogue: Catalogue,
    products: ProductMap,
    kinds: Sequence[str],
    actual: pd.DataFrame,
    *,
    as_of: dt.date | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return the values of every version but actual, of the company, each parent and each product.

    Parameters
    ----------
    parts : Parts
    catalogue : Catalogue
    products : ProductMap
    kinds : sequence of str
        Kinds of parent to add up to.
    actual : DataFrame
        `VALUE_COLUMNS`: the actual values, of which those of a year ago are ``prior`` where the facts hold no such
        version.
    as_of : date or None
    confidence : float

    Returns
    -------
    DataFrame
        `COLUMNS`: version, then `VALUE_COLUMNS`.
    """
    found, frames = set(parts.totals["version"]), []
    epochs = len(products.cut_dates()) + 1
    for version in VERSIONS[1:]:
        if version not in found:
            continue
        cubes = build_cubes(parts, catalogue, products, epochs, version=version)
        pieces = [company_values(parts, catalogue, cubes, as_of, confidence, version)]
        for kind in kinds:
            rolled = roll_up(
                parts, catalogue, products, kind, cubes=cubes, as_of=as_of, confidence=confidence, version=version
            )
            pieces.append(rolled.values)
        pieces.append(product_values(parts, catalogue, cubes, as_of, confidence, version))
        frames += [piece.assign(version=version) for piece in pieces if not piece.empty]
    brought = {str(name) for frame in frames for name in frame["metric"][frame["version"] == "prior"]}
    frames += [_a_year_before(m, actual) for m in catalogue.metrics if m.metric not in brought]
    filled = [frame for frame in frames if not frame.empty]
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in COLUMNS})
    return pd.concat(filled, ignore_index=True)[list(COLUMNS)]


def _a_year_before(metric: Metric, actual: pd.DataFrame) -> pd.DataFrame:
    """Return the actual values under the periods a year later; days and weeks are moved by 52 weeks."""
    steps = periods_in(YEAR, metric.grain)
    rows = actual[actual["metric"] == metric.metric]
    if steps is None or rows.empty:
        return rows.assign(version="prior")
    own = sorted(set(rows["period"]))
    later = {before: period for period in own if (before := earlier(period, steps, metric)) is not None}
    moved = rows.assign(version="prior", period=rows["period"].map(later).astype(object))
    return moved[moved["period"].notna()].reset_index(drop=True)
