"""Signals as arrays of days: how long each step took or has lasted, and dates that cannot be.

A step out of order, skipped in the record, or answered by a machine becomes a finding and never a wait.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.outcomes.inputs import Signal
from workbench.outcomes.survival import Curve, Within, kaplan_meier
from workbench.stats import wilson_interval

ORDER = ("raised", "seen", "decided", "shipped", "checked")
"""Order in which a signal travels; its sender may be told at any time after it was raised."""

STEPS = (
    ("raised", "seen"),
    ("seen", "decided"),
    ("raised", "decided"),
    ("decided", "shipped"),
    ("shipped", "checked"),
    ("raised", "told"),
)
"""Waits that are measured; from seen to decided alone, and the whole wait for a decision."""

MINUTE = 1 / 1440
"""Seen within a minute is no look. Unit: days."""

EMPTY_SHARE, EMPTY_LEAST = 0.9, 10
"""A channel acknowledges by itself from this share on; among at least so many signals with clock times (ours)."""

MOST_UNKNOWN = 0.05
"""Above this share of decisions nobody wrote down, the rate of shipping is not stated."""

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Share:
    """A count out of another, with Wilson's interval.

    Attributes
    ----------
    hits, n : int
    low, high : float
        0 to 1.
    """

    hits: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """Share, 0 to 1."""
        return self.hits / self.n


@dataclass(frozen=True, eq=False)
class Latency:
    """How long one step takes.

    Attributes
    ----------
    start, end : str
        Dates of a signal between which it lies.
    n, open : int
        Signals that began the step; those that wait still.
    curve : Curve or None
        None where no signal began the step, or too little is known of it (`reason`).
    closed_p50 : float or None
        Median of closed signals only, in days: too short while any is open, and never shown alone.
    oldest : float or None
        Days the longest of those that wait still has waited.
    left_out : int
        Signals whose dates do not allow this step: out of order, unrecorded, or nobody wrote what was decided.
    reason : str
        Why there is no curve.
    """

    start: str
    end: str
    n: int
    open: int
    curve: Curve | None = None
    closed_p50: float | None = None
    oldest: float | None = None
    left_out: int = 0
    reason: str = ""

    @property
    def step(self) -> str:
        """Both ends: ``raised→seen``."""
        return f"{self.start}→{self.end}"

    def within(self, horizon: float) -> Within:
        """Return the share done within so many days."""
        return Within(horizon, None, None, None, self.n) if self.curve is None else self.curve.within(horizon)


@dataclass(frozen=True, eq=False)
class LoopHealth:
    """The loop of one scope.

    Attributes
    ----------
    kind, key : str
        ``company`` and '', a kind of parent and its key, ``product`` and its key, ``channel`` and its name.
    n : int
        Signals.
    products : int
        Products they speak of.
    latencies : tuple of Latency
        In the order of `STEPS`.
    """

    kind: str
    key: str
    n: int
    products: int
    latencies: tuple[Latency, ...]

    def latency(self, start: str, end: str) -> Latency:
        """Return one step."""
        return next(held for held in self.latencies if (held.start, held.end) == (start, end))

    @property
    def decision(self) -> Latency:
        """The whole wait for a decision."""
        return self.latency("raised", "decided")


@dataclass(frozen=True)
class Waiting:
    """A signal that still waits for a decision.

    Attributes
    ----------
    signal, product, channel : str
    days : float
        Since it was raised.
    is_seen : bool
    """

    signal: str
    product: str
    channel: str
    days: float
    is_seen: bool


@dataclass(frozen=True)
class LoopFinding:
    """What is wrong with the dates of some signals.

    Attributes
    ----------
    check : str
        ``order``, ``contradiction``, ``unrecorded``, ``decision``, ``automatic`` or ``never``.
    what : str
        Steps or channel concerned.
    signals : int
        How many.
    share : Share or None
        Of how many that could have been.
    example : str
        Key of the first such signal.
    """

    check: str
    what: str
    signals: int
    share: Share | None
    example: str


class SignalLog:
    """The signals as arrays of days, and what their dates allow."""

    def __init__(self, signals: Sequence[Signal], as_of: dt.date, confidence: float) -> None:
        self.signals, self.confidence = signals, confidence
        self.end = float(as_of.toordinal() + 1)
        steps = (*ORDER, "told")
        held = {step: [getattr(signal, step) for signal in signals] for step in steps}
        past = {step: [None if when is None or day_of(when) > as_of else when for when in held[step]] for step in steps}
        self.dated = {step: np.array([when is not None for when in past[step]]) for step in steps}
        self.whens = past
        is_known = [signal.decided is None or day_of(signal.decided) <= as_of for signal in signals]
        self.verdict = np.array(
            [(s.decision or "") if known else "" for s, known in zip(signals, is_known, strict=True)]
        )
        self.channels = np.array([signal.channel for signal in signals], dtype=object)
        # open signals have waited whole days, or to the end of the last day by the clock
        self.so_far = {step: np.array([self.end - _start_of(when) for when in past[step]]) for step in steps}
        self.waits: dict[tuple[str, str], np.ndarray] = {}
        self.automatic = self.find_automatic()
        self.steps = {step: self.sets(*step) for step in STEPS}

    def between(self, start: str, end: str) -> np.ndarray:
        """Return the days of a step where both ends are dated, else NaN; by the clock where both have one."""
        if (start, end) not in self.waits:
            pairs = zip(self.whens[start], self.whens[end], strict=True)
            self.waits[start, end] = np.array([_days_between(*pair) for pair in pairs])
        return self.waits[start, end]

    def find_automatic(self) -> dict[str, tuple[int, int]]:
        """Return the channels that acknowledge by themselves: signals seen within a minute, and with clock times."""
        clocked = np.array(
            [
                isinstance(one, dt.datetime) and isinstance(two, dt.datetime) and _same_clock(one, two)
                for one, two in zip(self.whens["raised"], self.whens["seen"], strict=True)
            ]
        )
        found = {}
        for channel in dict.fromkeys(self.channels[clocked].tolist()):
            places = clocked & (self.channels == channel)
            waits = self.between("raised", "seen")[places]
            hits = int(((waits >= 0) & (waits <= MINUTE)).sum())
            if len(waits) >= EMPTY_LEAST and hits >= EMPTY_SHARE * len(waits):
                found[channel] = (hits, len(waits))
        return found

    def backward(self, start: str, end: str) -> np.ndarray:
        """Return which signals reach the end before the start."""
        waits = self.between(start, end)
        return np.nan_to_num(waits, nan=0.0) < 0

    def passed(self, end: str) -> np.ndarray:
        """Return which signals skipped a step: it has no date, but a later one has, or what was decided is known."""
        later = ORDER[ORDER.index(end) + 1 :] if end in ORDER else ()
        went_on = (self.verdict != "") & (end == "decided")
        for step in later:
            went_on |= self.dated[step]
        return went_on & ~self.dated[end]

    def sets(self, start: str, end: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return which signals began a step, whose dates do not allow it, and whose decision nobody wrote down."""
        began = self.dated[start].copy()
        unfit = self.backward(start, end) | self.passed(end)
        if "seen" in (start, end) and self.automatic:
            unfit |= np.isin(self.channels, list(self.automatic))
        unknown = np.zeros_like(began)
        if end == "shipped":  # a "no" can never ship: it leaves the set, it does not wait
            unknown = (self.verdict == "") & began & ~self.dated["shipped"]
            unfit |= (self.verdict == "no") & self.dated["shipped"]
            began &= (self.verdict != "no") | self.dated["shipped"]
        elif end == "checked":
            unfit |= self.verdict == "no"
        return began, unfit, unknown

    def health(self, kind: str, key: str, places: Iterable[int]) -> LoopHealth:
        """Return every step of one scope's signals."""
        chosen = np.fromiter(places, dtype=int)
        products = {self.signals[place].product for place in chosen}
        latencies = tuple(self.latency(start, end, chosen) for start, end in STEPS)
        return LoopHealth(kind, key, int(chosen.size), len(products), latencies)

    def latency(self, start: str, end: str, chosen: np.ndarray) -> Latency:
        """Return one step of the signals at some places."""
        began, unfit, unknown = (held[chosen] for held in self.steps[start, end])
        at_risk, asked, unclear = chosen[began & ~unfit & ~unknown], int(began.sum()), int(unknown.sum())
        left_out = int((began & (unfit | unknown)).sum())
        if unclear > MOST_UNKNOWN * asked:
            reason = f"nobody wrote what was decided on {unclear} of {asked} signals"
            return Latency(start, end, int(at_risk.size), 0, left_out=left_out, reason=reason)
        if not at_risk.size:
            reason = f"no signal was {start}{' yes' if end == 'shipped' else ''}"
            if left_out:
                reason = f"the dates of {left_out} signal{'' if left_out == 1 else 's'} do not allow it"
            return Latency(start, end, 0, 0, left_out=left_out, reason=reason)
        waits = self.between(start, end)[at_risk]
        is_done = ~np.isnan(waits)
        waits = np.where(is_done, waits, self.so_far[start][at_risk])
        return Latency(
            start,
            end,
            n=int(at_risk.size),
            open=int((~is_done).sum()),
            curve=kaplan_meier(waits, is_done, confidence=self.confidence),
            closed_p50=float(np.median(waits[is_done])) if is_done.any() else None,
            oldest=float(waits[~is_done].max()) if (~is_done).any() else None,
            left_out=left_out,
        )

    def waiting(self) -> tuple[Waiting, ...]:
        """Return the signals without a decision, the oldest first."""
        places = np.flatnonzero(~self.dated["decided"] & ~self.passed("decided"))
        found = [
            Waiting(held.signal, held.product, held.channel, float(days), bool(self.dated["seen"][place]))
            for place, days in zip(places.tolist(), self.so_far["raised"][places], strict=True)
            for held in [self.signals[place]]
        ]
        return tuple(sorted(found, key=lambda held: (-held.days, held.signal)))

    def findings(self) -> list[LoopFinding]:
        """Return what the dates say that cannot be: nothing of it becomes a latency."""
        found = []
        for place, end in enumerate(ORDER[1:], start=1):
            for start in ORDER[:place]:
                skipped = np.ones(len(self.signals), dtype=bool)
                for step in ORDER[ORDER.index(start) + 1 : place]:
                    skipped &= ~self.dated[step]
                pairs = self.dated[start] & self.dated[end] & skipped
                found.append(self.finding("order", f"{end} before {start}", self.backward(start, end) & skipped, pairs))
        pairs = self.dated["raised"] & self.dated["told"]
        found.append(self.finding("order", "told before raised", self.backward("raised", "told"), pairs))
        no = self.verdict == "no"
        found.append(self.finding("contradiction", "shipped, though decided no", no & self.dated["shipped"], no))
        for step in ORDER[1:-1]:
            passed = self.passed(step)
            found.append(self.finding("unrecorded", step, passed, passed | self.dated[step]))
        decided = self.dated["decided"]
        unknown = decided & (self.verdict == "") & ~self.dated["shipped"]
        found.append(self.finding("decision", "decision", unknown, decided))
        for channel, (hits, asked) in self.automatic.items():
            first = self.signals[int(np.flatnonzero(self.channels == channel)[0])].signal
            found.append(LoopFinding("automatic", channel, hits, share_of(hits, asked, self.confidence), first))
        for step in (*ORDER[1:], "told"):
            before = {"told": "raised"}.get(step) or ORDER[ORDER.index(step) - 1]
            if not self.dated[step].any() and self.dated[before].any():
                count = int(self.dated[before].sum())
                found.append(LoopFinding("never", step, count, None, ""))
        return [finding for finding in found if finding.signals]

    def finding(self, check: str, what: str, hits: np.ndarray, asked: np.ndarray) -> LoopFinding:
        """Return a finding on the signals that `hits`, out of those `asked`; of 0 signals where there is none."""
        places = np.flatnonzero(hits)
        share = share_of(len(places), int((asked | hits).sum()), self.confidence) if len(places) else None
        return LoopFinding(check, what, len(places), share, self.signals[int(places[0])].signal if len(places) else "")


