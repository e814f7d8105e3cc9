"""How often an interval holds what the whole unit would have answered: simulated closed units, whose truth is known.

People have a mood of their own (SD .6) and answer each item around it (SD .9), on levels 1 to 5. A share of each unit
answers, drawn at random. `intervals` sends ten thousand units at once through the package's own arithmetic
(`workbench.readiness.levels`); tests/readiness/test_coverage.py holds that `score` gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import stdtrit

from bench.table import bench_row
from workbench.readiness.levels import group_error, item_levels

SIZES, SHARES, UNITS = (6, 8, 12, 20, 40, 100, 300), (0.5, 0.7, 0.9), 10_000
ITEMS, MOOD, NOISE = 5, 0.6, 0.9
SKIPPED, BLIND = 0.08, 0.10
AT_ONCE = 400_000
"""Answers simulated at once."""

ROLES = (("product", 0.2), ("builder", 0.45), ("operations", 0.2), ("support", 0.15))
"""Who a line consists of, where questions are routed."""

DIMENSIONS = ("d02", "d03", "d04", "d06", "d10")
"""Dimensions whose routing is simulated: those whose questions are about a line."""

INSTRUMENT = Path(__file__).resolve().parent.parent / "templates/instruments/project-to-product.yaml"


@dataclass(frozen=True, eq=False)
class Units:
    """Simulated units (units × people × items): what all would answer, what is known, who answered, who was asked.

    Whoever cannot see an item has no level there, whether they answer or not; so the truth is that of those who can.
    """

    truth: np.ndarray
    known: np.ndarray
    answered: np.ndarray
    asked: np.ndarray


def simulate_units(
    rng: np.random.Generator,
    units: int,
    size: int,
    share: float,
    *,
    skipped: float = 0.0,
    blind: float = 0.0,
    asked: np.ndarray | None = None,
) -> Units:
    """Return units of which a share answered, with gaps.

    Parameters
    ----------
    rng : Generator
    units, size : int
        How many; people in each.
    share : float
        Of the people who answer; at least three do.
    skipped, blind : float
        Shares of the questions left blank, and answered "cannot see".
    asked : ndarray of bool, shape (people, items), optional
        Who is asked what.
    """
    is_asked = np.ones((size, ITEMS), dtype=bool) if asked is None else asked
    shape = (units, size, is_asked.shape[1])
    mood = rng.normal(0, MOOD, (units, size, 1))
    truth = np.clip(np.rint(3 + mood + rng.normal(0, NOISE, shape)), 1, 5)
    truth = np.where(is_asked & (rng.random(shape) >= blind), truth, np.nan)
    rank = rng.random((units, size)).argsort(axis=1).argsort(axis=1)
    came = (rank < max(3, round(size * share)))[..., None] & is_asked
    answered = came & (rng.random(shape) >= skipped)
    known = np.where(answered, truth, np.nan)
    return Units(truth, known, answered, np.broadcast_to(is_asked, shape))


def intervals(units: Units, confidence: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return level, lower and upper end of each unit, and which of its items are used."""
    response = units.answered.sum(axis=1) / np.maximum(units.asked.sum(axis=1), 1)
    items = item_levels(units.known, response)
    is_used = items.count >= 2
    shares = is_used / np.maximum(is_used.sum(axis=1, keepdims=True), 1)
    level = (np.where(is_used, items.mean, 0.0) * shares).sum(axis=1)
    _, error, df = group_error(items, shares)
    # No spread although some are silent: that of the other units is borrowed, as that of other lines is.
    within = np.where(items.count > 1, np.nanvar(np.where(is_used[:, None, :], units.known, 0.0), axis=1, ddof=1), 0.0)
    freedom = np.maximum(items.count - 1, 0)
    spread = (within * freedom).sum(axis=0) / np.maximum(freedom.sum(axis=0), 1)
    borrowed = (shares * np.sqrt(spread / np.maximum(items.count, 1) * (1 - response))).sum(axis=1)
    is_silent = ((response < 1) & is_used).any(axis=1)
    error = np.where((error < 1e-12) & is_silent, borrowed, error)
    reach = stdtrit(np.where(df > 0, df, np.nan), 0.5 + confidence / 2) * error
    return level, np.clip(level - reach, 1, 5), np.clip(level + reach, 1, 5), is_used


