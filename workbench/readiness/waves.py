"""What changed between two waves: the same people's change, apart from who came and who left.

The difference of two levels is split exactly, item by item:

    M₁ − M₀ = (S₁ − S₀) + j (J − S₁) − l (L − S₀)

S are the people who answered an item in both waves, J those who answered it in the later one only (share j of it), L in
the earlier one only (share l). The first term is the change; the other two are other people. People are paired by
their pseudonymous key and items by their id, whatever the role or the line somebody now belongs to. An item that people
answer by naming things has no level of one person and is left out.

Everything here is unprotected: `workbench.readiness.wave_comparison` offers it to the guard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.special import stdtr

from workbench.errors import ModelError
from workbench.readiness.paired import (
    LEAST_PAIRS,
    NOTHING,
    bowker,
    hodges_lehmann,
    mcnemar,
    ordinal_shift,
    paired_error,
    signed_ranks,
)
from workbench.readiness.scores import LINE, ORGANISATION, Part
from workbench.stats import Estimate, interval


@dataclass(frozen=True, eq=False)
class Pairs:
    """The answers of two waves side by side, joined by person and item.

    Attributes
    ----------
    keys : tuple of str
        Everybody who answered in either wave, sorted.
    items : tuple of str
        Items of both waves, in the later one's order.
    before, after : ndarray, shape (people, items)
        Levels; nan where there is none.
    """

    keys: tuple[str, ...]
    items: tuple[str, ...]
    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)

    def of(self, items: Iterable[str]) -> Pairs:
        """Return the same people with some of the items."""
        wanted = [name for name in items if name in self.items]
        places = [self.items.index(name) for name in wanted]
        return replace(self, items=tuple(wanted), before=self.before[:, places], after=self.after[:, places])


@dataclass(frozen=True)
class Moves:
    """Where the same people stood before and after: each by the mean of what they answered twice.

    Attributes
    ----------
    rose, stayed, fell : int
        People who moved by half a level or more, and who did not.
    p_moves : float
        Bowker's, over all levels: the chance of moves so one-sided if they went both ways alike.
    p_standing : float or None
        McNemar's, over the level from which a gate stands: as many above it as before?
    """

    rose: int
    stayed: int
    fell: int
    p_moves: float
    p_standing: float | None = None


@dataclass(frozen=True)
class Change:
    """How one dimension moved between two waves, in the organisation or a line.

    Attributes
    ----------
    part : Part
    dimension : str
    before, after : str
        Waves.
    items : tuple of str
        Compared: answered with a level by two people or more in both waves.
    same_people : Estimate or None
        S₁ − S₀. Unit: level.
    hodges_lehmann : float or None
        The middle of the persons' changes; close to the mean unless a few people moved far. Unit: level.
    p_value, p_ranks, p_adjusted : float or None
        Of no change: by t, by Wilcoxon's signed ranks, and t corrected for all changes looked at, so that of those that
        are called one in twenty may be false (Benjamini and Hochberg).
    joiners, leavers : float or None
        j (J − S₁) and −l (L − S₀): what other people add to the total. Unit: level.
    total : float or None
        M₁ − M₀ over the items compared. Unit: level.
    pairs, joined, left : int or None
        People who answered twice, later only, and earlier only.
    moves : Moves or None
    signs_agree : bool or None
        Whether an ordered probit, which knows no distance between levels, sees the same direction; None where it
        cannot tell, and for what chance alone may show.
    hidden : str
        Why the same people's change is not shown; empty where it is.
    """

    part: Part
    dimension: str
    before: str
    after: str
    items: tuple[str, ...] = ()
    same_people: Estimate | None = None
    hodges_lehmann: float | None = None
    p_value: float | None = None
    p_ranks: float | None = None
    p_adjusted: float | None = None
    joiners: float | None = None
    leavers: float | None = None
    total: float | None = None
    pairs: int | None = None
    joined: int | None = None
    left: int | None = None
    moves: Moves | None = None
    signs_agree: bool | None = None
    hidden: str = ""

    @property
    def key(self) -> str:
        """Where its figure is found."""
        where = f"/{self.part.id}" if self.part.kind == LINE else ""
        return f"change/{self.before}/{self.after}{where}/{self.dimension}"

    @property
    def direction(self) -> str:
        """``rose`` or ``fell`` where that survives the correction for all changes looked at; else nothing."""
        level = self.same_people
        if level is None or self.p_adjusted is None or self.p_adjusted > 1 - level.confidence + NOTHING:
            return ""
        return "rose" if level.value > 0 else "fell" if level.value < 0 else ""

    @property
    def is_misleading(self) -> bool:
        """Whether the total moves the other way than the same people, who surely moved."""
        level = self.same_people
        return bool(self.direction and level is not None and self.total is not None and level.value * self.total < 0)


def pair(before: pd.DataFrame, after: pd.DataFrame) -> Pairs:
    """Return the answers of two waves side by side, joined by label: order of rows and columns does not matter.

    Parameters
    ----------
    before, after : DataFrame, index respondent, one column an item
        Levels; nan where there is none.

    Raises
    ------
    ModelError
        A respondent or an item stands twice in one wave.

    Examples
    --------
    >>> before = pd.DataFrame({"a": [2.0, 3.0]}, index=["p2", "p1"])
    >>> after = pd.DataFrame({"b": [4.0, 1.0], "a": [4.0, 5.0]}, index=["p1", "p3"])
    >>> pairs = pair(before, after)
    >>> pairs.keys, pairs.items, (pairs.after - pairs.before)[:, 0].tolist()
    (('p1', 'p2', 'p3'), ('a',), [1.0, nan, nan])
    """
    for frame in (before, after):
        if frame.index.has_duplicates or frame.columns.has_duplicates:
            raise ModelError("A person, or an item, stands twice in one wave: nobody can tell which answer is theirs.")
    keys = sorted({str(key) for key in before.index} | {str(key) for key in after.index})
    known = {str(name) for name in before.columns}
    items = [str(name) for name in after.columns if str(name) in known]
    held = [
        frame.set_axis([str(key) for key in frame.index]).reindex(index=keys, columns=items).to_numpy(dtype=float)
        for frame in (before, after)
    ]
    return Pairs(tuple(keys), tuple(items), *held)


def change(
    pairs: Pairs,
    *,
    shares: Mapping[str, float] | None = None,
    asked: Mapping[str, int | None] | None = None,
    confidence: float = 0.95,
    values: Sequence[float] = (),
    standing: float | None = None,
    own: Collection[str] | None = None,
) -> Change | None:
    """Return how a dimension moved, split into the same people, joiners and leavers. Not protected.

    Parameters
    ----------
    pairs : Pairs
        Of the dimension's items.
    shares : mapping of item to float, optional
        What each counts; by default all alike. They are scaled to one over the items that can be compared.
    asked : mapping of item to int or None, optional
        People who belong there: more than answered twice. Unit: people.
    confidence : float
    values : sequence of float
        The scale's levels, lowest first; without them no ordinal check and no moves.
    standing : float, optional
        Level from which a gate stands.
    own : collection of str, optional
        Items by which people are counted; by default all. A line's level holds everybody's answers to items about the
        organisation, and these make nobody one of the line's people.

    Returns
    -------
    Change or None
        None where no item, or none of `own`, was answered twice by two people.

    Notes
    -----
    The interval is `workbench.readiness.paired.paired_error`: corrected for the closed group, without calling a change
    what the same people would tick differently on another day.
    """
    usable = [
        name
        for place, name in enumerate(pairs.items)
        if (~np.isnan(pairs.before[:, place]) & ~np.isnan(pairs.after[:, place])).sum() >= LEAST_PAIRS
    ]
    if not usable or (own is not None and not set(usable) & set(own)):
        return None
    held = pairs.of(usable)
    weight = np.array([1.0 if shares is None else shares[name] for name in usable])
    weight = weight / weight.sum()
    parts = _split(held, weight)
    moved = held.after - held.before
    has_pair = ~np.isnan(moved)
    count = has_pair.sum(axis=0)
    people = has_pair.any(axis=1)
    counted = np.array([own is None or name in own for name in usable])
    twice, later, earlier = (
        answered[:, counted].any(axis=1) for answered in (has_pair, ~np.isnan(held.after), ~np.isnan(held.before))
    )
    known = [None if asked is None else asked.get(name) for name in usable]
    response = np.array([min(1.0, n / total) if total else 0.0 for n, total in zip(count, known, strict=True)])
    error, df = paired_error(moved, weight, response)
    largest = None if any(one is None for one in known) else max(one for one in known if one is not None)
    each = np.nansum(moved[people] * weight, axis=1) / (has_pair[people] @ weight)
    same = parts["same"]
    span = (min(values) - max(values), max(values) - min(values)) if values else None
    p_value = None if error < NOTHING else min(1.0, 2 * float(stdtr(df, -abs(same) / error)))
    may_be_called = p_value is None or p_value <= 1 - confidence + NOTHING  # the correction for many only raises it
    return Change(
        part=Part(ORGANISATION, "", ""),
        dimension="",
        before="",
        after="",
        items=tuple(usable),
        same_people=_estimate(same, error, df, confidence, int(twice.sum()), largest, span, bool((response < 1).any())),
        hodges_lehmann=hodges_lehmann(each),
        p_value=p_value,
        p_ranks=signed_ranks(each),
        joiners=parts["joined"],
        leavers=parts["left"],
        total=parts["total"],
        pairs=int(twice.sum()),
        joined=int((later & ~twice).sum()),
        left=int((earlier & ~twice).sum()),
        moves=_moves(held, weight, values, standing) if values else None,
        signs_agree=_signs_agree(held, same, values) if values and may_be_called else None,
    )


def weights_of(pairs: Pairs, weight: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return how total, same people, joiners and leavers hang on the answers of the later and of the earlier wave.

    Parameters
    ----------
    pairs : Pairs
        Every item with a pair.
    weight : ndarray, shape (items,)
        What each item counts.

    Returns
    -------
    dict of str to (after, before)
        ``total``, ``same``, ``joined``, ``left``: arrays of (people × items). The first is the sum of the others.
    """
    first, second = ~np.isnan(pairs.before), ~np.isnan(pairs.after)
    both = first & second
    whole = [np.where(held, weight / np.maximum(held.sum(axis=0), 1), 0.0) for held in (second, first)]
    same = np.where(both, weight / np.maximum(both.sum(axis=0), 1), 0.0)
    nothing = np.zeros_like(same)
    return {
        "total": (whole[0], -whole[1]),
        "same": (same, -same),
        "joined": (whole[0] - same, nothing),
        "left": (nothing, same - whole[1]),
    }


