"""Nobody is exposed: the one guard through which scores pass before anything may show them.

A group below the minimum is hidden, and so are further groups until no sum or difference of what is shown speaks of
fewer people than the minimum. Two questions are asked of everything that is shown together, one exact about people,
one exact about answers:

- *people*: each shown number stands for a set of people. Does some combination of these sets leave only a few people?
- *answers*: each shown level is a weighted sum of answers. Does some combination depend on a few people's answers only?

Both are questions of rank: the shown numbers span a space, and a leak is a vector of that space that lives on fewer
than the minimum of people (for tables: L. H. Cox 1980, J. Am. Stat. Assoc. 75, 377-385). Cells are hidden one at a
time, the least important kind and the fewest people first. Bounds that come close without being exact, earlier waves
and earlier runs are not looked at here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from workbench.readiness.inputs import NOT_ASKED, OPENLY_NAMED, Settings
from workbench.readiness.instrument import routed
from workbench.readiness.scores import (
    CUT,
    DIMENSION,
    ITEM,
    LINE,
    ORGANISATION,
    ROLE,
    Key,
    Part,
    Score,
    Scores,
)
from workbench.stats import Estimate

PROTECTED = "hidden to protect a small group"
"""The one reason that is published: which of its kinds it was would tell how many people are hidden."""

NOBODY = "nobody answered"
NO_LEVEL = "too few answers"
"""These two are told apart in an openly named assessment only: elsewhere each would be a number of people."""

DISTRIBUTION_FROM = 10
"""People below which a uniform answer would expose everyone (ours)."""

EDGE = 0.05
"""Part of the scale at each end in which a small group's mean shows only as "≤ 1.2" or "≥ 4.8" (ours)."""

DECIMALS, SHARE_DECIMALS = 1, 2
"""What is shown is what leaves: a level with more decimals would give away more than the report does."""

TOLERANCE = 1e-9
"""Below this a number is rounding noise of the linear algebra, relative to rows of largest entry one."""

MOST_GROUPS = 5_000
"""Small groups tried one by one; beyond that a possible leak is treated as one (the careful side)."""

_TIERS = {
    (ITEM, ROLE): -2,
    (ITEM, CUT): -1,
    (DIMENSION, ROLE): 0,
    (ITEM, LINE): 1,
    (DIMENSION, CUT): 2,
    (DIMENSION, LINE): 3,
    (ITEM, ORGANISATION): 4,
}
"""What is given up first; the organisation's own dimensions last."""


@dataclass(frozen=True)
class Head:
    """How many people of a part answered, and how many belong to it; None where it is hidden or unknown."""

    part: Part
    people: int | None
    headcount: int | None
    hidden: str = ""

    @property
    def response(self) -> float | None:
        """Share of the people who answered; None where nobody knows."""
        if self.people is None or not self.headcount:
            return None
        return round(min(1.0, self.people / self.headcount), SHARE_DECIMALS)


@dataclass(frozen=True, eq=False)
class ProtectedScores:
    """What may be shown, rounded as it is shown. Made by `protect` only.

    Attributes
    ----------
    scores : mapping of key to Score
        Every score; a hidden one has no number and says why.
    heads : mapping of Part to Head
    hidden : mapping of key to str
        Reason: `PROTECTED` or, by the instrument alone, `NOT_ASKED`; openly named also `NOBODY` and `NO_LEVEL`.
    information_lost : float
        Share of the lines' dimensions that is hidden. Levels are counted, never people or answers: with one cell hidden
        its part of the answers would be its people.
    """

    scores: Mapping[Key, Score]
    heads: Mapping[Part, Head]
    hidden: Mapping[Key, str]
    information_lost: float

    def get(self, measure: str, part: Part, name: str) -> Score:
        """Return one score."""
        return self.scores[(measure, part.kind, part.id, name)]

    def allows(self, part: Part, dimensions: Iterable[str]) -> bool:
        """Return whether each of these dimensions is shown for a part."""
        return all(self.get(DIMENSION, part, name).level is not None for name in dimensions)


@dataclass(frozen=True, eq=False)
class _Cell:
    """A number that could be shown: who stands behind it and how it hangs on answers."""

    key: Key
    tier: int
    cost: int
    row: np.ndarray


