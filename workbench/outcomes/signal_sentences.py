"""What is said of signals: how many series moved and how many of them are chance, chances of targets, method."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench import theme
from workbench.findings import Figure, Figures, Finding, fit_claim
from workbench.outcomes.changes import NEW_POINTS, SIMULATIONS
from workbench.outcomes.limits import LEAST_POINTS
from workbench.outcomes.run_rules import RULE_SETS, false_alarm_share, run_length_between_alarms, set_of
from workbench.outcomes.signal_portfolio import METHODS, say_expected
from workbench.outcomes.target_odds import COVERAGE, SUREST

if TYPE_CHECKING:
    from workbench.outcomes.rare_events import RareEvents
    from workbench.outcomes.reviewed import Outcomes, TargetCheck

LEVEL_WORDS = {
    "the company": "of the company",
    "parents": "of its lines, streams and experiences",
    "products": "of products",
}
"""What each level of the portfolio is called."""

SET_WORDS = {
    "usual": "beyond a limit, or eight on one side",
    "wheeler": "Wheeler's three",
    "western_electric": "Western Electric's four",
    "nhs": "those of the NHS",
}


def say_portfolio(result: Outcomes) -> str:
    """Return how many series were watched, how many moved, and how many of these are expected to be chance."""
    portfolio = result.signals.portfolio
    if not portfolio.tested:
        return ""
    if not portfolio.kept:
        return f"Of {portfolio.tested} series watched, none moved beyond what chance shows."
    return (
        f"Of {portfolio.tested} series watched, {portfolio.kept} moved; of these {say_expected(portfolio)} may be "
        "expected to be chance."
    )


def signal_figures(result: Outcomes) -> list[Figure]:
    """Return the figures of the portfolio, of targets' chances, of compared products and of rare events.

    Keys: ``signals/watched``, ``signals/kept``, ``signals/false``; ``chance/<metric>/<kind>/<parent>`` (a share);
    ``funnel/<metric>`` (all products) and ``funnel/<metric>/<product>``; ``gaps/<metric>/<kind>/<parent>/…``.
    """
    portfolio = result.signals.portfolio
    rows = (
        ("watched", "Series watched for moves", portfolio.tested),
        ("kept", "Series that moved", portfolio.kept),
        ("false", "Of these expected to be chance, at most", portfolio.expected_false),
    )
    found = [Figure("", f"signals/{key}", name, float(value), "count", source="facts") for key, name, value in rows]
    for check in result.targets:
        odds = check.assurance
        if odds.chance is None:
            continue
        metric, where = result.catalogue.metric(check.metric), result.name(check.kind, check.parent)
        by = theme.day(odds.by) if odds.by else ""
        key, name = chance_key(check), f"{metric.label}, {where}: chance of the target on {by}"
        if key not in {figure.key for figure in found}:
            found.append(Figure("", key, name, odds.chance, "share", odds.chance_low, odds.chance_high, source="facts"))
    for one in result.signals.comparisons:
        metric, funnel = result.catalogue.metric(one.metric), one.funnel
        month = theme.month(one.period) if metric.has_months else theme.day(one.period)
        name = f"{metric.label}, all products, {month}"
        found.append(Figure("", f"funnel/{one.metric}", name, funnel.centre, metric.unit, n=round(sum(funnel.rows))))
        for place, product in enumerate(funnel.parts):
            label = f"{metric.label}, {result.products.name(product)}, {month}"
            low, high, rows_ = funnel.low[place], funnel.high[place], round(funnel.rows[place])
            key = f"funnel/{one.metric}/{product}"
            found.append(Figure("", key, label, funnel.values[place], metric.unit, low, high, rows_))
    for rare in result.signals.rare:
        found += _rare_figures(result, rare)
    return found


def chance_key(check: TargetCheck) -> str:
    """Return the key of the figure with a target's chance."""
    by = f"/{check.target.by.isoformat()}" if check.target.by else ""
    return f"chance/{check.metric}/{check.kind}/{check.parent or 'all'}{by}"


def _rare_figures(result: Outcomes, rare: RareEvents) -> list[Figure]:
    label = f"{result.catalogue.metric(rare.metric).label}, {result.name(rare.kind, rare.parent)}"
    base = f"gaps/{rare.metric}/{rare.kind}/{rare.parent or 'all'}"
    found = [Figure("", f"{base}/open", f"{label}: days since the last", float(rare.open_days), "days")]
    if rare.limits is not None:
        centre, low, high = rare.limits.centre, rare.limits.lower, rare.limits.upper
        found.append(Figure("", f"{base}/usual", f"{label}: usual days between two", centre, "days", low, high))
    if rare.change is not None and rare.is_kept:
        for what, days in (("before", rare.change.before), ("after", rare.change.after)):
            found.append(Figure("", f"{base}/{what}", f"{label}: days between two, {what}", days, "days"))
    return found


def write_chance(chance: float | None) -> str:
    """Return a chance in words, never surer than it is.

    Examples
    --------
    >>> [write_chance(p) for p in (None, 0.01, 0.137, 0.99)]
    ['not stated', 'at most 1 %', '14 %', 'at least 99 %']
    """
    if chance is None:
        return "not stated"
    if chance <= 1 - SUREST + 1e-9:
        return f"at most {theme.percent(1 - SUREST, 0)}"
    return f"at least {theme.percent(SUREST, 0)}" if chance >= SUREST - 1e-9 else theme.percent(chance, 0)


