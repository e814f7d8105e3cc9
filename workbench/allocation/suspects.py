"""Which members of a portfolio can be in a conflict at all: quick, so that only those few are tried one by one.

Every rule, capacity, maximum and open line gets a slack; the least sum of slacks of the relaxed programme is above zero
where it cannot hold, and the members with a price at that optimum cannot hold by themselves (J. Gleeson and J. Ryan
1990, ORSA Journal on Computing 2(1), 61-63: a certificate of infeasibility names such a set). Where only whole numbers
conflict, the members are halved (QuickXplain: U. Junker 2004, AAAI-04, 167-172).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from workbench.allocation.canonical import Canonical
from workbench.allocation.highs import LinearModel, relax
from workbench.allocation.model import Portfolio

Member = tuple[str, str]
"""Kind (``rule``, ``maximum``, ``closing``, ``capacity``) and name."""
PRICED = 1e-9
"""A dual above this counts: the member takes part."""
SLACK = 1e-7
"""Least sum of slacks (scaled) that is not noise."""


def members_of(portfolio: Portfolio) -> tuple[Member, ...]:
    """Return all that a conflict may be made of: rules first, then what is given."""
    return (
        *(("rule", rule.name) for rule in portfolio.rules),
        *(("maximum", activity.id) for activity in portfolio.activities),
        *(("closing", line.id) for line in portfolio.lines if line.closing is None),
        *(("capacity", item.id) for item in portfolio.resources),
    )


def priced_members(form: Canonical, free: LinearModel, top: np.ndarray, dropped: Set[Member]) -> set[Member] | None:
    """Return members that cannot hold together even without whole numbers; None where the relaxation holds.

    Parameters
    ----------
    form : Canonical
    free : LinearModel
        What must hold with every maximum, capacity and closing left out, and the rules (`conflict.feasibility`);
        supports first, then levels.
    top : array, shape (n,)
        Scaled maximum of each activity.
    dropped : set of members
        Left out.
    """
    n_lines, n = len(form.lines), len(form.activities)
    blocks: list[csr_matrix] = []
    lows: list[np.ndarray] = []
    highs: list[np.ndarray] = []
    owners: list[Member] = []

    def add(rows: csr_matrix, low: np.ndarray, high: np.ndarray, names: Sequence[Member]) -> None:
        kept = [place for place, name in enumerate(names) if name not in dropped]
        blocks.append(rows[kept])
        lows.append(low[kept])
        highs.append(high[kept])
        owners.extend(names[place] for place in kept)

    count = free.gain.size
    own = csr_matrix(np.hstack([form.by_support, form.by_level, np.zeros((len(form.row_names), count - n_lines - n))]))
    add(own, form.row_low, form.row_high, [(name.kind, name.name) for name in form.row_names])
    place, one = np.arange(n), np.ones(n)
    levels = csr_matrix((one, (place, n_lines + place)), shape=(n, count))
    add(levels, np.full(n, -np.inf), top, [("maximum", item.id) for item in form.activities])
    open_lines = [number for number, may_close in enumerate(form.may_close) if not may_close]
    shape = (len(open_lines), count)
    supports = csr_matrix((np.ones(len(open_lines)), (np.arange(len(open_lines)), open_lines)), shape=shape)
    sure = np.ones(len(open_lines))
    add(supports, sure, np.full(len(open_lines), np.inf), [("closing", form.lines[number]) for number in open_lines])
    soft = csr_matrix(vstack(blocks))
    low, high = np.concatenate(lows), np.concatenate(highs)
    up, down = np.flatnonzero(np.isfinite(high)), np.flatnonzero(np.isfinite(low))
    slack = csr_matrix(
        (
            np.concatenate([-np.ones(up.size), np.ones(down.size)]),
            (np.concatenate([up, down]), np.arange(up.size + down.size)),
        ),
        shape=(low.size, up.size + down.size),
    )
    hard = hstack([free.rows, csr_matrix((free.rows.shape[0], slack.shape[1]))])
    found = relax(
        LinearModel(
            np.concatenate([np.zeros(count), -np.ones(slack.shape[1])]),
            np.concatenate([free.low, np.zeros(slack.shape[1])]),
            np.concatenate([free.high, np.full(slack.shape[1], np.inf)]),
            np.zeros(count + slack.shape[1], dtype=bool),
            csr_matrix(vstack([hard, hstack([soft, slack])])),
            np.concatenate([free.row_low, low]),
            np.concatenate([free.row_high, high]),
        )
    )
    if found.point is None or -found.value <= SLACK:
        return None
    prices = found.prices[free.rows.shape[0] :]
    return {owner for owner, price in zip(owners, prices, strict=True) if abs(price) > PRICED}


def halved_members(
    members: Sequence[Member], holds: Callable[[Set[Member]], bool | None]
) -> tuple[tuple[Member, ...], bool]:
    """Return a minimal set that cannot hold, and whether every check of it ended.

    Parameters
    ----------
    members : sequence of members
        Together they cannot hold. Of several minimal sets one with fewer of the last members is preferred.
    holds : callable
        Whether a set of members can hold; None where that is not known in time, which keeps members.
    """
    is_sure = True

    def fails(held: Sequence[Member]) -> bool:
        nonlocal is_sure
        answer = holds(set(held))
        is_sure = is_sure and answer is not None
        return answer is False

    def explain(background: list[Member], is_new: bool, rest: list[Member]) -> list[Member]:
        if is_new and fails(background):
            return []
        if len(rest) == 1:
            return rest
        half = len(rest) // 2
        first, second = rest[:half], rest[half:]
        last = explain(background + first, bool(first), second)
        return explain(background + last, bool(last), first) + last

    if fails([]):
        return (), is_sure
    found = set(explain([], False, list(members)))
    return tuple(member for member in members if member in found), is_sure
