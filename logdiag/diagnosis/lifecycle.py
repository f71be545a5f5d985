"""The life of a connection, as one table: the state it is in, what the log says, the state after.

States are the browser's readyState 0..3 (connecting, open, closing, closed; HTML Standard,
WebSocket interface) and, beside them, `rejected` (the handshake was refused), `superseded` (the
server restarted, or its id was used again) and `unknown` (the log has a gap).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from logdiag.diagnosis.clients import address_in, is_known_by, user_in
from logdiag.diagnosis.origins import IN_PAGE, PAGE, Origin, Origins
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
FIRST: Final = AFTER[None]
LIVE: Final[frozenset[str]] = frozenset({"open", "closing"})
OVER: Final[frozenset[str]] = frozenset({"closed", "rejected", "superseded", "unknown"})
# What a connection's opening is counted from, in ns: until 2043 that takes 60 bits, which Python
# keeps in 32 bytes; and a compiled build within the object, as no number is None.
EPOCH: Final = 1 << 60
UNTIMED: Final = -(1 << 61)  # where there is no clock


def is_live(state: State | None) -> bool:
    """Whether it is one of LIVE: a search among two would take longer."""
    return state == "open" or state == "closing"


class Few:
    """What only few connections have: most need no place for it."""

    __slots__ = ("marks", "port", "user")

    def __init__(self) -> None:
        self.marks: dict[str, Mark] | None = None
        self.port: int | None = None
        self.user: str | None = None  # None where what its client is known by tells it


class Life:
    """One connection while we follow it. Times in ns or None; `ordinal` counts the log's lines.

    A million of them are live at once: hence what is kept in one number, and what is not kept.
    """

    __slots__ = (
        "_client", "_line", "client_key", "few", "name", "number", "older", "origin", "path",
        "since", "state", "younger",
    )  # fmt: skip

    def __init__(
        self, number: int, name: str, origin: Origin, event: Event, key: str | None = None
    ) -> None:
        """The life that begins with that event; `opened_by` says when it opens.

        `key`: what the event's client is known by, its user if it tells one.
        """
        self.number = number
        self.name = name
        self.origin = origin
        self.state: State = "connecting"
        self.few: Few | None = None
        client, user, port = event.client, event.user, event.port
        own = user if key is None or not user else None
        if port is not None or own is not None:
            self.few = few = Few()
            few.port, few.user = port, own
        self._client = None if is_known_by(key, client) else client
        self.client_key = key
        self.path = event.path
        self.since = UNTIMED  # that it opened: ns after EPOCH
        self._line = -1  # that opened it: its ordinal and, below, where in the page it is
        self.older: Life | None = None  # its neighbours among those that are live
        self.younger: Life | None = None

    def absorb(self, event: Event) -> None:
        """Fill in what the event says about the connection and no earlier line did."""
        if self.client is None:
            self._client = event.client
        if self.port is None and event.port is not None:
            self.port = event.port
        if self.user is None and event.user is not None:
            self._some().user = event.user
        if self.path is None:
            self.path = event.path

    def knows_less_than(self, event: Event) -> bool:
        """Whether `absorb` would change anything."""
        return (
            (event.client is not None and self.client is None)
            or (event.port is not None and self.port is None)
            or (event.user is not None and self.user is None)
            or (event.path is not None and self.path is None)
        )

    def opened_by(self, event: Event, ordinal: int) -> None:
        """Note when and where it opened."""
        self.since = UNTIMED if event.time is None else event.time - EPOCH
        self._line = ordinal << PAGE | (event.offset & IN_PAGE)

    def opened_before(self, other: Life) -> bool:
        """Whether it did, by its line."""
        return self._line >> PAGE < other._line >> PAGE

    def moved_to(self, ordinal: int) -> None:
        """It counts as opened at that line, whatever told its opening."""
        self._line = ordinal << PAGE | (self._line & IN_PAGE)

    @property
    def opened_at(self) -> int | None:
        """When it opened."""
        return None if self.since == UNTIMED else self.since + EPOCH

    @property
    def opened_ordinal(self) -> int:
        """The line that it opened at; negative if none told it."""
        return self._line >> PAGE

    def _some(self) -> Few:
        few = self.few
        if few is None:
            few = self.few = Few()
        return few

    @property
    def port(self) -> int | None:
        """The port of its client."""
        return None if self.few is None else self.few.port

    @port.setter
    def port(self, port: int) -> None:
        self._some().port = port

    @property
    def marks(self) -> dict[str, Mark] | None:
        """What the detector noticed at its opening, and the lines that prove it."""
        return None if self.few is None else self.few.marks

    @marks.setter
    def marks(self, marks: dict[str, Mark]) -> None:
        self._some().marks = marks

    def mark(self, mark: str, proof: Mark) -> None:
        """Note a mark, and the line that proves it."""
        few = self._some()
        if few.marks is None:
            few.marks = {}
        few.marks[mark] = proof

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
        line, origin = self._line, self.origin
        return None if line < 0 else (origin.source, origin.page + (line & IN_PAGE))

    def known_as(self, key: str | None) -> None:
        """Note which client it belongs to: no text is kept twice."""
        client, user = self.client, self.user
        if user is not None:
            told = user == user_in(key)
            if not told or self.few is not None:
                self._some().user = None if told else user
        self.client_key = key
        self._client = None if is_known_by(key, client) else client

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
        own = None if self.few is None else self.few.user
        return user_in(self.client_key) if own is None else own

    def age(self, now: int | None) -> int | None:
        """Nanoseconds since it opened; None without a clock."""
        since = self.since
        return None if now is None or since == UNTIMED else now - EPOCH - since

    def connection(self, ended: Event | None = None) -> Connection:
        """The frozen form that leaves the room; `ended`: what told its end."""
        origin, few, since, opened = self.origin, self.few, self.since, self.opened_line
        client, port, user = self._client or address_in(self.client_key), None, None
        marks: dict[str, Mark] | None = None
        if few is not None:
            port, user, marks = few.port, few.user, few.marks
        if user is None:
            user = user_in(self.client_key)
        closed_at = code = reason = closed_line = None
        if ended is not None:
            closed_at, code, reason = ended.time, ended.code, ended.reason
            closed_line = ended.source, ended.offset
            marks = None  # nobody asks for those of what is over; written they cost a twentieth
        return _new(Connection, (
            self.number, self.name, origin.identity, self.state, origin.process, origin.layer,
            client, port, user, self.path, None if since == UNTIMED else since + EPOCH, closed_at,
            opened, closed_line, code, reason, self.client_key, origin.pattern,
            0 if opened is None else self._line >> PAGE, marks,
        ))  # fmt: skip

    @classmethod
    def restored(cls, connection: Connection, origins: Origins) -> Life:
        """The life that `connection` was made of; it is not over."""
        source, offset = connection.opened_line or (0, 0)
        told = Event(
            "", connection.opened_at, source, offset, 0, "", connection.pattern, connection.layer,
            client=connection.client, port=connection.port, path=origins.path(connection.path),
        )  # fmt: skip
        origin = origins.of(connection.identity, connection.process, told)
        life = cls(connection.number, connection.name, origin, told, connection.client_key)
        life.state = connection.state
        if connection.user != life.user:
            life._some().user = connection.user
        if connection.opened_line is not None:
            life.opened_by(told, connection.ordinal)
        if connection.marks is not None:
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
