"""A change between two waves is split exactly, whatever the order of rows, and found when it is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.waves import coverage, share_claimed, share_claimed_as_usual
from workbench.errors import ModelError
from workbench.readiness.waves import Pairs, change, pair, weights_of

LEVELS = (1.0, 2.0, 3.0, 4.0, 5.0)
CELL = st.one_of(st.none(), st.integers(1, 5))


def frame(cells: list[list[int | None]], first: int = 0) -> pd.DataFrame:
    """Return a wave: a row a person, numbered from `first`."""
    held = pd.DataFrame(cells, columns=["a", "b", "c"], dtype=float)
    return held.set_axis([f"p{first + row}" for row in range(len(cells))])


@st.composite
def waves(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return two waves in which some are the same people, with gaps."""
    before = draw(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=3, max_size=9))
    after = draw(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=3, max_size=9))
    return frame(before), frame(after, draw(st.integers(0, 4)))


@given(waves())
def test_the_split_is_exact(held: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """M₁ − M₀ = (S₁ − S₀) + j (J − S₁) − l (L − S₀), computed here from the definition, item by item."""
    before, after = held
    found = change(pair(before, after))
    if found is None:
        return
    same, joined, left, total = [], [], [], []
    for item in found.items:
        first, second = before[item].dropna(), after[item].dropna()
        both = first.index.intersection(second.index)
        came, gone = second.drop(both), first.drop(both)
        s0, s1 = first[both].mean(), second[both].mean()
        share_came, share_gone = len(came) / len(second), len(gone) / len(first)
        same.append(s1 - s0)
        joined.append(share_came * (came.mean() - s1) if len(came) else 0.0)
        left.append(-share_gone * (gone.mean() - s0) if len(gone) else 0.0)
        total.append(second.mean() - first.mean())
    assert found.same_people is not None
    assert found.same_people.value == pytest.approx(np.mean(same))
    assert found.joiners == pytest.approx(np.mean(joined))
    assert found.leavers == pytest.approx(np.mean(left))
    assert found.total == pytest.approx(np.mean(total))
    assert found.total == pytest.approx(found.same_people.value + (found.joiners or 0) + (found.leavers or 0))


@settings(max_examples=25)
@given(waves(), st.randoms(use_true_random=False))
def test_order_of_people_and_items_changes_nothing(held: tuple[pd.DataFrame, pd.DataFrame], random: object) -> None:
    """Rows and columns are joined by label."""
    before, after = held
    mixed = [
        one.loc[random.sample(list(one.index), len(one)), random.sample(list(one.columns), 3)]  # type: ignore[attr-defined]
        for one in held
    ]
    first, second = change(pair(before, after), values=LEVELS), change(pair(*mixed), values=LEVELS)
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    assert set(first.items) == set(second.items)
    for name in ("joiners", "leavers", "total", "hodges_lehmann", "p_value", "p_ranks"):
        assert getattr(first, name) == pytest.approx(getattr(second, name)), name
    assert (first.pairs, first.joined, first.left, first.moves) == (
        second.pairs,
        second.joined,
        second.left,
        second.moves,
    )


@given(waves())
def test_the_weights_are_the_numbers(held: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """What the guard is told of each number gives that number, and total is the sum of the parts."""
    found = change(pair(*held))
    if found is None:
        return
    pairs = pair(*held).of(found.items)
    rows = weights_of(pairs, np.full(len(pairs.items), 1 / len(pairs.items)))
    for name, expected in (("joined", found.joiners), ("left", found.leavers), ("total", found.total)):
        after, before = rows[name]
        got = (after * np.nan_to_num(pairs.after)).sum() + (before * np.nan_to_num(pairs.before)).sum()
        assert got == pytest.approx(expected), name
    for side in (0, 1):
        parts = sum(rows[name][side] for name in ("same", "joined", "left"))
        assert rows["total"][side] == pytest.approx(parts)


def test_items_of_two_versions_meet_by_id_alone() -> None:
    """A question that only one wave asked is left out, and none is taken for its neighbour."""
    before = pd.DataFrame({"old": [1.0, 1.0], "kept": [2.0, 3.0]}, index=["p1", "p2"])
    after = pd.DataFrame({"kept": [3.0, 4.0], "new": [5.0, 5.0]}, index=["p2", "p1"])
    found = change(pair(before, after))
    assert found is not None
    assert found.items == ("kept",)
    assert found.same_people is not None
    assert found.same_people.value == pytest.approx(1.0)


def test_questions_routed_to_others_pair_only_those_who_were_asked() -> None:
    """Somebody who was not asked a question, or skipped it, is no pair there and still one elsewhere."""
    nothing = float("nan")
    before = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [nothing, 4.0, 4.0]}, index=["p1", "p2", "p3"])
    after = pd.DataFrame({"a": [2.0, 3.0, 4.0], "b": [5.0, 5.0, 3.0]}, index=["p1", "p2", "p3"])
    found = change(pair(before, after))
    assert found is not None
    assert found.same_people is not None
    assert found.same_people.value == pytest.approx((1.0 + 0.0) / 2)
    assert (found.pairs, found.joined, found.left) == (3, 0, 0)
    assert found.joiners == pytest.approx((5.0 + 5.0 + 3.0) / 3 / 2 - (5.0 + 3.0) / 2 / 2)


