"""Effects add up, agree with published decompositions, and tell mix from rate."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.outcomes.drivers import Split, kitagawa, shapley, split_amount, split_rate, split_sum

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


# -- members that came or went, amounts, exact parts -----------------------------------------------------------------


def effects_of(found: Split) -> dict[str, float]:
    """Return the wholes of a split."""
    return {e.factor: e.effect for e in found.wholes()}


def test_a_new_product_is_told_from_mix_and_rate() -> None:
    """What a new product adds is the value with it less the value of those that stay; the stayers did nothing."""
    before = frame([("a", "", 30, 100, 1.0), ("b", "", 50, 100, 1.0)])
    after = frame([("a", "", 30, 100, 1.0), ("b", "", 50, 100, 1.0), ("c", "", 5, 50, 1.0)])
    found = split_rate(before, after)
    assert found.cause == "members"
    assert effects_of(found) == pytest.approx({"new": 85 / 250 - 80 / 200, "products": 0.0, "rate": 0.0}, abs=1e-15)
    assert [(e.factor, e.segment) for e in found.parts("new")] == [("new", "c")]


def test_a_product_that_ended_and_one_that_came_are_two_effects() -> None:
    """Melitz and Polanec (2015): entrants against the stayers after, those that ended against the stayers before."""
    before = frame([("a", "", 20, 100, 1.0), ("old", "", 90, 100, 1.0)])
    after = frame([("a", "", 40, 100, 1.0), ("new", "", 10, 300, 1.0)])
    expected = {"new": 0.75 * (10 / 300 - 0.4), "gone": 0.5 * (0.2 - 0.9), "rate": 0.2, "products": 0.0}
    got = effects_of(split_rate(before, after))
    assert got == pytest.approx({k: v for k, v in expected.items() if k in got}, abs=1e-15)
    assert set(expected) - set(got) <= {"products"}


def test_a_new_segment_is_named_by_itself() -> None:
    """A channel that opened is a new member, whatever products it serves; a product that stays is not."""
    before = frame([("a", "web", 30, 100, 1.0), ("b", "web", 20, 100, 1.0)])
    after = frame([("a", "web", 30, 100, 1.0), ("b", "web", 20, 100, 1.0), ("a", "app", 1, 50, 1.0)])
    found = split_rate(before, after, dimension="channel")
    assert found.cause == "members"
    assert [e.segment for e in found.parts("new")] == ["app"]


def test_a_product_moved_between_lines_is_no_new_product() -> None:
    """A product that had rows elsewhere before stands with share 0: the share table is the cause."""
    before = frame([("a", "", 30, 100, 1.0), ("moved", "", 90, 100, 0.0)])
    after = frame([("a", "", 30, 100, 1.0), ("moved", "", 90, 100, 1.0)])
    found = split_rate(before, after)
    assert found.cause == "shares"
    assert effects_of(found) == pytest.approx({"shares": 0.3, "products": 0.0, "rate": 0.0}, abs=1e-15)


def test_when_nothing_stays_everything_is_mix() -> None:
    """Where all members were replaced nothing can be compared like with like."""
    found = split_rate(frame([("a", "", 20, 100, 1.0)]), frame([("b", "", 60, 100, 1.0)]))
    assert found.cause == "mix"
    assert found.change == pytest.approx(0.4)
    assert abs(found.residual) <= 1e-15


def test_amounts_without_a_base_do_not_get_lost() -> None:
    """Claims of a product without premium have no rate, and still are part of the value."""
    before = frame([("a", "", 30, 100, 1.0), ("odd", "", 0, 0, 1.0)])
    after = frame([("a", "", 30, 100, 1.0), ("odd", "", 10, 0, 1.0)])
    found = split_rate(before, after)
    assert found.after == pytest.approx(0.4)
    assert effects_of(found)["loose"] == pytest.approx(0.1)


def test_an_amount_is_volume_times_mix_times_price() -> None:
    """The three variances of an amount, each where only it happened."""
    base = [("a", "", 1000, 100, 1.0), ("b", "", 500, 100, 1.0)]
    cases = {
        "volume": [("a", "", 1200, 120, 1.0), ("b", "", 600, 120, 1.0)],
        "products": [("a", "", 1500, 150, 1.0), ("b", "", 250, 50, 1.0)],
        "rate": [("a", "", 1100, 100, 1.0), ("b", "", 550, 100, 1.0)],
        "new": [*base, ("c", "", 70, 10, 1.0)],
    }
    for cause, after in cases.items():
        found = split_amount(frame(base), frame(after))
        got = effects_of(found)
        assert got.pop(cause) == pytest.approx(found.change)
        assert got == pytest.approx(dict.fromkeys(got, 0.0), abs=1e-9)
        assert found.change == sum(row[2] for row in after) - 1500


def test_das_gupta_is_the_split_of_an_amount() -> None:
    """Volume, mix and rate of an amount equal Das Gupta's standardisation for three vector factors.

    The independent side is his formula for three factors, Q(a) = (bc + BC)/3 + (bC + Bc)/6 (P23-186, chapter 3).
    """
    generator = np.random.default_rng(4)
    den, rate = generator.lognormal(4, 1, (2, 5)), generator.lognormal(0, 1, (2, 5))
    spans = [frame([(f"p{i}", "", den[t, i] * rate[t, i], den[t, i], 1.0) for i in range(5)]) for t in range(2)]
    size, total = den / den.sum(axis=1, keepdims=True), den.sum(axis=1)
    one, two, three = (np.array([np.full(5, total[t]) for t in range(2)]), size, rate)

    def effect(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
        weight = (b[0] * c[0] + b[1] * c[1]) / 3 + (b[0] * c[1] + b[1] * c[0]) / 6
        return float(((a[1] - a[0]) * weight).sum())

    expected = {"volume": effect(one, two, three), "products": effect(two, one, three), "rate": effect(three, one, two)}
    assert effects_of(split_amount(*spans)) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.integers(1, 5), st.integers(1, 4), st.booleans(), st.integers(0, 10_000))
def test_splits_are_exact_in_every_part(products: int, segments: int, is_amount: bool, seed: int) -> None:
    """Wholes add up to the change, parts to their whole; order, labels and units do not matter."""
    generator = np.random.default_rng(seed)
    names = [f"p{i}" for i in range(products)]

    def span() -> pd.DataFrame:
        rows = []
        for product in names:
            share = float(generator.choice([0.0, 0.3, 1.0]))
            for segment in range(segments):
                den = float(generator.integers(0, 3) * generator.lognormal(3, 2))
                num = den * float(generator.normal(0.4, 0.5)) + float(generator.integers(0, 8) == 0)
                rows.append((product, f"s{segment}", num, den, share))
        return frame(rows)

    before, after = span(), span()
    make = split_amount if is_amount else split_rate
    try:
        found = make(before, after)
    except ModelError:
        assert not is_amount
        return
    top, bottom = ((one["num"] * one["share"]).sum() for one in (before, after))
    if is_amount:
        assert (found.before, found.after) == pytest.approx((top, bottom), rel=1e-12, abs=1e-12)
    scale = max(abs(found.before), abs(found.after), *(abs(e.effect) for e in found.effects), 1.0)
    assert abs(found.residual) <= 1e-12 * scale
    for whole in found.wholes():
        parts = found.parts(whole.factor)
        if parts:
            assert math.fsum(e.effect for e in parts) == pytest.approx(whole.effect, abs=1e-12 * scale)
    if found.second:
        assert math.fsum(e.effect for e in found.second) == pytest.approx(found.change, abs=1e-11 * scale)

    renamed = {name: f"{9 - place} {name}" for place, name in enumerate(names)}
    again = make(
        *(
            one.sample(frac=1, random_state=seed).assign(
                product=lambda held: held["product"].map(renamed), num=lambda held: held["num"] * 1000.0
            )
            for one in (before, after)
        )
    )
    assert effects_of(again) == pytest.approx({k: 1000 * v for k, v in effects_of(found).items()}, abs=1e-9 * scale)
    for factor in ("products", "shares", "new", "gone"):
        expected = {renamed.get(e.segment, e.segment): 1000 * e.effect for e in found.parts(factor)}
        assert {e.segment: e.effect for e in again.parts(factor)} == pytest.approx(expected, abs=1e-9 * scale)


def test_a_sum_knows_new_products_from_products_with_nothing() -> None:
    """A product that stood at zero and grew is volume; one that was not there is a new member."""
    found = split_sum(
        {"a": (10.0, 1.0), "zero": (0.0, 1.0), "old": (4.0, 0.5)},
        {"a": (10.0, 1.0), "zero": (3.0, 1.0), "b": (7.0, 1.0)},
    )
    assert effects_of(found) == {"volume": 3.0, "shares": 0.0, "new": 7.0, "gone": -2.0}
    assert found.residual == 0.0


def test_the_second_view_adds_up_and_is_never_first() -> None:
    """LMDI-I stands beside the split with the same factors; the split's own effects are the exact ones."""
    before = frame([("a", "", 20, 100, 1.0), ("b", "", 90, 200, 1.0)])
    after = frame([("a", "", 60, 200, 1.0), ("b", "", 50, 100, 1.0)])
    found = split_rate(before, after)
    assert {e.factor for e in found.second} == {"products", "rate"}
    assert math.fsum(e.effect for e in found.second) == pytest.approx(found.change, abs=1e-15)
    assert not set(found.second) & set(found.effects)
    # Σ L(w·r)·ln(r1/r0), by hand
    pairs = [((20 / 300, 60 / 300), 0.3 / 0.2), ((90 / 300, 50 / 300), 0.5 / 0.45)]
    by_hand = sum((b - a) / math.log(b / a) * math.log(times) for (a, b), times in pairs)
    assert next(e.effect for e in found.second if e.factor == "rate") == pytest.approx(by_hand, rel=1e-12)
