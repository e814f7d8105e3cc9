"""The rule that makes a class of gates' levels, asked of answers that are not sure and of levels that are.

A line is *still project-run* if some structural gate is surely below the level `moving`; *in transition* if every
structural gate surely stands there and some gate is surely below `standing`; *product-run* if every gate surely stands
at `standing`; otherwise *too close to call*. "Some gate is below" looks at several gates, so it is corrected by Holm
(1979), whose smallest corrected value is the smallest of m times m; "every gate stands" needs no correction (R. L.
Berger 1982, Technometrics 24, 295-300). Gates do not compensate for each other.

The probability of a class is the share of draws of all gates together (`workbench.readiness.draws`) whose levels are
of that class. It is said beside the class and never makes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from workbench.errors import ModelError
from workbench.readiness.draws import level_draws
from workbench.readiness.instrument import Instrument
from workbench.readiness.scores import Part, Score, Scores

PROJECT_RUN, TRANSITION, PRODUCT_RUN = "still project-run", "in transition", "product-run"
PART_PRODUCT_RUN = "product-run in part"
TOO_CLOSE, NOT_SHOWN = "too close to call", "not shown"
CLASSES = (PROJECT_RUN, TRANSITION, PRODUCT_RUN)

OPEN = -1
"""Where a place in `CLASSES` would stand: too close to call."""


def classify(
    instrument: Instrument, scores: Mapping[str, Score], sure: float
) -> tuple[str, str, float | None, tuple[str, ...]]:
    """Return the class of a part from its gates' scores, its leaning, its certainty and the classes not ruled out.

    Parameters
    ----------
    instrument : Instrument
        With gates.
    scores : mapping of dimension to Score
        Unprotected.
    sure : float
        Share.
    """
    levels = instrument.gate_levels
    if levels is None:
        return NOT_SHOWN, "", None, ()
    sides = [
        np.array([[_certainty(scores[group.id], threshold) for group in instrument.gates]], dtype=float)
        for threshold in (levels.moving, levels.standing)
    ]
    below_moving, stands_moving, below_standing, stands_standing = (
        float(one[0]) for one in _sure(instrument, sides[0], sides[1])
    )
    possible = tuple(
        name
        for name, is_out in (
            (PROJECT_RUN, stands_moving >= sure),
            (TRANSITION, below_moving >= sure or stands_standing >= sure),
            (PRODUCT_RUN, below_standing >= sure or below_moving >= sure),
        )
        if not is_out
    )
    place = int(decide(instrument, sides[0], sides[1], sure)[0])
    if place == OPEN:
        return TOO_CLOSE, _leaning(instrument, scores), None, possible
    certainty = (below_moving, min(stands_moving, below_standing), stands_standing)[place]
    return CLASSES[place], "", certainty, possible


def decide(instrument: Instrument, moving: np.ndarray, standing: np.ndarray, sure: float) -> np.ndarray:
    """Return the place in `CLASSES` that certainties decide on, or `OPEN`.

    Parameters
    ----------
    instrument : Instrument
        With gates.
    moving, standing : ndarray, shape (cases, gates)
        How sure it is that each gate is at least at `moving`, and at `standing`; nan where that is unknown. Unit:
        share.
    sure : float
        Share.
    """
    below_moving, stands_moving, below_standing, stands_standing = _sure(instrument, moving, standing)
    is_between = (stands_moving >= sure) & (below_standing >= sure)
    return np.select([below_moving >= sure, stands_standing >= sure, is_between], [0, 2, 1], OPEN)


def classes_of(instrument: Instrument, levels: np.ndarray) -> np.ndarray:
    """Return the place in `CLASSES` of levels that are known.

    Parameters
    ----------
    instrument : Instrument
        With gates.
    levels : ndarray, shape (cases, gates)
        In the order of the instrument's gates, without gaps.
    """
    held = instrument.gate_levels
    if held is None:
        raise ModelError("An instrument without gates has no classes.")
    # A mean of answers that stands exactly on a level is there, whatever the last digit says.
    moves = (levels[:, _structure(instrument)] >= held.moving - 1e-9).all(axis=1)
    stands = (levels >= held.standing - 1e-9).all(axis=1)
    return np.where(~moves, 0, np.where(stands, 2, 1))


def class_draws(scores: Scores, part: Part, draws: int, seed: int) -> np.ndarray | None:
    """Return draws of a part's class, as places in `CLASSES`; None where a gate's level or its error is unknown.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    part : Part
    draws : int
    seed : int
        The same for all parts, so that their draws belong together.
    """
    gates = [group.id for group in scores.instrument.gates]
    held = level_draws(scores, part, draws, seed, names=gates)
    return None if np.isnan(held).any() else classes_of(scores.instrument, held)


def class_odds(places: np.ndarray) -> tuple[tuple[str, float], ...]:
    """Return how probable each class is: its share of the draws.

    Examples
    --------
    >>> class_odds(np.array([0, 1, 1, 1]))
    (('still project-run', 0.25), ('in transition', 0.75), ('product-run', 0.0))
    """
    return tuple((name, float((places == place).mean())) for place, name in enumerate(CLASSES))


def combine(classes: Sequence[str]) -> str:
    """Return the organisation's class from those of its lines."""
    if all(name == PRODUCT_RUN for name in classes):
        return PRODUCT_RUN
    if any(name == PRODUCT_RUN for name in classes):
        return PART_PRODUCT_RUN
    return PROJECT_RUN if all(name == PROJECT_RUN for name in classes) else TRANSITION


