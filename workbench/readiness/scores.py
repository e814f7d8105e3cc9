"""From answers to levels: item levels, dimension levels with intervals, bands, visibility and response.

An item's level is the mean of the people who were asked and gave a level; a dimension's is the plain mean of its
items', so that a skipped question changes no other. The interval sums each person's influence over the items, with
the correction for a closed group (docs/readiness.md, "How sure"; Cochran 1977, section 2.6, for one item). Open items
depend on everybody's answers and enter by jackknife pseudo-values (R. G. Miller 1974, Biometrika 61, 1-15).

Everything here is unprotected: only `workbench.readiness.anonymity.protect` makes of it what may be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from workbench.errors import ModelError
from workbench.readiness.combine import BORROWED, Node, combine_bands, combine_group, estimate, item_band, item_node
from workbench.readiness.grid import (
    CUT,
    KINDS,
    LEAST_ANSWERS,
    LINE,
    ORGANISATION,
    ROLE,
    WHOLE,
    Grid,
    Part,
    Table,
    build_grid,
    build_table,
    headcount,
    sheets_of,
    silent_people,
)
from workbench.readiness.inputs import NOT_ASKED, Answers, Settings
from workbench.readiness.instrument import Group, Instrument, Item
from workbench.readiness.levels import ItemLevels, overlap_levels
from workbench.readiness.weights import Weights
from workbench.stats import Estimate

DIMENSION, ITEM, WEIGHTED = "dimension", "item", "weighted dimension"
"""What is measured; the last is a dimension in which people stand for those of their role, line and unit."""


Key = tuple[str, str, str, str]
"""measure (``dimension``, ``item``, ``weighted dimension``), kind of part, id of part, id of dimension or item."""


@dataclass(frozen=True)
class Score:
    """One level with all that is needed to argue about it.

    Attributes
    ----------
    measure : str
        ``dimension``, ``item`` or ``weighted dimension``.
    id : str
        Which one.
    part : Part
        Of whom.
    level : Estimate or None
        None where too few answered, or (protected) where it is hidden.
    band_low, band_high : float or None
        The level if all absent answers stood at the bottom, and at the top of the scale.
    visibility, not_applicable : float or None
        Shares: levels among levels and "cannot see"; "not applicable" among all answers.
    response : float or None
        Share of the people asked who gave any answer; None where nobody knows how many were asked.
    people : int or None
        People with at least one level here.
    items_used, items_left_out : tuple of str
        Items with enough answers, and those without.
    edge : str
        ``≤`` or ``≥`` where only the end of the scale is shown, because a uniform answer would expose everyone.
    hidden : str
        Why nothing is shown; empty where it is.
    """

    measure: str
    id: str
    part: Part
    level: Estimate | None
    band_low: float | None = None
    band_high: float | None = None
    visibility: float | None = None
    not_applicable: float | None = None
    response: float | None = None
    people: int | None = None
    items_used: tuple[str, ...] = ()
    items_left_out: tuple[str, ...] = ()
    edge: str = ""
    hidden: str = ""

    @property
    def key(self) -> Key:
        """Where it is found."""
        return self.measure, self.part.kind, self.part.id, self.id


@dataclass(frozen=True, eq=False)
class Trace:
    """What the guard must know about one number: who is behind it, and how it hangs on each answer.

    Attributes
    ----------
    people : frozenset of int
        Places of the people behind it.
    weights : ndarray, shape (people, items)
        What the number gains when one answer rises by one level; columns as in `items`.
    items : tuple of str
    seen_by : frozenset of int
        People who gave a level or "cannot see".
    line_people : frozenset of int
        People behind the items that speak of a line (all of them, where none does).
    influence : ndarray, shape (people,)
        What each person adds to the error of the number, finite population corrected: the root of the sum of squares
        is the standard error. All nothing where everybody agrees. Unit: level.
    """

    people: frozenset[int]
    weights: np.ndarray
    items: tuple[str, ...]
    seen_by: frozenset[int]
    line_people: frozenset[int]
    influence: np.ndarray


@dataclass(frozen=True, eq=False)
class Scores:
    """All levels of one wave, unprotected.

    Attributes
    ----------
    wave : str
    instrument : Instrument
    parts : tuple of Part
    scores : mapping of key to Score
    traces : mapping of key to Trace
    members : mapping of Part to frozenset of int
        Respondents of each part, by place.
    headcounts : mapping of Part to int or None
        People who belong to each part; None without a population. Unit: people.
    silent : mapping of (line, role) to int
        People who have not answered; empty without a population.
    respondents : int
    keys : tuple of str
        The respondents' pseudonymous keys, by place: the same person in another wave has the same.
    answers : Answers or None
        As they came: the guard tells a changed answer from one that was published before.
    """

    wave: str
    instrument: Instrument
    parts: tuple[Part, ...]
    scores: Mapping[Key, Score]
    traces: Mapping[Key, Trace] = field(repr=False)
    members: Mapping[Part, frozenset[int]] = field(repr=False)
    headcounts: Mapping[Part, int | None]
    silent: Mapping[tuple[str, str], int] = field(repr=False)
    respondents: int
    keys: tuple[str, ...] = field(default=(), repr=False)
    answers: Answers | None = field(default=None, repr=False)

    def get(self, measure: str, part: Part, name: str) -> Score:
        """Return one score."""
        return self.scores[(measure, part.kind, part.id, name)]


def score(
    answers: Answers,
    instrument: Instrument,
    settings: Settings,
    *,
    lines: Iterable[tuple[str, str]] = (),
    weights: Weights | None = None,
    is_whole: bool = True,
) -> Scores:
    """Return the levels of one wave: for the organisation, each line, each cut of roles and each role.

    Parameters
    ----------
    answers : Answers
    instrument : Instrument
    settings : Settings
    lines : iterable of (key, name)
        The register; lines without a sheet get scores without a level.
    weights : Weights, optional
        Of `rake`; with them the organisation and its lines get weighted dimensions beside the others.
    is_whole : bool
        False leaves all but the dimensions of the organisation and its lines away.

    Returns
    -------
    Scores
        Dimensions and items for every part. Not protected.

    Raises
    ------
    ModelError
        Nobody answered anything, the frames of `answers` do not fit each other, or more people answered than were
        asked.
    """
    grid = build_grid(answers, instrument, settings, None if weights is None else weights.weight)
    parts = _parts(instrument, tuple(lines))
    members = {part: frozenset(grid.person[sheets_of(grid, part)].tolist()) for part in parts}
    headcounts = {part: headcount(grid, part) for part in parts}
    for part, asked in headcounts.items():
        if asked is not None and asked < len(members[part]):
            raise ModelError(f"{part.name}: {len(members[part])} people answered and `population` has only {asked}.")
    whole = build_table(grid, parts[0])
    scores: dict[Key, Score] = {}
    traces: dict[Key, Trace] = {}
    for part in parts if is_whole else [part for part in parts if part.kind in (ORGANISATION, LINE)]:
        table = whole if part.kind == ORGANISATION else build_table(grid, part, whole)
        for group in instrument.groups:
            _put(scores, traces, *_score_group(grid, part, group, table, table.plain, DIMENSION))
            if table.weighted is not None and part.kind in (ORGANISATION, LINE):
                _put(scores, traces, *_score_group(grid, part, group, table, table.weighted, WEIGHTED))
        for item in instrument.items if is_whole else ():
            _put(scores, traces, *_score_item(grid, part, item, table))
    return Scores(
        wave=answers.wave,
        instrument=instrument,
        parts=parts,
        scores=scores,
        traces=traces,
        members=members,
        headcounts=headcounts,
        silent=silent_people(grid, [key for key, _ in lines]),
        respondents=grid.people,
        keys=grid.keys,
        answers=answers,
    )


def _parts(instrument: Instrument, lines: tuple[tuple[str, str], ...]) -> tuple[Part, ...]:
    return (
        WHOLE,
        *(Part(LINE, key, name) for key, name in lines),
        *(Part(CUT, cut.id, cut.name) for cut in instrument.cuts),
        *(Part(ROLE, role.id, role.name) for role in instrument.shown_roles),
    )


def _score_group(
    grid: Grid, part: Part, group: Group, table: Table, levels: ItemLevels, measure: str
) -> tuple[Score, Trace]:
    items = [item.id for item in grid.instrument.items_below(group.id)]
    own = [name for name in items if grid.instrument.item(name).scope == "line"] or items
    node = combine_group(grid, table, levels, group)
    band = combine_bands(grid, table, group)
    return _assemble(grid, part, (measure, group.id), node, band, items, own if part.kind == LINE else items, table)


def _score_item(grid: Grid, part: Part, item: Item, table: Table) -> tuple[Score, Trace]:
    node, band = item_node(grid, table, table.plain, item.id), item_band(grid, table, item.id)
    return _assemble(grid, part, (ITEM, item.id), node, band, [item.id], [item.id], table)


def _assemble(
    grid: Grid,
    part: Part,
    what: tuple[str, str],
    node: Node | None,
    band: tuple[float, float] | None,
    items: list[str],
    own: list[str],
    table: Table,
) -> tuple[Score, Trace]:
    places, own_places = ([grid.places[name] for name in names] for names in (items, own))
    people = _people(table.has_level[:, places])
    own_people = people if own_places == places else _people(table.has_level[:, own_places])
    level, influence, weights = None, np.zeros(grid.people), np.zeros((grid.people, len(items)))
    used: tuple[str, ...] = ()
    if node is not None:
        is_pooled = part.kind == LINE and all(grid.instrument.item(name).scope == "organisation" for name in own)
        asked = headcount(grid, WHOLE if is_pooled else part, own)
        level, influence = estimate(grid, table, node, what[1], len(own_people), asked)
        weights = node.levels.shares[:, places] * node.shares[places]
        used = tuple(name for name in items if node.shares[grid.places[name]] != 0)
    count, blind = int(table.has_level[:, own_places].sum()), int(table.cannot_see[own_places].sum())
    given, asked_all = int(table.answered[own_places].sum()), float(table.asked[own_places].sum())
    return (
        Score(
            measure=what[0],
            id=what[1],
            part=part,
            level=level,
            band_low=None if band is None else float(band[0]),
            band_high=None if band is None else float(band[1]),
            visibility=count / (count + blind) if count + blind else None,
            not_applicable=int(table.not_applicable[own_places].sum()) / given if given else None,
            response=min(1.0, given / asked_all) if asked_all > 0 else None,
            people=len(own_people),
            items_used=used,
            items_left_out=tuple(name for name in items if name not in used),
        ),
        Trace(people, weights, tuple(items), _people(table.is_seen[:, own_places]), own_people, influence),
    )


def _people(taken: np.ndarray) -> frozenset[int]:
    return frozenset(np.flatnonzero(taken.any(axis=1)).tolist())


def _put(scores: dict[Key, Score], traces: dict[Key, Trace], found: Score, trace: Trace) -> None:
    scores[found.key] = found
    traces[found.key] = trace


__all__ = [
    "BORROWED",
    "CUT",
    "DIMENSION",
    "ITEM",
    "KINDS",
    "LEAST_ANSWERS",
    "LINE",
    "NOT_ASKED",
    "ORGANISATION",
    "ROLE",
    "WEIGHTED",
    "Key",
    "Part",
    "Score",
    "Scores",
    "Trace",
    "overlap_levels",
    "score",
]
