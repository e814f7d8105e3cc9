"""The least is hidden that leaves no small group to be worked out, and every small group is found."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csc_array

import workbench.simplex as simplex
from workbench.readiness.suppression import Cell, _few_rows, find_leak, find_leaks, merge_columns, suppress

MINIMUM = 5


def lives_on(rows: np.ndarray, few: tuple[int, ...]) -> bool:
    """Say whether some combination is nothing for everybody but these: rank by rank, from the definition."""
    others = np.delete(rows, few, axis=1)
    return np.linalg.matrix_rank(others) < np.linalg.matrix_rank(rows)


def tables(seed: int) -> np.ndarray:
    """Return random sets of people, as someone who publishes numbers of them would have."""
    rng = np.random.default_rng(seed)
    return (rng.random((int(rng.integers(2, 7)), int(rng.integers(6, 12)))) < rng.uniform(0.3, 0.9)).astype(float)


@given(st.integers(0, 10_000))
def test_a_small_group_is_found_where_there_is_one(seed: int) -> None:
    """As by trying every group of one to four people."""
    rows = tables(seed)
    people = rows.shape[1]
    expected = any(lives_on(rows, few) for size in range(1, MINIMUM) for few in combinations(range(people), size))
    assert (find_leak(rows, np.eye(people, dtype=bool), MINIMUM) is not None) == expected


@given(st.integers(0, 10_000))
def test_each_leak_speaks_of_few_and_none_share_anybody(seed: int) -> None:
    """The combination itself is looked at: whose numbers are in it."""
    rows = tables(seed)
    told: set[int] = set()
    for weights in find_leaks(rows, np.eye(rows.shape[1], dtype=bool), MINIMUM):
        scaled, _ = merge_columns(rows, np.eye(rows.shape[1], dtype=bool))
        assert np.abs(weights @ scaled).max() > 1e-6, "an empty combination tells nothing"
        people = set(np.flatnonzero(np.abs(weights @ rows) > 1e-6).tolist())
        assert 0 < len(people) < MINIMUM
        assert not told & people
        told |= people


def test_somebody_with_many_answers_is_one_person() -> None:
    """Twelve answers of three people leave a leak of three people, although no answer follows by itself."""
    rng = np.random.default_rng(3)
    rows = np.abs(rng.normal(size=(3, 30)))
    owners = np.zeros((30, 10), dtype=bool)
    owners[np.arange(30), np.arange(30) // 3] = True
    rows[1, 9:], rows[2, 9:] = rows[0, 9:], rows[0, 9:]
    weights = find_leak(rows, owners, MINIMUM)
    assert weights is not None
    scaled = rows / np.abs(rows).max(axis=1, keepdims=True)
    assert np.abs(weights @ scaled)[9:].max() < 1e-8


def line_by_role(sizes: np.ndarray) -> tuple[list[Cell], np.ndarray]:
    """Return a table's cells with its margins, which are more important, over its people."""
    owner = np.repeat(np.arange(sizes.size), sizes.reshape(-1))
    line, role = owner // sizes.shape[1], owner % sizes.shape[1]

    def cell(key: tuple[str, ...], tier: int, who: np.ndarray) -> Cell:
        return Cell(key, tier, int(who.sum()), who.astype(float))

    found = [cell(("total",), 2, owner >= 0)]
    found += [cell(("line", str(i)), 2, line == i) for i in range(sizes.shape[0])]
    found += [cell(("role", str(j)), 2, role == j) for j in range(sizes.shape[1])]
    found += [
        cell(("cell", str(i), str(j)), 0, owner == i * sizes.shape[1] + j)
        for i in range(sizes.shape[0])
        for j in range(sizes.shape[1])
        if sizes[i, j]
    ]
    return found, np.eye(len(owner), dtype=bool)


def least_by_trying(cells: list[Cell], owners: np.ndarray) -> int:
    """Return the fewest people whose cells must be hidden, by trying every set of cells."""
    free = [cell for cell in cells if not cell.tier]
    margins = [cell.row for cell in cells if cell.tier]
    must = {cell.key for cell in free if cell.cost < MINIMUM}
    rest = [cell for cell in free if cell.key not in must]
    best = sum(cell.cost for cell in free)
    for size in range(len(rest) + 1):
        for more in combinations(rest, size):
            hidden = must | {cell.key for cell in more}
            cost = sum(cell.cost for cell in free if cell.key in hidden)
            rows = np.array(margins + [cell.row for cell in free if cell.key not in hidden])
            if cost < best and find_leak(rows, owners, MINIMUM) is None:
                best = cost
    return best


