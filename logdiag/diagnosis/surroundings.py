"""What happens around a connection in its service: herds, gaps, and how many a client may have."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from logdiag.diagnosis.derived import Newer
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment, far
from logdiag.model import SECOND

HERD_SHARE = 0.3  # of the clients, that lost a connection and came back
OUTAGE_SHARE = 0.5  # of the clients, refused at once: their identity provider is away
HERD_SPAN = 60 * SECOND
HERD_LINES = 200
HERD_LEAST = 4  # fewer clients than this are no herd
AROUND = 120 * SECOND  # how far from an event the guards still hold it responsible
AROUND_LINES = 40
LONG = 1800 * SECOND  # the same for what lasts, like a heartbeat that is too slow
LONG_LINES = 2_000
PER_CLIENT = 2  # connections that any client may have: two tabs
LEAST_CLIENTS = 8  # so many others make a p95
MAX_RETURNS = 20_000  # clients remembered as just lost or just returned


class Surroundings:
    """Per-client counts and recent upheavals of one service."""

    def __init__(self) -> None:
        self._live: dict[str, int] = {}  # client -> live connections
        self._newest: dict[str, Newer] = {}  # of clients with several connections
        self._clients_with: dict[int, int] = {}  # live connections -> clients
        self._lost: OrderedDict[str, Moment] = OrderedDict()
        self._returned: OrderedDict[str, Moment] = OrderedDict()
        self.herd: Moment | None = None
        self.gap: Moment | None = None
        self.outage: Moment | None = None
        self.half_open: Moment | None = None

    def opened(self, life: Life, moment: Moment) -> None:
        """A connection is live."""
        key = life.client_key
        if key is None:
            return
        if self._count(key, 1) > 1:
            self._newest[key] = Newer(life.opened_ordinal, life.opened_at, life.opened_line)
        if key in self._lost:
            del self._lost[key]
            self._remember(self._returned, key, moment)
            self._look_for_herd(moment)

    def ended(self, life: Life, moment: Moment, *, lost: bool) -> Newer | None:
        """A connection is live no more; gives the newer one that its client had opened before.

        `lost`: its page did not close it itself.
        """
        key = life.client_key
        if key is None or key not in self._live:
            return None
        newer = self._newest.get(key)
        if self._count(key, -1) < 2:
            self._newest.pop(key, None)
        if lost:
            self._remember(self._lost, key, moment)
        return newer if newer is not None and newer.ordinal > life.opened_ordinal else None

    def forget_clients(self) -> None:
        """Nobody can say any more whose connections are left."""
        self._live.clear()
        self._newest.clear()
        self._clients_with.clear()
        self._lost.clear()
        self._returned.clear()

    @property
    def clients(self) -> int:
        """Clients that hold a connection, as far as they are known."""
        return len(self._live)

    @property
    def held(self) -> int:
        """The connections that those clients hold."""
        return sum(count * clients for count, clients in self._clients_with.items())

    def held_by(self, key: str | None) -> int:
        """Live connections of that client."""
        return 0 if key is None else self._live.get(key, 0)

    def newest(self, key: str | None) -> Newer | None:
        """The latest opening of that client, if it holds several connections."""
        return None if key is None else self._newest.get(key)

    def refused(self, clients: int, moment: Moment) -> None:
        """So many clients had a request refused within a minute that is a spike."""
        if clients >= max(HERD_LEAST, OUTAGE_SHARE * len(self._live)):
            self.outage = moment

    def limit(self, key: str | None) -> int:
        """How many live connections that client may have, by what the others have."""
        own = self._live.get(key, 0) if key is not None else 0
        others = len(self._live) - (own > 0)
        if others < LEAST_CLIENTS:
            return PER_CLIENT
        rank = 0.95 * others
        for count in sorted(self._clients_with):
            rank -= self._clients_with[count] - (count == own)
            if rank <= 1e-9:
                return max(PER_CLIENT, 2 * count)
        return PER_CLIENT

    def _count(self, key: str, change: int) -> int:
        clients_with = self._clients_with
        before = self._live.get(key, 0)
        after = before + change
        if before:
            clients_with[before] -= 1
            if not clients_with[before]:
                del clients_with[before]
        if after:
            self._live[key] = after
            clients_with[after] = clients_with.get(after, 0) + 1
        else:
            del self._live[key]
        return after

    def _look_for_herd(self, moment: Moment) -> None:
        recent = self._returned
        while recent and far(next(iter(recent.values())), moment, HERD_SPAN, HERD_LINES):
            recent.popitem(last=False)
        if len(recent) >= max(HERD_LEAST, HERD_SHARE * len(self._live)):
            self.herd = moment

    @staticmethod
    def _remember(memory: OrderedDict[str, Moment], key: str, moment: Moment) -> None:
        memory[key] = moment
        memory.move_to_end(key)
        if len(memory) > MAX_RETURNS:
            memory.popitem(last=False)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types; live counts come from the lives."""
        return {
            "lost": list(self._lost.items()), "returned": list(self._returned.items()),
            "herd": self.herd, "gap": self.gap, "newest": self._newest,
            "outage": self.outage, "half_open": self.half_open,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made; `recount` the lives after it."""
        self._lost = OrderedDict((key, tuple(at)) for key, at in state["lost"])
        self._returned = OrderedDict((key, tuple(at)) for key, at in state["returned"])
        self._newest = {
            key: Newer(ordinal, time, tuple(line) if line else None)
            for key, (ordinal, time, line) in state["newest"].items()
        }
        self.herd = tuple(state["herd"]) if state["herd"] else None
        self.gap = tuple(state["gap"]) if state["gap"] else None
        self.outage = tuple(state["outage"]) if state["outage"] else None
        self.half_open = tuple(state["half_open"]) if state["half_open"] else None

    def recount(self, life: Life) -> None:
        """Count a life that was live when the snapshot was made."""
        if life.client_key is not None:
            self._count(life.client_key, 1)


def near(what: Moment | None, moment: Moment) -> bool:
    """Whether something happened, and close enough to the moment to explain it."""
    return what is not None and not far(what, moment, AROUND, AROUND_LINES)
