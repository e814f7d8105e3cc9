"""Weights: margins are met, nobody counts for less than themselves, and a weighted level stays inside its band."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import readiness
from workbench.findings import Off
from workbench.readiness import Instrument, Settings
from workbench.readiness.inputs import CANNOT_SEE, Answers
from workbench.readiness.scores import DIMENSION, LINE, WEIGHTED, Part, Scores, score
from workbench.readiness.weights import MOST_TIMES_MEAN, Silent, Weights, publish_weights, rake

Make = Callable[..., Any]
NAN = math.nan
WHOLE = Part("organisation", "", "the organisation")
ROLES = ("executive", "product", "builder", "operations", "support")


def made(held: Weights | Silent | Off) -> Weights:
    """Return weights, which must have been made."""
    assert isinstance(held, Weights), held
    return held


def of_groups(
    answers_of: Make, instrument: Instrument, groups: Sequence[tuple[str, str | None, int, int]], seed: int = 0
) -> Answers:
    """Return answers of groups (role, line, asked, answered) with levels that differ by role."""
    rng = np.random.default_rng(seed)
    people = [(role, line) for role, line, _, answered in groups for _ in range(answered)]
    middle = np.array([1.5 + 0.7 * ROLES.index(role) for role, _ in people])[:, None]
    levels = np.clip(np.rint(middle + rng.normal(0, 0.8, (len(people), len(instrument.items)))), 1, 5)
    return answers_of(instrument, people, levels, population=[(role, line, n) for role, line, n, _ in groups])


def test_weights_meet_every_margin(small: Make, answers_of: Make) -> None:
    """Weights add up to the headcounts of roles and of lines; worked out here by the odds that raking keeps."""
    instrument = small({"d": ["a"]})
    groups = [("builder", "x", 30, 10), ("builder", "y", 20, 10), ("support", "x", 10, 5), ("support", "y", 40, 5)]
    held = of_groups(answers_of, instrument, groups)
    got = made(rake(held, instrument))
    table = held.sheets.assign(weight=got.weight.loc[held.sheets["respondent"]].to_numpy())
    sums = table.groupby(["role", "product_line"])["weight"].sum()
    assert sums.groupby("role").sum().to_dict() == pytest.approx({"builder": 50, "support": 50})
    assert sums.groupby("product_line").sum().to_dict() == pytest.approx({"x": 40, "y": 60})
    # Raking keeps the cross ratio of the answers, 10·5 / (10·5) = 1: with these margins 20, 30, 20, 30.
    assert sums.tolist() == pytest.approx([20, 30, 20, 30])
    assert got.margins == ("role", "line")
    assert got.is_converged
    assert got.missed == 0.0
    w = got.weight.to_numpy()
    assert got.design_effect == pytest.approx(1 + w.var() / w.mean() ** 2)  # Kish: one plus the squared variation
    assert got.trimmed == 0


def test_a_cell_without_an_answer_is_stood_in_for_by_its_margins(small: Make, answers_of: Make) -> None:
    """Three of four cells answered: the fourth one's people are carried by their role and by their line."""
    instrument = small({"d": ["a"]})
    groups = [("builder", "x", 12, 6), ("builder", "y", 4, 0), ("support", "x", 8, 4), ("support", "y", 16, 5)]
    got = made(rake(of_groups(answers_of, instrument, groups), instrument))
    assert got.weight.tolist() == pytest.approx([16 / 6] * 6 + [4 / 4] * 4 + [20 / 5] * 5, abs=1e-6)


def test_margins_that_cannot_hold_together_are_told(small: Make, answers_of: Make) -> None:
    """More builders than their only line with answers has people: what is not reached is said, nothing runs on."""
    instrument = small({"d": ["a"]})
    groups = [("builder", "x", 12, 6), ("builder", "y", 10, 0), ("support", "x", 8, 4), ("support", "y", 10, 5)]
    got = made(rake(of_groups(answers_of, instrument, groups), instrument))
    assert got.missed > 1
    assert not publish_weights(got, 5).is_fitted


