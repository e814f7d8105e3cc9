"""Rules a manager can read, one line each: the language, its faults at their character, and its words.

::

    rule     = compare | change | support | count
    compare  = sum ("<=" | ">=" | "=") sum
    sum      = term { ("+" | "-") term }
    term     = NUMBER [ "*" quantity ]  |  NUMBER "%" "of" quantity  |  quantity
    quantity = RESOURCE [ "in" scope ]  |  "capacity of" RESOURCE  |  "current" RESOURCE [ "in" scope ]
             | "level of" ACTIVITY      |  "current level of" ACTIVITY
    scope    = ("line" | "use" | "function" | "activity") "=" NAME { "," NAME }
    change   = "change of" quantity "within" NUMBER "%"
    support  = ("keep" | "close") "line" NAME
             | "line" NAME ("requires" | "excludes" | "goes with") "line" NAME { "," NAME }
    count    = ("at most" | "at least" | "exactly") INTEGER "of lines" [ NAME { "," NAME } ]

Names with spaces take quotes. A limit on change is against today's plan; a count is of lines that are supported, of
all lines where none is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from workbench.allocation.rule_words import (
    COUNTS,
    SENSES,
    Change,
    Compare,
    Count,
    ParsedRule,
    Quantity,
    Support,
    Term,
    describe_quantity,
    quoted,
)
from workbench.errors import ModelError, nearest

if TYPE_CHECKING:
    from workbench.allocation.model import Portfolio

USES = ("develop", "operate", "market")
SCOPES = ("line", "use", "function", "activity")
LARGEST_NUMBER = 1e15
"""Largest number of a rule, as of every number in a client's table; one over it is the smallest above zero (ours)."""
MOST_DECIMALS = 30
"""Digits behind the point; a number of a spreadsheet has fewer (ours)."""
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)
          |(?P<quoted>"[^"]*"|'[^']*')
          |(?P<word>[^\W\d][\w.&/-]*)
          |(?P<sign><=|>=|=|≤|≥|\+|-|−|\*|×|%|,))""",
    re.VERBOSE,
)
_PLAIN = ""
"""Stands for: write the same number in plain digits."""
_ODD = (
    (re.compile(r"\s*(=<|<(?!=))"), "rules hold at their limit too.", "Write <=."),
    (re.compile(r"\s*(=>|>(?!=))"), "rules hold at their limit too.", "Write >=."),
    (re.compile(r"\s*(==)"), "one sign is enough.", "Write =."),
    (re.compile(r"\s*(\d+(?:[.,'’]\d+){2,})"), "it is no number here.", _PLAIN),
    (re.compile(r"\s*(\d+(?:\.\d+)?[eE][+-]?\d+)(?!\w)"), "numbers have no exponent here.", _PLAIN),
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
    names = _Names(
        tuple((line.id, line.name) for line in portfolio.lines),
        tuple((resource.id, resource.function) for resource in portfolio.resources),
        tuple(activity.id for activity in portfolio.activities),
    )
    return _parsed(text, names)


class _Names(NamedTuple):
    """All that reading a rule hangs on beside its text; pairs: lines with their names, resources with functions."""

    lines: tuple[tuple[str, str], ...]
    resources: tuple[tuple[str, str], ...]
    activities: tuple[str, ...]


@lru_cache(maxsize=1024)
def _parsed(text: str, names: _Names) -> ParsedRule:
    return _Parser(text, names).rule()  # a plan is sought a hundred times under the same rules


# -- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    position: int


class _Parser:
    """Recursive descent: one method a line of the grammar."""

    def __init__(self, text: str, names: _Names) -> None:
        self.text, self.names, self.place = text, names, 0
        self.tokens = self._split()

    def _split(self) -> list[_Token]:
        tokens, at = [], 0
        while self.text[at:].strip():
            for pattern, why, remedy in _ODD:
                odd = pattern.match(self.text, at)
                if odd is not None:
                    raise RuleError(
                        self.text, odd.start(1) + 1, f"{_shown(odd.group(1))}: {why}", remedy or _plainly(odd.group(1))
                    )
            match = _TOKEN.match(self.text, at)
            if match is None:
                at += len(self.text[at:]) - len(self.text[at:].lstrip())
                what = "an opening quote without its end" if self.text[at] in "\"'" else f"{self.text[at]!r}"
                raise RuleError(self.text, at + 1, f"{what} has no meaning here.", "Names with signs take quotes.")
            kind = str(match.lastgroup)
            raw = match.group(kind)
            if kind == "number":
                self._need_size(raw, match.start(kind) + 1)
            word = raw[1:-1] if kind == "quoted" else _SAME_SIGN.get(raw, raw)
            tokens.append(_Token(kind, word, match.start(kind) + 1))
            at = match.end()
        return [*tokens, _Token("end", "", len(self.text.rstrip()) + 1)]

    def _need_size(self, raw: str, position: int) -> None:
        """Refuse numbers that no solver tells from infinity or from nothing; before any arithmetic with them."""
        whole, _, decimals = raw.partition(".")
        size = float(raw)
        if size > LARGEST_NUMBER:
            found = f"{_shown(raw)} is too large a number, of {len(whole)} digits."
            raise RuleError(self.text, position, found, f"Write {LARGEST_NUMBER:,.0f} at most, without the commas.")
        if len(decimals) > MOST_DECIMALS:
            found = f"{_shown(raw)} has {len(decimals)} digits behind the point."
            raise RuleError(self.text, position, found, f"Round it; {MOST_DECIMALS} are the most.")
        if 0 < size < 1 / LARGEST_NUMBER:
            found = f"{_shown(raw)} is too small to be told from nothing."
            raise RuleError(self.text, position, found, "Write 0, or name it in a smaller unit.")

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
        parsed: ParsedRule
        count = next((kind for kind in COUNTS if self._is(*kind.split())), None)
        if self._take("change", "of"):
            parsed = self._change()
        elif count is not None:
            parsed = self._count(count)
        elif self._is("keep", "line") or self._is("close", "line") or (self._is("line") and not self._is("line", "=")):
            parsed = self._support()
        else:
            self._need_line_to_keep()
            parsed = self._compare()
        if self.now.kind != "end":
            if self.now.text == "*":
                raise self._stop("Write a number times a quantity.", "two quantities cannot be multiplied.")
            raise self._stop("The rule should end here; a further rule goes into a row of its own.")
        return parsed

    def _need_line_to_keep(self) -> None:
        """Say what is missing where somebody keeps or closes something that is not called a line."""
        verb, token = self.now.text.lower(), self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        if not (self._is("keep") or self._is("close")) or token.kind not in ("word", "quoted"):
            return
        if verb in map(str.lower, self._known("resource")):
            return
        self.place += 1
        if token.kind == "word" and nearest(token.text.lower(), ["line"]):
            raise self._stop(f"Did you mean '{verb} line'?")
        raise self._stop(f"Write: {verb} line {quoted(token.text)}.")

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
        giver = dict(self.names.resources)[name]
        if scope == "function" and giver not in members:
            found = f"no {name} come from {' or '.join(members)}, so the rule would count nothing."
            raise RuleError(self.text, at, found, f"Write function={quoted(giver)}, or leave the scope out.")
        return Quantity(kind, name, scope, tuple(members))

    def _change(self) -> Change:
        at = self.now.position
        quantity = self._quantity()
        if quantity.kind not in ("used", "level"):
            found = f"{describe_quantity(quantity)!r} is the same in every plan."
            raise RuleError(self.text, at, found, "Name a resource that is used, or the level of an activity.")
        self._need("within")
        if self.now.kind != "number":
            raise self._stop("Write a percentage here, such as 20%.")
        width = Fraction(self.now.text) / 100
        self.place += 1
        self._need("%")
        return Change(quantity, width)

    def _count(self, kind: str) -> Count:
        self._take(*kind.split())
        token = self.now
        if token.kind != "number" or "." in token.text:
            raise self._stop("Write a whole number of lines here, such as 3.")
        self.place += 1
        if not self._take("of", "lines"):
            raise self._stop(f"Write: {kind} {token.text} of lines, then the lines, or none for all of them.")
        lines: list[str] = []
        while self.now.kind != "end":
            at = self.now
            line = self._name("line")
            if line in lines:
                raise RuleError(self.text, at.position, f"{at.text!r} is named twice.", "Name each line once.")
            lines.append(line)
            if not self._take(","):
                break
            if self.now.kind == "end":
                raise self._stop("Write the name of a product line here.")
        number, most = int(token.text), len(lines) or len(self.names.lines)
        if number > most and kind != "at most":
            found = f"there are {most} lines to count, so {kind} {number} cannot be."
            raise RuleError(self.text, token.position, found, f"Write {most} or fewer.")
        return Count(kind, number, tuple(lines))

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
        lines = self.names.lines
        if any(line.lower() == token.text.lower() for line, _ in lines):
            return
        same = [line for line, name in lines if name.lower() == token.text.lower()]
        if len(same) > 1:
            raise RuleError(
                self.text,
                token.position,
                f"{token.text!r} is the name of {len(same)} product lines.",
                f"Write the key instead: {' or '.join(same)}.",
            )

    def _known(self, kind: str) -> dict[str, str]:
        held = self.names
        if kind == "line":
            return {**{name: line for line, name in held.lines}, **{line: line for line, _ in held.lines}}
        names: Mapping[str, Sequence[str]] = {
            "resource": [resource for resource, _ in held.resources],
            "activity": held.activities,
            "use": tuple(USES),
            "function": [function for _, function in held.resources],
        }
        return {name: name for name in names[kind]}


def _shown(raw: str) -> str:
    """Return a number as a fault quotes it; its middle is left out where it is long."""
    return repr(raw if len(raw) <= 24 else f"{raw[:8]}…{raw[-8:]}")


def _plainly(raw: str) -> str:
    """Return what to write instead of a number with separators or an exponent."""
    plain = ""
    if re.fullmatch(r"\d{1,3}([.,'’])\d{3}(?:\1\d{3})*", raw):
        plain = re.sub(r"\D", "", raw)
    elif re.fullmatch(r"[\d.]+[eE][+-]?\d{1,2}", raw):
        plain = format(Decimal(raw), "f")
        plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    if plain and len(plain) <= len(str(int(LARGEST_NUMBER))):
        return f"Write {plain}."
    return "Write it in plain digits: 1000 without separators and 1.5 with a point."


def _article(kind: str) -> str:
    return {"activity": "an activity", "use": "a use (develop, operate or market)", "line": "a product line"}.get(
        kind, f"a {kind}"
    )
