"""Lines that say nothing about connections, and lines that come late: as in any real log."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Iterator

from logdiag.simulation.world import Happening

LATE = 0.3  # seconds by which a line of another logger is late, in the mean
LATEST = 1.5  # at most; what is later than 2 s is not put in order again
# A process writes its own connections in order; access logs and collectors do not keep pace.
LATE_KINDS = ("request", "remark", "page")
_WORDS = (
    "cache", "session", "video", "channel", "queue", "worker", "upload", "segment", "playlist",
    "thumbnail", "index", "metadata", "database", "query", "batch", "bucket",
)  # fmt: skip
# Some look like the relevant lines at first sight: other things open and close, too.
_REMARKS = (
    "{word} refreshed in {number} ms",
    "Cache connection established",
    "Cache connection closed",
    "Redis client connected",
    "Database connection pool: {number} idle",
    "{word} worker {number} started",
    "{word} job {number} took 401 ms",
    "Slow query ({number} ms) on {word}",
    "{word} {number}: retrying, connection reset by peer",
)


def with_remarks(
    happenings: Iterable[Happening], share: float, dice: random.Random
) -> Iterator[Happening]:
    """The happenings, and between them so many others that these make `share` of all."""
    before = 0.0
    for happening in happenings:
        times = []
        while dice.random() < share:
            times.append(dice.uniform(before, happening.time))
        for time in sorted(times):
            text = dice.choice(_REMARKS).format(
                word=dice.choice(_WORDS), number=dice.randint(1, 900)
            )
            yield Happening(time, "remark", text=text, pid=happening.pid)
        before = happening.time + happening.span
        yield happening


def late(happenings: Iterable[Happening], share: float, dice: random.Random) -> Iterator[Happening]:
    """The same in the order in which they are written; that share of some kinds is late."""
    waiting: list[tuple[float, int, Happening]] = []
    for number, happening in enumerate(happenings):
        is_late = happening.kind in LATE_KINDS and dice.random() < share
        delay = min(LATEST, dice.expovariate(1 / LATE)) if is_late else 0.0
        heapq.heappush(waiting, (happening.time + delay, number, happening))
        while waiting and waiting[0][0] <= happening.time:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]
