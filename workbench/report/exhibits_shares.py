"""Where the amounts went: what shares leave over, kind by kind, and how exactly all of it comes back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Off, fit_claim
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.outcomes import Outcomes


def shares_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return what no parent holds of each outcome, over all periods, by kind of parent."""
    if isinstance(result, Off):
        return note_exhibit(result)
    from workbench.outcomes import figures
    from workbench.products import KIND_NAMES

    numbers = figures(result)
    kinds = list(result.rolled)
    rows: list[dict[str, Any]] = []
    for metric in result.metrics_on():
        keys = [f"left/{metric.metric}/{kind}" for kind in (*kinds, "unknown")]
        if not any(key in numbers for key in keys):
            continue
        held = {kind: numbers[key].value for kind, key in zip((*kinds, "unknown"), keys, strict=True) if key in numbers}
        ids = " ".join(numbers.ids(*(key for key in keys if key in numbers)))
        shares = {kind: held.get(kind) for kind in (*kinds, "unknown")}
        rows.append({"metric": metric.label, **shares, "is_amount": metric.is_amount, "ids": ids})
    if not rows:
        return _note()
    listed = [(row[kind], row["is_amount"], kind, row["metric"]) for row in rows for kind in kinds if row[kind]]
    over, is_amount, kind, label = max(listed, key=lambda one: (one[1], one[0]), default=(0.0, False, "", ""))
    claim = "Every outcome is held by lines, streams and experiences in full; nothing is left over."
    if len(kinds) == 1:
        claim = f"Every outcome is held by {KIND_NAMES[kinds[0]]}s in full; nothing is left over."
    if over >= 0.0005:
        what = label if is_amount else f"the rows behind {theme.lower_label(label)}"
        claim = fit_claim(
            f"{what}: {theme.percent(over)} is in no {KIND_NAMES[kind]}; it is shown, not lost.",
            f"{theme.percent(over)} of an outcome is in no {KIND_NAMES[kind]}; it is shown, not lost.",
        )
        claim = theme.upper_start(claim)
    units = {"metric": "text"} | dict.fromkeys((*kinds, "unknown"), "share")
    return Exhibit(
        "outcomes-shares",
        table(
            rows,
            columns={
                "metric": "Outcome",
                **{kind: f"In no {KIND_NAMES[kind]}" for kind in kinds},
                "unknown": "Unknown product",
            },
            units=units,
            decimals=dict.fromkeys((*kinds, "unknown"), 1),
            claim=claim,
            subtitle=(
                "All periods, part of the amount or, for rates and scores, of the rows; with what parents hold it adds "
                f"up to the company{_exactly(result.residual)}"
            ),
            source="memberships, products; " + ", ".join(dict.fromkeys(result.sources.values())),
        ),
        is_appendix=True,
    )


def _exactly(miss: float) -> str:
    return " exactly" if miss == 0 else f" to {math.floor(-math.log10(miss))} digits"


def _note() -> Exhibit:
    claim = "No outcome was added up to lines, streams or experiences."
    detail = "It takes metrics whose parts add up, and memberships."
    return words_exhibit("outcomes-shares", claim, detail, alt=f"Note: {claim}")
