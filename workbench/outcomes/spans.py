"""Two spans of a metric, read out of its parts: by product, by segment, by period, under the shares of a parent.

Share × amount is summed exactly, whenever a share changes: a product's share over a span is the mean share of its
rows, and its own amounts are those held divided by it. A product that the parent does not hold in one of the spans
stands there with share 0 and its own amounts, so that a change of the share table is told from a new product.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.cubes import Cube
from workbench.outcomes.periods import next_period
from workbench.outcomes.simpson import Strata

BY_PRODUCT = "product"
"""The dimension that every metric has: the products of the register."""

Array = np.ndarray
SpanColumns = dict[str, list[Any]]


@dataclass(frozen=True, eq=False)
class SegmentCube:
    """Parts of one metric by the segments of one dimension.

    Attributes
    ----------
    metric : Metric
    dimension : str
        Empty for one segment a product.
    products, segments : tuple of str
    periods : tuple of date
    parts : mapping of part to array, shape (products, segments, periods, epochs)
        Unit: the part's.
    """

    metric: Metric
    dimension: str
    products: tuple[str, ...]
    segments: tuple[str, ...]
    periods: tuple[dt.date, ...]
    parts: Mapping[str, Array]

    @property
    def above(self) -> Array:
        """What stands above the line of a rate."""
        if self.metric.adds_as == "score":
            minus = self.parts.get("minus")
            return self.parts["plus"] if minus is None else self.parts["plus"] - minus
        return self.parts["num"]

    @property
    def below(self) -> Array:
        """What stands below the line of a rate."""
        return self.parts["n" if self.metric.adds_as == "score" else "den"]


class SegmentReader:
    """Makes the cubes of segments of one version, each once."""

    def __init__(self, frame: pd.DataFrame, version: str = "actual") -> None:
        held = frame[(frame["version"] == version) & (frame["dimension"] != "")]
        self.rows = dict(list(held.groupby(["metric", "dimension"])))
        self.made: dict[tuple[str, str], SegmentCube | None] = {}

    def read(self, cube: Cube, dimension: str = "") -> SegmentCube | None:
        """Return a metric's parts by segment; None where the facts hold no such column for it."""
        key = (cube.metric.metric, dimension)
        if key not in self.made:
            self.made[key] = self._make(cube, dimension)
        return self.made[key]

    def _make(self, cube: Cube, dimension: str) -> SegmentCube | None:
        if not dimension:
            parts = {name: array[:, None] for name, array in cube.parts.items()}
            return SegmentCube(cube.metric, "", cube.products, ("",), cube.periods, parts)
        held = self.rows.get((cube.metric.metric, dimension))
        if held is None:
            return None
        row = {product: place for place, product in enumerate(cube.products)}
        period = {day: place for place, day in enumerate(cube.periods)}
        held = held[held["product"].isin(row) & held["period"].isin(period)]
        if held.empty:
            return None
        segments = tuple(sorted({str(name) for name in held["segment"].unique()}))
        column = {name: place for place, name in enumerate(segments)}
        epochs = next(iter(cube.parts.values())).shape[2]
        at = (
            held["product"].map(row).to_numpy(dtype=int),
            held["segment"].astype(str).map(column).to_numpy(dtype=int),
            held["period"].map(period).to_numpy(dtype=int),
            held["cut"].to_numpy(dtype=int),
        )
        parts, names, values = {}, held["part"].to_numpy(), held["value"].to_numpy(dtype=float)
        for name in cube.parts:
            parts[name] = np.zeros((len(row), len(segments), len(period), epochs))
            chosen = names == name
            np.add.at(parts[name], tuple(axis[chosen] for axis in at), values[chosen])
        return SegmentCube(cube.metric, dimension, cube.products, segments, cube.periods, parts)


@dataclass(frozen=True, eq=False)
class Span:
    """Some periods of a metric.

    Attributes
    ----------
    cube : SegmentCube
    places : tuple of int
        Places of the periods in the cube.
    """

    cube: SegmentCube
    places: tuple[int, ...]

    def take(self, array: Array) -> Array:
        """Return the periods of an array of the cube, axes product × segment × period × epoch."""
        return np.asarray(array[:, :, list(self.places), :])


