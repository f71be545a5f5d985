"""Whether connections that nobody can name ended at once, as all sockets of a tab do.

A count that climbs with refused requests is the same at first for one page that forgets its sockets
and for people who come one after the other, each of whom is refused once. It is its end that tells
them apart: people leave one by one, a tab takes along whatever it has left.
"""

from __future__ import annotations

from typing import Any, Final

from logdiag.diagnosis.moments import NEVER, Moment, passed
from logdiag.model import SECOND

LEAST: Final = 4  # so many at once are no chance
AT_ONCE: Final = SECOND // 4  # between two closes of a tab
AT_ONCE_LINES: Final = 4
SHARE: Final = 0.7  # of all that are there: without a clock any closes may stand side by side
BACK: Final = 10 * SECOND  # those whom a server or a network cut off are back within
BACK_LINES: Final = 10


class Tabs:
    """How the connections of one group end, while their count is under suspicion."""

    __slots__ = ("_at", "_back", "_ended", "_held", "_last", "_run", "seen")

    def __init__(self) -> None:
        self.seen = False  # a tab that took several along
        self._last: Moment = NEVER  # when one closed
        self._run = 0  # closes in a row, up to that one
        self._held = 0  # connections before them
        self._at: Moment = NEVER  # when so many had closed that they may be a tab's
        self._ended = 0  # how many
        self._back = 0  # connections that opened soon after

    def closed(self, moment: Moment, left: int) -> None:
        """One closed, so many are left."""
        self._settle(moment)
        if passed(self._last, moment, AT_ONCE, AT_ONCE_LINES):
            self._run, self._held = 0, left + 1
        self._last = moment
        self._run += 1
        least = LEAST if moment[0] is not None else max(LEAST, SHARE * self._held)
        if self._run >= max(least, self._ended):
            self._ended, self._at = self._run, moment

    def opened(self, moment: Moment) -> None:
        """One opened: what closes next is not of the same tab."""
        self._settle(moment)
        self._back += 1
        self._run, self._last = 0, NEVER

    def _settle(self, now: Moment) -> None:
        """A tab that is closed does not come back; those that were cut off do."""
        if self._ended and passed(self._at, now, BACK, BACK_LINES):
            self.seen = self.seen or 2 * self._back < self._ended
            self._ended = 0
        if not self._ended:
            self._back = 0

    def plain(self) -> list[Any]:
        """What `restored` needs, as plain JSON types."""
        return [getattr(self, name) for name in self.__slots__]

    @classmethod
    def restored(cls, state: list[Any]) -> Tabs:
        """What `plain` was made of."""
        tabs = cls()
        for name, value in zip(cls.__slots__, state, strict=True):
            setattr(tabs, name, tuple(value) if isinstance(value, list) else value)
        return tabs
