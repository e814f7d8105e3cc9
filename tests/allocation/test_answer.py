"""The answer: reasons, prices, whole people, sentences and figures, each as true as the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from allocation_cases import seeded, small

from workbench.allocation import (
    Activity,
    Allocation,
    AllocationInputs,
    Closing,
    Conflict,
    Line,
    Objective,
    Plan,
    Portfolio,
    Resource,
    Rule,
    Settings,
    adbudg_from_answers,
    allocate,
    answer,
    cautions,
    change_inputs,
    change_portfolio,
    check_plan,
    evaluate,
    explain_lines,
    exponential_from_answers,
    figures,
    headline,
    line_finding,
    line_sentence,
    method,
    next_steps,
    price_rules,
    reason_words,
    round_plan,
    shadow_prices,
    solve,
)
from workbench.allocation.explain import other_plans
from workbench.allocation.line_sentences import decision_cost
from workbench.allocation.sentences import scarcest
from workbench.errors import ModelError
from workbench.findings import Off


def allocated(portfolio: Portfolio) -> Allocation:
    """Return the allocation of a portfolio that has a plan."""
    found = allocate(AllocationInputs(portfolio))
    assert isinstance(found, Allocation)
    return found


TIGHT = small(budget=250.0, people=21.0)


def test_a_price_is_what_solving_again_gives() -> None:
    """One more and one less, with supports as they are: the full search agrees for small changes."""
    plan = solve(TIGHT, gap=1e-7)
    assert isinstance(plan, Plan)
    prices = {item.resource: item for item in shadow_prices(plan)}
    locked = tuple(
        Rule(f"as is {line}", f"{'keep' if held else 'close'} line {line}")
        for line, held in plan.supported.items()
        if TIGHT.line(line).closing is not None
    )
    for place, resource in enumerate(TIGHT.resources):
        for side, price in ((1, prices[resource.id].up), (-1, prices[resource.id].down)):
            capacity = resource.capacity[0] + side * prices[resource.id].amount
            changed = [replace(item) for item in TIGHT.resources]
            changed[place] = replace(resource, capacity=(capacity,))
            again = solve(replace(TIGHT, resources=tuple(changed), rules=locked), gap=1e-7)
            assert isinstance(again, Plan)
            expected = side * (again.value - plan.value) / prices[resource.id].amount
            assert price == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert prices["budget"].up > 0
    assert prices["budget"].down >= prices["budget"].up


def test_a_resource_with_room_has_no_price() -> None:
    """More of what is left over brings nothing."""
    plan = solve(small(people=1000.0, budget=250.0))
    assert isinstance(plan, Plan)
    prices = {item.resource: item for item in shadow_prices(plan)}
    assert (prices["engineers"].up, prices["engineers"].down) == (0.0, 0.0)


def test_a_rule_costs_what_leaving_it_out_brings() -> None:
    """The dear rule has a price, the idle one none."""
    portfolio = replace(
        TIGHT, rules=(Rule("dear", "level of loans-market <= 1", "CFO"), Rule("idle", "level of loans-market <= 99"))
    )
    plan = solve(portfolio)
    free = solve(TIGHT)
    assert isinstance(plan, Plan)
    assert isinstance(free, Plan)
    dear, idle = price_rules(plan)
    assert dear.price == pytest.approx(free.value - plan.value, rel=1e-3)
    assert (dear.is_tight, dear.owner, idle.price, idle.is_tight) == (True, "CFO", 0.0, False)
    assert allocated(portfolio).binding == ("dear",)


def test_the_other_option_is_what_deciding_the_other_way_loses() -> None:
    """Closing a kept line, keeping a closed one: found by solving again."""
    portfolio = small(budget=100.0, people=20.0)
    result = allocated(portfolio)
    cards = next(item for item in result.reasons if item.line == "cards")
    kept = solve(replace(portfolio, rules=(Rule("keep", "keep line cards"),)))
    assert isinstance(kept, Plan)
    assert not cards.supported
    assert cards.other_option == pytest.approx(result.best.value - kept.value, rel=1e-3)
    loans = next(item for item in result.reasons if item.line == "loans")
    assert loans.other_option is None


@pytest.mark.parametrize("seed", range(4))
def test_whole_people_fit_and_what_they_cost_is_said(seed: int) -> None:
    """Every line gets whole steps, together no more than there are; the value given up is the difference."""
    portfolio = seeded(seed, 9, share=0.5)
    stepped = replace(portfolio.resources[0], step=1.0, unit="people")
    portfolio = replace(portfolio, resources=(stepped, *portfolio.resources[1:]))
    plan = solve(portfolio)
    assert isinstance(plan, Plan)
    settled = round_plan(plan)
    assert check_plan(portfolio, settled.plan.first, settled.plan.supported).holds
    assert settled.plan.value >= plan.baseline_value - 1e-9 * abs(plan.baseline_value)
    assert settled.plan.value <= plan.value + 1e-9 * abs(plan.value)
    assert settled.moves <= settled.best_moves
    assert settled.near_equal_cost <= 0.001 * plan.certificate.lift + 1e-9
    if settled.is_whole:
        amounts = [settled.given[line.id]["r0"] for line in portfolio.lines]
        assert all(amount == round(amount) for amount in amounts)
        assert sum(amounts) <= stepped.capacity[0] + 1e-9
        for line in portfolio.lines:
            assert settled.given[line.id]["r0"] >= settled.plan.found.used_by_line[line.id]["r0"] - 1e-5
        lost = settled.near_equal_cost + settled.rounding_cost
        assert plan.value - settled.plan.value == pytest.approx(lost, abs=1e-6 * abs(plan.value))


@pytest.mark.parametrize("seed", range(10))
def test_no_more_whole_people_are_given_than_there_are(seed: int) -> None:
    """Integer capacities, tightly used: what lines are given adds up to no more, and covers what they use."""
    portfolio = seeded(seed, 9, share=0.5)
    stepped = replace(portfolio.resources[0], capacity=(float(round(portfolio.resources[0].capacity[0])),), step=1.0)
    portfolio = replace(portfolio, resources=(stepped, *portfolio.resources[1:]))
    plan = solve(portfolio)
    assert isinstance(plan, Plan)
    settled = round_plan(plan)
    assert settled.is_whole
    amounts = {line.id: settled.given[line.id]["r0"] for line in portfolio.lines}
    assert all(amount == round(amount) for amount in amounts.values())
    assert sum(amounts.values()) <= stepped.capacity[0]
    assert all(amounts[line] >= settled.plan.found.used_by_line[line]["r0"] - 1e-5 for line in amounts)


def test_neat_levels_never_hand_out_a_further_person() -> None:
    """Levels such as 1/3 at many people a unit: rounding the level up to seven digits would need one person more."""
    curve = exponential_from_answers(0.0, 50.0, 100.0, reference=10.0)
    portfolio = Portfolio(
        (Resource("agents", "HR", "people", (20000.0,), 100.0, 1.0),),
        tuple(
            Activity(name, name, "operate", "teams", curve, {"agents": 700.7}, 1.0, 0.0, 30.0)
            for name in ("a", "b", "c")
        ),
        (Line("a"), Line("b"), Line("c")),
        (Objective("margin", 1.0, {"a": 1.0, "b": 1.3, "c": 1.7}, True, True),),
    )
    plan = solve(portfolio)
    assert isinstance(plan, Plan)
    settled = round_plan(plan)
    assert settled.is_whole
    assert sum(held["agents"] for held in settled.given.values()) <= 20000.0


def ruled(text: str, people: float = 10.0) -> Portfolio:
    """Two lines that want the same ten people, and one rule on what the first is given."""
    curve = exponential_from_answers(0.0, 50.0, 100.0, reference=10.0)
    return Portfolio(
        (Resource("e", "HR", "people", (people,), 100.0, 1.0),),
        tuple(Activity(name, name, "develop", "teams", curve, {"e": 1.0}, 1.0, 0.0, 30.0) for name in ("a", "c")),
        (Line("a"), Line("c")),
        (Objective("margin", 1.0, {"a": 5.0, "c": 1.0}, True, True),),
        (Rule("cap", text, "CEO"),),
    )


@pytest.mark.parametrize(
    "text", ["e in line=a <= 65% of capacity of e", "e in line=a <= 6.5", "e in line=a <= 65% of e"]
)
def test_whole_people_keep_the_clients_rules(text: str) -> None:
    """Six and a half people allowed: six are given, not seven."""
    result = allocated(ruled(text))
    assert result.settled.is_whole
    assert result.settled.broken_rules == ()
    assert result.settled.given["a"]["e"] == 6.0


def test_a_rule_that_whole_people_must_break_is_named() -> None:
    """Exactly six and a half people: whole ones cannot, and the plan says so."""
    result = allocated(ruled("e in line=a = 6.5"))
    assert result.settled.broken_rules == ("cap",)
    said = next(item for item in cautions(result) if item.claim.startswith("Whole people break 1 rule"))
    assert "cap" in said.detail


def test_small_moves_that_are_worth_nothing_are_left_out() -> None:
    """An activity at its best but for a hair stays where it is."""
    best = solve(TIGHT)
    assert isinstance(best, Plan)
    near = tuple(
        replace(
            item, current=min(best.level(item.id) * 1.003, item.maximum) if item.id == "loans-market" else item.current
        )
        for item in TIGHT.activities
    )
    moved = solve(replace(TIGHT, activities=near))
    assert isinstance(moved, Plan)
    settled = round_plan(replace(moved), within=0.01)
    assert settled.plan.level("loans-market") == pytest.approx(near[1].current)


def test_value_is_money_only_where_it_is_confirmed() -> None:
    """Unconfirmed worths, unequal weights or another aim make points; the text says by whom weights were agreed."""
    (margin,) = TIGHT.objectives
    assert TIGHT.is_money
    assert not replace(TIGHT, objectives=(replace(margin, is_confirmed=False),)).is_money
    reach = Objective("reach", 2.0, {"loans-market": 5.0})
    mixed = replace(TIGHT, objectives=(margin, reach))
    assert not mixed.is_money
    assert mixed.value_words == "value points, weights agreed on 2026-09-01 by Executive board"
    other = replace(margin, id="later", weight=3.0)
    assert not replace(TIGHT, objectives=(margin, other)).is_money
    assert replace(TIGHT, objectives=(replace(margin, weight=7.0),)).worth("loans-develop") == 100.0


def test_costs_of_closing_go_to_the_money_resource_where_value_is_points() -> None:
    """Points cannot be spent: what closing costs is taken from the budget."""
    (margin,) = TIGHT.objectives
    points = replace(TIGHT, objectives=(replace(margin, is_confirmed=False),))
    assert (TIGHT.closing_value("cards"), TIGHT.left("cards", "budget")) == (10.0, 0.0)
    assert (points.closing_value("cards"), points.left("cards", "budget")) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("unit", "step", "expected"),
    [
        pytest.param("people", None, True, id="by its unit"),
        pytest.param("FTE", None, True, id="another spelling"),
        pytest.param("engineers", 1.0, True, id="whole steps"),
        pytest.param("kEUR", 5.0, False, id="money in steps"),
        pytest.param("hours", None, False, id="hours"),
        pytest.param("hours", 0.5, False, id="half steps"),
    ],
)
def test_people_are_known_by_unit_or_whole_steps(unit: str, step: float | None, expected: bool) -> None:
    """Money never counts as people."""
    assert Resource("x", "HR", unit, (1.0,), 0.0, step).is_people("EUR") is expected


@pytest.mark.parametrize(
    ("unit", "size"), [("EUR", 1.0), ("€", 1.0), ("kEUR", 1e3), ("k€", 1e3), ("m EUR", 1e6), ("people", None)]
)
def test_money_is_known_by_its_unit(unit: str, size: float | None) -> None:
    """Units, thousands and millions of the engagement's currency."""
    assert Resource("x", "Finance", unit, (1.0,)).money_units("EUR") == size


