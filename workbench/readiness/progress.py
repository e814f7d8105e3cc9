"""How much of the way from where a part began to its target is done, with an interval.

Progress to date is (level − baseline) / (target − baseline), the baseline being the level of the first wave (OWASP
SAMM's idea). Nothing is gained by passing a target, and a part that fell back stands below nothing. The interval comes
from each person's part in the error of both levels: somebody who answered twice moves both. To first order
(level − baseline)/D has the error (e₁ + (p − 1) e₀)/D, with D the way from baseline to target and p the share done.

Two levels of one closed group err together only as far as the same people were silent twice. Of n₁ and n₀ people who
answered out of N₁ and N₀, m both times, the errors have the covariance s₁₀ (m/(n₁n₀) − C/(N₁N₀)), C being those who
were asked twice (after S. Tam 1984, Am. Stat. 38, 288-289): nothing where silence is another toss each time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.readiness.anonymity import DISTRIBUTION_FROM, SHARE_DECIMALS, ProtectedScores
from workbench.readiness.inputs import OPENLY_NAMED, TEAMS, Settings
from workbench.readiness.scores import DIMENSION, LINE, ORGANISATION, Key, Part, Scores
from workbench.readiness.wave_comparison import EarlierWave
from workbench.stats import t_quantile

LEAST_WAY = 0.3
"""Way from baseline to target below which a share of it says nothing (ours). Unit: level."""

NOTHING = 1e-12
"""Below this nobody is left who did not answer."""


@dataclass(frozen=True)
class Progress:
    """How far one dimension of the organisation or a line has come.

    Attributes
    ----------
    part : Part
    dimension : str
    since : str
        Wave of the baseline.
    baseline, level, target : float
        As shown. Unit: level.
    share : float or None
        Share of the way done, at most one, below nothing where it fell back; None where the way is too short, or where
        the target was reached from the start.
    low, high : float or None
        Its interval, rounded outwards; from ten people up.
    """

    part: Part
    dimension: str
    since: str
    baseline: float
    level: float
    target: float
    share: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the level, as it is shown, has reached the target."""
        return self.level >= self.target - 1e-9

    @property
    def key(self) -> str:
        """Where its figure is found."""
        return f"progress{'/' + self.part.id if self.part.kind == LINE else ''}/{self.dimension}"


def progress_to_date(level: float, baseline: float, target: float) -> float | None:
    """Return the share of the way from the baseline to the target.

    Parameters
    ----------
    level, baseline, target : float
        In one unit.

    Returns
    -------
    float or None
        At most 1; negative where the level fell below its baseline. None where there was no way to go, or hardly any.

    Examples
    --------
    >>> progress_to_date(2.8, 2.0, 3.0), progress_to_date(3.4, 2.0, 3.0), progress_to_date(3.4, 3.1, 3.0)
    (0.8, 1.0, None)
    """
    way = target - baseline
    if way < LEAST_WAY - 1e-9:
        return None
    return round(min(1.0, (level - baseline) / way), 9)


def measure_progress(
    latest: Scores,
    shown: ProtectedScores,
    first: Scores,
    baseline: EarlierWave,
    targets: Mapping[tuple[str, str], float],
    settings: Settings,
) -> tuple[Progress, ...]:
    """Return the progress of every dimension, in the organisation and its lines, whose two levels are shown.

    Parameters
    ----------
    latest, first : Scores
        Unprotected: for the errors.
    shown : ProtectedScores
        Of the last wave.
    baseline : EarlierWave
        The first wave as it is shown.
    targets : mapping of (line, dimension) to level
        Line "" is the organisation.
    settings : Settings
    """
    return tuple(_each(latest, shown, first, baseline, targets, settings))


