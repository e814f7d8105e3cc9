"""What rules are for the solver: linear rows over levels and supports.

``RESOURCE`` is what is *used*: the activities, and for the whole or a line also what lines need while supported (and
what closing does not free). A scope of use, function or activity counts activities alone. The language itself is in
`workbench.allocation.rule_language`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from workbench.allocation.rule_language import RuleError, parse_rule
from workbench.allocation.rule_words import (
    COUNTS,
    Change,
    Compare,
    Count,
    ParsedRule,
    Quantity,
    Sense,
    Support,
    Term,
    describe,
    quoted,
)

if TYPE_CHECKING:
    from workbench.allocation.model import Portfolio

__all__ = [
    "Change",
    "Compare",
    "Count",
    "GivenRow",
    "ParsedRule",
    "Quantity",
    "RuleError",
    "RuleRow",
    "Support",
    "Term",
    "compile_rules",
    "describe",
    "given_rows",
    "parse_rule",
    "quoted",
]


@dataclass(frozen=True)
class RuleRow:
    """One linear row of a rule: Σ coefficient · variable ``sense`` limit.

    Attributes
    ----------
    name, text, owner : str
        As the client wrote them.
    terms : tuple of (kind, id, coefficient)
        Kind ``level`` with an activity, or ``support`` with a line (1 supported, 0 closed).
    sense : str
        ``<=``, ``>=`` or ``=``.
    limit : float
        Unit: `unit`.
    unit : str
        The unit of the first resource or activity named; ``lines`` for rules on support.
    """

    name: str
    text: str
    owner: str
    terms: tuple[tuple[str, str, float], ...]
    sense: Sense
    limit: float
    unit: str


@dataclass(frozen=True)
class GivenRow:
    """A rule on what whole lines are given: Σ coefficient · amount + Σ coefficient · level ``sense`` limit.

    Attributes
    ----------
    name : str
    given : mapping of (line, resource) to float
    levels : mapping of activity to float
    sense : str
        ``<=``, ``>=`` or ``=``.
    limit : float
    """

    name: str
    given: Mapping[tuple[str, str], float]
    levels: Mapping[str, float]
    sense: Sense
    limit: float


def compile_rules(portfolio: Portfolio) -> tuple[RuleRow, ...]:
    """Return every rule of a portfolio as linear rows, in the order of the rules; a rule may have several rows."""
    rows: list[RuleRow] = []
    for rule in portfolio.rules:
        parsed = parse_rule(rule.text, portfolio)
        rows.extend(_rows(parsed, portfolio, rule.name, rule.text, rule.owner))
    return tuple(rows)


def given_rows(portfolio: Portfolio) -> tuple[GivenRow, ...]:
    """Return the rules that speak of what whole lines are given; those on uses, functions or activities are no such.

    What a line is given may be more than it uses (whole people), so such a rule is asked of both.
    """
    rows = []
    for rule in portfolio.rules:
        for compare in _compares(parse_rule(rule.text, portfolio)):
            row = _given_row(compare, portfolio, rule.name)
            if row is not None:
                rows.append(row)
    return tuple(rows)


def _compares(rule: ParsedRule) -> tuple[Compare, ...]:
    return (rule,) if isinstance(rule, Compare) else rule.compares if isinstance(rule, Change) else ()


def _given_row(compare: Compare, portfolio: Portfolio, name: str) -> GivenRow | None:
    held = [term.quantity for term in (*compare.left, *compare.right) if term.quantity is not None]
    used = [item for item in held if item.kind == "used"]
    if not used or any(item.scope not in ("", "line") for item in used):
        return None
    given: dict[tuple[str, str], float] = {}
    levels: dict[str, float] = {}
    limit = 0.0
    for side, part in ((1, compare.left), (-1, compare.right)):
        for term in part:
            factor, quantity = float(side * term.factor), term.quantity
            if quantity is None:
                limit -= factor
            elif quantity.kind == "used":
                for line in quantity.members or tuple(line.id for line in portfolio.lines):
                    given[line, quantity.name] = given.get((line, quantity.name), 0.0) + factor
            else:
                form, constant = _linear(quantity, portfolio)
                limit -= factor * constant
                for (_, key), value in form.items():
                    levels[key] = levels.get(key, 0.0) + factor * value
    return GivenRow(name, given, levels, compare.sense, limit)


# -- rows ------------------------------------------------------------------------------------------------------------


def _rows(rule: ParsedRule, portfolio: Portfolio, name: str, text: str, owner: str) -> list[RuleRow]:
    def row(terms: dict[tuple[str, str], float], sense: Sense, limit: float, unit: str) -> RuleRow:
        kept = tuple((kind, key, value) for (kind, key), value in terms.items() if value != 0.0)
        return RuleRow(name, text, owner, kept, sense, limit, unit)

    if isinstance(rule, Count):
        counted = rule.lines or tuple(line.id for line in portfolio.lines)
        return [row({("support", line): 1.0 for line in counted}, COUNTS[rule.kind], float(rule.number), "lines")]
    if isinstance(rule, Support):
        one = ("support", rule.line)
        if rule.kind in ("keep", "close"):
            return [row({one: 1.0}, "=", 1.0 if rule.kind == "keep" else 0.0, "lines")]
        found = []
        for other in rule.others:
            if other == rule.line:
                raise RuleError(text, text.rfind(other) + 1, f"{other!r} stands on both sides.", "Name another line.")
            two = ("support", other)
            if rule.kind == "excludes":
                found.append(row({one: 1.0, two: 1.0}, "<=", 1.0, "lines"))
            else:
                found.append(row({one: 1.0, two: -1.0}, "<=" if rule.kind == "requires" else "=", 0.0, "lines"))
        return found
    if isinstance(rule, Change):
        _need_something_today(rule, portfolio, text)
    return [row(*_sides(compare, portfolio)) for compare in _compares(rule)]


def _sides(compare: Compare, portfolio: Portfolio) -> tuple[dict[tuple[str, str], float], Sense, float, str]:
    """Return a comparison as terms, sense, limit and unit."""
    terms: dict[tuple[str, str], float] = {}
    limit = 0.0
    for side, part in ((1, compare.left), (-1, compare.right)):
        for term in part:
            factor = float(side * term.factor)
            form, constant = _linear(term.quantity, portfolio) if term.quantity else ({}, 1.0)
            limit -= factor * constant
            for key, value in form.items():
                terms[key] = terms.get(key, 0.0) + factor * value
    first = next(term.quantity for term in (*compare.left, *compare.right) if term.quantity)
    return terms, compare.sense, limit, _unit(first, portfolio)


def _need_something_today(rule: Change, portfolio: Portfolio, text: str) -> None:
    """Refuse a share of nothing: it would forbid any change, which is hardly what was meant."""
    now = rule.compares[0].right[0].quantity
    if now is None or _linear(now, portfolio)[1] > 0:
        return
    words = describe(Compare((Term(Fraction(1), rule.quantity),), "<=", (Term(Fraction(1)),)))
    lead = re.match(r"\s*change\s+of\s+", text, re.IGNORECASE)
    found = f"there is none of it today, and {float(rule.width * 100):g} % of nothing is nothing."
    raise RuleError(text, (lead.end() if lead else 0) + 1, found, f"Write an amount instead, such as: {words}.")


def _linear(quantity: Quantity, portfolio: Portfolio) -> tuple[dict[tuple[str, str], float], float]:
    """Return a quantity as coefficients of levels and supports, and a constant."""
    if quantity.kind == "capacity":
        return {}, portfolio.resource(quantity.name).capacity[0]
    if quantity.kind == "level":
        return {("level", quantity.name): 1.0}, 0.0
    if quantity.kind == "current level":
        return {}, portfolio.activity(quantity.name).current
    form: dict[tuple[str, str], float] = {}
    constant = 0.0
    function = portfolio.resource(quantity.name).function
    for activity in portfolio.activities:
        inside = {"line": activity.line, "use": activity.use, "activity": activity.id, "function": function}
        amount = activity.recipe.get(quantity.name, 0.0)
        if amount and (not quantity.scope or inside[quantity.scope] in quantity.members):
            form["level", activity.id] = amount
    if quantity.scope in ("", "line"):
        for line in portfolio.lines:
            if not quantity.scope or line.id in quantity.members:
                left = portfolio.left(line.id, quantity.name)
                constant += left
                form["support", line.id] = line.needs.get(quantity.name, 0.0) - left
    if quantity.kind == "current":
        today = sum(
            value * (portfolio.activity(key).current if kind == "level" else 1.0) for (kind, key), value in form.items()
        )
        return {}, constant + today
    return form, constant


def _unit(quantity: Quantity, portfolio: Portfolio) -> str:
    if quantity.kind in ("level", "current level"):
        return portfolio.activity(quantity.name).unit
    return portfolio.resource(quantity.name).unit
