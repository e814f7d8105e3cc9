"""What trackers show: the flow of work by product, and the delivery of software by its five measures.

Each function takes the result (or `Off`) and returns an exhibit; every number comes from the result's figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import theme
from workbench.findings import Figures, Off
from workbench.report.exhibit import Exhibit, note_exhibit, words_exhibit
from workbench.report.tables import table

if TYPE_CHECKING:
    from workbench.outcomes import Outcomes
    from workbench.outcomes.delivery import Delivery
    from workbench.outcomes.flow import Flow, Measured

MOST_ROWS = 14
"""Products in the table of flow; those with most in progress are shown."""

NOT_SENT = "Nobody sent a tracker's export. It would come with: workbench import tracker FILE NAME"


def flow_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return how much work is done, how long it takes and how old what is open is, for all and by product."""
    if isinstance(result, Off):
        return note_exhibit(result)
    work = result.work
    if work is None or work.flow is None:
        why = work.flow_off if work is not None else ""
        return words_exhibit("outcomes-flow", "The flow of work is not stated.", why or NOT_SENT)
    from workbench.outcomes import figures
    from workbench.outcomes.work_sentences import flow_headline

    numbers = figures(result)
    flow = work.flow
    has_start = flow.time.value is not None
    shown = sorted(work.flow_by_product, key=lambda held: -(held.load.value or 0))[:MOST_ROWS]
    kept = [held for held in work.flow_by_product if held in shown]
    rows = [_flow_row(flow, "All work", numbers, has_start)]
    rows += [_flow_row(held, _name(result, held.product), numbers, has_start) for held in kept]
    since = "start" if has_start else "being written down"
    hidden = len(work.flow_by_product) - len(kept)
    more = f"; {hidden} more products not shown" if hidden else ""
    return Exhibit(
        "outcomes-flow",
        table(
            rows,
            columns={
                "name": "Product",
                "velocity": "Done a week",
                "load": "In progress",
                "p50": "Half done within (days)",
                "p85": "85 % done within (days)",
                "age": "In progress for (days)",
                "efficiency": "Worked on",
            },
            units={"name": "text", "efficiency": "share"},
            decimals={"velocity": 1, "load": 0, "p50": 1, "p85": 1, "age": 0, "efficiency": 0},
            claim=flow_headline(flow),
            subtitle=(
                f"Items done from {theme.day(flow.since)} to {theme.day(flow.until)}, days from {since} to done; "
                f"age is the median of what is open; {theme.number(float(sum(flow.throughput)), 0)} items{more}"
            ),
            source=", ".join(work.sources),
            is_total="is_total",
        ),
    )


def _flow_row(flow: Flow, name: str, numbers: Figures, has_start: bool) -> dict[str, Any]:
    key = flow.product or "all"
    length = flow.time if has_start else flow.lead
    keys = [f"flow/{part}/{key}" for part in ("velocity", "load", length.key, "age", "efficiency")]
    keys.append(f"flow/{length.key}/{key}/p85")
    return {
        "name": name,
        "velocity": flow.velocity.value,
        "load": flow.load.value,
        "p50": length.p50,
        "p85": length.p85,
        "age": flow.age.p50,
        "efficiency": flow.efficiency.value,
        "is_total": not flow.product,
        "ids": " ".join(numbers.ids(*(held for held in keys if held in numbers))),
    }


def delivery_exhibit(result: Outcomes | Off) -> Exhibit:
    """Return the five measures of delivery, with what each could not use."""
    if isinstance(result, Off):
        return note_exhibit(result)
    work = result.work
    if work is None or work.delivery is None:
        why = work.delivery_off if work is not None else ""
        detail = f"{why[0].upper()}{why[1:]}. " if why else ""
        return words_exhibit(
            "outcomes-delivery",
            "Delivery of software is not stated.",
            f"{detail}It needs facts/deployments with deployment, product, environment and deployed_at.",
        )
    from workbench.outcomes import figures
    from workbench.outcomes.work_sentences import delivery_headline

    numbers = figures(result)
    delivery = work.delivery
    rows = [_delivery_row(held, delivery, numbers) for held in delivery.measures]
    return Exhibit(
        "outcomes-delivery",
        table(
            rows,
            columns={
                "label": "Measure",
                "value": "Value",
                "most": "85 % within",
                "n": "Rows",
                "open": "Not yet",
                "without": "Left out, and why",
            },
            units=dict.fromkeys(("label", "value", "most", "without"), "text"),
            decimals={"n": 0, "open": 0},
            claim=delivery_headline(delivery),
            subtitle=(
                f"Production, {theme.day(delivery.since)} to {theme.day(delivery.until)}; lengths of time are medians; "
                "not yet: changes not deployed, failures not restored"
            ),
            source=", ".join(work.sources),
        ),
    )


def _delivery_row(held: Measured, delivery: Delivery, numbers: Figures) -> dict[str, Any]:
    from workbench.outcomes.work_sentences import write_left_out

    keys = [f"delivery/{held.key}/all", f"delivery/{held.key}/all/p85"]
    without = "; ".join(map(write_left_out, held.left_out))
    if held.key == "recovery" and held.open and delivery.recovery_with_open is not None:
        hours = theme.formatted(delivery.recovery_with_open, "hours")
        without = "; ".join(part for part in (f"with what is still open, half within {hours}", without) if part)
    return {
        "label": held.label,
        "value": theme.formatted(held.value, held.unit) if held.value is not None else f"not stated: {held.reason}",
        "most": theme.formatted(held.p85, held.unit) if held.p85 is not None else theme.MISSING,
        "n": held.n,
        "open": held.open,
        "without": without or "none",
        "ids": " ".join(numbers.ids(*(key for key in keys if key in numbers))),
    }


def _name(result: Outcomes, product: str) -> str:
    return result.products.name(product) if product in result.products.ids else f"{product} (unknown)"
