"""Trade-offs and scenarios as exhibits: claims with figures that exist, every state in words, marks that are drawn."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "allocation"))

from allocation_cases import small
from drawn_by_matplotlib import figure_of
from report_samples import assert_reads_well

from workbench.allocation import (
    Allocation,
    AllocationInputs,
    Conflict,
    Objective,
    Portfolio,
    Scenario,
    allocate,
    cautions,
    figures,
    frontier_findings,
)
from workbench.findings import Off
from workbench.report.chart import Chart
from workbench.report.drawing.draw import draw_chart, page_svg
from workbench.report.exhibit import Exhibit, Note
from workbench.report.exhibits_tradeoffs import frontier_exhibit, scenario_lines_exhibit, scenarios_exhibit
from workbench.report.tables import Table

EXHIBITS: tuple[Callable[..., Exhibit], ...] = (frontier_exhibit, scenarios_exhibit, scenario_lines_exhibit)
NAMES = ("money", "points", "bare", "conflict")
OFF = Off("allocation", "How to spread resources cannot be said.", ("resources", "activities"))
GOOD = Scenario("good", "Cards are worth much more.", outcomes={"cards": 2000.0})
HARD = Scenario("hard", "Loans need what there is not.", rules={"floor": "engineers in line=loans >= 200"})
REACH = {"loans-develop": 5.0, "loans-market": 10.0, "cards-operate": 90.0}


def two_goals(*, is_money: bool = True, people: float = 18.0, budget: float = 250.0) -> Portfolio:
    """Return the small portfolio with a second objective, which Cards serves."""
    portfolio = small(people=people, budget=budget)
    return replace(
        portfolio, objectives=(*portfolio.objectives, Objective("future_reach", 1.0, REACH, is_money, is_money))
    )


@cache
def results() -> dict[str, Allocation | Conflict]:
    """Return a plan with everything, one in points with a scenario that has no plan, a bare one, and a conflict."""
    clash = small(rules=(("Loans floor", "engineers in line=loans >= 26"),), people=24.0)
    points = two_goals(is_money=False)
    return {
        "money": allocate(AllocationInputs(two_goals(), scenarios=(GOOD,)), points=6),
        "points": allocate(AllocationInputs(points, scenarios=(GOOD, HARD)), points=4),
        "bare": allocate(AllocationInputs(small())),
        "conflict": allocate(AllocationInputs(clash, scenarios=(GOOD,)), points=4),
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("show", EXHIBITS)
def test_every_exhibit_is_a_claim_with_figures_that_exist(show: Callable[..., Exhibit], name: str) -> None:
    """One sentence of two lines at most, a source, an alternative text, and ids of figures of the result."""
    result = results()[name]
    assert_reads_well(show(result), {item.id: item.value for item in figures(result)})
    assert len({show(result).claim for show in EXHIBITS}) == len(EXHIBITS)


def test_a_frontier_shows_its_points_the_plan_and_today() -> None:
    """Amounts are the figures', the points fall, the plan's place is what it brings, and the ends are named."""
    result = results()["money"]
    assert isinstance(result, Allocation)
    assert result.frontier is not None
    exhibit, numbers = frontier_exhibit(result), figures(result)
    chart = exhibit.content
    assert isinstance(chart, Chart)
    count = len(result.frontier.points)
    assert count > 2
    assert chart.role("value")[:count] == tuple(numbers[f"frontier_goal/{k + 1}"].value for k in range(count))
    assert list(chart.role("value")[:count]) == sorted(chart.role("value")[:count], reverse=True)
    assert list(chart.role("level")[:count]) == sorted(chart.role("level")[:count])
    assert chart.role("mark")[count:] == ("plan", "today")
    closed = sum(result.portfolio.closing_value(line) for line, kept in result.plan.supported.items() if not kept)
    plan = result.plan.found.by_objective
    assert (chart.role("value")[count], chart.role("level")[count]) == pytest.approx(
        (plan["margin"] - closed, plan["future_reach"])
    )
    assert chart.role("label")[0] == "1: most margin"
    assert chart.role("label")[count - 1] == f"{count}: most future reach"
    first = result.frontier.points
    spread = first[-1].other - first[0].other
    assert numbers["frontier_first_gained"].value >= 0.25 * spread - 1e-6
    # weights chose among the same plans: no point beats the best one by more than its gap
    assert max(point.goal + point.other for point in first) <= result.best.value * (1 + 1e-3)


def test_lines_that_change_along_the_way_are_named() -> None:
    """In the table, on the chart and in a finding."""
    result = results()["money"]
    assert isinstance(result, Allocation)
    chart = frontier_exhibit(result).content
    assert isinstance(chart, Chart)
    told = [words for words in chart.role("change") if words != "–"]
    changed = [point for point in result.frontier.points if point.changed]
    assert len(told) == len(changed) > 0
    assert all(str(words).startswith("Cards ") for words in told)
    claims = [
        item.claim
        for item in frontier_findings(result.portfolio, result.frontier, result.plan.found, result.plan.supported)
    ]
    assert "Cards hangs on how much future reach is wanted." in claims
    assert claims[0] == frontier_exhibit(result).claim


@pytest.mark.parametrize("width", [760.0, 350.0])
def test_a_frontier_is_drawn_inside_its_sheet(width: float) -> None:
    """On a page and on a phone; no two labels lie on each other."""
    for name in ("money", "points"):
        chart = frontier_exhibit(results()[name]).content
        figure = figure_of(draw_chart(chart, width=width, is_framed=False))
        renderer = figure.canvas.get_renderer()
        boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
        words = [text.get_text() for text in figure.axes[0].texts]
        assert {"The plan", "Margin"} <= set(words)
        for place, box in enumerate(boxes):
            assert box.x0 >= -1
            assert box.x1 <= figure.bbox.width + 1
            for other, said in zip(boxes[place + 1 :], words[place + 1 :], strict=True):
                apart = (
                    box.x1 <= other.x0 + 1 or other.x1 <= box.x0 + 1 or box.y1 <= other.y0 + 1 or other.y1 <= box.y0 + 1
                )
                assert apart, (words[place], said)
        assert page_svg(chart).startswith("<svg")


def test_scenarios_stand_side_by_side() -> None:
    """Value and gain of each, and what another's plan would lose there; its own loses nothing."""
    result = results()["money"]
    assert isinstance(result, Allocation)
    content = scenarios_exhibit(result).content
    assert isinstance(content, Table)
    names = [column.name for column in content.columns]
    rows = [dict(zip(names, row, strict=True)) for row in content.rows]
    assert [row["scenario"] for row in rows] == ["Base", "Good"]
    assert rows[1]["text"] == "Cards are worth much more."
    assert (rows[0]["loss0"], rows[1]["loss1"]) == (0.0, 0.0)
    good = result.comparison.cases[1]
    assert rows[1]["loss0"] == pytest.approx(result.comparison.regret[1][0] / good.plan.gain)
    assert rows[1]["gain"] == pytest.approx(good.plan.gain / good.plan.baseline_value)
    lines = scenario_lines_exhibit(result).content
    assert isinstance(lines, Table)
    assert [row[0] for row in lines.rows] == ["Consumer loans", "Cards"]


