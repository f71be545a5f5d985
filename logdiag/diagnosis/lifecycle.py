"""The life of a connection, as one table: the state it is in, what the log says, the state after.

States are the browser's readyState 0..3 (connecting, open, closing, closed; HTML Standard,
WebSocket interface) and, beside them, `rejected` (the handshake was refused), `superseded` (the
server restarted, or its id was used again) and `unknown` (the log has a gap).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from logdiag.diagnosis.clients import USER, address_in, user_in
from logdiag.diagnosis.origins import Origin, Origins
from logdiag.model import Connection, Event, Identity, Mark, State

NEXT: Final[dict[tuple[State | None, str], State]] = {
    (None, "opening"): "connecting",
    (None, "opened"): "open",
    (None, "closed"): "closed",  # opened before the log began: no leak, whatever it was
    (None, "rejected"): "rejected",
    ("connecting", "opened"): "open",
    ("connecting", "closing"): "closing",
    ("connecting", "closed"): "closed",
    ("connecting", "rejected"): "rejected",
    ("open", "closing"): "closing",
    ("open", "closed"): "closed",
    ("open", "rejected"): "rejected",  # "connected", then refused for want of a slot
    ("closing", "closed"): "closed",
    ("closing", "rejected"): "rejected",
    # Not from lines about the connection itself:
    ("connecting", "restart"): "superseded",
    ("open", "restart"): "superseded",
    ("closing", "restart"): "superseded",
    ("connecting", "gap"): "unknown",
    ("open", "gap"): "unknown",
    ("closing", "gap"): "unknown",
}
# The same by state: with pairs for keys, looking it up at each step would take twice as long.
AFTER: Final[dict[State | None, dict[str, State]]] = {
    state: {word: after for (before, word), after in NEXT.items() if before == state}
    for state, _ in NEXT
}
LIVE: Final[frozenset[str]] = frozenset({"open", "closing"})
OVER: Final[frozenset[str]] = frozenset({"closed", "rejected", "superseded", "unknown"})


def is_live(state: State | None) -> bool:
    """Whether it is one of LIVE: a search among two would take longer."""
    return state == "open" or state == "closing"


class Life:
    """One connection while we follow it. Times in ns or None; `ordinal` counts the log's lines."""

    __slots__ = (
        "_client", "_user", "client_key", "ended", "marks", "name", "number", "offset", "older",
        "opened_at", "opened_ordinal", "origin", "path", "port", "state", "younger",
    )  # fmt: skip

    def __init__(self, number: int, name: str, origin: Origin, event: Event) -> None:
        """The life that begins with that event; `opened_by` says when it opens."""
        self.number = number
        self.name = name
        self.origin = origin
        self.state: State = "connecting"
        self._client = event.client  # None where `client_key` tells it
        self._user = event.user  # USER itself where `client_key` tells it
        self.client_key: str | None = None
        self.port = event.port
        self.path = event.path
        self.opened_at: int | None = None
        self.opened_ordinal = 0
        self.offset = -1  # of the line that opened it; negative if none did
        self.ended: Event | None = None  # what told its end
        # What the detector noticed at its opening, and the lines that prove it.
        self.marks: dict[str, Mark] | None = None
        self.older: Life | None = None  # its neighbours among those that are live
        self.younger: Life | None = None

    def absorb(self, event: Event) -> None:
        """Fill in what the event says about the connection and no earlier line did."""
        if self.client is None:
            self._client = event.client
        if self.port is None:
            self.port = event.port
        if self._user is None:
            self._user = event.user
        if self.path is None:
            self.path = event.path

    def knows_less_than(self, event: Event) -> bool:
        """Whether `absorb` would change anything."""
        return (
            (event.client is not None and self.client is None)
            or (self.port is None and event.port is not None)
            or (self._user is None and event.user is not None)
            or (self.path is None and event.path is not None)
        )

    def opened_by(self, event: Event, ordinal: int) -> None:
        """Note when and where it opened."""
        self.opened_at = event.time
        self.opened_ordinal = ordinal
        self.offset = event.offset

    @property
    def identity(self) -> Identity:
        """What tells it from other connections."""
        return self.origin.identity

    @property
    def process(self) -> str | None:
        """The server process that holds it."""
        return self.origin.process

    @property
    def opened_line(self) -> tuple[int, int] | None:
        """The line (source, offset) that told it; None if it has not opened."""
        return None if self.offset < 0 else (self.origin.source, self.offset)

    def known_as(self, key: str | None, user: str | None = None) -> None:
        """Note which client it belongs to, the user that the key names: no text is kept twice."""
        client, own = self.client, self._user
        if own is not None:
            own = self.user
            told = key is not None and user is not None and user != "" and user == own
            self._user = USER if told else own
        self.client_key = key
        self._client = None if client is not None and address_in(key) == client else client

    def share(self, other: Life) -> None:
        """Another connection of the same client: the text that names it is kept once."""
        self.client_key = other.client_key
        if self._client == other._client:
            self._client = other._client

    @property
    def client(self) -> str | None:
        """The address of its client."""
        return self._client or address_in(self.client_key)

    @property
    def user(self) -> str | None:
        """The user it belongs to."""
        user, key = self._user, self.client_key
        return user_in(key) if user is USER and key is not None else user

    @property
    def closed_line(self) -> tuple[int, int] | None:
        """The line (source, offset) that told its end; None while it is not over."""
        return None if self.ended is None else (self.ended.source, self.ended.offset)

    def age(self, now: int | None) -> int | None:
        """Nanoseconds since it opened; None without a clock."""
        if now is None or self.opened_at is None:
            return None
        return now - self.opened_at

    def connection(self) -> Connection:
        """The frozen form that leaves the room."""
        origin, ended, marks = self.origin, self.ended, self.marks
        closed_at = code = reason = closed_line = None
        if ended is not None:
            closed_at, code, reason = ended.time, ended.code, ended.reason
            closed_line = ended.source, ended.offset
            marks = None  # nobody asks for those of what is over; written they cost a twentieth
        return _new(Connection, (
            self.number, self.name, origin.identity, self.state, origin.process, origin.layer,
            self.client, self.port, self.user, self.path, self.opened_at, closed_at,
            self.opened_line, closed_line, code, reason, self.client_key, origin.pattern,
            self.opened_ordinal, marks,
        ))  # fmt: skip

    @classmethod
    def restored(cls, connection: Connection, origins: Origins) -> Life:
        """The life that `connection` was made of; it is not over."""
        source, offset = connection.opened_line or (0, -1)
        told = Event(
            "", None, source, 0, 0, "", connection.pattern, connection.layer,
            client=connection.client, port=connection.port, user=connection.user,
            path=connection.path,
        )  # fmt: skip
        origin = origins.of(connection.identity, connection.process, told)
        life = cls(connection.number, connection.name, origin, told)
        life.path = origins.path(connection.path)
        life.state = connection.state
        life.opened_at = connection.opened_at
        life.opened_ordinal = connection.ordinal
        life.offset = offset
        key, user = connection.client_key, connection.user
        life.known_as(key, user if key == f"user {user}" else None)
        life.marks = connection.marks
        return life


_new: Final = tuple.__new__  # makes a named tuple in half of its own constructor's time


def diagram() -> Iterator[str]:
    """The table as lines of a Mermaid state diagram; the documentation is generated from it."""
    yield "stateDiagram-v2"
    for (before, word), after in NEXT.items():
        yield f"    {before or '[*]'} --> {after}: {word}"
    for over in sorted(OVER):
        yield f"    {over} --> [*]"
