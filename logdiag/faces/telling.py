"""Findings as the document tells them: with names, files and what became of the connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from logdiag.diagnosis.guards import GUARDS
from logdiag.diagnosis.withholding import EARLY
from logdiag.faces.facts import Known
from logdiag.faces.lastreport import LastReport
from logdiag.model import SECOND, Connection, Evidence, Finding, Guard
from logdiag.timeline import Reader
from logdiag.timeline.answers import Found
from logdiag.timeline.dump import iso


def as_of(found: Sequence[Found], one: Known) -> list[Found]:
    """The findings as they stood at the end of the period; what came later is not told."""
    return [each._replace(finding=_finding_as_of(each.finding, one.period.until)) for each in found]


def _finding_as_of(finding: Finding, until: int | None) -> Finding:
    if until is None:
        return finding
    if finding.resolved_at is not None and finding.resolved_at >= until:
        finding = replace(finding, state="firing", resolved_at=None, note="")
    if finding.state == "firing" and finding.fired_at is not None and finding.fired_at >= until:
        finding = replace(
            finding,
            state="pending",
            level="informational",
            fired_at=None,
            confidence="low",
            note=EARLY,
        )
    return finding


def _life_as_of(one: Connection, until: int | None) -> Connection:
    if until is None or one.closed_at is None or one.closed_at < until:
        return one
    return one._replace(state="open", closed_at=None, closed_line=None)


def _seconds(begin: int | None, end: int | None) -> float | None:
    """Never below zero: a clock that was set back makes no negative age."""
    return None if begin is None or end is None else max(0, end - begin) / SECOND


def _time(time: int | None) -> str | None:
    return None if time is None else iso(time)


class Teller:
    """Tells the findings of one service, with its connections by name and its lines by file."""

    def __init__(
        self, reader: Reader, service: Known, labels: dict[int, str], last: LastReport | None
    ) -> None:
        self._reader = reader
        self._service = service
        self._labels = labels
        self._last = last

    def finding(self, found: Found) -> dict[str, Any]:
        """The finding as it stands, and its episodes before."""
        finding = found.finding
        over = finding.state == "resolved"
        last_seen = finding.resolved_at if over else self._service.end
        return {
            "rule": finding.rule,
            "title": finding.title,
            "level": finding.level,
            "confidence": finding.confidence,
            "state": finding.state,
            "service": self._service.name,
            "group": dict(finding.group),
            "leak": finding.leak,
            "known_by": finding.known_by,
            "fingerprint": finding.fingerprint,
            "new": self._last is None or self._last.is_news(finding),
            "count": finding.count,
            "first_seen": _time(found.first_seen),
            "last_seen": _time(last_seen),
            "pending_at": _time(finding.pending_at),
            "fired_at": _time(finding.fired_at),
            "resolved_at": _time(finding.resolved_at),
            "cause": finding.cause,
            "fix": finding.fix,
            "note": finding.note,
            **self._connections(finding),
            "evidence": self._evidence(finding),
            "guards": [_guard(guard) for guard in finding.guards],
            "references": list(finding.references),
            "earlier": [self._episode(one) for one in found.earlier],
        }

    def _connections(self, finding: Finding) -> dict[str, Any]:
        numbers = finding.connections
        known = self._reader.connections(self._service.name, numbers=numbers) if numbers else []
        by_number = {one.number: one for one in known}
        lives = [
            _life_as_of(by_number[number], self._service.period.until)
            for number in numbers
            if number in by_number
        ]
        return {
            "connections": [one.name for one in lives],
            "connections_total": finding.connections_total,
            "lives": [self._life(one) for one in lives],
        }

    def _evidence(self, finding: Finding) -> list[dict[str, Any]]:
        return [line_told(line, self._labels) for line in finding.evidence]

    def _episode(self, finding: Finding) -> dict[str, Any]:
        return {
            "count": finding.count,
            "level": finding.level,
            "pending_at": _time(finding.pending_at),
            "fired_at": _time(finding.fired_at),
            "resolved_at": _time(finding.resolved_at),
            "note": finding.note,
            "connections_total": finding.connections_total,
            "evidence": self._evidence(finding),
        }

    def _life(self, one: Connection) -> dict[str, Any]:
        end = one.closed_at if one.closed_at is not None else self._service.end
        return {
            "name": one.name,
            "state": one.state,
            "client": one.client_key,
            "opened_at": _time(one.opened_at),
            "closed_at": _time(one.closed_at),
            "seconds": _seconds(one.opened_at, end),
            "opened_line": self._line(one.opened_line),
            "closed_line": self._line(one.closed_line),
        }

    def _line(self, place: tuple[int, int] | None) -> str | None:
        event = self._reader.event(*place) if place else None
        return f"{self._labels.get(event.source, '?')}:{event.line}" if event else None


def line_told(line: Evidence, labels: Mapping[int, str]) -> dict[str, Any]:
    """A log line, with the path of its source and what it says."""
    return {
        "source": labels.get(line.source, "?"), "offset": line.offset, "line": line.line,
        "event": line.event, "text": line.text, "at": _time(line.time),
        "connection": line.connection, "client": line.client, "status": line.status,
        "code": line.code,
    }  # fmt: skip


def _guard(guard: Guard) -> dict[str, Any]:
    check = GUARDS.get(guard.name)
    return {
        "name": guard.name, "outcome": guard.outcome, "meaning": check.doc if check else "",
        "relevant": guard.relevant,
    }  # fmt: skip
