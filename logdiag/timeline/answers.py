"""What the reader answers with, where the model has no noun for it."""

from __future__ import annotations

from typing import NamedTuple

from logdiag.model import Finding, Gap, Position, Source


class Totals(NamedTuple):
    """A service's events, each counted once."""

    opened: int = 0
    closed: int = 0
    rejected: int = 0
    auth_failures: int = 0
    superseded: int = 0
    unknown: int = 0


class Live(NamedTuple):
    """Live connections: at the end of the period, at most, and when first (ns; None: no clock)."""

    at_end: int = 0
    peak: int = 0
    peak_at: int | None = None


class Span(NamedTuple):
    """The first and the last time (ns) in a service's events; None where no line has a time."""

    first: int | None = None
    last: int | None = None


class Found(NamedTuple):
    """A finding, the service that it is about, and its last episodes before, latest first.

    `first_seen` is when its first episode began, ns; None without a clock.
    """

    service: str
    finding: Finding
    first_seen: int | None = None
    earlier: tuple[Finding, ...] = ()


class SourceStatus(NamedTuple):
    """How one source was read. `bytes` were taken, `unknown` lines were no events."""

    source: Source
    position: Position
    format: str
    bytes: int
    lines: int
    recognised: int
    unknown: int
    gaps: tuple[Gap, ...]
    notice: str
