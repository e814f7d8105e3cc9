"""Which statement first: stake × evidence × actionability × novelty, each 0 to 1 and printed.

Only declared metrics, declared targets and declared segments are looked at; nothing is searched for. Sentences are
templates in plain words; every one carries the query that gives its numbers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import CLAIM_LENGTH
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.driver_wording import say_carriers
from workbench.outcomes.drivers import Split
from workbench.outcomes.inputs import Event, OutcomesInputs
from workbench.outcomes.wording import write_change, write_pair, write_rarity
from workbench.products import KIND_NAMES, ProductMap

if TYPE_CHECKING:
    from workbench.outcomes.review import Move, Series, TargetCheck

VERDICTS = {
    "passes": "consistently meets",
    "fails": "consistently misses",
    "hit_and_miss": "hits and misses",
    "not_stated": "is not yet judged against",
}
"""What a board reads for a verdict."""

CAUSES = {
    "mix": "Mostly the mix: other products or customers than before, not each of them doing otherwise.",
    "rate": "Mostly the rate itself: the same products and customers do otherwise than before.",
    "shares": "Mostly the share table: products were assigned otherwise, nothing else need have changed.",
    "volume": "It is volume.",
    "price": "Mostly the price: each unit brings in another amount than before.",
    "members": "Mostly products or segments that are new or have ended; the others are much as before.",
    "several": "More than one thing made it so.",
}
"""What a board reads for what carries a change."""

NEGLIGIBLE = 0.02
"""Effects below this share of the change are not said (ours); the figures and the waterfall hold them."""

EXPOSURE_PERIODS = 12
"""Periods whose rows make up the exposure of a parent (a year of months)."""


@dataclass(frozen=True)
class Insight:
    """One statement, why it ranks where it does, and how to check it.

    Attributes
    ----------
    kind : str
        ``move`` or ``target``.
    metric, scope_kind, parent, reader : str
        What it speaks of, and whom it is for.
    period : date or None
        Since when, or the period it speaks of.
    claim, detail : str
        As the report says it.
    size : float
        Change, or distance to the target. Unit: the metric's.
    stake, evidence, actionability, novelty, score : float
        0 to 1; the score is their product.
    cause : Split or None
    events : tuple of Event
    holds_under_other_shares : bool or None
        None where no share is assumed.
    is_favourable : bool or None
    query : str
        Gives the numbers when pasted into the engine.
    rows : int
        Rows behind it.
    """

    kind: str
    metric: str
    scope_kind: str
    parent: str
    reader: str
    period: dt.date | None
    claim: str
    detail: str
    size: float
    stake: float
    evidence: float
    actionability: float
    novelty: float
    score: float
    cause: Split | None
    events: tuple[Event, ...]
    holds_under_other_shares: bool | None
    is_favourable: bool | None
    query: str
    rows: int


def rank(
    moves: Sequence[Move],
    targets: Sequence[TargetCheck],
    series: Sequence[Series],
    inputs: OutcomesInputs,
    texts: Mapping[str, str],
) -> tuple[Insight, ...]:
    """Return the statements in the order in which they should be read, at most so many a reader.

    Parameters
    ----------
    moves, targets, series : as in `Outcomes`
    inputs : OutcomesInputs
    texts : mapping of metric to query
    """
    by_scope = {s.scope: s for s in series}
    company = {s.metric.metric: s for s in series if s.kind == "company"}
    drafts = [
        _of_move(move, by_scope[move.metric, move.kind, move.parent], company.get(move.metric), inputs, texts)
        for move in moves
    ]
    drafts += [
        _of_target(check, by_scope[check.metric, check.kind, check.parent], company.get(check.metric), inputs, texts)
        for check in targets
        if check.assurance.verdict == "fails" and check.value is not None
    ]
    largest: dict[str, float] = {}
    for unit, exposure, _ in drafts:
        largest[unit] = max(largest.get(unit, 0.0), exposure)
    scored = [_scored(draft, exposure / largest[unit] if largest[unit] else 0.0) for unit, exposure, draft in drafts]
    scored.sort(key=lambda i: (-i.score, i.metric, i.scope_kind, i.parent, i.kind))
    kept: list[Insight] = []
    for insight in scored:
        if sum(other.reader == insight.reader for other in kept) < inputs.settings.insights_per_reader:
            kept.append(insight)
    return tuple(kept)


def say_move(move: Move, metric: Metric, products: ProductMap, currency: str) -> str:
    """Return the sentence about a move: what, where, from what to what, since when; shorter where it must be."""
    where = _where(move.kind, move.parent, products)
    verb = "rose" if move.change > 0 else "fell"
    before, after = write_pair(move.before, move.after, metric.unit, currency)
    since = theme.month(move.since) if metric.has_months else theme.day(move.since)
    usual = ", outside its usual range" if move.is_outside else ", a lasting change"
    tail = {True: ", for the better", False: ", for the worse", None: ""}[move.is_favourable]
    for candidate in (
        f"{metric.label}{where} {verb} from {before} to {after} since {since}{usual}{tail}.",
        f"{metric.label}{where} {verb} from {before} to {after} since {since}{usual}.",
        f"{metric.label}{where} {verb} from {before} to {after} since {since}.",
        f"{metric.label}{where} {verb} to {after} since {since}.",
        f"{metric.label} {verb} to {after} since {since}.",
    ):
        if len(candidate) <= CLAIM_LENGTH:
            return candidate
    return f"{metric.label[:60]} {verb} to {after}."


def say_cause(split: Split | None, products: ProductMap, unit: str, currency: str) -> str:
    """Return one or two sentences on why, in plain words; empty where there is no split."""
    if split is None or split.change == 0:
        return ""
    pieces = [
        f"{split.name_of(effect.factor)} {write_change(effect.effect, unit, currency)}"
        for effect in split.wholes()
        if abs(effect.effect) >= NEGLIGIBLE * abs(split.change)
    ]
    cause = split.cause
    words = CAUSES["price" if split.base and cause == "rate" else cause]
    name = "rate" if cause == "rate" else "volume" if cause == "volume" else "products"
    parts = split.parts(name)
    if not parts and cause == "mix":
        parts = split.parts("segments")
    lead = ""
    if parts and abs(parts[0].effect) > 0.3 * abs(split.change):
        lead = f" Most of it in {products.name(parts[0].segment)} ({write_change(parts[0].effect, unit, currency)})."
    by = f" (segments: {split.dimension})" if split.dimension else ""
    whole = f" Of {write_change(split.change, unit, currency)}: {theme.listing(pieces)}{by}." if len(pieces) > 1 else ""
    return f"{words}{whole}{lead}"


def say_events(events: Sequence[Event]) -> str:
    """Return what happened around the change; asked before any cause is named."""
    if not events:
        return "No event is on record for this scope in the quarter before."
    listed = "; ".join(f"{theme.day(event.date)}: {event.what} ({event.kind})" for event in events[:4])
    return f"On record around it: {listed}. Ask about these first."


def _of_move(
    move: Move, series: Series, company: Series | None, inputs: OutcomesInputs, texts: Mapping[str, str]
) -> tuple[str, float, Insight]:
    metric, products, currency = series.metric, inputs.products, inputs.settings.currency
    unit, exposure = _exposure(metric, series, company, abs(move.change), abs(move.before))
    sentences = [
        say_events(move.events),
        say_cause(move.split, products, metric.unit, currency),
        say_carriers(move.carriers, products),
        _also(move, products),
        _decide(metric, _owner(metric, move.kind, move.parent, inputs)),
    ]
    if move.holds_under_other_shares is False:
        sentences.append(_DEPENDS)
    rows = round(float(series.frame["n"][series.frame["is_judged"]].sum()))
    sentences.append(
        f"Chance alone would show as much in {write_rarity(move.p)} reviews; {theme.number(rows, 0)} rows."
    )
    lever = bool(move.events) or (move.split is not None and move.split.cause in ("rate", "shares"))
    return (
        unit,
        exposure,
        Insight(
            kind="move",
            metric=metric.metric,
            scope_kind=move.kind,
            parent=move.parent,
            reader=_owner(metric, move.kind, move.parent, inputs) or "the board",
            period=move.since,
            claim=say_move(move, metric, products, currency),
            detail=" ".join(part for part in sentences if part),
            size=move.change,
            stake=0.0,
            evidence=1.0 - move.p,
            actionability=_actionability(metric, move.kind, move.parent, inputs, lever),
            novelty=1.0,
            score=0.0,
            cause=move.split,
            events=move.events,
            holds_under_other_shares=move.holds_under_other_shares,
            is_favourable=move.is_favourable,
            query=texts.get(metric.metric, ""),
            rows=rows,
        ),
    )


def _of_target(
    check: TargetCheck, series: Series, company: Series | None, inputs: OutcomesInputs, texts: Mapping[str, str]
) -> tuple[str, float, Insight]:
    metric, products, currency = series.metric, inputs.products, inputs.settings.currency
    value = float(check.value or 0.0)
    distance = value - check.target.value
    unit, exposure = _exposure(metric, series, company, abs(distance), abs(check.target.value))
    where = _where(check.kind, check.parent, products)
    now, goal = write_pair(value, check.target.value, metric.unit, currency)
    by = f" due {theme.month(check.target.by)}" if check.target.by else ""
    claim = f"{metric.label}{where} consistently misses its target of {goal}{by}; it stands at {now}."
    if len(claim) > CLAIM_LENGTH:
        claim = f"{metric.label}{where} misses its target of {goal}; it stands at {now}."
    if len(claim) > CLAIM_LENGTH:
        claim = f"{metric.label} misses its target of {goal} in one scope; it stands at {now}."
    rows = round(float(series.frame["n"][series.frame["is_judged"]].sum()))
    owner = _owner(metric, check.kind, check.parent, inputs)
    detail = (
        f"As the process runs, {check.assurance.reason}: without a change it will go on missing. "
        f"{_decide(metric, owner)} {theme.number(rows, 0)} rows."
    )
    return (
        unit,
        exposure,
        Insight(
            kind="target",
            metric=metric.metric,
            scope_kind=check.kind,
            parent=check.parent,
            reader=owner or "the board",
            period=series.latest["period"] if series.latest is not None else None,
            claim=claim,
            detail=detail,
            size=distance,
            stake=0.0,
            evidence=inputs.settings.confidence,
            actionability=_actionability(metric, check.kind, check.parent, inputs, False),
            novelty=1.0,
            score=0.0,
            cause=None,
            events=(),
            holds_under_other_shares=None,
            is_favourable=False,
            query=texts.get(metric.metric, ""),
            rows=rows,
        ),
    )


_DEPENDS = "It depends on how the assumed shares of its products are split; confirm them before acting."


def _scored(insight: Insight, stake: float) -> Insight:
    from dataclasses import replace

    score = stake * insight.evidence * insight.actionability * insight.novelty
    return replace(insight, stake=stake, score=score)


def _exposure(metric: Metric, series: Series, company: Series | None, size: float, base: float) -> tuple[str, float]:
    """Return in what the stake is counted, and how much is at stake.

    Money where a worth is confirmed; else the relative distance times the parent's part of the company's rows, which
    compares across metrics whose rows are events, months or answers.
    """
    rows = series.frame[series.frame["is_judged"]].tail(EXPOSURE_PERIODS)
    count = float(rows["n"].sum())
    if metric.worth is not None and metric.worth.status == "confirmed":
        units = count if metric.worth.per == "numerator" else float(len(rows))
        return "money", abs(metric.worth.value) * size * units
    whole = (
        count if company is None else float(company.frame[company.frame["is_judged"]].tail(EXPOSURE_PERIODS)["n"].sum())
    )
    return "part", min(1.0, size / base if base else 1.0) * (count / whole if whole else 1.0)


def _actionability(metric: Metric, kind: str, parent: str, inputs: OutcomesInputs, has_lever: bool) -> float:
    """Return thirds: an owner is known; a lever is known; the forum meets within the time to decide.

    Half a third stands where nobody has said anything, so that silence does not hide a statement altogether.
    """
    owner = 1.0 if _owner(metric, kind, parent, inputs) else 0.5
    lever = 1.0 if has_lever else 0.5
    days = metric.loop.decide_within_days
    cadence = inputs.catalogue.forums.get(metric.loop.forum or "")
    forum = 0.5 if days is None or cadence is None else float(cadence <= days)
    return (owner + lever + forum) / 3


def _owner(metric: Metric, kind: str, parent: str, inputs: OutcomesInputs) -> str:
    if metric.loop.owner:
        return metric.loop.owner
    if kind == "product_line":
        return inputs.products.owners.get(parent, "")
    if kind == "product":
        return next((entry.owner or "" for entry in inputs.products.products if entry.product == parent), "")
    return ""


def _where(kind: str, parent: str, products: ProductMap) -> str:
    return "" if kind == "company" else f" in {products.name(parent)}"


def _also(move: Move, products: ProductMap) -> str:
    if not move.also:
        return ""
    names = [
        "the company" if kind == "company" else f"{products.name(p)} ({KIND_NAMES[kind]})" for kind, p in move.also
    ]
    return f"It shows in {theme.listing(names)} too."


def _decide(metric: Metric, owner: str) -> str:
    if not owner:
        return "Nobody is named to decide on it."
    days = metric.loop.decide_within_days
    return f"To decide: {owner}" + (f", within {days:g} days." if days else ".")
