"""What stands behind a change of one series: its split, the few segments that carry it, totals that mislead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from workbench.outcomes.carriers import Carriers, SegmentParts, parts_of_amount, parts_of_rate, segments
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.cubes import Cube
from workbench.outcomes.drivers import Split, split_amount, split_rate, split_sum
from workbench.outcomes.gather import Parts
from workbench.outcomes.simpson import Strata
from workbench.outcomes.spans import (
    BY_PRODUCT,
    Presence,
    SegmentReader,
    Span,
    has_base,
    prices_of,
    rate_columns,
    strata_of,
    sum_mappings,
)

PERIODS_COMPARED = {"day": 28, "week": 52, "month": 12, "quarter": 4, "year": 1}
"""Latest periods that are held against as many before them, so that a season stands on both sides."""

LEAST_COMPARED = 3

Array = np.ndarray
Places = Sequence[int]


class Causes:
    """Reads spans out of the parts of a review; each column of segments is read once."""

    def __init__(self, parts: Parts, cubes: Mapping[str, Cube], catalogue: Catalogue) -> None:
        self.cubes, self.catalogue, self.reader = cubes, catalogue, SegmentReader(parts.frame)
        self._presence: Presence | None = None

    @property
    def presence(self) -> Presence:
        """When each product had rows in any table."""
        if self._presence is None:
            self._presence = Presence(self.cubes)
        return self._presence

    def spans(self, metric: Metric, before: Places, after: Places, dimension: str = "") -> tuple[Span, Span] | None:
        """Return two spans of a metric; None where it has no parts, or no such segments."""
        cube = self.cubes.get(metric.metric)
        read = self.reader.read(cube, dimension) if cube is not None else None
        return None if read is None else (Span(read, tuple(before)), Span(read, tuple(after)))

    def split(self, metric: Metric, shares: Array, before: Places, after: Places) -> Split | None:
        """Return why a metric changed; with the dimension that explains a tenth of the change more than products do."""
        if not metric.has_split or not before or not after:
            return None
        best: Split | None = None
        for dimension in ("", *(() if metric.is_amount else metric.segments)):
            spans = self.spans(metric, before, after, dimension)
            if spans is None:
                continue
            if metric.is_amount:
                priced = self._priced(metric, shares, *spans)
                if priced is not None:
                    return priced
                lived = self.presence.during(spans[0]), self.presence.during(spans[1])
                return split_sum(*sum_mappings(*spans, shares, lived))
            frames = rate_columns(*spans, shares)
            if not all(map(has_base, frames)):
                continue
            found = split_rate(*frames, times=metric.score.times if metric.score else 1.0, dimension=dimension)
            if best is None or _by_mix(found) > _by_mix(best) + 0.1 * abs(found.change):
                best = found
        return best

    def _priced(self, metric: Metric, shares: Array, before: Span, after: Span) -> Split | None:
        """Return an amount's change as volume × mix × price, where the catalogue has its price."""
        for price in prices_of(metric, self.catalogue):
            cube = self.cubes.get(price.metric)
            if cube is None or cube.periods != before.cube.periods:
                continue
            spans = self.spans(price, before.places, after.places)
            if spans is not None:
                return split_amount(*rate_columns(*spans, shares, per_period=True), base=price.metric)
        return None

    def carriers(
        self, metric: Metric, shares: Array, before: Places, after: Places, kind: str, parent: str
    ) -> Carriers | None:
        """Return the few products, or segments of a declared dimension, that carry a change."""
        if not metric.has_split or not before or not after:
            return None
        if not metric.is_amount:
            return segments(tuple(map(parts_of_rate, self.strata(metric, shares, before, after, kind, parent))))
        found: list[SegmentParts] = []
        for dimension in ("", *metric.segments):
            spans = self.spans(metric, before, after, dimension)
            if spans is not None:
                found.append(parts_of_amount(dimension or BY_PRODUCT, *(_amounts(span, shares) for span in spans)))
        return segments(tuple(found))

    def strata(
        self, metric: Metric, shares: Array, before: Places, after: Places, kind: str, parent: str
    ) -> list[Strata]:
        """Return a rate's change by product and by each declared dimension; those with two strata or more."""
        found = []
        for dimension in ("", *metric.segments):
            spans = self.spans(metric, before, after, dimension)
            if spans is None:
                continue
            made = strata_of(*spans, shares, kind, parent, by_product=not dimension)
            if len(made.segments) > 1 and (made.den.sum(axis=1) > 0).all():
                found.append(made)
        return found

    def gaps(self, metric: Metric, shares: Array, places: Places, kind: str, parent: str) -> list[Strata]:
        """Return a parent against all others, in the same periods, by each declared dimension."""
        found = []
        for dimension in metric.segments:
            spans = self.spans(metric, places, places, dimension)
            if spans is None:
                continue
            made = strata_of(*spans, shares, kind, parent, others=np.maximum(1.0 - shares, 0.0))
            if len(made.segments) > 1 and (made.den.sum(axis=1) > 0).all():
                found.append(made)
        return found


def latest_and_before(judged: Array, grain: str, start: int = 0) -> tuple[list[int], list[int]]:
    """Return the places of the periods before and of the latest periods: a year each where there are two.

    Parameters
    ----------
    judged : array of bool
        Whether each period counts.
    grain : str
    start : int
        Place of the first period that is the same measure.

    Examples
    --------
    >>> latest_and_before(np.ones(8, bool), "quarter")
    ([0, 1, 2, 3], [4, 5, 6, 7])
    """
    places = [int(place) for place in np.flatnonzero(judged) if place >= start]
    count = min(PERIODS_COMPARED[grain], len(places) // 2)
    if count < min(LEAST_COMPARED, PERIODS_COMPARED[grain]):
        return [], []
    return places[-2 * count : -count], places[-count:]


def _by_mix(split: Split) -> float:
    """Return how much the mix and members that came or went explain."""
    return abs(sum(e.effect for e in split.wholes() if e.factor in ("products", "segments", "new", "gone")))


def _amounts(span: Span, shares: Array) -> dict[str, float]:
    """Return the amount a period by product, or by segment, under the shares."""
    cells = np.einsum("pste,pe->ps", span.take(span.cube.parts["sum"]), shares) / max(len(span.places), 1)
    names = span.cube.segments if span.cube.dimension else span.cube.products
    totals = cells.sum(axis=0 if span.cube.dimension else 1)
    return {name: float(total) for name, total in zip(names, totals, strict=True) if total}
