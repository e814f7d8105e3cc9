"""A model of any shape goes through the whole chapter: other scales, sums, attained levels, no gates, no verdict."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import workbench
from tests.engagement.samm_folder import samm_files
from workbench.engagement.instruments.library import load_instrument
from workbench.findings import Off
from workbench.readiness import (
    Answers,
    Instrument,
    Readiness,
    ReadinessInputs,
    Target,
    assess,
    build_instrument,
    cautions,
    figures,
    headline,
    method,
    next_steps,
    routed,
)
from workbench.report.exhibit import Exhibit
from workbench.report.exhibits_models import tool_scores_exhibit

ROOT = Path(__file__).resolve().parents[2]
LINES = ("x", "y", "z")
HOMES = re.compile(r"workbench\.report\.exhibits_(readiness|respondents|sources|waves|roadmap|models)")
EXHIBITS = [name for name in workbench.__all__ if HOMES.match(workbench._HOMES.get(name, ""))]


def two_levels() -> Instrument:
    """Return yes or no, the smallest of two, a mean of two."""
    return build_instrument(
        {
            "name": "yes-or-no",
            "version": 1,
            "scale": {"values": [0, 1]},
            "roles": [{"id": "a", "name": "those who plan"}, {"id": "b", "name": "those who do"}],
            "cuts": [
                {"id": "plan", "name": "those who plan", "roles": ["a"]},
                {"id": "do", "name": "those who do", "roles": ["b"]},
            ],
            "answer_sets": [
                {
                    "id": "yn",
                    "options": [
                        {"value": "no", "label": "No", "weight": 0},
                        {"value": "yes", "label": "Yes", "weight": 1},
                    ],
                }
            ],
            "groups": [
                {"id": "w", "name": "Whole"},
                {"id": "m", "parent": "w", "name": "Money", "aggregation": "smallest", "dimension": True},
                {"id": "p", "parent": "w", "name": "People", "dimension": True},
            ],
            "items": [
                {"id": name, "group": name[0], "statement": f"Question {name}?"} for name in ("m1", "m2", "p1", "p2")
            ],
        }
    )


def steps() -> Instrument:
    """Return levels that are attained: each needs all below it."""
    return build_instrument(
        {
            "name": "steps",
            "version": 1,
            "scale": {"values": [0, 1, 2, 3]},
            "answer_sets": [
                {
                    "id": "k",
                    "options": [{"value": str(v), "label": f"answer {v}", "weight": v} for v in (0, 0.25, 0.5, 1)],
                }
            ],
            "groups": [
                {"id": name, "name": name.upper(), "aggregation": "attained", "met": 0.5} for name in ("g", "h")
            ],
            "items": [{"id": f"{g}{n}", "group": g, "statement": f"Is {g} at {n}?"} for g in "gh" for n in (1, 2, 3)],
        }
    )


MODELS: dict[str, Callable[[], Instrument]] = {
    "like SAMM": lambda: load_instrument("samm", ROOT, samm_files()),
    "DORA's quick check": lambda: load_instrument("dora-quick-check", ROOT),
    "yes or no": two_levels,
    "steps": steps,
}


def inputs(
    instrument: Instrument, *, people: int = 12, gaps: float = 0.1, seed: int = 1, **more: Any
) -> ReadinessInputs:
    """Return answers drawn at random: so many people a line and role, of four more who were asked."""
    rng = np.random.default_rng(seed)
    roles = [role.id for role in instrument.roles]
    who = [(role, line) for line in LINES for role in roles for _ in range(people)]
    levels, status = {}, {}
    for item in instrument.items:
        weights = [option.weight for option in instrument.answers(item).options if option.weight is not None]
        is_asked = np.array([item.id in routed(instrument, role) for role, _ in who])
        is_blank = rng.random(len(who)) < gaps
        levels[item.id] = np.where(is_asked & ~is_blank, rng.choice(weights, len(who)), np.nan)
        status[item.id] = np.where(is_asked, np.where(is_blank, "blank", "answered"), "not asked")
    sheets = pd.DataFrame(
        {
            "respondent": [f"p{place}" for place in range(len(who))],
            "wave": "w",
            "unit": None,
            "role": [role for role, _ in who],
            "product_line": [line for _, line in who],
            "seconds": np.nan,
        }
    )
    population = pd.DataFrame(
        [(None, role, line, people + 4) for line in LINES for role in roles],
        columns=["unit", "role", "product_line", "headcount"],
    )
    answers = Answers(
        "w",
        None,
        sheets,
        pd.DataFrame(levels),
        pd.DataFrame(status, dtype=object),
        pd.DataFrame(index=sheets.index),
        population=population,
    )
    return ReadinessInputs(instrument, (answers,), tuple((line, f"Line {line.upper()}") for line in LINES), **more)


@pytest.fixture(scope="module", params=MODELS, ids=str)
def result(request: pytest.FixtureRequest) -> Readiness:
    """Return the assessment by one of the models."""
    found = assess(inputs(MODELS[request.param]()))
    assert isinstance(found, Readiness)
    return found


def test_without_gates_there_is_no_verdict_and_all_else(result: Readiness) -> None:
    """Levels, cautions, steps, figures and method are there; the bottom line says why there is no class."""
    assert result.verdict is None
    assert "no verdict" in headline(result)[0].claim
    assert len(cautions(result)) > 0
    assert len(method(result)) > 100
    assert all(finding.claim.endswith(".") for finding in (*cautions(result), *next_steps(result)))
    levels = [figure for figure in figures(result) if figure.key.startswith("level/") and figure.value is not None]
    assert levels


def test_levels_stay_on_the_models_own_range(result: Readiness) -> None:
    """No level, target or band leaves what its part of the model can reach."""
    frame = result.to_frame()
    for row in frame.itertuples():
        low, high = result.instrument.bounds(row.dimension)
        held = [value for value in (row.level, row.band_low, row.band_high, row.target) if value == value]
        assert all(low - 1e-9 <= value <= high + 1e-9 for value in held), row
    assert frame["level"].notna().any()


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_takes_every_model(result: Readiness, name: str) -> None:
    """Without a trace of five levels, classes or claims that the model does not have."""
    shown = getattr(workbench, name)(result)
    assert isinstance(shown, Exhibit)
    said = repr(shown)
    assert said
    span = f"{result.instrument.scale.lowest:g} to {result.instrument.scale.highest:g}"
    assert "1 to 5" not in said or span == "1 to 5"


def test_pages_take_every_model(result: Readiness) -> None:
    """A page for each line, and the one that compares them."""
    assert len(workbench.line_pages(result)) == len(LINES)
    assert workbench.comparison_page(result) is not None


def test_targets_lie_as_far_up_each_range() -> None:
    """Two of three for a practice is two thirds for a question; the client's own target wins."""
    instrument = MODELS["like SAMM"]()
    held = assess(inputs(instrument), target=2.0)
    assert isinstance(held, Readiness)
    assert held.targets[("", "p_doors")] == pytest.approx(2.0)
    assert held.targets[("", "k_do_a")] == pytest.approx(2.0)
    own = Target("k_do_3_a", "", 0.0)
    assert isinstance(changed := assess(inputs(instrument, targets=(own,)), target=3.0), Readiness)
    assert changed.targets[("", "k_do_a")] == pytest.approx(2.0), "without the third question the stream ends at 2"
    assert changed.targets[("", "k_do_b")] == pytest.approx(3.0)


