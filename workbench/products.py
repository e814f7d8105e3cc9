"""Which product belongs to which line, value stream and customer experience, how much of it, and from when.

The organisation that the article describes aligns the same products along several kinds of parent at once. A share
says how much of a product belongs to one parent; shares of a product within a kind add to at most 1, and what is left
is *unallocated*, never dropped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from workbench.errors import ModelError, nearest

KINDS = ("product_line", "value_stream", "customer_experience")
"""Kinds of parent, in reading order."""

KIND_NAMES = {
    "product": "product",
    "product_line": "product line",
    "value_stream": "value stream",
    "customer_experience": "customer experience",
    "company": "company",
}
"""What people call them."""

TOLERANCE = 1e-9
"""Shares may exceed 1 by this much: three thirds typed with digits."""


@dataclass(frozen=True)
class ProductEntry:
    """A product.

    Attributes
    ----------
    product, name : str
        Key, and what people call it.
    stage : str or None
        ``explore``, ``grow``, ``sustain`` or ``retire``: the owner's word.
    owner : str or None
        Who answers for it.
    """

    product: str
    name: str
    stage: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class Membership:
    """A product in a parent, from a date on.

    Attributes
    ----------
    product, kind, parent : str
        Keys.
    share : float or None
        Share of the product, 0 to 1; None means an equal part of what the others leave.
    valid_from : date or None
        From when; None means always.
    is_assumed : bool
        Nobody confirmed the share: it was blank, or somebody called it assumed or contested.
    """

    product: str
    kind: str
    parent: str
    share: float | None = None
    valid_from: dt.date | None = None
    is_assumed: bool = False


@dataclass(frozen=True)
class ProductMap:
    """Products and their dated shares in parents of each kind; made by `build_product_map`.

    Attributes
    ----------
    products : tuple of ProductEntry
        In the client's order.
    memberships : tuple of Membership
        As the client states them.
    names : mapping of str to str
        What people call a parent; a parent without a name is called by its key.
    owners : mapping of str to str
        Who owns a product line, where the register says so.
    """

    products: tuple[ProductEntry, ...]
    memberships: tuple[Membership, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [entry.product for entry in self.products]
        if len(set(known)) != len(known):
            raise ModelError("Two products share a key.")
        for member in self.memberships:
            if member.product not in set(known):
                hint = nearest(member.product, known)
                raise ModelError(f"memberships name the product {member.product!r}, which is not in products. {hint}")
            if member.kind not in KINDS:
                raise ModelError(f"{member.kind!r} is no kind of parent; there are {', '.join(KINDS)}.")
            if member.share is not None and not 0 <= member.share <= 1:
                raise ModelError(
                    f"{member.product} has the share {member.share:g} in {member.parent}; shares are 0 to 1."
                )
        for kind in KINDS:
            for on in (None, *self.cut_dates(kind)):
                for product, held in self._in_force(kind, on).items():
                    total = sum(share for share, _ in held.values())
                    if total > 1 + TOLERANCE:
                        when = "" if on is None else f" from {on.isoformat()}"
                        raise ModelError(
                            f"Shares of {product} over its {KIND_NAMES[kind]}s add to {total:g}{when}; at most 1."
                        )

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Keys of the products, in the client's order."""
        return tuple(entry.product for entry in self.products)

    def parents(self, kind: str) -> tuple[str, ...]:
        """Return the parents of a kind in the order in which the client names them."""
        return tuple(dict.fromkeys(member.parent for member in self.memberships if member.kind == kind))

    def name(self, key: str) -> str:
        """Return what people call a product or a parent; a key that nobody named is written as prose.

        Examples
        --------
        >>> ProductMap((), ()).name("private-cover")
        'Private cover'
        """
        named = self._product_names.get(key) or self.names.get(key)
        if named:
            return named
        words = key.replace("-", " ").replace("_", " ").strip()
        return words[:1].upper() + words[1:] or key

    @cached_property
    def _product_names(self) -> dict[str, str]:
        return {entry.product: entry.name for entry in self.products}

    def stage(self, product: str) -> str | None:
        """Return the stage of a product, or None."""
        return next((entry.stage for entry in self.products if entry.product == product), None)

    def cut_dates(self, kind: str | None = None) -> tuple[dt.date, ...]:
        """Return the dates on which any share changes, of one kind or of all; earliest first."""
        return tuple(
            sorted(
                {
                    member.valid_from
                    for member in self.memberships
                    if member.valid_from is not None and kind in (None, member.kind)
                }
            )
        )

    def shares(self, kind: str, on: dt.date | None = None) -> pd.DataFrame:
        """Return the shares in force on a day; None means before the first dated change.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        on : date or None
            A day.

        Returns
        -------
        DataFrame
            Columns ``product``, ``parent``, ``share`` (0 to 1, over 0) and ``is_assumed``.

        Examples
        --------
        >>> frame = pd.DataFrame({"product": ["car", "car"], "kind": ["value_stream"] * 2, "parent": ["buy", "claim"]})
        >>> found = build_product_map(pd.DataFrame({"product": ["car"], "name": ["Car"]}), frame)
        >>> found.shares("value_stream")["share"].tolist()
        [0.5, 0.5]
        """
        rows = [
            (product, parent, share, assumed)
            for product, held in self._in_force(kind, on).items()
            for parent, (share, assumed) in held.items()
            if share > 0
        ]
        return pd.DataFrame(rows, columns=["product", "parent", "share", "is_assumed"])

    def assumed_products(self, kind: str) -> tuple[str, ...]:
        """Return the products that are split over several parents by a share nobody confirmed."""
        found = []
        for product in self.ids:
            for on in (None, *self.cut_dates(kind)):
                held = {p: v for p, v in self._in_force(kind, on).get(product, {}).items() if v[0] > 0}
                if len(held) > 1 and any(assumed for _, assumed in held.values()):
                    found.append(product)
                    break
        return tuple(found)

    def _in_force(self, kind: str, on: dt.date | None) -> dict[str, dict[str, tuple[float, bool]]]:
        """Return product → parent → (share, assumed): the latest statement of each pair that has begun."""
        latest: dict[tuple[str, str], Membership] = {}
        for member in self.memberships:
            if member.kind != kind or (member.valid_from is not None and (on is None or member.valid_from > on)):
                continue
            held = latest.get((member.product, member.parent))
            if held is None or (held.valid_from or dt.date.min) <= (member.valid_from or dt.date.min):
                latest[member.product, member.parent] = member
        grouped: dict[str, dict[str, Membership]] = {}
        for (product, parent), member in latest.items():
            grouped.setdefault(product, {})[parent] = member
        return {product: _filled(members) for product, members in grouped.items()}


