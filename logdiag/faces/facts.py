"""What the verdict on a service stands on, asked from the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from logdiag.diagnosis.verdict import Facts
from logdiag.faces.periods import Period
from logdiag.model import SECOND, Identity
from logdiag.timeline import Reader, statistics
from logdiag.timeline.answers import Live, SourceStatus, Span, Totals

Clock = Literal["event", "arrival", "lines"]

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
    closed_at_stop: bool
    fell_to: int | None
    lines: int

    @property
    def spans(self) -> tuple[int | None, int | None]:
        """From when to when the data is told, ns; None: no clock, or a period without any data."""
        begin, since = self.span.first, self.period.since
        if begin is not None and since is not None:
            begin = max(begin, since)
        if begin is not None and self.end is not None and begin > self.end:
            return None, None
        return begin, self.end

    def facts(self) -> Facts:
        """What `verdict` asks for."""
        totals = self.totals
        return Facts(
            totals.opened, totals.closed, totals.superseded, totals.unknown,
            totals.auth_failures, self.live.at_end, self.identity, self.lines, self.outliving,
            self.closed_at_stop, self.fell_to, self.live.peak,
        )  # fmt: skip


def known(reader: Reader, name: str, sources: Sequence[SourceStatus], wanted: Period) -> Known:
    """Ask the timeline about one service; `sources` may be those of others, too."""
    span = reader.span(name)
    period = wanted if span.last is not None else Period()
    end = span.last
    if end is not None and period.until is not None:
        end = min(end, period.until)
    totals = reader.totals(name, *period)
    ended = totals.superseded and not totals.closed
    live, identity = reader.live(name, *period), _identity(reader, name)
    counted = identity == "count" and totals.closed
    return Known(
        name, span, _clock(reader, name, span), period, end, totals, live, identity,
        outliving=_outliving(reader, name, end, period.until),
        closed_at_stop=bool(ended) and statistics.closed_at_stop(reader, name),
        fell_to=statistics.fell_to(reader, name, live.peak, *period) if counted else None,
        lines=sum(one.lines for one in sources if one.source.service == name),
    )  # fmt: skip


def _clock(reader: Reader, name: str, span: Span) -> Clock:
    if span.last is not None:
        return "event"
    return "arrival" if statistics.has_arrivals(reader, name) else "lines"


def _identity(reader: Reader, name: str) -> Identity:
    """How most connections are told apart; the more telling one where it is a draw."""
    counts = statistics.identities(reader, name)
    order: tuple[Identity, ...] = ("id", "address", "count")
    return max(order, key=lambda identity: counts.get(identity, 0)) if counts else "count"


def _outliving(reader: Reader, name: str, end: int | None, until: int | None) -> int:
    """Connections of nobody known that have lived far longer than those that closed."""
    closed, usual = statistics.lifetime(reader, name, until)
    if end is None or usual is None or closed < _LEAST:
        return 0
    scale = max(2 * usual, _LEAST_SCALE)
    count = statistics.nobodys(reader, name, end - scale, until)
    return count if count >= _LEAST else 0
