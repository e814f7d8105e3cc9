"""Changes are offered to the guard, earlier waves are protected, and small parts are merged into the total."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from workbench.readiness import (
    Answers,
    Instrument,
    ReadinessInputs,
    Settings,
    assess,
    cautions,
    figures,
    headline,
    method,
)
from workbench.readiness.anonymity import PROTECTED
from workbench.readiness.inputs import OPENLY_NAMED
from workbench.readiness.scores import DIMENSION, LINE, ORGANISATION, Scores, score
from workbench.readiness.suppression import find_leak
from workbench.readiness.unknowns import Columns
from workbench.readiness.wave_comparison import EarlierWave, compare_waves, person_levels, protect_waves

DIMENSIONS = {"d01": ["d01_1", "d01_2", "d01_3"], "d02": ["d02_1", "d02_2*"]}
ROLES = ("product", "builder", "builder", "operations", "operations", "support")


@pytest.fixture(scope="module")
def two(small: Callable[..., Instrument]) -> Instrument:
    """Return an instrument of two dimensions, one question of them about the organisation."""
    return small(DIMENSIONS)


def wave(
    answers_of: Callable[..., Answers],
    instrument: Instrument,
    name: str,
    people: range,
    *,
    shift: float = 0.0,
    newcomers: float = 0.0,
    known: range = range(0),
    seed: int = 1,
    lines: tuple[str, ...] = ("motor", "home"),
) -> Answers:
    """Return a wave of people by number; who is not in `known` sees everything rosier by `newcomers`."""
    rng = np.random.default_rng(seed)
    views = np.random.default_rng(99).normal(2.8, 0.5, 1_000)
    held = [(ROLES[person % len(ROLES)], lines[person % len(lines)]) for person in people]
    levels = [
        np.clip(
            np.rint(
                views[person]
                + shift
                + (0.0 if person in known else newcomers)
                + rng.normal(0, 0.6, len(instrument.items))
            ),
            1,
            5,
        )
        for person in people
    ]
    found = answers_of(instrument, held, levels)
    sheets = found.sheets.assign(respondent=[f"k{person:03d}" for person in people])
    return replace(found, wave=name, sheets=sheets)


def inputs_of(instrument: Instrument, *waves: Answers, minimum: int = 5) -> ReadinessInputs:
    """Return inputs of two lines."""
    return ReadinessInputs(
        instrument=instrument,
        answers=waves,
        lines=(("motor", "Motor"), ("home", "Home")),
        settings=Settings(minimum_group=minimum),
    )


def scores_of(inputs: ReadinessInputs) -> list[Scores]:
    """Return the scores of each wave."""
    return [score(one, inputs.instrument, inputs.settings, lines=inputs.lines) for one in inputs.answers]


def test_a_change_is_found_and_its_parts_add_up(two: Instrument, answers_of: Callable[..., Answers]) -> None:
    """The same people's rise is found although who came makes the total fall; totals are those of the shown levels."""
    held = inputs_of(
        two,
        wave(answers_of, two, "w1", range(60)),
        wave(answers_of, two, "w2", range(30, 110), shift=0.6, newcomers=-1.4, known=range(60), seed=2),
    )
    found = assess(held)
    change = next(one for one in found.changes if one.part.kind == ORGANISATION and one.dimension == "d01")
    assert change.direction == "rose"
    assert change.is_misleading
    assert (change.pairs, change.joined, change.left) == (30, 50, 30)
    assert change.total == pytest.approx(
        (change.same_people.value + change.joiners + change.leavers), abs=0.2
    )  # each rounded to tenths
    levels = [found.earlier[0].level(found.organisation, "d01"), found.scores.get(DIMENSION, found.organisation, "d01")]
    assert change.total == pytest.approx(levels[1].level.value - levels[0].level.value)
    said = " ".join(f"{one.claim} {one.detail}" for one in (*headline(found), *cautions(found)))
    assert "yet rose for the people asked twice" in said
    assert "person by person" in method(found)


