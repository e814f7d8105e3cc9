"""What readiness is computed from: answers as levels, who was asked, targets, coordinating functions, settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import ModelError
from workbench.readiness.instrument import Instrument

if TYPE_CHECKING:
    from workbench.readiness.ledger import Publication

ANSWERED, CANNOT_SEE, NOT_APPLICABLE, BLANK, NOT_ASKED = (
    "answered",
    "cannot see",
    "not applicable",
    "blank",
    "not asked",
)
STATUSES = (ANSWERED, CANNOT_SEE, NOT_APPLICABLE, BLANK, NOT_ASKED)

EVERYONE, TEAMS = "everyone", "teams"
"""Who was asked to answer: everybody, or the people of teams that were drawn."""

OPENLY_NAMED = 1
"""A minimum group of one: an assessment announced as openly named, in which nothing is hidden."""

SMALLEST_MINIMUM = 5
"""Smallest group whose answers may be shown without naming anyone (ours; usual in employee surveys)."""


@dataclass(frozen=True)
class Settings:
    """How sure is sure, and what may be shown.

    Attributes
    ----------
    confidence : float
        Coverage of intervals (share).
    sure : float
        Certainty from which a gate counts as passed or failed (share; .80 is a proposal of ours).
    minimum_group : int
        Smallest group that is shown: 5 or more, or 1 for an openly named assessment. Unit: people.
    target : float or None
        Target level where the client names none; None means `standing` until every gate stands there, then `later`.
    thesis : str
        Where the article's claims stand: ``front``, ``appendix`` or ``off``.
    unseen_cap : float
        Highest level that is evidenced where an artefact was looked for and not seen (ours).
    steps_per_quarter : int
        Steps that a line can take at once (ours).
    initiatives : int
        Initiatives that a board sees (ours).
    currency : str
        Of costs, ISO 4217.
    draws : int
        Draws behind probabilities and the stability of ranks: 2,000 know a share to one in a hundred.
    seed : int
        Of those draws.
    sampled : str
        Who was asked: ``everyone``, or ``teams`` (units of the survey) that were drawn; their members resemble each
        other, so that intervals then count teams and not people.
    """

    confidence: float = 0.95
    sure: float = 0.80
    minimum_group: int = SMALLEST_MINIMUM
    target: float | None = None
    thesis: str = "appendix"
    unseen_cap: float = 2.0
    steps_per_quarter: int = 3
    initiatives: int = 5
    draws: int = 2_000
    seed: int = 0
    currency: str = "EUR"
    sampled: str = EVERYONE

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1 or not 0.5 < self.sure < 1:
            raise ModelError(
                f"confidence lies between 0 and 1, sure between 0.5 and 1; got {self.confidence} and {self.sure}."
            )
        if self.minimum_group != OPENLY_NAMED and self.minimum_group < SMALLEST_MINIMUM:
            raise ModelError(
                f"minimum_group is {SMALLEST_MINIMUM} or more, or {OPENLY_NAMED} for an openly named assessment that "
                f"was announced as such; got {self.minimum_group}."
            )
        if self.sampled not in (EVERYONE, TEAMS):
            raise ModelError(f"Asked were {EVERYONE} or {TEAMS}; got {self.sampled!r}.")
        if min(self.steps_per_quarter, self.initiatives, self.draws) < 1:
            raise ModelError("steps_per_quarter, initiatives and draws are counted from one.")


@dataclass(frozen=True, eq=False)
class Answers:
    """The answer sheets of one wave. Frames share their index, one row a sheet.

    Attributes
    ----------
    wave : str
    date : date or None
        Day on which the wave closed.
    sheets : DataFrame
        respondent, unit, role, product_line (None: the whole organisation), seconds.
    levels : DataFrame, sheets × items
        Level of each answer, NaN where there is none; an open item has none here.
    status : DataFrame, sheets × items
        ``answered``, ``cannot see``, ``not applicable``, ``blank`` or ``not asked``.
    codes : DataFrame, sheets × open items
        A tuple of codes (empty: could name none), or None.
    reasons : mapping of item to tuple of str
        Why it does not apply, in the client's words; never printed below ten people.
    population : DataFrame or None
        unit, role, product_line, headcount: who was asked. Unit: people.
    left_out : mapping of reason to int
        Sheets or answers that were read and not used. Unit: as the reason says.
    """

    wave: str
    date: dt.date | None
    sheets: pd.DataFrame
    levels: pd.DataFrame
    status: pd.DataFrame
    codes: pd.DataFrame
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    population: pd.DataFrame | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """A level to reach, for an item or a dimension, in one line or (blank) in all.

    Attributes
    ----------
    item : str
        Item or dimension.
    product_line : str
    target : float
        Unit: level.
    effort : int or None
        1, 2 or 4; overrules the instrument's.
    cost : float or None
        Unit: currency.
    owner : str
    by : date or None
    """

    item: str
    product_line: str
    target: float
    effort: int | None = None
    cost: float | None = None
    owner: str = ""
    by: dt.date | None = None


@dataclass(frozen=True)
class Layer:
    """A coordinating function, by the client's own name for it.

    Attributes
    ----------
    name : str
    headcount : int
        Unit: people.
    work : str
        ``research_and_data`` or ``process_and_governance``; a function that does both is two of these.
    approvals : int
        Approvals that a release needs from it.
    renamed_from : str
    """

    name: str
    headcount: int
    work: str
    approvals: int = 0
    renamed_from: str = ""


@dataclass(frozen=True, eq=False)
class ReadinessInputs:
    """Everything that `assess` needs.

    Attributes
    ----------
    instrument : Instrument
    answers : tuple of Answers
        One a wave, oldest first; the last is judged. None where only interviews or evidence are there.
    lines : tuple of (key, name)
        Product lines in the register's order.
    settings : Settings
    targets : tuple of Target
    layers : tuple of Layer
    interviews, evidence, projects : DataFrame or None
        As the client's tables.
    published : tuple of Publication
        What earlier runs showed: the guard hides what would give somebody away together with it.
    """

    instrument: Instrument
    answers: tuple[Answers, ...]
    lines: tuple[tuple[str, str], ...]
    settings: Settings = field(default_factory=Settings)
    targets: tuple[Target, ...] = ()
    layers: tuple[Layer, ...] = ()
    interviews: pd.DataFrame | None = None
    evidence: pd.DataFrame | None = None
    projects: pd.DataFrame | None = None
    published: tuple[Publication, ...] = ()

    def __post_init__(self) -> None:
        if not self.answers and self.interviews is None and self.evidence is None:
            raise ModelError("Readiness needs the answers of at least one wave, or interviews, or evidence.")
