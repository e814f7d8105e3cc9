"""The mean of the worst: conditional value at risk over draws, and the plan for which it is best.

R. T. Rockafellar and S. Uryasev (2000), Optimization of conditional value-at-risk, Journal of Risk 2(3), 21-41. Their
linear programme has a row a draw; here a row is laid for the tail as a whole, as often as the tail still changes,
which ends at the same optimum with a dozen rows instead of thousands (Kelley 1960, as in `polish`).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from workbench.allocation.highs import LinearModel, search

TAIL_ROUNDS = 60
"""Rows at most; a dozen usually do."""


def best_tail(
    model: LinearModel, outcomes: np.ndarray, share: float, *, tolerance: float = 1e-9, start: np.ndarray | None = None
) -> tuple[np.ndarray | None, float, float]:
    r"""Return the point with the best mean over its worst share of draws, that mean, and a bound on it.

    Parameters
    ----------
    model : LinearModel
        What the point must hold; its gain is not used.
    outcomes : array, shape (n_draws, n_columns)
        What a unit of each column brings in each draw.
    share : float
        1 is the mean of all draws; up to one over the number of draws, it is the worst draw.
    tolerance : float
        Stop when the bound is this close.
    start : array, optional
        A point for the first cut.

    Notes
    -----
    .. math:: \max_{x, \alpha} \alpha - \frac{1}{(1 - \beta) n} \sum_s (\alpha - r_s x)_+

    (Rockafellar and Uryasev 2000, equation 9 for losses), with :math:`1 - \beta` the share. The tail mean is the
    least of all weighted means with weights of at most one over ``share * n``; the weights of the tail at the last
    point give the next row ``theta <= weights @ outcomes @ x``.
    """
    count = outcomes.shape[1]
    point = np.zeros(count) if start is None else start
    cuts = [tail_weights(outcomes @ point, share) @ outcomes]
    best, value, bound = (None if start is None else point), -np.inf, np.inf
    if start is not None:
        value = float(cuts[0] @ point)
    wide = csr_matrix(hstack([model.rows, csr_matrix((model.rows.shape[0], 1))]))
    size = float(np.abs(outcomes).sum(axis=1).max(initial=1.0))
    gain = np.append(np.zeros(count), 1.0)
    for _ in range(TAIL_ROUNDS):
        own = csr_matrix(np.column_stack([-np.array(cuts), np.ones(len(cuts))]))
        found = search(
            LinearModel(
                gain,
                np.append(model.low, -size),
                np.append(model.high, size),
                np.append(model.is_whole, False),
                csr_matrix(vstack([wide, own])),
                np.append(model.row_low, np.full(len(cuts), -np.inf)),
                np.append(model.row_high, np.zeros(len(cuts))),
            ),
            gap=1e-7,
            seconds=10.0,
            nodes=20_000,
        )
        bound = min(bound, found.bound)
        if found.point is None:
            break
        here = found.point[:count]
        cut = tail_weights(outcomes @ here, share) @ outcomes
        if float(cut @ here) > value:
            best, value = here, float(cut @ here)
        if bound - value <= tolerance:
            break
        cuts.append(cut)
    return best, value, bound


def tail_mean(values: np.ndarray, share: float) -> float:
    """Return the mean of the worst share of values, the last of them counted in part.

    Examples
    --------
    >>> tail_mean(np.array([4.0, 1.0, 2.0, 3.0]), 0.375)
    1.3333333333333333
    """
    return float(tail_weights(values, share) @ values)


def tail_means(values: np.ndarray, share: float) -> np.ndarray:
    """Return `tail_mean` of each column.

    Examples
    --------
    >>> tail_means(np.array([[4.0, 1.0], [1.0, 1.0], [2.0, 3.0], [3.0, 3.0]]), 0.375)
    array([1.33333333, 1.        ])
    """
    wanted = max(share * len(values), 1.0)
    whole = min(math.floor(wanted + 1e-9), len(values))
    held = np.partition(values, min(whole, len(values) - 1), axis=0) if whole < len(values) else values
    part = wanted - whole if whole < len(values) and wanted - whole > 1e-9 else 0.0
    return (held[:whole].sum(axis=0) + (part * held[whole] if part else 0.0)) / (whole + part)


def tail_weights(values: np.ndarray, share: float) -> np.ndarray:
    """Return weights of the worst share of draws, adding up to one."""
    n = len(values)
    wanted = max(share * n, 1.0)
    weights, order = np.zeros(n), np.argsort(values, kind="stable")
    whole = min(math.floor(wanted + 1e-9), n)
    weights[order[:whole]] = 1.0
    if whole < n and wanted - whole > 1e-9:
        weights[order[whole]] = wanted - whole
    return weights / weights.sum()
