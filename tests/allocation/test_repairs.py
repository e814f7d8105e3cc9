"""Of hundreds of rules those in conflict are named exactly, and the smallest single change that is enough is enough."""

from __future__ import annotations

import itertools
import random
from collections.abc import Set
from dataclasses import replace

import pytest
from allocation_cases import conflict, small

from bench.conflicts import KINDS, planted, unplanted
from workbench.allocation import AllocationInputs, Conflict, Plan, Portfolio, Repair, Rule, allocate, headline, solve
from workbench.allocation.suspects import halved_members


def repaired(portfolio: Portfolio, repair: Repair) -> Portfolio:
    """Return the portfolio with one repair carried out."""
    if repair.kind == "drop":
        return replace(portfolio, rules=tuple(rule for rule in portfolio.rules if rule.name != repair.name))
    if repair.kind == "rule":
        rules = tuple(replace(r, text=repair.text) if r.name == repair.name else r for r in portfolio.rules)
        return replace(portfolio, rules=rules)
    assert repair.to is not None
    if repair.kind == "capacity":
        held = tuple(replace(r, capacity=(repair.to,)) if r.id == repair.name else r for r in portfolio.resources)
        return replace(portfolio, resources=held)
    return replace(
        portfolio,
        activities=tuple(replace(a, maximum=repair.to) if a.id == repair.name else a for a in portfolio.activities),
    )


@pytest.mark.parametrize("seed", range(len(KINDS)))
def test_planted_conflicts_are_named_exactly_and_every_repair_gives_a_plan(seed: int) -> None:
    """All kinds among other rules: no rule too many, none too few; a solve of its own confirms each repair."""
    portfolio, names = planted(seed, 36, 40)
    assert unplanted(portfolio, names)
    found = conflict(portfolio)
    assert {rule.name for rule in found.rules} == names
    assert found.others == ()
    assert found.minimal
    assert found.repairs
    for repair in found.repairs:
        assert repair.is_verified
        assert isinstance(solve(repaired(portfolio, repair), gap=0.5), Plan)
    ranks = [(item.kind == "drop", item.share) for item in found.repairs]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("rules", "name", "text", "tighter"),
    [
        pytest.param(
            (("floor", "engineers in line=loans >= 26"),),
            "floor",
            "engineers in line=loans >= 24",
            "engineers in line=loans >= 24.5",
            id="a floor in whole people",
        ),
        pytest.param(
            (("share", "budget in line=loans <= 50% of budget"), ("floor", "budget in line=loans >= 200")),
            "share",
            None,
            None,
            id="a percentage of what is used",
        ),
        pytest.param(
            (("cap", "level of loans-market <= 2"), ("floor", "level of loans-market >= 3.25")),
            "floor",
            "level of loans-market >= 2",
            "level of loans-market >= 2.05",
            id="a floor over a cap",
        ),
        pytest.param(
            (("still", "change of level of loans-market within 10%"), ("floor", "level of loans-market >= 3")),
            "still",
            "change of level of loans-market within 50%",
            "change of level of loans-market within 49%",
            id="a limit on change",
        ),
        pytest.param(
            (("two", "exactly 1 of lines"), ("keep", "keep line cards")),
            "two",
            "exactly 2 of lines",
            "exactly 1 of lines",
            id="a count",
        ),
        pytest.param(
            (("left", "30 <= engineers in line=loans"),),
            "left",
            "24 <= engineers in line=loans",
            "24.3 <= engineers in line=loans",
            id="the number on the left",
        ),
        pytest.param(
            (("sum", "level of loans-market >= 5 * level of loans-develop"), ("cap", "level of loans-market <= 2")),
            "sum",
            None,
            None,
            id="no number at all",
        ),
    ],
)
def test_a_softened_rule_is_the_least_that_is_enough(
    rules: tuple[tuple[str, str], ...], name: str, text: str | None, tighter: str | None
) -> None:
    """In the client's own words; a little less would not be enough."""
    portfolio = small(rules=(*rules, ("work", "level of loans-develop >= 1")), people=24.0, budget=400.0)
    found = conflict(portfolio)
    repair = next(item for item in found.repairs if (item.kind, item.name) == ("rule", name))
    if text is not None and tighter is not None:
        assert repair.text == text
        harder = replace(repair, text=tighter)
        assert isinstance(solve(repaired(portfolio, harder)), Conflict)
    assert isinstance(solve(repaired(portfolio, repair)), Plan)


def test_a_percentage_is_the_ratio_that_a_hand_works_out() -> None:
    """Loans need 200 at least; cards can take 90 at most (needs 50, levels 40): 200 of 290 is 69 %, outwards 69.0."""
    rules = (("share", "budget in line=loans <= 50% of budget"), ("floor", "budget in line=loans >= 200"))
    found = conflict(small(rules=rules, people=40.0, budget=1000.0))
    repair = next(item for item in found.repairs if item.name == "share")
    assert repair.text == "budget in line=loans <= 69% of budget"
    assert (repair.was, repair.to, repair.unit) == (50.0, pytest.approx(69.0), "%")


def test_two_conflicts_that_share_nothing_have_no_single_repair() -> None:
    """And none is promised."""
    portfolio = small(
        rules=(("People floor", "engineers in line=loans >= 40"), ("Money floor", "level of loans-market >= 9")),
        people=24.0,
    )
    found = conflict(portfolio)
    assert found.others
    assert found.repairs == ()
    assert "Cheapest" not in headline(found)[0].detail


def test_the_cheapest_way_out_is_said_in_the_clients_words() -> None:
    """The rule as it would read, or the people there would have to be."""
    found = allocate(AllocationInputs(small(rules=(("Loans floor", "engineers in line=loans >= 26"),), people=24.0)))
    assert isinstance(found, Conflict)
    detail = headline(found)[0].detail
    assert 'Cheapest single way out: Loans floor softened to "engineers in line=loans >= 24" (7.7 % of it)' in detail
    assert "or 26 people of engineers instead of 24." in detail


@pytest.mark.parametrize("seed", range(12))
def test_halving_finds_a_minimal_set_as_enumeration_does(seed: int) -> None:
    """On random families of conflicts: the set found fails, every smaller one holds, and it is one of those planted."""
    draw = random.Random(seed)  # noqa: S311 (cases, no secrets)
    members = [("rule", str(number)) for number in range(12)]
    family = [frozenset(draw.sample(members, draw.randint(1, 4))) for _ in range(draw.randint(1, 4))]

    def holds(held: Set[tuple[str, str]]) -> bool:
        return not any(bad <= held for bad in family)

    found, is_sure = halved_members(members, holds)
    minimal = {bad for bad in family if not any(other < bad for other in family)}
    assert is_sure
    assert frozenset(found) in minimal
    assert all(holds(set(part)) for part in itertools.combinations(found, len(found) - 1))


def test_a_check_without_an_answer_keeps_its_member_and_says_so() -> None:
    """Better one rule too many than one that was wrongly let off."""
    members = [("rule", name) for name in "abcd"]

    def holds(held: Set[tuple[str, str]]) -> bool | None:
        return None if len(held) == 2 else not {("rule", "a"), ("rule", "b")} <= held

    found, is_sure = halved_members(members, holds)
    assert {("rule", "a"), ("rule", "b")} <= set(found)
    assert not is_sure


def test_an_equality_is_moved_the_shorter_way() -> None:
    """From 9 down to the 6 that can be reached."""
    found = conflict(replace(small(), rules=(Rule("exact", "level of loans-market = 9", "CFO"),)))
    repair = next(item for item in found.repairs if item.kind == "rule")
    assert repair.text == "level of loans-market = 6"
