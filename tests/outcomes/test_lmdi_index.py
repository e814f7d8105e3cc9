"""LMDI-I agrees with another implementation and with its own limits at zero."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ModelError
from workbench.outcomes.lmdi_index import lmdi, log_mean

# The two categories and three factors of the R package LMDIR (M. K. Heun), which follows B. W. Ang (2005), Energy
# Policy 33, 867-871; effects as its tests hold them, computed there by spreadsheet (LMDI_testing.xlsx).
LMDIR = {
    1971: [[1, 4], [10, 5], [2, 3]],
    1972: [[4, 5], [5, 6], [3, 4]],
    1973: [[8, 5], [2, 7], [4, 5]],
    1974: [[10, 6], [1, 8], [5, 6]],
}
ADDITIVE = {
    1972: [69.79006598, -9.455125793, 39.66505981],
    1973: [42.96021467, -34.31902656, 50.3588119],
    1974: [54.01064234, -9.021284671, 54.01064234],
}
MULTIPLICATIVE = {
    1972: [1.761117821, 0.926191306, 1.379410116],
    1973: [1.229284572, 0.847970248, 1.273773912],
    1974: [1.208140223, 0.968911503, 1.208140223],
}


def named(values: list[list[float]]) -> dict[str, list[float]]:
    """Return factors by name."""
    return {f"factor {place + 1}": held for place, held in enumerate(values)}


@pytest.mark.parametrize("year", [1972, 1973, 1974])
def test_effects_are_those_of_another_implementation(year: int) -> None:
    """Additive and multiplicative effects agree with LMDIR to the digits its tests hold."""
    found = lmdi(named(LMDIR[year - 1]), named(LMDIR[year]))
    assert list(found.effects.values()) == pytest.approx(ADDITIVE[year], abs=1e-8)
    assert found.indices is not None
    assert list(found.indices.values()) == pytest.approx(MULTIPLICATIVE[year], abs=1e-9)
    assert math.prod(found.indices.values()) == pytest.approx(found.after / found.before, rel=1e-12)


ZEROS = [
    pytest.param([0.0, 3.0, 2.0], [4.0, 5.0, 2.0], id="one factor comes from zero"),
    pytest.param([4.0, 3.0, 2.0], [4.0, 0.0, 1.0], id="one factor goes to zero"),
    pytest.param([0.0, 0.0, 2.0], [4.0, 5.0, 3.0], id="two factors come together"),
    pytest.param([4.0, 3.0, 2.0], [0.0, 0.0, 0.0], id="all go"),
    pytest.param([0.0, 3.0, 2.0], [4.0, 0.0, 2.0], id="nothing before, nothing after"),
]


@pytest.mark.parametrize(("before", "after"), ZEROS)
def test_zeros_take_the_limit(before: list[float], after: list[float]) -> None:
    """Where a factor is zero the effects are what ever smaller numbers in its place tend to."""
    exact = lmdi(named([[x] for x in before]), named([[x] for x in after]))
    gaps = []
    for exponent in (25, 50, 100):  # convergence is logarithmic, as Wood and Lenzen (2006) warn
        tiny = 10.0**-exponent
        near = lmdi(named([[x or tiny] for x in before]), named([[x or tiny] for x in after]))
        gaps.append(max(abs(near.effects[name] - exact.effects[name]) for name in exact.effects))
    assert gaps[2] <= gaps[0]
    assert gaps[2] <= 0.03 * max(exact.before, exact.after, 1.0)
    assert sum(exact.effects.values()) == pytest.approx(exact.after - exact.before, abs=1e-12)
    assert exact.indices is None or exact.before == exact.after == 0 or min(exact.before, exact.after) > 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 10_000))
def test_effects_add_up(categories: int, factors: int, seed: int) -> None:
    """Effects add up to the change to 1e-12 of its scale, zeros or not, and turn their sign when time is turned."""
    generator = np.random.default_rng(seed)
    spans = [
        {f"f{k}": generator.lognormal(0, 2, categories) * generator.integers(0, 4, categories) for k in range(factors)}
        for _ in range(2)
    ]
    found, back = lmdi(*spans), lmdi(*spans[::-1])
    scale = max(found.before, found.after, 1.0)
    assert abs(math.fsum(found.effects.values()) - (found.after - found.before)) <= 1e-12 * scale
    for name, effect in found.effects.items():
        assert math.fsum(found.by_category[name]) == pytest.approx(effect, abs=1e-12 * scale)
        assert back.effects[name] == pytest.approx(-effect, abs=1e-12 * scale)


def test_the_logarithmic_mean_is_smooth() -> None:
    """Two numbers that hardly differ have a mean between them."""
    for gap in (1e-3, 1e-8, 1e-13, 0.0):
        assert 5.0 <= log_mean(5.0 * (1 + gap), 5.0) <= 5.0 * (1 + gap)


def test_what_has_no_logarithm_is_refused() -> None:
    """Negative numbers, other factors and other categories are errors."""
    with pytest.raises(ModelError, match="from zero up"):
        lmdi({"a": [-1.0]}, {"a": [1.0]})
    with pytest.raises(ModelError, match="same factors"):
        lmdi({"a": [1.0]}, {"b": [1.0]})
    with pytest.raises(ModelError, match="same categories"):
        lmdi({"a": [1.0]}, {"a": [1.0, 2.0]})
