"""The report as one document of plain JSON types; `report.schema.json` describes it.

Everything that is shown about a timeline is in it: the renderers and the exit code ask nothing
else. What there is to tell comes from a `Reader`; the wall time is an argument.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from logdiag import __version__
from logdiag.diagnosis.guards import GUARDS
from logdiag.diagnosis.verdict import verdict
from logdiag.errors import UsageError
from logdiag.faces.facts import Known, known
from logdiag.faces.periods import Period
from logdiag.model import LEVELS, SECOND, Connection, Finding, Gap
from logdiag.timeline import Reader
from logdiag.timeline.answers import Found, SourceStatus
from logdiag.timeline.dump import iso

Document = dict[str, Any]

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("report.schema.json")
_STATES = ("firing", "pending", "resolved")  # in the order in which they matter


def build(
    reader: Reader,
    *,
    generated_at: int,
    service: str | None = None,
    period: Period | None = None,
    problems: Sequence[str] = (),
) -> Document:
    """The report on one service, or on all.

    `generated_at`: wall time, ns. `problems`: sentences about what could not be read just now.
    Errors: `UsageError` for a service that is not there.
    """
    wanted = period or Period()
    with reader.snapshot():
        names = _names(reader, service)
        sources = reader.sources(service)
        services = [known(reader, name, sources, wanted) for name in names]
        findings = {one.name: _findings(reader, one) for one in services}
        labels = {one.source.id: one.source.path for one in sources}
        told = [
            _Teller(reader, one, labels).finding(finding)
            for one in services
            for finding in findings[one.name]
        ]
    shown = [_source(one) for one in sources]
    return {
        "schema": SCHEMA,
        "tool": f"logdiag {__version__}",
        "generated_at": iso(generated_at // SECOND * SECOND),
        "since": _time(wanted.since),
        "until": _time(wanted.until),
        "services": [_service(one, findings[one.name]) for one in services],
        "findings": sorted(told, key=_weight),
        "sources": shown,
        "problems": list(problems),
        "incomplete": bool(problems) or any(source["gaps"] for source in shown),
    }


def schema() -> str:
    """The JSON Schema of the document, as text."""
    return SCHEMA_FILE.read_text(encoding="utf-8")


def as_json(document: Document) -> str:
    """The document as JSON text, in ASCII: no terminal and no pipe can stumble over it."""
    return json.dumps(document, indent=2) + "\n"


def end_of_data(reader: Reader, service: str | None = None) -> int | None:
    """The last time (ns) in any of the services, or in one; None without a clock."""
    spans = [reader.span(name) for name in _names(reader, service)]
    return max((span.last for span in spans if span.last is not None), default=None)


def exit_code(document: Document, fail_on: str | None) -> int:
    """1: a firing finding at or above the level `fail_on`. 4: data is missing. Else 0."""
    if fail_on is not None:
        least = LEVELS.index(fail_on)
        for finding in document["findings"]:
            if finding["state"] == "firing" and LEVELS.index(finding["level"]) >= least:
                return 1
    return 4 if document["incomplete"] else 0


def _names(reader: Reader, service: str | None) -> list[str]:
    names = reader.services()
    if service is None:
        return names
    if service not in names:
        hint = f"Known: {', '.join(names)}." if names else "Nothing has been read yet."
        raise UsageError(f"There is no service {service!r} in this database.", hint)
    return [service]


def _findings(reader: Reader, one: Known) -> list[Finding]:
    found: Iterable[Found] = reader.findings(one.name, *one.period)
    return [_as_of(each.finding, one.period.until) for each in found]


def _as_of(finding: Finding, until: int | None) -> Finding:
    """The finding as it stood at the end of the period; what came later is not told."""
    if until is None:
        return finding
    if finding.resolved_at is not None and finding.resolved_at >= until:
        finding = replace(finding, state="firing", resolved_at=None, note="")
    if finding.state == "firing" and finding.fired_at is not None and finding.fired_at >= until:
        finding = replace(finding, state="pending", level="informational", fired_at=None)
    return finding


def _life_as_of(one: Connection, until: int | None) -> Connection:
    if until is None or one.closed_at is None or one.closed_at < until:
        return one
    return replace(one, state="open", closed_at=None, closed_line=None)


def _weight(finding: dict[str, Any]) -> tuple[int, int]:
    """What matters most comes first; otherwise the order stays, by service and time."""
    return _STATES.index(finding["state"]), -LEVELS.index(finding["level"])


def _service(one: Known, findings: Sequence[Finding]) -> dict[str, Any]:
    word, reason = verdict(findings, one.facts())
    begin = one.span.first
    if begin is not None and one.period.since is not None:
        begin = max(begin, one.period.since)
    return {
        "name": one.name,
        "verdict": word,
        "reason": reason,
        "from": _time(begin),
        "to": _time(one.end),
        "clock": one.clock,
        "identity": one.identity,
        "totals": one.totals._asdict(),
        "live": {**one.live._asdict(), "peak_at": _time(one.live.peak_at)},
    }


def _source(status: SourceStatus) -> dict[str, Any]:
    return {
        "service": status.source.service,
        "path": status.source.path,
        "format": status.format,
        "bytes": status.bytes,
        "lines": status.lines,
        "recognised": status.recognised,
        "unknown": status.unknown,
        "gaps": [_gap(gap) for gap in status.gaps],
        "notice": status.notice,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "offset": gap.offset, "size": gap.size, "reason": gap.reason, "time": _time(gap.time)
    }  # fmt: skip


def _seconds(begin: int | None, end: int | None) -> float | None:
    """Never below zero: a clock that was set back makes no negative age."""
    return None if begin is None or end is None else max(0, end - begin) / SECOND


def _time(time: int | None) -> str | None:
    return None if time is None else iso(time)


class _Teller:
    """Tells the findings of one service, with its connections by name and its lines by file."""

    def __init__(self, reader: Reader, service: Known, labels: dict[int, str]) -> None:
        self._reader = reader
        self._service = service
        self._labels = labels

    def finding(self, finding: Finding) -> dict[str, Any]:
        numbers = finding.connections
        found = self._reader.connections(self._service.name, numbers=numbers) if numbers else []
        by_number = {one.number: one for one in found}
        lives = [
            _life_as_of(by_number[number], self._service.period.until)
            for number in numbers
            if number in by_number
        ]
        return {
            "rule": finding.rule,
            "title": finding.title,
            "level": finding.level,
            "confidence": finding.confidence,
            "state": finding.state,
            "service": self._service.name,
            "group": dict(finding.group),
            "fingerprint": finding.fingerprint,
            "count": finding.count,
            "pending_at": _time(finding.pending_at),
            "fired_at": _time(finding.fired_at),
            "resolved_at": _time(finding.resolved_at),
            "cause": finding.cause,
            "fix": finding.fix,
            "note": finding.note,
            "connections": [one.name for one in lives],
            "connections_total": finding.connections_total,
            "lives": [self._life(one) for one in lives],
            "evidence": [
                {**line._asdict(), "source": self._labels.get(line.source, "?")}
                for line in finding.evidence
            ],
            "guards": [_guard(*guard) for guard in finding.guards],
            "references": list(finding.references),
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


def _guard(name: str, outcome: str) -> dict[str, str]:
    check = GUARDS.get(name)
    return {"name": name, "outcome": outcome, "meaning": check.doc if check else ""}