def test_the_models_own_tool_is_shown_beside_ours() -> None:
    """SAMM counts a missing answer as No, so its level lies at the lower end of our range."""
    held = assess(inputs(MODELS["like SAMM"]()))
    assert isinstance(held, Readiness)
    numbers = figures(held)
    for group in held.instrument.groups:
        score = held.scores.get("dimension", held.organisation, group.id)
        assert numbers[f"tool/{group.id}"].value == score.band_low
        assert score.level is not None
        assert score.band_low is not None
        assert score.band_low < score.level.value
    shown = repr(tool_scores_exhibit(held))
    assert "The model's own tool would show" in shown


def test_with_every_answer_in_the_two_ways_agree() -> None:
    """The difference is what is missing, and nothing else."""
    instrument = MODELS["DORA's quick check"]()
    whole = inputs(instrument, gaps=0.0)
    everyone = whole.answers[0].population
    assert everyone is not None
    complete = ReadinessInputs(
        instrument,
        (
            Answers(
                "w",
                None,
                whole.answers[0].sheets,
                whole.answers[0].levels,
                whole.answers[0].status,
                whole.answers[0].codes,
                population=everyone.assign(headcount=12),
            ),
        ),
        whole.lines,
    )
    held = assess(complete)
    assert isinstance(held, Readiness)
    score = held.scores.get("dimension", held.organisation, "delivery")
    assert score.level is not None
    assert figures(held)["tool/delivery"].value == pytest.approx(score.level.value, abs=0.1)
    assert "missing answers make no difference" in repr(tool_scores_exhibit(held))


def test_a_model_without_a_tool_of_its_own_says_so() -> None:
    """Ours has none, and a chapter that is off has nothing to show."""
    held = assess(inputs(steps()))
    assert isinstance(held, Readiness)
    assert "no tool of its own" in repr(tool_scores_exhibit(held))
    assert not [figure for figure in figures(held) if figure.key.startswith("tool/")]
    assert "survey" in repr(tool_scores_exhibit(Off("readiness", "There is no survey.", ("survey",))))


def test_a_uniform_answer_of_few_people_shows_only_an_end_of_its_own_range() -> None:
    """Nine people who all say yes to a question of 0 to 1 in a model of 0 to 3: 1.0 would tell what each one said."""
    instrument = MODELS["like SAMM"]()
    held = inputs(instrument, people=9, gaps=0.0)
    for name in ("k_do_1_a", "k_do_2_a", "k_do_3_a"):
        held.answers[0].levels[name] = np.where(held.answers[0].sheets["product_line"] == "x", 1.0, 0.0)
    found = assess(held)
    assert isinstance(found, Readiness)
    shown = [
        found.scores.get("item", part, "k_do_1_a")
        for part in found.lines
        if found.scores.get("item", part, "k_do_1_a").level is not None
    ]
    assert shown
    for score in shown:
        assert score.edge in ("≤", "≥")
        assert score.level is not None
        assert 0.0 < score.level.value < 1.0
