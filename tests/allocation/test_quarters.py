"""Plans over several quarters: against published optima, enumeration and a second formulation; limits, loads, words."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from allocation_cases import seeded, small
from scipy.optimize import linprog

from workbench.allocation import (
    Activity,
    Closing,
    Line,
    Objective,
    Portfolio,
    QuarterConflict,
    QuarterPlan,
    Resource,
    Rule,
    adbudg_from_answers,
    check_quarters,
    points_curve,
    solve,
    solve_quarters,
)
from workbench.allocation.quarters_cover import QuarterCover
from workbench.allocation.quarters_form import quarter_form
from workbench.errors import ModelError

QUARTERS = ("2026-Q4", "2027-Q1", "2027-Q2", "2027-Q3")


def planned(portfolio: Portfolio, **how: float) -> QuarterPlan:
    """Return the plan, which must exist and hold."""
    found = solve_quarters(portfolio, **how)
    assert isinstance(found, QuarterPlan)
    assert check_quarters(portfolio, found.levels, found.supported) == ()
    return found


def linear(
    name: str,
    line: str,
    worth: float,
    recipe: dict[str, float],
    *,
    current: float = 0.0,
    most: float = 10.0,
    least: float = 0.0,
    later: dict[str, float] | None = None,
) -> tuple[Activity, float]:
    """Return an activity whose outcome is its level, and what that is worth."""
    curve = points_curve([0.0, most], [0.0, most])
    return Activity(name, line, "develop", "teams", curve, recipe, current, least, most, later_load=later or {}), worth


def made(
    pairs: list[tuple[Activity, float]],
    resources: list[Resource],
    *,
    lines: tuple[Line, ...] = (),
    rules: tuple[Rule, ...] = (),
    is_money: bool = True,
) -> Portfolio:
    """Return a portfolio of linear activities; lines that are not given are never closed."""
    names = {line.id for line in lines}
    more = tuple(Line(name) for name in dict.fromkeys(item.line for item, _ in pairs) if name not in names)
    worths = {item.id: worth for item, worth in pairs}
    return Portfolio(
        tuple(resources), tuple(item for item, _ in pairs), (*lines, *more),
        (Objective("margin", 1.0, worths, is_money, is_money),), rules,
        periods=QUARTERS[: len(resources[0].capacity)],
    )  # fmt: skip


WORTHS = (
    *(1898, 440, 22507, 270, 14148, 3100, 4650, 30800, 615, 4975, 1160, 4225, 510, 11880, 479, 440, 490, 330, 110),
    *(560, 24355, 2885, 11748, 4550, 750, 3720, 1950, 10500),
)
FIRST = (
    *(45, 0, 85, 150, 65, 95, 30, 0, 170, 0, 40, 25, 20, 0, 0, 25, 0, 0, 25, 0, 165, 0, 85, 0, 0, 0, 0, 100),
)  # fmt: skip
SECOND = (
    *(30, 20, 125, 5, 80, 25, 35, 73, 12, 15, 15, 40, 5, 10, 10, 12, 10, 9, 0, 20, 60, 40, 50, 36, 49, 40, 19, 150),
)  # fmt: skip


@pytest.mark.parametrize(("budget", "optimum"), [(600.0, 141278.0), (500.0, 130883.0)], ids=["WEING1", "WEING2"])
def test_the_published_optimum_of_two_budgets_is_found(budget: float, optimum: float) -> None:
    """Twenty-eight projects of Weingartner & Ness (1967), Oper. Res. 15, 83-103; optima of OR-Library, mknap2.

    A project is begun in the first period or never; what it takes in the second is what it leaves behind.
    """
    pairs = [
        linear(f"p{k:02}", "all", worth, {"budget": now, "begin": 1.0}, most=1.0, least=1.0, later={"budget": then})
        for k, (worth, now, then) in enumerate(zip(WORTHS, FIRST, SECOND, strict=True))
    ]
    budgets = Resource("budget", "Finance", "EUR", (budget, budget))
    plan = planned(made(pairs, [budgets, Resource("begin", "HR", "", (28.0, 0.0))]), gap=1e-6)
    assert plan.certificate.proved
    assert plan.value == pytest.approx(optimum)


def random_linear(seed: int, n_periods: int = 4) -> Portfolio:
    """Return linear activities of lines that stay, with people hired and moved and loads left behind."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    pairs = [
        linear(
            f"a{k}", f"l{k % 3}", draw.uniform(1, 5), {"people": draw.uniform(0.5, 2), "money": draw.uniform(0.2, 1)},
            current=draw.uniform(0, 2), most=draw.uniform(3, 8),
            later={"people": draw.uniform(0, 0.2)} if k % 2 else {},
        )
        for k in range(5)
    ]  # fmt: skip
    start = 1.0 + sum(item.recipe["people"] * item.current for item, _ in pairs)
    people = Resource(
        "people", "HR", "people", tuple(start + 3 * k for k in range(n_periods)),
        hire_limit=1.5, leave_limit=1.0, move_limit=2.0,
    )  # fmt: skip
    money = Resource("money", "Finance", "EUR", tuple(draw.uniform(4, 10) for _ in range(n_periods)))
    return made(pairs, [people, money])


