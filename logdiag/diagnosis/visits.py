"""Visits in which a client came to hold several connections: how did these end?

A *visit* lasts from a client's first connection until it has none. Who has several tabs closes them
one by one, and a page that lets go of its connection does so before the next one opens. Where every
page forgets its own, visits grow from load to load, and end all at once, with the tab. So clients
who hold several can be told by how visits went before: where such visits end as a whole, and where
others hold one at a time, which stays as long as they do, so that nothing is late by then.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

MAX_VISITS: Final = 64  # the latest ones by which a service is judged
LEAST_VISITS: Final = 8
LEAST_CLIENTS: Final = 4  # of whom these are: one may have habits of its own
WHOLE: Final = 0.9  # of the visits end as a whole
SINGLY: Final = 0.75  # of the visits have their connections end one by one
TABS: Final = 0.1  # of the visits, where next to nobody has several tabs
LEAST_LOADS: Final = 2  # beyond those that left two behind, and on one path
MANY_LOADS: Final = 6  # the same: with those, four times as many as two tabs
ALONE: Final = 0.25  # closes per load before the end; the network ends some connections, too

# In ms, or in lines where the log has no clock:
APART: Final = 5_000  # openings further apart are of several loads
APART_LINES: Final = 10
AT_ONCE: Final = 2_000  # closes one after the other, that close together, are one end
AT_ONCE_LINES: Final = 4


class Visit:
    """What a client did since it had two connections left behind, and a newer one."""

    __slots__ = (
        "_all", "_alone", "_at_once", "_clocked", "_ended", "_latest", "_left_alone",
        "_left_at_once", "_loads", "_most", "begun", "void",
    )  # fmt: skip

    def __init__(self, begun: int, clocked: bool, alone: int = 0) -> None:
        self._clocked = clocked
        self.begun = self._latest = begun
        self._loads: dict[str | None, int] = {}  # by path; how many on all, and on one at most
        self._all = self._most = 0
        # Closes before the latest ones, and those; and how many of each had been left behind.
        self._alone, self._left_alone = alone, 0
        self._at_once = self._left_at_once = 0
        self._ended = begun  # when the latest came
        self.void = False  # something else ended a connection: a restart, or a gap

    def opened(self, path: str | None, now: int) -> None:
        """One more connection of the client opened."""
        if not self._loads or now - self._latest > (APART if self._clocked else APART_LINES):
            self._loads[path] = loads = self._loads.get(path, 0) + 1
            self._all += 1
            self._most = max(self._most, loads)
        self._latest = max(self._latest, now)

    def closed(self, now: int, *, behind: bool) -> None:
        """One closed, which had been left behind or not."""
        if now - self._ended > (AT_ONCE if self._clocked else AT_ONCE_LINES):
            self._alone += self._at_once
            self._left_alone += self._left_at_once
            self._at_once = self._left_at_once = 0
        self._at_once += 1
        self._left_at_once += behind
        self._ended = max(self._ended, now)

    @property
    def left_alone(self) -> int:
        """How many that were left behind closed before the latest closes."""
        return self._left_alone

    @property
    def grows(self) -> bool:
        """Whether load by load more stayed, and hardly any closed; nothing says that it ends."""
        return self._steps() and not self.closes

    @property
    def closes(self) -> bool:
        """Whether connections close in it, as those of tabs do, and of pages that let go."""
        return self._alone + self._at_once > self._some()

    @property
    def many(self) -> bool:
        """Whether it had more loads than people have tabs where others have one."""
        return self._most >= MANY_LOADS

    def whole(self, now: int) -> bool:
        """Whether it grew until it ended as a whole now.

        Who opens a few tabs in the morning and shuts the lid at night shows nothing.
        """
        grew = now - self._latest <= self._latest - self.begun
        return grew and self._steps() and self._alone <= self._some()

    @property
    def singly(self) -> bool:
        """Whether what was left behind closed one by one."""
        return self._left_alone > self._some()

    def _steps(self) -> bool:
        return not self.void and self._most >= LEAST_LOADS

    def _some(self) -> float:
        return ALONE * (self._all + 2)

    def plain(self) -> list[Any]:
        """What `restored` needs, as plain JSON types."""
        return [
            self.begun, self._clocked, self._alone, self._latest, list(self._loads.items()),
            self._left_alone, self._at_once, self._left_at_once, self._ended, self.void,
        ]  # fmt: skip

    @classmethod
    def restored(cls, state: list[Any]) -> Visit:
        """The visit that `plain` was made of."""
        begun, clocked, alone, latest, loads, left, at_once, left_at_once, ended, void = state
        visit = cls(begun, clocked, alone)
        visit._latest, visit._loads, visit._left_alone = latest, dict(loads), left
        visit._all = sum(visit._loads.values())
        visit._most = max(visit._loads.values(), default=0)
        visit._at_once, visit._left_at_once, visit._ended = at_once, left_at_once, ended
        visit.void = void
        return visit


class Ended:
    """A visit that is over: whose, how, and what was left behind in it."""

    __slots__ = ("client", "closes", "exposure", "singly", "whole")

    def __init__(self, client: str, whole: bool, singly: bool, closes: int, exposure: int) -> None:
        self.client = client
        self.whole = whole
        self.singly = singly
        self.closes = closes  # of those left behind, before the end
        self.exposure = exposure  # for how long they were, together

    def plain(self) -> list[Any]:
        """All of it, as plain JSON types, in the order of the constructor."""
        return [self.client, self.whole, self.singly, self.closes, self.exposure]


class Visits:
    """How the latest visits of a service went, those in which a client held several connections.

    And whose the latest others were.
    """

    def __init__(self) -> None:
        self._latest: deque[Ended] = deque()
        # Of these: those that ended as a whole, how many each client had of them, those that had
        # theirs end one by one; and of all the closes, and the time.
        self._whole = 0
        self._whole_of: dict[str, int] = {}
        self._singly = self._closes = self._exposure = 0
        self._others: deque[str] = deque(maxlen=MAX_VISITS)
        self._closing = 0  # those that are not over, and in which connections close
        self.end_whole = False  # as good as all of them
        # What was left behind, where it closes one by one: closes, and the time; else none.
        self.closes = self.exposure = 0
        # Kept until the next one ends:
        self._few_tabs: bool | None = None
        self._singles: frozenset[str] | None = None
        self._words = ""

    def began(self, visit: Visit) -> Visit:
        """One more in which a client holds several; gives it."""
        self._change(visit.closes)
        return visit

    def opened(self, visit: Visit, path: str | None, now: int) -> None:
        """One more connection of that client opened."""
        before = visit.closes
        visit.opened(path, now)
        self._change(visit.closes - before)

    def closed(self, visit: Visit, now: int, *, behind: bool) -> None:
        """One closed, which had been left behind or not."""
        before = visit.closes
        visit.closed(now, behind=behind)
        self._change(visit.closes - before)

    def _change(self, closing: int) -> None:
        if closing:
            self._closing += closing
            self._few_tabs = None

    def ended(self, client: str, visit: Visit, exposure: int, now: int) -> None:
        """One more is over."""
        self._change(-visit.closes)
        if visit.void:
            return
        whole, singly = visit.whole(now), visit.singly
        self._add(Ended(client, whole, singly, visit.left_alone, exposure))
        self._judge()

    def _add(self, one: Ended) -> None:
        self._latest.append(one)
        self._count(one, 1)
        if len(self._latest) > MAX_VISITS:
            self._count(self._latest.popleft(), -1)

    def _count(self, one: Ended, more: int) -> None:
        if one.whole:
            self._whole += more
            there = self._whole_of.get(one.client, 0) + more
            if there:
                self._whole_of[one.client] = there
            else:
                del self._whole_of[one.client]
        if one.singly:
            self._singly += more
        self._closes += more * one.closes
        self._exposure += more * one.exposure

    def other(self, client: str) -> None:
        """One more is over, in which the client held one at a time."""
        self._others.append(client)
        self._few_tabs = self._singles = None

    @property
    def few_tabs(self) -> bool:
        """Whether next to nobody who is known has several tabs, but leaks or has one."""
        if self._few_tabs is None:
            tabs = self._closing + len(self._latest) - self._whole
            self._few_tabs = tabs <= TABS * (len(self._others) + tabs)
        return self._few_tabs

    @property
    def singles(self) -> frozenset[str]:
        """Whose the latest visits were in which one connection at a time was held."""
        if self._singles is None:
            self._singles = frozenset(self._others)
        return self._singles

    def _judge(self) -> None:
        self._words, self._few_tabs = "", None
        count = len(self._latest)
        self.end_whole = (
            count >= LEAST_VISITS
            and self._whole >= WHOLE * count
            and len(self._whole_of) >= LEAST_CLIENTS
        )
        self.closes = self.exposure = 0
        if self._singly >= SINGLY * count:
            self.closes, self.exposure = self._closes, self._exposure

    def grounds(self) -> str:
        """How those ended in which several were held, for a person to check."""
        if not self._words:
            self._words = (
                f"of the latest {len(self._latest)} visits here in which a client held several "
                f"connections, {self._whole} grew load by load, and let go of all at once and of "
                "hardly any before: what a page opens goes only with its tab"
            )
        return self._words

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return [[one.plain() for one in self._latest], list(self._others)]

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        latest, others = state
        for client, whole, singly, closes, exposure in latest:
            self._add(Ended(client, whole, singly, closes, exposure))
        self._others.extend(others)
        self._judge()
