"""Events of several sources become one sequence, the same however they arrive.

Within a source the log's own order holds. Between sources event time decides, as far as the
lateness bound reaches: an event is let go once no source can still bring an earlier one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from logdiag.model import SECOND, Event

LATENESS = 2 * SECOND  # how much later than its neighbours' a source's line may be read
_EARLIEST = -(1 << 63)

Rank = tuple[str, int]  # the log that the source is a part of, and which part
_Entry = tuple[int, Rank, int, Event]  # effective time, rank of the source, offset


class Merger:
    """The reorder buffer of one service."""

    def __init__(self, lateness: int = LATENESS) -> None:
        self._lateness = lateness
        self._ranks: dict[int, Rank] = {}
        self._reached: dict[int, int] = {}  # source -> effective time of its latest event
        self._waiting: list[_Entry] = []

    def add_source(self, source: int, rank: Rank) -> None:
        """A source that may bring events; `rank` orders sources at equal times."""
        self._ranks.setdefault(source, rank)
        self._reached.setdefault(source, _EARLIEST)

    def reached(self, source: int) -> int:
        """The effective time up to which the source was read."""
        return self._reached.get(source, _EARLIEST)

    def push(self, events: Sequence[Event]) -> None:
        """Take the next events of one source, in the order of its lines."""
        for event in events:
            reached = self._reached.get(event.source, _EARLIEST)
            time = reached if event.time is None else event.time
            # A little backwards is two threads writing; further back, the clock was set.
            if time >= reached - self._lateness:
                time = max(time, reached)
            self._reached[event.source] = time
            rank = self._ranks[event.source]
            heapq.heappush(self._waiting, (time, rank, event.offset, event))

    def pop(self, until: int | None = None) -> Iterator[Event]:
        """Let go what is not later than `until` (ns); without it, all."""
        while self._waiting and (until is None or self._waiting[0][0] <= until):
            yield heapq.heappop(self._waiting)[3]

    def settled(self) -> int:
        """The time up to which events can be let go when all sources are read side by side."""
        return max(self._reached.values(), default=_EARLIEST) - self._lateness

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types; the events themselves are in the timeline."""
        return {
            "ranks": list(self._ranks.items()),
            "reached": list(self._reached.items()),
            "waiting": [(time, event.source, event.offset) for time, _, _, event in self._waiting],
        }

    def restore(
        self, state: dict[str, Any], event_of: Callable[[int, int], Event | None]
    ) -> None:
        """Take up where `snapshot` was made; `event_of` finds an event by source and offset."""
        self._ranks = {source: (log, part) for source, (log, part) in state["ranks"]}
        self._reached = dict(state["reached"])
        for time, source, offset in state["waiting"]:
            event = event_of(source, offset)
            if event is not None:
                heapq.heappush(self._waiting, (time, self._ranks[source], offset, event))

    @property
    def waiting(self) -> int:
        """How many events wait."""
        return len(self._waiting)
