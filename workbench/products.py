"""Which product belongs to which line, value stream and customer experience, how much of it, and from when.

The organisation that the article describes aligns the same products along several kinds of parent at once. A share
says how much of a product belongs to one parent; shares of a product within a kind add to at most 1, and what is left
is *unallocated*, never dropped. A parent may itself belong to parents, to any depth (`memberships`).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from workbench import theme
from workbench.errors import ModelError, nearest
from workbench.memberships import (
    KIND_NAMES,
    KINDS,
    PRODUCT,
    TOLERANCE,
    Link,
    Membership,
    Node,
    Reached,
    follow_paths,
    links_on,
    read_memberships,
    share_faults,
    text_of,
)

__all__ = ["KINDS", "KIND_NAMES", "Membership", "ProductEntry", "ProductMap", "ShareTable", "build_product_map"]


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


@dataclass(frozen=True, eq=False)
class ShareTable:
    """The shares of all products in all parents of one kind, epoch by epoch; only those over 0 are listed.

    Attributes
    ----------
    kind : str
    parents : tuple of str
        In the client's order.
    parent, product, epoch : array of int, same length
        Place of the parent, place of the product in the client's order, number of share changes passed.
    share : array of float
        Share of the product that the parent holds, 0 to 1.
    kept : array of float
        The part of `share` that the parent passes on to no other parent of the kind: with `left` it adds to 1.
    left : array, shape (products, epochs)
        Share of each product that no parent of the kind holds, 0 to 1.
    """

    kind: str
    parents: tuple[str, ...]
    parent: np.ndarray
    product: np.ndarray
    epoch: np.ndarray
    share: np.ndarray
    kept: np.ndarray
    left: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the shares of each parent as an array, shape (products, epochs)."""
        found = np.zeros((len(self.parents), *self.left.shape))
        found[self.parent, self.product, self.epoch] = self.share
        return dict(zip(self.parents, found, strict=True))


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
        _check_rows(self.memberships, set(known))
        pairs = {(member.member, member.kind, member.parent, member.valid_from) for member in self.memberships}
        if len(pairs) < len(self.memberships) or any(reached.refusals for reached in self._reached):
            fault = share_faults(self.memberships)[0]
            raise ModelError(f"{theme.upper_start(fault.found)}; {fault.allowed}")

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Keys of the products, in the client's order."""
        return tuple(entry.product for entry in self.products)

    def parents(self, kind: str) -> tuple[str, ...]:
        """Return the parents of a kind in the order in which the client names them."""
        return self._parents.get(kind, ())

    @cached_property
    def _parents(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for member in sorted(self.memberships, key=lambda one: one.member_kind != PRODUCT):
            found.setdefault(member.kind, {})[member.parent] = None
            if member.member_kind != PRODUCT:
                found.setdefault(member.member_kind, {})[member.product] = None
        return {kind: tuple(parents) for kind, parents in found.items()}

    def scopes_of(self, product: str) -> frozenset[str]:
        """Return the keys of all parents in which a product ever has a share."""
        return frozenset(node[1] for reached in self._reached for node, held in reached.held.items() if product in held)

    def members_of(self, kind: str, parent: str) -> frozenset[str]:
        """Return the products that ever have a share in a parent, and the parents between them and it."""
        found: set[str] = set()
        for reached in self._reached:
            found |= reached.held.get((kind, parent), {}).keys()
        above: set[Node] = {(kind, parent)}
        nested = [member for member in self.memberships if member.member_kind != PRODUCT]
        for _ in nested:
            above |= {member.member for member in nested if (member.kind, member.parent) in above}
        return frozenset(found | {key for _, key in above - {(kind, parent)}})

    def parents_above(self, kind: str, parent: str, on: dt.date | None = None) -> tuple[str, ...]:
        """Return the parents of the same kind that a parent belongs to on a day, in the client's order."""
        above = {link.parent[1] for link in self.links(on) if link.member == (kind, parent) and link.parent[0] == kind}
        return tuple(one for one in self.parents(kind) if one in above)

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
        return theme.upper_start(words) or key

    @cached_property
    def _product_names(self) -> dict[str, str]:
        return {entry.product: entry.name for entry in self.products}

    def stage(self, product: str) -> str | None:
        """Return the stage of a product, or None."""
        return next((entry.stage for entry in self.products if entry.product == product), None)

    def cut_dates(self, kind: str | None = None) -> tuple[dt.date, ...]:
        """Return the dates on which any share changes, of one kind or of all; earliest first.

        A kind whose parents hold parents of other kinds changes with them.
        """
        kinds = {kind}
        for _ in KINDS:
            kinds |= {member.member_kind for member in self.memberships if member.kind in kinds}
        return tuple(
            sorted(
                {
                    member.valid_from
                    for member in self.memberships
                    if member.valid_from is not None and (kind is None or member.kind in kinds)
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
            Columns ``product``, ``parent``, ``share`` (0 to 1, over 0, over all paths) and ``is_assumed``.

        Examples
        --------
        >>> frame = pd.DataFrame({"product": ["car", "car"], "kind": ["value_stream"] * 2, "parent": ["buy", "claim"]})
        >>> found = build_product_map(pd.DataFrame({"product": ["car"], "name": ["Car"]}), frame)
        >>> found.shares("value_stream")["share"].tolist()
        [0.5, 0.5]
        """
        reached, place = self._on(on), self._places
        rows = [
            (product, parent, share, product in reached.assumed[kind, parent])
            for parent in self.parents(kind)
            for product, share in reached.held.get((kind, parent), {}).items()
        ]
        rows.sort(key=lambda row: place[row[0]])  # stable: parents stay in the client's order
        return pd.DataFrame(rows, columns=["product", "parent", "share", "is_assumed"])

    def share_table(self, kind: str, cuts: Sequence[dt.date] | None = None) -> ShareTable:
        """Return the shares of a kind over all epochs.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        cuts : sequence of date, optional
            First days of the epochs after the first; by default every date on which any share changes.
        """
        days = [None, *(self.cut_dates() if cuts is None else cuts)]
        parents = self.parents(kind)
        row, place = self._places, {parent: at for at, parent in enumerate(parents)}
        left = np.ones((len(row), len(days)))
        at: list[tuple[int, int, int]] = []
        sizes: list[tuple[float, float]] = []
        for epoch, on in enumerate(days):
            reached = self._on(on)
            for product, share in reached.entered.get(kind, {}).items():
                left[row[product], epoch] = 1.0 - share
            for parent in parents:
                kept = reached.kept.get((kind, parent), 1.0)
                for product, share in reached.held.get((kind, parent), {}).items():
                    at.append((place[parent], row[product], epoch))
                    sizes.append((share, share * kept))
        left = np.where(left < TOLERANCE, 0.0, left)
        parent_at, product_at, epoch_at = np.array(at, dtype=int).reshape(-1, 3).T
        held, kept_here = np.array(sizes, dtype=float).reshape(-1, 2).T
        return ShareTable(kind, parents, parent_at, product_at, epoch_at, held, kept_here, left)

    def assumed_products(self, kind: str) -> tuple[str, ...]:
        """Return the products that are split over several parents by a share nobody confirmed, anywhere on a path."""
        found: set[str] = set()
        for reached in self._reached:
            for node, products in reached.split.items():
                if node[0] == kind:
                    found |= products
        return tuple(product for product in self.ids if product in found)

    def links(self, on: dt.date | None = None) -> tuple[Link, ...]:
        """Return the statements in force on a day, with blank shares filled; None: before the first dated change."""
        return links_on(self.memberships, on)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {product: place for place, product in enumerate(self.ids)}

    @cached_property
    def _days(self) -> tuple[dt.date, ...]:
        return self.cut_dates()

    @cached_property
    def _reached(self) -> tuple[Reached, ...]:
        return tuple(follow_paths(self.links(on)) for on in (None, *self._days))

    def _on(self, on: dt.date | None) -> Reached:
        return self._reached[0 if on is None else bisect_right(self._days, on)]


def _check_rows(memberships: Sequence[Membership], known: set[str]) -> None:
    for member in memberships:
        if member.member_kind not in (PRODUCT, *KINDS):
            raise ModelError(f"{member.member_kind!r} is no kind of parent; there are {', '.join(KINDS)}.")
        if member.member_kind == PRODUCT and member.product not in known:
            hint = nearest(member.product, list(known))
            raise ModelError(f"memberships name the product {member.product!r}, which is not in products. {hint}")
        if member.kind not in KINDS:
            raise ModelError(f"{member.kind!r} is no kind of parent; there are {', '.join(KINDS)}.")
        if member.share is not None and not 0 <= member.share <= 1:
            raise ModelError(f"{member.product} has the share {member.share:g} in {member.parent}; shares are 0 to 1.")


def build_product_map(
    products: pd.DataFrame,
    memberships: pd.DataFrame | None = None,
    lines: pd.DataFrame | None = None,
    parents: pd.DataFrame | None = None,
) -> ProductMap:
    """Return the map that the client's tables ``products``, ``memberships``, ``lines`` and ``parents`` describe.

    Parameters
    ----------
    products : DataFrame
        Columns ``product``, ``name``; optional ``stage``, ``owner``.
    memberships : DataFrame or None
        Columns ``product``, ``kind``, ``parent``; optional ``share`` (0 to 1), ``valid_from``, ``status``.
        A blank share is an equal share and counts as assumed until its status is ``confirmed``.
    lines : DataFrame or None
        Columns ``product_line``, ``name``; optional ``product_manager``.
    parents : DataFrame or None
        Parents that belong to parents: columns ``member_kind``, ``member``, ``kind``, ``parent``; optional ``share``,
        ``valid_from``, ``status``, as in `memberships`.

    Raises
    ------
    ModelError
        A product twice or unknown, an unknown kind, a share outside 0 to 1, shares of a product that add to more
        than 1 on some day over all its paths, parents that hold each other in a circle.
    """
    entries = tuple(
        ProductEntry(
            str(row["product"]), str(row.get("name") or row["product"]), text_of(row, "stage"), text_of(row, "owner")
        )
        for row in products.to_dict("records")
    )
    members = read_memberships(memberships, parents)
    register = [] if lines is None else lines.to_dict("records")
    return ProductMap(
        entries,
        members,
        {str(row["product_line"]): str(row.get("name") or row["product_line"]) for row in register},
        {str(row["product_line"]): str(row["product_manager"]) for row in register if text_of(row, "product_manager")},
    )
