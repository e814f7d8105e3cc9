"""The logarithmic mean Divisia index (LMDI-I): a second view of a split, never the first.

B. W. Ang (2005), *Energy Policy* 33, 867-871: additive effects L(v1, v0)·ln(x1/x0) with the logarithmic mean
L(a, b) = (a − b)/(ln a − ln b), multiplicative ones with weights L(v_i)/L(V). Zeros take the analytic limit of R. Wood
and M. Lenzen (2006), *Energy Policy* 34, 1326-1331, not a small number in their place. Its effect of structure can
mislead (Roux and Plank 2022), which is why the exact Shapley value is shown first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError

Array = np.ndarray


@dataclass(frozen=True)
class Divisia:
    """A change of V = Σ_i Π_k x_ki by factor.

    Attributes
    ----------
    before, after : float
        V in both periods. Unit: the metric's.
    effects : mapping of factor to float
        Additive effects; they add up to the change. Unit: the metric's.
    by_category : mapping of factor to tuple of float
        The same for each category i.
    indices : mapping of factor to float or None
        Multiplicative effects, whose product is after / before; None where V is zero in one of the periods or a
        category comes or goes, for then no finite index exists.
    """

    before: float
    after: float
    effects: Mapping[str, float]
    by_category: Mapping[str, tuple[float, ...]]
    indices: Mapping[str, float] | None


def log_mean(first: float, second: float) -> float:
    """Return the logarithmic mean; with a zero its limit, 0.

    Examples
    --------
    >>> round(log_mean(60.0, 20.0), 4), log_mean(3.0, 3.0), log_mean(5.0, 0.0)
    (36.4096, 3.0, 0.0)
    """
    return float(_log_means(np.array([first]), np.array([second]))[0])


def lmdi(before: Mapping[str, Sequence[float] | Array], after: Mapping[str, Sequence[float] | Array]) -> Divisia:
    """Return the effects of the factors of Σ_i Π_k x_ki by LMDI-I.

    Parameters
    ----------
    before, after : mapping of factor to values by category
        The same factors, the same categories in the same order; none negative.

    Raises
    ------
    ModelError
        Factors or categories differ, or a value is negative or no number.

    Examples
    --------
    >>> found = lmdi({"size": [10.0], "rate": [2.0]}, {"size": [20.0], "rate": [2.0]})
    >>> {factor: round(effect, 6) for factor, effect in found.effects.items()}
    {'size': 20.0, 'rate': 0.0}
    """
    names = list(before)
    if not names or set(names) != set(after):
        raise ModelError(f"A split takes the same factors in both periods; got {names} and {list(after)}.")
    first, second = (np.array([np.asarray(held[name], float) for name in names]) for held in (before, after))
    if first.shape != second.shape or first.ndim != 2:
        raise ModelError("A split takes the same categories in both periods.")
    if not (np.isfinite(first).all() and np.isfinite(second).all() and (first >= 0).all() and (second >= 0).all()):
        raise ModelError("The logarithmic mean speaks of numbers from zero up only.")
    v0, v1 = first.prod(axis=0), second.prod(axis=0)
    parts = _parts(first, second, v0, v1)
    total = math.fsum(v0.tolist()), math.fsum(v1.tolist())
    effects = {name: math.fsum(parts[k].tolist()) for k, name in enumerate(names)}
    by_category = {name: tuple(map(float, parts[k])) for k, name in enumerate(names)}
    return Divisia(*total, effects, by_category, _indices(names, first, second, v0, v1, total))


def _log_means(first: Array, second: Array) -> Array:
    is_positive, is_same = (first > 0) & (second > 0), first == second
    usual = is_positive & ~is_same
    one, two = np.where(usual, first, 2.0), np.where(usual, second, 1.0)
    ratio = (one - two) / two
    # where the two are close the quotient is nearly 0/0; log1p keeps its digits there
    is_near = np.abs(ratio) < 0.5
    logs = np.where(is_near, np.log1p(np.where(is_near, ratio, 1.0)), np.log(one) - np.log(two))
    return np.where(usual, (one - two) / logs, np.where(is_positive, second, 0.0))


def _parts(first: Array, second: Array, v0: Array, v1: Array) -> Array:
    """Return the effects by factor and category; where an amount comes from or goes to zero, the limit.

    With zeros replaced by one small d, L(v, d^k)·ln(x/d) tends to v/k for each of the k factors that are zero and to
    0 for the others.
    """
    stays = (v0 > 0) & (v1 > 0)
    logs = np.log(np.where(stays, second, 1.0)) - np.log(np.where(stays, first, 1.0))
    ends = np.where(v0 == 0, first, second)
    zero = ends == ends.min(axis=0)  # the factors that are zero, or too small for their product to be a number
    return np.where(stays, _log_means(v1, v0) * logs, np.where(zero, (v1 - v0) / zero.sum(axis=0), 0.0))


def _indices(
    names: Sequence[str], first: Array, second: Array, v0: Array, v1: Array, total: tuple[float, float]
) -> dict[str, float] | None:
    stays = (v0 > 0) & (v1 > 0)
    if min(total) <= 0 or not (stays | ((v0 == 0) & (v1 == 0))).all():
        return None
    whole = log_mean(total[1], total[0])
    weights = _log_means(v1[stays], v0[stays]) / whole
    logs = np.log(second[:, stays] / first[:, stays])
    return {name: float(math.exp(math.fsum((weights * logs[k]).tolist()))) for k, name in enumerate(names)}
