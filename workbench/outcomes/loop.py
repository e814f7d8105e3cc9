"""Does feedback become decisions: how far each signal got from raised to seen, decided, shipped, checked and told.

A signal that waits still counts for as long as it has waited (`survival`); nothing is said from closed signals alone.
A signal is not divided: it counts fully in each parent in which its product has a share on the day it was raised, so
that lines do not add up to the company. Nothing here speaks of people.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workbench.errors import ModelError
from workbench.outcomes.catalogue import Catalogue
from workbench.outcomes.inputs import Signal
from workbench.outcomes.signal_log import LoopFinding, LoopHealth, Share, SignalLog, Waiting, day_of, share_of
from workbench.products import KINDS, ProductMap

HORIZONS = (30.0, 90.0)
"""Days at which shipping, checking and telling are counted: the outer loop of practice, 30 to 90 days."""

USUAL_PROMISE = 30.0
"""Days to a decision where the catalogue promises none (ours)."""

LOG_FROM = 100
"""Signals from which the table is a log and not a sheet traced by hand (ours)."""

LIVE_SIGNALS, LIVE_PERIODS, PERIOD_DAYS = 30, 2, 30
"""In a log a source is live with so many signals a period, the last not older than so many periods. Days."""

GRAIN_DAYS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
"""Shortest length of a period: a forum that meets each 28 days has a new month each time."""


@dataclass(frozen=True)
class Cadence:
    """Whether numbers arrive as often as the forum that decides on them meets.

    Attributes
    ----------
    matches : Share
        Metrics with a forum whose period is at most the time between two meetings.
    slower : tuple of (metric, forum)
        Those that arrive less often than their forum meets.
    """

    matches: Share
    slower: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Loop:
    """The health of the feedback loop, as of one day.

    Attributes
    ----------
    as_of : date
    confidence : float
    promise : float
        Days within which decisions are promised: the longest that the catalogue allows.
    is_promised : bool
        Whether the catalogue says so; else `USUAL_PROMISE`.
    is_log : bool
        Whether the table is a log; else a sheet traced by hand.
    company : LoopHealth
    groups : tuple of LoopHealth
        Parents of each kind, products, channels; only those with signals.
    coverage : Share
        Products with a live source of signals; in a traced sheet, products with a signal.
    silent : tuple of str
        Products without.
    cadence : Cadence or None
        None where no metric names a forum with a rhythm.
    findings : tuple of LoopFinding
    in_several : int
        Signals that count in more than one product line.
    waiting : tuple of Waiting
        Signals without a decision, the oldest first.
    """

    as_of: dt.date
    confidence: float
    promise: float
    is_promised: bool
    is_log: bool
    company: LoopHealth
    groups: tuple[LoopHealth, ...]
    coverage: Share
    silent: tuple[str, ...]
    cadence: Cadence | None
    findings: tuple[LoopFinding, ...]
    in_several: int
    waiting: tuple[Waiting, ...] = ()

    def of(self, kind: str) -> tuple[LoopHealth, ...]:
        """Return the groups of a kind."""
        return tuple(held for held in self.groups if held.kind == kind)

    def find(self, kind: str, key: str) -> LoopHealth | None:
        """Return one scope, or None where it has no signal."""
        return next((held for held in (self.company, *self.groups) if (held.kind, held.key) == (kind, key)), None)

    def __repr__(self) -> str:
        held = self.company.decision
        return f"{self.company.n} signals as of {self.as_of.isoformat()}, {held.open} of {held.n} not decided."


def loop_health(
    feedback: Sequence[Signal],
    products: ProductMap,
    as_of: dt.date,
    *,
    catalogue: Catalogue | None = None,
    confidence: float = 0.95,
) -> Loop | None:
    """Return how far signals get and how long each step takes; None where no signal was raised by then.

    Parameters
    ----------
    feedback : sequence of Signal
        What happens after `as_of` has not happened yet.
    products : ProductMap
    as_of : date
        Open signals have waited until the end of this day.
    catalogue : Catalogue, optional
        For the days promised to a decision, and the rhythm of its forums.
    confidence : float
        Coverage of intervals, between 0 and 1.

    Raises
    ------
    ModelError
        Two signals share a key.
    """
    signals = [signal for signal in feedback if day_of(signal.raised) <= as_of]
    if not signals:
        return None
    if len({signal.signal for signal in signals}) < len(signals):
        raise ModelError("Two signals share a key.")
    log = SignalLog(signals, as_of, confidence)
    promise = _promise(catalogue)
    members = _members(signals, products)
    groups = [
        log.health(kind, key, places)
        for kind in (*KINDS, "product", "channel")
        for key, places in members[kind].items()
    ]
    is_log = len(signals) >= LOG_FROM
    live = _live(signals, as_of) if is_log else {signal.product for signal in signals}
    silent = tuple(product for product in products.ids if product not in live)
    covered = len(products.ids) - len(silent)
    several: dict[int, int] = {}
    for places in members["product_line"].values():
        for place in places:
            several[place] = several.get(place, 0) + 1
    return Loop(
        as_of=as_of,
        confidence=confidence,
        promise=promise or USUAL_PROMISE,
        is_promised=promise is not None,
        is_log=is_log,
        company=log.health("company", "", range(len(signals))),
        groups=tuple(groups),
        coverage=share_of(covered, max(len(products.ids), 1), confidence),
        silent=silent,
        cadence=_cadence(catalogue, confidence),
        findings=tuple(log.findings()),
        in_several=sum(count > 1 for count in several.values()),
        waiting=log.waiting(),
    )


def _promise(catalogue: Catalogue | None) -> float | None:
    """Return the longest time to a decision that any metric allows: a signal late by that is late by all."""
    held = [metric.loop.decide_within_days for metric in (catalogue.metrics if catalogue else ())]
    return max((days for days in held if days is not None), default=None)


def _members(signals: Sequence[Signal], products: ProductMap) -> dict[str, dict[str, list[int]]]:
    """Return the places of each scope's signals: in every parent that has a share on the day they were raised."""
    found: dict[str, dict[str, list[int]]] = {}
    for kind in KINDS:
        cuts = products.cut_dates(kind)
        epochs = [_parents_on(products, kind, day) for day in (None, *cuts)]
        held: dict[str, list[int]] = {parent: [] for parent in products.parents(kind)}
        for place, signal in enumerate(signals):
            epoch = sum(cut <= day_of(signal.raised) for cut in cuts)
            for parent in epochs[epoch].get(signal.product, ()):
                held[parent].append(place)
        found[kind] = {parent: places for parent, places in held.items() if places}
    by_product: dict[str, list[int]] = {product: [] for product in products.ids}
    by_channel: dict[str, list[int]] = {}
    for place, signal in enumerate(signals):
        by_product.setdefault(signal.product, []).append(place)
        by_channel.setdefault(signal.channel, []).append(place)
    found["product"] = {product: places for product, places in by_product.items() if places}
    found["channel"] = dict(sorted(by_channel.items(), key=lambda pair: (-len(pair[1]), pair[0])))
    return found


