"""The same happenings in the words of different servers, as the packs in rules/formats know them.

A writer gives the lines that such a server writes of one happening, mostly none or one. Which
they are was read off real servers: see sample_logs/ and the samples of the packs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from logdiag.simulation.server import Socket
from logdiag.simulation.world import Happening

Lines = Iterator[str]
HTTP = {200: "200 OK", 401: "401 Unauthorized", 403: "403 Forbidden"}
SIZE = {200: 72, 401: 24, 403: 9}


def iso(time: datetime) -> str:
    """2026-11-20T10:00:00.123Z."""
    return time.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def node_ws(h: Happening, time: datetime) -> Lines:
    """Node.js `ws` through winston, with ids and addresses, and morgan's `combined` beside it."""
    if h.kind == "request":
        yield from _refusal(h, f"{iso(time)} ")
        yield _combined(h, time, "::ffff:")
    for level, text in _node_words(h):
        yield f"{iso(time)} {level}: {text}"


def _node_words(h: Happening) -> Iterator[tuple[str, str]]:
    """(level, text) of each line."""
    name = h.socket.name if h.socket else ""
    peer = f"::ffff:{h.client.address}" if h.client else ""
    match h.kind:
        case "opened":
            text = f"WebSocket connection {name} established from {peer}:{h.port}. Total: {h.total}"
            yield "info", text
        case "closed":
            if h.reason == "ping timeout":
                yield "warn", f"Terminating inactive connection: {name}"
            yield "info", f"WebSocket connection {name} closed (code {h.code}). Total: {h.total}"
        case "rejected":
            yield "warn", f"WebSocket upgrade rejected: {HTTP[h.status]} ({peer})"
        case "update":
            for socket in h.recipients:
                yield "info", f"{_update(h)} connection {socket.name}"
        case _:
            yield from _node_process(h)


def _update(h: Happening) -> str:
    return f"Status update for video {h.text}: {h.reason} sent to"


def _node_process(h: Happening) -> Iterator[tuple[str, str]]:
    match h.kind:
        case "start":
            yield "info", "Server listening on port 3000"
        case "stop":
            yield "info", "SIGTERM received, shutting down gracefully"
        case "remark":
            yield "info", h.text


def node_json(h: Happening, time: datetime) -> Lines:
    """The same through pino, one JSON object a line, with the user; pino-http beside it."""
    facts: dict[str, object] = {}
    text, level = "", 30
    match h:
        case Happening(kind="opened" | "closed", socket=Socket() as socket):
            client = socket.client
            facts = {"connId": socket.name, "userId": client.user, "total": h.total}
            text = "WebSocket disconnected"
            if h.kind == "opened":
                facts |= {"ip": client.address, "userAgent": client.agent}
                text = "WebSocket connected"
            else:
                facts |= {"code": h.code, "reason": h.reason}
        case Happening(kind="rejected", socket=Socket() as socket):
            facts = {"ip": socket.client.address, "statusCode": h.status}
            text, level = "WebSocket upgrade rejected", 40
        case Happening(kind="request"):
            facts, text = _pino_http(h), "request completed"
        case Happening(kind="update"):
            for socket in h.recipients:
                yield _pino(h, time, 30, {}, f"{_update(h)} connection {socket.name}")
            return
        case _:
            for _, text in _node_process(h):
                yield _pino(h, time, 30, {}, text)
            return
    if text:
        yield _pino(h, time, level, facts, text)


def _pino(h: Happening, time: datetime, level: int, facts: dict[str, object], text: str) -> str:
    head = {"level": level, "time": int(time.timestamp() * 1000), "pid": h.pid, "hostname": "app-1"}
    return json.dumps({**head, **facts, "msg": text}, separators=(",", ":"))


def _pino_http(h: Happening) -> dict[str, object]:
    assert h.client is not None
    headers = {"host": "app.example.org", "user-agent": h.client.agent}
    return {
        "req": {"method": h.method, "url": h.path, "headers": headers,
                "remoteAddress": h.client.address, "remotePort": h.port},
        "res": {"statusCode": h.status}, "responseTime": 3,
    }  # fmt: skip


def seed(h: Happening, time: datetime) -> Lines:
    """The wording that started it: nothing but a count, and no clock."""
    yield from _refusal(h, "")
    for text in _counting(h):
        yield f"info: {text}"


def seed_clock(h: Happening, time: datetime) -> Lines:
    """The same with times."""
    yield from _refusal(h, f"{iso(time)} ")
    for text in _counting(h):
        yield f"{iso(time)} info: {text}"


def _refusal(h: Happening, stamp: str) -> Lines:
    if h.kind == "request" and h.status == 401:
        yield f"{stamp}warn: {h.method} {h.path} - No authHeader or no bearer found"