def test_order_of_sheets_and_of_waves_changes_nothing(two: Instrument, answers_of: Callable[..., Answers]) -> None:
    """Rows in another order give the same changes; the door sorts waves by date, so that no order is needed here."""
    first = wave(answers_of, two, "w1", range(50))
    second = wave(answers_of, two, "w2", range(10, 60), shift=0.4, seed=2)
    order = np.random.default_rng(0).permutation(50)
    mixed = [
        replace(
            one,
            sheets=one.sheets.iloc[order],
            levels=one.levels.iloc[order],
            status=one.status.iloc[order],
            codes=one.codes.iloc[order],
        )
        for one in (first, second)
    ]
    plain, other = assess(inputs_of(two, first, second)), assess(inputs_of(two, *mixed))
    assert plain.changes == other.changes
    assert {key: one.level for key, one in plain.earlier[0].levels.items()} == {
        key: one.level for key, one in other.earlier[0].levels.items()
    }


def test_whoever_changed_line_or_role_is_the_same_person(two: Instrument, answers_of: Callable[..., Answers]) -> None:
    """In the organisation they are paired; in their old line they left, in the new one they came."""
    first = wave(answers_of, two, "w1", range(24))
    second = wave(answers_of, two, "w2", range(24), seed=2)
    moved = second.sheets["product_line"].where(second.sheets.index >= 6, "home")
    second = replace(second, sheets=second.sheets.assign(product_line=moved, role="product"))
    before, after = scores_of(inputs_of(two, first, second, minimum=OPENLY_NAMED))
    changes = {
        (one.part.id, one.dimension): one
        for one in compare_waves(before, after, Settings(minimum_group=OPENLY_NAMED)).changes
    }
    assert (changes["", "d01"].pairs, changes["", "d01"].joined, changes["", "d01"].left) == (24, 0, 0)
    assert (changes["motor", "d01"].pairs, changes["motor", "d01"].left) == (9, 3)
    assert (changes["home", "d01"].pairs, changes["home", "d01"].joined) == (12, 3)


def test_one_person_of_several_lines_is_one_person(two: Instrument, answers_of: Callable[..., Answers]) -> None:
    """Two sheets of one key are averaged in the organisation and stay apart in their lines."""
    held = wave(answers_of, two, "w1", range(12))
    sheets = held.sheets.assign(respondent=["k000", "k000", *held.sheets["respondent"].iloc[2:]])
    held = replace(held, sheets=sheets)
    parts = {part.id: part for part in scores_of(inputs_of(two, held))[0].parts if part.kind in (ORGANISATION, LINE)}
    got = person_levels(held, two, parts[""])
    assert len(got) == 11
    assert got.loc["k000", "d01_1"] == held.levels["d01_1"].iloc[:2].mean()
    assert person_levels(held, two, parts["motor"]).loc["k000", "d01_1"] == held.levels["d01_1"].iloc[0]


@pytest.mark.parametrize("came", [1, 4])
def test_few_joiners_are_merged_into_the_total(two: Instrument, answers_of: Callable[..., Answers], came: int) -> None:
    """Where fewer than five came, neither their part nor any count that would tell it is shown."""
    held = inputs_of(
        two,
        wave(answers_of, two, "w1", range(40)),
        wave(answers_of, two, "w2", range(10, 40 + came), shift=0.5, newcomers=1.5, known=range(40), seed=2),
    )
    found = assess(held)
    for change in found.changes:
        assert (change.joiners, change.leavers, change.pairs, change.joined, change.left, change.moves) == (None,) * 6
        assert change.same_people is None or change.same_people.answered == 0


def test_too_few_pairs_leave_the_total_alone(two: Instrument, answers_of: Callable[..., Answers]) -> None:
    """Under ten people who answered twice there is no change of the same people, and the report says so."""
    held = inputs_of(
        two, wave(answers_of, two, "w1", range(40)), wave(answers_of, two, "w2", range(31, 80), shift=0.5, seed=2)
    )
    found = assess(held)
    assert found.changes
    assert all(one.same_people is None and one.hidden == PROTECTED for one in found.changes)
    assert all(one.total is not None for one in found.changes if one.part.kind == ORGANISATION)
    assert "Nobody can be followed" in " ".join(one.claim for one in cautions(found))