def test_figures_say_what_the_result_says_in_a_fixed_order() -> None:
    """Values are those of the plan; ids depend on the client's tables only."""
    result = allocated(TIGHT)
    numbers = figures(result)
    assert numbers["value"].id == "A-001"
    assert numbers["value"].value == result.plan.value
    assert numbers["bound"].value >= numbers["best_value"].value
    for row in result.rows:
        assert numbers[f"money/{row.line}"].value == row.money
        assert numbers[f"people/{row.line}"].value == row.people
    today = evaluate(TIGHT, TIGHT.today, {})
    assert numbers["today_money/loans"].value == pytest.approx(100.0 * (2 + 10) + 20 * 2 + 60 * 2)
    assert numbers["today_value"].value == pytest.approx(today.value)
    tighter = allocated(replace(TIGHT, resources=small(budget=120.0, people=20.0).resources))
    assert [item.key for item in figures(tighter)] == [item.key for item in numbers]
    assert len(figures(Off("allocation", "No tables.", ("resources",)))) == 0


def test_the_bottom_line_reads_as_a_board_reads() -> None:
    """The answer first, claims short, closings with the words that must stand beside them."""
    result = allocated(small(budget=100.0, people=20.0))
    said = headline(result)
    assert said[0].claim.startswith("Within the rules 85 % more value is possible: ")
    assert "1 is proposed to close" in said[0].claim
    closing = next(item for item in said if "Cards" in item.claim)
    assert "proposed to close" in closing.claim
    assert "10 people affected, no decision on persons." in closing.detail
    numbers = figures(result)
    known = {item.id for item in numbers}
    for findings in (said, cautions(result), next_steps(result)):
        for item in findings:
            assert set(item.figures) <= known
    assert "Proved" in method(result)
    assert all(line_finding(result, item).claim for item in result.reasons)
    assert "Keeping" in line_finding(result, result.reasons[1]).detail
    assert "keeping it would cost" in reason_words(result, result.reasons[1])


