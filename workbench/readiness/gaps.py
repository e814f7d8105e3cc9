"""How differently two jobs see the same thing: a gap per item, with an interval and a correction for many looks.

Two groups that were both asked an item are compared: those who shape the business with those who run it, and every
pair of roles, wherever the guard shows both levels. The interval is Welch's (B. L. Welch 1947, Biometrika 34, 28-35;
degrees of freedom by F. E. Satterthwaite 1946, Biometrics Bull. 2, 110-114) over standard errors that carry the
correction for the closed groups (Cochran 1977, section 2.6). With many gaps looked at, some look wide by chance:
p-values are corrected over all of them by Holm (1979). So far out in the tail Satterthwaite's degrees of freedom are
too sure of a small group (among 110 gaps without a true one, 7 to 11 % of surveys had a false one), so p takes those
of the smaller group, as elementary textbooks do for the careful side; then it is 2 % (``bench/gaps.py``).

What is published is the difference of two levels as they are shown. A spread is taken from the answers only where
both groups are large enough for one to be shown; else from the two intervals, which are published already.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from scipy.special import stdtr

from workbench.readiness.anonymity import DECIMALS, DISTRIBUTION_FROM, SHARE_DECIMALS, ProtectedScores
from workbench.readiness.inputs import OPENLY_NAMED, Settings
from workbench.readiness.scores import CUT, ITEM, ROLE, Part, Score, Scores
from workbench.stats import Estimate, holm, interval, t_quantile

ALIKE = 1e-12
"""Below this a standard error is nothing: everybody asked has answered, or all said the same."""


@dataclass(frozen=True)
class RoleGap:
    """One item as two groups see it.

    Attributes
    ----------
    item : str
    first, second : Part
        Two cuts, or two roles.
    first_level, second_level : Score
        Protected.
    difference : Estimate
        First minus second, with Welch's interval. Unit: level.
    p_adjusted : float or None
        Corrected by Holm over all gaps looked at, rounded up to hundredths; None where no spread is known.
    compared : int
        Gaps looked at.
    """

    item: str
    first: Part
    second: Part
    first_level: Score
    second_level: Score
    difference: Estimate
    p_adjusted: float | None
    compared: int

    @property
    def key(self) -> str:
        """Where its figure is found."""
        return gap_key(self.item, self.first, self.second)

    @property
    def is_sure(self) -> bool:
        """Whether it survives the correction, at the confidence of its interval."""
        return self.p_adjusted is not None and self.p_adjusted <= 1 - self.difference.confidence + 1e-9


def role_gaps(scores: Scores, shown: ProtectedScores, settings: Settings) -> tuple[RoleGap, ...]:
    """Return the gaps between jobs, widest first; those that survive the correction before those that may be chance.

    Parameters
    ----------
    scores : Scores
        Unprotected: standard errors of groups of ten or more people.
    shown : ProtectedScores
        What may be shown of them; a hidden level is not compared.
    settings : Settings
        `confidence` of the intervals, `minimum_group`.

    Returns
    -------
    tuple of RoleGap
        Differences with one decimal, as the levels are shown; intervals rounded outwards.
    """
    found = [
        (item.id, first, second, *_welch(scores, shown, settings, item.id, first, second))
        for first, second in compared_pairs(scores.parts)
        for item in scores.instrument.items
        if all(_is_number(shown.get(ITEM, part, item.id)) for part in (first, second))
    ]
    corrected = holm([1.0 if one[4] is None else one[4] for one in found]).tolist() if found else []
    gaps = [
        RoleGap(
            name,
            first,
            second,
            shown.get(ITEM, first, name),
            shown.get(ITEM, second, name),
            gap,
            None if p is None else max(10**-SHARE_DECIMALS, _upward(chance, SHARE_DECIMALS)),
            len(found),
        )
        for (name, first, second, gap, p), chance in zip(found, corrected, strict=True)
    ]
    return tuple(sorted(gaps, key=lambda gap: (not gap.is_sure, -abs(gap.difference.value), gap.key)))


def _is_number(score: Score) -> bool:
    """Tell a level from a bound, as "≤ 1.2", which has no difference to another."""
    return score.level is not None and not score.edge


def gap_key(item: str, first: Part, second: Part) -> str:
    """Return the key of the figure of one gap.

    Examples
    --------
    >>> gap_key("d06_1", Part("role", "executive", "executives"), Part("role", "builder", "builders"))
    'gap/d06_1/executive/builder'
    """
    return f"gap/{item}/{first.id}/{second.id}"


def compared_pairs(parts: Iterable[Part]) -> Iterator[tuple[Part, Part]]:
    """Yield every pair of cuts, then every pair of roles, in the instrument's order."""
    held = tuple(parts)
    for kind in (CUT, ROLE):
        yield from combinations([part for part in held if part.kind == kind], 2)


