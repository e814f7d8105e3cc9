"""The level that every gate reaches for sure, and the interval of the way to target."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench import readiness
from workbench.readiness import Instrument, Settings
from workbench.readiness.anonymity import protect
from workbench.readiness.attained import attained_levels
from workbench.readiness.composites import composite_interval, resample_people, way_intervals
from workbench.readiness.grid import WHOLE
from workbench.readiness.scores import DIMENSION, score
from workbench.readiness.steps import Way
from workbench.stats import finite_mean

Make = Callable[..., Any]
ROLES = ("executive", "product", "builder", "operations", "support")


def gated(small: Make, *gates: str) -> Instrument:
    """Return an instrument of one item a gate."""
    groups = [{"id": name, "name": name, "gate": "structure"} for name in gates]
    return small({name: [f"{name}1"] for name in gates}, groups=groups, gates={"moving": 2, "standing": 3, "later": 4})


def attained(small: Make, answers_of: Make, levels: Any, asked: int, **settings: Any) -> float | None:
    """Return what builders attain on gates d and e."""
    instrument = gated(small, "d", "e")
    people = [("builder", None)] * len(levels)
    held = answers_of(instrument, people, levels, population=[("builder", None, asked)])
    used = Settings(**settings)
    raw = score(held, instrument, used)
    return attained_levels(raw, protect(raw, used), used)[""]


def test_the_weakest_gate_decides_and_never_the_mean(small: Make, answers_of: Make) -> None:
    """With every answer in, the attained level is the lowest gate rounded down."""
    assert attained(small, answers_of, [[5, 2]] * 6 + [[5, 3]] * 6, 12) == 2.0
    assert attained(small, answers_of, [[4, 4]] * 12, 12) == 4.0
    assert attained(small, answers_of, [[1, 5]] * 6 + [[2, 5]] * 6, 12) == 1.0


def test_a_level_is_attained_when_it_is_sure(small: Make, answers_of: Make) -> None:
    """The certainty of the t interval decides: .80, or as the setting says."""
    levels = [[4, 4], [3, 3], [4, 4], [3, 3], [3, 3], [2, 4], [4, 4], [3, 3], [3, 5], [3, 4], [3, 4], [4, 4]]
    certainty = finite_mean([row[0] for row in levels], 20).certainty_at_least(3.0)
    assert certainty is not None
    assert 0.85 < certainty < 0.99
    assert attained(small, answers_of, levels, 20, sure=certainty - 0.01) == 3.0
    assert attained(small, answers_of, levels, 20, sure=certainty + 0.005) == 2.0


def test_what_few_people_attain_never_tells_that_all_stood_at_the_end(small: Make, answers_of: Make) -> None:
    """Under ten people, "≥ 4.8" is shown; that everybody said 5 would be said by an attained 5."""
    assert attained(small, answers_of, [[5, 5]] * 7, 7) == 4.0
    assert attained(small, answers_of, [[1, 5]] * 7, 7) == 1.0
    assert attained(small, answers_of, [[5, 5]] * 7, 7, minimum_group=1) == 5.0
    assert attained(small, answers_of, [[5, 5]] * 12, 12) == 5.0


def test_a_hidden_gate_hides_what_is_attained(instrument: Instrument, build: Make) -> None:
    """A line of which a gate is hidden has a figure without a value; the others keep theirs."""
    rng = np.random.default_rng(4)
    groups = [(role, "x", 12, 10) for role in ROLES] + [(role, "y", 2, 1) for role in ROLES[1:4]]
    groups += [(role, "z", 12, 10) for role in ROLES]
    result = readiness.assess(build(instrument, groups, lambda *_: 3.0, rng))
    assert isinstance(result, readiness.Readiness)
    gates = [group.id for group in instrument.gates]
    for part in result.lines:
        assert (result.attained[part.id] is None) == (not result.scores.allows(part, gates))
    assert result.attained["y"] is None
    numbers = readiness.figures(result)
    assert numbers["attained/y"].value is None
    assert numbers["attained/y"].source.startswith("not shown")
    assert numbers["attained"].value == result.attained[""]


def test_an_instrument_without_gates_attains_nothing(small: Make, build: Make) -> None:
    """Levels, but no attained level and no figure of it."""
    result = readiness.assess(
        build(small({"d": ["a"]}), [("builder", "x", 20, 15)], lambda *_: 3.0, np.random.default_rng(1))
    )
    assert isinstance(result, readiness.Readiness)
    assert result.attained == {}
    assert "attained" not in readiness.figures(result)


def simulated(small: Make, answers_of: Make, size: int, seed: int) -> tuple[Any, np.ndarray]:
    """Return answers of 70 % of two roles, and what everybody would have answered."""
    rng = np.random.default_rng(seed)
    instrument = small({"d": ["a", "b"], "e": ["f", "g"]})
    half = size // 2
    roles = ["builder"] * half + ["product"] * half
    middle = np.array([3.1, 3.1, 2.6, 2.6]) + np.where(np.arange(size) < half, 0.3, -0.3)[:, None]
    truth = np.clip(np.rint(middle + rng.normal(0, 0.6, (size, 1)) + rng.normal(0, 0.9, (size, 4))), 1, 5)
    came = np.sort(rng.choice(size, round(0.7 * size), replace=False))
    population = [("builder", None, half), ("product", None, half)]
    held = answers_of(instrument, [(roles[place], None) for place in came], truth[came], population=population)
    return (held, instrument), truth


def way(levels: np.ndarray) -> np.ndarray:
    """Return the share of the way to level 3 in both dimensions."""
    return 1 - np.maximum(3.0 - levels, 0.0).sum(axis=1) / 4


@pytest.mark.parametrize(("size", "method"), [(16, "draws of t"), (60, "bootstrap, BCa")])
def test_the_interval_of_the_way_covers(small: Make, answers_of: Make, size: int, method: str) -> None:
    """Of 120 simulated groups nine in ten or more intervals hold the way of everybody."""
    used, hits = Settings(draws=600), 0
    for seed in range(120):
        (held, instrument), truth = simulated(small, answers_of, size, seed)
        raw = score(held, instrument, used)
        got = composite_interval(raw, WHOLE, ["d", "e"], way, used, resampled=resample_people(raw, used))
        assert got is not None
        assert got.low is not None
        assert got.high is not None
        assert got.method == method
        real = way(np.array([[truth[:, :2].mean(), truth[:, 2:].mean()]]))[0]
        hits += got.low - 1e-9 <= real <= got.high + 1e-9
    assert hits >= 106  # 95 % is 114; under 106 would happen once in a thousand


def test_a_resampled_mean_is_as_wide_as_its_t_interval(small: Make, answers_of: Make) -> None:
    """A straight statistic of a large group: both ways to an interval agree, to the between-role part."""
    (held, instrument), _ = simulated(small, answers_of, 400, 1)
    used = Settings(draws=4_000)
    raw = score(held, instrument, used)
    level = raw.get(DIMENSION, WHOLE, "d").level
    got = composite_interval(raw, WHOLE, ["d"], lambda levels: levels[:, 0], used, resampled=resample_people(raw, used))
    assert level is not None
    assert got is not None
    assert got.value == pytest.approx(level.value)
    assert (got.high or 0) - (got.low or 0) == pytest.approx((level.high or 0) - (level.low or 0), rel=0.12)


def test_everybody_in_leaves_nothing_to_chance(small: Make, answers_of: Make) -> None:
    """With every answer the interval of the way is the way."""
    instrument = small({"d": ["a"], "e": ["f"]})
    levels = np.random.default_rng(2).integers(1, 5, (40, 2)).astype(float)
    held = answers_of(instrument, [("builder", "x")] * 40, levels, population=[("builder", "x", 40)])
    raw = score(held, instrument, Settings(), lines=[("x", "X")])
    shown = protect(raw, Settings())
    share = float(way(levels.mean(axis=0)[None])[0])
    targets = {(part, name): 3.0 for part in ("", "x") for name in "de"}
    got = way_intervals(raw, shown, {"": round(share, 2), "x": round(share, 2)}, targets, Settings())
    for low, high in got.values():
        assert high - low <= 0.02
        assert low <= share <= high
    assert set(got) == {"", "x"}


def test_few_people_have_no_interval_of_the_way(instrument: Instrument, build: Make) -> None:
    """A spread is told from ten people up; the figure then has the ends beside the share."""
    groups = [(role, "x", 4, 2) for role in ROLES[1:4]] + [(role, line, 12, 8) for role in ROLES for line in ("y", "z")]
    inputs = build(instrument, groups, lambda *_: 2.4, np.random.default_rng(3))
    result = readiness.assess(inputs)
    assert isinstance(result, readiness.Readiness)
    assert result.roadmap.ways.get("x", Way(0.0)).low is None
    numbers = readiness.figures(result)
    for part in result.lines:
        figure, held = numbers[f"percent-to-target/{part.id}"], result.roadmap.ways.get(part.id)
        assert held is None or (figure.low, figure.high) == (held.low, held.high)
        if figure.low is not None and figure.high is not None:
            assert isinstance(figure.value, float)
            assert figure.low <= figure.value <= figure.high
    assert numbers["percent-to-target"].low is not None


def test_twenty_teams_are_resampled_and_eight_are_not(small: Make, answers_of: Make) -> None:
    """Where teams were drawn the draws are of teams; with too few the t draws of teams stand in."""
    instrument = small({"d": ["a"], "e": ["f"]})
    used = Settings(draws=500, sampled="teams")
    for teams, method in ((24, "bootstrap, BCa"), (8, "draws of t")):
        rng = np.random.default_rng(teams)
        levels = np.clip(np.rint(3 + rng.normal(0, 0.8, teams)[np.arange(teams * 5) // 5, None] * np.ones(2)), 1, 5)
        held = answers_of(instrument, [("builder", None)] * (teams * 5), levels)
        held.sheets["unit"] = [f"t{place // 5:02d}" for place in range(teams * 5)]
        raw = score(held, instrument, used)
        got = composite_interval(raw, WHOLE, ["d", "e"], way, used, resampled=resample_people(raw, used))
        assert got is not None
        assert got.method == method
        assert got.low is not None
        assert not math.isclose(got.low, got.value)