def second_formulation(portfolio: Portfolio) -> float:
    """Return the optimum of a linear portfolio, from a programme written by hand over use, gains and heads."""
    acts, lines = portfolio.activities, [line.id for line in portfolio.lines]
    people, money = portfolio.resources
    count, n, m = len(portfolio.periods), len(portfolio.activities), len(portfolio.lines)
    # columns: level[a,t], gained[l,t], lost[l,t], hired[t], left[t]
    size = n * count + 2 * m * count + 2 * count
    level = np.arange(n * count).reshape(n, count)
    gained = n * count + np.arange(m * count).reshape(m, count)
    lost = gained + m * count
    hired = n * count + 2 * m * count + np.arange(count)
    left = hired + count
    upper, limits, equal, values = [], [], [], []

    def used(line: str, t: int) -> np.ndarray:
        row = np.zeros(size)
        for k, item in enumerate(acts):
            if item.line == line:
                row[level[k, t]] += item.recipe["people"]
                row[level[k, :t]] += item.later_load.get("people", 0.0)
        return row

    for t in range(count):
        row = np.zeros(size)
        row[level[:, t]] = [item.recipe["money"] for item in acts]
        upper.append(row), limits.append(money.capacity[t])
        heads = np.zeros(size)
        heads[hired[1 : t + 1]], heads[left[1 : t + 1]] = 1.0, -1.0
        upper.append(sum(used(line, t) for line in lines) - heads), limits.append(people.capacity[0])
        upper.append(heads), limits.append(people.capacity[t] - people.capacity[0])
        row = np.zeros(size)
        row[gained[:, t]] = row[lost[:, t]] = 0.5
        upper.append(row), limits.append(people.move_limit)
        for k, line in enumerate(lines):  # what a line has now is what it had, with gains and losses
            row = used(line, t) - (used(line, t - 1) if t else 0.0)
            row[gained[k, t]], row[lost[k, t]] = -1.0, 1.0
            before = sum(item.recipe["people"] * item.current for item in acts if item.line == line)
            equal.append(row), values.append(0.0 if t else before)
    bounds = [(0.0, item.maximum) for item in acts for _ in range(count)] + [(0.0, None)] * (2 * m * count)
    bounds += [(0.0, people.hire_limit if t else 0.0) for t in range(count)]
    bounds += [(0.0, people.leave_limit if t else 0.0) for t in range(count)]
    gain = np.zeros(size)
    for k, item in enumerate(acts):
        gain[level[k]] = portfolio.worth(item.id)
    found = linprog(-gain, np.array(upper), limits, np.array(equal), values, bounds)
    return -float(found.fun)


@pytest.mark.parametrize("seed", range(8))
def test_hiring_moving_and_loads_are_those_of_a_second_formulation(seed: int) -> None:
    """A linear programme written apart gives the same optimum."""
    portfolio = random_linear(seed)
    plan = planned(portfolio, gap=1e-7)
    assert plan.value == pytest.approx(second_formulation(portfolio), rel=1e-6)


