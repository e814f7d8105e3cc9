"""Which step comes when: a plan over quarters, for one set of levels or for many draws of them at once.

Every part (the organisation with the items that are about all of it, and each line with its own) takes at most so many
steps a quarter, the most gain per effort first, among items whose needs stand when the quarter begins. What is
scheduled counts as reached: it narrows the way to target and unlocks what waits for it. An item that needs something
of the lines waits until it stands in the organisation or in every line. Items that are hidden never block.

The arrays run over draws × parts × items, so that the plan itself is the case of one draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Ground:
    """What a plan is made on. Place 0 of the parts is the organisation.

    Attributes
    ----------
    own : ndarray of bool, shape (parts, items)
        Items that a part plans: about the organisation at place 0, all others in lines.
    pooled : ndarray of bool, shape (items,)
        Items about the organisation: one level, the same in every part.
    targets : ndarray, shape (parts, items)
        Unit: level.
    efforts : ndarray, shape (parts, items)
    unseen : ndarray of bool, shape (parts, items)
        Items that under half of those asked can see.
    needs : ndarray of bool, shape (items, items)
        Row needs column.
    anchors : ndarray, shape (items, anchors)
        Levels that texts describe, ascending, filled up with infinity.
    group : ndarray of int, shape (items,)
        Dimension of each item, as a place in the next two.
    shares : ndarray, shape (parts, items)
        What an item's level counts in its dimension's; 0 where it does not.
    goals : ndarray, shape (parts, dimensions)
        Targets of the dimensions; nan where a dimension is not shown. Unit: level.
    floors : ndarray, shape (dimensions,)
        Where the way to target begins: the lowest level there can be. Unit: level.
    standing : float
        Level at which a need is met.
    """

    own: np.ndarray
    pooled: np.ndarray
    targets: np.ndarray
    efforts: np.ndarray
    unseen: np.ndarray
    needs: np.ndarray
    anchors: np.ndarray
    group: np.ndarray
    shares: np.ndarray
    goals: np.ndarray
    floors: np.ndarray
    standing: float


@dataclass(frozen=True, eq=False)
class Picks:
    """Steps in the order in which they are taken, one entry a quarter and place in it.

    Attributes
    ----------
    quarter : tuple of int
        Counted from one.
    item : tuple of ndarray of int, shape (draws, parts)
        Place of the item; −1 where nothing is left to take.
    gain : tuple of ndarray, shape (draws, parts)
        Rise of the way to target (share): of a line, or the mean over lines for what is about the organisation.
    level, to : tuple of ndarray, shape (draws, parts)
        Where the item stands before, and after.
    """

    quarter: tuple[int, ...]
    item: tuple[np.ndarray, ...]
    gain: tuple[np.ndarray, ...]
    level: tuple[np.ndarray, ...]
    to: tuple[np.ndarray, ...]


@dataclass(frozen=True, eq=False)
class _State:
    """Where every draw stands; the arrays are written in place.

    `to` is where the next step of an item leads, `counted` its level as the way to target counts it (up to the item's
    target, or where it stands if that is higher), `rise` what its step adds to its dimension, `short` how far the
    dimensions are from their targets, `whole` how long each part's way is.
    """

    levels: np.ndarray
    to: np.ndarray
    counted: np.ndarray
    rise: np.ndarray
    short: np.ndarray
    seen: np.ndarray
    whole: np.ndarray


SEEING_EFFORT = 1.0
"""Effort of making something visible: low (ours)."""


def schedule(
    ground: Ground, levels: np.ndarray, dimensions: np.ndarray, *, per_quarter: int, quarters: int | None = None
) -> Picks:
    """Return the steps of every part, quarter by quarter.

    Parameters
    ----------
    ground : Ground
    levels : ndarray, shape (draws, parts, items)
        nan where an item is hidden: it is not planned and blocks nothing. Unit: level.
    dimensions : ndarray, shape (draws, parts, dimensions)
        Unit: level.
    per_quarter : int
        Steps that a part takes at once.
    quarters : int, optional
        Stop after so many; by default when nothing is left.
    """
    state = _start(ground, levels, dimensions)
    picks: list[tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    quarter = 0
    while quarters is None or quarter < quarters:
        quarter += 1
        is_free = _unlocked(ground, state)
        is_idle = True
        for _ in range(per_quarter):
            # The organisation first, so that what its step brings a line is not counted twice there.
            taking = [_take(ground, state, is_free, slice(0, 1))]
            if levels.shape[1] > 1:
                taking.append(_take(ground, state, is_free, slice(1, None)))
            item, gain, level, to = (np.concatenate(column, axis=1) for column in zip(*taking, strict=True))
            if (item >= 0).any():
                is_idle = False
                picks.append((quarter, item, gain, level, to))
        if is_idle:
            break
    columns = list(zip(*picks, strict=True)) or [()] * 5
    return Picks(*(tuple(column) for column in columns))


def _start(ground: Ground, levels: np.ndarray, dimensions: np.ndarray) -> _State:
    short, whole = _distances(ground, dimensions)
    to = _next_level(ground.anchors, levels, ground.targets)
    rise = _rise(to, levels, ground.targets, ground.shares)
    seen = np.broadcast_to(~ground.unseen, levels.shape).copy()
    return _State(levels.copy(), to, levels.copy(), rise, short, seen, whole)


def _distances(ground: Ground, dimensions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    short = ground.goals[None] - dimensions
    whole = np.nansum(ground.goals - ground.floors, axis=1)[None]
    return np.where(np.isnan(short), 0.0, short), whole


def _unlocked(ground: Ground, state: _State) -> np.ndarray:
    """Which items could be taken: below target, and all they need stands now."""
    levels = state.levels
    with np.errstate(invalid="ignore"):
        stands = ~((levels < ground.standing - 1e-9) & (levels < ground.targets - 1e-9))
        below = levels < ground.targets - 1e-9
    if levels.shape[1] > 1:
        # What is about the organisation needs something of the lines: it stands there, or in every one of them.
        everywhere = stands[:, 1:].all(axis=1)
        stands[:, 0] = np.where(ground.pooled, stands[:, 0], stands[:, 0] | everywhere)
    waits = (~stands).astype(np.float32) @ ground.needs.T.astype(np.float32) > 0.5
    return ground.own & below & ~waits


def _take(
    ground: Ground, state: _State, is_free: np.ndarray, parts: slice
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Take the best step of each of these parts, in place; `is_free` loses it for the rest of the quarter."""
    own = ground.own[parts]
    draw, part = np.arange(len(state.levels))[:, None], np.arange(len(ground.own))[None, parts]
    columns = np.flatnonzero(own.any(axis=0))
    if not len(columns):
        none = np.zeros((len(state.levels), len(own)))
        return np.full(none.shape, -1), none, none, none
    gains = _gains(ground, state, parts, columns)
    worth = gains / ground.efforts[parts][:, columns]
    np.round(worth, 12, out=worth)
    worth[~np.take(is_free[:, parts], columns, axis=2)] = -np.inf
    best = worth.argmax(axis=2)
    at = (draw, np.arange(len(own))[None, :], best)
    has, item = np.isfinite(worth[at]), columns[best]
    where = (draw, part, item)
    is_free[where] = False
    sees = has & ~state.seen[where]
    raises = has & ~sees
    level = state.levels[where]
    reached = np.where(raises, state.to[where], level)
    gain = np.where(raises, gains[at], 0.0)
    state.seen[where] |= sees
    _raise(ground, state, part[0], item, raises, reached)
    return np.where(has, item, -1), gain, level, reached


