"""What a rule is made of, and its plainest words, which read back as the same rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

Sense = Literal["<=", ">=", "="]
SENSES: tuple[Sense, ...] = ("<=", ">=", "=")
_WORDS = re.compile(r"[^\W\d][\w.&/-]*")


@dataclass(frozen=True)
class Quantity:
    """Something a rule speaks of.

    Attributes
    ----------
    kind : str
        ``used``, ``current``, ``capacity``, ``level`` or ``current level``.
    name : str
        Resource, or activity for the levels.
    scope : str
        ``line``, ``use``, ``function``, ``activity`` or empty.
    members : tuple of str
        The scope's names, in the order written.
    """

    kind: str
    name: str
    scope: str = ""
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class Term:
    """A factor and what it multiplies; a plain number where `quantity` is None."""

    factor: Fraction
    quantity: Quantity | None = None
    is_percent: bool = False


@dataclass(frozen=True)
class Compare:
    """Two sums and how they compare."""

    left: tuple[Term, ...]
    sense: Sense
    right: tuple[Term, ...]


@dataclass(frozen=True)
class Support:
    """A rule on which lines are supported: keep, close, requires, excludes or goes with."""

    kind: str
    line: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """A limit on how far a quantity may move from what it is today, as a share of that, both ways.

    Attributes
    ----------
    quantity : Quantity
        Of kind ``used`` or ``level``.
    width : Fraction
        Share of today's amount: 1/5 for 20 %.
    """

    quantity: Quantity
    width: Fraction

    @property
    def compares(self) -> tuple[Compare, ...]:
        """The same as comparisons with today; one where nothing may change."""
        here = (Term(Fraction(1), self.quantity),)
        kind = "current level" if self.quantity.kind == "level" else "current"
        now = Quantity(kind, self.quantity.name, self.quantity.scope, self.quantity.members)
        if self.width == 0:
            return (Compare(here, "=", (Term(Fraction(1), now),)),)
        return (
            Compare(here, "<=", (Term(1 + self.width, now, is_percent=True),)),
            Compare(here, ">=", (Term(1 - self.width, now, is_percent=True),)),
        )


@dataclass(frozen=True)
class Count:
    """How many of some lines are supported: ``at most``, ``at least`` or ``exactly``; of all where none is named."""

    kind: str
    number: int
    lines: tuple[str, ...] = ()


ParsedRule = Compare | Change | Support | Count
COUNTS: Mapping[str, Sense] = {"at most": "<=", "at least": ">=", "exactly": "="}
"""What is counted, and how it compares."""


def describe(rule: ParsedRule) -> str:
    """Return a rule in its plainest words, which read back as the same rule.

    Examples
    --------
    >>> describe(Support("requires", "cards", ("accounts",)))
    'line cards requires line accounts'
    """
    if isinstance(rule, Count):
        return f"{rule.kind} {rule.number} of lines {', '.join(map(quoted, rule.lines))}".rstrip()
    if isinstance(rule, Change):
        return f"change of {describe_quantity(rule.quantity)} within {_decimal(rule.width * 100)}%"
    if isinstance(rule, Support):
        if rule.kind in ("keep", "close"):
            return f"{rule.kind} line {quoted(rule.line)}"
        return f"line {quoted(rule.line)} {rule.kind} line {', '.join(map(quoted, rule.others))}"
    return f"{_sum_in_words(rule.left)} {rule.sense} {_sum_in_words(rule.right)}"


def _sum_in_words(terms: tuple[Term, ...]) -> str:
    words = ""
    for term in terms:
        sign = ("- " if term.factor < 0 else "+ ") if words else ("-" if term.factor < 0 else "")
        words += f"{' ' if words else ''}{sign}{_term_in_words(term)}"
    return words


def _term_in_words(term: Term) -> str:
    factor = abs(term.factor)
    if term.quantity is None:
        return _decimal(factor)
    words = describe_quantity(term.quantity)
    if term.is_percent:
        return f"{_decimal(factor * 100)}% of {words}"
    return words if factor == 1 else f"{_decimal(factor)} * {words}"


def describe_quantity(quantity: Quantity) -> str:
    """Return a quantity as a rule writes it."""
    lead = {"used": "", "capacity": "capacity of ", "current": "current ", "level": "level of "}
    words = lead.get(quantity.kind, "current level of ") + quoted(quantity.name)
    if quantity.scope:
        words += f" in {quantity.scope}={', '.join(map(quoted, quantity.members))}"
    return words


_KEYWORDS = frozenset(
    {"in", "of", "capacity", "current", "level", "line", "keep", "close", "change", "within", "at", "exactly"}
)


def quoted(name: str) -> str:
    """Return a name as a rule may write it: plain where that is clear, else in quotes.

    Examples
    --------
    >>> print(quoted("motor"), quoted("Moving home"))
    motor "Moving home"
    """
    if _WORDS.fullmatch(name) and name.lower() not in _KEYWORDS:
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'


def _decimal(number: Fraction) -> str:
    """Numbers of rules are decimals, and a hundredth of a decimal is one, so this is exact."""
    with localcontext(prec=60):  # digits of the largest number and of the most decimals, both
        text = format(Decimal(number.numerator) / Decimal(number.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
