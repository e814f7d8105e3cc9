"""From answers to levels: item levels, dimension levels with intervals, bands, visibility and response.

An item's level is the mean of the people who were asked and gave a level; a dimension's is the plain mean of its
items', so that a skipped question changes no other. The interval sums each person's influence over the items, with
the correction for a closed group (docs/readiness.md, "How sure"; Cochran 1977, section 2.6, for one item). Open items
depend on everybody's answers and enter by jackknife pseudo-values (R. G. Miller 1974, Biometrika 61, 1-15).

Everything here is unprotected: only `workbench.readiness.anonymity.protect` makes of it what may be shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.readiness.inputs import (
    ANSWERED,
    BLANK,
    CANNOT_SEE,
    NOT_APPLICABLE,
    NOT_ASKED,
    Answers,
    Settings,
)
from workbench.readiness.instrument import Group, Instrument, Item, routed
from workbench.stats import Estimate, interval

LEAST_ANSWERS = 2
"""Answers that an item needs to enter its dimension: one answer has no spread."""

LEAST_NAMES = 3
"""People that an open item needs: leaving one out must leave a pair."""

ORGANISATION, LINE, CUT, ROLE = "organisation", "line", "cut", "role"
KINDS = (ORGANISATION, LINE, CUT, ROLE)
DIMENSION, ITEM = "dimension", "item"

BORROWED = "spread borrowed from the whole organisation"


@dataclass(frozen=True, order=True)
class Part:
    """A part of the organisation that is looked at: all of it, a line, roles taken together, or a role."""

    kind: str
    id: str
    name: str


Key = tuple[str, str, str, str]
"""measure (``dimension``, ``item``), kind of part, id of part, id of dimension or item."""


@dataclass(frozen=True)
class Score:
    """One level with all that is needed to argue about it.

    Attributes
    ----------
    measure : str
        ``dimension`` or ``item``.
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


@dataclass(frozen=True, eq=False)
class _Population:
    """Who was asked, as arrays of one length."""

    line: np.ndarray
    role: np.ndarray
    headcount: np.ndarray
    is_asked: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class _Grid:
    """One wave as arrays: people (not sheets) × items, per part, joined by label once."""

    instrument: Instrument
    settings: Settings
    person: np.ndarray
    line: np.ndarray
    role: np.ndarray
    levels: dict[str, np.ndarray]
    status: dict[str, np.ndarray]
    codes: dict[str, list[frozenset[str] | None]]
    population: _Population | None
    people: int
    spread: dict[str, float]


@dataclass(frozen=True, eq=False)
class _Column:
    """One item in one part: a value a person, and what is absent."""

    item: Item
    levels: np.ndarray
    weights: np.ndarray
    mean: float
    count: int
    answered: int
    asked: int | None
    absent: int
    cannot_see: int
    not_applicable: int
    seen_by: frozenset[int]
    low: float
    high: float

    @property
    def is_used(self) -> bool:
        return self.count >= (LEAST_NAMES if self.item.kind == "open" else LEAST_ANSWERS)

    @property
    def response(self) -> float:
        return min(1.0, self.answered / self.asked) if self.asked else 0.0

    @property
    def band(self) -> tuple[float, float] | None:
        bottom, top = self.low, self.high
        whole = self.count + self.absent
        if whole == 0:
            return None
        if not self.is_used:
            return bottom, top
        if self.item.kind == "open":
            # Pairs with somebody absent name nothing, or everything, in common.
            pairs, known = whole * (whole - 1), self.count * (self.count - 1)
            shared = (self.mean - bottom) / (top - bottom) * known
            return (
                bottom + (top - bottom) * shared / pairs,
                bottom + (top - bottom) * (shared + pairs - known) / pairs,
            )
        held = self.mean * self.count
        return (held + bottom * self.absent) / whole, (held + top * self.absent) / whole


