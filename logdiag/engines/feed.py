"""In which order the sources of a service are read."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from logdiag.engines.pipeline import BATCH_EVENTS, Pipeline
from logdiag.engines.sequence import FUTURE, LATENESS, log_of
from logdiag.engines.service import Service
from logdiag.model import Block, Gap
from logdiag.tailing import BLOCK_SIZE, Reader, Target, discover
from logdiag.tailing.targets import STDIN

READ_AHEAD = 16 << 20  # bytes of all logs of a service that may wait for their neighbours
_LEAST_BLOCK = 4 << 10
BURST = 1_000  # events judged at a time where nobody waits: the processor's caches keep the code


def block_size(wanted: Iterable[Target]) -> int:
    """Bytes to read of a log at a time, so that what waits of a thousand logs fits the memory."""
    logs: dict[str, set[str]] = {}
    for target in wanted:
        if target.root != STDIN:
            named = logs.setdefault(target.service, set())
            named.update(log_of(found.shown) for found in discover(target))
    most = max(map(len, logs.values()), default=0) or 1
    return min(BLOCK_SIZE, max(_LEAST_BLOCK, READ_AHEAD // most))


class Feed:
    """What the sources of one service have now: always the log that lies furthest back in time.

    The files of one log (app.log.2.gz, app.log.1, app.log) are read one after the other, so that
    as few events as possible wait for their neighbours, however many files there are.
    """

    def __init__(
        self, service: Service, readers: Sequence[Reader],
        on_gap: Callable[[Gap], None] = lambda gap: None, *, live: bool = False,
    ) -> None:  # fmt: skip
        self.heard = False  # whether events came
        self._service = service
        self._on_gap = on_gap
        self._live = live  # logs grow meanwhile: one read to its end may lie behind again
        self._held: int | None = None  # where such a log stands
        logs: dict[str, deque[Reader]] = {}
        for reader in readers:
            logs.setdefault(log_of(reader.source.path), deque()).append(reader)
        self._logs = [
            (service.sequence.reached(queue[0].source.id), number, queue)
            for number, queue in enumerate(logs.values())
        ]
        heapq.heapify(self._logs)

    def read(self, pipeline: Pipeline) -> Reader | None:
        """Read one block, and judge what nobody can precede any more. None: all was read."""
        if not self._logs:
            return None
        _, number, queue = heapq.heappop(self._logs)
        reader = queue[0]
        item = reader.read()
        if item is None:
            queue.popleft()
        elif isinstance(item, Block):
            self.heard = bool(pipeline.take(item, getattr(reader, "mtime", None))) or self.heard
        else:
            pipeline.gap(item)
            self._on_gap(item)
        reached = self._service.sequence.reached
        if queue:
            heapq.heappush(self._logs, (reached(queue[0].source.id), number, queue))
        elif self._live and self.heard:
            self._held = min(reached(reader.source.id), self._held or FUTURE)
        self._release()
        return reader

    def _release(self) -> None:
        sequence = self._service.sequence
        if self._logs and not self._live and sequence.waiting < BURST:
            return
        reached = self._logs[0][0] if self._logs else sequence.latest
        if self._held is not None and sequence.waiting < BATCH_EVENTS:
            reached = min(reached, self._held)
        self._service.release(reached - LATENESS)
