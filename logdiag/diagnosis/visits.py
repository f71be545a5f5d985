"""Visits in which a client came to hold several connections: how did these end?

A *visit* lasts from a client's first connection until it has none. Who has several tabs closes them
one by one, and a page that lets go of its connection does so before the next one opens. Where every
page forgets its own, visits grow from load to load, and end all at once, with the tab. Then the
clients cannot be told by comparison with others, but by how their visits went before.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

MAX_VISITS: Final = 64  # the latest ones by which a service is judged
LEAST_VISITS: Final = 8
LEAST_CLIENTS: Final = 4  # of whom these are: one may have habits of its own
WHOLE: Final = 0.9  # of the visits end as a whole
LEAST_LOADS: Final = 2  # beyond those that left two behind, and on one path
ALONE: Final = 0.25  # closes per load before the end; the network ends some connections, too

# By whether the log has a clock, in ms, or it has none, in lines:
APART: Final = (10, 5_000)  # openings further apart are of several loads
AT_ONCE: Final = (4, 2_000)  # closes one after the other, that close together, are one end


class Visit:
    """What a client did since it had two connections left behind, and a newer one."""

    __slots__ = ("_alone", "_at_once", "_begun", "_clocked", "_ended", "_latest", "_loads", "void")

    def __init__(self, begun: int, clocked: bool, alone: int = 0) -> None:
        self._clocked = clocked
        self._begun = self._latest = begun
        self._loads: dict[str | None, int] = {}  # by path
        self._alone = alone  # closes before the latest ones
        self._at_once = 0  # those
        self._ended = begun  # when the last of them came
        self.void = False  # something else ended a connection: a restart, or a gap

    def opened(self, path: str | None, now: int) -> None:
        """One more connection of the client opened."""
        if not self._loads or now - self._latest > APART[self._clocked]:
            self._loads[path] = self._loads.get(path, 0) + 1
        self._latest = max(self._latest, now)

    def closed(self, now: int) -> None:
        """One closed."""
        if now - self._ended > AT_ONCE[self._clocked]:
            self._alone += self._at_once
            self._at_once = 0
        self._at_once += 1
        self._ended = max(self._ended, now)

    def grows(self, closes: int = 0) -> bool:
        """Whether load by load more stayed, but for those that closed before, and so many."""
        loads = self._loads.values()
        return (
            not self.void
            and max(loads, default=0) >= LEAST_LOADS
            and self._alone + closes <= ALONE * (sum(loads) + 2)
        )

    @property
    def grows_still(self) -> bool:
        """Whether it grows, though nothing says yet that it ends."""
        return self.grows(self._at_once)

    def whole(self, now: int) -> bool | None:
        """Whether it grew until it ended as a whole now; None if it does not tell.

        Who opens a few tabs in the morning and shuts the lid at night shows nothing.
        """
        if self.void or max(self._loads.values(), default=0) < LEAST_LOADS:
            return None
        if now - self._latest > self._latest - self._begun:
            return None
        return self.grows()

    def plain(self) -> list[Any]:
        """What `restored` needs, as plain JSON types."""
        return [
            self._begun, self._clocked, self._alone, self._latest, list(self._loads.items()),
            self._at_once, self._ended, self.void,
        ]  # fmt: skip

    @classmethod
    def restored(cls, state: list[Any]) -> Visit:
        """The visit that `plain` was made of."""
        visit = cls(*state[:3])
        visit._latest, loads, visit._at_once, visit._ended, visit.void = state[3:]
        visit._loads = dict(loads)
        return visit


class Visits:
    """How the latest visits of a service went that came to hold so many connections."""

    def __init__(self) -> None:
        self._latest: deque[tuple[str, bool]] = deque(maxlen=MAX_VISITS)  # clients; as a whole?
        self.end_whole = False  # as good as all of them

    def ended(self, client: str, visit: Visit, now: int) -> None:
        """One more is over."""
        whole = visit.whole(now)
        if whole is None:
            return
        self._latest.append((client, whole))
        self._judge()

    def _judge(self) -> None:
        whole = [client for client, whole in self._latest if whole]
        self.end_whole = (
            len(self._latest) >= LEAST_VISITS
            and len(whole) >= WHOLE * len(self._latest)
            and len(set(whole)) >= LEAST_CLIENTS
        )

    def grounds(self) -> str:
        """Their number in words, for a person to check."""
        whole = sum(whole for _, whole in self._latest)
        return (
            f"of the latest {len(self._latest)} visits here that came to hold as many connections, "
            f"load by load, {whole} let go of them all at once, and of hardly any before: what a "
            "page opened goes only with its tab"
        )

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return list(self._latest)

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self._latest.extend((client, whole) for client, whole in state)
        self._judge()