def test_points_are_never_called_money() -> None:
    """Without confirmed worths the bottom line speaks of value points."""
    (margin,) = TIGHT.objectives
    result = allocated(replace(TIGHT, objectives=(replace(margin, is_confirmed=False),)))
    assert "value points a period; weights agreed on 2026-09-01 by Executive board." in headline(result)[0].detail
    assert any(item.claim.startswith("Value is in points") for item in cautions(result))


def test_a_plan_as_good_as_any_is_said_to_be() -> None:
    """Nothing to gain is an answer too."""
    best = solve(TIGHT)
    assert isinstance(best, Plan)
    still = replace(TIGHT, activities=tuple(replace(item, current=best.level(item.id)) for item in TIGHT.activities))
    still = replace(still, lines=tuple(replace(line, closing=None) for line in still.lines))
    again = allocated(still) if all(best.supported.values()) else None
    if again is None:
        still = replace(still, rules=(Rule("keep", "keep line cards"),))
        kept = solve(still)
        assert isinstance(kept, Plan)
        still = replace(
            still, activities=tuple(replace(item, current=kept.level(item.id)) for item in still.activities)
        )
        again = allocated(still)
    assert headline(again)[0].claim == "Today's plan is already as good as any within the rules."


def concave(name: str, line: str, high: float, *, current: float = 5.0, maximum: float = 30.0) -> Activity:
    """Return a concave activity that takes one of b a unit."""
    curve = exponential_from_answers(0.0, high / 2, high, reference=10.0)
    return Activity(name, line, "develop", "teams", curve, {"b": 1.0}, current, 0.0, maximum, "confirmed")


