"""By what a line's connection is found among those that are followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from logdiag.diagnosis.lifecycle import Life
from logdiag.model import Event

_End = tuple[int, int, int | None]  # source, offset, ns

MAX_RECENT: Final = 5_000  # so many ended ids are kept, and up to twice: a close told twice is one


class Names:
    """The connections that are followed, by their keys, and the keys of those that just ended."""

    def __init__(self) -> None:
        self._lives: dict[str, Life] = {}  # a NUL stands in what cannot be an id
        self._aliases: dict[int, set[str]] = {}  # number -> further ids, told by echoes
        self._taken: dict[int, set[str]] = {}  # number -> its keys that a later one took over
        # key -> the closing line and its time; the older half goes when the younger one is full
        self._recent: dict[str, _End] = {}
        self._older: dict[str, _End] = {}
        # process -> its connections that a stop line ended, and the line: their closes may follow
        self._stopped: dict[str | None, tuple[int, _End]] = {}

    def find(self, event: Event) -> Life | None:
        """The life that the event names by id or address, if we follow it."""
        if not event.process and event.connection:  # what most logs have
            return self._lives.get(event.connection)
        for key in keys(event):
            life = self._lives.get(key)
            if life is not None and (
                life.process == event.process or None in (life.process, event.process)
            ):
                return life
        return None

    def ended_before(self, event: Event) -> tuple[int, int] | None:
        """The line (source, offset) that told this close already, by the same id or by a stop."""
        end = self._end(event) or (self._of_stopped(event) if self._stopped else None)
        return end[:2] if end is not None else None

    def over_before(self, event: Event) -> tuple[int, int] | None:
        """The line that closed what this one opens, by its time: it was written late."""
        end = self._end(event)
        if end is None or end[2] is None or event.time is None or event.time >= end[2]:
            return None
        return end[:2]

    def _end(self, event: Event) -> _End | None:
        found = keys(event)
        if not found:
            return None
        key = found[0]  # an id is one within its process
        return self._recent.get(key) or self._older.get(key)

    def _of_stopped(self, event: Event) -> _End | None:
        """The stop of a server that closes its connections in order, and says of none which."""
        if event.kind != "closed" or keys(event) or event.process not in self._stopped:
            return None
        count, end = self._stopped.pop(event.process)
        if count > 1:
            self._stopped[event.process] = count - 1, end
        return end

    def add(self, life: Life) -> None:
        """A connection begins."""
        if self._stopped:
            self._stopped.pop(life.process, None)  # the next server is there
        for key in keys_of(life):
            if (before := self._lives.get(key)) is not None:
                self._aliases.get(before.number, set()).discard(key)
                self._taken.setdefault(before.number, set()).add(key)
            self._lives[key] = life
            if key in self._recent:
                del self._recent[key]
            if key in self._older:
                del self._older[key]

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
            names += tuple(self._aliases.pop(life.number))
        if self._taken:
            self._taken.pop(life.number, None)
        told = life.ended
        end = (told.source, told.offset, told.time) if told is not None else (0, 0, None)
        if told is not None and told.kind == "server_stop":
            count, _ = self._stopped.get(life.process, (0, end))
            self._stopped[life.process] = count + 1, end
        for key in names:
            if self._lives.get(key) is life:
                del self._lives[key]
            self._recent[key] = end
        if len(self._recent) > MAX_RECENT:
            self._older, self._recent = self._recent, {}

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs beside the lives, as plain JSON types."""
        return {
            "recent": list(self._recent.items()),
            "older": list(self._older.items()),
            "aliases": [[number, sorted(names)] for number, names in self._aliases.items()],
            "taken": [[number, sorted(names)] for number, names in self._taken.items()],
            "stopped": list(self._stopped.items()),
        }

    def restore(self, state: dict[str, Any], lives: Mapping[int, Life]) -> None:
        """Take up where `snapshot` was made, with the lives that were not over, by number."""
        self._recent = {key: tuple(line) for key, line in state["recent"]}
        self._older = {key: tuple(line) for key, line in state["older"]}
        self._stopped = {process: (count, tuple(end)) for process, (count, end) in state["stopped"]}
        self._taken = {number: set(names) for number, names in state["taken"]}
        for life in lives.values():
            for key in keys_of(life):
                if key not in self._taken.get(life.number, ()):
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
        return (f"{process}\0{name}", name) if process else (name,)
    if event.client and event.port:
        return (f"\0{event.client}:{event.port}",)
    return ()


def keys_of(life: Life) -> tuple[str, ...]:
    """The same of a connection that we follow."""
    found: tuple[str, ...] = ()
    if life.identity == "id":
        name, process = life.name, life.process
        found = (f"{process}\0{name}", name) if process else (name,)
    if life.port and life.client:
        found += (f"\0{life.client}:{life.port}",)
    return found
