"""Weights that make those who answered stand for all who were asked: raking to the headcounts of `population`.

One person may stand in for several of their role, line and unit, never for less than themselves. Iterative
proportional fitting to one margin after the other (W. E. Deming and F. F. Stephan 1940, Ann. Math. Stat. 11, 427-444);
whoever answered for several lines counts in each with an equal part, by the generalised form of J. N. Darroch and
D. Ratcliff (1972, Ann. Math. Stat. 43, 1470-1480), which is the same where nobody does. The design effect is that of
L. Kish (1965), *Survey Sampling*, section 11.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.findings import Off
from workbench.readiness.inputs import Answers
from workbench.readiness.instrument import Instrument

LEAST_WEIGHT = 1.0
"""A person stands at least for themselves; this also keeps a weighted level inside its band."""

MOST_TIMES_MEAN = 5.0
"""Largest weight, as a multiple of the mean one (ours): beyond it one person's answer would decide."""

MOST_ROUNDS = 1_000
CLOSE_ENOUGH = 1e-9
"""Largest relative change of a weight in a round after which nothing changes any more."""

ROLE_MARGIN, LINE_MARGIN, UNIT_MARGIN = "role", "line", "unit"


@dataclass(frozen=True, eq=False)
class Weights:
    """How many people each respondent stands for.

    Attributes
    ----------
    weight : Series, index respondent
        From 1 to 5 times the mean; their sum is the headcount. Unit: people.
    design_effect : float
        n Σw² / (Σw)²: how many times wider the weights alone make a variance, at least 1.
    trimmed : int
        Respondents whose weight met one of its bounds. Unit: people.
    rounds : int
        Passes over all margins.
    margins : tuple of str
        What was fitted: ``role``, ``line``, ``unit``.
    missed : float
        Largest headcount of a margin that the weights, for their bounds, do not reach. Unit: people.
    """

    weight: pd.Series = field(repr=False)
    design_effect: float
    trimmed: int
    rounds: int
    margins: tuple[str, ...]
    missed: float

    @property
    def is_converged(self) -> bool:
        """Whether the weights came to rest."""
        return self.rounds < MOST_ROUNDS


@dataclass(frozen=True, eq=False)
class Silent:
    """A group that has people and no answer: no weight can make anybody stand for it.

    Attributes
    ----------
    margin : str
        ``role``, ``line`` or ``unit``.
    group, partner : str
        The group, and the one it would be merged with: of its own cut of roles first, then the smallest; empty where
        nobody answered at all.
    people, partner_people, partner_answered : int
        Headcounts, and who answered of the partner. Unit: people.
    claim : str
        The refusal, with the smallest merge that helps.
    """

    margin: str
    group: str
    people: int
    partner: str
    partner_people: int
    partner_answered: int
    claim: str


@dataclass(frozen=True)
class Weighting:
    """What is said about weights.

    Attributes
    ----------
    is_made : bool
        Whether there are weighted levels.
    reason : str
        Why not, as it may be published.
    design_effect : float or None
        One decimal.
    trimmed : str
        People whose weight met a bound: a number from the minimum group up, else words.
    rounds : int
    margins : tuple of str
    is_fitted : bool
        Whether every headcount is reached; bounds may keep some from it.
    """

    is_made: bool = False
    reason: str = ""
    design_effect: float | None = None
    trimmed: str = ""
    rounds: int = 0
    margins: tuple[str, ...] = ()
    is_fitted: bool = False


@dataclass(frozen=True, eq=False)
class _Margin:
    """One margin: groups, headcounts, and how much each respondent belongs to each group (rows add up to one)."""

    name: str
    groups: tuple[str, ...]
    people: np.ndarray
    belongs: np.ndarray


def rake(answers: Answers, instrument: Instrument) -> Weights | Silent | Off:
    """Return how many people each respondent stands for, or why nobody can say.

    Parameters
    ----------
    answers : Answers
        With a population; its units count where every row and every sheet names one.
    instrument : Instrument
        For which roles are shown together, and which lie in one cut.

    Returns
    -------
    Weights
        Also where bounds keep some headcount from being reached (`missed`).
    Silent
        A role, line or unit has people but no answer.
    Off
        There is no population, or somebody answered for a group that it does not list.
    """
    held = answers.population
    if held is None or held.empty:
        return Off("weights", "Nobody knows how many people were asked.", ("population",))
    ids = sorted(set(answers.sheets["respondent"]))
    margins = _margins(answers, held, instrument, ids)
    for margin in margins:
        if (margin.belongs.sum(axis=1) < 1 - 1e-9).any():
            return Off(
                "weights", f"Somebody answered for a {margin.name} that population does not list.", ("population",)
            )
        silent = _silent(margin, instrument)
        if silent is not None:
            return silent
    whole = float(held["headcount"].sum())
    if whole < len(ids):
        return Off(
            "weights", f"More people answered ({len(ids)}) than population lists ({whole:.0f}).", ("population",)
        )
    margins = tuple(margin for margin in margins if len(margin.groups) > 1)
    weight, rounds, trimmed = _fit(margins, whole, len(ids))
    missed = max((float(np.abs(weight @ one.belongs - one.people).max()) for one in margins), default=0.0)
    return Weights(
        pd.Series(weight, index=pd.Index(ids, name="respondent"), name="weight"),
        design_effect(weight),
        trimmed,
        rounds,
        tuple(margin.name for margin in margins),
        missed if missed > 1e-6 else 0.0,
    )


