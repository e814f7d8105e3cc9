"""How items make a group and groups make a larger one: mean, sum, the smallest, or the highest level attained.

A mean, a sum and the smallest of several levels hang on answers in a straight line (the smallest on those of its lowest
part), so that their error is a sum over people. An attained level climbs in steps: its interval is what would be
attained at the lower, and at the upper ends of its parts' intervals. "Every part is met" asks nothing extra of the
lower ends (R. L. Berger 1982, Technometrics 24, 295-300); "some part is not met" looks at several, so that the upper
ends are those of a Bonferroni interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.readiness.grid import Grid, Table
from workbench.readiness.instrument import Group, Instrument
from workbench.readiness.levels import ItemLevels, group_error
from workbench.stats import Estimate, interval, t_quantile

BORROWED = "spread borrowed from the whole organisation"
NO_SPREAD = "no spread anywhere"
TOO_FEW_TEAMS = "too few teams to tell a spread"
ATTAINED = "attained at the ends of its parts' intervals"

NOTHING = 1e-12
"""A standard error below this is rounding noise."""


@dataclass(frozen=True, eq=False)
class Node:
    """The level of an item or a group in one part.

    Attributes
    ----------
    value : float
        Unit: level.
    shares : ndarray, shape (items,)
        What each item's level counts in it.
    levels : ItemLevels
        Plain or weighted.
    group : Group or None
        None for an item.
    parts : tuple of Node or None
        What a group is made of, in its order; None where a part has no level.
    """

    value: float
    shares: np.ndarray
    levels: ItemLevels = field(repr=False)
    group: Group | None = None
    parts: tuple[Node | None, ...] = ()

    @property
    def is_straight(self) -> bool:
        """Whether it hangs on answers in a straight line."""
        is_step = self.group is not None and self.group.aggregation == "attained"
        return not is_step and all(part is None or part.is_straight for part in self.parts)


def item_node(grid: Grid, table: Table, levels: ItemLevels, name: str) -> Node | None:
    """Return the level of an item; None where too few answered."""
    place = grid.places[name]
    if not table.is_used[place]:
        return None
    return Node(float(levels.mean[place]), (np.arange(len(grid.places)) == place).astype(float), levels)


def combine_group(grid: Grid, table: Table, levels: ItemLevels, group: Group) -> Node | None:
    """Return the level of a group from the levels of its parts.

    Parameters
    ----------
    grid : Grid
    table : Table
        The part of the organisation.
    levels : ItemLevels
        Its plain or its weighted levels.
    group : Group

    Returns
    -------
    Node or None
        None where there is no level: no part has one, a sum lacks one, or what is attained hangs on one that is
        missing. A missing part never counts as a low one.
    """
    instrument = grid.instrument
    parts = tuple(
        item_node(grid, table, levels, name)
        if name in grid.places
        else combine_group(grid, table, levels, instrument.group(name))
        for name in instrument.parts(group)
    )
    known = [part for part in parts if part is not None]
    if not known:
        return None
    if group.aggregation == "sum":
        if len(known) < len(parts):
            return None
        shares = np.sum([part.shares for part in known], axis=0)
        return Node(sum(part.value for part in known), shares, levels, group, parts)
    if group.aggregation == "smallest":
        lowest = min(known, key=lambda part: part.value)
        return Node(lowest.value, lowest.shares, levels, group, (lowest,))
    shares = np.mean([part.shares for part in known], axis=0)
    if group.aggregation == "attained":
        values = [None if part is None else part.value for part in parts]
        value = _attained(instrument, group, values)
        return None if value is None else Node(value, shares, levels, group, parts)
    return Node(sum(part.value for part in known) / len(known), shares, levels, group, parts)


def item_band(grid: Grid, table: Table, name: str) -> tuple[float, float] | None:
    """Return the band of an item; None where it applies to nobody."""
    place = grid.places[name]
    low, high = float(table.band_low[place]), float(table.band_high[place])
    return None if math.isnan(low) else (low, high)


def combine_bands(grid: Grid, table: Table, group: Group) -> tuple[float, float] | None:
    """Return what a group's level would be if all absent answers stood at the bottom, and at the top.

    Over all of its items, also those with too few answers; those that apply to nobody never count.
    """
    instrument = grid.instrument
    parts = [
        item_band(grid, table, name) if name in grid.places else combine_bands(grid, table, instrument.group(name))
        for name in instrument.parts(group)
    ]
    known = [part for part in parts if part is not None]
    if not known:
        return None
    lows, highs = [low for low, _ in known], [high for _, high in known]
    if group.aggregation == "sum":
        return sum(lows), sum(highs)
    if group.aggregation == "smallest":
        return min(lows), min(highs)
    if group.aggregation == "attained":
        ends = [
            _attained(instrument, group, [end if p is None else p[side] for p in parts])
            for side, end in ((0, -math.inf), (1, math.inf))
        ]
        return (float(ends[0] or 0.0), float(ends[1] or 0.0))
    return sum(lows) / len(lows), sum(highs) / len(highs)


def estimate(
    grid: Grid, table: Table, node: Node, name: str, people: int, asked: int | None
) -> tuple[Estimate, np.ndarray]:
    """Return a level with its interval, and what each person adds to its error.

    Parameters
    ----------
    grid : Grid
    table : Table
    node : Node
        Of an item or a group of the part.
    name : str
        Its id.
    people, asked : int
        People behind it; people asked, None where nobody knows.
    """
    confidence = grid.settings.confidence
    if not node.is_straight:
        low, high = _reach(grid, table, node, 1 - confidence)
        bounds = grid.instrument.bounds(name)
        low = None if low is None else max(low, min(bounds[0], node.value))
        high = None if high is None else min(high, max(bounds[1], node.value))
        held = Estimate(node.value, low, high, None, None, confidence, people, asked, ATTAINED)
        return held, np.zeros(grid.people)
    influence, error, df, method = _error(grid, table, node)
    if error is None:
        return Estimate(node.value, None, None, None, None, confidence, people, asked, method), influence
    if not method:
        method = "t, corrected for the finite population" if asked is not None else "t, response unknown"
        method = f"{method}, teams drawn" if grid.teams is not None else method
    return (
        interval(
            node.value,
            error,
            df,
            confidence=confidence,
            answered=people,
            asked=asked,
            within=_span(grid, node),
            method=method,
        ),
        influence,
    )


def _span(grid: Grid, node: Node) -> tuple[float, float]:
    low, high = node.shares @ grid.spans
    return float(low), float(high)


def _error(grid: Grid, table: Table, node: Node) -> tuple[np.ndarray, float | None, float, str]:
    """Return influence, standard error (None where nobody can know), degrees of freedom, and how it was made."""
    is_used = node.shares != 0
    if node.group is None:
        influence, error, freedom = (held[int(is_used.argmax())] for held in node.levels.alone)
    else:
        influence, error, freedom = group_error(node.levels, node.shares)
    if grid.teams is not None and (node.levels.draws[is_used] < 2).any():
        return np.zeros(grid.people), None, 0.0, TOO_FEW_TEAMS
    df = float(freedom)
    if error >= NOTHING or (table.response[is_used] >= 1).all():
        return influence, float(error) if error >= NOTHING else 0.0, df, ""
    # All answers are the same, yet not everybody answered: silence about a spread is no proof of none. Adding the
    # items' standard errors up treats them as moving together, which is the careful side.
    spread, count, response = (held[is_used] for held in (grid.spread, node.levels.count, table.response))
    borrowed = float((node.shares[is_used] * np.sqrt(spread / count * (1 - response))).sum())
    if grid.teams is not None or not math.isfinite(borrowed) or borrowed < NOTHING:
        return influence, None, df, NO_SPREAD
    return influence, borrowed, df, BORROWED


def _reach(grid: Grid, table: Table, node: Node, error_share: float) -> tuple[float | None, float | None]:
    """Return the ends of an interval; the upper end may be missed by `error_share` / 2 over all parts together."""
    if node.is_straight:
        _, error, df, _ = _error(grid, table, node)
        if error is None:
            return None, None
        reach = t_quantile(1 - error_share / 2, df) * error
        return node.value - reach, node.value + reach
    known = [part for part in node.parts if part is not None]
    if node.group is not None and node.group.aggregation == "attained":
        # None of a part's ends is known where it has no level: it may be met, and it may not.
        lows = [-math.inf if p is None else _end(_reach(grid, table, p, error_share)[0], -1) for p in node.parts]
        several = error_share / len(node.parts)
        highs = [math.inf if p is None else _end(_reach(grid, table, p, several)[1], 1) for p in node.parts]
        instrument = grid.instrument
        return _attained(instrument, node.group, lows), _attained(instrument, node.group, highs)
    ends = [_reach(grid, table, part, error_share / len(known)) for part in known]
    low, high = [low for low, _ in ends if low is not None], [high for _, high in ends if high is not None]
    if len(low) < len(known) or len(high) < len(known):
        return None, None
    share = 1.0 if node.group is not None and node.group.aggregation == "sum" else 1.0 / len(known)
    return share * sum(low), share * sum(high)


def _end(value: float | None, side: int) -> float:
    return side * math.inf if value is None else value


def _attained(instrument: Instrument, group: Group, values: Sequence[float | None]) -> float | None:
    """Return the scale's value up to which every part is met; None where that hangs on a part without a level."""
    names, scale = instrument.parts(group), sorted(instrument.scale.values)
    met = 0
    for name, value in zip(names, values, strict=True):
        if value is None:
            return None
        needed = instrument.bounds(name)[1] if group.met is None else group.met
        if value < needed - 1e-9:
            break
        met += 1
    return float(scale[min(met, len(scale) - 1)])
