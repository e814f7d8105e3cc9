"""Which few segments carry a change: greedy on additive parts, within declared dimensions only.

Parts of an amount are its segments' changes; parts of a rate are Kitagawa's mix and rate effect of each segment, the
mix against the middle rate, so that they add up to the change. Nothing is crossed and nothing is searched for: one
declared dimension at a time, and its segments in the order of what they add.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workbench.outcomes.drivers import kitagawa
from workbench.outcomes.simpson import Strata

MOST_SEGMENTS = 3
ENOUGH = 0.67
"""Part of the change that they explain."""

MORE_THAN_WEIGHT = 0.10
"""They explain this much more than their part of the base, or they carry the change as everybody does (ours)."""


@dataclass(frozen=True)
class SegmentParts:
    """A change by the segments of one dimension.

    Attributes
    ----------
    dimension : str
    effects : mapping of segment to float
        They add up to the change. Unit: the metric's.
    weights : mapping of segment to float
        Their part of the base, mean of both spans, 0 to 1.
    """

    dimension: str
    effects: Mapping[str, float]
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Carriers:
    """The few segments that carry a change, or that there are none.

    Attributes
    ----------
    dimension : str
        Empty where no dimension has such segments.
    segments : tuple of (segment, effect)
        At most three, largest first. Unit: the metric's.
    explained : float
        Part of the change that they explain; above 1 where others went the other way. The best found where there are
        none.
    weight : float
        Their part of the base, 0 to 1.
    of : int
        Segments in the dimension.
    asked : tuple of str
        Dimensions that were looked at.
    """

    dimension: str
    segments: tuple[tuple[str, float], ...]
    explained: float
    weight: float
    of: int
    asked: tuple[str, ...]

    @property
    def are_few(self) -> bool:
        """Whether a few segments carry the change."""
        return bool(self.segments)


def parts_of_rate(strata: Strata) -> SegmentParts:
    """Return what each segment adds to a rate's change: its mix against the middle rate, and its own rate."""
    num, den = strata.num, strata.den
    base = den.sum(axis=1, keepdims=True)
    weights = den / base
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = num / np.where(den != 0, den, np.nan)
    mix, rate = (np.nan_to_num(part) for part in kitagawa(weights[0], rates[0], weights[1], rates[1]))
    middle = float((num.sum(axis=1) / base[:, 0]).mean())
    effects = strata.times * (mix - (weights[1] - weights[0]) * middle + rate)
    names = strata.segments
    return SegmentParts(
        strata.dimension,
        dict(zip(names, effects.tolist(), strict=True)),
        dict(zip(names, weights.mean(axis=0).tolist(), strict=True)),
    )


def parts_of_amount(dimension: str, before: Mapping[str, float], after: Mapping[str, float]) -> SegmentParts:
    """Return what each segment adds to an amount's change."""
    names = sorted({*before, *after})
    effects = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in names}
    sizes = {name: abs(before.get(name, 0.0)) + abs(after.get(name, 0.0)) for name in names}
    whole = math.fsum(sizes.values()) or 1.0
    return SegmentParts(dimension, effects, {name: size / whole for name, size in sizes.items()})


def segments(by_dimension: tuple[SegmentParts, ...]) -> Carriers | None:
    """Return the fewest segments of one dimension that carry at least 67 % of the change, or say that none do.

    At most three, at most half of a dimension's segments, and more than their weight: a segment that holds most of
    the business carries most of any change. None where no dimension has two segments.

    Examples
    --------
    >>> found = segments((parts_of_amount("channel", {"web": 9.0, "phone": 9.0, "shop": 9.0},
    ...                                   {"web": 3.0, "phone": 9.5, "shop": 9.0}),))
    >>> found.segments, round(found.explained, 2)
    ((('web', -6.0),), 1.09)
    """
    asked = tuple(parts for parts in by_dimension if len(parts.effects) > 1)
    if not asked:
        return None
    found = [_greedy(parts) for parts in asked]
    names = tuple(parts.dimension for parts in asked)
    few = [one for one in found if one.are_few]
    if few:
        # fewest segments, then those that explain nearest to the whole, then the name: no order decides
        best = min(few, key=lambda one: (len(one.segments), abs(one.explained - 1), one.dimension))
        return Carriers(best.dimension, best.segments, best.explained, best.weight, best.of, names)
    best = max(found, key=lambda one: (one.explained, one.dimension))
    return Carriers("", (), best.explained, best.weight, best.of, names)


def _greedy(parts: SegmentParts) -> Carriers:
    change = math.fsum(parts.effects.values())
    scale = math.fsum(abs(effect) for effect in parts.effects.values())
    total = len(parts.effects)
    if abs(change) <= 1e-9 * scale or scale == 0:
        return Carriers("", (), 0.0, 0.0, total, ())
    ordered = sorted(parts.effects.items(), key=lambda item: (-item[1] / change, item[0]))
    chosen: list[tuple[str, float]] = []
    most = min(MOST_SEGMENTS, max(1, total // 2))
    explained = weight = 0.0
    for name, effect in ordered[:most]:
        if effect * change <= 0:
            break
        chosen.append((name, effect))
        explained += effect / change
        weight += parts.weights[name]
        if explained >= ENOUGH:
            break
    if explained >= ENOUGH and explained >= weight + MORE_THAN_WEIGHT:
        return Carriers(parts.dimension, tuple(chosen), explained, weight, total, ())
    return Carriers("", (), explained, weight, total, ())