def score(
    answers: Answers, instrument: Instrument, settings: Settings, *, lines: Iterable[tuple[str, str]] = ()
) -> Scores:
    """Return the levels of one wave: for the organisation, each line, each cut of roles and each role.

    Parameters
    ----------
    answers : Answers
    instrument : Instrument
    settings : Settings
    lines : iterable of (key, name)
        The register; lines without a sheet get scores without a level.

    Returns
    -------
    Scores
        Dimensions and items for every part. Not protected.

    Raises
    ------
    ModelError
        Nobody answered anything, or the frames of `answers` do not fit each other.
    """
    grid = _grid(answers, instrument, settings)
    parts = _parts(instrument, tuple(lines))
    scores: dict[Key, Score] = {}
    traces: dict[Key, Trace] = {}
    for part in parts:
        columns = {item.id: _column(grid, part, item) for item in instrument.items}
        for group in instrument.groups:
            _put(scores, traces, *_score_group(grid, part, group, columns))
        for item in instrument.items:
            _put(scores, traces, *_score_item(grid, part, columns[item.id]))
    return Scores(
        wave=answers.wave,
        instrument=instrument,
        parts=parts,
        scores=scores,
        traces=traces,
        members={part: frozenset(grid.person[_mask(grid, part)].tolist()) for part in parts},
        headcounts={part: _headcount(grid, part, None) for part in parts},
        silent=_silent(grid, [key for key, _ in lines]),
        respondents=grid.people,
        keys=tuple(sorted(str(key) for key in set(answers.sheets["respondent"]))),
        answers=answers,
    )


def overlap_levels(codes: list[frozenset[str]], names: int, low: float, high: float) -> tuple[float, np.ndarray]:
    """Return how far people name the same things, and each person's jackknife pseudo-value.

    Parameters
    ----------
    codes : list of set of str
        What each person named; an empty set names nothing.
    names : int
        How many were asked for.
    low, high : float
        Levels for no overlap and for full overlap.

    Returns
    -------
    float, ndarray
        M = low + (high − low) × the mean share of one person's names that another person names too; and
        n·M − (n − 1)·M without the person, whose mean is M. Unit: level.

    Examples
    --------
    >>> level, values = overlap_levels([frozenset("abc"), frozenset("abd"), frozenset("abe")], 3, 1.0, 5.0)
    >>> round(level, 3), round(float(values.mean()), 3)
    (3.667, 3.667)
    """
    known = sorted(set().union(*codes)) if codes else []
    named = np.array([[code in held for code in known] for held in codes], dtype=float).reshape(len(codes), len(known))
    shared = named @ named.T / names
    np.fill_diagonal(shared, 0.0)
    n = len(codes)
    total, own = float(shared.sum()), shared.sum(axis=1) + shared.sum(axis=0)
    level = low + (high - low) * total / (n * (n - 1))
    without = low + (high - low) * (total - own) / ((n - 1) * (n - 2))
    return level, n * level - (n - 1) * without


def _parts(instrument: Instrument, lines: tuple[tuple[str, str], ...]) -> tuple[Part, ...]:
    return (
        Part(ORGANISATION, "", "the organisation"),
        *(Part(LINE, key, name) for key, name in lines),
        *(Part(CUT, cut.id, cut.name) for cut in instrument.cuts),
        *(Part(ROLE, role.id, role.name) for role in instrument.shown_roles),
    )


def _grid(answers: Answers, instrument: Instrument, settings: Settings) -> _Grid:
    sheets, index = answers.sheets, answers.sheets.index
    for name, frame in (("levels", answers.levels), ("status", answers.status)):
        if not frame.index.equals(index) or [item.id for item in instrument.items if item.id not in frame]:
            raise ModelError(f"The {name} of wave {answers.wave} do not have a row a sheet and a column an item.")
    # Places of people follow their keys, so that a draw with a seed is the same whatever the order of the sheets.
    person, known = pd.factorize(sheets["respondent"], sort=True)
    levels = {item.id: answers.levels[item.id].to_numpy(dtype=float) for item in instrument.items}
    status = {item.id: answers.status[item.id].to_numpy(dtype=object) for item in instrument.items}
    if not any((held == ANSWERED).any() for held in status.values()):
        raise ModelError(f"Nobody answered anything in wave {answers.wave}.")
    roles = {role.id: role.shown_as for role in instrument.roles}
    line = sheets["product_line"].astype(object).where(sheets["product_line"].notna(), "").to_numpy(dtype=object)
    grid = _Grid(
        instrument,
        settings,
        np.asarray(person),
        line,
        np.array([roles[role] for role in sheets["role"]], dtype=object),
        levels,
        status,
        {
            item.id: [None if held is None else frozenset(held) for held in answers.codes[item.id]]
            for item in instrument.items
            if item.kind == "open"
        },
        _population(answers.population, instrument),
        len(known),
        {},
    )
    grid.spread.update({item.id: _pooled_spread(grid, item) for item in instrument.items if item.kind != "open"})
    return grid


