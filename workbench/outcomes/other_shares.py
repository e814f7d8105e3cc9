"""Would a sentence stand under other shares? Every split of what nobody confirmed, between the parents it is said of.

Where nobody confirmed how a member is divided over several parents of a kind, any split of that part between these
parents is as good as the one stated. A parent's additive parts are linear in each split, so their extremes lie where
every split gives all to one parent: those corners are tried, all of them up to `MOST_CORNERS`, else those that a climb
from the stated shares, the lowest and the highest meets on its way to the worst. Ratios and judgements are not linear;
along each edge from the worst corner the quarter points are tried too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product as every
from typing import TypeVar

import numpy as np

from workbench.memberships import Link, Node, follow_paths
from workbench.products import ProductMap

MOST_CORNERS = 64
"""Corners that are tried one by one (ours); beyond, a climb looks for the worst."""

ROUNDS = 3
"""Rounds of a climb over all splits."""

MOST_REMEMBERED = 4_000_000
"""Numbers of shares that are kept for the next metric (32 MB)."""

Array = np.ndarray
T = TypeVar("T")
Weights = tuple[float, ...]


@dataclass(frozen=True)
class OpenSplit:
    """A member whose division over parents nobody confirmed, as long as one statement of it holds.

    Attributes
    ----------
    member : Node
        Kind and key of a product or of a parent.
    kind : str
        Kind of the parents.
    parents : tuple of str
        Those nobody confirmed, at least two; a confirmed share beside them is not touched.
    shares : tuple of float
        As stated or filled in. Unit: share of the member, 0 to 1.
    """

    member: Node
    kind: str
    parents: tuple[str, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Survival:
    """Whether something stands under every split that was tried.

    Attributes
    ----------
    holds : bool
    tried : int
        Splits tried, the stated one not counted.
    is_whole : bool
        Every corner was tried.
    breaks : tuple of (str, str)
        Where it does not stand: member, and the parent that then has all of its unconfirmed part (the largest part).
    """

    holds: bool
    tried: int
    is_whole: bool
    breaks: tuple[tuple[str, str], ...] = ()


class OtherShares:
    """The shares of parents under other splits; each parent's splits are looked for once."""

    def __init__(self, products: ProductMap) -> None:
        self.products = products
        self.days: tuple[dt.date | None, ...] = (None, *products.cut_dates())
        self.links = [products.links(day) for day in self.days]
        self.groups = [_open_groups(links) for links in self.links]
        self.splits = tuple(dict.fromkeys(split for groups in self.groups for split in groups.values()))
        self.found: dict[Node, tuple[tuple[OpenSplit, tuple[Weights, ...]], ...]] = {}
        self.below: dict[Node, list[list[Link]]] = {}
        self.turned: dict[tuple[Node, frozenset[tuple[OpenSplit, Weights]]], Array] = {}

    def shares(self, kind: str, parent: str, weights: Mapping[OpenSplit, Weights]) -> Array:
        """Return the shares of a parent when splits weigh otherwise, shape (products, epochs).

        Parameters
        ----------
        kind, parent : str
        weights : mapping of OpenSplit to tuple of float
            How each split's unconfirmed part is divided over its parents, adding to 1; the others stay as stated.
        """
        asked = (kind, parent), frozenset(weights.items())
        found = self.turned.get(asked)
        if found is None:
            found = self._turn((kind, parent), weights)
            if len(self.turned) * found.size <= MOST_REMEMBERED:  # every metric of a parent asks for the same few
                self.turned[asked] = found
        return found

    def _turn(self, node: Node, weights: Mapping[OpenSplit, Weights]) -> Array:
        place = {product: at for at, product in enumerate(self.products.ids)}
        found = np.zeros((len(place), len(self.days)))
        for epoch, (links, groups) in enumerate(zip(self._below(node), self.groups, strict=True)):
            held = follow_paths(_turned(links, groups, weights)).held.get(node, {})
            for product, share in held.items():
                found[place[product], epoch] = share
        found.setflags(write=False)
        return found

    def options(self, kind: str, parent: str) -> tuple[tuple[OpenSplit, tuple[Weights, ...]], ...]:
        """Return the splits that matter to a parent, each with the corners that differ for it."""
        node = kind, parent
        if node not in self.found:
            kept = []
            met = {(link.member, link.parent[0]) for links in self._below(node) for link in links if link.is_assumed}
            for split in (one for one in self.splits if (one.member, one.kind) in met):
                corners: dict[bytes, Weights] = {}
                for corner in np.eye(len(split.parents)):
                    weights = tuple(float(one) for one in corner)
                    corners.setdefault(self.shares(kind, parent, {split: weights}).tobytes(), weights)
                if len(corners) > 1:
                    kept.append((split, tuple(corners.values())))
            self.found[node] = tuple(kept)
        return self.found[node]

    def survives(
        self, kind: str, parent: str, stands: Callable[[Array], bool], size: Callable[[Array], float]
    ) -> Survival | None:
        """Return whether something that is said of a parent stands under other splits; None where there are none.

        Parameters
        ----------
        kind, parent : str
        stands : function of shares, shape (products, epochs)
            Whether it stands.
        size : function of shares
            How clearly it stands: the smaller, the nearer to breaking.
        """
        options = self.options(kind, parent)
        if not options:
            return None
        stands, size = (
            asked_once(stands),
            asked_once(size),
        )  # corners tried alone are met again
        count = int(np.prod([len(corners) for _, corners in options], dtype=float))
        is_whole = count <= MOST_CORNERS
        splits = [split for split, _ in options]
        if is_whole:
            chosen = [dict(zip(splits, corner, strict=True)) for corner in every(*(c for _, c in options))]
        else:
            chosen = self._climb(kind, parent, options, size)
        alone = [{split: corner} for split, corners in options for corner in corners]
        tried, sized = 0, []
        for weights in alone:  # first one by one, because that is what can be said and asked
            tried += 1
            if not stands(self.shares(kind, parent, weights)):
                return Survival(False, tried, is_whole, _said(weights))
        for weights in chosen:
            shares = self.shares(kind, parent, weights)
            tried += 1
            if not stands(shares):
                return Survival(False, tried, is_whole, _said(weights))
            sized.append(size(shares))
        worst = chosen[int(np.argmin(sized))]
        for split, corners in options:
            for corner in corners:
                for step in (0.25, 0.5, 0.75):
                    mixed = tuple((1 - step) * a + step * b for a, b in zip(worst[split], corner, strict=True))
                    if corner == worst[split]:
                        continue
                    weights = {**worst, split: mixed}
                    tried += 1
                    if not stands(self.shares(kind, parent, weights)):
                        return Survival(False, tried, is_whole, _said(weights))
        return Survival(True, tried, is_whole)

    def _below(self, node: Node) -> list[list[Link]]:
        """Return the links of each epoch that lead to a parent."""
        if node not in self.below:
            found = []
            for links in self.links:
                into: dict[Node, list[Link]] = {}
                for link in links:
                    into.setdefault(link.parent, []).append(link)
                own: list[Link] = []
                waiting, seen = [node], {node}
                while waiting:
                    for link in into.get(waiting.pop(), ()):
                        own.append(link)
                        if link.member not in seen:
                            seen.add(link.member)
                            waiting.append(link.member)
                found.append(own)
            self.below[node] = found
        return self.below[node]

    def _climb(
        self,
        kind: str,
        parent: str,
        options: Sequence[tuple[OpenSplit, tuple[Weights, ...]]],
        size: Callable[[Array], float],
    ) -> list[dict[OpenSplit, Weights]]:
        """Return the corners met on the way from lowest, highest and each single change to where the size is least."""

        def mass(weights: Mapping[OpenSplit, Weights]) -> float:
            return float(self.shares(kind, parent, weights).sum())

        low = {split: min(corners, key=lambda c, s=split: mass({s: c})) for split, corners in options}  # type: ignore[misc]
        high = {split: max(corners, key=lambda c, s=split: mass({s: c})) for split, corners in options}  # type: ignore[misc]
        found = []
        for start in (low, high):
            now, best = dict(start), size(self.shares(kind, parent, start))
            found.append(dict(now))
            for _ in range(ROUNDS):
                before = dict(now)
                for split, corners in options:
                    sized = [(size(self.shares(kind, parent, {**now, split: corner})), corner) for corner in corners]
                    least, corner = min(sized)
                    if least < best:
                        now[split], best = corner, least
                if now == before:
                    break
            found.append(dict(now))
        return found


