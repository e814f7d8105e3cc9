"""Why a metric moved: shares, mix or rate, without a rest.

Two factors: E. M. Kitagawa (1955), J. Am. Stat. Assoc. 50, 1168-1194. More factors: the exact Shapley value over all
subsets, which equals the standardisation of P. Das Gupta (1993), *Standardization and Decomposition of Rates: A User's
Manual*, U.S. Bureau of the Census, P23-186. Effects add up to the change.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from workbench.errors import ModelError

MOST_FACTORS = 8
"""2 to the power of this many evaluations."""

FACTOR_NAMES = {
    "shares": "share table",
    "products": "mix of products",
    "segments": "mix of segments",
    "rate": "rate",
    "volume": "volume",
}
"""What a board reads."""

MOSTLY = 2 / 3
"""A factor with at least this share of the change carries it (ours)."""

Array = np.ndarray


@dataclass(frozen=True)
class Effect:
    """What one factor did.

    Attributes
    ----------
    factor : str
        ``shares``, ``products`` (mix over products), ``segments`` (mix over segments), ``rate`` or ``volume``.
    segment : str
        Product or segment; empty for the factor as a whole.
    effect : float
        Unit: the metric's.
    """

    factor: str
    segment: str
    effect: float


@dataclass(frozen=True)
class Split:
    """How a change divides among its factors.

    Attributes
    ----------
    before, after : float
        Values over the two spans. Unit: the metric's.
    effects : tuple of Effect
        Wholes (segment empty) and, below them, their parts.
    residual : float
        Change minus the sum of the wholes; rounding only.
    dimension : str
        Column whose segments were used; empty for products alone.
    """

    before: float
    after: float
    effects: tuple[Effect, ...]
    residual: float
    dimension: str = ""

    @property
    def change(self) -> float:
        """Change between the spans. Unit: the metric's."""
        return self.after - self.before

    def wholes(self) -> tuple[Effect, ...]:
        """Return the factors as wholes, largest first."""
        return tuple(sorted((e for e in self.effects if not e.segment), key=lambda e: -abs(e.effect)))

    def parts(self, factor: str) -> tuple[Effect, ...]:
        """Return the parts of a factor, largest first."""
        held = (e for e in self.effects if e.factor == factor and e.segment)
        return tuple(sorted(held, key=lambda e: -abs(e.effect)))

    def exact_parts(self, factor: str) -> tuple[Effect, ...]:
        """Return the parts of a factor if they add up to it; with three factors or more, those of a mix do not."""
        whole = math.fsum(e.effect for e in self.effects if e.factor == factor and not e.segment)
        parts = self.parts(factor)
        missed = abs(math.fsum(e.effect for e in parts) - whole)
        return parts if missed <= 1e-9 * max(abs(self.before), abs(self.after), abs(whole)) else ()

    @property
    def cause(self) -> str:
        """``mix``, ``rate``, ``shares``, ``volume`` or ``several``: what carries at least two thirds of the change."""
        if self.change == 0:
            return "several"
        by_cause: dict[str, float] = {}
        for effect in self.wholes():
            cause = "mix" if effect.factor in ("products", "segments") else effect.factor
            by_cause[cause] = by_cause.get(cause, 0.0) + effect.effect
        name, size = max(by_cause.items(), key=lambda item: item[1] / self.change)
        return name if size / self.change >= MOSTLY else "several"


def kitagawa(
    weights_before: Sequence[float] | Array,
    rates_before: Sequence[float] | Array,
    weights_after: Sequence[float] | Array,
    rates_after: Sequence[float] | Array,
) -> tuple[Array, Array]:
    """Return the mix and the rate effect of each segment; together they are the change, without a rest.

    Parameters
    ----------
    weights_before, weights_after : sequence of float
        Shares of the segments, adding to 1.
    rates_before, rates_after : sequence of float
        Rates of the segments; NaN where a segment is absent: it takes the other span's rate, so its effect is mix.

    Examples
    --------
    >>> mix, rate = kitagawa([0.5, 0.5], [0.2, 0.4], [0.25, 0.75], [0.2, 0.4])
    >>> round(float(mix.sum()), 6), float(rate.sum())
    (0.05, 0.0)
    """
    w0, w1 = np.asarray(weights_before, float), np.asarray(weights_after, float)
    r0, r1 = _filled(np.asarray(rates_before, float), np.asarray(rates_after, float))
    return (w1 - w0) * (r0 + r1) / 2, (r1 - r0) * (w0 + w1) / 2


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
    known = {
        frozenset(subset): float(value(frozenset(subset)))
        for size in range(len(names) + 1)
        for subset in combinations(names, size)
    }
    weights = _orders(len(names))
    return {
        name: math.fsum(weights[len(held)] * (known[held | {name}] - known[held]) for held in known if name not in held)
        for name in names
    }