def held(activities: list[Activity], resource: Resource, **more: object) -> Portfolio:
    """Return a portfolio with a line per activity's line and one objective in money."""
    lines = tuple(Line(name) for name in dict.fromkeys(item.line for item in activities))
    worths = Objective("margin", 1.0, {item.id: 1.0 for item in activities}, True, True)
    return replace(Portfolio((resource,), tuple(activities), lines, (worths,)), **more)


EUROS = Resource("b", "Finance", "EUR", (20.0,), 1.0)


def test_a_plan_that_mends_today_is_not_called_as_good_as_today() -> None:
    """Today is over capacity; the nearest plan that holds is the best: that, and not that today is fine."""
    result = allocated(held([concave("a", "a", 100.0, current=25.0)], EUROS))
    said = headline(result)[0].claim
    assert said == "Today's plan breaks what it must keep; the nearest plan that holds is the best found."


def test_near_equal_is_called_near_equal() -> None:
    """A plan kept although a little better exists is within a share of it, not as good as any."""
    best = solve(held([concave("a", "a", 100.0), concave("c", "c", 90.0)], EUROS), gap=1e-7)
    assert isinstance(best, Plan)
    near = {"a": best.level("a") - 0.25, "c": best.level("c") + 0.25}
    today = held([concave(name, name, high, current=near[name]) for name, high in (("a", 100.0), ("c", 90.0))], EUROS)
    result = allocated(today)
    assert result.plan.value < result.best.value
    assert result.plan.first == pytest.approx(near)
    assert headline(result)[0].claim.startswith("Today's plan is within 0.1 % of the best")


