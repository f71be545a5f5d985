"""What happens around a connection in its service: herds, gaps, and how many a client may have."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil
from typing import Any, Final

from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.moments import Moment, far
from logdiag.diagnosis.recent import Recent
from logdiag.model import SECOND

HERD_SHARE: Final = 0.3  # of the clients, that lost a connection and came back
EXPIRY_SHARE: Final = 0.3  # of the clients, refused at once, and once each
AGAIN_SHARE: Final = 0.1  # of those, that were refused again all the same
OUTAGE_SHARE: Final = 0.5  # of the clients, refused at once: their identity provider is away
HERD_SPAN: Final = 60 * SECOND
HERD_LINES: Final = 200
HERD_LEAST: Final = 4  # fewer clients than this are no herd
AROUND: Final = 120 * SECOND  # how far from an event the guards still hold it responsible
AROUND_LINES: Final = 40
LONG: Final = 1800 * SECOND  # the same for what lasts, like a heartbeat that is too slow
LONG_LINES: Final = 2_000
PER_CLIENT: Final = 2  # connections that any client may have, unless more is set: two tabs
USUAL: Final = 0.95  # of the others hold no more
MAX_RETURNS: Final = 40_000  # clients remembered as just lost or just returned
SPARE: Final = 64  # returns kept beyond twice those that count


class _Return:
    """A client that came back, and when."""

    __slots__ = ("key", "moment")

    def __init__(self, key: str, moment: Moment) -> None:
        self.key = key
        self.moment = moment


class Surroundings:
    """Recent upheavals of one service, and what is usual among its clients."""

    def __init__(self, clients: Clients, per_client: int = PER_CLIENT) -> None:
        self._clients = clients
        self.per_client = per_client
        self._lost: Recent[bool] = Recent(MAX_RETURNS)
        # The latest return of each client; and all, oldest first, those from `_oldest` on to be
        # forgotten in turn: an ordered dict is no part of what compiles to C.
        self._latest: dict[str, _Return] = {}
        self._returns: list[_Return] = []
        self._oldest = 0
        self.herd: Moment | None = None
        self.gap: Moment | None = None
        self.outage: Moment | None = None
        self.expiry: Moment | None = None
        self.half_open: Moment | None = None

    def opened(self, key: str, moment: Moment) -> None:
        """A connection of the client is live."""
        if self._lost.get(key):
            self._lost.drop(key)
            self._remember(key, moment)
            self._look_for_herd(moment)

    def lost(self, key: str) -> None:
        """A connection of the client ended, and its page did not close it itself."""
        self._lost.put(key, True)

    def forget_clients(self) -> None:
        """Nobody can say any more whose connections are left."""
        self._lost.clear()
        self._latest.clear()
        self._returns.clear()
        self._oldest = 0

    def refused(self, clients: int, again: int, moment: Moment) -> None:
        """So many clients had a request refused within a minute that is a spike.

        `again`: how many of them more often than they have pages.
        """
        if clients >= max(HERD_LEAST, OUTAGE_SHARE * self._clients.count):
            self.outage = moment
        if clients >= max(HERD_LEAST, EXPIRY_SHARE * self._clients.count):
            self.expiry = moment if again <= AGAIN_SHARE * clients else None

    def limit(self, key: str | None) -> int:
        """How many live connections that client may have: what is set, or what others have."""
        return self.allowed(self._clients.usual(key, USUAL))

    def allowed(self, usual: int | None) -> int:
        """How many, where 95% of the others hold so many or fewer."""
        return max(self.per_client, 2 * (usual or 0))

    def _look_for_herd(self, moment: Moment) -> None:
        least = HERD_SHARE * self._clients.count
        if not self._is_herd(least):
            return  # with those that came back long ago
        while self._latest:
            first = self._first()
            if not far(first.moment, moment, HERD_SPAN, HERD_LINES):
                break
            del self._latest[first.key]
        if self._is_herd(least):
            self.herd = moment

    def _is_herd(self, least: float) -> bool:
        count = len(self._latest)
        return count >= HERD_LEAST and float(count) >= least

    def _remember(self, key: str, moment: Moment) -> None:
        latest = self._latest
        if len(self._returns) >= 2 * len(latest) + SPARE:
            self._returns = [one for one in self._returns if latest.get(one.key) is one]
            self._oldest = 0
        latest[key] = made = _Return(key, moment)
        self._returns.append(made)
        if len(latest) > MAX_RETURNS:
            del latest[self._first().key]

    def _first(self) -> _Return:
        """The oldest of the latest returns."""
        latest = self._latest
        while True:
            one = self._returns[self._oldest]
            if latest.get(one.key) is one:
                return one
            self._oldest += 1

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        return {
            "lost": self._lost.snapshot(),
            "returned": [
                (one.key, one.moment)
                for one in self._returns
                if self._latest.get(one.key) is one
            ],
            "herd": self.herd, "gap": self.gap,
            "outage": self.outage, "expiry": self.expiry, "half_open": self.half_open,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        self._lost.restore(state["lost"])
        self._returns = [_Return(key, (time, line)) for key, (time, line) in state["returned"]]
        self._latest = {one.key: one for one in self._returns}
        self.herd = tuple(state["herd"]) if state["herd"] else None
        self.gap = tuple(state["gap"]) if state["gap"] else None
        self.outage = tuple(state["outage"]) if state["outage"] else None
        self.expiry = tuple(state["expiry"]) if state["expiry"] else None
        self.half_open = tuple(state["half_open"]) if state["half_open"] else None


def near(what: Moment | None, moment: Moment) -> bool:
    """Whether something happened, and close enough to the moment to explain it."""
    return what is not None and not far(what, moment, AROUND, AROUND_LINES)


def most(counts: Collection[int]) -> int:
    """So many or fewer are held by 95% of those that hold so many each."""
    return sorted(counts)[ceil(USUAL * len(counts)) - 1]