@pytest.mark.parametrize("seed", range(12))
def test_no_less_could_be_hidden(seed: int) -> None:
    """In small tables of lines by roles, exactly as much is hidden as trying every set of cells finds."""
    rng = np.random.default_rng(seed)
    sizes = rng.choice([0, 1, 2, 5, 6, 8, 12], size=(3, 3))
    sizes[:, 0] += 5
    sizes[0, :] += 5
    cells, owners = line_by_role(sizes)
    small = {cell.key for cell in cells if cell.cost < MINIMUM}
    hidden = suppress(cells, small, MINIMUM, owners)
    assert not {key for key in hidden if key[0] != "cell"}
    rows = np.array([cell.row for cell in cells if cell.key not in hidden])
    assert find_leak(rows, owners, MINIMUM) is None
    assert sum(cell.cost for cell in cells if cell.key in hidden) == least_by_trying(cells, owners)


def test_what_was_published_stays_and_what_it_would_open_is_hidden() -> None:
    """Eight people were shown once; of nine, one would be told by the difference."""
    cells, owners = line_by_role(np.array([[9], [12]]))
    before = np.array([np.r_[np.ones(8), np.zeros(13)]])
    assert suppress(cells, set(), MINIMUM, owners) == set()
    hidden = suppress(cells, set(), MINIMUM, owners, before)
    rows = np.array([*before, *(cell.row for cell in cells if cell.key not in hidden)])
    assert hidden
    assert find_leak(rows, owners, MINIMUM) is None


def test_a_leak_of_old_publications_alone_hides_nothing_new() -> None:
    """Nothing mends what two runs told together; what is shown now is judged beside the rest of it."""
    cells, owners = line_by_role(np.array([[9], [12]]))
    before = np.array([np.r_[np.ones(8), np.zeros(13)], np.r_[np.ones(9), np.zeros(12)]])
    assert find_leak(before, owners, MINIMUM) is not None
    assert len(suppress(cells, set(), MINIMUM, owners, before)) < len(cells)


def test_a_leak_is_brought_to_few_cells() -> None:
    """Three rows add up to nothing, so a leak that needs them all needs one the less; free ones it may use."""
    rows = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]])
    wide = np.array([1.0, 1, 1, 1, -1])
    narrow = _few_rows(rows, wide, 0)
    assert narrow @ rows == pytest.approx(wide @ rows, abs=1e-9)
    assert int((np.abs(narrow) > 1e-7).sum()) == 3
    alone = rows[[0, 1, 3, 4]]
    assert _few_rows(alone, np.ones(4), 0).tolist() == [1.0] * 4


def test_a_programme_has_one_answer_by_either_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation whose SciPy holds no HiGHS of its own goes the public way."""
    rng = np.random.default_rng(4)
    rows = csc_array(rng.integers(-2, 3, (4, 9)).astype(float))
    ends, nothing, most = rows @ rng.random(9), np.zeros(9), np.full(9, 5.0)
    cost = rng.random(9)
    straight = simplex.solve_once(cost, nothing, most, rows, ends, ends)
    impossible = simplex.solve_once(cost, nothing, most, rows, ends + 1e3, ends + 1e3)
    monkeypatch.setattr(simplex, "load_core", lambda: None)
    public = simplex.solve_once(cost, nothing, most, rows, ends, ends)
    assert straight is not None
    assert public is not None
    assert straight.tolist() == public.tolist()
    assert impossible is simplex.solve_once(cost, nothing, most, rows, ends + 1e3, ends + 1e3) is None


@pytest.mark.parametrize("presolve", [True, False])
def test_a_search_in_whole_numbers_has_one_answer_by_either_door(
    monkeypatch: pytest.MonkeyPatch, presolve: bool
) -> None:
    """Also that there is none: whole numbers never add up to a fraction."""
    rng = np.random.default_rng(5)
    rows, cost = csc_array(rng.integers(-2, 3, (4, 9)).astype(float)), rng.random(9)
    ends, limits = rows @ rng.random(9), (np.zeros(9), np.full(9, 5.0))

    def search(low: np.ndarray, high: np.ndarray, is_whole: np.ndarray) -> simplex.Whole:
        return simplex.search_whole(cost, *limits, rows, low, high, is_whole, nodes=100, presolve=presolve)

    def search_both() -> list[simplex.Whole]:
        below = np.floor(ends)
        return [search(ends - 1, ends + 1, np.arange(9) % 3 > 0), search(below + 0.2, below + 0.3, np.ones(9))]

    found, none = search_both()
    monkeypatch.setattr(simplex, "load_core", lambda: None)
    public = search_both()
    assert found.point is not None
    assert found.bound == pytest.approx(cost @ found.point)
    assert public[0].point == pytest.approx(found.point)
    assert none == public[1] == (None, None)