def _mask(grid: _Grid, part: Part) -> np.ndarray:
    """Sheets of a part; one without a line speaks for the whole organisation and enters every line."""
    if part.kind == LINE:
        return (grid.line == part.id) | (grid.line == "")
    if part.kind == CUT:
        return np.isin(grid.role, _roles_of(grid.instrument, part))
    if part.kind == ROLE:
        return grid.role == part.id
    return np.ones(len(grid.line), dtype=bool)


def _population(held: pd.DataFrame | None, instrument: Instrument) -> _Population | None:
    if held is None:
        return None
    asks = {role.id: set(routed(instrument, role.id)) for role in instrument.roles}
    shown = {role.id: role.shown_as for role in instrument.roles}
    roles = [str(role) for role in held["role"]]
    return _Population(
        held["product_line"].astype(object).where(held["product_line"].notna(), "").to_numpy(dtype=object),
        np.array([shown[role] for role in roles], dtype=object),
        held["headcount"].to_numpy(dtype=float),
        {item.id: np.array([item.id in asks[role] for role in roles], dtype=bool) for item in instrument.items},
    )


def _headcount(grid: _Grid, part: Part, items: Iterable[str] | None) -> int | None:
    """People who belong to a part, or those of them who were asked one of these items."""
    held = grid.population
    if held is None:
        return None
    take = np.ones(len(held.headcount), dtype=bool)
    if items is not None:
        take = np.logical_or.reduce([held.is_asked[name] for name in items])
    if part.kind == LINE:
        take = take & ((held.line == "") | (held.line == part.id))
    elif part.kind == CUT:
        take = take & np.isin(held.role, _roles_of(grid.instrument, part))
    elif part.kind == ROLE:
        take = take & (held.role == part.id)
    return int(held.headcount[take].sum())


def _roles_of(instrument: Instrument, part: Part) -> tuple[str, ...]:
    return next(cut.roles for cut in instrument.cuts if cut.id == part.id)


def _column(grid: _Grid, part: Part, item: Item) -> _Column:
    is_pooled = item.scope == "organisation" and part.kind == LINE
    whole = Part(ORGANISATION, "", "") if is_pooled else part
    mask = _mask(grid, whole)
    status, person = grid.status[item.id], grid.person
    values = np.full(grid.people, np.nan)
    if item.kind == "open":
        named: dict[int, frozenset[str]] = {}
        for place in np.flatnonzero(mask & (status == ANSWERED)):
            named.setdefault(int(person[place]), grid.codes[item.id][place] or frozenset())
        if len(named) >= LEAST_NAMES:
            order = sorted(named)
            _, pseudo = overlap_levels([named[one] for one in order], item.names, *grid.instrument.span(item))
            values[order] = pseudo
        else:
            values[sorted(named)] = grid.instrument.span(item)[0]
    else:
        take = np.flatnonzero(mask & (status == ANSWERED))
        # Somebody who answered for several lines is one person: their mean.
        sums = np.bincount(person[take], weights=grid.levels[item.id][take], minlength=grid.people)
        counts = np.bincount(person[take], minlength=grid.people)
        values[counts > 0] = sums[counts > 0] / counts[counts > 0]
    has_level = ~np.isnan(values)

    def persons(*wanted: str) -> np.ndarray:
        found = np.zeros(grid.people, dtype=bool)
        found[person[mask & np.logical_or.reduce([status == one for one in wanted])]] = True
        return found

    sees_not = persons(CANNOT_SEE) & ~has_level
    applies_not = persons(NOT_APPLICABLE) & ~has_level & ~sees_not
    answered = int((has_level | sees_not | applies_not).sum())
    asked_here = int(persons(ANSWERED, CANNOT_SEE, NOT_APPLICABLE, BLANK).sum())
    asked = _headcount(grid, whole, [item.id])
    count = int(has_level.sum())
    low, high = grid.instrument.span(item)
    return _Column(
        item,
        values,
        np.where(has_level, 1.0 / count if count else 0.0, 0.0),
        float(values[has_level].mean()) if count else math.nan,
        count,
        answered,
        asked,
        max(asked if asked is not None else asked_here, answered) - answered,
        int(sees_not.sum()),
        int(applies_not.sum()),
        frozenset(np.flatnonzero(has_level | sees_not).tolist()),
        low,
        high,
    )


