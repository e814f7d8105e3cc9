"""The step of a review that looks at all series together: what moved, which parts differ, which events are rare."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.outcomes.catalogue import Metric
from workbench.outcomes.cubes import Cube
from workbench.outcomes.funnels import Funnel, compare_parts
from workbench.outcomes.rare_events import RareEvents
from workbench.outcomes.signal_portfolio import Portfolio, judge_portfolio

if TYPE_CHECKING:
    from workbench.outcomes.reviewed import Series

LEVELS = {"company": "the company", "product": "products"}
"""What each level is called; every kind of parent is ``parents``."""

LEAST_COMPARED = 3
"""Fewer products are no funnel (ours)."""


@dataclass(frozen=True)
class Comparison:
    """The products of one metric beside each other, in its latest complete period.

    Attributes
    ----------
    metric : str
    period : date
    funnel : Funnel
        Its parts are products.
    """

    metric: str
    period: dt.date
    funnel: Funnel


@dataclass(frozen=True)
class SignalReview:
    """What all series say together.

    Attributes
    ----------
    portfolio : Portfolio
    scopes : tuple of (metric, kind, parent)
        The series of the portfolio, in its order.
    comparisons : tuple of Comparison
        In the order of the catalogue.
    rare : tuple of RareEvents
        Metrics with ``chart: time_between``.
    """

    portfolio: Portfolio = field(default_factory=Portfolio)
    scopes: tuple[tuple[str, str, str], ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    rare: tuple[RareEvents, ...] = ()


def level_of(kind: str) -> str:
    """Return the family of a scope."""
    return LEVELS.get(kind, "parents")


def judge_together(
    series: Sequence[Series], rare: Sequence[RareEvents], *, false_share: float
) -> tuple[list[Series], SignalReview]:
    """Return the series with what stands among all of them, and the portfolio.

    Parameters
    ----------
    series : sequence of Series
    rare : sequence of RareEvents
    false_share : float
        Share of false ones among the moves that are named, at most.
    """
    asked = [(one.scope, one.watched.change) for one in series] + [
        ((one.metric, one.kind, one.parent), one.change) for one in rare
    ]
    tested = [(place, scope, change) for place, (scope, change) in enumerate(asked) if change is not None]
    portfolio = judge_portfolio(
        [change.p for _, _, change in tested],
        [level_of(scope[1]) for _, scope, _ in tested],
        false_share=false_share,
    )
    kept = {place: (portfolio.is_kept(row), portfolio.q_values[row]) for row, (place, _, _) in enumerate(tested)}
    judged = [
        replace(one, watched=replace(one.watched, is_kept=kept[place][0], q=kept[place][1])) if place in kept else one
        for place, one in enumerate(series)
    ]
    known = [
        replace(one, is_kept=kept[place][0], q=kept[place][1]) if place in kept else one
        for place, one in enumerate(rare, start=len(series))
    ]
    scopes = tuple(scope for _, scope, _ in tested)
    return judged, SignalReview(portfolio, scopes, rare=tuple(known))


def compare_products(
    metrics: Sequence[Metric], cubes: Mapping[str, Cube], periods: Mapping[str, dt.date]
) -> tuple[Comparison, ...]:
    """Return the funnels of the metrics that are shares of rows or rates of counts.

    Parameters
    ----------
    metrics : sequence of Metric
    cubes : mapping of metric to Cube
    periods : mapping of metric to date
        Latest complete period of each.
    """
    found = []
    for metric in metrics:
        cube, period, kind = cubes.get(metric.metric), periods.get(metric.metric), funnel_kind(metric)
        if cube is None or period is None or not kind or period not in cube.periods or metric.type == "cumulative":
            continue
        top, bottom = ("plus", "n") if metric.type == "score" else ("num", "den")
        if top not in cube.parts or bottom not in cube.parts:
            continue
        place = cube.periods.index(period)
        tops, bottoms = (np.nan_to_num(cube.parts[name][:, place, :].sum(axis=1)) for name in (top, bottom))
        rows = [row for row in range(len(cube.products)) if bottoms[row] > 0 and tops[row] >= 0]
        if len(rows) < LEAST_COMPARED or not tops[rows].sum():
            continue
        names = [cube.products[row] for row in rows]
        found.append(Comparison(metric.metric, period, compare_parts(names, tops[rows], bottoms[rows], kind=kind)))
    return tuple(found)


def funnel_kind(metric: Metric) -> str:
    """Return how a metric's products are compared: ``share``, ``rate`` or, where chance cannot be told, nothing."""
    if metric.is_proportion:
        return "share"
    is_rate = metric.type == "ratio" and metric.measure is not None and metric.denominator is not None
    if is_rate and metric.measure is not None and metric.measure.agg == "count":
        return "rate"
    return ""
