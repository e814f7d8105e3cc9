"""What a plan asks of the functions reconciles to its totals, and planted differences are named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from allocation_cases import seeded, small

from workbench.allocation import (
    Allocation,
    AllocationInputs,
    Conflict,
    Decision,
    FunctionPlan,
    Plan,
    Project,
    Rule,
    allocate,
    cascade_findings,
    cautions,
    figures,
    function_cautions,
    function_findings,
    function_steps,
    solve,
)
from workbench.allocation.cascade import decided_rules
from workbench.findings import CLAIM_LENGTH

YEAR = "one year"


def plans(result: Allocation, **changes: float) -> tuple[FunctionPlan, ...]:
    """Return function plans that ask for exactly what the plan gives, but for changes by ``resource__line``."""
    rows = []
    for item in result.portfolio.resources:
        for line in result.portfolio.lines:
            amount = result.settled.given[line.id][item.id]
            rows.append(
                FunctionPlan(item.function, line.id, item.id, YEAR, changes.get(f"{item.id}__{line.id}", amount))
            )
    return tuple(rows)


def planned(portfolio_inputs: AllocationInputs) -> Allocation:
    """Return the plan of inputs that have one."""
    found = allocate(portfolio_inputs)
    assert isinstance(found, Allocation)
    assert found.cascade is not None
    return found


SMALL = small(budget=250.0, people=21.0)
BASE = planned(AllocationInputs(SMALL))


@pytest.mark.parametrize("seed", range(2))
def test_amounts_reconcile_to_the_resources_totals(seed: int) -> None:
    """Over all lines what is wanted is what the plan gives, and what is told of today is what today uses."""
    result = planned(AllocationInputs(seeded(seed, 6)))
    numbers = figures(result)
    assert result.cascade is not None
    for reading in result.cascade.functions:
        for item in reading.resources:
            assert item.wanted == pytest.approx(numbers[f"used/{item.resource}"].value, rel=1e-9)
            assert item.today == pytest.approx(result.today.used[item.resource], rel=1e-9)
            assert item.more - item.less == pytest.approx(item.wanted - item.today, rel=1e-9, abs=1e-9)


def test_a_function_that_plans_what_the_plan_gives_follows_and_loses_nothing() -> None:
    """Difference nothing, all covered, no value at stake, no line short."""
    result = planned(AllocationInputs(SMALL, function_plans=plans(BASE)))
    assert result.cascade is not None
    for reading in result.cascade.functions:
        assert reading.follows is True
        assert reading.differs_by == pytest.approx(0.0, abs=1e-9)
        assert reading.coverage == pytest.approx(1.0)
        assert reading.fits is True
    assert result.cascade.short == ()


@pytest.mark.parametrize("seed", range(3))
def test_planted_differences_are_all_named(seed: int) -> None:
    """Two lines robbed by known shares: function, line and amount are found, the scarcer one first, and no other."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    base = planned(AllocationInputs(seeded(seed, 6)))
    given = base.settled.given
    spots = [
        (r, ln) for ln, held in given.items() for r, amount in held.items() if amount > 1 and base.plan.supported[ln]
    ]
    (first, one), (second, two) = draw.sample(spots, 2)
    while one == two:
        (second, two) = draw.choice(spots)
    changes = {f"{first}__{one}": 0.5 * given[one][first], f"{second}__{two}": 0.8 * given[two][second]}
    result = planned(AllocationInputs(base.portfolio, function_plans=plans(base, **changes)))
    assert result.cascade is not None
    got = [
        (item.amount.line, item.amount.resource, pytest.approx(item.amount.short_by)) for item in result.cascade.short
    ]
    assert got == [(one, first, 0.5 * given[one][first]), (two, second, 0.2 * given[two][second])]
    assert result.cascade.short[0].share == pytest.approx(0.5)


def test_value_at_stake_is_what_solving_with_its_amounts_gives() -> None:
    """An independent solve with the amounts as capacities of each line loses the same."""
    result = planned(AllocationInputs(SMALL, function_plans=plans(BASE, engineers__loans=12.0)))
    assert result.cascade is not None
    reading = result.cascade.function("HR")
    limits = (
        Rule("a", "engineers in line=loans <= 12"),
        Rule("b", f"engineers in line=cards <= {BASE.settled.given['cards']['engineers']}"),
    )
    other = solve(replace(SMALL, rules=limits))
    assert isinstance(other, Plan)
    assert reading.at_stake == pytest.approx(result.best.value - other.value, rel=1e-3)
    assert reading.at_stake > 1
    assert result.cascade.all_at_stake == pytest.approx(reading.at_stake, rel=1e-3)
    assert f"function_at_stake/{reading.function}" in {
        item.key for item in figures(result) if item.value == reading.at_stake
    }