def _filled(members: Mapping[str, Membership]) -> dict[str, tuple[float, bool]]:
    """Give the blank shares equal parts of what the stated ones leave."""
    stated = sum(member.share for member in members.values() if member.share is not None)
    blank = [parent for parent, member in members.items() if member.share is None]
    equal = max(0.0, 1.0 - stated) / len(blank) if blank else 0.0
    return {
        parent: (equal if member.share is None else member.share, member.is_assumed)
        for parent, member in members.items()
    }


def build_product_map(
    products: pd.DataFrame, memberships: pd.DataFrame | None = None, lines: pd.DataFrame | None = None
) -> ProductMap:
    """Return the map that the client's tables ``products``, ``memberships`` and ``lines`` describe.

    Parameters
    ----------
    products : DataFrame
        Columns ``product``, ``name``; optional ``stage``, ``owner``.
    memberships : DataFrame or None
        Columns ``product``, ``kind``, ``parent``; optional ``share`` (0 to 1), ``valid_from``, ``status``.
        A blank share is an equal share and counts as assumed until its status is ``confirmed``.
    lines : DataFrame or None
        Columns ``product_line``, ``name``; optional ``product_manager``.

    Raises
    ------
    ModelError
        A product twice or unknown, an unknown kind, a share outside 0 to 1, shares of a product that add to more
        than 1 on some day.
    """
    entries = tuple(
        ProductEntry(
            str(row["product"]), str(row.get("name") or row["product"]), _text(row, "stage"), _text(row, "owner")
        )
        for row in products.to_dict("records")
    )
    members = () if memberships is None else tuple(_member(row) for row in memberships.to_dict("records"))
    register = [] if lines is None else lines.to_dict("records")
    return ProductMap(
        entries,
        members,
        {str(row["product_line"]): str(row.get("name") or row["product_line"]) for row in register},
        {str(row["product_line"]): str(row["product_manager"]) for row in register if _text(row, "product_manager")},
    )


def _member(row: Mapping[Any, Any]) -> Membership:
    share = row.get("share")
    share = None if share is None or pd.isna(share) else float(share)
    status = _text(row, "status")
    is_assumed = status in ("assumed", "contested") or (share is None and status != "confirmed")
    start = row.get("valid_from")
    start = None if start is None or pd.isna(start) else start
    if isinstance(start, dt.datetime):  # pandas Timestamps are datetimes too; dates compare only with dates
        start = start.date()
    return Membership(str(row["product"]), str(row["kind"]), str(row["parent"]), share, start, is_assumed)


def _text(row: Mapping[Any, Any], column: str) -> str | None:
    value = row.get(column)
    return None if value is None or pd.isna(value) or str(value) == "" else str(value)
