"""What the answers say about those who gave them: whether people agree, whether questions hang together, their sheets.

Statistics of people leave here only for groups of ten or more whose level is shown, rounded to two decimals, without
the numbers of people behind single questions; levels without flagged sheets only where the guard allows them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from workbench.readiness.anonymity import DECIMALS, DISTRIBUTION_FROM, SHARE_DECIMALS, ProtectedScores
from workbench.readiness.assessors import Coding, compare_assessors
from workbench.readiness.factors import Omega, omega
from workbench.readiness.inputs import ANSWERED, OPENLY_NAMED, Answers, Settings
from workbench.readiness.instrument import Instrument, Item, routed
from workbench.readiness.raters import icc
from workbench.readiness.reliability import (
    AGREEMENT_FROM,
    NO,
    TOO_FEW,
    Agreement,
    Alpha,
    agreement,
    cronbach_alpha,
)
from workbench.readiness.scores import DIMENSION, LINE, ORGANISATION, ROLE, Part, Scores
from workbench.readiness.sheet_flags import WITHOUT, Without
from workbench.readiness.suppression import find_leak
from workbench.readiness.verdict import Verdict, judge

POOLED, BY_LINE = "asked about the organisation", "asked about each line"
"""Why a line, or the organisation, has no agreement of its own."""

UNLIKE = "the questions offer different answers"

NOT_ENOUGH = "too few people"
"""Fewer than a spread may be shown for, or fewer than can say anything."""


@dataclass(frozen=True)
class LineAgreement:
    """Whether the people of one part agree about one dimension.

    Attributes
    ----------
    part : Part
        A line; the organisation for what is asked about the organisation.
    dimension : str
    found : Agreement or None
        Rounded; None where it may not be shown, then `hidden` says why.
    widest : str
        The item on which answers lie furthest apart; empty where there is none.
    hidden : str
    """

    part: Part
    dimension: str
    found: Agreement | None
    widest: str = ""
    hidden: str = ""

    @property
    def agrees(self) -> str:
        """``yes``, ``no``, ``too few``, or nothing where it is hidden."""
        return self.found.agrees if self.found is not None else TOO_FEW if self.hidden == NOT_ENOUGH else ""


@dataclass(frozen=True)
class ScaleReliability:
    """How far the questions of one dimension hang together for one role, which was asked them all.

    Attributes
    ----------
    role : Part
    dimension : str
    items : tuple of str
        The scale's items in the order of `alpha.item_rest`.
    alpha : Alpha or None
        Rounded; None where it may not be shown, then `hidden` says why.
    omega : Omega or None
    hidden : str
    """

    role: Part
    dimension: str
    items: tuple[str, ...]
    alpha: Alpha | None
    omega: Omega | None
    hidden: str = ""

    @property
    def against(self) -> tuple[str, ...]:
        """Items that run against the rest by more than chance: their correlation is below nothing by two errors."""
        if self.alpha is None:
            return ()
        least = -2 / self.alpha.people**0.5
        return tuple(
            name for name, r in zip(self.items, self.alpha.item_rest, strict=True) if r is not None and r < least
        )


@dataclass(frozen=True)
class LinePooling:
    """Whether people of one line answer alike, more than people of different lines.

    Attributes
    ----------
    dimension : str
    single : float or None
        ICC(1): share of one person's answer that the line explains; None where undefined, then `why` says so.
    low, high : float or None
    mean : float or None
        ICC(2): how reliably the lines' means differ; None where they do not.
    p : float or None
        Of no difference between lines, not below .01.
    size : int
        People a line. Unit: people.
    why : str
    """

    dimension: str
    single: float | None
    low: float | None
    high: float | None
    mean: float | None
    p: float | None
    size: int
    why: str = ""


@dataclass(frozen=True)
class FlaggedSheets:
    """Sheets that were filled in very fast or uniformly, and what the levels are without them.

    Attributes
    ----------
    any_flagged : bool
    sheets : int or None
        None where their number may not be shown: fewer than the smallest group.
    without : tuple of (dimension, level)
        Of the organisation, rounded; only what the guard allows.
    class_changes : bool or None
        Whether the class of any line, or of the organisation, would be another; None where there is no class.
    """

    any_flagged: bool = False
    sheets: int | None = 0
    without: tuple[tuple[str, float], ...] = ()
    class_changes: bool | None = None


@dataclass(frozen=True)
class Respondents:
    """All of it, protected.

    Attributes
    ----------
    agreement : tuple of LineAgreement
        Line by line in the register's order, each dimension; then what is asked about the organisation.
    reliability : tuple of ScaleReliability
    pooling : tuple of LinePooling
    coding : Coding or None
        None where no artefact was looked at twice.
    flagged : FlaggedSheets
    """

    agreement: tuple[LineAgreement, ...] = ()
    reliability: tuple[ScaleReliability, ...] = ()
    pooling: tuple[LinePooling, ...] = ()
    coding: Coding | None = None
    flagged: FlaggedSheets = field(default=FlaggedSheets())


def look_at_respondents(
    scores: Scores,
    shown: ProtectedScores,
    verdict: Verdict | None,
    without: Without,
    settings: Settings,
    *,
    evidence: pd.DataFrame | None = None,
) -> Respondents:
    """Return what the answers say about those who gave them.

    Parameters
    ----------
    scores : Scores
        Unprotected, with the answers they were made of.
    shown : ProtectedScores
        What may be shown of them; the offers of `without` were decided with them.
    verdict : Verdict or None
    without : Without
        The wave without flagged sheets.
    settings : Settings
    evidence : DataFrame, optional
        item, product_line, seen, level, assessor.
    """
    if scores.answers is None:
        raise ValueError("Scores without their answers say nothing about respondents.")
    people = _People.of(scores.answers, scores.instrument)
    return Respondents(
        tuple(_agreements(people, scores, shown, settings)),
        tuple(_reliabilities(people, scores, shown, settings)),
        tuple(_poolings(people, scores, shown, settings)),
        compare_assessors(evidence, scores.instrument),
        _flagged(scores, shown, verdict, without, settings),
    )


@dataclass(frozen=True, eq=False)
class _People:
    """Levels of sheets by line and role, and of whom they are."""

    instrument: Instrument
    levels: pd.DataFrame
    person: np.ndarray
    line: np.ndarray
    role: np.ndarray

    @classmethod
    def of(cls, answers: Answers, instrument: Instrument) -> _People:
        shown_as = {role.id: role.shown_as for role in instrument.roles}
        names = [item.id for item in instrument.items if item.kind != "open"]
        line = answers.sheets["product_line"].astype(object)
        return cls(
            instrument,
            answers.levels[names].where(answers.status[names] == ANSWERED),
            answers.sheets["respondent"].astype(str).to_numpy(dtype=object),
            line.where(line.notna(), "").to_numpy(dtype=object),
            np.array([shown_as[role] for role in answers.sheets["role"]], dtype=object),
        )

    def table(self, items: list[str], take: np.ndarray) -> np.ndarray:
        """One row a person, their mean over several sheets; people without a level are left out."""
        person = self.person[take]
        if len(set(person.tolist())) == len(person):  # one sheet each, the usual case: nothing to average
            held = self.values[:, [self.columns[item] for item in items]][np.flatnonzero(take)[np.argsort(person)]]
            return held[~np.isnan(held).all(axis=1)]
        means = self.levels.loc[take, items].groupby(person, sort=True).mean()
        return means.dropna(how="all").to_numpy(dtype=float)

    @cached_property
    def columns(self) -> dict[str, int]:
        """Where each item stands in `values`."""
        return {str(name): place for place, name in enumerate(self.levels.columns)}

    @cached_property
    def values(self) -> np.ndarray:
        """The levels as an array."""
        return self.levels.to_numpy(dtype=float)


def _agreements(people: _People, scores: Scores, shown: ProtectedScores, settings: Settings) -> Iterable[LineAgreement]:
    everybody = np.ones(len(people.line), dtype=bool)
    for part in (*(part for part in scores.parts if part.kind == LINE), scores.parts[0]):
        is_whole = part.kind == ORGANISATION
        take = everybody if is_whole else (people.line == part.id) | (people.line == "")
        for group in scores.instrument.dimensions:
            items = _of_scope(scores.instrument, group.id, ORGANISATION if is_whole else LINE)
            held = shown.get(DIMENSION, part, group.id)
            if not items:
                yield LineAgreement(part, group.id, None, "", BY_LINE if is_whole else POOLED)
            elif held.level is None:
                yield LineAgreement(part, group.id, None, "", held.hidden)
            elif len({item.answer_set for item in items}) > 1:
                yield LineAgreement(part, group.id, None, "", UNLIKE)
            else:
                table = people.table([item.id for item in items], take)
                yield _agreement(part, group.id, table, items, held.people or 0, scores.instrument, settings)


def _agreement(
    part: Part,
    group: str,
    table: np.ndarray,
    items: list[Item],
    shown_people: int,
    instrument: Instrument,
    settings: Settings,
) -> LineAgreement:
    """Return the agreement of one part; the people published with it are those that stand beside the level already."""
    least = _least(settings)
    values = sorted({option.weight for option in instrument.answers(items[0]).options if option.weight is not None})
    if len(table) < least or len(values) < 2:
        return LineAgreement(part, group, None, "", NOT_ENOUGH)
    found = agreement(table, values=values)
    if found.agrees == TOO_FEW:
        return LineAgreement(part, group, None, "", NOT_ENOUGH)
    counts = (~np.isnan(table)).sum(axis=0)
    spread = {item.id: float(np.nanvar(table[:, at])) for at, item in enumerate(items) if counts[at] >= least}
    widest = max(spread, key=lambda name: (spread[name], name)) if found.agrees == NO and len(spread) > 1 else ""
    published = replace(
        found,
        rwg=_round(found.rwg),
        critical=_round(found.critical),
        ad=_round(found.ad),
        sd=_round(found.sd),
        by_chance=_round(found.by_chance),
        people=shown_people,
        items=len(items),
    )
    return LineAgreement(part, group, published, widest)


def _reliabilities(
    people: _People, scores: Scores, shown: ProtectedScores, settings: Settings
) -> Iterable[ScaleReliability]:
    instrument = scores.instrument
    for part in (part for part in scores.parts if part.kind == ROLE):
        asked = set(routed(instrument, part.id))
        for group in instrument.dimensions:
            items = [item for item in instrument.items_below(group.id) if item.kind != "open" and item.id in asked]
            names = tuple(item.id for item in items)
            held = shown.get(DIMENSION, part, group.id)
            if len(names) < 2:
                continue
            if held.level is None:
                yield ScaleReliability(part, group.id, names, None, None, held.hidden)
                continue
            table = people.table(list(names), people.role == part.id)
            alpha = cronbach_alpha(table, confidence=settings.confidence)
            # The people behind a pair of questions are fewer than those behind the level, and must be enough too.
            if alpha.people < _least(settings):
                yield ScaleReliability(part, group.id, names, None, None, NOT_ENOUGH)
                continue
            count = held.people or 0
            yield ScaleReliability(
                part,
                group.id,
                names,
                replace(
                    alpha,
                    value=_round(alpha.value),
                    low=_round(alpha.low),
                    high=_round(alpha.high),
                    if_deleted=tuple(_round(one) for one in alpha.if_deleted),
                    item_rest=tuple(_round(one) for one in alpha.item_rest),
                    people=count,
                ),
                _published_omega(omega(table), count),
            )


def _published_omega(found: Omega, people: int) -> Omega:
    loadings = tuple(round(one, SHARE_DECIMALS) for one in found.loadings)
    return replace(found, value=_round(found.value), loadings=loadings, people=people)


def _poolings(people: _People, scores: Scores, shown: ProtectedScores, settings: Settings) -> Iterable[LinePooling]:
    own = people.line != ""
    for group in scores.instrument.dimensions:
        items = [item.id for item in _of_scope(scores.instrument, group.id, LINE)]
        if not items or shown.get(DIMENSION, scores.parts[0], group.id).level is None:
            continue
        held = people.levels.loc[own, items]
        # People are asked different questions: each answer counts by its distance from what its question usually gets.
        value = (held - held.mean()).mean(axis=1).to_numpy(dtype=float)
        known = ~np.isnan(value)
        if len(set(people.person[own][known])) < _least(settings):  # who answered for several lines is one person
            continue
        found = icc(value[known], people.line[own][known].tolist(), confidence=settings.confidence)
        yield LinePooling(
            group.id,
            _round(found.single.value),
            _round(found.single.low),
            _round(found.single.high),
            # Below nothing people of one line differ more than people of different lines: no mean to rely on.
            _round(found.mean.value) if (found.mean.value or 0.0) > 0 else None,
            None if found.p is None else max(10**-SHARE_DECIMALS, math.ceil(found.p * 100 - 1e-9) / 100),
            round(found.size),
            found.why,
        )


def _flagged(
    scores: Scores, shown: ProtectedScores, verdict: Verdict | None, without: Without, settings: Settings
) -> FlaggedSheets:
    if not without.sheets:
        return FlaggedSheets(False, 0, (), False if verdict is not None else None)
    may_count = _may_count(scores, shown, without, settings)
    levels = []
    if may_count and without.scores is not None:
        for group in scores.instrument.dimensions:
            key = (WITHOUT, ORGANISATION, "", group.id)
            level = without.scores.get(DIMENSION, scores.parts[0], group.id).level
            own = shown.get(DIMENSION, scores.parts[0], group.id)
            if level is not None and own.level is not None and not own.edge and shown.extra.get(key) == "":
                levels.append((group.id, round(level.value, DECIMALS)))
    return FlaggedSheets(
        True, without.sheets if may_count else None, tuple(levels), _changes(shown, verdict, without, settings)
    )


def _may_count(scores: Scores, shown: ProtectedScores, without: Without, settings: Settings) -> bool:
    """Whether the number of flagged people could stand beside all numbers of people that are shown."""
    if settings.minimum_group == OPENLY_NAMED:
        return True
    places = {key: place for place, key in enumerate(scores.keys)}
    sets = [scores.members[part] for part, head in shown.heads.items() if not head.hidden]
    sets.append(frozenset(places[key] for key in without.people))
    rows = np.zeros((len(sets), scores.respondents))
    for row, held in zip(rows, sets, strict=True):
        row[sorted(held)] = 1.0
    return find_leak(rows, np.eye(scores.respondents, dtype=bool), settings.minimum_group) is None


def _changes(shown: ProtectedScores, verdict: Verdict | None, without: Without, settings: Settings) -> bool | None:
    """Whether any class would be another; which line's would tell in which line a sheet was flagged."""
    if verdict is None or without.scores is None:
        return None
    other = judge(without.scores, shown, replace(settings, draws=1), asks=False)
    if other is None:
        return None
    first, second = (
        (held.verdict, *(sorted((line.line, line.verdict) for line in held.lines))) for held in (verdict, other)
    )
    return first != second


def _of_scope(instrument: Instrument, group: str, scope: str) -> list[Item]:
    return [item for item in instrument.items_below(group) if item.kind != "open" and item.scope == scope]


def _least(settings: Settings) -> int:
    """People from which a spread may be shown."""
    return AGREEMENT_FROM if settings.minimum_group == OPENLY_NAMED else DISTRIBUTION_FROM


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), SHARE_DECIMALS)
