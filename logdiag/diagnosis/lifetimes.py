"""How long connections of a service usually live: a histogram with buckets of equal ratio."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from logdiag.model import SECOND

PER_OCTAVE = 8  # buckets per doubling: a quantile is exact to within 9%


class Lifetimes:
    """Lifetimes of the connections that closed; bounded by the histogram, whatever their number."""

    def __init__(self) -> None:
        self.closed = 0
        self._buckets: Counter[int] = Counter()

    def add(self, ns: int) -> None:
        """One more connection closed after `ns` nanoseconds."""
        self.closed += 1
        self._buckets[round(math.log2(max(ns, SECOND // 1000)) * PER_OCTAVE)] += 1

    def quantile(self, share: float) -> int | None:
        """The lifetime in ns that `share` (0..1) of the connections do not exceed; None if none."""
        if not self.closed:
            return None
        rank = share * self.closed
        for bucket in sorted(self._buckets):
            rank -= self._buckets[bucket]
            if rank <= 1e-9:
                break
        return round(2 ** (bucket / PER_OCTAVE))

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [self.closed, sorted(self._buckets.items())]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self.closed = state[0]
        self._buckets = Counter(dict(state[1]))
