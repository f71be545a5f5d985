"""By what a line's connection is found among those that are followed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from logdiag.diagnosis.lifecycle import Life
from logdiag.model import Event

MAX_RECENT = 10_000  # ended ids kept, so that a close told twice is one


class Names:
    """The connections that are followed, by their keys, and the keys of those that just ended."""

    def __init__(self) -> None:
        self._lives: dict[str, Life] = {}
        self._aliases: dict[int, set[str]] = {}  # number -> further ids, told by echoes
        self._recent: OrderedDict[str, tuple[int, int]] = OrderedDict()  # key -> the closing line

    def find(self, event: Event) -> Life | None:
        """The life that the event names by id or address, if we follow it."""
        if not event.process and event.connection:  # what most logs have
            return self._lives.get(f"/{event.connection}")
        for key in keys(event):
            life = self._lives.get(key)
            if life is not None and (
                life.process == event.process or None in (life.process, event.process)
            ):
                return life
        return None

    def ended_before(self, event: Event) -> tuple[int, int] | None:
        """The line (source, offset) that told this close already, by the same id."""
        found = keys(event)
        return self._recent.get(found[0]) if found else None  # an id is one within its process

    def add(self, life: Life) -> None:
        """A connection begins."""
        for key in keys_of(life):
            if self._aliases and (before := self._lives.get(key)) is not None:
                self._aliases.get(before.number, set()).discard(key)
            self._lives[key] = life
            self._recent.pop(key, None)

    def add_alias(self, life: Life, event: Event) -> None:
        """An echo names the connection in another way."""
        for key in keys(event):
            if key not in self._lives:
                self._lives[key] = life
                self._aliases.setdefault(life.number, set()).add(key)

    def forget(self, life: Life) -> None:
        """It is over: its names are free, and remembered for a while."""
        names = keys_of(life)
        if life.number in self._aliases:
            names += self._aliases.pop(life.number)
        for key in names:
            if self._lives.get(key) is life:
                del self._lives[key]
            self._recent[key] = life.closed_line or (0, 0)
        while len(self._recent) > MAX_RECENT:
            self._recent.popitem(last=False)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs beside the lives, as plain JSON types."""
        return {
            "recent": list(self._recent.items()),
            "aliases": [[number, sorted(names)] for number, names in self._aliases.items()],
        }

    def restore(self, state: dict[str, Any], lives: Mapping[int, Life]) -> None:
        """Take up where `snapshot` was made, with the lives that were not over, by number."""
        self._recent = OrderedDict((key, tuple(line)) for key, line in state["recent"])
        for life in lives.values():
            for key in keys_of(life):
                self._lives[key] = life
        for number, names in state["aliases"]:
            self._aliases[number] = set(names)
            for key in names:
                self._lives.setdefault(key, lives[number])


def keys(event: Event) -> tuple[str, ...]:
    """What a connection is found by: its id within its process, its address and port."""
    name = event.connection
    if name:
        process = event.process
        return (f"{process}/{name}", f"/{name}") if process else (f"/{name}",)
    if event.client and event.port:
        return (f"{event.client}:{event.port}",)
    return ()


def keys_of(life: Life) -> list[str]:
    """The same of a connection that we follow."""
    found = []
    if life.identity == "id":
        if life.process:
            found.append(f"{life.process}/{life.name}")
        found.append(f"/{life.name}")
    if life.client and life.port:
        found.append(f"{life.client}:{life.port}")
    return found