def _counting(h: Happening) -> Lines:
    match h.kind:
        case "opened":
            yield f"New WebSocket connection established. Total connections: {h.total}"
        case "closed":
            yield f"WebSocket connection closed. Remaining connections: {h.total}"
        case "update":
            yield f"{_update(h)} {len(h.recipients)} clients"
        case _:
            yield from (text for _, text in _node_process(h))


def uvicorn(h: Happening, time: datetime) -> Lines:
    """Uvicorn before 0.50 with times in its log."""
    return _stamped(_uvicorn(h), time)


def uvicorn_new(h: Happening, time: datetime) -> Lines:
    """Uvicorn since 0.50, which writes no close."""
    told = (line for line in _uvicorn(h) if line[1] != "connection closed")
    return _stamped(told, time)


def uvicorn_plain(h: Happening, time: datetime) -> Lines:
    """Uvicorn as it logs if nobody configures it: without times."""
    for logger, text in _uvicorn(h):
        yield f"INFO:     {text}" if logger.startswith("uvicorn") else f"INFO:{logger}:{text}"


def _stamped(told: Iterator[tuple[str, str]], time: datetime) -> Lines:
    stamp = iso(time)[:-1].replace("T", " ").replace(".", ",")
    for logger, text in told:
        yield f"{stamp} - {logger} - INFO - {text}"


def _uvicorn(h: Happening) -> Iterator[tuple[str, str]]:
    """(logger, text) of each line."""
    own, access = "uvicorn.error", "uvicorn.access"
    peer = f"{h.client.address}:{h.port}" if h.client else ""
    match h.kind:
        case "opened":
            yield own, f'{peer} - "WebSocket {h.path}" [accepted]'
            yield own, "connection open"
        case "closed":
            yield own, "connection closed"
        case "rejected":
            yield own, f'{peer} - "WebSocket {h.path}" {h.status}'
            yield own, f"connection rejected ({HTTP[h.status]})"
            yield own, "connection closed"
        case "request":
            yield access, f'{peer} - "{h.method} {h.path} HTTP/1.1" {HTTP[h.status]}'
        case "start":
            yield own, f"Started server process [{h.pid}]"
            yield own, "Waiting for application startup."
            yield own, "Application startup complete."
            yield own, "Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)"
        case "stop":
            yield own, "Shutting down"
        case "stopped":
            yield own, "Waiting for application shutdown."
            yield own, "Application shutdown complete."
            yield own, f"Finished server process [{h.pid}]"
        case "remark":
            yield "app", h.text


SOCKETIO_REASONS = {1000: "client namespace disconnect", 1001: "transport close"}


def socketio(h: Happening, time: datetime) -> Lines:
    """socket.io's application, which knows its users; morgan's `short` beside it."""
    match h:
        case Happening(kind="opened", socket=Socket() as socket):
            text = f"Socket connected: {socketio_id(socket)} (user {socket.client.user})"
        case Happening(kind="closed", socket=Socket() as socket):
            reason = h.reason or SOCKETIO_REASONS[h.code]
            text = f"Socket disconnected: {socketio_id(socket)} ({reason})"
        case Happening(kind="request", client=client) if client is not None:
            yield from _refusal(h, f"{iso(time)} ")
            request = f"{h.method} {h.path} HTTP/1.1 {h.status} {SIZE[h.status]}"
            yield f"::ffff:{client.address} - {request} - 1.049 ms"
            return
        case _:
            for _, text in _node_process(h):
                yield f"{iso(time)} info: {text}"
            return
    yield f"{iso(time)} info: {text}"


def socketio_id(socket: Socket) -> str:
    """Fifteen bytes in base64: the socket's own id."""
    return base64.urlsafe_b64encode(socket.key.to_bytes(15, "big")).decode()


def nginx(h: Happening, time: datetime) -> Lines:
    """Nginx before the server: a line with 101 when a connection ends."""
    match h:
        case Happening(kind="closed"):
            yield _combined(h._replace(status=101), time)
        case Happening(kind="rejected" | "request"):
            yield _combined(h, time)


def _combined(h: Happening, time: datetime, mapped: str = "") -> str:
    assert h.client is not None
    size = SIZE.get(h.status, 293)
    return (
        f"{mapped}{h.client.address} - - [{_clf(time.replace(microsecond=0))}] "
        f'"{h.method} {h.path} HTTP/1.1" {h.status} {size} "-" "{h.client.agent}"'
    )


@lru_cache(maxsize=16)  # several lines have the same second, and strftime is slow
def _clf(second: datetime) -> str:
    return f"{second:%d/%b/%Y:%H:%M:%S} +0000"


def browser(h: Happening, time: datetime) -> Lines:
    """What the pages write to their consoles, as a collector keeps it."""
    if h.kind == "page" and h.client is not None:
        told = {
            "time": iso(time), "level": "info", "ip": h.client.address, "userId": h.client.user,
            "userAgent": h.client.agent, "message": h.text,
        }  # fmt: skip
        yield json.dumps(told, separators=(",", ":"))


def short_id(socket: Socket) -> str:
    """Eight hex digits."""
    return socket.name
