"""Flow and delivery in figures and sentences: every number of `Work` that the chapter states, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Figure, Finding, fit_claim
from workbench.outcomes.delivery import Delivery
from workbench.outcomes.flow import Flow, LeftOut, Measured

if TYPE_CHECKING:
    from workbench.outcomes.work import Work
    from workbench.products import ProductMap

ALL = "all"
"""Stands for all products in keys: ``flow/time/all``."""


def work_figures(work: Work | None, products: ProductMap) -> list[Figure]:
    """Return every number of flow and delivery, for all and for each product.

    Keys: ``flow/<measure>/<product>`` and ``delivery/<measure>/<product>``, with ``/p85`` and ``/p95`` for lengths of
    time; ``flow/done/…`` and ``flow/forecast/…``.
    """
    if work is None:
        return []
    source = ", ".join(work.sources)
    found: list[Figure] = []
    for flow in [*([work.flow] if work.flow else []), *work.flow_by_product]:
        found += _flow_figures(flow, products, source)
    for delivery in [*([work.delivery] if work.delivery else []), *work.delivery_by_product]:
        key, name = _scope(delivery.product, products)
        for measured in delivery.measures:
            found += _measured_figures(f"delivery/{measured.key}/{key}", name, measured, source)
    return found


def _flow_figures(flow: Flow, products: ProductMap, source: str) -> Iterator[Figure]:
    key, name = _scope(flow.product, products)
    done = sum(flow.throughput)
    yield Figure(
        "",
        f"flow/done/{key}",
        f"{name}: items done in {len(flow.throughput)} weeks",
        float(done),
        "count",
        source=source,
    )
    for measured in (flow.velocity, flow.time, flow.lead, flow.load, flow.age, flow.efficiency):
        yield from _measured_figures(f"flow/{measured.key}/{key}", name, measured, source)
    for share, weeks in (("p50", flow.forecast.p50), ("p85", flow.forecast.p85)):
        label = f"{name}: weeks until what is in progress is done, {share.upper()}"
        reason = flow.forecast.reason or source
        value = None if weeks is None else float(weeks)
        yield Figure("", f"flow/forecast/{key}/{share}", label, value, "weeks", n=flow.forecast.items, source=reason)


def _measured_figures(key: str, name: str, measured: Measured, source: str) -> Iterator[Figure]:
    why = measured.reason or source
    label = f"{name}: {measured.label[0].lower()}{measured.label[1:]}"
    yield Figure("", key, label, measured.value, measured.unit, n=measured.n, source=why)
    if measured.p85 is not None:
        for share, value in (("p85", measured.p85), ("p95", measured.p95)):
            yield Figure(
                "", f"{key}/{share}", f"{label}, {share.upper()}", value, measured.unit, n=measured.n, source=why
            )


def work_cautions(work: Work | None) -> list[Finding]:
    """Return what flow and delivery leave out, and what is not stated although it was asked for."""
    if work is None:
        return []
    found = []
    if work.flow_off:
        found.append(Finding("Flow of work is not stated.", work.flow_off))
    parts: list[tuple[str, Measured]] = []
    if work.flow is not None:
        parts += [("Flow", held) for held in (work.flow.time, work.flow.age, work.flow.efficiency)]
    if work.delivery is not None:
        parts += [("Delivery", held) for held in work.delivery.measures]
    silent = [held for _, held in parts if held.value is None]
    if silent:
        claim = f"{len(silent)} measure{'' if len(silent) == 1 else 's'} of flow or delivery cannot be stated."
        detail = "; ".join(f"{held.label}: {held.reason}" for held in silent)
        found.append(Finding(fit_claim(claim), f"{detail}."))
    for _, held in parts:
        if held.value is not None and held.left_out:
            claim = f"{held.label}: {_rows(sum(left.rows for left in held.left_out))} could not be used."
            found.append(Finding(fit_claim(claim), "; ".join(map(write_left_out, held.left_out)) + "."))
    if work.flow is not None and work.flow.untold and not work.flow.distribution:
        claim = "What kind of work was done is not stated: nobody has said what the types mean."
        found.append(Finding(claim, "Write feature, defect, risk or debt beside each type in imports.yaml."))
    return found


def write_left_out(left: LeftOut) -> str:
    """Return rows that were left out, as a clause.

    Examples
    --------
    >>> write_left_out(LeftOut(2, "have no start of work", ("A-1", "A-2")))
    '2 have no start of work (A-1, A-2)'
    """
    shown = f" ({', '.join(left.examples)})" if left.examples else ""
    return f"{theme.number(left.rows, 0)} {left.reason}{shown}"


def work_method(work: Work | None) -> tuple[str, ...]:
    """Return how flow and delivery were measured, for the appendix; nothing where there is neither."""
    if work is None:
        return ()
    text = (
        "Work. Last full weeks, Monday to Sunday. Velocity, time, efficiency, load and distribution after Kersten "
        "(2018); percentiles interpolate (type 7). An item whose status counts as done is done; the last time counts. "
        "Delivery after dora.dev: only deployments that ran to their end in production; an incident belongs to the "
        "last of its product before it was raised; a deployment has failed once, however many incidents it caused; "
        "changes not deployed and failures not restored are counted beside the median, never in it. A forecast "
        "resamples past weeks and needs a steady pace and Little's law (1961) within 20 %."
    )
    return (text,)


def _scope(product: str, products: ProductMap) -> tuple[str, str]:
    if not product:
        return ALL, "All work"
    return product, products.name(product) if product in products.ids else product


def _rows(count: int) -> str:
    return f"{theme.number(count, 0)} row{'' if count == 1 else 's'}"


def flow_headline(flow: Flow) -> str:
    """Return flow as one claim: what is done, and how long it takes."""
    if flow.time.p50 is not None and flow.time.p85 is not None:
        half, most = theme.number(flow.time.p50, 1), theme.number(flow.time.p85, 1)
        return fit_claim(f"Half of the work is done within {half} days of its start, 85 % within {most} days.")
    if flow.lead.p50 is not None and flow.lead.p85 is not None:
        half, most = theme.number(flow.lead.p50, 1), theme.number(flow.lead.p85, 1)
        return fit_claim(f"Half of the work is done within {half} days of being written down, 85 % within {most} days.")
    done = theme.number(float(sum(flow.throughput)), 0)
    return fit_claim(f"{done} items were done in {len(flow.throughput)} weeks; how long they took is not known.")


def delivery_headline(delivery: Delivery) -> str:
    """Return delivery as one claim."""
    per_week = delivery.frequency.value
    if per_week is None:
        return "Delivery to production cannot be stated."
    pace = f"{theme.number(per_week, 1)} deployments a week succeed"
    if delivery.fail_rate.value is not None:
        pace += f", {theme.percent(delivery.fail_rate.value)} of all fail"
    if delivery.lead.p50 is not None:
        pace += f"; half of the changes take {theme.number(delivery.lead.p50, 0)} hours"
    return fit_claim(f"{pace}.")
