"""How long a server takes to notice a dead peer, H, and S, the settle time, that follows from it.

H is what is set. Else it is 45 s, until the server's own timeouts show that it takes longer: how
long after their client had come back the lost connections ended. Until enough of them have, nobody
can tell a heartbeat that is reliable and takes its time from one that fails: then only what takes
longer than any should is called late.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from math import ceil
from typing import Any, Final

from logdiag.diagnosis.moments import spoken
from logdiag.model import SECOND

HORIZON: Final = 45 * SECOND  # socket.io's 25 s between two pings and 20 s for the answer
LEAST_SETTLE: Final = 90 * SECOND
# What takes longer is no heartbeat to rely on: a ping a minute and a minute for the answer take
# so long, and 100 s idle (Cloudflare), 60 + 25 s (socket.io 1), 60 s (Phoenix, nginx) are less.
SLOWEST: Final = 120 * SECOND
LEAST_SEEN: Final = 8  # dead peers noticed that tell how long it takes
MAX_SEEN: Final = 64  # the latest ones
USUAL: Final = 0.8  # of them were noticed sooner; what fails now and then is not the heartbeat
RANKS: Final = [ceil(USUAL * count) - 1 for count in range(MAX_SEEN + 1)]  # of the longest of them
MARGIN: Final = 1.5  # the last fifth of them: the ping that a loss meets may be about to be sent


class Heartbeat:
    """H and S of one service, in ns, each as it is set, or as it is learnt."""

    def __init__(self, horizon: int | None = None, settle: int | None = None) -> None:
        self.is_set = horizon is not None or settle is not None
        self._settle = settle
        self._seen: deque[int] = deque()
        self._sorted: list[int] = []  # the same, shortest first
        self._usual = -1  # that of which the horizon was learnt
        if horizon is None:
            horizon = HORIZON if settle is None else settle // 2
        self._move(horizon)

    def _move(self, horizon: int) -> None:
        self.horizon = horizon
        self.settle = max(2 * horizon, LEAST_SETTLE) if self._settle is None else self._settle

    def in_time(self, delay: int) -> bool:
        """Whether a dead peer that is noticed so long after its client came back is so in time."""
        return delay < (self.horizon if self._knows else SLOWEST)

    def noticed(self, delay: int) -> None:
        """One more was noticed, so long after its client had come back."""
        if self.is_set:
            return
        self._seen.append(delay)
        ordered = self._sorted
        insort(ordered, delay)
        if len(ordered) > MAX_SEEN:
            del ordered[bisect_left(ordered, self._seen.popleft())]
        if len(ordered) >= LEAST_SEEN:
            usual = ordered[RANKS[len(ordered)]]
            if usual != self._usual:
                self._usual = usual
                self._learn(usual)

    def _learn(self, usual: int) -> None:
        learnt = min(round(MARGIN * usual), SLOWEST) if usual <= SLOWEST else 0
        self._move(max(HORIZON, learnt))

    @property
    def _knows(self) -> bool:
        return self.is_set or len(self._seen) >= LEAST_SEEN

    def grounds(self) -> str:
        """H, and how it is known, for a person to check."""
        said = f"a dead peer should be noticed within {spoken(self.horizon)}"
        if self.is_set:
            return f"{said}, as it is set"
        if self.horizon > HORIZON:
            return f"{said}, as the last {len(self._seen)} tell that were"
        if self._knows:
            return f"{said}, by default"
        few = f"fewer than {LEAST_SEEN} were so far, {spoken(SLOWEST)} are no proof"
        return f"{said}, by default; {few}"

    def patience(self) -> str:
        """S in words, where it is not the usual one."""
        if self._settle is None and self.settle <= LEAST_SETTLE:
            return ""
        said = f"only what stays open for {spoken(self.settle)} is suspicious"
        return f"{said}: {self.grounds()}" if self._settle is None else f"{said}, as it is set"

    def snapshot(self) -> list[int]:
        """What `restore` needs, as plain JSON types."""
        return list(self._seen)

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        for delay in state:
            self.noticed(delay)