def split_rate(before: pd.DataFrame, after: pd.DataFrame, *, times: float = 1.0, dimension: str = "") -> Split:
    """Return how a ratio's change divides among share table, mix of products, mix of segments and rate.

    Parameters
    ----------
    before, after : DataFrame
        Columns ``product``, ``segment``, ``num``, ``den`` (of the product, over the span) and ``share`` (of the
        product in the parent over the span, 0 to 1). A product's segments together are the product.
    times : float
        Scale of the metric, 100 for a Net Promoter Score.
    dimension : str
        What the segments are; empty where there is one a product.

    Raises
    ------
    ModelError
        A span has no denominator.
    """
    model = _RateModel(before, after, times)
    whole = shapley(model.value, list(model.factors))
    first, last = model.value(frozenset()), model.value(frozenset(model.factors))
    effects = [Effect(factor, "", effect) for factor, effect in whole.items()]
    effects += model.rate_parts() + model.mix_parts("products") + model.mix_parts("segments")
    return Split(first, last, tuple(effects), (last - first) - math.fsum(whole.values()), dimension)


def split_sum(before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]]) -> Split:
    """Return how the change of a sum divides between share table and volume, by product.

    Parameters
    ----------
    before, after : mapping of product to (amount, share)
        Amount of the product per period, and its share in the parent, 0 to 1.
    """
    products = list(dict.fromkeys([*before, *after]))
    effects, shares, volumes = [], [], []
    for product in products:
        (x0, s0), (x1, s1) = before.get(product, (0.0, 0.0)), after.get(product, (0.0, 0.0))
        shares.append((s1 - s0) * (x0 + x1) / 2)
        volumes.append((x1 - x0) * (s0 + s1) / 2)
        effects += [Effect("shares", product, shares[-1]), Effect("volume", product, volumes[-1])]
    wholes = [Effect("shares", "", math.fsum(shares)), Effect("volume", "", math.fsum(volumes))]
    first = math.fsum(x * s for x, s in before.values())
    last = math.fsum(x * s for x, s in after.values())
    return Split(first, last, (*wholes, *effects), (last - first) - math.fsum([*shares, *volumes]))


