"""Draws of what the levels could be: for the probability of a class, and for how stable a rank is.

A level's error is a sum over people (`Trace.influence`). Giving every person one standard normal number and summing
influence × number over people makes errors of all levels at once, with the variances and correlations that the answers
themselves have: one person answers several items, and may speak for several lines. Each error is then read off the t
distribution of its own level instead of the normal one (a normal copula with t margins), so that a single level's
draws agree with its interval and its certainties.

Random numbers times influence are the wild bootstrap (C. F. J. Wu 1986, Ann. Stat. 14, 1261-1295; R. Y. Liu 1988,
Ann. Stat. 16, 1696-1708), with normal numbers. Resampling people instead covers too little in units of 8 to 20 people
(docs/readiness.md, "How sure"). Everything here is unprotected.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, stdtrit

from workbench.errors import ModelError
from workbench.readiness.scores import DIMENSION, ITEM, Part, Scores

DRAWS = 2_000
"""Draws from which a share is known to one in a hundred (ours): its own error is at most .011."""


def level_draws(
    scores: Scores,
    part: Part,
    draws: int = DRAWS,
    seed: int = 0,
    *,
    measure: str = DIMENSION,
    names: Iterable[str] | None = None,
) -> np.ndarray:
    """Return draws of what a part's levels would be, had everybody asked answered.

    Parameters
    ----------
    scores : Scores
        Unprotected: what is made of the draws passes the guard like any number.
    part : Part
    draws : int
    seed : int
        The same seed gives draws that belong together: row i of one part, measure or name fits row i of another.
    measure : str
        ``dimension``, ``weighted dimension`` or ``item``.
    names : iterable of str, optional
        Which, in which order; by default all of them, in the instrument's order.

    Returns
    -------
    ndarray, shape (draws, names)
        Unit: level. A column is constant where everybody has answered, and nan where there is no level or no spread to
        tell its error from.

    Raises
    ------
    ModelError
        Fewer than one draw, or a level that `scores` does not hold.
    """
    if draws < 1:
        raise ModelError(f"Draws are counted from one; got {draws}.")
    held = scores.instrument.groups if measure != ITEM else scores.instrument.items
    wanted = [one.id for one in held] if names is None else list(names)
    keys = [(measure, part.kind, part.id, name) for name in wanted]
    unknown = [key for key in keys if key not in scores.scores]
    if unknown:
        raise ModelError(f"There is no {measure} {unknown[0][3]!r} of {part.name}.")
    numbers = _normal_numbers(draws, scores.respondents, seed)
    found = np.full((draws, len(keys)), np.nan)
    for place, key in enumerate(keys):
        level = scores.scores[key].level
        if level is None or level.standard_error is None or level.df is None:
            continue
        if level.standard_error == 0:
            found[:, place] = level.value
            continue
        trace = scores.traces[key]
        size = float(np.sqrt((trace.influence**2).sum()))
        if size > 0:
            normal = numbers @ trace.influence / size
        else:
            # All said the same and the spread is borrowed: no person's influence is known, all count alike.
            normal = numbers[:, sorted(trace.people)].sum(axis=1) / np.sqrt(len(trace.people))
        # Both tails from below: close to one a probability has no digits left.
        error = -np.sign(normal) * stdtrit(level.df, ndtr(-np.abs(normal)))
        low, high = scores.instrument.bounds(key[3])
        found[:, place] = np.clip(level.value + error * level.standard_error, low, high)
    return found


@lru_cache(maxsize=2)
def _normal_numbers(draws: int, people: int, seed: int) -> np.ndarray:
    """Return a number for each draw and person: the same for every part, so made once."""
    numbers = np.random.default_rng(seed).standard_normal((draws, people))
    numbers.setflags(write=False)
    return numbers
