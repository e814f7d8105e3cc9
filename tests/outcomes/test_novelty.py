"""What could be said at an earlier review is worth less of a reader's time now, and nothing is remembered for that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.computed import measured, study
from workbench import outcomes
from workbench.outcomes import Outcomes
from workbench.outcomes.novelty import NOVELTY, times_said

MONTHS = [dt.date(2025 + place // 12, 1 + place % 12, 1) for place in range(18)]


def said(reviews: Sequence[dt.date], *, size: float = 2.0, since: int = 12, now: float = 2.0, p: float = 0.001) -> int:
    """Return how often a move could be said that the charts see from some count of periods on."""
    move: Any = SimpleNamespace(change=now)
    seen: Any = lambda count: SimpleNamespace(change=SimpleNamespace(p=p, size=size) if count >= since else None)  # noqa: E731
    return times_said(move, MONTHS, reviews, seen, 0.01)


@pytest.mark.parametrize(
    ("reviews", "expected"),
    [
        ([], 0),
        ([dt.date(2025, 11, 30)], 0),  # eleven months had ended
        ([dt.date(2025, 12, 30)], 0),  # the twelfth had not
        ([dt.date(2025, 12, 31)], 1),
        ([dt.date(2026, 3, 31), dt.date(2025, 12, 31)], 2),  # in any order
        ([dt.date(2025, 12, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31)], 2),  # the last two
        ([dt.date(2024, 12, 31)], 0),  # before any period
    ],
)
def test_only_periods_that_had_ended_by_the_review_count(reviews: list[dt.date], expected: int) -> None:
    """A month has ended when the next begins."""
    assert said(reviews) == expected


def test_what_grew_turned_or_was_too_unsure_is_news() -> None:
    """Half as large again, the other way, or a chance that would not be named today."""
    day = [dt.date(2026, 3, 31)]
    assert said(day, now=2.9) == 1
    assert said(day, now=3.0) == 0
    assert said(day, now=-2.0) == 0
    assert said(day, p=0.02) == 0


def _review(reviews: tuple[dt.date, ...]) -> Outcomes:
    inputs = study("harbour-mutual").outcomes
    found = outcomes.measure(replace(inputs, settings=replace(inputs.settings, reviews=reviews)))
    assert isinstance(found, Outcomes)
    return found


def test_the_sample_puts_what_the_board_knows_behind_what_is_new() -> None:
    """Quotes fell in February: known at two reviews; claims in April: at one; the rise of June: at none."""
    now, then = measured("harbour-mutual"), _review((dt.date(2026, 3, 31), dt.date(2026, 6, 30), dt.date(2027, 1, 1)))
    new = {(one.metric, one.parent): one.novelty for one in then.insights}
    assert new["quote_conversion", "home"] == NOVELTY[2]
    assert new["straight_through", "motor"] == NOVELTY[1]
    assert new["policies_in_force", "home"] == NOVELTY[0]
    assert {one.novelty for one in now.insights} == {1.0}
    for one in then.insights:
        same = next(held for held in now.insights if held.scope == one.scope)
        assert one.score == pytest.approx(same.score * one.novelty)
        assert ("already" in one.detail) == (one.novelty < 1)
