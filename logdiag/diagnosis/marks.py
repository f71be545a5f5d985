"""What was noticed at a connection's opening, and stays with it while it lives.

    auth_failure   a request was refused just before (the page mounted without its token); not one
                   to sign in, whose password was wrong
    reconnect      the client said that it reconnects, or lost a connection, just before
    cleanup        the page said that it lets go of a socket that was still connecting
    surplus        after that loss more connections came than were lost
    twin           the same client opened another one to the same path just before

A mark carries its proof: the line that came before.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from functools import lru_cache
from typing import Any, Final

from logdiag.diagnosis.clients import by_address, client_keys
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.recent import Recent
from logdiag.model import SECOND, Event, Mark

BEFORE: Final = 5 * SECOND  # "just before": a mount, its requests and its socket
BEFORE_LINES: Final = 10
TWIN: Final = 2 * SECOND
TWIN_LINES: Final = 4
CONNECTING: Final = 0  # readyState
GIVEN_UP: Final = SECOND  # in which a socket that its page let go of is closed, if it closed it
GIVEN_UP_LINES: Final = 4
_SIGN_IN: Final = re.compile(r"\b(?:log|sign)[-_]?(?:in|on)\b|password", re.IGNORECASE)
MAX_CLIENTS: Final = 40_000  # clients remembered for each kind of thing that came before
MAX_CLEANED: Final = 8  # of a client: pages left in haste, one after the other
MAX_REFUSED: Final = 2_000  # refused requests kept: as many as pairs in a group
_new: Final = tuple.__new__  # makes a named tuple in half of its own constructor's time


class _Before:
    """What came before: when, the line that tells it, and what that is about."""

    __slots__ = ("_proof", "lost", "offset", "ordinal", "path", "refused", "source", "time")

    def __init__(
        self, time: int | None, ordinal: int, source: int, offset: int, path: str | None,
        lost: int = 1,
    ) -> None:  # fmt: skip
        self.time = time
        self.ordinal = ordinal
        self.source, self.offset = source, offset
        self.path = path
        self.lost = lost  # connections lost and not yet replaced
        self.refused: Mark | None = None  # the request before an opening
        self._proof: Mark | None = None

    def tell(self, event: Event, ordinal: int) -> None:
        """It is this event that came before."""
        self.time = event.time
        self.ordinal = ordinal
        self.source, self.offset = event.source, event.offset
        self.path = event.path
        self._proof = None

    def is_near(self, event: Event, ordinal: int) -> bool:
        """Whether it came just before the event."""
        return self.within(event, ordinal, BEFORE, BEFORE_LINES)

    def within(self, event: Event, ordinal: int, span: int, lines: int) -> bool:
        """Whether it came so close before it, as `passed` would say, without its two moments."""
        now, then = event.time, self.time
        if now is not None and then is not None:
            return now - then <= span
        return ordinal - self.ordinal <= lines

    @property
    def proof(self) -> Mark:
        """The mark that it leaves."""
        if self._proof is None:
            self._proof = _new(Mark, (self.source, self.offset, self.path))
        return self._proof

    def plain(self) -> list[Any]:
        """All of it, as plain JSON types."""
        return [
            self.time, self.ordinal, self.source, self.offset, self.path, self.lost, self.refused,
        ]  # fmt: skip


class Marks:
    """Remembers, per client, what came before the next opening."""

    def __init__(self) -> None:
        self._failed: Recent[_Before] = Recent(MAX_CLIENTS)
        self._nobodys: _Before | None = None  # the latest whose line does not tell its client
        self._addressed: _Before | None = None  # or nothing but an address, and other lines none
        self._latest: _Before | None = None  # of any client, for openings that do not tell theirs
        self._lost: Recent[_Before] = Recent(MAX_CLIENTS)
        self._cleaned: Recent[list[_Before]] = Recent(MAX_CLIENTS)  # oldest first
        self._opened: Recent[_Before] = Recent(MAX_CLIENTS)  # by client and path, the latest
        self._refused: deque[tuple[int, str | None]] = deque(maxlen=MAX_REFUSED)  # line, path

    def on_failure(self, event: Event, key: str | None, ordinal: int) -> None:
        """A request was refused."""
        self._refused.append((ordinal, event.path))
        if event.path is not None and _signs_in(event.path):
            return
        before = _before(event, ordinal)
        if key:
            for known in client_keys(event, key):
                self._failed.put(known, before)
        else:
            self._nobodys = before
        if event.client and not event.user:
            self._addressed = before
        self._latest = before

    def refused_since(self, ordinal: int) -> int:
        """How often the request was refused that was refused most often, from that line on."""
        paths = Counter(path for line, path in self._refused if line >= ordinal)
        return max(paths.values(), default=0)

    def on_failure_of(self, line: tuple[int, int], event: Event, key: str) -> None:
        """An echo tells whose request it was that `line` (source, offset) refused."""
        latest, nobodys = self._latest, self._nobodys
        if latest is not None and (latest.source, latest.offset) == line:
            if nobodys is not None and (nobodys.source, nobodys.offset) == line:
                self._nobodys = None  # it says nothing of other addresses any more
                self._addressed = latest
            for known in client_keys(event, key):
                self._failed.put(known, latest)

    def on_loss(self, event: Event, key: str | None, ordinal: int) -> None:
        """A connection of the client was lost, or it says that it reconnects."""
        if event.kind == "closed" and key is None:
            if event.connection is None:
                self._latest = self._nobodys = self._addressed = None
                self._failed.clear()  # perhaps who was refused replaces the socket
            return  # somebody's close says nothing of the next one's opening
        before = self._lost.renew(key or "")
        if before is None:
            self._lost.put(key or "", _before(event, ordinal))
            return
        if not before.is_near(event, ordinal):
            before.lost = 1
        elif event.kind != "reconnect":  # which announces what was lost before
            before.lost = max(before.lost, 0) + 1
        before.tell(event, ordinal)

    def on_cleanup(self, event: Event, key: str | None, ordinal: int) -> None:
        """A page went away; what it left behind was still connecting."""
        if event.state == CONNECTING:
            waiting = (self._cleaned.get(key or "") or [])[1 - MAX_CLEANED :]
            waiting = [before for before in waiting if before.is_near(event, ordinal)]
            self._cleaned.put(key or "", [*waiting, _before(event, ordinal)])

    def on_given_up(self, key: str | None, event: Event, ordinal: int) -> None:
        """What was still connecting is closed: its page's going explains no other's opening."""
        waiting = self._cleaned.get(key or "")
        if not waiting:
            return
        if waiting[-1].within(event, ordinal, GIVEN_UP, GIVEN_UP_LINES):
            waiting.pop()

    def on_opened(
        self, life: Life, key: str | None, event: Event, ordinal: int
    ) -> list[str] | None:
        """Mark the connection of client `key` that just opened.

        Gives what its client may be known by in the line of a request that was refused before.
        """
        known = None
        if self._latest is not None and self._latest.is_near(event, ordinal):
            failed = self._failed_before(event, key)
            if failed is not None and failed.is_near(event, ordinal):
                life.mark("auth_failure", failed.proof)
                known = client_keys(event, key) if key is not None else []
        if len(self._lost):
            self._replace(life, key or "", event, ordinal)
        if len(self._cleaned):
            self._let_go(life, key or "", event, ordinal)
        if key is not None:
            name = f"{key}\0{life.path}" if life.path else key
            self._twin(life, name, event, ordinal)
        return known

    def _replace(self, life: Life, key: str, event: Event, ordinal: int) -> None:
        """The connection may come for one that was lost."""
        lost = self._lost.get(key) or self._lost.get("")
        if lost is not None and lost.is_near(event, ordinal):
            proof = lost.proof
            life.mark("reconnect", proof)
            if lost.lost <= 0:
                life.mark("surplus", proof)
            lost.lost -= 1

    def _let_go(self, life: Life, key: str, event: Event, ordinal: int) -> None:
        """It may be one that its page let go of: the first that did, if several went in haste."""
        if event.kind == "closing":
            self.on_given_up(key, event, ordinal)
            return
        cleaned = self._cleaned.get(key) or self._cleaned.get("")
        if not cleaned:
            return
        near = [before for before in cleaned if before.is_near(event, ordinal)]
        if near:
            life.mark("cleanup", near[0].proof)
        cleaned[:] = near[1:] or near

    def _failed_before(self, event: Event, key: str | None) -> _Before | None:
        """The latest refused request of that client; its line may know less of it.

        One of nobody explains the next opening, and no more.
        """
        failed = self._failed
        if key is None:
            return self._latest
        found: _Before | None = failed.get(key)
        if found is not None:
            return found
        # Whoever tells an address is known by that, too: mostly nobody there was refused.
        if event.session or (event.client and failed.get(by_address(event.client)) is not None):
            for name in client_keys(event, key):
                found = failed.get(name) if name is not key else None
                if found is not None:
                    return found
        if event.client or self._nobodys is not None:
            found, self._nobodys = self._nobodys, None
        else:  # it tells who, but not whence
            found, self._addressed = self._addressed, None
        return found

    def _twin(self, life: Life, name: str, event: Event, ordinal: int) -> None:
        """What opens along with another one is of the same mount: after the same refusal."""
        before = self._opened.renew(name)
        marks = life.marks
        refused = None if marks is None else marks.get("auth_failure")
        if before is None:
            before = _before(event, ordinal)
            self._opened.put(name, before)
        else:
            if before.within(event, ordinal, TWIN, TWIN_LINES):
                life.mark("twin", before.proof)
                if refused is None and before.refused is not None:
                    refused = before.refused
                    life.mark("auth_failure", refused)
            before.tell(event, ordinal)
        before.refused = refused

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        memories = {"failed": self._failed, "lost": self._lost, "opened": self._opened}
        return {
            **{name: _plain(memory) for name, memory in memories.items()},
            "cleaned": [
                [(key, [before.plain() for before in some]) for key, some in generation]
                for generation in self._cleaned.snapshot()
            ],
            "single": [
                None if one is None else one.plain()
                for one in (self._latest, self._nobodys, self._addressed)
            ],
            "refused": list(self._refused),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        memories = {"failed": self._failed, "lost": self._lost, "opened": self._opened}
        for name, memory in memories.items():
            memory.restore([[(key, _restored(row)) for key, row in some] for some in state[name]])
        self._cleaned.restore(
            [
                [(key, [_restored(row) for row in rows]) for key, rows in generation]
                for generation in state["cleaned"]
            ]
        )
        self._latest, self._nobodys, self._addressed = (
            None if row is None else _restored(row) for row in state["single"]
        )
        self._refused.extend((ordinal, path) for ordinal, path in state["refused"])


@lru_cache(maxsize=1_024)  # few paths are refused often
def _signs_in(path: str) -> bool:
    return bool(_SIGN_IN.search(path))


def _before(event: Event, ordinal: int) -> _Before:
    return _Before(event.time, ordinal, event.source, event.offset, event.path)


def _restored(row: list[Any]) -> _Before:
    *told, refused = row
    before = _Before(*told)
    before.refused = refused and Mark(*refused)
    return before


def _plain(memory: Recent[_Before]) -> list[Any]:
    return [[(key, before.plain()) for key, before in some] for some in memory.snapshot()]
