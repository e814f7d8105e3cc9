"""Sheets filled in very fast or uniformly: what is found, what is not, and that nothing about a few of them leaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from workbench.readiness import ReadinessInputs, Settings, assess, cautions, options
from workbench.readiness.anonymity import protect
from workbench.readiness.inputs import CANNOT_SEE
from workbench.readiness.scores import DIMENSION, score
from workbench.readiness.sheet_flags import (
    APART,
    FAST,
    FLAT,
    LONG,
    UNEVEN,
    WITHOUT,
    flag_sheets,
    without_sheets,
)

GROUPS = [
    ("product", "motor", 16, 16),
    ("builder", "motor", 40, 40),
    ("operations", "motor", 24, 24),
    ("product", "home", 16, 16),
    ("builder", "home", 40, 40),
    ("operations", "home", 24, 24),
]
PROFILE = {
    f"d{number:02d}": level for number, level in enumerate((3.2, 2.4, 2.9, 2.2, 2.0, 1.8, 3.6, 2.6, 2.1, 3.1), 1)
}


def wave(build, instrument, seed: int = 1, *, gaps: float = 0.05):
    """Return an organisation whose dimensions differ, so that reading shows."""
    rng = np.random.default_rng(seed)
    inputs = build(
        instrument, GROUPS, lambda item, line, role: PROFILE[item[:3]] + 0.8 * (line == "motor"), rng, gaps=gaps
    )
    answers = inputs.answers[0]
    seconds = rng.uniform(8, 25, len(answers.sheets)) * (answers.status != "not asked").sum(axis=1).to_numpy()
    return replace(inputs, answers=(replace(answers, sheets=answers.sheets.assign(seconds=seconds)),))


def fill(answers, instrument, rows: dict[int, str], rng: np.random.Generator, *, seconds: float | None = None):
    """Let some people fill in their sheet without reading it: one place all the way down, or any place."""
    levels, status = answers.levels.copy(), answers.status.copy()
    sheets = answers.sheets.copy()
    for row, how in rows.items():
        place = int(rng.integers(0, 5))
        asked = 0
        for item in instrument.items:
            if item.kind == "open" or status.iloc[row][item.id] == "not asked":
                continue
            shown = [option.weight for option in options(instrument, item) if option.weight is not None]
            at = place if how == "straight" else int(rng.integers(0, 5))
            levels.iloc[row, levels.columns.get_loc(item.id)] = shown[at]
            status.iloc[row, status.columns.get_loc(item.id)] = "answered"
            asked += 1
        if seconds is not None:
            sheets.iloc[row, sheets.columns.get_loc("seconds")] = seconds * asked
    return replace(answers, levels=levels, status=status, sheets=sheets)


def test_one_place_all_the_way_down_is_found_by_place_and_not_by_level(build, instrument) -> None:
    """The turned item would break the run of levels; on the form it is the same place, and counts with it."""
    answers = fill(wave(build, instrument).answers[0], instrument, {3: "straight"}, np.random.default_rng(2))
    flag = flag_sheets(answers, instrument)[3]
    asked = sum(item.kind != "open" and answers.status.iloc[3][item.id] == "answered" for item in instrument.items)
    assert (flag.long_string, flag.spread) == (asked, 0.0)
    assert answers.levels.iloc[3]["d03_5"] != answers.levels.iloc[3]["d03_4"]  # the turned item's level lies opposite
    assert {LONG, FLAT} <= set(flag.signs)
    assert flag.is_flagged


def test_answers_that_are_no_level_end_a_run_and_questions_not_asked_do_not(small, answers_of) -> None:
    """A run goes over what stood on the form; "cannot see" is an answer of its own, with good reason."""
    instrument = small({"a": ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"]})
    answers = answers_of(
        instrument,
        [("builder", "x"), ("builder", "x")],
        np.full((2, 8), 3.0),
        status={(1, "a4"): CANNOT_SEE},
    )
    first, second = flag_sheets(answers, instrument)
    assert (first.long_string, second.long_string) == (8, 4)


@pytest.mark.parametrize(("pace", "is_fast"), [(1.9, True), (2.1, False), (None, False)])
def test_two_seconds_a_question_is_the_limit(build, instrument, pace: float | None, is_fast: bool) -> None:
    """Per question that got any answer; a tool that does not tell the time flags nobody."""
    answers = wave(build, instrument).answers[0]
    given = (~answers.status.isin(["blank", "not asked"])).sum(axis=1).to_numpy()
    seconds = np.full(len(given), np.nan) if pace is None else pace * given
    flags = flag_sheets(replace(answers, sheets=answers.sheets.assign(seconds=seconds)), instrument)
    assert all((FAST in flag.signs) is is_fast for flag in flags)


def test_careless_sheets_are_found_and_others_let_alone(build, instrument) -> None:
    """One place all down is always found; at random and fast in most cases; of those who read, at most 3 in 100."""
    found = {"straight": [], "random": [], "read": []}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        answers = wave(build, instrument, seed).answers[0]
        rows = rng.choice(len(answers.sheets), 16, replace=False)
        how = {int(row): ("straight", "random")[place % 2] for place, row in enumerate(rows)}
        flags = flag_sheets(fill(answers, instrument, how, rng, seconds=1.2), instrument)
        for flag in flags:
            found[how.get(flag.place, "read")].append(flag.is_flagged)
    assert np.mean(found["straight"]) == 1.0
    assert np.mean(found["random"]) > 0.7
    assert np.mean(found["read"]) < 0.03


def test_random_answers_are_unlike_all_or_inconsistent_without_any_clock(build, instrument) -> None:
    """Without seconds the two signs of content remain; each finds random sheets far more often than those read."""
    answers = wave(build, instrument, 5).answers[0]
    rng = np.random.default_rng(5)
    rows = {int(row): "random" for row in rng.choice(len(answers.sheets), 16, replace=False)}
    flags = flag_sheets(fill(answers, instrument, rows, rng), instrument)
    for sign in (APART, UNEVEN):
        careless = np.mean([sign in flag.signs for flag in flags if flag.place in rows])
        others = np.mean([sign in flag.signs for flag in flags if flag.place not in rows])
        assert careless > 2 * others, sign


def test_distances_are_those_of_mahalanobis_where_nothing_is_missing(small, answers_of) -> None:
    """P. C. Mahalanobis (1936): against NumPy's covariance, and its tail of the chi-square distribution."""
    rng = np.random.default_rng(2)
    instrument = small({"a": ["a1", "a2", "a3", "a4"]})
    levels = np.clip(np.rint(3 + rng.normal(size=(40, 1)) + rng.normal(size=(40, 4))), 1, 5)
    flags = flag_sheets(answers_of(instrument, [("builder", "x")] * 40, levels), instrument)
    away = levels - levels.mean(axis=0)
    expected = np.einsum("ij,jk,ik->i", away, np.linalg.inv(np.cov(levels.T)), away)
    assert [flag.distance2 for flag in flags] == pytest.approx(expected.tolist())
    # Four degrees of freedom have a closed form: exp(-d/2) (1 + d/2).
    assert [flag.unlikely for flag in flags] == pytest.approx((np.exp(-expected / 2) * (1 + expected / 2)).tolist())