def day_of(when: dt.date) -> dt.date:
    """Return the day of a moment."""
    return when.date() if isinstance(when, dt.datetime) else when


def _start_of(when: dt.date | None) -> float:
    """Return when a wait starts, in days: by the clock where there is one, else so that today is no day of waiting."""
    if when is None:
        return math.nan
    if isinstance(when, dt.datetime):
        return when.toordinal() + (when - dt.datetime.combine(when.date(), dt.time(), when.tzinfo)) / _DAY
    return float(when.toordinal() + 1)


def _days_between(start: dt.date | None, end: dt.date | None) -> float:
    """Return days from one moment to another; by the clock where both show one in comparable zones, else by date."""
    if start is None or end is None:
        return math.nan
    if isinstance(start, dt.datetime) and isinstance(end, dt.datetime) and _same_clock(start, end):
        return (end - start) / _DAY
    return float((day_of(end) - day_of(start)).days)


def _same_clock(start: dt.datetime, end: dt.datetime) -> bool:
    return (start.tzinfo is None) == (end.tzinfo is None)


def share_of(hits: int, n: int, confidence: float) -> Share:
    """Return a count out of another with Wilson's interval; `n` is at least 1."""
    counts = pd.Series({"": hits}), pd.Series({"": n})
    found = wilson_interval(*counts, confidence=confidence)
    return Share(hits, n, float(found["low"].iloc[0]), float(found["high"].iloc[0]))
