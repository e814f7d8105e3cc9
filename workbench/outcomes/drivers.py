"""Why a metric moved: shares, volume, mix, rate, new and ended members, without a rest.

Two factors: E. M. Kitagawa (1955), J. Am. Stat. Assoc. 50, 1168-1194. More factors: the exact Shapley value over all
subsets, which equals the standardisation of P. Das Gupta (1993), *Standardization and Decomposition of Rates: A User's
Manual*, U.S. Bureau of the Census, P23-186. Members that exist in one span only are taken out first, as entry and
exit are by M. J. Melitz and S. Polanec (2015), RAND J. Econ. 46, 362-375: what new members add is the value with them
less the value of those that stay. Effects, and the parts of each effect, add up to the change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from workbench.outcomes.driver_cells import AMOUNTLESS, Columns, SpanCells, read_cells, shapley

FACTOR_NAMES = {
    "shares": "share table",
    "products": "mix of products",
    "segments": "mix of segments",
    "rate": "rate",
    "volume": "volume",
    "new": "new members",
    "gone": "members that ended",
    AMOUNTLESS: "amounts without a base",
}
"""What a board reads."""

FACTOR_ORDER = ("shares", "volume", "products", "segments", "new", "gone", "rate", AMOUNTLESS)
"""In which a waterfall goes from before to after."""

MOSTLY = 2 / 3
"""A factor with at least this share of the change carries it (ours)."""

_CAUSE_OF = {"products": "mix", "segments": "mix", "new": "members", "gone": "members", AMOUNTLESS: "rate"}

Array = np.ndarray


@dataclass(frozen=True)
class Effect:
    """What one factor did.

    Attributes
    ----------
    factor : str
        A key of `FACTOR_NAMES`.
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
    second : tuple of Effect
        The same wholes by LMDI-I, for an appendix; empty where it has none (a negative number).
    base : str
        Metric whose denominator is the volume of an amount, so that its rate is a price; empty without one.
    """

    before: float
    after: float
    effects: tuple[Effect, ...]
    residual: float
    dimension: str = ""
    second: tuple[Effect, ...] = ()
    base: str = ""

    @property
    def change(self) -> float:
        """Change between the spans. Unit: the metric's."""
        return self.after - self.before

    def name_of(self, factor: str) -> str:
        """Return what a board reads for a factor; the rate of an amount with a volume is its price."""
        return "price" if self.base and factor == "rate" else FACTOR_NAMES[factor]

    def wholes(self) -> tuple[Effect, ...]:
        """Return the factors as wholes, largest first."""
        return tuple(sorted((e for e in self.effects if not e.segment), key=lambda e: -abs(e.effect)))

    def parts(self, factor: str) -> tuple[Effect, ...]:
        """Return the parts of a factor, largest first."""
        held = (e for e in self.effects if e.factor == factor and e.segment)
        return tuple(sorted(held, key=lambda e: -abs(e.effect)))

    def exact_parts(self, factor: str) -> tuple[Effect, ...]:
        """Return the parts of a factor, which add up to it; a factor without parts has none."""
        whole = math.fsum(e.effect for e in self.effects if e.factor == factor and not e.segment)
        parts = self.parts(factor)
        missed = abs(math.fsum(e.effect for e in parts) - whole)
        return parts if missed <= 1e-9 * max(abs(self.before), abs(self.after), abs(whole)) else ()

    def by_cause(self) -> dict[str, float]:
        """Return the effects by what a board calls them: mix, rate, shares, volume, members."""
        found: dict[str, float] = {}
        for effect in self.wholes():
            cause = _CAUSE_OF.get(effect.factor, effect.factor)
            found[cause] = found.get(cause, 0.0) + effect.effect
        return found

    @property
    def cause(self) -> str:
        """``mix``, ``rate``, ``shares``, ``volume``, ``members`` or ``several``: what carries two thirds or more."""
        if self.change == 0:
            return "several"
        name, size = max(self.by_cause().items(), key=lambda item: item[1] / self.change)
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
    r0, r1 = np.asarray(rates_before, float), np.asarray(rates_after, float)
    r0, r1 = np.where(np.isnan(r0), r1, r0), np.where(np.isnan(r1), r0, r1)
    return (w1 - w0) * (r0 + r1) / 2, (r1 - r0) * (w0 + w1) / 2