def test_no_weight_is_below_one_or_above_five_times_the_mean(small: Make, answers_of: Make) -> None:
    """Bounds hold; people at a bound are counted, and so is the headcount that is missed."""
    instrument = small({"d": ["a"]})
    groups = [("builder", "x", 20, 20), ("support", "x", 60, 1), ("product", "x", 10, 10)]
    got = made(rake(of_groups(answers_of, instrument, groups), instrument))
    assert got.weight.min() >= 1
    assert got.weight.max() <= MOST_TIMES_MEAN * 90 / 31 + 1e-9
    assert got.trimmed == 1
    assert got.missed == pytest.approx(60 - MOST_TIMES_MEAN * 90 / 31)
    assert got.is_converged


def test_somebody_who_answered_for_two_lines_counts_half_in_each(small: Make, answers_of: Make) -> None:
    """One person has one weight; margins see equal parts of them in each of their lines."""
    instrument = small({"d": ["a"]})
    held = of_groups(answers_of, instrument, [("builder", "x", 8, 4), ("builder", "y", 12, 4)])
    held.sheets["respondent"] = ["p0", "p1", "p2", "p3", "p3", "p5", "p6", "p7"]
    got = made(rake(held, instrument))
    w = got.weight
    assert len(w) == 7
    assert w.loc[["p0", "p1", "p2"]].sum() + w["p3"] / 2 == pytest.approx(8)
    assert w["p3"] / 2 + w.loc[["p5", "p6", "p7"]].sum() == pytest.approx(12)
    assert w["p3"] == pytest.approx(math.sqrt(w["p0"] * w["p5"]))  # between the two, as generalised scaling has it


def test_those_who_speak_for_the_whole_organisation_are_a_group_of_their_own(small: Make, answers_of: Make) -> None:
    """A blank line is a margin like the others, and units count where everybody names one."""
    instrument = small({"d": ["a"]})
    held = of_groups(answers_of, instrument, [("builder", "x", 12, 6), ("executive", None, 9, 3)])
    got = made(rake(held, instrument))
    assert sorted(set(got.weight.round(9))) == [2, 3]
    assert held.population is not None
    units = pd.Series(["u1", "u2"], dtype=object)
    held.sheets["unit"] = ["u1"] * 6 + ["u2"] * 3
    other = Answers(
        "w1", None, held.sheets, held.levels, held.status, held.codes, population=held.population.assign(unit=units)
    )
    assert made(rake(other, instrument)).margins == ("role", "line", "unit")


def test_finance_counts_as_support(instrument: Instrument, answers_of: Make) -> None:
    """Roles are weighted as they are shown, so that two people of finance are no margin of their own."""
    rng = np.random.default_rng(1)
    people = [("builder", "x")] * 6 + [("support", "x")] * 4
    levels = rng.integers(1, 6, (10, 47)).astype(float)
    population = [("builder", "x", 9), ("support", "x", 5), ("finance", "x", 2), ("hr", "x", 1)]
    got = made(rake(answers_of(instrument, people, levels, population=population), instrument))
    assert got.weight.groupby([role for role, _ in people]).sum().to_dict() == pytest.approx(
        {"builder": 9, "support": 8}
    )


@pytest.mark.parametrize(
    ("groups", "claim"),
    [
        pytest.param(
            [("builder", "x", 12, 6), ("operations", "x", 7, 0), ("support", "x", 9, 5), ("executive", "x", 3, 2)],
            "No weights: the role operations has 7 people and no answer; merge it with support.",
            id="own cut first",
        ),
        pytest.param(
            [("builder", "x", 12, 6), ("executive", "x", 7, 0), ("support", "x", 9, 5)],
            "No weights: the role executive has 7 people and no answer; merge it with support.",
            id="else the smallest",
        ),
        pytest.param(
            [("builder", "x", 12, 6), ("builder", "y", 8, 0), ("builder", "z", 9, 5), ("builder", None, 2, 1)],
            "No weights: the line y has 8 people and no answer; merge it with z.",
            id="a line with a line",
        ),
    ],
)
def test_a_silent_group_is_refused_with_the_smallest_merge(
    small: Make, answers_of: Make, groups: list[tuple[str, str | None, int, int]], claim: str
) -> None:
    """Nobody can stand for a group without an answer; the sentence names what to merge it with."""
    instrument = small({"d": ["a"]})
    held = rake(of_groups(answers_of, instrument, groups), instrument)
    assert isinstance(held, Silent)
    assert held.claim == claim
    assert publish_weights(held, 5).reason == claim
    assert claim.endswith(".")
    assert len(claim) <= 110


