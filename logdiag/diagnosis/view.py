"""One group as a rule sees it: at one moment, counting only what is still live now.

A rule that holds "for 90 s" is asked about the moment 90 s ago: were there, by then, enough
connections of that kind that are live to this day? So churn, which always shows some connection,
never adds up to a leak, and a late close takes its connection out of the count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from logdiag.diagnosis.groups import Group, Seen
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.lifetimes import Lifetimes

Moment = tuple[int | None, int]  # time in ns, None without a clock; and the line


class Service(Protocol):
    """What a rule can ask about the service as a whole."""

    lifetimes: Lifetimes
    settle: int

    def closes(self) -> int:
        """Connections that closed so far."""

    def drift(self) -> int:
        """Connections that the server holds beyond what its lines account for."""

    def limit(self, group: Group) -> int:
        """How many live connections one client of that group may have."""

    def restarted(self, view: View) -> bool:
        """Whether the server restarted around the view's moment."""

    def mass_reconnect(self, view: View) -> bool:
        """Whether a large share of the clients lost a connection and came back around then."""

    def gap(self, view: View) -> bool:
        """Whether lines went missing around then."""


class View:
    """A group, the moment it is judged at, and the window that ends there."""

    __slots__ = (
        "group", "is_now", "line", "now", "service", "time", "within", "within_lines",
    )  # fmt: skip

    def __init__(
        self, service: Service, group: Group, now: int | None, moment: Moment,
        within: int, within_lines: int, *, is_now: bool,
    ) -> None:  # fmt: skip
        self.service = service
        self.group = group
        self.now = now
        self.time, self.line = moment
        self.is_now = is_now
        self.within = within
        self.within_lines = within_lines

    def holds(self, life: Life) -> bool:
        """Whether it had opened by the moment."""
        if self.time is None or life.opened_at is None:
            return life.opened_ordinal <= self.line
        return life.opened_at <= self.time

    def lives(self) -> Iterator[Life]:
        """Live connections that had opened by the moment, oldest first."""
        return filter(self.holds, self.group.lives.values())

    def lives_backwards(self) -> Iterator[Life]:
        """The same, youngest first, no further back than the window."""
        for life in reversed(self.group.lives.values()):
            if not self.holds(life):
                continue
            if not self.in_window(life):
                return
            yield life

    def in_window(self, life: Life) -> bool:
        """Whether it opened within the window."""
        if self.time is None or life.opened_at is None:
            return life.opened_ordinal > self.line - self.within_lines
        return life.opened_at >= self.time - self.within

    def marked(self, mark: str) -> Iterator[Life]:
        """Live connections that carry the mark, oldest first."""
        return filter(self.holds, self.group.marked.get(mark, {}).values())

    def proofs(self, mark: str) -> int:
        """How many different lines earned live connections that mark."""
        if self.is_now:
            return len(self.group.proofs.get(mark, ()))
        return len({(life.marks or {}).get(mark) for life in self.marked(mark)})

    def twin_lives(self, life: Life) -> bool:
        """Whether the connection that it is a twin of is live too."""
        source, offset, _ = (life.marks or {})["twin"]
        return any(
            other.opened_line == (source, offset) for other in self.group.lives.values()
        )

    def age(self, life: Life) -> int | None:
        """Its age now, in ns; None without a clock."""
        return life.age(self.now)

    def limit(self) -> int:
        """How many live connections one client may have."""
        return self.service.limit(self.group)

    def events(self, *kinds: str) -> Iterator[Seen]:
        """Events of those kinds (of any, if none is named) within the window, oldest first."""
        for seen in self.group.window:
            at = seen.event.time
            if self.time is None or at is None:
                if not self.line - self.within_lines < seen.ordinal <= self.line:
                    continue
            elif not self.time - self.within <= at <= self.time:
                continue
            if not kinds or seen.event.kind in kinds:
                yield seen
