"""The waves of an engagement compared: every change in the organisation and its lines, and what of it may be shown.

A change hangs on two waves' answers. Each of its numbers is offered to the guard with the answers it hangs on
(`workbench.readiness.unknowns.Offer`), so that it is decided together with the levels of both waves. An earlier wave is
protected as it was when it was the last one, and its levels are offered too: what was published stays as it was, and
what would now give somebody away together with it is hidden.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from workbench.errors import ModelError
from workbench.readiness.anonymity import (
    DECIMALS,
    DISTRIBUTION_FROM,
    HALF,
    PROTECTED,
    SHARE_DECIMALS,
    ProtectedScores,
    bounds_of,
    protect,
)
from workbench.readiness.inputs import ANSWERED, OPENLY_NAMED, Answers, Settings
from workbench.readiness.instrument import Group, Instrument
from workbench.readiness.ledger import Publication
from workbench.readiness.scores import DIMENSION, ITEM, LINE, ORGANISATION, Key, Part, Score, Scores
from workbench.readiness.unknowns import Offer, Term, term
from workbench.readiness.waves import Change, Moves, Pairs, change, pair, weights_of
from workbench.stats import Estimate, benjamini_hochberg

NOTHING = 1e-12
"""Below this a weight is rounding noise."""

STRAIGHT = ("mean", "sum")
"""Ways to combine items in which a difference of levels is the sum of its items' differences."""

SAME, JOINED, LEFT = "same", "joined", "left"

_TIERS = {SAME: {ORGANISATION: -5, LINE: -7}, JOINED: {ORGANISATION: -6, LINE: -8}, LEFT: {ORGANISATION: -6, LINE: -8}}
"""A change gives way before any level of the wave that is judged, those of lines before the organisation's."""

_EARLIER_TIERS = {ORGANISATION: 4, LINE: 2}
"""Levels of an earlier wave give way just before those of the last one."""


