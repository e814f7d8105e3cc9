"""What a reader must know of how metrics were added up: what hangs on shares nobody confirmed, what is rough, how."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Figure, Finding, fit_claim
from workbench.memberships import KIND_NAMES
from workbench.outcomes.driver_wording import AGAINST
from workbench.outcomes.other_shares import MOST_CORNERS
from workbench.products import ProductMap

if TYPE_CHECKING:
    from workbench.outcomes.reviewed import Outcomes


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
    items = _plan_doubts(result)
    for what, metric, kind, parent, breaks in found:
        label, where = result.catalogue.metric(metric).label, result.name(kind, parent)
        claim = fit_claim(
            f"{what} {label} in {where} depends on shares nobody has confirmed.",
            f"{what} {label} depends on shares nobody has confirmed.",
            f"What is said of {where} depends on shares nobody has confirmed.",
        )
        items.append(Finding(claim, say_breaks(breaks, result.products)))
    return items


def _plan_doubts(result: Outcomes) -> list[Finding]:
    """Return one finding for all parents whose side of a plan hangs on shares: each says so where it is said."""
    asked = [one for one in result.variances if one.holds_under_other_shares is not None]
    open_ = [one for one in asked if one.holds_under_other_shares is False]
    if not open_:
        return []
    count = f"{len(open_)} of {len(asked)} comparisons" if len(asked) > 1 else "One comparison"
    verb = "depends" if len(open_) == 1 else "depend"
    first, label = open_[0], result.catalogue.metric(open_[0].metric).label
    which = f"For example {label} in {result.name(first.kind, first.parent)} against {AGAINST[first.against]}."
    return [
        Finding(
            fit_claim(f"{count} of a parent with a plan or the year before {verb} on shares nobody has confirmed."),
            f"{which} {say_breaks(first.breaks, result.products)}",
        )
    ]


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


def share_figures(result: Outcomes) -> list[Figure]:
    """Return what no parent of a kind holds of each metric, over all periods, and how exactly the law is met.

    Keys: ``left/<metric>/<kind>``, ``left/<metric>/unknown``, ``miss``.
    """
    found = []
    for metric in result.metrics_on():
        files = ", ".join(dict.fromkeys(result.sources.get(name, name) for name in metric.tables))
        held = {
            kind: rolled.left[metric.metric] for kind, rolled in result.rolled.items() if metric.metric in rolled.left
        }
        for kind, (left, _) in held.items():
            name = f"{metric.label}, held by no {KIND_NAMES[kind]}, all periods"
            found.append(Figure("", f"left/{metric.metric}/{kind}", name, left, "share", source=files))
        if held:
            name = f"{metric.label}, of unknown products, all periods"
            unknown = next(iter(held.values()))[1]
            found.append(Figure("", f"left/{metric.metric}/unknown", name, unknown, "share", source=files))
    if result.rolled:
        name = "Largest difference between what was added up and the company"
        found.append(Figure("", "miss", name, result.residual, "share", source="memberships"))
    return found


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
