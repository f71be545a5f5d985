"""Which connection a line is about, and what becomes of it: events in, steps of lives out.

Identity, best first: the log's own id; the client's address and port; and where a line names
neither, the count. A close that names nobody ends the youngest connection that fits, as a stack
does: what is left at the bottom is what no close has accounted for since, which is all that can be
claimed without ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from logdiag.diagnosis.lifecycle import AFTER, FIRST, Life, is_live
from logdiag.diagnosis.live import Live
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.nameless import youngest
from logdiag.diagnosis.names import Names
from logdiag.diagnosis.origins import Origins
from logdiag.diagnosis.processes import Processes
from logdiag.diagnosis.silence import Silences
from logdiag.diagnosis.totals import NOTHING, Comparison, Totals
from logdiag.model import SECOND, Connection, Event, Identity, State, Stepped

SAME_EVENT: Final = 2 * SECOND  # two wordings of one opening stand this close together
SAME_EVENT_LINES: Final = 10

# One life after one step: the state it left (None at birth) and the state it is in.
Step = tuple[Life, State | None, State]


class Connections:
    """The connections of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.moving: Callable[[Life], AbstractContextManager[None]] = lambda life: nullcontext()
        self.live = Live()
        self.origins = Origins()
        self.connecting: dict[int, Life] = {}
        self.transitions: list[Stepped] = []
        self.dirty: dict[Life, Event | None] = {}  # that changed, and what told their end
        self.totals = Totals()
        self.processes = Processes()
        self.names = Names()
        self.closes = 0
        self.silences = Silences(service)
        self._app_closes = 0
        self._number = 0
        self._told = 0  # how many are live by the latest transition
        self._named_opens = 0

    # What the detector calls

    def on_event(
        self, event: Event, life: Life | None, ordinal: int, key: str | None = None
    ) -> list[Step]:
        """Apply an event that is no echo; `life` is the one that `names` finds for it.

        `key` tells the client of a connection that begins. Returns the steps, restarts first.
        """
        kind = event.kind
        if kind == "server_start" or kind == "server_stop":
            ended = self.processes.ended_by(event, self.followed())
            all_of_them = len(ended) == len(self.live) + len(self.connecting)
            self.totals.ended(None if all_of_them else event.process)
            return self._end(ended, "restart", event)
        held = self.processes.seen(event, ordinal)
        if kind in ("opening", "opened"):
            steps = self._opening(life, event, key, ordinal)
        elif kind in ("closing", "closed", "rejected"):
            steps = self._ending(life, event)
        else:
            if life is not None:
                self.learn(life, event)
            return []
        if event.total is not None and steps:
            latest = steps[-1][0]
            counted = latest.origin.identity != "id"
            found = self.totals.compare(event, held.live, counted=counted)
            if found is not NOTHING:
                hole = found.hole
                steps += self._over_hole(event) if hole else self._unlogged(event, latest, found)
            if self._told != (live := len(self.live) + self.totals.before):  # by the total, too
                self.transitions[-1] = (*self.transitions[-1][:5], live)
        return steps

    def repeats(self, event: Event, life: Life, ordinal: int) -> bool:
        """Whether an opening of a known id is a second wording of it, not the id used again."""
        if event.kind not in ("opening", "opened"):
            return False
        if life.state == "connecting" and event.kind == "opened":
            return False
        if event.state is not None:
            return True  # a line that tells the state, whenever something happens
        if event.pattern == life.origin.pattern:
            return False
        if (age := life.age(event.time)) is not None:
            return age <= SAME_EVENT
        return ordinal - life.opened_ordinal <= SAME_EVENT_LINES

    def learn(self, life: Life, event: Event) -> None:
        """Let a line add what it knows to a connection that we follow."""
        if life.knows_less_than(event):
            with self.moving(life):
                life.absorb(event)
                life.path = self.origins.path(life.path)
            self.names.learnt(life)
            self.dirty[life] = None

    def absorb(self, number: int | None, since: int, event: Event) -> None:
        """Let an echo add an id or an address to the connection of which line `since` told."""
        life = self.live.find(number, since) or self.connecting.get(number or 0)
        if life is None:
            return
        self.learn(life, event)
        if event.connection and life.identity != "id" and event.layer != "browser":
            life.name, life.origin = event.connection, self.origins.named(life.origin)
        self.names.add_alias(life, event)
        self.dirty[life] = None

    def on_gap(self, event: Event) -> list[Step]:
        """Lines are missing: what was open across the gap is unknown from here on."""
        self.totals.reset()
        return self._end(self.followed(), "gap", event)

    def after_silence(self, length: int, event: Event, moment: Moment) -> None:
        """The event is the first one for so long (ns): lines may be missing before it."""
        self.silences.ended(length, event, moment)
        self.totals.watch()

    def _over_hole(self, event: Event) -> list[Step]:
        """They are: what was open before is unknown, what opened since is not."""
        line = self.silences.hides((event.time, self.processes.ordinal))
        steps = self._end([x for x in self.followed() if x.opened_ordinal < line], "gap", event)
        self.totals.reset()
        self.totals.compare(event, self.processes.held_by(event.process), counted=False)
        return steps

    def retire(self, event: Event, ordinal: int) -> list[Step]:
        """End the connections of processes that a newer one has replaced without a word."""
        gone = self.processes.replaced(event.time, ordinal, self.followed)
        return self._end(gone, "restart", event)

    def changed(self) -> list[Connection]:
        """Those that changed since the last call."""
        dirty, self.dirty = self.dirty, {}
        return [life.connection(end) for life, end in dirty.items()]

    def followed(self) -> list[Life]:
        """All that are not over."""
        return [*self.live, *self.connecting.values()]

    # Openings

    def _opening(self, life: Life | None, event: Event, key: str | None, line: int) -> list[Step]:
        if life is None:
            return [self._begun(event, key, line)]
        after = AFTER[life.state].get(event.kind)
        if after is None:  # the id is used again
            return [*self._end([life], "restart", event), self._begun(event, key, line)]
        self.learn(life, event)
        life.origin = self.origins.of(life.identity, life.process, event)
        life.opened_by(event, line)
        return [self._step(life, life.state, after, event)]

    def _begun(self, event: Event, key: str | None, line: int) -> Step:
        life = self._born(event, key)
        self._named_opens += event.connection is not None
        life.opened_by(event, line)
        return self._step(life, None, FIRST[event.kind], event)

    def _born(self, event: Event, key: str | None = None) -> Life:
        self._number += 1
        by: Identity = "id"
        if event.connection:
            name = event.connection
        elif event.client and event.port:
            name, by = f"{event.client}:{event.port}", "address"
        else:
            name, by = f"{self.service}#{self._number}", "count"
        life = Life(self._number, name, self.origins.of(by, event.process, event), event, key)
        life.path = self.origins.path(life.path)
        self.names.add(life)
        return life

    # Endings

    def _ending(self, life: Life | None, event: Event) -> list[Step]:
        if life is None and event.kind == "closing":
            return []
        if life is None and event.kind == "closed":
            if event.layer == "access" and self._app_closes:
                return []  # only a proxy saw it; the application has yet to say so
            if not (event.connection and self._named_opens):
                life = youngest(event, self.live, self.connecting)
        if life is None:
            return self._unseen(event)
        after = AFTER[life.state].get(event.kind)
        if after is None:
            return []
        if life.state == "connecting" and event.kind == "closing":
            life.moved_to(self.processes.ordinal)  # live from here on, and stands there
        return [self._step(life, life.state, after, event)]

    def _unseen(self, event: Event) -> list[Step]:
        """It ended, and we never saw it open: it started before us, or was never let in."""
        life = self._born(event)
        if event.kind == "closed":
            self.totals.unseen_close(event)
        return [self._step(life, None, FIRST[event.kind], event)]

    def _unlogged(self, event: Event, latest: Life, found: Comparison) -> list[Step]:
        """The server's own total tells of closes that nobody logged."""
        others = [
            life for life in self.live
            if life is not latest and life.process == event.process
        ]  # fmt: skip
        if found.restarted:
            self.processes.mark_restart(event)
            return self._end(others[: found.missing], "restart", event)
        return self._end(others[-found.missing :], "closed", event)

    # Steps

    def _end(self, lives: Iterable[Life], word: str, event: Event) -> list[Step]:
        return [
            self._step(life, life.state, after, event)
            for life in lives
            if (after := AFTER[life.state].get(word)) is not None
        ]

    def _step(self, life: Life, before: State | None, after: State, event: Event) -> Step:
        life.state = after
        end: Event | None = None
        if after == "open" or after == "closing":
            if before is None or before == "connecting":
                self._add(life)
        elif after == "connecting":
            self.connecting[life.number] = life
        else:
            if after == "closed":
                self.closes += 1
                self._app_closes += event.layer == "app"
            if before is not None:
                self._remove(life, before)
            self.names.forget(life, event)
            end = event
        self.dirty[life] = end
        self._told = live = len(self.live) + self.totals.before
        self.transitions.append((life.number, after, event.time, event.source, event.offset, live))
        return life, before, after

    def _add(self, life: Life) -> None:
        if self.connecting:
            self.connecting.pop(life.number, None)
        self.live.add(life)
        self.processes.opened(life.origin.process)

    def _remove(self, life: Life, before: State) -> None:
        if before == "connecting":
            del self.connecting[life.number]
        else:
            self.processes.ended(life.origin.process)
            self.live.remove(life)

    # State

    def snapshot(self) -> dict[str, Any]:
        """All but the lives themselves, which the timeline keeps, as plain JSON types."""
        return {
            "number": self._number,
            "named_opens": self._named_opens,
            "closes": self.closes,
            "app_closes": self._app_closes,
            "names": self.names.snapshot(),
            "totals": self.totals.snapshot(),
            "processes": self.processes.snapshot(),
            "silences": self.silences.snapshot(),
        }

    def restore(self, state: dict[str, Any], lives: Iterable[Life]) -> None:
        """Take up where `snapshot` was made, with the lives that were not over, oldest first."""
        self._number = state["number"]
        self._named_opens = state["named_opens"]
        self.closes = state["closes"]
        self._app_closes = state["app_closes"]
        self.totals.restore(state["totals"])
        self.processes.restore(state["processes"])
        self.silences.restore(state["silences"])
        for life in sorted(lives, key=lambda life: life.opened_ordinal):
            if is_live(life.state):
                self._add(life)
            else:
                self.connecting[life.number] = life
        self.names.restore(state["names"], {life.number: life for life in self.followed()})