def test_a_person_twice_in_one_wave_is_refused() -> None:
    """Two rows of one key cannot be paired."""
    twice = pd.DataFrame({"a": [1.0, 2.0]}, index=["p1", "p1"])
    with pytest.raises(ModelError, match="stands twice"):
        pair(twice, twice.iloc[:1])


def test_nobody_twice_has_no_change() -> None:
    """Where nobody answered both times, there is nothing to compare."""
    assert change(pair(frame([[1, 2, 3]]), frame([[3, 4, 5]], 5))) is None


def test_moves_are_counted_by_person() -> None:
    """Half a level up is a rise; what stays below is none; all are counted once."""
    before = np.array([[2.0, 2.0], [3.0, 3.0], [4.0, 4.0], [2.0, 3.0]])
    after = np.array([[2.0, 3.0], [3.0, 3.0], [3.0, 3.0], [4.0, 4.0]])
    held = Pairs(("p1", "p2", "p3", "p4"), ("a", "b"), before, after)
    moves = change(held, values=LEVELS, standing=3.0)
    assert moves is not None
    assert moves.moves is not None
    assert (moves.moves.rose, moves.moves.stayed, moves.moves.fell) == (2, 1, 1)
    assert moves.moves.p_standing == 1.0


def test_everybody_moving_alike_has_an_interval_only_where_all_are_known() -> None:
    """One level up for each: exact where all were asked twice, without an interval where others were silent."""
    before = np.tile([2.0, 3.0], (6, 1))
    held = Pairs(tuple("abcdef"), ("x", "y"), before, before + 1)
    every = change(held, asked={"x": 6, "y": 6})
    some = change(held, asked={"x": 9, "y": 9})
    assert every is not None
    assert some is not None
    assert every.same_people is not None
    assert (every.same_people.low, every.same_people.high) == pytest.approx((1.0, 1.0))
    assert some.same_people is not None
    assert some.same_people.low is None
    assert some.p_value is None


# -- simulated: the whole of it is in bench/waves.py -----------------------------------------------------------------


def test_a_change_of_four_tenths_is_found_with_thirty_pairs() -> None:
    """Power is 90 % or more: 94 % over 4,000 draws, here 400 with a seed."""
    assert share_claimed(30, 30, 0.4, 400, 11) >= 0.9


@pytest.mark.parametrize(("people", "pairs", "known"), [(30, 30, False), (40, 30, True), (30, 30, True)])
def test_no_change_is_seldom_called_one(people: int, pairs: int, known: bool) -> None:
    """False alarms stay at 5 %, even where everybody was asked twice; three standard errors of 500 draws above it."""
    assert share_claimed(people, pairs, 0.0, 500, 12, known=known) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 500)


def test_the_usual_correction_would_call_noise_a_change() -> None:
    """Three quarters of a closed group, corrected as a level is: well over one false change in ten."""
    assert share_claimed_as_usual(40, 30, 200, 13) > 0.15


@pytest.mark.parametrize(("people", "pairs"), [(12, 9), (40, 36)])
def test_the_interval_holds_what_happened(people: int, pairs: int) -> None:
    """In closed groups whose members each change in their own way, 95 % of intervals hold the mean change."""
    assert coverage(people, pairs, 300, 14) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)