def test_too_few_sheets_say_nothing_about_distances(small, answers_of) -> None:
    """Five sheets an item, three items at least."""
    instrument = small({"a": ["a1", "a2", "a3", "a4"]})
    flags = flag_sheets(answers_of(instrument, [("builder", "x")] * 14, np.full((14, 4), 3.0)), instrument)
    assert {flag.distance2 for flag in flags} == {None}


def test_where_all_say_the_same_no_sheet_is_unlike_all(small, answers_of) -> None:
    """Without any spread there is no distance, and the rest is said all the same."""
    instrument = small({"d01": ["a", "b", "c", "d"]})
    flags = flag_sheets(answers_of(instrument, [("builder", None)] * 30, np.full((30, 4), 3.0)), instrument)
    assert {flag.distance2 for flag in flags} == {None}
    assert all(flag.spread is None and flag.long_string == 4 for flag in flags)


def test_order_of_sheets_does_not_matter(build, instrument) -> None:
    """Every sheet keeps its signs wherever it stands."""
    answers = wave(build, instrument).answers[0]
    order = np.random.default_rng(1).permutation(len(answers.sheets))
    turned = replace(
        answers, **{name: getattr(answers, name).iloc[order] for name in ("sheets", "levels", "status", "codes")}
    )
    first = {flag.respondent: flag.signs for flag in flag_sheets(answers, instrument)}
    assert first == {flag.respondent: flag.signs for flag in flag_sheets(turned, instrument)}


# -- with and without ------------------------------------------------------------------------------------------------


def flagged_wave(build, instrument, count: int, seed: int = 3, *, places: tuple[int, ...] = ()):
    """Return a wave in which so many sheets (or these) are straight and fast."""
    inputs = wave(build, instrument, seed, gaps=0.0)
    rows = dict.fromkeys(places or range(0, 8 * count, 8), "straight")
    answers = fill(inputs.answers[0], instrument, rows, np.random.default_rng(seed), seconds=1.0)
    found = [flag.place for flag in flag_sheets(answers, instrument) if flag.is_flagged]
    assert set(rows) <= set(found)  # now and then one that was read stands beside them
    return replace(inputs, answers=(answers,)), found


def test_levels_without_the_sheets_are_those_of_the_rest(build, instrument) -> None:
    """Nothing but the flagged sheets is left out, and the levels are scored as all others are."""
    inputs, rows = flagged_wave(build, instrument, 8)
    answers = inputs.answers[0]
    raw = score(answers, instrument, Settings(), lines=inputs.lines)
    without = without_sheets(raw, flag_sheets(answers, instrument), Settings(), lines=inputs.lines)
    held = without.scores.get(DIMENSION, raw.parts[0], "d05").level.value
    kept = answers.levels.drop(index=answers.levels.index[rows])
    items = [item.id for item in instrument.items_below("d05")]
    assert held == pytest.approx(kept[items].mean().mean())