def enumerated(portfolio: Portfolio, choices: dict[str, tuple[float, ...]]) -> float:
    """Return the best value over all levels and closings, its arithmetic written apart from the package's."""
    count = len(portfolio.periods)
    best = -math.inf
    (skill,) = portfolio.resources
    ends = {line.id: range(count + 1) if line.closing else (count,) for line in portfolio.lines}
    for ended in itertools.product(*ends.values()):
        until = dict(zip(ends, ended, strict=True))
        open_for = [[item for item in portfolio.activities if until[item.line] > t] for t in range(count)]
        spans = [[choices[item.id] for item in held] for held in open_for]
        for levels in itertools.product(*(itertools.product(*span) for span in spans)):
            value, load, holds = 0.0, dict.fromkeys(until, 0.0), True
            heads = skill.capacity[0]
            before = {line.id: line.needs.get(skill.id, 0.0) for line in portfolio.lines}
            for item in portfolio.activities:
                before[item.line] += item.recipe[skill.id] * item.current
            for t in range(count):
                now = {}
                for line in portfolio.lines:
                    need, closing = line.needs.get(skill.id, 0.0), line.closing
                    if until[line.id] > t:
                        now[line.id] = need + load[line.id]
                    else:
                        assert closing is not None
                        now[line.id] = (1 - closing.avoidable_share) * need
                        value -= closing.yearly_cost / 4 + (closing.one_off_cost if until[line.id] == t else 0.0)
                for item, x in zip(open_for[t], levels[t], strict=True):
                    now[item.line] += item.recipe[skill.id] * x
                    value += portfolio.worth(item.id) * item.curve.value(x)
                for item, x in zip(open_for[t], levels[t], strict=True):
                    load[item.line] += item.later_load.get(skill.id, 0.0) * x
                if t:
                    heads = min(heads + skill.hire_limit, skill.capacity[t])
                changes = sum(abs(now[line] - before[line]) for line in now) / 2
                holds = holds and sum(now.values()) <= heads + 1e-9 and changes <= skill.move_limit + 1e-9
                before = now
                if not holds:
                    break
            if holds:
                best = max(best, value)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_whole_choices_and_closings_are_those_of_counting_every_plan(seed: int) -> None:
    """Two lines, all or nothing, three quarters: closing when, who moves when, what is left behind."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    pairs = []
    for k in range(3):
        size = float(draw.randint(1, 3))
        item, worth = linear(
            f"a{k}", f"l{k % 2}", draw.uniform(1, 4), {"people": 1.0}, current=size if k else 0.0, most=size,
            least=size, later={"people": draw.choice([0.0, 0.3, 0.6])},
        )  # fmt: skip
        pairs.append((item, worth))
    closing = Closing(draw.uniform(0, 2), draw.uniform(-1, 2), draw.choice([0.5, 1.0]))
    lines = (Line("l0", needs={"people": 1.0}, closing=closing), Line("l1", needs={"people": 1.5}))
    start = float(draw.randint(6, 8))
    people = Resource(
        "people", "HR", "people", (start, start + 1, start + 2), hire_limit=1.0, move_limit=float(draw.randint(1, 3))
    )
    portfolio = made(pairs, [people], lines=lines)
    best = enumerated(portfolio, {item.id: (0.0, item.maximum) for item, _ in pairs})
    found = solve_quarters(portfolio, gap=1e-6)
    if best == -math.inf:
        assert isinstance(found, QuarterConflict)
        return
    assert isinstance(found, QuarterPlan)
    assert found.certificate.proved
    assert found.value == pytest.approx(best, abs=1e-5 * max(abs(best), 1.0))


@pytest.mark.parametrize("seed", range(3))
def test_one_period_is_what_solve_plans(seed: int) -> None:
    """A single period counts as the year, and both plans are the best to their gaps."""
    portfolio = seeded(seed, 8)
    alone, plan = solve(portfolio), planned(portfolio, gap=1e-4)
    assert plan.certificate.proved
    assert plan.value == pytest.approx(alone.value, abs=2.1e-4 * plan.certificate.lift)
    assert plan.certificate.bound >= alone.value * (1 - 1e-9)


def test_costs_of_closing_are_taken_from_the_budget_where_value_is_points() -> None:
    """One-off once and a quarter of the yearly cost, as in one period where there is one."""
    portfolio = small(budget=330.0, people=24.0)
    (margin,) = portfolio.objectives
    points = replace(portfolio, objectives=(replace(margin, is_confirmed=False),))
    assert planned(points, gap=1e-4).value == pytest.approx(solve(points).value, rel=2e-4)


def scaled(portfolio: Portfolio, money: float) -> Portfolio:
    """Return the portfolio with value in another unit, its tables in another order, its keys others."""
    (margin,) = portfolio.objectives
    acts = tuple(replace(item, id=f"z{item.id}") for item in reversed(portfolio.activities))
    worths = {f"z{name}": value * money for name, value in margin.worths.items()}
    return replace(
        portfolio, activities=acts, resources=tuple(reversed(portfolio.resources)),
        objectives=(replace(margin, worths=worths),),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_units_order_and_labels_change_nothing(seed: int) -> None:
    """The value in another unit is that value, to the gap."""
    portfolio = random_linear(seed)
    plan, other = planned(portfolio, gap=1e-7), planned(scaled(portfolio, 1000.0), gap=1e-7)
    assert other.value == pytest.approx(1000.0 * plan.value, rel=1e-6)


@pytest.mark.parametrize("name", ["hire_limit", "leave_limit", "move_limit"])
def test_a_wider_limit_never_lowers_the_value(name: str) -> None:
    """Whoever may hire, let go or move more can do all that was possible before."""
    for seed in range(3):
        portfolio = random_linear(seed)
        people, money = portfolio.resources
        before = -math.inf
        for factor in (0.0, 0.5, 1.0, 2.0):
            wide = replace(people, **{name: factor * getattr(people, name)})
            found = solve_quarters(replace(portfolio, resources=(wide, money)), gap=1e-7)
            value = found.value if isinstance(found, QuarterPlan) else -math.inf
            assert value >= before - 1e-6 * abs(value)
            before = value


def test_parts_add_up() -> None:
    """Values of lines make the quarter's, quarters' the plan's; people there are people before, hired and left."""
    plan = planned(random_linear(1), gap=1e-6)
    assert plan.value == pytest.approx(sum(plan.values))
    for place, state in enumerate(plan.states):
        assert sum(state.found.by_line.values()) == pytest.approx(state.found.value)
        for item in plan.portfolio.resources:
            lines = sum(plan.used_by_line(line.id, item.id)[place] for line in plan.portfolio.lines)
            assert lines == pytest.approx(plan.used(item.id)[place])
    people = plan.staffing["people"]
    changes = np.cumsum(np.array(people.hired) - np.array(people.left))
    assert np.allclose(people.headcount, people.headcount[0] + changes)
    assert plan.to_frame()["value"].sum() == pytest.approx(plan.value)


