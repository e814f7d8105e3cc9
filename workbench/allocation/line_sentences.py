"""Why a line got what it got: as a claim with its detail, as a sentence for a cell, as a reason in a few words."""

from __future__ import annotations

from collections.abc import Callable

from workbench import theme
from workbench.allocation.answer import Allocation
from workbench.allocation.explain import LineReason
from workbench.allocation.line_words import POINTS, closing_words, flip_words, number_words, value_words
from workbench.allocation.model import Portfolio
from workbench.allocation.numbers import figures
from workbench.findings import Finding, fit_claim

CHANGE = 0.02
"""A line whose money changes by less than this share keeps what it has, in words (ours)."""
_LINE_FIGURES = (
    "supported",
    "money",
    "today_money",
    "people",
    "today_people",
    "value",
    "today_value",
    "next_unit",
    "last_funded",
    "other_option",
    "closing_once",
    "closing_yearly",
)
_MONEY_NAMES = {"EUR": "euro", "USD": "dollar", "GBP": "pound", "CHF": "franc"}


def line_finding(result: Allocation, reason: LineReason) -> Finding:
    """Return why a line got what it got, as a claim with its detail and figures."""
    ids = figures(result)
    if not reason.supported:
        weak = _brings_less(result, reason)
        short = f"{reason.name} is proposed to close: {decision_cost(result, reason)}."
        claim = fit_claim(
            f"{reason.name} is proposed to close: {weak}." if weak else short,
            short,
            "A line is proposed to close.",
        )
    else:
        claim = _stays_claim(result, reason)
    keys = [f"{name}/{reason.line}" for name in _LINE_FIGURES]
    return Finding(claim, _line_detail(result, reason), ids.ids(*keys))


def line_sentence(result: Allocation, reason: LineReason) -> str:
    """Return what a line gets, why, and what would change it, as one sentence for a table's cell."""
    earns = _earning(result.portfolio, reason)
    if reason.supported:
        parts = [_stays_words(result, reason), earns]
        named = () if reason.flip is None else reason.flip.rules
        holding = [rule for rule in reason.binding if rule not in named]  # those are told with what would change it
        if holding:
            parts.append(f"held by {theme.listing(holding, 2)}")
        parts.append(_otherwise(result, reason))
    else:
        closing = next((item for item in result.closings if item.line == reason.line), None)
        parts = [_brings_less(result, reason), earns, _otherwise(result, reason)]
        parts.append(closing_words(result.portfolio, closing) if closing else "")
        parts.append(theme.lower_start(people_words(reason)).rstrip("."))
    text = "; ".join(part for part in parts if part)
    return f"{theme.upper_start(text)}."


def reason_words(result: Allocation, reason: LineReason) -> str:
    """Return the reason of a line in a few words, for a table's cell."""
    brings = reason.value - reason.today_value
    sign = "+" if brings > 0 else "−"
    noise = 1e-6 * max(abs(reason.today_value), 1e-12)
    parts = ["value as today" if abs(brings) <= noise else f"value {sign}{value_words(result.portfolio, abs(brings))}"]
    parts.append(_earning(result.portfolio, reason))
    if reason.binding:
        parts.append(f"held by {theme.listing(list(reason.binding), 2)}")
    if not reason.supported:
        parts = [decision_cost(result, reason), people_words(reason).rstrip(".").lower()]
    return "; ".join(part for part in parts if part) or "uses all it can"


def decision_cost(result: Allocation, reason: LineReason) -> str:
    """Return what deciding the other way would cost, in words."""
    word = "keeping it" if not reason.supported else "closing it"
    if reason.other_option is None:
        return f"{word} breaks a rule or a capacity" if reason.is_verified else f"what {word} costs was not worked out"
    if reason.other_option <= result.best.certificate.gap_absolute:
        return f"{word} would cost nothing noticeable"
    words = f"{word} would cost {value_words(result.portfolio, reason.other_option)}"
    closing = result.portfolio.closing_value(reason.line) if reason.supported else 0.0
    return f"{words}, {value_words(result.portfolio, closing)} of it costs of closing" if closing > 0 else words


