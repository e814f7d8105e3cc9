"""How long until: against print, against closed forms, and by simulation where much is still open."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaincinv

from workbench.errors import ModelError
from workbench.outcomes.survival import LARGE, kaplan_meier

# Remission of leukaemia under 6-mercaptopurine, in weeks: Freireich et al. (1963), Blood 21, 699-716.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
IN_REMISSION = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
WEEKS = [*RELAPSED, *IN_REMISSION]
IS_RELAPSE = [True] * len(RELAPSED) + [False] * len(IN_REMISSION)
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
GREENWOOD = "Greenwood, log-log"


def at(curve: object, days: float) -> tuple[float, float, float]:
    """Return share waiting, low and high on a day."""
    place = int(np.searchsorted(curve.days, days, side="right")) - 1  # type: ignore[attr-defined]
    return tuple(float(held[place]) for held in (curve.waiting, curve.low, curve.high))  # type: ignore[attr-defined]


def greenwood_error(curve: object, days: float) -> float:
    """Return the standard error that the limits of Greenwood on log(-log S) come from."""
    waiting, low, _ = at(curve, days)
    reach = math.log(math.log(low) / math.log(waiting)) / 1.959963984540054
    return reach * waiting * abs(math.log(waiting))


@pytest.mark.parametrize(
    ("week", "share", "error"),
    [
        (6, 0.8571, 0.0764),
        (7, 0.8067, 0.0869),
        (10, 0.7529, 0.0963),
        (13, 0.6902, 0.1068),
        (16, 0.6275, 0.1141),
        (22, 0.5378, 0.1282),
        (23, 0.4482, 0.1346),
    ],
)
def test_curve_and_error_are_those_in_print(week: float, share: float, error: float) -> None:
    """6-MP by PROC LIFETEST, as every textbook prints it (Klein and Moeschberger 2003, table 4.1)."""
    curve = kaplan_meier(WEEKS, IS_RELAPSE, method=GREENWOOD)
    assert at(curve, week)[0] == pytest.approx(share, abs=5e-5)
    assert greenwood_error(curve, week) == pytest.approx(error, abs=5e-5)


def test_medians_are_those_in_print() -> None:
    """23 weeks under 6-MP and 8 under placebo; the upper quarter of 6-MP is not reached."""
    curve = kaplan_meier(WEEKS, IS_RELAPSE)
    assert curve.reached(0.5).value == 23
    assert curve.reached(0.75).value is None
    assert curve.reached(0.75).longer_than == 35
    assert kaplan_meier(PLACEBO, [True] * 21).reached(0.5).value == 8


@pytest.mark.parametrize(
    ("days", "is_done", "day", "expected"),
    [
        # G. Rodríguez, Princeton, "The Gehan Survival Data", `sts list`, control group, weeks 1 and 2
        pytest.param(PLACEBO, [True] * 21, 1, (0.9048, 0.6700, 0.9753), id="placebo, week 1"),
        pytest.param(PLACEBO, [True] * 21, 2, (0.8095, 0.5689, 0.9239), id="placebo, week 2"),
        # S. Juul, Statalist, 14 November 2007, `sts list` of Stata's cancer data: 48 patients, 2 die in month 1
        pytest.param([1] * 2 + [2] * 46, [True] * 2 + [False] * 46, 1, (0.9583, 0.8435, 0.9894), id="cancer, month 1"),
        # an independent implementation: lifelines 0.30.3, KaplanMeierFitter, on the same data
        pytest.param(WEEKS, IS_RELAPSE, 10, (0.7529, 0.5032, 0.8894), id="6-MP, week 10"),
        pytest.param(WEEKS, IS_RELAPSE, 16, (0.6275, 0.3675, 0.8049), id="6-MP, week 16"),
        pytest.param(WEEKS, IS_RELAPSE, 23, (0.4482, 0.1881, 0.6801), id="6-MP, week 23"),
    ],
)
def test_limits_of_greenwood_are_those_of_others(
    days: list[float], is_done: list[bool], day: float, expected: tuple[float, float, float]
) -> None:
    """On the scale of log(-log S), as Stata, SAS and lifelines give them."""
    assert at(kaplan_meier(days, is_done, method=GREENWOOD), day) == pytest.approx(expected, abs=5.1e-5)


def test_the_interval_of_a_median_is_read_from_the_limits() -> None:
    """From 13 weeks to no upper end for the median under 6-MP, as by lifelines 0.30.3."""
    held = kaplan_meier(WEEKS, IS_RELAPSE, method=GREENWOOD).reached(0.5)
    assert (held.low, held.high) == (13, None)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (0, (1.00, 0.397635364, 1.0000000)),
        (3, (0.75, 0.194120450, 0.9936905)),
        (7, (0.50, 0.067585986, 0.9324140)),
        (8, (0.25, 0.006309463, 0.8058796)),
        (14, (0.00, 0.0, 0.6023646)),
    ],
)
def test_beta_product_is_that_in_print(day: float, expected: tuple[float, float, float]) -> None:
    """Four failures at 3, 7, 8 and 14: Fay and Brittain, vignette of the R package bpcp 1.4.2, new convention."""
    assert at(kaplan_meier([3, 7, 8, 14], [True] * 4), day) == pytest.approx(expected, abs=1e-7)


@given(
    days=st.lists(st.integers(0, 12), min_size=1, max_size=30),
    confidence=st.sampled_from([0.8, 0.9, 0.95, 0.99]),
)
def test_without_open_items_the_beta_product_is_clopper_and_pearson(days: list[int], confidence: float) -> None:
    """Ties included, at every step (Clopper and Pearson 1934)."""
    curve = kaplan_meier(days, [True] * len(days), confidence=confidence, method="beta product")
    tail, n = (1 - confidence) / 2, len(days)
    for day, waiting, low, high in zip(curve.days, curve.waiting, curve.low, curve.high, strict=True):
        left = sum(held > day for held in days)
        assert waiting == pytest.approx(left / n, abs=1e-9)
        assert low == pytest.approx(float(betaincinv(left, n - left + 1, tail)) if left else 0.0, abs=1e-9)
        assert high == pytest.approx(float(betaincinv(left + 1, n - left, 1 - tail)) if left < n else 1.0, abs=1e-9)


def test_with_open_items_the_beta_product_is_the_product_of_betas() -> None:
    """6-MP at every step against 400,000 products of independent betas; matching two moments costs at most 0.02."""
    generator = np.random.default_rng(8)
    curve = kaplan_meier(WEEKS, IS_RELAPSE, method="beta product")
    product = np.ones(400_000)
    for place, day in enumerate(curve.days):
        at_risk = sum(week >= day for week in WEEKS)
        relapses = sum(week == day for week in RELAPSED)
        if relapses:
            product = product * generator.beta(at_risk - relapses + 1, relapses, product.size)
        after = sum(week > day for week in WEEKS)
        lower = product * generator.beta(after, 1, product.size) if after else 0 * product
        assert curve.high[place] == pytest.approx(float(np.quantile(product, 0.975)), abs=0.02)
        assert curve.low[place] == pytest.approx(float(np.quantile(lower, 0.025)), abs=0.02)


@given(
    items=st.lists(st.tuples(st.integers(0, 200), st.booleans()), min_size=1, max_size=40),
    method=st.sampled_from(["beta product", GREENWOOD]),
)
def test_limits_enclose_a_curve_that_only_falls(items: list[tuple[int, bool]], method: str) -> None:
    """Whatever is done or open, in any order."""
    days, is_done = [day for day, _ in items], [done for _, done in items]
    curve = kaplan_meier(days, is_done, method=method)
    assert (np.diff(curve.waiting) <= 1e-12).all()
    assert (curve.low <= curve.waiting + 1e-9).all()
    assert (curve.waiting <= curve.high + 1e-9).all()
    assert ((curve.low >= 0) & (curve.high <= 1)).all()
    again = kaplan_meier(days[::-1], is_done[::-1], method=method)
    assert np.array_equal(again.waiting, curve.waiting)
    assert np.array_equal(again.low, curve.low)
    for share in (0.25, 0.5, 0.75):
        held = curve.reached(share)
        if held.value is not None:
            assert held.low is not None
            assert held.low <= held.value
            assert held.high is None or held.value <= held.high + 1e-9 or held.value <= curve.days[-1]


@given(st.lists(st.integers(0, 300), min_size=1, max_size=60))
def test_a_median_of_closed_items_is_the_usual_one(days: list[int]) -> None:
    """With nothing open, half is reached where the ordinary median lies; an even count takes the middle."""
    curve = kaplan_meier(days, [True] * len(days))
    assert curve.reached(0.5).value == pytest.approx(float(np.median(days)), abs=1e-9)


def test_what_was_not_watched_is_not_said() -> None:
    """After the last item left the watch unfinished, nobody knows; after the last was done, everybody does."""
    open_ = kaplan_meier([3, 9], [True, False])
    assert open_.within(9).share == pytest.approx(0.5)
    assert open_.within(10).share is None
    assert kaplan_meier([3, 9], [True, True]).within(1000).share == 1.0


def test_many_items_take_greenwood() -> None:
    """The interval changes its method with the count, and hardly its width."""
    generator = np.random.default_rng(3)
    needed = np.ceil(generator.exponential(30, LARGE))
    days, is_done = np.minimum(needed, 60), needed <= 60
    few, many = kaplan_meier(days[:-1], is_done[:-1]), kaplan_meier(days, is_done)
    assert (few.method, many.method) == ("beta product", GREENWOOD)
    both = kaplan_meier(days, is_done, method="beta product")
    assert np.abs(both.low - many.low)[:-1].max() < 0.03


@pytest.mark.parametrize(
    ("days", "is_done", "more", "match"),
    [
        ([], [], {}, "at least one item"),
        ([1, 2], [True], {}, "one yes or no an item"),
        ([-1], [True], {}, "at least 0"),
        ([math.nan], [True], {}, "at least 0"),
        ([1], [True], {"method": "plain"}, "no interval of a curve"),
        ([1], [True], {"confidence": 95}, "between 0 and 1"),
    ],
)
def test_what_is_no_curve_is_refused(days: list[float], is_done: list[bool], more: dict, match: str) -> None:
    """Wrong input says what is allowed."""
    with pytest.raises(ModelError, match=match):
        kaplan_meier(days, is_done, **more)
    with pytest.raises(ModelError, match="share of items"):
        kaplan_meier([1], [True]).reached(1.0)


def simulate(generator: np.random.Generator, n: int, shape: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Return days and whether done of signals raised evenly over a window after which 40 % are open; true median."""
    if shape == "exponential":
        needed, window, median = generator.exponential(60, n), 134.0, 60 * math.log(2)
    else:  # log-normal: a long tail
        needed, window, median = generator.lognormal(math.log(45), 1.1, n), 155.0, 45.0
    watched = generator.uniform(0, window, n)
    return np.minimum(needed, watched), needed <= watched, median


