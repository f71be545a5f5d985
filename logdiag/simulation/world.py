"""Discrete-event time: processes that act and wait, and what they tell of it.

    world = World(seed=3)
    world.begin(person(...))          # a generator that yields the seconds it waits
    for happening in world.run(until=3600.0): ...

Nothing here reads a clock: time jumps from one thing that happens to the next. The same seed
gives the same world.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from logdiag.simulation.server import Client, Socket

Process = Generator[float, None, None]  # what it yields is how long it waits, in seconds


class Happening(NamedTuple):
    """What a server or a page could log. `time` is in seconds since the world began."""

    time: float
    kind: str  # opening, opened, closed, rejected, request, update, start, stop, page, remark, gap
    socket: Socket | None = None
    client: Client | None = None
    port: int = 0
    method: str = "GET"
    path: str = ""
    status: int = 0
    code: int = 0
    reason: str = ""
    total: int = 0  # connections that the server's application counts
    pid: int = 0
    text: str = ""  # a remark, a page's line, or what an update is about
    recipients: tuple[Socket, ...] = ()
    span: float = 0.0  # seconds that a gap lasts


class World:
    """The time, the dice, what is due, and what has been told."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0  # what is due at the same moment happens in the order it was planned
        self._told: list[Happening] = []

    def after(self, delay: float, act: Callable[[], object]) -> None:
        """Do something `delay` seconds from now."""
        self._count += 1
        heapq.heappush(self._due, (self.now + delay, self._count, act))

    def begin(self, process: Process, delay: float = 0.0) -> None:
        """Start a process `delay` seconds from now."""
        self.after(delay, lambda: self._step(process))

    def tell(self, happening: Happening) -> None:
        """Something happened that may be logged."""
        self._told.append(happening)

    def run(self, until: float) -> Iterator[Happening]:
        """Everything that is told before `until`, in order of time."""
        while self._due and self._due[0][0] < until:
            self.now, _, act = heapq.heappop(self._due)
            act()
            yield from self._told
            self._told.clear()
        self.now = until

    def around(self, median: float, spread: float = 0.5) -> float:
        """A time around `median`, with the long tail of latencies and visits (log-normal)."""
        return median * self.dice.lognormvariate(0.0, spread)

    def _step(self, process: Process) -> None:
        delay = next(process, None)
        if delay is not None:
            self.after(delay, lambda: self._step(process))
