"""By what a line's connection is found among those that are followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.recent import Recent
from logdiag.model import Event

MAX_RECENT: Final = 10_000  # ids that ended: a close told twice is one


# Source and offset of the closing line, its time (ns), and the process of its connection.
_End = tuple[int, int, int | None, str | None]


class Names:
    """The connections that are followed, by their keys, and the keys of those that just ended.

    An id is one within its process. As long as no two processes use the same id, the id alone will
    do, at half the cost.
    """

    def __init__(self) -> None:
        self._lives: dict[str, Life] = {}  # a NUL stands in what cannot be an id
        self._aliases: dict[int, set[str]] = {}  # number -> further ids, told by echoes
        self._taken: dict[int, set[str]] = {}  # number -> its keys that it is not found by
        self._ended: Recent[_End] = Recent(MAX_RECENT)
        # process -> its connections that a stop line ended, and the line: their closes may follow
        self._stopped: dict[str | None, tuple[int, _End]] = {}
        self._shared = False  # whether several processes use the same ids
        self._ports = False  # whether any connection was known by its address and port
        self._latest = 0  # the latest time of an end, ns

    def find(self, event: Event) -> Life | None:
        """The life that the event names by id or address, if we follow it."""
        name, process = event.connection, event.process
        if name and not (process and self._shared):  # what most logs have
            life = self._lives.get(name)
            return life if life is None or _of_one(life.origin.process, process) else None
        if name or self._ports:
            for key in keys(event, self._shared):
                life = self._lives.get(key)
                if life is not None and _of_one(life.process, process):
                    return life
        return None

    def ended_before(self, event: Event) -> tuple[int, int] | None:
        """The line (source, offset) that told this close already, by the same id or by a stop."""
        end = self._end(event) or (self._of_stopped(event) if self._stopped else None)
        return end[:2] if end is not None else None

    def over_before(self, event: Event) -> tuple[int, int] | None:
        """The line that closed what this one opens, by its time: it was written late."""
        if event.time is None or event.time >= self._latest:
            return None
        end = self._end(event)
        return end[:2] if end is not None and end[2] is not None and event.time < end[2] else None

    def _end(self, event: Event) -> _End | None:
        found = keys(event, self._shared)
        end = self._ended.get(found[0]) if found else None
        if end is None or (event.connection and event.process and event.process != end[3]):
            return None
        return end

    def _of_stopped(self, event: Event) -> _End | None:
        """The stop of a server that closes its connections in order, and says of none which."""
        named = keys(event, self._shared)
        if event.kind != "closed" or named or event.process not in self._stopped:
            return None
        count, end = self._stopped.pop(event.process)
        if count > 1:
            self._stopped[event.process] = count - 1, end
        return end

    def add(self, life: Life) -> None:
        """A connection begins."""
        if self._stopped:
            self._stopped.pop(life.process, None)  # the next server is there
        if not self._shared and life.origin.identity == "id":
            other = self._lives.get(life.name)
            if other is None and life.port is None:  # what most logs have
                self._lives[life.name] = life
                self._ended.drop(life.name)
                return
            if other is not None and not _of_one(other.process, life.process):
                self._share()
        self._ports = self._ports or (life.few is not None and life.few.port is not None)
        for key in keys_of(life, self._shared):
            if (before := self._lives.get(key)) is not None:
                self._aliases.get(before.number, set()).discard(key)
                self._taken.setdefault(before.number, set()).add(key)
            self._lives[key] = life
            self._ended.drop(key)

    def _share(self) -> None:
        """Two processes use one id: from now on all are told apart by their processes, too."""
        self._shared = True
        for key, life in list(self._lives.items()):
            if life.process and life.identity == "id" and life.name == key:
                self._lives[keys_of(life, True)[0]] = life
        for some in self._ended.snapshot():
            for key, end in some:
                if end[3]:
                    self._ended.put(f"{end[3]}\0{key}", end)

    def add_alias(self, life: Life, event: Event) -> None:
        """An echo names the connection in another way."""
        self._ports = self._ports or event.port is not None
        for key in keys(event, self._shared):
            if key not in self._lives:
                self._lives[key] = life
                self._aliases.setdefault(life.number, set()).add(key)
        self.learnt(life)

    def learnt(self, life: Life) -> None:
        """A line told more of it: it is not found by that, nor once it is restored."""
        for key in keys_of(life, self._shared):
            if self._lives.get(key) is not life:
                self._taken.setdefault(life.number, set()).add(key)

    def forget(self, life: Life, told: Event) -> None:
        """It is over, as that event told: its names are free, and remembered for a while.

        But not where a gap ended it: the line that closes it is the first to tell that.
        """
        if self._taken:
            self._taken.pop(life.number, None)
        process = life.origin.process
        end: _End = (told.source, told.offset, told.time, process)
        if told.time is not None and told.time > self._latest:
            self._latest = told.time
        if told.kind == "server_stop":
            count, _ = self._stopped.get(process, (0, end))
            self._stopped[process] = count + 1, end
        also: set[str] | None = None
        if self._aliases and life.number in self._aliases:
            also = self._aliases.pop(life.number)
        alone = also is None and life.port is None and not self._shared
        if alone and life.origin.identity == "id":  # what most logs have
            self._free(life.name, life, end)
            return
        for key in (*keys_of(life, self._shared), *(also or ())):
            self._free(key, life, end)

    def _free(self, key: str, life: Life, end: _End) -> None:
        if self._lives.get(key) is life:
            del self._lives[key]
        if life.state != "unknown":
            self._ended.put(key, end)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs beside the lives, as plain JSON types."""
        return {
            "shared": self._shared,
            "ended": self._ended.snapshot(),
            "aliases": [[number, sorted(names)] for number, names in self._aliases.items()],
            "taken": [[number, sorted(names)] for number, names in self._taken.items()],
            "stopped": list(self._stopped.items()),
        }

    def restore(self, state: dict[str, Any], lives: Mapping[int, Life]) -> None:
        """Take up where `snapshot` was made, with the lives that were not over, by number."""
        self._shared = state["shared"]
        self._ended.restore([[(key, tuple(end)) for key, end in some] for some in state["ended"]])
        self._stopped = {process: (count, tuple(end)) for process, (count, end) in state["stopped"]}
        self._taken = {number: set(names) for number, names in state["taken"]}
        for life in lives.values():
            for key in keys_of(life, self._shared):
                if key not in self._taken.get(life.number, ()):
                    self._lives[key] = life
        for number, names in state["aliases"]:
            self._aliases[number] = set(names)
            for key in names:
                self._lives.setdefault(key, lives[number])
        self._ports = any("\0" in key for key in self._lives)
        ends = [end[2] or 0 for some in self._ended.snapshot() for _, end in some]
        self._latest = max(ends, default=0)


def _of_one(process: str | None, other: str | None) -> bool:
    """Whether these may be the same process: not every line tells it."""
    return not process or not other or process == other


def keys(event: Event, shared: bool) -> tuple[str, ...]:
    """What a connection is found by: its id, if `shared` within its process; address and port."""
    name = event.connection
    if name:
        process = event.process
        return (f"{process}\0{name}", name) if process and shared else (name,)
    if event.client and event.port:
        return (f"\0{event.client}:{event.port}",)
    return ()


def keys_of(life: Life, shared: bool) -> tuple[str, ...]:
    """The same of a connection that we follow."""
    found: tuple[str, ...] = ()
    origin, few = life.origin, life.few
    if origin.identity == "id":
        name, process = life.name, origin.process
        found = (f"{process}\0{name}", name) if process and shared else (name,)
    if few is not None and few.port and life.client:
        found += (f"\0{life.client}:{few.port}",)
    return found
