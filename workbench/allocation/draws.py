"""What the plan rests on, drawn anew: every answer behind the curves and every worth, as wrong as it may be.

An answer is a number that somebody gave. Each lies within ±20 % of what was said, wider where it is assumed or
contested, or within the client's own range. The answers of a curve are drawn as rises (what nothing brings, what the
reference level brings on top, …), so each stays within its range and none overtakes the next. The draws are a Latin
hypercube (M. D. McKay, R. J. Beckman and W. J. Conover 1979, Technometrics 21(2), 239-245): of each answer every
thousandth part of its range is drawn once in 1,000 draws.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from workbench.allocation.canonical import Canonical, canonical_form
from workbench.allocation.curve_answers import adbudg_from_answers, exponential_from_answers, points_curve
from workbench.allocation.curves import Adbudg, Curve, Exponential, Points
from workbench.allocation.model import Objective, Portfolio
from workbench.errors import ModelError, nearest

DRAWS = 1000
"""Draws asked for (ours: what "in 930 of 1,000" needs)."""
SPREAD = 0.2
"""An answer may be wrong by this share of itself where nobody said otherwise (ours)."""
WIDER = {"assumed": 1.5, "contested": 2.0}
"""Answers that are not agreed are drawn this many times as wide (ours)."""
APART = 0.02
"""Two answers of a curve stay at least this share of their given distance apart (ours)."""
_STEPS = {"adbudg": ("y0", "y1", "y15", "ymax"), "exponential": ("y0", "y1", "ymax")}


@dataclass(frozen=True)
class Answer:
    """A number that somebody gave, and how wrong it may be.

    Attributes
    ----------
    activity : str
    name : str
        ``y0`` … ``ymax``, ``point 1`` …, or ``worth`` and the objective.
    kind : str
        ``curve`` or ``worth``.
    given, low, high : float
        What was said, and between what it is drawn. Unit: outcome, or value per outcome.
    status : str
        ``confirmed``, ``assumed``, ``contested`` or empty.
    is_own : bool
        The range is the client's own.
    """

    activity: str
    name: str
    kind: str
    given: float
    low: float
    high: float
    status: str = ""
    is_own: bool = False

    @property
    def is_open(self) -> bool:
        """The answer may be another one than was given."""
        return self.high > self.low


@dataclass(frozen=True, eq=False)
class Draws:
    """Every answer, drawn `n` times.

    Attributes
    ----------
    form : Canonical
        The portfolio in canonical form; columns follow its order, so that the client's order changes nothing.
    answers : tuple of Answer
        Activity by activity; those of the curve first, then its worths.
    numbers : array, shape (n, n_answers)
        Where in its range each answer lies, 0 to 1.
    seed : int
    spread : float
        Share by which an answer may be wrong where nobody said otherwise.
    """

    form: Canonical
    answers: tuple[Answer, ...]
    numbers: np.ndarray
    seed: int
    spread: float
    _columns: Mapping[tuple[str, str], tuple[int, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        held: dict[tuple[str, str], list[int]] = {}
        for place, answer in enumerate(self.answers):
            held.setdefault((answer.activity, answer.kind), []).append(place)
        object.__setattr__(self, "_columns", {key: tuple(places) for key, places in held.items()})

    @property
    def n(self) -> int:
        """Number of draws."""
        return len(self.numbers)

    @property
    def portfolio(self) -> Portfolio:
        """What is allocated."""
        return self.form.portfolio

    def columns(self, activity: str, kind: str) -> tuple[int, ...]:
        """Return the columns of an activity's answers of a kind."""
        return self._columns.get((activity, kind), ())

    def drawn(self, place: int, numbers: np.ndarray | None = None) -> np.ndarray:
        """Return the answers of an activity's curve in every draw, in order, shape (n, n_answers). Unit: outcome."""
        columns = list(self.columns(self.form.activities[place].id, "curve"))
        held = [self.answers[column] for column in columns]
        numbers = self.numbers if numbers is None else numbers
        return _in_order(held, numbers[:, columns])

    def outcomes(self, place: int, shares: np.ndarray, numbers: np.ndarray | None = None) -> np.ndarray:
        """Return what an activity brings in every draw at each scaled level, shape (n, n_levels). Unit: outcome."""
        levels = np.asarray(shares, dtype=float) * float(self.form.size[place])
        return _along(self.form.activities[place].curve, self.drawn(place, numbers), levels)

    def worths(self, place: int, numbers: np.ndarray | None = None) -> np.ndarray:
        """Return the value of a unit of an activity's outcome in every draw, shape (n,). Unit: value per outcome."""
        activity = self.form.activities[place]
        columns = list(self.columns(activity.id, "worth"))
        numbers = self.numbers if numbers is None else numbers
        found = np.zeros(len(numbers))
        for column in columns:
            answer = self.answers[column]
            found += answer.low + (answer.high - answer.low) * numbers[:, column]
        return found

    def values(self, place: int, shares: np.ndarray, numbers: np.ndarray | None = None) -> np.ndarray:
        """Return the value of an activity in every draw at each scaled level, shape (n, n_levels). Unit: value."""
        return self.worths(place, numbers)[:, None] * self.outcomes(place, shares, numbers)


