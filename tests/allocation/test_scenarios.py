"""Scenarios change what they name and nothing else; plans side by side say what never changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from allocation_cases import seeded, small

from workbench.allocation import Conflict, check_plan, evaluate, solve
from workbench.allocation.scenarios import (
    Scenario,
    apply_scenario,
    compare_scenarios,
    scenario_figures,
    scenario_findings,
)
from workbench.errors import ModelError

RULES = (("floor", "level of loans-market >= 1"), ("cap", "budget in use=market <= 300"))


def test_a_scenario_changes_only_what_it_names() -> None:
    """Weights, capacities, rules, outcomes and maximums; the rest is the base's."""
    base = small(rules=RULES)
    scenario = Scenario(
        "lean",
        weights={"margin": 2.0},
        capacities={"engineers": 20.0},
        rules={"cap": "budget in use=market <= 200", "few": "at most 1 of lines"},
        without_rules=("floor",),
        outcomes={"cards": 50.0, "loans-market": 120.0},
        maximums={"loans-develop": 4.0},
    )
    got = apply_scenario(base, scenario)
    assert got.objectives[0].weight == 2.0
    assert got.objectives[0].worths == pytest.approx(
        {"loans-develop": 100.0, "loans-market": 72.0, "cards-operate": 20.0}
    )
    assert [item.capacity for item in got.resources] == [(20.0,), (400.0,)]
    assert [(rule.name, rule.text, rule.owner) for rule in got.rules] == [
        ("cap", "budget in use=market <= 200", "CFO"),
        ("few", "at most 1 of lines", ""),
    ]
    assert got.activity("loans-develop").maximum == 4.0
    assert (got.lines, got.periods, got.currency) == (base.lines, base.periods, base.currency)
    assert [replace(item, maximum=0, minimum=0, current=0) for item in got.activities] == [
        replace(item, maximum=0, minimum=0, current=0) for item in base.activities
    ]
    assert apply_scenario(base, Scenario("nothing")) == base


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        pytest.param(Scenario("s", weights={"margn": 1}), "'margn'. Did you mean 'margin'", id="objective"),
        pytest.param(Scenario("s", capacities={"enginers": 1}), "Did you mean 'engineers'", id="resource"),
        pytest.param(Scenario("s", without_rules=("flor",)), "Did you mean 'floor'", id="rule"),
        pytest.param(Scenario("s", maximums={"loans-makret": 1}), "Did you mean 'loans-market'", id="activity"),
        pytest.param(Scenario("s", outcomes={"lons": 1}), "Did you mean 'loans'", id="line"),
        pytest.param(Scenario("s", outcomes={"loans": -1}), "-1 % of the base", id="percent"),
        pytest.param(Scenario("s", maximums={"loans-develop": 0.5}), "0.5, below its minimum 1", id="maximum"),
        pytest.param(Scenario("s", capacities={"engineers": float("nan")}), "numbers of 0 or more", id="no number"),
    ],
)  # fmt: skip
def test_a_scenario_that_names_what_there_is_not_is_refused(scenario: Scenario, said: str) -> None:
    """With the nearest name."""
    with pytest.raises(ModelError, match=said):
        apply_scenario(small(rules=RULES), scenario)


def test_each_scenario_has_the_plan_it_would_have_alone() -> None:
    """The same value as solving it by itself, and a regret of nothing for its own plan."""
    base = seeded(5, 9, resources=2, share=0.5)
    half = {item.id: item.capacity[0] * 0.5 for item in base.resources}
    scenarios = (Scenario("lean", capacities=half), Scenario("boom", outcomes={"l000": 300.0, "l001": 20.0}))
    got = compare_scenarios(base, scenarios)
    assert [case.name for case in got.cases] == ["base", "lean", "boom"]
    for place, case in enumerate(got.cases):
        alone = solve(case.portfolio)
        slack = 2e-4 * alone.certificate.lift
        assert case.plan.value == pytest.approx(alone.value, abs=slack)
        assert got.regret[place][place] == 0.0
        for other, loss in zip(got.cases, got.regret[place], strict=True):
            holds = check_plan(case.portfolio, other.plan.first, other.plan.supported).holds
            assert (loss is not None) == holds
            if holds:
                worth = evaluate(case.portfolio, other.plan.first, other.plan.supported).value
                assert loss == pytest.approx(max(case.plan.value - worth, 0.0))
    assert got.regret[1][0] is None, "the base's plan needs what the lean year has not"
    assert got.regret[0][1] is not None
    assert "lean" in got.holds_everywhere
    assert "base" not in got.holds_everywhere


def test_what_never_changes_is_told_from_what_depends() -> None:
    """Cards stays only where its outcome is worth twenty times as much; loans stay whatever happens."""
    base = small(people=18, budget=250)
    got = compare_scenarios(
        base, (Scenario("good", outcomes={"cards": 2000.0}), Scenario("bad", outcomes={"cards": 1.0}))
    )
    by_line = {line.line: line for line in got.lines}
    assert by_line["loans"].decision == "supported"
    assert by_line["cards"].supported[1:] == (True, False)
    assert by_line["cards"].decision == "depends"
    assert [line.line for line in got.depends] == ["cards"]
    assert [line.line for line in got.always] == ["loans"]
    claims = [finding.claim for finding in scenario_findings(got)]
    assert "Consumer loans is supported whatever the scenario." in claims
    assert "Cards hangs on the scenario: closed in base and bad." in claims
    named = (Scenario("good"), Scenario("bad"))
    figures = {figure.key: figure for figure in scenario_figures(base, named, got)}
    assert figures["scenario_decision/cards"].value == "depends"
    assert figures["scenario_value/bad"].value == got.cases[2].plan.value
    assert figures["scenario_depends"].value == 1
    assert figures["scenario_gain/bad"].value == got.cases[2].plan.gain
    assert figures["scenario_regret/good/bad"].value == got.regret[1][2]
    assert figures["scenario_money/cards/bad"].value == by_line["cards"].money[2] == 0.0
    assert list(figures) == [figure.key for figure in scenario_figures(base, named, None)]
    assert all(figure.value is None for figure in scenario_figures(base, named, None))
    assert not list(scenario_figures(base, (), None))


def test_a_scenario_without_a_plan_is_a_conflict_beside_plans() -> None:
    """Nothing is raised; its row and column of regret are empty, and its conflict names the rule."""
    got = compare_scenarios(small(), (Scenario("hard", rules={"floor": "engineers in line=loans >= 200"}),))
    assert isinstance(got.cases[1].answer, Conflict)
    assert [rule.name for rule in got.cases[1].answer.rules] == ["floor"]
    assert got.regret == ((0.0, None), (None, None))
    (said,) = scenario_findings(got)
    assert said.claim == "No plan holds in hard."
    assert said.detail == "floor cannot be kept with what is given."
    assert all(line.supported[1] is None and line.decision != "depends" for line in got.lines)


def test_a_name_twice_is_refused() -> None:
    """And so is the base's."""
    for names in (("a", "a"), ("base",)):
        with pytest.raises(ModelError, match="share a name"):
            compare_scenarios(small(), tuple(Scenario(name) for name in names))
