"""Rules a manager can read, one line each, as linear rows over levels and supports.

::

    rule     = compare | support
    compare  = sum ("<=" | ">=" | "=") sum
    sum      = term { ("+" | "-") term }
    term     = NUMBER [ "*" quantity ]  |  NUMBER "%" "of" quantity  |  quantity
    quantity = RESOURCE [ "in" scope ]  |  "capacity of" RESOURCE  |  "current" RESOURCE [ "in" scope ]
             | "level of" ACTIVITY      |  "current level of" ACTIVITY
    scope    = ("line" | "use" | "function" | "activity") "=" NAME { "," NAME }
    support  = ("keep" | "close") "line" NAME
             | "line" NAME ("requires" | "excludes" | "goes with") "line" NAME { "," NAME }

``RESOURCE`` is what is *used*: the activities, and for the whole or a line also what lines need while supported
(and what closing does not free). A scope of use, function or activity counts activities alone. Names with spaces
take quotes. ``change of …`` and ``at most N of lines …`` are understood and refused, with what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from workbench.errors import ModelError, nearest

if TYPE_CHECKING:
    from workbench.allocation.model import Portfolio

Sense = Literal["<=", ">=", "="]
SENSES: tuple[Sense, ...] = ("<=", ">=", "=")
USES = ("develop", "operate", "market")
SCOPES = ("line", "use", "function", "activity")
_WORDS = re.compile(r"[^\W\d][\w.&/-]*")
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)
          |(?P<quoted>"[^"]*"|'[^']*')
          |(?P<word>[^\W\d][\w.&/-]*)
          |(?P<sign><=|>=|=|≤|≥|\+|-|−|\*|×|%|,))""",
    re.VERBOSE,
)
_ODD = (
    (re.compile(r"\s*(=<|<(?!=))"), "rules hold at their limit too.", "Write <=."),
    (re.compile(r"\s*(=>|>(?!=))"), "rules hold at their limit too.", "Write >=."),
    (re.compile(r"\s*(==)"), "one sign is enough.", "Write =."),
    (
        re.compile(r"\s*(\d+(?:[,'’]\d+)+)"),
        "it is no number here.",
        "Write 1000 without separators and 1.5 with a point.",
    ),
    (re.compile(r"\s*(\.\d+)"), "a number starts with a digit.", "Write 0 before the point, such as 0.5."),
)
_SAME_SIGN = {"≤": "<=", "≥": ">=", "−": "-", "×": "*"}


class RuleError(ModelError):
    """A rule cannot be read; knows the character at which it stopped making sense.

    Parameters
    ----------
    text : str
        The rule.
    position : int
        Character, from 1.
    found, remedy : str
        What was seen there; what to write.
    """

    def __init__(self, text: str, position: int, found: str, remedy: str) -> None:
        super().__init__(text, position, found, remedy)
        self.text, self.position, self.found, self.remedy = text, position, found, remedy

    def __str__(self) -> str:
        pointer = " " * (self.position - 1) + "^"
        return f"character {self.position}: {self.found} {self.remedy}\n    {self.text}\n    {pointer}"


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


ParsedRule = Compare | Support


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


def parse_rule(text: str, portfolio: Portfolio) -> ParsedRule:
    """Return a rule as its parts.

    Parameters
    ----------
    text : str
        One line of the language above.
    portfolio : Portfolio
        Whose resources, activities, lines and functions the names are looked up in.

    Raises
    ------
    RuleError
        The text is no rule; points at the character and names the nearest spelling.
    """
    return _Parser(text, portfolio).rule()


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
        parsed = parse_rule(rule.text, portfolio)
        if not isinstance(parsed, Compare):
            continue
        held = [term.quantity for term in (*parsed.left, *parsed.right) if term.quantity is not None]
        used = [item for item in held if item.kind == "used"]
        if not used or any(item.scope not in ("", "line") for item in used):
            continue
        given: dict[tuple[str, str], float] = {}
        levels: dict[str, float] = {}
        limit = 0.0
        for side, part in ((1, parsed.left), (-1, parsed.right)):
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
        rows.append(GivenRow(rule.name, given, levels, parsed.sense, limit))
    return tuple(rows)


