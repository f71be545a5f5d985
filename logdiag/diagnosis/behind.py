"""What is behind a condition that holds: its connections, its events, and its numbers in words.

They are asked at each look at what fires, and calls of methods compile to C.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from logdiag.diagnosis.terms import Argument, Predicate
from logdiag.diagnosis.view import View
from logdiag.diagnosis.windows import Seen


class Use:
    """A function of the language where a condition uses it, with its arguments."""

    def __init__(self, run: Callable[..., Any], arguments: Sequence[Argument]) -> None:
        self._run = run
        self._arguments = list(arguments)

    def of(self, view: View) -> Any:
        """What it gives."""
        return self._run(view, *[argument.given(view) for argument in self._arguments])


class Kept(Use):
    """Events of some kinds, within the window."""

    def of(self, view: View) -> list[Seen]:
        """All of them."""
        found: list[Seen] = []
        for kind in self._arguments:
            found += view.kept(kind.given(view))
        return found


class Behind:
    """The uses that make a condition hold: of an `or` those of the sides that do."""

    def of(self, view: View) -> Sequence[Use]:
        """Which ones, for that view."""
        raise NotImplementedError


class Those(Behind):
    """These, always."""

    def __init__(self, uses: Sequence[Use]) -> None:
        self.uses = tuple(uses)

    def of(self, view: View) -> Sequence[Use]:
        """The same always."""
        return self.uses


NOTHING: Final = Those(())


class _Both(Behind):
    """What is behind two conditions that both hold."""

    def __init__(self, left: Behind, right: Behind) -> None:
        self._left, self._right = left, right

    def of(self, view: View) -> Sequence[Use]:
        """That of the one and that of the other."""
        return (*self._left.of(view), *self._right.of(view))


class _Where(Behind):
    """What is behind a condition, if it holds."""

    def __init__(self, test: Predicate, behind: Behind) -> None:
        self._test, self._behind = test, behind

    def of(self, view: View) -> Sequence[Use]:
        """That, or nothing."""
        return self._behind.of(view) if self._test.holds(view) else ()


def both(left: Behind, right: Behind) -> Behind:
    """What is behind both, where there is anything."""
    if left is NOTHING:
        return right
    return left if right is NOTHING else _Both(left, right)


def where(test: Predicate, behind: Behind) -> Behind:
    """What is behind a side of an `or`, which need not hold."""
    return NOTHING if behind is NOTHING else _Where(test, behind)


def in_turn(events: list[Seen]) -> list[Seen]:
    """In the order of the log, each once: mostly they are, as one window keeps them."""
    latest = -1
    for seen in events:
        if seen.ordinal <= latest:
            break
        latest = seen.ordinal
    else:
        return events
    found = {seen.ordinal: seen for seen in events}
    return [found[ordinal] for ordinal in sorted(found)]
