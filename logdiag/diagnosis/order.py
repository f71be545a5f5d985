"""Where in the service's log an event stands: its time, and its line counted through all files."""

from __future__ import annotations

from typing import Any

from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.silence import Rhythm
from logdiag.model import Event


class Order:
    """The clock of one service: event time where the lines have it, lines where they do not."""

    def __init__(self) -> None:
        self.now: Moment = (None, 0)
        self.silent = 0  # how long (ns) the silence was that the latest event ended
        self._rhythm = Rhythm()
        self._bases: dict[int, int] = {}  # source -> lines of the service before it
        self._source, self._base = -1, 0  # those of the latest event

    def moment(self, event: Event) -> Moment:
        """The moment of the next event."""
        if event.source != self._source:
            self._source = event.source
            self._base = self._bases.setdefault(event.source, self.now[1])
        # A file without times beside one with them: it happened when the other had come so far.
        time = event.time
        if time is None:
            time, self.silent = self.now[0], 0
        else:
            self.silent = self._rhythm.heard(time)
        line = self._base + event.line
        self.now = now = (time, line if line > self.now[1] else self.now[1])
        return now

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [self.now, sorted(self._bases.items()), self._rhythm.snapshot()]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self.now = tuple(state[0])
        self._bases = dict(state[1])
        self._rhythm.restore(state[2])
        self._source = -1