def _split(pairs: Pairs, weight: np.ndarray) -> dict[str, float]:
    after, before = np.nan_to_num(pairs.after), np.nan_to_num(pairs.before)
    return {
        name: float((later * after).sum() + (earlier * before).sum())
        for name, (later, earlier) in weights_of(pairs, weight).items()
    }


def _estimate(
    value: float,
    error: float,
    df: float,
    confidence: float,
    people: int,
    asked: int | None,
    within: tuple[float, float] | None,
    has_silent: bool,
) -> Estimate:
    method = "paired t" if asked is None else "paired t, corrected for the finite population"
    if error < NOTHING and has_silent:
        # Everybody moved alike, yet not everybody is known: silence about a spread is no proof of none.
        return Estimate(value, None, None, None, None, confidence, people, asked, "no spread anywhere")
    return interval(
        value,
        error if error >= NOTHING else 0.0,
        df,
        confidence=confidence,
        answered=people,
        asked=asked,
        within=within,
        method=method,
    )


def _moves(pairs: Pairs, weight: np.ndarray, values: Sequence[float], standing: float | None) -> Moves | None:
    has_pair = ~np.isnan(pairs.before) & ~np.isnan(pairs.after)
    people = has_pair.any(axis=1)
    counted = np.where(has_pair, weight, 0.0)[people]
    whole = counted.sum(axis=1)
    first, second = (
        (np.nan_to_num(levels[people]) * counted).sum(axis=1) / whole for levels in (pairs.before, pairs.after)
    )
    borders = [(low + high) / 2 for low, high in pairwise(values)]
    places = [np.searchsorted(borders, np.round(levels, 9), side="right") for levels in (first, second)]
    table = np.zeros((len(values), len(values)), dtype=int)
    np.add.at(table, tuple(places), 1)
    half = min(high - low for low, high in pairwise(values)) / 2
    far = np.round(second - first, 9)
    rose, fell = int((far >= half).sum()), int((far <= -half).sum())
    passed = None
    if standing is not None:
        stood, stands = (np.round(levels, 9) >= standing for levels in (first, second))
        passed = mcnemar(int((~stood & stands).sum()), int((stood & ~stands).sum()))
    return Moves(rose, int(people.sum()) - rose - fell, fell, bowker(table)[2], passed)


def _signs_agree(pairs: Pairs, same: float, values: Sequence[float]) -> bool | None:
    both = ~np.isnan(pairs.before) & ~np.isnan(pairs.after)
    counts = [
        np.stack([(both & np.isclose(levels, value)).sum(axis=0) for value in values], axis=1)
        for levels in (pairs.before, pairs.after)
    ]
    shift = ordinal_shift(*counts)
    if shift is None or abs(shift) < 1e-6 or abs(same) < NOTHING:
        return None
    return (shift > 0) == (same > 0)
