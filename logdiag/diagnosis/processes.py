"""Server processes: which ones run, and whose connections ended with them.

A restart ends connections without a line about each. It shows as a start or stop line, as a new
process id after which the old one never speaks, or as a total that starts again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import passed
from logdiag.model import SECOND, Event

SILENT: Final = 60 * SECOND  # an old process that is silent so long after a new one spoke is gone
SILENT_LINES: Final = 200


class Held:
    """How many connections of a process are live, and the last line that it wrote."""

    __slots__ = ("live", "said")

    def __init__(self) -> None:
        self.live = 0
        self.said = -1  # it did not speak


class Processes:
    """The server processes of one service."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[int | None, int]] = {}  # those that spoke
        self._restart: tuple[int | None, int] | None = None
        self._asked, self._found = "", Held()  # the one that was asked for last
        self._held = {self._asked: self._found}
        self.ordinal = 0  # of the latest line

    def opened(self, process: str | None) -> None:
        """A connection of that process is live."""
        self._of(process).live += 1

    def ended(self, process: str | None) -> None:
        """It is live no more."""
        self._of(process).live -= 1

    def held_by(self, process: str | None) -> int:
        """How many are live."""
        return self._of(process).live

    def _of(self, process: str | None) -> Held:
        name = process or ""
        if name != self._asked:
            self._asked, self._found = name, self._held.setdefault(name, Held())
        return self._found

    def seen(self, event: Event, ordinal: int) -> Held:
        """Note a line, and that its process speaks, if it is told; what that one holds."""
        self.ordinal = ordinal
        held = self._of(event.process)
        if event.process:
            if held.said < 0:
                self._began[event.process] = (event.time, ordinal)
            held.said = ordinal
        return held

    def mark_restart(self, event: Event) -> None:
        """Note a restart, for the guard."""
        self._restart = (event.time, self.ordinal)

    def ended_by(self, event: Event, lives: Iterable[Life]) -> list[Life]:
        """The lives that a start or stop line ends."""
        lives = list(lives)
        # All may have closed in order before; what the log begins with is no restart.
        if lives or self.ordinal or self._began.keys() - {event.process}:
            self.mark_restart(event)
        others = {life.process for life in lives} - {None, event.process}
        if event.process is None or len(others) <= (event.kind == "server_start"):
            return lives
        return [life for life in lives if life.process in (None, event.process)]

    def replaced(
        self, time: int | None, ordinal: int, lives: Callable[[], Iterable[Life]]
    ) -> list[Life]:
        """The lives of processes that fell silent when a newer process began to speak."""
        if len(self._began) < 2:
            return []
        newest = max(self._began, key=lambda process: self._began[process][1])
        began_at, began_line = self._began[newest]
        if not passed((began_at, began_line), (time, ordinal), SILENT, SILENT_LINES):
            return []
        gone = {process for process in self._began if self._of(process).said < began_line}
        for process in gone:
            self._of(process).said = -1
            del self._began[process]
        ended = [life for life in lives() if life.process in gone]
        if gone:
            self._restart = (began_at, began_line)
        return ended

    @property
    def named(self) -> bool:
        """Whether lines tell their process at all."""
        return bool(self._began)

    @property
    def restart(self) -> tuple[int | None, int] | None:
        """The time and line of the latest restart."""
        return self._restart

    def snapshot(self) -> dict[str, Any]:
        """What `restore` needs, as plain JSON types."""
        return {
            "spoke": {process: self._of(process).said for process in self._began},
            "began": self._began,
            "restart": self._restart, "ordinal": self.ordinal,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Take up where `snapshot` was made."""
        for process, said in state["spoke"].items():
            self._of(process).said = said
        self._began = {process: tuple(at) for process, at in state["began"].items()}
        self._restart = tuple(state["restart"]) if state["restart"] else None
        self.ordinal = state["ordinal"]
