"""The cheapest next data: whose answers, and how many of them, would settle what is too close to call.

More answers narrow a gate and move it. With k more people of a group an item's count grows from n to n + k · (share of
the group that is asked it and names a level), and the part of its variance that a closed group leaves, (1 − r)/n,
shrinks with it (Cochran 1977, section 2.6). Where the level will then stand is not known, but how far it can still
move is: the variance that the answers take away. So each draw of what the levels could be
(`workbench.readiness.draws`) is led back towards today's estimate by that share and judged with the error it would
have; the share of draws in which a class comes out is the chance that these answers settle it (a preposterior
analysis: H. Raiffa and R. Schlaifer 1961, *Applied Statistical Decision Theory*, chapter 5).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from workbench.readiness.classes import OPEN, decide
from workbench.readiness.draws import level_draws
from workbench.readiness.inputs import Settings
from workbench.readiness.instrument import Group, Instrument, Item, routed
from workbench.readiness.scores import DIMENSION, ITEM, ROLE, Part, Scores

SETTLES = 0.85
"""Chance from which answers are said to settle a class (ours)."""

TRIED = 400
"""Draws in which a number of further answers is tried (ours): the chance is known to .02."""

COMPOSITIONS = 20
"""Ways in which those who answer may be spread over roles, where anybody may (ours)."""

MOST_UNKNOWN = 60
"""Further answers that are tried where nobody knows how many people there are (ours)."""

MOST_ARTEFACTS = 3
"""Artefacts that are named where every answer is in (ours)."""

EVERYBODY = ""
"""In place of a role: whoever has not answered."""


@dataclass(frozen=True)
class Ask:
    """What would settle a class.

    Attributes
    ----------
    role : str
        Whose answers; empty for whoever has not answered.
    line : str
        In which line; empty for the whole organisation.
    people : int or None
        How many more; 0 where every answer is in, None where the number may not be shown.
    chance : float or None
        That they settle it (share); None where it may not be shown.
    gates : tuple of str
        Dimensions that are open, the closest first.
    is_all : bool
        Whether these are all who have not answered.
    items : tuple of str
        Items to look at the evidence of where every answer is in, or where all missing ones may not do.
    """

    role: str
    line: str
    people: int | None
    chance: float | None
    gates: tuple[str, ...]
    is_all: bool = False
    items: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Gate:
    """One gate of one part: its items as they count in it."""

    items: tuple[Item, ...]
    value: float
    error: float
    counts: np.ndarray
    response: np.ndarray
    asked: np.ndarray
    yields: np.ndarray
    answers: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True, eq=False)
class _Trial:
    """All that a trial of further answers needs, whatever their number."""

    instrument: Instrument
    part: Part
    gates: tuple[_Gate | None, ...]
    drawn: np.ndarray
    spreads: np.ndarray
    settings: Settings


def ask_next(
    scores: Scores,
    part: Part,
    settings: Settings,
    *,
    nameable: Set[tuple[str, str]],
    looked_at: Set[tuple[str, str]] = frozenset(),
) -> Ask:
    """Return the fewest further answers that would settle a line's class, or the evidence that would.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    part : Part
        A line that is too close to call.
    settings : Settings
        `sure`, `draws` and `seed`.
    nameable : set of (line, role)
        Roles that may be named as silent, in a line, or (line "") in the organisation; others are asked for without
        their name.
    looked_at : set of (item, line)
        Evidence that is in already; line "" is the organisation.
    """
    instrument = scores.instrument
    is_open = open_gates(scores, part, settings.sure)
    names = tuple(group.id for group in is_open)
    gates = {group.id: _gate(scores, part, group) for group in instrument.gates}
    trial = _Trial(
        instrument,
        part,
        tuple(gates[group.id] for group in instrument.gates),
        level_draws(scores, part, TRIED, settings.seed, names=[group.id for group in instrument.gates]),
        _spreads(scores, part, settings.seed),
        settings,
    )
    wanted = _items_to_see(gates, is_open, part, instrument, looked_at)
    groups = _askable(scores, part, is_open, nameable)
    best: tuple[int, int, Ask] | None = None
    whole, most_likely = None, -1.0
    for rank, ((line, role), cells) in enumerate(groups):
        most = sum(cells.values())

        def chance(people: int, cells: Mapping[tuple[str, str], int] = cells) -> float:
            return _chance(trial, cells, people)

        everything = chance(most)
        ask = Ask(role, line, most, everything, names, is_all=bool(scores.silent))
        if role == EVERYBODY and everything > most_likely:
            whole, most_likely = ask, everything
        if everything < SETTLES:
            continue
        people = _fewest(chance, most)
        if best is None or (people, rank) < best[:2]:
            settled = Ask(role, line, people, chance(people), names, is_all=bool(scores.silent) and people == most)
            best = (people, rank, settled)
    if best is not None:
        return best[2]
    if whole is not None:
        return Ask(whole.role, whole.line, whole.people, whole.chance, names, whole.is_all, wanted)
    return Ask(EVERYBODY, part.id, 0, 0.0, names, items=wanted)


def open_gates(scores: Scores, part: Part, sure: float) -> list[Group]:
    """Return the gates that have neither passed nor failed, the closest to a boundary first; else all.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    part : Part
    sure : float
        Share.
    """
    instrument = scores.instrument
    found = [group for group in instrument.gates if _is_open(scores, part, group, sure)]
    places = {group.id: place for place, group in enumerate(instrument.gates)}
    return sorted(found or list(instrument.gates), key=lambda group: (_distance(scores, part, group), places[group.id]))


def _thresholds(instrument: Instrument, group: Group) -> tuple[float, ...]:
    levels = instrument.gate_levels
    if levels is None:
        return ()
    return (levels.moving, levels.standing) if group.gate == "structure" else (levels.standing,)


def _is_open(scores: Scores, part: Part, group: Group, sure: float) -> bool:
    level = scores.get(DIMENSION, part, group.id).level
    for threshold in _thresholds(scores.instrument, group):
        certainty = None if level is None else level.certainty_at_least(threshold)
        if certainty is None or 1 - sure < certainty < sure:
            return True
    return False


def _distance(scores: Scores, part: Part, group: Group) -> float:
    level = scores.get(DIMENSION, part, group.id).level
    if level is None:
        return 0.0
    return min((abs(level.value - threshold) for threshold in _thresholds(scores.instrument, group)), default=0.0)


def _askable(
    scores: Scores, part: Part, is_open: list[Group], nameable: Set[tuple[str, str]]
) -> list[tuple[tuple[str, str], dict[tuple[str, str], int]]]:
    """Return groups of people who could still answer, as (line, role) → how many, the line's before all others'."""
    instrument = scores.instrument
    items = [item for group in is_open for item in instrument.items_below(group.id)]
    asked = {role.id: set(routed(instrument, role.id)) for role in instrument.shown_roles}
    if scores.silent:
        silent = {cell: people for cell, people in scores.silent.items() if people}
    else:
        silent = _alike(scores, part)
    found: list[tuple[tuple[str, str], dict[tuple[str, str], int]]] = []
    for line, is_near in ((part.id, True), ("", False)):
        if not is_near and (not scores.silent or not any(item.scope == "organisation" for item in items)):
            continue  # people of other lines say nothing about this one
        useful = {item.id for item in items if is_near or item.scope == "organisation"}
        cells = {
            cell: people
            for cell, people in silent.items()
            if (not is_near or cell[0] in ("", part.id)) and asked[cell[1]] & useful
        }
        roles = [role.id for role in instrument.shown_roles if (line, role.id) in nameable and scores.silent]
        for role in roles:
            own = {cell: people for cell, people in cells.items() if cell[1] == role}
            if own:
                found.append(((line, role), own))
        if cells:
            found.append(((line, EVERYBODY), cells))
    return found


def _alike(scores: Scores, part: Part) -> dict[tuple[str, str], int]:
    """Return further people like those who answered, where nobody knows how many there are."""
    roles = {role.id: Part(ROLE, role.id, role.name) for role in scores.instrument.shown_roles}
    held = {role: len(scores.members[part] & scores.members[one]) for role, one in roles.items()}
    whole = sum(held.values())
    return {(part.id, role): max(1, round(MOST_UNKNOWN * n / whole)) for role, n in held.items() if n}


def _gate(scores: Scores, part: Part, group: Group) -> _Gate | None:
    """Return what the items of a gate contribute to its error; None where it has no level or no error."""
    score = scores.get(DIMENSION, part, group.id)
    level = score.level
    if level is None or level.standard_error is None:
        return None
    trace = scores.traces[score.key]
    items = tuple(scores.instrument.item(name) for name in trace.items if name in score.items_used)
    places = [trace.items.index(item.id) for item in items]
    shares = trace.weights[:, places].sum(axis=0)
    held = [scores.get(ITEM, part, item.id) for item in items]
    influence = np.array([scores.traces[one.key].influence for one in held]) * shares[:, None]
    covariance = influence @ influence.T
    if covariance.sum() < 1e-12:
        errors = np.array([one.level.standard_error or 0.0 if one.level else 0.0 for one in held]) * shares
        covariance = np.outer(errors, errors)  # borrowed spreads move together, the careful side
    counts = np.array([one.people or 0 for one in held], dtype=float)
    response = np.array([0.0 if one.response is None else one.response for one in held])
    asked = np.array([_asked(scores, one.response, one.level.asked if one.level else None) for one in held])
    likely = np.array([_answering(scores, item) for item in items]).reshape(-1, 2)
    answers, yields = likely[:, 0], likely[:, 1]
    return _Gate(items, level.value, level.standard_error, counts, response, asked, yields, answers, covariance)


def _asked(scores: Scores, response: float | None, asked: int | None) -> float:
    return math.inf if response is None or not asked or not scores.silent else float(asked)


def _answering(scores: Scores, item: Item) -> tuple[float, float]:
    """Shares of those who send a sheet and are asked an item who answer it at all, and who name a level.

    Of the whole organisation: what few people of one line did not skip, others may.
    """
    held = scores.get(ITEM, scores.parts[0], item.id)
    roles = [one for one in scores.parts if one.kind == ROLE and item.id in routed(scores.instrument, one.id)]
    asked = len(frozenset().union(*(scores.members[one] for one in roles)))
    levels = float(held.people or 0)
    if not asked:
        return 1.0, 1.0
    whole = held.level.asked if held.level is not None else None
    given = levels if held.response is None or not whole else held.response * whole
    return min(1.0, given / asked), min(1.0, levels / asked)


def _spreads(scores: Scores, part: Part, seed: int) -> np.ndarray:
    """Draw how far answers will be found to lie apart, once more of them are in, against today."""
    found = []
    for place, group in enumerate(scores.instrument.gates):
        level = scores.get(DIMENSION, part, group.id).level
        half = max(level.df, 1.0) / 2 if level is not None and level.df is not None else 0.5
        found.append(np.sqrt(np.random.default_rng([seed, place]).standard_gamma(half, TRIED) / half))
    return np.column_stack(found)


def _chance(trial: _Trial, cells: Mapping[tuple[str, str], int], people: int) -> float:
    """Return the share of draws in which the class is decided once so many people of these cells have answered."""
    levels = trial.instrument.gate_levels
    if levels is None:
        return 0.0
    answering = _compositions(trial.settings.seed, list(cells.values()), people)
    which = np.arange(TRIED) % len(answering)
    moving, standing = np.full(trial.drawn.shape, np.nan), np.full(trial.drawn.shape, np.nan)
    for place, gate in enumerate(trial.gates):
        if gate is None:
            continue
        errors, df = _after(gate, answering @ _reach(trial, gate, list(cells)))
        left = np.minimum(1.0, errors / gate.error) if gate.error > 0 else np.zeros(len(errors))
        values = gate.value + (trial.drawn[:, place] - gate.value) * np.sqrt(1 - left**2)[which]
        is_known, reach = (errors < 1e-9)[which], np.maximum(errors, 1e-9)[which] * trial.spreads[:, place]
        for held, threshold in ((moving, levels.moving), (standing, levels.standing)):
            sure = stdtr(df[which], (values - threshold) / reach)
            held[:, place] = np.where(is_known, values >= threshold - 1e-12, sure)
    return float((decide(trial.instrument, moving, standing, trial.settings.sure) != OPEN).mean())


def _compositions(seed: int, silent: list[int], people: int) -> np.ndarray:
    """Draw who answers of those asked without regard to role: how many of each cell, a row a draw."""
    if len(silent) == 1 or people >= sum(silent):
        return np.array([silent], dtype=float) * min(1.0, people / sum(silent))
    return np.random.default_rng(seed).multivariate_hypergeometric(silent, people, size=COMPOSITIONS).astype(float)


def _reach(trial: _Trial, gate: _Gate, cells: list[tuple[str, str]]) -> np.ndarray:
    """Return which people (a row a cell) are asked which items of a gate, as answers that count here."""
    found = np.zeros((len(cells), len(gate.items)))
    for row, (line, role) in enumerate(cells):
        asked = set(routed(trial.instrument, role))
        for column, item in enumerate(gate.items):
            is_here = item.scope == "organisation" or line in ("", trial.part.id)
            found[row, column] = item.id in asked and is_here
    return found


def _after(gate: _Gate, added: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard error and the degrees of freedom that a gate would have, with more people on its items."""
    counts = gate.counts + added * gate.yields
    more = np.where(np.isfinite(gate.asked), added * gate.answers / gate.asked, 0.0)
    response = np.minimum(1.0, gate.response + more)
    response = np.where(response > 1 - 1e-9, 1.0, response)
    before = (1 - gate.response) / np.maximum(gate.counts, 1)
    after = (1 - response) / np.maximum(counts, 1)
    scale = np.sqrt(np.divide(after, before, out=np.zeros_like(after), where=before > 0))
    errors = np.sqrt(np.maximum(0.0, np.einsum("ci,ij,cj->c", scale, gate.covariance, scale)))
    df = counts.shape[1] / (1 / np.maximum(counts, 1)).sum(axis=1) - 1
    return errors, np.maximum(df, 1.0)


def _fewest(chance: Callable[[int], float], most: int) -> int:
    """Return the fewest people whose answers would do, by halving: more answers do not settle less."""
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        if chance(middle) >= SETTLES:
            high = middle
        else:
            low = middle
    return high


def _items_to_see(
    gates: Mapping[str, _Gate | None],
    is_open: list[Group],
    part: Part,
    instrument: Instrument,
    looked_at: Set[tuple[str, str]],
) -> tuple[str, ...]:
    """Return the items whose artefacts say most about what is open: not looked at yet, and least known from answers."""
    found: list[tuple[bool, int, float, int, str]] = []
    for rank, group in enumerate(is_open[:2]):
        gate = gates[group.id]
        own = {} if gate is None else dict(zip(gate.items, gate.covariance.sum(axis=1), strict=True))
        for place, item in enumerate(instrument.items_below(group.id)):
            if item.evidence:
                is_known = bool({(item.id, part.id), (item.id, "")} & looked_at)
                found.append((is_known, rank, -own.get(item, math.inf), place, item.id))
    return tuple(name for *_, name in sorted(found)[:MOST_ARTEFACTS])
