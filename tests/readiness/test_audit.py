"""Bounds that come close are found, in fractions and in whole numbers, and hidden away."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from workbench import readiness
from workbench.readiness import ReadinessInputs, Settings
from workbench.readiness.audit import Audit, Reach, Table, audit_tables

Make = Callable[..., Any]


def sums(
    groups: list[int], rows: list[list[int]], values: list[list[int]], wanted: list[list[int]], half: float = 0.05
) -> Table:
    """Return the table of groups that answered 1 to 5, of whom means of some together are shown with one decimal."""
    count = np.array(groups, dtype=float)
    shown = np.array(rows, dtype=float)
    people = shown @ count
    means = np.round([sum(sum(values[one]) for one in np.flatnonzero(row)) for row in rows] / people, 1)
    asked = np.array(wanted, dtype=float)
    return Table(
        tuple(("item", "line", str(place), "a") for place in range(len(rows))),
        shown / people[:, None],
        means - half,
        means + half,
        count,
        5 * count,
        tuple(f"group {place}" for place in range(len(wanted))),
        asked / (asked @ count)[:, None],
        asked @ count,
        np.ones(len(groups), dtype=bool),
        "levels",
    )


def by_trying(groups: list[int], table: Table) -> list[tuple[float, float]]:
    """Return the ends of every wanted mean over all whole sums that fit what is shown."""
    points = np.array(list(product(*(range(size, 5 * size + 1) for size in groups))), dtype=float)
    values = points @ table.rows.T
    fits = ((values >= table.low - 1e-9) & (values <= table.high + 1e-9)).all(axis=1)
    reached = points[fits] @ table.wanted.T
    return list(zip(reached.min(axis=0).tolist(), reached.max(axis=0).tolist(), strict=True))


@pytest.mark.parametrize("seed", range(25))
def test_leaks_are_those_that_trying_all_whole_numbers_finds(seed: int) -> None:
    """Random groups, means of unions of them, and the ends by brute force."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(1, 5, 4).tolist()
    middle = rng.choice([1.3, 2.0, 3.0, 4.6])
    values = [np.clip(np.rint(rng.normal(middle, 0.6, size)), 1, 5).astype(int).tolist() for size in groups]
    rows = [row for row in rng.integers(0, 2, (3, 4)).tolist() if sum(row) > 1] or [[1, 1, 1, 1]]
    table = sums(groups, rows, values, np.eye(4, dtype=int).tolist())
    expected = {f"group {place}" for place, (low, high) in enumerate(by_trying(groups, table)) if high - low < 1 - 1e-7}
    assert {leak.quantity for leak in audit_tables([table]).leaks} == expected


def test_whole_numbers_see_what_fractions_do_not() -> None:
    """One person's answer beside four: 1.50 to 2.52 is far enough apart, but only 2 fits a sum of whole levels."""
    table = Table(
        (("item", "line", "x", "a"),),
        np.array([[1.0]]),
        np.array([1.5]),
        np.array([2.52]),
        np.array([1.0]),
        np.array([5.0]),
        ("somebody",),
        np.array([[1.0]]),
        np.array([1.0]),
        np.array([True]),
        "levels",
    )
    (leak,) = audit_tables([table]).leaks
    assert (leak.low, leak.high) == (2.0, 2.0)
    assert audit_tables([dataclasses.replace(table, whole=np.array([False]), sizes=np.zeros(1))]).leaks == ()


def test_a_count_is_a_leak_where_fewer_than_two_people_lie_between_its_ends() -> None:
    """Nobody answers a negative number of times: two groups of seven together, one of them told to be six or more."""
    views = (("dimension", "line", "x", "d"), ("dimension", "role", "r", "d"))
    table = Table(
        views,
        np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]]),
        np.array([7.0, 6.0]),
        np.array([7.0, 6.0]),
        np.array([0.0, 6.0, 0.0]),
        np.array([9.0, 9.0, 9.0]),
        ("first", "third"),
        np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        np.ones(2),
        np.ones(3, dtype=bool),
        "people",
    )
    found = audit_tables([table]).leaks
    assert [(leak.quantity, leak.low, leak.high) for leak in found] == [("first", 1.0, 1.0), ("third", 0.0, 0.0)]
    assert set(found[0].views) == set(views)
    assert "small group" in found[0].claim
    assert "1.00 to 1.00 people" in found[0].detail


def test_what_was_seen_stays_true_when_a_number_is_hidden() -> None:
    """The second look begins with what the first one learnt, and finds what a fresh one would."""
    table = sums([3, 3, 6], [[1, 1, 0], [1, 1, 1]], [[1, 1, 2], [1, 2, 1], [3] * 6], [[1, 0, 0], [0, 0, 1]])
    reach = Reach.of(table)
    assert [leak.quantity for leak in audit_tables([table], [reach]).leaks] == ["group 0", "group 1"]
    reduced = table.without({table.views[0]})
    assert not reduced.is_tied or reduced.rows.shape == (1, 3)
    assert audit_tables([reduced], [reach]).leaks == audit_tables([reduced]).leaks


