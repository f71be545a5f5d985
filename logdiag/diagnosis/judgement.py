"""What a rule makes of one group over time: pending, firing, resolved."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from itertools import islice
from typing import Any, Final

from logdiag.diagnosis.groups import Key
from logdiag.diagnosis.moments import Moment, spoken
from logdiag.diagnosis.rates import Numbers, grounds
from logdiag.diagnosis.rules import Rule
from logdiag.model import Confidence, Evidence, Finding, Guard, Level

MAX_NAMED: Final = 100  # connections named in a finding; `connections_total` says how many it has
MAX_EVIDENCE: Final = 60  # lines shown with a finding
LINES: Final = 40  # the settle time, where there is no clock

# What JSON gives back as it was.
_PLAIN: Final = (
    "confidence", "count", "fired_at", "group", "handshakes", "heartbeat", "known_by", "level",
    "note", "pending_at", "resolved_at", "said", "state", "until", "until_line", "visits",
)  # fmt: skip


class Judgement:
    """The state of one rule for one group. Mutable; `finding` is its frozen form."""

    __slots__ = (
        *_PLAIN, "ended_at", "evidence", "fingerprint", "first", "guards", "key", "last", "numbers",
        "open", "previous", "proved", "rule", "suspects",
    )  # fmt: skip

    def __init__(self, service: str, rule: Rule, key: Key) -> None:
        self.rule = rule
        self.key = key
        self.fingerprint = fingerprint(service, rule.id, key)
        self.previous: Finding | None = None  # how it was resolved, while it is pending again
        self.state = "none"
        self.count = 0
        self.first: Moment = (None, 0)  # since when the condition holds
        self.last: Moment = (None, 0)  # when it was last seen to hold
        self.until = self.until_line = -1  # it rests until then (ns; without a clock, lines)
        self.ended_at: Moment | None = None  # since when it holds no more, while firing
        self.pending_at: int | None = None
        self.fired_at: int | None = None
        self.resolved_at: int | None = None
        self.confidence: Confidence = "low"
        self.level: Level = "informational"
        # What is behind it that its lines alone do not show:
        self.numbers: Numbers | None = None
        self.handshakes = ""
        self.heartbeat = ""
        self.said = ""
        self.visits = ""
        self.note = ""
        self.known_by = "none"
        self.group: dict[str, str] = {}
        self.guards: tuple[Guard, ...] = ()
        # number -> opened_at; every connection that the finding counts or counted
        self.suspects: dict[int, int | None] = {}
        self.open: set[int] = set()  # those of them that are not over
        self.evidence: list[Evidence] = []
        self.proved: set[tuple[int, ...]] = set()  # its lines (source, offset)

    @property
    def client(self) -> str | None:
        """The client that it is about, if it is about one."""
        return self.key[self.rule.by.index("client")] if "client" in self.rule.by else None

    def begin(self, moment: Moment) -> None:
        """The condition begins to hold."""
        self.previous = self.finding() if self.count else None
        self.state = "pending"
        self.first = self.last = moment
        self.pending_at = moment[0]
        self.fired_at = self.resolved_at = self.ended_at = None
        self.wake()
        self.confidence = "low"
        self.note = self.handshakes = self.heartbeat = self.said = self.visits = ""
        self.numbers = None
        self.suspects = {}
        self.open = set()
        self.evidence, self.proved = [], set()

    def rests(self, moment: Moment) -> bool:
        """Whether it was looked at in full not long ago."""
        now = moment[0]
        return moment[1] <= self.until_line if now is None else now <= self.until

    def rest(self, moment: Moment, settle: int) -> None:
        """It was looked at in full: the older it is, the longer it rests.

        Until a quarter of its age has passed while it fires, and 4 settle times (ns; 160 lines
        without a clock) at most: what joins it then is not urgent. Prometheus' Alertmanager, too,
        waits for some minutes (`group_interval`) before it tells what joined a group. What fires
        as soon as it is seen rests as if it had waited for its window, or a settle time: until then
        it mostly grows. Else until a sixteenth of its age has passed, and a settle time or 40 lines
        at most.
        """
        parts, times, least, least_lines = 15, 1, 0, 0
        if self.state == "firing" and self.ended_at is None:
            parts, times = 3, 4
            least, least_lines = min(settle, self.rule.within), min(LINES, self.rule.within_lines)
        now, since, line = moment[0], self.first[0], moment[1]
        lines = max(line - self.first[1], least_lines)
        self.until_line = line + min(times * LINES, lines // parts)
        if now is not None and since is not None:
            self.until = now + min(times * settle, max(now - since, least) // parts)

    def wake(self) -> None:
        """It is to be looked at in full as soon as somebody has the time."""
        self.until = self.until_line = -1

    def fire(self, at: int | None) -> None:
        """It held long enough."""
        self.state = "firing"
        self.previous = None
        self.count += 1
        self.fired_at = at
        self.ended_at = None

    def resolve(self, at: int | None, note: str) -> None:
        """It holds no more."""
        self.state = "resolved"
        self.resolved_at = at
        self.note = note

    def closed_late(self, number: int, at: int | None) -> str:
        """How it ends with its last connection, which has that number and closed just now."""
        opened, note = self.suspects.get(number), "closed late"
        if opened is not None and at is not None:
            note += f" after {spoken(at - opened)}"
        return note

    def withdraw(self) -> None:
        """It did not come to anything: resolved as before, or nothing at all."""
        self.state = "resolved" if self.previous else "none"

    def finding(self) -> Finding:
        """The frozen form. What is pending is informational, and of low confidence."""
        if self.previous is not None:
            return self.previous
        rule = self.rule
        firing = self.state in ("firing", "resolved")
        return Finding(
            rule=rule.id, title=rule.title,
            level=self.level if firing else "informational",
            confidence=self.confidence if firing else "low",
            state=self.state,  # type: ignore[arg-type]
            fingerprint=self.fingerprint,
            group=self.group,
            count=max(1, self.count),
            pending_at=self.pending_at, fired_at=self.fired_at, resolved_at=self.resolved_at,
            cause=rule.cause, fix=rule.fix, note=self._noted(),
            connections=self._named(),
            connections_total=len(self.suspects),
            evidence=tuple(self.evidence[:MAX_EVIDENCE]),
            guards=self.guards,
            leak=rule.leak,
            known_by=self.known_by,
            references=rule.references,
        )  # fmt: skip

    def _noted(self) -> str:
        """What became of it, and the numbers behind it."""
        numbers = grounds(self.numbers) if self.numbers is not None else ""
        behind = (self.said, numbers, self.visits, self.handshakes, self.heartbeat)
        said = "; ".join(filter(None, behind))
        if self.note and said:
            before = _capital(said) if self.state == "pending" else f"Before that: {said}"
            return f"{_capital(self.note)}. {before}"
        return _capital(self.note or said)

    def _named(self) -> tuple[int, ...]:
        """The first of its connections: those that are not over before all others."""
        if len(self.open) in (0, len(self.suspects)):
            return tuple(islice(self.suspects, MAX_NAMED))
        rest = [number for number in self.suspects if number not in self.open]
        live = [number for number in self.suspects if number in self.open]
        return tuple((live + rest)[:MAX_NAMED])

    def snapshot(self) -> dict[str, Any]:
        """What `restored` needs, as plain JSON types."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain |= {
            "previous": asdict(self.previous) if self.previous else None, "rule": self.rule.id,
            "key": self.key, "first": self.first, "last": self.last, "ended_at": self.ended_at,
            "numbers": self.numbers,
            "suspects": list(self.suspects.items()), "open": sorted(self.open),
            "evidence": list(self.evidence), "guards": self.guards,
        }  # fmt: skip
        return plain

    @classmethod
    def restored(cls, service: str, rule: Rule, state: dict[str, Any]) -> Judgement:
        """The judgement that `snapshot` was made of."""
        judgement = cls(service, rule, tuple(state["key"]))
        judgement.take(state)
        return judgement

    def take(self, state: dict[str, Any]) -> None:
        """Become what `snapshot` was made of."""
        for name in _PLAIN:
            setattr(self, name, state[name])
        self.previous = _finding(state["previous"]) if state["previous"] else None
        self.key = tuple(state["key"])
        self.first, self.last = tuple(state["first"]), tuple(state["last"])
        self.ended_at = tuple(state["ended_at"]) if state["ended_at"] else None
        self.numbers = tuple(state["numbers"]) if state["numbers"] else None
        self.open = set(state["open"])
        self.suspects = dict(state["suspects"])
        self.evidence = [Evidence(*values) for values in state["evidence"]]
        self.proved = {proof[:2] for proof in self.evidence}
        self.guards = tuple(Guard(*values) for values in state["guards"])


def fingerprint(service: str, rule: str, key: Key) -> str:
    """The same leak at another time has the same one."""
    text = "\0".join((service, rule, *(value or "" for value in key)))
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _finding(plain: dict[str, Any]) -> Finding:
    plain = dict(plain)
    plain["evidence"] = tuple(Evidence(*values) for values in plain["evidence"])
    plain["guards"] = tuple(Guard(*values) for values in plain["guards"])
    plain["connections"] = tuple(plain["connections"])
    plain["references"] = tuple(plain["references"])
    return Finding(**plain)
