"""One client that holds several connections: which of them a newer one followed, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Reversible
from typing import Any, Final

from logdiag.diagnosis.visits import Visit
from logdiag.model import Mark

_NONE: Final[dict[str, int]] = {}  # stays empty
_NO_LOSSES: Final[dict[Mark, int]] = {}  # stays empty


class Follower:
    """A connection's next one: when that opened, and what came just before it."""

    __slots__ = ("marks", "number", "since")

    def __init__(self, number: int, since: int, marks: dict[str, Mark] | None) -> None:
        self.number = number  # of the one that it followed
        self.since = since
        self.marks = marks


_NOBODY: Final[dict[int, Follower]] = {}  # stays empty


class Followed:
    """A client since it last had no connection, and how it was before.

    `loads` counts its openings since, with those before that it closed in time, less those that it
    left behind: a client whose pages let go of their connections does not change because two in a
    row did not.

    Times are those of `following`. What is asked at each event is counted as connections come and
    go: a page that leaks leaves thousands behind.
    """

    __slots__ = (
        "_latest", "_lone", "_losses", "_marks", "_several", "_waited", "closes", "exposure",
        "loads", "silent", "spoke", "visit",
    )  # fmt: skip

    def __init__(self, before: int) -> None:
        self.loads = before + 1  # openings
        # What followed its live connections, in turn, by their numbers: most clients have a single
        # one followed, and a dict for each takes more than all else here.
        self._lone: Follower | None = None
        self._several = _NOBODY
        self._waited = 0  # how long these had been followed when the latest one was, together
        self._latest = 0  # the latest time when one was
        self._marks = _NONE  # how many of these carry each
        self._losses = _NO_LOSSES  # by loss: how many of these came after it, one too many
        # Those that were followed, and ended:
        self.closes = 0
        self.exposure = 0
        # Connections that opened since, and had no message; when another one last had one:
        self.silent: set[int] | None = None
        self.spoke = -1
        self.visit: Visit | None = None  # once several are left behind

    def follow(self, number: int, since: int, marks: dict[str, Mark] | None) -> None:
        """That connection is followed. A late line counts as late as the one before it."""
        if since < self._latest:
            since = self._latest
        self._wait(since)
        follower, lone = Follower(number, since, marks), self._lone
        if lone is not None:
            self._lone, self._several = None, {lone.number: lone, number: follower}
            self._waited = since - lone.since
        elif self._several:
            self._several[number] = follower
        else:
            self._lone = follower
        if marks is None:
            return
        if self._marks is _NONE:
            self._marks = {}
        for mark in marks:
            self._marks[mark] = self._marks.get(mark, 0) + 1
        loss = marks.get("surplus")
        if loss is not None:
            if self._losses is _NO_LOSSES:
                self._losses = {}
            self._losses[loss] = self._losses.get(loss, 0) + 1

    def _wait(self, now: int) -> None:
        """Time passed. Only small numbers are multiplied: a product with a time takes longer."""
        if self._several:
            self._waited += len(self._several) * (now - self._latest)
        self._latest = now

    def leave(self, number: int) -> Follower | None:
        """It is live no more; gives what followed it."""
        follower = self.follower(number)
        if follower is None:
            return None
        if follower is self._lone:
            self._lone = None
        else:
            del self._several[number]
            self._waited -= self._latest - follower.since
        if follower.marks is not None:
            self._unmark(follower.marks)
        return follower

    def _unmark(self, marks: dict[str, Mark]) -> None:
        for mark in marks:
            self._marks[mark] -= 1
        loss = marks.get("surplus")
        if loss is not None:
            left = self._losses[loss] - 1
            if left:
                self._losses[loss] = left
            else:
                del self._losses[loss]

    def follower(self, number: int) -> Follower | None:
        """What followed that connection."""
        lone = self._lone
        if lone is None:
            return self._several.get(number)
        return lone if lone.number == number else None

    def _all(self) -> Reversible[Follower]:
        return self._several.values() if self._lone is None else (self._lone,)

    @property
    def left(self) -> int:
        """How many connections are left behind."""
        return len(self._several) if self._lone is None else 1

    def marked(self, mark: str) -> int:
        """How many of them have a follower with that mark."""
        return self._marks.get(mark, 0)

    @property
    def began(self) -> int:
        """When the first of them was followed."""
        return next(iter(self._all())).since

    def at_risk(self, now: int) -> int:
        """For how long connections were left behind by now, together."""
        if self._lone is not None:
            return self.exposure + now - self._lone.since
        return self.exposure + self._waited + len(self._several) * (now - self._latest)

    def left_behind(self, then: int, mark: str) -> list[int]:
        """The numbers of those that had been followed by that moment.

        With a mark only those whose follower carries it.
        """
        found: list[int] = []
        for follower in self._all():
            if follower.since > then:
                break
            if not mark or (follower.marks is not None and mark in follower.marks):
                found.append(follower.number)
        return found

    def backwards(self, then: int) -> Iterator[int]:
        """The same, whatever their followers carry, the latest first."""
        for follower in reversed(self._all()):
            if follower.since <= then:
                yield follower.number

    def count(self, then: int, mark: str) -> int:
        """How many they are: all, less those that were not followed yet."""
        count = self._marks.get(mark, 0) if mark else self.left
        if not count or self._latest <= then:
            return count
        for follower in reversed(self._all()):
            if follower.since <= then:
                break
            if not mark or (follower.marks is not None and mark in follower.marks):
                count -= 1
        return count

    def losses(self, then: int, more: Collection[Mark] = ()) -> int:
        """After how many losses, with these, one too many came that followed one by that moment."""
        losses, later = self._losses, self._later(then)
        count = len(losses)
        for loss, some in later.items():
            if losses[loss] == some:
                count -= 1
        for loss in set(more) if len(more) > 1 else more:
            if losses.get(loss, 0) == later.get(loss, 0):
                count += 1
        return count

    def _later(self, then: int) -> dict[Mark, int]:
        """By loss: how many followed since, of those that came after it, one too many."""
        if self._latest <= then or not self._losses:
            return _NO_LOSSES
        later: dict[Mark, int] = {}
        for follower in reversed(self._all()):
            if follower.since <= then:
                break
            loss = None if follower.marks is None else follower.marks.get("surplus")
            if loss is not None:
                later[loss] = later.get(loss, 0) + 1
        return later

    def orphans(self, then: int) -> list[int]:
        """Those left behind by that moment that never had a message, though another one had since.

        The client's first connection is none: what it had before there were several nobody knows.
        """
        if not self.silent:
            return []
        found: list[int] = []
        then = min(then, self.spoke)
        for number in self.silent:
            follower = self.follower(number)
            if follower is not None and follower.since <= then:
                found.append(number)
        return found

    def plain(self) -> list[Any]:
        """What `restored` needs, as plain JSON types."""
        followed = [(one.number, one.since, one.marks) for one in self._all()]
        silent = sorted(self.silent or ())
        visit = None if self.visit is None else self.visit.plain()
        return [
            self.loads, followed, self._latest, self.closes, self.exposure, silent, self.spoke,
            visit,
        ]  # fmt: skip

    @classmethod
    def restored(cls, state: list[Any]) -> Followed:
        """The client that `plain` was made of."""
        loads, followed, latest, closes, exposure, silent, spoke, visit = state
        client = cls(loads - 1)
        for number, since, marks in followed:
            marks = marks and {name: Mark(*mark) for name, mark in marks.items()}
            client.follow(number, since, marks)
        client._wait(latest)
        client.closes, client.exposure = closes, exposure
        client.silent, client.spoke = set(silent) or None, spoke
        client.visit = None if visit is None else Visit.restored(visit)
        return client
