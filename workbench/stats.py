"""The few statistics that several pillars share: estimates with intervals, resampling, corrections for many looks.

Sources: W. G. Cochran (1977), *Sampling Techniques*, 3rd ed., sections 2.6 to 2.8 (finite populations); E. B. Wilson
(1927), J. Am. Stat. Assoc. 22, 209-212 (shares); S. Holm (1979), Scand. J. Stat. 6, 65-70; Y. Benjamini and
Y. Hochberg (1995), J. R. Stat. Soc. B 57, 289-300 (many comparisons).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from workbench.errors import ModelError


@dataclass(frozen=True)
class Estimate:
    """A number that was measured on some people and speaks for more, with how sure that is.

    Attributes
    ----------
    value : float
        The number itself.
    low, high : float or None
        Interval at `confidence`, in the unit of `value`; None where there is none to give.
    standard_error : float or None
        In the unit of `value`; 0 when everybody asked has answered; None where it cannot be known.
    df : float or None
        Degrees of freedom of the t distribution behind the interval.
    confidence : float
        Coverage of the interval, 0 to 1.
    answered, asked : int or None
        People behind the number, and people asked; `asked` is None where nobody knows.
    method : str
        How the interval was made, in a few words.
    """

    value: float
    low: float | None
    high: float | None
    standard_error: float | None
    df: float | None
    confidence: float
    answered: int
    asked: int | None = None
    method: str = ""

    def certainty_at_least(self, threshold: float) -> float | None:
        """Return how sure it is that the true number is `threshold` or more (share, 0 to 1).

        0 or 1 when everybody asked has answered; None where the spread is unknown.

        Examples
        --------
        >>> round(Estimate(3.0, 2.5, 3.5, 0.25, 20, 0.95, 21).certainty_at_least(2.75), 3)
        0.835
        """
        if self.standard_error is None or self.df is None:
            return None
        if self.standard_error == 0:
            return 1.0 if self.value >= threshold - 1e-12 else 0.0
        return float(stdtr(self.df, (self.value - threshold) / self.standard_error))


def t_quantile(probability: float, df: float) -> float:
    """Return the quantile of Student's t.

    Examples
    --------
    >>> round(t_quantile(0.975, 10), 3)
    2.228
    """
    return float(stdtrit(df, probability))


def interval(
    value: float,
    standard_error: float,
    df: float,
    *,
    confidence: float = 0.95,
    answered: int,
    asked: int | None = None,
    within: tuple[float, float] | None = None,
    method: str = "t",
) -> Estimate:
    """Return an estimate with its t interval.

    Parameters
    ----------
    value, standard_error : float
        In one unit.
    df : float
        Degrees of freedom, above 0.
    confidence : float
        Coverage wanted, between 0 and 1.
    answered, asked : int
        People.
    within : (float, float)
        Ends of the scale; the interval is cut there.
    method : str
        How the standard error was made.

    Raises
    ------
    ModelError
        The confidence is no share, or there is nothing to estimate a spread from.
    """
    if not 0 < confidence < 1:
        raise ModelError(f"A confidence lies between 0 and 1; got {confidence}.")
    if df <= 0 or standard_error < 0:
        raise ModelError(f"An interval needs at least two answers; got {df} degrees of freedom.")
    reach = t_quantile(0.5 + confidence / 2, df) * standard_error
    low, high = value - reach, value + reach
    if within is not None:
        low, high = max(low, min(within[0], value)), min(high, max(within[1], value))
    return Estimate(
        float(value),
        float(low),
        float(high),
        float(standard_error),
        float(df),
        float(confidence),
        int(answered),
        asked,
        method,
    )


def finite_mean(values: Sequence[float] | np.ndarray, people: int | None, *, confidence: float = 0.95) -> Estimate:
    r"""Return the mean of a closed group from those of its members who answered.

    Parameters
    ----------
    values : sequence of float, shape (n,)
        One answer a person, without gaps; at least two.
    people : int or None
        Members of the group, at least n; None where nobody knows, then nothing is corrected.
    confidence : float
        Coverage wanted, between 0 and 1.

    Returns
    -------
    Estimate
        In the unit of the values.

    Raises
    ------
    ModelError
        Fewer than two answers, an answer that is no number, or more answers than people.

    Notes
    -----
    .. math:: \bar y \pm t_{n-1} \sqrt{(1 - n/N) \, s^2 / n}

    Cochran (1977), eq. 2.21 and 2.24. Assumes that silent members resemble the others.

    Examples
    --------
    >>> estimate = finite_mean([2, 3, 3, 4, 5, 4], 8)
    >>> round(estimate.value, 2), round(estimate.low, 2), round(estimate.high, 2)
    (3.5, 2.95, 4.05)
    """
    held = np.asarray(values, dtype=float)
    count = held.size
    if count < 2 or not np.isfinite(held).all():
        raise ModelError(f"A mean with an interval needs two or more numbers; got {count}.")
    if people is not None and people < count:
        raise ModelError(f"{count} answers from a group of {people} people.")
    answered_share = 0.0 if people is None else count / people
    spread = math.sqrt(float(held.var(ddof=1)) / count * (1 - answered_share))
    method = "t" if people is None else "t, corrected for the finite population"
    return interval(
        float(held.mean()), spread, count - 1, confidence=confidence, answered=count, asked=people, method=method
    )


def wilson_interval(seen: pd.Series, asked: pd.Series, *, confidence: float = 0.95) -> pd.DataFrame:
    r"""Return the Wilson score interval of each share.

    Parameters
    ----------
    seen, asked : Series of int, shape (n_groups,), same labels in any order
        People who agreed, and people who answered. Unit: people.
    confidence : float
        Coverage wanted, between 0 and 1.

    Returns
    -------
    DataFrame, shape (n_groups, 2), index as `seen`
        Columns ``low`` and ``high``. Unit: share, 0 to 1.

    Raises
    ------
    ModelError
        A group is missing in `asked`, nobody was asked, or more agreed than answered.

    Notes
    -----
    .. math:: (p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}) / (1 + z^2/n)

    with p the share, n asked, z the normal quantile: E. B. Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.

    Examples
    --------
    >>> asked = pd.Series({"pensions": 20, "claims": 128})
    >>> wilson_interval(pd.Series({"claims": 58, "pensions": 9}), asked).round(3)
                low   high
    claims    0.370  0.539
    pensions  0.258  0.658
    """
    if not 0 < confidence < 1:
        raise ModelError(f"A confidence lies between 0 and 1; got {confidence}.")
    ids = list(seen.index)
    missing = [label for label in ids if label not in asked.index]
    if missing:
        raise ModelError(f"Nobody says how many were asked in {missing[0]!r}.")
    n = asked.loc[ids].astype(float)
    wrong = [label for label in ids if not 0 <= seen.loc[label] <= n.loc[label] or n.loc[label] <= 0]
    if wrong:
        raise ModelError(f"{seen.loc[wrong[0]]} of {asked.loc[wrong[0]]} people in {wrong[0]!r} is no share.")
    z = float(ndtri(0.5 + confidence / 2))
    share = seen.astype(float) / n
    middle = share + z**2 / (2 * n)
    reach = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return pd.DataFrame(
        {"low": ((middle - reach) / scale).clip(lower=0.0), "high": ((middle + reach) / scale).clip(upper=1.0)}
    )


def resample(
    strata: Sequence[object] | np.ndarray,
    draws: int,
    seed: int,
    *,
    response: Mapping[Any, float] | None = None,
    clusters: Sequence[object] | np.ndarray | None = None,
) -> np.ndarray:
    r"""Return bootstrap weights of people, drawn within strata and corrected for the finite population.

    Parameters
    ----------
    strata : sequence, shape (n,)
        Stratum of each person. One with a single member cannot be drawn from and joins the smallest other one, so that
        no draw lacks a stratum.
    draws : int
    seed : int
    response : mapping of stratum to float, optional
        Share of the stratum's people who answered: the more, the less is left to chance. Nobody knows: 0.
    clusters : sequence, shape (n,), optional
        Team of each person, where teams were drawn: whole teams are drawn then, each in the stratum of its first
        member.

    Returns
    -------
    ndarray, shape (draws, n)
        Times that each person counts in each draw, one on average, never below nothing; a weighted mean of any of the
        rows is a replicate of the mean.

    Raises
    ------
    ModelError
        There is nobody, fewer than two can be drawn from, or a share is none.

    Notes
    -----
    .. math:: w_i = 1 + \sqrt{1 - f_h} \left( \frac{n_h}{n_h - 1} c_i - 1 \right)

    with c the times that unit i is among n_h − 1 drawn with replacement: the rescaled bootstrap of J. N. K. Rao,
    C. F. J. Wu and K. Yue (1992), Surv. Methodol. 18, 209-217. The variance of a mean is (1 − f) s²/n, exactly.

    Examples
    --------
    >>> weights = resample(["a", "a", "a", "b", "b"], 1000, seed=1)
    >>> weights.shape, bool((weights[:, 3:].sum(axis=1) == 2).all())
    ((1000, 5), True)
    """
    labels = list(strata)
    units = list(range(len(labels))) if clusters is None else list(clusters)
    if len(units) != len(labels) or draws < 1:
        raise ModelError(f"{len(labels)} people, {len(units)} of them in clusters, {draws} draws.")
    of_unit, places = np.unique(np.array([str(unit) for unit in units]), return_inverse=True)
    if clusters is None:
        of_unit, places = np.arange(len(labels)), np.arange(len(labels))
    first = {int(place): row for row, place in reversed(list(enumerate(places)))}
    own = [labels[first[place]] for place in range(len(of_unit))]
    joined = _joined(own)
    shares = {label: 0.0 if response is None else float(response.get(label, 0.0)) for label in set(own)}
    if not all(0 <= share <= 1 for share in shares.values()):
        raise ModelError("A response is a share, from 0 to 1.")
    random = np.random.default_rng(seed)
    found = np.ones((draws, len(own)))
    for members in joined:
        n = len(members)
        left = np.sqrt(np.array([1 - shares[own[member]] for member in members]))
        times = random.multinomial(n - 1, np.full(n, 1 / n), size=draws)
        found[:, members] = 1 + left * (n / (n - 1) * times - 1)
    return found[:, places]


def _joined(own: list[object]) -> list[list[int]]:
    """Return the members of each stratum; a single one joins the smallest other."""
    held: dict[str, list[int]] = {}
    for place, label in enumerate(own):
        held.setdefault(str(label), []).append(place)
    groups = sorted((held[name] for name in sorted(held)), key=len)
    while len(groups) > 1 and len(groups[0]) == 1:
        groups = sorted([groups[0] + groups[1], *groups[2:]], key=len)
    if not groups or len(groups[0]) < 2:
        raise ModelError("Resampling needs at least two people, or two teams.")
    return groups


def bootstrap_interval(
    value: float,
    replicates: np.ndarray,
    *,
    leave_one_out: np.ndarray | None = None,
    confidence: float = 0.95,
    answered: int,
    asked: int | None = None,
) -> Estimate:
    """Return an estimate with the interval of its bootstrap replicates.

    Parameters
    ----------
    value : float
    replicates : ndarray, shape (draws,)
        The same statistic of each draw; nan where a draw has none.
    leave_one_out : ndarray, shape (people,), optional
        The statistic without each person: then the interval is bias-corrected and accelerated (B. Efron 1987, J. Am.
        Stat. Assoc. 82, 171-185), else that of percentiles.
    confidence : float
    answered, asked : int

    Returns
    -------
    Estimate
        Without ends where more than one draw in twenty (ours) has no value; both ends are the value where nothing
        moves it.
    """
    known = np.sort(replicates[np.isfinite(replicates)])
    method = "bootstrap, percentile" if leave_one_out is None else "bootstrap, BCa"
    if known.size < 0.95 * replicates.size or not known.size:
        return Estimate(value, None, None, None, None, confidence, answered, asked, f"{method}: too many empty draws")
    if known[-1] - known[0] < 1e-12:
        return Estimate(value, float(value), float(value), None, None, confidence, answered, asked, method)
    ends = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if leave_one_out is not None:
        below = ((known < value - 1e-12).sum() + 0.5 * (np.abs(known - value) <= 1e-12).sum()) / known.size
        bias = ndtri(min(max(below, 0.5 / known.size), 1 - 0.5 / known.size))
        pull = leave_one_out[np.isfinite(leave_one_out)]
        pull = pull.mean() - pull
        whole = float((pull**2).sum())
        skew = float((pull**3).sum()) / (6 * whole**1.5) if whole > 1e-24 else 0.0
        reach = bias + ndtri(ends)
        ends = ndtr(bias + reach / (1 - skew * reach))
    low, high = np.quantile(known, ends)
    return Estimate(
        float(value), float(min(low, value)), float(max(high, value)), None, None, confidence, answered, asked, method
    )


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return p-values corrected for having looked at all of them (step-down).

    Parameters
    ----------
    p_values : sequence of float, shape (m,)
        Without gaps. Unit: probability.

    Returns
    -------
    ndarray, shape (m,), in the order given
        Reject at ``a`` where the corrected value is at most ``a``: then the chance of any false rejection is at
        most ``a``, whatever hangs together.

    Raises
    ------
    ModelError
        A value is no probability.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(3).tolist()
    [0.03, 0.06, 0.06, 0.02]
    """
    p = _probabilities(p_values)
    order = np.argsort(p, kind="stable")
    stepped = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    return _put_back(stepped, order)


def benjamini_hochberg(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return p-values corrected so that false alarms are a small share of all alarms (step-up).

    Parameters
    ----------
    p_values : sequence of float, shape (m,)
        Without gaps; independent or positively dependent. Unit: probability.

    Returns
    -------
    ndarray, shape (m,), in the order given
        Calling everything at most ``a`` an alarm keeps the expected share of false ones at ``a`` or below.

    Raises
    ------
    ModelError
        A value is no probability.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).round(3).tolist()
    [0.02, 0.04, 0.04, 0.02]
    """
    p = _probabilities(p_values)
    order = np.argsort(p, kind="stable")
    raised = p[order] * p.size / np.arange(1, p.size + 1)
    stepped = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    return _put_back(stepped, order)


def _probabilities(values: Sequence[float] | np.ndarray) -> np.ndarray:
    p = np.array(values, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise ModelError("Every p-value must be a number from 0 to 1.")
    return p


def _put_back(sorted_values: np.ndarray, order: np.ndarray) -> np.ndarray:
    found = np.empty_like(sorted_values)
    found[order] = sorted_values
    return found
