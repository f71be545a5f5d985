"""What the verdict on a service stands on, asked from the timeline."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from logdiag.diagnosis.verdict import Facts
from logdiag.faces.periods import Period
from logdiag.model import SECOND, Connection, Identity
from logdiag.timeline import Reader
from logdiag.timeline.answers import Live, SourceStatus, Span, Totals

Clock = Literal["event", "arrival", "lines"]

_LIVE = ("connecting", "open", "closing")
_LEAST = 3  # closed ones that make a scale, and connections beyond it that are no chance
_LEAST_SCALE = SECOND  # below it, the length of a request decides, not anyone's visit


class Known(NamedTuple):
    """One service as the timeline has it, within a period."""

    name: str
    span: Span
    clock: Clock
    period: Period  # open where the service has no clock: it is told whole
    end: int | None  # of the period or of the data, whichever comes first
    totals: Totals
    live: Live
    identity: Identity
    outliving: int
    lines: int

    def facts(self) -> Facts:
        """What `verdict` asks for."""
        totals = self.totals
        return Facts(
            totals.opened, totals.closed, totals.superseded, totals.unknown,
            totals.auth_failures, self.live.at_end, self.identity, self.lines, self.outliving,
        )  # fmt: skip


def known(reader: Reader, name: str, sources: Sequence[SourceStatus], wanted: Period) -> Known:
    """Ask the timeline about one service; `sources` are its own."""
    span = reader.span(name)
    period = wanted if span.last is not None else Period()
    end = span.last
    if end is not None and period.until is not None:
        end = min(end, period.until)
    connections = reader.connections(name, since=period.since, until=period.until)
    return Known(
        name, span, _clock(reader, name, span), period, end,
        totals=reader.totals(name, *period),
        live=reader.live(name, *period),
        identity=_identity(connections),
        outliving=_outliving(connections, end),
        lines=sum(source.lines for source in sources),
    )  # fmt: skip


def _clock(reader: Reader, name: str, span: Span) -> Clock:
    if span.last is not None:
        return "event"
    for connection in reader.connections(name, limit=1):
        event = reader.event(*connection.opened_line) if connection.opened_line else None
        if event is not None and event.arrived is not None:
            return "arrival"
    return "lines"


def _identity(connections: Sequence[Connection]) -> Identity:
    """How most connections are told apart."""
    counts = Counter(one.identity for one in connections if one.state != "rejected")
    order: tuple[Identity, ...] = ("id", "address", "count")
    return max(order, key=lambda identity: counts[identity]) if counts else "count"


def _outliving(connections: Sequence[Connection], end: int | None) -> int:
    """Connections of nobody known that have lived far longer than those that closed."""
    if end is None:
        return 0
    closed = sorted(
        one.closed_at - one.opened_at
        for one in connections
        if one.state == "closed" and one.opened_at is not None and one.closed_at is not None
    )
    if len(closed) < _LEAST:
        return 0
    usual = closed[math.ceil(0.95 * len(closed)) - 1]
    scale = max(2 * usual, _LEAST_SCALE)
    count = sum(
        end - one.opened_at > scale
        for one in connections
        if one.state in _LIVE and one.opened_at is not None
        and one.identity == "id" and one.client_key is None
    )  # fmt: skip
    return count if count >= _LEAST else 0
