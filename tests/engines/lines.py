"""Lines of a service, to be written where a test wants them."""

from __future__ import annotations

from datetime import UTC, datetime

START = 1_795_392_000  # seconds; 2026-11-23T00:00:00Z


def stamp(seconds: float) -> str:
    """The time so many seconds after the start, as the application writes it."""
    moment = datetime.fromtimestamp(START + seconds, UTC)
    return f"{moment:%FT%T}.{moment.microsecond // 1000:03d}Z"


def opened(name: str, seconds: float = 0, total: int = 1) -> bytes:
    """A connection is opened."""
    return (
        f"{stamp(seconds)} info: WebSocket connection {name} established. Total: {total}\n".encode()
    )


def closed(name: str, seconds: float = 0, total: int = 0) -> bytes:
    """A connection is closed."""
    words = f"info: WebSocket connection {name} closed (code 1000). Total: {total}"
    return f"{stamp(seconds)} {words}\n".encode()


def refused(seconds: float = 0) -> bytes:
    """A request without a token."""
    path = "/api/channels/17430419-6d3c-4ad2-82f8-31b12f1e8f74"
    words = f"warn: GET {path} - No authHeader or no bearer found"
    return f"{stamp(seconds)} {words}\n".encode()


def leak(seconds: float = 0, mounts: int = 4) -> bytes:
    """The race that the project began with: each mount is refused, and opens one more."""
    return b"".join(
        refused(seconds + place) + opened(f"c{place}", seconds + place + 0.1, place + 1)
        for place in range(mounts)
    )


def leak_over(seconds: float, mounts: int = 4) -> bytes:
    """All connections of `leak` are closed."""
    return b"".join(
        closed(f"c{place}", seconds + place, mounts - place - 1) for place in range(mounts)
    )


def healthy(connections: int = 200) -> bytes:
    """One connection after another."""
    return b"".join(
        opened(f"h{place}", 2 * place) + closed(f"h{place}", 2 * place + 1)
        for place in range(connections)
    )
