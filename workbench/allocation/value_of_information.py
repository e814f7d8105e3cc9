"""Which answers are worth asking again: what the plan would gain on average if an answer were known for sure.

The value of an answer is the mean, over what it may be, of the best plan's mean value once it is known, less the best
mean value without knowing it: R. A. Howard (1966), Information value theory, IEEE Transactions on Systems Science and
Cybernetics 2(1), 22-26; as "expected value of partial perfect information" M. Strong, J. E. Oakley and A. Brennan
(2014), Medical Decision Making 34(3), 311-326. Answers are drawn independently and value adds up over activities, so
given one answer only its own activity's mean changes: no regression is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.allocation.grid import GridPlan, LevelGrid
from workbench.allocation.robust import Field

NODES = 7
"""What an answer may be is looked at in this many equal parts (ours; more change nothing that is printed)."""
SOUGHT = 6
"""For this many answers of most value the best plan is sought anew in each part (ours)."""

DUST = 1e-13
"""A difference of two sums below this share of them is rounding, not value."""


@dataclass(frozen=True)
class AnswerValue:
    """What knowing an answer would be worth.

    Attributes
    ----------
    activity : str
    name : str
        The answer; ``curve`` where all answers of the curve were known at once.
    given, low, high : float
        What was said and where it may lie; unit: outcome, or value per outcome. Not a number for ``curve``.
    value : float
        What the plan would gain on average. Unit: value.
    flips : tuple of str
        Lines that are decided otherwise at the low or at the high end.
    """

    activity: str
    name: str
    given: float
    low: float
    high: float
    value: float
    flips: tuple[str, ...] = ()


@dataclass(frozen=True)
class Information:
    """What knowing the answers would be worth.

    Attributes
    ----------
    everything : float
        If all answers were known for sure. Unit: value.
    answers : tuple of AnswerValue
        Single answers, most worth first.
    curves : tuple of AnswerValue
        All answers of a curve at once, most worth first.
    mean_value : float
        The best mean value without knowing more. Unit: value.
    """

    everything: float
    answers: tuple[AnswerValue, ...]
    curves: tuple[AnswerValue, ...]
    mean_value: float


def value_of_knowing(conditional: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return what it is worth to know which of several cases holds before choosing.

    Parameters
    ----------
    conditional : array, shape (n_cases, n_plans)
        Mean value of each plan in each case.
    weights : array, shape (n_cases,), optional
        Chances of the cases; equal where not given.

    Examples
    --------
    >>> value_of_knowing(np.array([[-50.0, 0.0], [150.0, 0.0]]))
    25.0
    """
    n = len(conditional)
    chances = np.full(n, 1.0 / n) if weights is None else np.asarray(weights, dtype=float)
    known, blind = float(chances @ conditional.max(axis=1)), float((chances @ conditional).max())
    return known - blind if known - blind > DUST * max(abs(known), abs(blind)) else 0.0


