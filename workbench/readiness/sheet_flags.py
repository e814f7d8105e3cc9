"""Sheets that were filled in very fast, or very uniformly: looked at, never deleted.

Five signs (A. W. Meade and S. B. Craig 2012, Psychol. Methods 17, 437-455; P. G. Curran 2016, J. Exp. Soc. Psychol. 66,
4-19), of which two or more mean "look": one sign alone has innocent causes. Uniform sheets are counted by the place of
an answer on the form, so that a turned item speaks against whoever always ticks the same place.

Levels with and without these sheets are numbers about people like any other: `without_sheets` gives them to the guard.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from workbench.readiness.inputs import ANSWERED, BLANK, NOT_ASKED, Answers, Settings
from workbench.readiness.instrument import Instrument, Item, options
from workbench.readiness.scores import DIMENSION, ORGANISATION, Scores, score
from workbench.readiness.unknowns import Offer, term

FAST, LONG, FLAT, APART, UNEVEN = "very fast", "one answer in a row", "hardly any spread", "unlike all", "inconsistent"
"""The signs, by the names that are printed."""

SIGNS_TO_LOOK = 2
"""Signs from which a sheet is looked at (ours)."""

SECONDS_AN_ITEM = 2.0
"""Below this nobody reads (J. L. Huang, P. G. Curran, J. Keeney, E. M. Poposki, R. P. DeShon 2012, J. Bus. Psychol. 27,
99-114). Unit: seconds."""

LONGEST_SHARE = 0.5
"""Part of a sheet in one answer from which it is a long string: a careful first cut of Curran (2016)."""

LEAST_STRING = 6
"""Answers that such a string has at least, for short forms (ours)."""

LEAST_SPREAD = 0.5
"""Standard deviation of places on the form below which a sheet hardly varies (ours; the index is of A. M. Dunn,
E. D. Heggestad, L. R. Shanock and N. Theilgard 2018, J. Bus. Psychol. 33, 105-121). Unit: places."""

LEAST_LEVELS = 8
"""Levels that a sheet must have for its spread to mean anything (ours)."""

CHANCE_APART = 0.01
"""Probability of a Mahalanobis distance from which a sheet is unlike all (ours)."""

SHEETS_AN_ITEM = 5
"""Sheets that each item of the distance needs (ours)."""

CONSISTENT_FROM = 0.30
"""Even-odd consistency (J. A. Johnson 2005, J. Res. Pers. 39, 103-129) from which a sheet hangs together (ours)."""

LEAST_PAIRS = 5
"""Dimensions with two halves that the consistency needs (ours)."""

LEAST_COMPARED = 3
"""Items that a distance needs (ours)."""

SMALLEST_SHARE = 0.05
"""Smallest eigenvalue of the covariances, of their mean: below it a direction is noise (ours)."""

NOTHING = 1e-9
"""Mean variance below which nobody differs from anybody. Unit: level squared."""

WITHOUT = "without"
"""Measure of a dimension's level without the sheets that were flagged."""

GIVEN_UP_FIRST = -9
"""These levels give way before any other number."""


@dataclass(frozen=True)
class SheetFlag:
    """The signs of one sheet. None where a sign cannot be told.

    Attributes
    ----------
    respondent : str
    place : int
        Row of the sheet in the wave.
    long_string : int
        Longest run of one place on the form. Unit: items.
    spread : float or None
        Standard deviation of places on the form. Unit: places.
    distance2 : float or None
        Mahalanobis distance from all sheets, squared, over the items that most people answered.
    unlikely : float or None
        How often chance gives a distance as large (share).
    seconds_per_item : float or None
    even_odd : float or None
        Correlation of both halves of the dimensions, stepped up for length (Spearman and Brown).
    signs : tuple of str
    """

    respondent: str
    place: int
    long_string: int
    spread: float | None
    distance2: float | None
    unlikely: float | None
    seconds_per_item: float | None
    even_odd: float | None
    signs: tuple[str, ...]

    @property
    def flags(self) -> int:
        """Number of signs."""
        return len(self.signs)

    @property
    def is_flagged(self) -> bool:
        """Whether it should be looked at."""
        return self.flags >= SIGNS_TO_LOOK