def asked_once(ask: Callable[[Array], T]) -> Callable[[Array], T]:
    """Return a function of shares that is asked once for the same shares."""
    known: dict[bytes, T] = {}

    def answer(shares: Array) -> T:
        key = shares.tobytes()
        if key not in known:
            known[key] = ask(shares)
        return known[key]

    return answer


def _open_groups(links: Sequence[Link]) -> dict[tuple[Node, str], OpenSplit]:
    """Return the splits of one day that nobody confirmed, over two parents or more."""
    groups: dict[tuple[Node, str], list[Link]] = {}
    for link in links:
        if link.is_assumed:
            groups.setdefault((link.member, link.parent[0]), []).append(link)
    found = {}
    for (member, kind), own in groups.items():
        if len(own) > 1:
            own = sorted(own, key=lambda link: link.parent)
            parents, shares = tuple(link.parent[1] for link in own), tuple(link.share for link in own)
            found[member, kind] = OpenSplit(member, kind, parents, shares)
    return found


def _turned(
    links: Sequence[Link], groups: Mapping[tuple[Node, str], OpenSplit], weights: Mapping[OpenSplit, Weights]
) -> list[Link]:
    """Return the links of a day with the unconfirmed part of each split divided otherwise; those at 0 fall away."""
    found = []
    for link in links:
        split = groups.get((link.member, link.parent[0])) if link.is_assumed else None
        if split is None or split not in weights:
            found.append(link)
            continue
        part = weights[split][split.parents.index(link.parent[1])]
        if part > 0:
            found.append(replace(link, share=part * sum(split.shares)))
    return found


def _said(weights: Mapping[OpenSplit, Weights]) -> tuple[tuple[str, str], ...]:
    return tuple((split.member[1], split.parents[int(np.argmax(own))]) for split, own in weights.items())
