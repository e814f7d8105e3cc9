"""What a reader must know of how metrics were added up: what is only approximate, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.findings import Finding, fit_claim

if TYPE_CHECKING:
    from workbench.outcomes.review import Outcomes


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
        "Other types. A stock takes one level a key and period before any condition. To date and rolling values are "
        "rebuilt from the parts of their window, and stay empty where it is not whole. Attributed customers count 1 in "
        "a period, spread over their products; conversions count once their window has closed; derived metrics are "
        "computed on values that were added up. Budget, forecast and prior stand beside actual and are never added to "
        "it.",
    )
