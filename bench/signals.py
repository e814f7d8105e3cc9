"""How often charts cry wolf, what they find, and what a chance of a target is worth: simulations with known truth.

`false_alarms`, `found_shifts`, `rule_shares`, `portfolios` and `target_chances` are called with fewer series by tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import ndtr

from bench.table import bench_row
from workbench.outcomes.control_charts import watch
from workbench.outcomes.limits import natural_limits
from workbench.outcomes.run_rules import FALSE_ALARM_POINTS, FALSE_ALARMS, RULE_SETS, signals
from workbench.outcomes.signal_portfolio import FALSE_SHARE, judge_portfolio
from workbench.outcomes.target_odds import chance_of_target

SEED = 20_260_930
BASELINE, NEW = 36, 8
SERIES = 2_000
"""Stable metrics a world; the standard error of 5 % is then 0.5 points."""

Array = np.ndarray


def autocorrelated(generator: np.random.Generator, series: int, length: int, rho: float) -> Array:
    """Return stable normal series with this correlation of neighbours and standard deviation 1."""
    noise = generator.standard_normal((series, length))
    for place in range(1, length):
        noise[:, place] = rho * noise[:, place - 1] + np.sqrt(1 - rho**2) * noise[:, place]
    return noise


def seasonal(generator: np.random.Generator, series: int, length: int, period: int) -> Array:
    """Return stable series with a season of 1.5 standard deviations, each its own."""
    pattern = generator.standard_normal((series, period))
    pattern *= 1.5 / pattern.std(axis=1, keepdims=True)
    return 50 + autocorrelated(generator, series, length, 0.0) + pattern[:, np.arange(length) % period]


def with_gaps(generator: np.random.Generator, series: int, length: int) -> Array:
    """Return white noise of which every tenth period is missing."""
    held = 50 + autocorrelated(generator, series, length, 0.0)
    held[generator.random(held.shape) < 0.1] = np.nan
    return held


World = Callable[[np.random.Generator, int, int], Array]
WORLDS: dict[str, tuple[World, str]] = {
    "white noise": (lambda g, s, n: 50 + autocorrelated(g, s, n, 0.0), "month"),
    "AR 0.3": (lambda g, s, n: 50 + autocorrelated(g, s, n, 0.3), "month"),
    "AR 0.6": (lambda g, s, n: 50 + autocorrelated(g, s, n, 0.6), "month"),
    "log-normal": (lambda g, s, n: np.exp(autocorrelated(g, s, n, 0.0)), "month"),
    "exponential": (lambda g, s, n: g.exponential(1.0, (s, n)), "month"),
    "Poisson, mean 20": (lambda g, s, n: g.poisson(20, (s, n)).astype(float), "month"),
    "Poisson, mean 4": (lambda g, s, n: g.poisson(4, (s, n)).astype(float), "month"),
    "season of the week": (lambda g, s, n: seasonal(g, s, n, 7), "day"),
    "season of the year, by month": (lambda g, s, n: seasonal(g, s, n, 12), "month"),
    "every tenth month missing": (with_gaps, "month"),
}
"""Stable metrics: how a world makes them, and the grain they are watched at."""

METRICS = 8
"""In a simulated portfolio."""

SHIFTS = ((0.0, 0.80), (0.3, 0.60), (0.6, 0.35))
"""Autocorrelation, and the share of 2-sigma shifts that must be found within eight new points."""


def rows() -> list[dict[str, Any]]:
    """Return what was measured, a row a measure."""
    return [*alarm_rows(), *shift_rows(), *rule_rows(), *portfolio_rows(), *target_rows()]


# -- alarms ----------------------------------------------------------------------------------------------------------


def false_alarms(name: str, series: int = SERIES) -> tuple[float, float]:
    """Return the shares of a world's stable metrics that alarm: by the chart over its baseline, by the judgement.

    The judgement is that of eight new points at 5 %.
    """
    make, grain = WORLDS[name]
    held = make(np.random.default_rng([SEED, len(name)]), series, BASELINE + NEW)
    by_chart, by_judgement = 0, 0
    for values in held:
        found = watch(values, grain=grain)
        if found.limits is None or found.track is None:
            raise ValueError(f"{name}: a series of {values.size} periods has no limits.")
        last = found.limits.baseline_to + 1
        by_chart += bool(signals(found.track.shown[:last], found.limits, since=0))
        by_judgement += found.change is not None and found.change.p <= 0.05
    return by_chart / series, by_judgement / series


def alarm_rows() -> list[dict[str, Any]]:
    """Count false alarms in each world of stable metrics."""
    found = []
    for name in WORLDS:
        by_chart, by_judgement = false_alarms(name)
        most = 0.06 if name.startswith("AR") else 0.05
        found.append(bench_row(f"false alarms of the chart, {BASELINE} points, {name}", by_chart, most=most))
        slack = most + 2 * np.sqrt(most * (1 - most) / SERIES)  # two standard errors of the simulation
        found.append(bench_row(f"false at 5 %, {NEW} new points, {name}", by_judgement, most=slack))
    return found


def found_shifts(rho: float, size: float, series: int = SERIES) -> float:
    """Return the share of shifts that the judgement finds at 5 % within eight new points."""
    held = 50 + autocorrelated(np.random.default_rng([SEED, round(rho * 10)]), series, BASELINE + NEW, rho)
    held[:, BASELINE:] += size
    changes = [watch(values, grain="month").change for values in held]
    return float(np.mean([change is not None and change.p <= 0.05 and change.size > 0 for change in changes]))


def shift_rows() -> list[dict[str, Any]]:
    """Count how many shifts of two standard deviations are found."""
    found = []
    for rho, least in SHIFTS:
        share = found_shifts(rho, 2.0)
        found.append(bench_row(f"2-sigma shifts found, AR {rho:g}", share, least=least))
    return found


def rule_shares(points: int, series: int = 20_000) -> dict[str, float]:
    """Return the share of stable metrics (white noise) that each set of rules alarms over a baseline."""
    held = np.random.default_rng([SEED, points]).standard_normal((series, points + NEW))  # new points leave it whole
    counts = dict.fromkeys(RULE_SETS, 0)
    for values in held:
        limits = natural_limits(values, baseline=points, transform="none")
        if limits is None:
            raise ValueError("Too few points.")
        for name, rules in RULE_SETS.items():
            counts[name] += bool(signals(values[:points], limits, rules, since=0))
    return {name: count / series for name, count in counts.items()}


def rule_rows(series: int = SERIES) -> list[dict[str, Any]]:
    """Hold the table of false alarms, which the report prints, against a fresh simulation."""
    largest = 0.0
    for place, points in enumerate(FALSE_ALARM_POINTS):
        for name, share in rule_shares(points, series).items():
            largest = max(largest, abs(share - FALSE_ALARMS[name][place]))
    return [bench_row("printed false-alarm rates of rule sets, largest difference", largest, most=0.03)]


# -- portfolios ------------------------------------------------------------------------------------------------------


def portfolios(count: int = 200, moved: float = 0.15) -> tuple[float, float, float]:
    """Return the false share of the moves named, the share of true moves found, and how often any is named falsely.

    A portfolio is 8 metrics at the company, 4 lines and 12 products; products share a common wobble, lines and the
    company add them up, so that levels hang together. A metric that moved does so by 3 standard deviations in the
    products of one line. The third number is of portfolios in which nothing moved.
    """
    generator = np.random.default_rng([SEED, 77])
    shares, powers, any_false = [], [], []
    for share in (moved, 0.0):
        for _ in range(count):
            chances, levels, truth = _portfolio(generator, share)
            judged = judge_portfolio(chances, levels)
            kept = np.array([judged.is_kept(place) for place in range(len(chances))])
            if share:
                shares.append(float((kept & ~truth).sum() / max(kept.sum(), 1)))
                if truth.any():
                    powers.append(float((kept & truth).sum() / truth.sum()))
            else:
                any_false.append(bool(kept.any()))
    return float(np.mean(shares)), float(np.mean(powers)), float(np.mean(any_false))


def _portfolio(generator: np.random.Generator, share: float) -> tuple[list[float], list[str], np.ndarray]:
    chances: list[float] = []
    levels: list[str] = []
    truth: list[bool] = []
    for _ in range(METRICS):
        rho = float(generator.choice([0.0, 0.3]))
        common = autocorrelated(generator, 1, BASELINE + NEW, rho)
        products = 0.6 * common + 0.8 * autocorrelated(generator, 12, BASELINE + NEW, rho)
        has_moved = np.zeros(12, dtype=bool)
        if generator.random() < share:
            has_moved[:3] = True
            products[:3, BASELINE:] += 3.0 * generator.choice([-1.0, 1.0])
        lines = products.reshape(4, 3, -1).sum(axis=1)
        held = [("company", products.sum(axis=0), has_moved.any())]
        held += [("parents", line, has_moved[3 * place]) for place, line in enumerate(lines)]
        held += [("products", product, is_true) for product, is_true in zip(products, has_moved, strict=True)]
        for level, values, is_true in held:
            change = watch(50 + values, grain="month").change
            chances.append(1.0 if change is None else change.p)
            levels.append(level)
            truth.append(bool(is_true))
    return chances, levels, np.array(truth)


def portfolio_rows() -> list[dict[str, Any]]:
    """Measure what is false among the moves that a portfolio names."""
    share, power, any_false = portfolios(50)
    return [
        bench_row("portfolio of 136 series, 15 % of metrics moved: false share", share, most=FALSE_SHARE),
        bench_row("the same: true moves found", power),
        bench_row("portfolio in which nothing moved: any move named", any_false, most=FALSE_SHARE),
    ]


# -- targets ---------------------------------------------------------------------------------------------------------


def target_chances(count: int = 3_000, *, least: int = 18, most: int = 60) -> dict[str, Any]:
    """Return how chances of targets turn out in simulated histories.

    Histories of 18 to 60 months with autocorrelation 0 to 0.7, a target as far from the mean as two standard
    deviations either way, its date 1 to 12 months ahead.

    Returns
    -------
    dict
        ``reliability``: (mean chance stated, share that came, count) of each tenth; ``brier`` and ``climatology``:
        mean squared error of the chances, and of always stating the share that came; ``covered``: share of the 80 %
        intervals that hold the true chance; ``largest``: largest gap of a tenth with 100 histories or more.
    """
    generator = np.random.default_rng([SEED, 5])
    stated, came, inside = np.empty(count), np.empty(count), np.empty(count)
    for place in range(count):
        length, ahead = int(generator.integers(least, most + 1)), int(generator.integers(1, 13))
        rho, target = float(generator.uniform(0.0, 0.7)), float(generator.uniform(-2.0, 2.0))
        values = autocorrelated(generator, 1, length + ahead, rho)[0]
        found = chance_of_target(values[:length], ahead, target, "up", draws=800)
        mean, spread = rho**ahead * values[length - 1], np.sqrt(1 - rho ** (2 * ahead))
        truth = float(ndtr((mean - target) / max(spread, 1e-9)))
        stated[place], came[place] = found.chance, values[-1] >= target
        inside[place] = found.low <= truth <= found.high
    tenth = np.minimum((stated * 10).astype(int), 9)
    table = [
        (float(stated[tenth == t].mean()), float(came[tenth == t].mean()), int((tenth == t).sum()))
        for t in range(10)
        if (tenth == t).any()
    ]
    gaps = [abs(said - seen) for said, seen, held in table if held >= 100]
    return {
        "reliability": table,
        "brier": float(((stated - came) ** 2).mean()),
        "climatology": float(came.mean() * (1 - came.mean())),
        "covered": float(inside.mean()),
        "largest": max(gaps, default=1.0),
    }


def target_rows() -> list[dict[str, Any]]:
    """Measure whether a chance of 70 % comes true in 70 of 100 cases."""
    held = target_chances()
    brier = bench_row(
        "chance of a target: Brier score",
        held["brier"],
        "",
        against="climatology",
        other=held["climatology"],
        target="below climatology",
        met=held["brier"] < held["climatology"],
    )
    covered, largest = held["covered"], held["largest"]
    return [
        brier,
        bench_row("chance of a target: largest gap of a tenth", largest, most=0.05),
        bench_row("80 % interval holds the true chance", covered, least=0.75, most=0.85),
    ]