def describe(rule: ParsedRule) -> str:
    """Return a rule in its plainest words, which read back as the same rule.

    Examples
    --------
    >>> describe(Support("requires", "cards", ("accounts",)))
    'line cards requires line accounts'
    """
    if isinstance(rule, Support):
        if rule.kind in ("keep", "close"):
            return f"{rule.kind} line {quoted(rule.line)}"
        return f"line {quoted(rule.line)} {rule.kind} line {', '.join(map(quoted, rule.others))}"
    return f"{_sum_in_words(rule.left)} {rule.sense} {_sum_in_words(rule.right)}"


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    """Recursive descent: one method a line of the grammar."""

    def __init__(self, text: str, portfolio: Portfolio) -> None:
        self.text, self.portfolio, self.place = text, portfolio, 0
        self.tokens = self._split()

    def _split(self) -> list[_Token]:
        tokens, at = [], 0
        while self.text[at:].strip():
            for pattern, why, remedy in _ODD:
                odd = pattern.match(self.text, at)
                if odd is not None:
                    raise RuleError(self.text, odd.start(1) + 1, f"{odd.group(1)!r}: {why}", remedy)
            match = _TOKEN.match(self.text, at)
            if match is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip())
                what = "an opening quote without its end" if self.text[at] in "\"'" else f"{self.text[at]!r}"
                raise RuleError(self.text, at + 1, f"{what} has no meaning here.", "Names with signs take quotes.")
            kind = str(match.lastgroup)
            raw = match.group(kind)
            word = raw[1:-1] if kind == "quoted" else _SAME_SIGN.get(raw, raw)
            tokens.append(_Token(kind, word, match.start(kind) + 1))
            at = match.end()
        return [*tokens, _Token("end", "", len(self.text.rstrip()) + 1)]

    # the current token, and stepping over it

    @property
    def now(self) -> _Token:
        return self.tokens[self.place]

    def _is(self, *words: str) -> bool:
        """Return whether the next bare words and signs read like this."""
        ahead = self.tokens[self.place : self.place + len(words)]
        return [token.text.lower() if token.kind == "word" else token.text for token in ahead] == list(words) and all(
            token.kind in ("word", "sign") for token in ahead
        )

    def _take(self, *words: str) -> bool:
        if self._is(*words):
            self.place += len(words)
            return True
        return False

    def _stop(self, remedy: str, found: str = "") -> RuleError:
        seen = "the rule ends here." if self.now.kind == "end" else f"{self.now.text!r} was not expected."
        return RuleError(self.text, self.now.position, found or seen, remedy)

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._stop(f"Write {word!r} here.")

    # the grammar

    def rule(self) -> ParsedRule:
        if self.now.kind == "end":
            raise self._stop("Write a rule such as: Engineers in line=Loans >= 12.", "the rule is empty.")
        if self._is("change", "of"):
            raise self._refused_change()
        if any(self._is(*words) for words in (("at", "most"), ("at", "least"), ("exactly",))):
            raise self._refused_count()
        if self._is("keep", "line") or self._is("close", "line") or (self._is("line") and not self._is("line", "=")):
            parsed: ParsedRule = self._support()
        else:
            parsed = self._compare()
        if self.now.kind != "end":
            if self.now.text == "*":
                raise self._stop("Write a number times a quantity.", "two quantities cannot be multiplied.")
            raise self._stop("The rule should end here; a further rule goes into a row of its own.")
        return parsed

    def _compare(self) -> Compare:
        left = self._sum()
        sense = next((sense for sense in SENSES if self._take(sense)), None)
        if sense is None:
            if self.now.text == "*":
                raise self._stop("Write a number times a quantity.", "two quantities cannot be multiplied.")
            raise self._stop("Write <=, >= or = between the two sides; names with spaces take quotes.")
        right = self._sum()
        if not any(term.quantity for term in (*left, *right)):
            raise RuleError(
                self.text, 1, "the rule compares two numbers.", "Name a resource or the level of an activity."
            )
        return Compare(left, sense, right)

    def _sum(self) -> tuple[Term, ...]:
        sign = -1 if self._take("-") else 1
        terms = [self._term(sign)]
        while self._is("+") or self._is("-"):
            sign = 1 if self._is("+") else -1
            self.place += 1
            terms.append(self._term(sign))
        return tuple(terms)

    def _term(self, sign: int) -> Term:
        if self.now.kind != "number":
            return Term(Fraction(sign), self._quantity())
        number = Fraction(self.now.text) * sign
        self.place += 1
        if self._take("%"):
            self._need("of")
            return Term(number / 100, self._quantity(), is_percent=True)
        if self._take("*"):
            return Term(number, self._quantity())
        return Term(number)

    def _quantity(self) -> Quantity:
        if self._take("capacity", "of"):
            return Quantity("capacity", self._name("resource"))
        if self._take("current", "level", "of"):
            return Quantity("current level", self._name("activity"))
        if self._take("level", "of"):
            return Quantity("level", self._name("activity"))
        kind = "current" if self._take("current") else "used"
        name = self._name("resource")
        if not self._take("in"):
            return Quantity(kind, name)
        scope = next((word for word in SCOPES if self._take(word)), None)
        if scope is None:
            raise self._stop("After 'in' comes line=, use=, function= or activity=.")
        self._need("=")
        at = self.now.position
        members = [self._name(scope)]
        while self._take(","):
            members.append(self._name(scope))
        giver = self.portfolio.resource(name).function
        if scope == "function" and giver not in members:
            found = f"no {name} come from {' or '.join(members)}, so the rule would count nothing."
            raise RuleError(self.text, at, found, f"Write function={quoted(giver)}, or leave the scope out.")
        return Quantity(kind, name, scope, tuple(members))

    def _support(self) -> Support:
        for kind in ("keep", "close"):
            if self._take(kind, "line"):
                return Support(kind, self._name("line"))
        self._need("line")
        line = self._name("line")
        kind = next(
            (" ".join(words) for words in (("requires",), ("excludes",), ("goes", "with")) if self._take(*words)), ""
        )
        if not kind:
            raise self._stop("After the line comes requires, excludes or goes with.")
        self._need("line")
        others = [self._name("line")]
        while self._take(","):
            others.append(self._name("line"))
        return Support(kind, line, tuple(others))

    def _name(self, kind: str) -> str:
        token, known = self.now, self._known(kind)
        if token.kind not in ("word", "quoted"):
            raise self._stop(f"Write the name of {_article(kind)} here.")
        self.place += 1
        if kind == "line":
            self._need_one_line(token)
        if token.text in known:
            return known[token.text]
        same = {spelt.lower(): name for spelt, name in known.items()}
        if token.text.lower() in same:
            return same[token.text.lower()]
        guess = nearest(token.text, known) or f"There are {', '.join(sorted(set(known.values())))}."
        if token.kind == "word" and any(" " in name and name.lower().startswith(token.text.lower()) for name in known):
            guess += " A name with spaces takes quotes."
        raise RuleError(self.text, token.position, f"{token.text!r} is not {_article(kind)}.", guess)

    def _need_one_line(self, token: _Token) -> None:
        lines = self.portfolio.lines
        if any(line.id.lower() == token.text.lower() for line in lines):
            return
        same = [line.id for line in lines if line.name.lower() == token.text.lower()]
        if len(same) > 1:
            raise RuleError(
                self.text,
                token.position,
                f"{token.text!r} is the name of {len(same)} product lines.",
                f"Write the key instead: {' or '.join(same)}.",
            )

    def _known(self, kind: str) -> dict[str, str]:
        portfolio = self.portfolio
        if kind == "line":
            return {
                **{line.name: line.id for line in portfolio.lines},
                **{line.id: line.id for line in portfolio.lines},
            }
        names: Mapping[str, list[str]] = {
            "resource": [resource.id for resource in portfolio.resources],
            "activity": [activity.id for activity in portfolio.activities],
            "use": list(USES),
            "function": [resource.function for resource in portfolio.resources],
        }
        return {name: name for name in names[kind]}

    # understood, not computed with

    def _refused_change(self) -> RuleError:
        at = self.now.position
        self._take("change", "of")
        quantity = self._quantity()
        self._need("within")
        if self.now.kind != "number":
            raise self._stop("Write a percentage here, such as 20%.")
        width = Fraction(self.now.text) / 100
        self.place += 1
        self._need("%")
        now = Quantity("current level" if quantity.kind == "level" else "current", *_rest(quantity))
        most = describe(Compare((Term(Fraction(1), quantity),), "<=", (Term(1 + width, now, is_percent=True),)))
        least = describe(Compare((Term(Fraction(1), quantity),), ">=", (Term(1 - width, now, is_percent=True),)))
        return RuleError(
            self.text, at, "'change of' is not computed with yet.", f"Write two rules instead: {most} and {least}."
        )

    def _refused_count(self) -> RuleError:
        return RuleError(
            self.text,
            self.now.position,
            "counting lines is not computed with yet.",
            "Name the lines instead: keep line A, close line B, or line A excludes line B.",
        )