def signal_cautions(result: Outcomes, numbers: Figures) -> list[Finding]:
    """Return what could be wrong with what is said to move."""
    found = []
    refused: dict[str, list[str]] = {}
    for series in result.series:
        if series.watched.reason.startswith("its season"):
            refused.setdefault(series.metric.label, []).append(result.name(series.kind, series.parent))
    for label, places in refused.items():
        claim = fit_claim(f"{label}: its season is known and cannot be removed yet, so nothing is judged.")
        found.append(Finding(claim, f"{theme.listing(list(dict.fromkeys(places)), 8)}."))
    for rare in result.signals.rare:
        if rare.change is None or not rare.is_kept:
            continue
        label, where = result.catalogue.metric(rare.metric).label, result.name(rare.kind, rare.parent)
        way = "rarer" if rare.change.size > 0 else "more frequent"
        base = f"gaps/{rare.metric}/{rare.kind}/{rare.parent or 'all'}"
        days = [_days(value) for value in (rare.change.before, rare.change.after)]
        claim = f"{label} in {where} became {way}: every {days[1]} instead of {days[0]} days."
        ids = numbers.ids(*[key for key in (f"{base}/before", f"{base}/after") if key in numbers])
        found.append(Finding(fit_claim(claim), "Watched by the days between two of them; it is in no split.", ids))
    return found


def _days(value: float) -> str:
    return theme.number(value, 0 if value >= 10 else 1)


def signal_method(result: Outcomes) -> list[str]:
    """Return how moves are told from chance, for the appendix."""
    portfolio = result.signals.portfolio
    simulated = theme.number(SIMULATIONS, 0)
    return [
        "Usual range. Individuals and moving ranges (D. J. Wheeler, Understanding Variation; 3/1.128 of the mean "
        "moving range), baseline of at most 36 periods, frozen, restarted at a redefinition and where a new level is "
        "accepted. Repairs: a power or logarithm where the baseline is skewed, counts as sqrt(x + 3/8) (Anscombe 1948) "
        "and never closer than exact Poisson limits, limits and runs widened for autocorrelation (bias after Marriott "
        "and Pope 1954) and for long baselines. A missing period is no zero: no range and no run reaches over it. "
        + _rules_words(result),
        "Season. Looked for in two full cycles (a week of days; a year of weeks, months or quarters) and removed where "
        "evident at 1 in 100 beyond autocorrelation; phase means beside a straight line, learned in the baseline. With "
        "fewer cycles and a season that is known, each period is compared with the same one a cycle before. "
        + _season_words(result),
        "Moves. The mean of the last new periods against the baseline, over its standard error under autocorrelation, "
        f"the largest over starts and looks, at most {NEW_POINTS} new periods; compared with {simulated} simulated "
        "stable series of the same length that chose their scale and lost a season in the same way. Fewer than "
        f"{LEAST_POINTS} periods: too early to tell. All series are judged together by {METHODS[portfolio.method]}, "
        f"one family a level, {theme.percent(portfolio.false_share, 0)} divided among the levels: "
        f"{_level_words(result)}. {say_portfolio(result)}",
        "Targets. Verdicts as in NHS England's Making Data Count: consistently met or missed when the whole usual "
        "range, its season included, lies on one side, otherwise hit and miss; not stated while a metric is moving. "
        "The chance is that the period of the target's date meets it if the process goes on as it runs: mean, season, "
        "spread and autocorrelation drawn from what the history leaves open, "
        f"{theme.percent(COVERAGE, 0)} interval.",
    ]


def _level_words(result: Outcomes) -> str:
    said: list[str] = [f"{one.kept} of {one.tested} {LEVEL_WORDS[one.name]}" for one in result.signals.portfolio.levels]
    return theme.listing(said) if said else "nothing to judge yet"


def _season_words(result: Outcomes) -> str:
    removed = sum(s.watched.season is not None and s.watched.season.kind == "removed" for s in result.series)
    judged = sum(s.watched.limits is not None for s in result.series)
    return f"Removed from {removed} of {judged} series." if judged else ""


def _rules_words(result: Outcomes) -> str:
    """Return how often each set of rules in use raises a false alarm."""
    used: dict[str, list[int]] = {}
    for series in result.series:
        if series.watched.limits is not None and (name := set_of(series.metric.signal.rules)):
            used.setdefault(name, []).append(series.watched.limits.n)
    said = []
    for name, points in used.items():
        usual = sorted(points)[len(points) // 2]
        share = false_alarm_share([name], usual)
        if share is None:
            continue
        words = f"{SET_WORDS[name]}: {theme.percent(share, 1)} of stable metrics alarm over {usual} periods"
        if "trend" not in RULE_SETS[name]:
            length = math.floor(run_length_between_alarms(RULE_SETS[name]) + 0.5)
            words += f" (unrepaired, with known limits: every {length} periods; Champ and Woodall 1987)"
        said.append(words)
    return f"Rules: {'; '.join(said)}." if said else ""