def test_a_discount_makes_later_quarters_count_less() -> None:
    """The plan is worth less, and a year later a value counts by the discount."""
    plan = planned(random_linear(2), gap=1e-6, discount=0.1)
    assert plan.weights[0] == 1.0
    assert plan.weights[1] == pytest.approx(1.1**-0.25)
    assert plan.value < sum(plan.values)


def test_whole_people_are_hired_as_few_and_as_late_as_can_be() -> None:
    """Two more are used from the third quarter on, one may be hired a quarter: one in the second, one in the third."""
    item, worth = linear("a0", "l0", 1.0, {"people": 1.0}, current=4.0, most=6.0)
    people = Resource("people", "HR", "people", (4.0, 9.0, 9.0, 9.0), 0.0, 1.0, hire_limit=1.0)
    money = Resource("money", "Finance", "EUR", (4.0, 4.0, 6.0, 6.0))
    taken = replace(item, recipe={"people": 1.0, "money": 1.0})
    plan = planned(made([(taken, worth)], [people, money]), gap=1e-6)
    assert plan.staffing["people"].hired == (0.0, 1.0, 1.0, 0.0)
    assert plan.staffing["people"].headcount == (4.0, 5.0, 6.0, 6.0)


def test_what_is_short_is_named_with_its_quarter() -> None:
    """Needs that the headcount cannot meet in time make a conflict that says which people, when and how many."""
    item, worth = linear("a0", "l0", 1.0, {"people": 1.0})
    people = Resource("people", "HR", "people", (4.0, 9.0, 9.0), hire_limit=1.0)
    floor = Rule("Floor", "people in line=l0 >= 4", "COO")
    portfolio = made([(item, worth)], [people], lines=(Line("l0"), Line("l1", needs={"people": 2.0})), rules=(floor,))
    found = solve_quarters(portfolio)
    assert isinstance(found, QuarterConflict)
    assert [(short.period, round(short.amount, 6)) for short in found.short] == [("2026-Q4", 2.0), ("2027-Q1", 1.0)]
    assert "2026-Q4" in found.finding.claim
    tight = replace(portfolio, rules=(), resources=(replace(people, capacity=(9.0, 5.0, 5.0), leave_limit=2.0),))
    found = solve_quarters(tight)
    assert isinstance(found, QuarterConflict)
    assert found.short[0].kind == "people"
    assert "leave people by 2027-Q1" in found.finding.claim


