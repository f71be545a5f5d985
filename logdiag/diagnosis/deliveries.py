"""Updates that reach a client's connections twice, or not the one on which its page listens.

That is its newest one. Updates have an id (`message`) and a status (`reason`), and the lines say
which connection they went to, or to how many.
"""

from __future__ import annotations

from typing import Any, Final

from logdiag.diagnosis.derived import about
from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import NEVER, Moment, far, passed
from logdiag.diagnosis.windows import Told, proved
from logdiag.model import SECOND, Event

FINAL: Final = frozenset({
    "cancelled", "complete", "completed", "done", "error", "failed", "finished", "succeeded",
    "success",
})  # fmt: skip
TOGETHER: Final = 2 * SECOND  # one update goes to all of a client's connections within
TOGETHER_LINES: Final = 10
MAX_WAITING: Final = 1_000  # updates that may yet be sent to another connection
MAX_OWNERS: Final = 2_000  # what updates are about, and whose that is: what is not done yet


_Name = tuple[str, str, str]  # of an update: the client, what it is about, and its status


class _Update:
    """One update as it went out first."""

    __slots__ = ("client", "line", "missed", "newer", "number", "since", "twice")

    def __init__(
        self, since: Moment, client: str, number: int | None, line: tuple[int, int]
    ) -> None:
        self.since = since
        self.client = client
        self.number = number  # of the connection that it went to
        self.line = line
        self.missed: Event | None = None  # a final status, until it goes to the newest connection
        self.newer: tuple[int, int] | None = None  # where that one opened
        self.twice = False

    def plain(self) -> list[Any]:
        """All of it, as plain JSON types."""
        return [
            self.since, self.client, self.number, self.line, self.missed, self.newer, self.twice
        ]  # fmt: skip

    @classmethod
    def restored(cls, state: list[Any]) -> _Update:
        """The update that `plain` was made of."""
        since, client, number, line, missed, newer, twice = state
        update = cls(tuple(since), client, number, tuple(line))
        update.missed = None if missed is None else Event(*missed)
        update.newer = tuple(newer) if newer else None
        update.twice = twice
        return update


class Deliveries:
    """The updates of the last moments, by client and what they are about."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._waiting: dict[_Name, _Update] = {}  # oldest first
        self._oldest: Moment = NEVER  # when the first of them went out
        self._clocked = False  # whether its time is known, and that: asked for at each event
        self._since = 0
        self._owners: dict[str, str] = {}  # message -> client

    def take(
        self, event: Event, life: Life | None, key: str | None, moment: Moment, *, gone: bool
    ) -> list[Told]:
        """A message went out, to that connection, or to one that is `gone`.

        `key`: the client that its line names. Gives what is to be counted by now, each with its
        client; what was `overdue` before it has been asked for.
        """
        if event.message is None or event.reason is None:
            return []
        if life is None and not gone and event.recipients != 0:
            return []  # nobody says which connections it went to
        client = self._owner(event, life.client_key if life is not None else key)
        if not client:
            return []
        found: list[Told] = []
        name = client, event.message, event.reason
        update = self._waiting.get(name)
        if update is None:
            if not self._waiting:
                self._begin(moment)
            self._waiting[name] = self._first(client, event, life, moment)
        elif life is not None and life.number != update.number:
            if update.number is not None and not update.twice:
                again = about("duplicated", life, event)
                found.append((client, proved(moment[1], again, update.line)))
            update.twice = True
            if life is self._clients.newest(client):
                update.missed = None
        return found

    @property
    def waits(self) -> bool:
        """Whether time alone may tell that a final status did not arrive."""
        return bool(self._waiting)

    def _owner(self, event: Event, client: str | None) -> str | None:
        """Whose it is, by this delivery or by those before; "" if it is several clients'."""
        owners, message = self._owners, event.message or ""
        known = owners.get(message)
        if client is None:
            return known
        if event.reason in FINAL:
            if known is not None:
                del owners[message]
        elif known != client:
            owners[message] = "" if known is not None else client
            if len(owners) > MAX_OWNERS:
                del owners[_first_of(owners)]
        return client

    def _first(self, client: str, event: Event, life: Life | None, moment: Moment) -> _Update:
        """The update as it goes out first, and whether the client's newest connection lacks it."""
        number = life.number if life is not None else None
        update = _Update(moment, client, number, (event.source, event.offset))
        newest = self._clients.newest(client)
        if event.reason not in FINAL or newest is None or newest is life:
            return update
        opened = newest.opened_at, newest.opened_ordinal
        if not passed(opened, moment, TOGETHER, TOGETHER_LINES):
            return update  # it may not have told yet what it listens to
        kind, missed = ("undelivered", newest) if life is None else ("misdelivered", life)
        update.missed, update.newer = about(kind, missed, event), newest.opened_line
        return update

    def _begin(self, oldest: Moment) -> None:
        self._oldest, time = oldest, oldest[0]
        self._clocked, self._since = time is not None, time or 0

    def late(self, moment: Moment) -> bool:
        """Whether there is anything `overdue`."""
        if not self._waiting:
            return False
        if len(self._waiting) > MAX_WAITING:
            return True
        time = moment[0]
        if self._clocked and time is not None:  # as `far` says, of a time that is kept unpacked
            apart = time - self._since
            return apart > TOGETHER or -apart > TOGETHER
        return far(self._oldest, moment, TOGETHER, TOGETHER_LINES)

    def overdue(self, moment: Moment) -> list[Told]:
        """Final statuses that the newest connection did not get in time."""
        waiting = self._waiting
        found: list[Told] = []
        while self.late(moment):
            update = waiting.pop(_first_of(waiting))
            self._begin(waiting[_first_of(waiting)].since if waiting else NEVER)
            if update.missed is not None:
                found.append((update.client, proved(moment[1], update.missed, update.newer)))
        return found

    def rest(self, now: Moment) -> list[Told]:
        """The same of all that may yet arrive, if nothing follows."""
        rest: list[Told] = [
            (update.client, proved(now[1], update.missed, update.newer))
            for update in self._waiting.values()
            if update.missed is not None
        ]
        self._waiting.clear()
        return rest

    def lost_track(self) -> None:
        """A restart or a gap: nobody knows any more which connections are gone."""
        self._owners.clear()

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        waiting = [(name, update.plain()) for name, update in self._waiting.items()]
        return {"waiting": waiting, "owners": list(self._owners.items())}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        self._owners.update(state["owners"])
        for (client, message, reason), plain in state["waiting"]:
            self._waiting[client, message, reason] = _Update.restored(plain)
        self._begin(self._waiting[_first_of(self._waiting)].since if self._waiting else NEVER)


def _first_of(some: dict[Any, Any]) -> Any:
    for name in some:  # a loop compiles to C, `next(iter(...))` does not
        return name
    raise KeyError
