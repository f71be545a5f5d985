"""The recent events of one group, one window per kind: counted by bisection, oldest first."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from logdiag.diagnosis.moments import Moment
from logdiag.model import Event

MAX_WINDOW: Final = 2_000  # events kept per kind: a rule counts to tens, a storm has thousands
NEVER_ENDING: Final = 1 << 60  # ns
AT_ONCE: Final = 16  # events that nobody counts any more go once they are a sixteenth of all
MAX_TAKE: Final = 64  # events looked at to find a recent one


class Seen(NamedTuple):
    """An event in a window, its place in the log, and the line that makes it what it is."""

    ordinal: int
    event: Event
    proof: tuple[int, int] | None = None  # (source, offset) of an earlier line
    first: tuple[int, int] | None = None  # the same of a line before that
    delay: int | None = None  # how long after `proof` it came, ns


Told = tuple[str | None, Seen]  # what comes out only now, and its client

_new: Final = tuple.__new__  # makes a named tuple in a third of its own constructor's time


def as_seen(ordinal: int, event: Event) -> Seen:
    """An event that needs no other line to be what it is."""
    return _new(Seen, (ordinal, event, None, None, None))


def proved(
    ordinal: int, event: Event, proof: tuple[int, int] | None,
    first: tuple[int, int] | None = None, delay: int | None = None,
) -> Seen:  # fmt: skip
    """An event with the lines that make it what it is."""
    return _new(Seen, (ordinal, event, proof, first, delay))


class Window:
    """The recent events of one kind in one group.

    An event stands where the log had come when it was read, so a late line never moves others.
    """

    __slots__ = ("_lines", "_seen", "_times")

    def __init__(self) -> None:
        self._seen: list[Seen] = []
        self._times: list[int] = []  # ns, never falling; -1 where there was no clock yet
        self._lines: list[int] = []  # ordinals, never falling

    def __len__(self) -> int:
        return len(self._seen)

    def __iter__(self) -> Iterator[Seen]:
        return iter(self._seen)

    def add(self, seen: Seen, within: int = NEVER_ENDING) -> None:
        """One more event; nobody counts those that are more than `within` ns older."""
        if len(self._seen) >= 2 * MAX_WINDOW:  # half at once, so that it is done seldom
            self._drop(MAX_WINDOW)
        time = -1 if seen.event.time is None else seen.event.time
        line = seen.ordinal
        if self._seen:
            time, line = max(time, self._times[-1]), max(line, self._lines[-1])
            if self._times[(len(self._times) - 1) // AT_ONCE] < time - within:
                self._drop(bisect_left(self._times, time - within))
        self._seen.append(seen)
        self._times.append(time)
        self._lines.append(line)

    def take(self, ordinal: int) -> Seen | None:
        """Take out a recent event by its place in the log; None if it is not here."""
        for place in range(len(self._seen) - 1, max(-1, len(self._seen) - 1 - MAX_TAKE), -1):
            if self._seen[place].ordinal == ordinal:
                del self._times[place], self._lines[place]
                return self._seen.pop(place)
        return None

    def span(self, moment: Moment, within: int, lines: int) -> tuple[int, int]:
        """Where the events within the window that ends at a moment begin and end."""
        time, line = moment
        if time is None:
            return bisect_right(self._lines, line - lines), bisect_right(self._lines, line)
        return bisect_left(self._times, time - within), bisect_right(self._times, time)

    def events(self, moment: Moment, within: int, lines: int) -> list[Seen]:
        """Those events, oldest first."""
        begin, end = self.span(moment, within, lines)
        return self._seen[max(begin, end - MAX_WINDOW) : end]

    def forget(self, moment: Moment, within: int, lines: int) -> None:
        """Drop what no window that ends at the moment or later still holds."""
        self._drop(self.span(moment, within, lines)[0])

    def plain(self) -> list[list[Any]]:
        """What `restored` needs, as plain JSON types."""
        return [[*row] for row in zip(self._seen, self._times, self._lines, strict=True)]

    @classmethod
    def restored(cls, rows: Iterable[list[Any]]) -> Window:
        """The window that `plain` was made of."""
        window = cls()
        for (ordinal, event, proof, first, delay), time, line in rows:
            proof, first = (tuple(one) if one else None for one in (proof, first))
            window._seen.append(Seen(ordinal, Event(*event), proof, first, delay))
            window._times.append(time)
            window._lines.append(line)
        return window

    def _drop(self, count: int) -> None:
        if count == 1:  # as mostly; slices would take ten times as long
            self._seen.pop(0)
            self._times.pop(0)
            self._lines.pop(0)
            return
        del self._seen[:count], self._times[:count], self._lines[:count]