def combined_odds(lines: Sequence[np.ndarray]) -> tuple[tuple[str, float], ...]:
    """Return how probable each class of the organisation is, from draws of its lines that belong together."""
    held = np.column_stack(lines)
    every, some, none = (held == 2).all(axis=1), (held == 2).any(axis=1), (held == 0).all(axis=1)
    shares = (
        (PROJECT_RUN, none),
        (TRANSITION, ~some & ~none),
        (PART_PRODUCT_RUN, some & ~every),
        (PRODUCT_RUN, every),
    )
    return tuple((name, float(share.mean())) for name, share in shares)


def combinations(lines: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Return the classes the organisation could have, given those that each line could have."""
    states = {(True, False, True)}  # every line product-run, some line product-run, every line project-run
    for could in lines:
        names = tuple(could)
        states = {
            (every and name == PRODUCT_RUN, some or name == PRODUCT_RUN, none and name == PROJECT_RUN)
            for every, some, none in states
            for name in names
        }
    found = {
        PRODUCT_RUN if every else PART_PRODUCT_RUN if some else PROJECT_RUN if none else TRANSITION
        for every, some, none in states
    }
    return tuple(sorted(found))


def _certainty(score: Score, threshold: float) -> float | None:
    return None if score.level is None else score.level.certainty_at_least(threshold)


def _structure(instrument: Instrument) -> np.ndarray:
    return np.array([group.gate == "structure" for group in instrument.gates], dtype=bool)


def _sure(instrument: Instrument, moving: np.ndarray, standing: np.ndarray) -> tuple[np.ndarray, ...]:
    """How sure it is that some gate is below, and that all stand, for both levels; an unknown gate proves nothing."""
    found: list[np.ndarray] = []
    for held in (moving[:, _structure(instrument)], standing):
        unknown = np.isnan(held)
        smallest = np.clip(np.where(unknown, 1.0, held), 0.0, 1.0).min(axis=1, initial=1.0)
        found.append(1 - np.minimum(1.0, max(1, held.shape[1]) * smallest))
        found.append(np.where(unknown, 0.0, held).min(axis=1, initial=1.0))
    return tuple(found)


def _leaning(instrument: Instrument, scores: Mapping[str, Score]) -> str:
    levels = instrument.gate_levels
    held = {group: scores[group.id].level for group in instrument.gates}
    known = {group: level.value for group, level in held.items() if level is not None}
    if levels is None or not known:
        return ""
    if any(value < levels.moving for group, value in known.items() if group.gate == "structure"):
        return PROJECT_RUN
    return PRODUCT_RUN if all(value >= levels.standing for value in known.values()) else TRANSITION
