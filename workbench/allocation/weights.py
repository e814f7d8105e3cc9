r"""Weights of objectives: rated directly, by swing, or compared in pairs, with a check of consistency.

Swing weights: D. von Winterfeldt and W. Edwards (1986), Decision Analysis and Behavioral Research, and W. Edwards and
F. H. Barron (1994), Organizational Behavior and Human Decision Processes 60, 306-325: an objective's importance means
nothing without the range it is about, so people rate the step from the worst to the best end of it.

Pairs: T. L. Saaty (1977), A scaling method for priorities in hierarchical structures, Journal of Mathematical
Psychology 15, 234-281: the weights are the principal eigenvector of the matrix of ratios, and

.. math:: CI = (\lambda_{max} - n)/(n - 1), \quad CR = CI / RI_n

with RI the mean CI of random matrices. The geometric index is of G. Crawford and C. Williams (1985), Journal of
Mathematical Psychology 29, 387-405; its limits are of J. Aguarón and J. M. Moreno-Jiménez (2003), European Journal of
Operational Research 147, 137-145. Several people are joined by the geometric mean of their ratios, the only mean that
keeps ratios reciprocal (J. Aczél and T. L. Saaty 1983, Journal of Mathematical Psychology 27, 93-102).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError, nearest

RANDOM_INDEX: Mapping[int, float] = {
    3: 0.58,
    4: 0.90,
    5: 1.12,
    6: 1.24,
    7: 1.32,
    8: 1.41,
    9: 1.45,
    10: 1.49,
}
"""Mean consistency index of random matrices (Saaty 1980, The Analytic Hierarchy Process)."""
MOST_COMPARED = 10
"""Objectives that can be compared in pairs: for more there is no index, and nobody keeps 45 ratios straight."""
LIMIT = 0.10
"""A consistency ratio above this: ask again (Saaty 1977)."""
LARGEST_RATIO, SMALLEST_RATIO = 9.0, 0.11
"""Ends of Saaty's scale, extremely more important and the reverse; 1/9 as people write it."""


@dataclass(frozen=True)
class Pair:
    """One answer: `objective` is `ratio` times as important as `other`."""

    objective: str
    other: str
    ratio: float
    said_by: str = ""


@dataclass(frozen=True)
class Weighting:
    """Weights, and how they came about.

    Attributes
    ----------
    method : str
        ``direct``, ``swing`` or ``pairs``.
    weights : mapping of objective to float
        Adding up to 1; of swings before they are divided by their ranges.
    consistency_ratio : float or None
        Of pairs of three objectives or more; above `LIMIT` the answers contradict each other.
    geometric_index, geometric_limit : float or None
        The geometric consistency index, and what it should not exceed at this number of objectives.
    odd_pair : tuple of str or None
        The two objectives whose ratio is farthest from what the weights say: the one to ask about again.
    odd_said, odd_implied : float or None
        What was said of that pair, and what all other answers together say.
    people : mapping of str to float
        Each person's own consistency ratio, where several answered.
    """

    method: str
    weights: Mapping[str, float]
    consistency_ratio: float | None = None
    geometric_index: float | None = None
    geometric_limit: float | None = None
    odd_pair: tuple[str, str] | None = None
    odd_said: float | None = None
    odd_implied: float | None = None
    people: Mapping[str, float] | None = None

    @property
    def is_consistent(self) -> bool:
        """The answers do not contradict each other beyond `LIMIT`; weights that were not compared in pairs never do."""
        return self.consistency_ratio is None or self.consistency_ratio <= LIMIT


def direct_weights(points: Mapping[str, float]) -> Weighting:
    """Return directly rated points as shares.

    Raises
    ------
    ModelError
        A rating is negative or no number, or all are zero.

    Examples
    --------
    >>> dict(direct_weights({"margin": 30, "reach": 10}).weights)
    {'margin': 0.75, 'reach': 0.25}
    """
    return Weighting("direct", _shares(points, "rating"))


def swing_weights(points: Mapping[str, float]) -> Weighting:
    """Return swings as shares: points for the step from the worst to the best end of each objective, best first 100.

    Parameters
    ----------
    points : mapping of objective to float
        100 for the step one would take first, less for the others.

    Raises
    ------
    ModelError
        A swing is negative or no number, all are zero, or none is the largest at 100.
    """
    shares = _shares(points, "swing")
    if not math.isclose(max(points.values()), 100.0, rel_tol=1e-9):
        raise ModelError(f"The largest swing is {max(points.values()):g}: the step one would take first gets 100.")
    return Weighting("swing", shares)


