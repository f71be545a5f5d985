"""The life of a connection, as one table: the state it is in, what the log says, the state after.

States are the browser's readyState 0..3 (connecting, open, closing, closed; HTML Standard,
WebSocket interface) and, beside them, `rejected` (the handshake was refused), `superseded` (the
server restarted, or its id was used again) and `unknown` (the log has a gap).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any

from logdiag.model import Connection, Event, Identity, Mark, State

NEXT: dict[tuple[State | None, str], State] = {
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
LIVE: frozenset[str] = frozenset({"open", "closing"})
OVER: frozenset[str] = frozenset({"closed", "rejected", "superseded", "unknown"})


class Life:
    """One connection while we follow it. Times in ns or None; `ordinal` counts the log's lines."""

    __slots__ = (
        "client", "client_key", "closed_at", "closed_line", "code", "identity", "layer", "marks",
        "name", "number", "opened_at", "opened_line", "opened_ordinal", "path", "pattern", "port",
        "process", "reason", "state", "user",
    )  # fmt: skip

    def __init__(self, number: int, name: str, identity: Identity, event: Event) -> None:
        """The life that begins with that event; `opened_by` says when it opens."""
        self.number = number
        self.name = name
        self.identity: Identity = identity
        self.state: State = "connecting"
        self.process = event.process
        self.layer = event.layer
        self.pattern = event.pattern
        self.client = event.client
        self.client_key: str | None = None
        self.port = event.port
        self.user = event.user
        self.path = event.path
        self.opened_at: int | None = None
        self.opened_ordinal = 0
        self.opened_line: tuple[int, int] | None = None
        self.closed_at: int | None = None
        self.closed_line: tuple[int, int] | None = None
        self.code: int | None = None
        self.reason: str | None = None
        # What the detector noticed at its opening, and the lines that prove it.
        self.marks: dict[str, Mark] | None = None

    def absorb(self, event: Event) -> None:
        """Fill in what the event says about the connection and no earlier line did."""
        if self.client is None:
            self.client = event.client
        if self.port is None:
            self.port = event.port
        if self.user is None:
            self.user = event.user
        if self.path is None:
            self.path = event.path

    def knows_less_than(self, event: Event) -> bool:
        """Whether `absorb` would change anything."""
        return (
            (self.client is None and event.client is not None)
            or (self.port is None and event.port is not None)
            or (self.user is None and event.user is not None)
            or (self.path is None and event.path is not None)
        )

    def opened_by(self, event: Event, ordinal: int) -> None:
        """Note when and where it opened."""
        self.opened_at = event.time
        self.opened_ordinal = ordinal
        self.opened_line = (event.source, event.offset)
        self.layer = event.layer
        self.pattern = event.pattern

    def closed_by(self, event: Event) -> None:
        """Note when, where and why it ended."""
        self.closed_at = event.time
        self.closed_line = (event.source, event.offset)
        self.code = event.code
        self.reason = event.reason

    def age(self, now: int | None) -> int | None:
        """Nanoseconds since it opened; None without a clock."""
        if now is None or self.opened_at is None:
            return None
        return now - self.opened_at

    def connection(self) -> Connection:
        """The frozen form that leaves the room."""
        # Nobody asks for the marks of what is over; written for each they cost a twentieth.
        marks = None if self.state in OVER else self.marks
        return _new(Connection, (*_FROZEN(self), marks))

    @classmethod
    def restored(cls, connection: Connection) -> Life:
        """The life that `connection` was made of."""
        life = cls.__new__(cls)
        for name in _SAME:
            setattr(life, name, getattr(connection, name))
        life.opened_ordinal = connection.ordinal
        return life


_SAME = tuple(name for name in Connection._fields if name != "ordinal")
# All of Connection's fields but the last one, `marks`, in order.
_FROZEN: Callable[[Life], tuple[Any, ...]] = attrgetter(
    *("opened_ordinal" if name == "ordinal" else name for name in Connection._fields[:-1])
)
_new = tuple.__new__  # makes a named tuple in half of its own constructor's time


def diagram() -> Iterator[str]:
    """The table as lines of a Mermaid state diagram; the documentation is generated from it."""
    yield "stateDiagram-v2"
    for (before, word), after in NEXT.items():
        yield f"    {before or '[*]'} --> {after}: {word}"
    for over in sorted(OVER):
        yield f"    {over} --> [*]"
