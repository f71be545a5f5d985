"""All that is wrong with a condition, not only the first of it."""

from __future__ import annotations

from collections.abc import Callable

from logdiag.diagnosis.checking import argument, compiled, condition, needed
from logdiag.diagnosis.expression import Binary, Call, ExpressionError, Node, Unary, parse
from logdiag.diagnosis.functions import FUNCTIONS


def mistakes(text: str) -> list[ExpressionError]:
    """The mistakes of a condition, in the order of its text; none where it is one.

    What stands on something wrong is not judged: a comparison with an unknown name may be right.
    A text that does not parse has one mistake, for nobody can read what follows it.
    """
    try:
        found = _of(parse(text))
    except ExpressionError as error:
        return [error]
    return sorted(found, key=lambda one: one.column) or _raised(lambda: condition(text))


def _of(node: Node) -> list[ExpressionError]:
    """Those of a node: of what is below it, or else its own."""
    found: list[ExpressionError] = []
    match node:
        case Unary(operand):
            found = _of_condition(operand, "not")
        case Binary("and" | "or" as word, left, right):
            found = [*_of_condition(left, word), *_of_condition(right, word)]
        case Binary(_, left, right):
            found = [*_of(left), *_of(right)]
        case Call(name, arguments) if name in FUNCTIONS:
            wanted = FUNCTIONS[name].parameters
            if len(wanted) == len(arguments):
                found = [
                    one
                    for kind, given in zip(wanted, arguments, strict=True)
                    for one in _of_argument(kind, given)
                ]
    return found or _raised(lambda: compiled(node))


def _of_condition(node: Node, word: str) -> list[ExpressionError]:
    return _of(node) or _raised(lambda: needed(node, word))


def _of_argument(wanted: str, node: Node) -> list[ExpressionError]:
    below = _of(node) if wanted == "duration" else []  # else it is a word of its own
    return below or _raised(lambda: argument(wanted, node))


def _raised(check: Callable[[], object]) -> list[ExpressionError]:
    try:
        check()
    except ExpressionError as error:
        return [error]
    return []
