"""What holds when answers are wrong is told with counts, what to ask again with its worth; without draws, nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from allocation_cases import small

from workbench.allocation import Allocation, AllocationInputs, allocate, cautions, figures, headline, next_steps
from workbench.allocation.doubt_words import FIRM, at_least, question_finding, robust_finding
from workbench.allocation.line_words import activity_words


@pytest.fixture(scope="module")
def result() -> Allocation:
    """Return the small portfolio's plan, tested with a few draws."""
    found = allocate(AllocationInputs(small()), draws=60)
    assert isinstance(found, Allocation)
    return found


def test_the_least_sure_decision_counts(result: Allocation) -> None:
    """The claim quotes the smallest count of the lines that may close, and how many moves are firm."""
    assert result.doubt is not None
    held = result.doubt.robustness
    least = min(line.holds_in for line in held.lines if line.may_close)
    finding = robust_finding(result)
    assert finding is not None
    assert f"Each open decision to keep or close holds in {at_least(least, held.draws)}; " in finding.claim
    closed = {line.line for line in held.lines if not line.supported}
    moves = [move for move in held.moves if move.line not in closed and move.direction != "as today"]
    firm = sum(move.holds_in >= FIRM * held.draws for move in moves)
    assert f"{firm} of {len(moves)} moves hold in nine of ten" in finding.claim
    assert headline(result)[1] == finding, "right behind the answer"


def test_what_is_left_as_it_is_counts_as_no_move(result: Allocation) -> None:
    """An activity that does not move is told apart, however unsure; nor does it lend its count to the least sure."""
    assert result.doubt is not None
    held = result.doubt.robustness
    first, *rest = [move for move in held.moves if move.line in {line.line for line in held.lines if line.supported}]
    still = {first.activity: replace(first, direction="as today", holds_in=7)}
    for move in rest:
        still[move.activity] = replace(move, direction="more", holds_in=held.draws)
    changed = replace(held, moves=tuple(still.get(move.activity, move) for move in held.moves))
    told = replace(result, doubt=replace(result.doubt, robustness=changed))
    found = robust_finding(told)
    assert found is not None
    assert f"{len(rest)} of {len(rest)} moves hold in nine of ten" in found.claim
    assert f"{activity_words(told.portfolio, first.activity)} (" not in found.detail
    assert "The activity left as today may stay so in at least 7 of 60 draws." in found.detail
    numbers = figures(told)
    assert numbers[f"move_holds/{first.activity}"].value is None
    assert numbers[f"stay_holds/{first.activity}"].value == 7
    assert numbers[f"stay_holds/{first.activity}"].id in found.figures


def test_a_line_nobody_may_close_is_not_counted(result: Allocation) -> None:
    """Without such a decision the moves alone are told."""
    assert result.doubt is not None
    held = result.doubt.robustness
    fixed = replace(held, lines=tuple(replace(line, may_close=False) for line in held.lines))
    found = robust_finding(replace(result, doubt=replace(result.doubt, robustness=fixed)))
    assert found is not None
    assert found.claim.startswith(f"Of {held.draws} draws of all answers, ")


def test_the_dearest_question_is_asked_again(result: Allocation) -> None:
    """With whoever answered it; a question that would change nothing is none."""
    assert result.doubt is not None
    found = result.doubt.information
    top = max(found.curves, key=lambda item: item.value)
    asked = question_finding(result)
    assert (asked is not None) == (top.value > 0.01 * found.everything)
    dear = replace(found, curves=tuple(replace(item, value=1e6) for item in found.curves[:1]))
    told = replace(result, doubt=replace(result.doubt, information=dear))
    again = question_finding(told)
    assert again is not None
    assert (
        again.claim == f"Look again at {activity_words(result.portfolio, dear.curves[0].activity)} with its owner: "
        "to be sure of it is worth 1.0 m€ a period."
    )
    assert again in next_steps(told).items
    none = replace(found, curves=tuple(replace(item, value=0.0) for item in found.curves))
    assert question_finding(replace(result, doubt=replace(result.doubt, information=none))) is None


def test_without_draws_nothing_is_told() -> None:
    """Neither a count nor a caution."""
    plain = allocate(AllocationInputs(small()))
    assert isinstance(plain, Allocation)
    assert robust_finding(plain) is None
    assert question_finding(plain) is None
    assert not any("draws" in finding.claim for part in (headline, cautions, next_steps) for finding in part(plain))