def split_rate(before: Columns, after: Columns, *, times: float = 1.0, dimension: str = "") -> Split:
    """Return how a ratio's change divides among share table, mix, rate and members that came or went.

    Parameters
    ----------
    before, after : DataFrame or mapping of columns
        ``product``, ``segment``, ``num``, ``den`` (of the product, over the span) and ``share`` (of the
        product in the parent over the span, 0 to 1). A product's segments together are the product. A product that
        the parent did not hold, and that had rows all the same, stands with share 0: then the share table is the
        cause and not a new product.
    times : float
        Scale of the metric, 100 for a Net Promoter Score.
    dimension : str
        What the segments are; empty where there is one a product.

    Raises
    ------
    ModelError
        A span has no denominator.
    """
    return _split(read_cells(before, after, times=times, is_amount=False), dimension)


def split_amount(before: Columns, after: Columns, *, dimension: str = "", base: str = "") -> Split:
    """Return how an amount's change divides among share table, volume, mix, rate (price) and members.

    The amount is volume × mix × rate: Σ share·num, with num = den·rate, and the denominators together the volume.

    Parameters
    ----------
    before, after, dimension
        As in `split_rate`; ``num`` is the amount and ``den`` the volume it rests on (policies, hours, orders).
    base : str
        Metric that the volume comes from.
    """
    return replace(_split(read_cells(before, after, times=1.0, is_amount=True), dimension), base=base)


def split_sum(before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]]) -> Split:
    """Return how the change of a sum divides among share table, volume and members that came or went, by product.

    Parameters
    ----------
    before, after : mapping of product to (amount, share)
        Amount of the product per period, and its share in the parent, 0 to 1. A product that stands in one of the two
        only is new or has ended; one that was there with nothing stands with 0.
    """
    shares, volumes, new, gone = [], [], [], []
    for product in sorted({*before, *after}):
        if product in before and product in after:
            (x0, s0), (x1, s1) = before[product], after[product]
            shares.append(Effect("shares", product, (s1 - s0) * (x0 + x1) / 2))
            volumes.append(Effect("volume", product, (x1 - x0) * (s0 + s1) / 2))
        elif product in after:
            new.append(Effect("new", product, math.prod(after[product])))
        else:
            gone.append(Effect("gone", product, -math.prod(before[product])))
    parts = [e for held in (shares, volumes) for e in held] + [e for e in (*new, *gone) if e.effect]
    factors = ["shares", "volume", *(name for name in ("new", "gone") if any(e.factor == name for e in parts))]
    wholes = [Effect(name, "", math.fsum(e.effect for e in parts if e.factor == name)) for name in factors]
    first, last = (math.fsum(x * s for x, s in held.values()) for held in (before, after))
    return Split(first, last, (*wholes, *parts), (last - first) - math.fsum(e.effect for e in wholes))


def _split(cells: SpanCells, dimension: str) -> Split:
    parts = {**cells.by_shapley(), **cells.by_members()}
    effects = [Effect(factor, "", whole) for factor, (whole, _) in parts.items()]
    for factor, (_, held) in parts.items():
        effects += [Effect(factor, name, effect) for name, effect in held.items()]
    rest = (cells.after - cells.before) - math.fsum(whole for whole, _ in parts.values())
    members = {factor: whole for factor, (whole, _) in parts.items() if factor in ("new", "gone", AMOUNTLESS)}
    by_lmdi = cells.by_lmdi()
    second = tuple(Effect(factor, "", effect) for factor, effect in {**by_lmdi, **members}.items()) if by_lmdi else ()
    return Split(cells.before, cells.after, tuple(effects), rest, dimension, second)


__all__ = [
    "FACTOR_NAMES",
    "FACTOR_ORDER",
    "MOSTLY",
    "Effect",
    "Split",
    "kitagawa",
    "shapley",
    "split_amount",
    "split_rate",
    "split_sum",
]