def people_words(reason: LineReason) -> str:
    """Return how many people a closing touches, with the words that must stand beside it."""
    count = round(reason.today_people)
    who = "Nobody is counted in this line" if count == 0 else f"{theme.people(count)} affected"
    return f"{who}, no decision on persons."


def move_way(result: Allocation, reason: LineReason) -> str:
    """Return how a line moves: ``more``, ``less``, ``anew`` (the same money and people, other levels) or nothing."""
    for now, then in ((reason.money, reason.today_money), (reason.people, reason.today_people)):
        if abs(now - then) > CHANGE * max(then, 1e-12):
            return "more" if now > then else "less"
    steps = [
        result.plan.level(item.id) - item.current
        for item in result.portfolio.activities_of(reason.line)
        if abs(result.plan.level(item.id) - item.current) > CHANGE * max(item.maximum, 1e-300)
    ]
    if not steps:
        return ""
    is_counted = bool(reason.today_money or reason.money or reason.today_people or reason.people)
    if is_counted or min(steps) < 0 < max(steps):
        return "anew"
    return "more" if steps[0] > 0 else "less"


def move_size(result: Allocation) -> Callable[[LineReason], float]:
    """Return the measure of a line's move: money; people where nothing costs money; else value."""
    if any(item.money or item.today_money for item in result.reasons):
        return lambda item: item.money - item.today_money
    if any(item.people or item.today_people for item in result.reasons):
        return lambda item: item.people - item.today_people
    return lambda item: item.value - item.today_value


def _stays_claim(result: Allocation, reason: LineReason) -> str:
    """Return the claim of a line that stays: what it gets more or less of, and what comes of that."""
    words, way = _stays_words(result, reason), move_way(result, reason)
    rest = {"": "A line keeps what it has.", "anew": "A line is spread anew."}.get(way, f"A line: {words}.")
    return fit_claim(f"{reason.name}: {words}.", rest)


def _stays_words(result: Allocation, reason: LineReason) -> str:
    """Return what a line that stays gets more or less of, and what comes of that."""
    portfolio, way, brings = result.portfolio, move_way(result, reason), reason.value - reason.today_value
    worth = value_words(portfolio, abs(brings))
    more = f"{worth} more value" if portfolio.is_money else worth.replace(POINTS, f" more{POINTS}")
    is_moved = abs(brings) > 1e-6 * max(abs(reason.today_value), 1e-12)
    if way == "":
        return (
            f"money stays at {theme.money(reason.today_money, portfolio.currency)}"
            if reason.today_money
            else f"{theme.people(reason.today_people)} stay"
            if reason.today_people
            else "nothing changes"
        )
    if way == "anew":
        tail = f", {worth} {'more' if brings > 0 else 'less'}" if is_moved else ""
        return f"the same in all, spread anew over its activities{tail}"
    if way == "more":
        tail = f"which brings {more}" if brings > 0 and is_moved else "as the rules ask"
    else:
        tail = "at no cost of value" if not is_moved else f"which costs {worth}" if brings < 0 else f"yet brings {more}"
    return f"{_moved_words(result, reason)} {way}, {tail}"


def _moved_words(result: Allocation, reason: LineReason) -> str:
    """Return how much a line gets more or less: money, else people, else the level that moves most."""
    money, people = reason.money - reason.today_money, reason.people - reason.today_people
    if abs(money) > CHANGE * max(reason.today_money, 1e-12):
        return theme.money(abs(money), result.portfolio.currency)
    if abs(people) > CHANGE * max(reason.today_people, 1e-12):
        return theme.people(abs(people)) if abs(people) >= 0.5 else f"{theme.number(abs(people), 1)} people"
    steps = [
        (abs(result.plan.level(item.id) - item.current), item.unit)
        for item in result.portfolio.activities_of(reason.line)
    ]
    amount, unit = max(steps)
    return f"{number_words(amount)} {unit}"


