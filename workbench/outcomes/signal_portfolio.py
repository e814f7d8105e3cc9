"""Which of all the series that were looked at have moved, so that few of those that are named are chance.

Benjamini and Hochberg (1995), one family a level (the company, its parents, its products), because a parent moves with
its products. The share of false alarms that is allowed is divided evenly among the levels: then at most that share of
all moves that are named is expected to be false, for E[V/R] ≤ Σ E[V_l/R_l] over the levels l. Series of one level hang
together, for they share products; the step holds under positive dependence and, in simulations of two-sided tests,
under any correlation (A. Reiner-Benjamini 2007, Biometrical Journal 49, 107-126; ours: bench/signals.py). Benjamini and
Yekutieli (2001), Annals of Statistics 29, 1165-1188, hold whatever the dependence, and are the choice where signs are
mixed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError
from workbench.stats import benjamini_hochberg

FALSE_SHARE = 0.10
"""Share of false ones among the moves that are named, at most (outcomes page; by choice in the settings)."""

METHODS = {"bh": "Benjamini and Hochberg (1995)", "by": "Benjamini and Yekutieli (2001)"}


@dataclass(frozen=True)
class Level:
    """One family of series.

    Attributes
    ----------
    name : str
    tested, kept : int
        Series.
    threshold : float
        Largest chance (p) that was kept; 0 where nothing was.
    """

    name: str
    tested: int
    kept: int
    threshold: float


@dataclass(frozen=True)
class Portfolio:
    """All series that were looked at in one review.

    Attributes
    ----------
    levels : tuple of Level
    false_share : float
        Expected share of false ones among those kept, at most; 0..1.
    method : str
        ``bh`` or ``by``.
    q_values : tuple of float
        One a series, in the order given: the smallest share of false alarms at which it is kept.
    """

    levels: tuple[Level, ...] = ()
    false_share: float = FALSE_SHARE
    method: str = "bh"
    q_values: tuple[float, ...] = ()

    @property
    def tested(self) -> int:
        """Series that were looked at."""
        return sum(level.tested for level in self.levels)

    @property
    def kept(self) -> int:
        """Series that moved."""
        return sum(level.kept for level in self.levels)

    @property
    def expected_false(self) -> float:
        """How many of these are expected to be chance, at most."""
        return self.false_share * self.kept

    def is_kept(self, place: int) -> bool:
        """Return whether the series at a place moved."""
        return self.q_values[place] <= self.false_share

    def threshold(self, name: str) -> float:
        """Return the largest chance that was kept at a level."""
        return next((level.threshold for level in self.levels if level.name == name), 0.0)


def judge_portfolio(
    chances: Sequence[float],
    levels: Sequence[str],
    *,
    false_share: float = FALSE_SHARE,
    method: str = "bh",
) -> Portfolio:
    """Return which series moved, judged together.

    Parameters
    ----------
    chances : sequence of float
        p of each series: the chance of as large a change in a stable metric.
    levels : sequence of str
        Family of each.
    false_share : float
        Between 0 and 1.
    method : str
        ``bh``, or ``by`` where nothing is known of how series hang together.

    Raises
    ------
    ModelError
        A share or a method that does not exist.

    Examples
    --------
    >>> judged = judge_portfolio([0.0001, 0.02, 0.6, 0.001], ["company"] * 4, false_share=0.05)
    >>> judged.kept, [round(q, 4) for q in judged.q_values]
    (3, [0.0004, 0.0267, 0.6, 0.002])
    """
    if not 0 < false_share < 1:
        raise ModelError(f"A share of false alarms lies between 0 and 1; got {false_share}.")
    if method not in METHODS:
        raise ModelError(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    names = list(dict.fromkeys(levels))
    held, found, described = np.asarray(chances, dtype=float), np.ones(len(chances)), []
    for name in names:
        own = np.flatnonzero(np.array([level == name for level in levels]))
        factor = len(names) * (sum(1 / rank for rank in range(1, own.size + 1)) if method == "by" else 1.0)
        found[own] = np.minimum(benjamini_hochberg(held[own]) * factor, 1.0)
        kept = held[own][found[own] <= false_share]
        described.append(Level(name, own.size, kept.size, float(kept.max()) if kept.size else 0.0))
    return Portfolio(tuple(described), false_share, method, tuple(float(q) for q in found))


def say_expected(portfolio: Portfolio) -> str:
    """Return how many of the moves are expected to be chance, in words.

    Examples
    --------
    >>> say_expected(judge_portfolio([1e-5] * 7, ["all"] * 7))
    'fewer than 1'
    """
    most = portfolio.expected_false
    return "fewer than 1" if most < 1 else f"at most {math.ceil(most)}"
