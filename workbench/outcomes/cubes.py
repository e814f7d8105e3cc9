"""Parts of one metric as labelled arrays, and their sums under shares."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.gather import Parts
from workbench.outcomes.metric_values import Array, values_of
from workbench.outcomes.periods import all_periods, parts_grain
from workbench.outcomes.windows import Stretch, stretches_of, sum_windows, whole_windows
from workbench.products import ProductMap


@dataclass(frozen=True, eq=False)
class Cube:
    """Parts of one metric as arrays, labelled.

    Attributes
    ----------
    metric : Metric
    products : tuple of str
        First axis: the client's products.
    periods : tuple of date
        Second axis: every period from the first to the last that has rows.
    parts : mapping of part to array, shape (products, periods, epochs)
        Unit: the part's.
    unknown : mapping of part to array, shape (periods,)
        Parts of rows whose product is blank or unknown.
    company : mapping of part to array, shape (periods,)
        Parts from the query without a product.
    spans : tuple of Stretch
        Windows of a cumulative metric; its parts are sums over them.
    """

    metric: Metric
    products: tuple[str, ...]
    periods: tuple[dt.date, ...]
    parts: Mapping[str, Array]
    unknown: Mapping[str, Array]
    company: Mapping[str, Array]
    spans: tuple[Stretch, ...] = ()

    def value(self, parts: Mapping[str, Array]) -> Array:
        """Return the metric's values from parts that were added up; NaN where there is nothing to speak of."""
        found = values_of(self.metric, parts)
        if not self.spans:
            return found
        return np.where(whole_windows(self.metric, self.spans, parts, self.company), found, np.nan)


def build_cubes(
    parts: Parts, catalogue: Catalogue, products: ProductMap, epochs: int, *, version: str = "actual"
) -> dict[str, Cube]:
    """Return the parts of each metric as labelled arrays, of one version; versions are never added to each other.

    Parameters
    ----------
    parts : Parts
    catalogue : Catalogue
    products : ProductMap
    epochs : int
        Share epochs: number of cuts + 1.
    version : str
        One of `VERSIONS`.
    """
    ids = products.ids
    frame = parts.frame[(parts.frame["dimension"] == "") & (parts.frame["version"] == version)]
    totals = parts.totals[parts.totals["version"] == version]
    rows, sums = dict(list(frame.groupby("metric"))), dict(list(totals.groupby("metric")))
    cubes = {}
    for metric in catalogue.metrics:
        if metric.metric not in sums:
            continue
        held, total = rows[metric.metric], sums[metric.metric]
        found = total["period"].tolist()
        cube = _cube(metric, held, total, ids, all_periods(metric, found, parts_grain(metric)), epochs)
        if metric.type == "cumulative" and not metric.is_reach:
            cube = _over_windows(cube, stretches_of(metric, found, parts.window.fiscal_year_starts, parts.window.until))
        cubes[metric.metric] = cube
    return cubes


def _over_windows(cube: Cube, spans: tuple[Stretch, ...]) -> Cube:
    """Return the cube of a cumulative metric at its own periods, every part summed over the window of each."""
    return Cube(
        cube.metric,
        cube.products,
        tuple(span.period for span in spans),
        sum_windows(spans, cube.periods, cube.parts, 1),
        sum_windows(spans, cube.periods, cube.unknown, 0),
        sum_windows(spans, cube.periods, cube.company, 0),
        spans,
    )


def _cube(
    metric: Metric,
    held: pd.DataFrame,
    total: pd.DataFrame,
    ids: tuple[str, ...],
    periods: tuple[dt.date, ...],
    epochs: int,
) -> Cube:
    place = {period: index for index, period in enumerate(periods)}
    row_of = {product: index for index, product in enumerate(ids)}
    names = sorted(set(total["part"]))
    full = {part: np.zeros((len(ids) + 1, len(periods), epochs)) for part in names}
    company = {part: np.zeros(len(periods)) for part in names}
    for part, piece in held.groupby("part"):
        at = (
            piece["product"].map(row_of).fillna(len(ids)).astype(int).to_numpy(),
            piece["period"].map(place).to_numpy().astype(int),
            piece["cut"].to_numpy().astype(int),
        )
        np.add.at(full[str(part)], at, piece["value"].to_numpy())
    for part, piece in total.groupby("part"):
        np.add.at(company[str(part)], piece["period"].map(place).to_numpy().astype(int), piece["value"].to_numpy())
    parts = {part: array[: len(ids)] for part, array in full.items()}
    unknown = {part: array[len(ids)].sum(axis=1) for part, array in full.items()}
    return Cube(metric, ids, periods, parts, unknown, company)


def share_arrays(products: ProductMap, kind: str, cuts: Sequence[dt.date]) -> dict[str, Array]:
    """Return the shares of each parent of a kind as an array, shape (products, epochs)."""
    place = {product: index for index, product in enumerate(products.ids)}
    found = {parent: np.zeros((len(place), len(cuts) + 1)) for parent in products.parents(kind)}
    for epoch, on in enumerate([None, *cuts]):
        held = products.shares(kind, on)
        for product, parent, share in zip(held["product"], held["parent"], held["share"], strict=True):
            found[parent][place[product], epoch] = share
    return found


def add_up(cube: Cube, shares: Array) -> dict[str, Array]:
    """Return Σ share × part over products and epochs, by period, with exact summation.

    Parameters
    ----------
    cube : Cube
    shares : array, shape (products, epochs)
        Unit: share, 0 to 1.
    """
    held = shares.any(axis=1)  # a parent holds a few products; the others add nothing
    weights = shares[held][:, None, :]
    return {part: sum_terms(array[held] * weights) for part, array in cube.parts.items()}


def sum_terms(terms: Array) -> Array:
    """Return sums over products and epochs, by period, rounded once; shape in: (products, periods, epochs)."""
    by_period = np.moveaxis(terms, 1, 0).reshape(terms.shape[1], -1)
    return np.array([math.fsum(row) for row in by_period.tolist()])
