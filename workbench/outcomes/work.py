"""Work and its delivery, as trackers show them: checked first, then measured for all and for each product."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from workbench.outcomes.data_checks import DataFinding
from workbench.outcomes.delivery import Delivery, measure_delivery
from workbench.outcomes.flow import Flow, full_weeks, measure_flow
from workbench.outcomes.work_checks import check_work
from workbench.outcomes.work_tables import WORK_TABLES

FLOW_CHECKS = frozenset({"conflict", "back_filled", "bulk_closed"})
"""Findings that switch flow off."""


@dataclass(frozen=True, eq=False)
class Work:
    """What trackers say of the work.

    Attributes
    ----------
    flow : Flow or None
        Of all items; None where there are none, or where what is wrong with them forbids it (`flow_off`).
    flow_by_product : tuple of Flow
        Products with items, in the client's order; those that no product claims stand under their own names last.
    flow_off : str
        Why flow is not stated although there are items.
    delivery : Delivery or None
    delivery_by_product : tuple of Delivery
    delivery_off : str
    findings : tuple of DataFinding
        What is wrong with the tables, after what the imports found.
    sources : tuple of str
        Files, as the client knows them.
    """

    flow: Flow | None
    flow_by_product: tuple[Flow, ...]
    flow_off: str
    delivery: Delivery | None
    delivery_by_product: tuple[Delivery, ...]
    delivery_off: str
    findings: tuple[DataFinding, ...]
    sources: tuple[str, ...] = ()


def review_work(
    tables: Mapping[str, pd.DataFrame],
    as_of: dt.date,
    *,
    products: Sequence[str] = (),
    found_before: Sequence[DataFinding] = (),
    sources: Sequence[str] = (),
) -> Work | None:
    """Return what tables of work say; None where there are none.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Some of `WORK_TABLES`, with all their columns.
    as_of : date
    products : sequence of str
        The client's products, in order.
    found_before : sequence of DataFinding
        What the imports found.
    sources : sequence of str
    """
    held = {name: frame for name, frame in tables.items() if not frame.empty}
    if not held:
        return None
    findings = (*found_before, *check_work(held, as_of))
    off = {table: _off(findings, table) for table in WORK_TABLES}
    flow: Flow | None = None
    flows: tuple[Flow, ...] = ()
    if "items" in held and not off["items"]:
        items = held["items"]
        flow = measure_flow(items, as_of)
        groups = dict(list(items.groupby(items["product"].fillna("").astype(str))))
        flows = tuple(measure_flow(groups[key], as_of, product=key) for key in _ordered(groups, products))
    delivery: Delivery | None = None
    deliveries: tuple[Delivery, ...] = ()
    delivery_off = next((off[table] for table in ("deployments", "changes", "incidents") if off[table]), "")
    if "deployments" in held and not delivery_off:
        since, until = full_weeks(as_of)
        deployed = held["deployments"]
        changes, incidents = (held.get(name, _empty(name)) for name in ("changes", "incidents"))
        delivery = measure_delivery(deployed, changes, incidents, since, until)
        names = _ordered(dict.fromkeys(deployed["product"].fillna("").astype(str)), products)
        deliveries = tuple(measure_delivery(deployed, changes, incidents, since, until, product=name) for name in names)
    elif "deployments" not in held and not delivery_off:
        delivery_off = "there is no list of deployments"
    return Work(flow, flows, off["items"], delivery, deliveries, delivery_off, findings, tuple(sources))


def _off(findings: Sequence[DataFinding], table: str) -> str:
    for finding in findings:
        if finding.table == table and finding.consequence == "off" and finding.check in FLOW_CHECKS:
            return finding.claim
    return ""


def _ordered(found: Mapping[str, object], products: Sequence[str]) -> list[str]:
    own = [product for product in products if product in found]
    return own + sorted(name for name in found if name and name not in products)


def _empty(table: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in WORK_TABLES[table].columns})
