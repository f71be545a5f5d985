"""What was noticed at a connection's opening, and stays with it while it lives.

    auth_failure   a request was refused just before (the page mounted without its token)
    reconnect      the client said that it reconnects, or lost a connection, just before
    cleanup        the page said that it lets go of a socket that was still connecting
    surplus        after that loss more connections came than were lost
    twin           the same client opened another one to the same path just before

A mark carries its proof: the line that came before.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeVar

from logdiag.diagnosis.clients import client_keys
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import passed
from logdiag.model import SECOND, Event, Mark

BEFORE: Final = 5 * SECOND  # "just before": a mount, its requests and its socket
BEFORE_LINES: Final = 10
ANYONE: Final = "*"  # the latest of any client, for openings that do not tell theirs
ADDRESSED: Final = "?"  # the latest of an address, for openings that tell who, but not whence
TWIN: Final = 2 * SECOND
TWIN_LINES: Final = 4
CONNECTING: Final = 0  # readyState
_MEMORIES: Final = ("failed", "lost")
MAX_CLIENTS: Final = 20_000  # clients remembered for each kind of thing that came before
MAX_CLEANED: Final = 8  # of a client: pages left in haste, one after the other
MAX_REFUSED: Final = 2_000  # refused requests kept: as many as pairs in a group

_T = TypeVar("_T")
_new: Final = tuple.__new__  # makes a named tuple in half of its own constructor's time


class _Before(NamedTuple):
    time: int | None
    ordinal: int
    proof: Mark
    lost: int = 1  # connections lost and not yet replaced


class Marks:
    """Remembers, per client, what came before the next opening."""

    def __init__(self) -> None:
        # In order: a dict is slow to find its first item once many before it were taken out.
        self._failed: OrderedDict[str, _Before] = OrderedDict()
        self._lost: OrderedDict[str, _Before] = OrderedDict()
        self._cleaned: OrderedDict[str, list[_Before]] = OrderedDict()  # oldest first
        # By client and path: time, ordinal, source, offset, path of the latest opening.
        self._opened: OrderedDict[str, tuple[int | None, int, int, int, str | None]] = OrderedDict()
        self._refused: deque[tuple[int, str | None]] = deque(maxlen=MAX_REFUSED)  # line, path

    def on_failure(self, event: Event, key: str | None, ordinal: int) -> None:
        """A request was refused."""
        self._refused.append((ordinal, event.path))
        before = _before(event, ordinal)
        for known in client_keys(event) if key else [""]:
            self._note(self._failed, known, before)
        if event.client and not event.user:
            self._note(self._failed, ADDRESSED, before)
        self._note(self._failed, ANYONE, before)

    def refused_since(self, ordinal: int) -> int:
        """How often the request was refused that was refused most often, from that line on."""
        paths = Counter(path for line, path in self._refused if line >= ordinal)
        return max(paths.values(), default=0)

    def on_failure_of(self, line: tuple[int, int], event: Event) -> None:
        """An echo tells whose request it was that `line` (source, offset) refused."""
        latest = self._failed.get(ANYONE)
        if latest is not None and latest.proof[:2] == line:
            if self._failed.get("") == latest:  # it says nothing of other addresses any more
                self._note(self._failed, ADDRESSED, self._failed.pop(""))
            for known in client_keys(event):
                self._note(self._failed, known, latest)

    def on_loss(self, event: Event, key: str | None, ordinal: int) -> None:
        """A connection of the client was lost, or it says that it reconnects."""
        if event.kind == "closed" and key is None:
            if event.connection is None:
                self._failed.clear()  # perhaps who was refused replaces the socket
            return  # somebody's close says nothing of the next one's opening
        earlier = self._lost.get(key or "")
        before = _before(event, ordinal)
        if earlier is not None and _near(earlier, event, ordinal):
            announced = event.kind == "reconnect"  # of what was lost before
            before = before._replace(lost=earlier.lost if announced else max(earlier.lost, 0) + 1)
        self._note(self._lost, key or "", before)

    def on_cleanup(self, event: Event, key: str | None, ordinal: int) -> None:
        """A page went away; what it left behind was still connecting."""
        if event.state == CONNECTING:
            waiting = self._cleaned.get(key or "", [])[1 - MAX_CLEANED :]
            waiting = [before for before in waiting if _near(before, event, ordinal)]
            self._note(self._cleaned, key or "", [*waiting, _before(event, ordinal)])

    def on_opened(self, life: Life, key: str | None, event: Event, ordinal: int) -> None:
        """Mark the connection of client `key` that just opened."""
        latest = self._failed.get(ANYONE)
        if latest and _near(latest, event, ordinal):
            failed = self._failed_before(event, key)
            if failed and _near(failed, event, ordinal):
                _mark(life, "auth_failure", failed.proof)
        if self._lost:
            self._replace(life, key or "", event, ordinal)
        if self._cleaned:
            self._let_go(life, key or "", event, ordinal)
        if key is not None:
            self._twin(life, f"{key} {life.path or ''}", event, ordinal)

    def _replace(self, life: Life, key: str, event: Event, ordinal: int) -> None:
        """The connection may come for one that was lost."""
        where = key if key in self._lost else ""
        lost = self._lost.get(where)
        if lost and _near(lost, event, ordinal):
            _mark(life, "reconnect", lost.proof)
            if lost.lost <= 0:
                _mark(life, "surplus", lost.proof)
            self._lost[where] = lost._replace(lost=lost.lost - 1)

    def _let_go(self, life: Life, key: str, event: Event, ordinal: int) -> None:
        """It may be one that its page let go of: the first that did, if several went in haste."""
        cleaned = self._cleaned.get(key) or self._cleaned.get("")
        if not cleaned:
            return
        near = [before for before in cleaned if _near(before, event, ordinal)]
        if near:
            _mark(life, "cleanup", near[0].proof)
        cleaned[:] = near[1:] or near

    def _failed_before(self, event: Event, key: str | None) -> _Before | None:
        """The latest refused request of that client; its line may know less of it.

        One of nobody explains the next opening, and no more.
        """
        failed = self._failed
        if key is None:
            return failed.get(ANYONE)
        if (found := failed.get(key)) is not None:
            return found
        for known in client_keys(event):
            if (found := failed.get(known)) is not None:
                return found
        return failed.pop("", None) or (None if event.client else failed.pop(ADDRESSED, None))

    def _twin(self, life: Life, name: str, event: Event, ordinal: int) -> None:
        opened = self._opened
        earlier = opened.get(name)
        if earlier is not None:
            time, line, source, offset, path = earlier
            if not passed((time, line), (event.time, ordinal), TWIN, TWIN_LINES):
                _mark(life, "twin", Mark(source, offset, path))
            opened.move_to_end(name)  # so that the oldest stays first
        opened[name] = (event.time, ordinal, event.source, event.offset, event.path)
        if len(opened) > MAX_CLIENTS:
            opened.popitem(last=False)

    @staticmethod
    def _note(memory: OrderedDict[str, _T], key: str, before: _T) -> None:
        memory[key] = before
        memory.move_to_end(key)  # so that the oldest stays first
        if len(memory) > MAX_CLIENTS:
            memory.popitem(last=False)

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        memories = {name: getattr(self, f"_{name}") for name in (*_MEMORIES, "cleaned", "opened")}
        return {**memories, "refused": list(self._refused)}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        for name in _MEMORIES:
            memory = OrderedDict((key, _restored(row)) for key, row in state[name].items())
            setattr(self, f"_{name}", memory)
        for key, rows in state["cleaned"].items():
            self._cleaned[key] = [_restored(row) for row in rows]
        self._opened = OrderedDict((name, tuple(row)) for name, row in state["opened"].items())
        self._refused.extend((ordinal, path) for ordinal, path in state["refused"])


def _before(event: Event, ordinal: int) -> _Before:
    proof = _new(Mark, (event.source, event.offset, event.path))
    return _new(_Before, (event.time, ordinal, proof, 1))


def _restored(row: Sequence[Any]) -> _Before:
    time, ordinal, proof, lost = row
    return _Before(time, ordinal, Mark(*proof), lost)


def _near(before: _Before, event: Event, ordinal: int) -> bool:
    since = before.time, before.ordinal
    return not passed(since, (event.time, ordinal), BEFORE, BEFORE_LINES)


def _mark(life: Life, mark: str, proof: Mark) -> None:
    if life.marks is None:
        life.marks = {}
    life.marks[mark] = proof