@pytest.mark.parametrize("seed", range(3))
def test_a_program_that_is_asked_again_answers_as_one_that_is_asked_first(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Going on from the last basis finds the same ends as solving from nothing, as an installation must that cannot."""
    module = importlib.import_module("workbench.readiness.audit")
    table = fractions(seed)
    wanted = [side * row for row in table.wanted for side in (1.0, -1.0)]
    program = module._Program(table)
    again = [float(row @ program.solve(row)) for row in wanted]
    monkeypatch.setattr(module, "load_core", lambda: None)
    first = [float(row @ module._Program(table).solve(row)) for row in wanted]
    assert again == pytest.approx(first, abs=1e-6)


def fractions(seed: int) -> Table:
    """Return means of some of ten answers as they are rounded, and three groups of them."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 2, (5, 10)) / 5.0
    shown = rows @ rng.integers(1, 6, 10)
    wanted = np.repeat(np.eye(3), 3, axis=1) / 3
    return Table(
        tuple(("item", "line", str(place), "d01_1") for place in range(5)),
        rows,
        shown - 0.05,
        shown + 0.05,
        np.ones(10),
        np.full(10, 5.0),
        ("a", "b", "c"),
        np.hstack([wanted, np.zeros((3, 1))]),
        np.zeros(3),
        np.zeros(10, dtype=bool),
        "levels",
    )


def test_the_same_question_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dimensions whose numbers are alike cost one program."""
    module = importlib.import_module("workbench.readiness.audit")
    asked: list[int] = []
    solve = module._Program.solve

    def counting(self: Any, towards: np.ndarray) -> Any:
        asked.append(1)
        return solve(self, towards)

    monkeypatch.setattr(module._Program, "solve", counting)
    table = sums([3, 9], [[1, 1]], [[3, 3, 2], [3] * 9], [[1, 0]])
    audit_tables([table])
    once = len(asked)
    other = dataclasses.replace(table, views=tuple(("dimension", *view[1:]) for view in table.views))
    assert audit_tables([table, other]).checked == 2
    assert len(asked) == 2 * once


def near_the_end(small: Make, answers_of: Make) -> ReadinessInputs:
    """Return a line of ten whose level is 1.3, with three executives among them, and another line of twenty."""
    people = [("executive", "x")] * 3 + [("builder", "x")] * 7 + [("executive", "y")] * 8 + [("builder", "y")] * 12
    table = np.array([[1], [1], [1], [1], [2], [1], [2], [2], [1], [1], *([3], [4], [2], [3]) * 5], dtype=float)
    instrument = small({"d": ["a"]})
    return ReadinessInputs(instrument, (answers_of(instrument, people, table),), (("x", "X"), ("y", "Y")))


def test_a_level_near_the_end_of_the_scale_is_hidden_for_a_small_group_in_it(small: Make, answers_of: Make) -> None:
    """1.3 of ten people leaves three executives between 1 and 2.17, which is wide; four between 1 and 1.9."""
    inputs = near_the_end(small, answers_of)
    result = readiness.assess(inputs)
    assert (result.scores.audit.closed, result.scores.audit.left) == (0, 0)
    assert result.scores.get("dimension", result.lines[0], "d").level is not None
    held = inputs.answers[0]
    sheets = held.sheets.assign(role=["executive"] * 4 + list(held.sheets["role"][4:]))
    more = dataclasses.replace(inputs, answers=(dataclasses.replace(held, sheets=sheets),))
    result = readiness.assess(more)
    assert result.scores.audit.closed > 0
    assert result.scores.get("dimension", result.lines[0], "d").level is None
    assert (result.scores.audit.leaks, result.scores.audit.left) == ((), 0)


def test_an_openly_named_assessment_is_not_audited(small: Make, answers_of: Make) -> None:
    """There is nothing to protect."""
    inputs = dataclasses.replace(near_the_end(small, answers_of), settings=Settings(minimum_group=1))
    assert readiness.assess(inputs).scores.audit == Audit()


@pytest.mark.parametrize("seed", [1, 3])
def test_a_reader_of_all_runs_finds_nobody(seed: int) -> None:
    """Three waves and their late sheets, run after run: no combination and no whole number tells a hidden group."""
    from bench.leaks import attack

    found = attack(seed)
    assert found.leaks == ()
    assert found.shown > 50
    assert found.hidden > 20


@pytest.mark.parametrize("more", [{"is_guarded": False}, {"with_ledger": False}], ids=["no guard", "no ledger"])
def test_the_reader_finds_people_where_the_guard_is_left_out(more: dict[str, bool]) -> None:
    """Without complementary hiding, and without knowledge of earlier runs, the same reader names small groups."""
    from bench.leaks import attack

    assert sum(bool(attack(seed, **more).leaks) for seed in (1, 2)) == 2
