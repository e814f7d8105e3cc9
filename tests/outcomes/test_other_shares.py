"""Other shares: every corner of what nobody confirmed, against plain enumeration; where many are open, the worst."""

from __future__ import annotations

import datetime as dt
from itertools import product as every

import numpy as np
import pytest

from workbench.memberships import KINDS, Membership
from workbench.outcomes.other_shares import MOST_CORNERS, OtherShares
from workbench.products import ProductEntry, ProductMap

LINE, STREAM, EXPERIENCE = KINDS
MARCH = dt.date(2026, 3, 1)


def made(products: tuple[str, ...], *rows: Membership) -> ProductMap:
    """Return a map of statements."""
    return ProductMap(tuple(ProductEntry(key, key) for key in products), rows)


def blank(member: str, *parents: str, kind: str = STREAM, of: str = "product") -> list[Membership]:
    """Return a member that is divided in equal parts nobody confirmed."""
    return [Membership(member, kind, parent, None, None, True, of) for parent in parents]


def test_only_the_unconfirmed_part_moves_and_only_between_its_parents() -> None:
    """A confirmed half stays; the other half goes wholly to one parent or the other, what is left over stays left."""
    products = made(
        ("car",),
        Membership("car", STREAM, "buy", 0.5),
        Membership("car", STREAM, "claim", 0.3, None, True),
        Membership("car", STREAM, "renew", 0.1, None, True),
    )
    others = OtherShares(products)
    assert others.options(STREAM, "buy") == ()
    ((split, corners),) = others.options(STREAM, "claim")
    assert split.parents == ("claim", "renew")
    reached = [others.shares(STREAM, "claim", {split: corner})[0, 0] for corner in corners]
    assert sorted(reached) == [0.0, pytest.approx(0.4)]
    assert others.survives(STREAM, "buy", lambda shares: True, lambda shares: 0.0) is None


def test_one_unconfirmed_parent_leaves_no_choice() -> None:
    """A share that somebody assumed beside confirmed ones has nowhere else to go."""
    rows = (Membership("car", STREAM, "buy", 0.5), Membership("car", STREAM, "claim", 0.5, None, True))
    assert OtherShares(made(("car",), *rows)).splits == ()


def test_a_split_high_up_turns_all_products_below() -> None:
    """A line whose streams nobody confirmed takes its products along, times their own shares."""
    products = made(
        ("car", "van"),
        Membership("car", LINE, "motor", 1.0),
        Membership("van", LINE, "motor", 0.5),
        *blank("motor", "buy", "claim", "renew", of=LINE),
    )
    others = OtherShares(products)
    ((split, corners),) = others.options(STREAM, "buy")
    assert split.member == (LINE, "motor")
    assert len(corners) == 2  # claim and renew are the same for buy
    reached = sorted(others.shares(STREAM, "buy", {split: corner})[:, 0].tolist() for corner in corners)
    assert reached == [[0.0, 0.0], [1.0, 0.5]]


def test_a_dated_statement_nobody_confirmed_is_a_split_of_its_own() -> None:
    """Who changes an assumed split on a day has two open splits: the change itself is not confirmed."""
    rows = [*blank("car", "buy", "claim")]
    rows += [Membership("car", STREAM, p, s, MARCH, True) for p, s in (("buy", 0.2), ("claim", 0.8))]
    others = OtherShares(made(("car",), *rows))
    assert [split.shares for split, _ in others.options(STREAM, "buy")] == [(0.5, 0.5), (0.2, 0.8)]
    first, second = (split for split, _ in others.options(STREAM, "buy"))
    assert others.shares(STREAM, "buy", {first: (1.0, 0.0), second: (0.0, 1.0)})[0].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("seed", range(60))
def test_a_sum_stands_exactly_where_no_corner_breaks_it(seed: int) -> None:
    """Of a linear change the verdict equals brute force over all corners, also where a climb has to find the worst."""
    generator = np.random.default_rng([3, seed])
    count = int(generator.integers(1, 10))
    keys = tuple(f"p{place}" for place in range(count))
    products = made(keys, *(row for key in keys for row in blank(key, "buy", "claim")))
    steady = generator.normal(1.5, 0.5, count)
    change = generator.normal(0.4, 1.0, count) if seed % 2 else steady

    def size(shares: np.ndarray) -> float:
        return float(shares[:, 0] @ change) + 0.8 * count * (seed % 3 == 0)

    expected = all(size(np.array(corner)[:, None]) > 0 for corner in every((0.0, 1.0), repeat=count))
    found = OtherShares(products).survives(STREAM, "buy", lambda shares: size(shares) > 0, size)
    assert found is not None
    assert found.holds is expected
    assert found.is_whole is (2**count <= MOST_CORNERS)
    assert bool(found.breaks) is not expected


def test_a_ratio_may_break_between_the_corners() -> None:
    """Where both ends stand and the middle does not, the quarter points along the edges find it."""
    products = made(("car",), *blank("car", "buy", "claim"))

    def size(shares: np.ndarray) -> float:
        return float((shares[0, 0] - 0.5) ** 2 - 0.01)

    found = OtherShares(products).survives(STREAM, "buy", lambda shares: size(shares) > 0, size)
    assert found is not None
    assert not found.holds
    assert found.breaks == (("car", "buy"),) or found.breaks == (("car", "claim"),)


def test_the_worst_of_many_corners_is_found_by_a_climb() -> None:
    """With 256 corners of which one alone breaks the sentence, the climb goes there."""
    keys = tuple(f"p{place}" for place in range(8))
    products = made(keys, *(row for key in keys for row in blank(key, "buy", "claim")))
    change = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])

    def size(shares: np.ndarray) -> float:
        return float(shares[:, 0] @ change) + 3.5

    found = OtherShares(products).survives(STREAM, "buy", lambda shares: size(shares) > 0, size)
    assert found is not None
    assert not found.holds
    assert not found.is_whole
    assert dict(found.breaks) == {key: "claim" if place % 2 == 0 else "buy" for place, key in enumerate(keys)}