def test_a_plan_that_cannot_be_kept_is_said() -> None:
    """Less than what a line that nobody may close needs."""
    result = planned(AllocationInputs(SMALL, function_plans=plans(BASE, engineers__loans=1.0)))
    assert result.cascade is not None
    assert (result.cascade.function("HR").fits, result.cascade.function("HR").at_stake) == (False, None)
    assert any("No plan holds" in item.claim for item in function_findings(result, result.cascade.function("HR")))


def test_silence_is_not_following() -> None:
    """A function without rows is held against today and told as not heard from; foreign rows and periods are told."""
    rows = (
        FunctionPlan("HR", "loans", "engineers", YEAR, 21.0),
        FunctionPlan("HR", "loans", "budget", YEAR, 5.0),
        FunctionPlan("HR", "loans", "engineers", "2031", 99.0),
    )
    result = planned(AllocationInputs(SMALL, function_plans=rows))
    assert result.cascade is not None
    finance, people = result.cascade.function("Finance"), result.cascade.function("HR")
    assert finance.follows is None
    assert finance.unheard == ("budget",)
    assert people.foreign == ("budget",)
    assert result.cascade.other_periods == 1
    assert any(item.claim.startswith("Not heard from: Finance") for item in cascade_findings(result))
    assert "has not said" in function_cautions(result, finance)[0].claim
    said = " ".join(item.claim for item in function_cautions(result, people))
    assert "budget, which other functions give" in said
    assert "other periods" in said
    assert not any("function plans" in item.claim.lower() and "not computed" in item.claim for item in cautions(result))


def test_what_moves_and_what_is_less_in_all_are_told_apart() -> None:
    """Where lines leave more than others take, the move is what goes between them and the rest is less."""
    names = [line.id for line in SMALL.lines]
    given = BASE.settled.given
    more = {f"engineers__{names[0]}": given[names[0]]["engineers"] - 2.0, f"engineers__{names[1]}": 6.0}
    result = planned(AllocationInputs(SMALL, function_plans=plans(BASE, **more)))
    assert result.cascade is not None
    (read,) = [item for item in result.cascade.function("HR").resources if item.resource == "engineers"]
    assert (read.more, read.less) == (pytest.approx(2.0), pytest.approx(6.0 - given[names[1]]["engineers"]))
    claim = function_findings(result, result.cascade.function("HR"))[0].claim
    less = read.less - read.more
    assert less > 0
    assert claim.startswith("HR would move 2 engineers between lines, ")
    assert claim.endswith(f"and give {less:.0f} engineers less in all.")


def test_what_is_planned_for_a_closing_line_is_against_the_plan() -> None:
    """And the function does not follow, however small its difference."""
    closed = [line for line, kept in BASE.plan.supported.items() if not kept]
    assert closed == ["cards"]
    result = planned(AllocationInputs(SMALL, function_plans=plans(BASE, engineers__cards=0.3)))
    assert result.cascade is not None
    reading = result.cascade.function("HR")
    assert [(item.line, item.against) for item in reading.against] == [("cards", pytest.approx(0.3))]
    assert reading.follows is False
    assert any("proposed to close" in item.claim for item in function_findings(result, reading))


def test_before_and_after_a_decision() -> None:
    """Words decide nothing; adopting the plan does; a decision that reads as a rule changes what is held against."""
    words = Decision("D-1", "2026-01-01", "Board", "cards", "Cards gets a new name.")
    adopts = Decision("D-2", "2026-02-01", "Board", "", "Adopt the plan.")
    keeps = Decision("D-3", "2026-03-01", "Board", "cards", "keep line cards")
    before = planned(AllocationInputs(SMALL, decisions=(words,)))
    after = planned(AllocationInputs(SMALL, decisions=(words, adopts)))
    other = planned(AllocationInputs(SMALL, decisions=(keeps,), function_plans=plans(BASE)))
    assert before.cascade is not None
    assert after.cascade is not None
    assert other.cascade is not None
    assert (before.cascade.is_decided, after.cascade.is_decided, other.cascade.is_decided) == (False, True, True)
    assert after.cascade.decided == ("D-2",)
    assert other.cascade.supported["cards"] is True
    assert not before.cascade.supported["cards"]
    assert other.cascade.function("HR").follows is False  # it planned for the plan that was not decided
    assert "would" in cascade_findings(before)[0].claim
    assert "what was decided" in cascade_findings(other)[0].claim
    assert any("Wait for the decision" in item.claim for item in function_steps(before, before.cascade.functions[0]))
    assert not any("Wait" in item.claim for item in function_steps(after, after.cascade.functions[0]))
    assert [key for key, _ in decided_rules(SMALL, (words, adopts, keeps))] == ["D-3"]


