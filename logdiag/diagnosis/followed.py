"""One client that holds several connections: which of them a newer one followed, and when."""

from __future__ import annotations

from typing import Any, Final

from logdiag.model import Mark

_NONE: Final[dict[str, int]] = {}  # stays empty


class Follower:
    """The next connection of a client: when it opened, and what came just before it."""

    __slots__ = ("marks", "since")

    def __init__(self, since: int, marks: dict[str, Mark] | None) -> None:
        self.since = since
        self.marks = marks


class Followed:
    """A client since it last had no connection, and how it was before.

    Times are those of `following`. What is asked at each event is counted as connections come and
    go: a page that leaks leaves thousands behind.
    """

    __slots__ = (
        "_latest", "_marks", "_since", "closes", "exposure", "followed", "loads", "silent", "spoke",
    )  # fmt: skip

    def __init__(self, before: int) -> None:
        self.loads = before + 1  # openings
        self.followed: dict[int, Follower] = {}  # live connection -> the next one, in turn
        self._since = 0  # the sum of the times when these opened
        self._latest = 0  # the greatest of these times
        self._marks = _NONE  # how many of these carry each
        # Those that were followed, and ended:
        self.closes = 0
        self.exposure = 0
        # Connections that opened since, and had no message; when another one last had one:
        self.silent: set[int] | None = None
        self.spoke = -1

    def follow(self, number: int, since: int, marks: dict[str, Mark] | None) -> None:
        """That connection is followed. A late line counts as late as the one before it."""
        if since < self._latest:
            since = self._latest
        self._latest = since
        self.followed[number] = Follower(since, marks)
        self._since += since
        if marks is None:
            return
        if self._marks is _NONE:
            self._marks = {}
        for mark in marks:
            self._marks[mark] = self._marks.get(mark, 0) + 1

    def leave(self, number: int) -> Follower | None:
        """It is live no more; gives what followed it."""
        follower = self.followed.pop(number, None)
        if follower is None:
            return None
        self._since -= follower.since
        for mark in follower.marks or ():
            self._marks[mark] -= 1
        return follower

    def at_risk(self, now: int) -> int:
        """For how long connections were left behind by now, together."""
        return self.exposure + len(self.followed) * now - self._since

    def left_behind(self, then: int, mark: str) -> list[int]:
        """The numbers of those that had been followed by that moment.

        With a mark only those whose follower carries it.
        """
        found: list[int] = []
        for number, follower in self.followed.items():
            if follower.since > then:
                break
            if not mark or (follower.marks is not None and mark in follower.marks):
                found.append(number)
        return found

    def count(self, then: int, mark: str) -> int:
        """How many they are: all, less those that were not followed yet."""
        count = self._marks.get(mark, 0) if mark else len(self.followed)
        if not count or self._latest <= then:
            return count
        for follower in reversed(self.followed.values()):
            if follower.since <= then:
                break
            if not mark or (follower.marks is not None and mark in follower.marks):
                count -= 1
        return count

    def orphans(self, then: int) -> list[int]:
        """Those left behind by that moment that never had a message, though another one had since.

        The client's first connection is none: what it had before there were several nobody knows.
        """
        if not self.silent:
            return []
        found: list[int] = []
        then = min(then, self.spoke)
        for number in self.silent:
            follower = self.followed.get(number)
            if follower is not None and follower.since <= then:
                found.append(number)
        return found

    def plain(self) -> list[Any]:
        """What `restored` needs, as plain JSON types."""
        followed = [(number, one.since, one.marks) for number, one in self.followed.items()]
        silent = sorted(self.silent or ())
        return [self.loads, followed, self._latest, self.closes, self.exposure, silent, self.spoke]

    @classmethod
    def restored(cls, state: list[Any]) -> Followed:
        """The client that `plain` was made of."""
        loads, followed, latest, closes, exposure, silent, spoke = state
        client = cls(loads - 1)
        for number, since, marks in followed:
            marks = marks and {name: Mark(*mark) for name, mark in marks.items()}
            client.follow(number, since, marks)
        client._latest, client.closes, client.exposure = latest, closes, exposure
        client.silent, client.spoke = set(silent) or None, spoke
        return client