def draw_answers(
    portfolio: Portfolio,
    *,
    n: int = DRAWS,
    spread: float = SPREAD,
    ranges: Mapping[tuple[str, str], tuple[float, float]] | None = None,
    seed: int = 1,
) -> Draws:
    """Return draws of every answer behind the curves and of every worth.

    Parameters
    ----------
    portfolio : Portfolio
    n : int
        Number of draws.
    spread : float
        Share by which an answer may be wrong where nobody said otherwise; times `WIDER` where it is not agreed.
    ranges : mapping of (activity, answer) to (low, high), optional
        The client's own ranges: of answers ``y0`` … ``ymax`` or ``point 1`` …, and of worths under the name of their
        objective. Unit: that of the answer.
    seed : int
        The same seed gives the same draws, whatever the units, the order or the labels.

    Raises
    ------
    ModelError
        `n`, `spread` or a range is out of bounds, or a range names no answer.

    Notes
    -----
    An answer without a range of its own is drawn evenly between ``given - spread * rise`` and ``given + spread *
    rise``, each rise over the answer before drawn by itself: all answers together stay within their ranges in order.
    """
    if n < 1 or not 0 <= spread < 1:
        raise ModelError(f"At least one draw, and a spread of 0 to below 1, are needed; got {n} and {spread}.")
    form = canonical_form(portfolio)
    asked = dict(ranges or {})
    answers: list[Answer] = []
    objectives = _objectives(form)
    for activity in form.activities:
        wide = min(spread * WIDER.get(activity.status, 1.0), 0.95)
        for name, given, rise in _given(activity.curve):
            own = asked.pop((activity.id, name), None)
            low, high = (given - wide * abs(rise), given + wide * abs(rise)) if own is None else own
            answers.append(Answer(activity.id, name, "curve", given, low, high, activity.status, own is not None))
        share = 1.0 / portfolio.weighted[0].weight if portfolio.is_money else 1.0
        for objective in objectives:
            worth = objective.worths.get(activity.id, 0.0)
            if worth == 0.0:
                continue
            status = "confirmed" if objective.is_confirmed else "assumed" if objective.is_money else ""
            status = "contested" if activity.id in objective.contested else status
            wide = min(spread * WIDER.get(status, 1.0), 0.95)
            own = asked.pop((activity.id, objective.id), None)
            low, high = (worth - wide * abs(worth), worth + wide * abs(worth)) if own is None else own
            weight = objective.weight * share
            answers.append(
                Answer(
                    activity.id,
                    f"worth {objective.id}",
                    "worth",
                    weight * worth,
                    weight * low,
                    weight * high,
                    status,
                    own is not None,
                )
            )
    for answer in answers:
        if not (math.isfinite(answer.low) and math.isfinite(answer.high) and answer.low <= answer.high):
            raise ModelError(f"{answer.activity}, {answer.name}: the range goes from a lower to a higher number.")
    if asked:
        key = next(iter(asked))
        known = [f"{item.activity}, {item.name.removeprefix('worth ')}" for item in answers]
        raise ModelError(f"No answer is called {key[0]}, {key[1]}. {nearest(', '.join(key), known)}".strip())
    random = np.random.default_rng(seed)
    numbers = np.empty((n, len(answers)))
    for column in range(len(answers)):
        numbers[:, column] = (random.permutation(n) + random.random(n)) / n
    _share_judgements(form, answers, numbers)
    return Draws(form, tuple(answers), numbers, seed, spread)


def _share_judgements(form: Canonical, answers: Sequence[Answer], numbers: np.ndarray) -> None:
    """Draw a worth that a line's activities share once: it is one judgement, and wrong for all of them alike."""
    line_of = {activity.id: activity.line for activity in form.activities}
    first: dict[tuple[str, str, float, float, float], int] = {}
    for column, answer in enumerate(answers):
        if answer.kind == "worth":
            key = (line_of[answer.activity], answer.name, answer.given, answer.low, answer.high)
            numbers[:, column] = numbers[:, first.setdefault(key, column)]


