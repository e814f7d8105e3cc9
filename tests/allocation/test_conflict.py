"""Where no plan holds, the rules that contradict each other are named, and no others."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from allocation_cases import conflict, seeded, small

from workbench.allocation import (
    AllocationInputs,
    Conflict,
    Plan,
    Portfolio,
    Rule,
    allocate,
    cautions,
    figures,
    headline,
    method,
    next_steps,
    solve,
)


def without(portfolio: Portfolio, name: str) -> Portfolio:
    """Return a portfolio with one rule less."""
    return replace(portfolio, rules=tuple(rule for rule in portfolio.rules if rule.name != name))


@pytest.mark.parametrize(
    ("rules", "named", "given"),
    [
        pytest.param(
            (("floor", "engineers in line=loans >= 40"), ("idle", "budget <= 100000")),
            {"floor"},
            {("capacity", "engineers"), ("maximum", "loans-develop")},
            id="a floor above capacity",
        ),
        pytest.param(
            (
                ("floor", "level of loans-market >= 3"),
                ("cap", "level of loans-market <= 2"),
                ("idle", "keep line loans"),
            ),
            {"floor", "cap"},
            set(),
            id="floor over cap",
        ),
        pytest.param(
            (("keep", "keep line cards"), ("shut", "close line cards"), ("idle", "level of loans-market >= 1")),
            {"keep", "shut"},
            set(),
            id="kept and closed",
        ),
        pytest.param(
            (("shut", "close line loans"),), {"shut"}, {("closing", "loans")}, id="nobody said what closing costs"
        ),
        pytest.param(
            (
                ("tie", "line cards goes with line loans"),
                ("shut", "close line cards"),
                ("other", "level of loans-market >= 1"),
            ),
            {"tie", "shut"},
            {("closing", "loans")},
            id="a chain to a line that stays",
        ),
    ],
)
def test_the_conflict_names_its_rules_and_what_is_given(
    rules: tuple[tuple[str, str], ...], named: set[str], given: set[tuple[str, str]]
) -> None:
    """Rules by name; capacities, maxima and lines as given; idle rules not at all."""
    found = conflict(small(rules=rules))
    assert {rule.name for rule in found.rules} == named
    assert {(item.kind, item.name) for item in found.given} <= given
    assert found.minimal


@pytest.mark.parametrize("seed", range(8))
def test_a_planted_conflict_is_found_and_minimal(seed: int) -> None:
    """Among idle rules: without any one of the named rules a plan exists, and the planted ones are named."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    portfolio = replace(seeded(seed, 9, dependencies=0), rules=())
    first, second = draw.sample([item.id for item in portfolio.activities if not item.minimum], 2)
    top = portfolio.activity(first).maximum
    planted = [
        Rule("planted floor", f"level of {first} >= {0.6 * top:.6f}"),
        Rule("planted order", f"level of {second} >= level of {first}"),
        Rule("planted cap", f"level of {second} <= {0.3 * min(top, portfolio.activity(second).maximum):.6f}"),
    ]
    idle = [Rule(f"idle {item.id}", f"level of {item.id} <= {2 * item.maximum:.6f}") for item in portfolio.activities]
    rules = [*planted, *idle]
    draw.shuffle(rules)
    roomy = tuple(replace(item, capacity=(item.capacity[0] * 10,)) for item in portfolio.resources)
    planned = replace(portfolio, resources=roomy, rules=tuple(rules))
    found = conflict(planned)
    names = {rule.name for rule in found.rules}
    assert names <= {rule.name for rule in planted}
    assert names
    for name in names:
        assert isinstance(solve(without(planned, name)), Plan)


def test_the_shortfall_would_do() -> None:
    """Short by so many people: with them a plan exists, with a little less it does not."""
    portfolio = small(rules=(("floor", "engineers in line=loans >= 26"),), people=24.0)
    (given,) = [item for item in conflict(portfolio).given if item.kind == "capacity"]
    assert given.name == "engineers"
    assert given.short_by == pytest.approx(2.0, abs=1e-6)

    def staffed(count: float) -> Portfolio:
        return replace(
            portfolio, resources=(replace(portfolio.resources[0], capacity=(count,)), portfolio.resources[1])
        )

    assert isinstance(solve(staffed(26.0)), Plan)
    assert isinstance(solve(staffed(25.9)), Conflict)