def difference(first: Estimate, second: Estimate, *, span: float) -> tuple[Estimate, float | None]:
    r"""Return the difference of two means with Welch's interval, and the chance of one as wide if there were none.

    Parameters
    ----------
    first, second : Estimate
        Of two groups without a person in common; their standard errors carry the correction for closed groups.
    span : float
        Widest difference there can be. Unit: as the means.

    Returns
    -------
    Estimate, float or None
        First minus second, and p (two-sided, on the careful side); neither where a spread is not known.

    Notes
    -----
    .. math:: \nu = (s_1^2 + s_2^2)^2 / (s_1^4/\nu_1 + s_2^4/\nu_2)

    with s the standard errors of the two means.

    Examples
    --------
    >>> first = interval(3.4, 0.2, 11, answered=12)
    >>> second = interval(2.2, 0.1, 29, answered=30)
    >>> gap, p = difference(first, second, span=4)
    >>> round(gap.value, 1), round(gap.low, 2), round(gap.high, 2), round(gap.df, 1), round(p, 5)
    (1.2, 0.73, 1.67, 16.8, 0.00023)
    """
    value = first.value - second.value
    sides = [(one.standard_error, one.df) for one in (first, second)]
    if any(error is None or df is None for error, df in sides):
        method = "no spread is known"
        people = first.answered + second.answered
        return Estimate(value, None, None, None, None, first.confidence, people, None, method), None
    squares = [float(error or 0.0) ** 2 for error, _ in sides]
    error = math.sqrt(sum(squares))
    if error < ALIKE:
        df, p = min(float(df or 1) for _, df in sides), float(abs(value) < ALIKE)
        error = 0.0
    else:
        df = sum(squares) ** 2 / sum(square**2 / float(df or 1) for square, (_, df) in zip(squares, sides, strict=True))
        careful = min(float(df or 1) for error, df in sides if (error or 0.0) > ALIKE)
        p = 2 * float(stdtr(careful, -abs(value) / math.sqrt(sum(squares))))
    asked = None if first.asked is None or second.asked is None else first.asked + second.asked
    return (
        interval(
            value,
            error,
            df,
            confidence=first.confidence,
            answered=first.answered + second.answered,
            asked=asked,
            within=(-span, span),
            method="Welch, corrected for the finite population" if asked is not None else "Welch, response unknown",
        ),
        min(1.0, p),
    )


def _welch(
    scores: Scores, shown: ProtectedScores, settings: Settings, item: str, first: Part, second: Part
) -> tuple[Estimate, float | None]:
    """Return what may be said of one gap: the shown levels' difference, an interval rounded outwards, p."""
    held = [shown.get(ITEM, part, item) for part in (first, second)]
    low, high = scores.instrument.span(scores.instrument.item(item))
    is_large = all((one.people or 0) >= DISTRIBUTION_FROM for one in held)
    sides = [
        scores.get(ITEM, part, item).level
        if is_large or settings.minimum_group == OPENLY_NAMED
        else _from_shown(one, low, high)
        for part, one in zip((first, second), held, strict=True)
    ]
    levels = [one.level.value for one in held if one.level is not None]
    value = round(levels[0] - levels[1], DECIMALS)
    if sides[0] is None or sides[1] is None:  # a level that was shown was computed
        return Estimate(value, None, None, None, None, settings.confidence, 0), None
    raw, p = difference(sides[0], sides[1], span=high - low)
    return (
        replace(
            raw,
            value=value,
            low=None if raw.low is None else min(value, -_upward(-raw.low, DECIMALS)),
            high=None if raw.high is None else max(value, _upward(raw.high, DECIMALS)),
            standard_error=None,
            df=None,
        ),
        p,
    )


def _upward(value: float, decimals: int) -> float:
    """Round up: an interval, or a chance, that is rounded down promises too much."""
    return math.ceil(value * 10**decimals - 1e-9) / 10**decimals


def _from_shown(score: Score, lowest: float, highest: float) -> Estimate | None:
    """Return a level with the standard error that its published interval stands for; wider, since that is rounded.

    One that reaches from end to end of the scale says nothing of the spread: both its ends may be cut.
    """
    level = score.level
    if level is None or level.low is None or level.high is None or level.answered < 2:
        return level
    if level.low <= lowest and level.high >= highest:
        return replace(level, standard_error=None, df=None)
    df = float(level.answered - 1)
    reach = max(level.high - level.value, level.value - level.low)  # one end may be cut at the end of the scale
    return replace(level, standard_error=reach / t_quantile(0.5 + level.confidence / 2, df), df=df)
