"""Logs, views and rules made by hand, in a few words each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from logdiag.diagnosis import Detector, Rule, read_rule
from logdiag.diagnosis.baseline import Baselines
from logdiag.diagnosis.following import Following
from logdiag.diagnosis.groups import Group, Kin
from logdiag.diagnosis.handshakes import Handshakes
from logdiag.diagnosis.heartbeat import Heartbeat
from logdiag.diagnosis.lifecycle import OVER, Life
from logdiag.diagnosis.lifetimes import Lifetimes
from logdiag.diagnosis.moments import Moment
from logdiag.diagnosis.origins import Origins
from logdiag.diagnosis.quality import Quality
from logdiag.diagnosis.service import Service
from logdiag.diagnosis.totals import Account
from logdiag.diagnosis.trend import Trend
from logdiag.diagnosis.view import View
from logdiag.diagnosis.windows import Seen
from logdiag.model import SECOND, Changes, Connection, Event, Finding, Transition

T0 = 1_795_168_800 * SECOND  # 2026-11-20T10:00:00Z

ORIGINS = Origins()


def at(seconds: float) -> int:
    """Event time, `seconds` after the log begins."""
    return T0 + round(seconds * SECOND)


@dataclass
class Log:
    """Events of one source, one line each. `log("opened", 3, connection="a")` adds one at 3 s."""

    source: int = 1
    pattern: str = "app:1"
    events: list[Event] = field(default_factory=list)
    line: int = 0

    def __call__(self, kind: str, seconds: float | None = None, **fields: Any) -> Log:
        """Add the next line; without `seconds` it has no time."""
        self.line += 1
        time = None if seconds is None else at(seconds)
        fields.setdefault("pattern", self.pattern)
        event = Event(kind, time, self.source, self.line * 100, self.line, kind, **fields)
        self.events.append(event)
        return self

    def skip(self, lines: int) -> Log:
        """Lines that are no events."""
        self.line += lines
        return self


@dataclass
class Told:
    """What a detector told, all drains together, as the timeline would hold it."""

    connections: dict[int, Connection] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    echoes: list[tuple[int, int, int, int]] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)

    def take(self, changes: Changes) -> Told:
        """Store some changes, in the order in which the timeline does."""
        self.connections |= {one.number: one for one in changes.connections}
        self.transitions += [Transition(*step) for step in changes.transitions]
        self.echoes += changes.echoes
        for fingerprint in changes.dropped:
            self.findings.pop(fingerprint, None)
        self.findings |= {one.fingerprint: one for one in changes.findings}
        return self

    def open(self) -> list[Connection]:
        """The connections that are not over, oldest first: what a restart takes up."""
        lives = sorted(self.connections.values(), key=lambda one: one.number)
        return [one for one in lives if one.state not in OVER]

    def states(self) -> dict[str, str]:
        """Name -> state; of a name that was used twice, the latest."""
        return {one.name: one.state for one in self.connections.values()}

    def sequence(self) -> list[tuple[str, str]]:
        """(name, state) of every connection, in the order in which they began."""
        return [(self.connections[n].name, self.connections[n].state) for n in self.connections]

    def live(self) -> int:
        """Live connections as the last transition tells them."""
        return self.transitions[-1].live if self.transitions else 0


def follow(log: Log | Iterable[Event], rules: Sequence[Rule] = (), *, ended: bool = True) -> Told:
    """What one detector tells of a log."""
    detector = Detector("app", rules)
    for event in log.events if isinstance(log, Log) else log:
        detector.on_event(event)
    return Told().take(detector.drain(ended=ended))


def stopped(detector: Detector, told: Told, rules: Sequence[Rule]) -> Detector:
    """The detector as it comes back after a stop: from JSON, and the timeline's connections."""
    state = json.loads(json.dumps(detector.snapshot()))
    restored = Detector("app", rules)
    restored.restore(state, told.open())
    return restored


def with_stops(
    log: Log, rules: Sequence[Rule], cut: int = 1, *, every: int = 10**9, ended: bool = True
) -> Told:
    """What `follow` tells, with a stop after so many events, and then after `every` so many."""
    detector, told = Detector("app", rules), Told()
    for place, event in enumerate(log.events, 1):
        detector.on_event(event)
        if place % every == cut:
            told.take(detector.drain())
            detector = stopped(detector, told, rules)
    return told.take(detector.drain(ended=ended))


RULE = """\
title: Too many
id: too-many
level: high
by: [service, client]
when: {when}
for: 90s
keep_firing_for: 5m
{more}
cause: c
fix: f
tests:
  - {{name: fires, log: a, expect: [{{rule: too-many}}]}}
  - {{name: silent, log: a, expect: []}}
  - {{name: late close, log: a, expect: [{{rule: too-many, state: resolved}}]}}
"""


