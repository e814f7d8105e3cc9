"""The rules of a chart, and how often each set of them raises a false alarm.

*beyond*: a point beyond its limit (W. A. Shewhart). *run*: eight on one side of the centre, more under autocorrelation
(Western Electric 1956). By choice: *two_of_three* beyond two sigma and *four_of_five* beyond one on one side (Western
Electric), *three_of_four* beyond one and a half (D. J. Wheeler), *run_of_seven* and *trend* of seven (NHS England,
*Making Data Count*). A missing period ends a run: what lies on both sides of a gap is not one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from workbench.errors import ModelError
from workbench.outcomes.limits import RUN_LENGTH, SIGMAS, Limits
from workbench.outcomes.scales import forward

TREND_LENGTH, NHS_RUN = 7, 7
"""Points in a row that all rise, or all fall, or lie on one side (NHS Making Data Count)."""

ZONES = {"two_of_three": (2, 3, 2.0), "three_of_four": (3, 4, 1.5), "four_of_five": (4, 5, 1.0)}
"""Rules of the kind "k of m points beyond z sigma on one side"."""

RULES = ("beyond", "run", *ZONES, "run_of_seven", "trend")

RULE_SETS = {
    "usual": ("beyond", "run"),
    "wheeler": ("beyond", "run", "three_of_four"),
    "western_electric": ("beyond", "run", "two_of_three", "four_of_five"),
    "nhs": ("beyond", "run_of_seven", "trend", "two_of_three"),
}
"""Sets of rules as their authors name them; `usual` is what stands where nothing is declared."""

FALSE_ALARM_POINTS = (12, 24, 36, 52)
FALSE_ALARMS: dict[str, tuple[float, ...]] = {
    "usual": (0.005, 0.029, 0.040, 0.041),
    "wheeler": (0.005, 0.035, 0.059, 0.077),
    "western_electric": (0.006, 0.058, 0.113, 0.176),
    "nhs": (0.008, 0.056, 0.086, 0.110),
}
"""Share of stable metrics (white noise) that raise at least one alarm over a baseline of so many points, limits from
the same points and repaired. Simulated once: bench/signals.py, `rule_shares`, 20,000 series, seed 20260930."""

Array = np.ndarray


@dataclass(frozen=True)
class Signal:
    """A rule that fired after the baseline.

    Attributes
    ----------
    kind : str
        One of `RULES`.
    first, last : int
        Places of the points.
    points : int
        How many.
    """

    kind: str
    first: int
    last: int
    points: int


def rules_of(names: Sequence[str]) -> tuple[str, ...]:
    """Return the rules that names of rules and of sets stand for, each once.

    Examples
    --------
    >>> rules_of(["wheeler"])
    ('beyond', 'run', 'three_of_four')

    Raises
    ------
    ModelError
        There is no such rule or set.
    """
    found = [rule for name in names for rule in RULE_SETS.get(name, (name,))]
    unknown = [name for name in found if name not in RULES]
    if unknown:
        raise ModelError(f"There is no rule {unknown[0]!r}; there are {', '.join((*RULES, *RULE_SETS))}.")
    return tuple(dict.fromkeys(found))


def set_of(rules: Sequence[str]) -> str:
    """Return the name of the set that consists of these rules; empty where it has none."""
    held = set(rules_of(rules))
    return next((name for name, members in RULE_SETS.items() if set(members) == held), "")


def signals(
    values: Sequence[float] | Array,
    limits: Limits,
    rules: Sequence[str] = ("beyond", "run"),
    *,
    since: int | None = None,
) -> tuple[Signal, ...]:
    """Return the rules that fire on the points from `since` on (by default those after the baseline).

    *Beyond* is strictly beyond. A run or trend may begin inside the baseline; none reaches over a missing period.
    """
    held = np.asarray(values, dtype=float)
    begin = limits.baseline_to + 1 if since is None else since
    places = np.flatnonzero(np.isfinite(held) & (np.arange(held.size) >= limits.baseline_from))
    if places.size == 0:
        return ()
    is_beside = np.concatenate([[False], np.diff(places) == 1])
    side = np.sign(held[places] - limits.centre)
    found: list[Signal] = []
    for rule in rules_of(rules):
        if rule == "beyond":
            out = [int(p) for p in places if p >= begin and not limits.lower <= held[p] <= limits.upper]
            found += [Signal("beyond", p, p, 1) for p in out]
        elif rule in ("run", "run_of_seven"):
            # seven in a row instead of eight: autocorrelation and long baselines lengthen it alike
            length = limits.run_length if rule == "run" else -(-limits.run_length * NHS_RUN // RUN_LENGTH)
            found += _stretches(rule, places, side, is_beside, length, begin)
        elif rule == "trend":
            step = np.where(is_beside, np.sign(np.diff(held[places], prepend=held[places[0]])), 0)
            found += _stretches("trend", places, step, is_beside, TREND_LENGTH - 1, begin, lead=1)
        else:
            found += _zone(rule, places, held, limits, begin)
    return tuple(found)


def _stretches(
    kind: str, places: Array, side: Array, is_beside: Array, length: int, begin: int, *, lead: int = 0
) -> list[Signal]:
    """Return the stretches of one sign, without a gap, that are long enough and reach the new points.

    `lead` is 1 for steps, whose stretch begins one point before its first step.
    """
    found, first = [], 0
    for place in range(1, places.size + 1):
        if place < places.size and side[place] == side[first] and side[place] != 0 and is_beside[place]:
            continue
        if place - first >= length and side[first] != 0 and places[place - 1] >= begin:
            found.append(Signal(kind, int(places[first - lead]), int(places[place - 1]), place - first + lead))
        first = place
    return found


def _zone(rule: str, places: Array, held: Array, limits: Limits, begin: int) -> list[Signal]:
    """Return where k of m neighbouring points lie beyond so many sigma on one side, the newest among them."""
    wanted, window, sigmas = ZONES[rule]
    scaled = forward(held[places], limits.transform, clip=True)
    centre = float(forward(np.array([limits.centre]), limits.transform, clip=True)[0])
    far = np.where(np.abs(scaled - centre) > sigmas * limits.sigma, np.sign(scaled - centre), 0)
    found = []
    for end in range(window - 1, places.size):
        first = end - window + 1
        if places[end] < begin or far[end] == 0 or places[end] - places[first] != window - 1:
            continue
        if (far[first : end + 1] == far[end]).sum() >= wanted:
            found.append(Signal(rule, int(places[first]), int(places[end]), wanted))
    return found


# -- false alarms ----------------------------------------------------------------------------------------------------


def false_alarm_share(rules: Sequence[str], points: int) -> float | None:
    """Return the share of stable metrics that raise an alarm over a baseline, from the table; None where it has none.

    Parameters
    ----------
    rules : sequence of str
        Names of rules or sets.
    points : int
        Points of the baseline; the nearest length of the table counts.
    """
    name = set_of(rules)
    if name not in FALSE_ALARMS:
        return None
    nearest = min(range(len(FALSE_ALARM_POINTS)), key=lambda place: abs(FALSE_ALARM_POINTS[place] - points))
    return FALSE_ALARMS[name][nearest]


def run_length_between_alarms(rules: Sequence[str], shift: float = 0.0) -> float:
    """Return the mean number of points until an alarm where centre and sigma are known, exactly.

    A Markov chain over what the last points were, as C. W. Champ and W. H. Woodall (1987), Technometrics 29, 393-399,
    who print 370.40 for *beyond* alone and 91.75 for the four rules of Western Electric.

    Parameters
    ----------
    rules : sequence of str
        Names of rules or sets; without ``trend``, which looks at steps and not at zones.
    shift : float
        Distance of the true mean from the centre. Unit: sigma.

    Examples
    --------
    >>> round(run_length_between_alarms(["beyond"]), 1)
    370.4
    """
    chances, follow = _chain(tuple(sorted(rules_of(rules))), float(shift))
    size = len(follow)
    moves = np.zeros((size, size))
    for state, targets in enumerate(follow):
        for chance, target in zip(chances, targets, strict=True):
            if target >= 0:
                moves[state, target] += chance
    return float(np.linalg.solve(np.eye(size) - moves, np.ones(size))[0])


@lru_cache(maxsize=32)
def _chain(rules: tuple[str, ...], shift: float) -> tuple[tuple[float, ...], tuple[tuple[int, ...], ...]]:
    """Return the chances of the zones, and for each state the next one after each zone; -1 is an alarm."""
    if "trend" in rules:
        raise ModelError("A trend looks at steps, not at zones; its run length is not computed here.")
    edges = sorted(
        {0.0, *(ZONES[rule][2] for rule in rules if rule in ZONES), *([SIGMAS] if "beyond" in rules else [])}
    )
    cuts = [-np.inf, *(-edge for edge in reversed(edges) if edge), *edges, np.inf]
    chances = tuple(float(ndtr(high - shift) - ndtr(low - shift)) for low, high in pairwise(cuts))
    middles = [_middle(low, high) for low, high in pairwise(cuts)]
    counters = [(length, -1, 0.0, side) for length in _lengths(rules) for side in (1, -1)]
    zones = [(*ZONES[rule], side) for rule in rules if rule in ZONES for side in (1, -1)]
    start: tuple[tuple[int, ...], ...] = (tuple(0 for _ in counters), *(() for _ in zones))
    states, follow, place = {start: 0}, [], 0
    queue = [start]
    while place < len(queue):
        row = []
        for middle in middles:
            after = _step(queue[place], middle, counters, zones, "beyond" in rules)
            if after is not None and after not in states:
                states[after] = len(queue)
                queue.append(after)
            row.append(-1 if after is None else states[after])
        follow.append(tuple(row))
        place += 1
    return chances, tuple(follow)


def _lengths(rules: tuple[str, ...]) -> list[int]:
    return [length for name, length in (("run", RUN_LENGTH), ("run_of_seven", NHS_RUN)) if name in rules]


def _middle(low: float, high: float) -> float:
    if low == -np.inf:
        return high - 1.0
    return low + 1.0 if high == np.inf else (low + high) / 2


def _step(
    state: tuple[tuple[int, ...], ...],
    value: float,
    counters: Sequence[tuple[int, int, float, int]],
    zones: Sequence[tuple[int, int, float, int]],
    has_limits: bool,
) -> tuple[tuple[int, ...], ...] | None:
    """Return what a chart remembers after one more point; None where a rule fires."""
    if has_limits and abs(value) > SIGMAS:
        return None
    runs = tuple(held + 1 if value * c[3] > 0 else 0 for held, c in zip(state[0], counters, strict=True))
    if any(run >= c[0] for run, c in zip(runs, counters, strict=True)):
        return None
    memories: list[tuple[int, ...]] = []
    for memory, (wanted, window, sigmas, side) in zip(state[1:], zones, strict=True):
        # how many points ago each point beyond was; older ones than the window are forgotten
        ages = [age + 1 for age in memory if age + 1 < window]
        if value * side > sigmas:
            ages = [*ages, 0]
            if len(ages) >= wanted:
                return None
        memories.append(tuple(ages))
    return (runs, *memories)