def _otherwise(result: Allocation, reason: LineReason) -> str:
    """Return what deciding the other way would cost, and what would make it right."""
    flip = flip_words(reason.flip)
    if reason.other_option is None:
        return flip
    cost = decision_cost(result, reason)
    return f"{cost}, and {flip}" if flip else cost


def _line_detail(result: Allocation, reason: LineReason) -> str:
    currency = result.portfolio.currency
    parts = []
    if reason.today_money or reason.money:
        now = theme.money(reason.money, currency)
        parts.append(f"{theme.money(reason.today_money, currency)} today → {now} in the plan.")
    if reason.today_people or reason.people:
        parts.append(f"{theme.people(reason.today_people)} → {theme.people(reason.people)}.")
    earns = _earning(result.portfolio, reason)
    if earns:
        parts.append(f"{theme.upper_start(earns)}.")
    otherwise = _otherwise(result, reason)
    if otherwise:
        parts.append(f"{theme.upper_start(otherwise)}.")
    if reason.binding:
        parts.append(f"Held by: {theme.listing(list(reason.binding), 6)}.")
    if not reason.supported:
        effect = next((item for item in result.closings if item.line == reason.line), None)
        if effect is not None:
            words = closing_words(result.portfolio, effect)
            parts.append(f"{theme.upper_start(words)}.")
        parts.append(people_words(reason))
        closing = result.portfolio.line(reason.line).closing
        if closing is not None and closing.note:
            parts.append(closing.note)
    return " ".join(parts)


def _brings_less(result: Allocation, reason: LineReason) -> str:
    """Return what a line takes and brings today where that is less, in money; empty where it is not."""
    portfolio = result.portfolio
    if not portfolio.is_money or reason.today_value >= reason.today_money:
        return ""
    takes, brings = (theme.money(amount, portfolio.currency) for amount in (reason.today_money, reason.today_value))
    return f"today it takes {takes} and brings {brings}"


def _earning(portfolio: Portfolio, reason: LineReason) -> str:
    """Return what the next unit of money earns here, and beside a line that closes what the last one earns elsewhere.

    The last one is of the resource that the line takes most of: lines that take mainly others have another measure,
    so that it is told only where it is the reason.
    """
    if reason.next_unit is None:
        return _earns_nothing(portfolio, reason) if reason.supported else ""
    unit, factor = _money_unit(portfolio, reason)
    verb = "would earn" if reason.supported else "earns"
    here = f"its next {unit} {verb} {_points(portfolio, reason.next_unit * factor)}"
    if reason.last_funded is None or reason.supported or reason.next_unit >= reason.last_funded:
        return here
    there = _points(portfolio, reason.last_funded * factor)
    return f"{here}, the last one spent on the same resource in other lines {there}"


def _earns_nothing(portfolio: Portfolio, reason: LineReason) -> str:
    """Return why a line that stays can turn no further money into value."""
    activities = portfolio.activities_of(reason.line)
    if not activities:
        return "it has no activities to give anything to"
    useful = [item for item in activities if portfolio.worth(item.id) > 0]
    if not useful:
        is_harm = any(portfolio.worth(item.id) < 0 for item in activities)
        return "more of it would do harm" if is_harm else "more of it would bring nothing"
    if not any(portfolio.resource(name).unit_cost * amount for item in useful for name, amount in item.recipe.items()):
        return "its activities take no money"
    return "it is at its largest useful level"


def _money_unit(portfolio: Portfolio, reason: LineReason) -> tuple[str, float]:
    """Money earns money per euro; points are told per an amount at which they read as numbers."""
    if portfolio.is_money:
        return _MONEY_NAMES.get(portfolio.currency, portfolio.currency), 1.0
    size = max(reason.next_unit or 0.0, reason.last_funded or 0.0)
    factor = next((amount for amount in (1.0, 1e3, 1e4, 1e5, 1e6) if size * amount >= 1), 1e6)
    return theme.money(factor, portfolio.currency), factor


def _points(portfolio: Portfolio, value: float) -> str:
    return theme.number(value, 2 if abs(value) < 10 else 1) + ("" if portfolio.is_money else " points")