def protect(scores: Scores, settings: Settings) -> ProtectedScores:
    """Return what may be shown of a wave: groups too small hidden, and what would give them away.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    settings : Settings
        ``minimum_group``; 1 hides nothing (an openly named assessment).

    Returns
    -------
    ProtectedScores
        Levels with one decimal, shares with two, no standard errors.
    """
    minimum = settings.minimum_group
    if minimum == OPENLY_NAMED:
        return _published(scores, frozenset(), frozenset(), frozenset(), minimum)
    hidden_parts = _hide_parts(scores, minimum)
    hidden: set[Key] = set()
    unseen: set[Key] = set()
    for group in scores.instrument.groups:
        keys = _offered(scores, group.id)
        forced = {key for key in keys if key[1:3] in hidden_parts}
        found = _hide(scores, keys, minimum, forced, lambda key: scores.traces[key].line_people, exact=True)
        hidden.update(found)
        unseen.update(_hide(scores, keys, minimum, found, lambda key: scores.traces[key].seen_by, exact=False))
    return _published(scores, hidden_parts, hidden, unseen, minimum)


def nameable_groups(scores: Scores, shown: ProtectedScores, minimum: int) -> frozenset[tuple[str, str]]:
    """Return the (line, role) that may be called silent: both sides large, and nobody's number given away by it.

    To name a role of a line says something about how many of it answered. It may be said where that number itself could
    stand beside all that is shown; those who speak for the whole organisation count in every line.

    Parameters
    ----------
    scores : Scores
        Unprotected.
    shown : ProtectedScores
    minimum : int
        Unit: people.
    """
    rows = [
        _indicator(scores.members[part], scores.respondents) for part, head in shown.heads.items() if not head.hidden
    ]
    roles = [part for part in scores.parts if part.kind == ROLE]
    owners = np.eye(scores.respondents, dtype=bool)
    found = set()
    for line in (part for part in scores.parts if part.kind == LINE):
        for role in roles:
            silent = scores.silent.get(("", role.id), 0) + scores.silent.get((line.id, role.id), 0)
            people = scores.members[line] & scores.members[role]
            if silent < minimum or len(people) < minimum:
                continue
            with_it = [*rows, _indicator(people, scores.respondents)]
            if minimum == OPENLY_NAMED or find_leak(np.array(with_it), owners, minimum) is None:
                found.add((line.id, role.id))
                rows = with_it
    return frozenset(found)


def find_leak(rows: np.ndarray, owners: np.ndarray, minimum: int) -> np.ndarray | None:
    """Return a combination of rows that depends on fewer than `minimum` people, or None if there is none.

    Parameters
    ----------
    rows : ndarray, shape (n_shown, n_answers)
        How each shown number hangs on each unknown answer.
    owners : ndarray of bool, shape (n_answers, n_people)
        Whose answer it is.
    minimum : int
        Unit: people.

    Returns
    -------
    ndarray, shape (n_shown,), or None
        Weights of the shown numbers in the combination.

    Examples
    --------
    Three people hide in the difference of two totals.

    >>> total, part = np.ones(9), np.array([1.0] * 6 + [0.0] * 3)
    >>> find_leak(np.array([total, part]), np.eye(9, dtype=bool), 5).round(2).tolist()
    [0.71, -0.71]
    >>> find_leak(np.array([total, part]), np.eye(9, dtype=bool), 3) is None
    True
    """
    shown, groups = _merged(rows, owners)
    is_small = groups.sum(axis=1) < minimum
    if not shown.size or not is_small.any():
        return None
    # Combinations in which every large group cancels; what is left of them lives on small groups only.
    silent = _null_space(shown[:, ~is_small].T) if (~is_small).any() else np.eye(len(shown))
    left = silent.T @ shown[:, is_small]
    basis = _row_space(left)
    reach = basis.T @ basis  # projection on what is left: a vector inside a set of columns has eigenvalue one there
    people = [frozenset(np.flatnonzero(held).tolist()) for held in groups[is_small]]
    for inside in _few_people(people, np.diag(reach), minimum):
        block = reach[inside][:, inside]
        if (block * block).sum() < 1 - 1e-6:
            continue  # the squares of its eigenvalues add up to less than one
        sizes, vectors = np.linalg.eigh(block)
        if sizes[-1] > 1 - 1e-6:
            wanted = np.zeros(left.shape[1])
            wanted[inside] = vectors[:, -1]
            found, *_ = np.linalg.lstsq(left.T, wanted, rcond=None)
            return _signed(silent @ found)
    return None