def publish_weights(weights: Weights | Silent | Off, minimum: int) -> Weighting:
    """Return what may be said about weights.

    Parameters
    ----------
    weights : Weights, Silent or Off
        Of `rake`.
    minimum : int
        Smallest group whose answers are shown. Unit: people.

    Notes
    -----
    That a group is silent says of each of its people that they did not answer. It is named where it is as large as a
    group must be, and the one it would be merged with as well.
    """
    if isinstance(weights, Off):
        return Weighting(reason=weights.reason)
    if isinstance(weights, Silent):
        may_name = min(weights.people, weights.partner_people, weights.partner_answered) >= minimum
        plain = f"No weights: some {weights.margin} has people and no answer; merge small groups in population."
        return Weighting(reason=weights.claim if may_name else plain)
    few = f"fewer than {minimum}"
    return Weighting(
        is_made=True,
        design_effect=round(weights.design_effect, 1),
        trimmed="none" if not weights.trimmed else str(weights.trimmed) if weights.trimmed >= minimum else few,
        rounds=weights.rounds,
        margins=weights.margins,
        is_fitted=weights.missed == 0.0 and weights.is_converged,
    )


def design_effect(weight: np.ndarray) -> float:
    """Return how many times wider unequal weights make the variance of a mean.

    Examples
    --------
    >>> design_effect(np.array([2.0, 2.0, 2.0])), round(design_effect(np.array([1.0, 1.0, 4.0])), 2)
    (1.0, 1.5)
    """
    return float(len(weight) * (weight**2).sum() / weight.sum() ** 2)


def _margins(answers: Answers, population: pd.DataFrame, instrument: Instrument, ids: list[str]) -> tuple[_Margin, ...]:
    sheets = answers.sheets
    shown = {role.id: role.shown_as for role in instrument.roles}
    has_units = bool(population["unit"].notna().all() and sheets["unit"].notna().all())
    columns: Mapping[str, tuple[list[str], list[str]]] = {
        ROLE_MARGIN: ([shown[one] for one in population["role"]], [shown[one] for one in sheets["role"]]),
        LINE_MARGIN: (_texts(population["product_line"]), _texts(sheets["product_line"])),
        **({UNIT_MARGIN: (_texts(population["unit"]), _texts(sheets["unit"]))} if has_units else {}),
    }
    return tuple(
        _margin(name, asked, population["headcount"].to_numpy(dtype=float), given, sheets["respondent"], ids)
        for name, (asked, given) in columns.items()
    )


def _margin(
    name: str, asked: list[str], headcount: np.ndarray, given: list[str], respondent: pd.Series, ids: list[str]
) -> _Margin:
    people = {group: 0.0 for group in sorted(set(asked))}
    for group, count in zip(asked, headcount.tolist(), strict=True):
        people[group] += count
    places = {group: place for place, group in enumerate(group for group, count in people.items() if count > 0)}
    own: dict[str, set[str]] = {}
    for person, group in zip(respondent, given, strict=True):
        own.setdefault(person, set()).add(group)
    belongs = np.zeros((len(ids), len(places)))
    for row, person in enumerate(ids):
        for group in own[person] & places.keys():
            belongs[row, places[group]] = 1.0 / len(own[person])
    return _Margin(name, tuple(places), np.array([people[group] for group in places]), belongs)


def _texts(values: pd.Series) -> list[str]:
    return ["" if value is None or value != value else str(value) for value in values]


def _silent(margin: _Margin, instrument: Instrument) -> Silent | None:
    """Find the smallest group that has people and no answer, and with which it would be merged."""
    answered = margin.belongs.sum(axis=0)
    empty = sorted(
        (margin.people[place], margin.groups[place]) for place in range(len(answered)) if answered[place] <= 0
    )
    if not empty:
        return None
    people, group = empty[0]
    cuts = [set(cut.roles) for cut in instrument.cuts if group in cut.roles] if margin.name == ROLE_MARGIN else []
    others = sorted(
        # A line is merged with a line, not with those who speak for the whole organisation.
        (bool(cuts) and not any(margin.groups[place] in cut for cut in cuts), not margin.groups[place], size, place)
        for place, size in enumerate(margin.people)
        if answered[place] > 0
    )
    if not others:
        return Silent(margin.name, group, int(people), "", 0, 0, "Nobody answered, so nobody can stand for others.")
    place = others[0][-1]
    partner = margin.groups[place]
    claim = (
        f"No weights: the {margin.name} {_named(margin, group)} has {people:.0f} people and no answer; "
        f"merge it with {_named(margin, partner)}."
    )
    return Silent(margin.name, group, int(people), partner, int(margin.people[place]), int(answered[place]), claim)


def _named(margin: _Margin, group: str) -> str:
    return group or f"“no {margin.name}”"


def _fit(margins: tuple[_Margin, ...], whole: float, count: int) -> tuple[np.ndarray, int, int]:
    """Fit one margin after the other, within the bounds, until nothing changes."""
    most = max(LEAST_WEIGHT, MOST_TIMES_MEAN * whole / count)
    weight, trimmed = np.full(count, whole / count), 0
    for rounds in range(1, MOST_ROUNDS + 1):
        before = weight
        for margin in margins:
            held = weight @ margin.belongs
            weight = weight * np.exp(margin.belongs @ np.log(margin.people / held))
        free = weight
        weight = np.clip(free, LEAST_WEIGHT, most)
        trimmed = int((np.abs(free - weight) > 1e-6).sum())
        if np.abs(weight / before - 1).max() < CLOSE_ENOUGH:
            return weight, rounds, trimmed
    return weight, MOST_ROUNDS, trimmed
