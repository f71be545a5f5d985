"""Events of several sources become one sequence, the same however they arrive.

Within a source the log's own order holds. Between sources event time decides, as far as the
lateness bound reaches: an event is let go once no source can still bring an earlier one.
"""

from __future__ import annotations

import heapq
import os
from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from logdiag.model import SECOND, Event
from logdiag.tailing.names import parse_name

LATENESS = 2 * SECOND  # how much later than its neighbours' a source's line may be read
EARLIEST = -(1 << 63)  # before every timestamp
FUTURE = 1 << 63  # behind every timestamp

_Rank = tuple[str, int]  # the log that the source is a part of, and which part


@lru_cache(maxsize=10_000)  # asked for every source in every second
def log_of(path: str) -> str:
    """The log that a file is a part of: its path without the marks of rotation."""
    directory, name = os.path.split(path)
    return os.path.join(directory, parse_name(name).family)  # noqa: PTH118 - a shown path


def _let_go(queue: deque[tuple[int, Event]]) -> bool:
    """The clock was set back: what waits cannot wait for its time to come by."""
    for place in range(len(queue) - 1, -1, -1):
        time, event = queue[place]
        if time == EARLIEST:
            break
        queue[place] = (EARLIEST, event)
    return True


class Sequence:
    """The reorder buffer of one service: a queue for each source, and the order of their heads."""

    def __init__(self) -> None:
        self.waiting = 0  # how many events wait
        self._ranks: dict[int, _Rank] = {}
        self._reached: dict[int, int] = {}  # source -> effective time of its latest event
        self._logs: dict[str, int] = {}  # the same of the log's latest event
        self._queues: dict[int, deque[tuple[int, Event]]] = {}
        self._heads: list[tuple[int, _Rank]] = []  # a heap: the first of each queue
        self._ended: set[int] = set()

    def reached(self, source: int) -> int:
        """The effective time up to which the source was read."""
        return self._reached.get(source, EARLIEST)

    @property
    def latest(self) -> int:
        """The effective time that the log read furthest has reached."""
        return max(self._logs.values(), default=EARLIEST)

    def push(self, source: int, path: str, events: Iterable[Event]) -> None:
        """Take the next events of one source, in the order of its lines."""
        rank = self._ranks.setdefault(source, (log_of(path), source))
        self._ended.discard(source)
        reached = self._reached.get(source, EARLIEST)
        queue = self._queues.setdefault(source, deque())
        was_empty, disordered = not queue, False
        for event in events:
            if event.time is None:
                # A new file's first lines may lack what those of its rotated part had.
                time = reached if reached != EARLIEST else self._logs.get(rank[0], EARLIEST)
            elif event.time >= reached:
                time = event.time
            elif event.time >= reached - LATENESS:
                time = reached  # a little backwards is two threads writing
            else:
                time = event.time
                disordered = _let_go(queue)
            reached = time
            queue.append((time, event))
            self.waiting += 1
        self._reached[source] = self._logs[rank[0]] = reached
        if disordered:
            self._order()
        elif was_empty and queue:
            heapq.heappush(self._heads, (queue[0][0], rank))

    def _order(self) -> None:
        ranks = self._ranks
        self._heads = [(queue[0][0], ranks[key]) for key, queue in self._queues.items() if queue]
        heapq.heapify(self._heads)

    def pop(self, until: int | None = None) -> list[Event]:
        """Let go what is earlier than `until` (ns), or has no time; without it, all."""
        released: list[Event] = []
        heads = self._heads
        limit = None if until is None else max(until, EARLIEST + 1)
        while heads and (limit is None or heads[0][0] < limit):
            rank = heapq.heappop(heads)[1]
            queue = self._queues[rank[1]]
            while queue and (limit is None or queue[0][0] < limit):
                if heads and (queue[0][0], rank) > heads[0]:
                    break
                released.append(queue.popleft()[1])
            if queue:
                heapq.heappush(heads, (queue[0][0], rank))
        self.waiting -= len(released)
        if self._ended:
            self._forget()
        return released

    def end(self, source: int) -> None:
        """The source has ended; it is forgotten when none of its events waits any more."""
        self._ended.add(source)

    def _forget(self) -> None:
        for source in [source for source in self._ended if not self._queues.get(source)]:
            self._ended.discard(source)
            self._queues.pop(source, None)
            self._reached.pop(source, None)
            self._ranks.pop(source, None)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types; the events themselves are in the timeline."""
        return {
            "ranks": list(self._ranks.items()),
            "reached": list(self._reached.items()),
            "logs": self._logs,
            "waiting": [
                (time, event.source, event.offset)
                for queue in self._queues.values()
                for time, event in queue
            ],
        }

    def restore(self, state: dict[str, Any], event_of: Callable[[int, int], Event | None]) -> None:
        """Take up where `snapshot` was made; `event_of` finds an event by source and offset."""
        self._ranks = {source: (log, part) for source, (log, part) in state["ranks"]}
        self._reached = dict(state["reached"])
        self._logs = dict(state["logs"])
        for time, source, offset in state["waiting"]:
            event = event_of(source, offset)
            if event is not None:
                self._queues.setdefault(source, deque()).append((time, event))
                self.waiting += 1
        self._order()
