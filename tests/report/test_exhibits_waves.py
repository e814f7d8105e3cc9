"""What is shown about waves: claims, traced numbers, and words where there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from readiness_samples import company

from workbench import readiness
from workbench.engagement.commentary import EXHIBITS
from workbench.findings import CLAIM_LENGTH, Off
from workbench.readiness import Readiness, ReadinessInputs
from workbench.report.chart import Chart
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_waves import (
    change_parts_exhibit,
    changes_exhibit,
    changes_lines_exhibit,
    progress_exhibit,
    waves_exhibit,
)

FUNCTIONS = (changes_exhibit, change_parts_exhibit, changes_lines_exhibit, waves_exhibit, progress_exhibit)


def waves(count: int) -> ReadinessInputs:
    """Return the company asked so many times; from the second time on most see it a level rosier."""
    inputs = company(minimum_group=5)
    last = inputs.answers[-1]
    rng = np.random.default_rng(4)
    held = []
    for place in range(count):
        lift = rng.random(last.levels.shape) < 0.7 * (place > 0)
        levels = (last.levels + lift).clip(upper=5)
        held.append(replace(last, wave=f"w{place + 1}", levels=levels))
    return replace(inputs, answers=tuple(held))


@cache
def asked(count: int) -> Readiness:
    """Return the company asked so many times, assessed."""
    result = readiness.assess(waves(count))
    assert isinstance(result, Readiness)
    return result


def cells(chart: Chart, column: str) -> tuple[object, ...]:
    """Return a column of a chart's data."""
    return dict(chart.columns)[column]


def traced(exhibit: Exhibit) -> list[str]:
    """Return the ids of figures that an exhibit names."""
    content = exhibit.content
    if isinstance(content, Chart):
        names = [name for role, name in content.roles if role == "figures"]
        return [one for name in names for cell in cells(content, name) for one in str(cell).split()]
    return [one for row in content.figures for one in row]


@pytest.mark.parametrize("show", FUNCTIONS)
def test_every_exhibit_has_a_claim_and_traced_numbers(show: Callable[..., Exhibit]) -> None:
    """A claim that fits, a known key, and every figure id that it names exists."""
    exhibit = show(asked(2))
    assert exhibit.key.removeprefix("readiness-") in EXHIBITS["readiness"]
    assert not isinstance(exhibit.content, Note)
    claim = exhibit.content.claim
    assert len(claim) <= CLAIM_LENGTH
    assert claim.endswith(".")
    known = {figure.id for figure in readiness.figures(asked(2))}
    named = traced(exhibit)
    assert named
    assert set(named) <= known


@pytest.mark.parametrize("show", FUNCTIONS)
def test_one_wave_says_so_in_words(show: Callable[..., Exhibit]) -> None:
    """Where there is one wave, a note says what is missing."""
    exhibit = show(asked(1))
    assert isinstance(exhibit.content, Note)
    assert "one wave" in str(exhibit)


@pytest.mark.parametrize("show", FUNCTIONS)
def test_off_is_a_note(show: Callable[..., Exhibit]) -> None:
    """Without a survey there is nothing to compare."""
    assert isinstance(show(Off("readiness", "No survey.", ("survey",))).content, Note)


def test_nobody_followed_is_said() -> None:
    """Where keys do not match between waves, the note asks for one salt."""
    inputs = waves(2)
    first = inputs.answers[0]
    other = replace(first, sheets=first.sheets.assign(respondent=[f"x{row}" for row in range(len(first.sheets))]))
    exhibit = changes_exhibit(readiness.assess(replace(inputs, answers=(other, inputs.answers[1]))))
    assert isinstance(exhibit.content, Note)
    assert "one salt" in str(exhibit)


def test_two_waves_are_a_slope_and_three_are_lines() -> None:
    """A wave more makes another chart of the same numbers."""
    kinds = []
    for count in (2, 3):
        content = waves_exhibit(asked(count)).content
        assert isinstance(content, Chart)
        kinds.append(content.kind)
    assert kinds == ["slope", "lines_over_time"]


def test_the_chart_shows_the_result() -> None:
    """Plotted numbers are those of the changes, same people beside everybody."""
    result = asked(2)
    content = changes_exhibit(result).content
    assert isinstance(content, Chart)
    expected = {
        result.instrument.group(one.dimension).name: one for one in result.changes if one.part == result.organisation
    }
    shown = list(zip(*(cells(content, name) for name in ("dimension", "who", "change")), strict=True))
    assert len(shown) == 2 * len(expected)
    for dimension, who, value in shown:
        one = expected[str(dimension)]
        same = None if one.same_people is None else one.same_people.value
        assert value == (same if who == "same people" else one.total)