class _RateModel:
    """V = Σ s·D·Σ m·r / Σ s·D over products, with segments inside products."""

    def __init__(self, before: pd.DataFrame, after: pd.DataFrame, times: float) -> None:
        keys = pd.MultiIndex.from_frame(
            pd.concat([before[["product", "segment"]], after[["product", "segment"]]]).drop_duplicates()
        )
        self.products = list(dict.fromkeys(keys.get_level_values("product")))
        self.segments = list(dict.fromkeys(keys.get_level_values("segment")))
        self.times = times
        spans = [self._span(before), self._span(after)]
        if min(float((s * d.sum(axis=1)).sum()) for s, _, d in spans) <= 0:
            raise ModelError("A split needs rows in both spans.")
        (s0, n0, d0), (s1, n1, d1) = spans
        volume = [d0.sum(axis=1), d1.sum(axis=1)]
        # only the relative size of products is mix; the total cancels in a ratio
        self.volume = [v / v.sum() for v in volume]
        self.share = [s0, s1]
        with np.errstate(divide="ignore", invalid="ignore"):
            mix = [d / v[:, None] for d, v in zip((d0, d1), volume, strict=True)]
            rate = [n / d for n, d in ((n0, d0), (n1, d1))]
        # a product without rows in one span has the mix of the other, so its whole effect is mix of products
        self.mix = list(_filled_rows(mix[0], mix[1]))
        rates = _filled(*(np.where(np.isfinite(r), r, np.nan) for r in rate))
        self.rate = [np.nan_to_num(r) for r in rates]
        names = ["rate"]
        if len(self.segments) > 1 and any((self.mix[0][p] != self.mix[1][p]).any() for p in range(len(self.products))):
            names.insert(0, "segments")
        if len(self.products) > 1:
            names.insert(0, "products")
        if not np.allclose(s0, s1, rtol=0, atol=1e-12):
            names.insert(0, "shares")
        self.factors = tuple(names)

    def _span(self, frame: pd.DataFrame) -> tuple[Array, Array, Array]:
        shape = (len(self.products), len(self.segments))
        num, den, share = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
        rows = {product: place for place, product in enumerate(self.products)}
        columns = {segment: place for place, segment in enumerate(self.segments)}
        listed = (frame[name].tolist() for name in ("product", "segment", "num", "den", "share"))
        for product, segment, top, bottom, part in zip(*listed, strict=True):
            at = rows[product], columns[segment]
            num[at] += top
            den[at] += bottom
            share[at[0]] = part
        return share, num, den

    def _weights(self, held: frozenset[str]) -> Array:
        share = self.share["shares" in held]
        volume = self.volume["products" in held]
        product = share * volume
        return (product / product.sum())[:, None] * self.mix["segments" in held]

    def value(self, held: frozenset[str]) -> float:
        return self.times * float((self._weights(held) * self.rate["rate" in held]).sum())

    def rate_parts(self) -> list[Effect]:
        """Return the rate effect of each product (of each segment where there is one product)."""
        others = [factor for factor in self.factors if factor != "rate"]
        weights = _orders(len(self.factors))
        average = np.zeros_like(self.rate[0])
        for size in range(len(others) + 1):
            for subset in combinations(others, size):
                average = average + weights[size] * self._weights(frozenset(subset))
        effect = self.times * average * (self.rate[1] - self.rate[0])
        if len(self.products) > 1:
            return [Effect("rate", p, float(effect[place].sum())) for place, p in enumerate(self.products)]
        if len(self.segments) > 1:
            return [Effect("rate", s, float(effect[:, place].sum())) for place, s in enumerate(self.segments)]
        return []

    def mix_parts(self, factor: str) -> list[Effect]:
        """Return where the mix moved: Δweight × (mean rate − mean overall rate), which adds up to Kitagawa's mix."""
        if factor not in self.factors:
            return []
        none, full = self._weights(frozenset()), self._weights(frozenset(self.factors))
        axis = 1 if factor == "products" else 0
        names = self.products if factor == "products" else self.segments
        w0, w1 = none.sum(axis=axis), full.sum(axis=axis)
        with np.errstate(divide="ignore", invalid="ignore"):
            r0 = (none * self.rate[0]).sum(axis=axis) / w0
            r1 = (full * self.rate[1]).sum(axis=axis) / w1
        r0, r1 = (np.nan_to_num(r) for r in _filled(r0, r1))
        middle = (float((w0 * r0).sum()) + float((w1 * r1).sum())) / 2
        effect = self.times * (w1 - w0) * ((r0 + r1) / 2 - middle)
        return [Effect(factor, str(name), float(effect[place])) for place, name in enumerate(names)]


def _orders(count: int) -> list[float]:
    """Return the share of orders in which exactly these many factors come before one."""
    return [math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count) for size in range(count)]


def _filled(first: Array, second: Array) -> tuple[Array, Array]:
    return np.where(np.isnan(first), second, first), np.where(np.isnan(second), first, second)


def _filled_rows(first: Array, second: Array) -> tuple[Array, Array]:
    one, two = ~np.isfinite(first).all(axis=1), ~np.isfinite(second).all(axis=1)
    filled_first, filled_second = np.where(one[:, None], second, first), np.where(two[:, None], first, second)
    return np.nan_to_num(filled_first), np.nan_to_num(filled_second)