def _parents_on(products: ProductMap, kind: str, on: dt.date | None) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    shares = products.shares(kind, on)
    for product, parent in zip(shares["product"], shares["parent"], strict=True):
        found.setdefault(product, []).append(parent)
    return found


def _live(signals: Sequence[Signal], as_of: dt.date) -> set[str]:
    """Return the products that have a live source: a channel with enough signals a period and a recent one."""
    raised: dict[tuple[str, str], list[dt.date]] = {}
    for signal in signals:
        raised.setdefault((signal.product, signal.channel), []).append(day_of(signal.raised))
    found = set()
    for (product, _), days in raised.items():
        periods = max(((as_of - min(days)).days + 1) / PERIOD_DAYS, 1.0)
        is_recent = (as_of - max(days)).days <= LIVE_PERIODS * PERIOD_DAYS
        if is_recent and len(days) >= LIVE_SIGNALS * periods:
            found.add(product)
    return found


def _cadence(catalogue: Catalogue | None, confidence: float) -> Cadence | None:
    if catalogue is None:
        return None
    pairs = [
        (metric, metric.loop.forum) for metric in catalogue.metrics if (metric.loop.forum or "") in catalogue.forums
    ]
    if not pairs:
        return None
    slower = tuple((m.metric, f) for m, f in pairs if f and GRAIN_DAYS[m.grain] > catalogue.forums[f])
    return Cadence(share_of(len(pairs) - len(slower), len(pairs), confidence), slower)
