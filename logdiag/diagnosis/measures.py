"""What the values of an expression measure, and what becomes of them when they are combined.

number     a plain literal: it fits counts and shares
count      connections, events, clients
share      one count over another; `50%`
duration   in ns; `90s`
condition  what a rule asks for
"""

from __future__ import annotations

from typing import Literal

from logdiag.diagnosis.expression import COMPARISONS

Measure = Literal["number", "count", "share", "duration", "condition"]


class Mismatch(Exception):
    """Two measures do not go together: what is wrong, and what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def combined(word: str, left: Measure, right: Measure) -> Measure:
    """The measure of `left word right`.

    Raises:
        Mismatch: where that means nothing.
    """
    if "condition" in (left, right):
        raise Mismatch(f"'{word}' stands beside a condition, not a number")
    if word in COMPARISONS:
        _alike(left, right, f"a {left} is compared with a {right}")
        return "condition"
    if word in "+-":
        return _alike(left, right, f"a {left} and a {right} do not add up")
    return _product(left, right) if word == "*" else _quotient(left, right)


def _alike(left: Measure, right: Measure, message: str) -> Measure:
    if left == right or (right == "number" and left != "duration"):
        return left
    if left == "number" and right != "duration":
        return right
    durations = "Write durations with a unit (90s) and counts without."
    shares = "A share is a part of something: write 30%, or multiply it by a count."
    raise Mismatch(message, durations if "duration" in (left, right) else shares)


def _product(left: Measure, right: Measure) -> Measure:
    if left == right == "duration":
        raise Mismatch("a duration is multiplied by a duration")
    return next(one for one in _STRONGEST if one in (left, right))


def _quotient(left: Measure, right: Measure) -> Measure:
    if right == "duration" and left != "duration":
        raise Mismatch(f"a {left} is divided by a duration")
    if left == right and left != "number":
        return "share"
    if right == "count":
        return left if left == "duration" else "share"
    return left


_STRONGEST: tuple[Measure, ...] = ("duration", "count", "share", "number")
