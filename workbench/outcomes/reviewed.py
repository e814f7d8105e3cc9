"""What a review found: every series, what moved, targets and where they stand, and all of it as of one day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.findings import Off
from workbench.outcomes.carriers import Carriers
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.control_charts import Watched
from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.definitions import Target
from workbench.outcomes.dialects import Query
from workbench.outcomes.drivers import Split
from workbench.outcomes.inputs import Event, Settings
from workbench.outcomes.insights import Insight
from workbench.outcomes.loop import Loop
from workbench.outcomes.provenance import TableState
from workbench.outcomes.readings import Reading
from workbench.outcomes.rollup import RolledUp
from workbench.outcomes.signal_review import SignalReview
from workbench.outcomes.simpson import Reversal
from workbench.outcomes.stages import StageEvidence
from workbench.outcomes.target_odds import Assurance
from workbench.outcomes.variances import Variance
from workbench.outcomes.work import Work
from workbench.products import ProductMap

SERIES_COLUMNS = ("period", "value", "low", "high", "n", "n_eff", "is_complete", "is_judged")

NO_LOOP = Off("outcomes", "How long signals of customers wait for a decision could not be answered.", ("feedback",))
"""What stands where nobody sent signals."""

Scope = tuple[str, str, str]
"""Metric, kind and key of a parent ('' for the company)."""


@dataclass(frozen=True, eq=False)
class Series:
    """One metric of one parent over time, and what it says.

    Attributes
    ----------
    metric : Metric
    kind, parent : str
        ``company`` and '' for the company, ``product`` for a product.
    frame : DataFrame
        period (date), value, low, high, n, n_eff, is_complete, is_judged.
    watched : Watched
    """

    metric: Metric
    kind: str
    parent: str
    frame: pd.DataFrame
    watched: Watched

    @cached_property
    def scope(self) -> Scope:
        """Metric, kind and parent."""
        return self.metric.metric, self.kind, self.parent

    @cached_property
    def latest(self) -> pd.Series | None:
        """The last judged period with a value, or None."""
        places = np.flatnonzero(self.frame["is_judged"].to_numpy(dtype=bool))
        return self.frame.iloc[places[-1]] if places.size else None

    def is_outside(self) -> list[bool]:
        """Return, for each period, whether it is judged and lies outside the usual range after the baseline."""
        track, limits = self.watched.track, self.watched.limits
        if track is None or limits is None:
            return [False] * len(self.frame)
        judged = self.frame["is_judged"].to_numpy(dtype=bool)
        ends = zip(track.shown, track.lower, track.upper, strict=True)
        return [
            bool(judged[place]) and place > limits.baseline_to and (value < low or value > high)
            for place, (value, low, high) in enumerate(ends)
        ]

    def period(self, place: int) -> dt.date:
        """Return the first day of the period at a place."""
        found: dt.date = self.frame["period"].iloc[place]
        return found


@dataclass(frozen=True)
class Move:
    """A metric that stands elsewhere than its baseline.

    Attributes
    ----------
    metric, kind, parent : str
        Scope.
    since, until : date
        First and last period at the new level.
    before, after : float
        Means of the baseline and of the new level. Unit: the metric's.
    size_sigma, p : float
        Distance in sigmas; chance in a stable metric.
    is_favourable : bool or None
        None where no direction is good.
    is_outside : bool
        At least one new point lies outside the usual range.
    split : Split or None
        Why; None where the type has no split, or an event ends the comparison.
    events : tuple of Event
        What happened in scope from a quarter before the change on; asked before any cause is named.
    also : tuple of (kind, parent)
        Other parents at which the same metric moved the same way.
    holds_under_other_shares : bool or None
        Whether the move stands under every split of shares nobody confirmed; None: there are none here.
    breaks : tuple of (str, str)
        Under which split it does not: a member, and the parent that has all of its unconfirmed part.
    carriers : Carriers or None
        The few products or segments that carry it, or that there are none; None where it has no split.
    q : float
        Smallest share of false alarms among all series at which it would be named, 0 to 1.
    is_over : bool
        Judged periods after `until` no longer stand at the new level.
    """

    metric: str
    kind: str
    parent: str
    since: dt.date
    until: dt.date
    before: float
    after: float
    size_sigma: float
    p: float
    is_favourable: bool | None
    is_outside: bool
    split: Split | None = None
    events: tuple[Event, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    holds_under_other_shares: bool | None = None
    carriers: Carriers | None = None
    q: float = 0.0
    breaks: tuple[tuple[str, str], ...] = ()
    is_over: bool = False

    @property
    def change(self) -> float:
        """After minus before. Unit: the metric's."""
        return self.after - self.before