def _signed(weights: np.ndarray) -> np.ndarray:
    weights = weights / np.linalg.norm(weights)
    lead = weights[np.flatnonzero(np.abs(weights) > 1e-7)[0]]
    return weights if lead > 0 else -weights


def _merged(rows: np.ndarray, owners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Answers that enter every shown number alike cannot be told apart: they become one, owned by all their people."""
    scale = np.abs(rows).max(axis=1, keepdims=True)
    shown = rows / np.where(scale > 0, scale, 1.0)
    columns, place = np.unique(np.round(shown, 9), axis=1, return_inverse=True)
    place = np.asarray(place).reshape(-1)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(columns.shape[1]))
    groups = np.logical_or.reduceat(owners[order], starts, axis=0) if len(starts) else owners[:0]
    # People with the same answers are told apart by their place alone: an order of their own makes the rows' order
    # of no consequence for what is hidden.
    groups = groups[:, np.lexsort(groups)] if groups.size else groups
    is_used = np.abs(columns).max(axis=0) > TOLERANCE if columns.size else np.zeros(0, dtype=bool)
    return columns[:, is_used], groups[is_used]


def _null_space(matrix: np.ndarray) -> np.ndarray:
    """Orthonormal columns that the matrix sends to nothing."""
    # The square factor on the side of the answers is never wanted, and is by far the larger one.
    _, sizes, right = np.linalg.svd(matrix, full_matrices=matrix.shape[0] < matrix.shape[1])
    rank = int((sizes > 1e-8 * max(1.0, sizes.max(initial=0.0))).sum())
    return right[rank:].T


def _row_space(matrix: np.ndarray) -> np.ndarray:
    if not matrix.size:
        return np.zeros((0, matrix.shape[1]))
    _, sizes, right = np.linalg.svd(matrix, full_matrices=False)
    return right[: int((sizes > 1e-7).sum())]


def _few_people(people: list[frozenset[int]], weight: np.ndarray, minimum: int) -> Iterable[list[int]]:
    """Yield the columns of every union of small groups below the minimum that could hold a vector; largest first.

    A column whose `weight` is nothing is in no vector, and the columns of a vector weigh one or more together.
    """
    columns: dict[frozenset[int], list[int]] = {}
    for column, held in enumerate(people):
        if weight[column] > 1e-9:
            columns.setdefault(held, []).append(column)
    distinct = sorted(columns, key=lambda held: (len(held), sorted(held)))
    found: set[frozenset[int]] = set(distinct)
    frontier = set(distinct)
    while frontier and len(found) <= MOST_GROUPS:
        frontier = {held | more for held in frontier for more in distinct if len(held | more) < minimum} - found
        found |= frontier
    if len(found) > MOST_GROUPS:
        yield [column for held in distinct for column in columns[held]]
        return
    for union in sorted(found, key=lambda held: (-len(held), sorted(held))):
        inside = [column for part in _parts_of(union) for column in columns.get(part, ())]
        if weight[inside].sum() > 1 - 1e-6:
            yield inside


def _parts_of(people: frozenset[int]) -> Iterable[frozenset[int]]:
    for size in range(1, len(people) + 1):
        yield from map(frozenset, combinations(sorted(people), size))


def _hide_parts(scores: Scores, minimum: int) -> frozenset[tuple[str, str]]:
    """Parts whose number of people may not be shown; nothing about them is shown then."""
    cells = []
    for part in scores.parts:
        row = _indicator(scores.members[part], scores.respondents)
        tier = {ROLE: 0, CUT: 2, LINE: 3, ORGANISATION: 5}[part.kind]
        cells.append(_Cell(("people", part.kind, part.id, ""), tier, len(scores.members[part]), row))
    owners = np.eye(scores.respondents, dtype=bool)
    found = _suppress(cells, set(), minimum, owners, lambda cell: len(scores.members[_part(scores, cell.key)]))
    return frozenset(key[1:3] for key in found)


def _part(scores: Scores, key: Key) -> Part:
    return next(part for part in scores.parts if (part.kind, part.id) == key[1:3])


def _offered(scores: Scores, group: str) -> list[Key]:
    """List what could be shown of one dimension: it for every part, its items for the organisation and for lines."""
    items = {item.id for item in scores.instrument.items if item.group == group}
    return [
        key
        for key in scores.scores
        if (key[0] == DIMENSION and key[3] == group) or (key[0] == ITEM and key[3] in items)
    ]


def _hide(
    scores: Scores,
    keys: list[Key],
    minimum: int,
    forced: Set[Key],
    people_of: Callable[[Key], frozenset[int]],
    *,
    exact: bool,
) -> set[Key]:
    """Return what must not be shown of one dimension."""
    one_person = np.eye(scores.respondents, dtype=bool)
    cells = [_cell(scores, key, people_of(key), len(people_of(key))) for key in keys]
    hidden = set(forced)
    for held in _measures(cells):
        hidden.update(_suppress(held, hidden, minimum, one_person, lambda cell: len(people_of(cell.key))))
    if exact:
        weighted, owners = _weighted(scores, cells)
        hidden.update(_suppress(weighted, hidden, minimum, owners, lambda cell: len(people_of(cell.key))))
    return hidden


def _cell(scores: Scores, key: Key, people: frozenset[int], cost: int) -> _Cell:
    return _Cell(key, _TIERS.get(key[:2], 5), cost, _indicator(people, scores.respondents))


def _measures(cells: list[_Cell]) -> Iterable[list[_Cell]]:
    """Group cells that measure the same, the dimension or one item: only these can be subtracted from each other."""
    held: dict[str, list[_Cell]] = {}
    for cell in cells:
        held.setdefault(cell.key[0] if cell.key[0] == DIMENSION else cell.key[3], []).append(cell)
    return held.values()


def _indicator(people: frozenset[int], count: int) -> np.ndarray:
    row = np.zeros(count)
    row[sorted(people)] = 1.0
    return row


def _weighted(scores: Scores, cells: list[_Cell]) -> tuple[list[_Cell], np.ndarray]:
    """Give each cell its row over the answers (person × item) of the dimension; alike answers are merged at once."""
    items = list(dict.fromkeys(name for cell in cells for name in scores.traces[cell.key].items))
    count = scores.respondents
    rows = np.zeros((len(cells), count, len(items)))
    for place, cell in enumerate(cells):
        trace = scores.traces[cell.key]
        rows[place][:, [items.index(name) for name in trace.items]] = trace.weights
    owners = np.repeat(np.eye(count, dtype=bool), len(items), axis=0)
    merged, groups = _merged(rows.reshape(len(cells), -1), owners)
    return [replace(cell, row=row) for cell, row in zip(cells, merged, strict=True)], groups


def _suppress(
    cells: list[_Cell],
    hidden: Set[Key],
    minimum: int,
    owners: np.ndarray,
    people: Callable[[_Cell], int],
) -> set[Key]:
    """Hide what is too small; then let in kind after kind, the most important first, hiding what would leak.

    What was let in stays: a leak is closed by the cheapest cell of the kind that brought it.
    """
    found = set(hidden) | {cell.key for cell in cells if people(cell) < minimum}
    shown: list[_Cell] = []
    for tier in sorted({cell.tier for cell in cells}, reverse=True):
        trying = [cell for cell in cells if cell.tier == tier and cell.key not in found]
        while trying:
            together = [*shown, *trying]
            leak = find_leak(np.array([cell.row for cell in together]), owners, minimum)
            if leak is None:
                break
            weights = np.abs(leak[len(shown) :])
            involved = [cell for cell, weight in zip(trying, weights, strict=True) if weight > 1e-7] or trying
            cheapest = min(involved, key=lambda cell: (cell.cost, cell.key))
            found.add(cheapest.key)
            trying = [cell for cell in trying if cell is not cheapest]
        shown += trying
    return {cell.key for cell in cells if cell.key in found}


def _published(
    scores: Scores,
    hidden_parts: Set[tuple[str, str]],
    hidden: Set[Key],
    unseen: Set[Key],
    minimum: int,
) -> ProtectedScores:
    shown = {
        key: _as_shown(held, scores, minimum, is_hidden=key in hidden, is_unseen=key in unseen)
        for key, held in scores.scores.items()
    }
    heads = {}
    for part in scores.parts:
        reason = PROTECTED if (part.kind, part.id) in hidden_parts else ""
        people = None if reason else len(scores.members[part])
        heads[part] = Head(part, people, scores.headcounts[part], reason)
    lines = [key for key in scores.scores if key[:2] == (DIMENSION, LINE)]
    lost = sum(shown[key].hidden == PROTECTED for key in lines)
    return ProtectedScores(
        shown,
        heads,
        {key: score.hidden for key, score in shown.items() if score.hidden},
        round(lost / len(lines), SHARE_DECIMALS) if lines else 0.0,
    )


def _why_hidden(score: Score, scores: Scores, minimum: int) -> str:
    """Return the published reason: nothing that hangs on how many people are hidden."""
    if not score.people and not _is_asked(score, scores):
        return NOT_ASKED
    if minimum != OPENLY_NAMED:
        return PROTECTED
    return NO_LEVEL if score.people else NOBODY


def _is_asked(score: Score, scores: Scores) -> bool:
    """Whether the instrument asks anybody of a part; everybody may read so in the instrument."""
    instrument, part = scores.instrument, score.part
    if part.kind in (ORGANISATION, LINE):
        return True
    own = next((cut.roles for cut in instrument.cuts if part.kind == CUT and cut.id == part.id), (part.id,))
    names = {score.id} if score.measure == ITEM else {item.id for item in instrument.items_below(score.id)}
    return any(names & set(routed(instrument, role.id)) for role in instrument.roles if role.shown_as in own)


def _as_shown(score: Score, scores: Scores, minimum: int, *, is_hidden: bool, is_unseen: bool) -> Score:
    if is_hidden or score.level is None:
        # Shares go with the level: 0.80 of a few can only be four of five.
        return replace(
            score,
            level=None,
            band_low=None,
            band_high=None,
            visibility=None,
            not_applicable=None,
            response=None,
            people=None,
            items_used=(),
            items_left_out=(),
            hidden=_why_hidden(score, scores, minimum),
        )
    visibility = None if is_unseen else _rounded(score.visibility, SHARE_DECIMALS)
    applies_not = None if is_unseen else _rounded(score.not_applicable, SHARE_DECIMALS)
    low, high = scores.instrument.scale.lowest, scores.instrument.scale.highest
    level, edge = score.level, ""
    if minimum != OPENLY_NAMED and (score.people or 0) < DISTRIBUTION_FROM:
        reach = EDGE * (high - low)
        if level.value <= low + reach:
            level, edge = replace(level, value=low + reach), "≤"
        elif level.value >= high - reach:
            level, edge = replace(level, value=high - reach), "≥"
    return replace(
        score,
        level=_without_spread(level, is_edge=bool(edge)),
        band_low=None if edge else _outward(score.band_low, math.floor),
        band_high=None if edge else _outward(score.band_high, math.ceil),
        visibility=visibility,
        not_applicable=applies_not,
        response=_rounded(score.response, SHARE_DECIMALS),
        edge=edge,
    )


def _without_spread(level: Estimate, *, is_edge: bool) -> Estimate:
    return replace(
        level,
        value=round(level.value, DECIMALS),
        low=None if is_edge else _outward(level.low, math.floor),
        high=None if is_edge else _outward(level.high, math.ceil),
        standard_error=None,
        df=None,
    )


def _outward(bound: float | None, towards: Callable[[float], int]) -> float | None:
    """Return a bound rounded away from its level: an interval that is rounded inwards promises too much."""
    size = 10**DECIMALS
    return None if bound is None else towards(round(float(bound) * size, 6)) / size


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(float(value), decimals)
