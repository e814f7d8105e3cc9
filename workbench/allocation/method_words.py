"""How the plan was found and how far it is proved, in the words of the appendix."""

from __future__ import annotations

import math

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.conflict import Conflict
from workbench.allocation.line_words import value_words
from workbench.allocation.model import TOLERANCE
from workbench.findings import Off

_METHOD = (
    "Each activity has a response curve: ADBUDG from four answers (Little 1970), exponential from three, or straight "
    "lines between points. Value is the outcome times its worth and the weight of its objective. The plan maximises "
    "value under every capacity, minimum, maximum and named rule; a closed line brings nothing and still costs what "
    "closing costs. A line without an entry in the table closing is not proposed to close. Money of a line is every "
    "resource it takes, for its activities and its needs, times the resource's unit cost. Resources count as people "
    "where their unit says so, or where they come in whole steps of one or more and are no money. Curves are covered "
    "by concave envelopes, split where that matters, and solved by HiGHS through SciPy; the bound holds for the "
    "continuous curves, and every plan is checked again in our own arithmetic. "
)

_NOTHING = 1e-9
"""Share of the value below which a difference is the arithmetic's."""
_HOW = {"relaxation": "the covers of the curves alone", "search": "the search over lines and pieces of curves"}


def method(result: Allocation | Conflict | Off) -> str:
    """Return how the plan was found and how far it is proved, for the appendix."""
    text = _METHOD
    if isinstance(result, Off):
        return ""
    if isinstance(result, Conflict):
        return (
            text
            + "No plan holds: the conflict was reduced rule by rule (deletion filter, Chinneck and Dravnieks 1991)."
        )
    sure = result.best.certificate
    portfolio, settled = result.portfolio, result.settled
    proof = (
        f"Proved: no plan can beat the best one by {_share(sure.gap)} of its lift "
        f"(asked: {theme.percent(sure.asked_gap, 4)})."
        if sure.proved
        else f"Not proved: the best plan is at most {theme.percent(sure.gap, 2)} of its lift below the best possible, "
        f"stopped by {sure.stopped_by}."
    )
    return (
        f"{text}Value is {portfolio.value_words}. {proof} The bound comes from {_HOW[sure.how]}. "
        f"The plan to carry out changes {settled.moves} levels instead of {settled.best_moves} and gives up "
        f"{value_words(portfolio, settled.near_equal_cost)} for that and "
        f"{value_words(portfolio, settled.rounding_cost)} for whole steps"
        f"{'' if settled.is_whole else ' (whole steps could not be reached)'}. {_moves_words(result)}"
        "What closing costs once counts in full in the period planned. Money is there to be placed: unit costs are "
        "not taken off value. "
        f"Prices of resources are local: supports and branches of the curves held, each solved again.{_doubt(result)}"
        f"{_traded(result)}"
    )


def possible_words(result: Allocation) -> str:
    """Return how much more any plan could bring than the plan to carry out, rounded up so that the words stay true.

    The certificate is the best plan's; the plan to carry out gives up a little of that for fewer moves.
    """
    portfolio, most = result.portfolio, max(result.best.certificate.bound - result.plan.value, 0.0)
    gain = result.plan.value - result.best.baseline_value
    if most <= _NOTHING * max(abs(result.plan.value), 1e-12):
        return "next to nothing"
    share = math.ceil(1000.0 * most / gain - 1e-6) / 1000.0 if gain > 0 else math.inf
    of = f" ({theme.percent(share, 1)} of the gain)" if share < 1 else ""
    printed = _up(most) if portfolio.is_money else max(_up(most), 0.1)  # one digit is printed, and 0.0 would be untrue
    return f"{value_words(portfolio, printed)}{of}"


def proved_step(result: Allocation) -> float:
    """Return the smallest power of ten by which the search tells two values apart; amounts show no digit below it."""
    whole = max(abs(result.plan.value), abs(result.best.value), abs(result.best.certificate.bound), 1e-12)
    return float(10.0 ** math.ceil(math.log10(TOLERANCE * whole)))


def given_up_words(result: Allocation) -> str:
    """Return what the plan to carry out gives up of the best one on purpose; empty where that is nothing."""
    lost = result.best.value - result.plan.value
    if lost < proved_step(result):
        return ""
    return f"{value_words(result.portfolio, lost)} is given up on purpose for fewer moves and whole steps"


def _up(amount: float) -> float:
    """Return an amount rounded up to two digits that count."""
    size = 10.0 ** (math.floor(math.log10(amount)) - 1)
    return math.ceil(amount / size - 1e-9) * size


def _share(gap: float) -> str:
    return f"more than {theme.percent(gap, 4)}" if gap >= 5e-7 else "0.0001 %"


def _doubt(result: Allocation) -> str:
    """Return how it was found out what holds when answers are wrong, and what would change a decision."""
    if result.doubt is None:
        return ""
    held = result.doubt.robustness
    return (
        f" How sure: every answer behind a curve and every worth was drawn anew {held.draws:,} times (Latin hypercube, "
        f"seeded), each up to {theme.percent(held.spread)} off, half as much again where it is assumed and twice where "
        "it is contested; a worth that a line's activities share is one judgement and drawn once. A decision holds in "
        "a draw where a plan with it is within 0.1 % of the lift of that draw's best, sought again where it seemed to "
        "be lost; the counts are at least. What closing costs and what there is of a resource were not drawn. A factor "
        "at which a decision flips, what deciding otherwise loses, and why something is left over were found by "
        "solving again."
    )


def _traded(result: Allocation) -> str:
    """Return how two objectives were traded off."""
    if result.frontier is None:
        return ""
    return (
        " Between two objectives one is maximised while the other stays above a floor that rises in even steps "
        "(Haimes, Lasdon and Wismer 1971), so that plans are found which no sum of weights finds."
    )


def _moves_words(result: Allocation) -> str:
    """Return whether the moves are the fewest, and what moves too small to be worth making cost."""
    settled, text = result.settled, ""
    if settled.is_fewest:
        text += "No plan with the same lines supported that is nearly as good moves fewer activities. "
    if settled.small_move_cost > 0:
        text += f"Leaving out moves that are too small to be worth making costs {settled.small_move_cost:,.4g}. "
    return text
