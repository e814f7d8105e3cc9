"""One wave as arrays: people (not sheets) by items, for each part of the organisation, joined by label once.

A sheet without a line speaks for the whole organisation and enters every line; items about the organisation are
pooled, so that a line holds everybody's answers there. Somebody who answered for several lines is one person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.readiness.inputs import (
    ANSWERED,
    CANNOT_SEE,
    NOT_APPLICABLE,
    NOT_ASKED,
    STATUSES,
    TEAMS,
    Answers,
    Settings,
)
from workbench.readiness.instrument import Instrument, routed
from workbench.readiness.levels import ItemLevels, item_bands, item_levels, overlap_band, overlap_levels, within_absent

LEAST_ANSWERS = 2
"""Answers that an item needs to enter its dimension: one answer has no spread."""

LEAST_NAMES = 3
"""People that an open item needs: leaving one out must leave a pair."""

ORGANISATION, LINE, CUT, ROLE = "organisation", "line", "cut", "role"
KINDS = (ORGANISATION, LINE, CUT, ROLE)


@dataclass(frozen=True, order=True)
class Part:
    """A part of the organisation that is looked at: all of it, a line, roles taken together, or a role."""

    kind: str
    id: str
    name: str


_CODE = {state: place for place, state in enumerate(STATUSES)}

WHOLE = Part(ORGANISATION, "", "the organisation")


@dataclass(frozen=True, eq=False)
class Population:
    """Who was asked, as arrays of one length: groups, and (groups × items) whether they were asked each item."""

    line: np.ndarray
    role: np.ndarray
    unit: np.ndarray
    headcount: np.ndarray
    is_asked: np.ndarray


@dataclass(frozen=True, eq=False)
class Grid:
    """One wave as arrays.

    Attributes
    ----------
    instrument : Instrument
    settings : Settings
    keys : tuple of str
        Respondents, in the order of what they said: a person's place.
    person, line, role, unit : ndarray, shape (sheets,)
        Place of the person; key of the line ("" for none); role as it is shown; unit ("" for none).
    levels : ndarray, shape (sheets, items)
    status : ndarray of int, shape (sheets, items)
        Places in `STATUSES`.
    codes : mapping of open item to list
    population : Population or None
    teams : ndarray of int or None, shape (people,)
        Place of one member of each person's team, where teams were drawn.
    weight : ndarray or None, shape (people,)
        People that each stands for.
    spread : ndarray, shape (items,)
        Variance within lines over the whole organisation; nan for open items and where there is none.
    spans : ndarray, shape (items, 2)
        Ends of each item's scale.
    places : mapping of item to int
    """

    instrument: Instrument
    settings: Settings
    keys: tuple[str, ...]
    person: np.ndarray
    line: np.ndarray
    role: np.ndarray
    unit: np.ndarray
    levels: np.ndarray
    status: np.ndarray
    codes: Mapping[str, list[frozenset[str] | None]]
    population: Population | None
    teams: np.ndarray | None
    weight: np.ndarray | None
    spread: np.ndarray
    spans: np.ndarray
    places: Mapping[str, int] = field(repr=False)

    @property
    def people(self) -> int:
        """Respondents."""
        return len(self.keys)


@dataclass(frozen=True, eq=False)
class Table:
    """One part: a value for each person and item, and what is absent. Arrays of items unless said otherwise.

    Attributes
    ----------
    plain, weighted : ItemLevels
        `weighted` is None where nobody stands for others.
    values : ndarray, shape (people, items)
        Levels, of open items pseudo-values; nan where there is none.
    has_level, is_seen : ndarray of bool, shape (people, items)
        Gave a level; gave a level or "cannot see".
    asked : ndarray
        People; nan where nobody knows.
    answered, absent, cannot_see, not_applicable : ndarray of int
        People.
    response : ndarray
        Share of those asked who gave any answer; 0 where nobody knows, or where it is not known how many teams there
        are of which some were drawn.
    is_used : ndarray of bool
        Enough answers to enter a dimension.
    band_low, band_high : ndarray
        nan where an item applies to nobody.
    """

    plain: ItemLevels
    weighted: ItemLevels | None
    values: np.ndarray
    has_level: np.ndarray
    is_seen: np.ndarray
    asked: np.ndarray
    answered: np.ndarray
    absent: np.ndarray
    cannot_see: np.ndarray
    not_applicable: np.ndarray
    response: np.ndarray
    is_used: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray


def build_grid(answers: Answers, instrument: Instrument, settings: Settings, weight: pd.Series | None = None) -> Grid:
    """Return one wave as arrays.

    Parameters
    ----------
    answers : Answers
    instrument : Instrument
    settings : Settings
    weight : Series, index respondent, optional
        People that each stands for.

    Raises
    ------
    ModelError
        Nobody answered anything, the frames do not fit each other, or a respondent has no weight.
    """
    sheets, index = answers.sheets, answers.sheets.index
    names = [item.id for item in instrument.items]
    for name, frame in (("levels", answers.levels), ("status", answers.status)):
        if not frame.index.equals(index) or [item for item in names if item not in frame]:
            raise ModelError(f"The {name} of wave {answers.wave} do not have a row a sheet and a column an item.")
    person, known = pd.factorize(sheets["respondent"], sort=True)
    states = answers.status[names].to_numpy(dtype=object)
    status = np.zeros(states.shape, dtype=np.int8)
    for state, code in _CODE.items():
        status[states == state] = code
    is_answered = status == _CODE[ANSWERED]
    if not is_answered.any():
        raise ModelError(f"Nobody answered anything in wave {answers.wave}.")
    if weight is not None and not known.isin(weight.index).all():
        raise ModelError("Somebody who answered has no weight.")
    roles = {role.id: role.shown_as for role in instrument.roles}
    line, unit = _texts(sheets["product_line"]), _texts(sheets["unit"])
    levels = answers.levels[names].to_numpy(dtype=float)
    role = np.array([roles[role] for role in sheets["role"]], dtype=object)
    codes = {
        item.id: [None if held is None else frozenset(held) for held in answers.codes[item.id]]
        for item in instrument.items
        if item.kind == "open"
    }
    is_scaled = np.array([item.kind != "open" for item in instrument.items])
    person, known = _placed(np.asarray(person), known, levels, status, codes, line, role, unit)
    return Grid(
        instrument,
        settings,
        tuple(str(key) for key in known),
        person,
        line,
        role,
        unit,
        levels,
        status,
        codes,
        _population(answers.population, instrument),
        _teams(person, unit, len(known)) if settings.sampled == TEAMS else None,
        None if weight is None else weight.loc[known].to_numpy(dtype=float),
        np.where(is_scaled, _pooled_spread(np.where(is_answered, levels, np.nan), line), np.nan),
        np.array([instrument.span(item) for item in instrument.items], dtype=float),
        {name: place for place, name in enumerate(names)},
    )


def _placed(
    person: np.ndarray,
    known: pd.Index,
    levels: np.ndarray,
    status: np.ndarray,
    codes: Mapping[str, list[frozenset[str] | None]],
    *labels: np.ndarray,
) -> tuple[np.ndarray, pd.Index]:
    """Return the place of each sheet's person, and who stands where.

    A draw gives each place a random number. Places follow what people said, so that neither the order of the sheets nor
    the pseudonyms they were given decide a draw; who said the same in all is told apart by labels, and at last by key.
    """
    said = np.nan_to_num(levels).tolist()
    states = status.tolist()
    held = [[sorted(named[row] or ()) for named in codes.values()] for row in range(len(person))]
    sheets = sorted(zip(states, said, held, *(label.tolist() for label in labels), person.tolist(), strict=True))
    of_people: dict[int, list[tuple[Any, ...]]] = {}
    for *content, place in sheets:
        of_people.setdefault(place, []).append(tuple(content))
    order = sorted(range(len(known)), key=lambda place: (of_people[place], place))
    places = np.empty(len(known), dtype=np.int64)
    places[order] = np.arange(len(known))
    return places[person], known[order]


def sheets_of(grid: Grid, part: Part) -> np.ndarray:
    """Return which sheets speak for a part."""
    if part.kind == LINE:
        return (grid.line == part.id) | (grid.line == "")
    if part.kind == CUT:
        return np.isin(grid.role, _roles_of(grid.instrument, part))
    if part.kind == ROLE:
        return grid.role == part.id
    return np.ones(len(grid.line), dtype=bool)


def headcounts(grid: Grid, part: Part) -> np.ndarray:
    """Return the people of a part who were asked each item; nan where nobody knows."""
    held = grid.population
    if held is None:
        return np.full(len(grid.places), np.nan)
    return _of_part(grid, held, part) @ held.is_asked


def headcount(grid: Grid, part: Part, items: Iterable[str] | None = None) -> int | None:
    """Return the people who belong to a part, or those of them who were asked one of these items."""
    held = grid.population
    if held is None:
        return None
    people = _of_part(grid, held, part)
    if items is not None:
        people = people * held.is_asked[:, [grid.places[name] for name in items]].any(axis=1)
    return int(people.sum())


def silent_people(grid: Grid, lines: Iterable[str]) -> dict[tuple[str, str], int]:
    """Return people who have not answered, by line ("" for none) and shown role; empty without a population."""
    held = grid.population
    if held is None:
        return {}
    known, found = {"", *lines}, {}
    for line, role in sorted({(str(line), str(role)) for line, role in zip(held.line, held.role, strict=True)}):
        if line in known:
            asked = int(held.headcount[(held.line == line) & (held.role == role)].sum())
            answered = len(set(grid.person[(grid.line == line) & (grid.role == role)].tolist()))
            found[(line, role)] = max(0, asked - answered)
    return found


def build_table(grid: Grid, part: Part, whole: Table | None = None) -> Table:
    """Return one part as arrays.

    Parameters
    ----------
    grid : Grid
    part : Part
    whole : Table, optional
        Of the organisation; wanted for a line, which holds everybody's answers to items about the organisation.
    """
    mask, items = sheets_of(grid, part), grid.instrument.items
    status, person = grid.status[mask], grid.person[mask]
    is_answered = status == _CODE[ANSWERED]
    # Somebody who answered for several lines is one person: their mean.
    counts = _by_person(is_answered, person, grid.people)
    sums = _by_person(np.where(is_answered, np.nan_to_num(grid.levels[mask]), 0.0), person, grid.people)
    levels = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    has_level = counts > 0
    blind = _by_person(status == _CODE[CANNOT_SEE], person, grid.people) > 0
    applies_not = _by_person(status == _CODE[NOT_APPLICABLE], person, grid.people) > 0
    sees_not = blind & ~has_level
    applies_not = applies_not & ~has_level & ~sees_not
    here = (_by_person(status != _CODE[NOT_ASKED], person, grid.people) > 0).sum(axis=0)
    answered = (has_level | sees_not | applies_not).sum(axis=0)
    asked = headcounts(grid, part)
    absent = np.maximum(np.where(np.isnan(asked), here, asked), answered) - answered
    response = np.where(asked > 0, np.minimum(1.0, answered / np.where(asked > 0, asked, 1.0)), 0.0)
    least = np.array([LEAST_NAMES if item.kind == "open" else LEAST_ANSWERS for item in items])
    weights = None if grid.weight is None else within_absent(grid.weight, has_level, absent)
    plain_levels, weighted_levels = levels, levels if weights is None else levels.copy()
    for place, item in enumerate(items):
        if item.kind == "open":
            named = _named(grid, item.id, mask)
            plain_levels = plain_levels.copy() if plain_levels is levels else plain_levels
            plain_levels[:, place] = _open_levels(grid, place, named, None)
            if weights is not None:
                weighted_levels[:, place] = _open_levels(grid, place, named, weights[:, place])
    response = np.where(_is_drawn_whole(grid, part), 0.0, response)
    plain = item_levels(plain_levels, response, teams=grid.teams)
    spans = grid.spans
    low, high = item_bands(plain.mean, plain.count, absent, spans[:, 0], spans[:, 1], LEAST_ANSWERS)
    for place, item in enumerate(items):
        if item.kind == "open" and plain.count[place] + absent[place] > 0:
            low[place], high[place] = spans[place]
            if plain.count[place] >= LEAST_NAMES:
                whole_group = (float(plain.mean[place]), int(plain.count[place]), int(absent[place]))
                low[place], high[place] = overlap_band(*whole_group, float(spans[place, 0]), float(spans[place, 1]))
    found = Table(
        plain,
        None if weights is None else item_levels(weighted_levels, response, weights=weights, teams=grid.teams),
        plain_levels,
        has_level,
        has_level | sees_not,
        asked,
        answered,
        absent,
        sees_not.sum(axis=0),
        applies_not.sum(axis=0),
        response,
        plain.count >= least,
        low,
        high,
    )
    if part.kind != LINE or whole is None:
        return found
    return _pooled(found, whole, np.array([item.scope == "organisation" for item in items]))


def _pooled(own: Table, whole: Table, is_pooled: np.ndarray) -> Table:
    """Take the organisation's columns where items are about the organisation."""

    def levels(one: ItemLevels, other: ItemLevels) -> ItemLevels:
        return ItemLevels(*(np.where(is_pooled, getattr(other, n), getattr(one, n)) for n in one.__dataclass_fields__))

    rest = [name for name in own.__dataclass_fields__ if name not in ("plain", "weighted")]
    return Table(
        levels(own.plain, whole.plain),
        None if own.weighted is None or whole.weighted is None else levels(own.weighted, whole.weighted),
        *(np.where(is_pooled, getattr(whole, name), getattr(own, name)) for name in rest),
    )


