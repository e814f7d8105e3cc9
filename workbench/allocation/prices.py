"""What no plan can beat at given prices of the rows, in our own arithmetic; and what prices decide without a search.

For any prices that have the right signs, every line by itself does what pays at them, and the sum is an upper bound for
every plan (weak duality; Everett 1963, Operations Research 11, 399-417). A decision that costs more than bound less
incumbent is made by no better plan, and needs no search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workbench.allocation.canonical import Canonical


@dataclass(frozen=True)
class Priced:
    """A bound from prices.

    Attributes
    ----------
    bound : float
        Scaled value over doing nothing that no plan beats.
    gains : array, shape (n_lines,)
        Scaled value of supporting a line over closing it, at these prices; what deciding otherwise would lose.
    tops : array, shape (n,)
        Scaled value of each activity at its best level, less what that costs at these prices.
    costs : array, shape (n,)
        Scaled cost of each activity's whole size.
    levels : array, shape (n,)
        The best scaled levels at these prices, lines supported.
    """

    bound: float
    gains: np.ndarray
    tops: np.ndarray
    costs: np.ndarray
    levels: np.ndarray


def price_bound(form: Canonical, prices: np.ndarray) -> Priced:
    """Return what no plan can beat at prices of the form's rows, by activities and lines one at a time.

    Parameters
    ----------
    form : Canonical
    prices : array, shape (m,)
        What one more unit of each row's limit is worth, scaled; one that would pay for a limit that is not there counts
        as zero.
    """
    prices = np.where((prices > 0) & ~np.isfinite(form.row_high), 0.0, prices)
    prices = np.where((prices < 0) & ~np.isfinite(form.row_low), 0.0, prices)
    limits = np.where(prices > 0, form.row_high, np.where(prices < 0, form.row_low, 0.0))
    costs = form.level_rows.T @ prices
    every = np.arange(len(form.activities))
    levels, tops = best_on(form, every, costs, form.least, form.most)
    pays = (form.most > 0) & (tops > 0.0)
    levels, tops = np.where(pays, levels, 0.0), np.where(pays, tops, 0.0)
    gains = form.standing - form.support_rows.T @ prices
    gains = gains + np.bincount(form.line_of, weights=tops, minlength=len(form.lines))
    taken = np.where(form.may_close, np.maximum(gains, 0.0), gains)
    bound = float(prices @ limits + taken.sum() - form.standing.sum())
    # of a family whose bends are not known here, nothing is promised
    return Priced(bound if np.all(form.bundle.kind > 0) else np.inf, gains, tops, costs, levels)


def best_on(
    form: Canonical, places: np.ndarray, costs: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best levels on intervals, and the most that lift less cost can be there, for these activities."""
    bundle = form.bundle
    bend = np.clip(bundle.bend[places], low, high)
    helps, curved = bundle.factor[places] >= 0, bundle.kind[places] != 2
    # convex stretches are best at an end; the concave one lies right of the bend, or left of it where outcomes hurt
    left = np.where(bundle.is_kinked[places], low, np.where(helps, bend, low))
    right = np.where(bundle.is_kinked[places] | helps, high, np.where(curved, bend, low))
    levels, most = bundle.answers(costs, left, np.maximum(right, left), places)
    for end in (low, high):
        there = bundle.lifts(places, end) - costs * end
        levels, most = np.where(there > most, end, levels), np.maximum(most, there)
    return levels, most
