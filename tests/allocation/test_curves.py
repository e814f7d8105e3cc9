"""Curves go through their answers, and nothing of them rises above their covers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.allocation import adbudg_from_answers, check_answers, consistency, exponential_from_answers, points_curve
from workbench.allocation.curve_answers import shape_hangs_on_an_answer
from workbench.allocation.curves import Adbudg, Curve, Exponential
from workbench.errors import ModelError

gaps = st.lists(st.floats(0.05, 10), min_size=4, max_size=4)
levels = st.floats(0.01, 1000)


@settings(max_examples=200, deadline=None)
@given(gaps=gaps, reference=levels)
def test_an_adbudg_curve_goes_through_its_four_answers(gaps: list[float], reference: float) -> None:
    """Zero, the reference level, half as much again, and no limit."""
    y0, y1, y15, ymax = (sum(gaps[: place + 1]) for place in range(4))
    curve = adbudg_from_answers(y0, y1, y15, ymax, reference=reference)
    assert curve.value(0) == y0
    assert curve.value(reference) == pytest.approx(y1, rel=1e-9)
    assert curve.value(1.5 * reference) == pytest.approx(y15, rel=1e-9)
    assert curve.high == ymax
    assert curve.shape > 0


def test_the_closed_forms_of_an_s_curve_hold() -> None:
    """Inflection u^c = d(c-1)/(c+1); tangent from zero u^c = d(c-1), where (c-1)/c of the rise is reached."""
    curve = Adbudg(reference=3.0, low=1.0, high=9.0, shape=2.5, half=1.7)
    step = 1e-4
    bend = curve.inflection
    before, after = (curve.slope(bend + side * step) for side in (-1, 1))
    assert curve.slope(bend) > before
    assert curve.slope(bend) > after
    touch = 3.0 * (1.7 * 1.5) ** (1 / 2.5)
    line = curve.cover(0.5 * touch, 0.0, 30.0, 1.0)
    assert line.jump == pytest.approx((0.0, touch))
    assert line.slope == pytest.approx(curve.slope(touch))
    assert (curve.value(touch) - 1.0) / 8.0 == pytest.approx(1.5 / 2.5)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param((4, 4, 5, 6), "y1 is 4 but y0 is 4", id="nothing gained at the reference"),
        pytest.param((1, 4, 3.5, 6), "y15 is 3.5 but y1 is 4", id="half as much again brings less"),
        pytest.param((1, 4, 5, 5), "ymax is 5 but y15 is 5", id="no room without limit"),
        pytest.param((1, float("nan"), 5, 6), "y1 is missing", id="an answer is missing"),
    ],
)
def test_contradictory_answers_are_refused_in_words(answers: tuple[float, ...], said: str) -> None:
    """The sentence names the answer, what was given and what is allowed."""
    assert said in check_answers(*answers, reference=2.0)[0]
    with pytest.raises(ModelError, match=said):
        adbudg_from_answers(*answers, reference=2.0)


def test_a_reference_of_zero_is_refused() -> None:
    """Answers need a level to speak of."""
    assert "above zero" in check_answers(1, 2, 3, 4, reference=0)[0]
    with pytest.raises(ModelError, match="above zero"):
        exponential_from_answers(1, 2, 3, reference=0)


def test_the_fifth_answer_is_a_check_and_never_fitted() -> None:
    """Its distance from the curve, as a share of the range, is the consistency."""
    curve = adbudg_from_answers(0.0, 4.0, 6.0, 10.0, reference=2.0)
    assert consistency(curve, curve.value(1.0)) == 0
    assert consistency(curve, curve.value(1.0) + 1.0) == pytest.approx(0.1)


def test_a_shape_that_hangs_on_one_answer_is_seen() -> None:
    """A curve just above c = 1 turns concave with 2 % less at half as much again; a strong S does not."""
    half, high = 1.0, 10.0
    nearly = Adbudg(1.0, 0.0, high, 1.01, half)
    strong = Adbudg(1.0, 0.0, high, 4.0, half)
    assert shape_hangs_on_an_answer(nearly)
    assert not shape_hangs_on_an_answer(strong)


def test_an_exponential_curve_goes_through_its_three_answers() -> None:
    """Zero, the reference level and no limit."""
    curve = exponential_from_answers(2.0, 5.0, 9.0, reference=4.0)
    assert (curve.value(0), curve.value(4.0)) == (2.0, pytest.approx(5.0))
    assert curve.value(1e6) == pytest.approx(9.0)


@pytest.mark.parametrize(
    ("levels", "outcomes", "said"),
    [
        pytest.param([0], [1], "at least two", id="one point"),
        pytest.param([1, 2], [1, 2], "starts at level 0", id="no point at zero"),
        pytest.param([0, 2, 2], [1, 2, 3], "two points", id="a level twice"),
        pytest.param(
            [0, 1, 2], [1, 3, 2], "falls from 3 to 2|falls from 3 at level 1 to 2", id="an outcome that falls"
        ),
    ],
)
def test_points_that_make_no_curve_are_refused(levels: list[float], outcomes: list[float], said: str) -> None:
    """Each in words."""
    with pytest.raises(ModelError, match=said):
        points_curve(levels, outcomes)


@st.composite
def any_curve(draw: st.DrawFn) -> Curve:
    """Return a curve of any family."""
    steps = draw(gaps)
    y0, y1, y15, ymax = (sum(steps[: place + 1]) for place in range(4))
    reference = draw(levels)
    match draw(st.sampled_from(["adbudg", "exponential", "points"])):
        case "adbudg":
            return adbudg_from_answers(y0, y1, y15, ymax, reference=reference)
        case "exponential":
            return exponential_from_answers(y0, y1, ymax, reference=reference)
        case _:
            return points_curve([0, reference / 2, reference, 2 * reference], [y0, y1, y15, ymax])


@settings(max_examples=200, deadline=None)
@given(curve=any_curve(), start=st.floats(0, 2), width=st.floats(0.05, 3), sign=st.sampled_from([1.0, -1.0]))
def test_a_cover_is_nowhere_below_its_curve_and_touches_it_outside_jumps(
    curve: Curve, start: float, width: float, sign: float
) -> None:
    """On any interval, for outcomes that help and outcomes that hurt."""
    reference = getattr(curve, "reference", 0.0) or 1.0
    low, high = start * reference, (start + width) * reference
    rise = curve.value(1e9) - curve.value(0)
    points = [low + (high - low) * part / 30 for part in range(31)]
    lines = [curve.cover(point, low, high, sign) for point in points]
    for point, own in zip(points, lines, strict=True):
        value = sign * curve.value(point)
        assert min(line.slope * point + line.intercept for line in lines) >= value - 1e-9 * rise
        touches = own.jump is None or point in own.jump
        if touches and math.isfinite(curve.slope(point)):
            assert own.slope * point + own.intercept == pytest.approx(value, abs=1e-9 * rise)


@settings(max_examples=100, deadline=None)
@given(curve=any_curve(), sign=st.sampled_from([1.0, -1.0]))
def test_stretches_cover_the_interval_and_bend_one_way(curve: Curve, sign: float) -> None:
    """The middle of a concave stretch lies above its chord, of a convex one below."""
    reference = getattr(curve, "reference", 0.0) or 1.0
    top = 2.0 * reference
    parts = curve.stretches(0.0, top, sign)
    assert parts[0].low == 0.0
    assert parts[-1].high == top
    for part in parts:
        middle = 0.5 * (part.low + part.high)
        chord = 0.5 * (curve.value(part.low) + curve.value(part.high))
        above = sign * (curve.value(middle) - chord)
        assert above >= -1e-9 * curve.value(top) if part.is_concave else above <= 1e-9 * curve.value(top)


def test_families_say_their_name() -> None:
    """As in the column family of activities."""
    held = (Adbudg(1, 0, 1, 2, 1), Exponential(0, 1, 1, 1), points_curve([0, 1], [0, 1]))
    assert tuple(curve.family for curve in held) == ("adbudg", "exponential", "points")