def test_a_small_silent_group_is_not_named(small: Make, answers_of: Make) -> None:
    """That each of three people kept silent is theirs to tell."""
    instrument = small({"d": ["a"]})
    groups = [("builder", "x", 12, 6), ("executive", "x", 3, 0), ("support", "x", 9, 5)]
    held = rake(of_groups(answers_of, instrument, groups), instrument)
    assert "executive" not in publish_weights(held, 5).reason
    assert "executive" in publish_weights(held, 1).reason


def test_without_headcounts_there_are_no_weights(small: Make, answers_of: Make) -> None:
    """The reason says which file would help; a group that nobody listed is no margin."""
    instrument = small({"d": ["a"]})
    held = answers_of(instrument, [("builder", "x")] * 3, [[1], [2], [3]])
    got = rake(held, instrument)
    assert isinstance(got, Off)
    assert got.tables == ("population",)
    other = answers_of(instrument, [("builder", "x")] * 3, [[1], [2], [3]], population=[("support", "x", 5)])
    assert isinstance(rake(other, instrument), Off)
    few = answers_of(instrument, [("builder", "x")] * 3, [[1], [2], [3]], population=[("builder", "x", 2)])
    assert "More people answered (3)" in publish_weights(rake(few, instrument), 5).reason


def test_a_weighted_level_is_the_sum_of_answers_times_people(small: Make, answers_of: Make) -> None:
    """Item by item Σ w·y / Σ w over those who answered it, by hand."""
    instrument = small({"d": ["a", "b"]})
    people = [("builder", "x")] * 4 + [("support", "x")] * 2
    levels = [[1, 2], [2, 2], [2, NAN], [1, 3], [5, 4], [4, 5]]
    held = answers_of(instrument, people, levels, population=[("builder", "x", 8), ("support", "x", 12)])
    weights = made(rake(held, instrument))
    got = score(held, instrument, Settings(), weights=weights).get(WEIGHTED, WHOLE, "d").level
    assert got is not None
    # a: builders stand for 2, support for 6. b: 1 builder skipped, so 14 of 20 people are absent, and the rest may
    # stand for as many: 3·1 + 2·5 = 13 more than themselves.
    a = (2 * (1 + 2 + 2 + 1) + 6 * (5 + 4)) / 20
    b = (2 * (2 + 2 + 3) + 6 * (4 + 5)) / 18
    assert got.value == pytest.approx((a + b) / 2)
    rest = [(2, 1, a, 2, b), (2, 2, a, 2, b), (2, 2, a, None, b), (2, 1, a, 3, b), (6, 5, a, 4, b), (6, 4, a, 5, b)]
    part = [
        0.5 * w * (y - m) / 20 * math.sqrt(6 / 5 * (1 - 6 / 20))
        + (0 if z is None else 0.5 * w * (z - k) / 18 * math.sqrt(5 / 4 * (1 - 5 / 20)))
        for w, y, m, z, k in rest
    ]
    assert got.standard_error == pytest.approx(math.sqrt(sum(one**2 for one in part)))


def test_equal_weights_change_nothing(instrument: Instrument, build: Make) -> None:
    """With one response rate everywhere the weighted levels are the plain ones, interval and all, to 1e-12."""
    rng = np.random.default_rng(8)
    groups = [(role, line, 10, 6) for role in ROLES for line in ("x", "y", "z")]
    inputs = build(instrument, groups, lambda *_: 2.8, rng, gaps=0.1)
    weights = made(rake(inputs.answers[0], instrument))
    assert weights.weight.to_numpy() == pytest.approx(10 / 6, abs=1e-12)
    scores = score(inputs.answers[0], instrument, Settings(), lines=inputs.lines, weights=weights)
    count = 0
    for key, held in scores.scores.items():
        if key[0] == WEIGHTED:
            plain = scores.scores[(DIMENSION, *key[1:])]
            assert held.level is not None
            assert plain.level is not None
            for name in ("value", "standard_error", "low", "high", "df"):
                assert getattr(held.level, name) == pytest.approx(getattr(plain.level, name), abs=1e-12)
            assert (held.band_low, held.band_high, held.people) == (plain.band_low, plain.band_high, plain.people)
            count += 1
    assert count == 4 * 10  # the organisation and three lines


