"""When to look at what is pending while nothing happens: the same moments, whoever waits."""

from __future__ import annotations

from collections.abc import Iterator

from logdiag.diagnosis.moments import Moment

SLOWER = 16  # once so many looks long, a silence is looked at when it is a sixteenth longer


class Silence:
    """The moments of the silence that follows an event.

    They depend on the event alone, not on when the wall clock or the next line asks for them, so
    that a log that is followed tells what the same log tells when it is read at once.
    """

    def __init__(self, step: int) -> None:
        self._step = step  # ns
        self._since: int | None = None
        self._waited = step  # from there to the next look

    def moments(self, since: Moment, until: int | None) -> Iterator[Moment]:
        """Those after the event at `since` and before `until` (ns) that were not given yet."""
        begin, line = since
        if begin is None or until is None:
            return
        if begin != self._since:
            self._since, self._waited = begin, self._step
        while begin + self._waited < until:
            yield begin + self._waited, line
            self._waited += max(self._step, self._waited // SLOWER)

    def snapshot(self) -> list[int | None]:
        """What `restore` needs, as plain JSON types."""
        return [self._since, self._waited]

    def restore(self, state: list[int | None]) -> None:
        """Take up where `snapshot` was made."""
        self._since, self._waited = state[0], state[1] or self._step
