"""The arithmetic below a split: two spans as cells of product × segment, changed factor by factor.

A value is Σ_p w_p · Σ_s m_ps · r_ps: products weigh by share × volume (and, in a ratio, over their sum), segments
within a product by m, and r is the rate of a cell. Every subset of factors is evaluated once; the effect of a factor,
and its parts, are averages over the orders in which factors can change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.outcomes.lmdi_index import lmdi

MOST_FACTORS = 8
"""2 to the power of this many evaluations."""

AMOUNTLESS = "loose"
"""Amounts in cells without a denominator: they have no rate and stand by themselves."""

Array = np.ndarray
Parts = dict[str, float]
Columns = pd.DataFrame | Mapping[str, Sequence[Any]]
Found = dict[str, tuple[float, Parts]]
"""Factor → its effect, and the parts that add up to it."""


def shapley(value: Callable[[frozenset[str]], float], factors: Sequence[str]) -> dict[str, float]:
    """Return what each factor adds, averaged over all orders in which the factors can change.

    Parameters
    ----------
    value : function of a set of factors
        The metric when these factors stand as after and the others as before.
    factors : sequence of str
        At most 8, each once.

    Examples
    --------
    >>> before, after = {"a": 2.0, "b": 3.0}, {"a": 4.0, "b": 5.0}
    >>> shapley(lambda s: math.prod((after if f in s else before)[f] for f in "ab"), ["a", "b"])
    {'a': 8.0, 'b': 6.0}
    """
    names = list(factors)
    if len(set(names)) != len(names) or not 1 <= len(names) <= MOST_FACTORS:
        raise ModelError(f"A split takes 1 to {MOST_FACTORS} different factors; got {names}.")
    known = {held: float(value(held)) for held in _subsets(names)}
    weights = _orders(len(names))
    return {
        name: math.fsum(weights[len(held)] * (known[held | {name}] - known[held]) for held in known if name not in held)
        for name in names
    }


def read_cells(before: Columns, after: Columns, *, times: float, is_amount: bool) -> SpanCells:
    """Return two spans as cells, in an order that depends on neither frame's.

    Parameters
    ----------
    before, after : DataFrame or mapping of columns
        ``product``, ``segment``, ``num``, ``den``, ``share``.
    times : float
        Scale of the metric.
    is_amount : bool
        The value is Σ share·num; else it is divided by Σ share·den.
    """
    names = ("product", "segment", "num", "den", "share")
    spans = [[np.asarray(held[name]).tolist() for name in names] for held in (before, after)]
    products = sorted({str(product) for span in spans for product in span[0]})
    segments = sorted({str(segment) for span in spans for segment in span[1]})
    row = {product: place for place, product in enumerate(products)}
    column = {segment: place for place, segment in enumerate(segments)}
    num, den, share = (np.zeros((2, len(products), n)) for n in (len(segments), len(segments), 1))
    for t, span in enumerate(spans):
        at = [row[str(p)] for p in span[0]], [column[str(s)] for s in span[1]]
        np.add.at(num[t], at, span[2])
        np.add.at(den[t], at, span[3])
        share[t, at[0], 0] = span[4]
    return SpanCells(products, segments, num, den, share, times, is_amount)


class SpanCells:
    """Two spans; arrays have axes span × product × segment."""

    def __init__(
        self,
        products: list[str],
        segments: list[str],
        num: Array,
        den: Array,
        share: Array,
        times: float,
        is_amount: bool,
    ) -> None:
        self.products, self.segments, self.times, self.is_amount = products, segments, times, is_amount
        held, self.base = share * num, (share * den).sum(axis=(1, 2))
        if not is_amount and self.base.min(initial=np.inf) <= 0:
            raise ModelError("A split needs rows in both spans.")
        divisor = np.ones(2) if is_amount else self.base
        self.held, self.weight = times * held / divisor[:, None, None], share * den / divisor[:, None, None]
        self.before, self.after = (math.fsum(span.ravel().tolist()) for span in self.held)
        self.present = den != 0
        self.stays = self._staying()
        # a ratio none of whose members stays cannot be compared like with like: then all of it is mix
        base = (share * den * self.stays).sum(axis=(1, 2))
        if not is_amount and base.min(initial=np.inf) <= 0:
            self.stays = np.ones_like(self.stays)
        self._continue(np.where(self.stays, num, 0.0), np.where(self.stays, den, 0.0), share[:, :, 0])

    def _staying(self) -> Array:
        """Return the cells whose product and segment exist in both spans."""
        product, segment = self.present.any(axis=2), self.present.any(axis=1)
        return np.asarray(product.all(axis=0)[:, None] & segment.all(axis=0)[None, :])

    def _continue(self, num: Array, den: Array, share: Array) -> None:
        """Take the members that stay apart into share, volume, mixes and rates."""
        volume = den.sum(axis=2)
        total = volume.sum(axis=1)
        self.total = np.where(total > 0, total, 1.0) if self.is_amount else np.ones(2)
        with np.errstate(divide="ignore", invalid="ignore"):
            size = volume / np.where(total > 0, total, 1.0)[:, None]
            mix = den / np.where(volume != 0, volume, np.nan)[:, :, None]
            rate = num / np.where(den != 0, den, np.nan)
        self.size = size
        # where a product or a cell is empty in one span it has the other's mix or rate: what it does is mix above it
        self.mix, self.rate = np.nan_to_num(_filled(mix)), np.nan_to_num(_filled(rate))
        # a product without volume says nothing of its share
        self.share = np.where(volume != 0, share, np.where(volume[::-1] != 0, share[::-1], 0.0))
        self.factors = self._factors()
        if any(not self._is_possible(held) for held in _subsets(self.factors)):
            self.factors = tuple(factor for factor in self.factors if factor != "shares")

    def _factors(self) -> tuple[str, ...]:
        if not self.size.any():
            return ()
        names = ["rate"]
        if len(self.segments) > 1 and (self.mix[0] != self.mix[1]).any():
            names.insert(0, "segments")
        if (self.size != 0).any(axis=0).sum() > 1:
            names.insert(0, "products")
        if self.is_amount:
            names.insert(0, "volume")
        if not np.allclose(self.share[0], self.share[1], rtol=0, atol=1e-12):
            names.insert(0, "shares")
        return tuple(names)

    def _is_possible(self, held: frozenset[str]) -> bool:
        return self.is_amount or float((self._share(held) * self.size[int("products" in held)]).sum()) > 0

    def _share(self, held: frozenset[str]) -> Array:
        at = "shares" if "shares" in self.factors else "products"
        return np.asarray(self.share[int(at in held)])

    def _weights(self, held: frozenset[str]) -> Array:
        """Return the weight of each product; in a ratio they add up to 1."""
        plain = self._share(held) * self.size[int("products" in held)]
        if self.is_amount:
            return np.asarray(self.total[int("volume" in held)] * plain)
        return np.asarray(plain / plain.sum())

    def _rates(self, held: frozenset[str]) -> Array:
        """Return the rate of each product."""
        mix, rate = self.mix[int("segments" in held)], self.rate[int("rate" in held)]
        return np.asarray((mix * rate).sum(axis=1))

    # -- effects -----------------------------------------------------------------------------------------------------

    def by_shapley(self) -> Found:
        """Return the factors of the members that stay, each with its parts."""
        states = {held: (self._weights(held), self._rates(held)) for held in _subsets(self.factors)}
        orders = _orders(len(self.factors))
        found: Found = {}
        for factor in self.factors:
            total = np.zeros(len(self.segments) if self._is_by_segment(factor) else len(self.products))
            for held in states:
                if factor not in held:
                    total = total + orders[len(held)] * self._marginal(factor, held, states)
            parts = self.times * total
            names = self.segments if self._is_by_segment(factor) else self.products
            shown = dict(zip(names, parts.tolist(), strict=True)) if len(names) > 1 else {}
            found[factor] = (math.fsum(parts.tolist()), shown)
        return found

    def _is_by_segment(self, factor: str) -> bool:
        return factor == "segments" or (factor == "rate" and len(self.products) == 1)

    def _marginal(self, factor: str, held: frozenset[str], states: dict[frozenset[str], tuple[Array, Array]]) -> Array:
        """Return what a factor adds in one order, by product or segment.

        The changes of a mix add up to zero, so a reference may be taken off each rate without touching the sum: a
        part then says whether weight moved to a place above or below the middle.
        """
        weight, rate = states[held]
        if factor == "rate":
            mix = self.mix[int("segments" in held)]
            cells = weight[:, None] * mix * (self.rate[1] - self.rate[0])
            return np.asarray(cells.sum(axis=0 if self._is_by_segment("rate") else 1))
        if factor == "segments":
            rates = self.rate[int("rate" in held)]
            middle = (self.mix.mean(axis=0) * rates).sum(axis=1, keepdims=True)
            cells = weight[:, None] * (self.mix[1] - self.mix[0]) * (rates - middle)
            return np.asarray(cells.sum(axis=0))
        moved = states[held | {factor}][0] - weight
        if not self.is_amount:
            middle = ((weight + states[held | {factor}][0]) / 2 * rate).sum()
            return np.asarray(moved * (rate - middle))
        if factor == "products" and math.isclose(*self.size.sum(axis=1)):
            worth = self._share(held) * rate
            moved = self.total[int("volume" in held)] * (self.size[1] - self.size[0])
            return np.asarray(moved * (worth - (self.size.mean(axis=0) * worth).sum()))
        return np.asarray(moved * rate)

    def by_members(self) -> Found:
        """Return what new and ended members did, and amounts that rest on no denominator."""
        found: Found = {}
        for factor, t, sign in (("new", 1, 1.0), ("gone", 0, -1.0)):
            cells = ~self.stays & self.present[t]
            held = np.where(cells, self.held[t], 0.0)
            if not self.is_amount:
                # with and without them: weight × (their rate − the rate of those that stay)
                staying = self.stays & self.present[t]
                middle = float(self.held[t][staying].sum() / self.weight[t][staying].sum()) if staying.any() else 0.0
                held = np.where(cells, self.held[t] - self.weight[t] * middle, 0.0)
            self._keep(found, factor, cells & (self.weight[t] != 0), sign * held)
        loose = np.where(self.present, 0.0, self.held)
        self._keep(found, AMOUNTLESS, (loose != 0).any(axis=0), loose[1] - loose[0], by_product=True)
        return found

    def _keep(self, found: Found, factor: str, cells: Array, effect: Array, *, by_product: bool = False) -> None:
        """Add a factor that touches some cells, named by product, or by segment where the product stays."""
        parts: Parts = {}
        product_stays = self.present.any(axis=2).all(axis=0)
        for p, s in np.argwhere(cells):
            is_product = by_product or not product_stays[p] or not self.segments[s]
            name = self.products[p] if is_product else self.segments[s]
            parts[name] = parts.get(name, 0.0) + float(effect[p, s])
        if parts:
            found[factor] = (math.fsum(effect[cells].tolist()), parts)

    def by_lmdi(self) -> dict[str, float]:
        """Return the wholes of the members that stay by LMDI-I; empty where a number is negative.

        In a ratio weights are over their sum, so share table and mix of products are one factor there.
        """
        if not self.factors:
            return {}
        shape = self.mix.shape
        weight = self._weights(frozenset()), self._weights(frozenset(self.factors))
        if self.is_amount:
            factors = {
                "shares": self.share[:, :, None],
                "volume": self.total[:, None, None],
                "products": self.size[:, :, None],
            }
        else:
            factors = {"products": np.array(weight)[:, :, None]}
        factors |= {"segments": self.mix, "rate": self.rate}
        full = {name: np.broadcast_to(array, shape).reshape(2, -1) for name, array in factors.items()}
        if any((array < 0).any() for array in full.values()):
            return {}
        found = lmdi({n: a[0] for n, a in full.items()}, {n: a[1] for n, a in full.items()}).effects
        return {name: self.times * effect for name, effect in found.items() if name in self.factors or effect}


def _subsets(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(subset) for size in range(len(names) + 1) for subset in combinations(names, size)]


def _orders(count: int) -> list[float]:
    """Return the share of orders in which exactly these many factors come before one."""
    return [math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count) for size in range(count)]


def _filled(spans: Array) -> Array:
    """Return two spans in which what one lacks is as in the other."""
    return np.where(np.isnan(spans), spans[::-1], spans)
