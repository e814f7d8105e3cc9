"""The number of answers asked for is the number that is needed: simulated on closed groups with a known level."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.errors import ModelError
from workbench.readiness.instrument import Scale
from workbench.readiness.sample_size import PLANNED_CHANCE, answers_needed, planned_answers
from workbench.stats import finite_mean

FIVE = Scale((1.0, 2.0, 3.0, 4.0, 5.0), ("",) * 5)


def shown_share(people: int, answers: int, *, looks: int = 1, draws: int = 1_500) -> float:
    """Return how often a level 0.4 above the threshold is surely above it, in closed groups with a spread of 0.72."""
    rng = np.random.default_rng(people * 100 + answers)
    hits = 0
    for _ in range(draws):
        group = rng.normal(0.0, 0.72, people)
        group += 0.4 - group.mean()  # the true level of this closed group lies exactly there
        level = finite_mean(rng.choice(group, answers, replace=False), people)
        certainty = level.certainty_at_least(0.0)
        assert certainty is not None
        hits += certainty >= 1 - 0.2 / looks
    return hits / draws


@pytest.mark.parametrize("looks", [1, 4], ids=["one gate", "four gates"])
@pytest.mark.parametrize("people", [8, 20, 60])
def test_that_many_answers_tell_a_level_from_the_threshold(people: int, looks: int) -> None:
    """With the number asked for the chance is what was planned; with two fewer it is clearly lower."""
    asked = answers_needed(people, sure=0.8, distance=0.4, spread=0.72, looks=looks)
    assert 2 < asked < people
    assert shown_share(people, asked, looks=looks) >= PLANNED_CHANCE - 0.03
    assert shown_share(people, asked - 2, looks=looks) < PLANNED_CHANCE


def test_more_certainty_and_less_distance_ask_for_more() -> None:
    """And never for more people than there are."""
    base = answers_needed(60, sure=0.8, distance=0.4, spread=0.72)
    assert answers_needed(60, sure=0.95, distance=0.4, spread=0.72) > base
    assert answers_needed(60, sure=0.8, distance=0.2, spread=0.72) > base
    assert answers_needed(60, sure=0.8, distance=0.001, spread=0.72) == 60
    assert answers_needed(1, sure=0.8, distance=0.4, spread=0.72) == 1


def test_the_plan_does_not_hang_on_the_length_of_the_scale() -> None:
    """Levels from 0 to 3 and from 1 to 5 need as many answers."""
    three = Scale((0.0, 1.0, 2.0, 3.0), ("",) * 4)
    assert [planned_answers(n, three, sure=0.8) for n in (5, 20, 100)] == [
        planned_answers(n, FIVE, sure=0.8) for n in (5, 20, 100)
    ]


@pytest.mark.parametrize("wrong", [{"headcount": 0}, {"sure": 1.0}, {"distance": 0.0}, {"looks": 0}, {"chance": 0.2}])
def test_a_plan_without_meaning_is_refused(wrong: dict[str, float]) -> None:
    """In plain words."""
    with pytest.raises(ModelError, match="between"):
        answers_needed(**{"headcount": 10, "sure": 0.8, "distance": 0.4, "spread": 0.7, **wrong})  # type: ignore[arg-type]
