"""A plan takes what brings most for its effort, waits for what must stand first, and for nothing that never comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from workbench.readiness.planning import Ground, Picks, schedule

ITEMS, DIMENSIONS = 9, 3
GROUP = np.arange(ITEMS) % DIMENSIONS


def random_ground(seed: int, lines: int) -> tuple[Ground, np.ndarray, np.ndarray]:
    """Return a ground of nine items in three dimensions, three of them about the organisation, with random needs."""
    rng = np.random.default_rng(seed)
    pooled = np.arange(ITEMS) % 4 == 0
    own = np.ones((lines + 1, ITEMS), dtype=bool)
    own[0], own[1:] = (pooled, ~pooled) if lines else (True, True)
    order = rng.permutation(ITEMS)
    needs = np.zeros((ITEMS, ITEMS), dtype=bool)
    for later in range(1, ITEMS):
        for earlier in rng.choice(later, size=min(later, 2), replace=False):
            needs[order[later], order[earlier]] = rng.random() < 0.5
    levels = rng.uniform(1.1, 4.9, (1, lines + 1, ITEMS))
    levels[:, :, pooled] = levels[:, :1, pooled]
    levels[rng.random(levels.shape) < 0.05] = np.nan
    levels[:, :, pooled] = levels[:, :1, pooled]
    targets = np.full((lines + 1, ITEMS), 5.0)
    # The dimension is the mean of its items, hidden ones included, as it is shown.
    hidden = np.where(np.isnan(levels), rng.uniform(1, 5, levels.shape), levels)
    dimensions = np.stack([hidden[:, :, one == GROUP].mean(axis=2) for one in range(DIMENSIONS)], axis=2)
    ground = Ground(
        own=own,
        pooled=pooled if lines else np.zeros(ITEMS, dtype=bool),
        targets=targets,
        efforts=rng.choice([1.0, 2.0, 4.0], (lines + 1, ITEMS)),
        unseen=rng.random((lines + 1, ITEMS)) < 0.2,
        needs=needs,
        anchors=np.tile([1.0, 3.0, 5.0], (ITEMS, 1)),
        group=GROUP,
        shares=np.full((lines + 1, ITEMS), 1 / 3),
        goals=np.full((lines + 1, DIMENSIONS), 5.0),
        standing=3.0,
        floors=np.ones(DIMENSIONS),
    )
    return ground, levels, dimensions


def replay(ground: Ground, levels: np.ndarray, picks: Picks) -> list[tuple[int, int, int, float, float]]:
    """Return (quarter, part, item, from, to) of every step, checking the levels on the way."""
    held, found = levels[0].copy(), []
    for quarter, item, level, to in zip(picks.quarter, picks.item, picks.level, picks.to, strict=True):
        for part in range(len(held)):
            name = int(item[0, part])
            if name >= 0:
                assert level[0, part] == pytest.approx(held[part, name])
                found.append((quarter, part, name, float(level[0, part]), float(to[0, part])))
                where = slice(None) if ground.pooled[name] else part
                held[where, name] = to[0, part]
    return found


grounds = st.builds(random_ground, st.integers(0, 10_000), st.integers(0, 4))


@given(grounds)
@profile(max_examples=60)
def test_every_item_reaches_its_target_and_waits_for_nothing_that_never_comes(
    held: tuple[Ground, np.ndarray, np.ndarray],
) -> None:
    """The plan ends, with every known item that a part plans at its target."""
    ground, levels, dimensions = held
    done = levels[0].copy()
    for _, part, name, _, to in replay(ground, levels, schedule(ground, levels, dimensions, per_quarter=3)):
        done[slice(None) if ground.pooled[name] else part, name] = to
    known = ground.own & ~np.isnan(levels[0])
    assert (done[known] >= ground.targets[known] - 1e-9).all()


@given(grounds, st.integers(1, 4))
@profile(max_examples=60)
def test_a_step_comes_only_when_what_it_needs_stands_and_at_most_so_many_a_quarter(
    held: tuple[Ground, np.ndarray, np.ndarray], per_quarter: int
) -> None:
    """Needs are looked at as the quarter begins; an item takes one step a quarter; hidden items never block."""
    ground, levels, dimensions = held
    steps = replay(ground, levels, schedule(ground, levels, dimensions, per_quarter=per_quarter))
    state = levels[0].copy()
    for quarter in sorted({step[0] for step in steps}):
        now = [step for step in steps if step[0] == quarter]
        for part in range(len(state)):
            mine = [step[2] for step in now if step[1] == part]
            assert len(mine) == len(set(mine)) <= per_quarter
        for _, part, name, _, _ in now:
            for need in np.flatnonzero(ground.needs[name]):
                own = np.isnan(state[part, need]) or state[part, need] >= 3
                lines = state[1:, need]
                everywhere = len(lines) > 0 and (np.isnan(lines) | (lines >= 3)).all()
                assert own or (part == 0 and not ground.pooled[need] and everywhere)
        for _, part, name, _, to in now:
            state[slice(None) if ground.pooled[name] else part, name] = to


@given(grounds)
@profile(max_examples=60)
def test_gains_add_up_to_the_way_that_is_gone(held: tuple[Ground, np.ndarray, np.ndarray]) -> None:
    """Parts to whole: a line's steps and the organisation's together are the rise of the lines' way, on average."""
    ground, levels, dimensions = held
    ground = replace(ground, goals=np.full_like(ground.goals, 4.0))  # reached on the way, so that gains end
    picks = schedule(ground, levels, dimensions, per_quarter=3)
    total = np.sum([gain[0] for gain in picks.gain], axis=0) if picks.gain else np.zeros(levels.shape[1])
    after = levels[0].copy()
    for _, part, name, _, to in replay(ground, levels, picks):
        after[slice(None) if ground.pooled[name] else part, name] = to
    rise = np.nan_to_num(after - levels[0]) / 3
    reached = dimensions[0] + np.stack([rise[:, one == GROUP].sum(axis=1) for one in range(DIMENSIONS)], axis=1)
    way = (np.minimum(reached, 4) - 1).sum(axis=1) / 9 - (np.minimum(dimensions[0], 4) - 1).sum(axis=1) / 9
    if len(way) == 1:
        assert total[0] == pytest.approx(way[0])
    else:
        assert total[0] + total[1:].mean() == pytest.approx(way[1:].mean())


