"""Weights from ratings, swings and pairs; published comparisons give their published weights."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.allocation.weights import LIMIT, Pair, direct_weights, pairwise_weights, per_unit, swing_weights
from workbench.errors import ModelError

DRINKS = ("coffee", "wine", "tea", "beer", "sodas", "milk", "water")
JUDGED = [
    (9, 5, 2, 1, 1, 1 / 2),
    (1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9),
    (1 / 3, 1 / 4, 1 / 3, 1 / 9),
    (1 / 2, 1, 1 / 3),
    (2, 1 / 2),
    (1 / 3,),
]


def pairs_of(names: tuple[str, ...], upper: list[tuple[float, ...]], said_by: str = "") -> list[Pair]:
    """Return the upper triangle of a matrix as answers."""
    return [
        Pair(name, names[place + 1 + offset], ratio, said_by)
        for place, (name, row) in enumerate(zip(names, upper, strict=False))
        for offset, ratio in enumerate(row)
    ]


def test_the_drinks_of_saaty_have_their_published_weights() -> None:
    """T. L. Saaty (2008), Int. J. Services Sciences 1(1), 83-98: weights to three digits, consistency ratio 0.022."""
    found = pairwise_weights(pairs_of(DRINKS, JUDGED), DRINKS)
    published = (0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327)
    assert tuple(found.weights.values()) == pytest.approx(published, abs=6e-4)
    assert found.consistency_ratio == pytest.approx(0.022, abs=6e-4)
    assert found.is_consistent


@settings(max_examples=60, deadline=None)
@given(weights=st.lists(st.floats(1.0, 4.0), min_size=3, max_size=7), order=st.randoms())
def test_answers_that_fit_give_back_their_weights(weights: list[float], order: object) -> None:
    """Ratios of known weights are consistent, whatever their direction and order."""
    names = tuple(f"o{place}" for place in range(len(weights)))
    of = dict(zip(names, weights, strict=True))
    pairs = [Pair(a, b, of[a] / of[b]) for a, b in itertools.combinations(names, 2)]
    pairs = [Pair(p.other, p.objective, 1 / p.ratio) if order.random() < 0.5 else p for p in pairs]
    order.shuffle(pairs)
    found = pairwise_weights(pairs, names)
    assert list(found.weights) == list(names)
    assert [found.weights[name] for name in names] == pytest.approx([w / sum(weights) for w in weights], rel=1e-6)
    assert found.consistency_ratio == pytest.approx(0.0, abs=1e-9)
    assert found.geometric_index == pytest.approx(0.0, abs=1e-9)


def test_a_circle_is_found_and_the_odd_pair_named() -> None:
    """Each is over the next in a circle: beyond the limit by both measures; what was said and what the others say."""
    found = pairwise_weights([Pair("a", "b", 3), Pair("b", "c", 3), Pair("a", "c", 1 / 3)], ("a", "b", "c"))
    assert found.consistency_ratio > LIMIT
    assert found.geometric_index > found.geometric_limit
    assert not found.is_consistent
    nearly = pairwise_weights(
        [
            Pair("a", "b", 2),
            Pair("a", "c", 4),
            Pair("a", "d", 8),
            Pair("b", "c", 2),
            Pair("b", "d", 4),
            Pair("c", "d", 9),
        ],
        ("a", "b", "c", "d"),
    )
    assert nearly.odd_pair == ("c", "d")
    assert (nearly.odd_said, nearly.odd_implied) == (pytest.approx(9.0), pytest.approx(2.0))


def test_the_geometric_index_is_the_mean_square_of_the_misfit() -> None:
    """Three objectives: ln(a_ij w_j / w_i) is a third of the circle's logarithm for every pair."""
    found = pairwise_weights([Pair("a", "b", 2), Pair("b", "c", 2), Pair("a", "c", 2)], ("a", "b", "c"))
    assert found.geometric_index == pytest.approx(2.0 / 2.0 * 3.0 * (np.log(2.0) / 3.0) ** 2)


def test_several_people_are_joined_by_geometric_means() -> None:
    """One says 4, one says 1: together 2; each keeps an own ratio of consistency."""
    pairs = [Pair("a", "b", 4, "CFO"), Pair("a", "b", 1, "COO")]
    found = pairwise_weights(pairs, ("a", "b"))
    assert dict(found.weights) == pytest.approx({"a": 2 / 3, "b": 1 / 3})
    assert found.consistency_ratio is None
    three = [*pairs_of(("a", "b", "c"), [(3, 1 / 3), (3,)], "CFO"), *pairs_of(("a", "b", "c"), [(2, 4), (2,)], "COO")]
    people = pairwise_weights(three, ("a", "b", "c")).people
    assert people["CFO"] > LIMIT > people["COO"] == pytest.approx(0.0, abs=1e-9)


def test_a_swing_is_about_its_range() -> None:
    """Twice the range for the same swing is half the weight a unit."""
    swings = swing_weights({"margin": 100, "reach": 50})
    once = per_unit(swings, {"margin": (0, 10), "reach": (0, 10)})
    twice = per_unit(swings, {"margin": (0, 20), "reach": (0, 10)})
    assert once["margin"] == 2 * once["reach"]
    assert twice["margin"] == once["margin"] / 2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(lambda: direct_weights({"a": -1, "b": 2}), "the rating is -1", id="negative"),
        pytest.param(lambda: direct_weights({"a": float("nan")}), "the rating is nan", id="no number"),
        pytest.param(lambda: direct_weights({"a": 0, "b": 0}), "Every rating is 0", id="nothing counts"),
        pytest.param(lambda: swing_weights({"a": 50, "b": 20}), "gets 100", id="no largest swing"),
        pytest.param(lambda: per_unit(swing_weights({"a": 100}), {}), "no worst and best end", id="no range"),
        pytest.param(lambda: per_unit(swing_weights({"a": 100}), {"a": (5, 5)}), "above the worst", id="no width"),
        pytest.param(lambda: pairwise_weights([], ("a", "b")), "Nobody compared", id="nobody"),
        pytest.param(lambda: pairwise_weights([Pair("a", "b", 2)], ("a",)), "there are 1", id="one objective"),
        pytest.param(lambda: pairwise_weights([Pair("a", "bb", 2)], ("a", "b")), "unknown objective", id="unknown"),
        pytest.param(lambda: pairwise_weights([Pair("a", "a", 2)], ("a", "b")), "with itself", id="itself"),
        pytest.param(lambda: pairwise_weights([Pair("a", "b", 12)], ("a", "b")), "1/9 to 9 is allowed", id="too much"),
        pytest.param(
            lambda: pairwise_weights([Pair("a", "b", 2), Pair("b", "a", 2)], ("a", "b")), "compared twice", id="twice"
        ),
        pytest.param(
            lambda: pairwise_weights([Pair("a", "b", 2)], ("a", "b", "c")), "2 comparisons are missing", id="gaps"
        ),
    ],
)  # fmt: skip
def test_what_makes_no_weights_is_refused(call: object, said: str) -> None:
    """One clear sentence each."""
    with pytest.raises(ModelError, match=said):
        call()
