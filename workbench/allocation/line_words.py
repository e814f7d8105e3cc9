"""The words that all findings of a plan share: values, amounts, what flips a decision, what closing costs."""

from __future__ import annotations

import math

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.closings import LineClosing
from workbench.allocation.explain import ShadowPrice
from workbench.allocation.firm import WITHIN
from workbench.allocation.flips import FAR, Flip
from workbench.allocation.model import Portfolio
from workbench.allocation.numbers import figures
from workbench.allocation.ranges import PriceRange
from workbench.allocation.unplaced import MORE, Unplaced
from workbench.findings import Finding, fit_claim

POINTS = " value points"
"""What value is called where it is no money."""
TIMES = 2.0
"""From this factor on a change is said as times, below it in percent (ours)."""
MANY_RULES = 2
"""Rules named in a cell."""


def flip_words(flip: Flip | None) -> str:
    """Return what would change the decision on a line, as the end of a sentence; empty where that is not known.

    The side that is sure is told: rounded so that the words stay true.
    """
    if flip is None or flip.state == "open":
        return ""
    if flip.state == "closing":
        return "nobody said what closing it costs, so it was not considered"
    if flip.state == "rule":
        held = "kept open" if flip.supported else "kept closed"
        by = theme.listing(list(flip.rules), MANY_RULES) if flip.rules else "what is given"
        return f"{held} by {by}, whatever its outcome is worth"
    if flip.state == "never":
        if flip.supported:
            return "it stays however little its outcome is worth"
        return f"not even an outcome worth {FAR:.0f} times as much would keep it"
    change = flip.change or 0.0
    if flip.supported:
        less = math.ceil(change * 100 - 1e-9)
        if less >= 100:
            return "it would close only if its outcome were worth nothing"
        return f"it would close if its outcome were worth {theme.percent(less / 100)} less"
    if 1.0 + change >= TIMES:
        times = theme.number(math.ceil((1.0 + change) * 10 - 1e-9) / 10)
        return f"it stays when its outcome is worth {times} times as much"
    return f"it stays when its outcome is worth {theme.percent(math.ceil(change * 100 - 1e-9) / 100)} more"


def activity_words(portfolio: Portfolio, activity: str) -> str:
    """Return an activity in words a board knows: its line's name and what is done for it."""
    line = portfolio.line(portfolio.activity(activity).line)
    rest = activity.removeprefix(line.id).strip("-_ .")
    return f"{line.name}, {rest}" if activity.startswith(line.id) and rest else activity


def value_words(portfolio: Portfolio, value: float) -> str:
    """Return a value with its unit: money where it is money, else value points."""
    if portfolio.is_money:
        return theme.money(value, portfolio.currency)
    return f"{theme.number(value, 1 if abs(value) < 100 else 0)}{POINTS}"


def number_words(value: float | None) -> str:
    """Return an amount: whole where it is large or whole, else with one decimal."""
    if value is None:
        return theme.MISSING
    return theme.number(value, 0 if abs(value) >= 100 or abs(value - round(value)) < 1e-6 else 1)


def step_words(price: ShadowPrice) -> str:
    """Return the step of a resource that its price is of, with its unit."""
    return f"{number_words(price.amount)} {'person' if price.unit == 'people' and price.amount == 1 else price.unit}"


def agreed_words(portfolio: Portfolio) -> str:
    """Return who agreed the weights, where value is points."""
    words = portfolio.value_words
    return f"; {words.removeprefix('value points, ')}" if words.startswith("value points, ") else ""


def closing_words(portfolio: Portfolio, closing: LineClosing) -> str:
    """Return what closing a line frees and costs, and when that is paid back where value is money."""
    currency = portfolio.currency
    frees = f"closing frees {theme.money(closing.money_freed, currency)} a year for other lines"
    once = f"costs {theme.money(closing.one_off_cost, currency)} once" if closing.one_off_cost else ""
    yearly = (
        ""
        if not closing.yearly_cost
        else f"costs {theme.money(closing.yearly_cost, currency)} a year"
        if closing.yearly_cost > 0
        else f"still earns {theme.money(-closing.yearly_cost, currency)} a year"
    )
    parts = [part for part in (frees, once, yearly) if part]
    paid = payback_words(closing)
    return ", ".join(parts) + (f", {paid}" if paid else "")


def payback_words(closing: LineClosing) -> str:
    """Return when closing has paid for itself, where value is money; empty where it is not."""
    if not closing.is_money:
        return ""
    when = payback_time(closing)
    return {"never": "at that cost never pays back", "at once": "at that cost pays at once"}.get(
        when, f"at that cost pays back {when}"
    )


def payback_time(closing: LineClosing) -> str:
    """Return how long closing takes to pay back, in words; rounded up."""
    years = closing.payback
    if years is None:
        return "never"
    months = math.ceil(years * 12 - 1e-9)
    if months == 0:
        return "at once"
    if months < 24:
        return f"in {months} month{'s' * (months > 1)}"
    return f"in {theme.number(math.ceil(years * 10 - 1e-9) / 10)} years"