def _rest(quantity: Quantity) -> tuple[str, str, tuple[str, ...]]:
    return quantity.name, quantity.scope, quantity.members


def _article(kind: str) -> str:
    return {"activity": "an activity", "use": "a use (develop, operate or market)", "line": "a product line"}.get(
        kind, f"a {kind}"
    )


# -- words -----------------------------------------------------------------------------------------------------------


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
    words = _quantity_in_words(term.quantity)
    if term.is_percent:
        return f"{_decimal(factor * 100)}% of {words}"
    return words if factor == 1 else f"{_decimal(factor)} * {words}"


def _quantity_in_words(quantity: Quantity) -> str:
    lead = {"used": "", "capacity": "capacity of ", "current": "current ", "level": "level of "}
    words = lead.get(quantity.kind, "current level of ") + quoted(quantity.name)
    if quantity.scope:
        words += f" in {quantity.scope}={', '.join(map(quoted, quantity.members))}"
    return words


_KEYWORDS = frozenset({"in", "of", "capacity", "current", "level", "line", "keep", "close", "change", "at", "exactly"})


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
    text = format(Decimal(number.numerator) / Decimal(number.denominator), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


# -- rows ------------------------------------------------------------------------------------------------------------


def _rows(rule: ParsedRule, portfolio: Portfolio, name: str, text: str, owner: str) -> list[RuleRow]:
    def row(terms: dict[tuple[str, str], float], sense: Sense, limit: float, unit: str) -> RuleRow:
        kept = tuple((kind, key, value) for (kind, key), value in terms.items() if value != 0.0)
        return RuleRow(name, text, owner, kept, sense, limit, unit)

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
    terms: dict[tuple[str, str], float] = {}
    limit = 0.0
    for side, part in ((1, rule.left), (-1, rule.right)):
        for term in part:
            factor = float(side * term.factor)
            form, constant = _linear(term.quantity, portfolio) if term.quantity else ({}, 1.0)
            limit -= factor * constant
            for key, value in form.items():
                terms[key] = terms.get(key, 0.0) + factor * value
    first = next(term.quantity for term in (*rule.left, *rule.right) if term.quantity)
    return [row(terms, rule.sense, limit, _unit(first, portfolio))]


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
