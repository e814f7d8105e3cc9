"""What holds of a plan when its answers are wrong, and what to ask again, as statements."""

from __future__ import annotations

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.line_words import activity_words, value_words
from workbench.allocation.numbers import figures
from workbench.allocation.robust import Robustness
from workbench.findings import Finding, fit_claim

FIRM = 0.9
"""Share of draws from which a decision is called firm (ours)."""
LEAST_QUESTION = 0.01
"""Questions below this share of what all answers are worth are not told (ours)."""


def robust_finding(result: Allocation) -> Finding | None:
    """Return in how many draws of all answers the decisions and the moves hold; None where nothing was drawn."""
    if result.doubt is None:
        return None
    held, ids = result.doubt.robustness, figures(result)
    n = held.draws
    given = {item.line for item in result.firm if item.proof == "given"}  # no other way is open
    lines = [line for line in held.lines if line.may_close and line.line not in given]
    moves = sorted(held.moving, key=lambda move: move.holds_in)
    least = min(lines, key=lambda line: line.holds_in, default=None)
    part = firm_moves_words(held)
    claim = fit_claim(
        f"Each open decision to keep or close holds in {at_least(least.holds_in, n)}; {part}."
        if least is not None and moves
        else f"Each open decision to keep or close holds in {at_least(least.holds_in, n)}."
        if least is not None
        else f"Of {n:,} draws of all answers, {part}.",
        f"{part[0].upper()}{part[1:]} draws of all answers.",
    )
    weak = [move for move in moves if move.holds_in < FIRM * n][:3] or moves[:1]
    detail = f"Every answer up to {theme.percent(held.spread)} off at once, contested ones more."
    if weak:
        told = theme.listing(
            [
                f"{activity_words(result.portfolio, move.activity)} ({move.direction}: {move.holds_in:,})"
                for move in weak
            ],
            3,
        )
        detail += f" Least sure: {told}."
    rest = min(held.resting, key=lambda move: move.holds_in, default=None)
    detail += f" {as_today_words(held, start=True)}." if rest is not None else ""
    keys = [*(f"holds/{line.line}" for line in lines), *(f"move_holds/{move.activity}" for move in weak)]
    keys += [f"stay_holds/{rest.activity}"] if rest is not None else []
    return Finding(claim, detail, ids.ids("draws", *keys))


def firm_moves_words(held: Robustness) -> str:
    """Return how many of the moves hold in nine of ten draws; an activity left as it is makes none."""
    firm = sum(move.holds_in >= FIRM * held.draws for move in held.moving)
    return f"{firm} of {len(held.moving)} moves hold in nine of ten" if held.moving else "nothing moves"


def as_today_words(held: Robustness, *, start: bool = False) -> str:
    """Return in how many draws what is left as today may stay so; empty where nothing is left as it is."""
    if not held.resting:
        return ""
    n = len(held.resting)
    who = (
        "the activity left as today may stay so" if n == 1 else f"each of the {n} activities left as today may stay so"
    )
    words = f"{who} in {at_least(min(move.holds_in for move in held.resting), held.draws)}"
    return theme.upper_start(words) if start else words


def at_least(count: int, draws: int) -> str:
    """Return in how many draws something holds, the least of several counting.

    Examples
    --------
    >>> at_least(930, 1000), at_least(1000, 1000)
    ('at least 930 of 1,000 draws', 'all 1,000 draws')
    """
    return f"all {draws:,} draws" if count == draws else f"at least {count:,} of {draws:,} draws"


def question_finding(result: Allocation) -> Finding | None:
    """Return which answer is worth asking again most; None where none is."""
    if result.doubt is None:
        return None
    found = result.doubt.information
    top = max(found.curves, key=lambda item: item.value, default=None)
    if top is None or top.value <= max(LEAST_QUESTION * found.everything, 1e-9):
        return None
    who = {item.id: item.said_by for item in result.portfolio.activities}[top.activity] or "its owner"
    worth = value_words(result.portfolio, top.value)
    return Finding(
        fit_claim(
            f"Look again at {activity_words(result.portfolio, top.activity)} with {who}: to be sure of it is worth "
            f"{worth} a period.",
            f"Look again at one answer: to be sure of it is worth {worth}.",
        ),
        "The mean gain of the plan if its whole curve were known, over the draws of all answers.",
        figures(result).ids(f"question/{top.activity}"),
    )