def _pooled_spread(grid: _Grid, item: Item) -> float:
    """Variance of an item within lines, over the whole organisation."""
    take = grid.status[item.id] == ANSWERED
    held = pd.Series(grid.levels[item.id][take]).groupby(pd.Series(grid.line[take], dtype=object))
    freedom = int((held.count() - 1).clip(lower=0).sum())
    return float((held.var(ddof=1).fillna(0) * (held.count() - 1)).sum() / freedom) if freedom else math.nan


def _coefficients(
    instrument: Instrument, group: Group, columns: Mapping[str, _Column], *, every: bool = False
) -> dict[str, float]:
    """How much each item's level counts in a group's; empty where the group has none.

    With `every`, items without enough answers count as well (for the band); those that apply to nobody never do.
    """
    parts: list[tuple[float, dict[str, float]]] = []
    for name in group.items:
        column = columns[name]
        if column.is_used or (every and column.band is not None):
            parts.append((column.mean, {name: 1.0}))
    for below in instrument.groups:
        if below.parent == group.id:
            held = _coefficients(instrument, below, columns, every=every)
            if held:
                parts.append((sum(share * columns[name].mean for name, share in held.items()), held))
    if not parts:
        return {}
    if group.aggregation == "smallest":
        return min(parts, key=lambda part: math.inf if math.isnan(part[0]) else part[0])[1]
    share = 1.0 if group.aggregation == "sum" else 1.0 / len(parts)
    found: dict[str, float] = {}
    for _, held in parts:
        for name, value in held.items():
            found[name] = found.get(name, 0.0) + share * value
    return found


def _score_group(grid: _Grid, part: Part, group: Group, columns: Mapping[str, _Column]) -> tuple[Score, Trace]:
    items = [item.id for item in grid.instrument.items_below(group.id)]
    shares = _coefficients(grid.instrument, group, columns)
    is_short = group.aggregation == "sum" and set(shares) != set(items)
    used = tuple(name for name in items if name in shares and not is_short)
    own = [name for name in items if grid.instrument.item(name).scope == "line"] or items
    if part.kind != LINE:
        own = items
    return _assemble(
        grid,
        part,
        (DIMENSION, group.id),
        {name: shares[name] for name in used},
        _coefficients(grid.instrument, group, columns, every=True),
        [columns[name] for name in items],
        own,
    )


def _score_item(grid: _Grid, part: Part, column: _Column) -> tuple[Score, Trace]:
    name = column.item.id
    shares = {name: 1.0} if column.is_used else {}
    return _assemble(grid, part, (ITEM, name), shares, {name: 1.0} if column.band else {}, [column], [name])


