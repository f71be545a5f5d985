"""When to look at what is pending: as time passes, also while nothing happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from logdiag.diagnosis.moments import NEVER, Moment, far

SLOWER: Final = 16  # once so many looks long, a silence is looked at when it is a sixteenth longer
LINES: Final = 10  # between two looks, where there is no clock


class Ticks:
    """The moments of these looks, at least `step` ns apart.

    Those within a silence depend on the event before it alone, not on when the wall clock or the
    next line asks for them, so that a log that is followed tells what the same log tells when it
    is read at once.
    """

    def __init__(self, step: int) -> None:
        self.last = NEVER  # the last one at an event
        self._step = step
        self._since: int | None = None
        self._waited = step  # from there to the next look

    def due(self, moment: Moment) -> bool:
        """Whether it is time to look again."""
        return far(self.last, moment, self._step, LINES)

    def within(self, since: Moment, until: int | None) -> Iterator[Moment]:
        """Those after the event at `since` and before `until` (ns) that were not given yet."""
        begin, line = since
        if begin is None or until is None:
            return
        if begin != self._since:
            self._since, self._waited = begin, self._step
        while begin + self._waited < until:
            moment = begin + self._waited, line
            self._waited += max(self._step, self._waited // SLOWER)
            if self.due(moment):
                yield moment

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [self.last, self._since, self._waited]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        last, self._since, self._waited = state
        self.last = tuple(last)