def test_a_plan_in_hand_is_never_made_worse() -> None:
    """A candidate that holds is the least that is returned, even without time to search."""
    portfolio = random_linear(3)
    best = planned(portfolio, gap=1e-7)
    quick = solve_quarters(portfolio, seconds=1e-6, candidates=[(best.levels, best.supported)])
    assert isinstance(quick, QuarterPlan)
    assert quick.value >= best.value * (1 - 1e-12)


def test_numbers_out_of_range_are_refused() -> None:
    """One clear error each."""
    with pytest.raises(ModelError, match="hire_limit is a number of 0 or more"):
        Resource("people", "HR", "people", (1.0,), hire_limit=-1.0)
    with pytest.raises(ModelError, match="it later loads"):
        replace(random_linear(0).activities[0], later_load={"people": -1.0})
    with pytest.raises(ModelError, match="unknown resource 'peopel'"):
        replace(random_linear(0), activities=(replace(random_linear(0).activities[0], later_load={"peopel": 1.0}),))
    with pytest.raises(ModelError, match="gap and discount"):
        solve_quarters(random_linear(0), gap=math.nan)


@pytest.mark.parametrize("seed", range(4))
def test_no_plan_on_a_grid_beats_the_bound_where_today_lies_in_a_jump(seed: int) -> None:
    """S-curves, today on their convex part, few moves: every plan of a grid, in arithmetic of its own, is below it."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    pairs = []
    for k in range(2):
        curve = adbudg_from_answers(0.0, draw.uniform(0.5, 1.5), draw.uniform(4, 6), 10.0, reference=2.0)
        item = Activity(f"a{k}", f"l{k}", "operate", "teams", curve, {"people": 1.0}, 2.0, 0.0, 6.0)
        pairs.append((item, draw.uniform(1, 3)))
    move = draw.uniform(0.3, 1.5)
    people = Resource("people", "HR", "people", (4.0, 5.0), hire_limit=1.0, move_limit=move)
    portfolio = made(pairs, [people])
    assert len(QuarterCover(quarter_form(portfolio)).layers) == 2
    plan = planned(portfolio, gap=1e-4)
    assert plan.certificate.proved
    grid = np.linspace(0.0, 6.0, 31)
    worth = np.array([[value * item.curve.value(float(x)) for x in grid] for item, value in pairs])
    a, b, c, d = np.meshgrid(*(range(31),) * 4, indexing="ij")  # levels of both, in the first and second quarter
    first, second = (grid[a] + grid[b]), (grid[c] + grid[d])
    changes = [
        (abs(grid[a] - 2.0) + abs(grid[b] - 2.0)) / 2,
        (abs(grid[c] - grid[a]) + abs(grid[d] - grid[b])) / 2,
    ]
    holds = (first <= 4.0 + 1e-9) & (second <= 5.0 + 1e-9) & (changes[0] <= move) & (changes[1] <= move)
    value = worth[0][a] + worth[1][b] + worth[0][c] + worth[1][d]
    best = float(value[holds].max())
    assert plan.certificate.bound >= best - 1e-9
    assert plan.value >= best - 1.1e-4 * plan.certificate.lift
