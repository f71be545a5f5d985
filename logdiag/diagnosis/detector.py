"""The detector of one service: events in, in the order of the log; changes out.

It has no clock. Event time decides; what the wall clock adds while a live log is silent comes in
as `on_timer`. Its state is the lives that are not over, plus `snapshot`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from logdiag.diagnosis.awaited import Awaited
from logdiag.diagnosis.clients import client_key
from logdiag.diagnosis.connections import Connections, Step
from logdiag.diagnosis.court import Court
from logdiag.diagnosis.derived import on_purpose
from logdiag.diagnosis.deriving import Deriving
from logdiag.diagnosis.echoes import Echoes, Kind, Report, Reporters
from logdiag.diagnosis.ending import as_if_ended, convict
from logdiag.diagnosis.grouping import Clients
from logdiag.diagnosis.groupings import Groupings, in_turn
from logdiag.diagnosis.handover import Handover
from logdiag.diagnosis.heartbeat import Heartbeat
from logdiag.diagnosis.known import Known
from logdiag.diagnosis.lifecycle import Life, is_live
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.notes import Notes
from logdiag.diagnosis.order import Order
from logdiag.diagnosis.overlay import Overlay
from logdiag.diagnosis.refusals import Refusals
from logdiag.diagnosis.rules import Rule
from logdiag.diagnosis.surroundings import PER_CLIENT, Surroundings
from logdiag.diagnosis.ticks import Ticks
from logdiag.diagnosis.windows import as_seen
from logdiag.model import Changes, Connection, Echo, Event, Finding, Gap, State

TICKS: Final = 32  # looks at what is pending, per settle time
_RESTARTS: Final = frozenset({"server_start", "server_stop"})
_BEGINS: Final = frozenset({"opening", "opened"})


class Detector:
    """Follows the connections of one service and judges them by the rules."""

    def __init__(
        self, service: str, rules: Sequence[Rule], *,
        settle: int | None = None, heartbeat: int | None = None, per_client: int = PER_CLIENT,
    ) -> None:  # fmt: skip
        self.service = service
        self._connections = Connections(service)
        self._echoes, self._refusals = Echoes(), Refusals()
        rules = in_turn(rules)
        clients = Clients([rule for rule in rules if rule.by == ("client",)])
        surroundings = self._surroundings = Surroundings(clients, per_client)
        self._notes = Notes(clients, surroundings, [it for rule in rules for it in rule.baselines])
        self.heartbeat = beat = Heartbeat(heartbeat, settle)
        self._known = Known(self._connections, clients, surroundings, self._notes, beat)
        groupings = Groupings(rules, self._known, clients, self._connections.live)
        self._court = Court(self._known, service, groupings)
        self._overlay, self._order = Overlay(self._court), Order()
        self._counted, self._connections.moving = groupings.counted, groupings.moving
        self._noteworthy = self._counted | self._notes.kinds | {"message", "closing"}
        losses, counted = self._notes.losses, self._counted
        self._deriving = Deriving(self._connections, clients, surroundings, beat, losses, counted)
        self._awaited = Awaited(self._notes.deliveries, self._deriving, self._court)
        self._nobody = False  # closes name nobody: whose connections are left, nobody can say
        self._ticks = Ticks(beat.settle // TICKS)
        self._first: int | None = None  # event time, ns
        self.latest: int | None = None  # the same of the last event
        self._echoed: list[Echo] = []
        self._refused: list[int | None] = []  # times of failed authentications

    # Events

    def on_event(self, event: Event) -> None:
        """Take the next event of the service, in the order of the log."""
        before, moment = self._order.now, self._order.moment(event)
        if self._order.silent:
            self._connections.after_silence(self._order.silent, event, moment)
        if event.time is None and moment[0] is not None:
            event = event._replace(time=moment[0])
        if self._first is None:
            self._first = event.time
        self.latest = event.time
        if self._court.open or self._awaited.late(moment):
            self._tick(before, moment, event)
            self._awaited.tell(moment, nobody=self._nobody)
        kind, key, line = event.kind, client_key(event), moment[1]
        life = self._connections.names.find(event)
        told = self._echoes.kinds.get(kind)
        reporter = self._echoes.reporter(event) if told is not None else ()
        if told is not None and self._repeated(event, told, reporter, life, key, line):
            return
        if self._court.open and (kind in _RESTARTS or (kind == "closed" and life is not None)):
            convict(self._court, life, moment, self._first)
        steps = self._connections.on_event(event, life, line, None if self._nobody else key)
        for step in steps:
            self._stepped(step, event, key, moment)
        if told is not None:
            self._echoes.add(event, told, reporter, line, steps[-1][0].number if steps else None)
        if kind in self._noteworthy:
            self._noted(event, life, key, moment)

    def _repeated(
        self, event: Event, of: Kind, who: Reporters, life: Life | None, key: str | None, line: int
    ) -> bool:
        """Whether the line only repeats what another one told; then what it adds is kept."""
        if life is not None:
            if not self._connections.repeats(event, life, line):
                return False
            self._connections.learn(life, event)
            return self._echo(event, life.opened_line or (event.source, event.offset))
        if event.kind == "closed":
            told = self._connections.names.ended_before(event)
            if told := told or self._refusals.explains(event, line):
                return self._echo(event, told)
        elif (over := self._connections.names.over_before(event)) and event.kind in _BEGINS:
            return self._echo(event, over)
        report = self._echoes.find(event, of, who, line)
        if report is None:
            return False
        self._absorb(report, event, key)
        return self._echo(event, (report.event.source, report.event.offset))

    def _absorb(self, report: Report, event: Event, key: str | None) -> None:
        self._connections.absorb(report.life, report.ordinal, event)
        if event.kind == "auth_failure" and key is not None:
            self._notes.identified(report.event, event, key)
            if client_key(report.event) is None and not self._nobody:
                self._court.identified(report.event, report.ordinal, key, self._order.now)

    def _echo(self, event: Event, of: tuple[int, int]) -> bool:
        self._echoed.append(Echo(event.source, event.offset, *of))
        return True

    def _stepped(self, step: Step, event: Event, key: str | None, moment: Moment) -> None:
        life, before, after = step
        was, now = is_live(before), is_live(after)
        if after == "open" and before is not None:
            life.known_as(None if self._nobody else key or life.client_key)
        if now and not was:
            self._notes.opened(life, key, event, moment[1])
            self._known.opened(life, event, moment)
            self._court.opened(life, moment)
            if life.client_key is not None:
                self._surroundings.opened(life.client_key, moment)
            self._court.told(self._deriving.opened(moment), moment, self._nobody)
        elif was and not now:
            self._court.ended(life, moment)
            self._ended(life, event, key, moment, before)
        elif after == "rejected":
            self._refusals.add(event, moment[1])
        elif after == "closed":
            self._notes.marks.on_given_up(key, event, moment[1])
            if before is None:
                self._known.unseen(life, event, moment)
                self._court.unseen(moment)

    def _ended(
        self, life: Life, event: Event, key: str | None, moment: Moment, before: State | None
    ) -> None:
        lost = not on_purpose(event, before)
        if lost and life.client_key is not None:
            self._surroundings.lost(life.client_key)
        if life.state != "closed":
            self._known.lost_track(life)
            return
        named = event.kind == "closed" and bool(event.client or event.connection)
        if life.origin.identity == "address" and not (named or self._nobody):
            self._forget_clients()
        self._known.closed(life, event, moment, named=named)
        if lost:
            self._notes.marks.on_loss(event, life.client_key or key, moment[1])
        for seen in self._deriving.closed(life, event, before, moment):
            self._court.happened(seen, life.client_key, moment)

    def _noted(self, event: Event, life: Life | None, key: str | None, moment: Moment) -> None:
        if event.kind == "message":
            self._known.following.spoke(life, moment)
            gone = life is None and self._connections.names.ended_before(event) is not None
            found = self._notes.deliveries.take(event, life, key, moment, gone=gone)
            self._court.told(found, moment, self._nobody)
        if event.kind == "closing" and life is None:  # the line of its beginning comes late
            self._notes.marks.on_given_up(key, event, moment[1])
        if event.kind == "auth_failure":
            self._refused.append(event.time)
        self._notes.take(event, key, moment)
        if event.kind in self._counted:
            whose = None if self._nobody else key
            self._court.happened(as_seen(moment[1], event), whose, moment)

    def _forget_clients(self) -> None:
        """A close named nobody though openings name addresses: what is left has no owner."""
        self._nobody = True
        self._court.groupings.forget_clients(self._connections.live)
        self._connections.dirty.update((life, None) for life in self._connections.live)
        self._surroundings.forget_clients()
        self._known.following.forget_clients()

    # Time

    def on_timer(self, now: int) -> None:
        """Event time reached `now` (ns) without an event: the log is silent, not stopped."""
        self._wait(self._order.now, now)

    def _wait(self, since: Moment, until: int | None) -> None:
        for moment in self._ticks.within(since, until):
            self._awaited.tell(moment, nobody=self._nobody)
            self._court.tick(moment)

    @property
    def suspects(self) -> bool:
        """Whether something is pending or firing, so that time alone may change it."""
        return bool(self._court.open) or self._awaited.waits

    def _tick(self, before: Moment, moment: Moment, event: Event) -> None:
        if not self._ticks.due(moment):
            return
        self._wait(before, moment[0])
        if not self._court.open:
            return  # the same whether or not the wall clock had it told before
        self._ticks.last = moment
        for step in self._connections.retire(event, moment[1]):
            self._stepped(step, event, None, moment)
        self._court.tick(moment)

    def on_gap(self, gap: Gap) -> None:
        """Lines of a source are gone unread: what was open across the gap is unknown."""
        # when it was found out is the wall clock's; the service stands at its last event
        moment = self._order.now
        event = Event("gap", moment[0], gap.source.id, gap.offset, 0, gap.reason)
        self._surroundings.gap = moment
        for step in self._connections.on_gap(event):
            self._stepped(step, event, None, moment)

    # The end

    def on_eof(self) -> list[Finding]:
        """The findings that change if the input ends here. The detector itself can go on."""
        return as_if_ended(self._court, self._order.now, self._first)

    def run_out(self) -> None:
        """The input is over: what did not come in time never will. Nothing may follow."""
        self._awaited.rest(self._order.now, nobody=self._nobody)

    # Out

    def drain(self, *, ended: bool = False) -> Changes:
        """What changed since the last call; `ended` tells the findings as if the input ended."""
        connections, court = self._connections, self._court
        changes = Changes(
            findings=self._overlay.findings(self.on_eof if ended else None),
            connections=connections.changed(),
            transitions=connections.transitions,
            echoes=self._echoed,
            auth_failures=self._refused,
            dropped=sorted(court.dropped),
            gaps=connections.silences.holes,
        )
        connections.transitions, connections.silences.holes = [], []
        self._echoed, self._refused, court.dropped = [], [], set()
        return changes

    def snapshot(self) -> dict[str, Any]:
        """The state beside the lives that are not over, as plain JSON types."""
        return {
            "connections": self._connections.snapshot(),
            "echoes": self._echoes.snapshot(self._order.now),
            "refusals": self._refusals.snapshot(),
            "notes": self._notes.snapshot(),
            "surroundings": self._surroundings.snapshot(),
            "court": self._court.snapshot(self._order.now),
            "order": self._order.snapshot(),
            "known": self._known.snapshot(),
            "nobody": self._nobody, "overlaid": self._overlay.told,
            "ticks": self._ticks.snapshot(),
            "first": self._first, "latest": self.latest,
        }  # fmt: skip

    def restore(self, state: dict[str, Any], connections: Iterable[Connection]) -> None:
        """Take up where `snapshot` was made, with the connections that were not over."""
        lives = [Life.restored(one, self._connections.origins) for one in connections]
        self._connections.restore(state["connections"], lives)
        self._echoes.restore(state["echoes"])
        self._refusals.restore(state["refusals"])
        self._surroundings.restore(state["surroundings"])
        self._notes.restore(state["notes"])
        self._court.restore(state["court"], [life for life in lives if is_live(life.state)])
        self._order.restore(state["order"])
        self._known.restore(state["known"])
        self._nobody = state["nobody"]
        self._ticks.restore(state["ticks"])
        self._first, self.latest = state["first"], state["latest"]
        self._overlay.restore(state["overlaid"], self.taken.orphaned)
        self._court.catch_up(self._order.now)

    @property
    def taken(self) -> Handover:
        """What these rules took over of the state that was left, perhaps by others."""
        return self._court.taken
