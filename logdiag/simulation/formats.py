"""Writers: the same happenings as the log of a chosen server.

Each writer is a table from the kind of happening to the lines that such a server writes of it, in
the wordings of the packs in rules/formats. `tells` says what a reader can learn from its log; the
truth about a case depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from logdiag.simulation.server import Socket
from logdiag.simulation.world import Happening

Lines = Callable[[Happening, datetime], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to log."""

    name: str
    title: str
    tells: frozenset[str]
    lines: Lines
    name_of: Callable[[Socket], str] = lambda _: ""  # a connection's id, as the log has it


def iso(time: datetime) -> str:
    """2026-11-20T10:00:00.123Z."""
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"


def short_id(socket: Socket) -> str:
    """Eight hex digits, as applications cut them from a UUID."""
    return f"{socket.key >> 88:08x}"


def _combined(h: Happening, time: datetime) -> str:
    assert h.client is not None
    size = 24 if h.status >= 400 else 72
    return (
        f"::ffff:{h.client.address} - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "
        f'"{h.method} {h.path} HTTP/1.1" {h.status} {size} "-" "{h.client.agent}"'
    )


def _node_ws(h: Happening, time: datetime) -> Iterator[str]:
    stamp, name = iso(time), short_id(h.socket) if h.socket else ""
    match h.kind:
        case "opened":
            assert h.client is not None
            yield (
                f"{stamp} info: WebSocket connection {name} established from "
                f"::ffff:{h.client.address}:{h.port}. Total: {h.total}"
            )
        case "closed":
            yield (
                f"{stamp} info: WebSocket connection {name} closed (code {h.code}). "
                f"Total: {h.total}"
            )
        case "request":
            if h.status == 401:
                yield f"{stamp} warn: GET {h.path} - No authHeader or no bearer found"
            yield _combined(h, time)
        case "update":
            yield f"{stamp} info: {h.text} sent to {h.recipients} clients"
        case "start":
            yield f"{stamp} info: Server listening on port 3000"
        case "stop":
            yield f"{stamp} info: SIGTERM received, shutting down gracefully"
        case "remark":
            yield f"{stamp} info: {h.text}"


def _tells(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ALL = (
    Format(
        "node-ws", "Node.js ws through winston: ids, addresses and totals; morgan beside it",
        _tells("clock opened closed id client total 401 code recipients"),
        _node_ws, short_id,
    ),
)  # fmt: skip

FORMATS: dict[str, Format] = {one.name: one for one in _ALL}
