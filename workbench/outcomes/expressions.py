"""Expressions over metrics (``revenue - cost``): a small grammar of its own, so that a catalogue can run no code.

An expression holds numbers, names, ``+ - * /``, parentheses and the functions of `FUNCTIONS`. It is evaluated on
values that were added up before; a division by zero has no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from workbench.errors import ModelError

FUNCTIONS: dict[str, tuple[int, int]] = {"abs": (1, 1), "min": (2, 8), "max": (2, 8), "coalesce": (2, 8)}
"""Functions with the fewest and most arguments; ``coalesce`` takes the first that has a value."""

LONGEST = 500
"""Characters of an expression."""

DEEPEST = 40
"""Parentheses within parentheses."""

Array = np.ndarray
Node = Callable[[Mapping[str, Array]], Array]

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z][a-z0-9_]*)|(?P<sign>[-+*/(),]))")


@dataclass(frozen=True, eq=False)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text : str
    names : tuple of str
        Names it reads, in order of appearance.
    """

    text: str
    names: tuple[str, ...]
    _node: Node

    def evaluate(self, values: Mapping[str, Array]) -> Array:
        """Return its value; NaN where an input or a quotient has none.

        Examples
        --------
        >>> parse_expression("(now - then) / then").evaluate({"now": np.array([6.0]), "then": np.array([4.0])}).tolist()
        [0.5]
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = np.asarray(self._node(values), dtype=float)
        return np.where(np.isfinite(found), found, np.nan)


def parse_expression(text: str) -> Expression:
    """Return an expression.

    Raises
    ------
    ModelError
        It is no expression; says where.
    """
    if len(text) > LONGEST:
        raise ModelError(f"An expression has at most {LONGEST} characters.")
    parser = _Parser(text)
    node = parser.sum(0)
    parser.expect_end()
    return Expression(text, tuple(dict.fromkeys(parser.names)), node)


class _Parser:
    """One pass over the tokens: a sum is made of products, a product of factors."""

    def __init__(self, text: str) -> None:
        self.names: list[str] = []
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise ModelError(f"{text[place:].strip()[:20]!r} cannot stand in an expression.")
            kind = str(found.lastgroup)
            self.tokens.append((kind, found[kind]))
            place = found.end()
        self.place = 0

    def sign(self, *wanted: str) -> str:
        """Take the next token if it is one of these signs."""
        if self.place < len(self.tokens) and self.tokens[self.place] in [("sign", one) for one in wanted]:
            self.place += 1
            return self.tokens[self.place - 1][1]
        return ""

    def expect(self, sign: str) -> None:
        if not self.sign(sign):
            raise ModelError(f"{sign!r} is missing {self.where()}.")

    def expect_end(self) -> None:
        if self.place < len(self.tokens):
            raise ModelError(f"{self.tokens[self.place][1]!r} has no place after a whole expression.")

    def where(self) -> str:
        return f"before {self.tokens[self.place][1]!r}" if self.place < len(self.tokens) else "at the end"

    def sum(self, depth: int) -> Node:
        node = self.product(depth)
        while sign := self.sign("+", "-"):
            node = _joined(node, self.product(depth), np.add if sign == "+" else np.subtract)
        return node

    def product(self, depth: int) -> Node:
        node = self.factor(depth)
        while sign := self.sign("*", "/"):
            node = _joined(node, self.factor(depth), np.multiply if sign == "*" else _quotient)
        return node

    def factor(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise ModelError(f"An expression nests at most {DEEPEST} times.")
        if self.sign("-"):
            inner = self.factor(depth + 1)
            return lambda values: -inner(values)
        if self.sign("("):
            inner = self.sum(depth + 1)
            self.expect(")")
            return inner
        if self.place >= len(self.tokens) or self.tokens[self.place][0] == "sign":
            raise ModelError(f"A name or a number is missing {self.where()}.")
        kind, word = self.tokens[self.place]
        self.place += 1
        if kind == "number":
            number = float(word)
            return lambda values: np.asarray(number)
        if self.sign("("):
            return self.call(word, depth)
        self.names.append(word)
        return lambda values: values[word]

    def call(self, name: str, depth: int) -> Node:
        if name not in FUNCTIONS:
            raise ModelError(f"There is no function {name}; there are {', '.join(FUNCTIONS)}.")
        inner = [self.sum(depth + 1)]
        while self.sign(","):
            inner.append(self.sum(depth + 1))
        self.expect(")")
        least, most = FUNCTIONS[name]
        if not least <= len(inner) <= most:
            raise ModelError(f"{name} takes {least if least == most else f'{least} to {most}'} arguments.")
        if name == "abs":
            return lambda values: np.abs(inner[0](values))
        pairs: dict[str, Callable[[Array, Array], Array]] = {"min": np.minimum, "max": np.maximum, "coalesce": _first}
        node = inner[0]
        for one in inner[1:]:
            node = _joined(node, one, pairs[name])
        return node


def _joined(left: Node, right: Node, both: Callable[[Array, Array], Array]) -> Node:
    return lambda values: both(left(values), right(values))


def _quotient(top: Array, bottom: Array) -> Array:
    return np.where(bottom == 0, np.nan, np.divide(top, bottom))


def _first(one: Array, other: Array) -> Array:
    return np.where(np.isnan(one), other, one)
