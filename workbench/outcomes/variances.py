"""Actual against budget, forecast and the year before: the same split, between two versions of the same periods.

An amount whose price is in the catalogue too (a ratio with the same numerator) is volume × mix × price; another is
volume by product. A rate is mix and rate. Only periods that had ended and that both versions hold are compared, this
fiscal year where there are such.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.outcomes.catalogue import VERSIONS, Catalogue, Metric
from workbench.outcomes.cubes import Cube, add_up, build_cubes, share_arrays
from workbench.outcomes.definitions import Length
from workbench.outcomes.drivers import Split, split_amount, split_rate, split_sum
from workbench.outcomes.gather import Parts
from workbench.outcomes.inputs import Event
from workbench.outcomes.metric_values import values_of
from workbench.outcomes.other_shares import OtherShares, Survival, asked_once
from workbench.outcomes.periods import earlier, has_ended, periods_in
from workbench.outcomes.spans import SegmentReader, Span, has_base, prices_of, rate_columns, sum_mappings
from workbench.products import KINDS, ProductMap

YEAR = Length(1, "year")
MOST_PERIODS = 12
"""Periods compared where none of this fiscal year is held twice."""

Array = np.ndarray


@dataclass(frozen=True)
class Variance:
    """One metric of one parent against another version of the same periods.

    Attributes
    ----------
    metric, kind, parent : str
        Scope.
    against : str
        ``budget``, ``forecast`` or ``prior`` (the year before, where facts hold none).
    first, last : date
        First day of the first and of the last period compared.
    periods : int
    split : Split
        From the other version (before) to actual (after). Unit: the metric's; an amount is the total of the periods.
    is_favourable : bool or None
        None where no direction is good, or nothing differs.
    events : tuple of Event
        What happened in scope in those periods; asked before any cause is named.
    holds_under_other_shares : bool or None
        Whether actual stays on its side under every split of shares nobody confirmed; None: there are none here.
    breaks : tuple of (str, str)
        Under which split it does not: a member, and the parent that has all of its unconfirmed part.
    """

    metric: str
    kind: str
    parent: str
    against: str
    first: dt.date
    last: dt.date
    periods: int
    split: Split
    is_favourable: bool | None
    events: tuple[Event, ...] = ()
    holds_under_other_shares: bool | None = None
    breaks: tuple[tuple[str, str], ...] = ()

    @property
    def change(self) -> float:
        """Actual minus the other version. Unit: the metric's."""
        return self.split.change

    @property
    def share(self) -> float | None:
        """The change in shares of the other version; None where that is not above zero."""
        return self.change / self.split.before if self.split.before > 0 else None


def compare_versions(
    parts: Parts,
    catalogue: Catalogue,
    products: ProductMap,
    actual: Mapping[str, Cube],
    *,
    as_of: dt.date,
    fiscal_year_starts: int = 1,
    scopes: Sequence[tuple[str, str]] = (("company", ""),),
    since: Callable[[Metric, str, str], dt.date | None] = lambda metric, kind, parent: None,
    others: OtherShares | None = None,
) -> tuple[Variance, ...]:
    """Return every metric that has another version against it, and against the year before.

    Parameters
    ----------
    parts : Parts
    catalogue : Catalogue
        Metrics that stand.
    products : ProductMap
    actual : mapping of metric to Cube
    as_of : date
        Periods that had not ended by then are not compared.
    fiscal_year_starts : int
        Month, 1 to 12.
    scopes : sequence of (kind, parent)
    since : function of metric, kind and parent
        Day of the last redefinition; older periods are another measure and are not compared.
    others : OtherShares or None
        Of the products, with what was looked for already.
    """
    others = others or OtherShares(products)
    work = _Comparison(parts, catalogue, products, actual, as_of, fiscal_year_starts, others)
    found = []
    for metric in catalogue.metrics:
        if not metric.has_split or metric.metric not in actual:
            continue
        versions = work.versions_of(metric)
        for against in versions:
            # without a plan the year before is asked of the company alone
            asked = scopes if len(versions) > 1 or against != "prior" else [s for s in scopes if s[0] == "company"]
            for kind, parent in asked:
                if kind in ("company", "product", *metric.via):
                    found.append(work.compare(metric, against, kind, parent, since(metric, kind, parent)))
    return tuple(variance for variance in found if variance is not None)


