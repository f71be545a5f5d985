"""Silences that are far longer than is usual for a log, and the lines that one of them cost."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from logdiag.diagnosis.moments import Moment, spoken
from logdiag.model import SECOND, Event, Gap, Source

LEAST: Final = 60 * SECOND
TIMES: Final = 30  # the mean interval; by chance it is 10^-13 where lines come independently
KNOWN: Final = 20  # intervals that make a rhythm
RECENT: Final = 64  # intervals that the mean is about: a night is not the day


class Rhythm:
    """The intervals between the events of one service."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._count = 0
        self._mean = 0  # ns

    def heard(self, time: int) -> int:
        """How long (ns) the silence was that ends with the event at `time` (ns); 0: none did."""
        last, self._last = self._last, time
        if last is None:
            return 0
        interval = time - last
        if interval > LEAST and self._count >= KNOWN and interval > TIMES * self._mean:
            return interval  # and no part of the rhythm
        if self._count < RECENT:
            self._count += 1
        self._mean += (interval - self._mean) // self._count
        return 0

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [self._last, self._count, self._mean]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self._last, self._count, self._mean = state


class Silence(NamedTuple):
    """The latest one: how long it was (ns), where it ended, and the line that ended it."""

    length: int
    end: Moment
    source: int
    offset: int


class Silences:
    """What one service has to say of them."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.latest: Silence | None = None
        self.hole: Moment | None = None  # where it was last noticed that one hides lines
        self.holes: list[Gap] = []  # that are to be told

    def ended(self, length: int, event: Event, moment: Moment) -> None:
        """The event is the first one for so long (ns)."""
        self.latest = Silence(length, moment, event.source, event.offset)

    def hides(self, moment: Moment) -> int:
        """The latest one hides lines, as is noticed now; gives the line number of its end."""
        assert self.latest is not None
        length, end, number, offset = self.latest
        reason = f"the log is silent for {spoken(length)}, and the total after it does not fit"
        self.holes.append(Gap(Source(number, self._service, ""), offset, None, reason, moment[0]))
        self.hole = moment
        return end[1]

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types; what is to be told was told."""
        return [self.latest, self.hole]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        latest, hole = state
        if latest is not None:
            length, end, source, offset = latest
            self.latest = Silence(length, tuple(end), source, offset)
        self.hole = tuple(hole) if hole else None
