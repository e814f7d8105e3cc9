"""A model's own scores are recomputed as it defines them, and ours stand beside: a missing answer is not a low one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.engagement.documents import read_yaml
from workbench.readiness import Instrument, build_instrument
from workbench.readiness.tool_scores import combine_levels

DORA = Path(__file__).resolve().parents[2] / "templates" / "instruments" / "dora-quick-check.yaml"
FUNCTIONS = 5
PRACTICES = 3

# The answers in a comment of owaspsamm/sammwise, comps/surveyDisplay/calculator.js ("FOR TESTING"): one value for all
# six questions of a practice, the same four in turn.
SAMMWISE = (1.0, 0.0, 0.25, 0.5)


@dataclass(frozen=True)
class ToolScore:
    """The level of a group: ours, with all missing answers at the bottom and at the top, and the tool's."""

    group: str
    ours: float | None
    low: float | None
    high: float | None
    tool: float | None
    missing: tuple[str, ...]


def compare_with_tool(instrument: Instrument, levels: Mapping[str, float | None]) -> tuple[ToolScore, ...]:
    """Return every group's level as we compute it and as the model's own tool does, from one level an item."""
    held = {item.id: levels.get(item.id) for item in instrument.items}
    spans = {item.id: instrument.span(item) for item in instrument.items}
    blanks = {item.id: instrument.answers(item).blank for item in instrument.items}

    def filled(fill: Mapping[str, float | None]) -> dict[str, float | None]:
        return {name: fill[name] if level is None else level for name, level in held.items()}

    low, high = (filled({name: span[side] for name, span in spans.items()}) for side in (0, 1))
    tool = filled(blanks)
    return tuple(
        ToolScore(
            group.id,
            combine_levels(instrument, group, held),
            combine_levels(instrument, group, low),
            combine_levels(instrument, group, high),
            combine_levels(instrument, group, tool),
            tuple(item.id for item in instrument.items_below(group.id) if held[item.id] is None),
        )
        for group in instrument.groups
    )


@pytest.fixture(scope="module")
def samm() -> Instrument:
    """Return a model of SAMM's size and scoring, without its sentences."""
    options = [{"value": str(value), "label": f"answer {value}", "weight": value} for value in (0, 0.25, 0.5, 1)]
    groups: list[dict[str, Any]] = [{"id": "overall", "name": "overall"}]
    items: list[dict[str, Any]] = []
    for function in range(FUNCTIONS):
        groups.append({"id": f"f{function}", "parent": "overall", "name": f"function {function}"})
        for practice in range(PRACTICES):
            own = f"f{function}p{practice}"
            groups.append({"id": own, "parent": f"f{function}", "name": own, "dimension": True})
            for stream in "ab":
                groups.append({"id": f"{own}{stream}", "parent": own, "name": f"{own}{stream}", "aggregation": "sum"})
                items += [
                    {"id": f"{own}{stream}{level}", "group": f"{own}{stream}", "statement": f"{own} {stream} {level}?"}
                    for level in (1, 2, 3)
                ]
    return build_instrument(
        {
            "name": "like-samm",
            "version": 2,
            "scale": {"values": [0, 1, 2, 3]},
            "answer_sets": [{"id": "k", "blank": 0, "options": options}],
            "groups": groups,
            "items": items,
        }
    )


@pytest.fixture(scope="module")
def dora() -> Instrument:
    """Return the quick check of our templates."""
    document, faults = read_yaml(DORA.read_bytes(), DORA.name)
    assert not faults
    assert document is not None
    return build_instrument(document.content)


def sammwise_answers(instrument: Instrument) -> dict[str, float | None]:
    """Return the test data of SAMMwise: 1, 0, 0.25 and 0.5 in turn, practice by practice."""
    practices = [f"f{function}p{practice}" for function in range(FUNCTIONS) for practice in range(PRACTICES)]
    return {item.id: SAMMWISE[practices.index(item.id[:4]) % len(SAMMWISE)] for item in instrument.items}


def by_group(scores: tuple[ToolScore, ...]) -> dict[str, ToolScore]:
    """Return scores by group."""
    return {score.group: score for score in scores}


def sammwise_calculator(answers: dict[str, float]) -> tuple[list[float], list[float], float]:
    """Recompute practices, functions and the whole as ``testCalculator.js`` does: level by level over both streams."""
    practices, functions = [], []
    for function in range(FUNCTIONS):
        total = 0.0
        for practice in range(PRACTICES):
            held = [[answers[f"f{function}p{practice}{stream}{level}"] for stream in "ab"] for level in (1, 2, 3)]
            practices.append(sum((first + second) / 2 for first, second in held))
            total += practices[-1] / PRACTICES
        functions.append(total)
    return practices, functions, sum(functions) / FUNCTIONS