def unplaced_words(item: Unplaced) -> str:
    """Return why a resource is left over, in a few words."""
    names = theme.listing(list(item.names), MANY_RULES)
    return {
        "steps": "people come whole",
        "other": f"for want of {names}",
        "rule": f"held back by {names}",
        "together": "held back by several resources and rules together",
        "saturated": "more of it would bring nothing",
    }.get(item.reason, "why was not worked out")


def unplaced_finding(result: Allocation) -> Finding | None:
    """Return the money that could not be placed, and why; None where there is none worth a sentence."""
    if not result.unplaced:
        return None
    top = max(result.unplaced, key=lambda item: (item.money, item.amount / item.capacity))
    amount = theme.money(top.money, result.portfolio.currency) if top.money else _amount(result.portfolio, top)
    of_all = theme.percent(top.amount / top.capacity)
    claim = fit_claim(
        f"{amount} of {top.resource} ({of_all}) cannot be placed: {unplaced_words(top)}.",
        f"{amount} of {top.resource} ({of_all}) cannot be placed.",
        f"{of_all} of a resource cannot be placed.",
    )
    keys = [f"{name}/{item.resource}" for item in result.unplaced for name in ("unplaced", "unplaced_money")]
    told = " ".join(_told(result.portfolio, item) for item in result.unplaced)
    return Finding(claim, told, figures(result).ids(*keys))


def firm_finding(result: Allocation) -> Finding | None:
    """Return which decisions every plan within 1 % of the best shares; None where none was open, or none was asked."""
    asked = [item for item in result.firm if item.proof != "given"]
    if not asked:
        return None
    names = {line.id: line.name for line in result.portfolio.lines}
    firm = [item for item in asked if item.firm]
    loose = [names[item.line] for item in asked if item.firm is False]
    within, n = theme.percent(WITHIN), len(asked)
    if len(firm) == n:
        who = (
            f"All {n} open decisions on lines are"
            if n > 2
            else f"Both {n} open decisions on lines are".replace(" 2", "")
        )
        who = who if n > 1 else f"The one open decision, on {names[asked[0].line]}, is"
        claim = f"{who} the same in every plan within {within} of the best."
    else:
        verb = "is" if len(firm) == 1 else "are"
        claim = f"{len(firm)} of {n} open decisions on lines {verb} the same in every plan within {within} of the best."
    parts = [
        f"{names[item.line]}: deciding otherwise loses at least {value_words(result.portfolio, cost)}."
        for item in asked
        if (cost := item.flip_cost_at_least) is not None
    ]
    if loose:
        parts.append(f"A plan nearly as good decides otherwise on {theme.listing(loose, 6)}.")
    keys = [f"{name}/{item.line}" for item in asked for name in ("firm", "flip_cost")]
    claim = fit_claim(claim, f"{len(firm)} of {n} open decisions hold in every plan within {within} of the best.")
    return Finding(claim, " ".join(parts), figures(result).ids(*keys))


def left_over_words(portfolio: Portfolio, item: Unplaced) -> str:
    """Return how much of a resource is left over, and why."""
    return f"{_amount(portfolio, item)}: {unplaced_words(item)}"


def _told(portfolio: Portfolio, item: Unplaced) -> str:
    """Return what is left over of one resource, and what would have it used, as a sentence."""
    start = f"{item.resource}: {_amount(portfolio, item)} of {_amount(portfolio, item, item.capacity)} left over"
    if item.money and not _is_money(portfolio, item):
        start += f", {theme.money(item.money, portfolio.currency)}"
    text = f"{start}, {unplaced_words(item)}"
    if item.used_then is not None and item.reason in ("other", "rule"):
        gives_way = f"with {theme.percent(MORE)} more of" if item.reason == "other" else "without"
        text += f"; {gives_way} {item.names[0]}, {_amount(portfolio, item, item.used_then)} more is used"
    return f"{text}." if item.is_verified else f"{text} (not proved)."


def _is_money(portfolio: Portfolio, item: Unplaced) -> bool:
    return portfolio.resource(item.resource).money_units(portfolio.currency) is not None


def _amount(portfolio: Portfolio, item: Unplaced, value: float | None = None) -> str:
    """Return an amount of a resource with its unit; money as money."""
    value = item.amount if value is None else value
    size = portfolio.resource(item.resource).money_units(portfolio.currency)
    if size is not None:
        return theme.money(value * size, portfolio.currency)
    text = number_words(value)
    return text if item.unit == "people" else f"{text} {item.unit}"


def range_words(price: PriceRange, step: float) -> str:
    """Return by how much less or more of a resource there may be while a step is worth the same.

    A range within one step either way says nothing of a step: each step then has a worth of its own.
    """
    reach = [abs(price.capacity - end) for end in (price.low, price.high) if end is not None]
    if len(reach) == 2 and max(reach) < step:
        return "less than one step"
    low = "any less" if price.low is None else f"{_rough(price.capacity - price.low)} less"
    high = "any more" if price.high is None else f"{_rough(price.high - price.capacity)} more"
    return f"{low} to {high}" + ("" if price.is_verified else " (not verified)")


def _rough(amount: float) -> str:
    """Return an amount with two digits that count."""
    if amount <= 0:
        return "0"
    places = 1 - math.floor(math.log10(amount))
    return theme.number(round(amount, places), max(min(places, 2), 0))
