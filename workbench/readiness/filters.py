"""Filters that a panel offers: each line as one group of roles sees it, decided with everything that is shown.

A filter asks the same guard as the report, and asks before it is offered: all filters at once, as the least important
numbers there are, so that no order of clicks tells more than the page does. Looking one up afterwards takes no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from workbench.readiness.anonymity import as_shown
from workbench.readiness.inputs import ANSWERED, Answers, Settings
from workbench.readiness.instrument import Instrument, RoleCut
from workbench.readiness.scores import DIMENSION, LINE, Key, Score, Scores, score
from workbench.readiness.unknowns import Offer, term

FILTER_TIER = -4
"""A filter gives way before anything that the report shows."""


@dataclass(frozen=True, eq=False)
class Filters:
    """What the filters found, unprotected, and what they ask of the guard.

    Attributes
    ----------
    offers : tuple of Offer
    scores : mapping of cut of roles to Scores
        Of the sheets of those roles alone.
    """

    offers: tuple[Offer, ...] = ()
    scores: Mapping[str, Scores] = field(default_factory=dict, repr=False)


def filter_offers(
    answers: Answers, instrument: Instrument, settings: Settings, lines: Iterable[tuple[str, str]]
) -> Filters:
    """Return the levels of every line as each cut of roles sees them, offered to the guard.

    Parameters
    ----------
    answers : Answers
        Of the wave that is judged.
    instrument : Instrument
        Its cuts of roles are the filters.
    settings : Settings
    lines : iterable of (key, name)
    """
    register = tuple(lines)
    found: list[Offer] = []
    held: dict[str, Scores] = {}
    for cut in instrument.cuts:
        own = _answers_of(answers, instrument, cut)
        if not (own.status.to_numpy(dtype=object) == ANSWERED).any():
            continue
        scores = held[cut.id] = score(own, instrument, settings, lines=register)
        for key, one in scores.scores.items():
            trace = scores.traces[key]
            # Where nobody spoke of the line itself, pooled questions alone would be called its level.
            if key[0] == DIMENSION and key[1] == LINE and one.level is not None and trace.line_people:
                found.append(
                    Offer(
                        filter_key(cut.id, key),
                        FILTER_TIER,
                        frozenset(scores.keys[place] for place in trace.line_people),
                        (term(scores, trace.items, trace.weights),),
                    )
                )
    return Filters(tuple(found), held)


def show_filters(filters: Filters, decided: Mapping[Key, str], settings: Settings) -> dict[tuple[str, str, str], Score]:
    """Return the levels by cut, line and dimension as they may be shown; a hidden one has no number and says why.

    Parameters
    ----------
    filters : Filters
    decided : mapping of key to str
        `ProtectedScores.extra`.
    settings : Settings
    """
    minimum = settings.minimum_group
    return {
        (cut, key[2], key[3]): as_shown(
            one, scores, minimum, is_hidden=bool(decided.get(filter_key(cut, key), "offered")), is_unseen=True
        )
        for cut, scores in filters.scores.items()
        for key, one in scores.scores.items()
        if key[0] == DIMENSION and key[1] == LINE
    }


def filter_key(cut: str, key: Key) -> Key:
    """Return the key under which the guard knows a filtered level."""
    return f"filter/{cut}", *key[1:]


def _answers_of(answers: Answers, instrument: Instrument, cut: RoleCut) -> Answers:
    """Return the sheets of a cut's roles, and who of the asked have them."""
    roles = {role.id for role in instrument.roles if role.shown_as in cut.roles}
    is_own = np.array([role in roles for role in answers.sheets["role"]], dtype=bool)
    population = answers.population
    if population is not None:
        population = population[[role in roles for role in population["role"]]].reset_index(drop=True)
    return replace(
        answers,
        sheets=answers.sheets[is_own],
        levels=answers.levels[is_own],
        status=answers.status[is_own],
        codes=answers.codes[is_own],
        population=population,
    )