def coverage(
    rng: np.random.Generator,
    size: int,
    share: float,
    *,
    units: int = UNITS,
    skipped: float = 0.0,
    blind: float = 0.0,
    asked: np.ndarray | None = None,
) -> tuple[float, float]:
    """Return how often the interval holds the truth, and how wide it is on average (unit: level)."""
    hits, widths = [], []
    at_once = max(1, AT_ONCE // (size * ITEMS))
    for start in range(0, units, at_once):
        many = min(at_once, units - start)
        held = simulate_units(rng, many, size, share, skipped=skipped, blind=blind, asked=asked)
        _, low, high, is_used = intervals(held)
        can_see = ~np.isnan(held.truth)
        people = np.where(can_see, held.truth, 0.0).sum(axis=1) / np.maximum(can_see.sum(axis=1), 1)
        truth = (people * is_used).sum(axis=1) / np.maximum(is_used.sum(axis=1), 1)
        told = is_used.any(axis=1) & np.isfinite(low)
        hits.append(((low - 1e-9 <= truth) & (truth <= high + 1e-9))[told])
        widths.append((high - low)[told])
    return float(np.concatenate(hits).mean()), float(np.concatenate(widths).mean())


def routed_people(size: int) -> Iterator[np.ndarray]:
    """Yield who of a line of this size is asked what (people × items), dimension by dimension of the instrument."""
    import yaml

    from workbench.readiness import build_instrument, routed

    instrument = build_instrument(yaml.safe_load(INSTRUMENT.read_text(encoding="utf-8")))
    whole = [round(size * sum(share for _, share in ROLES[: place + 1])) for place in range(len(ROLES))]
    roles = [role for (role, _), end, start in zip(ROLES, whole, [0, *whole], strict=False) for _ in range(end - start)]
    for dimension in DIMENSIONS:
        names = [item.id for item in instrument.items if item.group == dimension and item.scope == "line"]
        asked = np.array([[name in routed(instrument, role) for name in names] for role in roles])
        yield asked[:, asked.sum(axis=0) >= 2]


def complete_coverage(seed: int = 1, units: int = UNITS) -> dict[tuple[int, float], tuple[float, float]]:
    """Return coverage and width for each size and response, with complete answers."""
    rng = np.random.default_rng(seed)
    return {(size, share): coverage(rng, size, share, units=units) for size in SIZES for share in SHARES}


def gappy_coverage(seed: int = 2, units: int = UNITS) -> dict[tuple[int, float], float]:
    """Return coverage with questions routed as the instrument does, 8 % skipped and 10 % "cannot see"."""
    rng, found = np.random.default_rng(seed), {}
    for size in SIZES:
        people = list(routed_people(size))
        for share in SHARES:
            each = [
                coverage(rng, size, share, units=units // len(people), skipped=SKIPPED, blind=BLIND, asked=asked)[0]
                for asked in people
            ]
            found[(size, share)] = float(np.mean(each))
    return found


def bootstrap_width(size: int = 100, share: float = 0.7, units: int = 300, draws: int = 500, seed: int = 3) -> float:
    """Return the width of our interval as a multiple of that of the plain percentile bootstrap of people."""
    rng = np.random.default_rng(seed)
    held = simulate_units(rng, units, size, share)
    _, low, high, _ = intervals(held)
    people = held.known.mean(axis=2)
    people = people[~np.isnan(people)].reshape(units, -1)
    count = people.shape[1]
    again = np.take_along_axis(people[:, None, :], rng.integers(0, count, (units, draws, count)), axis=2).mean(axis=2)
    ends = np.quantile(again, [0.025, 0.975], axis=1)
    return float((high - low).mean() / (ends[1] - ends[0]).mean())


def team_coverage(
    *,
    teams: int = 40,
    drawn: int = 8,
    size: int = 7,
    units: int = 4_000,
    icc: float = 0.19,
    spread: int = 0,
    seed: int = 4,
) -> tuple[float, float]:
    """Return how often the person-level and the team-level interval hold the truth, where teams were drawn.

    Parameters
    ----------
    teams, drawn : int
        In the organisation, and asked.
    size, spread : int
        People in a team; sizes run from `size` − `spread` to `size` + `spread`.
    units : int
        Organisations simulated.
    icc : float
        Part of the variance that lies between teams.
    """
    rng = np.random.default_rng(seed)
    between, within = np.sqrt(icc), np.sqrt(1 - icc)
    hits = np.zeros(2)
    for _ in range(units):
        sizes = rng.integers(size - spread, size + spread + 1, teams)
        team = np.repeat(np.arange(teams), sizes)
        level = 3 + between * rng.normal(size=teams)[team] + within * rng.normal(size=len(team))
        chosen = np.isin(team, rng.choice(teams, drawn, replace=False))
        known, of = level[chosen][:, None], team[chosen]
        first = np.array([int(np.argmax(of == one)) for one in of])
        rate = np.array([chosen.mean()])
        for place, together in enumerate((None, first)):
            items = item_levels(known, rate, teams=together)
            _, error, df = group_error(items, np.ones(1))
            reach = stdtrit(df, 0.975) * error
            hits[place] += abs(items.mean[0] - level.mean()) <= reach
    return float(hits[0] / units), float(hits[1] / units)


def weighted_coverage(units: int = 1_500, seed: int = 5) -> tuple[float, float, float]:
    """Return how often plain and weighted intervals hold the truth where those who say more answer more often.

    Roles answer at 90, 55 and 40 % and stand .6 level apart, over two lines: the plain level is off, and should be.

    Returns
    -------
    plain, weighted, shift : float
        Coverage, coverage, and the mean shift between the two levels (unit: level).
    """
    import pandas as pd

    from workbench.readiness import Answers, Settings, build_instrument
    from workbench.readiness.scores import DIMENSION, WEIGHTED, Part, score
    from workbench.readiness.weights import Weights, rake

    instrument = build_instrument(_three_items())
    groups = [(role, line, size, share) for line, size in (("x", 24), ("y", 36)) for role, share in _RATES.items()]
    rng, hits, shift = np.random.default_rng(seed), np.zeros(2), 0.0
    whole, names = Part("organisation", "", "the organisation"), ["a", "b", "c"]
    for _ in range(units):
        frames, sheets = [], []
        truth = []
        for role, line, size, share in groups:
            mood = rng.normal(0, MOOD, (size, 1)) + _MIDDLE[role]
            said = np.clip(np.rint(mood + rng.normal(0, NOISE, (size, 3))), 1, 5)
            truth.append(said)
            came = rng.choice(size, round(size * share), replace=False)
            frames.append(said[came])
            sheets += [(role, line)] * len(came)
        levels = pd.DataFrame(np.vstack(frames), columns=names)
        held = Answers(
            "w",
            None,
            pd.DataFrame(sheets, columns=["role", "product_line"]).assign(
                respondent=[f"p{place:03d}" for place in range(len(levels))], unit=None, seconds=np.nan
            ),
            levels,
            pd.DataFrame("answered", index=levels.index, columns=names),
            pd.DataFrame(index=levels.index),
            population=pd.DataFrame(
                [(None, role, line, size) for role, line, size, _ in groups],
                columns=["unit", "role", "product_line", "headcount"],
            ),
        )
        weights = rake(held, instrument)
        scores = score(held, instrument, Settings(), weights=weights if isinstance(weights, Weights) else None)
        real = float(np.vstack(truth).mean())
        ends = [scores.get(measure, whole, "d").level for measure in (DIMENSION, WEIGHTED)]
        for place, level in enumerate(ends):
            hits[place] += level.low <= real <= level.high
        shift += abs(ends[0].value - ends[1].value)
    return float(hits[0] / units), float(hits[1] / units), shift / units


_RATES = {"product": 0.9, "builder": 0.55, "support": 0.4}
_MIDDLE = {"product": 3.6, "builder": 3.0, "support": 2.4}


def _three_items() -> dict[str, Any]:
    import yaml

    document = yaml.safe_load(INSTRUMENT.read_text(encoding="utf-8"))
    return {
        **{key: document[key] for key in ("name", "version", "scale", "roles", "answer_sets")},
        "groups": [{"id": "d", "name": "d"}],
        "items": [{"id": name, "group": "d", "statement": name, "roles": list(_RATES)} for name in ("a", "b", "c")],
    }


def rows() -> list[dict[str, Any]]:
    """Return what intervals hold, a row a measure, for the table of `make bench`."""
    complete = [hit for hit, _ in complete_coverage().values()]
    gappy = list(gappy_coverage().values())
    person, team = team_coverage()
    _, uneven = team_coverage(spread=4)
    plain, weighted, _ = weighted_coverage()
    width = bootstrap_width()
    return [
        bench_row("coverage of 95 % intervals, complete answers, lowest", min(complete), least=0.94),
        bench_row("coverage of 95 % intervals, complete answers, highest", max(complete), most=0.96),
        bench_row("coverage with routing and gaps, lowest", min(gappy), least=0.93),
        bench_row(
            "coverage where teams were drawn", team, against=f"counting people: {person:.3f}", least=0.93, most=0.97
        ),
        bench_row("coverage where teams of 3 to 11 were drawn", uneven, least=0.93, most=0.97),
        bench_row(
            "coverage of weighted levels, uneven response", weighted, against=f"plain levels: {plain:.3f}", least=0.93
        ),
        bench_row("width against the plain bootstrap, 70 % answered", width, against="√.3 by theory: 0.548", most=0.6),
    ]