@given(grounds, st.randoms(use_true_random=False))
@profile(max_examples=40)
def test_the_order_of_lines_and_items_changes_nothing(held: tuple[Ground, np.ndarray, np.ndarray], rng: object) -> None:
    """Steps stay with their line and item whatever place these have in the arrays (no two being worth the same)."""
    ground, levels, dimensions = held
    ground = replace(ground, efforts=np.random.default_rng(7).uniform(1, 4, ground.efforts.shape))
    parts = [0, *np.random.default_rng(rng.randrange(999)).permutation(np.arange(1, levels.shape[1])).tolist()]
    items = np.random.default_rng(rng.randrange(999)).permutation(ITEMS)
    two = {name: getattr(ground, name)[parts][:, items] for name in ("own", "targets", "efforts", "unseen", "shares")}
    moved = replace(
        ground,
        **two,
        goals=ground.goals[parts],
        pooled=ground.pooled[items],
        needs=ground.needs[items][:, items],
        anchors=ground.anchors[items],
        group=ground.group[items],
    )
    expected = replay(ground, levels, schedule(ground, levels, dimensions, per_quarter=2))
    got = replay(
        moved,
        levels[:, parts][:, :, items],
        schedule(moved, levels[:, parts][:, :, items], dimensions[:, parts], per_quarter=2),
    )
    assert {(q, parts[part], int(items[name]), level, to) for q, part, name, level, to in got} == set(expected)


