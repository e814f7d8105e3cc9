"""How many people of a closed group must answer before a level can be told from a threshold.

Planned before any answer is in, from the same t interval with finite population correction that the levels have
(W. G. Cochran 1977, *Sampling Techniques*, 3rd ed., sections 2.6 and 4.4). Cheapest next answers once some are in:
`workbench.readiness.next_data`.
"""

from __future__ import annotations

import math

from workbench.errors import ModelError
from workbench.readiness.instrument import Scale
from workbench.stats import t_quantile

PLANNED_SPREAD = 0.18
"""Spread of people's mean over the questions of a dimension, as a share of the scale (ours): on a scale of 1 to 5 it is
0.72, which people who differ by 0.6 and answers that scatter by 0.9 around each give for a mean of five questions."""

PLANNED_DISTANCE = 0.1
"""How far a level lies from the threshold, as a share of the scale, when it has to be told from it (ours): 0.4 on a
scale of 1 to 5."""

PLANNED_CHANCE = 0.8
"""Chance that the answers then say so (usual)."""


def answers_needed(
    headcount: int, *, sure: float, distance: float, spread: float, chance: float = PLANNED_CHANCE, looks: int = 1
) -> int:
    r"""Return how many of a closed group must answer so that a level is surely on its side of a threshold.

    Parameters
    ----------
    headcount : int
        People in the group, 1 or more.
    sure : float
        Certainty that a verdict asks for (share, .5 to 1).
    distance : float
        How far the true level lies from the threshold. Unit: level.
    spread : float
        Standard deviation of people's own levels. Unit: level.
    chance : float
        Chance that the answers then show it (share).
    looks : int
        Thresholds that are looked at together (the gates of a verdict): `sure` is corrected for that many.

    Returns
    -------
    int
        From 2 (no spread is known from one) up to `headcount`; with all answers in, nothing is left to be unsure of.

    Raises
    ------
    ModelError
        A number has no meaning.

    Notes
    -----
    The smallest n with

    .. math:: (t_{n-1, 1-(1-s)/m} + t_{n-1, c}) \, \frac{\sigma}{\sqrt n} \sqrt{1 - n/N} \le d

    Examples
    --------
    >>> [answers_needed(people, sure=0.8, distance=0.4, spread=0.72) for people in (8, 20, 60, 500)]
    [5, 7, 9, 10]
    """
    if headcount < 1 or looks < 1 or distance <= 0 or spread < 0 or not 0.5 < sure < 1 or not 0.5 <= chance < 1:
        raise ModelError("People and looks are 1 or more, a distance is above 0, sure and chance lie between .5 and 1.")
    for count in range(2, headcount):
        reach = t_quantile(1 - (1 - sure) / looks, count - 1) + t_quantile(chance, count - 1)
        if reach * spread * math.sqrt((1 - count / headcount) / count) <= distance:
            return count
    return headcount


def planned_answers(headcount: int, scale: Scale, *, sure: float, looks: int = 1) -> int:
    """Return `answers_needed` with what is usually planned for, on a scale of any length.

    Parameters
    ----------
    headcount : int
        People in the group, 1 or more.
    scale : Scale
    sure : float
        Certainty that a verdict asks for (share).
    looks : int
        Thresholds that are looked at together.
    """
    reach = scale.highest - scale.lowest
    return answers_needed(
        headcount, sure=sure, distance=PLANNED_DISTANCE * reach, spread=PLANNED_SPREAD * reach, looks=looks
    )