def test_openly_named_hides_nothing(two: Instrument, answers_of: Callable[..., Answers]) -> None:
    """Announced as openly named, three pairs are shown with all their numbers."""
    held = inputs_of(
        two,
        wave(answers_of, two, "w1", range(6)),
        wave(answers_of, two, "w2", range(3, 9), shift=0.5, seed=2),
        minimum=OPENLY_NAMED,
    )
    change = next(one for one in assess(held).changes if one.part.kind == ORGANISATION)
    assert (change.pairs, change.joined, change.left) == (3, 3, 3)
    assert change.same_people is not None


def test_three_waves_are_compared_with_the_one_before_and_with_the_first(
    two: Instrument, answers_of: Callable[..., Answers]
) -> None:
    """The last against the one before comes first; figures hold every wave's levels, and hidden ones keep a place."""
    held = inputs_of(
        two,
        wave(answers_of, two, "w1", range(40)),
        wave(answers_of, two, "w2", range(5, 45), shift=0.3, seed=2),
        wave(answers_of, two, "w3", range(10, 50), shift=0.6, seed=3),
    )
    found = assess(held)
    assert list(dict.fromkeys((one.before, one.after) for one in found.changes)) == [("w2", "w3"), ("w1", "w3")]
    assert [one.wave for one in found.earlier] == ["w1", "w2"]
    numbers = figures(found)
    assert {f"wave/{wave}/{part}d01" for wave in ("w1", "w2") for part in ("", "motor/", "home/")} <= {
        one.key for one in numbers
    }
    assert numbers["change/w1/w3/d01"].value == next(
        one.same_people.value for one in found.changes if one.key == "change/w1/w3/d01"
    )


def test_a_wave_without_levels_is_passed_over(two: Instrument, answers_of: Callable[..., Answers]) -> None:
    """An earlier wave in which nobody gave a level is no wave to compare with."""
    empty = wave(answers_of, two, "w1", range(20))
    empty = replace(empty, levels=empty.levels * np.nan, status=empty.status.replace("answered", "blank"))
    found = assess(inputs_of(two, empty, wave(answers_of, two, "w2", range(20), seed=2)))
    assert (found.earlier, found.changes, found.progress) == ((), (), ())


def shown_rows(before: Scores, after: Scores, held: ReadinessInputs) -> tuple[np.ndarray, np.ndarray]:
    """Return every number of both waves that is shown, over the answers it hangs on, and whose these are."""
    waves = protect_waves(after, [before], held.settings)
    offers = {offer.key: offer for offer in compare_waves(before, after, held.settings).offers}
    people = {key: place for place, key in enumerate(sorted({*before.keys, *after.keys}))}
    columns = Columns(people)
    terms = []
    for scores, levels in ((after, waves.shown.scores), (before, _earlier(waves.earlier[0], before))):
        for key, one in levels.items():
            trace = scores.traces[key]
            if one.level is not None and key[0] == DIMENSION:
                from workbench.readiness.unknowns import term

                terms.append([term(scores, trace.items, trace.weights)])
    for change in waves.changes:
        for name, value in (("same", change.same_people), ("joined", change.joiners), ("left", change.leavers)):
            offer = offers.get(
                (f"{name}/{change.before}/{change.after}", change.part.kind, change.part.id, change.dimension)
            )
            if value is not None and offer is not None:
                terms.append(list(offer.terms))
    return columns.matrix(terms)


def _earlier(wave: EarlierWave, scores: Scores) -> dict[tuple[str, str, str, str], object]:
    return {key: wave.levels[key[1:]] for key in scores.scores if key[0] == DIMENSION and key[1:] in wave.levels}


@pytest.mark.parametrize("seed", range(5))
def test_no_combination_of_two_waves_speaks_of_few(
    two: Instrument, answers_of: Callable[..., Answers], seed: int
) -> None:
    """All levels of both waves and all changes together leave no combination that hangs on under five people."""
    rng = np.random.default_rng(seed)
    first, start = int(rng.integers(14, 30)), int(rng.integers(0, 6))
    held = inputs_of(
        two,
        wave(answers_of, two, "w1", range(first), seed=seed),
        wave(answers_of, two, "w2", range(start, first + int(rng.integers(0, 8))), shift=0.5, seed=seed + 100),
    )
    before, after = scores_of(held)
    rows, owners = shown_rows(before, after, held)
    assert find_leak(rows, owners, 5) is None
