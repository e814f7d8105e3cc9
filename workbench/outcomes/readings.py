"""Which statement first, and for whom: for the board, for each product line, for each product manager.

score = stake × evidence × actionability × novelty (`insight_scores`). Whatever was planted once is told once: of one
metric at the level where it belongs, of a ratio and its numerator the ratio.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Off
from workbench.outcomes.catalogue import Catalogue, Metric
from workbench.outcomes.definitions import Measure
from workbench.outcomes.insight_drafts import Drafts
from workbench.outcomes.insights import Insight, where
from workbench.outcomes.managers import LINE, Reader, readers_of
from workbench.outcomes.wording import write_change

if TYPE_CHECKING:
    from workbench.outcomes.inputs import OutcomesInputs
    from workbench.outcomes.loop import Loop
    from workbench.outcomes.reviewed import Move, Series, TargetCheck
    from workbench.outcomes.stages import StageEvidence
    from workbench.products import ProductMap

SAME_STORY_DAYS = 92
"""Kindred metrics that moved within a quarter of each other tell one story (ours)."""


HINT_SHARE = 1 / 3
"""A change that is not kept may be told as a hint where at most this share of such changes is chance (ours): where
nothing moved at all, the chance that anybody hears one is no larger."""


@dataclass(frozen=True)
class Reading:
    """What one reader must read, first things first.

    Attributes
    ----------
    reader : Reader
    insights : tuple of Insight
        At most as many as the settings allow.
    more : int
        Statements that did not find room.
    """

    reader: Reader
    insights: tuple[Insight, ...]
    more: int = 0


class Ranking:
    """All statements of a review, scored against each other."""

    def __init__(
        self,
        inputs: OutcomesInputs,
        series: Sequence[Series],
        texts: Mapping[str, str],
        *,
        moves: Sequence[Move],
        own: Mapping[Reader, Sequence[Move]] | None = None,
        targets: Sequence[TargetCheck] = (),
        stages: Sequence[StageEvidence] = (),
        loop: Loop | Off | None = None,
        said: Callable[[Move], int] = lambda _: 0,
    ) -> None:
        self.inputs, self.most = inputs, inputs.settings.insights_per_reader
        tested = [one for one in series if one.watched.change is not None]
        picked = sum(one.watched.has_moved for one in tested) / max(len(tested), 1)
        hinted = picked + sum(is_hint(one) for one in tested) / max(len(tested), 1)  # hints are picked for size too
        drafts = Drafts(series, inputs, texts, loop, picked=picked, hinted=hinted, said=said)
        missed = [drafts.of_target(c) for c in targets if c.assurance.verdict == "fails" and c.value is not None]
        self.own = {reader: {_scope(move) for move in held} for reader, held in (own or {}).items()}
        all_moves = [*moves, *(move for held in (own or {}).values() for move in held)]
        of_moves = {_scope(move): drafts.of_move(move) for move in all_moves}
        others = [drafts.of_stage(held) for held in stages if held.contradicts]
        if loop is not None and not isinstance(loop, Off):
            waits = [drafts.of_loop(health) for kind in (LINE, "product") for health in loop.of(kind)]
            others += [wait for wait in waits if wait is not None]
        self.all = _scored([*of_moves.values(), *missed, *others])
        self.leading = {_scope(move) for move in moves}

    def board(self) -> tuple[Insight, ...]:
        """Return the statements of the chapter: of moves and targets, at most so many for each who decides."""
        kept: list[Insight] = []
        offered = [i for i in self.all if i.kind == "target" or (i.kind == "move" and i.scope[1:] in self.leading)]
        for insight in told_once(offered, self.inputs):
            if sum(other.reader == insight.reader for other in kept) < self.most:
                kept.append(insight)
        return tuple(kept)

    def readings(self) -> tuple[Reading, ...]:
        """Return what each line and each manager must read."""
        found = []
        for reader in readers_of(self.inputs.products, self.inputs.settings.as_of):
            own = self.own.get(reader, set())
            his = [
                i
                for i in self.all
                if reader.reads(i.scope_kind, i.parent) and (i.kind not in CHANGES or i.scope[1:] in own)
            ]
            told = told_once(his, self.inputs)
            found.append(Reading(reader, tuple(told[: self.most]), max(0, len(told) - self.most)))
        return tuple(found)


CHANGES = ("move", "hint")
"""Statements about a change of level, sure ones and others."""


def is_hint(series: Series) -> bool:
    """Return whether a change did not stand among all series, yet is more likely real than not."""
    q = series.watched.q
    return q is not None and q <= HINT_SHARE and series.watched.change is not None and not series.watched.has_moved


def where_it_belongs(
    moved: Sequence[Series], reader: Reader, products: ProductMap
) -> list[tuple[Series, list[Series]]]:
    """Return, for each metric that moved one way, the series of a reader at which it belongs, and all that moved.

    What moved in two products of a line or more is the line's. What moved in one product alone is that product's,
    where it is clearer there than in the line: the noise of the other products hides it in the line, and a shift that
    all of them share is clearer in the line, because their noise cancels (ours). Without a line that moved it is the
    product's in which it is clearest. Hints count only where nothing of that metric and way has moved.
    """
    groups: dict[tuple[str, bool], list[Series]] = {}
    for one in moved:
        if one.watched.change is not None and reader.reads(one.kind, one.parent):
            groups.setdefault((one.metric.metric, one.watched.change.size > 0), []).append(one)
    groups = {key: [s for s in held if s.watched.has_moved] or held for key, held in groups.items()}
    found = []
    for held in groups.values():
        left = list(held)
        for line in sorted((one for one in held if one.kind == LINE), key=_clearness, reverse=True):
            members = products.members_of(LINE, line.parent)
            parts = [one for one in left if one.kind == "product" and one.parent in members]
            is_one = len(parts) == 1 and _clearness(parts[0]) > _clearness(line)
            found.append((parts[0] if is_one else line, held))
            left = [one for one in left if one not in (line, *parts)]
        alone = [one for one in left if one.kind == "product"]
        if alone:
            found.append((max(alone, key=_clearness), alone))
    return found


def told_once(insights: Iterable[Insight], inputs: OutcomesInputs) -> list[Insight]:
    """Return the statements in their order without those that say what another says.

    Of one metric that moved one way in a scope and in a part of it, the one where it belongs stands, which the caller
    has chosen; here it is kindred metrics. Of a ratio and its numerator the ratio stands; of any other two that are
    made of the same counts the one that ranks first: an amount and a metric derived from it; a denominator and its
    ratio, where the numerator stayed; both sides of a ratio that stayed; rows and the customers of the same rows. What
    stands names the other. The loop of a line stands for that of its products.
    """
    ranked = list(insights)
    dropped: dict[int, int] = {}
    for place, one in enumerate(ranked):
        for other_place, other in enumerate(ranked[:place]):
            if place in dropped:
                break
            if other_place in dropped or not _are_near(one, other, inputs):
                continue
            keep = _which_stands(one, other, ranked, inputs)
            if keep is one:
                dropped[other_place] = place
            elif keep is other:
                dropped[place] = other_place
    named: dict[int, list[Insight]] = {}
    for place, kept in dropped.items():
        while kept in dropped:
            kept = dropped[kept]
        named.setdefault(kept, []).append(ranked[place])
    return [_naming(one, named.get(place, ()), inputs) for place, one in enumerate(ranked) if place not in dropped]


def _clearness(series: Series) -> float:
    """Return how far a change stands out of its own noise."""
    return 0.0 if series.watched.change is None else series.watched.change.statistic


def _scope(move: Move) -> tuple[str, str, str]:
    return move.metric, move.kind, move.parent


def _scored(drafts: Sequence[Insight]) -> list[Insight]:
    """Set each stake against the largest of its unit, and put the statements in order."""
    largest: dict[str, float] = {}
    for draft in drafts:
        largest[draft.unit] = max(largest.get(draft.unit, 0.0), draft.stake)
    found = []
    for draft in drafts:
        stake = draft.stake / largest[draft.unit] if largest[draft.unit] else 0.0
        score = stake * draft.evidence * draft.actionability * draft.novelty
        found.append(replace(draft, stake=stake, score=score))
    return sorted(found, key=lambda i: (-i.score, i.metric, i.scope_kind, i.parent, i.kind))


def _are_near(one: Insight, other: Insight, inputs: OutcomesInputs) -> bool:
    """Return whether two statements are of one kind, of scopes that share products, and of one time."""
    if one.kind != other.kind and not {one.kind, other.kind} <= set(CHANGES):
        return False
    if one.kind not in (*CHANGES, "loop"):
        return False
    mine, theirs = (_members(held, inputs) for held in (one, other))
    if not mine & theirs:
        return False
    if one.kind == "loop":
        return True
    if one.period is None or other.period is None:
        return False
    return abs(one.period - other.period) <= dt.timedelta(days=SAME_STORY_DAYS)


def _which_stands(one: Insight, other: Insight, ranked: Sequence[Insight], inputs: OutcomesInputs) -> Insight | None:
    """Return which of two near statements stands, or None where each says something of its own."""
    if one.kind == "loop":
        return min((one, other), key=lambda held: held.scope_kind != LINE)
    if one.metric == other.metric:
        return other if one.size * other.size > 0 else None
    catalogue = inputs.catalogue
    if one.kind != other.kind:  # what has moved stands for what may have
        is_kin = are_kindred(catalogue.metric(one.metric), catalogue.metric(other.metric), catalogue)
        return min((one, other), key=lambda held: held.kind == "hint") if is_kin else None
    for ratio, amount in ((one, other), (other, one)):
        if is_numerator(catalogue.metric(amount.metric), catalogue.metric(ratio.metric)):
            return ratio
    for ratio, amount in ((one, other), (other, one)):
        top = _numerator_of(catalogue.metric(ratio.metric), catalogue)
        if is_denominator(catalogue.metric(amount.metric), catalogue.metric(ratio.metric)):
            has_stayed = top is not None and all(held.metric != top.metric for held in ranked)
            return other if has_stayed else None
    mine, theirs = catalogue.metric(one.metric), catalogue.metric(other.metric)
    if is_derived(mine, theirs, catalogue) or is_derived(theirs, mine, catalogue) or is_same_rows(mine, theirs):
        return other
    moved = {held.metric for held in ranked}
    if any(_are_both_sides(mine, theirs, ratio) for ratio in catalogue.metrics if ratio.metric not in moved):
        return other
    return None


def is_numerator(amount: Metric, ratio: Metric) -> bool:
    """Return whether an amount is what stands above the line of a ratio."""
    return _amount(amount) is not None and ratio.denominator is not None and _amount(amount) == ratio.measure


def is_denominator(amount: Metric, ratio: Metric) -> bool:
    """Return whether an amount is what stands below the line of a ratio."""
    return _amount(amount) is not None and _amount(amount) == ratio.denominator


def are_kindred(one: Metric, other: Metric, catalogue: Catalogue) -> bool:
    """Return whether two metrics are made of the same counts."""
    return is_same_rows(one, other) or any(
        is_numerator(a, b) or is_denominator(a, b) or is_derived(a, b, catalogue)
        for a, b in ((one, other), (other, one))
    )


def is_same_rows(one: Metric, other: Metric) -> bool:
    """Return whether one counts the rows and the other the customers of the same rows."""
    a, b = one.measure, other.measure
    if {one.type, other.type} != {"count", "distinct"} or a is None or b is None:
        return False
    return (a.table, a.where, a.at, a.sql) == (b.table, b.where, b.at, b.sql)


def _are_both_sides(one: Metric, other: Metric, ratio: Metric) -> bool:
    """Return whether two amounts are the two sides of a ratio: where it stays, one moved because the other did."""
    return any(is_numerator(a, ratio) and is_denominator(b, ratio) for a, b in ((one, other), (other, one)))


def is_derived(made: Metric, of: Metric, catalogue: Catalogue) -> bool:
    """Return whether a metric is made of another, at any depth."""
    return any(
        held.metric == of.metric or is_derived(catalogue.metric(held.metric), of, catalogue) for held in made.inputs
    )


def _amount(metric: Metric) -> Measure | None:
    return metric.measure if metric.type in ("sum", "count") else None


def _numerator_of(ratio: Metric, catalogue: Catalogue) -> Metric | None:
    return next((metric for metric in catalogue.metrics if is_numerator(metric, ratio)), None)


def _members(insight: Insight, inputs: OutcomesInputs) -> frozenset[str]:
    """Return the products that a scope holds, at any time."""
    products = inputs.products
    if insight.scope_kind == "company":
        return frozenset(products.ids)
    if insight.scope_kind == "product":
        return frozenset((insight.parent,))
    return products.members_of(insight.scope_kind, insight.parent)


def _naming(insight: Insight, others: Sequence[Insight], inputs: OutcomesInputs) -> Insight:
    """Name the statements that this one stands for."""
    if insight.kind != "move" or not others:
        return insight
    currency, catalogue = inputs.settings.currency, inputs.catalogue
    said = []
    for other in others:
        metric = catalogue.metric(other.metric)
        if other.metric != insight.metric:
            is_same = (other.scope_kind, other.parent) == (insight.scope_kind, insight.parent)
            place = "" if is_same else where(other.scope_kind, other.parent, inputs.products) or " in the company"
            said.append(f"{metric.label}{place} ({write_change(other.size, metric.unit, currency)})")
    if not said:
        return insight
    return replace(insight, detail=f"{insight.detail} With it went {theme.listing(said)}.")
