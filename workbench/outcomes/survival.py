"""How long until, when not everything has happened yet: Kaplan–Meier curves with intervals honest at small counts.

A median over what is closed leaves out what waits longest; here what is still open counts for as long as it has been
watched. Estimate: Kaplan and Meier (1958), J. Am. Stat. Assoc. 53, 457-481. Intervals: the beta product confidence
procedure of Fay, Brittain and Proschan (2013), Biostatistics 14, 723-736, in the convention of Fay and Brittain (2016),
Stat. Med. 35, 2726-2740 (betas multiplied by matching two moments); from `LARGE` items on Greenwood's variance on the
scale log(-log S) (Kalbfleisch and Prentice 1980), which is then as good. Quantiles: the curve and its limits read
backward (Brookmeyer and Crowley 1982, Biometrics 38, 29-41).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, ndtri

from workbench.errors import ModelError

LARGE = 100
"""Items from which the interval of Greenwood takes over (ours); a sheet traced by hand has 10 to 20."""


Array = np.ndarray


@dataclass(frozen=True)
class Reached:
    """The time by which a share of the items is done.

    Attributes
    ----------
    value : float or None
        Days; None where the curve has not come that far.
    low, high : float or None
        Interval, days; None where it has no such end in what was watched.
    longer_than : float
        Days up to which the curve is known; where `value` is None the answer is "longer than" these.
    """

    value: float | None
    low: float | None
    high: float | None
    longer_than: float


@dataclass(frozen=True)
class Within:
    """The share of items done within a horizon.

    Attributes
    ----------
    horizon : float
        Days.
    share, low, high : float or None
        0 to 1; None where nothing was watched that long.
    n : int
        Items that were watched.
    """

    horizon: float
    share: float | None
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, eq=False)
class Curve:
    """How many are still waiting, by days; made by `kaplan_meier`.

    Attributes
    ----------
    n, done : int
        Items, and those that are done.
    days : ndarray, shape (m,)
        Where it steps: 0 and every day on which an item was done or left the watch.
    waiting, low, high : ndarray, shape (m,)
        Share that waits longer than that day, from there to the next, with its interval.
    confidence : float
        Coverage of the interval at each day.
    method : str
        ``beta product`` or ``Greenwood, log-log``.
    """

    n: int
    done: int
    days: Array
    waiting: Array
    low: Array
    high: Array
    confidence: float
    method: str

    @property
    def watched(self) -> float:
        """Days up to which the curve is known."""
        return math.inf if self.waiting[-1] == 0 else float(self.days[-1])

    def reached(self, share: float) -> Reached:
        """Return the day by which a share of the items is done.

        A curve that lies exactly on the share between two steps gives their middle, as a median of an even count does.

        Parameters
        ----------
        share : float
            Between 0 and 1; 0.5 for the median.

        Raises
        ------
        ModelError
            The share is not between 0 and 1.
        """
        if not 0 < share < 1:
            raise ModelError(f"A share of items lies between 0 and 1; got {share}.")
        left = 1 - share
        value = _first(self.days, self.waiting <= left + _TIE)
        if value is not None and abs(float(self.waiting[np.searchsorted(self.days, value)]) - left) <= _TIE:
            following = _first(self.days, self.waiting < left - _TIE)
            value = value if following is None else (value + following) / 2
        low = _first(self.days, self.low <= left + _TIE)
        high = _first(self.days, self.high <= left + _TIE)
        return Reached(value, low, high, float(self.days[-1]))

    def within(self, horizon: float) -> Within:
        """Return the share of items done within so many days."""
        if horizon > self.watched:
            return Within(horizon, None, None, None, self.n)
        place = int(np.searchsorted(self.days, horizon, side="right")) - 1
        share, low, high = (1 - float(held[place]) for held in (self.waiting, self.high, self.low))
        return Within(horizon, share, low, high, self.n)


_TIE = 1e-9
"""Products of fractions that ought to be equal differ by less."""


def kaplan_meier(
    days: Sequence[float] | Array,
    is_done: Sequence[bool] | Array,
    *,
    confidence: float = 0.95,
    method: str = "auto",
) -> Curve:
    r"""Return the share that still waits after so many days, from items that are done and items that are open.

    Parameters
    ----------
    days : sequence of float, shape (n,)
        Days until it was done, or until the item was last seen open; at least 0.
    is_done : sequence of bool, shape (n,)
        Whether it was done.
    confidence : float
        Coverage of the interval at each day, between 0 and 1.
    method : str
        ``auto`` (by count), ``beta product`` or ``Greenwood, log-log``.

    Raises
    ------
    ModelError
        No item, a negative or missing duration, or an unknown method.

    Notes
    -----
    At day t with :math:`n_i` at risk and :math:`d_i` done on day :math:`t_i`: :math:`S(t) = \prod_{t_i \le t}
    (1 - d_i/n_i)`. Beta product: with :math:`W^-(t) = \prod_{t_i \le t} B(n_i - d_i + 1, d_i)` and
    :math:`W^+(t) = W^-(t) \, B(Y(t+), 1)`, where Y(t+) are at risk just after t, the interval is from the lower
    quantile of :math:`W^+` to the upper quantile of :math:`W^-`. Without open items it is that of Clopper and Pearson.

    Examples
    --------
    >>> curve = kaplan_meier([3, 7, 8, 14], [True] * 4)
    >>> curve.reached(0.5).value, round(float(curve.low[1]), 4), round(float(curve.high[1]), 4)
    (7.5, 0.1941, 0.9937)
    """
    if method not in ("auto", *_METHODS):
        raise ModelError(f"{method!r} is no interval of a curve; there are {', '.join(_METHODS)}.")
    if not 0 < confidence < 1:
        raise ModelError(f"A confidence lies between 0 and 1; got {confidence}.")
    held, done = np.asarray(days, dtype=float), np.asarray(is_done, dtype=bool)
    if held.ndim != 1 or held.shape != done.shape or not held.size:
        raise ModelError("A curve needs one duration and one yes or no an item, and at least one item.")
    if not (np.isfinite(held) & (held >= 0)).all():
        raise ModelError("Durations are numbers of days, at least 0.")
    grid = np.unique(np.append(held, 0.0))
    at = np.searchsorted(grid, held)
    left = np.bincount(at, minlength=grid.size)
    events = np.bincount(at, weights=done, minlength=grid.size)
    after = held.size - np.cumsum(left)
    at_risk = after + left
    waiting = np.cumprod(1 - events / np.maximum(at_risk, 1))
    waiting = np.where(waiting < _TIE, 0.0, waiting)
    chosen = method if method != "auto" else _METHODS[held.size >= LARGE]
    low, high = _beta_product(at_risk, events, after, confidence)
    if chosen == _METHODS[1]:
        low, high = _greenwood(at_risk, events, waiting, confidence, low, high)
    return Curve(int(held.size), int(done.sum()), grid, waiting, low, high, confidence, chosen)


_METHODS = ("beta product", "Greenwood, log-log")


def _first(days: Array, passes: Array) -> float | None:
    places = np.flatnonzero(passes)
    return float(days[places[0]]) if places.size else None


def _beta_product(at_risk: Array, events: Array, after: Array, confidence: float) -> tuple[Array, Array]:
    """Return the limits at each step; a product of betas becomes the beta of the same mean and second moment."""
    a, b = at_risk - events + 1, events
    mean = np.cumprod(np.where(events > 0, a / (a + b), 1.0))
    square = np.cumprod(np.where(events > 0, a * (a + 1) / ((a + b) * (a + b + 1)), 1.0))
    next_mean = mean * after / (after + 1)
    next_square = square * after / (after + 2)
    tail = (1 - confidence) / 2
    return _beta_quantile(tail, next_mean, next_square), _beta_quantile(1 - tail, mean, square)


def _beta_quantile(probability: float, mean: Array, square: Array) -> Array:
    variance = square - mean**2
    is_spread = (variance > 1e-15) & (mean > 0) & (mean < 1)  # else a point mass: nothing done yet, or nobody left
    scale = np.where(is_spread, mean * (1 - mean) / np.where(is_spread, variance, 1.0) - 1, 1.0)
    middle = np.where(is_spread, mean, 0.5)
    found: Array = np.where(is_spread, betaincinv(middle * scale, (1 - middle) * scale, probability), mean)
    return found


def _greenwood(
    at_risk: Array, events: Array, waiting: Array, confidence: float, low: Array, high: Array
) -> tuple[Array, Array]:
    """Return the limits on the scale log(-log S); where that scale has no value, the beta product stands."""
    inside = (waiting > 0) & (waiting < 1)
    ends = at_risk * (at_risk - events)
    terms = np.cumsum(np.where(ends > 0, events / np.maximum(ends, 1), 0.0))
    logs = np.log(np.where(inside, waiting, 0.5))
    reach = np.exp(float(ndtri(0.5 + confidence / 2)) * np.sqrt(terms) / np.abs(logs))
    return np.where(inside, np.exp(logs * reach), low), np.where(inside, np.exp(logs / reach), high)