def flag_sheets(answers: Answers, instrument: Instrument) -> tuple[SheetFlag, ...]:
    """Return the signs of every sheet, in the order of the sheets.

    Parameters
    ----------
    answers : Answers
    instrument : Instrument
        Tells what stood where on the form.
    """
    items = [item for item in instrument.items if item.kind != "open"]
    names = [item.id for item in items]
    status = answers.status[[item.id for item in instrument.items]]
    on_form = (answers.status[names] != NOT_ASKED).to_numpy()
    levels = np.where(
        (answers.status[names] == ANSWERED).to_numpy(), answers.levels[names].to_numpy(dtype=float), np.nan
    )
    given = (~status.isin([BLANK, NOT_ASKED])).to_numpy().sum(axis=1)
    places = np.column_stack([_places(instrument, item, levels[:, at]) for at, item in enumerate(items)])
    distances = _distances(levels)
    halves = [[at for at, item in enumerate(items) if item.group == group.id] for group in instrument.dimensions]
    seconds = answers.sheets["seconds"].astype(float).to_numpy()
    found = []
    for row, respondent in enumerate(answers.sheets["respondent"]):
        held = places[row][~np.isnan(places[row])]
        pace = float(seconds[row]) / int(given[row]) if given[row] and not math.isnan(seconds[row]) else None
        longest = _longest(places[row][on_form[row]])
        spread = float(held.std(ddof=1)) if len(held) >= LEAST_LEVELS else None
        distance, unlikely = distances[row]
        consistency = _even_odd(levels[row], halves)
        signs = {
            FAST: pace is not None and pace < SECONDS_AN_ITEM,
            LONG: longest >= max(LEAST_STRING, math.ceil(LONGEST_SHARE * len(held))),
            FLAT: spread is not None and spread < LEAST_SPREAD,
            APART: unlikely is not None and unlikely < CHANCE_APART,
            UNEVEN: consistency is not None and consistency < CONSISTENT_FROM,
        }
        found.append(
            SheetFlag(
                str(respondent),
                row,
                longest,
                spread,
                distance,
                unlikely,
                pace,
                consistency,
                tuple(name for name, holds in signs.items() if holds),
            )
        )
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Without:
    """What the wave would say without the sheets that were flagged. Unprotected.

    Attributes
    ----------
    people : frozenset of str
        Respondents with a flagged sheet.
    sheets : int
    scores : Scores or None
        The dimensions of the organisation and its lines; None where no sheet was flagged, or nothing is left.
    offers : tuple of Offer
        The organisation's dimensions, for the guard.
    """

    people: frozenset[str]
    sheets: int
    scores: Scores | None
    offers: tuple[Offer, ...]


def without_sheets(
    scores: Scores, flags: Iterable[SheetFlag], settings: Settings, *, lines: Iterable[tuple[str, str]] = ()
) -> Without:
    """Return the levels without the flagged sheets, and offer those of the organisation to the guard.

    A line rarely has as many flagged sheets as the smallest group that may be shown, so that its level without them
    would give these away: lines are not offered.

    Parameters
    ----------
    scores : Scores
        Of all sheets.
    flags : iterable of SheetFlag
        Of the same wave.
    settings : Settings
    lines : iterable of (key, name)
        As in `workbench.readiness.scores.score`.
    """
    flagged = [flag for flag in flags if flag.is_flagged]
    people = frozenset(flag.respondent for flag in flagged)
    if scores.answers is None or not flagged:
        return Without(people, len(flagged), None, ())
    kept = np.ones(len(scores.answers.sheets), dtype=bool)
    kept[[flag.place for flag in flagged]] = False
    rest = _only(scores.answers, kept)
    if not (rest.status == ANSWERED).to_numpy().any():
        return Without(people, len(flagged), None, ())
    left = score(rest, scores.instrument, settings, lines=lines, is_whole=False)
    offers = []
    for group in scores.instrument.groups:
        key = (DIMENSION, ORGANISATION, "", group.id)
        if left.scores[key].level is not None:
            trace = left.traces[key]
            offers.append(
                Offer(
                    (WITHOUT, ORGANISATION, "", group.id),
                    GIVEN_UP_FIRST,
                    frozenset(left.keys[place] for place in trace.line_people),
                    (replace(term(left, trace.items, trace.weights), answers=scores.answers),),
                )
            )
    return Without(people, len(flagged), left, tuple(offers))