def test_a_decision_that_cannot_hold_is_said() -> None:
    """The proposed plan then stands in, and the finding names the decision."""
    wrong = Decision("D-9", "2026-03-01", "Board", "loans", "engineers in line=loans >= 500")
    result = planned(AllocationInputs(SMALL, decisions=(wrong,)))
    assert result.cascade is not None
    assert result.cascade.contradiction
    assert any("D-9" in item.detail for item in cautions(result)), "on the page of the chapter"
    assert not result.cascade.is_decided, "a plan that was not decided is a proposal"
    page = result.cascade.functions[0]
    assert not any("decided to close" in item.claim for item in function_findings(result, page))
    assert any("cannot hold together" in item.claim for item in function_steps(result, page))


def test_decisions_that_are_words_are_told_as_words() -> None:
    """The numbers were worked out without them, and the page says what would count; no tool's syntax."""
    words = Decision("D-1", "2026-03-01", "Board", "loans", "Loans goes on.")
    adopts = Decision("D-2", "2026-03-02", "Board", "", "Adopt the plan")
    said = [
        item
        for item in cautions(planned(AllocationInputs(SMALL, decisions=(words, adopts))))
        if "recorded" in item.claim
    ]
    assert [item.claim for item in said] == ["1 of your 2 recorded decisions does not change the numbers."]
    assert said[0].detail.startswith("D-1 is kept as words")
    assert not any("recorded" in item.claim for item in cautions(planned(AllocationInputs(SMALL, decisions=(adopts,)))))


def test_projects_that_hang_are_named_by_what_they_lack() -> None:
    """No line, a line that closes, or an end without an owner; a stopped project leaves nothing to own."""
    owned = replace(
        SMALL, lines=tuple(replace(line, manager="Ann" if line.id == "loans" else "") for line in SMALL.lines)
    )
    projects = (
        Project("fine", "CFO", "loans", 100, 40, 2, "2027-01-01", "absorb"),
        Project("adrift", "CFO", "", 100, 40, 2, "2027-01-01", "stop"),
        Project("lost", "CFO", "", 100, 40, 3, "2027-01-01", "finish"),
        Project("sinking", "CFO", "cards", 100, 40, 5, "", "absorb"),
        Project("stopping", "CFO", "cards", 100, 40, 5, "2027-01-01", "stop"),
    )
    result = planned(AllocationInputs(owned, projects=projects))
    assert result.cascade is not None
    got = {item.project.id: item.why for item in result.cascade.projects}
    assert got == {"adrift": ("no line",), "lost": ("no line", "no owner"), "sinking": ("closing line",)}
    numbers = figures(result)
    assert (numbers["projects/no_line"].value, numbers["projects_people/no_line"].value) == (2, 5)
    assert numbers["projects_left/closing_line"].value == pytest.approx(60)


def test_every_sentence_fits_and_quotes_figures_that_exist() -> None:
    """For the whole, and for each function's page."""
    projects = (Project("lost", "CFO", "", 100, 40, 3, "2027-01-01", "finish"),)
    result = planned(
        AllocationInputs(
            SMALL, function_plans=plans(BASE, engineers__loans=12.0, engineers__cards=6.0), projects=projects
        )
    )
    assert result.cascade is not None
    known = {item.id: item.value for item in figures(result)}
    said = [*cascade_findings(result)]
    for reading in result.cascade.functions:
        for told in (function_findings, function_steps, function_cautions):
            said += told(result, reading)
    assert len(said) > 12
    for item in said:
        assert len(item.claim) <= CLAIM_LENGTH
        assert all(known[name] is not None for name in item.figures)


def test_figures_keep_their_places_without_a_plan() -> None:
    """A conflict has the cascade's figures too, without a value."""
    clash = allocate(AllocationInputs(replace(SMALL, rules=(Rule("floor", "engineers in line=loans >= 90"),))))
    assert isinstance(clash, Conflict)
    keys = [item.key for item in figures(BASE)]
    assert [item.key for item in figures(clash) if not item.key.startswith("rule_price")] == keys
    assert figures(clash)["need/engineers/loans"].value is None