def per_unit(weighting: Weighting, ranges: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Return the weight of one unit of each objective: its share over the range that people had in mind.

    Parameters
    ----------
    weighting : Weighting
    ranges : mapping of objective to (worst, best)
        In the unit of the objective's worths.

    Raises
    ------
    ModelError
        A range is missing, or its best end is not above its worst.

    Examples
    --------
    >>> per_unit(swing_weights({"margin": 100, "reach": 25}), {"margin": (0, 40), "reach": (10, 20)})
    {'margin': 2.0, 'reach': 2.0}
    """
    found = {}
    for name, share in weighting.weights.items():
        if name not in ranges:
            raise ModelError(f"Objective {name!r} has a swing but no worst and best end.")
        worst, best = ranges[name]
        if not (math.isfinite(worst) and math.isfinite(best) and best > worst):
            raise ModelError(f"Objective {name!r}: the best end, {best:g}, must be above the worst, {worst:g}.")
        found[name] = share * 100.0 / (best - worst)
    return found


def pairwise_weights(pairs: Sequence[Pair], objectives: Sequence[str]) -> Weighting:
    """Return the weights that comparisons in pairs imply, with their consistency.

    Parameters
    ----------
    pairs : sequence of Pair
        Each two objectives once, in either direction, for every person who answered.
    objectives : sequence of str
        Two to ten.

    Raises
    ------
    ModelError
        An unknown name (the nearest is named), a pair missing, said twice or of an objective with itself, a ratio
        outside 1/9 to 9, or too many objectives.

    Notes
    -----
    Geometric consistency index: 2/((n-1)(n-2)) times the sum over pairs of ln²(ratio · w_j / w_i), w the geometric
    means of the rows.
    """
    names = list(dict.fromkeys(objectives))
    n = len(names)
    if not 2 <= n <= MOST_COMPARED:
        raise ModelError(f"Two to {MOST_COMPARED} objectives can be compared in pairs; there are {n}.")
    people = list(dict.fromkeys(pair.said_by for pair in pairs))
    matrices = {person: _matrix([pair for pair in pairs if pair.said_by == person], names, person) for person in people}
    if not matrices:
        raise ModelError("Nobody compared anything.")
    joint = np.exp(np.mean([np.log(matrix) for matrix in matrices.values()], axis=0))
    weights, ratio = _principal(joint)
    rows = np.exp(np.log(joint).mean(axis=1))
    errors = np.log(joint * rows[None, :] / rows[:, None])
    held = [(i, j) for i, j in itertools.combinations(range(n), 2)]
    i, j = max(held, key=lambda place: (abs(errors[place]), -place[0], -place[1]))
    is_odd = n >= 3 and abs(errors[i, j]) > 1e-9
    squares = math.fsum(float(errors[place]) ** 2 for place in held)
    return Weighting(
        method="pairs",
        weights={name: float(weight) for name, weight in zip(names, weights, strict=True)},
        consistency_ratio=ratio,
        geometric_index=2.0 * squares / ((n - 1) * (n - 2)) if n >= 3 else None,
        geometric_limit={3: 0.31, 4: 0.35}.get(n, 0.37) if n >= 3 else None,
        odd_pair=(names[i], names[j]) if is_odd else None,
        odd_said=float(joint[i, j]) if is_odd else None,
        odd_implied=_implied(joint, i, j) if is_odd else None,
        people={person: _principal(matrix)[1] or 0.0 for person, matrix in matrices.items()}
        if len(people) > 1
        else None,
    )


def _shares(points: Mapping[str, float], what: str) -> dict[str, float]:
    for name, value in points.items():
        if not (math.isfinite(value) and value >= 0):
            raise ModelError(f"Objective {name!r}: the {what} is {value:g}; a number of 0 or more is allowed.")
    total = math.fsum(points.values())
    if not total > 0:
        raise ModelError(f"Every {what} is 0: nothing would count.")
    return {name: value / total for name, value in points.items()}


def _matrix(pairs: Sequence[Pair], names: Sequence[str], person: str) -> np.ndarray:
    place = {name: number for number, name in enumerate(names)}
    matrix = np.full((len(names), len(names)), np.nan)
    np.fill_diagonal(matrix, 1.0)
    by = f" (said by {person})" if person else ""
    for pair in pairs:
        for name in (pair.objective, pair.other):
            if name not in place:
                raise ModelError(
                    f"A comparison{by} names the unknown objective {name!r}. {nearest(name, names)}".strip()
                )
        i, j = place[pair.objective], place[pair.other]
        if i == j:
            raise ModelError(f"{pair.objective!r} is compared with itself{by}.")
        if not SMALLEST_RATIO <= pair.ratio <= LARGEST_RATIO:
            raise ModelError(
                f"{pair.objective!r} to {pair.other!r} is {pair.ratio:g}{by}; 1/9 to 9 is allowed (1: as important)."
            )
        if np.isfinite(matrix[i, j]):
            raise ModelError(f"{pair.objective!r} and {pair.other!r} are compared twice{by}.")
        matrix[i, j], matrix[j, i] = pair.ratio, 1.0 / pair.ratio
    missing = [(names[i], names[j]) for i, j in itertools.combinations(range(len(names)), 2) if np.isnan(matrix[i, j])]
    if missing:
        listed = ", ".join(f"{one} and {other}" for one, other in missing[:3])
        count = "one comparison is" if len(missing) == 1 else f"{len(missing)} comparisons are"
        raise ModelError(f"{count} missing{by}{',' if len(missing) == 1 else ', such as'} {listed}.")
    return matrix


def _principal(matrix: np.ndarray) -> tuple[np.ndarray, float | None]:
    """Return the principal eigenvector, adding up to 1, and the consistency ratio (None for two objectives)."""
    n = len(matrix)
    values, vectors = np.linalg.eig(matrix)
    place = int(np.argmax(values.real))
    weights = np.abs(vectors[:, place].real)
    if n < 3:
        return weights / weights.sum(), None
    index = (float(values[place].real) - n) / (n - 1)
    return weights / weights.sum(), max(index, 0.0) / RANDOM_INDEX[n]


def _implied(matrix: np.ndarray, i: int, j: int) -> float:
    """Return what the other answers say of a pair: the geometric mean of the ways round by a third objective."""
    others = [k for k in range(len(matrix)) if k not in (i, j)]
    return float(np.exp(np.mean([math.log(matrix[i, k] * matrix[k, j]) for k in others])))
