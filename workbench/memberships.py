"""Statements of who belongs to whom, and what they make of each product: in a line, the line in a stream, and on.

Along a path shares multiply; several paths to the same parent add up. Three things are refused by name, because each
would count the same amount twice: a circle, a product whose shares within a kind add to more than 1 over all its
paths, and a path that leaves a kind and comes back to it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

TOLERANCE = 1e-9
"""Shares may exceed 1 by this much: three thirds typed with digits."""

PRODUCT = "product"
Node = tuple[str, str]
"""Kind and key; kinds keep their keys apart."""


KINDS = ("product_line", "value_stream", "customer_experience")
"""Kinds of parent, in reading order."""

KIND_NAMES = {
    PRODUCT: "product",
    "product_line": "product line",
    "value_stream": "value stream",
    "customer_experience": "customer experience",
    "company": "company",
}
"""What people call them."""


@dataclass(frozen=True)
class Membership:
    """A product, or a parent, in a parent, from a date on.

    Attributes
    ----------
    product, kind, parent : str
        Keys; `product` is the member's.
    share : float or None
        Share of the member, 0 to 1; None means an equal part of what the others leave.
    valid_from : date or None
        From when; None means always.
    is_assumed : bool
        Nobody confirmed the share: it was blank, or somebody called it assumed or contested.
    member_kind : str
        ``product``, or the kind of the parent that belongs to another parent.
    """

    product: str
    kind: str
    parent: str
    share: float | None = None
    valid_from: dt.date | None = None
    is_assumed: bool = False
    member_kind: str = PRODUCT

    @property
    def member(self) -> Node:
        """Kind and key of the member."""
        return self.member_kind, self.product


@dataclass(frozen=True)
class ShareFault:
    """Why statements cannot be added up, as a sentence.

    Attributes
    ----------
    found, allowed, remedy : str
        What was seen, what is allowed, what to do.
    places : tuple of int
        The statements at fault: their places in the order given.
    """

    found: str
    allowed: str
    remedy: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Link:
    """A member in a parent, on one day.

    Attributes
    ----------
    member, parent : Node
    share : float
        Share of the member that belongs to the parent, over 0 and at most 1.
    is_assumed : bool
        Nobody confirmed it.
    place : int
        Which of the client's statements says so.
    """

    member: Node
    parent: Node
    share: float
    is_assumed: bool = False
    place: int = 0


@dataclass(frozen=True)
class Refusal:
    """Why links cannot be added up.

    Attributes
    ----------
    reason : str
        ``circle``, ``over`` (more than 1 in all) or ``return`` (a path comes back to a kind it has left).
    nodes : tuple of Node
        The circle or the path, its first node again at the end of a circle; member and a parent of the kind.
    total : float
        Of ``over``: what the shares add to.
    places : tuple of int
        The statements at fault, in the client's order.
    """

    reason: Literal["circle", "over", "return"]
    nodes: tuple[Node, ...]
    total: float
    places: tuple[int, ...]


@dataclass(frozen=True)
class Reached:
    """What the links of one day make of every product.

    Attributes
    ----------
    held : mapping of Node to mapping of product to float
        Share of each product in each parent, over all paths; over 0.
    kept : mapping of Node to float
        Share of what a parent holds that it passes on to no other parent of its kind, 0 to 1. Over a kind, what is
        kept and what is left of a product add to 1.
    entered : mapping of kind to mapping of product to float
        Share of each product that any parent of the kind holds.
    assumed, split : mapping of Node to frozenset of product
        Products that come to a parent through a link nobody confirmed; through one of several such.
    refusals : tuple of Refusal
        Without any, the shares may be used.
    """

    held: Mapping[Node, Mapping[str, float]]
    kept: Mapping[Node, float]
    entered: Mapping[str, Mapping[str, float]]
    assumed: Mapping[Node, frozenset[str]]
    split: Mapping[Node, frozenset[str]]
    refusals: tuple[Refusal, ...] = ()


def read_memberships(memberships: pd.DataFrame | None, parents: pd.DataFrame | None = None) -> tuple[Membership, ...]:
    """Return the statements of both tables, row by row: first the products', then the parents'."""
    rows = [] if memberships is None else memberships.to_dict("records")
    nested = [] if parents is None else parents.to_dict("records")
    return tuple(_member(row) for row in [*rows, *({**row, "product": row["member"]} for row in nested)])


def links_on(memberships: Sequence[Membership], on: dt.date | None) -> tuple[Link, ...]:
    """Return the latest statement of each pair that has begun by a day, blank shares filled, those over 0."""
    latest: dict[tuple[Node, Node], int] = {}
    for place, member in enumerate(memberships):
        if member.valid_from is not None and (on is None or member.valid_from > on):
            continue
        pair = (member.member, (member.kind, member.parent))
        held = latest.get(pair)
        if held is None or (memberships[held].valid_from or dt.date.min) <= (member.valid_from or dt.date.min):
            latest[pair] = place
    groups: dict[tuple[Node, str], list[int]] = {}
    for (member_node, (kind, _)), place in latest.items():
        groups.setdefault((member_node, kind), []).append(place)
    found = []
    for (member_node, kind), places in groups.items():
        stated = [memberships[place].share for place in places]
        blank = stated.count(None)
        equal = max(0.0, 1.0 - math.fsum(share for share in stated if share is not None)) / blank if blank else 0.0
        for place, share in zip(places, stated, strict=True):
            one, size = memberships[place], equal if share is None else share
            if size > 0:
                found.append(Link(member_node, (kind, one.parent), size, one.is_assumed, place))
    return tuple(found)


def share_faults(memberships: Sequence[Membership]) -> tuple[ShareFault, ...]:
    """Return why statements cannot be added up on some day: each thing once, on the first day on which it is so.

    Circles, shares of a product within a kind that add to more than 1 over all its paths, paths that come back to a
    kind they have left, and one pair stated twice for the same day.
    """
    found: dict[tuple[str, tuple[Node, ...]], ShareFault] = {}
    stated: dict[tuple[Node, Node, dt.date | None], int] = {}
    for place, member in enumerate(memberships):
        key = (member.member, (member.kind, member.parent), member.valid_from)
        if key in stated:
            when = f" from {member.valid_from.isoformat()}" if member.valid_from else ""
            words = f"{member.product!r} in {member.parent!r} is stated twice{when}"  # which counts hung on row order
            fault = ShareFault(words, "one share for each day.", "Remove one of the rows.", (stated[key], place))
            found["twice", key[:2]] = fault
        stated.setdefault(key, place)
    days = sorted({member.valid_from for member in memberships if member.valid_from is not None})
    for on in (None, *days):
        for refusal in follow_paths(links_on(memberships, on)).refusals:
            kinds = refusal.nodes[1][0] if refusal.reason == "over" else ""
            key_nodes = (refusal.nodes[0], (kinds, "")) if kinds else refusal.nodes
            found.setdefault((refusal.reason, key_nodes), _fault(refusal, memberships, on))
    return tuple(found.values())


def _fault(refusal: Refusal, memberships: Sequence[Membership], on: dt.date | None) -> ShareFault:
    when = f" from {on.isoformat()}" if on else ""
    if refusal.reason == "circle":
        ring = " → ".join(repr(key) for _, key in refusal.nodes)
        return ShareFault(
            f"parents hold each other in a circle{when}: {ring}",
            "a parent that belongs, over any number of steps, to no part of itself.",
            "Remove one of the steps, or end it with a row with share 0 from that day.",
            refusal.places,
        )
    if refusal.reason == "return":
        path = " → ".join(f"{KIND_NAMES.get(kind, kind)} {key!r}" for kind, key in refusal.nodes)
        return ShareFault(
            f"a path comes back to a kind it has left{when}: {path}",
            "paths that stay within a kind or leave it for good; else an amount would stand in two of its parents.",
            "Put the one directly into the other, or remove the step.",
            refusal.places,
        )
    member, kind = refusal.nodes[0], refusal.nodes[1][0]
    stated = ", ".join(
        f"{memberships[place].parent} {_said(memberships[place].share)}"
        + ("" if memberships[place].member == member else f" by {memberships[place].product}")
        for place in refusal.places
    )
    of = repr(member[1]) if member[0] == PRODUCT else f"the {KIND_NAMES[member[0]]} {member[1]!r}"
    return ShareFault(
        f"the shares of {of} over its {KIND_NAMES[kind]}s add to {refusal.total:g}{when} ({stated})",
        "at most 1 in all.",
        "Correct the shares; a membership that ended needs a row with share 0 from that day.",
        refusal.places,
    )


def _said(share: float | None) -> str:
    return "blank" if share is None else f"{share:g}"


def _member(row: Mapping[Any, Any]) -> Membership:
    share = row.get("share")
    share = None if share is None or pd.isna(share) else float(share)
    status = text_of(row, "status")
    is_assumed = status in ("assumed", "contested") or (share is None and status != "confirmed")
    start = row.get("valid_from")
    start = None if start is None or pd.isna(start) else start
    if isinstance(start, dt.datetime):  # pandas Timestamps are datetimes too; dates compare only with dates
        start = start.date()
    of = str(row.get("member_kind") or PRODUCT)
    return Membership(str(row["product"]), str(row["kind"]), str(row["parent"]), share, start, is_assumed, of)


def text_of(row: Mapping[Any, Any], column: str) -> str | None:
    """Return a cell as text, or None where it is blank."""
    value = row.get(column)
    return None if value is None or pd.isna(value) or str(value) == "" else str(value)


def follow_paths(links: Sequence[Link]) -> Reached:
    """Return every product's share in every parent.

    Each sum is rounded once, so that the order of the links never matters.

    Parameters
    ----------
    links : sequence of Link
        Of one day; one for each pair of member and parent. A product is a node of the kind ``product``.
    """
    into: dict[Node, list[Link]] = {}
    out_of: dict[Node, list[Link]] = {}
    for link in links:
        into.setdefault(link.parent, []).append(link)
        out_of.setdefault(link.member, []).append(link)
    order, circle = _in_order(into, out_of)
    if circle:
        return Reached({}, {}, {}, {}, {}, (circle,))
    refusals = list(_returns(order, into))
    held: dict[Node, dict[str, float]] = {}
    assumed: dict[Node, frozenset[str]] = {}
    split: dict[Node, frozenset[str]] = {}
    entering: dict[str, dict[str, list[tuple[float, Link]]]] = {}
    open_splits = _open_splits(out_of)
    for node in order:
        if node[0] == PRODUCT:
            held[node], assumed[node], split[node] = {node[1]: 1.0}, frozenset(), frozenset()
            continue
        terms: dict[str, list[float]] = {}
        unsure: set[str] = set()
        parted: set[str] = set()
        for link in into.get(node, ()):
            of = held[link.member]
            for product, share in of.items():
                terms.setdefault(product, []).append(share * link.share)
                if link.member[0] != node[0]:
                    entering.setdefault(node[0], {}).setdefault(product, []).append((share * link.share, link))
            unsure |= of.keys() if link.is_assumed else assumed[link.member]
            parted |= of.keys() if (link.member, node[0]) in open_splits else split[link.member]
        held[node] = {product: found[0] if len(found) == 1 else math.fsum(found) for product, found in terms.items()}
        assumed[node], split[node] = frozenset(unsure), frozenset(parted)
    entered = {
        kind: {product: math.fsum(share for share, _ in found) for product, found in products.items()}
        for kind, products in entering.items()
    }
    for kind, products in entering.items():
        for product, found in products.items():
            if entered[kind][product] > 1 + TOLERANCE:
                places = tuple(sorted(link.place for _, link in found))
                ends = tuple(sorted({link.parent for _, link in found}))
                refusals.append(Refusal("over", ((PRODUCT, product), *ends), entered[kind][product], places))
    refusals += _members_over(out_of, refusals)
    kept = {
        node: max(0.0, 1.0 - math.fsum(link.share for link in out_of.get(node, ()) if link.parent[0] == node[0]))
        for node in order
        if node[0] != PRODUCT
    }
    parents = {node: found for node, found in held.items() if node[0] != PRODUCT}
    return Reached(parents, kept, entered, assumed, split, tuple(refusals))


def _open_splits(out_of: Mapping[Node, Sequence[Link]]) -> frozenset[tuple[Node, str]]:
    """Return the members, each with a kind, that are divided over several parents by a share nobody confirmed."""
    found = set()
    for member, links in out_of.items():
        for kind in {link.parent[0] for link in links}:
            own = [link for link in links if link.parent[0] == kind]
            if len(own) > 1 and any(link.is_assumed for link in own):
                found.add((member, kind))
    return frozenset(found)


def _in_order(
    into: Mapping[Node, Sequence[Link]], out_of: Mapping[Node, Sequence[Link]]
) -> tuple[list[Node], Refusal | None]:
    """Return every node after all its members, or the circle that makes it impossible."""
    nodes = list(dict.fromkeys([*out_of, *into]))
    waiting = {node: len(into.get(node, ())) for node in nodes}
    order = [node for node in nodes if not waiting[node]]
    for node in order:  # grows while it is read
        for link in out_of.get(node, ()):
            waiting[link.parent] -= 1
            if not waiting[link.parent]:
                order.append(link.parent)
    if len(order) == len(nodes):
        return order, None
    # whatever is still waiting has a member that waits, so walking down comes to a node twice
    node = min(node for node in nodes if waiting[node])
    seen: list[tuple[Node, Link]] = []
    places: dict[Node, int] = {}
    while node not in places:
        places[node] = len(seen)
        link = min((one for one in into[node] if waiting[one.member]), key=lambda one: one.member)
        seen.append((node, link))
        node = link.member
    ring = seen[places[node] :][::-1]
    first = min(range(len(ring)), key=lambda place: ring[place][1].member)
    ring = ring[first:] + ring[:first]
    nodes_on = (*(link.member for _, link in ring), ring[-1][0])
    return [], Refusal("circle", nodes_on, 0.0, tuple(sorted(link.place for _, link in ring)))


def _returns(order: Iterable[Node], into: Mapping[Node, Sequence[Link]]) -> Iterable[Refusal]:
    """Find paths that leave a kind and come back: the same amount would stand in two parents of it."""
    behind: dict[Node, dict[str, tuple[Node, ...]]] = {}  # node → kind that a path has left → a path from there
    for node in order:
        own: dict[str, tuple[Node, ...]] = {}
        for link in sorted(into.get(node, ()), key=lambda one: one.member):
            member = link.member
            left = {kind: (*path, member) for kind, path in behind[member].items()}
            if member[0] not in (PRODUCT, node[0]):
                left.setdefault(member[0], (member,))
            if node[0] in left and member[0] != node[0]:
                yield Refusal("return", (*left[node[0]], node), 0.0, (link.place,))
            for kind, path in left.items():
                if kind != node[0]:
                    own.setdefault(kind, path)
        behind[node] = own


def _members_over(out_of: Mapping[Node, Sequence[Link]], before: Sequence[Refusal]) -> list[Refusal]:
    """Find members that give more than all of themselves to the parents of a kind, also where no product shows it."""
    named = {place for refusal in before for place in refusal.places}
    found = []
    for member, links in out_of.items():
        for kind in sorted({link.parent[0] for link in links}):
            own = [link for link in links if link.parent[0] == kind]
            total = math.fsum(link.share for link in own)
            places = tuple(sorted(link.place for link in own))
            if total > 1 + TOLERANCE and not named.issuperset(places):
                found.append(Refusal("over", (member, *sorted(link.parent for link in own)), total, places))
    return found
