"""Nobody is exposed: the one guard through which scores pass before anything may show them.

A group below the minimum is hidden, and so are further groups until no sum or difference of what is shown speaks of
fewer people than the minimum. Two questions are asked of everything that is shown together, one exact about people,
one exact about answers:

- *people*: each shown number stands for a set of people. Does some combination of these sets leave only a few people?
- *answers*: each shown level is a weighted sum of answers. Does some combination depend on a few people's answers only?

Both are questions of rank (`workbench.readiness.suppression`). What was published before, by earlier runs and of
earlier waves, enters both as rows that cannot be hidden any more (`workbench.readiness.ledger`); other numbers that
want to be shown beside the levels are offered with their own rows (`workbench.readiness.unknowns.Offer`) and decided
with them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace

import numpy as np

from workbench.readiness.audit import Audit, Reach, Table, audit_tables
from workbench.readiness.disclosure import Atoms, Shown, find_atoms, level_table, people_table
from workbench.readiness.inputs import NOT_ASKED, OPENLY_NAMED, Settings
from workbench.readiness.instrument import Group, routed
from workbench.readiness.ledger import HEAD, LEVEL, SEEN, Publication
from workbench.readiness.scores import (
    CUT,
    DIMENSION,
    ITEM,
    LINE,
    ORGANISATION,
    ROLE,
    WEIGHTED,
    Key,
    Part,
    Score,
    Scores,
)
from workbench.readiness.suppression import Cell, find_leak, merge_columns, suppress
from workbench.readiness.unknowns import Columns, Marks, Offer, Term
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

HALF = 0.5 / 10**DECIMALS + 1e-9
"""How far a level may lie from what it is rounded to."""

_TIERS = {
    (WEIGHTED, LINE): -3,
    (ITEM, ROLE): -2,
    (ITEM, CUT): -1,
    (DIMENSION, ROLE): 0,
    (WEIGHTED, ORGANISATION): 0,
    (ITEM, LINE): 1,
    (DIMENSION, CUT): 2,
    (DIMENSION, LINE): 3,
    (ITEM, ORGANISATION): 4,
}
"""What is given up first; the organisation's own dimensions last."""

FIRM = 5
"""Kinds that are not named above give way last."""