def _by_person(values: np.ndarray, person: np.ndarray, people: int) -> np.ndarray:
    found = np.zeros((people, values.shape[1]))
    np.add.at(found, person, values)
    return found


def _named(grid: Grid, item: str, mask: np.ndarray) -> dict[int, frozenset[str]]:
    """Return what each person of a part named, from their first sheet."""
    found: dict[int, frozenset[str]] = {}
    for place in np.flatnonzero(mask & (grid.status[:, grid.places[item]] == _CODE[ANSWERED])):
        found.setdefault(int(grid.person[place]), grid.codes[item][place] or frozenset())
    return found


def _open_levels(grid: Grid, place: int, named: Mapping[int, frozenset[str]], weights: np.ndarray | None) -> np.ndarray:
    item = grid.instrument.items[place]
    low, high = grid.instrument.span(item)
    values, order = np.full(grid.people, np.nan), sorted(named)
    values[order] = low
    if len(order) >= LEAST_NAMES:
        held = None if weights is None else weights[order]
        _, values[order] = overlap_levels([named[one] for one in order], item.names, low, high, held)
    return values


def _of_part(grid: Grid, held: Population, part: Part) -> np.ndarray:
    """Return the headcount of each group where it belongs to a part, else nothing."""
    take = np.ones(len(held.headcount), dtype=bool)
    if part.kind == LINE:
        take = (held.line == "") | (held.line == part.id)
    elif part.kind == CUT:
        take = np.isin(held.role, _roles_of(grid.instrument, part))
    elif part.kind == ROLE:
        take = held.role == part.id
    return np.where(take, held.headcount, 0.0)