def test_a_scenario_without_a_plan_says_so() -> None:
    """Its row has no numbers, and it is the claim."""
    exhibit = scenarios_exhibit(results()["points"])
    assert exhibit.claim == "Hard has no plan at all."
    assert "No plan holds in hard." in [item.claim for item in cautions(results()["points"])]
    cells = exhibit.content.cells()[-1]
    assert "no plan holds" in cells
    assert cells.count("–") >= 4


ONE = "Only one objective counts, so there is nothing to trade off."
NONE = "No scenarios were given: the plan speaks of one future."
NO_PLAN = "There is no plan, so objectives cannot be traded off."
NO_BASE = "There is no plan, so scenarios have nothing to be compared with."


@pytest.mark.parametrize(
    ("show", "name", "claim"),
    [
        pytest.param(frontier_exhibit, "bare", ONE, id="one objective"),
        pytest.param(scenarios_exhibit, "bare", NONE, id="no scenarios"),
        pytest.param(frontier_exhibit, "conflict", NO_PLAN, id="conflict"),
        pytest.param(scenarios_exhibit, "conflict", NO_BASE, id="conflict of scenarios"),
    ],
)
def test_where_there_is_nothing_to_show_a_note_says_why(show: Callable[..., Exhibit], name: str, claim: str) -> None:
    """Behind the body, in one sentence."""
    exhibit = show(results()[name])
    assert isinstance(exhibit.content, Note)
    assert exhibit.is_appendix
    assert exhibit.claim == claim


def test_what_was_switched_off_is_told() -> None:
    """No points asked for, scenarios not compared: each says so, and the caution comes back."""
    result = allocate(AllocationInputs(two_goals(), scenarios=(GOOD,)), compare=False)
    assert frontier_exhibit(result).claim == "What the objectives cost each other was not worked out in this run."
    assert scenarios_exhibit(result).claim == "The scenarios were not compared in this run."
    said = "Scenarios were read and checked, and not computed with yet."
    assert said in [item.claim for item in cautions(result)]
    assert said not in [item.claim for item in cautions(results()["money"])]
    for show in EXHIBITS:
        assert isinstance(show(OFF).content, Note)


def test_one_plan_with_the_most_of_both_leaves_nothing_to_trade() -> None:
    """An objective that is the other's twin."""
    portfolio = small()
    (margin,) = portfolio.objectives
    twin = replace(portfolio, objectives=(margin, replace(margin, id="twin")))
    exhibit = frontier_exhibit(allocate(AllocationInputs(twin), points=4))
    assert exhibit.claim == "One plan has the most of margin and of twin: there is nothing to trade off."
    light, heavy = replace(margin, id="light", weight=0.5), replace(margin, id="heavy", weight=2.0)
    three = AllocationInputs(replace(portfolio, objectives=(margin, light, heavy)))
    found = allocate(three, points=2)
    assert (found.frontier.objective, found.frontier.against) == ("heavy", "margin")
    chosen = allocate(three, points=2, trade=("light", "heavy"))
    assert (chosen.frontier.objective, chosen.frontier.against) == ("light", "heavy")