_PART_TIERS = {ROLE: 0, CUT: 2, LINE: 3, ORGANISATION: 5}


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
    extra : mapping of key to str
        Of each number that was offered besides: why it is hidden, nothing where it may be shown.
    audit : Audit
        How many bounds were looked at, and how many numbers were hidden because of them.
    """

    scores: Mapping[Key, Score]
    heads: Mapping[Part, Head]
    hidden: Mapping[Key, str]
    information_lost: float
    extra: Mapping[Key, str] = field(default_factory=dict)
    audit: Audit = field(default_factory=Audit)

    def get(self, measure: str, part: Part, name: str) -> Score:
        """Return one score."""
        return self.scores[(measure, part.kind, part.id, name)]

    def allows(self, part: Part, dimensions: Iterable[str]) -> bool:
        """Return whether each of these dimensions is shown for a part."""
        return all(self.get(DIMENSION, part, name).level is not None for name in dimensions)


@dataclass(frozen=True, eq=False)
class _Task:
    """What is decided together."""

    scores: Scores
    minimum: int
    people: Mapping[str, int]
    marks: Marks | None
    published: tuple[Publication, ...]
    extra: tuple[Offer, ...]

    def indicator(self, keys: Iterable[str]) -> np.ndarray:
        row = np.zeros(len(self.people))
        row[[self.people[key] for key in keys]] = 1.0
        return row

    def published_people(self, what: str, name: str) -> np.ndarray:
        """Whose number was published, of this wave and this dimension or item."""
        rows = [
            self.indicator(keys)
            for held in self.published
            for (kind, wave, about, _), keys in held.counts.items()
            if (kind, wave, about) == (what, self.scores.wave, name)
        ]
        return np.array(rows).reshape(len(rows), len(self.people))


def tier_of(measure: str, kind: str) -> int:
    """Return how important a kind of number is: the least important gives way first."""
    return _TIERS.get((measure, kind), FIRM)


def protect(
    scores: Scores,
    settings: Settings,
    published: Iterable[Publication] = (),
    extra: Iterable[Offer] = (),
) -> ProtectedScores:
    """Return what may be shown of a wave: groups too small hidden, and what would give them away.

    Parameters
    ----------
    scores : Scores
        Unprotected; of the wave that is judged.
    settings : Settings
        ``minimum_group``; 1 hides nothing (an openly named assessment).
    published : iterable of Publication
        What earlier runs showed, of this wave or another: it cannot be hidden any more, so what would give somebody
        away together with it is hidden now.
    extra : iterable of Offer
        Further numbers that want to be shown: levels of earlier waves, changes. `ProtectedScores.extra` says of each
        whether it may.

    Returns
    -------
    ProtectedScores
        Levels with one decimal, shares with two, no standard errors.
    """
    before, offers = tuple(published), tuple(extra)
    if settings.minimum_group == OPENLY_NAMED:
        return _published(scores, frozenset(), frozenset(), frozenset(), settings.minimum_group, offers, Audit())
    if all(_may_hold(held, scores, offers) for held in before):
        # What follows from the answers as they are now was, in the usual case, published just so: then nothing is new.
        free = _protect(scores, settings.minimum_group, (), offers)
        if all(_holds(held, scores, free, offers) for held in before):
            return free
    return _protect(scores, settings.minimum_group, before, offers)


def _protect(
    scores: Scores, minimum: int, published: tuple[Publication, ...], extra: tuple[Offer, ...]
) -> ProtectedScores:
    task = _task(scores, minimum, published, extra)
    hidden_parts = _hide_parts(task)

    def hide(group: Group) -> set[tuple[str, ...]]:
        keys = _offered(scores, group)
        return _hide(task, group, keys, {key for key in keys if key[1:3] in hidden_parts})

    hidden = set().union(*map(hide, scores.instrument.groups))
    hidden, found_bounds = _close_bounds(task, hidden)
    unseen: set[tuple[str, ...]] = set()
    for group in scores.instrument.groups:
        unseen.update(_hide_shares(task, _offered(scores, group), hidden))
    return _published(scores, hidden_parts, hidden, unseen, minimum, extra, found_bounds)


def _close_bounds(task: _Task, hidden: set[tuple[str, ...]]) -> tuple[set[tuple[str, ...]], Audit]:
    """Hide more until no bounds of a small group come close; what earlier runs gave away stays so."""
    start = time.perf_counter()
    atoms = find_atoms(task.scores, task.people)
    solved: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}
    closed = [_close_group(task, group, atoms, hidden, solved) for group in task.scores.instrument.groups]
    found = hidden.union(*(more for more, _ in closed))
    checked, left = sum(held.checked for _, held in closed), sum(len(held.leaks) for _, held in closed)
    return found, Audit((), checked, time.perf_counter() - start, len(found) - len(hidden), left)


def _close_group(
    task: _Task,
    group: Group,
    atoms: Atoms,
    hidden: set[tuple[str, ...]],
    solved: dict[bytes, tuple[np.ndarray, np.ndarray]],
) -> tuple[set[tuple[str, ...]], Audit]:
    """Return what more to hide of one dimension, and what is left of its bounds then."""
    found, before = set(hidden), -1
    while before != len(found):
        before = len(found)
        # Hiding a number only lets more fit, so what was seen stays seen; new tables are needed where answers enter
        # nothing that is shown any more.
        tables = list(_tables(task, group, atoms, found))
        reach = [Reach.of(table) for table in tables]
        result = audit_tables(tables, reach, solved)
        while closing := _closing(task, result, found):
            found |= closing
            tables = [table.without(found) for table in tables]
            result = audit_tables(tables, reach, solved)
        if all(table.is_tied for table in tables):
            break
    return found - hidden, result


def _closing(task: _Task, result: Audit, hidden: Set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Return one number to hide for each leak: the least important of those that hold its bounds."""
    own = {offer.key for offer in task.extra}.union(task.scores.scores)
    found: set[tuple[str, ...]] = set()
    for leak in result.leaks:
        views = [view for view in leak.views if view in own and view not in hidden]
        if views and not found.intersection(views):
            found.add(min(views, key=lambda view: _importance(task, view)))
    return found