def drawn_portfolio(draws: Draws, number: int) -> Portfolio:
    """Return the portfolio as one draw of the answers has it, to be solved like any other.

    Raises
    ------
    ModelError
        A curve is of a family that rests on no answers.
    """
    portfolio, form, one = draws.portfolio, draws.form, draws.numbers[[number]]
    curves: dict[str, Curve] = {}
    worths: dict[str, dict[str, float]] = {item.id: dict(item.worths) for item in portfolio.objectives}
    share = 1.0 / portfolio.weighted[0].weight if portfolio.is_money else 1.0
    weights = {item.id: item.weight * share for item in portfolio.weighted}
    for place, activity in enumerate(form.activities):
        curve, said = activity.curve, [float(answer) for answer in draws.drawn(place, one)[0]]
        if isinstance(curve, Adbudg):
            curves[activity.id] = adbudg_from_answers(*said, reference=curve.reference)
        elif isinstance(curve, Exponential):
            curves[activity.id] = exponential_from_answers(*said, reference=curve.reference)
        elif isinstance(curve, Points):
            curves[activity.id] = points_curve(curve.levels, said, reference=curve.reference)
        else:
            raise ModelError(f"The curve of {activity.id!r} rests on no answers that could be drawn.")
        for column in draws.columns(activity.id, "worth"):
            answer = draws.answers[column]
            name = answer.name.removeprefix("worth ")
            drawn = answer.low + (answer.high - answer.low) * float(one[0, column])
            worths[name][activity.id] = drawn / weights[name]
    return replace(
        portfolio,
        activities=tuple(replace(item, curve=curves[item.id]) for item in portfolio.activities),
        objectives=tuple(replace(item, worths=worths[item.id]) for item in portfolio.objectives),
    )


def _objectives(form: Canonical) -> list[Objective]:
    """Objectives that count, in an order that names, units and the client's order do not change."""

    def face(objective: Objective) -> tuple[tuple[float, ...], str]:
        parts = []
        for item, size in zip(form.activities, form.size, strict=True):
            worth = objective.weight * objective.worths.get(item.id, 0.0) / form.scale
            parts.append(float(f"{worth * (item.curve.value(float(size)) or 1.0):.8e}"))
        return tuple(parts), objective.id

    return sorted(form.portfolio.weighted, key=face)


def _given(curve: Curve) -> list[tuple[str, float, float]]:
    """Name, what was said, and the rise over the answer before, of each answer behind a curve."""
    if isinstance(curve, Adbudg):
        outcomes = [curve.low, curve.value(curve.reference), curve.value(1.5 * curve.reference), curve.high]
        names = _STEPS["adbudg"]
    elif isinstance(curve, Exponential):
        outcomes, names = [curve.low, curve.value(curve.reference), curve.high], _STEPS["exponential"]
    elif isinstance(curve, Points):
        outcomes = list(curve.outcomes)
        names = tuple(f"point {place + 1}" for place in range(len(outcomes)))
    else:  # a family without answers: its start, and its rise as a whole
        level = getattr(curve, "reference", 0.0) or 1.0
        outcomes, names = [curve.value(0.0), curve.value(level)], ("at zero", "rise")
    rises = [outcomes[0], *np.diff(outcomes)]
    return [(name, float(given), float(rise)) for name, given, rise in zip(names, outcomes, rises, strict=True)]


def _in_order(held: list[Answer], numbers: np.ndarray) -> np.ndarray:
    """Answers of a curve in every draw, rising: by rises, or in the client's own range where there is one."""
    found = np.empty((len(numbers), len(held)))
    for place, answer in enumerate(held):
        drawn = answer.low + (answer.high - answer.low) * numbers[:, place]
        if place == 0:
            found[:, 0] = drawn
            continue
        before = held[place - 1].given
        # without a range of its own the *rise* is drawn: what lies below it moves it along
        here = drawn if answer.is_own else found[:, place - 1] + (drawn - before)
        found[:, place] = np.maximum(here, found[:, place - 1] + APART * (answer.given - before))
    return found


def _along(curve: Curve, answers: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Outcome at each level in every draw, the curve going through its drawn answers."""
    if isinstance(curve, Adbudg):
        y0, y1, y15, ymax = (answers[:, [place]] for place in range(4))
        half = (ymax - y1) / (y1 - y0)
        shape = np.log(half * (y15 - y0) / (ymax - y15)) / math.log(1.5)
        with np.errstate(divide="ignore", over="ignore"):
            power = shape * np.log(levels / curve.reference)[None, :] - np.log(half)
            share = np.where(levels[None, :] > 0, 1.0 / (1.0 + np.exp(-power)), 0.0)
        return y0 + (ymax - y0) * share
    if isinstance(curve, Exponential):
        y0, y1, ymax = (answers[:, [place]] for place in range(3))
        rate = np.log((ymax - y0) / (ymax - y1)) / curve.reference
        return y0 - (ymax - y0) * np.expm1(-rate * levels[None, :])
    if isinstance(curve, Points):
        ends = np.array(curve.levels)
        share = np.clip((levels[None, :] - ends[:-1, None]) / np.diff(ends)[:, None], 0.0, 1.0)
        return answers[:, [0]] + np.diff(answers, axis=1) @ share
    level = getattr(curve, "reference", 0.0) or 1.0
    base = curve.value(level) - curve.value(0.0)
    shape_of = np.array([curve.value(float(at)) - curve.value(0.0) for at in levels]) / (base or 1.0)
    return answers[:, [0]] + (answers[:, [1]] - answers[:, [0]]) * shape_of[None, :]
