"""How often a change between two waves is found, how often one is claimed where there is none, and whether it is kept.

Five-item means of people whose lasting views spread by 0.6 and whose ticks spread by 0.9 level, rounded to 1 to 5: the
spreads of the design. People change by an amount of their own where that is simulated; a closed group is a draw of
such people, of whom a share answers both times.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.table import bench_row
from workbench.readiness.waves import Change, Pairs, change

ITEMS, PEOPLE_SPREAD, TICK_SPREAD = 5, 0.6, 0.9
VALUES = (1.0, 2.0, 3.0, 4.0, 5.0)
DRAWS = 4_000


def simulate(
    rng: np.random.Generator, people: int, pairs: int, *, shift: float = 0.0, own: float = 0.0, known: bool = False
) -> tuple[Change, float]:
    """Return the change that is found in one closed group, and the one that happened: the mean of everybody's ticks.

    Parameters
    ----------
    rng : Generator
    people, pairs : int
        Members of the group, and those who answer twice.
    shift : float
        Mean change. Unit: level.
    own : float
        Spread of each person's change around it. Unit: level.
    known : bool
        Whether it is known how many people there are.
    """
    views = 3.0 + rng.normal(0, PEOPLE_SPREAD, (people, 1))
    moved = shift + rng.normal(0, own, (people, 1)) if own else np.full((people, 1), shift)
    later = views + moved
    before, after = (
        np.clip(np.rint(view + rng.normal(0, TICK_SPREAD, (pairs, ITEMS))), 1, 5)
        for view in (views[:pairs], later[:pairs])
    )
    names = tuple(f"i{place}" for place in range(ITEMS))
    held = Pairs(tuple(f"p{place}" for place in range(pairs)), names, before, after)
    found = change(held, asked=dict.fromkeys(names, people) if known else None)
    if found is None:
        raise RuntimeError("Everybody answered everything, so there is a change.")
    return found, float((expected_ticks(later) - expected_ticks(views)).mean())


def expected_ticks(views: np.ndarray) -> np.ndarray:
    """Return the mean level that somebody of such a view would tick, rounding and the ends of the scale included."""
    from scipy.special import ndtr

    borders = np.array([1.5, 2.5, 3.5, 4.5])
    return 1.0 + ndtr((views[..., None] - borders) / TICK_SPREAD).sum(axis=-1)


def share_claimed(people: int, pairs: int, shift: float, draws: int, seed: int, *, known: bool = False) -> float:
    """Return how often a change is claimed at 5 %."""
    rng = np.random.default_rng(seed)
    found = [simulate(rng, people, pairs, shift=shift, known=known)[0] for _ in range(draws)]
    return sum((one.p_value or 0.0) <= 0.05 for one in found) / draws


def share_claimed_as_usual(people: int, pairs: int, draws: int, seed: int) -> float:
    """Return how often a change is claimed where there is none, with the usual correction for a closed group."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(draws):
        level = simulate(rng, people, pairs)[0].same_people  # as if nobody knew how many were asked
        if level is not None and level.high is not None:
            hits += abs(level.value) > (level.high - level.value) * np.sqrt(1 - pairs / people)
    return hits / draws


def coverage(people: int, pairs: int, draws: int, seed: int) -> float:
    """Return how often the interval holds what happened in a closed group whose members change in ways of their own."""
    rng = np.random.default_rng(seed)
    inside = 0
    for _ in range(draws):
        found, truth = simulate(rng, people, pairs, shift=0.3, own=0.5, known=True)
        level = found.same_people
        if level is not None and level.low is not None and level.high is not None:
            inside += level.low <= truth <= level.high
    return inside / draws


def rows() -> list[dict[str, Any]]:
    """Return power, false alarms and coverage."""
    found = []
    for shift, target in ((0.4, 0.9), (0.25, None)):
        share = share_claimed(30, 30, shift, DRAWS, 1)
        found.append(bench_row(f"power, {shift:g} level, 30 pairs", share, least=target))
    for people, pairs, known in ((30, 30, False), (40, 30, True), (30, 30, True), (12, 12, True)):
        share = share_claimed(people, pairs, 0.0, DRAWS, 2, known=known)
        asked = f"of {people} asked" if known else "of nobody knows how many"
        found.append(bench_row(f"false change, {pairs} pairs {asked}", share, most=0.06))
    share = share_claimed_as_usual(40, 30, DRAWS, 2)
    found.append(bench_row("false change, 30 pairs of 40 asked, usual correction", share))
    for people, pairs in ((12, 9), (40, 20), (40, 36), (40, 40)):
        share = coverage(people, pairs, DRAWS, 3)
        found.append(bench_row(f"coverage of a change, {pairs} pairs of {people}", share, least=0.94))
    return found
