"""How much one common factor explains of a scale: omega.

R. P. McDonald (1999), *Test Theory*, chapter 6, from a one-factor model fitted by maximum likelihood (K. G. Joreskog
1967, Psychometrika 32, 443-482).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.readiness.reliability import PAIRWISE, pair_covariances, why_undefined

FIT = "maximum likelihood, one factor"

LEAST_UNIQUE = 0.005
"""Smallest share of an item's variance that is its own; a fit that ends there is no fit (as in R's factanal)."""


@dataclass(frozen=True)
class Omega:
    """Share of the sum's variance that one common factor explains.

    Attributes
    ----------
    value : float or None
        None where it is undefined, then `why` says so.
    loadings : tuple of float
        Of the standardised items.
    estimator : str
    people, items : int
    missing : str
        ``pairwise`` or ``listwise``.
    why : str
    """

    value: float | None
    loadings: tuple[float, ...]
    estimator: str
    people: int
    items: int
    missing: str
    why: str = ""


def omega(levels: Sequence[Sequence[float]] | np.ndarray, *, missing: str = PAIRWISE) -> Omega:
    r"""Return McDonald's omega of a one-factor model, fitted by maximum likelihood.

    Parameters
    ----------
    levels : array-like, shape (people, items)
        As in `cronbach_alpha`; at least three items.
    missing : str
        ``pairwise`` or ``listwise``.

    Notes
    -----
    .. math:: \omega = (\sum_i \lambda_i)^2 / ((\sum_i \lambda_i)^2 + \sum_i \psi_i)

    on the items' own scales. A fit that leaves an item no variance of its own (a Heywood case) is called undefined.
    """
    cov, people = pair_covariances(levels, missing)
    items = len(cov)

    def nothing(why: str) -> Omega:
        return Omega(None, (), FIT, people, items, missing, why)

    why = why_undefined(cov, people, 3)
    if why:
        return nothing(why)
    sizes = np.sqrt(np.diag(cov))
    if not (sizes > 0).all():
        return nothing("An item does not vary: undefined.")
    fitted = fit_one_factor(cov / np.outer(sizes, sizes))
    if fitted is None:
        return nothing("The correlations of these items allow no fit: undefined.")
    loadings, unique = fitted
    if unique.min() <= LEAST_UNIQUE * 1.01:
        return nothing("The factor would take all variance of an item (a Heywood case): undefined.")
    common = float((loadings * sizes).sum()) ** 2
    own = float((unique * sizes**2).sum())
    return Omega(common / (common + own), tuple(float(one) for one in loadings), FIT, people, items, missing)


def fit_one_factor(correlations: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return loadings and unique variances of the one-factor model of a correlation matrix, by maximum likelihood.

    Returns
    -------
    ndarray, ndarray, or None
        None where the matrix is not positive definite, as pairwise correlations of few people may be.
    """
    from scipy.optimize import minimize

    if np.linalg.eigvalsh(correlations)[0] < 1e-8:
        return None
    count = len(correlations)

    def leading(unique: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        root = np.sqrt(unique)
        sizes, vectors = np.linalg.eigh(correlations / np.outer(root, root))
        loadings = vectors[:, -1] * math.sqrt(max(sizes[-1] - 1, 0.0)) * root
        return loadings, sizes, root

    def misfit(log_unique: np.ndarray) -> tuple[float, np.ndarray]:
        # The likelihood with the loadings already at their best for these unique variances (Joreskog 1967).
        unique = np.exp(log_unique)
        loadings, sizes, _ = leading(unique)
        rest = sizes[:-1]
        left = np.outer(loadings, loadings) + np.diag(unique) - correlations
        return float((rest - np.log(rest) - 1).sum()), np.diag(left) / unique

    start = np.clip(0.5 / np.diag(np.linalg.inv(correlations)), 0.05, 0.95)
    found = minimize(
        misfit,
        np.log(start),
        jac=True,
        method="L-BFGS-B",
        bounds=[(math.log(LEAST_UNIQUE), 0.0)] * count,
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 1000},
    )
    unique = np.exp(found.x)
    loadings, _, _ = leading(unique)
    return (loadings if loadings.sum() >= 0 else -loadings), unique