def _each(
    latest: Scores,
    shown: ProtectedScores,
    first: Scores,
    baseline: EarlierWave,
    targets: Mapping[tuple[str, str], float],
    settings: Settings,
) -> Iterator[Progress]:
    for part in (part for part in latest.parts if part.kind in (ORGANISATION, LINE)):
        for group in latest.instrument.dimensions:
            now, then = shown.get(DIMENSION, part, group.id), baseline.level(part, group.id)
            if now.level is None or then.level is None or now.edge or then.edge:
                continue
            target = targets[(part.id, group.id)]
            share = progress_to_date(now.level.value, then.level.value, target)
            ends: tuple[float | None, float | None] = (None, None)
            is_large = min(now.people or 0, then.people or 0) >= DISTRIBUTION_FROM
            if share is not None and (is_large or settings.minimum_group == OPENLY_NAMED):
                ends = _ends(latest, first, part, group.id, share, target, settings)
            yield Progress(
                part,
                group.id,
                baseline.wave,
                then.level.value,
                now.level.value,
                target,
                None if share is None else round(share, SHARE_DECIMALS),
                *ends,
            )


def _ends(
    latest: Scores, first: Scores, part: Part, dimension: str, share: float, target: float, settings: Settings
) -> tuple[float | None, float | None]:
    key = (DIMENSION, part.kind, part.id, dimension)
    levels = [scores.scores[key].level for scores in (latest, first)]
    if any(level is None or level.df is None for level in levels):
        return None, None
    df = min(float(level.df) for level in levels if level is not None and level.df is not None)
    raw = [float(level.value) for level in levels if level is not None]
    way = target - raw[1]
    done = (raw[0] - raw[1]) / way  # past the target, the error is that of what was done, not of what counts
    squares = [float((scores.traces[key].influence ** 2).sum()) for scores in (latest, first)]
    together = levels_together(latest, first, key, is_drawn=settings.sampled == TEAMS)
    error = math.sqrt(max(0.0, squares[0] + (done - 1) ** 2 * squares[1] + 2 * (done - 1) * together)) / abs(way)
    reach = t_quantile(0.5 + settings.confidence / 2, df) * error
    size = 10**SHARE_DECIMALS
    low, high = math.floor((done - reach) * size + 1e-9) / size, math.ceil((done + reach) * size - 1e-9) / size
    return min(low, round(share, SHARE_DECIMALS)), min(1.0, max(high, round(share, SHARE_DECIMALS)))


def levels_together(latest: Scores, first: Scores, key: Key, *, is_drawn: bool = False) -> float:
    """Return the covariance of the errors of one level in two waves, from the people who answered twice.

    Parameters
    ----------
    latest, first : Scores
        Unprotected.
    key : Key
        Of a level that both hold.
    is_drawn : bool
        Whether teams were drawn: the same teams then answer, and what they have in common stays.

    Returns
    -------
    float
        Unit: level squared. Nothing where fewer than ten people (ours) answered twice: so few tell no covariance, and
        without one the interval is wider.
    """
    traces, scored = [held.traces[key] for held in (latest, first)], [held.scores[key] for held in (latest, first)]
    twice = sorted(set(latest.keys) & set(first.keys))
    places = [{name: place for place, name in enumerate(held.keys)} for held in (latest, first)]
    rows = [[place[name] for name in twice] for place in places]
    found = float((traces[0].influence[rows[0]] * traces[1].influence[rows[1]]).sum())
    asked = [one.level.asked for one in scored if one.level is not None and one.level.asked]
    left = math.prod(1 - (one.response or 0.0) for one in scored)
    if not is_drawn and len(asked) == len(scored):
        spoke = [
            {held.keys[place] for place in trace.seen_by} for held, trace in zip((latest, first), traces, strict=True)
        ]
        both = len(spoke[0] & spoke[1])
        if both < DISTRIBUTION_FROM or left < NOTHING:
            return 0.0
        shares = [min(1.0, len(held) / one) for held, one in zip(spoke, asked, strict=True)]
        found *= (1 - shares[0] * shares[1] * min(asked) / both) / math.sqrt(left)
    most = math.prod(float(np.sqrt((trace.influence**2).sum())) for trace in traces)
    return min(most, max(-most, found))