def rate_columns(
    before: Span, after: Span, shares: Array, *, per_period: bool = False
) -> tuple[SpanColumns, SpanColumns]:
    """Return both spans for `split_rate` or `split_amount`: product, segment, num, den and share.

    Parameters
    ----------
    before, after : Span
        Of one metric, or of two versions of it.
    shares : array, shape (products, epochs)
        Of the products in the parent, 0 to 1.
    per_period : bool
        Amounts a period, for spans of different lengths; a rate is the same either way.
    """
    amounts = [(span.take(span.cube.above), span.take(span.cube.below)) for span in (before, after)]
    parted = [_mean_shares(shares, below.sum(axis=1), above.sum(axis=1)) for above, below in amounts]
    is_held = (parted[0] > 0) | (parted[1] > 0)
    names = ("product", "segment", "num", "den", "share")
    frames: list[SpanColumns] = []
    for span, (above, below), share in zip((before, after), amounts, parted, strict=True):
        weights = np.where(share[:, None] > 0, shares, 1.0)
        top, bottom = (np.einsum("pste,pe->ps", array, weights) for array in (above, below))
        divisor = np.where(share > 0, share, 1.0)[:, None] * (max(len(span.places), 1) if per_period else 1)
        top, bottom = (top / divisor).tolist(), (bottom / divisor).tolist()
        rows = [
            (product, segment, top[p][s], bottom[p][s], float(share[p]))
            for p, product in enumerate(span.cube.products)
            if is_held[p]
            for s, segment in enumerate(span.cube.segments)
            if top[p][s] or bottom[p][s]
        ]
        frames.append(
            dict(zip(names, map(list, zip(*rows, strict=True)) if rows else [[] for _ in names], strict=True))
        )
    return frames[0], frames[1]


def has_base(columns: SpanColumns) -> bool:
    """Return whether a span holds anything below the line."""
    return sum(den * share for den, share in zip(columns["den"], columns["share"], strict=True)) > 0


