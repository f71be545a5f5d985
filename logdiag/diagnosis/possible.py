"""The cheap first look at a group: what a condition needs at least, from counts that are kept."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import NamedTuple

from logdiag.diagnosis.asks import Ask, Kept, Live, Nameless
from logdiag.diagnosis.expression import Binary, Call, Name, Node, Number, Span, unparse
from logdiag.diagnosis.functions import FUNCTIONS, Function
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.service import Service

_BEYOND: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, ">": operator.gt}


class Possible:
    """What must be true of a group for a condition to hold; nothing, where that is not known."""

    def of(self, group: Group, service: Service) -> bool:
        """Whether it is."""
        return True


class _Both(Possible):
    def __init__(self, one: Possible, other: Possible) -> None:
        self._one, self._other = one, other

    def of(self, group: Group, service: Service) -> bool:
        return self._one.of(group, service) and self._other.of(group, service)


class _Either(Possible):
    def __init__(self, one: Possible, other: Possible) -> None:
        self._one, self._other = one, other

    def of(self, group: Group, service: Service) -> bool:
        return self._one.of(group, service) or self._other.of(group, service)


class _Compared(Possible):
    def __init__(self, ask: Ask, word: str, bound: float) -> None:
        self._ask, self._bound = ask, float(bound)
        self._less, self._same = word in ("<", "<=", "!="), word in ("<=", ">=", "==")
        self._more = word in (">", ">=", "!=")

    def of(self, group: Group, service: Service) -> bool:
        value = self._ask.of(group, service)
        if value == self._bound:
            return self._same
        return self._less if value < self._bound else self._more


class _Share(Possible):
    def __init__(self, ask: Ask, share: float, whole: Ask) -> None:
        self._ask, self._share, self._whole = ask, float(share), whole

    def of(self, group: Group, service: Service) -> bool:
        whole = self._whole.of(group, service)
        return self._ask.of(group, service) >= self._share * whole


class Bound(NamedTuple):
    """A measure (equal texts are equal measures), and how much of it there must be at least.

    `ask` gives the most that the measure can be. What must be small is compared with the other
    sign.
    """

    measure: str
    least: float
    ask: Ask
    often: int  # how often there is much of it, from 0
    sign: int = 1  # -1 where it must be small


def bounds(node: Node) -> tuple[Bound, ...] | None:
    """Of these one at least must be reached for the condition to hold; None: nothing is known."""
    match node:
        case Binary("and" | "or" as word, left, right):
            one, other = bounds(left), bounds(right)
            if one is None or other is None:
                return (one or other) if word == "and" else None
            return min(one, other, key=_often) if word == "and" else one + other
        case Binary(">=" | ">", Name(name) | Call(name), Number(value, percent)):
            least = value / 100 if percent else value
            return _bound(FUNCTIONS.get(name), node.left, least)
        case Binary("==" | "<=" | "<", Name(name) | Call(name), Number(value, percent)):
            return _ceiling(FUNCTIONS.get(name), node.left, value / 100 if percent else value)
    return None


def _ceiling(function: Function | None, node: Node, most: float) -> tuple[Bound] | None:
    """Of what only grows there is seldom so little."""
    ask = _of_service(function, node)
    if ask is None:
        return None
    return (Bound(f"-{unparse(node)}", -most, ask, 2, -1),)


def _bound(function: Function | None, node: Node, least: float) -> tuple[Bound] | None:
    if ask := _of_service(function, node):
        return (Bound(unparse(node), least, ask, 2 if isinstance(node, Call) else 3),)
    at_most = _at_most(function, node)
    if at_most is None:
        return None
    if function is not None and function.at_most is None:
        return (Bound("live", least, at_most, 1),)
    often = 2 if isinstance(node, Call) and node.arguments[0] == Name("opened") else 0
    return (Bound(unparse(node), least, at_most, often),)


def _often(some: Sequence[Bound]) -> int:
    return sum(1 + bound.often for bound in some)


def possible(node: Node) -> Possible | None:
    """What must be true of a group for the condition to hold; None where that costs a full look."""
    match node:
        case Binary("and" | "or" as word, left, right):
            one, other = possible(left), possible(right)
            if one is not None and other is not None:
                return _Both(one, other) if word == "and" else _Either(one, other)
            return (one or other) if word == "and" else None
        case Binary(word, Name(name) | Call(name), Number(value, percent)) if (
            ask := _of_service(FUNCTIONS.get(name), node.left)
        ) and word in ("<", "<=", "==", "!=", ">=", ">"):
            return _Compared(ask, word, value / 100 if percent else value)
        case Binary(">=" | ">" as word, Name(name) | Call(name), Number(value, percent)):
            at_most = _at_most(FUNCTIONS.get(name), node.left)
            least = value / 100 if percent else value
            return None if at_most is None else _Compared(at_most, word, least)
        case Binary(">=", Call(name), Binary("*", Number(value, percent), Name(whole))) if (
            whole in _AT_LEAST
        ):
            at_most = _at_most(FUNCTIONS.get(name), node.left)
            share = value / 100 if percent else value
            return None if at_most is None else _Share(at_most, share, _AT_LEAST[whole])
    return None


def of_lone(node: Node) -> bool:
    """Whether the condition may hold for a group of one connection and no events."""
    match node:
        case Binary("and", left, right):
            return of_lone(left) and of_lone(right)
        case Binary("or", left, right):
            return of_lone(left) or of_lone(right)
        case Binary(">=" | ">" as word, Name(name) | Call(name), Number(value, False)):
            function = FUNCTIONS.get(name)
            if function is not None and function.result == "count":
                if function.lives:
                    return _BEYOND[word](1, value)
                if function.at_most is Kept:
                    return _BEYOND[word](0, value)
    return True


def _of_service(function: Function | None, node: Node) -> Ask | None:
    """What asks for the value where no group matters, nor anything that is not written there."""
    if function is None or function.of_service is None:
        return None
    arguments = node.arguments if isinstance(node, Call) else ()
    spans = [one.ns for one in arguments if isinstance(one, Span)]
    return function.of_service(*spans) if len(spans) == len(arguments) else None


def _at_most(function: Function | None, node: Node) -> Ask | None:
    if function is None:
        return None
    if function.at_most is not None:
        first = node.arguments[0] if isinstance(node, Call) else None
        return function.at_most(first.name if isinstance(first, Name) else "")
    return Live() if function.lives else None  # it counts some of the live ones


# What a condition takes a share of, and how many there are of it at least.
_AT_LEAST: dict[str, Ask] = {"live": Live(), "left_behind": Nameless()}
