"""The report as one document of plain JSON types; `report.schema.json` describes it.

Everything that is shown about a timeline is in it: the renderers and the exit code ask nothing
else. What there is to tell comes from a `Reader`; the wall time is an argument.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from logdiag import __version__
from logdiag.diagnosis.verdict import verdict
from logdiag.errors import UsageError
from logdiag.faces import statistics
from logdiag.faces.facts import Known, known
from logdiag.faces.lastreport import LastReport
from logdiag.faces.limits import Limits, judged
from logdiag.faces.ordering import in_order
from logdiag.faces.periods import Period
from logdiag.faces.telling import Teller, as_of
from logdiag.faces.words import moment
from logdiag.model import LEVELS, SECOND, Gap
from logdiag.timeline import Reader
from logdiag.timeline.answers import Found, SourceStatus
from logdiag.timeline.dump import iso

Document = dict[str, Any]

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


def build(
    reader: Reader,
    *,
    generated_at: int,
    service: str | None = None,
    period: Period | None = None,
    problems: Sequence[str] = (),
    last: LastReport | None = None,
    limits: Limits | None = None,
    with_statistics: bool = True,
) -> Document:
    """The report on one service, or on all.

    `generated_at`: wall time, ns. `problems`: sentences about what could not be read just now.
    `last`: the report before, against which findings are new; None: all are.
    `limits`: what the services are held to. `with_statistics`: they take most of the time.
    Errors: `UsageError` for a service that is not there.
    """
    wanted = period or Period()
    with reader.snapshot():
        remarks = reader.remarks()
        sources = reader.sources(service)
        names = _names(reader, service)
        paths = {one.source.id: one.source.path for one in sources}
        common = _Common(reader, paths, last, limits or Limits(), with_statistics)
        parts = [common.part(known(reader, name, sources, wanted)) for name in names]
    return {
        "schema": SCHEMA,
        "tool": f"logdiag {__version__}",
        "generated_at": iso(generated_at // SECOND * SECOND),
        "since": _time(wanted.since),
        "until": _time(wanted.until),
        "last_report": None if last is None else iso(last.at // SECOND * SECOND),
        "services": [part.service for part in parts],
        "findings": in_order(one for part in parts for one in part.findings),
        "limits": [limit for part in parts for limit in part.limits],
        "sources": [source_told(one) for one in sources],
        "problems": [*remarks, *problems],
        "incomplete": bool(problems) or any(one.gaps for one in sources),
    }


class _Part(NamedTuple):
    """What one service adds to the document."""

    service: dict[str, Any]
    findings: list[dict[str, Any]]
    limits: list[dict[str, Any]]


class _Common(NamedTuple):
    """What the parts of all services have in common."""

    reader: Reader
    labels: dict[int, str]  # source -> path
    last: LastReport | None
    limits: Limits
    with_statistics: bool

    def part(self, one: Known) -> _Part:
        found = as_of(self.reader.findings(one.name, *one.period), one)
        numbers = None
        if self.with_statistics:
            numbers = statistics.told(self.reader, one.name, one.period)
        tell = Teller(self.reader, one, self.labels, self.last).finding
        return _Part(
            {**_service(one, found), "statistics": numbers},
            [tell(finding) for finding in found],
            list(judged(self.reader, one, self.limits, self.labels)),
        )


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


def failing(document: Document, fail_on: str | None, *, over: bool = False) -> list[dict[str, Any]]:
    """The firing findings at or above the level `fail_on`; none for None.

    With `over` those, too, that fired at that level and are over.
    """
    if fail_on is None:
        return []
    least = LEVELS.index(fail_on)
    return [
        finding
        for finding in document["findings"]
        if max(map(LEVELS.index, _fired(finding, over=over)), default=-1) >= least
    ]


def _fired(finding: dict[str, Any], *, over: bool) -> list[str]:
    """The levels at which it fires, or did."""
    states = ("firing", "resolved") if over else ("firing",)
    levels = [finding["level"]] if finding["state"] in states else []
    return levels + [episode["level"] for episode in finding["earlier"] if over]


def exit_code(document: Document, fail_on: str | None, *, over: bool = False) -> int:
    """1: `failing` has findings, or a limit is broken. 4: data is missing for that. Else 0."""
    outcomes = {limit["outcome"] for limit in document["limits"]}
    if failing(document, fail_on, over=over) or "broken" in outcomes:
        return 1
    return 4 if document["incomplete"] or "cannot_tell" in outcomes else 0


def _names(reader: Reader, service: str | None) -> list[str]:
    names = reader.services()
    if service is None:
        return names
    if service not in names:
        hint = f"Known: {', '.join(names)}." if names else "Nothing has been read yet."
        raise UsageError(f"There is no service {service!r} in what was read.", hint)
    return [service]


def _service(one: Known, found: Sequence[Found]) -> dict[str, Any]:
    word, reason = verdict([each.finding for each in found], one.facts())
    if word == "cannot_tell":
        reason = _nothing(one) or reason
    begin, end = one.spans
    return {
        "name": one.name,
        "verdict": word,
        "reason": reason,
        "from": _time(begin),
        "to": _time(end),
        "clock": one.clock,
        "identity": one.identity,
        "totals": one.totals._asdict(),
        "live": {**one.live._asdict(), "peak_at": _time(one.live.peak_at)},
    }


def _nothing(one: Known) -> str:
    """Why a period cannot be judged of which nothing is told; empty for any other."""
    if one.period == Period() or one.totals.opened:
        return ""
    if one.spans == (None, None):
        first, last = (moment(_time(time)) for time in one.span)
        return f"Nothing is known of this period: the data is from {first} to {last}."
    return "No connection opened in this period."


def source_told(status: SourceStatus) -> dict[str, Any]:
    """How a source was read."""
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


def _time(time: int | None) -> str | None:
    return None if time is None else iso(time)
