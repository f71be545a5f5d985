"""The rule-expression language: its grammar, its immutable tree, and the way back to text.

    count(auth_failure) >= 2 and (rise(live) >= 2 or older(3 * lifetime(p99.5)) > 0)

Conditions (`and`, `or`, `not`, comparisons) over numbers and durations (`90s`, `5m`, `1h`), with
`+ - * /`, percentages (`50%`), names (`live`, `limit`) and functions of kinds, fields, quantiles or
other values. Parsing knows the shape only; what exists and fits is `checking`'s business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import pyparsing as pp

from logdiag.model import SECOND

UNITS = {
    "ms": SECOND // 1000, "s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86400 * SECOND,
}  # fmt: skip
MAX_TEXT = 2_000  # characters of one expression; a rule that needs more is several rules
MAX_DEPTH = 40  # nested parentheses; keeps the recursive grammar off the stack's end
MAX_OPERATORS = 100  # the same for the walks over the tree
_OPERATOR = re.compile(r"\b(?:and|or|not)\b|[-+*/]")


class ExpressionError(Exception):
    """An expression is wrong at `column`, a 0-based offset into its text."""

    def __init__(self, column: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.column = column
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number, or a percentage of one."""

    value: float
    percent: bool = False
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Span:
    """A duration, in ns, as written (`90s`)."""

    ns: int
    text: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A value, a kind, a field or a quantile, by its name."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Unary:
    """`not condition`."""

    operand: Node
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Two nodes and the operator between them."""

    operator: str
    left: Node
    right: Node
    at: int = field(default=0, compare=False)


Node = Number | Span | Name | Call | Unary | Binary

_RANK = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6}
COMPARISONS = (">=", "<=", "==", "!=", ">", "<")


def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        ExpressionError: with the place and what was expected there.
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError(MAX_TEXT, f"the expression is longer than {MAX_TEXT} characters")
    if text.count("(") > MAX_DEPTH:
        raise ExpressionError(0, f"more than {MAX_DEPTH} parentheses", "Split the rule in two.")
    if len(_OPERATOR.findall(text)) > MAX_OPERATORS:
        raise ExpressionError(0, f"more than {MAX_OPERATORS} operators", "Split the rule in two.")
    try:
        return _grammar().parse_string(text, parse_all=True)[0]  # type: ignore[no-any-return]
    except pp.ParseBaseException as error:
        rest = text[error.loc :].split(None, 1)
        found = f"found '{rest[0]}'" if rest else "the expression ends"
        raise ExpressionError(
            error.loc, f"{found} where a value, a comparison or an operator was expected",
            "An expression reads like: count(auth_failure) >= 2 and rise(live) >= 2",
        ) from None  # fmt: skip


def unparse(node: Node) -> str:
    """The text of a tree; parsing it again gives an equal tree."""
    match node:
        case Number(value, percent):
            return f"{Decimal(repr(value)):f}".removesuffix(".0") + "%" * percent
        case Span(_, text):
            return text
        case Name(name):
            return name
        case Call(name, arguments):
            return f"{name}({', '.join(map(unparse, arguments))})"
        case Unary(operand):
            return f"not {_inside(operand, 3)}"
        case Binary(operator, left, right):
            rank = _rank(node)
            tight = rank + 1 if operator in COMPARISONS else rank
            return f"{_inside(left, tight)} {operator} {_inside(right, rank + 1)}"


def walk(node: Node) -> list[Node]:
    """The node and all below it, outermost first."""
    below: tuple[Node, ...] = ()
    match node:
        case Call(_, arguments):
            below = arguments
        case Unary(operand):
            below = (operand,)
        case Binary(_, left, right):
            below = (left, right)
    return [node, *(inner for child in below for inner in walk(child))]


def counted(node: Node) -> Node:
    """The same without what something must reach or exceed: that is its measure, no proof of it."""
    match node:
        case Binary(">=" | ">", left, _, at):
            return Binary(">=", left, Number(0), at)
        case Binary(word, left, right, at):
            return Binary(word, counted(left), counted(right), at)
        case Unary(operand, at):
            return Unary(counted(operand), at)
    return node


def _rank(node: Node) -> int:
    match node:
        case Unary():
            return _RANK["not"]
        case Binary(operator):
            return _RANK.get(operator, _RANK["compare"])
    return 9


def _inside(node: Node, rank: int) -> str:
    return f"({unparse(node)})" if _rank(node) < rank else unparse(node)


def parse_duration(text: str) -> int:
    """Nanoseconds of `90s`, `1.5m`, `2h`. Raises ExpressionError."""
    try:
        node = _duration().parse_string(text.strip(), parse_all=True)[0]
    except pp.ParseBaseException:
        hint = "Write it like 90s, 5m or 1h."
        raise ExpressionError(0, f"{text!r} is no duration.", hint) from None
    return int(node.ns)


@cache
def _duration() -> pp.ParserElement:
    return pp.Regex(r"(?P<value>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h|d)\b").set_parse_action(
        lambda at, tokens: Span(
            round(float(tokens["value"]) * UNITS[tokens["unit"]]), tokens[0], at=at
        )
    )


@cache
def _grammar() -> pp.ParserElement:
    number = pp.Regex(r"(?P<value>\d+(?:\.\d+)?)(?P<percent>%?)").set_parse_action(
        lambda at, tokens: Number(float(tokens["value"]), bool(tokens["percent"]), at=at)
    )
    # One token, so that its place is exact.
    word = pp.Regex(r"(?!(?:and|or|not)\b)[a-z_][a-z0-9_.]*")
    expression = pp.Forward()
    arguments = pp.Suppress("(") + pp.Optional(pp.DelimitedList(expression)) + pp.Suppress(")")
    named = (word + pp.Optional(pp.Group(arguments))).set_parse_action(
        lambda at, tokens: (
            Call(tokens[0], tuple(tokens[1]), at=at) if len(tokens) > 1 else Name(tokens[0], at=at)
        )
    )
    atom = named | _duration() | number | pp.Suppress("(") + expression + pp.Suppress(")")
    product = _left(atom, pp.one_of("* /"))
    total = _left(product, pp.one_of("+ -"))
    comparison = (total + pp.Optional(pp.one_of(list(COMPARISONS)) + total)).set_parse_action(_fold)
    negation = pp.Forward()
    negation <<= (pp.Keyword("not") + negation).set_parse_action(
        lambda at, tokens: Unary(tokens[1], at=at)
    ) | comparison
    expression <<= _left(_left(negation, pp.Keyword("and")), pp.Keyword("or"))
    return expression


def _left(operand: pp.ParserElement, operator: pp.ParserElement) -> pp.ParserElement:
    return (operand + pp.ZeroOrMore(operator + operand)).set_parse_action(_fold)


def _fold(tokens: pp.ParseResults) -> Any:
    """`a + b + c` as ((a + b) + c)."""
    node = tokens[0]
    for place in range(1, len(tokens), 2):
        node = Binary(tokens[place], node, tokens[place + 1], at=node.at)
    return node