@pytest.mark.parametrize("shape", ["exponential", "log-normal"])
def test_the_median_is_right_where_two_fifths_are_open(shape: str) -> None:
    """Within 5 % of the truth, where the median of what is closed is 30 % too short or more."""
    generator = np.random.default_rng(20260930)
    ours, closed, open_ = [], [], []
    for _ in range(150):
        days, is_done, truth = simulate(generator, 400, shape)
        ours.append(kaplan_meier(days, is_done).reached(0.5).value or math.nan)
        closed.append(float(np.median(days[is_done])))
        open_.append(1 - is_done.mean())
    assert np.mean(open_) == pytest.approx(0.4, abs=0.02)
    assert np.isfinite(ours).all()
    assert np.mean(ours) == pytest.approx(truth, rel=0.05)
    assert np.mean(closed) < 0.7 * truth


def test_a_sheet_traced_by_hand_keeps_its_promise() -> None:
    """15 signals, two fifths open: the 95 % interval of the median holds the truth in at least 95 % of 400 sheets."""
    generator = np.random.default_rng(15)
    held = 0
    for _ in range(400):
        days, is_done, truth = simulate(generator, 15, "exponential")
        reached = kaplan_meier(days, is_done).reached(0.5)
        held += (reached.low or 0.0) <= truth and (reached.high is None or truth <= reached.high)
    assert held >= 0.95 * 400