def rule(when: str = "live >= 3", more: str = "", **changes: Any) -> Rule:
    """A rule that runs; `changes` replace what it holds (durations in ns)."""
    made, problems = read_rule(RULE.format(when=when, more=more), "rule.yaml")
    assert [] == problems
    assert made is not None
    return replace(made, **changes)


@dataclass
class FakeService(Service):
    """What a view asks about its service, as plain values."""

    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    following: Following = field(default_factory=Following)
    quality: Quality = field(default_factory=Quality)
    trend: Trend = field(default_factory=Trend)
    baselines: Baselines = field(default_factory=lambda: Baselines([("auth_failure",)]))
    handshakes: Handshakes = field(default_factory=Handshakes)
    heartbeat: Heartbeat = field(default_factory=Heartbeat)
    tabs: int = 2
    opened: int = 0
    closed: int = 0
    drifted: int = 0
    allowed: int = 2
    refused: int = 0
    yes: frozenset[str] = frozenset()

    def closes_late(self, life: Life) -> None:
        """Nothing is learnt here."""

    def usual(self) -> tuple[int, int]:
        """No connection has to outlive anything."""
        return 0, 0

    def scale(self, client: str | None, now: Moment) -> int | None:
        """Nothing closed."""
        return None

    @property
    def opens(self) -> int:
        """Connections that opened so far."""
        return self.opened

    @property
    def closes(self) -> int:
        """Connections that closed so far."""
        return self.closed

    @property
    def drift(self) -> int:
        """The server's surplus."""
        return self.drifted

    def account(self) -> Account | None:
        """No total is told."""
        return None

    def held_by(self, key: str | None) -> int:
        """Everybody holds one."""
        return 1

    def growth(self) -> bool | None:
        """As told."""
        return None if "?" in self.yes else "growth" in self.yes

    def limit(self, group: Group) -> int:
        """The same for every group."""
        return self.allowed

    def limit_on(self, path: str | None, key: str | None) -> int | None:
        """Nobody else is anywhere."""
        return None

    def usual_on_paths(self, key: str | None) -> dict[str, int]:
        """Nobody else is anywhere."""
        return {}

    def restarted(self, view: View) -> bool | None:
        """As told; "?": nobody can tell."""
        return None if "?" in self.yes else "restarted" in self.yes

    def mass_reconnect(self, view: View) -> bool | None:
        """As told."""
        return None if "?" in self.yes else "mass_reconnect" in self.yes

    def slow_heartbeat(self, view: View) -> bool:
        """As told."""
        return "slow_heartbeat" in self.yes

    def identity_outage(self, view: View) -> bool | None:
        """As told."""
        return None if "?" in self.yes else "identity_outage" in self.yes

    def token_expiry(self, view: View) -> bool | None:
        """As told."""
        return None if "?" in self.yes else "token_expiry" in self.yes

    def many_users(self, address: str) -> bool | None:
        """As told."""
        return None if "?" in self.yes else "brute_force" in self.yes

    def refused_since(self, ordinal: int) -> int:
        """As many as are told."""
        return self.refused

    def closes_unseen(self) -> bool:
        """As told."""
        return "closes_unseen" in self.yes

    def gap(self, view: View) -> bool:
        """As told."""
        return "log_gap" in self.yes


def life(number: int, seconds: float | None = 0, *marks: str, **fields: Any) -> Life:
    """A live connection with marks; `name:line`: of the line that earned it."""
    opened = None if seconds is None else at(seconds)
    told = {name: fields.pop(name, None) for name in ("client", "process", "user")}
    event = Event("opened", opened, 1, number * 100, number, "", **told)
    origin = ORIGINS.of(fields.pop("identity", "id"), event.process, event)
    made = Life(number, f"c{number}", origin, event)
    made.opened_by(event, fields.pop("opened_ordinal", number))
    made.state = "open"
    made.client_key = "user u"
    for name, value in fields.items():
        setattr(made, name, value)
    if marks:
        split = [(mark.partition(":")[0], int(mark.partition(":")[2] or number)) for mark in marks]
        made.marks = {mark: (1, line, line) for mark, line in split}
    return made


def view(
    lives: Iterable[Life] = (), events: Iterable[Event] = (), *, now: float | None = 100,
    then: float | None = None, line: int = 1000, within: float = 30, lines: int = 40,
    service: FakeService | None = None, client: str | None = None,
) -> View:  # fmt: skip
    """A group as a rule sees it at `then` seconds (default: now)."""
    key, rules = ((), []) if client is None else ((client,), [rule(by=("client",))])
    group = Group(key, Kin(rules))
    for one in lives:
        group.add(one)
    for event in events:
        group.saw(Seen(event.line, event))
    moment = now if then is None else then
    return View(
        service or FakeService(), group, None if now is None else at(now),
        (None if moment is None else at(moment), line), round(within * SECOND), lines,
        is_now=then is None,
    )  # fmt: skip
