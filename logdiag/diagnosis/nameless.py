"""Which connection it is that ends where a close names nobody."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Final

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.live import Live
from logdiag.model import Event

MAX_SEARCH: Final = 64  # lives looked at to find the one an anonymous close fits


def youngest(event: Event, live: Live, connecting: dict[int, Life]) -> Life | None:
    """The youngest that fits the close, one known by count before one known by more."""
    fallback = None
    for life in islice(_latest(live, connecting), MAX_SEARCH):
        if event.process and life.process and event.process != life.process:
            continue
        if (event.path and life.path and event.path != life.path) or (
            event.client and life.client and event.client != life.client
        ):
            continue
        if life.identity == "count":
            return life
        fallback = fallback or life
    return fallback


def _latest(live: Live, connecting: dict[int, Life]) -> Iterator[Life]:
    """Those that are not over, the youngest first."""
    if not connecting:
        return reversed(live)
    return merge(reversed(live), reversed(connecting.values()), key=lambda life: -life.number)