def test_without_a_proof_nothing_is_called_as_good_as_any() -> None:
    """No better plan was found; that no better one exists was not shown."""
    result = allocated(held([concave("a", "a", 100.0, current=20.0)], EUROS))
    assert headline(result)[0].claim == "Today's plan is already as good as any within the rules."
    sure = replace(result.best.certificate, proved=False, gap=0.2, stopped_by="seconds")
    open_ended = replace(result, best=replace(result.best, certificate=sure))
    assert headline(open_ended)[0].claim == "No better plan than today's was found; that is not proved."


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        pytest.param(Resource("b", "HR", "people", (20.0,), 0.0, 1.0), "people more", id="people without a cost"),
        pytest.param(Resource("b", "HR", "hours", (20.0,)), "teams more", id="neither people nor money"),
    ],
)
def test_lines_move_where_nothing_costs_money(resource: Resource, words: str) -> None:
    """People are told where money is 0, levels where there are no people either; never an empty list of moves."""
    result = allocated(held([concave("a", "a", 900.0, current=10.0), concave("c", "c", 90.0, current=10.0)], resource))
    said = headline(result)
    assert said[0].claim.endswith("than today: 1 line gets more, 1 less.")
    assert any(words in item.claim for item in said)
    assert not any(item.claim.endswith((": .", " .")) for item in said)
    assert next_steps(result)[0].claim == "Agree the largest moves first: a and c."


def test_only_lines_that_moved_are_agreed_first() -> None:
    """A line that keeps what it has is no largest move."""
    result = allocated(
        held(
            [concave("a", "a", 100.0), concave("c", "c", 1.0, current=0.0), concave("d", "d", 1.0, current=0.0)], EUROS
        )
    )
    assert next_steps(result)[0].claim == "Agree the largest moves first: a."


def test_a_line_that_can_use_no_more_says_why() -> None:
    """No activities, a harmful one, and one at its largest level are three sentences."""
    portfolio = held([concave("a", "a", 100.0, maximum=10.0), concave("n", "n", 50.0, current=0.0)], EUROS)
    worths = replace(portfolio.objectives[0], worths={"a": 1.0, "n": -1.0})
    lines = (*portfolio.lines, Line("z", needs={"b": 2.0}))
    result = allocated(replace(portfolio, lines=lines, objectives=(worths,)))
    said = {item.line: reason_words(result, item) for item in result.reasons}
    assert said["a"].endswith("it is at its largest useful level")
    assert said["n"].endswith("more of it would do harm")
    assert said["z"].endswith("it has no activities to give anything to")


def test_from_nothing_the_next_money_earns_what_a_step_earns() -> None:
    """A slope without limit at zero is no earning: the best average over a step that can be taken is."""
    steep = adbudg_from_answers(0.0, 50.0, 57.0, 100.0, reference=10.0)
    assert steep.shape < 1
    wary = Activity("t", "t", "market", "teams", steep, {"b": 1.0}, 0.0, 8.0, 30.0, "confirmed")
    portfolio = held([concave("a", "a", 800.0), wary], EUROS)
    lines = (portfolio.lines[0], Line("t", closing=Closing(-90.0)))
    result = allocated(replace(portfolio, lines=lines))
    reason = result.reasons[1]
    assert not reason.supported
    best = max((steep.value(level) - steep.value(0.0)) / level for level in (8.0 + 0.1 * k for k in range(221)))
    assert reason.next_unit == pytest.approx(best, rel=0.01)


