"""Effects add up, agree with published decompositions, and tell mix from rate."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.outcomes.drivers import kitagawa, shapley, split_rate, split_sum

# Examples of P. Das Gupta (1993), Standardization and Decomposition of Rates: A User's Manual, P23-186, as listed with
# their results in the documentation of the R package DasGuptR (examples of chapters 2, 4 and 5 of the manual).
PRODUCTS_OF_FACTORS = [
    pytest.param(
        {"births": (51.78746, 84.90502), "women": (0.45919, 0.75756), "share": (0.52638, 0.51065)},
        {"births": 10.4340333, "women": 10.5608476, "share": -0.6670084},
        id="birth rate, Austria and Chile 1981",
    ),
    pytest.param(
        {"a": (25.3, 32.7), "b": (0.214, 0.290), "c": (0.279, 0.473), "d": (0.949, 0.986)},
        {"a": 0.6889411, "b": 0.8125381, "c": 1.3829055, "d": 0.1047547},
        id="non-marital births 1971 and 1979",
    ),
    pytest.param(
        {"m": (0.58, 0.72), "c": (0.76, 0.97), "a": (0.84, 0.97), "l": (0.66, 0.56), "f": (16.573, 16.158)},
        {"m": 1.0909785, "c": 1.2298438, "a": 0.7278399, "l": -0.8398707, "f": -0.1290187},
        id="total fertility, South Korea",
    ),
]
SIZE = (
    [12.9, 10.9, 9.5, 8.0, 7.8, 8.4, 8.6, 7.8, 7.0, 5.9, 4.7, 3.6, 4.9],
    [10.1, 11.2, 11.6, 10.9, 9.4, 7.7, 6.3, 6.0, 6.3, 5.9, 5.1, 4.0, 5.5],
)
HEADSHIP = (
    [1.9, 25.8, 45.7, 49.6, 51.2, 51.6, 51.8, 54.9, 58.7, 60.4, 62.8, 66.6, 66.8],
    [2.2, 24.3, 45.8, 52.5, 56.1, 55.6, 56.0, 57.4, 57.2, 61.2, 63.9, 68.6, 72.2],
)


@pytest.mark.parametrize(("factors", "expected"), PRODUCTS_OF_FACTORS)
def test_products_of_factors_as_published(factors: dict[str, tuple[float, float]], expected: dict[str, float]) -> None:
    """Shapley effects of a product of factors equal Das Gupta's, to the digits printed."""
    got = shapley(lambda held: math.prod(v[f in held] for f, v in factors.items()), list(factors))
    assert got == pytest.approx(expected, abs=5e-8)


def test_vectors_of_factors_as_published() -> None:
    """Crude birth rate of Taiwan 1960 and 1970 by three vectors over seven ages."""
    births = ([393, 407, 369, 274, 184, 90, 16], [488, 452, 338, 156, 63, 22, 3])
    married = ([0.122, 0.622, 0.903, 0.930, 0.916, 0.873, 0.800], [0.082, 0.527, 0.866, 0.941, 0.942, 0.923, 0.876])
    women = ([0.043, 0.041, 0.036, 0.032, 0.026, 0.020, 0.018], [0.058, 0.038, 0.032, 0.030, 0.026, 0.023, 0.019])
    held = {name: np.array(pair, dtype=float) for name, pair in (("bm", births), ("mw", married), ("wp", women))}

    def rate(after: frozenset[str]) -> float:
        return float(np.prod([held[name][int(name in after)] for name in held], axis=0).sum())

    assert shapley(rate, list(held)) == pytest.approx({"bm": -7.285632, "mw": -2.720633, "wp": -1.565181}, abs=5e-7)


def test_kitagawa_as_published() -> None:
    """Household headship 1970 and 1985: age structure 1.2269, rate 1.7403, together 2.9672."""
    mix, rate = kitagawa(np.array(SIZE[0]) / 100, HEADSHIP[0], np.array(SIZE[1]) / 100, HEADSHIP[1])
    assert round(float(mix.sum()), 4) == 1.2269
    assert round(float(rate.sum()), 4) == 1.7403
    total = float(np.dot(SIZE[1], HEADSHIP[1]) - np.dot(SIZE[0], HEADSHIP[0])) / 100
    assert float(mix.sum() + rate.sum()) == pytest.approx(total, abs=1e-12)


def test_two_factors_of_a_split_are_kitagawas() -> None:
    """The general split of a ratio gives the published headship numbers when ages are products."""

    def span(place: int) -> pd.DataFrame:
        size, rate = np.array(SIZE[place]), np.array(HEADSHIP[place])
        ages = [str(age) for age in range(13)]
        return pd.DataFrame({"product": ages, "segment": "", "num": size * rate, "den": size, "share": 1.0})

    found = split_rate(span(0), span(1))
    effects = {e.factor: e.effect for e in found.wholes()}
    # sizes add to 100.0 in 1970 and 100.0 in 1985, so weights are the printed percentages
    assert effects == pytest.approx({"products": 1.2269, "rate": 1.7403}, abs=5e-5)
    assert abs(found.residual) <= 1e-12 * 50
    assert sum(e.effect for e in found.exact_parts("products")) == pytest.approx(effects["products"], abs=1e-10)
    assert sum(e.effect for e in found.exact_parts("rate")) == pytest.approx(effects["rate"], abs=1e-10)


