"""What openings and closes mean together: the events that two lines tell (see `derived`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Final

from logdiag.diagnosis.connections import Connections
from logdiag.diagnosis.derived import (
    HANGING,
    LOST,
    OVERLAPS,
    TURNED_AWAY,
    about,
    as_kind,
    turned_away,
    unanswered,
)
from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.heartbeat import Heartbeat
from logdiag.diagnosis.lifecycle import Life
from logdiag.diagnosis.losses import Loss, Losses, Newer
from logdiag.diagnosis.moments import Moment, passed
from logdiag.diagnosis.surroundings import Surroundings
from logdiag.diagnosis.windows import Seen, Told, proved
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
        heartbeat: Heartbeat, losses: Losses, kinds: Collection[str],
    ) -> None:  # fmt: skip
        self._connections = connections
        self._siblings = siblings
        self._surroundings = surroundings
        self._heartbeat = heartbeat
        self.losses = losses
        self._overlaps = not set(OVERLAPS).isdisjoint(kinds)
        self._hangs = HANGING in kinds
        self._refuses = TURNED_AWAY in kinds

    def closed(self, life: Life, event: Event, before: str | None, moment: Moment) -> list[Seen]:
        """What the close of a connection tells, that was in the state `before`."""
        found = []
        if self._refuses and turned_away(event):
            away = about(TURNED_AWAY, life, event)
            found.append(proved(moment[1], away, life.opened_line))
        newest = self._siblings.newest(life.client_key) if self._overlaps else None
        if newest is not None and life.opened_before(newest):
            found += self._overlap(life, event, before, newest, moment)
        if self.losses.concern(life) and unanswered(event, before):
            self.losses.went(life)
        return found

    def _overlap(
        self, life: Life, event: Event, before: str | None, newest: Life, moment: Moment
    ) -> list[Seen]:
        """What the close of a connection tells whose client has a newer one."""
        overlap, delay = about("overlap", life, event), newest.age(event.time)
        proof, first = newest.opened_line, life.opened_line
        found = [proved(moment[1], overlap, proof, first, delay)]
        horizon = self._heartbeat.horizon
        if unanswered(event, before):
            self.losses.add(life, as_kind(LOST, overlap), moment, horizon)
        elif _drained(newest, self._siblings, event.time, horizon):
            found.append(proved(moment[1], as_kind("drained", overlap), proof, first, delay))
        return found

    def lost(self, loss: Loss) -> list[Told]:
        """What a dead one tells whose client was there on a newer one, with that client.

        In between, the first of the newer ones may be a tab that was there before the loss, and the
        newest one a page that came long after: nobody can tell whether it was noticed in time.
        """
        heartbeat, now = self._heartbeat, loss.moment[0]
        told = [_told(loss, LOST, loss.newer[0])]
        least, most = ((now or 0) - one.opened_at for one in (loss.newer[0], loss.first))
        if not heartbeat.in_time(least):
            told.append(_told(loss, "half_open", loss.newer[0]))
        elif heartbeat.in_time(most):
            told.append(_told(loss, "timed_out", loss.first))
        if least >= heartbeat.horizon:
            self._surroundings.half_open = loss.moment
        heartbeat.noticed(least)
        return told

    def opened(self, moment: Moment) -> list[Told]:
        """What an opening tells of handshakes before it, each with its client."""
        connecting = self._connections.connecting
        found: list[Told] = []
        if not (connecting and self._hangs):
            return found
        for life in islice(connecting.values(), MAX_HANGING):
            for event, newer in hanging(life, self._siblings, moment, self._heartbeat.settle):
                self._connections.dirty.setdefault(life, None)  # its mark says that it was told
                found.append((life.client_key, proved(moment[1], event, newer.opened_line)))
        return found


def hanging(
    life: Life, siblings: Clients, moment: Moment, settle: int
) -> Iterator[tuple[Event, Life]]:
    """That a handshake hangs, once, and the newer connection that its client opened instead."""
    newest, line = siblings.newest(life.client_key), life.opened_line
    since = life.opened_at, life.opened_ordinal
    if newest is None or line is None or not life.opened_before(newest):
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


def _told(loss: Loss, kind: str, newer: Newer) -> Told:
    time, line = loss.moment
    event, delay = as_kind(kind, loss.event), (time or 0) - newer.opened_at
    return loss.client, proved(line, event, newer.line, loss.line, delay)


def _drained(newest: Life, siblings: Clients, now: int | None, horizon: int) -> bool:
    """Whether that one is all that its client holds, and no older than the horizon."""
    age = newest.age(now)
    together = age is not None and ROUND_TRIP <= age < horizon
    return together and siblings.held_by(newest.client_key) == 1