def test_many_draws_are_planned_as_one_by_one() -> None:
    """Row i of a plan over draws is the plan of draw i."""
    rng = np.random.default_rng(3)
    ground, levels, _ = random_ground(11, 3)
    drawn = np.clip(levels + rng.normal(0, 0.4, (5, *levels.shape[1:])), 1, 5)
    drawn[:, :, ground.pooled] = drawn[:, :1, ground.pooled]
    held = np.nan_to_num(drawn, nan=2.0)
    dimensions = np.stack([held[:, :, one == GROUP].mean(axis=2) for one in range(DIMENSIONS)], axis=2)
    together = schedule(ground, drawn, dimensions, per_quarter=3, quarters=2)
    for one in range(5):
        alone = schedule(ground, drawn[one : one + 1], dimensions[one : one + 1], per_quarter=3, quarters=2)
        for place, item in enumerate(alone.item):
            assert (together.item[place][one] == item[0]).all()


def small_ground(**changes: object) -> Ground:
    """Return one line-less part with two items of one dimension, the second of which needs the first."""
    held = Ground(
        own=np.array([[True, True]]),
        pooled=np.array([False, False]),
        targets=np.array([[3.0, 3.0]]),
        efforts=np.array([[4.0, 1.0]]),
        unseen=np.array([[False, False]]),
        needs=np.array([[False, False], [True, False]]),
        anchors=np.array([[1.0, 3.0, 5.0]] * 2),
        group=np.array([0, 0]),
        shares=np.array([[0.5, 0.5]]),
        goals=np.array([[3.0]]),
        standing=3.0,
        floors=np.array([1.0]),
    )
    return replace(held, **changes)


def plan(ground: Ground, *levels: float, dimension: float | None = None) -> list[tuple[int, int, float]]:
    """Return (quarter, item, gain) of a small ground."""
    held = np.array([[levels]], dtype=float).reshape(1, 1, -1)
    whole = np.array([[[np.nanmean(held) if dimension is None else dimension]]])
    found = schedule(ground, held, whole, per_quarter=3)
    return [
        (quarter, int(item[0, 0]), round(float(gain[0, 0]), 6))
        for quarter, item, gain in zip(found.quarter, found.item, found.gain, strict=True)
    ]


def test_what_waits_comes_a_quarter_later_however_cheap() -> None:
    """By hand: way (3−2)+(…)/2; each item at 2 gives half of one level of two."""
    assert plan(small_ground(), 2.0, 2.0) == [(1, 0, 0.25), (2, 1, 0.25)]
    free = small_ground(needs=np.zeros((2, 2), dtype=bool))
    assert plan(free, 2.0, 2.0) == [(1, 1, 0.25), (1, 0, 0.25)]


def test_a_step_leads_to_the_next_text_and_counts_to_the_target() -> None:
    """From 3.2 with target 4 the step leads to 5, and brings 0.8 levels of the item, not 1.8."""
    ground = small_ground(targets=np.array([[4.0, 3.0]]), goals=np.array([[3.5]]))
    assert plan(ground, 3.2, 3.0, dimension=3.1) == [(1, 0, round(0.4 / 2.5, 6))]


def test_a_need_at_its_own_target_is_met() -> None:
    """A client who asks for 2.5 of the first item does not keep the second waiting for 3."""
    ground = small_ground(targets=np.array([[2.5, 3.0]]))
    assert [step[:2] for step in plan(ground, 2.6, 2.0)] == [(1, 1)]


def test_hidden_items_are_not_planned_and_block_nothing() -> None:
    """The second item goes ahead although nobody may see where the first stands."""
    assert [step[:2] for step in plan(small_ground(), np.nan, 2.0, dimension=2.0)] == [(1, 1)]


def test_what_cannot_be_seen_is_made_visible_first() -> None:
    """One quarter to make it visible, without gain, and the next to raise it."""
    ground = small_ground(unseen=np.array([[True, False]]))
    assert plan(ground, 2.0, 3.0) == [(1, 0, 0.0), (2, 0, 0.25)]


def test_nothing_is_gained_beyond_a_dimensions_target() -> None:
    """A dimension at its target gives no credit."""
    ground = small_ground()
    assert [step[2] for step in plan(ground, 2.0, 4.0, dimension=3.0)] == [0.0]