@dataclass(frozen=True, eq=False)
class EarlierWave:
    """What may be shown of a wave that is not judged any more.

    Attributes
    ----------
    wave : str
    date : date or None
    levels : mapping of (kind of part, part, dimension) to Score
        Of the organisation and its lines; a hidden one has no number and says why.
    """

    wave: str
    date: dt.date | None
    levels: Mapping[tuple[str, str, str], Score] = field(repr=False)

    def level(self, part: Part, dimension: str) -> Score:
        """Return one level."""
        return self.levels[(part.kind, part.id, dimension)]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two waves compared, unprotected.

    Attributes
    ----------
    before, after : str
    changes : tuple of Change
    offers : tuple of Offer
        Every number that wants to be shown, for the guard.
    """

    before: str
    after: str
    changes: tuple[Change, ...] = field(repr=False)
    offers: tuple[Offer, ...] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Waves:
    """The last wave as it may be shown, beside those before it.

    Attributes
    ----------
    shown : ProtectedScores
        Of the last wave.
    earlier : tuple of EarlierWave
        Oldest first.
    changes : tuple of Change
        Last against the one before, then last against the first.
    offers : tuple of Offer
        What was offered to the guard beside the levels: `publication` notes what of it was shown.
    """

    shown: ProtectedScores
    earlier: tuple[EarlierWave, ...] = ()
    changes: tuple[Change, ...] = ()
    offers: tuple[Offer, ...] = field(default=(), repr=False)


def protect_waves(
    latest: Scores,
    earlier: Sequence[Scores],
    settings: Settings,
    published: Iterable[Publication] = (),
    extra: Iterable[Offer] = (),
) -> Waves:
    """Return what may be shown of all waves together: the last one's levels, earlier levels, and the changes.

    Parameters
    ----------
    latest : Scores
    earlier : sequence of Scores
        Oldest first.
    settings : Settings
    published : iterable of Publication
        What earlier runs showed.
    extra : iterable of Offer
        Further numbers of the last wave.
    """
    before = tuple(published)
    earlier = [_levels_of_lines(scores) for scores in earlier]
    frozen = [protect(scores, settings, before) for scores in earlier]
    offers = [offer for scores, shown in zip(earlier, frozen, strict=True) for offer in _earlier_offers(scores, shown)]
    compared = [compare_waves(one, latest, settings) for one in dict.fromkeys((*earlier[-1:], *earlier[:1]))]
    offers += [*(offer for held in compared for offer in held.offers), *extra]
    shown = protect(latest, settings, before, offers)
    waves = {
        scores.wave: _earlier_wave(scores, held, shown.extra) for scores, held in zip(earlier, frozen, strict=True)
    }
    changes = [found for held in compared for found in show_changes(held, shown, waves[held.before], settings)]
    return Waves(shown, tuple(waves.values()), tuple(changes), tuple(offers))


def _levels_of_lines(scores: Scores) -> Scores:
    """Return an earlier wave with what is shown of it: the dimensions of the organisation and of its lines."""
    shown = {key: held for key, held in scores.scores.items() if key[0] == DIMENSION and key[1] in _EARLIER_TIERS}
    return replace(scores, scores=shown, traces={key: scores.traces[key] for key in shown})


def _earlier_offers(scores: Scores, shown: ProtectedScores) -> Iterator[Offer]:
    for key, held in shown.scores.items():
        if key[0] == DIMENSION and key[1] in _EARLIER_TIERS and held.level is not None:
            trace = scores.traces[key]
            yield Offer(
                _earlier_key(scores, key),
                _EARLIER_TIERS[key[1]],
                frozenset(scores.keys[place] for place in trace.line_people),
                (term(scores, trace.items, trace.weights),),
                *bounds_of(held),
            )


def _earlier_key(scores: Scores, key: Key) -> Key:
    return f"level/{scores.wave}", *key[1:]


def _earlier_wave(scores: Scores, shown: ProtectedScores, extra: Mapping[Key, str]) -> EarlierWave:
    levels = {}
    for key, held in shown.scores.items():
        if key[0] == DIMENSION and key[1] in _EARLIER_TIERS:
            reason = held.hidden if held.level is None else extra.get(_earlier_key(scores, key), PROTECTED)
            levels[key[1:]] = Score(DIMENSION, key[3], held.part, None, hidden=reason) if reason else held
    return EarlierWave(scores.wave, None if scores.answers is None else scores.answers.date, levels)


def person_levels(answers: Answers, instrument: Instrument, part: Part) -> pd.DataFrame:
    """Return each respondent's levels in the organisation or a line: one row a person, one column an item.

    Somebody who answered for several lines is one person, with their mean. A sheet without a line speaks for every
    line, and items about the organisation are everybody's.

    Parameters
    ----------
    answers : Answers
    instrument : Instrument
    part : Part
        The organisation or a line.
    """
    own = {item.id: item for item in instrument.items if item.kind != "open" and item.id in answers.levels.columns}
    held = answers.levels[list(own)].where(answers.status[list(own)] == ANSWERED)
    if part.kind == LINE:
        lines = answers.sheets["product_line"]
        speaks = (lines.isna() | (lines == "") | (lines == part.id)).to_numpy(dtype=bool)
        is_pooled = np.array([item.scope == "organisation" for item in own.values()], dtype=bool)
        held = held.where(speaks[:, None] | is_pooled)
    people = answers.sheets["respondent"].astype(str)
    if people.is_unique:  # one sheet each, the usual case: nothing to average
        return held.set_axis(people).sort_index()
    return held.groupby(people).mean()


def compare_waves(before: Scores, after: Scores, settings: Settings) -> Comparison:
    """Return the changes of every dimension, in the organisation and in each line, with what the guard must know.

    Parameters
    ----------
    before, after : Scores
        Of two waves, earlier and later.
    settings : Settings
        `confidence`, `minimum_group`.

    Returns
    -------
    Comparison
        A dimension that asks about the organisation alone is compared once, not again for each line.
    """
    if before.answers is None or after.answers is None:
        raise ModelError("Waves are compared by their answers, and the scores hold none.")
    instrument = after.instrument
    changes: list[Change] = []
    offers: list[Offer] = []
    for part in (part for part in after.parts if part.kind in (ORGANISATION, LINE)):
        pairs = pair(
            person_levels(before.answers, before.instrument, part), person_levels(after.answers, instrument, part)
        )
        for group in instrument.dimensions:
            found = _compare(before, after, settings, part, group, pairs)
            if found is not None:
                changes.append(found[0])
                offers.extend(found[1])
    return Comparison(before.wave, after.wave, _corrected(changes), tuple(offers))


def _compare(
    before: Scores, after: Scores, settings: Settings, part: Part, group: Group, pairs: Pairs
) -> tuple[Change, list[Offer]] | None:
    instrument, levels = after.instrument, after.instrument.gate_levels
    items = instrument.items_below(group.id)
    if part.kind == LINE and all(item.scope == "organisation" for item in items):
        return None
    blank = Change(part, group.id, before.wave, after.wave, hidden=PROTECTED)
    key = (DIMENSION, part.kind, part.id, group.id)
    if not _is_straight(instrument, group) or key not in before.scores:
        return blank, []
    used = set(before.scores[key].items_used) & set(after.scores[key].items_used)
    trace = after.traces[key]
    counted = dict(zip(trace.items, trace.weights.sum(axis=0).tolist(), strict=True))
    shares = {name: counted[name] for name in trace.items if name in used and name in pairs.items and counted[name]}
    if not shares or (group.aggregation == "sum" and len(shares) < len(items)):
        return blank, []
    own = {item.id for item in items if part.kind != LINE or item.scope == "line"}
    asked = {}
    for name in shares:
        one = after.scores[(ITEM, part.kind, part.id, name)].level
        asked[name] = None if one is None else one.asked
    found = change(
        pairs.of(shares),
        shares=shares,
        asked=asked,
        confidence=settings.confidence,
        values=instrument.scale.values,
        standing=None if levels is None else levels.standing,
        own=own,
    )
    if found is None:
        return blank, []
    found = replace(found, part=part, dimension=group.id, before=before.wave, after=after.wave)
    return found, list(_offers(before, after, settings, found, pairs.of(found.items), shares, own))


def _is_straight(instrument: Instrument, group: Group) -> bool:
    below = [one for one in instrument.groups if one.parent == group.id]
    return group.aggregation in STRAIGHT and all(_is_straight(instrument, one) for one in below)


def _offers(
    before: Scores,
    after: Scores,
    settings: Settings,
    found: Change,
    pairs: Pairs,
    shares: Mapping[str, float],
    own: Collection[str],
) -> Iterator[Offer]:
    """Offer the numbers of a change that are not too small from the start."""
    weight = np.array([shares[name] for name in pairs.items])
    rows = weights_of(pairs, weight / weight.sum())
    counted = [name in own for name in pairs.items]
    first, second = (~np.isnan(levels[:, counted]) for levels in (pairs.before, pairs.after))
    both = (first & second).any(axis=1)
    people = {SAME: both, JOINED: second.any(axis=1) & ~both, LEFT: first.any(axis=1) & ~both}
    split, together = _is_split(found, settings), _has_pairs(found, settings)
    same = None if found.same_people is None else found.same_people.value
    values = {SAME: same, JOINED: found.joiners, LEFT: found.leavers}
    for name in (SAME, JOINED, LEFT):
        if not together or (name in (JOINED, LEFT) and not split):
            continue
        shown = people.get(name) if split else None
        keys = () if shown is None else np.array(pairs.keys, dtype=object)[shown].tolist()
        terms = [
            _term(scores, pairs, held)
            for scores, held in zip((after, before), rows[name], strict=True)
            if np.abs(held).max(initial=0.0) > NOTHING
        ]
        value = values[name]
        if terms and value is not None:
            shown_as = round(value, DECIMALS)
            yield Offer(
                _offer_key(name, found),
                _TIERS[name][found.part.kind],
                frozenset(str(key) for key in keys),
                tuple(terms),
                shown_as - HALF,
                shown_as + HALF,
            )


def _term(scores: Scores, pairs: Pairs, weights: np.ndarray) -> Term:
    places = {key: place for place, key in enumerate(pairs.keys)}
    rows = np.array([places.get(key, -1) for key in scores.keys])
    return term(scores, pairs.items, np.where(rows[:, None] >= 0, weights[rows], 0.0))


def _offer_key(name: str, found: Change) -> Key:
    return f"{name}/{found.before}/{found.after}", found.part.kind, found.part.id, found.dimension


def _has_pairs(found: Change, settings: Settings) -> bool:
    """Whether so many answered twice that a spread of theirs may be shown."""
    if settings.minimum_group == OPENLY_NAMED:
        return True
    return (found.pairs or 0) >= max(settings.minimum_group, DISTRIBUTION_FROM)


def _is_split(found: Change, settings: Settings) -> bool:
    """Whether joiners and leavers are told apart: in the organisation, and where each are nobody or enough people.

    In a line they stay merged into the total: every further number there takes a level away somewhere else.
    """
    if settings.minimum_group == OPENLY_NAMED:
        return True
    return found.part.kind == ORGANISATION and all(
        (count or 0) in (0,) or (count or 0) >= settings.minimum_group for count in (found.joined, found.left)
    )


def _corrected(changes: list[Change]) -> tuple[Change, ...]:
    known = [place for place, one in enumerate(changes) if one.p_value is not None]
    adjusted = dict(
        zip(known, benjamini_hochberg([changes[place].p_value or 0.0 for place in known]).tolist(), strict=True)
    )
    return tuple(replace(one, p_adjusted=adjusted.get(place)) for place, one in enumerate(changes))


def show_changes(
    comparison: Comparison, shown: ProtectedScores, earlier: EarlierWave, settings: Settings
) -> tuple[Change, ...]:
    """Return the changes as they may be shown.

    Parameters
    ----------
    comparison : Comparison
    shown : ProtectedScores
        Of the later wave, with the guard's answer to each offer (`ProtectedScores.extra`).
    earlier : EarlierWave
        The earlier one.
    settings : Settings

    Returns
    -------
    tuple of Change
        Levels with one decimal, intervals rounded outwards, chances up to hundredths; `total` is the difference of the
        two levels as they are shown. Where joiners or leavers are too few, both are merged into the total; where the
        pairs are, or a level is hidden, only what is left of it is shown.
    """
    offered = {offer.key for offer in comparison.offers}
    return tuple(_as_shown(found, offered, shown, earlier, settings) for found in comparison.changes)


def _as_shown(
    found: Change, offered: set[Key], shown: ProtectedScores, earlier: EarlierWave, settings: Settings
) -> Change:
    def may(name: str) -> bool:
        return shown.extra.get(_offer_key(name, found), PROTECTED) == ""

    first, second = earlier.level(found.part, found.dimension), shown.get(DIMENSION, found.part, found.dimension)
    blank = Change(found.part, found.dimension, found.before, found.after, found.items, hidden=PROTECTED)
    if first.level is None or second.level is None:
        return blank
    total = None if first.edge or second.edge else _rounded(second.level.value - first.level.value)
    if not may(SAME) or found.same_people is None:
        return replace(blank, total=total)
    # What nobody adds to was not offered.
    split = _is_split(found, settings) and all(
        may(name) for name in (JOINED, LEFT) if _offer_key(name, found) in offered
    )
    return replace(
        found,
        same_people=_shown_estimate(found.same_people, found.pairs or 0 if split else 0),
        hodges_lehmann=_rounded(found.hodges_lehmann),
        p_value=_up(found.p_value),
        p_ranks=_up(found.p_ranks),
        p_adjusted=_up(found.p_adjusted),
        joiners=_rounded(found.joiners) if split else None,
        leavers=_rounded(found.leavers) if split else None,
        total=total,
        pairs=found.pairs if split else None,
        joined=found.joined if split else None,
        left=found.left if split else None,
        moves=_shown_moves(found, settings) if split else None,
    )


def _shown_moves(found: Change, settings: Settings) -> Moves | None:
    held = found.moves
    if held is None:
        return None
    # Counts of a line could be subtracted from the organisation's, and nobody offered them to the guard.
    is_small = found.part.kind != ORGANISATION or min(held.rose, held.stayed, held.fell) < settings.minimum_group
    if is_small and settings.minimum_group != OPENLY_NAMED:
        return None
    return replace(held, p_moves=_up(held.p_moves) or 0.0, p_standing=_up(held.p_standing))


def _shown_estimate(level: Estimate, pairs: int) -> Estimate:
    value = round(level.value, DECIMALS) + 0.0  # no minus before nothing
    low = None if level.low is None else min(value, -_outward(-level.low) + 0.0)
    high = None if level.high is None else max(value, _outward(level.high))
    return replace(level, value=value, low=low, high=high, standard_error=None, df=None, answered=pairs)


def _outward(value: float) -> float:
    return math.ceil(value * 10**DECIMALS - 1e-9) / 10**DECIMALS + 0.0


def _up(chance: float | None) -> float | None:
    """Round a chance up: one that is rounded down promises too much."""
    if chance is None:
        return None
    return max(10**-SHARE_DECIMALS, math.ceil(chance * 10**SHARE_DECIMALS - 1e-9) / 10**SHARE_DECIMALS)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS) + 0.0
