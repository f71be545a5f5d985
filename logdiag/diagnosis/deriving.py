"""What openings and closes mean together: the events that two lines tell (see `derived`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from logdiag.diagnosis.connections import Connections
from logdiag.diagnosis.derived import (
    HANGING,
    NOTICED,
    OVERLAPS,
    TURNED_AWAY,
    about,
    turned_away,
    unanswered,
)
from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.heartbeat import Heartbeat
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.moments import Moment, passed
from logdiag.diagnosis.surroundings import Surroundings
from logdiag.diagnosis.windows import Seen, Told
from logdiag.model import SECOND, Event, Mark

HANGING_LINES: Final = 40  # S, where there is no clock
ROUND_TRIP: Final = SECOND  # a close takes one: what overlaps for less was closed in time
MAX_HANGING: Final = 64  # handshakes looked at, the oldest ones: so many that hang have been told


class Deriving:
    """Tells of one service what its openings and closes mean together.

    `kinds`: those that somebody asks for.
    """

    def __init__(
        self, connections: Connections, siblings: Clients, surroundings: Surroundings,
        heartbeat: Heartbeat, kinds: Collection[str],
    ) -> None:  # fmt: skip
        self._connections = connections
        self._siblings = siblings
        self._surroundings = surroundings
        self._heartbeat = heartbeat
        self._overlaps = not set(OVERLAPS).isdisjoint(kinds)
        self._hangs = HANGING in kinds
        self._refuses = TURNED_AWAY in kinds

    def closed(self, life: Life, event: Event, before: str | None, moment: Moment) -> list[Seen]:
        """What the close of a connection tells, that was in the state `before`."""
        found = []
        if self._refuses and turned_away(event):
            away = about(TURNED_AWAY, life, event)
            found.append(Seen(moment[1], away, life.opened_line))
        newest = self._siblings.newest(life.client_key) if self._overlaps else None
        if newest is None or newest.opened_ordinal <= life.opened_ordinal:
            return found
        heartbeat = self._heartbeat
        for derived, newer in overlaps(life, event, before, newest, self._siblings, heartbeat):
            delay = newer.age(event.time)
            if derived.kind in NOTICED and delay is not None:
                if delay >= heartbeat.horizon:
                    self._surroundings.half_open = moment
                heartbeat.noticed(delay)
            lines = newer.opened_line, life.opened_line
            found.append(Seen(moment[1], derived, *lines, delay))
        return found

    def opened(self, moment: Moment) -> list[Told]:
        """What an opening tells of handshakes before it, each with its client."""
        connecting = self._connections.connecting
        found: list[Told] = []
        if not (connecting and self._hangs):
            return found
        for life in islice(connecting.values(), MAX_HANGING):
            for event, newer in hanging(life, self._siblings, moment, self._heartbeat.settle):
                self._connections.dirty[life.number] = life  # its mark says that it was told
                found.append((life.client_key, Seen(moment[1], event, newer.opened_line)))
        return found


def hanging(
    life: Life, siblings: Clients, moment: Moment, settle: int
) -> Iterator[tuple[Event, Life]]:
    """That a handshake hangs, once, and the newer connection that its client opened instead."""
    newest, line = siblings.newest(life.client_key), life.opened_line
    since = life.opened_at, life.opened_ordinal
    if newest is None or line is None or newest.opened_ordinal <= life.opened_ordinal:
        return
    if HANGING in (life.marks or ()) or not passed(since, moment, settle, HANGING_LINES):
        return
    life.marks = {**(life.marks or {}), HANGING: Mark(*line, life.path)}
    yield (
        Event(
            HANGING, moment[0], *line, 0, "", connection=life.name, client=life.client,
            port=life.port, user=life.user, path=life.path,
        ),
        newest,
    )  # fmt: skip


def overlaps(
    life: Life, event: Event, before: str | None, newest: Life, siblings: Clients,
    heartbeat: Heartbeat,
) -> Iterator[tuple[Event, Life]]:  # fmt: skip
    """What the close of a connection tells whose client has a newer one, and that one.

    `before`: the state that it was in.
    """
    yield about("overlap", life, event), newest
    if event.time is None:
        return
    if unanswered(event, before):
        back = siblings.next_after(life) or newest
        delay = back.age(event.time)
        if delay is not None:
            yield about("timed_out" if heartbeat.in_time(delay) else "half_open", life, event), back
    elif _drained(newest, siblings, event.time, heartbeat.horizon):
        yield about("drained", life, event), newest


def _drained(newest: Life, siblings: Clients, now: int, horizon: int) -> bool:
    """Whether that one is all that its client holds, and no older than the horizon."""
    age = newest.age(now)
    together = age is not None and ROUND_TRIP <= age < horizon
    return together and siblings.held_by(newest.client_key) == 1