def test_money_and_value_are_told_apart_and_elsewhere_has_one_measure() -> None:
    """A line with less money that brings more says of what; only a line that closes is held against others."""
    result = allocated(small(budget=100.0, people=20.0))
    stays, closes = result.reasons[0], result.reasons[1]
    assert stays.supported
    assert not closes.supported
    less = replace(stays, today_money=2 * stays.money + 1e3, today_value=0.5 * stays.value, people=stays.today_people)
    held = line_sentence(result, less)
    assert " less, yet brings " in held
    assert " more value; " in held
    for next_unit in (0.7, 0.9):
        reason = replace(stays, next_unit=next_unit, last_funded=0.7)
        assert "elsewhere" not in line_sentence(result, reason) + line_finding(result, reason).detail
        assert "in other lines" not in line_sentence(result, reason)
    poor = replace(closes, today_money=3.3e6, today_value=4e5, next_unit=0.4, last_funded=0.9)
    claim = line_finding(result, poor).claim
    assert claim.endswith("is proposed to close: today it takes 3.3 m€ and brings 400 k€.")
    assert "the last one spent on the same resource in other lines 0.90" in line_sentence(result, poor)
    kept = replace(closes, supported=True, other_option=1e6)
    inside = result.portfolio.closing_value(closes.line)
    told = decision_cost(result, kept)
    assert told.startswith("closing it would cost 1.0 m€")
    assert told.endswith(" of it costs of closing") is (inside > 0)
    rich = replace(poor, today_value=4e6)
    assert "today it takes" not in line_finding(result, rich).claim


def test_findings_name_the_figures_they_quote() -> None:
    """A change of value names both values, the scarcest resource its step and what that is worth."""
    result = allocated(TIGHT)
    numbers = figures(result)
    for reason in result.reasons:
        wanted = numbers.ids(f"value/{reason.line}", f"today_value/{reason.line}")
        assert set(wanted) <= set(line_finding(result, reason).figures)
    top = scarcest(result)
    assert top is not None
    scarce = next(item for item in headline(result) if f"more of {top.resource} is worth " in item.claim)
    name = top.resource
    assert set(numbers.ids(f"step/{name}", f"step_worth/{name}", f"unit_cost/{name}")) <= set(scarce.figures)
    cost = {item.id: item.unit_cost for item in result.portfolio.resources}
    pays = sum(item.up > cost[item.resource] for item in result.prices)
    assert scarce.claim.endswith(
        {0: "no next step pays.", 1: "the only next step that pays."}.get(
            pays, f"{pays} next steps pay, this one most."
        )
    )


def test_without_time_nothing_is_made_up() -> None:
    """Rule prices and other options that were not worked out say so; none is a verified zero."""
    portfolio = replace(TIGHT, rules=(Rule("dear", "level of loans-market <= 1", "CFO"),))
    result = allocate(AllocationInputs(portfolio), seconds=1e-9)
    assert isinstance(result, Allocation)
    assert [(item.price, item.is_verified) for item in result.rule_prices] == [(None, False)]
    cards = next(item for item in result.reasons if item.line == "cards")
    assert (cards.other_option, cards.is_verified) == (None, False)
    assert any(item.claim == "What 1 rule costs was not worked out." for item in cautions(result))
    assert "what closing it costs was not worked out" in decision_cost(result, replace(cards, supported=True))


def test_an_unproved_plan_has_no_price_that_hangs_on_the_proof() -> None:
    """The difference of two plans of which one may be beaten is no cost."""
    portfolio = replace(TIGHT, rules=(Rule("dear", "level of loans-market <= 1", "CFO"),))
    plan = solve(portfolio)
    assert isinstance(plan, Plan)
    (sure,) = price_rules(plan)
    assert sure.price is not None
    open_ended = replace(plan, certificate=replace(plan.certificate, proved=False))
    (item,) = price_rules(open_ended)
    assert (item.price, item.is_verified) == (None, False)
    assert all(reason.other_option is None for reason in explain_lines(open_ended))


def test_a_line_that_must_be_as_it_is_says_that_a_rule_stands_in_the_way() -> None:
    """No plan with the other decision is an answer, apart from one that was not worked out."""
    result = allocated(replace(TIGHT, rules=(Rule("shut", "close line cards", "CEO"),)))
    cards = next(item for item in result.reasons if item.line == "cards")
    assert (cards.other_option, cards.is_verified) == (None, True)
    assert "keeping it breaks a rule" in reason_words(result, cards)