def _gains(ground: Ground, state: _State, parts: slice, columns: np.ndarray) -> np.ndarray:
    """Rise of the parts' way to target for each item; what is about the organisation, as the mean over lines."""
    is_mean = state.levels.shape[1] > 1 and parts.start == 0
    wanted = slice(1, None) if is_mean else parts
    short = np.take(state.short[:, wanted], ground.group[columns], axis=2)
    left = short - np.take(state.rise[:, wanted], columns, axis=2)
    gains = np.maximum(short, 0, out=short)
    gains -= np.maximum(left, 0, out=left)
    whole = state.whole[:, wanted, None]
    gains /= np.where(whole == 0, np.inf, whole)  # nobody without a way to go gains anything
    return gains.mean(axis=1, keepdims=True) if is_mean else gains


def _raise(
    ground: Ground, state: _State, parts: np.ndarray, item: np.ndarray, raises: np.ndarray, reached: np.ndarray
) -> None:
    """Write what is reached into the state; an item about the organisation rises in every part."""
    for place, part in enumerate(parts):
        rows = np.flatnonzero(raises[:, place])
        names, to = item[rows, place], reached[rows, place]
        is_pooled = ground.pooled[names]
        for where in range(state.levels.shape[1]):
            take = np.ones(len(rows), dtype=bool) if where == part else is_pooled
            if not take.any():
                continue
            own = names[take]
            at, targets, shares = (rows[take], where, own), ground.targets[where, own], ground.shares[where, own]
            state.short[rows[take], where, ground.group[own]] -= state.rise[at]
            state.levels[at] = to[take]
            state.counted[at] = _counted(to[take], state.counted[at], targets)
            state.to[at] = _next_level(ground.anchors[own], to[take], targets)
            state.rise[at] = _rise(state.to[at], state.counted[at], targets, shares)


def _next_level(anchors: np.ndarray, levels: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Up to the next level that a text describes; to the target where none does."""
    past, to = levels + 1e-9, np.full(levels.shape, np.inf)
    for place in reversed(range(anchors.shape[-1])):  # ascending: the last one found is the next one up
        to = np.where(anchors[..., place] > past, anchors[..., place], to)
    return np.where(np.isfinite(to), to, np.maximum(targets, levels))


def _counted(to: np.ndarray, counted: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return the level as the way counts it, up to the item's target: nothing is gained by passing it."""
    return np.minimum(to, np.maximum(targets, counted))


def _rise(to: np.ndarray, counted: np.ndarray, targets: np.ndarray, shares: np.ndarray) -> np.ndarray:
    rise = (_counted(to, counted, targets) - counted) * shares
    return np.where(np.isnan(rise), 0.0, rise)
