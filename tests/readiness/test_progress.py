"""Progress counts the way that is done, never more than all of it, and says how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.readiness import Answers, Instrument, ReadinessInputs, Settings, Target, assess
from workbench.readiness.progress import LEAST_WAY, levels_together, progress_to_date
from workbench.readiness.scores import ORGANISATION, score
from workbench.readiness.wave_words import change_words
from workbench.readiness.waves import Change
from workbench.stats import Estimate

GROUP = [("builder", None, 60)]

LEVEL = st.floats(1, 5).map(lambda level: round(level, 1))


@pytest.mark.parametrize(
    ("level", "baseline", "target", "expected"),
    [
        pytest.param(2.5, 2.0, 3.0, 0.5, id="half"),
        pytest.param(4.0, 2.0, 3.0, 1.0, id="nothing for passing it"),
        pytest.param(1.5, 2.0, 3.0, -0.5, id="fell back"),
        pytest.param(3.5, 3.2, 3.0, None, id="there from the start"),
        pytest.param(2.0, 3.2, 3.0, None, id="there from the start and lost"),
        pytest.param(3.0, 2.8, 3.0, None, id="hardly any way"),
    ],
)
def test_progress_is_the_share_of_the_way(level: float, baseline: float, target: float, expected: float | None) -> None:
    """(level − baseline) / (target − baseline), at most one; none where there was no way to speak of."""
    assert progress_to_date(level, baseline, target) == (None if expected is None else pytest.approx(expected))


@given(LEVEL, LEVEL, LEVEL, st.floats(0, 1))
def test_more_level_is_never_less_progress(level: float, baseline: float, target: float, more: float) -> None:
    """A higher level never lowers it, and nothing is above one."""
    first, second = progress_to_date(level, baseline, target), progress_to_date(level + more, baseline, target)
    assert (first is None) == (second is None) == (target - baseline < LEAST_WAY - 1e-9)
    if first is not None and second is not None:
        assert first <= second <= 1


def two_waves(
    answers_of: Callable[..., Answers], instrument: Instrument, shift: float, seed: int, people: int = 60
) -> ReadinessInputs:
    """Return a line whose people answer twice, three quarters of them both times, all known."""
    rng = np.random.default_rng(seed)
    views = rng.normal(2.2, 0.5, (people, 1))
    waves = []
    for name, start, move in (("w1", 0, 0.0), ("w2", people // 6, shift)):
        here = range(start, start + 5 * people // 6)
        levels = [
            np.clip(np.rint(views[person] + move + rng.normal(0, 0.7, len(instrument.items))), 1, 5) for person in here
        ]
        held = answers_of(
            instrument, [("builder", "motor")] * len(here), levels, population=[("builder", "motor", people)]
        )
        waves.append(replace(held, wave=name, sheets=held.sheets.assign(respondent=[f"k{one:03d}" for one in here])))
    return ReadinessInputs(
        instrument, tuple(waves), (("motor", "Motor"),), Settings(), targets=(Target("d01", "", 3.2),)
    )


def test_progress_is_what_the_shown_levels_say(
    small: Callable[..., Instrument], answers_of: Callable[..., Answers]
) -> None:
    """Share, level and baseline fit each other as they are shown, and the interval holds the share."""
    found = assess(two_waves(answers_of, small({"d01": ["a", "b", "c", "d"]}), 0.5, 1))
    own = [one for one in found.progress if one.part.kind == ORGANISATION]
    assert [one.dimension for one in own] == ["d01"]
    one = own[0]
    assert one.since == "w1"
    assert one.share == pytest.approx((one.level - one.baseline) / (one.target - one.baseline), abs=0.006)
    assert one.low is not None
    assert one.high is not None
    assert one.low <= one.share <= one.high
    assert not one.is_met


def test_the_interval_is_that_of_two_overlapping_samples(
    small: Callable[..., Instrument], answers_of: Callable[..., Answers]
) -> None:
    """Forty of sixty answered both times, ten only once: the covariance of such samples by its formula."""
    inputs = two_waves(answers_of, small({"d01": ["a", "b", "c", "d"]}), 0.5, 2)
    one = next(one for one in assess(inputs).progress if one.part.kind == ORGANISATION)
    first, second = (held.levels.mean(axis=1).set_axis(held.sheets["respondent"]) for held in inputs.answers)
    both = sorted({*first.index} & {*second.index})
    shared = float(((first - first.mean())[both] * (second - second.mean())[both]).sum()) / len(both)
    alone = 1 / 50 - 1 / 60
    way = one.target - float(first.mean())
    rest = float(second.mean() - first.mean()) / way - 1
    together = shared * (len(both) / 50**2 - 1 / 60)
    spread = np.sqrt(alone * (second.var() + rest**2 * first.var()) + 2 * rest * together) / way
    assert one.high is not None
    assert one.low is not None
    assert (one.high - one.low) / 2 == pytest.approx(2.01 * spread, abs=0.011)


@pytest.mark.parametrize("is_same", [True, False], ids=["the same are silent twice", "others are silent"])
def test_levels_err_together_only_as_far_as_the_same_people_are_silent(
    is_same: bool, small: Callable[..., Instrument], answers_of: Callable[..., Answers]
) -> None:
    """The error of a difference of two levels of one closed group, against what it is over many surveys of it."""
    rng = np.random.default_rng(4)
    instrument, people, answered = small({"d01": ["a", "b", "c"]}), 60, 42
    views = rng.normal(2.5, 0.8, (people, 1))
    truth = [np.clip(np.rint(views + move + rng.normal(0, 0.5, (people, 3))), 1, 5) for move in (0.0, 0.4)]
    key = ("dimension", ORGANISATION, "", "d01")

    def who() -> list[np.ndarray]:
        first = rng.permutation(people)[:answered]
        return [first, first if is_same else rng.permutation(people)[:answered]]

    own = [levels.mean(axis=1) - levels.mean() for levels in truth]
    missed = [own[1][later].mean() - own[0][earlier].mean() for earlier, later in (who() for _ in range(4_000))]
    said = []
    for _ in range(40):
        scored = []
        for levels, here in zip(truth, who(), strict=True):
            held = answers_of(instrument, [("builder", None)] * answered, levels[here], population=GROUP)
            named = held.sheets.assign(respondent=[f"k{place:03d}" for place in here])
            scored.append(score(replace(held, sheets=named), instrument, Settings()))
        squares = sum((one.traces[key].influence ** 2).sum() for one in scored)
        said.append(squares - 2 * levels_together(scored[1], scored[0], key))
    assert np.mean(said) == pytest.approx(np.var(missed), rel=0.12)


@pytest.mark.parametrize(
    ("value", "low", "high", "p", "expected"),
    [
        (0.4, 0.2, 0.6, 0.01, "rose by 0.4 (0.2 to 0.6)"),
        (-0.3, -0.6, -0.1, 0.02, "fell by 0.3 (0.1 to 0.6)"),
        (0.1, -0.1, 0.3, 0.4, "did not surely change (−0.1 to 0.3)"),
    ],
)
def test_changes_read_as_a_board_reads_them(value: float, low: float, high: float, p: float, expected: str) -> None:
    """Direction, size and reach, without signs where the verb has one."""
    from workbench.readiness.scores import Part

    level = Estimate(value, low, high, None, None, 0.95, 40)
    change = Change(Part(ORGANISATION, "", "all"), "d01", "w1", "w2", same_people=level, p_adjusted=p)
    assert change_words(change) == expected