ROUTED = [
    {"id": "a", "group": "d", "statement": "a", "roles": list(ROLES)},
    {"id": "b", "group": "d", "statement": "b", "roles": list(ROLES[:2])},
    {"id": "f", "group": "e", "statement": "f", "roles": list(ROLES), "scope": "organisation"},
    {"id": "g", "group": "e", "statement": "g", "roles": list(ROLES[2:])},
]
"""Items of which two are asked of some roles only."""


def test_weights_never_overrule_answers_that_are_all_in(small: Make, answers_of: Make) -> None:
    """Product people of x all answered what only they are asked: weights that stand for others do not move it."""
    instrument = small({"d": ["a", "b"], "e": ["f*", "g"]}, items=ROUTED)
    groups = [("product", "x", 5, 5), ("executive", "x", 5, 5), ("product", "y", 20, 4), ("executive", "y", 6, 6)]
    groups += [("support", "x", 20, 5), ("support", "y", 9, 8)]
    held = of_groups(answers_of, instrument, groups)
    weights = made(rake(held, instrument))
    own = weights.weight.to_numpy()[:10]
    assert own[:5].min() > own[5:].max() + 0.1
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")], weights=weights)
    b = held.levels["b"].to_numpy()[:10].mean()
    part = next(part for part in scores.parts if part.id == "x")
    a = scores.get("item", part, "a").level
    found = scores.get(WEIGHTED, part, "d")
    assert a is not None
    assert found.level is not None
    trace = scores.traces[(WEIGHTED, LINE, "x", "d")]
    column = trace.weights[:, trace.items.index("b")]
    assert column[column > 0] == pytest.approx(0.05)  # half of one in ten each
    places = [scores.keys.index(key) for key in held.sheets["respondent"][:10]]
    assert float(column[places] @ held.levels["b"].to_numpy()[:10]) == pytest.approx(b / 2)


def random_organisation(small: Make, answers_of: Make, seed: int) -> tuple[Instrument, Answers]:
    """Return an organisation with an open item, an item about the organisation, gaps and uneven response."""
    rng = np.random.default_rng(seed)
    instrument = small({"d": ["a", "b"], "e": ["f*", "g"]}, items=ROUTED)
    groups = []
    for role in rng.choice(ROLES, rng.integers(2, 5), replace=False):
        for line in ("x", "y", None):
            asked = int(rng.integers(1, 12))
            groups.append((str(role), line, asked, asked if rng.random() < 0.5 else int(rng.integers(0, asked + 1))))
    held = of_groups(answers_of, instrument, groups, seed)
    people = [(str(role), line) for role, line in zip(held.sheets["role"], held.sheets["product_line"], strict=True)]
    levels = held.levels.to_numpy(copy=True)
    gaps = rng.choice([0.0, 0.2])
    levels[rng.random(levels.shape) < gaps] = NAN
    status = {(int(row), "abfg"[k]): CANNOT_SEE for row, k in np.argwhere(rng.random(levels.shape) < gaps)}
    population = [(role, line, asked) for role, line, asked, _ in groups]
    return instrument, answers_of(instrument, people, levels, population=population, status=status)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1_000_000))
def test_a_weighted_level_stays_inside_the_band(small: Make, answers_of: Make, seed: int) -> None:
    """Whatever the margins ask for, weights stand for no more people than are absent."""
    instrument, held = random_organisation(small, answers_of, seed)
    if (held.status == "answered").to_numpy().sum() == 0:
        return
    weights = rake(held, instrument)
    if not isinstance(weights, Weights):
        return
    assert weights.weight.min() >= 1
    assert weights.weight.max() <= MOST_TIMES_MEAN * weights.weight.mean() + 1e-6 or weights.missed > 0
    scores = score(held, instrument, Settings(), lines=[("x", "X"), ("y", "Y")], weights=weights)
    for key, one in scores.scores.items():
        if key[0] == WEIGHTED and one.level is not None and one.band_low is not None and one.band_high is not None:
            assert one.band_low - 1e-9 <= one.level.value <= one.band_high + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1_000_000))
def test_the_order_of_sheets_and_of_headcounts_never_matters(small: Make, answers_of: Make, seed: int) -> None:
    """Weights follow people by their keys."""
    instrument, held = random_organisation(small, answers_of, seed)
    if held.sheets.empty or held.population is None:
        return
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(held.sheets))
    frames = (frame.iloc[order] for frame in (held.sheets, held.levels, held.status, held.codes))
    rows = held.population.iloc[rng.permutation(len(held.population))]
    first, second = rake(held, instrument), rake(Answers("w1", None, *frames, population=rows), instrument)
    assert type(first) is type(second)
    if isinstance(first, Weights) and isinstance(second, Weights):
        assert first.weight.to_dict() == pytest.approx(second.weight.to_dict(), rel=1e-9)
        assert first.trimmed == second.trimmed