@dataclass(frozen=True)
class TargetCheck:
    """A target, where its metric stands and whether the process will meet it.

    Attributes
    ----------
    metric, kind, parent : str
        Scope.
    target : Target
    value : float or None
        Latest complete period. Unit: the metric's.
    is_met : bool or None
        Whether that value meets the target; None where there is no value.
    assurance : Assurance
    holds_under_other_shares : bool or None
        Whether both stand under every split of shares nobody confirmed; None: there are none here.
    breaks : tuple of (str, str)
        As in `Move`.
    """

    metric: str
    kind: str
    parent: str
    target: Target
    value: float | None
    is_met: bool | None
    assurance: Assurance
    holds_under_other_shares: bool | None = None
    breaks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the outcomes say, as of one day.

    Attributes
    ----------
    settings : Settings
    products : ProductMap
    catalogue : Catalogue
        All metrics of the client, also those that are off.
    off : tuple of (metric, reason)
        Metrics that could not be computed.
    series : tuple of Series
        Every metric of the company, each parent and each product, in a fixed order.
    rolled : mapping of kind to RolledUp
    moves : tuple of Move
        One a metric, at the parent where it is clearest; largest first.
    targets : tuple of TargetCheck
        In the client's order.
    insights : tuple of Insight
        Ranked.
    findings : tuple of DataFinding
        What is wrong with the facts.
    controls : tuple of mappings
        Ledger totals beside ours.
    queries : tuple of Query
        Every query that ran.
    texts : mapping of metric to str
        Query that gives the metric's parts, to paste and run.
    sources : mapping of table to str
        The client's files.
    engine : str
    events : tuple of Event
    states : tuple of TableState
        Tables in the client's databases, as they were found: the hash of the files does not cover them.
    loop : Loop or Off
        How far signals of customers and operations get; Off without the table.
    beside : function without arguments
        Returns `versions`, which are added up where somebody asks for them.
    stages : tuple of StageEvidence
        Each product's declared stage beside its use; empty where no metric shows use.
    work : Work or None
        Flow of work and delivery of software, from exports of trackers; None without any.
    reversals : tuple of Reversal
        Totals that say the opposite of their strata, latest year against the year before; sure ones first.
    variances : tuple of Variance
        Actual against budget, forecast and the year before, split; in the client's order.
    signals : SignalReview
        All series judged together, products beside each other, rare events.
    own_moves : tuple of Move
        What moved, or may have (`readings.is_hint`), in the lines and products of some reader, each at the level where
        it belongs.
    readings : tuple of Reading
        At most so many statements for each product line and each product manager.
    """

    settings: Settings
    products: ProductMap
    catalogue: Catalogue
    off: tuple[tuple[str, str], ...]
    series: tuple[Series, ...]
    rolled: Mapping[str, RolledUp]
    moves: tuple[Move, ...]
    targets: tuple[TargetCheck, ...]
    insights: tuple[Insight, ...]
    findings: tuple[DataFinding, ...]
    controls: tuple[Mapping[str, object], ...]
    queries: tuple[Query, ...]
    texts: Mapping[str, str]
    sources: Mapping[str, str]
    engine: str
    events: tuple[Event, ...]
    states: tuple[TableState, ...] = ()
    loop: Loop | Off = NO_LOOP
    beside: Callable[[], pd.DataFrame] = pd.DataFrame
    stages: tuple[StageEvidence, ...] = ()
    work: Work | None = None
    reversals: tuple[Reversal, ...] = ()
    variances: tuple[Variance, ...] = ()
    signals: SignalReview = field(default_factory=SignalReview)
    own_moves: tuple[Move, ...] = ()
    readings: tuple[Reading, ...] = ()

    @cached_property
    def versions(self) -> pd.DataFrame:
        """What stands beside the actual values and is never added to them: budget, forecast and prior.

        Columns version, metric, kind, parent, period, value, low, high, n, n_eff, is_complete. Prior is the year before
        where facts hold none.
        """
        return self.beside()

    @property
    def residual(self) -> float:
        """Largest relative miss of the law of adding up."""
        return max((rolled.residual for rolled in self.rolled.values()), default=0.0)

    def find(self, metric: str, kind: str = "company", parent: str = "") -> Series | None:
        """Return a series by its scope, or None."""
        return self._by_scope.get((metric, kind, parent))

    @cached_property
    def _by_scope(self) -> dict[Scope, Series]:
        return {series.scope: series for series in reversed(self.series)}

    def metrics_on(self) -> tuple[Metric, ...]:
        """Return the metrics that were computed."""
        off = dict(self.off)
        return tuple(metric for metric in self.catalogue.metrics if metric.metric not in off)

    def name(self, kind: str, parent: str) -> str:
        """Return what people call a scope."""
        return "the company" if kind == "company" else self.products.name(parent)

    def to_frame(self) -> pd.DataFrame:
        """Return every value as rows: metric, kind, parent, period, value, low, high, n, is_complete, is_judged."""
        frames = [
            series.frame.assign(metric=series.metric.metric, kind=series.kind, parent=series.parent)
            for series in self.series
        ]
        columns = ["metric", "kind", "parent", *SERIES_COLUMNS]
        if not frames:
            return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})
        return pd.concat(frames, ignore_index=True)[columns]

    def __repr__(self) -> str:
        return (
            f"{len(self.metrics_on())} of {len(self.catalogue.metrics)} outcomes as of "
            f"{self.settings.as_of.isoformat()}: {len(self.moves)} moved, {len(self.targets)} targets, "
            f"{len(self.findings)} findings on the data."
        )