def test_an_absent_segment_is_wholly_mix() -> None:
    """A segment without rows in one span takes the other span's rate."""
    mix, rate = kitagawa([1.0, 0.0], [0.5, math.nan], [0.5, 0.5], [0.5, 0.9])
    assert rate.tolist() == [0.0, 0.0]
    assert float(mix.sum()) == pytest.approx(0.2)


def frame(rows: list[tuple[str, str, float, float, float]]) -> pd.DataFrame:
    """Return the products and segments of a span."""
    return pd.DataFrame(rows, columns=["product", "segment", "num", "den", "share"])


def test_a_changed_share_table_is_a_cause_of_its_own() -> None:
    """When only the shares change, neither mix nor rate is blamed."""
    before = frame([("a", "", 50, 100, 1.0), ("b", "", 10, 100, 0.2)])
    after = frame([("a", "", 50, 100, 1.0), ("b", "", 10, 100, 0.8)])
    found = split_rate(before, after)
    assert found.cause == "shares"
    assert {e.factor: round(e.effect, 12) for e in found.wholes() if e.factor != "shares"} == {
        "products": 0.0,
        "rate": 0.0,
    }


@pytest.mark.parametrize(
    ("after", "cause"),
    [
        ([("a", "web", 5, 10, 1.0), ("a", "phone", 9, 90, 1.0)], "mix"),
        ([("a", "web", 20, 50, 1.0), ("a", "phone", 0, 50, 1.0)], "rate"),
    ],
)
def test_mix_over_segments_is_told_from_rate(after: list[tuple[str, str, float, float, float]], cause: str) -> None:
    """The same fall is mix where channels weigh otherwise, rate where each does otherwise."""
    before = frame([("a", "web", 25, 50, 1.0), ("a", "phone", 5, 50, 1.0)])
    assert split_rate(before, frame(after), dimension="channel").cause == cause


def test_sums_split_into_shares_and_volume() -> None:
    """A sum's change is what products do plus what the share table does."""
    found = split_sum({"a": (100.0, 1.0), "b": (50.0, 0.5)}, {"a": (130.0, 1.0), "b": (50.0, 1.0)})
    assert (found.before, found.after, found.change) == (125.0, 180.0, 55.0)
    assert {e.factor: e.effect for e in found.wholes()} == {"volume": 30.0, "shares": 25.0}
    assert found.residual == 0.0
    assert found.cause == "several"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 10_000))
def test_effects_add_up_whatever_the_numbers(products: int, segments: int, seed: int) -> None:
    """Effects add up to the change to 1e-12 of its scale; the order of rows does not matter."""
    generator = np.random.default_rng(seed)

    def span() -> pd.DataFrame:
        rows = []
        for product in range(products):
            share = float(generator.random()) + 0.01
            for segment in range(segments):
                den = float(generator.integers(0, 3) * generator.lognormal(3, 2)) if segments * products > 1 else 1.0
                rows.append((f"p{product}", f"s{segment}", den * float(generator.normal(0.4, 0.5)), den, share))
        return frame(rows)

    before, after = span(), span()
    if before["den"].sum() <= 0 or after["den"].sum() <= 0:
        return
    found = split_rate(before, after, times=100)
    scale = max(abs(found.before), abs(found.after), 1.0)
    assert abs(found.residual) <= 1e-12 * scale * 10
    expected = 100 * (after["num"] * after["share"]).sum() / (after["den"] * after["share"]).sum()
    assert found.after == pytest.approx(expected, rel=1e-9, abs=1e-9)
    shuffled = split_rate(before.sample(frac=1, random_state=seed), after.iloc[::-1], times=100)
    assert {e.factor: e.effect for e in shuffled.wholes()} == pytest.approx(
        {e.factor: e.effect for e in found.wholes()}, rel=1e-9, abs=1e-9 * scale
    )


def test_impossible_splits_are_errors() -> None:
    """A span without rows, a factor twice and too many factors are refused."""
    empty, full = frame([("a", "", 0, 0, 1.0)]), frame([("a", "", 1, 2, 1.0)])
    with pytest.raises(ModelError, match="rows in both spans"):
        split_rate(empty, full)
    with pytest.raises(ModelError, match="different factors"):
        shapley(lambda held: 0.0, ["a", "a"])
    with pytest.raises(ModelError, match="1 to 8"):
        shapley(lambda held: 0.0, list("abcdefghi"))
