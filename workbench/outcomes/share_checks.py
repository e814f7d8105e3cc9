"""Declared shares tested against the data: days on which a product has rows and no parent, parents that hold nothing.

A product that never has a parent of a kind is no finding: what it brings stands as unallocated. A product that has one
on other days was probably forgotten, and so was a parent in which no row of any table counts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from workbench import theme
from workbench.findings import fit_claim
from workbench.memberships import KIND_NAMES, KINDS
from workbench.outcomes.cubes import Cube
from workbench.outcomes.data_checks import DataFinding
from workbench.products import ProductMap


def share_findings(cubes: Mapping[str, Cube], products: ProductMap) -> tuple[DataFinding, ...]:
    """Return where shares and rows do not fit together, at most two findings a kind of parent.

    Parameters
    ----------
    cubes : mapping of metric to Cube
        Of actual rows.
    products : ProductMap
    """
    rows = _rows(cubes, len(products.ids), len(products.cut_dates()) + 1)
    found = []
    for kind in KINDS:
        table = products.share_table(kind)
        if not table.parents or not rows.any():
            continue
        ever = np.zeros(len(products.ids), dtype=bool)
        ever[table.product] = True
        gaps = np.where(ever[:, None] & (table.left >= 1), rows, 0.0)
        if gaps.any():
            found.append(_gap(kind, gaps, rows, products))
        held = np.zeros(len(table.parents))
        np.maximum.at(held, table.parent, rows[table.product, table.epoch])
        empty = [parent for parent, most in zip(table.parents, held, strict=True) if not most]
        if empty:
            found.append(_empty(kind, empty, products))
    return tuple(found)


def _rows(cubes: Mapping[str, Cube], products: int, epochs: int) -> np.ndarray:
    """Return the most rows that any metric counts, by product and epoch."""
    found = np.zeros((products, epochs))
    for cube in cubes.values():
        counted = cube.parts.get("rows", cube.parts.get("n"))
        if counted is not None and not cube.spans:  # windows count a row several times
            found = np.maximum(found, counted.sum(axis=1))
    return found


def _gap(kind: str, gaps: np.ndarray, rows: np.ndarray, products: ProductMap) -> DataFinding:
    places = np.flatnonzero(gaps.any(axis=1))
    names = [products.name(products.ids[place]) for place in places]
    count, share = round(float(gaps.sum())), float(gaps.sum() / rows.sum())
    days: list[dt.date | None] = [None, *products.cut_dates()]
    first = int(np.flatnonzero(gaps[places[0]])[0])
    since, until = days[first], days[first + 1] if first + 1 < len(days) else None
    when = " ".join(
        part
        for part in (f"from {theme.day(since)}" if since else "", f"until {theme.day(until)}" if until else "")
        if part
    )
    who = f"{names[0]} has" if len(names) == 1 else f"{len(names)} products have"
    claim = fit_claim(
        f"{who} {theme.number(count, 0)} rows on days on which no {KIND_NAMES[kind]} holds them.",
        f"{who} rows on days on which no {KIND_NAMES[kind]} holds them.",
    )
    detail = (
        f"{theme.listing(names, 8)}; for example {names[0]} {when}. On other days they have one. Until memberships say "
        f"where they belonged, these rows stand as unallocated ({theme.percent(share, 1)} of all)."
    )
    example = products.ids[places[0]]
    return DataFinding("share_gap", "memberships", "valid_from", count, share, example, (), "informs", claim, detail)


def _empty(kind: str, empty: list[str], products: ProductMap) -> DataFinding:
    names = [products.name(parent) for parent in empty]
    which = f"The {KIND_NAMES[kind]} {names[0]} holds" if len(names) == 1 else f"{len(names)} {KIND_NAMES[kind]}s hold"
    claim = fit_claim(f"{which} no row of any table.", f"{len(names)} {KIND_NAMES[kind]}s hold no row of any table.")
    detail = f"{theme.listing(names, 8)}: products and shares are stated, and no facts speak of them."
    return DataFinding("empty_parent", "memberships", "parent", 0, 0.0, empty[0], (), "informs", claim, detail)
