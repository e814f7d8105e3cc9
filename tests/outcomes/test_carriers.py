"""A few segments are named where they carry a change, and only there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.outcomes.carriers import ENOUGH, MOST_SEGMENTS, parts_of_amount, parts_of_rate, segments
from workbench.outcomes.simpson import strata_of_rows

CHANNELS = {f"c{i}": 100.0 for i in range(8)}


def test_the_segment_that_fell_is_named() -> None:
    """One of eight channels carries the fall, with an eighth of the weight."""
    found = segments((parts_of_amount("channel", CHANNELS, {**CHANNELS, "c3": 40.0, "c5": 98.0}),))
    assert found is not None
    assert found.segments == (("c3", -60.0),)
    assert found.explained == pytest.approx(60 / 62)
    assert found.dimension == "channel"


def test_a_broad_change_is_said_to_be_broad() -> None:
    """Where all fall alike nobody is named, and how far the best three come is said."""
    found = segments((parts_of_amount("channel", CHANNELS, {name: 90.0 for name in CHANNELS}),))
    assert found is not None
    assert not found.are_few
    assert found.explained == pytest.approx(3 / 8)


def test_the_largest_segment_is_not_named_for_being_large() -> None:
    """A channel with 80 % of the business carries 80 % of any change; that is no finding."""
    before = {"big": 800.0, **{f"c{i}": 20.0 for i in range(10)}}
    found = segments((parts_of_amount("channel", before, {k: 0.9 * v for k, v in before.items()}),))
    assert found is not None
    assert not found.are_few


def test_the_dimension_with_fewest_segments_is_chosen() -> None:
    """Of two declared dimensions the one is named whose one segment explains it, not the one that needs three."""
    by_country = {f"k{i}": 100.0 for i in range(8)}
    scattered = {**by_country, "k0": 80.0, "k1": 80.0, "k2": 80.0}
    parts = (
        parts_of_amount("country", by_country, scattered),
        parts_of_amount("channel", CHANNELS, {**CHANNELS, "c1": 40.0}),
    )
    for held in (parts, parts[::-1]):
        found = segments(held)
        assert found is not None
        assert (found.dimension, len(found.segments)) == ("channel", 1)
        assert set(found.asked) == {"country", "channel"}
    alone = segments(parts[:1])
    assert alone is not None
    assert [name for name, _ in alone.segments] == ["k0", "k1", "k2"]


def test_opposite_moves_explain_more_than_the_whole() -> None:
    """Where others went the other way the named segment explains more than the change."""
    found = segments((parts_of_amount("channel", CHANNELS, {**CHANNELS, "c1": 40.0, "c2": 120.0}),))
    assert found is not None
    assert found.explained == pytest.approx(1.5)


def test_one_segment_is_no_dimension() -> None:
    """With one segment there is nothing to look at; without a change nobody carries it."""
    assert segments((parts_of_amount("channel", {"a": 1.0}, {"a": 2.0}),)) is None
    found = segments((parts_of_amount("channel", CHANNELS, CHANNELS),))
    assert found is not None
    assert not found.are_few


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(2, 12), st.integers(0, 10_000))
def test_parts_add_up_and_no_smaller_choice_would_do(size: int, seed: int) -> None:
    """Parts of a rate add up to its change; the greedy choice is the smallest there is, as brute force says."""
    generator = np.random.default_rng(seed)
    sides = []
    for _ in range(2):
        rows = generator.integers(0, 400, size)
        rows[0] += 50
        sides.append(np.stack([generator.binomial(rows, generator.uniform(0.05, 0.9, size)), rows], axis=1))
    strata = strata_of_rows([f"s{i}" for i in range(size)], *sides, dimension="d")
    parts = parts_of_rate(strata)
    totals = strata.num.sum(axis=1) / strata.den.sum(axis=1)
    change = float(totals[1] - totals[0])
    assert math.fsum(parts.effects.values()) == pytest.approx(change, abs=1e-14)
    assert math.fsum(parts.weights.values()) == pytest.approx(1.0)
    found = segments((parts,))
    if found is None or not found.are_few:
        return
    assert len(found.segments) <= min(MOST_SEGMENTS, max(1, size // 2))
    shares = sorted((effect / change for effect in parts.effects.values()), reverse=True)
    assert sum(shares[: len(found.segments)]) == pytest.approx(found.explained)
    assert sum(shares[: len(found.segments) - 1]) < ENOUGH <= found.explained
