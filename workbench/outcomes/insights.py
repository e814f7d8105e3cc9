"""One statement in plain words, and what it rests on.

Sentences are templates of short words (the tests hold their reading grade); every statement carries the query that
gives its numbers. `insight_drafts` makes them, `readings` puts them in order.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import CLAIM_LENGTH, fit_claim
from workbench.outcomes.catalogue import Metric
from workbench.outcomes.drivers import Split
from workbench.outcomes.inputs import Event
from workbench.outcomes.wording import write_change, write_pair
from workbench.products import ProductMap

if TYPE_CHECKING:
    from workbench.outcomes.reviewed import Move

VERDICTS = {
    "passes": "consistently meets",
    "fails": "consistently misses",
    "hit_and_miss": "hits and misses",
    "not_stated": "is not yet judged against",
}
"""What a board reads for a verdict."""

CAUSES = {
    "mix": "Mostly the mix: there is more of one and less of another, and each one does much as before.",
    "rate": "Mostly the rate itself: like for like, it is not what it was.",
    "shares": "Mostly the share table: some products count elsewhere now, and nothing else need be new.",
    "volume": "It is volume.",
    "price": "Mostly the price: each unit brings in more or less than before.",
    "members": "Mostly what is new or has gone; the rest is much as before.",
    "several": "More than one thing made it so.",
}
"""What a board reads for what carries a change."""

NEGLIGIBLE = 0.02
"""Effects below this share of the change are not said (ours); the figures and the waterfall hold them."""


MOST_EVENTS = 3
"""Events that a statement names (ours)."""


@dataclass(frozen=True)
class Insight:
    """One statement, why it ranks where it does, and how to check it.

    Attributes
    ----------
    kind : str
        ``move``, ``hint`` (a change that may be chance), ``target``, ``stage`` (a product's use is not what its stage
        says) or ``loop`` (decisions take long).
    metric, scope_kind, parent, reader : str
        What it speaks of, and who decides on it; no metric on the loop.
    period : date or None
        Since when, or the period it speaks of.
    claim, detail : str
        As the report says it.
    size : float
        Change, or distance to the target; growth a year of a stage; share not decided in time of the loop.
        Unit: the metric's.
    stake, evidence, actionability, novelty, score : float
        0 to 1; the score is their product.
    cause : Split or None
    events : tuple of Event
    holds_under_other_shares : bool or None
        None where no share is assumed.
    is_favourable : bool or None
    query : str
        Gives the numbers when pasted into the engine; empty of the loop, whose rows are those of ``feedback``.
    rows : int
        Rows behind it.
    low, high : float or None
        Interval of the size at the engagement's confidence.
    until : date or None
        Last period it speaks of.
    files : tuple of str
        The client's files that the rows stand in.
    unit : str
        In what the stake is counted: ``money`` or ``part`` (of the company's rows).
    is_over : bool
        A change that later periods no longer show.
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
    low: float | None = None
    high: float | None = None
    until: dt.date | None = None
    files: tuple[str, ...] = ()
    unit: str = "part"
    is_over: bool = False

    @property
    def scope(self) -> tuple[str, str, str, str]:
        """Kind of statement, metric, kind and key of what it speaks of."""
        return self.kind, self.metric, self.scope_kind, self.parent


def where(kind: str, parent: str, products: ProductMap) -> str:
    """Return the scope as the end of a clause; nothing for the company."""
    return "" if kind == "company" else f" in {products.name(parent)}"


def when(metric: Metric, period: dt.date) -> str:
    """Return what people call a period."""
    return theme.month(period) if metric.has_months else f"the {metric.grain} from {theme.day(period)}"


def say_span(metric: Metric, since: dt.date, until: dt.date, *, is_over: bool) -> str:
    """Return since when a level stands, or from when to when it stood: what went back is not told as if it stood."""
    first, last = (theme.month(day) if metric.has_months else theme.day(day) for day in (since, until))
    if not is_over:
        return f"since {first}"
    return f"in {first} only" if first == last else f"from {first} to {last} only"


def say_move(move: Move, metric: Metric, products: ProductMap, currency: str) -> str:
    """Return the sentence about a move: what, where, from what to what, since when; shorter where it must be."""
    place = where(move.kind, move.parent, products)
    verb = "rose" if move.change > 0 else "fell"
    before, after = write_pair(move.before, move.after, metric.unit, currency)
    span = say_span(metric, move.since, move.until, is_over=move.is_over)
    usual = ", outside its usual range" if move.is_outside else "" if move.is_over else ", a lasting change"
    tail = {True: ", for the better", False: ", for the worse", None: ""}[move.is_favourable]
    for candidate in (
        f"{metric.label}{place} {verb} from {before} to {after} {span}{usual}{tail}.",
        f"{metric.label}{place} {verb} from {before} to {after} {span}{usual}.",
        f"{metric.label}{place} {verb} from {before} to {after} {span}.",
        f"{metric.label}{place} {verb} to {after} {span}.",
        *([f"{metric.label}{place} {verb} to {after} for a time."] if move.is_over else []),
        f"{metric.label} {verb} to {after} {span}.",
    ):
        if len(candidate) <= CLAIM_LENGTH:
            return candidate
    return f"{metric.label[:60]} {verb} to {after}."


def say_hint(move: Move, metric: Metric, products: ProductMap, currency: str) -> str:
    """Return the sentence about a change that may be chance."""
    place = where(move.kind, move.parent, products)
    verb = "risen" if move.change > 0 else "fallen"
    before, after = write_pair(move.before, move.after, metric.unit, currency)
    span = say_span(metric, move.since, move.until, is_over=move.is_over)
    return fit_claim(
        f"{metric.label}{place} may have {verb} from {before} to {after} {span}; it may be chance.",
        f"{metric.label}{place} may have {verb} to {after}; it may be chance.",
        f"{metric.label} may have {verb} to {after}; it may be chance.",
        f"{metric.label[:60]} may have {verb}; it may be chance.",
    )


def say_doubt(q: float) -> str:
    """Return how many of such signs are chance.

    Examples
    --------
    >>> say_doubt(0.28)
    'Up to 1 in 3 of such signs is chance, so no cause is named. Watch it.'
    """
    return f"Up to 1 in {max(2, math.floor(1 / q))} of such signs is chance, so no cause is named. Watch it."


def say_size(move: Move, low: float, high: float, metric: Metric, currency: str) -> str:
    """Return how large a change is, between what, and which periods were held against the baseline."""
    size, ends = write_change(move.change, metric.unit, currency), sorted((low, high), key=abs)
    texts = [write_change(end, metric.unit, currency) for end in ends]
    noun = texts[1].rpartition(" ")[2] if metric.unit != "currency" else ""
    first = texts[0].removesuffix(f" {noun}") if " " in texts[1] and noun else texts[0]
    span = f"from {when(metric, move.since)} to {when(metric, move.until)}"
    if move.since == move.until:
        span = f"in {when(metric, move.since)}"
    return f"The change is {size}, and likely between {first} and {texts[1]}, {span}."


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
        return "No event is on record for it in the three months before."
    listed = "; ".join(f"{theme.day(event.date)}: {event.what} ({event.kind})" for event in events[:MOST_EVENTS])
    more = f"; and {len(events) - MOST_EVENTS} more" if len(events) > MOST_EVENTS else ""
    return f"On record around it: {listed}{more}. Ask about {'this' if len(events) == 1 else 'these'} first."


def say_also(move: Move, products: ProductMap) -> str:
    """Return where else the same metric moved the same way."""
    if not move.also:
        return ""
    names = ["the company" if kind == "company" else products.name(p) for kind, p in move.also]
    return f"It shows in {theme.listing(names, 3)} too."


def say_owner(metric: Metric, owner: str) -> str:
    """Return who decides, and how soon."""
    if not owner:
        return NOBODY
    days = metric.loop.decide_within_days
    return f"To decide: {owner}" + (f", within {days:g} days." if days else ".")


def say_rows(rows: int, files: Sequence[str]) -> str:
    """Return what a statement rests on."""
    held = "1 row" if rows == 1 else f"{theme.number(rows, 0)} rows"
    return f"It rests on {held} of {theme.listing(list(files), 3)}." if files else f"It rests on {held}."


NOBODY = "Nobody is named to decide on it."

DEPENDS = "It depends on how products are split, which nobody has confirmed; do so before you act."
"""Said where a move does not stand under other shares."""
