"""Steps and initiatives: what comes first, who owns it, what it costs, and how it is known to be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench import readiness
from workbench.readiness import Instrument, Readiness, ReadinessInputs, Settings, Step, Target
from workbench.readiness.anonymity import protect
from workbench.readiness.inputs import CANNOT_SEE
from workbench.readiness.roadmap import MOST_ITEMS, NOBODY, YEAR, Roadmap, plan_roadmap
from workbench.readiness.scores import LINE, ORGANISATION, Part, Score, score
from workbench.readiness.steps import SEE, TOP, plan_steps, ways_to_target
from workbench.readiness.targets import dimension_target, way_to_target
from workbench.stats import Estimate

Make = Callable[..., Any]
ROLES = ("product", "builder", "operations", "support", "executive", "finance", "hr")
OPEN = Settings(minimum_group=1)
LOW = {"x": {"d06_1": 2.2, "d06_2": 1.2}, "y": {"d03_1": 1.6}}


def company(build: Make, instrument: Instrument, *, seed: int = 9, **more: Any) -> ReadinessInputs:
    """Return two lines at 3.6, but for how money is given and who stays in x, and meeting users in y."""
    more.setdefault("settings", OPEN)

    def truth(item: str, line: str | None, role: str) -> float:
        return LOW.get(line or "", {}).get(item, 4.5 if item == "d01_1" else 3.6)

    groups = [(role, line, 14, 12) for line in ("x", "y") for role in ROLES]
    return build(instrument, groups, truth, np.random.default_rng(seed), **more)


@dataclass(frozen=True)
class Planned:
    """What the tests look at: lines, roadmap, and the way of each part."""

    lines: tuple[Part, ...]
    roadmap: Roadmap
    percent_to_target: dict[str, float | None]


def plan(inputs: ReadinessInputs, target: float | None = None) -> Planned:
    """Return the roadmap as `assess` makes it, without all else that it looks at."""
    settings = replace(inputs.settings, target=target)
    raw = score(inputs.answers[-1], inputs.instrument, settings, lines=inputs.lines)
    shown = protect(raw, settings)
    parts = [part for part in raw.parts if part.kind in (ORGANISATION, LINE)]
    groups = [group.id for group in inputs.instrument.groups]
    goals = {
        (part.id, name): dimension_target(inputs.targets, settings, inputs.instrument, shown, part, name)
        for part in parts
        for name in groups
    }
    shares = {part.id: way_to_target(inputs.instrument, shown, part, goals) for part in parts}
    lines = tuple(part for part in parts if part.kind == LINE and shares[part.id] is not None)
    steps = plan_steps(raw, shown, settings, lines, goals, inputs.targets)
    ways = ways_to_target(raw, shown, settings, goals, shares)
    roadmap = plan_roadmap(steps, inputs.instrument, settings, inputs.targets, inputs.projects, ways)
    return Planned(lines, roadmap, shares)


def assess(inputs: ReadinessInputs, **more: Any) -> Readiness:
    """Return the whole assessment."""
    found = readiness.assess(inputs, **more)
    assert isinstance(found, Readiness)
    return found


@pytest.fixture(scope="module")
def result(build: Make, instrument: Instrument) -> Planned:
    """Return the company as planned, openly named, aiming at 3."""
    return plan(company(build, instrument), target=3.0)


def test_standing_teams_wait_for_how_money_is_given(result: Planned) -> None:
    """The prerequisite first, then what waits for it, in a later quarter, and it says what it waits for."""
    steps = {step.item: step for step in result.roadmap.steps if step.line == "x"}
    assert steps["d06_1"].quarter < steps["d06_2"].quarter
    assert steps["d06_2"].waits_for == ("d06_1",)
    assert steps["d06_1"].to == steps["d06_2"].to == 3.0
    assert "d06_1" not in {step.item for step in result.roadmap.steps if step.line == "y"}


def test_gains_of_a_line_are_the_rest_of_its_way(result: Planned) -> None:
    """Parts to whole: with everything shown, the gains of all steps lead the lines to their targets."""
    held = result.roadmap
    lines = {part.id: sum(step.gain for step in held.steps if step.line == part.id) for part in result.lines}
    whole = sum(step.gain for step in held.steps if not step.line)
    left = np.mean([1 - (result.percent_to_target[name] or 0) for name in lines])
    # The way is shown in whole percents, and levels with one decimal.
    assert whole + np.mean(list(lines.values())) == pytest.approx(left, abs=0.012)


def test_a_stable_step_is_said_to_be_stable(result: Planned) -> None:
    """With one item far below all others nearly every draw has it in front."""
    first = {step.line: step for step in reversed(result.roadmap.steps) if step.line}
    assert first["y"].item == "d03_1"
    assert first["y"].stability == 1.0
    assert all(0 <= (step.stability or 0) <= 1 for step in result.roadmap.steps)


def test_where_everybody_answered_no_rank_can_move(build: Make, instrument: Instrument) -> None:
    """A full count has no sampling error: the first steps are first in every draw."""
    groups = [(role, line, 8, 8) for line in ("x", "y") for role in ROLES]
    inputs = build(instrument, groups, lambda *_: 2.6, np.random.default_rng(5), settings=OPEN)
    for step in plan(inputs).roadmap.steps:
        if step.quarter <= YEAR:
            assert step.stability == (1.0 if step.rank <= TOP else 0.0)
        else:
            assert step.stability is None


def test_few_people_have_no_stability(build: Make, instrument: Instrument) -> None:
    """Under ten people of a line nothing is said of how far their answers lie apart."""
    groups = [(role, "x", 1, 1) for role in ROLES] + [(role, "y", 9, 7) for role in ROLES]
    inputs = build(instrument, groups, lambda *_: 2.5, np.random.default_rng(5), settings=Settings())
    held = plan(inputs).roadmap
    assert {step.line for step in held.steps} <= {"", "y"}
    small = build(
        instrument, [("product", "x", 4, 4), ("builder", "x", 5, 5)], lambda *_: 2.5, np.random.default_rng(1)
    )
    assert all(step.stability is None for step in plan(small).roadmap.steps)


def test_what_few_can_see_is_made_visible_first(build: Make, instrument: Instrument) -> None:
    """Where most cannot see it, the step is to make it visible; the level is raised afterwards."""
    inputs = company(build, instrument)
    held = inputs.answers[0]
    status, levels = held.status.copy(), held.levels.copy()
    rows = (held.sheets["product_line"] == "y").to_numpy() & (np.arange(len(held.sheets)) % 4 != 0)
    hit = rows & (status["d03_1"] == "answered").to_numpy()
    status.loc[hit, "d03_1"], levels.loc[hit, "d03_1"] = CANNOT_SEE, np.nan
    blind = replace(inputs, answers=(replace(held, status=status, levels=levels),))
    steps = [step for step in plan(blind, target=3.0).roadmap.steps if (step.line, step.item) == ("y", "d03_1")]
    assert [step.kind for step in steps] == [SEE, "raise"]
    assert steps[0].gain == 0
    assert steps[1].quarter > steps[0].quarter


def test_hidden_levels_are_not_planned(build: Make, instrument: Instrument) -> None:
    """A step names no level that is not shown."""
    held = plan(company(build, instrument, settings=Settings()))
    for step in held.roadmap.steps:
        assert step.score.level is not None
        assert not step.score.hidden


def test_the_clients_effort_owner_and_cost_win(build: Make, instrument: Instrument) -> None:
    """readiness_targets says what a step takes and who owns it; a row is paid once, though two lines need it."""
    targets = (
        Target("d06", "", 4.0, effort=1, cost=50_000.0, owner="Head of Finance"),
        Target("d03_1", "y", 4.0, effort=4, owner="Head of Service"),
    )
    held = plan(company(build, instrument, targets=targets)).roadmap
    money = [step for step in held.steps if step.dimension == "d06"]
    assert {step.line for step in money} == {"x", "y"}
    assert {step.effort for step in money} == {1.0}
    assert {step.target for step in money} == {4.0}
    assert next(step for step in held.steps if step.item == "d03_1").owner == "Head of Service"
    costs = [one.cost for one in held.initiatives if one.cost is not None]
    assert sum(costs) == 50_000.0
    owners = {one.owner for one in held.initiatives if "d06" in one.dimensions}
    assert all(owner.startswith("Head of Finance") for owner in owners)
    assert NOBODY in {one.owner for one in held.initiatives}


def test_funding_lists_the_running_projects(build: Make, instrument: Instrument) -> None:
    """By what becomes of them; an initiative about something else lists none."""
    projects = pd.DataFrame(
        {"project": ["Core", "App", "Portal", "Study"], "disposition": ["finish", "absorb", "absorb", None]}
    )
    held = plan(company(build, instrument, projects=projects), target=3.0).roadmap
    assert held.initiatives
    for one in held.initiatives:
        expected = (("absorb", ("App", "Portal")), ("finish", ("Core",)), ("not decided", ("Study",)))
        assert one.projects == (expected if "d06" in one.dimensions else ())


def step(item: str, line: str = "x", **more: Any) -> Step:
    """Return a made-up step."""
    score = Score("item", item, Part("line", line, line.upper()), Estimate(2.0, None, None, None, None, 0.95, 12))
    held = Step(line, line.upper(), item, item[:3], "raise", score, 2.0, 3.0, 3.0, 1, 1, 0.01, 1.0)
    return replace(held, **more)


def test_few_initiatives_keep_one_item_each(instrument: Instrument) -> None:
    """Steps of one item are one initiative, whatever the lines."""
    steps = [step("d03_1", "x"), step("d03_1", "y"), step("d04_1", "x")]
    held = plan_roadmap(steps, instrument, Settings()).initiatives
    assert [one.items for one in held] == [("d03_1",), ("d04_1",)]
    assert held[0].waves == (("X", "Y"),)
    assert held[0].effort == 2.0
    assert held[0].gain == pytest.approx(0.01), "the mean over both lines"


def test_what_waits_joins_before_what_is_alike(instrument: Instrument) -> None:
    """Over the limit, 5.1 joins 4.1 for which it waits; then 3.4 joins 3.1, of the same dimension."""
    steps = [
        step("d04_1", gain=0.07),
        step("d03_1", gain=0.04),
        step("d08_2", gain=0.03),
        step("d05_1", gain=0.01, waits_for=("d04_1",), quarter=2),
        step("d03_4", gain=0.02),
    ]
    four = plan_roadmap(steps, instrument, Settings(initiatives=4)).initiatives
    assert {frozenset(one.items) for one in four} == {
        frozenset({"d04_1", "d05_1"}),
        frozenset({"d03_1"}),
        frozenset({"d08_2"}),
        frozenset({"d03_4"}),
    }
    three = plan_roadmap(steps, instrument, Settings(initiatives=3)).initiatives
    assert frozenset({"d03_1", "d03_4"}) in {frozenset(one.items) for one in three}
    assert three[0].items == ("d04_1", "d05_1"), "what is waited for comes first"


def test_nothing_kept_waits_for_something_left_for_later(instrument: Instrument) -> None:
    """The initiative that is kept takes along what it needs, however little that brings."""
    steps = [
        step("d10_1", gain=0.09, waits_for=("d01_4",), quarter=2),
        step("d01_4", gain=0.0001),
        step("d03_1", gain=0.08),
        step("d09_2", gain=0.001),
    ]
    held = plan_roadmap(steps, instrument, Settings(initiatives=2))
    inside = {item for one in held.initiatives for item in one.items}
    assert inside == {"d10_1", "d01_4", "d03_1"}
    assert held.later == ("d09_2",)


def test_a_board_sees_few_and_the_rest_is_later(result: Planned, instrument: Instrument) -> None:
    """At most five initiatives of at most so many items, within the year; every item is in one, or later."""
    held = result.roadmap
    assert 1 <= len(held.initiatives) <= 5
    inside = [item for one in held.initiatives for item in one.items]
    assert len(inside) == len(set(inside))
    assert set(inside) | set(held.later) == {one.item for one in held.steps}
    for one in held.initiatives:
        assert all(1 <= held_step.quarter <= YEAR for held_step in one.steps)
        assert [name for name, _, _ in one.exit_test] == list(one.items)
        assert all(evidence == instrument.item(name).evidence for name, _, evidence in one.exit_test)
    many = [step(item.id, gain=0.01 + place / 1000) for place, item in enumerate(instrument.items)]
    crowded = plan_roadmap(many, instrument, Settings()).initiatives
    assert len(crowded) == 5
    assert all(len(one.items) <= MOST_ITEMS for one in crowded)


def test_waves_begin_where_it_can_start_soonest_and_double(instrument: Instrument) -> None:
    """Two pilots, then four, then the rest; the soonest first, then the most for the effort."""
    lines = {"a": (2, 0.9), "b": (1, 0.1), "c": (1, 0.3), "d": (1, 0.2), "e": (3, 0.9), "f": (1, 0.05), "g": (4, 0.1)}
    steps = [step("d03_1", line, quarter=quarter, gain=gain) for line, (quarter, gain) in lines.items()]
    (one,) = plan_roadmap(steps, instrument, Settings()).initiatives
    assert one.waves == (("C", "D"), ("B", "F", "A", "E"), ("G",))


def test_the_order_of_sheets_changes_no_step(build: Make, instrument: Instrument, result: Planned) -> None:
    """The same people in another order, and the lines in another, get the same plan and the same stability."""
    inputs = company(build, instrument)
    held = inputs.answers[0]
    order = np.random.default_rng(2).permutation(len(held.sheets))
    frames = {name: getattr(held, name).iloc[order] for name in ("sheets", "levels", "status", "codes")}
    moved = replace(inputs, answers=(replace(held, **frames),), lines=inputs.lines[::-1])
    again = plan(moved, target=3.0).roadmap
    assert {(one.line, one.item, one.quarter, one.stability) for one in again.steps} == {
        (one.line, one.item, one.quarter, one.stability) for one in result.roadmap.steps
    }
    assert {one.items for one in again.initiatives} == {one.items for one in result.roadmap.initiatives}


def test_the_way_has_an_interval_that_holds_it(result: Planned) -> None:
    """The share of the way lies in its interval; a hidden line has none."""
    for way in result.roadmap.ways.values():
        assert way.low is not None
        assert way.high is not None
        assert way.low <= way.share <= way.high


def test_next_steps_begin_with_the_initiatives(build: Make, instrument: Instrument, result: Planned) -> None:
    """One finding an initiative, as planned: where to start, what it waits for, who owns it, when it is done."""
    whole = assess(company(build, instrument), target=3.0)
    assert whole.roadmap == result.roadmap
    found = readiness.next_steps(whole)
    assert len(found) >= len(whole.roadmap.initiatives)
    about_money = next(finding for finding in found if "how money is given (6.1)" in finding.claim)
    assert about_money.claim == "Work on: how money is given (6.1) in X."
    assert "Owner: to be named." in about_money.detail
    assert "Done when shown: 6.1 at 3 (budget file)" in about_money.detail
    teams = next(finding for finding in found if "standing teams (6.2)" in finding.claim)
    assert "Waits for how money is given." in teams.detail
    assert "at most 3 steps a quarter" in readiness.method(whole)
    figures = readiness.figures(whole)
    way = whole.roadmap.ways["x"]
    assert (figures["percent-to-target/x"].low, figures["percent-to-target/x"].high) == (way.low, way.high)


def test_what_waits_comes_after_what_it_waits_for(build: Make, instrument: Instrument, result: Planned) -> None:
    """A chain of waiting initiatives is told from its end; a circle ends too."""
    whole = assess(company(build, instrument), target=3.0)
    held = (result.roadmap.initiatives * 3)[:3]
    for after, order in (((3,), (), (2,)), (2, 3, 1)), (((2,), (3,), (1,)), (1, 3, 2)):
        chain = tuple(
            replace(one, owner=f"owner {n}", after=a) for n, (one, a) in enumerate(zip(held, after, strict=True), 1)
        )
        found = readiness.next_steps(replace(whole, roadmap=replace(whole.roadmap, initiatives=chain)))
        assert [finding.detail.split("Owner: owner ")[1][0] for finding in found[:3]] == [str(n) for n in order]


@pytest.mark.parametrize(("level", "expected"), [(1.0, 0.0), (3.0, 0.5), (5.0, 1.0)])
def test_the_way_of_a_sum_begins_at_the_lowest_sum(
    level: float, expected: float, small: Make, answers_of: Make
) -> None:
    """Three questions of 1 to 5 sum up to 3 to 15: whoever stands at 3 has come no way at all."""
    instrument = small({"d01": ["a", "b", "c"]}, groups=[{"id": "d01", "name": "d01", "aggregation": "sum"}])
    answers = answers_of(instrument, [("builder", None)] * 12, np.full((12, 3), level))
    found = readiness.assess(ReadinessInputs(instrument, (answers,), (), replace(OPEN, target=5.0)))
    assert isinstance(found, Readiness)
    assert found.percent_to_target[""] == expected