def _only(answers: Answers, kept: np.ndarray) -> Answers:
    return replace(
        answers,
        sheets=answers.sheets.loc[kept],
        levels=answers.levels.loc[kept],
        status=answers.status.loc[kept],
        codes=answers.codes.loc[kept],
    )


def _places(instrument: Instrument, item: Item, levels: np.ndarray) -> np.ndarray:
    """Where each level stands on the form, counted from the top; NaN where there is none."""
    shown = [option.weight for option in options(instrument, item) if option.weight is not None]
    found = np.full(len(levels), np.nan)
    for place, weight in enumerate(shown):
        found[levels == weight] = place
    return found


def _longest(places: np.ndarray) -> int:
    """Longest run of one place; whatever is not a level ends it."""
    longest = run = 0
    for before, place in zip([math.nan, *places[:-1]], places, strict=True):
        run = run + 1 if place == before else int(not math.isnan(place))
        longest = max(longest, run)
    return longest


def _distances(levels: np.ndarray) -> list[tuple[float | None, float | None]]:
    """Mahalanobis distance squared of each sheet, and how often chance gives as much, over what most people answered.

    Covariances are taken over whoever answered both items; each sheet is compared on the items that it answered.
    """
    sheets = len(levels)
    known = ~np.isnan(levels)
    counts = known.sum(axis=0)
    order = [int(at) for at in np.lexsort((np.arange(len(counts)), -counts)) if counts[at] >= sheets / 2]
    used = sorted(order[: sheets // SHEETS_AN_ITEM])
    nothing: list[tuple[float | None, float | None]] = [(None, None)] * sheets
    if len(used) < LEAST_COMPARED:
        return nothing
    held, seen = levels[:, used], known[:, used]
    filled = np.where(seen, held, 0.0)
    shared = seen.T.astype(float) @ seen
    if shared.min() < SHEETS_AN_ITEM:
        return nothing
    means = (filled.T @ seen) / shared
    spread = (filled.T @ filled - shared * means * means.T) / (shared - 1)
    # Pairwise covariances may fit no people at all; raising the smallest eigenvalues makes them fit.
    sizes, vectors = np.linalg.eigh((spread + spread.T) / 2)
    if sizes.mean() < NOTHING:
        return nothing  # all say the same
    spread = (vectors * np.maximum(sizes, SMALLEST_SHARE * sizes.mean())) @ vectors.T
    centred = held - np.nanmean(held, axis=0)
    found = nothing
    for row in range(sheets):
        own = np.flatnonzero(seen[row])
        if len(own) >= LEAST_COMPARED:
            away = centred[row, own]
            distance = float(away @ np.linalg.solve(spread[np.ix_(own, own)], away))
            found[row] = (distance, float(chdtrc(len(own), distance)))
    return found


def _even_odd(levels: np.ndarray, halves: list[list[int]]) -> float | None:
    """Correlation of the means of every other item with those of the rest, over dimensions, stepped up for length."""
    pairs = []
    for places in halves:
        held = [levels[at] for at in places if not math.isnan(levels[at])]
        if len(held) >= 2:
            pairs.append((np.mean(held[::2]), np.mean(held[1::2])))
    if len(pairs) < LEAST_PAIRS:
        return None
    first, second = np.array(pairs).T
    if first.std() < 1e-9 or second.std() < 1e-9:
        return None
    r = float(np.corrcoef(first, second)[0, 1])
    return 2 * r / (1 + r) if r > 0 else r  # a negative correlation has nothing to step up