class _Comparison:
    """The cubes of every version, and the pairs of periods that can be compared."""

    def __init__(
        self,
        parts: Parts,
        catalogue: Catalogue,
        products: ProductMap,
        actual: Mapping[str, Cube],
        as_of: dt.date,
        fiscal_year_starts: int,
        others: OtherShares,
    ) -> None:
        self.catalogue, self.products, self.as_of, self.others = catalogue, products, as_of, others
        self.year_starts = _year_start(as_of, fiscal_year_starts)
        epochs = len(products.cut_dates()) + 1
        present = set(parts.totals["version"])
        self.cubes: dict[str, Mapping[str, Cube]] = {"actual": actual}
        for version in VERSIONS[1:]:
            if version in present:
                self.cubes[version] = build_cubes(parts, catalogue, products, epochs, version=version)
        self.reader = {version: SegmentReader(parts.frame.iloc[:0]) for version in ("actual", *VERSIONS[1:])}
        self.arrays: dict[str, dict[str, Array]] = {}

    def versions_of(self, metric: Metric) -> list[str]:
        """Return what the metric is held against: the versions that the facts hold, and the year before."""
        held = [version for version in VERSIONS[1:] if metric.metric in self.cubes.get(version, {})]
        return held if "prior" in held else [*held, "prior"]

    def compare(self, metric: Metric, against: str, kind: str, parent: str, since: dt.date | None) -> Variance | None:
        actual = self.cubes["actual"][metric.metric]
        other = self.cubes.get(against, self.cubes["actual"]).get(metric.metric)
        is_year_before = against not in self.cubes
        if other is None:
            return None
        pairs = self._pairs(metric, actual, other, since, is_year_before)
        shares = self._shares(kind, parent)
        if not pairs or not shares.any():
            return None
        places = tuple(one for one, _ in pairs), tuple(two for _, two in pairs)
        split = self._split(metric, "actual" if is_year_before else against, places, shares)
        if split is None:
            return None
        better = None
        if split.change and metric.direction in ("up", "down"):
            better = (split.change > 0) == (metric.direction == "up")
        periods = [actual.periods[place] for place in places[1]]
        found = Variance(metric.metric, kind, parent, against, periods[0], periods[-1], len(periods), split, better)
        survival = self._survival(found, actual, other, places)
        if survival is None:
            return found
        return replace(found, holds_under_other_shares=survival.holds, breaks=survival.breaks)

    def _survival(
        self, found: Variance, actual: Cube, other: Cube, places: tuple[tuple[int, ...], tuple[int, ...]]
    ) -> Survival | None:
        """Return whether the difference keeps its sign under other shares."""
        if found.kind not in KINDS or not found.change:
            return None

        @asked_once
        def gap(shares: Array) -> float:
            """Return the difference on the side on which it was found."""
            totals = []
            for cube, own in zip((other, actual), places, strict=True):
                sums = {part: array[list(own)].sum(keepdims=True) for part, array in add_up(cube, shares).items()}
                totals.append(float(values_of(cube.metric, sums)[0]))
            return (totals[1] - totals[0]) * (1 if found.change > 0 else -1)

        return self.others.survives(found.kind, found.parent, lambda shares: gap(shares) > 0, gap)

    def _pairs(
        self, metric: Metric, actual: Cube, other: Cube, since: dt.date | None, is_year_before: bool
    ) -> list[tuple[int, int]]:
        """Return the places (other, actual) of periods that both hold, oldest first."""
        place = {day: at for at, day in enumerate(other.periods) if _has_rows(other, at)}
        pairs = []
        for at, day in enumerate(actual.periods):
            oldest = _year_before(day, metric) if is_year_before else day
            partner = place.get(oldest) if oldest is not None else None
            if oldest is None or partner is None or not _has_rows(actual, at):
                continue
            if has_ended(metric, day, self.as_of) and (since is None or oldest >= since):
                pairs.append((partner, at))
        this_year = [pair for pair in pairs if actual.periods[pair[1]] >= self.year_starts]
        chosen = this_year or pairs[-MOST_PERIODS:]
        # levels and running totals do not add up over time: the last one speaks for the year
        return chosen[-1:] if metric.type in ("stock", "cumulative") else chosen

    def _shares(self, kind: str, parent: str) -> Array:
        cuts = self.products.cut_dates()
        shape = (len(self.products.ids), len(cuts) + 1)
        if kind == "company":
            return np.ones(shape)
        if kind == "product":
            found = np.zeros(shape)
            found[self.products.ids.index(parent)] = 1.0
            return found
        if kind not in self.arrays:
            self.arrays[kind] = share_arrays(self.products, kind, cuts)
        return self.arrays[kind][parent]

    def _split(
        self, metric: Metric, other: str, places: tuple[tuple[int, ...], tuple[int, ...]], shares: Array
    ) -> Split | None:
        if not metric.is_amount:
            spans = self._spans(metric, other, places)
            frames = rate_columns(*spans, shares)
            if not all(map(has_base, frames)):
                return None
            return split_rate(*frames, times=metric.score.times if metric.score else 1.0)
        for price in prices_of(metric, self.catalogue):
            theirs = self._same_periods(metric, price, other, places)
            if theirs is not None:
                columns = rate_columns(*self._spans(price, other, theirs), shares)
                return split_amount(*columns, base=price.metric)
        before, after = self._spans(metric, other, places)
        rows = [span.take(span.cube.parts["rows"]).sum(axis=(1, 2, 3)) > 0 for span in (before, after)]
        lived = rows[0].tolist(), rows[1].tolist()
        return split_sum(*sum_mappings(before, after, shares, lived, per_period=False))

    def _spans(self, metric: Metric, other: str, places: tuple[tuple[int, ...], tuple[int, ...]]) -> tuple[Span, Span]:
        cubes = self.cubes[other][metric.metric], self.cubes["actual"][metric.metric]
        read = [self.reader[v].read(cube) for v, cube in zip((other, "actual"), cubes, strict=True)]
        one, two = (cube for cube in read if cube is not None)
        return Span(one, places[0]), Span(two, places[1])

    def _same_periods(
        self, metric: Metric, price: Metric, other: str, places: tuple[tuple[int, ...], tuple[int, ...]]
    ) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """Return the same periods in the price's cubes, or None where it lacks one."""
        found = []
        for version, held in zip((other, "actual"), places, strict=True):
            if price.metric not in self.cubes[version]:
                return None
            have = {day: at for at, day in enumerate(self.cubes[version][price.metric].periods)}
            days = [self.cubes[version][metric.metric].periods[place] for place in held]
            if any(day not in have for day in days):
                return None
            found.append(tuple(have[day] for day in days))
        return found[0], found[1]


def _has_rows(cube: Cube, place: int) -> bool:
    rows = cube.company.get("rows", cube.company.get("n"))
    return rows is not None and float(rows[place]) > 0


def _year_before(day: dt.date, metric: Metric) -> dt.date | None:
    steps = periods_in(YEAR, metric.grain)
    return None if steps is None else earlier(day, steps, metric)


def _year_start(as_of: dt.date, month: int) -> dt.date:
    """Return the first day of the fiscal year that had a day behind it at `as_of`."""
    start = dt.date(as_of.year, month, 1)
    return start if start <= as_of else dt.date(as_of.year - 1, month, 1)
