"""How long connections of a service usually live: a histogram with buckets of equal ratio.

Where no close says whose it is, the connections are taken to close in the order of their opening:
by Little's law the mean is right whatever the order was.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from functools import cache
from typing import Any, Final, NamedTuple

from logdiag.diagnosis.lifecycle import Life
from logdiag.model import SECOND, Event

FEW: Final = 2  # so many closes double what their quantile says
MAX_EXAMPLES: Final = 5  # connections shown

PER_OCTAVE: Final = 8  # buckets per doubling: a quantile is exact to within 9%
_PER_E: Final = PER_OCTAVE / math.log(2)  # `math.log` compiles to C, `math.log2` does not
_new: Final = tuple.__new__  # makes a named tuple in a third of its own constructor's time


@cache
def _middle(bucket: int) -> int:
    """The lifetime that a bucket stands for: with each close one is asked for."""
    return round(2 ** (bucket / PER_OCTAVE))


class Example(NamedTuple):
    """The lines (source, offset) that opened and closed a connection, and how long it lived."""

    opened: tuple[int, int]
    closed: tuple[int, int]
    lasted: int  # ns


class Range:
    """The connections that lived so long: how many, and the latest ones."""

    __slots__ = ("count", "examples", "first", "last", "least", "most")

    def __init__(self, least: float, most: float, first: int, last: int) -> None:
        self.least, self.most = least, most
        self.first, self.last = first, last  # their buckets
        self.count = 0
        self.examples: deque[Example] = deque(maxlen=MAX_EXAMPLES)


class Lifetimes:
    """Lifetimes of the connections that closed; bounded by the histogram, whatever their number.

    In ns, or in lines where the log has no clock: `least` is the shortest that is told apart.
    """

    def __init__(self, least: int = SECOND // 1000) -> None:
        self.closed = 0
        self._least = float(least)
        self._buckets: list[int] = []  # by number: lifetimes in it
        self._known: dict[float, int] = {}  # quantiles, until the next one closes
        self._ranges: list[Range] = []  # those that some rule asks for

    def add(self, lifetime: int, life: Life | None = None, told: Event | None = None) -> None:
        """One more connection closed, which may be an example, as that event told."""
        self.closed += 1
        bucket = self._bucket(lifetime)
        if bucket >= len(self._buckets):
            self._buckets += [0] * (bucket + 1 - len(self._buckets))
        self._buckets[bucket] += 1
        if self._known:
            self._known.clear()
        for found in self._ranges:
            if found.first <= bucket <= found.last:
                found.count += 1
                if life is not None and told is not None and (opened := life.opened_line):
                    closed = told.source, told.offset
                    found.examples.append(_new(Example, (opened, closed, lifetime)))

    def quantile(self, share: float) -> int | None:
        """The lifetime that `share` (0..1) of the connections do not exceed; None if none."""
        if not self.closed:
            return None
        found = self._known.get(share)
        if found is None:
            found = self._known[share] = _middle(self._bucket_at(share))
        return found

    def _bucket_at(self, share: float) -> int:
        """The bucket of that quantile, counted from the top: it is high ones that are asked for."""
        rank, below = share * self.closed - 1e-9, self.closed
        lowest = 0
        for bucket in range(len(self._buckets) - 1, -1, -1):
            if not self._buckets[bucket]:
                continue
            below -= self._buckets[bucket]
            lowest = bucket
            if below < rank:
                break
        return lowest

    def share(self, least: float, most: float) -> float:
        """How many of the connections lived from `least` to `most`: a share, 0..1."""
        return self._range(least, most).count / self.closed if self.closed else 0.0

    def examples(self, least: float, most: float) -> Iterable[Example]:
        """Some of them, since it was first asked for them."""
        return self._range(least, most).examples

    def _range(self, least: float, most: float) -> Range:
        for found in self._ranges:
            if found.least == least and found.most == most:
                return found
        found = self._new_range(least, most)
        found.count = sum(self._buckets[found.first : found.last + 1])
        return found

    def _new_range(self, least: float, most: float) -> Range:
        made = Range(least, most, self._bucket(least), self._bucket(most))
        self._ranges.append(made)
        return made

    def _bucket(self, lifetime: float) -> int:
        if lifetime < self._least:
            lifetime = self._least
        return math.floor(math.log(lifetime) * _PER_E + 0.5)

    def usual(self) -> int | None:
        """How long a connection must live to outlive what is usual; None while nothing closed.

        Twice the 95th percentile, and more than that while few closed.
        """
        if not self.closed:
            return None
        return round(2 * (self.quantile(0.95) or 0) * (1 + FEW / self.closed))

    def without(self, some: Lifetimes) -> Lifetimes:
        """The same as if `some` of them had not been added; ranges are left out."""
        made = Lifetimes()
        made.closed = self.closed - some.closed
        made._buckets = self._buckets.copy()
        for bucket, count in enumerate(some._buckets):
            made._buckets[bucket] -= count
        return made

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        ranges = [
            [found.least, found.most, found.count, list(found.examples)] for found in self._ranges
        ]
        buckets = [row for row in enumerate(self._buckets) if row[1]]
        return [self.closed, buckets, ranges]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self.closed = state[0]
        counts = dict(state[1])
        self._buckets = [counts.get(bucket, 0) for bucket in range(max(counts, default=-1) + 1)]
        for least, most, count, examples in state[2]:
            found = self._new_range(least, most)
            found.count = count
            found.examples.extend(
                Example(tuple(opened), tuple(closed), lasted) for opened, closed, lasted in examples
            )