def test_a_conflict_without_rules_names_what_is_given() -> None:
    """Needs of lines that nobody may close can be more than there is."""
    portfolio = small(people=1.0)
    found = conflict(portfolio)
    assert found.rules == ()
    assert ("capacity", "engineers") in {(item.kind, item.name) for item in found.given}


def test_a_conflict_speaks_and_keeps_its_figures() -> None:
    """Headline, cautions, next steps and method say it in words; figures keep their places, without a plan."""
    portfolio = small(rules=(("Loans floor", "engineers in line=loans >= 26"),), people=24.0)
    found = allocate(AllocationInputs(portfolio))
    assert isinstance(found, Conflict)
    first = headline(found)[0]
    assert first.claim == "Loans floor and 24 people of engineers cannot hold together: short by 2 people."
    assert "engineers in line=loans >= 26 (CFO)" in first.detail
    assert next_steps(found)[0].detail.startswith("Loans floor. Owners: CFO")
    assert "deletion filter" in method(found)
    assert len(cautions(found)) > 0
    held = allocate(AllocationInputs(small()))
    keys = [figure.key for figure in figures(found) if not figure.key.startswith("rule_price/")]
    assert keys == [figure.key for figure in figures(held)]
    assert figures(found)["value"].value is None
    assert figures(found)["today_money/loans"].value == figures(held)["today_money/loans"].value
    assert list(found.to_frame()["kind"]) == ["rule", *(item.kind for item in found.given)]


def test_separate_conflicts_are_all_named_and_no_way_out_is_promised() -> None:
    """Two conflicts that share nothing: dropping one rule leaves the other, and no amount of one resource would do."""
    portfolio = small(
        rules=(("People floor", "engineers in line=loans >= 40"), ("Money floor", "level of loans-market >= 9")),
        people=24.0,
    )
    found = conflict(portfolio)
    (other,) = found.others
    assert {rule.name for held in (found, other) for rule in held.rules} == {"People floor", "Money floor"}
    assert found.is_complete
    for name in ("People floor", "Money floor"):
        assert isinstance(solve(without(portfolio, name)), Conflict)
    assert (found.frees, other.frees) == ((), ())
    assert all(item.short_by is None for held in (found, other) for item in held.given)
    said = " ".join(f"{item.claim} {item.detail}" for item in headline(found))
    assert "plan exists" not in said
    assert "would do" not in said
    assert "another remains" in said
    assert len(headline(found)) == 2
    assert sorted(set(found.to_frame()["conflict"])) == [1, 2]


def test_conflicts_that_share_a_rule_say_which_rule_alone_frees() -> None:
    """Dropping the shared rule is enough; dropping the other of the first conflict is not."""
    portfolio = small(
        rules=(
            ("floor", "level of loans-market >= 3"),
            ("cap", "level of loans-market <= 2"),
            ("half", "2 * level of loans-market <= 5"),
        )
    )
    found = conflict(portfolio)
    assert [rule.name for rule in found.rules] in (["floor", "cap"], ["floor", "half"])
    assert found.frees == ("floor",)
    (other,) = found.others
    assert {rule.name for held in (found, other) for rule in held.rules} == {"floor", "cap", "half"}
    assert "without floor alone a plan exists" in headline(found)[0].detail


def test_the_shortfall_counts_every_other_row() -> None:
    """Another rule makes the missing people dearer: the amount said is the amount that gives a plan."""
    rules = (
        ("floor", "engineers in line=loans >= 26"),
        ("with", "level of cards-operate >= level of loans-develop - 2"),
    )
    portfolio = small(rules=rules, people=24.0)
    found = conflict(portfolio)
    (given,) = [item for item in found.given if item.name == "engineers"]
    assert given.short_by is not None

    def staffed(count: float) -> Portfolio:
        first = replace(portfolio.resources[0], capacity=(24.0 + count,))
        return replace(portfolio, resources=(first, portfolio.resources[1]))

    assert isinstance(solve(staffed(given.short_by * (1 + 1e-6))), Plan)
    assert isinstance(solve(staffed(given.short_by * 0.98)), Conflict)


def test_a_tiny_maximum_is_named_as_what_is_given() -> None:
    """The maximum stands in the way however small it is beside the rule."""
    portfolio = small(rules=(("floor", "level of loans-market >= 3"),))
    tiny = tuple(
        replace(item, maximum=1e-4, current=0.0) if item.id == "loans-market" else item for item in portfolio.activities
    )
    found = conflict(replace(portfolio, activities=tiny))
    assert ("maximum", "loans-market") in {(item.kind, item.name) for item in found.given}