def _assemble(
    grid: _Grid,
    part: Part,
    what: tuple[str, str],
    shares: Mapping[str, float],
    band_shares: Mapping[str, float],
    columns: list[_Column],
    own: list[str],
) -> tuple[Score, Trace]:
    held = {column.item.id: column for column in columns}
    used = [held[name] for name in shares]
    weights = np.zeros((grid.people, len(columns)))
    for place, column in enumerate(columns):
        weights[:, place] = shares.get(column.item.id, 0.0) * column.weights
    people = _people(column for column in columns)
    own_people = _people(held[name] for name in own)
    level, influence = None, np.zeros(grid.people)
    if used:
        is_pooled = part.kind == LINE and all(held[name].item.scope == "organisation" for name in own)
        asked_people = _headcount(grid, Part(ORGANISATION, "", "") if is_pooled else part, own)
        counted = [(shares[one.item.id], one) for one in used]
        influence = _influence(grid, counted)
        level = _estimate(grid, counted, influence, len(own_people), asked_people)
    band = None
    if band_shares:
        ends = [(share, held[name].band) for name, share in band_shares.items()]
        band = tuple(sum(share * end[side] for share, end in ends if end) for side in (0, 1))
    own_columns = [held[name] for name in own]
    levels, blind = (sum(getattr(c, name) for c in own_columns) for name in ("count", "cannot_see"))
    given = sum(column.answered for column in own_columns)
    asked = [column.asked for column in own_columns]
    total = None if any(one is None for one in asked) else sum(one for one in asked if one is not None)
    seen_by = frozenset().union(*(column.seen_by for column in own_columns)) if own_columns else frozenset()
    return (
        Score(
            measure=what[0],
            id=what[1],
            part=part,
            level=level,
            band_low=None if band is None else float(band[0]),
            band_high=None if band is None else float(band[1]),
            visibility=levels / (levels + blind) if levels + blind else None,
            not_applicable=sum(column.not_applicable for column in own_columns) / given if given else None,
            response=min(1.0, given / total) if total else None,
            people=len(own_people),
            items_used=tuple(column.item.id for column in used),
            items_left_out=tuple(column.item.id for column in columns if column.item.id not in shares),
        ),
        Trace(people, weights, tuple(held), seen_by, own_people, influence),
    )


def _people(columns: Iterable[_Column]) -> frozenset[int]:
    return frozenset().union(*(np.flatnonzero(~np.isnan(column.levels)).tolist() for column in columns))


def _influence(grid: _Grid, used: list[tuple[float, _Column]]) -> np.ndarray:
    influence = np.zeros(grid.people)
    for share, column in used:
        n = column.count
        rest = np.where(np.isnan(column.levels), 0.0, column.levels - column.mean)
        influence += share * rest / n * math.sqrt(n / (n - 1) * (1 - column.response))
    return influence


def _estimate(
    grid: _Grid, used: list[tuple[float, _Column]], influence: np.ndarray, people: int, asked: int | None
) -> Estimate:
    value = sum(share * column.mean for share, column in used)
    error = float(np.sqrt((influence**2).sum()))
    has_silent = any(column.response < 1 for _, column in used)
    method = "t, corrected for the finite population" if asked is not None else "t, response unknown"
    if error < 1e-12 and has_silent:
        # All answers are the same, yet not everybody answered: silence about a spread is no proof of none. Adding the
        # items' standard errors up treats them as moving together, which is the careful side.
        spreads = [grid.spread.get(column.item.id, math.nan) for _, column in used]
        error = sum(
            share * math.sqrt(spread / column.count * (1 - column.response))
            for spread, (share, column) in zip(spreads, used, strict=True)
        )
        method = BORROWED
    df = len(used) / sum(1.0 / column.count for _, column in used) - 1
    spans = [(share * column.low, share * column.high) for share, column in used]
    within = (sum(low for low, _ in spans), sum(high for _, high in spans))
    if not math.isfinite(error) or (error < 1e-12 and has_silent):
        return Estimate(
            float(value), None, None, None, None, grid.settings.confidence, people, asked, "no spread anywhere"
        )
    return interval(
        value,
        error if error >= 1e-12 else 0.0,
        df,
        confidence=grid.settings.confidence,
        answered=people,
        asked=asked,
        within=within,
        method=method,
    )


def _silent(grid: _Grid, lines: list[str]) -> dict[tuple[str, str], int]:
    """People who have not answered, by line ("" for none) and shown role."""
    held = grid.population
    if held is None:
        return {}
    found = {}
    for line, role in sorted({(str(line), str(role)) for line, role in zip(held.line, held.role, strict=True)}):
        asked = int(held.headcount[(held.line == line) & (held.role == role)].sum())
        answered = len(set(grid.person[(grid.line == line) & (grid.role == role)].tolist()))
        if line in ("", *lines):
            found[(line, role)] = max(0, asked - answered)
    return found


def _put(scores: dict[Key, Score], traces: dict[Key, Trace], found: Score, trace: Trace) -> None:
    scores[found.key] = found
    traces[found.key] = trace


__all__ = ["LEAST_ANSWERS", "NOT_ASKED", "Key", "Part", "Score", "Scores", "Trace", "overlap_levels", "score"]