def test_few_flagged_sheets_are_neither_counted_nor_shown_by_difference(build, instrument) -> None:
    """Levels without up to four sheets would be theirs by subtraction: the guard refuses, and no count is said."""
    inputs, rows = flagged_wave(build, instrument, 3)
    assert len(rows) < 5
    result = assess(inputs)
    flagged = result.respondents.flagged
    assert flagged.any_flagged
    assert (flagged.sheets, flagged.without) == (None, ())
    assert flagged.class_changes is not None
    raw = score(inputs.answers[0], instrument, Settings(), lines=inputs.lines)
    without = without_sheets(raw, flag_sheets(inputs.answers[0], instrument), Settings(), lines=inputs.lines)
    shown = protect(raw, Settings(), (), without.offers)
    assert all(shown.extra[(WITHOUT, "organisation", "", group.id)] for group in instrument.dimensions)


def test_enough_flagged_sheets_are_counted_and_shown_beside_all(build, instrument) -> None:
    """With some ten of 160 sheets the organisation's levels are told with and without, and no other is hidden."""
    inputs, rows = flagged_wave(build, instrument, 10)
    result = assess(inputs)
    flagged = result.respondents.flagged
    assert flagged.sheets == len(rows)
    assert {name for name, _ in flagged.without} == {group.id for group in instrument.dimensions}
    raw = score(inputs.answers[0], instrument, Settings(), lines=inputs.lines)
    assert set(result.scores.hidden) == set(protect(raw, Settings()).hidden)


def test_a_dimension_that_few_of_them_were_asked_is_not_told_without_them(build, instrument) -> None:
    """Six flagged sheets may be counted; where only three of the six were asked, their difference stays hidden."""
    builders, operators = (16, 17, 18), (56, 57, 58)
    inputs, rows = flagged_wave(build, instrument, 0, seed=4, places=(*builders, *operators))
    status = inputs.answers[0].status
    asked = {
        group.id: sum(
            any(status.iloc[row][item.id] == "answered" for item in instrument.items_below(group.id)) for row in rows
        )
        for group in instrument.dimensions
    }
    told = {name for name, _ in assess(inputs).respondents.flagged.without}
    assert min(asked.values()) < 5 <= max(asked.values())
    assert told == {name for name, count in asked.items() if count >= 5}


def test_openly_named_assessments_show_one_sheet_too(build, instrument) -> None:
    """Where nothing is hidden, nothing of this is either."""
    inputs, rows = flagged_wave(build, instrument, 1)
    flagged = assess(replace(inputs, settings=Settings(minimum_group=1))).respondents.flagged
    assert flagged.sheets == len(rows)
    assert len(flagged.without) == len(instrument.dimensions)


def test_a_wave_of_nothing_but_flagged_sheets_has_no_levels_without_them(small, answers_of) -> None:
    """Then there is nothing to compare, and nothing breaks."""
    instrument = small({"a": ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"]})
    answers = answers_of(instrument, [("builder", "x")] * 12, np.full((12, 8), 3.0))
    answers = replace(answers, sheets=answers.sheets.assign(seconds=pd.Series(5.0, index=answers.sheets.index)))
    raw = score(answers, instrument, Settings(), lines=[("x", "X")])
    without = without_sheets(raw, flag_sheets(answers, instrument), Settings(), lines=[("x", "X")])
    assert (without.sheets, without.scores, without.offers) == (12, None, ())


def test_all_but_a_few_flagged_sheets_are_not_called_few(small, answers_of) -> None:
    """Nine of twelve are not counted, since that would count the other three; it is not said that they are few."""
    instrument = small({"a": ["a1", "a2", "a3", "a4"], "b": ["b1", "b2", "b3", "b4"]})
    levels = np.full((12, 8), 3.0)
    levels[9:] = [[1, 4, 2, 5, 1, 3, 5, 2], [5, 2, 4, 1, 3, 1, 4, 5], [2, 5, 1, 3, 4, 2, 1, 4]]
    answers = answers_of(instrument, [("builder", "x")] * 12, levels)
    seconds = pd.Series([5.0] * 9 + [900.0] * 3, index=answers.sheets.index)
    answers = replace(answers, sheets=answers.sheets.assign(seconds=seconds))
    result = assess(ReadinessInputs(instrument, (answers,), (("x", "X"),), Settings()))
    assert (result.respondents.flagged.any_flagged, result.respondents.flagged.sheets) == (True, None)
    said = [found.claim for found in cautions(result) if "very fast" in found.claim]
    assert said
    assert all(claim.startswith("Some sheets were") for claim in said)
