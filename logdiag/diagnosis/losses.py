"""Connections whose peer no longer answered, until it is known when their client was there last.

That is not told by a newer connection that times out as well, soon after: a laptop that sleeps
takes all of its connections along. One that does not shows that the client came back, and the
newest of these since when at the latest: an older one may be a tab that was there all the time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, NamedTuple

from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.lifecycle import EPOCH, UNTIMED, Life
from logdiag.diagnosis.moments import Moment
from logdiag.model import Event

MAX_WAITING: Final = 2_000  # so many are counted in a window; of a storm the oldest are judged
MAX_NEWER: Final = 8  # connections of one client; where so many go, all went
_NEVER: Final = (1 << 62) - 1
_new: Final = tuple.__new__  # makes a named tuple in a third of its own constructor's time


class Newer(NamedTuple):
    """A connection that its client opened later."""

    number: int
    opened_at: int  # ns
    line: tuple[int, int] | None  # (source, offset)


class Loss(NamedTuple):
    """A connection that was timed out."""

    moment: Moment
    until: int  # ns, when it is known which of its client went with it
    client: str
    event: Event
    line: tuple[int, int] | None  # (source, offset) where it opened
    first: Newer  # the one that the client opened next, be it that it went
    newer: list[Newer]  # newest first, those that did not go


class Losses:
    """Those of one service of which it is not known yet, oldest first."""

    def __init__(self, siblings: Clients) -> None:
        self._siblings = siblings
        self._waiting: deque[Loss] = deque()
        self._due = _NEVER  # ns, when it is known of the oldest one
        self._by_client: dict[str | None, list[Loss]] = {}

    def add(self, life: Life, event: Event, moment: Moment, wait: int) -> None:
        """A connection with a known client was timed out; `wait` (ns) is for the newer ones."""
        client, now = life.client_key, moment[0]
        if client is None or now is None:
            return
        newer = [
            _new(Newer, (one.number, one.since + EPOCH, one.opened_line))
            for one in islice(reversed(self._siblings.lives(client)), MAX_NEWER)
            if life.opened_before(one) and one.since != UNTIMED
        ]
        if newer:
            lines, until = (event, life.opened_line), now + wait
            self._hold(_new(Loss, (moment, until, client, *lines, newer[-1], newer)))

    def _hold(self, loss: Loss) -> None:
        if not self._waiting:
            self._due = loss.until
        self._waiting.append(loss)
        self._by_client.setdefault(loss.client, []).append(loss)

    def went(self, life: Life) -> None:
        """Another connection was timed out, or nobody can say what became of it."""
        for loss in self._by_client.get(life.client_key, ()):
            loss.newer[:] = [one for one in loss.newer if one.number != life.number]

    def concern(self, life: Life) -> bool:
        """Whether one that waits is of the same client."""
        return life.client_key in self._by_client

    @property
    def waits(self) -> bool:
        """Whether any is there."""
        return bool(self._waiting)

    def late(self, moment: Moment) -> bool:
        """Whether it is known of the oldest one."""
        now = moment[0]
        return now is not None and (self._due < now or len(self._waiting) > MAX_WAITING)

    def pop(self) -> Loss:
        """The oldest one, with the newer connections that did not go."""
        loss = self._waiting.popleft()
        self._due = self._waiting[0].until if self._waiting else _NEVER
        of_client = self._by_client[loss.client]
        del of_client[0]
        if not of_client:
            del self._by_client[loss.client]
        return loss

    def snapshot(self) -> list[Any]:
        """What `restore` needs, as plain JSON types."""
        return list(self._waiting)

    def restore(self, state: Iterable[Any]) -> None:
        """Take up where `snapshot` was made."""
        for moment, until, client, event, line, first, newer in state:
            lines, after = (Event(*event), _line(line)), [_newer(*one) for one in newer]
            self._hold(Loss(tuple(moment), until, client, *lines, _newer(*first), after))


def _newer(number: int, opened_at: int, line: list[int] | None) -> Newer:
    return Newer(number, opened_at, _line(line))


def _line(plain: list[int] | None) -> tuple[int, int] | None:
    return None if plain is None else (plain[0], plain[1])
