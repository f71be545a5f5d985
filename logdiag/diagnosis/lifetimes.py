"""How long connections of a service usually live: a histogram with buckets of equal ratio.

Where no close says whose it is, the connections are taken to close in the order of their opening:
by Little's law the mean is right whatever the order was.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from logdiag.model import SECOND

FEW = 2  # so many closes double what their quantile says
PER_OCTAVE = 8  # buckets per doubling: a quantile is exact to within 9%


class Lifetimes:
    """Lifetimes of the connections that closed; bounded by the histogram, whatever their number.

    In ns, or in lines where the log has no clock: `least` is the shortest that is told apart.
    """

    def __init__(self, least: int = SECOND // 1000) -> None:
        self.closed = 0
        self._least = least
        self._buckets: Counter[int] = Counter()

    def add(self, lifetime: int) -> None:
        """One more connection closed."""
        self.closed += 1
        if lifetime < self._least:
            lifetime = self._least
        self._buckets[round(math.log2(lifetime) * PER_OCTAVE)] += 1

    def quantile(self, share: float) -> int | None:
        """The lifetime that `share` (0..1) of the connections do not exceed; None if none."""
        if not self.closed:
            return None
        rank = share * self.closed
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 1e-9:
                break
        return round(2 ** (bucket / PER_OCTAVE))

    def share(self, least: float, most: float) -> float:
        """How many of the connections lived from `least` to `most`: a share, 0..1."""
        if not self.closed:
            return 0.0
        first, last = (
            round(math.log2(max(bound, self._least)) * PER_OCTAVE) for bound in (least, most)
        )
        return sum(n for b, n in self._buckets.items() if first <= b <= last) / self.closed

    def usual(self) -> int | None:
        """How long a connection must live to outlive what is usual; None while nothing closed.

        Twice the 95th percentile, and more than that while few closed.
        """
        if not self.closed:
            return None
        return round(2 * (self.quantile(0.95) or 0) * (1 + FEW / self.closed))

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [self.closed, sorted(self._buckets.items())]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self.closed = state[0]
        self._buckets = Counter(dict(state[1]))
