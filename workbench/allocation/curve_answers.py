"""Response curves from what a manager answers, and whether the answers carry one.

Four answers give an ADBUDG curve: J. D. C. Little (1970), Models and Managers: The Concept of a Decision Calculus,
Management Science 16(8), B466-B485. A fifth one checks the other four.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from workbench.allocation.curves import Adbudg, Exponential, Points
from workbench.errors import ModelError

WARN_CONSISTENCY = 0.05
"""Fifth answer this far from the curve (share of its range): say so (ours)."""
ASK_AGAIN = 0.15
"""Fifth answer this far from the curve: the answers contradict each other, ask again (ours)."""
ANSWER_WOBBLE = 0.02
"""A change of an answer that nobody would notice, to see whether the shape hangs on it (ours)."""
SHAPES = (0.05, 50.0)
"""Shapes of a Hill curve. From 1 % to 99 % of the rise the level grows by 99^(2/c): at 50 by a fifth, which is a step
and no curve; at 0.05 by 10^80, which no level covers (ours)."""
FURTHEST = 1e6
"""How many times the reference a half-way level is at most, or the reverse; to the power of 50 still a float (ours)."""
SMALLEST_LEVEL = 1e-6
"""Smallest level that answers speak of; slopes per unit stay within what a solver tells apart (ours)."""
CLOSEST = 1e-9
"""Two neighbouring answers differ by this share of the rise at least: closer, rounding alone makes the shape (ours)."""


def adbudg_from_answers(y0: float, y1: float, y15: float, ymax: float, *, reference: float) -> Adbudg:
    r"""Return the ADBUDG curve through four answers.

    Parameters
    ----------
    y0, y1, y15, ymax : float
        Outcome at level zero, at the reference level, with half as much again, and without limit; strictly rising.
    reference : float
        Level of which the answers speak, above zero. Unit: activity.

    Raises
    ------
    ModelError
        The answers contradict each other; the sentence says which.

    Notes
    -----
    .. math:: d = (y_{max} - y_1)/(y_1 - y_0), \quad c = \ln[d (y_{15} - y_0)/(y_{max} - y_{15})] / \ln 1.5

    from Little (1970) with the 50 % question he asks; strict order makes c positive.

    Examples
    --------
    >>> curve = adbudg_from_answers(0.0, 4.0, 6.0, 10.0, reference=2.0)
    >>> round(curve.value(2.0), 9), round(curve.value(3.0), 9), round(curve.shape, 6), curve.half
    (4.0, 6.0, 2.0, 1.5)
    """
    problems = check_answers(y0, y1, y15, ymax, reference=reference)
    if problems:
        raise ModelError(problems[0])
    half = (ymax - y1) / (y1 - y0)
    shape = math.log(half * (y15 - y0) / (ymax - y15)) / math.log(1.5)
    return Adbudg(float(reference), float(y0), float(ymax), shape, half)


def check_answers(y0: float, y1: float, y15: float, ymax: float, *, reference: float) -> tuple[str, ...]:
    """Return what is wrong with four answers, in words; nothing when a curve goes through them.

    Examples
    --------
    >>> check_answers(1, 4, 3.5, 7, reference=2)
    ('y15 is 3.5 but y1 is 4: half as much again must bring more than the reference level.',)
    """
    answers = {"y0": y0, "y1": y1, "y15": y15, "ymax": ymax}
    missing = [name for name, value in answers.items() if value is None or not math.isfinite(value)]
    if missing:
        return (f"{', '.join(missing)} is missing: an ADBUDG curve needs y0, y1, y15 and ymax.",)
    problems = []
    if not (math.isfinite(reference) and reference > 0):
        problems.append(f"The reference level is {reference:g}: answers need a level above zero to speak of.")
    if not y0 < y1:
        problems.append(f"y1 is {y1:g} but y0 is {y0:g}: the reference level must bring more than nothing at all.")
    if not y1 < y15:
        problems.append(
            f"y15 is {y15:g} but y1 is {y1:g}: half as much again must bring more than the reference level."
        )
    if not y15 < ymax:
        problems.append(f"ymax is {ymax:g} but y15 is {y15:g}: without limit must bring more than half as much again.")
    return tuple(problems)


def exponential_from_answers(y0: float, y1: float, ymax: float, *, reference: float) -> Exponential:
    """Return the exponential curve through three answers: at zero, at the reference level and without limit.

    Raises
    ------
    ModelError
        The answers are not strictly rising, or the reference level is not above zero.

    Examples
    --------
    >>> curve = exponential_from_answers(1.0, 3.0, 5.0, reference=2.0)
    >>> round(curve.value(2.0), 9), round(curve.value(4.0), 9)
    (3.0, 4.0)
    """
    if not all(math.isfinite(value) for value in (y0, y1, ymax)) or not y0 < y1 < ymax:
        raise ModelError(f"An exponential curve needs y0 < y1 < ymax; got {y0:g}, {y1:g}, {ymax:g}.")
    if not reference > 0:
        raise ModelError(f"The reference level is {reference:g}: answers need a level above zero to speak of.")
    return Exponential(float(y0), float(ymax), math.log((ymax - y0) / (ymax - y1)) / reference, float(reference))


def hill_curve(low: float, high: float, half_level: float, shape: float, *, reference: float) -> Adbudg:
    """Return the Hill curve: ``low + (high - low) x^c / (K^c + x^c)``, which is ADBUDG with d = (K/reference)^c.

    Parameters
    ----------
    low, high : float
        Outcome at level zero, and without limit. Unit: outcome.
    half_level : float
        K, the level at which half of the rise is reached. Unit: activity.
    shape : float
        c; above 1 the curve is an S.
    reference : float
        Level that readers know. Unit: activity.

    Raises
    ------
    ModelError
        A number is missing or out of its range, or the outcome without limit is not above that at zero.

    Notes
    -----
    A. V. Hill (1910), The possible effects of the aggregation of the molecules of haemoglobin on its dissociation
    curves, Journal of Physiology 40, iv-vii.

    Examples
    --------
    >>> curve = hill_curve(1.0, 9.0, half_level=4.0, shape=2.0, reference=2.0)
    >>> round(curve.value(4.0), 9), round(curve.value(2.0), 9), curve.family
    (5.0, 2.6, 'hill')
    """
    if not (math.isfinite(half_level) and half_level > 0 and math.isfinite(reference) and reference > 0):
        raise ModelError(
            f"A Hill curve needs a half-way level and a reference above zero; got {half_level:g} and {reference:g}."
        )
    if not (math.isfinite(shape) and shape > 0):
        raise ModelError(f"A Hill curve needs a shape above zero; got {shape:g}.")
    if not SHAPES[0] <= shape <= SHAPES[1]:
        raise ModelError(f"A Hill curve needs a shape from {SHAPES[0]:g} to {SHAPES[1]:g}; got {shape:g}.")
    try:
        half = (half_level / reference) ** shape
    except OverflowError:
        half = math.inf
    if not 0 < half < math.inf:
        raise ModelError(f"The half-way level {half_level:g} is too far from the reference {reference:g} for a curve.")
    return Adbudg(float(reference), float(low), float(high), float(shape), half, "hill")


def points_curve(levels: Sequence[float], outcomes: Sequence[float], *, reference: float = 0.0) -> Points:
    """Return the curve of straight lines through points.

    Raises
    ------
    ModelError
        Fewer than two points, no point at level zero, levels that do not rise, or an outcome that falls.
    """
    pairs = sorted(zip(map(float, levels), map(float, outcomes), strict=True))
    if not all(math.isfinite(number) for pair in pairs for number in pair):
        raise ModelError("A curve of points holds numbers only; one is missing or without limit.")
    if len(pairs) < 2:
        raise ModelError(f"A curve of points needs at least two; got {len(pairs)}.")
    if pairs[0][0] != 0.0:
        raise ModelError(f"A curve of points starts at level 0; the first point is at {pairs[0][0]:g}.")
    for (left, before), (right, after) in itertools.pairwise(pairs):
        if right <= left:
            raise ModelError(f"Level {right:g} has two points.")
        if after < before:
            raise ModelError(f"The outcome falls from {before:g} at level {left:g} to {after:g} at level {right:g}.")
    return Points(tuple(level for level, _ in pairs), tuple(outcome for _, outcome in pairs), float(reference))


def consistency(curve: Adbudg, y05: float) -> float:
    """Return how far the fifth answer (half the reference level) is from the curve, as a share of its range.

    The fifth answer is never fitted: it is the check of the other four.

    Examples
    --------
    >>> round(consistency(adbudg_from_answers(0.0, 4.0, 6.0, 10.0, reference=2.0), 1.5), 3)
    0.007
    """
    return abs(y05 - curve.value(0.5 * curve.reference)) / (curve.high - curve.low)


def too_close(before: float, after: float, *, low: float, high: float) -> float | None:
    """Return how far apart two neighbouring answers must be at least; None where they are.

    Examples
    --------
    >>> too_close(0.0, 1e-300, low=0.0, high=10.0), too_close(0.0, 4.0, low=0.0, high=10.0)
    (1e-08, None)
    """
    least = CLOSEST * (high - low)
    return least if after - before < least else None


def shape_hangs_on_an_answer(curve: Adbudg) -> bool:
    r"""Return whether a 2 % change of y15 would turn an S into a concave curve, or the reverse.

    Notes
    -----
    .. math:: \partial c/\partial y_{15} = (y_{max} - y_0)/((y_{15} - y_0)(y_{max} - y_{15}) \ln 1.5)
    """
    y15 = curve.value(1.5 * curve.reference)
    steep = (curve.high - curve.low) / ((y15 - curve.low) * (curve.high - y15) * math.log(1.5))
    return abs(curve.shape - 1) <= steep * ANSWER_WOBBLE * abs(y15)