def sum_mappings(
    before: Span, after: Span, shares: Array, lived: tuple[Sequence[bool], Sequence[bool]], *, per_period: bool = True
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Return both spans for `split_sum`: product → (amount, share).

    Parameters
    ----------
    before, after, shares
        As in `rate_columns`.
    lived : tuple of two sequences of bool
        Whether each product was there in the span, though it may have had nothing.
    per_period : bool
        Amounts a period, for spans of different lengths; else totals.
    """
    amounts = [span.take(span.cube.parts["sum"]).sum(axis=1) for span in (before, after)]
    parted = [_mean_shares(shares, amount) for amount in amounts]
    found: list[dict[str, tuple[float, float]]] = []
    for span, amount, share, there in zip((before, after), amounts, parted, lived, strict=True):
        weights = np.where(share[:, None] > 0, shares, 1.0)
        own = np.einsum("pte,pe->p", amount, weights) / np.where(share > 0, share, 1.0)
        own = own / (max(len(span.places), 1) if per_period else 1)
        found.append(
            {
                product: (float(own[p]), float(share[p]))
                for p, product in enumerate(span.cube.products)
                if (parted[0][p] > 0 or parted[1][p] > 0) and (own[p] != 0 or there[p])
            }
        )
    return found[0], found[1]


def strata_of(
    before: Span,
    after: Span,
    shares: Array,
    kind: str,
    parent: str,
    *,
    by_product: bool = False,
    others: Array | None = None,
) -> Strata:
    """Return the strata of a rate's change for `reversals` and `segments`: the segments, or the products.

    With the shares of `others` it is a gap: they are the one side and the parent is the other.

    Counts weigh by the shares, which makes a shared row count for less than one: intervals are wider, never narrower.
    """
    metric, axis = before.cube.metric, 1 if by_product else 0
    names = before.cube.products if by_product else before.cube.segments

    def held(span: Span, weights: Array, array: Array) -> Array:
        cells = np.einsum("pste,pe->pst", span.take(array), weights)
        return np.asarray(cells.sum(axis=axis))  # strata × periods

    sides = (before, shares if others is None else others), (after, shares)
    top, bottom = ([held(*side, getattr(side[0].cube, name)) for side in sides] for name in ("above", "below"))
    rows = [held(*side, side[0].cube.parts["n"]) for side in sides]
    num, den, n = (np.array([cells.sum(axis=1) for cells in part]) for part in (top, bottom, rows))
    outcomes: Array | None = None
    worths: tuple[float, ...] = (1.0, 0.0)
    if metric.adds_as == "score":
        plus = np.array([held(*side, side[0].cube.parts["plus"]).sum(axis=1) for side in sides])
        minus = plus - num
        worths = (1.0, -1.0, 0.0) if minus.any() else worths
        cells = [plus, minus, den - plus - minus] if minus.any() else [plus, den - plus]
        outcomes = np.stack(cells, axis=2)
    elif metric.is_proportion:
        outcomes = np.stack([num, den - num], axis=2)
    there = np.asarray((den > 0).any(axis=0))
    periods = tuple(np.stack([t.T, b.T], axis=2)[:, there] for t, b in zip(top, bottom, strict=True))
    return Strata(
        metric.metric,
        kind,
        parent,
        BY_PRODUCT if by_product else before.cube.dimension,
        tuple(name for name, is_there in zip(names, there.tolist(), strict=True) if is_there),
        num[:, there],
        den[:, there],
        n[:, there],
        None if outcomes is None else np.maximum(outcomes[:, there], 0.0),
        worths,
        (periods[0], periods[1]),
        metric.score.times if metric.score else 1.0,
        "change" if others is None else "gap",
    )


def prices_of(metric: Metric, catalogue: Catalogue) -> list[Metric]:
    """Return the ratios of an amount to something (policies, hours, orders), in the catalogue's order."""
    calendar = (metric.grain, metric.calendar, metric.week_start, metric.zone)
    return [
        one
        for one in catalogue.metrics
        if metric.type == "sum"
        and one.type == "ratio"
        and one.measure == metric.measure
        and (one.grain, one.calendar, one.week_start, one.zone) == calendar
    ]


class Presence:
    """When each product had rows in any table: whether one is new is not asked of a metric that may be zero."""

    def __init__(self, cubes: Mapping[str, Cube]) -> None:
        days: dict[str, set[dt.date]] = {}
        for cube in cubes.values():
            rows = cube.parts.get("rows", cube.parts.get("n"))
            if rows is None:
                continue
            for p, t in np.argwhere(rows.sum(axis=2) > 0):
                days.setdefault(cube.products[p], set()).add(cube.periods[t])
        self.days = {product: sorted(found) for product, found in days.items()}

    def during(self, span: Span) -> list[bool]:
        """Return whether each product of a span's cube was there in it."""
        periods = [span.cube.periods[place] for place in span.places]
        if not periods:
            return [False] * len(span.cube.products)
        start, end = min(periods), next_period(max(periods), span.cube.metric.grain, span.cube.metric.periods)
        found = []
        for product in span.cube.products:
            days = self.days.get(product, [])
            place = bisect_left(days, start)
            found.append(place < len(days) and days[place] < end)
        return found


def _mean_shares(shares: Array, *amounts: Array) -> Array:
    """Return each product's share over some periods, weighed by the size of its amounts on the days of each share.

    The first amounts that a product has in the parent decide; a product without any takes its largest share.
    """
    found = np.zeros(shares.shape[0])
    for amount in amounts:
        sizes = np.abs(amount).sum(axis=1)
        whole, held = sizes.sum(axis=1), (sizes * shares).sum(axis=1)
        found = np.where((found == 0) & (held > 0), held / np.where(whole > 0, whole, 1.0), found)
    has_any = np.any([np.abs(amount).any(axis=(1, 2)) for amount in amounts], axis=0)
    return np.where(has_any, found, shares.max(axis=1))
