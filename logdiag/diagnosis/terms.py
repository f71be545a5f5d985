"""What a checked expression becomes: small classes that work it out for one view of a group.

They are asked at every opening, and calls of methods compile to C. Numbers are floats, in which
counts are exact, and durations (ns) of a hundred days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from logdiag.diagnosis.guards import GuardCheck
from logdiag.diagnosis.view import View


class Argument:
    """What a function of the language is called with."""

    def given(self, view: View) -> Any:
        """Its value for that view."""
        raise NotImplementedError


class Word(Argument):
    """A kind, a field or a quantile."""

    def __init__(self, value: str | float) -> None:
        self.value = value

    def given(self, view: View) -> Any:
        """The same always."""
        return self.value


class Quantity(Argument):
    """A number, a count, a share or a duration."""

    def given(self, view: View) -> Any:
        """The number."""
        return self.of(view)

    def of(self, view: View) -> float:
        """How much it is for that view."""
        raise NotImplementedError


class Constant(Quantity):
    """A number that is written there."""

    def __init__(self, value: float) -> None:
        self._value = float(value)

    def of(self, view: View) -> float:
        """The same always."""
        return self._value


_NONE: Final = Constant(0)


class Asked(Quantity):
    """A function of the language and its arguments.

    Equal questions are one object, so that what looks at the same view shares what it gives: it
    remembers what it gave last. Not for two threads at a time.
    """

    def __init__(self, run: Callable[..., float], arguments: Sequence[Argument] = ()) -> None:
        self._run = run
        self._arguments = list(arguments)
        first, last = (arguments[0], arguments[-1]) if arguments else (None, None)
        word = first.value if isinstance(first, Word) else ""
        self.word = word if isinstance(word, str) else ""
        self.quantile = word if isinstance(word, float) else 0.0
        self.amount: Quantity = last if isinstance(last, Quantity) else _NONE
        self._view = 0  # the number of the view that it was asked about last
        self._found = 0.0

    def of(self, view: View) -> float:
        """What it gives."""
        if self._view != view.number:
            self._found = self._ask(view)
            self._view = view.number
        return self._found

    def _ask(self, view: View) -> float:
        arguments = self._arguments
        if not arguments:
            return float(self._run(view))
        if len(arguments) == 1:
            return float(self._run(view, arguments[0].given(view)))
        return float(self._run(view, *[argument.given(view) for argument in arguments]))


class Calculation(Quantity):
    """Two numbers become one."""

    def __init__(self, left: Quantity, right: Quantity) -> None:
        self.left, self.right = left, right


class Sum(Calculation):
    """Both together."""

    def of(self, view: View) -> float:
        """So much."""
        return self.left.of(view) + self.right.of(view)


class Difference(Calculation):
    """One less the other."""

    def of(self, view: View) -> float:
        """So much."""
        return self.left.of(view) - self.right.of(view)


class Product(Calculation):
    """One times the other."""

    def of(self, view: View) -> float:
        """So much."""
        return self.left.of(view) * self.right.of(view)


class Quotient(Calculation):
    """One in parts of the other: nothing, if there are none."""

    def of(self, view: View) -> float:
        """So much."""
        parts = self.right.of(view)
        return self.left.of(view) / parts if parts else 0.0


class Predicate(Argument):
    """What holds for a view, or does not."""

    def given(self, view: View) -> Any:
        """Whether it holds."""
        return self.holds(view)

    def holds(self, view: View) -> bool:
        """Whether it holds."""
        raise NotImplementedError


class Guarded(Predicate):
    """A guard, by its name."""

    def __init__(self, guard: GuardCheck) -> None:
        self._check = guard.check

    def holds(self, view: View) -> bool:
        """Whether the healthy explanation is known to apply."""
        return self._check(view) is True


class Not(Predicate):
    """The opposite."""

    def __init__(self, operand: Predicate) -> None:
        self._operand = operand

    def holds(self, view: View) -> bool:
        """Whether the other one does not."""
        return not self._operand.holds(view)


class Both(Predicate):
    """One and the other."""

    def __init__(self, left: Predicate, right: Predicate) -> None:
        self._left, self._right = left, right

    def holds(self, view: View) -> bool:
        """Whether both do; the second is not asked where the first does not."""
        return self._left.holds(view) and self._right.holds(view)


class Either(Predicate):
    """One or the other."""

    def __init__(self, left: Predicate, right: Predicate) -> None:
        self._left, self._right = left, right

    def holds(self, view: View) -> bool:
        """Whether one does; the second is not asked where the first does."""
        return self._left.holds(view) or self._right.holds(view)


class Comparison(Predicate):
    """How much of one there is, beside the other."""

    def __init__(self, left: Quantity, right: Quantity) -> None:
        self.left, self.right = left, right


class AtLeast(Comparison):
    """As much, or more."""

    def holds(self, view: View) -> bool:
        """Whether it is."""
        return self.left.of(view) >= self.right.of(view)


class Above(Comparison):
    """More."""

    def holds(self, view: View) -> bool:
        """Whether it is."""
        return self.left.of(view) > self.right.of(view)


class AtMost(Comparison):
    """As much, or less."""

    def holds(self, view: View) -> bool:
        """Whether it is."""
        return self.left.of(view) <= self.right.of(view)


class Below(Comparison):
    """Less."""

    def holds(self, view: View) -> bool:
        """Whether it is."""
        return self.left.of(view) < self.right.of(view)


class Equal(Comparison):
    """As much."""

    def holds(self, view: View) -> bool:
        """Whether it is."""
        return self.left.of(view) == self.right.of(view)


class Unequal(Comparison):
    """More, or less."""

    def holds(self, view: View) -> bool:
        """Whether it is."""
        return self.left.of(view) != self.right.of(view)


COMPARISONS: dict[str, type[Comparison]] = {
    ">=": AtLeast, "<=": AtMost, "==": Equal, "!=": Unequal, ">": Above, "<": Below,
}  # fmt: skip
CALCULATIONS: dict[str, type[Calculation]] = {
    "+": Sum, "-": Difference, "*": Product, "/": Quotient,
}  # fmt: skip
