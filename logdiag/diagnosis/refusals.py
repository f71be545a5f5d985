"""Closes that only follow a refused handshake: they end nothing.

Some servers (uvicorn with `websockets`) write "connection closed" after every handshake that they
refused, just as after a session.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from logdiag.model import Event

FOLLOWS: Final = 6  # lines between the refusal and its close: the next line, or a few under load
MAX_WAITING: Final = 100  # refusals whose close has not come


class Refusals:
    """Refused handshakes whose close line may follow."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, int, int, int]] = deque(maxlen=MAX_WAITING)

    def add(self, event: Event, ordinal: int) -> None:
        """A handshake was refused."""
        self._waiting.append((_pack(event), ordinal, event.source, event.offset))

    def explains(self, event: Event, ordinal: int) -> tuple[int, int] | None:
        """The refusal (source, offset) that this close only follows; each explains one."""
        if event.kind != "closed" or event.connection or event.client:
            return None
        waiting = self._waiting
        while waiting and ordinal - waiting[0][1] > FOLLOWS:
            waiting.popleft()
        if not waiting or waiting[0][0] != _pack(event) or waiting[0][2] != event.source:
            return None
        _, _, source, offset = waiting.popleft()
        return source, offset

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return list(self._waiting)

    def restore(self, state: list[Any]) -> None:
        """Take up where `snapshot` was made."""
        self._waiting = deque(map(tuple, state), maxlen=MAX_WAITING)


def _pack(event: Event) -> str:
    return event.pattern.partition(":")[0]