def _importance(task: _Task, key: tuple[str, ...]) -> tuple[int, int, tuple[str, ...]]:
    """Return what orders numbers by how willingly they are given up."""
    offer = next((offer for offer in task.extra if offer.key == key), None)
    if offer is not None:
        return offer.tier, len(offer.people), key
    measure, kind, part, name = key
    return tier_of(measure, kind), len(task.scores.traces[(measure, kind, part, name)].line_people), key


def _tables(task: _Task, group: Group, atoms: Atoms, hidden: Set[tuple[str, ...]]) -> Iterable[Table]:
    """Return what the audit asks of one dimension: its levels together, and each of its numbers of people."""
    scores = task.scores
    keys = [key for key in _offered(scores, group) if key not in hidden and scores.scores[key].level is not None]
    names = {group.id, *(item.id for item in scores.instrument.items if item.group == group.id)}
    shown = [Shown(key, _terms(scores, key), *bounds_of(_leveled(task, key))) for key in keys]
    shown += [
        Shown(offer.key, offer.terms, offer.low, offer.high)
        for offer in task.extra
        if offer.key[3] in names and offer.key not in hidden and offer.low is not None and offer.high is not None
    ]
    waves = {term.wave for held in shown for term in held.terms}
    shown += [
        Shown(("published", before.id, *key), terms, *before.bounds[key])
        for before in task.published
        for key, terms in before.levels.items()
        if key[3] in names and key in before.bounds and any(term.wave in waves for term in terms)
    ]
    if shown:
        yield level_table(shown, atoms, task.people, scores.instrument, scores.wave, task.minimum, task.marks)
    for name in sorted(names):
        counts = [(key, scores.traces[key].line_people) for key in keys if key[3] == name]
        if counts:
            yield people_table(counts, atoms, task.minimum)


def _leveled(task: _Task, key: Key) -> Score:
    return as_shown(task.scores.scores[key], task.scores, task.minimum, is_hidden=False, is_unseen=True)


def bounds_of(score: Score) -> tuple[float, float]:
    """Return what a level as it is shown lies between."""
    if score.level is None:
        return -math.inf, math.inf
    low = -math.inf if score.edge == "≤" else score.level.value - (0.0 if score.edge else HALF)
    high = math.inf if score.edge == "≥" else score.level.value + (0.0 if score.edge else HALF)
    return low, high


def _indicator(people: frozenset[int], count: int) -> np.ndarray:
    row = np.zeros(count)
    row[sorted(people)] = 1.0
    return row


def _task(scores: Scores, minimum: int, published: tuple[Publication, ...], extra: tuple[Offer, ...]) -> _Task:
    """Give everybody who stands behind any of the numbers a place; those of this wave come first."""
    others: set[str] = set()
    for offer in extra:
        others.update(offer.people, *(term.keys for term in offer.terms))
    for held in published:
        others.update(*held.counts.values(), *(term.keys for terms in held.levels.values() for term in terms))
    order = [*scores.keys, *sorted(others - set(scores.keys))]
    people = {key: place for place, key in enumerate(order)}
    return _Task(scores, minimum, people, Marks() if published else None, published, extra)


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


def _hide_parts(task: _Task) -> frozenset[tuple[str, str]]:
    """Parts whose number of people may not be shown; nothing about them is shown then."""
    scores = task.scores
    cells = []
    for part in scores.parts:
        people = scores.members[part]
        cells.append(Cell((part.kind, part.id), _PART_TIERS[part.kind], len(people), _row(task, people)))
    small = {cell.key for cell in cells if cell.cost < task.minimum}
    owners = np.eye(len(task.people), dtype=bool)
    found = suppress(cells, small, task.minimum, owners, task.published_people(HEAD, ""))
    return frozenset((str(key[0]), str(key[1])) for key in found)


