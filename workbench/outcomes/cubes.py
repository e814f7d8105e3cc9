"""Parts of one metric as labelled arrays, and their sums under shares."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd

from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.fact_rows import SIZE
from workbench.outcomes.gather import Parts
from workbench.outcomes.metric_values import Array, values_of
from workbench.outcomes.periods import all_periods, parts_grain
from workbench.outcomes.windows import Stretch, stretches_of, sum_windows, whole_windows
from workbench.products import ProductMap, ShareTable


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
    sizes : mapping of part to array, shape (periods,)
        Sum of the sizes of what the company's part adds, where amounts may be below zero.
    """

    metric: Metric
    products: tuple[str, ...]
    periods: tuple[dt.date, ...]
    parts: Mapping[str, Array]
    unknown: Mapping[str, Array]
    company: Mapping[str, Array]
    spans: tuple[Stretch, ...] = ()
    sizes: Mapping[str, Array] = field(default_factory=dict)

    @cached_property
    def stacked(self) -> Array:
        """All parts in one array, in their own order, shape (parts, products, periods, epochs)."""
        return np.stack(list(self.parts.values()))

    def value(self, parts: Mapping[str, Array]) -> Array:
        """Return the metric's values from parts that were added up, shape (periods,) or, without windows, any.

        NaN where there is nothing to speak of.
        """
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
        sum_windows(spans, cube.periods, cube.sizes, 0),
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
    is_size = total["part"].str.startswith(SIZE)
    total, size = total[~is_size], total[is_size]
    names = sorted(set(total["part"]))
    full = {part: np.zeros((len(ids) + 1, len(periods), epochs)) for part in names}
    company = {part: np.zeros(len(periods)) for part in names}
    sizes = {str(part).removeprefix(SIZE): np.zeros(len(periods)) for part in set(size["part"])}
    at = (
        np.array([row_of.get(product, len(ids)) for product in held["product"].tolist()], dtype=int),
        _places(held, place),
        held["cut"].to_numpy().astype(int),
    )
    for part, rows, values in _by_part(held):
        np.add.at(full[part], tuple(axis[rows] for axis in at), values)
    at_period = _places(total, place)
    for part, rows, values in _by_part(total):
        np.add.at(company[part], at_period[rows], values)
    at_period = _places(size, place)
    for part, rows, values in _by_part(size):
        np.add.at(sizes[part.removeprefix(SIZE)], at_period[rows], values)
    parts = {part: array[: len(ids)] for part, array in full.items()}
    unknown = {part: array[len(ids)].sum(axis=1) for part, array in full.items()}
    return Cube(metric, ids, periods, parts, unknown, company, sizes=sizes)


def _places(rows: pd.DataFrame, place: Mapping[dt.date, int]) -> Array:
    return np.array([place[period] for period in rows["period"]], dtype=int)


def _by_part(rows: pd.DataFrame) -> Iterator[tuple[str, Array, Array]]:
    """Yield each part with the places of its rows, in their order, and their values."""
    part, value = rows["part"].to_numpy(dtype=object), rows["value"].to_numpy()
    for name in dict.fromkeys(part.tolist()):
        places = np.flatnonzero(part == name)
        yield str(name), places, value[places]


def share_arrays(products: ProductMap, kind: str, cuts: Sequence[dt.date]) -> dict[str, Array]:
    """Return the shares of each parent of a kind as an array, shape (products, epochs)."""
    return products.share_table(kind, cuts).arrays()


def add_up(cube: Cube, shares: Array) -> dict[str, Array]:
    """Return Σ share × part over products and epochs, by period, with exact summation.

    Parameters
    ----------
    cube : Cube
    shares : array, shape (products, epochs)
        Unit: share, 0 to 1.
    """
    product, epoch = np.nonzero(shares)  # a parent holds a few products; the others add nothing
    at = np.zeros(len(product), dtype=int)
    found = _grouped(cube.stacked, at, product, epoch, shares[product, epoch], 1)
    return {part: found[place, 0] for place, part in enumerate(cube.parts)}


def add_up_all(
    cube: Cube, table: ShareTable, weights: Array | None = None, names: Sequence[str] | None = None
) -> dict[str, Array]:
    """Return Σ weight × part of every parent of a kind, with exact summation, shape (parents, periods).

    Parameters
    ----------
    cube : Cube
    table : ShareTable
    weights : array or None
        One a share of the table; None takes the shares.
    names : sequence of str or None
        Parts that are wanted; None takes all.
    """
    weights = table.share if weights is None else weights
    wanted = list(cube.parts) if names is None else list(names)
    stacked = cube.stacked if names is None else np.stack([cube.parts[name] for name in wanted])
    found = _grouped(stacked, table.parent, table.product, table.epoch, weights, len(table.parents))
    return dict(zip(wanted, found, strict=True))


def _grouped(stacked: Array, group: Array, product: Array, epoch: Array, weights: Array, groups: int) -> Array:
    """Return sums by part, group and period, each rounded once, so that no order of rows changes a digit."""
    parts, _, periods, _ = stacked.shape
    found = np.zeros((parts, groups, periods))
    terms = stacked[:, product, :, epoch] * weights[:, None, None]  # one row a share: (shares, parts, periods)
    sorted_by = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[sorted_by], np.arange(groups + 1))
    for place, (start, end) in enumerate(pairwise(ends.tolist())):
        own = terms[sorted_by[start:end]]
        if len(own) <= 2:  # a sum of two is rounded once by itself
            found[:, place] = own.sum(axis=0)
        else:
            flat = own.reshape(len(own), -1).T.tolist()
            found[:, place] = np.array([math.fsum(row) for row in flat]).reshape(parts, periods)
    return found
