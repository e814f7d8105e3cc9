"""What a plan is, how good it is known to be, and when the search for it stops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.allocation.canonical import Canonical
from workbench.allocation.cover import Piece
from workbench.allocation.model import Break, Evaluation, Portfolio, evaluate
from workbench.allocation.warm import Memory


@dataclass(frozen=True)
class Limits:
    """When to stop without a proof: rounds of refinement, nodes of each search; seconds only as a backstop.

    Seconds are of computing, here and wherever a search is given some: on a machine that others load, wall time would
    end a search early, and its answer would hang on who else was at work.
    """

    rounds: int = 60
    nodes: int = 200_000
    seconds: float = 60.0


@dataclass(frozen=True)
class Certificate:
    """How good a plan is, and how we know.

    Attributes
    ----------
    value, bound : float
        Of the plan, and what no plan can beat. Unit: value.
    gap_absolute, lift : float
        Bound minus value; what the gap is a share of. Unit: value.
    gap, asked_gap : float
        Share of the lift: the value over that of doing nothing (or of the cheapest plan that holds); where there is
        no lift, of a small part of all that the activities could bring (`LEAST_LIFT`).
    proved : bool
        The gap is not above the one asked for.
    how : str
        ``relaxation`` (a linear programme sufficed) or ``search`` (HiGHS's bound on a relaxation built here).
    rounds, nodes : int
        Rounds of refinement, and nodes searched.
    seconds : float
        Time taken.
    stopped_by : str
        ``gap``, ``rounds``, ``nodes``, ``seconds``, or ``precision``: the solver's bound contradicted the plan, and a
        simple bound (every activity at its largest level) stands instead.
    """

    value: float
    bound: float
    gap_absolute: float
    lift: float
    gap: float
    asked_gap: float
    proved: bool
    how: str
    rounds: int
    nodes: int
    seconds: float
    stopped_by: str


@dataclass(frozen=True)
class Plan:
    """Levels and supports, what they are worth, and the proof.

    Attributes
    ----------
    portfolio : Portfolio
        What was planned.
    levels : mapping of activity to tuple of float
        Level in each period. Unit: the activity's.
    supported : mapping of line to bool
    found : Evaluation
        Value by activity, line and objective; outcomes; resources used, in all and by line.
    baseline : str
        ``current`` where today's plan holds, ``repaired`` where it breaks something (see `current_breaks`).
    baseline_value : float
        Value of that baseline. Unit: value.
    current_breaks : tuple of Break
        What today's plan breaks.
    certificate : Certificate
    scale, pieces : float, tuple of Piece
        The cover of the curves that the proof ended with, for plans sought again with other rules.
    memory : Memory or None
        What the pieces speak of, and the prices of the proof, for plans sought again with other numbers.
    """

    portfolio: Portfolio
    levels: Mapping[str, tuple[float, ...]]
    supported: Mapping[str, bool]
    found: Evaluation
    baseline: str
    baseline_value: float
    current_breaks: tuple[Break, ...]
    certificate: Certificate
    scale: float = field(default=1.0, repr=False, compare=False)
    pieces: tuple[Piece, ...] = field(default=(), repr=False, compare=False)
    memory: Memory | None = field(default=None, repr=False, compare=False)

    @property
    def value(self) -> float:
        """Value on the exact curves. Unit: value."""
        return self.found.value

    @property
    def gain(self) -> float:
        """Value over the baseline. Unit: value."""
        return self.found.value - self.baseline_value

    def level(self, activity: str) -> float:
        """Return an activity's level in the first period."""
        return self.levels[activity][0]

    @property
    def first(self) -> dict[str, float]:
        """Levels of the first period, by activity."""
        return {activity: levels[0] for activity, levels in self.levels.items()}


def make_plan(
    form: Canonical,
    levels: Mapping[str, float],
    supported: Mapping[str, bool],
    certificate: Certificate,
    baseline: str,
    baseline_value: float,
    current_breaks: tuple[Break, ...],
) -> Plan:
    """Return a plan from levels and supports that were checked."""
    return Plan(
        form.portfolio,
        {activity: (level,) for activity, level in levels.items()},
        dict(supported),
        evaluate(form.portfolio, levels, supported),
        baseline,
        baseline_value,
        current_breaks,
        certificate,
    )