def value_of_answers(field: Field) -> Information:
    """Return what knowing each answer would be worth, over the plans that the draws brought up.

    Parameters
    ----------
    field : Field
        See `robust.lay_field`.

    Notes
    -----
    For the answers of most value the plan is sought anew in each part of their range, and what is found joins the
    plans compared. A plan nobody found can only add to the value of an answer.
    """
    grid, scale = field.grid, field.grid.form.scale
    mean = field.values.mean(axis=0)
    fine = field.tolerance / 10
    plans = [*field.plans]
    plans += _better(grid, mean, plans[0], fine)
    single = [column for column, answer in enumerate(field.draws.answers) if answer.is_open]
    parts = {column: _parts(field, column, (np.arange(NODES) + 0.5) / NODES) for column in single}
    known = _Known(field, plans, mean)
    rough = {column: value_of_knowing(known.given(*parts[column])) for column in single}
    for column in sorted(single, key=lambda item: (-rough[item], item))[:SOUGHT]:
        place, nodes = parts[column]
        for node in nodes:
            values = mean.copy()
            values[grid.starts[place] : grid.starts[place + 1]] = node
            plans += _better(grid, values, plans[0], fine)
    known = _Known(field, plans, mean)
    answers, curves = [], []
    for column in single:
        answer = field.draws.answers[column]
        value = value_of_knowing(known.given(*parts[column])) * scale
        ends = known.given(*_parts(field, column, np.array([0.0, 1.0]))).argmax(axis=1)
        answers.append(
            AnswerValue(
                answer.activity, answer.name, answer.given, answer.low, answer.high, value, _flips(field, plans, ends)
            )
        )
    for place, activity in enumerate(grid.form.activities):
        if any(field.draws.answers[column].is_open for column in field.draws.columns(activity.id, "curve")):
            # all answers of the curve at once, its worths as unknown as they were
            outcomes = field.draws.outcomes(place, grid.levels[place])
            values = outcomes * float(field.draws.worths(place).mean()) / scale
            value = value_of_knowing(known.given(place, values)) * scale
            curves.append(AnswerValue(activity.id, "curve", np.nan, np.nan, np.nan, value))
    worth = known.worth(field.values)
    return Information(
        everything=value_of_knowing(worth) * scale,
        answers=tuple(sorted(answers, key=lambda item: (-item.value, item.activity, item.name))),
        curves=tuple(sorted(curves, key=lambda item: (-item.value, item.activity))),
        mean_value=float(worth.mean(axis=0).max()) * scale,
    )


def _better(grid: LevelGrid, values: np.ndarray, plan: GridPlan, tolerance: float) -> list[GridPlan]:
    """Return the best plan for some values, if it is better than a given one."""
    found = grid.best(values, tolerance=tolerance, known=float(grid.value_of(plan, values))).plan
    return [] if found is None else [found]


class _Known:
    """The plans compared, as one matrix, and their mean worth where one activity is known better."""

    def __init__(self, field: Field, plans: list[GridPlan], mean: np.ndarray) -> None:
        self.grid, self.mean = field.grid, mean
        self.weights = np.array([plan.weights for plan in plans])
        self.paid = np.array([float(field.grid.value_of(plan, np.zeros(field.grid.size))) for plan in plans])
        self.base = self.weights @ mean + self.paid

    def worth(self, values: np.ndarray) -> np.ndarray:
        """Scaled worth of each plan in each draw, shape (n, n_plans)."""
        return values @ self.weights.T + self.paid

    def given(self, place: int, values: np.ndarray) -> np.ndarray:
        """Mean worth of each plan where one activity has these values and all else is as unknown as it was."""
        start, end = int(self.grid.starts[place]), int(self.grid.starts[place + 1])
        own = self.weights[:, start:end]
        return (self.base - own @ self.mean[start:end])[None, :] + values @ own.T


def _parts(field: Field, column: int, spots: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the place of an answer's activity, and its mean scaled values on the grid with the answer at each spot."""
    form, draws = field.grid.form, field.draws
    place = next(i for i, item in enumerate(form.activities) if item.id == draws.answers[column].activity)
    levels, numbers = field.grid.levels[place], draws.numbers.copy()
    if draws.answers[column].kind == "worth":  # the outcome does not hang on it
        outcome = draws.outcomes(place, levels).mean(axis=0)
    found = []
    for spot in spots:
        numbers[:, column] = spot
        worths = draws.worths(place, numbers)
        if draws.answers[column].kind == "worth":
            found.append(outcome * float(worths.mean()) / form.scale)
        else:
            found.append((worths[:, None] * draws.outcomes(place, levels, numbers)).mean(axis=0) / form.scale)
    return place, np.array(found)


def _flips(field: Field, plans: list[GridPlan], ends: np.ndarray) -> tuple[str, ...]:
    """Return the lines that the best plans at the ends of an answer decide otherwise, in the client's order."""
    form = field.grid.form
    flipped = {
        line
        for number in ends
        for line, here, planned in zip(form.lines, plans[number].is_open, plans[0].is_open, strict=True)
        if here != planned
    }
    return tuple(line.name for line in form.portfolio.lines if line.id in flipped)