def test_a_better_plan_met_on_the_way_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan with a line decided the other way is a plan: the answer is never below it."""
    portfolio = small(budget=100.0, people=20.0)
    true, weak = solve(portfolio), solve(replace(portfolio, rules=(Rule("keep", "keep line cards"),)))
    assert isinstance(true, Plan)
    assert isinstance(weak, Plan)
    assert weak.value < true.value
    weak = replace(weak, portfolio=portfolio, certificate=replace(weak.certificate, proved=False, gap_absolute=1e9))

    def first_weak(asked: Portfolio, *, candidates: object = (), **more: object) -> object:
        return solve(asked, candidates=candidates, **more) if candidates else weak

    monkeypatch.setattr(answer, "solve", first_weak)
    assert allocated(portfolio).best.value == pytest.approx(true.value)


def test_a_price_from_a_known_cover_is_the_price_found_anew() -> None:
    """Going on from the cover of the plan changes no answer, only the time."""
    portfolio = seeded(3, 12)
    plan = solve(portfolio)
    assert isinstance(plan, Plan)
    anew = [item.price for item in price_rules(replace(plan, pieces=()))]
    again = [item.price for item in price_rules(plan)]
    noise = 3 * plan.certificate.asked_gap * plan.certificate.lift
    assert again == pytest.approx(anew, abs=noise)


def test_an_option_that_adds_little_is_proved_by_what_is_lost() -> None:
    """What closing the only good line costs is known to a share of what is lost, not of the little that is left."""
    portfolio = held([concave("a", "a", 1e6), concave("c", "c", 1.0)], EUROS)
    plan = solve(replace(portfolio, lines=(replace(portfolio.lines[0], closing=Closing()), portfolio.lines[1])))
    assert isinstance(plan, Plan)
    other = other_plans(plan)["a"]
    assert other is not None
    assert other.value < 2.0
    assert other.certificate.proved
    assert other.certificate.lift == pytest.approx(plan.certificate.lift)


def test_off_passes_through() -> None:
    """A pillar without its tables is a result, and every sentence takes it."""
    off = Off("allocation", "No resources.", ("resources",))
    assert allocate(off) is off
    assert change_inputs(off) is off
    assert "resources" in headline(off)[0].detail
    assert len(cautions(off)) == 0
    assert method(off) == ""


def test_overrides_win_over_settings() -> None:
    """A notebook's parameter overrules; None leaves what the settings say."""
    inputs = AllocationInputs(TIGHT, Settings(gap=1e-3))
    assert allocate(inputs).best.certificate.asked_gap == 1e-3
    assert allocate(inputs, gap=1e-5).best.certificate.asked_gap == 1e-5
    with pytest.raises(ModelError, match="shares"):
        allocate(inputs, gap=2.0)


def test_a_frame_has_a_row_per_activity() -> None:
    """Tidy, in the client's order."""
    result = allocated(TIGHT)
    frame = result.to_frame()
    assert list(frame["activity"]) == [item.id for item in TIGHT.activities]
    assert frame["value"].sum() == pytest.approx(sum(result.plan.found.by_activity.values()))
    assert "proved" in repr(result)


def test_what_if_changes_only_what_it_is_asked_to() -> None:
    """Budgets in percent, weights, locks; the given portfolio stays as it is."""
    changed = change_portfolio(
        TIGHT, capacity_percent={"budget": 50}, weights={"margin": 3.0}, keep=["cards"], as_today=["loans"]
    )
    assert changed.resource("budget").capacity == (125.0,)
    assert changed.resource("engineers").capacity == TIGHT.resource("engineers").capacity
    assert changed.objectives[0].weight == 3.0
    assert {rule.text for rule in changed.rules} >= {"keep line cards", "keep line loans"}
    assert TIGHT.resource("budget").capacity == (250.0,)
    plan = solve(replace(changed, resources=small().resources))
    assert isinstance(plan, Plan)
    assert plan.level("loans-market") == 2.0
    shut = solve(change_portfolio(small(), close=["cards"]))
    assert isinstance(shut, Plan)
    assert not shut.supported["cards"]
    assert isinstance(solve(change_portfolio(small(), close=["loans"])), Conflict)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"weights": {"magrin": 1}}, "Did you mean 'margin'", id="objective"),
        pytest.param({"capacity_percent": {"budgte": 1}}, "Did you mean 'budget'", id="resource"),
        pytest.param({"keep": ["card"]}, "Did you mean 'cards'", id="line"),
        pytest.param({"keep": ["cards"], "close": ["cards"]}, "one way only", id="two locks"),
    ],
)
def test_what_if_refuses_unknown_names(change: dict[str, object], said: str) -> None:
    """With the nearest spelling."""
    with pytest.raises(ModelError, match=said):
        change_portfolio(TIGHT, **change)


