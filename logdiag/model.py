"""The nouns that cross a boundary between rooms, and nothing else.

    tailing --Block--> formats --Event--> diagnosis --Changes--> timeline --> faces

Every time is an integer of nanoseconds since 1970-01-01 UTC, or None where no clock is known.
Every offset is in bytes, into the decompressed content; every line number starts at 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, get_args

Kind = Literal[
    "opening", "opened", "closing", "closed", "rejected", "auth_failure",
    "error", "reconnect", "cleanup", "message", "server_start", "server_stop",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)

# Who wrote the line. Lines of different layers may report one and the same event.
Layer = Literal["app", "access", "browser"]
LAYERS: tuple[str, ...] = get_args(Layer)

State = Literal[
    "connecting", "open", "closing", "closed", "rejected", "superseded", "unknown"
]  # fmt: skip
Level = Literal["informational", "low", "medium", "high", "critical"]  # Sigma's
LEVELS: tuple[str, ...] = get_args(Level)
Confidence = Literal["low", "medium", "high"]
CONFIDENCES: tuple[str, ...] = get_args(Confidence)
FindingState = Literal["pending", "firing", "resolved"]
Identity = Literal["id", "address", "count"]
Verdict = Literal["leak", "clean", "cannot_tell"]

SECOND: Final = 1_000_000_000  # nanoseconds


class Source(NamedTuple):
    """One file (through all its renames) or stream. `id` is the timeline's; 0 until it has one."""

    id: int
    service: str
    path: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a source has been read, and how to know it again after a restart.

    `offset` is the start of the first line not yet taken. `head` and `tail` are hex digests: of
    the first `head_size` bytes, and of the `tail_size` bytes just before `offset`.
    `missed` counts bytes that were skipped (the rest of over-long lines), `ended` says that the
    source will not grow (an archive read to its end, a file rotated away or deleted).
    """

    offset: int = 0
    head_size: int = 0
    head: str = ""
    tail_size: int = 0
    tail: str = ""
    device: int = 0
    inode: int = 0
    missed: int = 0
    ended: bool = False


class Block(NamedTuple):
    """Whole lines of one source: `data` starts at byte `offset`; `after` is the position behind.

    Only the last line of a source that has ended may lack its newline.
    `arrived` is the wall time at which a live line was seen; None for what was there before.
    """

    source: Source
    offset: int
    data: bytes
    after: Position
    arrived: int | None = None


class Gap(NamedTuple):
    """Bytes of a source that are gone unread, by truncation or deletion. `size` None: unknown."""

    source: Source
    offset: int
    size: int | None
    reason: str
    time: int | None = None


class Event(NamedTuple):
    """What one log line says. Fields that the line does not carry are None."""

    kind: str
    time: int | None
    source: int
    offset: int
    line: int
    text: str  # the line as kept: decoded, without colours, secrets redacted, clipped
    pattern: str = ""  # which pattern knew it: "pack:number"
    layer: str = "app"
    arrived: int | None = None
    connection: str | None = None
    client: str | None = None
    port: int | None = None
    user: str | None = None
    agent: str | None = None
    path: str | None = None
    status: int | None = None
    code: int | None = None  # close code, RFC 6455 section 7.4
    reason: str | None = None
    total: int | None = None  # live connections as the server itself reports them
    duration: float | None = None  # seconds
    state: int | None = None  # readyState 0..3
    recipients: int | None = None
    message: str | None = None
    process: str | None = None
    session: str | None = None  # the digest of what identifies a login; itself it is a secret


class Mark(NamedTuple):
    """The line that came just before an opening and explains it; `path` is what it is about."""

    source: int
    offset: int
    path: str | None = None


class Connection(NamedTuple):
    """The life of one connection, as far as the log tells it. `number` is unique per service."""

    number: int
    name: str  # the log's own id; else "address:port"; else "service#number"
    identity: Identity
    state: State
    process: str | None = None
    layer: str = "app"
    client: str | None = None
    port: int | None = None
    user: str | None = None
    path: str | None = None
    opened_at: int | None = None
    closed_at: int | None = None
    opened_line: tuple[int, int] | None = None  # (source id, offset)
    closed_line: tuple[int, int] | None = None
    code: int | None = None
    reason: str | None = None
    # What the detector needs to take it up again after a restart:
    client_key: str | None = None  # what tells its client apart: "user x", "address 10.0.0.7"
    pattern: str = ""
    ordinal: int = 0  # the line it opened at, counted through all sources of the service
    marks: dict[str, Mark] | None = None  # "auth_failure", "reconnect", ... -> the line; while live


class Transition(NamedTuple):
    """One step in a connection's life, and the line (source id, offset) that tells it."""

    connection: int
    state: str
    time: int | None
    source: int
    offset: int
    live: int  # the service's live connections after this step


# Its fields, as a detector tells them: a named tuple would take longer than all else at a step.
Stepped = tuple[int, str, int | None, int, int, int]


class Echo(NamedTuple):
    """A line that reports what another line already reported; it is not counted again."""

    source: int
    offset: int
    of_source: int
    of_offset: int


class Evidence(NamedTuple):
    """A line that proves a finding. The detector names it; the timeline fills in what it says."""

    source: int
    offset: int
    line: int = 0
    event: str = ""
    text: str = ""
    time: int | None = None
    connection: str | None = None
    client: str | None = None
    status: int | None = None
    code: int | None = None


class Guard(NamedTuple):
    """A healthy explanation that was checked. `outcome`: "no", "yes" or "cannot_tell".

    `relevant`: whether it would explain what the rule is about, or the rule names it.
    """

    name: str
    outcome: str
    relevant: bool = True


@dataclass(slots=True)  # frozen, it would take five times as long to make
class Finding:
    """A suspected leak or other trouble, in its latest episode: from pending to resolved.

    `fingerprint` groups its repeats; `count` says how often it fired, and so numbers the episodes.
    """

    rule: str
    title: str
    level: Level
    confidence: Confidence
    state: FindingState
    fingerprint: str
    group: dict[str, str]
    count: int = 1
    pending_at: int | None = None
    fired_at: int | None = None
    resolved_at: int | None = None
    cause: str = ""
    fix: str = ""
    note: str = ""  # e.g. "Closed late after 4 min 10 s"
    connections: tuple[int, ...] = ()  # connection numbers, the first MAX_NAMED
    connections_total: int = 0
    evidence: tuple[Evidence, ...] = ()
    guards: tuple[Guard, ...] = ()
    leak: bool = True  # whether connections leak; else it is requests or messages that go wrong
    known_by: str = "none"  # how its client is known: "user", "address", ... (diagnosis/clients)
    references: tuple[str, ...] = ()

    @property
    def changed_at(self) -> int | None:
        """When it came to be as it is, ns: it fired, or was over; None without a clock."""
        return self.resolved_at if self.state == "resolved" else self.fired_at


@dataclass(slots=True)
class Changes:
    """What the detector of one service has to tell the timeline since it was last asked."""

    connections: list[Connection] = field(default_factory=list)  # insert or replace by number
    transitions: list[Stepped] = field(default_factory=list)
    echoes: list[Echo] = field(default_factory=list)
    # Insert or replace by fingerprint and count, in order: one takes the place of later ones, too.
    findings: list[Finding] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)  # fingerprints that are no finding after all
    snapshot: dict[str, Any] | None = None
    auth_failures: list[int | None] = field(default_factory=list)  # when; echoes do not count
    gaps: list[Gap] = field(default_factory=list)  # that its own totals tell
