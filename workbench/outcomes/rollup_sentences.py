"""What a reader must know of how metrics were added up: what hangs on shares nobody confirmed, what is rough, how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Finding, fit_claim
from workbench.outcomes.driver_wording import AGAINST
from workbench.outcomes.other_shares import MOST_CORNERS
from workbench.products import ProductMap

if TYPE_CHECKING:
    from workbench.outcomes.review import Outcomes


def say_breaks(breaks: Sequence[tuple[str, str]], products: ProductMap) -> str:
    """Return under which shares a sentence would not stand, as a sentence; empty where it stands."""
    if not breaks:
        return ""
    turned = [
        f"{products.name(member)} counted wholly towards {products.name(parent)}" for member, parent in breaks[:3]
    ]
    return f"It would not stand if {theme.listing(turned, 3)}."


def doubt_cautions(result: Outcomes) -> list[Finding]:
    """Return what is said of parents and would not stand under other shares: moves, targets, plan against actual."""
    found = []
    told = {(one.metric, one.scope_kind, one.parent) for one in result.insights if one.kind == "move"}
    for one in result.moves:
        if one.holds_under_other_shares is False and (one.metric, one.kind, one.parent) in told:
            found.append(("The move of", one.metric, one.kind, one.parent, one.breaks))
    for check in result.targets:
        if check.holds_under_other_shares is False:
            found.append(("The verdict on", check.metric, check.kind, check.parent, check.breaks))
    for variance in result.variances:
        if variance.holds_under_other_shares is False:
            what = f"The side of {AGAINST[variance.against]} of"
            found.append((what, variance.metric, variance.kind, variance.parent, variance.breaks))
    items = []
    for what, metric, kind, parent, breaks in found:
        label, where = result.catalogue.metric(metric).label, result.name(kind, parent)
        claim = fit_claim(
            f"{what} {label} in {where} depends on shares nobody has confirmed.",
            f"{what} {label} depends on shares nobody has confirmed.",
            f"What is said of {where} depends on shares nobody has confirmed.",
        )
        items.append(Finding(claim, say_breaks(breaks, result.products)))
    return items


def rough_cautions(result: Outcomes) -> list[Finding]:
    """Return the metrics that are only approximate, each with its error as measured at the company."""
    said: dict[str, str] = {}
    for rolled in result.rolled.values():
        for name, mark in rolled.marks:
            head, _, reason = mark.partition(": ")
            if head == "approximate":
                said[name] = reason
    detail = "The catalogue allows it (exactness: approx); the company's own value is counted exactly."
    return [
        Finding(fit_claim(f"{result.catalogue.metric(name).label} is approximate: {reason}."), detail)
        for name, reason in said.items()
    ]


def rollup_method() -> tuple[str, ...]:
    """Return how the types other than sums and ratios are made, for the appendix."""
    return (
        "Depth. Where a line, stream or experience belongs to another, shares multiply along the way and several ways "
        "to one parent add up. Before a number is shown, parents (each amount once), what shares leave over and "
        "unknown products are held against the company, period by period; a metric that misses it is off, by name.",
        "Other shares. What is said of a parent is asked again under every split of the shares nobody confirmed, each "
        f"split wholly to each of its parents (all corners up to {MOST_CORNERS}, beyond that the worst that a climb "
        "finds) and in quarters along the edges; what would not stand says so.",
        "Other types. A stock takes one level a key and period before any condition. To date and rolling values are "
        "rebuilt from the parts of their window, and stay empty where it is not whole. Attributed customers count 1 in "
        "a period, spread over their products; conversions count once their window has closed; derived metrics are "
        "computed on values that were added up. Budget, forecast and prior stand beside actual and are never added to "
        "it.",
    )