NAN = float("nan")


class Falls:
    """A curve that brings less the more is done."""

    family = "falls"

    def value(self, level: float) -> float:
        """Return five less the level."""
        return 5.0 - level


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        pytest.param(lambda: replace(TIGHT, lines=TIGHT.lines[:1]), "unknown line 'cards'", id="line"),
        pytest.param(lambda: replace(TIGHT, resources=TIGHT.resources[:1]), "unknown resource 'budget'", id="resource"),
        pytest.param(lambda: replace(TIGHT, lines=(*TIGHT.lines, TIGHT.lines[0])), "share a key", id="a key twice"),
        pytest.param(lambda: replace(TIGHT.activities[0], minimum=9), "minimum 9 <= maximum 5", id="box"),
        pytest.param(lambda: Resource("x", "HR", "people", (-1.0,)), "0 or more", id="capacity"),
        pytest.param(lambda: Closing(1.0) and Objective("x", -1.0, {}), "0 or more", id="weight"),
        pytest.param(lambda: Resource("x", "HR", "people", (NAN,)), "0 or more", id="capacity that is no number"),
        pytest.param(lambda: Resource("x", "HR", "people", (1.0,), 1.0, -1.0), "the step is", id="negative step"),
        pytest.param(lambda: replace(TIGHT.activities[0], current=NAN), "current level", id="level that is no number"),
        pytest.param(lambda: replace(TIGHT.activities[0], maximum=NAN), "maximum nan", id="maximum that is no number"),
        pytest.param(
            lambda: replace(TIGHT.activities[0], recipe={"budget": NAN}), "takes nan of 'budget'", id="recipe"
        ),
        pytest.param(lambda: replace(TIGHT.activities[0], smallest_move=-1), "smallest move", id="smallest move"),
        pytest.param(lambda: Objective("x", 1.0, {"a": NAN}), "worth nan of 'a'", id="worth"),
        pytest.param(lambda: Objective("x", NAN, {}), "0 or more", id="weight that is no number"),
        pytest.param(lambda: replace(TIGHT.lines[0], needs={"budget": -1}), "needs -1 of 'budget'", id="negative need"),
        pytest.param(lambda: Closing(NAN), "nan once", id="cost of closing"),
        pytest.param(lambda: Closing(1.0, 0.0, 1.5), "avoidable share", id="more freed than there is"),
        pytest.param(lambda: replace(TIGHT, objectives=TIGHT.objectives * 2), "objectives share", id="objective twice"),
        pytest.param(
            lambda: replace(TIGHT.activities[0], curve=Falls()), "falls from 5 at level 0 to 0", id="a curve that falls"
        ),
    ],
)
def test_a_portfolio_that_makes_no_sense_is_refused(broken: object, said: str) -> None:
    """At once, and in words."""
    with pytest.raises(ModelError, match=said):
        broken()


@pytest.mark.parametrize("unit", ["people", "Personen", "VZÄ", "teams"])
def test_people_are_counted_where_somebody_counted_them(unit: str) -> None:
    """In the words of the client's language too; where no resource is people there is no number, and never a 0."""
    portfolio = small()
    people, money = portfolio.resources
    held = replace(portfolio, resources=(replace(people, unit=unit, step=None), money))
    today = figures(allocate(AllocationInputs(held)))["today_people/loans"].value
    assert (today is None) == (unit == "teams")
    assert today is None or today > 0
