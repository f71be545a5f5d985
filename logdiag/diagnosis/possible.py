"""The cheap first look at a group: what a condition needs at least, from counts that are kept."""

from __future__ import annotations

import operator
from collections.abc import Callable

from logdiag.diagnosis.expression import Binary, Call, Name, Node, Number
from logdiag.diagnosis.functions import FUNCTIONS, Function
from logdiag.diagnosis.groups import Group
from logdiag.diagnosis.view import Service

_BEYOND = {">=": operator.ge, ">": operator.gt}

Possible = Callable[[Group, Service], bool]


def possible(node: Node) -> Possible | None:
    """What must be true of a group for the condition to hold; None where that costs a full look."""
    match node:
        case Binary("and" | "or" as word, left, right):
            one, other = possible(left), possible(right)
            if one is not None and other is not None:
                return _both(one, other) if word == "and" else _either(one, other)
            return (one or other) if word == "and" else None
        case Binary(">=" | ">" as word, Name(name) | Call(name), Number(value, percent)):
            least = value / 100 if percent else value
            return _at_least(FUNCTIONS.get(name), node.left, least, _BEYOND[word])
        case Binary(">=", Call(name), Binary("*", Number(value, percent), Name("live"))):
            share = value / 100 if percent else value
            return _at_least_share(FUNCTIONS.get(name), node.left, share)
    return None


def _both(one: Possible, other: Possible) -> Possible:
    return lambda group, service: one(group, service) and other(group, service)


def _either(one: Possible, other: Possible) -> Possible:
    return lambda group, service: one(group, service) or other(group, service)


def _at_least(
    function: Function | None, node: Node, least: float, beyond: Callable[[float, float], bool]
) -> Possible | None:
    if function is None:
        return None
    if function.of_service:
        ask = function.of_service
        return lambda group, service: beyond(ask(service), least)
    if at_most := _at_most(function, node):
        return lambda group, service: beyond(at_most(group), least)
    if function.lives:  # it counts some of the live ones
        return lambda group, service: beyond(len(group.lives), least)
    return None


def _at_least_share(function: Function | None, node: Node, share: float) -> Possible | None:
    at_most = _at_most(function, node)
    if at_most is None:
        return None
    return lambda group, service: at_most(group) >= share * len(group.lives)


def _at_most(function: Function | None, node: Node) -> Callable[[Group], int] | None:
    if function is None or function.at_most is None:
        return None
    first = node.arguments[0] if isinstance(node, Call) else None
    return function.at_most(first.name if isinstance(first, Name) else "")