def _offered(scores: Scores, group: Group) -> list[Key]:
    """List what could be shown of one dimension: every measure of it and of its items, for every part."""
    items = {item.id for item in scores.instrument.items if item.group == group.id}
    return [key for key in scores.scores if key[3] == group.id or key[3] in items]


def _row(task: _Task, people: frozenset[int]) -> np.ndarray:
    row = np.zeros(len(task.people))
    row[sorted(people)] = 1.0
    return row


def _hide(task: _Task, group: Group, keys: list[Key], forced: Set[Key]) -> set[tuple[str, ...]]:
    """Return what must not be shown of one dimension: first by its people, then by its answers."""
    scores, items = task.scores, {item.id for item in task.scores.instrument.items if item.group == group.id}
    offers = [offer for offer in task.extra if offer.key[3] == group.id or offer.key[3] in items]
    cells = [_people_cell(task, key, scores.traces[key].line_people) for key in keys]
    cells += [
        Cell(offer.key, offer.tier, len(offer.people), task.indicator(offer.people)) for offer in offers if offer.people
    ]
    hidden = _hide_people(task, LEVEL, cells, forced)
    names = {group.id, *items}
    return suppress(*_weighted(task, keys, offers, names, hidden))


def _hide_shares(task: _Task, keys: list[Key], hidden: Set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Return whose share that can see must not be shown."""
    cells = [_people_cell(task, key, task.scores.traces[key].seen_by) for key in keys]
    return _hide_people(task, SEEN, cells, hidden)


def _hide_people(task: _Task, what: str, cells: list[Cell], hidden: Set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Hide by numbers of people: only those of the same dimension or item can be subtracted from each other."""
    owners = np.eye(len(task.people), dtype=bool)
    found = set(hidden) | {cell.key for cell in cells if cell.cost < task.minimum}
    by_name: dict[str, list[Cell]] = {}
    for cell in cells:
        by_name.setdefault(str(cell.key[3]), []).append(cell)
    for name, held in by_name.items():
        found |= suppress(held, found, task.minimum, owners, task.published_people(what, name))
    return found


def _people_cell(task: _Task, key: Key, people: frozenset[int]) -> Cell:
    return Cell(key, tier_of(key[0], key[1]), len(people), _row(task, people))


def _weighted(
    task: _Task, keys: list[Key], offers: list[Offer], names: Set[str], hidden: Set[tuple[str, ...]]
) -> tuple[list[Cell], set[tuple[str, ...]], int, np.ndarray, np.ndarray]:
    """Give each number its row over the answers (person × item × wave); alike answers are merged at once."""
    rows = [_terms(task.scores, key) for key in keys]
    rows += [offer.terms for offer in offers]
    waves = {term.wave for terms in rows for term in terms}
    rows += [
        terms
        for held in task.published
        for key, terms in held.levels.items()
        if key[3] in names and any(term.wave in waves for term in terms)
    ]
    merged, owners = merge_columns(*Columns(task.people, task.marks).matrix(rows))
    costs = [len(task.scores.traces[key].line_people) for key in keys]
    costs += [len({key for term in offer.terms for key in term.keys}) for offer in offers]
    tiers = [tier_of(key[0], key[1]) for key in keys] + [offer.tier for offer in offers]
    labels: list[tuple[str, ...]] = [*keys, *(offer.key for offer in offers)]
    cells = [Cell(label, tier, cost, row) for label, tier, cost, row in zip(labels, tiers, costs, merged, strict=False)]
    return cells, set(hidden), task.minimum, owners, merged[len(labels) :]


def _terms(scores: Scores, key: Key) -> tuple[Term, ...]:
    trace = scores.traces[key]
    return (Term(scores.wave, scores.keys, trace.items, trace.weights, scores.answers),)


def publication(
    scores: Scores, shown: ProtectedScores, extra: Iterable[Offer] = (), *, run: str = "", when: str = ""
) -> Publication:
    """Return what becomes public with these scores, for the ledger.

    Parameters
    ----------
    scores : Scores
        Unprotected; `shown` was made of it.
    shown : ProtectedScores
    extra : iterable of Offer
        As they were offered.
    run, when : str
        The run's name, and when it was published (ISO).
    """
    wave = scores.wave
    counts: dict[tuple[str, str, str, Key], frozenset[str]] = {}
    levels: dict[Key, tuple[Term, ...]] = {}
    bounds: dict[Key, tuple[float, float]] = {}

    def named(people: Iterable[int]) -> frozenset[str]:
        return frozenset(scores.keys[place] for place in people)

    for part, head in shown.heads.items():
        if not head.hidden:
            counts[(HEAD, wave, "", (HEAD, part.kind, part.id, ""))] = named(scores.members[part])
    for key, held in shown.scores.items():
        if held.level is not None:
            counts[(LEVEL, wave, key[3], key)] = named(scores.traces[key].line_people)
            levels[key] = _terms(scores, key)
            bounds[key] = bounds_of(held)
            if held.visibility is not None:
                counts[(SEEN, wave, key[3], key)] = named(scores.traces[key].seen_by)
    for offer in extra:
        if not shown.extra[offer.key]:
            levels[offer.key] = offer.terms
            if offer.low is not None and offer.high is not None:
                bounds[offer.key] = (offer.low, offer.high)
            if offer.people:
                counts[(LEVEL, wave, offer.key[3], offer.key)] = offer.people
    return Publication(run, when, wave, counts, levels, bounds)


def _may_hold(before: Publication, scores: Scores, extra: tuple[Offer, ...]) -> bool:
    """Whether all that was published speaks of the same people as it would now: without that it cannot hold."""
    offered = {offer.key: offer.people for offer in extra}
    heads = {(HEAD, part.kind, part.id, ""): people for part, people in scores.members.items()}

    def people_of(what: str, key: Key) -> Set[str] | None:
        if what == LEVEL and key in offered:
            return offered[key]
        trace = scores.traces.get(key)
        if what == HEAD:
            found = heads.get(key)
        else:
            found = None if trace is None else trace.seen_by if what == SEEN else trace.line_people
        return None if found is None else {scores.keys[place] for place in found}

    return all(
        wave == scores.wave and people_of(what, key) == people for (what, wave, _, key), people in before.counts.items()
    )


def _holds(before: Publication, scores: Scores, shown: ProtectedScores, extra: tuple[Offer, ...]) -> bool:
    """Whether everything that was published follows row by row from what would be shown now."""
    now = publication(scores, shown, extra)
    if not before.counts.items() <= now.counts.items() or not before.levels.keys() <= now.levels.keys():
        return False
    task = _task(scores, 0, (before,), extra)
    columns = Columns(task.people, task.marks)
    for key, terms in before.levels.items():
        sides = [(side, columns.entries(term)) for side, held in ((1, terms), (-1, now.levels[key])) for term in held]
        places = np.concatenate([np.zeros(0, dtype=int), *(places for _, (places, _) in sides)])
        weights = np.concatenate([np.zeros(0), *(side * held for side, (_, held) in sides)])
        if np.abs(np.bincount(places, weights)).max(initial=0.0) > 1e-9:
            return False
    return True


def _published(
    scores: Scores,
    hidden_parts: Set[tuple[str, str]],
    hidden: Set[tuple[str, ...]],
    unseen: Set[tuple[str, ...]],
    minimum: int,
    extra: Iterable[Offer],
    found_bounds: Audit,
) -> ProtectedScores:
    shown = {
        key: as_shown(held, scores, minimum, is_hidden=key in hidden, is_unseen=key in unseen)
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
        {offer.key: PROTECTED if offer.key in hidden else "" for offer in extra},
        found_bounds,
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


def as_shown(score: Score, scores: Scores, minimum: int, *, is_hidden: bool, is_unseen: bool) -> Score:
    """Return a score as it leaves: rounded, its ends cut for a small group, without a number where it is hidden.

    Parameters
    ----------
    score : Score
        Unprotected.
    scores : Scores
        Those it belongs to.
    minimum : int
        Smallest group. Unit: people.
    is_hidden : bool
        Whether nothing of it may be shown.
    is_unseen : bool
        Whether its share that can see may not be shown.
    """
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
    low, high = scores.instrument.bounds(score.id)
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