def test_samm_scores_its_tools_own_test_data(samm: Instrument) -> None:
    """Practices 3, 0, 0.75, 1.5 in turn; functions 1.25, 1.5, 1.75, 0.75, 1.25; the whole 1.3 of 3."""
    got = by_group(compare_with_tool(samm, sammwise_answers(samm)))
    practices = [got[f"f{f}p{p}"].ours for f in range(FUNCTIONS) for p in range(PRACTICES)]
    assert practices == [(3.0, 0.0, 0.75, 1.5)[place % 4] for place in range(15)]
    assert [got[f"f{f}"].ours for f in range(FUNCTIONS)] == [1.25, 1.5, 1.75, 0.75, 1.25]
    assert got["overall"].ours == pytest.approx(1.3)
    assert all(score.ours == score.tool == score.low == score.high for score in got.values())


def test_samm_agrees_with_its_calculator_on_uneven_answers(samm: Instrument) -> None:
    """Summing streams and halving is what the tool does level by level."""
    answers = {item.id: (0.0, 0.25, 0.5, 1.0)[place * 7 % 4] for place, item in enumerate(samm.items)}
    got = by_group(compare_with_tool(samm, answers))
    practices, functions, whole = sammwise_calculator(answers)
    assert [got[f"f{f}p{p}"].tool for f in range(FUNCTIONS) for p in range(PRACTICES)] == pytest.approx(practices)
    assert [got[f"f{f}"].tool for f in range(FUNCTIONS)] == pytest.approx(functions)
    assert got["overall"].tool == pytest.approx(whole)


def test_a_blank_is_no_to_samm_and_missing_to_us(samm: Instrument) -> None:
    """Without one of six answers the tool's practice falls; ours is that of the other stream, inside its range."""
    answers = sammwise_answers(samm)
    answers["f0p0a3"] = None
    got = by_group(compare_with_tool(samm, answers))
    assert (got["f0p0a"].ours, got["f0p0a"].tool) == (None, 2.0), "a sum that lacks a part is no level"
    assert (got["f0p0a"].low, got["f0p0a"].high) == (2.0, 3.0)
    assert (got["f0p0"].ours, got["f0p0"].tool) == (3.0, 2.5)
    assert got["f0p0"].missing == ("f0p0a3",)
    assert got["f1p0"].missing == ()


def test_dora_scores_as_its_own_tests_say(dora: Instrument) -> None:
    """The best answers give 10, the middle of a scale 5 (dora-team/dora.dev, ``data-service.test.ts``)."""
    best = {item.id: dora.span(item)[1] for item in dora.items}
    assert compare_with_tool(dora, best)[0].tool == compare_with_tool(dora, best)[0].ours == 10
    assert [option.weight for option in dora.answers(dora.item("lead_time")).options][:6] == [0, 2, 4, 6, 8, 10]
    rates = {option.value: option.weight for option in dora.answers(dora.item("fail_rate")).options}
    assert (rates["0"], rates["50"], rates["100"]) == (10, 5, 0)
    without_rework = {name: value for name, value in best.items() if name != "rework_rate"}
    assert compare_with_tool(dora, without_rework)[0].tool == 10, "the edition of 2024 has four metrics"


def test_a_missing_fail_rate_is_not_the_best_one(dora: Instrument) -> None:
    """Three poor metrics and no fail rate: 5.0 where it counts as none failing, 3.3 from what is known."""
    got = compare_with_tool(dora, {"lead_time": 2.0, "deployment_frequency": 4.0, "recovery_time": 4.0})[0]
    assert got.tool == 5.0
    assert got.ours == pytest.approx(10 / 3)
    assert got.low is not None
    assert got.high is not None
    assert got.low <= got.ours <= got.high
    assert got.missing == ("fail_rate", "rework_rate")


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((1.0, 1.0, 1.0), 3.0),
        ((1.0, 0.0, 1.0), 1.0),
        ((0.0, 1.0, 1.0), 0.0),
        ((0.5, 0.5, 0.25), 2.0),
        ((1.0, 0.0, None), 1.0),
        ((1.0, None, 1.0), None),
    ],
    ids=["all", "the second is missing", "a tower without a ground floor", "from half on", "decided before", "open"],
)
def test_attained_needs_all_lower_levels(levels: tuple[float | None, ...], expected: float | None) -> None:
    """The third level counts for nothing without the first; an open lower level leaves it open."""
    instrument = build_instrument(
        {
            "name": "steps",
            "version": 1,
            "scale": {"values": [0, 1, 2, 3]},
            "answer_sets": [
                {"id": "k", "options": [{"value": str(v), "label": f"l{v}", "weight": v} for v in (0, 0.25, 0.5, 1)]}
            ],
            "groups": [{"id": "g", "name": "g", "aggregation": "attained", "met": 0.5}],
            "items": [{"id": f"i{n}", "group": "g", "statement": f"s{n}"} for n in (1, 2, 3)],
        }
    )
    got = compare_with_tool(instrument, {f"i{n}": level for n, level in enumerate(levels, start=1)})[0]
    assert got.ours == expected