def test_the_open_item_is_weighted_by_pairs(instrument: Instrument, answers_of: Make) -> None:
    """Two people who stand for more count more often in pairs; within the band, equal weights as before."""
    named = [("a", "b", "c"), ("a", "b", "d"), ("a", "e", "f"), ("x", "y", "z")]
    people = [("builder", "x"), ("builder", "x"), ("product", "x"), ("product", "x")]
    held = answers_of(
        instrument, people, np.full((4, 47), NAN), codes=named, population=[("builder", "x", 12), ("product", "x", 4)]
    )
    weights = made(rake(held, instrument))
    got = score(held, instrument, Settings(), weights=weights).get(WEIGHTED, WHOLE, "d07").level
    w = weights.weight.to_numpy()
    overlap = np.array([[len(set(one) & set(two)) / 3 for two in named] for one in named])
    np.fill_diagonal(overlap, 0)
    pairs = np.outer(w, w) - np.diag(w**2)
    assert got is not None
    assert got.value == pytest.approx(1 + 4 * float((pairs * overlap).sum() / pairs.sum()))


def uneven(instrument: Instrument, build: Make) -> readiness.Readiness:
    """Return an organisation whose builders, who say more, answer far more often."""
    rng = np.random.default_rng(3)
    groups = [
        (role, line, 40, 36 if role == "builder" else 10)
        for role in ("builder", "support", "product")
        for line in ("x", "y")
    ]
    groups += [("executive", None, 20, 10), ("operations", "x", 20, 12), ("operations", "y", 20, 12)]
    truth = {"builder": 3.8, "support": 1.8, "product": 2.6, "operations": 2.6, "executive": 3.0}
    result = readiness.assess(build(instrument, groups, lambda _i, _l, role: truth[role], rng))
    assert isinstance(result, readiness.Readiness)
    return result


def test_levels_that_weights_move_are_a_caution(instrument: Instrument, build: Make) -> None:
    """A shift above 0.2 level is said, with figures that exist; the figures show both levels."""
    result = uneven(instrument, build)
    claims = [held for held in readiness.cautions(result) if held.claim.startswith("Who answered matters")]
    assert len(claims) == 1
    numbers = readiness.figures(result)
    plain, weighted = numbers["level/d05"], numbers["weighted/d05"]
    assert isinstance(plain.value, float)
    assert isinstance(weighted.value, float)
    assert plain.value - weighted.value > 0.2
    assert claims[0].figures
    assert numbers["design-effect"].value == result.weighting.design_effect
    assert result.weighting.margins == ("role", "line")


def test_a_weighted_level_beside_the_plain_one_gives_nobody_away(small: Make, build: Make) -> None:
    """Two weighted means of two groups are each group's mean: where one is small, the weighted level goes."""
    instrument = small({"d": ["a", "b"]})
    groups = [("builder", "x", 20, 16), ("support", "x", 12, 3), ("builder", "y", 20, 10), ("support", "y", 30, 15)]
    inputs = build(instrument, groups, lambda *_: 3.0, np.random.default_rng(2))
    result = readiness.assess(inputs)
    assert isinstance(result, readiness.Readiness)
    x = result.lines[0]
    assert result.scores.get(DIMENSION, x, "d").level is not None
    assert result.scores.get(WEIGHTED, x, "d").level is None
    raw = score(
        inputs.answers[0], instrument, Settings(), lines=inputs.lines, weights=made(rake(inputs.answers[0], instrument))
    )
    assert raw.get(WEIGHTED, x, "d").level is not None
    assert line_rank(raw) == 2


def line_rank(scores: Scores) -> int:
    """Return how many equations plain and weighted levels of the first line are."""
    part = next(part for part in scores.parts if part.kind == LINE)
    rows = [scores.traces[(measure, LINE, part.id, "d")].weights.ravel() for measure in (DIMENSION, WEIGHTED)]
    return int(np.linalg.matrix_rank(np.array(rows)))