def _is_drawn_whole(grid: Grid, part: Part) -> bool:
    """Whether teams were drawn and the population lists none that was not: then nobody knows how many there are."""
    held = grid.population
    if grid.teams is None or held is None:
        return grid.teams is not None
    listed = set(held.unit[_of_part(grid, held, part) > 0].tolist())
    return len(listed) <= len(set(grid.teams[grid.person[sheets_of(grid, part)]].tolist()))


def _roles_of(instrument: Instrument, part: Part) -> tuple[str, ...]:
    return next(cut.roles for cut in instrument.cuts if cut.id == part.id)


def _population(held: pd.DataFrame | None, instrument: Instrument) -> Population | None:
    if held is None:
        return None
    asks = {role.id: set(routed(instrument, role.id)) for role in instrument.roles}
    shown = {role.id: role.shown_as for role in instrument.roles}
    roles = [str(role) for role in held["role"]]
    is_asked = [[item.id in asks[role] for item in instrument.items] for role in roles]
    return Population(
        _texts(held["product_line"]),
        np.array([shown[role] for role in roles], dtype=object),
        _texts(held["unit"]),
        held["headcount"].to_numpy(dtype=float),
        np.array(is_asked, dtype=bool).reshape(len(roles), len(instrument.items)),
    )


def _texts(values: pd.Series) -> np.ndarray:
    return np.array(["" if value is None or value != value else str(value) for value in values], dtype=object)


def _teams(person: np.ndarray, unit: np.ndarray, people: int) -> np.ndarray:
    """Return the place of the first member of each person's team; somebody without one is a team of their own."""
    first: dict[str, int] = {}
    found = np.arange(people)
    for place in np.argsort(person, kind="stable"):
        one, team = int(person[place]), str(unit[place])
        if team:
            found[one] = first.setdefault(team, one)
    return found


def _pooled_spread(levels: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Variance of each item within lines, over the whole organisation."""
    squares, freedom = np.zeros(levels.shape[1]), np.zeros(levels.shape[1])
    for one in sorted(set(line.tolist())):
        held = levels[line == one]
        count = (~np.isnan(held)).sum(axis=0)
        mean = np.nansum(held, axis=0) / np.maximum(count, 1)
        squares += np.nansum((held - mean) ** 2, axis=0)
        freedom += np.maximum(count - 1, 0)
    return np.where(freedom > 0, squares / np.maximum(freedom, 1), math.nan)
