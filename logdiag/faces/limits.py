"""Limits that a test suite sets on its server's connections, and whether they were kept.

A limit is `broken` only where the log proves it: where closes are logged, or the server itself
tells how many are live. Where the log has neither, it cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from logdiag.faces.facts import Known
from logdiag.faces.telling import line_told
from logdiag.faces.words import plural
from logdiag.timeline import Reader, statistics
from logdiag.timeline.statistics import Excess

Outcome = Literal["kept", "broken", "cannot_tell"]

MOST_EVIDENCE = 20
_NOTHING = "No line says that a connection opened."
_UNSEEN = "No line says that a connection closed: more may be gone than the log tells."


class Limits(NamedTuple):
    """At most so many live at once, in all and per client; none left at the end. None: no limit."""

    max_live: int | None = None
    max_per_client: int | None = None
    all_closed: bool = False


class _Answer(NamedTuple):
    outcome: Outcome
    found: int | None
    reason: str
    excess: Excess | None = None


def judged(
    reader: Reader, service: Known, limits: Limits, labels: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    """Each limit with its outcome and evidence, as plain JSON types."""
    if limits.max_live is not None:
        answer = _max_live(reader, service, limits.max_live)
        yield _told("max-live", limits.max_live, service, answer, labels)
    if limits.max_per_client is not None:
        answer = _max_per_client(reader, service, limits.max_per_client)
        yield _told("max-per-client", limits.max_per_client, service, answer, labels)
    if limits.all_closed:
        yield _told("all-closed", 0, service, _all_closed(reader, service), labels)


def _max_live(reader: Reader, service: Known, allowed: int) -> _Answer:
    peak = service.live.peak
    excess = statistics.excess(reader, service.name, allowed, most=MOST_EVIDENCE)
    if excess is None:
        return _kept(service, peak, f"{peak:,} live at most.")
    reason = f"{excess.live:,} were live at once, {peak:,} at most."
    return _broken(service, peak, reason, excess)


def _max_per_client(reader: Reader, service: Known, allowed: int) -> _Answer:
    excess = statistics.client_excess(reader, service.name, allowed, most=MOST_EVIDENCE)
    held = statistics.clients(reader, service.name)
    most = held.most.connections if held.most else 0
    if excess is not None:
        reason = f"{excess.client} held {excess.live:,} at once; the most of any is {most:,}."
        return _broken(service, most, reason, excess)
    if held.nobodys and service.live.peak > allowed:
        lost = plural(held.nobodys, "connection")
        return _Answer("cannot_tell", None, f"The log does not tell whose {lost} are.")
    return _kept(service, most, f"{most:,} of one client at most.")


def _all_closed(reader: Reader, service: Known) -> _Answer:
    excess = statistics.unended(reader, service.name, most=MOST_EVIDENCE)
    if excess is not None:
        never, stopped = excess.live - excess.stopped, excess.stopped
        parts = [f"{plural(never, 'connection')} never closed"] if never else []
        if stopped:
            were = "was" if stopped == 1 else "were"
            parts.append(f"{stopped:,} {were} left when the server stopped")
        reason = f"{', '.join(parts)}."
        return _broken(service, excess.live, reason, excess)
    if service.totals.unknown:
        lost = plural(service.totals.unknown, "connection")
        return _Answer("cannot_tell", None, f"What became of {lost} is lost with missing lines.")
    return _kept(service, 0, "None is left.")


def _kept(service: Known, found: int, reason: str) -> _Answer:
    if not service.totals.opened:
        return _Answer("cannot_tell", None, _NOTHING)
    return _Answer("kept", found, reason)


def _broken(service: Known, found: int, reason: str, excess: Excess) -> _Answer:
    closes = service.totals.closed or service.closed_at_stop
    if not (closes or excess.reported):
        return _Answer("cannot_tell", None, _UNSEEN, excess)
    return _Answer("broken", found, reason, excess)


def _told(
    name: str, allowed: int, service: Known, answer: _Answer, labels: Mapping[int, str]
) -> dict[str, Any]:
    lines = answer.excess.evidence if answer.excess else ()
    return {
        "name": name,
        "allowed": allowed,
        "service": service.name,
        "outcome": answer.outcome,
        "found": answer.found,
        "reason": answer.reason,
        "evidence": [line_told(line, labels) for line in lines],
    }
